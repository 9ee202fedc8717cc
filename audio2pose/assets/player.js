// The page's own code. It reads the info, the motion and the song from the script tags above and draws the frame that belongs
// to the song's clock: frame = round(time * fps). Coordinates are those of Motion: metres, z up.
(async () => {
'use strict';
const $ = id => document.getElementById(id);
const info = JSON.parse($('a2p-info').textContent);
const {fps, frames: T, dancers: D, duration} = info;
const say = text => { $('note').textContent = text; $('note').hidden = false; };
window.addEventListener('error', e => say('Something went wrong: ' + e.message));

// ---- data -------------------------------------------------------------------------------------------------------------
const bytes = id => {
  const s = atob($(id).textContent.trim()), u = new Uint8Array(s.length);
  for (let i = 0; i < s.length; i++) u[i] = s.charCodeAt(i);
  $(id).textContent = '';
  return u;
};
const types = {i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array, u4: Uint32Array};
async function unpack() {                       // one deflate stream; each array is stored as byte planes of differences along time
  const raw = new Uint8Array(await new Response(new Blob([bytes('a2p-motion')]).stream().pipeThrough(new DecompressionStream('deflate'))).arrayBuffer());
  const out = {};
  let at = 0;
  for (const [name, type, shape] of info.arrays) {
    const kind = types[type], size = kind.BYTES_PER_ELEMENT, rows = shape[0], cols = shape.slice(1).reduce((a, b) => a * b, 1), n = rows * cols;
    const a = new kind(n);
    for (let c = 0; c < cols; c++) for (let r = 0, sum = 0; r < rows; r++) {
      let v = 0;
      for (let k = 0; k < size; k++) v |= raw[at + k * n + c * rows + r] << (8 * k);
      sum = sum + v | 0;
      a[r * cols + c] = sum;
    }
    at += n * size;
    out[name] = a;
  }
  return out;
}
if (typeof DecompressionStream === 'undefined') return say('This page needs a browser of 2023 or later.');
const data = await unpack(), B = info.bones, unit = info.unit;

// ---- clock ------------------------------------------------------------------------------------------------------------
const song = info.audio ? new Audio(URL.createObjectURL(new Blob([bytes('a2p-audio')], {type: info.audio}))) : null;
if (song) { song.id = 'song'; song.hidden = true; document.body.append(song); song.preload = 'auto'; song.preservesPitch = song.mozPreservesPitch = song.webkitPreservesPitch = true;
  song.addEventListener('error', () => say('This browser cannot play the song inside the page (' + info.audio + ').')); }
const clamp = (x, a, b) => Math.min(Math.max(x, a), b);
const clock = song ? {
  get time() { return song.currentTime; }, set time(t) { song.currentTime = t; },
  get playing() { return !song.paused && !song.ended; },
  play: () => song.play(), pause: () => song.pause(), set rate(r) { song.playbackRate = r; },
} : (() => {
  let t0 = 0, from = 0, on = false, rate = 1;
  const time = () => Math.min(on ? t0 + (performance.now() - from) / 1000 * rate : t0, duration);
  const hold = f => { t0 = time(); from = performance.now(); f(); };
  return { get time() { return time(); }, set time(t) { hold(() => {}); t0 = t; }, get playing() { return on; },
    play: async () => hold(() => { on = true; }), pause: () => hold(() => { on = false; }), set rate(r) { hold(() => { rate = r; }); } };
})();
const state = {rate: 1, loop: false, a: null, b: null, follow: true, shown: -1, shownAt: 0};
const rates = [.25, .5, .75, 1, 1.25, 1.5];
const frameAt = t => clamp(Math.round(t * fps), 0, T - 1);
const from = () => state.a ?? 0, upTo = () => state.b ?? duration;

async function play() {
  if (clock.time >= upTo() - 1e-3 || clock.time < from() - 1e-3) clock.time = from();
  document.body.classList.add('begun');
  try { await clock.play(); } catch (e) { if (e.name !== 'AbortError') say('The browser did not start the song: ' + e.message); }
  look();
}
function pause() { clock.pause(); look(); }
function seek(t) { clock.time = clamp(t, 0, duration); look(); }
function step(n) { if (clock.playing) clock.pause(); seek(clamp(frameAt(clock.time) + n, 0, T - 1) / fps); }
function speed(r) { state.rate = clock.rate = rates.reduce((p, q) => Math.abs(q - r) < Math.abs(p - r) ? q : p); look(); }
const faster = n => speed(rates[clamp(rates.indexOf(state.rate) + n, 0, rates.length - 1)]);
function mark(which) {
  if (which === 'c') { state.a = state.b = null; return look(); }
  const t = frameAt(clock.time) / fps;
  if (state[which] !== null && Math.abs(state[which] - t) < .5 / fps) state[which] = null; else state[which] = t;
  if (state.a !== null && state.b !== null && state.b - state.a < .1) state[which === 'a' ? 'b' : 'a'] = null;
  if (state.a !== null || state.b !== null) state.loop = true;
  look();
}

// ---- scene ------------------------------------------------------------------------------------------------------------
const {Vector3} = THREE;
THREE.Object3D.DEFAULT_UP.set(0, 0, 1);
let renderer;
try { renderer = new THREE.WebGLRenderer({canvas: $('view'), antialias: true, alpha: true, powerPreference: 'high-performance'}); }
catch (e) { say('This page draws with WebGL, which this browser does not offer. The song can still be played.'); }
const scene = new THREE.Scene(), camera = new THREE.PerspectiveCamera(32, 1, .05, 200);
const colours = ['#3f8cff', '#f2464e', '#f5b942', '#4cc38a', '#b07cf7', '#4cc9d6'];
document.querySelector('#stage').setAttribute('aria-label', info.label);

const sky = new THREE.HemisphereLight('#dbe6ff', '#262636', 1.0);
const key = new THREE.DirectionalLight('#fff1e0', 2.6), rimL = new THREE.DirectionalLight('#86b4ff', 1.3), rimR = new THREE.DirectionalLight('#ffc4d4', .7);
const fill = new THREE.DirectionalLight('#c9d8ff', .35);
key.castShadow = true;
key.shadow.mapSize.set(2048, 2048);
key.shadow.radius = 4; key.shadow.bias = -.0004; key.shadow.normalBias = .012;
Object.assign(key.shadow.camera, {left: -2.6, right: 2.6, top: 2.6, bottom: -2.6, near: .5, far: 14});
const offsets = [[key, [-2.2, -3, 5.6]], [rimL, [-3, 4, 2.6]], [rimR, [4, 3, 2.2]], [fill, [3.5, -3.5, 1.2]]];
scene.add(sky);
for (const [l] of offsets) scene.add(l, l.target);

const FEET = 8, pulse = {value: 0}, feet = {value: Array.from({length: FEET}, () => new Vector3(0, 0, 99))}, centre = {value: new Vector3()}, tint = {value: new THREE.Color('#5aa2ff')};
const floor = new THREE.Mesh(new THREE.PlaneGeometry(80, 80), new THREE.ShaderMaterial({
  transparent: true, depthWrite: false, uniforms: {feet, centre, pulse, tint},
  vertexShader: 'varying vec3 p; void main() { p = (modelMatrix * vec4(position, 1.)).xyz; gl_Position = projectionMatrix * viewMatrix * vec4(p, 1.); }',
  fragmentShader: `
    varying vec3 p; uniform vec3 feet[${FEET}]; uniform vec3 centre; uniform float pulse; uniform vec3 tint;
    float lines(vec2 q, float w) { vec2 d = fwidth(q), a = abs(fract(q - .5) - .5); vec2 l = 1. - smoothstep(vec2(w), vec2(w) + 1.5 * d, a); l *= min(vec2(1.), .25 / d); return max(l.x, l.y); }
    void main() {
      float r = length(p.xy - centre.xy);
      float pool = exp(-r * r / 7.), far = exp(-r * r / 55.);
      vec3 c = mix(vec3(.0075, .011, .019), vec3(.042, .062, .112), pool);
      float g = lines(p.xy, .006) + lines(p.xy * 2., .004) * .10;
      c += g * vec3(.06, .092, .175) * (.12 + .88 * pool);
      float ring = exp(-pow((r - .62 - .5 * (1. - pulse)) / .035, 2.)) * pulse * pulse;
      c += tint * ring * .28 + tint * pulse * pulse * .02 * exp(-r * r / 1.2);
      float dark = 0.;
      for (int i = 0; i < ${FEET}; i++) { vec3 f = feet[i]; float h = max(f.z, 0.), s = .085 + .5 * h; dark = max(dark, exp(-dot(p.xy - f.xy, p.xy - f.xy) / (s * s)) * .62 / (1. + 26. * h)); }
      gl_FragColor = vec4(c * (1. - dark), far);
      #include <colorspace_fragment>
    }`}));
floor.renderOrder = -2;
const shade = new THREE.Mesh(new THREE.PlaneGeometry(80, 80), new THREE.ShadowMaterial({opacity: .55, color: '#010308', depthWrite: false}));
shade.position.z = .001; shade.receiveShadow = true; shade.renderOrder = -1;
scene.add(floor, shade);

const geometry = new THREE.BufferGeometry();
geometry.setAttribute('position', new THREE.BufferAttribute(Float32Array.from(data.verts, x => x * info.mesh), 3));
geometry.setAttribute('normal', new THREE.BufferAttribute(Float32Array.from(data.normals, x => x / 127), 3));
geometry.setAttribute('skinIndex', new THREE.BufferAttribute(data.skin, 4));
geometry.setAttribute('skinWeight', new THREE.BufferAttribute(Float32Array.from(data.weights, (x, i) => { const k = i & ~3; return x / (data.weights[k] + data.weights[k + 1] + data.weights[k + 2] + data.weights[k + 3]); }), 4));
geometry.setAttribute('tint', new THREE.BufferAttribute(Float32Array.from(data.tint, x => x / 60), 1));
geometry.setIndex(new THREE.BufferAttribute(data.faces, 1));

const cloth = colour => {
  const m = new THREE.MeshStandardMaterial({color: colour, roughness: .56, metalness: .02});
  m.onBeforeCompile = s => {                     // skin, hair and cloth by the vertex, and a thin light edge as from a window behind the dancer
    s.vertexShader = 'attribute float tint; varying float vTint;\n' + s.vertexShader.replace('#include <begin_vertex>', '#include <begin_vertex>\nvTint = tint;');
    s.fragmentShader = 'varying float vTint;\n' + s.fragmentShader
      .replace('#include <color_fragment>', 'vec3 cloth = diffuseColor.rgb; diffuseColor.rgb = mix(mix(cloth, mix(vec3(.56, .55, .58), cloth, .16), clamp(vTint, 0., 1.)), cloth * .12, clamp(vTint - 1., 0., 1.));')
      .replace('#include <opaque_fragment>', 'float edge = pow(1. - clamp(dot(normal, normalize(vViewPosition)), 0., 1.), 3.); outgoingLight += edge * (.025 + .30 * diffuseColor.rgb);\n#include <opaque_fragment>');
  };
  return m;
};
const rest = info.rest.map(p => new THREE.Matrix4().makeTranslation(-p[0], -p[1], -p[2]));
const bodies = Array.from({length: D}, (_, d) => {
  const mesh = new THREE.SkinnedMesh(geometry, cloth(colours[d % colours.length]));
  const bones = Array.from({length: B}, () => new THREE.Bone());
  mesh.bind(new THREE.Skeleton(bones, rest), new THREE.Matrix4());
  mesh.frustumCulled = false; mesh.castShadow = mesh.receiveShadow = true;
  scene.add(mesh);
  return mesh;
});

// ---- pose -------------------------------------------------------------------------------------------------------------
const at = (f, d, b) => ((f * D + d) * B + b) * 3, seen = i => data.pos[i] !== -32768;
const P = new Vector3(), Q = new THREE.Quaternion(), one = new Vector3(1, 1, 1), none = new Vector3(0, 0, 0), last = new Vector3();
function pose(f) {
  feet.value.forEach(v => v.set(0, 0, 99));
  bodies.forEach((mesh, d) => {
    let any = false;
    for (let b = 0; b < B; b++) {
      const i = at(f, d, b), q = i / 3 * 4, ok = seen(i);
      if (ok) { P.set(data.pos[i], data.pos[i + 1], data.pos[i + 2]).multiplyScalar(unit); last.copy(P); any = true; } else P.copy(last);
      Q.set(data.rot[q + 1], data.rot[q + 2], data.rot[q + 3], data.rot[q]).normalize();
      mesh.skeleton.bones[b].matrixWorld.compose(P, Q, ok ? one : none);
    }
    mesh.visible = any;
    if (any && d < 2) info.feet.slice(0, 4).forEach((b, k) => { const i = at(f, d, b); if (seen(i)) feet.value[d * 4 + k].set(data.pos[i] * unit, data.pos[i + 1] * unit, data.pos[i + 2] * unit - info.sole[k]); });
  });
}

// Where the camera looks: the middle of the dancers, smoothed over about a second, known ahead so that seeking never swings.
const track = (() => {
  const x = new Float32Array(T * 2);
  for (let f = 0, k = [0, 0]; f < T; f++) {
    let n = 0, s = [0, 0];
    for (let d = 0; d < D; d++) for (let b = 0; b < B; b++) { const i = at(f, d, b); if (seen(i)) { s[0] += data.pos[i] * unit; s[1] += data.pos[i + 1] * unit; n++; } }
    if (n) k = [s[0] / n, s[1] / n];
    x[2 * f] = k[0]; x[2 * f + 1] = k[1];
  }
  const w = Math.max(1, Math.round(fps * .3));
  for (let pass = 0; pass < 3; pass++) for (let c = 0; c < 2; c++) {
    const sum = new Float64Array(T + 1);
    for (let f = 0; f < T; f++) sum[f + 1] = sum[f] + x[2 * f + c];
    for (let f = 0; f < T; f++) { const a = Math.max(0, f - w), b = Math.min(T, f + w + 1); x[2 * f + c] = (sum[b] - sum[a]) / (b - a); }
  }
  return x;
})();
const bounds = (() => {                          // how far the dancers reach from the track, and over the whole clip
  let near = .9, top = 1.5, lo = [1e9, 1e9], hi = [-1e9, -1e9];
  const far = [];
  for (let f = 0; f < T; f++) {
    let m = 0;
    for (let d = 0; d < D; d++) for (let b = 0; b < B; b++) { const i = at(f, d, b); if (seen(i)) { m = Math.max(m, Math.hypot(data.pos[i] * unit - track[2 * f], data.pos[i + 1] * unit - track[2 * f + 1])); top = Math.max(top, data.pos[i + 2] * unit); } }
    far.push(m);
    for (let c = 0; c < 2; c++) { lo[c] = Math.min(lo[c], track[2 * f + c]); hi[c] = Math.max(hi[c], track[2 * f + c]); }
  }
  near = Math.max(near, far.sort((a, b) => a - b)[Math.floor(far.length * .98)] || 0);
  return {near, top: Math.min(top, 2.6), middle: [(lo[0] + hi[0]) / 2, (lo[1] + hi[1]) / 2], span: Math.hypot(hi[0] - lo[0], hi[1] - lo[1]) / 2};
})();
const aim = f => state.follow ? [track[2 * f], track[2 * f + 1]] : bounds.middle;

let controls = null;
const views = [[-62, 8], [8, 6], [90, 8], [-75, 58]];
let view = 0;
function setView(az, el, dist) {
  const t = controls.target, a = az * Math.PI / 180, e = el * Math.PI / 180, r = dist ?? camera.position.distanceTo(t);
  camera.position.set(t.x + r * Math.cos(e) * Math.cos(a), t.y + r * Math.cos(e) * Math.sin(a), t.z + r * Math.sin(e));
  controls.update(); dirty = true;
}
function frameAll() {
  const wide = bounds.near + (state.follow ? 0 : bounds.span), v = Math.tan(camera.fov * Math.PI / 360);
  const dist = Math.max((bounds.top / 2 + .26) / v / .84, (wide + .25) / (v * camera.aspect)) + .4;
  const [x, y] = aim(Math.max(state.shown, 0));
  controls.target.set(x, y, bounds.top * .5 - .10);
  setView(...views[view], dist);
}
if (renderer) {
  renderer.shadowMap.enabled = true; renderer.shadowMap.type = THREE.PCFShadowMap;
  renderer.toneMapping = THREE.ACESFilmicToneMapping; renderer.toneMappingExposure = 1.05;
  controls = new THREE.OrbitControls(camera, $('view'));
  Object.assign(controls, {enableDamping: true, dampingFactor: .12, minDistance: .8, maxDistance: 40, maxPolarAngle: Math.PI * .54});
  controls.addEventListener('change', () => { dirty = true; });
}

// ---- drawing ----------------------------------------------------------------------------------------------------------
let dirty = true, quality = Math.min(window.devicePixelRatio || 1, 2), slow = 0;
function resize() {
  const w = window.innerWidth, h = window.innerHeight;
  if (renderer) { renderer.setPixelRatio(quality); renderer.setSize(w, h, false); }
  camera.aspect = w / h; camera.setViewOffset(w, h, 0, Math.round(Math.min(64, h * .06)), w, h); camera.updateProjectionMatrix();
  line.width = Math.round(line.clientWidth * (window.devicePixelRatio || 1)); line.height = Math.round(line.clientHeight * (window.devicePixelRatio || 1));
  drawLine(); dirty = true;
}
function beatPulse(t) {                          // 1 on the beat, fading; weaker off the bar's first beat
  const b = info.beats, k = beatBefore(t + .5 / fps);
  if (k < 0) return 0;
  return Math.max(0, 1 - (t + .5 / fps - b[k][0]) / .38) * (b[k][1] === 1 ? 1 : .62);
}
function beatBefore(t) {
  let lo = 0, hi = info.beats.length;
  while (lo < hi) { const m = lo + hi >> 1; if (info.beats[m][0] <= t) lo = m + 1; else hi = m; }
  return lo - 1;
}
function draw(force) {
  const t = clock.time, f = frameAt(t);
  if (f !== state.shown) {
    const old = state.shown;
    state.shown = f; pose(f); dirty = true; $('view').dataset.frame = f;
    if (controls && old >= 0) { const [x, y] = aim(f), dx = x - controls.target.x, dy = y - controls.target.y; if (state.follow) { controls.target.x += dx; controls.target.y += dy; camera.position.x += dx; camera.position.y += dy; } }
    const c = [track[2 * f], track[2 * f + 1]];
    centre.value.set(c[0], c[1], 0);
    for (const [l, o] of offsets) { l.target.position.set(c[0], c[1], .8); l.position.set(c[0] + o[0], c[1] + o[1], o[2]); }
    pulse.value = clock.playing ? beatPulse(f / fps) : 0;
  }
  state.shownAt = t;
  if ((dirty || force) && renderer) { renderer.render(scene, camera); dirty = false; }
  return f;
}
function tick() {
  const t0 = performance.now();
  if (clock.playing && clock.time >= upTo() - .25 / fps && (state.loop || state.b !== null || !song)) {
    if (state.loop) { clock.time = from(); } else { clock.pause(); clock.time = upTo(); }
    look();
  }
  if (controls) controls.update();
  draw();
  readout();
  if (clock.playing) {                           // a slow machine gets fewer pixels, then no shadow map, never a late picture
    slow = .9 * slow + .1 * (performance.now() - t0);
    if (slow > 45 && quality > .75) { quality = Math.max(.75, quality * .7); slow = 20; resize(); }
    else if (slow > 60 && key.castShadow) { key.castShadow = false; slow = 20; dirty = true; }
  }
  requestAnimationFrame(tick);
}

// ---- controls ---------------------------------------------------------------------------------------------------------
const line = $('line').querySelector('canvas');
const text = t => Math.floor(t / 60) + ':' + String(Math.floor(t % 60)).padStart(2, '0') + '.' + Math.floor(t * 10 + 1e-6) % 10;
let lastX = -1;
function readout() {
  const t = clamp(state.shownAt, 0, duration), x = Math.round(t / duration * line.width);
  const s = text(t);
  if ($('now').textContent !== s) { $('now').textContent = s; $('line').setAttribute('aria-valuenow', t.toFixed(2)); $('line').setAttribute('aria-valuetext', s + ' of ' + text(duration)); }
  const c = 'frame ' + state.shown + ' of ' + T;
  if ($('count').textContent !== c) $('count').textContent = c;
  if (x !== lastX) { lastX = x; drawLine(); }
  if (document.body.classList.contains('playing') !== clock.playing) look();
}
function drawLine() {
  const g = line.getContext('2d'), w = line.width, h = line.height, px = window.devicePixelRatio || 1, X = t => t / duration * w, now = X(clamp(clock.time, 0, duration));
  g.clearRect(0, 0, w, h);
  const mid = h * .44, n = info.wave.length;
  if (state.a !== null || state.b !== null) { g.fillStyle = '#5aa2ff26'; g.fillRect(X(from()), 0, X(upTo()) - X(from()), h); g.fillStyle = '#5aa2ff'; for (const t of [state.a, state.b]) if (t !== null) g.fillRect(X(t) - px, 0, 2 * px, h); }
  const bar = Math.max(2 * px, w / Math.max(n, 1)), count = Math.floor(w / (3 * px));
  for (let k = 0; k < count; k++) {
    const x = (k + .5) / count * w, v = n ? info.wave[Math.min(n - 1, Math.floor(k / count * n))] / 255 : .04, y = Math.max(px, v * h * .40);
    g.fillStyle = x <= now ? '#6cabff' : '#ffffff3a';
    g.fillRect(x - px, mid - y, 2 * px, 2 * y);
  }
  const gap = info.beats.length > 1 ? w / info.beats.length : w;
  for (const [t, k] of info.beats) {
    if (t > duration) break;
    const first = k === 1;
    if (!first && gap < 4 * px) continue;
    if (first && gap * 4 < 3 * px) continue;
    g.fillStyle = first ? '#ffd479' : '#ffffff66';
    g.fillRect(X(t) - px / 2, h - (first ? 9 : 5) * px, first ? 1.6 * px : px, (first ? 9 : 5) * px);
  }
  g.fillStyle = '#fff'; g.fillRect(now - px, 0, 2 * px, h - px);
  g.beginPath(); g.arc(now, 4 * px, 4 * px, 0, 7); g.fill();
}
function look() {
  const on = clock.playing;
  document.body.classList.toggle('playing', on);
  $('play').setAttribute('aria-label', on ? 'Pause' : 'Play');
  $('rate').textContent = state.rate + '\u00d7'; $('rate').setAttribute('aria-label', 'Speed ' + state.rate + ', press for normal speed');
  $('loop').setAttribute('aria-pressed', state.loop); $('follow').setAttribute('aria-pressed', state.follow);
  $('a').classList.toggle('set', state.a !== null); $('b').classList.toggle('set', state.b !== null);
  if (song) $('mute').setAttribute('aria-pressed', song.muted);
  drawLine(); dirty = true;
}
const actions = {
  play: () => clock.playing ? pause() : play(), loop: () => { state.loop = !state.loop; look(); }, follow: () => { state.follow = !state.follow; if (controls) { const [x, y] = aim(state.shown), t = controls.target, dx = x - t.x, dy = y - t.y; if (state.follow) { t.x += dx; t.y += dy; camera.position.x += dx; camera.position.y += dy; } else frameAll(); } look(); },
  mute: () => { if (song) { song.muted = !song.muted; look(); } }, slow: () => faster(-1), fast: () => faster(1), rate: () => speed(1), a: () => mark('a'), b: () => mark('b'),
  full: () => document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.(),
  help: () => { $('keys').hidden = !$('keys').hidden; $('help').setAttribute('aria-expanded', !$('keys').hidden); },
  view: () => { if (controls) { view = (view + 1) % views.length; setView(...views[view]); } },
};
for (const id of ['play', 'loop', 'follow', 'mute', 'slow', 'fast', 'rate', 'a', 'b', 'full', 'help']) $(id).addEventListener('click', e => { actions[id](); if (e.detail) e.currentTarget.blur(); });
$('big').addEventListener('click', e => { play(); e.currentTarget.blur(); });
const keys = {
  ' ': actions.play, k: actions.play, l: actions.loop, f: actions.follow, m: actions.mute, v: actions.view, a: actions.a, b: actions.b, c: () => mark('c'),
  '+': actions.fast, '=': actions.fast, '-': actions.slow, _: actions.slow, 1: actions.rate, '?': actions.help, h: actions.help,
  ArrowLeft: e => e.shiftKey ? seek(clock.time - 5) : step(-1), ArrowRight: e => e.shiftKey ? seek(clock.time + 5) : step(1), ',': () => step(-1), '.': () => step(1),
  ArrowDown: () => seek(clock.time - 5), ArrowUp: () => seek(clock.time + 5), PageDown: () => seek(clock.time - 5), PageUp: () => seek(clock.time + 5),
  Home: () => seek(from()), End: () => seek(duration), Escape: () => { if (!$('keys').hidden) actions.help(); },
};
document.addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const f = keys[e.key.length === 1 ? e.key.toLowerCase() : e.key];
  if (!f || ((e.key === ' ' || e.key === 'Enter') && e.target instanceof HTMLButtonElement)) return;
  e.preventDefault(); f(e);
});
let wasPlaying = false;
const scrub = e => { const r = line.getBoundingClientRect(); seek((e.clientX - r.left) / r.width * duration); };
$('line').addEventListener('pointerdown', e => { wasPlaying = clock.playing; if (wasPlaying) clock.pause(); $('line').setPointerCapture(e.pointerId); scrub(e); });
$('line').addEventListener('pointermove', e => { if ($('line').hasPointerCapture(e.pointerId)) scrub(e); });
$('line').addEventListener('pointerup', () => { if (wasPlaying) play(); });
$('view').addEventListener('dblclick', () => actions.play());
if (song) song.addEventListener('ended', () => { if (state.loop) { clock.time = from(); clock.play(); } look(); });
else $('mute').hidden = true;
window.addEventListener('resize', resize);

