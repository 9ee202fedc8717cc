"Making AIST++ ready, killed at any point and begun again, gives the bytes of a run that nobody disturbed"
import signal,subprocess,sys,time
import numpy as np

RUN = 'import sys; from audio2pose.prepare import prepare; r = prepare(*sys.argv[1:4], jobs=int(sys.argv[4]), skip_beats="--no-beats" in sys.argv); sys.exit(not r.ok)'

def small_set(root, n=8):
    "Eight annotations of two seconds and eight films of a song."
    from audio2pose.aist import write_keypoints3d
    from audio2pose.band import make_song
    from audio2pose.audio import write_audio
    from audio2pose.video import write_video
    rng,wav = np.random.default_rng(0),root/'song.wav'
    (root/'films').mkdir()
    write_audio(make_song(120, 6., rng, style='la hip-hop')[0], 22050, wav)
    film = write_video(root/'film.mp4', (np.full((32,32,3), 90, np.uint8) for _ in range(60)), 10, audio=wav)
    for i in range(n):
        write_keypoints3d(root/'keypoints3d'/f'gLH_sBM_cAll_d{i+1:02d}_mLH4_ch01.pkl', rng.normal(size=(120,17,3)).cumsum(0)/100)
        (root/'films'/f'gLH_sBM_c0{i%9+1}_d{i+1:02d}_mLH4_ch01.mp4').hardlink_to(film)
    return root/'keypoints3d',root/'films'

def begin(*args): return subprocess.Popen([sys.executable, '-c', RUN, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

def kill_at(p, ready, patience=120):
    "Kill the process as soon as `ready()`."
    t0 = time.time()
    while not ready() and p.poll() is None and time.time()-t0<patience: time.sleep(.002)
    assert p.poll() is None, p.communicate()[0][-2000:]
    p.send_signal(signal.SIGKILL)
    p.wait()

def tree(folder): return {p.relative_to(folder).as_posix():p.read_bytes() for p in folder.rglob('*') if p.is_file()}

def test_killed_anywhere(tmp_path):
    from audio2pose.prepare import prepare
    pkls,films = small_set(tmp_path)
    whole,cut = tmp_path/'whole',tmp_path/'cut'
    assert prepare(pkls, films, whole).ok
    assert len(tree(whole))==4*8+1
    records = lambda: len(list((cut/'.prepare').glob('g*.json')))
    p = begin(pkls, films, cut, 1)
    kill_at(p, lambda: list(cut.glob('audio/g*.wav')))
    p = begin(pkls, films, cut, 1)
    kill_at(p, lambda: records()>=3)
    assert not (cut/'manifest.json').exists()
    (cut/'audio'/'.gLH_unfinished.wav').write_bytes(b'RIFF')
    done,r = records(),prepare(pkls, films, cut)
    assert (r.ok,r.made,r.kept)==(True,8-done,done)
    assert tree(cut)==tree(whole)

def test_second_run_and_several_jobs(tmp_path):
    from audio2pose.prepare import prepare
    pkls,films = small_set(tmp_path, 4)
    one,two = tmp_path/'one',tmp_path/'two'
    prepare(pkls, films, one, skip_beats=True)
    stamps = {p:p.stat().st_mtime_ns for p in one.rglob('*.*') if p.name!='manifest.json'}
    r = prepare(pkls, films, one, skip_beats=True)
    assert (r.made,r.kept)==(0,4) and stamps=={p:p.stat().st_mtime_ns for p in stamps}
    p = begin(pkls, films, two, 2, '--no-beats')
    out,_ = p.communicate(timeout=300)
    assert p.returncode==0, out[-2000:]
    assert tree(two)==tree(one) and len(tree(one))==3*4+1
