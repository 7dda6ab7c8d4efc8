"""What an answer says in numbers: the six cards at the top, and the notes beside the numbers.

A number leads to the rows that it counts: it is a link to the page with these rows opened.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from dash import dcc, html

from perfwidget.metrics import BY_KEY, METRICS, Better, Metric, Section, Unit
from perfwidget.page import formats, words
from perfwidget.page.comparison import change, dates
from perfwidget.report import Report

BESIDE: Mapping[str, Sequence[str | tuple[str, ...]]] = {
    "total_time": (
        "long_time",
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
    "performance_score": (
        "first_pass",
        ("received_accepted", "received_fixed_and_accepted", "received_rejected"),
        "fixes_without_score",
        "own_reviews",
        "performance_score_without_own_reviews",
        "comments_received",
    ),
}
"""What stands beside a number where it is not 0, as that cannot be read rightly without it. Some share a line."""

NOTES = tuple(metric for metric in METRICS if metric.section in (Section.NOT_COUNTED, Section.NOTES))
_LINES = {key: [(line,) if isinstance(line, str) else line for line in lines] for key, lines in BESIDE.items()}
_BESIDE = frozenset(key for lines in _LINES.values() for line in lines for key in line) | {"long_annotations"}

SUMMARY = tuple(metric for metric in METRICS if metric.section is Section.SUMMARY and metric.key not in _BESIDE)
"""The numbers that have a card of their own."""


# -- Cards -------------------------------------------------------------------------------------------------------------


def cards(report: Report, question: str | None = None) -> list[html.Div]:
    """Return the cards of a report; with the question that it answers, numbers lead to their rows.

    One that this source can never fill is none.
    """
    return [_card(metric, report, question) for metric in SUMMARY if not never_filled(metric, report)]


def never_filled(metric: Metric, report: Report) -> bool:
    """Say whether a card's number is of a kind that is not recorded, and nothing stands beside it either."""
    return _unrecorded(metric, report) and not any(spoken(line, report, None) for line in _LINES.get(metric.key, ()))


def _card(metric: Metric, report: Report, question: str | None) -> html.Div:
    definition = f"about-{metric.key.replace('_', '-')}"
    described: dict[str, Any] = {"aria-describedby": definition}
    name = html.Button(metric.label, type="button", className="card-name", id=f"{definition}-name", **described)
    tip = html.Span(metric.definition, id=definition, className="tip", role="tooltip")
    beside: list[Any] = [html.Dd(reason, className="card-note")] if (reason := why_none(metric, report)) else []
    beside += _changed(metric, report)
    for line in _LINES.get(metric.key, ()):
        if notes := spoken(line, report, question):
            beside.append(html.Dd(notes, className="card-note"))
    number = html.Dd(_number(metric, report, question), className="card-number")
    place = f"card-{metric.key.replace('_', '-')}"
    return html.Div([html.Dt([name, tip]), number, *beside], id=place, className="card")


def _speaks(note: Metric, report: Report) -> bool:
    """Say whether a note has anything to say: a count or a time that is not 0, a share that has a value."""
    value = report.values[note.key]
    return value is not None if note.unit is Unit.SHARE else bool(value)


def spoken(keys: Iterable[str], report: Report, question: str | None) -> list[Any]:
    """Return the parts of a line of notes, of those that have anything to say."""
    notes = [_note(note, report, question) for note in map(BY_KEY.__getitem__, keys) if _speaks(note, report)]
    return [part for note in notes for part in (words.BETWEEN, note)][1:]


def _number(metric: Metric, report: Report, question: str | None) -> Any:
    shown, exactly = formats.value(metric, report.values[metric.key]), _exactly(metric, report)
    if report.values[metric.key] is None or question is None:
        return html.Span(shown, className="card-value", title=exactly)
    return linked(shown, metric, question, kind="card-value", title=exactly)


