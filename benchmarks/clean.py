"""How good is the road from detections to two dancers? Salsa couples through the detector simulator, against the usual recipe.

    python benchmarks/clean.py --data FOLDER [--clips 3] [--jobs 2] [--no-video] [--speed]

FOLDER holds cmu_salsa/60_NN.bvh (leads) and 61_NN.bvh (follows) of the CMU Graphics Lab Motion Capture Database. Every couple is seen by
three cameras at three levels of occlusion. The same detections go to
  (a) the usual recipe: copy the previous frame where it is missing, keep the two best scores, swap greedily from person 1, DCT keeping 25 %;
  (b) frame-to-frame Hungarian assignment with constant velocity, linear gaps, the same DCT;
  ours without and with the video (torso colours only).
(a) and (b) get the same weak-perspective placement as ours starts from, which the recipe does not have. Every output is
carried onto the truth by one rigid motion a clip, for nobody knows the world's axes.
"""
import argparse, os, subprocess, sys, tempfile, warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
import numpy as np
from audio2pose.bvh import read_bvh
from audio2pose import preprocessing
from audio2pose.camera import make_view, to_camera
from audio2pose.motion import Motion
from audio2pose.preprocessing import clean, duplicates, lay_out, place
from audio2pose.rotation import global_rotations, quat_rotate
from audio2pose.simulate import paint_video, simulate
from audio2pose.skeleton import SMPL24
from audio2pose.smoothing import bone_lengths, constant_bones, fill_gaps

LEVELS = {'0.15-0.5 s': (.15, .5), '0.5-1 s': (.5, 1), '1-2 s': (1, 2)}
CAMERAS = {'front': ((0, -5.5, 1.4), 1.1), 'side': ((4, -4.5, 1.7), 1.0), 'behind, high': ((-4.5, 3.5, 2.2), 1.2)}   # place, focal/width
SIZE = 640, 360
SHIRTS = (200, 60, 60), (60, 90, 190)

# Couples ---------------------------------------------------------------------------------------------------------------------

BONES = dict(pelvis='hip', spine1='abdomen', spine2='chest', neck='neck', head='head', **{f'{s}_{a}': f'{s}_{b}' for s in ('left', 'right')
    for a, b in dict(hip='thigh', knee='shin', ankle='foot', collar='collar', shoulder='shldr', elbow='forearm', wrist='hand', hand='mid1').items()})

def body(path):
    "SMPL's joints (T, 24, 3) at 30 fps in the capture's own world, every bone rigid; 1.35 m a unit"
    b = read_bvh(path, 1.35).resample(30)
    g, p, ix = global_rotations(b.rotations[:, 0], b.skeleton.parents), b.positions[:, 0], lambda n: b.skeleton.index(n)[0]
    out = np.zeros((len(p), 24, 3), np.float32)
    for n, m in BONES.items(): out[:, SMPL24.index(n)[0]] = p[:, ix(m)]
    out[:, 9] = p[:, ix('chest')] + quat_rotate(g[:, ix('chest')], np.array([0, 0, .07]))
    for k, s in enumerate(('left', 'right')): out[:, 10+k] = out[:, 7+k] + quat_rotate(g[:, ix(f'{s}_foot')], np.array([0, -.13, -.045]))
    out[..., 2] -= np.percentile(np.minimum(out[:, 10, 2], out[:, 11, 2]), 5) - .02
    return out

def couple(lead, follow):
    p, q = body(lead)[3:], body(follow)[3:]                              # the first frames of these files are a T-pose
    n = min(len(p), len(q))
    pts = np.stack([p[:n], q[:n]], 1)
    c = pts[:, :, 0, :2].reshape(-1, 2)
    pts[..., :2] -= (c.min(0)+c.max(0))/2
    return Motion(pts, 30, SMPL24)

# The two references ----------------------------------------------------------------------------------------------------------

