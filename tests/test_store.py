"""Writing facts: keys, versions, all or nothing, and one owner of an embedded file."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from perfwidget.errors import InvalidFact, InvalidSetting, StoreUnavailable
from perfwidget.facts import Action, Annotation, AnnotationFlag, Comment, Fact, Member, Membership, Project
from perfwidget.facts.columns import microseconds
from perfwidget.facts.fact import Key
from perfwidget.facts.ingest import Bookmark, Inferred, Snapshot, Withdrawn
from perfwidget.stores import Store, open_store
from tests.conftest import NewStore
from tests.worlds import ORGANIZATION, OWNER, annotation, ask, at, people, review

MARCH = {"user": "ann", "from_": "2024-03-01", "to": "2024-03-31"}
NOON = "2024-03-05 12:00"


@pytest.fixture
def store(new_store: NewStore) -> Iterator[Store]:
    opened = open_store(new_store())
    opened.write(people())
    yield opened
    opened.close()


def total(store: Store) -> object:
    return ask(store, **MARCH).values["total_time"]


def test_writing_a_fact_again_replaces_it(store: Store) -> None:
    store.write([annotation(1, NOON, lead_time=10)])
    store.write([annotation(1, NOON, lead_time=20)])
    store.write([annotation("1", NOON, lead_time=30)])
    assert total(store) == 30.0
    assert ask(store, **MARCH).values["submitted_annotations"] == 1


def test_an_older_version_never_replaces_a_newer_one(store: Store) -> None:
    newer = annotation(1, NOON, lead_time=20, updated_at=at("2024-03-06 00:00"))
    older = replace(newer, lead_time=10, updated_at=at("2024-03-05 23:00"))
    for facts in ([newer], [older], [older, newer], [newer, older]):
        store.write(facts)
        assert total(store) == 20.0


def test_the_last_of_equal_versions_stands(store: Store) -> None:
    store.write([annotation(1, NOON, lead_time=10), annotation(1, NOON, lead_time=20)])
    assert total(store) == 20.0


BROKEN = [
    annotation("", NOON),
    annotation("a\tb", NOON),
    annotation("x" * 256, NOON),
    annotation(True, NOON),
    annotation(1, NOON, completed_at=None),
    annotation(1, NOON, last_action=None),
    annotation(1, NOON, completed_at=at(NOON).replace(tzinfo=None)),
    annotation(1, NOON, updated_at=at("1969-12-31 23:59")),
    annotation(1, NOON, was_cancelled=1),
    Membership(ORGANIZATION, "ann"),
    Membership(ORGANIZATION, "ann", "w", "p1"),
    Member(ORGANIZATION, "ann", "ann@acme.example", "Ann", role=None),  # type: ignore[arg-type]
]


def test_a_broken_fact_is_refused_and_nothing_of_its_write_is_kept(store: Store) -> None:
    for number, broken in enumerate(BROKEN):
        with pytest.raises(InvalidFact):
            store.write([annotation(f"good {number}", NOON, lead_time=10), broken])
            pytest.fail(f"It took {broken}.")
    assert total(store) == 0.0


def test_a_write_whose_facts_break_off_keeps_nothing(store: Store) -> None:
    def facts() -> Iterator[Fact]:
        yield annotation(7, NOON, lead_time=10)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write(facts())
    assert total(store) == 0.0


def test_removing_facts_by_their_keys_or_by_themselves(store: Store) -> None:
    facts = [annotation(number, NOON, lead_time=number) for number in (1, 2, 4)]
    store.write([*facts, review(1, NOON, "rejected")])
    store.remove([facts[0].key, annotation(99, NOON)])
    assert total(store) == 6.0
    store.remove([facts[2], review(1, NOON, "rejected")])
    assert (total(store), ask(store, **MARCH).values["performance_score"]) == (2.0, None)
    store.remove([Membership(ORGANIZATION, "ann", project_id="p2"), Project(ORGANIZATION, "p2", None, title="")])
    assert ask(store, replace_role("annotator"), from_="2024-03-01", to="2024-03-31").scope == ("p1",)


def replace_role(role: str):  # type: ignore[no-untyped-def]
    """Return ann as a viewer of another role."""
    return type(OWNER)(ORGANIZATION, "ann", role)


def test_memberships_are_replaced_as_a_set(store: Store) -> None:
    ann = replace_role("annotator")
    store.set_memberships(ORGANIZATION, "ann", [Membership(ORGANIZATION, "ann", project_id="p9")])
    assert ask(store, ann).scope == ("p9",)
    with pytest.raises(InvalidFact):
        store.set_memberships(ORGANIZATION, "ann", [Membership(ORGANIZATION, "rev", project_id="p1")])
    assert ask(store, ann).scope == ("p9",)
    store.set_memberships(ORGANIZATION, "ann", [])
    assert ask(store, ann).scope == ()


def test_facts_stay_when_the_store_is_opened_again(new_store: NewStore) -> None:
    address = new_store()
    first = open_store(address)
    first.write([*people(), annotation(1, NOON, lead_time=10)])
    first.close()
    again = open_store(address)
    assert total(again) == 10.0
    again.close()


def test_a_second_process_gets_one_clear_sentence(tmp_path: Path) -> None:
    store = open_store(f"duckdb:///{tmp_path}/facts.duckdb", wait=0)
    code = f"from perfwidget.stores import open_store\nopen_store('duckdb:///{tmp_path}/facts.duckdb', wait=0)"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert other.returncode == 1
    sentence = other.stderr.strip().splitlines()[-1]
    assert "open in another program" in sentence
    assert "PostgreSQL" in sentence
    store.write([*people(), annotation(1, NOON, lead_time=10)])
    assert total(store) == 10.0
    store.close()


@pytest.mark.parametrize("address", ["", "facts.duckdb", "duckdb://x", "mysql://host/db", "duckdb:///"])
def test_an_address_of_another_form_is_refused(address: str) -> None:
    with pytest.raises(InvalidSetting, match="duckdb:///"):
        open_store(address)


def test_what_is_no_store_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "text.duckdb").write_text("no database " * 2000)
    for name in ("text.duckdb", "missing/facts.duckdb"):
        with pytest.raises(StoreUnavailable):
            open_store(f"duckdb:///{tmp_path}/{name}", wait=0)


def test_a_closed_store_says_so(new_store: NewStore) -> None:
    closed = open_store(new_store())
    closed.close()
    with pytest.raises(StoreUnavailable):
        ask(closed, **MARCH)


def test_readers_see_whole_writes_only(store: Store, engine: str) -> None:
    """Each write moves the same 60 s between two annotations: a torn read would see another sum."""
    store.write([annotation(1, NOON, lead_time=60), annotation(2, NOON, lead_time=0)])
    seen: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(total(store))

    several, steps = (2, 5) if engine == "clickhouse" else (4, 30)
    readers = [threading.Thread(target=read) for _ in range(several)]
    for reader in readers:
        reader.start()
    for step in range(steps):
        store.write([annotation(1, NOON, lead_time=step), annotation(2, NOON, lead_time=60 - step)])
    done.set()
    for reader in readers:
        reader.join()
    assert set(seen) == {60.0}


def test_text_of_any_kind_is_kept(store: Store) -> None:
    store.write(
        [
            Member(ORGANIZATION, "ann", "ann@acme.example", "a\ud800\0'é😀", role="annotator"),
            Action(ORGANIZATION, 1, 1, "p1", "t1", "ann", "submitted", created_at=at(NOON)),
            Comment(ORGANIZATION, 1, 1, "p1", "t1", "ann", "rev", "x" * 1_000_000, at(NOON), at(NOON)),
        ]
    )
    assert ask(store, **MARCH).user.name == "a\ufffd\ufffd'é😀"


def kept(store: Store, tasks: list[str] | None = None) -> list[tuple[str, str]]:
    with store.reading() as reader:
        return sorted((each.identity, each.task_id) for each in reader.kept(Annotation, ORGANIZATION, "p1", tasks))


def test_what_a_source_has_no_more_goes_with_the_write_that_says_so(store: Store) -> None:
    first, second, third = (annotation(number, NOON, lead_time=number) for number in (1, 2, 4))
    store.write([first, second])
    assert kept(store) == [("1", "t1"), ("2", "t2")]
    assert kept(store, ["t2", "t7"]) == [("2", "t2")]
    store.write([Withdrawn(first.key), third, Withdrawn(annotation(99, NOON).key)])
    assert kept(store) == [("2", "t2"), ("4", "t4")]
    assert total(store) == 6.0


def test_a_bookmark_is_kept_with_the_facts_it_speaks_of_or_not_at_all(store: Store) -> None:
    store.write([annotation(1, NOON, lead_time=1), Bookmark(ORGANIZATION, "platform", "page 1")])
    store.write([Bookmark(ORGANIZATION, "platform", "page 2", at(NOON)), Bookmark("other", "platform", "page 9")])
    with pytest.raises(InvalidFact):
        store.write([Bookmark(ORGANIZATION, "platform", "page 3"), annotation("", NOON)])
    with store.reading() as reader:
        assert reader.bookmarks(ORGANIZATION) == {"platform": ("page 2", microseconds(at(NOON)))}
        assert reader.bookmarks("other") == {"platform": ("page 9", None)}
        assert reader.bookmarks("nowhere") == {}


def test_flags_are_counted_each_by_itself_and_go_with_a_newer_version(store: Store) -> None:
    every = AnnotationFlag.POSTED_BY_OTHER | AnnotationFlag.IMPORTED | AnnotationFlag.LONGER_THAN_TASK
    facts = [annotation(number, NOON, lead_time=1) for number in range(4)]
    flags = [
        every,
        AnnotationFlag.IMPORTED,
        AnnotationFlag.IMPORTED | AnnotationFlag.LONGER_THAN_TASK,
        AnnotationFlag.NONE,
    ]
    facts = [replace(fact, flags=flag) for fact, flag in zip(facts, flags, strict=True)]
    store.write([facts[0], *(Snapshot(fact, (), False, None) for fact in facts[1:])])

    def counts() -> list[object]:
        values = ask(store, **MARCH).values
        return [values[key] for key in ("posted_by_others", "imported", "longer_than_task")]

    assert counts() == [1, 3, 2]
    later = replace(facts[0], updated_at=at("2024-03-06 00:00"), flags=AnnotationFlag.NONE)
    store.write([Snapshot(later, (), False, None)])
    assert counts() == [0, 2, 1]
    store.write([replace(facts[1], lead_time=2, flags=None)])
    assert counts() == [0, 1, 1]


@dataclass(frozen=True)
class Better(Annotation):
    """What a host may think of."""


def test_what_is_no_record_is_refused_and_nothing_of_it_is_kept(store: Store) -> None:
    strange: list[Any] = [None, Annotation, {"annotation_id": 1}, "annotation", Better(**asdict(annotation(1, NOON)))]
    for each in strange:
        for facts in ([each], [annotation(2, NOON), each]):
            with pytest.raises(InvalidFact, match="no record of perfwidget"):
                store.write(facts)
    for each in strange[:-1]:
        with pytest.raises(InvalidFact, match="Only records of perfwidget"):
            store.remove([each])
    one: Any = annotation(1, NOON)
    for act in (store.write, store.remove):
        with pytest.raises(InvalidFact, match="in a list, also a single one"):
            act(one)
    with pytest.raises(InvalidFact, match="The key of a Comment is organization_id, comment_id"):
        store.remove([Key(Comment, ("acme",))])
    assert ask(store, **MARCH).values["submitted_annotations"] == 0


UNKNOWN = [
    (Member(ORGANIZATION, "ann", role="annotater"), "Member.role is 'annotater', and must be one of owner, admin,"),
    (
        annotation(1, NOON, last_action="Submitted"),
        "Annotation.last_action is 'Submitted', and must be one of submitted,",
    ),
    (
        review(1, NOON, "acepted"),
        "Review.action is 'acepted', and must be one of accepted, rejected, fixed_and_accepted",
    ),
]


def test_an_unknown_word_is_refused_unless_a_source_says_otherwise(store: Store) -> None:
    many = [annotation(f"more {number}", NOON, lead_time=1) for number in range(600)]
    for fact, sentence in UNKNOWN:
        for facts in ([annotation(7, NOON, lead_time=10), fact], [*many, fact]):  # a few and many go different ways
            with pytest.raises(InvalidFact, match=f"^{re.escape(sentence)}"):
                store.write(facts)
    assert total(store) == 0.0
    for fact, _ in UNKNOWN:
        store.write([annotation(7, NOON, lead_time=10), fact], unknown="keep")
    assert total(store) == 10.0
    with pytest.raises(InvalidFact, match='"refuse" or "keep"'):
        store.write([], unknown="ignore")  # type: ignore[arg-type]


def test_unknown_words_of_what_a_source_observed_are_refused_likewise(store: Store) -> None:
    odd = annotation(1, NOON, last_action="odd")
    for observed in (
        Snapshot(odd, (), False, None),
        Snapshot(annotation(1, NOON), (), False, (review(1, NOON, "odd"),)),
        Inferred(Member(ORGANIZATION, "ann", role="odd"), at(NOON)),
    ):
        with pytest.raises(InvalidFact, match="is 'odd', and must be one of"):
            store.write([observed])
    store.write([Snapshot(odd, (), False, None)], unknown="keep")
    values = ask(store, **MARCH).values
    assert (values["submitted_annotations"], values["other_actions"]) == (0, 1)


def test_a_lead_time_that_is_text_or_a_timedelta_is_refused(store: Store) -> None:
    wrong: list[tuple[Any, str]] = [
        ("12.5", "a number of seconds and no text"),
        ("00:12:00", "a number of seconds and no text"),
        (timedelta(seconds=12), "no timedelta; give its total_seconds()"),
    ]
    for time, sentence in wrong:
        act = Action(ORGANIZATION, 1, 1, "p1", "t1", "ann", "submitted", created_at=at(NOON), lead_time=time)
        for fact in (annotation(1, NOON, lead_time=time), act):
            with pytest.raises(InvalidFact, match=re.escape(sentence)):
                store.write([fact])


def test_a_lead_time_may_be_any_number(store: Store) -> None:
    times = (1, 2.0, Decimal(4), Fraction(8), np.int64(16), np.float32(32))  # any sum of which tells of what it is
    store.write([annotation(number, NOON, lead_time=time) for number, time in enumerate(times)])
    assert total(store) == 63.0


def test_flags_are_recorded_where_a_source_tells_any(store: Store) -> None:
    keys = ("posted_by_others", "imported", "longer_than_task", "from_predictions")
    store.write([annotation(1, NOON)])
    report = ask(store, **MARCH)
    assert [report.values[key] for key in keys] == [None] * 4
    assert [report.to_dict()["notes"][key] for key in keys] == [None] * 4
    store.write([annotation(2, NOON, flags=AnnotationFlag.NONE)])  # which finds nothing odd, and looks for it
    assert [ask(store, **MARCH).values[key] for key in keys] == [0] * 4
    for wrong in (16, -1, True, "imported"):
        with pytest.raises(InvalidFact, match="flags must be an AnnotationFlag"):
            store.write([annotation(3, NOON, flags=wrong)])
