/* DateRange (see perfwidget/page/components.py): dates and times of day are texts here, so that no zone of the browser moves
   one. */
(function () {
  'use strict';

  const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
  const two = (number) => String(number).padStart(2, '0');
  const day = (iso) => iso.slice(0, 10);

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

  /* Read a date, or a date and a time of day (`31 Mar 2024 14:30`) as `2024-03-31T14:30`. */
  function parse(text, language) {
    const timed = /^(.*[^\s,])(?:,?\s+|T)([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim());
    const date = parseDate(timed ? timed[1] : text, language);
    return date && timed ? `${date}T${two(timed[2])}:${timed[3]}` : date;
  }

  /* Read a date: `2024-03-31`, `31 Mar 2024`, `31.3.2024`, and `31/03/2024` or `3/31/2024` as the language has it. */
  function parseDate(text, language) {
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

  /* Write an ISO date as the page does, `31 Mar 2024`, with its time of day if it has one; what is none stays as it is. */
  function shown(iso) {
    const parts = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d:\d\d))?$/.exec(iso || '');
    if (!parts || !isoOf(Number(parts[1]), Number(parts[2]), Number(parts[3]))) return iso || '';
    const month = MONTHS[Number(parts[2]) - 1];
    return `${Number(parts[3])} ${month[0].toUpperCase()}${month.slice(1)} ${parts[1]}${parts[4] ? ` ${parts[4]}` : ''}`;
  }

  window.perfwidget_dates = { parse, shown };

  // -- The component --------------------------------------------------------------------------------------------------

  const { createElement: make, useEffect, useState } = window.React;
  const ENDS = ['first', 'last'];

  function DateRange({ id, first, last, labels, setProps }) {
    const given = { first: first || '', last: last || '' };
    const timed = /T\d/.test(given.first + given.last);  // only an address asks for times of day
    const [texts, setTexts] = useState({ first: '', last: '' });
    const [fault, setFault] = useState('');
    useEffect(() => {
      setTexts({ first: shown(first), last: shown(last) });
      setFault('');
    }, [first, last]);

    const read = (text) => {
      const found = parse(text, navigator.language);
      return found && (timed || !found.includes('T')) ? found : null;
    };

    /* Take both dates as they are written now, or say what is wrong with them. */
    function take(written) {
      const dates = Object.fromEntries(ENDS.map((end) => [end, read(written[end])]));
      const unread = ENDS.find((end) => !dates[end]);
      setTexts(written);
      const times = ENDS.filter((end) => dates[end] && dates[end].includes('T')).length;
      if (unread) return setFault((timed ? labels.unreadTime : labels.unread).replace('{text}', () => written[unread]));
      if (times === 1) return setFault(labels.mixed);
      if (times ? dates.first >= dates.last : dates.first > dates.last) return setFault(times ? labels.empty : labels.reversed);
      setFault('');
      setTexts({ first: shown(dates.first), last: shown(dates.last) });
      return ENDS.some((end) => dates[end] !== given[end]) && setProps({ typed: dates, ...dates });
    }

    /* A calendar sets the day of one end; that of the other one goes with it rather than lying on the wrong side. */
    function pick(end, iso) {
      const other = end === 'first' ? 'last' : 'first';
      const there = read(texts[other]);
      const wrong = there && (end === 'first' ? iso > day(there) : iso < day(there));
      const at = (each) => iso + (read(texts[each]) || given[each]).slice(10);
      if (iso) take({ ...texts, [end]: at(end), [other]: wrong || !there ? at(other) : texts[other] });
    }

    const field = (end) => make('span', { key: end, className: timed ? 'date timed' : 'date' },
      make('input', {
        id: `${id}-${end === 'first' ? 'from' : 'to'}`, type: 'text', className: 'form-control', value: texts[end], placeholder: labels[end],
        'aria-label': labels[end], 'aria-invalid': Boolean(fault), 'aria-describedby': `${id}-fault`, autoComplete: 'off',
        onChange: ({ target }) => setTexts({ ...texts, [end]: target.value }),
        onBlur: () => take(texts), onKeyDown: ({ key }) => key === 'Enter' && take(texts) }),
      make('input', {
        type: 'date', className: 'calendar', tabIndex: -1, min: '1970-01-01', max: '2999-12-31',
        'aria-label': labels.calendar.replace('{name}', labels[end]), value: day(read(texts[end]) || ''),
        onChange: ({ target }) => pick(end, target.value) }));
    return make('div', { id, className: 'dates' }, ENDS.map(field),
      make('span', { id: `${id}-fault`, className: 'dates-fault', role: 'alert' }, fault));
  }

  window.perfwidget_components = Object.assign(window.perfwidget_components || {}, { DateRange });
})();
