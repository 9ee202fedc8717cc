"Write nbs/images/lift.png, the picture README shows: what a made-up detector saw of a couple and the same couple lifted, at four moments"
from pathlib import Path
import numpy as np, matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plt
from audio2pose.alphapose import read_alphapose
from audio2pose.lift import lift
from audio2pose.preprocessing import follow
from audio2pose.skeleton import HALPE26, SMPL24

here, colours = Path(__file__).parent, ('#2b6de8', '#e8452b')
det = read_alphapose(here/'duet_halpe26.json')
who, m, frames = follow(det, 2, 30), lift(det, 2, 30), (10, 32, 54, 76)
fig = plt.figure(figsize=(9, 3.9))
for i, t in enumerate(frames):
    a, b = fig.add_subplot(2, len(frames), i+1), fig.add_subplot(2, len(frames), len(frames)+i+1, projection='3d')
    for r in np.flatnonzero(who.rows.frame == t):
        c, kp = colours[who.who[r]] if who.who[r] >= 0 else '#b8c2d0', who.rows.keypoints[r]
        for e in HALPE26.edges: a.plot(*kp[list(e), :2].T, color=c, lw=1.2)
    a.set(xlim=(0, 640), ylim=(360, 0), aspect='equal', xticks=[], yticks=[], title=f'{t/30:.1f} s')
    for d, c in enumerate(colours):
        p = m.positions[t, d]
        for e in SMPL24.edges: b.plot(*p[list(e)].T, color=c, lw=1.6)
        b.plot(*m.positions[max(0, t-30):t, d, 0, :2].T, 0, color=c, lw=.8, alpha=.5)
    mid = np.nanmean(m.positions[..., 0, :2], (0, 1))
    b.set(xlim=(mid[0]-1.2, mid[0]+1.2), ylim=(mid[1]-1.2, mid[1]+1.2), zlim=(0, 1.8), xticklabels=[], yticklabels=[], zticklabels=[], box_aspect=(2.4, 2.4, 1.8))
    b.view_init(elev=24, azim=-55)
fig.subplots_adjust(0, 0, 1, .93, .02, .02)
fig.savefig(here.parent/'nbs'/'images'/'lift.png', dpi=100)
