/* Still pictures of the figures, each where plotly.js would put it, drawn in a millisecond where that takes some thirty.
   They know as much of its words as the figures use. Colours are custom properties of the stylesheet, so that they follow
   the theme by themselves. What moves under the pointer is plotly.js's work. */

const SIZE = 12;  // pixels of the texts of axes
const rounded = (number) => Math.round(number * 100) / 100;
const lowered = (size) => rounded(0.35 * size);  // from the middle of a text to where it stands

function shape(tag, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  Object.entries(attributes).forEach(([name, value]) => {
    made.setAttribute(name, `${value}`.startsWith('--') ? `var(${value})` : value);
  });
  made.append(...children);
  return made;
}

/* How wide the stripes of a pattern are, and their path, in a tile whose side is 1. */
const STRIPES = {
  '/': [(solidity) => solidity / Math.SQRT2, 'M-.25,.25l.5,-.5M0,1L1,0M.75,1.25l.5,-.5'],
  x: [(solidity) => (1 - Math.sqrt(1 - solidity)) / Math.SQRT2,
    'M-.25,.25l.5,-.5M0,1L1,0M.75,1.25l.5,-.5M.75,-.25l.5,.5M0,0L1,1M-.25,.75l.5,.5'],
};

/* What a series is filled with; its pattern, if it has one, is kept among `parts`. */
function filling(parts, name, colour, { shape: kind, fgcolor, size, solidity, fillmode }) {
  if (!kind) return colour;
  const [id, opacity] = [`sketch-${name}-${parts.length}`, fillmode === 'overlay' ? 0.5 : 1];
  const [width, d] = STRIPES[kind] || [];
  const side = d ? size * Math.SQRT2 : size;
  parts.push(shape('pattern', { id, width: side, height: side, patternUnits: 'userSpaceOnUse' },
    shape('rect', { width: side, height: side, fill: colour }),
    d ? shape('path', { d, transform: `scale(${side})`, stroke: fgcolor, opacity, 'stroke-width': width(solidity) })
      : shape('circle', { cx: size / 2, cy: size / 2, r: size * Math.sqrt(solidity / Math.PI), fill: fgcolor, opacity })));
  return `url(#${id})`;
}

const MARKS = {
  circle: (size) => `M-${size},0a${size},${size} 0 1 1 ${2 * size},0a${size},${size} 0 1 1 ${-2 * size},0Z`,
  diamond: (size) => `M-${size * 1.3},0L0,-${size * 1.3}L${size * 1.3},0L0,${size * 1.3}Z`,
};

/* Bars, areas and lines by date, and their axes. */
function dated(name, { data, layout: { margin: { l, t }, xaxis, yaxis, bargap } }, wide, high, across) {
  const places = new Map(xaxis.categoryarray.map((category, place) => [category, place]));
  const down = (value) => rounded(high * (1 - value / yaxis.range[1]));
  const [parts, floor] = [[], new Map()];

  /* The bars of a series, as one shape; those that are thinner than a pixel are an area of plotly.js's. */
  function bars({ type, x, y, marker, fillcolor, fillpattern }) {
    const half = type === 'bar' ? (1 - bargap) / 2 : 0.5;
    const d = x.map((category, point) => {
      const [place, base] = [places.get(category), floor.get(category) || 0];
      if (!y[point]) return '';
      floor.set(category, base + y[point]);
      return `M${across(place - half)},${down(base)}V${down(base + y[point])}H${across(place + half)}V${down(base)}Z`;
    }).join('');
    const fill = marker ? filling(parts, name, marker.color, marker.pattern) : filling(parts, name, fillcolor, fillpattern);
    return shape('path', { d, fill, 'shape-rendering': type === 'bar' && data.length > 1 ? 'crispEdges' : 'auto' });
  }

  /* A line, broken where there is no value, and its marks. */
  function line({ x, y, mode, line: look, marker }) {
    const id = `sketch-${name}-${parts.length}`;
    const points = x.map((category, point) => y[point] !== null && `${across(places.get(category))},${down(y[point])}`);
    const d = points.map((point, place) => (point ? `${points[place - 1] ? 'L' : 'M'}${point}` : '')).join('');
    parts.push(shape('marker', { id, markerUnits: 'userSpaceOnUse', overflow: 'visible' },
      shape('path', { d: MARKS[marker.symbol](marker.size / 2), fill: marker.color })));
    const mark = mode.includes('markers') ? `url(#${id})` : 'none';
    return shape('path', { d, fill: 'none', stroke: mode.includes('lines') ? look.color : 'none', 'stroke-width': look.width,
      'stroke-miterlimit': 2, 'stroke-dasharray': look.dash === 'dot' ? '3,3' : 'none',
      'marker-start': mark, 'marker-mid': mark, 'marker-end': mark });
  }

  const drawn = data.map((trace) => (trace.type === 'bar' || trace.stackgroup ? bars : line)(trace));
  const bottom = t + high;
  const levels = yaxis.tickvals.map((value) => t + down(value));
  const marks = xaxis.tickvals.map((place) => rounded(l + across(place)));
  return [
    shape('defs', {}, ...parts),
    shape('path', { d: levels.slice(1).map((level) => `M${l},${level}h${wide}`).join(''), stroke: yaxis.gridcolor,
      'shape-rendering': 'crispEdges' }),
    ...yaxis.ticktext.map((text, mark) => shape('text', { 'text-anchor': 'end', x: l - 1, y: levels[mark] + lowered(SIZE) }, text)),
    shape('svg', { x: l, y: t, width: wide, height: high }, ...drawn),
    shape('path', { d: `M${l},${bottom + 0.5}h${wide}${marks.map((mark) => `M${mark},${bottom + 1}v${xaxis.ticklen}`).join('')}`,
      stroke: xaxis.linecolor, 'shape-rendering': 'crispEdges' }),
    ...xaxis.ticktext.map((text, mark) => shape('text', { 'text-anchor': 'middle' }, ...text.split('<br>').map((part, row) => (
      shape('tspan', { x: marks[mark], y: rounded(bottom + 19.4 + row * 1.3 * SIZE) }, part))))),
  ];
}

