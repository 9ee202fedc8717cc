"""How long does it take to make a genre of AIST++ ready, and is it bounded by decoding? A made-up genre of its true shapes.

    python benchmarks/aist_prepare.py [--work FOLDER] [--sequences 141] [--seconds 24] [--jobs 1]

141 sequences of LA hip-hop at the six tempi of AIST (80 to 130 bpm), joints of 16 beats (120 basic dances) or 64 (the advanced ones), films of 24 s with stereo AAC,
made by PyAV; films of one song are links to one file. Every clip has the films of two cameras. Measured, each in a process of its own: decoding the sound of one
film a sequence and nothing else, as the reference; the first run; what it spends on beats; the second run; memory at its peak; and whether a run killed
at several points and begun again ends with the same bytes."""
import argparse, json, os, random, signal, subprocess, sys, tempfile, time
from pathlib import Path
import numpy as np

MEASURE = '''
import json, resource, sys, time
from pathlib import Path
what, pkls, films, out, jobs = sys.argv[1:6]
t0 = time.perf_counter()
from audio2pose.prepare import find_files, first_sound, named_beats, prepare
from audio2pose.aist import parse_name
load = time.perf_counter()-t0
if what=='import': d = {}
elif what=='decode':
    for f in find_files(films)[0].values(): first_sound(f)
    d = {}
else: d = prepare(pkls, films, out, jobs=int(jobs), **(dict(skip_beats=True) if what=='no beats' else {})).to_dict()
secs = time.perf_counter()-t0-load
mb = max(resource.getrusage(w).ru_maxrss for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))/1024
print(json.dumps(dict(seconds=secs, load=load, mb=mb, **{k:v for k,v in d.items() if not isinstance(v, (dict,list))})))
'''

# The made-up genre ----------------------------------------------------------------------------------------------------------

def names(n):
    "Names of `n` sequences: advanced ones first, one in seven"
    all = [f'gLH_s{s}_cAll_d{d:02d}_mLH{m}_ch{c:02d}' for s,top in (('FM',22),('BM',200)) for c in range(1, top) for m in range(6) for d in [13+(c*6+m)%18]]
    fm = [x for x in all if '_sFM_' in x][:n//7]
    return sorted(fm+[x for x in all if '_sBM_' in x][:n-len(fm)])

def make_set(root, n, seconds, size=(320,180)):
    "Joints and films of `n` sequences"
    from audio2pose.aist import parse_name, write_keypoints3d
    from audio2pose.audio import write_audio
    from audio2pose.band import make_song
    from audio2pose.video import write_video
    rng, films = np.random.default_rng(0), {}
    (root/'films').mkdir(parents=True)
    for k in range(6):
        wav = write_audio(np.repeat(make_song(80+10*k, seconds, rng, style='la hip-hop')[0][None], 2, 0), 22050, root/f'{k}.wav')
        im = rng.integers(0, 255, (size[1]+240,size[0],3), np.uint8)
        films[k] = write_video(root/f'{k}.mp4', (im[i%240:i%240+size[1]] for i in range(round(60*seconds))), 60, audio=wav)
    for x in names(n):
        p = parse_name(x)
        write_keypoints3d(root/'keypoints3d'/f'{x}.pkl', rng.normal(size=(p.frames,17,3)).cumsum(0).astype(np.float32)/100)
        for c in 0,1: (root/'films'/f'{p.with_camera(c)}.mp4').hardlink_to(films[int(p.music[3])])
    return root/'keypoints3d', root/'films'

# What is measured ------------------------------------------------------------------------------------------------------------

def start(what, *args):
    return subprocess.Popen([sys.executable, '-c', MEASURE, what, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

def measure(what, *args):
    out, err = (p := start(what, *args)).communicate()
    if p.returncode: sys.exit(err[-2000:])
    return json.loads(out.splitlines()[-1])

def tree(folder): return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob('*') if p.is_file()}

def killed(pkls, films, out, jobs, n, shares=(.1, .35, .6, .95)):
    "Kill runs when these shares of `n` dances are done, a random moment later, and let the last one finish; how many each left done"
    rng, done = random.Random(0), []
    count = lambda: len(list((out/'.prepare').glob('g*.json')))
    for s in shares:
        p = start('run', pkls, films, out, jobs)
        while count()<s*n and p.poll() is None: time.sleep(.01)
        time.sleep(rng.uniform(0, .4))
        p.send_signal(signal.SIGKILL)
        p.wait()
        done.append(count())
    return done, measure('run', pkls, films, out, jobs)

if __name__ == '__main__':
    ap = argparse.ArgumentParser()
    for k, v in dict(work=None, sequences=141, seconds=24., jobs=1).items(): ap.add_argument(f'--{k}', default=v, type=str if v is None else type(v))
    a = ap.parse_args()
    with tempfile.TemporaryDirectory(dir=a.work) as tmp:
        root, t0 = Path(tmp), time.perf_counter()
        pkls, films = make_set(root, a.sequences, a.seconds)
        print(f'{a.sequences} sequences, films of {a.seconds:g} s at {sum(p.stat().st_size for p in root.glob("*.mp4"))/6e6:.1f} MB: made in {time.perf_counter()-t0:.0f} s;',
            f'{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n')
        rows = dict()
        rows['sound decoded, nothing else'] = measure('decode', pkls, films, root/'x', 1)
        rows['first run without beats'] = measure('no beats', pkls, films, root/'nobeats', a.jobs)
        rows['first run'] = first = measure('run', pkls, films, root/'whole', a.jobs)
        rows['second run'] = measure('run', pkls, films, root/'whole', a.jobs)
        done, rows['after being killed'] = killed(pkls, films, root/'cut', a.jobs, a.sequences)
        print(f'{"":30s}{"s":>8s}{"ms each":>9s}{"MB":>7s}{"made":>6s}{"kept":>6s}{"complete":>10s}{"failed":>8s}')
        for k, r in rows.items():
            print(f'{k:30s}{r["seconds"]:8.2f}{1000*r["seconds"]/a.sequences:9.1f}{r["mb"]:7.0f}'+''.join(f'{r.get(c, ""):>{w}}' for c, w in dict(made=6, kept=6, complete=10, failures=8).items()))
        same = tree(root/'whole')==tree(root/'cut')
        print(f'\nloading the program takes {first["load"]:.2f} s more; killed when {", ".join(map(str, done))} dances were done; same bytes afterwards: {"yes" if same else "NO"}')
        alone, bare = (rows[k]['seconds'] for k in ('sound decoded, nothing else', 'first run without beats'))
        print(f'times decoding alone: {bare/alone:.2f} without beats, {first["seconds"]/alone:.2f} with them')
        sys.exit(not same or first['failures']>0)
