"Songs to measure with, as the benchmarks of dance find them."
from pathlib import Path

SOUNDS = '.wav', '.mp3', '.flac', '.ogg', '.m4a'

def find_songs(*places):
    "Paths of all songs: files as given, and what lies below folders, in order of name."
    found = [f for p in map(Path, places) for f in ([p] if p.is_file() else sorted(f for f in p.rglob('*') if f.suffix.lower() in SOUNDS))]
    if not found: raise SystemExit(f'{", ".join(map(str, places))}: no songs, expected {" ".join(SOUNDS)} below it')
    return found
