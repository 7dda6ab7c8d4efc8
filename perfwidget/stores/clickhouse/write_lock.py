"""One write at a time, whichever process it comes from, though ClickHouse has no locks.

Whoever wants to write says so by a row, and then looks: who is alone may write, anybody else takes the word back and
tries again. Of two at the same moment at least one sees the other, for each looks after it has spoken. A claim ends by
itself after some time, as its writer may have been killed; whoever comes next makes the write void that it had begun.
A write begins and is committed only while its claim holds, by the server's clock and within the one statement.
"""

import random
import time
from uuid import uuid4

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.clickhouse.database import LONGEST_WRITE, ClickHouseDatabase
from perfwidget.stores.clickhouse.faults import DISPLACED

HELD_FOR = 2 * LONGEST_WRITE
"""Seconds after which a claim ends if it is not renewed: no statement takes longer than half of them."""

_PAUSE = 0.05
"""Seconds between two tries, about."""

BUSY = (
    "Another program has been writing to the store for minutes; let it finish and write again, for a ClickHouse store "
    "takes one write at a time."
)

_LATELY = "at > now64(6) - INTERVAL 1 DAY"


class WriteLock:
    """The right to write. Raises StoreUnavailable where it is not to be had or lost."""

    def __init__(self, database: ClickHouseDatabase) -> None:
        """Wait until nobody else writes."""
        self._database = database
        self._held_for = HELD_FOR
        self._writer = str(uuid4())
        self._step = 0
        tried_until = time.monotonic() + self._held_for * 1.25
        while True:
            self._say(self._held_for)
            if not self._others(f"until > now64(6) AND {_LATELY}"):
                return
            self.release()
            if time.monotonic() > tried_until:
                raise StoreUnavailable(BUSY)
            time.sleep(random.uniform(_PAUSE / 2, 2 * _PAUSE))  # noqa: S311 (so that two do not meet again)

    def begin(self) -> int:
        """Begin a write and return its number."""
        self._database.execute(
            "INSERT INTO writes (write, state, writer)",
            f"SELECT (SELECT coalesce(max(write), 0) FROM writes) + 1, 'begun', $writer WHERE {self._holds}",
            {"writer": self._writer},
        )
        [(write,)] = self._database.rows("SELECT max(write) FROM writes WHERE writer = $writer", self._mine)
        return int(write)

    def commit(self, write: int) -> None:
        """Let readers see a write, all of it at once."""
        self.renew()
        self._database.execute(
            "INSERT INTO writes (write, state)", f"SELECT {write:d}, 'committed' WHERE {self._holds}", self._mine
        )

    def renew(self) -> None:
        """Hold on to the right: to be called before every statement."""
        passed = time.monotonic() - self._said
        if passed < self._held_for / 4:
            return
        if passed < self._held_for * 3 / 4:
            self._say(self._held_for, f"WHERE {self._still('now64(6)')}")
            return
        # It may have ended, while facts were read: what was written stands if nobody has claimed anything since.
        self._say(self._held_for)
        if self._others("at > (SELECT min(at) FROM claims WHERE writer = $writer)"):
            raise StoreUnavailable(DISPLACED)

    def release(self) -> None:
        """Let others write."""
        self._say(0)

    @property
    def _mine(self) -> dict[str, str]:
        return {"writer": self._writer}

    @property
    def _holds(self) -> str:
        """The condition of a statement that only whoever writes may carry out, and that fails otherwise."""
        return self._still(f"addMicroseconds(now64(6), {int(self._held_for * 500_000):d})")

    def _still(self, instant: str) -> str:
        until = "SELECT argMax(until, step) FROM claims WHERE writer = $writer"
        return f"throwIf(coalesce(({until}) < {instant}, TRUE)) = 0"

    def _say(self, seconds: float, condition: str = "") -> None:
        said = time.monotonic()
        self._step += 1
        until = f"addMicroseconds(now64(6), {int(seconds * 1_000_000):d})" if seconds else "toDateTime64(0, 6, 'UTC')"
        self._database.execute(
            "INSERT INTO claims (writer, step, until)",
            f"SELECT $writer, {self._step:d}, {until} {condition}",
            self._mine,
        )
        self._said = said

    def _others(self, condition: str) -> bool:
        """Say whether claims of others meet a condition."""
        query = (
            "SELECT 1 FROM (SELECT writer, argMax(until, step) AS until, max(at) AS at FROM claims "
            f"WHERE writer != $writer GROUP BY writer) others WHERE {condition} LIMIT 1"
        )
        return bool(self._database.rows(query, self._mine))
