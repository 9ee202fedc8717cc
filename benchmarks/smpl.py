"""How fast and how near is the SMPL fit? A made-up body dancing, read as keypoints with 5 mm of noise, beside AIST++'s loop on the same points.

    python benchmarks/smpl.py [--data FOLDER] [--steps 10000] [--no-reference] [--every 6] [--device cuda --clips 32]

--data: AIST++ motion (.npz as `read_aist` reads it); held-out choreographies, see pose_prior.py, put on the body: rotations dancers really take.
Without it only the second motion is there, `turns`: band-limited noise on every joint, which no prior of poses can describe and no dancer can do.

The reference restates AIST++'s loop from its parameters: plain gradient descent in centimetres on the mean square over frames, joints and axes, step
100 for the place, 1 for the scale, 0.1 for the root's rotation from step 100 and for the others from step 400, 10,000 steps, from zero; here on the joints
alone, and on the whole mesh for a few steps to see what a step costs. Errors: mm to the true keypoints, to the 24 true joints, mm/frame^2, degrees over
22 joints. If `smplx` is installed, joints and vertices are compared with it."""
import argparse, logging, tempfile, time
from pathlib import Path
import numpy as np
from audio2pose.fit import fit_bodies, fit_body, keypoint_pairs
from audio2pose.rotation import quat_from_aa, quat_from_euler
from audio2pose.skeleton import BODY25, COCO17
from audio2pose.smpl import make_body, read_body, write_body
from multiview import timed
from pose_prior import filmed, rotation_error, split, splined

FPS, NOISE, SCALE = 60., .005, .93

def wobble(rng, n, k, fmax, amp):
    "k band-limited signals of length n, standard deviation `amp`"
    t, f = np.arange(n)/FPS, rng.uniform(.1, fmax, (12, k))
    ph = rng.uniform(0, 2*np.pi, (12, k))
    s = (rng.normal(size=(12, k))/np.sqrt(f)*np.sin(2*np.pi*f*t[:, None, None] + ph)).sum(1)
    return amp*s/s.std(0, keepdims=True)

def turns(n, seed=0):
    "Rotations (n, 24, 4) and root (n, 3) of a body whose every joint wobbles, arms lowered by 52 degrees"
    rng = np.random.default_rng(seed)
    aa = np.concatenate([np.zeros((n, 1, 3))] + [wobble(rng, n, 3, 2.5, .1 if j in (10, 11, 20, 21, 22, 23) else .35)[:, None] for j in range(1, 24)], 1)
    aa[:, 16, 1] += .9
    aa[:, 17, 1] -= .9
    rot = quat_from_aa(aa)
    rot[:, 0] = quat_from_euler(np.concatenate([wobble(rng, n, 1, .5, 1.), wobble(rng, n, 2, 1.5, .15)], 1), 'zxy')
    return rot, np.concatenate([wobble(rng, n, 2, .4, .4), .95 + wobble(rng, n, 1, 2, .04)], 1)

# The reference ----------------------------------------------------------------------------------------------------------------

def matrices(v):
    "Rotation matrices of axis-angle tensors (..., 3)"
    import torch
    a = (v + 1e-8).norm(dim=-1, keepdim=True)
    x, y, z = (v/a).unbind(-1)
    o = torch.zeros_like(x)
    K = torch.stack([o, -z, y, z, o, -x, -y, x, o], -1).unflatten(-1, (3, 3))
    return torch.eye(3) + torch.sin(a)[..., None]*K + (1 - torch.cos(a))[..., None]*K@K

class Loop:
    "AIST++'s gradient descent, z up as everything here, in centimetres"
    def __init__(self, body, pairs, target, mesh=False):
        import torch
        t = lambda x: torch.as_tensor(np.asarray(x), dtype=torch.float32)
        self.body, self.mesh, n = body, mesh, len(target)
        on = pairs[:, 0] >= 0
        self.pairs, self.target = pairs[on], t(100*target[:, on])
        self.rest, self.marks = t(body.rest), t(body.verts[body.landmarks])
        self.bone = body.weights[body.landmarks].argmax(1)
        self.verts, self.weights, self.poses = t(body.verts), t(body.weights), t(body.poses.reshape(207, -1))
        self.root, self.pose, self.trans, self.scale = (torch.zeros(s, requires_grad=True) for s in ((n, 1, 3), (n, 23, 3), (n, 3), (1,)))
        with torch.no_grad(): self.scale += 1

    def points(self):
        import torch
        M, G, X = matrices(torch.cat([self.root, self.pose], 1)), [], []
        for j, p in enumerate(self.body.parents):
            G.append(M[:, j] if p < 0 else G[p]@M[:, j])
            X.append(self.rest[0].expand(len(M), 3) if p < 0 else X[p] + (G[p]@(self.rest[j] - self.rest[p])[:, None])[..., 0])
        G, X = torch.stack(G, 1), torch.stack(X, 1)
        if self.mesh:
            v = self.verts + ((M[:, 1:] - torch.eye(3)).flatten(1)@self.poses).unflatten(1, (3, -1)).mT
            A = torch.cat([G, (X - (G@self.rest[..., None])[..., 0])[..., None]], -1).flatten(2)
            A = (self.weights@A).unflatten(-1, (3, 4))
            marks = ((A[..., :3]@v[..., None])[..., 0] + A[..., 3])[:, self.body.landmarks]
        else: marks = X[:, self.bone] + (G[:, self.bone]@(self.marks - self.rest[self.bone])[..., None])[..., 0]
        return torch.cat([X, marks], 1)*self.scale + self.trans[:, None]

    def run(self, steps, first=0):
        import torch
        for i in range(first, first + steps):
            p = self.points()
            loss = ((p[:, self.pairs].mean(2) - self.target)**2).mean()
            g = torch.autograd.grad(loss, (self.trans, self.scale, self.root, self.pose))
            with torch.no_grad():
                for x, d, lr in zip((self.trans, self.scale, self.root, self.pose), g, (100, 1, .1*(i >= 100), .1*(i >= 400))): x -= lr*d
        return self.points().detach().numpy()/100, quat_from_aa(np.concatenate([self.root.detach(), self.pose.detach()], 1))

