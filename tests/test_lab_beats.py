"The beat editor in JupyterLab: what hands do in the browser is what the kernel has."
import json
import numpy as np
import pytest
from conftest import make_song
from audio2pose.beats import Beats

SECONDS,FIRST,PLACES = 12.,np.arange(1, 23)/2 + .013,(np.arange(22)%4 + 1).tolist()       # 22 beats at 120 bpm, a hair late

class Editor:
    "The editor that a notebook shows, with mouse and keyboard."
    def __init__(self, lab, folder):
        self.lab,self.page = lab,lab.page
        song,beats = make_song(folder/'song.wav', SECONDS),Beats(FIRST, PLACES, 120, 1, SECONDS).save(folder/'beats.json')
        lab.run('import json', 'from audio2pose.beat_editor import BeatEditor', f'e = BeatEditor({str(song)!r}, {str(beats)!r})\ne')
        self.page.wait_for_function("document.querySelector('.a2p-beats')?.a2p?.view[1] > 0", timeout=60_000)
        self.wave = self.page.locator('.a2p-wave')
        self.wave.scroll_into_view_if_needed()
    def js(self, code): return self.page.evaluate(f"(() => {{ const ed = document.querySelector('.a2p-beats').a2p; return {code}; }})()")
    def button(self, name): self.page.locator('.a2p-beats').get_by_role('button', name=name, exact=True).click()
    def press(self, *keys):
        self.wave.focus()
        for k in keys: self.page.keyboard.press(k)
    def at(self, time):
        "Where on the page a time of the song is"
        b = self.wave.bounding_box()
        return self.js(f'ed.x({time})'),b['y'] + b['height']/2
    def drag(self, a, b):
        (x,y),(to,_) = self.at(a),self.at(b)
        m = self.page.mouse
        m.move(x, y)
        m.down()
        for k in range(1, 6): m.move(x + (to - x)*k/5, y)
        m.up()
    def heard(self, time):
        "Wait until the song has come to `time`"
        self.page.wait_for_function(f"document.querySelector('.a2p-beats').a2p.audio.currentTime > {time}", timeout=60_000)
    def kernel(self):
        got = json.loads(self.lab.kernel('print(json.dumps([e.beats.beat_times.round(6).tolist(), e.beats.downbeats.tolist(), e.beats.tempo_bpm]))'))
        return np.array(got[0]),got[1],got[2]
    def beats(self, times, places=None, tol=1e-5):
        "Wait until kernel and browser both have these beats; gives the kernel's times, places and tempo"
        for _ in range(100):
            t,p,bpm = self.kernel()
            alike = self.js('ed.rows') == [[a, b] for a,b in zip(t.tolist(), p)]
            if alike and len(t) == len(times) and np.allclose(t, times, atol=tol, rtol=0) and (places is None or p == list(places)): return t,p,bpm
            self.lab.wait(100)
        raise AssertionError(f'kernel {t.tolist()} {p}, browser {self.js("ed.rows")}, expected {list(times)} {places}')
    @property
    def said(self): return self.page.locator('.a2p-live').inner_text()

@pytest.fixture
def editor(lab, tmp_path): return Editor(lab, tmp_path)

def put(times, k, t): return np.r_[times[:k], t, times[k+1:]]

def test_mouse(editor):
    "What the mouse does: the kernel has what `Beats` would have made of it"
    e = editor
    drags(e)
    e.button('Back to the first beats')
    buttons(e)

def drags(e):
    "A beat dragged is where it was let go, or on the onset near by; undone and done again"
    _,_,bpm = e.beats(FIRST, PLACES)
    assert abs(bpm - 120) < .1
    e.lab.shot('beats')
    e.button('Snap to onsets')
    e.drag(FIRST[4], FIRST[4] + .17)
    t,_,_ = e.beats(put(FIRST, 4, FIRST[4] + .17), PLACES, tol=1/e.js('ed.view[1]'))      # within a pixel
    assert (np.delete(t, 4) == np.delete(FIRST, 4)).all()
    assert e.said == f'beat 5, {t[4]:.3f} s, 1 of 4'
    e.lab.shot('beats_dragged')
    e.button('Snap to onsets')
    e.drag(t[4], 2.53)
    e.beats(put(FIRST, 4, 2.5), PLACES, tol=.008)                                          # the click itself
    e.button('Undo')
    e.beats(t)
    e.button('Undo')
    e.beats(FIRST)
    e.button('Redo')
    e.beats(t)
    e.drag(t[4], 3.9)                                                                      # not past its neighbour
    e.beats(put(FIRST, 4, FIRST[5] - .02), PLACES)

def buttons(e):
    "Add, delete, begin a bar, halve, double, shift"
    e.beats(FIRST, PLACES)
    e.button('Snap to onsets')
    e.page.mouse.dblclick(*e.at(6.27))
    k,pixel = int(np.searchsorted(FIRST, 6.27)),1/e.js('ed.view[1]')
    b = Beats(FIRST, PLACES, 120, 1, SECONDS)
    e.beats(np.insert(FIRST, k, 6.27), b.insert(6.27).downbeats, tol=pixel)
    e.button('Delete the selected beat')
    e.button('Undo')
    e.button('Undo')
    e.beats(FIRST, PLACES)
    e.page.mouse.click(*e.at(FIRST[2]))
    e.button('Delete the selected beat')
    e.beats(np.delete(FIRST, 2), np.delete(PLACES, 2))
    e.button('Back to the first beats')
    e.beats(FIRST, PLACES)
    e.page.mouse.click(*e.at(FIRST[2]))
    e.button('Make the selected beat a downbeat')
    e.beats(FIRST, b.start_bar(FIRST[2]).downbeats)
    e.button('Undo')
    e.beats(FIRST, PLACES)
    e.button('Half the tempo')
    _,_,bpm = e.beats(FIRST[::2], b.scale_tempo(.5).downbeats)
    assert abs(bpm - 60) < .1
    e.button('Twice the tempo')
    e.beats(FIRST[:21], b.scale_tempo(.5).scale_tempo(2).downbeats)
    e.page.locator('.a2p-beats input').fill('-30')
    e.button('Shift all beats by these milliseconds')
    e.beats(FIRST[:21] - .03)

