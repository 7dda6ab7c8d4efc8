/* From the address, the controls and what is clicked to what is asked: `ask` alone decides it. Beside it, the entries of the
   lists to choose from, and what all functions share that Dash calls in the browser. */
(function () {
  'use strict';

  const address = window.perfwidget_address;
  const byId = (id) => document.getElementById(id);
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  let fixed = null;
  const constants = () => (fixed = fixed || JSON.parse(byId('perfwidget-fixed').textContent));  // {words, timezone, zones, presets, plotly}

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
  const busy = (now) => byId('figures') && byId('figures').setAttribute('aria-busy', now);

  const browserZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
  /* The zone of who asks for none: that in which people are paid, else the browser's where it is known. */
  const ownZone = () => constants().timezone || (constants().zones.includes(browserZone()) ? browserZone() : 'UTC');

  // -- The lists to choose from ---------------------------------------------------------------------------------------

  const LISTS = { member: ['member', 'members'], workspaces: ['workspace', 'workspaces'], projects: ['project', 'projects'] };
  const PAUSE = 200;  // milliseconds in typing that begin a search
  const zones = (names) => names.map((name) => ({ value: name, label: name }));

  /* The entries of a list: those that came with the page, those found on the server, and the chosen ones in any case, for
     Dash drops a choice that is not listed. `named` are entries that are known besides. */
  function options(id, choices, found, chosen, workspaces, named) {
    const [kind, all] = LISTS[id];
    const offered = [...choices[all], ...(found && found.kind === kind ? found.options : [])];
    const fits = ({ workspace }) => kind !== 'project' || !workspaces.length || workspaces.includes(workspace);
    const labels = new Map([...(named || []), ...offered].map(({ value, label }) => [value, label]));
    const values = new Set([...[chosen].flat().filter(Boolean), ...offered.filter(fits).map(({ value }) => value)]);
    const harmless = (id_) => id_.replace(/__(?=proto__)/gi, '__\u2060');
    return [...values].map((value) => ({ value, label: labels.get(value) || harmless(address.toId(value)) }));
  }

  /* The chosen projects that lie in the chosen workspaces, or of which that is not known. */
  function within(workspaces, projects, choices) {
    const workspaceOf = new Map(choices.projects.map(({ value, workspace }) => [value, workspace]));
    return projects.filter((value) => !workspaces.length || !workspaceOf.has(value) || workspaces.includes(workspaceOf.get(value)));
  }

  let newest = 0;

  /* Ask the server for what is typed into a list that did not come whole, once the typing pauses. */
  async function seek() {
    const { values, changed: [changed] } = given();
    const moved = changed === 'workspaces.value';
    const id = moved ? 'projects' : changed.split('.')[0];
    const text = moved ? '' : values[`${id}.search_value`] || '';
    newest += 1;
    const turn = newest;
    if (!values['choices.data'].more.includes(LISTS[id][0]) || (!text && !moved)) return window.dash_clientside.no_update;
    await new Promise((done) => { window.setTimeout(done, PAUSE); });
    if (turn !== newest) return window.dash_clientside.no_update;
    return { kind: LISTS[id][0], text, workspaces: (values['workspaces.value'] || []).map(address.toId) };
  }

  /* List what was found, unless something else is sought meanwhile, and name what an answer knows the name of. */
  function list() {
    const { values, changed } = given();
    const [found, answer] = [values['found.data'], values['answer.data']];
    const known = (id) => [...(values[`${id}.options`] || []), ...(answer ? [answer.member] : [])];
    const listed = (id) => options(
      id, values['choices.data'], found, values[`${id}.value`], values['workspaces.value'] || [], known(id));
    const entries = {};
    if (changed.includes('found.data') && found) {
      const id = Object.keys(LISTS).find((each) => LISTS[each][0] === found.kind);
      if ((values[`${id}.search_value`] || '') === found.text) entries[`${id}.options`] = listed(id);
    }
    if (changed.includes('answer.data') && answer) {
      entries['member.options'] = listed('member');
      if (values['timezone.options'].length === 1) entries['timezone.options'] = zones(constants().zones);
    }
    return outputs(entries, values);
  }

  // -- The question ---------------------------------------------------------------------------------------------------

  const CONTROLS = { member: 'member', preset: 'preset', timezone: 'zone', workspaces: 'workspaces', projects: 'projects',
    grain: 'grain', statistic: 'statistic', theme: 'theme' };  // the components, and what they hold

  /* What the controls say. The dates are those that were typed, else those of the question, else those on the page. */
  function controlsOf(values, changed) {
    const held = Object.entries(CONTROLS).map(([id, name]) => [name, values[`${id}.value`]]);
    const controls = { workspaces: [], projects: [], ...Object.fromEntries(held.filter(([, value]) => value !== null)) };
    const [shown, typed] = [values['answer.data'] || {}, values['dates.typed']];
    const question = new URLSearchParams(values['asked.data'].question);
    const [from, to] = [question.get('from') || shown.from, question.get('to') || shown.to];
    if (!changed.includes('dates.typed')) return { ...controls, from, to };
    const others = typed.first !== from || typed.last !== to;
    return { ...controls, from: typed.first, to: typed.last, preset: others ? address.CUSTOM : controls.preset };
  }

  /* The rows that a click asks for: of a number (`meta`), or of what it is on the place `point` of the dates. */
  function clickedRows(values, changed) {
    const [click] = changed.filter((each) => each.endsWith('.clickData')).map((each) => values[each]);
    const { dates, leads } = values['answer.data'] || {};
    if (!click || !leads) return null;
    return { of: click.point === null ? click.meta : `${click.meta}@${dates[click.point]}`, order: '', descending: true, page: 1 };
  }

  function ask() {
    const { values, changed } = given();
    const [before, choices, { search }] = [values['asked.data'], values['choices.data'], location];
    const known = { ...choices, ...constants(), zone: ownZone() };
    const clicked = (...ids) => ids.some((id) => changed.includes(`${id}.n_clicks`));
    const restore = !before || changed.includes('address.search');
    const moved = changed.includes('workspaces.value') && !restore;
    let controls = restore ? address.controlsIn(search, known) : controlsOf(values, changed);
    if (clicked('reset')) controls = address.atRest(controls, known);
    if (moved) controls.projects = within(controls.workspaces, controls.projects, choices);

    const entry = clicked('reset') ? '' : new URLSearchParams(search).get('entry');
    const settled = address.questionOf(controls, entry, known);
    // While the controls say what they said, the question stays as it was, be it one that the server refuses.
    const kept = before && settled === before.settled ? before.question : settled;
    const question = restore ? address.questionIn(search, known) : kept;
    const again = clicked('refresh', 'try-again') || changed.includes('again.data');
    const needed = !before || again || question !== before.question;
    let rows = clicked('rows-close', 'reset') ? null : address.rowsIn(search);
    if (!restore && rows && address.outlived(rows, before.question, question)) rows = null;
    rows = clickedRows(values, changed) || rows;

    const sets = {
      ...Object.fromEntries(Object.entries(CONTROLS).map(([id, name]) => [`${id}.value`, controls[name]])),
      'address.search': restore ? search : address.searchOf(question, controls, rows, search),
      'reset.disabled': controls.statistic === 'average'
        && settled === address.questionOf(address.atRest(controls, known), entry, known),
    };
    Object.keys(values).filter((each) => each.endsWith('.href')).forEach((each) => {
      sets[each] = `${values[each].split('?')[0]}?${question}`;
    });
    if (restore || moved || clicked('reset')) {
      Object.keys(LISTS).forEach((id) => {
        sets[`${id}.options`] = options(
          id, choices, values['found.data'], controls[CONTROLS[id]], controls.workspaces, values[`${id}.options`]);
      });
    }
    if (!before) sets['timezone.options'] = zones([controls.zone]);
    if (restore && needed) Object.assign(sets, { 'dates.first': controls.from, 'dates.last': controls.to });
    if (needed) {
      sets['asked.data'] = { question, settled, attempt: (before ? before.attempt : 0) + 1 };
      busy(true);
    }
    openRows(rows, values['rows-sought.data'] || {}, needed || clicked('rows-again'), question, sets);
    document.documentElement.dataset.statistic = controls.statistic;
    window.perfwidget_theme.wish('chosen', controls.theme);
    return outputs(sets, values);
  }

  /* Ask for the rows that are open now, if others were before, or if there are other figures. */
  function openRows(rows, { rows: before = null, attempt = 0 }, needed, question, sets) {
    const panel = byId('rows-panel');
    const open = panel && !panel.hidden;
    sets['rows-panel.hidden'] = !rows;
    if (!rows && open) window.perfwidget_rows.closed();
    if (!rows || (open && !needed && same(rows, before))) return;
    if (!open || !same(rows, before)) window.perfwidget_rows.expect();
    const { of, ...how } = rows;
    const wanted = new URLSearchParams(question);
    wanted.set('rows', of);
    sets['rows-sought.data'] = { question: address.written(wanted), ...how, rows, attempt: attempt + 1 };
    sets['rows-panel.aria-busy'] = 'true';
  }

  /* Before Dash looks at it: an address that says all that it asks, the reader's time zone too. */
  function complete() {
    const { search, hash } = location;
    const known = { ...constants(), zone: ownZone() };
    const [question, controls] = [address.questionIn(search, known), address.controlsIn(search, known)];
    history.replaceState(history.state, '', address.searchOf(question, controls, address.rowsIn(search), search) + hash);
  }

  /* The figure of the total time, of its two readings. */
  const read = (readings, statistic) => (readings && readings[statistic]) || null;

  window.perfwidget_ask = { busy, browserZone, ownZone, complete, given, outputs, constants };
  window.dash_clientside = { ...window.dash_clientside, perfwidget: { ask, read, seek, list } };
})();
