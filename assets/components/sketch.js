/* Still pictures of the figures, each where plotly.js would put it, drawn in a millisecond where that takes some thirty.
   They know as much of its words as the figures use. Colours are custom properties of the stylesheet, so that they follow
   the theme by themselves. What moves under the pointer is plotly.js's work. */
(function () {
  'use strict';

  const PAINTS = new Set(['fill', 'stroke']);
  const FONT_SIZE = 12;  // of all texts but the ring's
  const rounded = (number) => Math.round(number * 100) / 100;

  /* Colours and fonts are set as styles, one by one, as a host's policy may forbid whole style attributes. */
  function shape(tag, attributes, ...children) {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    Object.entries(attributes).forEach(([name, value]) => {
      if (PAINTS.has(name)) made.style.setProperty(name, value.startsWith('--') ? `var(${value})` : value);
      else made.setAttribute(name, value);
    });
    made.append(...children);
    return made;
  }

  /* The width of the widest of some texts, which the browser tells without laying anything out. */
  const pen = document.createElement('canvas').getContext('2d');
  function widest(texts, { size, family }) {
    pen.font = `${size}px ${family}`;
    return Math.max(...texts.map((text) => pen.measureText(text).width));
  }

  // -- Patterns -------------------------------------------------------------------------------------------------------

  /* Of stripes, how wide they are, and their path through a tile whose side is 1. */
  const STRIPES = {
    '/': [(size, solidity) => size * solidity, 'M-.25,.25l.5,-.5M0,1L1,0M.75,1.25l.5,-.5'],
    x: [(size, solidity) => size * (1 - Math.sqrt(1 - solidity)),
      'M-.25,.25l.5,-.5M0,1L1,0M.75,1.25l.5,-.5M.75,-.25l.5,.5M0,0L1,1M-.25,.75l.5,.5'],
  };

  function tile(id, colour, { fgcolor, size, solidity, fillmode }, kind) {
    const stripes = STRIPES[kind];
    const side = stripes ? size * Math.SQRT2 : size;
    const opacity = fillmode === 'overlay' ? 0.5 : 1;
    const figure = stripes
      ? shape('path', { d: stripes[1], transform: `scale(${side})`, stroke: fgcolor, opacity,
        'stroke-width': stripes[0](size, solidity) / side })
      : shape('circle', { cx: size / 2, cy: size / 2, r: size * Math.sqrt(solidity / Math.PI), fill: fgcolor, opacity });
    return shape('pattern', { id, width: side, height: side, patternUnits: 'userSpaceOnUse' },
      shape('rect', { width: side, height: side, fill: colour }), figure);
  }

  /* What a series is filled with; `tiles` takes the pattern in, if it has one. */
  function filling(tiles, name, colour, pattern, kind = pattern.shape) {
    if (!kind) return colour;
    const id = `sketch-${name}-${tiles.length}`;
    tiles.push(tile(id, colour, pattern, kind));
    return `url(#${id})`;
  }

  // -- Graphs by date -------------------------------------------------------------------------------------------------

  function dated(name, { data, layout }, width, height) {
    const { margin: { l, r, t, b }, xaxis, yaxis } = layout;
    const [wide, high] = [width - l - r, height - t - b];
    const [first, last] = xaxis.range;
    const area = {
      name, wide, high, bar: (1 - layout.bargap) / 2, corner: layout.barcornerradius, tiles: [], floor: new Map(), tops: new Map(),
      stacked: data.length > 1,
      places: new Map(xaxis.categoryarray.map((category, place) => [category, place])),
      across: (place) => rounded((place - first) * wide / (last - first)),
      down: (value) => rounded(high * (1 - value / yaxis.range[1])),
    };
    data.forEach(({ type, x, y }, series) => type === 'bar' && x.forEach((category, place) => {
      if (y[place]) area.tops.set(category, series);
    }));
    const drawn = data.map((trace, series) => {
      if (trace.type === 'bar') return bars(area, trace, series);
      return trace.stackgroup ? outline(area, trace) : line(area, trace);
    });
    return [
      shape('defs', {}, ...area.tiles),
      ...values(layout, area),
      shape('svg', { x: l, y: t, width: wide, height: high }, ...drawn),
      ...dates(layout, area),
      ...outliers(layout, area),
    ];
  }

  /* What is higher than the graph: a mark above it, shortened to its arrow where it would cover the one before. */
  const outliers = ({ margin: { l, t }, annotations = [] }, { places, across }) => {
    let taken = 0;
    return annotations.map(({ x, text, font }) => {
      const [middle, half] = [l + across(places.get(x)), widest([text], font) / 2];
      const free = middle - half > taken;
      const [shown, left] = free ? [text, middle - half] : [text.slice(0, 1), middle - font.size / 2];
      taken = free ? middle + half + 4 : Math.max(taken, middle + font.size / 2);
      return shape('text', { x: Math.floor(left), y: t - 4, 'font-size': font.size, fill: font.color }, shown);
    });
  };

  /* The bars of a series, as one shape; the uppermost of each date has round corners. */
  function bars({ name, places, across, down, bar, corner, tiles, floor, tops, stacked }, { x, y, marker }, series) {
    const d = x.map((category, place) => {
      if (!y[place]) return '';
      const base = floor.get(category) || 0;
      floor.set(category, base + y[place]);
      const at = places.get(category);
      const [left, right, low, top] = [across(at - bar), across(at + bar), down(base), down(base + y[place])];
      const round = tops.get(category) === series ? Math.min(corner, low - top, (right - left) / 2) : 0;
      const arc = (toX, toY) => (round ? `A${round},${round} 0 0 1 ${toX},${toY}` : '');
      return `M${left},${low}V${top + round}${arc(left + round, top)}H${right - round}${arc(right, top + round)}V${low}Z`;
    });
    const fill = filling(tiles, name, marker.color, marker.pattern);
    return shape('path', { d: d.join(''), fill, 'shape-rendering': stacked ? 'crispEdges' : 'auto' });
  }

  /* The outline of bars that stand on others, each of which is thinner than a pixel. */
  function outline({ name, across, down, tiles, floor }, { x, y, fillcolor, fillpattern }) {
    const low = x.map((category) => floor.get(category) || 0);
    const top = x.map((_, place) => low[place] + (y[place] || 0));
    x.forEach((category, place) => floor.set(category, top[place]));
    const edge = (place) => across(place - 0.5);
    const [start, end] = [across(0), across(x.length - 1)];
    const there = top.slice(1).map((value, place) => `H${edge(place + 1)}V${down(value)}`);
    const back = low.slice(0, -1).map((value, place) => `H${edge(place + 1)}V${down(value)}`).reverse();
    const d = `M${start},${down(top[0])}${there.join('')}H${end}V${down(low.at(-1))}${back.join('')}H${start}Z`;
    return shape('path', { d, fill: filling(tiles, name, fillcolor, fillpattern) });
  }

  const MARKS = {
    circle: (size) => [`a${size},${size} 0 1 1 `, `${2 * size},0`, `${-2 * size},0Z`, size],
    diamond: (size) => [`l`, `${size * 1.3},${-size * 1.3}`, `${size * 1.3},${size * 1.3}l${-size * 1.3},${size * 1.3}Z`, size * 1.3],
  };

  /* A line, broken where there is no value, and its marks. */
  function line({ across, down, places }, { x, y, mode, line: look, marker }) {
    const points = x.map((category, place) => (
      y[place] === null ? null : `${across(places.get(category))},${down(y[place])}`));
    const d = points.map((point, place) => point && `${place && points[place - 1] ? 'L' : 'M'}${point}`);
    const made = shape('g', {});
    if (mode.includes('lines')) {
      const dashed = look.dash === 'dot' ? { 'stroke-dasharray': '3,3' } : {};
      made.append(shape('path', {
        d: d.filter(Boolean).join(''), fill: 'none', stroke: look.color, 'stroke-width': look.width, 'stroke-miterlimit': 2, ...dashed }));
    }
    if (mode.includes('markers')) {
      const [stroke, over, back, reach] = MARKS[marker.symbol](marker.size / 2);
      const marks = points.filter(Boolean).map((point) => `M${point}m${-reach},0${stroke}${over}${stroke}${back}`);
      made.append(shape('path', { d: marks.join(''), fill: marker.color }));
    }
    return made;
  }

  /* The axis of values: its lines, marks and title. */
  function values({ margin: { l, t }, yaxis, font }, { wide, high, down }) {
    const [, decimals] = /\.(\d+)~f$/.exec(yaxis.tickformat);
    const count = Math.floor(yaxis.range[1] / yaxis.dtick + 1e-9);
    const marks = Array.from({ length: count + 1 }, (_, place) => place * yaxis.dtick);
    const texts = marks.map((mark) => mark.toLocaleString('en-US', { maximumFractionDigits: Number(decimals) }));
    const lines = marks.slice(1).map((mark) => `M${l},${rounded(t + down(mark))}h${wide}`);
    const middle = t + high / 2;
    const left = l - 1 - widest(texts, font) - yaxis.title.standoff - 0.31 * FONT_SIZE;
    return [
      shape('path', { d: lines.join(''), stroke: yaxis.gridcolor, 'shape-rendering': 'crispEdges' }),
      ...texts.map((text, place) => shape('text', {
        'text-anchor': 'end', x: l - 1, y: rounded(t + down(marks[place]) + 0.35 * FONT_SIZE) }, text)),
      shape('text', { 'text-anchor': 'middle', transform: `translate(${left},${middle})rotate(-90)` }, yaxis.title.text),
    ];
  }

  /* The axis of dates: its line, marks and their texts, some of two lines. */
  function dates({ margin: { l, t }, xaxis }, { wide, high, across }) {
    const bottom = t + high;
    const marks = xaxis.tickvals.map((place) => rounded(l + across(place)));
    const text = (written, place) => shape('text', { 'text-anchor': 'middle' }, ...written.split('<br>').map((part, row) => (
      shape('tspan', { x: marks[place], y: rounded(bottom + 19.4 + row * 1.3 * FONT_SIZE) }, part))));
    const d = `M${l},${bottom + 0.5}H${l + wide}${marks.map((mark) => `M${mark},${bottom + 1}v${xaxis.ticklen}`).join('')}`;
    return [
      shape('path', { d, stroke: xaxis.linecolor, 'shape-rendering': 'crispEdges' }),
      ...xaxis.ticktext.map(text),
    ];
  }

  // -- The ring -------------------------------------------------------------------------------------------------------

  function ring(name, { data: [{ values: numbers, hole, marker }], layout }, width, height) {
    const { l, r, t, b } = layout.margin;
    const [wide, high] = [width - l - r, height - t - b];
    const [x, y, radius] = [l + wide / 2, t + high / 2, Math.min(wide, high) / 2];
    const total = numbers.reduce((sum, number) => sum + number, 0);
    const tiles = [];
    let turned = 0;
    const slices = numbers.map((number, place) => {
      const from = turned;
      turned += number / total;
      const { shape: kinds, bgcolor, ...pattern } = marker.pattern;
      const fill = filling(tiles, name, marker.colors[place], pattern, kinds[place]);
      const d = slice(x, y, radius, radius * hole, from, turned);
      return shape('path', {
        d, fill, stroke: marker.line.color, 'stroke-width': marker.line.width, 'stroke-linejoin': 'round' });
    });
    const texts = layout.annotations.map(({ text, font, yshift }) => shape('text', {
      x: Math.round(x - Math.round(widest([text], font) + 4) / 2) + 2, y: Math.round(y - yshift + 0.35 * font.size),
      'font-size': font.size, fill: font.color }, text));
    return [shape('defs', {}, ...tiles), ...slices, ...texts];
  }

  /* A slice between two shares of a turn, clockwise from the top; one that is all of the ring has no ends. */
  function slice(x, y, outer, inner, from, to) {
    const at = (radius, share) => {
      const angle = 2 * Math.PI * share;
      return `${x + radius * Math.sin(angle)},${y - radius * Math.cos(angle)}`;
    };
    const arc = (radius, share, clockwise, large) => `A${radius},${radius} 0 ${large} ${clockwise} ${at(radius, share)}`;
    if (to - from > 1 - 1e-9) {
      const whole = (radius, way) => `M${at(radius, 0)}${arc(radius, 0.5, way, 0)}${arc(radius, 0, way, 0)}Z`;
      return whole(outer, 1) + whole(inner, 0);
    }
    const large = to - from > 0.5 ? 1 : 0;
    return `M${at(inner, to)}${arc(inner, from, 0, large)}L${at(outer, from)}${arc(outer, to, 1, large)}Z`;
  }

  /* Return the picture of a figure; `name` keeps its patterns apart from those of others. */
  function sketch(name, figure, width, height) {
    const draw = figure.data[0].type === 'pie' ? ring : dated;
    const { font: { family, size, color: fill } } = figure.layout;
    const made = shape('svg', { class: 'sketch', width, height, 'font-family': family, 'font-size': size, fill });
    made.append(...draw(name, figure, width, height));
    return made;
  }

  window.perfwidget_sketch = sketch;
})();
