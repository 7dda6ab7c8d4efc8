"""Processes that read pieces of exports, one at a time each, and give back what they say in the order of the pieces."""

import gc
import os
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO, NamedTuple, Self, cast

import msgspec
import numpy as np

from perfwidget.facts.ingest import Snapshot
from perfwidget.facts.snapshots import Coded, Snapshots, StoredColumn
from perfwidget.sources.annotation_row import read_kept
from perfwidget.sources.exported_tasks import ExportedTasks, TasksTold
from perfwidget.sources.piece_reading import Belonging, PieceRead, PieceReader
from perfwidget.sources.pieces import FileName, Piece, name_of

MOST = 4
"""So many processes read faster than any store can write."""

LARGE = 1 << 27
"""Bytes of files from which on processes are started, which takes a second."""

AHEAD = 32
"""Pieces for each process that wait to be read, or to be written, which takes a while for many at once. They bound the
memory."""

UNCOLLECTED = 1_000_000
"""Objects from which on Python looks for some that hold each other. Those of a piece never do, and are many."""

_LENGTH = struct.Struct("<Q")
_PROGRAM = """
import sys, types
sys.path[:] = {path!r}
package = types.ModuleType("perfwidget")
package.__path__ = {folders!r}
sys.modules["perfwidget"] = package
from perfwidget.sources import piece_readers
piece_readers.serve()
"""
"""What a process runs. The package's own names are not needed there, and making them takes longer than many a file."""


class PieceReaders:
    """Processes that read pieces; with none of them, or where one fails, pieces are read here.

    They end with this object, and by themselves if this process ends in any other way.
    """

    def __init__(self, processes: int = 0) -> None:
        self._processes = [found for found in (_Process.start() for _ in range(processes)) if found]
        self._free: SimpleQueue[_Process] = SimpleQueue()
        for process in self._processes:
            self._free.put(process)
        self._own = PieceReader()

    @staticmethod
    def worth(size: int) -> int:
        """Return how many processes are worth starting for files of so many bytes: none on a single processor."""
        available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(available, MOST) if available > 1 and size >= LARGE else 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.end()

    def read(
        self, file: BinaryIO, belonging: Belonging, pieces: Iterable[Piece]
    ) -> Iterator[tuple[Piece, PieceRead | None]]:
        """Yield pieces of a file in their order and what they say, None of one that cannot be read as a whole."""
        name = name_of(file)
        if not self._processes or name is None:
            for piece in pieces:
                yield piece, self._own.read(file, belonging, piece.begin, piece.size)
            return
        waiting: deque[tuple[Piece, Future[bytes]]] = deque()
        coming = iter(pieces)
        threads = ThreadPoolExecutor(len(self._processes), "perfwidget-pieces")
        try:
            while True:
                for piece in islice(coming, len(self._processes) * AHEAD - len(waiting)):
                    waiting.append((piece, threads.submit(self._ask, name, belonging, piece)))
                if not waiting:
                    return
                piece, asked = waiting.popleft()
                try:
                    answer = asked.result()
                    read = _read(answer) if answer else None
                except (OSError, EOFError):  # the process has ended, or cannot open the file
                    read = self._own.read(file, belonging, piece.begin, piece.size)
                yield piece, read
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    def read_in_order(self, file: BinaryIO, export: ExportedTasks, piece: Piece) -> PieceRead | None:
        """Read a piece item by item; `export` knows what was read before it."""
        return self._own.read_in_order(file, export, piece.begin, piece.size)

    def _ask(self, name: FileName, belonging: Belonging, piece: Piece) -> bytes:
        process = self._free.get()
        try:
            return process.read((name, belonging, piece.begin, piece.size))
        finally:
            self._free.put(process)


