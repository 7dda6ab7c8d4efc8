"""Label Studio's JSON exports, Community and Enterprise, as facts."""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from perfwidget.errors import UnreadableFile
from perfwidget.facts import Comment
from perfwidget.facts.columns import id_text
from perfwidget.facts.ingest import EmailTold, Inferred, Snapshot
from perfwidget.facts.snapshots import Snapshots
from perfwidget.sources.export_file import BLOCK, tasks
from perfwidget.sources.exported_tasks import ExportedTasks
from perfwidget.sources.import_result import ImportResult
from perfwidget.sources.json_text import Passed
from perfwidget.sources.packed import unpacked
from perfwidget.sources.piece_readers import PieceReaders
from perfwidget.sources.pieces import PIECE, Pieces

__all__ = ["ExportedTasks", "ImportResult", "read_export", "read_export_at_once"]


def read_export(
    stream: BinaryIO, organization_id: str, reading: ImportResult, project_id: str | None = None
) -> Iterator[Snapshot | Comment | Inferred | EmailTold]:
    """Yield a snapshot of every annotation of an export, then what the whole file tells of people and projects.

    `reading` counts what was read and says what was left out; take a new one for every file. `project_id` is the
    project of tasks that name none. Raises UnreadableFile, perhaps after many snapshots, if the file is something else,
    breaks off or gives no annotation. Keep nothing then.
    """
    export = ExportedTasks(id_text(organization_id), reading, project_id=project_id)
    with unpacked(stream) as text:
        yield from export.items(tasks(text))
    yield from _conclusions(export)


def read_export_at_once(
    file: BinaryIO,
    organization_id: str,
    reading: ImportResult,
    readers: PieceReaders,
    progress: Callable[[int], object] = lambda _: None,
    size: int = PIECE,
    project_id: str | None = None,
) -> Iterator[Snapshot | Snapshots | Comment | Inferred | EmailTold]:
    """Yield the same as `read_export`, but many snapshots at once, which `readers` read piece by piece.

    A piece that has something rare in it is read task by task. One that is no JSON is damaged, or was cut where no task
    ends. From it on the file is read value by value. So is all of a pipe or a packed file, which cannot be read at any
    place. `progress` is told how many bytes have been read and handed over.
    """
    export = ExportedTasks(id_text(organization_id), reading, project_id=project_id)
    with unpacked(file) as stream:
        if stream is not file or not file.seekable():
            yield from export.items(tasks(cast(BinaryIO, _Followed(stream, progress, file))))
            yield from _conclusions(export)
            return
    pieces = Pieces(file, size)
    passed, behind = Passed(0, len(pieces.before.removeprefix(BOM_UTF8))), 0
    for piece, whole in readers.read(file, (export.organization_id, project_id), pieces):
        read = whole or readers.read_in_order(
            file, ExportedTasks(export.organization_id, ImportResult(), export.people, project_id), piece
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
    rest = cast(BinaryIO, _Followed(file, progress, file))
    yield from export.items(tasks(rest, BLOCK, passed if behind else None), passed.tasks)
    yield from _conclusions(export)


class _Followed:
    """A stream that tells how many bytes are read of the file that it comes from."""

    def __init__(self, stream: BinaryIO, progress: Callable[[int], object], file: BinaryIO) -> None:
        self._stream = stream
        self._progress = progress
        self._file = file if file.seekable() else None
        self._at = self._file.tell() if self._file else 0

    def read(self, size: int) -> bytes:
        """Read so many bytes, or fewer."""
        part = self._stream.read(size)
        before, self._at = self._at, self._file.tell() if self._file else self._at + len(part)
        self._progress(self._at - before)
        return part


def _conclusions(export: ExportedTasks) -> Iterator[Inferred | EmailTold]:
    if not export.reading.annotations:
        raise UnreadableFile(export.nothing_usable())
    yield from export.inferred()
