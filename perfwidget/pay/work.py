"""Members' work as the facts tell it now: annotations that count, reviews and visits.

What counts is decided by the sets of rows that the page counts (`metrics/rows.py`), and by nothing here.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from perfwidget.metrics import Rows, Rules
from perfwidget.metrics.rows import (
    ANNOTATED,
    COUNTABLE,
    RECEIVED,
    REVIEWING,
    REVIEWS_TAKEN,
    UNTIMED_VISITS,
    VISITED,
    VISITS,
)
from perfwidget.question import access
from perfwidget.question.access import Role, ScopedQuery, Viewer
from perfwidget.question.period import Period
from perfwidget.question.query import Query
from perfwidget.stores import Reader
from perfwidget.stores.listing import Among

NOBODY = "pay"
"""Stands for the viewer of pay, who is no member: statements are about all projects of a member."""

_NUMBER = re.compile("0|-?[1-9][0-9]*")


class Kind(StrEnum):
    """What an item is, and with its id its key."""

    ANNOTATION = "annotation"
    REVIEW = "review"
    VISIT = "visit"


EVERY = {Kind.ANNOTATION: Rows(ANNOTATED), Kind.REVIEW: Rows(REVIEWING), Kind.VISIT: Rows(VISITED)}
"""All facts of a kind, whether or not they count."""

_ANNOTATION = ("annotation_id", "project_id", "task_id", "last_action", "created_at", "completed_at", "lead_time")
_REVIEW = ("review_id", "project_id", "annotation_id", "task_id", "created_at", "action")
_VISIT = ("visit_id", "project_id", "annotation_id", "opened_at", "closed_at")
_SHOWN = {Kind.ANNOTATION: (*_ANNOTATION[2:-1], "lead_time_us"), Kind.REVIEW: _REVIEW[2:], Kind.VISIT: _VISIT[2:]}

Key = tuple[Kind, str]


@dataclass(slots=True)
class Work:
    """One piece of work; instants and times in microseconds."""

    kind: Kind
    item_id: str
    project_id: str
    at: int
    """The instant of its work day."""
    time: int | None
    """Its usable lead time, or how long the visit was; None where there is none."""
    row: tuple[Any, ...]
    """Its own columns, in the order of those that are read of its kind."""
    begins: int | None = None
    """When a visit began."""
    created_at: int = 0
    accepted_at: int | None = None
    """The first acceptance since the last rejection, where the latest review accepts."""
    accepted_by: str | None = None
    """The review by which it was accepted then."""
    own: bool = False
    """Whether it is a look at the member's own annotation."""

    @property
    def key(self) -> Key:
        """What tells it from other items."""
        return self.kind, self.item_id

    @property
    def columns(self) -> dict[str, str | int | None]:
        """The columns that it is counted by, beside its id and project."""
        return dict(zip(_SHOWN[self.kind], self.row[2:], strict=True))

    @property
    def acceptance(self) -> dict[str, str | int | None]:
        """The columns by which it was accepted."""
        return {"accepted_at": self.accepted_at, "accepted_by_review": self.accepted_by}

    @property
    def order(self) -> tuple[Any, ...]:
        """By this items stand in order."""
        return self.at, self.begins or 0, id_order(self.item_id)


@dataclass(slots=True)
class WorkOf:
    """All work of a member."""

    counted: dict[Key, Work] = field(default_factory=dict)
    """What counts, and visits without a time."""
    there: set[Key] = field(default_factory=set)
    """The keys of all that is theirs, whether or not it counts."""


def asked_of(reader: Reader, organization_id: str, period: Period, rules: Rules) -> ScopedQuery:
    """Return the question about everybody and all projects that work is read by."""
    viewer, query = Viewer(organization_id, NOBODY, Role.OWNER), Query(everybody=True)
    return access.scope(viewer, query, reader.standing(viewer, query), rules).during(period)


