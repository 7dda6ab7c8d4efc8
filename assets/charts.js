/* The graphs, drawn as SVG: bars and lines by date, and a ring. A figure is a dict in the words of plotly.js, of which
   only what `dashboard/figures.py` says is understood; texts become text nodes, so no text is ever markup, and colours
   are custom properties of the stylesheet, so that a theme changes without drawing. A series is one shape however many
   points it has, which is what makes a page of six graphs a matter of milliseconds. */
(function () {
  'use strict';
  if (window.perfwidgetCharts) return;

  const SVG = 'http://www.w3.org/2000/svg';
  const TOP = 10;
  const RIGHT = 8;
  const LINE = 15;  // pixels from one line of text to the next
  const TICK = 4;
  const MOST_TICKS = 6;
  const THINNEST_APART = 4;  // pixels; thinner bars stand side by side
  const MOST_MARKED = 400;  // points of a line that get a mark each
  const HOLE = 0.66;
  const DASHES = { dot: '2 2' };

  const charts = new WeakMap();  // by place: {picture, figure, titles, said, scene}

  function make(tag, attributes, ...children) {
    const made = document.createElementNS(SVG, tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    made.append(...children);
    return made;
  }

  const paint = (colour) => (colour.startsWith('--') ? `var(${colour})` : colour);
  const at = (number) => Math.round(number * 10) / 10;
  const sum = (numbers) => numbers.reduce((one, other) => one + other, 0);

  // -- Axes -----------------------------------------------------------------------------------------------------------

  /* Round steps, so that an axis from 0 to the highest value has a handful of marks. */
  function steps(highest, axis) {
    const rough = highest / MOST_TICKS;
    const unit = 10 ** Math.floor(Math.log10(rough));
    const round = [1, 2, 5, 10].find((each) => each * unit >= rough * 0.999) * unit;
    const step = axis.dtick || (axis.tickformat === ',d' ? Math.max(1, round) : round);
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const format = new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
    const marks = [];
    for (let count = 0; count * step <= highest; count += 1) marks.push([count * step, format.format(count * step)]);
    return marks;
  }

  let ruler = null;

  function widthOf(text) {
    if (!ruler) {
      ruler = document.createElement('canvas').getContext('2d');
      ruler.font = `12px ${window.getComputedStyle(document.body).fontFamily}`;
    }
    return ruler.measureText(text).width;
  }

  /* Where everything is: the lower left corner, the width of a place and the height of a unit. */
  function sceneOf({ data, layout }, width, height) {
    const stacked = data[0].type === 'bar';
    const count = data[0].y.length;
    const bottoms = data.map(() => new Array(count).fill(0));
    const highs = new Array(count).fill(0);
    data.forEach(({ y }, series) => y.forEach((value, place) => {
      if (value === null) return;
      if (stacked) bottoms[series][place] = highs[place];
      highs[place] = stacked ? highs[place] + value : Math.max(highs[place], value);
    }));
    const highest = highs.reduce((one, other) => Math.max(one, other), 0) * 1.055 || 1;
    const marks = steps(highest, layout.yaxis);
    const lines = Math.max(...layout.xaxis.ticktext.map((text) => text.split('<br>').length));
    const left = 34 + Math.ceil(Math.max(...marks.map(([, text]) => widthOf(text))));
    const foot = height - TICK - 7 - lines * LINE;
    const [first, last] = layout.xaxis.range;
    const step = Math.max(0, width - RIGHT - left) / (last - first);
    return { width, height, left, foot, step, first, count, stacked, bottoms, marks,
      x: (place) => left + (place - first) * step, y: (value) => foot - (value / highest) * (foot - TOP) };
  }

  function axes({ layout }, scene) {
    const { left, foot, x, y, height, width, marks } = scene;
    const grid = marks.map(([value]) => `M${left} ${at(y(value))}H${width - RIGHT}`).join('');
    const values = marks.map(([value, text]) => make('text', { x: left - 4, y: at(y(value)), dy: '.35em' }, text));
    const ticks = layout.xaxis.tickvals.map((place) => `M${at(x(place))} ${foot}v${TICK}`).join('');
    const dates = layout.xaxis.tickvals.map((place, number) => make('text', { y: foot + TICK + 13 },
      ...layout.xaxis.ticktext[number].split('<br>').map((text, line) => (
        make('tspan', { x: at(x(place)), dy: line * LINE }, text)))));
    const middle = (foot + TOP) / 2;
    return [
      make('path', { class: 'grid', d: grid }),
      make('path', { class: 'axis', d: `M${left} ${foot}H${width - RIGHT}${ticks}` }),
      make('g', { class: 'values' }, ...values),
      make('g', { class: 'dates' }, ...dates),
      make('text', { class: 'unit', transform: `translate(15 ${at(Math.min(middle, height / 2))}) rotate(-90)` },
        layout.yaxis.title.text),
    ];
  }

  // -- Series ---------------------------------------------------------------------------------------------------------

  /* Patterns are measured in the page's pixels, so that those of neighbouring bars go on in each other. */
  function pattern(id, shape) {
    const size = 6;
    const line = { '/': 'M-1 1L1 -1M0 6L6 0M5 7L7 5', x: 'M0 6L6 0M0 0L6 6' }[shape];
    const mark = line ? make('path', { d: line }) : make('circle', { cx: 3, cy: 3, r: 1.2 });
    return make('pattern', { id, class: 'pattern', patternUnits: 'userSpaceOnUse', width: size, height: size }, mark);
  }

  /* A shape in its colour, and once more in its pattern. */
  function filled(attributes, { color, pattern: { shape } }, id) {
    const shapes = [make('path', { ...attributes, style: `fill: ${paint(color)}` })];
    if (shape) shapes.unshift(pattern(id, shape));
    if (shape) shapes.push(make('path', { ...attributes, style: `fill: url(#${id})` }));
    return shapes;
  }

  function bar(x, width, from, to, round) {
    const radius = round ? Math.min(2, width / 2, Math.max(0, from - to)) : 0;
    const corner = (dx, dy) => (radius ? `q${dx < dy ? `0 ${-radius} ${radius} ${-radius}` : `${radius} 0 ${radius} ${radius}`}` : '');
    return `M${at(x)} ${at(from)}V${at(to + radius)}${corner(-1, 0)}H${at(x + width - radius)}${corner(1, 0)}V${at(from)}Z`;
  }

  /* One shape of all bars of a series; a bar that is not there is a point, so that the nth part is the nth bar. */
  function bars({ data }, scene, name) {
    const { x, y, step, bottoms, count } = scene;
    const width = step * 0.72 < THINNEST_APART ? step : step * 0.72;
    const top = new Array(count).fill(-1);
    data.forEach((trace, series) => trace.y.forEach((value, place) => { if (value) top[place] = series; }));
    return data.map(({ y: values, marker, meta }, series) => {
      const parts = values.map((value, place) => {
        const from = bottoms[series][place];
        return value ? bar(x(place) - width / 2, width, y(from), y(from + value), top[place] === series)
          : `M${at(x(place))} ${at(y(from))}`;
      });
      const shapes = filled({ class: 'marks', d: parts.join('') }, marker, `${name}-${meta}`);
      return make('g', { class: 'trace bars', 'data-series': meta }, ...shapes);
    });
  }

  const SYMBOLS = {
    circle: (x, y, r) => `M${at(x - r)} ${at(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
    diamond: (x, y, r) => `M${at(x)} ${at(y - r * 1.3)}l${r * 1.3} ${r * 1.3}l${-r * 1.3} ${r * 1.3}l${-r * 1.3} ${-r * 1.3}z`,
  };

  function lines({ data }, { x, y, count }) {
    const radius = count <= 62 ? 3 : 2;
    return data.map(({ y: values, line, marker, meta }) => {
      const known = (place) => values[place] !== null && values[place] !== undefined;
      const drawn = values.map((value, place) => (
        known(place) ? `${known(place - 1) ? 'L' : 'M'}${at(x(place))} ${at(y(value))}` : ''));
      // A line shows no point that stands alone.
      const marked = (place) => known(place) && (count <= MOST_MARKED || !(known(place - 1) || known(place + 1)));
      const marks = values.map((value, place) => (marked(place) ? SYMBOLS[marker.symbol](x(place), y(value), radius) : ''));
      const stroke = { class: 'line', style: `stroke: ${paint(line.color)}`, d: drawn.join('') };
      return make('g', { class: 'trace lines', 'data-series': meta },
        make('path', DASHES[line.dash] ? { ...stroke, 'stroke-dasharray': DASHES[line.dash] } : stroke),
        make('path', { class: 'marks', style: `fill: ${paint(line.color)}`, d: marks.join('') }));
    });
  }

  // -- The ring -------------------------------------------------------------------------------------------------------

  function ring({ data: [{ values, marker, meta }], layout }, scene, name) {
    const [cx, cy] = [scene.width / 2, scene.height / 2];
    const outer = Math.max(0, Math.min(cx, cy) - 4);
    const inner = outer * HOLE;
    const whole = sum(values);
    const point = (share, radius) => {
      const angle = share * 2 * Math.PI;
      return `${at(cx + radius * Math.sin(angle))} ${at(cy - radius * Math.cos(angle))}`;
    };
    const arc = (radius, from, to, sweep) => [0.5, 1].map((part) => (
      `A${at(radius)} ${at(radius)} 0 0 ${sweep} ${point(from + (to - from) * part, radius)}`)).join('');
    let begun = 0;
    scene.slices = values.map((value) => { const from = begun; begun += value / whole; return [from, begun]; });
    scene.ring = { cx, cy, inner, outer };
    const slices = scene.slices.map(([from, to], place) => {
      if (from === to) return '';
      const end = to - from === 1 ? to - 1e-6 : to;  // a whole ring has no seam
      const d = `M${point(from, outer)}${arc(outer, from, end, 1)}L${point(end, inner)}${arc(inner, end, from, 0)}Z`;
      const look = { color: marker.colors[place], pattern: { shape: marker.pattern.shape[place] } };
      return make('g', { class: to - from === 1 ? 'slice whole' : 'slice' }, ...filled({ d }, look, `${name}-${meta[place]}`));
    });
    const middle = layout.annotations.map(({ text, font, yshift }) => make('text',
      { x: cx, y: cy - yshift, dy: '.35em', style: `font-size: ${font.size}px; fill: ${paint(font.color)}` }, text));
    return [...slices.filter(Boolean), make('g', { class: 'middle' }, ...middle)];
  }

  // -- Drawing --------------------------------------------------------------------------------------------------------

  function redraw(chart, width, height) {
    const { picture, figure } = chart;
    if (!figure || !width) {
      chart.scene = null;
      picture.replaceChildren();
      return;
    }
    const round = figure.data[0].type === 'pie';
    chart.scene = round ? { width, height } : sceneOf(figure, width, height);
    const shapes = round ? ring(figure, chart.scene, chart.name)
      : [...axes(figure, chart.scene), ...(chart.scene.stacked ? bars : lines)(figure, chart.scene, chart.name)];
    chart.spike = make('path', { class: 'spike' });
    picture.replaceChildren(make('svg', { class: 'chart', width, height, 'aria-hidden': 'true' }, ...shapes, chart.spike));
  }

  const resized = new ResizeObserver((entries) => entries.forEach(({ target, contentRect }) => {
    const chart = charts.get(target);
    if (!chart.scene || chart.scene.width === Math.round(contentRect.width)) return;
    leave(chart);
    redraw(chart, Math.round(contentRect.width), Math.round(contentRect.height));
  }));

  /* Draw figures in their pictures, all in one go: first everything is measured, then everything is made. A figure that
     is as it was is left alone. `wanted` is a list of {picture, name, figure, titles}; without a figure it is empty. */
  function draw(wanted) {
    const changed = wanted.filter((each) => {
      const said = JSON.stringify([each.figure, each.titles]);
      const chart = charts.get(each.picture) || begin(each.picture);
      if (chart.said === said) return false;
      Object.assign(chart, each, { said });
      return true;
    });
    const sizes = changed.map(({ picture }) => [picture.clientWidth, picture.clientHeight]);
    changed.forEach(({ picture }, place) => {
      const chart = charts.get(picture);
      leave(chart);
      redraw(chart, ...sizes[place]);
    });
  }

  function begin(picture) {
    const chart = { picture, scene: null, said: null };
    charts.set(picture, chart);
    resized.observe(picture);
    picture.addEventListener('pointermove', (event) => hover(chart, event));
    picture.addEventListener('pointerdown', (event) => hover(chart, event));
    // A finger that is lifted leaves what it has pointed at to be read, until it points elsewhere.
    picture.addEventListener('pointerleave', ({ pointerType }) => { if (pointerType !== 'touch') leave(chart); });
    return chart;
  }

  let pointed = null;  // the chart that has been pointed at last

  document.addEventListener('pointerdown', ({ target }) => { if (pointed && !pointed.picture.contains(target)) leave(pointed); });

  // -- Under the pointer ----------------------------------------------------------------------------------------------

  /* What the pointer is over: {place} of a date or of a slice, and where it is in the picture; or null. */
  function under(chart, event) {
    const { scene, picture, figure } = chart;
    if (!scene) return null;
    const box = picture.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (scene.ring) {
      const { cx, cy, inner, outer } = scene.ring;
      const away = Math.hypot(x - cx, y - cy);
      const share = (Math.atan2(x - cx, cy - y) / (2 * Math.PI) + 1) % 1;
      const place = scene.slices.findIndex(([from, to]) => from <= share && share < to);
      return away >= inner && away <= outer && place >= 0 ? { x, y, place } : null;
    }
    const place = Math.round((x - scene.left) / scene.step + scene.first);
    const inside = x >= scene.left && x <= scene.width && y >= 0 && y <= scene.foot;
    return inside && place >= 0 && place < scene.count && figure.data.some((trace) => trace.y[place] !== null)
      ? { x, y, place } : null;
  }

  function hover(chart, event) {
    const found = under(chart, event);
    if (!found) return leave(chart);
    pointed = chart;
    const { scene, figure, titles } = chart;
    const tip = chart.tip || document.createElement('div');
    if (!chart.tip || chart.tip.place !== found.place) {
      const entries = scene.ring ? [slice(figure, found.place)] : figure.data.filter((each) => each.y[found.place] !== null)
        .map(({ name, marker, customdata }) => [marker.color, `${name}: ${customdata[found.place]}`]);
      tip.className = 'hover';
      tip.setAttribute('aria-hidden', 'true');
      tip.replaceChildren(...(scene.ring ? [] : [element('strong', titles[found.place])]), ...entries.map(entry));
      tip.place = found.place;
      if (!chart.tip) chart.picture.after(tip);
      chart.tip = tip;
      tip.wide = tip.offsetWidth;
      if (!scene.ring) chart.spike.setAttribute('d', `M${at(scene.x(found.place))} ${TOP}V${scene.foot}`);
    }
    const anchor = scene.ring ? found.x : scene.x(found.place);
    const left = anchor + 12 + tip.wide <= scene.width ? anchor + 12 : Math.max(0, anchor - 12 - tip.wide);
    tip.style.transform = `translate(${at(left)}px, ${at(Math.max(0, Math.min(found.y - 20, scene.height - 80)))}px)`;
  }

  function leave(chart) {
    if (!chart.tip) return;
    chart.tip.remove();
    chart.tip = null;
    chart.spike.removeAttribute('d');
  }

  function slice({ data: [{ labels, values, customdata, marker }] }, place) {
    const share = (values[place] / sum(values)) * 100;
    return [marker.colors[place], `${labels[place]}: ${customdata[place]} (${Number(share.toPrecision(3))}%)`];
  }

  function element(tag, text) {
    const made = document.createElement(tag);
    made.textContent = text;
    return made;
  }

  function entry([colour, text]) {
    const made = element('span', text);
    const look = document.createElement('i');
    look.style.background = paint(colour);
    made.prepend(look);
    return made;
  }

  /* What a click means: {meta, place} of the point next to it, or of the bar or slice that it is in; or null. */
  function chosen(event) {
    const chart = charts.get(event.target.closest('.picture'));
    const found = chart && under(chart, event);
    if (!found) return null;
    const { scene, figure: { data } } = chart;
    if (scene.ring) return data[0].values[found.place] ? { meta: data[0].meta[found.place] } : null;
    const away = ({ y }, series) => {
      const below = found.y - scene.y((scene.stacked ? scene.bottoms[series][found.place] : 0) + y[found.place]);
      return scene.stacked && below < 0 ? scene.height - below : Math.abs(below);
    };
    const [nearest] = data.map((trace, series) => ({ trace, distance: trace.y[found.place] ? away(trace, series) : null }))
      .filter(({ distance }) => distance !== null).sort((one, other) => one.distance - other.distance);
    return nearest ? { meta: nearest.trace.meta, place: found.place } : null;
  }

  window.perfwidgetCharts = { draw, chosen };
})();
