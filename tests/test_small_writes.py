"""Small writes wait to be worked into the file together, and nobody can tell: neither what is asked nor its order."""

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwidget.errors import Forbidden, InvalidFact, StoreUnavailable
from perfwidget.facts import FACTS, Annotation, Comment, Fact, Key, Member, Membership, Project, ReviewVisit, Workspace
from perfwidget.stores import open_store
from perfwidget.stores.duckdb import EmbeddedStore, journal, journal_file, order, working_in
from perfwidget.stores.failures import CLOSED
from perfwidget.stores.writing.staged import StagedStore
from tests.conftest import WHOLE, out_of_step
from tests.worlds import ORGANIZATION, OWNER, annotation, ask, at, people, review

MARCH = {"user": "ann", "from_": "2024-03-01", "to": "2024-03-31"}
NOON = at("2024-03-01 12:00")


WAKE = working_in.WorkingIn.wake


@pytest.fixture(autouse=True)
def _waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let writes wait until somebody asks."""
    monkeypatch.setattr(working_in.WorkingIn, "wake", lambda _: None)
    monkeypatch.setattr(working_in, "LONGEST", 0.0)


def submitted(store: EmbeddedStore) -> int:
    return int(ask(store, OWNER, **MARCH).values["submitted_annotations"] or 0)


def on_the_ninth(store: EmbeddedStore) -> int:
    found = ask(store, user="ann", from_="2024-03-09", to="2024-03-09").values["submitted_annotations"]
    return int(found or 0)


def one(number: int | str) -> list[Annotation]:
    return [annotation(number, "2024-03-01 12:00", lead_time=1)]


def waits(store: EmbeddedStore) -> int:
    return store._database.journal.facts


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    opened = EmbeddedStore(tmp_path / "facts.duckdb")
    opened.write(people())
    yield opened
    opened.close()


def test_nothing_is_kept_of_a_write_that_is_refused(store: EmbeddedStore) -> None:
    with pytest.raises(InvalidFact, match=r"Annotation\.last_action is missing"):
        store.write([*one(1), annotation(2, "2024-03-01 12:00", last_action=None)])
    with pytest.raises(ZeroDivisionError):
        store.write(each for number in (1, 0) for each in one(1 // number))
    assert submitted(store) == 0


def test_writes_of_any_length_come_whole_from_an_iterator(store: EmbeddedStore) -> None:
    for number, size in enumerate((1200, 0, 1, 501, 499, 500)):
        store.write(each for part in range(size) for each in one(f"{number}-{part}"))
    assert submitted(store) == 1200 + 1 + 501 + 499 + 500


def test_writes_of_every_kind_stay_in_their_order(store: EmbeddedStore) -> None:
    store.write(one(1))
    store.remove([Key(Annotation, (ORGANIZATION, "1"))])
    assert submitted(store) == 0
    store.write([Membership(ORGANIZATION, "rev", project_id="p1")])
    store.set_memberships(ORGANIZATION, "rev", [])
    store.write(one(2))
    store.write(annotation(each, "2024-03-01 12:00", lead_time=2) for each in range(600))
    assert ask(store, OWNER, **MARCH).values["total_time"] == 1200
    assert [row for row in rows(store)["memberships"] if row[1] == "rev"] == []


def test_a_closed_store_keeps_nothing(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path / "facts.duckdb")
    store.write(one(1))
    store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        store.write(one(2))
    assert not (tmp_path / "facts.duckdb.journal").exists()


def test_one_that_is_open_elsewhere_is_not_touched(tmp_path: Path) -> None:
    """DuckDB would open it, as its own lock may be gone, and damage what the other program has not yet written."""
    path = tmp_path / "facts.duckdb"
    path.write_bytes(b"This is no store.")
    with path.with_name("facts.duckdb.writes").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(StoreUnavailable, match="is open in another program"):
            EmbeddedStore(path)
    with pytest.raises(StoreUnavailable, match="cannot be opened as a DuckDB file"):
        EmbeddedStore(path)


def test_by_whatever_name_it_is_opened_a_store_is_one(tmp_path: Path) -> None:
    path, link = tmp_path / "facts.duckdb", tmp_path / "link.duckdb"
    store = EmbeddedStore(path)
    store.write(people())
    link.symlink_to(path)
    with pytest.raises(StoreUnavailable, match="open it once"):
        EmbeddedStore(link)
    store.write(one(1))
    store.close()
    again = EmbeddedStore(link)
    again.write(one(2))
    again.close()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["facts.duckdb", "facts.duckdb.writes", "link.duckdb"]
    store = EmbeddedStore(path)
    assert (submitted(store), store.notices) == (2, ())
    store.close()


FORKED = """
import os, sys
from pathlib import Path
from perfwidget.errors import StoreUnavailable
from perfwidget.stores.duckdb import EmbeddedStore
from tests.worlds import OWNER, annotation, ask, people
store = EmbeddedStore(Path(sys.argv[1]))
store.write(people())
if child := os.fork():
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    store.close()
else:
    refused = 0
    for act in (lambda: store.write([annotation(1, "2024-03-01 12:00")]), lambda: ask(store, OWNER)):
        try:
            act()
        except StoreUnavailable as fault:
            refused += "before this process was forked" in str(fault)
    os._exit(refused)
