"""Dates as people type them, which a browser would read in its own way and zone."""

import re
from datetime import date
from typing import Any, NamedTuple

from perfwidget.errors import InvalidQuery
from perfwidget.page import control_words, formats

_MONTHS = [formats.month(date(2000, number, 1)).lower() for number in range(1, 13)]
_TIMED = re.compile(r"(.*[^\s,])(?:,?\s+|T)([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_NAMED = re.compile(r"(\d{1,2})\.? ([a-z]{3,9})\.?,? (\d{4})", re.ASCII | re.IGNORECASE)
_SHORT = re.compile(r"(\d{1,2})([./])(\d{1,2})\2(\d{4})", re.ASCII)


class Ends(NamedTuple):
    """The two ends of a period, each as `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM`."""

    first: str
    last: str


class Reading(NamedTuple):
    """What was made of two texts: the ends that they say, or what is wrong with them."""

    ends: Ends
    """The texts themselves where something is wrong."""
    fault: str
    """A sentence for people; empty where nothing is wrong."""


def read_date(text: str, *, month_first: bool) -> str | None:
    """Read a date, or a date and a time of day, as `2024-03-31` or `2024-03-31T14:30`; None where it is neither.

    Understood are `2024-03-31`, `31 Mar 2024`, `31.3.2024`, and `31/03/2024` or, `month_first`, `3/31/2024`.
    """
    timed = _TIMED.fullmatch(text.strip())
    day = _read_day(timed[1] if timed else text.strip(), month_first)
    return f"{day}T{int(timed[2]):02}:{timed[3]}" if day and timed else day


def _read_day(text: str, month_first: bool) -> str | None:
    if iso := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in iso.groups())
    elif (named := _NAMED.fullmatch(text)) and named[2][:3].lower() in _MONTHS:
        year, month, day = int(named[3]), _MONTHS.index(named[2][:3].lower()) + 1, int(named[1])
    elif short := _SHORT.fullmatch(text):
        year, month, day = int(short[4]), int(short[3]), int(short[1])
        if month_first and short[2] == "/":
            month, day = day, month
    else:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def read_shown(first: Any, last: Any) -> Ends:
    """Return the ends that the page's fields show; empty where they show none."""
    return Ends(*(read_date(str(text or ""), month_first=False) or "" for text in (first, last)))


def read_dates(typed: Any, shown: Ends) -> Reading:
    """Read what came from the page's fields, which show two ends until somebody types others.

    `typed` has the texts `first` and `last`, and whether the language writes the month first (`monthFirst`). Times of
    day are taken only where the fields show some. Raises InvalidQuery for what is not of this form.
    """
    match typed:
        case {"first": str(first), "last": str(last)}:
            texts = Ends(first, last)
        case _:
            raise InvalidQuery("The dates are malformed; load the page again.")
    timed = any("T" in end for end in shown)

    def read(text: str) -> str | None:
        found = read_date(text, month_first=bool(typed.get("monthFirst")))
        return found if found and (timed or "T" not in found) else None

    return _judged(texts, [read(text) for text in texts], timed)


def _judged(texts: Ends, ends: list[str | None], timed: bool) -> Reading:
    said = control_words
    for text, end in zip(texts, ends, strict=True):
        if end is None:
            return Reading(texts, (said.UNREAD_TIME if timed else said.UNREAD).replace("{text}", text))
    found = Ends(*(end for end in ends if end))
    times = ["T" in end for end in found]
    if any(times) and not all(times):
        return Reading(texts, said.MIXED)
    if all(times) and found.first >= found.last:
        return Reading(texts, said.EMPTY)
    if found.first > found.last:
        return Reading(texts, said.REVERSED)
    return Reading(found, "")
