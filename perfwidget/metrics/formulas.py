"""How numbers are worked out of aggregates: whole numbers from the engine, divided once here, for many groups at once.

Aggregates are looked up often, so each exists once and is compared by identity. `count_of`, `distinct_of`, `total_of`,
`middle_of`, `latest_of` and `nested` make them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from perfwidget.metrics.axis import Axis, Group
from perfwidget.metrics.rows import Rows


@dataclass(frozen=True, slots=True, eq=False)
class Count:
    """How many rows."""

    rows: Rows


@dataclass(frozen=True, slots=True, eq=False)
class Distinct:
    """How many values a column of ids has."""

    rows: Rows
    column: str


@dataclass(frozen=True, slots=True, eq=False)
class Total:
    """The sum of a column of whole numbers; `lasted` sums the time from opened_at to closed_at, in microseconds."""

    rows: Rows
    column: str


@dataclass(frozen=True, slots=True, eq=False)
class Middle:
    """Twice the exact median of a column of whole numbers: the sum of the two middle ones, or the middle one twice."""

    rows: Rows
    column: str


@dataclass(frozen=True, slots=True, eq=False)
class Latest:
    """The greatest value of a column of instants."""

    rows: Rows
    column: str


Plain = Count | Distinct | Total | Middle | Latest


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """A whole number in two steps: aggregates by inner axes, then `fold` over these.

    `fold` is SQL that every engine reads; `{0}`, `{1}` … stand for the parts. All parts are of one scan.
    """

    by: Group
    parts: tuple[Plain, ...]
    fold: str
    folded: Callable[[Sequence[int | None]], int] | None = None
    """The same of the one part's column, where that is known already; only for days."""


Aggregate = Plain | Nested


@cache
def count_of(rows: Rows) -> Count:
    """Return the aggregate that counts rows."""
    return Count(rows)


@cache
def distinct_of(rows: Rows, column: str) -> Distinct:
    """Return the aggregate that counts the values of a column of rows."""
    return Distinct(rows, column)


@cache
def total_of(rows: Rows, column: str) -> Total:
    """Return the aggregate that sums a column of rows."""
    return Total(rows, column)


@cache
def middle_of(rows: Rows, column: str) -> Middle:
    """Return the aggregate that finds the middle of a column of rows."""
    return Middle(rows, column)


@cache
def latest_of(rows: Rows, column: str) -> Latest:
    """Return the aggregate that finds the latest instant of rows."""
    return Latest(rows, column)


@cache
def nested(
    by: Group, parts: tuple[Plain, ...], fold: str, folded: Callable[[Sequence[int | None]], int] | None = None
) -> Nested:
    """Return the aggregate that folds others over inner axes."""
    return Nested(by, parts, fold, folded)


Aggregates = Mapping[Aggregate, Sequence[int | None]]
"""What an engine answers: of each aggregate a whole number for each group. None for the middle or latest of nothing.

A nested aggregate is left out where each group is of one value of its inner axes. The parts tell the number then.
"""

