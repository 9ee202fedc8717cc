"The command line as a person meets it: what it writes, what it says, and what it leaves alone when something is wrong"
import json, os, pty, re, resource, shutil, signal, subprocess, sys, time
from pathlib import Path
import numpy as np
import pytest
from audio2pose.audio import write_audio
from audio2pose.motion import Motion
from conftest import cli, command, refused

SR = 22050
QUICK = '--steps', 2, '--seconds', 2

def beat(seconds=4, bpm=120, sr=SR, seed=0):
    "Kick on the beat, hat between, a bass: enough of a song"
    rng, y = np.random.default_rng(seed), np.zeros(int(seconds*sr), np.float32)
    t = np.arange(int(.15*sr))/sr
    kick, hat = np.sin(2*np.pi*(60*t + 4*np.exp(-30*t)))*np.exp(-20*t), rng.normal(size=len(t))*np.exp(-90*t)*.3
    for i,at in enumerate(np.arange(0, seconds-.16, 30/bpm)): y[(k := int(at*sr)):k+len(t)] += hat if i%2 else kick
    return (y + .1*np.sin(2*np.pi*55*np.arange(len(y))/sr)).astype(np.float32)*.6

def speech(seconds=15, sr=SR, seed=1):
    "Voiced syllables of uneven length and pitch with pauses, as in talk"
    rng, y, at = np.random.default_rng(seed), np.zeros(int(seconds*sr), np.float32), .1
    while at < seconds-.5:
        n = int(rng.uniform(.08, .3)*sr)
        f = np.linspace(*rng.uniform(90, 180, 2), n)
        y[(k := int(at*sr)):k+n] = sum(np.sin(2*np.pi*np.cumsum(f*h)/sr)/h for h in range(1, 12))*np.hanning(n)*.2
        at += n/sr + rng.choice([.02, .05, .4])*rng.uniform(.5, 1.5)
    return y

