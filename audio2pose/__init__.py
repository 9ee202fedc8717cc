__version__ = "0.1.0"

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

_public = dict(Motion='motion', track_beats='beats', generate='generate', write_player='player', read_alphapose='alphapose', clean='preprocessing',
    AISTDataset='aist', load_single_sample='aist', Rig='rig', reconstruct='multiview',
    lift='lift', load_pstmo='pstmo',
    DanceWidget='dance_widget', pose_player='pose_player', BeatEditor='beat_editor', CompareWidget='compare', TrackReviewer='track_reviewer')
__all__ = [*_public]

class _Package(ModuleType):
    "A package in which `generate` is always the function, also after the module of that name was imported"
    def __setattr__(self, name, value):
        if not (name in _public and isinstance(value, ModuleType)): super().__setattr__(name, value)

sys.modules[__name__].__class__ = _Package

def __getattr__(name):
    "Import a public name or a submodule when it is first asked for"
    if name in _public: return getattr(import_module(f'{__name__}.{_public[name]}'), name)
    if not name.startswith('_') and find_spec(f'{__name__}.{name}'): return import_module(f'{__name__}.{name}')
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')

def __dir__(): return sorted({*globals(), *__all__})
