"""Several members together: the report of a set is that of its rows, and a member's row is their own report."""

import itertools
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwidget.errors import Forbidden
from perfwidget.facts import Annotation, Comment, Fact, Member, Membership, Project, Recorded, Review, ReviewVisit
from perfwidget.metrics import BY_BUCKET, BY_KEY, BY_MEMBER, BY_PROJECT, METRICS, WHOLE, Axis, Number
from perfwidget.question.access import ScopedQuery, Viewer, scope
from perfwidget.question.period import Grain
from perfwidget.question.query import Query, parse
from perfwidget.question.table import Table
from perfwidget.report import Report, read_report
from perfwidget.report import report as report_of
from perfwidget.report.reading import told_by
from perfwidget.report.team import read_projects
from perfwidget.stores import Store, open_store
from perfwidget.stores.answering import Numbers
from tests.conftest import NewStore, costly, enough

SPRING = datetime(2024, 3, 25, tzinfo=UTC)
PEOPLE = ("a", "b", "c")
IDS = (10, 9, "9x", 100, "b", "B", 8, -3, -20, "08", 7, 99)
"""Of reviews: neither their numbers nor their texts are in the order of the list."""
TOGETHER = "together"
LONG = ("long_time", "long_annotations")
_numbers = itertools.count()


@pytest.fixture(scope="module")
def store(new_store: NewStore) -> Iterator[Store]:
    """One store for all examples, each of which is an organization of its own."""
    opened = open_store(new_store())
    yield opened
    opened.close()


_instants = st.integers(0, 10 * 24 * 60 - 1).map(lambda minutes: SPRING + timedelta(minutes=minutes))
_same_instants = st.sampled_from([SPRING - timedelta(days=30), *(SPRING + timedelta(days=day) for day in (2, 3, 20))])
_times = st.none() | st.integers(0, 10**6).map(lambda thousandths: thousandths / 1000) | st.sampled_from((-3, 90_000))
_actions = st.sampled_from(["submitted", "updated", "updated", "accepted", "rejected", "imported", "something new"])
_annotations = st.lists(
    st.tuples(_instants, st.sampled_from([*PEOPLE, None]), st.sampled_from("pq"), _times, _actions, st.booleans()),
    max_size=20,
)
_reviews = st.lists(
    st.tuples(
        st.integers(0, 19) | st.integers(0, 2),
        _instants | _same_instants,
        st.sampled_from(["accepted", "rejected", "fixed_and_accepted", "other"]),
        st.none() | st.integers(0, 100).map(lambda hundredths: hundredths / 100),
        st.sampled_from([*PEOPLE, "rev"]),
    ),
    max_size=12,
)
_visits = st.lists(
    st.tuples(_instants, st.none() | st.integers(-60, 600), st.sampled_from([*PEOPLE, "rev"]), st.sampled_from("pq")),
    max_size=6,
)
_comments = st.lists(
    st.tuples(_instants, st.sampled_from([*PEOPLE, None]), st.sampled_from([*PEOPLE, "rev"]), st.sampled_from("pq")),
    max_size=6,
)
_worlds = st.tuples(_annotations, _reviews, _visits, _comments)
_sets = st.sets(st.sampled_from(PEOPLE), min_size=2)


