"""The page: a header, a bar of filters, six cards, six graphs, and what one should know beside them."""

from perfwidget.page.callbacks import register_callbacks
from perfwidget.page.context import PageContext
from perfwidget.page.document import ASSETS_IGNORE, PACKAGES, START_SCRIPT, index_string
from perfwidget.page.layout import layout

__all__ = ["ASSETS_IGNORE", "PACKAGES", "START_SCRIPT", "PageContext", "index_string", "layout", "register_callbacks"]
