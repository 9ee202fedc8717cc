"""Does the dance hear the music, and does the body hold? Real songs, several seeds, with chance and wrong songs beside them.

    python benchmarks/dance.py FOLDER_OF_SONGS [--seeds 4] [--seconds 60] [--guidance 2] [--weights W] [--reference FOLDER_OF_AISTPP]

Beat score: see `audio2pose.metrics.beat_alignment`. Beats are those the tracker finds. With --reference the same figures are
printed for captured AIST++ dance and its true beats.
"""
import argparse,tempfile,time
from pathlib import Path
import numpy as np
from audio2pose.audio import load_audio,write_audio
from audio2pose.beats import Beats
from audio2pose.generate import OVERLAP,generate
from audio2pose.metrics import beat_alignment,body_report,bootstrap,hears
from audio2pose.model import load_dancer
from songs import find_songs

def seams(m, window):
    "Acceleration at window joins, the largest of three frames: over the median elsewhere, and the share within the 99th percentile elsewhere."
    acc = np.linalg.norm(np.diff(m.positions[:,0], 2, axis=0), axis=-1).mean(-1)  # (T-2,), centred on frame i+1
    joins = np.arange(window, len(m)-2, window-OVERLAP)
    if not len(joins): return float('nan'),float('nan')
    at = np.unique(np.r_[joins-2, joins-1, joins])
    rest = np.delete(acc, at)
    here = np.max([acc[joins-2], acc[joins-1], acc[joins]], 0)
    return float(np.median(here)/np.median(rest)), float((here<=np.quantile(rest, .99)).mean())

def body_table(rows):
    keys = rows[0]
    return {k:(float(np.nanmean([r[k] for r in rows])), float(np.nanmax([r[k] for r in rows])), float(np.nanmin([r[k] for r in rows]))) for k in keys}

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('songs', type=Path)
    p.add_argument('--seeds', type=int, default=4)
    p.add_argument('--seconds', type=float, default=60)
    p.add_argument('--steps', type=int, default=8)
    p.add_argument('--guidance', type=float, default=None)
    p.add_argument('--weights')
    p.add_argument('--reference', type=Path)
    p.add_argument('--lengths', action='store_true', help='also dance 1 s, 7.3 s, 59 s and 10 min')
    p.add_argument('--keep', type=Path, help='folder to keep the dances in')
    a = p.parse_args()
    net,kw = load_dancer(a.weights), {} if a.guidance is None else dict(guidance=a.guidance)
    songs = find_songs(a.songs)
    dances,beats,rows,join,names = [],[],[],[],[]
    for f in songs:
        for seed in range(a.seeds):
            t0 = time.perf_counter()
            m = generate(f, seconds=a.seconds, seed=seed, steps=a.steps, net=net, **kw)
            b = Beats.from_dict(m.meta['beats'])
            if len(b.beat_times)<4: continue
            dances.append(m); beats.append(b.beat_times); rows.append(body_report(m)); join.append(seams(m, net.c.window)); names.append(f.stem)
            s = beat_alignment(m, b.beat_times)
            print(f'{f.stem:24s} seed {seed}  {b.tempo_bpm:6.1f} bpm  score {s["score"]:+.3f} (raw {s["raw"]:.3f}, chance {s["chance"]:.3f})  speed {rows[-1]["speed_m_s"]:.2f} m/s  {time.perf_counter()-t0:.1f} s', flush=True)
            if a.keep: m.save(a.keep/f'{f.stem}-{seed}.npz')
    print(f'\n{len(dances)} dances, guidance {kw.get("guidance", "default")}, steps {a.steps}')
    h = hears(dances, beats)
    for k in ('raw','chance','score','gap'): print('%-8s %+.3f  [%+.3f, %+.3f]'%(k, *h[k]))
    print(f'p        {h["p"]:.4f}')
    print('\nbody            mean      max      min')
    for k,v in body_table(rows).items(): print(f'{k:16s} {v[0]:8.4f} {v[1]:8.4f} {v[2]:8.4f}')
    print(f'\nwindow joins: acceleration / median elsewhere {np.nanmean([j[0] for j in join]):.2f}; share at or below the 99th percentile elsewhere {np.nanmean([j[1] for j in join]):.3f}')
    if a.lengths:
        y,sr = load_audio(songs[0])
        with tempfile.TemporaryDirectory() as d:
            for sec in (1, 7.3, 59, 600):
                m = generate(write_audio(np.resize(y, int(sec*sr)), sr, Path(d)/'s.wav'), net=net, steps=a.steps)
                print(f'{sec} s: {len(m)} frames, expected {round(sec*30)}; root within {np.abs(m.root[...,:2]).max():.2f} m of the middle; joins {seams(m, net.c.window)}')
    if a.reference:
        from audio2pose.retarget import read_aist
        real = [read_aist(f) for f in sorted(a.reference.glob('*.npz'))]
        s = [beat_alignment(m, np.arange(0, m.duration, 60/m.meta['bpm'])) for m in real]
        print(f'\ncaptured AIST++, {len(real)} clips')
        for k in ('raw','chance','score'): print(f'{k:8s} {"%+.3f  [%+.3f, %+.3f]"%bootstrap([x[k] for x in s])}')
        for k,v in body_table([body_report(m) for m in real]).items(): print(f'{k:16s} {v[0]:8.4f} {v[1]:8.4f} {v[2]:8.4f}')

if __name__=='__main__': main()