def written(store: Store, world: tuple[Any, ...], merged: Collection[str] = ()) -> str:
    """Keep a world in an organization of its own, and let one member have done what all of the `merged` did."""
    organization = f"o{next(_numbers)}"

    def named(user: str | None) -> str | None:
        return TOGETHER if user in merged else user

    rows, reviews, visits, *more = world
    facts: list[Fact] = [
        Annotation(
            organization,
            number,
            project,
            number,
            named(owner),
            instant - timedelta(days=number % 4),
            completed_at=instant,
            completed_at_estimated=number % 3 == 0,
            updated_at=instant,
            lead_time=time,
            last_action=action,
            was_cancelled=cancelled,
        )
        for number, (instant, owner, project, time, action, cancelled) in enumerate(rows)
    ]
    for number, (place, instant, action, score, reviewer) in enumerate(reviews):
        if place < len(rows):
            _, owner, project, *_ = rows[place]
            facts.append(
                Review(
                    organization,
                    IDS[number],
                    place,
                    project,
                    place,
                    named(owner),
                    named(reviewer),
                    action,
                    score,
                    created_at=instant,
                )
            )
    for number, (opened, lasted, visitor, project) in enumerate(visits):
        closed = None if lasted is None else opened + timedelta(seconds=lasted)
        facts.append(ReviewVisit(organization, number, 1, project, named(visitor) or "rev", opened, closed))
    for number, (made, owner, author, project) in enumerate(itertools.chain(*more)):
        facts.append(
            Comment(
                organization, number, number, project, number, named(owner), named(author) or author, "…", made, made,
                is_resolved=False,
            )
        )  # fmt: skip
    facts += [Member(organization, each, None, None, role="annotator") for each in (*PEOPLE, TOGETHER)]
    facts += [Project(organization, project, None, title=project) for project in "pq"]
    facts += [Recorded(organization, kind) for kind in ("reviews", "review_visits", "comments")]
    facts += [Member(organization, "lead", None, None, role="manager"), Membership(organization, "lead", None, "p")]
    store.write(facts, unknown="keep")
    return organization


def question(**more: object) -> Query:
    query = parse({"from": ["2024-03-26"], "to": ["2024-04-02"], "tz": ["Europe/Berlin"]})
    return replace(query, **more)  # type: ignore[arg-type]


def scoped(store: Store, viewer: Viewer, query: Query) -> ScopedQuery:
    with store.reading() as reader:
        return scope(viewer, query, reader.standing(viewer, query))


def reported(store: Store, viewer: Viewer, query: Query) -> Report:
    asked = scoped(store, viewer, query)
    with store.reading() as reader:
        return read_report(reader, asked, query, Grain.DAY)


def owner(organization: str) -> Viewer:
    return Viewer(organization, "boss", "owner")


def of(store: Store, organization: str, *users: str) -> Report:
    """Return the report of a set, those without activity among its members."""
    return reported(store, owner(organization), question(users=users, table=Table(idle=True)))


@costly
@given(_worlds, _sets)
def test_the_report_of_a_set_is_that_of_its_rows(store: Store, engine: str, world: tuple, users: set[str]) -> None:  # type: ignore[type-arg]
    if enough(engine, "sets"):
        return
    together = of(store, written(store, world), *users)
    one = of(store, written(store, world, merged=users), TOGETHER)
    # Of one member a review of the other's annotation is their own, and a comment on it; the product with the median,
    # what is long by it, and long days are each one's own.
    apart = {"own_reviews", "performance_score_without_own_reviews", "total_time_median", "days_over_24_hours"}
    apart |= {"comments_received", *LONG}
    assert {key: value for key, value in together.values.items() if key not in apart} == {
        key: value for key, value in one.values.items() if key not in apart
    }
    for mine, theirs in zip(together.series, one.series, strict=True):
        own = dict.fromkeys(("total_time_median", *LONG))
        assert mine.values | own == theirs.values | own
        assert mine.values["total_time_median"] is None


@costly
@given(_worlds, _sets)
def test_the_row_of_a_member_is_their_own_report(store: Store, engine: str, world: tuple, users: set[str]) -> None:  # type: ignore[type-arg]
    if enough(engine, "rows"):
        return
    organization = written(store, world)
    together = of(store, organization, *users)
    assert [each.user.user_id for each in together.members] == sorted(users)
    reports = {user: of(store, organization, user) for user in users}
    own = {user: report.values for user, report in reports.items()}
    assert {each.user.user_id: each.values for each in together.members} == own
    # The line of each is the series of their own report, day by day.
    assert {each.user.user_id: each.series for each in together.lines} == {
        user: report.series for user, report in reports.items()
    }
    sums = ("own_reviews", "days_over_24_hours", "moved_later", "long_annotations", "comments_received")
    for key in (*sums, "comments_added", "received_rejected"):
        assert together.values[key] == sum(numbers(own, key))
    long = [value or 0 for value in numbers(own, "long_time")]
    assert (together.values["long_time"] or 0) == pytest.approx(sum(long), rel=1e-12)
    assert sum(point.values["long_annotations"] for point in together.series) == sum(numbers(own, "long_annotations"))  # type: ignore[misc]
    active = [value for value in numbers(own, "last_active") if value is not None]
    assert together.values["last_active"] == max(active, default=None)
    assert together.values["annotations_reviewed"] <= sum(numbers(own, "annotations_reviewed"))  # type: ignore[operator]
    products = [value for value in numbers(own, "total_time_median") if value is not None]
    assert together.values["total_time_median"] == (pytest.approx(sum(products), rel=1e-12) if products else None)


