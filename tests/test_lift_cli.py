"`audio2pose lift` as a person meets it: a file of keypoints into 3D, P-STMO trained and measured in a few steps, and what is said of wrong input"
import csv, os, pickle, signal, subprocess, time
from pathlib import Path
import numpy as np
import pytest
from audio2pose.camera import make_view
from audio2pose.motion import Motion
from conftest import cli, command, make_dance, refused, stops_clean

DUET = Path(__file__).parent.parent/'data/duet_halpe26.json'
FEW = '--dataset motion --split all --cameras 1 --frames 9 --batch 8 --stride 10'.split()

@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    "A folder with three motions, and both stages of a small P-STMO after a few steps on them"
    d = tmp_path_factory.mktemp('lift')
    for k in range(3): make_dance(1+k/4).save(d/f'dances/dance{k}.npz')
    for args in (['pretrain', '-o', d/'one'], ['train', '--pretrained', d/'one/pretrain.safetensors', '-o', d/'two']):
        r = cli('lift', *args, *FEW, '--data', d/'dances', '--steps', 4)
        assert r.returncode == 0, r.stderr
        assert r.stdout.startswith(str(args[-1])) and '9 frames' in r.stdout
    return d

# A file into 3D -------------------------------------------------------------------------------------------------------------------

def test_a_duet_into_3d(tmp_path):
    r = cli('lift', DUET, '-o', tmp_path/'new/out.npz', '-n', 2, '--fps', 30)
    assert r.returncode == 0, r.stderr
    m = Motion.load(tmp_path/'new/out.npz')
    assert (len(m), m.D, m.skeleton.name, m.fps) == (90, 2, 'SMPL24', 30) and np.isfinite(m.positions).mean() > .95
    assert -.1 < np.nanpercentile(m.positions[..., 2], 1) < .15                       # both stand on the floor
    tall = np.nanmedian(np.nanmax(m.positions[..., 2], 2)-np.nanmin(m.positions[..., 2], 2), 0)
    assert ((1 < tall) & (tall < 2.2)).all(), tall
    assert f'{tmp_path/"new/out.npz"}\n' in r.stdout and os.listdir(tmp_path/'new') == ['out.npz']

def test_with_the_film_another_film(tmp_path):
    from audio2pose.alphapose import write_alphapose
    from audio2pose.simulate import duet, paint_video, simulate
    from audio2pose.video import video_info, write_video
    dets, truth = simulate(duet(1.5), make_view((0, -5.5, 1.4), (0, 0, .9), (320, 180)), kind='halpe26', seed=1)
    write_alphapose(dets, tmp_path/'r.json')
    write_video(tmp_path/'film.mp4', paint_video(truth), 30)
    r = cli('lift', tmp_path/'r.json', '-v', tmp_path/'film.mp4')
    assert r.returncode == 0, r.stderr
    info = video_info(tmp_path/'r_3d.mp4')
    assert abs(info.frames-len(Motion.load(tmp_path/'r_3d.npz'))) <= 1 and info.width > 320 and info.height == 180
    assert sorted(os.listdir(tmp_path)) == ['film.mp4', 'r.json', 'r_3d.mp4', 'r_3d.npz']

def test_with_a_checkpoint(trained, tmp_path):
    r = cli('lift', '-c', trained/'two/pstmo.safetensors', DUET, '-o', tmp_path/'o.npz', '-n', 2, '--fps', 30)
    assert r.returncode == 0, r.stderr
    assert 'P-STMO' in r.stdout and Motion.load(tmp_path/'o.npz').positions.shape == (90, 2, 24, 3)

# Measuring ------------------------------------------------------------------------------------------------------------------------

def test_scores_with_their_reference(trained, tmp_path):
    r = cli('lift', 'evaluate', trained/'two/pstmo.safetensors', *FEW[:6], '--data', trained/'dances', '-o', tmp_path/'s', '--mode', 'sequence')
    assert r.returncode == 0, r.stderr
    with open(tmp_path/'s/scores.csv', newline='') as f: rows = list(csv.DictReader(f))
    last = rows[-1]
    assert last['action'] == 'mean of actions' and int(last['clips']) == 3
    assert float(last['mpjpe [mm]']) > float(last['mpjpe_reference [mm]']) > 10       # four steps are worse than the mean pose
    assert 'the mean pose' in r.stdout and (tmp_path/'s/scores.html').stat().st_size > 1e5

# Bad input: one line, nothing written ----------------------------------------------------------------------------------------------

class Trap:
    def __reduce__(self): return os.system, (f'touch {self.path}',)

@pytest.mark.parametrize('args, words', [
    (['nosuch.json'], ['nosuch.json: no such file']), (['bad.json'], ['bad.json']), ([DUET, '-o', 'o.mp4'], ['o.mp4', '.npz']), ([DUET, '-c', 'trap.pth', '-o', 'o.npz'], ['trap.pth']),
    ([DUET, '--fps', '0'], ['--fps']), (['pretrain', '--dataset', 'coco'], ['--dataset coco', 'h36m']), (['train', '--lr', '0'], ['--lr 0']), (['convert', '.'], ['annot.mat'])])
def test_refused_in_one_line(args, words, tmp_path):
    (tmp_path/'bad.json').write_text('[{"image_id": "0.jpg", "keyp')
    trap = Trap()
    trap.path = tmp_path/'sprung'
    (tmp_path/'trap.pth').write_bytes(pickle.dumps(trap))
    refused(cli('lift', *args, cwd=tmp_path), *words)
    assert sorted(os.listdir(tmp_path)) == ['bad.json', 'trap.pth']

def test_stage_one_cannot_lift(trained, tmp_path):
    one = trained/'one/pretrain.safetensors'
    refused(cli('lift', DUET, '-c', one, '-o', tmp_path/'o.npz'), 'pretrain.safetensors', 'stage two')
    assert os.listdir(tmp_path) == []

# Stopped --------------------------------------------------------------------------------------------------------------------------

def test_ctrl_c_leaves_an_earlier_result_alone(tmp_path): stops_clean('lift', tmp_path)

def test_training_stopped_and_resumed(trained, tmp_path):
    args = ['lift', 'pretrain', *FEW, '--data', trained/'dances', '-o', tmp_path/'one']
    p = subprocess.Popen(command(*args, '--steps', 120), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    t0 = time.time()
    while not (tmp_path/'one/last.ckpt').exists() and p.poll() is None and time.time()-t0 < 200: time.sleep(.1)
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=60)
    assert p.returncode == 130 and out == '' and 'Traceback' not in err and 'stopped' in err, err
    assert not (tmp_path/'one/pretrain.safetensors').exists()
    r = cli(*args, '--resume', '--steps', 120)
    assert r.returncode == 0, r.stderr
    assert 'pretrain.safetensors' in r.stdout
