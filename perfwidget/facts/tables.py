"""The tables of the data contract: one class a table, its columns, their types and meaning.

A fact is built with the host's own values. Ids are integers or strings, instants aware datetimes. Lead times are in
seconds, scores from 0 to 1. Columns from the first required one behind an optional one on are given by their names.
"""

from dataclasses import KW_ONLY, dataclass
from typing import Any

from perfwidget.errors import InvalidFact
from perfwidget.facts.columns import Flag, Flags, Id, Instant, LeadTime, Score, Text
from perfwidget.facts.fact import Fact, Key


@dataclass(frozen=True, slots=True)
class Member(Fact):
    """A user of the organization with one role in it."""

    table = "members"
    key_columns = ("organization_id", "user_id")

    user_id: Id
    email: Text | None = None
    """By it people are found who are known by nothing else; None for an account without one."""
    display_name: Text | None = None
    """What the page calls them; without it their e-mail, and without that their id."""
    _: KW_ONLY
    role: Text
    """Their role in the organization."""
    active: Flag = True
    """False for who has left: they may not look, and are shown with a flag."""


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
    """Its workspace; None where it lies in none."""
    _: KW_ONLY
    title: Text


@dataclass(frozen=True, slots=True)
class Membership(Fact):
    """A user's membership of one project, or of one workspace and so of all its projects. Exactly one is named."""

    table = "memberships"
    key_columns = ("organization_id", "user_id", "workspace_id", "project_id")

    user_id: Id
    workspace_id: Id | None = None
    """A workspace, and so all its projects, also those that come later."""
    project_id: Id | None = None
    """One project."""

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

    `completed_at` is the instant of the annotator's own last submit, update or skip. `completed_at_estimated` says that
    it is not known and `created_at` stands in. `lead_time` is in seconds.
    """

    table = "annotations"
    key_columns = ("organization_id", "annotation_id")
    version_column = "updated_at"

    annotation_id: Id
    project_id: Id
    task_id: Id
    completed_by: Id | None
    """Its owner, to whom it counts, whoever edited it since; None where nobody is known."""
    created_at: Instant
    """When it was first submitted or skipped."""
    started_at: Instant | None = None
    """When its owner opened the task; only shown in the timeline."""
    _: KW_ONLY
    completed_at: Instant
    """Its owner's own last submit, update or skip: the day on which it counts."""
    completed_at_estimated: Flag = False
    """True where that instant is not known, and an earlier one stands in."""
    updated_at: Instant
    """When anybody last changed it: an older version never replaces a newer one."""
    lead_time: LeadTime = None
    """How long its owner worked on it; None where it was not measured."""
    last_action: Text
    """What was done with it last."""
    was_cancelled: Flag = False
    """True for one that was skipped."""
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
    """Who did it."""
    action: Text
    """What was done, in the words of `last_action`; others are kept."""
    started_at: Instant | None = None
    """When they began it."""
    _: KW_ONLY
    created_at: Instant
    """When it was done."""
    lead_time: LeadTime = None
    """How long it took."""
    review_id: Id | None = None
    """The review that it belongs to."""
    comment_id: Id | None = None
    """The comment that it belongs to."""


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
    """The annotation's owner at the time."""
    reviewer_id: Id | None
    """Who reviewed."""
    action: Text
    """What the reviewer decided."""
    score: Score = None
    """How much of the work was right, of one that is fixed and accepted."""
    _: KW_ONLY
    created_at: Instant
    """When it was done: the day on which it counts."""


@dataclass(frozen=True, slots=True)
class ReviewVisit(Fact):
    """The time a reviewer had a submitted annotation open; `closed_at` is None while nobody closed it."""

    table = "review_visits"
    key_columns = ("organization_id", "visit_id")

    visit_id: Id
    annotation_id: Id
    project_id: Id
    user_id: Id
    """Who looked."""
    opened_at: Instant
    """When they opened it."""
    closed_at: Instant | None = None
    """When they acted on it or left it: the day on which it counts; None while nobody closed it."""
    review_id: Id | None = None
    """The review with which it ended."""


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
    """The annotation's owner."""
    created_by: Id | None
    """Who wrote it."""
    text: Text
    """What it says."""
    created_at: Instant
    """When it was written: the day on which it counts."""
    updated_at: Instant
    """When it was last changed: an older version never replaces a newer one."""
    is_resolved: Flag = False
    """True once somebody has settled it."""
    resolved_at: Instant | None = None
    """When that was."""


RECORDED_KINDS = ("actions", "reviews", "review_visits", "comments", "flags")
"""What a source may record or not: facts of a table, or `flags`, what it finds odd about annotations."""


@dataclass(frozen=True, slots=True)
class Recorded(Fact):
    """That the organization's source records facts of `kind` at all, and since when (None: always)."""

    table = "recorded"
    key_columns = ("organization_id", "kind")

    kind: Text
    """Facts of a table, or `flags`."""
    since: Instant | None = None
    """Since when; None: always."""

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
