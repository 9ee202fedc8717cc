"The NERSC kit with stand-ins for what only NERSC has: kernels start, scripts run, are told that their time is up, and go on"
import json, os, re, shutil, signal, subprocess, sys, time
from pathlib import Path
from types import SimpleNamespace
import pytest
from audio2pose.data import asset
from audio2pose.nersc import Place, batch_script, check_kernel, install_kernel
from conftest import cli, refused

SHELLCHECK = shutil.which('shellcheck') or shutil.which('shellcheck', path=Path(sys.executable).parent)

# Each stand-in notes its words in $SLURM/log. srun runs one rank in its own place, so that its number is the step's, and sees only what SLURM would set.
# scontrol does to the job what SLURM does when it is to be requeued: SIGTERM to the step. What is in an image or a conda environment is what is beside this Python.
FAKES = dict(module='true', **{'nvidia-smi': 'exit 1'}, sleep='exec /bin/sleep 1',
    srun='''echo $$ > "$SLURM/step"; printf '%s\\0' "$@" > "$SLURM/args"; echo "$MASTER_ADDR:$MASTER_PORT" > "$SLURM/master" 2>/dev/null
export SLURM_NTASKS=1 SLURM_NTASKS_PER_NODE=1 SLURM_NNODES=1 SLURM_PROCID=0 SLURM_LOCALID=0 SLURM_NODEID=0
exec "$@"''',
    scontrol='kill -TERM "$(cat "$SLURM/step")"; true',
    shifter='while [[ "$1" == -* ]]; do shift; done; PATH="$IMAGE:$PATH"; exec "$@"',
    **{'podman-hpc': 'shift; while [[ "$1" == -* ]]; do case "$1" in -v|-w|-e) shift 2;; *) shift;; esac; done; shift; PATH="$IMAGE:$PATH"; exec "$@"'},
    conda='''echo 'conda() { [ "$1 $2" = "activate a2p" ] && export PATH="$IMAGE:$PATH"; }' ''')

class Slurm:
    "A temporary Perlmutter"
    def __init__(self, tmp):
        self.tmp, self.bin = tmp, tmp/'bin'
        self.bin.mkdir()
        for name, body in FAKES.items(): self.fake(name, body)
        self.env = dict(os.environ, PATH=f'{self.bin}:{os.environ["PATH"]}', SLURM=str(tmp), IMAGE=str(Path(sys.executable).parent), OMP_NUM_THREADS='1')
        for k in ('SBATCH_ACCOUNT', 'A2P_DATA', 'SCRATCH', 'CFS', 'PROJECT'): self.env.pop(k, None)

    def fake(self, name, body):
        p = self.bin/name
        p.write_text(f'#!/bin/bash\necho "{name} ${{*//$\'\\n\'/ }}" >> "$SLURM/log"\n{body}\n')
        p.chmod(0o755)

    @property
    def log(self): return (self.tmp/'log').read_text() if (self.tmp/'log').exists() else ''

    def start(self, text):
        "Run a script as SLURM would"
        self.script = text
        self.out = open(self.tmp/'job.log', 'a')
        env = dict(self.env, SLURM_JOB_ID='42', SLURM_JOB_NAME='train')
        return subprocess.Popen(['bash', '-c', text], env=env, cwd=self.tmp, stdout=self.out, stderr=subprocess.STDOUT)

    def run(self, text): return self.start(text).wait(timeout=200)

    def time_is_up(self, p):
        "Send what the script's own --signal line asks for, to whom it says"
        who, sig = re.search(r'^#SBATCH --signal=(B:)?(\w+)@\d+$', self.script, re.M).groups()
        os.kill(p.pid if who else int((self.tmp/'step').read_text()), getattr(signal, f'SIG{sig}'))

    @property
    def args(self): return (self.tmp/'args').read_text().split('\0')[:-1]

@pytest.fixture
def slurm(tmp_path): return Slurm(tmp_path)

