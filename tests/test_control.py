"Wishes through the command line: what they give, that nothing else changes, and what is said before any work when they cannot be met"
import json, sys
import numpy as np
import pytest
from audio2pose.beats import Beats
from audio2pose.bvh import write_bvh
from audio2pose.control import bar_span
from audio2pose.motion import Motion,walk
from conftest import cli

def told(capsys, *args):
    "Exit code, stdout and stderr of a command line, in this process: torch is loaded once"
    from audio2pose.cli import main
    with pytest.raises(SystemExit) as e: main([str(a) for a in args])
    return e.value.code, *capsys.readouterr()

def jolt(m): return np.linalg.norm(np.diff(m.positions[:,0], 2, axis=0), axis=-1).mean(-1)*900

@pytest.fixture(scope='module')
def takes(tmp_path_factory):
    "The bundled song, two takes of eight seconds of it, and files of wishes"
    from audio2pose.audio import load_audio,write_audio
    from audio2pose.data import asset
    from audio2pose.generate import generate
    d = tmp_path_factory.mktemp('takes')
    y,sr = load_audio(asset('song.ogg'), seconds=8)
    write_audio(y, sr, d/'song.wav')
    for n,kw in dict(house=dict(seed=1, genre='house'), waack=dict(seed=2, genre='waack')).items(): generate(d/'song.wav', steps=4, **kw).save(d/f'{n}.npz')
    m = Motion.load(d/'waack.npz')
    m[60:90].save(d/'seed.npz')
    write_bvh(m[60:90], d/'seed.bvh')
    m.resample(60)[120:180].save(d/'fast.npz')
    Beats.from_dict(m.meta['beats']).save(d/'song.beats.json')
    (d/'keys.json').write_text(json.dumps([dict(time=3., motion='waack.npz', frame=90), dict(time=6, motion='seed.npz')]))
    (d/'way.json').write_text(json.dumps([dict(time=t, x=x, y=y) for t,x,y in ((0,-1,0), (4,1,0), (7.9,0,1))]))
    return d

@pytest.fixture
def ask(takes, tmp_path, capsys):
    "The dance that `audio2pose generate` makes with these words"
    def made(*args):
        code,_,err = told(capsys, 'generate', takes/'song.wav', '-o', tmp_path, '-f', 'npz', '--steps', 4, *args)
        assert code == 0, err
        return Motion.load(tmp_path/'song.npz')
    return made

def test_help_names_every_wish():
    out = cli('generate', '--help').stdout
    assert all(f'--{w} ' in out for w in ('seed-motion', 'keyframes', 'keep-joints', 'from', 'beats', 'energy', 'style', 'path', 'bars', 'method', 'bank'))

def test_bars_leave_the_rest_to_the_bit(takes, ask):
    old = Motion.load(takes/'house.npz')
    new = ask('--from', takes/'house.npz', '--bars', '2-2', '--seed', 5)
    i,j = (round(t*30) for t in bar_span(Beats.from_dict(old.meta['beats']), 2, 2))
    rest = np.r_[:i, j:len(old)]
    for k in ('positions', 'rotations', 'root'): assert getattr(new, k)[rest].tobytes() == getattr(old, k)[rest].tobytes()
    assert np.linalg.norm(new.positions-old.positions, axis=-1)[i+8:j-8].mean() > .02
    near = np.r_[i-2:i+3, j-5:j]                            # accelerations that span a join, and of three new frames beside it
    assert jolt(new)[near].max() <= np.quantile(np.delete(jolt(new), near), .99)
    assert new.meta['edits'] == [dict(bars=[2,2], seed=5, genre='house')]

@pytest.mark.parametrize('name', ['seed.npz', 'seed.bvh', 'fast.npz'])
def test_seed_motion_begins_the_dance(takes, ask, name):
    seed = Motion.load(takes/'seed.npz')
    m = ask('--seed-motion', takes/name, '--seed', 4)
    assert len(m) == 240
    assert np.abs(m.positions[:30]-seed.positions).max() < (5e-3 if name == 'fast.npz' else 5e-4)
    assert jolt(m)[26:34].max() < np.quantile(jolt(m), .995)

def test_keyframes_and_way(takes, ask):
    want = Motion.load(takes/'waack.npz').rotations[90,0,12:20]
    turn = lambda m: np.degrees(2*np.arccos(np.abs((m.rotations[90,0,12:20]*want).sum(-1)).clip(0, 1))).max()
    m = ask('--keyframes', takes/'keys.json', '--genre', 'house', '--seed', 1)
    assert turn(m) < 1 < turn(Motion.load(takes/'house.npz'))
    m = ask('--path', takes/'way.json', '--seed', 1)
    assert np.linalg.norm(m.root[[0,120,236],0,:2]-[[-1,0],[1,0],[0,1]], axis=1).max() < .4

