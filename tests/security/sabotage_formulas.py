"""Ways to break the formula of each number. See `sabotage.py`.

What is broken begins with the key of its number; `test_sabotage_list.py` sees that there is one for each.
"""

FORMULAS = "perfwidget/metrics/formulas.py"
NOTES = "perfwidget/metrics/notes.py"
REVIEWING = "perfwidget/metrics/reviewing.py"
ROWS = "perfwidget/metrics/rows.py"
SUMMARY = "perfwidget/metrics/summary.py"

NUMBERS = "tests/test_metrics.py"
SETS = "tests/test_sets.py -k product"

SABOTAGES = [
    # -- The summary
    (
        "total_time: work without any usable time has taken none",
        SUMMARY,
        "MICROSECONDS, (count_of(COUNTABLE), count_of(USABLE))),",
        "MICROSECONDS),",
        NUMBERS,
    ),
    (
        "submitted_annotations: those without a usable time do not count",
        SUMMARY,
        "        count(COUNTABLE),\n",
        "        count(USABLE),\n",
        NUMBERS,
    ),
    (
        "total_time_median: only those with a usable time are multiplied",
        SUMMARY,
        "CountTimesMedian(count_of(COUNTABLE), ",
        "CountTimesMedian(count_of(USABLE), ",
        NUMBERS,
    ),
    (
        "total_time_median: that of several is the greatest of their own",
        FORMULAS,
        '"sum({0} * {1})"',
        '"max({0} * {1})"',
        SETS,
    ),
    (
        "time_per_annotation_median: it is the mean",
        SUMMARY,
        "        Median(MIDDLE_LEAD_TIME, MICROSECONDS),\n",
        "        Mean(Sum(((1, LEAD_TIMES),)), count(USABLE), MICROSECONDS),\n",
        NUMBERS,
    ),
    (
        "time_per_annotation_average: those without a usable time lower it",
        SUMMARY,
        "Mean(Sum(((1, LEAD_TIMES),)), count(USABLE), MICROSECONDS)",
        "Mean(Sum(((1, LEAD_TIMES),)), count(COUNTABLE), MICROSECONDS)",
        NUMBERS,
    ),
    (
        "performance_score: fixes without a score lower it",
        SUMMARY,
        "(1, count_of(fixes))",
        "(1, count_of(FIXES.that(*where)))",
        NUMBERS,
    ),
    (
        "performance_score: fixes are worth nothing",
        SUMMARY,
        '(1, total_of(fixes, "score"))',
        '(0, total_of(fixes, "score"))',
        NUMBERS,
    ),
    (
        "submitted: updated ones are among them",
        SUMMARY,
        "        count(SUBMITTED),\n",
        "        count(COUNTABLE),\n",
        NUMBERS,
    ),
    (
        "updated: all others are",
        SUMMARY,
        "        count(UPDATED),\n",
        "        count(SUBMITTED),\n",
        NUMBERS,
    ),
    (
        "skipped: the last action decides",
        ROWS,
        'SKIPPED = Rows(ANNOTATED, (Is("was_cancelled", True),))',
        'SKIPPED = Rows(ANNOTATED, (OneOf("last_action", ("skipped",)),))',
        NUMBERS,
    ),
    (
        "submitted_annotations: a review that is withdrawn takes the work away",
        ROWS,
        '"accepted", "fixed_and_accepted", "deleted_review")',
        '"accepted", "fixed_and_accepted")',
        NUMBERS,
    ),
    # -- What is not counted
    (
        "rejected: skipped ones are among them",
        NOTES,
        'count(KEPT.that(OneOf("last_action", ("rejected",))))',
        'count(KEPT.that(OneOf("last_action", ("rejected", "skipped"))))',
        NUMBERS,
    ),
    (
        "other_actions: those that count are among them",
        NOTES,
        "count(KEPT.that(Condition.UNCOUNTED))",
        "count(KEPT)",
        NUMBERS,
    ),
    (
        "lead_time_missing: those that do not count are among them",
        NOTES,
        "count(COUNTABLE.that(Condition.TIME_MISSING))",
        "count(KEPT.that(Condition.TIME_MISSING))",
        NUMBERS,
    ),
    (
        "lead_time_invalid: those that do not count are among them",
        NOTES,
        "count(COUNTABLE.that(Condition.TIME_INVALID))",
        "count(KEPT.that(Condition.TIME_INVALID))",
        NUMBERS,
    ),
    (
        "fixes_without_score: those with one are among them",
        NOTES,
        "count(FIXES.that(Condition.SCORE_MISSING))",
        "count(FIXES)",
        NUMBERS,
    ),
    # -- Notes
    (
        "first_submitted_earlier: those that do not count are among them",
        NOTES,
        "count(FIRST_SUBMITTED_EARLIER)",
        "count(KEPT.that(Condition.CREATED_EARLIER))",
        NUMBERS,
    ),
    (
        "first_submitted_earlier_time: the marks of missing times are added up",
        NOTES,
        'total_of(FIRST_SUBMITTED_EARLIER.that(Condition.TIME_USABLE), "lead_time")',
        'total_of(FIRST_SUBMITTED_EARLIER, "lead_time")',
        NUMBERS,
    ),
    (
        "moved_later: all that count are",
        NOTES,
        "        count(MOVED_LATER),\n",
        "        count(COUNTABLE),\n",
        NUMBERS,
    ),
    (
        "moved_later_time: it is that of those that stayed",
        NOTES,
        'total_of(MOVED_LATER.that(Condition.TIME_USABLE), "lead_time")',
        'total_of(COUNTABLE.that(Condition.TIME_USABLE), "lead_time")',
        NUMBERS,
    ),
    (
        "days_over_24_hours: every day with a time is",
        NOTES,
        "days_above(LONGEST_DAY, LEAD_TIMES)",
        "days_above(0, LEAD_TIMES)",
        NUMBERS,
    ),
    (
        "updated_after_rejection: those that were not updated are among them",
        NOTES,
        "count(UPDATED.that(Condition.LATEST_REVIEW_REJECTS))",
        "count(KEPT.that(Condition.LATEST_REVIEW_REJECTS))",
        NUMBERS,
    ),
    (
        "own_reviews: those of others are among them",
        ROWS,
        "OWN_REVIEWS = RECEIVED.that(Condition.BY_OWNER)",
        "OWN_REVIEWS = RECEIVED",
        NUMBERS,
    ),
    (
        "performance_score_without_own_reviews: they are among them",
        NOTES,
        "mean_score(Condition.BY_NO_OWNER, beside=count(OWN_REVIEWS))",
        "mean_score(beside=count(OWN_REVIEWS))",
        NUMBERS,
    ),
    (
        "completed_at_estimated: all that count are",
        NOTES,
        "        count(ESTIMATED),\n",
        "        count(COUNTABLE),\n",
        NUMBERS,
    ),
    (
        "posted_by_others: those that do not count are among them",
        NOTES,
        "count(COUNTABLE.that(Condition.POSTED_BY_OTHER))",
        "count(KEPT.that(Condition.POSTED_BY_OTHER))",
        NUMBERS,
    ),
    (
        "imported: those that do not count are among them",
        NOTES,
        "count(COUNTABLE.that(Condition.IMPORTED))",
        "count(KEPT.that(Condition.IMPORTED))",
        NUMBERS,
    ),
    (
        "longer_than_task: those that do not count are among them",
        NOTES,
        "count(COUNTABLE.that(Condition.LONGER_THAN_TASK))",
        "count(KEPT.that(Condition.LONGER_THAN_TASK))",
        NUMBERS,
    ),
    (
        "from_predictions: those that would not count are among them",
        NOTES,
        "        count(PREDICTIONS),\n",
        "        count(KEPT.that(Condition.FROM_PREDICTION)),\n",
        NUMBERS,
    ),
    # -- Reviewing
    (
        "reviews_accepted: they are the rejections",
        REVIEWING,
        'count(TAKEN["accepted"])',
        'count(TAKEN["rejected"])',
        NUMBERS,
    ),
    (
        "reviews_rejected: they are the fixes",
        REVIEWING,
        'count(TAKEN["rejected"])',
        'count(TAKEN["fixed_and_accepted"])',
        NUMBERS,
    ),
    (
        "reviews_fixed_and_accepted: they are the acceptances",
        REVIEWING,
        'count(TAKEN["fixed_and_accepted"])',
        'count(TAKEN["accepted"])',
        NUMBERS,
    ),
    (
        "review_time: visits that were closed before they were opened are taken off",
        ROWS,
        "VISITS = Rows(VISITED, (Condition.VISIT_TIMED,))",
        "VISITS = Rows(VISITED)",
        NUMBERS,
    ),
    (
        "unusable_visits: they are the usable ones",
        REVIEWING,
        "        count(UNTIMED_VISITS),\n",
        "        count(VISITS),\n",
        NUMBERS,
    ),
    (
        "other_reviews: all kinds are",
        ROWS,
        "OTHER_REVIEWS = Rows(REVIEWED, (NoneOf(",
        "OTHER_REVIEWS = Rows(REVIEWED, (OneOf(",
        NUMBERS,
    ),
]
