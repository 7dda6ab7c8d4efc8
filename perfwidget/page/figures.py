"""The six graphs as pure functions of a report: plain dicts in the words of plotly.js.

Of two to five members the graphs by date show a line for each, on one scale. Of more they show all of them together.

A colour is the name of a custom property of the stylesheet (`--submitted`), filled in by the page when it draws.
Patterns, dashes and markers tell series apart without it. Places on the axis of dates are categories, each named by
what its bar stands for. Of what people typed only the names of members come into a figure, made harmless by
`formats.figure_label`. Their ids are in it, too, and are not drawn.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from perfwidget.metrics import BY_KEY, Metric, Number
from perfwidget.page import formats, words
from perfwidget.page.axes import Figure, by_category, limit, limited, note, plain, scale, time_unit
from perfwidget.question.query import Statistic
from perfwidget.report import Point, Report

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


REJECTED = Series("rejected", "Rejected", "rejected", pattern="x")

ANNOTATED = (
    Series("submitted", "Submitted", "submitted"),
    Series("updated", "Updated", "updated", pattern="/"),
    Series("skipped", "Skipped", "skipped", pattern="."),
)
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

TILE, SOLIDITY, OPACITY, MARK_SIZE = 6, 0.35, 0.5, 6
PATTERN = {"fgcolor": "--pattern", "fgopacity": OPACITY, "size": TILE, "solidity": SOLIDITY}
"""How patterns look; their shapes are those of the series."""

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
    within = [
        note(formats.count(sum(numbers)), 0.5, 0.5, size=22) | {"xref": "paper", "yshift": 8},
        note(words.IN_ALL, 0.5, 0.5, colour="--muted") | {"xref": "paper", "yshift": -14},
    ]
    return {"data": [ring], "layout": plain() | {"margin": dict.fromkeys("lrtb", 4), "annotations": within}}


def annotations(report: Report) -> Figure:
    """Return the submitted, updated and skipped annotations of each bucket, stacked; of each member the submitted."""
    return _counts(report, ANNOTATED, EACH_SUBMITTED, words.ANNOTATIONS_PER[report.grain])


def reviews(report: Report) -> Figure:
    """Return the review actions that the member took in each bucket, stacked; of each member all together."""
    return _counts(report, REVIEWED, EACH_REVIEWED, words.REVIEWS_PER[report.grain])


def total_time(report: Report, statistic: Statistic) -> Figure:
    """Return the time spent in each bucket: the sum of its times, or its count times its median."""
    median = statistic is Statistic.MEDIAN
    shown, each = (TOTAL_MEDIAN, EACH_TOTAL_MEDIAN) if median else (TOTAL, EACH_TOTAL)
    return _times(report, [shown], each, words.PER[report.grain])


def review_time(report: Report) -> Figure:
    """Return the time that the member looked at submitted annotations in each bucket."""
    return _times(report, [REVIEW_TIME], EACH_REVIEW_TIME, words.PER[report.grain])


def time_per_annotation(report: Report) -> Figure:
    """Return the median and the average time of the annotations of each bucket, of each member the median.

    Buckets without any leave a gap.
    """
    return _times(report, [MEDIAN, AVERAGE], EACH_MEDIAN, words.PER_ANNOTATION)


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


def _of_all(report: Report, shown: Sequence[Series]) -> list[Told]:
    return [(series, [point.values[series.key] for point in report.series]) for series in shown]


def _parts(numbers: Sequence[float]) -> Figure:
    traces = [
        trace(series, [series.name], [number], [formats.count(number)]) | filled(series) | {"meta": [series.key]}
        for series, number in zip(ANNOTATED, numbers, strict=True)
    ]
    names, values = [series.name for series in ANNOTATED], scale(max(numbers), whole=True)
    return {"data": traces, "layout": by_category(names, (), words.ANNOTATIONS, values, fewest=len(names))}


def _counts(report: Report, shown: Sequence[Series], each: Each, unit: str) -> Figure:
    told, draw, top = (of_each(report, each), line, max) if report.lines else (_of_all(report, shown), bar, sum)
    heights = _heights(told, top)
    traces = [part for series, numbers in told for part in draw(report, series, numbers, numbers)]
    return limited(report, traces, unit, heights, list(map(formats.count, heights)), whole=True)


def _times(report: Report, shown: Sequence[Series], each: Each, per: str) -> Figure:
    told = of_each(report, each) if report.lines else _of_all(report, shown)
    draw = line if report.lines or len(shown) > 1 else bar
    tallest = _heights(told, max)
    unit = time_unit(limit(tallest) or max(tallest, default=0))
    traces = [
        part
        for series, numbers in told
        for part in draw(report, series, numbers, [None if each is None else each / unit.seconds for each in numbers])
    ]
    heights = [height / unit.seconds for height in tallest]
    return limited(report, traces, f"{unit.name} {per}", heights, list(map(formats.duration, tallest)), whole=False)


def _heights(told: Sequence[Told], top: Callable[..., float]) -> list[float]:
    """Return how high the numbers of each bucket come: the highest, or all of them on each other."""
    return [top(number or 0 for number in each) for each in zip(*(numbers for _, numbers in told), strict=True)]


# -- Bars and lines by date --------------------------------------------------------------------------------------------

MOST_BARS = 400
"""With more buckets than that, no bar is a shape of its own. Each takes plotly.js a fifth of a millisecond."""

MOST_POINTS = 62
"""With more buckets than that, points of a line would touch each other, and get no marks unless they stand alone."""


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


def _pattern(series: Series) -> Figure:
    return {**PATTERN, "shape": series.pattern, "fillmode": "overlay"}
