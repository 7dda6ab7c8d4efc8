"""Every number: which rows it speaks of, how it is worked out, and everything else that is said of it.

A formula is made of aggregates (count, total, middle) over named sets of rows. Engines answer aggregates with whole
numbers only; Python divides once, so that every engine gives the same digits.
"""

from collections.abc import Mapping, Set

from perfwidget.metrics.axis import BY_BUCKET, BY_BUCKET_AND_MEMBER, BY_MEMBER, BY_PROJECT, TOLD_BY, WHOLE, Axis, Group
from perfwidget.metrics.formulas import (
    Aggregate,
    Aggregates,
    Count,
    Distinct,
    Latest,
    Middle,
    Nested,
    Number,
    Plain,
    Total,
)
from perfwidget.metrics.metric import Better, Metric, Section, Tab, Unit
from perfwidget.metrics.notes import NOTE_METRICS
from perfwidget.metrics.reviewing import REVIEWING_METRICS
from perfwidget.metrics.rows import (
    ANNOTATED,
    COMMENTS_RECEIVED,
    COUNTED_ACTIONS,
    LONG,
    LONG_TIMES,
    LONGEST_DAY,
    REVIEW_ACTIONS,
    REVIEWED,
    REVIEWING,
    SCANS,
    TIMELINE,
    USABLE,
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
    "ANNOTATED",
    "BY_BUCKET",
    "BY_BUCKET_AND_MEMBER",
    "BY_KEY",
    "BY_MEMBER",
    "BY_PROJECT",
    "COMMENTS_RECEIVED",
    "COUNTED_ACTIONS",
    "DAILY",
    "DAILY_SCANS",
    "LONG",
    "LONGEST_DAY",
    "LONG_TIMES",
    "METRICS",
    "REVIEWED",
    "REVIEWING",
    "REVIEW_ACTIONS",
    "SCANS",
    "TIMELINE",
    "TOLD_BY",
    "USABLE",
    "VISITED",
    "WHOLE",
    "Aggregate",
    "Aggregates",
    "Axis",
    "Better",
    "Condition",
    "Count",
    "Distinct",
    "Group",
    "Is",
    "Latest",
    "Metric",
    "Middle",
    "Nested",
    "NoneOf",
    "Number",
    "OneOf",
    "Plain",
    "Rows",
    "Rules",
    "Scan",
    "Section",
    "Tab",
    "Total",
    "Unit",
    "Where",
]

METRICS: tuple[Metric, ...] = SUMMARY_METRICS + NOTE_METRICS + REVIEWING_METRICS
"""Every number, in the order in which people read them."""

BY_KEY: Mapping[str, Metric] = {metric.key: metric for metric in METRICS}

DAILY = tuple(sorted((metric for metric in METRICS if metric.daily), key=lambda metric: metric.reading_order))
"""The numbers of a day, in the order of reports and files."""

DAILY_SCANS: Set[Scan] = {
    part.rows.scan
    for metric in DAILY
    for each in metric.formula.aggregates()
    for part in (each.parts if isinstance(each, Nested) else (each,))
}
"""What numbers of a day speak of; of the others nobody asks by bucket."""
