"""Every number: which rows it speaks of, how it is worked out, and what it is called.

A formula is made of aggregates (count, total, middle) over named sets of rows. Engines answer aggregates with whole
numbers only; Python divides once, so that every engine gives the same digits.
"""

from collections.abc import Mapping

from perfwidget.metrics.formulas import Aggregate, Aggregates, Count, Middle, Number, Total
from perfwidget.metrics.metric import Metric, Section, Unit
from perfwidget.metrics.notes import NOTE_METRICS
from perfwidget.metrics.reviewing import REVIEWING_METRICS
from perfwidget.metrics.rows import (
    ANNOTATED,
    COMMENTS_RECEIVED,
    COUNTED_ACTIONS,
    REVIEW_ACTIONS,
    REVIEWING,
    SCANS,
    TIMELINE,
    VISITED,
    Condition,
    Is,
    NoneOf,
    OneOf,
    Rows,
    Rules,
    Scan,
    Where,
)
from perfwidget.metrics.summary import SUMMARY_METRICS

__all__ = [
    "AGGREGATES",
    "ANNOTATED",
    "BY_KEY",
    "COMMENTS_RECEIVED",
    "COUNTED_ACTIONS",
    "METRICS",
    "REVIEWING",
    "REVIEW_ACTIONS",
    "SCANS",
    "TIMELINE",
    "VISITED",
    "Aggregate",
    "Aggregates",
    "Condition",
    "Count",
    "Is",
    "Metric",
    "Middle",
    "NoneOf",
    "Number",
    "OneOf",
    "Rows",
    "Rules",
    "Scan",
    "Section",
    "Total",
    "Unit",
    "Where",
]

METRICS: tuple[Metric, ...] = SUMMARY_METRICS + NOTE_METRICS + REVIEWING_METRICS
"""Every number, in the order in which people read them."""

BY_KEY: Mapping[str, Metric] = {metric.key: metric for metric in METRICS}

AGGREGATES: tuple[Aggregate, ...] = tuple(
    dict.fromkeys(aggregate for metric in METRICS for aggregate in metric.formula.aggregates())
)
"""Every aggregate that some number needs, each once."""
