"""The page address: what every parameter may say, what it means, and the sentence for what it may not."""

from datetime import UTC, date, datetime

import pytest

from perfwidget.errors import InvalidQuery
from perfwidget.metrics import BY_KEY
from perfwidget.question.period import Grain, Period, Preset
from perfwidget.question.query import Entry, Query, Statistic, Theme, parse, parse_behind

NOW = datetime(2024, 3, 1, 10, 30, tzinfo=UTC)
LAST_30_DAYS = Period(date(2024, 2, 1), date(2024, 3, 1), "UTC")
CHOICES = {
    "preset": [
        "today",
        "yesterday",
        "last_7_days",
        "last_30_days",
        "last_90_days",
        "this_week",
        "last_week",
        "this_month",
        "last_month",
        "first_half_of_month",
        "second_half_of_month",
        "this_quarter",
        "last_quarter",
        "this_year",
        "all_time",
    ],
    "entry": ["home", "members", "organization"],
    "grain": ["day", "week", "month"],
    "statistic": ["average", "median"],
    "theme": ["light", "dark"],
}
LONGEST_ID = "x" * 255


def asked(max_period_days: int = 3_660, /, **parameters: str | list[str]) -> Query:
    """Return what an address means on 2024-03-01; `from_` stands for `from`."""
    given = {name.rstrip("_"): value if isinstance(value, list) else [value] for name, value in parameters.items()}
    return parse(given, now=NOW, max_period_days=max_period_days)


def refusal(max_period_days: int = 3_660, /, **parameters: str | list[str]) -> str:
    """Return the sentence with which an address is refused."""
    with pytest.raises(InvalidQuery) as refused:
        asked(max_period_days, **parameters)
    sentence = str(refused.value)
    assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 250
    return sentence


def test_nothing_asked_means_the_viewer_and_the_last_thirty_days() -> None:
    assert asked() == Query(
        users=(),
        workspaces=(),
        projects=(),
        period=LAST_30_DAYS,
        preset=Preset.LAST_30_DAYS,
        timezone="UTC",
        today=date(2024, 3, 1),
        entry=None,
        grain=None,
        statistic=Statistic.AVERAGE,
        theme=None,
        rows=None,
    )


def test_everything_asked() -> None:
    query = asked(
        user="7",
        workspace=["w1", "w2"],
        project="58506",
        from_="2024-02-29",
        to="2024-03-31",
        preset="today",
        tz="America/Phoenix",
        entry="members",
        grain="week",
        statistic="median",
        rows="submitted@2024-03-02",
        theme="dark",
    )
    assert (query.users, query.workspaces, query.projects) == (("7",), ("w1", "w2"), ("58506",))
    assert query.period == Period(date(2024, 2, 29), date(2024, 3, 31), "America/Phoenix")
    assert (query.preset, query.timezone) == (None, "America/Phoenix")
    assert (query.entry, query.grain, query.statistic) == (Entry.MEMBERS, Grain.WEEK, Statistic.MEDIAN)
    assert query.theme is Theme.DARK
    assert query.rows is not None
    assert (query.rows.metric.key, query.rows.day) == ("submitted", date(2024, 3, 2))


@pytest.mark.parametrize(
    "name",
    [
        "user",
        "workspace",
        "project",
        "from",
        "to",
        "preset",
        "tz",
        "entry",
        "grain",
        "statistic",
        "rows",
        "theme",
        "unknown",
    ],
)
def test_an_empty_value_is_as_none_and_unknown_names_are_ignored(name: str) -> None:
    assert parse({name: [""]}, now=NOW) == parse({name: []}, now=NOW) == parse({}, now=NOW)
    assert parse({"unknown": ["7"], "User": ["8"], "user[]": ["9"]}, now=NOW) == parse({}, now=NOW)


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("members", "all", "none"),
        ("compare", "previous", "next"),
        ("tab", "annotations", "reviews"),
        ("sort", "member", "-total_time"),
        ("page", "1", "2"),
        ("size", "25", "50"),
        ("columns", "skipped", "skipped,rejected"),
        ("idle", "show", "hide"),
        ("from", "2024-03-01", "2024-03-02"),
        ("to", "2024-03-01", "2024-03-02"),
        ("preset", "today", "yesterday"),
        ("tz", "UTC", "Europe/Berlin"),
        ("entry", "home", "members"),
        ("grain", "day", "week"),
        ("statistic", "average", "median"),
        ("rows", "submitted", "updated"),
        ("theme", "light", "dark"),
    ],
)
def test_what_is_said_once_may_be_said_twice_only_alike(name: str, one: str, other: str) -> None:
    whole = {"from": [one], "to": [one]} if name in ("from", "to") else {name: [one]}
    assert parse({**whole, name: [one, "", one]}, now=NOW) == parse(whole, now=NOW)
    with pytest.raises(InvalidQuery, match=rf"^{name} may be given once only; the address has 2 of them"):
        parse({**whole, name: [one, other]}, now=NOW)


