/* Chart (see perfwidget/page/components.py). A chart is a still picture at once; plotly.js, which takes thirty
   times as long, draws over it once somebody comes to it. */

const { createElement: make, useLayoutEffect, useRef, useState } = window.React;
const CONFIG = { displayModeBar: false, doubleClick: false, scrollZoom: false, responsive: false };
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const root = document.documentElement;
let loading = null;

/* plotly.js, which is fetched when somebody first comes to the figures, and again if it did not come. */
function plotly() {
  loading = loading || new Promise((done, failed) => {
    const src = JSON.parse(document.getElementById('perfwidget-fixed').textContent).plotly;
    document.head.append(Object.assign(document.createElement('script'), { src, onload: done, onerror: failed }));
  }).catch(() => { loading = null; });
  return loading;
}

document.addEventListener('pointerover', ({ target }) => { if (!window.Plotly && target.closest('main')) plotly(); });

/* A figure as plotly.js knows it: colours are named after custom properties of the stylesheet. */
function painted(figure) {
  const style = window.getComputedStyle(root);
  return JSON.parse(JSON.stringify(figure).replace(/"(--[a-z-]+)"/g, (_, name) => JSON.stringify(style.getPropertyValue(name).trim())));
}

/* The bars, points or slices that say something, in the order in which one reads them. */
function marksOf({ data }) {
  const marks = data.flatMap((trace, curve) => (trace.hoverinfo === 'skip' ? [] : (trace.y || trace.values).map((value, point) => (
    { curve, point, value, text: `${(trace.x || trace.labels)[point]}, ${trace.name || ''} ${trace.customdata[point]}` }))));
  return marks.filter(({ value }) => value).sort((one, other) => one.point - other.point || one.curve - other.curve);
}

const isLine = ({ mode, stackgroup }) => Boolean(mode && !stackgroup);

/* Draw figures in a place; `pick` is called with the {meta, point} of what is clicked, `say` with what is under the keys. */
function plot(place, pick, say) {
  let [figure, size, drawn, live, mark] = [null, [0, 0], '', null, -1];

  const chosen = (curve, point) => {
    const { meta } = figure.data[curve];
    pick(Array.isArray(meta) ? { meta: meta[point], point: null } : { meta, point });
  };

  /* A click tells all series of its date: of bars the one that the pointer is in counts, else the point next to it. */
  function choose({ points, event: { clientY } }) {
    const height = clientY - place.getBoundingClientRect().top;
    const away = ({ bbox: { y0 }, curveNumber }) => (
      !isLine(figure.data[curveNumber]) && height < y0 ? Infinity : Math.abs(height - y0));
    const there = points.filter(({ y, bbox }) => bbox && y).sort((one, other) => away(one) - away(other));
    const [point] = figure.layout.xaxis ? there : points;
    if (point) chosen(point.curveNumber, point.pointNumber);
  }

  function still() {
    if (live) window.Plotly.purge(live);
    live = null;
    place.replaceChildren();
  }

  /* Draw what is not drawn so yet: a picture, and plotly.js where somebody is. To ask for sizes here would cost a layout each. */
  function draw(anew = false) {
    const now = figure && size[0] ? JSON.stringify([figure, size]) : '';
    if (now === drawn && !anew) return;
    drawn = now;
    still();
    if (!now) return;
    place.append(window.perfwidget_sketch(figure, ...size));
    visited();
  }

  /* Let plotly.js draw over the picture that somebody is at. */
  function visited() {
    if (live || !drawn || !place.matches(':hover, :focus')) return;
    if (!window.Plotly) {
      plotly().then(() => window.Plotly && visited());
      return;
    }
    live = Object.assign(document.createElement('div'), { className: 'live' });
    place.append(live);
    const { data, layout } = painted(figure);
    window.Plotly.newPlot(live, data, { ...layout, width: size[0], height: size[1] }, CONFIG);
    live.on('plotly_click', choose);
  }

  /* The arrow keys go from mark to mark, and Enter chooses one. */
  function key(event) {
    const marks = figure ? marksOf(figure) : [];
    if (event.key === 'Enter' && marks[mark]) chosen(marks[mark].curve, marks[mark].point);
    if (!STEPS[event.key] || !marks.length) return;
    event.preventDefault();
    mark = Math.min(Math.max(mark + STEPS[event.key], 0), marks.length - 1);
    const { curve, point, text } = marks[mark];
    say(text);
    const there = figure.data.map((_, curveNumber) => ({ curveNumber, pointNumber: point }));
    if (live && figure.data[curve].y) window.Plotly.Fx.hover(live, there);
  }

  const repaint = () => draw(live !== null);
  const resized = new ResizeObserver(() => { size = [place.clientWidth, place.clientHeight]; draw(); });
  resized.observe(place);
  root.addEventListener('perfwidget:theme', repaint);
  ['pointerover', 'focus'].forEach((kind) => { place.addEventListener(kind, visited); });
  place.addEventListener('keydown', key);
  return {
    show(next) {
      [figure, mark] = [next, -1];
      draw();
    },
    end() {
      resized.disconnect();
      root.removeEventListener('perfwidget:theme', repaint);
      still();
    },
  };
}

function Chart({ id, figure, name, setProps }) {
  const [place, status, drawn] = [useRef(null), useRef(null), useRef(null)];
  const [whole, showWhole] = useState(false);
  const { full, name: told } = (figure && figure.layout.meta) || {};
  useLayoutEffect(() => {
    const pick = (data) => setProps({ clickData: { ...data, at: Date.now() } });
    drawn.current = plot(place.current, pick, (text) => { status.current.textContent = text; });
    return drawn.current.end;
  }, []);
  useLayoutEffect(() => {
    drawn.current.show(full && whole ? { ...figure, layout: { ...figure.layout, ...full } } : figure);
  }, [figure, whole]);
  return make('div', { className: figure ? 'graph' : 'graph empty' },
    make('div', { id, className: 'picture', role: 'img', 'aria-label': told || name, tabIndex: figure ? 0 : -1, ref: place }),
    make('span', { className: 'visually-hidden', role: 'status', ref: status }),
    full && make('button', { type: 'button', className: 'range', 'aria-pressed': whole, onClick: () => showWhole(!whole) },
      figure.layout.meta.label));
}

window.perfwidget_components = Object.assign(window.perfwidget_components || {}, { Chart });
