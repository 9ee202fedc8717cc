"""How fast and how large: seconds of computing per second of dance, beside the field's usual network, and peak memory.

    python benchmarks/generate.py [--seconds 60] [--reference-steps 5]

The reference is a transformer decoder of 49 M parameters (8 layers, 512 wide, 8 heads, feed-forward 1024, cross-attention to
the music, a two-layer music encoder, FiLM from diffusion time), random weights, 50 guided steps on 5 s windows that overlap by
half. It is timed for a few steps and scaled to 50. Both run in this process, on the threads torch is given.
"""
import argparse,subprocess,sys,tempfile,time
from pathlib import Path
import numpy as np,torch
from torch import nn
from audio2pose.audio import load_audio,write_audio
from audio2pose.data import asset
from audio2pose.generate import generate
from audio2pose.model import load_dancer

class ReferenceLayer(nn.Module):
    def __init__(self, d=512, h=8, ff=1024):
        super().__init__()
        self.me,self.music = nn.MultiheadAttention(d, h, batch_first=True), nn.MultiheadAttention(d, h, batch_first=True)
        self.ff = nn.Sequential(nn.Linear(d, ff), nn.GELU(), nn.Linear(ff, d))
        self.norms = nn.ModuleList(nn.LayerNorm(d) for _ in range(3))
        self.films = nn.ModuleList(nn.Sequential(nn.Mish(), nn.Linear(d, 2*d)) for _ in range(3))

    def forward(self, x, m, t):
        calls = (lambda h: self.me(h, h, h, need_weights=False)[0]), (lambda h: self.music(h, m, m, need_weights=False)[0]), self.ff
        for f,n,film in zip(calls, self.norms, self.films):
            s,b = film(t)[:,None].chunk(2, -1)
            x = x + (1+s)*f(n(x))+b
        return x

class Reference(nn.Module):
    "The field's usual network, in size and shape."
    def __init__(self, d=512, layers=8, pose=151, music=4800):
        super().__init__()
        self.pose,self.music,self.read = nn.Linear(pose, d), nn.Linear(music, d), nn.Linear(d, pose)
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(d, 8, 1024, batch_first=True, norm_first=True), 2, enable_nested_tensor=False)
        self.time = nn.Sequential(nn.Linear(d, 4*d), nn.Mish(), nn.Linear(4*d, d))
        self.layers = nn.ModuleList(ReferenceLayer(d) for _ in range(layers))

    def forward(self, x, music, t):
        m,x,t = self.encoder(self.music(music)), self.pose(x), self.time(t)
        for l in self.layers: x = l(x, m, t)
        return self.read(x)

@torch.inference_mode()
def time_reference(seconds, steps_timed, fps=30, steps=50):
    "Seconds the reference takes for `seconds` of dance, scaled from a few steps; and its size."
    net,n = Reference().eval(), max(1, int(np.ceil(seconds/2.5))-1)
    x,music = torch.randn(n, 5*fps, 151), torch.randn(n, 5*fps, 4800)
    net(x[:1], music[:1], torch.randn(1, 512))
    t0 = time.perf_counter()
    for _ in range(steps_timed):
        for _ in (0,1): net(x, music, torch.randn(n, 512))
    return (time.perf_counter()-t0)*steps/steps_timed, sum(p.numel() for p in net.parameters())

def song(seconds, path):
    "The bundled song repeated to a length."
    y,sr = load_audio(asset('song.ogg'))
    return write_audio(np.resize(y, int(seconds*sr)), sr, path)

def peak_memory(seconds, folder):
    "Peak resident size in GB of a fresh process that dances a song of this length (Linux; rusage would count the parent's)."
    f = song(seconds, folder/f'long{seconds}.wav')
    code = f"from audio2pose.generate import generate; m = generate({str(f)!r}); print(len(m), open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    frames,kb = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout.split()[-2:]
    assert int(frames)==round(seconds*30)
    return int(kb)/2**20

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--seconds', type=float, default=60)
    p.add_argument('--runs', type=int, default=3)
    p.add_argument('--reference-steps', type=int, default=3)
    p.add_argument('--no-memory', action='store_true')
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as d:
        d,net = Path(d), load_dancer()
        f = song(a.seconds, d/'song.wav')
        generate(f, seconds=2, net=net)                                            # numba compiles, torch warms up
        ours = []
        for _ in range(a.runs):
            t0 = time.perf_counter()
            generate(f, net=net)
            ours.append((time.perf_counter()-t0)/a.seconds)
        ref,size = time_reference(a.seconds, a.reference_steps)
        ref /= a.seconds
        mine = sum(q.numel() for q in net.parameters())
        print(f'threads {torch.get_num_threads()}, {a.seconds:g} s song, decode + beats + features + sampling + foot lock')
        print(f'ours       {mine/1e6:6.1f} M parameters  {np.median(ours):7.4f} s per second of dance (runs {", ".join(f"{o:.4f}" for o in ours)})')
        print(f'reference  {size/1e6:6.1f} M parameters  {ref:7.4f} s per second of dance')
        print(f'ratio 1/{ref/np.median(ours):.1f}   (must be <= 0.15 s/s and <= 1/20)')
        if not a.no_memory:
            for s in (30, 300, 600): print(f'peak memory of a {s:4d} s song: {peak_memory(s, d):.2f} GB (must be <= 1.5)', flush=True)

if __name__=='__main__': main()
