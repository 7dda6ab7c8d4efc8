"""Every word of the table of members, as `words` has all others."""

from collections.abc import Sequence

from perfwidget.metrics import Tab
from perfwidget.page import formats, words
from perfwidget.question.table import Table, TableTab

TITLE = "Members"
MEMBER = "Member"
TABS = {tab: Tab[tab.name].value for tab in TableTab}
COLUMNS = "Columns"
DEFAULT_COLUMNS = "Those of the tab"
SORT = "Sort by {}. {}"
BY_NAME = "The name, else the e-mail, else the id."
UNKNOWN = "not a member"
"""Of somebody whom only facts mention: the organization has no record of them, or not any more."""
PREVIOUS, NEXT = "← Previous", "Next →"
PAGES = "Pages of the table"
NEIGHBOURS = "Other members"
KINDS_OF_WORK = "What the table shows"
SIZES = "Rows a page"
LEADS = "Every number opens the rows that it counts."
SEARCH = "Search members"
SEARCH_ABOUT = "Search the table by name, e-mail or id"
NOT_ONLY_FOUND = "not only those found"
"""Beside the numbers of everybody, while a search leaves some rows."""


def more_members(number: int) -> str:
    """Say how many members a list leaves out, and how to get at them."""
    return f"and {number:,} more: type to find them"


NO_PROJECTS = "No work in any project in this period."


def projects_of(name: str) -> str:
    """Name the button that opens the projects of a member."""
    return f"Projects of {name}"


def more_projects(number: int) -> str:
    """Say how many projects are not shown, before the link to the member."""
    return f"and {words.projects_more(number)}: open "


def all_members(number: int) -> str:
    """Name everybody: in the list to choose from, and at the head of the row of their numbers."""
    return f"All {words.members(number)}"


def these_members(number: int, missing: Sequence[str]) -> str:
    """Name the entry of the list for the members of a pasted list, and say whom it names in vain."""
    return f"These {words.members(number)}" + (f"; not found: {', '.join(missing)}" if missing else "")


def leave_out(name: str) -> str:
    """Say what the cross beside a chosen member does."""
    return f"Leave out {name}"


def and_more(number: int) -> str:
    """Say that further members were chosen who are not named."""
    return f"and {formats.count(number)} more"


def per_bucket(label: str, per: str) -> str:
    """Head the column of the small graphs: `Submitted Annotations per day`."""
    return f"{label} {per}"


def long(share: str) -> str:
    """Mark a total time of which a large part is in unusually long annotations."""
    return f"◔ {share} long"


def line(total: str, most: str, when: str) -> str:
    """Say what a small graph shows."""
    return f"{total} in all, at most {most}: {when}" if when else f"{total} in all"


def shown(first: int, last: int, of: int, table: Table) -> str:
    """Say which members stand on the page, and of how many."""
    span = formats.count(first) if first == last else f"{formats.count(first)}–{formats.count(last)}"
    return f"{span} of {formats.count(of)}{' found' if table.search else ''}{'' if table.idle else ' with activity'}"


def nobody(table: Table) -> str:
    """Say why there are no rows."""
    if not table.search:
        return "Nobody has activity in this period."
    who = "No member" if table.idle else "No member with activity in this period"
    return f"{who} matches “{formats.shown(table.search)}”. The search looks at names, e-mails and ids."


def place(number: int, of: int) -> str:
    """Say which of several members is shown."""
    return f"{formats.count(number)} of {formats.count(of)}"


def show_idle(number: int) -> str:
    """Name the way to members without activity."""
    return f"Show {formats.count(number)} without activity"


HIDE_IDLE = "Hide those without activity"