def numbers(own: dict[str, dict[str, Number]], key: str) -> list[float]:  # type: ignore[type-arg]
    return [values[key] for values in own.values()]  # type: ignore[misc]


@costly
@given(_worlds)
def test_everybody_is_all_members_and_nobody_s_work_is_theirs(store: Store, engine: str, world: tuple) -> None:  # type: ignore[type-arg]
    if enough(engine, "everybody"):
        return
    organization = written(store, world)
    everybody = reported(store, owner(organization), question(everybody=True))
    named = of(store, organization, *{*PEOPLE, *(each.user.user_id for each in everybody.members)})
    assert everybody.values == named.values
    assert everybody.series == named.series
    with_facts = {each.user.user_id: each.values for each in everybody.members}
    assert with_facts == {user: of(store, organization, user).values for user in with_facts}
    manager = Viewer(organization, "lead", "manager")
    theirs = reported(store, manager, question(everybody=True))
    # A manager chooses among the organization's members, which "rev" is none of, in their own projects.
    assert theirs.values == reported(store, owner(organization), question(users=PEOPLE, projects=("p",))).values


@costly
@given(_worlds, _sets)
def test_projects_add_up_and_tell_what_each_alone_tells(
    store: Store, engine: str, world: tuple, users: set[str]
) -> None:  # type: ignore[type-arg]
    if enough(engine, "projects"):
        return
    organization = written(store, world)
    query = question(users=tuple(users))
    both = (Axis.MEMBER, Axis.PROJECT)
    with store.reading() as reader:
        asked = scoped(store, owner(organization), query)
        answer = reader.answer(asked, [WHOLE, BY_PROJECT, BY_MEMBER, both])
    for (project,), place in places(answer.numbers[BY_PROJECT].keys):
        alone = reported(store, owner(organization), question(users=tuple(users), projects=(project,)))
        assert told(answer.numbers[BY_PROJECT].aggregates, place) == comparable(alone.values)
    for (user, project), place in places(answer.numbers[both].keys):
        alone = reported(store, owner(organization), question(users=(user,), projects=(project,)))
        assert told(answer.numbers[both].aggregates, place) == comparable(alone.values)


@costly
@given(_worlds, st.sampled_from([("a",), ("a", "b"), ()]))
def test_projects_by_themselves_are_reports_of_each_alone(
    store: Store, engine: str, world: tuple, users: tuple[str, ...]
) -> None:  # type: ignore[type-arg]
    if enough(engine, "projects alone"):
        return
    organization = written(store, world)

    def asking(*projects: str) -> Report:
        query = question(users=users, everybody=not users, projects=projects)
        return report_of(store, owner(organization), query)

    found = asking().by_project
    assert found is not None
    assert {each.project_id: each.values for each in found} == {
        each.project_id: asking(each.project_id).values for each in found
    }
    # Those that are not there have nothing.
    for project in {"p", "q"} - {each.project_id for each in found}:
        assert asking(project).by_project == ()