def dct_low(pts, keep=.25):
    from scipy.fft import dct, idct
    c = dct(pts, axis=0, norm='ortho')
    c[int(keep*len(c)):] = 0
    return idct(c, axis=0, norm='ortho').astype(np.float32)

def recipe(dets, pts, T):
    "(a): rows -> positions (T, 2, 24, 3) and the person each row was taken for"
    out, who, prev = np.zeros((T, 2, 24, 3), np.float32), np.full(len(dets), -1), None
    rows = np.split(np.arange(len(dets)), np.searchsorted(dets.frame, np.arange(1, T)))
    first = next(r for r in rows if len(r) >= 2)
    prev = pts[first[np.argsort(-dets.score[first])[:2]]]
    for t in range(T):
        r = rows[t][np.argsort(-dets.score[rows[t]])[:2]]
        if len(r) == 0: out[t] = prev
        elif len(r) == 1:                                                # one person: the farther one of before is copied
            d = np.linalg.norm(prev-pts[r], axis=(1, 2))
            k = int(d.argmin())
            out[t, k], out[t, 1-k], who[r[0]] = pts[r[0]], prev[1-k], k
        else:                                                            # greedy, from person 1
            k = int(np.linalg.norm(pts[r]-prev[0], axis=(1, 2)).argmin())
            out[t, 0], out[t, 1] = pts[r[k]], pts[r[1-k]]
            who[r[k]], who[r[1-k]] = 0, 1
        prev = out[t]
    return dct_low(out), who

def hungarian(dets, pts, T):
    "(b): frame-to-frame assignment to where constant velocity expects each dancer; gaps joined linearly"
    from scipy.optimize import linear_sum_assignment
    who, out = np.full(len(dets), -1), np.full((T, 2, 24, 3), np.nan, np.float32)
    rows = np.split(np.arange(len(dets)), np.searchsorted(dets.frame, np.arange(1, T)))
    last, v, at = None, np.zeros((2, 3)), np.zeros(2)
    for t in range(T):
        r = rows[t]
        if not len(r): continue
        x = pts[r].mean(1)
        if last is None:
            if len(r) < 2: continue
            a = np.argsort(-dets.score[r])[:2]
            last, at = x[a].copy(), np.full(2, t)
            pairs = [(0, a[0]), (1, a[1])]
        else:
            pred = last + v*np.minimum(t-at, 10)[:, None]
            pairs = list(zip(*linear_sum_assignment(np.linalg.norm(pred[:, None]-x[None], axis=-1))))
        for k, j in pairs:
            if t > at[k]: v[k] = .7*v[k] + .3*(x[j]-last[k])/(t-at[k])
            last[k], at[k], who[r[j]], out[t, k] = x[j], t, k, pts[r[j]]
    n = np.arange(T)
    for k in (0, 1):
        ok = np.isfinite(out[:, k]).all((1, 2))
        flat = out[:, k].reshape(T, -1)
        for c in range(flat.shape[1]): flat[:, c] = np.interp(n, n[ok], flat[ok, c])
    return dct_low(out), who

# Scores ----------------------------------------------------------------------------------------------------------------------

def idf1(who, owner):
    "IDF1 over rows and the dancer each output is; merged boxes (owner -2) do not count"
    best = -1, None
    for p in ((0, 1), (1, 0)):
        tp = sum(((who == p[d]) & (owner == d)).sum() for d in (0, 1))
        f = 2*tp/max(1, ((who >= 0) & (owner != -2)).sum() + (owner >= 0).sum())
        best = max(best, (float(f), p))
    return best

def swaps(who, owner, frame, perm):
    "Spans (last right, first wrong or back) at which a dancer's rows change hands"
    inv, ok, out = {perm[0]: 0, perm[1]: 1}, (owner >= 0) & (who >= 0), []
    right = np.array([inv[w] == o for w, o in zip(who[ok], owner[ok])])
    for d in (0, 1):
        k = owner[ok] == d
        f, s = frame[ok][k], right[k]
        out += [(int(f[i]), int(f[i+1])) for i in np.flatnonzero(s[1:] != s[:-1])]
    return out

