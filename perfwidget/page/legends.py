"""Legends as elements of the page: they cover no data, and stay readable where a graph is not seen."""

from typing import Any

from dash import html

from perfwidget.page import formats, words
from perfwidget.page.attributes import aria
from perfwidget.page.links import linked
from perfwidget.page.panels import ANNOTATION_SUMMARY, REVIEW_TIME_PANEL, Panel
from perfwidget.page.series import ANNOTATED, REJECTED, Series
from perfwidget.report import Report


def legend(panel: Panel) -> list[html.Span]:
    """Return the names of the looks in a graph; none where they depend on the report."""
    if panel.name in (ANNOTATION_SUMMARY, REVIEW_TIME_PANEL):
        return []
    return [_key(series.look, series.name) for series in panel.series]


def shares(report: Report, question: str | None = None) -> list[html.Span]:
    """Return the numbers of the Annotation Summary with their shares, and the rejected ones beside them."""

    def number(series: Series) -> html.Strong:
        value = report.values[series.key]
        shown = formats.NO_VALUE if value is None else formats.count(value)
        return html.Strong(linked(shown, series.metric, question) if value and question is not None else shown)

    numbers = [(series, report.values[series.key] or 0) for series in ANNOTATED]
    total = sum(value for _, value in numbers)
    keys = [
        _key(
            series.look,
            html.Span(series.name),
            number(series),
            html.Span(formats.share(value / total) if total else ""),
        )
        for series, value in numbers
    ]
    beside = [html.Span(words.rejected_beside(report.rules)), number(REJECTED), html.Span()]
    return [*keys, _key(REJECTED.look, *beside, kind="key beside")]


def _key(look: str, *texts: Any, kind: str = "key") -> html.Span:
    return html.Span([html.Span(className=f"swatch {look}", **aria(hidden="true")), *texts], className=kind)
