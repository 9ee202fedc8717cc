"""Who is who in several views, and how late is each view? Made-up crowds and films with a known answer, and a real rig.

    python benchmarks/views.py [--clips FOLDER] [--data FOLDER] [--seeds 3] [--first 0]

--clips: AIST++ motion (.npz as `read_aist` reads it) instead of made-up walking.
--data: pose2sim_single of the Pose2Sim demo (BSD-3-Clause): four real cameras in step, OpenPose BODY_25B, a passer-by in two views.

Association: dancers circle each other and cross in every picture; 2.5 px noise, 10 % of the detections missing, and 80 % of those behind somebody else,
15 % frames with somebody out of nowhere, 5 % people found twice, in random order. "with passer-by": somebody walks beside, seen by half of the cameras.
right: share of the dancers' detections given to their dancer (best naming for the whole clip). wrong: share of those given that should not have been.
switches: changes of who a dancer is. References: the order as detected; from left to right in each picture.
Sync: cameras start up to a second apart, 60 frames/s, 2.5 px noise, 10 % missing, 3 % far off. References: no shift, and speeds correlated without calibration."""
import argparse, time, warnings
from itertools import permutations
from pathlib import Path
import numpy as np
from audio2pose.motion import walk
from audio2pose.rig import ring_rig
from audio2pose.views import shift_views, stack_views, sync_offsets, who_is_who

FPS = 60

def rigs(V): return ring_rig(V) if V > 2 else ring_rig(4)[[0, 1]]

# What is filmed ---------------------------------------------------------------------------------------------------------------

def body(T, rng, clips):
    "(T, J, 3) of one dancer"
    if not clips: return walk(T/FPS + 4, FPS).positions[(s := rng.integers(180)):s + T, 0]
    from audio2pose.retarget import read_aist
    p = read_aist(clips[rng.integers(len(clips))]).resample(FPS).positions[:, 0]
    i = np.arange(T) % (2*len(p) - 2)
    return p[np.where(i < len(p), i, 2*len(p) - 2 - i)]                      # to and fro

def dancers(n, T, rng, clips):
    "(T, n, J, 3), who circle each other at .7 to 2 m"
    p, t = np.stack([body(T, rng, clips) for _ in range(n)], 1), np.arange(T)/FPS
    r, turn = .35 + .6*np.abs(np.cos(2*np.pi*t/5)), 2*np.pi*t/6 + .8*np.sin(1.3*t)
    mid = .5*np.stack([np.sin(.7*t), np.cos(.5*t) - 1], -1)
    a = turn[:, None] + 2*np.pi*np.arange(n)/n
    p[..., :2] += (mid[:, None] + r[:, None, None]*np.stack([np.cos(a), np.sin(a)], -1) - p[:, :, 0, :2])[:, :, None]
    return p

def noisy(x, rng, noise, wrong=.03):
    "Pixels and confidence"
    x = x + noise*rng.normal(size=x.shape)
    far = rng.random(x.shape[:-1]) < wrong
    x[far] += 70*rng.normal(size=(far.sum(), 2))
    return np.concatenate([x, rng.beta(8, 2, x.shape[:-1])[..., None]], -1)

