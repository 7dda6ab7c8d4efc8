"""Facts within a transaction of the host's: its commit or rollback decides, and nothing of it is disturbed."""

import random
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy
from psycopg.rows import dict_row
from sqlalchemy.orm import Session

import perfwidget
from perfwidget.errors import InvalidFact, InvalidSetting, StoreUnavailable
from perfwidget.facts import Comment, Fact, Member, Membership, Project
from perfwidget.stores import Store, open_store
from perfwidget.stores.postgresql.address import parse
from tests.engines.server import Server
from tests.worlds import ORGANIZATION, annotation, ask, at, people, review

MARCH = {"user": "ann", "from_": "2024-03-01", "to": "2024-03-31"}
NOON = "2024-03-05 12:00"


@pytest.fixture
def address(postgresql: Server) -> str:
    return postgresql.new_store()


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    with closing(open_store(address, wait=0)) as opened:
        opened.write(people())
        yield opened


@pytest.fixture
def host(postgresql: Server) -> Iterator[psycopg.Connection[Any]]:
    """Give a connection of the host's to its own table, `answers`, in the store's database."""
    with psycopg.connect(postgresql.address()) as connection:
        connection.execute("CREATE SCHEMA host")
        connection.execute("CREATE TABLE host.answers (id int)")
        connection.execute("CREATE TABLE host.incoming (answer text)")
        connection.execute("INSERT INTO host.incoming VALUES ('the host''s')")
        connection.commit()
        connection.execute("SET search_path = host")
        connection.commit()
        yield connection
        connection.rollback()
        connection.execute("DROP SCHEMA host CASCADE")
        connection.commit()


@pytest.fixture
def engine_of_host(postgresql: Server, host: object) -> Iterator[sqlalchemy.Engine]:
    engine = sqlalchemy.create_engine(postgresql.address().replace("postgresql:", "postgresql+psycopg:", 1))
    yield engine
    engine.dispose()


def count(store: Store) -> object:
    return ask(store, **MARCH).values["submitted_annotations"]


def mark(store: Store) -> str | None:
    with store.reading() as reader:
        return reader.changes(ORGANIZATION)


def ended(act: Callable[[], object]) -> None:
    """See that something ends while whoever called holds what they hold."""
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()


# -- The host's commit or rollback decides ---------------------------------------------------------------------------


def test_facts_are_kept_with_the_hosts_rows_or_not_at_all(store: Store, host: psycopg.Connection[Any]) -> None:
    for end, kept in ((host.rollback, 0), (host.commit, 1)):
        host.execute("INSERT INTO answers VALUES (1)")
        store.writing(host).write([annotation(1, NOON)])
        assert count(store) == 0
        end()
        assert count(store) == kept
        assert host.execute("SELECT count(*) FROM answers").fetchall() == [(kept,)]


def test_all_that_a_host_writes_goes_within_its_transaction(store: Store, host: psycopg.Connection[Any]) -> None:
    within = store.writing(host)
    within.write([Member(ORGANIZATION, "new", role="annotator"), annotation(1, NOON), annotation(2, NOON)])
    within.set_memberships(ORGANIZATION, "ann", [Membership(ORGANIZATION, "ann", project_id="p1")])
    within.remove([annotation(2, NOON)])
    within.write([annotation(3, NOON, project_id="p2")])
    host.commit()
    assert count(store) == 2
    with store.reading() as reader:
        held = reader._rows("SELECT project_id FROM memberships WHERE user_id = 'ann'", {})  # type: ignore[attr-defined]
        known = reader._rows("SELECT user_id FROM members WHERE user_id = 'new'", {})  # type: ignore[attr-defined]
    assert (held, known) == ([("p1",)], [("new",)])


def test_sqlalchemy_commits_and_rolls_back(store: Store, engine_of_host: sqlalchemy.Engine) -> None:
    insert = sqlalchemy.text("INSERT INTO host.answers VALUES (1)")
    with engine_of_host.begin() as connection:
        connection.execute(insert)
        store.writing(connection).write([annotation(1, NOON)])
    assert count(store) == 1
    with engine_of_host.connect() as connection:
        store.writing(connection).write([annotation(2, NOON)])  # with which the transaction begins
        connection.commit()
    assert count(store) == 2
    with engine_of_host.connect() as connection:
        store.writing(connection).write([annotation(3, NOON)])
    assert count(store) == 2
    with Session(engine_of_host) as session:
        session.execute(insert)
        store.writing(session.connection()).write([annotation(4, NOON)])
        session.rollback()
        store.writing(session.connection()).write([annotation(5, NOON)])
        session.commit()
    assert count(store) == 3
    with engine_of_host.connect() as connection:
        assert connection.execute(sqlalchemy.text("SELECT count(*) FROM host.answers")).scalar_one() == 1


