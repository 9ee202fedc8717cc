"""Render music whose beats are known exactly, to measure beat trackers on.

Human drum takes of Groove MIDI (recorded to a click, so that beats lie at k*60/bpm) played by a small drum synthesiser, alone and with
a bass and chords; and programmed clips: clicks, hip-hop at the tempi of AIST++, a waltz, a tempo ramp, a tempo jump, a late start.

    python benchmarks/render_groove.py OUT --data FOLDER [--takes 60]

The recipe is fixed (takes, seeds, sounds), so that figures of different days can be compared."""
import argparse, json, random, zlib
from pathlib import Path
import mido, numpy as np, soundfile as sf

SR = 44100


# the drum kit: velocity v in 0..1 and a generator in, samples out
def decay(n, tau): return np.exp(-np.arange(n)/SR/tau)

def sweep(f): return np.sin(2*np.pi*np.cumsum(f)/SR)

def kick(v):
    t = np.arange(int(.35*SR))/SR
    return v*sweep(45 + 110*np.exp(-t/.03))*decay(len(t), .09)

def snare(v, rng):
    t = np.arange(int(.25*SR))/SR
    return v*(.6*rng.normal(size=len(t))*decay(len(t), .06) + .5*np.sin(2*np.pi*190*t)*decay(len(t), .05))

def hat(v, rng, tau=.03):
    n = int(max(.08, tau*5)*SR)
    return .35*v*np.diff(np.diff(rng.normal(size=n), prepend=0), prepend=0)*decay(n, tau)

def tom(v, f):
    t = np.arange(int(.3*SR))/SR
    return .8*v*sweep(f*(1 + .3*np.exp(-t/.05)))*decay(len(t), .1)

TOMS = {41: 80, 43: 95, 45: 115, 47: 135, 48: 155, 50: 180, 58: 90}
METAL = {**dict.fromkeys((42, 44, 22), (1, .03)), **dict.fromkeys((46, 26), (1, .18)), **dict.fromkeys((49, 52, 55, 57), (1.3, .6)),
         **dict.fromkeys((51, 53, 59), (.8, .25))} # note -> gain, decay (s)

def drum(note, v, rng):
    "The sound of a General MIDI drum note"
    if note in (35, 36): return kick(v)
    if note in (37, 38, 39, 40): return snare(v*(.5 if note == 37 else 1), rng)
    if note in METAL: return hat(METAL[note][0]*v, rng, METAL[note][1])
    return tom(v, TOMS.get(note, 120))


# the band
def add(y, s, t):
    i = int(round(t*SR))
    if i < len(y): y[i:i + len(s)] += s[:len(y) - i]

def tone(f, dur, amp, tau, harmonics=(1, .5, .25)):
    t = np.arange(int(dur*SR))/SR
    wave = sum(h*np.sin(2*np.pi*f*(k + 1)*t) for k, h in enumerate(harmonics))
    return amp*wave*decay(len(t), tau)*np.minimum(1, t/.005)

def band(y, beats, per_bar, rng):
    "Add a bass and a chord a bar to `y`, in place"
    steps,root = [rng.choice([0, 5, 7, 9, 3]) for _ in range(4)],55*2**(rng.integers(0, 6)/12)
    for k, b in enumerate(beats):
        bar,pos = divmod(k, per_bar)
        d,f = (beats[k + 1] - b if k + 1 < len(beats) else .5),root*2**(steps[bar%4]/12)
        if pos in (0, 2) or rng.random() < .3: add(y, tone(f, d*.9, .35, .25), b)
        if rng.random() < .5: add(y, tone(f*1.5 if rng.random() < .3 else f, d*.45, .25, .15), b + d/2)
        if pos == 0:
            for q in (1, 2**(4/12), 2**(7/12)): add(y, tone(2*f*q, d*per_bar, .06, 1.5, (1, .4, .2, .1)), b)

def finish(y): return (.9*y/np.max(np.abs(y) + 1e-9)).astype(np.float32)


# human takes
def read_takes(data, meter='4-4', shortest=20.):
    "Grooves of one meter and one tempo, at least `shortest` s long: list of (path, MidiFile, bpm)"
    out = []
    for f in sorted(str(f.relative_to(data)) for f in Path(data).glob(f'groove/**/*_beat_{meter}.mid')):
        m = mido.MidiFile(Path(data)/f)
        tempi = [x.tempo for t in m.tracks for x in t if x.type == 'set_tempo']
        if m.length >= shortest and len(tempi) == 1: out.append((f, m, 60e6/tempi[0]))
    return out

