"""What happens to the file when the machine fails: a damaged write-ahead log, and writes that are gone.

A write is acknowledged when it is in DuckDB's write-ahead log, `FILE.wal`, and on the disk. Damage can still take it
away, and may not go unnoticed. A damaged log does not open: it is set aside, and what stands before the damage is kept.
One that was cut short opens as if nothing had been, but holds fewer writes than were counted. Both leave a file that
says so.
"""

import logging
import os
import re
from collections.abc import Sequence
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


def note_lost_writes(path: Path, there: int, acknowledged: int) -> None:
    """Leave a file that says that writes are gone, until somebody has seen to it and removes the file."""
    note = dated(path, "writes.lost")
    note.write_text(
        f"{acknowledged} writes were acknowledged and {there} are there: the file or its write-ahead log was cut or "
        "replaced by an older one.\n"
    )
    log.error("%s has %d of %d acknowledged writes; see %s.", path, there, acknowledged, note.name)


def signs(path: Path) -> Sequence[Path]:
    """Return the files that were left beside a store and say that it was damaged."""
    names = tuple(f"{path.name}.{sign}-" for sign in ("wal.damaged", "writes.lost"))
    return sorted(each for each in path.parent.iterdir() if each.name.startswith(names))


def notices(path: Path, left: Sequence[Path]) -> tuple[str, ...]:
    """Return what people who look at the figures must know of a store, beside which such files were left."""
    there = [each.name for each in left if each.exists()]
    if not there:
        return ()
    made = re.search(r"-(\d{4})(\d\d)(\d\d)T", there[0][len(path.name) :])
    when = f" on {'-'.join(made.groups())}" if made else ""
    return (
        f"The store of these figures was damaged and repaired{when}: what was written shortly before may be missing "
        "until it is read again from its source.",
    )
