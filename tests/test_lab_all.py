"All five widgets in one notebook: in Notebook 7, and saved from JupyterLab for those who have no front end"
import time
import nbformat
from nbconvert import HTMLExporter

CELLS = ['''
from audio2pose import BeatEditor,CompareWidget,DanceWidget,TrackReviewer,pose_player
from audio2pose.camera import make_view
from audio2pose.data import asset
from audio2pose.motion import walk
from audio2pose.simulate import duet,simulate
two = walk(4, dancers=2)
dets,_ = simulate(duet(4), make_view((0,-5.5,1.4), (0,0,.9), (640,360)), kind='halpe26', seed=4)''',
    'DanceWidget(two)', 'pose_player(two)', 'BeatEditor(asset("song.ogg"))', 'CompareWidget({"as it was": two, "mirrored": two.mirror()})', 'TrackReviewer(dets)']
SEEN = ['.a2p-host >> nth=1', '.js-plotly-plot canvas', '.a2p-beats canvas', '.a2p-tracks canvas']

def all_seen(lab):
    for s in SEEN: lab.page.wait_for_selector(s, timeout=90_000)
    lab.page.wait_for_function('[...document.querySelectorAll(".a2p-host")].filter(h => h.shadowRoot?.querySelector(".a2p")?.a2p).length === 2', timeout=90_000)

def test_notebook_7(lab):
    lab.run(*CELLS, app='notebook')
    all_seen(lab)
    for i, s in enumerate(SEEN):
        lab.page.locator(s).first.scroll_into_view_if_needed()
        lab.shot(f'notebook7_{i}')

def test_saved_without_state(lab):
    "What JupyterLab saves is small, holds no widget state and no plotly.js, and nbconvert shows a picture for every widget"
    lab.run(*CELLS)
    all_seen(lab)
    lab.shot('lab_all')
    lab.js('() => window.jupyterapp.commands.execute("docmanager:save").then(() => 0)')
    path = lab.root/'nbs'/lab.name
    for _ in range(40):
        if 'all run' in (text := path.read_text()): break
        time.sleep(.25)
    assert len(text) < 300_000 and 'widget-state' not in text and 'plotly.js v' not in text and '_esm' not in text
    pictures = [o for c in nbformat.reads(text, 4).cells for o in c.get('outputs', []) if 'image/png' in o.get('data', {})]
    assert len(pictures) == 5
    page, _ = HTMLExporter(embed_images=True).from_filename(str(path))
    assert page.count('src="data:image/png') == 5 and 'vnd.jupyter.widget-view' not in page
