"""Text that people typed reaches every place where it is shown or written as text, whole, and does nothing there."""

import csv
import io
import json
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple
from urllib.parse import unquote, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Dialog, Page, expect
from werkzeug.http import parse_options_header

from perfwidget import open_store
from perfwidget.errors import InvalidFact
from perfwidget.facts import Member
from perfwidget.page import ids
from perfwidget.page.formats import option_label, option_value
from perfwidget.page.panels import PANELS
from tests.conftest import Watch
from tests.hosts import asking, host, served
from tests.security.corpus import HOSTILE, LONG, MARCH, NOT_IDS, Hostile, harmless, id_of, mail_of, same, world
from tests.worlds import ORGANIZATION

HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Control characters, direction marks, and what takes no room; but not the joiners, which some scripts need."""


class Platform(NamedTuple):
    """A host with a world in it, running."""

    app: Flask
    address: str
    twin: Callable[[Hostile], Hostile]

    def client(self) -> FlaskClient:
        client = self.app.test_client()
        client.get("/login?as=boss:owner")
        return client

    def id(self, each: Hostile, kind: str = "member") -> str:
        return id_of(each, self.twin, kind)


@pytest.fixture(scope="module")
def platforms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Platform]]:
    """Run a host where everything is called something hostile, and one of the same shape with harmless names."""
    with ExitStack() as stack:
        running = {}
        for name, twin in (("hostile", same), ("harmless", harmless)):
            store = open_store(f"duckdb:///{tmp_path_factory.mktemp(name)}/facts.duckdb")
            stack.callback(store.close)
            store.write(world(twin), unknown="keep")
            app = host(store, task_url="/tasks/{task_id}")
            port = stack.enter_context(served(app))
            running[name] = Platform(app, f"http://127.0.0.1:{port}", twin)
        yield running


@pytest.fixture(scope="module")
def hostile(platforms: dict[str, Platform]) -> Platform:
    """Give the host where everything is called something hostile."""
    return platforms["hostile"]


def mail(each: Hostile) -> str:
    """Return what is to be seen of the member's e-mail."""
    own = {"only a joiner": each.text, "long": each.name}  # beside letters a joiner is kept
    return f"{own.get(each.name, each.seen)}@acme.example"


def called(each: Hostile) -> str:
    """Return what is to be seen in the list of members."""
    return f"{each.seen} · {mail(each)}" if each.seen else mail(each)


def about(platform: Platform, each: Hostile) -> str:
    """Return the part of an address that asks about a member."""
    return urlencode({"user": platform.id(each)})


# -- In the store and out of it ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(NOT_IDS))
def test_what_can_be_no_id_is_refused_with_a_sentence(tmp_path: Any, name: str) -> None:
    [each] = [each for each in HOSTILE if each.name == name]
    store = open_store(f"duckdb:///{tmp_path}/facts.duckdb")
    try:
        with pytest.raises(InvalidFact, match=r"^Member\.user_id: An id must have .+\.$"):
            store.write(
                [Member(ORGANIZATION, "boss", role="owner"), Member(ORGANIZATION, each.text, role="owner")],
            )
        with store.reading() as reader:
            assert reader.organizations() == []
    finally:
        store.close()


def test_an_address_with_no_id_in_it_is_a_400_that_does_not_repeat_it(hostile: Platform) -> None:
    client = hostile.client()
    for each in HOSTILE:
        if each.name in NOT_IDS - {"lone surrogate", "long"}:
            refused = client.get("/performance/export/report.json", query_string={"user": each.text})
            assert refused.status_code == 400
            assert refused.json["error"].startswith("user is malformed: ")
            assert each.text not in refused.text


def test_reports_hold_names_as_they_were_given(hostile: Platform) -> None:
    client = hostile.client()
    for each in HOSTILE:
        answer = client.get(f"/performance/export/report.json?{MARCH}&{about(hostile, each)}")
        expected = {"id": hostile.id(each), "email": mail_of(each.as_kept(), same), "name": each.kept}
        assert json.loads(answer.text)["user"] == expected, each.name


def test_file_names_are_plain(hostile: Platform) -> None:
    client = hostile.client()
    for each in HOSTILE:
        answer = client.get(f"/performance/export/comments.csv?{about(hostile, each)}", buffered=True)
        told = answer.headers["Content-Disposition"]
        kind, options = parse_options_header(told)
        assert (kind, set(options)) == ("attachment", {"filename"})
        plain = "".join(letter for letter in options["filename"] if letter.isascii() and letter.isalnum())
        assert options["filename"].startswith("comments-")
        assert set(options["filename"]) <= {*plain, *"@._-"}, each.name
        assert len(options["filename"]) < 128


def unguarded(cell: str) -> str:
    return re.sub("(^|(?<=[,;|\t\r\n]))'", "", cell)


