"""What pages of other sites can make a signed-in person's browser do with the dashboard: nothing of use to them."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest
from flask import Flask, Response, request
from playwright.sync_api import Page, expect

from perfwidget import PerformanceWidget, open_store
from tests.conftest import Watch
from tests.hosts import asking, host, served, viewer_of
from tests.worlds import annotation, people

MARCH = "from=2024-03-04&to=2024-03-10&tz=UTC"
DATA = (
    "export/report.json",
    "export/report.csv",
    "export/members.csv",
    "export/timeline.csv",
    "_dash-layout",
    "_dash-dependencies",
    "session",
)
PAGE = f"?user=ann&{MARCH}"


class Sites(NamedTuple):
    """A platform, and another site under two names: a neighbour, which cookies are sent to, and a stranger."""

    platform: str
    neighbour: str
    stranger: str
    body: dict[str, Any]
    """What the page's script would send to a callback."""
    received: list[tuple[str, str, int, bool]]
    """Method, path and status of what was asked of the dashboard, and whether it came with a session."""

    def take(self) -> list[tuple[str, str, int, bool]]:
        """Return what was received since the last time."""
        taken = list(self.received)
        self.received.clear()
        return taken


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    """Run both sites; the platform has a second dashboard under /shared/ that the neighbour may show."""
    with ExitStack() as stack:
        foreign = Flask("foreign")
        foreign.add_url_rule("/", "page", lambda: "<!doctype html><link rel=icon href=data:,><title>Foreign</title>")
        foreign.add_url_rule("/height", "height", lambda: f"<!doctype html><script>{HEIGHTS}</script>")
        port = stack.enter_context(served(foreign))
        store = open_store(f"duckdb:///{tmp_path_factory.mktemp('origins')}/facts.duckdb")
        stack.callback(store.close)
        store.write([*people(), annotation(1, "2024-03-04 12:00", lead_time=30.5)])
        app = host(store)
        shared = PerformanceWidget(store, viewer_of, name="shared", frame_ancestors=f"'self' http://127.0.0.1:{port}")
        app.register_blueprint(shared, url_prefix="/shared")
        received: list[tuple[str, str, int, bool]] = []
        bodies = []

        @app.after_request
        def note(response: Response) -> Response:
            if request.blueprints:
                received.append((request.method, request.path, response.status_code, "session" in request.cookies))
                bodies.append(request.get_data() if request.method == "POST" else b"")
            return response

        @app.get("/around")
        def around() -> str:
            return (
                "<!doctype html><link rel=icon href=data:,><script src=/performance/assets/embed.js defer></script>"
                f"<div id=ours data-perfwidget='/performance/{PAGE}'></div>"
                f"<iframe id=theirs src='http://127.0.0.1:{port}/'></iframe>"
            )

        client = app.test_client()
        client.get("/login?as=boss:owner")
        assert asking(client, "asked", {"question": PAGE[1:], "attempt": 1}).status_code == 200
        body = json.loads(bodies[-1])
        received.clear()
        yield Sites(
            f"http://127.0.0.1:{stack.enter_context(served(app))}",
            f"http://127.0.0.1:{port}",
            f"http://localhost:{port}",
            body,
            received,
        )


@pytest.fixture
def visitor(sites: Sites, open_page: Callable[..., Page]) -> Page:
    """Give the page of somebody who is signed in at the platform."""
    page = open_page(viewport={"width": 1200, "height": 900})
    page.request.get(f"{sites.platform}/login?as=boss:owner")
    sites.received.clear()
    return page


# -- Frames -----------------------------------------------------------------------------------------------------------

PUT_FRAME = """([kind, address]) => new Promise((done) => {
  const frame = document.createElement(kind);
  frame[kind === 'object' ? 'data' : 'src'] = address;
  frame.onload = frame.onerror = () => setTimeout(done);
  setTimeout(done, 3000);
  document.body.replaceChildren(frame);
})"""


def shown_within(page: Page) -> str:
    """Return what frames show of the dashboard or of its refusals; Chromium's own page in their place is neither."""
    ours = [frame for frame in page.frames[1:] if frame.title() == "Performance"]
    return " ".join(frame.locator("body").inner_text() for frame in ours)


