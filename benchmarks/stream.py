"""Can it dance live? Real songs in blocks of half a second: share of real time, latency, beats, and the dance beside the offline one.

    python benchmarks/stream.py FOLDER_OF_SONGS [--seconds 60] [--seed 0] [--steps 4] [--guidance 2] [--live] [--threads 2] [--weights W] [--made 10]

Share of real time: seconds of computing for a second of sound, as wall clock and as processor time of all threads (which other
programs on the machine disturb less). Latency of a frame: from the moment of its sound to the handing out of the frame, computing
included; with --live the script really waits for the sound, without it the concert's clock is reckoned from processor times.
Beats: F1 at 70 ms after the first 5 s against the offline tracker's (whose own choices are not the truth), and, in made songs,
against the true beats. Beat score: see `audio2pose.metrics.beat_alignment`; chance from circular shifts.
"""
import argparse,time
from pathlib import Path
import numpy as np,torch
from mir_eval.beat import f_measure
from audio2pose.audio import load_audio
from audio2pose.band import make_song
from audio2pose.beats import FEATURES,SR,music_features,track_beats
from audio2pose.generate import generate
from audio2pose.metrics import beat_alignment,body_report
from audio2pose.model import FPS,load_dancer
from audio2pose.motion import concat
from audio2pose.stream import HOP,LAG,Dancer,Ear,Pulse

SOUNDS = {'.wav','.mp3','.flac','.ogg','.m4a'}

def concert(d, y, sr, live):
    "Dance, seconds of computing for each block (wall and processor), wait of each frame (s), time between chunks (s)."
    chunks,wall,cpu,out,n,clock,t0 = [],[],[],[],sr//2,0.,time.perf_counter()
    blocks = [y[i:i+n] for i in range(0, len(y), n)]
    for k,b in enumerate([*blocks, None]):
        due = min((k+1)*n, len(y))/sr                                                  # when the last sample of the block sounds
        if live: time.sleep(max(0, due-(time.perf_counter()-t0)))
        a,c = time.perf_counter(),time.process_time()
        m = d.finish() if b is None else d.feed(b, sr)
        wall.append(time.perf_counter()-a)
        cpu.append(time.process_time()-c)
        clock = time.perf_counter()-t0 if live else max(clock, due)+cpu[-1]
        if len(m): chunks.append(m); out.append((clock, len(m)))
    m = concat(*chunks)
    at = np.repeat([t for t,_ in out], [k for _,k in out])
    return m,wall,cpu,at-np.arange(len(m))/FPS,np.diff([t for t,_ in out])

def joins(m):
    "Acceleration (m/s^2, mean of joints) within a frame of where chunks meet, and elsewhere."
    acc = np.linalg.norm(np.diff(m.positions[:,0], 2, axis=0), axis=-1).mean(-1)*FPS**2
    j = np.arange(HOP-LAG, len(m)-2, HOP)
    at = np.unique(np.r_[j-2, j-1, j])
    return acc[at],np.delete(acc, at)

def follow(y):
    "The pulse of a sound, and the features heard at each frame."
    ear,p,feats,given,tempo = Ear(),Pulse(),[],0,[]
    ear.feed(y, SR)
    while ear.take():
        n = ear.steps*HOP-LAG-given
        p.hear(ear.y, ear.start/FPS, given/FPS, given/FPS+3)
        T = given+n-ear.start
        f = music_features(ear.ahead(T+6, 60/p.bpm*p.per if p.bpm else 2.), SR, p.beats(ear.start/FPS, given/FPS+3), FPS, T)
        feats.append(f[-n:])
        tempo.append(p.bpm)
        given += n
    return p,np.concatenate(feats),np.array(tempo)

def likeness(x, f):
    "Correlation of groups of causal features with the offline ones, after 5 s."
    x,f = x[150:],f[150:len(x)]
    c = [np.corrcoef(a, b)[0,1] if a.std()>0 and b.std()>0 else np.nan for a,b in zip(x.T, f.T)]
    names = dict(mfcc=range(20), chroma=range(20, 32), **{k:[FEATURES.index(k)] for k in ('onset','beat','beat_cos','bar_cos','loudness')})
    return {k:np.nanmean([c[i] for i in v]) for k,v in names.items()}

def late(beats, t): return f_measure(beats[beats>5], t[t>5])

