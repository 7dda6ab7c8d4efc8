"""How many questions are worked on at once, so that a host keeps threads for its own pages.

A question that finds the queue full is told so at once instead of holding a thread of the host; the page asks again by
itself, with a little chance in when, until it is its turn.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from perfwidget.errors import Busy

AT_WORK = 2
"""Questions that are worked on at once: more would only share the same processors."""
WAITING = 2
"""Questions that wait in the server for one of these to end."""
PATIENCE = 10.0
"""Seconds that one waits at most."""


class Limit:
    """Lets questions through, a few at once."""

    def __init__(self) -> None:
        self._inside = threading.BoundedSemaphore(AT_WORK + WAITING)
        self._at_work = threading.BoundedSemaphore(AT_WORK)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a turn; raises Busy where too many wait already, or the wait is too long."""
        if not self._inside.acquire(blocking=False):
            raise Busy
        try:
            if not self._at_work.acquire(timeout=PATIENCE):
                raise Busy
            try:
                yield
            finally:
                self._at_work.release()
        finally:
            self._inside.release()
