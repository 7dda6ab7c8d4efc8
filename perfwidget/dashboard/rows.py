"""The way from a number to the rows that it counts."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from dash import html

from perfwidget.dashboard import words
from perfwidget.metrics import Metric


def linked(shown: str, metric: Metric, question: str, **looks: Any) -> html.A:
    """Return a number as a link to the rows behind it, for the very question that it answers."""
    asked = urlencode([*parse_qsl(question), ("metric", metric.key)])
    title = looks.pop("title", None)
    told = words.rows_behind(metric.label)
    return html.A(shown, href=f"./export/rows.csv?{asked}", title=f"{title} · {told}" if title else told, **looks)
