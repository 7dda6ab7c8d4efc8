"""Small writes that were acknowledged and wait to be worked into the store's file together.

A transaction of DuckDB costs some 20 ms, however little it writes. So a few facts are put into a journal, which takes
as long as the disk does, and many such writes become one transaction later. Each write has a number, one more than the
write before; the store's file holds the number of the last that it has, so that each is worked in once, whatever
happens between. Several threads that write at the same time wait for the disk together.
"""

import json
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from perfwidget.facts import FACTS, Fact
from perfwidget.facts.ingest import Observation
from perfwidget.stores.duckdb.journal_file import JournalFile, Record
from perfwidget.stores.duckdb.recovery import Seal

MOST_WAITING = 20_000
"""Facts that may wait to be worked in; a write that finds so many waits for that."""

_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_KINDS = {kind.table: kind for kind in FACTS}
_PLAIN = frozenset(FACTS)

Row = tuple[type[Fact], Sequence[Any]]


class Waiting(NamedTuple):
    """A write that was acknowledged and is not in the file: its number, its rows as the journal has them."""

    number: int
    text: str
    facts: int


class _Given:
    """A write that is to be kept, and what became of it."""

    def __init__(self, text: str, facts: int) -> None:
        self.text = text
        self.facts = facts
        self.kept: bool | None = None


def text_of(facts: Sequence[Fact | Observation]) -> str | None:
    """Return facts as the journal has them, None if there is none or anything else among them.

    Raises InvalidFact, for nothing that is in it may be refused later.
    """
    rows = [(type(fact).table, fact.row()) for fact in facts if isinstance(fact, Fact) and type(fact) in _PLAIN]
    return _encoded(rows) if rows and len(rows) == len(facts) else None


def rows_of(writes: Iterable[Waiting]) -> Iterator[list[Row]]:
    """Yield the rows of each write."""
    for write in json.loads(f"[{','.join(each.text for each in writes)}]"):
        yield [(_KINDS[table], row) for table, row in write]


class Journal:
    """The journal of an open store, whose file has so many writes."""

    def __init__(self, file: JournalFile, seal: Seal, writes: int) -> None:
        self._file = file
        self._seal = seal
        self._disk = threading.RLock()
        self._queue: deque[_Given] = deque()
        self._closed = False
        self.waiting: list[Waiting] = []
        """In their order; a write is among them before it is acknowledged, until the file has it."""
        self.facts = 0
        """How many facts wait."""
        for record in file.read(writes, seal.value()):
            self._wait(each for each in _writes_of(record) if each.number > writes)
        self._held_up = False
        self.certain = True
        """Whether it is known how many writes the store's file has."""

    @property
    def last(self) -> int:
        """The number of the last write that was acknowledged."""
        return self._file.last

    def keep(self, text: str, facts: int) -> bool:
        """Put a write on the disk, and say whether it is there; if not, nothing of it is kept."""
        given = _Given(text, facts)
        self._queue.append(given)
        with self._disk:
            if given.kept is None:
                self._keep([self._queue.popleft() for _ in range(len(self._queue))])
        return bool(given.kept)

    def _keep(self, group: Sequence[_Given]) -> None:
        for each in group:
            each.kept = False
        if self._closed or self._held_up or not self.certain or self.facts >= MOST_WAITING:
            return
        try:
            first = self._file.append(len(group), f"[{','.join(each.text for each in group)}]".encode())
        except OSError:
            return  # whoever writes them by themselves is told what is amiss
        self._wait(Waiting(number, each.text, each.facts) for number, each in enumerate(group, start=first))
        self._seal.tell(self.last)
        for each in group:
            each.kept = True

    def _wait(self, writes: Iterable[Waiting]) -> None:
        for each in writes:
            self.facts += each.facts
            self.waiting.append(each)

    @contextmanager
    def held_up(self) -> Iterator[None]:
        """Keep no more writes meanwhile, so that they come behind one that is written by itself."""
        with self._disk:
            self._held_up = True  # for its own thread, too
            try:
                yield
            finally:
                self._held_up = False

    def done(self, number: int) -> None:
        """Forget the writes up to a number, for the file has them."""
        with self._disk:
            gone = [each for each in self.waiting if each.number <= number]
            self.facts -= sum(each.facts for each in gone)
            del self.waiting[: len(gone)]
            self._file.count(number)
            if not self.waiting:
                self._file.begin_anew()

    def stop(self) -> None:
        """Keep no more writes."""
        with self._disk:
            self._closed = True

    def close(self) -> None:
        """Let go of the file, which stays if something in it waits."""
        with self._disk:
            if self.waiting:
                self._file.close()
            else:
                self._file.remove()


def _writes_of(record: Record) -> Iterator[Waiting]:
    for number, write in enumerate(json.loads(record.payload), start=record.first):
        yield Waiting(number, _encoded(write), len(write))
