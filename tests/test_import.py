"Cold start: what a user waits for before anything happens"
import os, subprocess, sys, time

def python(code): return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout.strip()

def test_import_takes_less_than_a_third_of_a_second():
    t = [float(python('import time; t = time.perf_counter(); import audio2pose; print(time.perf_counter()-t)')) for _ in range(3)]
    assert min(t) < .3, t

def test_import_loads_nothing_heavy():
    heavy = {'torch', 'librosa', 'scipy', 'numba', 'av', 'plotly', 'lightning', 'matplotlib', 'numpy'}
    got = python('import audio2pose, sys; print(*sys.modules)').split()
    assert not heavy & set(got)

def test_core_and_look_load_neither_torch_nor_librosa():
    got = python('import audio2pose.motion, audio2pose.viz, audio2pose.player, audio2pose.export, sys; print(*sys.modules)').split()
    assert not {'torch', 'librosa', 'lightning', 'numba', 'av'} & set(got)

def test_help_takes_less_than_a_second():
    def secs():
        start = time.perf_counter()
        subprocess.run([sys.executable, '-m', 'audio2pose.cli', '--help'], capture_output=True, check=True)
        return time.perf_counter()-start
    t = [secs() for _ in range(3)]
    assert min(t) < 1, t

def test_public_names():
    code = 'import audio2pose as a; print(all(callable(getattr(a, n)) for n in a.__all__), a.__version__, a.skeleton.__name__, "Motion" in dir(a))'
    assert python(code).startswith('True ')

def test_generate_is_the_function_whatever_was_imported():
    assert python('import audio2pose.generate; import audio2pose as a; print(callable(a.generate), callable(a.track_beats))') == 'True True'

def test_unknown_names_are_attribute_errors():
    code = 'import audio2pose\ntry: audio2pose.nothing\nexcept AttributeError as e: print(e)'
    assert 'nothing' in python(code)
