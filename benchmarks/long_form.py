"""Six minutes in one piece: does minute 6 still dance as minute 1 did, and does the dancer stay on the stage?

    python benchmarks/long_form.py [--minutes 6] [--seeds 3] [--method network --bank FOLDER]

The song is made: one style, one tempo, so that nothing in it asks for less variety later on. Variety is the mean distance of poses (joints about the root, facing
ahead, one a second) from each other within a minute; the stage is the square of 4 m around the origin."""
import argparse, tempfile
from pathlib import Path
import numpy as np
from audio2pose.audio import write_audio
from audio2pose.band import make_song
from audio2pose.generate import generate
from audio2pose.metrics import bootstrap

def variety(m):
    p = m.positions[::round(m.fps), 0]
    p = p-p[:, :1]
    side = p[:, 1]-p[:, 2]
    a = np.arctan2(side[:, 1], side[:, 0])[:, None]
    q = np.stack([p[..., 0]*np.cos(a)+p[..., 1]*np.sin(a), p[..., 1]*np.cos(a)-p[..., 0]*np.sin(a), p[..., 2]], -1)
    d = np.linalg.norm(q[:, None]-q, axis=-1).mean(-1)
    return d[np.triu_indices(len(d), 1)].mean()

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--minutes', type=int, default=6)
    p.add_argument('--seeds', type=int, default=3)
    p.add_argument('--method', default='network')
    p.add_argument('--bank')
    a = p.parse_args()
    change = []
    with tempfile.TemporaryDirectory() as d:
        for seed in range(a.seeds):
            y = make_song(104+8*seed, 60*a.minutes, np.random.default_rng(seed))[0]
            song = write_audio(y, 22050, Path(d)/f'{seed}.wav')
            m = generate(song, seed=seed, method=a.method, bank=a.bank)
            n = round(60*m.fps)
            v = [variety(m[k*n:(k+1)*n]) for k in range(a.minutes)]
            xy = m.positions[:, 0, 0, :2]
            out = np.abs(xy).max()
            change.append(v[-1]/v[0])
            print(f'seed {seed} {m.meta["genre"]}: variety by minute, cm', *(f'{100*x:.1f}' for x in v), f'| last/first {v[-1]/v[0]:.2f} | root at most {out:.2f} m from the middle of the stage, {np.quantile(np.abs(xy).max(-1), .99):.2f} m in 99 % of frames', flush=True)
    print('last minute / first, mean and 95 % interval over seeds: {:.2f} [{:.2f}, {:.2f}]'.format(*bootstrap(change)))

if __name__ == '__main__': main()
