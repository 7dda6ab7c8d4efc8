"""Label Studio's JSON exports, Community and Enterprise, as facts."""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from perfwidget.errors import UnreadableFile
from perfwidget.facts.columns import id_text
from perfwidget.facts.ingest import Inferred, Snapshot
from perfwidget.facts.snapshots import Snapshots
from perfwidget.sources.export_file import BLOCK, tasks
from perfwidget.sources.exported_tasks import ExportedTasks
from perfwidget.sources.import_result import ImportResult, Place
from perfwidget.sources.json_text import Passed
from perfwidget.sources.piece_readers import PieceReaders
from perfwidget.sources.pieces import PIECE, Pieces

__all__ = ["ExportedTasks", "ImportResult", "read_export", "read_export_at_once"]


def read_export(stream: BinaryIO, organization_id: str, reading: ImportResult) -> Iterator[Snapshot | Inferred]:
    """Yield a snapshot of every annotation of an export, then what the whole file tells of people and projects.

    `reading` counts what was read and says what was left out; take a new one for every file. Raises UnreadableFile,
    perhaps after many snapshots, if the file is something else, breaks off or gives no annotation: keep nothing then.
    """
    export = ExportedTasks(id_text(organization_id), reading)
    for number, task in enumerate(tasks(stream), 1):
        yield from export.snapshots(task, Place(number))
    yield from _conclusions(export)


def read_export_at_once(
    file: BinaryIO,
    organization_id: str,
    reading: ImportResult,
    readers: PieceReaders,
    progress: Callable[[int], object] = lambda _: None,
    size: int = PIECE,
) -> Iterator[Snapshot | Snapshots | Inferred]:
    """Yield the same as `read_export`, but many snapshots at once, which `readers` read piece by piece.

    A piece that has something rare in it is read task by task. One that is no JSON is damaged, or was cut where no task
    ends: from it on the file is read value by value, and so is all of one that cannot be read at any place, such as a
    pipe. `progress` is told how many bytes have been read and handed over.
    """
    if not file.seekable():
        yield from read_export(cast(BinaryIO, _Followed(file, progress)), organization_id, reading)
        return
    export = ExportedTasks(id_text(organization_id), reading)
    pieces = Pieces(file, size)
    passed, behind = Passed(0, len(pieces.before.removeprefix(BOM_UTF8))), 0
    for piece, whole in readers.read(file, export.organization_id, pieces):
        read = whole or readers.read_in_order(
            file, ExportedTasks(export.organization_id, ImportResult(), export.people), piece
        )
        if read is None:
            break
        export.add(read.told, tasks_before=passed.tasks)
        passed = Passed(passed.tasks + read.items, passed.characters + read.characters + len(piece.behind))
        yield from read.found
        before, behind = behind, piece.begin + piece.size + len(piece.behind)
        progress(behind - before)
    else:
        if pieces.whole:
            yield from _conclusions(export)
            return
    file.seek(behind)
    rest = cast(BinaryIO, _Followed(file, progress))
    for number, task in enumerate(tasks(rest, BLOCK, passed if behind else None), passed.tasks + 1):
        yield from export.snapshots(task, Place(number))
    yield from _conclusions(export)


class _Followed:
    """A file that tells how many bytes are read of it."""

    def __init__(self, file: BinaryIO, progress: Callable[[int], object]) -> None:
        self._file = file
        self._progress = progress

    def read(self, size: int) -> bytes:
        """Read so many bytes."""
        part = self._file.read(size)
        self._progress(len(part))
        return part


def _conclusions(export: ExportedTasks) -> Iterator[Inferred]:
    if not export.reading.annotations:
        raise UnreadableFile(export.nothing_usable())
    yield from export.inferred()
