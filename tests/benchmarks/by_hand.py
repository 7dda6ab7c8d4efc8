"""The same numbers from eight statements written by hand for this one page, straight on a connection to our own tables.

There is no scope to work out, no transaction, no watch over the time, nothing that other pages need, too: what is left
is what the engine needs. Sums and counts come in the page's words; days are counted from 1970.
"""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import duckdb

from perfwidget.question.period import Grain
from tests.benchmarks.questions import Answer, Question, is_empty, numbers
from tests.benchmarks.world import DAY
from tests.worlds import ORGANIZATION

EPOCH = date(1970, 1, 1)

_WHERE = """
    WHERE organization_id = $organization AND {member} = $member AND {instant} >= $start AND {instant} < $end {projects}
"""
COUNTED = "('submitted', 'updated', 'accepted', 'fixed_and_accepted', 'deleted_review')"

_ANNOTATED = f"""
    WITH sent_back AS (
        SELECT annotation_id FROM reviews
        WHERE organization_id = $organization AND completed_by = $member {{projects}}
        AND action IN ('accepted', 'rejected', 'fixed_and_accepted')
        GROUP BY annotation_id HAVING arg_max(action, created_at) = 'rejected'
    ),
    mine AS (
        SELECT {{bar}} AS bar, completed_at, lead_time, last_action = 'updated' AS updated,
            was_cancelled, last_action, flags,
            created_at < $start AS earlier, completed_at_estimated, annotation_id,
            NOT was_cancelled AND last_action IN {COUNTED} AS countable
        FROM annotations {_WHERE}
    ),
    sorted_out AS (SELECT *, CASE WHEN countable AND lead_time >= 0 THEN lead_time END AS usable FROM mine),
    judged AS (SELECT *, usable > 10 * nullif((SELECT median(usable) FROM sorted_out), 0) AS long FROM sorted_out)
    SELECT bar, sum(usable), count(usable), 2 * median(usable),
        count_if(countable), count_if(countable AND NOT updated), count_if(countable AND updated),
        count_if(was_cancelled), count_if(NOT was_cancelled AND last_action = 'rejected'),
        count_if(NOT was_cancelled AND NOT countable AND last_action <> 'rejected'),
        count_if(countable AND lead_time IS NULL), count_if(countable AND lead_time < 0),
        count_if(countable AND earlier), sum(usable) FILTER (earlier),
        count_if(countable AND updated AND annotation_id IN (FROM sent_back)),
        count_if(completed_at_estimated AND (was_cancelled OR countable)),
        count_if(countable AND flags & 1 > 0), count_if(countable AND flags & 2 > 0),
        count_if(countable AND flags & 4 > 0), sum(usable) FILTER (long), count_if(long),
        max(completed_at) FILTER (was_cancelled OR countable OR last_action = 'rejected')
    FROM judged GROUP BY GROUPING SETS ((), (bar))
"""
_MOVED = f"""
    SELECT NULL, count(*), sum(lead_time) FILTER (lead_time >= 0) FROM annotations
    {_WHERE} AND completed_at >= $end AND NOT was_cancelled AND last_action IN {COUNTED}
"""
_MOVED_KEYS = ("moved_later", "moved_later_time")
_LONG_DAYS = f"""
    SELECT NULL, count(*) FROM (
        SELECT 1 FROM annotations {_WHERE} AND NOT was_cancelled AND last_action IN {COUNTED} AND lead_time >= 0
        GROUP BY {{day}} HAVING sum(lead_time) > 86400000000
    )
"""
_LONG_DAYS_KEYS = ("days_over_24_hours",)
_ANNOTATED_KEYS = (
    "total_time",
    "usable",
    "median",
    "submitted_annotations",
    "submitted",
    "updated",
    "skipped",
    "rejected",
    "other_actions",
    "lead_time_missing",
    "lead_time_invalid",
    "first_submitted_earlier",
    "first_submitted_earlier_time",
    "updated_after_rejection",
    "completed_at_estimated",
    "posted_by_others",
    "imported",
    "longer_than_task",
    "long_time",
    "long_annotations",
    "worked",
)
_REVIEWED = f"""
    WITH firsts AS (
        SELECT arg_min(review_id, created_at) FROM reviews
        WHERE organization_id = $organization AND completed_by = $member {{projects}}
        AND action IN ('accepted', 'rejected', 'fixed_and_accepted')
        GROUP BY annotation_id
    ),
    judged AS (SELECT *, {{bar}} AS bar, review_id IN (FROM firsts) AS first FROM reviews {_WHERE})
    SELECT bar,
        sum(CASE action WHEN 'accepted' THEN 1000000 WHEN 'fixed_and_accepted' THEN score END),
        count_if(action IN ('accepted', 'rejected') OR action = 'fixed_and_accepted' AND score IS NOT NULL),
        count_if(action = 'fixed_and_accepted' AND score IS NULL),
        count_if(reviewer_id = $member AND action IN ('accepted', 'rejected', 'fixed_and_accepted')),
        count_if(action NOT IN ('accepted', 'rejected', 'fixed_and_accepted')),
        sum(CASE action WHEN 'accepted' THEN 1000000 WHEN 'fixed_and_accepted' THEN score END)
            FILTER (reviewer_id IS DISTINCT FROM $member),
        count_if(reviewer_id IS DISTINCT FROM $member
            AND (action IN ('accepted', 'rejected') OR action = 'fixed_and_accepted' AND score IS NOT NULL)),
        count_if(action = 'accepted'), count_if(action = 'fixed_and_accepted'), count_if(action = 'rejected'),
        count_if(first), count_if(first AND action <> 'rejected')
    FROM judged GROUP BY GROUPING SETS ((), (bar))
"""
_REVIEWED_KEYS = (
    "scores",
    "scored",
    "fixes_without_score",
    "own_reviews",
    "other_reviews",
    "scores_of_others",
    "scored_by_others",
    "received_accepted",
    "received_fixed_and_accepted",
    "received_rejected",
    "firsts",
    "passes",
)
_REVIEWING = f"""
    SELECT {{bar}} AS bar, count_if(action = 'accepted'), count_if(action = 'rejected'),
        count_if(action = 'fixed_and_accepted'),
        count(DISTINCT annotation_id) FILTER (action IN ('accepted', 'rejected', 'fixed_and_accepted')),
        max(created_at) FILTER (action IN ('accepted', 'rejected', 'fixed_and_accepted'))
    FROM reviews_by_reviewer {_WHERE} GROUP BY GROUPING SETS ((), (bar))
"""
_REVIEWING_KEYS = (
    "reviews_accepted",
    "reviews_rejected",
    "reviews_fixed_and_accepted",
    "annotations_reviewed",
    "took",
)
_VISITED = f"""
    SELECT {{bar}} AS bar, sum(closed_at - opened_at) FILTER (closed_at >= opened_at),
        count_if(closed_at IS NULL OR closed_at < opened_at), count_if(closed_at >= opened_at),
        2 * median(closed_at - opened_at) FILTER (closed_at >= opened_at)
    FROM review_visits {_WHERE} GROUP BY GROUPING SETS ((), (bar))
"""
_VISITED_KEYS = ("review_time", "unusable_visits", "visits", "visit_median")
_COMMENTED = f"SELECT NULL, count_if(created_by IS DISTINCT FROM $member) FROM comments {_WHERE}"
_COMMENTED_KEYS = ("comments_received",)
_COMMENTING = f"SELECT NULL, count(*), max(created_at) FROM comments {_WHERE}"
_COMMENTING_KEYS = ("comments_added", "wrote")

