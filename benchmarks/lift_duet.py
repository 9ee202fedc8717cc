"""Do two lifted dancers keep their distance and their heights? Salsa couples of unequal size in front of random cameras.

    python benchmarks/lift_duet.py --data FOLDER [--poses truth|noisy|lifter|lift] [--clips 11] [--cameras 1] [--seconds 10]

FOLDER holds cmu_salsa/60_NN.bvh (leads) and 61_NN.bvh (follows) of the CMU Graphics Lab Motion Capture Database. A lead is made 1 to 1.06 and
a follow .86 to 1 times as large as the 1.70 m body everybody is lifted to; the camera stands 4 to 7 m away, 1 to 2.2 m high, its focal
length is 1 to 1.4 widths. Poses: the truth; the truth with errors of about 50 mm, larger in depth, that last about a second or the whole clip (noisy); or
those of the shipped network (lifter). Keypoints are the simulator's, with its noise and occlusions, and identities are the true ones, so that
only the placement counts; `--poses lift` takes the whole road instead, strangers and identities included. Bodies of 1.70 m (known) are compared with sizes
found on the floor (fit), each with the usual guess of the focal length (1.1 widths) and with the true one. The shipped network learned
from other views of these couples, all but 04, 08 and 12.
"""
import argparse, warnings
from pathlib import Path
import numpy as np
from audio2pose.bvh import read_bvh
from audio2pose.camera import make_view, to_camera
from audio2pose.lift import lift
from audio2pose.lifting import lift_poses
from audio2pose.metrics import bootstrap
from audio2pose.motion import Motion
from audio2pose.preprocessing import lay_out, settle_people
from audio2pose.retarget import read_cmu
from audio2pose.rotation import quat_from_aa, quat_rotate
from audio2pose.simulate import simulate
from audio2pose.skeleton import HALPE26, SMPL24, convert_joints

SIZE = 1280, 720
LIFTER = dict(white=.003, slow=.012, depth=2., scale=.01, tilt=1.5)               # errors of made-up poses that come and go, for the simulator
LEAN, FLAT, BONES = 2., .1, .03                                                  # and that stay: degrees, share of depth, share of each bone
HEIGHT = SMPL24.index('left_knee', 'left_ankle', 'right_knee', 'right_ankle', 'spine1', 'spine2', 'spine3', 'neck', 'head')
METRICS = dict(distance='distance off, %', ratio='height ratio off, %', root='pelvis off, mm')

# Couples ---------------------------------------------------------------------------------------------------------------------

def dancer(path):
    "One dancer's joints (T, 24, 3) at 30 fps on the way the capture saw, without the T-pose at its start"
    m, b = read_cmu(path), read_bvh(path, 1.35).resample(30)
    n = min(len(m), len(b))
    p = m.positions[:n].copy()
    p[..., :2] += (b.root[:n, 0, :2]-p[:, 0, 0, :2])[:, None, None]
    return p[3:, 0]

def couple(lead, follow, rng, seconds):
    "Motion of the two about the origin, and how large they are (2,)"
    p, q = dancer(lead), dancer(follow)
    n = min(len(p), len(q), round(30*seconds))
    pts, size = np.stack([p[:n], q[:n]], 1), np.array([rng.uniform(1, 1.06), rng.uniform(.86, 1)], np.float32)
    pts[..., :2] -= np.median(pts[:, :, 0, :2], axis=(0, 1))
    return Motion(pts*size[:, None, None], 30, SMPL24), size

def camera(rng):
    a, far = rng.uniform(0, 2*np.pi), rng.uniform(4, 7)
    return make_view((far*np.sin(a), -far*np.cos(a), rng.uniform(1, 2.2)), (0, 0, .9), SIZE, rng.uniform(1, 1.4)*SIZE[0])

# Poses -----------------------------------------------------------------------------------------------------------------------

def look(m, view, seed, kind, **defects):
    "Rows of the two dancers alone, and whose they are"
    dets, truth = simulate(m, view, kind, seed, **defects)
    k = np.isin(truth.owner, (0, 1))
    return dets[k], truth.owner[k]

def see(m, view, size, poses, seed, focal):
    "Poses (T, 2, 24, 3) as lifted, keypoints (T, 2, 24, 2) from the centre, confidence or None"
    mid = np.array(view['center'], np.float32)
    if poses == 'lifter':
        rows, own = look(m, view, seed, 'halpe26')
        kp = lay_out(rows, rows.keypoints, own)
        on24 = convert_joints(kp, HALPE26, SMPL24)
        return lift_poses(kp, HALPE26, SIZE, 30, focal=focal), on24[..., :2]-mid, on24[..., 2]
    kind = dict(truth=dict.fromkeys(LIFTER, 0), noisy=LIFTER)[poses]
    rows, own = look(m, view, seed, 'hybrik', flips=0, outliers=0 if poses == 'truth' else .01, **kind)
    uv = lay_out(rows, rows.keypoints[:, :24, :2], own)-mid
    pose = lay_out(rows, rows.xyz-rows.xyz[:, :1], own)/size[:, None, None]
    return (habits(pose, np.random.default_rng(seed)) if poses == 'noisy' else pose), uv, None

