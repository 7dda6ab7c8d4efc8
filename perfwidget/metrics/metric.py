"""What a number is: its key, label, unit, definition and formula, each said once."""

from dataclasses import dataclass
from enum import Enum

from perfwidget.metrics.formulas import Formula
from perfwidget.metrics.rows import Rows


class Unit(Enum):
    """What a value is measured in."""

    SECONDS = "s"
    COUNT = "count"
    SHARE = "share"
    """A fraction from 0 to 1, shown to people as a percentage."""


class Section(Enum):
    """The part of a report that a number stands in, by its JSON name."""

    SUMMARY = "summary"
    ANNOTATION_SUMMARY = "annotation_summary"
    NOT_COUNTED = "not_counted"
    NOTES = "notes"
    REVIEWING = "reviewing"
    PAGE_ONLY = "page_only"
    """Said to people beside the numbers, and not part of the JSON report."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A number: `key` is its CSV column and JSON name, `definition` its tooltip and its row in the README."""

    key: str
    label: str
    unit: Unit
    section: Section
    definition: str
    formula: Formula
    rows: Rows
    """The rows that it speaks of."""
    daily: bool = False
    """Whether the report gives it for every day as well."""
    kind: str | None = None
    """The kind of facts it needs to be recorded at all; None where annotations are enough."""
