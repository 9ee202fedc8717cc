"""Synthesise the bundled song, 17 bars at 102 beats per minute in 40 s:  python data/make_song.py [song.ogg]

Nothing is sampled or quoted: `audio2pose.band` draws the tune, the sounds and the mix from one seed. The samples are the same
on every run; an Ogg file also holds a random serial number, so its bytes are not."""
import sys, numpy as np
from pathlib import Path
from audio2pose.audio import write_audio
from audio2pose.band import make_song

SEED, STYLE, BPM, SR = 2, 'lock', 102, 44100
FORM = [('intro', 2), ('verse', 4), ('build', 1), ('chorus', 4), ('break', 2), ('chorus', 4)]

def main(path):
    bars = sum(n for _,n in FORM)
    y,song = make_song(BPM, bars*4*60/BPM, np.random.default_rng(SEED), STYLE, variant='full', form=FORM, sr=SR)
    y = .9*y/np.abs(y).max()
    fade = SR//2
    y[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)**2
    write_audio(y, SR, path)
    print(f'{path}: {len(y)/SR:.1f} s, {Path(path).stat().st_size/1000:.0f} kB, {song.bpm:.0f} bpm, {len(song.beat_times)} beats')
    for t,name in song.sections: print(f'  {t:5.1f} s {name}')

if __name__ == '__main__': main(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1]/'audio2pose/assets/song.ogg')
