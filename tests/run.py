"""Every check of the project, one line each; ends with `N passed, N failed, N skipped`.

    python tests/run.py                     all of them
    python tests/run.py sync style          only these groups: files sync rules style notebooks pytest
    python tests/run.py notebooks 02_beats  a notebook or a test file by part of its name

The checks work on a copy of the tracked and the new files, so a dirty working tree is fine and stays as it is.
"""
import ast, hashlib, json, os, re, shutil, subprocess, sys, tempfile, time, tomllib, xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
GROUPS = 'files', 'sync', 'rules', 'style', 'notebooks', 'pytest'
FLOORS = dict(core=0, look=1, tools=2, hpc=2)             # folder below nbs -> floor; the stages at the top are floor 3
FACE = dict(cli=4, cli_aist=4, cli_lift=4, cli_nersc=4, cli_evaluate=4, shell=4, beat_editor=4, compare=4, track_reviewer=4) # modules that stand above their folder's floor
TOP = {'docs'}                                            # modules of the docs build, outside the floors
passed, failed, skipped, why = [], [], [], []               # why: of each failure, to be read at the end of a long log

class Skip(Exception): pass

def report(name, secs, problem=None, skip=None):
    "Count one check and say how it went"
    lst, word = (failed, 'FAIL') if problem else (skipped, 'skip') if skip else (passed, 'ok  ')
    lst.append(name)
    print(f'{word} {name} ({secs:.1f} s)' + (f': {skip}' if skip else ''), flush=True)
    if not problem: return
    lines = problem.strip().splitlines()
    print('\n'.join('     '+l for l in lines[-60:]), flush=True)
    why.append(f'{name}: ' + ' | '.join([l for l in lines if re.match(r'(E |>|\S+:\d+: )', l)][:6] or lines[-3:])[:800])

def check(name, func, *args):
    "Run one check; what it returns or raises is the problem"
    start = time.time()
    problem = skip = None
    try: problem = func(*args)
    except Skip as e: skip = str(e)
    except Exception as e: problem = f'{type(e).__name__}: {e}'
    report(name, time.time()-start, problem, skip)

def sh(*cmd, cwd, timeout=900, **env):
    "Run a command and return (exit code, output)"
    full = dict(os.environ, PYTHONPATH=str(cwd), PLOTLY_RENDERER='plotly_mimetype', PATH=f'{BIN}{os.pathsep}{os.environ["PATH"]}', **env)
    try: r = subprocess.run([str(c) for c in cmd], cwd=cwd, env=full, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors='replace', timeout=timeout)
    except subprocess.TimeoutExpired as e: return 124, f'{e.stdout or ""}\nstopped after {timeout} s'
    return r.returncode, r.stdout

# The copy --------------------------------------------------------------------------------------------------------------------

def repo_files():
    "Tracked files and new ones that git does not ignore"
    try: out = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', '-z'], cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError): return [p.relative_to(ROOT) for p in ROOT.rglob('*') if p.is_file() and not _junk(p)]
    return [p for p in map(Path, sorted(filter(None, out.decode().split('\0')))) if (ROOT/p).is_file()]

def _junk(p): return bool({'.git', '.venv', '__pycache__', '.ipynb_checkpoints', '.pytest_cache', 'build', 'out', 'shots', 'site'} & set(p.parts))

def copy_tree(dst):
    for p in repo_files():
        (dst/p).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT/p, dst/p)
    return dst

def snapshot(tree): return {p.relative_to(tree).as_posix(): hashlib.sha1(p.read_bytes()).hexdigest() for p in sorted(tree.rglob('*')) if p.is_file() and not _junk(p)}

def changes(before, after, hint):
    "What differs between two snapshots, or None"
    diff = [f'{"new" if k not in before else "gone" if k not in after else "changed"}: {k}' for k in sorted({*before, *after})
            if before.get(k) != after.get(k)]
    if diff: return '\n'.join([*diff, hint])

# Files -----------------------------------------------------------------------------------------------------------------------

