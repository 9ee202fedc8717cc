"""Is our P-STMO the original's? Keys, digits, starting weights, gradients, and how fast it is.

    python benchmarks/lift_parity.py --field FOLDER [--official CHECKOUT] [--windows 8] [--clip 270] [--threads 1]

FOLDER holds pstmo_keys.json (every key and shape of 11 official models) and pstmo_golden.json (outputs of official models for weights and
inputs that follow a formula). CHECKOUT is a checkout of github.com/paTRICK-swk/P-STMO; its models then run here on the CPU beside ours, with
the same random weights. They are imported, never changed; `.cuda()` is made to do nothing. Outputs are compared in float32, relative to their
deviation; gradients and running statistics of one training step in float64, without dropout. Times are CPU time, in float32."""
import argparse, json, re, sys, time, zlib
from pathlib import Path
from types import SimpleNamespace
import numpy as np, torch
from torch import nn
from audio2pose import pstmo
from audio2pose.pstmo import PSTMO, PSTMOPretrain, Refine, STRIDES, spatial_mask, temporal_mask

def table(head, rows):
    rows = [head, *[[c if isinstance(c, str) else f'{c:,}' if isinstance(c, int) else f'{c:.2g}' for c in r] for r in rows]]
    wide = [max(map(len, c)) for c in zip(*rows)]
    for r in rows: print('| ' + ' | '.join(c.ljust(w) for c, w in zip(r, wide)) + ' |')
    print(flush=True)

def make(m):
    "Our model for an entry of pstmo_keys.json"
    if m['class'].endswith('refine'): return Refine()
    return (PSTMOPretrain if m['class'].endswith('MAE') else PSTMO)(m['frames'], m['layers'])

# Without the original -----------------------------------------------------------------------------------------------------------

def structure(keys):
    rows = []
    for name, m in keys['models'].items():
        ours, want = make(m).state_dict(), m['state_dict']
        same = {k: list(v['shape']) for k, v in want.items()} == {k: list(v.shape) for k, v in ours.items()}
        n = sum(p.numel() for p in make(m).parameters())
        rows.append([name, len(want), len(ours), m['params'], n, 'same' if same and n == m['params'] else 'DIFFERENT', 'same' if [*want] == [*ours] else 'different'])
    table(['model', 'tensors', 'ours', 'parameters', 'ours', 'keys, shapes', 'order'], rows)

def wave(k, v):
    "Weights by the rule in pstmo_golden.json"
    i, ph = np.arange(v.numel()), zlib.crc32(k.encode()) % 1000*.013
    scale = k.endswith('a_2') or k.endswith('weight') and re.search(r'bn_|batch_norm|^fcn(_1|_dec)?\.0\.', k)
    if k.endswith('num_batches_tracked'): y = 0*i
    elif k.endswith('running_var'): y = 1 + .3*np.sin(.7*i + ph)**2
    elif scale: y = 1 + .1*np.sin(.37*i + ph)
    else: y = .06*np.sin(.61*i + ph)*np.cos(.0137*i + 2*ph)
    return torch.tensor(y.reshape(v.shape), dtype=v.dtype)

def golden_masks(T):
    i, t = torch.arange(194), torch.arange(T)
    tmask, smask = torch.zeros(T, dtype=torch.bool), torch.zeros(T, 17, dtype=torch.bool)
    tmask[(7*i + 3) % T] = True
    smask[t, 3*t % 16] = smask[t, (3*t + 5) % 16] = True
    return tmask, smask

