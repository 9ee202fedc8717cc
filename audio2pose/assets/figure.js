// Plotly's FigureWidget, made patient. A widget whose script takes more than two seconds to load is written off by anywidget: from then on
// nothing that the kernel says reaches it, and plotly's five megabytes take that long on a busy machine. So this small script answers at
// once, takes the large one from where the kernel sent it, once for all figures of a page, and repeats to it what was said in the meantime.
const SAID = ['addTraces', 'deleteTraces', 'moveTraces', 'restyle', 'relayout', 'update', 'animate', 'removeLayoutProps', 'removeTraceProps'].map(n => '_py2js_' + n);
const load = text => (globalThis.a2pPlotly ??= {})[text.length] ??= import(URL.createObjectURL(new Blob([text], {type: 'text/javascript'})));

export default () => {
  let plotly, ready;
  const late = [];
  async function fetchPlotly(model) {
    const library = await model.widget_manager.get_model(model.get('library').slice('IPY_MODEL_'.length));
    plotly = (await load(library.get('text'))).default();
    plotly.initialize({model});
    late.forEach(([n, value]) => { model.set(n, value); model.set(n, null); });
  }
  return {
    initialize({model}) {
      SAID.forEach(n => model.on('change:' + n, () => { if (!plotly && model.get(n)) late.push([n, model.get(n)]); }));
      ready = fetchPlotly(model);
    },
    async render(view) {
      await ready;
      return plotly.render(view);
    },
  };
};
