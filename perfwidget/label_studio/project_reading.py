"""One project of a Label Studio. What has changed in it becomes facts, what is gone goes, and nothing is missed.

Every change of an annotation, its deletion too, moves the `updated_at` of its task. So the tasks that changed since the
last reading are read, with all their annotations. That is told by Label Studio's clock, which may have been wrong.
So annotations are read by their ids as well, where their number does not agree, and `comparison` compares all in turn.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from perfwidget.errors import SourceUnavailable
from perfwidget.facts import Annotation, Comment, Fact, Key, Membership
from perfwidget.facts.columns import FIRST_INSTANT, microseconds
from perfwidget.facts.ingest import NOT_COMPLETE, Bookmark, Inferred, Observation, Withdrawn
from perfwidget.label_studio.connection import LabelStudio
from perfwidget.label_studio.cursor import AHEAD, OVERLAP, UNSURE, Cursor
from perfwidget.label_studio.enterprise import Enterprise
from perfwidget.label_studio.pages import (
    IDS,
    LEFT_OUT,
    NONSENSE,
    Since,
    Task,
    latest_tasks,
    task_pages,
    tasks_by_id,
    tasks_with_later_annotations,
)
from perfwidget.label_studio.project_list import Counts
from perfwidget.label_studio.versions import annotations_of, version, version_kept
from perfwidget.sources.export import ExportedTasks, ImportResult
from perfwidget.sources.import_result import Place
from perfwidget.sources.row_values import optional_instant
from perfwidget.stores.reading import Kept
from perfwidget.stores.store import Store

log = logging.getLogger(__name__)

WATCHED = 100
"""How many of the latest changes are looked at to see whether there are any. With several web servers, and several
clocks, a change may come to light behind a later one."""


class _Latest(NamedTuple):
    """The latest change of a project, the number of its tasks, and the changes shortly before the latest."""

    newest: str | None
    tasks: int
    changes: tuple[tuple[str, int], ...]

    def is_ahead_of(self, clock: datetime | None) -> bool:
        """Say whether later changes would hide behind the latest, for a clock was ahead when that was made."""
        return self.newest is not None and clock is not None and datetime.fromisoformat(self.newest) > clock + AHEAD


class ProjectReading:
    """Reads one project into a store; `enterprise` adds what only Enterprise has, and is None beside Community.

    `between` is called after each page: whoever has something more urgent to read does so then.
    """

    def __init__(
        self,
        store: Store,
        server: LabelStudio,
        organization_id: str,
        project_id: str,
        enterprise: Enterprise | None = None,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._server = server
        self._organization_id = organization_id
        self._project_id = project_id
        self._enterprise = enterprise
        self._between = between
        self._source = f"project {project_id}"
        self._latest: _Latest | None = None
        self._settled: Counts | None = None
        self._doubted: tuple[Counts, int] | None = None
        self.position = Cursor()
        """How far it was read; `recall` asks the store."""
        self.behind_since: datetime | None = None
        """As of when its facts are, where it could not be read since."""
        self.wants_comparison = False
        """Whether numbers do not agree, or Label Studio's clock went back: all of it is to be compared soon."""
        self.workers: set[str] = set()
        """Who worked in it, of the rows that were read."""
        self.wrote = False
        """Whether any fact was written since somebody looked."""
        self.left = 0
        """How many tasks are left to read in the reading that goes on."""
        self.faults = ImportResult()
        """What could not be read of its rows."""

    def recall(self, position: str | None) -> None:
        """Go on from the position of a bookmark."""
        self.position = Cursor.from_text(position)

    def in_step(self, counts: Counts | None) -> bool:
        """Say whether a project with these counts needs no look, as far as they tell."""
        if counts is None or self.position.going_on:
            return False
        return counts in (self._settled, Counts(self.position.tasks, self.position.annotations))

    def read(self, counts: Counts | None = None, *, anew: bool = False) -> bool:
        """Read what has changed, or everything if `anew`; say whether any fact changed.

        `counts` are what the list of projects says. It goes on where a reading broke off. Raises SourceUnavailable,
        SourceRefused, NotFound and StoreUnavailable. What has been written by then is whole, and the next reading goes
        on behind it.
        """
        if anew:
            self.position = Cursor()
        latest = self._asked_latest()
        clock = self._server.clock
        if self.position.is_ahead_of(clock):
            self.wants_comparison = True
        changed = False
        if (
            self.position.going_on
            or latest != self._latest
            or latest.tasks != self.position.tasks
            or latest.is_ahead_of(clock)
        ):
            changed = self._read_changes(latest, clock, anew=anew)
        if self._enterprise is not None:
            changed |= self._read_comments()
        elif counts is not None and not self.position.going_on:
            changed |= self._agree(counts)
        return changed

    def _read_changes(self, latest: "_Latest", clock: datetime | None, *, anew: bool) -> bool:
        resumed = self.position.going_on
        if not resumed:
            self.position = self.position.begun(latest.newest, clock)
        expected = self.position.tasks
        announced = {task_id for _, task_id in latest.changes}
        changed = False
        position = self.position
        for page in task_pages(self._server, self._project_id, position.looks_since, position.after):
            expected += sum(task["id"] > self.position.top for task in page.tasks)
            announced.difference_update(task["id"] for task in page.tasks)
            self.left = page.left
            changed |= self.write(page.tasks, self.position.behind(page.last_id), anew=anew)
            self._between()
        if not resumed and self.there(announced):  # they changed lately, and the pages left them out
            self._note(self.position.given_up())
            raise SourceUnavailable(LEFT_OUT.format(self._project_id))
        agreed = expected == latest.tasks
        self.wants_comparison |= not agreed
        ended = self.position.ended(latest.tasks if agreed else UNSURE)
        if position.since is None and not anew:  # all of it was read just now
            ended = replace(ended, compared=datetime.now(UTC).isoformat())
        self._note(ended)
        self._latest = None if resumed else latest
        return changed

    def _agree(self, counts: Counts) -> bool:
        """See to it that as many annotations are kept as there are; say whether any fact changed."""
        self._settled = None
        kept = self.position.annotations
        if counts.annotations == kept:
            return False
        changed = False
        if kept != UNSURE:
            for page in tasks_with_later_annotations(self._server, self._project_id, self.position.top_annotation):
                changed |= self.write(page.tasks, self.position)
        doubt = (counts, self.position.annotations)
        if doubt == self._doubted and not changed:  # twice the same: it is no work that was done in between
            self.wants_comparison = True
            self._settled = counts
        self._doubted = doubt
        return changed

    def _read_comments(self) -> bool:
        """Read the tasks with comments that changed, for a comment may leave its task's own instant as it is."""
        commented = self.position.commented
        begin = datetime.fromisoformat(commented) if commented else FIRST_INSTANT
        since = Since(begin, strictly=True, field="last_comment_updated_at")
        newest, changed = begin, False
        for page in task_pages(self._server, self._project_id, since):
            changed |= self.write(page.tasks, self.position)
            instants = (optional_instant(task.get("last_comment_updated_at")) for task in page.tasks)
            newest = max([newest, *filter(None, instants)])
        if newest > begin:
            self._note(replace(self.position, commented=newest.astimezone(UTC).isoformat()))
        return changed

    def remove(self) -> None:
        """Remove all that is kept of the project, which is no more."""
        self._store.write([Withdrawn(key) for key in self.keys(None)])

    # -- What there is, there and here --------------------------------------------------------------------------------

    def bookmark(self, position: Cursor) -> Bookmark:
        """Return the bookmark of a position; until the project is complete, and while it is behind, it says so."""
        as_of = self.behind_since if position.complete else NOT_COMPLETE
        return Bookmark(self._organization_id, self._source, position.to_text(), as_of)

    def _note(self, position: Cursor) -> None:
        self._store.write([self.bookmark(position)])
        self.position = position

    def note_behind(self, as_of: datetime | None) -> None:
        """Say as of when its facts are, for it cannot be read; None once it can be."""
        if as_of != self.behind_since:
            self.behind_since = as_of
            self._store.write([self.bookmark(self.position)])

    def note_compared(self, moment: datetime, tasks: int, annotations: int) -> None:
        """Keep that all of it was compared, and how many tasks and annotations it has."""
        known = tasks if self.position.tasks == UNSURE else self.position.tasks
        self._note(replace(self.position, tasks=known, annotations=annotations, compared=moment.isoformat()))

    def _asked_latest(self) -> "_Latest":
        """Return the latest changes, and how many tasks there are."""
        tasks, total = latest_tasks(self._server, self._project_id, WATCHED)
        changes = sorted(((_changed_at(task), task["id"]) for task in tasks), reverse=True)
        if not changes:
            return _Latest(None, total, ())
        newest = changes[0][0]
        since = (datetime.fromisoformat(newest) - OVERLAP).isoformat(timespec="microseconds")
        return _Latest(newest, total, tuple(change for change in changes if change[0] >= since))

    def there(self, ids: Collection[int]) -> set[int]:
        """Return those of some tasks that Label Studio has."""
        return {task["id"] for task in tasks_by_id(self._server, self._project_id, sorted(ids), IDS)}

    def kept(self, fact: type[Annotation] | type[Comment], tasks: Sequence[str] | None) -> Iterator[Kept]:
        """Yield what is kept of some tasks, or of all."""
        with self._store.reading() as reader:
            yield from reader.kept(fact, self._organization_id, self._project_id, tasks)

    def keys(self, tasks: Sequence[str] | None) -> Iterator[Key]:
        """Yield the keys of all annotations and comments that are kept of some tasks, or of all."""
        for fact in (Annotation, Comment):
            for each in self.kept(fact, tasks):
                yield Key(fact, (self._organization_id, each.identity))

    # -- Facts of a page ----------------------------------------------------------------------------------------------

    def write(self, tasks: Sequence[Task], position: Cursor, *, anew: bool = False) -> bool:
        """Keep what tasks say and how far the reading has come, in one transaction; say whether any fact changed."""
        kept = {
            each.identity: version_kept(each) for each in self.kept(Annotation, [str(task["id"]) for task in tasks])
        }
        there: set[str] = set()
        exported = ExportedTasks(self._organization_id, self.faults)
        facts: list[Fact | Observation] = []
        for task in tasks:
            rows = annotations_of(task)
            there.update(str(row.get("id")) for row in rows)
            if self._enterprise is not None:  # a review may change an annotation and leave its own instant as it is
                rows = [self._enterprise.with_history(row) for row in rows]
            elif not anew:
                rows = [row for row in rows if version(row) is None or kept.get(str(row.get("id"))) != version(row)]
            told = exported.snapshots(task | {"annotations": rows}, Place(task["id"]))
            facts.extend(replace(snapshot, live=True) for snapshot in told)
        if facts:  # Enterprise says itself who is a member: having worked in a project makes nobody one
            mine = self._enterprise is None
            facts.extend(each for each in exported.inferred() if mine or not _is_membership(each))
        facts.extend(Withdrawn(Key(Annotation, (self._organization_id, gone))) for gone in sorted(kept.keys() - there))
        if self._enterprise is not None:
            facts.extend(self._comments(self._enterprise, tasks))
        numbers = [int(each) for each in there if each.isdigit()]
        position = position.with_annotations(len(there) - len(kept), max(numbers, default=0))
        if facts or position != self.position:
            outcome = self._store.write([*facts, self.bookmark(position)], unknown="keep")
            self.wrote |= bool(facts)
            for _, annotation_id in outcome.replaced:
                log.warning("Annotation %s was kept from elsewhere; Label Studio's own stands now.", annotation_id)
        self.position = position
        owners = (row.get("completed_by") for task in tasks for row in annotations_of(task))
        self.workers.update(str(owner) for owner in owners if type(owner) is int)
        return bool(facts)

    def _comments(self, enterprise: Enterprise, tasks: Sequence[Task]) -> Iterator[Comment | Withdrawn]:
        """Yield the comments that are new or changed, and those that are gone."""
        kept = {each.identity: each.updated_at for each in self.kept(Comment, [str(task["id"]) for task in tasks])}
        for task in tasks:
            for comment in enterprise.comments(self._organization_id, task, annotations_of(task)):
                if kept.pop(str(comment.comment_id), None) != microseconds(comment.updated_at):
                    yield comment
        yield from (Withdrawn(Key(Comment, (self._organization_id, gone))) for gone in sorted(kept))


def _is_membership(told: Observation) -> bool:
    return isinstance(told, Inferred) and isinstance(told.fact, Membership)


def _changed_at(task: Task) -> str:
    """Return when a task was changed, in one spelling that is in the order of time."""
    instant = optional_instant(task.get("updated_at"))
    if instant is None:
        raise SourceUnavailable(NONSENSE.format("tasks"))
    return instant.astimezone(UTC).isoformat(timespec="microseconds")
