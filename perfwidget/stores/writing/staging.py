"""Rows on their way in, which the statements of one write can name as tables."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from perfwidget.facts import Fact
from perfwidget.facts.ingest import StoredColumn
from perfwidget.stores.dialect import Dialect
from perfwidget.stores.schema import MENTIONED, Mentioned, column_types, required


class Staging(ABC):
    """The transaction of one write, and the rows that its statements can name; an engine says how these are kept."""

    dialect: Dialect

    takes_columns: ClassVar[bool] = False
    """Whether `put_columns`, `whole_numbers` and `add_in_order` are there."""

    mentioned: ClassVar[Mentioned] = MENTIONED
    """What is noted of the rows that are written."""

    def put_columns(self, name: str, columns: Mapping[str, StoredColumn]) -> None:
        """Let statements name rows that are given as columns, in place of any of that name."""
        raise NotImplementedError

    def whole_numbers(self, query: str, parameters: Mapping[str, Any]) -> npt.NDArray[np.int64]:
        """Return the texts that a query gives in one column as whole numbers, without those that are none."""
        raise NotImplementedError

    def add_in_order(
        self, table: str, columns: Sequence[str], query: str, parameters: Mapping[str, Any], *, rows: int
    ) -> None:
        """Add some rows to a table of facts, which a query gives in the order in which the table is read."""
        raise NotImplementedError

    def holding(self, table: str) -> Sequence[str]:
        """Return the tables that hold a table's rows: itself, and copies that lie in another order."""
        return (table,)

    @abstractmethod
    def put(self, name: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> None:
        """Let statements name rows of the given columns (name and SQL type), in place of any of that name."""

    @abstractmethod
    def put_answer(self, name: str, query: str) -> None:
        """Let statements name the answer of a query, in place of any rows of that name."""

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

    def mention(self, kind: type[Fact], name: str) -> None:
        """Note whom and what the rows, which have the columns of a table of facts, refer to."""
        for what, mentioned in self.mentioned.items():
            for column in (column for table, column in mentioned if table == kind.table):
                self.add(
                    "mentions",
                    ("organization_id", "kind", "id"),
                    f"SELECT DISTINCT organization_id, '{what}', {column} FROM {name} "
                    f"WHERE {column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM mentions WHERE "
                    f"mentions.organization_id = {name}.organization_id AND kind = '{what}' AND id = {name}.{column})",
                )


def _named(each: str, table: str) -> str:
    """Return a table under the name by which conditions speak of it."""
    return table if each == table else f"{each} AS {table}"


def key_match(kind: type[Fact], left: str, right: str) -> str:
    """Return the condition that two tables' rows have the same key."""
    return " AND ".join(
        f"{left}.{name} {'=' if name in required(kind) else 'IS NOT DISTINCT FROM'} {right}.{name}"
        for name in kind.key_columns
    )
