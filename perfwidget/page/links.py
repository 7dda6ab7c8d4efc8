"""The way from a number to the rows that it counts: a link to the page with these rows opened."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from dash import dcc

from perfwidget.metrics import Metric
from perfwidget.page import words


def linked(
    shown: str | Sequence[Any], metric: Metric, question: str, *, kind: str | None = None, title: str | None = None
) -> dcc.Link:
    """Return a number as a link to the rows behind it, for the very question that it answers."""
    told = words.rows_behind(metric.label)
    return dcc.Link(
        shown,
        href=address_of(question, metric.key),
        className=f"leads {kind}" if kind else "leads",
        title=f"{title} · {told}" if title else told,
    )


def address_of(question: str, rows: str) -> str:
    """Return the address of the page with the rows of `metric` or `metric@date` opened."""
    return "?" + "&".join(filter(None, (_question(question), urlencode({"rows": rows}, safe="@"))))


@lru_cache(maxsize=32)
def _question(question: str) -> str:
    """Return a question as every link of the page that answers it has it."""
    return urlencode(parse_qsl(question), safe="/@:")
