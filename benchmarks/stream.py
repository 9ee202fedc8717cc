"""Can it dance live? Real songs in blocks of half a second: share of real time, latency, beats, and the dance beside the offline one.

    python benchmarks/stream.py FOLDER_OF_SONGS [--seconds 60] [--seed 0] [--steps 6] [--guidance G] [--live] [--threads 1] [--weights W] [--made 10]

Share of real time: seconds of computing for a second of sound, as wall clock and as processor time of all threads (which other
programs on the machine disturb less). Latency of a frame: from the moment of its sound to the handing out of the frame, computing
included; with --live the script really waits for the sound, without it the concert's clock is reckoned from processor times.
Beats: F1 at 70 ms after the first 5 s, and the share danced between two beats, against the offline tracker's of the
whole song (whose own choices are not the truth, and may be others in a part of the song), and, in made songs, against the true beats,
also where the tempo changes.
Beat score: see `audio2pose.metrics.beat_alignment`; chance from circular shifts.
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
from audio2pose.stream import HOP,LATELY,Dancer,Ear,Pulse
from songs import find_songs

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
    j = np.arange(HOP, len(m)-2, HOP)
    at = np.unique(np.r_[j-2, j-1, j])
    return acc[at],np.delete(acc, at)

def follow(y):
    "The pulse of a sound, and the features heard at each frame."
    ear,p,feats,given = Ear(),Pulse(),[],0
    ear.feed(y, SR)
    while ear.take():
        p.hear(ear.y, ear.start/FPS, given/FPS, given/FPS+3)
        start = max(ear.start, given-LATELY)
        T,skip = given+HOP-start,start-ear.start
        heard = ear.ahead(T+skip+6, 60/p.bpm*p.per if p.bpm else 2.)[skip*SR//int(FPS):]
        feats.append(music_features(heard, SR, p.beats(start/FPS, given/FPS+3), FPS, T)[-HOP:])
        given += HOP
    return p,np.concatenate(feats)

def likeness(x, f):
    "Correlation of groups of causal features with the offline ones, after 5 s."
    x,f = x[150:],f[150:len(x)]
    c = [np.corrcoef(a, b)[0,1] if a.std()>0 and b.std()>0 else np.nan for a,b in zip(x.T, f.T)]
    names = dict(mfcc=range(20), chroma=range(20, 32), **{k:[FEATURES.index(k)] for k in ('onset','beat','beat_cos','bar_cos','loudness')})
    return {k:np.nanmean([c[i] for i in v]) for k,v in names.items()}

def late(beats, t, a=5., b=np.inf): return f_measure(beats[(beats>a)&(beats<b)], t[(t>a)&(t<b)])

def between(beats, t):
    "Share of beats danced, after 5 s, that lie between two beats."
    t = t[(t>max(5, beats[0]))&(t<beats[-1])]
    k = np.searchsorted(beats, t, 'right')-1
    x = (t-beats[k])/(beats[k+1]-beats[k])
    return ((x>.3)&(x<.7)).mean()

CHANGES = {'120 to 90':(120,90), '90 to 120':(90,120), '120 to 150':(120,150), '150 to 120':(150,120), '100 to 124':(100,124), '120 slowing to 100':None}

def change(pair, seed, style, seconds=45.):
    "A made song that goes from `a` to `b` bpm at 20 s, or slows down from 10 s to 30 s: F1 after it causal and offline, s until F1 in 4 s stays over .75."
    beats = [0.]
    bpm = (lambda t: np.interp(t, [10,30], [120,100])) if pair is None else lambda t: pair[t>=20]
    while beats[-1]<seconds: beats.append(beats[-1]+60/bpm(beats[-1]))
    beats,at = np.array(beats),10 if pair is None else 20
    y,_ = make_song(beats, seconds, np.random.default_rng(seed), style=style, variant='full')
    t,off = follow(y)[0].times,track_beats(y, SR).beat_times
    good = [late(beats, t, a, a+4)>.75 for a in np.arange(at, seconds-4, .5)]
    return late(beats, t, at, seconds),late(beats, off, at, seconds),.5*max([0, *1+np.flatnonzero(~np.array(good))])

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('songs', type=Path)
    p.add_argument('--seconds', type=float, default=60)
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--steps', type=int, default=6)
    p.add_argument('--guidance', type=float)
    p.add_argument('--live', action='store_true', help='play in real time')
    p.add_argument('--threads', type=int, default=1, help='of the network; with two, a core busy elsewhere is waited for')
    p.add_argument('--genre', default='house')
    p.add_argument('--weights')
    p.add_argument('--made', type=int, default=10, help='how many made songs to follow')
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    net,kw = load_dancer(a.weights),dict(seed=a.seed, genre=a.genre, guidance=a.guidance)
    songs = find_songs(a.songs)
    track_beats(np.random.default_rng(0).normal(size=3*SR).astype(np.float32), SR)      # compiled once, on disk
    rows = []
    for f in songs:
        y,sr = load_audio(f, seconds=a.seconds)
        d = Dancer(net=net, steps=a.steps, **kw)
        m,wall,cpu,wait,gaps = concert(d, y, sr, a.live)
        assert len(m)==round(len(y)/sr*FPS), (len(m), len(y)/sr)
        whole,off,o = track_beats(load_audio(f)[0], sr).beat_times,track_beats(y, sr),generate(f, seconds=a.seconds, net=net, **kw)
        t,(here,rest) = d.pulse.times[d.pulse.times<len(y)/sr],joins(m)
        r = dict(share=sum(wall)/(len(y)/sr), cpu=sum(cpu)/(len(y)/sr), wait=np.median(wait), wait99=np.quantile(wait, .99), worst=wait.max(), gap=gaps.max(),
            f1=late(whole, t, 5, len(y)/sr), between=between(whole, t))
        for k,x in (('live', m), ('offline', o)):
            b,s = body_report(x),beat_alignment(x, off.beat_times)
            r |= {f'{k} score':s['score'], f'{k} chance':s['chance'], f'{k} slide':b['slide_cm_s'], f'{k} speed':b['speed_m_s'], f'{k} freeze':b['freeze']}
        r |= dict(join99=np.quantile(here, .99), rest99=np.quantile(rest, .99), offline99=np.quantile(np.concatenate(joins(o)), .99))
        r['reach'] = np.linalg.norm(m.root[:,0,:2], axis=-1).max()
        r |= likeness(follow(y)[1], music_features(y, sr, off, FPS))
        rows.append(r)
        print(f'{f.stem:20s} {off.tempo_bpm:5.1f} bpm, followed {d.pulse.bpm:5.1f}, F1 {r["f1"]:.2f}, between {r["between"]:.2f}  '
              f'share {r["share"]:.2f} (processor {r["cpu"]:.2f})  wait {r["wait"]:.2f} s, 99 % {r["wait99"]:.2f}, worst {r["worst"]:.2f}  '
              f'gap {r["gap"]:.2f} s  score {r["live score"]:+.3f}, offline {r["offline score"]:+.3f}', flush=True)
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
    for name,pair in CHANGES.items() if a.made else ():
        r = np.array([change(pair, s, style) for s,style in enumerate(('house','waack','la hip-hop'))])
        print('{}: F1 after it {:.2f}, offline {:.2f}, there again after {} s'.format(name, *r[:,:2].mean(0), r[:,2].tolist()), flush=True)

if __name__=='__main__': main()
