"""Files and links of many members: columns hold what their heads say, files what was asked, numbers open their rows."""

import csv
import io
import itertools
import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask.testing import FlaskClient

from perfwidget import open_store
from perfwidget.facts import Action, Comment, Member, Membership, Project, Recorded, ReviewVisit, Workspace
from perfwidget.metrics import BY_KEY, DAILY, METRICS, Section, Unit
from perfwidget.report.number_files import column_of
from perfwidget.stores import Store
from tests.hosts import asking, host
from tests.test_rows import parts, text_of, within
from tests.worlds import ORGANIZATION, annotation, at, review

MARCH = "from=2024-03-04&to=2024-03-10&tz=America/Phoenix"
SPACE = ("", "project=p1", "project=p1&project=p2", "workspace=w1", "workspace=w1&project=p1")
WHOM = ("members=all", "members=all&idle=show", "user=ann&user=bob", "user=ann&user=eve&idle=show", "user=ann")
MORE = ("", "compare=previous", "sort=-performance_score", "size=25&page=1&tab=reviews&columns=total_time")
PROJECTS = {"": {"p1", "p2", "p3", "p4"}, "workspace=w1": {"p1", "p3"}, "project=p1&project=p2": {"p1", "p2"}}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(f"duckdb:///{tmp_path_factory.mktemp('files')}/facts.duckdb")
    roles = {"boss": "owner", "lead": "manager", "ann": "annotator", "bob": "annotator", "eve": "annotator"}
    opened.write(
        [
            *(
                Member(ORGANIZATION, user, f"{user}@acme.example", f'={user},";\n', role=role)
                for user, role in roles.items()
            ),
            Workspace(ORGANIZATION, "w1", "Streets"),
            *(
                Project(ORGANIZATION, each, "w1" if each in ("p1", "p3") else None, title=f"{each};x")
                for each in ("p1", "p2", "p3")
            ),
            Membership(ORGANIZATION, "lead", "w1", None),
            Membership(ORGANIZATION, "lead", None, "p2"),
            *(Recorded(ORGANIZATION, kind) for kind in ("actions", "reviews", "review_visits", "comments", "flags")),
            annotation(0, "2024-02-29 12:00", lead_time=11, completed_by="ann"),
        ]
    )
    for number, (user, project) in enumerate(itertools.product(("ann", "bob", "rev"), ("p1", "p2", "p3", "p4")), 1):
        when = f"2024-03-0{4 + number % 6} {number:02}:00"
        of = {"project_id": project, "completed_by": user}
        made = {"project_id": project, "task_id": f"t{number}", "created_at": at(when)}
        opened.write(
            [
                annotation(number, when, lead_time=(None, -1, 7.5, 3_000)[number % 4], **of),
                annotation(
                    number + 20, when, last_action="updated", created_at=at("2024-03-01 12:00"), lead_time=9, **of
                ),
                annotation(number + 40, when, last_action="skipped", was_cancelled=True, **of),
                review(
                    number, when, ("accepted", "rejected", "fixed_and_accepted")[number % 3], annotation_id=number, **of
                ),
                review(number + 20, when, "accepted", annotation_id=number + 20, **of | {"reviewer_id": user}),
                Comment(
                    ORGANIZATION,
                    number,
                    number,
                    completed_by=user,
                    created_by="rev",
                    text='=1,"\n;',
                    updated_at=at(when),
                    **made,
                ),
                Action(ORGANIZATION, number, number, user_id=user, action="submitted", lead_time=7.5, **made),
                ReviewVisit(ORGANIZATION, number, number, project, user, at(when), at("2024-03-10 23:59")),
            ]
        )
    yield opened
    opened.close()


def client(store: Store, who: str) -> FlaskClient:
    browser = host(store).test_client()
    browser.get(f"/login?as={who}")
    return browser


def lines(browser: FlaskClient, file: str) -> tuple[list[str], list[dict[str, str]]]:
    """Return a file's head and its rows, all of which have as many cells."""
    with browser.get(f"/performance/export/{file}") as answer:
        assert answer.status_code == 200, answer.data
        head, *rows = csv.reader(io.StringIO(answer.data.decode(), newline=""), strict=True)
    assert len(set(head)) == len(head)
    assert {len(row) for row in rows} <= {len(head)}
    return head, [dict(zip(head, row, strict=True)) for row in rows]


def cell(number: object) -> str:
    return "" if number is None else number if isinstance(number, str) else json.dumps(number)


