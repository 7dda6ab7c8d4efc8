"""A store that is opened when it is first asked, so that a platform starts while its database is away."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.failures import AWAY, CLOSED
from perfwidget.stores.reading import Reader
from perfwidget.stores.store import Store, StoreBefore

log = logging.getLogger(__name__)


class ConnectingStore(StoreBefore):
    """The store that `open` opens; each call tries again until that has come about.

    Whoever reads is told no more than that the store is away, for pages show it to everybody. The reason is in the log,
    and whoever writes gets it.
    """

    def __init__(self, open: Callable[[], Store], path: Path | None = None) -> None:
        self.path = path
        self._open = open
        self._opening, self._changing = threading.Lock(), threading.Lock()
        self._opened: Store | None = None
        self._fault: StoreUnavailable | None = None
        self._tries = 0
        self._closed = False

    @property
    def notices(self) -> tuple[str, ...]:
        """What people who look at the figures must know of the store, once it is open."""
        return self._opened.notices if self._opened else ()

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Open one consistent state for reading."""
        try:
            store = self._store()
        except StoreUnavailable as fault:
            raise StoreUnavailable(CLOSED if self._closed else AWAY) from fault
        with store.reading() as reader:
            yield reader

    def close(self) -> None:
        """Let go of the store; whoever opens it at this moment does so when it is open."""
        with self._changing:
            self._closed = True
        if self._opened:
            self._opened.close()

    def _store(self) -> Store:
        """Return the open store; whoever waited while another one tried in vain does not try again."""
        tried = self._tries
        if self._opened is None:
            with self._opening:
                if self._opened is None:
                    if self._closed:
                        raise StoreUnavailable(CLOSED)
                    if self._fault is None or self._tries == tried:
                        self._try()
                    if self._fault is not None:
                        raise StoreUnavailable(str(self._fault)) from self._fault
        assert self._opened is not None  # noqa: S101 (for the type checker)
        return self._opened

    def _try(self) -> None:
        before, self._fault = self._fault, None
        try:
            opened = self._open()
            with self._changing:
                if not self._closed:
                    self._opened = opened
            if self._opened is None:
                opened.close()
                raise StoreUnavailable(CLOSED)
            if before is not None:
                log.warning("The store answers again.")
        except StoreUnavailable as fault:
            self._fault = fault
            if str(fault) != str(before) and not self._closed:
                log.error("%s", fault)
        finally:
            self._tries += 1
