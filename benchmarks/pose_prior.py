"""Make the pose prior that `audio2pose.fit` ships, and measure what it is worth on choreographies it has not seen.

    python benchmarks/pose_prior.py --data FOLDER [--out FILE.safetensors] [--components 8] [--seed 0] [--score FILE.safetensors] [--every 1]

FOLDER holds AIST++ motion (annotations (c) Google LLC, CC BY 4.0) as .npz that `retarget.read_aist` reads. A fifth of the choreographies, chosen by a
hash of their name, is held out with all its versions. Every third frame of the others and its mirror image make a mixture of Gaussians over the rotation
vectors of joints 1 to 21. The data has no turn of wrists and toes, levels the feet and bends the three spine joints alike: a floor under the
variances keeps the prior from believing that.

Scoring puts held-out motion, splined from 30 to 60 frames/s, on the made-up SMPL body, reads COCO's 17 points off it, adds 5 mm of noise each way, fits
with and without the prior, and compares rotations joint by joint."""
import argparse, hashlib, time
from pathlib import Path
import numpy as np
from audio2pose.fit import PosePrior, fit_body, keypoint_pairs, load_prior
from audio2pose.retarget import read_aist
from audio2pose.rotation import quat_continuous, quat_inv, quat_mul, quat_normalize, quat_to_aa
from audio2pose.skeleton import COCO17, DANCER24
from audio2pose.smpl import make_body

FLOOR = {'': .05, 'spine': .08, 'ankle': .15, 'foot': .2, 'wrist': .35}                # radians
GROUPS = dict(root=[0], hips=[1, 2], knees=[4, 5], spine=[3, 6, 9], ankles=[7, 8], toes=[10, 11], neck=[12, 15], collars=[13, 14], shoulders=[16, 17],
    elbows=[18, 19], wrists=[20, 21])
TOLD = [j for g in ('root', 'hips', 'knees', 'neck', 'collars', 'shoulders', 'elbows') for j in GROUPS[g]]   # where the data has a turn of its own

def held_out(path):
    "Whether the choreography of a clip is kept from training"
    p = Path(path).stem.split('_')
    return int(hashlib.sha1('_'.join(p[:2] + p[4:]).encode()).hexdigest(), 16) % 5 == 0

def split(data):
    clips = sorted(Path(data).glob('*.npz'))
    if not clips: raise SystemExit(f'{data}: no .npz files')
    return [p for p in clips if not held_out(p)], [p for p in clips if held_out(p)]

def train(clips, components=8, seed=0):
    "A `PosePrior` from clips"
    from sklearn.mixture import GaussianMixture
    x = np.concatenate([quat_to_aa(read_aist(p).rotations[::3, 0, 1:22].astype(float)) for p in clips])
    x = np.concatenate([x, x[:, np.array(DANCER24.mirror)[1:22] - 1]*[1, -1, -1]]).reshape(-1, 63)
    g = GaussianMixture(components, covariance_type='full', reg_covar=1e-3, random_state=seed, max_iter=200).fit(x)
    floor = [max(v for k, v in FLOOR.items() if k in n) for n in DANCER24.joints[1:22]]
    cov = g.covariances_ + np.diag(np.repeat(floor, 3)**2)
    logw = np.log(g.weights_) - .5*np.linalg.slogdet(cov)[1]
    return PosePrior(g.means_, np.linalg.inv(cov), logw - logw.max()), len(x)

# Held-out motion on a body ----------------------------------------------------------------------------------------------------

def splined(path, frames=720, fps=60.):
    "Rotations (T, 24, 4) and root (T, 3) at 60 frames/s"
    from scipy.interpolate import CubicSpline
    m = read_aist(path)
    x = np.arange(0, m.times[-1], 1/fps)[:frames]
    q = quat_continuous(m.rotations[:, 0].astype(float))
    return quat_normalize(CubicSpline(m.times, q)(x)), CubicSpline(m.times, m.root[:, 0])(x)

def filmed(body, rot, root, skeleton, noise, rng, scale=1.):
    "True points of the body (T, P, 3), true keypoints and noisy keypoints (T, K, 3), metres"
    true = body.pose(rot, root - scale*body.joints()[0], scale=scale)
    pairs = keypoint_pairs(body, skeleton)
    kps = true[:, pairs].mean(2)
    kps[:, pairs[:, 0] < 0] = np.nan
    return true, kps, kps + rng.normal(size=kps.shape)*noise

def rotation_error(a, b):
    "Degrees (T, 22)"
    return np.degrees(np.linalg.norm(quat_to_aa(quat_mul(quat_inv(a[:, :22].astype(float)), b[:, :22].astype(float))), axis=-1))

def score(clips, prior, body, frames=720):
    "Rotation error (joints,) of each clip, with and without"
    out = {}
    for name, p in dict(with_prior=prior, without=None).items():
        rng, errs, secs, n = np.random.default_rng(0), [], 0, 0
        for clip in clips:
            rot, root = splined(clip, frames)
            _, _, y = filmed(body, rot, root, COCO17, .005, rng)
            t = time.perf_counter()
            f = fit_body(y, body, COCO17, 60., betas=0, prior=p)
            secs, n = secs + time.perf_counter() - t, n + len(y)
            errs.append(rotation_error(rot, f.rotations).mean(0))
        e = np.mean(errs, 0)
        print(f'{name:12} {len(clips)} clips, {n} frames, {1000*secs/n:.2f} ms/frame: {e.mean():.1f} deg over 22 joints, {e[TOLD].mean():.1f} over the {len(TOLD)} whose '
            f'turn the data knows | ' + ' '.join(f'{k} {e[j].mean():.1f}' for k, j in GROUPS.items()), flush=True)
        out[name] = np.array(errs)
    d = (out['without'] - out['with_prior']).mean(1)
    print(f'better with the prior in {(d > 0).sum()} of {len(d)} clips, by {d.mean():.1f} deg (least {d.min():.1f}, most {d.max():.1f})')

def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--data', required=True)
    ap.add_argument('--out')
    ap.add_argument('--score', help='a prior to measure instead of making one; "shipped" for the shipped one')
    ap.add_argument('--components', type=int, default=8)
    ap.add_argument('--seed', type=int, default=0)
    ap.add_argument('--every', type=int, default=1, help='score every nth held-out clip')
    a = ap.parse_args()
    known, unknown = split(a.data)
    if a.score: prior = load_prior(None if a.score == 'shipped' else a.score)
    else:
        t = time.time()
        prior, n = train(known, a.components, a.seed)
        print(f'{len(known)} clips, {n} poses, {a.components} components: {time.time() - t:.0f} s')
        if a.out: print(f'{prior.save(a.out)}: {Path(a.out).stat().st_size/1000:.0f} kB')
    x = [read_aist(p).rotations[::3, 0] for p in unknown[::5]]
    print(f'mean log density of held-out poses {np.concatenate([prior.log_density(r) for r in x]).mean():.1f}')
    score(unknown[::a.every], prior, make_body())

if __name__ == '__main__': main()
