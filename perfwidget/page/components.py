"""Dash components of our own, in plain JavaScript under assets/components/; a browser finds them by namespace and name.

Each is a React function component. Whatever a person does in it comes back as a property, as with any Dash component.
"""

from typing import Any, ClassVar

from dash.development.base_component import Component

NAMESPACE = "perfwidget_components"
"""The object of the page's window that holds the components."""


class _OwnComponent(Component):
    """What Dash asks of a component's class, for those that are not generated."""

    _children_props: list[str] = []  # noqa: RUF012 (as Dash declares them)
    _base_nodes = ["children"]  # noqa: RUF012
    _namespace = NAMESPACE
    _properties: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **properties: Any) -> None:
        self._prop_names = ["id", *self._properties]
        self._valid_wildcard_attributes: list[str] = []
        self.available_properties = self._prop_names
        self.available_wildcard_properties: list[str] = []
        given = {name: value for name, value in properties.items() if value is not None}
        super().__init__(**given)  # type: ignore[no-untyped-call]  # Dash has few types


class Chart(_OwnComponent):
    """A figure of plotly.js that is seen at once as a still picture.

    plotly.js takes the picture over when a pointer or the keyboard comes. The arrow keys go from point to point.

    - `id`: the name that callbacks know it by.
    - `figure`: a figure in the words of plotly.js (scatter, bar or pie). Colours may be custom properties of the
      stylesheet, such as `--submitted`. A trace's `meta` is what a click on it tells. None shows nothing.
    - `name`: what the graph shows, for people who do not see it.
    - `clickData`: set by a click or Enter on a bar, point or slice: `meta` of its trace or slice, `point` (its place in
      the trace, from 0; null for a slice), and `at`, which differs from click to click.
    """

    _type = "Chart"
    _properties = ("figure", "name", "clickData")


class Numbers(_OwnComponent):
    """The numbers of a graph as a table below it, made when somebody opens it.

    - `id`: the name that callbacks know it by.
    - `data`: `head` and `rows` of finished texts, and where they lead: `keys` of the numbers by column (`dated`, a row
      standing for one of `dates`) or by row, and the `question` that they answer (null: nowhere). None shows nothing.
    - `name`: what the table holds.
    - `label`: what one opens it by.
    """

    _type = "Numbers"
    _properties = ("data", "name", "label")


class DateRange(_OwnComponent):
    """Two dates that are typed, with a calendar beside each. The day that is typed is the day that counts, anywhere.

    Given times of day it shows them too, and then takes two times of day or two dates.

    `YYYY-MM-DD` and `4 Mar 2024` are always understood, `DD.MM.YYYY` and `DD/MM/YYYY` as the browser's language has it.
    What cannot be understood gets a sentence, and stays to be corrected.

    - `id`: the name that callbacks know it by; its fields are `{id}-from` and `{id}-to`.
    - `first`, `last`: what is shown, both as `YYYY-MM-DD` or both as `YYYY-MM-DDTHH:MM`.
    - `labels`: `first`, `last`, `calendar`, and the sentences `unread` (of `{text}`) and `reversed`; of times of day
      `unreadTime`, `empty` and, where only one end has one, `mixed`.
    - `typed`: set when somebody has chosen others: `first` and `last`, written like those that are shown.
    """

    _type = "DateRange"
    _properties = ("first", "last", "labels", "typed")


def aria(**states: str) -> dict[str, Any]:
    """Return attributes for people who do not see the page: `aria(label=…)` is `aria-label`."""
    return {f"aria-{name}": value for name, value in states.items()}
