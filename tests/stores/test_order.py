"""Rows are put in order beside the work: what is read stays the same, and costs less."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwidget.cli import main
from perfwidget.facts import Annotation, Comment, Fact, Key, ReviewVisit
from perfwidget.stores import open_store
from perfwidget.stores.duckdb import DuckDBStore, order
from perfwidget.stores.writing import bulk
from tests.conftest import WHOLE, NewStore, out_of_step
from tests.worlds import ORGANIZATION, annotation, ask, at, people, review

MARCH = {"from_": "2024-03-01", "to": "2024-03-31"}
NOON = at("2024-03-01 12:00")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "TAIL", 20)
    monkeypatch.setattr(order, "OVERDUE", 80)
    monkeypatch.setattr(order, "STRETCH", 100)
    monkeypatch.setattr("perfwidget.stores.duckdb.FEW", 0)  # so that each write is a transaction of its own


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "facts.duckdb"


@pytest.fixture
def store(path: Path) -> Iterator[DuckDBStore]:
    opened = DuckDBStore(path)
    opened.write(people())
    yield opened
    opened.close()


def work(count: int, first: int = 0, **columns: Any) -> list[Fact]:
    """Return work of ann and rev by turns, an hour apart."""
    return [
        annotation(
            number,
            (NOON + timedelta(hours=number % 700)).isoformat(),
            **{"completed_by": ("ann", "rev")[number % 2], "lead_time": number % 50} | columns,
        )
        for number in range(first, first + count)
    ]


def stretches(path: Path) -> dict[int, int]:
    """Return how many annotations lie in which stretch of a closed store."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return dict(
            connection.execute("SELECT stretch, count(*) FROM annotations GROUP BY ALL ORDER BY ALL").fetchall()
        )


def wait_for_order() -> None:
    for thread in threading.enumerate():
        if thread.name == "perfwidget-order":
            thread.join(30)


def test_rows_are_put_in_order_with_the_newest_stretch_until_that_is_long(store: DuckDBStore, path: Path) -> None:
    wait_for_order()
    for number in range(11):
        store.write(work(19, number * 19))
        wait_for_order()
    assert ask(store, user="ann", **MARCH).values["submitted_annotations"] == 105
    store.close()
    # 38 make the first stretch, 38 and 38 are put in order with it; the next 38 begin another one, which 38 join.
    assert stretches(path) == {0: 19, 3: 114, 5: 76}


def test_a_store_is_put_in_order_as_a_whole_where_most_of_it_is_not(store: DuckDBStore, path: Path) -> None:
    store.write(work(200))
    store.settle()
    store.write(work(30, 300))
    store.settle()
    store.close()
    assert stretches(path) == {1: 200, 2: 30}


def test_members_lie_together_within_stretches_of_time(
    store: DuckDBStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "TAIL", 1_000)
    monkeypatch.setattr(order, "STRETCH", 10)
    store.write(work(100))
    store.settle()
    store.close()
    assert stretches(path) == {1: 100}
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute("SELECT completed_by, completed_at FROM annotations ORDER BY rowid").fetchall()
        again = "SELECT sql FROM duckdb_tables() WHERE table_name = 'annotations'"
        [(made,)] = connection.execute(again).fetchall()
    changes = sum(one[0] != other[0] for one, other in pairwise(rows))
    assert 18 <= changes <= 22, "two members in each of some ten stretches"
    assert max(at for _, at in rows[:20]) < min(at for _, at in rows[-20:])
    assert made.count("NOT NULL") == sum(not column.nullable for column in Annotation.columns())


@settings(max_examples=60 if WHOLE else 3)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3), st.booleans()), min_size=5, max_size=30),
        min_size=2,
        max_size=5,
    )
)
def test_whatever_order_rows_lie_in_the_figures_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, writes: list[list[tuple[int, int, bool]]]
) -> None:
    ordered_path, plain_path = (tmp_path_factory.mktemp("order") / "facts.duckdb" for _ in range(2))
    ordered, plain = DuckDBStore(ordered_path), DuckDBStore(plain_path)
    for store in (ordered, plain):
        store.write(people())
    for number, each in enumerate(writes):
        for store in (ordered, plain):
            store.write([fact for identity, version, _ in each for fact in facts_of(identity, version)])
            store.remove([Key(Annotation, (ORGANIZATION, str(identity))) for identity, _, gone in each if gone])
        if number % 2:
            ordered.settle()
    wait_for_order()
    for member in ("ann", "rev"):
        assert ask(ordered, user=member, **MARCH) == ask(plain, user=member, **MARCH)
    for store, path in ((ordered, ordered_path), (plain, plain_path)):
        store.close()
        assert out_of_step(path) == []


