// The player, one source for a page, for a notebook and for several motions on one clock. `mountPlayer` fills an element with it and
// touches nothing outside. The frame drawn belongs to the song's clock: frame = round(time * fps). Coordinates are those of Motion:
// metres, z up.
const mountPlayer = (() => {
'use strict';
const {Vector3} = THREE;
THREE.Object3D.DEFAULT_UP.set(0, 0, 1);
const clamp = (x, a, b) => Math.min(Math.max(x, a), b);
const clockText = t => Math.floor(t / 60) + ':' + String(Math.floor(t % 60)).padStart(2, '0') + '.' + Math.floor(t * 10 + 1e-6) % 10;
const rates = [.25, .5, .75, 1, 1.25, 1.5];
const views = [['front', -62, 8], ['side', 8, 6], ['back', 90, 8], ['above', -75, 58]];

// ---- markup -----------------------------------------------------------------------------------------------------------
const icon = (...paths) => '<svg viewBox="0 0 24 24" aria-hidden="true">' + paths.map(([d, c]) => `<path${c ? ` class="a2p-${c}"` : ''} d="${d}"/>`).join('') + '</svg>';
const button = (name, label, title, body, more = '') => `<button type="button" class="a2p-${name}" aria-label="${label}" title="${title}" ${more}>${body}</button>`;
const go = 'M8 5.2v13.6L19 12z', pressed = on => `aria-pressed="${on}"`;
const markup = head => `
<div class="a2p-stage"><canvas class="a2p-view" role="img"></canvas><div class="a2p-panes"></div></div>
<div class="a2p-top"><${head} class="a2p-title"></${head}><p class="a2p-sub"></p><p class="a2p-by" hidden></p><div class="a2p-who" role="group" aria-label="Dancers shown" hidden></div></div>
${button('big', 'Play', 'Play', icon([go]))}
<p class="a2p-note" role="alert" hidden></p>
<section class="a2p-bar" aria-label="Player controls">
  <div class="a2p-line" role="slider" tabindex="0" aria-label="Position in seconds" aria-valuemin="0" aria-valuenow="0"><canvas></canvas><div class="a2p-played"><canvas></canvas></div><div class="a2p-head"></div></div>
  <div class="a2p-row">
    ${button('play', 'Play', 'Play or pause (space)', icon([go, 'on'], ['M7 5h3.6v14H7zM13.4 5H17v14h-3.6z', 'off']))}
    <span class="a2p-clock"><b class="a2p-now">0:00.0</b> <i>/</i> <span class="a2p-end">0:00.0</span></span>
    <span class="a2p-count" aria-hidden="true"></span>
    <span class="a2p-gap"></span>
    <span class="a2p-group" role="group" aria-label="Speed">
      ${button('slow', 'Slower', 'Slower (-)', '&minus;')}${button('rate', 'Speed 1, press for normal speed', 'Normal speed (1)', '1&times;')}${button('fast', 'Faster', 'Faster (+)', '+')}
    </span>
    <span class="a2p-group" role="group" aria-label="Repeat">
      ${button('loop', 'Repeat', 'Repeat (l)', icon(['M7 7h9v3l4.5-4L16 2v3H5v7h2zM17 17H8v-3l-4.5 4L8 22v-3h11v-7h-2z']), pressed(false))}
      ${button('a', 'Repeat from here', 'Repeat from here (a)', 'A')}${button('b', 'Repeat up to here', 'Repeat up to here (b)', 'B')}
    </span>
    <span class="a2p-group" role="group" aria-label="View">
      ${button('follow', 'Camera follows the dancer', 'Camera follows (f)', icon(['M12 8a4 4 0 100 8 4 4 0 000-8zm8.9 3A9 9 0 0013 3.1V1h-2v2.1A9 9 0 003.1 11H1v2h2.1a9 9 0 007.9 7.9V23h2v-2.1a9 9 0 007.9-7.9H23v-2zM12 19a7 7 0 110-14 7 7 0 010 14z']), pressed(true))}
      ${button('turn', 'View', 'Next view (v)', icon(['M12 5c-5 0-9.3 3-11 7 1.700 4 6 7 11 7s9.300-3 11-7c-1.700-4-6-7-11-7zm0 11.500a4.500 4.500 0 110-9 4.500 4.500 0 010 9zm0-2a2.500 2.500 0 100-5 2.500 2.500 0 000 5z']))}
      ${button('mute', 'Mute', 'Mute (m)', icon(['M4 9v6h4l5 5V4L8 9z'], ['M16 8.2v7.6a4.3 4.3 0 000-7.6z', 'on']), pressed(false))}
      ${button('full', 'Full screen', 'Full screen', icon(['M5 14H3v7h7v-2H5zM3 10h2V5h5V3H3zm16 9h-5v2h7v-7h-2zM14 3v2h5v5h2V3z']))}
      ${button('help', 'Keys and help', 'Keys (?)', '?', 'aria-expanded="false"')}
    </span>
  </div>
</section>
<div class="a2p-keys" hidden role="dialog" aria-label="Keys" tabindex="0"><b>Keys</b><dl>${[
  ['space', 'play, pause'], ['&larr; &rarr;', 'one frame back, on'], ['&darr; &uarr;', 'five seconds back, on'], ['home, end', 'to the start, the end'],
  ['+ &minus; 1', 'faster, slower, normal speed'], ['l', 'repeat'], ['a b c', 'repeat from here, up to here, all again'], ['f', 'camera follows the dancer'],
  ['v', 'next view: front, side, back, above'], ['j n', 'choose the next joint, the next dancer'], ['m', 'mute'], ['?', 'this list'],
  ['mouse', 'drag to turn, wheel to come closer, right button to shift, click to choose a joint'],
].map(([k, t]) => `<dt>${k}</dt><dd>${t}</dd>`).join('')}</dl><p class="a2p-credit"></p><p>Drawn with three.js (MIT licence, &copy; three.js authors). Made with audio2pose.</p></div>`;
const make = (tag, name, text) => Object.assign(document.createElement(tag), name ? {className: 'a2p-' + name} : {}, text === undefined ? {} : {textContent: text});

// ---- data -------------------------------------------------------------------------------------------------------------
const types = {i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array, u4: Uint32Array};
async function unpack(arrays, bytes) {           // one deflate stream; each array is stored as byte planes of differences along time
  const raw = new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'))).arrayBuffer());
  const out = {};
  let at = 0;
  for (const [name, type, shape] of arrays) {
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

// ---- clock ------------------------------------------------------------------------------------------------------------
function silence(duration) {                     // the clock of a dance without a song
  let t0 = 0, from = 0, on = false, rate = 1;
  const time = () => Math.min(on ? t0 + (performance.now() - from) / 1000 * rate : t0, duration);
  const hold = f => { t0 = time(); from = performance.now(); f(); };
  return {get time() { return time(); }, set time(t) { hold(() => {}); t0 = t; }, get playing() { return on; },
    play: async () => hold(() => { on = true; }), pause: () => hold(() => { on = false; }), set rate(r) { hold(() => { rate = r; }); }};
}
const sounding = song => ({get time() { return song.currentTime; }, set time(t) { song.currentTime = t; }, get playing() { return !song.paused && !song.ended; },
  play: () => song.play(), pause: () => song.pause(), set rate(r) { song.playbackRate = r; }});

// ---- one motion -------------------------------------------------------------------------------------------------------
class Clip {                                     // what a motion's arrays say: who is where
  constructor(info, data) {
    Object.assign(this, {info, data, fps: info.fps, T: info.frames, D: info.dancers, B: info.bones, unit: info.unit});
    this.bone = info.joints.map((_, j) => info.joint.indexOf(j));              // one bone that sits at each joint, -1 for none
    this.track = this.follow();
    this.bounds = this.measure();
  }
  at(f, d, b) { return ((f * this.D + d) * this.B + b) * 3; }
  seen(i) { return this.data.pos[i] !== -32768; }
  put(i, v) { const p = this.data.pos, u = this.unit; return v.set(p[i] * u, p[i + 1] * u, p[i + 2] * u); }
  frame(t) { return clamp(Math.floor(t * this.fps + .5), 0, this.T - 1); }
  joint(f, d, j) { const i = this.at(f, d, this.bone[j]); return this.bone[j] >= 0 && this.seen(i) ? this.put(i, new Vector3()) : null; }
  made(f, d, b) { return !!this.data.made && this.data.made[(f * this.D + d) * this.B + b] > 0; }
  follow() {                                     // where the camera looks: the dancers' middle, smoothed over about a second, known ahead
    const {T, D, B, unit, data: {pos}} = this, x = new Float32Array(T * 2);
    for (let f = 0, k = [0, 0], met = false; f < T; f++) {
      let n = 0, s = [0, 0];
      for (let i = this.at(f, 0, 0), e = i + D * B * 3; i < e; i += 3) if (this.seen(i)) { s[0] += pos[i] * unit; s[1] += pos[i + 1] * unit; n++; }
      if (n) { k = [s[0] / n, s[1] / n]; if (!met) for (let g = 0; g < f; g++) { x[2 * g] = k[0]; x[2 * g + 1] = k[1]; } met = true; }
      x[2 * f] = k[0]; x[2 * f + 1] = k[1];
    }
    const w = Math.max(1, Math.round(this.fps * .3));
    for (let pass = 0; pass < 3; pass++) for (let c = 0; c < 2; c++) {
      const sum = new Float64Array(T + 1);
      for (let f = 0; f < T; f++) sum[f + 1] = sum[f] + x[2 * f + c];
      for (let f = 0; f < T; f++) { const a = Math.max(0, f - w), b = Math.min(T, f + w + 1); x[2 * f + c] = (sum[b] - sum[a]) / (b - a); }
    }
    return x;
  }
  measure() {                                    // how far the dancers reach from the track, and over the whole clip
    const {T, D, B, unit, track, data: {pos}} = this, far = new Float32Array(T), lo = [1e9, 1e9], hi = [-1e9, -1e9];
    let top = 1.5;
    for (let f = 0; f < T; f++) {
      for (let i = this.at(f, 0, 0), e = i + D * B * 3; i < e; i += 3) if (this.seen(i)) {
        far[f] = Math.max(far[f], Math.hypot(pos[i] * unit - track[2 * f], pos[i + 1] * unit - track[2 * f + 1])); top = Math.max(top, pos[i + 2] * unit);
      }
      for (let c = 0; c < 2; c++) { lo[c] = Math.min(lo[c], track[2 * f + c]); hi[c] = Math.max(hi[c], track[2 * f + c]); }
    }
    const near = Math.max(.9, far.slice().sort()[Math.floor(T * .98)] || 0);
    return {near, top: Math.min(top, 2.6), middle: [(lo[0] + hi[0]) / 2, (lo[1] + hi[1]) / 2], span: Math.hypot(hi[0] - lo[0], hi[1] - lo[1]) / 2};
  }
  shares() {                                     // per dancer and frame: -1 nobody, else the share of joints that were measured; null where that is all of them
    const {T, D, B} = this, out = Array.from({length: D}, () => new Float32Array(T));
    let gaps = false;
    for (let d = 0; d < D; d++) for (let f = 0; f < T; f++) {
      let n = 0, m = 0;
      for (let b = 0; b < B; b++) if (this.seen(this.at(f, d, b))) { n++; if (!this.made(f, d, b)) m++; }
      out[d][f] = n ? m / n : -1;
      if (out[d][f] < 1) gaps = true;
    }
    return gaps ? out : null;
  }
}

// ---- its scene --------------------------------------------------------------------------------------------------------
const FEET = 8;
const floorShader = {
  transparent: true, depthWrite: false,
  vertexShader: 'varying vec3 p; void main() { p = (modelMatrix * vec4(position, 1.)).xyz; gl_Position = projectionMatrix * viewMatrix * vec4(p, 1.); }',
  fragmentShader: `
    varying vec3 p; uniform vec3 feet[${FEET}]; uniform vec3 centre; uniform float pulse; uniform vec3 tint;
    float lines(vec2 q, float w) { vec2 d = fwidth(q), a = abs(fract(q - .5) - .5); vec2 l = 1. - smoothstep(vec2(w), vec2(w) + 1.5 * d, a); l *= min(vec2(1.), .25 / d); return max(l.x, l.y); }
    void main() {
      float r = length(p.xy - centre.xy);
      float pool = exp(-r * r / 7.), far = exp(-r * r / 55.);
      if (far < .004) discard;
      vec3 c = mix(vec3(.0075, .011, .019), vec3(.042, .062, .112), pool);
      float g = lines(p.xy, .006) + lines(p.xy * 2., .004) * .10;
      c += g * vec3(.06, .092, .175) * (.12 + .88 * pool);
      if (pulse > 0.) {
        float ring = exp(-pow((r - .62 - .5 * (1. - pulse)) / .035, 2.)) * pulse * pulse;
        c += tint * ring * .28 + tint * pulse * pulse * .02 * exp(-r * r / 1.2);
      }
      float dark = 0.;
      if (r < 5.) for (int i = 0; i < ${FEET}; i++) { vec3 f = feet[i]; float h = max(f.z, 0.), s = .085 + .5 * h; dark = max(dark, exp(-dot(p.xy - f.xy, p.xy - f.xy) / (s * s)) * .62 / (1. + 26. * h)); }
      gl_FragColor = vec4(c * (1. - dark), far);
      #include <colorspace_fragment>
    }`};
function cloth(colour, made) {                   // skin, hair and cloth by the vertex, a thin light edge; what nobody measured is hollow, only its outline drawn
  const m = new THREE.MeshStandardMaterial({color: colour, roughness: .56, metalness: .02}), n = made && made.value.length / 4;
  m.customProgramCacheKey = () => 'a2p' + n;
  m.onBeforeCompile = s => {
    if (made) s.uniforms.made = made;
    s.vertexShader = 'attribute float tint; varying float vTint, vMade;\n' + (made ? `uniform vec4 made[${n}];\nfloat madeOf(float b) { int i = int(b); return made[i >> 2][i & 3]; }\n` : '') + s.vertexShader.replace('#include <begin_vertex>',
      '#include <begin_vertex>\nvTint = tint; vMade = ' + (made ? 'dot(skinWeight, vec4(madeOf(skinIndex.x), madeOf(skinIndex.y), madeOf(skinIndex.z), madeOf(skinIndex.w)));' : '0.;'));
    s.fragmentShader = 'varying float vTint, vMade;\n' + s.fragmentShader
      .replace('#include <color_fragment>', 'vec3 cloth = diffuseColor.rgb; diffuseColor.rgb = mix(mix(cloth, mix(vec3(.56, .55, .58), cloth, .16), clamp(vTint, 0., 1.)), cloth * .12, clamp(vTint - 1., 0., 1.));')
      .replace('#include <opaque_fragment>', `float rim = 1. - clamp(dot(normal, normalize(vViewPosition)), 0., 1.), edge = rim * rim * rim; outgoingLight += edge * (.025 + .30 * diffuseColor.rgb);
        ${made ? 'if (vMade > .5) { if (rim < .54) discard; outgoingLight = cloth * (.35 + .9 * edge); }' : ''}\n#include <opaque_fragment>`);
  };
  return m;
}
class Scene {
  constructor(clip, pulse, sharp) {
    const {info, data, B, D} = clip;
    this.clip = clip; this.shown = -1; this.on = new Set(Array.from({length: D}, (_, d) => d)); this.pulse = pulse;
    const scene = this.scene = new THREE.Scene();
    const key = this.key = new THREE.DirectionalLight('#fff1e0', 2.6), lamp = (c, k) => new THREE.DirectionalLight(c, k);
    key.castShadow = true;
    key.shadow.mapSize.set(sharp, sharp);
    key.shadow.radius = 4; key.shadow.bias = -.0004; key.shadow.normalBias = .012;
    Object.assign(key.shadow.camera, {left: -2.6, right: 2.6, top: 2.6, bottom: -2.6, near: .5, far: 14});
    this.lamps = [[key, [-2.2, -3, 5.6]], [lamp('#86b4ff', 1.3), [-3, 4, 2.6]], [lamp('#ffc4d4', .7), [4, 3, 2.2]], [lamp('#c9d8ff', .35), [3.5, -3.5, 1.2]]];
    scene.add(new THREE.HemisphereLight('#dbe6ff', '#262636', 1.0));
    for (const [l] of this.lamps) scene.add(l, l.target);

    this.feet = {value: Array.from({length: FEET}, () => new Vector3(0, 0, 99))}; this.centre = {value: new Vector3()};
    const plane = new THREE.PlaneGeometry(80, 80);
    const floor = new THREE.Mesh(plane, new THREE.ShaderMaterial({...floorShader, uniforms: {feet: this.feet, centre: this.centre, pulse, tint: {value: new THREE.Color('#5aa2ff')}}}));
    floor.renderOrder = -2;
    const shade = this.shade = new THREE.Mesh(plane, new THREE.ShadowMaterial({opacity: .55, color: '#010308', depthWrite: false}));
    shade.position.z = .001; shade.receiveShadow = true; shade.renderOrder = -1;
    scene.add(floor, shade);

    const g = this.geometry = new THREE.BufferGeometry(), set = (name, array, n) => g.setAttribute(name, new THREE.BufferAttribute(array, n)), w = data.weights;
    set('position', Float32Array.from(data.verts, x => x * info.mesh), 3);
    set('normal', Float32Array.from(data.normals, x => x / 127), 3);
    set('skinIndex', data.skin, 4);
    set('skinWeight', Float32Array.from(w, (x, i) => { const k = i & ~3; return x / (w[k] + w[k + 1] + w[k + 2] + w[k + 3]); }), 4);
    set('tint', Float32Array.from(data.tint, x => x / 60), 1);
    g.setIndex(new THREE.BufferAttribute(data.faces, 1));
    const rest = info.rest.map(p => new THREE.Matrix4().makeTranslation(-p[0], -p[1], -p[2]));
    this.bodies = Array.from({length: D}, (_, d) => {
      const made = data.made ? {value: new Float32Array(4 * Math.ceil(B / 4))} : null;
      const mesh = new THREE.SkinnedMesh(g, cloth(info.colours[d % info.colours.length], made));
      mesh.bind(new THREE.Skeleton(Array.from({length: B}, () => new THREE.Bone()), rest), new THREE.Matrix4());
      mesh.frustumCulled = false; mesh.castShadow = mesh.receiveShadow = true; mesh.made = made;
      scene.add(mesh);
      return mesh;
    });
  }
  pose(f) {
    const {clip, bodies, feet, centre} = this, {info, data, B} = clip, P = new Vector3(), last = new Vector3(), Q = new THREE.Quaternion(), one = new Vector3(1, 1, 1), none = new Vector3();
    this.shown = f;
    feet.value.forEach(v => v.set(0, 0, 99));
    bodies.forEach((mesh, d) => {
      let any = false;
      for (let b = 0; b < B; b++) {
        const i = clip.at(f, d, b), q = i / 3 * 4, ok = clip.seen(i);
        if (ok) { clip.put(i, P); last.copy(P); any = true; } else P.copy(last);
        Q.set(data.rot[q + 1], data.rot[q + 2], data.rot[q + 3], data.rot[q]).normalize();
        mesh.skeleton.bones[b].matrixWorld.compose(P, Q, ok ? one : none);
        if (mesh.made) mesh.made.value[b] = clip.made(f, d, b) ? 1 : 0;
      }
      mesh.visible = any && this.on.has(d);
      if (mesh.visible && d < 2) info.feet.slice(0, 4).forEach((b, k) => { const i = clip.at(f, d, b), v = feet.value[d * 4 + k]; if (clip.seen(i)) { clip.put(i, v); v.z -= info.sole[k]; } });
    });
    const c = clip.track;
    centre.value.set(c[2 * f], c[2 * f + 1], 0);
    for (const [l, o] of this.lamps) { l.target.position.set(c[2 * f], c[2 * f + 1], .8); l.position.set(c[2 * f] + o[0], c[2 * f + 1] + o[1], o[2]); }
  }
  aim(follow) { const c = this.clip.track, f = Math.max(this.shown, 0); return follow ? [c[2 * f], c[2 * f + 1]] : this.clip.bounds.middle; }
  shadows(on) { this.key.castShadow = this.shade.visible = on; }
  dispose() {
    this.geometry.dispose(); this.key.dispose();
    this.scene.traverse(o => { if (o.isMesh) { o.geometry.dispose(); o.material.dispose(); o.skeleton?.dispose(); } });
  }
}

// ---- its plain scene --------------------------------------------------------------------------------------------------
// Where the graphics are drawn by the processor, a moving picture is drawn with a coarser body, skinned here, lit by the vertex, on a floor of lines;
// as soon as it stands still, the full scene is drawn.
const ground = `
  uniform vec3 centre; varying vec4 c;
  float fade(vec2 p) { float r = distance(p, centre.xy); return exp(-r * r / 55.) * (.12 + .88 * exp(-r * r / 7.)); }`;
const flat = {transparent: true, depthWrite: false, fragmentShader: 'varying vec4 c; void main() { gl_FragColor = c; }'};
const shaders = {
  pool: {...flat, vertexShader: ground + `void main() { vec4 p = modelMatrix * vec4(position, 1.); float r = length(position.xy);
    c = vec4(mix(vec3(.045, .06, .085), vec3(.215, .27, .365), exp(-r * r / 7.)), exp(-r * r / 40.)); gl_Position = projectionMatrix * viewMatrix * p; }`},
  grid: {...flat, side: 2, vertexShader: 'attribute vec3 side; uniform float pixel;' + ground + `void main() { vec4 p = modelMatrix * vec4(position, 1.), q = projectionMatrix * viewMatrix * p;
    p.xyz += side * max(.007, pixel * q.w); c = vec4(.34, .43, .62, .62 * fade(p.xy)); gl_Position = projectionMatrix * viewMatrix * p; }`},
  foot: {transparent: true, depthWrite: false, vertexShader: `attribute vec3 side; uniform vec3 feet[${FEET}]; varying vec3 c; void main() { vec3 f = feet[int(side.z)]; float h = max(f.z, 0.), s = .085 + .5 * h;
    c = vec3(side.xy * 2.2, .62 / (1. + 26. * h)); gl_Position = projectionMatrix * viewMatrix * vec4(f.xy + side.xy * 2.2 * s, .002, 1.); }`,
    fragmentShader: 'varying vec3 c; void main() { gl_FragColor = vec4(.01, .015, .03, exp(-dot(c.xy, c.xy)) * c.z); }'},
  body: {vertexShader: `attribute float tint, made; uniform vec3 base, eye; varying vec3 c, line; varying vec2 hollow;
    void main() {
      vec3 n = normalize(normal), v = normalize(eye - position);
      vec3 cloth = mix(mix(base, mix(vec3(.77, .76, .78), base, .16), clamp(tint, 0., 1.)), base * .36, clamp(tint - 1., 0., 1.));
      float rim = 1. - clamp(dot(n, v), 0., 1.), lit = max(dot(n, vec3(-.32, -.43, .81)), 0.), left = max(dot(n, vec3(-.55, .73, .4)), 0.), right = max(dot(n, vec3(.8, .6, .3)), 0.);
      c = cloth * (.42 + .16 * n.z + .52 * lit) + rim * rim * rim * (.05 + .3 * cloth) + left * vec3(.10, .13, .17) + right * vec3(.08, .06, .07);
      line = base * (.75 + .3 * rim); hollow = vec2(made, rim); gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.);
    }`,
    fragmentShader: 'varying vec3 c, line; varying vec2 hollow; void main() { if (hollow.x > .5 && hollow.y < .54) discard; gl_FragColor = vec4(hollow.x > .5 ? line : c, 1.); }'},
};
const mesh = (name, uniforms, arrays, index) => {
  const g = new THREE.BufferGeometry(), m = new THREE.Mesh(g, new THREE.ShaderMaterial({...shaders[name], uniforms}));
  for (const [k, [a, n]] of Object.entries(arrays)) g.setAttribute(k, new THREE.BufferAttribute(a, n));
  g.setIndex(new THREE.BufferAttribute(index, 1)); m.frustumCulled = false;
  return m;
};
function coarse({info, data}, cell = .034) {      // vertices that share a cell and a bone become one
  const where = new Map(), keep = [], to = new Uint32Array(data.verts.length / 3), faces = [];
  for (let v = 0; v < to.length; v++) {
    const key = [0, 1, 2].map(c => Math.floor(data.verts[3 * v + c] * info.mesh / cell)) + ',' + data.skin[4 * v];
    if (!where.has(key)) { where.set(key, keep.length); keep.push(v); }
    to[v] = where.get(key);
  }
  for (let f = 0; f < data.faces.length; f += 3) {
    const [a, b, c] = [0, 1, 2].map(k => to[data.faces[f + k]]);
    if (a !== b && b !== c && c !== a) faces.push(a, b, c);
  }
  return {keep, faces: Uint32Array.from(faces)};
}
class Plain {
  constructor(scene) {
    const {clip, feet, centre} = this.full = scene, {info, data, B} = clip;
    this.scene = new THREE.Scene(); this.eye = {value: new Vector3()}; this.pixel = {value: .002};
    const rings = [0, .4, .8, 1.3, 1.9, 2.7, 3.8, 5.5, 8, 12], spin = 28, at = [], tri = [];
    rings.forEach((r, i) => { for (let k = 0; k < spin; k++) { at.push(r * Math.cos(2 * Math.PI * k / spin), r * Math.sin(2 * Math.PI * k / spin), 0); const a = i * spin + k, b = i * spin + (k + 1) % spin; if (i) tri.push(a - spin, a, b, a - spin, b, b - spin); } });
    this.pool = mesh('pool', {centre}, {position: [Float32Array.from(at), 3]}, Uint16Array.from(tri));
    const N = 8, p = [], side = [], quads = [];
    for (let i = -N; i <= N; i++) for (const along of [0, 1]) for (let k = -N; k <= N; k++) for (const s of [-1, 1]) {
      if (k > -N && s < 0) quads.push(p.length / 3 - 2, p.length / 3 - 1, p.length / 3 + 1, p.length / 3 - 2, p.length / 3 + 1, p.length / 3);
      p.push(...(along ? [i, k, 0] : [k, i, 0])); side.push(...(along ? [s, 0, 0] : [0, s, 0]));
    }
    this.grid = mesh('grid', {centre, pixel: this.pixel}, {position: [Float32Array.from(p), 3], side: [Float32Array.from(side), 3]}, Uint16Array.from(quads));
    const corner = [], six = [];
    for (let f = 0; f < FEET; f++) { six.push(...[0, 1, 2, 0, 2, 3].map(k => 4 * f + k)); corner.push(-1, -1, f, 1, -1, f, 1, 1, f, -1, 1, f); }
    const foot = mesh('foot', {feet}, {position: [new Float32Array(FEET * 12), 3], side: [Float32Array.from(corner), 3]}, Uint16Array.from(six));
    this.scene.add(this.pool, this.grid, foot);
    [this.pool, this.grid, foot].forEach((m, i) => { m.renderOrder = i - 3; });
    const {keep, faces} = coarse(clip), pick = (a, n, scale) => Float32Array.from({length: keep.length * n}, (_, i) => a[keep[Math.floor(i / n)] * n + i % n] * scale);
    Object.assign(this, {n: keep.length, verts: pick(data.verts, 3, info.mesh), normals: pick(data.normals, 3, 1 / 127), skin: pick(data.skin, 4, 1), weights: pick(data.weights, 4, 1 / 255), bones: new Float32Array(12 * B)});
    const tint = pick(data.tint, 1, 1 / 60);
    this.bodies = scene.bodies.map((_, d) => {
      const c = info.colours[d % info.colours.length], base = {value: new Vector3(...[1, 3, 5].map(k => parseInt(c.slice(k, k + 2), 16) / 255))};
      const m = mesh('body', {base, eye: this.eye}, {position: [new Float32Array(3 * this.n), 3], normal: [new Float32Array(3 * this.n), 3], tint: [tint, 1], made: [new Float32Array(this.n), 1]}, faces);
      this.scene.add(m);
      return m;
    });
  }
  pose() {                                        // the pose of the full scene, on the coarse bodies
    const {full, bones, n, verts, normals, skin, weights} = this, {clip, centre} = full, {info} = clip;
    this.pool.position.copy(centre.value); this.grid.position.set(Math.round(centre.value.x), Math.round(centre.value.y), .001);
    this.bodies.forEach((m, d) => {
      const body = full.bodies[d];
      if (!(m.visible = body.visible)) return;
      body.skeleton.bones.forEach((b, k) => { const e = b.matrixWorld.elements, r = info.rest[k]; for (let i = 0; i < 3; i++) { for (let j = 0; j < 3; j++) bones[12 * k + 4 * i + j] = e[4 * j + i]; bones[12 * k + 4 * i + 3] = e[12 + i] - e[i] * r[0] - e[4 + i] * r[1] - e[8 + i] * r[2]; } });
      const {position, normal, made} = m.geometry.attributes, p = position.array, q = normal.array, h = made.array, guess = body.made?.value;
      for (let v = 0; v < n; v++) {
        const x = verts[3 * v], y = verts[3 * v + 1], z = verts[3 * v + 2], a = normals[3 * v], b = normals[3 * v + 1], c = normals[3 * v + 2];
        let p0 = 0, p1 = 0, p2 = 0, n0 = 0, n1 = 0, n2 = 0, g = 0;
        for (let k = 4 * v; k < 4 * v + 4; k++) {
          const w = weights[k];
          if (w === 0) continue;
          const o = 12 * skin[k];
          p0 += w * (bones[o] * x + bones[o + 1] * y + bones[o + 2] * z + bones[o + 3]); n0 += w * (bones[o] * a + bones[o + 1] * b + bones[o + 2] * c);
          p1 += w * (bones[o + 4] * x + bones[o + 5] * y + bones[o + 6] * z + bones[o + 7]); n1 += w * (bones[o + 4] * a + bones[o + 5] * b + bones[o + 6] * c);
          p2 += w * (bones[o + 8] * x + bones[o + 9] * y + bones[o + 10] * z + bones[o + 11]); n2 += w * (bones[o + 8] * a + bones[o + 9] * b + bones[o + 10] * c);
          if (guess) g += w * guess[skin[k]];
        }
        p[3 * v] = p0; p[3 * v + 1] = p1; p[3 * v + 2] = p2; q[3 * v] = n0; q[3 * v + 1] = n1; q[3 * v + 2] = n2; h[v] = g;
      }
      position.needsUpdate = normal.needsUpdate = true; made.needsUpdate = !!guess;
    });
  }
  dispose() { this.scene.traverse(o => { if (o.isMesh) { o.geometry.dispose(); o.material.dispose(); } }); }
}
const processor = () => {                         // is WebGL drawn by the processor here?
  const gl = document.createElement('canvas').getContext('webgl2'), e = gl?.getExtension('WEBGL_debug_renderer_info');
  const name = gl ? gl.getParameter(e ? e.UNMASKED_RENDERER_WEBGL : gl.RENDERER) : '';
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
};

// ---- the player -------------------------------------------------------------------------------------------------------
// info: what Python's `_clip` and `_whole` say; motions: their packed arrays; sound: the song's bytes. `changed(now)` is told of everything a person
// or the clock does, `now` when it cannot wait.
async function mount(root, {info, motions, sound}, {page = false, changed = () => {}} = {}) {
root.classList.add('a2p', page ? 'a2p-page' : 'a2p-part');
root.classList.toggle('a2p-many', info.clips.length > 1);
root.innerHTML = markup(page ? 'h1' : 'h2');
const $ = name => root.querySelector('.a2p-' + name), life = new AbortController(), {duration} = info;
const on = (target, type, f) => target.addEventListener(type, f, {signal: life.signal});
const say = text => { $('note').textContent = text; $('note').hidden = false; };
if (page) for (const type of ['error', 'unhandledrejection']) on(window, type, e => say('Something went wrong: ' + (e.message ?? e.reason?.message)));
if (typeof DecompressionStream === 'undefined') { say('This player needs a browser of 2023 or later.'); throw Error('no DecompressionStream'); }
const clips = await Promise.all(info.clips.map(async (c, k) => new Clip(c, await unpack(c.arrays, motions[k]))));

const song = sound?.length ? new Audio(URL.createObjectURL(new Blob([sound], {type: info.audio}))) : null;
let clock = song ? sounding(song) : silence(duration);
if (song) {
  song.hidden = true; song.preload = 'auto'; song.preservesPitch = song.mozPreservesPitch = song.webkitPreservesPitch = true; song.className = 'a2p-song'; root.append(song);
  on(song, 'error', () => { say('This browser cannot play the song (' + info.audio + '); the dance goes on without.'); clock = silence(duration); look(); });
}
const state = {rate: 1, loop: false, a: null, b: null, follow: true, shown: -1, shownAt: 0, draws: 0, dancers: new Set(Array.from({length: Math.max(...clips.map(c => c.D))}, (_, d) => d)), selection: null};
const frameAt = t => clips[0].frame(t), from = () => state.a ?? 0, upTo = () => state.b ?? duration;

async function play() {
  if (clock.time >= upTo() - 1e-3 || clock.time < from() - 1e-3) clock.time = from();
  root.classList.add('a2p-begun');
  if (soft && level) { level = 0; sized = false; }       // what was slow then need not be now
  try { await clock.play(); } catch (e) { if (e.name !== 'AbortError') say(e.name === 'NotAllowedError' ? 'This browser starts sound only after a click: press play.' : 'The browser did not start the song: ' + e.message); }
  look(true);
}
function pause() { clock.pause(); look(true); }
function seek(t) { clock.time = clamp(t, 0, duration); look(!$('line').dragged); }
function step(n) { if (clock.playing) clock.pause(); seek(clamp(frameAt(clock.time) + n, 0, clips[0].T - 1) / clips[0].fps); }
function speed(r) { state.rate = clock.rate = rates.reduce((p, q) => Math.abs(q - r) < Math.abs(p - r) ? q : p); look(true); }
const faster = n => speed(rates[clamp(rates.indexOf(state.rate) + n, 0, rates.length - 1)]);
function mark(which) {
  if (which === 'c') { state.a = state.b = null; return look(); }
  const t = frameAt(clock.time) / clips[0].fps;
  if (state[which] !== null && Math.abs(state[which] - t) < .5 / clips[0].fps) state[which] = null; else state[which] = t;
  if (state.a !== null && state.b !== null && state.b - state.a < .1) state[which === 'a' ? 'b' : 'a'] = null;
  if (state.a !== null || state.b !== null) state.loop = true;
  look();
}
function show(dancers) {
  state.dancers = new Set(dancers);
  for (const s of scenes) { s.on = state.dancers; if (s.shown >= 0) s.pose(s.shown); }
  if (state.selection && !state.dancers.has(state.selection[0])) state.selection = null;
  dirty = true; look(true);
}
function select(pick) {                           // [dancer, joint name] or null
  state.selection = pick && clips.some(c => pick[0] < c.D && c.bone[c.info.joints.indexOf(pick[1])] >= 0) ? pick : null;
  if (renderer && framed) scenes.forEach((s, k) => { seenFrom(s, 1); label(k); seenFrom(s, -1); });
  look(true);
}
function choose(joints, dancers) {                // the next joint, the next dancer, from the keyboard
  const c = clips[0], names = c.info.joints.filter((_, j) => c.bone[j] >= 0), [d, n] = state.selection ?? [-1, names[names.length - 1]];
  const who = [...state.dancers].filter(k => k < c.D).sort((p, q) => p - q);
  if (!who.length) return;
  const k = Math.max(who.indexOf(d), 0), i = names.indexOf(n);
  select(d < 0 ? [who[0], names[0]] : [who[(k + dancers) % who.length], names[(i + joints + names.length) % names.length]]);
}

// ---- picture ----------------------------------------------------------------------------------------------------------
const view = $('view'), stage = $('stage'), [line, lit] = $('line').querySelectorAll('canvas');
const panes = clips.map((c, k) => {
  const column = make('div', 'column'), pane = make('div', 'pane'), pick = make('div', 'pick'), held = make('p', 'held');
  pick.append(make('span')); pick.hidden = held.hidden = true;
  if (clips.length > 1) pane.append(make('p', 'name', c.info.name));
  pane.append(pick, held); column.append(pane);
  if (c.info.rows) {
    const table = make('table', 'facts'), row = r => { const tr = make('tr'); r.forEach((x, i) => tr.append(Object.assign(make(i ? 'td' : 'th', null, x), i ? {} : {scope: 'row'}))); return tr; };
    table.append(make('caption', null, 'Measures of ' + c.info.name), ...c.info.rows.map(row)); column.append(table);
  }
  $('panes').append(column);
  return {pane, pick, held, label: pick.firstChild, box: [0, 0, 1, 1]};
});
$('panes').style.setProperty('--a2p-n', clips.length);
let renderer, soft = processor();
try { renderer = new THREE.WebGLRenderer({canvas: view, antialias: !soft, alpha: true, powerPreference: 'high-performance'}); }
catch (e) { say('This player draws with WebGL, which this browser does not offer. The song can still be played.'); }
const camera = new THREE.PerspectiveCamera(32, 1, .05, 200), pulse = {value: 0};
const scenes = clips.map(c => new Scene(c, pulse, clips.length > 1 ? 1024 : 2048));
view.setAttribute('aria-label', info.label);
const bounds = {near: Math.max(...clips.map(c => c.bounds.near)), top: Math.max(...clips.map(c => c.bounds.top)), span: Math.max(...clips.map(c => c.bounds.span))};
let controls = null, angle = 0, room = .84, aimed = clips[0].bounds.middle;
function setView(az, el, dist) {
  const t = controls.target, a = az * Math.PI / 180, e = el * Math.PI / 180, r = dist ?? camera.position.distanceTo(t);
  camera.position.set(t.x + r * Math.cos(e) * Math.cos(a), t.y + r * Math.cos(e) * Math.sin(a), t.z + r * Math.sin(e));
  controls.update(); dirty = true;
}
function frameAll() {
  const wide = bounds.near + (state.follow ? 0 : bounds.span), v = Math.tan(camera.fov * Math.PI / 360);
  const dist = Math.max((bounds.top / 2 + .26) / v / room, (wide + .25) / (v * camera.aspect)) + .4;
  aimed = scenes[0].aim(state.follow);
  controls.target.set(...aimed, bounds.top * .5 - .10);
  setView(...views[angle].slice(1), dist);
}
function shift() {                                // the camera goes where the dancers go
  const [x, y] = scenes[0].aim(state.follow), dx = x - aimed[0], dy = y - aimed[1];
  aimed = [x, y];
  controls.target.x += dx; controls.target.y += dy; camera.position.x += dx; camera.position.y += dy;
}
if (renderer) {
  renderer.shadowMap.enabled = true; renderer.shadowMap.type = THREE.PCFShadowMap;
  renderer.toneMapping = THREE.ACESFilmicToneMapping; renderer.toneMappingExposure = 1.05;
  renderer.setScissorTest(clips.length > 1);
  controls = new THREE.OrbitControls(camera, $('panes'));
  Object.assign(controls, {enableDamping: true, dampingFactor: .12, minDistance: .8, maxDistance: 40, maxPolarAngle: Math.PI * .54, enableZoom: page});
  controls.addEventListener('change', () => { dirty = true; stirred = performance.now(); });
  on(view, 'webglcontextlost', () => say('The browser took the picture away: too many of them are open. Run the cell again to see it.'));
}

let dirty = true, framed = false, sized = true, slow = 0, before = 0, level = 0, stirred = -1e9, was = false, plains = null;
const easy = () => soft && (clock.playing || performance.now() - stirred < 300);
const ratio = () => Math.min(window.devicePixelRatio || 1, soft ? (was ? [.8, .65, .5][level] : 1) : [2, 1, 1, .75][level]);
function ease() {                                 // a slow machine gets fewer pixels, then no shadow map, then the plain scene, never a late picture
  level++; slow = 20;
  if (!soft && level > 3) { soft = true; level = 0; }
  for (const s of scenes) s.shadows(soft || level < 2);
  root.classList.toggle('a2p-soft', soft);
  resize();
}
function resize() {
  const w = stage.clientWidth, h = stage.clientHeight, o = stage.getBoundingClientRect(), dpr = window.devicePixelRatio || 1;
  if (!w || !h) return;
  sized = false;
  for (const p of panes) { const r = p.pane.getBoundingClientRect(); p.box = [r.left - o.left, h - (r.bottom - o.top), r.width, r.height]; }
  const [, , pw, ph] = panes[0].box, bar = page || clips.length > 1 ? 0 : $('bar').offsetHeight, aspect = camera.aspect;
  const down = page ? Math.round(Math.min(64, ph * .06)) : Math.round(bar * .42);
  room = Math.min(.84, 1.02 - bar / ph);
  camera.aspect = pw / ph; camera.setViewOffset(pw, ph, 0, down, pw, ph); camera.updateProjectionMatrix();
  if (controls && !framed) { framed = true; frameAll(); }
  else if (controls && camera.aspect < aspect * .8) frameAll();
  for (const c of [line, lit]) { c.width = Math.round(line.clientWidth * dpr); c.height = Math.round(line.clientHeight * dpr); }
  lanes = drawLanes(); drawLine(); dirty = true;
}
function beatBefore(t) {
  let lo = 0, hi = info.beats.length;
  while (lo < hi) { const m = lo + hi >> 1; if (info.beats[m][0] <= t) lo = m + 1; else hi = m; }
  return lo - 1;
}
function beatPulse(t) {                          // 1 on the beat, fading; weaker off the bar's first beat
  const b = info.beats, k = beatBefore(t);
  return k < 0 ? 0 : Math.max(0, 1 - (t - b[k][0]) / .38) * (b[k][1] === 1 ? 1 : .62);
}
const seenFrom = (s, back) => { const [x, y] = s.aim(state.follow), dx = (x - aimed[0]) * back, dy = (y - aimed[1]) * back; camera.position.x += dx; camera.position.y += dy; camera.updateMatrixWorld(); };
function label(k) {                               // the name beside the chosen joint
  const {pick, box} = panes[k], s = scenes[k], c = clips[k], [d, name] = state.selection ?? [-1, ''], j = c.info.joints.indexOf(name);
  const p = d >= 0 && d < c.D && j >= 0 && state.dancers.has(d) ? c.joint(s.shown, d, j) : null;
  pick.hidden = !p;
  if (!p) return;
  const guess = c.made(s.shown, d, c.bone[j]), q = p.project(camera), text = (c.D > 1 ? 'dancer ' + (d + 1) + ', ' : '') + name.replaceAll('_', ' ') + (guess ? ', guessed' : '');
  pick.style.transform = `translate(${((q.x + 1) / 2 * box[2]).toFixed(1)}px, ${((1 - q.y) / 2 * box[3]).toFixed(1)}px)`;
  pick.classList.toggle('a2p-left', q.x > .3); pick.classList.toggle('a2p-guess', guess); pick.style.setProperty('--c', c.info.colours[d % c.info.colours.length]);
  if (panes[k].label.textContent !== text) panes[k].label.textContent = text;
}
function draw(force) {
  const t = clock.time;
  let moved = false;
  for (const [k, s] of scenes.entries()) {
    const f = clips[k].frame(t);
    if (f !== s.shown) { s.pose(f); moved = true; }
    panes[k].held.hidden = clips.length < 2 || t < clips[k].info.duration || clips[k].info.duration > duration - .02;
  }
  state.shownAt = t;
  if (moved) {
    state.shown = scenes[0].shown; dirty = true; view.dataset.frame = state.shown;
    if (framed) shift();
    pulse.value = clock.playing ? beatPulse(t + .5 / clips[0].fps) : 0;
    changed(false);
  }
  const plain = easy();
  if (plain !== was) { was = plain; sized = false; dirty = true; }
  if ((dirty || force) && renderer) {
    if (!sized) { renderer.setPixelRatio(ratio()); renderer.setSize(stage.clientWidth, stage.clientHeight, false); sized = true; }   // clears the picture, so only just before a new one
    if (plain) plains ??= scenes.map(s => new Plain(s));
    for (const [k, s] of scenes.entries()) {
      renderer.setViewport(...panes[k].box); renderer.setScissor(...panes[k].box);
      seenFrom(s, 1);
      if (plain) { const p = plains[k]; p.eye.value.copy(camera.position); p.pixel.value = 2 / (panes[k].box[3] * ratio() * camera.projectionMatrix.elements[5]); p.pose(); renderer.render(p.scene, camera); }
      else renderer.render(s.scene, camera);
      label(k);
      seenFrom(s, -1);
    }
    dirty = false; state.draws++;
  }
  return state.shown;
}
function tick(now) {
  if (life.signal.aborted) return;
  requestAnimationFrame(tick);
  if (clock.playing && clock.time >= upTo() - .25 / clips[0].fps && (state.loop || state.b !== null || !song)) {
    if (state.loop) clock.time = from(); else { clock.pause(); clock.time = upTo(); }
    look(true);
  }
  controls?.update();
  draw();
  readout();
  const gap = now - before;
  before = now;
  if (clock.playing && gap < 500) slow = .9 * slow + .1 * gap;
  if (slow > 31 && level < (soft ? 2 : 4)) ease();
}

// ---- time line --------------------------------------------------------------------------------------------------------
let lastX = -1, counted = 0, lanes = null, shares;
function readout() {
  const t = clamp(state.shownAt, 0, duration), x = Math.round(t / duration * line.width), s = clockText(t);
  if ($('now').textContent !== s) { $('now').textContent = s; $('line').setAttribute('aria-valuenow', t.toFixed(2)); $('line').setAttribute('aria-valuetext', s + ' of ' + clockText(duration)); }
  const c = clips.length > 1 ? '' : 'frame ' + state.shown + ' of ' + clips[0].T;
  if ($('count').textContent !== c && (!clock.playing || performance.now() - counted > 100)) { counted = performance.now(); $('count').textContent = c; }
  if (x !== lastX) { lastX = x; moveHead(); }
  if (root.classList.contains('a2p-playing') !== clock.playing) look(true);
}
function drawLanes() {                            // one lane a dancer, only where something is missing: empty where nobody is seen, hollow where all is guessed
  shares ??= clips.flatMap(c => (c.shares() ?? []).map((s, d) => [s, c, c.info.colours[d % c.info.colours.length]])).slice(0, 8);
  if (!shares.length || !line.width) return null;
  const px = window.devicePixelRatio || 1, w = line.width, tall = Math.min(5, Math.floor(20 / shares.length)) * px, still = document.createElement('canvas');
  still.width = w; still.height = shares.length * (tall + px);
  const g = still.getContext('2d');
  shares.forEach(([share, c, colour], k) => {
    g.fillStyle = colour;
    for (let x = 0; x < w; x++) {
      const f0 = clamp(Math.floor(x / w * duration * c.fps), 0, c.T), f1 = clamp(Math.ceil((x + 1) / w * duration * c.fps), f0, c.T), y = k * (tall + px);
      let n = 0, m = 0;
      for (let f = f0; f < f1; f++) if (share[f] >= 0) { n++; m += share[f]; }
      if (!n) continue;
      g.globalAlpha = 1; g.fillRect(x, y, 1, Math.max(1, px / 2)); g.fillRect(x, y + tall - Math.max(1, px / 2), 1, Math.max(1, px / 2));
      g.globalAlpha = .85; g.fillRect(x, y + tall * (1 - m / n), 1, tall * m / n);
    }
  });
  return still;
}
function drawLine() {                             // twice, with the part that was played in another colour; `moveHead` shows as much of it as has been
  for (const [canvas, played] of [[line, false], [lit, true]]) {
    const g = canvas.getContext('2d'), w = line.width, h = line.height, px = window.devicePixelRatio || 1, X = t => t / duration * w;
    g.clearRect(0, 0, w, h);
    const top = lanes ? lanes.height + 2 * px : 0, mid = top + (h - top) * .44, n = info.wave.length;
    if (!played) {
      if (state.a !== null || state.b !== null) { g.fillStyle = '#5aa2ff26'; g.fillRect(X(from()), 0, X(upTo()) - X(from()), h); g.fillStyle = '#5aa2ff'; for (const t of [state.a, state.b]) if (t !== null) g.fillRect(X(t) - px, 0, 2 * px, h); }
      const gap = info.beats.length > 1 ? w / info.beats.length : w;
      for (const [t, k] of info.beats) {          // thin for a beat, thick for the first of a bar
        if (t > duration) break;
        const first = k === 1, {color, width} = first ? info.downbeat : info.beat;
        if (first ? gap * 4 < 4 * px : gap < 4 * px) continue;
        g.globalAlpha = first ? .9 : .55; g.fillStyle = color; g.fillRect(X(t) - width * px / 2, first ? top : h - 12 * px, width * px, h);
      }
      g.globalAlpha = 1;
      if (lanes) g.drawImage(lanes, 0, 0);
    }
    g.fillStyle = played ? '#6cabff' : '#4b566b';
    const count = Math.floor(w / (3 * px));
    for (let k = 0; k < count; k++) {
      const x = (k + .5) / count * w, v = n ? info.wave[Math.min(n - 1, Math.floor(k / count * n))] / 255 : .04, y = Math.max(px, v * (h - top) * .40);
      g.fillRect(x - px, mid - y, 2 * px, 2 * y);
    }
  }
  moveHead();
}
function moveHead() {
  const x = clamp(clock.time, 0, duration) / duration;
  lit.parentNode.style.transform = `translateX(${100 * x - 100}%)`; lit.style.transform = `translateX(${100 - 100 * x}%)`; $('head').style.transform = `translateX(${100 * x}%)`;   // moves layers, paints nothing
}

// ---- controls ---------------------------------------------------------------------------------------------------------
function look(now = false) {
  const playing = clock.playing, set = (name, key, value) => $(name).setAttribute('aria-' + key, value);
  root.classList.toggle('a2p-playing', playing);
  if (playing || clock.time > 0) root.classList.add('a2p-begun');
  set('play', 'label', playing ? 'Pause' : 'Play');
  $('rate').textContent = state.rate + '\u00d7'; set('rate', 'label', 'Speed ' + state.rate + ', press for normal speed');
  set('loop', 'pressed', state.loop); set('follow', 'pressed', state.follow); set('turn', 'label', 'View from the ' + views[angle][0] + ', press for the next');
  $('a').classList.toggle('a2p-set', state.a !== null); $('b').classList.toggle('a2p-set', state.b !== null);
  if (song) set('mute', 'pressed', song.muted);
  [...$('who').children].forEach((b, d) => b.setAttribute('aria-pressed', state.dancers.has(d)));
  drawLine();
  changed(now);
}
const fullscreen = () => root.getRootNode().fullscreenElement ?? document.fullscreenElement;
const actions = {
  play: () => clock.playing ? pause() : play(), loop: () => { state.loop = !state.loop; look(); },
  follow: () => { state.follow = !state.follow; if (controls) { if (state.follow) shift(); else frameAll(); } look(); },
  mute: () => { if (song) { song.muted = !song.muted; look(); } }, slow: () => faster(-1), fast: () => faster(1), rate: () => speed(1), a: () => mark('a'), b: () => mark('b'),
  full: () => fullscreen() ? document.exitFullscreen() : (page ? document.documentElement : root).requestFullscreen?.(),
  help: () => { $('keys').hidden = !$('keys').hidden; $('help').setAttribute('aria-expanded', !$('keys').hidden); },
  turn: () => { if (controls) { angle = (angle + 1) % views.length; setView(...views[angle].slice(1)); look(); } },
};
const away = b => page ? b.blur() : root.focus({preventScroll: true});      // after a click the keys belong to the player, not to the button
for (const name of Object.keys(actions)) on($(name), 'click', e => { actions[name](); if (e.detail) away(e.currentTarget); });
on($('big'), 'click', e => { play(); away(e.currentTarget); });
const keys = {
  ' ': actions.play, k: actions.play, l: actions.loop, f: actions.follow, m: actions.mute, v: actions.turn, a: actions.a, b: actions.b, c: () => mark('c'),
  '+': actions.fast, '=': actions.fast, '-': actions.slow, _: actions.slow, 1: actions.rate, '?': actions.help, h: actions.help,
  j: e => choose(e.shiftKey ? -1 : 1, 0), n: () => choose(0, 1),
  ArrowLeft: e => e.shiftKey ? seek(clock.time - 5) : step(-1), ArrowRight: e => e.shiftKey ? seek(clock.time + 5) : step(1), ',': () => step(-1), '.': () => step(1),
  ArrowDown: () => seek(clock.time - 5), ArrowUp: () => seek(clock.time + 5), PageDown: () => seek(clock.time - 5), PageUp: () => seek(clock.time + 5),
  Home: () => seek(from()), End: () => seek(duration), Escape: () => { if (!$('keys').hidden) actions.help(); else if (state.selection) select(null); },
};
if (!page) { root.tabIndex = 0; root.setAttribute('role', 'group'); root.setAttribute('aria-label', info.label); }
on(page ? document : root, 'keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const f = keys[e.key.length === 1 ? e.key.toLowerCase() : e.key];
  if (!f || ((e.key === ' ' || e.key === 'Enter') && e.target instanceof HTMLButtonElement)) return;
  e.preventDefault(); e.stopPropagation(); f(e);
});
if (!page) {                                      // in a notebook the wheel scrolls, until the player has the focus
  on(root, 'focusin', () => { if (controls) controls.enableZoom = true; });
  on(root, 'focusout', e => { if (controls && !root.contains(e.relatedTarget)) controls.enableZoom = false; });
}
let wasPlaying = false;
const scrub = e => { const r = line.getBoundingClientRect(); seek((e.clientX - r.left) / r.width * duration); };
on($('line'), 'pointerdown', e => { wasPlaying = clock.playing; if (wasPlaying) clock.pause(); $('line').setPointerCapture(e.pointerId); $('line').dragged = true; scrub(e); });
on($('line'), 'pointermove', e => { if ($('line').hasPointerCapture(e.pointerId)) scrub(e); });
for (const end of ['pointerup', 'pointercancel']) on($('line'), end, () => { $('line').dragged = false; if (wasPlaying) play(); else look(true); wasPlaying = false; });
let down = null;
on($('panes'), 'pointerdown', e => { down = [e.clientX, e.clientY]; if (!page) root.focus({preventScroll: true}); });
on($('panes'), 'click', e => {                    // the joint nearest to a click that was no drag
  if (!down || Math.hypot(e.clientX - down[0], e.clientY - down[1]) > 4 || !renderer) return;
  const k = panes.findIndex(({pane}) => { const r = pane.getBoundingClientRect(); return e.clientX >= r.left && e.clientX < r.right && e.clientY >= r.top && e.clientY < r.bottom; });
  if (k < 0) return;
  const r = panes[k].pane.getBoundingClientRect(), c = clips[k], s = scenes[k];
  let best = [26, null];
  seenFrom(s, 1);
  for (const d of state.dancers) if (d < c.D) c.info.joints.forEach((name, j) => {
    const q = c.joint(s.shown, d, j)?.project(camera), far = q ? Math.hypot(r.left + (q.x + 1) / 2 * r.width - e.clientX, r.top + (1 - q.y) / 2 * r.height - e.clientY) : 99;
    if (far < best[0]) best = [far, [d, name]];
  });
  seenFrom(s, -1);
  select(best[1]);
});
on($('panes'), 'dblclick', () => actions.play());
if (song) on(song, 'ended', () => { if (state.loop) { clock.time = from(); clock.play(); } look(true); });
else $('mute').hidden = true;
const size = new ResizeObserver(resize);
size.observe(stage); size.observe($('bar'));

// ---- start ------------------------------------------------------------------------------------------------------------
$('end').textContent = clockText(duration); $('line').setAttribute('aria-valuemax', duration.toFixed(2));
$('title').textContent = info.title; $('sub').textContent = info.sub;
$('by').textContent = $('credit').textContent = info.credit; $('by').hidden = $('credit').hidden = !info.credit;
panes.forEach(({held}, k) => { held.textContent = 'ended at ' + clockText(clips[k].info.duration); });
const crowd = clips.reduce((p, q) => q.D > p.D ? q : p);
if (crowd.D > 1) {
  $('who').hidden = false;
  for (let d = 0; d < crowd.D; d++) {
    const b = make('button', null, crowd.D > 6 ? String(d + 1) : 'Dancer ' + (d + 1));
    b.type = 'button'; b.setAttribute('aria-label', 'Show dancer ' + (d + 1)); b.style.setProperty('--c', crowd.info.colours[d % crowd.info.colours.length]);
    on(b, 'click', () => { const s = new Set(state.dancers); if (!s.delete(d)) s.add(d); show(s); });
    $('who').append(b);
  }
}
root.classList.toggle('a2p-soft', soft);
draw();
resize();
const api = {
  fps: clips[0].fps, frames: clips[0].T, dancers: clips[0].D, duration, beats: info.beats, get audio() { return song; }, actions, state,
  frame: () => draw(true), time: () => clock.time, shown: () => ({frame: state.shown, time: state.shownAt}), playing: () => clock.playing,
  now: () => frameAt(clock.time), framesShown: () => scenes.map(s => s.shown),
  eye: () => camera.position.toArray(), pace: () => ({draws: state.draws, plain: was, ratio: ratio(), soft, level}),
  play, pause, seek, step, speed, show, select, loop: on => { state.loop = on; look(); }, follow: on => { if (on !== state.follow) actions.follow(); }, view: setView,
  joints: (f = state.shown, d = 0, k = 0) => Array.from({length: clips[k].B}, (_, b) => { const i = clips[k].at(f, d, b); return clips[k].seen(i) ? clips[k].put(i, new Vector3()).toArray() : null; }),
  screen: (d, name, k = 0) => {                  // where a joint is on the page, for tests
    const c = clips[k], r = panes[k].pane.getBoundingClientRect();
    seenFrom(scenes[k], 1);
    const q = c.joint(scenes[k].shown, d, c.info.joints.indexOf(name)).project(camera);
    seenFrom(scenes[k], -1);
    return [r.left + (q.x + 1) / 2 * r.width, r.top + (1 - q.y) / 2 * r.height];
  },
  dispose: () => {
    if (life.signal.aborted) return;
    life.abort(); size.disconnect(); controls?.dispose();
    for (const s of [...scenes, ...plains ?? []]) s.dispose();
    if (renderer) { renderer.dispose(); renderer.forceContextLoss(); }
    if (song) { song.pause(); URL.revokeObjectURL(song.src); song.removeAttribute('src'); song.load(); }
    root.replaceChildren();
  },
};
root.a2p = api;
look();
requestAnimationFrame(tick);
return api;
}
return mount;
})();