# -- Ids ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["7", "007", "-1", "a b", "é", "a/b", "a,b", "<b>", "0", "None", "'", LONGEST_ID])
def test_ids_are_taken_as_they_are(text: str) -> None:
    query = asked(user=text, workspace=[text], project=[text])
    assert (query.users, query.workspaces, query.projects) == ((text,), (text,), (text,))


@pytest.mark.parametrize("text", ["\0", "a\nb", "a\tb", "\x7f", LONGEST_ID + "x"])
@pytest.mark.parametrize("name", ["user", "workspace", "project"])
def test_malformed_ids_are_refused(name: str, text: str) -> None:
    assert refusal(**{name: ["1", text] if name != "user" else [text]}) == (
        f"{name} is malformed: an id has 1 to 255 characters and no control characters."
    )


@pytest.mark.parametrize(("name", "field"), [("workspace", "workspaces"), ("project", "projects")])
def test_workspaces_and_projects_repeat_in_their_order_each_once(name: str, field: str) -> None:
    assert getattr(asked(**{name: ["2", "", "10", "2", "1"]}), field) == ("2", "10", "1")
    assert getattr(asked(**{name: ["", ""]}), field) == ()


# -- Choices ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in CHOICES.items() for value in values])
def test_choices(name: str, value: str) -> None:
    assert getattr(asked(**{name: value}), name) == value


@pytest.mark.parametrize("value", ["last_year", "TODAY", " today", "Day", "hour", "weekly", "0", "none", "null", "día"])
@pytest.mark.parametrize("name", sorted(CHOICES))
def test_other_choices_are_refused_with_those_there_are(name: str, value: str) -> None:
    sentence = refusal(**{name: value})
    assert sentence == f"{name} must be one of {', '.join(CHOICES[name])}."


# -- Dates --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2024-03-01", "2024-03-01", 1),
        ("2024-02-01", "2024-02-29", 29),
        ("2023-02-01", "2023-02-28", 28),
        ("2023-12-31", "2024-01-01", 2),
        ("2024-01-01", "2024-12-31", 366),
        ("1970-01-01", "1970-01-01", 1),
        ("2999-12-31", "2999-12-31", 1),
        ("2030-01-01", "2030-01-02", 2),  # what is to come may be asked for
    ],
)
def test_from_and_to_are_both_included(first: str, last: str, days: int) -> None:
    for tz in ("UTC", "Pacific/Niue", "Pacific/Kiritimati"):
        query = asked(from_=first, to=last, tz=tz)
        assert query.period == Period(date.fromisoformat(first), date.fromisoformat(last), tz)
        assert query.period.days == days
        assert query.preset is None


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-30",
        "2023-02-29",
        "2100-02-29",
        "2024-04-31",
        "2024-13-01",
        "2024-00-01",
        "2024-01-00",
        "2024-3-1",
        "24-03-01",
        "20240301",
        "2024-W09-5",
        "2024/03/01",
        "01.03.2024",
        "03/01/2024",
        "2024-03",
        "2024",
        " 2024-03-01",
        "2024-03-01 ",
        "2024-03-01\n",
        "+2024-03-01",
        "2024-03-01Z",
        "٢٠٢٤-٠٣-٠١",
        "today",
        "0",
        "-",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    assert refusal(from_=text, to="2024-03-01").startswith("from must be a calendar date written YYYY-MM-DD")
    assert refusal(from_="2024-03-01", to=text).startswith("to must be a calendar date written YYYY-MM-DD")


@pytest.mark.parametrize("text", ["1969-12-31", "3000-01-01", "0001-01-01", "9999-12-31"])
def test_years_without_facts_are_refused(text: str) -> None:
    assert refusal(from_=text, to="2024-03-01") == "from must lie between 1970-01-01 and 2999-12-31."
    assert refusal(from_="2024-03-01", to=text) == "to must lie between 1970-01-01 and 2999-12-31."


def test_from_and_to_go_together() -> None:
    for lonely in ({"from_": "2024-03-01"}, {"to": "2024-03-01"}):
        assert refusal(**lonely).startswith("from and to go together")
        assert refusal(**lonely, preset="today").startswith("from and to go together")
    assert refusal(from_="", to="2024-03-01").startswith("from and to go together")


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    assert refusal(from_="2024-03-02", to="2024-03-01") == "The period ends before it begins; swap from and to."


def test_the_longest_period() -> None:
    assert asked(7, from_="2024-02-26", to="2024-03-03").period is not None
    assert refusal(7, from_="2024-02-26", to="2024-03-04") == (
        "The period has 8 days and at most 7 are allowed; ask for a shorter one."
    )
    assert asked(from_="2014-01-01", to="2024-01-08").period is not None  # 3,660 days, and so many are allowed
    assert "3,661 days and at most 3,660" in refusal(from_="2014-01-01", to="2024-01-09")
    assert asked(1, preset="all_time").period is None


