"""Adding up: the aggregates of a scan, for the whole period and for each bucket, out of columns of whole numbers.

An engine gives the few columns that the conditions speak of, one value a row; what is counted, summed and halved is
whole numbers here, so the digits are the same whatever engine the rows come from. It is faster than to let an engine
do it, too: each aggregate that a statement names costs it more to plan than its rows cost to add up.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from perfwidget.facts import AnnotationFlag
from perfwidget.facts.columns import INVALID_LEAD_TIME
from perfwidget.facts.ingest import NOTHING
from perfwidget.metrics import (
    AGGREGATES,
    COUNTED_ACTIONS,
    Aggregate,
    Condition,
    Count,
    Is,
    Middle,
    NoneOf,
    OneOf,
    Rows,
    Rules,
    Scan,
    Where,
)

Numbers = NDArray[np.int64]
Columns = Mapping[str, NDArray[Any]]
"""The columns of a scan's rows by name, all of one length: numbers with `NOTHING` for null, or texts with None."""

Flags = NDArray[np.bool_]

NO_NUMBERS: Numbers = np.empty(0, np.int64)

INSTANT, LASTED, BY_SUBJECT, EARLIER, FLAGS = "instant", "lasted", "by_subject", "earlier", "flags"
"""Columns beside the contract's: when it was, how long a visit took, whether the reviewer is the subject, whether it
was made before the question's period, flags."""

DECIDED = "decided"
"""A column of texts: the ids of annotations on which rows of reviews decide, null for others."""

_LOW = (1 << 32) - 1

BEYOND_THE_ROW = Condition.LATEST_REVIEW_REJECTS
"""The condition that other rows decide; who meets it is asked apart."""


class Wanted(NamedTuple):
    """Some rows of a scan, and their aggregates."""

    rows: Rows
    aggregates: tuple[Aggregate, ...]


@cache
def _wanted(scan: Scan) -> tuple[Wanted, ...]:
    by_rows: dict[Rows, list[Aggregate]] = {}
    for aggregate in AGGREGATES:
        if aggregate.rows.scan == scan:
            by_rows.setdefault(aggregate.rows, []).append(aggregate)
    return tuple(Wanted(rows, tuple(aggregates)) for rows, aggregates in by_rows.items())


@cache
def told_by_rows(scan: Scan) -> tuple[Wanted, ...]:
    """Return what is wanted of a scan's rows that tell by themselves whether they belong to it."""
    return tuple(each for each in _wanted(scan) if BEYOND_THE_ROW not in each.rows.where)


@cache
def decided_by_others(scan: Scan) -> Wanted | None:
    """Return what is wanted of those rows of a scan on which rows of other tables have a say."""
    decided = [each for each in _wanted(scan) if BEYOND_THE_ROW in each.rows.where]
    if not decided:
        return None
    [wanted] = decided
    return wanted


@cache
def columns_of_scan(scan: Scan) -> tuple[str, ...]:
    """Return the names of the columns that the aggregates of a scan need."""
    names = {INSTANT: None}
    for wanted in _wanted(scan):
        for where in wanted.rows.where:
            names |= dict.fromkeys(_TOLD[where].columns if isinstance(where, Condition) else (where.column,))
        names |= dict.fromkeys(each.column for each in wanted.aggregates if not isinstance(each, Count))
    return tuple(names)


def _words() -> tuple[str, ...]:
    """Return every text that a condition compares with."""
    named = (each for aggregate in AGGREGATES for each in aggregate.rows.where if isinstance(each, OneOf | NoneOf))
    return tuple(dict.fromkeys([*COUNTED_ACTIONS, "rejected", *(value for each in named for value in each.values)]))


WORDS = _words()
"""The texts that conditions know; a column of texts is given as places in this list, from 1 on, anything else as 0."""


