"Write README.md from nbs/index.ipynb (with --check: only say whether it is up to date)"
import json, posixpath, re, sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent
missing = []

def code(src):
    "A code cell without its directives, fenced; None if it is hidden"
    if re.search(r'^#\|\s*(hide|default_exp|include:\s*false)', src, re.M): return
    src = '\n'.join(l for l in src.splitlines() if not l.startswith('#|')).strip()
    return f'```python\n{src}\n```' if src else None

def result(cell):
    "What a cell printed or returned, as text; pictures come from files, never from outputs"
    out = [''.join(o.get('text') or o.get('data', {}).get('text/plain', '')) for o in cell.get('outputs', [])]
    txt = ''.join(out).rstrip()
    return f'```text\n{txt}\n```' if txt else None

def link(m):
    "A link that holds from `nbs`, as it holds from the top folder"
    to = m[0].split('#')[0]
    if re.match(r'\w+:', m[0]) or not to: return m[0]
    if not (root/'nbs'/to).exists(): missing.append(to)
    return posixpath.normpath('nbs/'+to) + m[0][len(to):]

def blocks(nb):
    for c in nb['cells']:
        src = ''.join(c['source']).strip()
        if c['cell_type'] == 'markdown': yield re.sub(r'(?<=\]\()[^)\s]+', link, re.sub(r'^#\|.*\n', '', src))
        elif c['cell_type'] == 'code' and code(src): yield from (code(src), result(c))

nb = json.loads((root/'nbs/index.ipynb').read_text(encoding='utf-8'))
text = '<!-- Made from nbs/index.ipynb by `make readme`; edit that. -->\n\n' + '\n\n'.join(b for b in blocks(nb) if b) + '\n'
out = root/'README.md'
if missing: print(f'nbs/index.ipynb links to what is not there: {", ".join(missing)}', file=sys.stderr)
if '--check' in sys.argv[1:]:
    if missing: sys.exit(1)
    if not out.exists() or out.read_text(encoding='utf-8') != text: sys.exit('README.md differs from nbs/index.ipynb: run make readme and commit')
else: out.write_text(text, encoding='utf-8')
