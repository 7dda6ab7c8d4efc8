"""Keeping a store's facts in step with a Label Studio.

A look asks for the list of projects, whose counts tell in which of them something has come or gone. Only these are
read, and a few more in turn, for an update moves no count. Whatever is read, hints are followed after each page.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime

from perfwidget.errors import SourceRefused, SourceUnavailable
from perfwidget.facts import Key, Project
from perfwidget.facts.ingest import PROJECT, Bookmark, Withdrawn
from perfwidget.label_studio.comparing import Comparing
from perfwidget.label_studio.connection import LabelStudio, NotFound
from perfwidget.label_studio.cursor import Cursor
from perfwidget.label_studio.directory import role_code
from perfwidget.label_studio.enterprise import Enterprise
from perfwidget.label_studio.pages import NONSENSE
from perfwidget.label_studio.people import People
from perfwidget.label_studio.progress import Progress, first_reading_left
from perfwidget.label_studio.project_list import Listed, listed_projects
from perfwidget.label_studio.project_reading import ProjectReading
from perfwidget.label_studio.roles import Roles
from perfwidget.label_studio.standing import GONE, SOURCE, Standing
from perfwidget.label_studio.turns import Turns
from perfwidget.sources.row_values import optional_id
from perfwidget.stores.store import Store

log = logging.getLogger(__name__)

PEOPLE_EVERY = 60
"""Seconds after which people are asked for again, if nobody unknown turns up."""

COMPARED_EVERY = 60
"""Seconds at least between two comparisons of a project whose numbers do not agree."""

LISTED_AGAIN = 1.0
"""Seconds at least after which a hint at an unknown project makes us ask for the list again."""

AWAY_AFTER = 3
"""Projects in a row that cannot be read, after which the others are not tried before the next look."""

DEEPEST = 4
"""How many projects are read inside each other, the most urgent one first, before others wait."""

MANY_BEHIND = 10
"""Changed projects that are not read within seconds: each then says for itself as of when it is."""


class Sync:
    """Reads one Label Studio, seen with one token, into one organization of a store.

    Facts are written page by page, each with the bookmark that goes with it. So a reading may end anywhere.
    """

    def __init__(
        self,
        store: Store,
        server: LabelStudio,
        organization_id: str,
        roles: Roles,
        progress: Callable[[str], None] = lambda _: None,
        *,
        people_every: float = PEOPLE_EVERY,
        compared_every: float = COMPARED_EVERY,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._server = server
        self.organization_id = organization_id
        """The organization of the store that the facts belong to."""
        self._progress = progress
        self._people_every = people_every
        self._now = now
        self._people = People(store, server, organization_id, roles, SOURCE)
        self._people_at = float("-inf")
        self._roles = roles
        self._standing = Standing(store, organization_id, now)
        self._listed: dict[str, Listed] = {}
        self._listed_at = float("-inf")
        self._readings: dict[str, ProjectReading] = {}
        self._active: list[str] = []
        self._turns = Turns(now)
        self._first = Progress(now)
        self._comparing = Comparing(store, server, self._readings, compared_every, now)
        self.hints: Callable[[], Collection[str]] = tuple
        """Returns the projects that were hinted at since it was called last; asked between pages."""
        self.look_every: float | None = None
        """Seconds after which the list is looked at again while something long is read; None: not before its end."""
        self.list_took = 0.0
        """Seconds that the list of projects took last."""
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
        for project_id, position in self._standing.begin().items():
            self._reading(project_id).recall(position)
        self.label_studio_organization = organization

    def run(self, *, anew: bool = False) -> bool:
        """Bring the store up to date in every project, compare what is due, and say whether any fact changed.

        Raises SourceUnavailable, SourceRefused and StoreUnavailable; what was written by then stays.
        """
        before = self._standing.changes
        faults = self._look(everywhere=True, anew=anew)
        self._comparing.remember()
        while self.compare_page():
            pass
        if faults:
            raise faults[0]
        return self._standing.changes != before

    def look(self, hinted: Collection[str] = ()) -> None:
        """Read what was hinted at and what has changed; a project that cannot be read keeps no other waiting.

        Raises SourceUnavailable where Label Studio is away, SourceRefused and StoreUnavailable.
        """
        self._look(hinted)

    def follow(self, hinted: Collection[str]) -> None:
        """Read projects that were hinted at, now."""
        if self._now() - self._listed_at > LISTED_AGAIN and any(each not in self._listed for each in hinted):
            self._list()
        for project_id in dict.fromkeys(hinted):
            if project_id in self._listed and project_id not in self._active:
                self._read(project_id, counted=False)  # what the list said is older than the hint
        self._standing.note_changes()

    def compare_page(self) -> bool:
        """Compare a page of a project that is due with what is kept; say whether one was due."""
        compared, changed = self._comparing.page(self._listed)
        self._standing.changed(changed)
        self._standing.tell(self._comparing.notice, self._first.notice)
        self._standing.note_changes()
        return compared

    @property
    def project_ids(self) -> tuple[str, ...]:
        """The projects of Label Studio, as they were asked for last."""
        return tuple(self._listed)

    def faults(self) -> Iterator[str]:
        """Yield what could not be read of the rows of the projects, in sentences."""
        for project_id, reading in list(self._readings.items()):
            for sentence in reading.faults.sentences():
                yield f"project {project_id}: {sentence}"

    def annotations_read(self) -> int:
        """Return how many annotations were read so far."""
        return sum(reading.faults.annotations for reading in self._readings.values())

    # -- A look -------------------------------------------------------------------------------------------------------

    def _look(
        self, hinted: Collection[str] = (), *, everywhere: bool = False, anew: bool = False
    ) -> list[SourceUnavailable]:
        if not self.label_studio_organization:
            self.meet()
        began = datetime.now(UTC)
        self._list()
        if everywhere or self._now() - self._people_at >= self._people_every:
            self._read_people()
        chosen = list(self._listed) if everywhere else self._turns.choose(self._listed, self._readings)
        behind = [each for each in chosen if self._is_behind(each)]
        if len(behind) > MANY_BEHIND:
            self._standing.mark_behind(self._reading(each) for each in behind)
            self._standing.note(began)
        faults: list[SourceUnavailable] = []
        in_a_row = 0
        for project_id in dict.fromkeys([*(each for each in hinted if each in self._listed), *chosen]):
            self._progress(project_id)
            fault = self._read(project_id, anew=anew)
            in_a_row = in_a_row + 1 if fault else 0
            if fault:
                faults.append(fault)
                if in_a_row == AWAY_AFTER:
                    raise fault
            self._between()
        if self._people.has_strangers({each for reading in self._readings.values() for each in reading.workers}):
            self._read_people()
        self._first.ended(first_reading_left(self._readings, self._listed))
        self._standing.tell(self._comparing.notice, self._first.notice)
        self._standing.note(began)
        return faults

    def _list(self) -> None:
        """Ask for the list of projects; those that are new are noted, those that are no more are removed."""
        began = self._now()
        listed = listed_projects(self._server, self.organization_id, enterprise=self.enterprise)
        self.list_took = self._now() - began
        told = {key: each.project for key, each in self._listed.items()}
        news = [each.project for key, each in listed.items() if told.get(key) != each.project]
        facts: list[Project | Bookmark] = [*news]
        for project_id in listed.keys() - self._readings.keys():
            reading = self._reading(project_id)
            reading.recall(None)
            counts = listed[project_id].counts
            if counts is not None and not counts.tasks:
                reading.position = Cursor.of_nothing()
            facts.append(reading.bookmark(reading.position))
        if facts:
            self._store.write(facts, unknown="keep")
            self._standing.changed(bool(told))
        self._remove_gone(listed)
        self._listed, self._listed_at = listed, self._now()
        self._comparing.watch_clock(self._server.clock_ahead)

    def _remove_gone(self, listed: Collection[str]) -> None:
        """Remove projects that are kept and that Label Studio says, one by one, are no more."""
        for project_id in [each for each in self._readings if each not in listed]:
            try:
                self._server.get(f"projects/{project_id}/", {"include": "id"})
            except NotFound:
                log.warning("Project %s was deleted in Label Studio; its facts go as well.", project_id)
                self._readings.pop(project_id).remove()
                gone = Withdrawn(Key(Project, (self.organization_id, project_id)))
                self._store.write([gone, Bookmark(self.organization_id, f"{PROJECT}{project_id}", GONE)])
                self._standing.changed(True)

    def _read_people(self) -> None:
        read = self._people.read(self.label_studio_organization, self._listed, enterprise=self.enterprise)
        self._standing.changed(read)
        self._people_at = self._now()

    def _read(self, project_id: str, *, counted: bool = True, anew: bool = False) -> SourceUnavailable | None:
        """Read a project, and return why it could not be read."""
        reading, counts = self._reading(project_id), self._listed[project_id].counts if counted else None
        self._active.append(project_id)
        try:
            changed = reading.read(counts, anew=anew)
        except NotFound:
            return None  # it was deleted a moment ago; the next look sees to it
        except SourceUnavailable as fault:
            self._turns.failed(project_id, str(fault))
            self._standing.mark_behind([reading])
            return fault
        finally:
            self._active.remove(project_id)
            self._standing.changed(reading.wrote)
            reading.wrote = False
        self._turns.was_read(project_id, changed=changed)
        reading.note_behind(None)
        return None

    def _between(self) -> None:
        """Follow hints, and look at the list again when it is time, while something else is being read."""
        if self._first.due():
            self._first.tell(first_reading_left(self._readings, self._listed))
            self._standing.tell(self._comparing.notice, self._first.notice)
        if len(self._active) > DEEPEST:
            return
        try:
            hints = self.hints()
            if hints:
                self.follow(hints)
            if self.look_every is not None and self._now() - self._listed_at > max(self.look_every, 2 * self.list_took):
                self._glance()
        except SourceUnavailable as fault:
            log.info("%s", fault)  # what is being read will tell

    def _glance(self) -> None:
        """Look at the list, and read what has changed of what was read to its end before."""
        began = datetime.now(UTC)
        self._list()
        behind = [each for each in self._listed if self._is_behind(each) and each not in self._active]
        for project_id in behind:
            reading = self._reading(project_id)
            if reading.position.complete and reading.behind_since is None:
                self._read(project_id)
        self._standing.note(began)

    def _is_behind(self, project_id: str) -> bool:
        counts = self._listed[project_id].counts
        return counts is not None and not self._reading(project_id).in_step(counts)

    def _reading(self, project_id: str) -> ProjectReading:
        if project_id not in self._readings:
            enterprise = Enterprise(self._server) if self.enterprise else None
            self._readings[project_id] = ProjectReading(
                self._store, self._server, self.organization_id, project_id, enterprise, self._between
            )
        return self._readings[project_id]