@pytest.fixture(scope='session')
def songs(tmp_path_factory):
    "Good and bad songs"
    import soundfile as sf
    d = tmp_path_factory.mktemp('songs')
    write_audio(beat(), SR, d/'song.wav')
    write_audio(beat(8), SR, d/'song.mp3')
    write_audio(beat(60), SR, d/'long.flac')
    write_audio(beat(), SR, d/'Mein Lied ü.ogg')
    write_audio(beat(), SR, d/'clip.m4a')
    (d/'clip.m4a').rename(d/'clip.mp4')
    write_audio(np.zeros(3*SR, np.float32), SR, d/'silence.wav')
    write_audio(speech(), SR, d/'speech.wav')
    write_audio(beat(.2), SR, d/'short.wav')
    write_audio(beat(3, sr=8000), 8000, d/'phone.wav')
    sf.write(d/'surround.wav', np.repeat(beat(3, sr=192000)[:, None], 6, 1), 192000, subtype='PCM_24')
    y = beat()
    y[5000:5010] = np.nan
    sf.write(d/'nan.wav', y, SR, subtype='FLOAT')
    (d/'empty.mp3').touch()
    (d/'text.mp3').write_text('these are the words of the song\n'*200)
    (d/'cut.mp3').write_bytes((b := (d/'song.mp3').read_bytes())[:len(b)*3//5])
    (d/'picture.png').write_bytes(b'\x89PNG\r\n\x1a\n' + bytes(range(256))*20)
    return d

@pytest.fixture
def old(tmp_path):
    "A folder with the outputs of an earlier run, and a check that they are as they were"
    out = tmp_path/'out'
    out.mkdir()
    was = {f'{s}.{f}': f'{s} {f} of an earlier run'.encode() for s in ('song', 'long', 'text', 'empty', 'nan') for f in ('html', 'npz')}
    for n,b in was.items(): (out/n).write_bytes(b)
    def same(): return {p.name: p.read_bytes() if p.is_file() else None for p in out.iterdir()} == was
    out_same = type('Old', (), dict(dir=out, same=staticmethod(same)))
    return out_same

# generate --------------------------------------------------------------------------------------------------------------------

def test_version_and_help():
    assert re.fullmatch(r'audio2pose \d+\.\d+\.\d+\n', cli('--version').stdout)
    assert all(w in cli('--help').stdout for w in ('generate', 'beats', 'view', 'train'))
    assert all(w in cli('generate', '--help').stdout for w in ('SONG', '--seed', '--seconds', '--genre', '--steps', '--format', '-o'))

def test_generate_writes_page_and_motion(songs, tmp_path):
    r = cli('generate', songs/'song.mp3', '-o', tmp_path/'new/out', '--steps', 2)
    assert r.returncode == 0, r.stderr
    assert sorted(p.name for p in (tmp_path/'new/out').iterdir()) == ['song.html', 'song.npz']
    m = Motion.load(tmp_path/'new/out/song.npz')
    assert abs(m.duration-8) < .06 and m.fps == 30 and m.J == 24 and np.isfinite(m.positions).all()
    assert str(tmp_path/'new/out/song.html') in r.stdout and r.stderr == ''

def test_every_format_and_an_odd_name(songs, tmp_path):
    r = cli('generate', songs/'Mein Lied ü.ogg', '-o', tmp_path, *QUICK, '--format', 'npz,bvh,glb,html,mp4')
    assert r.returncode == 0, r.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == [f'Mein Lied ü.{f}' for f in ('bvh', 'glb', 'html', 'mp4', 'npz')]
    assert (tmp_path/'Mein Lied ü.bvh').read_text().startswith('HIERARCHY') and (tmp_path/'Mein Lied ü.glb').read_bytes()[:4] == b'glTF'

def test_same_seed_same_bytes_another_seed_another_dance(songs, tmp_path):
    for d,seed in ('a', 3), ('b', 3), ('c', 4): assert cli('generate', songs/'song.wav', '-o', tmp_path/d, *QUICK, '--seed', seed, '-f', 'npz').returncode == 0
    a,b,c = ((tmp_path/d/'song.npz').read_bytes() for d in 'abc')
    assert a == b and a != c

def test_results_replace_those_of_an_earlier_run(songs, old):
    assert cli('generate', songs/'song.wav', '-o', old.dir, *QUICK).returncode == 0
    assert len(Motion.load(old.dir/'song.npz')) == 60 and (old.dir/'long.npz').read_bytes().startswith(b'long npz')

@pytest.mark.parametrize('name', ['phone.wav', 'surround.wav', 'clip.mp4'])
def test_any_rate_and_channels(songs, tmp_path, name):
    r = cli('generate', songs/name, '-o', tmp_path, *QUICK, '-f', 'npz')
    assert r.returncode == 0, r.stderr
    assert len(Motion.load((tmp_path/name).with_suffix('.npz'))) == 60

@pytest.mark.parametrize('name', ['cut.mp3', 'silence.wav', 'speech.wav', 'short.wav'])
def test_danced_with_a_warning(songs, tmp_path, name):
    r = cli('generate', songs/name, '-o', tmp_path, '--steps', 2, '-f', 'npz')
    assert r.returncode == 0, r.stderr
    assert 'warning:' in r.stderr and len(r.stderr.splitlines()) <= 2
    n = len(Motion.load((tmp_path/name).with_suffix('.npz')))
    assert n == 6 if name == 'short.wav' else n > 60

@pytest.mark.parametrize('name,word', [('nowhere.mp3', 'no such file'), ('empty.mp3', 'empty'), ('text.mp3', 'text.mp3'), ('nan.wav', 'nan.wav'),
    ('picture.png', 'picture.png'), ('.', 'folder|directory')])
def test_bad_songs(songs, old, name, word):
    r = cli('generate', songs/name, '-o', old.dir, '--steps', 2)
    assert refused(r) and re.search(word, r.stderr) and old.same()

@pytest.mark.parametrize('args,word', [(['--format', 'gif'], 'gif'), (['--format', ','], 'format'), (['--seconds', '-1'], 'seconds'), (['--seconds', '0'], 'seconds'),
    (['--seconds', 'nan'], 'seconds'), (['--seconds', 'long'], 'seconds'), (['--steps', '0'], 'steps'), (['--seed', '-1'], 'seed'), (['--genre', 'polka'], 'polka'), (['--colour', 'red'], 'colour')])
def test_bad_options(songs, old, args, word): assert refused(cli('generate', songs/'song.wav', '-o', old.dir, *args), word) and old.same()

def test_unknown_command(): assert refused(cli('sing'), 'sing')

def test_the_song_itself_is_never_replaced(songs, tmp_path):
    shutil.copy(songs/'clip.mp4', tmp_path)
    assert refused(cli('generate', 'clip.mp4', *QUICK, '-f', 'mp4', cwd=tmp_path), 'clip.mp4')
    assert (tmp_path/'clip.mp4').read_bytes() == (songs/'clip.mp4').read_bytes()

def test_unwritable_folder(songs, tmp_path):
    (tmp_path/'file').write_text('not a folder')
    assert refused(cli('generate', songs/'song.wav', '-o', tmp_path/'file/out', *QUICK), 'file')
    shut = Path('/proc/out') if os.geteuid() == 0 and Path('/proc').exists() else tmp_path/'shut'
    if shut.parent == tmp_path: shut.mkdir(mode=0o555)
    assert refused(cli('generate', songs/'song.wav', '-o', shut, *QUICK), str(shut))

def test_a_folder_in_the_place_of_a_result(songs, tmp_path):
    (tmp_path/'song.npz').mkdir()
    assert refused(cli('generate', songs/'song.wav', '-o', tmp_path, *QUICK), 'song.npz')
    assert [p.name for p in tmp_path.iterdir()] == ['song.npz']

@pytest.mark.parametrize('fmt', ['npz,html', 'npz,mp4', 'bvh,glb'])
def test_files_that_may_not_grow(songs, old, fmt):
    "As on a full disk, for those who may not mount one"
    def limit(): resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    assert refused(cli('generate', songs/'long.flac', '-o', old.dir, '--steps', 1, '--seconds', 20, '-f', fmt, preexec_fn=limit)) and old.same()

@pytest.fixture
def small_disk(tmp_path):
    "A disk of 64 kB"
    d = tmp_path/'disk'
    d.mkdir()
    if os.geteuid() or not shutil.which('mount'): pytest.skip('needs root to mount a small disk')
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', d], capture_output=True).returncode: pytest.skip('this machine does not let root mount')
    yield d
    subprocess.run(['umount', d])

def test_full_disk(songs, small_disk):
    (small_disk/'song.npz').write_bytes(b'old')
    for fmt in 'npz,html', 'mp4':
        r = cli('generate', songs/'song.wav', '-o', small_disk, *QUICK, '-f', fmt)
        assert refused(r) and 'space' in r.stderr, r.stderr
        assert {p.name: p.read_bytes() for p in small_disk.iterdir()} == {'song.npz': b'old'}

@pytest.mark.parametrize('sig,code,wait', [(signal.SIGINT, 130, 0), (signal.SIGINT, 130, 2), (signal.SIGINT, 130, 4), (signal.SIGTERM, 143, 3)])
def test_stopped_in_the_middle(songs, old, sig, code, wait):
    p = subprocess.Popen(command('generate', songs/'long.flac', '-o', old.dir, '--steps', 400), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.time()+60
    while old.same() and time.time() < end: time.sleep(.02)  # until the hidden folder is there
    time.sleep(wait)
    assert p.poll() is None, p.stderr.read()
    p.send_signal(sig)
    out,err = p.communicate(timeout=60)
    assert p.returncode == code and out == '' and 'Traceback' not in err, (p.returncode, err)
    assert old.same() and ('stopped' in err or sig != signal.SIGINT)

def test_an_interrupt_inside_exec_exits_with_130(tmp_path):
    "Python would end the process by the signal, although the command has handled it"
    code = 'import audio2pose.cli as c\nc._formats = lambda *a: exec("raise KeyboardInterrupt")\nc._check = lambda *a: None\nc.main(["generate"])'
    r = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, cwd=tmp_path)
    assert r.returncode == 130 and r.stderr == 'audio2pose: stopped; earlier files are as they were\n', r

def test_a_bar_on_a_terminal(songs, tmp_path):
    main,end = pty.openpty()
    p = subprocess.Popen(command('generate', songs/'song.mp3', '-o', tmp_path, '--steps', 4, '-f', 'npz'), stdout=subprocess.PIPE, stderr=end, env=dict(os.environ, TERM='xterm'))
    os.close(end)
    seen = b''
    while True:
        try: got = os.read(main, 65536)
        except OSError: break
        if not got: break
        seen += got
    assert p.wait(60) == 0 and b'dancing' in seen and b'Traceback' not in seen
    os.close(main)

def test_a_closed_pipe_is_no_error(songs, tmp_path):
    r = subprocess.run(f'{" ".join(command("--help"))} | head -1', shell=True, capture_output=True, text=True)
    assert r.returncode == 0 and 'Traceback' not in r.stderr

# beats -----------------------------------------------------------------------------------------------------------------------

def test_beats_table_and_json(songs, tmp_path):
    r = cli('beats', songs/'song.mp3', songs/'long.flac', '-o', tmp_path/'new')
    assert r.returncode == 0, r.stderr
    assert 'song.mp3' in r.stdout and 'long.flac' in r.stdout
    b = json.loads((tmp_path/'new/long.beats.json').read_text())
    assert {'tempo_bpm', 'beat_times', 'beat_frames', 'sample_rate'} <= set(b)
    assert abs(b['tempo_bpm']-120) < 1 and abs(len(b['beat_times'])-120) <= 3

def test_beats_beside_the_song_with_clicks(songs, tmp_path):
    shutil.copy(songs/'song.mp3', tmp_path)
    assert cli('beats', 'song.mp3', '--click', '--bpm', 120, cwd=tmp_path).returncode == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ['song.beats.json', 'song.click.wav', 'song.mp3']

def test_one_bad_song_does_not_stop_the_others(songs, tmp_path):
    r = cli('beats', songs/'text.mp3', songs/'song.wav', songs/'nowhere.mp3', '-o', tmp_path)
    assert r.returncode == 2 and len(r.stderr.splitlines()) == 2 and 'song.wav' in r.stdout
    assert [p.name for p in tmp_path.iterdir()] == ['song.beats.json']

def test_bad_beats_options(songs, tmp_path):
    assert refused(cli('beats', songs/'song.wav', '--bpm', '-3', '-o', tmp_path), 'bpm')
    assert refused(cli('beats', songs/'song.wav', songs/'song.mp3', '-o', tmp_path), 'song.beats.json')
    assert refused(cli('beats'), 'AUDIO')
    assert not list(tmp_path.iterdir())

def test_silence_has_no_beats_and_says_so(songs, tmp_path):
    r = cli('beats', songs/'silence.wav', '-o', tmp_path)
    assert r.returncode == 0 and 'warning:' in r.stderr
    assert json.loads((tmp_path/'silence.beats.json').read_text())['beat_times'] == []

# view ------------------------------------------------------------------------------------------------------------------------

@pytest.fixture(scope='session')
def dance(songs, tmp_path_factory):
    d = tmp_path_factory.mktemp('dance')
    assert cli('generate', songs/'song.wav', '-o', d, *QUICK, '-f', 'npz,bvh').returncode == 0
    return d

@pytest.mark.parametrize('name', ['song.npz', 'song.bvh'])
def test_view_writes_a_page(dance, songs, tmp_path, name):
    r = cli('view', dance/name, '--audio', songs/'song.wav', '-o', tmp_path/'page.html', '--no-open')
    assert r.returncode == 0 and r.stdout.strip() == str(tmp_path/'page.html'), r.stderr
    page = (tmp_path/'page.html').read_text(encoding='utf-8')
    assert '<html' in page[:500].lower() and len(page) > 500_000

def test_view_beside_the_motion(dance, tmp_path):
    shutil.copy(dance/'song.npz', tmp_path/'mine.npz')
    assert cli('view', tmp_path/'mine.npz', '--no-open').returncode == 0 and (tmp_path/'mine.html').exists()

def test_view_of_what_is_no_motion(songs, dance, tmp_path):
    (tmp_path/'bad.npz').write_bytes(b'PK not really')
    (tmp_path/'bad.bvh').write_text('HIERARCHY\nROOT hips\n{')
    for name in 'bad.npz', 'bad.bvh': assert refused(cli('view', tmp_path/name, '--no-open'), name)
    assert refused(cli('view', tmp_path/'no.npz', '--no-open'), 'no such file')
    assert refused(cli('view', songs/'song.wav', '--no-open'), 'song.wav')
    assert refused(cli('view', dance/'song.npz', '--audio', songs/'text.mp3', '-o', tmp_path/'p.html', '--no-open'), 'text.mp3')
    assert refused(cli('view', dance/'song.npz', '-o', tmp_path/'p.txt', '--no-open'), 'p.txt')
    assert sorted(p.name for p in tmp_path.iterdir()) == ['bad.bvh', 'bad.npz']

# train -----------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('args,word', [(['--data', 'nowhere.npz'], 'nowhere.npz'), (['--steps', '0'], 'steps'), (['--config', 'huge'], 'huge'), (['--lr', '-1'], 'lr'),
    (['--data', 'bad.npz'], 'bad.npz')])
def test_bad_training(tmp_path, args, word):
    for n in 'bad.npz', 'corpus.npz': (tmp_path/n).write_bytes(b'PK not really')
    assert refused(cli('train', *args, cwd=tmp_path), word)
    assert sorted(p.name for p in tmp_path.iterdir()) == ['bad.npz', 'corpus.npz']
