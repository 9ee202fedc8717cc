"The Perlmutter install script and the batch script, run with stand-ins for everything they call"
import os, re, stat, subprocess, sys
from pathlib import Path
import pytest
from audio2pose.data import asset

SCRIPT = asset('alphapose_perlmutter.sh')
MODULE = 'audio2pose.alphapose'

# Every stand-in notes its words in $LOG and fails when $FAIL is a piece of them; some also do what the script looks at afterwards
FAKE = '''#!{bash}
words="{name} $*"; words="${{words//$'\\n'/ }}"
echo "$words" >> "$LOG"
[ -z "${{FAIL:-}}" ] || [[ "$words" != *"$FAIL"* ]] || {{ echo "fake failure" >&2; exit 9; }}
{body}
'''
BODY = dict(
    module='', nvcc='echo "Cuda compilation tools, release ${NVCC:-12.4}, V12.4.131"', **{'nvidia-smi': 'exit ${NO_GPU:-0}'},
    conda='p=; for w in "$@"; do [ "$p" = -p ] && mkdir -p "$w/bin" && cp "$FAKES/envpython" "$w/bin/python"; p=$w; done; true',
    git='[ "$1" = clone ] && mkdir -p "${@: -1}/.git"; true',
    srun='while [[ "$1" == -* ]]; do case "$1" in --*=*) shift;; *) shift 2;; esac; done; "$@"',
    envpython='true',
    a2ppython='case "$*" in *alphapose_missing*) exit ${MISSING:-0};; esac; true')
ORDER = ['module load python', 'module load cudatoolkit', 'conda create', 'pip install --no-input torch==', 'pip install --no-input numpy', 'halpecocotools',
    'git clone', 'checkout -q c60106d', 'patch_alphapose', 'setup.py build_ext --inplace', 'import torch; from detector', 'alphapose_missing']

class Machine:
    "A temporary Perlmutter"
    def __init__(self, tmp):
        self.tmp, self.log, self.fakes, self.prefix = tmp, tmp/'log', tmp/'bin', tmp/'cfs/m1/alphapose'
        self.fakes.mkdir()
        for name,body in BODY.items():
            p = self.fakes/name
            p.write_text(FAKE.format(bash='/bin/bash', name='python' if 'python' in name else name, body=body))
            p.chmod(p.stat().st_mode | stat.S_IXUSR)

    def run(self, script=SCRIPT, **env):
        self.log.write_text('')
        env = dict(PATH=f'{self.fakes}:/usr/bin:/bin', HOME=str(self.tmp), CFS=str(self.tmp/'cfs'), ACCOUNT='m1', LOG=str(self.log), FAKES=str(self.fakes),
            A2P_PYTHON=str(self.fakes/'a2ppython')) | {k: str(v) for k,v in env.items()}
        r = subprocess.run(['bash', str(script)], env={k: v for k,v in env.items() if v!='None'}, cwd=self.tmp, capture_output=True, text=True, timeout=60)
        return r.returncode, r.stdout+r.stderr, self.log.read_text().splitlines()

@pytest.fixture
def hpc(tmp_path): return Machine(tmp_path)

def where(log, piece): return next((i for i,l in enumerate(log) if piece in l), -1)

def test_syntax(): assert not subprocess.run(['bash', '-n', str(SCRIPT)]).returncode

def test_order(hpc):
    code, out, log = hpc.run()
    assert not code, out
    at = [where(log, o) for o in ORDER]
    assert -1 not in at and at==sorted(at), list(zip(ORDER, at))
    assert f'ready. In your jobs: export ALPHAPOSE={hpc.prefix}/AlphaPose' in out
    assert not any(l.startswith('srun') for l in log)                                 # there is a GPU here

def test_again_does_nothing_twice(hpc):
    hpc.run()
    code, out, log = hpc.run()
    assert not code and out.count('done before')==7
    assert not [l for l in log if re.search('conda|pip|git|patch_alphapose|setup.py', l)], log

@pytest.mark.parametrize('fail,name,before', [('conda create', 'env', 0), ('torch==', 'torch', 1), ('halpecocotools', 'packages', 2), ('git clone', 'clone', 3),
    ('checkout -q', 'clone', 3), ('patch_alphapose', 'patch', 4), ('build_ext', 'build', 5), ('import torch', 'try', 6)])
def test_failure_stops_and_resumes(hpc, fail, name, before):
    code, out, log = hpc.run(FAIL=fail)
    assert code==1 and f'{name} failed' in out and 'run this script again' in out
    assert fail in log[-1] and len([*(hpc.prefix/'done').iterdir()])==before          # nothing went on after it
    code, out, log = hpc.run()
    assert not code and out.count('done before')==before, out
    assert where(log, fail)>=0

def test_half_made_folders_are_made_anew(hpc):
    (hpc.prefix/'env').mkdir(parents=True)
    (hpc.prefix/'env/half').touch()
    (hpc.prefix/'AlphaPose.part/half').mkdir(parents=True)
    code, out, log = hpc.run()
    assert not code and not (hpc.prefix/'env/half').exists() and not (hpc.prefix/'AlphaPose/half').exists()

