"""What the page's scripts work out of texts alone: addresses and questions."""

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
    page.add_script_tag(path=assets_folder() / "page/address.js", type="module")
    page.wait_for_function("window.perfwidget_address")
    return page


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
        {"compare": "previous"},
        {"grain": "month"},
        {"statistic": "median"},
        {"theme": "dark"},
        {"rows": "total_time@2024-03-04"},
    ):
        search = changed(scripts, search, changes)
    assert search == (
        "?user=a_b&workspace=w_1&project=p1&project=%7E&from=2024-03-04&to=2024-03-10&tz=UTC&entry=home&compare=previous&grain=month"
        "&compact=1&statistic=median&theme=dark&rows=total_time@2024-03-04"
    )
    search += "&rows_sort=-task&rows_page=3"
    controls = scripts.evaluate("([search, known]) => perfwidget_address.controlsIn(search, known)", [search, KNOWN])
    assert controls == {
        "member": [option_value("a_b")],
        "preset": "custom",
        "from": "2024-03-04",
        "to": "2024-03-10",
        "timezone": "UTC",
        "workspaces": [option_value("w_1")],
        "projects": ["p1", option_value("~")],
        "compare": "previous",
        "grain": "month",
        "statistic": "median",
        "theme": "dark",
        "search": "",
    }
    rows = "rows=total_time@2024-03-04&rows_sort=-task&rows_page=3"
    assert scripts.evaluate("(search) => perfwidget_address.rowsIn(search)", search) == rows
    assert scripts.evaluate("(search) => perfwidget_address.rowsIn(search)", "?rows=a&rows=b&rows_page=2") == ""
    # What controls say at rest is not said, and Reset leaves the member and the looks.
    at_rest = {
        "preset": "last_30_days",
        "compare": "nothing",
        "grain": "auto",
        "statistic": "average",
        "theme": "auto",
        "user": "",
    }
    assert changed(scripts, "?user=ann&preset=today&tz=UTC&grain=week&theme=dark", at_rest) == "?tz=UTC"
    reset = "([search, known]) => perfwidget_address.atRest(search, known)"
    assert scripts.evaluate(reset, [search, KNOWN]) == "?user=a_b&tz=Europe/Berlin&compact=1&theme=dark"


@pytest.mark.parametrize(
    ("search", "viewer", "listed"),
    [
        ("?user=ann&user=a_b", {}, ["ann", option_value("a_b")]),
        ("?members=all", {}, ["_"]),
        ("", {}, ["_"]),
        ("?entry=members&project=p1", {}, ["_"]),
        ("?entry=home", {}, ["boss"]),
        ("?entry=home&members=all", {}, ["_"]),
        ("", {"viewer": "ann", "choosesMembers": False}, ["ann"]),
    ],
)
def test_who_chooses_nobody_lands_on_everybody(scripts: Page, search: str, viewer: dict[str, Any], listed: Any) -> None:
    asked = "([search, known]) => perfwidget_address.controlsIn(search, known).member"
    assert scripts.evaluate(asked, [search, KNOWN | viewer]) == listed


@pytest.mark.parametrize(
    ("search", "chosen", "changes"),
    [
        # With everybody, or oneself on Home, nobody was chosen yet: who is picked is asked for alone.
        ("", ["_", "ann"], {"user": ["ann"], "members": "", "among": ""}),
        ("?entry=home", ["boss", "ann", "rev"], {"user": ["ann", "rev"], "members": "", "among": ""}),
        ("?user=ann", ["ann", "rev"], {"user": ["ann", "rev"], "members": "", "among": ""}),
        ("?user=ann&user=rev", ["rev"], {"user": ["rev"], "members": "", "among": ""}),
        ("?user=ann", ["ann", "_"], {"user": "", "members": "all", "among": ""}),
        ("?user=ann", [], {"user": "", "members": "all", "among": ""}),
        ("?members=all", ["_", "_rev_a~1b_ann"], {"user": ["rev", "a_b", "ann"], "members": "", "among": ""}),
        ("?user=ann", ["ann", "_rev_ann"], {"user": ["ann", "rev"], "members": "", "among": ""}),
        # "Select all" takes the entry, too, that says how many more there are.
        ("?user=ann", ["ann", "rev", "__"], {"user": ["ann", "rev"], "members": "", "among": ""}),
        ("?members=all", ["_", "rev", "__"], {"user": ["rev"], "members": "", "among": ""}),
    ],
)
def test_choosing_members(scripts: Page, search: str, chosen: list[str], changes: dict[str, Any]) -> None:
    asked = "([search, chosen, known]) => perfwidget_address.membersChosen(search, chosen, known)"
    assert scripts.evaluate(asked, [search, chosen, KNOWN]) == changes


def test_what_is_shown_of_the_table_stays_but_for_its_page(scripts: Page) -> None:
    search = "?members=all&tz=UTC&tab=reviews&sort=-review_time&page=3&size=50&columns=skipped,rejected&idle=show"
    table = "tab=reviews&sort=-review_time&page=3&size=50&columns=skipped,rejected&idle=show"
    assert scripts.evaluate("(search) => perfwidget_address.tableIn(search)", search) == table
    assert changed(scripts, search, {"theme": "dark"}).count("page=3") == 1
    assert changed(scripts, search, {"project": ["p1"]}) == "?members=all&project=p1&tz=UTC&" + table.replace(
        "page=3&", ""
    )
    # A link says what it changes; what it says is empty goes.
    drawn = "([search, before]) => perfwidget_address.drawn(search, before)"
    turned = scripts.evaluate(drawn, ["?members=all&tz=UTC&sort=member&page=", search])
    assert turned == "?members=all&tz=UTC&tab=reviews&sort=member&size=50&columns=skipped,rejected&idle=show"


def test_the_rows_of_a_bar_go_with_its_period_and_those_of_a_number_stay(scripts: Page) -> None:
    bar, number = "?tz=UTC&rows=total_time@2024-03-04&rows_page=2", "?tz=UTC&rows=total_time&rows_page=2"
    assert changed(scripts, bar, {"from": "", "to": "", "preset": "today"}) == "?preset=today&tz=UTC"
    assert changed(scripts, bar, {"grain": "week"}) == "?tz=UTC&grain=week"
    assert changed(scripts, bar, {"project": ["p1"]}) == "?project=p1&tz=UTC&rows=total_time@2024-03-04&rows_page=2"
    assert changed(scripts, number, {"preset": "today"}) == "?preset=today&tz=UTC&rows=total_time&rows_page=2"
    assert changed(scripts, number, {"rows": "skipped"}) == "?tz=UTC&rows=skipped"
    assert changed(scripts, number, {"rows": ""}) == "?tz=UTC"
