/* The first of the page's scripts, before anything is painted: the colours of the page, and how it is framed. */
(function () {
  'use strict';

  const root = document.documentElement;
  const given = new URLSearchParams(location.search);
  const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');
  const wishes = { chosen: given.get('theme'), around: given.get('around') };  // of the reader, else of the page around

  function apply() {
    const wish = [wishes.chosen, wishes.around].find((theme) => ['light', 'dark'].includes(theme));
    root.dataset.bsTheme = wish || (prefersDark.matches ? 'dark' : 'light');
    root.dispatchEvent(new Event('perfwidget:theme'));
  }

  prefersDark.addEventListener('change', apply);
  apply();
  root.toggleAttribute('data-compact', given.get('compact') === '1');
  root.toggleAttribute('data-framed', window.parent !== window);

  /* Styles that scripts add are taken in another way where a policy of the host keeps them out. */
  new MutationObserver((changes) => changes.flatMap(({ addedNodes }) => [...addedNodes]).forEach((added) => {
    if (added.nodeName !== 'STYLE' || added.sheet || !added.textContent) return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(added.textContent);
    document.adoptedStyleSheets.push(sheet);
  })).observe(document.head, { childList: true });

  /* Set the wish of the reader (`chosen`) or of the page around (`around`): light, dark, or neither. */
  function wish(whose, theme) {
    if (wishes[whose] === theme) return;
    wishes[whose] = theme;
    apply();
  }
  window.perfwidget_theme = { wish };
})();
