"""The rows behind a number in the page: opened by click, key and address, sorted, paged, and put away again."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, Page, Route, expect

from perfwidget.page import formats
from tests.browser.visits import A_MOMENT, MARCH, Visit, until
from tests.conftest import Watch

WEEK = "4 – 10 Mar 2024 · UTC"


def tasks(panel: Locator) -> list[str]:
    return panel.locator("tbody tr td:nth-child(3)").all_inner_texts()


def click_mark(page: Page, mark: Locator) -> None:
    """Click the middle of a bar, a point or a slice as a hand does: the pointer comes from somewhere."""
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    page.mouse.click(x, y)


def test_a_card_opens_its_rows_and_gives_the_focus_back(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")
    boss.card("total-time").click()
    panel = boss.rows(f"Total Time{WEEK}")
    assert tasks(panel) == ["t3", "t8", "t6", "t2", "t1", "t7"]
    expect(panel.locator(".rows-about")).to_contain_text("29m 48s = 1787.5 seconds · 6 annotations")
    expect(panel.locator("tfoot")).to_contain_text("Sum29m 48s")
    # The middle ones of 7, 30.5, 60, 90, 400 and 1,200 are 60 and 90; only 1,200 is more than ten times 75.
    expect(panel.locator(".rows-long")).to_have_text(
        "1 of 6 lead times is longer than ten times the member's own median, and makes up 67 % of the sum."
    )
    assert boss.parameters()["rows"] == ["total_time"]
    expect(page.locator("#rows-title")).to_be_focused()
    expect(page.locator("#rows-title")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator("#rows-panel")).to_be_hidden()
    expect(boss.card("total-time")).to_be_focused()
    assert "rows" not in boss.parameters()
    assert (len(boss.questions), len(boss.sought)) == (1, 1)


def test_rows_are_sorted_on_the_server_and_the_focus_stays(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}&rows=submitted_annotations")
    panel = boss.rows(f"Submitted Annotations{WEEK}")
    assert tasks(panel) == ["t7", "t6", "t3", "t8", "t2", "t1"]
    panel.get_by_role("link", name="Task").focus()
    page.keyboard.press("Enter")
    expect(panel.locator("th[aria-sort=ascending]")).to_have_text(re.compile("Task"))
    expect(panel.locator("#rows-by-task")).to_be_focused()
    assert tasks(panel) == ["t1", "t2", "t3", "t6", "t7", "t8"]
    page.keyboard.press("Enter")
    expect(panel.locator("th[aria-sort=descending]")).to_have_text(re.compile("Task"))
    panel.get_by_role("link", name="Lead time").click()
    expect(panel.locator("th[aria-sort=descending]")).to_have_text(re.compile("Lead time"))
    assert tasks(panel) == ["t3", "t8", "t6", "t2", "t1", "t7"]


MARKS = (
    ("annotations", ".trace.bars:nth-of-type(1) .point:nth-of-type(1) path", "Submitted4 Mar 2024"),
    ("annotations", ".trace.bars:nth-of-type(2) .point:nth-of-type(3) path", "Updated6 Mar 2024"),
    ("annotations", ".trace.bars:nth-of-type(3) .point:nth-of-type(3) path", "Skipped6 Mar 2024"),
    ("total-time", ".point:nth-of-type(3) path", "Total Time6 Mar 2024"),
    ("time-per-annotation", ".trace:nth-of-type(1) .points .point >> nth=0", "Time per Annotation (Median)4 Mar 2024"),
    ("time-per-annotation", ".trace:nth-of-type(2) .points .point >> nth=0", "Time per Annotation (Average)4 Mar 2024"),
)


def test_bars_and_points_open_the_rows_of_their_day(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")
    for graph, mark, title in MARKS:
        for _ in range(2):  # the same mark opens its rows again after they were closed
            click_mark(page, boss.graph(graph).locator(mark))
            panel = boss.rows(f"{title} · UTC")
            panel.get_by_role("button", name="Close").click()
            expect(page.locator("#rows-panel")).to_be_hidden()


def test_a_slice_opens_its_rows(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")
    ring = boss.graph("annotation-summary").locator(".pielayer").bounding_box()
    assert ring
    # The largest slice, of five submitted in seven, begins at the top and goes right: so at three o'clock it is there.
    x, y = ring["x"] + ring["width"] * 0.92, ring["y"] + ring["height"] / 2
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    assert tasks(boss.rows(f"Submitted{WEEK}")) == ["t7", "t6", "t8", "t2", "t1"]


def test_tables_lead_to_rows_by_keyboard(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}&grain=week")
    details = page.locator("#annotations-numbers")
    details.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(details.locator("tbody a")).to_have_text(["5", "1", "1"])
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    panel = boss.rows(f"Updated{WEEK}")
    assert tasks(panel) == ["t3"]
    assert boss.parameters()["rows"] == ["updated@2024-03-04"]


def test_an_address_with_rows_opens_them_with_the_page(visit: Callable[..., Visit]) -> None:
    boss = visit()
    boss.go(f"user=ann&{MARCH}&rows=total_time@2024-03-06")
    panel = boss.rows("Total Time6 Mar 2024 · UTC")
    assert tasks(panel) == ["t3"]
    assert boss.parameters()["rows"] == ["total_time@2024-03-06"]
    assert (len(boss.questions), len(boss.sought)) == (1, 1)
    with boss.page.expect_download() as download:
        panel.get_by_role("link", name="Download these rows (CSV)").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0] == "\ufeffsep=,"
    assert [line.split(",")[3] for line in lines[1:]] == ["task_id", '"t3"']
    with boss.page.expect_popup() as popup:
        panel.get_by_role("link", name="t3").click()
    assert popup.value.url == f"{boss.address}/task/t3"


def test_rows_follow_the_filters_and_those_of_a_bar_close_with_its_period(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}&rows=total_time")
    boss.rows(f"Total Time{WEEK}")
    page.get_by_label("Period").select_option("last_7_days")
    panel = boss.rows("Total Time" + span(7))
    expect(panel.locator("tbody tr")).to_have_count(2)
    boss.go(f"user=ann&{MARCH}&rows=total_time@2024-03-06")
    boss.rows("Total Time6 Mar 2024 · UTC")
    page.get_by_label("Period").select_option("last_7_days")
    expect(page.locator("#rows-panel")).to_be_hidden()
    assert "rows" not in boss.parameters()


def span(days: int) -> str:
    """Return the last days up to today, in UTC, as the page writes them."""
    today = datetime.now(UTC).date()
    return f"{formats.dates(today - timedelta(days=days - 1), today)} · UTC"


def test_pages_are_turned_by_keyboard(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go("user=busy&from=2024-03-04&to=2024-03-10&tz=UTC&rows=submitted_annotations")
    panel = boss.rows(f"Submitted Annotations{WEEK}")
    expect(panel.locator(".turns > span:not(.turn)")).to_have_text("1 – 50 of 60")
    panel.get_by_role("link", name="Next").focus()
    page.keyboard.press("Enter")
    expect(panel.locator(".turns > span:not(.turn)")).to_have_text("51 – 60 of 60")
    expect(panel.locator("#rows-next")).to_be_focused()
    sought = len(boss.sought)
    page.keyboard.press("Enter")  # there is no further page
    panel.get_by_role("link", name="Previous").click()
    expect(panel.locator(".turns > span:not(.turn)")).to_have_text("1 – 50 of 60")
    assert len(boss.sought) == sought + 1


def test_rows_that_cannot_be_had_say_why_and_leave_the_figures(visit: Callable[..., Visit], watch: Watch) -> None:
    watch.expect("status of (400|503)")
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}&rows=total_time@2020-01-01")
    expect(page.locator(".rows-fault")).to_have_text(
        "The date 2020-01-01 lies outside of the period, 2024-03-04 to 2024-03-10 in UTC; choose one in it."
    )
    expect(boss.card("submitted-annotations")).to_have_text("6")
    expect(page.locator("#notice")).to_be_empty()

    def away(route: Route) -> None:
        if "rows-sought" in (route.request.post_data or ""):
            route.fulfill(status=503, json={"error": "The store did not answer."})
        else:
            route.continue_()

    page.route("**/_dash-update-component*", away)
    boss.card("total-time").click()
    expect(page.locator(".rows-fault")).to_contain_text("The store did not answer.")
    page.unroute_all()
    page.locator("#rows-panel").get_by_role("button", name="Try again").click()
    boss.rows(f"Total Time{WEEK}")
    expect(page.locator(".rows-fault")).to_be_empty()


def test_a_late_answer_does_not_take_the_place_of_a_newer_one(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")
    held = holding(page, "rows=total_time")
    boss.card("total-time").click()
    until(page, lambda: bool(held))
    boss.card("submitted-annotations").click()
    boss.rows(f"Submitted Annotations{WEEK}")
    with page.expect_response(lambda answer: "rows=total_time" in (answer.request.post_data or "")):
        held[0].continue_()
    page.evaluate(A_MOMENT)
    boss.rows(f"Submitted Annotations{WEEK}")


def test_a_number_opens_the_rows_of_the_question_that_it_answers(visit: Callable[..., Visit], watch: Watch) -> None:
    """Not those of a newer question, which was refused or is not answered yet."""
    watch.expect("status of 400")
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")

    def refuse(route: Route) -> None:
        if '"asked"' in (route.request.post_data or ""):
            route.fulfill(status=400, json={"error": "Not this one."})
        else:
            route.continue_()

    page.route("**/_dash-update-component*", refuse)
    page.get_by_label("Period").select_option("last_7_days")
    expect(page.locator("#notice")).to_contain_text("Not this one.")
    boss.card("total-time").click()
    boss.rows(f"Total Time{WEEK}")


def holding(page: Page, text: str) -> list[Route]:
    """Hold back requests with that text in their body from now on, and return the list that they come into."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if text in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/_dash-update-component*", hold)
    return held


