"""What the page draws of a report: graphs, tables, cards, and what stands beside them; from reports made by hand."""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from math import ceil, dist
from typing import Any

import plotly.graph_objects as go
import pytest
from dash.development.base_component import Component
from hypothesis import given
from hypothesis import strategies as st

from perfwidget.hosting.static_files import assets_folder
from perfwidget.metrics import BY_KEY, METRICS, Number, Rules, Section, Unit
from perfwidget.page import axes, figures
from perfwidget.page.answer import review_time_notice, show
from perfwidget.page.axes import Figure
from perfwidget.page.cards import SUMMARY, cards, definitions, folded, why_none
from perfwidget.page.heading import clock, heading
from perfwidget.page.panels import PANELS, shown
from perfwidget.question.period import Grain, Period
from perfwidget.question.query import Statistic
from perfwidget.report import Point, Report
from perfwidget.stores.choosing import Profile

NOTHING: dict[str, Number] = {
    metric.key: 0.0 if metric.unit is Unit.SECONDS else 0 for metric in METRICS
} | dict.fromkeys(
    (
        "total_time_median",
        "time_per_annotation_median",
        "time_per_annotation_average",
        "performance_score",
        "performance_score_without_own_reviews",
        "first_pass",
        "review_time_median",
        "review_time_average",
        "last_active",
    )
)
"""The numbers of a time in which nothing happened, where everything is recorded."""

EVERYTHING: dict[str, int | None] = dict.fromkeys(("actions", "reviews", "review_visits", "comments", "flags"))
BUSY: dict[str, Number] = {
    "submitted_annotations": 5,
    "submitted": 4,
    "updated": 1,
    "skipped": 3,
    "rejected": 2,
    "total_time": 900.5,
    "total_time_median": 750.0,
    "time_per_annotation_median": 150.0,
    "time_per_annotation_average": 180.1,
    "performance_score": 1 / 3,
    "reviews_accepted": 7,
    "reviews_rejected": 1,
    "reviews_fixed_and_accepted": 2,
    "review_time": 42.25,
}
EVIL = "<a href='//evil.example'>Ann</a>"


def report(
    *days: Mapping[str, Number],
    first: date = date(2024, 3, 4),
    grain: Grain = Grain.DAY,
    total: Mapping[str, Number] | None = None,
    **fields: Any,
) -> Report:
    """Return a report with the numbers of each day; what a day does not say is that of nothing happening."""
    period = Period(first, first + timedelta(days=len(days) - 1), "Europe/Berlin")
    values = {
        "users": (Profile("7", "ann@acme.example", EVIL, active=True, role="annotator"),),
        "members": (),
        "without_activity": 0,
        "asked_about": 1,
        "period": period,
        "scope": "all",
        "workspaces": (),
        "projects": (),
        "grain": grain,
        "values": NOTHING | dict(days[0] if total is None else total),
        "series": tuple(
            Point(bucket, NOTHING | dict(numbers)) for bucket, numbers in zip(period.buckets(grain), days, strict=False)
        ),
        "recorded": EVERYTHING,
        "rules": Rules(),
    }
    return Report(**{**values, **fields})


def all_figures(asked: Report) -> list[Figure]:
    return [figure for panel in PANELS for figure in panel.figures(asked).values()]


def leaves(part: Any) -> Iterator[Any]:
    """Yield every value in a figure."""
    if isinstance(part, Mapping):
        for each in part.values():
            yield from leaves(each)
    elif isinstance(part, list | tuple):
        for each in part:
            yield from leaves(each)
    else:
        yield part


def said(part: Any) -> str:
    """Return the text of elements, in the order in which it is read."""
    if isinstance(part, Component):
        return said(getattr(part, "children", None))
    if isinstance(part, list | tuple):
        return " ".join(" ".join(map(said, part)).split())
    return "" if part is None else str(part)


# -- Graphs -----------------------------------------------------------------------------------------------------------


def test_the_ring_shows_submitted_updated_and_skipped() -> None:
    figure = figures.annotation_summary(report(BUSY))
    [ring] = figure["data"]
    assert (ring["labels"], ring["values"]) == (["Submitted", "Updated", "Skipped"], [4, 1, 3])
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["8", "in all"]


