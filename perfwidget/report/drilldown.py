"""The rows behind a number, a page at a time, with what they come to, so that people can check their figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from perfwidget.facts import Annotation
from perfwidget.metrics import WHOLE, Metric, Number, Unit
from perfwidget.question.access import ScopedQuery
from perfwidget.question.behind import Behind
from perfwidget.question.period import Grain, Period
from perfwidget.question.query import Query
from perfwidget.report import resolved_period
from perfwidget.stores.listing import ListedRow, Order, Slice, Tally
from perfwidget.stores.reading import Reader

PAGE = 50
"""Rows on a page."""

LONG = 10
"""A lead time stands out if it is longer than so many times the median."""


@dataclass(frozen=True, slots=True)
class RowsBehind:
    """One page of the rows that a number counts.

    `number` is what the report says; `tally` is worked out of the rows themselves, all of them, so that the two can be
    seen to agree. `longest` are the lead times above `LONG` × the median; None where the number speaks of none. `page`
    counts from 1 up to `pages`.
    """

    behind: Behind
    period: Period
    grain: Grain
    number: Number
    tally: Tally
    longest: Tally | None
    rows: Sequence[ListedRow]
    order: Order
    descending: bool
    page: int
    pages: int

    @property
    def metric(self) -> Metric:
        """The number that they are behind."""
        return self.behind.metric

    def stands_out(self, row: ListedRow) -> bool:
        """Say whether the row is one of the longest."""
        return self.longest is not None and row.quantity is not None and row.quantity > _threshold(self.tally)


def read_rows(
    reader: Reader, asked: ScopedQuery, query: Query, behind: Behind, order: Order, *, descending: bool, page: int
) -> RowsBehind:
    """Read a page of the rows behind a number from an open state; a page beyond the last is the last.

    The day of `behind` stands for a bar of the page: a day, week or month, as the query or else the period has it.
    Raises InvalidQuery for a day outside the period.
    """
    whole = resolved_period(reader, asked, query)
    grain = whole.grain(query.grain)
    period = behind.part(whole, grain)
    asked, rows, part = asked.during(period), behind.metric.rows, Slice(period.start, period.end)
    tally = reader.tally(asked, rows, part)
    pages = max(1, ceil(tally.rows / PAGE))
    page = min(page, pages)
    place = slice((page - 1) * PAGE, page * PAGE)
    answer = reader.answer(asked, [WHOLE], metrics=[behind.metric])
    return RowsBehind(
        behind=behind,
        period=period,
        grain=grain,
        number=behind.metric.formula.values(answer.numbers[WHOLE].aggregates)[0],
        tally=tally,
        longest=_longest(reader, asked, behind.metric, part, tally),
        rows=reader.page(asked, rows, part, order, descending=descending, place=place),
        order=order,
        descending=descending,
        page=page,
        pages=pages,
    )


def _longest(reader: Reader, asked: ScopedQuery, metric: Metric, part: Slice, tally: Tally) -> Tally | None:
    if metric.rows.scan.fact is not Annotation or metric.unit is not Unit.SECONDS or not tally.middle:
        return None
    return reader.tally(asked, metric.rows, part, _threshold(tally))


def _threshold(tally: Tally) -> int:
    return LONG * (tally.middle or 0) // 2  # whole microseconds: nothing lies between this and the half above it
