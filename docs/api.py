"""What the exported cells of a notebook define, and how the site shows it

Nothing is imported or run: names, defaults, types and docments are read from the source, so a page says what the author wrote."""
import ast, html, io, re, tokenize
from dataclasses import dataclass
from functools import lru_cache
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

Function = ast.FunctionDef, ast.AsyncFunctionDef

@dataclass
class Param:
    name: str
    kind: str = ''          # type as written
    default: str = ''       # source of the default, '' if it must be given
    doc: str = ''           # the docment

@dataclass
class Symbol:
    name: str               # as the module's user writes it, `Motion.save` for a method
    what: str               # directive of Sphinx's Python domain
    doc: str
    sig: str = ''           # what follows the name
    params: tuple = ()
    returns: Param = None
    inner: tuple = ()       # methods of a class
    value: str = ''

# Reading ---------------------------------------------------------------------------------------------------------------------

@lru_cache
def comments(src):
    "Line -> comment text, and the lines that hold nothing else"
    found, alone = {}, set()
    for t in tokenize.generate_tokens(io.StringIO(src).readline):
        if t.type == tokenize.COMMENT and not t.string.startswith('#|'):
            found[t.start[0]] = t.string.lstrip('#').strip()
            if not t.line[:t.start[1]].strip(): alone.add(t.start[0])
    return found, alone

def docment(line, found, alone):
    "The comment at the end of a line, else those that stand right above it"
    if line in found and line not in alone: return found[line]
    above = []
    while line-1 in alone: above.append(found[line := line-1])
    return ' '.join(reversed(above))

def text(node): return ast.unparse(node) if node is not None else ''

def quiet(kind): return kind.strip("'\"")

def header(f, alone):
    "Line on which the signature of a function ends"
    line = f.body[0].lineno-1
    while line in alone: line -= 1
    return max(line, f.lineno)

def arguments(f, src, found, alone):
    "Parameters of a function in order, with their stars; where several share a line, its comment is the last one's"
    a, end = f.args, header(f, alone)
    plain = [*a.posonlyargs, *a.args]
    rows = [('', k, d) for k, d in zip(plain, [None]*(len(plain)-len(a.defaults))+a.defaults)]
    if a.vararg: rows.append(('*', a.vararg, None))
    rows += [('', k, d) for k, d in zip(a.kwonlyargs, a.kw_defaults)]
    if a.kwarg: rows.append(('**', a.kwarg, None))
    lines = [(d or k).end_lineno for _, k, d in rows]
    for (star, k, d), line, after in zip(rows, lines, [*lines[1:], None]):
        doc = docment(line, found, alone) if line not in (end, after) else ''
        yield Param(star+k.arg, quiet(text(k.annotation)), ast.get_source_segment(src, d) if d is not None else '', doc)

def signature(f, params, skip):
    star = not f.args.vararg and f.args.kwonlyargs and f.args.kwonlyargs[0].arg
    bits = []
    for p in params[skip:]:
        if p.name == star: bits.append('*')
        bits.append(p.name + (f'={p.default}' if p.default else ''))
    ret = quiet(text(f.returns))
    return f'({", ".join(bits)})' + (f' -> {ret}' if ret else '')

def function(f, src, cls=None):
    "A function, or a method of `cls` or of the class that `patch` gives it to"
    found, alone = comments(src)
    names = [text(d.func if isinstance(d, ast.Call) else d) for d in f.decorator_list]
    params = list(arguments(f, src, found, alone))
    owners = params[0].kind.split(' | ') if 'patch' in names else [cls]
    prop = 'property' in names or any(k.arg == 'as_prop' for d in f.decorator_list if isinstance(d, ast.Call) for k in d.keywords)
    what = 'property' if prop else next((n for n in ('classmethod', 'staticmethod') if n in names), 'method' if owners[0] else 'function')
    bound = what in ('method', 'classmethod', 'property')
    returns = Param('returns', quiet(text(f.returns)), '', found.get(header(f, alone), ''))
    sig = '' if prop else signature(f, params, bound)
    for o in owners: yield Symbol(f'{o}.{f.name}' if o else f.name, what, ast.get_docstring(f) or '', sig, tuple(params[bound:]), returns)

def fields(c, src):
    "What a dataclass or named tuple is made from"
    found, alone = comments(src)
    for n in c.body:
        if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name) and not n.target.id.startswith('_'):
            d = n.value
            if isinstance(d, ast.Call) and text(d.func) == 'field':
                kw = {k.arg: k.value for k in d.keywords}
                default = text(kw['default']) if 'default' in kw else f'{text(kw["default_factory"])}()' if 'default_factory' in kw else ''
            else: default = ast.get_source_segment(src, d) if d is not None else ''
            yield Param(n.target.id, quiet(text(n.annotation)), default, docment(n.end_lineno, found, alone))