def _changed(metric: Metric, report: Report) -> list[html.Dd]:
    """Return how a number differs from that of the period before, if that is asked for and has one."""
    before = report.previous
    changed = change(metric, report.values[metric.key], before.values[metric.key]) if before else None
    if before is None or changed is None:
        return []
    when = dates(before.period)
    told: list[Any] = [html.Strong(changed.text), words.compared(changed.word, when)]
    title = f"{formats.value(metric, before.values[metric.key])}, {when}"
    return [html.Dd(told, className=f"card-note change {(changed.verdict or Better.NEITHER).value}", title=title)]


def _note(note: Metric, report: Report, question: str | None) -> Any:
    text = words.note(note.label, formats.value(note, report.values[note.key]))
    if note.key == "rejected":
        text = words.rejected(int(report.values[note.key] or 0), report.rules)
    elif note.key == "long_time":
        share = (report.values[note.key] or 0) / (report.values["total_time"] or 1)
        text = words.long_times(int(report.values["long_annotations"] or 0), formats.share(share))
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


# -- Notes, of which those that are 0 take one line --------------------------------------------------------------------


def folded(
    report: Report, question: str | None = None, never_drawn: Sequence[str] = ()
) -> list[html.Div | html.Details]:
    """Return the notes that stand on no card, and in one line those that have nothing to say.

    Before them one line names the cards that this source can never fill, and the panels, which are given.
    """
    speaking = [metric for metric in NOTES if _speaks(metric, report)]
    told = [metric for metric in speaking if metric.key not in _BESIDE]
    silent = [metric for metric in NOTES if metric not in speaking]
    parts: list[html.Div | html.Details] = [_noted(metric, report, question) for metric in told]
    if missing_here := [*(metric.label for metric in SUMMARY if never_filled(metric, report)), *never_drawn]:
        parts.insert(0, html.Div([html.Strong(words.NEVER_FILLED), ", ".join(missing_here)], className="note"))
    if silent:
        missing = any(_unrecorded(metric, report) for metric in silent)
        names = html.Ul([html.Li([html.Strong(metric.label), " ", _about(metric, report)]) for metric in silent])
        parts.append(
            html.Details([html.Summary(words.silent(len(silent), missing=missing)), names], className="silent")
        )
    return parts


def definitions() -> html.Div:
    """Return the name and definition of every number, section by section."""
    return html.Div([_section(*each) for each in words.SECTIONS.items()], className="sections")


def _section(section: Section, title: str) -> html.Div:
    entries = [
        html.Div([html.Dt(metric.label), html.Dd(metric.definition)]) for metric in METRICS if metric.section is section
    ]
    return html.Div([html.H3(title), html.Dl(entries)], className="section")


def _noted(metric: Metric, report: Report, question: str | None) -> html.Div:
    value = formats.value(metric, report.values[metric.key])
    number = value if question is None else linked(value, metric, question)
    return html.Div([html.Strong([metric.label, ": ", number]), " ", metric.definition], className="note")


def _about(metric: Metric, report: Report) -> str:
    if not _unrecorded(metric, report):
        return metric.definition
    return words.NOT_TOLD if metric.needs == "flags" else words.NOT_RECORDED


def _unrecorded(metric: Metric, report: Report) -> bool:
    return metric.needs is not None and metric.needs not in report.recorded


# -- The way from a number to its rows ---------------------------------------------------------------------------------


def linked(
    shown: str | Sequence[Any], metric: Metric, question: str, *, kind: str | None = None, title: str | None = None
) -> dcc.Link:
    """Return a number as a link to the rows behind it, for the very question that it answers."""
    told = words.rows_behind(metric.label)
    return dcc.Link(
        shown,
        href=address_of(question, metric.key),
        className=f"leads {kind}" if kind else "leads",
        title=f"{title} · {told}" if title else told,
    )


def address_of(question: str, rows: str, user: str = "") -> str:
    """Return the address of the page with the rows of `metric` or `metric@date` opened, of one of its members alone."""
    opened = {"rows": rows, "rows_user": user} if user else {"rows": rows}
    return "?" + "&".join(filter(None, (question_of(question), urlencode(opened, safe="@"))))


@lru_cache(maxsize=32)
def question_of(question: str) -> str:
    """Return a question as every link of the page that answers it has it."""
    return urlencode(parse_qsl(question), safe="/@:")
