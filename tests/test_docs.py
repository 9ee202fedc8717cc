"The site: built with warnings as errors, whole, and in a real browser from disk: it dances, searches, reads well and talks to nobody."
import inspect, os, re, resource, subprocess, sys
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urldefrag
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT/'docs'))
SHOTS = os.environ.get('A2P_SHOTS')

class Read(HTMLParser):
    "Anchors, links and resources of a page"
    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loads, self.bare = set(), [], [], []
        self.feed(path.read_text(encoding='utf-8'))
    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        self.ids |= {a[k] for k in ('id', 'name') if a.get(k)}
        if tag == 'a' and 'href' in a: self.links.append(a['href'])
        if tag in ('script', 'img', 'iframe', 'source', 'video', 'audio') and 'src' in a: self.loads.append(a['src'])
        if tag == 'link' and a.get('rel') in ('stylesheet', 'icon', 'preload', 'prefetch', 'search', 'next', 'prev', 'index', 'author'): self.loads.append(a['href'])
        if tag == 'img' and not a.get('alt', '').strip() and a.get('aria-hidden') != 'true': self.bare.append(a.get('src'))

def state():
    "When every source was last written"
    return {p: p.stat().st_mtime_ns for d in ('nbs', 'audio2pose', 'docs', 'data') for p in (ROOT/d).rglob('*') if p.is_file() and not {'__pycache__', '_build', '.ipynb_checkpoints'} & set(p.parts)}

@pytest.fixture(scope='module')
def built(tmp_path_factory):
    "The site, made from nothing: folder, CPU seconds it took, the sources before and after"
    tmp, sources = tmp_path_factory.mktemp('docs'), state()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    r = subprocess.run([sys.executable, ROOT/'docs/build.py', '--site', tmp/'site', '--work', tmp/'work'], capture_output=True, text=True, timeout=900)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert r.returncode == 0, r.stdout[-2000:]+r.stderr[-4000:]
    return tmp/'site', sum(getattr(after, k)-getattr(before, k) for k in ('ru_utime', 'ru_stime')), sources, state()

@pytest.fixture(scope='module')
def site(built): return built[0]

@pytest.fixture(scope='module')
def pages(site): return {p.relative_to(site).as_posix(): Read(p) for p in sorted(site.rglob('*.html')) if p.parent.name != 'dances'}

def notebooks(): return [p for p in sorted((ROOT/'nbs').rglob('*.ipynb')) if '.ipynb_checkpoints' not in p.parts]

# The files -------------------------------------------------------------------------------------------------------------------

def test_built_in_two_minutes(built):
    "Two cores have 240 s of processor time in two minutes"
    assert 5 < built[1] < 240

def test_every_notebook_has_a_page(pages):
    from pages import place
    want = {place(p.relative_to(ROOT/'nbs').as_posix()).replace('.ipynb', '.html') for p in notebooks()}
    assert len(want) > 50 and not want-pages.keys()
    assert {'gallery.html', 'changes.html', 'contributing.html', 'models/dancer.html', 'coming_from/index.html', 'search.html'} <= pages.keys()

def test_links_and_anchors_resolve(site, pages):
    bad, seen = [], 0
    for name, page in pages.items():
        for link in page.links:
            if re.match(r'[a-z]+:', link): continue
            path, part = urldefrag(unquote(link))
            to = os.path.normpath((site/name).parent/path) if path else str(site/name)
            rel = Path(to).relative_to(site).as_posix()
            seen += 1
            if not Path(to).exists(): bad.append(f'{name}: {link}')
            elif part and part != 'furo-main-content' and rel in pages and part not in pages[rel].ids: bad.append(f'{name}: {link} has no such place')
    assert seen > 2000 and not bad, bad[:20]

def test_nothing_is_loaded_from_outside(site, pages):
    outside = re.compile(r'^(https?:)?//')
    assert not [(n, u) for n, p in pages.items() for u in p.loads if outside.match(u)]
    assert sum(len(p.loads) for p in pages.values()) > 500
    for css in site.rglob('*.css'): assert not re.search(r'(url\(\s*["\']?|@import\s+["\']?)(https?:)?//', css.read_text()), css
    own = (site/'_static/site.js').read_text()
    assert 'http' not in own and 'fetch(' not in own

def test_one_plotly_and_only_where_there_are_figures(site, pages):
    assert len(list(site.rglob('plotly*.js'))) == 1
    with_figures = [n for n in pages if '<figure class="plot"' in (site/n).read_text()]
    assert len(with_figures) > 15
    assert not [n for n, p in pages.items() if any('plotly' in u for u in p.loads)]           # site.js fetches it when a figure comes near

def test_pictures_have_words(pages):
    assert not {n: p.bare for n, p in pages.items() if p.bare}

