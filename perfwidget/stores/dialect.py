"""What differs between the engines that answer the same statements."""

from collections.abc import Hashable, Sized
from typing import Protocol

from perfwidget.metrics import Scan


class Dialect(Hashable, Protocol):
    """What differs between engines; the arguments are SQL expressions unless said otherwise."""

    @property
    def keeps_more(self) -> bool:
        """Whether there are columns and tables of our own beside the contract's: flags, mentions and bookmarks."""

    def table(self, scan: Scan) -> str:
        """Return the table that a scan reads: its facts' own, or a copy that lies in the scan's order."""

    def in_list(self, column: str, name: str, ids: Sized) -> str:
        """Return the condition that an id is in a list; the list itself goes with the statement under that name."""

    def count(self, condition: str) -> str:
        """Return the aggregate that counts the rows that meet a condition."""

    def middle(self, column: str, condition: str) -> str:
        """Return the aggregate of twice the exact median of whole numbers, as a whole number."""

    def total(self, column: str) -> str:
        """Return the aggregate of the exact sum of whole numbers, however large; null where there are none."""

    def latest(self, column: str, instant: str, identity: str) -> str:
        """Return the aggregate of a column's value at the latest instant, and there of the last identity."""

    def quotient(self, dividend: str, divisor: int) -> str:
        """Return the expression of how often a whole number goes into another that is not negative."""

    def as_text(self, column: str) -> str:
        """Return an id or a text of the contract as text that is ordered by its bytes in UTF-8."""

    def in_lower_case(self, text: str) -> str:
        """Return the expression of a text in lower case, each character by itself and of any script."""

    def holds(self, text: str, part: str) -> str:
        """Return the condition that a text holds another."""
