"""The statements that answer a scoped question, written once for every engine.

Values never stand in the text: they are named parameters, written `$name`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from perfwidget.facts import RECORDED_KINDS, AnnotationFlag
from perfwidget.facts.columns import INVALID_LEAD_TIME
from perfwidget.metrics import (
    COUNTED_ACTIONS,
    LONGEST_DAY,
    REVIEW_ACTIONS,
    USABLE,
    Condition,
    Is,
    NoneOf,
    OneOf,
    Rows,
    Rules,
    Scan,
    Where,
)
from perfwidget.question.access import ScopedQuery
from perfwidget.stores.buckets import days_of, parameters_of, place_of
from perfwidget.stores.dialect import Dialect

COLUMNS = {"lasted": "closed_at - opened_at"}
"""Numbers that are added up and are no columns of the contract: microseconds of a visit."""


class Statement(NamedTuple):
    """A text and its parameters."""

    text: str
    parameters: dict[str, Any]


def scoped(dialect: Dialect, asked: ScopedQuery, member: str) -> Statement:
    """Return the condition that a row is a subject's and in scope; every question about rows stands on it."""
    parameters: dict[str, Any] = {"organization_id": asked.scope.organization_id}
    text = "organization_id = $organization_id AND "
    if asked.subject_id is not None:
        text += f"{member} = $subject_id"
        parameters["subject_id"] = asked.subject_id
    elif asked.subjects is not None:
        text += dialect.in_list(member, "subjects", asked.subjects)
        parameters["subjects"] = sorted(asked.subjects)
    elif asked.scope.role.sees_organization:
        text += f"{member} IS NOT NULL"
    else:
        text += f"{member} IN (SELECT user_id FROM members WHERE organization_id = $organization_id)"
    if asked.projects is not None:
        text += f" AND {dialect.in_list('project_id', 'projects', asked.projects)}"
        parameters["projects"] = sorted(asked.projects)
    return Statement(text, parameters)


def first_instant(dialect: Dialect, asked: ScopedQuery) -> Statement:
    """Return the statement whose one value is the instant of the subjects' first fact in scope, or null."""
    sources = (
        ("annotations", "completed_by", "completed_at"),
        ("actions", "user_id", "created_at"),
        ("reviews", "completed_by", "created_at"),
        ("reviews", "reviewer_id", "created_at"),
        ("review_visits", "user_id", "coalesce(closed_at, opened_at)"),
        ("comments", "completed_by", "created_at"),
    )
    parts = [
        f"SELECT min({instant}) AS first FROM {table} WHERE {scoped(dialect, asked, member).text}"
        for table, member, instant in sources
    ]
    text = f"SELECT min(first) FROM ({' UNION ALL '.join(parts)}) firsts"
    return Statement(text, scoped(dialect, asked, "user_id").parameters)


def recorded(dialect: Dialect, asked: ScopedQuery) -> Statement:
    """Return the query of the kinds of facts that are recorded, and since when.

    Of tables that are only read, a kind is recorded as well where the organization has a fact of it.
    """
    text = "SELECT kind, since FROM recorded WHERE organization_id = $organization_id"
    if dialect.keeps_more:
        text += " UNION ALL SELECT 'flags', NULL"
    else:
        shown = (
            f"SELECT '{kind}', NULL WHERE EXISTS (SELECT 1 FROM {kind} WHERE organization_id = $organization_id) AND "
            f"NOT EXISTS (SELECT 1 FROM recorded WHERE organization_id = $organization_id AND kind = '{kind}')"
            for kind in RECORDED_KINDS
        )
        text = " UNION ALL ".join([text, *shown])
    return Statement(text, {"organization_id": asked.scope.organization_id})


def instant_of(scan: Scan) -> str:
    """Return the expression of the instant that places a fact in time."""
    return scan.instant[0] if len(scan.instant) == 1 else f"coalesce({', '.join(scan.instant)})"


def facts_from(dialect: Dialect, asked: ScopedQuery, scan: Scan, start: int, end: int) -> Statement:
    """Return a scan's table with the condition of its facts from `start` to before `end`: what stands behind FROM.

    These may be a part of the question's period, which conditions go on to speak of.
    """
    condition, parameters = scoped(dialect, asked, scan.member)
    instant = instant_of(scan)
    beyond = f" AND {scan.beyond} >= $period_end" if scan.beyond else ""
    period, days = asked.dated, parameters_of(days_of(asked.dated), "day")
    return Statement(
        f"{dialect.table(scan)} WHERE {condition} AND {instant} >= $since AND {instant} < $before{beyond}",
        parameters | {"since": start, "before": end, "period_start": period.start, "period_end": period.end} | days,
    )


def conditions(dialect: Dialect, asked: ScopedQuery, rows: Rows) -> str:
    """Return the condition that a fact of the scan is one of the rows."""
    return " AND ".join(condition(dialect, asked, where) for where in rows.where) or "TRUE"


