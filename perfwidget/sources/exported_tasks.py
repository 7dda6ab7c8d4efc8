"""Tasks as Label Studio exports them: a snapshot of each annotation, and what they all tell of people and projects."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from perfwidget.facts import Project, Recorded
from perfwidget.facts.ingest import Inferred, Snapshot
from perfwidget.sources import file_kinds
from perfwidget.sources.annotation_row import AnnotationRows
from perfwidget.sources.export_file import TASKS_KEY
from perfwidget.sources.import_result import ImportResult, ImportResultTold, Place, Problem
from perfwidget.sources.json_text import TOO_DEEP
from perfwidget.sources.people import People, PeopleTold, keep_latest
from perfwidget.sources.row_values import JsonObject, Unreadable, needed_object, optional_list


class TasksTold(NamedTuple):
    """What tasks told beside their snapshots."""

    reading: ImportResultTold
    people: PeopleTold
    recorded: dict[str, datetime]
    projects: dict[str, datetime]
    not_task: str | None


class ExportedTasks:
    """Tasks as Label Studio exports them, of one file or of one page, while they are read."""

    def __init__(self, organization_id: str, reading: ImportResult, people: People | None = None) -> None:
        self.organization_id = organization_id
        self.reading = reading
        self.people = People() if people is None else people
        self.rows = AnnotationRows(organization_id, self.people, reading)
        self._recorded: dict[str, datetime] = {}
        self._projects: dict[str, datetime] = {}
        self._not_task: str | None = None

    def snapshots(self, task: object, place: Place) -> Iterator[Snapshot]:
        """Yield a snapshot of each readable annotation of a task."""
        if task is TOO_DEEP:
            self.reading.report(Problem.TASK, place, "nested too deeply")
            return
        try:
            values = needed_object(task)
            rows = optional_list(values, TASKS_KEY)
        except Unreadable as fault:
            self.reading.report(Problem.TASK, place, fault)
            return
        self.reading.tasks += 1
        if rows is None:
            self._not_task = self._not_task or file_kinds.not_task(values)
        for number, row in enumerate(rows or (), 1):
            here = Place(place.task, number)
            snapshot = self.snapshot(values, row, here)
            if snapshot is not None:
                yield snapshot

    def snapshot(self, task: JsonObject, row: object, place: Place) -> Snapshot | None:
        """Return what one row of a task says, or None if it cannot be read."""
        try:
            snapshot = self.rows.snapshot(task, row, place)
        except Unreadable as fault:
            self.reading.report(Problem.ANNOTATION, place, fault)
            return None
        self.reading.annotations += 1
        updated_at = snapshot.annotation.updated_at
        self.note_project(str(snapshot.annotation.project_id), updated_at)
        if snapshot.reviews is not None:
            self.note_recorded("reviews", updated_at)
        # An empty history says that there is one, though it leaves the snapshot without.
        if isinstance(row, dict) and isinstance(row.get("history"), list):
            self.note_recorded("actions", updated_at)
        return snapshot

    def note_project(self, project_id: str, seen_at: datetime) -> None:
        """Note that a row as of an instant is of a project."""
        keep_latest(self._projects, project_id, seen_at)

    def note_recorded(self, kind: str, seen_at: datetime) -> None:
        """Note that a row as of an instant says that a kind of facts is recorded."""
        keep_latest(self._recorded, kind, seen_at)

    def told(self) -> "TasksTold":
        """Return what the tasks told as plain values."""
        return TasksTold(self.reading.told(), self.people.told(), self._recorded, self._projects, self._not_task)

    def add(self, later: "TasksTold", *, tasks_before: int) -> None:
        """Add what later tasks of the file told, which were counted from 1."""
        self.reading.add(later.reading, tasks_before=tasks_before)
        self.people.add(later.people)
        for kind, seen_at in later.recorded.items():
            self.note_recorded(kind, seen_at)
        for project_id, seen_at in later.projects.items():
            self.note_project(project_id, seen_at)
        self._not_task = self._not_task or later.not_task

    def nothing_usable(self) -> str:
        """Return a sentence about a file that gave no annotation."""
        faults = self.reading.problems
        if self._not_task and not faults[Problem.ANNOTATION]:
            return self._not_task
        if faults:
            return f"Nothing in the file is usable: {next(self.reading.sentences())}; {file_kinds.CURE}."
        return f"Nothing in the file is usable, for no task has an annotation; {file_kinds.CURE} once there are some."

    def inferred(self) -> Iterator[Inferred]:
        """Yield what the whole file tells of projects, people and what is recorded."""
        for kind, seen_at in self._recorded.items():
            yield Inferred(Recorded(self.organization_id, kind), seen_at)
        for project_id, seen_at in self._projects.items():
            yield Inferred(Project(self.organization_id, project_id, None, f"Project {project_id}"), seen_at)
        yield from self.people.inferred(self.organization_id)