"""


def test_a_process_that_was_forked_later_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "facts.duckdb"
    ended = subprocess.run([sys.executable, "-c", FORKED, str(path)], capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.returncode) == ("2\n", 0), ended.stderr


def test_a_write_within_a_write_is_refused_and_keeps_nobody_waiting(store: EmbeddedStore) -> None:
    def facts() -> Iterator[Fact]:
        yield from (annotation(each, "2024-03-01 12:00") for each in range(600))
        store.remove([])

    with pytest.raises(StoreUnavailable, match="within another one of the same thread"):
        store.write(facts())
    store.write(annotation(each, "2024-03-01 12:00") for each in range(600))
    assert submitted(store) == 600


def test_a_writer_that_comes_while_it_is_closed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has its turn when nothing is written any more, but before the file is closed."""
    store = EmbeddedStore(tmp_path / "facts.duckdb")
    store.write(people())
    close, said = store._working_in.close, []

    def write() -> None:
        try:
            store.write(annotation(each, "2024-03-01 12:00") for each in range(600))
        except StoreUnavailable as fault:
            said.append(str(fault))

    def closed() -> None:
        close()
        writer = threading.Thread(target=write)
        writer.start()
        writer.join()

    monkeypatch.setattr(store._working_in, "close", closed)
    store.close()
    assert said == [CLOSED]


def test_a_store_is_opened_once_in_a_program(store: EmbeddedStore, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="open it once and hand it to all"):
        open_store(f"duckdb:///{tmp_path / 'facts.duckdb'}")
    store.write(one(1))
    assert submitted(store) == 1


def test_several_threads_wait_for_the_disk_together(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = [threading.Thread(target=store.write, args=(one(number),)) for number in range(1, 5)]
    synced: list[int] = []

    def sync(handle: int) -> None:
        if not synced:
            for thread in threads:
                thread.start()
            while len(store._database.journal._queue) < len(threads):
                pass
        synced.append(handle)
        os.fsync(handle)

    with monkeypatch.context() as patch:
        patch.setattr("perfwidget.stores.duckdb.journal_file.os.fdatasync", sync)
        store.write(one(0))
        for thread in threads:
            thread.join()
    assert len(synced) == 2
    assert submitted(store) == 5


def test_what_waits_is_worked_in_though_nobody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working_in.WorkingIn, "wake", WAKE)
    monkeypatch.setattr(working_in, "IDLE", 0.01)
    store = EmbeddedStore(tmp_path / "facts.duckdb")
    store.write(people())
    for number in range(30):
        store.write(one(number))
    for thread in threading.enumerate():
        if thread.name == "perfwidget-journal":
            thread.join(30)
    assert store._database.journal.waiting == []
    assert submitted(store) == 30
    store.close()


