"""Many values of an export at once, as numbers: instants and lead times in the form that `columns` gives one of them.

What nearly all values look like is computed for all together. Any other value is left to the function for one value.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from perfwidget.facts.columns import LONGEST_LEAD_TIME, MICROSECONDS, lead_time_microseconds, microseconds
from perfwidget.facts.snapshots import NOTHING
from perfwidget.sources.row_values import lead_time, optional_instant

Integers = npt.NDArray[np.int64]

NO_INSTANT: Final = NOTHING + 1
"""Stands for a value that is there and is no instant."""

_SHAPE = b"2024-03-01T12:34:56.789012Z"
"""How Label Studio writes instants."""
_DIGITS = [place for place, mark in enumerate(_SHAPE) if chr(mark).isdigit()]
_MARKS = [place for place, mark in enumerate(_SHAPE) if not chr(mark).isdigit()]
_NO_SHAPE = "?" * len(_SHAPE)

_MONTHS = np.arange("1970-01", "3000-02", dtype="datetime64[M]")
_FIRST_DAYS: Integers = _MONTHS.astype("datetime64[D]").astype(np.int64)
_LENGTHS: Integers = np.diff(_FIRST_DAYS)
"""For each month of the years 1970 to 2999, the days before it and in it."""


def instants(values: Sequence[object]) -> Integers:
    """Return instants in microseconds since 1970 in UTC, NOTHING for null and NO_INSTANT for what is none."""
    text = np.frombuffer(_shaped(values).encode("ascii", "replace"), np.uint8).reshape(-1, len(_SHAPE))
    digits = text[:, _DIGITS] - np.uint8(ord("0"))  # what stands before the digits becomes large
    shaped = (digits <= 9).all(axis=1) & (text[:, _MARKS] == np.frombuffer(_SHAPE, np.uint8)[_MARKS]).all(axis=1)
    number = digits.astype(np.int64)

    def read(start: int, end: int) -> Integers:
        total = number[:, start]
        for place in range(start + 1, end):
            total = total * 10 + number[:, place]
        return total

    year, month, day = read(0, 4), read(4, 6), read(6, 8)
    hour, minute, second = read(8, 10), read(10, 12), read(12, 14)
    shaped &= (year >= 1970) & (year < 3000) & (month >= 1) & (month <= 12) & (day >= 1)
    shaped &= (hour < 24) & (minute < 60) & (second < 60)
    which = np.where(shaped, (year - 1970) * 12 + month - 1, 0)
    shaped &= day <= _LENGTHS[which]
    days = _FIRST_DAYS[which] + day - 1
    found = (((days * 24 + hour) * 60 + minute) * 60 + second) * MICROSECONDS + read(14, 20)
    for place in np.flatnonzero(~shaped).tolist():
        found[place] = _instant(values[place])
    return found


def _shaped(values: Sequence[Any]) -> str:
    """Return texts of the usual length, and something else in place of what is none."""
    try:
        if set(map(len, values)) <= {len(_SHAPE)}:
            return "".join(values)
    except TypeError:
        pass
    return "".join([each if type(each) is str and len(each) == len(_SHAPE) else _NO_SHAPE for each in values])


def _instant(value: object) -> int:
    if value is None:
        return NOTHING
    instant = optional_instant(value)
    return NO_INSTANT if instant is None else microseconds(instant)


def lead_times(values: Sequence[Any]) -> Integers:
    """Return lead times in microseconds, NOTHING for null."""
    numbers = np.array([each if type(each) is float else -1.0 for each in values], np.float64)
    usable = (numbers >= 0) & (numbers <= LONGEST_LEAD_TIME)
    found = np.rint(np.where(usable, numbers, 0) * MICROSECONDS)
    # Fifteen digits tell floats of this size apart: where whole microseconds make the same float, they are what Python
    # prints for it.
    exact = usable & (found / MICROSECONDS == numbers)
    whole: Integers = found.astype(np.int64)
    for place in np.flatnonzero(~exact).tolist():
        one = lead_time_microseconds(lead_time(values[place]))
        whole[place] = NOTHING if one is None else one
    return whole
