"""Buckets of time in SQL: runs of equal length, so that an instant's place among them is one division a run."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from perfwidget.question.period import Bucket, Grain, Period
from perfwidget.stores.dialect import Dialect


class Run(NamedTuple):
    """Buckets of one length that follow each other: the place of the first, and their instants in microseconds."""

    place: int
    start: int
    end: int
    length: int

    @property
    def next_place(self) -> int:
        """The place of the bucket behind them."""
        return self.place + (self.end - self.start) // self.length


def runs_of(buckets: Sequence[Bucket]) -> Sequence[Run]:
    """Return buckets, which follow each other without gaps, as runs of one length: days, but for clock changes."""
    runs: list[Run] = []
    for place, bucket in enumerate(buckets):
        start, end = bucket.start, bucket.end
        if start == end:
            continue  # a day that a zone left out
        if runs and runs[-1].length == end - start and runs[-1].next_place == place:
            runs[-1] = runs[-1]._replace(end=end)
        else:
            runs.append(Run(place, start, end, end - start))
    return runs


@lru_cache(maxsize=64)
def days_of(period: Period) -> Sequence[Run]:
    """Return the days of a period as runs."""
    return runs_of(period.buckets(Grain.DAY))


def parameters_of(runs: Sequence[Run], name: str) -> dict[str, int]:
    """Return the parameters that `place_of` names."""
    return {
        f"{name}{number}_{field}": value for number, run in enumerate(runs) for field, value in run._asdict().items()
    }


def place_of(dialect: Dialect, instant: str, runs: Sequence[Run], name: str) -> str:
    """Return the expression of the place of an instant's bucket among all; `name` begins the names of parameters."""
    cases: list[str] = []
    for number in range(len(runs)):
        run = f"${name}{number}_"
        place = dialect.quotient(f"{instant} - {run}start", f"{run}length")
        cases.append(f"WHEN {instant} < {run}end THEN {run}place + {place}")
    return f"CASE {' '.join(cases)} END" if cases else "0"
