"Shared by the tests: the command line, a browser, and a dance to show it."
import json,os,shutil,signal,socket,subprocess,sys,time,urllib.request
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
    '--autoplay-policy=no-user-gesture-required', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--disable-gpu-compositing']                                         # as Chromium decides by itself where there is no GPU: pages by the processor, WebGL by SwiftShader
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

# JupyterLab in the browser -----------------------------------------------------------------------------------------------------

def keep_shot(page, name):
    "A screenshot in the folder A2P_SHOTS, which continuous integration keeps."
    folder = os.environ.get('A2P_SHOTS')
    if folder: page.screenshot(path=f'{folder}/{name}.png')

def _free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]

@pytest.fixture(scope='session')
def lab_server(tmp_path_factory):
    "Address and folder of a JupyterLab of its own, with nothing of the user's settings."
    root, port = tmp_path_factory.mktemp('lab'), _free_port()
    env = dict(os.environ, JUPYTER_CONFIG_DIR=str(root/'config'), JUPYTER_DATA_DIR=str(root/'data'), JUPYTER_RUNTIME_DIR=str(root/'run'), JUPYTER_PLATFORM_DIRS='0',
               IPYTHONDIR=str(root/'ipython'), PYTHONPATH=os.pathsep.join([os.getcwd(), os.environ.get('PYTHONPATH', '')]), OMP_NUM_THREADS='1')
    env.pop('PLOTLY_RENDERER', None)
    env['JUPYTERLAB_SETTINGS_DIR'] = str(root/'settings')
    settings = {'apputils-extension/notification': dict(fetchNews='false', checkForUpdates=False, doNotDisturbMode=True),
        'notebook-extension/tracker': dict(autoStartDefaultKernel=True, windowingMode='none'), 'docmanager-extension/plugin': dict(autosave=False)}
    for k, v in settings.items():
        f = root/'settings/@jupyterlab'/f'{k}.jupyterlab-settings'
        f.parent.mkdir(parents=True, exist_ok=True)
        f.write_text(json.dumps(v))
    (root/'nbs').mkdir()
    options = [f'--ServerApp.{k}={v}' for k, v in dict(token='', password='', disable_check_xsrf=True, root_dir=root/'nbs', port=port, port_retries=0, ip='127.0.0.1').items()]
    p = subprocess.Popen([sys.executable, '-m', 'jupyterlab', '--no-browser', '--allow-root', '--expose-app-in-browser', '--JupyterNotebookApp.expose_app_in_browser=True', '--LabApp.news_url=None',
        '--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate', '--LabApp.extension_manager=readonly', *options],
        env=env, stdout=subprocess.DEVNULL, stderr=open(root/'log', 'w'), stdin=subprocess.DEVNULL)
    try:
        for _ in range(300):
            if p.poll() is not None: raise RuntimeError(f'JupyterLab ended: {(root/"log").read_text()[-2000:]}')
            with socket.socket() as s:
                if s.connect_ex(('127.0.0.1', port)) == 0: break
            time.sleep(.2)
        yield f'http://127.0.0.1:{port}', root
    finally:
        p.terminate()
        try: p.wait(20)
        except subprocess.TimeoutExpired: p.kill()

class Lab:
    "A notebook in JupyterLab that a person opens, runs and handles."
    def __init__(self, browser, server, size=(1300, 1000)):
        self.url, self.root = server
        self.context = browser.new_context(viewport=dict(width=size[0], height=size[1]))
        self.page, self.errors, self.requests, self.client = self.context.new_page(), [], [], None
        self.page.on('pageerror', lambda e: self.errors.append(str(e)))
        self.page.on('request', lambda r: self.requests.append(r.url))
    def js(self, code, *args): return self.page.evaluate(code, *args)
    def wait(self, ms): self.page.wait_for_timeout(ms)
    def shot(self, name): keep_shot(self.page, name)
    def run(self, *cells, app='lab', timeout=180):
        "Write a notebook of these cells, open it, run them all, and wait for the last."
        import nbformat
        kernel = dict(kernelspec=dict(name='python3', display_name='Python 3', language='python'))
        nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in (*cells, 'print("all", "run")')], metadata=kernel)
        self.name = f'n{len(list((self.root/"nbs").iterdir()))}.ipynb'
        nbformat.write(nb, self.root/'nbs'/self.name)
        self.page.goto(f'{self.url}/lab/tree/{self.name}?reset' if app == 'lab' else f'{self.url}/notebooks/{self.name}')
        self.page.wait_for_selector('.jp-Notebook .jp-Cell', timeout=90_000)
        self.page.wait_for_function('window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel?.connectionStatus === "connected"', timeout=90_000)
        self.page.evaluate('() => { window.jupyterapp.commands.execute("notebook:run-all-cells"); }')
        done = '.jp-OutputArea-output pre:text("all run"), .jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"], .jp-RenderedText[data-mime-type="application/vnd.jupyter.stderr"] :text("Traceback")'
        self.page.wait_for_selector(done, timeout=1000*timeout, state='attached')
        wrong = self.page.locator('[data-mime-type="application/vnd.jupyter.stderr"], [data-mime-type="application/vnd.jupyter.error"]').all_inner_texts()
        assert not wrong, wrong
        self.connect()
    def connect(self):
        "A second client of the notebook's kernel. Before anything plays: `wait_for_ready` waits for a quiet moment."
        from jupyter_client import BlockingKernelClient
        if self.client: self.client.stop_channels()
        sessions = json.load(urllib.request.urlopen(f'{self.url}/api/sessions'))
        k = next(s['kernel']['id'] for s in sessions if s['path'] == self.name)
        self.client = BlockingKernelClient(connection_file=str(self.root/'run'/f'kernel-{k}.json'))
        self.client.load_connection_file()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
    def kernel(self, code, timeout=60):
        "What `code` prints in the notebook's kernel."
        out = []
        def hear(msg):
            if msg['msg_type'] == 'stream': out.append(msg['content']['text'])
            if msg['msg_type'] == 'error': raise AssertionError('\n'.join(msg['content']['traceback'][-3:]))
        self.client.execute_interactive(code, timeout=timeout, output_hook=hear)
        return ''.join(out).strip()
    def until(self, code, want, timeout=20):
        "Wait until `code` prints `want` in the kernel; gives what it printed last."
        end = time.time()+timeout
        while (got := self.kernel(code)) != want and time.time() < end: self.wait(150)
        return got
    def close(self):
        if self.client: self.client.stop_channels()
        self.context.close()
        for s in json.load(urllib.request.urlopen(f'{self.url}/api/sessions')):
            urllib.request.urlopen(urllib.request.Request(f'{self.url}/api/sessions/{s["id"]}', method='DELETE'))
        assert [e for e in self.errors if "reading 'schema'" not in e] == []         # Notebook 7.6 says this of a plug-in of its own, on any page
        away = [u for u in self.requests if not u.startswith((self.url, 'blob:', 'data:', self.url.replace('http', 'ws')))]
        assert away == [], away

@pytest.fixture
def lab(browser, lab_server):
    "A person in front of JupyterLab; at the end no page error has happened and no request has left the machine."
    l = Lab(browser, lab_server)
    yield l
    l.close()