def test_bars_take_the_place_of_a_ring_of_which_one_part_is_nearly_all() -> None:
    ring = figures.annotation_summary(report({"submitted": 90, "updated": 10}))
    assert [trace["type"] for trace in ring["data"]] == ["pie"]
    figure = figures.annotation_summary(report({"submitted": 91, "updated": 8, "skipped": 1}))
    assert [(trace["type"], trace["x"], trace["y"], trace["meta"]) for trace in figure["data"]] == [
        ("bar", ["Submitted"], [91], ["submitted"]),
        ("bar", ["Updated"], [8], ["updated"]),
        ("bar", ["Skipped"], [1], ["skipped"]),
    ]


@pytest.mark.parametrize(
    ("heights", "limit"),
    [
        ([], None),
        ([1, 1, 1, 90], None),  # of so few, none is usual
        ([1, 1, 1, 1, 90], 1.25),
        ([0, 0, 3, 2, 4, 1, 16], None),  # not more than four times the next
        ([0, 0, 3, 2, 4, 1, 16.1], 5),
        ([2] * 18 + [50, 60], 2.5),  # a tenth may lie outside
        ([2] * 17 + [50, 60, 70], None),  # with the third, it is no exception
    ],
)
def test_an_axis_ends_before_outliers(heights: list[float], limit: float | None) -> None:
    assert axes.limit(heights) == limit


def test_what_is_higher_than_its_axis_is_marked_and_can_be_shown() -> None:
    times = [600.0, 700.0, 36_000.0, 800.0, 500.0]
    figure = figures.review_time(report(*({"review_time": each} for each in times)))
    layout = figure["layout"]
    unit, *marks = layout["annotations"]
    assert unit["text"] == "minutes per day"  # the unit of what is usual
    assert 800 / 60 < layout["yaxis"]["range"][1] < 36_000 / 60
    assert [(note["x"], note["text"]) for note in marks] == [(2, "▲"), (2, "10h 0m 0s")]
    assert figure["data"][0]["y"][2] == 600  # the bar itself is whole
    full = layout["meta"]["full"]
    assert full["yaxis"]["range"][1] > 600
    assert [note["text"] for note in full["annotations"]] == ["minutes per day"]
    assert "meta" not in figures.review_time(report(*({"review_time": each} for each in times[:2])))["layout"]


def test_annotations_are_stacked_by_day() -> None:
    figure = figures.annotations(report(BUSY, {}, {"submitted": 1_200}))
    assert figure["layout"]["barmode"] == "stack"
    assert [(trace["name"], trace["y"]) for trace in figure["data"]] == [
        ("Submitted", [4, 0, 1_200]),
        ("Updated", [1, 0, 0]),
        ("Skipped", [3, 0, 0]),
    ]
    assert figure["data"][0]["x"] == ["Mon 4 Mar 2024", "Tue 5 Mar 2024", "Wed 6 Mar 2024"]
    assert figure["data"][0]["customdata"] == ["4", "0", "1,200"]
    assert figure["layout"]["annotations"][0]["text"] == "annotations per day"


def test_a_few_annotations_have_whole_numbers_on_their_axis() -> None:
    assert figures.annotations(report({"submitted": 2}))["layout"]["yaxis"]["tickvals"] == [0, 1, 2]
    assert figures.annotations(report({"submitted": 200}))["layout"]["yaxis"]["tickvals"] == [0, 50, 100, 150, 200]


@pytest.mark.parametrize(
    ("most", "whole", "step", "longest"),
    [
        (0, True, 1, "1"),
        (1, True, 1, "1"),
        (5, True, 1, "5"),
        (6, True, 2, "6"),
        (11, True, 5, "10"),
        (1_234, True, 500, "1,000"),
        (10_000, True, 2_000, "10,000"),
        (2.4, False, 0.5, "2.5"),
        (0.06, False, 0.02, "0.06"),
        (0.0000015, False, 0.0000005, "0.0000015"),
        (26.5, False, 10, "20"),
        (3_000_000.5, False, 1_000_000, "3,000,000"),
    ],
)
def test_an_axis_of_values_has_round_marks_and_room_for_them(
    most: float, whole: bool, step: float, longest: str
) -> None:
    found = axes.scale(most, whole=whole)
    assert (found.marks[1], found.texts[0], found.texts[-1]) == (step, "0", longest)


