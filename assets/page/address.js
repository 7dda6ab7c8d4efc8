/* Addresses, questions and controls, each made of the other: pure functions, which know nothing of the page.

   Controls are {member, preset, from, to, zone, workspaces, projects, grain, statistic, theme}; `known` is what holds
   for the reader: {viewer, choosesMembers, zone, zones, presets}. Values of lists are escaped ids. */
(function () {
  'use strict';

  const ASKED = ['user', 'workspace', 'project', 'from', 'to', 'preset', 'tz', 'entry', 'grain'];
  const DEFAULT_PRESET = 'last_30_days';
  const CUSTOM = 'custom';
  const AUTO = 'auto';
  const GRAINS = ['day', 'week', 'month'];
  const STATISTICS = ['average', 'median'];
  const THEMES = ['light', 'dark'];

  const written = (parameters) => parameters.toString().replace(/%2F/g, '/').replace(/%40/g, '@').replace(/%3A/g, ':');
  const values = (given, name) => [...new Set(given.getAll(name).filter(Boolean))];
  const oneOf = (value, allowed, otherwise) => (allowed.includes(value) ? value : otherwise);

  /* Dash's lists break on `__proto__`: their values are ids without underscores. */
  const toValue = (id) => id.replace(/~/g, '~0').replace(/_/g, '~1');
  const toId = (value) => value.replace(/~1/g, '_').replace(/~0/g, '~');

  /* The question of an address, word for word: what is wrong in it, the server has to refuse. */
  function questionIn(search, { zone }) {
    const given = new URLSearchParams(search);
    if (!given.get('tz')) given.set('tz', zone);
    const named = (name) => given.getAll(name).filter(Boolean).map((value) => [name, value]);
    const question = new URLSearchParams(ASKED.flatMap(named));
    if (!oneOf(given.get('statistic') || 'average', STATISTICS)) question.set('statistic', given.get('statistic'));
    if (!oneOf(given.get('theme') || 'light', THEMES)) question.set('theme', given.get('theme'));
    const rows = values(given, 'rows');
    if (rows.length > 1) rows.forEach((each) => question.append('rows', each));
    return written(question);
  }

  /* What the controls say for an address. */
  function controlsIn(search, { viewer, zone, zones, presets }) {
    const given = new URLSearchParams(search);
    const [from, to] = [given.get('from'), given.get('to')];
    return {
      member: given.get('user') ? toValue(given.get('user')) : viewer || null,
      preset: from && to ? CUSTOM : oneOf(given.get('preset'), presets, DEFAULT_PRESET),
      from: from && to ? from : null,
      to: from && to ? to : null,
      zone: oneOf(given.get('tz'), zones, zone),
      workspaces: values(given, 'workspace').map(toValue),
      projects: values(given, 'project').map(toValue),
      grain: oneOf(given.get('grain'), GRAINS, AUTO),
      statistic: oneOf(given.get('statistic'), STATISTICS, 'average'),
      theme: oneOf(given.get('theme'), THEMES, AUTO),
    };
  }

  /* The rows that an address opens: {of, order, descending, page}, or null. */
  function rowsIn(search) {
    const given = new URLSearchParams(search);
    const [of, ...others] = values(given, 'rows');
    if (!of || others.length) return null;
    const sort = given.get('rows_sort') || '';
    return { of, order: sort.replace(/^-/, ''), descending: !sort || sort.startsWith('-'),
      page: Number(given.get('rows_page')) || 1 };
  }

  function questionOf(controls, entry, { viewer }) {
    const question = new URLSearchParams();
    if (controls.member && controls.member !== viewer) question.set('user', toId(controls.member));
    controls.workspaces.forEach((value) => question.append('workspace', toId(value)));
    controls.projects.forEach((value) => question.append('project', toId(value)));
    if (controls.preset === CUSTOM) {
      question.set('from', controls.from);
      question.set('to', controls.to);
    } else if (controls.preset !== DEFAULT_PRESET) {
      question.set('preset', controls.preset);
    }
    question.set('tz', controls.zone);
    if (entry) question.set('entry', entry);
    if (controls.grain !== AUTO) question.set('grain', controls.grain);
    return written(question);
  }

  /* The address of a question with what is drawn otherwise, and with the rows that are open. */
  function searchOf(question, controls, rows, before) {
    const address = new URLSearchParams(question);
    const compact = new URLSearchParams(before).get('compact');
    if (compact) address.set('compact', compact);
    if (controls.statistic !== 'average') address.set('statistic', controls.statistic);
    if (controls.theme !== AUTO) address.set('theme', controls.theme);
    if (rows) address.set('rows', rows.of);
    if (rows && rows.order) address.set('rows_sort', `${rows.descending ? '-' : ''}${rows.order}`);
    if (rows && rows.page > 1) address.set('rows_page', rows.page);
    return `?${written(address)}`;
  }

  /* What Reset leaves: the member, if there is a choice of them, and the theme. */
  const atRest = (controls, { viewer, choosesMembers, zone }) => ({ ...controls,
    member: choosesMembers ? controls.member : viewer, preset: DEFAULT_PRESET, from: null, to: null, zone,
    workspaces: [], projects: [], grain: AUTO, statistic: 'average' });

  /* Whether the rows of a bar mean nothing any more: its period, zone or width is another one. */
  function outlived(rows, before, after) {
    const [old, now] = [new URLSearchParams(before), new URLSearchParams(after)];
    return rows.of.includes('@') && ['from', 'to', 'preset', 'tz', 'grain'].some((name) => old.get(name) !== now.get(name));
  }

  window.perfwidget_address = {
    CUSTOM, written, toValue, toId, questionIn, controlsIn, rowsIn, questionOf, searchOf, atRest, outlived,
  };
})();
