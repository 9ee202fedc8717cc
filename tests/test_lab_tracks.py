"The track reviewer in JupyterLab: what a person decides by mouse and keyboard is what the kernel knows, and it replays"
import json
import pytest

MAKE = '''
from audio2pose.camera import make_view
from audio2pose.simulate import duet,paint_video,simulate
from audio2pose.track_reviewer import TrackReviewer
dets,truth = simulate(duet(8), make_view((0,-5.5,1.4), (0,0,.9), (640,360)), kind='halpe26', seed=4, occlusion=(.3,.8), every=2)'''
STATE = 'import json; print(json.dumps(r.decisions))'
BLUE, RED = (63, 140, 255), (242, 70, 78)

# Where on the picture, left to right in parts of its width, a colour is drawn: the median of its pixels
FIND = '''async ([r, g, b]) => {
  for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);               // what was heard is drawn by then
  const c = document.querySelector('.a2p-picture'), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data, xs = [];
  for (let i = 0; i < d.length; i += 4) if (Math.abs(d[i] - r) + Math.abs(d[i + 1] - g) + Math.abs(d[i + 2] - b) < 12) xs.push(i / 4 % c.width / c.width);
  return xs.sort((a, b) => a - b)[xs.length >> 1] ?? null;
}'''

class Reviewer:
    "A person at the reviewer `r`"
    def __init__(self, lab):
        self.lab, self.page = lab, lab.page
        self.page.wait_for_selector('.a2p-tracks canvas')
        self.page.locator('.a2p-line').focus()
    def press(self, *keys):
        for k in keys: self.page.keyboard.press(k)
    def wait(self, text): self.page.wait_for_selector(f'.a2p-said:text-is("{text}")', timeout=20_000)
    def at(self, t):
        "Go to a frame and wait until it is drawn"
        self.lab.kernel(f'r.frame = {t}')
        self.page.wait_for_selector(f'.a2p-line[aria-valuenow="{t}"]', timeout=20_000)
    def decisions(self): return json.loads(self.lab.kernel(STATE))
    def blue_left_of_red(self):
        b, r = (self.page.evaluate(FIND, c) for c in (BLUE, RED))
        assert b is not None and r is not None and abs(b-r) > .1, (b, r)
        return b < r
    def drag(self, lane, first, last, frames=240):
        "On a dancer's lane from one frame to another"
        box = self.page.locator('.a2p-line canvas').bounding_box()
        x = lambda t: box['x']+86+(t+.5)/frames*(box['width']-94)
        y = box['y']+22+28*(lane-.5)
        self.page.mouse.move(x(first), y)
        self.page.mouse.down()
        self.page.mouse.move(x((first+last)/2), y+3)
        self.page.mouse.move(x(last), y)
        self.page.mouse.up()

def test_swap_refill_and_undo(lab):
    lab.run(MAKE, 'r = TrackReviewer(dets)\nr')
    p = Reviewer(lab)

    # swap from frame 30 on: the colours change places there, not before, and undo puts them back
    p.at(29)
    before = p.blue_left_of_red()
    p.press('ArrowRight', 's')
    p.wait('dancers 1 and 2 exchanged from frame 30 on')
    assert p.decisions() == [dict(do='swap', frame=30, dancers=[1, 2])]
    assert p.blue_left_of_red() == (not before)
    p.press('ArrowLeft')
    p.page.wait_for_selector('.a2p-line[aria-valuenow="29"]')
    assert p.blue_left_of_red() == before
    assert p.page.locator('.a2p-list li').count() == 1
    lab.shot('tracks_swapped')
    p.press('z')
    p.wait('taken back: dancers 1 and 2 exchanged from frame 30 on')
    p.at(30)
    assert p.decisions() == [] and p.blue_left_of_red() == before
    p.press('Shift+Z')
    p.wait('dancers 1 and 2 exchanged from frame 30 on')
    assert p.blue_left_of_red() == (not before)
    p.page.click('[data-act=undo]')
    assert lab.until(STATE, '[]') == '[]'

    # a span dragged on a lane is refilled
    p.drag(2, 40, 60)
    dancer, first, last = json.loads(lab.until('print(r.selection if r.selection else "")', 'x', 1) or '[]')
    assert dancer == 2 and abs(first-40) <= 1 and abs(last-60) <= 1
    p.page.click('[data-act=refill]')
    p.wait(f'dancer 2 refilled in frames {first} to {last}')
    assert p.decisions() == [dict(do='refill', dancer=2, first=first, last=last)]
    p.at(50)
    assert 'dancer 2 filled' in p.page.inner_text('.a2p-where') and 'dancer 1 found' in p.page.inner_text('.a2p-where')
    lab.shot('tracks_refilled')
    p.press('f')
    p.page.wait_for_selector('.a2p-said:text("nothing is found there to refill")')
    assert len(p.decisions()) == 1

    # what was decided replays: the same file, the same motion
    same = '''
from audio2pose.preprocessing import clean
r.save('decisions.json')
print(clean(dets, decisions='decisions.json')[0].positions.tobytes()==r.clean()[0].positions.tobytes(), TrackReviewer(dets, decisions='decisions.json').decisions==r.decisions)'''
    assert lab.kernel(same) == 'True True'

