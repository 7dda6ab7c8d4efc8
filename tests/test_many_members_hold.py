"""What a payer may rely on in a table of many members: nothing is doubled, left out, or shown under another name."""

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwidget import Viewer, open_store
from perfwidget.errors import Forbidden
from perfwidget.facts import (
    Action,
    AnnotationFlag,
    Comment,
    Fact,
    Member,
    Membership,
    Project,
    Recorded,
    ReviewVisit,
    Workspace,
)
from perfwidget.facts.columns import MICROSECONDS
from perfwidget.metrics import BY_KEY, DAILY, METRICS, Unit
from perfwidget.question.access import scope
from perfwidget.question.behind import Behind
from perfwidget.question.query import parse
from perfwidget.question.table import MEMBER, SIZES, Table
from perfwidget.report import Report, read_report
from perfwidget.report.drilldown import read_rows
from perfwidget.report.team import page_of, sorted_members
from perfwidget.stores import Store
from perfwidget.stores.listing import Order
from tests.conftest import SLOW, WHOLE, NewStore, enough
from tests.test_sets import PEOPLE, owner, written
from tests.test_sets import _worlds as worlds
from tests.worlds import ORGANIZATION, OWNER, annotation, ask, at, review

MARCH = {"from_": "2024-03-01", "to": "2024-03-31", "tz": "UTC"}
LEAD = Viewer(ORGANIZATION, "lead", "manager")
COUNTED_APART = ("annotations_reviewed",)
"""Counts of several members that may be less than the sum of their own: two may have reviewed one annotation."""
ADDED_UP = tuple(each for each in METRICS if each.unit is Unit.COUNT and each.key not in COUNTED_APART)
TIMES = ("total_time", "long_time", "first_submitted_earlier_time", "moved_later_time", "review_time")


@pytest.fixture
def store(new_store: NewStore) -> Iterator[Store]:
    opened = open_store(new_store())
    roles = {"boss": "owner", "lead": "manager", "ann": "annotator", "bob": "annotator", "rev": "reviewer"}
    opened.write(
        [
            *(
                Member(ORGANIZATION, each, f"{each}@acme.example", each.title(), role=role)
                for each, role in roles.items()
            ),
            Workspace(ORGANIZATION, "w1", "Streets"),
            Project(ORGANIZATION, "p1", "w1", title="One"),
            Project(ORGANIZATION, "p2", None, title="Two"),
            Membership(ORGANIZATION, "lead", None, "p1"),
            *(Recorded(ORGANIZATION, kind) for kind in ("reviews", "review_visits", "comments", "flags")),
        ]
    )
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def many(new_store: NewStore) -> Iterator[Store]:
    """One store for all examples, each of which is an organization of its own."""
    opened = open_store(new_store())
    yield opened
    opened.close()


def everybody(store: Store, viewer: Viewer = OWNER, **asked: Any) -> Report:
    return ask(store, viewer, **{"members": "all", **MARCH, **asked})


def told(report: Report, key: str) -> dict[str, Any]:
    return {each.user.user_id: each.values[key] for each in report.members}


def comment(number: int, instant: str, **columns: Any) -> Comment:
    made = at(instant)
    values = {"created_by": "rev", "completed_by": "ann", "created_at": made, "updated_at": made} | columns
    return Comment(ORGANIZATION, number, 1, "p1", "t1", text="Look again.", **values)


def visit(number: int, opened: str, closed: str) -> ReviewVisit:
    return ReviewVisit(ORGANIZATION, number, 1, "p1", "rev", at(opened), at(closed))


# -- Sums -------------------------------------------------------------------------------------------------------------