def until(what, p, seconds=200):
    end = time.time()+seconds
    while not what() and p.poll() is None and time.time() < end: time.sleep(.05)
    return what()

# Scripts ----------------------------------------------------------------------------------------------------------------------

PLACES = dict(venv=Place(venv="/opt/Anna's env", modules=('python', 'cudatoolkit/12.4'), env=('TITLE=a $b "c"',)), conda=Place(conda='a2p'),
    shifter=Place(shifter='docker:me/a2p:1'), podman=Place(podman='localhost/a2p:1', env=('X=1',)))

def shellcheck(path):
    r = subprocess.run([SHELLCHECK, '-S', 'style', '-e', 'SC2016', str(path)], capture_output=True, text=True)   # a $ in what was typed is meant as it is
    assert not r.returncode, r.stdout+r.stderr
    assert not subprocess.run(['bash', '-n', str(path)]).returncode

@pytest.mark.skipif(not SHELLCHECK, reason='shellcheck is not installed')
def test_shellcheck(tmp_path):
    n = 0
    for place in PLACES.values():
        for saves in (None, "Anna's run"):
            for requeue in (True, False):
                (tmp_path/'job.sh').write_text(batch_script(['audio2pose', 'train', '--out', "Anna's run"], 'm1', saves, gpus=4*bool(saves), place=place, requeue=requeue))
                shellcheck(tmp_path/'job.sh')
                n += 1
        here = Place.running(modules=('python',)) if place.venv else place             # a kernel's environment has to be there
        shellcheck(install_kernel('k', place=here, prefix=tmp_path)/'kernel-helper.sh')
    assert n == 16
    for k in ('preprocess -- -p kps', 'fit -- aist', 'lift -- train', 'alphapose -- a.mp4 --checkout /x', 'train'):
        r = cli('nersc', 'sbatch', '-A', 'm1', '-o', tmp_path/'job.sh', *k.split(' '), cwd=tmp_path)
        assert not r.returncode, r.stderr
        shellcheck(tmp_path/'job.sh')
    shellcheck(asset('alphapose_perlmutter.sh'))

def test_training_goes_on(slurm):
    from audio2pose.corpus import toy_corpus
    from audio2pose.model import load_dancer
    data, out = slurm.tmp/"Anna's toy.npz", slurm.tmp/'my run'
    toy_corpus(data)
    r = cli('nersc', 'sbatch', 'train', '-A', 'm1', '--venv', sys.prefix, '--', '--config', 'tiny', '--data', data, '--out', 'my run', '--steps', 6, '--batch', 2, cwd=slurm.tmp)
    assert not r.returncode, r.stderr
    p = slurm.start(r.stdout)
    log = lambda: (slurm.tmp/'job.log').read_text()
    assert until((out/'last.ckpt').exists, p), log()
    slurm.time_is_up(p)
    assert p.wait(timeout=120) == 143, log()                                         # SLURM ends it
    assert (out/'hpc_ckpt_1.ckpt').exists() and 'scontrol requeue 42' in slurm.log and not (out/'dancer.safetensors').exists(), log()
    assert re.fullmatch(r'\S+:15042\n', (slurm.tmp/'master').read_text())
    assert not slurm.run(r.stdout), log()                                            # and starts it anew
    assert 'Restored all states from the checkpoint at' in log()
    assert load_dancer(out/'dancer.safetensors').notes['steps'] == 6

def test_the_later_checkpoint(slurm):
    text = batch_script(['true'], 'm1', 'run', gpus=1)
    at = lambda name, t: (slurm.tmp/'run').mkdir(exist_ok=True) or (slurm.tmp/'run'/name).touch() or os.utime(slurm.tmp/'run'/name, (t, t))
    def begins(): return slurm.run(text) or slurm.args[1:]
    assert begins() == ['--resume']                                                  # nothing there: does no harm
    at('last.ckpt', 1e9)
    assert begins() == ['--resume']
    at('hpc_ckpt_1.ckpt', 2e9)
    assert begins() == []                                                            # Lightning finds it by itself
    at('last.ckpt', 3e9)
    assert begins() == ['--resume']                                                  # the node died later on

