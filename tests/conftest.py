"""What the tests share: how hard Hypothesis looks, the engines that stores have, and a Chromium whose pages may not go
wrong unnoticed."""

import gc
import logging
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright
from selenium.webdriver.chrome.options import Options

from perfwidget.stores.duckdb.schema import COPIES
from tests.engines.clickhouse_server import ClickHouse
from tests.engines.server import BINARIES, Server

IN_CI = os.environ.get("CI") == "true"
WHOLE = os.environ.get("PERFWIDGET_SECURITY") == "full"
"""Whether to try all that there is, for which `make test` has no time."""

# How long an example takes says something about the machine, not about the code; in CI the same examples every time.
settings.register_profile(
    "ours",
    max_examples=100 if WHOLE else 30,
    derandomize=IN_CI,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ours")

costly = settings(max_examples=100 if WHOLE else 12)
"""How many examples are tried of which each writes a world and asks for several reports."""

# How long a page is waited for says something about the machine, too.
WAITED = 60_000  # milliseconds
expect.set_options(timeout=WAITED)

CHROMIUM = shutil.which("chromium")
WITHOUT_WINDOWS = shutil.which("chromium-headless-shell") or CHROMIUM
"""The same Chromium without the window around a page, where it is installed: a page costs half as much."""

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    # No name but this machine's is looked up, so that a page that asks a foreign server fails at once.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]",
)
COMPILES_LITTLE = "--js-flags=--no-maglev --no-opt"
"""To compile scripts once more, for speed, takes an eighth of the time of a page that lives for a second."""

