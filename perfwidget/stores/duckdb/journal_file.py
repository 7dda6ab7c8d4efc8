"""The file of small writes that DuckDB does not have yet, `FILE.journal`: what it holds, and what is left of it.

It begins with a line that says whose it is; records follow, each of one or more writes, with the numbers of the first
and the last of them and a checksum. A record is written when the one before it is on the disk, so one that is whole
proves that all before it were acknowledged. Once DuckDB has everything, records are written from the beginning again,
over the old ones, which their numbers give away. The file is filled with zeros before it is used, for a file that grows
takes the disk twice as long.
"""

import errno
import logging
import os
import re
import shutil
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.duckdb import recovery

log = logging.getLogger(__name__)

STEP = 1024 * 1024
"""Bytes by which the file grows."""

LONGEST = 16 * STEP
"""Bytes that it has at most."""

_HEADER = 4096
_MARK = b"\xf5pwj"  # no text in UTF-8 holds the first byte
_NUMBERS = struct.Struct("<QQI")
_FRAME = struct.Struct("<4sI")
_BEFORE = _FRAME.size + _NUMBERS.size


class Record(NamedTuple):
    """Some writes, as they are kept together; `end` is where the record ends in the file."""

    first: int
    last: int
    payload: bytes
    end: int


class JournalFile:
    """The journal beside a store's file; raises OSError where it cannot be written."""

    def __init__(self, path: Path, store: str, schema: int) -> None:
        self._store = path
        self._path = recovery.beside(path, "journal")
        self._whose = f"perfwidget journal, store {store}, schema {schema}\n".encode()
        self._seed = crc32(self._whose)
        self._handle: int | None = None
        self._size = 0
        self._at = (_HEADER, 0)  # where the next record goes and the number before its first, changed in one step
        self._spoilt = False

    @property
    def last(self) -> int:
        """The number of the last write that was acknowledged."""
        return self._at[1]

    # -- What is left ---------------------------------------------------------------------------------------------

    def read(self, writes: int, acknowledged: int) -> list[Record]:
        """Return the records in their order; the store's file has so many writes, and so many were acknowledged.

        What is damaged is set aside; what stands before the damage is returned, and the next record goes behind it.
        """
        self._at = (_HEADER, writes)
        recovery.beside(self._store, "journal.new").unlink(missing_ok=True)
        try:
            whole = self._path.read_bytes()
        except FileNotFoundError:
            return []
        records = list(self._records(whole, writes))
        end = records[-1].end if records else _HEADER
        last = max(writes, records[-1].last if records else 0)
        lost = any(each.last > last for each in self._scattered(whole, end))
        if lost or (acknowledged > last and any(whole[end:])) or not (records or whole.startswith(self._whose)):
            self._set_aside(end, keep=bool(records))
        if not any(each.last > writes for each in records):
            self._path.unlink(missing_ok=True)
            return []
        self._handle = os.open(self._path, os.O_RDWR)
        self._at, self._size = (end, last), os.fstat(self._handle).st_size
        return records

    def _records(self, whole: bytes, writes: int) -> Iterator[Record]:
        place, expected = _HEADER, None
        while record := self._record(whole, place):
            if record.first != expected and (expected is not None or record.first > writes + 1):
                return
            yield record
            place, expected = record.end, record.last + 1

    def _scattered(self, whole: bytes, place: int) -> Iterator[Record]:
        """Yield whatever whole records there are from a place on."""
        while (place := whole.find(_MARK, place)) >= 0:
            if record := self._record(whole, place):
                yield record
            place += 1

    def _record(self, whole: bytes, place: int) -> Record | None:
        begin = place + _BEFORE
        if len(whole) < begin:
            return None
        mark, checksum = _FRAME.unpack_from(whole, place)
        first, last, length = _NUMBERS.unpack_from(whole, place + _FRAME.size)
        if mark != _MARK or crc32(whole[place + _FRAME.size : begin + length], self._seed) != checksum:
            return None
        return Record(first, last, whole[begin : begin + length], begin + length)

    def _set_aside(self, end: int, *, keep: bool) -> None:
        """Set the journal aside; leave what stands before `end` if there is something to keep."""
        aside = recovery.dated(self._store, "journal.damaged")
        if keep:
            shutil.copyfile(self._path, aside)
            recovery.synced(aside)
            os.truncate(self._path, end)
            recovery.synced(self._path)
        else:
            self._path.rename(aside)
        recovery.synced(self._store.parent)
        log.error("The journal of %s was damaged or another store's, and is set aside as %s.", self._store, aside.name)

    # -- What is written ------------------------------------------------------------------------------------------

    def append(self, writes: int, payload: bytes) -> int:
        """Write a record of so many writes, and return the number of the first when it is on the disk.

        If it cannot be, it is not in the file either.
        """
        if self._spoilt:
            raise OSError(errno.EIO, "It could not be written before")
        place, last = self._at
        numbers = _NUMBERS.pack(last + 1, last + writes, len(payload))
        checksum = crc32(payload, crc32(numbers, self._seed))
        record = b"".join((_FRAME.pack(_MARK, checksum), numbers, payload))
        handle = self._with_room(place + len(record))
        try:
            _put(handle, record, place)
            os.fdatasync(handle)
        except BaseException:
            self._spoilt = True  # after a keyboard's interrupt, too: who is not told that it is kept may write it again
            with suppress(OSError):
                os.pwrite(handle, bytes(_BEFORE), place)
                os.fdatasync(handle)
            raise
        self._at = (place + len(record), last + writes)
        return last + 1

    def _with_room(self, size: int) -> int:
        """Return the open file, which is at least so large."""
        if self._handle is None:
            self._handle, self._size = self._made(), STEP
        while self._size < size:
            if self._size + STEP > LONGEST:
                raise OSError(errno.EFBIG, "The journal is as long as it may be")
            try:
                _put(self._handle, bytes(STEP), self._size)
                os.fdatasync(self._handle)
            except OSError:
                os.ftruncate(self._handle, self._size)
                raise
            self._size += STEP
        return self._handle

    def _made(self) -> int:
        """Make the file, under its name only when it is whole, and return it open."""
        made = recovery.beside(self._store, "journal.new")
        handle = os.open(made, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            _put(handle, self._whose.ljust(_HEADER, b"\0") + bytes(STEP - _HEADER), 0)
            os.fsync(handle)
            made.rename(self._path)
            recovery.synced(self._store.parent)
        except OSError:
            os.close(handle)
            made.unlink(missing_ok=True)
            raise
        return handle

    def count(self, number: int) -> None:
        """Number what comes from there on, for so many writes are acknowledged."""
        place, last = self._at
        self._at = (place, max(last, number))

    def begin_anew(self) -> None:
        """Write over what is there, for all of it is in the store's file."""
        self._at = (_HEADER, self.last)
        if self._spoilt:
            self.remove()
            self._spoilt = False

    def remove(self) -> None:
        """Do away with the file, for all of it is in the store's file; the next record makes another one."""
        self.close()
        with suppress(OSError):  # its numbers say that it is done with
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def refuse_other_schema(path: Path, schema: int) -> None:
    """Raise StoreUnavailable if a journal is left there whose rows have the columns of another version."""
    with suppress(FileNotFoundError), recovery.beside(path, "journal").open("rb") as file:
        found = re.match(rb"perfwidget journal, store .{1,100}, schema (\d+)\n", file.read(_HEADER))
        if found and int(found[1]) != schema:
            raise StoreUnavailable(
                f"Beside the store {path} stands a journal of another version of perfwidget (schema {int(found[1])}, "
                f"this one writes {schema}); start and stop that version once, so that all of it is in the store."
            )


def _put(handle: int, content: bytes, place: int) -> None:
    if os.pwrite(handle, content, place) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
