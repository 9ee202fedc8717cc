"""Are the measures fast, and do they notice what they are meant to notice, on captured dance?

    python benchmarks/metrics.py [--data FOLDER_OF_AISTPP] [--frames 720] [--repeat 15]

First the features of one clip, timed beside the usual way of writing them, a Python loop over frames and joints, run here in the same process;
both give the same numbers, and how far they differ is printed. With --data, a folder of AIST++ clips (.npz, as `audio2pose.retarget.read_aist`
reads them): a third of the clips is reported against another, which is what a perfect generator gets; then half are ruined in every way of
`audio2pose.evaluation.CORRUPTIONS` and a few more. A corruption counts as noticed if the line meant for it moves the right way, beyond its own
95 % interval; the exit code is 1 if any is missed. The literature's figures for two halves stand below, with what they notice of a walk to the side."""
import argparse, sys, time
from pathlib import Path
import numpy as np
from audio2pose.evaluation import _text, report, self_test
from audio2pose.features import geometric_features, kinetic_features, legacy_geometric, legacy_kinetic
from audio2pose.legacy_metrics import legacy_beat_alignment, legacy_diversity, legacy_fid, legacy_foot_skate, legacy_pfc
from audio2pose.metrics import bootstrap
from audio2pose.motion import Motion, walk

def loop_kinetic(p, dt=1/60):
    "Published kinetic features of points (T, J, 3), y up, as they are usually written"
    T, out = len(p), []
    for j in range(p.shape[1]):
        hor, ver, acc = 0., 0., 0.
        for i in range(1, T):
            v, n = np.zeros(3), 0
            for k in range(i-2, i+3):
                if 1<=k<T: v, n = v + (p[k, j]-p[k-1, j])/dt, n+1
            v /= n
            a, n = np.zeros(3), 0
            for k in range(i-2, i+3):
                if 1<=k<T-1: a, n = a + ((p[k+1, j]-p[k, j])/dt - (p[k, j]-p[k-1, j]/dt))/dt, n+1
            hor, ver, acc = hor + v[0]**2 + v[2]**2, ver + v[1]**2, acc + np.linalg.norm(a/n)
        out += [hor/(T-1), ver/(T-1), acc/(T-1)]
    return np.array(out, np.float32)

def loop_geometric(p):
    "Published geometric features of points (T, 24, 3), y up, one frame and one question at a time"
    h, s, w = 0.2568381092115207, 0.39084835854945527, 0.11924706586886204
    unit = lambda v: v/np.sqrt(v@v)
    deg = lambda x, y: np.degrees(np.arccos(unit(x)@unit(y)))
    out = []
    for t in range(1, len(p)):
        x, y = p[t], p[t-1]
        lh, rh, belly, lk, rk, la, ra, chest, lt, rt, neck, ls, rs, le, re, lw, rw = x[[1,2,3,4,5,7,8,9,10,11,12,16,17,18,19,20,21]]
        root, low, up = x[0], x[:, 1].min(), np.array([0, 1., 0])
        speed = lambda j: 120*np.linalg.norm(x[j]-y[j])
        gain = lambda j, k, way: 120*((x[j]-x[k])-(y[j]-y[k]))@unit(way)
        before = lambda q, a, b, c: (q-a)@unit(np.cross(c-a, b-a))
        bent = lambda hinge, a, b: 0<deg(a-hinge, b-hinge)<110
        off = lambda a, b, least: least<deg(root-neck, b-a)<180
        rise = gain(9, 3, chest-belly)>1.8*h
        out.append([gain(21, 12, np.cross(lh-neck, rh-neck))>1.8*h, gain(20, 12, np.cross(rh-neck, lh-neck))>1.8*h,
            (rw-neck)@unit(neck-chest)>.2*h, (lw-neck)@unit(neck-chest)>.2*h, rise, rise, bent(re, rs, rw), bent(le, ls, lw),
            (rw-lw)@unit(rs-ls)>2.5*s, gain(21, 20, rw-lw)>1.4*h, gain(20, 21, root-rw)>1.4*h, gain(21, 20, root-lw)>1.4*h, speed(21)>2.5*h, speed(20)>2.5*h,
            before(ra, root, lh, lt)>.38*h, before(la, root, rh, rt)>.38*h, ra[1]-low>1.2*h, la[1]-low>1.2*h, (ra-la)@unit(rh-lh)>2.1*w,
            bent(rk, rh, ra), bent(lk, lh, la), speed(8)>2.5*h, speed(7)>2.5*h, off(rs, re, 25), off(ls, le, 25), off(rh, rk, 50), off(lh, lk, 50),
            before(root, ra, neck, la)>.5*h, 70<deg(root-neck, up)<110, rw[1]-low<1.2*h, lw[1]-low<1.2*h, speed(0)>2.3*h])
    return np.mean(np.array(out, np.float32), 0)

