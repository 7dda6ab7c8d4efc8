"""A folder of files as one export, such as Label Studio's target storage writes: one annotation a file, or one task."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from perfwidget.errors import UnreadableFile
from perfwidget.facts import Comment
from perfwidget.facts.columns import id_text
from perfwidget.facts.ingest import EmailTold, Inferred, Snapshot
from perfwidget.sources.export_file import tasks
from perfwidget.sources.exported_tasks import ExportedTasks
from perfwidget.sources.import_result import ImportResult, Place, Problem
from perfwidget.sources.packed import unpacked


def read_folder(
    folder: Path,
    organization_id: str,
    reading: ImportResult,
    progress: Callable[[int], object] = lambda _: None,
    project_id: str | None = None,
) -> Iterator[Snapshot | Comment | Inferred | EmailTold]:
    """Yield what all files in a folder and below it say, then what they tell together.

    A file that is something else is reported and left out. Raises UnreadableFile if one breaks off behind something
    that was read, or if no file gives an annotation. Keep nothing then. `progress` is told the bytes of each file.
    """
    export = ExportedTasks(id_text(organization_id), reading, project_id=project_id)
    for path in files(folder):
        name = repr(str(path.relative_to(folder)))[1:-1]
        before = reading.annotations
        try:
            if not path.is_file():  # a pipe, say, which might never end
                reading.report(Problem.FILE, Place(None, within=name), "it is no file")
                continue
            with path.open("rb") as file, unpacked(file) as stream:
                yield from export.items(tasks(stream), within=name)
                progress(os.fstat(file.fileno()).st_size)
        except UnreadableFile as fault:
            if reading.annotations > before:
                raise UnreadableFile(f"{name}: {fault}") from None
            reading.report(Problem.FILE, Place(None, within=name), fault)
        except OSError as fault:
            reading.report(Problem.FILE, Place(None, within=name), f"it cannot be read ({fault.strerror})")
    if not reading.annotations:
        raise UnreadableFile(export.nothing_usable("folder"))
    yield from export.inferred()


def files(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and below it, in the order of their names."""
    for below, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(below, name) for name in sorted(names))
