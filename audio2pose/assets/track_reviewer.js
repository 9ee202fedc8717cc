// Who is who in a raw clip. The whole clip comes once, packed; scrubbing and playing need no kernel. A decision is a message to the kernel,
// which answers with the new names of all rows. Frames have the file's own numbers, `base` is the first.
const SVG = d => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${d}"/></svg>`;
const ICONS = {
  prev: 'M5 5h2v14H5zM19 5v14L8 12z', next: 'M17 5h2v14h-2zM5 5v14l11-7z', back: 'M15 6 8 12l7 6z', on: 'm9 6 7 6-7 6z', play: 'M8 5v14l11-7z', pause: 'M7 5h3.6v14H7zM13.4 5H17v14h-3.6z',
  swap: 'M7 7h9V4l5 4.5-5 4.5v-3H7zM17 17H8v3l-5-4.5L8 11v3h9z', undo: 'M12 5V1L6 6l6 5V7a5 5 0 1 1-5 6H5a7 7 0 1 0 7-8z', redo: 'M12 5V1l6 5-6 5V7a5 5 0 1 0 5 6h2a7 7 0 1 1-7-8z',
};
const KEYS = [['← →', 'one frame back, on'], ['shift + ← →', 'one second back, on'], ['home, end', 'first, last frame'], ['space', 'play, pause'], ['d, shift + d', 'next, previous doubt'],
  ['1 to 9', 'choose a dancer'], ['s', 'swap from here on'], ['a, b', 'the span starts, ends here'], ['esc', 'no span'], ['f', 'refill the span'], ['k', 'keep it as found'],
  ['z, shift + z', 'undo, redo'], ['+ − 0', 'zoom in, out, all'], ['drag on a lane', 'choose a span'], ['ctrl + wheel', 'zoom']];
const clamp = (x, a, b) => Math.min(Math.max(x, a), b);
const KINDS = ['found', 'filled', 'filled', 'filled', 'not there'], NONE = -32768, GUTTER = 86, RULER = 22, MAP = 8;

async function unpack(arrays, packed) {                    // one deflate stream of byte planes of differences along rows, columns first
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  const raw = new Uint8Array(await new Response(stream).arrayBuffer()), types = {i2: Int16Array, i4: Int32Array}, out = {};
  let at = 0;
  for (const [name, type, shape] of arrays) {
    const rows = shape[0], cols = shape.slice(1).reduce((a, b) => a * b, 1), n = rows * cols, a = new types[type](n), size = a.BYTES_PER_ELEMENT;
    for (let c = 0; c < cols; c++) for (let r = 0, sum = 0; r < rows; r++) {
      let v = 0;
      for (let k = 0; k < size; k++) v |= raw[at + k * n + c * rows + r] << (8 * k);
      a[r * cols + c] = sum = sum + v | 0;
    }
    at += n * size;
    out[name] = a;
  }
  return out;
}

function byFrame(frame, T) {                               // rows of each frame: order[start[t]] ... order[start[t + 1] - 1]
  const start = new Int32Array(T + 1), order = new Int32Array(frame.length);
  for (const t of frame) start[t + 1]++;
  for (let t = 0; t < T; t++) start[t + 1] += start[t];
  const at = start.slice();
  frame.forEach((t, r) => { order[at[t]++] = r; });
  return {start, order};
}

function runs(kind, d, D, T) {                             // [first, last, group] of a dancer: 0 found, 1 filled, 2 not there
  const out = [], group = k => k === 0 ? 0 : k === 4 ? 2 : 1;
  for (let t = 0; t < T; t++) {
    const g = group(kind[t * D + d]), last = out[out.length - 1];
    if (last && last[2] === g) last[1] = t; else out.push([t, t, g]);
  }
  return out;
}

function sums(kind, d, D, T, is) {                         // how many of the frames before each are so
  const out = new Int32Array(T + 1);
  for (let t = 0; t < T; t++) out[t + 1] = out[t] + is(kind[t * D + d]);
  return out;
}

function isDark(el) {                                      // by what is behind the widget, whoever painted it
  for (let e = el; e; e = e.parentElement ?? e.getRootNode().host) {
    const m = getComputedStyle(e).backgroundColor.match(/[\d.]+/g)?.map(Number);
    if (m && (m.length < 4 || m[3] > .5)) return .299 * m[0] + .587 * m[1] + .114 * m[2] < 128;
  }
  return matchMedia('(prefers-color-scheme: dark)').matches;
}

