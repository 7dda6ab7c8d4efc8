"""The pages Pay and My pay: plain HTML that prints, has pages, and works without JavaScript."""

from perfwidget.pay_pages.context import PayContext, RecordsDoor
from perfwidget.pay_pages.routes import DOCUMENTS, ROUTES, PayPages

__all__ = ["DOCUMENTS", "ROUTES", "PayContext", "PayPages", "RecordsDoor"]
