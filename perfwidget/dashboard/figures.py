"""The six graphs as pure functions of a report: plain dicts in the words of plotly.js, drawn by `assets/charts.js`.

Colours are names of the stylesheet's custom properties (`--submitted`), so that a theme changes without new figures.
Texts are dates, numbers and words of our own; nothing that people typed comes into a figure. On the axis of dates, a
bucket's place is its number in the report.
"""

from collections.abc import Sequence
from typing import Any

from perfwidget.dashboard import formats, words
from perfwidget.dashboard.axes import TimeUnit, ticks, time_unit
from perfwidget.dashboard.series import (
    ANNOTATED,
    AVERAGE,
    MEDIAN,
    REVIEW_TIME,
    REVIEWED,
    TOTAL,
    TOTAL_MEDIAN,
    Series,
)
from perfwidget.metrics import Number
from perfwidget.query import Statistic
from perfwidget.report import Report

Figure = dict[str, Any]

FEWEST_PLACES = 7
"""An axis of dates leaves room for so many bars, so that a single day does not become a wall."""


def annotation_summary(report: Report) -> Figure:
    """Return the ring of submitted, updated and skipped annotations."""
    numbers = [report.values[series.key] or 0 for series in ANNOTATED]
    ring = {
        "type": "pie",
        "labels": [series.name for series in ANNOTATED],
        "meta": [series.key for series in ANNOTATED],
        "values": numbers,
        "customdata": [formats.count(number) for number in numbers],
        "marker": {
            "colors": [series.colour for series in ANNOTATED],
            "pattern": {"shape": [series.pattern for series in ANNOTATED]},
        },
    }
    middle = [
        _middle(formats.count(sum(numbers)), 22, "--text", 8),
        _middle(words.IN_ALL, 12, "--muted", -14),
    ]
    return {"data": [ring], "layout": {"annotations": middle}}


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


def _counts(report: Report, shown: Sequence[Series], unit: str) -> Figure:
    traces = [_bar(report, series, _numbers(report, series)) for series in shown]
    most = max(sum(filter(None, heights)) for heights in zip(*(trace["y"] for trace in traces), strict=True))
    axis: Figure = {"title": {"text": unit}, "tickformat": ",d"}
    if most <= 5:
        axis["dtick"] = 1
    return {"data": traces, "layout": _dated(report, axis)}


def _times(report: Report, shown: Sequence[Series], per: str, *, lines: bool = False) -> Figure:
    longest = max((number for series in shown for number in _numbers(report, series) if number is not None), default=0)
    unit = time_unit(longest)
    draw = _line if lines else _bar
    traces = [draw(report, series, _scaled(_numbers(report, series), unit)) for series in shown]
    return {"data": traces, "layout": _dated(report, {"title": {"text": f"{unit.name} {per}"}})}


def _numbers(report: Report, series: Series) -> list[Number]:
    return [point.values[series.key] for point in report.series]


def _scaled(numbers: Sequence[Number], unit: TimeUnit) -> list[Number]:
    return [None if number is None else number / unit.seconds for number in numbers]


def _bar(report: Report, series: Series, heights: Sequence[Number]) -> Figure:
    marker = {"color": series.colour, "pattern": {"shape": series.pattern}}
    return _trace(report, series, heights) | {"type": "bar", "marker": marker}


def _line(report: Report, series: Series, heights: Sequence[Number]) -> Figure:
    line = {"color": series.colour, "dash": series.dash}
    marker = {"color": series.colour, "symbol": series.symbol}
    return _trace(report, series, heights) | {"type": "scatter", "line": line, "marker": marker}


def _trace(report: Report, series: Series, heights: Sequence[Number]) -> Figure:
    texts = [formats.value(series.metric, point.values[series.key]) for point in report.series]
    return {"name": series.name, "meta": series.key, "y": list(heights), "customdata": texts}


def _middle(text: str, size: int, colour: str, shift: int) -> Figure:
    return {"text": text, "font": {"size": size, "color": colour}, "yshift": shift}


def _dated(report: Report, values: Figure) -> Figure:
    """Return the layout of a graph by date, its axis of values beginning at 0."""
    marks = ticks([point.bucket for point in report.series], report.grain)
    margin = max(0.0, (FEWEST_PLACES - len(report.series)) / 2)
    dates = {
        "range": [-0.5 - margin, len(report.series) - 0.5 + margin],
        "tickvals": [mark.place for mark in marks],
        "ticktext": [mark.text for mark in marks],
    }
    return {"barmode": "stack", "xaxis": dates, "yaxis": values}
