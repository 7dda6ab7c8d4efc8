"""The calendar: presets, time zones, days at clock changes, and how periods are cut into bars.

The tables were worked out by hand. Zones without clock changes are compared with fixed offsets, others with instants
that stand here as text.
"""

import calendar
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwidget.errors import InvalidQuery
from perfwidget.question.period import Bucket, Grain, Period, Preset, zone
from perfwidget.question.query import parse

FIXED = {
    "Pacific/Niue": -11.0,
    "Pacific/Pago_Pago": -11.0,
    "Pacific/Honolulu": -10.0,
    "America/Phoenix": -7.0,
    "UTC": 0.0,
    "Asia/Kolkata": 5.5,
    "Asia/Kathmandu": 5.75,
    "Asia/Tokyo": 9.0,
    "Pacific/Kiritimati": 14.0,
}
"""Hours ahead of UTC, in zones that have not changed their clocks for decades."""

# Each table has the presets in its first line and the date of today in its first column.
SO_FAR = """
today      last_7_days  last_30_days last_90_days this_week  this_month this_quarter this_year
2023-12-31 2023-12-25   2023-12-02   2023-10-03   2023-12-25 2023-12-01 2023-10-01   2023-01-01
2024-01-01 2023-12-26   2023-12-03   2023-10-04   2024-01-01 2024-01-01 2024-01-01   2024-01-01
2024-01-31 2024-01-25   2024-01-02   2023-11-03   2024-01-29 2024-01-01 2024-01-01   2024-01-01
2024-02-01 2024-01-26   2024-01-03   2023-11-04   2024-01-29 2024-02-01 2024-01-01   2024-01-01
2024-02-15 2024-02-09   2024-01-17   2023-11-18   2024-02-12 2024-02-01 2024-01-01   2024-01-01
2024-02-16 2024-02-10   2024-01-18   2023-11-19   2024-02-12 2024-02-01 2024-01-01   2024-01-01
2024-02-29 2024-02-23   2024-01-31   2023-12-02   2024-02-26 2024-02-01 2024-01-01   2024-01-01
2024-03-01 2024-02-24   2024-02-01   2023-12-03   2024-02-26 2024-03-01 2024-01-01   2024-01-01
2024-03-10 2024-03-04   2024-02-10   2023-12-12   2024-03-04 2024-03-01 2024-01-01   2024-01-01
2024-03-31 2024-03-25   2024-03-02   2024-01-02   2024-03-25 2024-03-01 2024-01-01   2024-01-01
2024-04-01 2024-03-26   2024-03-03   2024-01-03   2024-04-01 2024-04-01 2024-04-01   2024-01-01
2024-06-30 2024-06-24   2024-06-01   2024-04-02   2024-06-24 2024-06-01 2024-04-01   2024-01-01
2024-07-01 2024-06-25   2024-06-02   2024-04-03   2024-07-01 2024-07-01 2024-07-01   2024-01-01
2024-09-30 2024-09-24   2024-09-01   2024-07-03   2024-09-30 2024-09-01 2024-07-01   2024-01-01
2024-10-01 2024-09-25   2024-09-02   2024-07-04   2024-09-30 2024-10-01 2024-10-01   2024-01-01
2024-10-27 2024-10-21   2024-09-28   2024-07-30   2024-10-21 2024-10-01 2024-10-01   2024-01-01
2024-11-03 2024-10-28   2024-10-05   2024-08-06   2024-10-28 2024-11-01 2024-10-01   2024-01-01
2024-12-29 2024-12-23   2024-11-30   2024-10-01   2024-12-23 2024-12-01 2024-10-01   2024-01-01
2024-12-30 2024-12-24   2024-12-01   2024-10-02   2024-12-30 2024-12-01 2024-10-01   2024-01-01
2024-12-31 2024-12-25   2024-12-02   2024-10-03   2024-12-30 2024-12-01 2024-10-01   2024-01-01
2025-01-01 2024-12-26   2024-12-03   2024-10-04   2024-12-30 2025-01-01 2025-01-01   2025-01-01
2025-01-05 2024-12-30   2024-12-07   2024-10-08   2024-12-30 2025-01-01 2025-01-01   2025-01-01
2025-01-06 2024-12-31   2024-12-08   2024-10-09   2025-01-06 2025-01-01 2025-01-01   2025-01-01
2025-02-28 2025-02-22   2025-01-30   2024-12-01   2025-02-24 2025-02-01 2025-01-01   2025-01-01
2025-03-01 2025-02-23   2025-01-31   2024-12-02   2025-02-24 2025-03-01 2025-01-01   2025-01-01
2000-02-29 2000-02-23   2000-01-31   1999-12-02   2000-02-28 2000-02-01 2000-01-01   2000-01-01
2100-02-28 2100-02-22   2100-01-30   2099-12-01   2100-02-22 2100-02-01 2100-01-01   2100-01-01
2100-03-01 2100-02-23   2100-01-31   2099-12-02   2100-03-01 2100-03-01 2100-01-01   2100-01-01
"""
"""The first date of presets that end today."""

