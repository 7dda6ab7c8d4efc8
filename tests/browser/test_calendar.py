"""When the page's question is about: presets, times of day, and the zone in which people are paid."""

import csv
import io
from collections.abc import Callable
from datetime import date
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from perfwidget.page import formats
from tests.browser.visits import Visit
from tests.conftest import Watch

OFFERED = [
    ("today", "Today"),
    ("yesterday", "Yesterday"),
    ("this_week", "This week"),
    ("last_week", "Last week"),
    ("last_7_days", "Last 7 days"),
    ("first_half_of_month", "1st to 15th"),
    ("second_half_of_month", "16th to the end"),
    ("this_month", "This month"),
    ("last_month", "Last month"),
    ("last_30_days", "Last 30 days"),
    ("last_90_days", "Last 90 days"),
    ("this_quarter", "This quarter"),
    ("last_quarter", "Last quarter"),
    ("this_year", "This year"),
    ("all_time", "All time"),
    ("custom", "Custom dates"),
]
MORNINGS = "user=ann&from=2024-03-04T12:30&to=2024-03-06T13:00&tz=UTC"


# -- Presets ----------------------------------------------------------------------------------------------------------


def test_every_preset_is_a_choice_and_asks_for_its_dates(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go("user=ann&preset=all_time&tz=UTC")
    options = page.locator("#preset option:not([hidden])")
    assert options.evaluate_all("(all) => all.map(({ value, text }) => [value, text])") == list(map(list, OFFERED))
    # From the last to the first, so that each is another question; the dates at will ask for none.
    for number, (preset, _) in enumerate(OFFERED[-3::-1], 2):
        page.locator("#preset").select_option(preset)
        boss.expect_questions(number)
        named = "" if preset == "last_30_days" else f"&preset={preset}"
        assert boss.questions[-1] == f"user=ann{named}&tz=UTC"
        asked = page.request.get(f"{boss.address}/performance/export/report.json?{boss.questions[-1]}")
        period = asked.json()["period"]
        for end, field in (("from", "#dates-from"), ("to", "#dates-to")):
            expect(page.locator(field)).to_have_value(formats.day(date.fromisoformat(period[end])))
        assert boss.parameters().get("preset") == (None if preset == "last_30_days" else [preset])


# -- The zone in which people are paid ---------------------------------------------------------------------------------


def test_the_zone_in_which_people_are_paid_goes_before_the_browsers(visit: Callable[..., Visit]) -> None:
    ann = visit("ann:annotator", timezone_id="Pacific/Kiritimati")
    page = ann.go("from=2024-03-10&to=2024-03-10", prefix="/paid")
    heading = page.locator("#heading")
    expect(heading).to_contain_text("10 Mar 2024 · America/Phoenix")
    # At 16:30 there, and half past one on the eleventh where the browser is.
    expect(ann.card("submitted-annotations")).to_have_text("1")
    assert ann.questions == ["from=2024-03-10&to=2024-03-10&tz=America/Phoenix"]
    assert ann.parameters()["tz"] == ["America/Phoenix"]
    expect(page.locator("#timezone")).to_have_value("America/Phoenix")
    ann.page.locator("#card-submitted-annotations .leads").click()
    ann.rows("Submitted Annotations10 Mar 2024 · America/Phoenix")
    page.locator("#rows-close").click()
    page.emulate_media(media="print")
    expect(heading.get_by_text("10 Mar 2024 · America/Phoenix")).to_be_visible()
    page.emulate_media(media="screen")

    page.get_by_label("Time zone").select_option("UTC")
    expect(heading).to_contain_text("10 Mar 2024 · UTC")
    page.get_by_role("button", name="Reset").click()
    expect(page.locator("#timezone")).to_have_value("America/Phoenix")
    expect(heading).to_contain_text("· America/Phoenix")


def test_where_people_are_paid_in_a_zone_the_browsers_is_nobodys_business(visit: Callable[..., Visit]) -> None:
    ann = visit("ann:annotator")
    ann.page.add_init_script(
        "Intl.DateTimeFormat.prototype.resolvedOptions = () => ({timeZone: 'Mars/Olympus_Mons', locale: 'en'})"
    )
    page = ann.go("from=2024-03-10&to=2024-03-10", prefix="/paid")
    expect(page.locator("#heading")).to_contain_text("America/Phoenix")
    expect(page.locator("#notice-box")).to_be_hidden()
    page.get_by_label("Time zone").select_option("UTC")
    ann.expect_questions(2)
    expect(page.locator("#heading")).to_contain_text("UTC")
    expect(page.locator("#notice-box")).to_be_hidden()


# -- Times of day ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["en-US", "de-DE"])  # of 12 and of 24 hours
def test_times_of_day_are_shown_edited_and_followed(visit: Callable[..., Visit], locale: str) -> None:
    boss = visit(locale=locale, timezone_id="America/New_York")
    page = boss.go(MORNINGS)
    first, last = page.locator("#dates-from"), page.locator("#dates-to")
    expect(page.locator("#heading")).to_contain_text("4 Mar 2024 12:30 – 6 Mar 2024 13:00 · UTC")
    expect(first).to_have_value("4 Mar 2024 12:30")
    expect(last).to_have_value("6 Mar 2024 13:00")
    expect(page.get_by_label("Period")).to_have_value("custom")
    # Of the 4th those of 13:00 and 14:00, and that of noon on the 6th.
    expect(boss.card("submitted-annotations")).to_have_text("3")
    assert "from=2024-03-04T12:30&to=2024-03-06T13:00" in urlsplit(page.url).query

    last.fill("2024-03-06 12:00")
    page.keyboard.press("Enter")
    boss.expect_questions(2)
    expect(last).to_have_value("6 Mar 2024 12:00")
    expect(boss.card("submitted-annotations")).to_have_text("2")
    page.locator("#card-total-time .leads").click()
    panel = boss.rows("Total Time4 Mar 2024 12:30 – 6 Mar 2024 12:00 · UTC")
    assert panel.locator("tbody td:nth-child(3)").all_inner_texts() == ["t8", "t2"]

    href = page.locator("#export-report-csv").get_attribute("href")
    file = page.request.get(f"{boss.address}{href}").text().partition("\r\n")[2]  # the first line is for spreadsheets
    table = list(csv.DictReader(io.StringIO(file)))
    assert [(row["date"], row["timezone"], row["total_time_s"]) for row in table] == [
        ("2024-03-04", "UTC", "460.0"),
        ("2024-03-05", "UTC", "0.0"),
        ("2024-03-06", "UTC", "0.0"),
    ]

    page.set_viewport_size({"width": 400, "height": 900})  # as in a narrow frame
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1400, "height": 900})

    # A calendar chooses the day, and leaves its time as it is.
    page.get_by_label("From: choose in a calendar").fill("2024-03-05")
    boss.expect_questions(3)
    expect(first).to_have_value("5 Mar 2024 12:30")
    page.get_by_label("To: choose in a calendar").fill("2024-03-10")
    boss.expect_questions(4)
    assert (boss.parameters()["from"], boss.parameters()["to"]) == (["2024-03-05T12:30"], ["2024-03-10T12:00"])
    boss.go(urlsplit(page.url).query)
    expect(last).to_have_value("10 Mar 2024 12:00")

    # A preset has no times, and neither have its fields.
    page.get_by_label("Period").select_option("all_time")
    expect(first).to_have_value("4 Mar 2024")
    first.fill("4 Mar 2024 08:00")
    page.keyboard.press("Tab")
    expect(page.locator("#dates-fault")).to_have_text("“4 Mar 2024 08:00” is no date; write it like 2024-03-31.")


