"""Do cameras find themselves from a dancer's joints, how exactly and how fast? Made-up nine-camera recordings in AIST++'s file formats.

    python benchmarks/cameras.py --rig FOLDER [FOLDER ...] [--no-reference] [--real FOLDER]

--rig: keypoints2d/*.pkl and cameras/setting1.json (the truth), one recording a folder.
--real: pose2sim_single of the Pose2Sim demo (BSD-3-Clause): four real cameras, OpenPose BODY_25B, from no start at all.

Three starts: 3 degrees, 15 cm and 5 % of focal length off (normal deviates of each axis); AIST++'s ring, run through in the sense of the
recording, and in the other, which is AIST++'s own; none. Errors are of the worst camera, after one similarity (turn, scale, shift, from
camera centres and axes) has laid the result onto the truth; the column `scale` has what it needed. Reprojection is the mean over all detections
of confidence 0.3 or more, blunders included, of points triangulated alike by both rigs, relative to the true cameras'.

The reference is AIST++'s adjustment, restated from its parameters: twenty rounds of 500 joints a pair of cameras, of those reprojected
well, then 5000 a pair, by scipy's least squares with a sparse Jacobian of finite differences, no robust loss; eight unknowns a camera. Its
projections and triangulations are ours, in arrays; the original, which makes them camera by camera and point by point, took 71 s.
Seconds are processor seconds of one thread, which a second thread shortens by little."""
import argparse, json, os, sys, time
os.environ['OMP_NUM_THREADS'] = os.environ['OPENBLAS_NUM_THREADS'] = '1'
from pathlib import Path
import numpy as np
from audio2pose.aist import read_cameras, read_keypoints2d
from audio2pose.cameras import adjust_cameras, compare_rigs, estimate_cameras, reprojection_error, ring_start
from audio2pose.multiview import dlt
from audio2pose.rig import Rig
from audio2pose.rotation import mat_to_quat, quat_from_aa, quat_to_aa, quat_to_mat
from audio2pose.skeleton import BODY25B

LIMITS = dict(shaken=6., ring=60., none=60., ratio=1.05, rotation=.2, position=2.)

def recording(folder):
    "True rig, detections (V, T, J, 3)"
    kps = read_keypoints2d(sorted((Path(folder)/'keypoints2d').glob('*.pkl'))[0])
    return read_cameras(Path(folder)/'cameras'/'setting1.json'), np.asarray(kps[0] if isinstance(kps, tuple) else kps)

def shaken(rig, seed):
    "A start that is off by 3 degrees, 15 cm and 5 %, the lens unknown"
    rng = np.random.default_rng(seed)
    R = quat_to_mat(quat_from_aa(np.radians(3)*rng.normal(size=(len(rig), 3))))@rig.R
    c, K = rig.centers + .15*rng.normal(size=(len(rig), 3)), rig.K.copy()
    K[:, :2, :2] *= 1 + .05*rng.normal(size=(len(rig), 1, 1))
    return Rig(rig.names, rig.size, K, 0*rig.dist, R, -np.einsum('vij,vj->vi', R, c))

# The reference ----------------------------------------------------------------------------------------------------------------

def packed(rig): return np.c_[quat_to_aa(mat_to_quat(rig.R)), rig.t*100, rig.K[:, 0, 0], rig.dist[:, 0]]

def unpacked(p, rig):
    K, dist = rig.K.copy(), np.zeros((len(rig), 5))
    K[:, 0, 0] = K[:, 1, 1] = p[:, 6]
    dist[:, 0] = p[:, 7]
    return Rig(rig.names, rig.size, K, dist, quat_to_mat(quat_from_aa(p[:, :3])), p[:, 3:6]/100)