def rigid(a, b):
    ma, mb = a.mean(0), b.mean(0)
    U, _, V = np.linalg.svd((a-ma).T@(b-mb))
    R = V.T@np.diag([1, 1, np.sign(np.linalg.det(V.T@U.T))])@U.T
    return R, mb-R@ma

def score(pts, truth, view, perm=(0, 1), only=None):
    "Errors of positions (T, 2, 24, 3), NaN where there are none; `only` (T, 2) restricts what is compared"
    p = pts[:, list(perm)].astype(np.float64)
    ok = np.isfinite(p).all((2, 3)) & (True if only is None else only)
    R, t = rigid(p[ok].reshape(-1, 3), truth[ok].reshape(-1, 3))
    p = p@R.T + t
    e = np.linalg.norm(p-truth, axis=-1)
    rel = np.linalg.norm((p-p[:, :, :1])-(truth-truth[:, :, :1]), axis=-1)
    a = np.linalg.norm(np.diff(p, 2, axis=0)-np.diff(truth, 2, axis=0), axis=-1)
    ok2, ok1 = ok[2:] & ok[1:-1] & ok[:-2], ok[1:] & ok[:-1]
    v = lambda q: np.percentile(np.linalg.norm(np.diff(q, axis=0), axis=-1)[ok1], 99)
    j = [j for j, q in enumerate(SMPL24.parents) if q >= 0]
    bones = np.linalg.norm(p[:, :, j]-p[:, :, [SMPL24.parents[i] for i in j]], axis=-1)
    move = np.linalg.norm(np.diff(pts, axis=0), axis=-1).max(2)
    dist = lambda q: np.linalg.norm(q[:, 0, 0, :2]-q[:, 1, 0, :2], axis=-1)
    depth = lambda q: (z := to_camera(q[:, :, 0], view)[..., 2])[:, 0]-z[:, 1]
    both = ok.all(1)
    corr = lambda f, k: float(np.corrcoef(f(p)[k], f(truth)[k])[0, 1])
    return dict(mpjpe=e[ok].mean()*1000, rel=rel[ok].mean()*1000, accel=a[ok2].mean()*1000, p99=100*(v(p)/v(truth)-1),
        bones=float(np.nanmean([np.nanstd(bones[:, d][ok[:, d]], axis=0).mean() for d in (0, 1)]))*1000, frozen=int((move[ok1] < 1e-4).sum()),
        distance=corr(dist, both), depth=corr(depth, both), cover=float(ok.mean()))

named = []                                                               # whom `clean` took each row for, which it does not give away
identify = preprocessing.identify

def watched(*args):
    res = identify(*args)
    named.append(res[0])
    return res

preprocessing.identify = watched

# One couple, one camera ------------------------------------------------------------------------------------------------------

def one(args):
    lead, follow, cam, seed, use_video = args
    warnings.simplefilter('ignore')
    m, (pos, f), out = couple(lead, follow), CAMERAS[cam], []
    view = make_view(pos, (0, 0, .9), SIZE, f*SIZE[0])
    T, truth = len(m), m.positions.astype(np.float64)
    with tempfile.TemporaryDirectory() as tmp:
        film = None
        if use_video:
            from audio2pose.video import write_video
            film = f'{tmp}/film.mp4'
            write_video(film, paint_video(simulate(m, view, seed=seed)[1], SHIRTS, seed), 30)
        for lev, span in LEVELS.items():
            dets, tr = simulate(m, view, seed=seed, occlusion=span)
            raw = place(dets)
            world = raw.pose + raw.root[:, None]
            own = np.where(tr.owner >= 0, tr.owner, -1)
            first = lay_out(dets, world, own)
            res = dict(raw=dict(score(first, truth, view)))
            seen = np.isfinite(first).all((2, 3))
            for name, f in (('recipe', recipe), ('hungarian', hungarian)):
                p, who = f(dets, world, T)
                v, perm = idf1(who, tr.owner)
                res[name] = dict(score(p, truth, view, perm), idf1=v)
            dup = duplicates(dets)
            for name, video in (('ours', None), *([('ours + video', film)] if film else [])):
                (mo, rep), who = clean(dets, video=video), np.full(len(dets), -1)
                who[~dup] = named[-1]
                v, perm = idf1(who, tr.owner)
                bad = swaps(who, tr.owner, dets.frame, perm)
                hit = [any(d['first'] <= b and d['last'] >= a for d in rep.doubts) for a, b in bad]
                where = match(mo.positions, truth, view)
                res[name] = dict(score(mo.positions, truth, view, where), idf1=v, swaps=len(bad), told=sum(hit), doubts=len(rep.doubts),
                    shown=sum(d['last']-d['first'] for d in rep.doubts)/T, **{f'same_{k}': v for k, v in score(mo.positions, truth, view, where, seen).items()})
            out.append((Path(lead).stem, cam, lev, res))
    return out

