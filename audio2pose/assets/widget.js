// A notebook's view of a player: the data comes once, as bytes; after that only the small traits go to and fro.
const bytes = v => v ? new Uint8Array(v.buffer, v.byteOffset, v.byteLength) : null;
async function render({model, el, signal}) {
  const host = document.createElement('div'), shadow = host.attachShadow({mode: 'open'}), root = document.createElement('div');
  host.className = 'a2p-host';
  host.setAttribute('data-lm-suppress-shortcuts', 'true');                 // the letters are the player's, not the notebook's commands
  shadow.append(Object.assign(document.createElement('style'), {textContent: model.get('_style')}), root);
  root.style.setProperty('--a2p-height', model.get('height') + 'px');
  el.append(host);

  let quiet = true, pushing = false, last = 0, timer = 0;
  const has = name => model.get(name) !== undefined;
  const differs = (name, v) => has(name) && JSON.stringify(model.get(name)) !== JSON.stringify(v);
  function push() {                                                         // to Python: what is on screen
    clearTimeout(timer); timer = 0; last = performance.now(); pushing = true;
    const now = {time: player.time(), frame: player.now(), playing: player.playing(), speed: player.state.rate, dancers: [...player.state.dancers].sort((a, b) => a - b), selection: player.state.selection};
    if (has('frame') ? now.frame === model.get('frame') : Math.abs(now.time - model.get('time')) < .005) { delete now.frame; delete now.time; }
    for (const name in now) if (differs(name, now[name])) model.set(name, now[name]);
    model.save_changes(); pushing = false;
  }
  const changed = now => { if (quiet) return; if (now) push(); else timer ||= setTimeout(push, Math.max(0, 100 - (performance.now() - last))); };
  const player = await mountPlayer(root, {info: model.get('_info'), motions: model.get('_motions').map(bytes), sound: bytes(model.get('_sound'))}, {changed});

  const go = t => { if (Math.abs(t - player.time()) > (player.playing() ? .3 : .4 / player.fps)) player.seek(t); };
  const from = {                                                            // from Python: what it asks for
    time: go, frame: f => { if (f !== player.now()) go(f / player.fps); }, speed: player.speed, dancers: player.show, selection: player.select,
    playing: on => { if (on !== player.playing()) player[on ? 'play' : 'pause'](); },
  };
  const heard = Object.keys(from).filter(has).map(name => ['change:' + name, () => { if (pushing) return; quiet = true; from[name](model.get(name)); quiet = false; }]);   // what Python asked for it need not be told
  for (const [event, f] of heard) model.on(event, f);
  const tall = () => root.style.setProperty('--a2p-height', model.get('height') + 'px');
  model.on('change:height', tall);
  for (const name of ['speed', 'dancers', 'selection', 'time', 'playing']) from[name](model.get(name));
  quiet = false;
  const end = () => { clearTimeout(timer); for (const [event, f] of heard) model.off(event, f); model.off('change:height', tall); player.dispose(); };
  if (signal?.aborted) end(); else signal?.addEventListener('abort', end);
  return end;
}
export default {render};