NewStore = Callable[[], str]
LOOPBACK = ("127.0.0.1", "localhost", "::1")
BROWSER_FIXTURES = {"browser", "open_page", "page", "dash_br", "dash_duo"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a browser, and run them last: they are slow, and Playwright leaves an event loop
    running in this thread, in which nobody else could start one. Mark those that run on ClickHouse."""
    for item in items:
        if BROWSER_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
        if "clickhouse" in _engines_of(item):
            item.add_marker("clickhouse")
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_collection_finish() -> None:
    """Let what was loaded be: to look through it again and again takes a twenty-fifth of the tests' time."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Let it be looked through once more, so that libraries miss nothing of their own at the end."""
    gc.unfreeze()


def _engines_of(item: pytest.Item) -> Iterable[object]:
    """Name the fixtures and parameters of a test, engines among them."""
    callspec = getattr(item, "callspec", None)
    return [*getattr(item, "fixturenames", ()), *(callspec.params.values() if callspec else ())]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a browser where there is none; in CI that is a failure."""
    if item.get_closest_marker("browser") and not (CHROMIUM and shutil.which("chromedriver")):
        (pytest.fail if IN_CI else pytest.skip)("needs Chromium: apt-get install chromium chromium-driver")


def pytest_setup_options() -> Options:
    """Let Dash's own fixtures (`dash_duo`, `dash_br`) drive the same Chromium."""
    options = Options()
    if CHROMIUM:
        options.binary_location = CHROMIUM
    for argument in (*CHROMIUM_ARGUMENTS, COMPILES_LITTLE, "--headless=new"):
        options.add_argument(argument)
    return options


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """One PostgreSQL server for all tests of a process; without the package they are skipped, and fail in CI."""
    if BINARIES is None:
        (pytest.fail if IN_CI else pytest.skip)("needs PostgreSQL: apt-get install postgresql")
    server = Server()
    server.start()
    yield server
    server.stop()
    server.remove()


_started: list[ClickHouse] = []


@pytest.fixture(scope="session")
def clickhouse() -> Iterator[ClickHouse]:
    """One engine of ClickHouse for all tests of a process, without the server around it."""
    server = ClickHouse()
    server.start()
    _started.append(server)
    yield server
    _started.remove(server)
    server.stop()
    server.remove()


@pytest.fixture(scope="module", autouse=True)
def _stores_of_a_module() -> Iterator[None]:
    """Drop a module's stores of ClickHouse when it has ended."""
    yield
    for server in _started:
        server.drop_stores()


@pytest.fixture(scope="session", params=["duckdb", "postgresql", "clickhouse"])
def engine(request: pytest.FixtureRequest) -> str:
    """Run a test on every engine."""
    return str(request.param)


@pytest.fixture(scope="session")
def new_store(
    engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NewStore]:
    """Give addresses of stores that are not there yet, on every engine: `open_store(new_store())`.

    Of embedded ones this sees in the end that what they keep beside the facts is as these are.
    """
    if engine != "duckdb":
        yield request.getfixturevalue(engine).new_store
        return
    paths: list[Path] = []

    def new() -> str:
        paths.append(tmp_path_factory.mktemp("store") / "facts.duckdb")
        return f"duckdb:///{paths[-1]}"

    yield new
    for path in paths:
        if path.exists():
            assert out_of_step(path) == [], path
            path.unlink()  # Hypothesis makes hundreds


def out_of_step(path: Path) -> list[str]:
    """Name the tables of an embedded store, which nobody has open, that copy another one's rows and differ from it."""
    same = "SELECT count(*) FROM ((FROM {0} EXCEPT ALL FROM {1}) UNION ALL (FROM {1} EXCEPT ALL FROM {0}))"
    with duckdb.connect(str(path), read_only=True) as connection:
        found = []
        for copy, of in COPIES.items():
            rows = [f"(SELECT * EXCLUDE (stretch) FROM {table})" for table in (copy, of)]
            if connection.execute(same.format(*rows)).fetchall() != [(0,)]:
                found.append(copy)
        return found


SLOW = () if WHOLE else ("clickhouse",)
"""Engines that take long to answer small questions, so that few of Hypothesis's examples are tried on them."""

FEW = {} if WHOLE else {"postgresql": 8}
"""How many of Hypothesis's examples are tried on an engine behind a connection; on a slow one, still fewer."""

_tried: Counter[tuple[str, str]] = Counter()


def enough(engine: str, test: str, on_slow: int = 2) -> bool:
    """Say whether a test has tried as many examples on an engine as there is time for, and count this one.

    Of few, the first is passed over, for Hypothesis begins with the emptiest one.
    """
    _tried[engine, test] += 1
    most = on_slow if engine in SLOW else FEW.get(engine)
    return most is not None and not 1 < _tried[engine, test] <= 1 + most


class Watch:
    """What went wrong in the pages of a test: console errors and warnings, uncaught errors, requests that failed or
    that were meant for another machine."""

    def __init__(self) -> None:
        self._faults: list[str] = []
        self._expected: list[str] = []

    def expect(self, pattern: str) -> None:
        """Let pass what the regular expression is found in; texts read like `console error: … (http://…)`."""
        self._expected.append(pattern)

    def unexpected(self) -> list[str]:
        """What nobody expected, in the order in which it happened."""
        return [fault for fault in self._faults if not any(re.search(pattern, fault) for pattern in self._expected)]

    def follow(self, context: BrowserContext) -> None:
        """Watch all pages of a browser context, its frames and later windows too."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self._faults.append(f"uncaught: {error.error}"))
        context.on("request", self._request)
        context.on("requestfailed", self._request_failed)

    def _console(self, message: ConsoleMessage) -> None:
        address = message.location["url"]
        # Chromium asks for an icon by itself, sooner or later; a request that fails is told of below.
        told = address.endswith("/favicon.ico") or message.text.startswith("Failed to load resource: net::ERR_")
        if message.type in {"error", "warning", "assert"} and not told:
            self._faults.append(f"console {message.type}: {message.text} ({address})")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"about", "blob", "data"} and address.hostname not in LOOPBACK:
            self._faults.append(f"request to another machine: {request.url}")

    def _request_failed(self, request: Request) -> None:
        # A page that is left or a download that is saved ends its requests this way. One that is open when its server
        # stops looks for other facts in vain.
        if request.failure != "net::ERR_ABORTED" and '"look.data"' not in (request.post_data or ""):
            self._faults.append(f"request failed: {request.url} ({request.failure})")


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """Give the package's log back as other tests expect it, whatever a command of ours set up."""
    log = logging.getLogger("perfwidget")
    level, handlers, propagate = log.level, list(log.handlers), log.propagate
    yield
    log.setLevel(level)
    log.handlers[:] = handlers
    log.propagate = propagate


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests."""
    with sync_playwright() as playwright:
        arguments = [*CHROMIUM_ARGUMENTS, COMPILES_LITTLE]
        chromium = playwright.chromium.launch(executable_path=WITHOUT_WINDOWS, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fail the test if anything went wrong in its pages that it did not announce with `watch.expect(…)`."""
    watch = Watch()
    yield watch
    if faults := watch.unexpected():
        pytest.fail("In the browser:\n" + "\n".join(faults), pytrace=False)


@pytest.fixture
def open_page(browser: Browser, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Open a page as somebody new, with no cookies: `open_page(timezone_id="America/Phoenix", color_scheme="dark")`.

    Takes what Playwright's `Browser.new_context` takes. The language is English and the zone UTC unless said otherwise.
    """
    contexts: list[BrowserContext] = []

    def open_one(**options: Any) -> Page:
        context = browser.new_context(**({"locale": "en-US", "timezone_id": "UTC"} | options))
        contexts.append(context)
        context.set_default_timeout(WAITED)
        watch.follow(context)
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """Give a page of somebody new."""
    return open_page()
