"""What holds for any facts: reports agree with a plain computation, days add up, filters only narrow."""

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwidget.facts import Annotation, Fact, Member, Project, Recorded, Review
from perfwidget.question.access import Viewer
from perfwidget.report import Report
from perfwidget.stores import Store, open_store
from tests.conftest import NewStore, costly, enough
from tests.worlds import ask

COUNTED = {"submitted", "updated", "accepted", "fixed_and_accepted", "deleted_review"}
ACTIONS = sorted(COUNTED | {"rejected", "imported", "skipped", "something new"})
IDS = (10, 9, "9x", 100, "b", "B", 8, -3, -20, "08", 7, 99)
"""Of reviews: neither their numbers nor their texts are in the order of the list."""
ZONES = ["UTC", "Europe/Berlin", "America/Phoenix", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe"]
SPRING = datetime(2024, 3, 25, tzinfo=UTC)
_numbers = itertools.count()


@pytest.fixture(scope="module")
def store(new_store: NewStore) -> Iterator[Store]:
    """One store for all examples, each of which is an organization of its own."""
    opened = open_store(new_store())
    yield opened
    opened.close()


_instants = st.integers(0, 14 * 24 * 60 - 1).map(lambda minutes: SPRING + timedelta(minutes=minutes))
_times = (
    st.none()
    | st.integers(0, 10**7).map(lambda thousandths: thousandths / 1000)
    | st.sampled_from((-3, float("nan"), 50_000, 86_400))
)
_rows = st.tuples(_instants, _times, st.sampled_from(ACTIONS), st.booleans(), st.sampled_from("abc"), st.integers(0, 9))
_reviews = st.tuples(
    _instants | st.sampled_from([SPRING - timedelta(days=9), SPRING + timedelta(days=3)]),
    st.sampled_from(["accepted", "rejected", "fixed_and_accepted", "other"]),
    st.none() | st.integers(0, 100).map(lambda hundredths: hundredths / 100),
    st.sampled_from("abc"),
    st.sampled_from(("rev", "rev", "ann", None)),
)
_worlds = st.tuples(st.lists(_rows, max_size=25), st.lists(_reviews, max_size=12), st.sampled_from(ZONES))


def written(store: Store, world: tuple[list[tuple], list[tuple], str]) -> tuple[str, list[Annotation], list[Review]]:  # type: ignore[type-arg]
    """Keep a world's facts in an organization of its own and return them."""
    organization = f"o{next(_numbers)}"
    rows, reviews, _ = world
    annotations = [
        Annotation(
            organization,
            number,
            project,
            number,
            "ann",
            instant - timedelta(days=age),
            completed_at=instant,
            updated_at=instant,
            lead_time=time,
            last_action=action,
            was_cancelled=cancelled,
        )
        for number, (instant, time, action, cancelled, project, age) in enumerate(rows)
    ]
    told = [
        Review(organization, IDS[number], number % 5, project, 1, "ann", reviewer, action, score, created_at=instant)
        for number, (instant, action, score, project, reviewer) in enumerate(reviews)
    ]
    facts: list[Fact] = [Member(organization, "ann", None, None, role="annotator"), *annotations, *told]
    facts += [Project(organization, project, None, title=project) for project in "abc"]
    facts.append(Recorded(organization, "reviews"))
    store.write(facts, unknown="keep")
    return organization, annotations, told


def microseconds(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def asked(store: Store, organization: str, zone: str, **more: object) -> Report:
    owner = Viewer(organization, "boss", "owner")
    period = {"from_": "2024-03-26", "to": "2024-04-06", "tz": zone}
    return ask(store, owner, user="ann", **{**period, **more})  # type: ignore[arg-type]


def in_order(review: Review) -> tuple[object, ...]:
    """Return by what a review comes after another one: its instant, then its id, numbers before texts."""
    number = isinstance(review.review_id, int)
    return review.created_at, not number, review.review_id if number else 0, "" if number else review.review_id


def plainly(
    annotations: list[Annotation], reviews: list[Review], zone: str, days: set[date], whole: set[date]
) -> dict[str, object]:
    """Work out the figures of some days of a whole with exact fractions, straight from their definitions."""

    def on(instant: datetime, those: set[date] = days) -> bool:
        return instant.astimezone(ZoneInfo(zone)).date() in those

    def usable(rows: list[Annotation]) -> list[Fraction]:
        return [Fraction(str(row.lead_time)) for row in rows if row.lead_time is not None and row.lead_time >= 0]

    mine = [row for row in annotations if on(row.completed_at)]
    kept = [row for row in mine if not row.was_cancelled]
    counted = [row for row in kept if row.last_action in COUNTED]
    times = usable(counted)
    of_whole = usable(
        [
            row
            for row in annotations
            if on(row.completed_at, whole) and not row.was_cancelled and row.last_action in COUNTED
        ]
    )
    long = [time for time in times if median(of_whole) and time > 10 * median(of_whole)]
    actions = [each for each in reviews if each.action in ("accepted", "rejected", "fixed_and_accepted")]
    of_annotation: dict[object, list[Review]] = {}
    for each in sorted(actions, key=in_order):
        of_annotation.setdefault(each.annotation_id, []).append(each)
    firsts = [told[0] for told in of_annotation.values() if on(told[0].created_at)]
    active = [row.completed_at for row in mine if row.was_cancelled or row.last_action in COUNTED | {"rejected"}]
    taken = [each for each in actions if on(each.created_at) and each.reviewer_id == "ann"]
    active += [each.created_at for each in taken]
    updated = [row for row in counted if row.last_action == "updated"]
    scores = {"accepted": Fraction(1), "rejected": Fraction(0)}
    received = [review for review in reviews if on(review.created_at) and review.action != "other"]
    others = [review for review in received if review.reviewer_id != "ann"]

    def marks(some: list[Review]) -> list[Fraction]:
        told = (scores.get(each.action, None if each.score is None else Fraction(str(each.score))) for each in some)
        return [mark for mark in told if mark is not None]

    known = marks(received)
    moved = [
        row
        for row in annotations
        if not row.was_cancelled
        and row.last_action in COUNTED
        and on(row.created_at)
        and row.completed_at.astimezone(ZoneInfo(zone)).date() > max(days)
    ]
    by_day: dict[date, Fraction] = {}
    for row in counted:
        if row.lead_time is not None and row.lead_time >= 0:
            day = row.completed_at.astimezone(ZoneInfo(zone)).date()
            by_day[day] = by_day.get(day, Fraction()) + Fraction(str(row.lead_time))
    return {
        "submitted_annotations": len(counted),
        "updated": len(updated),
        "updated_after_rejection": sum(
            row.annotation_id in of_annotation and of_annotation[row.annotation_id][-1].action == "rejected"
            for row in updated
        ),
        "received_accepted": sum(each.action == "accepted" for each in received),
        "received_fixed_and_accepted": sum(each.action == "fixed_and_accepted" for each in received),
        "received_rejected": sum(each.action == "rejected" for each in received),
        "first_pass": (
            float(Fraction(sum(each.action != "rejected" for each in firsts), len(firsts))) if firsts else None
        ),
        "long_time": None if counted and not times else float(sum(long)),
        "long_annotations": len(long),
        "annotations_reviewed": len({each.annotation_id for each in taken}),
        "last_active": max((microseconds(each) for each in active), default=None),
        "skipped": len(mine) - len(kept),
        "rejected": sum(row.last_action == "rejected" for row in kept),
        "other_actions": sum(row.last_action not in COUNTED | {"rejected"} for row in kept),
        "total_time": None if counted and not times else float(sum(times)),
        "time_per_annotation_median": float(median(times)) if times else None,
        "total_time_median": float(len(counted) * median(times)) if times else None,
        "time_per_annotation_average": float(sum(times) / len(times)) if times else None,
        "performance_score": float(sum(known) / len(known)) if known else None,
        "own_reviews": len(received) - len(others),
        "performance_score_without_own_reviews": (
            float(sum(marks(others)) / len(marks(others))) if len(received) > len(others) and marks(others) else None
        ),
        "first_submitted_earlier": sum(row.created_at.astimezone(ZoneInfo(zone)).date() < min(days) for row in counted),
        "moved_later": len(moved),
        "moved_later_time": float(sum(Fraction(str(row.lead_time)) for row in moved if (row.lead_time or -1) >= 0)),
        "days_over_24_hours": sum(time > 86_400 for time in by_day.values()),
    }


@costly
@given(_worlds)
def test_reports_agree_with_a_plain_computation(store: Store, engine: str, world: tuple) -> None:  # type: ignore[type-arg]
    if enough(engine, "reports"):
        return
    organization, annotations, reviews = written(store, world)
    report = asked(store, organization, world[2])
    days = {point.bucket.first for point in report.series}
    expected = plainly(annotations, reviews, world[2], days, days)
    assert {key: report.values[key] for key in expected} == expected
    for point in report.series:
        of_day = plainly(annotations, reviews, world[2], {point.bucket.first}, days)
        assert {key: point.values[key] for key in of_day if key in point.values} == {
            key: value for key, value in of_day.items() if key in point.values
        }


@costly
@given(_worlds)
def test_days_add_up_to_the_whole_and_weeks_to_the_same(store: Store, engine: str, world: tuple) -> None:  # type: ignore[type-arg]
    if enough(engine, "days_ad"):
        return
    organization, _, _ = written(store, world)
    report = asked(store, organization, world[2])
    for key in ("submitted_annotations", "submitted", "updated", "skipped"):
        assert sum(point.values[key] for point in report.series) == report.values[key]  # type: ignore[misc]
    times = [Fraction(str(point.values["total_time"])) for point in report.series if point.values["total_time"]]
    assert float(sum(times)) == (report.values["total_time"] or 0.0)


@costly
@given(_worlds, st.sets(st.sampled_from("abc"), min_size=1))
def test_filters_only_narrow_and_all_projects_are_the_union(
    store: Store, engine: str, world: tuple, some: set[str]
) -> None:  # type: ignore[type-arg]
    if enough(engine, "filters"):
        return
    organization, _, _ = written(store, world)
    whole = asked(store, organization, world[2])
    assert asked(store, organization, world[2], project=list("abc")).values == whole.values
    part = asked(store, organization, world[2], project=sorted(some))
    rest = sorted(set("abc") - some)
    other = asked(store, organization, world[2], project=rest) if rest else None
    for key in (
        "submitted_annotations",
        "skipped",
        "rejected",
        "other_actions",
        "lead_time_missing",
        "lead_time_invalid",
    ):
        of_rest = other.values[key] if other else 0
        assert part.values[key] <= whole.values[key]  # type: ignore[operator]
        assert part.values[key] + of_rest == whole.values[key]  # type: ignore[operator]