def settings():
    cfg = ConfigParser(delimiters=['='], interpolation=None)
    cfg.read(ROOT/'settings.ini', encoding='utf-8')
    return cfg['DEFAULT']

def big_files(tree):
    big = [f'{p.relative_to(tree)}: {p.stat().st_size/1e6:.1f} MB, at most 25' for p in tree.rglob('*') if p.is_file() and p.stat().st_size > 25e6]
    return '\n'.join(big)

def big_notebooks(tree):
    return '\n'.join(f'{p.relative_to(tree)}: {p.stat().st_size/1e3:.0f} kB, at most 300' for p in notebooks(tree) if p.stat().st_size > 300e3)

def notebook_outputs(tree):
    "No widget state, no script bundle and no machine's path in what notebooks hold"
    bad = []
    for p in notebooks(tree):
        txt = p.read_text(encoding='utf-8')
        if 'widget-state' in txt or '"_esm"' in txt: bad.append(f'{p.name}: saved widget state')
        if 'plotly.js v' in txt: bad.append(f'{p.name}: plotly.js inside; run it with PLOTLY_RENDERER=plotly_mimetype')
        home = re.search(r'(?<![\w.])/(?:home|root|Users)/\w[^\s"\\]*', txt)
        if home or f'{ROOT}/' in txt: bad.append(f'{p.name}: path of one machine: {home[0] if home else ROOT}')
    return '\n'.join(bad)

def version_is_one(tree):
    m = re.search(r'^__version__ = "(.+)"', (tree/'audio2pose/__init__.py').read_text(), re.M)
    if not m or m[1] != settings()['version']: return f'settings.ini says {settings()["version"]}, audio2pose/__init__.py {m and m[1]}: run make version'

def project_agrees(tree):
    cfg, proj = settings(), tomllib.loads((tree/'pyproject.toml').read_text())['project']
    if proj['name'] != cfg['name'] or proj['requires-python'] != f'>={cfg["min_python"]}': return 'pyproject.toml and settings.ini differ in name or min_python'

def names(reqs): return {re.split(r'[\[<>=!~; ]', r)[0].lower().replace('_', '-') for r in reqs}

def locked(tree):
    "Every requirement of the library and its dev extra has its version in the lock, and nothing else than versions is there"
    lines = [l for l in (tree/'requirements.lock').read_text().splitlines() if l and not l.startswith('#')]
    odd = [l for l in lines if not re.fullmatch(r'[\w.-]+==[\w.]+( ; .+)?', l)]
    cfg = settings()
    missing = names((cfg['requirements'] + ' ' + cfg['dev_requirements']).split()) - names(lines)
    return '\n'.join([f'not a pinned version: {l}' for l in odd] + [f'not in requirements.lock: {n}' for n in sorted(missing)])

def readme(tree):
    rc, out = sh(sys.executable, '.ci/readme.py', '--check', cwd=tree)
    return out if rc else None

# Notebooks and modules -------------------------------------------------------------------------------------------------------

def notebooks(tree): return [p for p in sorted((tree/'nbs').rglob('*.ipynb')) if not _junk(p)]

def default_exps(tree):
    "module -> the notebooks that say they make it"
    res = {}
    for p in notebooks(tree):
        for c in json.loads(p.read_text(encoding='utf-8'))['cells']:
            m = c['cell_type'] == 'code' and re.search(r'^#\|\s*default_exp\s+([\w.]+)', ''.join(c['source']), re.M)
            if m: res.setdefault(m[1], []).append(p.relative_to(tree/'nbs'))
    return res

def modules(tree): return {'.'.join(p.relative_to(tree/'audio2pose').with_suffix('').parts): p for p in sorted((tree/'audio2pose').rglob('*.py')) if not p.name.startswith('_')}

def clean(tree):
    before = snapshot(tree)
    rc, out = sh(BIN/'nbdev-clean', cwd=tree)
    return out if rc else changes(before, snapshot(tree), 'run nbdev-clean and commit')

def in_sync(tree):
    before = snapshot(tree)
    rc, out = sh(BIN/'nbdev-export', cwd=tree)
    return out if rc else changes(before, snapshot(tree), 'run nbdev-export and commit (edit notebooks, never the modules)')

