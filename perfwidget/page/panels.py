"""The six graphs of the page, in its order: what each draws, its legend and table, and what it says instead of nothing.

A panel whose graph fails says so in its place, and the others stay.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

from dash import html

from perfwidget.metrics import Number, Unit
from perfwidget.page import figures, formats, words
from perfwidget.page.cards import linked
from perfwidget.page.graph_style import (
    ANNOTATED,
    AVERAGE,
    MEDIAN,
    REJECTED,
    REVIEW_TIME,
    REVIEWED,
    TOTAL,
    TOTAL_MEDIAN,
    Figure,
    Series,
)
from perfwidget.question.period import Grain, Period
from perfwidget.question.query import Statistic
from perfwidget.report import Report

log = logging.getLogger(__name__)


class Table(NamedTuple):
    """A table of finished texts; the first column names the row, the others hold numbers."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    keys: Sequence[str]
    """The number behind each column, or behind each row where `dated` is false; empty where there is none."""
    dated: bool
    """Whether a row stands for a bucket of the report, so that its numbers speak of that bucket alone."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph with its table."""

    name: str
    """Its key in `words.PANELS`."""
    series: Sequence[Series]
    figures: Callable[[Report], Mapping[str, Figure]]
    """The graph in each of its readings, by `Statistic`; under the empty text where there is only one."""
    table: Callable[[Report], Table]
    emptiness: Callable[[Report], str | None]
    """Why there is nothing to draw, or None if there is."""

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
        return Drawn(panel.figures(report), None)
    except Exception:
        log.exception("The panel %s could not be drawn.", panel.name)
        return Drawn({}, words.PANEL_FAILED)


def _one(draw: Callable[[Report], Figure]) -> Callable[[Report], dict[str, Figure]]:
    return lambda report: {"": draw(report)}


def _both(report: Report) -> dict[str, Figure]:
    """Return both readings; of several members the first one twice, as a day's median is one member's."""
    readings = (Statistic.AVERAGE,) * 2 if report.several else Statistic
    return {str(each): figures.total_time(report, reading) for each, reading in zip(Statistic, readings, strict=True)}


def _by_date(*series: Series) -> Callable[[Report], Table]:
    return partial(by_date, shown=series)


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


# -- Tables: times as people read them, and the very digits of the report beside them ----------------------------------


def by_date(report: Report, shown: Sequence[Series]) -> Table:
    """Return a row for each bucket, oldest first."""
    head = [words.DATE_OF[report.grain], *(name for series in shown for name in _names(series))]
    columns = [_dates(report.period, report.grain)]
    for series in shown:
        columns += _columns(series, [point.values[series.key] for point in report.series])
    keys = ["", *(key for series in shown for key in _keys(series))]
    return Table(head, list(zip(*columns, strict=True)), keys, dated=True)


def of_shares(report: Report) -> Table:
    """Return the annotations of the summary with their shares, and the rejected ones beside them."""
    total = sum(report.values[series.key] or 0 for series in ANNOTATED)
    rows = []
    for series in ANNOTATED:
        number = report.values[series.key] or 0
        rows.append([series.name, formats.exact(number), formats.share(number / total) if total else formats.NO_VALUE])
    rows.append([words.rejected_beside(report.rules), formats.exact(report.values[REJECTED.key]), formats.NO_VALUE])
    return Table(words.SHARES_HEAD, rows, [series.key for series in (*ANNOTATED, REJECTED)], dated=False)


# All tables of a page are of the same buckets.
@lru_cache(maxsize=8)
def _dates(period: Period, grain: Grain) -> list[str]:
    return [formats.bucket(bucket, grain) for bucket in period.buckets(grain)]


def _names(series: Series) -> tuple[str, ...]:
    if series.metric.unit is Unit.SECONDS:
        return series.metric.label, words.in_seconds(series.metric.label)
    return (series.name,)


def _keys(series: Series) -> tuple[str, ...]:
    return (series.key, "") if series.metric.unit is Unit.SECONDS else (series.key,)


def _columns(series: Series, numbers: Sequence[Number]) -> list[list[str]]:
    exact = list(map(formats.exact, numbers))
    return [formats.values(series.metric, numbers), exact] if series.metric.unit is Unit.SECONDS else [exact]


# -- The panels --------------------------------------------------------------------------------------------------------

ANNOTATION_SUMMARY = Panel(
    "annotation-summary", ANNOTATED, _one(figures.annotation_summary), of_shares, _without_annotations
)
ANNOTATIONS = Panel("annotations", ANNOTATED, _one(figures.annotations), _by_date(*ANNOTATED), _without_annotations)
TOTAL_TIME = Panel("total-time", (TOTAL, TOTAL_MEDIAN), _both, _by_date(TOTAL, TOTAL_MEDIAN), _without_times)
TIME_PER_ANNOTATION = Panel(
    "time-per-annotation",
    (MEDIAN, AVERAGE),
    _one(figures.time_per_annotation),
    _by_date(MEDIAN, AVERAGE),
    _without_times,
)
TIME_REVIEWED = Panel(
    "review-time", (REVIEW_TIME,), _one(figures.review_time), _by_date(REVIEW_TIME), _without_review_time
)
REVIEWS = Panel("reviews", REVIEWED, _one(figures.reviews), _by_date(*REVIEWED), _without_reviews)

PANELS = (ANNOTATION_SUMMARY, ANNOTATIONS, TOTAL_TIME, TIME_PER_ANNOTATION, TIME_REVIEWED, REVIEWS)
"""The panels, in the order of the page."""


# -- Legends as elements of the page: they cover no data, and stay readable where a graph is not seen ------------------


def legend(panel: Panel) -> list[html.Span]:
    """Return the names of the looks in a graph; none where they depend on the report."""
    if panel in (ANNOTATION_SUMMARY, TIME_REVIEWED):
        return []
    return [_look(series.look, series.name) for series in panel.series]


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
