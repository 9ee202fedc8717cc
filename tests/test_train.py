"Training killed in the middle goes on from its last checkpoint"
import signal, subprocess, sys, time

def _train(tmp, *more):
    args = ['train', '--config', 'tiny', '--data', tmp/'toy.npz', '--out', tmp/'run', '--steps', 40, '--batch', 2, *more]
    return subprocess.Popen([sys.executable, '-m', 'audio2pose.cli', *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

def test_killed_and_resumed(tmp_path):
    from audio2pose.corpus import toy_corpus
    from audio2pose.model import load_dancer
    toy_corpus(tmp_path/'toy.npz')
    p, ckpt, weights = _train(tmp_path), tmp_path/'run'/'last.ckpt', tmp_path/'run'/'dancer.safetensors'
    t0 = time.time()
    while not ckpt.exists() and p.poll() is None and time.time()-t0 < 300: time.sleep(.1)
    assert ckpt.exists() and p.poll() is None, p.communicate()[0][-2000:]
    p.send_signal(signal.SIGKILL)
    p.wait()
    assert not weights.exists()
    p = _train(tmp_path, '--resume')
    out, _ = p.communicate(timeout=600)
    assert p.returncode == 0, out[-2000:]
    assert 'Restored all states' in out
    assert load_dancer(weights).notes['steps'] == 40
