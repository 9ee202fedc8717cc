"""Learn the table of bar patterns that `audio2pose.beats` ships, from the human drum takes of Groove MIDI (CC BY 4.0).

Every take that is not a benchmark take is rendered in up to three guises: the drum synthesiser alone, with bass and chords, and (every
third take) sampled kits in a quite different band, squashed and with noise. For each the level of the onsets in three bands is counted at
every sixteenth of every beat of the bar. The takes are then sorted into `--patterns` groups by how likely each group's counts make them,
again and again until nothing moves. What is kept is the log of (how frequent is this level at this position / anywhere in the bar).

    python benchmarks/learn_patterns.py --data FOLDER [--out audio2pose/assets/bar_patterns.npz]"""
import argparse, zlib
from pathlib import Path
import numpy as np, soundfile as sf, soxr
from audio2pose.beats import LEVELS, Q, _levels, _resample, onsets, FPS
from render_groove import SR, METAL, add, benchmark_takes, read_takes, render_take, tone

N = len(LEVELS) + 1
KIT = dict(kick='bd_808 bd_ada bd_boom bd_fat bd_gas bd_haus bd_klub bd_pure bd_tek bd_zum drum_heavy_kick drum_bass_hard bd_mehackit',
    snare='sn_dolf sn_dub sn_generic sn_zome drum_snare_hard drum_snare_soft elec_snare elec_mid_snare',
    hat='drum_cymbal_closed hat_bdu hat_gem hat_metal hat_noiz hat_psych hat_raw hat_snap hat_star hat_tap hat_yosh hat_zap hat_zild',
    open='drum_cymbal_open drum_cymbal_pedal hat_gnu hat_len', cymbal='drum_splash_hard drum_splash_soft drum_cymbal_soft drum_cymbal_hard ride_tri ride_via',
    tom='drum_tom_hi_hard drum_tom_lo_hard drum_tom_mid_hard')

def sample(path):
    y,sr = sf.read(path, always_2d=True)
    y = y.mean(1)
    return soxr.resample(y, sr, SR)[:2*SR]/np.abs(y).max()

def piece(note):
    "Which piece of the kit plays a General MIDI drum note"
    if note in (35, 36): return 'kick'
    if note in (37, 38, 39, 40): return 'snare'
    if note not in METAL: return 'tom'
    return {.03: 'hat', .18: 'open'}.get(METAL[note][1], 'cymbal')

def pad(f, dur, rng):
    "A chord that swells and has no attack"
    t = np.arange(int(dur*SR*1.02))/SR
    y = sum(np.sin(2*np.pi*f*q*t + 6*rng.random()) + .5*np.sin(2*np.pi*f*2.006*q*t) for q in (1, 1.26, 1.5))
    return .04*y*np.minimum(1, t/.15)*np.minimum(1, (t[-1] - t)/.1)

