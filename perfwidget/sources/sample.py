"""Made-up facts to try the dashboard on: fourteen months of one organization's work, ending now.

The same seed and instant always give the same facts. They agree with each other the way a host's do. An annotation's
last action is the last entry of its history, and its lead time the sum of its owner's sessions. Its reviews are its
owner's. What would lie after now has not happened yet.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from random import Random

from perfwidget.facts import (
    RECORDED_KINDS,
    Action,
    Annotation,
    AnnotationFlag,
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
from perfwidget.metrics import REVIEW_ACTIONS
from perfwidget.sources.sample_cast import JOBS, MAIL_DOMAIN, ORGANIZATION_ID, PEOPLE, TOUCHED, WORKSPACES, Cast
from perfwidget.sources.sample_crowd import crowd
from perfwidget.sources.sample_story import Draft, Event, Story

REVIEW_VISITS_SINCE = datetime(2025, 9, 25, tzinfo=UTC)
"""Since when platforms of this kind record how long reviewers look."""

_OWN_ACTIONS = ("submitted", "updated", "skipped")
_DAYS_SINCE_TOUCHED = 40
_IDS_AN_ANNOTATION = 20  # more than the longest history has entries


def sample_facts(today: date, *, seed: int = 7, members: int = len(PEOPLE)) -> Iterator[Fact]:
    """Yield the facts of a whole organization of so many members, none of them later than now.

    Now is `today` itself where that is an aware datetime; a date stands for its end in UTC.
    """
    now = today if isinstance(today, datetime) else datetime.combine(today, time.max, UTC)
    people = [*PEOPLE, *crowd(members - len(PEOPLE), Random(seed))]
    yield from _organization(people)
    drafts = sorted(Story(now, Random(seed), people).drafts(), key=lambda draft: draft.events[0].at)
    touched_at = now.timestamp() - _DAYS_SINCE_TOUCHED * 86_400
    for annotation_id, draft in enumerate(drafts, start=1):
        yield _annotation(draft, annotation_id, touched_at)
        yield from _history(draft, annotation_id)
        yield from _looks(draft, annotation_id)


def _organization(people: Sequence[Cast]) -> Iterator[Fact]:
    for person in people:
        email = f"{person.mailbox}@{MAIL_DOMAIN}"
        yield Member(ORGANIZATION_ID, person.user_id, email, person.name, role=person.role, active=person.active)
    for workspace_id, title in WORKSPACES.items():
        yield Workspace(ORGANIZATION_ID, workspace_id, title)
    for job in JOBS:
        yield Project(ORGANIZATION_ID, job.project_id, job.workspace_id, title=job.title)
    for person in people:
        for workspace_id in person.workspaces:
            yield Membership(ORGANIZATION_ID, person.user_id, workspace_id=workspace_id)
        for project_id in person.projects:
            yield Membership(ORGANIZATION_ID, person.user_id, project_id=project_id)
    for kind in RECORDED_KINDS:
        yield Recorded(ORGANIZATION_ID, kind, REVIEW_VISITS_SINCE if kind == "review_visits" else None)


def _annotation(draft: Draft, annotation_id: int, touched_at: float) -> Annotation:
    first, last = draft.events[0], draft.events[-1]
    own = [event for event in draft.events if event.action in _OWN_ACTIONS] or [first]
    touched = draft.job.title == TOUCHED and last.at < touched_at
    return Annotation(
        organization_id=ORGANIZATION_ID,
        annotation_id=annotation_id,
        project_id=draft.job.project_id,
        task_id=draft.task_id,
        completed_by=draft.owner.user_id,
        created_at=_instant(first.at),
        started_at=None if first.started is None else _instant(first.started),
        completed_at=_instant(own[-1].at),
        updated_at=_instant(touched_at if touched else last.at),
        lead_time=_lead_time([event.lead for event in own]),
        last_action=last.action,
        was_cancelled=own[-1].action == "skipped",
        flags=AnnotationFlag.NONE,
    )


def _lead_time(sessions: list[float | None]) -> float | None:
    """Add up sessions; one that is missing or invalid makes the sum so."""
    known = [lead for lead in sessions if lead is not None]
    if len(known) < len(sessions):
        return None
    return min(known) if min(known) < 0 else round(math.fsum(known), 3)


def _history(draft: Draft, annotation_id: int) -> Iterator[Fact]:
    """Yield what was done to an annotation: its actions, the reviews that stand, their visits, and comments."""
    withdrawn = {place - 1 for place, event in enumerate(draft.events) if event.action == "deleted_review"}
    for place, event in enumerate(draft.events):
        at, started = _instant(event.at), None if event.started is None else _instant(event.started)
        fact_id = _IDS_AN_ANNOTATION * annotation_id + place
        about = (ORGANIZATION_ID, fact_id, annotation_id, draft.job.project_id, draft.task_id)
        review_id = fact_id if event.action in REVIEW_ACTIONS and place not in withdrawn else None
        comment_id = fact_id if event.remark else None
        done = (event.user_id, event.action, started)
        yield Action(*about, *done, created_at=at, lead_time=event.lead, review_id=review_id, comment_id=comment_id)
        if review_id is not None:
            yield Review(*about, draft.owner.user_id, event.user_id, event.action, event.score, created_at=at)
        if event.action in REVIEW_ACTIONS and started is not None and started >= REVIEW_VISITS_SINCE:
            yield ReviewVisit(
                ORGANIZATION_ID, fact_id, annotation_id, draft.job.project_id, event.user_id, started, at, review_id
            )
        if event.remark:
            resolved_at = _answered(draft.events[place + 1 :])
            people = (draft.owner.user_id, event.user_id)
            yield Comment(*about, *people, event.remark, at, resolved_at or at, resolved_at is not None, resolved_at)


def _answered(later: list[Event]) -> datetime | None:
    return next((_instant(event.at) for event in later if event.action == "updated"), None)


def _looks(draft: Draft, annotation_id: int) -> Iterator[ReviewVisit]:
    for place, visit in enumerate(draft.visits):
        opened_at = _instant(visit.opened)
        closed_at = None if visit.closed is None else _instant(visit.closed)
        fact_id = f"look-{annotation_id}-{place}"
        if opened_at >= REVIEW_VISITS_SINCE:
            yield ReviewVisit(
                ORGANIZATION_ID, fact_id, annotation_id, draft.job.project_id, visit.user_id, opened_at, closed_at
            )


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(round(seconds, 3), UTC)