def test_dry_run_touches_nothing(hpc):
    code, out, log = hpc.run(DRY_RUN=1)
    assert not code and not hpc.prefix.exists(), out
    assert all(o.split('==')[0].split(' ')[-1] in out for o in ORDER)
    assert not [l for l in log if not re.match('python -c import audio2pose|nvidia-smi', l)], log

def test_build_goes_to_a_gpu_node(hpc):
    code, out, log = hpc.run(NO_GPU=1)
    assert not code and '-A m1 -C gpu' in log[where(log, 'srun')] and 'TORCH_CUDA_ARCH_LIST=8.0' in log[where(log, 'srun')]
    code, out, log = hpc.run(NO_GPU=1, ACCOUNT='', PREFIX=hpc.tmp/'other')
    assert code==1 and 'set ACCOUNT' in out and 'build failed' in out

@pytest.mark.parametrize('env,say', [(dict(NVCC='11.7'), 'nvcc is of CUDA 11, expected 12'),
    (dict(FAIL='module load cudatoolkit'), 'module load cudatoolkit/12.4 failed'),
    (dict(FAIL='import audio2pose'), 'has no audio2pose'), (dict(CFS='None', ACCOUNT='None'), 'SCRATCH: set PREFIX')])
def test_wrong_machine(hpc, env, say):
    code, out, log = hpc.run(**env)
    assert code==1 and say in out, out
    assert where(log, 'conda')<0

def test_missing_weights(hpc):
    code, out, log = hpc.run(MISSING=3)
    assert code==3 and 'put these files in place' in out
    assert not hpc.run()[0]

def test_calls_into_the_package(tmp_path):
    "What the script hands to Python is there and takes these arguments"
    for name in re.findall(r'(\w+)\(sys\.argv', SCRIPT.read_text()): assert hasattr(__import__(MODULE, fromlist=[name]), name), name
    code = re.search(r"a2p 'import sys\nm = (.*?)' \"\$CHECKOUT\"", SCRIPT.read_text(), re.S)[1]
    r = subprocess.run([sys.executable, '-c', f'from {MODULE} import *; import sys\nm = {code}', str(tmp_path), 'hybrik'], capture_output=True, text=True)
    assert r.returncode==3 and 'SMPL model: put at' in r.stdout, r.stderr

# The batch script -------------------------------------------------------------------------------------------------------------

def batch(hpc, **kw):
    alphapose_batch = __import__(MODULE, fromlist=['x']).alphapose_batch
    (hpc.tmp/'a b.mp4').touch()
    text = alphapose_batch([hpc.tmp/'a b.mp4', hpc.tmp/'c.mp4'], hpc.tmp/'poses out', 'm1', checkout=hpc.tmp, python=str(hpc.fakes/'pose python'), **kw)
    (hpc.tmp/'job.sh').write_text(text)
    return hpc.tmp/'job.sh'

def fake_alphapose(hpc, wrote):
    "A Python that is AlphaPose for scripts/demo and itself for -c"
    p = hpc.fakes/'pose python'
    p.write_text(f'#!/bin/bash\necho "pose $*" >> "$LOG"\nif [ "$1" = -c ]; then exec {sys.executable} "$@"; fi\n'
        f'p=; for w in "$@"; do [ "$p" = --outdir ] && out=$w; p=$w; done\n{wrote}\n')
    p.chmod(0o755)

def test_batch(hpc):
    job = batch(hpc)
    fake_alphapose(hpc, 'echo "[1]" > "$out/alphapose-results.json"')
    code, out, log = hpc.run(job, SLURM_ARRAY_TASK_ID=0)
    assert not code and (hpc.tmp/'poses out/a b.json').read_text()=='[1]\n', out
    assert f'--video {hpc.tmp}/a b.mp4' in log[where(log, 'pose scripts/demo_3d')]
    assert [p.name for p in (hpc.tmp/'poses out').iterdir()]==['a b.json']
    code, out, log = hpc.run(job, SLURM_ARRAY_TASK_ID=0)                             # requeued after it was done
    assert not code and 'already there' in out and where(log, 'srun')<0

def test_batch_requeued(hpc):
    job = batch(hpc)
    fake_alphapose(hpc, 'echo "[{" > "$out/alphapose-results.json"')               # stopped half way, or failed with exit code 0
    code, out, log = hpc.run(job, SLURM_ARRAY_TASK_ID=1)
    assert code==1 and 'no complete JSON' in out and not (hpc.tmp/'poses out/c.json').exists()
    fake_alphapose(hpc, '[ ! -e "$out/alphapose-results.json" ] && echo "[]" > "$out/alphapose-results.json"')
    assert not hpc.run(job, SLURM_ARRAY_TASK_ID=1)[0] and (hpc.tmp/'poses out/c.json').read_text()=='[]\n'

def test_batch_alone(hpc):
    code, out, log = hpc.run(batch(hpc), SLURM_ARRAY_TASK_ID='None')
    assert code and 'submit this with sbatch' in out
