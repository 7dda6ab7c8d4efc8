"""The six graphs of the page, in its order: what each draws, its legend and table, and what it says instead of nothing.

A panel whose graph fails says so in its place, and the others stay.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from dash import html

from perfwidget.page import figures, formats, words
from perfwidget.page.axes import Figure
from perfwidget.page.cards import linked
from perfwidget.page.figures import (
    ANNOTATED,
    AVERAGE,
    EACH_MEDIAN,
    EACH_REVIEW_TIME,
    EACH_REVIEWED,
    EACH_SUBMITTED,
    EACH_TOTAL,
    EACH_TOTAL_MEDIAN,
    MEDIAN,
    MEMBER_LOOKS,
    REJECTED,
    REVIEW_TIME,
    REVIEWED,
    TOTAL,
    TOTAL_MEDIAN,
    Each,
    Series,
)
from perfwidget.page.graph_tables import Table, by_date, by_date_of_each, of_shares
from perfwidget.question.query import Statistic
from perfwidget.report import Report

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph with its table."""

    name: str
    """Its key in `words.PANELS`."""
    series: Sequence[Series]
    figures: Callable[[Report], Mapping[str, Figure]]
    """The graph in each of its readings, by `Statistic`; under the empty text where there is only one."""
    emptiness: Callable[[Report], str | None]
    """Why there is nothing to draw, or None if there is."""
    each: Sequence[Each] = ()
    """What the line of each of few members shows, in each reading; none where it is always of all together."""

    def table(self, report: Report) -> Table:
        """Return its numbers: those that its graph shows of the report."""
        if not self.each:
            return of_shares(report)
        return by_date_of_each(report, self.each) if report.lines else by_date(report, self.series)

    @property
    def graph(self) -> str:
        """The id of its graph."""
        return f"{self.name}-graph"

    @property
    def legend(self) -> str:
        """The id of the legend of its graph."""
        return f"{self.name}-legend"

    @property
    def message(self) -> str:
        """The id of what it says in place of its graph."""
        return f"{self.name}-message"

    @property
    def numbers(self) -> str:
        """The id of what holds its table."""
        return f"{self.name}-numbers"


class Drawn(NamedTuple):
    """What the page shows of a panel: its figures by `Statistic` or under the empty text, or why there are none."""

    figures: Mapping[str, Figure]
    message: str | None


def shown(panel: Panel, report: Report) -> Drawn:
    """Return what the page draws for a panel: its figures, or a message in their place."""
    try:
        if message := panel.emptiness(report):
            return Drawn({}, message)
        return Drawn({reading: _named(panel, report, each) for reading, each in panel.figures(report).items()}, None)
    except Exception:
        log.exception("The panel %s could not be drawn.", panel.name)
        return Drawn({}, words.PANEL_FAILED)


def _named(panel: Panel, report: Report, figure: Figure) -> Figure:
    """Return a figure that says what it shows where that is not what its panel says: a line for each member."""
    if not (report.lines and panel.each):
        return figure
    name = words.graph(words.PANELS[panel.name][0], words.LINES[panel.name])
    layout = figure["layout"]
    return figure | {"layout": layout | {"meta": layout.get("meta", {}) | {"name": name}}}


def _one(draw: Callable[[Report], Figure]) -> Callable[[Report], dict[str, Figure]]:
    return lambda report: {"": draw(report)}


def _both(report: Report) -> dict[str, Figure]:
    """Return both readings; of many members the first one twice, as a day's median is one member's."""
    readings = (Statistic.AVERAGE,) * 2 if report.several and not report.lines else Statistic
    return {str(each): figures.total_time(report, reading) for each, reading in zip(Statistic, readings, strict=True)}


def _without_annotations(report: Report) -> str | None:
    return None if any(report.values[series.key] for series in ANNOTATED) else nothing(report, words.NO_WORK)


def _without_times(report: Report) -> str | None:
    if not report.values["submitted_annotations"]:
        return nothing(report, words.NO_SUBMITTED)
    return words.NO_USABLE_TIME if report.values["total_time"] is None else None


