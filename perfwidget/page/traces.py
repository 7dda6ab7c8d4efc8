"""The parts of a graph by date, in the words of plotly.js: bars, lines, and axes that show what is usual.

Places on the axis of dates are categories, each named by what its bar stands for.
"""

from collections.abc import Sequence
from functools import lru_cache

from perfwidget.metrics import Number
from perfwidget.page import formats, words
from perfwidget.page.axes import Scale, Tick, limit, scale, ticks
from perfwidget.page.graph_style import MARK_SIZE, PATTERN, Figure, Series, by_category, note
from perfwidget.question.period import Grain, Period
from perfwidget.report import Report

MOST_BARS = 400
"""With more buckets than that, no bar is a shape of its own. Each takes plotly.js a fifth of a millisecond."""

MOST_POINTS = 62
"""With more buckets than that, points of a line would touch each other, and get no marks unless they stand alone."""

MOST_LABELS = 4
"""Outliers that are labelled side by side in a narrow graph, the highest first."""

OUTLIERS_ABOVE, ARROW = 26, 11  # pixels


def limited(
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


def bar(report: Report, series: Series, numbers: Sequence[Number], heights: Sequence[Number]) -> list[Figure]:
    """Return the bars of a series: what its numbers are, and how high each bar is."""
    drawn = _by_bucket(report, series, numbers, heights)
    if len(heights) <= MOST_BARS:
        return [drawn | filled(series)]
    # Bars thinner than a pixel: the outline of all of them is one shape instead of thousands, and looks the same.
    step = {"shape": "hvh", "width": 0}
    fill = {"fillcolor": series.colour, "fillpattern": _pattern(series)}
    return [drawn | {"type": "scatter", "mode": "lines", "stackgroup": "all", "line": step, **fill}]


def line(report: Report, series: Series, numbers: Sequence[Number], heights: Sequence[Number]) -> list[Figure]:
    """Return the line of a series, likewise, with gaps where there is no number."""
    drawn = _by_bucket(report, series, numbers, heights) | {
        "type": "scatter",
        "line": {"color": series.colour, "width": 2, "dash": series.dash},
        "marker": {"color": series.colour, "symbol": series.symbol, "size": MARK_SIZE},
        "connectgaps": False,
    }
    if len(heights) <= MOST_POINTS:
        return [drawn | {"mode": "lines+markers"}]
    # A line shows no point that stands alone; these few keep their marks.
    alone = [
        number if before is None and after is None else None
        for before, number, after in zip([None, *heights[:-1]], heights, [*heights[1:], None], strict=True)
    ]
    marks = drawn | {"mode": "markers", "hoverinfo": "skip"}
    for key in ("x", "customdata"):
        marks[key] = [each for each, number in zip(drawn[key], alone, strict=True) if number is not None]
    marks["y"] = [number for number in alone if number is not None]
    del marks["hovertemplate"]
    return [drawn | {"mode": "lines"}, *([marks] if marks["x"] else [])]


def filled(series: Series) -> Figure:
    """Return how the bars of a series look."""
    return {"type": "bar", "marker": {"color": series.colour, "pattern": _pattern(series)}}


def _by_bucket(report: Report, series: Series, numbers: Sequence[Number], heights: Sequence[Number]) -> Figure:
    texts = formats.values(series.metric, numbers)
    return trace(series, formats.buckets(report.period, report.grain), list(heights), texts)


def trace(series: Series, places: Sequence[str], heights: Sequence[Number], texts: Sequence[str]) -> Figure:
    """Return what bars and lines share: where each stands, how high, what is read of it, and what a click tells."""
    return {
        "name": series.name,
        "meta": series.opens,
        "x": places,
        "y": heights,
        "customdata": texts,
        "hovertemplate": "%{fullData.name}: %{customdata}<extra></extra>",
    }


@lru_cache(maxsize=8)
def _ticks(period: Period, grain: Grain) -> list[Tick]:
    return ticks(period.buckets(grain), grain)


def _pattern(series: Series) -> Figure:
    return {**PATTERN, "shape": series.pattern, "fillmode": "overlay"}


def _dated(report: Report, unit: str, values: Scale) -> Figure:
    return by_category(formats.buckets(report.period, report.grain), _ticks(report.period, report.grain), unit, values)
