"""The six graphs of the page, in its order: what each draws, what its table holds, and what it says instead of nothing.

A panel whose graph or table fails says so in its place, and the others stay.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from perfwidget.page import figures, tables, words
from perfwidget.page.graph_layout import Figure
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
from perfwidget.page.tables import Table
from perfwidget.question.query import Statistic
from perfwidget.report import Report

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph with its table."""

    name: str
    """Its key in `words.PANELS` and the beginning of the ids of its parts."""
    series: Sequence[Series]
    figures: Callable[[Report], Mapping[str, Figure]]
    """The graph in each of its readings, by `Statistic`; under the empty text where there is only one."""
    table: Callable[[Report], Table]
    emptiness: Callable[[Report], str | None]
    """Why there is nothing to draw, or None if there is."""

    @property
    def switchable(self) -> bool:
        """Whether people choose between an average and a median reading."""
        return self.name == TOTAL_TIME


class Drawn(NamedTuple):
    """What the page shows of a panel: its figures by `Statistic` or under the empty text, or why there are none."""

    figures: Mapping[str, Figure]
    message: str | None
    table: Table | None


def shown(panel: Panel, report: Report) -> Drawn:
    """Return what the page draws for a panel: its figures and its table, or a message in their place."""
    try:
        if message := panel.emptiness(report):
            return Drawn({}, message, None)
        return Drawn(panel.figures(report), None, panel.table(report))
    except Exception:
        log.exception("The panel %s could not be drawn.", panel.name)
        return Drawn({}, words.PANEL_FAILED, None)


def _one(draw: Callable[[Report], Figure]) -> Callable[[Report], dict[str, Figure]]:
    return lambda report: {"": draw(report)}


def _both(report: Report) -> dict[str, Figure]:
    return {statistic.value: figures.total_time(report, statistic) for statistic in Statistic}


def _by_date(*series: Series) -> Callable[[Report], Table]:
    return partial(tables.by_date, shown=series)


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


def nothing(report: Report, sentence: str) -> str:
    """Return why there is nothing: the sentence, unless there is nothing in scope at all."""
    if report.scope == ():
        return words.EMPTY_SCOPE
    return f"{sentence} {words.WITH_FILTERS}" if report.projects or report.workspaces else sentence


ANNOTATION_SUMMARY = "annotation-summary"
TOTAL_TIME = "total-time"
REVIEW_TIME_PANEL = "review-time"

PANELS: tuple[Panel, ...] = (
    Panel(ANNOTATION_SUMMARY, ANNOTATED, _one(figures.annotation_summary), tables.of_shares, _without_annotations),
    Panel("annotations", ANNOTATED, _one(figures.annotations), _by_date(*ANNOTATED), _without_annotations),
    Panel(TOTAL_TIME, (TOTAL, TOTAL_MEDIAN), _both, _by_date(TOTAL, TOTAL_MEDIAN), _without_times),
    Panel(
        "time-per-annotation",
        (MEDIAN, AVERAGE),
        _one(figures.time_per_annotation),
        _by_date(MEDIAN, AVERAGE),
        _without_times,
    ),
    Panel(REVIEW_TIME_PANEL, (REVIEW_TIME,), _one(figures.review_time), _by_date(REVIEW_TIME), _without_review_time),
    Panel("reviews", REVIEWED, _one(figures.reviews), _by_date(*REVIEWED), _without_reviews),
)
"""The panels, in the order of the page."""
