"""Files that are packed: the JSON inside a gzip file, or the one JSON file of a zip archive, as a stream."""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, cast

from perfwidget.errors import UnreadableFile
from perfwidget.sources.file_kinds import CURE, seems

_GZIP, _ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")
_JSON = (".json", ".jsonl", ".ndjson")
_DAMAGED = (EOFError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What reading a packed file may raise: it breaks off, is damaged, packed in a rare way, or asks for a password."""


@contextmanager
def unpacked(file: BinaryIO) -> Iterator[BinaryIO]:
    """Give the stream inside a packed file, and any other file itself.

    Raises UnreadableFile for an archive that does not hold exactly one JSON file. So does reading the stream where the
    file is damaged.
    """
    beginning = _beginning(file)
    with ExitStack() as stack:
        if beginning.startswith(_GZIP):
            file = cast(BinaryIO, _Checked(stack.enter_context(gzip.GzipFile(fileobj=file)), "gzip file"))
        elif beginning.startswith(_ZIP):
            file = cast(BinaryIO, _Checked(_only_json(file, stack), "zip archive"))
        yield file


def _beginning(file: BinaryIO) -> bytes:
    """Return the first four bytes, which stay to be read; nothing of a stream that cannot look ahead."""
    if file.seekable():
        at = file.tell()
        beginning = file.read(4)
        file.seek(at)
        return beginning
    peek = getattr(file, "peek", None)
    return peek(4)[:4] if peek else b""


def _only_json(file: BinaryIO, stack: ExitStack) -> BinaryIO:
    if not file.seekable():
        raise UnreadableFile("A zip archive cannot be read from a pipe; save it and read the file, or unpack it.")
    try:
        archive = stack.enter_context(zipfile.ZipFile(file))
        members = [
            each for each in archive.infolist() if not each.is_dir() and not each.filename.startswith("__MACOSX/")
        ]
        found = [each for each in members if each.filename.lower().endswith(_JSON)]
        if len(found) == 1:
            return cast(BinaryIO, stack.enter_context(archive.open(found[0])))
    except (*_DAMAGED, NotImplementedError) as fault:
        raise _damaged("zip archive", fault) from None
    if found:
        raise UnreadableFile(f"The zip archive holds {len(found):,} JSON files; unpack it and read them one by one.")
    raise UnreadableFile(
        seems("a zip archive without a JSON file, as Label Studio writes for YOLO, Pascal VOC and others")
    )


class _Checked:
    """A stream out of a packed file, which says in a sentence that the file is damaged."""

    def __init__(self, stream: BinaryIO | gzip.GzipFile, kind: str) -> None:
        self._stream = stream
        self._kind = kind

    def read(self, size: int) -> bytes:
        """Read so many bytes, or fewer."""
        try:
            return self._stream.read(size)
        except _DAMAGED as fault:
            raise _damaged(self._kind, fault) from None

    def seekable(self) -> bool:
        """Say that it is read from its beginning to its end."""
        return False


def _damaged(kind: str, fault: Exception) -> UnreadableFile:
    return UnreadableFile(f"The {kind} breaks off, is damaged or asks for a password ({fault}); {CURE}.")
