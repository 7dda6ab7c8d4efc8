"""Keeping a store's facts in step with a Label Studio: one pass over its people and projects."""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime

from perfwidget.errors import SourceRefused, SourceUnavailable
from perfwidget.facts import Fact, Key, Member, Membership, Project
from perfwidget.facts.ingest import NOT_COMPLETE, Bookmark, Observation, Withdrawn
from perfwidget.label_studio.connection import LabelStudio, NotFound
from perfwidget.label_studio.directory import Directory, role_code
from perfwidget.label_studio.enterprise import Enterprise
from perfwidget.label_studio.pages import NONSENSE
from perfwidget.label_studio.project_reading import COMPARED_EVERY, ProjectReading
from perfwidget.label_studio.roles import Roles
from perfwidget.question import access
from perfwidget.question.access import Role, Standing, Viewer
from perfwidget.question.query import Query
from perfwidget.sources.row_values import optional_id
from perfwidget.stores.choosing import Profile
from perfwidget.stores.store import Store

log = logging.getLogger(__name__)

SOURCE = "label studio"
"""The source whose bookmark says as of when the facts are."""

DIRECTORY_EVERY = 5
"""Seconds after which people and projects are asked for again."""

MEMBERSHIPS_EVERY = 30
"""Seconds after which it is asked again who belongs to which project, beside Enterprise: a question for each."""

NOTED_EVERY = 60
"""Seconds after which the store is told again that nothing has changed."""

COMPARED_ANYHOW = 3_600
"""Seconds after which all tasks of a project are compared with what is kept, whatever their number."""

AWAY_AFTER = 3
"""Projects in a row that cannot be read, after which the others are not tried before the next pass."""

GONE = "gone"
"""The bookmark of a project that was deleted."""

MOST_MEMBERS = 100_000

_NOTHING_ASKED = Standing(active=None, projects={}, users=frozenset())