def test_some_of_everybody_are_nobody_else(store: Store) -> None:
    day = SPRING + timedelta(days=2)
    rows = [(day, user, "p", 10, "submitted", False) for user in ("a", "rev")]
    organization = written(store, (rows, [], []))

    def counted(viewer: Viewer, query: Query, *members: str) -> dict[tuple[str, ...], Number]:
        with store.reading() as reader:
            asked = scoped(store, viewer, query).among(members)
            found = reader.answer(asked, [BY_MEMBER]).numbers[BY_MEMBER]
        return told_of("submitted_annotations", found)

    # "rev" worked and is no member of the organization: those who see all of it see that, a manager does not.
    lead = Viewer(organization, "lead", "manager")
    everybody = question(everybody=True)
    assert counted(owner(organization), everybody, "a", "rev") == {("a",): 1, ("rev",): 1}
    assert counted(lead, everybody, "a", "rev") == {("a",): 1, ("rev",): 0}
    assert counted(lead, everybody, "rev") == {("rev",): 0}
    # Somebody of another organization is nobody here.
    elsewhere = written(store, ([(day, "z", "p", 10, "submitted", False)], [], []))
    assert counted(owner(elsewhere), everybody, "z") == {("z",): 1}
    assert counted(owner(organization), everybody, "z") == {("z",): 0}
    # Of some, some.
    with pytest.raises(ValueError, match="none of those"):
        counted(owner(organization), question(users=("a", "b")), "a", "rev")
    with pytest.raises(ValueError, match="none of those"):
        scoped(store, lead, everybody).among(["a"]).among(["a", "b"])


@costly
@given(_worlds, st.sampled_from(PEOPLE))
def test_a_project_of_a_member_is_their_own_report_of_it(store: Store, engine: str, world: tuple, user: str) -> None:  # type: ignore[type-arg]
    if enough(engine, "projects of a member"):
        return
    organization = written(store, world)
    for viewer in (owner(organization), Viewer(organization, "lead", "manager")):
        query = question(users=("a", "b", "c"), compare=True)
        asked = scoped(store, viewer, query)
        with store.reading() as reader:
            found = read_projects(reader, asked.among([user]), query, asked.dated)
        listed = {each.project_id: each for each in found}
        assert set(listed) <= ({"p"} if viewer.role == "manager" else {"p", "q"})
        for project in "pq" if viewer.role == "owner" else "p":
            alone = reported(store, viewer, question(users=(user,), projects=(project,), compare=True))
            assert alone.previous is not None
            if project in listed:
                assert listed[project].values == alone.values
                assert listed[project].before == alone.previous.values
            else:  # nothing is left out that has anything to say
                assert not any(alone.values[metric.key] for metric in METRICS)


def places(keys: Sequence[tuple[str, ...]]) -> Iterator[tuple[tuple[str, ...], int]]:
    return zip(keys, itertools.count(), strict=False)


def told(aggregates: object, place: int) -> dict[str, Number]:
    return comparable({metric.key: metric.formula.values(aggregates)[place] for metric in METRICS})  # type: ignore[arg-type]


def comparable(values: dict[str, Number]) -> dict[str, Number]:  # type: ignore[type-arg]
    """Leave out what is not recorded, as aggregates alone do not know that, and what is long by all projects."""
    return {metric.key: values[metric.key] for metric in METRICS if metric.needs != "flags" and metric.key not in LONG}


def test_who_may_not_choose_gets_no_set(store: Store) -> None:
    organization = written(store, ([], [], []))
    for asked in (question(everybody=True), question(users=("a", "b")), question(users=("b", "nobody"))):
        for role in ("annotator", "reviewer"):
            with pytest.raises(Forbidden):
                scoped(store, Viewer(organization, "a", role), asked)
    for role in ("owner", "manager"):
        with pytest.raises(Forbidden):
            scoped(store, Viewer(organization, "lead", role), question(users=("a", "nobody")))
    assert scoped(store, Viewer(organization, "a", "annotator"), question(users=("a",))).subjects == {"a"}


