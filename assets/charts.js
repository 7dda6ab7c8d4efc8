/* The graphs, drawn by plotly.js. It comes after the page has been painted: until it is there, what is to be drawn waits.
   A figure that is as it was is left alone, and a plot that was drawn in the preview moves into the page that follows. */
(function () {
  'use strict';
  if (window.perfwidgetCharts) return;

  const CONFIG = { displayModeBar: false, doubleClick: false, scrollZoom: false, responsive: false };
  const FAR = 10000;  // pixels, more than any graph is high

  const charts = new Map();  // by name: {picture, plot, figure, said, width}
  let pointed = 0;  // how far down the window the pointer went down last
  let picked = () => {};

  document.addEventListener('pointerdown', ({ clientY }) => { pointed = clientY; }, true);

  // -- Drawing --------------------------------------------------------------------------------------------------------

  /* Colours are named after the custom properties of the stylesheet, and looked up once: after each plot, the browser
     would work out all styles of the page again. */
  function painted(part, colours) {
    if (typeof part === 'string') return part.startsWith('--') ? colours(part) : part;
    if (Array.isArray(part)) return part.map((each) => painted(each, colours));
    if (part === null || typeof part !== 'object') return part;
    return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, painted(each, colours)]));
  }

  function chartOf({ picture, name }) {
    if (!charts.has(name)) charts.set(name, { name, picture: null, plot: document.createElement('div'), said: '' });
    const chart = charts.get(name);
    if (chart.picture !== picture) {
      if (chart.picture) resized.unobserve(chart.picture);
      chart.picture = picture;
      picture.append(chart.plot);
      resized.observe(picture);
    }
    return chart;
  }

  /* Draw figures in their pictures. `wanted` is a list of {picture, name, figure}; without a figure the picture is empty.
     What came with them is painted first; in a page that nobody looks at, nothing ever is. */
  function draw(wanted) {
    wanted.forEach((each) => Object.assign(chartOf(each), { figure: each.figure }));
    if (coming) return;
    const act = () => {
      if (coming) redraw(all());
      coming = false;
    };
    coming = true;
    window.setTimeout(act, 200);
    window.requestAnimationFrame(() => window.setTimeout(act));
  }

  let coming = false;

  /* First everything is measured, then everything is drawn. */
  function redraw(some) {
    if (!some.length) return;  // as to ask for a style makes the browser work out all of them
    const style = window.getComputedStyle(document.documentElement);
    if (!window.Plotly || !style.getPropertyValue('--text')) return;  // or the stylesheet is not there yet
    const known = new Map();
    const colours = (name) => {
      if (!known.has(name)) known.set(name, style.getPropertyValue(name).trim());
      return known.get(name);
    };
    const sized = some.map((chart) => ({
      chart, width: chart.picture.clientWidth, height: chart.picture.clientHeight, ...painted(chart.figure, colours) }));
    sized.forEach(({ chart, width, height, data, layout }) => {
      if (!chart.figure) empty(chart);
      if (!chart.figure || !width) return;
      const said = JSON.stringify([data, layout, width, height]);
      if (chart.said === said) return;
      const first = !chart.said;
      Object.assign(chart, { said, width });
      window.Plotly.react(chart.plot, data, { ...layout, width, height }, CONFIG);
      if (first) chart.plot.on('plotly_click', (click) => choose(chart, click));
    });
  }

  function empty(chart) {
    if (!chart.said) return;
    window.Plotly.purge(chart.plot);
    chart.plot.replaceChildren();
    chart.said = '';
  }

  const all = () => [...charts.values()];
  const resized = new ResizeObserver(() => redraw(all().filter(({ picture, said, width }) => (
    !said || picture.clientWidth !== width))));

  // Of plotly.js and of the stylesheet, without which there are no colours.
  document.addEventListener('load', () => redraw(all().filter(({ said, figure }) => figure && !said)), true);

  // -- Clicks ---------------------------------------------------------------------------------------------------------

  /* A click tells all series of its date, each with the height of its point or of its bar's upper edge: the point next
     to the pointer counts, or the bar that the pointer is in. */
  function choose({ picture, plot, figure: { data } }, { points }) {
    const height = pointed - plot.getBoundingClientRect().top;
    const away = ({ bbox, curveNumber }) => {
      const below = bbox ? height - bbox.y0 : 0;
      const stacked = data[curveNumber].type === 'bar' || data[curveNumber].stackgroup;
      return stacked && below < 0 ? FAR - below : Math.abs(below);
    };
    const [point] = points.filter(({ y }) => y !== 0 && y !== null).sort((one, other) => away(one) - away(other));
    if (!point) return;
    const { meta } = data[point.curveNumber];
    picked(picture, Array.isArray(meta) ? { meta: meta[point.pointNumber] } : { meta, place: point.pointNumber });
  }

  window.perfwidgetCharts = {
    draw,
    /* Draw everything anew, in the colours that the stylesheet has now. */
    repaint: () => redraw(all()),
    /* Call a function with the picture and the {meta, place} of a bar, a point or a slice that is clicked. */
    onPick: (act) => { picked = act; },
  };
})();
