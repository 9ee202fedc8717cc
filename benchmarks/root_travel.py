"""How well `feet.travel` recovers a way across the floor that is known: python benchmarks/root_travel.py DATA

DATA holds `cmu_salsa` and `g1_moves`, whose dancers' paths were captured; they are hidden, as AIST++ on game characters hides them.
References: standing still, and trusting whichever foot point is lowest.
"""
import argparse
from pathlib import Path
import numpy as np
from audio2pose import retarget
from audio2pose.feet import ANKLES,CLEARANCE,TOES,ground,smooth,travel
from audio2pose.metrics import body_report
from audio2pose.motion import Motion

FPS = 30.

def captured(read, path):
    "A clip with its captured path, neither grounded nor locked."
    def keep(rot, fps, way=None, out_fps=FPS, **meta):
        root = np.zeros((len(rot),1,3), np.float32)
        root[:,0,:2] = way
        return Motion.from_rotations(rot[:,None], root, fps, **meta).resample(out_fps)
    settle,retarget.settle = retarget.settle,keep
    try: return read(path)
    finally: retarget.settle = settle

def lowest(pts):
    "Velocity (T, 2) of a root whose lowest foot point stands."
    j = np.r_[ANKLES,TOES]
    v = np.gradient(pts[:,j,:2]-pts[:,:1,:2], axis=0)*FPS
    return -v[np.arange(len(pts)),(pts[:,j,2]-CLEARANCE[j]).argmin(1)]

def errors(u, true):
    "Root mean square error of a velocity, cm/s: of all of it, and below about 1 Hz."
    rms = lambda e: 100*np.sqrt((e**2).sum(-1).mean())
    return rms(u-true),rms(smooth(u-true, .2*FPS))

def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument('data', type=Path)
    d = ap.parse_args().data
    for name,read,files in (('CMU salsa', retarget.read_cmu, sorted(d.glob('cmu_salsa/6*.bvh'))), ('G1 Moves', retarget.read_g1, sorted(d.glob('g1_moves/*.npz')))):
        if not files: raise SystemExit(f'{d}: no {name} in it')
        rows,settled = [],[]
        for f in files:
            m = captured(read, f)
            pts = m.positions[:,0].astype(np.float64)
            true = np.gradient(smooth(pts[:,0,:2], .05*FPS), axis=0)*FPS
            pts = pts+ground(pts, FPS)[:,None,None]*[0,0,1]
            ours = np.gradient(travel(pts, FPS).astype(np.float64), axis=0)*FPS
            rows.append([errors(u, true) for u in (0*true, lowest(pts), ours)])
            settled.append(body_report(read(f)))
        still,low,ours = np.mean(rows, 0)
        print(f'{name}, {len(files)} clips: velocity of the root, cm/s wrong (below 1 Hz)')
        for k,(a,b) in (('standing still', still), ('the lowest foot point stands', low), ('travel', ours)): print(f'  {k:30s} {a:6.1f} ({b:.1f})')
        print('  once settled: ' + ', '.join(f'{k} {np.nanmean([r[k] for r in settled]):.2f}' for k in ('slide_cm_s','float_cm','accel_m_s2')), flush=True)

if __name__=='__main__': main()
