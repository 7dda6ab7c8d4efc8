"""The made-up facts: all that they promise to show, and that they agree with each other as a host's do."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import TypeVar

import pytest

from perfwidget.facts import (
    Action,
    Annotation,
    Comment,
    Fact,
    Member,
    Membership,
    Project,
    Recorded,
    Review,
    ReviewVisit,
    Workspace,
)
from perfwidget.question.access import Viewer
from perfwidget.sources.sample import REVIEW_VISITS_SINCE, sample_facts
from perfwidget.stores import open_store
from tests.worlds import ask

NOW = datetime(2026, 5, 20, 15, 30, tzinfo=UTC)  # a Wednesday
ACTIONS = {
    "prediction",
    "propagated_annotation",
    "imported",
    "submitted",
    "updated",
    "skipped",
    "accepted",
    "rejected",
    "fixed_and_accepted",
    "deleted_review",
}
REVIEWS = {"accepted", "rejected", "fixed_and_accepted"}
OWN = {"submitted", "updated", "skipped"}

_Kind = TypeVar("_Kind", bound=Fact)


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    return list(sample_facts(NOW))


def of(facts: list[Fact], kind: type[_Kind]) -> list[_Kind]:
    return [fact for fact in facts if isinstance(fact, kind)]


def member(facts: list[Fact], mailbox: str) -> Member:
    [found] = [each for each in of(facts, Member) if each.email == f"{mailbox}@demo.example"]
    return found


def histories(facts: list[Fact]) -> Iterator[tuple[Annotation, list[Action]]]:
    told: dict[object, list[Action]] = defaultdict(list)
    for action in of(facts, Action):
        told[action.annotation_id].append(action)
    for annotation in of(facts, Annotation):
        yield annotation, sorted(told[annotation.annotation_id], key=lambda action: action.created_at)


# --- how many


def test_further_members_work_for_some_weeks_each(facts: list[Fact]) -> None:
    crowd = list(sample_facts(NOW, members=224))
    assert len(of(crowd, Member)) == 224
    assert of(crowd, Member)[:24] == of(facts, Member)
    annotations = {each.annotation_id: each for each in of(crowd, Annotation)}
    assert len(annotations) == len(of(crowd, Annotation))
    days: dict[object, set[date]] = defaultdict(set)
    for each in annotations.values():
        if int(each.completed_by) > 10_000:
            days[each.completed_by].add(each.completed_at.date())
    assert len(days) > 150
    assert all(max(some) - min(some) <= timedelta(days=33) for some in days.values())
    assert list(sample_facts(NOW, members=224)) == crowd


# --- when


def test_the_same_instant_gives_the_same_facts(facts: list[Fact]) -> None:
    assert list(sample_facts(NOW)) == facts
    assert list(sample_facts(NOW, seed=8)) != facts


def test_a_later_hour_only_adds(facts: list[Fact]) -> None:
    later = of(list(sample_facts(NOW + timedelta(hours=5))), Action)
    earlier = of(facts, Action)
    assert len(later) > len(earlier)
    assert {each.key: each for each in later if each.created_at <= NOW} == {each.key: each for each in earlier}


def test_a_date_stands_for_its_end_in_utc() -> None:
    assert list(sample_facts(NOW.date())) == list(sample_facts(datetime(2026, 5, 20, 23, 59, 59, 999_999, tzinfo=UTC)))


def test_nothing_lies_after_now(facts: list[Fact]) -> None:
    instants = [
        value
        for fact in facts
        for name in fact.__dataclass_fields__
        if isinstance(value := getattr(fact, name), datetime)
    ]
    assert max(instants) <= NOW


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 5, 17, 1, 0, tzinfo=UTC),  # a Sunday, early
        datetime(2027, 1, 1, 12, 0, tzinfo=UTC),  # a holiday
        datetime(2028, 2, 29, 23, 59, tzinfo=UTC),
    ],
)
def test_work_goes_on_until_today_for_fourteen_months(now: datetime) -> None:
    done = [annotation.completed_at for annotation in of(list(sample_facts(now)), Annotation)]
    assert max(done).date() == now.date()
    assert 410 < (max(done) - min(done)).days < 430


def test_there_is_enough_to_see_and_little_enough_to_start_quickly(facts: list[Fact]) -> None:
    assert 15_000 < len(of(facts, Annotation)) < 40_000


def test_work_has_a_weekly_rhythm_and_holidays(facts: list[Fact]) -> None:
    days = Counter(annotation.completed_at.date() for annotation in of(facts, Annotation))
    weekdays = [mean(days[day] for day in days if day.weekday() == weekday) for weekday in range(7)]
    assert min(weekdays[:5]) > 2 * max(weekdays[5:])
    assert [action for action in of(facts, Action) if action.created_at.date() == date(2025, 12, 25)] == []


# --- who and what


def test_the_organization(facts: list[Fact]) -> None:
    members = of(facts, Member)
    assert {fact.organization_id for fact in facts} == {"demo"}
    assert len(members) == len({each.email for each in members}) == 24
    assert Counter(each.role for each in members).keys() == {"owner", "admin", "manager", "reviewer", "annotator"}
    assert all(each.email and each.email.endswith("@demo.example") for each in members)
    for role in ("owner", "admin", "manager", "reviewer", "annotator"):
        assert (member(facts, role).role, member(facts, role).active) == (role, True)
    assert len(of(facts, Workspace)) == 4
    assert len(of(facts, Project)) == 12
    assert [project.title for project in of(facts, Project) if project.workspace_id is None] == ["Onboarding exercises"]


def test_everything_refers_to_something_that_is_there(facts: list[Fact]) -> None:
    people = {each.user_id for each in of(facts, Member)}
    projects = {each.project_id for each in of(facts, Project)}
    workspaces = {each.workspace_id for each in of(facts, Workspace)} | {None}
    assert {project.workspace_id for project in of(facts, Project)} <= workspaces
    for held in of(facts, Membership):
        assert held.user_id in people
        assert held.workspace_id in workspaces
        assert held.project_id in projects | {None}
    for annotation in of(facts, Annotation):
        assert annotation.completed_by in people
        assert annotation.project_id in projects
    assert len({fact.key for fact in facts}) == len(facts)


def test_a_project_without_members_has_work_of_long_ago(facts: list[Fact]) -> None:
    projects = {each.project_id for each in of(facts, Membership)}
    workspaces = {each.workspace_id for each in of(facts, Membership)} - {None}
    [pilot] = [
        each for each in of(facts, Project) if each.project_id not in projects and each.workspace_id not in workspaces
    ]
    work = [each.completed_at for each in of(facts, Annotation) if each.project_id == pilot.project_id]
    assert work
    assert max(work) < NOW - timedelta(days=300)


def test_members_with_nothing_to_show(facts: list[Fact]) -> None:
    worked = {annotation.completed_by for annotation in of(facts, Annotation)}
    [newcomer] = [each for each in of(facts, Member) if each.role == "annotator" and each.user_id not in worked]
    assert newcomer.active
    assert not any(action.user_id == newcomer.user_id for action in of(facts, Action))
    [gone] = [each for each in of(facts, Member) if not each.active]
    left = max(each.completed_at for each in of(facts, Annotation) if each.completed_by == gone.user_id)
    assert NOW - timedelta(days=200) < left < NOW - timedelta(days=80)


def test_what_the_demo_accounts_have_to_show(facts: list[Fact]) -> None:
    manager, reviewer, annotator = (member(facts, role).user_id for role in ("manager", "reviewer", "annotator"))
    managed = [each for each in of(facts, Membership) if each.user_id == manager]
    assert 0 < len({each.workspace_id for each in managed} - {None}) < 4
    recent = [
        each
        for each in of(facts, Annotation)
        if each.completed_by == annotator and each.completed_at > NOW - timedelta(days=30)
    ]
    assert len(recent) > 150
    reviewed = [each for each in of(facts, Review) if each.reviewer_id == reviewer]
    annotated = [each for each in of(facts, Annotation) if each.completed_by == reviewer]
    assert len(reviewed) > 2 * len(annotated) > 400
    for role in ("owner", "admin", "manager"):
        assert any(each.completed_by == member(facts, role).user_id for each in of(facts, Annotation))


# --- how long


def test_lead_times_are_skewed_with_some_of_hours(facts: list[Fact]) -> None:
    times = [each.lead_time for each in of(facts, Annotation) if each.lead_time is not None and each.lead_time >= 0]
    assert mean(times) > 1.3 * median(times)
    assert 60 < median(times) < 300
    assert 20 < sum(time > 3_600 for time in times) < 500
    assert max(times) < 24 * 3_600


def test_a_few_lead_times_are_missing_or_invalid(facts: list[Fact]) -> None:
    annotations = of(facts, Annotation)
    missing = [each for each in annotations if each.lead_time is None]
    invalid = [each for each in annotations if each.lead_time is not None and each.lead_time < 0]
    assert 0 < len(invalid) < len(missing) < len(annotations) / 100


# --- that the facts agree with each other


def test_an_annotation_says_what_its_history_says(facts: list[Fact]) -> None:
    for annotation, history in histories(facts):
        own = [each for each in history if each.user_id == annotation.completed_by and each.action in OWN]
        first, last = history[0], history[-1]
        assert len({each.created_at for each in history}) == len(history)
        assert all((each.project_id, each.task_id) == (annotation.project_id, annotation.task_id) for each in history)
        assert annotation.created_at == first.created_at
        assert annotation.started_at == first.started_at
        assert annotation.last_action == last.action
        assert annotation.completed_at == (own[-1] if own else first).created_at
        assert annotation.was_cancelled == bool(own and own[-1].action == "skipped")
        assert last.created_at <= annotation.updated_at
        assert not annotation.completed_at_estimated
        if annotation.lead_time is not None and annotation.lead_time >= 0:
            assert sum(each.lead_time or 0 for each in own) == pytest.approx(annotation.lead_time)


def test_sessions_last_at_least_as_long_as_they_say(facts: list[Fact]) -> None:
    for action in of(facts, Action):
        if action.started_at is not None and action.lead_time is not None and action.lead_time >= 0:
            assert (action.created_at - action.started_at).total_seconds() == pytest.approx(action.lead_time, abs=2.1)


def test_nobody_works_on_two_tasks_at_once(facts: list[Fact]) -> None:
    firsts = [(each.completed_by, each.created_at, each.started_at) for each in of(facts, Annotation)]
    firsts = sorted(each for each in firsts if each[2] is not None)
    for before, after in pairwise(firsts):
        assert before[0] != after[0] or before[1] < after[2]


def test_a_bulk_edit_left_its_trace_on_one_project_only(facts: list[Fact]) -> None:
    moved = [
        annotation.project_id
        for annotation, history in histories(facts)
        if annotation.updated_at > history[-1].created_at
    ]
    assert len(set(moved)) == 1
    assert len(moved) > 500


def test_every_kind_of_last_action_occurs(facts: list[Fact]) -> None:
    assert {annotation.last_action for annotation in of(facts, Annotation)} == ACTIONS
    assert {action.action for action in of(facts, Action)} == ACTIONS


def test_reviews_are_those_of_the_history(facts: list[Fact]) -> None:
    told = {each.review_id: each for each in of(facts, Action) if each.review_id is not None}
    reviews = {each.review_id: each for each in of(facts, Review)}
    assert told.keys() == reviews.keys()
    annotations = {each.annotation_id: each for each in of(facts, Annotation)}
    latest: dict[object, Review] = {}
    for review in sorted(reviews.values(), key=lambda each: each.created_at):
        action, annotation = told[review.review_id], annotations[review.annotation_id]
        latest[review.annotation_id] = review
        assert (review.action, review.created_at) == (action.action, action.created_at)
        assert (review.reviewer_id, review.annotation_id) == (action.user_id, action.annotation_id)
        assert review.completed_by == annotation.completed_by
        assert (review.project_id, review.task_id) == (annotation.project_id, annotation.task_id)
        assert review.created_at > annotation.created_at
    for annotation in annotations.values():
        if annotation.last_action in REVIEWS:
            assert latest[annotation.annotation_id].action == annotation.last_action


def test_a_withdrawn_review_is_gone(facts: list[Fact]) -> None:
    withdrawn = [(annotation, told) for annotation, told in histories(facts) if told[-1].action == "deleted_review"]
    assert withdrawn
    for _, history in withdrawn:
        assert history[-2].action == "accepted"
        assert history[-2].review_id is None


def test_scores_belong_to_fixes_and_few_are_missing(facts: list[Fact]) -> None:
    fixes = [each for each in of(facts, Review) if each.action == "fixed_and_accepted"]
    assert all(each.score is None for each in of(facts, Review) if each.action != "fixed_and_accepted")
    assert all(0 <= each.score <= 1 for each in fixes if each.score is not None)
    assert 0 < sum(each.score is None for each in fixes) < len(fixes) / 10
    assert len({each.score for each in fixes}) > 100


def test_rework_happens_before_review_after_rejection_and_after_acceptance(facts: list[Fact]) -> None:
    steps = Counter(
        (before.action, after.action) for _, history in histories(facts) for before, after in pairwise(history)
    )
    for step in (
        ("submitted", "updated"),
        ("rejected", "updated"),
        ("accepted", "updated"),
        ("skipped", "submitted"),
        ("updated", "rejected"),
        ("updated", "accepted"),
        ("updated", "fixed_and_accepted"),
    ):
        assert steps[step] > 0, step
    assert steps["rejected", "updated"] > steps["accepted", "updated"]


def test_some_review_their_own_work(facts: list[Fact]) -> None:
    assert any(each.reviewer_id == each.completed_by for each in of(facts, Review))


# --- looking at annotations, and talking about them


def test_review_visits(facts: list[Fact]) -> None:
    visits, reviews = of(facts, ReviewVisit), {each.review_id: each for each in of(facts, Review)}
    submitted = {each.annotation_id: each.created_at for each in of(facts, Annotation)}
    unclosed = [each for each in visits if each.closed_at is None]
    assert 0 < len(unclosed) < len(visits) / 50
    for visit in visits:
        assert visit.opened_at > submitted[visit.annotation_id]
        assert visit.opened_at >= REVIEW_VISITS_SINCE
        assert visit.closed_at is None or visit.closed_at > visit.opened_at
        if visit.review_id is not None:
            review = reviews[visit.review_id]
            assert (visit.user_id, visit.closed_at) == (review.reviewer_id, review.created_at)
    acted = {visit.review_id for visit in visits}
    assert all(key in acted for key, each in reviews.items() if each.created_at > REVIEW_VISITS_SINCE + timedelta(1))
    closed = sorted((each.user_id, each.opened_at, each.closed_at) for each in visits if each.closed_at)
    assert any(before[0] == after[0] and after[1] < before[2] for before, after in pairwise(closed))


def test_everything_is_recorded_and_says_since_when(facts: list[Fact]) -> None:
    assert {each.kind: each.since for each in of(facts, Recorded)} == {
        "actions": None,
        "reviews": None,
        "review_visits": REVIEW_VISITS_SINCE,
        "comments": None,
        "flags": None,
    }


def test_comments(facts: list[Fact]) -> None:
    comments = of(facts, Comment)
    told = {each.comment_id: each for each in of(facts, Action) if each.comment_id is not None}
    annotations = {each.annotation_id: each for each in of(facts, Annotation)}
    assert told.keys() == {each.comment_id for each in comments}
    for comment in comments:
        assert comment.completed_by == annotations[comment.annotation_id].completed_by
        assert (comment.created_by, comment.created_at) == (
            told[comment.comment_id].user_id,
            told[comment.comment_id].created_at,
        )
        assert comment.is_resolved == (comment.resolved_at is not None)
        assert comment.created_at <= comment.updated_at
    assert {each.is_resolved for each in comments} == {True, False}
    assert {each.created_by == each.completed_by for each in comments} == {True, False}


# --- that a store takes them


def test_the_report_of_an_account_is_what_its_facts_say(facts: list[Fact], tmp_path: Path) -> None:
    store = open_store(f"duckdb:///{tmp_path}/sample.duckdb")
    try:
        store.write(facts)
        annotator = member(facts, "annotator")
        owner = Viewer("demo", member(facts, "owner").user_id, "owner")
        report = ask(store, owner, user=str(annotator.user_id), from_="2026-04-01", to="2026-04-30")
    finally:
        store.close()
    own = [
        each
        for each in of(facts, Annotation)
        if each.completed_by == annotator.user_id and (each.completed_at.year, each.completed_at.month) == (2026, 4)
    ]
    counted = [
        each
        for each in own
        if each.last_action in ACTIONS - {"rejected", "prediction", "propagated_annotation", "imported"}
        and not each.was_cancelled
    ]
    times = [each.lead_time for each in counted if each.lead_time is not None and each.lead_time >= 0]
    assert report.values["submitted_annotations"] == len(counted) > 100
    assert report.values["total_time"] == pytest.approx(sum(times))
    assert report.values["skipped"] == sum(each.was_cancelled for each in own) > 0
    assert report.user.name == annotator.display_name
