"""What happens to the file when the machine fails: a damaged write-ahead log, a full disk, writes that are gone.

A transaction is acknowledged when DuckDB has put it into its write-ahead log, `FILE.wal`, and on the disk. Two things
can still take it away, and neither may go unnoticed. A damaged log does not open: it is set aside, and what stands in
it before the damage is kept. A log that was cut short opens as if nothing had been: so the number of acknowledged
writes is kept beside the file, too, in `FILE.writes`, and compared.
"""

import logging
import os
import re
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
    """The number of acknowledged writes, in a file of its own."""

    _WIDTH = 20

    def __init__(self, path: Path) -> None:
        self._path = beside(path, "writes")
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)

    def value(self) -> int:
        """Return the number of writes that were acknowledged; 0 where nobody counted."""
        text = os.pread(self._handle, self._WIDTH, 0)
        return int(text) if text.strip().isdigit() else 0

    def put(self, writes: int) -> None:
        """Remember the number, on the disk."""
        os.pwrite(self._handle, f"{writes:{self._WIDTH}d}\n".encode(), 0)
        os.fdatasync(self._handle)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)


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
    signs = (f"{path.name}.wal.damaged-", f"{path.name}.writes.lost-")
    left = sorted(each.name for each in path.parent.iterdir() if each.name.startswith(signs))
    if not left:
        return ()
    made = re.search(r"-(\d{4})(\d\d)(\d\d)T", left[0][len(path.name) :])
    when = f" on {'-'.join(made.groups())}" if made else ""
    return (
        f"The store of these figures was damaged and repaired{when}: what was written shortly before may be missing "
        "until it is read again from its source.",
    )
