"""What the member did as a reviewer, and what of reviews and visits could not be counted."""

from perfwidget.facts.columns import MICROSECONDS
from perfwidget.metrics.formulas import Sum, count, total_of
from perfwidget.metrics.metric import Daily, Metric, Section, Tab, Unit
from perfwidget.metrics.rows import OTHER_REVIEWS, TAKEN, UNTIMED_VISITS, VISITS

REVIEWING_METRICS: tuple[Metric, ...] = (
    Metric(
        "reviews_accepted",
        "Accepted (actions)",
        Unit.COUNT,
        Section.REVIEWING,
        "Review actions by which the member accepted an annotation. Each action counts.",
        count(TAKEN["accepted"]),
        TAKEN["accepted"],
        daily=Daily.EVERYWHERE,
        tab=Tab.REVIEWS,
        needs="reviews",
    ),
    Metric(
        "reviews_rejected",
        "Rejected (actions)",
        Unit.COUNT,
        Section.REVIEWING,
        "Review actions by which the member rejected an annotation. Each action counts.",
        count(TAKEN["rejected"]),
        TAKEN["rejected"],
        daily=Daily.EVERYWHERE,
        tab=Tab.REVIEWS,
        needs="reviews",
    ),
    Metric(
        "reviews_fixed_and_accepted",
        "Fixed + accepted (actions)",
        Unit.COUNT,
        Section.REVIEWING,
        "Review actions by which the member fixed and accepted an annotation. Each action counts.",
        count(TAKEN["fixed_and_accepted"]),
        TAKEN["fixed_and_accepted"],
        daily=Daily.EVERYWHERE,
        tab=Tab.REVIEWS,
        needs="reviews",
    ),
    Metric(
        "review_time",
        "Review Time",
        Unit.SECONDS,
        Section.REVIEWING,
        "The time that the member looked at submitted annotations, from opening one to acting on it or leaving it; "
        "visits that overlap are added up.",
        Sum(((1, total_of(VISITS, "lasted")),), MICROSECONDS),
        VISITS,
        daily=Daily.EVERYWHERE,
        tab=Tab.REVIEWS,
        needs="review_visits",
    ),
    Metric(
        "unusable_visits",
        "Review visits without a time",
        Unit.COUNT,
        Section.NOTES,
        "Visits of the member to submitted annotations that were never closed, or closed before they were opened: "
        "they take no part in Review Time.",
        count(UNTIMED_VISITS),
        UNTIMED_VISITS,
        needs="review_visits",
    ),
    Metric(
        "other_reviews",
        "Reviews of another kind",
        Unit.COUNT,
        Section.NOTES,
        "Review actions on the member's annotations that are neither accepted, rejected nor fixed + accepted: they are "
        "kept and counted nowhere.",
        count(OTHER_REVIEWS),
        OTHER_REVIEWS,
        needs="reviews",
    ),
)
