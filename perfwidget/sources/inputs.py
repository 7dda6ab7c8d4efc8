"""What can be named to be read: a file, packed or not, a folder of files, or standard input."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from perfwidget.facts import Comment
from perfwidget.facts.ingest import Observation
from perfwidget.sources.export import read_export_at_once
from perfwidget.sources.folder import files, read_folder
from perfwidget.sources.import_result import ImportResult
from perfwidget.sources.piece_readers import PieceReaders

STANDARD_INPUT = Path("-")


def read_input(
    path: Path,
    organization_id: str,
    reading: ImportResult,
    readers: PieceReaders,
    progress: Callable[[int], object] = lambda _: None,
    project_id: str | None = None,
) -> Iterator[Observation | Comment]:
    """Yield all that a file, folder or standard input (`-`) says; raises OSError, UnreadableFile."""
    if path.is_dir():
        yield from read_folder(path, organization_id, reading, progress, project_id)
    elif path == STANDARD_INPUT:
        read = sys.stdin.buffer
        yield from read_export_at_once(read, organization_id, reading, readers, progress, project_id=project_id)
    else:
        with path.open("rb") as file:
            yield from read_export_at_once(file, organization_id, reading, readers, progress, project_id=project_id)


def size_of(path: Path) -> int:
    """Return the bytes that a path names; 0 where that is not known."""
    if path.is_dir():
        return sum(each.stat().st_size for each in files(path) if each.is_file())
    return path.stat().st_size if path.is_file() else 0
