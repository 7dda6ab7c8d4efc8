"""How numbers are worked out of aggregates: whole numbers from the engine, divided once here, for many buckets at once.

Aggregates are looked up often, so each exists once and is compared by identity: `count_of`, `total_of` and `middle_of`
make them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from perfwidget.metrics.rows import Rows


@dataclass(frozen=True, slots=True, eq=False)
class Count:
    """How many rows."""

    rows: Rows


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


Aggregate = Count | Total | Middle


@cache
def count_of(rows: Rows) -> Count:
    """Return the aggregate that counts rows."""
    return Count(rows)


@cache
def total_of(rows: Rows, column: str) -> Total:
    """Return the aggregate that sums a column of rows."""
    return Total(rows, column)


@cache
def middle_of(rows: Rows, column: str) -> Middle:
    """Return the aggregate that finds the middle of a column of rows."""
    return Middle(rows, column)


Aggregates = Mapping[Aggregate, Sequence[int | None]]
"""What an engine answers: of each aggregate a whole number for each bucket; None for the middle of nothing."""

Number = int | float | None


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of aggregates over a scale: `(a + b + …) / scale`; a whole number where the scale is 1."""

    terms: tuple[tuple[int, Aggregate], ...]
    scale: int = 1
    missing_if_only: tuple[Aggregate, Aggregate] | None = None
    """No value where the first of these is not 0 but the second is: work is there, but none of it has a time."""

    def values(self, aggregates: Aggregates) -> list[Number]:
        """Return the value of each bucket, or None where there is none."""
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

    def values(self, aggregates: Aggregates) -> list[Number]:
        """Return the mean of each bucket, or None where nothing is counted."""
        pairs = zip(self.over.values(aggregates), self.under.values(aggregates), strict=True)
        return [over / (count * self.scale) if count and over is not None else None for over, count in pairs]

    def aggregates(self) -> tuple[Aggregate, ...]:
        """Return the aggregates that an engine has to answer."""
        return self.over.aggregates() + self.under.aggregates()


@dataclass(frozen=True, slots=True)
class Median:
    """The median, times the number of `times` rows if given; no value where there is no middle."""

    middle: Middle
    scale: int
    times: Count | None = None

    def values(self, aggregates: Aggregates) -> list[Number]:
        """Return the median of each bucket, or None where nothing has a middle."""
        middles, twice = aggregates[self.middle], 2 * self.scale
        factors = [1] * len(middles) if self.times is None else [count or 0 for count in aggregates[self.times]]
        pairs = zip(factors, middles, strict=True)
        return [None if middle is None else factor * middle / twice for factor, middle in pairs]

    def aggregates(self) -> tuple[Aggregate, ...]:
        """Return the aggregates that an engine has to answer."""
        return (self.middle,) if self.times is None else (self.middle, self.times)


Formula = Sum | Mean | Median


def count(rows: Rows) -> Sum:
    """Return the formula that counts rows."""
    return Sum(((1, count_of(rows)),))
