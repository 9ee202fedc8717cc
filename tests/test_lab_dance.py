"The dance in the notebook: a person plays, scrubs, turns, hides and clicks, and Python sees it."
import json
import numpy as np
import pytest
from conftest import make_song
from test_player import pixels

START = '''
import sys; sys.path.insert(0, {tests!r})
from conftest import make_dance
from audio2pose.dance_widget import DanceWidget
'''
PLAYER = "(n => document.querySelectorAll('.a2p-host')[n].shadowRoot.querySelector('.a2p').a2p)"

class Dance:
    "A widget in a notebook, by its number on the page."
    def __init__(self, lab, n=0):
        self.lab, self.n = lab, n
        lab.page.wait_for_function(f"document.querySelectorAll('.a2p-host').length>{n} && {PLAYER}({n})", timeout=60_000)
        self.root = lab.page.locator('.a2p-host').nth(n).locator('.a2p')
        self.root.scroll_into_view_if_needed()
    def js(self, code): return self.lab.js(f'(() => {{ const a2p = {PLAYER}({self.n}); return {code}; }})()')
    def until(self, code): self.lab.page.wait_for_function(f'(() => {{ const a2p = {PLAYER}({self.n}); return {code}; }})()', timeout=30_000)
    def click(self, name): self.root.locator(f'.a2p-{name}').click()
    def press(self, key): self.lab.page.keyboard.press(key)
    def picture(self): return pixels(self.root.locator('.a2p-stage').screenshot())
    def at(self, dancer, joint, clip=0): return self.js(f'a2p.screen({dancer}, {joint!r}, {clip})')

def blue(p): return int((p[...,2]-p[...,0] > 60).sum())
def red(p): return int((p[...,0]-p[...,2] > 60).sum())

@pytest.fixture
def start(tmp_path):
    from pathlib import Path
    make_song(tmp_path/'song.wav')
    return START.format(tests=str(Path(__file__).parent)) + f'song = {str(tmp_path/"song.wav")!r}\n'

def test_play_and_pause(lab, start):
    lab.run(start, 'w = DanceWidget(make_dance(dancers=2), song)', 'w')
    d = Dance(lab)
    before = d.picture()
    d.click('big')
    d.until('a2p.playing() && a2p.time()>1')
    assert lab.until('print(w.playing)', 'True') == 'True'
    seen = d.js('''(async () => { const out = []; for (let i = 0; i < 12; i++) { await new Promise(r => setTimeout(r, 120));
        const s = a2p.shown(); out.push([s.frame, s.time, a2p.audio.currentTime, a2p.playing()]); } return out; })()''')
    on = [s for s in seen if s[3]]
    assert len(on) > 3 and all(f == int(np.floor(t*30+.5)) for f,t,_,_ in on)
    d.press(' ')                                                        # the key is the player's after the click
    d.until('!a2p.playing()')
    frame = d.js('a2p.frame()')
    assert frame == d.js('Math.floor(a2p.audio.currentTime*30+.5)') > 20
    assert lab.until('print(w.frame, w.playing)', f'{frame} False') == f'{frame} False'
    lab.wait(600)
    after = d.picture()
    assert (np.abs(before-after).max(-1) > 40).sum() > 2000 and min(blue(after), red(after)) > 1500
    lab.shot('dance_widget_paused')

def test_the_picture_is_within_one_frame_of_the_clock(lab, start):
    "Asked in the middle of playing, what was drawn last is at most one frame behind what the song says now, unless the machine drew nothing since."
    lab.run(start, 'w = DanceWidget(make_dance(dancers=2), song, speed=.25)', 'w')
    d = Dance(lab)
    d.click('play')
    d.until('a2p.playing() && a2p.time()>.2')
    late = d.js('''(async () => { const out = []; for (let i = 0; i < 20; i++) { await new Promise(r => requestAnimationFrame(() => setTimeout(r, 0)));
        out.push(Math.abs(a2p.audio.currentTime*30-a2p.shown().frame)); } return out; })()''')
    assert np.median(late) <= 1, late

def test_python_asks_and_hears(lab, start):
    lab.run(start, 'w = DanceWidget(make_dance(dancers=2), song)', 'w')
    d = Dance(lab)
    lab.kernel('w.frame = 77')
    d.until('a2p.shown().frame===77')
    assert abs(d.js('a2p.audio.currentTime')-77/30) < 1e-3
    lab.kernel('w.time = 1.5; w.speed = .5; w.selection = (1, "left_wrist")')
    d.until('a2p.shown().frame===45 && a2p.audio.playbackRate===.5')
    assert d.root.locator('.a2p-pick').inner_text() == 'dancer 2, left wrist'
    lab.kernel('w.playing = True')
    d.until('a2p.playing() && a2p.time()>1.6')
    lab.kernel('w.playing = False')
    d.until('!a2p.playing()')
    frame = str(d.js('a2p.frame()'))
    assert lab.until('print(w.frame)', frame) == frame and int(frame) > 45
    lab.kernel('w.dancers = [1]')
    d.until('!a2p.state.dancers.has(0)')
    lab.wait(500)
    p = d.picture()
    assert red(p) > 1500 > 100 > blue(p[90:-140])

