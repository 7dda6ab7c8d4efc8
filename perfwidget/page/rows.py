"""The way from a number to the rows that it counts: the number as a link to the page with these rows opened."""

from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

from perfwidget.metrics import Metric
from perfwidget.page import words
from perfwidget.page.elements import Element, data, element


def linked(shown: str, metric: Metric, question: str, *, kind: str | None = None, title: str | None = None) -> Element:
    """Return a number as a link to the rows behind it, for the very question that it answers.

    It is the address of the page with the rows opened; the script opens them without leaving the page.
    """
    address = "&".join(filter(None, (_question(question), urlencode({"rows": metric.key}))))
    told = words.rows_behind(metric.label)
    looks = {"class": kind, "title": f"{title} · {told}" if title else told, **data(rows=metric.key)}
    return element("a", {"href": f"?{address}", **looks}, shown)


@lru_cache(maxsize=32)
def _question(question: str) -> str:
    """Return a question as every link of the page that answers it has it."""
    return urlencode(parse_qsl(question))