def test_no_other_site_shows_the_page_in_a_frame(sites: Sites, visitor: Page, watch: Watch) -> None:
    watch.expect("frame-ancestors|ERR_BLOCKED_BY_RESPONSE|status of 40[0-3]")
    for site in (sites.neighbour, sites.stranger):
        visitor.goto(site)
        for kind, path in (
            ("iframe", PAGE),
            ("object", PAGE),
            ("embed", ""),
            ("iframe", "?user=nobody"),
            ("iframe", "?x=%"),
        ):
            visitor.evaluate(PUT_FRAME, [kind, f"{sites.platform}/performance/{path}"])
            assert shown_within(visitor) == "", (site, kind, path)
    assert ("GET", "/performance/", 200, True) in sites.take()  # it was asked for, and given to nobody
    visitor.context.clear_cookies()
    visitor.evaluate(PUT_FRAME, ["iframe", f"{sites.platform}/performance/"])
    assert shown_within(visitor) == ""
    assert ("GET", "/performance/", 401, False) in sites.take()


def test_a_site_that_is_named_shows_the_page_and_no_other_does(sites: Sites, visitor: Page, watch: Watch) -> None:
    watch.expect("frame-ancestors|ERR_BLOCKED_BY_RESPONSE|status of 40[0-3]")
    visitor.goto(sites.stranger)
    visitor.evaluate(PUT_FRAME, ["iframe", f"{sites.platform}/shared/{PAGE}"])
    assert shown_within(visitor) == ""
    visitor.goto(sites.neighbour)
    visitor.evaluate(PUT_FRAME, ["iframe", f"{sites.platform}/shared/{PAGE}"])
    frame = visitor.frame_locator("iframe")
    expect(frame.locator(".page:has(#figures[aria-busy=false]) #heading")).to_contain_text("Ann")
    # Its page around can neither look inside nor be taken for the platform's own.
    assert (
        visitor.evaluate(
            "() => { try { return document.querySelector('iframe').contentDocument } catch { return null } }"
        )
        is None
    )
    visitor.evaluate("() => frames[0].postMessage({ type: 'perfwidget:follows' }, '*')")
    expect(frame.locator("html[data-follows]")).to_be_visible()


# -- Requests ---------------------------------------------------------------------------------------------------------

SEND = """async ([address, body]) => {
  const sent = async (options) => {
    try {
      const answer = await fetch(address, { method: 'POST', credentials: 'include', body, ...options });
      return answer.type + ' ' + answer.status + ' ' + await answer.text();
    } catch {
      return 'refused';
    }
  };
  const json = { 'Content-Type': 'application/json' };
  const results = [
    await sent({ mode: 'no-cors' }),
    await sent({ mode: 'no-cors', headers: { 'Content-Type': 'text/plain;application/json' } }),
    await sent({ mode: 'cors' }),
    await sent({ mode: 'cors', headers: json }),
    await sent({ mode: 'cors', headers: { ...json, 'X-CSRFToken': 'x' } }),
  ];
  navigator.sendBeacon(address, body);
  navigator.sendBeacon(address, new Blob([body], { type: 'text/plain' }));
  return results;
}"""

SUBMIT = """([address, enctype, body]) => {
  const form = document.createElement('form');
  Object.assign(form, { method: 'POST', action: address, enctype });
  const field = document.createElement('input');
  [field.name, field.value] = [body.slice(0, -1) + ',"x":"', '"}'];  // with = between them it is JSON
  form.append(field);
  document.body.append(form);
  form.submit();
}"""


def test_no_other_site_calls_back(sites: Sites, visitor: Page, watch: Watch) -> None:
    """Neither with scripts nor with forms, though the session's cookie goes with the neighbour's requests."""
    watch.expect("CORS policy|status of 403|ERR_FAILED|ERR_BLOCKED|405")
    address, body = f"{sites.platform}/performance/_dash-update-component", json.dumps(sites.body)
    for site in (sites.neighbour, sites.stranger):
        visitor.goto(site)
        for result in visitor.evaluate(SEND, [address, body]):
            assert result in ("refused", "opaque 0 "), result
        for enctype in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            visitor.goto(site)
            with visitor.expect_navigation(url=address):
                visitor.evaluate(SUBMIT, [address, enctype, body])
            told = "This request came from another site; use the dashboard's own page."
            assert visitor.locator("p").first.inner_text() == told
    visitor.goto(sites.platform + "/login")
    posts = [(status, signed_in) for method, _, status, signed_in in sites.take() if method == "POST"]
    assert {status for status, _ in posts} == {403}
    assert sum(signed_in for _, signed_in in posts) >= 6
    # The page's own request, word for word, is answered.
    own = """async ([address, body]) => (await fetch(address,
      { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })).status"""
    assert visitor.evaluate(own, [address, body]) == 200


