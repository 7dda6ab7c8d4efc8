"""The same numbers from plain SQL: tables as a host has them, and one statement for everything that the page shows.

The engine is DuckDB, too; what differs is that instants are timestamps, lead times and scores floating-point seconds
and shares, days come from the engine's own time zones, and every card and graph asks by itself.
"""

from collections.abc import Mapping
from typing import Any

import duckdb

from perfwidget.question.period import Grain
from tests.benchmarks.questions import Answer, Question, is_empty, numbers

SCHEMA = "plain"
TABLES = {
    "annotations": "annotation_id, project_id, task_id, completed_by, make_timestamp(created_at) AS created_at, "
    "make_timestamp(completed_at) AS completed_at, completed_at_estimated, lead_time / 1e6 AS lead_time, last_action, "
    "was_cancelled, flags",
    "reviews": "review_id, annotation_id, project_id, completed_by, reviewer_id, action, score / 1e6 AS score, "
    "make_timestamp(created_at) AS created_at",
    "review_visits": "visit_id, project_id, user_id, make_timestamp(opened_at) AS opened_at, "
    "make_timestamp(closed_at) AS closed_at",
    "comments": "comment_id, project_id, completed_by, created_by, make_timestamp(created_at) AS created_at",
}

COUNTABLE = (
    "NOT was_cancelled AND last_action IN ('submitted', 'updated', 'accepted', 'fixed_and_accepted', 'deleted_review')"
)
USABLE = f"{COUNTABLE} AND lead_time >= 0"
REVIEWED = "action IN ('accepted', 'rejected', 'fixed_and_accepted')"
SCORE = "CASE action WHEN 'accepted' THEN 1 WHEN 'rejected' THEN 0 WHEN 'fixed_and_accepted' THEN score END"

ANNOTATED = ("annotations", "completed_by", "completed_at")
CREATED = ("annotations", "completed_by", "created_at")
RECEIVED = ("reviews", "completed_by", "created_at")
TAKEN = ("reviews", "reviewer_id", "created_at")
VISITED = ("review_visits", "user_id", "coalesce(closed_at, opened_at)")
COMMENTED = ("comments", "completed_by", "created_at")
COMMENTING = ("comments", "created_by", "created_at")

