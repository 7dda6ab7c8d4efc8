"""Who may see what, looked up in a table: an oracle that shares no line with the code it judges.

`ROLES` is the contract; everything else follows from it and from a `World`: who is a member of what, and where there
are any facts. Ids are texts, and two ids are the same if they are the same text.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

ORGANIZATION, MEMBERSHIPS, SELF = "organization", "memberships", "self"


@dataclass(frozen=True)
class Rights:
    """What a role may do: the pages that it opens the dashboard from, whose figures it sees, and where from."""

    entries: tuple[str, ...]
    members: str
    projects: str


ROLES: dict[str, Rights] = {
    "owner": Rights(("organization", "home", "members"), ORGANIZATION, ORGANIZATION),
    "admin": Rights(("organization", "home", "members"), ORGANIZATION, ORGANIZATION),
    "manager": Rights(("home", "members"), ORGANIZATION, MEMBERSHIPS),
    "reviewer": Rights(("home",), SELF, MEMBERSHIPS),
    "annotator": Rights(("home",), SELF, MEMBERSHIPS),
}

_PAGES = {"organization": "Organization › Members", "home": "Home", "members": "project Members"}
_MEMBERS = {ORGANIZATION: "all of the organization", SELF: "themselves"}
_PROJECTS = {ORGANIZATION: "all", MEMBERSHIPS: "only those they are a member of"}


def role_table() -> str:
    """Return the table of roles in Markdown, as the README shows it."""
    lines = ["| role | opens it from | members | workspaces and projects |", "|---|---|---|---|"]
    for rights, roles in groupby(ROLES, key=ROLES.__getitem__):
        pages = ", ".join(_PAGES[entry] for entry in rights.entries)
        lines.append(f"| {', '.join(roles)} | {pages} | {_MEMBERS[rights.members]} | {_PROJECTS[rights.projects]} |")
    return "\n".join(lines)


@dataclass(frozen=True)
class Person:
    """Somebody signed in, as the host describes them; the lists replace what the store says, None does not."""

    organization: str
    user: str
    role: str
    workspaces: frozenset[str] | None = None
    projects: frozenset[str] | None = None


@dataclass(frozen=True)
class Ask:
    """What an address asks for, once its percent-encoding is undone."""

    users: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    workspaces: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()

    def pairs(self) -> list[tuple[str, str]]:
        """Return the parameters of the address, each with its name."""
        named = {
            "user": self.users,
            "members": self.members,
            "workspace": self.workspaces,
            "project": self.projects,
            "entry": self.entries,
        }
        return [(name, value) for name, values in named.items() for value in values]


@dataclass
class World:
    """Who and what there is. A cell is (organization, member, project): there are facts of that member there."""

    active: dict[tuple[str, str], bool] = field(default_factory=dict)
    projects: dict[tuple[str, str], str | None] = field(default_factory=dict)
    memberships: set[tuple[str, str, str, str]] = field(default_factory=set)
    """(organization, user, "workspace" or "project", its id)"""
    cells: set[tuple[str, str, str]] = field(default_factory=set)


@dataclass(frozen=True)
class Decision:
    """The statuses that are right, and for 200 the members and the projects whose facts make the answer.

    `everybody` says that the members are all whom the person may choose, and none was named.
    """

    statuses: frozenset[int]
    subjects: frozenset[str] = frozenset()
    projects: frozenset[str] = frozenset()
    everybody: bool = False

    @property
    def several(self) -> bool:
        """Whether the answer is of several members together."""
        return self.everybody or len(self.subjects) > 1


@dataclass(frozen=True)
class Offer:
    """What may be chosen: members, projects with their workspaces, and workspaces."""

    members: frozenset[str]
    projects: dict[str, str | None]

    @property
    def workspaces(self) -> frozenset[str]:
        """The workspaces that hold one of the projects."""
        return frozenset(workspace for workspace in self.projects.values() if workspace is not None)


def refused(world: World, person: Person) -> bool:
    """Say whether somebody signed in may see nothing at all."""
    return person.role not in ROLES or world.active.get((person.organization, person.user)) is False


def offer(world: World, person: Person) -> Offer:
    """Return what somebody who is not refused may choose."""
    rights, home = ROLES[person.role], person.organization
    recorded = {project: workspace for (where, project), workspace in world.projects.items() if where == home}
    members = {user for where, user in world.active if where == home}
    if rights.projects == ORGANIZATION:
        members |= {member for where, member, _ in world.cells if where == home}
        mentioned = {project for where, _, project in world.cells if where == home}
        projects = dict.fromkeys(mentioned) | recorded
    else:
        mine = {(kind, name) for where, user, kind, name in world.memberships if (where, user) == (home, person.user)}
        workspaces = {name for kind, name in mine if kind == "workspace"}
        single = {name for kind, name in mine if kind == "project"}
        workspaces = workspaces if person.workspaces is None else set(person.workspaces)
        single = single if person.projects is None else set(person.projects)
        projects = dict.fromkeys(single) | {
            project: workspace
            for project, workspace in recorded.items()
            if project in single or workspace in workspaces
        }
    return Offer(frozenset(members) if rights.members == ORGANIZATION else frozenset({person.user}), projects)


def decide(world: World, person: Person | None, ask: Ask) -> Decision:
    """Say how a question is to be answered."""
    if person is None:
        return Decision(frozenset({401}))
    wrong = malformed(ask)
    if refused(world, person):
        return Decision(frozenset({400, 403} if wrong else {403}))  # which of two faults is named tells nothing
    if wrong:
        return Decision(frozenset({400}))
    users, workspaces, projects, entries = (
        set(filter(None, given)) for given in (ask.users, ask.workspaces, ask.projects, ask.entries)
    )
    allowed = offer(world, person)
    chooses = ROLES[person.role].members == ORGANIZATION
    everybody = bool(ask.members) or (chooses and not users and "home" not in entries)
    if (
        not entries <= set(ROLES[person.role].entries)
        or (everybody and not chooses)
        or not users <= allowed.members | {person.user}
        or not projects <= set(allowed.projects)
        or not workspaces <= allowed.workspaces
    ):
        return Decision(frozenset({403}))
    left = {
        project
        for project, workspace in allowed.projects.items()
        if (not projects or project in projects) and (not workspaces or workspace in workspaces)
    }
    subjects = allowed.members if everybody else users or {person.user}
    return Decision(frozenset({200}), frozenset(subjects), frozenset(left), everybody)


def malformed(ask: Ask) -> bool:
    """Say whether an address is nonsense whoever asks: ids that can be none, names beside everybody, a wrong entry."""
    ids = [*ask.users, *ask.workspaces, *ask.projects]
    return (
        any(len(each) > 255 or _uncontrolled(each) for each in ids)
        or (bool(ask.members) and any(ask.users))
        or not set(ask.members) <= {"all"}
        or len(set(filter(None, ask.entries))) > 1
        or not set(filter(None, ask.entries)) <= set(_PAGES)
    )


def _uncontrolled(text: str) -> bool:
    return any(unicodedata.category(each) in ("Cc", "Cs") for each in text)


def seen(world: World, organization: str, members: Iterable[str], projects: Iterable[str]) -> set[tuple[str, str, str]]:
    """Return the cells of members in projects."""
    return {(organization, member, project) for member in members for project in projects} & world.cells