# Scores -----------------------------------------------------------------------------------------------------------------------

def line(name, points, rot, truth, secs=None):
    true, true_rot, kps, pairs = truth
    on = pairs[:, 0] >= 0
    mm = lambda a: 1000*np.linalg.norm(a, axis=-1).mean()
    acc = mm(np.diff(points[:, :24] - true[:, :24], 2, axis=0)) if len(points) > 2 else np.nan
    print(f'{name:44} {"" if secs is None else f"{1000*secs/len(points):9.2f}":>9} {mm(points[:, pairs[on]].mean(2) - kps[:, on]):9.2f} '
        f'{mm(points[:, :24] - true[:, :24]):9.2f} {acc:9.2f} {rotation_error(true_rot, rot).mean():9.2f}', flush=True)

def ours(name, body, y, skeleton, truth, repeats=3, **kw):
    f, secs = timed(lambda: fit_body(y, body, skeleton, FPS, betas=0, **kw), repeats)
    line(name, f.points, f.rotations, truth, secs)
    return f

def scene(body, rot, root, skeleton, seed=1):
    true, kps, y = filmed(body, rot, root, skeleton, NOISE, np.random.default_rng(seed), SCALE)
    return y, (true, rot, kps, keypoint_pairs(body, skeleton))

def cut(truth, n): return *(x[:n] for x in truth[:3]), truth[3]

def parity(tmp):
    try: import smplx, torch
    except ImportError: return print('smplx is not installed: nothing to compare with\n')
    logging.disable(logging.WARNING)
    from audio2pose.rotation import quat_to_mat
    rng = np.random.default_rng(0)
    up = lambda x: (np.asarray(x)*[1, -1, 1])[..., [0, 2, 1]]
    for fam, layer in (('smpl', smplx.SMPLLayer), ('smplh', smplx.SMPLHLayer), ('smplx', smplx.SMPLXLayer)):
        ext = 'npz' if fam == 'smplx' else 'pkl'
        path = write_body(make_body(fam), tmp/f'{fam.upper()}_NEUTRAL.{ext}')
        body = read_body(path)
        J, n = len(body.parents), 5
        aa, betas, trans = rng.normal(size=(n, J, 3))*.5, rng.normal(size=10), rng.normal(size=(n, 3))
        t = lambda x: torch.as_tensor(np.asarray(x), dtype=torch.float32)
        m = t(quat_to_mat(quat_from_aa(up(aa))))
        kw = dict(global_orient=m[:, :1], body_pose=m[:, 1:24 if fam == 'smpl' else 22], betas=t(betas).expand(n, 10), transl=t(up(trans)))
        if fam != 'smpl': kw |= dict(left_hand_pose=m[:, J-30:J-15], right_hand_pose=m[:, J-15:])
        if fam == 'smplx': kw |= dict(jaw_pose=m[:, 22:23], leye_pose=m[:, 23:24], reye_pose=m[:, 24:25], expression=t(betas[::-1].copy()).expand(n, 10))
        o = layer(str(path), ext=ext)(**kw)
        down = lambda x: x.detach().numpy()[..., [0, 2, 1]]*[1, -1, 1]
        args = quat_from_aa(aa), trans, betas, 1., betas[::-1] if fam == 'smplx' else None
        d = [np.abs(body.vertices(*args) - down(o.vertices)).max(), np.abs(body.pose(*args) - down(o.joints)[:, :J+21]).max()]
        print(f'{fam}: against smplx {smplx.__version__ if hasattr(smplx, "__version__") else ""} largest difference of vertices {d[0]:.1e} m, of joints and landmarks {d[1]:.1e} m')
    print()

