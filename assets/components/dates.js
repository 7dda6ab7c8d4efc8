/* DateRange (see perfwidget/page/components.py): dates and times of day are texts here, so that no zone of the browser moves
   one; the server reads what is typed. */
(function () {
  'use strict';

  const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const ENDS = ['first', 'last'];

  /* Write an ISO date as the page does, `31 Mar 2024`, with its time of day if it has one; what is none stays as it is. */
  function shown(iso) {
    const [, year, month, day, time] = /^(\d{4})-(0[1-9]|1[0-2])-(\d\d)(?:T(\d\d:\d\d))?$/.exec(iso || '') || [];
    return year ? `${Number(day)} ${MONTHS[month - 1]} ${year}${time ? ` ${time}` : ''}` : iso || '';
  }

  /* Whether a language writes the month first: `12/31/2000`. */
  const monthFirst = (language) => /^12\D+31/.test(new Intl.DateTimeFormat(language).format(new Date(2000, 11, 31)));

  window.perfwidget_dates = { shown, monthFirst };

  const { createElement: make, useEffect, useState } = window.React;

  function DateRange({ id, first, last, labels, said, setProps }) {
    const given = { first: first || '', last: last || '' };
    const [texts, setTexts] = useState({ first: '', last: '' });
    const [fault, setFault] = useState('');
    // What is being typed into one field outlasts the answer to what was typed into the other one.
    useEffect(() => setTexts((now) => ({ ...now, first: shown(first) })), [first]);
    useEffect(() => setTexts((now) => ({ ...now, last: shown(last) })), [last]);
    useEffect(() => setFault(''), [first, last]);
    useEffect(() => {
      if (!said) return;
      const text = (end) => (said.fault ? said[end] : shown(said[end]));
      setTexts((now) => Object.fromEntries(ENDS.map((end) => [end, now[end] === said.typed[end] ? text(end) : now[end]])));
      setFault(said.fault);
    }, [said]);

    const send = (picked) => setProps({ typed: { ...texts, ...picked, monthFirst: monthFirst(navigator.language) } });
    const take = () => ENDS.some((end) => texts[end] !== shown(given[end])) && send();
    const field = (end) => make('span', { key: end, className: /T\d/.test(given.first + given.last) ? 'date timed' : 'date' },
      make('input', {
        id: `${id}-${end === 'first' ? 'from' : 'to'}`, type: 'text', className: 'form-control', value: texts[end], placeholder: labels[end],
        'aria-label': labels[end], 'aria-invalid': Boolean(fault), 'aria-describedby': `${id}-fault`, autoComplete: 'off',
        onChange: ({ target }) => setTexts({ ...texts, [end]: target.value }),
        onBlur: take, onKeyDown: ({ key }) => key === 'Enter' && take() }),
      make('input', {
        type: 'date', className: 'calendar', tabIndex: -1, min: '1970-01-01', max: '2999-12-31',
        'aria-label': labels.calendar.replace('{name}', labels[end]), value: given[end].slice(0, 10),
        onChange: ({ target }) => target.value && send({ picked: end, day: target.value }) }));
    return make('div', { id, className: 'dates' }, ENDS.map(field),
      make('span', { id: `${id}-fault`, className: 'dates-fault', role: 'alert' }, fault));
  }

  window.perfwidget_components = Object.assign(window.perfwidget_components || {}, { DateRange });
})();