def stale(tree):
    made, bad = default_exps(tree), []
    for mod, path in modules(tree).items():
        m = re.search(r'File to edit: (\S+\.ipynb)', path.read_text(encoding='utf-8')[:2000])
        src = m and (path.parent/m[1]).resolve()
        if not m or not src.exists() or src.relative_to((tree/'nbs').resolve()) not in made.get(mod, []): bad.append(f'{mod}: no notebook makes it')
    return '\n'.join(bad + [f'{mod}: module missing, run nbdev-export' for mod in made if mod not in modules(tree)])

def shared(tree): return '\n'.join(f'{mod}: made by {", ".join(map(str, nbs))}' for mod, nbs in default_exps(tree).items() if len(nbs) > 1)

# Rules -----------------------------------------------------------------------------------------------------------------------

def own_imports(path, mods):
    "(module of this package, name taken from it, line) for each import of `path`, also those inside functions"
    for n in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(n, ast.ImportFrom):
            mod = n.module or ''
            if n.level or mod == 'audio2pose' or mod.startswith('audio2pose.'):
                mod = mod.removeprefix('audio2pose').lstrip('.')
                for a in n.names: yield (mod, a.name, n.lineno) if mod else (a.name, None, n.lineno)
        elif isinstance(n, ast.Import):
            for a in n.names:
                if a.name.startswith('audio2pose.'): yield a.name.removeprefix('audio2pose.'), None, n.lineno

def floors(tree):
    "A module imports from floors below its own, or on its own floor without a circle; a stage from earlier stages, nothing private"
    mods, made, bad, same = modules(tree), default_exps(tree), [], {}
    folder = {m: nbs[0].parts[0] if len(nbs[0].parts) > 1 else None for m, nbs in made.items()}
    order = {m: nbs[0].name for m, nbs in made.items()}
    for m, f in folder.items():
        if f and f not in FLOORS: bad.append(f'{m}: folder nbs/{f} has no floor')
    floor = {m: FACE.get(m, FLOORS.get(f, 3)) for m, f in folder.items() if m not in TOP}
    for m, path in mods.items():
        if m not in floor: continue
        for dep, name, line in own_imports(path, mods):
            if dep not in floor: continue
            if floor[dep] > floor[m]: bad.append(f'{m}.py:{line}: floor {floor[m]} imports {dep} of floor {floor[dep]}')
            elif floor[dep] == floor[m]:
                same.setdefault(m, set()).add(dep)
                if floor[m] == 3 and order[dep] > order[m]: bad.append(f'{m}.py:{line}: stage imports the later stage {dep}')
                if floor[m] == 3 and name and name.startswith('_'): bad.append(f'{m}.py:{line}: takes {dep}.{name}, which is private')
    def circle(m, path=()):
        if m in path: return ' -> '.join((*path[path.index(m):], m))
        return next(filter(None, (circle(d, (*path, m)) for d in sorted(same.get(m, ())))), None)
    circles = {circle(m) for m in same} - {None}
    return '\n'.join(bad + [f'circle of imports: {c}' for c in sorted(circles)])

def declared(tree):
    "Whatever a module imports from other packages is required in settings.ini"
    cfg, dists, bad = settings(), packages_distributions(), set()
    need = names(cfg['requirements'].split())
    extra = names(' '.join(cfg[f'{k}_requirements'] for k in ('smpl', 'hpc', 'dev')).split())
    for m, path in modules(tree).items():
        src = ast.parse(path.read_text(encoding='utf-8'))
        top = {id(n) for n in src.body}
        for n in ast.walk(src):
            mods = [a.name for a in n.names] if isinstance(n, ast.Import) else [n.module] if isinstance(n, ast.ImportFrom) and not n.level else []
            for p in {x.split('.')[0] for x in mods} - set(sys.stdlib_module_names) - {'audio2pose'}:
                has = {d.lower().replace('_', '-') for d in dists.get(p, [p])}
                if not has & (need if id(n) in top else need | extra): bad.add(f'{m}.py:{n.lineno}: {p} is not among the requirements')
    return '\n'.join(sorted(bad))