// ---- start ------------------------------------------------------------------------------------------------------------
$('end').textContent = text(duration); $('line').setAttribute('aria-valuemax', duration.toFixed(2));
$('sub').textContent = info.sub; $('by').textContent = $('credit').textContent = info.credit; $('by').hidden = !info.credit; $('credit').hidden = !info.credit;
if (D > 1) { $('who').hidden = false; for (let d = 0; d < D; d++) { const s = document.createElement('span'); s.textContent = 'Dancer ' + (d + 1); s.style.setProperty('--c', colours[d % colours.length]); $('who').append(s); } }
resize();
draw();
if (controls) frameAll();
window.a2p = {
  fps, frames: T, dancers: D, duration, beats: info.beats, audio: song, actions, state,
  frame: () => draw(true), time: () => clock.time, shown: () => ({frame: state.shown, time: state.shownAt}), playing: () => clock.playing,
  play, pause, seek, step, speed, loop: on => { state.loop = on; look(); }, follow: on => { if (on !== state.follow) actions.follow(); }, view: setView,
  joints: (f = state.shown, d = 0) => Array.from({length: B}, (_, b) => { const i = at(f, d, b); return seen(i) ? [0, 1, 2].map(c => data.pos[i + c] * unit) : null; }),
};
look();
document.body.dataset.ready = '1';
requestAnimationFrame(tick);
})();