/* The ring: each slice is a dash of a circle, clockwise from the top. */
function ring(name, { data: [{ values, hole, marker }], layout: { margin: { l, t } } }, wide, high) {
  const [cx, cy, radius] = [l + wide / 2, t + high / 2, Math.min(wide, high) / 2 - marker.line.width / 2];
  const inner = Math.min(wide, high) / 2 * hole + marker.line.width / 2;
  const total = values.reduce((sum, value) => sum + value, 0);
  const before = values.map((_, place) => values.slice(0, place).reduce((sum, value) => sum + value, 0) / total);
  const parts = [];
  const slices = values.map((value, place) => {
    const stroke = filling(parts, name, marker.colors[place], { ...marker.pattern, shape: marker.pattern.shape[place] });
    return shape('circle', { cx, cy, r: (radius + inner) / 2, fill: 'none', stroke, 'stroke-width': radius - inner, pathLength: 1,
      'stroke-dasharray': `${value / total} ${1 - value / total}`, 'stroke-dashoffset': 0.25 - before[place] });
  });
  const edges = values.map((value, place) => {
    const angle = 2 * Math.PI * before[place];
    const at = (length) => `${rounded(cx + length * Math.sin(angle))},${rounded(cy - length * Math.cos(angle))}`;
    return value && value < total ? `M${at(inner)}L${at(radius)}` : '';
  });
  const line = { d: edges.join(''), stroke: marker.line.color, 'stroke-width': marker.line.width };
  return [shape('defs', {}, ...parts), ...slices, shape('path', line)];
}

/* Return the picture of a figure; `name` keeps its patterns apart from those of others. */
window.perfwidget_sketch = function sketch(name, figure, width, height) {
  const { font: { family, size, color: fill }, margin: { l, r, t, b }, annotations, xaxis } = figure.layout;
  const [wide, high] = [width - l - r, height - t - b];
  const across = (place) => rounded((place - xaxis.range[0]) * wide / (xaxis.range[1] - xaxis.range[0]));
  const note = ({ text, x, y, xref, xshift = 0, yshift = 0, yanchor, textangle = 0, font }) => shape('text', {
    'text-anchor': 'middle', 'font-size': font.size, fill: font.color, y: yanchor === 'bottom' ? -4 : lowered(font.size),
    transform: `translate(${l + xshift + (xref === 'paper' ? x * wide : across(x))},${t + (1 - y) * high - yshift})rotate(${textangle})`,
  }, text);
  const draw = xaxis ? dated : ring;
  return shape('svg', { class: 'sketch', width, height, viewBox: `0 0 ${width} ${height}`, 'font-family': family, 'font-size': size, fill },
    ...draw(name, figure, wide, high, across), ...annotations.map(note));
};
