"""The shipped lifter against P-STMO-S trained on the same dances for the same processor time (`lift_train.py pstmo`), on dances, bodies and cameras
neither has seen, and under two detectors: that of `audio2pose.projection` (training's own, new draws) and that of `audio2pose.simulate` (another program).

    OMP_NUM_THREADS=1 python benchmarks/lift_accuracy.py --data FOLDER [--pstmo runs/rival/stage2c/pstmo.safetensors] [--lifter FILE] [--cameras 2]

Errors are over 14 joints both know (pelvis, neck, hips, knees, ankles, shoulders, elbows, wrists) relative to the pelvis; 95 % intervals by bootstrap over clips;
differences paired by clip. Films of 15 and 10 frames a second, and dances played twice as fast, with and without `pace`. Chance: the mean pose of the kept dances, turned to face the camera as the truth does. Then robustness: 20 % of joints missing and 5 % of frames with left and right exchanged.
"""
import argparse
import numpy as np
from lift_train import split
from audio2pose.camera import make_view, to_camera
from audio2pose.lift_data import LiftClip, pose_to_h36m
from audio2pose.lifting import lift_poses, load_lifter
from audio2pose.motion import Motion
from audio2pose.pose_metrics import difference
from audio2pose.projection import Errors, project_clips
from audio2pose.simulate import simulate
from audio2pose.skeleton import H36M17, HALPE26, SMPL24

NAMES = [f'{s}_{j}' for j in ('hip', 'knee', 'ankle', 'shoulder', 'elbow', 'wrist') for s in ('left', 'right')]
IN_SMPL, IN_H36M = SMPL24.index('pelvis', 'neck', *NAMES), H36M17.index('pelvis', 'thorax', *NAMES)
IN_HALPE = HALPE26.index('mid_hip', 'neck', *NAMES)
NOISE = dict(missing=0, hidden=0, frames=0, swaps=0, coco=0)

def other_detector(kept, seed=5):
    "Clips as the detector of `simulate` sees one dancer"
    rng, out = np.random.default_rng(seed), []
    for i, m in enumerate(kept):
        mid, a = m.root.mean((0, 1)), rng.uniform(-np.pi, np.pi)
        at = mid+[rng.uniform(3, 7)*np.cos(a), rng.uniform(3, 7)*np.sin(a), rng.uniform(-.6, 1.2)]
        view = make_view(at, mid, (1280, 720), rng.uniform(.9, 1.4)*1280)
        det, truth = simulate(Motion(m.positions, m.fps, SMPL24), view, 'halpe26', seed=seed+i, extra=0, passers=0, mirror=0)
        kp = np.full((len(m), 26, 3), np.nan, np.float32)
        mine = truth.owner == 0
        kp[det.frame[mine]] = det.keypoints[mine]
        cam = to_camera(m.positions[:, 0], view)
        pose = np.full((len(m), 26, 3), np.nan, np.float32)
        pose[:, IN_HALPE] = cam[:, IN_SMPL]
        out.append(LiftClip(m.meta['source'], 'simulated', kp, pose, (1280, 720), m.fps, HALPE26))
    return out

def damage(clips, missing=.2, swapped=.05, seed=0):
    "The same clips with joints taken away and frames with left and right exchanged"
    rng, out = np.random.default_rng(seed), []
    for c in clips:
        kp = c.keypoints.copy()
        bad = rng.random(len(kp)) < swapped
        kp[bad] = kp[bad][:, HALPE26.mirror]
        kp[rng.random(kp.shape[:2]) < missing] = [np.nan, np.nan, 0]
        out.append(LiftClip(c.name, c.action, kp, c.pose, c.size, c.fps, c.skeleton, c.focal))
    return out

def faster(clips, step, fps):
    "Every `step`-th frame, said to be of a film of `fps`"
    return [LiftClip(c.name, c.action, c.keypoints[::step], c.pose[::step], c.size, fps, c.skeleton, c.focal) for c in clips]

