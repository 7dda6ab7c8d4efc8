/* What people are used to: files that are files, tooltips that go on Escape, lists that search where one types; and within a
   frame, a page that is as tall as it needs, in the colours of the page around. */
(function () {
  'use strict';

  const root = document.documentElement;

  /* A file is asked for only while there is a session: else a page to sign in at would be saved under its name. */
  document.addEventListener('click', async (event) => {
    const link = event.target.closest('a[href*="/export/"]');
    if (!link || link.dataset.checked) return;
    event.preventDefault();
    const { status } = await window.perfwidget_requests.session().catch(() => ({ status: 599 }));
    if (status !== 204) {
      document.getElementById('refresh').click();  // which is told the same, and says it
      return;
    }
    const file = Object.assign(document.createElement('a'), { href: link.href, download: '' });
    file.dataset.checked = '';
    file.click();
  }, true);

  /* Escape puts a tooltip away until the pointer or the focus moves on. */
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') root.dataset.tips = 'off'; });
  ['pointerover', 'focusin'].forEach((kind) => document.addEventListener(kind, (event) => {
    if (root.dataset.tips && !event.target.closest('.tip')) delete root.dataset.tips;
  }));

  /* In an open list, typing searches, wherever in it the focus is. */
  document.addEventListener('keydown', (event) => {
    const list = event.target.closest('.dash-dropdown-content');
    const plain = event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey && !event.altKey;
    const search = list && plain && list.querySelector('input[type="search"]');
    if (search && event.target !== search) search.focus();
  }, true);

  /* A graph keeps the width that it has on the screen; paper may be narrower, upright A4 between margins being 700. */
  window.addEventListener('beforeprint', () => document.querySelectorAll('.picture').forEach((picture) => {
    const room = picture.closest('.panel-annotation-summary') ? 400 : 640;
    if (window.parent === window) picture.style.setProperty('--on-paper', Math.min(1, room / picture.clientWidth || 1));
  }));

  /* Dash names its lists by their value alone, and leads the keyboard to them by a field that readers do not see: add the
     label, and lead to the button itself. They come late, with a script of their own. */
  const unnamed = new Set(['member', 'workspaces', 'projects']);
  const naming = new MutationObserver(() => {
    unnamed.forEach((id) => {
      const made = document.getElementById(id);
      if (!made || made.tagName !== 'BUTTON') return;
      made.setAttribute('aria-labelledby', `${id}-label ${made.getAttribute('aria-labelledby')}`);
      made.tabIndex = 0;
      unnamed.delete(id);
    });
    if (!unnamed.size) naming.disconnect();
  });
  naming.observe(document.body, { childList: true, subtree: true });

  // -- Within a frame -------------------------------------------------------------------------------------------------

  if (window.parent === window) return;
  const STYLES = ['accent', 'page', 'panel', 'text', 'muted', 'line', 'font'];  // custom properties that the host may set

  const around = (location.ancestorOrigins && location.ancestorOrigins[0]) || document.referrer || location.origin;
  const origin = around.startsWith('http') ? new URL(around).origin : '*';  // a page from a file has no origin
  const tell = (message) => window.parent.postMessage(message, origin);

  let last = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (Math.abs(height - last) <= 1) return;
    last = height;
    tell({ type: 'perfwidget:height', height });
  }).observe(document.body);

  function style(styles) {
    STYLES.forEach((name) => {
      const value = styles[name];
      const fits = typeof value === 'string' && CSS.supports(name === 'font' ? 'font-family' : 'color', value);
      if (fits) root.style.setProperty(`--${name}`, value);
      else root.style.removeProperty(`--${name}`);
    });
  }

  window.addEventListener('message', ({ source, data }) => {
    if (source !== window.parent || !data) return;
    if (data.type === 'perfwidget:follows') root.dataset.follows = '';
    if (data.type === 'perfwidget:theme') window.perfwidget_theme.wish('around', data.theme);
    if (data.type === 'perfwidget:style' && data.styles) style(data.styles);
  });
  tell({ type: 'perfwidget:ready' });
})();
