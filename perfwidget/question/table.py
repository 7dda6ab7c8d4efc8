"""What of the table of members is shown: its tab, columns, order and page, and whom a search looks for."""

from dataclasses import dataclass
from enum import StrEnum

from perfwidget.errors import InvalidQuery
from perfwidget.metrics import BY_KEY
from perfwidget.question import parameters
from perfwidget.question.parameters import Given

SIZES = (25, 50, 100, 200)
"""How many members a page of the table may hold."""

MEMBER = "member"
"""The column of names, by which the table is sorted at first."""

MOST_DIGITS = 9
"""Of a number in an address: Python refuses to read one of thousands."""

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


def parse_table(given: Given) -> Table:
    """Return the table that an address asks for; raises InvalidQuery."""
    sort = parameters.one(given, "sort") or MEMBER
    key = sort.removeprefix("-")
    if key != MEMBER and key not in BY_KEY:
        raise InvalidQuery("sort must be member or the key of a number, with - in front for the largest first.")
    columns = (parameters.one(given, "columns") or "").split(",")
    if columns != [""] and not set(columns) <= BY_KEY.keys():
        raise InvalidQuery("columns must be keys of numbers with commas between them; choose them on the page.")
    search = (parameters.one(given, "search") or "").strip()
    if len(search) > LONGEST_SEARCH:
        raise InvalidQuery(f"search may have at most {LONGEST_SEARCH} characters; look for a part of the name.")
    size = _number("size", given)
    if size is not None and size not in SIZES:
        raise InvalidQuery(f"size must be one of {', '.join(map(str, SIZES))}.")
    parameters.one(given, "open")  # refuses two
    return Table(
        tab=parameters.choice(TableTab, "tab", given) or TableTab.ANNOTATIONS,
        sort=key,
        descending=sort.startswith("-"),
        page=_number("page", given),
        size=size,
        columns=tuple(dict.fromkeys(filter(None, columns))),
        idle=parameters.flag("idle", "show", given),
        search=search,
        open=next(iter(parameters.ids("open", given)), None),
    )


def _number(name: str, given: Given) -> int | None:
    value = parameters.one(given, name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS and int(value)):
        raise InvalidQuery(f"{name} must be a whole number from 1 on.")
    return int(value)
