"""Rows on their way in, which the statements of one write can name as tables."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from perfwidget.facts import RECORDED_KINDS, Annotation, Fact
from perfwidget.facts.snapshots import StoredColumn
from perfwidget.stores.dialect import Dialect
from perfwidget.stores.schema import MENTIONED, column_types, required

Row = Sequence[Any]
"""The stored values of a fact, in the order of its columns."""

Noted = set[tuple[str, str, str]]
"""Organizations, kinds of mentions or "recorded", and ids or kinds of facts, which are known to be in the store."""

_RECORDED = "recorded"


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

    def note(self, kind: type[Fact], rows: Iterable[Row], *, recorded: bool = True) -> None:
        """Note whom and what rows of a table of facts refer to, and where `recorded` that their kind is recorded."""
        rows = list(rows)
        names = [name for name, _ in column_types(kind)]
        self.mention(
            (row[0], what, row[place])
            for what, mentioned in MENTIONED.items()
            for place in (names.index(column) for table, column in mentioned if table == kind.table)
            for row in rows
            if row[place] is not None
        )
        if recorded and kind.table in RECORDED_KINDS:
            self.note_recorded(kind.table, {row[0] for row in rows})
        if recorded and kind is Annotation:
            flags = names.index("flags")
            self.note_recorded("flags", {row[0] for row in rows if row[flags] is not None})

    def mention(self, found: Iterable[tuple[str, str, str]]) -> None:
        """Note whom and what facts refer to: organizations, kinds and ids."""
        if self._put_noted(set(found)):
            self.add(
                "mentions",
                ("organization_id", "kind", "id"),
                "SELECT organization_id, kind, id FROM noted WHERE NOT EXISTS (SELECT 1 FROM mentions WHERE "
                "mentions.organization_id = noted.organization_id AND mentions.kind = noted.kind "
                "AND mentions.id = noted.id)",
            )

    def note_recorded(self, kind: str, organizations: Iterable[str]) -> None:
        """Note that facts of a kind are recorded, where nothing is said of that."""
        if self._put_noted({(each, _RECORDED, kind) for each in organizations}):
            self.add(
                "recorded",
                ("organization_id", "kind", "since"),
                "SELECT organization_id, id, NULL FROM noted WHERE NOT EXISTS (SELECT 1 FROM recorded WHERE "
                "recorded.organization_id = noted.organization_id AND recorded.kind = noted.id)",
            )

    def _put_noted(self, found: Noted) -> bool:
        """Let statements name what is not known to be noted, and say whether there is any."""
        new = sorted(found - self.noted)
        if new:
            self.put("noted", [(name, "VARCHAR") for name in ("organization_id", "kind", "id")], new)
            self.noted.update(new)
        return bool(new)


def _named(each: str, table: str) -> str:
    """Return a table under the name by which conditions speak of it."""
    return table if each == table else f"{each} AS {table}"


def key_match(kind: type[Fact], left: str, right: str) -> str:
    """Return the condition that two tables' rows have the same key."""
    return " AND ".join(
        f"{left}.{name} {'=' if name in required(kind) else 'IS NOT DISTINCT FROM'} {right}.{name}"
        for name in kind.key_columns
    )
