/* For the pages of the platform: shows the dashboard in a frame that is as tall as its content.

     <script src="/performance/assets/embed.js" defer></script>
     <div data-perfwidget="/performance/?entry=home"></div>

   Elements that come later, and changes of the attribute, are noticed; `perfwidget.embed(element)` does it at once. */
(function () {
  'use strict';
  if (window.perfwidget && window.perfwidget.embed) return;

  const frames = new Map();  // from the element to its frame

  function embed(element) {
    const address = element.dataset.perfwidget;
    let frame = frames.get(element);
    if (!frame) {
      frame = document.createElement('iframe');
      frame.title = element.dataset.title || 'Performance';
      frame.loading = 'lazy';
      Object.assign(frame.style, { border: '0', display: 'block', width: '100%', height: '900px' });
      frames.set(element, frame);
      element.replaceChildren(frame);
    }
    if (frame.getAttribute('src') !== address) frame.setAttribute('src', address);
    return frame;
  }

  window.addEventListener('message', (event) => {
    const { type, height } = event.data || {};
    if (type !== 'perfwidget:height' || !Number.isFinite(height)) return;
    const frame = [...frames.values()].find((each) => each.contentWindow === event.source);
    if (!frame || event.origin !== new URL(frame.src).origin) return;
    if (Math.abs(height - parseFloat(frame.style.height)) > 1) frame.style.height = `${height}px`;
    event.source.postMessage({ type: 'perfwidget:follows' }, event.origin);
  });

  function embedAll() {
    frames.forEach((_frame, element) => { if (!element.isConnected) frames.delete(element); });
    document.querySelectorAll('[data-perfwidget]').forEach(embed);
  }

  new MutationObserver(embedAll).observe(document.documentElement, {
    attributes: true, attributeFilter: ['data-perfwidget'], childList: true, subtree: true,
  });
  window.perfwidget = Object.assign({}, window.perfwidget, { embed });
  embedAll();
})();
