"""Questions to one consistent state of a ClickHouse database."""

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.clickhouse.database import ClickHouseDatabase, list_name
from perfwidget.stores.clickhouse.history import LONGEST_READING, newest, visible
from perfwidget.stores.dialect import Dialect
from perfwidget.stores.session import in_columns

if TYPE_CHECKING:
    import numpy.typing as npt

TOO_OLD = "What was read has become too old to go on with; begin again."


DIALECT = Dialect(
    in_list=lambda column, name, _: f"{column} IN (SELECT id FROM {list_name(name)})",
    among_numbers=lambda number, name: f"{number} IN (SELECT toInt64(id) FROM {list_name(name)})",
    count="countIf({})".format,
    middle="quantileExactLow(0.5)({0}) FILTER (WHERE {1}) + quantileExactHigh(0.5)({0}) FILTER (WHERE {1})".format,
    flag="(bitAnd(coalesce(flags, 0), {0:d}) > 0)".format,
    total="sum(CAST({} AS Nullable(Int128)))".format,
    outermost=lambda end, column, first, then: f"arg{end.title()}({column}, ({first}, {then}))",
    quotient="intDiv({}, {})".format,
    # Each character by itself, as its neighbours have a say otherwise (the Greek sigma at the end of a word); and of
    # all characters the Turkish İ alone becomes two.
    in_lower_case=("arrayStringConcat(arrayMap(c -> if(c = 'İ', 'i', lowerUTF8(c)), extractAll({}, '(?s).')))".format),
    holds="position({}, {}) > 0".format,
    matches="match({}, '^({})$')".format,
    hashed="cityHash64(tuple({}))".format,
)


class ClickHouseSession:
    """Statements that all see the state that the last committed write had made when the session began."""

    dialect = DIALECT

    def __init__(self, database: ClickHouseDatabase) -> None:
        self._database = database
        self.state = newest(database)
        self._tables = visible(self.state)
        self._began = time.monotonic()

    def rows(self, text: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows that a statement gives."""
        self._expect_fresh()
        return self._database.rows(text, parameters, self._tables)

    def batches(self, text: str, parameters: Mapping[str, Any], size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a statement so many at once."""
        self._expect_fresh()
        yield from self._database.batches(text, parameters, self._tables, size)

    def columns(self, text: str, parameters: Mapping[str, Any]) -> "list[npt.NDArray[Any]]":
        """Return the columns of a statement's rows."""
        return in_columns(self.rows(text, parameters))

    def _expect_fresh(self) -> None:
        if time.monotonic() - self._began > LONGEST_READING:
            raise StoreUnavailable(TOO_OLD)
