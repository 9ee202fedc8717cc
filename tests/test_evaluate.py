"`audio2pose evaluate` as a person meets it: the table, the files, and one line for whatever cannot be measured"
import json
from types import SimpleNamespace
import numpy as np
import pytest
import audio2pose.cli, audio2pose.cli_evaluate
from audio2pose.bvh import write_bvh
from audio2pose.motion import Motion, walk
from audio2pose.retarget import VRM_BONES
from audio2pose.shell import main
from audio2pose.skeleton import COCO17
from conftest import cli, make_dance, refused

def dance(k, seconds=4., song=None):
    "A dancer who bounces and waves, each from another moment on, a little bigger than the last"
    m = make_dance(seconds+.1*k)[3*k:]
    b = np.array(m.meta['beats']['beat_times']) - .1*k
    meta = dict(beats=dict(beat_times=b[b>=0].tolist()), audio=song or f'{k}.ogg')
    return Motion(m.positions*(1+.01*k), m.fps, m.skeleton, meta=meta)

@pytest.fixture(scope='module')
def folders(tmp_path_factory):
    "Good and bad folders of dances"
    d = tmp_path_factory.mktemp('dances')
    for n in 'ours truth learned deaf empty short other music text holes aist mixed'.split(): (d/n).mkdir()
    for k in range(3): dance(k).save(d/f'ours/{k}.npz')
    for k in range(6): dance(k+3).save(d/f'truth/{k}.npz')
    for k in range(2): dance(k, 6).save(d/f'learned/{k}.npz')
    write_bvh(walk(3), d/'deaf/a.bvh')
    write_bvh(walk(4), d/'deaf/b.bvh')
    dance(0).save(d/'short/a.npz')
    dance(0)[:30].save(d/'short/b.npz')
    Motion(np.zeros((90, 1, 17, 3)), 30, COCO17).save(d/'other/people.npz')
    np.savez(d/'music/a.npz', loudness=np.zeros(9))
    (d/'text/a.npz').write_text('not a dance')
    gaps = dance(1)
    gaps.positions[40:50] = np.nan
    gaps.save(d/'holes/a.npz')
    q = np.zeros((240, 19, 4), np.float32)
    q[..., 3] = 1
    bones = [*VRM_BONES, 'spine', 'chest', *'abcdefghijklmnopqrs'][:19]
    for k in range(2): np.savez(d/f'aist/gHO_sBM_cAll_d20_mHO{k}_ch01.npz', quats_xyzw=q, bones=np.array(bones), fps=60., bpm=120.)
    return d

def here(capsys, *args):
    "The command in this process: returncode, stdout, stderr"
    with pytest.raises(SystemExit) as e: main(['evaluate', *map(str, args)])
    r = capsys.readouterr()
    return SimpleNamespace(returncode=e.value.code or 0, stdout=r.out, stderr=r.err)

def table(path): return {r['name']: r for r in json.loads(path.read_text())['rows']}

def test_the_table_of_a_terminal(folders, tmp_path):
    r = cli('evaluate', folders/'ours', '--reference', folders/'truth', '--training', folders/'learned', '-o', tmp_path/'new/table.json')
    assert r.returncode == 0, r.stderr
    for words in ('generated (3)', 'reference (6)', 'beat score', 'beat F1', 'FID kinetic', 'diversity geometric', 'slide of standing feet (cm/s)', 'freeze', 'distance to training (cm)', 'by chance', 'floor'):
        assert words in r.stdout, words
    rows = table(tmp_path/'new/table.json')
    assert r.stdout.splitlines()[-1] == str(tmp_path/'new/table.json')
    assert rows['beat score']['generated'][1] <= rows['beat score']['generated'][0] <= rows['beat score']['generated'][2]
    assert rows['distance to training']['generated'][0] < 3 and rows['distance to training']['reference'][0] < 8
    assert .8 < rows['speed']['ratio'] < 1.2 and rows['freeze']['generated'][0] == 0

def test_files_of_three_kinds(folders, tmp_path, capsys):
    for s in ('md', 'html'):
        r = here(capsys, folders/'ours', '--reference', folders/'truth', '-o', tmp_path/f't.{s}')
        assert r.returncode == 0, r.stderr
    assert (tmp_path/'t.md').read_text().startswith('|  | generated (3) | reference (6) |')
    page = (tmp_path/'t.html').read_text()
    assert 'ours beside truth' in page and '<th>generated (3)</th>' in page and 'Plotly.newPlot' in page and '<script src=' not in page.replace('"', '')

def test_no_beats_are_said_and_left_out(folders, capsys):
    r = here(capsys, folders/'deaf', '--reference', folders/'truth')
    assert r.returncode == 0 and 'beat' not in r.stdout and 'slide' in r.stdout
    assert 'audio2pose: 2 of 2 generated dances have no beats; lines about music are left out' in r.stderr.splitlines()

def test_beats_from_a_file_beside_it(folders, tmp_path, capsys):
    from audio2pose.corpus import true_beats
    write_bvh(walk(5), tmp_path/'a.bvh')
    write_bvh(walk(6), tmp_path/'b.bvh')
    true_beats(120, .1, 5).save(tmp_path/'a.beats.json')
    r = here(capsys, tmp_path, '--reference', folders/'truth')
    assert r.returncode == 0 and 'beat score' in r.stdout and '1 of 2 generated dances have no beats' in r.stderr

def test_aist_files_know_their_tempo(folders, capsys):
    r = here(capsys, folders/'ours', '--reference', folders/'aist')
    assert r.returncode == 0 and 'reference (2)' in r.stdout and 'reference dances have no beats' not in r.stderr
    assert 'FID kinetic is left out' in r.stderr and 'FID' not in r.stdout                   # four are needed

def test_seeds_of_one_song(folders, tmp_path, capsys):
    for k in range(3): dance(k, song='one.ogg').save(tmp_path/f'{k}.npz')
    r = here(capsys, tmp_path, '--reference', folders/'truth')
    assert 'diversity kinetic, one song' in r.stdout
    assert 'one song' not in here(capsys, folders/'ours', '--reference', folders/'truth').stdout

@pytest.mark.parametrize('name, words', [('empty', 'no .npz or .bvh file in it'), ('missing', 'no such folder'), ('short', 'b.npz: lasts 1.00 s, expected 2 s'),
    ('other', 'people.npz: skeleton COCO17, expected the 24 joints'), ('music', 'a.npz: no motion in it; found loudness'),
    ('text', 'a.npz: not a readable .npz'), ('holes', 'a.npz: has moments in which a joint is not seen')])
def test_what_cannot_be_measured(folders, tmp_path, capsys, name, words):
    (tmp_path/'t.json').write_text('of an earlier run')
    assert refused(here(capsys, folders/name, '--reference', folders/'truth', '-o', tmp_path/'t.json'), str(folders/name), words)
    assert refused(here(capsys, folders/'ours', '--reference', folders/name), words)
    assert (tmp_path/'t.json').read_text() == 'of an earlier run'

def test_words_that_make_no_sense(folders, tmp_path, capsys):
    assert refused(here(capsys, folders/'ours'), '--reference is needed')
    assert refused(here(capsys, folders/'ours', '--reference', folders/'ours'), 'compared with itself')
    assert refused(here(capsys, folders/'ours', '--reference', folders/'truth', '--training', folders/'truth'), 'compared with itself')
    assert refused(here(capsys, folders/'ours', '--reference', folders/'truth', '-o', tmp_path/'t.pdf'), '.html, .json, .md')
    assert refused(here(capsys, folders/'ours', '--reference', folders/'truth', '-o', tmp_path), 'expected a name that ends in')