class Sync:
    """Reads one Label Studio, seen with one token, into one organization of a store.

    Facts are written page by page, each with the bookmark that goes with it, so that a pass may end anywhere.
    """

    def __init__(
        self,
        store: Store,
        server: LabelStudio,
        organization_id: str,
        roles: Roles,
        progress: Callable[[str], None] = lambda _: None,
        *,
        directory_every: float = DIRECTORY_EVERY,
        compared_every: float = COMPARED_EVERY,
    ) -> None:
        self._store = store
        self._server = server
        self.organization_id = organization_id
        """The organization of the store that the facts belong to."""
        self._roles = roles
        self._progress = progress
        self._directory_every = directory_every
        self._compared_every = compared_every
        self._projects: dict[str, Project] = {}
        self._readings: dict[str, ProjectReading] = {}
        self._members: dict[str, Member] = {}
        self._memberships: dict[str, list[Membership]] = {}
        self._missing: set[str] = set()
        self._compared: dict[str, float] = {}
        self._directory_at = float("-inf")
        self._memberships_at = float("-inf")
        self._noted_at = float("-inf")
        self._broke_off = True
        self.label_studio_organization = ""
        """The organization of the token, as Label Studio has it; empty until it was asked."""
        self.enterprise = False
        """Whether the server is Label Studio Enterprise."""

    def meet(self) -> None:
        """Ask the server what it is and who we are to it; raises SourceUnavailable and SourceRefused."""
        version, me = self._server.get("version"), self._server.get("current-user/whoami")
        if not isinstance(version, dict) or not isinstance(me, dict):
            raise SourceUnavailable(NONSENSE.format("versions"))
        organization = optional_id(me.get("active_organization"))
        if organization is None:
            raise SourceRefused("The owner of the token belongs to no organization of Label Studio; use another token.")
        self.enterprise = version.get("edition") == "Enterprise"
        if self.enterprise and role_code(me) not in ("OW", "AD"):
            raise SourceRefused("The token must be of an owner or admin, for others do not see every project.")
        if not self.enterprise:
            about = self._server.get(f"organizations/{organization}")
            self._roles.created_by(optional_id(about.get("created_by")) if isinstance(about, dict) else None)
        self.label_studio_organization = organization

    def run(self, hinted: Collection[str] = (), *, anew: bool = False) -> bool:
        """Bring the store up to date, the hinted projects first; say whether any fact changed.

        Raises SourceUnavailable, SourceRefused and StoreUnavailable; what was written by then stays.
        """
        began = datetime.now(UTC)
        broke_off, self._broke_off = self._broke_off, True
        if not self.label_studio_organization:
            self.meet()
        self._note_beginning()
        changed = self._read_directory()
        first = [project for project in hinted if project in self._projects]
        changed |= self._read_projects(dict.fromkeys([*first, *self._projects]), anew=anew)
        self._note(began, changed=changed or broke_off)  # what a pass wrote before it broke off is news, too
        self._broke_off = False
        return changed

    @property
    def project_ids(self) -> tuple[str, ...]:
        """The projects of Label Studio, as they were asked for last."""
        return tuple(self._projects)

    def faults(self) -> Iterator[str]:
        """Yield what could not be read of the rows of the projects, in sentences."""
        for project_id, reading in self._readings.items():
            for sentence in reading.faults.sentences():
                yield f"project {project_id}: {sentence}"

    def annotations_read(self) -> int:
        """Return how many annotations were read so far."""
        return sum(reading.faults.annotations for reading in self._readings.values())

    # -- Projects -----------------------------------------------------------------------------------------------------

    def _read_projects(self, projects: Collection[str], *, anew: bool) -> bool:
        """Read projects one by one; one that cannot be read keeps the others waiting no longer than it takes itself."""
        changed = False
        faults: list[SourceUnavailable] = []
        in_a_row = 0
        for project_id in projects:
            self._progress(project_id)
            try:
                changed |= self._read_project(project_id, anew=anew)
                in_a_row = 0
            except SourceUnavailable as fault:
                faults.append(fault)
                in_a_row += 1
                if in_a_row == AWAY_AFTER:
                    break
            if time.monotonic() - self._directory_at > self._directory_every:
                changed |= self._read_directory()
        if faults:
            raise faults[0]
        return changed

    def _read_project(self, project_id: str, *, anew: bool) -> bool:
        reading = self._readings.get(project_id) or self._reading(project_id)
        try:
            changed = reading.read(anew=anew)
            if time.monotonic() - self._compared.setdefault(project_id, time.monotonic()) > COMPARED_ANYHOW or anew:
                changed |= reading.compare()
                self._compared[project_id] = time.monotonic()
        except NotFound:
            self._directory_at = float("-inf")  # it was deleted a moment ago; the next pass sees to it
            return False
        return changed

    def _reading(self, project_id: str) -> ProjectReading:
        enterprise = Enterprise(self._server) if self.enterprise else None
        reading = ProjectReading(
            self._store, self._server, self.organization_id, project_id, enterprise, self._compared_every
        )
        self._readings[project_id] = reading
        return reading

    # -- People and projects ------------------------------------------------------------------------------------------

    def _read_directory(self) -> bool:
        if time.monotonic() - self._directory_at < self._directory_every:
            return False
        directory = Directory(self._server, self.organization_id, self._roles, enterprise=self.enterprise)
        projects = directory.projects()
        members = {str(member.user_id): member for member in directory.members(self.label_studio_organization)}
        facts: list[Fact | Observation] = list(directory.around()) if not self._projects else []
        facts += [project for key, project in projects.items() if self._projects.get(key) != project]
        facts += [member for key, member in members.items() if self._members.get(key) != member]
        if not members:
            raise SourceUnavailable(NONSENSE.format("members"))
        facts += self._gone_members(members, directory.removed)
        changed = bool(facts) and bool(self._members)
        if facts:
            self._store.write(facts, unknown="keep")
        if self.enterprise and time.monotonic() - self._memberships_at > MEMBERSHIPS_EVERY:
            changed |= self._set_memberships(directory.memberships(projects), members)
            self._memberships_at = time.monotonic()
        changed |= self._remove_gone(projects)
        self._projects, self._members = projects, members
        self._directory_at = time.monotonic()
        return changed

    def _gone_members(self, members: dict[str, Member], removed: Collection[str]) -> Iterator[Member]:
        """Yield those who are no members any more, as inactive ones: their figures stay."""
        missing = {
            profile.user_id: profile
            for profile in self._kept_members()
            if profile.role is not None and profile.active and profile.user_id not in members
        }
        for user_id, profile in missing.items():
            if (user_id in removed or user_id in self._missing) and profile.role:  # once may be a list that was short
                yield Member(
                    self.organization_id, user_id, profile.email, profile.name, role=profile.role, active=False
                )
        self._missing = set(missing)

    def _kept_members(self) -> Sequence[Profile]:
        with self._store.reading() as reader:
            everybody = access.scope(Viewer(self.organization_id, SOURCE, Role.OWNER), Query(), _NOTHING_ASKED).scope
            return reader.members(everybody, "", MOST_MEMBERS)

    def _set_memberships(self, memberships: dict[str, list[Membership]], members: Collection[str]) -> bool:
        changed = False
        for user_id in sorted({*memberships, *self._memberships, *members}):
            held = memberships.get(user_id, [])
            if self._memberships.get(user_id) != held:
                self._store.set_memberships(self.organization_id, user_id, held)
                changed = True
        self._memberships = memberships
        return changed

    def _remove_gone(self, projects: dict[str, Project]) -> bool:
        """Remove projects that are kept and that Label Studio says, one by one, are no more."""
        changed = False
        for project_id in self._kept_projects() - projects.keys():
            try:
                self._server.get(f"projects/{project_id}/", {"include": "id"})
            except NotFound:
                log.warning("Project %s was deleted in Label Studio; its facts go as well.", project_id)
                self._reading(project_id).remove()
                gone = Withdrawn(Key(Project, (self.organization_id, project_id)))
                self._store.write([gone, Bookmark(self.organization_id, f"project {project_id}", GONE)])
                del self._readings[project_id]
                changed = True
        return changed

    def _kept_projects(self) -> set[str]:
        """Return the ids of projects that were read from this server before."""
        with self._store.reading() as reader:
            marks = reader.bookmarks(self.organization_id)
        prefix = "project "
        return {
            source.removeprefix(prefix)
            for source, mark in marks.items()
            if source.startswith(prefix) and mark.position != GONE
        }

    # -- How fresh ----------------------------------------------------------------------------------------------------

    def _note_beginning(self) -> None:
        """Say, before anything is read for the first time, that nothing is complete yet."""
        with self._store.reading() as reader:
            known = SOURCE in reader.bookmarks(self.organization_id)
        if not known:
            self._store.write([Bookmark(self.organization_id, SOURCE, "0", NOT_COMPLETE)])

    def _note(self, began: datetime, *, changed: bool) -> None:
        """Say as of when the facts are, and count the passes that changed any."""
        if not changed and time.monotonic() - self._noted_at < NOTED_EVERY:
            return
        with self._store.reading() as reader:
            mark = reader.bookmarks(self.organization_id).get(SOURCE)
        counted = int(mark.position) if mark is not None and mark.position.isdigit() else 0
        self._store.write([Bookmark(self.organization_id, SOURCE, str(counted + changed), began)])
        self._noted_at = time.monotonic()