def by_lifter(net, clips, slow=None):
    one = lambda c: lift_poses(c.keypoints[:, None], c.skeleton, c.size, c.fps, net, c.focal, slow)[:, 0, IN_SMPL]
    return [(c.name, c.action, one(c), c.pose[:, IN_HALPE], None) for c in clips]

def by_pstmo(net, clips, mode):
    from audio2pose.pstmo_training import predict
    return [(c.name, c.action, predict(net, c, mode, tds=1)[:, IN_H36M], c.pose[:, IN_HALPE], None) for c in clips]

def by_chance(clips):
    "The mean pose, turned about the vertical as the dancer stands"
    def turned(p):
        side = p[:, 2]-p[:, 3]
        a = np.arctan2(side[:, 2], side[:, 0])
        c, s, o = np.cos(a), np.sin(a), 0*a
        return np.stack([np.stack([c, o, s], -1), np.stack([o, o+1, o], -1), np.stack([-s, o, c], -1)], 1)
    rel = [c.pose[:, IN_HALPE]-c.pose[:, IN_HALPE[:1]] for c in clips]
    mean = np.nanmean(np.concatenate([np.einsum('tij,tkj->tki', turned(p), p) for p in rel]), 0)
    return [(c.name, c.action, np.einsum('tji,kj->tki', turned(p), mean), p, None) for c, p in zip(clips, rel)]

def show(title, ours, theirs):
    t = difference(ours, theirs, title)
    print(f'\n{title}: {len(ours)} clips, {sum(len(r[2]) for r in ours)} frames')
    for r in t.rows: print(f"  {r['who']:11}" + '  '.join(f"{k} {r[k]:6.2f} [{r[k+'_low']:.2f}, {r[k+'_high']:.2f}]" for k in ('mpjpe', 'p_mpjpe', 'n_mpjpe', 'velocity', 'accel')), flush=True)
    return t.rows

if __name__ == '__main__':
    ap = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    ap.add_argument('--data', required=True)
    ap.add_argument('--pstmo')
    ap.add_argument('--lifter')
    ap.add_argument('--cameras', type=int, default=2)
    a = ap.parse_args()
    _, kept = split(a.data)
    net = load_lifter(a.lifter)
    sets = {'projection': project_clips(kept, a.cameras, seed=99), 'simulate': other_detector(kept)}
    print('mm; mm/frame; mm/frame^2')
    for name, clips in sets.items():
        ours = by_lifter(net, clips)
        show(f'{name}: lifter (ours) and the mean pose (theirs)', ours, by_chance(clips))
        if a.pstmo:
            from audio2pose.pstmo import load_pstmo
            rival = load_pstmo(a.pstmo)
            for mode in ('many2one', 'sequence'): show(f'{name}: lifter (ours) and {rival.recognised}, {mode} (theirs)', ours, by_pstmo(rival, clips, mode))
    for what, step, fps in (('film of 15 frames/s', 2, 15.), ('film of 10 frames/s', 3, 10.), ('danced twice as fast', 2, 30.), ('danced three times as fast', 3, 30.)):
        clips = faster(sets['projection'], step, fps)
        show(f'{what}: with pace (ours) and without (theirs)', by_lifter(net, clips), by_lifter(net, clips, 1.))
    clean = project_clips(kept, a.cameras, seed=99, errors=Errors(**NOISE))
    rows = show('robustness: 20 % of joints missing and 5 % of frames exchanged (ours) and noise alone (theirs)', by_lifter(net, damage(clean)), by_lifter(net, clean))
    print(f'  MPJPE grows by {100*(rows[0]["mpjpe"]/rows[1]["mpjpe"]-1):.1f} %')
    if a.pstmo:
        rows = show('the same for P-STMO-S', by_pstmo(rival, damage(clean), 'sequence'), by_pstmo(rival, clean, 'sequence'))
        print(f'  MPJPE grows by {100*(rows[0]["mpjpe"]/rows[1]["mpjpe"]-1):.1f} %')
