"""Writing to the embedded store: small writes share transactions, and nobody can tell by what is asked later."""

import fcntl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwidget.errors import Forbidden, InvalidFact, StoreUnavailable
from perfwidget.facts import FACTS, Annotation, Comment, Fact, Key, Member, Membership, Project, ReviewVisit, Workspace
from perfwidget.stores import open_store, writing
from perfwidget.stores.duckdb import DuckDBStore, database, order, schema
from perfwidget.stores.duckdb.group_commit import _together
from perfwidget.stores.schema import CHANGED
from perfwidget.stores.store import Store
from perfwidget.stores.writing.staging import Staging
from tests.conftest import WHOLE, out_of_step
from tests.worlds import ORGANIZATION, OWNER, annotation, ask, at, people, review

MARCH = {"user": "ann", "from_": "2024-03-01", "to": "2024-03-31"}
NOON = at("2024-03-01 12:00")


def submitted(store: DuckDBStore) -> int:
    return int(ask(store, OWNER, **MARCH).values["submitted_annotations"] or 0)


def on_the_ninth(store: DuckDBStore) -> int:
    found = ask(store, user="ann", from_="2024-03-09", to="2024-03-09").values["submitted_annotations"]
    return int(found or 0)


def one(number: int | str) -> list[Annotation]:
    return [annotation(number, "2024-03-01 12:00", lead_time=1)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBStore]:
    opened = DuckDBStore(tmp_path / "facts.duckdb")
    opened.write(people())
    yield opened
    opened.close()


