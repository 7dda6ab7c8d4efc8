"""The page in hosts that have a policy, a proxy, a theme or faults of their own."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask, Response, redirect, request, send_file
from flask.typing import ResponseReturnValue
from playwright.sync_api import Page, Route, expect

from perfwidget.hosting.static_files import assets_folder
from perfwidget.stores import Store, open_store
from tests.browser.visits import MARCH, Visit, facts, until
from tests.conftest import Watch
from tests.hosts import host, served
from tests.test_readme import ROOT


@pytest.fixture(autouse=True)
def server_goes_first(watch: Watch) -> None:
    """Let pass what a page asks of a server that its test has ended already."""
    watch.expect("ERR_SOCKET_NOT_CONNECTED|ERR_CONNECTION|ERR_EMPTY_RESPONSE")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(f"duckdb:///{tmp_path_factory.mktemp('around')}/facts.duckdb")
    opened.write(facts())
    yield opened
    opened.close()


Enter = Callable[..., Visit]


@pytest.fixture
def enter(open_page: Callable[..., Page]) -> Enter:
    """Sign somebody in at a host: `enter(port, "ann:annotator")`."""

    def begin(port: int, who: str = "boss:owner") -> Visit:
        page = open_page(viewport={"width": 1400, "height": 900})
        page.request.get(f"http://127.0.0.1:{port}/login?as={who}")
        return Visit(page, f"http://127.0.0.1:{port}")

    return begin


# -- A policy of the host over ours -----------------------------------------------------------------------------------


def with_policy(store: Store, policy: str) -> Flask:
    app = host(store)

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        return response

    return app


@pytest.mark.parametrize("policy", ["default-src 'self'; object-src 'none'", "script-src 'self'; style-src 'self'"])
def test_the_page_works_under_a_strict_policy(enter: Enter, store: Store, watch: Watch, policy: str) -> None:
    watch.expect("inline style|Content Security Policy")  # of Dash's own styles, which come another way
    with served(with_policy(store, policy)) as port:
        boss = enter(port)
        page = boss.go(f"user=ann&{MARCH}")
        expect(boss.card("submitted-annotations")).to_have_text("6")
        page.get_by_label("Projects").click()
        expect(page.locator(".dash-dropdown-option").first).to_be_visible()
        # Dash's own style of the list, which the policy keeps out as it comes.
        assert page.locator(".dash-dropdown-content").evaluate("e => getComputedStyle(e).overflowY") != "visible"
        page.keyboard.press("Escape")
        expect(boss.graph("annotations").locator(".main-svg").first).to_be_visible()


[THE_POLICY] = re.findall(
    r"^```text\n(default-src 'none';.*?)\n```$",
    (ROOT / "perfwidget/hosting/README.md").read_text(),
    re.DOTALL | re.MULTILINE,
)
"""What the README says that a policy of a host's own needs."""

NOTE_WHAT_IS_BLOCKED = """window.blocked = [];
addEventListener('securitypolicyviolation', (kept) => window.blocked.push(kept.effectiveDirective))"""


def test_the_policy_of_the_readme_lets_all_through_but_styles_of_dash(
    enter: Enter, store: Store, watch: Watch, tmp_path: Path
) -> None:
    watch.expect("Applying inline style")
    app = host(store, timezone="Europe/Berlin", records=f"sqlite:///{tmp_path}/records.db")
    frame = f'<div id=one data-perfwidget="/performance/?user=ann&{MARCH}"></div>'
    app.add_url_rule(
        "/around",
        "around",
        lambda: f"<!doctype html><link rel=icon href=data:,><script src=/performance/assets/embed.js></script>{frame}",
    )

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = " ".join(THE_POLICY.split())
        return response

    with served(app) as port:
        boss = enter(port)
        boss.page.add_init_script(NOTE_WHAT_IS_BLOCKED)
        page = boss.go(f"user=ann&{MARCH}")
        expect(boss.card("submitted-annotations")).to_have_text("6")
        expect(boss.graph("annotations").locator(".main-svg").first).to_be_visible()
        assert "data:image/svg+xml" in page.get_by_label("Period").evaluate("e => getComputedStyle(e).backgroundImage")
        assert set(page.evaluate("blocked")) <= {"style-src-elem", "style-src-attr"}
        page.goto(f"{boss.address}/performance/pay/terms")
        page.get_by_label("First day").fill("2024-03-01")
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("link", name="Rate cards")).to_be_visible()
        assert page.evaluate("blocked") == []
        page.goto(f"{boss.address}/around")
        expect(page.frame_locator("#one iframe").locator("#card-submitted-annotations .card-value")).to_have_text("6")