def test_hide_choose_scrub(lab, start):
    lab.run(start, 'w = DanceWidget(make_dance(dancers=2), song)', 'w')
    d = Dance(lab)
    d.js('a2p.seek(1)')
    lab.page.mouse.click(*d.at(0, 'right_wrist'))
    assert lab.until('print(w.selection)', "(0, 'right_wrist')") == "(0, 'right_wrist')"
    lab.shot('dance_widget_joint')
    d.root.get_by_role('button', name='Show dancer 1').click()
    assert lab.until('print(w.dancers, w.selection)', '[1] None') == '[1] None'
    lab.wait(500)
    p = d.picture()
    assert red(p) > 1500 > 100 > blue(p[90:-140])
    box = d.root.locator('.a2p-line').bounding_box()
    x = lambda k: box['x']+k*box['width']
    lab.page.mouse.move(x(.25), box['y']+20)
    lab.page.mouse.down()
    lab.page.mouse.move(x(.75), box['y']+20, steps=6)
    lab.page.mouse.up()
    assert abs(d.js('a2p.time()')-4.5) < .06
    frame = str(d.js('a2p.now()'))
    assert lab.until('print(w.frame)', frame) == frame

def test_turn_while_playing(lab, start):
    lab.run(start, 'w = DanceWidget(make_dance(dancers=2), song)', 'w')
    d = Dance(lab)
    d.js('a2p.speed(.25)'), d.click('play')
    d.until('a2p.playing() && a2p.time()>.1')
    eye = d.js('a2p.eye()')
    box = d.root.bounding_box()
    lab.page.mouse.move(box['x']+300, box['y']+200)
    lab.page.mouse.down()
    lab.page.mouse.move(box['x']+520, box['y']+210, steps=6)
    lab.page.mouse.up()
    assert d.js('a2p.playing()') and np.linalg.norm(np.subtract(d.js('a2p.eye()'), eye)) > .5
    assert lab.kernel('print(w.selection)') == 'None'                    # a drag is no click

def test_keys_are_the_players_only_with_focus(lab, start):
    lab.run(start, 'w = DanceWidget(make_dance(dancers=2), song)', 'w')
    d = Dance(lab)
    cells = lab.page.locator('.jp-Notebook .jp-Cell').count()
    d.root.focus()
    for k in ('ArrowRight', 'ArrowRight', 'ArrowLeft'): d.press(k)
    assert d.js('a2p.now()') == 1
    d.press('End')
    assert d.js('a2p.now()') == 179
    d.press('Home')
    d.press('j')
    assert lab.until('print(w.selection)', "(0, 'pelvis')") == "(0, 'pelvis')"
    d.press('n')
    assert lab.until('print(w.selection)', "(1, 'pelvis')") == "(1, 'pelvis')"
    for k in ('b', 'a', 'm', 'l', 'v', '+'): d.press(k)                  # letters that mean something to a notebook, too
    assert d.js('[a2p.state.loop, a2p.audio.muted, a2p.audio.playbackRate]') == [False, True, 1.25]
    assert lab.page.locator('.jp-Notebook .jp-Cell').count() == cells
    d.press('?')
    assert d.root.locator('.a2p-keys').is_visible()
    lab.shot('dance_widget_keys')
    lab.page.locator('.jp-InputArea-editor').first.click()
    lab.page.keyboard.press('Escape')
    d.press('ArrowDown')
    assert d.js('a2p.now()') == 0

def test_two_widgets_do_not_disturb_each_other(lab, start):
    lab.run(start, 'a = DanceWidget(make_dance(3., dancers=2), audio=False, height=300, title="one")', 'a',
        'b = DanceWidget(make_dance(3.), audio=False, height=300, title="two")', 'b')
    a,b = Dance(lab, 0),Dance(lab, 1)
    lab.kernel('a.frame = 10; b.frame = 50')
    a.until('a2p.shown().frame===10')
    b.until('a2p.shown().frame===50')
    b.root.focus()
    b.press('ArrowRight')
    assert lab.until('print(a.frame, b.frame)', '10 51') == '10 51'
    lab.wait(500)
    assert blue(a.picture()) > 800 and blue(b.picture()) > 800
    lab.shot('dance_widget_two')
    lab.kernel('a.close()')
    lab.page.wait_for_function("document.querySelectorAll('.a2p-host').length===1 || ![...document.querySelectorAll('.a2p-host')][0].shadowRoot.querySelector('canvas')", timeout=20_000)