def test_dates_win_over_a_preset_and_a_bad_preset_is_refused_all_the_same() -> None:
    query = asked(from_="2024-01-05", to="2024-01-06", preset="all_time")
    assert query.period == Period(date(2024, 1, 5), date(2024, 1, 6), "UTC")
    assert "preset must be one of" in refusal(from_="2024-01-05", to="2024-01-06", preset="last_year")


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2024-03-01T08:00", "2024-03-01T16:30"),
        ("2024-02-29T00:00", "2024-03-01T00:00"),
        ("2024-03-01T23:59", "2024-03-02T00:00"),
        ("1970-01-01T00:00", "1970-01-01T00:01"),
        ("2999-12-31T23:58", "2999-12-31T23:59"),
    ],
)
def test_from_and_to_may_have_times_of_day(first: str, last: str) -> None:
    for tz in ("UTC", "Pacific/Niue", "Pacific/Kiritimati"):
        query = asked(from_=first, to=last, tz=tz, preset="today")
        assert query.period == Period.between(datetime.fromisoformat(first), datetime.fromisoformat(last), tz)
        assert query.period.written == (first, last)
        assert query.preset is None


def test_a_date_and_a_time_of_day_do_not_go_together() -> None:
    for first, last in (("2024-03-01", "2024-03-02T08:00"), ("2024-03-01T08:00", "2024-03-02")):
        assert refusal(from_=first, to=last).startswith("from and to must both be dates or both have a time of day;")


def test_one_time_of_day_alone_is_refused() -> None:
    assert refusal(from_="2024-03-01T08:00").startswith("from and to go together")
    assert refusal(to="2024-03-01T08:00").startswith("from and to go together")


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01T24:00",
        "2024-03-01T8:00",
        "2024-03-01T08:60",
        "2024-03-01T08",
        "2024-03-01T0800",
        "2024-03-01T08:00:00",
        "2024-03-01T08:00Z",
        "2024-03-01T08:00+01:00",
        "2024-03-01 08:00",
        "2024-03-01t08:00",
        "2024-03-01T08:00 ",
        "2024-03-01T٠٨:٠٠",
        "2024-02-30T08:00",
        "T08:00",
        "08:00",
    ],
)
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    assert refusal(from_=text, to="2024-03-02T08:00").startswith("from must be a calendar date written YYYY-MM-DD")
    assert refusal(from_="2024-02-28T08:00", to=text).startswith("to must be a calendar date written YYYY-MM-DD")


def test_how_a_time_of_day_is_written_is_said() -> None:
    assert refusal(from_="2024-03-01 08:00", to="2024-03-02") == (
        "from must be a calendar date written YYYY-MM-DD, such as 2024-03-01, "
        "or with a time of day, such as 2024-03-01T09:30."
    )


def test_skipped_times_and_turned_ones_are_refused() -> None:
    skipped = refusal(from_="2024-03-31T02:30", to="2024-04-01T00:00", tz="Europe/Berlin")
    assert skipped == ("from is 02:30 on 2024-03-31, which a clock change in Europe/Berlin skips; choose another time.")
    turned = refusal(from_="2024-03-01T08:00", to="2024-03-01T08:00")
    assert turned == "The period must end after it begins; choose a later to."


def test_a_period_of_times_has_the_days_that_it_touches() -> None:
    assert asked(2, from_="2024-03-01T23:59", to="2024-03-03T00:00").period is not None
    assert "has 3 days and at most 2" in refusal(2, from_="2024-03-01T23:59", to="2024-03-03T00:01")
    assert refusal(from_="1969-12-31T00:00", to="2024-01-01T00:00").startswith("from must lie between 1970-01-01")


@pytest.mark.parametrize("text", ["Mars/Olympus", "utc", "UTC+1", "+01:00", "localtime", "../UTC", "UTC\0", "Europe"])
def test_unknown_zones_are_refused(text: str) -> None:
    assert refusal(tz=text).startswith("tz must be an IANA time zone such as Europe/Berlin or UTC")


@pytest.mark.parametrize(
    ("tz", "today"), [("Pacific/Niue", "2024-02-29"), ("UTC", "2024-03-01"), ("Pacific/Kiritimati", "2024-03-02")]
)
def test_today_and_presets_are_those_of_the_zone(tz: str, today: str) -> None:
    query = asked(tz=tz, preset="today")
    day = date.fromisoformat(today)
    assert (query.today, query.timezone, query.period) == (day, tz, Period(day, day, tz))


