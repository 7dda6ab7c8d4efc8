"""The six cards and the shares of the Annotation Summary: they speak of annotating only, never of reviewing."""

from perfwidget.facts.columns import MICROSECONDS, MILLIONTHS
from perfwidget.metrics.formulas import CountTimesMedian, Mean, Median, Sum, count, count_of, middle_of, total_of
from perfwidget.metrics.metric import Better, Metric, Section, Tab, Unit
from perfwidget.metrics.rows import (
    ACCEPTS,
    COUNTABLE,
    FIRST_REVIEWS,
    FIXES,
    LONG,
    PASSES,
    RECEIVED,
    REJECTIONS,
    SCORED,
    SKIPPED,
    SUBMITTED,
    UPDATED,
    USABLE,
    Condition,
    Where,
)

LEAD_TIMES = total_of(USABLE, "lead_time")
MIDDLE_LEAD_TIME = middle_of(USABLE, "lead_time")


def mean_score(*where: Where, beside: Sum | None = None) -> Mean:
    """Return the formula of the mean score of reviews that meet some conditions; no value where `beside` is 0."""
    accepted, scored = count_of(ACCEPTS.that(*where)), count_of(SCORED.that(*where))
    fixes = FIXES.that(Condition.SCORE_PRESENT, *where)
    scores = Sum(((MILLIONTHS, accepted), (1, total_of(fixes, "score"))))
    return Mean(scores, Sum(((1, scored), (1, count_of(fixes)))), MILLIONTHS, beside)