def golden_run(name, dtype):
    "Outputs of our model for an entry of pstmo_golden.json"
    m = {'P-STMO-S_243': PSTMO, 'P-STMO_243': lambda: PSTMO(243, 4), 'P-STMO-S_3dhp_81': lambda: PSTMO(81), 'MAE_P-STMO-S_243': PSTMOPretrain, 'refine': Refine}[name]()
    m = m.to(dtype).eval()
    m.load_state_dict({k: wave(k, v) for k, v in m.state_dict().items()})
    if name == 'refine':
        i = torch.arange(102, dtype=torch.float64).view(2, 1, 17, 3)
        return dict(out=m((.3*i).sin().to(dtype), (.2*i).cos().to(dtype)))
    b, t, j, c = np.ogrid[:2, :m.frames, :17, :2]
    x = .4*np.sin(.11*t + .7*j + 1.9*c + .5*b) + .1*np.cos(.03*t*(j + 1))
    x = torch.tensor(x, dtype=dtype).permute(0, 3, 1, 2)[..., None]
    return dict(out=m(x, *golden_masks(m.frames))) if 'MAE' in name else dict(zip(('single', 'VTE'), m(x)))

@torch.no_grad()
def digits(golden):
    rows = []
    for name, g in golden.items():
        if name == 'rule': continue
        off = {}
        for dtype in (torch.float64, torch.float32):
            for k, y in golden_run(name, dtype).items():
                have = torch.cat([torch.stack([y.mean(), y.std()]), y.flatten()[:6], y.flatten()[-3:]]).double()
                want = torch.tensor([g[k]['mean'], g[k]['std'], *g[k]['first'], *g[k]['last']], dtype=torch.float64)
                off.setdefault(k, []).append(float((have - want).abs().max()))
        rows += [[name, k, *v, 'yes' if v[0] < 1e-9 and v[1] < 1e-5 else 'NO'] for k, v in off.items()]
    table(['model', 'output', 'off in float64', 'in float32', 'below 1e-9, 1e-5'], rows)

# Beside the original ------------------------------------------------------------------------------------------------------------

def official_pair(kind, frames=243, layers=3, seed=1):
    "The original's model and ours, each built right after the same seed"
    from model.block.refine import refine
    from model.stmo import Model
    from model.stmo_pretrain import Model_MAE
    args = SimpleNamespace(layers=layers, channel=256, d_hid=512, frames=frames, stride_num=list(STRIDES[frames]), n_joints=17, out_joints=17,
        spatial_mask_num=7, in_channels=2, out_channels=3)
    theirs, ours = {'lift': (Model, PSTMO), 'guess': (Model_MAE, PSTMOPretrain), 'refine': (refine, Refine)}[kind]
    torch.manual_seed(seed)
    a = theirs(args)
    torch.manual_seed(seed)
    b = ours() if kind == 'refine' else ours(frames, layers)
    return a, b

def shake(a, b, seed=2):
    "The same random numbers of a trained size in both, running statistics included"
    g = torch.Generator().manual_seed(seed)
    d = {k: v if v.dtype == torch.int64 else .5 + torch.rand(v.shape, generator=g) if k.endswith('running_var') else
        v + .1*torch.randn(v.shape, generator=g) for k, v in a.state_dict().items()}
    for m in (a, b): m.load_state_dict(d)

def far(y, z):
    "Largest difference, relative to the deviation of the outputs"
    pairs = zip(y, z, strict=True) if isinstance(y, tuple) else [(y, z)]
    return max(float((p - q).abs().max()/p.std()) for p, q in pairs)

def inputs(kind, frames, batch):
    g = torch.Generator().manual_seed(3)
    if kind == 'refine': return tuple(torch.randn(2, batch, 1, 17, 3, generator=g))
    x = torch.rand(batch, 2, frames, 17, 1, generator=g)*2 - 1
    return (x, temporal_mask(frames, .8, g), spatial_mask(frames, 7, g)) if kind == 'guess' else (x,)

def loss_of(y): return sum((p - .1).square().mean() for p in (y if isinstance(y, tuple) else (y,)))

def grads(m, x):
    m.train()
    for q in m.modules():
        if isinstance(q, nn.Dropout): q.p, q.inplace = 0., False   # a dropout in place breaks the gradients of the original's refinement
    loss_of(m(*x)).backward()
    return {k: p.grad for k, p in m.named_parameters() if p.grad is not None}

def faster(f, g, n=5):
    "Median CPU seconds of `f` and of `g`, measured in turns"
    took = [[], []]
    for _ in range(n):
        for fun, lst in zip((f, g), took):
            start = time.process_time()
            fun()
            lst.append(time.process_time() - start)
    return [float(np.median(t[1:])) for t in took]

