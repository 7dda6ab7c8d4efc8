"""The bar of filters. What each control holds is decided in the browser, from the address and from people's clicks."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from perfwidget.page import control_words, ids
from perfwidget.page.choices import Choices
from perfwidget.page.components import DateRange, aria
from perfwidget.question.query import DEFAULT_PRESET

TALLEST_LIST = 320  # pixels

AUTO, CUSTOM, NOTHING = "auto", "custom", "nothing"
"""What controls hold where the address says nothing: the period's own grain, the browser's theme, dates at will, and
no comparison."""


def filters(choices: Choices) -> html.Section:
    """Return the bar, without what a viewer cannot choose."""
    workspaces = _several(ids.WORKSPACES, control_words.ALL_WORKSPACES)
    compared = [{"value": value, "label": label} for value, label in control_words.COMPARED.items()]
    controls = [
        _field(
            control_words.MEMBERS,
            _several(ids.MEMBER, control_words.MEMBERS, clearable=False),
            ids.MEMBER,
            hidden=not choices["choosesMembers"],
        ),
        _field(control_words.PERIOD, _presets(), ids.PRESET),
        _group(control_words.DATES, DateRange(id=ids.DATES, labels=control_words.DATE_RANGE), ids.DATES, "group"),
        _field(control_words.TIMEZONE, dbc.Select(id=ids.TIMEZONE, options=[]), ids.TIMEZONE),
        _field(control_words.WORKSPACES, workspaces, ids.WORKSPACES, hidden=not choices["workspaces"]),
        _field(control_words.PROJECTS, _several(ids.PROJECTS, control_words.EVERY_PROJECT), ids.PROJECTS),
        _field(control_words.COMPARE, dbc.Select(id=ids.COMPARE, options=compared, value=NOTHING), ids.COMPARE),
        _group(
            control_words.GRAIN,
            segments(ids.GRAIN, {str(grain): name for grain, name in control_words.GRAINS.items()}, AUTO),
            ids.GRAIN,
            "radiogroup",
        ),
        dbc.Button(
            control_words.RESET,
            id=ids.RESET,
            class_name="reset",
            color="link",
            title=control_words.RESET_ABOUT,
            disabled=True,
        ),
    ]
    return html.Section(controls, className="filters", **aria(label=control_words.FILTERS))


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


def _field(label: str, control: Component, name: str, *, hidden: bool = False) -> html.Div:
    named = html.Label(label, htmlFor=name, id=f"{name}-label")
    return html.Div([named, control], className=f"field field-{name}", hidden=hidden)


def _group(label: str, controls: Component, name: str, role: str) -> html.Div:
    group = html.Div(controls, role=role, **aria(labelledby=f"{name}-label"))
    return html.Div([html.Span(label, id=f"{name}-label", className="label"), group], className=f"field field-{name}")


def _dropdown(name: str, **options: Any) -> dcc.Dropdown:
    return dcc.Dropdown(id=name, options=[], maxHeight=TALLEST_LIST, labels=control_words.DROPDOWN, **options)


def _several(name: str, placeholder: str, **options: Any) -> dcc.Dropdown:
    return _dropdown(name, value=[], multi=True, debounce=True, closeOnSelect=False, placeholder=placeholder, **options)


def _presets() -> dbc.Select:
    options = [{"value": preset.value, "label": label} for preset, label in control_words.PRESETS.items()]
    return dbc.Select(
        id=ids.PRESET, options=[*options, {"value": CUSTOM, "label": control_words.CUSTOM}], value=DEFAULT_PRESET.value
    )
