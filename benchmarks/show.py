"""How many pictures a second are drawn on films of 1920 x 1080, and in how much memory?

    python benchmarks/show.py [--frames 300 3000] [--crf 23] [--skip-reference] [--keep FOLDER]

The film is made up: drifting colours with grain and a bright block that moves, H.264 at 60 frames a second, about 15 Mbit/s; longer ones are the same packets
over and over. Each row is a process of its own, so that its peak memory is its own; the time runs from the first finished picture to the
end of the film, so imports and compiling do not count. CPU is of all threads; where the machine has other work (load), it says more than the clock does. `whole film in memory` does what AIST++'s visualiser does, restated: all
pictures are decoded to RGB, all are copied and dotted, then all are written with ffmpeg's defaults (medium, 23). `smpl` wears the project's own body (7211 vertices), `smpl model` a made-up
model of SMPL's shapes (6890), its pose blend shapes included."""
import argparse, json, os, resource, subprocess, sys, tempfile, time
from fractions import Fraction
from pathlib import Path
import numpy as np

W,H,FPS = 1920,1080,60

def make_film(path, frames=300, seed=0):
    import av
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:H, :W+512].astype(np.float32)
    back = np.stack([128+60*np.sin(x/230+y/400), 100+50*np.cos(y/180-x/500), 120+40*np.sin((x+y)/310)], -1)
    grain = rng.normal(0, 4, (H+64, W+64)).astype(np.int8)
    with av.open(str(path), 'w') as c:
        s = c.add_stream('libx264', rate=FPS, options=dict(crf='20', preset='veryfast', g='60'))
        s.width, s.height, s.pix_fmt = W, H, 'yuv420p'
        for t in range(frames):
            o = round(256+250*np.sin(t/50))
            a = back[:, o:o+W].astype(np.int16)
            i, j = rng.integers(0, 64, 2)
            k = int(W/2+300*np.sin(t/40))
            a[300:900, k-120:k+120] = (200, 150, 120)
            f = av.VideoFrame.from_ndarray((a+grain[i:i+H, j:j+W, None]).clip(0, 255).astype(np.uint8), format='rgb24')
            f.pts, f.time_base = t, Fraction(1, FPS)
            c.mux(s.encode(f))
        c.mux(s.encode(None))

def repeat(src, path, times):
    "The packets of a film, `times` over"
    import av
    with av.open(str(src)) as a:
        s = a.streams.video[0]
        step = round(1/FPS/s.time_base)*sum(p.size > 0 for p in a.demux(s))
    with av.open(str(path), 'w') as b:
        for k in range(times):
            with av.open(str(src)) as a:
                s = a.streams.video[0]
                if not k: o = b.add_stream_from_template(s)
                for p in a.demux(s):
                    if not p.size: continue
                    p.pts, p.dts, p.stream = p.pts+k*step, p.dts+k*step, o
                    b.mux(p)

# The jobs --------------------------------------------------------------------------------------------------------------------------

def dancer(n):
    "A walk on the spot of `n` frames, its rig and its detections"
    from audio2pose.motion import walk
    from audio2pose.rig import ring_rig
    from audio2pose.skeleton import COCO17
    m, rig = walk(5, FPS), ring_rig(9)
    m.positions[..., :2] -= m.positions[:, :, :1, :2]
    rig.dist[:, 0] = -.05
    k = rig.project(m.convert(COCO17).positions[:, 0])
    k = np.concatenate([k, np.random.default_rng(0).uniform(.3, 1, (*k.shape[:-1], 1))], -1)
    return m, rig, k[:, np.arange(n) % len(m)].astype(np.float32)

def whole(film, out, n):
    "Everything in memory, one step after the other"
    import av
    k = dancer(n)[2][0]
    with av.open(str(film)) as c: frames = [f.to_ndarray(format='rgb24') for f, _ in zip(c.decode(video=0), range(n))]
    dy, dx = np.mgrid[-5:6, -5:6]
    disc = np.argwhere(dy*dy+dx*dx <= 25)-5
    drawn = []
    for f, q in zip(frames, k):
        f = f.copy()
        for x, y, _ in q[np.isfinite(q).all(1)]:
            p = (disc+[y, x]).astype(int).clip(0, [H-1, W-1])
            f[p[:, 0], p[:, 1]] = (255, 60, 60)
        drawn.append(f)
    with av.open(str(out), 'w') as c:
        s = c.add_stream('libx264', rate=FPS, options=dict(crf='23', preset='medium'))
        s.width, s.height, s.pix_fmt = W, H, 'yuv420p'
        for f in drawn: c.mux(s.encode(av.VideoFrame.from_ndarray(f, format='rgb24')))
        c.mux(s.encode(None))