def test_times_that_cannot_be_are_said(visit: Callable[..., Visit], watch: Watch) -> None:
    watch.expect("status of 400")
    boss = visit()
    page = boss.go(MORNINGS.replace("tz=UTC", "tz=Europe/Berlin"))
    first, last, fault = page.locator("#dates-from"), page.locator("#dates-to"), page.locator("#dates-fault")
    for written, sentence in (
        ("4 Mar 2024 24:00", "“4 Mar 2024 24:00” is no date with a time of day; write it like 2024-03-31 14:30."),
        ("noon", "“noon” is no date with a time of day; write it like 2024-03-31 14:30."),
        ("4 Mar 2024", "Give both a time of day, or neither of them."),
        ("6 Mar 2024 13:00", "The period ends before it begins, or at once; change one of its times."),
        ("6 Mar 2024 13:01", "The period ends before it begins, or at once; change one of its times."),
    ):
        first.fill(written)
        page.keyboard.press("Enter")
        expect(fault).to_have_text(sentence)
        expect(first).to_have_value(written)
    boss.expect_questions(1)

    # Clocks in Berlin went from 02:00 to 03:00 on the last day of that March.
    last.fill("31 Mar 2024 02:30")
    page.keyboard.press("Enter")
    expect(fault).to_be_empty()
    expect(page.locator("#notice")).to_contain_text(
        "to is 02:30 on 2024-03-31, which a clock change in Europe/Berlin skips; choose another time."
    )
    last.fill("31 Mar 2024 03:00")
    page.keyboard.press("Enter")
    expect(page.locator("#notice-box")).to_be_hidden()
    expect(page.locator("#heading")).to_contain_text("6 Mar 2024 13:01 – 31 Mar 2024 03:00 · Europe/Berlin")

    # Two dates are a period of whole days again.
    first.fill("4 Mar 2024")
    page.keyboard.press("Enter")
    last.fill("10 Mar 2024")
    page.keyboard.press("Enter")
    expect(page.locator("#heading")).to_contain_text("4 – 10 Mar 2024 · Europe/Berlin")
    assert boss.parameters()["from"] == ["2024-03-04"]