def test_the_recipe_of_the_readme_runs(store: Store, engine_of_host: sqlalchemy.Engine) -> None:
    readme = Path(perfwidget.__file__).parent / "stores/writing/README.md"
    [block] = [each for each in re.findall(r"```python\n(.*?)```", readme.read_text(), re.DOTALL) if "engine" in each]
    with engine_of_host.begin() as connection:
        connection.execute(sqlalchemy.text("ALTER TABLE host.answers ADD COLUMN worker text"))
        connection.execute(sqlalchemy.text("ALTER ROLE postgres SET search_path = host"))
    try:
        engine_of_host.dispose()
        names = {"engine": engine_of_host, "text": sqlalchemy.text, "store": store}
        exec(block, names | {"answer": {"id": 1, "worker": "ann"}, "fact_of": lambda row: annotation(row["id"], NOON)})
    finally:
        with engine_of_host.begin() as connection:
            connection.execute(sqlalchemy.text("ALTER ROLE postgres RESET search_path"))
    assert count(store) == 1


def test_a_write_that_fails_is_taken_back_and_the_transaction_goes_on(
    store: Store, host: psycopg.Connection[Any]
) -> None:
    def facts() -> Iterator[Fact]:
        yield Member(ORGANIZATION, "x", role="annotator")
        raise ZeroDivisionError

    host.execute("INSERT INTO answers VALUES (1)")
    within = store.writing(host)
    letters = "".join(chr(0x4E00 + number * 37 % 20_000) for number in range(4_000))
    for fact in (annotation("", NOON), annotation(2, NOON, last_action=letters)):
        with pytest.raises(InvalidFact):
            within.write([annotation(1, NOON), fact], unknown="keep")
    with pytest.raises(ZeroDivisionError):
        within.write(facts())
    assert host.execute("SHOW search_path").fetchall() == [("host",)]
    within.write([annotation(3, NOON)])
    host.commit()
    assert count(store) == 1
    assert host.execute("SELECT count(*) FROM answers").fetchall() == [(1,)]


def test_nothing_of_the_transaction_is_disturbed(store: Store, host: psycopg.Connection[Any]) -> None:
    host.execute("SET LOCAL search_path = host, public")
    store.writing(host).set_memberships(ORGANIZATION, "ann", [])
    assert host.execute("SELECT answer FROM incoming").fetchall() == [("the host's",)]
    assert host.execute("SHOW search_path").fetchall() == [("host, public",)]
    host.commit()
    assert host.execute("SHOW search_path").fetchall() == [("host",)]


def test_a_connection_has_its_own_ways(postgresql: Server, store: Store) -> None:
    with psycopg.connect(postgresql.address(), autocommit=True, row_factory=dict_row) as connection:
        with connection.transaction():
            store.writing(connection).set_memberships(ORGANIZATION, "ann", [])
            store.writing(connection).write([*people(), annotation(1, NOON)])
            assert connection.execute("SELECT 1 AS one").fetchone() == {"one": 1}
        assert count(store) == 1
        with pytest.raises(InvalidSetting, match="begin a transaction"):
            store.writing(connection).write([annotation(2, NOON)])


# -- What is refused -------------------------------------------------------------------------------------------------


