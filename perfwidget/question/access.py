"""Who may see which rows: roles, viewers, and the scope that every question is narrowed to.

This module is the only maker of `Scope` and `ScopedQuery`, and a store answers nothing else. So rows without a viewer
are out of reach by construction. It decides; what the store says of the viewer is handed to it as a `Standing`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from perfwidget.errors import Forbidden, InvalidFact, InvalidSetting
from perfwidget.facts.columns import id_text
from perfwidget.metrics import Rules
from perfwidget.question.period import Period
from perfwidget.question.query import Entry, Query


class Role(StrEnum):
    """What a member may do in their organization."""

    OWNER = "owner"
    ADMIN = "admin"
    MANAGER = "manager"
    REVIEWER = "reviewer"
    ANNOTATOR = "annotator"

    @property
    def sees_organization(self) -> bool:
        """Whether all members, workspaces and projects of the organization are in scope."""
        return self in (Role.OWNER, Role.ADMIN)

    @property
    def chooses_members(self) -> bool:
        """Whether others than the viewer may be looked at."""
        return self in (Role.OWNER, Role.ADMIN, Role.MANAGER)

    @property
    def entries(self) -> frozenset[Entry]:
        """The host's pages from which this role opens the dashboard."""
        if self.sees_organization:
            return frozenset(Entry)
        return frozenset({Entry.HOME, Entry.MEMBERS}) if self.chooses_members else frozenset({Entry.HOME})


class Viewer:
    """The signed-in person who looks, in the host's words.

    `workspaces` and `projects` replace what the store's memberships say of their half: None means "as the store says",
    an empty list means none. Owners and admins need neither. `role` decides, whatever the store holds; a role that is
    not known is refused when something is asked.
    """

    __slots__ = ("organization_id", "projects", "role", "user_id", "workspaces")

    def __init__(
        self,
        organization_id: int | str,
        user_id: int | str,
        role: Role | str,
        workspaces: Any = None,
        projects: Any = None,
    ) -> None:
        try:
            self.organization_id = id_text(organization_id)
            self.user_id = id_text(user_id)
            self.workspaces = None if workspaces is None else frozenset(map(id_text, workspaces))
            self.projects = None if projects is None else frozenset(map(id_text, projects))
        except (InvalidFact, TypeError) as fault:
            raise InvalidSetting(f"A Viewer needs valid ids: {fault}") from None
        self.role = role

    def __repr__(self) -> str:
        return (
            f"Viewer({self.organization_id!r}, {self.user_id!r}, {self.role!r}, "
            f"workspaces={self.workspaces!r}, projects={self.projects!r})"
        )

    def known_role(self) -> Role:
        """Return the role; raises Forbidden for an unknown one."""
        try:
            return Role(self.role)
        except ValueError:
            refused = Forbidden("Your role is not one that may see performance figures; ask your administrator.")
            refused.add_note(f"A viewer has the role {self.role!r:.80}, and roles are {', '.join(Role)}.")
            raise refused from None


def checked_viewer(viewer: Viewer, setting: str) -> Viewer:
    """Return what a function of the host's says; raises TypeError for what is no viewer."""
    if not isinstance(viewer, Viewer):
        raise TypeError(f"{setting} returns a Viewer or None, and returned {type(viewer).__name__}.")
    return viewer


@dataclass(frozen=True, slots=True)
class Standing:
    """What the store says about a viewer and about the ids that they ask for.

    `active` is None where the store has no record of the viewer. `projects` maps the ids of projects to their
    workspaces. For owners and admins it has those asked for that exist, by themselves or through a workspace. For
    everybody else it has all they are a member of. `users` are those of the asked users whom the role may choose.
    """

    active: bool | None
    projects: Mapping[str, str | None]
    users: frozenset[str]


_SEAL = object()


@dataclass(frozen=True, slots=True)
class Scope:
    """What a viewer may see: one organization, some or all of its projects, themselves or all of its members."""

    organization_id: str
    viewer_id: str
    role: Role
    projects: frozenset[str] | None
    """The projects in scope; None is all of the organization."""
    seal: object = None

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("Only perfwidget.question.access makes a scope.")


