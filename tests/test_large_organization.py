"""Ten thousand members, two thousand projects, ten years: the page and its questions grow with what is shown only."""

import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from perfwidget.facts import Fact, Member, Membership, Project, Recorded, Workspace
from perfwidget.metrics import BY_KEY
from perfwidget.stores import Store, open_store
from perfwidget.stores.duckdb import EmbeddedSession
from tests.hosts import asking, asking_body, host
from tests.worlds import ORGANIZATION, annotation, at, review

MEMBERS, PROJECTS, MANAGED = 10_000, 2_000, 500
FIRST = at("2014-01-06 12:00")


def organization(members: int, projects: int, managed: int) -> Iterator[Fact]:
    """Yield people, projects, what `max` manages, and ten years of m7's work: one annotation a week, each elsewhere."""
    yield Member(ORGANIZATION, "boss", "boss@acme.example", "Boss", role="owner")
    yield Member(ORGANIZATION, "max", "max@acme.example", "Max", role="manager")
    yield Workspace(ORGANIZATION, "w", "Workspace")
    for number in range(members):
        yield Member(ORGANIZATION, f"m{number}", f"m{number}@acme.example", f"Member {number:05}", role="annotator")
    for number in range(projects):
        yield Project(ORGANIZATION, f"p{number}", "w" if number % 2 else None, title=f"Project {number:04}")
    for number in range(managed):
        yield Membership(ORGANIZATION, "max", project_id=f"p{number}")
    for week in range(520):
        instant = (FIRST + timedelta(weeks=week)).isoformat()
        yield annotation(week, instant, completed_by="m7", project_id=f"p{week % projects}", lead_time=60)
    yield Recorded(ORGANIZATION, "reviews")
    for number in range(members):  # in May 2024 each does another part of an hour, and m0 twice as much as the last
        for day in (1, 8):
            began, lead_time = at(f"2024-05-{day:02} 08:00") + timedelta(minutes=number % 600), 7 + members - number
            identity = f"{day}-{number}"
            yield annotation(
                identity,
                began.isoformat(),
                completed_by=f"m{number}",
                project_id=f"p{number % projects}",
                lead_time=lead_time + day / 7,
            )
        yield review(
            number,
            "2024-05-09 12:00",
            "accepted" if number % 3 else "rejected",
            annotation_id=f"8-{number}",
            completed_by=f"m{number}",
            reviewer_id=f"m{(number + 1) % members}",
            project_id=f"p{number % projects}",
        )


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(f"duckdb:///{tmp_path_factory.mktemp('large')}/facts.duckdb")
    store.write(organization(MEMBERS, PROJECTS, MANAGED))
    yield store
    store.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(f"duckdb:///{tmp_path_factory.mktemp('small')}/facts.duckdb")
    store.write(organization(100, 50, 10))
    yield store
    store.close()


def signed_in(store: Store, name: str, role: str) -> Any:
    browser = host(store).test_client()
    browser.get(f"/login?as={name}:{role}")
    return browser


def asked(browser: Any, **question: Any) -> Any:
    answer = asking(browser, "asked", {"question": urlencode({"tz": "UTC"} | question, doseq=True)})
    assert answer.status_code == 200, answer.text
    return answer.json["response"]


def report(browser: Any, **question: Any) -> Any:
    answer = browser.get("/performance/export/report.json", query_string={"tz": "UTC"} | question)
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.mark.parametrize(("name", "role"), [("boss", "owner"), ("max", "manager")])
def test_the_page_holds_no_more_of_a_large_organization_than_of_a_small_one(
    large: Store, small: Store, name: str, role: str
) -> None:
    sizes = [len(signed_in(store, name, role).get("/performance/_dash-layout").data) for store in (small, large)]
    assert sizes[1] < sizes[0] + 150_000, "a thousand projects at most, and fifty members"


def test_a_search_finds_the_last_of_ten_thousand_members_and_of_two_thousand_projects(large: Store) -> None:
    browser = signed_in(large, "boss", "owner")
    for kind, text, identity in (("member", "09999", "m9999"), ("project", "1999", "p1999")):
        sought = {"kind": kind, "text": text, "workspaces": []}
        [found] = asking(browser, "seek", sought).json["response"]["found"]["data"]["options"]
        assert found["value"] == identity


def test_a_list_of_members_says_how_many_it_leaves_out(large: Store) -> None:
    browser = signed_in(large, "boss", "owner")
    sought = {"kind": "member", "text": "m1", "workspaces": []}
    options = asking(browser, "seek", sought).json["response"]["found"]["data"]["options"]
    # m1, m10 to m19, m100 to m199, m1000 to m1999
    assert len(options) == 51
    assert (options[-1]["label"], options[-1]["disabled"]) == ("and 1,061 more: type to find them", True)
    assert not any(each.get("disabled") for each in options[:-1])


def test_a_manager_of_five_hundred_projects_sees_the_work_in_these(large: Store) -> None:
    # m7 worked in p0 to p499 in the first 500 weeks, in others in the last 20.
    browser = signed_in(large, "max", "manager")
    ten_years = {"user": "m7", "from": "2014-01-06", "to": "2024-01-05"}
    assert report(browser, **ten_years)["summary"]["submitted_annotations"] == 500
    every_second = [f"p{number}" for number in range(0, MANAGED, 2)]
    chosen = report(browser, **ten_years, project=every_second)
    assert chosen["summary"]["submitted_annotations"] == 250
    assert report(signed_in(large, "boss", "owner"), **ten_years)["summary"]["submitted_annotations"] == 520


