"""How numbers, dates, and what people typed read on the page; exact values stand in tables and exports."""

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NotRequired, TypedDict

from perfwidget.facts.columns import FIRST_INSTANT
from perfwidget.metrics import Metric, Number, Unit
from perfwidget.question.period import Bucket, Grain, Period, zone
from perfwidget.stores.choosing import Profile

# -- Numbers ----------------------------------------------------------------------------------------------------------

NO_VALUE = "—"


def duration(seconds: float) -> str:
    """Return seconds as `10h 5m 22s`, below ten seconds with a tenth; a time above 0 never reads as 0."""
    tenths = math.floor(seconds * 10 + 0.5)
    if tenths < 100 and tenths % 10:
        return f"{tenths / 10:.1f}s"
    if tenths == 0 < seconds:
        return "<0.1s"
    whole = tenths // 10 if tenths < 100 else math.floor(seconds + 0.5)
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return f"{rest}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,}h {minutes}m {rest}s" if hours else f"{minutes}m {rest}s"


def count(number: float) -> str:
    """Return a whole number with its thousands grouped."""
    return f"{number:,}"


def share(fraction: float) -> str:
    """Return a fraction as `33 %`; 0 % and 100 % are kept for what is exactly that."""
    percent = math.floor(fraction * 100 + 0.5)
    if percent == 0 < fraction:
        return "<1 %"
    if percent == 100 and fraction < 1:
        return ">99 %"
    return f"{percent} %"


_BY_UNIT = {Unit.SECONDS: duration, Unit.COUNT: count, Unit.SHARE: share}


def value(metric: Metric, number: Number, timezone: str = "UTC") -> str:
    """Return a metric's number in its unit, or a dash where there is none. An instant is told by a zone's clocks."""
    if number is None:
        return NO_VALUE
    return instant(number, timezone) if metric.unit is Unit.INSTANT else _BY_UNIT[metric.unit](number)


def values(metric: Metric, numbers: Iterable[Number]) -> list[str]:
    """Return many numbers of a metric, each like `value`."""
    if metric.unit is Unit.SECONDS:
        return _durations(tuple(numbers))
    return [value(metric, number) for number in numbers]


# Graphs and tables tell the same times, and a time reads the same whether it is a whole number or not.
@lru_cache(maxsize=16)
def _durations(times: tuple[Number, ...]) -> list[str]:
    return [NO_VALUE if time is None else duration(time) for time in times]


def exact(number: Number) -> str:
    """Return a number with the very digits of the report, or a dash where there is none."""
    return NO_VALUE if number is None else repr(number)


# -- Dates ------------------------------------------------------------------------------------------------------------

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def day(when: date) -> str:
    """Return a date as `4 Mar 2024`."""
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def weekday(when: date) -> str:
    """Return a date as `Mon 4 Mar 2024`."""
    return f"{_WEEKDAYS[when.weekday()]} {day(when)}"


def moment(when: datetime) -> str:
    """Return an instant as `4 Mar 2024 09:05:22`, in the zone that it comes with."""
    return f"{day(when.date())} {when:%H:%M:%S}"


def instant(number: float, timezone: str) -> str:
    """Return microseconds since 1970 as `4 Mar 2024 09:05`, as the clocks of a zone show it."""
    when = (FIRST_INSTANT + timedelta(microseconds=number)).astimezone(zone(timezone))
    return f"{day(when.date())} {when:%H:%M}"


def end(written: str) -> str:
    """Return an end of a period, `2024-03-04` or `2024-03-04T09:00`, as `4 Mar 2024` or `4 Mar 2024 09:00`."""
    date_, _, time_of_day = written.partition("T")
    return f"{day(date.fromisoformat(date_))} {time_of_day}".rstrip()


def short_day(when: date) -> str:
    """Return a date as `4 Mar`."""
    return f"{when.day} {_MONTHS[when.month - 1]}"


def month(when: date) -> str:
    """Return the month of a date as `Mar`."""
    return _MONTHS[when.month - 1]


def dates(first: date, last: date) -> str:
    """Return dates from–to with what they share said once: `4 – 10 Mar 2024`."""
    if first == last:
        return day(first)
    if first.year != last.year:
        return f"{day(first)} – {day(last)}"
    if first.month != last.month:
        return f"{short_day(first)} – {day(last)}"
    return f"{first.day} – {day(last)}"


def period(when: Period) -> str:
    """Return a period's dates, or its times of day, and its zone: `4 Mar 2024 09:00 – 17:30 · Europe/Berlin`."""
    if when.times is None:
        told = dates(when.first, when.last)
    else:
        begins, ends = when.times
        last = f"{ends:%H:%M}" if begins.date() == ends.date() else f"{day(ends.date())} {ends:%H:%M}"
        told = f"{day(begins.date())} {begins:%H:%M} – {last}"
    return f"{told} · {when.timezone.replace('_', ' ')}"