def least(rig, px, ok):
    "One adjustment of all cameras and the joints px (V, M, 2)"
    from scipy.optimize import least_squares
    from scipy.sparse import coo_matrix
    V, M = ok.shape
    X = 100*dlt(rig.P, np.nan_to_num(rig.undistort(px)), ok.astype(float))
    v, m = np.nonzero(ok)
    def residuals(p):
        q = p[:8*V].reshape(V, 8)
        Y = p[8*V:].reshape(M, 3)[m]
        R = quat_to_mat(quat_from_aa(q[:, :3]))[v]
        Y = np.einsum('nij,nj->ni', R, Y) + q[v, 3:6]
        u = Y[:, :2]/Y[:, 2:]
        return ((q[v, 6]*(1 + q[v, 7]*(u**2).sum(1)))[:, None]*u + rig.K[v, :2, 2] - px[v, m]).ravel()
    cols = np.concatenate([8*v[:, None] + np.arange(8), 8*V + 3*m[:, None] + np.arange(3)], 1).repeat(2, 0)
    rows = np.arange(2*len(v))[:, None] + 0*cols
    S = coo_matrix((np.ones(cols.size), (rows.ravel(), cols.ravel())), shape=(2*len(v), 8*V + 3*M))
    start = np.concatenate([packed(rig).ravel(), X.ravel()])
    r = least_squares(residuals, start, jac_sparsity=S, x_scale='jac', method='trf', tr_solver='lsmr', ftol=1e-4, max_nfev=200)
    return unpacked(r.x[:8*V].reshape(V, 8), rig)

def drawn(ok, n, rng):
    "For every pair of cameras `n` joints that both see, those seen by most cameras first; all of them together"
    rank, take = ok.sum(0) + rng.random(ok.shape[1]), np.zeros(ok.shape[1], bool)
    for i in range(len(ok)):
        for j in range(i):
            m = np.flatnonzero(ok[i] & ok[j])
            take[m[np.argsort(-(rank[m].astype(int) + rng.random(len(m))))[:n]]] = True
    return np.flatnonzero(take)

def anipose(kps, rig, rounds=20, few=500, many=5000, seed=0):
    "AIST++'s schedule; seconds of the small rounds and of the last, joints of the last of each"
    rng, begin = np.random.default_rng(seed), time.process_time()
    px, ok = kps[..., :2].reshape(len(kps), -1, 2).astype(float), kps[..., 2].reshape(len(kps), -1) > .5
    def good(rig, mu=None):
        "Of a draw of joints those with a mean error below mu, but not fewer or more than what the worst pair of cameras allows"
        m = drawn(ok, many, rng)
        X = dlt(rig.P, np.nan_to_num(rig.undistort(px[:, m])), ok[:, m].astype(float))
        e = np.where(ok[:, m], np.linalg.norm(rig.project(X) - px[:, m], axis=-1), np.nan)
        lo, hi = np.max([np.nanpercentile((e[i] + e[j])/2, [15, 75]) for i in range(len(rig)) for j in range(i)], 0)
        return m[np.nanmean(e, 0) < (max(hi, 1) if mu is None else max(min(hi, mu), lo))]
    for mu in np.geomspace(15, 1, rounds):
        m = good(rig, mu)
        m = n = m[drawn(ok[:, m], few, rng)]
        rig = least(rig, px[:, m], ok[:, m])
    small, m = time.process_time() - begin, good(rig)
    rig = least(rig, px[:, m], ok[:, m])
    return rig, small, time.process_time() - begin - small, len(n), len(m)

# The table --------------------------------------------------------------------------------------------------------------------

HEAD = f'{"recording":12} {"start":8} {"way":24} {"s":>7} {"turn deg":>9} {"place cm":>9} {"focal %":>8} {"px / true px":>13} {"scale":>7}'