@given(st.floats(1e-7, 1e15), st.booleans())
def test_an_axis_of_values_is_never_crowded(most: float, whole: bool) -> None:
    most = ceil(most) if whole else most
    found = axes.scale(most, whole=whole)
    step = found.marks[1]
    assert most / step <= 5
    assert most / step >= 1.99 or (whole and step == 1)
    assert found.marks == pytest.approx([place * step for place in range(len(found.marks))])
    assert most < found.top <= found.marks[-1] + step
    assert len(set(found.texts)) == len(found.marks)


def test_total_time_is_the_sum_or_the_count_times_the_median() -> None:
    asked = report(BUSY, {})
    [average] = figures.total_time(asked, Statistic.AVERAGE)["data"]
    [median] = figures.total_time(asked, Statistic.MEDIAN)["data"]
    assert average["y"] == [pytest.approx(900.5 / 60), 0.0]
    assert average["customdata"] == ["15m 1s", "0s"]
    assert median["y"] == [pytest.approx(750 / 60), None]
    assert median["customdata"] == ["12m 30s", "—"]


def test_time_per_annotation_has_a_gap_where_nobody_worked() -> None:
    median, average = figures.time_per_annotation(report(BUSY, {}, BUSY))["data"]
    assert median["y"] == [2.5, None, 2.5]
    assert not median["connectgaps"]
    assert (median["line"]["dash"], median["marker"]["symbol"]) != (
        average["line"]["dash"],
        average["marker"]["symbol"],
    )
    assert average["customdata"] == ["3m 0s", "—", "3m 0s"]


def test_reviews_are_stacked_by_kind() -> None:
    traces = figures.reviews(report(BUSY))["data"]
    assert [(trace["name"], trace["y"]) for trace in traces] == [
        ("Accepted", [7]),
        ("Rejected", [1]),
        ("Fixed + accepted", [2]),
    ]


@pytest.mark.parametrize(
    ("seconds", "title", "height"),
    [(42.25, "seconds per day", 42.25), (1_800.0, "minutes per day", 30), (36_000.0, "hours per day", 10)],
)
def test_times_have_a_readable_unit(seconds: float, title: str, height: float) -> None:
    figure = figures.review_time(report({"review_time": seconds}))
    assert figure["layout"]["annotations"][0]["text"] == title
    assert figure["data"][0]["y"] == [height]


@pytest.mark.parametrize(
    ("first", "last", "grain", "marks"),
    [
        (date(2024, 3, 4), date(2024, 3, 4), Grain.DAY, ["4 Mar<br>2024"]),
        (date(2024, 3, 29), date(2024, 4, 1), Grain.DAY, ["29 Mar<br>2024", "30 Mar", "31 Mar", "1 Apr"]),
        (
            date(2023, 12, 20),
            date(2024, 1, 18),
            Grain.DAY,
            ["25 Dec<br>2023", "1 Jan<br>2024", "8 Jan", "15 Jan"],
        ),
        (
            date(2023, 1, 1),
            date(2024, 12, 31),
            Grain.WEEK,
            ["Jan<br>2023", "Apr", "Jul", "Oct", "Jan<br>2024", "Apr", "Jul", "Oct"],
        ),
        (date(2024, 11, 15), date(2025, 2, 3), Grain.MONTH, ["Nov<br>2024", "Dec", "Jan<br>2025", "Feb"]),
        (date(2015, 3, 4), date(2025, 3, 3), Grain.MONTH, [str(year) for year in range(2016, 2026)]),
        (date(2015, 3, 4), date(2025, 3, 3), Grain.DAY, [str(year) for year in range(2016, 2026)]),
        (date(1970, 1, 1), date(2025, 3, 3), Grain.MONTH, [str(year) for year in range(1970, 2026, 5)]),
    ],
)
def test_dates_read_well_from_a_day_to_decades(first: date, last: date, grain: Grain, marks: list[str]) -> None:
    buckets = Period(first, last, "UTC").buckets(grain)
    ticks = axes.ticks(buckets, grain)
    assert [tick.text for tick in ticks] == marks
    for tick in ticks:
        if re.fullmatch("[0-9]{4}", tick.text) and tick.place:
            assert buckets[tick.place - 1].first.year < buckets[tick.place].first.year == int(tick.text)


@pytest.mark.parametrize("grain", Grain)
@pytest.mark.parametrize("days", [1, 2, 9, 10, 31, 92, 93, 366, 731, 732, 3_660, 30_000])
def test_an_axis_of_dates_is_never_crowded(grain: Grain, days: int) -> None:
    buckets = Period(date(2024, 2, 29), date(2024, 2, 28) + timedelta(days=days), "UTC").buckets(grain)
    assert 1 <= len(axes.ticks(buckets, grain)) <= 13