STATEMENTS = (
    (_ANNOTATED, "completed_by", "completed_at", _ANNOTATED_KEYS),
    (_MOVED, "completed_by", "created_at", _MOVED_KEYS),
    (_LONG_DAYS, "completed_by", "completed_at", _LONG_DAYS_KEYS),
    (_REVIEWED, "completed_by", "created_at", _REVIEWED_KEYS),
    (_REVIEWING, "reviewer_id", "created_at", _REVIEWING_KEYS),
    (_VISITED, "user_id", "coalesce(closed_at, opened_at)", _VISITED_KEYS),
    (_COMMENTED, "completed_by", "created_at", _COMMENTED_KEYS),
    (_COMMENTING, "created_by", "created_at", _COMMENTING_KEYS),
)
MILLIONTHS = {"total_time": 1, "median": 2, "first_submitted_earlier_time": 1, "scores": 1, "review_time": 1}
MILLIONTHS |= {"moved_later_time": 1, "scores_of_others": 1, "long_time": 1, "visit_median": 2}
"""What is kept in millionths, and how often it was added."""
NULLABLE = ("median", "visit_median", "worked", "took", "wrote")
"""What has no value where there are no rows."""


class ByHand:
    """Answers questions by eight statements on a connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def __call__(self, question: Question) -> Answer:
        """Return every number of the page."""
        total: dict[str, Any] = {}
        bars: dict[date, dict[str, Any]] = {}
        for text, member, instant, keys in STATEMENTS:
            for bar, *row in self._asked(question, text, member, instant):
                first = None if bar is None else question.first_of_bar(EPOCH + timedelta(days=bar))
                target = total if first is None else bars.setdefault(first, {})
                target.update((key, _scaled(key, value)) for key, value in zip(keys, row, strict=True))
        shown = {first: numbers(bar, bar=True) for first, bar in bars.items()}
        return Answer(numbers(total, bar=False), {first: bar for first, bar in shown.items() if not is_empty(bar)})

    def _asked(self, question: Question, text: str, member: str, instant: str) -> list[tuple[Any, ...]]:
        given = {
            "organization": ORGANIZATION,
            "member": question.member,
            "start": question.period.start,
            "end": question.period.end,
        }
        projects = ""
        if question.projects is not None:
            given["projects"] = list(question.projects)
            projects = "AND project_id IN (SELECT unnest($projects))"
        day = day_of(question, instant)
        bar = day if question.grain is Grain.DAY else f"{day} - ({day} + 3) % 7"
        filled = text.format(member=member, instant=instant, bar=bar, day=day, projects=projects)
        return self._connection.execute(filled, given).fetchall()


def _scaled(key: str, value: Any) -> Any:
    if value is None:
        return None if key in NULLABLE else 0
    return value / (MILLIONTHS[key] * 1_000_000) if key in MILLIONTHS else value


def day_of(question: Question, instant: str) -> str:
    """Return the expression of an instant's day in the question's zone, whose offset changes a few times in a period.

    Days are counted from 1970.
    """
    days = question.period.buckets(Grain.DAY)
    ahead = [(bucket.first - EPOCH).days * DAY - bucket.start for bucket in days]
    offsets = zip(pairwise(ahead), days[:-1], strict=True)
    # A change happens early on a day: with the old offset until noon and the new one then, all of it is that day's.
    changes = [(day.start + DAY // 2, before) for (before, after), day in offsets if before != after]
    cases = " ".join(f"WHEN {instant} < {start} THEN {before}" for start, before in changes)
    offset = f"CASE {cases} ELSE {ahead[-1]} END" if changes else str(ahead[-1])
    return f"({instant} + {offset}) // {DAY}"