def test_gaps_and_guesses(lab, start):
    lab.run(start, '''
import numpy as np
m = make_dance(dancers=2)
m.rotations = m.root = None
m.confidence = np.ones(m.positions.shape[:3], np.float32)
m.confidence[30:90,0] = .2
m.confidence[60:120,1,16:24] = .2
m.positions[130:150,1] = np.nan
w = DanceWidget(m, song, frame=75, selection=(0, 'head'))
''', 'w')
    d = Dance(lab)
    d.until('a2p.shown().frame===75')
    assert d.root.locator('.a2p-pick').inner_text() == 'dancer 1, head, guessed'
    lab.wait(600)
    hollow = blue(d.picture()[60:-140])
    lab.shot('dance_widget_guessed')
    lab.kernel('w.frame = 20')
    d.until('a2p.shown().frame===20')
    lab.wait(600)
    assert 0 < 2*hollow < blue(d.picture()[60:-140])

COMPARE = '''
from audio2pose.compare import CompareWidget
truth, raw, slow = make_dance(dancers=2), make_dance(dancers=2), make_dance(3., fps=60)
raw.positions[60:90,1] = float('nan')
raw.rotations = raw.root = None
w = CompareWidget(dict(truth=truth, raw=raw, short=slow), song)
'''

def test_compare_plays_on_one_clock(lab, start):
    lab.run(start, COMPARE, 'w')
    d = Dance(lab)
    d.click('play')
    d.until('a2p.playing() && a2p.time()>1')
    together = d.js('''(async () => { const out = []; for (let i = 0; i < 8; i++) { await new Promise(r => setTimeout(r, 150));
        out.push([a2p.shown().time, ...a2p.framesShown()]); } return out; })()''')
    for t,a,b,c in together: assert a == b == int(np.floor(t*30+.5)) and c == min(int(np.floor(t*60+.5)), 179)
    d.press(' ')
    d.until('!a2p.playing()')
    time = d.js('a2p.time()')
    assert lab.until(f'print(w.playing, abs(w.time-{time})<.02)', 'False True') == 'False True'
    lab.kernel('w.time = 4.5')
    d.until('a2p.framesShown().join()==="135,135,179"')
    assert d.root.locator('.a2p-held:visible').all_inner_texts() == ['ended at 0:03.0']

def test_compare_shares_camera_and_choice(lab, start):
    lab.run(start, COMPARE, 'w')
    d = Dance(lab)
    lab.kernel('w.time = 1')
    d.until('a2p.framesShown().join()==="30,30,60"')
    lab.wait(600)
    assert d.root.locator('.a2p-name').all_inner_texts() == ['truth', 'raw', 'short']
    rows = d.root.locator('.a2p-facts').nth(1).locator('th').all_inner_texts()
    assert rows == d.root.locator('.a2p-facts').nth(0).locator('th').all_inner_texts() and 'on the beat' in rows
    panes = [pixels(d.root.locator('.a2p-pane').nth(k).screenshot()) for k in range(3)]
    assert all(blue(p) > 500 for p in panes) and red(panes[0]) > 500 > red(panes[2])
    lab.shot('compare')
    where = [d.at(0, 'head', k) for k in range(3)]
    box = d.root.locator('.a2p-pane').nth(2).bounding_box()
    lab.page.mouse.move(box['x']+40, box['y']+150)
    lab.page.mouse.down()
    lab.page.mouse.move(box['x']+200, box['y']+160, steps=6)
    lab.page.mouse.up()
    lab.wait(600)
    assert all(np.linalg.norm(np.subtract(d.at(0, 'left_hand', k), where[k])) > 5 for k in range(3))
    lab.page.mouse.click(*d.at(1, 'head', 1))
    assert lab.until('print(w.selection)', "(1, 'head')") == "(1, 'head')"
    d.until('a2p.state.selection')
    assert d.root.locator('.a2p-pick span:visible').all_inner_texts() == ['dancer 2, head']*2
    d.root.get_by_role('button', name='Show dancer 1').click()
    lab.wait(600)
    panes = [pixels(d.root.locator('.a2p-pane').nth(k).screenshot()) for k in range(3)]
    assert all(blue(p) < 100 for p in panes) and red(panes[0]) > 500
    lab.shot('compare_one_hidden')