def test_files_go_on(slurm):
    work = 'for i in 1 2 3; do if [ -e "done $i" ]; then echo "kept $i"; else touch "done $i"; [ $i != 2 ] || [ -e again ] || { touch again; exec /bin/sleep 60; }; fi; done'
    text = batch_script(['bash', '-c', work], 'm1')
    p = slurm.start(text)
    assert until((slurm.tmp/'again').exists, p)
    slurm.time_is_up(p)
    assert p.wait(timeout=30) == 0 and 'scontrol requeue 42' in slurm.log and not (slurm.tmp/'done 3').exists()
    assert not slurm.run(text) and (slurm.tmp/'done 3').exists()
    assert 'kept 1\nkept 2\n' in (slurm.tmp/'job.log').read_text()
    bad = batch_script(['bash', '-c', 'exit 2'], 'm1')                               # what fails is not tried for ever
    assert slurm.run(bad) == 2 and slurm.log.count('requeue') == 1

def test_training_in_an_image(slurm):
    "The ranks cannot ask for the requeue; they are told to save, and the script asks"
    work = 'import signal, time; signal.signal(signal.SIGUSR1, lambda *a: open("saved", "w").close()); open("began", "w").close(); time.sleep(60)'
    text = batch_script([sys.executable, '-c', work], 'm1', 'run', gpus=1, place=PLACES['shifter'])
    assert '#SBATCH --image=docker:me/a2p:1\n#SBATCH --module=gpu\n' in text
    p = slurm.start(text)
    assert until((slurm.tmp/'began').exists, p), (slurm.tmp/'job.log').read_text()
    slurm.time_is_up(p)
    assert p.wait(timeout=30) == 0 and (slurm.tmp/'saved').exists() and slurm.log.endswith('scontrol requeue 42\n')

def test_modules_and_failures(slurm):
    text = batch_script(['true'], 'm1', place=Place(modules=('python', 'no/such'), env=('TITLE=$(touch pwned)',)))
    assert not slurm.run(text) and 'module load python\nmodule load no/such\n' in slurm.log
    slurm.fake('module', '[ "$2" = python ]')
    (slurm.tmp/'args').unlink()
    assert slurm.run(text) and not (slurm.tmp/'args').exists() and not (slurm.tmp/'pwned').exists()      # nothing runs without its modules

EVIL = ["'; touch pwned; '", '$(touch pwned)', '`touch pwned`', 'a\ntouch pwned', '#SBATCH -A other', '"; touch pwned; "', '*', '~', '-- $HOME', 'Anna & Bo | é']

@pytest.mark.parametrize('place', ['none', 'shifter', 'podman'])
def test_words_arrive_as_they_are(slurm, place):
    text = batch_script(['printf', '%s\\0', *EVIL], 'm1', place=PLACES.get(place, Place()), requeue=False)
    assert not slurm.run(text), (slurm.tmp/'job.log').read_text()
    assert (slurm.tmp/'job.log').read_text().split('\0')[:-1] == EVIL and not (slurm.tmp/'pwned').exists()
    saves = batch_script(['true'], 'm1', EVIL[0], gpus=1)
    assert not slurm.run(saves) and not (slurm.tmp/'pwned').exists()