def _without_reviews(report: Report) -> str | None:
    if "reviews" not in report.recorded:
        return words.REVIEWS_NOT_RECORDED
    return None if any(report.values[series.key] for series in REVIEWED) else nothing(report, words.NO_REVIEWS_TAKEN)


def _without_review_time(report: Report) -> str | None:
    if "review_visits" not in report.recorded:
        return words.VISITS_NOT_RECORDED
    if report.values["review_time"]:
        return None
    if all(point.values["review_time"] is None for point in report.series):
        return words.VISITS_NOT_YET_RECORDED
    return nothing(report, words.NO_REVIEW_TIME)


def never_filled(report: Report) -> list[Panel]:
    """Return the panels of which this source records nothing."""
    needed = {TIME_REVIEWED: ("review_visits",), REVIEWS: ("reviews", "comments")}  # which both panels speak of
    return [panel for panel, kinds in needed.items() if not any(kind in report.recorded for kind in kinds)]


def nothing(report: Report, sentence: str) -> str:
    """Return why there is nothing: the sentence, unless there is nothing in scope at all."""
    if report.scope == ():
        return words.EMPTY_SCOPE
    return f"{sentence} {words.WITH_FILTERS}" if report.projects or report.workspaces else sentence


# -- The panels --------------------------------------------------------------------------------------------------------

ANNOTATION_SUMMARY = Panel("annotation-summary", ANNOTATED, _one(figures.annotation_summary), _without_annotations)
ANNOTATIONS = Panel("annotations", ANNOTATED, _one(figures.annotations), _without_annotations, (EACH_SUBMITTED,))
TOTAL_TIME = Panel("total-time", (TOTAL, TOTAL_MEDIAN), _both, _without_times, (EACH_TOTAL, EACH_TOTAL_MEDIAN))
TIME_PER_ANNOTATION = Panel(
    "time-per-annotation", (MEDIAN, AVERAGE), _one(figures.time_per_annotation), _without_times, (EACH_MEDIAN,)
)
TIME_REVIEWED = Panel(
    "review-time", (REVIEW_TIME,), _one(figures.review_time), _without_review_time, (EACH_REVIEW_TIME,)
)
REVIEWS = Panel("reviews", REVIEWED, _one(figures.reviews), _without_reviews, (EACH_REVIEWED,))

PANELS = (ANNOTATION_SUMMARY, ANNOTATIONS, TOTAL_TIME, TIME_PER_ANNOTATION, TIME_REVIEWED, REVIEWS)
"""The panels, in the order of the page."""


# -- Legends as elements of the page: they cover no data, and stay readable where a graph is not seen ------------------


def legend(panel: Panel, report: Report) -> list[html.Span]:
    """Return the names of the looks in a graph by date, and what the lines of members show. A single look has no
    name."""
    if report.lines and not panel.emptiness(report):
        named = zip(MEMBER_LOOKS, formats.told_apart(report.users), strict=False)
        keys = [_look(f"member {look}", html.Span(name)) for (look, *_), name in named]
        return [*keys, html.Span(words.EACH[panel.name])]
    return [] if report.lines or len(panel.series) == 1 else [_look(each.look, each.name) for each in panel.series]


def shares(report: Report, question: str | None = None) -> list[html.Span]:
    """Return the numbers of the Annotation Summary with their shares, and the rejected ones beside them."""

    def number(series: Series) -> html.Strong:
        value = report.values[series.key]
        shown = formats.NO_VALUE if value is None else formats.count(value)
        return html.Strong(linked(shown, series.metric, question) if value and question is not None else shown)

    numbers = [(series, report.values[series.key] or 0) for series in ANNOTATED]
    total = sum(value for _, value in numbers)
    keys = [
        _look(
            series.look,
            html.Span(series.name),
            number(series),
            html.Span(formats.share(value / total) if total else ""),
        )
        for series, value in numbers
    ]
    beside = [html.Span(words.rejected_beside(report.rules)), number(REJECTED), html.Span()]
    return [*keys, _look(REJECTED.look, *beside, kind="key beside")]


def _look(look: str, *texts: Any, kind: str = "key") -> html.Span:
    return html.Span([html.Span(className=f"swatch {look}"), *texts], className=kind)
