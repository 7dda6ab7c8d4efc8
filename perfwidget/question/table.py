"""What of the table of members is shown: its tab, columns, order and page, and whom a search looks for."""

from dataclasses import dataclass
from enum import StrEnum

SIZES = (25, 50, 100, 200)
"""How many members a page of the table may hold."""

MEMBER = "member"
"""The column of names, by which the table is sorted at first."""

LONGEST_SEARCH = 255
"""Characters, as many as an id may have."""

TABLE_NAMES = frozenset({"tab", "search", "sort", "page", "size", "columns", "idle", "open"})
"""The parameters of an address that speak of the table."""


class TableTab(StrEnum):
    """The tabs of the table, as addresses name them."""

    ANNOTATIONS = "annotations"
    REVIEWS = "reviews"


@dataclass(frozen=True, slots=True)
class Table:
    """What of the table of members is asked for.

    `sort` is `member` or the key of a metric. `page` and `size` are None where the address does not say them. The page
    shows the first one then, and a file has everybody. Without `columns` they are those of the tab. `idle` shows
    members without activity, too. `search` leaves the rows of members whose name, e-mail or id holds it. The row of all
    of them and files take no part in that. `open` is the member whose projects are shown below their row, where there
    is one.
    """

    tab: TableTab = TableTab.ANNOTATIONS
    sort: str = MEMBER
    descending: bool = False
    page: int | None = None
    size: int | None = None
    columns: tuple[str, ...] = ()
    idle: bool = False
    search: str = ""
    open: str | None = None
