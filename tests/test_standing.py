"""The same rows give the same store and the same numbers, in whatever order, however split over files and imports."""

import io
import itertools
import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from perfwidget.facts import FACTS, Recorded
from perfwidget.question.access import Viewer
from perfwidget.sources.export import ImportResult, read_export, read_export_at_once
from perfwidget.sources.piece_readers import PieceReaders
from perfwidget.stores import Store, open_store, writing
from perfwidget.stores.schema import column_types
from perfwidget.stores.writing import bulk
from tests.conftest import SLOW, WHOLE, NewStore
from tests.security import rows_oracle
from tests.worlds import ask

REPORTS = 20_000 if WHOLE else 40
"""Random reports on an engine; a world of rows gives some."""
WORLDS = 100
"""Worlds that one store holds."""

PERIODS = (("2024-03-01", "2024-03-31"), ("2024-04-01", "2024-04-30"))
MEMBERS = ("7", "8", "9", "ann@x.example", "bob@x.example")
READERS = PieceReaders()
PEOPLE: Sequence[Any] = (
    7,
    7,
    8,
    9,
    {"id": 7, "email": "Ann@x.example"},
    {"id": 8, "email": "bob@x.example"},
    {"id": 9, "email": "ann@X.example"},
    {"email": "ann@x.example"},
    {"email": "Bob@x.example"},
    "bob@x.example",
)
INSTANTS = [f"2024-{day}T{hour}:00:00Z" for day in ("03-10", "03-30", "04-02", "04-20") for hour in ("10", "11")]


def dirty_rows(dice: random.Random, number: int) -> Iterator[dict[str, Any]]:
    """Yield tasks with a row each of one annotation, as exports of several days, tools and people have them."""
    created = dice.choice(INSTANTS[:6])
    people = dice.choice((PEOPLE[:4], PEOPLE, PEOPLE))
    for turn in range(dice.randint(1, 5)):
        row: dict[str, Any] = {
            "id": number,
            "completed_by": dice.choice((*people[:3], dice.choice(people), None)),
            "created_at": created,
            "updated_at": dice.choice([created, created, None, *(each for each in INSTANTS if each >= created)]),
            "updated_by": dice.choice((None, *people)),
            "last_created_by": dice.choice((None, None, *people)),
            "lead_time": dice.choice((None, -1, 5, 5, 60.5, 61)),
            "last_action": dice.choice((None, None, "submitted", "updated", "skipped", "accepted", "rejected", "odd")),
            "was_cancelled": dice.choice((None, False, False, True)),
            "unique_id": f"unique-{number}",
        }
        if dice.random() < 0.5:
            row["reviews"] = [
                {
                    "id": 100 * number + 10 * turn + place,
                    "created_by": dice.choice((None, *people)),
                    "created_at": dice.choice(INSTANTS),
                    "accepted": dice.choice((True, False)),
                }
                for place in range(dice.randint(0, 2))
            ]
        if dice.random() < 0.25:
            row["history"] = [
                {
                    "id": 100 * number + 10 * turn + place,
                    "action": dice.choice(("submitted", "updated", "skipped", "accepted", "imported")),
                    "created_by": dice.choice((None, *people)),
                    "created_at": dice.choice(INSTANTS),
                }
                for place in range(dice.randint(1, 2))
            ]
        if dice.random() < 0.05:
            row["created_at"] = dice.choice((None, 5))
        yield {
            "id": number,
            "project": 1,
            "updated_at": dice.choice((None, *INSTANTS[:3])),
            "annotations": [row],
        }


def split(dice: random.Random, tasks: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return tasks in any order, split over files; some come again."""
    dealt = [*tasks, *dice.sample(tasks, len(tasks) // 3)]
    dice.shuffle(dealt)
    cuts = sorted(dice.choices(range(len(dealt) + 1), k=dice.randint(0, 3)))
    return [dealt[begin:end] for begin, end in itertools.pairwise([0, *cuts, len(dealt)]) if begin < end]


def keep(dice: random.Random, store: Store, organization: str, files: Sequence[Sequence[dict[str, Any]]]) -> None:
    """Import files, some together, each value by value or in columns."""
    waiting: list[Any] = []
    for tasks in files:
        content = io.BytesIO(json.dumps(tasks).encode())
        if all(not isinstance(row["created_at"], str) for task in tasks for row in task["annotations"]):
            continue  # nothing in it is usable
        waiting += (
            read_export(content, organization, ImportResult())
            if dice.random() < 0.5
            else read_export_at_once(content, organization, ImportResult(), READERS, size=dice.choice((300, 1 << 20)))
        )
        if dice.random() < 0.7:
            store.write(waiting, unknown="keep")
            waiting = []
    if waiting:
        store.write(waiting, unknown="keep")


def tables(store: Store, organization: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return all facts of an organization, but for when somebody was seen."""
    found = {}
    with store.reading() as reader:
        for fact in FACTS:
            names = [name for name, _ in column_types(fact) if name not in ("organization_id", "seen_at")]
            text = f"SELECT {', '.join(names)} FROM {fact.table} WHERE organization_id = $organization"
            found[fact.table] = sorted(map(tuple, reader._rows(text, {"organization": organization})), key=repr)
    return found


@pytest.fixture
def stored_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let even few rows be added as columns, and in parts."""
    monkeypatch.setattr(bulk, "MANY", 1)
    monkeypatch.setattr(writing, "BATCH", 7)


@pytest.mark.usefixtures("stored_apart")
def test_reports_equal_an_independent_computation_whatever_the_order(engine: str, new_store: NewStore) -> None:
    reports = 6 if engine in SLOW else REPORTS
    store = open_store(new_store())
    done = 0
    for seed in itertools.count():
        if done >= reports:
            break
        if seed % WORLDS == WORLDS - 1:  # a store that grows only slows this down
            store.close()
            store = open_store(new_store())
        dice = random.Random(seed)
        tasks = [task for number in range(1, dice.randint(2, 5)) for task in dirty_rows(dice, number)]
        if not rows_oracle.told(tasks):
            continue
        organizations = [f"{seed}-{turn}" for turn in range(2)]
        for organization in organizations:
            store.write([Recorded(organization, "reviews")])
            keep(dice, store, organization, split(dice, tasks))
        found = tables(store, organizations[0])
        assert found == tables(store, organizations[1]), seed
        members = {user for user, *_ in found["members"]}
        for member, (first, last) in itertools.product(MEMBERS, PERIODS):
            begin = datetime.fromisoformat(f"{first}T00:00:00+00:00").astimezone(UTC)
            end = datetime.fromisoformat(f"{last}T23:59:59.999999+00:00")
            expected = rows_oracle.figures(tasks, member, begin, end)
            if member not in members:
                assert not expected["submitted_annotations"], (seed, member)
                continue
            owner = Viewer(organizations[0], "boss", "owner")
            values = ask(store, owner, user=member, from_=first, to=last).values
            assert {key: values[key] for key in expected} == expected, (seed, member, first)
            done += 1
    store.close()