Number = int | float | None


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of aggregates over a scale: `(a + b + …) / scale`; a whole number where the scale is 1."""

    terms: tuple[tuple[int, Aggregate], ...]
    scale: int = 1
    missing_if_only: tuple[Aggregate, Aggregate] | None = None
    """No value where the first of these is not 0 but the second is. Work is there, but none of it has a time."""

    def values(self, aggregates: Aggregates) -> list[Number]:
        """Return the value of each group, or None where there is none."""
        terms = [[factor * (number or 0) for number in aggregates[term]] for factor, term in self.terms]
        sums = terms[0] if len(terms) == 1 else list(map(sum, zip(*terms, strict=True)))
        found: list[Number] = [*sums] if self.scale == 1 else [total / self.scale for total in sums]
        if self.missing_if_only is not None:
            there, usable = (aggregates[aggregate] for aggregate in self.missing_if_only)
            lacking = (work and not times for work, times in zip(there, usable, strict=True))
            found = [None if none else number for number, none in zip(found, lacking, strict=True)]
        return found

    def aggregates(self) -> tuple[Aggregate, ...]:
        """Return the aggregates that an engine has to answer."""
        return tuple(aggregate for _, aggregate in self.terms) + (self.missing_if_only or ())


@dataclass(frozen=True, slots=True)
class Mean:
    """`sum / (count × scale)`, or no value where nothing is counted."""

    over: Sum
    under: Sum
    scale: int
    beside: Sum | None = None
    """No value where this one is 0."""

    def values(self, aggregates: Aggregates) -> list[Number]:
        """Return the mean of each group, or None where nothing is counted."""
        pairs = zip(self.over.values(aggregates), self.under.values(aggregates), strict=True)
        means = [over / (count * self.scale) if count and over is not None else None for over, count in pairs]
        if self.beside is None:
            return list(means)
        return [mean if there else None for mean, there in zip(means, self.beside.values(aggregates), strict=True)]

    def aggregates(self) -> tuple[Aggregate, ...]:
        """Return the aggregates that an engine has to answer."""
        return self.over.aggregates() + self.under.aggregates() + (self.beside.aggregates() if self.beside else ())


@dataclass(frozen=True, slots=True)
class Median:
    """The median; no value where there is no middle."""

    middle: Middle
    scale: int

    def values(self, aggregates: Aggregates) -> list[Number]:
        """Return the median of each group, or None where nothing has a middle."""
        twice = 2 * self.scale
        return [None if middle is None else middle / twice for middle in aggregates[self.middle]]

    def aggregates(self) -> tuple[Aggregate, ...]:
        """Return the aggregates that an engine has to answer."""
        return (self.middle,)


@dataclass(frozen=True, slots=True)
class CountTimesMedian:
    """A member's number of `count` rows times their median; of several members the sum of their own."""

    count: Count
    middle: Middle
    scale: int

    def values(self, aggregates: Aggregates) -> list[Number]:
        """Return the value of each group, or None where nobody has a median."""
        twice = 2 * self.scale
        products = aggregates.get(self._of_members)
        if products is None:
            pairs = zip(aggregates[self.count], aggregates[self.middle], strict=True)
            products = [None if middle is None else (count or 0) * middle for count, middle in pairs]
        return [None if product is None else product / twice for product in products]

    def aggregates(self) -> tuple[Aggregate, ...]:
        """Return the aggregates that an engine has to answer."""
        return (self.count, self.middle, self._of_members)

    @property
    def _of_members(self) -> Nested:
        return nested((Axis.MEMBER,), (self.count, self.middle), "sum({0} * {1})")


@dataclass(frozen=True, slots=True)
class LatestOf:
    """The latest of several instants, in microseconds since 1970; no value where there is none."""

    instants: tuple[Latest, ...]

    def values(self, aggregates: Aggregates) -> list[Number]:
        """Return the latest instant of each group, or None where there is none."""
        columns = zip(*(aggregates[each] for each in self.instants), strict=True)
        return [max((each for each in row if each is not None), default=None) for row in columns]

    def aggregates(self) -> tuple[Aggregate, ...]:
        """Return the aggregates that an engine has to answer."""
        return self.instants


def days_above(limit: int, of: Total) -> Nested:
    """Return the aggregate that counts the days of members on which a sum is above a limit."""
    fold = f"sum(CASE WHEN {{0}} > {limit} THEN 1 ELSE 0 END)"
    return nested((Axis.MEMBER, Axis.DAY), (of,), fold, partial(_above, limit))


def _above(limit: int, sums: Sequence[int | None]) -> int:
    return sum((each or 0) > limit for each in sums)


Formula = Sum | Mean | Median | CountTimesMedian | LatestOf


def count(rows: Rows) -> Sum:
    """Return the formula that counts rows."""
    return Sum(((1, count_of(rows)),))
