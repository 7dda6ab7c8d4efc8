"""A process that writes a few facts one by one and is killed, by itself, at a certain place.

`python -m tests.durability.stopped FILE PLACE`: it says which writes were acknowledged, and never ends but by the kill.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from perfwidget.stores.duckdb import EmbeddedStore, database, journal, journal_file, recovery, working_in
from tests.durability.writer import say
from tests.worlds import annotation, people

FIRST, MORE = 6, 6
"""Annotations that are written before the place is armed, and after."""


def end(*_: Any, **__: Any) -> Any:
    """End at once, as by a power cut but for what the system has in its memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def halfway(handle: int, content: bytes, place: int) -> None:
    """Write half of something and end."""
    os.pwrite(handle, content[: len(content) // 2], place)
    end()


def _after(act: Callable[..., Any]) -> Callable[..., Any]:
    def acted(*given: Any, **named: Any) -> Any:
        act(*given, **named)
        end()

    return acted


PLACES: dict[str, tuple[Any, str, Any]] = {
    "a record is half written": (journal_file, "_put", halfway),
    "a record is written": (journal_file, "_put", _after(journal_file._put)),
    "a record is on the disk": (recovery.Seal, "tell", end),
    "it is counted": (working_in.WorkingIn, "wake", end),
    "it is being worked in": (database, "_count", end),
    "it is about to be committed": (database, "_count", _after(database._count)),
    "it is worked in": (journal.Journal, "done", end),
    "the journal is begun anew": (recovery.Seal, "put", end),
    "it is worked in again": (journal_file.JournalFile, "begin_anew", _after(journal_file.JournalFile.begin_anew)),
    "the journal is closed": (journal_file.JournalFile, "remove", end),
    "the journal is gone": (journal_file.JournalFile, "remove", _after(journal_file.JournalFile.remove)),
    "nothing": (working_in.WorkingIn, "close", end),
}
"""What takes the place of what, so that the process ends there."""

FRESH = {
    "the journal is half made": (journal_file, "_put", halfway),
    "the journal is made": (Path, "rename", end),
    "the journal has its name": (Path, "rename", _after(Path.rename)),
}
"""The same, from the first write on."""


def main() -> None:
    """Write until the place is reached."""
    path, place = Path(sys.argv[1]), sys.argv[2]
    working_in.IDLE = working_in.LONGEST = 1000.0
    store = EmbeddedStore(path)
    store.remove([])  # so that something is counted before
    if place in FRESH:
        setattr(*FRESH[place])
    else:
        store.write(people())
        write(store, range(FIRST))
        setattr(*PLACES[place])
    write(store, range(FIRST, FIRST + MORE))
    with store.reading():
        say("read")
    store.close()


def write(store: EmbeddedStore, numbers: range) -> None:
    for number in numbers:
        store.write([annotation(number, "2024-03-01 12:00", lead_time=1)])
        say(str(number))


if __name__ == "__main__":
    main()
