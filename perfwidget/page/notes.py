"""What should be known beside the numbers: what is 0 in one line, and the definition of every number."""

from dash import html

from perfwidget.metrics import METRICS, Metric, Section
from perfwidget.page import formats, words
from perfwidget.page.cards import BESIDE, speaks
from perfwidget.page.links import linked
from perfwidget.report import Report

NOTES = tuple(metric for metric in METRICS if metric.section in (Section.NOT_COUNTED, Section.NOTES))
_ON_CARDS = frozenset(key for keys in BESIDE.values() for key in keys)


def folded(report: Report, question: str | None = None) -> list[html.Div | html.Details]:
    """Return the notes that stand on no card, and in one line those that have nothing to say."""
    speaking = [metric for metric in NOTES if speaks(metric, report)]
    told = [metric for metric in speaking if metric.key not in _ON_CARDS]
    silent = [metric for metric in NOTES if metric not in speaking]
    parts: list[html.Div | html.Details] = [_note(metric, report, question) for metric in told]
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


def _note(metric: Metric, report: Report, question: str | None) -> html.Div:
    value = formats.value(metric, report.values[metric.key])
    number = value if question is None else linked(value, metric, question)
    return html.Div([html.Strong([metric.label, ": ", number]), " ", metric.definition], className="note")


def _about(metric: Metric, report: Report) -> str:
    if not _unrecorded(metric, report):
        return metric.definition
    return words.NOT_TOLD if metric.needs == "flags" else words.NOT_RECORDED


def _unrecorded(metric: Metric, report: Report) -> bool:
    return metric.needs is not None and metric.needs not in report.recorded
