"""Build the site: the notebooks, our pages and the gallery, through Sphinx, into site/

    python docs/build.py                     into site/, working files in docs/_build
    python docs/build.py --site DIR --work DIR

The working tree is only read. Warnings are errors. Nothing is fetched, and the site needs no network either: open site/index.html."""
import argparse, json, os, re, shutil, subprocess, sys, time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT/'docs')]
os.environ.setdefault('OMP_NUM_THREADS', '1')

from configparser import ConfigParser
import gallery
from pages import Site, attr, even

SECTIONS = (                # folder of nbs, title, what it holds
    ('tutorials', 'Tutorials', 'From start to end, one thing each. Every one runs on what ships with the package, in under a minute.'),
    ('', 'Pipeline', 'The stages in order, from what a camera or a song gives to a dance. Each can be read alone.'),
    ('tools', 'Tools', 'What a stage, or you, call when needed: data sets, cameras, bodies, lifting, measures.'),
    ('look', 'Look and lab', 'Figures, the player, export, and the widgets of the lab.'),
    ('core', 'Core', 'What everything stands on: skeletons, rotations, motion, sound, files.'),
    ('hpc', 'Command line and clusters', 'The `audio2pose` command, many files at once, and a supercomputer.'),
)

def settings():
    cfg = ConfigParser(delimiters=['='], interpolation=None)
    cfg.read(ROOT/'settings.ini', encoding='utf-8')
    return cfg['DEFAULT']

# Pages that are not notebooks --------------------------------------------------------------------------------------------------

def toctree(pages, **options):
    opts = ''.join(f':{k}: {v}\n' for k, v in options.items())
    return f'```{{toctree}}\n{opts}\n' + '\n'.join(pages) + '\n```\n'

def cards(site, pages):
    "A list of pages with their titles and first lines"
    items = (f'- [{site.titles[p][0]}](/{p})\n\n  {site.names(site.titles[p][1])}' for p in pages)
    return '::::{container} cards\n' + '\n'.join(items) + '\n::::\n'

def section(site, title, words, pages):
    return f'# {title}\n\n{words}\n\n{cards(site, pages)}\n{toctree([f"/{p}" for p in pages], hidden="")}'

def file_title(path): return re.search(r'^# (.+)$', path.read_text(encoding='utf-8'), re.M)[1]

def first_line(path):
    "The line under the title, or the first sentence of the first paragraph"
    text = path.read_text(encoding='utf-8').split('\n', 1)[1]
    para = next((' '.join(p.split()) for p in re.split(r'\n\s*\n', text) if re.match(r'[\w>`*[]', p.strip())), '')
    return re.split(r'(?<=[.:])\s', para.lstrip('> '))[0].rstrip(':')

def extra_pages():
    "Markdown files of the repository -> page"
    files = {f: f'coming_from/{f.stem}.md' for f in sorted((ROOT/'docs/coming_from').glob('*.md'))}
    files |= {f: f'models/{f.stem}.md' for f in sorted((ROOT/'audio2pose/weights').glob('*.md'))}
    return files | {ROOT/'CHANGELOG.md': 'changes.md', ROOT/'CONTRIBUTING.md': 'contributing.md'}

def player(d, facts, depth='', eager=False):
    "A picture that becomes the player when it is pressed"
    what = f'{d.title}: {facts["seconds"]:g} s' + (', with sound' if facts['song'] else '')
    loading = '' if eager else ' loading="lazy"'
    return (f'<a class="dance" href="{depth}dances/{d.name}.html" data-title="{attr(d.title)}"><img src="{depth}dances/{d.name}.jpg" width="800" height="600"{loading} '
        f'alt="Picture of the dance {attr(d.title)}"><span class="go"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M8 5.2v13.6L19 12z"/></svg>'
        f'<span>Play {attr(what)}</span></span></a>')

def gallery_page(made):
    out = ['# Gallery\n\nDances to press play on. Each is one file with the song inside, as `audio2pose generate` writes it, and was made from what ships with '
        'the package when this page was built: no picking among takes beyond the seed that is named. Drag to turn, space to pause, `?` for the other keys.\n']
    for d, f, _ in made:
        seed = f'seed {f["seed"]}' if d.seeds else 'from detections'
        bits = [seed, f['genre'], f'{f["bpm"]} bpm' if f['bpm'] else '', f'{f["seconds"]:g} s', f'{f["dancers"]} dancer{"s" if f["dancers"] > 1 else ""}', f'{f["bytes"]/1e6:.1f} MB']
        out.append(f'## {d.title}\n\n{d.words}\n\n```{{raw}} html\n{player(d, f)}\n```\n\n{" · ".join(b for b in bits if b)}\n\n'
            f'```sh\n{gallery.command(d)}\n```\n\n*{f["licence"]}.*' + (' *Song: made by this package, Apache-2.0.*\n' if f['song'] else '\n'))
    return '\n'.join(out)

