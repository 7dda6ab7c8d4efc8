"""How a number is worked out of aggregates: whole numbers from the engine, divided once here.

Aggregates are looked up some ten thousand times for a report of years, so each exists once and is compared by identity:
`count_of`, `total_of` and `middle_of` make them.
"""

from collections.abc import Mapping
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


Values = Mapping[Aggregate, int | None]
"""What an engine answers: a whole number for each aggregate; None for the middle of nothing."""

Number = int | float | None


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of aggregates over a scale: `(a + b + …) / scale`; a whole number where the scale is 1."""

    terms: tuple[tuple[int, Aggregate], ...]
    scale: int = 1
    missing_if_only: tuple[Aggregate, Aggregate] | None = None
    """No value where the first of these is not 0 but the second is: work is there, but none of it has a time."""

    def value(self, values: Values) -> Number:
        """Return the value, or None where there is none."""
        if self.missing_if_only is not None:
            there, usable = (values[aggregate] for aggregate in self.missing_if_only)
            if there and not usable:
                return None
        total = 0
        for factor, aggregate in self.terms:
            total += factor * (values[aggregate] or 0)
        return total if self.scale == 1 else total / self.scale

    def aggregates(self) -> tuple[Aggregate, ...]:
        """Return the aggregates that an engine has to answer."""
        return tuple(aggregate for _, aggregate in self.terms) + (self.missing_if_only or ())


@dataclass(frozen=True, slots=True)
class Mean:
    """`sum / (count × scale)`, or no value where nothing is counted."""

    over: Sum
    under: Sum
    scale: int

    def value(self, values: Values) -> Number:
        """Return the mean, or None where nothing is counted."""
        count = self.under.value(values)
        over = self.over.value(values)
        return over / (count * self.scale) if count and over is not None else None

    def aggregates(self) -> tuple[Aggregate, ...]:
        """Return the aggregates that an engine has to answer."""
        return self.over.aggregates() + self.under.aggregates()


@dataclass(frozen=True, slots=True)
class Median:
    """The median, times the number of `times` rows if given; no value where there is no middle."""

    middle: Middle
    scale: int
    times: Count | None = None

    def value(self, values: Values) -> Number:
        """Return the median, or None where nothing has a middle."""
        middle = values[self.middle]
        if middle is None:
            return None
        factor = 1 if self.times is None else values[self.times] or 0
        return factor * middle / (2 * self.scale)

    def aggregates(self) -> tuple[Aggregate, ...]:
        """Return the aggregates that an engine has to answer."""
        return (self.middle,) if self.times is None else (self.middle, self.times)


Formula = Sum | Mean | Median


def count(rows: Rows) -> Sum:
    """Return the formula that counts rows."""
    return Sum(((1, count_of(rows)),))
