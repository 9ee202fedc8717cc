// The pose player's clock and its quick hand. While it plays, the clip lives here: positions come from the kernel in pieces, a little ahead
// of need, and go straight into the points that Plotly has drawn, without laying out the figure again and without a word from the kernel.
// Once the picture stands still, `settled` tells the kernel, which then sets the figure itself, with what there is to say about each joint.
const PIECE = 256, AHEAD = 4, KEPT = 16, SAVE = 250, SETTLE = 120;      // frames, pieces, pieces, ms, ms

export default () => {
  let m, play, slider, label, at = 0, last = 0, saved = 0, raf = 0, timer = 0, mine = false, sent = [];
  const views = new Set(), met = new WeakSet(), pieces = new Map(), asked = new Set();
  const other = name => m.widget_manager.get_model(m.get(name).slice('IPY_MODEL_'.length));
  const playing = () => play.get('playing');
  const pose = f => pieces.get(Math.floor(f / PIECE))?.[f % PIECE];
  const scene = g => g?._fullLayout?.scene?._scene;
  const plots = () => [...views].map(el => el.closest('.a2p-pose')?.querySelector('.js-plotly-plot')).filter(g => scene(g)?.glplot);

  function quiet(g) {                                                    // the mouse is to find joints, and a bone's end lies in front of its joint
    const loud = Object.values(scene(g)?.traces ?? {}).map(t => t.linePlot).filter(l => l && !Object.hasOwn(l, 'drawPick'));
    loud.forEach(l => { l.drawPick = () => {}; });
    if (loud.length) scene(g).glplot.update();
  }

  function meet(g) {                                                     // a figure seen for the first time
    if (met.has(g)) return;
    met.add(g);
    g.on('plotly_afterplot', () => quiet(g));
    quiet(g);
  }

  function ask(f) {                                                      // for the pieces from frame f on; those far away are forgotten
    const k = Math.floor(f / PIECE), end = Math.min(k + AHEAD, Math.ceil(m.get('frames') / PIECE));
    for (let i = k; i < end; i++) if (!asked.has(i)) { asked.add(i); m.send({need: i}); }
    for (const i of pieces.keys()) if (Math.abs(i - k) > KEPT) { pieces.delete(i); asked.delete(i); }
  }

  function take({k}, [points, guessed]) {                                 // a piece has come
    const whole = b => b.buffer.slice(b.byteOffset, b.byteOffset + b.byteLength);
    const p = new Float32Array(whole(points)), g = new Uint8Array(whole(guessed)), n = p.length / 3 / m.get('size'), out = [];
    const part = (a, width, i) => a.subarray(i * width, (i + 1) * width);
    for (let i = 0; i < n; i++) out.push({p: part(p, 3 * m.get('size'), i), g: part(g, m.get('size'), i)});
    pieces.set(k, out);
    if (Math.floor(at / PIECE) === k) draw(Math.floor(at));
  }

  function gather([points, back], f) {                                    // coordinates of a layer: which points, how many frames ago
    const n = points.length, [x, y, z] = [0, 1, 2].map(() => new Float32Array(n).fill(NaN)), per = m.get('joints'), shown = m.get('shown');
    for (let i = 0; i < n; i++) {
      const j = points[i], now = j < 0 || !shown[Math.floor(j / per)] ? null : pose(f - back[i]);
      if (now) [x[i], y[i], z[i]] = now.p.subarray(3 * j, 3 * j + 3);
    }
    return {x, y, z};
  }

  function follow(S, {x, y}, half) {                                      // the box goes along with the dancers
    [x, y].forEach((v, i) => {
      const seen = v.filter(Number.isFinite), c = seen.reduce((a, b) => a + b, 0) / seen.length;
      if (seen.length) S.glplot.setBounds(i, {min: (c - half) * S.dataScale[i], max: (c + half) * S.dataScale[i]});
    });
  }

  function paint(g, f, layers) {                                          // one frame into one figure
    const S = scene(g), now = pose(f), guessed = now.g.length > 0;
    layers.forEach((xyz, k) => {
      const data = Object.assign(g.data[k], xyz), full = Object.assign(g._fullData[k], xyz);
      if (k === 0 && guessed && full.marker) data.marker.symbol = full.marker.symbol = Array.from(now.g, x => x ? 'circle-open' : 'circle');
      if (full.visible === true) S.traces[full.uid]?.update(full);
    });
    if (m.get('half')) follow(S, layers[0], m.get('half'));
    S.fullSceneLayout.hovermode = playing() ? false : 'closest';
    if (playing()) S.glplot.objects.forEach(o => { o.dirty = false; });   // spares the pass that finds what is under the mouse
    S.glplot.redraw();
    const ax = g._fullLayout.xaxis, cursor = g.querySelector('.shapelayer path[data-index="0"]'), t = f / m.get('fps');
    g.layout.shapes[0].x0 = g.layout.shapes[0].x1 = t;
    cursor?.setAttribute('d', cursor.getAttribute('d').replace(/([ML])[^,]+/g, '$1' + (ax._offset + ax.l2p(t))));
  }

  function draw(f) {
    const here = plots(), live = here.length > 0;
    here.forEach(meet);
    if (live !== m.get('live')) { m.set('live', live); m.save_changes(); }
    label.set('value', (f / m.get('fps')).toFixed(2) + ' s');
    ask(f);
    if (!live || !pose(f)) return;
    const layers = m.get('layers').map(l => gather(l, f));
    here.forEach(g => paint(g, f, layers));
  }

  function settle() {
    clearTimeout(timer);
    timer = setTimeout(() => { if (!playing()) { m.set('settled', slider.get('value')); m.save_changes(); } }, SETTLE);
  }

  function put(f) {                                                      // the slider, by ourselves
    mine = true;
    slider.set('value', f);
    mine = false;
  }

  function tell() {
    sent = [...sent.slice(-2), slider.get('value')];
    slider.save_changes();
  }

  function tick(now) {
    if (!playing()) return;
    const n = m.get('frames'), next = at + Math.min(now - last, 1000) / 1000 * m.get('fps') * m.get('rate');
    last = now;
    if (!m.get('live') || pose(Math.floor(next) % n)) at = next;          // else the piece is on its way
    else ask(Math.floor(next) % n);
    if (at >= n && !play.get('repeat')) { at = n - 1; play.set('playing', false); play.save_changes(); }
    at %= n;
    const f = Math.floor(at);
    if (f !== slider.get('value')) {
      put(f);
      draw(f);
      if (now - saved > (m.get('live') ? SAVE : 0)) { saved = now; tell(); }
    }
    raf = requestAnimationFrame(tick);
  }

  function start() {
    cancelAnimationFrame(raf);
    if (playing()) {
      if (at >= m.get('frames') - 1) at = 0;
      last = performance.now();
      raf = requestAnimationFrame(tick);
    } else {
      tell();
      draw(Math.floor(at));
      settle();
    }
  }

  function moved() {
    if (mine) return;
    if (playing() && sent.includes(slider.get('value'))) return put(Math.floor(at));     // the kernel's echo of what we told it a moment ago
    at = slider.get('value');
    draw(at);
    settle();
  }

  return {
    async initialize({model}) {
      m = model;
      [play, slider, label] = await Promise.all(['play', 'slider', 'label'].map(other));
      at = slider.get('value');
      m.on('msg:custom', take);
      m.on('change:shown', () => draw(Math.floor(at)));
      slider.on('change:value', moved);
      play.on('change:playing', start);
      play.on('change:value', () => { if (play.get('value') === 0) { slider.set('value', 0); slider.save_changes(); } });   // its stop button
      document.addEventListener('plotlywidget-after-render', () => { draw(Math.floor(at)); settle(); });
    },
    render({el}) {
      views.add(el);
      return () => views.delete(el);
    },
  };
};