OVER = """
today      yesterday              last_week              last_month             last_quarter
2023-12-31 2023-12-30..2023-12-30 2023-12-18..2023-12-24 2023-11-01..2023-11-30 2023-07-01..2023-09-30
2024-01-01 2023-12-31..2023-12-31 2023-12-25..2023-12-31 2023-12-01..2023-12-31 2023-10-01..2023-12-31
2024-01-31 2024-01-30..2024-01-30 2024-01-22..2024-01-28 2023-12-01..2023-12-31 2023-10-01..2023-12-31
2024-02-01 2024-01-31..2024-01-31 2024-01-22..2024-01-28 2024-01-01..2024-01-31 2023-10-01..2023-12-31
2024-02-15 2024-02-14..2024-02-14 2024-02-05..2024-02-11 2024-01-01..2024-01-31 2023-10-01..2023-12-31
2024-02-16 2024-02-15..2024-02-15 2024-02-05..2024-02-11 2024-01-01..2024-01-31 2023-10-01..2023-12-31
2024-02-29 2024-02-28..2024-02-28 2024-02-19..2024-02-25 2024-01-01..2024-01-31 2023-10-01..2023-12-31
2024-03-01 2024-02-29..2024-02-29 2024-02-19..2024-02-25 2024-02-01..2024-02-29 2023-10-01..2023-12-31
2024-03-10 2024-03-09..2024-03-09 2024-02-26..2024-03-03 2024-02-01..2024-02-29 2023-10-01..2023-12-31
2024-03-31 2024-03-30..2024-03-30 2024-03-18..2024-03-24 2024-02-01..2024-02-29 2023-10-01..2023-12-31
2024-04-01 2024-03-31..2024-03-31 2024-03-25..2024-03-31 2024-03-01..2024-03-31 2024-01-01..2024-03-31
2024-06-30 2024-06-29..2024-06-29 2024-06-17..2024-06-23 2024-05-01..2024-05-31 2024-01-01..2024-03-31
2024-07-01 2024-06-30..2024-06-30 2024-06-24..2024-06-30 2024-06-01..2024-06-30 2024-04-01..2024-06-30
2024-09-30 2024-09-29..2024-09-29 2024-09-23..2024-09-29 2024-08-01..2024-08-31 2024-04-01..2024-06-30
2024-10-01 2024-09-30..2024-09-30 2024-09-23..2024-09-29 2024-09-01..2024-09-30 2024-07-01..2024-09-30
2024-10-27 2024-10-26..2024-10-26 2024-10-14..2024-10-20 2024-09-01..2024-09-30 2024-07-01..2024-09-30
2024-11-03 2024-11-02..2024-11-02 2024-10-21..2024-10-27 2024-10-01..2024-10-31 2024-07-01..2024-09-30
2024-12-29 2024-12-28..2024-12-28 2024-12-16..2024-12-22 2024-11-01..2024-11-30 2024-07-01..2024-09-30
2024-12-30 2024-12-29..2024-12-29 2024-12-23..2024-12-29 2024-11-01..2024-11-30 2024-07-01..2024-09-30
2024-12-31 2024-12-30..2024-12-30 2024-12-23..2024-12-29 2024-11-01..2024-11-30 2024-07-01..2024-09-30
2025-01-01 2024-12-31..2024-12-31 2024-12-23..2024-12-29 2024-12-01..2024-12-31 2024-10-01..2024-12-31
2025-01-05 2025-01-04..2025-01-04 2024-12-23..2024-12-29 2024-12-01..2024-12-31 2024-10-01..2024-12-31
2025-01-06 2025-01-05..2025-01-05 2024-12-30..2025-01-05 2024-12-01..2024-12-31 2024-10-01..2024-12-31
2025-02-28 2025-02-27..2025-02-27 2025-02-17..2025-02-23 2025-01-01..2025-01-31 2024-10-01..2024-12-31
2025-03-01 2025-02-28..2025-02-28 2025-02-17..2025-02-23 2025-02-01..2025-02-28 2024-10-01..2024-12-31
2000-02-29 2000-02-28..2000-02-28 2000-02-21..2000-02-27 2000-01-01..2000-01-31 1999-10-01..1999-12-31
2100-02-28 2100-02-27..2100-02-27 2100-02-15..2100-02-21 2100-01-01..2100-01-31 2099-10-01..2099-12-31
2100-03-01 2100-02-28..2100-02-28 2100-02-22..2100-02-28 2100-02-01..2100-02-28 2099-10-01..2099-12-31
"""
"""The first and last date of presets that are over."""

