"Banks made of what other parts of the package write, and of what should not be there."
import numpy as np
import pytest
from audio2pose.beats import Beats
from audio2pose.corpus import true_beats
from audio2pose.motion import Motion,stack,walk
from audio2pose.retrieval import _kept,read_bank,retrieve
from audio2pose.skeleton import SMPL24
from conftest import make_dance

@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch): monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path/'cache'))

def folder(tmp_path, **motions):
    for n,m in motions.items(): m.save(tmp_path/'bank'/f'{n}.npz')
    return tmp_path/'bank'

def test_points_are_fitted(tmp_path):
    m = make_dance(4.)
    lifted = Motion(m.positions, m.fps, SMPL24, meta=dict(dimensions=3))
    bank = read_bank(folder(tmp_path, lifted=lifted))
    want = read_bank(folder(tmp_path/'other', danced=m))
    up = lambda b: b.frames[:,124:193].reshape(-1, 23, 3)
    assert np.linalg.norm(up(bank)-up(want), axis=-1).mean() < .02
    x = retrieve(np.zeros((90,42), np.float32), true_beats(120, 0., 3.), bank)
    assert x.shape == (90,195) and np.isfinite(x).all()

def test_two_dancers_and_a_gap(tmp_path):
    m = stack(make_dance(6.), make_dance(6.))
    m.rotations[60:80,1] = np.nan
    bank = read_bank(folder(tmp_path, duet=m))
    assert [c['stop']-c['start'] for c in bank.clips] == [180,60,100]
    assert np.isfinite(bank.frames).all()

def test_flat_motion_is_no_dance(tmp_path):
    m = walk(4)
    with pytest.raises(ValueError, match='no usable cut') as e: read_bank(folder(tmp_path, flat=Motion(m.positions, 30, SMPL24, meta=dict(dimensions=2))))
    assert '\n' not in str(e.value) and 'bank' in str(e.value)

def test_other_files_are_left_alone(tmp_path):
    d = folder(tmp_path, danced=make_dance(6.))
    np.savez(d/'features.npz', music=np.zeros((3,42)))
    (d/'notes.txt').write_text('not motion')
    assert len(read_bank(d).clips) == 1

def test_a_dataset_file_in_any_folder(tmp_path):
    (tmp_path/'bank').mkdir()
    swing = np.sin(2*np.pi*np.arange(180)/30)[:,None]*np.linspace(.1, .4, 29)
    np.savez(tmp_path/'bank'/'robot.npz', root_pos=np.zeros((180,3)), root_quat_xyzw=np.tile([0,0,0,1.], (180,1)), joint_angles=swing, fps=30)
    assert [c['name'] for c in read_bank(tmp_path/'bank').clips] == ['robot']

def test_damage_is_named(tmp_path):
    d = folder(tmp_path, danced=make_dance(6.))
    (d/'broken.npz').write_bytes((d/'danced.npz').read_bytes()[:1000])
    with pytest.raises(ValueError, match='broken.npz'): read_bank(d)
    (d/'broken.npz').unlink()
    (d/'broken.bvh').write_text('HIERARCHY\nROOT hip\n{\n')
    with pytest.raises(ValueError, match='broken.bvh'): read_bank(d)

def test_a_changed_folder_is_read_again(tmp_path):
    d = folder(tmp_path, danced=make_dance(6.))
    first = read_bank(d)
    make_dance(7.).save(d/'more.npz')
    assert len(read_bank(d).clips) == 2 and len(first.clips) == 1

def test_no_cache_can_be_written(tmp_path, monkeypatch):
    (tmp_path/'file').write_text('')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path/'file'))
    assert len(read_bank(folder(tmp_path, danced=make_dance(6.))).clips) == 1

def test_a_damaged_cache_is_made_anew(tmp_path):
    d = folder(tmp_path, danced=make_dance(6.))
    bank = read_bank(d)
    kept, = (tmp_path/'cache'/'audio2pose').glob('*.npz')
    kept.write_bytes(b'not a bank')
    _kept.cache_clear()
    assert np.array_equal(read_bank(d).frames, bank.frames)
    assert kept.stat().st_size > 1000

def test_own_beats_of_a_dance_are_used(tmp_path):
    m = make_dance(6.)
    b = true_beats(120, 0., 6.)
    m.meta |= dict(beats=Beats(b.beat_times, b.downbeats, 120, 1, 6.).to_dict(), genre='house')
    bank = read_bank(folder(tmp_path, danced=m))
    assert bank.genres == ['house'] and set(np.unique(bank.place)) <= {0,1,2,3,4} and (bank.place>0).any()
