"The page in a real browser: it dances, on the song's clock, and talks to nobody."
import base64,io
import numpy as np
import pytest
from conftest import make_dance,make_song
from audio2pose.player import write_player

class Page:
    "A page that remembers every error and every request."
    def __init__(self, browser, path, size=(960,600)):
        self.errors,self.requests = [],[]
        self.page = browser.new_context(viewport=dict(width=size[0], height=size[1])).new_page()
        self.page.on('pageerror', lambda e: self.errors.append(str(e)))
        self.page.on('console', lambda m: self.errors.append(m.text) if m.type=='error' else None)
        self.page.on('request', lambda r: self.requests.append(r.url))
        self.page.goto(path.resolve().as_uri())
        self.page.wait_for_selector('body[data-ready]', timeout=60_000)
    def js(self, code): return self.page.evaluate(code)
    def press(self, key): self.page.keyboard.press(key)
    def shot(self): return self.page.locator('.a2p-stage').screenshot()
    def wait(self, ms): self.page.wait_for_timeout(ms)

@pytest.fixture(scope='module')
def song(tmp_path_factory): return make_song(tmp_path_factory.mktemp('song')/'click.mp3')

@pytest.fixture
def solo(browser, song, tmp_path):
    p = Page(browser, write_player(make_dance(), tmp_path/'solo.html', song))
    yield p
    assert p.errors==[]
    assert [u for u in p.requests if not u.startswith(('file:','blob:','data:'))]==[]
    p.page.context.close()

def pixels(png):
    from PIL import Image
    return np.asarray(Image.open(io.BytesIO(png)).convert('RGB')).astype(int)

def test_waits_then_plays(solo):
    assert solo.js('a2p.playing()') is False and solo.js('a2p.frame()')==0
    solo.page.click('.a2p-big')
    solo.page.wait_for_function('a2p.time()>.3', timeout=20_000)
    assert solo.js('a2p.playing()')
    solo.page.wait_for_selector('.a2p-big', state='hidden', timeout=20_000)   # it fades away; a busy machine takes its time

def test_frame_is_the_clocks(solo):
    solo.js('a2p.play()')
    seen = []
    for _ in range(5):
        solo.wait(500)
        frame,time,playing = solo.js('[a2p.frame(), a2p.audio.currentTime, a2p.playing()]')
        assert playing and frame==min(int(np.floor(time*30+.5)), 179)
        seen.append(frame)
    assert all(np.diff(seen)>0)

def test_what_the_loop_drew_is_never_late(solo):
    "The animation loop alone, without being asked, keeps to the frame of the time it read."
    got = solo.js('''async () => { await a2p.play(); const out = [];
        for (let i = 0; i < 20; i++) { await new Promise(r => setTimeout(r, 100)); const s = a2p.shown(); out.push([s.frame, s.time]); } return out; }''')
    assert all(f==int(np.floor(t*30+.5)) for f,t in got)
    assert got[-1][0]>got[0][0]+20

def test_dancer_moves(solo):
    a = pixels(solo.shot())
    solo.js('a2p.play()')
    solo.wait(1300)
    solo.js('a2p.pause()')
    solo.wait(200)
    b = pixels(solo.shot())
    assert (np.abs(a-b).max(-1)>40).sum()>2000
    blue = (b[...,2]-b[...,0]>70).sum()
    assert blue>5000

def test_data_is_the_motion(solo):
    m = make_dance()
    for f in (0,77,179): np.testing.assert_allclose(solo.js(f'a2p.joints({f})'), m.positions[f,0], atol=6e-4)

def test_keyboard(solo):
    solo.press('ArrowRight')
    assert solo.js('a2p.frame()')==1
    solo.press('ArrowRight')
    solo.press('ArrowLeft')
    assert solo.js('a2p.frame()')==1
    solo.press('End')
    assert solo.js('a2p.frame()')==179
    solo.press('ArrowDown')
    assert solo.js('a2p.frame()')==30
    solo.press('Home')
    assert solo.js('a2p.frame()')==0
    solo.press(' ')
    solo.page.wait_for_function('a2p.playing()', timeout=10_000)
    solo.press(' ')
    assert solo.js('a2p.playing()') is False
    solo.press('+')
    assert solo.js('[a2p.audio.playbackRate, a2p.audio.preservesPitch]')==[1.25,True]
    solo.press('-')
    solo.press('-')
    assert solo.js('a2p.audio.playbackRate')==.75
    solo.press('l')
    assert solo.page.get_attribute('.a2p-loop', 'aria-pressed')=='true'
    solo.press('f')
    assert solo.page.get_attribute('.a2p-follow', 'aria-pressed')=='false'
    solo.press('?')
    assert solo.page.is_visible('.a2p-keys')
    solo.press('Escape')
    assert not solo.page.is_visible('.a2p-keys')

def test_loop_between_marks(solo):
    solo.js('a2p.seek(1)')
    solo.press('a')
    solo.js('a2p.seek(1.6)')
    solo.press('b')
    solo.js('a2p.play()')
    times = []
    for _ in range(12):
        solo.wait(150)
        times.append(solo.js('a2p.time()'))
    assert min(times)>.95 and max(times)<2.6
    assert (np.diff(times)<0).any()

