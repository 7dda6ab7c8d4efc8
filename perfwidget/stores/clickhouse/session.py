"""Questions to one consistent state of a ClickHouse database."""

import time
from collections.abc import Iterator, Mapping, Sized
from typing import Any

from perfwidget.errors import StoreUnavailable
from perfwidget.metrics import Scan
from perfwidget.stores.clickhouse.database import ClickHouseDatabase, list_name
from perfwidget.stores.clickhouse.history import LONGEST_READING, newest, visible

TOO_OLD = "What was read has become too old to go on with; begin again."


class ClickHouseDialect:
    """How ClickHouse writes what engines write differently; it orders texts by their bytes anyway."""

    keeps_more = True

    def table(self, scan: Scan) -> str:
        """Return the table of a scan's facts."""
        return scan.fact.table

    def in_list(self, column: str, name: str, ids: Sized) -> str:  # noqa: ARG002 (of any length)
        """Return the condition that an id is in a list."""
        return f"{column} IN (SELECT id FROM {list_name(name)})"

    def count(self, condition: str) -> str:
        """Return the number of rows."""
        return f"countIf({condition})"

    def middle(self, column: str, condition: str) -> str:
        """Return twice the exact median: the sum of the lower and the upper middle value, which are whole numbers."""
        lower = f"quantileExactLow(0.5)({column}) FILTER (WHERE {condition})"
        upper = f"quantileExactHigh(0.5)({column}) FILTER (WHERE {condition})"
        return f"{lower} + {upper}"

    def total(self, column: str) -> str:
        """Return the sum of whole numbers, which may need more than 64 bits."""
        return f"sum(CAST({column} AS Nullable(Int128)))"

    def latest(self, column: str, instant: str, identity: str) -> str:
        """Return the value at the latest instant."""
        return f"argMax({column}, ({instant}, {identity}))"

    def quotient(self, dividend: str, divisor: int) -> str:
        """Return how often a number goes into another."""
        return f"intDiv({dividend}, {divisor})"

    def as_text(self, column: str) -> str:
        """Return an id or text as it is."""
        return column

    def in_lower_case(self, text: str) -> str:
        """Return a text in lower case.

        Each character by itself, as its neighbours have a say otherwise (the Greek sigma at the end of a word); and of
        all characters the Turkish İ alone becomes two.
        """
        return f"arrayStringConcat(arrayMap(c -> if(c = 'İ', 'i', lowerUTF8(c)), extractAll({text}, '(?s).')))"

    def holds(self, text: str, part: str) -> str:
        """Return the condition that a text holds another."""
        return f"position({text}, {part}) > 0"


class ClickHouseSession:
    """Statements that all see the state that the last committed write had made when the session began."""

    dialect = ClickHouseDialect()

    def __init__(self, database: ClickHouseDatabase) -> None:
        self._database = database
        self._tables = visible(newest(database))
        self._began = time.monotonic()

    def rows(self, text: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows that a statement gives."""
        self._expect_fresh()
        return self._database.rows(text, parameters, self._tables)

    def batches(self, text: str, parameters: Mapping[str, Any], size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a statement so many at once."""
        self._expect_fresh()
        yield from self._database.batches(text, parameters, self._tables, size)

    def _expect_fresh(self) -> None:
        if time.monotonic() - self._began > LONGEST_READING:
            raise StoreUnavailable(TOO_OLD)
