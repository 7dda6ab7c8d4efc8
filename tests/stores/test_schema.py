"""One schema for every engine, and the way to its later versions."""

from collections.abc import Iterator

import pytest

from perfwidget.errors import StoreUnavailable
from perfwidget.facts import RECORDED_KINDS, Action, Comment, Fact, Key, Recorded, ReviewVisit
from perfwidget.stores import Store, open_store, schema
from perfwidget.stores.schema import AddColumn, newest_version
from tests.conftest import NewStore
from tests.worlds import ORGANIZATION, annotation, ask, at, people, review

MARCH = {"user": "ann", "from_": "2024-03-01", "to": "2024-03-31"}
NOON = at("2024-03-01 12:00")
NEWEST = newest_version()
LATER = (
    *schema.MIGRATIONS,
    (AddColumn("annotations", "made_up", "VARCHAR"), AddColumn("reviews", "also_made_up", "BIGINT")),
)


@pytest.fixture
def address(new_store: NewStore) -> str:
    return new_store()


def accepted(store: Store) -> tuple[float | None, float | None]:
    values = ask(store, **MARCH).values
    return values["submitted_annotations"], values["performance_score"]


def test_an_older_store_gets_the_columns_of_later_versions_and_keeps_its_rows(
    engine: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "_rows" if engine == "clickhouse" else ""  # where readers see the columns that are in TABLES, too
    store = open_store(address, wait=0)
    store.write([*people(), annotation(1, "2024-03-01 12:00"), review(1, "2024-03-02 12:00", "accepted")])
    store.close()
    monkeypatch.setattr(schema, "MIGRATIONS", LATER)
    for number in (2, 3):  # the second time there is nothing left to do
        store = open_store(address, wait=0)
        store.write([annotation(number, "2024-03-01 12:00"), review(number, "2024-03-02 13:00", "rejected")])
        assert accepted(store)[0] == number
        with store.reading() as reader:
            found = reader._rows(f"SELECT made_up, also_made_up FROM annotations{rows}, reviews{rows}", {})  # type: ignore[attr-defined]
            assert set(map(tuple, found)) == {(None, None)}
        store.settle()
        store.close()


def test_a_store_of_a_newer_version_is_refused_in_one_sentence(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(address, wait=0).close()
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", LATER)
        open_store(address, wait=0).close()
    with pytest.raises(
        StoreUnavailable,
        match=rf"written by a newer perfwidget \(its schema is {NEWEST + 1}, this one knows {NEWEST}\)",
    ):
        open_store(address, wait=0)


def test_a_store_that_cannot_be_changed_stays_as_it_was(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(address, wait=0)
    store.write([*people(), annotation(1, "2024-03-01 12:00")])
    store.close()
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*LATER[:-1], (*LATER[-1], AddColumn("no_such_table", "one", "BIGINT"))))
        with pytest.raises(StoreUnavailable):
            open_store(address, wait=0)
    store = open_store(address, wait=0)
    assert accepted(store)[0] == 1
    store.close()


# -- What is recorded -------------------------------------------------------------------------------------------------


def kinds() -> Iterator[tuple[str, Fact]]:
    yield "actions", Action(ORGANIZATION, 1, 1, "p1", "t1", "ann", "submitted", None, created_at=NOON)
    yield "reviews", review(1, "2024-03-01 12:00", "accepted")
    yield "review_visits", ReviewVisit(ORGANIZATION, 1, 1, "p1", "rev", NOON)
    yield "comments", Comment(ORGANIZATION, 1, 1, "p1", "t1", "ann", "rev", "So?", NOON, NOON)


def recorded(store: Store) -> dict[str, int | None]:
    return {kind: since for kind, since in ask(store, **MARCH).recorded.items() if kind in RECORDED_KINDS}


def test_a_store_that_is_given_a_fact_of_a_kind_notes_that_the_kind_is_recorded(address: str) -> None:
    store = open_store(address, wait=0)
    store.write([*people(), annotation(1, "2024-03-01 12:00")])
    assert recorded(store) == {}
    for number, (kind, fact) in enumerate(kinds(), start=1):
        store.write([fact])
        told = recorded(store)
        assert (len(told), told[kind]) == (number, None)
        store.remove([fact])  # which says nothing of what is recorded
        assert len(recorded(store)) == number
    store.close()


def test_what_the_host_says_of_a_kind_stands_in_whatever_order_it_comes(new_store: NewStore) -> None:
    said = {kind: Recorded(ORGANIZATION, kind, since=NOON) for kind, _ in kinds()}
    micro = int(NOON.timestamp() * 1e6)
    for order in ((0, 1), (1, 0)):
        store = open_store(new_store())
        store.write(people())
        for kind, fact in kinds():
            for each in order:
                store.write([(said[kind], fact)[each]])
        store.write([fact for _, fact in kinds()])
        assert recorded(store) == dict.fromkeys(said, micro)
        store.remove([Key(Recorded, (ORGANIZATION, "comments"))])
        assert "comments" not in recorded(store)
        store.write([fact for _, fact in kinds()])
        assert recorded(store) == dict.fromkeys(said, micro) | {"comments": None}
        store.close()
