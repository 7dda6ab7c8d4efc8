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
    - `name`: what the graph shows, for people who do not see it, unless the figure's `layout.meta.name` says it.
    - `clickData`: set by a click or Enter on a bar, point or slice. It has `meta` of its trace or slice, and `point`
      (its place in the trace, from 0; null for a slice). `at` differs from click to click.
    """

    _type = "Chart"
    _properties = ("figure", "name", "clickData")


class DateRange(_OwnComponent):
    """Two dates that are typed, with a calendar beside each; a callback reads them (`typed_dates`), and says how.

    - `id`: the name that callbacks know it by; its fields are `{id}-from` and `{id}-to`.
    - `first`, `last`: the texts that are shown: dates, or dates with times of day.
    - `days`: `first` and `last` as an address has them, of which the calendars show the day.
    - `labels`: `first`, `last` and `calendar`.
    - `typed`: set when somebody has written others. It has the texts `first` and `last`. `monthFirst` says whether the
      browser's language writes the month first.
    - `said`: what was made of `typed`: that, the texts `first` and `last`, and the sentence `fault`, if there is one.
    - `chosen`: for other callbacks, never shown: `first` and `last` that somebody chose, as an address has them. A
      calendar sets it itself.
    """

    _type = "DateRange"
    _properties = ("first", "last", "days", "labels", "typed", "said", "chosen")


class Markup(_OwnComponent):
    """Elements told as plain data, for what would be hundreds of components. What is no other now stays as it is.

    - `id`: the name that callbacks know it by.
    - `content`: a list of texts and elements; an element is a list of its name, its properties and its children.
    - `address`: what a link that begins with `&` goes on from; the links of this page are followed within it.
    """

    _type = "Markup"
    _properties = ("content", "address")


def aria(**states: str) -> dict[str, Any]:
    """Return attributes for people who do not see the page: `aria(label=…)` is `aria-label`."""
    return {f"aria-{name}": value for name, value in states.items()}
