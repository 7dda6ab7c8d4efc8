"""Axes that read well from one day to many years, and from seconds to thousands of hours, and the layout of a graph."""

import math
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from perfwidget.page import formats, words
from perfwidget.question.period import Bucket, Grain, Period
from perfwidget.report import Report


class TimeUnit(NamedTuple):
    """The unit of an axis of times."""

    name: str
    seconds: int


SECONDS = TimeUnit("seconds", 1)
MINUTES = TimeUnit("minutes", 60)
HOURS = TimeUnit("hours", 3_600)


def time_unit(longest: float) -> TimeUnit:
    """Return the unit in which times up to `longest` seconds are small numbers."""
    if longest <= 120:
        return SECONDS
    return MINUTES if longest <= 3 * 3_600 else HOURS


MOST_STEPS = 5
"""Marks that an axis of values has at most, besides 0."""


class Scale(NamedTuple):
    """An axis of values from 0: its marks with their texts, and where it ends."""

    marks: Sequence[float]
    texts: Sequence[str]
    top: float


def scale(most: float, *, whole: bool) -> Scale:
    """Return round marks for values up to `most`: 1, 2 or 5 times a power of ten apart, five at most besides 0."""
    if most <= 0:
        return Scale((0, 1), ("0", "1"), 1)
    power = math.floor(math.log10(most / MOST_STEPS))
    factor, power = next(
        each for each in ((1, power), (2, power), (5, power), (1, power + 1)) if most / _times(*each) <= MOST_STEPS
    )
    if whole and power < 0:
        factor, power = 1, 0
    step, decimals = _times(factor, power), max(0, -power)
    top = most * 1.05
    marks = [mark * step for mark in range(math.floor(top / step + 1e-9) + 1)]
    return Scale(marks, ["0", *(f"{mark:,.{decimals}f}" for mark in marks[1:])], top)


def _times(factor: int, power: int) -> float:
    return float(factor * 10**power if power >= 0 else factor / 10**-power)


FEWEST_FOR_A_LIMIT = 5
OUTLYING = 4
ROOM = 1.25


def limit(heights: Sequence[float]) -> float | None:
    """Return where an axis ends so that a few outliers do not flatten the rest; None where there are none.

    An outlier is among the highest tenth, or the highest one, and more than four times as high as all others.
    """
    high = sorted(height for height in heights if height > 0)
    if len(high) < FEWEST_FOR_A_LIMIT:
        return None
    usual = high[-1 - max(1, len(high) // 10)]
    return usual * ROOM if high[-1] > OUTLYING * usual else None


class Tick(NamedTuple):
    """A mark on the axis of dates: the place of its bar and its text."""

    place: int
    text: str


def ticks(buckets: Sequence[Bucket], grain: Grain) -> list[Tick]:
    """Return a dozen marks at most, on round dates: every day or week, Mondays, months, quarters or years.

    The first mark and the first of each year name the year.
    """
    for level in _levels(grain):
        places = [place for place in range(len(buckets)) if level.marks(place, buckets)]
        if 0 < len(places) <= level.most:
            firsts = [buckets[place].first for place in places]
            texts = map(_text, firsts, [None, *firsts], [level] * len(places))
            return [Tick(place, text) for place, text in zip(places, texts, strict=True)]
    return [Tick(0, str(buckets[0].first.year))]


class _Level(NamedTuple):
    most: int
    marks: Callable[[int, Sequence[Bucket]], bool]
    text: Callable[[date], str]


def _levels(grain: Grain) -> list[_Level]:
    by_place = [_Level(9, _every(step), formats.short_day) for step in (1, 2, 4)]
    mondays = [_Level(9, _mondays(step), formats.short_day) for step in (1, 2)]
    months = [_Level(13, _months(step), formats.month) for step in (1, 3)]
    years = [_Level(12, _years(step), lambda when: str(when.year)) for step in (1, 2, 5, 10, 20, 50, 100)]
    match grain:
        case Grain.DAY:
            return [*by_place[:2], *mondays, *months, *years]
        case Grain.WEEK:
            return [*by_place, *months, *years]
        case Grain.MONTH:
            return [_Level(13, _every(1), formats.month), *months[1:], *years]


def _every(step: int) -> Callable[[int, Sequence[Bucket]], bool]:
    return lambda place, _: place % step == 0


def _mondays(step: int) -> Callable[[int, Sequence[Bucket]], bool]:
    return lambda place, buckets: buckets[place].first.toordinal() % (7 * step) == 1


def _months(step: int) -> Callable[[int, Sequence[Bucket]], bool]:
    def marks(place: int, buckets: Sequence[Bucket]) -> bool:
        first = buckets[place].first
        fresh = first.day == 1 if place == 0 else first.month != buckets[place - 1].first.month
        return fresh and (first.month - 1) % step == 0

    return marks


def _years(step: int) -> Callable[[int, Sequence[Bucket]], bool]:
    def marks(place: int, buckets: Sequence[Bucket]) -> bool:
        first = buckets[place].first
        fresh = (first.month, first.day) == (1, 1) if place == 0 else first.year != buckets[place - 1].first.year
        return fresh and first.year % step == 0

    return marks


def _text(when: date, before: date | None, level: _Level) -> str:
    text, year = level.text(when), str(when.year)
    return text if text == year or (before is not None and before.year == when.year) else f"{text}<br>{year}"


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


# -- By date, with an axis that shows what is usual --------------------------------------------------------------------

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


@lru_cache(maxsize=8)
def _ticks(period: Period, grain: Grain) -> list[Tick]:
    return ticks(period.buckets(grain), grain)


def _dated(report: Report, unit: str, values: Scale) -> Figure:
    return by_category(formats.buckets(report.period, report.grain), _ticks(report.period, report.grain), unit, values)
