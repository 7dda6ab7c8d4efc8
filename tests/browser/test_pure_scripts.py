"""What the page's scripts work out of texts alone: dates as people type them, addresses and questions."""

from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from perfwidget.hosting.static_files import assets_folder
from perfwidget.page.formats import option_value

KNOWN = {
    "viewer": "boss",
    "choosesMembers": True,
    "zone": "Europe/Berlin",
    "zones": ["UTC", "Europe/Berlin"],
    "presets": ["last_7_days", "last_30_days", "all_time"],
}


@pytest.fixture
def scripts(page: Page) -> Page:
    """Give a blank page with the pure scripts."""
    page.evaluate("window.React = {}")  # of which the dates themselves need nothing
    for name in ("components/dates.js", "page/address.js"):
        page.add_script_tag(path=assets_folder() / name, type="module")
    page.wait_for_function("window.perfwidget_dates && window.perfwidget_address")
    return page


@pytest.mark.parametrize(
    ("written", "language", "iso"),
    [
        ("2024-03-31", "en-US", "2024-03-31"),
        (" 2024-3-1 ", "de-DE", "2024-03-01"),
        ("31 Mar 2024", "de-DE", "2024-03-31"),
        ("31. March 2024", "en-GB", "2024-03-31"),
        ("31.03.2024", "en-US", "2024-03-31"),
        ("3/31/2024", "en-US", "2024-03-31"),
        ("31/3/2024", "en-GB", "2024-03-31"),
        ("29 Feb 2024", "en", "2024-02-29"),
        ("2024-02-30", "en", None),
        ("29 Feb 2023", "en", None),
        ("31/3/2024", "en-US", None),
        ("0000-00-00", "en", None),
        ("tomorrow", "en", None),
        ("31.3/2024", "en", None),
        ("1.2.24", "de", None),
        ("31 Mar 2024 14:30", "en", "2024-03-31T14:30"),
        ("2024-03-31T02:30", "de", "2024-03-31T02:30"),
        ("31.3.2024, 9:05", "de", "2024-03-31T09:05"),
        ("3/31/2024 0:00", "en-US", "2024-03-31T00:00"),
        ("31 Mar 2024 24:00", "en", None),
        ("31 Mar 2024 12:60", "en", None),
        ("31 Feb 2024 12:00", "en", None),
        ("31 Mar 2024 12", "en", None),
        ("14:30", "en", None),
        ("", "en", None),
    ],
)
@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati"])
def test_a_date_is_the_day_that_is_written(
    open_page: Any, written: str, language: str, iso: str | None, zone: str
) -> None:
    page = open_page(timezone_id=zone)
    page.evaluate("window.React = {}")
    page.add_script_tag(path=assets_folder() / "components/dates.js")
    assert page.evaluate("([text, language]) => perfwidget_dates.parse(text, language)", [written, language]) == iso


def test_every_day_of_four_years_can_be_read_as_it_is_shown(scripts: Page) -> None:
    days = [(date(2024, 1, 1) + timedelta(days=number)).isoformat() for number in range(1461)]
    read = "(days) => days.map((iso) => perfwidget_dates.parse(perfwidget_dates.shown(iso), 'en'))"
    assert scripts.evaluate(read, days) == days
    assert scripts.evaluate("['2024-03-31', 'soon', null].map(perfwidget_dates.shown)") == ["31 Mar 2024", "soon", ""]
    assert scripts.evaluate("perfwidget_dates.shown('2024-03-31T14:30')") == "31 Mar 2024 14:30"


def test_an_id_comes_back_from_its_value(scripts: Page) -> None:
    ids = ["7", "__proto__", "a_b~1", "~", "_~0_", "ü/1 &", "~1~0"]
    assert scripts.evaluate("(ids) => ids.map(perfwidget_address.toValue)", ids) == list(map(option_value, ids))
    assert scripts.evaluate("(values) => values.map(perfwidget_address.toId)", list(map(option_value, ids))) == ids
    assert not any("_" in option_value(each) for each in ids)


