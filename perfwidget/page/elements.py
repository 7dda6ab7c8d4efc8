"""Elements that the page's script makes of what the server says: plain values, for an answer has more than a hundred,
and as many components of Dash take longer to make, to send and to draw than all else that it says.
"""

from collections.abc import Mapping
from typing import Any

Element = dict[str, Any]
Part = Element | str


def element(tag: str, attributes: Mapping[str, str | None], *children: Part) -> Element:
    """Return an element with its attributes, of which None is none, and with elements and texts within it."""
    return {
        "tag": tag,
        "attributes": {name: value for name, value in attributes.items() if value is not None},
        "children": [each for each in children if each],
    }


def aria(**states: str) -> dict[str, Any]:
    """Return attributes for people who do not see the page: `aria(label=…)` is `aria-label`."""
    return {f"aria-{name}": value for name, value in states.items()}


def data(**values: str) -> dict[str, Any]:
    """Return attributes that the script reads: `data(panel=…)` is `data-panel`."""
    return {f"data-{name}": value for name, value in values.items()}
