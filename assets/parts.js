/* Parts of the page made of what the server says of them: an answer's elements, and Dash's components as JSON. It lets the
   script show an answer at once, and the whole page while Dash's own scripts are still on their way. Texts become text
   nodes. */
(function () {
  'use strict';
  if (window.perfwidgetParts) return;

  const NAMES = { className: 'class', htmlFor: 'for', tabIndex: 'tabindex', dateTime: 'datetime' };

  /* Return the nodes of an element, of a component, of several, or of a text. `other` makes components of other kinds. */
  function built(part, other) {
    if (part === null || part === undefined) return [];
    if (Array.isArray(part)) return part.flatMap((each) => built(each, other));
    if (typeof part !== 'object') return [document.createTextNode(part)];
    if (part.tag) return [node(part.tag, part.attributes, part.children, other)];
    const { type, namespace, props: { children, ...attributes } } = part;
    return namespace === 'dash_html_components' ? [node(type, attributes, children, other)] : other(part);
  }

  function node(tag, attributes, children, other) {
    const made = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => {
      if (value !== null && value !== false) made.setAttribute(NAMES[name] || name, value === true ? '' : value);
    });
    made.append(...built(children, other));
    return made;
  }

  /* Fill parts of a page that are empty with what is the same for everybody; `place` finds them by their ids. */
  function furnish(skeleton, place) {
    Object.entries(skeleton).forEach(([id, parts]) => {
      if (!place(id).hasChildNodes()) place(id).append(...built(parts));
    });
  }

  // -- The page before Dash -------------------------------------------------------------------------------------------

  const element = (tag, kind, ...children) => {
    const made = document.createElement(tag);
    made.className = kind;
    made.append(...children);
    return made;
  };

  /* What controls look like before they are there: of the same size, some with what they are going to say. */
  const CONTROLS = {
    Select({ id, options, className, class_name: kind }, chosen) {
      const made = element('select', `form-select ${kind || className || ''}`, ...options.map(({ value, label }) => {
        const option = element('option', '', label);
        option.value = value;
        return option;
      }));
      made.value = chosen[id];
      return made;
    },
    RadioItems: ({ id, options, class_name: kind }, chosen) => element('div', kind, ...options.map(({ value, label }) => {
      const button = element('input', 'btn-check');
      button.type = 'radio';
      button.checked = value === chosen[id];
      return element('div', 'form-check', button, element('label', 'segment', label));
    })),
    Button: ({ children, class_name: kind }) => element('button', `${kind} btn btn-link disabled`, children),
    DropdownMenu: ({ label, class_name: kind, toggle_class_name: look }) => (
      element('div', `${kind} dropdown`, element('button', `${look} dropdown-toggle btn btn-primary`, label))),
    Dropdown: () => element('div', 'dash-dropdown'),
    DatePickerRange: () => element('div', 'dash-datepicker-input-wrapper'),
  };

  /* Put a picture of the page above the place where Dash will make it; nobody can click or read it, but see it. The
     controls say what is `chosen`. Return how to find its parts, which bear no ids once they are
     stripped of them, and how to take it away. */
  function preview(layout, skeleton, chosen) {
    const [page] = built(layout, ({ type, props }) => (CONTROLS[type] ? [CONTROLS[type](props, chosen)] : []));
    furnish(skeleton, (id) => page.querySelector(`#${id}`));
    const places = new Map([...page.querySelectorAll('[id]')].map((each) => [each.id, each]));
    const strip = () => page.querySelectorAll('[id], [name]').forEach((each) => (
      ['id', 'name'].forEach((name) => each.removeAttribute(name))));
    strip();
    page.inert = true;
    page.setAttribute('aria-hidden', 'true');
    document.documentElement.dataset.preview = '';
    document.body.prepend(page);
    return {
      place: (id) => places.get(id),
      strip,
      end() {
        delete document.documentElement.dataset.preview;
        page.remove();
      },
    };
  }

  window.perfwidgetParts = { built, furnish, preview };
})();
