"""Which rows a number speaks of: scans, conditions, and named sets of rows."""

from dataclasses import dataclass, replace
from enum import Enum

from perfwidget.facts import Action, Annotation, Comment, Fact, Review, ReviewVisit
from perfwidget.facts.columns import MICROSECONDS


@dataclass(frozen=True, slots=True)
class Rules:
    """What a host may decide about counting; the same for everybody who looks."""

    count_rejected: bool = False
    count_predictions: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """The facts of members in one period: whose (`member`), and which instant (`instant`) places them in time."""

    name: str
    fact: type[Fact]
    member: str
    instant: tuple[str, ...]
    """The first of these columns that is not null."""
    beyond: str | None = None
    """A column whose instant must lie at or after the end of the period, where there is one."""


ANNOTATED = Scan("annotated", Annotation, "completed_by", ("completed_at",))
MOVED = Scan("moved", Annotation, "completed_by", ("created_at",), beyond="completed_at")
REVIEWED = Scan("reviewed", Review, "completed_by", ("created_at",))
REVIEWING = Scan("reviewing", Review, "reviewer_id", ("created_at",))
JUDGING = Scan("judging", Review, "annotation_id", ("created_at",))
"""Reviews whoever took them of whomever: those, too, of which neither is known."""
VISITED = Scan("visited", ReviewVisit, "user_id", ("closed_at", "opened_at"))
ACTED = Scan("acted", Action, "user_id", ("created_at",))
COMMENTED = Scan("commented", Comment, "completed_by", ("created_at",))
COMMENTING = Scan("commenting", Comment, "created_by", ("created_at",))


class Condition(Enum):
    """A condition that needs more than a column and a value."""

    COUNTED = "last_action is one of the counted ones and it is somebody's work, by the host's rules"
    UNCOUNTED = "last_action is neither counted nor rejected"
    CREATED_EARLIER = "created_at lies before the period"
    LATEST_REVIEW_REJECTS = "the annotation's latest review rejects it"
    FIRST_REVIEW = "it is the first review of its annotation, which was not created before reviews were recorded"
    BY_OWNER = "the reviewer is the annotation's owner"
    BY_NO_OWNER = "the reviewer is not the annotation's owner"
    BY_OTHERS = "the comment is not by the annotation's owner"
    LONG_DAY = "its owner's countable annotations of that day have usable times of more than 24 hours"
    LONG = "lead_time is longer than ten times its owner's median of the question's whole period"
    COUNTED_OR_SKIPPED = "was_cancelled, or last_action is one of the counted ones"
    COUNTED_SKIPPED_OR_REJECTED = "was_cancelled, or last_action is rejected or one of the counted ones"
    POSTED_BY_OTHER = "its source says that somebody else than its owner wrote it"
    IMPORTED = "its source says that it came with an import"
    FROM_PREDICTION = "its source says that it is a prediction taken over as it was"
    LONGER_THAN_TASK = "its source says that its time is longer than its task has existed"
    VISIT_TIMED = "closed_at is there and does not lie before opened_at"
    VISIT_UNTIMED = "closed_at is missing or lies before opened_at"
    TIME_USABLE = "lead_time is a usable time"
    TIME_MISSING = "lead_time is missing"
    TIME_INVALID = "lead_time is given but no time"
    SCORE_PRESENT = "score is present"
    SCORE_MISSING = "score is missing"


@dataclass(frozen=True, slots=True)
class OneOf:
    """The column holds one of the values."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """The column holds none of the values."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Is:
    """The flag column holds the value."""

    column: str
    value: bool


Where = Condition | OneOf | NoneOf | Is


@dataclass(frozen=True, slots=True)
class Rows:
    """A set of facts of a scan: those that meet all conditions."""

    scan: Scan
    where: tuple[Where, ...] = ()

    def that(self, *where: Where) -> "Rows":
        """Return those of these rows that meet further conditions."""
        return Rows(self.scan, self.where + where)


LONGEST_DAY = 24 * 3_600 * MICROSECONDS
"""More than this nobody works on one day, in microseconds; one of 25 hours makes no exception."""

COUNTED_ACTIONS = ("submitted", "updated", "accepted", "fixed_and_accepted", "deleted_review")
REVIEW_ACTIONS = ("accepted", "rejected", "fixed_and_accepted")

LONG_TIMES = 10
"""A lead time is long if it is longer than so many times the median of its owner's."""

SCANS = (ANNOTATED, ACTED, REVIEWED, REVIEWING, VISITED, COMMENTED, COMMENTING)
"""All ways in which facts are read."""

TIMELINE = Rows(ACTED)
COMMENTS_RECEIVED = Rows(COMMENTED, (Condition.BY_OTHERS,))
COMMENTS_ADDED = Rows(COMMENTING)

KEPT = Rows(ANNOTATED, (Is("was_cancelled", False),))
COUNTABLE = KEPT.that(Condition.COUNTED)
PREDICTIONS = KEPT.that(OneOf("last_action", COUNTED_ACTIONS), Condition.FROM_PREDICTION)
USABLE = COUNTABLE.that(Condition.TIME_USABLE)
UPDATED = COUNTABLE.that(OneOf("last_action", ("updated",)))
SUBMITTED = COUNTABLE.that(NoneOf("last_action", ("updated",)))
SKIPPED = Rows(ANNOTATED, (Is("was_cancelled", True),))
FIRST_SUBMITTED_EARLIER = COUNTABLE.that(Condition.CREATED_EARLIER)
MOVED_LATER = replace(COUNTABLE, scan=MOVED)
ON_LONG_DAYS = USABLE.that(Condition.LONG_DAY)
LONG = USABLE.that(Condition.LONG)
WORKED = Rows(ANNOTATED, (Condition.COUNTED_SKIPPED_OR_REJECTED,))
RECEIVED = Rows(REVIEWED, (OneOf("action", REVIEW_ACTIONS),))
JUDGED = Rows(JUDGING, RECEIVED.where)
OWN_REVIEWS = RECEIVED.that(Condition.BY_OWNER)
ACCEPTS = Rows(REVIEWED, (OneOf("action", ("accepted",)),))
FIXES = Rows(REVIEWED, (OneOf("action", ("fixed_and_accepted",)),))
REJECTIONS = Rows(REVIEWED, (OneOf("action", ("rejected",)),))
FIRST_REVIEWS = Rows(REVIEWED, (Condition.FIRST_REVIEW,))
PASSES = FIRST_REVIEWS.that(OneOf("action", ("accepted", "fixed_and_accepted")))
SCORED = Rows(REVIEWED, (OneOf("action", ("accepted", "rejected")),))
OTHER_REVIEWS = Rows(REVIEWED, (NoneOf("action", REVIEW_ACTIONS),))
REVIEWS_TAKEN = Rows(REVIEWING, (OneOf("action", REVIEW_ACTIONS),))
TAKEN = {action: Rows(REVIEWING, (OneOf("action", (action,)),)) for action in REVIEW_ACTIONS}
VISITS = Rows(VISITED, (Condition.VISIT_TIMED,))
UNTIMED_VISITS = Rows(VISITED, (Condition.VISIT_UNTIMED,))
ESTIMATED = Rows(ANNOTATED, (Condition.COUNTED_OR_SKIPPED, Is("completed_at_estimated", True)))
