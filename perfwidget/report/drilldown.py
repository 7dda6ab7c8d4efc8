"""The rows behind a number, a page at a time, with what they come to. So people can check their figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from perfwidget.metrics import BY_KEY, USABLE, WHOLE, Metric, Number
from perfwidget.question.access import ScopedQuery
from perfwidget.question.behind import Behind
from perfwidget.question.period import Grain, Period
from perfwidget.question.query import Query
from perfwidget.report import resolved_period
from perfwidget.stores.choosing import Profile
from perfwidget.stores.listing import ListedRow, Order, Slice, Tally
from perfwidget.stores.reading import Reader

PAGE = 50
"""Rows on a page."""

LONG_PART = (BY_KEY["total_time"], BY_KEY["long_annotations"], BY_KEY["long_time"])


class LongPart(NamedTuple):
    """The part of Total Time in long annotations: how many these are, and their share of it."""

    annotations: int
    share: float


@dataclass(frozen=True, slots=True)
class RowsBehind:
    """One page of the rows that a number counts.

    `number` is what the report says. `tally` is worked out of the rows themselves, all of them, so that the two can be
    seen to agree. `long` is the part in long annotations where the rows are those of Total Time and some are long.
    `page` counts from 1 up to `pages`.
    """

    behind: Behind
    period: Period
    grain: Grain
    number: Number
    tally: Tally
    long: LongPart | None
    rows: Sequence[ListedRow]
    order: Order
    descending: bool
    page: int
    pages: int
    people: Mapping[str, Profile]
    """Whose the rows of this page are, by their ids; the one member alone where only one is asked about."""
    several: bool
    """Whether the number is one of several members together."""

    @property
    def metric(self) -> Metric:
        """The number that they are behind."""
        return self.behind.metric


def read_rows(
    reader: Reader, asked: ScopedQuery, query: Query, behind: Behind, order: Order, *, descending: bool, page: int
) -> RowsBehind:
    """Read a page of the rows behind a number from an open state. A page beyond the last is the last.

    The day of `behind` stands for a bar of the page: a day, week or month, as the query or else the period has it.
    Raises InvalidQuery for a day outside the period.
    """
    whole = resolved_period(reader, asked, query)
    grain = whole.grain(query.grain)
    period = behind.part(whole, grain)
    asked, rows, part = asked.during(whole).part(period), behind.metric.rows, Slice(period.start, period.end)
    tally = reader.tally(asked, rows, part)
    pages = max(1, ceil(tally.rows / PAGE))
    page = min(page, pages)
    place = slice((page - 1) * PAGE, page * PAGE)
    metrics = [behind.metric, *(LONG_PART if rows == USABLE else ())]
    aggregates = reader.answer(asked, [WHOLE], metrics=metrics).numbers[WHOLE].aggregates
    number, *long = (metric.formula.values(aggregates)[0] for metric in metrics)
    listed = reader.page(asked, rows, part, order, descending=descending, place=place)
    whose = {each.member_id for each in listed} if asked.subject_id is None else {asked.subject_id}
    return RowsBehind(
        behind=behind,
        period=period,
        grain=grain,
        number=number,
        tally=tally,
        long=_long_part(*long),
        rows=listed,
        order=order,
        descending=descending,
        page=page,
        pages=pages,
        people=reader.profiles(asked.scope, whose),
        several=asked.subject_id is None,
    )


def _long_part(total: Number = None, annotations: Number = None, time: Number = None) -> LongPart | None:
    return LongPart(int(annotations), time / total) if total and annotations and time else None