def test_a_single_day_leaves_room_beside_its_bar() -> None:
    low, high = figures.annotations(report(BUSY))["layout"]["xaxis"]["range"]
    assert (low, high) == (-3.5, 3.5)


def test_ten_years_of_days_are_a_few_shapes() -> None:
    """plotly.js makes an element of every bar and every point; a shape of many points is one."""
    days = [BUSY if number % 10 == 5 else {} for number in range(3_660)]
    asked = report(*days, total=BUSY)
    for figure in (figures.annotations(asked), figures.review_time(asked)):
        assert {(trace["type"], trace["mode"]) for trace in figure["data"]} == {("scatter", "lines")}
        assert [len(trace["y"]) for trace in figure["data"]] == [3_660] * len(figure["data"])
    median, alone, *_ = figures.time_per_annotation(asked)["data"]
    assert (median["mode"], alone["mode"]) == ("lines", "markers")
    # Each tenth day stands alone, and would not be seen as a part of a line.
    assert (len(alone["y"]), alone["x"][0]) == (366, "Sat 9 Mar 2024")


def test_points_have_marks_until_they_would_touch_each_other() -> None:
    two_months, longer = (figures.time_per_annotation(report(*[BUSY] * days, total=BUSY)) for days in (62, 63))
    assert [trace["mode"] for trace in two_months["data"]] == ["lines+markers"] * 2
    assert [trace["mode"] for trace in longer["data"]] == ["lines"] * 2


def test_figures_are_what_plotly_takes_and_the_bundle_can_draw() -> None:
    long = report(*[BUSY] * 500, total=BUSY)
    for figure in all_figures(report(BUSY, {})) + all_figures(long):
        assert {trace["type"] for trace in figure["data"]} <= {"pie", "bar", "scatter"}
        painted = json.loads(re.sub(r'"--[a-z-]+"', '"#123456"', json.dumps(figure, allow_nan=False)))
        painted["layout"]["xaxis"].pop("unifiedhovertitle", None) if "xaxis" in painted["layout"] else None
        go.Figure(painted)


def test_nothing_that_people_typed_comes_into_a_figure() -> None:
    asked = report(BUSY, scope=(EVIL,), projects=(EVIL,), workspaces=(EVIL,))
    texts = [leaf for figure in all_figures(asked) for leaf in leaves(figure) if isinstance(leaf, str)]
    assert texts
    assert not any("evil" in text for text in texts)


# -- Colours ----------------------------------------------------------------------------------------------------------


def palettes() -> dict[str, dict[str, str]]:
    """Return the custom properties of the stylesheet that are colours, by theme."""
    text = (assets_folder() / "perfwidget.css").read_text()
    blocks = re.findall(r'\[data-bs-theme="(light|dark)"\] \{(.*?)\}', text, re.DOTALL)
    return {theme: dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]{6});", block)) for theme, block in blocks}


def linear(colour: str) -> list[float]:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(colour: str) -> float:
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


SEEN_BY = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    # Machado, Oliveira and Fernandes 2009, severity 1.0, on linear colours.
    "protanopia": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "deuteranopia": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "tritanopia": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}


def lab(colour: str, eyes: str) -> tuple[float, float, float]:
    """Return where a colour lies in CIE L*a*b* as somebody sees it."""
    parts = linear(colour)
    seen = [sum(weight * part for weight, part in zip(row, parts, strict=True)) for row in SEEN_BY[eyes]]
    red, green, blue = (min(1.0, max(0.0, part)) for part in seen)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def test_every_colour_of_a_figure_is_in_both_themes() -> None:
    used = {
        leaf
        for figure in all_figures(report(BUSY))
        for leaf in leaves(figure)
        if isinstance(leaf, str) and leaf.startswith("--")
    }
    text = (assets_folder() / "perfwidget.css").read_text()
    assert {f"--{look}" for look in ("submitted", "updated", "skipped", "accepted", "rejected", "fixed")} <= used
    for name in used:
        assert len(re.findall(rf"^\s+{name}: ", text, re.MULTILINE)) == 2, name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_series_stand_out_from_the_panel_and_text_can_be_read(theme: str) -> None:
    palette = palettes()[theme]
    looks = {series.colour for panel in PANELS for series in panel.series} | {"--rejected"}
    assert {look: contrast(palette[look], palette["--panel"]) >= 3 for look in looks} == dict.fromkeys(looks, True)
    for text in ("--text", "--muted", "--accent"):
        assert min(contrast(palette[text], palette[ground]) for ground in ("--panel", "--page")) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("eyes", SEEN_BY)