@settings(max_examples=40 if WHOLE else 6)
@given(
    worlds,
    st.sets(st.sampled_from(PEOPLE), min_size=2) | st.just(set()),
    st.sets(st.sampled_from("pq")),
    st.booleans(),
)
def test_a_total_is_the_sum_of_the_rows_whatever_is_filtered(
    many: Store, engine: str, world: tuple[Any, ...], users: set[str], projects: set[str], managed: bool
) -> None:
    if enough(engine, "totals", 1):
        return
    organization = written(many, world)
    viewer = Viewer(organization, "lead", "manager") if managed else owner(organization)
    asked = {"user": sorted(users)} if users else {"members": ["all"]}
    asked |= {"project": sorted(projects & {"p"} if managed else projects)}
    query = parse(asked | {"from": ["2024-03-26"], "to": ["2024-04-02"], "tz": ["Europe/Berlin"]})
    with many.reading() as reader:
        scoped = scope(viewer, query, reader.standing(viewer, query))
        report = read_report(reader, scoped, query)

        def behind(key: str) -> Any:
            whose = Behind(BY_KEY[key])
            return read_rows(reader, scoped, query, whose, Order.TIME, descending=False, page=1).tally

        for metric in ADDED_UP:
            number, own = report.values[metric.key], list(told(report, metric.key).values())
            assert number is None or number == sum(own), metric.key
            if metric.key != "days_over_24_hours":
                assert number is None or number == behind(metric.key).rows, metric.key
        for key in TIMES:
            own = [Fraction(str(each)) for each in told(report, key).values() if each is not None]
            assert (report.values[key] or 0.0) == float(sum(own)), key
            assert (report.values[key] or 0.0) == (behind(key).total or 0) / MICROSECONDS, key
        for metric in DAILY:
            if metric in ADDED_UP:
                days = [point.values[metric.key] for point in report.series]
                assert report.values[metric.key] == sum(each or 0 for each in days), metric.key


def test_what_joins_would_double_is_counted_once(store: Store, engine: str) -> None:
    """Two of everything that an annotation may have two of, and two ways for its project to be in a viewer's scope."""
    store.write(
        [
            Membership(ORGANIZATION, "lead", "w1", None),
            Membership(ORGANIZATION, "ann", "w1", None),
            Membership(ORGANIZATION, "ann", None, "p1"),
            annotation(1, "2024-03-04 12:00", lead_time=30, last_action="updated"),
            review(1, "2024-03-05 12:00", "rejected"),
            review(2, "2024-03-06 12:00", "accepted"),
            comment(1, "2024-03-05 12:00"),
            comment(2, "2024-03-05 12:00"),
            visit(1, "2024-03-05 11:50", "2024-03-05 12:00"),
            visit(2, "2024-03-06 11:55", "2024-03-06 12:00"),
            *(
                Action(
                    ORGANIZATION, number, 1, "p1", "t1", "ann", action, created_at=at("2024-03-04 12:00"), lead_time=30
                )
                for number, action in enumerate(("submitted", "updated"))
            ),
        ]
    )
    once = {
        "submitted_annotations": 1,
        "updated": 1,
        "total_time": 30.0,
        "comments_received": 2,
        "performance_score": 0.5,
    }
    for viewer in (LEAD,) if engine in SLOW else (OWNER, LEAD):
        for filters in ({}, {"project": "p1"}, {"workspace": "w1"}, {"workspace": "w1", "project": "p1"}):
            report = everybody(store, viewer, **filters)
            assert {key: report.values[key] for key in once} == once
            assert {key: told(report, key)["ann"] for key in once} == once
            assert told(report, "review_time")["rev"] == report.values["review_time"] == 900.0
            assert told(report, "annotations_reviewed")["rev"] == report.values["annotations_reviewed"] == 1
            with store.reading() as reader:
                query = parse(
                    {name: [value] for name, value in {"members": "all", "preset": "all_time", **filters}.items()}
                )
                asked = scope(viewer, query, reader.standing(viewer, query))
                tally = read_rows(
                    reader, asked, query, Behind(BY_KEY["total_time"]), Order.TIME, descending=False, page=1
                ).tally
            assert (tally.rows, tally.total) == (1, 30 * MICROSECONDS)


def test_every_annotation_of_one_task_counts(store: Store) -> None:
    store.write(
        [
            annotation(1, "2024-03-04 12:00", lead_time=30, task_id="t"),
            annotation(2, "2024-03-05 12:00", lead_time=60, task_id="t"),
            annotation(3, "2024-03-05 12:00", lead_time=5, task_id="t", completed_by="bob"),
        ]
    )
    report = everybody(store)
    assert told(report, "submitted_annotations") == {"ann": 2, "bob": 1}
    assert (report.values["submitted_annotations"], report.values["total_time"]) == (3, 95.0)


# -- When -------------------------------------------------------------------------------------------------------------


