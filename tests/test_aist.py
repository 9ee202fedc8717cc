"`audio2pose aist` as a person meets it: from detections of nine films to a body, a folder at a time, and what it says when something is wrong"
import json, os, shutil, signal, subprocess, time
from pathlib import Path
import numpy as np
import pytest
from audio2pose.aist import make_aist, read_cameras, read_keypoints2d, read_keypoints3d, read_motion
from audio2pose.data import load_pickle, write_json
from audio2pose.smpl import make_body, write_body
from audio2pose.video import video_info
import conftest
from conftest import cli, command

NAMES = ['gLH_sBM_cAll_d16_mLH0_ch01', 'gLH_sBM_cAll_d17_mLH1_ch02', 'gPO_sBM_cAll_d10_mPO0_ch01']

def refused(r, *words):
    "As elsewhere, and no warning beside it"
    assert conftest.refused(r, *words) and 'warning:' not in r.stderr, r.stderr

@pytest.fixture(scope='module')
def root(tmp_path_factory): return make_aist(tmp_path_factory.mktemp('aist')/'annotations', NAMES, frames=90)

@pytest.fixture(scope='module')
def model(tmp_path_factory): return write_body(make_body(), tmp_path_factory.mktemp('body')/'SMPL_NEUTRAL.npz')

def test_from_detections_to_a_body(root, model, tmp_path):
    kps = np.nan_to_num(read_keypoints2d(root/'keypoints2d'/f'{NAMES[0]}.pkl')[0])
    for v, k in enumerate(kps):
        write_json(tmp_path/f'c{v+1:02d}.json', [dict(image_id=f'{t:05d}.jpg', category_id=1, keypoints=p.ravel().tolist(), score=2.) for t, p in enumerate(k)])
    assert cli('aist', 'keypoints2d', *sorted(tmp_path.glob('c*.json')), '-o', tmp_path/'mine.pkl').returncode == 0
    r = cli('aist', 'cameras', tmp_path/'mine.pkl', '-o', tmp_path/'rig.json', '--json')
    assert r.returncode == 0 and json.loads(r.stdout)['done'][0]['median_px'] < 3, (r.stdout, r.stderr)
    r = cli('aist', 'keypoints3d', tmp_path/'mine.pkl', '--cameras', tmp_path/'rig.json', '-o', tmp_path/'joints.pkl', '--json')
    assert r.returncode == 0 and json.loads(r.stdout)['done'][0]['pixels'] < 3
    r = cli('aist', 'fit', tmp_path/'joints.pkl', '--body', model, '-o', tmp_path/'motion.pkl', '--json')
    assert r.returncode == 0, r.stderr
    assert json.loads(r.stdout)['done'][0]['mm'] < 40                     # the walker has other proportions than the body
    got = load_pickle(tmp_path/'motion.pkl')
    assert got['smpl_poses'].shape == (90, 72) and got['smpl_trans'].shape == (90, 3) and got['smpl_scaling'].size == 1
    m, joints = read_motion(tmp_path/'motion.pkl'), read_keypoints3d(tmp_path/'joints.pkl')
    hips = joints.positions[:, 0, 11:13].mean(1)
    assert np.linalg.norm(m.positions[:, 0, 0]-hips, axis=-1).max() < .2

def test_a_folder_goes_on_where_it_was(root, tmp_path):
    d = tmp_path/'a'
    shutil.copytree(root, d)
    broken = d/'keypoints2d'/f'{NAMES[1]}.pkl'
    good = broken.read_bytes()
    broken.write_bytes(good[:999])
    r = cli('aist', 'keypoints3d', d, '-o', tmp_path/'new', '--jobs', 2, '--json')
    told = json.loads(r.stdout)
    assert r.returncode == 2 and not told['ok'] and len(told['done']) == 2 and NAMES[1] in r.stderr and len(r.stderr.splitlines()) == 1
    first = {p.name: p.read_bytes() for p in (tmp_path/'new'/'keypoints3d').iterdir()}
    assert sorted(first) == [f'{NAMES[0]}.pkl', f'{NAMES[2]}.pkl']
    broken.write_bytes(good)
    r = cli('aist', 'keypoints3d', d, '-o', tmp_path/'new', '--json')
    told = {x['name']: x for x in json.loads(r.stdout)['done']}
    assert r.returncode == 0 and told[NAMES[0]].get('kept') and not told[NAMES[1]].get('kept')
    again = {p.name: p.read_bytes() for p in (tmp_path/'new'/'keypoints3d').iterdir()}
    assert len(again) == 3 and all(again[k] == v for k, v in first.items())

