/* Within a frame a page is as tall as it needs, and in the colours of the page around. The dashboard and the pages of pay
   have it alike. */

const root = document.documentElement;
const around = window.parent === window ? null : window.parent;
const STYLES = ['accent', 'page', 'panel', 'text', 'muted', 'line', 'font'];  // custom properties that the host may set

/* Tell the page around; one from a file has no origin. */
function tell(message) {
  const address = (location.ancestorOrigins && location.ancestorOrigins[0]) || document.referrer || location.origin;
  if (around) around.postMessage(message, address.startsWith('http') ? new URL(address).origin : '*');
}

new ResizeObserver(() => {
  tell({ type: 'perfwidget:height', height: Math.ceil(document.body.getBoundingClientRect().height) });
}).observe(document.body);

function style(styles) {
  STYLES.forEach((name) => {
    const fits = CSS.supports(name === 'font' ? 'font-family' : 'color', String(styles[name] || ''));
    root.style.setProperty(`--${name}`, fits ? styles[name] : '');
  });
}

window.addEventListener('message', ({ source, data }) => {
  if (source !== around || !data) return;
  if (data.type === 'perfwidget:follows') root.dataset.follows = '';
  if (data.type === 'perfwidget:theme') window.perfwidget_theme.wish('around', data.theme);
  if (data.type === 'perfwidget:style' && data.styles) style(data.styles);
});
tell({ type: 'perfwidget:ready' });
