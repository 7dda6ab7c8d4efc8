"""What DuckDB and the disk refuse, in one sentence for people; their own words go to the log."""

from pathlib import Path

import duckdb

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.failures import AWAY, FULL, LONGEST, TOO_LONG


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


def store_error(fault: duckdb.Error) -> StoreUnavailable:
    """Return what to raise in place of what DuckDB says."""
    if isinstance(fault, duckdb.InterruptException):
        return StoreUnavailable(TOO_LONG.format(seconds=LONGEST))
    no_room = any(reason in str(fault) for reason in ("No space left", "File too large", "Disk quota"))
    return StoreUnavailable(FULL if no_room else AWAY)


def unopened(path: Path, fault: duckdb.Error) -> StoreUnavailable:
    """Return what to say where a file cannot be opened."""
    text = str(fault)
    if "Could not set lock" in text:
        return open_elsewhere(path)
    if "Corrupt" in text or "checksum" in text:
        return StoreUnavailable(
            f"The file of the store {path} is damaged; put a copy of it back, or move it away and read the facts again "
            "from their source."
        )
    return StoreUnavailable(f"The store {path} cannot be opened as a DuckDB file; check the path and its permissions.")
