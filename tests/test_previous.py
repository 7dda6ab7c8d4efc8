"""The period before a period: as long, just before it; for months and the like the one before."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwidget.question.period import Preset
from perfwidget.question.previous import previous
from perfwidget.question.query import parse


def before(today: str, **asked: str) -> tuple[str, str] | None:
    """Return the ends of the period before one that is asked for on a day."""
    now = datetime.fromisoformat(today).replace(hour=12, tzinfo=UTC)
    query = parse({name.rstrip("_"): [value] for name, value in asked.items()}, now=now)
    assert query.period is not None
    found = previous(query.period, query.preset)
    return None if found is None else found.written


@pytest.mark.parametrize(
    ("today", "preset", "ends"),
    [
        ("2024-03-01", "today", ("2024-02-29", "2024-02-29")),
        ("2024-03-01", "yesterday", ("2024-02-28", "2024-02-28")),
        ("2024-03-10", "last_7_days", ("2024-02-26", "2024-03-03")),
        ("2024-03-31", "last_30_days", ("2024-02-01", "2024-03-01")),
        ("2024-03-31", "last_90_days", ("2023-10-04", "2024-01-01")),
        # 13 March 2024 is a Wednesday.
        ("2024-03-13", "this_week", ("2024-03-04", "2024-03-06")),
        ("2024-01-01", "this_week", ("2023-12-25", "2023-12-25")),
        ("2024-03-13", "last_week", ("2024-02-26", "2024-03-03")),
        ("2024-03-13", "this_month", ("2024-02-01", "2024-02-13")),
        ("2024-03-31", "this_month", ("2024-02-01", "2024-02-29")),
        ("2023-03-30", "this_month", ("2023-02-01", "2023-02-28")),
        ("2024-11-30", "this_month", ("2024-10-01", "2024-10-30")),
        ("2024-01-31", "this_month", ("2023-12-01", "2023-12-31")),
        ("2024-04-02", "last_month", ("2024-02-01", "2024-02-29")),
        ("2024-01-15", "last_month", ("2023-11-01", "2023-11-30")),
        # The half before the first half of March is the second one of February.
        ("2024-03-31", "first_half_of_month", ("2024-02-16", "2024-02-29")),
        ("2024-03-15", "first_half_of_month", ("2024-02-16", "2024-02-29")),
        ("2024-03-04", "first_half_of_month", ("2024-02-16", "2024-02-19")),
        ("2023-03-14", "first_half_of_month", ("2023-02-16", "2023-02-28")),
        ("2024-03-20", "second_half_of_month", ("2024-03-01", "2024-03-05")),
        ("2024-03-31", "second_half_of_month", ("2024-03-01", "2024-03-15")),
        ("2024-05-30", "second_half_of_month", ("2024-05-01", "2024-05-15")),
        ("2024-03-15", "second_half_of_month", ("2024-02-01", "2024-02-15")),
        ("2024-05-31", "this_quarter", ("2024-01-01", "2024-02-29")),
        ("2024-01-01", "this_quarter", ("2023-10-01", "2023-10-01")),
        ("2024-06-30", "this_quarter", ("2024-01-01", "2024-03-30")),
        ("2024-05-31", "last_quarter", ("2023-10-01", "2023-12-31")),
        ("2024-02-29", "this_year", ("2023-01-01", "2023-02-28")),
        ("2024-12-31", "this_year", ("2023-01-01", "2023-12-31")),
    ],
)
def test_the_period_before_a_preset(today: str, preset: str, ends: tuple[str, str]) -> None:
    assert before(today, preset=preset) == ends


def test_every_preset_has_one_but_all_time() -> None:
    now = datetime(2024, 5, 31, 12, tzinfo=UTC)
    for preset in Preset:
        query = parse({"preset": [preset]}, now=now)
        assert (query.period is None) == (preset is Preset.ALL_TIME)
        if query.period is not None:
            found = previous(query.period, preset)
            assert found is not None
            assert found.last < query.period.first


def test_dates_are_preceded_by_as_many_days() -> None:
    assert before("2024-06-01", from_="2024-03-01", to="2024-03-31") == ("2024-01-30", "2024-02-29")
    # Dates that happen to be a month are dates: only a preset means months.
    assert before("2024-06-01", from_="2024-03-05", to="2024-03-05") == ("2024-03-04", "2024-03-04")


def test_times_of_day_are_preceded_by_as_long() -> None:
    times = {"from_": "2024-03-04T22:00", "to": "2024-03-05T06:30", "tz": "Europe/Berlin"}
    assert before("2024-06-01", **times) == ("2024-03-04T13:30", "2024-03-04T22:00")


def test_where_nothing_can_stand_before_there_is_none() -> None:
    assert before("2024-06-01", from_="1970-01-02", to="1970-01-05") is None
    # 02:30 is skipped in Berlin on 31 March 2024.
    times = {"from_": "2024-03-31T04:30", "to": "2024-03-31T06:30", "tz": "Europe/Berlin"}
    assert before("2024-06-01", **times) is None


@given(st.dates(date(1980, 1, 1), date(2100, 1, 1)), st.integers(1, 400))
def test_it_ends_where_the_period_begins(last: date, days: int) -> None:
    first = date.fromordinal(last.toordinal() - days + 1)
    found = before("2024-06-01", from_=first.isoformat(), to=last.isoformat()) if days <= 3660 else None
    assert found is not None
    assert date.fromisoformat(found[1]).toordinal() == first.toordinal() - 1
    assert first.toordinal() - date.fromisoformat(found[0]).toordinal() == days
