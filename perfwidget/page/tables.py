"""The tables below the graphs, asked for only while somebody has one open."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from perfwidget.errors import InvalidQuery
from perfwidget.page import formats, ids, words
from perfwidget.page.answer import read
from perfwidget.page.cards import address_of
from perfwidget.page.components import aria
from perfwidget.page.context import PageContext
from perfwidget.page.graph_tables import Table
from perfwidget.page.panels import PANELS, Panel
from perfwidget.question import access
from perfwidget.report import Report, read_report

log = logging.getLogger(__name__)

_NO_ROWS = frozenset({"0", "0s", formats.NO_VALUE})
"""Numbers behind which there are no rows."""


def open_tables(context: PageContext, asked: Any) -> Mapping[Panel, Any]:
    """Return the tables that are `open`, of the answer to a `question`, for the viewer of the current request.

    Raises InvalidQuery, Forbidden and StoreUnavailable, each with its sentence for people.
    """
    match asked:
        case {"question": str(question), "open": list(wanted)}:
            query = read(context, question)
        case _:
            raise InvalidQuery("The question is malformed; load the page again.")
    viewer = context.viewer()
    with context.store.reading() as reader:
        report = read_report(reader, access.scope(viewer, query, reader.standing(viewer, query), context.rules), query)
    leads = question if context.offers("rows") else None
    return {panel: _shown(panel, report, leads) for panel in PANELS if ids.opener(panel.name) in wanted}


def _shown(panel: Panel, report: Report, question: str | None) -> Any:
    try:
        dates = [point.bucket.first.isoformat() for point in report.series]
        title = words.data_of(words.PANELS[panel.name][0])
        return None if panel.emptiness(report) else _drawn(panel.table(report), title, dates, question)
    except Exception:
        log.exception("The table of the panel %s could not be drawn.", panel.name)
        return words.PANEL_FAILED


def _drawn(table: Table, title: str, dates: Sequence[str], question: str | None) -> html.Div:
    def number(text: str, row: int, column: int) -> Any:
        key = table.keys[column] if table.dated else table.keys[row]
        if question is None or not key or text in _NO_ROWS:
            return text
        rows = f"{key}@{dates[row]}" if table.dated else key
        whose = table.whose[column] if table.whose else ""
        return dcc.Link(text, href=address_of(question, rows, whose), className="leads")

    body = [
        html.Tr(
            [
                html.Th(texts[0], scope="row"),
                *(html.Td(number(text, row, column)) for column, text in enumerate(texts[1:], 1)),
            ]
        )
        for row, texts in enumerate(table.rows)
    ]
    made = html.Table(
        [
            html.Caption(title, className="visually-hidden"),
            html.Thead(html.Tr([html.Th(text, scope="col") for text in table.head])),
            html.Tbody(body),
        ]
    )
    # The keyboard scrolls it by its links, or else by itself.
    by_itself = 0 if question is None else None
    return html.Div(made, className="table", role="region", tabIndex=by_itself, **aria(label=title))
