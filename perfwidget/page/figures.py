"""The six graphs as pure functions of a report: plain dicts in the words of plotly.js.

Colours are names of the stylesheet's custom properties (`--submitted`), filled in by the page when it draws. Texts are
dates, numbers and words of our own; nothing that people typed comes into a figure. Places on the axis of dates are
categories, each named by what its bar stands for.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from perfwidget.metrics import Number
from perfwidget.page import formats, words
from perfwidget.page.axes import Scale, Tick, TimeUnit, scale, ticks, time_unit
from perfwidget.page.series import (
    ANNOTATED,
    AVERAGE,
    MEDIAN,
    REVIEW_TIME,
    REVIEWED,
    TOTAL,
    TOTAL_MEDIAN,
    Series,
)
from perfwidget.question.period import Grain, Period
from perfwidget.question.query import Statistic
from perfwidget.report import Report

Figure = dict[str, Any]

FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"
MOST_BARS = 400
"""With more buckets than that, no bar is a shape of its own: plotly.js needs a fifth of a millisecond for each."""

MOST_POINTS = 62
"""With more buckets than that, points of a line would touch each other, and get no marks unless they stand alone."""

AXIS_TITLE, DIGIT, LINE = 36, 8, 16
"""Pixels that an axis' title, a digit of its marks, and a line of dates take at most, in whatever font there is."""

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
        "hovertemplate": "%{label}: %{customdata} (%{percent})<extra></extra>",
        "textinfo": "none",
        "sort": False,
        "direction": "clockwise",
        "hole": 0.66,
        "marker": {
            "colors": [series.colour for series in ANNOTATED],
            "line": {"color": "--panel", "width": 2},
            "pattern": {
                **_pattern([series.pattern for series in ANNOTATED]),
                # As an overlay, plotly.js looks for one colour that contrasts with those of all slices, and warns.
                "fillmode": "replace",
                "bgcolor": [series.colour for series in ANNOTATED],
            },
        },
    }
    layout = _layout()
    layout["margin"] = {"l": 4, "r": 4, "t": 4, "b": 4}
    layout["annotations"] = [
        _middle(formats.count(sum(numbers)), 22, "--text", 8),
        _middle(words.IN_ALL, 12, "--muted", -14),
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


def _counts(report: Report, shown: Sequence[Series], unit: str) -> Figure:
    traces = [trace for series in shown for trace in _bar(report, series, _numbers(report, series))]
    most = max(sum(filter(None, heights)) for heights in zip(*(trace["y"] for trace in traces), strict=True))
    return {"data": traces, "layout": _dated(report, unit, scale(most, whole=True))}


def _times(report: Report, shown: Sequence[Series], per: str, *, lines: bool = False) -> Figure:
    longest = max((number for series in shown for number in _numbers(report, series) if number is not None), default=0)
    unit = time_unit(longest)
    draw = _line if lines else _bar
    traces = [trace for series in shown for trace in draw(report, series, _scaled(_numbers(report, series), unit))]
    return {"data": traces, "layout": _dated(report, f"{unit.name} {per}", scale(longest / unit.seconds, whole=False))}


def _numbers(report: Report, series: Series) -> list[Number]:
    return [point.values[series.key] for point in report.series]


def _scaled(numbers: Sequence[Number], unit: TimeUnit) -> list[Number]:
    return [None if number is None else number / unit.seconds for number in numbers]


def _bar(report: Report, series: Series, heights: Sequence[Number]) -> list[Figure]:
    trace = _trace(report, series, heights)
    if len(heights) <= MOST_BARS:
        marker = {"color": series.colour, "pattern": _pattern(series.pattern)}
        return [trace | {"type": "bar", "marker": marker}]
    # Bars thinner than a pixel: the outline of all of them is one shape instead of thousands, and looks the same.
    step = {"shape": "hvh", "width": 0}
    fill = {"fillcolor": series.colour, "fillpattern": _pattern(series.pattern)}
    return [trace | {"type": "scatter", "mode": "lines", "stackgroup": "all", "line": step, **fill}]


def _line(report: Report, series: Series, heights: Sequence[Number]) -> list[Figure]:
    line = {"color": series.colour, "width": 2, "dash": series.dash}
    marker = {"color": series.colour, "symbol": series.symbol, "size": 6 if len(heights) <= MOST_POINTS else 4}
    trace = _trace(report, series, heights) | {"type": "scatter", "line": line, "marker": marker, "connectgaps": False}
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


def _trace(report: Report, series: Series, heights: Sequence[Number]) -> Figure:
    texts = formats.values(series.metric, _numbers(report, series))
    return {
        "name": series.name,
        "meta": series.key,
        "x": _places(report.period, report.grain),
        "y": list(heights),
        "customdata": texts,
        "hovertemplate": f"{series.name}: %{{customdata}}<extra></extra>",
    }


# Every trace and axis of a page names the same buckets.
@lru_cache(maxsize=32)
def _places(period: Period, grain: Grain) -> list[str]:
    return [formats.bucket(bucket, grain) for bucket in period.buckets(grain)]


@lru_cache(maxsize=32)
def _ticks(period: Period, grain: Grain) -> list[Tick]:
    return ticks(period.buckets(grain), grain)


def _pattern(shape: str | list[str]) -> Figure:
    return {"shape": shape, "fillmode": "overlay", "fgcolor": "--pattern", "size": 6, "solidity": 0.35}


def _middle(text: str, size: int, colour: str, shift: int) -> Figure:
    font = {"size": size, "color": colour, "family": FONT}
    return {"text": text, "font": font, "showarrow": False, "x": 0.5, "y": 0.5, "yshift": shift}


def _dated(report: Report, unit: str, values: Scale) -> Figure:
    """Return the layout of a graph by date, its axis of values beginning at 0.

    Marks and margins are given, for plotly.js would find them by drawing the graph twice.
    """
    places = _places(report.period, report.grain)
    marks = _ticks(report.period, report.grain)
    margin = max(0.0, (FEWEST_PLACES - len(places)) / 2)
    layout = _layout()
    lines = max(mark.text.count("<br>") for mark in marks) + 1
    layout["margin"] = {
        "l": AXIS_TITLE + DIGIT * len(values.longest),
        "r": 20,  # where half of the last date may stand
        "t": 10,
        "b": 12 + LINE * lines,
    }
    layout["xaxis"] = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": places,
        "range": [-0.5 - margin, len(places) - 0.5 + margin],
        "tickmode": "array",
        "tickvals": [mark.place for mark in marks],
        "ticktext": [mark.text for mark in marks],
        "tickangle": 0,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": "--line",
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "linecolor": "--line",
        "fixedrange": True,
        "unifiedhovertitle": {"text": "%{x}"},
        "spikecolor": "--muted",
        "spikethickness": 1,
        "spikedash": "dot",
    }
    layout["yaxis"] = {
        "range": [0, values.top],
        "tick0": 0,
        "dtick": values.step,
        "tickformat": f",.{values.decimals}~f",
        "gridcolor": "--grid",
        "zeroline": False,
        "fixedrange": True,
        "title": {"text": unit, "standoff": 10, "font": {"size": 12}},
    }
    return layout


def _layout() -> Figure:
    """Return what all graphs share."""
    return {
        "font": {"family": FONT, "size": 12, "color": "--muted"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x unified",
        "hoverlabel": {
            "bgcolor": "--tip",
            "bordercolor": "--tip-line",
            "font": {"family": FONT, "size": 12, "color": "--text"},
        },
        "barmode": "stack",
        "bargap": 0.28,
        "barcornerradius": 2,
    }
