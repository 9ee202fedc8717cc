"""The pages of the site: nbdev's processed notebooks and our Markdown files, in the form Sphinx reads"""
import ast, json, posixpath, re
from pathlib import Path
from nbdev.process import NBProcessor
from nbdev.processors import hide_, hide_line, rm_header_dash, strip_ansi
import api

NUMBER = re.compile(r'^\d+[a-z]*_')
FENCE = re.compile(r'(^(`{3,}|~{3,}|:{3,}).*?^\2 *$)', re.M|re.S)
PLOTLY = 'application/vnd.plotly.v1+json'

def place(path):
    "Where a notebook's page is: folders as in nbs, no numbers, as nbdev names them"
    p = Path(path)
    return p.with_name(NUMBER.sub('', p.name)).as_posix()

def prose(s, change):
    "Text with `change` made outside fenced blocks"
    return ''.join(p if p.startswith(('```', '~~~')) else change(p) for p in re.split(r'(^```.*?^```[^\n]*$|^~~~.*?^~~~[^\n]*$)', s, flags=re.M|re.S))

def names_in(text): return re.sub(r'[`*_\\]', '', re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', text)).strip()

class Site:
    "What the pages know of each other"
    def __init__(self, root, repo=None):
        self.root, self.repo = Path(root), repo
        self.pages = {}                    # file of the repository -> page
        self.titles = {}                   # page -> (title, one line)
        self.symbols = {}                  # name -> [(module, page)]
        self.modules = {}                  # module -> page
        self.problems = []                 # links that lead nowhere
        self.used = set()                  # pictures to copy: (file, place)

    # Links ---------------------------------------------------------------------------------------------------------------------
    def target(self, to, file, page):
        "What a link of `file` becomes on `page`: a page, a picture, an address, or None"
        if re.match(r'[a-z]+:', to) or to.startswith('#'): return to
        path, _, part = to.partition('#')
        full = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
        here = posixpath.dirname(page)
        page = self.pages.get(full) or next((p for f, p in self.pages.items() if full in (re.sub(r'\.ipynb$', '.html', f), 'nbs/'+re.sub(r'\.\w+$', '.html', p))), None)
        if page: return posixpath.relpath(page, here or '.') + (f'#{part.lower()}' if part else '')
        if not (self.root/full).exists():
            self.problems.append(f'{file}: link to {to}, which is not there')
            return None
        if re.search(r'\.(png|jpe?g|gif|svg|webp)$', full):
            self.used.add((full, full.removeprefix('nbs/')))
            return posixpath.relpath(full.removeprefix('nbs/'), here or '.')
        return f'{self.repo}/blob/main/{full}' if self.repo else None

    def links(self, s, file, page):
        def one(m):
            to = self.target(m[2], file, page)
            return m[1] if to is None else f'[{m[1]}]({to})'
        return prose(s, lambda t: re.sub(r'\[((?:[^\[\]`]|`[^`]*`)*)\]\(([^)\s]+)\)', one, t))

    def names(self, s, module=None):
        "Names of the library in backticks become links to their documentation"
        def one(m):
            name = m[1].removesuffix('()')
            if name in self.modules: return f'[`{m[1]}`](/{self.modules[name]})'
            found = self.symbols.get(name, [])
            mine = [f for f in found if f == module]
            if not (mine or len(found) == 1): return m[0]
            return f'{{py:obj}}`{m[1]} <audio2pose.{(mine or found)[0]}.{name}>`' if '<' not in m[1] else m[0]
        line = lambda l: l if re.match(r' {4}|#', l) else re.sub(r'(?<![\[`{}])`([\w.]+(?:\(\))?)`(?![`\]])', one, l)
        return prose(s, lambda t: '\n'.join(map(line, t.split('\n'))))

    # Notebooks -----------------------------------------------------------------------------------------------------------------
    def read(self, files):
        "Learn titles and names of all notebooks"
        self.books = {}
        for f in files:
            rel = f.relative_to(self.root/'nbs').as_posix()
            nb = NBProcessor(f, rm_directives='quarto', procs=[strip_ansi, hide_line, rm_header_dash, hide_])
            nb.process()
            cells, page = nb.nb.cells, place(rel)
            module = next((c.directives_['default_exp'] for c in cells if 'default_exp' in c.directives_), None)
            title = next(c.source for c in cells if c.cell_type == 'markdown')
            m = re.match(r'# (.+)\n+(?:> (.+))?', title)
            if not m: raise ValueError(f'nbs/{rel}: the first text must be a title, # and words')
            self.pages[f'nbs/{rel}'], self.titles[page], self.books[rel] = page, (m[1].strip(), (m[2] or '').strip()), (module, page, cells)
            if module: self.modules[f'audio2pose.{module}'] = page
            for c in cells:
                if 'export' in c.directives_ and c.cell_type == 'code':
                    c.symbols = list(api.symbols(c.source))
                    for s in c.symbols:
                        for n in (s, *s.inner): self.symbols.setdefault(n.name, []).append(module)

    def page(self, rel):
        "A notebook as the site shows it"
        module, page, cells = self.books[rel]
        link = lambda s: self.names(s, module)
        out, level, last = [], 1, ''
        for n, c in enumerate(cells):
            if c.cell_type == 'raw' or {'hide', 'default_exp'} & c.directives_.keys() or c.directives_.get('include') == 'false': continue
            if c.cell_type == 'markdown':
                src, level = even(c.source, level)
                out.append(markdown(link(self.links(src, f'nbs/{rel}', page)), c.id))
                last = c.source
            elif 'export' in c.directives_: out += [markdown(m, f'{c.id}-{i}') for i, m in enumerate(defined(c, link))]
            elif c.source.strip() or c.outputs: out.append(example(c, last, link))
        if module: out.insert(1, markdown(f'```{{py:module}} audio2pose.{module}\n```', 'module'))
        return dict(cells=out, nbformat=4, nbformat_minor=5, metadata=dict(language_info=dict(name='python', pygments_lexer='python')))

def markdown(src, id): return dict(cell_type='markdown', id=id, metadata={}, source=src)

def even(s, level):
    "Headings that never skip a level"
    def one(m):
        nonlocal level
        level = min(len(m[1]), level+1)
        return '#'*level + m[2]
    return prose(s, lambda t: re.sub(r'^(#+)( .*)$', one, t, flags=re.M)), level

def defined(c, link):
    "The documentation of an exported cell and its code"
    tree = ast.parse(c.source).body
    if all(isinstance(n, (ast.Import, ast.ImportFrom)) for n in tree): return
    for s in c.symbols: yield api.directive(s, link)
    yield api.source('\n'.join(l for l in c.source.splitlines() if not l.startswith('#|')).strip())

def sentence(s):
    "The last sentence of the prose before a figure, for those who cannot see it"
    paras = [p for p in re.split(r'\n\s*\n', re.sub(FENCE, '', s)) if p.strip()]
    head = next((names_in(p.lstrip('#')) for p in reversed(paras) if p.startswith('#')), '')
    body = [names_in(' '.join(p.split())) for p in paras if not p.startswith(('#', '|', '>', '-', '!', '$'))]
    words = re.split(r'(?<=[.:;])\s', body[-1])[-1] if body else ''
    words = re.sub(r'\$[^$]*\$', '', words).rstrip(':')
    return (f'{head}: {words}' if head and words else head or words or 'Figure')[:160]

def example(c, last, link):
    "A cell with what it printed and drew"
    words = sentence(last)
    outs = []
    for i, o in enumerate(c.outputs):
        data = o.get('data')
        if data is None: outs.append(o); continue
        data = {k: v for k, v in data.items() if not k.startswith('application/vnd.jupyter')}
        if PLOTLY in data: data = {'text/html': plot(data[PLOTLY], words)}
        if 'text/markdown' in data: data = {'text/markdown': link(''.join(data['text/markdown']))}
        if data: outs.append({**o, 'data': data, 'metadata': {}})
    src = '\n'.join(l for l in c.source.splitlines() if not l.startswith('#|')).strip()
    return dict(cell_type='code', id=c.id, execution_count=None, outputs=outs, source=src,
        metadata=dict(mystnb=dict(image=dict(alt=words)), tags=[] if src else ['remove-input']))

def plot(fig, words):
    "A plotly figure as data in the page; site.js draws it when it comes into view"
    layout = {k: v for k, v in fig['layout'].items() if k != 'template'}
    text = json.dumps(dict(fig, layout=layout), separators=(',', ':')).replace('<', '\\u003c')
    h = layout.get('height', 450)
    return (f'<figure class="plot" role="group" aria-label="{attr(words)}" style="min-height:{h}px" tabindex="0">'
        f'<script type="application/json">{text}</script><noscript>This figure needs JavaScript.</noscript></figure>')

def attr(s): return s.replace('&', '&amp;').replace('"', '&quot;').replace('<', '&lt;')
