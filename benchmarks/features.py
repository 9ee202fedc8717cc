"""The features of AIST++'s evaluation: are ours the published ones to the last digits, and how much faster?

    python benchmarks/features.py [--api FOLDER] [--frames 720] [--repeat 20]

FOLDER is a checkout of google/aistplusplus_api, whose loops are run beside ours in the same process. Without it only ours are timed. Inputs are
points (T, 24, 3) with y up: noise, a random walk from a pose (single and double precision), a walking dancer, one who stands still, one frame
to three. Differences are |ours - theirs| / max(1, |theirs|), the worst of all numbers; NaN must be NaN on both sides."""
import argparse, sys, time, warnings
import numpy as np
from audio2pose.features import kinetic_features, legacy_geometric, legacy_kinetic
from audio2pose.motion import Motion, walk

def yup(m): return (m.positions[:, 0][..., [0, 2, 1]].astype(float)*[1, 1, -1])

def clips(T):
    "{name: points (T, 24, 3), metres, y up}"
    rng = np.random.default_rng(0)
    w = yup(walk(T/60, 60))
    drift = w[:1] + np.cumsum(rng.normal(size=(T, 24, 3))*.004, 0)
    full = {'noise': rng.normal(size=(T, 24, 3)), 'drift': drift, 'drift, float32': drift.astype(np.float32), 'walk': w, 'walk, 5 m away': w + [5, 0, 3],
        'stands still': np.repeat(w[:1], T, 0), '45 joints': np.concatenate([w, w[:, :21]*1.1], 1)}
    return full | {f'{n} frame{"s"*(n>1)}': drift[:n] for n in (1, 2, 3)}

def timed(f, x, n):
    "Result (or the error's name) and the best of `n` times in milliseconds"
    best, r = np.inf, None
    for _ in range(n):
        t = time.perf_counter()
        try: r = f(x)
        except (ValueError, ZeroDivisionError, IndexError) as e: return type(e).__name__, np.nan
        best = min(best, time.perf_counter()-t)
    return r, 1000*best

def difference(a, b):
    if isinstance(a, str) or isinstance(b, str): return f'ours {a if isinstance(a, str) else "answers"}, theirs {b if isinstance(b, str) else "NaN" if np.isnan(b).all() else "answers"}'
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape!=b.shape or (np.isnan(a)!=np.isnan(b)).any(): return f'NaN or shape differ: {a.shape}, {b.shape}'
    return f'{np.nanmax(np.abs(a-b)/np.maximum(1, np.abs(b))):.1e}'

def load(folder):
    sys.path.insert(0, str(folder))
    from aist_plusplus.features.kinetic import extract_kinetic_features
    from aist_plusplus.features.manual import extract_manual_features
    return extract_kinetic_features, extract_manual_features

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--api', help='checkout of google/aistplusplus_api')
    p.add_argument('--frames', type=int, default=720)
    p.add_argument('--repeat', type=int, default=20)
    a = p.parse_args()
    theirs = load(a.api) if a.api else (None, None)
    warnings.simplefilter('ignore')
    for name, ours, other in (('kinetic', legacy_kinetic, theirs[0]), ('manual', legacy_geometric, theirs[1])):
        print(f'{name}: {"points":24}{"ours ms":>9}{"theirs ms":>11}{"times":>8}  difference')
        for k, x in clips(a.frames).items():
            r, t = timed(ours, x, a.repeat)
            o, u = timed(other, x, 1) if other else (None, np.nan)
            print(f'{"":{len(name)+2}}{k:24}{t:9.2f}{u:11.1f}{u/t:8.0f}  {difference(r, o) if other else ""}', flush=True)
    m = walk(a.frames/60, 60)
    far = Motion(m.positions + np.float32([10, 0, 0]), m.fps, m.skeleton)
    for name, f in (('published', legacy_kinetic), ('right    ', kinetic_features)):
        e = [f(x)[2] for x in (m, far)]
        print(f'mean acceleration of the pelvis, {name}: {e[0]:10.2f} here, {e[1]:10.2f} ten metres further on')

if __name__=='__main__': main()