def test_rows_are_put_away_before_they_came(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")
    held = holding(page, "rows=total_time")
    boss.card("total-time").click()
    until(page, lambda: bool(held))
    expect(page.locator("#rows-panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#rows-panel")).to_be_hidden()
    with page.expect_response("**/_dash-update-component*"):
        held[0].continue_()
    page.evaluate(A_MOMENT)
    expect(page.locator("#rows-panel")).to_be_hidden()
    boss.card("submitted-annotations").click()
    panel = boss.rows(f"Submitted Annotations{WEEK}")
    sorting = holding(page, "rows_sort=task")
    panel.get_by_role("link", name="Task").click()
    until(page, lambda: bool(sorting))
    page.get_by_role("button", name="Close").click()  # while the rows are dimmed, which nothing may cover
    expect(page.locator("#rows-panel")).to_be_hidden()


def test_a_lost_session_is_said_where_the_rows_would_be(visit: Callable[..., Visit], watch: Watch) -> None:
    watch.expect("status of 40[01]|is not executable")  # the library of charts may be asked for after the end
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}&rows=total_time")
    panel = boss.rows(f"Total Time{WEEK}")
    page.context.clear_cookies()
    panel.get_by_role("link", name="Task").click()
    expect(page.locator(".rows-fault")).to_have_text("Your session has ended.")
    expect(page.locator("#rows-panel")).to_have_attribute("aria-busy", "false")
    expect(page.get_by_role("link", name="Sign in again")).to_be_visible()


def test_rows_that_a_role_may_not_see_are_not_led_to(visit: Callable[..., Visit]) -> None:
    boss = visit("rev:reviewer")
    page = boss.go(MARCH)
    expect(page.locator(".leads").first).to_be_visible()
    page.goto(f"{boss.address}/kept/?{MARCH}")
    boss.ready()
    expect(page.locator(".leads")).to_have_count(0)
