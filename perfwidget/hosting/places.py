"""Who is served when many ask: a few at once, in turn, and nobody at the cost of others.

Who finds the queue full is told so at once instead of holding a thread of the host; the page asks again by itself, with
a little chance in when, until it is its turn.
"""

import threading
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import NamedTuple

from perfwidget.errors import Busy

AT_WORK = 2
"""Questions that are worked on at once: more would only share the same processors."""
WAITING = 3
"""Questions that wait in the server for one of these to end."""
PATIENCE = 10.0
"""Seconds that one waits at most."""
REMEMBERED = 30.0
"""Seconds for which who was sent away keeps their turn."""


class Standing(NamedTuple):
    """How many hold a place and how many wait now, and how many were sent away so far."""

    held: int
    waiting: int
    sent_away: int


class _Wait:
    """One who waits: since when their turn has been due, and whether they may come in or are sent away."""

    def __init__(self, viewer: Hashable, since: float) -> None:
        self.viewer, self.since = viewer, since
        self.admitted: bool | None = None


class Places:
    """Places for a few at once. No viewer holds more than half of them, and those who wait are served in turn.

    It is the turn of whoever has waited longest since they were last served. Who is sent away, because too many wait,
    keeps their turn for some time: who comes again waits before those who came later.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once, self._most_waiting = at_once, waiting
        self._changed = threading.Condition()
        self._held: Counter[Hashable] = Counter()
        self._waiting: list[_Wait] = []
        self._sent_away = 0
        self._due: dict[
            Hashable, tuple[float, float]
        ] = {}  # since when it has been whose turn, and when they last came

    @contextmanager
    def held(self, viewer: Hashable) -> Iterator[None]:
        """Hold a place; raises Busy for who is sent away."""
        with self._changed:
            self._wait_for_turn(viewer)
        try:
            yield
        finally:
            with self._changed:
                self._held[viewer] -= 1
                self._held += Counter()  # without those who hold none
                self._let_others_pass(viewer)
                self._admit()

    def wanted_by_others(self, viewer: Hashable) -> bool:
        """Say whether somebody else waits, or was sent away a short while ago."""
        with self._changed:
            self._forget(monotonic())
            return any(each != viewer for each in self._due)

    def standing(self) -> Standing:
        """Return how full the places are."""
        with self._changed:
            return Standing(self._held.total(), len(self._waiting), self._sent_away)

    def _wait_for_turn(self, viewer: Hashable) -> None:
        now = monotonic()
        self._forget(now)
        since, _ = self._due.get(viewer, (now, now))
        self._due[viewer] = since, now
        wait = _Wait(viewer, since)
        self._waiting.append(wait)
        self._line_up()
        self._admit()
        self._send_away(self._waiting, self._most_waiting)
        self._changed.wait_for(lambda: wait.admitted is not None, PATIENCE)
        if not wait.admitted:
            self._send_away([wait], 0)
            self._sent_away += 1
            raise Busy

    def _admit(self) -> None:
        while each := next((wait for wait in self._waiting if self._has_room_for(wait.viewer)), None):
            self._waiting.remove(each)
            self._held[each.viewer] += 1
            self._due.pop(each.viewer, None)
            each.admitted = True
        self._changed.notify_all()

    def _line_up(self) -> None:
        """Let everybody's first wait stand before anybody's second, and those first that have been due for longest."""
        before: Counter[Hashable] = Counter()
        lined_up: list[tuple[int, float, int, _Wait]] = []
        for place, each in enumerate(sorted(self._waiting, key=lambda wait: wait.since)):
            lined_up.append((before[each.viewer], each.since, place, each))
            before[each.viewer] += 1
        self._waiting = [each for *_, each in sorted(lined_up, key=lambda placed: placed[:3])]

    def _let_others_pass(self, viewer: Hashable) -> None:
        """Begin the wait anew of who has just been served."""
        now = monotonic()
        for each in self._waiting:
            if each.viewer == viewer:
                each.since = now
                self._due[viewer] = now, now
        self._line_up()

    def _has_room_for(self, viewer: Hashable) -> bool:
        return self._held.total() < self._at_once and self._held[viewer] < max(self._at_once // 2, 1)

    def _send_away(self, waits: Sequence[_Wait], most: int) -> None:
        for each in list(waits[most:]):
            if each in self._waiting:
                self._waiting.remove(each)
                each.admitted = False
        self._changed.notify_all()

    def _forget(self, now: float) -> None:
        self._due = {viewer: due for viewer, due in self._due.items() if due[1] > now - REMEMBERED}
