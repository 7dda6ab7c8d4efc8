"""Questions to one consistent state of a PostgreSQL database."""

import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

from perfwidget.stores.dialect import Dialect
from perfwidget.stores.postgresql.address import quoted
from perfwidget.stores.postgresql.database import Connection
from perfwidget.stores.session import in_columns

if TYPE_CHECKING:
    import numpy.typing as npt

_NAMED = re.compile(r"\$([a-z_0-9]+)")

WAYS = {"min": "ASC", "max": "DESC"}

LOWERING = ("pg_c_utf8", "C.utf8", "C.UTF-8", "und-x-icu")
"""Collations that know the lower case of every script, the first that a database has is taken; "C" knows ASCII only."""


def dialect_of(connection: Connection) -> Dialect:
    """Return how a database writes what engines write differently; the store's columns have the collation "C"."""
    return Dialect(
        in_list=lambda column, name, _: f"{column} = ANY(${name})",
        among_numbers="{} = ANY(CAST(CAST(${} AS TEXT[]) AS BIGINT[]))".format,
        count="count(*) FILTER (WHERE {})".format,
        # PostgreSQL's median is a double, exact to the half for anything below 2⁵².
        middle="CAST(2 * percentile_cont(0.5) WITHIN GROUP (ORDER BY {}) FILTER (WHERE {}) AS BIGINT)".format,
        outermost=lambda end, *of: "(array_agg({0} ORDER BY {1} {3}, {2} {3}))[1]".format(*of, WAYS[end]),
        quotient="({}) / {}".format,
        in_lower_case=(f'lower(CAST({{}} AS TEXT) COLLATE {quoted(_lowering(connection))}) COLLATE "C"').format,
        holds="strpos({}, {}) > 0".format,
        matches="{} ~ '^({})$'".format,
        once="MATERIALIZED ",  # for rows that nobody has analyzed yet it would be worked out for each of the others
        hashed="hashtextextended(CAST(ROW({}) AS TEXT), 0)".format,
    )


def _lowering(connection: Connection) -> str:
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

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
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

    def columns(self, text: str, parameters: Mapping[str, Any]) -> "list[npt.NDArray[Any]]":
        """Return the columns of a statement's rows."""
        return in_columns(self.rows(text, parameters))

    def _given(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the parameters as the columns that they are compared with have them."""
        return parameters