def test_keyboard(editor):
    "The same without a mouse"
    e,after = editor,put(FIRST, 2, FIRST[2] - .01)
    e.press('Home', 'ArrowRight', 'ArrowRight', 'Tab', 'Shift+Tab')
    assert e.said == f'beat 3, {FIRST[2]:.3f} s, 3 of 4' and abs(e.js('ed.audio.currentTime') - FIRST[2]) < 1e-3
    e.press('Shift+ArrowRight', 'Shift+ArrowRight', 'Alt+ArrowLeft')
    e.beats(after, PLACES)
    e.press('Control+z')                                      # a run of nudges is one step
    e.beats(FIRST)
    e.press('Control+Shift+z')
    e.beats(after)
    e.press('Control+z')
    e.beats(FIRST)
    e.press('d')
    e.beats(FIRST, [1, 2, *PLACES[:20]])
    e.press('Delete')
    e.beats(np.delete(FIRST, 2))
    e.press('h')
    e.beats(np.delete(FIRST, 2)[::2])
    e.press('x')
    e.beats(np.sort(np.r_[np.delete(FIRST, 2)[::2], (np.delete(FIRST, 2)[:-2:2] + np.delete(FIRST, 2)[2::2])/2]))
    e.press(*4*['Control+z'])
    e.beats(FIRST, PLACES)
    e.press('Escape', 's', 'PageUp', 'a')                     # a beat at the playhead, which is at the start now
    e.beats([0, *FIRST], [4, *PLACES])
    e.lab.shot('beats_keyboard')
    e.press('b', 'd', 'd', 'j', 'Enter', 'Control+z')         # the notebook's own keys stay out of it
    assert e.page.locator('.jp-Notebook .jp-Cell').count() == 4
    e.lab.kernel('e.reset()')
    from_python(e)

def theme(e, name):
    e.page.evaluate(f'() => {{ window.jupyterapp.commands.execute("apputils:change-theme", {{theme: "JupyterLab {name}"}}); }}')
    e.page.wait_for_selector(f'body[data-jp-theme-name="JupyterLab {name}"]', state='attached')

def from_python(e):
    "What a cell does shows in the browser; what the browser may not do is refused there in a line"
    e.beats(FIRST)
    e.lab.kernel('e.beats = e.beats.shift(.1)')
    e.beats(FIRST + .1)
    e.lab.kernel('e.undo()')
    e.beats(FIRST)
    e.lab.kernel('e.set_state(dict(_pairs=[[5, 1], [4, 2]]))')
    e.beats(FIRST)
    e.page.wait_for_selector('.a2p-note:has-text("4 s does not come after 5 s")')
    theme(e, 'Dark')
    e.press('Home')
    e.page.locator('.a2p-beats summary').click()
    e.lab.wait(500)
    e.lab.shot('beats_dark')
    theme(e, 'Light')

def test_sound(editor):
    "The playhead follows the song, clicks are scheduled on the beats, taps become beats"
    e = editor
    e.press('s', ' ')
    e.heard(3.1)
    late = e.page.evaluate("""async () => { const ed = document.querySelector('.a2p-beats').a2p, out = []; let last = performance.now();
        for (let i = 0; i < 20; i++) { await new Promise(requestAnimationFrame);
            const now = performance.now(); out.push([ed.audio.currentTime - ed.shown, (now - last)/1000]); last = now; } return out; }""")
    assert all(-.001 <= behind <= frame + .02 for behind,frame in late[1:]), late          # at most one frame of the screen, however busy the machine
    log = e.js('ed.log')                                                     # before the tap, which counts the bar anew
    e.press('t')
    tap = e.js('ed.rows[ed.selected][0]')
    e.press(' ')
    now = e.js('ed.audio.currentTime')
    assert 3 < tap < now
    e.lab.shot('beats_tapped')
    e.beats(FIRST if np.abs(FIRST - tap).min() < 1e-6 else np.sort(np.r_[FIRST, tap]))     # a tap on a beat is that beat
    time,one,when,song = (np.array([x[k] for x in log]) for k in ('time', 'one', 'when', 'song'))
    k = np.searchsorted(FIRST, time - 1e-4)
    assert len(k) >= 4 and (np.diff(k) > 0).all() and np.allclose(FIRST[k], time, atol=1e-6)       # beats and nothing else, none twice, in order
    assert one.tolist() == [PLACES[i] == 1 for i in k]
    off = when - time                                                                     # the sound card's clock less the song's is one number
    print(f'{len(k)} clicks wander by {1000*np.ptp(off):.1f} ms')
    assert np.median(np.abs(off - np.median(off))) < .01 and (time > song - .05).all() and (time < song + .3).all()
    silence_and_jump(e)

def silence_and_jump(e):
    "Clicks stop when they are told to, and after a jump they go on from there"
    said = len(e.js('ed.log'))
    e.press('PageUp', 'c', ' ')
    e.heard(1.2)
    assert len(e.js('ed.log')) == said
    e.press('c')
    e.page.mouse.click(*e.at(8.2))
    e.heard(9.3)
    e.button('Play or pause')
    late = [x['time'] for x in e.js('ed.log') if x['song'] > 8]
    assert np.allclose(late[:2], [8.513, 9.013])
    assert e.js('ed.audio.paused')
