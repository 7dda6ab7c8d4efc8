"""The parts of a page's question, two of which run at once: they speak of one state, and each fault comes out."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perfwidget.errors import StoreUnavailable
from perfwidget.question.period import Grain
from perfwidget.stores import open_store
from perfwidget.stores.duckdb import DuckDBStore
from perfwidget.stores.duckdb.session import EmbeddedSession
from tests.worlds import OWNER, annotation, ask, review, scoped

NOON = "2024-03-05 12:00"
MARCH = {"user": "ann", "from_": "2024-03-01", "to": "2024-03-31"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Any]:
    opened = open_store(f"duckdb:///{tmp_path / 'facts.duckdb'}")
    yield opened
    opened.close()


def pair(number: int) -> list[Any]:
    """Return an annotation of Ann's and a review that she gave to somebody else, which are written together."""
    return [
        annotation(number, NOON, completed_by="ann"),
        review(number, NOON, "accepted", annotation_id=f"other-{number}", completed_by="bob", reviewer_id="ann"),
    ]


def test_all_parts_see_the_state_that_the_question_began_with(store: DuckDBStore) -> None:
    store.write(pair(1))
    asked = scoped(store, OWNER, **MARCH)
    assert asked.period is not None
    buckets = asked.period.buckets(Grain.DAY)
    with store.reading() as reader:
        assert reader.profile(asked).user_id == "ann"  # from here on it sees this state
        before = reader.answer(asked, buckets)
        store.write(pair(2))
        assert reader.answer(asked, buckets) == before
    assert ask(store, **MARCH).values["submitted_annotations"] == 2


def test_what_is_written_together_is_seen_together(store: DuckDBStore) -> None:
    seen: list[tuple[Any, Any]] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            values = ask(store, **MARCH).values
            seen.append((values["submitted_annotations"], values["reviews_accepted"]))

    store.write(pair(0))
    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    number = 0
    while len(set(seen)) < 10:  # as fast as can be, so that some wait in the journal when somebody reads
        number += 1
        store.write(pair(number))
    done.set()
    for reader in readers:
        reader.join()
    assert [each for each in seen if each[0] != each[1]] == []


def thread_of(session: EmbeddedSession) -> str:
    session.rows("SELECT 1", {})
    return threading.current_thread().name


def met(barrier: threading.Barrier) -> Any:
    """Return a part that ends once so many of its kind have begun: they must run at the same time."""

    def part(session: EmbeddedSession) -> str:
        barrier.wait(60)
        return thread_of(session)

    return part


def begun(store: DuckDBStore) -> Any:
    reading = store.reading()
    session: Any = reading.__enter__()._session
    thread_of(session)
    return reading, session


def test_the_parts_run_in_two_threads_and_in_one_where_no_other_is_free(store: DuckDBStore) -> None:
    here = threading.current_thread().name
    reading, session = begun(store)
    one, other = session.each([met(threading.Barrier(2))] * 2)
    assert one == here != other
    free = store._abreast._free
    taken = 0
    while free.acquire(blocking=False):
        taken += 1
    assert session.each([thread_of] * 3) == [here] * 3
    free.release(taken)
    reading.__exit__(None, None, None)


def test_what_the_parts_give_comes_in_their_order(store: DuckDBStore) -> None:
    reading, session = begun(store)
    for _ in range(20):
        assert session.each([lambda session, n=n: session.rows(f"SELECT {n}", {}) for n in range(9)]) == [
            [(number,)] for number in range(9)
        ]
    reading.__exit__(None, None, None)


def test_the_first_part_is_done_here_and_may_add_others_which_either_thread_does(store: DuckDBStore) -> None:
    here = threading.current_thread().name
    reading, session = begun(store)
    begins, ends = threading.Barrier(2), threading.Barrier(2)
    parts: list[Any] = []

    def adds(session: EmbeddedSession) -> str:
        begins.wait(60)  # the other thread is at its part
        parts.extend([met(threading.Barrier(2))] * 2)
        ends.wait(60)
        return thread_of(session)

    def is_there(session: EmbeddedSession) -> str:
        begins.wait(60)
        return met(ends)(session)

    parts += [adds, is_there]
    first, other, *added = session.each(parts)
    assert first == here != other
    assert set(added) == {here, other}
    reading.__exit__(None, None, None)


def test_a_fault_of_either_part_comes_out_and_the_next_question_is_answered(store: DuckDBStore) -> None:
    def fails(session: EmbeddedSession) -> None:
        raise StoreUnavailable("It is away.")

    reading, session = begun(store)
    for parts in ([fails, thread_of], [thread_of, fails], [fails, fails]) * 5:
        with pytest.raises(StoreUnavailable, match="It is away"):
            session.each(parts)
    one, other = session.each([met(threading.Barrier(2))] * 2)
    assert one != other
    reading.__exit__(None, None, None)


def test_before_anything_was_asked_no_state_is_known_and_one_thread_does_the_work(store: DuckDBStore) -> None:
    here = threading.current_thread().name
    with store.reading() as reader:
        session: Any = reader._session  # type: ignore[attr-defined]
        assert session.each([lambda _: threading.current_thread().name, thread_of]) == [here, here]


def test_a_store_that_is_closed_within_a_question_says_so(store: DuckDBStore) -> None:
    with pytest.raises(StoreUnavailable), store.reading() as reader:
        session: Any = reader._session  # type: ignore[attr-defined]
        thread_of(session)
        store.close()
        session.each([thread_of, thread_of])
