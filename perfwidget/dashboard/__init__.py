"""The page: a header, a bar of filters, six cards, six graphs, and what one should know beside them."""

from perfwidget.dashboard.answer import news
from perfwidget.dashboard.callbacks import register_callbacks
from perfwidget.dashboard.context import PageContext
from perfwidget.dashboard.layout import layout
from perfwidget.dashboard.page import ASSETS_IGNORE, INDEX_STRING, PACKAGES

__all__ = ["ASSETS_IGNORE", "INDEX_STRING", "PACKAGES", "PageContext", "layout", "news", "register_callbacks"]
