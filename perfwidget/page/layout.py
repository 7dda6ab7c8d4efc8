"""The page as a tree of components: everything in its place, but for what the script puts there (see `skeleton`)."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from perfwidget.page import ids, row_words, words
from perfwidget.page.choices import Choices, choices
from perfwidget.page.context import PageContext
from perfwidget.page.elements import aria, data
from perfwidget.page.filters import AUTO, filters, segments
from perfwidget.page.panels import ANNOTATION_SUMMARY, PANELS, Panel
from perfwidget.question.query import Statistic


def layout(context: PageContext) -> html.Div:
    """Return the page for the viewer of the current request; outside a request, the page with nothing to choose."""
    allowed = choices(context)
    return html.Div([*_memory(allowed), _head(context), filters(allowed), _main()], className="page")


def _memory(allowed: Choices) -> list[Any]:
    return [
        dcc.Location(id=ids.ADDRESS, refresh=False),
        dcc.Store(id=ids.CHOICES, data={**allowed}),
        *(dcc.Store(id=name) for name in (ids.ASKED, ids.ANSWER, ids.SEEK, ids.FOUND, ids.ROWS_SOUGHT)),
    ]


def _head(context: PageContext) -> html.Header:
    prefix = context.prefix() if context.in_request() else ""
    refresh = html.Button(
        html.Span("↻", **aria(hidden="true")),
        id=ids.REFRESH,
        type="button",
        className="refresh",
        title=words.REFRESH,
        **aria(label=words.REFRESH),
    )
    theme = html.Div(
        [
            html.Label(words.THEME, htmlFor=ids.THEME, className="visually-hidden"),
            dbc.Select(
                id=ids.THEME,
                options=[{"value": value, "label": label} for value, label in words.THEMES.items()],
                value=AUTO,
            ),
        ],
        className="theme",
        title=words.THEME,
    )
    offered = [file for file in words.EXPORTS if not context.in_request() or context.offers(file.partition(".")[0])]
    downloads = [
        dbc.DropdownMenuItem(
            label,
            id=ids.export(file),
            href=f"{prefix}export/{file}",
            external_link=True,
            class_name="" if file in offered else "withheld",
        )
        for file, label in words.EXPORTS.items()
    ]
    export = dbc.DropdownMenu(
        downloads,
        label=words.EXPORT,
        align_end=True,
        toggle_class_name="tool",
        class_name="export" if offered else "export withheld",
    )
    return html.Header(
        [
            html.H1(words.TITLE),
            html.Div([html.P(id=ids.HEADING, className="heading waiting"), refresh], className="about"),
            html.Div([theme, export], className="tools"),
        ],
        className="head",
    )


def _main() -> html.Main:
    return html.Main(
        [
            html.Div(id=ids.NOTICE, role="alert", className="notice"),
            html.Section(html.Dl(id=ids.CARDS, className="cards"), **aria(label=words.SUMMARY)),
            html.P(row_words.HINT, id="rows-hint", className="rows-hint"),
            _rows(),
            html.Section([_panel(panel) for panel in PANELS], className="panels", **aria(label=words.GRAPHS)),
            html.Section(
                [html.H2(words.NOTES, id="notes-title"), html.Dl(id=ids.NOTES, className="notes")],
                className="panel",
                **aria(labelledby="notes-title"),
            ),
            html.Details(id=ids.DEFINITIONS, className="panel definitions"),
        ],
        id=ids.FIGURES,
        **aria(busy="true"),
    )


def _rows() -> html.Section:
    """Return the place of the rows behind a number, which is not seen until some are asked for."""
    close = html.Button(
        "✕", type="button", className="rows-close", title=row_words.CLOSE, **aria(label=row_words.CLOSE)
    )
    return html.Section(
        [close, html.P(className="rows-fault", role="alert"), html.Div(id=ids.ROWS)],
        id="rows-panel",
        className="panel rows",
        hidden=True,
        **aria(label=row_words.PANEL),
    )


def _panel(panel: Panel) -> html.Section:
    title, shows = words.PANELS[panel.name]
    head: list[Any] = [html.H2(title, id=f"{panel.name}-title")]
    if panel.switchable:
        switch = segments(ids.STATISTIC, words.STATISTICS, Statistic.AVERAGE.value)
        head.append(html.Div(switch, role="radiogroup", **aria(label=words.STATISTIC)))
    kind = "legend shares" if panel.name == ANNOTATION_SUMMARY else "legend"
    legend = html.Div(id=ids.legend(panel.name), className=kind)
    picture = html.Div(
        id=ids.graph(panel.name), className="picture", role="img", **aria(label=words.graph(title, shows))
    )
    graph = html.Div(
        [picture, html.P(id=ids.message(panel.name), className="message")],
        className="graph waiting",
    )
    numbers = html.Details(
        [html.Summary(words.DATA, **aria(label=words.data_of(title))), html.Div(className="table")],
        className="data",
        **data(panel=panel.name),
    )
    return html.Section(
        [html.Div(head, className="panel-head"), legend, graph, numbers],
        className=f"panel panel-{panel.name}",
        **aria(labelledby=f"{panel.name}-title"),
    )
