"""The table of the model card: captured dance, retrieval, and one or more networks, on the same songs, measured the same way.

    python benchmarks/dance_table.py DATA SONGS... [--weights NAME=FILE ...] [--seconds 20] [--dances 40] [--networks-only] [--keep FOLDER]

DATA holds aistpp, g1_moves and cmu_salsa; SONGS are files or folders. Each song gets as many seeds as it takes to make the dances. Captured dance is AIST++
alone, cut into pieces of five seconds like everything it is compared with; its beats are its own tempo and phase, and what it is nearest to is sought
in all other choreographies. Intervals are 95 % bootstrap over dances."""
import argparse, time, warnings
from pathlib import Path
import numpy as np
from audio2pose.audio import load_audio
from audio2pose.beats import Beats, track_beats
from audio2pose.corpus import held_out, read_dances, true_beats
from audio2pose.distances import diversity, fid, nearest
from audio2pose.features import describe
from audio2pose.generate import generate
from audio2pose.metrics import body_report, bootstrap, hears
from audio2pose.model import load_dancer
from audio2pose.retrieval import make_bank
from songs import find_songs

PIECE = 5.

def pieces(m): # of five seconds
    n = round(PIECE*m.fps)
    return [m[i:i+n] for i in range(0, len(m)-n+1, n)]

def interval(t, digits=2): return f'{t[0]:.{digits}f} [{t[1]:.{digits}f}, {t[2]:.{digits}f}]'

def apart(dances, names, clips):
    "How far (cm) each captured dance is from the clips of all other choreographies, held out in turn."
    got = []
    for c in dict.fromkeys(names):
        rest = [m for m in clips if m.meta['choreography'] != c]
        got += [np.median(d) for d in nearest([m for m, n in zip(dances, names) if n == c], rest)]
    return got

def measure(dances, beats, names, truth, training, cost=None):
    "One column of the table. `names` say which dances belong together: a song, or a choreography."
    cut = [pieces(m) for m in dances]
    x, of = describe([p for c in cut for p in c]), [n for n, c in zip(names, cut) for _ in c]
    col, body = {}, [body_report(m) for m in dances]
    h = hears(dances, beats)
    col['beat score, 0 is chance'] = interval(h['score'], 3)
    col['own song minus wrong songs'] = interval(h['gap'], 3)
    col['p of the beat score'] = f'{h["p"]:.4f}'
    for k in ('kinetic', 'geometric'):
        if dances is not truth['dances']:
            f = fid(x[k], truth[k], truth['of'])
            col[f'FID {k}'] = f'{interval(f["fid"], 1)}, {f["ratio"]:.2f} of the floor'
        else: col[f'FID {k}'] = 'floor '+interval(fid(x[k], x[k], of)['floor'], 1)
        col[f'diversity {k}'] = interval(diversity(x[k], truth[k]))
        col[f'diversity {k}, same song'] = interval(diversity(x[k], truth[k], of))
    for k, label, digits in (('slide_cm_s', 'foot slide, cm/s', 2), ('float_cm', 'float, cm', 3), ('sink_cm', 'sink, cm', 3), ('freeze', 'freeze, share', 4),
            ('speed_m_s', 'joint speed, m/s', 2), ('accel_m_s2', 'acceleration, m/s2', 1), ('jerk_m_s3', 'jerk, m/s3', 0)):
        v = [r[k] for r in body if k in r and np.isfinite(r[k])]
        if v: col[label] = interval(bootstrap(v), digits)
    if training: col['nearest in training, cm'] = interval(bootstrap([np.median(d) for d in nearest(dances, training)], of=np.median), 1)
    else: col['nearest in training, cm'] = interval(bootstrap(apart(dances, names, truth['clips']), of=np.median), 1)
    if cost is not None: col['computing, s for 1 s of dance'] = f'{cost:.3f}'
    return col

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('data', type=Path)
    p.add_argument('songs', type=Path, nargs='+')
    p.add_argument('--weights', nargs='*', default=[], metavar='NAME=FILE', help='networks beside the shipped one')
    p.add_argument('--seconds', type=float, default=20)
    p.add_argument('--dances', type=int, default=40)
    p.add_argument('--networks-only', action='store_true', help='leave retrieval out')
    p.add_argument('--keep', type=Path, help='folder to keep the dances in')
    a = p.parse_args()
    warnings.simplefilter('ignore')
    clips = read_dances(a.data)
    real = [m for m in clips if m.meta['genre'] not in ('free', 'salsa')]
    kept = [m for m in real if held_out(m.meta['choreography'])]
    training = [m for m in clips if not held_out(m.meta['choreography'])]
    cut = [(q, m.meta['choreography']) for m in real for q in pieces(m)]
    truth = describe([q for q, _ in cut]) | dict(of=[c for _, c in cut], dances=real, clips=clips)
    beats_of = lambda ms: [true_beats(m.meta['bpm'], m.meta['first_beat'], m.duration).beat_times for m in ms]
    table = {'captured': measure(real, beats_of(real), [m.meta['choreography'] for m in real], truth, None)}
    table['held out'] = measure(kept, beats_of(kept), [m.meta['choreography'] for m in kept], truth, training)
    songs = find_songs(*a.songs)
    todo = [(songs[i%len(songs)], i//len(songs)) for i in range(a.dances)]
    mix = np.random.default_rng(5).choice([m.meta['genre'] for m in real], len(todo))         # genres as often as in the captured dances
    beats = {f: track_beats(*load_audio(f, seconds=a.seconds)) for f in songs}
    nets = {n: load_dancer(w or None) for n, w in (w.split('=') for w in [*a.weights, 'this model='])}
    ways = {} if a.networks_only else {'retrieval': dict(method='retrieval', bank=make_bank(training))}
    ways |= {n: dict(net=net) for n, net in nets.items()}
    for name, how in ways.items():
        made, cost = [], []
        for (f, seed), genre in zip(todo, mix):
            t0 = time.process_time()
            made.append(generate(f, seconds=a.seconds, seed=seed, genre=str(genre), **how))
            cost.append((time.process_time()-t0)/made[-1].duration)
            if a.keep: made[-1].save(a.keep/name.replace(' ', '-')/f'{f.stem}-{seed}.npz')
        table[name] = measure(made, [beats[f].beat_times for f, _ in todo], [f.stem for f, _ in todo], truth, training, float(np.median(cost)))
        print(name, table[name], flush=True)
    print('\n|  | '+' | '.join(table)+' |\n|'+'---|'*(len(table)+1))
    for k in table['this model']: print(f'| {k} | '+' | '.join(c.get(k, '') for c in table.values())+' |')

if __name__ == '__main__': main()
