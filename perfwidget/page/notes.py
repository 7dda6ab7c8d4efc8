"""What is not counted and what a payer should know beside the numbers, and the definition of every number."""

from perfwidget.metrics import METRICS, Metric, Section
from perfwidget.page import formats, words
from perfwidget.page.elements import Element, element
from perfwidget.page.rows import linked
from perfwidget.report import Report

NOTES = tuple(metric for metric in METRICS if metric.section in (Section.NOT_COUNTED, Section.NOTES, Section.PAGE_ONLY))


def notes(report: Report | None, question: str | None = None) -> list[Element]:
    """Return the numbers beside the figures, each with its definition; those that are 0 keep quiet.

    Without a report they wait for their numbers, in places of the same size.
    """
    return [_note(metric, report, question) for metric in NOTES]


def definitions() -> Element:
    """Return the name and definition of every number, section by section."""
    return element("div", {"class": "sections"}, *(_section(*each) for each in words.SECTIONS.items()))


def _section(section: Section, title: str) -> Element:
    entries = [
        element("div", {}, element("dt", {}, metric.label), element("dd", {}, metric.definition))
        for metric in METRICS
        if metric.section is section
    ]
    return element("div", {"class": "section"}, element("h3", {}, title), element("dl", {}, *entries))


def _note(metric: Metric, report: Report | None, question: str | None) -> Element:
    number, shown = None, ""
    text = [metric.definition]
    if report is not None:
        number = report.values[metric.key]
        shown = formats.value(metric, number)
        if metric.key == "rejected":
            text.append(words.rejected_rule(report.rules))
        if number is None:
            text.append(words.NOT_RECORDED)
    value = linked(shown, metric, question) if number and question is not None else shown
    return element(
        "div",
        {"class": "note" if number else "aside quiet", "id": f"note-{metric.key.replace('_', '-')}"},
        element("dt", {}, metric.label),
        element("dd", {"class": "note-value"}, value),
        element("dd", {"class": "note-about"}, " ".join(text)),
    )
