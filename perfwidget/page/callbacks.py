"""The wires of the page: a question goes in and everything that it shows comes out.

    address, controls, clicks -> ask (browser)  -> ASKED, ROWS_SOUGHT, controls, address
    ASKED                     -> answer         -> heading, cards, members, figures, notes, tables, ANSWER
    TEAM_SOUGHT               -> members        -> members alone, where nothing but their table changes
    ANSWER about one of them  -> among (browser) -> TEAM_SOUGHT -> members -> the way to the next one
    ROWS_SOUGHT               -> rows           -> ROWS
    typed dates               -> read_dates     -> DATES -> ask
    search in a list          -> seek (browser) -> SEEK -> find -> FOUND -> list (browser) -> the lists
    an open table             -> open_tables (browser) -> OPEN_TABLES -> tables
    PULSE                     -> beat (browser) -> LOOK -> look -> the age of the figures, NEWS -> ask

`ask` alone decides what is asked: there is one question a page and one a change. What goes wrong between browser and
server comes into PROBLEM or ROWS_PROBLEM (assets/page/requests.js), and `settle` says so.
"""

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update
from dash.development.base_component import Component

from perfwidget.page import answer as answers
from perfwidget.page import choices, formats, ids, typed_dates
from perfwidget.page.cards import definitions
from perfwidget.page.context import PageContext
from perfwidget.page.neighbours import neighbours
from perfwidget.page.panels import PANELS, TOTAL_TIME
from perfwidget.page.rows_panel import opened_rows
from perfwidget.page.tables import open_tables

CONTROLS = (
    (ids.MEMBER, "value"),
    (ids.PRESET, "value"),
    (ids.TIMEZONE, "value"),
    (ids.WORKSPACES, "value"),
    (ids.PROJECTS, "value"),
    (ids.COMPARE, "value"),
    (ids.GRAIN, "value"),
    (ids.STATISTIC, "value"),
    (ids.THEME, "value"),
    (ids.SEARCH, "value"),
)
"""What the controls hold, in the order in which the script reads and sets it; dates apart."""

SEARCHED = (ids.MEMBER, ids.WORKSPACES, ids.PROJECTS)
"""The lists that may be searched on the server."""


def register_callbacks(app: Dash, context: PageContext) -> None:
    """Give the app its callbacks, those on the server and those in the browser."""
    _register_asking(app)
    _register_lists(app)
    _register_telling(app)

    # The dates are those of `ask` first, which alone is called before there is an answer.
    told = [Output(*each, allow_duplicate=each[0] == ids.DATES) for each in answers.OUTPUTS]

    @app.callback(*told, Input(ids.ASKED, "data"), prevent_initial_call=True)
    def answer(asked: Any) -> list[Any]:
        shown = answers.ask(context, _question(asked), asked.get("table") if isinstance(asked, dict) else None)
        return [shown[each] for each in answers.OUTPUTS]

    @app.callback(
        *(Output(ids.DATES, each, allow_duplicate=True) for each in ("first", "last")),
        *(Output(ids.DATES, each) for each in ("chosen", "said")),
        Input(ids.DATES, "typed"),
        *(State(ids.DATES, each) for each in ("first", "last")),
        prevent_initial_call=True,
    )
    def read_dates(typed: Any, first: Any, last: Any) -> list[Any]:
        shown = typed_dates.read_shown(first, last)
        ends, fault = typed_dates.read_dates(typed, shown)
        texts = list(ends if fault else map(formats.end, ends))
        said = {"first": texts[0], "last": texts[1], "fault": fault, "typed": typed}
        if fault or ends == shown:
            return [no_update, no_update, no_update, said]
        return [*texts, ends._asdict(), said]

    @app.callback(
        *(Output(ids.table(panel.name), "children") for panel in PANELS),
        Input(ids.OPEN_TABLES, "data"),
        prevent_initial_call=True,
    )
    def tables(asked: Any) -> list[Any]:
        shown = open_tables(context, asked)
        return [shown.get(panel, no_update) for panel in PANELS]

    @app.callback(
        Output(ids.TEAM, "content", allow_duplicate=True),
        Output(ids.NEIGHBOURS, "content", allow_duplicate=True),
        Output(ids.PROBLEM, "data", allow_duplicate=True),
        Input(ids.TEAM_SOUGHT, "data"),
        prevent_initial_call=True,
    )
    def members(sought: Any) -> list[Any]:
        if isinstance(sought, dict) and "among" in sought:
            return [no_update, neighbours(context, sought), no_update]
        return [answers.ask_members(context, sought), no_update, None]

    @app.callback(Output(ids.FOUND, "data"), Input(ids.SEEK, "data"), prevent_initial_call=True)
    def find(sought: Any) -> dict[str, Any]:
        return choices.found(context, sought)

    @app.callback(
        Output(ids.ROWS, "children"),
        Output(ids.ROWS_PROBLEM, "data"),
        Input(ids.ROWS_SOUGHT, "data"),
        prevent_initial_call=True,
    )
    def rows(sought: Any) -> tuple[list[Component], None]:
        return opened_rows(context, sought), None

    @app.callback(
        Output(ids.NEWS, "data"),
        Output(ids.LATE, "data", allow_duplicate=True),
        *(Output(ids.AS_OF, each, allow_duplicate=True) for each in ("children", "dateTime", "title")),
        Input(ids.LOOK, "data"),
        prevent_initial_call=True,
    )
    def look(looked: Any) -> list[Any]:
        found = answers.look(context, _question(looked))
        return [found.news, found.late, *(found.clock or (no_update,) * 3)]

    @app.callback(Output(ids.DEFINED, "children"), Input(ids.DEFINITIONS, "n_clicks"), prevent_initial_call=True)
    def define(_clicks: Any) -> Component:
        return definitions()


