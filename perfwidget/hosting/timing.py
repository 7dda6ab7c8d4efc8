"""How long the statements of a store's readers take, for those who watch over the server."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from perfwidget.stores.dialect import Dialect
from perfwidget.stores.reading import Reader
from perfwidget.stores.session import Session
from perfwidget.stores.store import Store, StoreBefore

Note = Callable[[float], None]
"""Takes the seconds that one statement took."""


class TimedSession:
    """A session that notes what each statement took; of a stream, what it took to read and not to send."""

    def __init__(self, session: Session, note: Note) -> None:
        self._session, self._note = session, note

    @property
    def dialect(self) -> Dialect:
        """How the engine writes what engines write differently."""
        return self._session.dialect

    @contextmanager
    def _timed(self) -> Iterator[None]:
        began = perf_counter()
        try:
            yield
        finally:
            self._note(perf_counter() - began)

    def rows(self, text: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows that a statement gives."""
        with self._timed():
            return self._session.rows(text, parameters)

    def columns(self, text: str, parameters: Mapping[str, Any]) -> list[Any]:
        """Return the columns of a statement's rows."""
        with self._timed():
            return self._session.columns(text, parameters)

    def batches(self, text: str, parameters: Mapping[str, Any], size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a statement so many at once."""
        batches, took = self._session.batches(text, parameters, size), 0.0
        try:
            while True:
                began = perf_counter()
                try:
                    batch = next(batches, None)
                finally:
                    took += perf_counter() - began
                if batch is None:
                    return
                yield batch
        finally:
            self._note(took)


class TimedStore(StoreBefore):
    """Stands before a host's store, and notes of one widget how long its questions take."""

    def __init__(self, store: Store, note: Note) -> None:
        self._timed, self._note = store, note
        self.path = store.path

    def _store(self) -> Store:
        return self._timed

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Open one consistent state for reading."""
        with self._timed.reading() as reader:
            yield reader.through(lambda session: TimedSession(session, self._note))