def row(name, start, way, secs, rig, true, kps):
    "Print one line, return whether it is as good as it must be"
    d = compare_rigs(rig, true)
    ours, best = (float(np.nanmean(reprojection_error(r, kps))) for r in (rig, true))
    turn, place = d['rotation'].max(), 100*d['position'].max()
    print(f'{name:12} {start:8} {way:24} {secs:7.2f} {turn:9.3f} {place:9.2f} {np.abs(d["focal"]).max():8.2f} {ours/best:13.4f} {d["scale"]:7.3f}', flush=True)
    return secs <= LIMITS[start] and ours/best <= LIMITS['ratio'] and turn <= LIMITS['rotation'] and place <= LIMITS['position']

def measure(folder, reference):
    true, kps = recording(folder)
    name, ok, rough = Path(folder).name, True, shaken(true, 1)
    if reference:
        rig, small, last, *n = anipose(kps, rough)
        row(name, 'shaken', "AIST++'s schedule", small + last, rig, true, kps)
        print(f'{"":21} of which {small:.1f} s for 20 rounds ({n[0]} joints in the last) and {last:.1f} s for {n[1]} joints')
    for n in (5000, 20000):
        begin = time.process_time()
        rig, rep = adjust_cameras(kps, rough, points=n)
        ok &= row(name, 'shaken', f'ours, {rep["points"]} joints', time.process_time() - begin, rig, true, kps)
    size = true.size
    for start, given in (('ring', ring_start(turn=1)), ('ring', 'ring'), ('none', None)):
        begin = time.process_time()
        rig, rep = estimate_cameras(kps, size, start=given)
        ok &= row(name, start, f'ours, {"right sense" if isinstance(given, Rig) else "wrong sense" if given else "nothing"} ({rep["way"]})',
            time.process_time() - begin, rig, true, kps)
    return ok

def real(folder):
    "Four real cameras with a calibration, which a checkerboard made"
    import xml.etree.ElementTree as ET
    folder, cams = Path(folder), []
    for c in ET.parse(folder/'calibration'/'Calib.qca.txt').getroot().find('cameras'):
        T, I, m = ({k: float(v) for k, v in c.find(n).attrib.items()} for n in ('transform', 'intrinsic', 'fov_video_max'))
        R = np.diag([1, -1, -1])@np.array([[T[f'r{i}{j}'] for j in (1, 2, 3)] for i in (1, 2, 3)])
        K = np.array([[I['focalLengthU'], 0, I['centerPointU'] - 64*m['left']], [0, I['focalLengthV'], I['centerPointV'] - 64*m['top']], [0, 0, 64]])/64
        lens = [I[f'{n}Distortion{k}'] for n in ('radial', 'tangental') for k in (1, 2)] + [0]
        cams.append((c.get('serial'), [m['right'] + 1, m['bottom'] + 1], K, lens, R, -R@[T[k]/1000 for k in 'xyz']))
    true, kps = Rig(*map(list, zip(*cams))), []
    for d in sorted((folder/'pose').glob('*_json')):
        people = [json.loads(f.read_text())['people'] for f in sorted(d.glob('*.json'))[:100]]
        kps.append([np.reshape(p[0]['pose_keypoints_2d'], (-1, 3)) if p else np.zeros((25, 3)) for p in people])
    kps = np.array(kps, np.float32)
    for same in (False, True):
        begin = time.process_time()
        rig, rep = estimate_cameras(kps, true.size, skeleton=BODY25B, same_lens=same)
        row('real', 'none', f'ours, {"one focal length" if same else "from pairs"} ({rep["way"]})', time.process_time() - begin, rig, true, kps)

def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--rig', nargs='*', default=[])
    ap.add_argument('--real')
    ap.add_argument('--no-reference', action='store_true')
    a = ap.parse_args()
    print(HEAD)
    ok = all([measure(f, not a.no_reference and i == 0) for i, f in enumerate(a.rig)])
    if a.real: real(a.real)
    if a.rig: print('limits:', ', '.join(f'{k} {v:g}' for k, v in LIMITS.items()), '->', 'met' if ok else 'NOT MET')
    sys.exit(not ok)

if __name__ == '__main__': main()
