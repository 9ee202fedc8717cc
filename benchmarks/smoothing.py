"""How near does smoothing come to the truth, and how well are gaps filled? CMU salsa dancers with made-up detector noise.

    python benchmarks/smoothing.py --data FOLDER [--all] [--gaps 12] [--speed]

FOLDER holds cmu_salsa/*.bvh of the CMU Graphics Lab Motion Capture Database. Noise of every joint on its own: 15 mm of trembling, 30 mm of
drift with a memory of a second (both each way), one sample in a hundred 150 to 300 mm off. Takes 01 to 04 of either dancer chose
the parameters; the others are reported (all with --all). The first three frames, a T-pose in these files, are left out.
Gaps are cut from the clean motion, so that their error is the guess's alone."""
import argparse, time
from pathlib import Path
import numpy as np
from audio2pose.retarget import read_cmu
from audio2pose.smoothing import bone_lengths, constant_bones, cutoffs, fill_gaps, smooth_robust, struts
from audio2pose.skeleton import DANCER24

FPS,GAPS = 30.,(.1, .25, .5, 1., 2.)
KIDS = np.arange(1, 24)
PARENTS = np.array(DANCER24.parents)[1:]

def noisy(p, rng, jitter=.015, drift=.03, wrong=.01):
    "Detections of positions (T, J, 3)"
    from scipy.signal import lfilter
    a = np.exp(-1/FPS)
    e = rng.normal(size=p.shape)*drift
    e[1:] *= np.sqrt(1 - a*a)
    far = rng.normal(size=p.shape)
    far *= rng.uniform(.15, .3, p.shape[:2])[..., None]/np.linalg.norm(far, axis=-1, keepdims=True)
    x = p + lfilter([1], [1, -a], e, axis=0) + jitter*rng.normal(size=p.shape)
    return x + far*(rng.random(p.shape[:2]) < wrong)[..., None]

# Filters: (T, J, 3) -> (T, J, 3) -----------------------------------------------------------------------------------------------

def dct25(x):
    from scipy.fft import dct, idct
    c = dct(x, axis=0, norm='ortho')
    c[int(len(x)*.25):] = 0
    return idct(c, axis=0, norm='ortho')

def savgol(x):
    from scipy.signal import savgol_filter
    return savgol_filter(x, 11, 3, axis=0, mode='nearest')

def gauss(x):
    from scipy.ndimage import gaussian_filter1d
    return gaussian_filter1d(x, 1.5, axis=0, mode='nearest')

def smooth(x): return smooth_robust(x[:, None], FPS, cutoffs(DANCER24))[0][:, 0]

def on_bones(x):
    y = smooth(x)[:, None]
    held = bone_lengths(y, DANCER24, struts(DANCER24))
    return constant_bones(y, bone_lengths(y, DANCER24), DANCER24, held)[:, 0]

FILTERS = {'none': lambda x: x, 'DCT 25 %': dct25, 'SavGol 11/3': savgol, 'Gauss 1.5': gauss, 'ours, smooth': smooth, 'ours, on bones': on_bones}

def scores(x, p):
    "MPJPE, root-relative, acceleration error, p99 speed error, bone variation"
    x = np.asarray(x, float)
    far = lambda a, b: np.linalg.norm(a - b, axis=-1).mean()*1000
    fast = lambda a: np.percentile(np.linalg.norm(np.diff(a, axis=0), axis=-1), 99)
    bones = np.linalg.norm(x[:, KIDS] - x[:, PARENTS], axis=-1).std(0).mean()*1000
    return far(x, p), far(x - x[:, :1], p - p[:, :1]), far(np.diff(x, 2, axis=0), np.diff(p, 2, axis=0)), 100*(fast(x)/fast(p) - 1), bones

# Gap fillers: (T, J, 3) with frames a..b hidden -> (b - a, J, 3) -------------------------------------------------------------------

def hold(p, a, b): return np.repeat(p[a - 1:a], b - a, 0)

def linear(p, a, b):
    u = (np.arange(1, b - a + 1)/(b - a + 1))[:, None, None]
    return p[a - 1]*(1 - u) + p[b]*u

