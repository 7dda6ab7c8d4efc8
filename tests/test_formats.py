"""How numbers, dates and people's own texts read on the page."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwidget.metrics import BY_KEY
from perfwidget.page import formats
from perfwidget.question.period import Bucket, Grain, Period
from perfwidget.stores.choosing import Profile


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.0, "0s"),
        (0.004, "<0.1s"),
        (0.05, "0.1s"),
        (4.56, "4.6s"),
        (9.96, "10s"),
        (7, "7s"),
        (12.4, "12s"),
        (59.5, "1m 0s"),
        (65, "1m 5s"),
        (3_599.4, "59m 59s"),
        (3_600, "1h 0m 0s"),
        (36_322, "10h 5m 22s"),
        (4_518_310, "1,255h 5m 10s"),
    ],
)
def test_a_time_reads_in_hours_minutes_and_seconds(seconds: float, text: str) -> None:
    assert formats.duration(seconds) == text


@given(st.floats(min_value=1e-9, max_value=1e12))
def test_a_time_above_zero_never_reads_as_zero(seconds: float) -> None:
    assert formats.duration(seconds) not in {"0s", "0.0s"}


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0, "0 %"), (0.004, "<1 %"), (1 / 3, "33 %"), (0.21, "21 %"), (0.999, ">99 %"), (1.0, "100 %")],
)
def test_a_share_reads_in_percent_and_only_all_is_all(fraction: float, text: str) -> None:
    assert formats.share(fraction) == text


def test_no_value_is_a_dash_and_zero_is_zero() -> None:
    score, number = BY_KEY["performance_score"], BY_KEY["submitted_annotations"]
    assert (formats.value(score, None), formats.value(score, 0.0)) == ("—", "0 %")
    assert (formats.value(number, None), formats.value(number, 12_345)) == ("—", "12,345")
    assert (formats.exact(None), formats.exact(0.1 + 0.2), formats.exact(12_345)) == (
        "—",
        "0.30000000000000004",
        "12345",
    )


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2024, 3, 4), date(2024, 3, 4), "4 Mar 2024"),
        (date(2024, 3, 4), date(2024, 3, 10), "4 – 10 Mar 2024"),
        (date(2024, 3, 4), date(2024, 4, 10), "4 Mar – 10 Apr 2024"),
        (date(2023, 12, 28), date(2024, 1, 3), "28 Dec 2023 – 3 Jan 2024"),
    ],
)
def test_dates_say_once_what_they_share(first: date, last: date, text: str) -> None:
    assert formats.dates(first, last) == text


def test_a_period_is_named_by_its_dates_or_its_times_of_day() -> None:
    assert formats.period(Period(date(2024, 3, 4), date(2024, 3, 10), "UTC")) == "4 – 10 Mar 2024 · UTC"
    day, night = datetime(2024, 3, 4, 9), datetime(2024, 3, 4, 17, 30)  # noqa: DTZ001 (times of day)
    assert formats.period(Period.between(day, night, "UTC")) == "4 Mar 2024 09:00 – 17:30 · UTC"
    over = Period.between(night, datetime(2024, 3, 5), "America/New_York")  # noqa: DTZ001 (a time of day)
    assert formats.period(over) == "4 Mar 2024 17:30 – 5 Mar 2024 00:00 · America/New York"


def test_a_bar_is_named_by_the_dates_it_holds() -> None:
    period = Period(date(2024, 2, 12), date(2024, 4, 1), "UTC")
    days, weeks, months = (period.buckets(grain) for grain in Grain)
    assert formats.bucket(days[0], Grain.DAY) == "Mon 12 Feb 2024"
    assert formats.bucket(weeks[0], Grain.WEEK) == "12 – 18 Feb 2024"
    assert [formats.bucket(month, Grain.MONTH) for month in months] == [
        "12 – 29 Feb 2024",
        "Mar 2024",
        "1 Apr 2024",
    ]


@given(st.sampled_from(Grain), st.dates(date(1970, 1, 1), date(2999, 1, 1)), st.integers(1, 800))
def test_no_two_bars_have_one_name(grain: Grain, first: date, days: int) -> None:
    buckets: tuple[Bucket, ...] = Period(first, date.fromordinal(first.toordinal() + days), "UTC").buckets(grain)
    assert len({formats.bucket(bucket, grain) for bucket in buckets}) == len(buckets)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("  Ann\t Example\n", "Ann Example"),
        ("A\u0301nn", "Ánn"),
        ("\u202eelpmaxE nnA\u2066", "elpmaxE nnA"),
        ("Ann\x00\x1b[31m", "Ann[31m"),
        ("<b style='font-size:200px'>x</b>", "<b style='font-size:200px'>x</b>"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u200d\u200b", ""),
        (None, ""),
    ],
)
def test_what_people_typed_is_one_visible_line(text: str | None, label: str) -> None:
    assert formats.shown(text) == label


def test_a_long_text_is_cut() -> None:
    cut = formats.shown("x" * 500)
    assert (len(cut), cut[-1]) == (80, "…")


@given(st.text())
def test_a_label_stays_what_it_is(text: str) -> None:
    assert formats.shown(formats.shown(text)) == formats.shown(text)


@pytest.mark.parametrize(
    ("email", "name", "shown"),
    [
        ("ann@acme.example", "Ann", ("Ann", "ann@acme.example")),
        ("ann@acme.example", "\u200b", ("ann@acme.example", "")),
        (None, None, ("7", "")),
    ],
)
def test_a_member_is_called_by_name_else_e_mail_else_id(email: str | None, name: str | None, shown: object) -> None:
    member = Profile("7", email, name, active=True, role="annotator")
    assert (formats.member_name(member), formats.member_email(member)) == shown