@pytest.fixture
def long_cells() -> Iterator[None]:
    """Let Python's reader of CSV take cells as long as they come."""
    usual = csv.field_size_limit(10 * LONG)
    yield
    csv.field_size_limit(usual)


def files(client: FlaskClient, user: str) -> Iterator[list[dict[str, str]]]:
    for kind in ("timeline", "comments", "rows"):
        asked = {"user": user, "from": "2024-03-04", "to": "2024-03-10", "metric": "other_actions"}
        answer = client.get(f"/performance/export/{kind}.csv", query_string=asked, buffered=True)
        assert answer.status_code == 200
        yield list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_files_hold_every_text_whole_and_no_formula(hostile: Platform, long_cells: None) -> None:
    client = hostile.client()
    timeline, comments, rows = files(client, hostile.id(HOSTILE[0]))
    kept = {each.kept for each in HOSTILE}
    assert len(rows) == len(kept) + 1  # one in a project that nobody knows more of than its id
    assert rows.pop(next(place for place, row in enumerate(rows) if row["last_action"] == "odd"))["project_title"] == ""
    assert {unguarded(row["action"]) for row in timeline} == kept
    assert {unguarded(row["project_title"]) for row in timeline} == kept
    assert {unguarded(row["text"]) for row in comments} == kept
    authors = {"boss@acme.example", *(mail_of(each.as_kept(), same) for each in HOSTILE[1:])}
    assert {unguarded(row["created_by_email"]) for row in comments} == authors
    assert {unguarded(row["last_action"]) for row in rows} == kept
    ids = {hostile.id(each, "project") for each in HOSTILE}
    for file in (timeline, comments, rows):
        assert len(file) == len(HOSTILE)
        assert {unguarded(row["project_id"]) for row in file} == ids
        for column, cell in ((column, cell) for row in file for column, cell in row.items()):
            visible = cell.lstrip("\u200b\u200d\u200e\u2060\ufeff ")
            number = column.endswith("_id") and visible.lstrip("-").isdecimal()
            assert number or not visible.startswith(("=", "+", "-", "@", "|", "%", "\t", "\r", "\n", "＝")), cell[:80]


def test_each_download_is_one_line_of_the_log(hostile: Platform, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="perfwidget.hosting.downloads")
    client = hostile.client()
    for each in HOSTILE:
        client.get(f"/performance/export/comments.csv?{MARCH}&{about(hostile, each)}", buffered=True)
    lines = [record.getMessage() for record in caplog.records if record.name == "perfwidget.hosting.downloads"]
    assert len(lines) == len(HOSTILE)
    assert [line for line in lines if not line.isprintable()] == []
    forged = [
        line for line in lines if not line.startswith("download kind=comments organization='acme' viewer='boss' ")
    ]
    assert forged == []


# -- In the page's requests -------------------------------------------------------------------------------------------


def asked(platform: Platform, each: Hostile) -> dict[str, Any]:
    question = f"{MARCH}&{about(platform, each)}"
    answer = asking(platform.client(), "asked", {"question": question, "attempt": 1})
    assert answer.status_code == 200
    response: dict[str, Any] = answer.json["response"]
    return response


def tabled(platform: Platform, each: Hostile) -> str:
    """Ask for the tables of a subject, and return them without the addresses that they lead to."""
    opened = {"question": f"{MARCH}&{about(platform, each)}", "open": [ids.opener(panel.name) for panel in PANELS]}
    return re.sub(r'"href":"[^"]*"', "", asking(platform.client(), "open-tables", opened).text)


def test_nothing_that_people_typed_comes_into_a_figure(platforms: dict[str, Platform]) -> None:
    """The panels of each subject are those of the harmless twin, to the letter."""
    made = 0
    for each in (HOSTILE[0], HOSTILE[1], HOSTILE[-1]):
        answers = [asked(platform, each) for platform in platforms.values()]
        drawn = [
            {name: props["figure"] for name, props in answer.items() if "figure" in props} | answer["readings"]["data"]
            for answer in answers
        ]
        assert drawn[0] == drawn[1]
        assert len(drawn[0]) >= 5  # one a panel, and none of the total time where there is nothing to draw
        tables = [tabled(platform, each) for platform in platforms.values()]
        assert tables[0] == tables[1]
        made += tables[0].count('"type":"Table"')
    assert made >= 4  # in all, for some have done nothing that a table could tell


def test_the_page_itself_holds_nothing_that_people_typed(platforms: dict[str, Platform]) -> None:
    pages = set()
    for platform in platforms.values():
        for each in (HOSTILE[0], HOSTILE[-1]):
            page = platform.client().get(f"/performance/?rows=submitted&{about(platform, each)}")
            assert page.status_code == 200
            pages.add(re.sub(r'"end_id":"[^"]*"', "", page.text))  # which Dash draws afresh for each page
    assert len(pages) == 1


