"""The six graphs as pure functions of a report: plain dicts in the words of plotly.js.

Colours are names of the stylesheet's custom properties (`--submitted`), filled in by the page when it draws. Texts are
dates, numbers and words of our own; nothing that people typed comes into a figure. Places on the axis of dates are
categories, each named by what its bar stands for.
"""

from collections.abc import Sequence
from functools import lru_cache

from perfwidget.metrics import Number
from perfwidget.page import formats, words
from perfwidget.page.axes import Scale, Tick, TimeUnit, limit, scale, ticks, time_unit
from perfwidget.page.graph_style import (
    ANNOTATED,
    AVERAGE,
    MARK_SIZE,
    MEDIAN,
    PATTERN,
    REVIEW_TIME,
    REVIEWED,
    TOTAL,
    TOTAL_MEDIAN,
    Figure,
    Series,
    by_category,
    note,
    plain,
)
from perfwidget.question.period import Grain, Period
from perfwidget.question.query import Statistic
from perfwidget.report import Report

MOST_BARS = 400
"""With more buckets than that, no bar is a shape of its own: plotly.js needs a fifth of a millisecond for each."""

MOST_POINTS = 62
"""With more buckets than that, points of a line would touch each other, and get no marks unless they stand alone."""

MOST_OF_A_RING = 0.9
"""With a larger part than that, nobody sees the others in a ring."""

MOST_LABELS = 4
"""Outliers that are labelled side by side in a narrow graph, the highest first."""

OUTLIERS_ABOVE, ARROW = 26, 11  # pixels


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
    """Return the submitted, updated and skipped annotations of each bucket, stacked."""
    return _counts(report, ANNOTATED, words.ANNOTATIONS_PER[report.grain])


def reviews(report: Report) -> Figure:
    """Return the review actions that the member took in each bucket, stacked."""
    return _counts(report, REVIEWED, words.REVIEWS_PER[report.grain])


def total_time(report: Report, statistic: Statistic) -> Figure:
    """Return the time spent in each bucket: the sum of its times, or its count times its median."""
    return _times(report, (TOTAL if statistic is Statistic.AVERAGE else TOTAL_MEDIAN,), words.PER[report.grain])


def review_time(report: Report) -> Figure:
    """Return the time that the member looked at submitted annotations in each bucket."""
    return _times(report, (REVIEW_TIME,), words.PER[report.grain])


def time_per_annotation(report: Report) -> Figure:
    """Return the median and the average time of the annotations of each bucket; buckets without any leave a gap."""
    return _times(report, (MEDIAN, AVERAGE), words.PER_ANNOTATION, lines=True)


def _parts(numbers: Sequence[float]) -> Figure:
    names = [series.name for series in ANNOTATED]
    traces = [
        _trace(series, [series.name], [number], [formats.count(number)]) | _filled(series) | {"meta": [series.key]}
        for series, number in zip(ANNOTATED, numbers, strict=True)
    ]
    layout = by_category(names, (), words.ANNOTATIONS, scale(max(numbers), whole=True), fewest=len(names))
    return {"data": traces, "layout": layout}


def _counts(report: Report, shown: Sequence[Series], unit: str) -> Figure:
    traces = [trace for series in shown for trace in _bar(report, series, _numbers(report, series))]
    heights = [sum(filter(None, each)) for each in zip(*(trace["y"] for trace in traces), strict=True)]
    return _limited(report, traces, unit, heights, list(map(formats.count, heights)), whole=True)


def _times(report: Report, shown: Sequence[Series], per: str, *, lines: bool = False) -> Figure:
    numbers = [[number or 0 for number in _numbers(report, series)] for series in shown]
    tallest = [max(each) for each in zip(*numbers, strict=True)]
    unit = time_unit(limit(tallest) or max(tallest, default=0))
    draw = _line if lines else _bar
    traces = [trace for series in shown for trace in draw(report, series, _scaled(_numbers(report, series), unit))]
    heights = [height / unit.seconds for height in tallest]
    return _limited(report, traces, f"{unit.name} {per}", heights, list(map(formats.duration, tallest)), whole=False)


