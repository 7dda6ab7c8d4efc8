"""What differs between the engines that answer the same statements: a value, written down once an engine."""

from collections.abc import Callable, Mapping, Set, Sized
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How an engine writes what engines write differently; each takes SQL expressions and gives one."""

    in_list: Callable[[str, str, Sized], str]
    """That an id (`column`) is in a list, which goes with the statement under `name`; the last are its ids."""
    among_numbers: Callable[[str, str], str]
    """That a whole number is in a list, which goes with the statement as texts under a name (the second)."""
    count: Callable[[str], str]
    """The aggregate that counts the rows which meet a condition."""
    middle: Callable[[str, str], str]
    """The aggregate of twice the exact median of whole numbers, as a whole number, of those that meet a condition."""
    outermost: Callable[[str, str, str, str], str]
    """The aggregate of a column's value where two others, in that order, are least ("min") or greatest ("max")."""
    quotient: Callable[[str, str], str]
    """How often a whole number (the second) goes into another that is not negative."""
    in_lower_case: Callable[[str], str]
    """A text in lower case, each character by itself and of any script."""
    holds: Callable[[str, str], str]
    """That a text holds another."""
    matches: Callable[[str, str], str]
    """That the whole of a text is as a pattern of our own, a regular expression of what all engines know."""
    hashed: Callable[[str], str]
    """A whole number of 64 bits that differs, as far as anybody can tell, where any of some columns does."""
    flag: Callable[[int], str] = "(coalesce(flags, 0) & {0:d} > 0)".format
    """That a bit of an annotation's flags is set; it is not where no flags are known."""
    total: Callable[[str], str] = "sum({})".format
    """The aggregate of the exact sum of whole numbers, however large; null where there are none."""
    as_text: Callable[[str], str] = str
    """An id or a text of the contract as text that is ordered by its bytes in UTF-8."""
    and_null: Callable[[str], str] | None = None
    """A column of a query whose every row is there twice, with its value and with none: for engines that plan long."""
    review: str = "review_id"
    """What tells the rows of reviews apart within a statement, whatever is read fastest."""
    once: str = ""
    """What stands before a query with a name, so that it is worked out once however it is joined."""
    copies: Mapping[str, str] = field(default_factory=dict)
    """The tables that lie in the order of a scan, by its name, where these are not the facts' own."""
    whole_numbers: Set[str] = frozenset()
    """The columns of ids that are whole numbers, and not text."""
    keeps_more: bool = True
    """Whether there are columns and tables of our own beside the contract's: mentions and bookmarks."""
    tells_changes: bool = True
    """Whether the store tells that facts have changed: by marks of its own, or by a view `changes` of the host's."""
    in_list_alone: Callable[[str, str, Sized], str] | None = None
    """The same as `in_list` in a statement that reads one table, where an engine answers another form faster."""

    @property
    def of_one_table(self) -> "Dialect":
        """The dialect of statements that read one table and join nothing but lists."""
        return self if self.in_list_alone is None else replace(self, in_list=self.in_list_alone)
