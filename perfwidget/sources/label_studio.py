"""Label Studio's JSON exports, Community and Enterprise, as facts."""

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from perfwidget.columns import id_text
from perfwidget.errors import UnreadableFile
from perfwidget.facts import Project, Recorded
from perfwidget.observations import Inferred, Snapshot
from perfwidget.sources import file_kinds
from perfwidget.sources.annotation_row import AnnotationRows
from perfwidget.sources.export_file import TASKS_KEY, tasks
from perfwidget.sources.json_text import TOO_DEEP
from perfwidget.sources.people import People, keep_latest
from perfwidget.sources.reading import Place, Problem, Reading
from perfwidget.sources.row_values import Unreadable, needed_object, optional_list

__all__ = ["ExportedTasks", "Reading", "read_export"]


def read_export(stream: BinaryIO, organization_id: str, reading: Reading) -> Iterator[Snapshot | Inferred]:
    """Yield a snapshot of every annotation of an export, then what the whole file tells of people and projects.

    `reading` counts what was read and says what was left out; take a new one for every file. Raises UnreadableFile,
    perhaps after many snapshots, if the file is something else, breaks off or gives no annotation: keep nothing then.
    """
    export = ExportedTasks(id_text(organization_id), reading)
    for number, task in enumerate(tasks(stream), 1):
        yield from export.snapshots(task, Place(number))
    if not reading.annotations:
        raise UnreadableFile(export.nothing_usable())
    yield from export.inferred()


class ExportedTasks:
    """Tasks as Label Studio exports them, of one file or of one page, while they are read."""

    def __init__(self, organization_id: str, reading: Reading) -> None:
        self._organization_id = organization_id
        self._reading = reading
        self._people = People()
        self._rows = AnnotationRows(organization_id, self._people, reading)
        self._recorded: dict[str, datetime] = {}
        self._projects: dict[str, datetime] = {}
        self._not_task: str | None = None

    def snapshots(self, task: object, place: Place) -> Iterator[Snapshot]:
        """Yield a snapshot of each readable annotation of a task."""
        if task is TOO_DEEP:
            self._reading.report(Problem.TASK, place, "nested too deeply")
            return
        try:
            values = needed_object(task)
            rows = optional_list(values, TASKS_KEY)
        except Unreadable as fault:
            self._reading.report(Problem.TASK, place, fault)
            return
        self._reading.tasks += 1
        if rows is None:
            self._not_task = self._not_task or file_kinds.not_task(values)
        for number, row in enumerate(rows or (), 1):
            here = Place(place.task, number)
            try:
                snapshot = self._rows.snapshot(values, row, here)
            except Unreadable as fault:
                self._reading.report(Problem.ANNOTATION, here, fault)
                continue
            self._reading.annotations += 1
            self._note(snapshot, row)
            yield snapshot

    def nothing_usable(self) -> str:
        """Return a sentence about a file that gave no annotation."""
        faults = self._reading.problems
        if self._not_task and not faults[Problem.ANNOTATION]:
            return self._not_task
        if faults:
            return f"Nothing in the file is usable: {next(self._reading.sentences())}; {file_kinds.CURE}."
        return f"Nothing in the file is usable, for no task has an annotation; {file_kinds.CURE} once there are some."

    def inferred(self) -> Iterator[Inferred]:
        """Yield what the whole file tells of projects, people and what is recorded."""
        for kind, seen_at in self._recorded.items():
            yield Inferred(Recorded(self._organization_id, kind), seen_at)
        for project_id, seen_at in self._projects.items():
            yield Inferred(Project(self._organization_id, project_id, None, f"Project {project_id}"), seen_at)
        yield from self._people.inferred(self._organization_id)

    def _note(self, snapshot: Snapshot, row: object) -> None:
        updated_at = snapshot.annotation.updated_at
        keep_latest(self._projects, str(snapshot.annotation.project_id), updated_at)
        if snapshot.reviews is not None:
            keep_latest(self._recorded, "reviews", updated_at)
        # An empty history says that there is one, though it leaves the snapshot without.
        if isinstance(row, dict) and isinstance(row.get("history"), list):
            keep_latest(self._recorded, "actions", updated_at)