TAKE = """async (address) => {
  const by = (tag, set) => new Promise((done) => {
    const before = new Set(Object.keys(window));
    const element = document.createElement(tag);
    set(element);
    const left = () => Object.keys(window).filter((name) => !before.has(name)).join();
    element.onload = () => done(tag + ' loaded ' + left());
    element.onerror = () => done('refused');
    document.head.append(element);
  });
  const read = async (options) => {
    try {
      const answer = await fetch(address, { credentials: 'include', ...options });
      return 'fetched ' + answer.status + ' ' + await answer.text();
    } catch {
      return 'refused';
    }
  };
  return [
    await by('script', (each) => { each.src = address; }),
    await by('script', (each) => { each.type = 'module'; each.crossOrigin = 'use-credentials'; each.src = address; }),
    await by('img', (each) => { each.src = address; }),
    await by('link', (each) => { each.rel = 'stylesheet'; each.href = address; }),
    await by('video', (each) => { each.src = address; }),
    await read({ mode: 'cors' }),
    await read({ mode: 'no-cors' }),
  ];
}"""


def test_no_other_site_reads_anything(sites: Sites, visitor: Page, watch: Watch) -> None:
    """Not as a script, a picture or a stylesheet, and not even whether there is an answer."""
    watch.expect("CORS policy|MIME type|ERR_FAILED|ERR_BLOCKED|ERR_ABORTED|NotSameOrigin|40[013]")
    visitor.goto(sites.neighbour)
    for path in DATA:
        results = visitor.evaluate(TAKE, f"{sites.platform}/performance/{path}?user=ann")
        assert results == ["refused"] * 7, (path, results)
    received = sites.take()
    assert {status for _, path, status, _ in received if path.startswith("/performance/")} == {403}
    assert all(("GET", f"/performance/{path}", 403, True) in received for path in DATA)  # whoever is signed in
    # A link on another site leads to the same page, but one to the dashboard to the dashboard.
    for path, status in (*((path, 403) for path in DATA), (PAGE, 200)):
        visitor.goto(sites.neighbour)
        with visitor.expect_navigation() as led:
            visitor.evaluate("(to) => { location.href = to }", f"{sites.platform}/performance/{path}")
        assert led.value.status == status


# -- Messages ---------------------------------------------------------------------------------------------------------

HEIGHTS = """for (const height of [4321, '4321', NaN, Infinity, -4321, null, {}])
  parent.postMessage({ type: 'perfwidget:height', height }, '*')"""
A_MOMENT = "new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 50))"


def test_frames_take_their_height_from_nobody_else(sites: Sites, visitor: Page) -> None:
    visitor.goto(f"{sites.platform}/around")
    frame = visitor.frame_locator("#ours iframe")
    expect(frame.locator("html[data-follows] #figures[aria-busy=false]")).to_be_visible()
    height = visitor.locator("#ours iframe").evaluate("each => each.style.height")

    def unmoved() -> None:
        visitor.evaluate(A_MOMENT)
        assert visitor.locator("#ours iframe").evaluate("each => each.style.height") == height

    theirs = visitor.frame(url=f"{sites.neighbour}/")
    assert theirs
    theirs.evaluate(HEIGHTS)  # another frame on the same page
    unmoved()
    visitor.evaluate(HEIGHTS)  # the page itself
    unmoved()
    ours = next(each for each in visitor.frames if "/performance/" in each.url)
    ours.goto(f"{sites.neighbour}/height")  # our frame, led to another site
    unmoved()


def test_a_page_that_opened_ours_tells_it_nothing(sites: Sites, visitor: Page) -> None:
    visitor.goto(sites.neighbour)
    with visitor.context.expect_page() as opened:
        visitor.evaluate(f"() => {{ window.ours = open('{sites.platform}/performance/{PAGE}') }}")
    ours = opened.value
    expect(ours.locator(".page:has(#figures[aria-busy=false]) #heading")).to_contain_text("Ann")
    visitor.evaluate(
        """() => ['perfwidget:follows', 'perfwidget:height'].forEach((type) =>
          window.ours.postMessage({ type, height: 5 }, '*'))"""
    )
    ours.evaluate(A_MOMENT)
    expect(ours.locator("html[data-follows]")).to_have_count(0)
    expect(ours.locator("#heading")).to_contain_text("Ann")
