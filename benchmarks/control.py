"""Are wishes met, and only there? Edits, keyframes, kept joints, seeds and ways on ten dances, beside dances that were not asked.

    python benchmarks/control.py DATA [--dances 10] [--seconds 16] [--weights W]

DATA is a folder with songs below it. Acceleration is the mean over the joints, at a join the largest of those that span it and the
three new frames beside it; it should lie within the 99th percentile of the same dance elsewhere. The reference for a join is the same splice without any care: the
bars of another take put in. The reference for wishes is the dance of the same seed that was not asked.
"""
import argparse
from pathlib import Path
import numpy as np
from audio2pose.beats import Beats
from audio2pose.control import bar_span,clip,keep_joints,keyframe,path
from audio2pose.generate import edit,generate
from audio2pose.feet import runs
from audio2pose.metrics import body_report
from audio2pose.model import load_dancer
from audio2pose.rotation import heading,quat_from_yaw,quat_inv,quat_rotate
from songs import find_songs

def jolt(pts):
    "Mean acceleration (T-2,) in m/s2 of the joints (T, 24, 3), centred on frame i+1."
    return np.linalg.norm(np.diff(pts, 2, axis=0), axis=-1).mean(-1)*900

def joins(pts, new):
    "Largest acceleration where old and `new` (T,) frames meet, and over three new frames from there, over the 99th percentile elsewhere."
    acc,at = jolt(pts),[]
    for i,j in zip(*runs(new)): at += [*range(i-2, i+3), *range(j-5, j)]
    at = np.unique([a for a in at if 0<=a<len(acc)])
    return float(acc[at].max()/np.quantile(np.delete(acc, at), .99))

def seen(m, t):
    "Joints (24, 3) of frame t from the heading."
    back = quat_inv(quat_from_yaw(heading(m.rotations[t,0,0])))
    return quat_rotate(back[None], m.positions[t,0]-m.root[t,0]*[1,1,0])

def degrees(a, b): return np.degrees(2*np.arccos(np.abs((a*b).sum(-1)).clip(0, 1)))

def naive(a, b, i, j):
    "Positions of `a` with frames i to j of `b`, where the root of `a` enters."
    p = b.positions[i:j,0]+(a.root[i,0]-b.root[i,0])*[1,1,0]
    return np.concatenate([a.positions[:i,0], p, a.positions[j:,0]])

def one(song, seed, seconds, net):
    "Every figure of one dance."
    kw,rng = dict(seconds=seconds, net=net), np.random.default_rng(seed)
    a,b = (generate(song, seed=s, **kw) for s in (seed, seed+1000))
    beats,T = Beats.from_dict(a.meta['beats']), len(a)
    kw |= dict(beats=beats, seed=seed, genre=a.meta['genre'])
    plain,out = a,{}
    new = edit(a, (2, 3), song, seed=seed+7, net=net)
    i,j = (round(t*30) for t in bar_span(beats, 2, 3))
    inside = np.isin(np.arange(T), np.arange(i, j))
    out['frames outside the edit that changed, %'] = 100*(new.positions!=a.positions)[~inside].any((1,2,3)).mean(), None
    out['change inside the edit, cm'] = 100*np.linalg.norm(new.positions-a.positions, axis=-1)[i+8:j-8].mean(), None
    out['acceleration at the joins of an edit / 99th percentile'] = joins(new.positions[:,0], inside), joins(naive(a, b, i, j), inside)
    ts = np.sort(rng.choice(np.arange(2, seconds-2, 1.5), 4, False))
    keys = [keyframe(t, b, round(t*30)) for t in ts]
    m = generate(song, constraints=keys, **kw)
    dist = lambda m: np.mean([np.linalg.norm(seen(m, k.start)-seen(b, k.start), axis=-1).mean() for k in keys])
    turn = lambda m: np.mean([degrees(m.rotations[k.start,0,1:], b.rotations[k.start,0,1:]).mean() for k in keys])
    out['pose at a keyframe off by, mm'] = 1000*dist(m), 1000*dist(plain)
    out['pose at a keyframe off by, degrees'] = turn(m), turn(plain)
    out['acceleration at keyframes / 99th percentile'] = joins(m.positions[:,0], ~np.isin(np.arange(T), [k.start for k in keys])), None
    out['slide with keyframes, cm/s'] = body_report(m)['slide_cm_s'], body_report(plain)['slide_cm_s']
    for half,js in (('lower',[0,1,2,4,5,7,8]), ('upper',[3,6,9,12,13,14,15,16,17,18,19,20,21])):
        m = generate(song, constraints=[keep_joints(b, half)], **kw)
        out[f'kept {half} joints off by, degrees'] = degrees(m.rotations[:,0,js], b.rotations[:,0,js]).mean(), degrees(plain.rotations[:,0,js], b.rotations[:,0,js]).mean()
    m = generate(song, constraints=[clip(b[:60])], **kw)
    out['seed motion off by, mm'] = 1000*np.linalg.norm(m.positions[:60]-b.positions[:60], axis=-1).max(), None
    out['acceleration where the seed ends / 99th percentile'] = joins(m.positions[:,0], np.arange(T)>=60), None
    knots = np.r_[1., np.sort(rng.uniform(3, seconds-3, 2))+[0,2], seconds-.1]
    way = path(np.c_[knots, rng.uniform(-1.3, 1.3, (4,2))])
    m,s = generate(song, constraints=[way], **kw),slice(way.start, min(way.start+len(way), T))
    miss = lambda m: np.linalg.norm(m.root[s,0,:2]-way.place[:s.stop-s.start,:2], axis=1).mean()
    out['root off its way, cm'] = 100*miss(m), 100*miss(plain)
    out['slide on the way, cm/s'] = body_report(m)['slide_cm_s'], body_report(plain)['slide_cm_s']
    return out

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('data', type=Path)
    p.add_argument('--dances', type=int, default=10)
    p.add_argument('--seconds', type=float, default=16)
    p.add_argument('--weights')
    a = p.parse_args()
    net = load_dancer(a.weights)
    songs = find_songs(a.data)
    rows = []
    for i in range(a.dances):
        f = songs[i*max(1, len(songs)//a.dances)%len(songs)]
        rows.append(one(f, i, a.seconds, net))
        print(f'{f.name}, seed {i}', flush=True)
    num = lambda v: '' if None in v else f'{np.mean(v):9.3f}  (worst {np.max(v):.3f})'
    print(f'\n{len(rows)} dances of {a.seconds:g} s; mean over dances\n{"":58s}{"asked":28s}not asked, or spliced without care')
    for k in rows[0]: print(f'{k:58s}{num([r[k][0] for r in rows]):28s}{num([r[k][1] for r in rows])}')

if __name__=='__main__': main()
