"""A server that takes connections and never answers, or stops in the middle of an answer, is given up in time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from perfwidget.errors import StoreUnavailable
from perfwidget.facts import Annotation
from perfwidget.stores import Store, open_store
from perfwidget.stores.failures import AWAY
from tests.engines.silence import Way, way
from tests.worlds import ORGANIZATION, annotation, ask, people

MARCH = {"user": "ann", "from_": "2024-03-01", "to": "2024-03-31"}
LONGEST, GRACE = 2.0, 1
PATIENCE = 60
"""Seconds after which the test is sure that nobody would ever have given up."""

ENGINES = pytest.mark.parametrize("name", ["postgresql", "clickhouse"])


@pytest.fixture(autouse=True)
def _little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for engine in ("postgresql", "clickhouse"):
        monkeypatch.setattr(f"perfwidget.stores.{engine}.database.LONGEST", LONGEST)
        monkeypatch.setattr(f"perfwidget.stores.{engine}.database.GRACE", GRACE)


@pytest.fixture
def between(name: str, request: pytest.FixtureRequest) -> Iterator[tuple[Way, Store]]:
    """Give the way to a server, and a store at its end that holds some annotations."""
    server = request.getfixturevalue(name)
    with way(server.port) as to_it:
        address = server.new_store().replace(str(server.port), str(to_it.port))
        with closing(open_store(address)) as store:
            store.write([*people(), *(annotation(each, "2024-03-05 12:00", lead_time=each) for each in range(2_000))])
            yield to_it, store


def in_time(act: Callable[[], Any]) -> str:
    """Return the sentence with which something is refused; fails where it takes for ever."""
    told: list[str] = []

    def tried() -> None:
        try:
            act()
        except StoreUnavailable as fault:
            told.append(str(fault))

    thread = threading.Thread(target=tried, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    return told[0] if told else ""


def figures(store: Store) -> object:
    return ask(store, **MARCH).values["submitted_annotations"]


def rows(store: Store) -> int:
    with store.reading() as reader:
        return len(list(reader.kept(Annotation, ORGANIZATION, "p1", None)))


@ENGINES
@pytest.mark.parametrize(("act", "behind"), [(figures, 0), (rows, 0), (rows, 20), (rows, 5_000)])
def test_a_server_that_falls_silent_is_given_up_and_used_again(
    between: tuple[Way, Store], act: Callable[[Store], object], behind: int
) -> None:
    """Before an answer, within its first words, or in the middle of some 50,000 bytes."""
    to_it, store = between
    before = act(store)
    to_it.silence(behind)
    assert in_time(lambda: act(store)) == AWAY
    assert to_it.given_up.acquire(timeout=PATIENCE)
    to_it.speak()
    assert act(store) == before


@ENGINES
def test_one_that_never_said_a_word_is_not_opened(name: str) -> None:
    with way(None) as nowhere:
        address = f"{name}://somebody:secret@127.0.0.1:{nowhere.port}/facts"
        said = in_time(lambda: open_store(address, wait=0))
        assert "cannot be opened" in said
        assert "secret" not in said
        assert nowhere.given_up.acquire(timeout=PATIENCE)
