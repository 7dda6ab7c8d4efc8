/* DateRange (see perfwidget/page/components.py): dates and times of day are texts here, so that no zone of the browser moves one. */

const { createElement: make, useEffect, useState } = window.React;
const ENDS = ['first', 'last'];

const MONTH_FIRST = /^12\D+31/.test(new Intl.DateTimeFormat(navigator.language).format(new Date(2000, 11, 31)));

function DateRange({ id, first, last, days, labels, said, setProps }) {
  const given = { first: first || '', last: last || '' };
  const [texts, setTexts] = useState({ first: '', last: '' });
  const [fault, setFault] = useState('');
  // What is being typed into one field outlasts the answer to what was typed into the other one.
  ENDS.forEach((end) => useEffect(() => { setTexts((now) => ({ ...now, [end]: given[end] })); setFault(''); }, [given[end]]));
  useEffect(() => {
    if (!said) return;
    setTexts((now) => Object.fromEntries(ENDS.map((end) => [end, now[end] === said.typed[end] ? said[end] : now[end]])));
    setFault(said.fault);
  }, [said]);

  const type = (typed) => setProps({ typed: { ...typed, monthFirst: MONTH_FIRST } });
  const take = () => ENDS.some((end) => texts[end] !== given[end]) && type(texts);
  /* A day from a calendar takes an end on its wrong side with it; times of day stay. */
  const pick = (end, day) => {
    const behind = (at) => (end === 'first' ? day > at.slice(0, 10) : day < at.slice(0, 10));
    const moved = ([each, at]) => [each, each === end || behind(at) ? day + at.slice(10) : at];
    const ends = Object.fromEntries(Object.entries({ first: day, last: day, ...days }).map(moved));
    return /T/.test(ends.first) && ends.first >= ends.last ? type(ends) : setProps({ ...ends, chosen: ends });
  };
  const field = (end) => make('span', { key: end, className: /:/.test(first + last) ? 'date timed' : 'date' },
    make('input', {
      id: `${id}-${end === 'first' ? 'from' : 'to'}`, type: 'text', className: 'form-control', value: texts[end], placeholder: labels[end],
      'aria-label': labels[end], 'aria-invalid': Boolean(fault), 'aria-describedby': `${id}-fault`, autoComplete: 'off',
      onChange: ({ target }) => setTexts({ ...texts, [end]: target.value }),
      onBlur: take, onKeyDown: ({ key }) => key === 'Enter' && take() }),
    make('input', {
      type: 'date', className: 'calendar', tabIndex: -1, min: '1970-01-01', max: '2999-12-31',
      'aria-label': labels.calendar.replace('{name}', labels[end]), value: days ? days[end].slice(0, 10) : '',
      onChange: ({ target }) => target.value && pick(end, target.value) }));
  return make('div', { id, className: 'dates' }, ENDS.map(field),
    make('span', { id: `${id}-fault`, className: 'dates-fault', role: 'alert' }, fault));
}

window.perfwidget_components = Object.assign(window.perfwidget_components || {}, { DateRange });
