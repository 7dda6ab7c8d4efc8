"""What happens to the file when the machine fails: a damaged write-ahead log, and writes that are gone.

A write is acknowledged when it is in DuckDB's write-ahead log, `FILE.wal`, and on the disk. Damage can still take it
away, and may not go unnoticed. A damaged log does not open: it is set aside, and what stands before the damage is kept.
One that was cut short opens as if nothing had been, but holds fewer writes than were counted. So does a file that was
copied without what belongs to it. All leave a file that says so. Of a damaged file itself nothing is repaired.
"""

import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from perfwidget.stores.duckdb.faults import by_another_name, is_damage, without_file

log = logging.getLogger(__name__)

_UNREADABLE = re.compile("([A-Z][A-Za-z ]* Error: )?Failure while replaying WAL file ")
_PLACE = re.compile(r"entry at byte position (\d+)")


def beside(path: Path, what: str) -> Path:
    """Return the path of a file that belongs to the store's, such as `FILE.wal`."""
    return path.with_name(f"{path.name}.{what}")


def lacking(path: Path, *, counted: bool) -> Sequence[str] | None:
    """Return which files that belong to a store are not beside it; None where there is no store at all.

    Raises StoreUnavailable where there is a log without the file, or where both lie beside another name of the file.
    """
    wal = beside(path, "wal")
    logged = wal.exists() and wal.stat().st_size > 0
    if not path.exists():
        if logged:
            raise without_file(path)
        return None
    if not counted and path.stat().st_nlink > 1:
        raise by_another_name(path)
    return [*([] if logged else [wal.name]), *([] if counted else [beside(path, "writes").name])]


def make(path: Path) -> None:
    """Make an empty file that nobody else may read, from the first moment on."""
    with TemporaryDirectory(prefix=f"{path.name}.", dir=path.parent) as folder:
        made = Path(folder, path.name)
        duckdb.connect(str(made)).close()
        made.chmod(0o600)
        made.rename(path)


def copy(cursor: duckdb.DuckDBPyConnection, new: Path) -> None:
    """Copy all rows, as they lie, into a file that was just made; in a transaction of the cursor."""
    [(ours,)] = cursor.execute("SELECT current_database()").fetchall()
    cursor.execute("DETACH DATABASE IF EXISTS copied")  # of a try that was broken off
    cursor.execute(f"ATTACH {_text(str(new))} AS copied")
    cursor.execute(f"COPY FROM DATABASE {_name(ours)} TO copied")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def exchange(connection: duckdb.DuckDBPyConnection, path: Path, new: Path) -> None:
    """Put a copy in place of the file, whose log is worked in first: whenever this is broken off, all is there."""
    connection.execute("CHECKPOINT copied")
    connection.execute("DETACH copied")
    connection.execute("CHECKPOINT")
    connection.close()
    if _is_open(path):  # then DuckDB would give out the old one again, and write to a file that nobody finds
        raise OSError("somebody still reads it")
    unshield(path)
    synced(new)
    new.replace(path)
    synced(path.parent)


def _is_open(path: Path) -> bool:
    """Say whether this process has a file open, where the system tells."""
    handles = Path("/proc/self/fd")
    for each in handles.iterdir() if handles.is_dir() else ():
        with suppress(OSError):  # which was closed meanwhile
            if each.samefile(path):
                return True
    return False


def put(path: Path, data: bytes = b"") -> None:
    """Make a file with these bytes that nobody else may read, on the disk."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def shield(path: Path) -> None:
    """Make what DuckDB would make for everybody to read: the log, and the folder of what does not fit into memory."""
    with suppress(OSError):
        beside(path, "tmp").mkdir(0o700, exist_ok=True)
        put(beside(path, "wal"))


def unshield(path: Path) -> None:
    """Remove of that what was not needed."""
    wal = beside(path, "wal")
    with suppress(OSError):
        beside(path, "tmp").rmdir()
        if wal.stat().st_size == 0:
            wal.unlink()


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
    return bool(_UNREADABLE.match(str(fault))) and not is_damage(fault)


def opened(path: Path, connect: Callable[[], duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    """Open a file with its write-ahead log, or else with what stands before its damage, or else without it."""
    for mend in (_set_log_aside, _drop_log):
        try:
            return connect()
        except duckdb.Error as fault:
            if not log_is_damaged(fault):
                raise
            mend(path, fault)
    return connect()


def _drop_log(path: Path, _: duckdb.Error) -> None:
    beside(path, "wal").unlink()  # the whole of it stands aside already


def _set_log_aside(path: Path, fault: duckdb.Error) -> None:
    """Set a damaged write-ahead log aside, and leave what stands before the damage."""
    wal, aside = beside(path, "wal"), dated(path, "wal.damaged")
    found = _PLACE.search(str(fault))
    whole = wal.read_bytes()
    wal.rename(aside)
    if found:
        put(wal, whole[: int(found[1])])
    synced(path.parent)
    log.warning("The write-ahead log of %s was damaged (%s) and is set aside as %s.", path, fault, aside.name)


def note_lost_writes(path: Path, missing: Sequence[str], there: int, acknowledged: int) -> None:
    """Leave a file that says that writes are or may be gone, until somebody has seen to it and removes the file."""
    note = dated(path, "writes.lost")
    counted = f"{acknowledged} writes were acknowledged and {there} are there"
    put(note, f"{_said(note, missing)}\n{counted}: something was cut, left behind or is older.\n".encode())
    log.error("%s: %s; see %s.", path, counted, note.name)


def signs(path: Path) -> Mapping[Path, str]:
    """Return the files that were left beside a store, and what they say to people who look at the figures."""
    found: dict[Path, str] = {}
    for each in sorted(path.parent.iterdir()):
        if each.name.startswith(f"{path.name}.wal.damaged-"):
            found[each] = _said(each)
        elif each.name.startswith(f"{path.name}.writes.lost-"):
            found[each] = each.read_text().partition("\n")[0]
    return found


def _said(sign: Path, missing: Sequence[str] = ()) -> str:
    made = re.search(r"-(\d{4})(\d\d)(\d\d)T\d{6}(-\d+)?$", sign.name)
    when = f" on {'-'.join(made.groups()[:3])}" if made else ""
    what = f"opened{when} without {' and '.join(missing)}" if missing else f"damaged and repaired{when}"
    return (
        f"The store of these figures was {what}: what was written shortly before may be missing until it is read again "
        "from its source."
    )
