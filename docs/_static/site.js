// What the pages do by themselves: draw figures when they come into view, put a player where its picture was pressed, make what
// scrolls reachable by keyboard. Everything comes from this folder; nothing is asked of the network.
(() => {
'use strict';
const root = document.documentElement.dataset.content_root || './';
if (location.protocol === 'file:') DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;     // a page on disk may not read its neighbours

// ---- figures ----------------------------------------------------------------------------------------------------------------
let loading = null;
const plotly = () => loading ??= new Promise((done, fail) => {
  const s = document.createElement('script');
  s.src = root + '_static/plotly.min.js';
  s.onload = done;
  s.onerror = fail;
  document.head.append(s);
});
const system = matchMedia('(prefers-color-scheme: dark)');
const dark = () => document.body.dataset.theme === 'dark' || document.body.dataset.theme !== 'light' && system.matches;
const colours = () => dark() ? {ink: '#c5cedd', grid: '#98a1b040', line: '#98a1b0', box: '#1d2533'} : {ink: '#3c4759', grid: '#98a1b04d', line: '#7b879b', box: '#ffffff'};
function themed(layout) {                       // the figure's own layout with the page's colours
  const c = colours(), out = structuredClone(layout);
  const axis = a => Object.assign(a, {gridcolor: c.grid, zerolinecolor: c.line, linecolor: c.line, color: c.ink});
  Object.assign(out, {paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', font: {...out.font, color: c.ink, family: 'system-ui, sans-serif'},
    hoverlabel: {bgcolor: c.box, font: {color: c.ink}}, autosize: true});
  if (!out.scene) { out.xaxis ??= {}; out.yaxis ??= {}; }
  for (const k of Object.keys(out)) {
    if (/^[xy]axis\d*$/.test(k)) axis(out[k]);
    if (/^scene\d*$/.test(k)) for (const a of ['xaxis', 'yaxis', 'zaxis']) axis(out[k][a] ??= {}).backgroundcolor = '#98a1b01c';
  }
  for (const m of out.updatemenus || []) Object.assign(m, {bgcolor: c.box, bordercolor: c.line, font: {color: c.ink}});
  for (const m of out.sliders || []) Object.assign(m, {bgcolor: c.line, bordercolor: c.line, font: {color: c.ink}});
  for (const a of out.annotations || []) a.font = {...a.font, color: c.ink};
  return out;
}
async function drawFigure(el) {
  const fig = JSON.parse(el.querySelector('script').textContent), wide = fig.layout.width;
  if (wide) { el.style.maxWidth = wide + 'px'; delete fig.layout.width; }
  await plotly();
  const at = document.createElement('div');
  el.append(at);
  await Plotly.newPlot(at, {data: fig.data, layout: themed(fig.layout), frames: fig.frames || [], config: {responsive: true, displaylogo: false, scrollZoom: false}});
  el.dataset.drawn = '1';
  el.redraw = () => Plotly.relayout(at, themed(fig.layout));
}
const figures = [...document.querySelectorAll('figure.plot')];
const near = new IntersectionObserver(all => { for (const e of all) if (e.isIntersecting) { near.unobserve(e.target); drawFigure(e.target); } }, {rootMargin: '200px'});
figures.forEach(f => near.observe(f));
addEventListener('beforeprint', () => figures.forEach(f => { if (!f.dataset.drawn) { near.unobserve(f); drawFigure(f); } }));
const recolour = () => figures.forEach(f => f.redraw?.());
new MutationObserver(recolour).observe(document.body, {attributes: true, attributeFilter: ['data-theme']});
system.addEventListener('change', recolour);

// ---- dances -----------------------------------------------------------------------------------------------------------------
let playing = null;                             // one at a time: {frame, link}
for (const link of document.querySelectorAll('a.dance')) link.addEventListener('click', e => {
  if (e.ctrlKey || e.metaKey || e.shiftKey) return;                      // a new tab, if that is wanted
  e.preventDefault();
  if (playing) playing.frame.replaceWith(playing.link);
  const frame = document.createElement('iframe');
  Object.assign(frame, {src: link.getAttribute('href') + '#play', title: 'Player: ' + link.dataset.title, className: 'dance', loading: 'lazy', allow: 'autoplay; fullscreen'});
  link.replaceWith(frame);
  frame.focus();
  playing = {frame, link};
});

// ---- what scrolls sideways can be reached with the keyboard -------------------------------------------------------------------
const sideways = () => document.querySelectorAll('.highlight pre, .table-wrapper, .output pre, div.math').forEach(el => {
  if (el.scrollWidth <= el.clientWidth + 1) return;
  el.tabIndex = 0;
  if (!el.hasAttribute('role')) { el.setAttribute('role', 'group'); el.setAttribute('aria-label', el.matches('.table-wrapper') ? 'Table, scrolls sideways' : 'Code, scrolls sideways'); }
});
sideways();
addEventListener('resize', sideways);
document.querySelectorAll('details').forEach(d => d.addEventListener('toggle', sideways));

// ---- code can be copied -------------------------------------------------------------------------------------------------------
for (const pre of document.querySelectorAll('article .highlight > pre')) {
  if (pre.closest('.cell_output')) continue;
  const b = document.createElement('button');
  Object.assign(b, {className: 'copy', type: 'button', textContent: 'Copy'});
  b.setAttribute('aria-label', 'Copy this code');
  b.addEventListener('click', async () => {
    try { await navigator.clipboard.writeText(pre.innerText); b.textContent = 'Copied'; }
    catch { getSelection().selectAllChildren(pre); b.textContent = 'Selected'; }
    setTimeout(() => { b.textContent = 'Copy'; }, 1500);
  });
  pre.parentElement.append(b);
}
})();