def accompany(y, beats, per_bar, rng):
    "Pads, an even arpeggio, stabs off the beat or a syncopated bass: a band that does not mark the beat for us"
    d,root,style = beats[1] - beats[0],110*2**(rng.integers(0, 12)/12),rng.integers(4)
    steps,n = [rng.choice([0, 5, 7, 9, 3]) for _ in range(4)],4 if style == 2 else 2
    for k, b in enumerate(beats):
        f = root*2**(steps[(k//per_bar)%4]/12)
        if k%per_bar == 0: add(y, pad(f, d*per_bar, rng), b)
        for q in range(n):
            if style in (0, 2): add(y, tone(2*f*(1, 1.26, 1.5, 2)[(2*k + q)%4], d*.5, .12, .12), b + d*q/n)
            if style == 1 and q == 1: add(y, sum(tone(2*f*x, d*.3, .1, .1) for x in (1, 1.26, 1.5)), b + d*q/n)
            if style == 3 and rng.random() < .5: add(y, tone(f/2, d*.5, .3, .2), b + d*q/n)
        if style < 3 and rng.random() < .6: add(y, tone(f/2, d*.8, .3, .25), b + (d/2 if rng.random() < .4 else 0))

def studio(f, midi, beats, per_bar, kit, longest=40.):
    "The take on a sampled kit with another band, squashed, over a little noise"
    rng,dur,t = np.random.default_rng(zlib.crc32(f.encode()) + 7),min(midi.length, longest),0
    one,gain = {k: v[rng.integers(len(v))] for k, v in kit.items()},{k: 10**(rng.uniform(-12, 0)/20) for k in kit}
    y = np.zeros(int((dur + .5)*SR))
    for m in midi:
        t += m.time
        if m.type != 'note_on' or not m.velocity or t >= dur: continue
        k = piece(m.note)
        add(y, one[k]*gain[k]*(m.velocity/127)**1.5*(.4 if m.note == 37 else 1), t)
    z = np.zeros(len(y))
    accompany(z, beats, per_bar, rng)
    y = y/np.abs(y).max() + z*rng.uniform(.5, 1.5) + rng.normal(size=len(y))*10**(rng.uniform(-60, -35)/20)
    return np.tanh(y*rng.uniform(.5, 2))

def count(y, beats, per_bar):
    "How often each level of each band is seen at each position of the bar -> (positions, bands, levels)"
    L,H = _levels(onsets(_resample(y, SR))),np.zeros((per_bar*Q, 3, N))
    d,t = beats[1] - beats[0],np.arange(len(L))/FPS
    ok = t < beats[-1] + d/2
    p = np.floor(((t/d)%per_bar)*Q + .5).astype(int)%(per_bar*Q)
    for k in range(3): np.add.at(H[:, k], (p[ok], L[ok, k]), 1)
    return H

def counts(takes, per_bar, kit):
    out = []
    for n, (f, midi, bpm) in enumerate(takes):
        _,drums,mix,beats = render_take(f, midi, bpm, per_bar=per_bar)
        out += [count(drums, beats, per_bar), count(mix, beats, per_bar)]
        if n%3 == 0 or per_bar == 3: out += [count(studio(f, midi, beats, per_bar, kit), beats, per_bar)]*2
        if n%50 == 0: print(f'{per_bar}/4: {n} of {len(takes)} takes', flush=True)
    return np.stack(out)

def ratio(H, all_levels, prior):
    "Log of level frequencies against those of all music, smoothed with `prior` frames a position"
    q = H + prior*all_levels
    return np.log(q/q.sum(-1, keepdims=True)/all_levels)

def own(T, all_levels):
    "The same against the pattern's own average over the bar"
    return T - np.log((np.exp(T)*all_levels).mean(0)/all_levels)

def group(Hs, K, all_levels, seed=1, rounds=15):
    "Sort takes into `K` groups: k-means++ start, then hard expectation maximisation -> (K, positions, bands, levels)"
    rng,X = np.random.default_rng(seed),((Hs*np.arange(N)).sum(-1)/np.maximum(Hs.sum(-1), 1)).reshape(len(Hs), -1)
    c = [X[rng.integers(len(X))]]
    dist = lambda: np.stack([np.square(X - m).sum(1) for m in c], 1)
    while len(c) < K: c.append(X[rng.choice(len(X), p=(d := dist().min(1))/d.sum())])
    a = dist().argmin(1)
    for _ in range(rounds):
        T = np.stack([ratio(Hs[a == k].sum(0), all_levels, 20) for k in range(K)])
        new = np.einsum('npbl,kpbl->nk', Hs, T).argmax(1)
        if (new == a).all(): break
        a = new
    print('takes in each group:', np.bincount(a, minlength=K))
    return T

def main(data, out, K):
    kit = {k: [sample(p) for n in v.split() if (p := Path(data)/'drum_samples'/f'{n}.flac').exists()] for k, v in KIT.items()}
    four,hold = read_takes(data),{Path(x[0]).name for x in benchmark_takes(read_takes(data))}
    H4 = counts([x for x in four if Path(x[0]).name not in hold], 4, kit)
    H3 = counts(read_takes(data, '3-4', 5), 3, kit)
    m = H4.sum((0, 1))
    m /= m.sum(-1, keepdims=True)
    T4,T3 = group(H4, K, m),ratio(H3.sum(0), m, 200)[None]
    np.savez_compressed(out, four=np.stack([own(t, m) for t in T4]).astype(np.float16), three=np.stack([own(t, m) for t in T3]).astype(np.float16))
    print(out, Path(out).stat().st_size, 'bytes')

if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('--data', required=True)
    p.add_argument('--out', default='audio2pose/assets/bar_patterns.npz')
    p.add_argument('--patterns', type=int, default=8)
    a = p.parse_args()
    main(a.data, a.out, a.patterns)
