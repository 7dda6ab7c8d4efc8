/* Still pictures of the figures, each where plotly.js would put it, drawn in a millisecond where that takes some thirty.
   They know as much of its words as the figures use. Colours are custom properties of the stylesheet, so that they follow
   the theme by themselves; patterns and marks stand in the page. What moves under the pointer is plotly.js's work. */

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

const filling = (colour, pattern) => (pattern ? `url(#pattern${colour})` : colour);

/* Bars, areas and lines by date, and their axes. */
function dated({ data, layout: { margin: { l, t }, xaxis, yaxis, bargap } }, wide, high, across) {
  const places = new Map(xaxis.categoryarray.map((category, place) => [category, place]));
  const floor = new Map();
  const down = (value) => rounded(high * (1 - value / yaxis.range[1]));

  /* The bars of a series, as one shape; those that are thinner than a pixel are an area of plotly.js's. */
  function bars({ type, x, y, marker, fillcolor, fillpattern }) {
    const half = type === 'bar' ? (1 - bargap) / 2 : 0.5;
    const d = x.map((category, point) => {
      const [place, base] = [places.get(category), floor.get(category) || 0];
      if (!y[point]) return '';
      floor.set(category, base + y[point]);
      return `M${across(place - half)},${down(base)}V${down(base + y[point])}H${across(place + half)}V${down(base)}Z`;
    });
    const fill = marker ? filling(marker.color, marker.pattern.shape) : filling(fillcolor, fillpattern.shape);
    return shape('path', { d: d.join(''), fill, 'shape-rendering': type === 'bar' && data.length > 1 ? 'crispEdges' : 'auto' });
  }

  /* A line, broken where there is no value, and its marks. */
  function line({ x, y, mode, line: { color, width, dash } }) {
    const points = x.map((category, point) => y[point] !== null && `${across(places.get(category))},${down(y[point])}`);
    const d = points.map((point, place) => (point ? `${points[place - 1] ? 'L' : 'M'}${point}` : '')).join('');
    const mark = mode.includes('markers') ? `url(#mark${color})` : 'none';
    return shape('path', { d, fill: 'none', stroke: mode.includes('lines') ? color : 'none', 'stroke-width': width,
      'stroke-miterlimit': 2, 'stroke-dasharray': dash === 'solid' ? 'none' : dash,
      'marker-start': mark, 'marker-mid': mark, 'marker-end': mark });
  }

  const bottom = t + high;
  const levels = yaxis.tickvals.map((value) => t + down(value));
  const marks = xaxis.tickvals.map((place) => rounded(l + across(place)));
  const axis = (d, stroke) => shape('path', { d, stroke, 'shape-rendering': 'crispEdges' });
  return [
    axis(levels.slice(1).map((level) => `M${l},${level}h${wide}`).join(''), yaxis.gridcolor),
    ...yaxis.ticktext.map((text, mark) => shape('text', { 'text-anchor': 'end', x: l - 1, y: levels[mark] + lowered(SIZE) }, text)),
    shape('svg', { x: l, y: t, width: wide, height: high },
      ...data.map((trace) => (trace.type === 'bar' || trace.stackgroup ? bars : line)(trace))),
    axis(`M${l},${bottom + 0.5}h${wide}${marks.map((mark) => `M${mark},${bottom + 1}v${xaxis.ticklen}`).join('')}`, xaxis.linecolor),
    ...xaxis.ticktext.map((text, mark) => shape('text', { 'text-anchor': 'middle' }, ...text.split('<br>').map((part, row) => (
      shape('tspan', { x: marks[mark], y: rounded(bottom + 19.4 + row * 1.3 * SIZE) }, part))))),
  ];
}

/* The ring: each slice is a dash of a circle, clockwise from the top, and a gap keeps slices apart. */
function ring({ data: [{ values, hole, marker }], layout: { margin: { l, t } } }, wide, high) {
  const [size, width] = [Math.min(wide, high) / 2, marker.line.width];
  const [outer, inner] = [size - width / 2, size * hole + width / 2];
  const total = values.reduce((sum, value) => sum + value, 0);
  const gap = values.filter(Boolean).length > 1 ? width / (Math.PI * (outer + inner)) : 0;
  let turned = 0.25;
  return values.map((value, place) => {
    const [share, from] = [Math.max(0, value / total - gap), turned - gap / 2];
    turned -= value / total;
    return shape('circle', {
      cx: l + wide / 2, cy: t + high / 2, r: (outer + inner) / 2, fill: 'none', pathLength: 1, 'stroke-width': outer - inner,
      stroke: filling(marker.colors[place], marker.pattern.shape[place]),
      'stroke-dasharray': `${share} ${1 - share}`, 'stroke-dashoffset': from });
  });
}

/* Return the picture of a figure. */
window.perfwidget_sketch = function sketch(figure, width, height) {
  const { font: { family, size, color: fill }, margin: { l, r, t, b }, annotations, xaxis } = figure.layout;
  const [wide, high] = [width - l - r, height - t - b];
  const across = (place) => rounded((place - xaxis.range[0]) * wide / (xaxis.range[1] - xaxis.range[0]));
  const note = ({ text, x, y, xref, xshift = 0, yshift = 0, xanchor, yanchor, textangle = 0, font }) => shape('text', {
    'text-anchor': { left: 'start', right: 'end' }[xanchor] || 'middle', 'font-size': font.size, fill: font.color, y: yanchor === 'bottom' ? -4 : lowered(font.size),
    transform: `translate(${l + xshift + (xref === 'paper' ? x * wide : across(x))},${t + (1 - y) * high - yshift})rotate(${textangle})`,
  }, text);
  return shape('svg', { class: 'sketch', width, height, viewBox: `0 0 ${width} ${height}`, 'font-family': family, 'font-size': size, fill },
    ...(xaxis ? dated : ring)(figure, wide, high, across), ...annotations.map(note));
};
