/* DateRange (see perfwidget/page/components.py): dates are texts here, so that no zone of the browser moves a day. */
(function () {
  'use strict';

  const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
  const two = (number) => String(number).padStart(2, '0');

  /* The ISO date of a day that there is, else null. */
  function isoOf(year, month, day) {
    const date = new Date(Date.UTC(year, month - 1, day));
    date.setUTCFullYear(year);
    const there = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
    return there ? `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}` : null;
  }

  /* Whether a language writes the month first: `3/31/2024`. */
  function monthFirst(language) {
    const parts = new Intl.DateTimeFormat(language).formatToParts(new Date(Date.UTC(2000, 0, 1))).map(({ type }) => type);
    return parts.indexOf('month') < parts.indexOf('day') && parts.indexOf('month') < parts.indexOf('year');
  }

  /* Read a date: `2024-03-31`, `31 Mar 2024`, `31.3.2024`, and `31/03/2024` or `3/31/2024` as the language has it. */
  function parse(text, language) {
    const written = text.trim();
    const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(written);
    if (iso) return isoOf(Number(iso[1]), Number(iso[2]), Number(iso[3]));
    const named = /^(\d{1,2})\.? ([a-z]{3,9})\.?,? (\d{4})$/i.exec(written);
    const month = named ? MONTHS.indexOf(named[2].slice(0, 3).toLowerCase()) + 1 : 0;
    if (month) return isoOf(Number(named[3]), month, Number(named[1]));
    const short = /^(\d{1,2})([./])(\d{1,2})\2(\d{4})$/.exec(written);
    if (!short) return null;
    const [one, other, year] = [Number(short[1]), Number(short[3]), Number(short[4])];
    return short[2] === '/' && monthFirst(language) ? isoOf(year, one, other) : isoOf(year, other, one);
  }

  /* Write an ISO date as the page does, `31 Mar 2024`; what is no date stays as it is. */
  function shown(iso) {
    const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(iso || '');
    if (!parts || !isoOf(Number(parts[1]), Number(parts[2]), Number(parts[3]))) return iso || '';
    const month = MONTHS[Number(parts[2]) - 1];
    return `${Number(parts[3])} ${month[0].toUpperCase()}${month.slice(1)} ${parts[1]}`;
  }

  window.perfwidget_dates = { parse, shown };

  // -- The component --------------------------------------------------------------------------------------------------

  const { createElement: make, useEffect, useState } = window.React;
  const ENDS = ['first', 'last'];

  function DateRange({ id, first, last, labels, setProps }) {
    const given = { first: first || '', last: last || '' };
    const [texts, setTexts] = useState({ first: '', last: '' });
    const [fault, setFault] = useState('');
    useEffect(() => {
      setTexts({ first: shown(first), last: shown(last) });
      setFault('');
    }, [first, last]);

    /* Take both dates as they are written now, or say what is wrong with them. */
    function take(written) {
      const dates = Object.fromEntries(ENDS.map((end) => [end, parse(written[end], navigator.language)]));
      const unread = ENDS.find((end) => !dates[end]);
      setTexts(written);
      if (unread) return setFault(labels.unread.replace('{text}', () => written[unread]));
      if (dates.first > dates.last) return setFault(labels.reversed);
      setFault('');
      setTexts({ first: shown(dates.first), last: shown(dates.last) });
      return ENDS.some((end) => dates[end] !== given[end]) && setProps({ typed: dates, ...dates });
    }

    /* A calendar sets one end; the other one goes with it rather than lying on the wrong side. */
    function pick(end, iso) {
      const other = end === 'first' ? 'last' : 'first';
      const there = parse(texts[other], navigator.language);
      const wrong = there && (end === 'first' ? iso > there : iso < there);
      if (iso) take({ ...texts, [end]: iso, [other]: wrong || !there ? iso : texts[other] });
    }

    const field = (end) => make('span', { key: end, className: 'date' },
      make('input', {
        id: `${id}-${end === 'first' ? 'from' : 'to'}`, type: 'text', className: 'form-control', value: texts[end], placeholder: labels[end],
        'aria-label': labels[end], 'aria-invalid': Boolean(fault), 'aria-describedby': `${id}-fault`, autoComplete: 'off',
        onChange: ({ target }) => setTexts({ ...texts, [end]: target.value }),
        onBlur: () => take(texts), onKeyDown: ({ key }) => key === 'Enter' && take(texts) }),
      make('input', {
        type: 'date', className: 'calendar', tabIndex: -1, min: '1970-01-01', max: '2999-12-31',
        'aria-label': labels.calendar.replace('{name}', labels[end]), value: parse(texts[end], navigator.language) || '',
        onChange: ({ target }) => pick(end, target.value) }));
    return make('div', { id, className: 'dates' }, ENDS.map(field),
      make('span', { id: `${id}-fault`, className: 'dates-fault', role: 'alert' }, fault));
  }

  window.perfwidget_components = Object.assign(window.perfwidget_components || {}, { DateRange });
})();