def test_a_policy_for_pages_without_one_leaves_the_page_its_own(enter: Enter, store: Store) -> None:
    app = host(store)

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", "default-src 'none'")
        return response

    with served(app) as port:
        boss = enter(port)
        page = boss.go(f"user=ann&{MARCH}")  # no console error is expected
        expect(boss.card("submitted-annotations")).to_have_text("6")
        assert "data:image/svg+xml" in page.get_by_label("Period").evaluate("e => getComputedStyle(e).backgroundImage")


def test_a_policy_that_lets_nothing_be_asked_is_named(enter: Enter, store: Store, watch: Watch) -> None:
    watch.expect("Content Security Policy|fetch|ERR_BLOCKED|csp|request failed|preload")
    with served(with_policy(store, "default-src 'self'; connect-src 'none'; style-src 'self' 'unsafe-inline'")) as port:
        boss = enter(port)
        boss.page.clock.install()
        page = boss.go(f"user=ann&{MARCH}", ready=False)
        expect(page.locator("#fault")).to_contain_text("connect-src")


# -- Answers that come from before the widget -------------------------------------------------------------------------


def answered(page: Page, answer: Callable[[Route], None]) -> None:
    def route(each: Route) -> None:
        asked = json.loads(each.request.post_data or "{}").get("inputs", [{}])[0].get("id")
        if asked in ("asked", "rows-sought"):
            answer(each)
        else:
            each.continue_()

    page.route("**/_dash-update-component*", route)


