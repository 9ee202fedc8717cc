"`audio2pose clean` and `overlay` as a person meets them: what they write, what they say, and what they leave alone when something is wrong"
import json, os
from pathlib import Path
import numpy as np
import pytest
from audio2pose.alphapose import write_alphapose
from audio2pose.camera import make_view, project_pixels
from audio2pose.motion import Motion
from audio2pose.simulate import duet, paint_video, simulate
from audio2pose.video import video_info, write_video
from conftest import cli, refused, stops_clean

VIEW = make_view((0, -5.5, 1.4), (0, 0, .9), (320, 180))

@pytest.fixture(scope='module')
def clip(tmp_path_factory):
    "A duet of four seconds, its detections in 3D and 2D, and its film"
    d = tmp_path_factory.mktemp('duet')
    m = duet(4)
    dets, truth = simulate(m, VIEW, seed=1, every=2)
    write_alphapose(dets, d/'hybrik.json')
    write_alphapose(simulate(m, VIEW, kind='halpe26', seed=1, every=2)[0], d/'halpe26.json')
    write_video(d/'film.mp4', paint_video(truth), 30)
    return d

def test_clean_writes_a_motion_and_a_report(clip, tmp_path):
    r = cli('clean', clip/'hybrik.json', '-o', tmp_path/'new/out.npz', '-v', clip/'film.mp4', '--report', tmp_path/'report')
    assert r.returncode == 0, r.stderr
    m = Motion.load(tmp_path/'new/out.npz')
    assert m.positions.shape[1:] == (2, 24, 3) and abs(len(m)-120) < 5 and m.fps == 30
    seen = np.isfinite(m.positions).all((2, 3)).mean()
    assert seen > .9 and 0 <= np.nanpercentile(m.positions[..., 2], 1) < .15
    told = json.loads((tmp_path/'report/report.json').read_text())
    assert told['rows'] > 150 and len(told['seen']) == 2 and (tmp_path/'report/timeline.html').stat().st_size > 1e5
    assert 'people found' in r.stdout and str(tmp_path/'new/out.npz') in r.stdout

def test_clean_beside_the_results_in_2d(clip, tmp_path):
    (tmp_path/'r.json').write_bytes((clip/'halpe26.json').read_bytes())
    r = cli('clean', tmp_path/'r.json', '--fps', 30)
    assert r.returncode == 0, r.stderr
    m = Motion.load(tmp_path/'r.npz')
    assert m.skeleton.name == 'HALPE26' and m.meta['camera']['kind'] == 'plane'
    px = project_pixels(m)
    assert 0 < np.nanmedian(px[..., 0]) < 320 and 0 < np.nanmedian(px[..., 1]) < 180

@pytest.mark.parametrize('kind, skeleton', [('hybrik', 'SMPL24'), ('halpe26', 'HALPE26')])
def test_the_files_in_data(kind, skeleton, tmp_path):
    r = cli('clean', Path(__file__).parent.parent/f'data/duet_{kind}.json', '-o', tmp_path/'o.npz', '--fps', 30)
    assert r.returncode == 0, r.stderr
    m = Motion.load(tmp_path/'o.npz')
    assert (len(m), m.D, m.skeleton.name) == (90, 2, skeleton) and np.isfinite(m.positions).mean() > .95

def test_an_anchor_is_obeyed(clip, tmp_path):
    (tmp_path/'a.json').write_text(json.dumps([dict(frame=3, dancer='Ann', at='right')]))
    assert cli('clean', clip/'hybrik.json', '-o', tmp_path/'o.npz', '--anchors', tmp_path/'a.json', '--fps', 30).returncode == 0
    m = Motion.load(tmp_path/'o.npz')
    x = project_pixels(m)[3, :, 0, 0]
    assert m.meta['names'] == ['Ann'] and x[0] > x[1]

def test_decisions_replay(clip, tmp_path):
    say = [dict(do='swap', frame=60, dancers=[1, 2]), dict(do='refill', dancer=1, first=5, last=12)]
    (tmp_path/'d.json').write_text(json.dumps(say))
    for name,more in ('a', ('--decisions', tmp_path/'d.json')), ('b', ('--decisions', tmp_path/'d.json')), ('plain', ()):
        r = cli('clean', clip/'hybrik.json', '-o', tmp_path/f'{name}.npz', '--fps', 30, '--report', tmp_path/name, *more)
        assert r.returncode == 0 and ('exchanged from frame 60 on' in ' '.join(r.stdout.split())) == bool(more), r.stdout+r.stderr
    a, b, plain = (Motion.load(tmp_path/f'{n}.npz') for n in ('a', 'b', 'plain'))
    assert a.positions.tobytes() == b.positions.tobytes() and (a.confidence[5:13, 0] < .5).all() and (plain.confidence[5:13, 0] > .5).any()
    far = lambda i,j: np.nanmedian(np.linalg.norm(a.positions[70:, i]-plain.positions[70:, j], axis=-1))
    assert max(far(0, 1), far(1, 0)) < .5*min(far(0, 0), far(1, 1))
    assert json.loads((tmp_path/'a/report.json').read_text())['decisions'] == say and json.loads((tmp_path/'plain/report.json').read_text())['decisions'] == []

def test_overlay_of_raw_and_clean(clip, tmp_path):
    assert cli('clean', clip/'hybrik.json', '-o', tmp_path/'o.npz', '--fps', 30).returncode == 0
    for what,name in (clip/'hybrik.json', 'raw.mp4'), (tmp_path/'o.npz', 'clean.gif'):
        r = cli('overlay', what, '-v', clip/'film.mp4', '-o', tmp_path/name, '--stop', 1)
        assert r.returncode == 0, r.stderr
        assert (tmp_path/name).stat().st_size > 3000
    assert abs(video_info(tmp_path/'raw.mp4').frames-30) <= 1

