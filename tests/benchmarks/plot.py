"""The picture for the README, drawn by plotly in the Chromium that the tests drive anyway."""

from pathlib import Path

import plotly.graph_objects as go
from playwright.sync_api import sync_playwright
from plotly.offline import get_plotlyjs
from plotly.subplots import make_subplots

from tests.benchmarks.measuring import Measure
from tests.benchmarks.outcome import Runs, millions, quantity
from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS

COLOURS = {
    "perfwidget": "#1f6feb",
    "pandas in memory": "#c2571a",
    "plain SQL": "#8a8f98",
    "SQL by hand": "#c9ced6",
    "stock Dash over pandas": "#c2571a",
    "stock Dash over our store": "#e3a57f",
}
SIDES = {
    "queries": "All queries of the page",
    "page": "The page until its last graph stands",
}
LAST_GRAPH = ", to the last graph"
WIDTH, ROW = 1_100, 44


def draw(runs: Runs, path: Path) -> bool:
    """Draw what runs found of queries and pages; say whether there is a Chromium to do so."""
    if CHROMIUM is None:
        return False
    rows = {part: _rows(runs, part) for part in SIDES}
    height = 170 + ROW * max(len(each) for each in rows.values())
    figure = make_subplots(1, 2, subplot_titles=list(SIDES.values()), horizontal_spacing=0.28)
    named: set[str] = set()
    for column, part in enumerate(SIDES, 1):
        contenders = list(dict.fromkeys(name for row in rows[part].values() for name in row))
        for name in contenders:
            bars = {label: row[name] for label, row in rows[part].items() if name in row}
            figure.add_trace(
                go.Bar(
                    orientation="h",
                    y=list(bars),
                    x=[each.times for each in bars.values()],
                    text=[quantity(each.value, each.unit) for each in bars.values()],
                    name=name,
                    showlegend=name not in named,
                    marker_color=COLOURS[name],
                    textposition="outside",
                    cliponaxis=False,
                ),
                1,
                column,
            )
            named.add(name)
    figure.update_xaxes(rangemode="tozero", ticksuffix=" ×", title="times as long as perfwidget")
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(
        template="plotly_white",
        width=WIDTH,
        height=height,
        margin={"l": 10, "r": 60, "t": 60, "b": 100},
        bargap=0.3,
        font={"size": 12},
        legend={"orientation": "h", "y": -0.22, "traceorder": "normal"},
    )
    figure.update_annotations(font_size=13)
    script = f"<script>{get_plotlyjs()}</script>"
    body = figure.to_html(include_plotlyjs=False, full_html=False, config={"staticPlot": True})
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(viewport={"width": WIDTH, "height": height}, device_scale_factor=1.5)
        page.set_content(f"<!doctype html><meta charset=utf-8><body style='margin:0'>{script}{body}")
        page.wait_for_selector(".js-plotly-plot .bars .point")
        page.screenshot(path=path)
        browser.close()
    return True


def _rows(runs: Runs, part: str) -> dict[str, dict[str, Measure]]:
    """Return what was measured of each contender by what a row of bars is called."""
    rows: dict[str, dict[str, Measure]] = {}
    for size in sorted(runs):
        for each in runs[size]:
            what = each.what.removesuffix(LAST_GRAPH)
            if each.part == part and each.contender in COLOURS and (part != "page" or what != each.what):
                rows.setdefault(f"{what}<br>{millions(size)}", {})[each.contender] = each
    return rows
