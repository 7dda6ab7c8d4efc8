"""What happens to the file when the machine fails: a damaged write-ahead log, a full disk, writes that are gone.

A write is acknowledged when it is in DuckDB's write-ahead log, `FILE.wal`, or in the journal of small writes,
`FILE.journal`, and on the disk. Two things can still take it away, and neither may go unnoticed. A damaged log does not
open: it is set aside, and what stands in it before the damage is kept; so is a damaged journal. One that was cut short
opens as if nothing had been: so the number of acknowledged writes is kept beside the file, too, in `FILE.writes`, and
compared.
"""

import fcntl
import logging
import os
import re
import threading
from datetime import UTC, datetime
from pathlib import Path

import duckdb

log = logging.getLogger(__name__)

_UNREADABLE = re.compile("([A-Z][A-Za-z]* Error: )?Failure while replaying WAL file ")
_PLACE = re.compile(r"entry at byte position (\d+)")


def beside(path: Path, what: str) -> Path:
    """Return the path of a file that belongs to the store's, such as `FILE.wal`."""
    return path.with_name(f"{path.name}.{what}")


def dated(path: Path, what: str) -> Path:
    """Return a path beside the store's that says what it is and when it was made, and that is not taken."""
    made = beside(path, f"{what}-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    place, number = made, 1
    while place.exists():
        number += 1
        place = made.with_name(f"{made.name}-{number}")
    return place


def synced(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def log_is_damaged(fault: duckdb.Error) -> bool:
    """Say whether a file could not be opened because of its write-ahead log, and for no other reason.

    DuckDB reads the log only when the file is its own, so that nobody else is writing it then.
    """
    return bool(_UNREADABLE.match(str(fault)))


def set_log_aside(path: Path, fault: duckdb.Error) -> None:
    """Set a damaged write-ahead log aside, and leave what stands before the damage."""
    wal, aside = beside(path, "wal"), dated(path, "wal.damaged")
    found = _PLACE.search(str(fault))
    whole = wal.read_bytes()
    wal.rename(aside)
    if found:
        wal.write_bytes(whole[: int(found[1])])
        synced(wal)
    synced(path.parent)
    log.warning("The write-ahead log of %s was damaged (%s) and is set aside as %s.", path, fault, aside.name)


class Seal:
    """The number of acknowledged writes, in a file of its own, which one open store holds at a time.

    DuckDB's lock does not do for that: stores of one process share it, and it is let go of while a database that has
    failed is opened again.
    """

    _WIDTH = 20

    def __init__(self, path: Path) -> None:
        """Open the file; raises BlockingIOError if another open store has it."""
        self._name = beside(path, "writes")
        self._made = not self._name.exists()
        handle = os.open(self._name, os.O_RDWR | os.O_CREAT, 0o600)
        self._file = os.fdopen(handle, "r+b", buffering=0)
        self._path = path
        self._lock = threading.Lock()
        self._told = 0
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise

    def value(self) -> int:
        """Return the number of writes that were acknowledged; 0 where nobody counted."""
        text = os.pread(self._file.fileno(), self._WIDTH, 0)
        return int(text) if text.strip().isdigit() else 0

    def begin(self, writes: int) -> None:
        """Remember how many writes are there, on the disk, whatever was acknowledged."""
        self._put(writes)
        os.fdatasync(self._file.fileno())

    def tell(self, writes: int) -> None:
        """Remember the number if it is the largest so far; it outlives the program, and some time later the machine."""
        with self._lock:
            if writes > self._told:
                try:
                    self._put(writes)
                except OSError as fault:  # the write is kept; what is missing is the witness of it
                    log.warning("The number of writes of %s could not be kept: %s", self._path, fault)

    def put(self, writes: int) -> None:
        """Remember the number if it is the largest so far, on the disk."""
        self.tell(writes)
        try:
            os.fdatasync(self._file.fileno())
        except OSError as fault:
            log.warning("The number of writes of %s could not be kept: %s", self._path, fault)

    def _put(self, writes: int) -> None:
        os.pwrite(self._file.fileno(), b"%*d\n" % (self._WIDTH, writes), 0)
        self._told = writes

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def give_back(self) -> None:
        """Let go of the file, and leave none where there was none, for there is no store either."""
        if self._made:
            self._name.unlink(missing_ok=True)
        self.close()


def note_lost_writes(path: Path, there: int, acknowledged: int) -> None:
    """Leave a file that says that writes are gone, until somebody has seen to it and removes the file."""
    note = dated(path, "writes.lost")
    note.write_text(
        f"{acknowledged} writes were acknowledged and {there} are there: the file or its write-ahead log was cut or "
        "replaced by an older one.\n"
    )
    log.error("%s has %d of %d acknowledged writes; see %s.", path, there, acknowledged, note.name)


def notices(path: Path) -> tuple[str, ...]:
    """Return what people who look at the figures must know of the store, from the files left beside it."""
    signs = tuple(f"{path.name}.{sign}-" for sign in ("wal.damaged", "journal.damaged", "writes.lost"))
    left = sorted(each.name for each in path.parent.iterdir() if each.name.startswith(signs))
    if not left:
        return ()
    made = re.search(r"-(\d{4})(\d\d)(\d\d)T", left[0][len(path.name) :])
    when = f" on {'-'.join(made.groups())}" if made else ""
    return (
        f"The store of these figures was damaged and repaired{when}: what was written shortly before may be missing "
        "until it is read again from its source.",
    )