def test_a_search_finds_each_by_its_text(hostile: Platform) -> None:
    client = hostile.client()
    for each in HOSTILE:
        if each.name == "long":
            continue
        for kind in ("member", "workspace", "project"):
            id_ = option_value(hostile.id(each, kind))
            sought = {"kind": kind, "text": each.seen if kind != "member" else each.kept, "workspaces": []}
            options = asking(client, "seek", sought).json["response"]["found"]["data"]["options"]
            labels = {option["value"]: option["label"] for option in options}
            assert labels[id_] == option_label(called(each) if kind == "member" else each.seen or "?"), each.name
            assert "__proto__" not in f"{labels} {id_}".lower()


# -- In the browser ---------------------------------------------------------------------------------------------------

COMES_AND_GOES = 'g, script[src*="plotly"], style[id^="plotly"], ._dash-loading-callback'
"""What plotly.js does as it likes about groups, and what Dash adds while the page's clock asks for news."""

CENSUS = f"""() => [...document.querySelectorAll(':not({COMES_AND_GOES})')].map((each) =>
  each.tagName + ' ' + each.getAttributeNames()
    .filter((name) => !['style', 'data-dash-is-loading'].includes(name)).sort().join(' '))"""
"""Every other element of the page with the names of its attributes."""

A_WHILE = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))"

ADDRESSES = """() => [...document.querySelectorAll('[href],[src],[action],[data],[srcdoc]')].map((each) =>
  each.href || each.src || each.outerHTML)"""

READ = """() => [document.title, document.body.innerText, ...['title', 'aria-label', 'alt', 'placeholder'].flatMap(
  (name) => [...document.querySelectorAll(`[${name}]`)].map((each) => each.getAttribute(name)))]"""
"""All that a person reads, or has read to them."""

ORDINARY = 12
"""The properties that every object of JavaScript has."""

PLAIN = "patterns of replace"
SUBJECTS = {
    "hostile": ("frame", "pseudo-HTML style", "nothing to see", "prototype", "long", PLAIN),
    "harmless": ("nothing to see", PLAIN),
}
"""Members who are looked at one after another; the harmless ones stand for all who have something to see."""


class Visit:
    """Somebody who looks at everything there is: texts by place, elements by step, addresses and what is read."""

    def __init__(self, platform: Platform, page: Page) -> None:
        self.platform = platform
        self.page = page
        self.texts: dict[str, list[str]] = {}
        self.census: dict[str, Counter[str]] = {}
        self.addresses: set[str] = set()
        self.read: set[str] = set()
        self.dialogs: list[str] = []
        page.on("dialog", self._dismiss)

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def step(self, name: str) -> None:
        expect(self.page.locator("[data-dash-is-loading]")).to_have_count(0)
        before = None
        while before != (elements := self.page.evaluate(CENSUS)):  # graphs are drawn one after another
            before = elements
            self.page.evaluate(A_WHILE)
        self.census[name] = Counter(elements)
        self.addresses.update(self.page.evaluate(ADDRESSES))
        self.read.update(self.page.evaluate(READ))

    def page_and_rows(self) -> None:
        page, address = self.page, self.platform.address
        page.request.get(f"{address}/login?as=boss:owner")
        page.goto(f"{address}/performance/?{MARCH}&rows=other_actions&{about(self.platform, HOSTILE[0])}")
        expect(page.locator("#figures[aria-busy=false]")).to_be_visible()
        expect(page.locator("#rows-panel tbody tr")).to_have_count(len(HOSTILE) + 1)
        openers = [each for each in page.locator("main details.data summary").all() if each.is_visible()]
        for each in openers:
            each.evaluate("each => each.click()")  # without a pointer, which would wake the graphs that it passes
        assert openers
        expect(page.locator("details.data table")).to_have_count(len(openers))
        self.step("page")
        for column, name in ((2, "rows' projects"), (3, "tasks"), (4, "actions")):
            self.texts[name] = page.locator(f"#rows-panel tbody td:nth-child({column})").all_text_contents()

    def hover(self) -> None:
        self.page.locator("#annotations-graph").hover(position={"x": 200, "y": 100})
        self.page.locator("#annotations-graph .nsewdrag").hover()
        expect(self.page.locator("#annotations-graph .hoverlayer text").first).to_be_visible()
        self.step("hover")
        self.page.mouse.move(0, 0)

    def list_of(self, name: str) -> None:
        self.page.locator(f"#{name}").click()
        options = self.page.locator(".dash-dropdown-option")
        expect(options.first).to_be_visible()
        # What looks the same: within `__proto__` a mark that nobody sees keeps Dash's lists from breaking.
        self.texts[name] = [text.replace("\u2060", "") for text in options.all_text_contents()]
        self.step(name)
        self.page.keyboard.press("Escape")

    def member(self, name: str) -> None:
        [each] = [each for each in HOSTILE if each.name == name]
        with self.page.expect_response("**/_dash-update-component*"):
            choose = "(id) => window.dash_clientside.set_props('member', { value: [id] })"
            self.page.evaluate(choose, option_value(self.platform.id(each)))
        who = self.platform.twin(each)
        self.page.wait_for_function("who => document.title === who", arg=f"{who.seen or mail(who)} · Performance")
        self.texts[f"heading of {name}"] = self.page.locator("#heading .who").all_text_contents()
        self.step(f"heading of {name}")

    def members(self) -> None:
        self.page.goto(f"{self.platform.address}/performance/?members=all&{MARCH}&size=200&idle=show&rows=total_time")
        expect(self.page.locator("#figures[aria-busy=false]")).to_be_visible()
        expect(self.page.locator("#rows-panel tbody tr").first).to_be_visible()
        self.texts["names in the table"] = self.page.locator("#team tbody th a").all_text_contents()
        self.step("members")

    def failure(self) -> None:
        away = {"error": "The store is away."}
        self.page.route("**/_dash-update-component*", lambda route: route.fulfill(status=503, json=away))
        self.page.locator("#refresh").click()
        expect(self.page.locator("#notice")).to_contain_text("The store is away.")
        self.texts["notice"] = self.page.locator("#notice").all_text_contents()
        self.step("notice")


