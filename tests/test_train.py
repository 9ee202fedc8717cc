"Training killed in the middle goes on from its last checkpoint"
import os, signal, subprocess, sys, time

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

def test_full_size_on_two_processes(tmp_path):
    "As two ranks of a cluster do: one batch a rank, gradients averaged, one file written"
    from audio2pose.corpus import toy_corpus
    from audio2pose.model import load_dancer
    toy_corpus(tmp_path/'toy.npz')
    (tmp_path/'run.py').write_text("from audio2pose.model import train\nif __name__ == '__main__': train('full', 'toy.npz', 'run', steps=2, batch=1, devices=2, precision='32-true')\n")
    p = subprocess.run([sys.executable, 'run.py'], cwd=tmp_path, capture_output=True, text=True, timeout=900, env=os.environ | dict(OMP_NUM_THREADS='1', PYTHONPATH=os.getcwd()))
    assert p.returncode == 0 and 'MEMBER: 2/2' in p.stderr+p.stdout, (p.stdout+p.stderr)[-3000:]
    assert load_dancer(tmp_path/'run/dancer.safetensors').notes['steps'] == 2
