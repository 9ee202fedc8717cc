"The wheel, alone in a fresh venv: package data, modules and the console script are in it"
import os, subprocess, sys, sysconfig, venv, zipfile
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parent.parent

def sh(*cmd, cwd, **env):
    full = {k: v for k,v in os.environ.items() if k != 'PYTHONPATH'} | env
    r = subprocess.run([str(c) for c in cmd], cwd=cwd, env=full, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert r.returncode == 0, f'{cmd}\n{r.stdout}\n{r.stderr}'
    return r.stdout

@pytest.fixture(scope='session')
def wheel(tmp_path_factory):
    "The wheel, built from a copy of what it needs so that no build folder stays behind"
    import shutil
    d = tmp_path_factory.mktemp('wheel')
    for p in 'setup.py', 'settings.ini', 'pyproject.toml', 'README.md', 'LICENSE', 'MANIFEST.in': shutil.copy(ROOT/p, d)
    shutil.copytree(ROOT/'audio2pose', d/'audio2pose', ignore=shutil.ignore_patterns('__pycache__'))
    sh(sys.executable, '-m', 'pip', 'wheel', '-q', '--no-deps', '--no-build-isolation', '--no-index', '-w', d/'dist', d, cwd=d)
    return next((d/'dist').glob('*.whl'))

@pytest.fixture(scope='session')
def fresh(wheel, tmp_path_factory):
    "A venv that has the wheel, and the libraries (not the editable install) of the venv we run in"
    d = tmp_path_factory.mktemp('fresh')
    venv.create(d/'venv', with_pip=False)
    py = d/'venv'/('Scripts/python.exe' if os.name == 'nt' else 'bin/python')
    sh(sys.executable, '-m', 'pip', '--python', py, 'install', '-q', '--no-deps', '--no-index', wheel, cwd=d)
    site = Path(sh(py, '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))', cwd=d).strip())
    libs = {sysconfig.get_path('purelib'), sysconfig.get_path('platlib')}
    (site/'libraries.pth').write_text('\n'.join(libs)+'\n') # a path in a .pth: its own .pth files, so editable installs, stay out
    return py

def test_wheel_holds_every_module_and_all_data(wheel):
    have = set(zipfile.ZipFile(wheel).namelist())
    want = {p.relative_to(ROOT).as_posix() for p in (ROOT/'audio2pose').rglob('*') if p.is_file() and '__pycache__' not in p.parts}
    assert want <= have, want-have
    assert {p for p in have if p.startswith('audio2pose/')} <= want, 'the wheel has more than the sources'

def test_wheel_holds_weights_with_their_card(wheel):
    have = zipfile.ZipFile(wheel).namelist()
    assert any(n.startswith('audio2pose/weights/') and n.endswith('.safetensors') for n in have)
    assert any(n.startswith('audio2pose/weights/') and n.endswith('.md') for n in have)

def test_fresh_venv_imports_every_module_from_the_wheel(fresh, tmp_path):
    code = ('import audio2pose, pkgutil, importlib\n'
        'for m in pkgutil.iter_modules(audio2pose.__path__): importlib.import_module(f"audio2pose.{m.name}")\n'
        'print(audio2pose.__file__)')
    assert str(fresh.parent.parent) in sh(fresh, '-c', code, cwd=tmp_path)

def test_fresh_venv_has_the_command(fresh, tmp_path):
    out = sh(fresh.parent/'audio2pose', '--version', cwd=tmp_path)
    assert out.strip() == f'audio2pose {sh(fresh, "-c", "import audio2pose; print(audio2pose.__version__)", cwd=tmp_path).strip()}'

def test_fresh_venv_dances_to_the_bundled_song(fresh, tmp_path):
    out = sh(fresh.parent/'audio2pose', 'generate', '-o', 'out', '--seconds', 3, '--steps', 2, cwd=tmp_path)
    assert 'out/song.html' in out.replace(os.sep, '/')
    assert sorted(p.name for p in (tmp_path/'out').iterdir()) == ['song.html', 'song.npz']
    assert (tmp_path/'out/song.html').stat().st_size > 500_000

def test_readme_example_runs(fresh, tmp_path):
    "The ten lines of Python in README.md, as they stand there"
    code = (ROOT/'README.md').read_text(encoding='utf-8').split('```python\n')[1].split('```')[0]
    make = ('from audio2pose.audio import load_audio, write_audio\nfrom audio2pose.data import asset\n'
        'y,sr = load_audio(asset("song.ogg"), sr=44100, seconds=12)\nwrite_audio(y, sr, "song.mp3")\n')
    sh(fresh, '-c', make+code, cwd=tmp_path)
    assert {'song.npz', 'first_10_s.html'} <= {p.name for p in tmp_path.iterdir()}