def test_kept_joints_and_changing_genre(takes, ask):
    old = Motion.load(takes/'house.npz')
    m = ask('--from', takes/'house.npz', '--keep-joints', 'lower', '--genre', '0:waack,4:krump', '--energy', '0:1,4:1.5', '--beats', takes/'song.beats.json')
    assert np.abs(m.positions[:,0,[4,5,7,8,10,11]]-old.positions[:,0,[4,5,7,8,10,11]]).max() < 1e-3
    assert np.abs(m.positions[:,0,[20,21]]-old.positions[:,0,[20,21]]).mean() > .05
    assert m.meta['genre'] == [[0,'waack'],[4,'krump']] and m.meta['energy'] == [[0,1],[4,1.5]]

def test_energy_is_followed(takes):
    from audio2pose.generate import generate
    from audio2pose.model import load_dancer
    from audio2pose.motion import joint_speed
    net = load_dancer()
    if not net.push.weight.any(): pytest.skip('the shipped weights were not told of energy')
    fast = lambda e: np.mean([joint_speed(generate(takes/'song.wav', seed=s, genre='house', net=net, energy=e)).mean() for s in range(3)])
    assert fast(2) > 1.5*fast(.5)

BAD = [
    (['--keyframes', 'late.json'], 'outside the song'), (['--keyframes', 'twice.json'], 'contradict'), (['--keyframes', 'keys.csv'], 'keys.csv'),
    (['--keyframes', 'gone.json'], 'no such file'), (['--keyframes', 'lost.json'], 'lost.npz'), (['--keyframes', 'frame.json'], 'frame 999'),
    (['--seed-motion', 'song.wav'], 'expected a motion'), (['--seed-motion', 'two.npz'], '2 dancers'), (['--seed-motion', 'points.npz'], 'positions only'),
    (['--seed-motion', 'broken.npz'], 'broken.npz'), (['--path', 'keys.json'], 'keys.json'),
    (['--from', 'house.npz', '--keep-joints', 'tail'], "'tail'"), (['--keep-joints', 'upper'], '--from'), (['--from', 'house.npz'], '--keep-joints'),
    (['--from', 'house.npz', '--bars', '3-99'], 'bars'), (['--from', 'house.npz', '--bars', 'two'], '--bars two'), (['--bars', '1-2'], '--from'),
    (['--genre', '0:polka'], 'polka'), (['--genre', '0:house,99:krump'], 'outside the song'), (['--genre', '3:house,1:krump'], 'ascend'), (['--energy', '0'], 'energy'),
    (['--energy', '0:1,x'], 'SECONDS:VALUE'), (['--beats', 'keys.json'], 'keys.json'), (['--beats', 'song.wav'], 'song.wav'),
    (['--method', 'magic'], 'magic'), (['--method', 'retrieval'], 'bank'), (['--bank', '.'], 'retrieval'), (['--method', 'retrieval', '--bank', '.', '--energy', '1'], 'retrieval'),
]

@pytest.fixture(scope='module')
def bad_files(takes):
    "Files that cannot be used, beside the good ones"
    pair = [dict(time=2., motion='waack.npz', frame=f) for f in (10, 60)]
    for n,rows in dict(late=[dict(time=42., motion='waack.npz')], twice=pair, lost=[dict(time=1., motion='lost.npz')], frame=[dict(time=1., motion='seed.npz', frame=999)]).items():
        (takes/f'{n}.json').write_text(json.dumps(rows))
    (takes/'keys.csv').write_text('time,motion\n1,waack.npz\n')
    walk(2., dancers=2).save(takes/'two.npz')
    m = walk(1.)
    Motion(m.positions, 30, m.skeleton).save(takes/'points.npz')
    (takes/'broken.npz').write_bytes((takes/'seed.npz').read_bytes()[:900])
    return takes

@pytest.mark.parametrize('args,word', BAD, ids=[' '.join(a) for a,_ in BAD])
def test_wishes_that_cannot_be_met(bad_files, tmp_path, monkeypatch, capsys, args, word):
    monkeypatch.chdir(bad_files)
    import audio2pose.generate                                # the package's attribute of that name is the function
    monkeypatch.setattr(sys.modules['audio2pose.generate'], 'music_features', lambda *a, **k: pytest.fail('worked before it complained'))
    code,out,err = told(capsys, 'generate', 'song.wav', '-o', tmp_path/'out', '-f', 'npz', *args)
    assert (code, out) == (2, '') and err.count('\n') == 1 and len(err) < 400 and word in err, err
    assert not (tmp_path/'out').exists()

def test_weights_of_another_version_or_damaged(tmp_path):
    from pathlib import Path
    import audio2pose
    from audio2pose.model import load_dancer
    good = (Path(audio2pose.__file__).parent/'weights/dancer.safetensors').read_bytes()
    for n,b in dict(cut=good[:-9], other=good.replace(b'read.weight', b'reed.weight'), text=b'weights').items():
        (tmp_path/n).write_bytes(b)
        with pytest.raises(ValueError, match=f'{n}: not weights of this model'): load_dancer(tmp_path/n)
