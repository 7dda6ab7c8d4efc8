"""perfwidget: the member performance dashboard for labeling platforms, as a Flask blueprint."""

from importlib.metadata import version

from perfwidget.hosting.logs import log_to
from perfwidget.question.access import Role, Viewer
from perfwidget.stores import open_store
from perfwidget.widget import PerformanceWidget

__all__ = ["PerformanceWidget", "Role", "Viewer", "log_to", "open_store"]

__version__ = version("perfwidget")
