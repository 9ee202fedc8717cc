"""How fast is lifting, and how much memory does an hour take? The shipped lifter and P-STMO-S (243 frames, random weights) in the same run.

    python benchmarks/lift.py [--frames 600] [--rounds 5] [--minutes 60] [--no-memory]

Speed: frames a second of one person, networks only, every answer the mean of a plain and a mirrored look as the authors make it. `as published` is one window of 243 frames for every frame, one call a
frame; `windows in batches` the same work 64 windows at a time; `many2one` and `sequence` are this package's `predict`. Memory: the peak of a process that reads the keypoints of two people from a file, lifts and
places them.
"""
import argparse, resource, statistics, subprocess, sys, tempfile, time
from pathlib import Path
import numpy as np

def keypoints(T, D, seed=0):
    "Keypoints (T, D, 26, 3) of walkers before one camera, 1280x720"
    from audio2pose.body import dress
    from audio2pose.camera import make_view, to_camera, to_pixels
    from audio2pose.motion import walk
    from audio2pose.skeleton import HALPE26
    rng, m = np.random.default_rng(seed), walk(60, dancers=D)
    uv = to_pixels(to_camera(dress(m.positions, HALPE26), view := make_view((0, -5, 1.4), size=(1280, 720))), view)
    uv = np.tile(uv, (-(-T//len(uv)), 1, 1, 1))[:T]
    return np.concatenate([uv+rng.normal(size=uv.shape)*2, np.full_like(uv[..., :1], .9)], -1).astype(np.float32)

def speed(frames, rounds):
    import torch
    from audio2pose.lift_data import LiftClip, mirror_uv, normalise, take_windows, to_h36m
    from audio2pose.lifting import lift_poses, load_lifter
    from audio2pose.pstmo import PSTMO
    from audio2pose.pstmo_training import predict
    from audio2pose.skeleton import H36M17, HALPE26
    torch.manual_seed(0)
    net, old, kp, size = load_lifter(), PSTMO(243).eval(), keypoints(frames, 1), (1280, 720)
    clip = LiftClip('walk', '', kp[:, 0], None, size, 30., HALPE26)
    uv = normalise(to_h36m(kp[:, 0], HALPE26)[..., :2], size)
    def published(n, batch):
        with torch.inference_mode():
            for a in range(0, n, batch):
                w = take_windows(uv, np.arange(a, min(a+batch, n)), 243)
                x = torch.from_numpy(np.concatenate([w, mirror_uv(w, H36M17)])).permute(0, 3, 1, 2)[..., None]
                old(x)
    some = min(frames, 64)
    runs = {'P-STMO-S as published': (some, lambda: published(some, 1)), 'P-STMO-S windows in batches': (some, lambda: published(some, 32)),
        'P-STMO-S many2one': (frames, lambda: predict(old, clip, 'many2one', tds=1)), 'P-STMO-S sequence': (frames, lambda: predict(old, clip, 'sequence', tds=1)),
        'shipped lifter': (frames, lambda: lift_poses(kp, HALPE26, size, 30., net))}
    rate = {k: [] for k in runs}
    for r in range(rounds+1):
        for k, (n, f) in runs.items():
            if k.endswith('many2one') and r > 2: continue
            t = time.perf_counter()
            f()
            if r: rate[k].append(n/(time.perf_counter()-t))
    base = statistics.median(rate['P-STMO-S as published'])
    print(f'{torch.get_num_threads()} threads, {frames} frames')
    for k, v in rate.items(): print(f'  {k:28} {statistics.median(v):9.1f} frames/s   {statistics.median(v)/base:7.1f} x   ({min(v):.1f} to {max(v):.1f})')

def hour(minutes, path):
    "Write a file of two people for so many minutes"
    from audio2pose.alphapose import Detections, write_alphapose
    from audio2pose.skeleton import HALPE26
    T = round(minutes*60*30)
    kp = keypoints(T, 2)
    write_alphapose(Detections(np.repeat(np.arange(T), 2), kp.reshape(-1, 26, 3), HALPE26, frames=T, fps=30., size=(1280, 720)), path)

if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('--frames', type=int, default=600)
    p.add_argument('--rounds', type=int, default=5)
    p.add_argument('--minutes', type=float, default=60)
    p.add_argument('--no-memory', action='store_true')
    p.add_argument('--one', help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.one:
        from audio2pose.lift import lift
        t = time.perf_counter()
        m = lift(a.one, dancers=2, fps=30)
        print(f'  {m!r} in {time.perf_counter()-t:.0f} s, peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/2**20:.2f} GB')
    else:
        speed(a.frames, a.rounds)
        if not a.no_memory:
            with tempfile.TemporaryDirectory() as d:
                subprocess.run([sys.executable, '-c', f'import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import lift; lift.hour({a.minutes}, {d+"/hour.json"!r})'], check=True)
                print(f'{a.minutes:g} minutes of two people from a file')
                subprocess.run([sys.executable, __file__, '--one', f'{d}/hour.json'], check=True)
