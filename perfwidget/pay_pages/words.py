"""The words of the pages of pay that stand in no template: short sentences, to be reviewed and translated."""

from collections.abc import Mapping, Sequence
from datetime import date

from perfwidget.page import formats
from perfwidget.page import words as dashboard
from perfwidget.pay.sorting import Due, Reason
from perfwidget.pay.work import Kind

PAY, MY_PAY = dashboard.PAY, dashboard.MY_PAY
CARDS = "Rate cards"
QUESTIONS = "Questions"
NOTHING = "—"
FORGOTTEN = "(this text was forgotten with its member)"


# -- Counting ---------------------------------------------------------------------------------------------------------

_NOUNS = {Kind.ANNOTATION: "annotation", Kind.REVIEW: "review", Kind.VISIT: "review visit"}


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 annotation`, `1,204 reviews`."""
    return f"{formats.count(number)} {noun}{'' if number == 1 else 's'}"


def items(by_kind: Mapping[str, int]) -> str:
    """Return how many items there are of each kind: `612 annotations, 3 reviews`."""
    told = [counted(by_kind[kind], _NOUNS[kind]) for kind in Kind if by_kind.get(kind)]
    return ", ".join(told) or "0 annotations"


def kind(name: str) -> str:
    """Return what an item is called."""
    return _NOUNS[Kind(name)]


def days(first: date, last: date) -> str:
    """Return the dates of a period or of some work."""
    return formats.dates(first, last)


# -- States, and why something stands where it stands ----------------------------------------------------------------

STATES = {
    "draft": "draft",
    "proposed": "proposed",
    "acknowledged": "acknowledged",
    "contested": "contested",
    "approved": "approved",
    "paid": "paid",
    "withdrawn": "withdrawn",
}
"""The states by which the list can be narrowed."""

STATE_MEANS = {
    "draft": "Not a statement yet: the numbers change while work goes on.",
    "proposed": "Fixed and shown to the member. Somebody has to approve it.",
    "acknowledged": "The member agrees.",
    "contested": "The member asks a question about it.",
    "approved": "It is going to be paid.",
    "paid": "It is marked as paid.",
    "withdrawn": "It does not count any more.",
}

DUE = {
    Due.WORK: "",
    Due.LATE: "late",
    Due.ADDED: "added",
}
DUE_SINCE = {
    Due.WORK: "",
    Due.LATE: "of",
    Due.ADDED: "first worked on",
}
"""What stands before the days of a line's work."""
DUE_MEANS = {
    Due.WORK: "",
    Due.LATE: "Due before this period, and in no earlier statement.",
    Due.ADDED: "Paid before. Only the time that was added since is paid here.",
}

LEFT_OUT = {
    Reason.OWN: ("own work", "Nobody is paid for reviewing their own annotations."),
    Reason.NO_RATE: ("no rate", "No rate card says what this work is worth."),
    Reason.NOT_ACCEPTED: ("not accepted", "It waits for a review that accepts it."),
    Reason.HELD: ("held", "A payer set it aside."),
    Reason.NO_TIME: ("no time", "Its time is not known, and hours are paid here."),
    Reason.WAITS: ("waits for approval", "It waits until an earlier statement is approved."),
}
HELD_BY_ITSELF = "Created before {since}, when pay began here. A payer has to release it."


def left_out(by_reason: Mapping[str, int]) -> Sequence[str]:
    """Return how many items are left out for each reason: `19 held`, `2 no rate`."""
    return [f"{formats.count(number)} {LEFT_OUT[Reason(reason)][0]}" for reason, number in by_reason.items()]


CHANGES = {
    "updated": ("Updated, paid before", "Their time did not grow, so there is nothing to add."),
    "no longer counts": ("No longer counts", "Paid before. Nothing is taken back."),
    "counts again": ("Counts again", "Paid before."),
    "time shrank": ("Time shrank", "Paid before. Nothing is taken back."),
    "gone": ("Gone", "Deleted after it was paid. Nothing is taken back."),
    "now another's": ("Now another member's", "Paid before. Nothing is taken back."),
    "paid to another before": ("Paid to another member before", "It is not paid twice."),
}

WRITTEN_AFTER = "The rate card was written after some of this work."

# -- What is asked for, and what went wrong ---------------------------------------------------------------------------

WHOLE_DAYS = "Pay takes whole days; choose dates without a time of day."
CHOOSE_DATES = "Choose the first and the last day; all time is no period of pay."
NOT_YOURS = "This statement is not there, or it is not for you; look at the list of statements."
BEGINS = "Say which day is the first one paid here"
BACK_TO_LIST = "Back to the list"
BACK_TO_DRAFT = "Back to the draft"
CHOOSE_SOMEBODY = "Nobody is chosen; mark members in the list first."


def more_without_work(number: int) -> str:
    """Say how many members are not in the list."""
    return f"{counted(number, 'member')} without work to pay in this period {'is' if number == 1 else 'are'} not shown."


def all_members(number: int) -> str:
    """Return what stands before the sums of a list."""
    return counted(number, "member") if number == 1 else f"All {counted(number, 'member')}"


def in_no_statement(items_: int, first: date) -> str:
    """Say how much work before a day is in no statement."""
    told = "none" if items_ == 0 else counted(items_, "item")
    return f"work in no statement before {formats.day(first)}: {told}"


def missing(number: int) -> str:
    """Say how much of a member's work came after their statement."""
    return f"{counted(number, 'item')} in no statement"


# -- Rate cards -------------------------------------------------------------------------------------------------------

EVERYBODY = "Everybody"
EVERYWHERE = "All projects"
PROJECT = "Project"
WORKSPACE = "Workspace"
EVERY_ROLE = {
    "owner": "Owners",
    "admin": "Admins",
    "manager": "Managers",
    "reviewer": "Reviewers",
    "annotator": "Annotators",
}


def valid(first: date, last: date | None) -> str:
    """Say when a rate card is valid."""
    return f"from {formats.day(first)}" if last is None else formats.dates(first, last)


# -- Sentences of the pages -------------------------------------------------------------------------------------------

NOTHING_THERE = "There is nothing to pay in this period, for nobody whom you asked for."
OUT_OF_REACH = "Members with work in projects that are not yours are not shown; ask somebody with a pay role for all."
NOTHING_YET = "There is no work to pay in this period yet."
NO_LINES = "Nothing is paid in this period."
SETTLED_ELSEWHERE = "Work that is in a statement is not shown in a draft again."
CHECKED = "Each line opens the items that it counts. Amounts are rounded once, for each line."
HASHES = "Keep both hashes: by them anybody can see whether this statement or the log was changed since."
WHICH_CARD = (
    "Of the cards that fit, the most exact one pays: yours before your role's before everybody's; "
    "among these a project's before a workspace's before all projects'."
)

# -- Acting -----------------------------------------------------------------------------------------------------------

ACTS = {
    "propose": "Propose",
    "approve": "Approve",
    "withdraw": "Withdraw",
    "pay": "Mark as paid",
    "hold": "Set aside",
    "release": "Release",
}
ACT_MEANS = {
    "propose": "Each draft becomes a statement. Its numbers are fixed, and the member sees it.",
    "approve": "The statements are going to be paid. They cannot be withdrawn any more.",
    "withdraw": "The statements do not count any more. Their work can be proposed again.",
    "pay": "The amounts are marked as paid, with the day and the reference. No money is moved.",
}
IN_A_STATEMENT = "It is in statement {number} already."
NOT_OVER = "The period is not over; propose it once it has ended."
NO_STATEMENT = "Nothing is paid or told, so there is no statement."
STILL_A_DRAFT = "It is a draft; propose it first."
NOT_APPROVED = "It is not approved yet."
PAID_ALREADY = "It is marked as paid already. A wrong mark is replaced with the command perfwidget pay paid."
APPROVED_ALREADY = "It is approved already."
COMES_TO_NOTHING = "It comes to nothing, so there is nothing to pay."
SAY_WHY = "Say why in a few words; the member reads it."
SAY_WHEN = "Give the day of payment, its reference, and at least one currency."
NO_SUCH_ACT = "There is no such act; go back to the list, and choose one of its buttons."
LOAD_AGAIN = "The form is not as this page made it; go back to the list, and choose again."
TOO_MANY = "A form takes at most {most:,} at once; search for some of them."
APPROVED = "Statement {number} is approved."
WAS_WITHDRAWN = "It was withdrawn:"
WITHDRAWN = "Statement {number} is withdrawn."
PAID = "{amount} of statement {number} is marked as paid."


def proposed(number: int, amounts: Sequence[str]) -> str:
    """Say that a draft is a statement now."""
    return f"Statement {number} is proposed: {', '.join(amounts) or 'it comes to nothing'}."


def waiting(number: int) -> str:
    """Say how many more than a form takes there are."""
    told = "1 more waits" if number == 1 else f"{formats.count(number)} more wait"
    return f"{told}. Do these first, then mark all of the list again."


def held(statement: int | None) -> str:
    """Say what becomes of an item that is set aside, and that a statement may pay it already."""
    if statement is None:
        return "It is set aside: no statement takes it until it is released."
    which = f"Statement {statement}" if statement else "A statement"
    return f"{which} pays it already; only what is added later is set aside."


RELEASED = "It is released: the next statement takes it."
CHOOSE_ITEMS = "No item is chosen; mark some in the list first."
CAP_IN_MINUTES = "The longest time must be given in minutes, as whole seconds, such as 20 or 0.5."
NOT_FOR_A_MEMBER = "A member is named, and the card is for others, too; choose “One member:”, or leave the name empty."
NO_CAP = (
    "A longest time is given, and nothing is cut there; choose “at most so long each” of an hour, or leave it empty."
)
WHICH_MEMBER = "Name one member by e-mail or id; nobody is known under what stands there."
SEVERAL_MEMBERS = "{number} members have this e-mail; name one by id."

# -- Questions --------------------------------------------------------------------------------------------------------

ANSWERS = {"corrected": "Corrected", "explained": "Explained", "refused": "Refused"}
ANSWER_MEANS = {
    "corrected": "You are right. What is missing comes with a new statement or an adjustment.",
    "explained": "The numbers are right, and this is why.",
    "refused": "Nothing changes, and this is why.",
}


def about(line: int | None, item: tuple[Kind, str] | None) -> str:
    """Return what a question is about."""
    return f"line {line}" if item is None else f"{kind(item[0])} {formats.shown(item[1])}"


ASKING = "A payer reads it and answers. It does not delay your pay."
ADJUSTING = "An amount that the member's next statement pays beside their work. Nothing paid is ever taken back."
TAKING_BACK = "While no statement takes an adjustment, it can be taken back. The log keeps both, with your reason."

# -- Forms of rate cards, and since when pay answers ------------------------------------------------------------------

UNITS = {
    "annotation": "annotation",
    "accepted_annotation": "accepted annotation",
    "hour": "hour of annotating",
    "review": "review",
    "review_hour": "hour of reviewing",
}
CLOCKS = {"lead": "all the time", "capped": "at most so long each", "median": "by the median of the project"}
CARDS_MEAN = "What work is worth. A card is never changed: it ends, and another one follows."
NO_CARDS = "There is no rate card yet, so no work has a rate."
NO_CARDS_OF_YOURS = "No project of yours has a rate card of its own; cards for workspaces or all projects may pay."
END_MEANS = "A card ends with a day, and pays no later work."
VOID_MEANS = "A card that paid nothing yet can be voided, as if it was never written."
WHICH_OF_CARDS = (
    "Of the cards that fit, the most exact one pays: a member's before a role's before everybody's; "
    "among these a project's before a workspace's before all projects'."
)
BEGINNING = (
    "Work that was due before this day is not paid here. Annotations that were created before it are held, "
    "for they may have been paid elsewhere. The day is fixed once there is a statement."
)