ANSWERS = {
    "a page": (lambda route: route.fulfill(status=200, body="<h1>Maintenance</h1>", content_type="text/html"), "again"),
    "too large": (lambda route: route.fulfill(status=413, body=""), "too long for the server"),
    "too many": (lambda route: route.fulfill(status=429, body=""), "asks for a pause"),
    "a gateway": (lambda route: route.fulfill(status=504, body="<h1>Gateway</h1>"), "could not be fetched"),
    "no network": (lambda route: route.abort(), "cannot be reached"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_that_is_none_becomes_a_sentence(enter: Enter, store: Store, watch: Watch, name: str) -> None:
    watch.expect("status of|ERR_FAILED|request failed")
    answer, sentence = ANSWERS[name]
    with served(host(store)) as port:
        boss = enter(port)
        page = boss.go(f"user=ann&{MARCH}")
        answered(page, answer)
        page.get_by_label("Period").select_option("last_7_days")
        expect(page.locator("#notice")).to_contain_text(sentence)
        expect(page.locator("#figures")).to_have_attribute("aria-busy", "false")
        page.unroute_all()
        page.locator("#refresh").click()
        expect(page.locator("#notice")).to_be_empty()
        expect(boss.card("submitted-annotations")).to_have_text("2")
        boss.card("total-time").click()
        boss.page.locator("#rows-title").wait_for()
        answered(page, answer)
        boss.page.locator("#rows-by-task").click()
        expect(page.locator("#rows-fault")).to_contain_text(sentence)


def test_after_an_outage_the_page_comes_back_by_itself(enter: Enter, store: Store, watch: Watch) -> None:
    watch.expect("ERR_FAILED|request failed|status of 503")  # seconds pass at once, and looks come too often
    with served(host(store)) as port:
        boss = enter(port)
        boss.page.clock.install()
        page = boss.go(f"user=ann&{MARCH}")
        answered(page, lambda route: route.abort())
        page.get_by_label("Period").select_option("last_7_days")
        expect(page.locator("#notice")).to_contain_text("cannot be reached")
        page.unroute_all()
        page.clock.run_for(10_000)
        expect(boss.card("submitted-annotations")).to_have_text("2")
        expect(page.locator("#notice")).to_be_empty()


def test_a_sign_in_that_is_followed_is_a_lost_session(enter: Enter, store: Store, watch: Watch) -> None:
    """A host that sends everybody without a session to its sign-in, whatever they asked."""
    watch.expect("status of|ERR_CONNECTION_RESET")  # of a body that the host's gate did not read
    app = host(store)
    signed_out: list[bool] = []

    @app.before_request
    def gate() -> ResponseReturnValue | None:
        return redirect("/login") if signed_out and request.path.startswith("/performance") else None

    with served(app) as port:
        boss = enter(port)
        page = boss.go(f"user=ann&{MARCH}")
        signed_out.append(True)
        page.get_by_label("Period").select_option("last_7_days")
        expect(page.locator("#notice")).to_contain_text("Your session has ended.")
        expect(page.get_by_role("link", name="Sign in again")).to_be_visible()
        # Nor is the page to sign in at saved as a file.
        saved: list[object] = []
        page.on("download", lambda each: saved.append(each))  # noqa: PLW0108 (Playwright needs a function that can be marked)
        page.get_by_role("button", name="Export").click()
        asked = len(boss.questions)
        page.get_by_role("link", name="Report (CSV)", exact=True).click()
        until(page, lambda: len(boss.questions) > asked)
        assert saved == []


def test_who_may_not_see_a_member_any_more_sees_nothing_of_them(enter: Enter, store: Store, watch: Watch) -> None:
    watch.expect("status of 403")
    with served(host(store)) as port:
        boss = enter(port)
        page = boss.go(f"user=ann&{MARCH}")
        page.request.get(f"{boss.address}/login?as=rev:reviewer")
        page.locator("#refresh").click()
        expect(page.get_by_role("link", name="Back to my own figures")).to_be_visible()
        expect(page.locator(".card-value")).to_have_count(0)
        assert "Ann" not in page.inner_text("body").replace("Annotat", "")
        page.get_by_role("link", name="Back to my own figures").click()
        expect(page.locator("#heading")).to_contain_text("Rev")


# -- A page around, and faults of others ------------------------------------------------------------------------------


def test_a_frame_takes_theme_colours_and_font_from_the_page_around(enter: Enter, store: Store) -> None:
    app = host(store)

    @app.get("/around")
    def around() -> str:
        return (
            "<!doctype html><link rel=icon href=data:,><script src=/performance/assets/embed.js defer></script>"
            "<style>div { --perfwidget-accent: rgb(1, 2, 3); --perfwidget-font: serif; "
            "--perfwidget-page: url(x) }</style>"
            f'<div id=one data-perfwidget="/performance/?user=ann&{MARCH}&compact=1" data-theme=dark></div>'
        )

    with served(app) as port:
        boss = enter(port)
        page = boss.page
        page.goto(f"{boss.address}/around")
        frame = page.frame_locator("#one iframe")
        expect(frame.locator("#figures[aria-busy=false]")).to_be_visible()
        expect(frame.locator("html")).to_have_attribute("data-bs-theme", "dark")
        expect(frame.locator("h1")).to_be_hidden()
        expect(frame.locator("#theme")).to_be_hidden()
        expect(frame.locator("body")).to_have_css("font-family", "serif")
        style = "e => ['accent', 'page'].map((name) => getComputedStyle(e).getPropertyValue(`--${name}`).trim())"
        assert frame.locator("html").evaluate(style) == ["rgb(1, 2, 3)", "#11151c"]  # what is no colour is not taken
        page.locator("#one").evaluate("e => { e.dataset.theme = 'light' }")
        expect(frame.locator("html")).to_have_attribute("data-bs-theme", "light")
        # On the next visit the frame has its height before anything is in it.
        height = page.locator("#one iframe").bounding_box()["height"]  # type: ignore[index]
        page.route("**/_dash-layout", lambda route: route.abort())
        page.route("**/performance/?*", lambda route: route.fulfill(body="", content_type="text/html"))
        page.reload()
        assert page.locator("#one iframe").bounding_box()["height"] == height  # type: ignore[index]


def test_a_frame_that_is_refused_has_the_theme_of_the_page_around_and_tries_again(
    open_page: Callable[..., Page], store: Store, watch: Watch
) -> None:
    watch.expect("status of 401")
    app = host(store)
    address = f"/performance/?user=ann&{MARCH}"
    body = f'<div id=one data-perfwidget="{address}" data-theme=dark></div>'
    app.add_url_rule(
        "/around",
        "around",
        lambda: f"<!doctype html><link rel=icon href=data:,><script src=/embed.js defer></script>{body}",
    )
    app.add_url_rule("/embed.js", "embed", lambda: send_file(assets_folder() / "embed.js"))
    with served(app) as port:
        page = open_page(viewport={"width": 1000, "height": 700}, color_scheme="light")
        page.goto(f"http://127.0.0.1:{port}/around")
        frame = page.frame_locator("#one iframe")
        expect(frame.get_by_role("link", name="Sign in")).to_have_attribute("target", "_top")
        expect(frame.locator("html")).to_have_css("background-color", "rgb(17, 21, 28)")
        expect(frame.locator("body")).to_have_css("color", "rgb(231, 235, 241)")
        page.request.get(f"http://127.0.0.1:{port}/login?as=boss:owner")
        frame.get_by_role("link", name="Try again").click()
        expect(frame.locator("#heading")).to_contain_text("Ann")
        expect(frame.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_errors_of_the_hosts_scripts_do_no_harm(enter: Enter, store: Store, watch: Watch) -> None:
    watch.expect("theirs")
    with served(host(store)) as port:
        boss = enter(port)
        boss.page.add_init_script("setInterval(() => { throw new Error('theirs') }, 50)")
        page = boss.go(f"user=ann&{MARCH}")
        page.get_by_label("Period").select_option("last_7_days")
        expect(boss.card("submitted-annotations")).to_have_text("2")


CHANGES = int(os.environ.get("PERFWIDGET_CHANGES", "40"))
"""So many changes of filters, after as many that let the page settle."""

CHANGED = """async (changes) => {
  const presets = ['last_7_days', 'last_30_days', 'last_90_days', 'all_time'];
  const figures = document.getElementById('figures');
  for (let change = 0; change < changes; change += 1) {
    const busy = new Promise((done) => new MutationObserver((_, watching) => {
      if (figures.getAttribute('aria-busy') !== 'false') return;
      watching.disconnect();
      done();
    }).observe(figures, { attributeFilter: ['aria-busy'] }));
    window.dash_clientside.set_props('preset', { value: presets[change % presets.length] });
    await busy;
  }
}"""
"""Change filters again and again, each time once the figures are there."""


def test_changes_of_filters_leave_nothing_behind(enter: Enter, store: Store, watch: Watch) -> None:
    """Among errors of the host's scripts; what is counted is what the browser still holds after tidying up."""
    watch.expect("theirs")
    with served(host(store)) as port:
        boss = enter(port)
        boss.page.add_init_script("setInterval(() => { throw new Error('theirs') }, 50)")
        page = boss.go(f"user=ann&{MARCH}")
        wire = page.context.new_cdp_session(page)
        wire.send("Performance.enable")

        def held() -> dict[str, float]:
            page.evaluate(CHANGED, CHANGES)
            boss.ready()
            for _ in range(3):
                wire.send("HeapProfiler.collectGarbage")
            found = wire.send("Performance.getMetrics")["metrics"]
            return {each["name"]: each["value"] for each in found}

        before, after = held(), held()
        assert len(boss.questions) > 2 * CHANGES
        assert after["Nodes"] <= before["Nodes"] + 50
        assert after["JSEventListeners"] <= before["JSEventListeners"] + 10
        assert after["JSHeapUsedSize"] <= before["JSHeapUsedSize"] + 1_000_000
