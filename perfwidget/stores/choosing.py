"""Who may be asked about, and what may be chosen: members, workspaces and projects within a viewer's scope."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from perfwidget.facts.columns import clean_text
from perfwidget.question.access import Scope, Standing, Viewer
from perfwidget.question.query import Query
from perfwidget.stores.session import Session
from perfwidget.stores.sql import Statement

_MEMBERS = """
    SELECT user_id, email, display_name, active, role FROM members WHERE organization_id = $organization_id
"""
_MEMBERS_AND_MENTIONED = f"""{_MEMBERS}
    UNION ALL
    SELECT id, NULL, NULL, TRUE, NULL FROM mentions WHERE organization_id = $organization_id AND kind = 'member'
    AND id NOT IN (SELECT user_id FROM members WHERE organization_id = $organization_id)
"""
_PROJECTS = "SELECT project_id, title, workspace_id FROM projects WHERE organization_id = $organization_id"
_PROJECTS_AND_MENTIONED = f"""{_PROJECTS}
    UNION ALL
    SELECT id, id, NULL FROM mentions WHERE organization_id = $organization_id AND kind = 'project'
    AND id NOT IN (SELECT project_id FROM projects WHERE organization_id = $organization_id)
"""

MOST_NAMES = 200
"""Names that one statement looks for, as servers take texts of statements up to some length."""


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


Noted = dict[tuple[str, str], Sequence[Any]]
"""What small statements gave, with their parameters, in one state of a store."""

MOST_NOTED = 10_000


class Choices:
    """The part of a reader that knows people and projects."""

    def __init__(self, session: Session, noted: Noted | None = None) -> None:
        self._session = session
        self._rows = session.rows
        self._noted = {} if noted is None else noted
        self._dialect = session.dialect
        self._known: defaultdict[str, dict[str, Profile | None]] = defaultdict(dict)

    def standing(self, viewer: Viewer, query: Query) -> Standing:
        """Say what the store knows of the viewer and of the ids they ask for."""
        role = viewer.known_role()
        chosen = {*query.users, *filter(None, [query.table.open])} if role.chooses_members else set()
        known = self._people(viewer.organization_id, {viewer.user_id, *chosen})
        projects = self._asked_projects(viewer, query) if role.sees_organization else self._memberships(viewer)
        users = chosen & known.keys()
        if role.sees_organization and chosen - users:
            users |= self._mentioned(viewer.organization_id, chosen - users)
        record = known.get(viewer.user_id)
        return Standing(record.active if record else None, projects, frozenset(users))

    def _once(self, text: str, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Return a small statement's rows, without asking what a reader of the same state has asked."""
        statement = text, repr(sorted(parameters.items()))
        rows = self._noted.get(statement)
        if rows is None:
            if len(self._noted) >= MOST_NOTED:
                self._noted.clear()
            rows = self._noted[statement] = self._rows(text, parameters)
        return rows

    def _people(self, organization_id: str, users: Collection[str]) -> Mapping[str, Profile]:
        """Map ids to the members that the organization has a record of; each is looked up once."""
        known = self._known[organization_id]
        asked = {user for user in users if user not in known}
        if asked:
            listed = self._dialect.in_list("user_id", "users", asked)
            text = f"SELECT {self._member} FROM members WHERE organization_id = $organization_id AND {listed}"
            rows = self._once(text, {"organization_id": organization_id, "users": sorted(asked)})
            known |= dict.fromkeys(asked) | {profile.user_id: profile for profile in map(Profile._make, rows)}
        return {user: profile for user in users if (profile := known[user]) is not None}

    def _mentioned(self, organization_id: str, users: Collection[str]) -> set[str]:
        """Return those of some ids that only facts mention."""
        if not self._dialect.keeps_more:
            return set()
        listed = self._dialect.in_list("id", "users", users)
        text = f"SELECT id FROM mentions WHERE organization_id = $organization_id AND kind = 'member' AND {listed}"
        return {found for (found,) in self._once(text, {"organization_id": organization_id, "users": sorted(users)})}

    def _asked_projects(self, viewer: Viewer, query: Query) -> dict[str, str | None]:
        if not query.projects and not query.workspaces:
            return {}
        chosen, parameters = self._chosen(list(query.projects), list(query.workspaces))
        text = f"SELECT {self._texts('project_id', 'workspace_id')} FROM ({self._all_projects}) known WHERE {chosen}"
        return dict(self._once(text, parameters | {"organization_id": viewer.organization_id}))

    def _memberships(self, viewer: Viewer) -> dict[str, str | None]:
        """Map the viewer's projects to their workspaces; each list of the viewer's replaces the store's half."""
        parameters: dict[str, Any] = {"organization_id": viewer.organization_id, "user_id": viewer.user_id}
        stored = self._once(
            f"SELECT {self._texts('workspace_id', 'project_id')} FROM memberships "
            "WHERE organization_id = $organization_id AND user_id = $user_id",
            parameters,
        )
        of_store = {workspace for workspace, _ in stored if workspace is not None}
        workspaces = sorted(of_store if viewer.workspaces is None else viewer.workspaces)
        of_store = {project for _, project in stored if project is not None}
        projects = sorted(of_store if viewer.projects is None else viewer.projects)
        chosen, among = self._chosen(projects, workspaces)
        found = self._once(
            f"SELECT {self._texts('project_id', 'workspace_id')} FROM projects "
            f"WHERE organization_id = $organization_id AND {chosen}",
            parameters | among,
        )
        return dict.fromkeys(projects) | dict(found)

    def profiles(self, scope: Scope, user_ids: Collection[str]) -> Mapping[str, Profile]:
        """Map ids to who these members of the organization are, unknown ones among them."""
        known = self._people(scope.organization_id, user_ids)
        return {user: known.get(user) or Profile(user, None, None, active=True, role=None) for user in user_ids}

    def project_titles(self, scope: Scope, project_ids: Collection[str]) -> Mapping[str, str]:
        """Map ids of projects in scope to their titles; to the id itself where the store knows none."""
        text = (
            f"SELECT {self._texts('project_id')}, title FROM projects WHERE organization_id = $organization_id "
            f"AND {self._dialect.in_list('project_id', 'projects', project_ids)}"
        )
        parameters = {"organization_id": scope.organization_id, "projects": sorted(project_ids)}
        return {project: project for project in project_ids} | dict(self._rows(text, parameters))

    def members(self, scope: Scope, search: str, limit: int) -> Sequence[Profile]:
        """Return up to `limit` members that the viewer may choose, by name, whose name, e-mail or id holds `search`."""
        found, parameters = self._found(scope, search)
        lower, user_id = self._dialect.in_lower_case, self._dialect.as_text("user_id")
        text = (
            f"SELECT {self._member} FROM ({self._choosable(scope)}) known WHERE {found} "
            f"ORDER BY {lower(f'coalesce(display_name, email, {user_id})')}, {user_id} LIMIT $limit"
        )
        return [Profile(*row) for row in self._rows(text, parameters | {"limit": limit})]

    def members_named(self, scope: Scope, names: Sequence[str]) -> Sequence[Profile]:
        """Return the members that the viewer may choose whose id or e-mail, in any case, is one of some names."""
        if not scope.role.chooses_members:
            return []
        parts = (names[place : place + MOST_NAMES] for place in range(0, len(names), MOST_NAMES))
        found = {each.user_id: each for part in parts for each in self._named(scope, part)}
        return [found[user] for user in sorted(found)]

    def _named(self, scope: Scope, names: Sequence[str]) -> list[Profile]:
        known = self._everybody if scope.role.sees_organization else _MEMBERS
        lower = self._dialect.in_lower_case
        emails = {f"email_{place}": name for place, name in enumerate(names)}
        named = " OR ".join(f"{lower('email')} = {lower(f'${name}')}" for name in emails)
        ids = self._dialect.in_list("user_id", "names", names)
        text = f"SELECT {self._member} FROM ({known}) known WHERE {ids} OR {named}"
        parameters = {"organization_id": scope.organization_id, "names": sorted(set(names)), **emails}
        return [Profile(*row) for row in self._rows(text, parameters)]

    def member_ids(self, scope: Scope, search: str = "") -> frozenset[str]:
        """Return the ids of all members that the viewer may choose, whose name, e-mail or id holds `search`."""
        found, parameters = self._found(scope, search)
        text = f"SELECT {self._texts('user_id')} FROM ({self._choosable(scope)}) known WHERE {found}"
        return frozenset(user for (user,) in self._rows(text, parameters))

    def members_of(self, scope: Scope, project_id: str) -> frozenset[str]:
        """Return who is a member of a project in scope, by itself or through its workspace.

        Nobody, for viewers who may not choose members.
        """
        if not scope.role.chooses_members or (scope.projects is not None and project_id not in scope.projects):
            return frozenset()
        text = (
            f"SELECT {self._texts('user_id')} FROM memberships WHERE organization_id = $organization_id AND "
            "(project_id = $project_id OR workspace_id IN (SELECT workspace_id FROM projects "
            "WHERE organization_id = $organization_id AND project_id = $project_id))"
        )
        parameters = {"organization_id": scope.organization_id, "project_id": project_id}
        return frozenset(user for (user,) in self._rows(text, parameters))

    def workspaces(self, scope: Scope) -> Sequence[WorkspaceOption]:
        """Return the workspaces that hold a project in scope, by title."""
        held = sorted({project.workspace_id for project in self.projects(scope) if project.workspace_id})
        text = (
            f"SELECT {self._texts('workspace_id')}, title FROM workspaces WHERE organization_id = $organization_id "
            f"AND {self._dialect.in_list('workspace_id', 'held', held)}"
        )
        titles = dict(self._rows(text, {"organization_id": scope.organization_id, "held": held}))
        options = [WorkspaceOption(workspace, titles.get(workspace, workspace)) for workspace in held]
        return sorted(options, key=lambda option: (option.title.casefold(), option.workspace_id))

    def projects(self, scope: Scope) -> Sequence[ProjectOption]:
        """Return the projects in scope, by title."""
        parameters: dict[str, Any] = {"organization_id": scope.organization_id}
        columns = f"{self._texts('project_id')}, title, {self._texts('workspace_id')}"
        if scope.projects is None:
            found = self._rows(f"SELECT {columns} FROM ({self._all_projects}) known", parameters)
        else:
            parameters["projects"] = sorted(scope.projects)
            found = self._rows(
                f"SELECT {columns} FROM projects WHERE organization_id = $organization_id "
                f"AND {self._dialect.in_list('project_id', 'projects', scope.projects)}",
                parameters,
            )
            known = {project for project, _, _ in found}
            found += [(project, project, None) for project in scope.projects - known]
        options = [ProjectOption(*row) for row in found]
        return sorted(options, key=lambda option: (option.title.casefold(), option.project_id))

    def _found(self, scope: Scope, search: str) -> Statement:
        """Return the condition that a member's name, e-mail or id holds a text, and that the viewer may choose them."""
        lower, holds = self._dialect.in_lower_case, self._dialect.holds
        parameters = {"organization_id": scope.organization_id}
        conditions = []
        if search:
            named = ("coalesce(display_name, '')", "coalesce(email, '')", self._dialect.as_text("user_id"))
            conditions.append(f"({' OR '.join(holds(lower(each), lower('$search')) for each in named)})")
            parameters["search"] = clean_text(search)
        if not scope.role.chooses_members:
            conditions.append("user_id = $viewer_id")
            parameters["viewer_id"] = scope.viewer_id
        return Statement(" AND ".join(conditions) or "TRUE", parameters)

    def _choosable(self, scope: Scope) -> str:
        """The query of the members whom those who choose members may choose."""
        return self._everybody if scope.role.sees_organization else _MEMBERS

    @property
    def _everybody(self) -> str:
        """The query of an organization's members, and of those that only facts mention."""
        return _MEMBERS_AND_MENTIONED if self._dialect.keeps_more else _MEMBERS

    @property
    def _all_projects(self) -> str:
        """The query of an organization's projects, and of those that only facts mention."""
        return _PROJECTS_AND_MENTIONED if self._dialect.keeps_more else _PROJECTS

    @property
    def _member(self) -> str:
        return f"{self._texts('user_id')}, email, display_name, active, role"

    def _chosen(self, projects: Sequence[str], workspaces: Sequence[str]) -> Statement:
        """Return the condition that a project is one of some, or in one of some workspaces."""
        in_list = self._dialect.in_list
        text = f"({in_list('project_id', 'projects', projects)} OR {in_list('workspace_id', 'workspaces', workspaces)})"
        return Statement(text, {"projects": projects, "workspaces": workspaces})

    def _texts(self, *columns: str) -> str:
        return ", ".join(f"{self._dialect.as_text(column)} AS {column}" for column in columns)