def ours(p, a, b):
    seen = np.ones((len(p), 1), bool)
    seen[a:b] = False
    L = np.linalg.norm(p[0] - p[0, np.maximum(DANCER24.parents, 0)], axis=-1)[None]
    return constant_bones(fill_gaps(p[:, None], seen, FPS)[0][a:b], L, DANCER24)[:, 0]

def gap_scores(f, p, a, b):
    "Error, root-relative error (mm), range beside the truth's, frozen frames"
    y,t = np.asarray(f(np.where(((np.arange(len(p)) >= a) & (np.arange(len(p)) < b))[:, None, None], np.nan, p), a, b), float),p[a:b]
    far = lambda u, v: np.linalg.norm(u - v, axis=-1).mean()*1000
    span = lambda q: np.linalg.norm(np.ptp(np.concatenate([p[a - 6:a], q, p[b:b + 6]]), axis=0), axis=-1)
    move = np.linalg.norm(np.diff(np.concatenate([p[a - 1:a], y]), axis=0), axis=-1).max(1)
    return far(y, t), far(y - y[:, :1], t - t[:, :1]), (span(y)/np.maximum(span(t), .1)).max(), (move < 1e-4).sum()

def speed(p, q):
    "Seconds for ten minutes of two dancers"
    x = np.stack([noisy(np.tile(a, (-(-18000//len(a)), 1, 1))[:18000], np.random.default_rng(0)) for a in (p, q)], 1).astype(np.float32)
    seen,t = np.random.default_rng(0).random((18000, 2)) > .03,time.process_time()
    y = smooth_robust(x, FPS, cutoffs(DANCER24))[0]
    y = constant_bones(y, bone_lengths(y, DANCER24), DANCER24, bone_lengths(y, DANCER24, struts(DANCER24)))
    fill_gaps(y, seen, FPS)
    print(f'\nten minutes of two dancers smoothed, on bones, gaps filled: {time.process_time() - t:.1f} s of one core')

def main(a):
    files = sorted(Path(a.data, 'cmu_salsa').glob('*.bvh'))
    if not files: raise SystemExit(f'{a.data}: no cmu_salsa/*.bvh in it')
    clips = {f.stem: read_cmu(f).positions[3:, 0].astype(float) for f in files if a.all or f.stem[3:] not in ('01', '02', '03', '04')}
    print(f'{len(clips)} clips\n| filter         | MPJPE mm | rel. mm | accel mm/f² | p99 speed | bones mm |\n|---|---|---|---|---|---|')
    seen = {n: noisy(p, np.random.default_rng(int(n.replace('_', '')))) for n, p in clips.items()}
    for name, f in FILTERS.items():
        e,r,acc,v,bone = np.mean([scores(f(seen[n]), p) for n, p in clips.items()], 0)
        print(f'| {name:14s} | {e:8.1f} | {r:7.1f} | {acc:11.1f} | {v:+7.1f} % | {bone:8.3f} |')
    print('\nglobal / root-relative error, mm; largest range beside the truth\'s (99 of 100 gaps); frozen frames')
    print('| gaps   |' + ''.join(f' {g:>19} s |' for g in GAPS) + '\n|---|' + '---|'*len(GAPS))
    for name, f in (('hold', hold), ('linear', linear), ('ours', ours)):
        row = ''
        for g in GAPS:
            n,out = round(g*FPS),[]
            for k, p in clips.items():
                rng = np.random.default_rng(int(k.replace('_', '')))
                out += [gap_scores(f, p, s, s + n) for s in rng.integers(30, len(p) - 30 - n, a.gaps)]
            out = np.array(out)
            row += f' {out[:, 0].mean():4.0f}/{out[:, 1].mean():3.0f} {np.percentile(out[:, 2], 99):4.2f}x {out[:, 3].sum():4.0f} fr |'
        print(f'| {name:6s} |{row}')
    if a.speed: speed(*list(clips.values())[:2])

if __name__ == '__main__':
    q = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    q.add_argument('--data', required=True, help='folder with cmu_salsa/')
    q.add_argument('--all', action='store_true', help='the clips that chose the parameters too')
    q.add_argument('--gaps', type=int, default=12, help='gaps of each length cut from each clip')
    q.add_argument('--speed', action='store_true')
    main(q.parse_args())
