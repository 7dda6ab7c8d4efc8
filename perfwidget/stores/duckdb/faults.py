"""What DuckDB and the disk refuse, in one sentence for people; their own words go to the log."""

import re
from pathlib import Path

import duckdb

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.failures import AWAY, DAMAGED, FULL, LONGEST, TOO_LONG

_DAMAGE = re.compile("Corrupt(ed)? (?!WAL|Encrypted WAL)|Could not read|No more data remaining")


def is_damage(fault: duckdb.Error) -> bool:
    """Say whether the file itself is damaged, in whichever of its blocks."""
    return bool(_DAMAGE.search(str(fault)))


def open_elsewhere(path: Path) -> StoreUnavailable:
    """Return what to say where somebody else has the store open."""
    return StoreUnavailable(
        f"The store {path} is open in another program; stop that one first, let the running server read files "
        "itself (server.py --import FILE), or use a PostgreSQL store, which many programs can share. If this program "
        "itself has it open, open it once and hand it to all that use it."
    )


def not_beside(path: Path, fault: OSError) -> StoreUnavailable:
    """Return what to say where the files of a store cannot be made."""
    if not path.parent.is_dir():
        return StoreUnavailable(f"The store {path} cannot be made, for its folder does not exist; make it first.")
    return StoreUnavailable(f"Beside the store {path} nothing can be written ({fault.strerror}).")


def without_file(path: Path) -> StoreUnavailable:
    """Return what to say where a log lies without its file."""
    return StoreUnavailable(
        f"The store {path} is missing, and its log {path.name}.wal is there; put the file back beside it, or move the "
        "log away to begin a new store."
    )


def by_another_name(path: Path) -> StoreUnavailable:
    """Return what to say where a file has several names, and what belongs to it lies beside another one."""
    return StoreUnavailable(
        f"The store {path} has another name (a hard link), and what belongs to it lies beside that one; open it by "
        "that name, or make a copy of it."
    )


def store_error(fault: duckdb.Error) -> StoreUnavailable:
    """Return what to raise in place of what DuckDB says."""
    if isinstance(fault, duckdb.InterruptException):
        return StoreUnavailable(TOO_LONG.format(seconds=LONGEST))
    if any(reason in str(fault) for reason in ("No space left", "File too large", "Disk quota")):
        return StoreUnavailable(FULL)
    return StoreUnavailable(DAMAGED if is_damage(fault) else AWAY)


def unopened(path: Path, fault: duckdb.Error) -> StoreUnavailable:
    """Return what to say where a file cannot be opened."""
    if "Could not set lock" in str(fault):
        return open_elsewhere(path)
    if is_damage(fault):
        return StoreUnavailable(
            f"The file of the store {path} is damaged; put a copy of it back, or move it away and read the facts again "
            "from their source."
        )
    return StoreUnavailable(f"The store {path} cannot be opened as a DuckDB file; check the path and its permissions.")
