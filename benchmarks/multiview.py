"""How near does triangulation come to the truth, and how fast? A made-up nine-camera recording in AIST++'s file formats, and a real rig.

    python benchmarks/multiview.py --rig FOLDER [FOLDER ...] [--data FOLDER] [--no-reference] [--clips FOLDER]

--rig: keypoints2d/*.pkl, keypoints3d_gt/*.pkl (key keypoints3d, cm, y up) and cameras/setting1.json, one recording a folder.
--data: pose2sim_single of the Pose2Sim demo (BSD-3-Clause): four real cameras, OpenPose BODY_25B.
--clips: AIST++ motion (.npz as `read_aist` reads it), filmed by made-up cameras with the same noise: real accelerations.

The reference is AIST++'s way, restated from its parameters: linear triangulation, then scipy's least squares with finite differences on soft-L1
reprojection (15 px), first differences and relative bone lengths. Machine code is compiled before the clock starts; times are the median of three runs."""
import argparse, time
from pathlib import Path
import numpy as np
from audio2pose.aist import read_cameras, read_keypoints2d
from audio2pose.data import load_pickle
from audio2pose.multiview import linear, refine, reprojection, rigid_pairs, triangulate
from audio2pose.rig import ring_rig
from audio2pose.skeleton import COCO17

FPS = 60
LIMBS = np.array([(5, 7), (7, 9), (6, 8), (8, 10), (11, 13), (13, 15), (12, 14), (14, 16), (0, 1), (0, 2), (1, 2), (0, 3), (0, 4), (3, 4)])

def recording(folder):
    "Rig, detections (V, T, J, 3), true positions (T, J, 3) metres z up"
    folder = Path(folder)
    name = sorted((folder/'keypoints2d').glob('*.pkl'))[0]
    truth = np.asarray(load_pickle(folder/'keypoints3d_gt'/name.name)['keypoints3d'])/100
    return read_cameras(folder/'cameras'/'setting1.json'), read_keypoints2d(name)[0], truth[..., [0, 2, 1]]*[1, -1, 1]

# The reference ----------------------------------------------------------------------------------------------------------------

def anipose(kps, rig, bones):
    "AIST++'s refinement of its linear points, in centimetres as there"
    from scipy.ndimage import median_filter
    from scipy.optimize import least_squares
    from scipy.sparse import lil_matrix
    V, T, J, _ = kps.shape
    seen = kps[..., 2] > .15
    X = linear(kps, rig, low=.15).astype(float)*100
    at = np.arange(T)
    for j in range(J):
        ok = np.isfinite(X[:, j, 0])
        for k in range(3): X[~ok, j, k] = np.interp(at[~ok], at[ok], X[ok, j, k])
    calm = 4/np.mean(np.abs(np.diff(median_filter(X, (7, 1, 1)), axis=0)))
    l0 = np.median(np.linalg.norm(X[:, bones[:, 0]] - X[:, bones[:, 1]], axis=-1), 0)
    v, t, j = np.nonzero(seen)
    px, n = kps[v, t, j, :2].astype(float), T*J*3
    def residuals(p):
        Y, l = p[:n].reshape(T, J, 3), p[n:]
        e = np.abs(rig.project(Y/100)[v, t, j] - px)
        d = np.linalg.norm(Y[:, bones[:, 0]] - Y[:, bones[:, 1]], axis=-1)
        return np.concatenate([(30*(np.sqrt(1 + e/15) - 1)).ravel(), (np.diff(Y, axis=0)*calm).ravel(), (200*(d - l)/l).ravel()])
    cell = ((t*J + j)*3)[:, None] + np.arange(3)
    S = lil_matrix((2*len(v) + (T - 1)*J*3 + T*len(bones), n + len(bones)), dtype=bool)
    for k in range(2): S[np.repeat(np.arange(len(v))*2 + k, 3), cell.ravel()] = True
    row = 2*len(v) + np.arange((T - 1)*J*3)
    S[row, np.arange(len(row))] = True
    S[row, np.arange(len(row)) + J*3] = True
    row = (2*len(v) + (T - 1)*J*3 + np.arange(T*len(bones))).reshape(T, -1)
    for end in (0, 1):
        for k in range(3): S[row.ravel(), ((at[:, None]*J + bones[:, end])*3 + k).ravel()] = True
    S[row.ravel(), np.tile(n + np.arange(len(bones)), T)] = True
    r = least_squares(residuals, np.r_[X.ravel(), l0], jac_sparsity=S.tocsr(), ftol=1e-3)
    return r.x[:n].reshape(T, J, 3)/100

# Scores -----------------------------------------------------------------------------------------------------------------------

def timed(f, n=3):
    "Result and median seconds"
    secs = []
    for _ in range(n):
        t = time.perf_counter()
        out = f()
        secs.append(time.perf_counter() - t)
    return out, float(np.median(secs))

def line(name, pts, truth, bones, secs=None):
    e = 1000*np.linalg.norm(pts - truth, axis=-1)
    acc = 1000*np.linalg.norm(np.diff(pts - truth, 2, axis=0), axis=-1) if len(pts) > 2 else np.array(np.nan)
    std = 1000*np.linalg.norm(pts[:, bones[:, 0]] - pts[:, bones[:, 1]], axis=-1).std(0)
    print(f'{name:34} {"" if secs is None else f"{secs:8.3f}":>8} {np.nanmean(e):8.2f} {np.nanmedian(e):8.2f} {np.nanpercentile(e, 99):8.1f} {np.nanmax(e):8.0f} '
        f'{np.nanmean(acc):8.2f} {np.nanmean(std):8.2f} {100*np.isnan(e).mean():7.2f}', flush=True)

