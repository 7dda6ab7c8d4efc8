"""The page in Chromium beside stock Dash: bytes, time to cards, graphs and controls, cold, warm and on a change.

Every page is looked at in the same way: whenever something in it has moved, a script notes in the next frame what its
cards and graphs show. They stand as of the first frame from which on they show what they show at the end, be they made
anew in between; the controls stand as soon as one of them can be used. A page is done when no request runs and what it
shows has been the same for a while; that wait is not told.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from typing import Any, NamedTuple

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, TimeoutError, sync_playwright

from perfwidget.question.period import Period
from tests.benchmarks.measuring import LEAST, Measure, compared
from tests.benchmarks.questions import PERIODS
from tests.benchmarks.serving import OURS, STOCK, TWELVE, served
from tests.benchmarks.site import Site
from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS

PART = "page"
GRAPHS = 6
MOST_VISITS = 3
NAMES = {
    OURS: "perfwidget",
    STOCK: "stock Dash over pandas",
    TWELVE: "stock Dash over our store",
}
MEGABITS_20: Mapping[str, Any] = {
    "offline": False,
    "latency": 20,
    "downloadThroughput": 20e6 / 8,
    "uploadThroughput": 20e6 / 8,
}

WATCH = """
(() => {
  const seen = { frames: [], controls: 0, running: 0, waiting: false };
  const send = window.fetch;
  window.fetch = (...given) => {
    seen.running += 1;
    return send(...given).finally(() => setTimeout(() => { seen.running -= 1; }));
  };
  const visible = (selector) => [...document.querySelectorAll(selector)].filter((each) => each.offsetWidth);
  const shown = (graph) => {
    const paths = [...graph.querySelectorAll('path, circle')];
    const outline = (path) => path.getAttribute('d') || path.getAttribute('stroke-dasharray');
    const shapes = [...paths.slice(0, 3), ...paths.slice(-3)].map(outline);
    return paths.length ? [graph.textContent, paths.length, ...shapes].join() : '';
  };
  const look = () => {
    seen.waiting = false;
    const cards = visible('#cards, .cards').map((each) => each.textContent).join();
    const graphs = visible('.picture, .dash-graph').map(shown);
    if (!seen.controls && visible('button#member').length) seen.controls = performance.now();
    seen.frames.push({ at: performance.now(), cards, drawn: graphs.filter(Boolean).length, graphs: graphs.join() });
  };
  new MutationObserver(() => {
    if (!seen.waiting) requestAnimationFrame(look);
    seen.waiting = true;
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  const since = (part) => {
    const last = seen.frames.at(-1)[part];
    const place = seen.frames.findLastIndex((frame) => frame[part] !== last);
    return seen.frames[place + 1].at;
  };
  window.__done = (card, graphs) => {
    const value = document.querySelector(card);
    return value && value.textContent && seen.running === 0 && seen.frames.length && !seen.waiting && seen.controls
      && seen.frames.at(-1).drawn === graphs && performance.now() - Math.max(since('cards'), since('graphs')) > 600;
  };
  window.__seen = () => [since('cards'), since('graphs'), seen.controls];
  window.__change = (first, last) => {
    seen.frames = [];
    const begun = performance.now();
    const ours = document.querySelector('#dates-from');
    const dates = ours ? { chosen: { first, last } } : { start_date: first, end_date: last };
    window.dash_clientside.set_props('dates', dates);
    return begun;
  };
})();
"""


class Opened(NamedTuple):
    """A page as somebody opens it: where, and where it shows how many annotations were submitted."""

    address: str
    card: str
    sign_in: str | None = None


class Seen(NamedTuple):
    """What one visit came to: seconds until cards, last graph and controls stood, and bytes that came over the wire."""

    cards: float
    graphs: float
    controls: float
    bytes: float
    submitted: str


def measure(site: Site) -> Iterator[Measure]:
    """Open the pages in turns, over loopback and over 20 Mbit/s; without Chromium there is nothing to measure."""
    if CHROMIUM is None:
        return
    with ExitStack() as stack:
        servers = {kind: stack.enter_context(served(site, kind)) for kind in (TWELVE, STOCK)}
        dates = "&".join(f"{name}={date}" for name, date in zip(("from", "to"), _dates(PERIODS[0]), strict=True))
        ours, stock = servers[TWELVE].base, servers[STOCK].base
        card = "#card-submitted_annotations"
        opened = {
            OURS: Opened(
                f"{ours}/performance/?user={site.world.reviewing}&{dates}&tz=Europe/Berlin",
                "#card-submitted-annotations .card-value",
                f"{ours}/login?as=boss:owner",
            ),
            TWELVE: Opened(f"{ours}/twelve/", card),
            STOCK: Opened(f"{stock}/", card),
        }
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        stack.callback(browser.close)
        yield from _loaded(browser, opened, "loopback", None)
        del opened[TWELVE]
        yield from _loaded(browser, opened, "20 Mbit/s", MEGABITS_20)


def _dates(period: Period) -> tuple[str, str]:
    return period.first.isoformat(), period.last.isoformat()


def _loaded(
    browser: Browser, opened: Mapping[str, Opened], network: str, conditions: Mapping[str, Any] | None
) -> Iterator[Measure]:
    """Open every page cold and warm and change its dates, in turns; the first turn does not count."""
    visits: dict[str, dict[str, list[Seen]]] = {}
    for turn in range(LEAST + 1):
        shown = set()
        for name, page in opened.items():
            for what, seen in _visited(browser, page, conditions):
                if turn:
                    visits.setdefault(what, {}).setdefault(name, []).append(seen)
                shown.add((what, seen.submitted))
        if len({what for what, _ in shown}) != len(shown):
            raise AssertionError(f"The pages show different numbers of annotations: {sorted(shown)}")
    tell: tuple[tuple[str, str, Callable[[Seen], float]], ...] = (
        ("to the cards", "s", lambda seen: seen.cards),
        ("to the last graph", "s", lambda seen: seen.graphs),
        ("to the controls", "s", lambda seen: seen.controls),
        ("bytes", "B", lambda seen: seen.bytes),
    )
    for what, by_page in visits.items():
        for quantity, unit, take in tell:
            if what == "change of dates" and quantity == "to the controls":
                continue
            turns = {NAMES[name]: [take(seen) for seen in each] for name, each in by_page.items()}
            yield from compared(PART, f"{what}, {network}, {quantity}", turns, unit)


def _visited(browser: Browser, opened: Opened, conditions: Mapping[str, Any] | None) -> list[tuple[str, Seen]]:
    """Visit until Chromium does: with a slowed network it now and then leaves an answer unread that has come."""
    for _ in range(MOST_VISITS):
        with suppress(TimeoutError):
            return list(_visit(browser, opened, conditions))
    raise RuntimeError(f"Chromium did not load {opened.address} in {MOST_VISITS} visits.")


def _visit(browser: Browser, opened: Opened, conditions: Mapping[str, Any] | None) -> Iterator[tuple[str, Seen]]:
    """Open a page with an empty cache, once more with what that left, and change its dates there and back."""
    context = browser.new_context(locale="en-US", timezone_id="Europe/Berlin", viewport={"width": 1280, "height": 900})
    try:
        context.add_init_script(WATCH)
        if opened.sign_in:
            context.request.get(opened.sign_in)
        for what in ("first visit", "next visit"):
            page, wire = wired(context, conditions)
            page.goto(opened.address, timeout=15_000)
            yield what, _seen(page, wire, opened, 0.0)
            if what == "next visit":
                for period in PERIODS[::-1]:
                    wire.bytes = 0
                    begun = page.evaluate("(dates) => window.__change(...dates)", list(_dates(period)))
                    seen = _seen(page, wire, opened, begun)
                    if period is PERIODS[1]:
                        yield "change of dates", seen
            page.close()
    finally:
        context.close()


class Wire:
    """Counts the bytes that come to a page."""

    def __init__(self, session: CDPSession) -> None:
        self.bytes = 0.0
        session.on("Network.loadingFinished", self._finished)

    def _finished(self, event: dict[str, Any]) -> None:
        self.bytes += event["encodedDataLength"]


def wired(context: BrowserContext, conditions: Mapping[str, Any] | None) -> tuple[Page, Wire]:
    """Open a page whose bytes are counted, on a network of some conditions."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    if conditions is not None:
        session.send("Network.emulateNetworkConditions", dict(conditions))
    return page, Wire(session)


def _seen(page: Page, wire: Wire, opened: Opened, begun: float) -> Seen:
    page.wait_for_function(
        "([card, graphs]) => window.__done(card, graphs)", arg=[opened.card, GRAPHS], polling=100, timeout=60_000
    )
    cards, graphs, controls = page.evaluate("window.__seen()")
    submitted = page.locator(opened.card).inner_text()
    return Seen((cards - begun) / 1000, (graphs - begun) / 1000, controls / 1000, wire.bytes, submitted)