def facts_of(identity: int, version: int) -> Iterator[Fact]:
    """Yield facts of every table that is put in order; versions differ in whose they are, and when."""
    instant = NOON + timedelta(days=identity % 20, hours=version)
    worker = ("ann", "rev")[(identity + version) % 2]
    yield annotation(identity, instant.isoformat(), completed_by=worker, lead_time=version, last_action="updated")
    yield review(identity, instant.isoformat(), ("accepted", "rejected")[version % 2], annotation_id=identity)
    yield ReviewVisit(ORGANIZATION, identity, identity, "p1", worker, instant, instant + timedelta(seconds=version))
    yield Comment(
        ORGANIZATION,
        identity,
        identity,
        "p1",
        f"t{identity}",
        worker,
        "rev",
        "So?",
        instant,
        instant + timedelta(version),
    )


def test_a_question_sees_the_state_that_it_began_with(store: DuckDBStore) -> None:
    store.write(work(200))
    with store.reading() as reader:
        before = [reader._rows("SELECT annotation_id, lead_time FROM annotations ORDER BY 1", {})]
        store.write(work(10, 500))
        store.settle()
        assert [reader._rows("SELECT annotation_id, lead_time FROM annotations ORDER BY 1", {})] == before
    assert ask(store, user="ann", **MARCH).values["submitted_annotations"] == 105


def test_a_writer_goes_first_until_it_is_overdue(
    store: DuckDBStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = threading.Event()
    wait_for_order()

    def endless(cursor: duckdb.DuckDBPyConnection, *_: object) -> None:
        began.set()
        cursor.execute("SELECT sum(hash(range)) FROM range(1_000_000_000_000)")

    with monkeypatch.context() as patch:
        patch.setattr(order, "_sort_stretch", endless)
        store.write(work(20))
        assert began.wait(30)
        store.write(work(4, 100))
        wait_for_order()
    assert ask(store, user="ann", **MARCH).values["submitted_annotations"] == 12
    store.write(work(16, 200))  # by then as many were written as it takes to try again
    wait_for_order()
    store.write(work(79, 300))
    wait_for_order()
    store.write(work(80, 400))  # which writers wait for
    wait_for_order()
    store.close()
    assert stretches(path) == {2: 119, 3: 80}


def test_a_store_that_is_closed_meanwhile_is_whole(path: Path) -> None:
    for number in range(5):
        store = DuckDBStore(path)
        store.write(work(60, number * 60))
        store.close()
    store = DuckDBStore(path)
    store.write(people())
    assert ask(store, user="ann", **MARCH).values["submitted_annotations"] == 150
    store.close()


def test_every_engine_settles(new_store: NewStore) -> None:
    opened = open_store(new_store())
    opened.write([*people(), *work(10), review(1, "2024-03-01 12:00", "accepted")])
    opened.settle()
    assert ask(opened, user="ann", **MARCH).values["submitted_annotations"] == 5
    opened.close()


def exported(folder: Path, first: int, count: int) -> Path:
    """Write an export of so many annotations of two people, each with a review, who come by turns."""
    file = folder / f"export-{first}.json"
    tasks = []
    for number in range(first, first + count):
        created = f"2024-03-01T12:{number % 60:02}:00Z"
        said = {"completed_by": 7 + number % 2, "created_at": created, "last_action": "accepted"}
        review_of = {"id": number, "accepted": True, "created_by": 9, "created_at": created}
        tasks.append({"id": number, "project": 1, "annotations": [{"id": number, **said, "reviews": [review_of]}]})
    file.write_text(json.dumps(tasks))
    return file


def test_an_import_leaves_the_rows_in_order(path: Path, tmp_path: Path) -> None:
    assert main(["import", "--store", f"duckdb:///{path}", str(exported(tmp_path, 1, 9))]) == 0
    assert stretches(path) == {1: 9}


def test_many_rows_at_once_are_written_in_order(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They need not be moved, until there are so many stretches that a question had to look into all too many."""
    monkeypatch.setattr(bulk, "MANY", 1)
    with monkeypatch.context() as patch:
        patch.setattr(order, "_sort_whole", None)
        patch.setattr(order, "_sort_stretch", None)
        files = [str(exported(tmp_path, first, 40)) for first in (1, 41)]
        assert main(["import", "--store", f"duckdb:///{path}", *files]) == 0
        assert stretches(path) == {1: 40, 2: 40}
    with duckdb.connect(str(path), read_only=True) as connection:
        for read_by in (
            "completed_by, completed_at FROM annotations",
            "user_id, created_at FROM actions WHERE origin = 'row'",
            "user_id, created_at FROM actions WHERE origin = 'review'",
            "completed_by, created_at FROM reviews",
            "reviewer_id, created_at FROM reviews_by_reviewer",
        ):
            rows = connection.execute(f"SELECT stretch, {read_by} ORDER BY rowid").fetchall()
            assert [stretch for stretch, *_ in rows] == [1] * 40 + [2] * 40
            assert rows == sorted(rows), read_by
    few = exported(tmp_path, 121, 5)
    assert main(["import", "--store", f"duckdb:///{path}", str(few)]) == 0
    assert stretches(path) == {1: 40, 3: 45}
    monkeypatch.setattr(order, "MOST_STRETCHES", 1)
    more = exported(tmp_path, 81, 40)
    assert main(["import", "--store", f"duckdb:///{path}", str(more)]) == 0
    assert stretches(path) == {1: 125}
    assert out_of_step(path) == []
