/* What the page does in the browser. It is loaded in the head, before anything is painted and before Dash asks for
   anything: first the theme, then an ear on the page's own requests, then the functions that Dash calls. */
(function () {
  'use strict';
  if (window.perfwidget) return;

  /* Dash's lists keep what people typed as keys of plain objects: a member called `__proto__` would break them, and
     write into the prototype of every object of the page. Of plain objects it is a key like any other here. Arrays and
     events keep their accessor, which plotly.js uses, if it finds one while it is started: it copies methods otherwise. */
  const inherited = Object.getOwnPropertyDescriptor(Object.prototype, '__proto__');
  const plain = (object) => Object.getPrototypeOf(object) === Object.prototype;
  const starting = () => document.currentScript && document.currentScript.src.includes('plotly');
  Object.defineProperty(Object.prototype, '__proto__', {
    configurable: true,
    get() { return plain(this) && !starting() ? undefined : inherited.get.call(this); },
    set(value) {
      if (!plain(this)) inherited.set.call(this, value);
      else Object.defineProperty(this, '__proto__', { value, configurable: true, enumerable: true, writable: true });
    },
  });

  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const setProps = (id, props) => window.dash_clientside.set_props(id, props);
  const unchanged = () => window.dash_clientside.no_update;

  const json = (id) => JSON.parse(byId(id).textContent);
  const once = (make) => { let made; return () => (made === undefined ? (made = make()) : made); };
  const words = once(() => json('perfwidget-words'));
  const fixed = once(() => json('perfwidget-fixed'));  // {zones, presets, answer, skeleton}: the same for everybody
  const config = once(() => json('_dash-config'));
  const prefix = () => config().requests_pathname_prefix;

  // -- Theme ----------------------------------------------------------------------------------------------------------

  const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');
  const THEMES = ['light', 'dark'];
  let theme = '';

  function appearance() {
    root.dataset.bsTheme = theme || (prefersDark.matches ? 'dark' : 'light');
    window.perfwidgetCharts.repaint();
  }

  function chooseTheme(wanted) {
    theme = THEMES.includes(wanted) ? wanted : '';
    appearance();
  }

  chooseTheme(new URLSearchParams(location.search).get('theme'));
  prefersDark.addEventListener('change', appearance);

  // -- What the server says to the page's requests --------------------------------------------------------------------

  const send = window.fetch;
  const turns = { asked: 0, 'rows-sought': 0 };  // of the newest questions; answers to older ones no longer matter

  window.fetch = function (resource, options) {
    const address = String((resource && resource.url) || resource);
    if (!byId('_dash-config') || !address.startsWith(prefix())) return send.apply(this, arguments);
    const callback = address.includes('_dash-update-component');
    const [, kind] = (callback && /"id":\s*"(asked|rows-sought)"/.exec(options.body)) || [];
    const mine = kind && ++turns[kind];
    const outdated = () => kind && mine !== turns[kind];
    const question = kind === 'asked';
    const tell = kind === 'rows-sought' ? rowsFault : say;
    if (question) busy(true);
    let before = taken(question ? JSON.stringify(JSON.parse(options.body).inputs[0].value) : address);
    const ask = () => before.then((response) => response || send(resource, options))
      .then((response) => { before = Promise.resolve(); return renewed(response, resource, options); });
    return ask().then((response) => inTurn(response, ask, outdated)).then((response) => {
      if (response.ok && question) return answered(response, outdated);
      if (response.ok && kind && !outdated()) tell('');
      if (response.ok) return response;
      if (!outdated()) refused(response.clone(), tell);
      else if (callback) leaveUnread(response);
      return callback ? unanswered() : response;
    }, (fault) => {
      if (!outdated()) tell(words().unreachable, Boolean(kind));
      if (callback) return unanswered();
      throw fault;
    });
  };

  // -- Before Dash is there -------------------------------------------------------------------------------------------

  /* What Dash will ask for is asked while its scripts are on their way: the figures, the layout and the callbacks. Its
     own requests for the same are answered with that. */
  const ahead = new Map();
  let unread = new AbortController();  // of figures that Dash has not asked for yet

  function askAhead(name, options) {
    const key = options ? JSON.stringify(options.value) : name;
    const response = send(name, { credentials: 'same-origin', ...options });
    ahead.set(key, response);
    response.catch(() => ahead.delete(key));
    return response;
  }

  /* Ask what Dash will ask in a moment. Of quick changes it passes over all but the last. */
  function figuresAhead(value) {
    unread.abort();
    unread = new AbortController();
    const { signal } = unread;
    const inputs = [{ id: 'asked', property: 'data', value }];
    const body = JSON.stringify({ ...fixed().answer, inputs, changedPropIds: ['asked.data'] });
    const headers = { 'Content-Type': 'application/json', ...token() };
    return askAhead('_dash-update-component', { method: 'POST', headers, body, value, signal });
  }

  let preview = null;  // the page as it is shown until Dash has made it

  /* Ask for everything, and show it as soon as it comes. What does not come so, Dash asks for again, and is told why. */
  function begin() {
    const { given, question } = asked();
    const copied = (response) => (response.ok ? response.clone().json() : Promise.reject(new Error(response.statusText)));
    const figures = figuresAhead({ question, attempt: 1 }).then(copied);
    figures.catch(() => {});  // the layout may fail first
    const layout = askAhead('_dash-layout').then(copied);
    askAhead('_dash-dependencies').catch(() => {});
    return Promise.all([layout, parsed]).then(([made]) => {
      if (state !== null) return figures;
      choices = made.props.children.find(({ props }) => props.id === 'choices').props.data;
      const controls = controlsFor(given);
      root.dataset.statistic = controls.statistic;
      preview = window.perfwidgetParts.preview(made, fixed().skeleton, controls);
      return figures;
    }).then((body) => {
      if (!preview) return;
      fill(body);
      preview.place('figures').setAttribute('aria-busy', 'false');
    }).catch(() => {});
  }

  const PATIENCE = 1000;  // milliseconds that what can wait does, for what comes before it
  const within = (done) => Promise.race([done, new Promise((late) => { window.setTimeout(late, PATIENCE); })]);

  const scripts = (which) => [...byId('perfwidget-dash').content.querySelectorAll(`script${which}`)];

  /* Dash's scripts are fetched at once, but each keeps the browser from painting, and a part of the machine from
     answering: so the first answer comes first. What only a pointer needs comes when nothing else is to be done. */
  function fetchScripts() {
    scripts('[src]:not([async])').forEach(({ src: href }) => {
      document.head.append(Object.assign(document.createElement('link'), { rel: 'preload', as: 'script', href }));
    });
  }

  /* Run scripts in their order; those that do not come are missed by whoever needs them. */
  const run = (all) => Promise.all(all.map((each) => new Promise((done) => {
    const made = { src: each.src, async: each.hasAttribute('async'), onload: done, onerror: done };
    document.head.append(Object.assign(document.createElement('script'), made));
  })));

  /* The last of Dash's scripts, which stands in the page itself, runs once all others and the page are there. */
  const startDash = () => Promise.all([parsed, run(scripts('[src]:not([async])'))]).then(() => document.head.append(
    ...scripts(':not([src])').map((each) => document.importNode(each, true))));

  const whenIdle = () => new Promise((done) => { (window.requestIdleCallback || window.setTimeout)(done); });

  const parsed = new Promise((done) => { document.addEventListener('DOMContentLoaded', done); });

  function endPreview() {
    if (preview) preview.end();
    preview = null;
  }

  function taken(key) {
    const name = key.startsWith(prefix()) ? key.slice(prefix().length) : key;
    const response = ahead.get(name) || Promise.resolve();
    if (ahead.delete(name)) unread = new AbortController();
    return response.catch(() => null);
  }

  /* People are told of a refusal here, and shown an answer; to Dash it is a callback that changes nothing. */
  const unanswered = () => new Response(null, { status: 204 });

  /* What nobody reads would otherwise stay on its way. */
  const leaveUnread = ({ body }) => { if (body) body.cancel(); };

  const TURNS = 60;  // how often one asks again where many are asking

  /* Where too many ask at once, the server says when to ask again; the page does, and keeps what it shows. */
  function inTurn(response, ask, outdated, turn = 1) {
    const pause = Number(response.headers.get('Retry-After'));
    if (response.status !== 503 || !pause || turn > TURNS || outdated()) return response;
    leaveUnread(response);
    return new Promise((done) => window.setTimeout(done, pause * 1000 * (0.5 + Math.random())))
      .then(ask).then((next) => inTurn(next, ask, outdated, turn + 1));
  }

  /* Behind a host's CSRFProtect a page outlives its token, and is then told 400 in front of the widget, without our
     JSON. Asking for the session brings a new token, if there still is a session: send the request again with it. */
  function renewed(response, resource, options) {
    if (response.status !== 400 || isOurs(response)) return response;
    return send(prefix() + 'session', { credentials: 'same-origin' }).then((session) => {
      if (!session.ok) return session;
      const renewal = token();
      return options && Object.keys(renewal).length
        ? send(resource, { ...options, headers: { ...options.headers, ...renewal } }) : response;
    });
  }

  /* The header that a host's CSRFProtect asks for; none where there is none. */
  function token() {
    const { csrf_token_name: cookie, csrf_header_name: header } = config();
    const found = document.cookie.split('; ').find((each) => each.startsWith(`${cookie}=`));
    return found ? { [header]: decodeURIComponent(found.slice(cookie.length + 1)) } : {};
  }

  const isOurs = (response) => (response.headers.get('content-type') || '').includes('json');

  function refused(response, tell) {
    if (response.status === 401) {
      if (tell === rowsFault) tell(words().signedOut);
      return signedOut();
    }
    return response.json().catch(() => ({})).then((body) => {
      tell(body.error || words().failed, response.status >= 500);
    });
  }

  function signedOut() {
    reflect();  // so that they come back to what they asked
    const link = document.createElement('a');
    link.textContent = words().signIn;
    link.target = '_top';
    link.href = pageAround();
    say(words().signedOut, false, link);
  }

  function pageAround() {
    try {
      return window.top.location.href;
    } catch {  // another site's page holds the frame
      return location.href;
    }
  }

  let zoneNotice = '';
  let storeNotices = [];
  let lateNotice = '';

  function say(sentence, again, action) {
    if (sentence) {
      busy(false);
      endPreview();
      reflect();
    }
    const place = byId('notice') || byId('fault');
    const parts = sentence ? [sentence] : [zoneNotice, lateNotice, ...storeNotices];
    if (sentence && shown) parts.push(words().showing.replace('{time}', shown.time).replace('{what}', () => shown.what));
    root.toggleAttribute('data-stale', Boolean(sentence && shown));
    place.replaceChildren(parts.filter(Boolean).join(' '));
    if (again && byId('refresh')) action = button(words().again, () => byId('refresh').click());
    if (action) place.append(' ', action);
  }

  function button(text, act) {
    const made = document.createElement('button');
    made.type = 'button';
    made.textContent = text;
    made.addEventListener('click', act);
    return made;
  }

  function busy(now) {
    const figures = byId('figures');
    if (figures) figures.setAttribute('aria-busy', String(now));
  }

  // -- From the address and the controls to the question --------------------------------------------------------------

  const DEFAULT_PRESET = 'last_30_days';
  const CUSTOM = 'custom';
  const AUTO = 'auto';
  const ASKED = ['user', 'workspace', 'project', 'from', 'to', 'preset', 'tz', 'entry', 'grain'];
  const GRAINS = ['day', 'week', 'month'];
  const STATISTICS = ['average', 'median'];
  const DATE = /^\d{4}-\d\d-\d\d$/;

  let choices = null;
  let entry = '';
  let state = null;  // {question, settled, attempt}: what is asked, how the controls say it, and the number of asking
  let shown = null;  // {from, to, time, what, question} of the answer on the page

  // It takes the browser longer than anything else here.
  const browserZone = once(() => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC');
  const ownZone = () => (fixed().zones.includes(browserZone()) ? browserZone() : 'UTC');
  const written = (parameters) => parameters.toString().replace(/%2F/g, '/').replace(/%40/g, '@');
  const values = (given, name) => [...new Set(given.getAll(name).filter(Boolean))];
  const oneOf = (value, allowed, otherwise) => (allowed.includes(value) ? value : otherwise);

  /* What the address says, and the question that this is. */
  function asked() {
    const given = new URLSearchParams(location.search);
    if (!given.get('tz')) given.set('tz', ownZone());
    const named = (name) => given.getAll(name).filter(Boolean).map((value) => [name, value]);
    const question = new URLSearchParams(ASKED.flatMap(named));
    // How it is drawn is no part of the question, unless the server has to refuse it.
    if (!oneOf(given.get('statistic') || 'average', STATISTICS)) question.set('statistic', given.get('statistic'));
    if (!oneOf(given.get('theme') || 'light', THEMES)) question.set('theme', given.get('theme'));
    const rows = values(given, 'rows');
    if (rows.length > 1) rows.forEach((each) => question.append('rows', each));  // which the server has to refuse
    return { given, rows, question: written(question) };
  }

  /* What the controls say for an address. */
  function controlsFor(given) {
    const isDate = (text) => DATE.test(text) && !isNaN(new Date(text));
    const dates = [given.get('from'), given.get('to')].filter(isDate);
    const dated = dates.length === 2;
    return {
      member: given.get('user') || choices.viewer || null,
      preset: dated ? CUSTOM : oneOf(given.get('preset'), fixed().presets, DEFAULT_PRESET),
      from: dated ? dates[0] : null,
      to: dated ? dates[1] : null,
      zone: fixed().zones.includes(given.get('tz')) ? given.get('tz') : ownZone(),
      workspaces: values(given, 'workspace'),
      projects: values(given, 'project'),
      grain: oneOf(given.get('grain'), GRAINS, AUTO),
      statistic: oneOf(given.get('statistic'), STATISTICS, 'average'),
      theme: oneOf(given.get('theme'), THEMES, AUTO),
    };
  }

  function fromAddress() {
    const { given, rows, question } = asked();
    const zoned = new URLSearchParams(location.search).get('tz');
    zoneNotice = zoned || browserZone() === ownZone() ? '' : words().unknownZone.replace('{zone}', browserZone());
    entry = given.get('entry') || '';
    opened = rows.length === 1 ? asOpened(rows[0]) : null;
    focusNext = opened ? '#rows-title' : '';
    return { question, controls: controlsFor(given) };
  }

  function questionOf(controls) {
    const question = new URLSearchParams();
    if (controls.member && controls.member !== choices.viewer) question.set('user', controls.member);
    controls.workspaces.forEach((id) => question.append('workspace', id));
    controls.projects.forEach((id) => question.append('project', id));
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

  /* What Reset leaves: the member, if there is a choice of them, and the theme. */
  const atRest = (controls) => ({ ...controls, member: choices.choosesMembers ? controls.member : choices.viewer,
    preset: DEFAULT_PRESET, zone: ownZone(), workspaces: [], projects: [], grain: AUTO, statistic: 'average' });

  let mirrored = null;  // what the address bar says, or is about to
  let reflect = () => {};
  let reflecting = 0;

  /* Let the address bar say what the controls do. The browser needs longer for that than for all cards, so that it can
     be left for when the figures are there; it is not, where the address has become another one meanwhile. */
  function mirror(controls, later = false) {
    const before = location.search;
    const address = new URLSearchParams(state.question);
    if (controls.statistic !== 'average') address.set('statistic', controls.statistic);
    if (controls.theme !== AUTO) address.set('theme', controls.theme);
    if (opened) address.set('rows', opened.of);
    const after = '?' + written(address);
    mirrored = after;
    window.clearTimeout(reflecting);
    reflect = () => {
      window.clearTimeout(reflecting);
      if (location.search === before && before !== after) history.replaceState(history.state, '', after + location.hash);
    };
    if (later) reflecting = window.setTimeout(reflect, PATIENCE);
    else reflect();
  }

  /* Return the question that changed controls put, and the controls as they should be then; null if they put none. */
  function fromControls(controls, changed) {
    if (changed.includes('reset.n_clicks')) {
      entry = '';
      opened = null;
      const rested = atRest(controls);
      return { controls: rested, question: questionOf(rested) };
    }
    const { from, to } = controls;
    const given = changed.some((each) => each.startsWith('dates.'));
    if (given && shown && !(from && to)) window.setTimeout(agreeOnDates, 0, shown);  // once Dash has seen them go
    const dated = given && from && to;
    if (dated && !(shown && from === shown.from && to === shown.to)) controls.preset = CUSTOM;
    if (controls.preset === CUSTOM && !(from && to)) return null;
    if (changed.includes('workspaces.value')) controls.projects = withinWorkspaces(controls);
    // While the controls say what they said, the question stays as it was, be it one that the server refuses.
    const question = questionOf(controls);
    return { controls, question: question === state.settled ? state.question : question };
  }

  /* Called with the address, the buttons, the controls, and what they may hold; returns the question and the controls
     as they should be. Dash does not call it again for controls that it has set itself. */
  function ask(_search, _refresh, _reset, member, preset, from, to, zone, workspaces, projects, grain, statistic,
    wantedTheme, known, ...hrefs) {
    const changed = window.dash_clientside.callback_context.triggered.map((each) => each.prop_id);
    const nothing = Array(16 + hrefs.length).fill(unchanged());
    choices = known;
    const restore = state === null || changed.includes('address.search');
    if (restore && location.search === mirrored) return nothing;
    if (state === null) window.perfwidgetParts.furnish(fixed().skeleton, byId);
    const said = { member, preset, from, to, zone, workspaces: workspaces || [], projects: projects || [], grain,
      statistic, theme: wantedTheme };
    const next = restore ? fromAddress() : fromControls(said, changed);
    if (!next) return nothing;

    const { controls, question } = next;
    const asked = restore || changed.includes('refresh.n_clicks') || question !== state.question;
    if (state && opened && !restore && outlived(state.question, question)) opened = null;
    state = { question, settled: questionOf(controls), attempt: (state ? state.attempt : 0) + (asked ? 1 : 0) };
    if (asked && state.attempt > 1) figuresAhead({ question, attempt: state.attempt }).catch(() => {});
    mirror(controls, asked && state.attempt > 1);
    if (!opened) putAway();
    root.dataset.statistic = controls.statistic;
    selected = controls;
    chooseTheme(controls.theme);
    if (changed.includes('workspaces.value') && choices.more.includes('project')) {
      searched.project = '';
      setProps('seek', { data: { kind: 'project', text: '', workspaces: controls.workspaces } });
    }
    const differing = (value, old) => (JSON.stringify(value) === JSON.stringify(old) ? unchanged() : value);
    const listed = restore || changed.includes('workspaces.value') || changed.includes('reset.n_clicks');
    return [
      asked ? { question, attempt: state.attempt } : unchanged(),
      differing(controls.member, member),
      differing(controls.preset, preset),
      differing(controls.from, from),
      differing(controls.to, to),
      differing(controls.zone, zone),
      differing(controls.workspaces, workspaces),
      differing(controls.projects, projects),
      differing(controls.grain, grain),
      differing(controls.statistic, statistic),
      differing(controls.theme, wantedTheme),
      restore ? options('member') : unchanged(),
      restore || changed.includes('reset.n_clicks') ? zones(controls.zone) : unchanged(),
      listed ? options('workspace') : unchanged(),
      listed ? options('project') : unchanged(),
      ...hrefs.map((href) => `${href.split('?')[0]}?${question}`),
      question === questionOf(atRest(controls)) && controls.statistic === 'average',
    ];
  }

  // -- The lists to choose from ---------------------------------------------------------------------------------------

  const LISTS = {
    member: { id: 'member', all: 'members', chosen: () => [selected.member] },
    workspace: { id: 'workspaces', all: 'workspaces', chosen: () => selected.workspaces },
    project: { id: 'projects', all: 'projects', chosen: () => selected.projects },
  };
  const names = { member: new Map(), workspace: new Map(), project: new Map() };
  const searched = {};
  const foundLately = { member: [], workspace: [], project: [] };
  let selected = null;
  let patience = 0;

  const fits = (project) => !selected.workspaces.length || selected.workspaces.includes(project.workspace);

  function withinWorkspaces(controls) {
    if (!controls.workspaces.length) return controls.projects;
    const workspaceOf = new Map(choices.projects.map((project) => [project.value, project.workspace]));
    return controls.projects.filter((id) => !workspaceOf.has(id) || controls.workspaces.includes(workspaceOf.get(id)));
  }

  /* Return the entries of a list: those that came with the page, those found lately, and the chosen ones in any case,
     for Dash drops a choice that is not listed. */
  function options(kind) {
    const offered = [...choices[LISTS[kind].all], ...foundLately[kind]];
    const listed = kind === 'project' ? offered.filter(fits) : offered;
    listed.forEach((each) => names[kind].set(each.value, each.label));
    const ids = new Set([...LISTS[kind].chosen().filter(Boolean), ...listed.map((each) => each.value)]);
    const label = (id) => names[kind].get(id) || id;
    return [...ids].map((id) => ({ value: id, label: label(id) }));
  }

  let zonesListed = false;

  /* Dash makes an index of all zones there are, which takes longer than a graph: they are listed when they are looked at. */
  const zones = (chosen) => (zonesListed ? fixed().zones : [chosen]);

  ['pointerdown', 'focusin'].forEach((kind) => document.addEventListener(kind, (event) => {
    if (zonesListed || !selected || !event.target.closest('.field-timezone')) return;
    zonesListed = true;
    setProps('timezone', { options: fixed().zones });
  }, true));

  /* Called with what is typed into the lists: asks the server for those that did not come whole. */
  function seek(member, workspace, project, workspaces, known) {
    Object.entries({ member, workspace, project }).forEach(([kind, text]) => {
      if ((searched[kind] || '') === (text || '') || !known.more.includes(kind)) return;
      searched[kind] = text || '';
      window.clearTimeout(patience);
      if (text) patience = window.setTimeout(() => setProps('seek', { data: { kind, text, workspaces } }), 200);
    });
  }

  function found(answer) {
    if (answer && searched[answer.kind] === answer.text) {
      foundLately[answer.kind] = answer.options;
      setProps(LISTS[answer.kind].id, { options: options(answer.kind) });
    }
  }

  // -- From the answer to the page ------------------------------------------------------------------------------------

  const NEWS = 3000;  // milliseconds from one look to the next
  let following = 0;
  let news = null;

  /* Where a source keeps the facts in step, look from time to time whether they have changed, and then ask again. */
  function follow(known) {
    news = known;
    window.clearTimeout(following);
    if (news !== null) following = window.setTimeout(lookForNews, NEWS);
  }

  function lookForNews() {
    const asked = state.attempt;
    const later = () => { if (asked === state.attempt) follow(news); };
    if (document.hidden) return later();
    send(`${prefix()}news?${state.question}`, { credentials: 'same-origin' }).then((response) => {
      if (response.status === 401) return signedOut();
      return response.ok ? response.json().then((found) => { if (asked === state.attempt) heed(found); }) : later();
    }).catch(later);
  }

  function heed(found) {
    if (found.news !== news && found.news !== null) return byId('refresh').click();
    const clock = document.querySelector('#heading time');
    if (clock && found.clock) {
      clock.textContent = found.clock.text;
      clock.dateTime = found.clock.instant;
      clock.title = found.clock.title;
    }
    if (lateNotice !== found.late) {
      lateNotice = found.late;
      if (!root.hasAttribute('data-stale')) say('');
    }
    follow(news);
  }

  const pageTitle = once(() => document.title);
  let drawn = null;  // the answer on the page

  /* Show an answer as soon as it is there: it is no news to Dash, which would need longer. */
  function answered(response, outdated) {
    return response.json().then((body) => {
      if (outdated()) return unanswered();
      endPreview();
      drawn = fill(body);
      Object.keys(drawn.panels).forEach((name) => fillTable(name, drawn));
      settle(drawn);
      return painted().then(() => {
        if (!outdated()) {
          reflect();
          agree(drawn);
        }
        return unanswered();
      });
    });
  }

  /* When the browser has painted, or would have, were it looked at. */
  const painted = () => new Promise((done) => {
    window.requestAnimationFrame(() => window.setTimeout(done));
    window.setTimeout(done, 200);
  });

  /* Fill the page, or the preview of it, with the answer that came, and return that. */
  function fill({ response: { answer: { data: answer } } }) {
    const place = preview ? preview.place : byId;
    const { built } = window.perfwidgetParts;
    Object.entries(answer.parts).forEach(([id, part]) => place(id).replaceChildren(...built(part)));
    if (preview) preview.strip();
    root.toggleAttribute('data-leads', answer.leads);
    drawPanels(answer, root.dataset.statistic, place);
    Object.entries(answer.panels).forEach(([name, { message }]) => { place(`${name}-message`).textContent = message || ''; });
    return answer;
  }

  function drawPanels(answer, statistic, place) {
    window.perfwidgetCharts.draw(Object.entries(answer.panels).map(([name, { figures }]) => (
      { picture: place(`${name}-graph`), name, figure: figures[statistic] || figures[''] })));
  }

  /* Called with the reading of the total time. */
  function read(statistic) {
    if (drawn) drawPanels(drawn, statistic, byId);
  }

  /* Let the controls say what only the server knows: the dates of a preset, and the name behind an id. */
  function agree(answer) {
    names.member.set(answer.member.value, answer.member.label);
    selected = { ...selected, member: answer.member.value };
    setProps('member', { options: options('member'), value: answer.member.value });
    agreeOnDates(answer);
  }

  const agreeOnDates = ({ from, to }) => setProps('dates', { start_date: from, end_date: to });

  /* A date that Dash cannot read it leaves blank, and keeps for itself that there is none: both become what is shown. */
  document.addEventListener('focusout', ({ target }) => window.setTimeout(() => {
    const blank = ['dates-from', 'dates-to'].includes(target.id) && !target.value;
    if (blank && shown) setProps('dates', { start_date: null, end_date: null });
  }));

  function settle(answer) {
    shown = { from: answer.from, to: answer.to, time: answer.time, what: answer.what, question: answer.question };
    storeNotices = answer.notices;
    lateNotice = answer.late;
    say('');
    follow(answer.news);
    document.title = `${answer.name} · ${pageTitle()}`;
    root.dataset.ready = '';
    busy(false);
    if (opened) seekRows({ ...opened, page: 1 });
  }

  function fillTable(name, answer) {
    const details = document.querySelector(`details[data-panel="${name}"]`);
    const { table } = answer.panels[name];
    details.hidden = !table;
    const place = details.querySelector('.table');
    if (!details.open || !table) return place.replaceChildren();
    const made = document.createElement('table');
    const caption = made.createCaption();
    caption.className = 'visually-hidden';
    caption.textContent = details.querySelector('summary').getAttribute('aria-label');
    const cells = (row, texts, column, keys) => texts.forEach((text, place) => {
      const cell = document.createElement(column || !place ? 'th' : 'td');
      if (cell.tagName === 'TH') cell.scope = column ? 'col' : 'row';
      cell.append(answer.leads && keys[place] && !NOTHING.test(text) ? leading(text, keys[place]) : text);
      row.append(cell);
    });
    cells(made.createTHead().insertRow(), table.head, true, []);
    const body = made.createTBody();
    table.rows.forEach((texts, row) => {
      const keys = table.dated ? table.keys.map((key) => key && `${key}@${answer.dates[row]}`) : ['', table.keys[row]];
      cells(body.insertRow(), texts, false, keys);
    });
    return place.replaceChildren(made);
  }

  const NOTHING = /^(0|0s|—)$/;  // numbers that count no rows

  /* A number as the link to the rows that it counts. */
  function leading(text, of) {
    const link = document.createElement('a');
    link.textContent = text;
    link.dataset.rows = of;
    link.href = `?${shown.question}&rows=${encodeURIComponent(of)}`;
    return link;
  }

  document.addEventListener('toggle', (event) => {
    const { panel } = event.target.dataset || {};
    if (panel && drawn) fillTable(panel, drawn);
  }, true);

  // -- The rows behind a number ---------------------------------------------------------------------------------------

  let opened = null;  // {of, order, descending, page}: the number whose rows are shown, and how; `of` is as in the address
  let opener = null;  // the element that opened them, to which the focus returns
  let focusNext = '';  // what takes the focus once the rows to come are there, for Dash makes all of them anew

  const asOpened = (of) => ({ of, order: '', descending: true, page: 1 });
  const rowsPanel = () => byId('rows-panel');

  /* A bar's rows mean nothing once its period, zone or width is another one. */
  function outlived(before, after) {
    const [old, now] = [new URLSearchParams(before), new URLSearchParams(after)];
    const differs = (name) => old.get(name) !== now.get(name);
    return opened.of.includes('@') && ['from', 'to', 'preset', 'tz', 'grain'].some(differs);
  }

  function openRows(of, from) {
    focusNext = '#rows-title';
    opener = from;
    if (opened && opened.of !== of) setProps('rows', { children: null });
    seekRows(asOpened(of));
    mirror(selected);
  }

  /* Ask for the rows behind a number that is on the page: for the question that it answers, be there a newer one. */
  function seekRows(wanted) {
    opened = wanted;
    rowsPanel().hidden = false;
    rowsPanel().setAttribute('aria-busy', 'true');
    const { of, ...how } = opened;
    const question = new URLSearchParams(shown.question);
    question.set('rows', of);
    setProps('rows-sought', { data: { question: written(question), ...how, attempt: turns['rows-sought'] } });
  }

  function putAway() {
    opened = null;
    turns['rows-sought'] += 1;
    if (rowsPanel().hidden) return;
    rowsPanel().hidden = true;
    rowsPanel().querySelector('.rows-fault').replaceChildren();
    setProps('rows', { children: null });
  }

  function closeRows() {
    putAway();
    mirror(selected);
    const back = opener && opener.isConnected ? opener : byId('figures');
    if (back === byId('figures')) back.tabIndex = -1;
    back.focus();
  }

  function rowsFault(sentence, again) {
    rowsPanel().setAttribute('aria-busy', 'false');
    const place = rowsPanel().querySelector('.rows-fault');
    place.replaceChildren(sentence);
    if (sentence) setProps('rows', { children: null });
    if (sentence && again) place.append(' ', button(words().again, () => seekRows(opened)));
  }

  /* Called with the rows that came: whoever opened them is led there, whoever sorts or turns pages stays there. */
  function listed(children) {
    const panel = rowsPanel();
    panel.setAttribute('aria-busy', 'false');
    if (children && !opened) setProps('rows', { children: null });  // they came after they were put away
    if (!children || !opened || !focusNext) return;
    const wanted = focusNext;
    focusNext = '';
    window.requestAnimationFrame(() => {
      const target = panel.querySelector(wanted);
      if (target) target.focus({ preventScroll: true });
      if (wanted === '#rows-title') panel.scrollIntoView({ block: 'start' });
    });
  }

  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-rows]');
    const panel = event.target.closest('#rows-panel');
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      openRows(link.dataset.rows, link);
    } else if (panel) {
      turned(event.target.closest('button'));
    }
  });

  window.perfwidgetCharts.onPick((picture, { meta, place }) => {
    const opener = picture.closest('.panel').querySelector('.data > summary');
    if (drawn && drawn.leads) openRows(place === undefined ? meta : `${meta}@${drawn.dates[place]}`, opener);
  });

  document.addEventListener('keydown', (event) => {
    const there = event.target === document.body || event.target === opener || event.target.closest('#rows-panel');
    if (event.key === 'Escape' && opened && there) closeRows();
  });

  function turned(pressed) {
    if (!pressed || pressed.getAttribute('aria-disabled') === 'true') return;
    if (pressed.classList.contains('rows-close')) closeRows();
    if (pressed.dataset.page) {
      focusNext = pressed.matches(':first-child') ? '[data-page]:first-child' : '[data-page]:last-child';
      seekRows({ ...opened, ...sorting(), page: Number(pressed.dataset.page) });
    }
    if (pressed.dataset.order) {
      const { order } = pressed.dataset;
      focusNext = `[data-order=${order}]`;
      const now = sorting();
      const descending = now.order === order ? !now.descending : ['time', 'quantity'].includes(order);
      seekRows({ ...opened, order, descending, page: 1 });
    }
  }

  /* How the rows are sorted, or about to be: the server decides where nobody has chosen. */
  function sorting() {
    if (opened.order) return opened;
    const head = rowsPanel().querySelector('th[aria-sort]');
    return { order: head.querySelector('button').dataset.order, descending: head.ariaSort === 'descending' };
  }

  // -- Manners --------------------------------------------------------------------------------------------------------

  /* A failed download is no page to go to: with this, the browser reports it and the dashboard stays. */
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href*="/export/"]');
    if (link) link.setAttribute('download', '');
  }, true);

  /* Escape puts a tooltip away until the pointer or the focus moves on. */
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') root.dataset.tips = 'off'; });
  ['pointerover', 'focusin'].forEach((kind) => document.addEventListener(kind, (event) => {
    if (root.dataset.tips && !event.target.closest('.tip')) delete root.dataset.tips;
  }));

  /* In an open list, typing searches, wherever in it the focus is. */
  document.addEventListener('keydown', (event) => {
    const list = event.target.closest('.dash-dropdown-content');
    const plain = event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey && !event.altKey;
    const search = list && plain && list.querySelector('input[type="search"]');
    if (search && event.target !== search) search.focus();
  }, true);

  /* Dash names its dropdowns by their value alone; add the label. They come late, each with its own script. */
  const unnamed = new Set(['member', 'timezone', 'workspaces', 'projects']);
  const naming = new MutationObserver(() => {
    unnamed.forEach((id) => {
      const made = byId(id);
      if (!made || made.tagName !== 'BUTTON') return;
      made.setAttribute('aria-labelledby', `${id}-label ${made.getAttribute('aria-labelledby')}`);
      unnamed.delete(id);
    });
    if (!unnamed.size) naming.disconnect();
  });

  /* A graph keeps the width that it has on the screen; paper may be narrower, upright A4 between margins being 700. */
  window.addEventListener('beforeprint', () => document.querySelectorAll('.picture').forEach((picture) => {
    const room = picture.closest('.panel-annotation-summary') ? 400 : 640;
    picture.style.setProperty('--on-paper', Math.min(1, room / picture.clientWidth));
  }));

  /* In a frame, tell the page around it how tall this one is; it says back that it follows. */
  function reportHeight() {
    const around = (location.ancestorOrigins && location.ancestorOrigins[0]) || document.referrer || location.origin;
    const origin = around.startsWith('http') ? new URL(around).origin : '*';  // a page from a file has no origin
    let last = 0;
    new ResizeObserver(() => {
      const height = Math.ceil(document.body.getBoundingClientRect().height);
      if (Math.abs(height - last) <= 1) return;
      last = height;
      window.parent.postMessage({ type: 'perfwidget:height', height }, origin);
    }).observe(document.body);
    window.addEventListener('message', (event) => {
      const { type } = event.data || {};
      if (event.source === window.parent && type === 'perfwidget:follows') root.dataset.follows = '';
    });
  }

  document.addEventListener('DOMContentLoaded', () => {
    naming.observe(document.body, { childList: true, subtree: true });
    if (window.parent !== window) reportHeight();
  });

  fetchScripts();
  within(begin().then(painted)).then(startDash).then(whenIdle).then(() => run(scripts('[async]')));
  window.perfwidget = true;
  window.dash_clientside = Object.assign({}, window.dash_clientside, { perfwidget: { ask, seek, found, read, listed } });
})();