def match(pts, truth, view):
    "Which output is which dancer, by the smaller error: numbers in the output go from left to right"
    return min(((0, 1), (1, 0)), key=lambda p: score(pts, truth, view, p)['mpjpe'])

def gaps(lead, follow, lengths=(.1, .25, .5, 1.)):
    "Errors inside gaps cut from the true motion, so that only the guess counts, against the pose before the gap held still"
    truth = couple(lead, follow).positions
    bones = bone_lengths(truth, SMPL24, symmetric=False)
    for length in lengths:
        n, res = round(length*30), []
        for shift in (0, 37):
            starts = np.arange(45+shift, len(truth)-n-45, max(90, 3*n))
            seen = np.ones(truth.shape[:2], bool)
            for a in starts: seen[a:a+n] = False
            out, _ = fill_gaps(np.where(seen[..., None, None], truth, np.nan), seen, 30)
            out = constant_bones(out, bones, SMPL24)
            for a in starts:
                for d in (0, 1):
                    t, p = truth[a:a+n, d], out[a:a+n, d]
                    hold = np.repeat(truth[a-1:a, d], n, 0)
                    e = lambda q: np.linalg.norm(q-t, axis=-1).mean()*1000
                    rel = lambda q: np.linalg.norm((q-q[:, :1])-(t-t[:, :1]), axis=-1).mean()*1000
                    span = lambda q: np.linalg.norm(np.ptp(q[a-8:a+n+8, d], axis=0), axis=-1)    # of each joint, its box's diagonal
                    frozen = int((np.linalg.norm(np.diff(out[a-1:a+n+1, d], axis=0), axis=-1).max(1) < 1e-4).sum())
                    res.append((e(p), e(hold), rel(p), rel(hold), (span(out)/np.maximum(span(truth), .1)).max(), frozen))
        yield length, res

def speed(lead, follow, minutes=10):
    "Seconds and memory to clean ten minutes, in a process of its own"
    from audio2pose.alphapose import write_alphapose
    m = couple(lead, follow)
    n = int(np.ceil(minutes*1800/len(m)))
    p = np.concatenate([m.positions if i % 2 == 0 else m.positions[::-1] for i in range(n)])[:int(minutes*1800)]
    dets, _ = simulate(Motion(p, 30, SMPL24), make_view((0, -5.5, 1.4), (0, 0, .9)), seed=0, occlusion=(.15, 1))
    with tempfile.TemporaryDirectory() as tmp:
        write_alphapose(dets, f'{tmp}/r.json')
        code = ('import time,resource,sys; t=time.time(); from audio2pose.preprocessing import clean; m,r=clean(sys.argv[1], fps=30); '
            'm.save(sys.argv[2]); s=open("/proc/self/status").read(); print(time.time()-t, int(s.split("VmHWM:")[1].split()[0])/1e6, len(m))')
        for _ in range(3):
            r = subprocess.run([sys.executable, '-W', 'ignore', '-c', code, f'{tmp}/r.json', f'{tmp}/o.npz'], capture_output=True, text=True)
            print('  clean of', minutes, 'min: seconds, GB, frames =', r.stdout.strip() or r.stderr[-500:], f'(file {os.path.getsize(tmp+"/r.json")/1e6:.0f} MB)', flush=True)