@pytest.fixture
def visits(
    platforms: dict[str, Platform], open_page: Callable[..., Page], watch: Watch
) -> tuple[dict[str, Visit], Visit]:
    """Have both platforms looked at; give both visits by name, and the one among the hostile texts."""
    watch.expect("status of 503")
    both = {name: Visit(at, open_page(viewport={"width": 1400, "height": 900})) for name, at in platforms.items()}
    for name, visit in both.items():
        visit.page_and_rows()
        visit.hover()
        for which in ("member", "workspaces", "projects"):
            visit.list_of(which)
        visit.members()
        for subject in SUBJECTS[name]:
            visit.member(subject)
        visit.failure()
    return both, both["hostile"]


def test_in_a_browser_all_of_it_is_text(visits: tuple[dict[str, Visit], Visit]) -> None:
    """Nothing runs, nothing is made of it but text, and each text is where it belongs, whole and visible."""
    both, visit = visits
    usual = both["harmless"].census
    for name, census in visit.census.items():
        assert census == usual.get(name, usual[f"heading of {PLAIN}"]), name
    assert visit.dialogs == []
    assert visit.page.evaluate("() => Object.keys(Object.prototype)") == []
    assert visit.page.evaluate("() => Object.getOwnPropertyNames({}.__proto__).length") == ORDINARY

    projects = [each.seen or "?" for each in HOSTILE] + ["lost<i>"]
    ids = [visit.platform.id(each, "task") for each in HOSTILE]
    tasks = [each.seen or "task" if id_ == each.text else id_ for each, id_ in zip(HOSTILE, ids, strict=True)]
    assert sorted(visit.texts["rows' projects"]) == sorted(visit.texts["projects"]) == sorted(projects)
    assert sorted(visit.texts["workspaces"]) == sorted(projects[:-1])
    assert sorted(visit.texts["tasks"]) == sorted([*tasks, "lost"])
    assert sorted(visit.texts["actions"]) == sorted([*(each.seen for each in HOSTILE), "odd"])
    members = [*map(called, HOSTILE), "Boss · boss@acme.example", "rev"]
    assert sorted(visit.texts["member"]) == sorted([*members, f"All {len(members)} members"])
    assert {each.seen for each in HOSTILE if each.seen} <= set(visit.texts["names in the table"])
    for name in SUBJECTS["hostile"]:
        [each] = [each for each in HOSTILE if each.name == name]
        assert visit.texts[f"heading of {name}"] == [f"{each.seen} {mail(each)}".strip()]
    assert ": $& $1 $' {what} {time} <i>, 4 – 10 Mar 2024 · UTC." in visit.texts["notice"][0]

    own = [address for address in visit.addresses if urlsplit(address).scheme != "data"]
    places = {urlsplit(address)[:2] for address in own}
    assert places == {tuple(urlsplit(visit.platform.address)[:2])}
    paths = [urlsplit(address).path for address in own]
    assert {unquote(path) for path in paths if path.startswith("/tasks/")} == {
        f"/tasks/{id_}" for id_ in [*ids, "lost"]
    }
    assert [path for path in paths if not path.startswith(("/tasks/", "/performance/"))] == []
    assert [text for text in visit.read if HIDDEN.search(text.replace("__\u2060", ""))] == []
