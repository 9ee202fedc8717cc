"""Is P-STMO's first stage worth its time? Stage two with and without it, on choreographies neither has seen.

    python benchmarks/lift_stages.py --data FOLDER --out FOLDER [--frames 27] [--batch 64] [--minutes 10] [--steps 480] [--width 256] [--seeds 1]

FOLDER of --data holds aistpp, cmu_salsa and g1_moves. A tenth of the choreographies, chosen by a hash of their name, is held out with all versions and is
used for nothing but the curves. Every dance is seen by two random cameras through a made-up detector with its usual errors. Stage one runs for --minutes of
processor time on the 2D of the training clips; stage two then makes --steps steps, once from stage one and once from nothing, with the same seed, hence
the same batches and the same weights where stage one gives none. Both start from the same rate, 7e-4, as published; neither is tuned.

--out gets lift_stages.json: error of the middle frame and of all frames on held-out windows against steps, the error of always answering the mean pose,
processor minutes, and the tables of the whole held-out clips.
"""
import argparse, csv, time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
import numpy as np
from audio2pose.corpus import held_out, read_dances
from audio2pose.data import read_json, write_json
from audio2pose.projection import project_clips
from audio2pose.pstmo import load_pstmo
from audio2pose.pstmo_training import evaluate, finetune, lift_target, pretrain

def clips_of(data, cameras=2):
    "Training and held-out clips"
    ms = read_dances(data)
    keep = [held_out(m.meta['choreography']) for m in ms]
    return (project_clips([m for m, k in zip(ms, keep) if k == h], cameras, seed=h) for h in (False, True))

def curve(out, *keys):
    "Rows [step, *keys] of a run's log"
    with open(out/'log'/'metrics.csv') as f: rows = [r for r in csv.DictReader(f) if r[keys[0]]]
    return [[int(r['step']) + 1, *(round(float(r[k]), 4) for k in keys)] for r in rows]

def arm(args):
    "One seed with or without stage one: what it cost and how the error fell; done before, it is read"
    a, seed, with_first = args
    out = a.out/f'{"two" if with_first else "one"}-{seed}'
    if (out/'arm.json').exists(): return read_json(out/'arm.json')
    train, held = clips_of(a.data)
    few = [replace(c, valid=np.arange(len(c))%4 == 0) for c in held]                     # with the stride, every twelfth frame
    kw = dict(frames=a.frames, layers=3, width=a.width, hidden=2*a.width, batch=a.batch, seed=seed, val=few, stride=3, quiet=True, resume=True)
    res, first, t = {}, None, time.process_time()
    if with_first:
        first = pretrain(train, out/'first', cpu_minutes=a.minutes, steps=100_000, every=200, **kw)
        res |= dict(first=curve(out/'first', 'val'), first_steps=read_json(out/'first'/'pretrain.json')['steps'], first_minutes=(time.process_time()-t)/60)
    t = time.process_time()
    net = load_pstmo(finetune(train, out/'second', first, steps=a.steps, every=a.every, **kw))
    res |= dict(curve=curve(out/'second', 'val', 'val_sequence'), minutes=(time.process_time()-t)/60)
    write_json(out/'arm.json', res | dict(whole_clips=evaluate(net, held, mode='sequence')['mean of actions']))
    return read_json(out/'arm.json')

def mean_pose(train, held):
    "MPJPE in mm of answering the mean training pose always"
    rel = lambda clips: np.concatenate([(p-p[:, :1])[::5] for p in (lift_target(c)[0] for c in clips)])
    return float(1e3*np.linalg.norm(rel(held)-rel(train).mean(0), axis=-1).mean())

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--data', type=Path, required=True)
    p.add_argument('--out', type=Path, required=True)
    p.add_argument('--frames', type=int, default=27)
    p.add_argument('--batch', type=int, default=64)
    p.add_argument('--minutes', type=float, default=10, help='of processor time for stage one')
    p.add_argument('--steps', type=int, default=480, help='of stage two')
    p.add_argument('--every', type=int, default=40, help='steps between two points of a curve')
    p.add_argument('--width', type=int, default=256, help='of the network; 256 is P-STMO-S')
    p.add_argument('--seeds', type=int, default=1)
    p.add_argument('--stages', type=int, nargs='+', default=[2, 1], help='2 with stage one, 1 without; what --out has already is not run again')
    p.add_argument('--jobs', type=int, default=2)
    a = p.parse_args()
    todo = [(a, s, w == 2) for s in range(a.seeds) for w in a.stages]
    with ProcessPoolExecutor(a.jobs) as pool: done = list(pool.map(arm, todo))
    train, held = clips_of(a.data)
    res = dict(vars(a), data=None, out=None, clips=(len(train), len(held)), mean_pose=mean_pose(train, held),
        runs=[dict(seed=s, stages=1+w, **r) for (_, s, w), r in zip(todo, done)])
    write_json(a.out/'lift_stages.json', res)
    print(f'{len(train)} clips to learn from, {len(held)} held out; always the mean pose: {res["mean_pose"]:.1f} mm')
    for r in res['runs']:
        print(f'seed {r["seed"]}, {r["stages"]} stage(s), {r["minutes"] + r.get("first_minutes", 0):.1f} min: MPJPE {r["whole_clips"]["mpjpe"]:.1f} mm')
        for n, one, seq in r['curve']: print(f'  {n:6d} steps  middle frame {one:6.1f} mm  all frames {seq:6.1f} mm')

if __name__ == '__main__': main()
