"""What is not counted, and what a payer needs to know beside the numbers."""

from perfwidget.columns import MICROSECONDS
from perfwidget.metrics.formulas import Sum, count, total_of
from perfwidget.metrics.metric import Metric, Section, Unit
from perfwidget.metrics.rows import (
    COUNTABLE,
    ESTIMATED,
    FIRST_SUBMITTED_EARLIER,
    FIXES,
    KEPT,
    RECEIVED,
    UPDATED,
    Condition,
    OneOf,
)

NOTE_METRICS: tuple[Metric, ...] = (
    Metric(
        "rejected",
        "Rejected",
        Unit.COUNT,
        Section.NOT_COUNTED,
        "Annotations that a reviewer has sent back and that are not yet resubmitted.",
        count(KEPT.that(OneOf("last_action", ("rejected",)))),
        KEPT.that(OneOf("last_action", ("rejected",))),
    ),
    Metric(
        "other_actions",
        "Other last actions",
        Unit.COUNT,
        Section.NOT_COUNTED,
        "Annotations whose last action is none of those that count, such as imported or predicted ones.",
        count(KEPT.that(Condition.UNCOUNTED)),
        KEPT.that(Condition.UNCOUNTED),
    ),
    Metric(
        "lead_time_missing",
        "Without a time",
        Unit.COUNT,
        Section.NOT_COUNTED,
        "Submitted annotations without a recorded time: they count as annotations and take no part in any time.",
        count(COUNTABLE.that(Condition.TIME_MISSING)),
        COUNTABLE.that(Condition.TIME_MISSING),
    ),
    Metric(
        "lead_time_invalid",
        "With an invalid time",
        Unit.COUNT,
        Section.NOT_COUNTED,
        "Submitted annotations whose time is negative, over 10⁹ s or no number: they count as annotations and take no "
        "part in any time.",
        count(COUNTABLE.that(Condition.TIME_INVALID)),
        COUNTABLE.that(Condition.TIME_INVALID),
    ),
    Metric(
        "fixes_without_score",
        "Fixes without a score",
        Unit.COUNT,
        Section.NOT_COUNTED,
        "Fixed + accepted reviews without a score: they take no part in the Performance Score.",
        count(FIXES.that(Condition.SCORE_MISSING)),
        FIXES.that(Condition.SCORE_MISSING),
    ),
    Metric(
        "first_submitted_earlier",
        "First submitted earlier",
        Unit.COUNT,
        Section.NOTES,
        "Submitted annotations of this period that were first submitted before it: an update moves an annotation with "
        "its whole time into the later period, so it may have been paid before.",
        count(FIRST_SUBMITTED_EARLIER),
        FIRST_SUBMITTED_EARLIER,
    ),
    Metric(
        "first_submitted_earlier_time",
        "Time of those first submitted earlier",
        Unit.SECONDS,
        Section.NOTES,
        "The part of Total Time that belongs to annotations first submitted before this period.",
        Sum(((1, total_of(FIRST_SUBMITTED_EARLIER.that(Condition.TIME_USABLE), "lead_time")),), MICROSECONDS),
        FIRST_SUBMITTED_EARLIER.that(Condition.TIME_USABLE),
    ),
    Metric(
        "updated_after_rejection",
        "Updated after a rejection",
        Unit.COUNT,
        Section.NOTES,
        "Submitted annotations that were updated after their latest review rejected them: resubmitted, not yet "
        "accepted.",
        count(UPDATED.that(Condition.LATEST_REVIEW_REJECTS)),
        UPDATED.that(Condition.LATEST_REVIEW_REJECTS),
    ),
    Metric(
        "own_reviews",
        "Own reviews",
        Unit.COUNT,
        Section.NOTES,
        "Reviews that the member took on annotations of their own; they count in the Performance Score.",
        count(RECEIVED.that(Condition.BY_SUBJECT)),
        RECEIVED.that(Condition.BY_SUBJECT),
    ),
    Metric(
        "completed_at_estimated",
        "Placed by creation",
        Unit.COUNT,
        Section.NOTES,
        "Updated or skipped annotations for which the instant of that is not known, so that they are placed by the "
        "instant of their creation.",
        count(ESTIMATED),
        ESTIMATED,
    ),
)
