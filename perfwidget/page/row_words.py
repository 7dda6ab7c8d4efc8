"""Every word about the rows behind a number, as `words` has all others."""

from perfwidget.facts import Annotation, Comment, Fact, Review, ReviewVisit
from perfwidget.page import formats

PANEL = "Rows behind a number"
CLOSE = "Close"
NO_ROWS = "Nothing is counted here, so there are no rows."
TIME = "Time"
MEMBER = "Member"
PROJECT = "Project"
TASK = "Task"
LAST_ACTION = "Last action"
LEAD_TIME = "Lead time"
REVIEW = "Review"
SCORE = "Score"
COMMENT = "Comment"
DURATION = "Duration"
SORT = "Sort by this column"
ALL_ROWS = "All rows"
SUM = "Sum"
MEDIAN = "Median"
MEAN = "Average"
INVALID_TIME = "invalid"
LONG = "long"
UNSEEN = "task"
"""The link of a task whose id nobody can see."""
PREVIOUS = "← Previous"
NEXT = "Next →"
DOWNLOAD = "Download these rows (CSV)"
ACTIONS = {
    "prediction": "Prediction",
    "propagated_annotation": "Propagated",
    "imported": "Imported",
    "submitted": "Submitted",
    "updated": "Updated",
    "skipped": "Skipped",
    "accepted": "Accepted",
    "rejected": "Rejected",
    "fixed_and_accepted": "Fixed + accepted",
    "deleted_review": "Review withdrawn",
}
"""What Label Studio's actions are called; others stand as the source writes them."""

_LISTED = {
    Annotation: ("annotation", "annotations"),
    Comment: ("comment", "comments"),
    Review: ("review action", "review actions"),
    ReviewVisit: ("review visit", "review visits"),
}


def listed(number: int, fact: type[Fact]) -> str:
    """Say how many rows of which kind there are."""
    one, several = _LISTED[fact]
    return f"{formats.count(number)} {one if number == 1 else several}"


def longest(number: int, of: int, share: str) -> str:
    """Say what the longest times make up; they may come from tasks left open, and count all the same."""
    return (
        f"{formats.count(number)} of {formats.count(of)} lead times {'is' if number == 1 else 'are'} longer than ten "
        f"times the member's own median, and {'makes' if number == 1 else 'make'} up {share} of the sum."
    )


def rows_shown(first: int, last: int, number: int) -> str:
    """Say which of the rows stand on the page."""
    return f"{formats.count(first)} – {formats.count(last)} of {formats.count(number)}"


def open_task(annotation_id: str) -> str:
    """Say what the link of a row opens."""
    return f"Open the task of annotation {annotation_id}"