def bucket(cut: Bucket, grain: Grain) -> str:
    """Return what a bar stands for: a day, the dates of a week, a month or the dates of its part in the period."""
    if grain is Grain.DAY:
        return weekday(cut.first)
    if grain is Grain.MONTH and cut.first.day == 1 and grain.after(cut.first).toordinal() - 1 == cut.last.toordinal():
        return f"{month(cut.first)} {cut.first.year}"
    return dates(cut.first, cut.last)


# Graphs and tables of a page are of the same buckets.
@lru_cache(maxsize=8)
def buckets(period: Period, grain: Grain) -> list[str]:
    """Return what each bar of a period stands for, the first one first."""
    return [bucket(cut, grain) for cut in period.buckets(grain)]


# -- What people typed, which may be anything --------------------------------------------------------------------------

LONGEST_LABEL = 80
LONGEST_READ = 1_000
"""Characters of a text that are looked at: a title of a megabyte must not cost every page a second."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"  # some scripts cannot be written without them


def shown(text: str | None) -> str:
    """Return one line of visible text: composed, without control and direction marks, cut where it is too long.

    It is plain text for elements of the page; empty where nothing of it can be seen. Figures take no text of people at
    all, as Plotly reads labels as markup.
    """
    composed = unicodedata.normalize("NFC", (text or "")[:LONGEST_READ])
    kept = "".join(" " if each in "\t\r\n" else each for each in composed if each in "\t\r\n" or not _hidden(each))
    line = " ".join(kept.split())
    if not line.strip(_JOINERS + " "):
        return ""
    return line if len(line) <= LONGEST_LABEL else f"{line[: LONGEST_LABEL - 1].rstrip()}…"


def member_name(member: Profile) -> str:
    """Return what a member is called: the name, else the e-mail, else the id."""
    return shown(member.name) or shown(member.email) or shown(member.user_id) or "?"


def told_apart(members: Sequence[Profile]) -> list[str]:
    """Return what members are called; those of one name with their e-mail, or else their id, beside it."""
    names = list(map(member_name, members))
    return [
        name if names.count(name) == 1 else f"{name} · {member_email(each) or shown(each.user_id)}"
        for name, each in zip(names, members, strict=True)
    ]


def figure_label(text: str) -> str:
    """Return text that plotly.js shows as it is: what it would read as markup is broken where nobody sees it."""
    return re.sub("[<&]", lambda found: f"{found[0]}{_BREAK}", text)


def member_email(member: Profile) -> str:
    """Return the e-mail to put beside the name; empty where there is none or the name is it."""
    email = shown(member.email)
    return "" if email == member_name(member) else email


def _hidden(character: str) -> bool:
    return character not in _JOINERS and unicodedata.category(character) in _HIDDEN


# -- Entries of Dash's lists -------------------------------------------------------------------------------------------

_PROTOTYPE = re.compile("__(proto__)", re.IGNORECASE)
_BREAK = "\u2060"
"""A character without a width, which joins words."""


class Option(TypedDict):
    """An entry of a list to choose from; its value is the escaped id."""

    value: str
    label: str
    search: NotRequired[str]
    """What a list on the page looks for what is typed in, where it is not the label."""
    disabled: NotRequired[bool]
    """Whether it is only to be read."""


def option(id_: str, label: str) -> Option:
    """Return an entry that is safe in Dash's lists, whatever its texts hold.

    Dash's search keeps texts as names of plain objects. `__proto__` would be written into the prototype of every object
    of the page. Values are escaped, and taken back by assets/page/address.js; labels are broken where nobody sees it.
    """
    return Option(value=option_value(id_), label=option_label(label))


def option_value(id_: str) -> str:
    """Return an id as the value of an entry: without underscores, and another one for every id."""
    return id_.replace("~", "~0").replace("_", "~1")


SEVERAL = "_"
"""What values that stand for several members begin with, and are put together by; alone, it stands for everybody."""


NOBODY = "__"
"""The value of an entry that stands for no member, as nothing stands between what puts values together."""


def together(ids: Iterable[str]) -> str:
    """Return the value of an entry that stands for several members; of none, for everybody."""
    return SEVERAL + SEVERAL.join(map(option_value, ids))


def id_of(value: str) -> str:
    """Return the id whose value as an entry is this."""
    return value.replace("~1", "_").replace("~0", "~")


def option_label(label: str) -> str:
    """Return a label that looks the same and holds no `__proto__`, whatever its letters' case."""
    return _PROTOTYPE.sub(lambda found: f"__{_BREAK}{found[1]}", label)
