"""How graphs are laid out: their fonts, axes and margins, in the words of plotly.js."""

from collections.abc import Sequence
from typing import Any

from perfwidget.page.axes import Scale, Tick

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