def test_ten_years_are_drawn_by_month(large: Store) -> None:
    drawn = asked(signed_in(large, "boss", "owner"), user="m7", **{"from": "2014-01-06", "to": "2024-01-05"})
    assert len(json.dumps(drawn)) < 400_000
    bars = max(len(trace.get("x", ())) for figure in figures(drawn) for trace in figure["data"])
    assert bars == 121


def figures(drawn: Any) -> Iterator[Any]:
    """Yield everything in an answer that is a figure, wherever it stands."""
    if isinstance(drawn, dict):
        if isinstance(drawn.get("data"), list) and "layout" in drawn:
            yield drawn
        for each in drawn.values():
            yield from figures(each)
    elif isinstance(drawn, list):
        for each in drawn:
            yield from figures(each)


def test_a_question_takes_as_many_statements_in_a_large_organization_as_in_a_small_one(
    large: Store, small: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    execute = EmbeddedSession._execute

    def noted(self: EmbeddedSession, text: str, parameters: Any) -> Any:
        statements.append(text)
        return execute(self, text, parameters)

    monkeypatch.setattr(EmbeddedSession, "_execute", noted)
    counts = []
    for store in (small, large):
        for name, role in (("boss", "owner"), ("max", "manager")):
            browser = signed_in(store, name, role)
            statements.clear()
            browser.get("/performance/_dash-layout")
            report(browser, user="m7", preset="all_time")
            counts.append(len(statements))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 24


MAY = "from=2024-05-07&to=2024-05-13&tz=UTC&compare=previous"
"""A week and the one before, in both of which everybody has worked."""

TABLES = {
    "": "the landing",
    "sort=-total_time": "another order",
    "page=7": "another page",
    "search=member+0": "a search that finds a tenth",
    "search=09999": "a search that finds one",
    "idle=show": "those without activity, too",
    "tab=reviews": "the other tab",
    f"size=200&columns={','.join(BY_KEY)}": "as many rows and numbers as there can be",
}
MOST_BYTES = 60_000


def shown(browser: Any, input_id: str, value: Any) -> tuple[Any, int]:
    """Return what a callback answers, and its bytes on the way."""
    packed = {"Accept-Encoding": "gzip"}
    body = asking_body(browser, input_id, value)
    answer = browser.post("/performance/_dash-update-component", json=body, headers=packed)
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    return json.loads(gzip.decompress(answer.data))["response"], len(answer.data)


@pytest.mark.parametrize("table", TABLES, ids=list(TABLES.values()))
def test_an_answer_about_ten_thousand_members_is_small(large: Store, table: str) -> None:
    browser = signed_in(large, "boss", "owner")
    whole, sent = shown(browser, "asked", {"question": MAY, "table": table})
    turned, alone = shown(browser, "team-sought", {"question": MAY, "table": table})
    assert max(sent, alone) < MOST_BYTES
    assert turned["team"]["content"] == whole["team"]["content"]
    assert set(turned) <= {"team", "problem"}, "the graphs and cards are the same, and are not worked out again"


def names(browser: Any, table: str) -> list[str]:
    turned, _ = shown(browser, "team-sought", {"question": MAY, "table": table})
    [drawn] = [each[2] for each in turned["team"]["content"] if each[0] == "div" and each[2][0] == "table"]
    return [row[2][3][2] for row in drawn[4][2:]]  # behind the button that opens the projects


def test_the_table_of_ten_thousand_turns_as_one_of_ten(large: Store) -> None:
    browser = signed_in(large, "boss", "owner")
    assert names(browser, "") == [f"Member {number:05}" for number in range(25)]
    assert names(browser, "page=400") == [f"Member {number:05}" for number in range(9_975, 10_000)]
    assert names(browser, "sort=total_time")[:2] == ["Member 09999", "Member 09998"]
    assert names(browser, "sort=-total_time&search=999")[:3] == ["Member 00999", "Member 01999", "Member 02999"]
    # Rejected are every third one's; among equals the order is that of the ids.
    assert names(browser, "sort=-received_rejected")[:3] == ["Member 00000", "Member 01002", "Member 01005"]


def test_a_turn_of_the_table_reads_the_days_of_its_own_rows_alone(
    large: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else is read by day, and whoever's period before, is read of nobody who is not shown."""
    answered: list[tuple[int, int]] = []
    read = EmbeddedSession.rows

    def noted(self: EmbeddedSession, text: str, parameters: Any) -> Any:
        rows = read(self, text, parameters)
        answered.append((len(rows), len(rows[0]) if rows else 0))
        return rows

    monkeypatch.setattr(EmbeddedSession, "rows", noted)
    browser = signed_in(large, "boss", "owner")
    shown(browser, "team-sought", {"question": MAY, "table": "sort=-total_time"})
    by_member = [rows for rows, _ in answered if rows >= MEMBERS]
    # Each member once: who they are (twice: whom there is to choose, and their names), and their numbers from the
    # annotations, from the reviews received and taken, from the products with the median, and from long days.
    assert len(by_member) <= 7, answered
    assert sum(rows for rows, _ in answered if rows < MEMBERS) < 1_000