def timed(f, n):
    "Result, and median and least of `n` times, in milliseconds of the processor"
    t = []
    for _ in range(n):
        a = time.process_time()
        r = f()
        t.append(1000*(time.process_time()-a))
    return r, float(np.median(t)), min(t)

def speed(T, repeat):
    m = walk(T/60, 60)
    rng = np.random.default_rng(0)
    m = Motion(m.positions + np.cumsum(rng.normal(size=m.positions.shape)*.002, 0), 60, m.skeleton)
    p = m.positions[:, 0][..., [0, 2, 1]].astype(float)*[1, 1, -1]
    print(f'features of {T} frames of 24 joints, median (least) of {repeat} times; loops once')
    for name, loop, old, new in (('kinetic', loop_kinetic, legacy_kinetic, kinetic_features), ('geometric', loop_geometric, legacy_geometric, geometric_features)):
        r, slow, _ = timed(lambda: loop(p), 1)
        o, t, best = timed(lambda: old(p), repeat)
        _, u, least = timed(lambda: new(m), repeat)
        print(f'  {name:10} loop {slow:8.1f} ms   published {t:5.2f} ({best:.2f}) ms   right {u:5.2f} ({least:.2f}) ms   {slow/u:6.0f} times faster'
              f'   differs by {np.max(np.abs(o-r)/np.maximum(1, np.abs(r))):.1e}', flush=True)
    _, t, best = timed(lambda: (kinetic_features(m), geometric_features(m)), repeat)
    print(f'  both       {t:.2f} ({best:.2f}) ms')

def captured(folder):
    from audio2pose.retarget import read_aist
    ms = [read_aist(f) for f in sorted(folder.glob('*.npz'))]
    if not ms: sys.exit(f'{folder}: no .npz file in it, expected AIST++ clips')
    order = np.random.default_rng(0).permutation(len(ms))                     # the folder is sorted by genre
    ms = [ms[i] for i in order]
    for m in ms: m.meta['song'] = m.meta['source'].split('_')[4]
    return ms, [np.arange(0, m.duration, 60/m.meta['bpm']) for m in ms]

def legacy(ms, bs):
    gen, ref = ms[::2], ms[1::2]
    side = [Motion(m.positions + m.times[:, None, None, None]*np.float32([.3, 0, 0]), m.fps, m.skeleton) for m in gen]
    print('\nthe literature\'s, half of the clips against the other half, and the same dancers carried sideways at 0.3 m/s')
    pair = lambda v: ' '.join(f'{x:7.3f}' for x in v)
    for name, f in dict(FID=lambda x: legacy_fid(x, ref), diversity=lambda x: legacy_diversity(x, ref), PFC=lambda x: (legacy_pfc(x),), skate=lambda x: (legacy_foot_skate(x),)).items():
        print(f'  {name:10} {pair(f(gen)):18} {pair(f(side))}')
    for d in ('bailando', 'fact'):
        own = bootstrap([legacy_beat_alignment(m, b, d) for m, b in zip(ms, bs)])
        other = bootstrap([legacy_beat_alignment(m, b, d) for m, b in zip(ms, bs[1:]+bs[:1])])
        print(f'  beats {d:9} own song {own[0]:.3f} [{own[1]:.3f}, {own[2]:.3f}]   another song {other[0]:.3f} [{other[1]:.3f}, {other[2]:.3f}]')

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--data', type=Path, help='folder of AIST++ clips')
    p.add_argument('--frames', type=int, default=720)
    p.add_argument('--repeat', type=int, default=15)
    a = p.parse_args()
    speed(a.frames, a.repeat)
    if a.data is None: return
    ms, bs = captured(a.data)
    t = time.perf_counter()
    rep = report(ms[::3], ms[1::3], ms[2::3], bs[::3], bs[1::3])
    print(f'\n{len(ms)} captured clips, {sum(m.duration for m in ms)/60:.0f} minutes; a third against another, the last one as training; measured in {time.perf_counter()-t:.0f} s\n\n{rep.markdown()}\n', flush=True)
    got = self_test(ms, bs)
    print('ruined on purpose')
    for n in got: print(f'  {n.how:12} {n.name:28} {_text(n.before):28} -> {_text(n.after):28} {"noticed" if n.noticed else "MISSED"}')
    legacy(ms, bs)
    if not all(n.noticed for n in got): sys.exit(1)

if __name__=='__main__': main()
