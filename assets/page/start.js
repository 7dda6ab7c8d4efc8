/* What the page says of itself: that it is busy, how old its figures are, what went wrong, and the way on. It is the last
   script, and starts Dash. */

const { byId, busy, outputs, constants, browserZone, ownZone, complete } = window.perfwidget_ask;
const PULSE = 3000;  // milliseconds
const { title } = document;

/* The address of the page that people see: this one, or the one around it, which another site's page does not tell. */
const pageAround = () => { try { return window.top.location.href; } catch { return location.href; } };

const unknownZone = () => !constants.timezone && browserZone() !== ownZone() && /[?&]tz=UTC(&|$)/.test(location.search)
  && constants.words.unknownZone.replace('{zone}', browserZone());

/* Called with the newest answer, how late its facts are, and what went wrong since. */
function settle(answer, late, problem) {
  const { status, again, pause, sentence } = problem || {};
  // Who may not see somebody any more sees nothing of them: the page begins anew.
  if (status === 403 && answer) location.reload();
  const said = problem ? [sentence] : [unknownZone(), late, ...(answer ? answer.notices : [])];
  if (problem && answer) {
    said.push(constants.words.showing.replace('{time}', answer.time).replace('{what}', () => answer.what));
  }
  if (answer) document.title = `${answer.name} · ${title}`;
  if (status === 401) byId('sign-in').href = pageAround();
  busy(false);
  byId('figures').className = (problem && (answer ? 'stale' : 'refused')) || '';
  ['leads', 'several', 'lines'].forEach((said) => document.documentElement.toggleAttribute(`data-${said}`, Boolean(answer && answer[said])));
  const ways = { again, 'signed-out': status === 401, refused: [400, 403].includes(status) };
  return outputs({
    'notice-box.className': ['notice', ...Object.keys(ways).filter((way) => ways[way])].join(' '),
    'notice.children': said.filter(Boolean).join(' '),
    'pulse.disabled': !(problem ? again : answer && answer.news !== null),
    'pulse.interval': again ? Math.round((pause * 1000 || PULSE) * (0.5 + Math.random())) : PULSE,
  });
}

// -- The rows behind a number: whoever opened them is led there, and led back when they are closed --------------------

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
  const { sentence, again } = problem || {};
  return outputs({ 'rows-fault.children': sentence, 'rows-again.hidden': !again, 'rows-panel.aria-busy': 'false',
    'rows-panel.className': problem ? 'panel rows failed' : 'panel rows' });
}

document.addEventListener('keydown', ({ key, target: on }) => {
  const panel = byId('rows-panel');
  const there = on === document.body || on === opener || on.closest('#rows-panel');
  if (key === 'Escape' && panel && !panel.hidden && there) byId('rows-close').click();
});

window.perfwidget_rows = { expect, closed };
Object.assign(window.dash_clientside.perfwidget, { settle, settle_rows });
complete();
new window.DashRenderer();
