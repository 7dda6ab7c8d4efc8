"""Rows on their way in, which the statements of one write can name as tables."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from secrets import token_hex
from typing import Any, ClassVar

from perfwidget.facts import RECORDED_KINDS, Annotation, Fact
from perfwidget.facts.snapshots import StoredColumn
from perfwidget.stores.dialect import Dialect
from perfwidget.stores.schema import (
    BOOKMARKS,
    CHANGED,
    MENTIONED,
    MENTIONS,
    RECORDED,
    Table,
    column_types,
    required,
)

Row = Sequence[Any]
"""The stored values of a fact, in the order of its columns."""

Noted = set[tuple[str, str, str]]
"""Organizations, kinds of mentions or "recorded", and ids or kinds of facts, which are known to be in the store."""

_RECORDED = "recorded"

NO_POSITION = "-"
"""Of a mark, whose name alone tells."""


class Staging(ABC):
    """The transaction of one write, and the rows that its statements can name; an engine says how these are kept."""

    dialect: Dialect

    takes_columns: ClassVar[bool] = False
    """Whether `put_columns` and `add_in_order` are there."""

    def put_columns(self, name: str, columns: Mapping[str, StoredColumn]) -> None:
        """Let statements name rows that are given as columns, in place of any of that name."""
        raise NotImplementedError

    def add_in_order(
        self, table: str, columns: Sequence[str], query: str, parameters: Mapping[str, Any], *, rows: int
    ) -> None:
        """Add some rows to a table of facts, which a query gives in the order in which the table is read."""
        raise NotImplementedError

    def holding(self, table: str) -> Sequence[str]:
        """Return the tables that hold a table's rows: itself, and copies that lie in another order."""
        return (table,)

    def __init__(self, noted: Noted | None = None) -> None:
        self.noted: Noted = set() if noted is None else noted
        self.touched: set[str] = set()
        """The organizations whose facts were changed."""

    @abstractmethod
    def put(self, name: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> None:
        """Let statements name rows of the given columns (name and SQL type), in place of any of that name."""

    @abstractmethod
    def leave_out(self, name: str, condition: str) -> None:
        """Leave out the rows that meet a condition."""

    @abstractmethod
    def execute(self, text: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Carry out a statement that may name the rows, and return what it gives."""

    def delete(
        self, table: str, condition: str, parameters: Mapping[str, Any] | None = None, *, using: str = ""
    ) -> None:
        """Delete the rows of a table that meet a condition, which may speak of another one, too."""
        of = f"{f' USING {using}' if using else ''} WHERE {condition}"
        for each in self.holding(table):
            self.execute(f"DELETE FROM {_named(each, table)}{of}", parameters)

    def update(
        self,
        table: str,
        changes: Mapping[str, str],
        condition: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        using: str = "",
    ) -> None:
        """Change columns to expressions in the rows of a table that meet a condition."""
        set_to = ", ".join(f"{column} = {expression}" for column, expression in changes.items())
        changed = f"SET {set_to}{f' FROM {using}' if using else ''} WHERE {condition}"
        for each in self.holding(table):
            self.execute(f"UPDATE {_named(each, table)} {changed}", parameters)

    def add(self, table: str, columns: Sequence[str], query: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Add what a query gives to a table."""
        for each in self.holding(table):
            self.execute(f"INSERT INTO {each} ({', '.join(columns)}) {query}", parameters)

    def keep(self, table: str, row: Mapping[str, Any]) -> None:
        """Add one row to a table."""
        values = ", ".join(f"${column}" for column in row)
        self.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})", row)

    def put_in_place(self, kind: type[Fact], rows: Iterable[Row]) -> None:
        """Put rows of different keys in place of those with their keys, but for those older than what is there."""
        self.put("incoming", column_types(kind), list(rows))
        self.replace(kind, "incoming")

    def replace(self, kind: type[Fact], name: str) -> None:
        """Put rows in place of those with their keys; those that are older than what is there are left out."""
        if kind.version_column:
            newer = f"{kind.table}.{kind.version_column} > {name}.{kind.version_column}"
            match = key_match(kind, kind.table, name)
            self.leave_out(name, f"EXISTS (SELECT 1 FROM {kind.table} WHERE {match} AND {newer})")
        self.delete_matching(kind, name)
        self.insert(name, kind)

    def insert(self, name: str, kind: type[Fact]) -> None:
        """Add the rows to a table of facts, whose columns they have."""
        columns = [column for column, _ in column_types(kind)]
        self.add(kind.table, columns, f"SELECT {', '.join(columns)} FROM {name}")

    def delete_matching(self, kind: type[Fact], name: str) -> None:
        """Delete the facts whose keys stand in the rows."""
        self.delete(kind.table, key_match(kind, kind.table, name), using=name)

    def note(self, rows: Mapping[type[Fact], Iterable[Row]], *, recorded: bool = True) -> None:
        """Note whom and what rows of facts refer to, and where `recorded` that their kinds are recorded."""
        referred: set[tuple[str, str, str]] = set()
        kinds: set[tuple[str, str]] = set()
        for kind, given in rows.items():
            some = list(given)
            names = [name for name, _ in column_types(kind)]
            for what, mentioned in MENTIONED.items():
                for place in (names.index(column) for table, column in mentioned if table == kind.table):
                    referred |= {(row[0], what, row[place]) for row in some if row[place] is not None}
            if recorded and kind.table in RECORDED_KINDS:
                kinds |= {(row[0], kind.table) for row in some}
            if recorded and kind is Annotation:
                flags = names.index("flags")
                kinds |= {(row[0], "flags") for row in some if row[flags] is not None}
        self.mention(referred)
        self.note_recorded(kinds)

    def mention(self, found: Iterable[tuple[str, str, str]]) -> None:
        """Note whom and what facts refer to: organizations, kinds and ids."""
        if new := self._not_noted(set(found)):
            self.add_new(MENTIONS, new)

    def note_recorded(self, found: Iterable[tuple[str, str]]) -> None:
        """Note that facts of kinds are recorded in organizations, where nothing is said of that."""
        if new := self._not_noted({(organization, _RECORDED, kind) for organization, kind in found}):
            self.add_new(RECORDED, [(organization, kind, None) for organization, _, kind in new])

    def _not_noted(self, found: Noted) -> list[tuple[str, str, str]]:
        """Return what is not known to be noted, in the order in which every write notes it."""
        new = sorted(found - self.noted)
        self.noted.update(new)
        return new

    def add_new(self, table: Table, rows: Sequence[Row]) -> None:
        """Add those rows to a table whose keys are not there."""
        names = [name for name, _, _ in table.columns]
        same = " AND ".join(f"{table.name}.{name} = noted.{name}" for name in table.key)
        self.put("noted", [(name, sql_type) for name, sql_type, _ in table.columns], rows)
        self.add(
            table.name,
            names,
            f"SELECT {', '.join(names)} FROM noted WHERE NOT EXISTS (SELECT 1 FROM {table.name} WHERE {same})",
        )

    def conclude(self) -> None:
        """Put a new mark in each organization whose facts were changed, by which open pages see that.

        Engines call it as the last of a write, so that a mark is seen once the facts are, however late that is.
        """
        for organization_id in sorted(self.touched):
            self.mark(organization_id, CHANGED + token_hex(8))

    def mark(self, organization_id: str, source: str) -> None:
        """Put a mark in place of those that are there."""
        theirs = f"organization_id = $organization_id AND source LIKE '{CHANGED}%'"
        self.delete(BOOKMARKS.name, theirs, {"organization_id": organization_id})
        row = {"organization_id": organization_id, "source": source, "position": NO_POSITION, "as_of": None}
        self.keep(BOOKMARKS.name, row)


def _named(each: str, table: str) -> str:
    """Return a table under the name by which conditions speak of it."""
    return table if each == table else f"{each} AS {table}"


def key_match(kind: type[Fact], left: str, right: str) -> str:
    """Return the condition that two tables' rows have the same key."""
    return " AND ".join(
        f"{left}.{name} {'=' if name in required(kind) else 'IS NOT DISTINCT FROM'} {right}.{name}"
        for name in kind.key_columns
    )
