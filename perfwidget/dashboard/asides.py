"""What is not counted and what a payer should know beside the numbers, and the definition of every number."""

from dash import html

from perfwidget.dashboard import formats, words
from perfwidget.dashboard.rows import linked
from perfwidget.metrics import METRICS, Metric, Section
from perfwidget.report import Report

ASIDES = tuple(metric for metric in METRICS if metric.section in (Section.NOT_COUNTED, Section.NOTES, Section.ASIDE))


def asides(report: Report | None, question: str | None = None) -> list[html.Div]:
    """Return the numbers beside the figures, each with its definition; those that are 0 keep quiet.

    Without a report they wait for their numbers, in places of the same size.
    """
    return [_aside(metric, report, question) for metric in ASIDES]


def definitions() -> html.Div:
    """Return the name and definition of every number, section by section."""
    return html.Div([_section(section, title) for section, title in words.SECTIONS.items()], className="sections")


def _section(section: Section, title: str) -> html.Div:
    entries = [
        html.Div([html.Dt(metric.label), html.Dd(metric.definition)]) for metric in METRICS if metric.section is section
    ]
    return html.Div([html.H3(title), html.Dl(entries)], className="section")


def _aside(metric: Metric, report: Report | None, question: str | None) -> html.Div:
    number, shown = None, ""
    text = [metric.definition]
    if report is not None:
        number = report.values[metric.key]
        shown = formats.value(metric, number)
        if metric.key == "rejected":
            text.append(words.rejected_rule(report.rules))
        if number is None:
            text.append(words.NOT_RECORDED)
    value: str | html.A = linked(shown, metric, question) if number and question is not None else shown
    return html.Div(
        [
            html.Dt(metric.label),
            html.Dd(value, className="aside-value"),
            html.Dd(" ".join(text), className="aside-about"),
        ],
        className="aside" if number else "aside quiet",
        id=f"aside-{metric.key.replace('_', '-')}",
    )