def test_work_of_one_week_that_is_reviewed_in_the_next_stands_in_each_once(store: Store) -> None:
    store.write(
        [
            annotation(
                1, "2024-03-10 23:59:59.999999", lead_time=30, last_action="accepted", updated_at=at("2024-03-11 00:00")
            ),
            review(1, "2024-03-11 00:00", "accepted"),
        ]
    )
    of_week: dict[str, tuple[Any, ...]] = {}
    for first, last in (("2024-03-04", "2024-03-10"), ("2024-03-11", "2024-03-17")):
        report = everybody(store, from_=first, to=last)
        keys = ("submitted_annotations", "received_accepted", "reviews_accepted")
        of_week[first] = tuple(told(report, key) for key in keys)
        assert [report.values[key] for key in keys] == [sum(each.values()) for each in of_week[first]]
    assert of_week == {
        "2024-03-04": ({"ann": 1}, {"ann": 0}, {"ann": 0}),
        "2024-03-11": ({"ann": 0, "rev": 0}, {"ann": 1, "rev": 0}, {"ann": 0, "rev": 1}),
    }


def test_who_did_nothing_has_done_nothing_whoever_touched_their_work(store: Store) -> None:
    """Ann worked in January. In March her work is accepted, commented on and edited, and Bob's is edited alone."""
    january = {"created_at": at("2024-01-10 12:00"), "lead_time": 500}
    edited = {"updated_at": at("2024-03-05 12:00"), "flags": AnnotationFlag.POSTED_BY_OTHER}
    store.write(
        [
            annotation(1, "2024-01-10 12:00", **january, **edited, last_action="accepted"),
            annotation(2, "2024-01-10 12:00", **january, **edited, last_action="updated", completed_by="bob"),
            review(1, "2024-03-05 12:00", "accepted"),
            comment(1, "2024-03-05 13:00"),
            visit(1, "2024-03-05 11:50", "2024-03-05 12:00"),
        ]
    )
    report = everybody(store)
    assert told(report, "last_active") == {"ann": None, "rev": at("2024-03-05 13:00").timestamp() * MICROSECONDS}
    assert report.without_activity == 3  # boss, lead and Bob
    nothing = {"total_time": 0.0, "submitted_annotations": 0, "updated": 0, "skipped": 0, "posted_by_others": 0}
    nothing |= dict.fromkeys(("total_time_median", "time_per_annotation_median", "time_per_annotation_average"))
    [ann] = (each for each in report.members if each.user.user_id == "ann")
    assert {key: ann.values[key] for key in nothing} == nothing
    assert {key: report.values[key] for key in nothing} == nothing
    idle = everybody(store, idle="show")
    [bob] = (each for each in idle.members if each.user.user_id == "bob")
    assert {key: bob.values[key] for key in nothing} == nothing
    assert not any(bob.values.values())


# -- Who --------------------------------------------------------------------------------------------------------------


def test_one_person_in_two_organizations_is_two_members(store: Store) -> None:
    other = "globex"
    store.write(
        [
            Member(other, "ann", "ann@globex.example", "Annabel", role="owner"),
            Project(other, "p1", None, title="Theirs"),
            annotation(1, "2024-03-04 12:00", lead_time=30),
            annotation(1, "2024-03-04 12:00", lead_time=7, organization_id=other),
            review(1, "2024-03-05 12:00", "accepted"),
            review(1, "2024-03-05 12:00", "rejected", organization_id=other, reviewer_id="ann"),
        ]
    )
    here, there = everybody(store), everybody(store, Viewer(other, "ann", "owner"))
    assert (told(here, "total_time")["ann"], told(there, "total_time")) == (30.0, {"ann": 7.0})
    assert (here.values["performance_score"], there.values["performance_score"]) == (1.0, 0.0)
    assert [each.user.name for each in here.members if each.user.user_id == "ann"] == ["Ann"]
    assert [each.user.name for each in there.members] == ["Annabel"]
    with pytest.raises(Forbidden):  # the owner of the one is an annotator in the other
        everybody(store, Viewer(ORGANIZATION, "ann", "annotator"))


