/* What the pages of pay have beside plain HTML: a button that prints, and boxes that mark all. */

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