def test_series_of_one_graph_are_told_apart_by_all_eyes(theme: str, eyes: str) -> None:
    palette = palettes()[theme]
    for panel in PANELS:
        looks = [series.colour for series in panel.series]
        for one, other in combinations(looks, 2):
            apart = dist(lab(palette[one], eyes), lab(palette[other], eyes))
            assert apart >= 15, (one, other)


def test_series_of_one_graph_are_told_apart_without_colour() -> None:
    for panel in PANELS:
        looks = [(series.pattern, series.dash, series.symbol) for series in panel.series]
        assert len(set(looks)) == len(looks), panel.name


# -- Panels -----------------------------------------------------------------------------------------------------------


def messages(asked: Report) -> list[str | None]:
    return [shown(panel, asked).message for panel in PANELS]


def test_a_busy_time_needs_no_words() -> None:
    assert messages(report(BUSY)) == [None] * 6


def test_an_empty_time_says_so_in_every_panel() -> None:
    assert messages(report({}, {})) == [
        "No work in this period.",
        "No work in this period.",
        "No submitted annotations in this period.",
        "No submitted annotations in this period.",
        "No review time in this period.",
        "No reviews taken in this period.",
    ]


def test_an_empty_scope_is_told_from_an_empty_time() -> None:
    assert set(messages(report({}, scope=()))) == {"There is no project in your scope, so there is nothing to show."}


def test_filters_are_named_where_they_may_be_the_reason() -> None:
    assert set(messages(report({}, projects=("p1",)))) == {
        f"{sentence} Filters narrow what is shown."
        for sentence in (
            "No work in this period.",
            "No submitted annotations in this period.",
            "No review time in this period.",
            "No reviews taken in this period.",
        )
    }


def test_what_a_source_can_never_fill_is_one_line_for_the_whole_page() -> None:
    at, since = datetime(2024, 3, 4, tzinfo=UTC), date(2020, 1, 1)
    page = show(report(BUSY, recorded={}), since, at)
    hidden = {panel.name for panel in PANELS if page[panel.message, "className"] == "message never"}
    assert hidden == {"review-time", "reviews"}
    assert [each.id for each in page["cards", "children"]][-1] == "card-time-per-annotation-average"
    told = said(page["notes", "children"][:1])
    assert told == "Not recorded by this source, and so not shown: Performance Score, Review Time, Reviews"
    assert said(page["notes", "children"]).count("not shown") == 1

    partly = show(report(BUSY, recorded={"reviews": None}), since, at)
    assert {panel.name for panel in PANELS if partly[panel.message, "className"] != "message"} == {"review-time"}
    assert [each.id for each in partly["cards", "children"]][-1] == "card-performance-score"
    assert said(partly["notes", "children"][:1]).endswith("not shown: Review Time")

    everything = show(report(BUSY), since, at)
    assert "not shown" not in said(everything["notes", "children"])


def test_what_is_not_recorded_is_told_from_what_did_not_happen() -> None:
    unknown = {"review_time": None, "reviews_accepted": None, "reviews_rejected": None}
    assert messages(report(unknown, recorded={}))[4:] == [
        "Review time is not recorded by this source.",
        "Reviews are not recorded by this source.",
    ]
    later = report({"review_time": None}, total={"review_time": 0.0})
    assert messages(later)[4] == "Review time was not yet recorded in this period."


def test_work_without_a_usable_time_has_bars_and_no_times() -> None:
    timeless: dict[str, Number] = {"submitted_annotations": 2, "submitted": 2, "total_time": None}
    sentence = "No annotation of this period has a usable time."
    assert messages(report(timeless))[:4] == [None, None, sentence, sentence]