def test_who_was_deleted_or_renamed_keeps_their_work(store: Store) -> None:
    ann = Member(ORGANIZATION, "ann", "ann@acme.example", "Ann", role="annotator")
    store.write(
        [
            annotation(1, "2024-03-04 12:00", lead_time=30),
            annotation(2, "2024-03-04 12:00", lead_time=5, completed_by=None),
            review(1, "2024-03-05 12:00", "accepted"),
        ]
    )

    def people() -> list[tuple[Any, ...]]:
        report = everybody(store)
        assert report.values["total_time"] == 30.0  # what has no owner is nobody's
        assert report.values["received_accepted"] == 1
        with store.reading() as reader:
            query = parse({})
            asked = scope(OWNER, query, reader.standing(OWNER, query)).scope
            listed = [each for each in reader.members(asked, "", 50) if each.user_id == "ann"]
        assert listed == [each.user for each in report.members if each.user.user_id == "ann"]
        return [(user.name, user.email, user.active, user.role) for user in listed]

    assert people() == [("Ann", "ann@acme.example", True, "annotator")]
    store.write([Member(ORGANIZATION, "ann", "anna@acme.example", "Anna", role="reviewer", active=False)])
    assert people() == [("Anna", "anna@acme.example", False, "reviewer")]
    store.remove([ann])
    assert people() == [(None, None, True, None)]
    store.write([ann])
    assert people() == [("Ann", "ann@acme.example", True, "annotator")]


def test_everybody_is_listed_once_and_the_same_in_the_list_and_in_the_table(store: Store) -> None:
    store.write(
        [
            annotation(1, "2024-03-04 12:00", lead_time=30),
            annotation(2, "2024-03-04 12:00", lead_time=30, completed_by="ghost"),
            review(1, "2024-03-05 12:00", "accepted", reviewer_id="phantom"),
            comment(1, "2024-03-05 12:00", created_by="ghost"),
            Member(ORGANIZATION, "twin", "ANN@acme.example", "Ann", role="annotator"),
            Member(ORGANIZATION, "blank", " ", " ", role="annotator"),
        ]
    )
    for viewer, known in ((OWNER, {"ghost", "phantom"}), (LEAD, set())):
        with store.reading() as reader:
            query = parse({})
            asked = scope(viewer, query, reader.standing(viewer, query)).scope
            chosen = [each.user_id for each in reader.members(asked, "", 100)]
        report = everybody(store, viewer, idle="show")
        assert sorted(chosen) == [each.user.user_id for each in report.members]
        assert set(chosen) == {"boss", "lead", "ann", "bob", "rev", "twin", "blank"} | known
        assert report.asked_about == len(chosen)


def test_who_left_a_project_is_shown_with_what_they_did_in_it(store: Store) -> None:
    store.set_memberships(ORGANIZATION, "bob", [Membership(ORGANIZATION, "bob", None, "p1")])
    store.write([annotation(1, "2024-03-04 12:00", lead_time=30, completed_by="bob")])
    before = everybody(store, LEAD)
    store.set_memberships(ORGANIZATION, "bob", [])
    assert told(everybody(store, LEAD), "total_time") == told(before, "total_time") == {"bob": 30.0}
    own = ask(store, Viewer(ORGANIZATION, "bob", "annotator"), **MARCH)
    assert (own.values["total_time"], own.scope) == (0.0, ())


# -- In which order ---------------------------------------------------------------------------------------------------


def test_pages_of_any_order_hold_everybody_once_with_gaps_last(store: Store) -> None:
    facts: list[Fact] = []
    for number in range(60):
        user = f"m{number * 37 % 60:02}"
        when = {"completed_by": user, "task_id": number}
        facts.append(annotation(number, "2024-03-04 12:00", lead_time=None if number % 3 else number % 5, **when))
        if number % 4 == 0:
            facts.append(review(number, "2024-03-05 12:00", "accepted", annotation_id=number, **when))
    store.write(facts)
    report = everybody(store)
    ids = {each.user.user_id for each in report.members}
    assert len(ids) == 61
    for key, descending, size in itertools.product((MEMBER, *BY_KEY), (False, True), SIZES[:2]):
        pages = [
            page_of(report.members, Table(sort=key, descending=descending, page=page, size=size))
            for page in range(1, page_of(report.members, Table(size=size)).pages + 1)
        ]
        rows = [each for page in pages for each in page.rows]
        assert rows == list(sorted_members(report.members, Table(sort=key, descending=descending)))
        assert {each.user.user_id for each in rows} == ids
        if key == MEMBER:
            continue
        numbers = [each.values[key] for each in rows]
        there = [number for number in numbers if number is not None]
        assert numbers == there + [None] * (len(numbers) - len(there))
        assert there == sorted(there, reverse=descending)
        for one, next_ in itertools.pairwise(rows):
            if one.values[key] == next_.values[key]:
                assert one.user.user_id < next_.user.user_id