@pytest.mark.parametrize(
    ("search", "question"),
    [
        ("", "tz=Europe/Berlin"),
        ("?user=ann&from=2024-03-04&to=2024-03-10&tz=UTC", "user=ann&from=2024-03-04&to=2024-03-10&tz=UTC"),
        (
            "?workspace=w1&workspace=w2&project=p%26q&grain=week&tz=UTC",
            "workspace=w1&workspace=w2&project=p%26q&tz=UTC&grain=week",
        ),
        ("?statistic=median&theme=dark&rows=total_time&tz=UTC", "tz=UTC"),
        (
            "?from=2024-03-04T08:00&to=2024-03-04T17:30&tz=UTC",
            "from=2024-03-04T08:00&to=2024-03-04T17:30&tz=UTC",
        ),
        # What is wrong reaches the server, which says so.
        ("?statistic=mode&theme=pink&rows=a&rows=b&tz=UTC", "tz=UTC&statistic=mode&theme=pink&rows=a&rows=b"),
        ("?preset=someday&tz=UTC", "preset=someday&tz=UTC"),
    ],
)
def test_an_address_asks_a_question(scripts: Page, search: str, question: str) -> None:
    asked = "([search, known]) => perfwidget_address.questionIn(perfwidget_address.whole(search, known))"
    assert scripts.evaluate(asked, [search, KNOWN]) == question


def changed(scripts: Page, search: str, changes: dict[str, Any]) -> str:
    made = scripts.evaluate("([search, changes]) => perfwidget_address.changed(search, changes)", [search, changes])
    return str(made)


def test_controls_come_back_from_the_address_that_they_make(scripts: Page) -> None:
    search = changed(scripts, "?entry=home&compact=1&preset=all_time&tz=Europe/Berlin", {"user": "a_b"})
    for changes in (
        {"workspace": ["w_1"], "project": ["p1", "~"]},
        {"from": "2024-03-04", "to": "2024-03-10", "preset": ""},
        {"tz": "UTC"},
        {"grain": "month"},
        {"statistic": "median"},
        {"theme": "dark"},
        {"rows": "total_time@2024-03-04"},
    ):
        search = changed(scripts, search, changes)
    assert search == (
        "?user=a_b&workspace=w_1&project=p1&project=%7E&from=2024-03-04&to=2024-03-10&tz=UTC&entry=home&grain=month"
        "&compact=1&statistic=median&theme=dark&rows=total_time@2024-03-04"
    )
    search += "&rows_sort=-task&rows_page=3"
    controls = scripts.evaluate("([search, known]) => perfwidget_address.controlsIn(search, known)", [search, KNOWN])
    assert controls == {
        "member": option_value("a_b"),
        "preset": "custom",
        "from": "2024-03-04",
        "to": "2024-03-10",
        "timezone": "UTC",
        "workspaces": [option_value("w_1")],
        "projects": ["p1", option_value("~")],
        "grain": "month",
        "statistic": "median",
        "theme": "dark",
    }
    rows = "rows=total_time@2024-03-04&rows_sort=-task&rows_page=3"
    assert scripts.evaluate("(search) => perfwidget_address.rowsIn(search)", search) == rows
    assert scripts.evaluate("(search) => perfwidget_address.rowsIn(search)", "?rows=a&rows=b&rows_page=2") == ""
    # What controls say at rest is not said, and Reset leaves the member and the looks.
    at_rest = {"preset": "last_30_days", "grain": "auto", "statistic": "average", "theme": "auto", "user": ""}
    assert changed(scripts, "?user=ann&preset=today&tz=UTC&grain=week&theme=dark", at_rest) == "?tz=UTC"
    reset = "([search, known]) => perfwidget_address.atRest(search, known)"
    assert scripts.evaluate(reset, [search, KNOWN]) == "?user=a_b&tz=Europe/Berlin&compact=1&theme=dark"


def test_the_rows_of_a_bar_go_with_its_period_and_those_of_a_number_stay(scripts: Page) -> None:
    bar, number = "?tz=UTC&rows=total_time@2024-03-04&rows_page=2", "?tz=UTC&rows=total_time&rows_page=2"
    assert changed(scripts, bar, {"from": "", "to": "", "preset": "today"}) == "?preset=today&tz=UTC"
    assert changed(scripts, bar, {"grain": "week"}) == "?tz=UTC&grain=week"
    assert changed(scripts, bar, {"project": ["p1"]}) == "?project=p1&tz=UTC&rows=total_time@2024-03-04&rows_page=2"
    assert changed(scripts, number, {"preset": "today"}) == "?preset=today&tz=UTC&rows=total_time&rows_page=2"
    assert changed(scripts, number, {"rows": "skipped"}) == "?tz=UTC&rows=skipped"
    assert changed(scripts, number, {"rows": ""}) == "?tz=UTC"