def ours(kps, rig, skeleton, **kw):
    pts, _, mended = triangulate(kps, rig, skeleton)
    return refine(pts, mended, rig, skeleton, FPS, **kw)

def made_up(folders, reference):
    print(f'{"made-up recording":34} {"s":>8} {"mpjpe mm":>8} {"median":>8} {"p99":>8} {"max":>8} {"accel":>8} {"bone sd":>8} {"nan %":>7}')
    for i, folder in enumerate(folders):
        rig, kps, truth = recording(folder)
        ours(kps, rig, COCO17)                                           # compile
        say = lambda name, pts, secs=None, n=None: line(f'{Path(folder).name} {name}', pts, truth[:n], LIMBS, secs)
        say('linear', *timed(lambda: linear(kps, rig)))
        if reference and i == 0: say("AIST++'s refinement", *timed(lambda: anipose(kps, rig, LIMBS), 1))
        say('ours, point by point', *timed(lambda: triangulate(kps, rig, COCO17)[0]))
        (pts, _), secs = timed(lambda: ours(kps, rig, COCO17))
        say('ours, whole clip', pts, secs)
        if i: continue
        (pts, cov), secs = timed(lambda: ours(kps, rig, COCO17, covariance=True))
        d = (pts - truth).astype(float)
        chi2 = np.einsum('tji,tjik,tjk->tj', d, np.linalg.inv(cov.astype(float)), d)
        print(f'{"":10}with covariance {secs:.2f} s; squared error over covariance: mean {chi2.mean():.2f} (3 would be right), {100*(chi2 < 7.81).mean():.1f} % within the 95 % ellipsoid')
        for n in (1, 5, 60, 240): say(f'ours, {n} frames', *(lambda r: (r[0][0], r[1]))(timed(lambda: ours(kps[:, :n], rig, COCO17))), n)

def real_rig(data):
    from audio2pose.alphapose import read_alphapose
    from audio2pose.calibration import read_rig
    from audio2pose.views import stack_views
    data = Path(data)
    rig = read_rig(data/'calibration'/'Calib.qca.txt')
    views = [read_alphapose(p) for p in sorted((data/'pose').iterdir())]
    kps, sk = stack_views(views), views[0].skeleton
    plain = linear(kps, rig)
    (pts, _), secs = timed(lambda: ours(kps, rig, sk))
    pairs = [(sk.joints.index(f'{s}_{a}'), sk.joints.index(f'{s}_{b}')) for s in ('left', 'right') for a, b in (('hip', 'knee'), ('knee', 'ankle'))]
    print(f'\nreal rig, {len(rig)} cameras, {len(pts)} frames: {secs:.2f} s, joints never seen: {int(np.isnan(pts).all((0, 2)).sum())}')
    print(f'{"":20} {"px median":>10} {"px mean":>10} {"thigh, shank sd mm (left, right)":>40}')
    for name, p in (('linear', plain), ('ours, point by point', triangulate(kps, rig, sk)[0]), ('ours, whole clip', pts)):
        e = reprojection(p, kps, rig)
        sd = [1000*np.nanstd(np.linalg.norm(p[:, a] - p[:, b], axis=-1)) for a, b in pairs]
        print(f'{name:20} {np.nanmedian(e):10.2f} {np.nanmean(e):10.2f} {"  ".join(f"{s:6.1f}" for s in sd):>40}')

def real_motion(clips, n=10):
    from audio2pose.retarget import read_aist
    rng, rows = np.random.default_rng(0), []
    for f in sorted(Path(clips).glob('*.npz'))[::18][:n]:
        m = read_aist(f).resample(FPS)[:600]
        truth, rig, bones = m.positions[:, 0], ring_rig(), rigid_pairs(m.skeleton)
        p = rig.project(truth)
        p = p + 2*rng.normal(size=p.shape)
        conf, wrong = rng.beta(8, 2, p.shape[:3]), rng.random(p.shape[:3]) < .03
        p[wrong] += rng.uniform(-200, 200, (wrong.sum(), 2))
        conf[rng.random(conf.shape) < .08] = 0
        kps = np.concatenate([p, conf[..., None]], -1).astype(np.float32)
        e = lambda x: (1000*np.linalg.norm(x - truth, axis=-1).mean(), 1000*np.linalg.norm(np.diff(x - truth, 2, axis=0), axis=-1).mean())
        rows.append([*e(triangulate(kps, rig, m.skeleton)[0]), *e(ours(kps, rig, m.skeleton)[0]), *e(ours(kps, rig, m.skeleton, accel=18)[0])])
    a = np.mean(rows, 0)
    print(f'\nreal AIST++ motion, {len(rows)} clips: point by point {a[0]:.2f} mm, accel {a[1]:.2f}; whole clip {a[2]:.2f} mm, accel {a[3]:.2f}; with accel=18: {a[4]:.2f} mm, {a[5]:.2f}')

if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--rig', nargs='*', default=[])
    p.add_argument('--data')
    p.add_argument('--clips')
    p.add_argument('--no-reference', action='store_true')
    a = p.parse_args()
    made_up(a.rig, not a.no_reference)
    if a.data: real_rig(a.data)
    if a.clips: real_motion(a.clips)