def _question(asked: Any) -> Any:
    return asked.get("question") if isinstance(asked, dict) else None


def _register_asking(app: Dash) -> None:
    _in_browser(
        app,
        "ask",
        Output(ids.ASKED, "data"),
        Output(ids.TEAM_SOUGHT, "data"),
        Output(ids.ROWS_SOUGHT, "data"),
        Output(ids.ROWS_PANEL, "hidden"),
        Output(ids.ROWS_PANEL, "aria-busy"),
        Output(ids.ADDRESS, "search"),
        *(Output(*each) for each in CONTROLS),
        Output(ids.DATES, "first"),
        Output(ids.DATES, "last"),
        *(Output(name, "options") for name in (*SEARCHED, ids.TIMEZONE)),
        Output(ids.RESET, "disabled"),
        Input(ids.ADDRESS, "search"),
        *(Input(name, "n_clicks") for name in (ids.REFRESH, ids.RESET, ids.TRY_AGAIN, ids.ROWS_CLOSE, ids.ROWS_AGAIN)),
        Input(ids.NEWS, "data"),
        Input(ids.PULSE, "n_intervals"),
        *(Input(*each) for each in CONTROLS),
        Input(ids.DATES, "chosen"),
        *(Input(panel.graph, "clickData") for panel in PANELS),
        *(
            State(name, "data")
            for name in (ids.CHOICES, ids.FOUND, ids.ASKED, ids.ANSWER, ids.PROBLEM, ids.ROWS_SOUGHT)
        ),
        State(ids.ROWS_PANEL, "hidden"),
        State(ids.RESET, "disabled"),
        *(State(name, "options") for name in SEARCHED),
        at_start=True,
    )
    _in_browser(app, "among", Output(ids.TEAM_SOUGHT, "data", allow_duplicate=True), Input(ids.ANSWER, "data"))
    _in_browser(
        app,
        "beat",
        Output(ids.LOOK, "data"),
        Input(ids.PULSE, "n_intervals"),
        State(ids.PROBLEM, "data"),
        State(ids.ASKED, "data"),
    )
    _in_browser(
        app,
        "open_tables",
        Output(ids.OPEN_TABLES, "data"),
        Input(ids.ANSWER, "data"),
        *(Input(ids.opener(panel.name), "n_clicks") for panel in PANELS),
    )
    _in_browser(
        app,
        "read",
        Output(TOTAL_TIME.graph, "figure"),
        Input(ids.READINGS, "data"),
        Input(ids.STATISTIC, "value"),
    )


def _register_lists(app: Dash) -> None:
    _in_browser(
        app,
        "seek",
        Output(ids.SEEK, "data"),
        *(Input(name, "search_value") for name in SEARCHED),
        Input(ids.WORKSPACES, "value"),
        State(ids.CHOICES, "data"),
    )
    _in_browser(
        app,
        "list",
        *(Output(name, "options", allow_duplicate=True) for name in (*SEARCHED, ids.TIMEZONE)),
        Input(ids.FOUND, "data"),
        Input(ids.ANSWER, "data"),
        State(ids.CHOICES, "data"),
        *(State(name, prop) for name in SEARCHED for prop in ("value", "options")),
        State(ids.TIMEZONE, "options"),
    )


def _register_telling(app: Dash) -> None:
    _in_browser(
        app,
        "settle",
        Output(ids.NOTICE_BOX, "className"),
        Output(ids.NOTICE, "children"),
        Output(ids.PULSE, "disabled"),
        Output(ids.PULSE, "interval"),
        Input(ids.ANSWER, "data"),
        Input(ids.LATE, "data"),
        Input(ids.PROBLEM, "data"),
    )
    _in_browser(
        app,
        "settle_rows",
        Output(ids.ROWS_FAULT, "children"),
        Output(ids.ROWS_AGAIN, "hidden"),
        Output(ids.ROWS_PANEL, "aria-busy", allow_duplicate=True),
        Output(ids.ROWS_PANEL, "className"),
        Input(ids.ROWS, "children"),
        Input(ids.ROWS_PROBLEM, "data"),
    )


def _in_browser(app: Dash, name: str, *wires: Output | Input | State, at_start: bool = False) -> None:
    """Wire a function of assets/page/; as the page's policy forbids it, none is written here."""
    function = ClientsideFunction(namespace="perfwidget", function_name=name)
    app.clientside_callback(function, *wires, prevent_initial_call=not at_start)  # type: ignore[no-untyped-call]