def test_a_longer_film_is_aligned_and_said(clip, tmp_path):
    recs = [r for r in json.loads((clip/'hybrik.json').read_text()) if int(r['image_id'].split('.')[0]) < 60]
    (tmp_path/'r.json').write_text(json.dumps(recs))
    r = cli('clean', tmp_path/'r.json', '-o', tmp_path/'o.npz', '-v', clip/'film.mp4')
    assert r.returncode == 0 and 'aligned by frame number' in r.stderr and len(Motion.load(tmp_path/'o.npz')) in (59, 60)

# Bad input: one line, nothing written --------------------------------------------------------------------------------------------

def records(n=40, J=26, people=2, **kw):
    "Records of people who stand side by side, as AlphaPose writes them"
    rng, out = np.random.default_rng(0), []
    for t in range(n):
        for k in range(people):
            kp = np.c_[rng.normal(size=(J, 2))*20+[100+150*k, 100], np.full(J, .9)].ravel().round(2).tolist()
            out.append(dict(image_id=f'{t}.jpg', category_id=1, keypoints=kp, score=2.5, box=[50., 50., 90., 90.], idx=[0.0]) | kw)
    return out

def spoilt(i, **kw):
    r = records()
    r[i] = r[i] | kw
    return json.dumps(r)

BAD = {
    'cut off': (lambda: json.dumps(records())[:3000], ()),
    'empty list': (lambda: '[]', ()),
    'not json': (lambda: 'these are words', ()),
    'one frame': (lambda: json.dumps(records(1)), ('one frame',)),
    'odd joint count': (lambda: json.dumps(records(J=19)), ('57 numbers',)),
    'mixed joint counts': (lambda: json.dumps(records(20)+[r | dict(image_id=f'{50+i}.jpg') for i,r in enumerate(records(3, J=17))]), ()),
    'a NaN': (lambda: spoilt(5, keypoints=[float('nan')]*78), ('5',)),
    'an infinity': (lambda: spoilt(5, keypoints=[float('inf')]*78), ('5',)),
    'a word': (lambda: spoilt(7, keypoints=['left']*78), ('7',)),
    'no keypoints': (lambda: json.dumps([{k: v for k,v in r.items() if k != 'keypoints'} for r in records()]), ('keypoints',)),
    'a negative frame': (lambda: spoilt(3, image_id=-4), ('3',)),
    'no frame number': (lambda: spoilt(3, image_id='first.jpg'), ('3',)),
    'a frame that comes twice': (lambda: json.dumps(records()+records()[:4]), ()),
    'forty people': (lambda: json.dumps(records(people=40)), ('40 people',)),
    'one person': (lambda: json.dumps(records(people=1)), ('dancers',)),
}

@pytest.mark.parametrize('what', list(BAD))
def test_bad_results_are_refused_in_one_line(what, tmp_path):
    make, words = BAD[what]
    (tmp_path/'bad.json').write_text(make())
    refused(cli('clean', tmp_path/'bad.json', '-o', tmp_path/'out/o.npz', '--report', tmp_path/'report'), 'bad.json', *words)
    assert sorted(os.listdir(tmp_path)) == ['bad.json']

@pytest.mark.parametrize('args, words', [
    (('--dancers', 0), ('0 dancers',)), (('--dancers', 9), ('9 dancers',)), (('--fps', 0), ('--fps',)), (('-v', 'no.mp4'), ('no.mp4',)),
    (('-o', 'out.txt'), ('.npz',)), (('--anchors', 'no.json'), ('no.json',)), (('--focal', -3), ('--focal',))])
def test_bad_options_are_refused(args, words, clip, tmp_path):
    refused(cli('clean', clip/'hybrik.json', *(() if '-o' in args else ('-o', tmp_path/'o.npz')), *args, cwd=tmp_path), *words)
    assert os.listdir(tmp_path) == []

@pytest.mark.parametrize('text', ['{}', '[{"frame": 3}]', '[{"frame": 3, "dancer": 9, "at": "left"}]', '[{"frame": 9999, "dancer": 1, "at": "left"}]', 'words'])
def test_bad_anchors_are_refused(text, clip, tmp_path):
    (tmp_path/'a.json').write_text(text)
    refused(cli('clean', clip/'hybrik.json', '-o', tmp_path/'o.npz', '--anchors', tmp_path/'a.json'), 'anchor' if text != 'words' else 'a.json')
    assert os.listdir(tmp_path) == ['a.json']

@pytest.mark.parametrize('text, words', [('[{"do": "swap", "fr', ('line 1',)), ('{}', ('expected a list',)), ('[{"do": "swap"}]', ('decision 0',)),
    ('[{"do": "swap", "frame": 5000, "dancers": [1, 2]}]', ('outside the clip',)), ('[{"do": "swap", "frame": 5, "dancers": [1, 3]}]', ('dancer 3',)),
    ('[{"do": "refill", "dancer": 1, "first": 0, "last": 119}]', ('dancer 1 in 0 frames',))])
def test_bad_decisions_are_refused(text, words, clip, tmp_path):
    (tmp_path/'d.json').write_text(text)
    refused(cli('clean', clip/'hybrik.json', '-o', tmp_path/'o.npz', '--fps', 30, '--decisions', tmp_path/'d.json'), 'd.json', *words)
    assert os.listdir(tmp_path) == ['d.json']

def test_ctrl_c_leaves_an_earlier_result_alone(tmp_path): stops_clean('clean', tmp_path)