HALVES = """
today      first_half_of_month    second_half_of_month
2023-12-31 2023-12-01..2023-12-15 2023-12-16..2023-12-31
2024-01-01 2024-01-01..2024-01-01 2023-12-16..2023-12-31
2024-01-31 2024-01-01..2024-01-15 2024-01-16..2024-01-31
2024-02-01 2024-02-01..2024-02-01 2024-01-16..2024-01-31
2024-02-15 2024-02-01..2024-02-15 2024-01-16..2024-01-31
2024-02-16 2024-02-01..2024-02-15 2024-02-16..2024-02-16
2024-02-29 2024-02-01..2024-02-15 2024-02-16..2024-02-29
2024-03-01 2024-03-01..2024-03-01 2024-02-16..2024-02-29
2024-03-10 2024-03-01..2024-03-10 2024-02-16..2024-02-29
2024-03-31 2024-03-01..2024-03-15 2024-03-16..2024-03-31
2024-04-01 2024-04-01..2024-04-01 2024-03-16..2024-03-31
2024-06-30 2024-06-01..2024-06-15 2024-06-16..2024-06-30
2024-07-01 2024-07-01..2024-07-01 2024-06-16..2024-06-30
2024-09-30 2024-09-01..2024-09-15 2024-09-16..2024-09-30
2024-10-01 2024-10-01..2024-10-01 2024-09-16..2024-09-30
2024-10-27 2024-10-01..2024-10-15 2024-10-16..2024-10-27
2024-11-03 2024-11-01..2024-11-03 2024-10-16..2024-10-31
2024-12-29 2024-12-01..2024-12-15 2024-12-16..2024-12-29
2024-12-30 2024-12-01..2024-12-15 2024-12-16..2024-12-30
2024-12-31 2024-12-01..2024-12-15 2024-12-16..2024-12-31
2025-01-01 2025-01-01..2025-01-01 2024-12-16..2024-12-31
2025-01-05 2025-01-01..2025-01-05 2024-12-16..2024-12-31
2025-01-06 2025-01-01..2025-01-06 2024-12-16..2024-12-31
2025-02-28 2025-02-01..2025-02-15 2025-02-16..2025-02-28
2025-03-01 2025-03-01..2025-03-01 2025-02-16..2025-02-28
2000-02-29 2000-02-01..2000-02-15 2000-02-16..2000-02-29
2100-02-28 2100-02-01..2100-02-15 2100-02-16..2100-02-28
2100-03-01 2100-03-01..2100-03-01 2100-02-16..2100-02-28
"""
"""The first and last date of halves of a month: over, or so far."""


def table(text: str) -> dict[tuple[date, str], tuple[date, date]]:
    """Return the dates of a preset on a day."""
    (_, *presets), *rows = (line.split() for line in text.strip().splitlines())
    found = {}
    for today, *cells in rows:
        for preset, cell in zip(presets, cells, strict=True):
            first, _, last = cell.partition("..")
            found[date.fromisoformat(today), preset] = (date.fromisoformat(first), date.fromisoformat(last or today))
    return found


PRESETS = table(SO_FAR) | table(OVER) | table(HALVES)
TODAYS = sorted({today for today, _ in PRESETS})
PRESETS |= {(today, "today"): (today, today) for today in TODAYS}

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(instant: datetime | str) -> int:
    """Return an instant, which as text is one of UTC, in microseconds since 1970."""
    if isinstance(instant, str):
        instant = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    return (instant - EPOCH) // timedelta(microseconds=1)


def midnight(day: date, hours: float) -> datetime:
    """Return the first instant of a day in a zone that is always so many hours ahead."""
    return datetime.combine(day, time(), timezone(timedelta(hours=hours)))


def preset_period(preset: str, tz: str, now: datetime) -> Period:
    """Return the period that a preset of the page address means at an instant."""
    period = parse({"preset": [preset], "tz": [tz]}, now=now).period
    assert period is not None
    return period


def cut(period: Period, grain: Grain) -> list[str]:
    """Return the dates of a period's bars, written `first..last`."""
    return [f"{bucket.first}..{bucket.last}" for bucket in period.buckets(grain)]


# -- Presets ------------------------------------------------------------------------------------------------------


def test_every_preset_stands_in_the_tables() -> None:
    assert {preset for _, preset in PRESETS} | {"all_time"} == {preset.value for preset in Preset}
    assert len(PRESETS) == len(TODAYS) * (len(Preset) - 1)


@pytest.mark.parametrize("today", TODAYS, ids=str)
@pytest.mark.parametrize("preset", sorted({preset for _, preset in PRESETS}))
def test_a_preset_from_the_first_to_the_last_instant_of_today_in_every_zone(preset: str, today: date) -> None:
    first, last = PRESETS[today, preset]
    for tz, hours in FIXED.items():
        begins, ends = midnight(today, hours), midnight(today + timedelta(days=1), hours)
        for now in (begins, begins + timedelta(hours=12), ends - timedelta(microseconds=1)):
            period = preset_period(preset, tz, now)
            assert (period.first, period.last, period.timezone) == (first, last, tz), now
        assert period.start == microseconds(midnight(first, hours))
        assert period.end == microseconds(midnight(last + timedelta(days=1), hours))
        assert period.days == last.toordinal() - first.toordinal() + 1