def test_nothing_is_kept_of_a_write_that_is_refused(store: DuckDBStore) -> None:
    with pytest.raises(InvalidFact, match=r"Annotation\.last_action is missing"):
        store.write([*one(1), annotation(2, "2024-03-01 12:00", last_action=None)])
    with pytest.raises(ZeroDivisionError):
        store.write(each for number in (1, 0) for each in one(1 // number))
    assert submitted(store) == 0


def test_writes_of_any_length_come_whole_from_an_iterator(store: DuckDBStore) -> None:
    for number, size in enumerate((1200, 0, 1, 501, 499, 500)):
        store.write(each for part in range(size) for each in one(f"{number}-{part}"))
    assert submitted(store) == 1200 + 1 + 501 + 499 + 500


def test_writes_of_every_kind_stay_in_their_order(store: DuckDBStore) -> None:
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
    store = DuckDBStore(tmp_path / "facts.duckdb")
    store.write(one(1))
    store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        store.write(one(2))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["facts.duckdb", "facts.duckdb.writes"]


def test_one_that_is_open_elsewhere_is_not_touched(tmp_path: Path) -> None:
    """DuckDB would open it, as its own lock may be gone, and damage what the other program has not yet written."""
    path = tmp_path / "facts.duckdb"
    path.write_bytes(b"This is no store.")
    with path.with_name("facts.duckdb.writes").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(StoreUnavailable, match="is open in another program"):
            DuckDBStore(path)
    with pytest.raises(StoreUnavailable, match="cannot be opened as a DuckDB file"):
        DuckDBStore(path)


def test_by_whatever_name_it_is_opened_a_store_is_one(tmp_path: Path) -> None:
    path, link = tmp_path / "facts.duckdb", tmp_path / "link.duckdb"
    store = DuckDBStore(path)
    store.write(people())
    link.symlink_to(path)
    with pytest.raises(StoreUnavailable, match="open it once"):
        DuckDBStore(link)
    store.write(one(1))
    store.close()
    again = DuckDBStore(link)
    again.write(one(2))
    again.close()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["facts.duckdb", "facts.duckdb.writes", "link.duckdb"]
    store = DuckDBStore(path)
    assert (submitted(store), store.notices) == (2, ())
    store.close()


FORKED = """
import os, sys
from pathlib import Path
from perfwidget.errors import StoreUnavailable
from perfwidget.stores.duckdb import DuckDBStore
from tests.worlds import OWNER, annotation, ask, people
store = DuckDBStore(Path(sys.argv[1]))
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


AT_THE_END = """
import atexit, sys
from pathlib import Path
from perfwidget.stores.duckdb import DuckDBStore
from tests.worlds import annotation, people
store = DuckDBStore(Path(sys.argv[1]))
store.write(people())
atexit.register(lambda: store.write([annotation(1, "2024-03-01 12:00")]))
"""


def test_a_program_that_ends_may_still_write(tmp_path: Path) -> None:
    path = tmp_path / "facts.duckdb"
    subprocess.run([sys.executable, "-c", AT_THE_END, str(path)], check=True, timeout=60)
    store = DuckDBStore(path)
    assert submitted(store) == 1
    store.close()


def test_a_write_within_a_write_is_refused_and_keeps_nobody_waiting(store: DuckDBStore) -> None:
    def facts() -> Iterator[Fact]:
        yield from (annotation(each, "2024-03-01 12:00") for each in range(600))
        store.remove([])

    with pytest.raises(StoreUnavailable, match="within another one of the same thread"):
        store.write(facts())
    store.write(annotation(each, "2024-03-01 12:00") for each in range(600))
    assert submitted(store) == 600


def test_a_store_is_opened_once_in_a_program(store: DuckDBStore, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="open it once and hand it to all"):
        open_store(f"duckdb:///{tmp_path / 'facts.duckdb'}", wait=0)
    store.write(one(1))
    assert submitted(store) == 1


def transactions(store: DuckDBStore) -> int:
    with store.reading() as reader:
        [(writes,)] = reader._rows("SELECT writes FROM perfwidget", {})
    return int(writes)


def together(store: DuckDBStore, acts: Sequence[Callable[[], None]]) -> list[BaseException | None]:
    """Let threads wait to write something until a large write has ended; return what each was told."""
    told: list[BaseException | None] = [None] * len(acts)

    def act(number: int) -> None:
        try:
            acts[number]()
        except BaseException as fault:
            told[number] = fault

    threads = [threading.Thread(target=act, args=(number,), daemon=True) for number in range(len(acts))]

    def large() -> Iterator[Fact]:
        yield from (annotation(f"large-{each}", "2024-03-09 12:00") for each in range(600))
        for number, thread in enumerate(threads):
            thread.start()
            while store._group_commit._waiting.qsize() <= number:
                threading.Event().wait(0.001)  # and not in turns with the thread that is waited for

    store.write(large())
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "it waits for ever"
    return told


def test_what_waits_becomes_one_transaction(store: DuckDBStore) -> None:
    before = transactions(store)
    assert together(store, [partial(store.write, one(number)) for number in range(9)]) == [None] * 9
    assert (submitted(store), transactions(store) - before) == (609, 2)


def test_a_bad_write_does_not_take_others_with_it(store: DuckDBStore, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = writing.write_rows

    def refusing(staging: Staging, rows: writing.Rows) -> None:
        keep(staging, rows)
        if any(row[1] == "bad" for row in rows.get(Annotation, ())):
            raise duckdb.OutOfMemoryException("There is no room for it.")

    monkeypatch.setattr(writing, "write_rows", refusing)
    good = [partial(store.write, one(number)) for number in range(3)]
    first, bad, *others = together(store, [good[0], partial(store.write, one("bad")), *good[1:]])
    assert isinstance(bad, StoreUnavailable)
    assert [first, *others] == [None] * 3
    assert submitted(store) == 603
    store.write(one("more"))
    assert submitted(store) == 604


def test_a_fault_in_a_fact_is_told_to_its_writer_alone(store: DuckDBStore) -> None:
    wrong = [annotation("wrong", "2024-03-01 12:00", last_action=None)]
    with pytest.raises(InvalidFact, match=r"last_action is missing"):
        store.write(wrong)
    assert together(store, [partial(store.write, one(1))]) == [None]
    assert submitted(store) == 601


def test_what_ends_one_write_leaves_nobody_waiting(store: DuckDBStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread writes for all, so whatever is raised in it is told to whom it belongs, and the thread goes on."""
    keep = writing.write_rows

    def ending(staging: Staging, rows: writing.Rows) -> None:
        if any(row[1] == "bad" for row in rows.get(Annotation, ())):
            raise KeyboardInterrupt
        keep(staging, rows)

    monkeypatch.setattr(writing, "write_rows", ending)
    bad, *others = together(store, [partial(store.write, one(each)) for each in ("bad", 1, 2, 3)])
    assert isinstance(bad, KeyboardInterrupt)
    assert others == [None] * 3
    assert submitted(store) == 603
    with pytest.raises(KeyboardInterrupt):
        store.write(one("bad"))
    store.write(one("more"))
    assert submitted(store) == 604


def test_a_closed_store_takes_no_write(store: DuckDBStore) -> None:
    store.write(one(1))
    store.close()
    with pytest.raises(StoreUnavailable, match="The store is closed"):
        store.write(one(2))


def test_writes_that_failed_are_not_taken_for_noted(store: DuckDBStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known to be mentioned and recorded is forgotten with a transaction that was rolled back."""
    new = [review(1, "2024-03-01 12:00", "accepted", completed_by="new", reviewer_id="other", project_id="p3")]
    with monkeypatch.context() as patch:
        patch.setattr(database, "ROOM", 10**18)
        with pytest.raises(StoreUnavailable, match="nothing of this was kept"):
            store.write(new)
    store.write(new)
    mentioned = {(kind, identity) for _, kind, identity in rows(store)["mentions"]}
    assert {("member", "new"), ("member", "other"), ("project", "p3")} <= mentioned
    assert rows(store)["recorded"] == [(ORGANIZATION, "reviews", None)]


def test_who_was_forgotten_is_mentioned_again(store: DuckDBStore) -> None:
    """What is known to be mentioned is forgotten when it is removed."""
    work = [annotation("of new", "2024-03-01 12:00", completed_by="new")]
    for _ in range(2):
        store.write(work)
        assert ("member", "new") in {(kind, identity) for _, kind, identity in rows(store)["mentions"]}
        store.remove(work)
        assert rows(store)["mentions"] == [(ORGANIZATION, "project", "p1")]


def test_many_threads_write_and_read_and_each_sees_what_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "TAIL", 700)
    monkeypatch.setattr(order, "OVERDUE", 2_000)
    monkeypatch.setattr(order, "STRETCH", 3_000)
    store = DuckDBStore(tmp_path / "facts.duckdb")
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
    store = DuckDBStore(tmp_path / "facts.duckdb")
    found = ask(store, user="w3", from_="2024-03-01", to="2024-03-02").values["submitted_annotations"]
    assert (found, store.notices) == (25, ())
    store.close()


@pytest.mark.parametrize("turn", range(3))
def test_writers_and_the_closing_of_the_store_meet(tmp_path: Path, turn: int) -> None:
    """What is acknowledged before the store is closed is there afterwards, and nothing else is acknowledged."""
    path = tmp_path / "facts.duckdb"
    store = DuckDBStore(path)
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
    again = DuckDBStore(path)
    with again.reading() as reader:
        there = {each for (each,) in reader._rows("SELECT annotation_id FROM annotations", {})}
    assert set(kept) <= there
    assert again.notices == ()
    again.close()


def test_a_download_goes_on_with_what_it_saw(store: DuckDBStore) -> None:
    store.write(one(1))
    with store.reading() as reader:
        seen = [reader._rows("SELECT * FROM annotations", {})]
        store.write([annotation(1, "2024-03-03 12:00")])
        store.write(annotation(f"large-{each}", "2024-03-01 12:00") for each in range(600))
        store.remove([Key(Annotation, (ORGANIZATION, "1"))])
        store.settle()
        assert [reader._rows("SELECT * FROM annotations", {})] == seen
    assert submitted(store) == 600


# -- The same outcome -------------------------------------------------------------------------------------------------


class Directly(DuckDBStore):
    """A store each of whose writes is a transaction of its own."""

    def write(self, facts: Any, **_: Any) -> None:
        Store.write(self, facts)


TABLES = (*(kind.table for kind in FACTS), "mentions", "snapshots", "bookmarks")


def rows(store: DuckDBStore) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows as a question sees them."""
    with store.reading() as reader:
        found = {}
        for table in TABLES:
            columns = "* EXCLUDE (stretch)" if table in schema.TABLES else "*"
            marks = f"WHERE source NOT LIKE '{CHANGED}%'" if table == "bookmarks" else ""  # which differ by chance
            found[table] = sorted(reader._rows(f"SELECT {columns} FROM {table} {marks}", {}), key=repr)
        copied = sorted(reader._rows("SELECT * EXCLUDE (stretch) FROM reviews_by_reviewer", {}), key=repr)
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
        Member(ORGANIZATION, worker, f"{version}@acme.example", None, role="annotator", active=bool(version % 2)),
        Project(ORGANIZATION, project, "w" if version % 2 else None, title=f"Title {version}"),
        Workspace(ORGANIZATION, "w", f"Title {version}"),
        Membership(ORGANIZATION, worker, project_id=project),
        Membership(ORGANIZATION, worker, workspace_id="w"),
    ]
    return made[kind % len(made)]


FACT = st.builds(fact_of, st.integers(0, 10), st.integers(0, 3), st.integers(0, 5))

Step = Callable[[DuckDBStore], None]


def all_of(facts: list[Fact]) -> Step:
    return lambda store: store.write(facts)


def at_once(facts: list[Fact]) -> Step:
    """Write each fact by itself, on one store, and all of them in one transaction as a group on the other."""

    def act(store: DuckDBStore) -> None:
        if type(store) is Directly:
            for fact in facts:
                store.write([fact])
        else:
            store._group_commit._write(_together([writing.rows_of([fact]) for fact in facts]))

    return act


def removes(facts: list[Fact]) -> Step:
    return lambda store: store.remove(facts)


def sets(user: str, projects: list[str]) -> Step:
    wanted = [Membership(ORGANIZATION, user, project_id=project) for project in projects]
    return lambda store: store.set_memberships(ORGANIZATION, user, wanted)


STEP = st.one_of(
    st.builds(at_once, st.lists(FACT, min_size=1, max_size=12)),
    st.builds(at_once, st.lists(FACT, min_size=1, max_size=12)),
    st.builds(all_of, st.lists(FACT, min_size=2, max_size=8)),
    st.builds(removes, st.lists(FACT, min_size=1, max_size=3)),
    st.builds(sets, st.sampled_from(["ann", "rev"]), st.lists(st.sampled_from(["p1", "p2"]), max_size=2)),
    st.sampled_from(["reads", "reopens", "settles"]),
)


@settings(max_examples=150 if WHOLE else 10)
@given(steps=st.lists(STEP, min_size=1, max_size=12))
def test_whatever_is_done_the_outcome_is_that_of_one_write_after_the_other(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step | str]
) -> None:
    paths = [tmp_path_factory.mktemp("small") / "facts.duckdb" for _ in range(2)]
    small, direct = DuckDBStore(paths[0]), Directly(paths[1])
    for step in (all_of(people()), *steps):
        if callable(step):
            step(small)
            step(direct)
        elif step == "reopens":
            small.close()
            small = DuckDBStore(paths[0])
        elif step == "settles":
            small.settle()
        elif step == "reads":
            same(small, direct)
    same(small, direct)
    for store, path in zip((small, direct), paths, strict=True):
        store.close()
        assert store.notices == ()
        assert out_of_step(path) == []


def same(one: DuckDBStore, other: DuckDBStore) -> None:
    assert rows(one) == rows(other)
    for member in ("ann", "rev"):
        assert answer(one, member) == answer(other, member)


def answer(store: DuckDBStore, member: str) -> Any:
    """Return the report of a member; None where they are refused, as no fact speaks of them any more."""
    with suppress(Forbidden):
        return ask(store, OWNER, **MARCH | {"user": member})
