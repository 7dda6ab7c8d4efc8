"""An export's text in pieces of whole tasks, cut where a task seems to end.

Whether a piece was cut rightly shows when it is read. A text that begins at an item and reads as whole items ends
behind one. So the next piece begins at an item, too.
"""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

PIECE = 1 << 23
"""Bytes of a piece, or more where a task is larger."""

LARGEST = 1 << 26
"""Bytes without the end of a task after which no more is sought."""

_WINDOWS = (1 << 16, 1 << 20)
"""Bytes before the end of a piece in which the end of a task is sought at first."""

_SPACE = rb"[ \t\n\r]*"
_BEGINNING = re.compile(rb"(?:\xef\xbb\xbf)?" + _SPACE + rb"\[" + _SPACE)
_KEY = rb'"[^"\\]*"' + _SPACE + rb":" + _SPACE
_SCALAR = rb'(?:-?[0-9.eE+-]+|"(?:[^"\\]|\\.)*"|true|false|null)'
_TASK = re.compile(
    rb"(?P<opening>\{"
    + _SPACE
    + _KEY
    + rb")(?:"
    + _SCALAR
    + rb"(?P<further>"
    + _SPACE
    + rb","
    + _SPACE
    + _KEY
    + rb"))?"
)
_BETWEEN = re.compile(rb"\}(" + _SPACE + rb"," + _SPACE + rb")\Z")
_LONGEST_BETWEEN = 256
"""Bytes between two tasks, beyond which nothing is taken for that."""
_HEAD = 1 << 12


class Piece(NamedTuple):
    """Some items of the list: where they begin, how long they are, and what stands behind: a comma, or the end."""

    begin: int
    size: int
    behind: bytes


class FileName(NamedTuple):
    """A file that another process can open; a file that took its name since is another one."""

    path: bytes
    device: int
    number: int


def name_of(stream: BinaryIO) -> FileName | None:
    """Return which file a stream is, if it is one."""
    try:
        found, name = os.fstat(stream.fileno()), stream.name
    except (AttributeError, OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode) or not isinstance(name, str | os.PathLike):
        return None
    return FileName(os.fsencode(Path(name).absolute()), found.st_dev, found.st_ino)


class Pieces:
    """Cuts a stream that can be read at any place. `behind` is where what it has not cut begins, perhaps the end."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._size = size
        self.whole = False
        """Whether the list has ended."""
        self._end = stream.seek(0, os.SEEK_END)
        head = self.text(0, _HEAD)
        found = _BEGINNING.match(head)
        self.before = found[0] if found else b""
        """What stands before the first item of a bare list."""
        self._task = _TASK.match(head, len(self.before)) if found else None

    def text(self, begin: int, size: int) -> bytes:
        """Return some of the text, less at its end."""
        self._stream.seek(begin)
        return self._stream.read(size)

    def __iter__(self) -> Iterator[Piece]:
        """Yield pieces while there are any."""
        if not self._task:
            return
        opening, further = self._task["opening"], self._task["further"]
        task = re.compile(re.escape(opening) + (_SCALAR + re.escape(further) if further else b""))
        begin, size = len(self.before), self._size
        while begin + size < self._end:
            cut = self._cut(begin, begin + size, opening, task)
            if cut:
                yield cut
                begin, size = cut.begin + cut.size + len(cut.behind), self._size
            elif size > LARGEST:
                return
            else:
                size *= 2
        text = self.text(begin, size)
        items = text.rstrip(b" \t\n\r")
        if items.endswith(b"]"):
            self.whole = True
            yield Piece(begin, len(items) - 1, text[len(items) - 1 :])

    def _cut(self, begin: int, end: int, opening: bytes, task: re.Pattern[bytes]) -> Piece | None:
        """Return the piece up to the last place before `end` where a task seems to end."""
        for window in (*_WINDOWS, end - begin):
            start = max(begin, end - window)
            text = self.text(start, end - start)
            place = len(text)
            while (place := text.rfind(opening, 0, place)) > 0:
                between = _BETWEEN.search(text, max(0, place - _LONGEST_BETWEEN), place)
                if between and task.match(text, place):
                    return Piece(begin, start + between.start(1) - begin, between[1])
        return None