def benchmark_takes(takes, n=60):
    "Every hip-hop take and enough others, drawn with a fixed seed, to make `n`"
    hiphop,other = [x for x in takes if 'hiphop' in x[0]],[x for x in takes if 'hiphop' not in x[0]]
    random.Random(0).shuffle(other)
    return hiphop + other[:max(0, n - len(hiphop))]

def render_take(f, midi, bpm, longest=40., per_bar=4):
    "Name, drums alone, drums with band, beat times (s)"
    rng,dur = np.random.default_rng(zlib.crc32(Path(f).name.encode())),min(midi.length, longest)
    y,t,last = np.zeros(int((dur + .5)*SR)),0,0
    for msg in midi:
        t += msg.time
        if msg.type == 'note_on' and msg.velocity > 0 and t < dur:
            add(y, drum(msg.note, msg.velocity/127, rng), t)
            last = t
    beats,mix = np.arange(0, last + .05, 60/bpm),.8*y/np.abs(y).max()
    band(mix, beats, per_bar, rng)
    return '_'.join(Path(f).with_suffix('').parts[1:]),finish(y),finish(mix),beats


# programmed clips
def programmed(beats, per_bar=4, click=False):
    "A metronome, or a plain groove with band, on any beats"
    rng,y = np.random.default_rng(1),np.zeros(int((beats[-1] + 1)*SR))
    for k, b in enumerate(beats):
        d,pos = (beats[k + 1] - b if k + 1 < len(beats) else .5),k%per_bar
        if click:
            add(y, tone(1500 if pos == 0 else 1000, .03, .8, .01, (1,)), b)
            continue
        add(y, hat(.6, rng), b)
        add(y, hat(.4, rng), b + d/2)
        if pos == 0: add(y, kick(1), b)
        if pos in (1, 3): add(y, snare(.8, rng), b)
        if pos == 2: add(y, kick(.8), b + d/2)
    if not click: band(y, beats, per_bar, rng)
    return finish(y)

def programs():
    "Name, beat times (s), beats in a bar, is it a click"
    for bpm in range(80, 140, 10):
        yield f'hiphop_{bpm}',np.arange(.35, 40, 60/bpm),4,False
        yield f'click_{bpm}',np.arange(.35, 40, 60/bpm),4,True
        yield f'aist16beats_{bpm}',np.arange(0, 16*60/bpm - 1e-6, 60/bpm),4,False
    yield 'waltz_150',np.arange(.2, 40, .4),3,False
    yield 'ramp_90_130',.3 + np.r_[0, np.cumsum(np.linspace(60/90, 60/130, 75))],4,False
    yield 'jump_90_to_120',np.r_[np.arange(.3, 20, 60/90), 20.3 + np.arange(0, 20, .5)],4,False
    yield 'latestart10s_100',np.arange(10, 45, .6),4,False


def render(out, data, n=60):
    "Write every clip and `meta.json` (name, beats in s, beats in a bar, bpm, duration in s, MIDI file) to the folder `out`"
    out,meta = Path(out),[]
    out.mkdir(parents=True, exist_ok=True)
    def save(name, y, beats, per_bar=4, midi=None):
        sf.write(out/f'{name}.wav', y, SR)
        meta.append(dict(name=name, beats=[round(float(b), 5) for b in beats], per_bar=per_bar, bpm=60/float(np.median(np.diff(beats))),
                         dur=len(y)/SR, midi=midi))
    for f, midi, bpm in benchmark_takes(read_takes(data), n):
        name,drums,mix,beats = render_take(f, midi, bpm)
        save('groove_dr_'+name, drums, beats, midi=f)
        save('groove_mix_'+name, mix, beats, midi=f)
    for name, beats, per_bar, click in programs(): save('synth_'+name, programmed(beats, per_bar, click), beats, per_bar)
    (out/'meta.json').write_text(json.dumps(meta))
    return meta

if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('out')
    p.add_argument('--data', required=True)
    p.add_argument('--takes', type=int, default=60)
    a = p.parse_args()
    print(len(render(a.out, a.data, a.takes)), 'clips')
