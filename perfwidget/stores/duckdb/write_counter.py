"""How many writes were acknowledged, in a small file beside the store's: by it a log that was cut is noticed.

A log that was cut opens as if nothing had been. So the file counts its writes, and `FILE.writes` counts them, too.
"""

import fcntl
import logging
import os
from pathlib import Path
from weakref import WeakValueDictionary

from perfwidget.stores.duckdb import recovery
from perfwidget.stores.duckdb.faults import open_elsewhere

log = logging.getLogger(__name__)

_WIDTH = 20
_HOLDER = _WIDTH + 1
"""Where the process stands that has the store open, and its parent."""

_TAKEN: WeakValueDictionary[tuple[int, int], "WriteCounter"] = WeakValueDictionary()
"""The stores that this process has open, by device and inode of their files, whatever these are called."""


def is_open_here(path: Path) -> bool:
    """Say whether this process has a store's file open."""
    found = path.stat()
    return (found.st_dev, found.st_ino) in _TAKEN


class WriteCounter:
    """The number of acknowledged writes, in a file of its own, which one open store holds at a time.

    DuckDB's lock does not do for that: stores of one process share it, and it is let go of while a database that has
    failed is opened again.
    """

    def __init__(self, path: Path) -> None:
        """Open the file; raises StoreUnavailable if another open store has it."""
        self._name = recovery.beside(path, "writes")
        self.made = not self._name.exists()
        """Whether nobody counted before."""
        handle = os.open(self._name, os.O_RDWR | os.O_CREAT, 0o600)
        self._file = os.fdopen(handle, "r+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            with self._file:
                raise open_elsewhere(path, *map(int, os.pread(handle, _WIDTH, _HOLDER).split()[:2])) from fault

    def take(self, path: Path) -> None:
        """Take the store's file, by whatever name; raises StoreUnavailable if this process has it open."""
        found = path.stat()
        if _TAKEN.setdefault((found.st_dev, found.st_ino), self) is not self:
            raise open_elsewhere(path, os.getpid())
        os.pwrite(self._file.fileno(), b"%d %d\n" % (os.getpid(), os.getppid()), _HOLDER)

    def value(self) -> int:
        """Return the number of writes that were acknowledged; 0 where nobody counted."""
        text = os.pread(self._file.fileno(), _WIDTH, 0)
        return int(text) if text.strip().isdigit() else 0

    def begin(self, writes: int) -> None:
        """Remember how many writes are there, on the disk, whatever was acknowledged."""
        self._put(writes)
        os.fdatasync(self._file.fileno())

    def tell(self, writes: int) -> None:
        """Remember the number; it outlives the program at once, and the machine some time later."""
        try:
            self._put(writes)
        except OSError as fault:  # the write is kept; what is missing is the witness of it
            log.warning("The number of writes could not be kept in %s: %s", self._name, fault)

    def _put(self, writes: int) -> None:
        os.pwrite(self._file.fileno(), b"%*d\n" % (_WIDTH, writes), 0)

    def close(self) -> None:
        """Let go of the file."""
        for file, taken in list(_TAKEN.items()):
            if taken is self:
                del _TAKEN[file]
        self._file.close()

    def keep(self) -> None:
        """Leave the file where it is from now on, for there is a store."""
        self.made = False

    def give_back(self) -> None:
        """Let go of the file, and leave none where there was none."""
        if self.made:
            self._name.unlink(missing_ok=True)
        self.close()
