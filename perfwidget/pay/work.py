"""Members' work as the facts tell it now: annotations that count, reviews and visits.

What counts is decided by the sets of rows that the page counts (`metrics/rows.py`), and by nothing here.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from perfwidget.facts.columns import END_OF_TIME
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
from perfwidget.stores.listing import Slice, columns_of

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
    columns: Mapping[str, str | int | None]
    """The columns that it is counted by."""
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
        identity = rows.scan.fact.key_columns[-1]
        for row in _rows(reader, mine, rows):
            found[row[rows.scan.member]].there.add((kind, row[identity]))
    for rows, make in ((COUNTABLE, _annotation), (REVIEWS_TAKEN, _review), (VISITS, _visit), (UNTIMED_VISITS, _visit)):
        for row in _rows(reader, mine, rows):
            of = found[row[rows.scan.member]]
            work = make(row)
            work.own = work.kind is not Kind.ANNOTATION and (
                (Kind.ANNOTATION, row["annotation_id"]) in of.there or row.get("completed_by") == row[rows.scan.member]
            )
            of.counted[work.key] = work
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
    names = [column.name for column in RECEIVED.scan.fact.columns() if column.name != "organization_id"]
    reviews: dict[str, list[tuple[int, tuple[Any, ...], str, bool]]] = defaultdict(list)
    for batch in reader.named(asked, RECEIVED, "annotation_id", owners):
        for row in (dict(zip(names, each, strict=True)) for each in batch):
            annotation, review = row["annotation_id"], row["review_id"]
            if row["reviewer_id"] in (row["completed_by"], owners[annotation]):
                continue
            told = (row["created_at"], id_order(review), review, row["action"] != "rejected")
            reviews[annotation].append(told)
    found = {}
    for annotation, told_of in reviews.items():
        first: tuple[int, str] | None = None
        for at, _, review, accepts in sorted(told_of):
            first = (first or (at, review)) if accepts else None
        if first is not None:
            found[annotation] = first
    return found


def owned_by_others(reader: Reader, asked: ScopedQuery, kind: Kind, ids: Collection[str]) -> set[str]:
    """Return those ids that are there, whoever's they are."""
    rows = EVERY[kind]
    place = [column.name for column in rows.scan.fact.columns()].index(rows.scan.fact.key_columns[-1]) - 1
    return {row[place] for batch in reader.named(asked, rows, rows.scan.fact.key_columns[-1], ids) for row in batch}


def id_order(identity: str) -> tuple[int, int, str]:
    """Return what ids are in order by: whole numbers by their value, then texts by their characters."""
    return (0, int(identity), "") if _NUMBER.fullmatch(identity) else (1, 0, identity)


def _rows(reader: Reader, asked: ScopedQuery, rows: Rows) -> Iterator[dict[str, Any]]:
    names: Sequence[str] = columns_of(rows)
    for batch in reader.stream(asked, rows, Slice(0, END_OF_TIME)):
        for row in batch:
            yield dict(zip(names, row, strict=True))


def _annotation(row: Mapping[str, Any]) -> Work:
    time = row["lead_time"] if row["lead_time"] is not None and row["lead_time"] >= 0 else None
    names = ("task_id", "last_action", "created_at", "completed_at")
    columns = {**{name: row[name] for name in names}, "lead_time_us": time}
    identity, project, at = row["annotation_id"], row["project_id"], row["completed_at"]
    return Work(Kind.ANNOTATION, identity, project, at, time, columns, created_at=row["created_at"])


def _review(row: Mapping[str, Any]) -> Work:
    columns = {name: row[name] for name in ("annotation_id", "task_id", "action", "created_at")}
    return Work(Kind.REVIEW, row["review_id"], row["project_id"], row["created_at"], None, columns)


def _visit(row: Mapping[str, Any]) -> Work:
    opened, closed = row["opened_at"], row["closed_at"]
    time = closed - opened if closed is not None and closed >= opened else None
    columns = {name: row[name] for name in ("annotation_id", "opened_at", "closed_at")}
    return Work(Kind.VISIT, row["visit_id"], row["project_id"], row["instant"], time, columns, begins=opened)