SHARES = {
    "submitted": f"count(*) FILTER ({COUNTABLE} AND last_action <> 'updated')",
    "updated": f"count(*) FILTER ({COUNTABLE} AND last_action = 'updated')",
    "skipped": "count(*) FILTER (was_cancelled)",
}
SUBMITTED = {"submitted_annotations": f"count(*) FILTER ({COUNTABLE})"}
TIME = {"total_time": f"coalesce(sum(lead_time) FILTER ({USABLE}), 0)", "usable": f"count(*) FILTER ({USABLE})"}
MEDIAN = {"median": f"median(lead_time) FILTER ({USABLE})"}
MOVED = {
    "moved_later": f"count(*) FILTER ({COUNTABLE} AND completed_at >= $end)",
    "moved_later_time": f"coalesce(sum(lead_time) FILTER ({USABLE} AND completed_at >= $end), 0)",
}
SCORES = {"scores": f"coalesce(sum({SCORE}), 0)", "scored": f"count({SCORE})"}
TAKEN_BY_KIND = {
    f"reviews_{kind}": f"count(*) FILTER (action = '{kind}')" for kind in ("accepted", "rejected", "fixed_and_accepted")
}
RECEIVED_BY_KIND = {
    f"received_{kind}": f"count(*) FILTER (action = '{kind}')"
    for kind in ("accepted", "rejected", "fixed_and_accepted")
}
FIRSTS = (
    "SELECT arg_min(review_id, created_at) FROM plain.reviews "
    f"WHERE completed_by = $member AND {REVIEWED} {{projects}} GROUP BY annotation_id"
)
PASSES = {
    "firsts": f"count(*) FILTER (review_id IN ({FIRSTS}))",
    "passes": f"count(*) FILTER (review_id IN ({FIRSTS}) AND action <> 'rejected')",
}
OWN_MEDIAN = (
    f"SELECT median(lead_time) FROM plain.annotations WHERE completed_by = $member AND {USABLE} "
    "AND completed_at >= $start AND completed_at < $end {projects}"
)
LONG = f"{USABLE} AND lead_time > 10 * nullif(({OWN_MEDIAN}), 0)"
LONG_PART = {
    "long_time": f"coalesce(sum(lead_time) FILTER ({LONG}), 0)",
    "long_annotations": f"count(*) FILTER ({LONG})",
}
WORKED = {
    "worked": f"epoch_us(max(completed_at) FILTER (was_cancelled OR last_action = 'rejected' OR {COUNTABLE}))",
}
REVIEWED_ONCE = {"annotations_reviewed": f"count(DISTINCT annotation_id) FILTER ({REVIEWED})"}
TOOK = {"took": f"epoch_us(max(created_at) FILTER ({REVIEWED}))"}
LOOKED_EACH = {
    "visits": "count(*) FILTER (closed_at >= opened_at)",
    "visit_median": "median(epoch(closed_at - opened_at)) FILTER (closed_at >= opened_at)",
}
SAID = {"comments_received": "count(*) FILTER (created_by IS DISTINCT FROM $member)"}
WROTE = {"comments_added": "count(*)", "wrote": "epoch_us(max(created_at))"}
LOOKED = {"review_time": "coalesce(sum(epoch(closed_at - opened_at)) FILTER (closed_at >= opened_at), 0)"}
SENT_BACK = (
    "SELECT annotation_id FROM (SELECT annotation_id, arg_max(action, created_at) AS latest FROM plain.reviews "
    f"WHERE completed_by = $member AND {REVIEWED} {{projects}} GROUP BY annotation_id) WHERE latest = 'rejected'"
)
NOTES = {
    "rejected": "count(*) FILTER (NOT was_cancelled AND last_action = 'rejected')",
    "other_actions": f"count(*) FILTER (NOT was_cancelled AND NOT ({COUNTABLE}) AND last_action <> 'rejected')",
    "lead_time_missing": f"count(*) FILTER ({COUNTABLE} AND lead_time IS NULL)",
    "lead_time_invalid": f"count(*) FILTER ({COUNTABLE} AND lead_time < 0)",
    "first_submitted_earlier": f"count(*) FILTER ({COUNTABLE} AND created_at < $start)",
    "first_submitted_earlier_time": f"coalesce(sum(lead_time) FILTER ({USABLE} AND created_at < $start), 0)",
    "updated_after_rejection": f"count(*) FILTER ({COUNTABLE} AND last_action = 'updated' "
    f"AND annotation_id IN ({SENT_BACK}))",
    "completed_at_estimated": f"count(*) FILTER (completed_at_estimated AND (was_cancelled OR ({COUNTABLE})))",
    "posted_by_others": f"count(*) FILTER ({COUNTABLE} AND flags & 1 > 0)",
    "imported": f"count(*) FILTER ({COUNTABLE} AND flags & 2 > 0)",
    "longer_than_task": f"count(*) FILTER ({COUNTABLE} AND flags & 4 > 0)",
}
NOTES_OF_REVIEWS = {
    "fixes_without_score": "count(*) FILTER (action = 'fixed_and_accepted' AND score IS NULL)",
    "own_reviews": f"count(*) FILTER ({REVIEWED} AND reviewer_id = $member)",
    "other_reviews": f"count(*) FILTER (NOT {REVIEWED})",
    "scores_of_others": f"coalesce(sum({SCORE}) FILTER (reviewer_id IS DISTINCT FROM $member), 0)",
    "scored_by_others": f"count({SCORE}) FILTER (reviewer_id IS DISTINCT FROM $member)",
}
NOTES_OF_VISITS = {"unusable_visits": "count(*) FILTER (closed_at IS NULL OR closed_at < opened_at)"}

