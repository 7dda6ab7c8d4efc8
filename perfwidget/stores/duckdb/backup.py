"""A copy of the embedded file while another process uses it.

The file changes in place at a checkpoint alone, which begins its header anew; between two of them its log only grows.
So count, log and file are read in this order, and read again where the header is another one in the end.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from perfwidget.errors import InvalidSetting, StoreUnavailable
from perfwidget.stores.duckdb import DuckDBStore
from perfwidget.stores.duckdb.recovery import beside, synced
from perfwidget.stores.duckdb.write_counter import is_open_here

TRIES = 20
"""Checkpoints are some megabytes of writes apart, so that hardly ever two tries are needed."""

_HEADER = 3 * 4096
"""Bytes of the header and the two places of which the newer one holds."""

CHANGING = "The store {} was changed too often while it was copied; try again when less is written."


def backup(path: Path, to: Path) -> None:
    """Copy a store's file, in use or not, to a file that is not there yet; the copy is opened and looked over.

    It holds every write that was acknowledged before. Raises StoreUnavailable, and InvalidSetting for a file that is
    there, or a store that this process has open.
    """
    if not path.is_file():
        raise StoreUnavailable(f"There is no store at {path}; check the address.")
    if to.exists() or beside(to, "writes").exists():
        raise InvalidSetting(f"{to} is there already; name a new file.")
    if is_open_here(path):  # closing the file would end the lock that DuckDB has on it
        raise InvalidSetting(f"This program has the store {path} open; run perfwidget backup beside it.")
    for _ in range(TRIES):
        with TemporaryDirectory(prefix=f"{to.name}.", dir=to.parent) as folder:
            new = Path(folder, to.name)
            if _copied(path, new) and _is_whole(new):
                for each in ("writes", ""):
                    made = beside(new, each) if each else new
                    synced(made)
                    made.rename(beside(to, each) if each else to)
                synced(to.parent)
                return
    raise StoreUnavailable(CHANGING.format(path))


def _copied(path: Path, new: Path) -> bool:
    """Copy what belongs to a store; say whether it belongs together."""
    with path.open("rb") as file:
        before = os.pread(file.fileno(), _HEADER, 0)
        for each in ("writes", "wal"):
            with suppress(FileNotFoundError), beside(path, each).open("rb") as other:
                _put(other, beside(new, each))
        _put(file, new)
        with suppress(FileNotFoundError):
            here, there = path.stat(), os.fstat(file.fileno())
            return here.st_ino == there.st_ino and os.pread(file.fileno(), _HEADER, 0) == before
    return False


def _put(file: BinaryIO, new: Path) -> None:
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
        shutil.copyfileobj(file, copy)


def _is_whole(path: Path) -> bool:
    """Open a copy, which works its log into it, and say whether it lacks nothing."""
    try:
        store = DuckDBStore(path)
    except StoreUnavailable:
        return False
    try:
        return not store.notices
    finally:
        store.close()
