"""Members' work as the facts tell it now: annotations that count, reviews and visits.

What counts is decided by the sets of rows that the page counts (`metrics/rows.py`), and by nothing here.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from perfwidget.metrics import Rows, Rules
from perfwidget.metrics.rows import (
    ANNOTATED,
    COUNTABLE,
    JUDGED,
    REVIEWING,
    REVIEWS_TAKEN,
    VISITED,
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
    """The row that it was made of, in the order of the columns that are read of its kind."""
    begins: int | None = None
    """When a visit began."""
    created_at: int = 0
    accepted_at: int | None = None
    """The first acceptance since the last rejection, where the latest review accepts."""
    accepted_by: str | None = None
    """The review by which it was accepted then."""

    @property
    def key(self) -> Key:
        """What tells it from other items."""
        return self.kind, self.item_id

    @property
    def columns(self) -> dict[str, str | int | None]:
        """The columns that it is counted by, beside its id and project."""
        values = self.row[3:] if self.kind is Kind.VISIT else self.row[3:-1]
        if self.kind is Kind.ANNOTATION:
            values = (*values, self.time)
        return dict(zip(_SHOWN[self.kind], values, strict=True))

    @property
    def acceptance(self) -> dict[str, str | int | None]:
        """The columns by which it was accepted."""
        return {"accepted_at": self.accepted_at, "accepted_by_review": self.accepted_by}

    @property
    def order(self) -> tuple[Any, ...]:
        """By this items stand in order."""
        return self.at, self.begins or 0, id_order(self.item_id)


def asked_of(reader: Reader, organization_id: str, period: Period, rules: Rules) -> ScopedQuery:
    """Return the question about everybody and all projects that work is read by."""
    viewer, query = Viewer(organization_id, NOBODY, Role.OWNER), Query(everybody=True)
    return access.scope(viewer, query, reader.standing(viewer, query), rules).during(period)


def acceptances(reader: Reader, asked: ScopedQuery, owners: Mapping[str, str]) -> dict[str, tuple[int, str]]:
    """Map annotations whose latest review accepts to the first acceptance since the last rejection: instant and id.

    An owner's review of their own annotation accepts and rejects nothing.
    """
    names = ("annotation_id", "review_id", "created_at", "action", "completed_by", "reviewer_id")
    reviews: dict[str, list[tuple[int, tuple[Any, ...], str, bool]]] = defaultdict(list)
    for row in reader.facts(asked, JUDGED, names, Among("annotation_id", owners)):
        annotation, review, at, action, owner, reviewer = row
        if reviewer is None or reviewer not in (owner, owners[annotation]):
            reviews[annotation].append((at, id_order(review), review, action != "rejected"))
    found = {}
    for annotation, told_of in reviews.items():
        first: tuple[int, str] | None = None
        for at, _, review, accepts in sorted(told_of):
            first = (first or (at, review)) if accepts else None
        if first is not None:
            found[annotation] = first
    return found


def owners_of(reader: Reader, asked: ScopedQuery, keys: Collection[Key]) -> dict[Key, str | None]:
    """Map those of some keys that are there, whether or not they count, to whose they are."""
    found: dict[Key, str | None] = {}
    for kind in Kind:
        rows, ids = EVERY[kind], [identity for each, identity in keys if each is kind]
        identity = rows.scan.fact.key_columns[-1]
        for item, owner in reader.facts(asked, rows, (identity, rows.scan.member), Among(identity, ids)):
            found[kind, item] = owner
    return found


def id_order(identity: str) -> tuple[int, int, str]:
    """Return what ids are in order by: whole numbers by their value, then texts by their characters."""
    return (0, int(identity), "") if _NUMBER.fullmatch(identity) else (1, 0, identity)


def made_of(kind: Kind, row: tuple[Any, ...]) -> Work:
    """Return the work of a kind that a row of the columns in `READ` tells of."""
    item_id, project_id = row[1], row[2]
    if kind is Kind.ANNOTATION:
        _, _, _, _, _, created_at, completed_at, time = row
        if time is not None and time < 0:
            time = None
        return Work(kind, item_id, project_id, completed_at, time, row, None, created_at)
    if kind is Kind.REVIEW:
        return Work(kind, item_id, project_id, row[5], None, row)
    opened, closed = row[4], row[5]
    time = closed - opened if closed is not None and closed >= opened else None
    return Work(kind, item_id, project_id, opened if closed is None else closed, time, row, opened)


READ = {
    Kind.ANNOTATION: (COUNTABLE, ("completed_by", *_ANNOTATION)),
    Kind.REVIEW: (REVIEWS_TAKEN, ("reviewer_id", *_REVIEW, "completed_by")),
    Kind.VISIT: (EVERY[Kind.VISIT], ("user_id", *_VISIT)),
}
"""The rows that are work of a kind, and their columns that are read: whose it is, its id, its project, and more."""

SAID_ONLY = frozenset({"task_id", "last_action", "action"})
"""Columns of them by which nothing is decided: documents say them."""
