"""How well does dance cut from recorded motion fit a song, and what does it cost?

    python benchmarks/retrieval.py FOLDER SONGS [--seconds 60] [--seeds 2] [--genre house]

FOLDER holds the motion (aistpp, g1_moves, cmu_salsa, or files of your own), SONGS the music. A row a song: how much nearer to the
beat it stops than chance, the same with beats half a beat off, foot slide, speed, acceleration at the joins (95 % of frames) beside
elsewhere (99 %), mean and longest seconds between jumps, rank correlation of the dance's speed with the loudness wanted, and processor seconds of choosing
and playing per second of song. The last rows: all dances with a 95 % interval, and the clips themselves with their own beats where those are known.
"""
import argparse,time,warnings
from pathlib import Path
import numpy as np
from audio2pose import retrieval as R
from audio2pose.audio import load_audio
from audio2pose.beats import music_features,track_beats
from audio2pose.corpus import true_beats
from audio2pose.generate import face_front,stand
from audio2pose.metrics import beat_alignment,body_report,bootstrap,hears
from audio2pose.model import LAYOUT,decode
from songs import find_songs

COLUMNS = 'score raw chance off_beat slide_cm_s skate_cm_s speed_m_s freeze accel joins elsewhere piece_s longest lively cpu_s_s'.split()

def acceleration(m): return np.linalg.norm(np.diff(m.positions[:,0], 2, axis=0), axis=-1).mean(1)*m.fps**2

def figures(m, beat_times):
    "What is measured of any dance."
    s,r = beat_alignment(m, beat_times),body_report(m)
    off = np.asarray(beat_times)[:-1]+np.diff(beat_times)/2
    body = {k:r[k] for k in ('slide_cm_s','skate_cm_s','speed_m_s','freeze')}
    return {k:s[k] for k in ('score','raw','chance')}|dict(off_beat=beat_alignment(m, off)['score'])|body

def dance(music, beats, bank, genre, seed):
    "A dance on its feet, and what is measured of it."
    from scipy.stats import spearmanr
    t0 = time.process_time()
    x = R.retrieve(music, beats, bank, genre, seed)
    cost = (time.process_time()-t0)/len(music)*30
    t,bar = R.pulse(beats, len(music)/30)
    near,level = R._neighbours(bank, genre),R._level(music, t)
    y,joins = R._assemble(bank, near, R._choose(bank, near, t, bar, level, seed), t, len(music))
    assert np.array_equal(x, y)
    x = face_front(x)
    m = stand(decode(x), x[:,LAYOUT['feet']])
    acc = acceleration(m)
    at = np.unique(np.clip(joins[:,None]+np.arange(-1, 9), 0, len(acc)-1))
    speed = np.linalg.norm(np.diff(m.positions[:,0], axis=0), axis=-1).mean(1)*30
    slot = np.array([s.mean() for s in np.split(speed, np.clip((t[1:-1]*30).astype(int), 1, len(speed)-1)) if len(s)])
    return m,figures(m, beats.beat_times)|dict(accel=acc.mean(), joins=np.quantile(acc[at], .95), elsewhere=np.quantile(np.delete(acc, at), .99),
        piece_s=m.duration/(len(joins)+1), longest=np.diff(np.r_[0, joins, len(m)]).max()/30, lively=spearmanr(slot, level[:len(slot)])[0], cpu_s_s=cost)

def row(name, f): print(f'{name[:24]:24s}'+''.join(f'{f.get(k, np.nan):11.3f}' for k in COLUMNS), flush=True)

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('folder')
    p.add_argument('songs')
    p.add_argument('--seconds', type=float, default=60)
    p.add_argument('--seeds', type=int, default=2)
    p.add_argument('--genre')
    a = p.parse_args()
    t0 = time.perf_counter()
    bank = R.read_bank(a.folder)
    print(f'{bank}\nread in {time.perf_counter()-t0:.1f} s', flush=True)
    t0 = time.perf_counter()
    R._neighbours(bank, a.genre)
    print(f'neighbours in {time.perf_counter()-t0:.1f} s, once a bank\n{"":24s}'+''.join(f'{c[:10]:>11s}' for c in COLUMNS))
    dances,times,rows = [],[],[]
    for f in find_songs(a.songs):
        y,sr = load_audio(f, seconds=a.seconds)
        beats = track_beats(y, sr)
        music = music_features(y, sr, beats, 30, round(len(y)/sr*30))
        for seed in range(a.seeds):
            m,r = dance(music, beats, bank, a.genre, seed)
            row(f'{f.stem[:20]} {seed}', r)
            dances.append(m)
            times.append(beats.beat_times)
            rows.append(r)
    means = {k:bootstrap([r[k] for r in rows]) for k in COLUMNS}
    row('all: mean', {k:v[0] for k,v in means.items()})
    row('     low', {k:v[1] for k,v in means.items()})
    row('     high', {k:v[2] for k,v in means.items()})
    print('score above other songs\': %.3f [%.3f, %.3f]' % hears(dances, times)['gap'])
    truth = []
    for m in R._read_clips(folder := Path(a.folder).resolve(), R._motion_files(folder)):
        if m.meta.get('bpm') and m.meta.get('tempo_guess') is None:
            truth.append(figures(m, true_beats(m.meta['bpm'], m.meta['first_beat'], m.duration).beat_times)|dict(accel=acceleration(m).mean()))
    if truth: row(f'{len(truth)} clips themselves', {k:np.mean([t[k] for t in truth]) for k in truth[0]})

if __name__=='__main__':
    warnings.simplefilter('ignore')
    main()
