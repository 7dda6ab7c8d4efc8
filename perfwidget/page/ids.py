"""The ids of the page's parts, as callbacks, styles and scripts know them."""

ADDRESS = "address"
CHOICES = "choices"
ASKED = "asked"
ANSWER = "answer"
READINGS = "readings"
PROBLEM = "problem"
SEEK = "seek"
FOUND = "found"
LATE = "late"
LOOK = "look"
AGAIN = "again"
PULSE = "pulse"

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
AS_OF = "as-of"
NOTICE_BOX = "notice-box"
NOTICE = "notice"
TRY_AGAIN = "try-again"
SIGN_IN = "sign-in"
OWN_PAGE = "own-page"
CARDS = "cards"
FIGURES = "figures"
ROWS_PANEL = "rows-panel"
ROWS_CLOSE = "rows-close"
ROWS_FAULT = "rows-fault"
ROWS_AGAIN = "rows-again"
ROWS_SOUGHT = "rows-sought"
ROWS_PROBLEM = "rows-problem"
ROWS = "rows"
NOTES = "notes"
DEFINITIONS = "definitions"
DEFINED = "defined"


def graph(panel: str) -> str:
    """Return the id of a panel's graph."""
    return f"{panel}-graph"


def legend(panel: str) -> str:
    """Return the id of the legend of a panel's graph."""
    return f"{panel}-legend"


def message(panel: str) -> str:
    """Return the id of what a panel says in place of its graph."""
    return f"{panel}-message"


def numbers(panel: str) -> str:
    """Return the id of the table of a panel's graph."""
    return f"{panel}-numbers"


def export(file: str) -> str:
    """Return the id of the link to a download."""
    return f"export-{file.replace('.', '-')}"
