/* For Label Studio's own pages: a link to the dashboard in its header and menu, and one's own figures on its Home page.

     <script src="/performance/label-studio.js" defer></script>

   A proxy puts it there. Label Studio draws its pages anew as one moves about, so this looks again after each change and
   adds only what is missing. Where its pages have other names than those known here, nothing happens. */
(function () {
  'use strict';
  if (window.perfwidgetBeside) return;
  window.perfwidgetBeside = true;

  const TITLE = 'Annotator Dashboard';
  const ICON = '<span class="lsf-main-menu__item-icon" aria-hidden="true">▥</span>';
  const base = new URL('.', document.currentScript.src).pathname;

  /* Label Studio fetches the pages behind plain links and draws them itself; target and data-external tell it not to. */
  const link = (kind, icon = '') => (
    `<a class="${kind}" href="${base}" data-perfwidget-link target="_self" data-external="true">${icon}${TITLE}</a>`);

  function addLinks() {
    const header = document.querySelector('.lsf-menu-header:not(:has([data-perfwidget-link]))');
    if (header) {
      const hotkeys = header.querySelector('.lsf-menu-header__hotkeys');
      (hotkeys || header).insertAdjacentHTML(hotkeys ? 'beforebegin' : 'beforeend', link(''));
      header.querySelector('[data-perfwidget-link]').style.cssText = 'align-self:center;margin:0 16px;white-space:nowrap;color:inherit';
    }
    const spacer = document.querySelector('.lsf-main-menu:not(:has([data-perfwidget-link])) > .lsf-main-menu__spacer');
    if (spacer) spacer.insertAdjacentHTML('beforebegin', `<li>${link('lsf-main-menu__item', ICON)}</li>`);
  }

  function addFigures() {
    const column = location.pathname === '/' && document.querySelector('.lsf-content-wrapper__content main section');
    if (!column) return;
    const scheme = document.documentElement.dataset.colorScheme;
    const address = `${base}?entry=home${['light', 'dark'].includes(scheme) ? `&theme=${scheme}` : ''}`;
    const there = column.querySelector('[data-perfwidget]') || column.appendChild(document.createElement('div'));
    if (there.dataset.perfwidget !== address) Object.assign(there.dataset, { perfwidget: address, title: TITLE });
    if (!window.perfwidget && !document.querySelector(`script[src="${base}assets/embed.js"]`)) {
      document.head.append(Object.assign(document.createElement('script'), { src: `${base}assets/embed.js` }));
    }
  }

  let waiting = false;
  function look() {
    waiting = false;
    addLinks();
    addFigures();
  }
  new MutationObserver(() => {
    if (!waiting) window.requestAnimationFrame(look);
    waiting = true;
  }).observe(document.documentElement, {
    attributes: true, attributeFilter: ['data-color-scheme'], childList: true, subtree: true });
  look();
})();
