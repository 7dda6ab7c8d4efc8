/* Addresses: what they ask, what the controls say for them, and how a change of a control changes them. Pure functions.

   `known` is what holds for the reader: {viewer, choosesMembers, zone, zones, presets}. Values of lists are escaped ids. */

const ASKED = ['user', 'members', 'workspace', 'project', 'from', 'to', 'preset', 'tz', 'entry', 'compare', 'grain'];
const TABLE = ['tab', 'search', 'sort', 'page', 'size', 'columns', 'idle', 'open'];
const ROWS = ['rows', 'rows_user', 'rows_project', 'rows_sort', 'rows_page'];
const DRAWN = ['around', 'compact', 'statistic', 'theme'];
const KEPT = [...DRAWN, ...TABLE, 'among'];  // by links that say nothing of them
const NAMES = [...ASKED, ...KEPT, ...ROWS];  // in the order in which an address has them
const AT_REST = { preset: 'last_30_days', compare: 'nothing', grain: 'auto', statistic: 'average', theme: 'auto' };
const CHOICES = { compare: ['previous'], grain: ['day', 'week', 'month'], statistic: ['average', 'median'], theme: ['light', 'dark'] };
const ALL = '_';  // everybody, among the values of members
const CUSTOM = 'custom';

const values = (given, name) => [...new Set(given.getAll(name).filter(Boolean))];
const query = (given, names) => new URLSearchParams(names.flatMap((name) => (
  given.getAll(name).filter(Boolean).map((value) => [name, value])))).toString().replace(/%2F|%3A|%40|%2C/g, decodeURIComponent);

/* Dash's lists break on `__proto__`: their values are ids without underscores. */
const toValue = (id) => id.replace(/~/g, '~0').replace(/_/g, '~1');
const toId = (value) => value.replace(/~1/g, '_').replace(/~0/g, '~');

/* An address that says all that it asks, the reader's time zone too. */
function whole(search, { zone }) {
  const given = new URLSearchParams(search);
  if (!given.get('tz')) given.set('tz', zone);
  return `?${query(given, NAMES)}`;
}

/* The question of an address, word for word: what is wrong in it, the server has to refuse. */
function questionIn(search) {
  const given = new URLSearchParams(search);
  const wrong = ['statistic', 'theme'].filter((name) => given.get(name) && !CHOICES[name].includes(given.get(name)));
  return query(given, [...ASKED, ...wrong, ...(values(given, 'rows').length > 1 ? ['rows'] : [])]);
}

/* What of the table of members is shown, as parameters of a question. */
const tableIn = (search) => query(new URLSearchParams(search), TABLE);

/* Whom an address asks about, as values of the list of members; those who choose land on everybody, but on their Home. */
function membersIn(given, { viewer, choosesMembers }) {
  const users = values(given, 'user').map(toValue);
  if (users.length) return users;
  const all = given.get('members') || (choosesMembers && given.get('entry') !== 'home');
  return [all ? ALL : viewer].filter(Boolean);
}

/* Whether some values of the list of members are several, as far as one can say before there is an answer. */
const several = (members) => members.length > 1 || members.includes(ALL);

/* Whom an address asks about once others are chosen: with everybody and who was not asked for by name it begins anew.
   A value may hold a pasted list of ids. */
function membersChosen(search, chosen, known) {
  const before = membersIn(new URLSearchParams(search), known);
  const picked = chosen.filter((value) => !before.includes(value));
  const named = (new URLSearchParams(search).get('user') ? chosen : picked).flatMap((value) => value.split(ALL)).filter(Boolean);
  const all = picked.includes(ALL) || !named.length;
  return { user: all ? '' : [...new Set(named)].map(toId), members: all ? 'all' : '', among: '' };
}

/* What the controls say for an address, by the ids of their components. */
function controlsIn(search, known) {
  const { zone, zones, presets } = known;
  const given = new URLSearchParams(search);
  const dated = Boolean(given.get('from') && given.get('to'));
  const one = (name, allowed = CHOICES[name], otherwise = AT_REST[name]) => (
    allowed.includes(given.get(name)) ? given.get(name) : otherwise);
  return {
    member: membersIn(given, known),
    preset: dated ? CUSTOM : one('preset', presets),
    from: dated ? given.get('from') : null,
    to: dated ? given.get('to') : null,
    timezone: one('tz', zones, zone),
    workspaces: values(given, 'workspace').map(toValue),
    projects: values(given, 'project').map(toValue),
    compare: one('compare'),
    grain: one('grain'),
    statistic: one('statistic'),
    theme: one('theme'),
    search: given.get('search') || '',
  };
}

/* The rows that an address opens, as parameters of a question; empty where it opens none. */
const rowsIn = (search) => (values(new URLSearchParams(search), 'rows').length === 1 ? query(new URLSearchParams(search), ROWS) : '');

/* An address after changes: {name: value, or values, or nothing}; what a control says at rest is not said. */
function changed(search, changes) {
  const given = new URLSearchParams(search);
  if ('rows' in changes) ROWS.forEach((name) => given.delete(name));
  if (ASKED.some((name) => name in changes)) given.delete('page');
  // The rows of a bar mean nothing any more once its period, zone or width is another one.
  if (/@/.test(given.get('rows')) && ['from', 'preset', 'tz', 'grain'].some((name) => name in changes)) given.delete('rows');
  Object.entries(changes).forEach(([name, value]) => {
    given.delete(name);
    [value].flat().filter((each) => each && each !== AT_REST[name]).forEach((each) => given.append(name, each));
  });
  return `?${query(given, given.has('rows') ? NAMES : NAMES.filter((name) => !ROWS.includes(name)))}`;
}

/* An address as it is, with what it says nothing of drawn as before. */
function drawn(search, before) {
  const [given, last] = [new URLSearchParams(search), new URLSearchParams(before)];
  KEPT.filter((name) => !given.has(name) && last.has(name)).forEach((name) => given.set(name, last.get(name)));
  return `?${query(given, NAMES)}`;
}

/* What Reset leaves: the members, if there is a choice of them, and the looks. */
function atRest(search, { choosesMembers, zone }) {
  const given = new URLSearchParams(search);
  given.set('tz', zone);
  return `?${query(given, [...(choosesMembers ? ['user', 'members'] : []), 'tz', 'around', 'compact', 'theme'])}`;
}

window.perfwidget_address = {
  CUSTOM, toValue, toId, whole, questionIn, tableIn, several, membersChosen, controlsIn, rowsIn, changed, drawn, atRest };
