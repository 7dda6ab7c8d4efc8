"""Which rows readers see: those of committed writes that no committed write has taken away again.

A write has a number of its own, and is `begun`, then `committed` by one row, or `void` for ever: a number is never used
twice, so whatever a killed or sleeping writer still leaves behind stays out of sight.
"""

from typing import NamedTuple

from perfwidget.stores.clickhouse.database import ClickHouseDatabase, Table
from perfwidget.stores.clickhouse.schema import COLUMNS

KEPT_FOR = 3_600
"""Seconds for which rows stay that a later write has taken away: whoever began to read before it still sees them."""

LONGEST_READING = KEPT_FOR - 600
"""Seconds after which nothing more is read of one state, so that what it is made of is there for as long."""


class State(NamedTuple):
    """What readers see: all up to the number of a write, but for those that came to nothing."""

    write: int
    void: tuple[int, ...]

    def without(self, column: str) -> str:
        """Return the condition that a column holds the number of a write of this state."""
        void = f" AND {column} NOT IN ({', '.join(map(str, self.void))})" if self.void else ""
        return f"{column} <= {self.write:d}{void}"


def newest(database: ClickHouseDatabase) -> State:
    """Return the state that the last committed write made."""
    [(write, void)] = database.rows(
        "SELECT coalesce(maxIf(write, state = 'committed'), 0), "
        "arraySort(coalesce(groupArrayIf(write, state = 'void'), [])) FROM writes WHERE state IN ('committed', 'void')",
        {},
    )
    return State(int(write), tuple(map(int, void)))


def visible(state: State) -> dict[str, Table]:
    """Return the tables of the contract, and ours, in a state."""
    return {table: _seen(table, state, "") for table in COLUMNS}


def identified(table: str, state: State) -> str:
    """Return the query of a table's rows in a state, each with what `ended` knows it by."""
    return _seen(table, state, ", written, number")


def _seen(table: str, state: State, more: str) -> str:
    columns = ", ".join(name for name, _, _ in COLUMNS[table])
    return (
        f"SELECT {columns}{more} FROM {table}_rows WHERE {state.without('written')} AND (written, number) NOT IN "
        f"(SELECT written, number FROM ended WHERE fact = '{table}' AND {state.without('ended')})"
    )


def give_up_unfinished(database: ClickHouseDatabase) -> None:
    """Make void what others have begun and not committed; only for whoever writes now, before they begin."""
    for (write,) in database.rows(
        "SELECT write FROM writes WHERE state = 'begun' "
        "AND write NOT IN (SELECT write FROM writes WHERE state IN ('committed', 'void'))",
        {},
    ):
        give_up(database, write)


def give_up(database: ClickHouseDatabase, write: int) -> None:
    """Make a write void, which is what counts, and remove what it left."""
    database.execute("INSERT INTO writes (write, state)", f"SELECT {write:d}, 'void'")
    for table, column in (*((f"{table}_rows", "written") for table in COLUMNS), ("ended", "ended")):
        left = f"FROM {table} WHERE {column} = {write:d}"
        if database.rows(f"SELECT 1 {left} LIMIT 1", {}):
            database.execute(f"DELETE {left}")


def compact(database: ClickHouseDatabase) -> None:
    """Remove rows that were taken away long ago; only for whoever writes now.

    What takes them away stays until a later time: a statement may have begun before the rows went.
    """
    long_ago = f"at < now64(6) - INTERVAL {KEPT_FOR:d} SECOND"
    [(gone,)] = database.rows(
        f"SELECT coalesce(max(write), 0) FROM writes WHERE state = 'compacted' AND {long_ago}", {}
    )
    if gone:
        database.execute(f"DELETE FROM ended WHERE ended <= {gone:d}")
    # The newest write of long ago: whoever reads a state before it began to read before it was committed.
    [(unread,)] = database.rows(
        f"SELECT coalesce(max(write), 0) FROM writes WHERE state = 'committed' AND {long_ago}", {}
    )
    [(done,)] = database.rows("SELECT coalesce(max(write), 0) FROM writes WHERE state = 'compacted'", {})
    if unread <= done:
        return
    state = State(unread, newest(database).void)
    for table in COLUMNS:
        ended = f"SELECT written, number FROM ended WHERE fact = '{table}' AND {state.without('ended')}"
        if database.rows(f"{ended} LIMIT 1", {}):
            database.execute(f"DELETE FROM {table}_rows WHERE (written, number) IN ({ended})")
    database.execute("INSERT INTO writes (write, state)", f"SELECT {unread:d}, 'compacted'")
    database.execute(f"DELETE FROM writes WHERE state IN ('begun', 'committed') AND write < {unread:d}")
    database.execute("DELETE FROM claims WHERE at < now64(6) - INTERVAL 1 DAY")
