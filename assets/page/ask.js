/* From the address, the controls and what is clicked to what is asked: `ask` alone decides it. Beside it, the entries of the
   lists to choose from, and what all functions share that Dash calls in the browser. */

const address = window.perfwidget_address;
const byId = (id) => document.getElementById(id);
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

const constants = JSON.parse(byId('perfwidget-fixed').textContent);  // see document.py

/* The inputs and states of the callback that runs, by `id.property`, and the names of those that changed. */
function given() {
  const { inputs, states, triggered } = window.dash_clientside.callback_context;
  return { values: { ...states, ...inputs }, changed: triggered.map((each) => each.prop_id) };
}

/* The outputs of the callback that runs, by `id.property`; what is not named, or is so already, stays as it is. */
function outputs(values, before = {}) {
  const { no_update: unchanged, callback_context: context } = window.dash_clientside;
  return [context.outputs_list].flat().map(({ id, property }) => {
    const name = `${id}.${property.split('@')[0]}`;
    return !(name in values) || (name in before && same(values[name], before[name])) ? unchanged : values[name];
  });
}

/* Said on the element itself: as a property of it, Dash would render all that is within once more, which takes 20 ms. */
const busy = (now) => {
  if (!byId('figures')) return;
  byId('figures').setAttribute('aria-busy', now);
  byId('team')[now ? 'setAttribute' : 'removeAttribute']('aria-busy', 'true');
};

const waits = () => byId('figures').getAttribute('aria-busy') === 'true';

const browserZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
/* The zone of who asks for none: that in which people are paid, else the browser's where it is known. */
const ownZone = () => constants.timezone || (constants.zones.includes(browserZone()) ? browserZone() : 'UTC');

// -- The lists to choose from -----------------------------------------------------------------------------------------

const LISTS = { member: ['member', 'members'], workspaces: ['workspace', 'workspaces'], projects: ['project', 'projects'] };
const PAUSE = 200;  // milliseconds in typing that begin a search
const zones = (names) => names.map((name) => ({ value: name, label: name }));

/* The entries of all lists: those that came with the page or were found on the server, projects within the chosen
   workspaces; and the chosen ones in any case, for Dash drops a choice that is not listed. */
function entries(values, chosen) {
  const { 'choices.data': choices, 'found.data': found, 'answer.data': answer } = values;
  const harmless = (id) => id.replace(/__(?=proto__)/gi, '__\u2060');
  return Object.fromEntries(Object.entries(LISTS).map(([id, [kind, all]]) => {
    const offered = [...choices[all], ...(found && found.kind === kind ? found.options : [])];
    const fits = ({ workspace }) => kind !== 'project' || !chosen.workspaces.length || chosen.workspaces.includes(workspace);
    const named = [...(values[`${id}.options`] || []), ...(answer ? answer.members : []), ...offered];
    const known = new Map(named.map(({ value, label, search, disabled }) => [value, { value, label, search, disabled }]));
    const listed = new Set([...[chosen[id]].flat().filter(Boolean), ...offered.filter(fits).map(({ value }) => value)]);
    return [`${id}.options`, [...listed].map((value) => known.get(value) || { value, label: harmless(address.toId(value)) })];
  }));
}

let newest = 0;

/* Ask the server for what is typed into a list that did not come whole, once the typing pauses. */
async function seek() {
  const { values, changed: [changed] } = given();
  const id = changed === 'workspaces.value' ? 'projects' : changed.split('.')[0];
  const text = values[`${id}.search_value`] || '';
  newest += 1;
  const turn = newest;
  const wanted = values['choices.data'].more.includes(LISTS[id][0]) && (text || id === 'projects');
  if (wanted) await new Promise((done) => { window.setTimeout(done, PAUSE); });
  if (!wanted || turn !== newest) return window.dash_clientside.no_update;
  return { kind: LISTS[id][0], text, workspaces: (values['workspaces.value'] || []).map(address.toId) };
}

/* List what was found, name what an answer knows the name of, and list the zones, which would have kept the page waiting. */
function list() {
  const { values } = given();
  const [member, workspaces, projects] = Object.keys(LISTS).map((id) => values[`${id}.value`] || []);
  return outputs({ ...entries(values, { member, workspaces, projects }), 'timezone.options': zones(constants.zones) }, values);
}

// -- The question -----------------------------------------------------------------------------------------------------

/* What a control that was changed makes of the address. */
const CHANGES = {
  'member.value': (members, known, { search }) => address.membersChosen(search, members, known),
  'preset.value': (preset, _, { from, to }) => (
    preset === address.CUSTOM ? { from, to, preset: '' } : { from: '', to: '', preset }),
  'dates.chosen': ({ first, last }) => ({ from: first, to: last, preset: '' }),
  'timezone.value': (tz) => ({ tz }),
  'workspaces.value': (workspaces, { projects }, { chosen }) => {
    const workspaceOf = new Map(projects.map(({ value, workspace }) => [value, workspace]));
    const fits = (value) => !workspaces.length || !workspaceOf.has(value) || workspaces.includes(workspaceOf.get(value));
    return { workspace: workspaces.map(address.toId), project: chosen.filter(fits).map(address.toId) };
  },
  'projects.value': (projects) => ({ project: projects.map(address.toId) }),
  'compare.value': (compare) => ({ compare }),
  'grain.value': (grain) => ({ grain }),
  'statistic.value': (statistic) => ({ statistic }),
  'theme.value': (theme) => ({ theme }),
  'search.value': (search) => ({ search, page: '' }),
  'rows-close.n_clicks': () => ({ rows: '' }),
};