def read_work(reader: Reader, asked: ScopedQuery, members: Collection[str], *, accepted: bool) -> dict[str, WorkOf]:
    """Map members to their work of all time; with `accepted` it says what was accepted, and when."""
    found = {member: WorkOf() for member in members}
    mine = asked.among(members)
    for kind, rows in EVERY.items():
        for identity, member in reader.facts(mine, rows, (rows.scan.fact.key_columns[-1], rows.scan.member)):
            found[member].there.add((kind, identity))
    for member, *row in reader.facts(mine, COUNTABLE, ("completed_by", *_ANNOTATION)):
        _keep(found[member], _annotation(row))
    for member, owner, *row in reader.facts(mine, REVIEWS_TAKEN, ("reviewer_id", "completed_by", *_REVIEW)):
        work = Work(Kind.REVIEW, row[0], row[1], row[4], None, tuple(row))
        work.own = owner == member or (Kind.ANNOTATION, row[2]) in found[member].there
        _keep(found[member], work)
    for rows in (VISITS, UNTIMED_VISITS):
        for member, *row in reader.facts(mine, rows, ("user_id", *_VISIT)):
            work = _visit(row)
            work.own = (Kind.ANNOTATION, row[2]) in found[member].there
            _keep(found[member], work)
    if accepted:
        owners = {key[1]: member for member, of in found.items() for key in of.counted if key[0] is Kind.ANNOTATION}
        for annotation, (at, review) in acceptances(reader, asked, owners).items():
            work = found[owners[annotation]].counted[Kind.ANNOTATION, annotation]
            work.accepted_at, work.accepted_by = at, review
    return found


def acceptances(reader: Reader, asked: ScopedQuery, owners: Mapping[str, str]) -> dict[str, tuple[int, str]]:
    """Map annotations whose latest review accepts to the first acceptance since the last rejection: instant and id.

    An owner's review of their own annotation accepts and rejects nothing.
    """
    names = ("annotation_id", "review_id", "created_at", "action", "completed_by", "reviewer_id")
    reviews: dict[str, list[tuple[int, tuple[Any, ...], str, bool]]] = defaultdict(list)
    for row in reader.facts(asked, RECEIVED, names, Among("annotation_id", owners)):
        annotation, review, at, action, owner, reviewer = row
        if reviewer not in (owner, owners[annotation]):
            reviews[annotation].append((at, id_order(review), review, action != "rejected"))
    found = {}
    for annotation, told_of in reviews.items():
        first: tuple[int, str] | None = None
        for at, _, review, accepts in sorted(told_of):
            first = (first or (at, review)) if accepts else None
        if first is not None:
            found[annotation] = first
    return found


def there_at_all(reader: Reader, asked: ScopedQuery, kind: Kind, ids: Collection[str]) -> set[str]:
    """Return those ids that are there, whoever's they are."""
    identity = EVERY[kind].scan.fact.key_columns[-1]
    return {found for (found,) in reader.facts(asked, EVERY[kind], (identity,), Among(identity, ids))}


def id_order(identity: str) -> tuple[int, int, str]:
    """Return what ids are in order by: whole numbers by their value, then texts by their characters."""
    return (0, int(identity), "") if _NUMBER.fullmatch(identity) else (1, 0, identity)


def _keep(of: WorkOf, work: Work) -> None:
    of.counted[work.key] = work


def _annotation(row: Sequence[Any]) -> Work:
    time = row[-1] if row[-1] is not None and row[-1] >= 0 else None
    return Work(Kind.ANNOTATION, row[0], row[1], row[5], time, (*row[:-1], time), created_at=row[4])


def _visit(row: Sequence[Any]) -> Work:
    opened, closed = row[3], row[4]
    time = closed - opened if closed is not None and closed >= opened else None
    return Work(Kind.VISIT, row[0], row[1], opened if closed is None else closed, time, tuple(row), begins=opened)
