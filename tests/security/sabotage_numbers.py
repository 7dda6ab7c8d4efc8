"""Ways to work numbers out otherwise than their definitions say, and the tests that see it; see `sabotage.py`."""

SQL = "perfwidget/stores/sql.py"
CONDITIONS = "perfwidget/stores/conditions.py"
FORMULAS = "perfwidget/stores/formulas.py"
NOTES = "perfwidget/metrics/notes.py"
METRIC_FORMULAS = "perfwidget/metrics/formulas.py"
BY_HAND = "tests/test_metrics.py -k"

SABOTAGES = (
    (
        "what was completed within the period has moved later, too",
        SQL,
        'f" AND {scan.beyond} >= $period_end"',
        'f" AND {scan.beyond} >= $period_start"',
        f"{BY_HAND} moved_later",
    ),
    (
        "what was completed at the very end of the period has not moved later",
        SQL,
        'f" AND {scan.beyond} >= $period_end"',
        'f" AND {scan.beyond} > $period_end"',
        f"{BY_HAND} moved_later",
    ),
    (
        "what moved later is looked for where it was completed",
        "perfwidget/metrics/rows.py",
        'MOVED = Scan("moved", Annotation, "completed_by", ("created_at",)',
        'MOVED = Scan("moved", Annotation, "completed_by", ("completed_at",)',
        f"{BY_HAND} moved_later",
    ),
    (
        "times that are none are times of what moved later",
        NOTES,
        'MOVED_LATER.that(Condition.TIME_USABLE), "lead_time"',
        'MOVED_LATER, "lead_time"',
        f"{BY_HAND} moved_later_time",
    ),
    (
        "a day of exactly 24 hours is a long one",
        METRIC_FORMULAS,
        "(each or 0) > limit",
        "(each or 0) >= limit",
        f"{BY_HAND} days_over",
    ),
    (
        "so it is in a set",
        METRIC_FORMULAS,
        "WHEN {{0}} > {limit}",
        "WHEN {{0}} >= {limit}",
        "tests/test_sets.py -k long_days",
    ),
    (
        "long days are told by bars",
        FORMULAS,
        "return days and runs == days_of(asked.dated)",
        "return days",
        f"{BY_HAND} long_days",
    ),
    (
        "long days are those of all members together",
        METRIC_FORMULAS,
        "nested((Axis.MEMBER, Axis.DAY), (of,)",
        "nested((Axis.DAY,), (of,)",
        "tests/test_sets.py -k long_days",
    ),
    (
        "the rows of long days are all rows",
        CONDITIONS,
        "            return part(_on_long_day(dialect, asked))",
        '            return "TRUE"',
        "tests/test_rows.py -k long_days",
    ),
    (
        "own reviews stay in the score without them",
        CONDITIONS,
        '"(reviewer_id IS NULL OR reviewer_id <> completed_by)"',
        '"TRUE"',
        f"{BY_HAND} without_own",
    ),
    (
        "reviews by nobody knows whom are own ones",
        CONDITIONS,
        '"(reviewer_id IS NULL OR reviewer_id <> completed_by)"',
        '"reviewer_id <> completed_by"',
        f"{BY_HAND} without_own",
    ),
    (
        "the score without own reviews stands where there are none",
        NOTES,
        "mean_score(Condition.BY_NO_OWNER, beside=count(OWN_REVIEWS))",
        "mean_score(Condition.BY_NO_OWNER)",
        f"{BY_HAND} without_own",
    ),
    (
        "who wrote last is nobody's concern where the last action is told",
        "perfwidget/sources/annotation_row.py",
        "reviewers is not None and writer.user_id not in reviewers",
        "reviewers == set()",
        "tests/test_label_studio.py -k pointed_out",
    ),
    (
        "flags are taken for recorded where nobody tells any",
        "perfwidget/stores/writing/staging.py",
        "{row[0] for row in rows if row[flags] is not None}",
        "{row[0] for row in rows}",
        "tests/test_store.py -k flags_are_recorded",
    ),
    (
        "unknown words pass",
        "perfwidget/facts/words.py",
        'return facts if unknown == "keep" else _refusing(facts)',
        "return facts",
        "tests/test_store.py -k unknown_word",
    ),
    (
        "a lead time of text is no time",
        "perfwidget/facts/columns.py",
        "if isinstance(value, str | bytes):",
        "if isinstance(value, bytes):",
        "tests/test_store.py -k text_or_a_timedelta",
    ),
    (
        "at one instant the review whose id is the lower text is the first",
        CONDITIONS,
        'first = dialect.first("review_id", "created_at", in_order(dialect, "review_id"))',
        'first = dialect.first("review_id", "created_at", "review_id")',
        f"{BY_HAND} first_pass",
    ),
    (
        "at one instant the review whose id is the higher text is the latest",
        CONDITIONS,
        'latest = dialect.latest("action", "created_at", in_order(dialect, "review_id"))',
        'latest = dialect.latest("action", "created_at", "review_id")',
        f"{BY_HAND} updated_after",
    ),
    (
        "of negative ids the longer one is the larger one",
        CONDITIONS,
        "THEN '-' || {below} || {turned} ",
        "THEN '-' || {_digits(length)} || {turned} ",
        f"{BY_HAND} first_pass",
    ),
    (
        "annotations of before reviews were recorded take part",
        CONDITIONS,
        "    if asked.reviews_since is None:\n        return condition\n",
        "    return condition\n",
        f"{BY_HAND} before_reviews",
    ),
    (
        "the first review is the first one of the period",
        CONDITIONS,
        'reviews = f"SELECT {first} FROM reviews WHERE {mine} AND',
        'reviews = f"SELECT {first} FROM reviews WHERE {mine} AND created_at >= $since AND',
        f"{BY_HAND} first_pass",
    ),
    (
        "where the median is 0 everything is long",
        CONDITIONS,
        "middle = f\"nullif({dialect.middle('lead_time', conditions(dialect, asked, USABLE))}, 0)\"",
        "middle = dialect.middle('lead_time', conditions(dialect, asked, USABLE))",
        f"{BY_HAND} long_annotations",
    ),
    (
        "ten times the median is long already",
        CONDITIONS,
        "2 * lead_time > {LONG_TIMES} * (SELECT",
        "2 * lead_time >= {LONG_TIMES} * (SELECT",
        f"{BY_HAND} long_annotations",
    ),
    (
        "what is long on a day is told by that day",
        "perfwidget/question/access.py",
        "replace(self, period=period, whole=self.whole or self.period)",
        "replace(self, period=period)",
        "tests/test_rows.py -k long_on_a_day",
    ),
)
