"""Real exports, where there are some: every member's report against figures worked out straight from the files."""

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from perfwidget import cli
from perfwidget.question.access import Viewer
from perfwidget.sources.agreement import agreement
from perfwidget.stores import Store, open_store
from tests.worlds import ask

FOLDER = Path(os.environ.get("PERFWIDGET_REAL_EXPORTS", Path(__file__).parents[2] / "shared" / "data" / "leoka"))
FILES = sorted(FOLDER.glob("*.json"))
PHOENIX = ZoneInfo("America/Phoenix")
COUNTED = {"submitted", "updated", "accepted", "fixed_and_accepted", "deleted_review"}

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FILES, reason=f"there are no real exports in {FOLDER}; name them: PERFWIDGET_REAL_EXPORTS"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    address = f"duckdb:///{tmp_path_factory.mktemp('real')}/facts.duckdb"
    assert cli.main(["import", "--store", address, *map(str, FILES)]) == 0
    opened = open_store(address)
    yield opened
    opened.close()


@cache
def rows() -> list[dict[str, Any]]:
    """Read every annotation with plain json; these files have last_action and reviews, and no history."""
    tasks = (task for file in FILES for task in json.loads(file.read_text(), parse_float=Decimal))
    return [row for task in tasks for row in task["annotations"]]


def completed_at(row: dict[str, Any]) -> datetime:
    owner = row["completed_by"]["id"]
    own = row["updated_by"] in (owner, None) and row["last_created_by"] in (owner, None)
    text = row["updated_at"] if row["last_action"] in ("updated", "skipped") and own else row["created_at"]
    return datetime.fromisoformat(text)


def score(review: dict[str, Any]) -> Fraction | None:
    if not review["accepted"]:
        return Fraction(0)
    if review["fixed_annotation_history"] is None:
        return Fraction(1)
    alike = agreement(review["previous_annotation_history_result"], review["fixed_annotation_history_result"])
    return None if alike is None else Fraction(round(alike * 1_000_000), 1_000_000)


def worked_out(user: int) -> dict[str, object]:
    """Return a member's figures of March and April 2024 in Phoenix, with exact fractions."""
    mine = [row for row in rows() if row["completed_by"]["id"] == user and in_period(completed_at(row))]
    counted = [row for row in mine if not row["was_cancelled"] and row["last_action"] in COUNTED]
    times = [Fraction(round(row["lead_time"] * 10**6), 10**6) for row in counted if row["lead_time"] is not None]
    reviews = [
        review
        for row in rows()
        if row["completed_by"]["id"] == user
        for review in row["reviews"]
        if in_period(datetime.fromisoformat(review["created_at"]))
    ]
    scores = [mark for mark in map(score, reviews) if mark is not None]
    taken: dict[str, int] = defaultdict(int)
    for row in rows():
        for review in row["reviews"]:
            if review["created_by"]["id"] == user and in_period(datetime.fromisoformat(review["created_at"])):
                taken[action(review)] += 1
    return {
        "submitted_annotations": len(counted),
        "updated": sum(row["last_action"] == "updated" for row in counted),
        "skipped": sum(row["was_cancelled"] for row in mine),
        "total_time": float(sum(times)) if times else (None if counted else 0.0),
        "time_per_annotation_median": float(median(times)) if times else None,
        "time_per_annotation_average": float(sum(times) / len(times)) if times else None,
        "performance_score": float(sum(scores) / len(scores)) if scores else None,
        "own_reviews": sum(review["created_by"]["id"] == user for review in reviews),
        "reviews_accepted": taken["accepted"],
        "reviews_rejected": taken["rejected"],
        "reviews_fixed_and_accepted": taken["fixed_and_accepted"],
        "received_accepted": sum(action(review) == "accepted" for review in reviews),
        "received_fixed_and_accepted": sum(action(review) == "fixed_and_accepted" for review in reviews),
        "received_rejected": sum(action(review) == "rejected" for review in reviews),
        "first_pass": first_pass(user),
        "long_annotations": len(long(times)) if times else 0,
        "long_time": float(sum(long(times))) if times else (None if counted else 0.0),
    }


def action(review: dict[str, Any]) -> str:
    """Return what a reviewer did."""
    if not review["accepted"]:
        return "rejected"
    return "accepted" if review["fixed_annotation_history"] is None else "fixed_and_accepted"


def first_pass(user: int) -> float | None:
    """Return the share of a member's annotations first reviewed in the period that passed at once."""
    reviewed = [row["reviews"] for row in rows() if row["completed_by"]["id"] == user and row["reviews"]]
    firsts = [min(each, key=lambda one: (datetime.fromisoformat(one["created_at"]), one["id"])) for each in reviewed]
    passed = [each["accepted"] for each in firsts if in_period(datetime.fromisoformat(each["created_at"]))]
    return float(Fraction(sum(passed), len(passed))) if passed else None


def long(times: list[Fraction]) -> list[Fraction]:
    """Return the times that are longer than ten times the median."""
    return [time for time in times if time > 10 * median(times)]


def in_period(instant: datetime) -> bool:
    return (2024, 3) <= (instant.astimezone(PHOENIX).year, instant.astimezone(PHOENIX).month) <= (2024, 4)


def test_every_members_report_is_what_the_files_say(store: Store) -> None:
    owner = Viewer("default", "boss", "owner")
    members = {row["completed_by"]["id"] for row in rows()}
    assert len(members) > 10
    for user in members:
        report = ask(store, owner, user=str(user), from_="2024-03-01", to="2024-04-30", tz="America/Phoenix")
        expected = worked_out(user)
        told = {key: report.values[key] for key in expected}
        assert told == expected, user


def test_everybody_in_one_table_is_what_the_files_say(store: Store) -> None:
    period = {"from_": "2024-03-01", "to": "2024-04-30", "tz": "America/Phoenix"}
    everybody = ask(store, Viewer("default", "boss", "owner"), members="all", idle="show", **period)
    people = {row["completed_by"]["id"] for row in rows()}
    people |= {review["created_by"]["id"] for row in rows() for review in row["reviews"]}
    expected = {str(user): worked_out(user) for user in people}
    told = {
        each.user.user_id: {key: each.values[key] for key in expected[each.user.user_id]} for each in everybody.members
    }
    assert told == expected
    for key in ("submitted_annotations", "skipped", "own_reviews", "received_rejected", "reviews_accepted"):
        assert everybody.values[key] == sum(each[key] for each in expected.values())  # type: ignore[misc]


def test_importing_again_and_in_another_order_changes_nothing(store: Store, tmp_path: Path) -> None:
    address = f"duckdb:///{tmp_path}/facts.duckdb"
    for files in (FILES[::-1], FILES):
        assert cli.main(["import", "--store", address, *map(str, files)]) == 0
    again = open_store(address)
    owner = Viewer("default", "boss", "owner")
    for user in {row["completed_by"]["id"] for row in rows()}:
        asked = {"user": str(user), "preset": "all_time", "tz": "America/Phoenix"}
        assert ask(again, owner, **asked).to_json() == ask(store, owner, **asked).to_json()
    again.close()
