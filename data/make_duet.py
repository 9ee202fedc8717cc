"""Writes data/duet_hybrik.json and data/duet_halpe26.json, what a detector might say of a made-up couple, and nbs/images/duet.png

    python data/make_duet.py

Nothing here was recorded: two made-up walkers, seen by the simulator of nbs/00b_simulate.ipynb with all its defects."""
import tempfile
from pathlib import Path
from audio2pose.alphapose import write_alphapose
from audio2pose.camera import make_view
from audio2pose.overlay import write_still
from audio2pose.preprocessing import clean
from audio2pose.simulate import duet, paint_video, simulate
from audio2pose.video import write_video

here = Path(__file__).parent
view = make_view((0, -5, 1.5), (0, 0, .85), (640, 360))
m = duet(3)
for kind in 'hybrik', 'halpe26': write_alphapose(simulate(m, view, kind=kind, seed=2, every=1.5)[0], here/f'duet_{kind}.json')
with tempfile.TemporaryDirectory() as d:
    dets, truth = simulate(m, view, seed=2, every=1.5)
    write_video(f'{d}/film.mp4', paint_video(truth), 30)
    motion, _ = clean(dets, video=f'{d}/film.mp4')
    write_still(motion, f'{d}/film.mp4', here.parent/'nbs/images/duet.png', frame=12, side=True)