def test_plays_to_the_end_and_stops(solo):
    solo.js('a2p.seek(5.5); a2p.play()')
    solo.page.wait_for_function('!a2p.playing()', timeout=10_000)
    assert solo.js('a2p.frame()')==179
    solo.press(' ')
    solo.page.wait_for_function('a2p.playing() && a2p.time()<3', timeout=10_000)

def test_scrub_and_orbit_while_playing(solo):
    box = solo.page.locator('.a2p-line').bounding_box()
    solo.page.mouse.click(box['x']+box['width']/2, box['y']+box['height']/2)
    assert abs(solo.js('a2p.time()')-3)<.05
    solo.js('a2p.seek(0); a2p.speed(.25); a2p.play()')
    solo.wait(300)
    a = solo.shot()
    solo.page.mouse.move(480, 250)
    solo.page.mouse.down()
    solo.page.mouse.move(700, 250, steps=5)
    solo.page.mouse.up()
    solo.wait(300)
    assert solo.js('a2p.playing()') and solo.shot()!=a

def test_speed_keeps_the_frame(solo):
    solo.js('a2p.speed(.5); a2p.play()')
    solo.wait(1500)
    frame,time = solo.js('[a2p.frame(), a2p.audio.currentTime]')
    assert frame==int(np.floor(time*30+.5)) and 0<time<1.4

def test_two_dancers_without_song(browser, tmp_path):
    p = Page(browser, write_player(make_dance(dancers=2), tmp_path/'duo.html', audio=False))
    p.js('a2p.play()')
    p.wait(800)
    frame,time = p.js('[a2p.frame(), a2p.shown().time]')
    assert frame==int(np.floor(time*30+.5))>5
    p.js('a2p.pause()')
    p.wait(200)
    b = pixels(p.shot())
    assert (b[...,2]-b[...,0]>70).sum()>3000 and (b[...,0]-b[...,2]>70).sum()>3000
    assert p.page.is_visible('.a2p-who') and not p.page.is_visible('.a2p-mute')
    assert p.errors==[] and len(p.requests)==1

def test_hostile_names(browser, song, tmp_path):
    m = make_dance(1.)
    evil = '</script><script>window.hacked=1</script><img src=x onerror="hacked=1">'
    m.meta.update(licence=evil, genre=evil, attribution='{{js}}')
    p = Page(browser, write_player(m, tmp_path/'evil.html', song, title=evil))
    assert p.js('typeof hacked')=='undefined'
    assert p.page.inner_text('h1')==evil
    p.press('?')
    assert evil in p.page.inner_text('.a2p-credit')
    assert p.errors==[]

def test_other_skeletons_and_gaps(browser, tmp_path):
    from audio2pose.skeleton import COCO17
    m = make_dance(2., dancers=2).convert(COCO17)
    m.positions[10:20,0] = np.nan
    m.positions[:,1,9] = np.nan
    p = Page(browser, write_player(m, tmp_path/'coco.html', audio=False))
    p.js('a2p.seek(.5)')
    assert p.js('a2p.frame()')==15
    assert p.errors==[]

def test_small_screen(browser, song, tmp_path):
    p = Page(browser, write_player(make_dance(2.), tmp_path/'phone.html', song), size=(390,780))
    assert p.js('document.documentElement.scrollWidth')<=390
    for b in ('.a2p-play','.a2p-loop','.a2p-help'): assert p.page.is_visible(b)

def test_song_inside_is_aligned(solo):
    "The browser decodes the clicks where they are in the file, to a millisecond."
    y = np.array(solo.js('''async () => { const r = await (await fetch(a2p.audio.src)).arrayBuffer(), c = new OfflineAudioContext(1, 44100, 44100);
        const b = await c.decodeAudioData(r); return Array.from(b.getChannelData(0)).slice(0, 44100 * 4); }'''))
    for beat in (1,2.5,3.5):
        i = round(beat*44100)
        first = np.argmax(np.abs(y[i-4410:i+4410])>.45)-4410
        assert abs(first/44.1)<2, f'click of {beat} s is {first/44.1:.1f} ms off'

def test_jumps_are_aligned(solo):
    "What is heard after a jump is what belongs to the clock: clicks come when currentTime passes them."
    got = solo.js('''async () => { const c = new AudioContext(), s = c.createMediaElementSource(a2p.audio), p = c.createScriptProcessor(256, 1, 1), out = [];
        s.connect(p); p.connect(c.destination); await c.resume();
        p.onaudioprocess = e => { const y = e.inputBuffer.getChannelData(0); let k = -1; for (let i = 0; i < y.length; i++) if (Math.abs(y[i]) > .45) { k = i; break; }
            out.push([a2p.audio.currentTime, e.playbackTime, k / c.sampleRate]); };
        for (const t of [1.33, 4.21, 2.77]) { a2p.seek(t); await a2p.play(); await new Promise(r => setTimeout(r, 900)); a2p.pause(); await new Promise(r => setTimeout(r, 100)); }
        return out; }''')
    off = [((t+k)%.5 + .25)%.5-.25 for t,_,k in got if k>=0]
    print('clicks against clock, ms:', np.round(1e3*np.array(off), 1))
    assert len(off)>=3 and np.median(np.abs(off))<.02
