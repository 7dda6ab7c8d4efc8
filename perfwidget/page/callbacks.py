"""The wires: a question goes in and the page comes out; everything between controls and question runs in the browser.

    address, controls -> ask (script) -> ASKED -> answer (here) -> (script) -> heading, cards, graphs
    search in a list  -> seek (script) -> SEEK -> find (here)   -> FOUND  -> found (script) -> the list
    number, bar, sort -> (script) -> ROWS_SOUGHT -> rows (here) -> ROWS

`ask` alone decides what is asked; it also restores the controls from the address, writes the address and knows when
nothing has changed. So there is one request a page and one a change. The script sends it before Dash would, and shows
the answer as soon as it comes: `answer` has an output as any callback, and Dash is told that it does not change.
"""

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State
from dash.development.base_component import Component

from perfwidget.page import choices, ids
from perfwidget.page.answer import ask
from perfwidget.page.context import PageContext
from perfwidget.page.rows_panel import opened_rows
from perfwidget.page.words import EXPORTS

CONTROLS = (
    (ids.MEMBER, "value"),
    (ids.PRESET, "value"),
    (ids.DATES, "start_date"),
    (ids.DATES, "end_date"),
    (ids.TIMEZONE, "value"),
    (ids.WORKSPACES, "value"),
    (ids.PROJECTS, "value"),
    (ids.GRAIN, "value"),
    (ids.STATISTIC, "value"),
    (ids.THEME, "value"),
)
"""What the controls hold, in the order in which the script reads and sets it."""

LISTS = (ids.MEMBER, ids.TIMEZONE, ids.WORKSPACES, ids.PROJECTS)
"""The dropdowns whose entries the script sets."""


def register_callbacks(app: Dash, context: PageContext) -> None:
    """Give the app its three callbacks on the server and those in the browser."""
    _register_script(app)

    @app.callback(Output(ids.ANSWER, "data"), Input(ids.ASKED, "data"), prevent_initial_call=True)
    def answer(asked: Any) -> dict[str, Any]:
        return ask(context, asked.get("question") if isinstance(asked, dict) else None)

    @app.callback(Output(ids.FOUND, "data"), Input(ids.SEEK, "data"), prevent_initial_call=True)
    def find(sought: Any) -> dict[str, Any]:
        return choices.found(context, sought)

    @app.callback(Output(ids.ROWS, "children"), Input(ids.ROWS_SOUGHT, "data"), prevent_initial_call=True)
    def rows(sought: Any) -> list[Component]:
        return opened_rows(context, sought)


def _register_script(app: Dash) -> None:
    _in_browser(
        app,
        "ask",
        Output(ids.ASKED, "data"),
        *(Output(control, prop) for control, prop in CONTROLS),
        *(Output(name, "options") for name in LISTS),
        *(Output(ids.export(file), "href") for file in EXPORTS),
        Output(ids.RESET, "disabled"),
        Input(ids.ADDRESS, "search"),
        Input(ids.REFRESH, "n_clicks"),
        Input(ids.RESET, "n_clicks"),
        *(Input(control, prop) for control, prop in CONTROLS),
        State(ids.CHOICES, "data"),
        *(State(ids.export(file), "href") for file in EXPORTS),
        at_start=True,
    )
    _in_browser(app, "read", Input(ids.STATISTIC, "value"))
    searched = (ids.MEMBER, ids.WORKSPACES, ids.PROJECTS)
    _in_browser(
        app,
        "seek",
        *(Input(name, "search_value") for name in searched),
        State(ids.WORKSPACES, "value"),
        State(ids.CHOICES, "data"),
    )
    _in_browser(app, "found", Input(ids.FOUND, "data"))
    _in_browser(app, "listed", Input(ids.ROWS, "children"))


def _in_browser(app: Dash, name: str, *wires: Output | Input | State, at_start: bool = False) -> None:
    """Wire a function of `assets/perfwidget.js`; as the page's policy forbids it, none is written here."""
    function = ClientsideFunction(namespace="perfwidget", function_name=name)
    app.clientside_callback(function, *wires, prevent_initial_call=not at_start)  # type: ignore[no-untyped-call]