def test_long_days_and_own_reviews_of_a_set_are_each_members_own(store: Store) -> None:
    day, hour = SPRING + timedelta(days=2), timedelta(hours=1)
    rows = [
        (day, "a", "p", 86_400, "submitted", False),
        (day + hour, "b", "p", 80_000, "submitted", False),
        (day + 2 * hour, "b", "q", 6_401, "updated", False),
        (day + 24 * hour, "b", "q", 90_000, "accepted", False),
    ]
    # a accepts her own and one of b's, rev rejects the other of b's: without own ones (1 + 0) / 2.
    reviews = [(0, day, "accepted", None, "a"), (1, day, "accepted", None, "a"), (2, day, "rejected", None, "rev")]
    organization = written(store, (rows, reviews, []))
    for report in (of(store, organization, "a", "b"), reported(store, owner(organization), question(everybody=True))):
        assert report.values["days_over_24_hours"] == 2
        assert report.values["performance_score_without_own_reviews"] == 0.5
        members = {each.user.user_id: each.values for each in report.members if each.user.user_id in PEOPLE}
        assert {user: values["days_over_24_hours"] for user, values in members.items()} == {"a": 0, "b": 2}
        scores = {user: values["performance_score_without_own_reviews"] for user, values in members.items()}
        assert scores == {"a": None, "b": None}
    with store.reading() as reader:  # b has 6,401 s in the other project on the day of 80,000
        asked = scoped(store, owner(organization), question(users=("a", "b")))
        numbers = reader.answer(asked, [WHOLE, BY_PROJECT, BY_MEMBER]).numbers
    counted = {group: told_of("days_over_24_hours", numbers[group]) for group in numbers}
    assert counted == {WHOLE: {(): 2}, BY_PROJECT: {("p",): 0, ("q",): 1}, BY_MEMBER: {("a",): 0, ("b",): 2}}


def test_what_no_number_of_a_day_speaks_of_is_no_0_by_bucket(store: Store) -> None:
    organization = written(store, ([(SPRING + timedelta(days=2), "a", "p", 5, "submitted", False)], [], []))
    whom = scoped(store, owner(organization), question(users=("a",)))
    buckets = whom.dated.buckets(Grain.DAY)
    with store.reading() as reader:
        numbers = reader.answer(whom, [BY_BUCKET], buckets, [BY_KEY["submitted"], BY_KEY["comments_added"]]).numbers
    assert sum(value or 0 for value in told_of("submitted", numbers[BY_BUCKET]).values()) == 1
    with pytest.raises(KeyError):
        told_of("comments_added", numbers[BY_BUCKET])


def test_the_product_with_the_median_of_a_set_is_the_sum_of_the_members_own(store: Store) -> None:
    day = SPRING + timedelta(days=2)
    # a has 4 × 20, b 2 × 8 and in each project 1 × 7 and 1 × 9; c has no time. Of all rows together it were 7 × 10.
    rows = [(day, "a", "p", time, "submitted", False) for time in (10, 20, 40, None)]
    rows += [(day, "b", "p", 7, "submitted", False), (day, "b", "q", 9, "updated", False)]
    rows += [(day, "c", "q", None, "submitted", False)]
    organization = written(store, (rows, [], []))
    report = of(store, organization, "a", "b", "c")
    assert report.values["total_time_median"] == 96.0
    own = {each.user.user_id: each.values["total_time_median"] for each in report.members}
    assert own == {"a": 80.0, "b": 16.0, "c": None}
    for asked in (question(users=("a", "b", "c")), question(everybody=True)):
        for groups in ([WHOLE, BY_PROJECT], [WHOLE, BY_PROJECT, BY_MEMBER]):
            with store.reading() as reader:
                numbers = reader.answer(scoped(store, owner(organization), asked), groups).numbers
            assert told_of("total_time_median", numbers[WHOLE]) == {(): 96.0}
            assert told_of("total_time_median", numbers[BY_PROJECT]) == {("p",): 87.0, ("q",): 9.0}


def told_of(key: str, numbers: Numbers) -> dict[tuple[str, ...], Number]:
    return dict(zip(numbers.keys, BY_KEY[key].formula.values(numbers.aggregates), strict=True))


