// The hands of BeatEditor. Beats are rows [time in seconds, place in the bar]; every edit gives the model a new list of them, and
// Python checks it, remembers it and may answer with another one. The clock is the audio element's.
const GAP = .02, REACH = .07, AHEAD = .25;       // s: least distance of two beats, how far a beat snaps, how far ahead clicks are scheduled
const clamp = (x, a, b) => Math.min(Math.max(x, a), Math.max(a, b));
const KEYS = [['Space', 'play or pause'], ['← →', 'select a beat'], ['Tab', 'next beat, while one is selected'], ['Home End', 'first, last beat'], ['Esc', 'select none'],
  ['Shift ← →', 'nudge by 5 ms'], ['Alt ← →', 'nudge by 20 ms'], ['A', 'add a beat at the playhead'], ['T', 'tap: add a beat now'], ['Delete', 'delete the beat'],
  ['D', 'make it a downbeat'], ['H', 'half the tempo'], ['X', 'twice the tempo'], ['C', 'clicks on, off'], ['S', 'snap on, off'], ['PgUp PgDn', 'seek by 5 s'],
  ['+ − 0', 'zoom in, out, whole song'], ['Ctrl Z', 'undo'], ['Ctrl Shift Z', 'redo']];

function make(tag, props = {}, ...inside) {
  const {data = {}, ...rest} = props, e = Object.assign(document.createElement(tag), rest);
  for (const [k, v] of Object.entries(data)) e.setAttribute(k, v);
  e.append(...inside);
  return e;
}
function firstFrom(rows, t, at = r => r) {          // index of the first row at or after t
  let a = 0, b = rows.length;
  while (a < b) { const m = (a + b) >> 1; if (at(rows[m]) < t) a = m + 1; else b = m; }
  return a;
}
const bytes = v => v ? v.buffer.slice(v.byteOffset, v.byteOffset + v.byteLength) : new ArrayBuffer(0);
const clockText = t => `${Math.floor(t / 60)}:${(t % 60).toFixed(3).padStart(6, '0')}`;