def test_a_flood_is_worked_in_on_its_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working_in.WorkingIn, "wake", WAKE)
    monkeypatch.setattr(working_in, "MANY", 20)
    monkeypatch.setattr(journal, "MOST_WAITING", 60)
    monkeypatch.setattr(journal_file, "LONGEST", 2 * journal_file.STEP)
    store = EmbeddedStore(tmp_path / "facts.duckdb")
    store.write(people())
    long = "!" * 20_000
    for number in range(400):
        store.write([annotation(number, "2024-03-01 12:00", last_action=long)])
        assert len(store._database.journal.waiting) <= 60
    assert ask(store, OWNER, **MARCH).values["other_actions"] == 400
    store.close()


def test_many_threads_write_and_read_and_each_sees_what_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working_in.WorkingIn, "wake", WAKE)
    monkeypatch.setattr(working_in, "IDLE", 0.001)
    monkeypatch.setattr(working_in, "MANY", 10)
    store = EmbeddedStore(tmp_path / "facts.duckdb")
    store.write([*people(), *(Member(ORGANIZATION, f"w{each}", role="annotator") for each in range(4))])
    faults: list[BaseException] = []
    ended = threading.Event()

    def work(member: str) -> None:
        try:
            for number in range(25):
                mine = [annotation(f"{member}-{number}", "2024-03-01 12:00", completed_by=member)]
                store.write(mine)
                if number % 5 == 4:
                    large = (annotation(f"{member}-{number}-{each}", "2024-03-09 12:00") for each in range(600))
                    store.write(large)
                    store.remove([Key(Annotation, (ORGANIZATION, f"{member}-{number}"))])
                    store.write(mine)
                seen = ask(store, user=member, from_="2024-03-01", to="2024-03-02").values["submitted_annotations"]
                assert seen == number + 1
        except BaseException as fault:  # told by the thread that waits
            faults.append(fault)

    def look() -> None:
        before = 0
        try:
            while not ended.is_set():
                seen = on_the_ninth(store)
                assert seen >= before
                assert seen % 600 == 0
                before = seen
                store.settle()
        except BaseException as fault:
            faults.append(fault)

    workers = [threading.Thread(target=work, args=(f"w{each}",)) for each in range(4)]
    looking = threading.Thread(target=look)
    for thread in (*workers, looking):
        thread.start()
    for thread in workers:
        thread.join()
    ended.set()
    looking.join()
    assert faults == []
    assert on_the_ninth(store) == 12_000
    store.close()
    store = EmbeddedStore(tmp_path / "facts.duckdb")
    found = ask(store, user="w3", from_="2024-03-01", to="2024-03-02").values["submitted_annotations"]
    assert (found, store.notices) == (25, ())
    store.close()


@pytest.mark.parametrize("turn", range(3))
def test_writers_and_the_closing_of_the_store_meet(tmp_path: Path, turn: int) -> None:
    """What is acknowledged before the store is closed is there afterwards, and nothing else is acknowledged."""
    path = tmp_path / "facts.duckdb"
    store = EmbeddedStore(path)
    kept: list[str] = []
    begun = threading.Barrier(4)

    def write(name: str) -> None:
        begun.wait()
        with suppress(StoreUnavailable):
            for number in count():
                store.write(one(f"{name}-{number}"))
                kept.append(f"{name}-{number}")

    threads = [threading.Thread(target=write, args=(str(each),)) for each in range(3)]
    for thread in threads:
        thread.start()
    begun.wait()
    while len(kept) < 20 * turn:
        pass
    store.close()
    for thread in threads:
        thread.join()
    again = EmbeddedStore(path)
    with again.reading() as reader:
        there = {each for (each,) in reader._rows("SELECT annotation_id FROM annotations", {})}
    assert set(kept) <= there
    assert again.notices == ()
    again.close()


