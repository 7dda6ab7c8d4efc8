"""The page as a tree of components: everything in its place, empty until the first answer."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from perfwidget.page import control_words, ids, row_words, team_words, words
from perfwidget.page.choices import Choices, choices
from perfwidget.page.components import Chart, Markup, aria
from perfwidget.page.context import PageContext
from perfwidget.page.filters import AUTO, filters, segments
from perfwidget.page.panels import ANNOTATION_SUMMARY, PANELS, TOTAL_TIME, Panel
from perfwidget.question.query import Statistic
from perfwidget.question.table import LONGEST_SEARCH

PULSE = 3_000
"""Milliseconds from one look at the source, or one try after an outage, to the next."""


TYPING = 300
"""Milliseconds in typing after which what stands there is searched."""


def layout(context: PageContext) -> html.Div:
    """Return the page for the viewer of the current request; outside a request, the page with nothing to choose."""
    allowed = choices(context)
    return html.Div([*_memory(allowed), _head(context), filters(allowed), _main()], className="page")


def _memory(allowed: Choices) -> list[Any]:
    stores = (
        ids.ASKED,
        ids.ANSWER,
        ids.READINGS,
        ids.PROBLEM,
        ids.SEEK,
        ids.OPEN_TABLES,
        ids.TEAM_SOUGHT,
        ids.FOUND,
        ids.LATE,
        ids.LOOK,
        ids.NEWS,
        ids.ROWS_SOUGHT,
        ids.ROWS_PROBLEM,
    )
    return [
        dcc.Location(id=ids.ADDRESS, refresh=False),
        dcc.Store(id=ids.CHOICES, data={**allowed}),
        dcc.Interval(id=ids.PULSE, interval=PULSE, disabled=True),
        *(dcc.Store(id=name) for name in stores),
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
    themes = [{"value": value, "label": label} for value, label in control_words.THEMES.items()]
    theme = html.Div(
        [
            html.Label(control_words.THEME, htmlFor=ids.THEME, className="visually-hidden"),
            dbc.Select(id=ids.THEME, options=themes, value=AUTO),
        ],
        className="theme",
        title=control_words.THEME,
    )
    offered = [
        file
        for file in control_words.EXPORTS
        if not context.in_request() or context.offers(control_words.KINDS.get(file, file.partition(".")[0]))
    ]
    downloads = [
        dbc.DropdownMenuItem(
            label,
            id=ids.export(file),
            href=f"{prefix}export/{file}",
            external_link=True,
            class_name="" if file in offered else "withheld",
        )
        for file, label in control_words.EXPORTS.items()
    ]
    export = dbc.DropdownMenu(
        downloads,
        label=control_words.EXPORT,
        align_end=True,
        toggle_class_name="tool",
        class_name="export" if offered else "export withheld",
    )
    paying = context.pay_link(context.viewer()) if context.in_request() else None
    pay = [] if paying is None else [html.A(paying[0], href=paying[1], className="tool")]
    heading = html.P([html.Span(id=ids.HEADING), html.Time(id=ids.AS_OF)], className="heading")
    return html.Header(
        [
            html.H1(words.TITLE),
            html.Div([heading, refresh, Markup(id=ids.NEIGHBOURS)], className="about"),
            html.Div([*pay, theme, export], className="tools"),
        ],
        className="head",
    )


def _notice() -> html.Div:
    ways_on = [
        html.Button(words.TRY_AGAIN, id=ids.TRY_AGAIN, type="button"),
        html.A(words.SIGN_IN, id=ids.SIGN_IN, target="_top"),
        html.A(words.OWN_PAGE, id=ids.OWN_PAGE, href="?"),
    ]
    return html.Div([html.Span(id=ids.NOTICE, role="alert"), *ways_on], id=ids.NOTICE_BOX, className="notice")


def _main() -> html.Main:
    return html.Main(
        [
            _notice(),
            html.Section(html.Dl(id=ids.CARDS, className="cards"), **aria(label=words.SUMMARY)),
            html.Section([_search(), Markup(id=ids.TEAM)], className="panel team"),
            _rows(),
            html.Section([_panel(panel) for panel in PANELS], className="panels", **aria(label=words.GRAPHS)),
            html.Section(
                [html.H2(words.NOTES, id="notes-title"), html.Div(id=ids.NOTES, className="notes")],
                className="panel",
                **aria(labelledby="notes-title"),
            ),
            html.Details(
                [html.Summary(words.DEFINITIONS), html.Div(id=ids.DEFINED)],
                id=ids.DEFINITIONS,
                className="panel definitions",
            ),
        ],
        id=ids.FIGURES,
        **aria(busy="true"),
    )


def _search() -> html.Div:
    """Return the box that searches the table of members; it is seen with the table alone."""
    box = dbc.Input(
        id=ids.SEARCH,
        type="search",
        value="",
        debounce=TYPING,
        maxlength=LONGEST_SEARCH,
        placeholder=team_words.SEARCH,
        autocomplete="off",
    )
    label = html.Label(team_words.SEARCH_ABOUT, htmlFor=ids.SEARCH, className="visually-hidden")
    return html.Div([label, box], className="team-search", title=team_words.SEARCH_ABOUT)


def _rows() -> html.Section:
    """Return the place of the rows behind a number, which is not seen until some are asked for."""
    close = html.Button(
        "✕",
        id=ids.ROWS_CLOSE,
        type="button",
        className="rows-close",
        title=row_words.CLOSE,
        **aria(label=row_words.CLOSE),
    )
    fault = html.P(id=ids.ROWS_FAULT, className="rows-fault", role="alert")
    again = html.Button(words.TRY_AGAIN, id=ids.ROWS_AGAIN, type="button", className="rows-again", hidden=True)
    return html.Section(
        [close, fault, again, html.Div(id=ids.ROWS)],
        id=ids.ROWS_PANEL,
        className="panel rows",
        hidden=True,
        **aria(label=row_words.PANEL, busy="false"),
    )


def _panel(panel: Panel) -> html.Section:
    title, shows = words.PANELS[panel.name]
    head: list[Any] = [html.H2(title, id=f"{panel.name}-title")]
    if panel is TOTAL_TIME:
        switch = segments(ids.STATISTIC, words.STATISTICS, Statistic.AVERAGE.value)
        head.append(html.Div(switch, role="radiogroup", **aria(label=words.STATISTIC)))
        head.append(html.Span(words.OF_FEW, className="of-few"))
    kind = "legend shares" if panel is ANNOTATION_SUMMARY else "legend"
    return html.Section(
        [
            html.Div(head, className="panel-head"),
            html.Div(id=panel.legend, className=kind),
            html.P(id=panel.message, className="message"),
            Chart(id=panel.graph, name=words.graph(title, shows)),
            html.Details(
                [
                    html.Summary(words.DATA, id=ids.opener(panel.name), **aria(label=words.data_of(title))),
                    html.Div(id=ids.table(panel.name)),
                ],
                id=panel.numbers,
                className="data",
            ),
        ],
        className=f"panel panel-{panel.name}",
        **aria(labelledby=f"{panel.name}-title"),
    )
