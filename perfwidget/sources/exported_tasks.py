"""Tasks as Label Studio exports them: a snapshot of each annotation, and what they all tell of people and projects."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from perfwidget.facts import Comment, Project, Recorded
from perfwidget.facts.ingest import EmailTold, Inferred, Snapshot
from perfwidget.sources import file_kinds
from perfwidget.sources.annotation_row import AnnotationRows
from perfwidget.sources.import_result import ImportResult, ImportResultTold, Place, Problem
from perfwidget.sources.json_text import TOO_DEEP
from perfwidget.sources.people import People, PeopleTold, keep_latest
from perfwidget.sources.row_comments import RowComments
from perfwidget.sources.row_values import JsonObject, Unreadable, needed_object, optional_list
from perfwidget.sources.unread import TASKS_KEY, Counts, Elsewhere, Unread, absent_comments, left_out, unread


class TasksTold(NamedTuple):
    """What tasks told beside their snapshots."""

    reading: ImportResultTold
    people: PeopleTold
    recorded: dict[str, datetime]
    projects: dict[str, datetime]
    not_task: str | None


class ExportedTasks:
    """Tasks as Label Studio exports them, of one file or of one page, while they are read.

    `project_id` is the project of tasks that name none.
    """

    def __init__(
        self,
        organization_id: str,
        reading: ImportResult,
        people: People | None = None,
        project_id: str | None = None,
    ) -> None:
        self.organization_id = organization_id
        self.reading = reading
        self.people = People() if people is None else people
        self.project_id = project_id
        self.rows = AnnotationRows(organization_id, self.people, reading, project_id)
        self._comments = RowComments(self.people, reading)
        self._recorded: dict[str, datetime] = {}
        self._projects: dict[str, datetime] = {}
        self._not_task: str | None = None

    def items(self, items: Iterable[object], before: int = 0, within: str = "") -> Iterator[Snapshot | Comment]:
        """Yield what each item of a file says; `before` of them were read by other means."""
        number = before
        for item in items:
            if isinstance(item, Elsewhere):
                here = Place(None, within=f"{f'{within}, ' if within else ''}list {repr(item.name)[:40]}")
                reason = f"{item.work}, outside of the list of tasks; write all tasks into one list"
                self.reading.report(Problem.WORK, here._replace(part=f"item {item.number}"), reason)
            else:
                number += 1
                yield from self.item(item, Place(number, within=within))

    def item(self, item: object, place: Place) -> Iterator[Snapshot | Comment]:
        """Yield what an item of a file's list says, and tell what of its recorded work is not read."""
        work = unread(item)
        if work is not None:
            self.note_unread(work, place)
            if not isinstance(item, dict) or item.get(TASKS_KEY) is None:
                return
        rows = commented = 0
        for row, snapshot, here in self._rows(item, place):
            rows += 1
            if snapshot is not None:
                yield snapshot
                for comment in self._comments.read(row, snapshot.annotation, here):
                    commented += 1
                    yield comment
        if isinstance(item, dict) and (rows or isinstance(item.get(TASKS_KEY), list | None)):
            counts = Counts(*map(item.get, ("total_annotations", "cancelled_annotations", "comment_count")))
            self.note_counts(counts, rows, commented, place)

    def snapshots(self, task: object, place: Place) -> Iterator[Snapshot]:
        """Yield a snapshot of each readable annotation of a task, which may not have all that it counts."""
        yield from (snapshot for _, snapshot, _ in self._rows(task, place) if snapshot is not None)

    def _rows(self, task: object, place: Place) -> Iterator[tuple[object, Snapshot | None, Place]]:
        """Yield each row of a task, what it says if it can be read, and its place."""
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
            self._not_task = self._not_task or file_kinds.seems(file_kinds.NOT_TASK)
        for number, row in enumerate(rows or (), 1):
            here = place._replace(annotation=number)
            yield row, self.snapshot(values, row, here), here

    def note_unread(self, work: Unread, place: Place) -> None:
        """Tell what recorded work of an item is not read."""
        self.reading.report(Problem.WORK, place, work)
        self._not_task = self._not_task or file_kinds.seems(work.kind, work.cure)

    def note_counts(self, counts: Counts, rows: int, comments: int, place: Place) -> None:
        """Tell what a task counts and does not hold."""
        self.reading.absent_comments += absent_comments(counts, comments)
        fault = left_out(counts, rows)
        if fault is not None:
            self.reading.report(Problem.COUNT, place, fault)

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
        if isinstance(row, dict) and isinstance(row.get("comments"), list):
            self.note_recorded("comments", updated_at)
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

    def nothing_usable(self, where: str = "file") -> str:
        """Return a sentence about a file or folder that gave no annotation."""
        faults = self.reading.problems
        if self._not_task and not faults[Problem.ANNOTATION]:
            return self._not_task
        if faults:
            first = next(self.reading.sentences()).rstrip(".")
            own_cure = faults.keys() <= {Problem.FILE, Problem.WORK, Problem.COUNT}
            return f"Nothing in the {where} is usable: {first}{'' if own_cure else f'; {file_kinds.CURE}'}."
        return (
            f"Nothing in the {where} is usable, for no task has an annotation; {file_kinds.CURE} once there are some."
        )

    def inferred(self) -> Iterator[Inferred | EmailTold]:
        """Yield what the whole file tells of projects, people and what is recorded."""
        for kind, seen_at in self._recorded.items():
            yield Inferred(Recorded(self.organization_id, kind), seen_at)
        for project_id, seen_at in self._projects.items():
            yield Inferred(Project(self.organization_id, project_id, title=f"Project {project_id}"), seen_at)
        yield from self.people.inferred(self.organization_id)
