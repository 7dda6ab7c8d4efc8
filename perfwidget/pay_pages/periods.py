"""The period that an address of the pages of pay asks for: whole days of the pay zone."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from perfwidget.errors import InvalidPay
from perfwidget.page import formats
from perfwidget.page.control_words import PRESETS
from perfwidget.pay_pages import words
from perfwidget.question.period import FIRST_DATE, LAST_DATE, ONE_DAY, Period, Preset, zone
from perfwidget.question.previous import months_before
from perfwidget.question.query import parse

DEFAULT = Preset.LAST_MONTH
"""The period of the list where none is asked for."""

CHOICES = {str(preset): label for preset, label in PRESETS.items() if preset is not Preset.ALL_TIME}
"""The presets that periods of pay have, with their words."""


def asked_period(
    asked: Mapping[str, Iterable[str]], timezone: str, default: Preset, max_days: int, now: int
) -> tuple[Period, Preset | None]:
    """Return the period that `from` and `to` or `preset` name, in the pay zone; raises InvalidQuery and InvalidPay."""
    given = {name: list(asked[name]) for name in ("from", "to", "preset") if any(asked.get(name, ()))}
    if "from" in given or "to" in given:
        given.pop("preset", None)
    instant = datetime.fromtimestamp(now // 1_000_000, UTC)
    query = parse(given or {"preset": [default]}, now=instant, max_period_days=max_days, timezone=timezone)
    if query.period is None:
        raise InvalidPay(words.CHOOSE_DATES)
    if query.period.times is not None:
        raise InvalidPay(words.WHOLE_DAYS)
    return query.period, query.preset


def neighbours(period: Period) -> tuple[Period | None, Period | None]:
    """Return the periods before and after: whole months for months, else as many days."""
    month = period.first.day == 1 and (period.last + ONE_DAY).day == 1
    if month:
        months = 12 * (period.last.year - period.first.year) + period.last.month - period.first.month + 1
        before = (months_before(period.first, months), period.first - ONE_DAY)
        after_first = period.last + ONE_DAY
        after = (after_first, months_before(after_first, -months) - ONE_DAY)
    else:
        length = timedelta(days=period.days)
        before = (period.first - length, period.last - length)
        after = (period.first + length, period.last + length)
    return _known(*before, period.timezone), _known(*after, period.timezone)


def today(timezone: str, now: int) -> date:
    """Return the day that it is in the pay zone."""
    return datetime.fromtimestamp(now // 1_000_000, UTC).astimezone(zone(timezone)).date()


def day_of(instant: int, timezone: str) -> str:
    """Return the day of an instant in the pay zone: `28 Nov 2026`."""
    return formats.day(today(timezone, instant))


def _known(first: date, last: date, timezone: str) -> Period | None:
    return Period(first, last, timezone) if first >= FIRST_DATE and last <= LAST_DATE else None