def landing(site, made, tree):
    "The first page: what it is, a dance, three ways on; then what nbs/index.ipynb says"
    cells = json.loads((ROOT/'nbs/index.ipynb').read_text(encoding='utf-8'))['cells']
    text = [''.join(c['source']) for c in cells if c['cell_type'] == 'markdown' or not re.match(r'#\|\s*(hide|default_exp)', ''.join(c['source']))]
    fences = [t if c['cell_type'] == 'markdown' else '```python\n'+re.sub(r'^#\|.*\n', '', t, flags=re.M).strip()+'\n```' for c, t in zip(cells, text)]
    line = re.search(r'^> (.+)$', fences[0], re.M)[1]
    body = re.sub(r'!\[[^\]]*\]\(images/dance\.png\)\s*', '', '\n\n'.join(fences[1:]))
    body = site.names(site.links(body, 'nbs/index.ipynb', 'index.md'))
    d, f, _ = made[0]
    first = site.titles and next((p for p in site.titles if p.startswith('tutorials/')), None)
    hero = (f'<div class="hero"><div class="words"><p class="line">{line}.</p><p class="buttons"><a class="button first" href="#try-it">Try it</a>'
        f'<a class="button" href="gallery.html">Gallery</a><a class="button" href="{"tutorials" if first else "pipeline"}/index.html">{"Tutorials" if first else "Pipeline"}</a></p></div>'
        f'{player(d, f, eager=True)}</div>')
    return f'---\nhide-toc: true\n---\n# audio2pose\n\n```{{raw}} html\n{hero}\n```\n\n{body}\n\n{tree}'

# All of it ---------------------------------------------------------------------------------------------------------------------

def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding='utf-8')

def prepare(src, made):
    "Write everything Sphinx reads into `src`"
    shutil.rmtree(src, ignore_errors=True)
    shutil.copytree(ROOT/'docs/_static', src/'_static')
    shutil.copy(ROOT/'docs/conf.py', src)
    shutil.copy(Path(__import__('plotly').__file__).parent/'package_data/plotly.min.js', src/'_static')
    site = Site(ROOT, settings().get('git_url'))
    files = [p for p in sorted((ROOT/'nbs').rglob('*.ipynb')) if not any(x.startswith(('.', '_')) for x in p.relative_to(ROOT/'nbs').parts)]
    site.pages['nbs/index.ipynb'] = 'index.md'
    extra = extra_pages()
    for f, p in extra.items(): site.pages[f.relative_to(ROOT).as_posix()] = p; site.titles[p] = (file_title(f), first_line(f))
    site.read([f for f in files if f.name != 'index.ipynb'])
    for rel, (_, page, _) in site.books.items(): write(src/page, json.dumps(site.page(rel)))
    for f, p in extra.items():
        text, _ = even(f.read_text(encoding='utf-8'), 0)
        write(src/p, site.names(site.links(text, f.relative_to(ROOT).as_posix(), p)))
    trees = []
    for folder, title, words in SECTIONS:
        pages = [p for rel, (_, p, _) in site.books.items() if Path(rel).parent.as_posix() == (folder or '.')]
        if not pages: continue
        home = f'{folder or "pipeline"}/index.md'
        write(src/home, section(site, title, words, pages))
        trees.append(f'/{home}')
    groups = {g: [p for p in extra.values() if p.startswith(f'{g}/')] for g in ('coming_from', 'models')}
    titles = dict(coming_from=('Coming from ...', 'Their command, ours, and what is different.'),
        models=('Model cards', 'What each shipped network has seen, how it scores beside chance and beside real dancers, and what it may be used for.'))
    for g, pages in groups.items():
        if pages and f'{g}/index.md' not in pages: write(src/f'{g}/index.md', section(site, *titles[g], pages))
    write(src/'gallery.md', gallery_page(made))
    more = [f'/{g}/index.md' for g, p in groups.items() if p]
    tree = (toctree(['/gallery.md', *[t for t in trees if 'tutorials' in t]], hidden='', caption='Start') + toctree([t for t in trees if 'tutorials' not in t], hidden='', caption='Library')
        + toctree([*more, '/changes.md', '/contributing.md'], hidden='', caption='More'))
    write(src/'index.md', landing(site, made, tree))
    for f, to in site.used:
        (src/to).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT/f, src/to)
    for d, _, folder in made:
        (src/'extra/dances').mkdir(parents=True, exist_ok=True)
        for end in 'html', 'jpg': shutil.copy(folder/f'{d.name}.{end}', src/'extra/dances')
    return site.problems

def main():
    ap = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    ap.add_argument('--site', type=Path, default=ROOT/'site')
    ap.add_argument('--work', type=Path, default=ROOT/'docs/_build')
    args = ap.parse_args()
    os.chdir(ROOT)
    start = time.time()
    def step(what): print(f'{time.time()-start:6.1f} s  {what}', flush=True)
    cache = args.work/'dances'
    cache.mkdir(parents=True, exist_ok=True)
    made = gallery.dances(ROOT, cache)
    step(f'{len(made)} dances')
    src = args.work/'src'
    problems = prepare(src, made)
    print('\n'.join(problems), file=sys.stderr)
    step('pages')
    shutil.rmtree(args.site, ignore_errors=True)
    env = dict(os.environ, A2P_VERSION=settings()['version'])
    rc = subprocess.run([sys.executable, '-m', 'sphinx', '-W', '--keep-going', '-q', '-j', '2', '-d', str(args.work/'doctrees'), str(src), str(args.site)], env=env).returncode or bool(problems)
    (args.site/'.nojekyll').touch() if not rc else None
    step('done' if not rc else 'there were complaints, see above')
    return int(rc)

if __name__ == '__main__': sys.exit(main())