SUMMARY_METRICS: tuple[Metric, ...] = (
    Metric(
        "total_time",
        "Total Time",
        Unit.SECONDS,
        Section.SUMMARY,
        "The time spent on the submitted annotations, from opening a task to Submit or Update. Idle time is included, "
        "and sessions are added up. Annotations without a usable time take no part.",
        Sum(((1, LEAD_TIMES),), MICROSECONDS, (count_of(COUNTABLE), count_of(USABLE))),
        USABLE,
        daily=True,
        tabs=(Tab.ANNOTATIONS,),
    ),
    Metric(
        "submitted_annotations",
        "Submitted Annotations",
        Unit.COUNT,
        Section.SUMMARY,
        "Annotations that the member last submitted or updated in this period, each once however often it was updated. "
        "Skipped ones never count; rejected ones count once they are resubmitted, unless the platform counts them all.",
        count(COUNTABLE),
        COUNTABLE,
        daily=True,
        tabs=(Tab.ANNOTATIONS,),
        better=Better.HIGHER,
    ),
    Metric(
        "total_time_median",
        "Total Time (Median)",
        Unit.SECONDS,
        Section.SUMMARY,
        "Submitted Annotations × Time per Annotation (Median): the total that a few tasks left open cannot inflate.",
        CountTimesMedian(count_of(COUNTABLE), MIDDLE_LEAD_TIME, MICROSECONDS),
        COUNTABLE,
        daily=True,
        tabs=(Tab.ANNOTATIONS,),
    ),
    Metric(
        "time_per_annotation_median",
        "Time per Annotation (Median)",
        Unit.SECONDS,
        Section.SUMMARY,
        "The middle one of the times spent on each submitted annotation. If their number is even, it is the mean "
        "of the two middle ones.",
        Median(MIDDLE_LEAD_TIME, MICROSECONDS),
        USABLE,
        daily=True,
        tabs=(Tab.ANNOTATIONS,),
    ),
    Metric(
        "time_per_annotation_average",
        "Time per Annotation (Average)",
        Unit.SECONDS,
        Section.SUMMARY,
        "Total Time divided by the number of submitted annotations that have a usable time.",
        Mean(Sum(((1, LEAD_TIMES),)), count(USABLE), MICROSECONDS),
        USABLE,
        daily=True,
        tabs=(Tab.ANNOTATIONS,),
    ),
    Metric(
        "performance_score",
        "Performance Score",
        Unit.SHARE,
        Section.SUMMARY,
        "The mean score of the review actions taken in this period on the member's annotations. Accepted is 100 %, "
        "rejected 0 %, fixed + accepted the score of the fix. Every review counts, the member's own among them. Fixes "
        "without a score take no part.",
        mean_score(),
        RECEIVED,
        daily=True,
        tabs=(Tab.ANNOTATIONS,),
        better=Better.HIGHER,
        needs="reviews",
    ),
    Metric(
        "received_accepted",
        "Accepted",
        Unit.COUNT,
        Section.SUMMARY,
        "Review actions taken in this period that accepted an annotation of the member. Each action counts, the "
        "member's own among them.",
        count(ACCEPTS),
        ACCEPTS,
        daily=True,
        tabs=(Tab.ANNOTATIONS,),
        better=Better.HIGHER,
        needs="reviews",
    ),
    Metric(
        "received_fixed_and_accepted",
        "Fixed + accepted",
        Unit.COUNT,
        Section.SUMMARY,
        "Review actions taken in this period that fixed and accepted an annotation of the member. Each action counts, "
        "the member's own among them.",
        count(FIXES),
        FIXES,
        daily=True,
        tabs=(Tab.ANNOTATIONS,),
        needs="reviews",
    ),
    Metric(
        "received_rejected",
        "Rejected by reviewers",
        Unit.COUNT,
        Section.SUMMARY,
        "Review actions taken in this period that rejected an annotation of the member. Each action counts, the "
        "member's own among them.",
        count(REJECTIONS),
        REJECTIONS,
        daily=True,
        tabs=(Tab.ANNOTATIONS,),
        better=Better.LOWER,
        needs="reviews",
    ),
    Metric(
        "first_pass",
        "First pass",
        Unit.SHARE,
        Section.SUMMARY,
        "The share of annotations whose first review accepted them, or fixed and accepted them. An annotation stands "
        "in the period of its first review. Annotations created before reviews were recorded take no part.",
        Mean(count(PASSES), count(FIRST_REVIEWS), 1),
        FIRST_REVIEWS,
        daily=True,
        tabs=(Tab.ANNOTATIONS,),
        better=Better.HIGHER,
        needs="reviews",
    ),
    Metric(
        "long_time",
        "Time of long annotations",
        Unit.SECONDS,
        Section.SUMMARY,
        "The part of Total Time in annotations that took longer than ten times the member's own median. The median is "
        "that of the whole period, also on single days. Such times may come from tasks left open.",
        Sum(((1, total_of(LONG, "lead_time")),), MICROSECONDS, (count_of(COUNTABLE), count_of(USABLE))),
        LONG,
        daily=True,
        better=Better.LOWER,
    ),
    Metric(
        "long_annotations",
        "Long annotations",
        Unit.COUNT,
        Section.SUMMARY,
        "Submitted annotations that took longer than ten times the member's own median of the whole period.",
        count(LONG),
        LONG,
        daily=True,
        better=Better.LOWER,
    ),
    Metric(
        "submitted",
        "Submitted",
        Unit.COUNT,
        Section.ANNOTATION_SUMMARY,
        "Submitted annotations whose last action is not an update.",
        count(SUBMITTED),
        SUBMITTED,
        daily=True,
        better=Better.HIGHER,
    ),
    Metric(
        "updated",
        "Updated",
        Unit.COUNT,
        Section.ANNOTATION_SUMMARY,
        "Submitted annotations whose last action is an update.",
        count(UPDATED),
        UPDATED,
        daily=True,
    ),
    Metric(
        "skipped",
        "Skipped",
        Unit.COUNT,
        Section.ANNOTATION_SUMMARY,
        "Tasks that the member skipped in this period; they are no submitted annotations.",
        count(SKIPPED),
        SKIPPED,
        daily=True,
        tabs=(Tab.ANNOTATIONS,),
    ),
)
