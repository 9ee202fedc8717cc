"Shared by the tests: the command line, a browser, and a dance to show it."
import os,shutil,signal,subprocess,sys,time
import numpy as np
import pytest

signal.signal(signal.SIGINT, signal.default_int_handler)           # a job in the background starts deaf to Ctrl-C, and so would its children

def command(*args): return [sys.executable, '-m', 'audio2pose.cli', *map(str, args)]

def cli(*args, cwd=None, **kw):
    "What became of a command line: returncode, stdout, stderr"
    r = subprocess.run(command(*args), cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300, **kw)
    assert 'Traceback' not in r.stderr, r.stderr
    return r

def refused(r, *words):
    "Exit code 2, nothing on stdout, one line on stderr with these words"
    assert r.returncode == 2, (r.returncode, r.stdout, r.stderr)
    assert r.stdout == ''
    lines = [l for l in r.stderr.splitlines() if 'warning:' not in l]
    assert len(lines) == 1 and len(lines[0]) < 400, r.stderr
    for w in words: assert w in lines[0], lines[0]
    return True

def stops_clean(verb, tmp_path):
    "Ctrl-C at work ends `verb` with 130 and a word, and leaves an earlier result alone"
    (tmp_path/'o.npz').write_bytes(b'of an earlier run')
    os.mkfifo(tmp_path/'r.json')                              # whoever reads it waits, so the signal finds the command at work
    p = subprocess.Popen(command(verb, tmp_path/'r.json', '-o', tmp_path/'o.npz'), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with open(tmp_path/'r.json', 'wb') as f:
        f.write(b'[{"image_id": "0.jpg", ')
        f.flush()
        time.sleep(.5)
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=60)
    assert p.returncode == 130 and out == '' and 'Traceback' not in err and 'stopped' in err, err
    assert (tmp_path/'o.npz').read_bytes() == b'of an earlier run' and sorted(os.listdir(tmp_path)) == ['o.npz', 'r.json']

FLAGS = ['--use-angle=swiftshader', '--use-gl=angle', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist', '--no-first-run',
    '--autoplay-policy=no-user-gesture-required', '--disable-background-networking', '--disable-component-update', '--disable-sync']
NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')

def find_chromium():
    "Path of an installed Chromium, or None."
    return os.environ.get('CHROMIUM') or next((p for n in NAMES if (p := shutil.which(n))), None)

def install_chromium():
    "Try Debian's package when run as root; path or None."
    if not hasattr(os, 'geteuid') or os.geteuid() or not shutil.which('apt-get'): return None
    for c in (['update', '-qq'], ['install', '-y', '-qq', '--no-install-recommends', 'chromium']):
        subprocess.run(['apt-get', *c], env=dict(os.environ, DEBIAN_FRONTEND='noninteractive'), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return find_chromium()

@pytest.fixture(scope='session')
def chromium_path():
    "Path of Chromium; tests that need it are skipped where none can be had."
    path = find_chromium() or install_chromium()
    if not path: pytest.skip('no Chromium here and none can be installed')
    return path

@pytest.fixture(scope='session')
def browser(chromium_path):
    "A headless Chromium with software WebGL."
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p:
        args = FLAGS + (['--no-sandbox'] if hasattr(os, 'geteuid') and not os.geteuid() else [])
        b = p.chromium.launch(executable_path=chromium_path, args=args)
        yield b
        b.close()

def make_dance(seconds=6., fps=30, dancers=1):
    "Dancers who bounce, turn and wave, with beats at 120 bpm."
    from audio2pose.motion import Motion,stack
    from audio2pose.rotation import quat_from_aa,quat_mul
    t,out = np.arange(round(seconds*fps))/fps,[]
    turn = lambda a,axis: quat_from_aa(np.outer(a, axis))
    for d in range(dancers):
        rot = np.tile(np.array([1,0,0,0], np.float32), (len(t),1,24,1))
        bend = .45+.4*np.cos(2*np.pi*2*t+d)
        for s in (0,1):
            for j,k in ((1,-.6),(4,1.2),(7,-.6)): rot[:,0,j+s] = turn(k*bend, [1,0,0])
        rot[:,0,0] = turn(.6*np.sin(np.pi*t/2), [0,0,1])
        rot[:,0,16] = turn(.9+.7*np.sin(2*np.pi*t), [0,1,0])
        rot[:,0,17] = quat_mul(turn(-.9+.5*np.sin(2*np.pi*t+d), [0,1,0]), turn(.5*np.sin(np.pi*t), [0,0,1]))
        root = np.stack([.4*np.sin(np.pi*t/3)+1.1*d, 0*t, .95-.12*bend], -1)[:,None]
        m = Motion.from_rotations(rot, root.astype(np.float32), fps)
        low = m.positions[...,[10,11],2].min((1,2))-.02
        root[:,0,2] -= low
        out.append(Motion.from_rotations(rot, root.astype(np.float32), fps))
    m = stack(*out)
    b = np.arange(0, seconds, .5)
    m.meta.update(beats=dict(tempo_bpm=120., beat_times=b.tolist(), downbeats=[i%4+1 for i in range(len(b))]), seed=0)
    return m

def make_song(path, seconds=6., sr=44100):
    "Clicks at 120 bpm over a soft chord."
    from audio2pose.audio import write_audio
    t = np.arange(round(seconds*sr))/sr
    y = .08*sum(np.sin(2*np.pi*f*t) for f in (220,277.2,329.6))
    for b in np.arange(0, seconds, .5):
        i = round(b*sr)
        c = np.arange(min(800, len(y)-i))/sr
        y[i:i+800] += .8*np.exp(-c*200)*np.sin(2*np.pi*1500*c)
    return write_audio(y.astype(np.float32), sr, path)
