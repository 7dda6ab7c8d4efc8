"""The bar of filters. What each control holds is decided by the script, from the address and from people's clicks."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from perfwidget.page import ids, words
from perfwidget.page.choices import Choices
from perfwidget.page.elements import aria
from perfwidget.question.query import DEFAULT_PRESET

TALLEST_LIST = 320  # pixels
FIRST_DATE = "1970-01-01"

AUTO, CUSTOM = "auto", "custom"
"""What controls hold where the address says nothing: the period's own grain, the browser's theme, and dates at will."""


def filters(choices: Choices) -> html.Section:
    """Return the bar, without what a viewer cannot choose."""
    workspaces = _several(ids.WORKSPACES, words.ALL_WORKSPACES)
    controls = [
        _field(words.MEMBER, _one(ids.MEMBER), ids.MEMBER, "wide", hidden=not choices["choosesMembers"]),
        _field(words.PERIOD, _presets(), ids.PRESET),
        _field(words.DATES, html.Div(_dates(), role="group", **aria(labelledby=f"{ids.DATES}-label")), ids.DATES),
        _field(words.TIMEZONE, _one(ids.TIMEZONE), ids.TIMEZONE),
        _field(words.WORKSPACES, workspaces, ids.WORKSPACES, hidden=not choices["workspaces"]),
        _field(words.PROJECTS, _several(ids.PROJECTS, words.EVERY_PROJECT), ids.PROJECTS, "wide"),
        _choice(words.GRAIN, ids.GRAIN, {str(grain): name for grain, name in words.GRAINS.items()}),
        dbc.Button(words.RESET, id=ids.RESET, class_name="reset", color="link", title=words.RESET_ABOUT, disabled=True),
    ]
    return html.Section(controls, className="filters", **aria(label=words.FILTERS))


def segments(name: str, options: dict[str, str], chosen: str) -> dbc.RadioItems:
    """Return a few choices side by side, one of which holds."""
    return dbc.RadioItems(
        id=name,
        name=name,
        options=[{"value": value, "label": label} for value, label in options.items()],
        value=chosen,
        class_name="segments",
        input_class_name="btn-check",
        label_class_name="segment",
    )


def _field(label: str, control: Component, name: str, width: str = "", *, hidden: bool = False) -> html.Div:
    of = "dates-from" if name == ids.DATES else name
    kinds = f"field field-{name} {width}".strip()
    return html.Div([html.Label(label, htmlFor=of, id=f"{name}-label"), control], className=kinds, hidden=hidden)


def _choice(label: str, name: str, options: dict[str, str]) -> html.Div:
    group = html.Div(segments(name, options, AUTO), role="radiogroup", **aria(labelledby=f"{name}-label"))
    return html.Div([html.Span(label, id=f"{name}-label", className="label"), group], className=f"field field-{name}")


def _dropdown(name: str, **options: Any) -> dcc.Dropdown:
    return dcc.Dropdown(id=name, options=[], maxHeight=TALLEST_LIST, labels=words.DROPDOWN, **options)


def _one(name: str) -> dcc.Dropdown:
    return _dropdown(name, clearable=False)


def _several(name: str, placeholder: str) -> dcc.Dropdown:
    return _dropdown(name, value=[], multi=True, debounce=True, closeOnSelect=False, placeholder=placeholder)


def _presets() -> dbc.Select:
    options = [{"value": preset.value, "label": label} for preset, label in words.PRESETS.items()]
    return dbc.Select(
        id=ids.PRESET, options=[*options, {"value": CUSTOM, "label": words.CUSTOM}], value=DEFAULT_PRESET.value
    )


def _dates() -> dcc.DatePickerRange:
    return dcc.DatePickerRange(
        id=ids.DATES,
        start_date_id="dates-from",
        end_date_id="dates-to",
        start_date_placeholder_text=words.FROM,
        end_date_placeholder_text=words.TO,
        updatemode="bothdates",
        display_format="D MMM YYYY",
        first_day_of_week=1,
        min_date_allowed=FIRST_DATE,
    )