@pytest.mark.parametrize("whom", WHOM)
@pytest.mark.parametrize("who", ["boss:owner", "lead:manager"])
def test_each_column_of_numbers_holds_the_number_of_its_name(store: Store, who: str, whom: str) -> None:
    browser = client(store, who)
    for space, more in zip(SPACE, itertools.cycle(MORE)):
        asked = "&".join(filter(None, (MARCH, whom, space, more)))
        with browser.get(f"/performance/export/report.json?{asked}") as answer:
            told = answer.json
        head, rows = lines(browser, f"members.csv?{asked}")
        members = told.get("members", [told])
        assert {row["user_id"] for row in rows} == {each["user"]["id"] for each in members}
        for each in members:
            [row] = [row for row in rows if row["user_id"] == each["user"]["id"]]
            numbers = {key: value for section in Section for key, value in each.get(section.value, {}).items()}
            assert numbers.keys() == BY_KEY.keys()
            assert {key: row[column_of(BY_KEY[key])] for key in numbers} == {key: cell(numbers[key]) for key in numbers}
            assert (row["from"], row["to"], row["timezone"]) == ("2024-03-04", "2024-03-10", "America/Phoenix")
        assert any(name.startswith("previous_") for name in head) == ("compare" in more)
        named = [name for name in space.split("&") if name]
        for row in rows:
            for name in named[-1:]:
                assert row["scope"].startswith(f"{name.split('=')[0]}s: ")


@pytest.mark.parametrize("whom", WHOM)
@pytest.mark.parametrize("who", ["boss:owner", "lead:manager"])
def test_rows_of_days_and_facts_are_those_that_were_asked_for(store: Store, who: str, whom: str) -> None:
    browser = client(store, who)
    users = set(parse_qs(whom).get("user", ["ann", "bob", "rev", "eve", "boss", "lead"]))
    for space in SPACE:
        projects = PROJECTS.get(space, {"p1"}) - ({"p4"} if who == "lead:manager" else set())
        asked = "&".join(filter(None, (MARCH, whom, space)))
        head, days = lines(browser, f"report.csv?{asked}")
        assert head[-len(DAILY) :] == [column_of(metric) for metric in DAILY]
        assert {row["user_id"] for row in days} <= users
        assert all(date(2024, 3, 4) <= date.fromisoformat(row["date"]) <= date(2024, 3, 10) for row in days)
        _, members = lines(browser, f"members.csv?{asked}")
        for member in members:
            mine = [int(row["submitted_annotations"]) for row in days if row["user_id"] == member["user_id"]]
            assert (len(mine), sum(mine)) == (7, int(member["submitted_annotations"]))
        facts = [("timeline.csv", "user_id", "created_at"), ("comments.csv", "completed_by", "created_at")]
        facts += [(f"rows.csv&metric={key}", "completed_by", "completed_at") for key in ("total_time", "skipped")]
        for name, whose, instant in facts:
            file, _, more = name.partition("&")
            head, rows = lines(browser, f"{file}?{asked}&{more}")
            assert rows, name
            assert {row["project_id"] for row in rows} <= projects
            assert whom == "user=ann" or whose in head
            assert {row[whose] for row in rows if whose in row} <= users
            for row in rows:
                when = datetime.fromisoformat(row[instant])
                assert when.utcoffset() == at("2024-03-04 00:00-07:00").utcoffset()
                assert date(2024, 3, 4) <= when.date() <= date(2024, 3, 10)


def cells(markup: Any) -> Iterator[tuple[str, str]]:
    """Yield the links of the table's numbers: what they show, and where they lead."""
    if isinstance(markup, list):
        if markup[:1] == ["a"] and "rows=" in markup[1].get("href", ""):
            yield markup[2], markup[1]["href"]
        for part in markup:
            yield from cells(part)


@pytest.mark.parametrize("who", ["boss:owner", "lead:manager"])
@pytest.mark.parametrize("asked", ["members=all", "user=ann&user=bob&project=p1"])
def test_each_number_of_the_table_opens_the_rows_that_it_counts(store: Store, who: str, asked: str) -> None:
    browser = client(store, who)
    question = f"{asked}&{MARCH}"
    columns = "columns=" + ",".join(metric.key for metric in METRICS)
    answer = asking(browser, "team-sought", {"question": question, "table": columns})
    opened = 0
    for shown, href in set(cells(answer.json["response"]["team"]["content"])):
        metric = BY_KEY[parse_qs(href)["rows"][0]]
        found = parts(asking(browser, "rows-sought", {"question": f"{question}{href}"}))
        about = text_of(within(found, "P")[0])
        assert about.startswith(shown), (href, shown, about)
        if metric.unit is Unit.COUNT and metric.key not in ("annotations_reviewed", "days_over_24_hours"):
            assert f" · {shown} " in about.replace(" = ", " · "), (href, shown, about)
        opened += 1
    assert opened > 40
