"""The series of graphs, and how they are drawn by date: bars, lines, and an axis that shows what is usual.

A colour is the name of a custom property of the stylesheet, where the palette stands. The page fills it in when it
draws, so that a change of theme needs no new figures. Patterns, dashes and markers tell series apart without colour.
Places on the axis of dates are categories, each named by what its bar stands for.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from perfwidget.metrics import BY_KEY, Metric, Number
from perfwidget.page import formats, words
from perfwidget.page.axes import Figure, Scale, Tick, by_category, limit, note, scale, ticks
from perfwidget.question.period import Grain, Period
from perfwidget.report import Report

SOLID = "solid"
"""The dash of a whole line; all others are lengths in pixels."""


class Series(NamedTuple):
    """A metric in a graph: its name there, its look, and the pattern or line and marker that it has besides colour."""

    key: str
    name: str
    look: str
    """The colour is the custom property `--{look}`, the legend's swatch the class of that name."""
    pattern: str = ""
    dash: str = SOLID
    symbol: str = "circle"
    whose: str = ""
    """The id of the member that it is of, where a graph has a line for each."""

    @property
    def opens(self) -> str | dict[str, str]:
        """What a click on it tells: the number whose rows are to be opened, and of whom if not of all."""
        return {"rows": self.key, "rows_user": self.whose} if self.whose else self.key

    @property
    def metric(self) -> Metric:
        """The metric that it shows."""
        return BY_KEY[self.key]

    @property
    def colour(self) -> str:
        """The custom property that holds its colour."""
        return f"--{self.look}"


SUBMITTED = Series("submitted", "Submitted", "submitted")
UPDATED = Series("updated", "Updated", "updated", pattern="/")
SKIPPED = Series("skipped", "Skipped", "skipped", pattern=".")
REJECTED = Series("rejected", "Rejected", "rejected", pattern="x")

ANNOTATED = (SUBMITTED, UPDATED, SKIPPED)
REVIEWED = (
    Series("reviews_accepted", "Accepted", "accepted"),
    Series("reviews_rejected", "Rejected", "rejected", pattern="x"),
    Series("reviews_fixed_and_accepted", "Fixed + accepted", "fixed", pattern="/"),
)
TOTAL = Series("total_time", "Sum of the day's times", "average")
TOTAL_MEDIAN = Series("total_time_median", "Day's count × median time", "median", pattern="/")
MEDIAN = Series("time_per_annotation_median", "Median", "median")
AVERAGE = Series("time_per_annotation_average", "Average", "average", dash="3px,3px", symbol="diamond")
REVIEW_TIME = Series("review_time", "Review Time", "review-time")

# -- A line for each of few members ------------------------------------------------------------------------------------

MEMBER_LOOKS = (
    ("line-first", SOLID, "circle"),
    ("line-second", "9px,3px", "square"),
    ("line-third", "3px,3px", "diamond"),
    ("line-fourth", "9px,3px,3px,3px", "triangle-up"),
    ("line-fifth", "18px,4px", "cross"),
)
"""The colours, dashes and markers of members, in the order of their ids."""


class Each(NamedTuple):
    """What the line of each member shows: one number of every bucket, or several added up."""

    key: str
    """The number whose rows a point opens, and whose unit the line has."""
    keys: tuple[str, ...]

    def series(self, place: int, name: str, user_id: str) -> Series:
        """Return the series of the member who is the first, second … of those shown."""
        look, dash, symbol = MEMBER_LOOKS[place]
        return Series(self.key, name, look, dash=dash, symbol=symbol, whose=user_id)


EACH_SUBMITTED = Each("submitted_annotations", ("submitted_annotations",))
EACH_TOTAL = Each("total_time", ("total_time",))
EACH_TOTAL_MEDIAN = Each("total_time_median", ("total_time_median",))
EACH_MEDIAN = Each("time_per_annotation_median", ("time_per_annotation_median",))
EACH_REVIEW_TIME = Each("review_time", ("review_time",))
EACH_REVIEWED = Each("annotations_reviewed", tuple(series.key for series in REVIEWED))
"""Its rows are the review actions, whatever the number of annotations that they are of."""

TILE, SOLIDITY, OPACITY = 6, 0.35, 0.5
MARK_SIZE = 6
PATTERN = {"fgcolor": "--pattern", "fgopacity": OPACITY, "size": TILE, "solidity": SOLIDITY}
"""How patterns look; their shapes are those of the series."""

# -- Bars and lines by date --------------------------------------------------------------------------------------------

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