def test_keyboard_alone(lab):
    lab.run(MAKE, 'r = TrackReviewer(dets)\nr')
    p = Reviewer(lab)
    cells = p.page.locator('.jp-Notebook .jp-Cell').count()
    first, last, heart = json.loads(lab.kernel('d = r._info["doubts"][0]; print([d[0], d[1], d[3]])'))
    p.press('d')
    p.page.wait_for_selector(f'.a2p-line[aria-valuenow="{heart}"]')
    assert first <= heart <= last and p.page.is_visible('.a2p-unsure')
    assert lab.until('print(r.frame)', str(heart)) == str(heart)
    p.press('d')
    p.wait('no doubt after this frame')
    p.press('s')
    p.wait(f'dancers 1 and 2 exchanged from frame {heart} on')
    p.press('Home', '2', 'a', 'Shift+ArrowRight', 'b', 'f')
    p.wait('dancer 2 refilled in frames 0 to 30')
    p.press('Escape', 'ArrowLeft', 'a', 'k')
    p.wait('dancer 2 kept as found in frame 29')
    lab.shot('tracks_keyboard')
    p.press('Control+z', 'z', 'z')
    assert lab.until(STATE, '[]') == '[]'
    assert p.page.locator('.jp-Notebook .jp-Cell').count() == cells                # d, s, z and the rest are not the notebook's commands here
    for wrong in ('z', 'x', 'x', 'd', 'd'): p.press(wrong)
    assert p.page.locator('.jp-Notebook .jp-Cell').count() == cells

def test_film_under_the_skeletons_and_play(lab):
    lab.run(MAKE, '''
from audio2pose.video import write_video
write_video('film.mp4', paint_video(truth), 30)
r = TrackReviewer(dets, video='film.mp4')
r''')
    p = Reviewer(lab)
    corner = '''() => { const d = document.querySelector('.a2p-picture').getContext('2d').getImageData(4, 4, 1, 1).data; return d[0]; }'''
    p.page.wait_for_function(f'({corner})() < 150', timeout=30_000)                # the film's grey wall, not the paper
    lab.shot('tracks_film')
    p.press('Space')
    p.page.wait_for_function('+document.querySelector(".a2p-line").getAttribute("aria-valuenow") > 20', timeout=30_000)
    p.press('Space')
    assert lab.until('print(r.playing)', 'False') == 'False'
    t = p.page.get_attribute('.a2p-line', 'aria-valuenow')
    assert lab.until('print(r.frame)', t) == t
    lab.kernel('r.frame = 120; r.selection = [1, 100, 110]')
    p.page.wait_for_selector('.a2p-line[aria-valuenow="120"]')
    p.press('f')
    p.page.wait_for_selector('.a2p-list li')
    assert p.decisions() == [dict(do='refill', dancer=1, first=100, last=110)]
