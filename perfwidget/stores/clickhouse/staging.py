"""Rows on their way in: they go with the statements that name them; what is kept of them has their write's number."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from perfwidget.errors import StoreUnavailable
from perfwidget.facts import Fact
from perfwidget.stores.clickhouse.database import LONGEST_WRITE, ClickHouseDatabase, Sent
from perfwidget.stores.clickhouse.history import State, identified, visible
from perfwidget.stores.clickhouse.schema import COLUMNS, native
from perfwidget.stores.clickhouse.session import DIALECT
from perfwidget.stores.clickhouse.write_lock import WriteLock
from perfwidget.stores.failures import AWAY
from perfwidget.stores.schema import column_types
from perfwidget.stores.writing.staging import Staging, key_match

_PLACE = ("place", "Int64")
_IDENTITY = [("written", "UInt64"), ("number", "UInt64")]


class SentStaging(Staging):
    """One write. Its statements see what those before them did, as if that were committed."""

    dialect = DIALECT

    def __init__(self, database: ClickHouseDatabase, claim: WriteLock, state: State) -> None:
        """Take the state that the write is to make; its number is the write's."""
        super().__init__()
        self._database = database
        self._claim = claim
        self._state = state
        self._tables = visible(state)
        self._staged: dict[str, Sent] = {}
        self._added: Counter[str] = Counter()

    def put(self, name: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> None:
        """Let statements name rows, each with its place among them."""
        declared = [*((column, native(sql_type, nullable=True)) for column, sql_type in columns), _PLACE]
        self._staged[name] = Sent(declared, [(*row, place) for place, row in enumerate(rows)])

    def leave_out(self, name: str, condition: str) -> None:
        """Leave out the rows that meet a condition."""
        self._leave_out(name, {place for (place,) in self.execute(f"SELECT place FROM {name} WHERE {condition}")})

    def _leave_out(self, name: str, places: set[int]) -> None:
        staged = self._staged[name]
        self._staged[name] = Sent(staged.columns, [row for row in staged.rows if row[-1] not in places])

    def execute(self, text: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Return what a query gives that may name the rows; changes go by the other methods."""
        return self._found(text, parameters)

    def _found(
        self, query: str, parameters: Mapping[str, Any] | None = None, changed: str = ""
    ) -> list[tuple[Any, ...]]:
        """Return what a query gives; the rows of a table to be changed come with what `ended` knows them by."""
        self._claim.renew()
        tables = self._tables | self._staged
        if changed:
            tables[changed] = identified(changed, self._state)
        return self._database.rows(query, parameters or {}, tables, limit=LONGEST_WRITE)

    def replace(self, kind: type[Fact], name: str) -> None:
        """Put rows in place of those with their keys: all are looked up once, and found again by their numbers."""
        table, version = kind.table, kind.version_column
        newer = f"{table}.{version} > {name}.{version}" if version else "FALSE"
        found = self._found(
            f"SELECT {table}.written, {table}.number, {name}.place, {newer} FROM {table} "
            f"JOIN {name} ON {key_match(kind, table, name)}",
            changed=table,
        )
        self._leave_out(name, {place for _, _, place, kept in found if kept})
        self._end(table, [(written, number) for written, number, _, kept in found if not kept])
        self.insert(name, kind)

    def insert(self, name: str, kind: type[Fact]) -> None:
        """Add the rows to a table of facts; they need not be asked for."""
        staged = self._staged[name]
        names = [column for column, _ in staged.columns]
        places = [names.index(column) for column, _ in column_types(kind)]
        self._append(kind.table, [tuple(row[place] for place in places) for row in staged.rows])

    def delete(
        self, table: str, condition: str, parameters: Mapping[str, Any] | None = None, *, using: str = ""
    ) -> None:
        """Delete rows."""
        source = f"{table}, {using}" if using else table
        query = f"SELECT DISTINCT {table}.written, {table}.number FROM {source} WHERE {condition}"
        self._end(table, self._found(query, parameters, table))

    def update(
        self,
        table: str,
        changes: Mapping[str, str],
        condition: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        using: str = "",
    ) -> None:
        """Change rows: what they were ends, and what they become is added."""
        source = f"{table}, {using}" if using else table
        columns = ", ".join(changes.get(name, f"{table}.{name}") for name, _, _ in COLUMNS[table])
        query = f"SELECT {table}.written, {table}.number, {columns} FROM {source} WHERE {condition}"
        found = {row[:2]: row[2:] for row in self._found(query, parameters, table)}
        self._end(table, list(found))
        self._append(table, list(found.values()))

    def add(self, table: str, columns: Sequence[str], query: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Add what a query gives."""
        found = self._found(query, parameters)
        self._append(table, [self._in_order(table, dict(zip(columns, row, strict=True))) for row in found])

    def keep(self, table: str, row: Mapping[str, Any]) -> None:
        """Add one row."""
        self._append(table, [self._in_order(table, row)])

    @staticmethod
    def _in_order(table: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(row[name] for name, _, _ in COLUMNS[table])

    def _append(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        if not rows:
            return
        self._claim.renew()
        first, write = self._added[table], self._state.write
        self._added[table] += len(rows)
        columns = [(name, native(sql_type, nullable=nullable)) for name, sql_type, nullable in COLUMNS[table]]
        sent = Sent([*columns, *_IDENTITY], [(*row, write, number) for number, row in enumerate(rows, first)])
        self._insert(f"{table}_rows", sent)

    def _end(self, table: str, identities: Sequence[tuple[int, int]]) -> None:
        if not identities:
            return
        self._claim.renew()
        self._added["ended"] += len(identities)
        columns = [("fact", "String"), *_IDENTITY, ("ended", "UInt64")]
        self._insert("ended", Sent(columns, [(table, *identity, self._state.write) for identity in identities]))

    def _insert(self, table: str, sent: Sent) -> None:
        names = ", ".join(name for name, _ in sent.columns)
        self._database.execute(f"INSERT INTO {table} ({names})", f"SELECT {names} FROM sent", tables={"sent": sent})

    def check(self) -> None:
        """See that every row has arrived, and once; raises StoreUnavailable."""
        if not self._added:
            return
        counted = " UNION ALL ".join(
            f"SELECT '{table}', count() FROM {table if table == 'ended' else f'{table}_rows'} "
            f"WHERE {'ended' if table == 'ended' else 'written'} = {self._state.write:d}"
            for table in self._added
        )
        if dict(self._found(counted)) != dict(self._added):
            raise StoreUnavailable(AWAY)
