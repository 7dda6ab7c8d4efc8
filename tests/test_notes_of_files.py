"""What a payer has to look at twice: work that moved to a later month, long days, edits by others, silent reviews."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from perfwidget.metrics import Number
from perfwidget.sources.export import ImportResult, read_export
from perfwidget.stores import Store, open_store
from tests import exports
from tests.conftest import NewStore
from tests.worlds import ORGANIZATION, ask

MARCH = ("2024-03-01", "2024-03-31")
APRIL = ("2024-04-01", "2024-04-30")
FIRST = {
    "id": 1,
    "completed_by": 5,
    "created_at": "2024-03-10T10:00:00Z",
    "updated_at": "2024-03-10T10:00:00Z",
    "lead_time": 3_600.0,
    "last_action": "submitted",
    "was_cancelled": False,
    "updated_by": 5,
    "last_created_by": 5,
    "result": [],
}


@pytest.fixture
def store(new_store: NewStore) -> Iterator[Store]:
    opened = open_store(new_store())
    yield opened
    opened.close()


def read(store: Store, *rows: dict[str, Any]) -> None:
    tasks = [
        {"id": number, "project": 1, "created_at": "2024-03-01T00:00:00Z", "annotations": [FIRST | row]}
        for number, row in enumerate(rows, start=1)
    ]
    facts = read_export(io.BytesIO(json.dumps(tasks).encode()), ORGANIZATION, ImportResult())
    store.write(facts, unknown="keep")


def told(store: Store, period: tuple[str, str], *keys: str) -> list[Number]:
    values = ask(store, user="5", from_=period[0], to=period[1], tz="UTC").values
    return [values[key] for key in keys]


def test_march_says_what_an_update_took_to_april(store: Store) -> None:
    keys = ("submitted_annotations", "moved_later", "moved_later_time", "first_submitted_earlier", "total_time")
    read(store, {})
    assert told(store, MARCH, *keys) == [1, 0, 0.0, 0, 3_600.0]
    read(store, {"updated_at": "2024-04-05T10:00:00Z", "lead_time": 3_700.0, "last_action": "updated"})
    assert told(store, MARCH, *keys) == [0, 1, 3_700.0, 0, 0.0]
    assert told(store, APRIL, *keys) == [1, 0, 0.0, 1, 3_700.0]


def test_a_last_action_of_rejected_does_not_say_that_reviews_are_recorded(store: Store) -> None:
    april = {"created_at": "2024-04-02T10:00:00Z", "updated_at": "2024-04-02T10:00:00Z"}
    read(store, {"last_action": "rejected"}, april | {"id": 2})
    nothing = ("reviews_accepted", "reviews_rejected", "reviews_fixed_and_accepted", "performance_score", "own_reviews")
    for period, rejected in ((MARCH, 1), (APRIL, 0)):
        assert told(store, period, "rejected", *nothing) == [rejected, *[None] * len(nothing)]


def test_a_day_of_more_than_24_hours_is_counted(store: Store) -> None:
    evening = [{"id": 1 + each, "lead_time": 36_000.0} for each in range(4)]
    read(store, *(row | dict.fromkeys(("created_at", "updated_at"), "2024-03-10T23:01:00Z") for row in evening))
    assert told(store, MARCH, "days_over_24_hours", "total_time") == [1, 144_000.0]


def test_what_a_manager_wrote_last_is_told_and_a_reviewers_fix_is_not(store: Store) -> None:
    read(store, {"lead_time": 10.0})
    assert told(store, MARCH, "posted_by_others") == [0]
    later = {"updated_at": "2024-03-12T10:00:00Z", "last_action": "updated", "updated_by": 9, "last_created_by": 9}
    read(store, later)
    assert told(store, MARCH, "posted_by_others", "submitted_annotations") == [1, 1]
    fix = {
        "id": 1,
        "created_by": 9,
        "created_at": "2024-03-13T10:00:00Z",
        "accepted": True,
        "fixed_annotation_history": 3,
    }
    fixed = {"updated_at": "2024-03-13T10:00:00Z", "last_action": "fixed_and_accepted", "reviews": [fix]}
    read(store, later | fixed)
    assert told(store, MARCH, "posted_by_others", "submitted_annotations") == [0, 1]


def test_the_time_of_a_draft_is_not_added_to_that_of_its_submit_and_a_row_read_twice_counts_once() -> None:
    submitted = exports.row(
        lead_time=90, draft_created_at=exports.MORNING, drafts=[{"id": 3, "lead_time": 60, "user": 7}]
    )
    draft = {"id": 4, "lead_time": 1_000, "user": 7, "created_at": exports.NOON}
    task = exports.export(submitted, submitted, drafts=[draft, {**draft, "annotation": 1}])
    store = exports.stored([*task, *task])
    report = ask(store, user="7", from_="2024-03-01", to="2024-03-01")
    assert (report.values["submitted_annotations"], report.values["total_time"]) == (1, 90.0)
    store.close()
