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

if __name__ == '__main__':
    import pytest
    parts = ' or '.join(sys.argv[1:])
    sys.exit(pytest.main([__file__, '-qs', '-p', 'conftest', '-p', 'no:cacheprovider', '-o', 'addopts=', '-o', 'python_files=lab.py', '-o', 'python_functions=bench_*', *(['-k', parts] if parts else [])]))
