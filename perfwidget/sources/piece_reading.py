"""Pieces of an export and what they say, read here or by processes that do nothing else."""

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
import numpy as np

from perfwidget.facts import Comment
from perfwidget.facts.ingest import Snapshot
from perfwidget.facts.snapshots import Snapshots
from perfwidget.sources import task_columns, task_form
from perfwidget.sources.exported_tasks import ExportedTasks, TasksTold
from perfwidget.sources.import_result import ImportResult, Place
from perfwidget.sources.json_text import array_of
from perfwidget.sources.pieces import FileName, name_of
from perfwidget.sources.task_form import TaskForm
from perfwidget.sources.unread import COMPLETIONS, Counts, counts_its_annotations

_ASCII = 128
"""Bytes below it are characters."""


Belonging = tuple[str, str | None]
"""The organization that a file belongs to, and the project of tasks that name none."""


class PieceRead(NamedTuple):
    """What a piece says."""

    found: Sequence[Snapshot | Snapshots | Comment]
    told: TasksTold
    items: int
    characters: int


def _tell_unread(export: ExportedTasks, tasks: Sequence[TaskForm]) -> None:
    """Tell what of the tasks' work is not read, as `ExportedTasks.item` does."""
    odd = [
        (number, task)
        for number, task in enumerate(tasks, 1)
        if task.total_annotations != len(task.annotations)
        or task.cancelled_annotations
        or task.comment_count
        or task.completions
    ]
    for number, task in odd:
        if task.completions:
            export.note_unread(COMPLETIONS, Place(number))
        counts = Counts(task.total_annotations, task.cancelled_annotations, task.comment_count)
        export.note_counts(counts, len(task.annotations), 0, Place(number))


class PieceReader:
    """Reads pieces of files; the memory that holds their text is used again."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._name: FileName | None = None
        self._file: BinaryIO = io.BytesIO()

    def read_at(self, name: FileName, belonging: Belonging, begin: int, size: int) -> PieceRead | None:
        """Read a piece of a file. None if it cannot be read as a whole, or is another file by now."""
        if name != self._name:
            self._file.close()
            self._file = Path(os.fsdecode(name.path)).open("rb")  # noqa: SIM115 (kept for the next piece)
            self._name = name
        return self.read(self._file, belonging, begin, size) if name_of(self._file) == name else None

    def read(self, file: BinaryIO, belonging: Belonging, begin: int, size: int) -> PieceRead | None:
        """Read a piece as columns; None if it is odd in its form."""
        text = self._text(file, begin, size)
        if text is None:
            return None
        try:
            characters = size if np.frombuffer(text, np.uint8).max() < _ASCII else len(str(text, "utf-8")) - 2
            tasks = task_form.decode(text)
        except (msgspec.MsgspecError, ValueError, RecursionError):  # ValueErrors are texts in no UTF-8, too
            return None
        # Columns hold no comments, and do not look for annotations where a task has none.
        if any(row.comments for task in tasks for row in task.annotations) or any(
            not task.annotations and not counts_its_annotations(task.total_annotations) for task in tasks
        ):
            return None
        organization_id, project_id = belonging
        export = ExportedTasks(organization_id, ImportResult(), project_id=project_id)
        _tell_unread(export, tasks)
        found = task_columns.snapshots(export, tasks)
        return PieceRead(found, export.told(), len(tasks), characters) if tasks else None

    def read_in_order(self, file: BinaryIO, export: ExportedTasks, begin: int, size: int) -> PieceRead | None:
        """Read a piece item by item, where `export` knows what was read before it; None if it is no JSON."""
        text = self._text(file, begin, size)
        try:
            whole = str(text or b"", "utf-8")
        except UnicodeDecodeError:
            return None
        values = array_of(whole)
        if not values:
            return None
        found = [each for number, value in enumerate(values, 1) for each in export.item(value, Place(number))]
        return PieceRead(found, export.told(), len(values), len(whole) - 2)

    def _text(self, file: BinaryIO, begin: int, size: int) -> memoryview | None:
        """Return a piece between brackets; None if the file ends before it does."""
        if len(self._buffer) < size + 2:
            self._buffer = bytearray(size + 2)
        text = memoryview(self._buffer)[: size + 2]
        text[0], text[-1] = b"[]"
        file.seek(begin)
        done = 0
        while done < size:
            part = file.readinto(text[1 + done : -1])  # type: ignore[attr-defined]
            if not part:
                return None
            done += part
        return text
