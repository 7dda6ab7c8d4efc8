/* For the pages of the platform: shows the dashboard in a frame that is as tall as its content.

     <script src="/performance/assets/embed.js" defer></script>
     <div data-perfwidget="/performance/?entry=home" data-theme="dark"></div>

   Elements that come later, and changes of the attributes, are noticed; `perfwidget.embed(element)` does it at once.
   Custom properties of the element, such as `--perfwidget-accent`, are the frame's colours and font. */
(function () {
  'use strict';
  if (window.perfwidget) return;

  const STYLES = ['accent', 'page', 'panel', 'text', 'muted', 'line', 'font'];
  const PAPER = 700;  // pixels that A4 is wide between its margins
  const frames = new Map();  // from the element to its frame

  /* The height of the last visit, so that nothing jumps while the frame loads; a browser may not let it be kept. */
  const key = (address) => `perfwidget:height:${address.split('?')[0]}`;
  const remembered = (address) => { try { return localStorage.getItem(key(address)); } catch { return null; } };
  const remember = (address, height) => { try { localStorage.setItem(key(address), height); } catch { /* not kept */ } };

  function embed(element) {
    const { perfwidget: address, title = 'Performance', theme } = element.dataset;
    const frame = frames.get(element) || Object.assign(document.createElement('iframe'), { title, loading: 'lazy' });
    if (frame.dataset.address !== address) {
      frame.dataset.address = address;
      frame.src = address + (theme ? `${address.includes('?') ? '&' : '?'}around=${theme}` : '');
    }
    if (!frames.has(element)) {
      Object.assign(frame.style, { border: '0', display: 'block', width: '100%', height: `${remembered(address) || 900}px` });
      frames.set(element, frame);
      element.replaceChildren(frame);
    }
    dress(element, frame);
    return frame;
  }

  /* Tell the frame the theme and the styles of its element. */
  function dress(element, frame) {
    const style = window.getComputedStyle(element);
    const styles = Object.fromEntries(STYLES.map((name) => [name, style.getPropertyValue(`--perfwidget-${name}`).trim()]));
    const said = JSON.stringify([element.dataset.theme, styles]);
    if (!frame.dataset.ready || frame.dataset.dress === said) return;
    frame.dataset.dress = said;
    const tell = (message) => frame.contentWindow.postMessage(message, new URL(frame.src).origin);
    tell({ type: 'perfwidget:theme', theme: element.dataset.theme || '' });
    tell({ type: 'perfwidget:style', styles });
  }

  window.addEventListener('message', ({ source, origin, data }) => {
    const { type, height } = data || {};
    const [element, frame] = [...frames].find(([, each]) => each.contentWindow === source) || [];
    if (!frame || origin !== new URL(frame.src).origin) return;
    if (type === 'perfwidget:ready') {
      Object.assign(frame.dataset, { ready: 'true', dress: '' });
      dress(element, frame);
    }
    if (type !== 'perfwidget:height' || !Number.isFinite(height)) return;
    if (Math.abs(height - parseFloat(frame.style.height)) > 1) frame.style.height = `${height}px`;
    remember(frame.dataset.address, height);
    source.postMessage({ type: 'perfwidget:follows' }, origin);
  });

  /* On paper a frame keeps the layout that it has, and is scaled to the paper's width: so nothing of it is cut off. */
  ['beforeprint', 'afterprint'].forEach((kind) => window.addEventListener(kind, () => frames.forEach(({ style, clientWidth: width, clientHeight }) => {
    const scale = kind === 'beforeprint' ? Math.min(1, PAPER / width) : 1;
    const margin = `0 ${(scale - 1) * width}px ${(scale - 1) * clientHeight}px 0`;
    Object.assign(style, scale < 1 ? { width: `${width}px`, transform: `scale(${scale})`, transformOrigin: '0 0', margin }
      : { width: '100%', transform: '', margin: '' });
  })));

  function embedAll() {
    frames.forEach((_frame, element) => { if (!element.isConnected) frames.delete(element); });
    document.querySelectorAll('[data-perfwidget]').forEach(embed);
  }
  new MutationObserver(embedAll).observe(document.documentElement, {
    attributes: true, attributeFilter: ['data-perfwidget', 'data-theme'], childList: true, subtree: true });
  window.perfwidget = { embed };
  embedAll();
})();
