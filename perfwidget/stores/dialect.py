"""What differs between the engines that answer the same statements: a value, written down once an engine."""

from collections.abc import Mapping, Sized
from dataclasses import dataclass, field

from perfwidget.metrics import Scan

SHORT_LIST = 500
"""Ids that DuckDB looks through for each row faster than it plans a join."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine writes what engines write differently: templates, whose `{…}` are SQL expressions."""

    among: str
    """That `{column}` is in the list which goes with the statement under `{name}`."""
    counting: str
    """The aggregate that counts the rows which meet `{condition}`."""
    middling: str
    """The aggregate of twice the exact median of whole numbers, as a whole number: `{column}` where `{condition}`."""
    newest: str
    """The aggregate of `{column}` at the latest `{instant}`, and there of the last `{identity}`."""
    dividing: str
    """How often the whole number `{divisor}` goes into `{dividend}`, which is not negative."""
    lowering: str
    """`{text}` in lower case, each character by itself and of any script."""
    holding: str
    """That `{text}` holds `{part}`."""
    adding: str = "sum({column})"
    """The aggregate of the exact sum of whole numbers, however large; null where there are none."""
    texting: str = "{column}"
    """An id or a text of the contract as text that is ordered by its bytes in UTF-8."""
    among_many: str | None = None
    """The same as `among` of long lists, where that is written differently."""
    copies: Mapping[str, str] = field(default_factory=dict)
    """The tables that lie in the order of a scan, by its name, where these are not the facts' own."""
    keeps_more: bool = True
    """Whether there are columns and tables of our own beside the contract's: flags, mentions and bookmarks."""

    def table(self, scan: Scan) -> str:
        """Return the table that a scan reads."""
        return self.copies.get(scan.name, scan.fact.table)

    def in_list(self, column: str, name: str, ids: Sized) -> str:
        """Return the condition that an id is in a list; the list itself goes with the statement under that name."""
        many = self.among_many is not None and len(ids) > SHORT_LIST
        return (self.among_many if many and self.among_many else self.among).format(column=column, name=name)

    def count(self, condition: str) -> str:
        """Return the aggregate that counts the rows that meet a condition."""
        return self.counting.format(condition=condition)

    def middle(self, column: str, condition: str) -> str:
        """Return the aggregate of twice the exact median of whole numbers, as a whole number."""
        return self.middling.format(column=column, condition=condition)

    def total(self, column: str) -> str:
        """Return the aggregate of the exact sum of whole numbers."""
        return self.adding.format(column=column)

    def latest(self, column: str, instant: str, identity: str) -> str:
        """Return the aggregate of a column's value at the latest instant, and there of the last identity."""
        return self.newest.format(column=column, instant=instant, identity=identity)

    def quotient(self, dividend: str, divisor: str) -> str:
        """Return how often a whole number goes into another that is not negative."""
        return self.dividing.format(dividend=dividend, divisor=divisor)

    def as_text(self, column: str) -> str:
        """Return an id or a text of the contract as text that is ordered by its bytes in UTF-8."""
        return self.texting.format(column=column)

    def in_lower_case(self, text: str) -> str:
        """Return a text in lower case."""
        return self.lowering.format(text=text)

    def holds(self, text: str, part: str) -> str:
        """Return the condition that a text holds another."""
        return self.holding.format(text=text, part=part)
