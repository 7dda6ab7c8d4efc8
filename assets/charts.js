/* The graphs. What a figure shows is on the screen at once as a still picture (sketch.js); plotly.js, which comes later
   and takes thirty times as long, draws it again as soon as a pointer comes to it, and answers to the pointer from then
   on. A figure that is as it was is left alone, and what was drawn in the preview moves into the page that follows. */
(function () {
  'use strict';
  if (window.perfwidgetCharts) return;

  const CONFIG = { displayModeBar: false, doubleClick: false, scrollZoom: false, responsive: false };
  const FAR = 10000;  // pixels, more than any graph is high

  const charts = new Map();  // by name: {picture, plot, figure, said, width, live}
  let pointed = 0;  // how far down the window the pointer went down last
  let picked = () => {};

  document.addEventListener('pointerdown', ({ clientY }) => { pointed = clientY; }, true);
  ['pointerover', 'pointermove'].forEach((kind) => document.addEventListener(kind, enliven, true));

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

  /* Draw figures in their pictures. `wanted` is a list of {picture, name, figure}; without a figure the picture is
     empty. */
  function draw(wanted) {
    wanted.forEach((each) => Object.assign(chartOf(each), { figure: each.figure }));
    redraw(all());
  }

  /* First everything is measured, then everything is drawn. */
  function redraw(some) {
    if (!some.length || !styled()) return;
    const sized = some.map((chart) => ({ chart, width: chart.picture.clientWidth, height: chart.picture.clientHeight }));
    sized.forEach(({ chart, width, height }) => {
      if (!chart.figure) empty(chart);
      if (!chart.figure || !width) return;
      const said = JSON.stringify([chart.figure, width, height]);
      if (chart.said === said) return;
      if (chart.live && !chart.picture.matches(':hover')) empty(chart);
      Object.assign(chart, { said, width });
      if (chart.live) plot(chart, width, height);
      else chart.plot.replaceChildren(window.perfwidgetSketch(chart.name, chart.figure, width, height));
    });
  }

  /* Before the stylesheet is there, nothing has its size, nor its colour. */
  const styled = () => window.getComputedStyle(document.documentElement).getPropertyValue('--text');

  /* Let plotly.js draw what is under the pointer, which goes on as if that had been there before. */
  function enliven({ target, clientX, clientY }) {
    const picture = target.closest && target.closest('.picture');
    const chart = picture && all().find((each) => each.picture === picture);
    if (!chart || chart.live || !chart.said || !window.Plotly) return;
    chart.live = true;
    chart.plot.replaceChildren();
    plot(chart, chart.width, picture.clientHeight);
    chart.plot.on('plotly_click', (click) => choose(chart, click));
    const under = document.elementFromPoint(clientX, clientY);
    if (under && picture.contains(under)) {
      under.dispatchEvent(new MouseEvent('mousemove', { bubbles: true, clientX, clientY, view: window }));
    }
  }

  function plot({ figure, plot: place }, width, height) {
    const style = window.getComputedStyle(document.documentElement);
    const { data, layout } = painted(figure, (name) => style.getPropertyValue(name).trim());
    window.Plotly.react(place, data, { ...layout, width, height }, CONFIG);
  }

  function empty(chart) {
    if (chart.live) window.Plotly.purge(chart.plot);
    chart.plot.replaceChildren();
    Object.assign(chart, { said: '', live: false });
  }

  const all = () => [...charts.values()];
  const resized = new ResizeObserver(() => redraw(all().filter(({ picture, said, width }) => (
    !said || picture.clientWidth !== width))));

  // Of the stylesheet.
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
    /* Draw in the colours that the stylesheet has now what does not follow it by itself. */
    repaint: () => all().filter(({ live }) => live).forEach((chart) => {
      plot(chart, chart.width, chart.picture.clientHeight);
    }),
    /* Call a function with the picture and the {meta, place} of a bar, a point or a slice that is clicked. */
    onPick: (act) => { picked = act; },
  };
})();