def test_what_is_long_is_longer_than_ten_of_the_members_own_medians(store: Store) -> None:
    day = SPRING + timedelta(days=2)
    # a's median is 10 and c's 3.5; that of b's two projects together is 1, and in q alone it is 20.5. Of all it is 10.
    times = {"a": (10, 10, 10, 101, 100), "b": (1, 1, 1, 11), "c": (3, 3, 4, 35)}
    rows = [(day, user, "p", time, "submitted", False) for user, mine in times.items() for time in mine]
    rows += [(day + timedelta(days=1), "b", "q", time, "updated", False) for time in (1, 40)]
    organization = written(store, (rows, [], []))
    for query in (question(users=PEOPLE), question(everybody=True)):
        report = reported(store, owner(organization), query)
        assert (report.values["long_time"], report.values["long_annotations"]) == (152.0, 3)
        own = {each.user.user_id: each.values["long_time"] for each in report.members}
        assert own == {"a": 101.0, "b": 51.0, "c": 0.0}
        by_day = {str(point.bucket.first): point.values["long_time"] for point in report.series}
        assert (by_day["2024-03-27"], by_day["2024-03-28"], by_day["2024-03-29"]) == (112.0, 40.0, 0.0)
        with store.reading() as reader:
            found = reader.answer(scoped(store, owner(organization), query), [BY_PROJECT, BY_MEMBER]).numbers
        assert told_of("long_annotations", found[BY_PROJECT]) == {("p",): 2, ("q",): 1}
        assert told_of("long_annotations", found[BY_MEMBER]) == {("a",): 1, ("b",): 2, ("c",): 0}
        apart = report_of(store, owner(organization), query).by_project
        assert apart is not None
        assert {each.project_id: each.values["long_time"] for each in apart} == {"p": 112.0, "q": 0.0}


def test_who_reviewed_the_same_annotation_reviewed_one(store: Store) -> None:
    day = SPRING + timedelta(days=2)
    rows = [(day, "c", "p", 1, "submitted", False), (day, "c", "q", 1, "submitted", False)]
    reviews = [(0, day, "rejected", None, "a"), (0, day, "accepted", None, "b"), (1, day, "accepted", None, "b")]
    organization = written(store, (rows, reviews, []))
    report = of(store, organization, "a", "b")
    assert report.values["annotations_reviewed"] == 2
    assert [each.values["annotations_reviewed"] for each in report.members] == [1, 2]
    with store.reading() as reader:
        found = reader.answer(scoped(store, owner(organization), question(users=("a", "b"))), [BY_PROJECT]).numbers
    assert told_of("annotations_reviewed", found[BY_PROJECT]) == {("p",): 1, ("q",): 1}


def test_a_set_as_json_names_its_members(store: Store) -> None:
    organization = written(store, ([(SPRING + timedelta(days=2), "a", "p", 90, "submitted", False)], [], []))
    answer = json.loads(of(store, organization, "b", "a").to_json())
    assert answer["user"] is None
    assert [each["id"] for each in answer["users"]] == ["a", "b"]
    assert [(each["user"]["id"], each["summary"]["total_time"]) for each in answer["members"]] == [
        ("a", 90.0),
        ("b", 0.0),
    ]
    assert answer["summary"]["submitted_annotations"] == 1
    everybody = reported(store, owner(organization), question(everybody=True)).to_dict()
    assert everybody["users"] == []
    assert [each["user"]["id"] for each in everybody["members"]] == ["a"]


def test_the_members_of_a_project_in_one_question(store: Store) -> None:
    organization = written(store, ([(SPRING + timedelta(days=2), "a", "p", 90, "submitted", False)], [], []))
    query = question(users=("a", "b"))
    with store.reading() as reader:
        asked = scope(owner(organization), query, reader.standing(owner(organization), query))
        found = told_by(BY_MEMBER, reader.answer(asked, [BY_MEMBER]), METRICS, asked.dated)
        assert reader.members_of(asked.scope, "p") == {"lead"}
        own = Viewer(organization, "lead", "annotator")
        assert reader.members_of(scope(own, Query(), reader.standing(own, Query())).scope, "p") == frozenset()
    assert {user: values["submitted_annotations"] for user, values in found.items()} == {"a": 1, "b": 0}