def test_a_folder_hears_its_options(root, model, tmp_path):
    r = cli('aist', 'fit', root, '--body', model, '--kind', 'keypoints4d', '-o', tmp_path/'new')
    assert r.returncode == 2 and len(r.stderr.splitlines()) == 3 and all('keypoints4d is missing' in l for l in r.stderr.splitlines()), r.stderr

def test_prepared_shown_and_loaded(tmp_path):
    from audio2pose.aist import AISTDataset, load_single_sample
    d = make_aist(tmp_path/'a', NAMES[:1], frames=60, videos=tmp_path/'films')
    r = cli('aist', 'preprocess', '-p', d/'keypoints3d', '-v', tmp_path/'films', '-o', tmp_path/'ready', '--json')
    assert r.returncode == 0, r.stderr
    pose, (wav, sr) = load_single_sample(NAMES[0].replace('cAll', 'c02'), tmp_path/'ready')
    assert pose.shape == (60, 17, 3) and sr == 16000 and abs(len(wav)-16000) < 1700
    beats = json.loads((tmp_path/'ready'/'beats'/f'{NAMES[0]}.json').read_text())
    assert beats['fps'] == 60 and {'tempo_bpm', 'beat_times', 'beat_frames'} <= set(beats)
    assert AISTDataset(tmp_path/'ready')[0].keypoints3d.fps == 60
    r = cli('aist', 'show', NAMES[0], '--root', d, '-v', tmp_path/'films', '--mode', '3d', '--mosaic', '-o', tmp_path/'seen.mp4', '--width', 480)
    assert r.returncode == 0, r.stderr
    info = video_info(tmp_path/'seen.mp4')
    assert info.width == 480 and abs(info.frames-60) < 3 and info.sound

def test_bad_input_is_one_line(root, tmp_path):
    k = root/'keypoints2d'/f'{NAMES[0]}.pkl'
    cams = json.loads((root/'cameras'/'setting1.json').read_text())
    write_json(tmp_path/'straight.json', [{a: b for a, b in c.items() if a != 'distortions'} for c in cams])
    write_json(tmp_path/'one.json', cams[:1])
    refused(cli('aist', 'keypoints3d', k, '--cameras', tmp_path/'straight.json', '-o', tmp_path/'o.pkl'), 'straight.json', 'distortions')
    refused(cli('aist', 'keypoints3d', k, '--cameras', tmp_path/'one.json', '-o', tmp_path/'o.pkl'), k.name, '9 cameras', '1')
    refused(cli('aist', 'keypoints3d', root/'motions'/f'{NAMES[0]}.pkl', '--cameras', root/'cameras'/'setting1.json', '-o', tmp_path/'o.pkl'), 'keypoints2d')
    (tmp_path/'model.pkl').write_bytes(b'cos\nsystem\n(S"touch gotcha"\ntR.')
    refused(cli('aist', 'fit', root/'keypoints3d'/f'{NAMES[0]}.pkl', '--body', tmp_path/'model.pkl', '-o', tmp_path/'o.pkl', cwd=tmp_path), 'model.pkl')
    assert not (tmp_path/'gotcha').exists() and not (tmp_path/'o.pkl').exists()

@pytest.mark.skipif(not hasattr(os, 'mkfifo'), reason='needs a named pipe')
def test_ctrl_c_leaves_the_old_file(root, tmp_path):
    os.mkfifo(tmp_path/'rig.json')                                        # reading it waits for ever
    (tmp_path/'o.pkl').write_text('old')
    p = subprocess.Popen(command('aist', 'keypoints3d', root/'keypoints2d'/f'{NAMES[0]}.pkl', '--cameras', tmp_path/'rig.json', '-o', tmp_path/'o.pkl'),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(6)
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=60)
    assert p.returncode == 130 and out == '' and 'stopped' in err and 'Traceback' not in err
    assert (tmp_path/'o.pkl').read_text() == 'old' and sorted(q.name for q in tmp_path.iterdir()) == ['o.pkl', 'rig.json']