def test_gallery_files_are_small(site):
    files = list((site/'dances').glob('*.html'))
    assert len(files) >= 5 and all(200_000 < f.stat().st_size < 1_500_000 for f in files)
    for f in files: assert 'Content-Security-Policy' in f.read_text()[:2000]
    page = (site/'gallery.html').read_text()
    assert page.count('class="dance"') == len(files) and 'CC BY 4.0' in page and 'seed 3' in page and '--genre' in page

def test_working_tree_is_left_alone(built): assert built[2] == built[3] and len(built[2]) > 150

# What the API says -----------------------------------------------------------------------------------------------------------

def test_api_says_what_fastcore_reads(pages):
    "Parameters and docments, which the site reads from the source, are those that fastcore finds in the live functions"
    from fastcore.docments import docments
    import api
    from pages import NBProcessor
    seen = 0
    for nb in ('04_generate', '01_preprocessing', 'core/12_motion', 'tools/35_metrics', 'look/20_viz'):
        cells = NBProcessor(ROOT/f'nbs/{nb}.ipynb').nb.cells
        mod = import_module('audio2pose.'+next(c.directives_['default_exp'] for c in cells if 'default_exp' in c.directives_))
        for c in cells:
            if c.cell_type != 'code' or 'export' not in c.directives_: continue
            for s in api.symbols(c.source):
                if s.what != 'function': continue
                f = getattr(mod, s.name)
                said = {k: ' '.join((v.docment or '').split()) if isinstance(v.docment, str) else '' for k, v in docments(f, full=True, args_kwargs=True).items()}
                assert [p.name.lstrip('*') for p in s.params] == list(inspect.signature(f).parameters), s.name
                assert {p.name.lstrip('*'): p.doc for p in s.params} == {k: said[k] for k in inspect.signature(f).parameters}, s.name
                assert not said.get('return') or s.returns.doc == said['return'], s.name
                seen += 1
    assert seen > 40

def test_api_table_has_shapes_units_and_defaults(site):
    text = re.sub(r'<[^>]+>', ' ', (site/'generate.html').read_text())
    text = ' '.join(text.split())
    assert '(T, 42) features at 30 fps' in text and 'one dancer, as long as the music to the frame' in text
    assert re.search(r'steps int 8 more is slower|steps int 8 network calls a window', text)

# In the browser --------------------------------------------------------------------------------------------------------------

class Tab:
    "A page of the site that remembers every error and every request"
    def __init__(self, browser, site, size=(1280, 850), **kw):
        self.site, self.errors, self.asked = site, [], []
        self.context = browser.new_context(viewport=dict(width=size[0], height=size[1]), **kw)
        self.page = self.context.new_page()
        self.page.on('pageerror', lambda e: self.errors.append(f'{self.page.url}: {e}'))
        self.page.on('console', lambda m: self.errors.append(f'{self.page.url}: {m.text}') if m.type == 'error' else None)
        self.page.on('request', lambda r: self.asked.append(r.url))
    def go(self, name):
        self.page.goto((self.site/name).as_uri())
        return self.page
    def shot(self, name):
        if SHOTS: Path(SHOTS).mkdir(parents=True, exist_ok=True); self.page.screenshot(path=f'{SHOTS}/docs_{name}.png')
    def close(self):
        self.context.close()
        assert self.errors == []
        assert [u for u in self.asked if not u.startswith(('file:', 'data:', 'blob:'))] == [] and self.asked

@pytest.fixture
def tab(browser, site):
    t = Tab(browser, site)
    yield t
    t.close()

@pytest.fixture
def phone(browser, site):
    t = Tab(browser, site, (390, 844), has_touch=True, is_mobile=True, device_scale_factor=2)
    yield t
    t.close()

def colour(page, where, what='backgroundColor'): return page.evaluate('([s, k]) => getComputedStyle(document.querySelector(s))[k]', [where, what])

def test_dance_of_the_gallery_plays(tab):
    page = tab.go('gallery.html')
    assert page.locator('iframe').count() == 0                                # pictures first
    assert not [u for u in tab.asked if '/dances/' in u and u.endswith('.html')]
    page.locator('a.dance').first.click()
    frame = page.wait_for_selector('iframe.dance').content_frame()
    frame.wait_for_selector('body[data-ready]', timeout=60_000)
    frame.wait_for_function('window.a2p.playing() && window.a2p.time() > .3', timeout=60_000)
    t, f = frame.evaluate('[a2p.time(), a2p.frame()]')
    page.wait_for_timeout(700)
    t2, f2 = frame.evaluate('[a2p.time(), a2p.frame()]')
    assert t2 > t+.2 and f2 > f and frame.evaluate('a2p.audio.duration') > 9
    tab.shot('gallery_plays')
    page.locator('a.dance').first.click()                                     # the next one; the first gives way
    page.wait_for_timeout(300)
    assert page.locator('iframe').count() == 1 and page.locator('a.dance').count() == len(list((tab.site/'dances').glob('*.html')))-1

