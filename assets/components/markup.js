/* Markup (see perfwidget/page/components.py): elements told as plain data. A table of many numbers would otherwise be as many
   components of Dash; and React changes only what is another now, so that the focus and what is open stay. */

const { createElement: make, useLayoutEffect, useRef } = window.React;

/* An element is [name, properties, ...children], a text itself; a link that begins with & goes on from the page's address.
   One with `data-href` is followed like a link. */
function element(told, address) {
  if (!Array.isArray(told)) return told;
  const [name, { href, 'data-href': to, ...properties }, ...children] = told;
  const whole = (link) => (/^&/.test(link) ? address + link : link);
  return make(name, { ...properties, href: whole(href), 'data-href': whole(to) }, ...children.map((child) => element(child, address)));
}

function Markup({ id, content, address }) {
  const [place, waiting] = [useRef(null), useRef(null)];

  /* A link to this page is followed without a new one, as Dash's are, but the page stays where it is. While others come, it
     waits: it would lead back to what was before the last click. */
  function follow(event) {
    const link = event.target.closest('a[href^="?"], [data-href]');
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (place.current.hasAttribute('aria-busy')) {
      waiting.current = link;
      return;
    }
    history.pushState({}, '', link.dataset.href || link.getAttribute('href'));
    window.dispatchEvent(new CustomEvent('_dashprivate_pushstate'));
  }

  useLayoutEffect(() => {
    const link = waiting.current;
    waiting.current = null;
    place.current.removeAttribute('aria-busy');
    if (link && link.isConnected) link.click();
  }, [content]);
  return make('div', { id, ref: place, onClick: follow }, ...(content || []).map((told) => element(told, address)));
}

window.perfwidget_components = Object.assign(window.perfwidget_components || {}, { Markup });
