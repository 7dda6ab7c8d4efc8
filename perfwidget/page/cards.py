"""The six numbers at the top: their names and definitions, their values, and why there is none."""

from perfwidget.metrics import METRICS, Metric, Section, Unit
from perfwidget.page import formats, words
from perfwidget.page.elements import Element, aria, element
from perfwidget.page.rows import linked
from perfwidget.report import Report

SUMMARY = tuple(metric for metric in METRICS if metric.section is Section.SUMMARY)


def cards(report: Report | None, question: str | None = None) -> list[Element]:
    """Return the cards of the report that answers a question; without one, cards that wait for their numbers."""
    return [_card(metric, report, question) for metric in SUMMARY]


def _card(metric: Metric, report: Report | None, question: str | None) -> Element:
    definition = f"about-{metric.key.replace('_', '-')}"
    looks = {"type": "button", "class": "card-name", "id": f"{definition}-name", **aria(describedby=definition)}
    name = element("button", looks, metric.label)
    tip = element("span", {"id": definition, "class": "tip", "role": "tooltip"}, metric.definition)
    number = element("dd", {"class": "card-number"}, _number(metric, report, question))
    aside = element("dd", {"class": "card-remark"}, "" if report is None else remark(metric, report))
    place = {"class": "card", "id": f"card-{metric.key.replace('_', '-')}"}
    return element("div", place, element("dt", {}, name, tip), number, aside)


def _number(metric: Metric, report: Report | None, question: str | None) -> Element:
    if report is None:
        return element("span", {"class": "card-value waiting"})
    shown, exactly = formats.value(metric, report.values[metric.key]), _exactly(metric, report)
    if report.values[metric.key] is None or question is None:
        return element("span", {"class": "card-value", "title": exactly}, shown)
    return linked(shown, metric, question, kind="card-value", title=exactly)


def remark(metric: Metric, report: Report) -> str:
    """Return what stands below a number: why there is none, or what it leaves out; empty if there is nothing to say."""
    if report.values[metric.key] is None:
        return _reason(metric, report)
    if metric.unit is Unit.SECONDS:
        unusable = sum(report.values[key] or 0 for key in ("lead_time_missing", "lead_time_invalid"))
        return words.without_time(int(unusable)) if unusable else ""
    if metric.key == "submitted_annotations" and report.values["rejected"]:
        return words.rejected_remark(int(report.values["rejected"]), report.rules)
    return ""


def _reason(metric: Metric, report: Report) -> str:
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