def habits(pose, rng):
    "Poses with errors that stay for the whole clip: bones of wrong length, too little depth, a lean"
    n, up, out = pose.shape[1], np.array(SMPL24.parents), np.zeros_like(pose)
    for j in range(1, 24): out[:, :, j] = out[:, :, up[j]]+(pose[:, :, j]-pose[:, :, up[j]])*(1+BONES*rng.normal(size=(n, 1)))
    out[..., 2] *= 1-FLAT*rng.uniform(0, 2, (n, 1))
    return quat_rotate(quat_from_aa(np.radians(LEAN)*rng.normal(size=(n, 1, 3))), out).astype(np.float32)

# Scores ----------------------------------------------------------------------------------------------------------------------

def rigid(a, b):
    "Points (n, 3) a carried onto b by rotation and shift"
    ma, mb = a.mean(0), b.mean(0)
    U, _, V = np.linalg.svd((a-ma).T@(b-mb))
    return (a-ma)@U@np.diag([1, 1, np.sign(np.linalg.det(U@V))])@V+mb

def tall(p):
    "Legs and trunk (D,) of joints (T, D, 24, 3)"
    return np.nanmedian(np.linalg.norm(p[:, :, HEIGHT]-p[:, :, np.array(SMPL24.parents)[HEIGHT]], axis=-1).sum(-1), axis=0)

def score(p, truth):
    ok = np.isfinite(p).all((1, 2, 3))
    p, q = p[ok].astype(float), truth[ok].astype(float)
    apart = lambda x: np.linalg.norm(x[:, 0, 0]-x[:, 1, 0], axis=-1)
    r, h, g = rigid(p.reshape(-1, 3), q.reshape(-1, 3)).reshape(p.shape), tall(p), tall(q)
    away = np.linalg.norm(r-q, axis=-1)[:, :, 0].mean()
    return dict(distance=100*np.median(abs(apart(p)/apart(q)-1)), ratio=100*abs(h[0]/h[1]/(g[0]/g[1])-1), root=1000*away)

def one(lead, follow, seed, a):
    rng = np.random.default_rng(seed)
    m, size = couple(lead, follow, rng, a.seconds)
    view = camera(rng)
    true, out, err = to_camera(m.positions, view), {}, np.nan
    for name, focal in (('guess', 1.1*SIZE[0]), ('true f', view['focal'])):
        if a.poses == 'lift':
            pts = lift(simulate(m, view, 'halpe26', seed)[0], 2, focal=focal).positions
            out['fit', name] = min((score(pts[:, o], m.positions) for o in ([0, 1], [1, 0])), key=lambda r: r['root'])
            continue
        pose, uv, conf = see(m, view, size, a.poses, seed, focal)
        err = 1000*np.nanmean(np.linalg.norm(pose-(true-true[:, :, :1])/size[:, None, None], axis=-1))
        for sizes in ('known', 'fit'): out[sizes, name] = score(settle_people(pose, uv, focal, SIZE, 30, sizes, conf)[0], m.positions)
    place = -np.array(view['R']).T@view['t']
    return out, dict(clip=lead.stem[3:], frames=len(m), far=np.hypot(*place[:2]), high=place[2], focal=view['focal']/SIZE[0], size=size, mpjpe=err)

def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--data', type=Path, required=True)
    ap.add_argument('--poses', default='noisy', choices=('truth', 'noisy', 'lifter', 'lift'))
    ap.add_argument('--clips', type=int, default=11)
    ap.add_argument('--cameras', type=int, default=1)
    ap.add_argument('--seconds', type=float, default=10)
    a = ap.parse_args()
    warnings.simplefilter('ignore')
    leads = sorted((a.data/'cmu_salsa').glob('60_*.bvh'))[:a.clips]
    if not leads: raise SystemExit(f'{a.data}/cmu_salsa: no 60_NN.bvh found')
    res = [one(f, f.with_name(f.name.replace('60_', '61_')), 100*i+j, a) for i, f in enumerate(leads) for j in range(a.cameras)]
    print(f'Poses: {a.poses}, {len(res)} clips'+(f', {np.mean([i["mpjpe"] for _, i in res]):.0f} mm from the truth at 1.70 m' if a.poses != 'lift' else ''))
    print('clip   m away  m high  focal  ratio | sizes fit: ratio off, distance off, pelvis off mm (focal guessed) | (focal true)')
    for r, i in res:
        show = lambda k: '{ratio:5.1f} {distance:5.1f} {root:5.0f}'.format(**r[k])
        where = f'{i["clip"]:5} {i["far"]:7.1f} {i["high"]:7.1f} {i["focal"]:6.2f} {i["size"][0]/i["size"][1]:6.2f}'
        print(where, show(('fit', 'guess')), show(('fit', 'true f')), sep=' | ')
    print('\n'+f'{"":18}'+''.join(f'{t:>44}' for t in METRICS.values()))
    for k in res[0][0]:
        cells = []
        for n in METRICS:
            x = [r[k][n] for r, _ in res]
            cells.append('median {:.1f}, mean {:.1f} ({:.1f}-{:.1f})'.format(np.median(x), *bootstrap(x)))
        print(f'{k[0]+", "+k[1]:18}'+''.join(f'{c:>44}' for c in cells))

if __name__ == '__main__': main()