def test_landing_page(tab):
    page = tab.go('index.html')
    assert page.locator('.hero .button').all_inner_texts()[:2] == ['Try it', 'Gallery'] and page.locator('.hero .button').count() == 3
    page.locator('.hero .button', has_text='Gallery').click()
    page.wait_for_url('**/gallery.html')
    page = tab.go('index.html')
    page.locator('.hero a.dance').click()
    page.wait_for_selector('.hero iframe.dance').content_frame().wait_for_selector('body[data-ready]', timeout=120_000)

def test_search_finds_a_function(tab):
    page = tab.go('index.html')
    page.locator('.sidebar-search').fill('track_beats')
    page.keyboard.press('Enter')
    page.wait_for_selector('ul.search li a', timeout=30_000)
    first = page.locator('ul.search li a').first
    assert 'track_beats' in first.inner_text()
    first.click()
    page.wait_for_url('**/beats.html*')
    assert page.locator('[id="audio2pose.beats.track_beats"]').is_visible()

def test_figures_are_drawn_when_seen(tab):
    page = tab.go('preprocessing.html')
    page.wait_for_timeout(500)
    assert not [u for u in tab.asked if 'plotly' in u]
    fig = page.locator('figure.plot').first
    fig.scroll_into_view_if_needed()
    page.wait_for_selector('figure.plot[data-drawn] svg.main-svg', timeout=60_000)
    assert fig.get_attribute('aria-label')
    assert colour(page, 'figure.plot svg.main-svg', 'background') .startswith('rgba(0, 0, 0, 0)')
    ink = 'figure.plot .xtick text'
    light = colour(page, ink, 'fill')
    page.locator('.theme-toggle-content .theme-toggle').click()               # auto -> light or dark, by furo's order
    while page.evaluate('document.body.dataset.theme') != 'dark': page.locator('.theme-toggle-content .theme-toggle').click()
    page.wait_for_function('([s, c]) => getComputedStyle(document.querySelector(s)).fill != c', arg=[ink, light], timeout=20_000)
    fig.scroll_into_view_if_needed()
    tab.shot('figure_dark')

def test_dark_toggle(tab):
    page = tab.go('generate.html')
    was = colour(page, 'body')
    while page.evaluate('document.body.dataset.theme') != 'dark': page.locator('.theme-toggle-content .theme-toggle').click()
    now = [int(x) for x in re.findall(r'\d+', colour(page, 'body'))[:3]]
    assert was == 'rgb(255, 255, 255)' and max(now) < 40
    page.reload()
    assert page.evaluate('document.body.dataset.theme') == 'dark'              # it is remembered
    tab.shot('stage_dark')

def test_source_opens(tab):
    page = tab.go('core/motion.html')
    fold = page.locator('details.source').first
    assert not fold.locator('pre').is_visible()
    fold.locator('summary').click()
    assert fold.locator('pre').is_visible() and 'class Motion' in page.locator('details.source').all_inner_texts()[0]
    tab.shot('api')

def test_readable_on_a_phone(phone, pages):
    "No page moves sideways; wide tables and code do so by themselves"
    wide = []
    for name in pages:
        page = phone.go(name)
        if page.evaluate('document.documentElement.scrollWidth') > 390: wide.append(name)
    assert not wide
    phone.go('generate.html')
    phone.shot('phone')

def faults(page):
    "Serious and critical faults that axe-core finds"
    from axe_playwright_python.sync_playwright import Axe
    found = Axe().run(page, options=dict(resultTypes=['violations'], preload=False)).response['violations']
    return [(v['id'], v['nodes'][0]['target'], v['nodes'][0]['html'][:160]) for v in found if v['impact'] in ('serious', 'critical')]

SOME = ('index.html', 'gallery.html', 'search.html', 'genindex.html', 'tutorials/index.html', 'pipeline/index.html', 'generate.html', 'preprocessing.html', 'core/motion.html',
    'look/viz.html', 'tools/cameras.html', 'tools/metrics.html', 'hpc/cli.html', 'coming_from/pstmo.html', 'models/dancer.html', 'changes.html')

@pytest.mark.parametrize('scheme,names', [('light', SOME), ('dark', SOME[::3])])
def test_no_serious_fault_for_those_who_cannot_see_or_point(browser, site, scheme, names):
    t, bad = Tab(browser, site, color_scheme=scheme), {}
    for name in names:
        if found := faults(t.go(name)): bad[name] = found
        if name == 'index.html': t.shot(f'landing_{scheme}')
    t.close()
    assert not bad, '\n'.join(f'{k}: {v}' for k, v in bad.items())
