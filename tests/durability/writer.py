"""A process that writes for as long as it lives, says what was acknowledged, and is killed by its test.

`python -m tests.durability.writer FILE FIRST PAUSE`: PAUSE is `no`, or the place in the FIRST write at which it stands
still (`before`, `within`) until it is killed.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from perfwidget.facts import Annotation, Fact, Key, Membership
from perfwidget.stores.duckdb import EmbeddedStore, database, journal_file, order, working_in
from tests.worlds import ORGANIZATION, annotation

SIZES = (1, 2, 7, 40, 700)
"""Facts of a write, in turn: few are put into the journal, and many are written by themselves."""


def written(number: int) -> list[Annotation]:
    """Return what the write of that number writes: new annotations, and one that replaces an older one's."""
    new = [
        annotation(f"{number}-{each}", "2024-03-01 12:00", lead_time=number)
        for each in range(SIZES[number % len(SIZES)])
    ]
    return [annotation("the one", f"2024-03-02 12:00:{number % 60:02}", lead_time=number), *new]


def act(store: EmbeddedStore, number: int, pause: str) -> None:
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


def wait() -> None:
    say("standing")
    sys.stdin.read()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Write until killed."""
    order.TAIL, order.LONGEST_TAIL, order.ROW_GROUP = 100, 200, 25  # so that rows are put in order again and again
    path, first, pause = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    database.LONGEST_LOG = 60_000  # so that the log is worked into the file every few writes
    working_in.IDLE, working_in.MANY = 0.01, 60  # and so is what waits in the journal
    journal_file.STEP, journal_file.LONGEST = 8_192, 32_768
    store = EmbeddedStore(path)
    say("open")
    number = first
    while True:
        act(store, number, pause)
        say(str(number))
        pause, number = "no", number + 1


if __name__ == "__main__":
    main()
