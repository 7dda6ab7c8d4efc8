"""How graphs look: the series that they show, and their fonts, axes and margins, in the words of plotly.js.

A colour is the name of a custom property of the stylesheet, where the palette stands; the page fills it in when it
draws, so that a change of theme needs no new figures. Patterns, dashes and markers tell series apart without colour.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from perfwidget.metrics import BY_KEY, Metric
from perfwidget.page.axes import Scale, Tick


class Series(NamedTuple):
    """A metric in a graph: its name there, its look, and the pattern or line and marker that it has besides colour."""

    key: str
    name: str
    look: str
    """The colour is the custom property `--{look}`, the legend's swatch the class of that name."""
    pattern: str = ""
    dash: str = "solid"
    symbol: str = "circle"

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
AVERAGE = Series("time_per_annotation_average", "Average", "average", dash="dot", symbol="diamond")
REVIEW_TIME = Series("review_time", "Review Time", "review-time")

# -- Layout ------------------------------------------------------------------------------------------------------------

Figure = dict[str, Any]

FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"
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


def plain() -> Figure:
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