class Counted:
    """The rows of one scan in the order of time, ready to be added up for the conditions of one question."""

    def __init__(self, columns: Columns, starts: Numbers, rules: Rules) -> None:
        """Take columns of rows within buckets that begin at some instants, one after the other."""
        instants = columns[INSTANT]
        if (instants[1:] < instants[:-1]).any():
            order = np.argsort(instants, kind="stable")
            columns = {name: column[order] for name, column in columns.items()}
        self._columns = columns
        self._rules = rules
        # Of buckets that begin at one instant all but the last are empty: days that a zone left out.
        begins = np.searchsorted(columns[INSTANT], starts)
        self._lengths = np.append(begins[1:], len(instants)) - begins
        self._filled = np.flatnonzero(self._lengths)
        self._begins = begins[self._filled]
        self._met: dict[Where, Flags] = {}

    @cached_property
    def _place(self) -> Numbers:
        """The place of each row's bucket."""
        return np.repeat(np.arange(len(self._lengths)), self._lengths)

    def those(self, rows: Rows) -> Flags:
        """Say of each row whether it is one of some rows, as far as the row itself tells."""
        met = np.ones(len(self._columns[INSTANT]), np.bool_)
        for where in rows.where:
            if where not in self._met:
                self._met[where] = self._meets(where)
            met &= self._met[where]
        return met

    def add_up(self, aggregate: Aggregate, chosen: Flags) -> tuple[int | None, list[int | None]]:
        """Return an aggregate of the chosen rows: of all of them, and by place."""
        if isinstance(aggregate, Count):
            counts = self._by_place(chosen)
            return sum(counts), list(counts)
        values = self._columns[aggregate.column]
        chosen = chosen & (values != NOTHING)
        if isinstance(aggregate, Middle):
            return _middles(self._place[chosen], values[chosen], len(self._lengths))
        sums = self._sums(np.where(chosen, values, 0))
        return sum(sums), list(sums)

    def _sums(self, values: Numbers) -> list[int]:
        """Return exact sums by place, which may need more than 64 bits."""
        largest = max(int(values.max(initial=0)), -int(values.min(initial=0)))
        if largest * len(values) < 1 << 63:
            return self._by_place(values)
        low, high = self._by_place(values & _LOW), self._by_place(values >> 32)
        return [(upper << 32) + lower for upper, lower in zip(high, low, strict=True)]

    def _by_place(self, values: NDArray[Any]) -> list[int]:
        """Return sums of a value a row by place."""
        found = np.zeros(len(self._lengths), np.int64)
        if len(values):
            found[self._filled] = np.add.reduceat(values, self._begins, dtype=np.int64)
        sums: list[int] = found.tolist()
        return sums

    def _meets(self, where: Where) -> Flags:
        match where:
            case OneOf(column, values):
                return self.among(column, values)
            case NoneOf(column, values):
                return self.another(column, values)
            case Is(column, value):
                return np.asarray(self[column] == int(value))
            case _:
                return np.asarray(_TOLD[where].met(self))

    def __getitem__(self, name: str) -> Numbers:
        return self._columns[name]

    def among(self, column: str, texts: Iterable[str]) -> Flags:
        """Say of each row whether a column holds one of some texts."""
        wanted = np.zeros(len(WORDS) + 1, np.bool_)
        wanted[[WORDS.index(text) + 1 for text in texts]] = True
        return np.take(wanted, np.maximum(self[column], 0))

    def another(self, column: str, texts: Iterable[str]) -> Flags:
        """Say of each row whether a column holds a text that is none of some."""
        return ~self.among(column, texts) & _there(self[column])

    def counted(self) -> Flags:
        """Say of each row whether its last action is one that counts."""
        return self.among("last_action", COUNTED_ACTIONS + (("rejected",) if self._rules.count_rejected else ()))

    def flagged(self, flag: AnnotationFlag) -> Flags:
        """Say of each row whether its source has a flag about it."""
        return np.asarray(self[FLAGS] & int(flag) != 0)


class _Told(NamedTuple):
    """How rows tell by themselves whether they meet a condition."""

    columns: tuple[str, ...]
    met: Callable[[Counted], Any]