/* The address after what changed: controls, or a click on a bar, point, slice or number of a table. */
function addressed(search, values, changed, known) {
  const answer = values['answer.data'] || {};
  if (changed.includes('reset.n_clicks')) return address.atRest(search, known);
  const shown = { ...answer, chosen: values['projects.value'] || [] };
  return changed.reduce((now, name) => {
    if (name in CHANGES) return address.changed(now, CHANGES[name](values[name] || [], known, { ...shown, search: now }));
    const { meta, point } = (name.endsWith('.clickData') && answer.leads && values[name]) || {};
    if (!meta) return now;
    const { rows, rows_user } = meta.rows ? meta : { rows: meta };
    return address.changed(now, { rows: point === null ? rows : `${rows}@${answer.dates[point]}`, rows_user });
  }, search);
}

function ask() {
  const { values, changed } = given();
  const { 'asked.data': before, 'choices.data': choices, 'answer.data': answer, 'problem.data': problem } = values;
  const known = { ...choices, ...constants, zone: ownZone() };
  const restore = !before || changed.includes('address.search');
  const search = restore ? location.search : addressed(values['address.search'], values, changed, known);
  const [question, controls] = [address.questionIn(search), address.controlsIn(search, known)];
  const retry = problem && problem.again && changed.includes('pulse.n_intervals') && !document.hidden;
  const news = answer && changed.includes('news.data') && values['news.data'] !== answer.news;
  // Of itself the page asks one question at a time: one that overtakes a slow answer keeps it from ever coming.
  const again = ((retry || news) && !waits()) || changed.some((name) => /^(refresh|try-again)\./.test(name));
  const table = address.tableIn(search);
  const turned = before && table !== address.tableIn(shown);
  const alone = answer && answer.question === question && !problem;
  const needed = !before || again || question !== before.question || (turned && !alone);
  const { from, to, ...held } = controls;
  const sets = {
    ...entries(values, controls),
    ...Object.fromEntries(Object.entries(held).map(([id, value]) => [`${id}.value`, value])),
    'address.search': search,
    'reset.disabled': same(controls, address.controlsIn(address.atRest(search, known), known)),
  };
  if (!before) {
    sets['timezone.options'] = zones([controls.timezone]);
    // The first answer finds its room; each says by itself of how many it is.
    document.documentElement.toggleAttribute('data-several', address.several(controls.member));
  }
  if (restore && needed) Object.assign(sets, { 'dates.first': from, 'dates.last': to });
  if (needed) {
    sets['asked.data'] = { question, table, attempt: (before ? before.attempt : 0) + 1 };
    busy(true);
  } else if (turned && answer.several) {
    sets['team-sought.data'] = { question, table };
    byId('team').setAttribute('aria-busy', 'true');
  }
  const rowsNeeded = needed || changed.includes('rows-again.n_clicks');
  openRows(address.rowsIn(search), values['rows-sought.data'] || {}, rowsNeeded, question, sets);
  // What is typed letter by letter is one step for Back, whatever else came at the same moment.
  const typed = same(changed.filter((name) => name in CHANGES), ['search.value']);
  if (typed && [shown, search].every((each) => new URLSearchParams(each).get('search'))) {
    history.replaceState(history.state, '', search);
  }
  shown = search;
  document.documentElement.dataset.statistic = controls.statistic;
  window.perfwidget_theme.wish('chosen', controls.theme);
  return outputs(sets, values);
}

let shown = '';  // the address of what is shown

/* A link says what is asked alone; how it is drawn stays. It is heard of before Dash reads the address. */
window.addEventListener('_dashprivate_pushstate', () => {
  history.replaceState(history.state, '', address.drawn(location.search, shown) + location.hash);
});

/* Ask for the rows that are open now, if others were before, or if there are other figures. */
function openRows(rows, { rows: before = '', attempt = 0 }, needed, question, sets) {
  const panel = byId('rows-panel');
  const open = panel && !panel.hidden;
  sets['rows-panel.hidden'] = !rows;
  if (!rows && open) window.perfwidget_rows.closed();
  if (!rows || (open && !needed && rows === before)) return;
  if (!open || rows !== before) window.perfwidget_rows.expect();
  sets['rows-sought.data'] = { question: `${question}&${rows}`, rows, attempt: attempt + 1 };
  sets['rows-panel.aria-busy'] = 'true';
}

/* Before Dash looks at it: an address that says all that it asks. */
const complete = () => history.replaceState(history.state, '', address.whole(location.search, { zone: ownZone() }) + location.hash);

/* Once one member of several is shown, who came from a table of them: ask for the way to the next one. */
function among(answer) {
  const of = new URLSearchParams(location.search).get('among');
  const sought = answer && !answer.several && of;
  return sought ? { question: answer.question, table: address.tableIn(location.search), among: of } : window.dash_clientside.no_update;
}

/* From time to time: look whether there are other facts, one look after the other. */
const beat = (beats, problem, asked) => (
  problem || document.hidden || window.perfwidget_requests.looking() ? window.dash_clientside.no_update : { ...asked, beats });

/* The tables that are open, of the newest answer. */
function open_tables(answer) {
  const { values } = given();
  const open = Object.keys(values).filter((name) => values[name] % 2).map((name) => name.split('.')[0]);
  return answer && open.length ? { question: answer.question, open } : window.dash_clientside.no_update;
}

/* The figure of the total time, of its two readings. */
const read = (readings, statistic) => (readings && readings[statistic]) || null;

window.perfwidget_ask = { byId, busy, browserZone, ownZone, complete, given, outputs, constants };
window.dash_clientside = { ...window.dash_clientside, perfwidget: { ask, among, beat, read, seek, list, open_tables } };