@pytest.mark.parametrize('args,words', [(['train', '-A', 'm1; id'], ['account', 'expected letters']), (['train', '-A', 'm1\n#SBATCH -N 9'], ['account', 'expected letters']),
    (['train'], ['--account', 'm1234']), (['train', '-A', 'm1', '-q', 'a b'], ['qos']), (['train', '-A', 'm1', '-t', '1h'], ['time', 'HH:MM:SS']), (['train', '-A', 'm1', '-C', 'gpu -N 9'], ['constraint']),
    (['train', '-A', 'm1', '--gpus', '9'], ['gpus 9', '4']), (['train', '-A', 'm1', '--module', '$(id)'], ['module']), (['train', '-A', 'm1', '--env', 'x'], ['NAME=VALUE']),
    (['train', '-A', 'm1', '--shifter', 'a b'], ['shifter']), (['train', '-A', 'm1', '--venv', 'a', '--podman', 'b'], ['only one']), (['salsa', '-A', 'm1'], ['salsa', 'expected one of']),
    (['fit', '-A', 'm1'], ['KEYPOINTS']), (['train', '-A', 'm1', '--', '--stepz', '3'], ['--stepz']), (['alphapose', '-A', 'm1', '--', 'x/a.mp4', 'y/a.mp4'], ['two videos'])])
def test_refused(monkeypatch, capsys, args, words):
    monkeypatch.delenv('SBATCH_ACCOUNT', raising=False)
    from audio2pose.cli import main
    with pytest.raises(SystemExit) as e: main(['nersc', 'sbatch', *args])
    assert refused(SimpleNamespace(returncode=e.value.code, stdout=(o := capsys.readouterr()).out, stderr=o.err), *words)

def test_script_to_file(slurm):
    r = cli('nersc', 'sbatch', 'train', '-A', 'm1', '-o', 'my jobs/a b.sh', cwd=slurm.tmp, env=slurm.env)
    assert r.stdout == "sbatch 'my jobs/a b.sh'\n" and (slurm.tmp/'my jobs/a b.sh').read_text().startswith('#!/bin/bash\n#SBATCH -J train\n#SBATCH -A m1\n')

# Kernels ----------------------------------------------------------------------------------------------------------------------

ASK = '''
import sys
from jupyter_client.manager import start_new_kernel
km, kc = start_new_kernel(kernel_name='duet', startup_timeout=120)
try: kc.execute_interactive('import os, audio2pose; print(audio2pose.__version__, *map(os.environ.get, %r))' % (sys.argv[1:],), timeout=60)
finally: kc.stop_channels(); km.shutdown_kernel(now=True)
'''

@pytest.mark.parametrize('where', ['venv', 'podman'])
def test_kernel_starts(slurm, where):
    import audio2pose
    env = dict(slurm.env, JUPYTER_DATA_DIR=str(slurm.tmp/'jupyter data'), SLURM_NTASKS='4', SLURM_JOB_NAME='jupyter')
    how = [] if where == 'venv' else ['--podman', 'localhost/a2p:1']
    r = cli('nersc', 'kernel', '-n', 'duet', '--display', 'Duet', '--module', 'python', '--env', 'TITLE=Anna & Bo', *how, cwd=slurm.tmp, env=env)
    assert not r.returncode and r.stderr == '', r.stderr
    folder = slurm.tmp/'jupyter data/kernels/duet'
    assert r.stdout == f'{folder}\nto remove it: jupyter kernelspec remove duet\n'
    spec = json.loads((folder/'kernel.json').read_text())
    assert spec['argv'][0] == '{resource_dir}/kernel-helper.sh' and spec['display_name'] == 'Duet' and os.access(folder/'kernel-helper.sh', os.X_OK)
    assert (folder/'logo-svg.svg').read_text().startswith('<svg') and [p.name for p in folder.parent.iterdir()] == ['duet']
    r = subprocess.run([sys.executable, '-c', ASK, 'TITLE', 'HDF5_USE_FILE_LOCKING', 'SLURM_JOB_NAME'], env=env, cwd=slurm.tmp, capture_output=True, text=True, timeout=200)
    assert r.stdout == f'{audio2pose.__version__} Anna & Bo FALSE interactive\n', r.stdout+r.stderr
    assert 'module load python' in slurm.log and ('podman-hpc run --rm --network=host' in slurm.log) == (where == 'podman')