def test_a_question_does_not_wait_until_rows_are_in_order(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on = threading.Event(), threading.Event()
    sort = order._sort_whole

    def slow(cursor: duckdb.DuckDBPyConnection, table: str) -> None:
        began.set()
        assert go_on.wait(20), "a question waited"
        sort(cursor, table)

    monkeypatch.setattr(order, "_sort_whole", slow)
    store.write(one(1))
    settling = threading.Thread(target=store.settle)
    settling.start()
    assert began.wait(30)
    store.write([annotation(1, "2024-03-02 12:00"), annotation(2, "2024-03-01 12:00")])
    store.write(one(3))
    assert submitted(store) == 3
    assert waits(store) == 3
    go_on.set()
    settling.join()
    assert (submitted(store), waits(store)) == (3, 0)


def test_rows_that_are_being_put_in_order_give_way_to_a_question(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = threading.Event()

    def endless(cursor: duckdb.DuckDBPyConnection, _: str) -> None:
        began.set()
        cursor.execute("SELECT sum(hash(range)) FROM range(1_000_000_000_000)")

    with monkeypatch.context() as patch:
        patch.setattr(order, "TAIL", 20)
        patch.setattr(order, "_sort_whole", endless)
        store.write(annotation(f"large-{each}", "2024-03-01 12:00") for each in range(600))
        assert began.wait(30)
        store.write(one(1))
        assert (submitted(store), waits(store)) == (601, 0)


def test_a_download_goes_on_with_what_it_saw_before_it_was_in_the_file(store: EmbeddedStore) -> None:
    store.write(one(1))
    store._working_in._failed_at = float("inf")
    with store.reading() as reader:
        seen = [reader._rows("SELECT * FROM annotations", {})]
        store.write([annotation(1, "2024-03-03 12:00")])
        store.write(annotation(f"large-{each}", "2024-03-01 12:00") for each in range(600))
        store.remove([Key(Annotation, (ORGANIZATION, "1"))])
        store.settle()
        assert [reader._rows("SELECT * FROM annotations", {})] == seen
    assert submitted(store) == 600


# -- The same outcome -------------------------------------------------------------------------------------------------


class Directly(EmbeddedStore):
    """A store each of whose writes is a transaction of its own."""

    def write(self, facts: Any) -> None:
        StagedStore.write(self, facts)


TABLES = (*(kind.table for kind in FACTS), "mentions", "snapshots", "bookmarks")


def rows(store: EmbeddedStore) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows as a question sees them."""
    with store.reading() as reader:
        found = {}
        for table in TABLES:
            columns = "* EXCLUDE (run)" if table in order.TABLES else "*"
            found[table] = sorted(reader._rows(f"SELECT {columns} FROM {table}", {}), key=repr)
        copied = sorted(reader._rows("SELECT * EXCLUDE (run) FROM reviews_by_reviewer", {}), key=repr)
    assert copied == found["reviews"]
    return found


def fact_of(kind: int, identity: int, version: int) -> Fact:
    """Return one of a few facts, whose versions differ in whose they are, and when."""
    instant = NOON + timedelta(days=identity, hours=version)
    worker, other = ("ann", "rev", "who", "new")[(identity + version) % 4], ("rev", "x")[version % 2]
    project = f"p{1 + (identity * version) % 3}"
    made: list[Fact] = [
        annotation(identity, instant.isoformat(), completed_by=worker, lead_time=version / 3, project_id=project),
        annotation(identity, NOON.isoformat(), completed_by=worker, updated_at=instant, project_id=project),
        review(identity, instant.isoformat(), "accepted", annotation_id=identity, completed_by=worker, score=0.5),
        review(identity, instant.isoformat(), "rejected", annotation_id=identity, reviewer_id=other),
        ReviewVisit(ORGANIZATION, identity, identity, project, worker, instant, instant + timedelta(seconds=version)),
        Comment(ORGANIZATION, identity, 1, project, "t", worker, other, "A \x00 \ud800 'é", instant, instant),
        Member(ORGANIZATION, worker, f"{version}@acme.example", None, "annotator", active=bool(version % 2)),
        Project(ORGANIZATION, project, "w" if version % 2 else None, f"Title {version}"),
        Workspace(ORGANIZATION, "w", f"Title {version}"),
        Membership(ORGANIZATION, worker, project_id=project),
        Membership(ORGANIZATION, worker, workspace_id="w"),
    ]
    return made[kind % len(made)]


def test_whoever_was_mentioned_for_a_while_can_be_found_as_if_each_write_were_alone(tmp_path: Path) -> None:
    """An owner of work that then was another's; but not one whom a version names that was too old to stand."""
    found = []
    for kind in (EmbeddedStore, Directly):
        store = kind(tmp_path / f"{kind.__name__}.duckdb")
        store.write([annotation("old", "2024-03-05 12:00", completed_by="first")])
        with store.reading():
            pass
        for worker, day in (("never", 1), ("second", 6), ("third", 8), ("neither", 7), ("fourth", 8)):
            store.write([annotation("old", f"2024-03-0{day} 12:00", completed_by=worker, project_id=f"of {worker}")])
        found.append({identity for _, what, identity in rows(store)["mentions"] if what == "member"})
        store.close()
    assert found == [{"first", "second", "third", "fourth"}] * 2


FACT = st.builds(fact_of, st.integers(0, 10), st.integers(0, 3), st.integers(0, 5))

Step = Callable[[EmbeddedStore], None]


def writes(facts: list[Fact]) -> Step:
    return lambda store: store.write(facts)


def singly(facts: list[Fact]) -> Step:
    def act(store: EmbeddedStore) -> None:
        for fact in facts:
            store.write([fact])

    return act


def removes(facts: list[Fact]) -> Step:
    return lambda store: store.remove(facts)


def sets(user: str, projects: list[str]) -> Step:
    wanted = [Membership(ORGANIZATION, user, project_id=project) for project in projects]
    return lambda store: store.set_memberships(ORGANIZATION, user, wanted)


STEP = st.one_of(
    st.builds(singly, st.lists(FACT, min_size=1, max_size=12)),
    st.builds(singly, st.lists(FACT, min_size=1, max_size=12)),
    st.builds(writes, st.lists(FACT, min_size=2, max_size=8)),
    st.builds(removes, st.lists(FACT, min_size=1, max_size=3)),
    st.builds(sets, st.sampled_from(["ann", "rev"]), st.lists(st.sampled_from(["p1", "p2"]), max_size=2)),
    st.sampled_from(["reads", "reopens", "settles", "holds", "lets go"]),
)


@settings(max_examples=150 if WHOLE else 25)
@given(steps=st.lists(STEP, min_size=1, max_size=12))
def test_whatever_is_done_the_outcome_is_that_of_one_write_after_the_other(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step | str]
) -> None:
    """While it is held, nothing can be worked in for readers, so that they see what waits in another way."""
    paths = [tmp_path_factory.mktemp("small") / "facts.duckdb" for _ in range(2)]
    small, direct = EmbeddedStore(paths[0]), Directly(paths[1])
    for step in (writes(people()), *steps):
        if callable(step):
            step(small)
            step(direct)
        elif step == "reopens":
            small.close()
            small = EmbeddedStore(paths[0])
        elif step == "settles":
            small.settle()
        elif step == "holds":
            small._working_in._failed_at = float("inf")
        elif step == "lets go":
            small._working_in._failed_at = 0.0
        elif step == "reads":
            same(small, direct)
    same(small, direct)
    small._working_in._failed_at = 0.0
    same(small, direct)
    for store, path in zip((small, direct), paths, strict=True):
        store.close()
        assert store.notices == ()
        assert out_of_step(path) == []


def same(one: EmbeddedStore, other: EmbeddedStore) -> None:
    assert rows(one) == rows(other)
    for member in ("ann", "rev"):
        assert answer(one, member) == answer(other, member)


def answer(store: EmbeddedStore, member: str) -> Any:
    """Return the report of a member; None where they are refused, as no fact speaks of them any more."""
    with suppress(Forbidden):
        return ask(store, OWNER, **MARCH | {"user": member})
