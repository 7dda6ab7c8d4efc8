"""The page that a user would write instead: stock Dash, a callback for each card and graph, plotly.express.

Six cards, six graphs, and the controls of ours that these need; the figures come from anything that answers `Panels`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Protocol

import pandas as pd
import plotly.express as px
from dash import Dash, Input, Output, dcc, html
from flask import Flask

from perfwidget import Viewer
from perfwidget.metrics import BY_KEY, Number
from perfwidget.page.cards import SUMMARY
from perfwidget.question.period import Grain, Period
from perfwidget.report import Report
from perfwidget.stores import Store
from tests.benchmarks.frames import Frames, Pandas
from tests.benchmarks.questions import LABELS, PERIODS, TIMEZONE, Question, numbers, page_report
from tests.benchmarks.world import World
from tests.worlds import ORGANIZATION

CARDS = tuple(metric.key for metric in SUMMARY)
SHARES = ("submitted", "updated", "skipped")
BARS: Mapping[str, Sequence[str]] = {
    "annotations": SHARES,
    "total-time": ("total_time",),
    "reviews": ("reviews_accepted", "reviews_rejected", "reviews_fixed_and_accepted"),
    "review-time": ("review_time",),
}
LINES: Mapping[str, Sequence[str]] = {
    "time-per-annotation": ("time_per_annotation_median", "time_per_annotation_average")
}
DAILY_GRAPHS = {**BARS, **LINES}
OWNER = Viewer(ORGANIZATION, "boss", "owner")


class Panels(Protocol):
    """What the callbacks ask, each for itself."""

    def totals(self, question: Question, keys: Sequence[str]) -> Mapping[str, Number]:
        """Return some numbers of the whole period."""

    def by_day(self, question: Question, keys: Sequence[str]) -> pd.DataFrame:
        """Return some numbers of every day, with a column `date`."""


class FromFrames:
    """Panels over pandas in memory: each callback selects its rows and works out its own numbers."""

    def __init__(self, frames: Frames) -> None:
        self._pandas = Pandas(frames)

    def totals(self, question: Question, keys: Sequence[str]) -> Mapping[str, Number]:
        """Return some numbers of the whole period."""
        rows = self._rows(question, keys)
        sums = rows.drop(columns=["instant", "median"], errors="ignore").sum().to_dict()
        if "median" in rows:
            sums["median"] = rows["median"].median()
        found = numbers(sums, bar=False)
        return {key: found[key] for key in keys}

    def by_day(self, question: Question, keys: Sequence[str]) -> pd.DataFrame:
        """Return some numbers of every day."""
        rows = self._rows(question, keys)
        day = rows.instant.dt.tz_convert(question.period.timezone).dt.tz_localize(None).dt.normalize()
        grouped = rows.groupby(day)
        days = pd.date_range(question.period.first, question.period.last, name="date")
        columns: dict[str, pd.Series] = {}
        for key in keys:
            match key:
                case "time_per_annotation_median":
                    columns[key] = grouped["median"].median().reindex(days)
                case "time_per_annotation_average":
                    columns[key] = grouped["median"].mean().reindex(days)
                case _:
                    columns[key] = grouped[key].sum().reindex(days, fill_value=0)
        return pd.DataFrame(columns).reset_index()

    def _rows(self, question: Question, keys: Sequence[str]) -> pd.DataFrame:
        if keys[0] == "performance_score":
            return self._pandas.reviewed(question)
        if keys[0] == "review_time":
            return self._pandas.visited(question)
        return self._pandas.reviewing(question) if keys[0] in BARS["reviews"] else self._pandas.annotated(question)


class FromStore:
    """Panels over our store: each callback asks for the whole report and takes what it needs."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def totals(self, question: Question, keys: Sequence[str]) -> Mapping[str, Number]:
        """Return some numbers of the whole period."""
        values = self._report(question).values
        return {key: values[key] for key in keys}

    def by_day(self, question: Question, keys: Sequence[str]) -> pd.DataFrame:
        """Return some numbers of every day."""
        series = self._report(question).series
        columns = {key: [point.values[key] for point in series] for key in keys}
        return pd.DataFrame({"date": pd.DatetimeIndex([point.bucket.first for point in series])} | columns)

    def _report(self, question: Question) -> Report:
        return page_report(self._store, question, Grain.DAY)


def stock_page(server: Flask, prefix: str, panels: Panels, world: World) -> Dash:
    """Mount the page on a server; it opens with a member and ninety days."""
    app = Dash(__name__, server=server, url_base_pathname=prefix, assets_folder="no-assets")
    first, last = PERIODS[0].first, PERIODS[0].last
    graphs = ("annotation-summary", *DAILY_GRAPHS)
    for draw in (px.bar, px.line, px.pie):
        draw(pd.DataFrame({"x": [1]}))  # plotly.express sets itself up when first used, and not safely in many threads
    app.layout = html.Div(
        [
            html.H1("Performance"),
            dcc.Dropdown(
                id="member",
                options=[{"value": str(each.user_id), "label": each.display_name} for each in world.workers()],
                value=world.reviewing,
                clearable=False,
            ),
            dcc.DatePickerRange(id="dates", start_date=first.isoformat(), end_date=last.isoformat()),
            html.Div([html.Div([html.H3(LABELS[key]), html.Div(id=f"card-{key}")]) for key in CARDS], id="cards"),
            *(dcc.Graph(id=name) for name in graphs),
        ]
    )
    asked = (Input("member", "value"), Input("dates", "start_date"), Input("dates", "end_date"))
    for key in CARDS:
        _card(app, panels, key, asked)
    _pie(app, panels, asked)
    for name, keys in DAILY_GRAPHS.items():
        _graph(app, panels, name, keys, asked)
    return app


def question_of(member: str, first: str, last: str) -> Question:
    """Return the question that the controls hold."""
    period = Period(date.fromisoformat(first), date.fromisoformat(last), TIMEZONE)
    return Question("page", "", OWNER, member, period, None)


def _card(app: Dash, panels: Panels, key: str, asked: Sequence[Input]) -> None:
    @app.callback(Output(f"card-{key}", "children"), *asked)
    def card(member: str, first: str, last: str) -> str:
        return _shown(key, panels.totals(question_of(member, first, last), [key])[key])


def _pie(app: Dash, panels: Panels, asked: Sequence[Input]) -> None:
    @app.callback(Output("annotation-summary", "figure"), *asked)
    def pie(member: str, first: str, last: str) -> Any:
        found = panels.totals(question_of(member, first, last), SHARES)
        return px.pie(names=[LABELS[key] for key in SHARES], values=[found[key] for key in SHARES], hole=0.6)


def _graph(app: Dash, panels: Panels, name: str, keys: Sequence[str], asked: Sequence[Input]) -> None:
    draw = px.line if name in LINES else px.bar

    @app.callback(Output(name, "figure"), *asked)
    def graph(member: str, first: str, last: str) -> Any:
        return draw(panels.by_day(question_of(member, first, last), keys), x="date", y=list(keys))


def _shown(key: str, number: Number) -> str:
    if number is None:
        return "—"
    match BY_KEY[key].unit.value:
        case "s":
            return str(timedelta(seconds=round(number)))
        case "share":
            return f"{number:.0%}"
        case _:
            return f"{number:,.0f}"
