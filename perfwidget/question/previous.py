"""The period before a period, with which its numbers are compared."""

from calendar import monthrange
from datetime import date, timedelta

from perfwidget.errors import InvalidQuery
from perfwidget.question.period import FIRST_DATE, ONE_DAY, Grain, Period, Preset, quarter_start


def previous(period: Period, preset: Preset | None) -> Period | None:
    """Return the period before one: as many days, or as long a time, just before it.

    Of the presets of whole weeks, halves of months, months and quarters it is the one before. Of those that have not
    ended it is the same days of the one before, without days that do not exist there. All time has none, nor has a
    period whose previous one would begin before 1970 or between times that a clock change skips.
    """
    if preset is Preset.ALL_TIME:
        return None
    if period.times is not None:
        begins, ends = period.times
        try:
            return Period.between(begins - (ends - begins), begins, period.timezone)
        except InvalidQuery:
            return None
    first, last = _dates(period, preset)
    return Period(first, last, period.timezone) if first >= FIRST_DATE else None


def _dates(period: Period, preset: Preset | None) -> tuple[date, date]:
    first, last = period.first, period.last
    before, elapsed = first - ONE_DAY, last - first
    match preset:
        case Preset.LAST_MONTH:
            return Grain.MONTH.start(before), before
        case Preset.LAST_QUARTER:
            return quarter_start(before), before
        case Preset.FIRST_HALF_OF_MONTH:
            start = before.replace(day=16)
            return start, before if last.day == 15 else min(start + elapsed, before)
        case Preset.SECOND_HALF_OF_MONTH:
            start, ended = before.replace(day=1), (last + ONE_DAY).day == 1
            return start, before if ended else min(start + elapsed, before)
        case Preset.THIS_WEEK:
            return first - timedelta(days=7), last - timedelta(days=7)
        case Preset.THIS_MONTH:
            return months_before(first, 1), months_before(last, 1)
        case Preset.THIS_QUARTER:
            return months_before(first, 3), months_before(last, 3)
        case Preset.THIS_YEAR:
            return months_before(first, 12), months_before(last, 12)
        case _:
            return first - timedelta(days=period.days), before


def months_before(day: date, months: int) -> date:
    """Return the same day of an earlier month, or that month's last one; of a later one, where months are below 0."""
    year, month = divmod(12 * day.year + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