def klass(c, src):
    inner = [s for f in c.body if isinstance(f, Function) and not f.name.startswith('_') and ast.get_docstring(f) for s in function(f, src, c.name)]
    init = next((next(function(f, src, c.name)) for f in c.body if isinstance(f, Function) and f.name == '__init__'), None)
    params = tuple(init.params if init else fields(c, src))
    bits = ', '.join(p.name + (f'={p.default}' if p.default else '') for p in params)
    return Symbol(c.name, 'class', ast.get_docstring(c) or (init.doc if init else ''), re.sub(r' -> .*', '', init.sig) if init else f'({bits})' if bits else '', params, None, tuple(inner))

def symbols(src):
    "The public names that a cell defines"
    found, alone = comments(src)
    for n in ast.parse(src).body:
        if isinstance(n, Function):
            for s in function(n, src):
                if not n.name.startswith('_'): yield s
        elif isinstance(n, ast.ClassDef):
            if not n.name.startswith('_'): yield klass(n, src)
        elif isinstance(n, (ast.Assign, ast.AnnAssign)):
            targets = n.targets if isinstance(n, ast.Assign) else [n.target]
            value = ast.get_source_segment(src, n.value) if n.value is not None else ''
            for t in targets:
                if isinstance(t, ast.Name) and not t.id.startswith('_'): yield Symbol(t.id, 'data', found.get(n.end_lineno, ''), value=' '.join(value.split()))

# Showing ---------------------------------------------------------------------------------------------------------------------

def escape(s):
    "Plain words for Markdown; what stands in backticks stays code"
    parts = re.split(r'(`[^`]+`)', s)
    return ''.join(p if i % 2 else re.sub(r'([\\*_<>\[\]$#{}~^])', r'\\\1', p) for i, p in enumerate(parts)).replace('|', '\\|')

def code(s):
    if not s: return ''
    tick = '``' if '`' in s else '`'
    return f'{tick}{s}{tick}'.replace('|', '\\|')

def table(s, link):
    "Parameters as a Markdown table of the columns that say something"
    rows = [p for p in s.params if p.kind or p.default or p.doc]
    back = s.returns and (s.returns.doc or s.returns.kind)
    if not any(p.doc for p in rows) and not (back and s.returns.doc): return ''
    row = lambda name, p: (name, link(code(p.kind)), link(code(p.default)), link(escape(p.doc)))
    rows = [row(f'`{p.name}`', p) for p in s.params]
    if back: rows.append(row('**value**' if s.what == 'property' else '**returns**', s.returns))
    head = ('Name', 'Type', 'Default', 'Meaning')
    keep = [0] + [i for i in (1, 2, 3) if any(r[i] for r in rows)]
    line = lambda r: '| ' + ' | '.join(r[i] for i in keep) + ' |'
    return '\n'.join([line(head), line(['---']*4), *map(line, rows)])

def directive(s, link, depth=0):
    "A symbol in the terms of Sphinx's Python domain"
    fence = ':'*(5-depth)
    name = s.name if depth == 0 else s.name.split('.')[-1]
    what = 'method' if s.what in ('classmethod', 'staticmethod') else s.what
    opts = {'classmethod': [':classmethod:'], 'staticmethod': [':staticmethod:']}.get(s.what, [])
    if s.what == 'data' and 0 < len(s.value) <= 90: opts = [f':value: {s.value}']
    if s.what == 'property' and s.returns.kind: opts = [f':type: {s.returns.kind}']
    body = [link(escape(s.doc))] if s.doc else []
    if t := table(s, link): body.append(t)
    body += [directive(i, link, depth+1) for i in s.inner]
    return '\n'.join([f'{fence}{{py:{what}}} {name}{s.sig}', *opts, '', '\n\n'.join(body), fence])

def source(src):
    "The code of an exported cell, folded away"
    names = re.findall(r'^(?:def|class|async def) (\w+)', src, re.M) or re.findall(r'^(\w+)', src, re.M)
    shown = highlight(src, PythonLexer(), HtmlFormatter(cssclass='highlight'))
    label = html.escape(', '.join(dict.fromkeys(names)))
    return f'````{{raw}} html\n<details class="source"><summary>Source of <code>{label}</code></summary>\n{shown}</details>\n````'