def test_without_a_zone_that_of_the_widget_is_taken() -> None:
    by_widget = parse({"preset": ["today"]}, now=NOW, timezone="Pacific/Kiritimati")
    assert by_widget.timezone == "Pacific/Kiritimati"
    assert by_widget.period == Period(date(2024, 3, 2), date(2024, 3, 2), "Pacific/Kiritimati")
    assert parse({"tz": ["UTC"]}, now=NOW, timezone="Pacific/Kiritimati").period == LAST_30_DAYS
    assert parse({"tz": [""]}, now=NOW, timezone="Asia/Tokyo").timezone == "Asia/Tokyo"


# -- Rows behind a number -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [key for key in BY_KEY if key != "last_active"])
def test_the_rows_of_every_number_can_be_asked_for(key: str) -> None:
    rows = asked(rows=key).rows
    assert rows is not None
    assert (rows.metric, rows.day) == (BY_KEY[key], None)
    assert parse_behind({"metric": [key], "date": [""]}) == rows


def test_the_rows_of_a_day() -> None:
    rows = asked(rows="total_time@2024-02-29").rows
    assert rows is not None
    assert (rows.metric.key, rows.day) == ("total_time", date(2024, 2, 29))
    assert parse_behind({"metric": ["total_time"], "date": ["2024-02-29"]}) == rows
    at_its_end = asked(rows="total_time@").rows
    assert at_its_end is not None
    assert at_its_end.day is None


def test_rows_that_cannot_be_asked_for() -> None:
    for text in ("nothing", "Total_Time", "@2024-02-29", "total_time,skipped"):
        assert refusal(rows=text) == "rows names no number of this page; choose one on the page."
    assert refusal(rows="total_time@2024-02-30").startswith("date must be a calendar date written YYYY-MM-DD")
    assert refusal(rows="total_time@2024-02-29@2024-02-29").startswith("date must be a calendar date")
    assert refusal(rows="first_submitted_earlier@2024-02-29") == (
        "first_submitted_earlier speaks of the whole period; leave out the date."
    )


def test_a_download_of_rows_names_its_number() -> None:
    for given in ({}, {"metric": [""]}, {"metric": ["nothing"]}):
        with pytest.raises(InvalidQuery, match=r"^metric must be one of total_time, submitted_annotations, "):
            parse_behind(given)
    with pytest.raises(InvalidQuery, match=r"^date must be a calendar date"):
        parse_behind({"metric": ["skipped"], "date": ["soon"]})
    with pytest.raises(InvalidQuery, match=r"^metric may be given once only"):
        parse_behind({"metric": ["skipped", "updated"]})


@pytest.mark.parametrize(
    ("grain", "day", "part"),
    [
        ("day", "2024-02-29", ("2024-02-29", "2024-02-29")),
        ("week", "2024-02-29", ("2024-02-26", "2024-03-03")),
        ("week", "2024-02-14", ("2024-02-14", "2024-02-18")),  # the period begins on a Wednesday
        ("month", "2024-03-10", ("2024-03-01", "2024-03-10")),
        ("day", None, ("2024-02-14", "2024-03-10")),
    ],
)
def test_a_day_stands_for_the_bar_that_holds_it(grain: str, day: str | None, part: tuple[str, str]) -> None:
    rows = asked(rows=f"submitted@{day}" if day else "submitted").rows
    assert rows is not None
    period = Period(date(2024, 2, 14), date(2024, 3, 10), "UTC")
    assert rows.part(period, Grain(grain)) == Period(date.fromisoformat(part[0]), date.fromisoformat(part[1]), "UTC")


def test_the_rows_of_a_day_that_is_cut_by_a_time_of_day() -> None:
    period = Period.between(datetime(2024, 2, 14, 8), datetime(2024, 2, 16, 16), "UTC")  # noqa: DTZ001 (times of day)
    for day, part in (
        ("2024-02-14", ("2024-02-14T08:00", "2024-02-15T00:00")),
        ("2024-02-15", ("2024-02-15", "2024-02-15")),
        ("2024-02-16", ("2024-02-16T00:00", "2024-02-16T16:00")),
    ):
        rows = asked(rows=f"submitted@{day}").rows
        assert rows is not None
        assert rows.part(period, Grain.DAY).written == part
    rows = asked(rows="submitted@2024-02-17").rows
    assert rows is not None
    with pytest.raises(InvalidQuery, match="outside of the period, 2024-02-14T08:00 to 2024-02-16T16:00"):
        rows.part(period, Grain.DAY)


def test_a_day_outside_of_the_period_is_refused() -> None:
    period = Period(date(2024, 2, 14), date(2024, 3, 10), "UTC")
    for day in ("2024-02-13", "2024-03-11"):
        rows = asked(rows=f"submitted@{day}").rows
        assert rows is not None
        with pytest.raises(InvalidQuery, match="outside of the period, 2024-02-14 to 2024-03-10"):
            rows.part(period, Grain.DAY)
