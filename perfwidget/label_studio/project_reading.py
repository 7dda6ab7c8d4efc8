"""One project of a Label Studio: what has changed in it becomes facts, what is gone goes, and nothing is missed.

Every change of an annotation, its deletion too, moves the `updated_at` of its task. So the tasks that changed since the
last reading are read, with all their annotations. A task that was deleted leaves no trace but the number of tasks, and
what an import of several minutes makes visible at its end may be older than what was read: where the numbers do not
agree, all tasks are compared with what is kept.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from perfwidget.errors import SourceUnavailable
from perfwidget.facts import Annotation, Comment, Fact, Key, Membership
from perfwidget.facts.columns import FIRST_INSTANT, microseconds
from perfwidget.facts.ingest import Bookmark, Inferred, Observation, Withdrawn
from perfwidget.label_studio.connection import LabelStudio
from perfwidget.label_studio.cursor import OVERLAP, UNSURE, Cursor
from perfwidget.label_studio.enterprise import Enterprise
from perfwidget.label_studio.pages import COUNTS, LEFT_OUT, NONSENSE, Since, Task, latest_tasks, task_pages, tasks_by_id
from perfwidget.label_studio.task_ids import TaskIds
from perfwidget.sources.export import ExportedTasks, ImportResult
from perfwidget.sources.import_result import Place
from perfwidget.sources.row_values import optional_instant
from perfwidget.stores.reading import Kept
from perfwidget.stores.store import Store

log = logging.getLogger(__name__)

COMPARED_EVERY = 60
"""Seconds at least between two comparisons of all tasks of a project because of their number."""

WATCHED = 100
"""How many of the latest changes are looked at to see whether there are any: with several web servers, and several
clocks, a change may come to light behind a later one."""


class _Latest(NamedTuple):
    """The latest change of a project, the number of its tasks, and the changes shortly before the latest."""

    newest: str | None
    tasks: int
    changes: tuple[tuple[str, int], ...]


class ProjectReading:
    """Reads one project into a store; `enterprise` adds what only Enterprise has, and is None beside Community."""

    def __init__(
        self,
        store: Store,
        server: LabelStudio,
        organization_id: str,
        project_id: str,
        enterprise: Enterprise | None = None,
        compared_every: float = COMPARED_EVERY,
    ) -> None:
        self._store = store
        self._server = server
        self._organization_id = organization_id
        self._project_id = project_id
        self._enterprise = enterprise
        self._source = f"project {project_id}"
        self._compared_every = compared_every
        self._compared = float("-inf")
        self._latest: _Latest | None = None
        self.faults = ImportResult()
        """What could not be read of its rows."""

    def read(self, *, anew: bool = False) -> bool:
        """Read what has changed, or everything if `anew`; say whether any fact changed.

        It goes on where a reading broke off. Raises SourceUnavailable, SourceRefused, NotFound and StoreUnavailable;
        what has been written by then is whole, and the next reading goes on behind it.
        """
        position = Cursor() if anew else self._position()
        latest = self._asked_latest()
        changed = False
        if position.going_on or latest != self._latest or latest.tasks != position.tasks:
            position, changed = self._read_changes(position, latest, anew=anew)
        if self._enterprise is not None:
            changed |= self._read_comments(position)
        return changed

    def _read_changes(self, position: Cursor, latest: "_Latest", *, anew: bool) -> tuple[Cursor, bool]:
        resumed = position.going_on
        if not resumed:
            position = position.begun(latest.newest)
        expected = position.tasks
        announced = {task_id for _, task_id in latest.changes}
        changed = False
        for page in task_pages(self._server, self._project_id, position.looks_since, position.after):
            expected += sum(task["id"] > position.top for task in page.tasks)
            announced.difference_update(task["id"] for task in page.tasks)
            position = position.behind(page.last_id)
            changed |= self._write_tasks(page.tasks, position, anew=anew)
        if not resumed and self._there(announced):  # they changed lately, and the pages left them out
            self._store.write([self._bookmark(position.given_up())])
            raise SourceUnavailable(LEFT_OUT.format(self._project_id))
        agreed = expected == latest.tasks
        ended = position.ended(latest.tasks if agreed else UNSURE)
        self._store.write([self._bookmark(ended)])
        self._latest = None if resumed else latest
        if not agreed and time.monotonic() - self._compared >= self._compared_every:
            changed |= self.compare()
            ended = replace(ended, tasks=latest.tasks)
            self._store.write([self._bookmark(ended)])
        return ended, changed

    def _read_comments(self, position: Cursor) -> bool:
        """Read the tasks with comments that changed, for a comment may leave its task's own instant as it is."""
        begin = datetime.fromisoformat(position.commented) if position.commented else FIRST_INSTANT
        since = Since(begin, strictly=True, field="last_comment_updated_at")
        newest, changed = begin, False
        for page in task_pages(self._server, self._project_id, since):
            changed |= self._write_tasks(page.tasks, None)
            instants = (optional_instant(task.get("last_comment_updated_at")) for task in page.tasks)
            newest = max([newest, *filter(None, instants)])
        if newest > begin:
            self._store.write([self._bookmark(replace(position, commented=newest.astimezone(UTC).isoformat()))])
        return changed

    def compare(self) -> bool:
        """Compare all tasks with what is kept, read those that differ and remove those that are gone."""
        self._compared = time.monotonic()
        changed = False
        seen = TaskIds()
        for page in task_pages(self._server, self._project_id, None, fields=COUNTS):
            for task in page.tasks:
                seen.add(task["id"])
            changed |= self._read_again(self._differing(page.tasks))
        kept = (each.task_id for fact in (Annotation, Comment) for each in self._kept(fact, None))
        gone = {task_id for task_id in kept if task_id not in seen}
        if gone:
            # A task may have come while we read, or a page may have been short: who is missing is asked for by name.
            there = {str(task_id) for task_id in self._there(_numbers(gone))}
            withdrawn = [Withdrawn(key) for key in self._keys(sorted(gone - there))]
            if withdrawn:
                self._store.write(withdrawn)
                changed = True
        return changed

    def remove(self) -> None:
        """Remove all that is kept of the project, which is no more."""
        self._store.write([Withdrawn(key) for key in self._keys(None)])

    # -- What there is, there and here --------------------------------------------------------------------------------

    def _position(self) -> Cursor:
        with self._store.reading() as reader:
            mark = reader.bookmarks(self._organization_id).get(self._source)
        return Cursor.from_text(mark.position if mark else None)

    def _bookmark(self, position: Cursor) -> Bookmark:
        return Bookmark(self._organization_id, self._source, position.to_text())

    def _asked_latest(self) -> "_Latest":
        """Return the latest changes, and how many tasks there are."""
        tasks, total = latest_tasks(self._server, self._project_id, WATCHED)
        changes = sorted(((_changed_at(task), task["id"]) for task in tasks), reverse=True)
        if not changes:
            return _Latest(None, total, ())
        newest = changes[0][0]
        since = (datetime.fromisoformat(newest) - OVERLAP).isoformat(timespec="microseconds")
        return _Latest(newest, total, tuple(change for change in changes if change[0] >= since))

    def _there(self, ids: Collection[int]) -> set[int]:
        """Return those of some tasks that there are."""
        return {task["id"] for task in tasks_by_id(self._server, self._project_id, sorted(ids), COUNTS)}

    def _kept(self, fact: type[Annotation] | type[Comment], tasks: Sequence[str] | None) -> Iterator[Kept]:
        with self._store.reading() as reader:
            yield from reader.kept(fact, self._organization_id, self._project_id, tasks)

    def _keys(self, tasks: Sequence[str] | None) -> Iterator[Key]:
        """Yield the keys of all annotations and comments that are kept of some tasks, or of all."""
        for fact in (Annotation, Comment):
            for each in self._kept(fact, tasks):
                yield Key(fact, (self._organization_id, each.identity))

    def _differing(self, counted: Sequence[Task]) -> list[int]:
        """Return the tasks that have more or fewer annotations than are kept."""
        held: dict[str, int] = defaultdict(int)
        for each in self._kept(Annotation, [str(task["id"]) for task in counted]):
            held[each.task_id] += 1
        return [
            task["id"]
            for task in counted
            if held[str(task["id"])] != (task.get("total_annotations") or 0) + (task.get("cancelled_annotations") or 0)
        ]

    def _read_again(self, ids: Sequence[int]) -> bool:
        tasks = list(tasks_by_id(self._server, self._project_id, ids)) if ids else []
        return self._write_tasks(tasks, None) if tasks else False

    # -- Facts of a page ----------------------------------------------------------------------------------------------

    def _write_tasks(self, tasks: Sequence[Task], position: Cursor | None, *, anew: bool = False) -> bool:
        """Keep what tasks say and how far the reading has come, in one transaction; say whether any fact changed."""
        ids = [str(task["id"]) for task in tasks]
        kept = {each.identity: each.updated_at for each in self._kept(Annotation, ids)}
        there: set[str] = set()
        exported = ExportedTasks(self._organization_id, self.faults)
        facts: list[Fact | Observation] = []
        for task in tasks:
            rows = _annotations(task)
            there.update(str(row.get("id")) for row in rows)
            if self._enterprise is not None:  # a review may change an annotation and leave its own instant as it is
                rows = [self._enterprise.with_history(row) for row in rows]
            elif not anew:
                rows = [row for row in rows if _version(row) is None or kept.get(str(row.get("id"))) != _version(row)]
            told = exported.snapshots(task | {"annotations": rows}, Place(task["id"]))
            facts.extend(replace(snapshot, live=True) for snapshot in told)
        if facts:  # Enterprise says itself who is a member: having worked in a project makes nobody one
            mine = self._enterprise is None
            facts.extend(each for each in exported.inferred() if mine or not _is_membership(each))
        facts.extend(Withdrawn(Key(Annotation, (self._organization_id, gone))) for gone in sorted(kept.keys() - there))
        if self._enterprise is not None:
            facts.extend(self._comments(self._enterprise, tasks))
        if facts or position is not None:
            marks = [] if position is None else [self._bookmark(position)]
            outcome = self._store.write([*facts, *marks], unknown="keep")
            for _, annotation_id in outcome.replaced:
                log.warning("Annotation %s was kept from elsewhere; Label Studio's own stands now.", annotation_id)
        return bool(facts)

    def _comments(self, enterprise: Enterprise, tasks: Sequence[Task]) -> Iterator[Comment | Withdrawn]:
        """Yield the comments that are new or changed, and those that are gone."""
        kept = {each.identity: each.updated_at for each in self._kept(Comment, [str(task["id"]) for task in tasks])}
        for task in tasks:
            for comment in enterprise.comments(self._organization_id, task, _annotations(task)):
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


def _annotations(task: Task) -> list[dict[str, Any]]:
    rows = task.get("annotations")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceUnavailable(NONSENSE.format("annotations"))
    return rows


def _version(row: dict[str, Any]) -> int | None:
    instant = optional_instant(row.get("updated_at"))
    return None if instant is None else microseconds(instant)


def _numbers(ids: Iterable[str]) -> list[int]:
    return [int(each) for each in ids if each.isdigit()]