function markup(info) {
  const names = Array.from({length: info.dancers}, (_, d) => `<option value="${d + 1}">${d + 1}</option>`).join('');
  const icon = (act, label, key) => `<button type="button" data-act="${act}" aria-label="${label}" title="${label} (${key})">${SVG(ICONS[act])}</button>`;
  const text = (act, label, key, title) => `<button type="button" data-act="${act}" title="${title} (${key})">${act in ICONS ? SVG(ICONS[act]) : ''}${label}</button>`;
  return `
<div class="a2p-head"><strong class="a2p-name"></strong><span class="a2p-where"></span><span class="a2p-unsure" hidden>unsure who is who</span></div>
<div class="a2p-line" role="slider" tabindex="0" aria-label="Frame"><canvas></canvas></div>
<div class="a2p-bar">
  <span class="a2p-group" role="group" aria-label="Move">${icon('prev', 'Previous doubt', 'shift + d')}${icon('back', 'One frame back', '←')}${icon('play', 'Play', 'space')}${icon('on', 'One frame on', '→')}${icon('next', 'Next doubt', 'd')}</span>
  <span class="a2p-group" role="group" aria-label="Decide">
    <label ${info.dancers > 2 ? '' : 'hidden'}><span class="a2p-sr">Dancer</span><select class="a2p-one">${names}</select></label><label ${info.dancers > 2 ? '' : 'hidden'}><span class="a2p-sr">with dancer</span><select class="a2p-two">${names}</select></label>
    ${text('swap', 'Swap from here', 's', 'Exchange the two dancers from this frame on')}${text('refill', 'Refill', 'f', 'Do not trust the span chosen, fill it')}${text('keep', 'Keep', 'k', 'Give the span back as it was found')}</span>
  <span class="a2p-group" role="group" aria-label="History">${icon('undo', 'Undo', 'z')}${icon('redo', 'Redo', 'shift + z')}</span>
  <span class="a2p-group" role="group" aria-label="Zoom"><button type="button" data-act="out" aria-label="Zoom out" title="Zoom out (−)">−</button><button type="button" data-act="all" title="Whole clip (0)">all</button><button type="button" data-act="in" aria-label="Zoom in" title="Zoom in (+)">+</button></span>
  <button type="button" data-act="help" aria-label="Keys" aria-expanded="false" title="Keys (?)">?</button>
</div>
<p class="a2p-said" role="status" aria-live="polite"></p>
<dl class="a2p-keys" hidden>${KEYS.map(([k, v]) => `<div><dt>${k}</dt><dd>${v}</dd></div>`).join('')}</dl>
<div class="a2p-body"><canvas class="a2p-picture" role="img"></canvas><div class="a2p-side"><strong>Decisions</strong><ol class="a2p-list" aria-label="Decisions"></ol><p class="a2p-none">none yet</p></div></div>`;
}

