"""The people and workspaces of a Label Studio, as facts."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from perfwidget.errors import SourceUnavailable
from perfwidget.facts import Fact, Member, Membership, Recorded, Workspace
from perfwidget.label_studio.connection import LabelStudio
from perfwidget.label_studio.pages import NONSENSE, rows
from perfwidget.label_studio.roles import Roles
from perfwidget.question.access import Role
from perfwidget.sources.row_values import optional_id, word

ROLE_CODES: Mapping[str, Role] = {
    "OW": Role.OWNER,
    "AD": Role.ADMIN,
    "MA": Role.MANAGER,
    "RE": Role.REVIEWER,
    "AN": Role.ANNOTATOR,
}
"""Enterprise's roles; others, such as DI (deactivated) and NO (not activated yet), are none that may look."""

LESS_THAN_MANAGER = frozenset({"RE", "AN"})

REMOVED = "Deleted"
"""What Label Studio shows as user name and e-mail of somebody who was removed from the organization."""

NO_ROLE = "none"
ENTERPRISE_RECORDS = ("comments",)
"""What Enterprise records whatever its plan; history and reviews are told by the rows that speak of them."""


class Directory:
    """Reads the organization that the token belongs to; `enterprise` says whether the server is one.

    Enterprise knows a role in the organization and, where that is not all, another one in a project. The one in the
    organization decides what a viewer is. One in a project never adds to it, for what it would add would hold in all
    their projects. But it takes away. Whoever is disabled in a project, and a manager who is a reviewer or annotator
    there, are not counted as its members. So a manager sees others only where Label Studio lets them manage.
    """

    def __init__(self, server: LabelStudio, organization_id: str, roles: Roles, *, enterprise: bool) -> None:
        self._server = server
        self._organization_id = organization_id
        self._roles = roles
        self._enterprise = enterprise
        self._managers: set[str] = set()
        self.removed: set[str] = set()
        """Who Label Studio says is no member any more, and keeps the name of to itself; known from `members` on."""

    def members(self, label_studio_organization: str) -> Iterator[Member]:
        """Yield the members of the organization; it is told in the log whom the file of roles names in vain."""
        listed: list[tuple[str, str | None]] = []
        path = f"organizations/{label_studio_organization}/memberships"
        for row in rows(self._server, path, "members"):
            person = row.get("user") if isinstance(row, dict) else None
            if not isinstance(person, dict):
                raise SourceUnavailable(NONSENSE.format("members"))
            user_id = _needed_id(person, "members")
            if person.get("email") == person.get("username") == REMOVED:
                self.removed.add(user_id)
                continue
            email = word(person.get("email"))
            listed.append((user_id, email))
            name = " ".join(filter(None, (word(person.get("first_name")), word(person.get("last_name"))))) or None
            role = self._role(row, user_id, email)
            if role == Role.MANAGER:
                self._managers.add(user_id)
            active = not self._enterprise or (role != NO_ROLE and _active(row))
            yield Member(self._organization_id, user_id, email, name, role=str(role), active=active)
        if not self._enterprise:
            self._roles.tell_unmatched(listed)

    def _role(self, row: Mapping[str, Any], user_id: str, email: str | None) -> str:
        if self._enterprise:
            return ROLE_CODES.get(str(row.get("role")), NO_ROLE)
        return self._roles.of(user_id, email).role

    def around(self) -> Iterator[Fact]:
        """Yield what the server records, and workspaces, which Community has none of."""
        yield Recorded(self._organization_id, "flags")
        if not self._enterprise:
            return
        for kind in ENTERPRISE_RECORDS:
            yield Recorded(self._organization_id, kind)
        for workspace_id, row in self._workspaces():
            title = row.get("title")
            yield Workspace(self._organization_id, workspace_id, title if isinstance(title, str) else workspace_id)

    def memberships(self, projects: Iterable[str]) -> dict[str, list[Membership]]:
        """Return the memberships of workspaces and projects by user; Community has none to ask for.

        A project's list holds those who were added to it and those of its workspace. Ask for `members` before, who
        say who is a manager.
        """
        found: dict[str, list[Membership]] = {}
        shut_out: set[str] = set()
        for project_id in projects:
            for person in rows(self._server, f"projects/{project_id}/members/paginated/", "project members"):
                user_id = _member_id(person)
                if self._shut_out(user_id, person.get("project_role")):
                    shut_out.add(user_id)
                    continue
                found.setdefault(user_id, []).append(Membership(self._organization_id, user_id, project_id=project_id))
        for workspace_id, _ in self._workspaces():
            for person in rows(self._server, f"workspaces/{workspace_id}/memberships/", "workspace members"):
                user_id = _member_id(person)
                if user_id in shut_out:  # a workspace would give back the project that they are shut out of
                    continue
                held = Membership(self._organization_id, user_id, workspace_id=workspace_id)
                found.setdefault(user_id, []).append(held)
        return found

    def _shut_out(self, user_id: str, project_role: object) -> bool:
        """Say whether a role in a project, if there is one, leaves somebody less than the one in the organization."""
        if project_role is None:
            return False
        return project_role not in ROLE_CODES or (user_id in self._managers and project_role in LESS_THAN_MANAGER)

    def _workspaces(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for row in rows(self._server, "workspaces/", "workspaces", {"include_all_workspaces": "true"}):
            yield _needed_id(row, "workspaces"), row


def role_code(person: Mapping[str, Any]) -> str:
    """Return the code of the role that an Enterprise answer gives a person in their active organization.

    It is empty beside Community, for a membership that is not active, and where the answer contradicts itself.
    """
    organization = optional_id(person.get("active_organization"))
    several, one = person.get("org_membership"), person.get("organization_membership")
    held = [each for each in (several if isinstance(several, list) else ()) if isinstance(each, dict)]
    found = [each for each in held if optional_id(each.get("organization_id")) == organization]
    if isinstance(one, dict) and optional_id(one.get("organization_id")) in (organization, None):
        found.append(one)  # this is the one of the active organization by its meaning, named or not
    codes = {str(each.get("role")) for each in found}
    if organization is None or len(codes) != 1 or not all(map(_active, found)):
        return ""
    return codes.pop()


def _active(membership: Mapping[str, Any]) -> bool:
    """Say whether a membership is active; one that says so by anything but a boolean is not."""
    said = membership.get("active")
    return said is None or said is True


def _needed_id(row: object, what: str) -> str:
    found = optional_id(row.get("id")) if isinstance(row, dict) else None
    if found is None:
        raise SourceUnavailable(NONSENSE.format(what))
    return found


def _member_id(row: object) -> str:
    """Return the id of the user of a member row. The row is the user, or names one by id or whole."""
    if isinstance(row, dict) and "user" in row:
        user = row["user"]
        return _needed_id(user if isinstance(user, dict) else {"id": user}, "members")
    return _needed_id(row, "members")
