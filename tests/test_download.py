"Downloads from a server that cuts, stalls, lies, loses its temper and changes its mind"
import json, random, signal, socket, struct, subprocess, sys, threading, time, zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
import pytest
from audio2pose.download import TERMS_URL, DownloadReport, download_aist, download_annotations, download_files

FAST = dict(wait=.01, timeout=.4, retries=3)
SIZE = 300_000

def box(kind, b): return struct.pack('>I4s', len(b)+8, kind) + b
def film(seed, n=SIZE): return box(b'ftyp', b'isom'+bytes(8)) + box(b'moov', bytes(200)) + box(b'mdat', random.Random(seed).randbytes(n))

class Site:
    "Files and what is wrong with them: `faults[path]` is a list used up one a GET; `asked` is every (method, path, range start, If-Range)"
    def __init__(self):
        self.files, self.faults, self.asked, self.sent, self.tags = {}, {}, [], {}, {}
        self.lock, self.ranges, self.stall = threading.Lock(), True, threading.Event()
        site = self
        class H(BaseHTTPRequestHandler):
            def do_HEAD(self): site.answer(self, True)
            def do_GET(self): site.answer(self)
            def log_message(self, *a): pass
        self.server = ThreadingHTTPServer(('127.0.0.1', 0), H)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs=dict(poll_interval=.02), daemon=True).start()
        self.url = f'http://127.0.0.1:{self.server.server_port}'

    def add(self, name, data, *faults):
        self.files['/'+name], self.faults['/'+name], self.sent['/'+name] = data, list(faults), 0
        return f'{self.url}/{name}'

    def answer(self, h, head=False):
        path, rng, cond = h.path, h.headers.get('Range'), h.headers.get('If-Range')
        start = int(rng[6:].split('-')[0]) if rng else 0
        with self.lock:
            self.asked.append((h.command, path, start, cond))
            faults = self.faults.get(path) or []
            fault, arg = ((faults.pop(0), None) if not head and faults else (None, None))
        if isinstance(fault, tuple): fault, arg = fault
        if fault=='status': return self.error(h, *arg)
        if fault=='become': self.files[path] = arg
        if fault=='redirect': return self.error(h, 302, {'Location':arg})
        data = self.files.get(path)
        if data is None: return self.error(h, 404)
        tag = self.tags.get(path, f'"{hash(data)}"')
        if start and (not self.ranges or (cond and cond!=tag)): start = 0
        if start>=len(data)>0 and start: return self.error(h, 416, {'Content-Range':f'bytes */{len(data)}'})
        size = arg if fault=='lie' else len(data)
        h.send_response(206 if start else 200)
        if start: h.send_header('Content-Range', f'bytes {start}-{size-1}/{size}')
        if fault=='chunked': h.send_header('Transfer-Encoding', 'chunked')
        elif fault!='no size': h.send_header('Content-Length', str(size-start))
        if tag: h.send_header('ETag', tag)
        h.end_headers()
        if head: return
        body = data[start:]
        if fault in ('cut', 'stall'): body = body[:arg]
        if fault=='chunked': body = b''.join(b'%x\r\n%b\r\n' % (len(c), c) for c in (body[:1000], body[1000:])) + (b'' if arg else b'0\r\n\r\n')
        try:
            h.wfile.write(body)
            h.wfile.flush()
            self.sent[path] += len(body)
            if fault=='stall': self.stall.wait(5)
        except OSError: pass
        h.close_connection = True

    def error(self, h, code, headers={}):
        h.send_response(code)
        for k, v in {'Content-Length':'0', **headers}.items(): h.send_header(k, v)
        h.end_headers()

    def starts(self, name): return [s for m, p, s, _ in self.asked if m=='GET' and p=='/'+name]

@pytest.fixture
def site():
    s = Site()
    yield s
    s.stall.set()
    s.server.shutdown()
    s.server.server_close()

def left(out): return sorted(p.name for p in Path(out).iterdir())

# Connections that break -----------------------------------------------------------------------------------------------------------

def test_cut_and_stalled_files_are_resumed_where_they_stopped(site, tmp_path):
    urls = [site.add('cut.mp4', film(1), ('cut', 100_000), ('cut', 50_000)), site.add('stall.mp4', film(2), ('stall', 120_000))]
    r = download_files(urls, tmp_path, **FAST)
    assert r.ok and sorted(r.done)==['cut.mp4', 'stall.mp4']
    for k in ('cut', 'stall'): assert (tmp_path/f'{k}.mp4').read_bytes()==site.files[f'/{k}.mp4']
    assert site.starts('cut.mp4')==[0, 100_000, 150_000] and site.starts('stall.mp4')==[0, 120_000]
    total = sum(len(b) for b in site.files.values())
    assert r.bytes==total==sum(site.sent.values()), 'no byte came twice'
    assert left(tmp_path)==['cut.mp4', 'downloads.json', 'stall.mp4']

