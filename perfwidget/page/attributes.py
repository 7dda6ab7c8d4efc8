"""Attributes of elements that Python cannot spell as keywords."""

from typing import Any


def aria(**states: str) -> dict[str, Any]:
    """Return attributes for people who do not see the page: `aria(label=…)` is `aria-label`."""
    return {f"aria-{name}": value for name, value in states.items()}
