"""perfwidget: the member performance dashboard for labeling platforms, as a Flask blueprint.

What is named here is loaded when it is first asked for: who only writes facts needs no Dash.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perfwidget.hosting.logs import log_to
    from perfwidget.question.access import Role, Viewer
    from perfwidget.stores import open_store
    from perfwidget.widget import PerformanceWidget

__all__ = ["PerformanceWidget", "Role", "Viewer", "log_to", "open_store"]

__version__ = version("perfwidget")

_HOMES = {
    "PerformanceWidget": "widget",
    "Role": "question.access",
    "Viewer": "question.access",
    "log_to": "hosting.logs",
    "open_store": "stores",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
