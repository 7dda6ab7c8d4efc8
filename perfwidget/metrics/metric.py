"""What a number is: its key, label, unit, definition and formula, each said once."""

from dataclasses import dataclass
from datetime import timedelta, tzinfo
from enum import Enum

from perfwidget.facts.columns import FIRST_INSTANT
from perfwidget.metrics.formulas import Formula, Number
from perfwidget.metrics.rows import Rows


class Unit(Enum):
    """What a value is measured in."""

    SECONDS = "s"
    COUNT = "count"
    SHARE = "share"
    """A fraction from 0 to 1, shown to people as a percentage."""
    INSTANT = "instant"
    """Whole microseconds since 1970; files have ISO 8601 with the offset of the period's zone."""


class Section(Enum):
    """The part of a report that a number stands in, by its JSON name."""

    SUMMARY = "summary"
    ANNOTATION_SUMMARY = "annotation_summary"
    NOT_COUNTED = "not_counted"
    NOTES = "notes"
    REVIEWING = "reviewing"
    COMMENTS = "comments"
    ACTIVITY = "activity"


class Tab(Enum):
    """The tab of a table of members that a number is a column of."""

    ANNOTATIONS = "Annotations"
    REVIEWS = "Reviews"


class Better(Enum):
    """Which of two values of a number is the better one."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """A number and everything that is said of it.

    `key` is its CSV column and JSON name, `definition` its tooltip and its row in the README.
    """

    key: str
    label: str
    unit: Unit
    section: Section
    definition: str
    formula: Formula
    rows: Rows
    """The rows that it speaks of."""
    daily: bool = False
    """Whether reports give it for every day as well."""
    tabs: tuple[Tab, ...] = ()
    """Where it is a column of a table of members, unless other columns are chosen."""
    better: Better = Better.NEITHER
    needs: str | None = None
    """The kind of facts that must be recorded for it to have a value; None where annotations are enough."""

    def written(self, number: Number, timezone: tzinfo) -> Number | str:
        """Return one of its numbers as files have it: itself, or an instant with the offset of a zone."""
        if number is None or self.unit is not Unit.INSTANT:
            return number
        return (FIRST_INSTANT + timedelta(microseconds=number)).astimezone(timezone).isoformat()

    @property
    def reading_order(self) -> tuple[bool, int]:
        """Its place among the numbers of a day: annotating before reviewing; counts, then times, then shares."""
        return self.section is Section.REVIEWING, (Unit.COUNT, Unit.SECONDS, Unit.SHARE, Unit.INSTANT).index(self.unit)