@pytest.mark.parametrize(
    ("now", "today"),
    [
        # 2024-01-01 begins in Kiritimati when it is 10:00 on the 31st in Greenwich, and in Niue 25 hours later.
        ("2023-12-31 09:59:59.999999", {"Pacific/Kiritimati": "2023-12-31", "Pacific/Niue": "2023-12-30"}),
        ("2023-12-31 10:00", {"Pacific/Kiritimati": "2024-01-01", "Pacific/Niue": "2023-12-30", "UTC": "2023-12-31"}),
        ("2024-01-01 10:59:59.999999", {"Pacific/Niue": "2023-12-31", "Pacific/Pago_Pago": "2023-12-31"}),
        ("2024-01-01 11:00", {"Pacific/Niue": "2024-01-01", "Pacific/Kiritimati": "2024-01-02"}),
        # Clocks that change: Berlin is 2 hours ahead from 2024-03-31 01:00 to 2024-10-27 01:00, New York 4 behind
        # from 2024-03-10 07:00 to 2024-11-03 06:00.
        ("2024-03-30 22:59", {"Europe/Berlin": "2024-03-30"}),
        ("2024-03-30 23:00", {"Europe/Berlin": "2024-03-31"}),
        ("2024-03-31 21:59", {"Europe/Berlin": "2024-03-31"}),
        ("2024-03-31 22:00", {"Europe/Berlin": "2024-04-01"}),
        ("2024-10-26 22:00", {"Europe/Berlin": "2024-10-27"}),
        ("2024-10-27 22:59", {"Europe/Berlin": "2024-10-27"}),
        ("2024-10-27 23:00", {"Europe/Berlin": "2024-10-28"}),
        ("2024-03-10 04:59", {"America/New_York": "2024-03-09"}),
        ("2024-03-11 03:59", {"America/New_York": "2024-03-10"}),
        ("2024-11-03 04:00", {"America/New_York": "2024-11-03"}),
        ("2024-11-04 04:59", {"America/New_York": "2024-11-03"}),
        ("2024-11-04 05:00", {"America/New_York": "2024-11-04"}),
    ],
)
def test_today_is_that_of_the_zone(now: str, today: dict[str, str]) -> None:
    instant = datetime.fromisoformat(now).replace(tzinfo=UTC)
    for tz, day in today.items():
        period = preset_period("today", tz, instant)
        assert (str(period.first), str(period.last)) == (day, day), tz