def test_a_line_that_always_cuts_still_delivers_while_it_gets_further(site, tmp_path):
    url = site.add('slow.mp4', film(3), *[('cut', 30_000)]*12)
    assert download_files([url], tmp_path, **FAST|dict(retries=1)).ok
    assert (tmp_path/'slow.mp4').read_bytes()==film(3) and len(site.starts('slow.mp4'))==11

def test_a_later_run_goes_on_with_what_an_earlier_one_left(site, tmp_path):
    url = site.add('a.mp4', film(4), ('cut', 200_000), *[('status', (503,))]*9)
    r = download_files([url], tmp_path, **FAST)
    assert 'HTTP 503' in r.failed['a.mp4'] and (tmp_path/'a.mp4.part').stat().st_size==200_000 and not (tmp_path/'a.mp4').exists()
    assert (tmp_path/'failures.txt').read_text().startswith(f'a.mp4\t{url}\tHTTP 503')
    site.faults['/a.mp4'] = []
    r = download_files([url], tmp_path, **FAST)
    assert r.ok and r.bytes==len(film(4))-200_000 and (tmp_path/'a.mp4').read_bytes()==film(4)
    assert left(tmp_path)==['a.mp4', 'downloads.json'], 'the list of failures and the parts are gone'

def test_a_server_without_ranges_starts_over(site, tmp_path):
    site.ranges = False
    url = site.add('a.mp4', film(5), ('cut', 100_000))
    r = download_files([url], tmp_path, **FAST)
    assert r.ok and (tmp_path/'a.mp4').read_bytes()==film(5) and site.starts('a.mp4')==[0, 100_000] and r.bytes==len(film(5))+100_000

@pytest.mark.parametrize('tag', ['etag', 'none', 'deaf'])
def test_a_file_that_changes_in_between_is_never_mixed(site, tmp_path, tag):
    "By If-Range; where there is no mark, by the size; where the server does not heed If-Range, by the mark it sends"
    new = film(7, SIZE+5000 if tag=='none' else SIZE)
    url = site.add('a.mp4', film(6), ('cut', 100_000), ('become', new))
    if tag=='none': site.tags['/a.mp4'] = ''
    if tag=='deaf':
        answer = site.answer
        def deaf(h, head=False):
            del h.headers['If-Range']
            return answer(h, head)
        site.answer = deaf
    assert download_files([url], tmp_path, **FAST).ok
    assert (tmp_path/'a.mp4').read_bytes()==new and site.starts('a.mp4')==[0, 100_000] + [0]*(tag!='etag')

def test_nobody_answers(tmp_path):
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        url = f'http://127.0.0.1:{s.getsockname()[1]}/a.mp4'
    r = download_files([url], tmp_path, **FAST)
    assert 'refused' in r.failed['a.mp4'] and 'given up after 3' in r.failed['a.mp4']

# Answers ---------------------------------------------------------------------------------------------------------------------------

def test_busy_servers_are_asked_again_and_missing_files_are_not(site, tmp_path):
    urls = [site.add('busy.mp4', film(8), ('status', (503,)), ('status', (429, {'Retry-After':'1'})), ('status', (500,))), f'{site.url}/gone.mp4',
        site.add('secret.mp4', film(9), ('status', (403,)))]
    t = time.monotonic()
    r = download_files(urls, tmp_path, **FAST)
    assert r.done==['busy.mp4'] and time.monotonic()-t>1, 'Retry-After was heeded'
    assert 'HTTP 404' in r.failed['gone.mp4'] and 'HTTP 403' in r.failed['secret.mp4']
    assert len(site.starts('busy.mp4'))==4 and len(site.starts('gone.mp4'))==1
    d = json.loads(json.dumps(r.to_dict()))
    assert (d['ok'], d['done'], sorted(d['failed']))==(False, ['busy.mp4'], ['gone.mp4', 'secret.mp4'])
    assert isinstance(r, DownloadReport) and 'gone.mp4: HTTP 404' in str(r)
    assert [l.split('\t')[0] for l in (tmp_path/'failures.txt').read_text().splitlines()]==list(r.failed)

def test_a_length_that_is_a_lie_is_found_out(site, tmp_path):
    whole = film(10)
    urls = [site.add('long.mp4', whole, *[('lie', len(whole)+999)]*20), site.add('short.mp4', whole, *[('lie', len(whole)-999)]*20)]
    r = download_files(urls, tmp_path, **FAST)
    assert r.done==[] and 'given up' in r.failed['long.mp4'] and 'cut short' in r.failed['short.mp4']
    assert not list(tmp_path.glob('*.mp4'))