def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--data')
    ap.add_argument('--steps', type=int, default=10000)
    ap.add_argument('--frames', type=int, default=720)
    ap.add_argument('--no-reference', action='store_true')
    ap.add_argument('--every', type=int, default=6, help='take every nth held-out clip')
    ap.add_argument('--device', default='cpu')
    ap.add_argument('--clips', type=int, default=32, help='clips in a batch, off the CPU')
    a = ap.parse_args()
    parity(Path(tempfile.mkdtemp()))
    body = make_body()
    rot, root = turns(a.frames)
    y, truth = scene(body, rot, root, COCO17)
    fit_body(y[:60], body, COCO17, FPS)
    head = f'{"":44} {"ms/frame":>9} {"keypts mm":>9} {"joints mm":>9} {"accel":>9} {"degrees":>9}'
    print(f'turns, {a.frames} frames, COCO\n{head}')
    if not a.no_reference:
        loop = Loop(body, truth[3], y)
        (pts, q), secs = timed(lambda: loop.run(a.steps), 1)
        line(f"AIST++'s loop, joints alone, {a.steps} steps", pts, q, truth, secs)
        heavy = Loop(body, truth[3], y, mesh=True)
        heavy.run(1)
        _, secs = timed(lambda: heavy.run(3), 1)
        print(f'{"    with its mesh, 10,000 steps at the cost of 3":44} {1e4*secs/3*1000/len(y):9.0f}')
        few = Loop(body, truth[3], y[:30]).run(600)[0]
        print(f'    its first 30 frames after 600 steps: {100*np.isnan(few).mean():.0f} % NaN')
    ours('ours', body, y, COCO17, truth)
    ours('ours, without the prior', body, y, COCO17, truth, prior=None)
    for n in (1, 2, 5, 30, 240): ours(f'ours, {n} frames', body, y[:n], COCO17, cut(truth, n))
    y25, truth25 = scene(body, rot, root, BODY25)
    ours('ours, BODY_25', body, y25, BODY25, truth25)
    ours("AIST++'s BODY_25 table (left for right), ours", body, y25[:240, BODY25.mirror], BODY25, cut(truth25, 240), 1)
    v, secs = timed(lambda: body.vertices(rot[:120]))
    print(f'skin: {len(v)/secs:.0f} frames/s of {v.shape[1]} vertices')
    if a.device != 'cpu':
        clips = [y + np.random.default_rng(i).normal(size=y.shape)*1e-3 for i in range(a.clips)]
        for n in (1, a.clips):
            f, secs = timed(lambda: fit_bodies(clips[:n], body, COCO17, FPS, betas=0, device=a.device, batch=n))
            line(f'{a.device}, {n} clips at once', f[0].points, f[0].rotations, truth, secs/n)
    if not a.data: return
    clips = split(a.data)[1][::a.every]
    rows, n = {}, 0
    for i, clip in enumerate(clips):
        rot, root = splined(clip, a.frames)
        y, truth = scene(body, rot, root, COCO17, i)
        n += len(y)
        for name, kw in dict(ours={}, blind=dict(prior=None)).items():
            t = time.perf_counter()
            f = fit_body(y, body, COCO17, FPS, betas=0, **kw)
            rows.setdefault(name, []).append((f, truth, time.perf_counter() - t))
        if i == 0 and not a.no_reference:
            print(f'\nAIST++ motion, {Path(clip).stem}, {len(y)} frames\n{head}')
            (pts, q), secs = timed(lambda: Loop(body, truth[3], y).run(a.steps), 1)
            line(f"AIST++'s loop, joints alone, {a.steps} steps", pts, q, truth, secs)
            ours('ours', body, y, COCO17, truth)
    for clip in [] if a.no_reference else clips[:5]:                               # the loop's steps grow as clips get shorter, and so does its wandering
        rot, root = splined(clip, 120)
        y, truth = scene(body, rot, root, COCO17)
        (pts, q), secs = timed(lambda: Loop(body, truth[3], y).run(a.steps), 1)
        line(f"{Path(clip).stem[:11]}, 120 frames, AIST++'s loop", pts, q, truth, secs)
        ours('ours', body, y, COCO17, truth)
    print(f'\nAIST++ motion, {len(clips)} held-out clips, {n} frames\n{head}')
    for name, r in rows.items():
        t = [np.concatenate([x[1][k] for x in r]) for k in range(3)]
        points, q = np.concatenate([x[0].points for x in r]), np.concatenate([x[0].rotations for x in r])
        acc = np.mean([1000*np.linalg.norm(np.diff(x[0].joints - x[1][0][:, :24], 2, axis=0), axis=-1).mean() for x in r])
        mm = lambda d: 1000*np.linalg.norm(d, axis=-1).mean()
        p = r[0][1][3]
        print(f'{dict(ours="ours", blind="ours, without the prior")[name]:44} {1000*sum(x[2] for x in r)/n:9.2f} {mm(points[:, p].mean(2) - t[2]):9.2f} '
            f'{mm(points[:, :24] - t[0][:, :24]):9.2f} {acc:9.2f} {rotation_error(t[1], q).mean():9.2f}')

if __name__ == '__main__': main()
