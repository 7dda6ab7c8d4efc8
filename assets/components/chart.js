/* Chart and Numbers (see perfwidget/page/components.py). A chart is a still picture at once; plotly.js, which takes thirty
   times as long, draws it again once somebody comes to it. */
(function () {
  'use strict';

  const { createElement: make, useLayoutEffect, useRef, useState } = window.React;
  const NOTHING = /^(0|0s|—)$/;  // numbers that count no rows
  let clicks = 0;
  const CONFIG = { displayModeBar: false, doubleClick: false, scrollZoom: false, responsive: false };
  const FAR = 10000;  // pixels, more than any graph is high
  const root = document.documentElement;
  let loading = null;

  /* plotly.js, which is fetched when nothing else is to be done, and again if it did not come. */
  function plotly() {
    loading = loading || new Promise((done, failed) => {
      const src = JSON.parse(document.getElementById('perfwidget-fixed').textContent).plotly;
      document.head.append(Object.assign(document.createElement('script'), { src, onload: done, onerror: failed }));
    }).catch(() => { loading = null; });
    return loading;
  }

  /* Colours are named after custom properties of the stylesheet, and looked up once a plot. */
  function painted(part, colours) {
    if (typeof part === 'string') return part.startsWith('--') ? colours(part) : part;
    if (Array.isArray(part)) return part.map((each) => painted(each, colours));
    if (part === null || typeof part !== 'object') return part;
    return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, painted(each, colours)]));
  }

  /* The bars, points or slices that say something, in the order in which one reads them. */
  function marksOf({ data }) {
    const marks = data.flatMap((trace, curve) => (trace.hoverinfo === 'skip' ? [] : (trace.y || trace.values).map((value, point) => (
      { curve, point, value, text: `${(trace.x || trace.labels)[point]}, ${trace.name || ''} ${trace.customdata[point]}` }))));
    return marks.filter(({ value }) => value).sort((one, other) => one.point - other.point || one.curve - other.curve);
  }

  /* Draw figures in a place; `pick` is called with the {meta, point} of what is clicked, `say` with what is under the keys. */
  function plot(place, name, pick, say) {
    let [figure, said, width, live, pressed, mark] = [null, '', 0, false, 0, -1];

    function show(next) {
      figure = next;
      mark = -1;
      draw();
    }

    function draw() {
      if (!figure) empty();
      width = place.clientWidth;
      if (!figure || !width) return;
      const saying = JSON.stringify([figure, width]);
      if (said === saying) return;
      if (live && !place.matches(':hover, :focus')) empty();
      said = saying;
      if (live) react();
      else place.replaceChildren(window.perfwidget_sketch(name, figure, width, place.clientHeight));
      (window.requestIdleCallback || window.setTimeout)(plotly);
    }

    function react() {
      const style = window.getComputedStyle(root);
      const { data, layout } = painted(figure, (each) => style.getPropertyValue(each).trim());
      window.Plotly.react(place, data, { ...layout, width, height: place.clientHeight }, CONFIG);
    }

    function empty() {
      if (live) window.Plotly.purge(place);
      place.replaceChildren();
      [said, live] = ['', false];
    }

    /* Let plotly.js draw what somebody came to, and go on as if that had been there before. */
    function enliven({ clientX, clientY }) {
      if (live || !said || !window.Plotly) return;
      live = true;
      place.replaceChildren();
      react();
      place.on('plotly_click', choose);
      const under = clientX === undefined ? null : document.elementFromPoint(clientX, clientY);
      if (under && place.contains(under)) {
        under.dispatchEvent(new MouseEvent('mousemove', { bubbles: true, clientX, clientY, view: window }));
      }
    }

    const chosen = (curve, point) => {
      const { meta } = figure.data[curve];
      pick(Array.isArray(meta) ? { meta: meta[point], point: null } : { meta, point });
    };

    /* A click tells all series of its date, each with the height of its point or of its bar's upper edge: the point next
       to the pointer counts, or the bar that the pointer is in. */
    function choose({ points }) {
      const height = pressed - place.getBoundingClientRect().top;
      const away = ({ bbox, curveNumber }) => {
        const below = bbox ? height - bbox.y0 : 0;
        const { type, stackgroup } = figure.data[curveNumber];
        return (type === 'bar' || stackgroup) && below < 0 ? FAR - below : Math.abs(below);
      };
      const [point] = points.filter(({ y }) => y !== 0 && y !== null).sort((one, other) => away(one) - away(other));
      if (point) chosen(point.curveNumber, point.pointNumber);
    }

    /* The arrow keys go from mark to mark, and Enter chooses one. */
    function key(event) {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const marks = figure ? marksOf(figure) : [];
      if (event.key === 'Enter' && marks[mark]) chosen(marks[mark].curve, marks[mark].point);
      if (!step || !marks.length) return;
      event.preventDefault();
      mark = Math.min(Math.max(mark + step, 0), marks.length - 1);
      const { curve, point, text } = marks[mark];
      say(text);
      if (live && figure.data[curve].y) {
        window.Plotly.Fx.hover(place, figure.data.map((_, curveNumber) => ({ curveNumber, pointNumber: point })));
      }
    }

    const repaint = () => { if (live) react(); };
    const resized = new ResizeObserver(draw);
    resized.observe(place);
    root.addEventListener('perfwidget:theme', repaint);
    place.addEventListener('pointerdown', ({ clientY }) => { pressed = clientY; }, true);
    ['pointerover', 'pointermove'].forEach((kind) => { place.addEventListener(kind, enliven, true); });
    place.addEventListener('focus', () => plotly().then(() => enliven({})));
    place.addEventListener('keydown', key);
    return { show,
      end() {
        resized.disconnect();
        root.removeEventListener('perfwidget:theme', repaint);
        empty();
      } };
  }

  function clicked(setProps, data) {
    clicks += 1;
    setProps({ clickData: { ...data, at: clicks } });
  }

  function Chart({ id, figure, name, setProps }) {
    const [place, status, drawn] = [useRef(null), useRef(null), useRef(null)];
    const [whole, showWhole] = useState(false);
    const { full } = (figure && figure.layout.meta) || {};
    useLayoutEffect(() => {
      const say = (text) => { status.current.textContent = text; };
      drawn.current = plot(place.current, id, (data) => clicked(setProps, data), say);
      return drawn.current.end;
    }, []);
    useLayoutEffect(() => {
      drawn.current.show(full && whole ? { ...figure, layout: { ...figure.layout, ...full } } : figure);
    }, [figure, whole]);
    return make('div', { className: figure ? 'graph' : 'graph empty' },
      make('div', { id, className: 'picture', role: 'img', 'aria-label': name, tabIndex: figure ? 0 : -1, ref: place }),
      make('span', { className: 'visually-hidden', role: 'status', ref: status }),
      full && make('button', { type: 'button', className: 'range', 'aria-pressed': whole, onClick: () => showWhole(!whole) },
        figure.layout.meta.label));
  }

  function Numbers({ id, data, name, label, setProps }) {
    const [open, setOpen] = useState(false);
    const { head, rows, keys, dated, question } = data || { head: [], rows: [], keys: [] };
    const cell = (text, row, column) => {
      const meta = dated ? keys[column] : column && keys[row];
      if (question === null || !meta || NOTHING.test(text)) return text;
      const act = (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        clicked(setProps, { meta, point: dated ? row : null });
      };
      return make('a', { className: 'leads', href: `?${question}&rows=${meta}${dated ? `@${data.dates[row]}` : ''}`, onClick: act }, text);
    };
    const table = () => make('table', {}, make('caption', { className: 'visually-hidden' }, name),
      make('thead', {}, make('tr', {}, ...head.map((text) => make('th', { scope: 'col' }, text)))),
      make('tbody', {}, ...rows.map((texts, row) => make('tr', {}, ...texts.map((text, column) => (
        make(column ? 'td' : 'th', column ? {} : { scope: 'row' }, cell(text, row, column))))))));
    const region = { className: 'table', tabIndex: question === null ? 0 : undefined, role: 'region', 'aria-label': name };
    return make('details', { id, className: data ? 'data' : 'data waiting', onToggle: ({ target }) => setOpen(target.open) },
      make('summary', { 'aria-label': name }, label), open && data && make('div', region, table()));
  }

  window.perfwidget_components = Object.assign(window.perfwidget_components || {}, { Chart, Numbers });
})();
