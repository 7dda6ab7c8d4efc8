"""The ids of the page's parts, as callbacks, styles and scripts know them."""

ADDRESS = "address"
CHOICES = "choices"
ASKED = "asked"
ANSWER = "answer"
SEEK = "seek"
FOUND = "found"

MEMBER = "member"
PRESET = "preset"
DATES = "dates"
TIMEZONE = "timezone"
WORKSPACES = "workspaces"
PROJECTS = "projects"
GRAIN = "grain"
STATISTIC = "statistic"
THEME = "theme"
RESET = "reset"
REFRESH = "refresh"

HEADING = "heading"
NOTICE = "notice"
CARDS = "cards"
FIGURES = "figures"
ROWS = "rows"
ROWS_SOUGHT = "rows-sought"
NOTES = "notes"
DEFINITIONS = "definitions"


def graph(panel: str) -> str:
    """Return the id of a panel's graph."""
    return f"{panel}-graph"


def legend(panel: str) -> str:
    """Return the id of the legend of a panel's graph."""
    return f"{panel}-legend"


def message(panel: str) -> str:
    """Return the id of what a panel says in place of its graph."""
    return f"{panel}-message"


def export(file: str) -> str:
    """Return the id of the link to a download."""
    return f"export-{file.replace('.', '-')}"
