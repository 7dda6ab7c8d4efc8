/* What the page says of itself: that it is busy, how old its figures are, what went wrong, and the way on. It is the last
   script, and starts Dash. */
(function () {
  'use strict';

  const { busy, given, outputs, constants, browserZone, ownZone, complete } = window.perfwidget_ask;
  const byId = (id) => document.getElementById(id);
  const PULSE = 3000;  // milliseconds
  const { title } = document;

  /* The address of the page that people see: this one, or the one around it. */
  function pageAround() {
    try {
      return window.top.location.href;
    } catch {  // another site's page holds the frame
      return location.href;
    }
  }

  function unknownZone() {
    if (constants().timezone || browserZone() === ownZone() || !/[?&]tz=UTC(&|$)/.test(location.search)) return '';
    return constants().words.unknownZone.replace('{zone}', browserZone());
  }

  /* Called with the newest answer, how late its facts are, and what went wrong since. */
  function settle() {
    const { values } = given();
    const [answer, late, problem] = ['answer.data', 'late.data', 'problem.data'].map((each) => values[each]);
    // Who may not see somebody any more sees nothing of them: the page begins anew.
    if (problem && problem.status === 403 && answer) location.reload();
    const said = problem ? [problem.sentence] : [unknownZone(), late, ...(answer ? answer.notices : [])];
    if (problem && answer) {
      said.push(constants().words.showing.replace('{time}', answer.time).replace('{what}', () => answer.what));
    }
    const text = said.filter(Boolean).join(' ');
    const again = Boolean(problem && problem.again);
    const pause = again ? (problem.pause * 1000 || PULSE) * (0.5 + Math.random()) : PULSE;
    if (answer) document.title = `${answer.name} · ${title}`;
    busy(false);
    byId('figures').className = (problem && (answer ? 'stale' : 'refused')) || '';
    document.documentElement.toggleAttribute('data-leads', Boolean(answer && answer.leads));
    return outputs({
      'notice-box.hidden': !text,
      'notice.children': text,
      'try-again.hidden': !again,
      'sign-in.hidden': !(problem && problem.status === 401),
      'sign-in.href': pageAround(),
      'own-page.hidden': !(problem && [400, 403].includes(problem.status)),
      'pulse.disabled': !(problem ? again : answer && answer.news !== null),
      'pulse.interval': Math.round(pause),
    }, values);
  }

  /* From time to time: ask again after an outage, else look whether the source has other facts. */
  function beat() {
    const { values: { 'problem.data': problem, 'answer.data': answer, 'pulse.n_intervals': beats } } = given();
    if (document.hidden || (problem ? !problem.again : !answer || answer.news === null)) return outputs({});
    if (problem) return outputs({ 'again.data': beats });
    return outputs({ 'look.data': { question: answer.question, news: answer.news, beats } });
  }

  // -- The rows behind a number: whoever opened them is led there, and led back when they are closed ------------------

  let opener = null;  // the element that opened the rows
  let target = '';  // the id of what takes the focus once the rows have come, for Dash makes all of them anew

  /* Note where the focus goes when other rows come: where it is within the rows, else to their title. */
  function expect() {
    const { activeElement: active } = document;
    const within = active.closest('#rows');
    if (!within) opener = active;
    target = within ? active.id : 'rows-title';
  }

  /* Give the focus back, once Dash has hidden the rows. */
  const closed = () => window.setTimeout(() => {
    const back = opener && opener.isConnected && opener !== document.body ? opener : byId('figures');
    if (back.id === 'figures') back.tabIndex = -1;
    back.focus();
  });

  /* Called with the rows that came, or with why none did. */
  function settle_rows(_rows, problem) {
    const wanted = target;
    target = '';
    if (wanted && !problem) {
      window.requestAnimationFrame(() => {
        (byId(wanted) || byId('rows-title')).focus({ preventScroll: true });
        byId('rows-panel').scrollIntoView({ block: wanted === 'rows-title' ? 'start' : 'nearest' });
      });
    }
    return outputs({ 'rows-fault.children': problem && problem.sentence, 'rows-again.hidden': !(problem && problem.again),
      'rows-panel.aria-busy': 'false', 'rows-panel.className': problem ? 'panel rows failed' : 'panel rows' });
  }

  document.addEventListener('keydown', ({ key, target: on }) => {
    const panel = byId('rows-panel');
    const there = on === document.body || on === opener || on.closest('#rows-panel');
    if (key === 'Escape' && panel && !panel.hidden && there) byId('rows-close').click();
  });

  window.perfwidget_rows = { expect, closed };
  Object.assign(window.dash_clientside.perfwidget, { settle, settle_rows, beat });
  complete();
  new window.DashRenderer();
})();
