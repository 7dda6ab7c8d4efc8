"""The six graphs as pure functions of a report: plain dicts in the words of plotly.js.

Of two to five members the graphs by date show a line for each, on one scale. Of more they show all of them together.

Colours are names of the stylesheet's custom properties (`--submitted`), filled in by the page when it draws. Texts are
dates, numbers and words of our own. Of what people typed only the names of members come into a figure.
`formats.figure_label` makes them harmless. Their ids are in it, too, and are not drawn.
"""

from collections.abc import Callable, Sequence

from perfwidget.metrics import Number
from perfwidget.page import formats, words
from perfwidget.page.axes import Figure, by_category, limit, note, plain, scale, time_unit
from perfwidget.page.series import (
    ANNOTATED,
    AVERAGE,
    EACH_MEDIAN,
    EACH_REVIEW_TIME,
    EACH_REVIEWED,
    EACH_SUBMITTED,
    EACH_TOTAL,
    EACH_TOTAL_MEDIAN,
    MEDIAN,
    PATTERN,
    REVIEW_TIME,
    REVIEWED,
    TOTAL,
    TOTAL_MEDIAN,
    Each,
    Series,
    bar,
    filled,
    limited,
    line,
    trace,
)
from perfwidget.question.query import Statistic
from perfwidget.report import Point, Report

Told = tuple[Series, Sequence[Number]]
"""A series and its number in each bucket."""

MOST_OF_A_RING = 0.9
"""With a larger part than that, nobody sees the others in a ring."""


def annotation_summary(report: Report) -> Figure:
    """Return the ring of submitted, updated and skipped annotations; bars where one part is almost all of them."""
    numbers = [report.values[series.key] or 0 for series in ANNOTATED]
    if max(numbers) > MOST_OF_A_RING * sum(numbers):
        return _parts(numbers)
    ring = {
        "type": "pie",
        "labels": [series.name for series in ANNOTATED],
        "meta": [series.key for series in ANNOTATED],
        "values": numbers,
        "customdata": [formats.count(number) for number in numbers],
        "hovertemplate": "%{label}: %{customdata} (%{percent})<extra></extra>",
        "textinfo": "none",
        "sort": False,
        "direction": "clockwise",
        "hole": 0.66,
        "marker": {
            "colors": [series.colour for series in ANNOTATED],
            "line": {"color": "--panel", "width": 2},
            "pattern": {
                **PATTERN,
                "shape": [series.pattern for series in ANNOTATED],
                # As an overlay, plotly.js looks for one colour that contrasts with those of all slices, and warns.
                "fillmode": "replace",
                "bgcolor": [series.colour for series in ANNOTATED],
            },
        },
    }
    layout = plain()
    layout["margin"] = {"l": 4, "r": 4, "t": 4, "b": 4}
    layout["annotations"] = [
        note(formats.count(sum(numbers)), 0.5, 0.5, size=22) | {"xref": "paper", "yshift": 8},
        note(words.IN_ALL, 0.5, 0.5, colour="--muted") | {"xref": "paper", "yshift": -14},
    ]
    return {"data": [ring], "layout": layout}


def annotations(report: Report) -> Figure:
    """Return the submitted, updated and skipped annotations of each bucket, stacked; of each member the submitted."""
    unit = words.ANNOTATIONS_PER[report.grain]
    return _counts_of_each(report, EACH_SUBMITTED, unit) if report.lines else _counts(report, ANNOTATED, unit)


def reviews(report: Report) -> Figure:
    """Return the review actions that the member took in each bucket, stacked; of each member all together."""
    unit = words.REVIEWS_PER[report.grain]
    return _counts_of_each(report, EACH_REVIEWED, unit) if report.lines else _counts(report, REVIEWED, unit)


def total_time(report: Report, statistic: Statistic) -> Figure:
    """Return the time spent in each bucket: the sum of its times, or its count times its median."""
    average = statistic is Statistic.AVERAGE
    if report.lines:
        return _times(report, of_each(report, EACH_TOTAL if average else EACH_TOTAL_MEDIAN), words.PER[report.grain])
    return _times(report, _of_all(report, TOTAL if average else TOTAL_MEDIAN), words.PER[report.grain], draw=bar)


def review_time(report: Report) -> Figure:
    """Return the time that the member looked at submitted annotations in each bucket."""
    if report.lines:
        return _times(report, of_each(report, EACH_REVIEW_TIME), words.PER[report.grain])
    return _times(report, _of_all(report, REVIEW_TIME), words.PER[report.grain], draw=bar)


def time_per_annotation(report: Report) -> Figure:
    """Return the median and the average time of the annotations of each bucket, of each member the median.

    Buckets without any leave a gap.
    """
    shown = of_each(report, EACH_MEDIAN) if report.lines else _of_all(report, MEDIAN, AVERAGE)
    return _times(report, shown, words.PER_ANNOTATION)


def of_each(report: Report, each: Each) -> list[Told]:
    """Return the line of each member, and its numbers: those of their buckets, added up where there are several."""
    names = map(formats.figure_label, formats.told_apart([line.user for line in report.lines]))
    return [
        (each.series(place, name, line.user.user_id), [added_up(each, point) for point in line.series])
        for place, (name, line) in enumerate(zip(names, report.lines, strict=True))
    ]


def added_up(each: Each, point: Point) -> Number:
    """Return what a line shows at a point; nothing where none of its numbers has a value."""
    there = [number for key in each.keys if (number := point.values[key]) is not None]
    return sum(there) if there else None


def _of_all(report: Report, *shown: Series) -> list[Told]:
    return [(series, [point.values[series.key] for point in report.series]) for series in shown]


def _parts(numbers: Sequence[float]) -> Figure:
    names = [series.name for series in ANNOTATED]
    traces = [
        trace(series, [series.name], [number], [formats.count(number)]) | filled(series) | {"meta": [series.key]}
        for series, number in zip(ANNOTATED, numbers, strict=True)
    ]
    layout = by_category(names, (), words.ANNOTATIONS, scale(max(numbers), whole=True), fewest=len(names))
    return {"data": traces, "layout": layout}


def _counts(report: Report, shown: Sequence[Series], unit: str) -> Figure:
    traces = [part for series, numbers in _of_all(report, *shown) for part in bar(report, series, numbers, numbers)]
    heights = [sum(filter(None, each)) for each in zip(*(part["y"] for part in traces), strict=True)]
    return limited(report, traces, unit, heights, list(map(formats.count, heights)), whole=True)


def _counts_of_each(report: Report, each: Each, unit: str) -> Figure:
    told = of_each(report, each)
    tallest = _tallest(told)
    traces = [part for series, numbers in told for part in line(report, series, numbers, numbers)]
    return limited(report, traces, unit, tallest, list(map(formats.count, tallest)), whole=True)


def _times(report: Report, told: Sequence[Told], per: str, *, draw: Callable[..., list[Figure]] = line) -> Figure:
    tallest = _tallest(told)
    unit = time_unit(limit(tallest) or max(tallest, default=0))
    traces = [
        part
        for series, numbers in told
        for part in draw(report, series, numbers, [None if each is None else each / unit.seconds for each in numbers])
    ]
    heights = [height / unit.seconds for height in tallest]
    return limited(report, traces, f"{unit.name} {per}", heights, list(map(formats.duration, tallest)), whole=False)


def _tallest(told: Sequence[Told]) -> list[float]:
    """Return the highest number of each bucket."""
    return [max(number or 0 for number in each) for each in zip(*(numbers for _, numbers in told), strict=True)]
