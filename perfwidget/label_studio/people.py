"""The people of a Label Studio, and where they belong, kept in step in a store."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from perfwidget.errors import SourceUnavailable
from perfwidget.facts import Fact, Member, Membership
from perfwidget.label_studio.connection import LabelStudio
from perfwidget.label_studio.directory import Directory
from perfwidget.label_studio.pages import NONSENSE
from perfwidget.label_studio.roles import Roles
from perfwidget.question import access
from perfwidget.question.access import Role, Standing, Viewer
from perfwidget.question.query import Query
from perfwidget.stores.choosing import Profile
from perfwidget.stores.store import Store

MOST_MEMBERS = 100_000

_NOTHING_ASKED = Standing(active=None, projects={}, users=frozenset())


class People:
    """Writes the members of one organization, and beside Enterprise who belongs to which project."""

    def __init__(self, store: Store, server: LabelStudio, organization_id: str, roles: Roles, source: str) -> None:
        self._store = store
        self._server = server
        self._organization_id = organization_id
        self._roles = roles
        self._source = source
        self._members: dict[str, Member] = {}
        self._memberships: dict[str, list[Membership]] = {}
        self._missing: set[str] = set()
        self._strangers: set[str] = set()

    def read(self, label_studio_organization: str, projects: Iterable[str], *, enterprise: bool) -> bool:
        """Ask who there is, and say whether any fact changed; raises SourceUnavailable and StoreUnavailable."""
        directory = Directory(self._server, self._organization_id, self._roles, enterprise=enterprise)
        members = {str(member.user_id): member for member in directory.members(label_studio_organization)}
        if not members:
            raise SourceUnavailable(NONSENSE.format("members"))
        facts: list[Fact] = list(directory.around()) if not self._members else []
        facts += [member for key, member in members.items() if self._members.get(key) != member]
        facts += self._gone(members, directory.removed)
        changed = bool(facts) and bool(self._members)
        if facts:
            self._store.write(facts, unknown="keep")
        if enterprise:
            changed |= self._set_memberships(directory.memberships(projects), members)
        self._members = members
        return changed

    def has_strangers(self, workers: Collection[str]) -> bool:
        """Say whether somebody of these is not known, and was not asked about for being so."""
        strangers = {each for each in workers if each not in self._members} - self._missing - self._strangers
        self._strangers |= strangers
        return bool(strangers)

    def _gone(self, members: Collection[str], removed: Collection[str]) -> Iterator[Member]:
        """Yield those who are no members any more, as inactive ones: their figures stay."""
        missing = {
            profile.user_id: profile
            for profile in self._kept()
            if profile.role is not None and profile.active and profile.user_id not in members
        }
        for user_id, profile in missing.items():
            if (user_id in removed or user_id in self._missing) and profile.role:  # once may be a list that was short
                yield Member(
                    self._organization_id, user_id, profile.email, profile.name, role=profile.role, active=False
                )
        self._missing = set(missing)

    def _kept(self) -> Sequence[Profile]:
        with self._store.reading() as reader:
            viewer = Viewer(self._organization_id, self._source, Role.OWNER)
            everybody = access.scope(viewer, Query(), _NOTHING_ASKED).scope
            return reader.members(everybody, "", MOST_MEMBERS)

    def _set_memberships(self, memberships: dict[str, list[Membership]], members: Collection[str]) -> bool:
        changed = False
        for user_id in sorted({*memberships, *self._memberships, *members}):
            held = memberships.get(user_id, [])
            if self._memberships.get(user_id) != held:
                self._store.set_memberships(self._organization_id, user_id, held)
                changed = True
        self._memberships = memberships
        return changed
