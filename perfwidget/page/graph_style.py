"""How graphs look: the series that they show, and their fonts, axes and margins, in the words of plotly.js.

A colour is the name of a custom property of the stylesheet, where the palette stands. The page fills it in when it
draws, so that a change of theme needs no new figures. Patterns, dashes and markers tell series apart without colour.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from perfwidget.metrics import BY_KEY, Metric
from perfwidget.page.axes import Scale, Tick

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

# -- Patterns and marks ------------------------------------------------------------------------------------------------

TILE, SOLIDITY, OPACITY = 6, 0.35, 0.5
MARK_SIZE = 6
PATTERN = {"fgcolor": "--pattern", "fgopacity": OPACITY, "size": TILE, "solidity": SOLIDITY}
"""How patterns look; their shapes are those of the series."""

_STRIPES = {
    "/": (SOLIDITY / math.sqrt(2), "M-.25,.25l.5,-.5M0,1L1,0M.75,1.25l.5,-.5"),
    "x": (
        (1 - math.sqrt(1 - SOLIDITY)) / math.sqrt(2),
        "M-.25,.25l.5,-.5M0,1L1,0M.75,1.25l.5,-.5M.75,-.25l.5,.5M0,0L1,1M-.25,.75l.5,.5",
    ),
}
"""How wide stripes are, and their path, in a tile whose side is 1."""

_MARKS = {
    "circle": "M-3,0a3,3 0 1 1 6,0a3,3 0 1 1 -6,0Z",
    "cross": "M3.6,1.2H1.2V3.6H-1.2V1.2H-3.6V-1.2H-1.2V-3.6H1.2V-1.2H3.6Z",
    "diamond": "M-3.9,0L0,-3.9L3.9,0L0,3.9Z",
    "square": "M3,3H-3V-3H3Z",
    "triangle-up": "M-3.46,1.5H3.46L0,-3Z",
}


def drawing_parts() -> str:
    """Return the patterns and marks of still pictures, as elements of SVG that stand once in the page.

    They are those of plotly.js. A pattern is called `pattern--updated`, a mark `mark--average`.
    """
    bars = {series.look: series.pattern for series in (*ANNOTATED, *REVIEWED, TOTAL_MEDIAN) if series.pattern}
    lines = {series.look: series.symbol for series in (MEDIAN, AVERAGE)}
    lines |= {look: symbol for look, _, symbol in MEMBER_LOOKS}
    return "".join([_tile(*each) for each in bars.items()] + [_mark(*each) for each in lines.items()])


def _tile(look: str, shape: str) -> str:
    ink = f'var(--pattern)" opacity="{OPACITY}'
    if shape == ".":
        side, radius = float(TILE), TILE * math.sqrt(SOLIDITY / math.pi)
        figure = f'<circle cx="{side / 2}" cy="{side / 2}" r="{radius:.3f}" fill="{ink}"/>'
    else:
        side, (width, path) = TILE * math.sqrt(2), _STRIPES[shape]
        figure = f'<path d="{path}" transform="scale({side:.4f})" stroke-width="{width:.4f}" stroke="{ink}"/>'
    size = f'width="{side:.4f}" height="{side:.4f}"'
    ground = f'<rect {size} fill="var(--{look})"/>'
    return f'<pattern id="pattern--{look}" {size} patternUnits="userSpaceOnUse">{ground}{figure}</pattern>'


def _mark(look: str, symbol: str) -> str:
    figure = f'<path d="{_MARKS[symbol]}" fill="var(--{look})"/>'
    return f'<marker id="mark--{look}" markerUnits="userSpaceOnUse" overflow="visible">{figure}</marker>'


# -- Layout ------------------------------------------------------------------------------------------------------------

Figure = dict[str, Any]

FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"
FONT_SIZE = 12
AXIS_TITLE, DIGIT, LINE = 36, 8, 16
"""Pixels that an axis' title, a digit of its marks, and a line of dates take at most, in whatever font there is."""

FEWEST_PLACES = 7
"""An axis of dates leaves room for so many bars, so that a single day does not become a wall."""


def by_category(
    places: Sequence[str], marks: Sequence[Tick], unit: str, values: Scale, fewest: int = FEWEST_PLACES
) -> Figure:
    """Return the layout of a graph of bars or points side by side, its axis of values beginning at 0.

    Marks and margins are given, for plotly.js would find them by drawing the graph twice.
    """
    margin = max(0.0, (fewest - len(places)) / 2)
    layout = plain()
    lines = max((mark.text.count("<br>") + 1 for mark in marks), default=0)
    layout["margin"] = {
        "l": AXIS_TITLE + DIGIT * max(map(len, values.texts)),
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
        "tickmode": "array",
        "tickvals": values.marks,
        "ticktext": values.texts,
        "gridcolor": "--grid",
        "zeroline": False,
        "fixedrange": True,
    }
    title = note(unit, 0, 0.5, colour="--muted") | {"xref": "paper", "textangle": -90}
    layout["annotations"] = [title | {"xshift": FONT_SIZE - layout["margin"]["l"]}]
    return layout


def note(text: str, x: float, y: float, *, size: int = FONT_SIZE, colour: str = "--text") -> Figure:
    """Return a text on a graph: `x` on the axis of dates, `y` from 0 at the bottom to 1 at the top."""
    font = {"size": size, "color": colour, "family": FONT}
    place = {"x": x, "y": y, "yref": "paper", "xanchor": "center", "yanchor": "middle"}
    return {"text": text, "font": font, "showarrow": False, **place}


def plain() -> Figure:
    """Return what all graphs share."""
    return {
        "font": {"family": FONT, "size": FONT_SIZE, "color": "--muted"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x unified",
        "hoverlabel": {
            "bgcolor": "--tip",
            "bordercolor": "--tip-line",
            "font": {"family": FONT, "size": FONT_SIZE, "color": "--text"},
        },
        "barmode": "stack",
        "bargap": 0.28,
    }
