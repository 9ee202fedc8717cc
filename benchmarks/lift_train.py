"""Train the shipped lifter, or its rival P-STMO-S, on the same dances with the same processor time.

    OMP_NUM_THREADS=1 python benchmarks/lift_train.py lifter --data FOLDER --out runs/lifter [--minutes 50]
    OMP_NUM_THREADS=1 python benchmarks/lift_train.py pstmo --data FOLDER --out runs/rival [--minutes 50]

FOLDER holds aistpp, g1_moves and cmu_salsa, any of them. Kept from both: one choreography in ten (`corpus.held_out`) and three
salsa couples. The rival gets P-STMO's own recipe: stage one for a sixth of the time, then stage two with the learning rate
lowered twice; 81 frames, the authors' choice for the smaller of their datasets, because 243 would allow a third as many steps; batches of 32
for the same reason. Both see random bodies, cameras and detector errors from `audio2pose.projection`.
"""
import argparse, time
from pathlib import Path

SALSA = 'salsa-04', 'salsa-08', 'salsa-12'

def split(folder):
    "Dances to learn from, dances kept"
    from audio2pose.corpus import held_out, read_dances
    ms = read_dances(folder)
    kept = [held_out(m.meta['choreography']) or m.meta['choreography'] in SALSA for m in ms]
    return [m for m, k in zip(ms, kept) if not k], [m for m, k in zip(ms, kept) if k]

def train_pstmo(learn, out, minutes):
    from audio2pose.projection import project_clips
    from audio2pose.pstmo_training import finetune, pretrain
    clips, kw = project_clips(learn, cameras=8, seed=0), dict(frames=81, layers=3, batch=32, tds=1, quiet=True)
    last = pretrain(clips, out/'stage1', cpu_minutes=minutes/6, lr=3e-4, **kw)
    how = dict(pretrained=last)
    for i, (share, lr) in enumerate(((.5, 7e-4), (.2, 3e-4), (2/15, 1e-4))):
        last = finetune(clips, out/f'stage2{"abc"[i]}', cpu_minutes=share*minutes, lr=lr, seed=i, **how, **kw)
        print(last, f'{time.process_time()/60:.1f} CPU-minutes', flush=True)
        how = dict(start=last)
    return last

if __name__ == '__main__':
    ap = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    ap.add_argument('which', choices=('lifter', 'pstmo'))
    ap.add_argument('--data', required=True)
    ap.add_argument('--out', type=Path, required=True)
    ap.add_argument('--minutes', type=float, default=50, help='of processor time')
    ap.add_argument('--resume', action='store_true', help='lifter only: go on from the last checkpoint')
    a = ap.parse_args()
    learn, kept = split(a.data)
    print(f'{len(learn)} clips, {sum(map(len, learn))/30/60:.1f} minutes; kept {len(kept)}, {sum(map(len, kept))/30/60:.1f}', flush=True)
    if a.which == 'pstmo': print(train_pstmo(learn, a.out, a.minutes))
    else:
        from audio2pose.lifter_training import train_lifter
        print(train_lifter(learn, a.out, kept, cpu_minutes=a.minutes, resume=a.resume))
