/* What the server says to Dash's requests, so that Dash hears all of it. Dash waits for ever for an answer that is a page,
   and for figures that are refused it has no place: here a problem becomes an answer, in the place that it is for. */

const json = (id) => JSON.parse(document.getElementById(id).textContent);
const prefix = () => json('_dash-config').requests_pathname_prefix;
const words = () => json('perfwidget-fixed').words;
const send = window.fetch;
const JSON_TYPE = { 'Content-Type': 'application/json' };
const failure = (status) => new Response('{}', { status, headers: JSON_TYPE });
const toDash = (response) => new Response(JSON.stringify({ multi: true, response }), { headers: JSON_TYPE });
const session = () => send(`${prefix()}session`, { credentials: 'same-origin' });
const isOurs = ({ status, redirected, headers }) => status === 204 || (!redirected && /json/.test(headers.get('content-type')));

/* The answer to a request. One that is not ours came from before the widget: a new token may get past that. */
async function answered(resource, options) {
  const response = await send(resource, options);
  if (isOurs(response)) return response;
  const { status, headers: renewed } = await session();
  if (status !== 204) return failure(401);
  const headers = { ...(options || {}).headers, 'X-CSRFToken': renewed.get('X-CSRFToken') };
  const again = response.status === 400 ? await send(resource, { ...options, headers }) : response;
  return isOurs(again) ? again : failure(again.ok ? 502 : again.status);
}

/* What went wrong, for people: its sentence, and whether asking again may help, and when. */
async function problemOf(response) {
  const { status } = response;
  const { error } = await response.json().catch(() => ({}));
  const sentence = (status !== 401 && error) || words()[status] || words().failed;
  return { status, sentence, again: status >= 500 || status === 429, pause: Number(response.headers.get('Retry-After')) || 0 };
}

let looking = false;

/* A look for other facts goes on beside Dash, which would let people wait for its answer: what that tells is put in its
   place when it comes. Where many ask, nobody is told that a look has to wait, for the next one comes soon. */
async function look(resource, options) {
  looking = true;
  const response = await answered(resource, options).catch(() => failure(599));
  looking = false;
  const problem = response.ok ? null : await problemOf(response);
  if (response.status === 204 || (problem && problem.pause)) return;
  const told = problem ? { problem: { data: problem } } : (await response.json()).response;
  Object.entries(told).forEach(([id, props]) => window.dash_clientside.set_props(id, props));
}

window.fetch = async (resource, options) => {
  const address = String((resource && resource.url) || resource);
  if (!document.getElementById('_dash-config') || !address.startsWith(`${prefix()}_dash-`)) return send(resource, options);
  if (/"look\.data"/.test((options && options.body) || '')) {
    look(resource, options);
    return toDash({});
  }
  const response = await answered(resource, options).catch(() => failure(599));
  if (response.ok) return response;
  const problem = await problemOf(response.clone());
  if (!address.includes('_dash-update-component')) {
    unmade(problem);
    return response;
  }
  const { output } = JSON.parse(options.body);
  const told = {};
  if (output.includes('dates.said')) told.dates = { said: { fault: problem.sentence, typed: {} } };
  else if (output.includes('rows.children')) told['rows-problem'] = { data: problem };
  if (!Object.keys(told).length || problem.status === 401) told.problem = { data: problem };
  return toDash(told);
};

/* Say what keeps Dash from making the page at all, and try again where that may help. */
function unmade({ sentence, status, again, pause }) {
  const fault = document.getElementById('fault');
  if (!fault.dataset.blocked) fault.textContent = sentence;
  const soon = again ? 1000 * (pause || 5) * (0.5 + Math.random()) : 0;
  if (!fault.dataset.blocked && (again || status === 401)) window.setTimeout(() => location.reload(), soon);
}

/* Some directives of a policy of the host's leave this script alive to tell of it. */
document.addEventListener('securitypolicyviolation', ({ effectiveDirective: directive, disposition }) => {
  if (disposition !== 'enforce' || !/^(connect|script)-src/.test(directive)) return;
  const textContent = words().blocked.replace('{directive}', directive);
  Object.assign(document.getElementById('fault'), { textContent }).dataset.blocked = directive;
});

window.perfwidget_requests = { session, looking: () => looking };
