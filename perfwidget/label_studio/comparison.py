"""All of a project compared with what is kept, page by page. What no look at its changes could tell is found so."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from perfwidget.facts import Annotation, Comment
from perfwidget.facts.columns import microseconds
from perfwidget.facts.ingest import Withdrawn
from perfwidget.label_studio.connection import LabelStudio
from perfwidget.label_studio.cursor import OVERLAP
from perfwidget.label_studio.pages import Task, task_pages
from perfwidget.label_studio.project_reading import ProjectReading
from perfwidget.label_studio.task_ids import TaskIds
from perfwidget.label_studio.versions import Version, annotations_of, version, version_kept
from perfwidget.sources.row_values import optional_instant
from perfwidget.stores.store import Store


class Comparison:
    """Compares ids, last changes and lead times of all annotations; rows that differ are read, those gone removed."""

    def __init__(self, store: Store, server: LabelStudio, project_id: str, reading: ProjectReading) -> None:
        self._store = store
        self._server = server
        self._reading = reading
        self.project_id = project_id
        """The project that is compared."""
        self.missed = 0
        """How many annotations differed so far that a look at the changes would have left as they were."""

    def pages(self) -> Iterator[bool]:
        """Yield after each page whether facts changed; raises what a reading raises."""
        self._reading.wants_comparison = False
        known = self._known_through()
        seen, tasks = TaskIds(), 0
        for page in task_pages(self._server, self.project_id, None):
            tasks += len(page.tasks)
            for task in page.tasks:
                seen.add(task["id"])
            yield self._mend(page.tasks, known)
        yield self._remove_gone(seen, tasks)

    def _known_through(self) -> int:
        """Return the instant up to which changes would have been told, in microseconds."""
        through = self._reading.position.through
        return microseconds(datetime.fromisoformat(through) - OVERLAP) if through else 0

    def _mend(self, tasks: Sequence[Task], known: int) -> bool:
        kept: dict[str, dict[str, Version]] = {str(task["id"]): {} for task in tasks}
        for each in self._reading.kept(Annotation, list(kept)):
            kept[each.task_id][each.identity] = version_kept(each)
        differing, missed = [], 0
        for task in tasks:
            there = {str(row.get("id")): version(row) for row in annotations_of(task)}
            held = kept[str(task["id"])]
            different = sum(held.get(each) != there.get(each) for each in held.keys() | there.keys())
            if different:
                differing.append(task)
                changed_at = optional_instant(task.get("updated_at"))
                if changed_at is not None and microseconds(changed_at) < known:
                    missed += different
        if not differing or not self._reading.write(differing, self._reading.position):
            return False  # there is nothing new, or nothing that can be read
        self.missed += missed
        return True

    def _remove_gone(self, seen: TaskIds, tasks: int) -> bool:
        """Remove what is kept of tasks that are no more, and count what stays."""
        gone, annotations = set(), 0
        for fact in (Annotation, Comment):
            for each in self._reading.kept(fact, None):
                if each.task_id not in seen:
                    gone.add(each.task_id)
                annotations += fact is Annotation
        # A task may have come while we read, or a page may have been short: who is missing is asked for by name.
        there = {str(task_id) for task_id in self._reading.there([int(each) for each in gone if each.isdigit()])}
        keys = list(self._reading.keys(sorted(gone - there))) if gone - there else []
        if keys:
            self._store.write([Withdrawn(key) for key in keys])
        withdrawn = sum(key.fact is Annotation for key in keys)
        self._reading.note_compared(datetime.now(UTC), tasks, annotations - withdrawn)
        return bool(keys)