async function render({model, el, signal}) {
  const info = model.get('_info'), {frames: T, dancers: D, base, fps, joints: J, unit} = info;
  const clip = await unpack(info.arrays, model.get('_clip')), rows = clip.frame.length, {start, order} = byFrame(clip.frame, T);
  if (signal?.aborted) return;
  const root = document.createElement('div');
  root.className = 'a2p-tracks';
  root.setAttribute('data-lm-suppress-shortcuts', 'true');   // the letters are the reviewer's, not the notebook's commands
  root.innerHTML = markup(info);
  el.append(root);
  const $ = s => root.querySelector(s), line = $('.a2p-line'), tape = line.firstElementChild, picture = $('.a2p-picture'), name = d => info.names[d] ?? `dancer ${d + 1}`;
  $('.a2p-name').textContent = info.name;

  // ---- state: frames below are counted from 0 ------------------------------------------------------------------------------
  let who, kind, rowOf, lanes, frame = clamp(model.get('frame') - base, 0, T - 1), v0 = 0, v1 = T, one = 0, two = Math.min(1, D - 1), mark = null, drag = null;
  let playing = null, theme = info.light, still = null, stale = true, waiting = 0, sent = 0, pushing = false;
  const films = new Map();                                 // pictures that came, the newest last
  let asked = -1, last = null;
  const selection = () => { const s = model.get('selection'); return s.length ? {d: s[0] - 1, a: s[1] - base, b: s[2] - base} : null; };
  function learn() {                                       // what the kernel says of all rows
    const s = model.get('_state'), u = new Uint8Array(s.buffer, s.byteOffset, s.byteLength);
    who = new Int8Array(u.slice(0, rows).buffer);
    kind = u.slice(rows);
    rowOf = Array.from({length: D}, () => new Int32Array(T).fill(-1));
    for (let r = 0; r < rows; r++) if (who[r] >= 0) rowOf[who[r]][clip.frame[r]] = r;
    lanes = Array.from({length: D}, (_, d) => ({runs: runs(kind, d, D, T), found: sums(kind, d, D, T, k => k === 0), gone: sums(kind, d, D, T, k => k === 4)}));
    stale = true;
  }

  // ---- to the kernel --------------------------------------------------------------------------------------------------------
  const set = (k, v) => { pushing = true; model.set(k, v); model.save_changes(); pushing = false; };
  let later = 0;
  const tell = () => { clearTimeout(later); later = 0; sent = performance.now(); set('frame', frame + base); };
  const tellSoon = () => { if (performance.now() - sent > 120) tell(); else later ||= setTimeout(tell, 120); };
  const say = text => { $('.a2p-said').textContent = text; };
  function send(msg) {
    if (later) tell();
    model.send(msg);
    clearTimeout(waiting);
    waiting = setTimeout(() => say('waiting for the kernel'), 700);
  }

  // ---- actions ----------------------------------------------------------------------------------------------------------------
  function go(t, quiet) {
    t = clamp(Math.round(t), 0, T - 1);
    if (t === frame) return;
    frame = t;
    const w = v1 - v0;
    if (t < v0 || t >= v1) { v0 = clamp(t - w / 4, 0, T - w); v1 = v0 + w; stale = true; }
    if (!quiet) tellSoon();
    draw();
  }
  function play(on) {
    if (on === !!playing) return;
    if (on && frame === T - 1) go(0);
    playing = on ? {at: performance.now(), from: frame} : null;
    if (model.get('playing') !== on) set('playing', on);
    if (!on) tell();
    draw();
  }
  function doubt(step) {
    const list = step > 0 ? info.doubts : [...info.doubts].reverse(), d = list.find(x => step > 0 ? x[3] > frame : x[3] < frame);
    if (!info.doubts.length) return say('no doubts');
    if (!d) return say(step > 0 ? 'no doubt after this frame' : 'no doubt before this frame');
    [one, two] = d[2].map(i => i - 1);
    go(d[3]);
    say(`doubt ${info.doubts.indexOf(d) + 1} of ${info.doubts.length}: ${name(one)} and ${name(two)}, frames ${d[0] + base} to ${d[1] + base}`);
    draw();
  }
  const choose = s => { set('selection', s ? [s.d + 1, Math.min(s.a, s.b) + base, Math.max(s.a, s.b) + base] : []); draw(); };
  function end(key) {                                      // `a` and `b`: the span of the chosen dancer starts, ends here
    const s = selection(), same = s && s.d === one ? s : {d: one, a: frame, b: frame};
    choose(key === 'a' ? {d: one, a: frame, b: Math.max(frame, same.b)} : {d: one, a: Math.min(frame, same.a), b: frame});
  }
  function span(act) {
    const s = selection();
    if (!s) return say('choose a span first: drag on a lane, or press a and b');
    send({decision: {do: act, dancer: s.d + 1, first: s.a + base, last: s.b + base}});
  }
  function zoom(k, at) {                                   // about a frame, or so that the current one is in the middle
    const w = clamp((v1 - v0) * k, Math.min(T, 12), T);
    v0 = clamp(at === undefined ? frame - w / 2 : at - (at - v0) * w / (v1 - v0), 0, T - w);
    v1 = v0 + w;
    stale = true;
    draw();
  }
  function help() {
    const k = $('.a2p-keys'), on = k.hidden;
    k.hidden = !on;
    $('[data-act=help]').setAttribute('aria-expanded', on);
  }
  const ACTS = {
    prev: () => doubt(-1), next: () => doubt(1), back: () => go(frame - 1), on: () => go(frame + 1), play: () => play(!playing), swap: () => send({decision: {do: 'swap', frame: frame + base, dancers: [one + 1, two + 1]}}),
    refill: () => span('refill'), keep: () => span('keep'), undo: () => send({undo: 1}), redo: () => send({redo: 1}), in: () => zoom(.5), out: () => zoom(2), all: () => zoom(T), help,
  };
  const pick = d => { if (d < D) { if (two === d) two = one === d ? (d + 1) % D : one; one = d; draw(); } };
  root.addEventListener('click', e => {
    const b = e.target.closest('button');
    if (!b) return;
    if (b.dataset.act) ACTS[b.dataset.act]();
    if (b.dataset.go) go(b.dataset.go - base);
    if (b.dataset.drop) send({remove: +b.dataset.drop});
    if (e.detail) line.focus({preventScroll: true});       // by mouse: the keys go on working, and space does not press the button again
  });
  const PRESS = {ArrowLeft: e => go(frame - (e.shiftKey ? Math.round(fps) : 1)), ArrowRight: e => go(frame + (e.shiftKey ? Math.round(fps) : 1)), Home: () => go(0), End: () => go(T - 1),
    ' ': ACTS.play, d: e => doubt(e.shiftKey ? -1 : 1), s: ACTS.swap, a: () => end('a'), b: () => end('b'), escape: () => choose(null), f: ACTS.refill, k: ACTS.keep,
    z: e => ACTS[e.shiftKey ? 'redo' : 'undo'](), y: ACTS.redo, '+': ACTS.in, '=': ACTS.in, '-': ACTS.out, 0: ACTS.all, '?': help};
  root.addEventListener('keydown', e => {
    const key = e.key.length === 1 || e.key === 'Escape' ? e.key.toLowerCase() : e.key, mod = e.ctrlKey || e.metaKey;
    e.stopPropagation();
    if (e.altKey || (mod && key !== 'z' && key !== 'y') || e.target.tagName === 'SELECT' || ((key === ' ' || key === 'Enter') && e.target.tagName === 'BUTTON')) return;
    const f = PRESS[key] ?? (/^[1-9]$/.test(key) ? () => pick(key - 1) : null);
    if (!f) return;
    e.preventDefault();
    f(e);
  });
  $('.a2p-one').addEventListener('change', e => pick(e.target.value - 1));
  $('.a2p-two').addEventListener('change', e => { two = e.target.value - 1; if (two === one) one = (two + 1) % D; draw(); });

  // ---- the timeline -------------------------------------------------------------------------------------------------------------
  const tall = clamp(Math.floor(220 / D), 11, 28), top = d => RULER + d * tall, others = RULER + D * tall, high = others + 16 + MAP + 6;
  tape.style.height = high + 'px';
  const size = c => { const r = devicePixelRatio || 1, w = c.clientWidth, h = c.clientHeight; if (c.width !== Math.round(w * r) || c.height !== Math.round(h * r)) { c.width = Math.round(w * r); c.height = Math.round(h * r); stale = true; } const g = c.getContext('2d'); g.setTransform(r, 0, 0, r, 0, 0); return [g, w, h]; };
  const wide = () => tape.clientWidth - GUTTER - 8, X = t => GUTTER + (t - v0) / (v1 - v0) * wide(), F = x => v0 + (x - GUTTER) / wide() * (v1 - v0);
  const shows = (a, b) => b + 1 > v0 && a < v1;
  function bar(g, a, b, y, h, fill, edge) {                // frames a to b, at least a pixel and a half wide
    const x = Math.max(X(a), GUTTER), w = Math.max(Math.min(X(b + 1), GUTTER + wide()) - x, 1.5);
    if (fill) { g.fillStyle = fill; g.fillRect(x, y, w, h); }
    if (edge) { g.strokeStyle = edge; g.lineWidth = 1.2; g.strokeRect(x + .6, y + .6, Math.max(w - 1.2, .6), h - 1.2); }
  }
  function ticks(g) {
    const w = wide(), steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600], step = steps.find(s => s * fps / (v1 - v0) * w > 62) ?? 7200;
    g.fillStyle = theme.dim; g.font = '11px system-ui, sans-serif'; g.textBaseline = 'alphabetic'; g.textAlign = 'left';
    for (let s = Math.ceil(v0 / fps / step) * step; s * fps < v1; s += step) {
      const x = X(s * fps);
      g.globalAlpha = .35; g.fillRect(x, 4, 1, others); g.globalAlpha = 1;
      if (x < GUTTER + w - 34) g.fillText(`${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`, x + 3, 12);
    }
  }
  function crowd(g) {                                      // how many other people, a tick for each pixel
    const w = Math.ceil(wide()), n = new Float32Array(w + 1);
    for (let t = Math.max(0, Math.floor(v0)); t < Math.min(T, Math.ceil(v1)); t++) for (let i = start[t]; i < start[t + 1]; i++) if (who[order[i]] < 0) n[clamp(Math.floor(X(t) - GUTTER), 0, w)]++;
    const each = Math.max((v1 - v0) / w, 1);
    g.fillStyle = info.other;
    n.forEach((c, x) => { if (c) { const h = clamp(4 + 5 * c / each, 4, 13); g.fillRect(GUTTER + x, others + 15 - h, Math.max(w / (v1 - v0), 1), h); } });
  }
  function decided(g) {
    for (const d of model.get('decisions')) {
      if (d.do === 'swap') {
        const t = d.frame - base, x = X(t), ys = d.dancers.map(i => top(i - 1) + tall / 2);
        if (!shows(t, t)) continue;
        g.fillStyle = g.strokeStyle = theme.ink; g.lineWidth = 1.5;
        g.beginPath(); g.moveTo(x, RULER - 8); g.lineTo(x, others); g.stroke();
        g.beginPath(); g.moveTo(x - 6, RULER - 8); g.lineTo(x + 6, RULER - 8); g.lineTo(x, RULER); g.fill();
        for (const y of ys) { g.beginPath(); g.arc(x, y, 3, 0, 7); g.fill(); }
      } else if (shows(d.first - base, d.last - base)) bar(g, d.first - base, d.last - base, top(d.dancer - 1) + tall - 4, 3, d.do === 'refill' ? theme.ink : theme.background, theme.ink);
    }
  }
  function columns(g, {found, gone}, y, h, c) {            // many frames a pixel: as solid as the share that was found, edged where somebody is there
    g.fillStyle = c;
    for (let x = 0; x < wide(); x++) {
      const a = Math.floor(F(GUTTER + x)), b = Math.min(Math.max(Math.floor(F(GUTTER + x + 1)), a + 1), T), share = (found[b] - found[a]) / (b - a);
      if (gone[b] - gone[a] < b - a) { g.fillRect(GUTTER + x, y, 1, 1); g.fillRect(GUTTER + x, y + h - 1, 1, 1); }
      g.globalAlpha = share < 1 ? Math.min(share, .8) : 1;
      g.fillRect(GUTTER + x, y, 1, h);
      g.globalAlpha = 1;
    }
  }
  function lane(g, d) {
    const y = top(d) + 3, h = tall - 6, c = info.colours[d];
    g.fillStyle = theme.grid; g.fillRect(GUTTER, y + h / 2, wide(), 1);
    if ((v1 - v0) / wide() > 6) return columns(g, lanes[d], y, h, c);
    for (const [a, b, k] of lanes[d].runs) if (k === 0 && shows(a, b)) bar(g, a, b, y, h, c);
    for (const [a, b, k] of lanes[d].runs) if (k > 0 && shows(a, b)) { bar(g, a, b, y - .5, h + 1, theme.background, k === 1 ? c : null); if (k === 2) bar(g, a, b, y + h / 2, 1, theme.grid); }
  }
  function tapeStill() {                                   // everything but the moving parts
    still ??= document.createElement('canvas');
    still.width = tape.width; still.height = tape.height;
    const g = still.getContext('2d'), r = devicePixelRatio || 1;
    g.setTransform(r, 0, 0, r, 0, 0);
    g.fillStyle = theme.background; g.fillRect(0, 0, tape.clientWidth, high);
    ticks(g);
    for (const [a, b] of info.doubts) if (shows(a, b)) { g.globalAlpha = .28; bar(g, a, b, RULER - 4, others - RULER + 4, info.doubt); g.globalAlpha = 1; bar(g, a, b, RULER - 4, 3, info.doubt); }
    for (let d = 0; d < D; d++) lane(g, d);
    for (const [a, b] of info.doubts) if (shows(a, b)) { g.globalAlpha = .15; bar(g, a, b, RULER, others - RULER, info.doubt); g.globalAlpha = 1; }
    crowd(g);
    decided(g);
    g.fillStyle = theme.floor; g.fillRect(GUTTER, others + 20, wide(), MAP);
    g.fillStyle = theme.dim; g.fillRect(GUTTER + v0 / T * wide(), others + 20, Math.max((v1 - v0) / T * wide(), 3), MAP);
    g.textAlign = 'right'; g.textBaseline = 'middle'; g.font = `${Math.min(12, tall - 1)}px system-ui, sans-serif`;
    for (let d = 0; d < D; d++) { g.fillStyle = theme.ink; g.fillText(name(d).slice(0, 12), GUTTER - 22, top(d) + tall / 2); g.fillStyle = info.colours[d]; g.fillRect(GUTTER - 17, top(d) + tall / 2 - 4, 9, 9); }
    g.fillStyle = theme.dim; g.fillText('others', GUTTER - 8, others + 8);
    stale = false;
  }
  function drawTape() {
    const [g, w] = size(tape);
    if (stale) tapeStill();
    g.clearRect(0, 0, w, high);
    g.drawImage(still, 0, 0, w, high);
    const s = selection();
    if (s && shows(s.a, s.b)) { g.globalAlpha = .18; bar(g, s.a, s.b, top(s.d), tall, theme.ink); g.globalAlpha = 1; bar(g, s.a, s.b, top(s.d), tall, null, theme.ink); }
    g.strokeStyle = theme.ink; g.lineWidth = 1;
    g.strokeRect(3.5, top(one) + 1.5, GUTTER - 8, tall - 3);
    const x = X(frame + .5);
    if (x >= GUTTER - 1 && x <= GUTTER + wide() + 1) { g.fillStyle = theme.ink; g.fillRect(x - 1, 2, 2, others + 14); g.beginPath(); g.arc(x, 5, 4, 0, 7); g.fill(); }
  }
  const spot = e => { const b = tape.getBoundingClientRect(), y = e.clientY - b.top, d = Math.floor((y - RULER) / tall); return {x: e.clientX - b.left, t: clamp(Math.floor(F(e.clientX - b.left)), 0, T - 1), d: d >= 0 && d < D ? d : -1, map: y > others + 17}; };
  const pan = x => { const w = v1 - v0; v0 = clamp((x - GUTTER) / wide() * T - w / 2, 0, T - w); v1 = v0 + w; stale = true; draw(); };
  line.addEventListener('pointerdown', e => {
    if (e.button) return;
    const p = spot(e);
    e.preventDefault();
    line.focus({preventScroll: true});
    if (p.x < GUTTER) return p.d >= 0 && pick(p.d);
    line.setPointerCapture(e.pointerId);
    drag = {...p, moved: false};
    if (p.map) pan(p.x);
    else if (p.d < 0) go(p.t);
  });
  line.addEventListener('pointermove', e => {
    if (!drag) return;
    const p = spot(e);
    if (drag.map) return pan(p.x);
    if (drag.d < 0) return go(p.t);
    if (drag.moved ||= Math.abs(p.x - drag.x) > 4) { pick(drag.d); choose({d: drag.d, a: drag.t, b: p.t}); }
  });
  line.addEventListener('pointerup', () => {
    if (drag && drag.d >= 0 && !drag.map && !drag.moved) { pick(drag.d); choose(null); go(drag.t); }
    drag = null;
  });
  line.addEventListener('pointercancel', () => { drag = null; });
  line.addEventListener('wheel', e => {
    const side = e.shiftKey ? e.deltaX || e.deltaY : e.deltaX;
    if (e.ctrlKey || e.metaKey) zoom(Math.exp(e.deltaY * .004), F(spot(e).x));
    else if (side && v1 - v0 < T) { const w = v1 - v0; v0 = clamp(v0 + side / wide() * w, 0, T - w); v1 = v0 + w; stale = true; draw(); }
    else return;
    e.preventDefault();
  }, {passive: false});

  // ---- the picture -----------------------------------------------------------------------------------------------------------------
  const [W, H] = info.size;
  picture.style.aspectRatio = `${W} / ${H}`;
  picture.style.maxWidth = `${Math.round(560 * W / H)}px`;
  const point = (r, j, k) => clip.points[(r * J + j) * 2 + k];
  function skeleton(g, get, colour, k, dash) {
    g.setLineDash(dash ? [5 * k, 4 * k] : []);
    for (const [w, c] of [[4.5 * k, theme === info.dark || films.get(frame) ? '#000a' : '#fffc'], [2.4 * k, colour]]) {
      g.strokeStyle = c; g.lineWidth = w; g.lineCap = 'round'; g.beginPath();
      for (const [i, j] of info.edges) { const p = get(i), q = get(j); if (p && q) { g.moveTo(p[0], p[1]); g.lineTo(q[0], q[1]); } }
      g.stroke();
    }
    g.setLineDash([]);
  }
  function person(g, r, k) {
    const d = who[r], c = d < 0 ? info.other : info.colours[d], [x, y, w, h] = clip.box.subarray(4 * r, 4 * r + 4), id = clip.idx[r];
    g.globalAlpha = d < 0 ? .8 : 1;
    g.strokeStyle = c; g.lineWidth = 1.2 * k; g.strokeRect(x / unit, y / unit, w / unit, h / unit);
    skeleton(g, j => { const a = point(r, j, 0); return a === NONE ? null : [a / unit, point(r, j, 1) / unit]; }, c, k);
    g.globalAlpha = 1;
    return [`${d < 0 ? '' : name(d)}${id < 0 ? '' : `  #${id}`}`.trim(), x / unit, (d < 0 ? y + h : y) / unit, c];
  }
  function tag(g, text, x, y, c, k, placed) {
    g.font = `${12 * k}px system-ui, sans-serif`; g.textAlign = 'left'; g.textBaseline = 'middle';
    const w = g.measureText(text).width + 10 * k, h = 17 * k, left = clamp(x, 0, Math.max(W - w, 0)), bright = parseInt(c.slice(1, 3), 16) * .3 + parseInt(c.slice(3, 5), 16) * .59 + parseInt(c.slice(5), 16) * .11;
    let up = clamp(y - h, 0, H - h);
    for (const [l, u, r] of placed.sort((a, b) => b[1] - a[1])) if (l < left + w && left < r && u < up + h && up < u + h) up = u - h - k;
    placed.push([left, up, left + w]);
    g.fillStyle = c; g.fillRect(left, up, w, h);
    g.fillStyle = bright > 140 ? '#10151f' : '#fff'; g.fillText(text, left + 5 * k, up + h / 2 + k);
  }
  function ghost(g, d, k) {                                // where a dancer is filled: straight from before to after, dashed
    let a = frame, b = frame;
    while (a >= 0 && rowOf[d][a] < 0) a--;
    while (b < T && rowOf[d][b] < 0) b++;
    if (a < 0 || b >= T) return;
    const p = rowOf[d][a], q = rowOf[d][b], u = (frame - a) / (b - a), mix = (j, i) => ((1 - u) * point(p, j, i) + u * point(q, j, i)) / unit;
    g.globalAlpha = .75;
    skeleton(g, j => point(p, j, 0) === NONE || point(q, j, 0) === NONE ? null : [mix(j, 0), mix(j, 1)], info.colours[d], k, true);
    g.globalAlpha = 1;
  }
  function drawPicture() {
    const [g, w, h] = size(picture), s = w / W, film = films.get(frame), here = order.subarray(start[frame], start[frame + 1]);
    g.fillStyle = theme.floor; g.fillRect(0, 0, w, h);
    g.save(); g.scale(s, h / H);
    if (film) last = film;
    if (last && info.video) { g.globalAlpha = film ? 1 : .4; g.drawImage(last, 0, 0, W, H); g.globalAlpha = 1; }
    for (let d = 0; d < D; d++) if (KINDS[kind[frame * D + d]] === 'filled') ghost(g, d, 1 / s);
    const placed = [], tags = [...here].sort((a, b) => (who[a] >= 0) - (who[b] >= 0)).map(r => person(g, r, 1 / s));
    for (const [text, ...at] of tags.reverse()) if (text) tag(g, text, ...at, 1 / s, placed);
    g.restore();
    if (info.video && !films.has(frame) && asked < 0) { asked = frame; model.send({picture: frame + base}); }
  }

  // ---- words ------------------------------------------------------------------------------------------------------------------------
  function words() {
    const s = frame / fps, of = d => KINDS[kind[frame * D + d]], inside = info.doubts.find(x => x[0] <= frame && frame <= x[1]), many = start[frame + 1] - start[frame];
    const people = Array.from({length: D}, (_, d) => `${name(d)} ${of(d)}`).join(', ');
    $('.a2p-where').textContent = `frame ${frame + base}  ${Math.floor(s / 60)}:${(s % 60).toFixed(2).padStart(5, '0')}  ${D > 4 ? `${many} people` : people}`;
    $('.a2p-unsure').hidden = !inside;
    line.setAttribute('aria-valuemin', base); line.setAttribute('aria-valuemax', base + T - 1); line.setAttribute('aria-valuenow', frame + base);
    line.setAttribute('aria-valuetext', `frame ${frame + base} of ${base + T - 1}, ${people}${inside ? ', unsure who is who' : ''}`);
    picture.setAttribute('aria-label', `Picture of frame ${frame + base}: ${many} people found, ${people}`);
    $('.a2p-one').value = one + 1; $('.a2p-two').value = two + 1;
    const b = $('[data-act=play]'), on = !!playing;
    if ((b.dataset.on === 'true') !== on) { b.dataset.on = on; b.innerHTML = SVG(ICONS[on ? 'pause' : 'play']); b.setAttribute('aria-label', on ? 'Pause' : 'Play'); }
    const none = !model.get('selection').length, [past, future] = model.get('_steps');
    for (const [act, off] of [['refill', none], ['keep', none], ['undo', !past], ['redo', !future], ['swap', D < 2], ['prev', !info.doubts.length], ['next', !info.doubts.length]]) $(`[data-act=${act}]`).setAttribute('aria-disabled', off);
  }
  function list() {
    const ol = $('.a2p-list'), told = model.get('_told');
    ol.replaceChildren(...model.get('decisions').map((d, i) => {
      const li = document.createElement('li'), text = told[i] ?? '';
      li.innerHTML = `<button type="button" data-go="${d.frame ?? d.first}" title="Go there"></button><button type="button" data-drop="${i}" aria-label="Take back: ${text}" title="Take this back">×</button>`;
      li.firstElementChild.textContent = text;
      return li;
    }));
    $('.a2p-none').hidden = !!ol.children.length;
    stale = true;
  }

  // ---- the loop -----------------------------------------------------------------------------------------------------------------------
  let due = 0, gone = false;
  function draw() { due ||= requestAnimationFrame(paint); }
  function paint(now) {
    due = 0;
    if (gone) return;
    if (playing) {
      const t = playing.from + Math.floor((now - playing.at) / 1000 * fps);
      if (t >= T - 1) { go(T - 1, true); play(false); } else { go(t, true); if (now - sent > 250) tell(); }
      draw();
    }
    if (!root.clientWidth) return;
    drawTape(); drawPicture(); words();
  }
  const dress = () => {
    theme = isDark(root) ? info.dark : info.light;
    for (const k in theme) root.style.setProperty('--a2p-' + k, theme[k]);
    root.dataset.theme = theme === info.dark ? 'dark' : 'light';
    stale = true; draw();
  };
  const hear = {
    'change:_state': () => { learn(); draw(); }, 'change:decisions': () => { list(); draw(); }, 'change:_told': () => { list(); draw(); }, 'change:_steps': draw,
    'change:said': () => { clearTimeout(waiting); say(model.get('said')); }, 'change:selection': draw,
    'change:frame': () => { if (!pushing) { go(model.get('frame') - base, true); if (playing) playing = {at: performance.now(), from: frame}; } }, 'change:playing': () => { if (!pushing) play(model.get('playing')); },
    'msg:custom': (msg, buffers) => {
      if (msg.done) { clearTimeout(waiting); say(model.get('said')); }
      if (msg.picture === undefined) return;
      asked = -1;
      const b = buffers?.[0], t = msg.picture - base;
      if (!b?.byteLength) { films.set(t, last = null); return draw(); }
      createImageBitmap(new Blob([b], {type: 'image/jpeg'})).then(p => { films.delete(t); films.set(t, p); if (films.size > 90) films.delete(films.keys().next().value); draw(); }, () => {});
    },
  };
  for (const e in hear) model.on(e, hear[e]);
  const sizes = new ResizeObserver(() => { stale = true; draw(); }), themes = new MutationObserver(dress), scheme = matchMedia('(prefers-color-scheme: dark)');
  sizes.observe(root);
  for (const e of [document.documentElement, document.body]) themes.observe(e, {attributes: true, attributeFilter: ['class', 'style', 'data-jp-theme-light', 'data-jp-theme-name', 'data-vscode-theme-kind', 'data-theme']});
  scheme.addEventListener('change', dress);
  learn(); list(); dress();
  say(model.get('said'));
  if (model.get('playing')) play(true);
  const end_ = () => { if (gone) return; gone = true; cancelAnimationFrame(due); clearTimeout(later); clearTimeout(waiting); sizes.disconnect(); themes.disconnect(); scheme.removeEventListener('change', dress); for (const e in hear) model.off(e, hear[e]); root.remove(); };
  signal?.addEventListener('abort', end_);
  return end_;
}
export default {render};
