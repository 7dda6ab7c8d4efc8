"""The tables of the data contract: one class a table, its columns, their types and meaning.

A fact is built with the host's own values: ids as integers or strings, instants as aware datetimes, lead times in
seconds, scores from 0 to 1. Columns from the first required one behind an optional one on are given by their names.
`Fact.row` turns it into what every engine stores: ids as text, instants as whole microseconds since 1970 in UTC, lead
times as whole microseconds, scores as whole millionths. Whole numbers add up to the same digits in any order on any
engine; floating-point sums do not.
"""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, fields
from functools import cache
from typing import Any, ClassVar, NamedTuple, get_type_hints

from perfwidget.errors import InvalidFact
from perfwidget.facts.columns import (
    STORED,
    Column,
    Flag,
    Flags,
    Id,
    Instant,
    Kind,
    LeadTime,
    Score,
    Text,
    column,
    id_text,
)


class Key(NamedTuple):
    """What identifies a fact: its class and the text of its key columns, the organization first."""

    fact: "type[Fact]"
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of the data contract."""

    table: ClassVar[str]
    key_columns: ClassVar[tuple[str, ...]]
    version_column: ClassVar[str | None] = None

    organization_id: Id

    @classmethod
    @cache
    def columns(cls) -> tuple[Column, ...]:
        """Return the columns in the contract's order."""
        hints = get_type_hints(cls, include_extras=True)
        return tuple(column(field.name, hints[field.name]) for field in fields(cls))

    @classmethod
    @cache
    def _stored(cls) -> tuple[tuple[str, Callable[[Any], Any], bool, bool], ...]:
        """Return for each column its name, what makes the stored value, and whether None is one and may be given."""
        return tuple(
            (name, STORED[kind], kind in (Kind.LEAD_TIME, Kind.SCORE), nullable)
            for name, kind, nullable in cls.columns()
        )

    def row(self) -> tuple[Any, ...]:
        """Return the stored values in the order of `columns`; raises InvalidFact naming the column at fault."""
        row: list[Any] = []
        for name, stored, tells_none, nullable in self._stored():
            value = getattr(self, name)
            if value is None and not tells_none:
                if not nullable:
                    raise InvalidFact(f"{type(self).__name__}.{name} is missing.")
                row.append(None)
                continue
            try:
                row.append(stored(value))
            except InvalidFact as fault:
                raise InvalidFact(f"{type(self).__name__}.{name}: {fault}") from None
        return tuple(row)

    @property
    def key(self) -> Key:
        """The key under which this fact is replaced and removed."""
        return Key(type(self), tuple(id_text(getattr(self, name)) for name in self.key_columns))


@dataclass(frozen=True, slots=True)
class Member(Fact):
    """A user of the organization with one role in it."""

    table = "members"
    key_columns = ("organization_id", "user_id")

    user_id: Id
    email: Text | None = None
    display_name: Text | None = None
    _: KW_ONLY
    role: Text
    active: Flag = True


@dataclass(frozen=True, slots=True)
class Workspace(Fact):
    """A group of projects."""

    table = "workspaces"
    key_columns = ("organization_id", "workspace_id")

    workspace_id: Id
    title: Text


@dataclass(frozen=True, slots=True)
class Project(Fact):
    """A project, in at most one workspace."""

    table = "projects"
    key_columns = ("organization_id", "project_id")

    project_id: Id
    workspace_id: Id | None = None
    _: KW_ONLY
    title: Text


@dataclass(frozen=True, slots=True)
class Membership(Fact):
    """A user's membership of one project, or of one workspace and so of all its projects: exactly one of the two."""

    table = "memberships"
    key_columns = ("organization_id", "user_id", "workspace_id", "project_id")

    user_id: Id
    workspace_id: Id | None = None
    project_id: Id | None = None

    def row(self) -> tuple[Any, ...]:
        """Return the stored values; refuses a membership of both or of neither."""
        if (self.workspace_id is None) == (self.project_id is None):
            raise InvalidFact("A Membership needs exactly one of workspace_id and project_id.")
        return super(Membership, self).row()

    @property
    def key(self) -> Key:
        """The key: the one of workspace and project that is not meant is the empty text."""
        row = self.row()
        return Key(type(self), tuple(value or "" for value in row))


