"""Measure the beat tracker on music whose beats are known, beside librosa as it is commonly called.

    python benchmarks/beats.py --data FOLDER [--renders FOLDER] [--json OUT]

Renders 60 human drum takes of Groove MIDI, alone and with a band, and programmed clips (once; FOLDER keeps them), and scores with mir_eval
0.8: F (hits within 70 ms), CMLt (right tempo and phase), the first 5 s left out; s/min is processor
seconds for each minute of audio, decoding included. The takes are split in halves by the hash of their
names, hip-hop and others apart: parameters were tuned on one half, `held out` is the other. Ground truth is compared with the
annotations in `groove_beats`, our use of mir_eval with the scores it expects of itself."""
import argparse, json, os, tempfile, time, warnings, zlib
from pathlib import Path
import mir_eval, numpy as np
from audio2pose.audio import load_audio
from audio2pose.beats import track_beats
from render_groove import render

LIMITS = dict(hiphop=(.88, .75), other=(.86, .78))

def scores(ref, est, trim=True):
    "F, CMLt, AMLt, offsets (s) of the beats found"
    if trim: ref,est = mir_eval.beat.trim_beats(ref),mir_eval.beat.trim_beats(est)
    c = mir_eval.beat.continuity(ref, est)
    near = est[:, None] - ref[None] if len(est) and len(ref) else np.zeros((0, 1))
    off = near[np.arange(len(near)), np.abs(near).argmin(1)]
    return mir_eval.beat.f_measure(ref, est),c[1],c[3],off[np.abs(off) < .07]

def check_mir_eval(folder):
    "Largest difference to the scores that mir_eval's own test data expect"
    worst = 0.
    for out in sorted(Path(folder).glob('output*.json')):
        n,want = out.stem[-2:],json.loads(out.read_text())
        ref,est = (mir_eval.beat.trim_beats(np.loadtxt(out.parent/f'{k}{n}.txt')) for k in ('ref', 'est'))
        c = mir_eval.beat.continuity(ref, est)
        for got, key in ((mir_eval.beat.f_measure(ref, est), 'F-measure'), (c[1], 'Correct Metric Level Total'), (c[3], 'Any Metric Level Total')):
            worst = max(worst, abs(got - want[key]))
    return worst

def check_truth(meta, folder):
    "Number of takes annotated in `groove_beats`, largest difference in time (s), share of equal places in the bar"
    dt,same,n = 0.,[],0
    for m in (m for m in meta if m['midi'] and m['name'].startswith('groove_mix')):
        f = Path(folder)/'groove_midi/annotations/beats'/(m['midi'][len('groove/'):-4].replace('/', '_') + '.beats')
        if not f.exists(): continue
        a,k,n = np.loadtxt(f),len(m['beats']),n + 1
        k = min(k, len(a))
        dt = max(dt, np.abs(a[:k, 0] - m['beats'][:k]).max())
        same.append((a[:k, 1] == np.arange(k)%4 + 1).mean())
    return n,dt,np.mean(same)

def split(meta):
    "Name of take -> is it held out"
    takes = sorted((m['midi'], m['name'].split('_', 2)[2]) for m in meta if m['midi'] and m['name'].startswith('groove_mix'))
    takes.sort(key=lambda t: zlib.crc32(Path(t[0]).stem.encode()))
    return {n: k%2 == 1 for hip in (True, False) for k, (_, n) in enumerate(t for t in takes if ('hiphop' in t[0]) == hip)}

def by_librosa(path):
    "The usual two lines, at 16 kHz"
    import librosa
    y,sr = librosa.load(path, sr=16000)
    return librosa.beat.beat_track(y=y, sr=sr, units='time')[1],None

def by_us(path, bpm=None):
    b = track_beats(str(path), bpm=bpm)
    return b.beat_times,b.beat_times[b.downbeats == 1]

def run(name, f, clips, folder, hint=False):
    "One row a clip"
    rows = []
    for m in clips:
        p,t = folder/f'{m["name"]}.wav',time.process_time()
        est,ones = f(p, m['bpm']) if hint else f(p)
        t = time.process_time() - t
        F,C,A,off = scores(np.array(m['beats']), np.asarray(est), m['dur'] > 15)
        D = mir_eval.beat.f_measure(np.array(m['beats'][::m['per_bar']]), ones) if ones is not None else np.nan
        rows.append(dict(tracker=name, clip=m['name'], F=F, C=C, A=A, D=D, off=off, s=t/m['dur']*60))
    return rows