def test_what_cannot_be_written_within_is_refused(postgresql: Server, store: Store, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "host.db")) as other, pytest.raises(InvalidSetting, match="psycopg 3"):
        store.writing(other)
    with sqlalchemy.create_engine("sqlite://").connect() as other, pytest.raises(InvalidSetting, match="psycopg 3"):
        store.writing(other)
    with psycopg.connect(postgresql.address()) as connection:
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT nonsense")
        with pytest.raises(InvalidSetting, match="roll it back"):
            store.writing(connection).write([annotation(1, NOON)])
    with psycopg.connect(postgresql.address(database="template1")) as connection:
        with pytest.raises(InvalidSetting, match="has no store in the schema"):
            store.writing(connection).write([annotation(1, NOON)])
        assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_a_role_of_the_hosts_without_rights_is_told_so(postgresql: Server, store: Store, address: str) -> None:
    name = f"plain_{parse(address).schema}"
    with psycopg.connect(postgresql.address(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN")
        connection.execute(f"GRANT USAGE ON SCHEMA {parse(address).schema} TO {name}")
    with (
        psycopg.connect(postgresql.address(name)) as connection,
        pytest.raises(StoreUnavailable, match="may not do this"),
    ):
        store.writing(connection).write([annotation(1, NOON)])


def test_other_engines_say_what_to_do_instead(tmp_path: Path, host: psycopg.Connection[Any]) -> None:
    with (
        closing(open_store(f"duckdb:///{tmp_path}/facts.duckdb")) as embedded,
        pytest.raises(InvalidSetting, match="outbox"),
    ):
        embedded.writing(host)


# -- Beside each other -----------------------------------------------------------------------------------------------


def test_writes_of_different_facts_do_not_wait_for_a_host_that_commits_late(
    store: Store, host: psycopg.Connection[Any]
) -> None:
    store.write([annotation(1, NOON)])
    store.writing(host).write([annotation(2, NOON), review(1, NOON, "accepted", annotation_id=2)])
    ended(lambda: store.write([annotation(3, NOON)]))
    assert count(store) == 2
    host.commit()
    assert count(store) == 3


def test_who_writes_the_same_fact_waits_and_the_newer_version_stands(
    postgresql: Server, store: Store, host: psycopg.Connection[Any]
) -> None:
    later = at(NOON) + timedelta(hours=1)
    store.writing(host).write([annotation(1, NOON, updated_at=later, lead_time=7)])
    other = threading.Thread(target=store.write, args=([annotation(1, NOON, lead_time=1)],), daemon=True)
    other.start()
    with psycopg.connect(postgresql.address(), autocommit=True) as connection:
        while not connection.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchall():
            assert other.is_alive()
    host.commit()
    other.join(60)
    assert ask(store, **MARCH).values["total_time"] == 7.0


def test_writes_of_the_same_facts_in_any_order_follow_each_other(
    postgresql: Server, store: Store, host: psycopg.Connection[Any]
) -> None:
    faults: list[Exception] = []
    facts = [annotation(number, NOON) for number in range(9)]
    store.write(facts)
    store.writing(host).write([facts[4]])

    def write(some: list[Fact]) -> None:
        try:
            store.write(some)
        except StoreUnavailable as fault:
            faults.append(fault)

    threads = [threading.Thread(target=write, args=(some,), daemon=True) for some in (facts, facts[::-1])]
    with psycopg.connect(postgresql.address(), autocommit=True) as connection:
        for number, thread in enumerate(threads, 1):
            thread.start()
            while connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchall() != [(number,)]:
                assert thread.is_alive()
    host.commit()
    for thread in threads:
        thread.join(60)
    assert faults == []


def test_many_who_write_the_same_facts_at_once_all_come_through(store: Store) -> None:
    """Each write brings all facts in another order, in a version of its own; members and projects are new to each."""
    faults: list[Exception] = []

    def write(version: int) -> None:
        chosen = random.Random(version)
        for step in range(6):
            updated = at(NOON) + timedelta(minutes=10 * step + version)
            facts: list[Fact] = [
                *(annotation(number, NOON, updated_at=updated, lead_time=10 * step + version) for number in range(30)),
                *(review(number, NOON, "accepted", reviewer_id=f"r{number}-{step}") for number in range(30)),
                *(
                    Comment(ORGANIZATION, number, 1, f"p{number}-{step}", "t", "ann", "x", "…", updated, updated)
                    for number in range(30)
                ),
                *(Project(ORGANIZATION, f"new {number}", title="New") for number in range(9)),
            ]
            chosen.shuffle(facts)
            try:
                store.write(facts)
            except StoreUnavailable as fault:
                faults.append(fault)

    threads = [threading.Thread(target=write, args=(version,)) for version in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert faults == []
    assert ask(store, **MARCH).values["total_time"] == 30 * (10 * 5 + 7)


# -- What an open page learns ----------------------------------------------------------------------------------------


def test_a_mark_differs_once_a_host_has_committed_however_late(store: Store, host: psycopg.Connection[Any]) -> None:
    store.write([annotation(0, NOON)])  # whoever is first to mention a member or a project is waited for
    seen = [mark(store)]
    store.writing(host).write([annotation(1, NOON)])
    assert mark(store) == seen[-1]
    for number in (2, 3):
        store.write([annotation(number, NOON)])
        seen.append(mark(store))
    host.commit()
    seen.append(mark(store))
    assert len(set(seen)) == 4
    store.writing(host).write([annotation(4, NOON)])
    host.rollback()
    assert mark(store) == seen[-1]


@pytest.mark.parametrize("level", psycopg.IsolationLevel)
def test_marks_go_with_every_level_of_isolation(
    store: Store, host: psycopg.Connection[Any], level: psycopg.IsolationLevel
) -> None:
    store.write([annotation(0, NOON)])
    host.isolation_level = level
    host.execute("SELECT count(*) FROM answers")
    before = mark(store)
    store.write([annotation(1, NOON)])  # which takes the mark away that the host still sees
    store.writing(host).write([annotation(2, NOON)])
    host.commit()
    assert count(store) == 3
    assert mark(store) != before


def test_there_are_no_more_marks_than_writers(store: Store) -> None:
    for number in range(5):
        store.write([annotation(number, NOON)])
    with store.reading() as reader:
        found = reader._rows("SELECT source FROM bookmarks", {})  # type: ignore[attr-defined]
    assert len(found) == 1
