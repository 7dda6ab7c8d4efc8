"""The page of all members in Chromium beside stock Dash with a `DataTable`: first visit and change of sort.

Ours shows its cards, graphs and the row of all members as well. Both are looked at in the same way: whenever something
has moved, a script notes in the next frame what the table shows. It stands as of the first frame from which on it shows
what it shows at the end; the wait to be sure of that is not told.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from perfwidget.metrics import BY_KEY
from tests.benchmarks.measuring import Measure, compared
from tests.benchmarks.pages import wired
from tests.benchmarks.serving import OURS, STOCK_TEAM, served
from tests.benchmarks.site import Site
from tests.benchmarks.team import LEAST, PERIOD, SAYS
from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS

PART = "team_page"
NAMES = {OURS: "perfwidget", STOCK_TEAM: "stock Dash with a DataTable"}
SORTED_BY = BY_KEY["total_time"]

WATCH = """
(() => {
  const seen = { frames: [], running: 0, waiting: false };
  const send = window.fetch;
  window.fetch = (...given) => {
    seen.running += 1;
    return send(...given).finally(() => setTimeout(() => { seen.running -= 1; }));
  };
  const cells = () => [...document.querySelectorAll('#team tbody tr, #table tbody tr')].map((each) => each.textContent);
  const look = () => {
    seen.waiting = false;
    seen.frames.push({ at: performance.now(), shown: cells().filter((text) => /[0-9]/.test(text)).join('\\n') });
  };
  new MutationObserver(() => {
    if (!seen.waiting) requestAnimationFrame(look);
    seen.waiting = true;
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  const since = () => {
    const last = seen.frames.at(-1).shown;
    return seen.frames[seen.frames.findLastIndex((frame) => frame.shown !== last) + 1].at;
  };
  window.__done = (before) => seen.frames.length && !seen.waiting && seen.running === 0 && seen.frames.at(-1).shown
    && seen.frames.at(-1).shown !== before && performance.now() - since() > 600;
  window.__seen = () => [since(), seen.frames.at(-1).shown];
  window.__click = (selector) => {
    const begun = performance.now();
    document.querySelector(selector).click();
    return begun;
  };
})();
"""


class Opened(NamedTuple):
    """A page as somebody opens it: where, what sorts it, and which of the clicks on that puts the most first."""

    address: str
    sorter: str
    most_first: int
    sign_in: str | None = None


class Seen(NamedTuple):
    """What one visit came to: seconds to the table, seconds of both changes of sort, bytes, and who came first."""

    first: float
    sorts: tuple[float, ...]
    bytes: float
    sorted_bytes: float
    leading: str


def measure(site: Site) -> Iterator[Measure]:
    """Open both pages in turns; the first turn does not count. Without Chromium there is nothing to measure."""
    if CHROMIUM is None:
        return
    with ExitStack() as stack:
        bases = {kind: stack.enter_context(served(site, kind)).base for kind in NAMES}
        dates = f"from={PERIOD.first}&to={PERIOD.last}&tz={PERIOD.timezone}"
        heads = f'a[href*="{SORTED_BY.key}&"], a[href$="{SORTED_BY.key}"]'
        opened = {
            OURS: Opened(
                f"{bases[OURS]}/performance/?members=all&{dates}",
                f"#team thead :is({heads})[href*='sort=']",
                0,
                f"{bases[OURS]}/login?as=boss:owner",
            ),
            STOCK_TEAM: Opened(
                f"{bases[STOCK_TEAM]}/", f'th[data-dash-column="{SORTED_BY.key}"] .column-header--sort', 1
            ),
        }
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        stack.callback(browser.close)
        visits: dict[str, list[Seen]] = {kind: [] for kind in opened}
        for turn in range(LEAST + 1):
            for kind, page in opened.items():
                seen = _visit(browser, page)
                if turn:
                    visits[kind].append(seen)
        leading = {each.leading for seen in visits.values() for each in seen}
        if len(leading) != 1:
            raise AssertionError(f"The pages show different members first: {sorted(leading)}")
    for what, unit, values in (
        ("first visit, to the table", "s", lambda each: each.first),
        ("first visit, bytes", "B", lambda each: each.bytes),
        ("change of sort, to the table", "s", lambda each: sum(each.sorts) / len(each.sorts)),
        ("change of sort, bytes", "B", lambda each: each.sorted_bytes),
    ):
        turns = {NAMES[kind]: list(map(values, seen)) for kind, seen in visits.items()}
        yield from compared(PART, f"{SAYS}, {what}", turns, unit)


def _visit(browser: Browser, opened: Opened) -> Seen:
    """Open a page with an empty cache, and sort its table by a number, the one way and the other."""
    context = browser.new_context(locale="en-US", timezone_id="Europe/Berlin", viewport={"width": 1280, "height": 900})
    try:
        context.add_init_script(WATCH)
        if opened.sign_in:
            context.request.get(opened.sign_in)
        page, wire = wired(context, None)
        page.goto(opened.address, timeout=60_000)
        first, shown = _seen(page, "")
        to_show, wire.bytes = wire.bytes, 0.0
        sorts, leading = [], ""
        for click in range(2):
            begun = page.evaluate("(selector) => window.__click(selector)", opened.sorter)
            stood, shown = _seen(page, shown)
            sorts.append((stood - begun) / 1000)
            if click == opened.most_first:
                leading = _name(page)
        return Seen(first / 1000, tuple(sorts), to_show, wire.bytes / len(sorts), leading)
    finally:
        context.close()


def _seen(page: Page, before: str) -> tuple[float, str]:
    """Wait until the table shows something else than before; return since when, in milliseconds, and what."""
    page.wait_for_function("(before) => window.__done(before)", arg=before, polling=100, timeout=120_000)
    since, shown = page.evaluate("window.__seen()")
    return since, shown


def _name(page: Page) -> str:
    """Return the name in the table's first row."""
    return page.locator("#team tbody th a, #table tbody td[data-dash-column=member]").first.inner_text().strip()
