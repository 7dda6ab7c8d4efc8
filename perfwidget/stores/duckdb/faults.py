"""What DuckDB and the disk refuse, in one sentence for people; their own words go to the log."""

import os
import re
from contextlib import suppress
from pathlib import Path

import duckdb

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.failures import AWAY, DAMAGED, FULL, LONGEST, TOO_LONG

_DAMAGE = re.compile("Corrupt(ed)? (?!WAL|Encrypted WAL)|Could not read|No more data remaining")


def is_damage(fault: duckdb.Error) -> bool:
    """Say whether the file itself is damaged, in whichever of its blocks."""
    return bool(_DAMAGE.search(str(fault)))


def open_elsewhere(path: Path, process: int = 0, parent: int = 0) -> StoreUnavailable:
    """Return what to say where the store is open already: in a process, whose parent is another; 0 if nobody knows."""
    if process == os.getpid():
        what = "in this program itself; open it once and hand it to all that use it"
    elif process and process == os.getppid() and os.environ.get("WERKZEUG_RUN_MAIN") == "true":
        what = (
            "in the first process of Flask's debug reloader, which only watches files; ask and write nothing before "
            'the server runs, or only where os.environ.get("WERKZEUG_RUN_MAIN") == "true", or run with --no-reload'
        )
    elif process and parent == os.getppid() and _runs_our_program(parent):
        what = (
            "in another worker of this server; run one worker with many threads (gunicorn --workers 1 --threads 8), or "
            "use a PostgreSQL store, which many workers can share"
        )
    else:
        which = f" (process {process})" if process else ""
        what = (
            f"in another program{which}; stop that one first, do it there (on its pages, or by server.py --import "
            "FILE), or use a PostgreSQL store, which many programs can share"
        )
    return StoreUnavailable(f"The store {path} is open {what}.")


def _runs_our_program(process: int) -> bool:
    """Say whether a process runs the same interpreter as this one, as the first process of a server does."""
    with suppress(OSError):
        return Path(f"/proc/{process}/exe").samefile("/proc/self/exe")
    return False


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
