"""A host's store, of which one widget notes how long questions take; the store itself is left as it is."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager

from perfwidget.facts import Fact
from perfwidget.facts.ingest import Observation
from perfwidget.facts.words import Unknown
from perfwidget.stores.reading import Reader
from perfwidget.stores.store import Store
from perfwidget.stores.timing import Note
from perfwidget.stores.writing.outcome import Outcome
from perfwidget.stores.writing.staging import Staging


class TimedStore(Store):
    """Another store, whose statements that read are timed."""

    def __init__(self, store: Store, note: Note) -> None:
        self._store, self._note = store, note

    @property
    def notices(self) -> tuple[str, ...]:
        """What people who look at the figures must know of the store."""
        return self._store.notices

    @property
    def writable(self) -> bool:  # type: ignore[override]
        """Whether facts can be written."""
        return self._store.writable

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Open one consistent state for reading."""
        with self._store.reading() as reader:
            yield reader.timed(self._note)

    def staging(self) -> AbstractContextManager[Staging]:
        """Open a write."""
        return self._store.staging()

    def write(self, facts: Iterable[Fact | Observation], *, unknown: Unknown = "refuse") -> Outcome:
        """Keep facts in one transaction, in the way of the engine."""
        return self._store.write(facts, unknown=unknown)

    def erase(self) -> None:
        """Give up the bytes of what was removed."""
        self._store.erase()

    def settle(self) -> None:
        """Do now what the store would else do some time later."""
        self._store.settle()

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()
