"""What the page asks and shows while it comes, and what it leaves alone when something changes."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.visits import A_MOMENT, MARCH, Visit, until
from tests.conftest import Watch

SHIFTS = """(() => {
  window.shifted = [];
  new PerformanceObserver((list) => list.getEntries().forEach(({ value, sources }) => window.shifted.push(
    [value, ...sources.map(({ node }) => node && (node.className || node.nodeName))]))).observe(
    { type: 'layout-shift', buffered: true });
})()"""

PARTS = ".head > *, .filters > *, .cards > *, .panels > *, .panels > * > *, .picture > *, .note"
BOXES = f"""() => [...document.querySelectorAll('{PARTS}')].map((each) => each.getBoundingClientRect())
  .filter(({{ width }}) => width).map((box) => [box.x, box.y, box.width, box.height].map(Math.round))"""


def asked(page: Page) -> Counter[str]:
    """Count what a page asks the server for from now on, its files apart."""
    counted: Counter[str] = Counter()

    def hear(request: Request) -> None:
        name = request.url.split("?")[0].rpartition("/")[2]
        if name.startswith("_dash-"):
            counted[name] += 1

    page.on("request", hear)
    return counted


def held(page: Page, pattern: str) -> list[Route]:
    """Hold back what a page asks for, and return the list that it comes into."""
    routes: list[Route] = []
    page.route(pattern, lambda route: routes.append(route))  # noqa: PLW0108 (Playwright needs a function that can be marked)
    return routes


def test_what_dash_asks_is_asked_once_and_early(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.page
    counted, waiting = asked(page), held(page, "**/dash_renderer*")
    page.goto(f"{boss.address}/performance/?user=ann&{MARCH}", wait_until="commit")
    until(page, lambda: bool(waiting))
    until(page, lambda: counted == {"_dash-layout": 1, "_dash-dependencies": 1})
    waiting[0].continue_()
    boss.expect_questions(1)
    # What came early is what Dash's own requests are answered with.
    assert counted == {"_dash-layout": 1, "_dash-dependencies": 1, "_dash-update-component": 1}


def test_controls_can_be_used_before_the_figures_are_there(visit: Callable[..., Visit]) -> None:
    boss = visit()
    waiting = held(boss.page, "**/_dash-update-component*")
    page = boss.go(f"user=ann&{MARCH}", ready=False)
    expect(page.locator("button#member")).to_be_attached()
    until(page, lambda: len(boss.questions) == 1)
    page.get_by_label("Period").select_option("last_7_days")
    until(page, lambda: len(waiting) == 2)
    waiting[1].continue_()
    waiting[0].continue_()
    expect(boss.card("submitted-annotations")).to_have_text("2")


@pytest.mark.parametrize("name", ["_dash-layout", "_dash-dependencies"])
def test_a_page_that_did_not_come_whole_comes_by_itself(visit: Callable[..., Visit], watch: Watch, name: str) -> None:
    watch.expect("ERR_FAILED|request failed")
    boss = visit()
    boss.page.clock.install()
    boss.page.route(f"**/{name}*", lambda route: route.abort())
    page = boss.go(f"user=ann&{MARCH}", ready=False)
    expect(page.locator("#fault")).to_have_text("The server cannot be reached; check your connection.")
    page.unroute_all()
    page.clock.run_for(10_000)
    boss.ready()
    expect(boss.card("submitted-annotations")).to_have_text("6")
    expect(page.locator("#fault")).to_be_empty()


def test_nothing_moves_while_the_page_comes_and_when_it_changes(visit: Callable[..., Visit]) -> None:
    boss = visit()
    boss.page.add_init_script(SHIFTS)
    page = boss.go(f"user=ann&{MARCH}")
    page.locator("#grain").get_by_text("Week").click()
    boss.expect_questions(2)
    shifted: list[list[Any]] = page.evaluate("window.shifted")
    assert sum(each[0] for each in shifted) < 0.01, shifted


@pytest.mark.parametrize(
    ("whose", "width"),
    [
        ("", 1400),
        ("", 420),
        ("user=ann&user=busy&", 700),
        ("idle=show&compare=previous&", 1400),
        ("idle=show&compare=previous&", 420),
    ],
)
def test_nothing_moves_while_a_table_of_members_comes(visit: Callable[..., Visit], whose: str, width: int) -> None:
    boss = visit(viewport={"width": width, "height": 900})
    boss.page.add_init_script(SHIFTS)
    waiting = held(boss.page, "**/_dash-update-component*")
    page = boss.go(f"{whose}{MARCH}", ready=False)
    until(page, lambda: bool(waiting))
    room = "getComputedStyle(document.querySelector('main > section'), '::after').height"
    assert page.evaluate(room) == "640px", "there is room for it before it is there"
    page.evaluate(A_MOMENT)
    waiting[0].continue_()
    boss.ready()
    expect(page.locator("#team tbody tr").first).to_be_visible()
    shifted: list[list[Any]] = page.evaluate("window.shifted")
    assert sum(each[0] for each in shifted) < 0.01, shifted


def test_zones_are_read_whole(visit: Callable[..., Visit]) -> None:
    page = visit().go(MARCH.replace("UTC", "Europe/Berlin"))
    room = """(select) => {
      const pen = document.createElement('canvas').getContext('2d');
      const style = getComputedStyle(select);
      pen.font = style.font;
      const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      return room - pen.measureText(select.selectedOptions[0].text).width;
    }"""
    assert page.get_by_label("Time zone").evaluate(room) >= 0
    # And all controls stand in one line.
    tops = {
        round(each.bounding_box()["y"])
        for each in page.locator(".field > :is(label, .label)").all()
        if each.is_visible()
    }
    assert len(tops) == 1


DRAWN = """() => {
  window.drawn = [];
  document.querySelectorAll('.picture').forEach((picture) => new MutationObserver(() => {
    window.drawn.push(picture.id);
  }).observe(picture, { childList: true, subtree: true }));
}"""
"""Note from now on which graph is drawn, be it as often as it may."""


def test_only_graphs_that_change_are_drawn_again(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}&theme=light")
    page.evaluate(DRAWN)
    page.locator("#refresh").click()
    boss.expect_questions(2)
    page.locator("#statistic").get_by_text("Median").click()
    page.evaluate(A_MOMENT)
    assert page.evaluate("window.drawn") == ["total-time-graph"]
    page.get_by_label("Theme").select_option("dark")
    page.evaluate(A_MOMENT)
    assert page.evaluate("window.drawn") == ["total-time-graph"], "pictures follow the theme by themselves"


def test_graphs_are_shown_before_plotly_is_there_and_answer_once_it_is(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.page
    waiting = held(page, "**/plotly-basic*")
    page.goto(f"{boss.address}/performance/?user=ann&{MARCH}", wait_until="commit")
    boss.ready()
    expect(boss.card("submitted-annotations")).to_have_text("6")
    expect(page.locator(".sketch")).to_have_count(4)
    page.get_by_role("banner").hover()
    page.evaluate(A_MOMENT)
    assert waiting == [], "nobody has come to the figures"
    boss.card("submitted-annotations").hover()
    until(page, lambda: bool(waiting))
    page.locator("#annotations-graph").hover()
    page.locator("#total-time-graph").hover()
    expect(page.locator(".js-plotly-plot")).to_have_count(0)
    waiting[0].continue_()
    # Only that one answers at which the pointer stands when plotly.js is there.
    expect(page.locator("#total-time-graph .main-svg").first).to_be_visible()
    expect(page.locator("#total-time-graph .sketch")).to_be_hidden()
    expect(page.locator(".js-plotly-plot")).to_have_count(1)
    boss.graph("annotations")
    expect(page.locator(".js-plotly-plot")).to_have_count(2)


def test_plotly_is_fetched_again_if_it_did_not_come(visit: Callable[..., Visit], watch: Watch) -> None:
    watch.expect("ERR_FAILED|request failed")
    boss = visit()
    page = boss.page
    page.route("**/plotly-basic*", lambda route: route.abort(), times=1)
    boss.go(f"user=ann&{MARCH}")
    with page.expect_event("requestfailed"):
        boss.card("submitted-annotations").hover()
    page.locator("#total-time-graph").hover()
    expect(page.locator("#total-time-graph .main-svg").first).to_be_visible()


def test_a_graph_that_answered_is_a_picture_again_when_it_changes(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")
    boss.graph("total-time")
    page.locator("#statistic").get_by_text("Median").click()
    expect(page.locator("#total-time-graph .sketch")).to_be_visible()
    expect(page.locator("#total-time-graph .main-svg")).to_have_count(0)
    # Under the pointer it stays what it is, with other numbers and in other colours.
    boss.graph("total-time")
    page.locator("#statistic input").last.focus()
    page.keyboard.press("ArrowLeft")
    bar = page.locator("#total-time-graph .point path").nth(2)
    expect(bar).to_have_css("fill", "rgb(171, 121, 208)")
    page.emulate_media(color_scheme="dark")
    expect(bar).to_have_css("fill", "rgb(220, 180, 238)")


def test_graphs_keep_to_the_width_of_the_page(visit: Callable[..., Visit]) -> None:
    page = visit().go(f"user=ann&{MARCH}")
    for width in (1000, 380):
        page.set_viewport_size({"width": width, "height": 900})
        for picture in page.locator(".picture:has(.sketch)").all():
            wide = picture.evaluate("(each) => String(each.clientWidth)")
            expect(picture.locator(".sketch")).to_have_attribute("width", wide)


def test_all_zones_are_listed_once_the_figures_are_there(visit: Callable[..., Visit]) -> None:
    page = visit().go(f"user=ann&{MARCH}")
    zone = page.get_by_label("Time zone")
    expect(zone).to_have_value("UTC")
    zone.select_option("America/Phoenix")
    expect(page.locator("#heading")).to_contain_text("America/Phoenix")