def change(a, b, seconds=45.):
    "A made song that goes from `a` to `b` bpm at 20 s: F1 causal and offline, seconds until every beat is there again."
    beats = np.r_[t := np.arange(0, 20, 60/a), t[-1]+60/b*np.arange(1, int((seconds-t[-1])*b/60))]
    y,_ = make_song(beats, seconds, np.random.default_rng(round(a)), style='house')
    p = follow(y)[0]
    t,off = p.times[p.times<seconds],track_beats(y, SR).beat_times
    miss = np.abs(beats[:,None]-t).min(1)>.07
    return late(beats, t),late(beats, off),max([0., *beats[miss&(beats>20)&(beats<seconds-1)]-20])

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('songs', type=Path)
    p.add_argument('--seconds', type=float, default=60)
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--steps', type=int, default=4)
    p.add_argument('--guidance', type=float, default=2.)
    p.add_argument('--live', action='store_true', help='play in real time')
    p.add_argument('--threads', type=int, default=2)
    p.add_argument('--genre', default='house')
    p.add_argument('--weights')
    p.add_argument('--made', type=int, default=10, help='how many made songs to follow')
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    net,kw = load_dancer(a.weights),dict(seed=a.seed, genre=a.genre, guidance=a.guidance)
    songs = sorted(f for f in a.songs.rglob('*') if f.suffix.lower() in SOUNDS)
    if not songs: raise SystemExit(f'{a.songs}: no songs in it')
    track_beats(np.random.default_rng(0).normal(size=3*SR).astype(np.float32), SR)      # compiled once, on disk
    rows = []
    for f in songs:
        y,sr = load_audio(f, seconds=a.seconds)
        d = Dancer(net=net, steps=a.steps, **kw)
        m,wall,cpu,wait,gaps = concert(d, y, sr, a.live)
        assert len(m)==round(len(y)/sr*FPS), (len(m), len(y)/sr)
        off,o = track_beats(y, sr),generate(f, seconds=a.seconds, net=net, **kw)
        t,(here,rest) = d.pulse.times[d.pulse.times<len(y)/sr],joins(m)
        r = dict(share=sum(wall)/(len(y)/sr), cpu=sum(cpu)/(len(y)/sr), wait=np.median(wait), worst=wait.max(), gap=gaps.max(), f1=late(off.beat_times, t))
        for k,x in (('live', m), ('offline', o)):
            b,s = body_report(x),beat_alignment(x, off.beat_times)
            r |= {f'{k} score':s['score'], f'{k} chance':s['chance'], f'{k} slide':b['slide_cm_s'], f'{k} speed':b['speed_m_s'], f'{k} freeze':b['freeze']}
        r |= dict(join99=np.quantile(here, .99), rest99=np.quantile(rest, .99), offline99=np.quantile(np.concatenate(joins(o)), .99))
        r['reach'] = np.linalg.norm(m.root[:,0,:2], axis=-1).max()
        r |= likeness(follow(y)[1], music_features(y, sr, off, FPS))
        rows.append(r)
        print(f'{f.stem:20s} {off.tempo_bpm:5.1f} bpm, followed {d.pulse.bpm:5.1f}, F1 {r["f1"]:.2f}  share {r["share"]:.2f} (processor {r["cpu"]:.2f})  '
              f'wait {r["wait"]:.2f} s, worst {r["worst"]:.2f}  gap {r["gap"]:.2f} s  score {r["live score"]:+.3f}, offline {r["offline score"]:+.3f}', flush=True)
    print('\nmean of songs')
    for k in rows[0]:
        v = [r[k] for r in rows]
        print(f'{k:16s} {np.nanmean(v):8.3f}   from {np.nanmin(v):.3f} to {np.nanmax(v):.3f}')
    made = []
    for s in range(a.made):
        rng = np.random.default_rng(100+s)
        y,song = make_song(float(rng.uniform(80, 150)), 30., rng)
        q = follow(y)[0]
        made.append([late(song.beat_times, q.times[q.times<30]), late(song.beat_times, track_beats(y, SR).beat_times)])
    if made: print('\n{} made songs of 30 s, F1 against the true beats: followed {:.2f}, offline {:.2f}'.format(a.made, *np.mean(made, 0)))
    for x,z in ((100,124), (120,90), (90,110)):
        print('{} to {} bpm at 20 s: F1 {:.2f}, offline {:.2f}, all beats there again after {:.1f} s'.format(x, z, *change(x, z)))

if __name__=='__main__': main()