def test_a_panel_that_fails_says_so_and_the_others_stay(caplog: pytest.LogCaptureFixture) -> None:
    broken = report(BUSY)
    without = tuple(
        Point(point.bucket, {key: number for key, number in point.values.items() if key != "review_time"})
        for point in broken.series
    )
    with caplog.at_level(logging.ERROR):
        drawn = show(report(BUSY, series=without), date(2025, 9, 25), datetime.now(UTC))
    said = {panel.name: drawn[panel.message, "children"] for panel in PANELS}
    assert {name for name, message in said.items() if message} == {"review-time"}
    assert said["review-time"] == "This graph could not be drawn; the server's log says why."
    assert "review-time" in caplog.text


def test_tables_hold_the_very_digits_of_the_report() -> None:
    asked = report(BUSY, {})
    tables = {panel.name: panel.table(asked)._asdict() for panel in PANELS if not panel.emptiness(asked)}
    assert {key: [*value] if key == "keys" else value for key, value in tables["total-time"].items()} == {
        "head": ["Day", "Total Time", "Total Time, s", "Total Time (Median)", "Total Time (Median), s"],
        "rows": [
            ("Mon 4 Mar 2024", "15m 1s", "900.5", "12m 30s", "750.0"),
            ("Tue 5 Mar 2024", "0s", "0.0", "—", "—"),
        ],
        "keys": ["", "total_time", "", "total_time_median", ""],
        "dated": True,
        "whose": (),
    }
    assert tables["annotations"]["rows"] == [("Mon 4 Mar 2024", "4", "1", "3"), ("Tue 5 Mar 2024", "0", "0", "0")]
    assert tables["annotation-summary"]["rows"] == [
        ["Submitted", "4", "50 %"],
        ["Updated", "1", "13 %"],
        ["Skipped", "3", "38 %"],
        ["Rejected, not counted", "2", "—"],
    ]
    assert tables["annotation-summary"]["keys"] == ["submitted", "updated", "skipped", "rejected"]


def test_every_mark_knows_the_number_that_it_shows() -> None:
    drawn = {panel.name: shown(panel, report(BUSY, {})).figures for panel in PANELS}
    assert drawn["annotation-summary"][""]["data"][0]["meta"] == ["submitted", "updated", "skipped"]
    assert [trace["meta"] for trace in drawn["annotations"][""]["data"]] == ["submitted", "updated", "skipped"]
    assert [drawn["total-time"][each]["data"][0]["meta"] for each in ("average", "median")] == [
        "total_time",
        "total_time_median",
    ]


# -- Numbers in words -------------------------------------------------------------------------------------------------


def test_the_rejected_stand_beside_the_summary_whether_or_not_they_count() -> None:
    at = datetime(2024, 3, 4, tzinfo=UTC)
    counting = report(BUSY, rules=Rules(count_rejected=True))
    legends = [
        said(show(asked, date(2020, 1, 1), at)["annotation-summary-legend", "children"])
        for asked in (report(BUSY), counting)
    ]
    assert legends[0].endswith("Rejected, not counted 2")
    assert legends[1].endswith("Rejected, counted above 2")


def reasons(asked: Report) -> list[str]:
    return [why_none(metric, asked) for metric in SUMMARY]


def test_a_card_without_a_value_says_why() -> None:
    nobody, reviews = "no submitted annotations in this period", "no reviews in this period"
    assert reasons(report({})) == ["", "", nobody, nobody, nobody, reviews]
    timeless: dict[str, Number] = {"submitted_annotations": 2, "total_time": None}
    assert reasons(report(timeless))[2:5] == ["no annotation with a usable time"] * 3
    assert reasons(report({}, recorded={}))[5] == "no reviews recorded by this source"
    assert reasons(report({"fixes_without_score": 1}))[5] == "no review with a score"


def beside(asked: Report) -> list[list[str]]:
    """Return what stands below the number of each card."""
    return [[said(part) for part in card.children[2:]] for card in cards(asked)]


def test_what_a_number_cannot_be_read_without_stands_on_its_card() -> None:
    numbers = {"lead_time_missing": 1, "lead_time_invalid": 2, "own_reviews": 3, "first_submitted_earlier_time": 65.0}
    total, submitted, *times, score = beside(report(BUSY | numbers))
    assert total == ["Without a time: 1", "With an invalid time: 2", "Time of those first submitted earlier: 1m 5s"]
    assert submitted == ["Rejected: 2, not counted"]
    assert times == [[], [], []]
    assert score == ["Own reviews: 3"]
    assert beside(report({"own_reviews": 3, "performance_score_without_own_reviews": 0.0}))[-1][-1:] == [
        "Performance Score without own reviews: 0 %"
    ]
    assert beside(report({"moved_later": 2, "moved_later_time": 61.0, "days_over_24_hours": 1}))[:2] == [
        ["Time moved to a later period, not counted here: 1m 1s", "Days of more than 24 hours: 1"],
        ["Moved to a later period: 2"],
    ]
    assert beside(report(BUSY, rules=Rules(count_rejected=True)))[1] == ["Rejected: 2, counted"]


