"""Questions to one consistent state of a PostgreSQL database."""

import re
from collections.abc import Iterator, Mapping, Sized
from dataclasses import dataclass
from itertools import count
from typing import Any

from perfwidget.metrics import Scan
from perfwidget.stores.postgresql.address import quoted
from perfwidget.stores.postgresql.database import Connection

_NAMED = re.compile(r"\$([a-z_]+)")

LOWERING = ("pg_c_utf8", "C.utf8", "C.UTF-8", "und-x-icu")
"""Collations that know the lower case of every script, the first that a database has is taken; "C" knows ASCII only."""


@dataclass(frozen=True, slots=True)
class PostgreSQLDialect:
    """How PostgreSQL writes what engines write differently; the store's columns have the collation "C"."""

    lowering: str
    """The collation by whose rules texts become lower case."""
    keeps_more: bool = True

    def table(self, scan: Scan) -> str:
        """Return the table of a scan's facts."""
        return scan.fact.table

    def in_list(self, column: str, name: str, ids: Sized) -> str:  # noqa: ARG002 (of any length)
        """Return the condition that an id is in a list."""
        return f"{column} = ANY(${name})"

    def count(self, condition: str) -> str:
        """Return the number of rows."""
        return f"count(*) FILTER (WHERE {condition})"

    def middle(self, column: str, condition: str) -> str:
        """Return twice the exact median: PostgreSQL's is a double, exact to the half for anything below 2⁵²."""
        return f"CAST(2 * percentile_cont(0.5) WITHIN GROUP (ORDER BY {column}) FILTER (WHERE {condition}) AS BIGINT)"

    def total(self, column: str) -> str:
        """Return the sum, of which PostgreSQL makes a larger type by itself."""
        return f"sum({column})"

    def latest(self, column: str, instant: str, identity: str) -> str:
        """Return the value at the latest instant."""
        return f"(array_agg({column} ORDER BY {instant} DESC, {identity} DESC))[1]"

    def quotient(self, dividend: str, divisor: int) -> str:
        """Return how often a number goes into another."""
        return f"({dividend}) / {divisor}"

    def as_text(self, column: str) -> str:
        """Return an id or text as it is."""
        return column

    def in_lower_case(self, text: str) -> str:
        """Return a text in lower case."""
        return f'lower(CAST({text} AS TEXT) COLLATE {quoted(self.lowering)}) COLLATE "C"'

    def holds(self, text: str, part: str) -> str:
        """Return the condition that a text holds another."""
        return f"strpos({text}, {part}) > 0"


def lowering(connection: Connection) -> str:
    """Return the collation to make texts lower case by."""
    known = connection.execute(
        "SELECT collname FROM pg_collation WHERE collname = ANY($1) AND collencoding IN (-1, "
        "(SELECT encoding FROM pg_database WHERE datname = current_database()))",
        [list(LOWERING)],
    ).fetchall()
    return next((name for name in LOWERING if (name,) in known), "default")


def numbered(text: str, parameters: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Return a statement whose named parameters are numbered, and their values in that order."""
    names = list(dict.fromkeys(_NAMED.findall(text)))
    return _NAMED.sub(lambda found: f"${names.index(found[1]) + 1}", text), [parameters[name] for name in names]


class PostgreSQLSession:
    """One transaction of one connection."""

    def __init__(self, connection: Connection, dialect: PostgreSQLDialect) -> None:
        self.dialect = dialect
        self._connection = connection
        self._names = count()

    def rows(self, text: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows that a statement gives."""
        return self._connection.execute(*numbered(text, self._given(parameters))).fetchall()

    def batches(self, text: str, parameters: Mapping[str, Any], size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a statement so many at once; the others wait in the database."""
        with self._connection.cursor(f"batches_{next(self._names)}") as cursor:
            cursor.execute(*numbered(text, self._given(parameters)))
            while batch := cursor.fetchmany(size):
                yield batch

    def _given(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the parameters as the columns that they are compared with have them."""
        return parameters