def test_error_pages_are_no_films(site, tmp_path):
    page = b'<!DOCTYPE html>\n<html><body>' + b'Please log in. '*200
    urls = [site.add(n, page) for n in ('a.mp4', 'b.zip', 'c.txt', 'fine.html')] + [site.add('d.mp4', b'no film at all, just words')]
    r = download_files(urls, tmp_path, **FAST)
    assert r.done==['fine.html'] and all('web page' in r.failed[n] for n in ('a.mp4', 'b.zip', 'c.txt')) and 'not an mp4' in r.failed['d.mp4']
    assert left(tmp_path)==['downloads.json', 'failures.txt', 'fine.html']

def test_a_size_is_needed_unless_the_end_is_marked(site, tmp_path):
    urls = [site.add('open.mp4', film(11), 'no size'), site.add('chunks.mp4', film(12), ('chunked', False)),
        site.add('broken.mp4', film(13), ('chunked', True), ('chunked', False))]
    r = download_files(urls, tmp_path, **FAST)
    assert 'no size' in r.failed['open.mp4'] and sorted(r.done)==['broken.mp4', 'chunks.mp4']
    for k in ('broken', 'chunks'): assert (tmp_path/f'{k}.mp4').read_bytes()==site.files[f'/{k}.mp4']

def test_redirections(site, tmp_path):
    site.add('real.mp4', film(14))
    urls = [site.add('moved.mp4', b'', ('redirect', f'{site.url}/real.mp4')), site.add('away.mp4', b'', ('redirect', 'http://example.org/a.mp4')),
        site.add('file.mp4', b'', ('redirect', 'file:///etc/passwd'))]
    r = download_files(urls, tmp_path, **FAST)
    assert r.done==['moved.mp4'] and (tmp_path/'moved.mp4').read_bytes()==film(14)
    assert 'https only' in r.failed['away.mp4'] and set(r.failed)=={'away.mp4', 'file.mp4'}

# What is there already ---------------------------------------------------------------------------------------------------------------

def test_whole_files_are_left_alone_and_others_are_not(site, tmp_path):
    urls = [site.add(f'{k}.mp4', film(k)) for k in range(4)]
    download_files(urls, tmp_path, **FAST)
    n = len(site.asked)
    r = download_files(urls, tmp_path, **FAST)
    assert len(r.skipped)==4 and r.bytes==0 and len(site.asked)==n, 'sizes were remembered'
    (tmp_path/'downloads.json').write_text('{broken')
    (tmp_path/'1.mp4').write_bytes(film(1)[:-5])
    (tmp_path/'2.mp4').write_bytes(b'')
    r = download_files(urls, tmp_path, **FAST)
    assert sorted(r.skipped)==['0.mp4', '3.mp4'] and sorted(r.done)==['1.mp4', '2.mp4']
    assert sorted((m, p) for m, p, *_ in site.asked[n:])==[('GET', '/1.mp4'), ('GET', '/2.mp4'), ('HEAD', '/0.mp4'), ('HEAD', '/3.mp4')]
    for k in range(4): assert (tmp_path/f'{k}.mp4').read_bytes()==film(k)

def test_many_files_at_a_time_and_progress(site, tmp_path):
    urls, calls = [site.add(f'{k:02d}.mp4', film(k, 20_000), *([('cut', 5000)] if k%3==0 else [])) for k in range(40)], []
    r = download_files(urls, tmp_path, processes=8, progress=lambda *a: calls.append((threading.current_thread(), *a)), **FAST)
    assert len(r.done)==40 and r.ok and all((tmp_path/f'{k:02d}.mp4').read_bytes()==film(k, 20_000) for k in range(40))
    assert {c[0] for c in calls}=={threading.main_thread()} and calls[-1][1:]==(40, 40, r.bytes)
    assert download_files(urls, tmp_path, progress=True, **FAST).skipped

