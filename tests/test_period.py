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
today      last_7_days last_30_days last_90_days this_month this_quarter
2023-12-31 2023-12-25  2023-12-02   2023-10-03   2023-12-01 2023-10-01
2024-01-01 2023-12-26  2023-12-03   2023-10-04   2024-01-01 2024-01-01
2024-01-31 2024-01-25  2024-01-02   2023-11-03   2024-01-01 2024-01-01
2024-02-01 2024-01-26  2024-01-03   2023-11-04   2024-02-01 2024-01-01
2024-02-15 2024-02-09  2024-01-17   2023-11-18   2024-02-01 2024-01-01
2024-02-16 2024-02-10  2024-01-18   2023-11-19   2024-02-01 2024-01-01
2024-02-29 2024-02-23  2024-01-31   2023-12-02   2024-02-01 2024-01-01
2024-03-01 2024-02-24  2024-02-01   2023-12-03   2024-03-01 2024-01-01
2024-03-10 2024-03-04  2024-02-10   2023-12-12   2024-03-01 2024-01-01
2024-03-31 2024-03-25  2024-03-02   2024-01-02   2024-03-01 2024-01-01
2024-04-01 2024-03-26  2024-03-03   2024-01-03   2024-04-01 2024-04-01
2024-06-30 2024-06-24  2024-06-01   2024-04-02   2024-06-01 2024-04-01
2024-07-01 2024-06-25  2024-06-02   2024-04-03   2024-07-01 2024-07-01
2024-09-30 2024-09-24  2024-09-01   2024-07-03   2024-09-01 2024-07-01
2024-10-01 2024-09-25  2024-09-02   2024-07-04   2024-10-01 2024-10-01
2024-10-27 2024-10-21  2024-09-28   2024-07-30   2024-10-01 2024-10-01
2024-11-03 2024-10-28  2024-10-05   2024-08-06   2024-11-01 2024-10-01
2024-12-29 2024-12-23  2024-11-30   2024-10-01   2024-12-01 2024-10-01
2024-12-30 2024-12-24  2024-12-01   2024-10-02   2024-12-01 2024-10-01
2024-12-31 2024-12-25  2024-12-02   2024-10-03   2024-12-01 2024-10-01
2025-01-01 2024-12-26  2024-12-03   2024-10-04   2025-01-01 2025-01-01
2025-01-05 2024-12-30  2024-12-07   2024-10-08   2025-01-01 2025-01-01
2025-01-06 2024-12-31  2024-12-08   2024-10-09   2025-01-01 2025-01-01
2025-02-28 2025-02-22  2025-01-30   2024-12-01   2025-02-01 2025-01-01
2025-03-01 2025-02-23  2025-01-31   2024-12-02   2025-03-01 2025-01-01
2000-02-29 2000-02-23  2000-01-31   1999-12-02   2000-02-01 2000-01-01
2100-02-28 2100-02-22  2100-01-30   2099-12-01   2100-02-01 2100-01-01
2100-03-01 2100-02-23  2100-01-31   2099-12-02   2100-03-01 2100-01-01
"""
"""The first date of presets that end today."""

WHOLE = """
today      yesterday              last_month
2023-12-31 2023-12-30..2023-12-30 2023-11-01..2023-11-30
2024-01-01 2023-12-31..2023-12-31 2023-12-01..2023-12-31
2024-01-31 2024-01-30..2024-01-30 2023-12-01..2023-12-31
2024-02-01 2024-01-31..2024-01-31 2024-01-01..2024-01-31
2024-02-15 2024-02-14..2024-02-14 2024-01-01..2024-01-31
2024-02-16 2024-02-15..2024-02-15 2024-01-01..2024-01-31
2024-02-29 2024-02-28..2024-02-28 2024-01-01..2024-01-31
2024-03-01 2024-02-29..2024-02-29 2024-02-01..2024-02-29
2024-03-10 2024-03-09..2024-03-09 2024-02-01..2024-02-29
2024-03-31 2024-03-30..2024-03-30 2024-02-01..2024-02-29
2024-04-01 2024-03-31..2024-03-31 2024-03-01..2024-03-31
2024-06-30 2024-06-29..2024-06-29 2024-05-01..2024-05-31
2024-07-01 2024-06-30..2024-06-30 2024-06-01..2024-06-30
2024-09-30 2024-09-29..2024-09-29 2024-08-01..2024-08-31
2024-10-01 2024-09-30..2024-09-30 2024-09-01..2024-09-30
2024-10-27 2024-10-26..2024-10-26 2024-09-01..2024-09-30
2024-11-03 2024-11-02..2024-11-02 2024-10-01..2024-10-31
2024-12-29 2024-12-28..2024-12-28 2024-11-01..2024-11-30
2024-12-30 2024-12-29..2024-12-29 2024-11-01..2024-11-30
2024-12-31 2024-12-30..2024-12-30 2024-11-01..2024-11-30
2025-01-01 2024-12-31..2024-12-31 2024-12-01..2024-12-31
2025-01-05 2025-01-04..2025-01-04 2024-12-01..2024-12-31
2025-01-06 2025-01-05..2025-01-05 2024-12-01..2024-12-31
2025-02-28 2025-02-27..2025-02-27 2025-01-01..2025-01-31
2025-03-01 2025-02-28..2025-02-28 2025-02-01..2025-02-28
2000-02-29 2000-02-28..2000-02-28 2000-01-01..2000-01-31
2100-02-28 2100-02-27..2100-02-27 2100-01-01..2100-01-31
2100-03-01 2100-02-28..2100-02-28 2100-02-01..2100-02-28
"""
"""The first and last date of presets that are over, or may be."""


def table(text: str) -> dict[tuple[date, str], tuple[date, date]]:
    """Return the dates of a preset on a day."""
    (_, *presets), *rows = (line.split() for line in text.strip().splitlines())
    found = {}
    for today, *cells in rows:
        for preset, cell in zip(presets, cells, strict=True):
            first, _, last = cell.partition("..")
            found[date.fromisoformat(today), preset] = (date.fromisoformat(first), date.fromisoformat(last or today))
    return found


PRESETS = table(SO_FAR) | table(WHOLE)
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
    """Work out a preset's dates from the calendar module and the numbering of days."""
    year, month, number = today.year, today.month, today.toordinal()
    before = (year, month - 1) if month > 1 else (year - 1, 12)

    def whole(year: int, first: int, last: int) -> tuple[date, date]:
        return date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1])

    match preset.split("_"):
        case ["today"]:
            return today, today
        case ["yesterday"]:
            return date.fromordinal(number - 1), date.fromordinal(number - 1)
        case ["last", days, "days"]:
            return date.fromordinal(number - int(days) + 1), today
        case ["this", "month"]:
            return date(year, month, 1), today
        case ["last", "month"]:
            return whole(before[0], before[1], before[1])
        case ["this", "quarter"]:
            return next(date(year, first, 1) for first in (10, 7, 4, 1) if first <= month), today
    raise AssertionError(preset)


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
    "name", ["", "Mars/Olympus", "localtime", "../UTC", "/etc/localtime", "Europe", "UTC+1", "europe/berlin", "UTC\0"]
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
