"""Legends as elements of the page: they cover no data, and stay readable where a graph is not seen."""

from typing import Any

from dash import html

from perfwidget.dashboard import formats, ids, words
from perfwidget.dashboard.attributes import aria
from perfwidget.dashboard.panels import ANNOTATION_SUMMARY, REVIEW_TIME_PANEL, Panel
from perfwidget.dashboard.series import ANNOTATED, REJECTED
from perfwidget.report import Report


def legend(panel: Panel) -> html.Div:
    """Return the names of the looks in a graph; where it depends on the report, the place that it will have."""
    if panel.name == ANNOTATION_SUMMARY:
        return html.Div(id=ids.SUMMARY_LEGEND, className="legend shares")
    if panel.name == REVIEW_TIME_PANEL:
        return html.Div(id=ids.REVIEW_TIME_NOTICE, className="legend")
    return html.Div([_key(series.look, series.name) for series in panel.series], className="legend")


def shares(report: Report) -> list[html.Span]:
    """Return the numbers of the Annotation Summary with their shares, and the rejected ones beside them."""
    numbers = [(series, report.values[series.key] or 0) for series in ANNOTATED]
    total = sum(number for _, number in numbers)
    keys = [
        _key(
            series.look,
            html.Span(series.name),
            html.Strong(formats.count(number)),
            html.Span(formats.share(number / total) if total else ""),
        )
        for series, number in numbers
    ]
    rejected = html.Strong(formats.count(report.values[REJECTED.key] or 0))
    beside = [html.Span(words.rejected_beside(report.rules)), rejected, html.Span()]
    return [*keys, _key(REJECTED.look, *beside, kind="key beside")]


def _key(look: str, *texts: Any, kind: str = "key") -> html.Span:
    return html.Span([html.Span(className=f"swatch {look}", **aria(hidden="true")), *texts], className=kind)