CARDS = (
    (ANNOTATED, TIME),
    (ANNOTATED, SUBMITTED),
    (ANNOTATED, SUBMITTED | MEDIAN),
    (ANNOTATED, MEDIAN),
    (ANNOTATED, TIME),
    (RECEIVED, SCORES),
    (RECEIVED, RECEIVED_BY_KIND | PASSES),
    (ANNOTATED, LONG_PART | WORKED),
    (ANNOTATED, SHARES),
    (ANNOTATED, NOTES),
    (CREATED, MOVED),
    (RECEIVED, NOTES_OF_REVIEWS),
    (TAKEN, TAKEN_BY_KIND | REVIEWED_ONCE | TOOK),
    (VISITED, LOOKED | LOOKED_EACH | NOTES_OF_VISITS),
    (COMMENTED, SAID),
    (COMMENTING, WROTE),
)
GRAPHS = (
    (ANNOTATED, SHARES),
    (ANNOTATED, SUBMITTED | TIME | MEDIAN),
    (ANNOTATED, TIME | MEDIAN | LONG_PART),
    (RECEIVED, SCORES | RECEIVED_BY_KIND | PASSES),
    (TAKEN, TAKEN_BY_KIND | REVIEWED_ONCE),
    (VISITED, LOOKED),
)


def make(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Make the plain tables out of those of an embedded store that is attached by a name."""
    connection.execute(f"CREATE SCHEMA {SCHEMA}")
    for table, columns in TABLES.items():
        connection.execute(f"CREATE TABLE {SCHEMA}.{table} AS SELECT {columns} FROM {source}.{table}")
    connection.execute("CHECKPOINT")


class PlainSQL:
    """Answers questions from the plain tables, a statement for each card and graph."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def __call__(self, question: Question) -> Answer:
        """Return every number of the page."""
        total: dict[str, Any] = {}
        bars: dict[Any, dict[str, Any]] = {}
        for source, values in CARDS:
            [row] = self._asked(question, source, values, "")
            total.update(zip(values, row, strict=True))
        days = self._asked(question, ANNOTATED, TIME, _bar("day", ANNOTATED, question))
        total["days_over_24_hours"] = sum(time > 86_400 for _, time, _ in days)
        width = "day" if question.grain is Grain.DAY else "week"
        for source, values in GRAPHS:
            for first, *row in self._asked(question, source, values, _bar(width, source, question)):
                bars.setdefault(question.first_of_bar(first), {}).update(zip(values, row, strict=True))
        shown = {first: numbers(bar, bar=True) for first, bar in bars.items()}
        return Answer(numbers(total, bar=False), {first: bar for first, bar in shown.items() if not is_empty(bar)})

    def _asked(
        self, question: Question, source: tuple[str, str, str], values: Mapping[str, str], bar: str
    ) -> list[tuple[Any, ...]]:
        table, member, instant = source
        projects = "" if question.projects is None else "AND project_id IN (SELECT unnest($projects))"
        text = (
            f"SELECT {bar}{', ' if bar else ''}{', '.join(values.values())} FROM {SCHEMA}.{table} "
            f"WHERE {member} = $member AND {instant} >= $start AND {instant} < $end {projects}"
            f"{' GROUP BY 1' if bar else ''}"
        ).replace("{projects}", projects)
        given = {
            "member": question.member,
            "start": question.period.start,
            "end": question.period.end,
            "projects": list(question.projects or ()),
        }
        for name in ("start", "end"):
            text = text.replace(f"${name}", f"make_timestamp(${name})")
        used = {name: value for name, value in given.items() if f"${name}" in text}
        return self._connection.execute(text, used).fetchall()


def _bar(width: str, source: tuple[str, str, str], question: Question) -> str:
    local = f"({source[2]} AT TIME ZONE 'UTC') AT TIME ZONE '{question.period.timezone}'"
    return f"CAST(date_trunc('{width}', {local}) AS DATE)"
