"""The ids of the page's parts, as callbacks, styles and scripts know them."""

ADDRESS = "address"
CHOICES = "choices"
ASKED = "asked"
ANSWER = "answer"
READINGS = "readings"
PROBLEM = "problem"
SEEK = "seek"
OPEN_TABLES = "open-tables"
FOUND = "found"
LATE = "late"
LOOK = "look"
NEWS = "news"
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


def opener(panel: str) -> str:
    """Return the id of what one opens a panel's table by."""
    return f"{panel}-opener"


def table(panel: str) -> str:
    """Return the id of a panel's table."""
    return f"{panel}-table"


def export(file: str) -> str:
    """Return the id of the link to a download."""
    return f"export-{file.replace('.', '-')}"
