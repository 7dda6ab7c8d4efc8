"""The recipes of perfwidget/stores/writing/README.md, as they stand there."""

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tqdm import tqdm

import perfwidget
from perfwidget.errors import InvalidFact, StoreUnavailable
from perfwidget.facts import Annotation, Fact, Key
from perfwidget.stores import Store, open_store
from tests.worlds import ask, people

README = Path(perfwidget.__file__).parent / "stores/writing/README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
EVER = {"user": "ann", "preset": "all_time"}


def fact_of(row: tuple[Any, ...]) -> Annotation:
    answer, worker, seconds, updated = row
    instant = datetime.fromtimestamp(updated, UTC)
    return Annotation(
        "acme", answer, "p1", f"t{answer}", worker, instant, completed_at=instant, updated_at=instant,
        lead_time=seconds, last_action="submitted",
    )  # fmt: skip


@pytest.fixture
def recipe() -> dict[str, Any]:
    names = {"Annotation": Annotation, "Key": Key, "StoreUnavailable": StoreUnavailable, "time": time}
    [block] = [each for each in BLOCKS if "def drain" in each]
    found = names | {"fact_of": fact_of}
    exec(block, found)
    return found


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "host.db", timeout=0)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE answers (id INTEGER PRIMARY KEY, worker TEXT, seconds REAL, updated REAL)")
        connection.execute("CREATE TABLE outbox (id INTEGER PRIMARY KEY, answer INTEGER)")
        yield connection


@pytest.fixture
def store(new_store: Callable[[], str]) -> Iterator[Store]:
    with closing(open_store(new_store())) as opened:
        opened.write(people())
        yield opened


def total(store: Store) -> object:
    return ask(store, **EVER).values["total_time"]


def waiting(database: sqlite3.Connection) -> int:
    [(count,)] = database.execute("SELECT count(*) FROM outbox").fetchall()
    return int(count)


def test_what_could_not_be_written_after_a_commit_is_written_later(
    recipe: dict[str, Any], database: sqlite3.Connection, store: Store, new_store: Callable[[], str]
) -> None:
    away = open_store(new_store())
    away.close()
    recipe["submit"](database, away, 1, "ann", 10.0)
    recipe["submit"](database, away, 2, "ann", 20.0)
    recipe["submit"](database, away, 1, "ann", 11.0)
    assert waiting(database) == 3
    recipe["submit"](database, store, 3, "ann", 40.0)
    assert (total(store), waiting(database)) == (71.0, 0)


def test_who_ends_before_the_outbox_is_emptied_writes_the_same_once_more(
    recipe: dict[str, Any], database: sqlite3.Connection, store: Store, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "host.db")) as other:
        with database:
            database.execute("INSERT INTO answers VALUES (1, 'ann', 10, 1709640000)")
            database.execute("INSERT INTO outbox (answer) VALUES (1)")
        other.execute("BEGIN IMMEDIATE")  # so that nothing can be deleted
        with pytest.raises(sqlite3.OperationalError):
            recipe["drain"](database, store)
        other.rollback()
    assert (total(store), waiting(database)) == (10.0, 1)
    recipe["drain"](database, store)
    assert (total(store), waiting(database)) == (10.0, 0)
    with database:
        database.execute("DELETE FROM answers")
        database.execute("INSERT INTO outbox (answer) VALUES (1)")
    recipe["drain"](database, store)
    assert (ask(store, **EVER).values["submitted_annotations"], waiting(database)) == (0, 0)


def test_a_fact_that_breaks_the_contract_is_told_and_stays(
    recipe: dict[str, Any], database: sqlite3.Connection, store: Store
) -> None:
    with pytest.raises(InvalidFact):
        recipe["submit"](database, store, 1, None, 1.0)
        recipe["submit"](database, store, 2, "", 1.0)
    assert waiting(database) == 1


def test_many_facts_are_read_as_they_are_written(store: Store) -> None:
    [block] = [each for each in BLOCKS if "tqdm" in each]
    read: list[int] = []

    def facts() -> Iterator[Fact]:
        for number in range(45_000):
            read.append(number)
            yield fact_of((number, "ann", 1.0, 1_709_640_000))

    exec(block, {"tqdm": tqdm, "facts": facts(), "store": store})
    assert (len(read), total(store)) == (45_000, 45_000.0)