def condition(dialect: Dialect, asked: ScopedQuery, where: Where) -> str:
    """Return a condition of rows in SQL, where each is spelled."""
    match where:
        case OneOf(column, values):
            return _among(column, values)
        case NoneOf(column, values):
            return _among(column, values, negated=True)
        case Is(column, value):
            return column if value else f"NOT {column}"
        case Condition.COUNTED:
            return _counted(dialect, asked.rules)
        case Condition.UNCOUNTED:
            return _among("last_action", (*COUNTED_ACTIONS, "rejected"), negated=True)
        case Condition.COUNTED_OR_SKIPPED:
            return f"(was_cancelled OR {_counted(dialect, asked.rules)})"
        case Condition.CREATED_EARLIER:
            return "created_at < $period_start"
        case Condition.LATEST_REVIEW_REJECTS:
            return _latest_rejects(dialect, asked)
        case Condition.BY_OWNER:
            return "reviewer_id = completed_by"
        case Condition.BY_NO_OWNER:
            return "(reviewer_id IS NULL OR reviewer_id <> completed_by)"
        case Condition.BY_OTHERS:
            return "(created_by IS NULL OR created_by <> completed_by)"
        case Condition.POSTED_BY_OTHER:
            return _flagged(dialect, AnnotationFlag.POSTED_BY_OTHER)
        case Condition.IMPORTED:
            return _flagged(dialect, AnnotationFlag.IMPORTED)
        case Condition.FROM_PREDICTION:
            return _flagged(dialect, AnnotationFlag.FROM_PREDICTION)
        case Condition.LONGER_THAN_TASK:
            return _flagged(dialect, AnnotationFlag.LONGER_THAN_TASK)
        case Condition.LONG_DAY:
            return _on_long_day(dialect, asked)
        case Condition.VISIT_TIMED:
            return "closed_at >= opened_at"
        case Condition.VISIT_UNTIMED:
            return "(closed_at IS NULL OR closed_at < opened_at)"
        case Condition.TIME_USABLE:
            return "lead_time >= 0"
        case Condition.TIME_MISSING:
            return "lead_time IS NULL"
        case Condition.TIME_INVALID:
            return f"lead_time = {INVALID_LEAD_TIME}"
        case Condition.SCORE_PRESENT:
            return "score IS NOT NULL"
        case Condition.SCORE_MISSING:
            return "score IS NULL"


def _counted(dialect: Dialect, rules: Rules) -> str:
    """Return the condition that an annotation counts, if it is not cancelled."""
    actions = _among("last_action", COUNTED_ACTIONS + (("rejected",) if rules.count_rejected else ()))
    if rules.count_predictions or not dialect.keeps_more:
        return actions
    return f"({actions} AND NOT {_flagged(dialect, AnnotationFlag.FROM_PREDICTION)})"


def _among(column: str, values: Sequence[str], *, negated: bool = False) -> str:
    """Return the condition that a column holds one of our own words, or none of them."""
    if len(values) == 1:
        return f"{column} {'<>' if negated else '='} '{values[0]}'"
    return f"{column} {'NOT ' if negated else ''}IN ({', '.join(map(repr, values))})"


def _latest_rejects(dialect: Dialect, asked: ScopedQuery) -> str:
    """Return the condition that an updated annotation's latest review in scope, of any time, is a rejection.

    Of several members only reviews of the annotations in question are looked at; of one that costs more than it saves.
    """
    mine = scoped(dialect, asked, "completed_by").text
    latest = dialect.latest("action", "created_at", dialect.as_text("review_id"))
    reviews = f"SELECT annotation_id FROM reviews WHERE {mine} AND {_among('action', REVIEW_ACTIONS)}"
    if asked.subject_id is None:
        updated = f"{mine} AND last_action = 'updated' AND completed_at >= $since AND completed_at < $before"
        reviews += f" AND annotation_id IN (SELECT annotation_id FROM annotations WHERE {updated})"
    return f"annotation_id IN ({reviews} GROUP BY annotation_id HAVING {latest} = 'rejected')"


def _on_long_day(dialect: Dialect, asked: ScopedQuery) -> str:
    """Return the condition that the usable times of an annotation's owner and day come to more than 24 hours."""
    day = place_of(dialect, "completed_at", days_of(asked.dated), "day")
    mine = f"{scoped(dialect, asked, 'completed_by').text} AND {conditions(dialect, asked, USABLE)}"
    within = "completed_at >= $period_start AND completed_at < $period_end"
    return (
        f"(completed_by, {day}) IN (SELECT completed_by, {day} FROM annotations WHERE {mine} AND {within} "
        f"GROUP BY 1, 2 HAVING {dialect.total('lead_time')} > {LONGEST_DAY})"
    )


def _flagged(dialect: Dialect, flag: AnnotationFlag) -> str:
    """Return the condition that an annotation has a flag: that its bit is set, in arithmetic that all engines share.

    It is never null: an annotation of which no flags are known must not drop out of what counts.
    """
    return f"(coalesce(flags, 0) % {2 * flag:d} >= {flag:d})" if dialect.keeps_more else "FALSE"
