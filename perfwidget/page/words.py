"""Every word of the page that people read, in one place, to be reviewed and translated.

Names and definitions of numbers stand with the numbers themselves, in `perfwidget.metrics`. `Report.named_scope` says
which projects they speak of. `row_words` has what is said of the rows behind a number, `control_words` the words of
controls. What the browser says by itself (`SAID_BY_SCRIPT`) is handed to the script with the page.
"""

from datetime import date

from perfwidget.metrics import Better, Rules, Section, Unit
from perfwidget.page import formats
from perfwidget.question.period import Grain, Period
from perfwidget.stores.choosing import Profile

TITLE = "Performance"
NO_SCRIPT = "The dashboard needs JavaScript; allow it for this page."

# -- Whose figures, and of what ---------------------------------------------------------------------------------------

BETWEEN = " · "
INACTIVE = "inactive"
REFRESH = "Ask for the figures again"
PAY = "Pay"
MY_PAY = "My pay"


def members(number: int) -> str:
    """Say how many members the figures speak of."""
    return f"{formats.count(number)} {'member' if number == 1 else 'members'}"


def projects_more(number: int) -> str:
    """Say how many projects there are besides those that are shown."""
    return f"{formats.count(number)} more {'project' if number == 1 else 'projects'}"


def as_of(time: str) -> str:
    """Say when the figures were worked out."""
    return f"as of {time}"


FIRST_READING = "The platform is being read for the first time; until that is done, work is missing here."

UNFINISHED_COPY = "These facts are a copy that was broken off, and some are missing; finish it with perfwidget copy."


def late(moment: str) -> str:
    """Say that the facts are older than they should be."""
    return f"The platform could not be read since {moment}; work that is newer is missing here."


def whose(name: str, period: Period) -> str:
    """Say whose figures of what period are shown while newer ones cannot be."""
    return f"{name}, {formats.period(period)}"


def member_option(member: Profile) -> str:
    """Name a member in the list of members."""
    parts = (formats.member_name(member), formats.member_email(member), "" if member.active else INACTIVE)
    return BETWEEN.join(filter(None, parts))


# -- Cards ------------------------------------------------------------------------------------------------------------

SUMMARY = "Summary"
NO_ANNOTATIONS = "no submitted annotations in this period"
NO_TIME = "no annotation with a usable time"
NO_REVIEWS = "no reviews in this period"
NO_SCORE = "no review with a score"
NO_SCORE_RECORDED = "no reviews recorded by this source"


def note(label: str, value: str) -> str:
    """Say a number that another one cannot be read rightly without."""
    return f"{label}: {value}"


def rejected(number: int, rules: Rules) -> str:
    """Say how many rejected annotations there are, and whether they are among the submitted ones."""
    return f"Rejected: {formats.count(number)}, {'counted' if rules.count_rejected else 'not counted'}"


def long_times(number: int, share: str) -> str:
    """Say what the longest times make up; they may come from tasks left open, and count all the same."""
    annotations = "1 annotation" if number == 1 else f"{formats.count(number)} annotations"
    return f"{share} of it in {annotations} longer than ten times the median"


LAST_ACTIVE = "last active"
UNCHANGED = "= no change"
VERDICTS = {Better.HIGHER: "better", Better.LOWER: "worse", Better.NEITHER: ""}


def points(fraction: float) -> str:
    """Return a difference of shares in percentage points."""
    number = f"{fraction * 100:.1f}".removesuffix(".0")
    return f"{number} {'point' if number == '1' else 'points'}" if number != "0" else "<0.1 points"


def compared(verdict: str, dates: str) -> str:
    """Say what a change is compared with."""
    return f", {verdict} than {dates}" if verdict else f" to {dates}"


def rows_behind(label: str) -> str:
    """Say what activating a number does."""
    return f"Show the rows behind {label}"


def exactly(number: str, unit: Unit) -> str:
    """Name a number with all its digits."""
    return f"{number} seconds" if unit is Unit.SECONDS else f"{number} of 1"


# -- Graphs and their tables ------------------------------------------------------------------------------------------

GRAPHS = "Graphs"
PANELS = {
    "annotation-summary": ("Annotation Summary", "The shares of submitted, updated and skipped annotations"),
    "annotations": ("Annotations", "Bars of submitted, updated and skipped annotations by date"),
    "total-time": ("Total Time Annotating", "Bars of the time spent on annotations by date"),
    "time-per-annotation": ("Time per Annotation", "Lines of the median and average time per annotation by date"),
    "review-time": ("Review Time", "Bars of the time spent looking at submitted annotations by date"),
    "reviews": ("Reviews", "Bars of reviews accepted, rejected, and fixed and accepted, by date"),
}
"""The title of each panel, and what its graph shows."""

LINES = {
    "annotations": "A line of the submitted annotations of each member by date",
    "total-time": "A line of the time that each member spent on annotations by date",
    "time-per-annotation": "A line of the median time per annotation of each member by date",
    "review-time": "A line of the time that each member spent looking at submitted annotations by date",
    "reviews": "A line of the reviews that each member took by date",
}
"""What graphs of few members show."""

