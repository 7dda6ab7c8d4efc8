"""The dashboard in a browser: what it asks, what it shows, and what becomes of it when something goes wrong."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Request, Route, expect

from perfwidget.page import formats
from tests.browser.visits import A_MOMENT, MARCH, Visit, until
from tests.conftest import Watch

# -- Questions and the address ----------------------------------------------------------------------------------------


def test_a_page_asks_once_and_so_does_every_change(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")
    boss.expect_questions(1)
    page.get_by_label("Period").select_option("last_7_days")
    boss.expect_questions(2)
    expect(boss.card("submitted-annotations")).to_have_text("2")
    page.locator("#grain").get_by_text("Week").click()
    boss.expect_questions(3)
    page.get_by_role("button", name="Ask for the figures again").click()
    boss.expect_questions(4)
    page.get_by_role("button", name="Reset").click()
    boss.expect_questions(5)
    assert boss.questions[-1] == "user=ann&tz=UTC"
    expect(page.get_by_role("button", name="Reset")).to_be_disabled()
    boss.go("entry=home&user=ann")
    expect(page.get_by_role("button", name="Reset")).to_be_disabled()


def test_how_it_is_drawn_is_no_question(visit: Callable[..., Visit]) -> None:
    boss = visit(color_scheme="light")
    page = boss.go(f"user=ann&{MARCH}")
    bars = page.locator("#total-time-graph .sketch svg path")
    shape = bars.get_attribute("d")
    assert shape
    page.locator("#statistic").get_by_text("Median").click()
    expect(page.locator(".panel-total-time .legend")).to_contain_text("Day's count × median time")
    expect(bars).not_to_have_attribute("d", shape)
    bars = page.locator("#annotations-graph .sketch svg path").first
    expect(bars).to_have_css("fill", "rgb(36, 88, 168)")
    page.get_by_label("Theme").select_option("dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(bars).to_have_css("fill", "rgb(91, 148, 232)")
    assert boss.parameters()["statistic"] == ["median"]
    assert boss.parameters()["theme"] == ["dark"]
    boss.expect_questions(1)


def test_the_theme_follows_the_browser_until_it_is_chosen(visit: Callable[..., Visit]) -> None:
    ann = visit("ann:annotator", color_scheme="dark")
    page = ann.go(MARCH)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    bars = page.locator("#annotations-graph .sketch svg path").first
    expect(bars).to_have_css("fill", "rgb(91, 148, 232)")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    expect(bars).to_have_css("fill", "rgb(36, 88, 168)")
    ann.go(f"{MARCH}&theme=dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_address_holds_the_state_and_restores_it(visit: Callable[..., Visit]) -> None:
    boss = visit(timezone_id="Europe/Berlin")
    page = boss.go(f"entry=organization&user=ann&{MARCH}")
    page.get_by_label("Workspaces").click()
    page.get_by_text("Streets", exact=True).click()
    page.keyboard.press("Escape")
    boss.expect_questions(2)
    page.locator("#grain").get_by_text("Month").click()
    page.locator("#statistic").get_by_text("Median").click()
    boss.expect_questions(3)
    assert boss.parameters() == {
        "entry": ["organization"],
        "user": ["ann"],
        "workspace": ["w1"],
        "from": ["2024-03-04"],
        "to": ["2024-03-10"],
        "tz": ["UTC"],
        "grain": ["month"],
        "statistic": ["median"],
    }

    again = visit(timezone_id="America/Phoenix")
    page = again.go(urlsplit(page.url).query)
    again.expect_questions(1)
    expect(page.locator("#heading")).to_contain_text("Ann")
    expect(page.locator("#heading")).to_contain_text("4 – 10 Mar 2024 · UTC · 1 workspace of all projects")
    expect(again.card("submitted-annotations")).to_have_text("5")
    expect(page.get_by_label("Period")).to_have_value("custom")
    expect(page.get_by_label("Workspaces")).to_contain_text("Streets")
    expect(page.get_by_label("Month")).to_be_checked()
    expect(page.get_by_label("Median", exact=True)).to_be_checked()


def test_back_and_forward_restore_what_was_asked(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")
    page.evaluate("history.pushState(null, '', '?user=ann&from=2024-03-04&to=2024-03-04&tz=UTC')")
    page.evaluate("history.pushState(null, '', '?user=rev&from=2024-03-07&to=2024-03-07&tz=UTC')")
    page.go_back()
    expect(boss.card("submitted-annotations")).to_have_text("3")
    expect(page.locator("#dates-to")).to_have_value("4 Mar 2024")
    page.go_forward()
    expect(page.locator("#heading")).to_contain_text("Rev")
    expect(page.get_by_label("Members", exact=True)).to_contain_text("Rev · rev@acme.example")
    boss.expect_questions(3)


def test_without_a_zone_the_browsers_counts(visit: Callable[..., Visit]) -> None:
    ann = visit("ann:annotator", timezone_id="Europe/Berlin")
    page = ann.go("from=2024-03-10&to=2024-03-10")
    expect(page.locator("#heading")).to_contain_text("Europe/Berlin")
    expect(ann.card("submitted-annotations")).to_have_text("0")
    assert ann.parameters()["tz"] == ["Europe/Berlin"]
    page.get_by_label("Time zone").select_option("UTC")
    expect(ann.card("submitted-annotations")).to_have_text("1")


def test_a_zone_that_nobody_knows_is_utc_and_says_so(visit: Callable[..., Visit]) -> None:
    ann = visit("ann:annotator")
    ann.page.add_init_script(
        "Intl.DateTimeFormat.prototype.resolvedOptions = () => ({timeZone: 'Mars/Olympus_Mons', locale: 'en'})"
    )
    page = ann.go("from=2024-03-10&to=2024-03-10")
    expect(page.locator("#heading")).to_contain_text("UTC")
    expect(page.locator("#notice")).to_have_text(
        "Your browser's time zone, Mars/Olympus_Mons, is not known here; times are in UTC."
    )


# -- Filters ----------------------------------------------------------------------------------------------------------


def test_dates_are_chosen_in_the_calendar(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")
    page.get_by_label("From: choose in a calendar").fill("2024-03-06")
    boss.expect_questions(2)
    page.get_by_label("To: choose in a calendar").fill("2024-03-08")
    boss.expect_questions(3)
    assert (boss.parameters()["from"], boss.parameters()["to"]) == (["2024-03-06"], ["2024-03-08"])
    expect(page.locator("#heading")).to_contain_text("6 – 8 Mar 2024")
    expect(boss.card("submitted-annotations")).to_have_text("2")
    # The dates of a preset are shown too, and choosing others leaves the preset.
    page.get_by_label("Period").select_option("all_time")
    boss.expect_questions(4)
    expect(page.locator("#dates-from")).to_have_value("4 Mar 2024")
    page.locator("#dates-from").fill("5 Mar 2024")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Period")).to_have_value("custom")
    boss.expect_questions(5)
    # A calendar that passes the other date takes it along.
    page.get_by_label("To: choose in a calendar").fill("2024-03-04")
    boss.expect_questions(6)
    assert (boss.parameters()["from"], boss.parameters()["to"]) == (["2024-03-04"], ["2024-03-04"])


@pytest.mark.parametrize(
    ("zone", "locale", "written"),
    [
        ("America/Los_Angeles", "en-US", "3/6/2024"),
        ("America/Los_Angeles", "en-GB", "06/03/2024"),
        ("Pacific/Kiritimati", "fil", "3/6/2024"),
        ("Pacific/Kiritimati", "de-DE", "6.3.2024"),
        ("Pacific/Kiritimati", "de-DE", "2024-03-06"),
        ("Europe/Berlin", "en-US", "6 March 2024"),
    ],
)
def test_the_day_that_is_typed_counts(visit: Callable[..., Visit], zone: str, locale: str, written: str) -> None:
    boss = visit(timezone_id=zone, locale=locale)
    page = boss.go(f"user=ann&{MARCH}")
    page.locator("#dates-from").fill(written)
    page.keyboard.press("Enter")
    boss.expect_questions(2)
    assert boss.parameters()["from"] == ["2024-03-06"]
    expect(page.locator("#dates-from")).to_have_value("6 Mar 2024")


def test_a_date_that_cannot_be_read_stays_to_be_corrected(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go("user=ann&preset=all_time&tz=UTC")
    first, last = page.locator("#dates-from"), page.locator("#dates-to")
    for written in ("garbage", "", "31 Feb 2024", "2024-02-30", "13/13/2024"):
        first.fill(written)
        page.keyboard.press("Tab")
        expect(page.locator("#dates-fault")).to_have_text(f"“{written}” is no date; write it like 2024-03-31.")
        expect(first).to_have_value(written)
        expect(first).to_have_attribute("aria-invalid", "true")
    first.fill("4 Mar 2050")
    page.keyboard.press("Enter")
    expect(page.locator("#dates-fault")).to_have_text("The first day comes after the last one; change one of them.")
    first.fill("4 Mar 2024")
    last.fill("6 Mar 2024")
    page.keyboard.press("Tab")
    expect(page.locator("#dates-fault")).to_be_empty()
    expect(page.get_by_label("Period")).to_have_value("custom")
    boss.expect_questions(2)
    expect(page.locator("#heading")).to_contain_text("4 – 6 Mar 2024")


def test_reset_names_the_readers_own_time_zone(visit: Callable[..., Visit]) -> None:
    boss = visit(timezone_id="Europe/Berlin")
    page = boss.go("user=ann&tz=Asia/Tokyo")
    expect(page.locator("#timezone")).to_have_value("Asia/Tokyo")
    page.get_by_role("button", name="Reset").click()
    boss.expect_questions(2)
    expect(page.locator("#timezone")).to_have_value("Europe/Berlin")


QUICKLY = """async (values) => {
  for (const value of values) {
    window.dash_clientside.set_props('preset', { value });
    await new Promise((done) => setTimeout(done, 2));
  }
}"""


def test_quick_changes_leave_no_request_behind(visit: Callable[..., Visit], watch: Watch) -> None:
    watch.expect("status of 503")  # of a server that too many ask at once; the page asks again
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")
    begun: Counter[Request] = Counter()
    ended: Counter[Request] = Counter()
    page.on("request", lambda each: begun.update([each]))
    page.on("requestfinished", lambda each: ended.update([each]))
    page.on("requestfailed", lambda each: ended.update([each]))
    presets = ["today", "yesterday", "last_7_days", "all_time"]
    page.evaluate(QUICKLY, [*presets, *presets])
    until(page, lambda: len(begun) > 4 and begun.keys() <= ended.keys())
    boss.ready()
    expect(page.get_by_label("Period")).to_have_value("all_time")
    assert boss.parameters()["preset"] == ["all_time"]


def test_a_workspace_narrows_the_projects(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}&project=p2")
    expect(page.get_by_label("Projects")).to_contain_text("Two")
    page.get_by_label("Projects").click()
    expect(page.locator(".dash-dropdown-option")).to_have_count(3)
    expect(page.get_by_text("Three <b>bold</b>")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_label("Workspaces").click()
    page.get_by_text("Streets", exact=True).click()
    page.keyboard.press("Escape")
    boss.expect_questions(2)
    # The project lies outside the workspace, and is let go.
    assert "project" not in boss.parameters()
    page.get_by_label("Projects").click()
    expect(page.locator(".dash-dropdown-option")).to_have_text(["One"])
    page.get_by_text("One", exact=True).click()
    page.keyboard.press("Escape")
    boss.expect_questions(3)
    assert boss.parameters()["project"] == ["p1"]
    expect(boss.card("submitted-annotations")).to_have_text("5")


def test_members_are_searched_on_the_server(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(MARCH)
    member = page.get_by_role("button", name=re.compile("^Members"))
    expect(member).to_contain_text("All 65 members")
    member.focus()
    page.keyboard.type("m")  # which opens the list, and begins the search
    expect(page.locator(".dash-dropdown-search")).to_be_focused()
    page.keyboard.type("59@")
    expect(page.locator(".dash-dropdown-option")).to_have_text(["Extra 59 · m59@acme.example · inactive"])
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("#heading")).to_contain_text("Extra 59")
    expect(page.locator("#heading")).to_contain_text("inactive")
    assert boss.searches >= 1  # as many as there are pauses in typing
    boss.expect_questions(2)
    assert boss.parameters()["user"] == ["m59"]


def test_who_has_no_choice_of_members_is_offered_none(visit: Callable[..., Visit]) -> None:
    ann = visit("ann:annotator")
    page = ann.go(MARCH)
    expect(page.locator("#heading")).to_contain_text("Ann")
    expect(page.locator("#heading")).to_contain_text("your 2 projects")
    expect(page.locator(".field-member")).to_be_hidden()
    page.get_by_label("Projects").click()
    expect(page.locator(".dash-dropdown-option")).to_have_text(["One", "Two"])
    assert "Extra" not in page.content()


# -- What is shown ----------------------------------------------------------------------------------------------------


def test_tables_and_cards_agree_with_the_report(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")
    page.get_by_role("button", name="Export").click()
    links = {link.inner_text(): link.get_attribute("href") or "" for link in page.locator("a.dropdown-item").all()}
    assert list(links) == [
        "Report (CSV)",
        "Members (CSV)",
        "Report (JSON)",
        "Timeline (CSV)",
        "Comments Received (CSV)",
    ]
    asked = {name: urlsplit(href).query for name, href in links.items()}
    # Files of lines are for people's spreadsheets.
    assert asked == {name: f"{'csv=excel&' if 'CSV' in name else ''}user=ann&{MARCH}" for name in links}
    report = page.request.get(boss.address + links["Report (JSON)"]).json()

    def rows(panel: str) -> list[list[str]]:
        details = page.locator(f"#{panel}-numbers")
        details.locator("summary").click()
        expect(details.locator("tbody tr")).to_have_count(7)
        return [row.locator("th, td").all_inner_texts() for row in details.locator("tbody tr").all()]

    def text(number: Any) -> str:
        return "—" if number is None else repr(number)

    def read(iso: str) -> str:
        return formats.weekday(date.fromisoformat(iso))

    assert rows("annotations") == [
        [read(day["date"]), *(text(day[key]) for key in ("submitted", "updated", "skipped"))] for day in report["days"]
    ]
    assert [row[::2] for row in rows("total-time")] == [
        [read(day["date"]), text(day["total_time"]), text(day["total_time_median"])] for day in report["days"]
    ]
    assert [row[::2] for row in rows("time-per-annotation")] == [
        [read(day["date"]), text(day["time_per_annotation_median"]), text(day["time_per_annotation_average"])]
        for day in report["days"]
    ]
    # 30.5 + 60 + 400 + 1,200 + 90 + 7 seconds over six annotations, in whose middle are 60 and 90.
    assert report["summary"]["total_time"] == 1787.5
    assert [card.inner_text() for card in page.locator(".card-value").all()] == [
        "29m 48s",
        "6",
        "7m 30s",
        "1m 15s",
        "4m 58s",
        "50 %",
    ]
    expect(page.locator(".shares")).to_contain_text("Rejected, not counted1")


def test_a_definition_shows_on_hover_and_on_focus_and_goes_on_escape(visit: Callable[..., Visit]) -> None:
    page = visit().go(f"user=ann&{MARCH}")
    name = page.get_by_role("button", name="Time per Annotation (Average)")
    tip = page.get_by_role("tooltip", name=re.compile("Total Time divided by")).or_(
        page.locator("#about-time-per-annotation-average")
    )
    expect(name).to_have_accessible_description(re.compile("^Total Time divided by the number"))
    expect(tip).to_be_hidden()
    name.hover()
    expect(tip).to_be_visible()
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()
    page.locator("#card-time-per-annotation-median a").focus()
    page.keyboard.press("Tab")
    expect(name).to_be_focused()
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_a_graph_tells_exact_values_under_the_pointer(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")
    bar = boss.graph("total-time").locator(".point path").nth(2)
    box = bar.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2 - 3, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    hover = page.locator("#total-time-graph .hoverlayer")
    expect(hover).to_contain_text("Wed 6 Mar 2024")
    expect(hover).to_contain_text("Sum of the day's times: 20m 0s")


def test_an_outlier_is_cut_off_and_shown_in_full_on_demand(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go("user=spread&from=2024-04-01&to=2024-04-08&tz=UTC")
    panel = page.locator(".panel-total-time")
    expect(panel.locator(".sketch")).to_contain_text("10h 0m 0s")
    expect(panel.locator(".sketch")).to_contain_text("minutes per day")
    full = panel.get_by_role("button", name="Full range")
    full.click()
    expect(full).to_have_attribute("aria-pressed", "true")
    expect(panel.locator(".sketch")).not_to_contain_text("▲")
    expect(panel.locator(".sketch")).to_contain_text("600")
    full.click()
    expect(panel.locator(".sketch")).to_contain_text("10h 0m 0s")
    boss.expect_questions(1)


def test_the_keyboard_reaches_every_control(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}&grain=week")
    names = []
    for _ in range(40):
        page.keyboard.press("Tab")
        names.append(page.evaluate("(e => e.closest('.export') ? 'export' : e.id)(document.activeElement)"))
        if names[-1] == "about-total-time-name":
            break
    wanted = ["refresh", "theme", "export", "member", "preset", "dates-from", "dates-to", "timezone", "workspaces"]
    wanted += ["projects", "_dbcprivate_radioitems_grain_input_week", "reset", "about-total-time-name"]
    reached = [name for name in names if name in wanted]
    assert reached == wanted
    # And its focus can be seen.
    page.get_by_role("button", name="Export").focus()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_every_control_has_its_label(visit: Callable[..., Visit]) -> None:
    page = visit().go(f"user=ann&{MARCH}")
    for label in ("Members", "Period", "Dates", "Time zone", "Workspaces", "Projects", "Theme"):
        expect(page.get_by_label(label, exact=True).first).to_be_visible()
    expect(page.get_by_role("radiogroup", name="By")).to_be_visible()
    expect(page.get_by_role("radiogroup", name="Reading of the total time")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("banner")).to_have_count(1)
    graphs = page.get_by_role("img", name=re.compile("the numbers are in the table below"))
    expect(graphs).to_have_count(4)  # of two, there is nothing to show


def test_the_names_of_several_members_fit_a_narrow_page(visit: Callable[..., Visit]) -> None:
    page = visit().go(f"user=ann&user=busy&user=m40&user=m41&user=m42&{MARCH}")
    page.set_viewport_size({"width": 360, "height": 900})
    expect(page.locator("#heading")).to_contain_text("Extra 42")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_page_fits_its_width(visit: Callable[..., Visit]) -> None:
    page = visit().go(f"user=ann&{MARCH}")

    def in_first_row(selector: str) -> int:
        tops = [each.bounding_box()["y"] for each in page.locator(selector).all()]  # type: ignore[index]
        return tops.count(tops[0])

    for width, cards, graphs in ((1400, 6, 2), (1000, 3, 2), (700, 3, 1), (360, 1, 1)):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(A_MOMENT)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert (in_first_row(".cards .card"), in_first_row(".panels > .panel")) == (cards, graphs)
        boxes = [box for each in page.locator(".cards .card").all() if (box := each.bounding_box())]
        assert len({(round(box["y"]), round(box["height"])) for box in boxes}) == 6 // cards  # a height a row


# -- When something goes wrong ----------------------------------------------------------------------------------------


def test_a_bad_address_says_what_is_wrong_and_leaves_the_filters(visit: Callable[..., Visit], watch: Watch) -> None:
    watch.expect("status of 400")
    boss = visit()
    page = boss.go("user=ann&from=2024-13-01&to=2024-03-10&tz=UTC", ready=False)
    expect(page.locator("#notice")).to_contain_text("from must be a calendar date written YYYY-MM-DD")
    expect(page.locator(".card-value")).to_have_count(0)
    page.get_by_label("Period").select_option("last_7_days")
    expect(boss.card("submitted-annotations")).to_have_text("2")
    expect(page.locator("#notice")).to_be_empty()
    assert "from" not in boss.parameters()


def test_what_lies_outside_ones_scope_is_refused(visit: Callable[..., Visit], watch: Watch) -> None:
    watch.expect("status of 40[03]")
    ann = visit("ann:annotator")
    for forged in ("user=boss", "user=nobody", "project=p3", "workspace=w9", "entry=organization"):
        page = ann.go(f"{forged}&{MARCH}", ready=False)
        expect(page.locator("#notice")).to_contain_text(re.compile("outside what you may see|does not open"))
        expect(page.locator("#heading")).to_be_empty()
    page.get_by_role("link", name="Back to my own figures").click()
    expect(page.locator("#heading")).to_contain_text("Ann")
    assert ann.parameters() == {"tz": ["UTC"]}


def test_a_lost_session_keeps_the_picture_and_offers_to_sign_in(visit: Callable[..., Visit], watch: Watch) -> None:
    watch.expect("status of 40[01]")
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")
    page.context.clear_cookies()
    page.get_by_label("Period").select_option("today")
    alert = page.locator("#notice")
    expect(alert).to_contain_text("Your session has ended. Showing figures of")
    expect(alert).to_contain_text("Ann, 4 – 10 Mar 2024 · UTC.")
    link = page.get_by_role("link", name="Sign in again")
    expect(link).to_have_attribute("target", "_top")
    expect(link).to_have_attribute("href", re.compile("preset=today"))  # what they were asking for
    assert link.get_attribute("href") == page.url
    expect(boss.card("submitted-annotations")).to_have_text("6")


def test_an_outdated_token_is_renewed_unnoticed(visit: Callable[..., Visit], watch: Watch) -> None:
    watch.expect("status of 400")  # of the host's CSRFProtect, to the first try
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")
    page.context.clear_cookies(name="perfwidget_csrf")
    page.get_by_label("Period").select_option("last_7_days")
    expect(boss.card("submitted-annotations")).to_have_text("2")
    expect(page.locator("#notice")).to_be_empty()


FAILURES: tuple[tuple[Callable[[Route], None], str], ...] = (
    (lambda route: route.abort(), "The server cannot be reached; check your connection."),
    (
        lambda route: route.fulfill(status=503, json={"error": "The store does not answer; try again later."}),
        "The store does not answer; try again later.",
    ),
    (lambda route: route.fulfill(status=502, body="<h1>Bad Gateway</h1>"), "The figures could not be fetched"),
)


def test_a_failure_keeps_the_picture_with_its_age(visit: Callable[..., Visit], watch: Watch) -> None:
    watch.expect("status of 50[23]|ERR_FAILED|request failed")
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")
    shown, asked = "6", "2"
    period = page.get_by_label("Period")
    for failure, sentence in FAILURES:
        page.route("**/_dash-update-component*", failure)
        period.select_option("last_7_days" if asked == "2" else "last_30_days")
        expect(page.locator("#notice")).to_contain_text(sentence)
        time = page.locator("#as-of").inner_text().removeprefix("as of ")
        whose = f"Ann, {page.locator('#heading .when').inner_text()}"
        expect(page.locator("#notice")).to_contain_text(f"Showing figures of {time}: {whose}.")
        expect(boss.card("submitted-annotations")).to_have_text(shown)
        page.unroute("**/_dash-update-component*")
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("#notice")).to_be_empty()
        expect(boss.card("submitted-annotations")).to_have_text("2")
        shown, asked = "2", "2" if asked != "2" else "30"


def test_a_page_that_cannot_be_laid_out_says_why(visit: Callable[..., Visit], watch: Watch) -> None:
    watch.expect("status of 503")
    ann = visit("ann:annotator")
    sentence = "The store does not answer; try again later."
    ann.page.route("**/_dash-layout", lambda route: route.fulfill(status=503, json={"error": sentence}))
    page = ann.go(MARCH, ready=False)
    expect(page.get_by_role("alert")).to_have_text(sentence)
    expect(page.get_by_text("Error loading layout")).to_be_hidden()


def test_a_full_queue_is_asked_again_until_it_is_ones_turn(visit: Callable[..., Visit], watch: Watch) -> None:
    watch.expect("status of 503")
    boss = visit()
    refused: list[str] = []

    def busy(route: Route) -> None:
        if len(refused) < 2 and '"asked"' in (route.request.post_data or ""):
            refused.append(route.request.url)
            route.fulfill(status=503, headers={"Retry-After": "0.1"}, json={"error": "Ask again in a moment."})
        else:
            route.continue_()

    boss.page.route("**/_dash-update-component*", busy)
    page = boss.go(f"user=ann&{MARCH}")
    expect(boss.card("submitted-annotations")).to_have_text("6")
    expect(page.locator("#notice")).to_be_empty()
    assert len(refused) == 2


def test_a_slow_answer_after_a_full_queue_is_waited_for(visit: Callable[..., Visit], watch: Watch) -> None:
    """A question that overtook it each time would keep it from ever coming, and the queue full."""
    watch.expect("status of 503")
    boss = visit()
    boss.page.clock.install()
    asked: list[Route] = []

    def slow(route: Route) -> None:
        if '"asked"' not in (route.request.post_data or ""):
            route.continue_()
            return
        asked.append(route)
        if len(asked) == 1:
            route.fulfill(status=503, headers={"Retry-After": "0.1"}, json={"error": "Ask again in a moment."})

    boss.page.route("**/_dash-update-component*", slow)
    page = boss.go(f"user=ann&{MARCH}", ready=False)
    until(page, lambda: len(asked) > 1)
    page.clock.run_for(10_000)
    asked[-1].continue_()
    expect(boss.card("submitted-annotations")).to_have_text("6")
    assert len(asked) == 2


def test_a_slow_answer_leaves_the_picture_until_it_comes(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")
    waiting: list[Route] = []
    page.route("**/_dash-update-component*", lambda route: waiting.append(route))  # noqa: PLW0108 (Playwright needs a function that can be marked)
    page.get_by_label("Period").select_option("last_7_days")
    expect(page.get_by_role("main")).to_have_attribute("aria-busy", "true")
    expect(boss.card("submitted-annotations")).to_have_text("6")
    # A further change overtakes it, and only the newest answer counts, in whatever order they come.
    page.get_by_label("Period").select_option("today")
    expect(page.get_by_label("Period")).to_have_value("today")
    until(page, lambda: len(waiting) == 2)
    waiting[1].continue_()
    expect(boss.card("submitted-annotations")).to_have_text("1")
    waiting[0].continue_()
    boss.ready()
    expect(boss.card("submitted-annotations")).to_have_text("1")
    expect(page.get_by_label("Period")).to_have_value("today")


# -- On a page of the host --------------------------------------------------------------------------------------------


def test_frames_grow_with_their_content_and_follow_the_page(visit: Callable[..., Visit]) -> None:
    boss = visit(viewport={"width": 1000, "height": 700})
    page = boss.page
    page.goto(f"{boss.address}/around")
    frame = page.frame_locator("#one iframe")
    expect(frame.locator("html[data-follows] #figures[aria-busy=false]")).to_be_visible()
    expect(page.locator("#one iframe")).to_have_attribute("title", "Figures")

    def fits() -> None:
        body = frame.locator("body").bounding_box()
        outer = page.locator("#one iframe").bounding_box()
        assert body and outer
        assert abs(outer["height"] - body["height"]) <= 2

    fits()
    before = page.locator("#one iframe").bounding_box()["height"]  # type: ignore[index]
    frame.locator("details.definitions summary").click()
    expect(frame.locator("details.definitions[open]")).to_be_visible()
    expect(page.locator("#one iframe")).not_to_have_css("height", f"{before}px")
    fits()
    assert frame.locator("html").evaluate("e => e.scrollHeight <= window.innerHeight + 1")

    # Another member is chosen on the page around, and a further frame comes later.
    page.locator("#one").evaluate("e => { e.dataset.perfwidget = '/performance/?user=rev&tz=UTC' }")
    expect(frame.locator("#heading")).to_contain_text("Rev")
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<p data-perfwidget=\"/performance/?user=ann&tz=UTC\"></p>')"
    )
    page.locator("p[data-perfwidget]").scroll_into_view_if_needed()
    expect(page.frame_locator("p[data-perfwidget] iframe").locator("#heading")).to_contain_text("Ann")
    expect(frame.locator("#heading")).to_contain_text("Rev")


def test_a_frame_takes_heights_from_its_own_page_only(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.page
    page.goto(f"{boss.address}/around")
    expect(page.frame_locator("#one iframe").locator("html[data-follows]")).to_be_visible()
    page.evaluate("window.postMessage({type: 'perfwidget:height', height: 12345}, '*')")
    page.evaluate(A_MOMENT)
    expect(page.locator("#one iframe")).not_to_have_css("height", "12345px")


def test_signing_in_again_leaves_the_frame(visit: Callable[..., Visit], watch: Watch) -> None:
    watch.expect("status of 40[01]")
    boss = visit()
    page = boss.page
    page.goto(f"{boss.address}/around")
    frame = page.frame_locator("#one iframe")
    expect(frame.locator("#figures[aria-busy=false]")).to_be_visible()
    inside = page.locator("#one iframe").element_handle().content_frame()
    assert inside
    inside.wait_for_load_state()  # a script that comes after the session has ended is refused, as it should be
    page.context.clear_cookies()
    frame.get_by_label("Period").select_option("today")
    link = frame.get_by_role("link", name="Sign in again")
    expect(link).to_have_attribute("target", "_top")
    expect(link).to_have_attribute("href", f"{boss.address}/around")


def test_a_cold_page_is_at_most_a_megabyte(visit: Callable[..., Visit]) -> None:
    boss = visit()
    wire = boss.page.context.new_cdp_session(boss.page)
    sizes: list[int] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    boss.go(f"user=ann&{MARCH}")
    boss.graph("annotations")
    assert 100_000 < sum(sizes) <= 1_000_000


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_wide_page_prints_on_narrow_paper_without_cutting_its_graphs(visit: Callable[..., Visit], paper: str) -> None:
    boss = visit(viewport={"width": 1920, "height": 900}, color_scheme="dark")
    page = boss.go(f"user=ann&{MARCH}&rows=total_time")
    boss.graph("annotations")
    assert max(page.evaluate("[...document.querySelectorAll('.picture')].map((each) => each.clientWidth)")) > 700
    assert page.pdf(format=paper).startswith(b"%PDF")  # type: ignore[arg-type]
    page.emulate_media(media="print")
    for hidden in ("#rows-panel", ".filters", ".tools", ".live"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.locator(".cards")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(26, 34, 48)"
    # What was drawn for a wide screen shrinks with its panel, wherever that is narrower.
    for picture in page.locator(".picture:has(.sketch)").all():
        picture.evaluate("(each) => { each.style.width = '300px' }")
        assert picture.locator(".sketch").evaluate("(each) => each.getBoundingClientRect().width") <= 300


PRINTED = """() => matchMedia('print').addEventListener('change', ({ matches }) => {
  if (matches) window.printed = [document.body.offsetHeight, window.innerHeight];
})"""


def test_a_page_of_the_host_prints_all_of_its_frame(visit: Callable[..., Visit]) -> None:
    boss = visit(viewport={"width": 1300, "height": 900})
    boss.page.goto(f"{boss.address}/around")
    frame = boss.page.frame_locator("#one iframe")
    expect(frame.locator("html[data-follows] #figures[aria-busy=false]")).to_be_visible()
    inside = boss.page.locator("#one iframe").element_handle().content_frame()
    assert inside
    inside.evaluate(PRINTED)
    boss.page.pdf(format="A4")
    content, height = inside.evaluate("window.printed")
    assert content <= height + 1
