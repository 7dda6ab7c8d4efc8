"""What every engine offers: a store that is written to, and a reader of one consistent state of it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from perfwidget.facts import Annotation, Comment, Fact, Key, Membership
from perfwidget.facts.columns import Id
from perfwidget.facts.ingest import Observation
from perfwidget.metrics import METRICS, Group, Metric, Rows
from perfwidget.question.access import Scope, ScopedQuery, Standing, Viewer
from perfwidget.question.period import Bucket
from perfwidget.question.query import Query
from perfwidget.stores.answering import Answer
from perfwidget.stores.listing import ListedRow, Longest, Order, Slice, Tally


class Profile(NamedTuple):
    """Who a member is; `email`, `name` and `role` are None where the store does not know them."""

    user_id: str
    email: str | None
    name: str | None
    active: bool
    role: str | None


class WorkspaceOption(NamedTuple):
    """A workspace that may be chosen."""

    workspace_id: str
    title: str


class ProjectOption(NamedTuple):
    """A project that may be chosen, with the workspace it stands in."""

    project_id: str
    title: str
    workspace_id: str | None


class Marked(NamedTuple):
    """How far a source has been read, in its own words; `as_of` in microseconds, None where it does not say so."""

    position: str
    as_of: int | None


class Kept(NamedTuple):
    """An annotation or comment that a store has, in the version of `updated_at` in microseconds."""

    identity: str
    task_id: str
    updated_at: int


class Reader(Protocol):
    """One consistent state of a store, for one question and what is shown beside its answer."""

    def standing(self, viewer: Viewer, query: Query) -> Standing:
        """Say what the store knows of the viewer and of the ids they ask for."""

    def first_instant(self, asked: ScopedQuery) -> int | None:
        """Return the instant of the subjects' first fact in scope, in microseconds, or None if there is none."""

    def answer(
        self,
        asked: ScopedQuery,
        groups: Sequence[Group],
        buckets: Sequence[Bucket] = (),
        metrics: Sequence[Metric] = METRICS,
    ) -> Answer:
        """Answer every aggregate of some metrics for the question's period, told by each group of axes.

        `buckets` cut the period without gaps, where a group tells numbers by bucket.
        """

    def stream(self, asked: ScopedQuery, rows: Rows, period: Slice) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Read rows with `listing.columns_of(rows)`, oldest first, at most some thousands at once."""

    def page(
        self, asked: ScopedQuery, rows: Rows, part: Slice, order: Order, *, descending: bool, place: slice
    ) -> Sequence[ListedRow]:
        """Return the rows behind a number from `place.start` to before `place.stop`, in an order that is total."""

    def tally(self, asked: ScopedQuery, rows: Rows, part: Slice) -> Tally:
        """Return what all rows behind a number come to, worked out of these rows."""

    def longer(self, asked: ScopedQuery, rows: Rows, part: Slice, than: int) -> Longest:
        """Return how many rows have a quantity above `than`, and what these come to."""

    def profiles(self, scope: Scope, user_ids: Collection[str]) -> Mapping[str, Profile]:
        """Map ids to who these members of the organization are, unknown ones among them."""

    def members(self, scope: Scope, search: str, limit: int) -> Sequence[Profile]:
        """Return up to `limit` members that the viewer may choose, by name, whose name, e-mail or id holds `search`."""

    def members_of(self, scope: Scope, project_id: str) -> frozenset[str]:
        """Return who is a member of a project in scope, by itself or through its workspace."""

    def organizations(self) -> Sequence[str]:
        """Return the ids of all organizations; for those who own the store, never for a viewer."""

    def bookmarks(self, organization_id: str) -> Mapping[str, Marked]:
        """Map each source that an organization's facts were read from to how far.

        For those who fill the store, and for how fresh its facts are; it speaks of nobody.
        """

    def kept(
        self, fact: type[Annotation] | type[Comment], organization_id: str, project_id: str, tasks: Sequence[str] | None
    ) -> Iterator[Kept]:
        """Yield what is kept of a project's annotations or comments, of some tasks or all.

        For those who fill the store, never for a viewer.
        """

    def workspaces(self, scope: Scope) -> Sequence[WorkspaceOption]:
        """Return the workspaces that hold a project in scope, by title."""

    def projects(self, scope: Scope) -> Sequence[ProjectOption]:
        """Return the projects in scope, by title."""


class Store(Protocol):
    """Where the facts live."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What people who look at the figures must know of the store, such as that some may be missing."""

    def reading(self) -> AbstractContextManager[Reader]:
        """Open one consistent state for reading; raises StoreUnavailable."""

    def write(self, facts: Iterable[Fact | Observation]) -> None:
        """Keep facts and observations in one transaction, all or nothing; a fact with the key of another replaces it.

        An annotation or comment that is older (by `updated_at`) than the one kept is left out. Raises InvalidFact and
        whatever the iterable raises; nothing is kept then.
        """

    def remove(self, facts: Iterable[Fact | Key]) -> None:
        """Remove facts by their keys in one transaction, all or nothing; unknown keys are no fault."""

    def set_memberships(self, organization_id: Id, user_id: Id, memberships: Iterable[Membership]) -> None:
        """Replace all memberships of one user in one transaction."""

    def settle(self) -> None:
        """Do now what the store would else do some time later, so that what was written is read fast."""

    def close(self) -> None:
        """Let go of the store; reading and writing are over."""