def table(rows, groups):
    for name in dict.fromkeys(r['tracker'] for r in rows):
        for g, ok in groups.items():
            x = [r for r in rows if r['tracker'] == name and ok(r['clip'])]
            if not x: continue
            F,C,A,D,s = (np.mean([r[k] for r in x]) for k in ('F', 'C', 'A', 'D', 's'))
            off = 1000*np.median(np.concatenate([r['off'] for r in x]))
            print(f'| {name:18s} | {g:26s} | {len(x):3d} | {F:.3f} | {C:.3f} | {A:.3f} | {"     " if np.isnan(D) else f"{D:.3f}"} | {off:+6.1f} | {s:.3f} |')

def synth(folder):
    "Sounds with no beat in them: what does the tracker say?"
    rng,n = np.random.default_rng(0),22050*30
    for name, y in (('silence', np.zeros(n)), ('white noise', rng.normal(size=n)), ('quiet noise', 1e-3*rng.normal(size=n)), ('white noise 10 s', rng.normal(size=n//3))):
        with warnings.catch_warnings(record=True) as w:
            warnings.simplefilter('always')
            b = track_beats(y, 22050)
        print(f'  {name:18s} {len(b)} beats; {w[0].message if w else "NO WARNING"}')

def main(a):
    folder,data = Path(a.renders),Path(a.data)
    meta = json.loads((folder/'meta.json').read_text()) if (folder/'meta.json').exists() else render(folder, data)
    print(f'mir_eval on its own test data: largest difference {check_mir_eval(data/"mir_eval_beat"):.1e}')
    print('truth against groove_beats: {} takes annotated, largest difference {:.1e} s, places in the bar equal {:.3f}'.format(*check_truth(meta, data/'groove_beats')))
    held,takes,others = split(meta),[m for m in meta if m['midi']],[m for m in meta if not m['midi']]
    mix = [m for m in takes if m['name'].startswith('groove_mix')]
    by_us(folder/f'{meta[0]["name"]}.wav') # compile
    by_librosa(folder/f'{meta[0]["name"]}.wav')
    rows = run('audio2pose', by_us, meta, folder) + run('audio2pose, bpm known', by_us, mix, folder, True)
    if not a.quick: rows += run('librosa', by_librosa, meta, folder)
    is_ = lambda c, kind, hip: c.startswith(f'groove_{kind}_') and ('hiphop' in c) == hip
    out = lambda c: held[c.split('_', 2)[2]]
    groups = {f'{kind} {"hip-hop" if hip else "other"}{w}': (lambda c, kind=kind, hip=hip, t=t: is_(c, kind, hip) and t(c))
              for kind in ('mix', 'dr') for hip in (True, False) for w, t in (('', lambda c: True), (', held out', out), (', tuned on', lambda c: not out(c)))}
    groups |= {'drums only, all': lambda c: c.startswith('groove_dr_'), 'drums only, held out': lambda c: c.startswith('groove_dr_') and out(c)}
    groups |= {m['name'][6:]: (lambda c, n=m['name']: c == n) for m in others if not any(k in m['name'] for k in ('hiphop', 'click', 'aist'))}
    groups |= {k: (lambda c, k=k: c.startswith('synth_'+k)) for k in ('click', 'hiphop', 'aist16beats')}
    print(f'\n| {"tracker":18s} | {"clips":26s} |   n | F     | CMLt  | AMLt  | downF | off ms | s/min |\n|---|---|---|---|---|---|---|---|---|')
    table(rows, groups)
    print('\nno beat to find:')
    synth(folder)
    if a.worst:
        for r in sorted(rows, key=lambda r: r['F'])[:a.worst]: print({k: v if isinstance(v, str) else round(float(v), 3) for k, v in r.items() if k != 'off'})
    if a.json: Path(a.json).write_text(json.dumps([{k: v for k, v in r.items() if k != 'off'} for r in rows], default=float))

if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('--data', required=True)
    p.add_argument('--renders', default=os.path.join(tempfile.gettempdir(), 'audio2pose_renders'))
    p.add_argument('--json')
    p.add_argument('--quick', action='store_true', help='without librosa')
    p.add_argument('--worst', type=int, default=0, help='print the worst clips')
    main(p.parse_args())