def beside(batch):
    rows = []
    for kind, frames, layers in [('lift', 243, 3), ('lift', 243, 4), ('lift', 81, 3), ('lift', 27, 3), ('lift', 9, 3), ('lift', 351, 3),
                                 ('guess', 243, 3), ('guess', 243, 4), ('guess', 81, 3), ('refine', 1, 0)]:
        a, b = official_pair(kind, *((frames, layers) if kind != 'refine' else (243, 3)))
        start = all(torch.equal(p, q) for p, q in zip(a.state_dict().values(), b.state_dict().values()))
        shake(a, b)
        x = inputs(kind, frames, batch)
        a.eval(), b.eval()
        with torch.no_grad():
            off = far(a(*x), b(*x))
            slow, fast = faster(lambda: a(*x), lambda: b(*x))
        keep, pstmo._DROP = pstmo._DROP, 0.
        small = [v.double() if v.is_floating_point() else v for v in inputs(kind, frames, 2)]
        ga, gb = grads(a.double(), small), grads(b.double(), small)
        pstmo._DROP = keep
        goff = max(float((ga[k] - gb[k]).abs().max()) for k in ga.keys() | gb.keys())/max(float(v.abs().max()) for v in ga.values())
        run = max((float((p - b.state_dict()[k]).abs().max()) for k, p in a.state_dict().items() if 'running' in k), default=0.)
        rows.append([f'{kind} {frames} frames, {layers} layers' if layers else kind, 'same' if start else 'different', off, goff, run,
            f'{slow/batch*1e3:.2f}', f'{fast/batch*1e3:.2f}', f'{slow/fast:.2f}'])
    table(['model', 'start from a seed', 'outputs off', 'gradients off', 'running stats off', 'original ms/window', 'ours', 'times faster'], rows)

@torch.no_grad()
def clip_speed(frames, n, batch):
    "Seconds for the poses of n frames: window by window in batches as the original has it, ours by `centres`, and by `sequence`"
    a, b = official_pair('lift', frames)
    shake(a, b)
    a.eval(), b.eval()
    x = torch.rand(1, 2, n + frames - 1, 17, 1, generator=torch.Generator().manual_seed(4))*2 - 1
    win = x[0, ..., 0].unfold(1, frames, 1).permute(1, 0, 3, 2)[..., None]
    theirs = lambda: torch.cat([a(w.contiguous())[0] for w in win.split(batch)])
    ours = lambda: b.centres(x)
    off = far(theirs()[:, :, 0].transpose(0, 1)[None], ours())
    slow, fast = faster(theirs, ours, 3)
    _, seq = faster(lambda: None, lambda: b.sequence(x[:, :, :frames]), 3)
    slow, fast, seq = slow/n, fast/n, seq/frames
    table(['clip', 'outputs off', 'original ms/frame', 'ours, centres', 'times faster', 'ours, sequence', 'times faster'],
        [[f'{n} frames, window {frames}', off, f'{slow*1e3:.2f}', f'{fast*1e3:.2f}', f'{slow/fast:.2f}', f'{seq*1e3:.2f}', f'{slow/seq:.0f}']])

def main():
    par = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    par.add_argument('--field', type=Path, required=True)
    par.add_argument('--official', type=Path)
    par.add_argument('--windows', type=int, default=8, help='in a batch, for speed')
    par.add_argument('--clip', type=int, default=270, help='frames of a long clip, for speed')
    par.add_argument('--threads', type=int, default=1)
    args = par.parse_args()
    torch.set_num_threads(args.threads)
    structure(json.loads((args.field/'pstmo_keys.json').read_text()))
    digits(json.loads((args.field/'pstmo_golden.json').read_text()))
    if args.official:
        sys.path.insert(0, str(args.official.resolve()))
        torch.Tensor.cuda = lambda self, *a, **k: self
        nn.Module.cuda = lambda self, *a, **k: self
        beside(args.windows)
        clip_speed(243, args.clip, args.windows)

if __name__ == '__main__': main()