def test_jupyter_knows_it(slurm):
    env = dict(slurm.env, JUPYTER_DATA_DIR=str(slurm.tmp/'data'))
    assert not cli('nersc', 'kernel', '-n', 'Duet.2', cwd=slurm.tmp, env=env).returncode
    jupyter = lambda *a: subprocess.run([sys.executable, '-m', 'jupyter', 'kernelspec', *a], env=env, capture_output=True, text=True, check=True).stdout
    spec = json.loads(jupyter('list', '--json'))['kernelspecs']['duet.2']
    assert spec['resource_dir'] == str(slurm.tmp/'data/kernels/duet.2')
    jupyter('remove', '-f', 'duet.2')
    assert not (slurm.tmp/'data/kernels/duet.2').exists()

@pytest.mark.parametrize('place', [Place(conda='a2p'), Place(shifter='docker:me/a2p:1')])
def test_kernel_places(slurm, monkeypatch, place):
    for k, v in slurm.env.items(): monkeypatch.setenv(k, v)
    folder = install_kernel('duet', place=place, prefix=slurm.tmp)
    assert check_kernel(folder) is None
    assert ('conda shell.bash hook' in slurm.log) if place.conda else ('shifter --image=docker:me/a2p:1 python -c' in slurm.log)

def test_kernel_without_the_package(slurm):
    p = slurm.tmp/'bare/bin/python'
    p.parent.mkdir(parents=True)
    p.write_text('#!/bin/bash\necho "Traceback" >&2; echo "ModuleNotFoundError: No module named \'audio2pose\'" >&2; exit 1\n')
    p.chmod(0o755)
    r = cli('nersc', 'kernel', '--venv', 'bare', '--prefix', 'pre fix', cwd=slurm.tmp, env=slurm.env)
    assert not r.returncode and r.stderr.count('\n') == 1 and "cannot import ipykernel and audio2pose: ModuleNotFoundError: No module named 'audio2pose'" in r.stderr
    assert "JUPYTER_PATH='pre fix/share/jupyter' jupyter kernelspec remove audio2pose" in r.stdout

def test_kernel_is_replaced_whole_or_not_at_all(slurm):
    run = lambda *a: cli('nersc', 'kernel', '--prefix', slurm.tmp, *a, cwd=slurm.tmp, env=slurm.env)
    folder = slurm.tmp/'share/jupyter/kernels'
    (folder/'other').mkdir(parents=True)
    (folder/'other/kernel.json').write_text('{}')
    assert refused(run('-n', 'other'), 'did not write') and (folder/'other/kernel.json').read_text() == '{}'
    assert refused(run('-n', 'a/b'), 'name', 'expected letters') and refused(run('--venv', 'nowhere'), 'nowhere', 'bin/python')
    assert refused(run('--conda', '-x'), 'conda') and [p.name for p in folder.iterdir()] == ['other']

# Paths ------------------------------------------------------------------------------------------------------------------------

def test_paths(slurm):
    work = slurm.tmp/'pscratch/audio2pose'
    (work/'runs').mkdir(parents=True)
    (work/'runs/last.ckpt').write_bytes(bytes(3_000_000))
    (work/'loop').symlink_to(work)
    r = cli('nersc', 'paths', '-A', 'm1234_g', cwd=slurm.tmp, env=dict(slurm.env, SCRATCH=str(slurm.tmp/'pscratch'), HOME=str(slurm.tmp/'home')))
    rows = {re.split(r'\s{2,}', l)[0]: l for l in r.stdout.splitlines()}
    assert '1 file, 3.0 MB' in rows['checkpoints'] and 'purged' in rows['checkpoints'] and '2 files, 3.0 MB' in rows['working copies'], r.stdout
    assert 'not set' in rows['dataset masters'] and 'm1234/audio2pose' in rows['Python environment'] and str(work) in rows['what audio2pose uses']
    assert 'verify at docs.nersc.gov' in r.stdout
    assert refused(cli('nersc', 'paths', '-A', '../..', cwd=slurm.tmp, env=slurm.env), 'account')