def test_the_total_time_says_what_the_longest_times_make_up_of_it() -> None:
    # 450.25 of 900.5 seconds are exactly a half.
    [said_of_it] = beside(report(BUSY | {"long_time": 450.25, "long_annotations": 2}))[0]
    assert said_of_it == "50 % of it in 2 annotations longer than ten times the median"
    assert beside(report(BUSY))[0] == []


def test_what_reviewers_said_stands_in_two_lines_beside_the_score() -> None:
    numbers = {"first_pass": 0.75, "received_accepted": 12, "received_rejected": 3, "comments_received": 2}
    assert beside(report(BUSY | numbers))[-1] == [
        "First pass: 75 %",
        "Accepted: 12 · Rejected by reviewers: 3",
        "Comments received: 2",
    ]


def test_notes_that_are_0_or_not_recorded_take_one_line() -> None:
    silent = [metric for metric in METRICS if metric.section in (Section.NOT_COUNTED, Section.NOTES)]
    [line] = folded(report({}))
    assert said(line).startswith(f"{len(silent)} more, all 0 ")
    assert all(metric.label in said(line) and metric.definition in said(line) for metric in silent)
    missing: dict[str, Number] = {metric.key: None for metric in silent if metric.needs is not None}
    [_, line] = folded(report(missing, recorded={}))
    assert said(line).startswith(f"{len(silent)} more, all 0 or not recorded ")
    told = {"flags": "Not told by this source.", "reviews": "Not recorded by this source."}
    for kind, sentence in told.items():
        without = [key for key in missing if (BY_KEY[key].needs == "flags") == (kind == "flags")]
        assert said(line).count(sentence) == len(without)
    # What is told on a card is not told again; what has no card stands by itself.
    note, line = folded(report({"own_reviews": 1, "other_reviews": 4}))
    assert said(note).startswith(f"{BY_KEY['other_reviews'].label} : 4 ")
    assert said(line).startswith(f"{len(silent) - 2} more")


def test_every_number_has_its_definition() -> None:
    text = said(definitions())
    assert all(metric.definition in text for metric in METRICS)


def test_the_heading_says_whose_figures_of_when_where_and_in_which_scope() -> None:
    at = datetime(2024, 3, 31, 14, 5, tzinfo=UTC)
    parts = heading(report(BUSY, {}))
    assert said(parts) == f"{EVIL} ann@acme.example · 4 – 5 Mar 2024 · Europe/Berlin · all projects ·"
    assert clock(at, at).text == "as of 14:05"
    assert clock(at, at + timedelta(days=1)).text == "as of Sun 31 Mar 2024 14:05"
    own = report(BUSY, scope=("p1", "p2"), projects=("p1",), workspaces=("w1", "w2"))
    assert "2 workspaces and 1 project of your 2 projects" in said(heading(own))
    few = report(BUSY, scope=("p1",), users=(), asked_about=2)
    assert "2 members · 4 Mar 2024 · Europe/Berlin · your 1 project; work in other" in said(heading(few))
    gone = report(BUSY, users=(Profile("7", None, None, active=False, role=None),))
    assert said(heading(gone)).startswith("7 · inactive · 4 Mar 2024")


def test_a_period_before_review_time_was_recorded_has_a_notice() -> None:
    setting = date(2024, 3, 6)
    sentence = "Recorded since 6 Mar 2024: nothing is known of the time before."
    assert review_time_notice(report({}, {}, {}), setting) == sentence
    assert review_time_notice(report({}, first=setting), setting) is None
    assert review_time_notice(report({}, recorded={}), setting) is None
    # The source itself began later, in the evening of the seventh in Berlin.
    since = int(datetime(2024, 3, 7, 22, tzinfo=UTC).timestamp()) * 1_000_000
    later = report({}, first=setting, recorded={"review_visits": since})
    assert review_time_notice(later, setting) == sentence.replace("6 Mar", "7 Mar")