def crowd(p, rig, rng, noise=2.5, miss=.1, false=.15, twice=.05, passer=False):
    "People (V, T, P, J, 3) in random order, and who (V, T, P) they are; -1 nobody, -9 an empty row"
    T, n, J, _ = p.shape
    V = len(rig)
    x = noisy(rig.project(p), rng, noise)
    there = rng.random((V, T, n)) >= miss
    depth = np.einsum('vj,tnj->vtn', rig.R[:, 2], p[:, :, 0]) + rig.t[:, 2][:, None, None]
    mid, wide = x[..., 0].mean(-1), np.ptp(x[..., 0], axis=-1)
    for a, b in permutations(range(n), 2):
        there[..., a] &= ~((np.abs(mid[..., a] - mid[..., b]) < .35*wide[..., a]) & (depth[..., a] > depth[..., b]) & (rng.random((V, T)) < .8))
    ghost = x[:, rng.permutation(T), rng.integers(n)][:, :, None].copy()
    ghost[..., :2] += rng.normal(size=(V, T, 1, 1, 2))*[300, 60]
    k = rng.integers(n)
    again = x[:, :, k:k + 1].copy()
    again[..., :2] += 4*rng.normal(size=again[..., :2].shape)
    rows, own, here = [x, ghost, again], [np.arange(n), [-1], [k]], [there, rng.random((V, T, 1)) < false, rng.random((V, T, 1)) < twice]
    if passer:
        q = walk(T/FPS + 1, FPS).positions[:T, :1]
        rows.append(noisy(rig.project(q - q[:, :, :1]*[1, 1, 0] + [1.6, 1.2, 0]), rng, noise))
        own.append([-1])
        here.append((rng.random((V, T, 1)) < .8) & (np.arange(V) < V//2)[:, None, None])
    x, here = np.concatenate(rows, 2), np.concatenate(here, 2)
    own = np.broadcast_to(np.concatenate(own), here.shape)
    here &= ((x[..., :2] > 0) & (x[..., :2] < rig.size[:, None, None, None])).all(-1).mean(-1) > .6
    order = np.argsort(np.where(here, rng.random(here.shape), 2), -1)[..., :here.sum(-1).max()]
    here = np.take_along_axis(here, order, -1)
    people = np.where(here[..., None, None], np.take_along_axis(x, order[..., None, None], 2), np.nan)
    return people.astype(np.float32), np.where(here, np.take_along_axis(own, order, -1), -9)

# Association ------------------------------------------------------------------------------------------------------------------

def score(pick, who, n):
    "right, wrong, switches"
    V, T, _ = who.shape
    got = np.where(pick >= 0, who[np.arange(V)[:, None], np.arange(T), np.maximum(pick, 0)], -9)
    best = max(permutations(range(n)), key=lambda q: sum((g == i).sum() for g, i in zip(got, q)))
    right = sum((g == i).sum() for g, i in zip(got, best))
    most = [np.array([np.bincount(c[c >= 0], minlength=n).argmax() for c in g.T if (c >= 0).any()]) for g in got]
    there = sum((who == i).any(-1).sum() for i in range(n))
    return right/there, 1 - right/max((got != -9).sum(), 1), sum(int((np.diff(m) != 0).sum()) for m in most)

def association(seeds, clips, first, T=600):
    print(f'{"":38} {"as detected":>12} {"left to right":>14}   ours: {"right":>7} {"worst":>7} {"wrong":>7} {"switches":>9} {"s":>6}')
    cases = [('plain', {}), ('with passer-by', dict(passer=True)), ('8 px noise', dict(noise=8)), ('30 % missing, 40 % false', dict(miss=.3, false=.4))]
    for what, kw in cases:
        for n in (2, 3):
            for V in (2, 3, 4, 6, 9) if not kw else (4, 9):
                rows = []
                for seed in range(first, first + seeds):
                    rng = np.random.default_rng([seed, n, V])
                    people, who = crowd(dancers(n, T, rng, clips), rigs(V), rng, **kw)
                    t = time.perf_counter()
                    pick = who_is_who(people, rigs(V), n)
                    secs = time.perf_counter() - t
                    listed = np.broadcast_to(np.arange(n)[:, None, None], pick.shape)
                    x = np.where(np.isfinite(people[..., 0, 0]), people[..., 0].mean(-1), np.inf)
                    left = np.argsort(x, -1)[..., :n].transpose(2, 0, 1)
                    rows.append([score(listed, who, n)[0], score(left, who, n)[0], *score(pick, who, n), secs])
                a = np.array(rows)
                print(f'{what:24} {n} dancers {V} cams {a[:, 0].mean():13.3f} {a[:, 1].mean():14.3f} {a[:, 2].mean():15.4f} {a[:, 2].min():7.4f} '
                    f'{a[:, 3].mean():7.4f} {a[:, 4].sum():9.0f} {a[:, 5].mean():6.2f}', flush=True)

# Sync -------------------------------------------------------------------------------------------------------------------------

def film(p, rig, late, rng, noise=2.5, miss=.1):
    "Detections (V, T, J, 3) by cameras that are late by some frames"
    m = int(np.ceil(np.abs(late).max())) + 1
    at = m + np.arange(len(p) - 2*m) - late[:, None]
    i, f = np.floor(at).astype(int), (at % 1)[..., None, None]
    x = noisy(np.stack([rig.project(q)[v] for v, q in enumerate((1 - f)*p[i] + f*p[i + 1])]), rng, noise)
    x[rng.random(x.shape[:-1]) < miss, 2] = 0
    return x.astype(np.float32)

def sync(seeds, clips, first):
    print(f'\n{"frames of error, median and worst":38} {"no shift":>16} {"not calibrated":>18} {"calibrated":>18} {"within .5":>10} {"s":>6}')
    for noise in (2.5, 8.):
        for V in (2, 4, 9):
            e, secs = [], []
            for seed in range(first, first + 2*seeds):
                rng = np.random.default_rng([seed, V])
                late = np.r_[0, rng.uniform(-60, 60, V - 1)]
                kps = film(body(720, rng, clips), rigs(V), late, rng, noise)
                t = time.perf_counter()
                ours = sync_offsets(kps, rigs(V), 120).offsets
                secs.append(time.perf_counter() - t)
                e += np.abs(np.stack([0*late, sync_offsets(kps, None, 120).offsets, ours], 1) - late[:, None])[1:].tolist()
            a = np.array(e)
            pair = [f'{m:9.3f} {w:8.2f}' for m, w in zip(np.median(a, 0), a.max(0))]
            print(f'{noise:3.1f} px noise, {V} cameras{"":15} {pair[0]:>16} {pair[1]:>18} {pair[2]:>18} {(a[:, 2] < .5).mean():10.2f} {np.mean(secs):6.2f}', flush=True)

# A real rig -------------------------------------------------------------------------------------------------------------------

def real(data):
    from audio2pose.alphapose import read_alphapose
    from audio2pose.calibration import read_rig
    from audio2pose.multiview import linear, reprojection
    from audio2pose.views import associate, people_views
    data = Path(data)
    rig = read_rig(data/'calibration'/'Calib.qca.txt')
    files = [read_alphapose(f) for f in sorted((data/'pose').iterdir())]
    kps, one = stack_views(files, rig.names), associate(files, rig, 1)[0]
    px = lambda k: reprojection(linear(k, rig), k, rig)
    print(f'\nreal rig: {rig!r}, {kps.shape[1]} frames, people a frame {[int(np.isfinite(p[..., 0]).any(-1).sum(-1).max()) for p in people_views(files)]}')
    for name, k in (('best score', kps), ('associated', one)): print(f'  {name}: {np.nanmedian(px(k)):.2f} px median, {np.nanmean(px(k)):.2f} mean, '
        f'{np.isfinite(k[..., 0]).any(-1).mean():.3f} of the views and frames')
    in_step = sync_offsets(one, rig, 30)
    late = np.array([0, 7, -12, 5])
    moved = sync_offsets(shift_views(one, -late), rig, 30)
    print(f'  in step as recorded: offsets {in_step.offsets.round(2)} frames, confidence {in_step.confidence.round(2)}')
    print(f'  moved by {late}: {moved.offsets.round(2)}; not calibrated {sync_offsets(shift_views(one, -late), None, 30).offsets.round(2)}')

if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--clips')
    p.add_argument('--data')
    p.add_argument('--seeds', type=int, default=3)
    p.add_argument('--first', type=int, default=0)
    a = p.parse_args()
    warnings.filterwarnings('ignore', message='.*dancers were seen')
    clips = sorted(Path(a.clips).glob('*.npz')) if a.clips else None
    association(a.seeds, clips, a.first)
    sync(a.seeds, clips, a.first)
    if a.data: real(a.data)
