"""What the member did as a reviewer, comments, when they were last active, and what of reviews could not be counted."""

from perfwidget.facts.columns import MICROSECONDS
from perfwidget.metrics.formulas import LatestOf, Mean, Median, Sum, count, distinct_of, latest_of, middle_of, total_of
from perfwidget.metrics.metric import Better, Metric, Section, Tab, Unit
from perfwidget.metrics.rows import (
    COMMENTS_ADDED,
    COMMENTS_RECEIVED,
    OTHER_REVIEWS,
    REVIEWS_TAKEN,
    TAKEN,
    UNTIMED_VISITS,
    VISITS,
    WORKED,
)

TIME_REVIEWED = Sum(((1, total_of(VISITS, "lasted")),))
"""In microseconds."""

REVIEWING_METRICS: tuple[Metric, ...] = (
    Metric(
        "annotations_reviewed",
        "Annotations reviewed",
        Unit.COUNT,
        Section.REVIEWING,
        "Annotations that the member accepted, rejected, or fixed and accepted in this period, each once however often "
        "it was reviewed.",
        Sum(((1, distinct_of(REVIEWS_TAKEN, "annotation_id")),)),
        REVIEWS_TAKEN,
        daily=True,
        tabs=(Tab.REVIEWS,),
        better=Better.HIGHER,
        needs="reviews",
    ),
    Metric(
        "reviews_accepted",
        "Accepted (actions)",
        Unit.COUNT,
        Section.REVIEWING,
        "Review actions by which the member accepted an annotation. Each action counts.",
        count(TAKEN["accepted"]),
        TAKEN["accepted"],
        daily=True,
        tabs=(Tab.REVIEWS,),
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
        daily=True,
        tabs=(Tab.REVIEWS,),
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
        daily=True,
        tabs=(Tab.REVIEWS,),
        needs="reviews",
    ),
    Metric(
        "review_time",
        "Review Time",
        Unit.SECONDS,
        Section.REVIEWING,
        "The time that the member looked at submitted annotations, from opening one to acting on it or leaving it. "
        "Visits that overlap are added up.",
        Sum(((1, total_of(VISITS, "lasted")),), MICROSECONDS),
        VISITS,
        daily=True,
        tabs=(Tab.REVIEWS,),
        needs="review_visits",
    ),
    Metric(
        "review_time_median",
        "Time per Visit (Median)",
        Unit.SECONDS,
        Section.REVIEWING,
        "The middle one of the times of the member's visits to submitted annotations. If their number is even, it is "
        "the mean of the two middle ones.",
        Median(middle_of(VISITS, "lasted"), MICROSECONDS),
        VISITS,
        tabs=(Tab.REVIEWS,),
        needs="review_visits",
    ),
    Metric(
        "review_time_average",
        "Time per Visit (Average)",
        Unit.SECONDS,
        Section.REVIEWING,
        "Review Time divided by the number of visits that have a time.",
        Mean(TIME_REVIEWED, count(VISITS), MICROSECONDS),
        VISITS,
        tabs=(Tab.REVIEWS,),
        needs="review_visits",
    ),
    Metric(
        "unusable_visits",
        "Review visits without a time",
        Unit.COUNT,
        Section.NOTES,
        "Visits of the member to submitted annotations that were never closed, or closed before they were opened. "
        "They take no part in Review Time.",
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
    Metric(
        "comments_received",
        "Comments received",
        Unit.COUNT,
        Section.COMMENTS,
        "Comments that others wrote in this period on annotations of the member.",
        count(COMMENTS_RECEIVED),
        COMMENTS_RECEIVED,
        needs="comments",
    ),
    Metric(
        "comments_added",
        "Comments added",
        Unit.COUNT,
        Section.COMMENTS,
        "Comments that the member wrote in this period, on their own annotations or on those of others.",
        count(COMMENTS_ADDED),
        COMMENTS_ADDED,
        needs="comments",
    ),
    Metric(
        "last_active",
        "Last active",
        Unit.INSTANT,
        Section.ACTIVITY,
        "The member's latest work in this period: their own submit, update or skip, a review action or a comment.",
        LatestOf(
            (
                latest_of(WORKED, "completed_at"),
                latest_of(REVIEWS_TAKEN, "created_at"),
                latest_of(COMMENTS_ADDED, "created_at"),
            )
        ),
        WORKED,
        tabs=(Tab.ANNOTATIONS, Tab.REVIEWS),
    ),
)