def _limited(
    report: Report, traces: list[Figure], unit: str, heights: Sequence[float], texts: Sequence[str], *, whole: bool
) -> Figure:
    """Return a graph whose axis shows what is usual; what is above is marked, and `meta.full` shows it all."""
    full = _dated(report, unit, scale(max(heights), whole=whole))
    most = limit(heights)
    if most is None:
        return {"data": traces, "layout": full}
    layout = _dated(report, unit, scale(most, whole=whole))
    layout["margin"]["t"] += OUTLIERS_ABOVE
    above = [place for place, height in enumerate(heights) if height > layout["yaxis"]["range"][1]]
    labelled: list[int] = []
    for place in sorted(above, key=heights.__getitem__, reverse=True):  # each with room for its label
        if all(abs(place - other) * MOST_LABELS >= len(heights) for other in labelled):
            labelled.append(place)
    layout["annotations"] += [note("▲", place, 1, size=9) | {"yanchor": "bottom"} for place in above]
    layout["annotations"] += [
        note(texts[place], place, 1, size=11)
        | {"yanchor": "bottom", "yshift": ARROW, "xanchor": _side(place, len(heights))}
        for place in labelled
    ]
    shown = {name: full[name] for name in ("yaxis", "margin", "annotations")}
    return {"data": traces, "layout": layout | {"meta": {"full": shown, "label": words.FULL_RANGE}}}


def _side(place: int, places: int) -> str:
    """Return which side of a label stands at its place: near the edges it leans inwards."""
    if place * 2 * MOST_LABELS < places:
        return "left"
    return "right" if (places - 1 - place) * 2 * MOST_LABELS < places else "center"


def _numbers(report: Report, series: Series) -> list[Number]:
    return [point.values[series.key] for point in report.series]


def _scaled(numbers: Sequence[Number], unit: TimeUnit) -> list[Number]:
    return [None if number is None else number / unit.seconds for number in numbers]


def _bar(report: Report, series: Series, heights: Sequence[Number]) -> list[Figure]:
    trace = _bucket_trace(report, series, heights)
    if len(heights) <= MOST_BARS:
        return [trace | _filled(series)]
    # Bars thinner than a pixel: the outline of all of them is one shape instead of thousands, and looks the same.
    step = {"shape": "hvh", "width": 0}
    fill = {"fillcolor": series.colour, "fillpattern": _pattern(series)}
    return [trace | {"type": "scatter", "mode": "lines", "stackgroup": "all", "line": step, **fill}]


def _line(report: Report, series: Series, heights: Sequence[Number]) -> list[Figure]:
    line = {"color": series.colour, "width": 2, "dash": series.dash}
    marker = {"color": series.colour, "symbol": series.symbol, "size": MARK_SIZE}
    trace = _bucket_trace(report, series, heights) | {
        "type": "scatter",
        "line": line,
        "marker": marker,
        "connectgaps": False,
    }
    if len(heights) <= MOST_POINTS:
        return [trace | {"mode": "lines+markers"}]
    # A line shows no point that stands alone; these few keep their marks.
    alone = [
        number if before is None and after is None else None
        for before, number, after in zip([None, *heights[:-1]], heights, [*heights[1:], None], strict=True)
    ]
    marks = trace | {"mode": "markers", "hoverinfo": "skip"}
    for key in ("x", "customdata"):
        marks[key] = [each for each, number in zip(trace[key], alone, strict=True) if number is not None]
    marks["y"] = [number for number in alone if number is not None]
    del marks["hovertemplate"]
    return [trace | {"mode": "lines"}, *([marks] if marks["x"] else [])]


def _filled(series: Series) -> Figure:
    return {"type": "bar", "marker": {"color": series.colour, "pattern": _pattern(series)}}


def _bucket_trace(report: Report, series: Series, heights: Sequence[Number]) -> Figure:
    texts = formats.values(series.metric, _numbers(report, series))
    return _trace(series, _places(report.period, report.grain), list(heights), texts)


def _trace(series: Series, places: Sequence[str], heights: Sequence[Number], texts: Sequence[str]) -> Figure:
    return {
        "name": series.name,
        "meta": series.key,
        "x": places,
        "y": heights,
        "customdata": texts,
        "hovertemplate": f"{series.name}: %{{customdata}}<extra></extra>",
    }


# Every trace and axis of a page names the same buckets.
@lru_cache(maxsize=8)
def _places(period: Period, grain: Grain) -> list[str]:
    return [formats.bucket(bucket, grain) for bucket in period.buckets(grain)]


@lru_cache(maxsize=8)
def _ticks(period: Period, grain: Grain) -> list[Tick]:
    return ticks(period.buckets(grain), grain)


def _pattern(series: Series) -> Figure:
    return {**PATTERN, "shape": series.pattern, "fillmode": "overlay"}


def _dated(report: Report, unit: str, values: Scale) -> Figure:
    return by_category(_places(report.period, report.grain), _ticks(report.period, report.grain), unit, values)