@pytest.mark.parametrize(
    ("preset", "tz", "now", "start", "end"),
    [
        ("today", "Europe/Berlin", "2024-03-31 12:00", "2024-03-30 23:00", "2024-03-31 22:00"),
        ("yesterday", "Europe/Berlin", "2024-04-01 12:00", "2024-03-30 23:00", "2024-03-31 22:00"),
        ("last_7_days", "Europe/Berlin", "2024-03-31 12:00", "2024-03-24 23:00", "2024-03-31 22:00"),
        ("last_30_days", "Europe/Berlin", "2024-10-27 12:00", "2024-09-27 22:00", "2024-10-27 23:00"),
        ("last_90_days", "Europe/Berlin", "2024-04-01 12:00", "2024-01-02 23:00", "2024-04-01 22:00"),
        ("this_month", "Europe/Berlin", "2024-03-31 12:00", "2024-02-29 23:00", "2024-03-31 22:00"),
        ("last_month", "Europe/Berlin", "2024-04-01 12:00", "2024-02-29 23:00", "2024-03-31 22:00"),
        ("last_month", "Europe/Berlin", "2024-11-01 12:00", "2024-09-30 22:00", "2024-10-31 23:00"),
        ("this_quarter", "Europe/Berlin", "2024-03-31 12:00", "2023-12-31 23:00", "2024-03-31 22:00"),
        ("this_week", "Europe/Berlin", "2024-03-31 12:00", "2024-03-24 23:00", "2024-03-31 22:00"),
        ("last_week", "Europe/Berlin", "2024-11-01 12:00", "2024-10-20 22:00", "2024-10-27 23:00"),
        ("first_half_of_month", "Europe/Berlin", "2024-03-31 12:00", "2024-02-29 23:00", "2024-03-15 23:00"),
        ("second_half_of_month", "Europe/Berlin", "2024-03-31 12:00", "2024-03-15 23:00", "2024-03-31 22:00"),
        ("second_half_of_month", "Europe/Berlin", "2024-11-15 12:00", "2024-10-15 22:00", "2024-10-31 23:00"),
        ("last_quarter", "Europe/Berlin", "2024-04-01 12:00", "2023-12-31 23:00", "2024-03-31 22:00"),
        ("this_year", "Europe/Berlin", "2024-12-31 12:00", "2023-12-31 23:00", "2024-12-31 23:00"),
        ("today", "America/New_York", "2024-03-10 12:00", "2024-03-10 05:00", "2024-03-11 04:00"),
        ("today", "America/New_York", "2024-11-03 12:00", "2024-11-03 04:00", "2024-11-04 05:00"),
        ("last_7_days", "America/New_York", "2024-11-03 12:00", "2024-10-28 04:00", "2024-11-04 05:00"),
        ("this_month", "America/New_York", "2024-11-03 12:00", "2024-11-01 04:00", "2024-11-04 05:00"),
        ("this_quarter", "America/New_York", "2024-11-03 12:00", "2024-10-01 04:00", "2024-11-04 05:00"),
    ],
)
def test_a_preset_over_a_clock_change(preset: str, tz: str, now: str, start: str, end: str) -> None:
    period = preset_period(preset, tz, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert (period.start, period.end) == (microseconds(start), microseconds(end))


def test_all_time_has_no_dates_of_its_own() -> None:
    query = parse({"preset": ["all_time"], "tz": ["Pacific/Kiritimati"]}, now=datetime(2024, 2, 29, 10, tzinfo=UTC))
    assert (query.period, query.preset, query.today) == (None, Preset.ALL_TIME, date(2024, 3, 1))


def by_calendar(preset: str, today: date) -> tuple[date, date]:
    """Work out a preset's dates from the weeks and months of the calendar module, and the numbering of days."""
    year, month, number = today.year, today.month, today.toordinal()

    def week_of(day: date) -> list[date]:
        weeks = calendar.Calendar(calendar.MONDAY).monthdatescalendar(day.year, day.month)
        return next(week for week in weeks if day in week)

    def days_of(year: int, *months: int) -> list[date]:
        return [date(year, each, day) for each in months for day in range(1, calendar.monthrange(year, each)[1] + 1)]

    quarters = [(1, 2, 3), (4, 5, 6), (7, 8, 9), (10, 11, 12)]
    quarter = next(place for place, months in enumerate(quarters) if month in months)
    last_month = days_of(year, month - 1) if month > 1 else days_of(year - 1, 12)
    halves = [half for days in (last_month, days_of(year, month)) for half in (days[:15], days[15:])]
    begun = [half for half in halves if half[0] <= today]
    match preset.split("_"):
        case ["today"]:
            return today, today
        case ["yesterday"]:
            return date.fromordinal(number - 1), date.fromordinal(number - 1)
        case ["last", days, "days"]:
            return date.fromordinal(number - int(days) + 1), today
        case ["this", "week"]:
            found = week_of(today)
        case ["last", "week"]:
            found = week_of(date.fromordinal(number - 7))
        case ["this", "month"]:
            found = days_of(year, month)
        case ["last", "month"]:
            found = last_month
        case ["this", "quarter"]:
            found = days_of(year, *quarters[quarter])
        case ["last", "quarter"]:
            found = days_of(year, *quarters[quarter - 1]) if quarter else days_of(year - 1, *quarters[3])
        case ["this", "year"]:
            found = days_of(year, *range(1, 13))
        case ["first", "half", "of", "month"]:
            found = [half for half in begun if half[0].day == 1][-1]
        case ["second", "half", "of", "month"]:
            found = [half for half in begun if half[0].day == 16][-1]
        case _:
            raise AssertionError(preset)
    return found[0], min(found[-1], today)


@given(st.dates(date(2000, 1, 1), date(2999, 12, 31)), st.sampled_from(sorted(FIXED)), st.integers(0, 86_399_999_999))
def test_presets_agree_with_the_calendar(today: date, tz: str, elapsed: int) -> None:
    now = midnight(today, FIXED[tz]) + timedelta(microseconds=elapsed)
    for preset in set(Preset) - {Preset.ALL_TIME}:
        period = preset_period(preset, tz, now)
        assert (period.first, period.last) == by_calendar(preset, today), preset


# -- Zones and clock changes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+12", "EST5EDT"])
def test_zones_of_the_iana_list_are_known(name: str) -> None:
    assert zone(name).key == name


@pytest.mark.parametrize(
    "name",
    ["", "Mars", "localtime", "Factory", "../UTC", "/etc/localtime", "Europe", "UTC+1", "europe/berlin", "UTC\0"],
)
def test_other_texts_are_no_zone(name: str) -> None:
    with pytest.raises(InvalidQuery, match="IANA time zone"):
        zone(name)


@pytest.mark.parametrize(
    ("tz", "day", "start", "end"),
    [
        ("Europe/Berlin", "2024-03-31", "2024-03-30 23:00", "2024-03-31 22:00"),  # 23 hours
        ("Europe/Berlin", "2024-10-27", "2024-10-26 22:00", "2024-10-27 23:00"),  # 25 hours
        ("America/New_York", "2024-03-10", "2024-03-10 05:00", "2024-03-11 04:00"),
        ("America/New_York", "2024-11-03", "2024-11-03 04:00", "2024-11-04 05:00"),
        ("Australia/Lord_Howe", "2024-04-07", "2024-04-06 13:00", "2024-04-07 13:30"),  # 24 hours and a half
        ("Australia/Lord_Howe", "2024-10-06", "2024-10-05 13:30", "2024-10-06 13:00"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04 03:00", "2018-11-05 02:00"),  # 00:00 was skipped
        ("America/Sao_Paulo", "2018-02-17", "2018-02-17 02:00", "2018-02-18 03:00"),  # 23:00 came twice
        ("America/Havana", "2024-03-10", "2024-03-10 05:00", "2024-03-11 04:00"),  # 00:00 was skipped
        ("America/Havana", "2024-11-03", "2024-11-03 04:00", "2024-11-04 05:00"),  # 00:00 came twice
        ("Africa/Cairo", "2024-04-26", "2024-04-25 22:00", "2024-04-26 21:00"),  # 00:00 was skipped
        ("Pacific/Apia", "2011-12-29", "2011-12-29 10:00", "2011-12-30 10:00"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30 10:00", "2011-12-30 10:00"),  # never was
        ("Pacific/Apia", "2011-12-31", "2011-12-30 10:00", "2011-12-31 10:00"),
        ("Pacific/Niue", "2024-02-29", "2024-02-29 11:00", "2024-03-01 11:00"),
        ("Pacific/Kiritimati", "2024-02-29", "2024-02-28 10:00", "2024-02-29 10:00"),
    ],
)
def test_a_day_lasts_from_midnight_to_midnight_of_the_zone(tz: str, day: str, start: str, end: str) -> None:
    whole = date.fromisoformat(day)
    period = Period(whole, whole, tz)
    assert (period.start, period.end, period.days) == (microseconds(start), microseconds(end), 1)
    assert period.buckets(Grain.DAY) == (Bucket(whole, whole, period.start, period.end),)


# -- Times of day ---------------------------------------------------------------------------------------------------


def timed(begins: str, ends: str, tz: str) -> Period:
    """Return the period from a time of day to before another."""
    return Period.between(datetime.fromisoformat(begins), datetime.fromisoformat(ends), tz)


TIMES = """
# zone and times of day                                    in UTC                            dates
UTC                 2024-03-01T08:00 2024-03-01T16:30  2024-03-01T08:00 2024-03-01T16:30  2024-03-01 2024-03-01
UTC                 2024-03-01T00:00 2024-03-02T00:00  2024-03-01T00:00 2024-03-02T00:00  2024-03-01 2024-03-01
UTC                 2024-03-01T23:59 2024-03-02T00:01  2024-03-01T23:59 2024-03-02T00:01  2024-03-01 2024-03-02
UTC                 2024-02-28T12:00 2024-03-01T12:00  2024-02-28T12:00 2024-03-01T12:00  2024-02-28 2024-03-01
Pacific/Niue        2024-01-01T00:00 2024-01-01T01:00  2024-01-01T11:00 2024-01-01T12:00  2024-01-01 2024-01-01
Pacific/Kiritimati  2024-01-01T00:00 2024-01-01T01:00  2023-12-31T10:00 2023-12-31T11:00  2024-01-01 2024-01-01
# Over the hour that was skipped in Berlin, from 02:00 to 03:00, and up to its end.
Europe/Berlin       2024-03-31T01:30 2024-03-31T03:30  2024-03-31T00:30 2024-03-31T01:30  2024-03-31 2024-03-31
Europe/Berlin       2024-03-31T01:59 2024-03-31T03:00  2024-03-31T00:59 2024-03-31T01:00  2024-03-31 2024-03-31
# 02:00 to 03:00 come twice; the first is meant, at the end as well.
Europe/Berlin       2024-10-27T01:00 2024-10-27T02:30  2024-10-26T23:00 2024-10-27T00:30  2024-10-27 2024-10-27
Europe/Berlin       2024-10-27T02:30 2024-10-27T03:00  2024-10-27T00:30 2024-10-27T02:00  2024-10-27 2024-10-27
# In Havana the day's first hour comes twice, in São Paulo the last one of the day before.
America/Havana      2024-11-02T23:00 2024-11-03T00:30  2024-11-03T03:00 2024-11-03T04:30  2024-11-02 2024-11-03
America/Havana      2024-11-02T23:00 2024-11-03T00:00  2024-11-03T03:00 2024-11-03T04:00  2024-11-02 2024-11-02
America/Sao_Paulo   2018-02-17T23:30 2018-02-18T00:00  2018-02-18T01:30 2018-02-18T03:00  2018-02-17 2018-02-17
# Midnight of 2018-11-04 was 01:00 in São Paulo: until then nothing of the 4th has begun.
America/Sao_Paulo   2018-11-03T12:00 2018-11-04T01:00  2018-11-03T15:00 2018-11-04T03:00  2018-11-03 2018-11-03
Pacific/Apia        2011-12-29T23:00 2011-12-31T01:00  2011-12-30T09:00 2011-12-30T11:00  2011-12-29 2011-12-31
"""


@pytest.mark.parametrize("line", [line for line in TIMES.strip().splitlines() if not line.startswith("#")])
def test_times_of_day(line: str) -> None:
    tz, begins, ends, start, end, first, last = line.split()
    period = timed(begins, ends, tz)
    assert (period.start, period.end) == (microseconds(start), microseconds(end))
    assert (str(period.first), str(period.last)) == (first, last)
    assert period.written == (begins, ends)
    assert period.timezone == tz


@pytest.mark.parametrize(
    ("tz", "skipped"),
    [
        ("Europe/Berlin", "2024-03-31T02:00"),
        ("Europe/Berlin", "2024-03-31T02:59"),
        ("America/New_York", "2024-03-10T02:30"),
        ("America/Sao_Paulo", "2018-11-04T00:00"),
        ("Australia/Lord_Howe", "2024-10-06T02:15"),
        ("Pacific/Apia", "2011-12-30T12:00"),
    ],
)
def test_a_time_that_a_clock_change_skips_is_none(tz: str, skipped: str) -> None:
    day, _, time_of_day = skipped.partition("T")
    sentence = rf"is {time_of_day} on {day}, which a clock change in {tz} skips; choose another time\."
    with pytest.raises(InvalidQuery, match=f"^from {sentence}"):
        timed(skipped, "2030-01-01T00:00", tz)
    with pytest.raises(InvalidQuery, match=f"^to {sentence}"):
        timed("2000-01-01T00:00", skipped, tz)


@pytest.mark.parametrize("ends", ["2024-03-01T08:00", "2024-03-01T07:59", "2024-02-29T09:00"])
def test_a_period_of_times_ends_after_it_begins(ends: str) -> None:
    with pytest.raises(InvalidQuery, match="must end after it begins"):
        timed("2024-03-01T08:00", ends, "UTC")


def test_bars_are_cut_by_times_of_day() -> None:
    period = timed("2024-03-30T12:00", "2024-04-01T06:00", "Europe/Berlin")  # over the change of the 31st
    instants = ["2024-03-30 11:00", "2024-03-30 23:00", "2024-03-31 22:00", "2024-04-01 04:00"]
    assert cut(period, Grain.DAY) == [f"{day}..{day}" for day in ("2024-03-30", "2024-03-31", "2024-04-01")]
    assert [(bar.start, bar.end) for bar in period.buckets(Grain.DAY)] == list(
        zip(map(microseconds, instants[:-1]), map(microseconds, instants[1:]), strict=True)
    )
    assert cut(period, Grain.MONTH) == ["2024-03-30..2024-03-31", "2024-04-01..2024-04-01"]
    assert [bar.start for bar in period.buckets(Grain.MONTH)] == [period.start, microseconds("2024-03-31 22:00")]
    hour = timed("2024-03-01T08:00", "2024-03-01T09:00", "UTC")
    assert [(bar.start, bar.end) for bar in hour.buckets(Grain.DAY)] == [(hour.start, hour.end)]
    assert (hour.days, hour.grain()) == (1, Grain.DAY)


def test_a_part_of_a_period_has_times_only_where_these_cut_it() -> None:
    period = timed("2024-03-01T08:00", "2024-03-03T16:00", "UTC")
    days = [date(2024, 3, day) for day in (1, 2, 3)]
    assert [period.part(day, day).written for day in days] == [
        ("2024-03-01T08:00", "2024-03-02T00:00"),
        ("2024-03-02", "2024-03-02"),
        ("2024-03-03T00:00", "2024-03-03T16:00"),
    ]
    assert period.part(days[0], days[2]).written == period.written
    dated = Period(days[0], days[2], "UTC")
    assert dated.written == ("2024-03-01", "2024-03-03")
    assert dated.part(days[1], days[2]) == Period(days[1], days[2], "UTC")


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001 (times of day)
    st.integers(1, 60 * 24 * 400),
    st.sampled_from([*sorted(FIXED), "Europe/Berlin", "America/Havana", "America/Sao_Paulo", "Australia/Lord_Howe"]),
    st.sampled_from(Grain),
)
def test_bars_and_parts_cut_times_of_day_without_gaps(begins: datetime, minutes: int, tz: str, grain: Grain) -> None:
    begins = begins.replace(second=0, microsecond=0)
    try:
        period = Period.between(begins, begins + timedelta(minutes=minutes), tz)
    except InvalidQuery as refused:
        assert "clock change" in str(refused)
        return
    bars = period.buckets(grain)
    assert [bar.start for bar in bars] == [period.start, *(bar.end for bar in bars[:-1])]
    assert bars[-1].end == period.end
    assert (bars[0].first, bars[-1].last) == (period.first, period.last)
    assert all(bar.start < bar.end for bar in bars)
    dated = {bar.first: bar for bar in Period(period.first, period.last, tz).buckets(grain)}
    for bar in bars:
        assert (bar.start, bar.end) == (
            max(dated[bar.first].start, period.start),
            min(dated[bar.first].end, period.end),
        )
        part = period.part(bar.first, bar.last)
        assert (part.start, part.end) == (bar.start, bar.end)


# -- Bars ---------------------------------------------------------------------------------------------------------


def test_days_of_the_end_of_february() -> None:
    assert cut(Period(date(2024, 2, 28), date(2024, 3, 1), "UTC"), Grain.DAY) == [
        "2024-02-28..2024-02-28",
        "2024-02-29..2024-02-29",
        "2024-03-01..2024-03-01",
    ]
    assert cut(Period(date(2023, 2, 28), date(2023, 3, 1), "UTC"), Grain.DAY) == [
        "2023-02-28..2023-02-28",
        "2023-03-01..2023-03-01",
    ]


def test_weeks_begin_on_monday_and_are_cut_by_the_ends_of_the_period() -> None:
    new_year = Period(date(2024, 12, 25), date(2025, 1, 8), "UTC")  # from a Wednesday to a Wednesday
    assert cut(new_year, Grain.WEEK) == ["2024-12-25..2024-12-29", "2024-12-30..2025-01-05", "2025-01-06..2025-01-08"]
    whole = Period(date(2024, 2, 26), date(2024, 3, 10), "UTC")  # from a Monday to a Sunday
    assert cut(whole, Grain.WEEK) == ["2024-02-26..2024-03-03", "2024-03-04..2024-03-10"]
    sunday = Period(date(2023, 12, 31), date(2024, 1, 1), "UTC")
    assert cut(sunday, Grain.WEEK) == ["2023-12-31..2023-12-31", "2024-01-01..2024-01-01"]


def test_months_are_cut_by_the_ends_of_the_period() -> None:
    assert cut(Period(date(2023, 12, 31), date(2024, 3, 1), "UTC"), Grain.MONTH) == [
        "2023-12-31..2023-12-31",
        "2024-01-01..2024-01-31",
        "2024-02-01..2024-02-29",
        "2024-03-01..2024-03-01",
    ]
    assert cut(Period(date(2024, 5, 7), date(2024, 5, 9), "UTC"), Grain.MONTH) == ["2024-05-07..2024-05-09"]


def test_bars_over_a_clock_change_begin_at_midnight_of_the_zone() -> None:
    weeks = Period(date(2024, 3, 25), date(2024, 4, 7), "Europe/Berlin").buckets(Grain.WEEK)
    assert [(bucket.start, bucket.end) for bucket in weeks] == [
        (microseconds("2024-03-24 23:00"), microseconds("2024-03-31 22:00")),
        (microseconds("2024-03-31 22:00"), microseconds("2024-04-07 22:00")),
    ]
    months = Period(date(2024, 10, 1), date(2024, 11, 30), "America/New_York").buckets(Grain.MONTH)
    assert [(bucket.start, bucket.end) for bucket in months] == [
        (microseconds("2024-10-01 04:00"), microseconds("2024-11-01 04:00")),
        (microseconds("2024-11-01 04:00"), microseconds("2024-12-01 05:00")),
    ]


@given(
    st.dates(date(1970, 1, 1), date(2999, 11, 1)),
    st.integers(0, 3_000),
    st.sampled_from([*sorted(FIXED), "Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia"]),
    st.sampled_from(Grain),
)
def test_bars_cut_a_period_without_gaps_where_the_calendar_does(first: date, more: int, tz: str, grain: Grain) -> None:
    last = date.fromordinal(min(first.toordinal() + more, date(2999, 12, 31).toordinal()))
    period = Period(first, last, tz)
    bars = period.buckets(grain)
    begins = {
        day
        for day in map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))
        if day == first
        or grain is Grain.DAY
        or (grain is Grain.WEEK and calendar.weekday(day.year, day.month, day.day) == calendar.MONDAY)
        or (grain is Grain.MONTH and day.day == 1)
    }
    assert [bar.first for bar in bars] == sorted(begins)
    assert [bar.last for bar in bars] == [bar.first - timedelta(days=1) for bar in bars[1:]] + [last]
    assert [bar.start for bar in bars[1:]] == [bar.end for bar in bars[:-1]]
    assert (bars[0].start, bars[-1].end) == (period.start, period.end)
    for bar in bars:
        assert (bar.start, bar.end) == (Period(bar.first, bar.last, tz).start, Period(bar.first, bar.last, tz).end)


@pytest.mark.parametrize(
    ("days", "grain"),
    [(1, "day"), (92, "day"), (93, "week"), (366, "week"), (731, "week"), (732, "month"), (3_660, "month")],
)
def test_long_periods_are_drawn_by_week_or_month(days: int, grain: str) -> None:
    first = date(2016, 1, 1)
    assert Period(first, first + timedelta(days=days - 1), "UTC").grain() == grain


@pytest.mark.parametrize(
    ("days", "wanted", "grain"),
    [
        (4_000, Grain.DAY, Grain.DAY),
        (4_001, Grain.DAY, Grain.WEEK),
        (28_000, Grain.DAY, Grain.WEEK),
        (28_001, Grain.DAY, Grain.MONTH),
        (28_000, Grain.WEEK, Grain.WEEK),
        (28_001, Grain.WEEK, Grain.MONTH),
        (100_000, Grain.MONTH, Grain.MONTH),
    ],
)
def test_a_grain_of_which_there_are_too_many_gives_way(days: int, wanted: Grain, grain: Grain) -> None:
    first = date(1970, 1, 1)
    assert Period(first, first + timedelta(days=days - 1), "UTC").grain(wanted) == grain