# Tables ----------------------------------------------------------------------------------------------------------------------

def table(rows):
    names = list(rows[0][3])
    mean = lambda n, k, sel: np.mean([r[3][n][k] for r in sel if k in r[3][n]]) if any(k in r[3][n] for r in sel) else np.nan
    for lev in LEVELS:
        sel = [r for r in rows if r[2] == lev]
        print(f'\nOcclusions of {lev}, {len(sel)} clips')
        print(f'{"":14}' + ''.join(f'{h:>11}' for h in ('IDF1', 'MPJPE mm', 'rel. mm', 'accel', 'p99 spd %', 'bones mm', 'frozen', 'distance r', 'depth r', 'covered')))
        for n in names: print(f'{n:14}' + ''.join(f'{mean(n, k, sel):11.3f}' for k in ('idf1', 'mpjpe', 'rel', 'accel', 'p99', 'bones', 'frozen', 'distance', 'depth', 'cover')))
        for n in names:
            if n.startswith('ours'): print(f'  {n}: wrong swaps {sum(r[3][n]["swaps"] for r in sel)}, inside a reported span {sum(r[3][n]["told"] for r in sel)}; '
                f'spans {mean(n, "doubts", sel):.1f} a clip, {100*mean(n, "shown", sel):.1f} % of the time; on the frames raw has: '
                f'MPJPE {mean(n, "same_mpjpe", sel):.0f} (raw {mean("raw", "mpjpe", sel):.0f}), rel. {mean(n, "same_rel", sel):.0f} (raw {mean("raw", "rel", sel):.0f}); '
                f'distance r {mean(n, "same_distance", sel):.3f}, depth r {mean(n, "same_depth", sel):.3f}; worst IDF1 {min(r[3][n]["idf1"] for r in sel):.3f}')

def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--data', type=Path, required=True)
    ap.add_argument('--clips', type=int, default=99)
    ap.add_argument('--jobs', type=int, default=2)
    ap.add_argument('--no-video', action='store_true')
    ap.add_argument('--only', default='clips,gaps,speed')
    a = ap.parse_args()
    leads = sorted((a.data/'cmu_salsa').glob('60_*.bvh'))[:a.clips]
    pairs = [(str(f), str(f).replace('60_', '61_')) for f in leads]
    if not pairs: raise SystemExit(f'{a.data}/cmu_salsa: no 60_NN.bvh found')
    if 'clips' in a.only:
        todo = [(*p, cam, 100*i+j, not a.no_video) for i, p in enumerate(pairs) for j, cam in enumerate(CAMERAS)]
        rows = []
        with ProcessPoolExecutor(a.jobs) as pool:
            for i, rs in enumerate(pool.map(one, todo)):
                rows += rs
                print(f'{i+1} of {len(todo)}', end='\r', file=sys.stderr, flush=True)
        table(rows)
    if 'gaps' in a.only:
        all_ = {}
        for p in pairs:
            for length, r in gaps(*p): all_.setdefault(length, []).extend(r)
        print('\nGaps: ours | copy of the frame before, mm (ratio); pose relative to the pelvis likewise; largest range against the truth\'s')
        for length, r in all_.items():
            x = np.array(r)
            g = x.mean(0)
            print(f'  {length:5} s  {g[0]:6.0f} | {g[1]:6.0f} ({g[0]/g[1]:.2f})   {g[2]:6.0f} | {g[3]:6.0f} ({g[2]/g[3]:.2f})   99 % {np.percentile(x[:, 4], 99):.2f}, max {x[:, 4].max():.2f}; frozen {int(x[:, 5].sum())}; n {len(x)}')
    if 'speed' in a.only:
        print('\nSpeed')
        speed(*pairs[0])

if __name__ == '__main__': main()