@dataclass(frozen=True, slots=True)
class ScopedQuery:
    """A question that the viewer may have answered: some members, one period, the projects left of the scope."""

    scope: Scope
    subjects: frozenset[str] | None
    """Whose facts count; None is everybody whom the viewer may choose."""
    workspaces: tuple[str, ...]
    """The workspaces asked for; `projects` is narrowed to theirs already."""
    asked_projects: tuple[str, ...]
    projects: frozenset[str] | None
    """The projects whose rows count: the scope narrowed by the filters; None is all, an empty set none."""
    period: Period | None
    """None is all time, until `during` gives it its dates."""
    rules: Rules
    seal: object = None
    whole: Period | None = None
    """The period that this one is a part of, where it is one."""
    reviews_since: int | None = None
    """The instant since when reviews are recorded, in microseconds, where they were not always: as the store says."""
    of_everybody: bool = False
    """Whether `subjects` are some of everybody: who is none of those has no rows, whatever stands there."""
    by_project: bool = False
    """Whether each project is looked at by itself: what is long is told by the median in it."""

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("Only perfwidget.question.access makes a scoped query.")

    @property
    def subject_id(self) -> str | None:
        """The one member that is asked about; None of several and of everybody."""
        return next(iter(self.subjects)) if self.subjects is not None and len(self.subjects) == 1 else None

    @property
    def subject_name(self) -> str:
        """Whom it speaks of, in the names of files and in logs: an id, or how many."""
        return self.subject_id or ("everybody" if self.subjects is None else f"{len(self.subjects)}-members")

    @property
    def start(self) -> int:
        """The first instant of the period, in microseconds since 1970."""
        return self.dated.start

    @property
    def end(self) -> int:
        """The first instant after the period, in microseconds since 1970."""
        return self.dated.end

    @property
    def dated(self) -> Period:
        """The period; raises ValueError of all time that has no dates yet."""
        if self.period is None:
            raise ValueError("All time has no dates before `during` gives it some.")
        return self.period

    def covers(self, other: "ScopedQuery") -> bool:
        """Say whether all that answers the other question may be seen by whom this one was scoped for."""
        mine, theirs = self.scope, other.scope
        return (
            (mine.organization_id, mine.viewer_id, self.subjects)
            == (theirs.organization_id, theirs.viewer_id, other.subjects)
            and (mine.role.chooses_members or not theirs.role.chooses_members)
            and (self.projects is None or (other.projects is not None and other.projects <= self.projects))
        )

    def among(self, members: Collection[str]) -> "ScopedQuery":
        """Return the same question about some of its subjects; raises ValueError for others.

        Of everybody the store alone knows who they are: whoever else is named here has no rows there.
        """
        if self.subjects is not None and not self.subjects >= set(members):
            raise ValueError("These members are none of those that were asked for.")
        return replace(self, subjects=frozenset(members), of_everybody=self.of_everybody or self.subjects is None)

    def apart(self) -> "ScopedQuery":
        """Return the same question about each project by itself, as if no other one were asked for."""
        return replace(self, by_project=True)

    def during(self, period: Period) -> "ScopedQuery":
        """Return the same question about a resolved period."""
        return replace(self, period=period)

    def part(self, period: Period) -> "ScopedQuery":
        """Return the same question about a part of its period; what is long is told by the whole."""
        return replace(self, period=period, whole=self.whole or self.period)

    def knowing(self, recorded: Mapping[str, int | None]) -> "ScopedQuery":
        """Return the same question with what the store says of what is recorded, and since when."""
        return replace(self, reviews_since=recorded.get("reviews"))


def scope(viewer: Viewer, query: Query, standing: Standing, rules: Rules = Rules()) -> ScopedQuery:  # noqa: B008
    """Narrow a question to what the viewer may see, or refuse it whole.

    Raises Forbidden for a member, workspace or project outside the scope, in the same words whether or not it exists.
    So it does for an entry that the role does not have, an unknown role and an inactive viewer.
    """
    role = viewer.known_role()
    if standing.active is False:
        raise Forbidden("Your account is not active in this organization; ask your administrator.")
    if query.entry is not None and query.entry not in role.entries:
        raise Forbidden("Your role does not open the dashboard from that page; open it from Home.")
    lands_on_all = not query.users and role.chooses_members and query.entry is not Entry.HOME
    subjects = None if query.everybody or lands_on_all else frozenset(query.users or (viewer.user_id,))
    known = {viewer.user_id} | (standing.users if role.chooses_members else frozenset())
    if not (role.chooses_members if subjects is None else subjects <= known):
        raise Forbidden
    if query.table.open not in {*known, None}:
        raise Forbidden
    visible = standing.projects
    held = {workspace for workspace in visible.values() if workspace is not None}
    if not visible.keys() >= set(query.projects) or not held >= set(query.workspaces):
        raise Forbidden
    return ScopedQuery(
        scope=Scope(
            organization_id=viewer.organization_id,
            viewer_id=viewer.user_id,
            role=role,
            projects=None if role.sees_organization else frozenset(visible),
            seal=_SEAL,
        ),
        subjects=subjects,
        workspaces=query.workspaces,
        asked_projects=query.projects,
        projects=_narrowed(role, query, visible),
        period=query.period,
        rules=rules,
        seal=_SEAL,
    )


def _narrowed(role: Role, query: Query, visible: Mapping[str, str | None]) -> frozenset[str] | None:
    if not query.projects and not query.workspaces:
        return None if role.sees_organization else frozenset(visible)
    return frozenset(
        project
        for project, workspace in visible.items()
        if (not query.projects or project in query.projects) and (not query.workspaces or workspace in query.workspaces)
    )