@pytest.mark.parametrize('sig', [signal.SIGINT, signal.SIGKILL])
def test_ctrl_c_and_kill_leave_parts_and_a_second_run_resumes(site, tmp_path, sig):
    site.add('a.mp4', film(20), ('stall', 150_000))
    code = f'from audio2pose.download import download_files\nprint("go", flush=True)\ndownload_files([{site.url + "/a.mp4"!r}], {str(tmp_path)!r}, timeout=60)'
    p = subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    part, t = tmp_path/'a.mp4.part', time.monotonic()
    while (not part.exists() or part.stat().st_size<150_000) and time.monotonic()-t<20: time.sleep(.02)
    t = time.monotonic()
    p.send_signal(sig)
    _, err = p.communicate(timeout=20)
    assert p.returncode and ('KeyboardInterrupt' in err or sig==signal.SIGKILL) and time.monotonic()-t<5
    assert part.stat().st_size==150_000 and not (tmp_path/'a.mp4').exists()
    r = download_files([f'{site.url}/a.mp4'], tmp_path, **FAST)
    assert r.ok and r.bytes==len(film(20))-150_000 and (tmp_path/'a.mp4').read_bytes()==film(20)

# AIST ------------------------------------------------------------------------------------------------------------------------------

def test_aist_needs_the_terms_and_takes_what_is_asked_for(site, tmp_path, capsys):
    names = [f'g{g}_sBM_c{c:02d}_d04_m{g}0_ch01' for g in ('LH', 'BR') for c in range(1, 10)]
    index = site.add('list.txt', ('\n'.join(names)+'\n').encode(), ('status', (503,)))
    for n in names: site.add(f'video/10M/{n}.mp4', film(n, 1000))
    kw = dict(index_url=index, video_url=f'{site.url}/video', **FAST)
    with pytest.raises(ValueError, match='not accepted'): download_aist(tmp_path/'a', **kw)
    assert TERMS_URL in capsys.readouterr().err and not site.asked and not (tmp_path/'a').exists()
    r = download_aist(tmp_path/'a', accept_terms=True, **kw)
    assert r.ok and sorted(r.done)==[f'{n}.mp4' for n in names[:9]]
    assert download_aist(tmp_path/'b', 'BR', accept_terms=True, cameras=['c01', 8], **kw).done and sorted(p.name for p in (tmp_path/'b').glob('*.mp4'))==[
        f'{names[9]}.mp4', f'{names[17]}.mp4']
    assert len(download_aist(tmp_path/'c', None, accept_terms=True, limit=3, **kw).done)==3
    site.files.pop(f'/video/10M/{names[0]}.mp4')
    r = download_aist(tmp_path/'d', accept_terms=True, limit=2, **kw)
    assert list(r.failed)==[f'{names[0]}.mp4'] and r.done==[f'{names[1]}.mp4'], 'one that is gone does not stop the next'
    for bad in (dict(resolution='480p'), dict(genre='XX'), dict(limit=0), dict(cameras=['c12'])):
        with pytest.raises(ValueError): download_aist(tmp_path/'e', accept_terms=True, **kw|bad)
    with pytest.raises(ValueError, match='HTTP 404'): download_aist(tmp_path/'e', accept_terms=True, **kw|dict(index_url=f'{site.url}/gone.txt'))
    site.add('page.txt', b'<html>no such bucket</html>')
    with pytest.raises(ValueError, match='web page'): download_aist(tmp_path/'e', accept_terms=True, **kw|dict(index_url=f'{site.url}/page.txt'))
    assert not (tmp_path/'e').exists()

def test_the_list_may_be_a_local_mapping(site, tmp_path):
    (tmp_path/'mapping.txt').write_text('gLH_sBM_cAll_d16_mLH0_ch01 setting6\n')
    for c in range(1, 10): site.add(f'2M/gLH_sBM_c{c:02d}_d16_mLH0_ch01.mp4', film(c, 100))
    r = download_aist(tmp_path/'a', accept_terms=True, resolution='2M', index_url=[f'{site.url}/gone.txt', tmp_path/'mapping.txt'], video_url=site.url, **FAST)
    assert r.ok and len(r.done)==9

def test_annotations_are_unpacked_and_hostile_archives_are_not(site, tmp_path):
    def pack(**members):
        with zipfile.ZipFile(tmp_path/'z', 'w') as z:
            for k, v in members.items(): z.writestr(k, v)
        return (tmp_path/'z').read_bytes()
    site.add('cameras.zip', pack(**{'cameras/mapping.txt':'x'*4000}), ('cut', 1000))
    site.add('splits.zip', pack(**{'splits/a.txt':'x', '../../evil.txt':'x'}))
    out = tmp_path/'anno'
    r = download_annotations(out, ('cameras', 'splits'), True, site.url, **FAST)
    assert r.done==['cameras.zip'] and 'evil.txt' in r.failed['splits.zip'] and 'evil.txt' in (out/'failures.txt').read_text()
    assert (out/'cameras/mapping.txt').read_text()=='x'*4000 and not list(tmp_path.rglob('evil.txt')) and not (out/'splits').exists()
    with pytest.raises(ValueError, match='not accepted'): download_annotations(tmp_path/'none', release_url=site.url)
