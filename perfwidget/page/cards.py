"""The six numbers at the top: their names and definitions, their values, and what must be known beside each."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from perfwidget.facts.columns import MICROSECONDS
from perfwidget.metrics import BY_KEY, METRICS, Metric, Section, Unit
from perfwidget.page import formats, words
from perfwidget.page.attributes import aria
from perfwidget.page.links import linked
from perfwidget.report import Report
from perfwidget.stores.listing import Longest

SUMMARY = tuple(metric for metric in METRICS if metric.section is Section.SUMMARY)

BESIDE: Mapping[str, Sequence[str]] = {
    "total_time": (
        "lead_time_missing",
        "lead_time_invalid",
        "first_submitted_earlier_time",
        "moved_later_time",
        "days_over_24_hours",
        "longer_than_task",
    ),
    "submitted_annotations": (
        "rejected",
        "updated_after_rejection",
        "first_submitted_earlier",
        "moved_later",
        "completed_at_estimated",
        "posted_by_others",
        "imported",
        "other_actions",
    ),
    "performance_score": ("fixes_without_score", "own_reviews", "performance_score_without_own_reviews"),
}
"""The notes that stand beside a number where they are not 0, as it cannot be read rightly without them."""


def cards(report: Report, question: str | None = None, longest: Longest | None = None) -> list[html.Div]:
    """Return the cards of a report; `longest` are its times above ten times their median.

    With the question that the report answers, numbers lead to their rows.
    """
    return [_card(metric, report, question, longest) for metric in SUMMARY]


def _card(metric: Metric, report: Report, question: str | None, longest: Longest | None) -> html.Div:
    definition = f"about-{metric.key.replace('_', '-')}"
    name = html.Button(
        metric.label, type="button", className="card-name", id=f"{definition}-name", **aria(describedby=definition)
    )
    tip = html.Span(metric.definition, id=definition, className="tip", role="tooltip")
    beside: list[Any] = [html.Dd(reason, className="card-note")] if (reason := why_none(metric, report)) else []
    if metric.key == "total_time" and longest is not None and longest.rows:
        total = report.values[metric.key]
        assert total  # noqa: S101 (some of it is long)
        said = words.long_times(longest.rows, formats.share(longest.total / MICROSECONDS / total))
        beside.append(html.Dd(said, className="card-note"))
    for note in map(BY_KEY.__getitem__, BESIDE.get(metric.key, ())):
        if speaks(note, report):
            beside.append(html.Dd(_note(note, report, question), className="card-note"))
    number = html.Dd(_number(metric, report, question), className="card-number")
    place = f"card-{metric.key.replace('_', '-')}"
    return html.Div([html.Dt([name, tip]), number, *beside], id=place, className="card")


def speaks(note: Metric, report: Report) -> bool:
    """Say whether a note has anything to say: a count or a time that is not 0, a share that has a value."""
    value = report.values[note.key]
    return value is not None if note.unit is Unit.SHARE else bool(value)


def _number(metric: Metric, report: Report, question: str | None) -> Any:
    shown, exactly = formats.value(metric, report.values[metric.key]), _exactly(metric, report)
    if report.values[metric.key] is None or question is None:
        return html.Span(shown, className="card-value", title=exactly)
    return linked(shown, metric, question, kind="card-value", title=exactly)


def _note(note: Metric, report: Report, question: str | None) -> Any:
    text = words.note(note.label, formats.value(note, report.values[note.key]))
    if note.key == "rejected":
        text = words.rejected(int(report.values[note.key] or 0), report.rules)
    return text if question is None else linked(text, note, question, title=note.definition)


def why_none(metric: Metric, report: Report) -> str:
    """Return why a number has no value; empty if it has one."""
    if report.values[metric.key] is not None:
        return ""
    if metric.needs == "reviews":
        if "reviews" not in report.recorded:
            return words.NO_SCORE_RECORDED
        return words.NO_SCORE if report.values["fixes_without_score"] else words.NO_REVIEWS
    return words.NO_TIME if report.values["submitted_annotations"] else words.NO_ANNOTATIONS


def _exactly(metric: Metric, report: Report) -> str | None:
    number = report.values[metric.key]
    if number is None or metric.unit is Unit.COUNT:
        return None
    return words.exactly(formats.exact(number), metric.unit)
