"""Who uses the platform and what they work on. A real one asks its own tables, this one the widget's store."""

import hmac
import json
from collections.abc import Sequence
from itertools import groupby
from threading import Lock
from typing import NamedTuple

from flask_login import UserMixin

from perfwidget.errors import Forbidden
from perfwidget.facts import Member
from perfwidget.question import access
from perfwidget.question.access import Role, Scope, Standing, Viewer
from perfwidget.question.query import Query, parse
from perfwidget.stores.choosing import Profile, ProjectOption
from perfwidget.stores.reading import Reader
from perfwidget.stores.store import Store

PASSWORD = "demo"
DEMO_ACCOUNTS = {f"{role}@demo.example": role for role in Role}
MOST_MEMBERS = 500
"""How many members a page lists; a platform with more would have pages."""


class PlatformUser(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """A member as Flask-Login wants its users: somebody who signed in, or may."""

    def __init__(self, organization_id: str, profile: Profile) -> None:
        self.organization_id = organization_id
        self.user_id = profile.user_id
        self.email = profile.email or ""
        self.name = profile.name or profile.email or profile.user_id
        self.role = profile.role or ""
        self._active = profile.active

    @property
    def is_active(self) -> bool:
        """Whether they may sign in; to Flask-Login, who becomes inactive afterwards is signed out."""
        return self._active

    def get_id(self) -> str:
        """Return what the session remembers them by."""
        return json.dumps([self.organization_id, self.user_id])

    @property
    def viewer(self) -> Viewer:
        """This person, as the widget wants to know them."""
        return Viewer(self.organization_id, self.user_id, self.role)

    @property
    def sees_organization(self) -> bool:
        """Whether Organization is for them."""
        return self.role in (Role.OWNER, Role.ADMIN)

    @property
    def manages_projects(self) -> bool:
        """Whether the Members pages of their projects are for them."""
        return self.sees_organization or self.role == Role.MANAGER


class _Look:
    """A look at the store for all who wait for it."""

    def __init__(self) -> None:
        self.taken, self.done = Lock(), False
        self.person: PlatformUser | None = None


class Sessions:
    """Who is signed in. Requests that come while the store is asked share one look at it, begun after they came."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._coming: dict[str, _Look] = {}
        self._at_work, self._changed = Lock(), Lock()

    def person(self, session_id: str) -> PlatformUser | None:
        """Return whom a session remembers, as the store knows them now; None if it knows them no more."""
        with self._changed:
            look = self._coming.setdefault(session_id, _Look())
        with look.taken:
            if not look.done:
                with self._at_work:
                    with self._changed:
                        self._coming.pop(session_id, None)  # who comes from now on wants a newer one
                    look.person = signed_in(self._store, session_id)
                    look.done = True
        return look.person


def signed_in(store: Store, session_id: str) -> PlatformUser | None:
    """Return whom a session remembers, as the store knows them now; None if it knows them no more."""
    organization_id, user_id = json.loads(session_id)
    with store.reading() as reader:
        scope = access.scope(_platform(organization_id, user_id), Query(), _NOTHING_KNOWN).scope
        profile = reader.profiles(scope, [user_id])[user_id]
    return None if profile.role is None else PlatformUser(organization_id, profile)


def signing_in(store: Store, email: str, password: str) -> PlatformUser | None:
    """Return whose e-mail this is, if the password is right; one who is active before one who is not."""
    if not hmac.compare_digest(password.encode(), PASSWORD.encode()):
        return None
    with store.reading() as reader:
        found = [person for each in reader.organizations() for person in _with_email(reader, each, email)]
    return next((person for person in found if person.is_active), found[0] if found else None)


def missing_accounts(store: Store, organization_id: str) -> list[Member]:
    """Return the demo accounts that an organization does not have yet, ready to be written."""
    with store.reading() as reader:
        return [
            Member(organization_id, f"demo-{role}", email, f"Demo {role.capitalize()}", role=role)
            for email, role in DEMO_ACCOUNTS.items()
            if not _with_email(reader, organization_id, email)
        ]


def members(store: Store, person: PlatformUser) -> Sequence[PlatformUser]:
    """Return the members whom a person may choose, by name."""
    with store.reading() as reader:
        profiles = reader.members(_scope(reader, person), "", MOST_MEMBERS)
    return [PlatformUser(person.organization_id, profile) for profile in profiles]


class WorkspaceGroup(NamedTuple):
    """A workspace and those of its projects that a person sees; projects outside any stand under no title."""

    title: str | None
    projects: list[ProjectOption]


def projects(store: Store, person: PlatformUser) -> list[WorkspaceGroup]:
    """Return a person's projects, grouped by workspace."""
    with store.reading() as reader:
        scope = _scope(reader, person)
        titles = {workspace.workspace_id: workspace.title for workspace in reader.workspaces(scope)}
        found = [(titles.get(project.workspace_id or ""), project) for project in reader.projects(scope)]
    found.sort(key=lambda pair: (pair[0] is None, pair[0] or ""))
    return [
        WorkspaceGroup(title, [project for _, project in group])
        for title, group in groupby(found, key=lambda pair: pair[0])
    ]


class ProjectPage(NamedTuple):
    """A project and its members."""

    project_id: str
    title: str
    members: Sequence[PlatformUser]


def project_page(store: Store, person: PlatformUser, project_id: str) -> ProjectPage:
    """Return a project and its members; raises Forbidden for a project that is not the person's to see."""
    with store.reading() as reader:
        scope = _scope(reader, person, parse({"project": [project_id]}))
        if not person.manages_projects:
            raise Forbidden
        belonging = reader.members_of(scope, project_id)
        members = [each for each in reader.members(scope, "", MOST_MEMBERS) if each.user_id in belonging]
    title = project_title(store, person, project_id)
    return ProjectPage(project_id, title, [PlatformUser(person.organization_id, each) for each in members])


def project_title(store: Store, person: PlatformUser, project_id: str) -> str:
    """Return what a project is called; raises Forbidden for one that is not the person's to see."""
    with store.reading() as reader:
        scope = _scope(reader, person, parse({"project": [project_id]}))
        return next(each.title for each in reader.projects(scope) if each.project_id == project_id)


def _scope(reader: Reader, person: PlatformUser, query: Query = Query()) -> Scope:  # noqa: B008 (immutable)
    return access.scope(person.viewer, query, reader.standing(person.viewer, query)).scope


_NOTHING_KNOWN = Standing(active=None, projects={}, users=frozenset())


def _platform(organization_id: str, user_id: str = "platform") -> Viewer:
    """Return the platform itself, which looks its members up before anybody is signed in."""
    return Viewer(organization_id, user_id, Role.OWNER)


def _with_email(reader: Reader, organization_id: str, email: str) -> list[PlatformUser]:
    scope = access.scope(_platform(organization_id), Query(), _NOTHING_KNOWN).scope
    found = reader.members(scope, email, MOST_MEMBERS) if email else ()
    return [
        PlatformUser(organization_id, profile)
        for profile in found
        if profile.role is not None and (profile.email or "").casefold() == email.casefold()
    ]