@dataclass(frozen=True, slots=True)
class Annotation(Fact):
    """One member's answer to one task.

    `completed_at` is the instant of the annotator's own last submit, update or skip; `completed_at_estimated` says that
    it is not known and `created_at` stands in. `lead_time` is in seconds.
    """

    table = "annotations"
    key_columns = ("organization_id", "annotation_id")
    version_column = "updated_at"

    annotation_id: Id
    project_id: Id
    task_id: Id
    completed_by: Id | None
    created_at: Instant
    started_at: Instant | None = None
    _: KW_ONLY
    completed_at: Instant
    completed_at_estimated: Flag = False
    updated_at: Instant
    lead_time: LeadTime = None
    last_action: Text
    was_cancelled: Flag = False
    flags: Flags | None = None
    """What the source finds odd about it; None where it does not look for that."""


@dataclass(frozen=True, slots=True)
class Action(Fact):
    """One entry of an annotation's history, by `user_id` at `created_at`; `lead_time` is in seconds."""

    table = "actions"
    key_columns = ("organization_id", "action_id")

    action_id: Id
    annotation_id: Id
    project_id: Id
    task_id: Id
    user_id: Id | None
    action: Text
    started_at: Instant | None = None
    _: KW_ONLY
    created_at: Instant
    lead_time: LeadTime = None
    review_id: Id | None = None
    comment_id: Id | None = None


@dataclass(frozen=True, slots=True)
class Review(Fact):
    """One review action by `reviewer_id` on an annotation of `completed_by`; `score` (0 to 1) belongs to a fix."""

    table = "reviews"
    key_columns = ("organization_id", "review_id")

    review_id: Id
    annotation_id: Id
    project_id: Id
    task_id: Id
    completed_by: Id | None
    reviewer_id: Id | None
    action: Text
    score: Score = None
    _: KW_ONLY
    created_at: Instant


@dataclass(frozen=True, slots=True)
class ReviewVisit(Fact):
    """The time a reviewer had a submitted annotation open; `closed_at` is None while nobody closed it."""

    table = "review_visits"
    key_columns = ("organization_id", "visit_id")

    visit_id: Id
    annotation_id: Id
    project_id: Id
    user_id: Id
    opened_at: Instant
    closed_at: Instant | None = None
    review_id: Id | None = None


@dataclass(frozen=True, slots=True)
class Comment(Fact):
    """A remark by `created_by` on an annotation of `completed_by`."""

    table = "comments"
    key_columns = ("organization_id", "comment_id")
    version_column = "updated_at"

    comment_id: Id
    annotation_id: Id
    project_id: Id
    task_id: Id
    completed_by: Id | None
    created_by: Id | None
    text: Text
    created_at: Instant
    updated_at: Instant
    is_resolved: Flag = False
    resolved_at: Instant | None = None


RECORDED_KINDS = ("actions", "reviews", "review_visits", "comments", "flags")
"""What a source may record or not: facts of a table, or `flags`, what it finds odd about annotations."""


@dataclass(frozen=True, slots=True)
class Recorded(Fact):
    """That the organization's source records facts of `kind` at all, and since when (None: always)."""

    table = "recorded"
    key_columns = ("organization_id", "kind")

    kind: Text
    since: Instant | None = None

    def row(self) -> tuple[Any, ...]:
        """Return the stored values; refuses an unknown kind."""
        if self.kind not in RECORDED_KINDS:
            raise InvalidFact(f"Recorded.kind must be one of {', '.join(RECORDED_KINDS)}.")
        return super(Recorded, self).row()


FACTS: tuple[type[Fact], ...] = (
    Member,
    Workspace,
    Project,
    Membership,
    Annotation,
    Action,
    Review,
    ReviewVisit,
    Comment,
    Recorded,
)
"""Every class of fact, in the contract's order."""
