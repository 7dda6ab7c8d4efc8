"""A process that writes for as long as it lives, says what was acknowledged, and is killed by its test.

`python -m tests.durability.writer FILE FIRST PAUSE`: PAUSE is `no`, or the place in the FIRST write at which it stands
still (`before`, `within`) until it is killed. `crowd` lets threads write single facts instead, which are acknowledged
as `THREAD-NUMBER`.
"""

import sys
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from perfwidget.facts import Annotation, Fact, Key, Membership
from perfwidget.stores.duckdb import DuckDBStore, database, order
from tests.worlds import ORGANIZATION, annotation

SIZES = (1, 2, 7, 40, 700)
"""Facts of a write, in turn: few may share a transaction, and many have one of their own."""

CROWD = 6
"""Threads that write at once."""


def written(number: int) -> list[Annotation]:
    """Return what the write of that number writes: new annotations, and one that replaces an older one's."""
    new = [
        annotation(f"{number}-{each}", "2024-03-01 12:00", lead_time=number)
        for each in range(SIZES[number % len(SIZES)])
    ]
    return [annotation("the one", f"2024-03-02 12:00:{number % 60:02}", lead_time=number), *new]


def act(store: DuckDBStore, number: int, pause: str) -> None:
    """Do the write of that number: most add, each fifth removes, each seventh sets memberships."""
    if number % 7 == 6:
        store.set_memberships(ORGANIZATION, "ann", [Membership(ORGANIZATION, "ann", project_id=f"p{number}")])
    elif number % 5 == 4:
        store.remove(Key(Annotation, (ORGANIZATION, f"{number - 1}-{each}")) for each in range(SIZES[0]))
    else:
        store.write(standing_still(written(number), pause))


def standing_still(facts: list[Annotation], pause: str) -> Iterator[Fact]:
    """Yield facts, and stand still at the place that is asked for."""
    if pause == "before":
        wait()
    yield from facts[: len(facts) // 2]
    if pause == "within":
        wait()
    yield from facts[len(facts) // 2 :]


def one_by_one(store: DuckDBStore, thread: int, first: int) -> None:
    """Write one fact after the other, as others do at the same time."""
    for number in count(first):
        store.write([annotation(f"{thread}-{number}", "2024-03-01 12:00", lead_time=1, completed_by=f"w{number % 9}")])
        say(f"{thread}-{number}")


def wait() -> None:
    say("standing")
    sys.stdin.read()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Write until killed."""
    order.TAIL, order.OVERDUE, order.STRETCH = 100, 400, 500  # so that rows are put in order again and again
    path, first, pause = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    database.LONGEST_LOG = 60_000  # so that the log is worked into the file every few writes
    store = DuckDBStore(path)
    say("open")
    if pause == "crowd":
        for each in range(CROWD):
            threading.Thread(target=one_by_one, args=(store, each, first)).start()
        return
    number = first
    while True:
        act(store, number, pause)
        say(str(number))
        pause, number = "no", number + 1


if __name__ == "__main__":
    main()
