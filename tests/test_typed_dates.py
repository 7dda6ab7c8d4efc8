"""What is typed is the day that counts: dates as people write them, and the two ends of a period."""

from datetime import date, timedelta
from typing import Any

import pytest

from perfwidget.errors import InvalidQuery
from perfwidget.page import formats
from perfwidget.page.typed_dates import Ends, Reading, read_date, read_dates

MARCH = Ends("2024-03-04", "2024-03-10")
MORNINGS = Ends("2024-03-04T12:30", "2024-03-06T13:00")
TIMED_EXAMPLE = "is no date with a time of day; write it like 2024-03-31 14:30."


@pytest.mark.parametrize(
    ("written", "month_first", "read"),
    [
        ("2024-03-31", True, "2024-03-31"),
        (" 2024-3-1 ", False, "2024-03-01"),
        ("31 Mar 2024", False, "2024-03-31"),
        ("31. March 2024", False, "2024-03-31"),
        ("31.03.2024", True, "2024-03-31"),
        ("3/31/2024", True, "2024-03-31"),
        ("31/3/2024", False, "2024-03-31"),
        ("4/3/2024", False, "2024-03-04"),
        ("4/3/2024", True, "2024-04-03"),
        ("4.3.2024", True, "2024-03-04"),
        ("29 Feb 2024", False, "2024-02-29"),
        ("2024-02-30", False, None),
        ("29 Feb 2023", False, None),
        ("31/3/2024", True, None),
        ("0000-00-00", False, None),
        ("tomorrow", False, None),
        ("31.3/2024", False, None),
        ("1.2.24", False, None),
        ("٣١.٣.٢٠٢٤", False, None),
        ("31 Mar 2024 14:30", False, "2024-03-31T14:30"),
        ("2024-03-31T02:30", False, "2024-03-31T02:30"),
        ("31.3.2024, 9:05", False, "2024-03-31T09:05"),
        ("3/31/2024 0:00", True, "2024-03-31T00:00"),
        ("31 Mar 2024 24:00", False, None),
        ("31 Mar 2024 12:60", False, None),
        ("31 Feb 2024 12:00", False, None),
        ("31 Mar 2024 12", False, None),
        ("31 Mar 2024\n31 Mar 2024", False, None),
        ("14:30", False, None),
        ("", False, None),
    ],
)
def test_a_date_is_the_day_that_is_written(written: str, month_first: bool, read: str | None) -> None:
    assert read_date(written, month_first=month_first) == read


@pytest.mark.parametrize("month_first", [False, True])
def test_every_day_of_four_years_can_be_read_as_it_is_shown(month_first: bool) -> None:
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(1461)]
    assert [read_date(formats.day(each), month_first=month_first) for each in days] == [str(each) for each in days]


@pytest.mark.parametrize(
    ("first", "last", "fault"),
    [
        ("garbage", "10 Mar 2024", "“garbage” is no date; write it like 2024-03-31."),
        ("4 Mar 2024", "{text}", "“{text}” is no date; write it like 2024-03-31."),
        ("", "", "“” is no date; write it like 2024-03-31."),
        ("4 Mar 2024 08:00", "10 Mar 2024", "“4 Mar 2024 08:00” is no date; write it like 2024-03-31."),
        ("11 Mar 2024", "10 Mar 2024", "The first day comes after the last one; change one of them."),
    ],
)
def test_texts_that_are_no_period_of_days_stay_and_are_told(first: str, last: str, fault: str) -> None:
    assert read_dates({"first": first, "last": last}, MARCH) == Reading(Ends(first, last), fault)


def test_two_dates_are_a_period_and_one_day_is_one() -> None:
    typed = {"first": "3/4/2024", "last": "4 Mar 2024", "monthFirst": True}
    assert read_dates(typed, MARCH) == Reading(Ends("2024-03-04", "2024-03-04"), "")
    assert read_dates({**typed, "monthFirst": False, "last": "3.4.2024"}, Ends("", "")) == Reading(
        Ends("2024-04-03", "2024-04-03"), ""
    )


@pytest.mark.parametrize(
    ("first", "last", "fault"),
    [
        ("noon", "6 Mar 2024 13:00", f"“noon” {TIMED_EXAMPLE}"),
        ("4 Mar 2024", "6 Mar 2024 13:00", "Give both a time of day, or neither of them."),
        (
            "6 Mar 2024 13:00",
            "6 Mar 2024 13:00",
            "The period ends before it begins, or at once; change one of its times.",
        ),
        (
            "6 Mar 2024 13:01",
            "6 Mar 2024 13:00",
            "The period ends before it begins, or at once; change one of its times.",
        ),
    ],
)
def test_times_that_are_no_period_stay_and_are_told(first: str, last: str, fault: str) -> None:
    assert read_dates({"first": first, "last": last}, MORNINGS) == Reading(Ends(first, last), fault)


def test_times_are_edited_where_there_are_some_and_may_be_given_up() -> None:
    typed = {"first": "4 Mar 2024 8:00", "last": "6 Mar 2024 13:00"}
    assert read_dates(typed, MORNINGS) == Reading(Ends("2024-03-04T08:00", "2024-03-06T13:00"), "")
    assert read_dates({"first": "4 Mar 2024", "last": "4 Mar 2024"}, MORNINGS) == Reading(
        Ends("2024-03-04", "2024-03-04"), ""
    )


@pytest.mark.parametrize("typed", [None, [], "2024-03-04", {}, {"first": "2024-03-04"}, {"first": 1, "last": 2}])
def test_what_the_page_never_sends_is_refused(typed: Any) -> None:
    with pytest.raises(InvalidQuery, match="malformed"):
        read_dates(typed, MARCH)
