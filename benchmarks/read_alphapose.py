"""How fast and in how much memory AlphaPose's JSON is read, beside `json.load` and Python loops.

    python benchmarks/read_alphapose.py [--minutes 10] [--fps 30] [--repeat 3] [--json OUT]

Writes clips of two people, HybrIK's 29 keypoints with 3D and Halpe-26 without, and reads each in fresh processes: seconds are the
processor time, the best of the repeats (the import not counted), MB the growth of the process's peak memory (VmHWM) above the
same process after its imports. The reference fills the same arrays in a loop over the records. Both must agree exactly."""
import argparse, json, subprocess, sys, tempfile
from pathlib import Path
import numpy as np

LIMITS = dict(faster=3., memory=1.5)
READ = '''
import hashlib,json,sys,time
import numpy as np
from audio2pose.alphapose import read_alphapose
import orjson
def peak(): return int(next(l for l in open('/proc/self/status') if l.startswith('VmHWM')).split()[1])/1024
def loops(path):
    with open(path) as f: recs = json.load(f)
    frame,kp,box,score,xyz = [],[],[],[],[]
    for r in recs:
        frame.append(int(r['image_id'].split('.')[0]))
        kp.append([[r['keypoints'][3*j+c] for c in range(3)] for j in range(len(r['keypoints'])//3)])
        box.append(r['box'])
        score.append(r['score'])
        if 'pred_xyz_jts' in r: xyz.append(r['pred_xyz_jts'])
    return [np.array(x, np.float32) for x in (frame, kp, box, score, xyz)]
base,t = peak(),time.process_time()
if sys.argv[1]=='loops': out = loops(sys.argv[2])
else:
    d = read_alphapose(sys.argv[2])
    out = [d.frame.astype(np.float32), d.keypoints, d.box, d.score, d.xyz if d.xyz is not None else np.zeros(0, np.float32)]
sec,top = time.process_time()-t,peak()
print(json.dumps(dict(seconds=sec, mb=top-base, sha=hashlib.sha1(b''.join(np.ascontiguousarray(x).tobytes() for x in out)).hexdigest())))
'''

def clip(path, frames, joints, xyz):
    "Write a clip of two people of `joints` joints"
    from audio2pose.alphapose import Detections, write_alphapose
    from audio2pose.skeleton import HALPE26, HYBRIK29
    rng = np.random.default_rng(0)
    n = 2*frames
    kp = np.concatenate([rng.uniform(0, 1900, (n, joints, 2)), rng.uniform(.5, 1, (n, joints, 1))], -1)
    pts = rng.normal(0, .4, (n, 24, 3)) if xyz else None
    if xyz: pts[:,0],pts[:,[1,2]],pts[:,[4,5]],pts[:,[7,8]] = 0, 0, .45, .9
    write_alphapose(Detections(np.repeat(np.arange(frames), 2), kp, {26:HALPE26, 29:HYBRIK29}[joints], score=rng.uniform(2, 3, n), idx=np.tile([1, 2], frames), xyz=pts), path)

def child(how, path):
    "Seconds, MB and hash of one reading in its own process"
    p = subprocess.run([sys.executable, '-c', READ, how, str(path)], capture_output=True, text=True)
    if p.returncode: sys.exit(p.stderr)
    return json.loads(p.stdout)

def measure(path, repeat):
    "Row of the table for one file"
    mb = path.stat().st_size/2**20
    runs = {how:[child(how, path) for _ in range(repeat)] for how in ('ours', 'loops')}
    same = len({r['sha'] for rs in runs.values() for r in rs})==1
    t,m = ({how:f(r[k] for r in rs) for how,rs in runs.items()} for k,f in (('seconds', min), ('mb', max)))
    return dict(file_mb=mb, ours_s=t['ours'], loops_s=t['loops'], faster=t['loops']/t['ours'], ours_mb=m['ours'], loops_mb=m['loops'], memory=m['ours']/mb, same=same)

def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--minutes', type=float, default=10)
    ap.add_argument('--fps', type=float, default=30)
    ap.add_argument('--repeat', type=int, default=3)
    ap.add_argument('--json')
    a = ap.parse_args()
    out,frames = {},int(a.minutes*60*a.fps)
    print(f'{"file":14}{"MB":>7}{"ours s":>8}{"loops s":>9}{"faster":>8}{"ours MB":>9}{"loops MB":>10}{"MB/file":>9}  same numbers')
    with tempfile.TemporaryDirectory() as tmp:
        for name,joints,xyz in (('HybrIK-29 + 3D', 29, True), ('Halpe-26', 26, False)):
            path = Path(tmp)/f'{joints}.json'
            clip(path, frames, joints, xyz)
            r = out[name] = measure(path, a.repeat)
            path.unlink()
            print(f'{name:14}{r["file_mb"]:7.0f}{r["ours_s"]:8.2f}{r["loops_s"]:9.2f}{r["faster"]:7.1f}x{r["ours_mb"]:9.0f}{r["loops_mb"]:10.0f}{r["memory"]:9.2f}  {r["same"]}')
    ok = all(r['same'] and r['faster']>=LIMITS['faster'] and r['memory']<=LIMITS['memory'] for r in out.values())
    print('limits:', ', '.join(f'{k} {v}' for k,v in LIMITS.items()), '->', 'met' if ok else 'NOT MET')
    if a.json: Path(a.json).write_text(json.dumps(out, indent=1))
    sys.exit(not ok)

if __name__=='__main__': main()