class _Process:
    """A process that reads one piece at a time."""

    def __init__(self, running: "subprocess.Popen[bytes]", taken: BinaryIO, given: BinaryIO) -> None:
        self._running = running
        self._taken = taken
        self._given = given

    @classmethod
    def start(cls) -> "_Process | None":
        """Start one, or return None where that cannot be."""
        program = _PROGRAM.format(path=sys.path, folders=[str(Path(__file__).parents[1])])
        try:
            # In a session of its own, Ctrl-C in a terminal is for this process alone, which then ends that one.
            running = subprocess.Popen(  # noqa: S603 (our own program)
                (sys.executable, "-c", program), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
        except (OSError, ValueError):
            return None
        return cls(running, cast(BinaryIO, running.stdin), cast(BinaryIO, running.stdout))

    def read(self, asked: tuple[FileName, Belonging, int, int]) -> bytes:
        """Read a piece and return what it says in a fraction of the memory. Raises OSError or EOFError if it ended."""
        _put(self._taken, msgspec.msgpack.encode(asked))
        return _got(self._given)

    def end(self) -> None:
        """End the process, whatever it is at."""
        self._running.kill()
        self._running.wait()
        for stream in (self._taken, self._given):
            with suppress(OSError):
                stream.close()


def serve() -> None:
    """Read the pieces that are asked for until there are no more."""
    taken, given = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whoever prints does not spoil what is given
    gc.set_threshold(UNCOLLECTED)
    reader = PieceReader()
    asked = msgspec.msgpack.Decoder(tuple[FileName, Belonging, int, int])
    with suppress(EOFError, OSError):
        while True:
            read = reader.read_at(*asked.decode(_got(taken)))
            _put(given, _answer(read) if read else b"")


class _Sent(NamedTuple):
    """What a piece says on its way here: of a column its type, its bytes, and its texts if there are some."""

    organization_id: str
    columns: dict[str, tuple[str, bytes, list[str]]]
    actions: list[tuple[int, list[Any]]]
    reviews: dict[str, tuple[str, bytes, list[str]]]
    alone: list[str]
    told: TasksTold
    items: int
    characters: int


_sent = msgspec.msgpack.Decoder(_Sent)
_CODED, _TEXTS = "coded", "texts"


def _answer(read: PieceRead) -> bytes:
    [found] = (each for each in read.found if isinstance(each, Snapshots))
    alone = [each.text for each in read.found if isinstance(each, Snapshot)]
    columns, reviews = (
        {name: _column_sent(column) for name, column in each.items()} for each in (found.columns, found.reviews)
    )
    return msgspec.msgpack.encode(
        (found.organization_id, columns, found.actions, reviews, alone, read.told, read.items, read.characters)
    )


def _column_sent(column: StoredColumn) -> tuple[str, bytes, Sequence[str]]:
    if isinstance(column, Coded):
        return _CODED, column.codes.tobytes(), column.texts
    return (_TEXTS, b"", column.tolist()) if column.dtype == object else (column.dtype.str, column.tobytes(), ())


def _read(answer: bytes) -> PieceRead:
    sent = _sent.decode(answer)
    columns, reviews = (
        {name: _column(*column) for name, column in each.items()} for each in (sent.columns, sent.reviews)
    )
    actions = [(place, tuple(row)) for place, row in sent.actions]
    found = Snapshots(sent.organization_id, columns, actions, reviews)
    alone = (read_kept(sent.organization_id, text, {}) for text in sent.alone)
    return PieceRead([found, *alone], sent.told, sent.items, sent.characters)


def _column(kind: str, values: bytes, texts: Sequence[str]) -> StoredColumn:
    if kind == _CODED:
        return Coded(np.frombuffer(values, np.int32), texts)
    return np.array(texts, object) if kind == _TEXTS else np.frombuffer(values, kind)


def _put(stream: BinaryIO, text: bytes) -> None:
    stream.write(_LENGTH.pack(len(text)))
    stream.write(text)
    stream.flush()


def _got(stream: BinaryIO) -> bytes:
    [size] = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    return _exactly(stream, size)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    found = stream.read(size)
    if len(found) < size:
        raise EOFError
    return found