_TOLD: dict[Condition, _Told] = {
    Condition.COUNTED: _Told(("last_action",), Counted.counted),
    Condition.UNCOUNTED: _Told(
        ("last_action",), lambda rows: rows.another("last_action", (*COUNTED_ACTIONS, "rejected"))
    ),
    Condition.COUNTED_OR_SKIPPED: _Told(
        ("was_cancelled", "last_action"), lambda rows: (rows["was_cancelled"] == 1) | rows.counted()
    ),
    Condition.CREATED_EARLIER: _Told((EARLIER,), lambda rows: rows[EARLIER] == 1),
    Condition.BY_SUBJECT: _Told((BY_SUBJECT,), lambda rows: rows[BY_SUBJECT] == 1),
    Condition.POSTED_BY_OTHER: _Told((FLAGS,), lambda rows: rows.flagged(AnnotationFlag.POSTED_BY_OTHER)),
    Condition.IMPORTED: _Told((FLAGS,), lambda rows: rows.flagged(AnnotationFlag.IMPORTED)),
    Condition.LONGER_THAN_TASK: _Told((FLAGS,), lambda rows: rows.flagged(AnnotationFlag.LONGER_THAN_TASK)),
    Condition.VISIT_TIMED: _Told((LASTED,), lambda rows: rows[LASTED] >= 0),
    Condition.VISIT_UNTIMED: _Told((LASTED,), lambda rows: rows[LASTED] < 0),  # missing ones, too
    Condition.TIME_USABLE: _Told(("lead_time",), lambda rows: rows["lead_time"] >= 0),
    Condition.TIME_MISSING: _Told(("lead_time",), lambda rows: rows["lead_time"] == NOTHING),
    Condition.TIME_INVALID: _Told(("lead_time",), lambda rows: rows["lead_time"] == INVALID_LEAD_TIME),
    Condition.SCORE_PRESENT: _Told(("score",), lambda rows: rows["score"] != NOTHING),
    Condition.SCORE_MISSING: _Told(("score",), lambda rows: rows["score"] == NOTHING),
    BEYOND_THE_ROW: _Told((), lambda _: True),
}
"""The same conditions as in `sql`, which lists the rows that are counted here; tests compare the two."""


def of_nothing(aggregate: Aggregate) -> int | None:
    """Return an aggregate where there are no rows."""
    return None if isinstance(aggregate, Middle) else 0


def _there(column: Numbers) -> Flags:
    return np.asarray(column != NOTHING)


CROWDED = 256
"""Values a place from which on it takes less to look for the middle of each place than to put all in order."""


def _middles(place: NDArray[Any], values: Numbers, buckets: int) -> tuple[int | None, list[int | None]]:
    """Return twice the medians of values that come by place; None where nothing has one."""
    counts = np.bincount(place, minlength=buckets)
    ends = np.cumsum(counts)
    if len(values) > CROWDED * buckets:
        pairs = zip((ends - counts).tolist(), ends.tolist(), strict=True)
        return _middle(values), [_middle(values[begin:end]) for begin, end in pairs]
    ordered = _in_order(place, values, buckets)
    lower, upper = ends - counts + (counts - 1) // 2, ends - counts + counts // 2
    twice = _twice(ordered, lower, upper, counts > 0)
    return _middle(values), twice


def _middle(values: Numbers) -> int | None:
    """Return twice the median."""
    if not len(values):
        return None
    lower, upper = (len(values) - 1) // 2, len(values) // 2
    parted = np.partition(values, (lower, upper))
    return int(parted[lower]) + int(parted[upper])


def _in_order(place: NDArray[Any], values: Numbers, buckets: int) -> Numbers:
    """Return values by place, and by size within a place; of values that are not negative."""
    width = int(values.max()).bit_length() if len(values) else 0
    if width + buckets.bit_length() < 63:  # one number holds both, and numbers are put in order ten times as fast
        return np.sort((place << width) | values) & ((1 << width) - 1)
    return values[np.lexsort((values, place))]


def _twice(ordered: Numbers, lower: NDArray[Any], upper: NDArray[Any], there: Flags) -> list[int | None]:
    """Return the sums of two places of an ordered list each, None where there is nothing."""
    found = np.zeros(len(there), np.int64)
    found[there] = ordered[lower[there]] + ordered[upper[there]]
    return [each if has else None for each, has in zip(found.tolist(), there.tolist(), strict=True)]
