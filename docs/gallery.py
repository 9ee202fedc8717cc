"""The dances of the gallery: made by the shipped network from bundled data, kept by content so that they are made once"""
import hashlib, json, shutil
from dataclasses import asdict, dataclass
from pathlib import Path

@dataclass(frozen=True)
class Dance:
    name: str
    title: str
    words: str
    seeds: tuple = ()          # none: the dancers come from detections
    genre: str = ''
    seconds: float = 10.6      # as much as three windows of the network cover

DANCES = (
    Dance('house', 'House', 'Quick feet under a calm body.', (3,), 'house'),
    Dance('la-hiphop', 'LA hip-hop', 'The same song, another style: larger, with pauses.', (1,), 'la hip-hop'),
    Dance('waack', 'Waack', 'Arms lead, the feet follow.', (2,), 'waack'),
    Dance('ballet-jazz', 'Ballet jazz', 'Long lines; a style far from the song.', (5,), 'ballet jazz'),
    Dance('pair', 'Two seeds, one song', 'The song and the style are the same and only the noise differs; beside each other they show what the music decides.', (7, 8), 'pop'),
    Dance('duet', 'A duet out of AlphaPose', 'A made-up couple as a detector reports it, with gaps, swaps and jitter, after `clean`. What was guessed is marked in the file.'),
)

AUTOPLAY = ('<script>if (location.hash === "#play") { const wait = setInterval(() => { if (!document.body.dataset.ready) return; clearInterval(wait);'
    ' (window.a2p.audio ? window.a2p.audio.play() : Promise.resolve()).then(() => window.a2p.play(), () => {}); }, 60); }</script>')

def command(d):
    "What a reader types to have the same dance"
    if not d.seeds: return 'audio2pose clean data/duet_hybrik.json -o duet.npz\naudio2pose view duet.npz'
    genre = f'"{d.genre}"' if ' ' in d.genre else d.genre
    return '\n'.join(f'audio2pose generate --seed {s} --genre {genre} --seconds {d.seconds:g} -o {d.name}-{s}' for s in d.seeds)

def motion(d, root, beats):
    from audio2pose.alphapose import read_alphapose
    from audio2pose.data import asset
    from audio2pose.generate import generate
    from audio2pose.motion import stack
    from audio2pose.preprocessing import clean
    if not d.seeds:
        m, _ = clean(read_alphapose(root/'data/duet_hybrik.json'), fps=30)
        m.meta['licence'] = 'Apache-2.0; simulated, nobody was recorded'
        return m, False
    all = [generate(asset('song.ogg'), seconds=d.seconds, seed=s, genre=d.genre, beats=beats) for s in d.seeds]
    m = all[0] if len(all) == 1 else stack(*[move(m, (i-.5)*1.9) for i, m in enumerate(all)])
    m.meta['seed'] = ' and '.join(map(str, d.seeds))
    return m, asset('song.ogg')

def move(m, x):
    "A dancer `x` metres to the side, on their own half of the stage"
    from audio2pose.motion import Motion
    p = m.positions[:, :, :1].copy()
    p[..., 0] += x - p[..., 0].mean()
    return Motion.from_rotations(m.rotations, p[:, :, 0], m.fps, **m.meta)

def poster(m, path):
    "The moment with the widest gestures, drawn as the player draws"
    import numpy as np
    from PIL import Image
    from audio2pose.draw import Stage
    p = np.nan_to_num(m.positions)
    wide = (p.max(2)-p.min(2))[..., [0, 2]].sum((1, 2))      # metres, all dancers
    Image.fromarray(Stage(m, size=(800, 600)).picture(int(wide.argmax()))).save(path, quality=86, optimize=True)

def make(d, folder, root, beats):
    "Write page, picture and facts of one dance"
    from audio2pose.player import write_player
    m, song = motion(d, root, beats)
    page = write_player(m, folder/f'{d.name}.html', song, d.title)
    page.write_text(page.read_text(encoding='utf-8').replace('</body>', f'{AUTOPLAY}\n</body>'), encoding='utf-8')
    poster(m, folder/f'{d.name}.jpg')
    facts = dict(seconds=round(m.duration, 1), dancers=m.D, seed=m.meta.get('seed'), genre=m.meta.get('genre'), licence=m.meta['licence'],
        bpm=round((m.meta.get('beats') or {}).get('tempo_bpm', 0)), song=bool(song), bytes=page.stat().st_size)
    (folder/f'{d.name}.json').write_text(json.dumps(facts))

def state(root):
    "A hash of everything a dance is made from"
    h = hashlib.sha256(Path(__file__).read_bytes())
    for p in sorted([*root.glob('audio2pose/[a-z]*.py'), *root.glob('audio2pose/assets/*'), *root.glob('audio2pose/weights/*.safetensors'), root/'data/duet_hybrik.json']):
        h.update(p.read_bytes())
    return h.hexdigest()

def dances(root, cache):
    "All dances with their facts, made if they are not in `cache` yet: [(Dance, facts, folder)]"
    now, beats, out = state(root), None, []
    for d in DANCES:
        folder = cache/hashlib.sha256(f'{now}{json.dumps(asdict(d))}'.encode()).hexdigest()[:16]
        if not (folder/f'{d.name}.json').exists():
            if d.seeds and beats is None: beats = track(d.seconds)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            make(d, folder, root, beats)
        out.append((d, json.loads((folder/f'{d.name}.json').read_text()), folder))
    keep = {f.name for *_, f in out}
    for old in cache.iterdir():
        if old.name not in keep: shutil.rmtree(old)
    return out

def track(seconds):
    "The beats of the bundled song, heard once for all dances"
    import torch
    torch.set_num_threads(1)                                 # the network is small: threads would wait for each other
    from audio2pose.audio import load_audio
    from audio2pose.beats import track_beats
    from audio2pose.data import asset
    y, sr = load_audio(asset('song.ogg'), seconds=seconds)
    return track_beats(y, sr)
