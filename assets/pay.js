/* What the pages of pay have beside plain HTML: a button that prints, boxes that mark all, and their height in a frame. */

const root = document.documentElement;

document.querySelectorAll('[data-prints]').forEach((button) => {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
});

document.querySelectorAll('[data-marks-all]').forEach((all) => {
  const boxes = [...document.querySelectorAll(`input[name="${all.dataset.marksAll}"]`)];
  const show = () => {
    const marked = boxes.filter((box) => box.checked).length;
    all.checked = marked > 0 && marked === boxes.length;
    all.indeterminate = marked > 0 && marked < boxes.length;
  };
  all.closest('[hidden]').hidden = false;
  all.addEventListener('change', () => boxes.forEach((box) => { box.checked = all.checked; }));
  boxes.forEach((box) => { box.addEventListener('change', show); });
  show();
});

/* Dates that somebody types are no preset any more, and a preset needs no dates. */
document.querySelectorAll('form').forEach((form) => {
  const { preset, from, to } = form.elements;
  if (!preset || !from || !to) return;
  preset.addEventListener('change', () => {
    if (preset.value === '') return;
    from.value = '';
    to.value = '';
    form.requestSubmit();
  });
});

// -- Within a frame ---------------------------------------------------------------------------------------------------

const around = window.parent === window ? null : window.parent;
if (around) {
  const address = (location.ancestorOrigins && location.ancestorOrigins[0]) || document.referrer || location.origin;
  const tell = (message) => around.postMessage(message, address.startsWith('http') ? new URL(address).origin : '*');
  new ResizeObserver(() => {
    tell({ type: 'perfwidget:height', height: Math.ceil(document.body.getBoundingClientRect().height) });
  }).observe(document.body);
  window.addEventListener('message', ({ source, data }) => {
    if (source !== around || !data) return;
    if (data.type === 'perfwidget:follows') root.dataset.follows = '';
    if (data.type === 'perfwidget:theme') window.perfwidget_theme.wish('around', data.theme);
  });
  tell({ type: 'perfwidget:ready' });
}