def ours(mode, film, n, crf):
    from audio2pose.motion import Motion
    from audio2pose.show import Mesh, body_mesh, show
    m, rig, k = dancer(n)
    i, what, kw = np.arange(n) % len(m), k, {}
    if mode == '3d': what = Motion(m.positions[i], FPS, m.skeleton)
    if mode.startswith('smpl'):
        from audio2pose.smpl import make_body
        m.root[..., :2] = 0
        body = body_mesh(m, make_body() if mode == 'smpl model' else None)
        what = Mesh(body.faces, lambda t: body.vertices(i[t]), n)
    if mode == '3 views, 2d': film, kw = [film]*3, dict(views=range(3))
    if mode == 'nine, 2d': film, kw = [film]*9, dict(mosaic=True)
    return lambda out, **more: show(what, rig, film, out, crf=crf, **kw, **more)

def one(mode, film, n, crf):
    "Time from the first picture to the last, and the peak of memory of all"
    seen = []
    def progress(i, n): seen.append((time.perf_counter(), time.process_time()))
    with tempfile.TemporaryDirectory() as d:
        out = Path(d)/'out.mp4'
        seen.append((time.perf_counter(), time.process_time()))
        if mode == 'reference': whole(film, out, n)
        else:
            seen.clear()
            ours(mode, film, n, crf)(out, progress=progress)
        seen.append((time.perf_counter(), time.process_time()))
        t, c = np.subtract(seen[-1], seen[0])
        mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss*1.024e-3
        print(json.dumps(dict(fps=n/t, cpu=1000*c/n, mb=mb, mbit=out.stat().st_size*8e-6/(n/FPS), load=os.getloadavg()[0])))

def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('--frames', type=int, nargs='+', default=[300, 3000])
    a.add_argument('--modes', nargs='+', default=['2d', '3d', 'smpl', 'smpl model', '3 views, 2d', 'nine, 2d'])
    a.add_argument('--crf', type=int, default=23)
    a.add_argument('--skip-reference', action='store_true')
    a.add_argument('--keep')
    a.add_argument('--one', nargs=3)
    a.add_argument('--film')
    o = a.parse_args()
    if o.film and not o.one: return repeat(o.film, o.keep, o.frames[0]) if o.keep else make_film(o.film)
    if o.one: return one(o.one[0], o.one[1], int(o.one[2]), o.crf)
    with tempfile.TemporaryDirectory() as d:
        d = Path(o.keep or d)
        run = lambda *x: subprocess.run([sys.executable, __file__, *map(str, x)], check=True, capture_output=True, text=True).stdout
        films, base = {}, d/'film.mp4'
        if not base.exists(): run('--film', base)
        for n in o.frames:
            films[n] = base if n <= 300 else d/f'film{n}.mp4'
            if not films[n].exists(): run('--film', base, '--keep', films[n], '--frames', -(-n//300))
        print('| job | frames | frames/s | CPU ms a frame | peak MB | Mbit/s | load |\n|---|---|---|---|---|---|---|')
        print(f'(film {base.stat().st_size*8e-6/5:.0f} Mbit/s)', file=sys.stderr)
        todo = ([] if o.skip_reference else [('reference', 300)])+[(m, n) for m in o.modes for n in o.frames]
        for m, n in todo:
            r = json.loads(run('--one', m, films[n], n, '--crf', o.crf).splitlines()[-1])
            name = 'whole film in memory' if m == 'reference' else m
            print(f'| {name} | {n} | {r["fps"]:.1f} | {r["cpu"]:.0f} | {r["mb"]:.0f} | {r["mbit"]:.1f} | {r["load"]:.1f} |', flush=True)

if __name__ == '__main__': main()
