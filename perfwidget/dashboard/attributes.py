"""Attributes of elements that Python has no names for."""

from typing import Any


def aria(**states: str) -> dict[str, Any]:
    """Return attributes for people who do not see the page: `aria(label=…)` is `aria-label`."""
    return {f"aria-{name}": value for name, value in states.items()}


def data(**values: str) -> dict[str, Any]:
    """Return attributes that the script reads: `data(panel=…)` is `data-panel`."""
    return {f"data-{name}": value for name, value in values.items()}
