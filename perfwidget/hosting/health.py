"""Whether the widget can answer, for load balancers and monitors: in words, without data and without a sign-in.

`GET {prefix}/health` is 200 where people can be answered, and else 503. Late facts are told and leave it at 200: they
can be shown, and taking the page away would not make them newer.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import NamedTuple

from flask import Response, jsonify

from perfwidget.errors import PerfwidgetError
from perfwidget.facts.ingest import NOT_COMPLETE
from perfwidget.hosting.refusals import say
from perfwidget.stores.store import Store

log = logging.getLogger(__name__)

PATIENCE = 0.7
"""Seconds that a look may take before the part passes for away."""
STANDS = 1.0
"""Seconds for which a look stands, however many ask."""


class Found(NamedTuple):
    """What a part answered. `as_of` is when the facts are from, where a source says so."""

    as_of: datetime | None = None
    kept: bool = True
    """Whether there is such a part."""


class Look:
    """Looks at one part in a thread of its own, so that nobody waits for one that hangs; one look at a time."""

    def __init__(self, ask: Callable[[], Found]) -> None:
        self._ask = ask
        self._changed = threading.Condition()
        self._looking = False
        self._began = -STANDS - PATIENCE
        self._found: Found | None = None

    def begin(self) -> None:
        """Begin a look, unless one goes on or still stands."""
        with self._changed:
            if not self._looking and monotonic() - self._began >= STANDS:
                self._looking, self._began = True, monotonic()
                threading.Thread(target=self._look, name="perfwidget-health", daemon=True).start()

    def found(self) -> Found | None:
        """Return what the part answered; None where it failed, or has not answered in time."""
        with self._changed:
            self._changed.wait_for(lambda: not self._looking, max(0.0, self._began + PATIENCE - monotonic()))
            return None if self._looking else self._found

    def _look(self) -> None:
        found = None
        try:
            found = self._ask()
        except PerfwidgetError as fault:
            say(fault)
        except Exception:
            log.exception("The health of the dashboard could not be seen.")
        finally:
            with self._changed:
                self._looking, self._found = False, found
                self._changed.notify_all()


class Health:
    """The parts of one widget. `records` asks its own records, raises PerfwidgetError, and says whether it has any."""

    def __init__(self, store: Store, late_after: int, records: Callable[[], bool] = lambda: False) -> None:
        self._late_after = timedelta(seconds=late_after)
        self._looks = {
            "store": Look(lambda: Found(_as_of(store))),
            "records": Look(lambda: Found(kept=records())),
        }

    def parts(self) -> dict[str, Found | None]:
        """Return what each part answers now; None for one that is away."""
        for look in self._looks.values():
            look.begin()
        found = {name: look.found() for name, look in self._looks.items()}
        return {name: part for name, part in found.items() if part is None or part.kept}

    def view(self) -> tuple[Response, int]:
        """Answer a request for the health."""
        parts = self.parts()
        ready = None not in parts.values()
        words = {name: "ready" if found else "away" for name, found in parts.items()}
        told = {"ready": ready, "records": "none", **words, "freshness": self._freshness(parts["store"])}
        return jsonify(told), 200 if ready else 503

    def _freshness(self, store: Found | None) -> str:
        if store is None:
            return "unknown"
        if store.as_of is None:
            return "not told"
        if store.as_of <= NOT_COMPLETE:
            return "first reading"
        late = not timedelta(0) <= datetime.now(UTC) - store.as_of <= self._late_after
        return "late" if late else "current"


def _as_of(store: Store) -> datetime | None:
    with store.reading() as reader:
        as_of = reader.as_of()
    return None if as_of is None else NOT_COMPLETE + timedelta(microseconds=as_of)
