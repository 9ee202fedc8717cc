"""How many pictures a second do the widgets of the lab show, where the processor draws them?

    python benchmarks/lab.py [dance]          some of the parts below, or all

Each part opens a notebook in JupyterLab in headless Chromium (SwiftShader, no GPU), presses play as a person does and counts for some seconds what
was drawn. Wants an idle machine: the load stands beside the number."""
import os, sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent/'tests'
sys.path.insert(0, str(TESTS))

def row(part, what, fps, aim, more=''):
    print(f'\n| {part} | {what} | {fps:.1f} frames/s | wanted {aim} | {more} | load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores |')

def bench_dance(lab):
    "`DanceWidget` at its own size: two dancers with 24 joints, 60 frames a second"
    lab.run(f'import sys; sys.path.insert(0, {str(TESTS)!r})\nfrom conftest import make_dance\nfrom audio2pose.dance_widget import DanceWidget\n'
        'w = DanceWidget(make_dance(30, 60, dancers=2), audio=False)', 'w')
    player = "document.querySelector('.a2p-host').shadowRoot.querySelector('.a2p').a2p"
    lab.page.wait_for_function(f"document.querySelector('.a2p-host') && {player}", timeout=60_000)
    size = lab.js(f"(b => `${{Math.round(b.width)}} x ${{Math.round(b.height)}}`)(document.querySelector('.a2p-host').getBoundingClientRect())")
    lab.page.locator('.a2p-big').click()
    lab.wait(4000)                                                       # the player finds the size of picture this machine can draw
    fps, pace = lab.js(f'''(async () => {{ const a2p = {player}, n = a2p.pace().draws, t = performance.now(); await new Promise(r => setTimeout(r, 10000));
        const p = a2p.pace(); return [(p.draws-n)/(performance.now()-t)*1000, p]; }})()''')
    lab.shot('bench_dance')
    row('dance', f'DanceWidget, 2 x 24 joints, {size}', fps, 30, f'{"plain" if pace["plain"] else "full"} scene, {pace["ratio"]:.2f} of the pixels')

NAIVE = '''
import ipywidgets, plotly.graph_objects as go
fig = go.FigureWidget([go.Scatter3d(mode='lines+markers') for _ in range(2)], dict(width=760, height=470))
def draw(t):
    for d, trace in enumerate(fig.data):
        line = [v for a, b in m.skeleton.edges for v in (m.positions[t,d,a], m.positions[t,d,b], [None]*3)]
        trace.x, trace.y, trace.z = zip(*line)
tape = ipywidgets.Play(max=len(m)-1, interval=33)
tape.observe(lambda c: draw(c.new), 'value')
draw(0)'''
DRAWN = """(async () => { const g = document.querySelectorAll('.js-plotly-plot')[0], t = performance.now(); let n = 0, last = null;
    while (performance.now()-t < 8000) { await new Promise(r => requestAnimationFrame(r)); const x = g._fullData[0].x[4]; if (x !== last) n++; last = x; }
    return n/(performance.now()-t)*1000; })()"""

def bench_pose(lab):
    "`pose_player`: as it is, with the kernel drawing every frame, and the first thing one would write; one figure on the page at a time"
    lab.run(f'import sys; sys.path.insert(0, {str(TESTS)!r})\nfrom conftest import make_dance\nfrom audio2pose.pose_player import pose_player\n'
        'from IPython.display import clear_output, display\nm = make_dance(30, 30, dancers=2)', NAIVE, 'p = pose_player(m)', 'import ipywidgets; place = ipywidgets.Box()\nplace')
    for what, code, aim in (('pose_player, 2 x 24 joints, 690 x 430', 'place.children, p.playing = [p], True', 10), ('the same, drawn by the kernel', "p.remove_class('a2p-pose')", '-'),
                            ('the same, twice the resolution', "p.add_class('a2p-pose'); p.figure._config = dict(p.figure._config, plotGlPixelRatio=2); place.children = []; place.children = [p]", '-'),
                            ('a trace a dancer, a message a trace', 'p.playing = False; place.children = [ipywidgets.VBox([tape, fig])]; tape.playing = True', '-')):
        lab.kernel(code)
        lab.page.wait_for_selector('.gl-container canvas', timeout=90_000)
        lab.wait(4000)
        row('pose', what, lab.js(DRAWN), aim)
        lab.shot(f'bench_pose_{aim}')

if __name__ == '__main__':
    import pytest
    parts = ' or '.join(sys.argv[1:])
    sys.exit(pytest.main([__file__, '-qs', '-p', 'conftest', '-p', 'no:cacheprovider', '-o', 'addopts=', '-o', 'python_files=lab.py', '-o', 'python_functions=bench_*', *(['-k', parts] if parts else [])]))