EACH = {
    "annotations": "Each line: Submitted Annotations, without skipped ones.",
    "total-time": "Each line: the sum of the day's times; as Median, the day's count × median time.",
    "time-per-annotation": "Each line: the median.",
    "review-time": "Each line: Review Time.",
    "reviews": "Each line: accepted, rejected, and fixed + accepted together.",
}
"""What the line of each member is, as people read it beside their names."""

IN_ALL = "in all"
DATA = "Data"
STATISTIC = "Reading of the total time"
STATISTICS = {"average": "Average", "median": "Median"}
OF_FEW = "The reading by the median speaks of each member; choose up to five to see it."
FULL_RANGE = "Full range"
ANNOTATIONS = "annotations"
PER = {Grain.DAY: "per day", Grain.WEEK: "per week", Grain.MONTH: "per month"}
TOO_LONG = "This period is too long to be shown {}; it is shown {}."
ANNOTATIONS_PER = {grain: f"annotations {per}" for grain, per in PER.items()}
REVIEWS_PER = {grain: f"reviews {per}" for grain, per in PER.items()}
PER_ANNOTATION = "per annotation"
DATE_OF = {Grain.DAY: "Day", Grain.WEEK: "Week", Grain.MONTH: "Month"}
SHARES_HEAD = ("Annotations", "Number", "Share")

NO_WORK = "No work in this period."
NO_SUBMITTED = "No submitted annotations in this period."
NO_USABLE_TIME = "No annotation of this period has a usable time."
NO_REVIEWS_TAKEN = "No reviews taken in this period."
NO_REVIEW_TIME = "No review time in this period."
WITH_FILTERS = "Filters narrow what is shown."
EMPTY_SCOPE = "There is no project in your scope, so there is nothing to show."
REVIEWS_NOT_RECORDED = "Reviews are not recorded by this source."
VISITS_NOT_RECORDED = "Review time is not recorded by this source."
VISITS_NOT_YET_RECORDED = "Review time was not yet recorded in this period."
PANEL_FAILED = "This graph could not be drawn; the server's log says why."


def graph(title: str, shows: str) -> str:
    """Name a graph to somebody who does not see it."""
    return f"{title}. {shows}; the numbers are in the table below."


def data_of(title: str) -> str:
    """Name the table of a graph."""
    return f"{title}, data"


def of_member(name: str, label: str) -> str:
    """Head a column of one member's, where there are several of each."""
    return f"{name}, {label}"


def in_seconds(label: str) -> str:
    """Head the column of a time's exact digits."""
    return f"{label}, s"


def rejected_beside(rules: Rules) -> str:
    """Name the rejected annotations beside the summary."""
    return "Rejected, counted above" if rules.count_rejected else "Rejected, not counted"


KEPT = {"actions": "Actions", "comments": "Comments"}
"""The kinds of facts beside visits that may be kept for some time only, in words."""
KEPT_SINCE = "{} before {} are not kept: nothing is known of them."


def review_time_since(since: date) -> str:
    """Say that a period begins before review time was recorded."""
    return f"Recorded since {formats.day(since)}: nothing is known of the time before."


# -- What stands beside the numbers -----------------------------------------------------------------------------------

NOTES = "Not counted, and worth knowing"
DEFINITIONS = "What the numbers mean"
SECTIONS = {
    Section.SUMMARY: "Summary",
    Section.ANNOTATION_SUMMARY: "Annotation Summary",
    Section.REVIEWING: "Reviewing",
    Section.COMMENTS: "Comments",
    Section.ACTIVITY: "Activity",
    Section.NOT_COUNTED: "Not counted",
    Section.NOTES: "Worth knowing",
}
NOT_RECORDED = "Not recorded by this source."
NOT_TOLD = "Not told by this source."
NEVER_FILLED = "Not recorded by this source, and so not shown: "


def silent(number: int, *, missing: bool) -> str:
    """Name how many notes have nothing to say."""
    return f"{number} more, all 0{' or not recorded' if missing else ''}"


PART_FAILED = "This part could not be shown; the server's log says why."


# -- What the script says ---------------------------------------------------------------------------------------------

TRY_AGAIN = "Try again"
SIGN_IN = "Sign in again"
OWN_PAGE = "Back to my own figures"

TOO_LARGE = "The question is too long for the server; choose fewer projects."
SAID_BY_SCRIPT = {
    "401": "Your session has ended.",
    "599": "The server cannot be reached; check your connection.",
    "failed": "The figures could not be fetched; try again in a moment.",
    "413": TOO_LARGE,
    "414": TOO_LARGE,
    "429": "The server asks for a pause; the page tries again by itself.",
    "blocked": "A security policy of this site keeps the page from working ({directive}); ask your administrator.",
    "showing": "Showing figures of {time}: {what}.",
    "unknownZone": "Your browser's time zone, {zone}, is not known here; times are in UTC.",
}
