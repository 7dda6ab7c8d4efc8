/* For Label Studio's own pages: a link to the dashboard in its header and menu, and one's own figures on its Home page.

     <script src="/performance/label-studio.js" defer></script>

   A proxy puts it there. Label Studio draws its pages anew as one moves about, so this looks again after each change and
   adds only what is missing. Where its pages have other names than those known here, nothing happens. */
(function () {
  'use strict';
  if (window.perfwidgetBeside) return;
  window.perfwidgetBeside = true;

  const TITLE = 'Annotator Dashboard';
  const base = new URL('.', document.currentScript.src).pathname;

  function made(tag, attributes, ...children) {
    const element = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...children);
    return element;
  }

  /* Label Studio fetches the pages behind plain links and draws them itself; target and data-external tell it not to. */
  const link = (className) => made('a', { class: className, href: `${base}?entry=home`, 'data-perfwidget-link': '',
    target: '_self', 'data-external': 'true' }, TITLE);

  function addLinks() {
    const header = document.querySelector('.lsf-menu-header:not(:has([data-perfwidget-link]))');
    if (header) {
      const added = link('');
      added.style.cssText = 'align-self:center;margin:0 16px;white-space:nowrap;color:inherit';
      header.insertBefore(added, header.querySelector('.lsf-menu-header__hotkeys'));
    }
    const spacer = document.querySelector('.lsf-main-menu:not(:has([data-perfwidget-link])) > .lsf-main-menu__spacer');
    if (!spacer) return;
    const item = link('lsf-main-menu__item');
    item.prepend(made('span', { class: 'lsf-main-menu__item-icon', 'aria-hidden': 'true' }, '▥'));
    spacer.before(made('li', {}, item));
  }

  function addFigures() {
    const column = location.pathname === '/' && document.querySelector('.lsf-content-wrapper__content main section');
    if (!column) return;
    const scheme = document.documentElement.dataset.colorScheme;
    const address = `${base}?entry=home${['light', 'dark'].includes(scheme) ? `&theme=${scheme}` : ''}`;
    const there = column.querySelector('[data-perfwidget]') || column.appendChild(made('div', { 'data-title': TITLE }));
    if (there.dataset.perfwidget !== address) there.dataset.perfwidget = address;
    if (!window.perfwidget && !document.querySelector(`script[src="${base}assets/embed.js"]`)) {
      document.head.append(made('script', { src: `${base}assets/embed.js` }));
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
