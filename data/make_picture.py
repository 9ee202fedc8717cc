"Write nbs/images/dance.png, the strip of poses README shows: eight seconds of the bundled song, danced"
from pathlib import Path
from audio2pose.data import asset
from audio2pose.generate import generate
from audio2pose.viz import pose_png

m = generate(asset('song.ogg'), seconds=24, seed=0)
pose_png(m[330:570], Path(__file__).parent.parent/'nbs'/'images'/'dance.png')
