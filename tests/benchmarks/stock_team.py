"""The page of all members that a user would write instead: stock Dash, pandas in a callback, one `DataTable`.

The whole table goes to the browser, which sorts and pages it. Beside it this page has a choice of dates, and nothing
else: no cards, no graphs, no row of all members.
"""

from datetime import date
from typing import Any

from dash import Dash, Input, Output, dash_table, dcc, html
from flask import Flask

from perfwidget.metrics import Unit
from perfwidget.question.period import Period
from perfwidget.question.table import Table
from perfwidget.report.team import columns_of
from tests.benchmarks.frames import Frames
from tests.benchmarks.questions import TIMEZONE
from tests.benchmarks.team import PERIOD
from tests.benchmarks.team_frames import PandasTable
from tests.benchmarks.world import World

ROWS = 25
"""On a page, as with us."""
SHOWN = tuple(metric for metric in columns_of(Table()) if metric.unit is not Unit.INSTANT)
"""The columns of our table; its authors would leave out an instant that they had to write in a zone."""


def stock_team(server: Flask, prefix: str, frames: Frames, world: World) -> Dash:
    """Mount the page on a server; it opens with all members and a year."""
    names = {str(each.user_id): each.display_name for each in world.workers()}
    members = PandasTable(frames)
    app = Dash(__name__, server=server, url_base_pathname=prefix, assets_folder="no-assets")
    columns = [{"id": "member", "name": "Member"}]
    columns += [{"id": each.key, "name": each.label, "type": "numeric"} for each in SHOWN]
    app.layout = html.Div(
        [
            html.H1("Performance"),
            dcc.DatePickerRange(
                id="dates", start_date=PERIOD.first.isoformat(), end_date=PERIOD.last.isoformat(), minimum_nights=0
            ),
            dash_table.DataTable(  # type: ignore[attr-defined]
                id="table", columns=columns, sort_action="native", page_size=ROWS
            ),
        ]
    )

    @app.callback(Output("table", "data"), Input("dates", "start_date"), Input("dates", "end_date"))
    def show(first: str, last: str) -> list[dict[str, Any]]:
        found = members(Period(date.fromisoformat(first), date.fromisoformat(last), TIMEZONE))
        rows = [{"member": names[user]} | {each.key: found[user][each.key] for each in SHOWN} for user in found]
        return sorted(rows, key=lambda row: str(row["member"]))

    return app