function render({model, el}) {
  const info = model.get('_info'), seconds = info.seconds, rate = info.rate;
  const wave = new Int8Array(bytes(model.get('_wave'))), onsets = new Float32Array(bytes(model.get('_onsets'))), bins = wave.length / 2;
  const s = {rows: model.get('_pairs'), sel: -1, start: 0, pps: 0, clicks: true, snap: true, drag: null, unsaved: 0, own: false, shown: 0, width: 0};
  const per = () => model.get('_state').per;

  // ---- parts ----------------------------------------------------------------------------------------------------------
  const button = (text, title, keys, act, cls = '') => make('button', {type: 'button', textContent: text, title: keys ? `${title} (${keys})` : title, className: cls,
    onclick: act, data: {'aria-label': title}});
  const play = button('Play', 'Play or pause', 'Space', () => toggle(), 'a2p-play');
  const clicksOn = button('Clicks', 'Clicks on the beats', 'C', () => setClicks(!s.clicks)), snapOn = button('Snap', 'Snap to onsets', 'S', () => setSnap(!s.snap));
  const add = button('Add', 'Add a beat at the playhead', 'A', () => insert(audio.currentTime));
  const del = button('Delete', 'Delete the selected beat', 'Delete', () => remove()), one = button('Downbeat', 'Make the selected beat a downbeat', 'D', () => startBar());
  const ms = make('input', {type: 'number', value: 10, step: 5, data: {'aria-label': 'Milliseconds to shift all beats by, negative for earlier'}});
  const undo = button('Undo', 'Undo', 'Ctrl Z', () => ask('undo')), redo = button('Redo', 'Redo', 'Ctrl Shift Z', () => ask('redo'));
  const group = (name, ...b) => make('div', {className: 'a2p-group', data: {role: 'group', 'aria-label': name}}, ...b);
  const bar = make('div', {className: 'a2p-row'}, group('Sound', play, clicksOn), group('Beat', add, del, one, snapOn),
    group('All beats', button('½×', 'Half the tempo', 'H', () => ask('halve')), button('2×', 'Twice the tempo', 'X', () => ask('double')), ms, 'ms',
      button('Shift', 'Shift all beats by these milliseconds', '', () => ask('shift', {ms: ms.valueAsNumber}))),
    group('History', undo, redo, button('Reset', 'Back to the first beats', '', () => ask('reset'))),
    group('Zoom', button('−', 'Zoom out', '-', () => zoom(.5)), button('+', 'Zoom in', '+', () => zoom(2)), button('Fit', 'Show the whole song', '0', () => zoom(0))));
  const canvas = make('canvas', {className: 'a2p-wave', tabIndex: 0, data: {role: 'application', 'aria-roledescription': 'beat editor',
    'aria-label': `Beats of ${info.name}: arrow keys select a beat, Escape leaves it, more keys below`}});
  const map = make('canvas', {className: 'a2p-map', data: {'aria-hidden': 'true'}});
  const clock = make('span', {className: 'a2p-clock'}), live = make('span', {className: 'a2p-live', data: {'aria-live': 'polite', role: 'status'}});
  const sum = make('span', {className: 'a2p-sum'}), note = make('div', {className: 'a2p-note', data: {role: 'alert'}});
  const keys = make('details', {}, make('summary', {textContent: 'Keys'}), make('dl', {}, ...KEYS.flatMap(([k, v]) => [make('dt', {textContent: k}), make('dd', {textContent: v})])));
  const root = make('div', {className: 'a2p-beats', data: {role: 'group', 'aria-label': `Beat editor: ${info.name}`, 'data-lm-suppress-shortcuts': 'true'}}, bar, canvas, map,
    make('div', {className: 'a2p-line'}, clock, live, sum), note, keys);
  el.append(root);

  // ---- the song and its clock -----------------------------------------------------------------------------------------
  const url = URL.createObjectURL(new Blob([bytes(model.get('_song'))], {type: info.mime}));
  const audio = make('audio', {src: url, preload: 'auto'});
  root.append(audio);
  const toggle = () => audio.paused ? audio.play().catch(e => { note.textContent = `The song cannot be played here: ${e.message}`; }) : audio.pause();
  const seek = t => { audio.currentTime = clamp(t, 0, seconds); quiet(true); draw(); };

  // ---- clicks: scheduled ahead on the sound card's clock so that they meet the song ------------------------------------
  let ctx = null, timer = 0, upto = 0, last = -1, waiting = [], offsets = [];
  const log = [];                                 // what was scheduled, for a look from outside: {time, one, when, song}
  const heard = () => {                           // the time of the context that leaves the loudspeaker now
    const o = ctx.getOutputTimestamp?.();
    return o?.performanceTime ? o.contextTime + (performance.now() - o.performanceTime) / 1000 : ctx.currentTime - (ctx.outputLatency || 0);
  };
  function click(time, high, when) {
    const osc = ctx.createOscillator(), gain = ctx.createGain();
    osc.frequency.value = high ? 1760 : 1100;
    gain.gain.setValueAtTime(high ? .5 : .35, when);
    gain.gain.exponentialRampToValueAtTime(.001, when + .05);
    osc.connect(gain).connect(ctx.destination);
    osc.start(when);
    osc.stop(when + .06);
    waiting.push({osc, when, time});
  }
  function quiet(jump = false) {                  // forget what has not sounded yet, after a seek, a pause or an edit
    if (!ctx) return;
    for (const w of waiting) if (w.when > ctx.currentTime) {
      w.osc.stop(0);
      w.osc.disconnect();
      const k = log.findIndex(x => x.when === w.when);
      if (k >= 0) log.splice(k, 1);
    }
    waiting = [];
    if (jump) offsets = [];
    const t = audio.currentTime, done = log.at(-1)?.time ?? -1;
    upto = jump || done > t + AHEAD ? t : Math.max(t, done + 1e-4);       // what the sound card has taken is not said twice
  }
  function schedule() {
    const t = audio.currentTime;
    if (!ctx || audio.paused || !s.clicks || t === last) return;            // the same time twice: the song has not started yet
    if (last < 0) upto = t;
    last = t;
    waiting = waiting.filter(w => w.when > ctx.currentTime);
    offsets = [...offsets.slice(-24), heard() - t];                         // both clocks are read with some jitter: the median of a second
    const offset = [...offsets].sort((a, b) => a - b)[offsets.length >> 1], rows = s.rows;
    for (let k = firstFrom(rows, Math.max(upto, t), r => r[0]); k < rows.length && rows[k][0] < t + AHEAD; k++) {
      const when = Math.max(rows[k][0] + offset, ctx.currentTime);
      click(rows[k][0], rows[k][1] === 1, when);
      log.push({time: rows[k][0], one: rows[k][1] === 1, when, song: t});
    }
    upto = Math.max(upto, t + AHEAD);
    if (log.length > 2000) log.splice(0, 1000);
  }
  audio.onplay = () => {
    try { ctx ??= new AudioContext(); ctx.resume(); } catch { ctx = null; }
    play.textContent = 'Pause';
    last = -1;
    offsets = [];
    clearInterval(timer);
    timer = setInterval(schedule, 40);
    frame();
  };
  audio.onpause = audio.onended = () => { play.textContent = 'Play'; clearInterval(timer); quiet(); draw(); };
  audio.onseeked = () => draw();
  audio.onerror = () => { note.textContent = `This browser cannot play ${info.mime}; the beats can be edited without sound.`; };
  function setClicks(on) { s.clicks = on; clicksOn.setAttribute('aria-pressed', on); quiet(); }
  function setSnap(on) { s.snap = on; snapOn.setAttribute('aria-pressed', on); draw(); }

  // ---- edits ----------------------------------------------------------------------------------------------------------
  function tell(before = '') {
    const r = s.rows[s.sel];
    live.textContent = before + (r ? `beat ${s.sel + 1}, ${r[0].toFixed(3)} s, ${r[1]} of ${per()}` : before ? '' : 'no beat selected');
  }
  function save() {                               // give the model what the hands have made
    clearTimeout(s.unsaved);
    s.unsaved = 0;
    s.own = true;
    model.set('_pairs', s.rows);
    model.save_changes();
    s.own = false;
  }
  function put(rows, sel, now = true) {
    s.rows = rows;
    s.sel = sel;
    note.textContent = '';
    quiet();
    if (now) save();
    else { clearTimeout(s.unsaved); s.unsaved = setTimeout(save, 350); }     // a run of nudges is one step back
    tell();
    draw();
  }
  const flush = () => { if (s.unsaved) save(); };
  function ask(what, more = {}) { flush(); model.send({do: what, ...more}); live.textContent = what; }
  function snapped(t, on = s.snap) {
    if (!on || !onsets.length) return t;
    const k = firstFrom(onsets, t), near = [onsets[k - 1], onsets[k]].filter(x => x !== undefined).sort((a, b) => Math.abs(a - t) - Math.abs(b - t))[0];
    return Math.abs(near - t) <= Math.min(REACH, 12 / s.pps) ? Math.round(near * 1e6) / 1e6 : t;
  }
  function insert(at) {                           // the count as `Beats.insert` does it
    flush();
    const t = clamp(Math.round(snapped(at) * 1e6) / 1e6, 0, seconds), R = s.rows, n = per(), k = firstFrom(R, t, r => r[0]);
    const close = [k - 1, k].find(i => R[i] && Math.abs(R[i][0] - t) < GAP);
    if (close !== undefined) { select(close, false); return tell('already there: '); }
    const p = k ? R[k - 1][1] % n + 1 : R.length ? (R[0][1] - 2 + n) % n + 1 : 1;
    const keep = k === 0 || k === R.length || R[k][1] === p % n + 1;
    put([...R.slice(0, k), [t, p], ...R.slice(k).map(r => keep ? r : [r[0], r[1] % n + 1])], k);
  }
  function remove() {
    if (s.sel < 0) return tell();
    flush();
    put(s.rows.filter((_, i) => i !== s.sel), Math.min(s.sel, s.rows.length - 2));
  }
  function startBar() {
    if (s.sel < 0) return tell();
    flush();
    put(s.rows.map((r, i) => i < s.sel ? r : [r[0], (i - s.sel) % per() + 1]), s.sel);
  }
  const between = (k, t) => clamp(t, k ? s.rows[k - 1][0] + GAP : 0, k < s.rows.length - 1 ? s.rows[k + 1][0] - GAP : seconds);
  const moved = (k, t) => s.rows.map((r, i) => i === k ? [Math.round(between(k, t) * 1e6) / 1e6, r[1]] : r);
  function nudge(by) {
    if (s.sel < 0) return tell();
    put(moved(s.sel, s.rows[s.sel][0] + by), s.sel, false);
    if (audio.paused) seek(s.rows[s.sel][0]);
  }
  function select(k, go = true) {
    s.sel = clamp(k, -1, s.rows.length - 1);
    if (s.sel >= 0) {
      if (audio.paused && go) seek(s.rows[s.sel][0]);
      reveal(s.rows[s.sel][0]);
    }
    tell();
    draw();
  }
  function step(by) {
    if (s.sel >= 0) return select(clamp(s.sel + by, 0, s.rows.length - 1));
    const k = firstFrom(s.rows, audio.currentTime - 1e-4, r => r[0]);
    select(clamp(by > 0 ? k : k - 1, 0, s.rows.length - 1));
  }

  // ---- the view -------------------------------------------------------------------------------------------------------
  const W = () => s.width ||= canvas.clientWidth, least = () => W() / seconds;
  const X = t => (t - s.start) * s.pps, T = x => s.start + x / s.pps;
  function look(start, pps = s.pps) {
    if (!W()) return;
    s.pps = clamp(pps, least(), 2000);
    s.start = clamp(start, 0, seconds - W() / s.pps);
    draw();
  }
  function zoom(by, x = X(s.sel >= 0 ? s.rows[s.sel][0] : audio.currentTime)) {
    if (!by) return look(0, 0);
    const at = clamp(x, 0, W()), pps = clamp(s.pps * by, least(), 2000);
    look(T(at) - at / pps, pps);
  }
  function reveal(t) { const w = W() / s.pps; if (t < s.start || t > s.start + w) look(t - w / 3); }

  // ---- drawing --------------------------------------------------------------------------------------------------------
  const TOP = 26, FOOT = 20;
  let asked = 0;
  const layers = {};
  const draw = () => { asked ||= requestAnimationFrame(paint); };
  function frame() {
    if (audio.paused || !root.isConnected) return;
    const x = X(audio.currentTime);
    if (!s.drag && (x < 0 || x > W() * .96)) look(audio.currentTime - W() / s.pps * .06);
    draw();
    requestAnimationFrame(frame);
  }
  function sized(c) {                             // a context in CSS pixels, clear
    const d = window.devicePixelRatio || 1, w = c.clientWidth, h = c.clientHeight, g = c.getContext('2d');
    if (c.width !== Math.round(w * d) || c.height !== Math.round(h * d)) { c.width = Math.round(w * d); c.height = Math.round(h * d); }
    g.setTransform(d, 0, 0, d, 0, 0);
    g.clearRect(0, 0, w, h);
    return [g, w, h];
  }
  function layer(g, name, what, w, h, fill) {     // a picture kept until what it shows changes
    const d = window.devicePixelRatio || 1, key = `${what} ${w} ${h} ${d}`;
    if (layers[name]?.key !== key) {
      layers[name] = {key, image: make('canvas', {width: Math.round(w * d), height: Math.round(h * d)})};
      const o = layers[name].image.getContext('2d');
      o.scale(d, d);
      fill(o);
    }
    g.drawImage(layers[name].image, 0, 0, w, h);
  }
  function outline(g, w, mid, half, from, per, colour) {     // lowest and highest sample of each pixel column
    g.fillStyle = colour;
    for (let x = 0; x < w; x++) {
      const a = Math.floor((from + x * per) * rate), b = Math.min(Math.max(a + 1, Math.floor((from + (x + 1) * per) * rate)), bins);
      let lo = 127, hi = -127;
      for (let i = a; i < b; i++) { if (wave[2 * i] < lo) lo = wave[2 * i]; if (wave[2 * i + 1] > hi) hi = wave[2 * i + 1]; }
      if (b > a) g.fillRect(x, mid - hi / 127 * half, 1, Math.max(1, (hi - lo) / 127 * half));
    }
  }
  const tidy = [.01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
  function ruler(g, w, h, c) {
    const gap = tidy.find(v => v * s.pps > 70) || 3600, digits = gap < .1 ? 2 : gap < 1 ? 1 : 0;
    g.fillStyle = c.dim;
    g.textAlign = 'left';
    for (let k = Math.ceil(s.start / gap); k * gap <= T(w); k++) {
      const x = X(k * gap), t = k * gap;
      g.fillRect(Math.round(x), h - FOOT, 1, 5);
      g.fillText(t < 60 ? `${t.toFixed(digits)} s` : `${Math.floor(t / 60)}:${(t % 60).toFixed(digits).padStart(digits ? digits + 3 : 2, '0')}`, x + 3, h - 6);
    }
  }
  function stroke(g, x, y0, y1, width, colour) { g.fillStyle = colour; g.fillRect(Math.round(x - width / 2), y0, width, y1 - y0); }
  function beatMarks(g, w, h, c) {
    const R = s.rows, a = firstFrom(R, T(-20), r => r[0]), b = firstFrom(R, T(w + 20), r => r[0]);
    const room = b > a + 1 ? (X(R[b - 1][0]) - X(R[a][0])) / (b - 1 - a) : 99;
    const dense = room < 4, veil = dense ? clamp(room * per() / 16, .12, 1) : 1;      // then only the bars, and only as strong as they leave the wave to be seen
    let taken = -9;
    for (let k = a; k < b; k++) {
      const x = X(R[k][0]), first = R[k][1] === 1, on = k === s.sel, style = first ? info.downbeat : info.beat;
      if (!on && !first && dense) continue;
      if (!on && x - taken < 1) continue;
      taken = x;
      if (on) { g.globalAlpha = .18; stroke(g, x, 0, h - FOOT, 13, c.accent); }
      g.globalAlpha = on ? 1 : veil;
      stroke(g, x, on || room > 9 ? 17 : TOP, h - FOOT, on ? Math.max(style.width, 2) : dense ? 1 : style.width, on ? c.accent : style.color);
      g.globalAlpha = 1;
      if (!on && room < 14) continue;
      g.fillStyle = on ? c.accent : first ? c.ink : c.dim;
      g.font = first || on ? c.bold : c.font;
      g.textAlign = 'center';
      g.fillText(R[k][1], x, 13);
    }
    g.font = c.font;
  }
  function paint() {
    asked = 0;
    if (!canvas.clientWidth) return;              // out of sight
    s.width = canvas.clientWidth;
    const css = getComputedStyle(root), v = n => css.getPropertyValue(n).trim(), [g, w, h] = sized(canvas), mid = (TOP + h - FOOT) / 2, half = (h - FOOT - TOP) / 2 - 3;
    const c = {ink: v('--ink'), dim: v('--dim'), accent: v('--accent'), head: v('--playhead'), font: `11px ${css.fontFamily}`, bold: `700 12px ${css.fontFamily}`};
    if (!s.pps) look(0, Math.max(least(), Math.min(W() / 20, 2000)));
    g.font = c.font;
    layer(g, 'wave', `${s.start} ${s.pps} ${c.accent}`, w, h, o => { o.globalAlpha = .32; outline(o, w, mid, half, s.start, 1 / s.pps, c.accent); });
    if (s.snap && s.pps > 40) for (let k = firstFrom(onsets, s.start); k < onsets.length && onsets[k] < T(w); k++) stroke(g, X(onsets[k]), h - FOOT - 7, h - FOOT, 1, c.accent);
    beatMarks(g, w, h, c);
    s.shown = audio.currentTime;
    const x = X(s.shown);
    stroke(g, x, TOP - 4, h - FOOT, 2, c.head);
    g.beginPath();
    g.moveTo(x - 5, h - FOOT + 8); g.lineTo(x + 5, h - FOOT + 8); g.lineTo(x, h - FOOT);
    g.fill();
    ruler(g, w, h, c);
    clock.textContent = `${clockText(s.shown)} / ${clockText(seconds)}`;
    paintMap(c);
  }
  function paintMap(c) {
    const [g, w, h] = sized(map);
    layer(g, 'map', c.dim, w, h, o => { o.globalAlpha = .6; outline(o, w, h / 2, h / 2 - 2, 0, seconds / w, c.dim); });
    const k = w / seconds;
    g.fillStyle = c.accent;
    g.globalAlpha = .2;
    g.fillRect(s.start * k, 0, Math.max(3, W() / s.pps * k), h);
    g.globalAlpha = 1;
    g.fillRect(s.start * k, h - 2, Math.max(3, W() / s.pps * k), 2);
    stroke(g, s.shown * k, 0, h, 2, c.head);
  }

  // ---- hands: the mouse -----------------------------------------------------------------------------------------------
  const place = e => e.clientX - canvas.getBoundingClientRect().left;
  function beatAt(x) {
    const k = firstFrom(s.rows, T(x), r => r[0]), far = i => s.rows[i] ? Math.abs(X(s.rows[i][0]) - x) : 99;
    const near = far(k - 1) < far(k) ? k - 1 : k;
    return far(near) <= 7 ? near : -1;
  }
  canvas.onpointerdown = e => {
    if (e.button) return;
    flush();
    canvas.focus({preventScroll: true});
    canvas.setPointerCapture(e.pointerId);
    const x = place(e), k = beatAt(x);
    if (k >= 0) { select(k); s.drag = {k, x, off: X(s.rows[k][0]) - x, before: s.rows, moved: false}; }
    else { s.drag = {k}; s.sel = -1; tell(); seek(T(x)); }
  };
  canvas.onpointermove = e => {
    const x = place(e), d = s.drag;
    if (!d) return canvas.classList.toggle('a2p-over', beatAt(x) >= 0);
    if (d.k < 0) return seek(T(x));
    if (!d.moved && Math.abs(x - d.x) < 3) return;
    d.moved = true;
    s.rows = moved(d.k, snapped(T(x + d.off), s.snap !== e.altKey));
    if (audio.paused) seek(s.rows[d.k][0]);
    tell();
    draw();
  };
  canvas.onpointerup = () => { const d = s.drag; s.drag = null; if (d?.moved) put(s.rows, d.k); };
  function letGo() { if (s.drag?.moved) s.rows = s.drag.before; s.drag = null; tell(); draw(); }
  canvas.onpointercancel = letGo;
  canvas.ondblclick = e => { const x = place(e); if (beatAt(x) < 0) insert(T(x)); };
  canvas.addEventListener('wheel', e => {
    const along = e.shiftKey && !e.deltaX ? e.deltaY : e.deltaX;
    if (e.ctrlKey || e.metaKey) zoom(Math.exp(-e.deltaY / 300), place(e));
    else if (Math.abs(along) > Math.abs(e.deltaY) || e.shiftKey) look(s.start + along / s.pps);
    else return;                                  // up and down scroll the notebook
    e.preventDefault();
  }, {passive: false});
  const travel = e => look((e.clientX - map.getBoundingClientRect().left) / map.clientWidth * seconds - W() / s.pps / 2);
  map.onpointerdown = e => { map.setPointerCapture(e.pointerId); travel(e); };
  map.onpointermove = e => { if (e.buttons) travel(e); };

  // ---- hands: the keyboard --------------------------------------------------------------------------------------------
  const plain = {' ': toggle, a: () => insert(audio.currentTime), t: () => insert(audio.currentTime), d: startBar, Delete: remove, Backspace: remove, h: () => ask('halve'),
    x: () => ask('double'), c: () => setClicks(!s.clicks), s: () => setSnap(!s.snap), Home: () => select(0), End: () => select(s.rows.length - 1),
    Escape: () => { if (s.drag) letGo(); else select(-1); }, PageUp: () => go(-5), PageDown: () => go(5), '+': () => zoom(2), '=': () => zoom(2), '-': () => zoom(.5), 0: () => zoom(0)};
  const go = by => { seek(audio.currentTime + by); reveal(audio.currentTime); };
  function key(e) {
    const k = e.key.length === 1 ? e.key.toLowerCase() : e.key, ctrl = e.ctrlKey || e.metaKey, way = {ArrowLeft: -1, ArrowRight: 1}[k];
    if (ctrl) return k === 'z' ? (ask(e.shiftKey ? 'redo' : 'undo'), true) : k === 'y' ? (ask('redo'), true) : false;
    if (way) return (e.shiftKey ? nudge(way * .005) : e.altKey ? nudge(way * .02) : step(way)), true;
    if (k === 'Tab') {                            // through the beats while one is selected; Escape, or the last one, lets go
      const to = s.sel + (e.shiftKey ? -1 : 1);
      return s.sel >= 0 && to >= 0 && to < s.rows.length ? (select(to), true) : false;
    }
    if (e.altKey || !plain[k] || (e.repeat && 'atdhx '.includes(k))) return false;
    plain[k]();
    return true;
  }
  canvas.onkeydown = e => { if (key(e)) e.preventDefault(); };
  ms.onkeydown = e => { if (e.key === 'Enter') ask('shift', {ms: ms.valueAsNumber}); };
  root.addEventListener('keydown', e => { if (e.key !== 'Tab') e.stopPropagation(); });   // none of these keys is the notebook's
  root.addEventListener('keyup', e => e.stopPropagation());

  // ---- what Python says -----------------------------------------------------------------------------------------------
  function fromModel() {
    if (s.own) return;
    const was = s.rows[s.sel]?.[0];
    clearTimeout(s.unsaved);
    s.unsaved = 0;
    s.drag = null;
    s.rows = model.get('_pairs');
    if (was !== undefined) {
      const k = firstFrom(s.rows, was, r => r[0]);
      s.sel = clamp(k && (k === s.rows.length || was - s.rows[k - 1][0] < s.rows[k][0] - was) ? k - 1 : k, -1, s.rows.length - 1);
    }
    quiet();
    if (s.sel >= 0) tell();
    draw();
  }
  function fromState() {
    const x = model.get('_state');
    undo.disabled = !x.undo;
    redo.disabled = !x.redo;
    note.textContent = x.note;
    sum.textContent = x.count ? `${x.count} beat${x.count > 1 ? 's' : ''}${x.bpm ? ` · ${x.bpm.toFixed(1)} bpm` : ''}` : 'no beats yet: double click, or press A or T';
  }
  model.on('change:_pairs', fromModel);
  model.on('change:_state', fromState);
  setClicks(true);
  setSnap(true);
  fromState();
  tell();
  const wide = new ResizeObserver(() => { s.width = canvas.clientWidth || s.width; if (s.pps) look(s.start); else draw(); });
  wide.observe(canvas);
  const themed = new MutationObserver(draw);
  themed.observe(document.body, {attributes: true});
  root.a2p = {audio, log, x: t => canvas.getBoundingClientRect().left + X(t), get selected() { return s.sel; }, get view() { return [s.start, s.pps]; }, get rows() { return s.rows; }, get shown() { return s.shown; }};
  return () => {
    audio.pause();
    clearInterval(timer);
    flush();
    wide.disconnect();
    themed.disconnect();
    model.off('change:_pairs', fromModel);
    model.off('change:_state', fromState);
    ctx?.close();
    URL.revokeObjectURL(url);
  };
}
export default {render};