# Style, notebooks, pytest ----------------------------------------------------------------------------------------------------

def style(tree):
    rc, out = sh(BIN/'chkstyle', 'nbs', cwd=tree)
    return (out or 'failed') if rc else None

def run_notebook(tree, nb):
    start = time.time()
    rc, out = sh(BIN/'nbdev-test', nb, '--do-print', '--n-workers', '0', cwd=tree, OMP_NUM_THREADS='1')
    out = re.sub(r'\x1b\[[0-9;]*m', '', out)
    if not rc and 'Completed' not in out: rc = 1
    return f'notebook {nb.relative_to(tree/"nbs")}', time.time()-start, (out or 'failed') if rc else None

def run_notebooks(tree, wanted):
    todo = [p for p in notebooks(tree) if not wanted or any(w in p.name for w in wanted)]
    with ThreadPoolExecutor(2) as pool:
        for res in pool.map(lambda p: run_notebook(tree, p), todo): report(*res)

def run_pytest(tree, wanted):
    "Each test file in a process of its own, each test counted"
    mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' # on no path, where tests/conftest.py looks
    env = dict(CHROMIUM=mac) if 'CHROMIUM' not in os.environ and os.path.exists(mac) else {}
    env['A2P_SHOTS'] = os.environ.get('A2P_SHOTS') or str(ROOT/'shots')     # what the browser tests saw
    Path(env['A2P_SHOTS']).mkdir(parents=True, exist_ok=True)
    for p in sorted((tree/'tests').glob('test_*.py')):
        if wanted and not any(w in p.name for w in wanted): continue
        start, xml = time.time(), tree.parent/f'{p.stem}.xml'
        rc, out = sh(sys.executable, '-m', 'pytest', p, f'--junitxml={xml}', '-p', 'no:cacheprovider', cwd=tree, **env)
        cases = list(ET.parse(xml).iter('testcase')) if xml.exists() else []
        for c in cases:
            bad = [k for k in c if k.tag in ('failure', 'error')]
            skip = c.find('skipped')
            report(f'{p.name}::{c.get("name")}', float(c.get('time', 0)), '\n'.join(f'{k.text}' for k in bad) or None,
                   skip.get('message', 'skipped') if skip is not None else None)
        if not cases or rc not in (0, 1): report(p.name, time.time()-start, f'pytest ended with {rc}\n{out}')

def main():
    args = sys.argv[1:]
    groups = [g for g in GROUPS if g in args] or list(GROUPS)
    wanted = [a for a in args if a not in GROUPS]
    start = time.time()
    with tempfile.TemporaryDirectory(prefix='audio2pose-test-') as tmp:
        tree = copy_tree(Path(tmp)/'audio2pose')
        if 'files' in groups:
            for f in big_files, big_notebooks, notebook_outputs, version_is_one, project_agrees, locked, readme: check(f'files: {f.__name__.replace("_", " ")}', f, tree)
        if 'sync' in groups:
            for f in clean, in_sync, stale, shared: check(f'sync: {f.__name__.replace("_", " ")}', f, copy_tree(Path(tmp)/f.__name__/'audio2pose'))
        if 'rules' in groups:
            for f in floors, declared: check(f'rules: {f.__name__}', f, tree)
        if 'style' in groups: check('style: chkstyle nbs', style, tree)
        before = snapshot(tree)
        if 'notebooks' in groups: run_notebooks(tree, wanted)
        if 'pytest' in groups: run_pytest(tree, wanted)
        if {'notebooks', 'pytest'} & set(groups): check('files: nothing left behind', changes, before, snapshot(tree), 'notebooks and tests write to a temporary folder')
    print(f'\nin {time.time()-start:.0f} s')
    for w in why: print(f'FAIL {w}')
    print(f'{len(passed)} passed, {len(failed)} failed' + (f', {len(skipped)} skipped' if skipped else ''), flush=True)
    return 1 if failed or not passed else 0

if __name__ == '__main__': sys.exit(main())
