"""The statements that answer a scoped question, written once for every engine.

Values never stand in the text: they are named parameters, written `$name`.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from perfwidget.facts import AnnotationFlag
from perfwidget.facts.columns import INVALID_LEAD_TIME, Kind
from perfwidget.metrics import (
    ANNOTATED,
    COUNTED_ACTIONS,
    REVIEW_ACTIONS,
    Condition,
    Is,
    NoneOf,
    OneOf,
    Rows,
    Rules,
    Scan,
)
from perfwidget.question.access import ScopedQuery
from perfwidget.stores import counting
from perfwidget.stores.dialect import Dialect


class Statement(NamedTuple):
    """A text and its parameters."""

    text: str
    parameters: dict[str, Any]


def scoped(dialect: Dialect, asked: ScopedQuery, member: str) -> Statement:
    """Return the condition that a row is the subject's and in scope; every question about rows stands on it."""
    parameters: dict[str, Any] = {"organization_id": asked.scope.organization_id, "subject_id": asked.subject_id}
    text = f"organization_id = $organization_id AND {member} = $subject_id"
    if asked.projects is not None:
        text += f" AND {dialect.in_list('project_id', 'projects', asked.projects)}"
        parameters["projects"] = sorted(asked.projects)
    return Statement(text, parameters)


def first_instant(dialect: Dialect, asked: ScopedQuery) -> Statement:
    """Return the statement whose one value is the instant of the subject's first fact in scope, or null."""
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


def recorded(asked: ScopedQuery, *, mentions: bool) -> Statement:
    """Return the query of the kinds that are recorded, and since when, and if asked for of the subject's `mentions`.

    Its rows are kind, instant, and whether it is a mention.
    """
    text = "SELECT kind, since, FALSE AS mentioned FROM recorded WHERE organization_id = $organization_id"
    if mentions:
        mine = "organization_id = $organization_id AND id = $subject_id"
        text += f" UNION ALL SELECT kind, NULL, TRUE FROM mentions WHERE {mine}"
    return Statement(text, {"organization_id": asked.scope.organization_id, "subject_id": asked.subject_id})


def columns_in(dialect: Dialect, asked: ScopedQuery, scan: Scan, start: int, end: int, *, ids: bool) -> Statement:
    """Return the query of columns (see `counting`) of a scan's facts from `start` to before `end`.

    They are whole numbers; with them go the `ids` of the rows on which others decide.
    """
    condition, parameters = scoped(dialect, asked, scan.member)
    instant = instant_of(scan)
    return Statement(
        f"SELECT {_columns(dialect, asked.rules, scan, ids=ids)} FROM {dialect.table(scan)} "
        f"WHERE {condition} AND {instant} >= $since AND {instant} < $before",
        parameters | {"since": start, "before": end, "period_start": _begins(asked, start)},
    )


@lru_cache(maxsize=64)
def _columns(dialect: Dialect, rules: Rules, scan: Scan, *, ids: bool) -> str:
    """Return what is asked of a scan's rows; it is the same for everybody, and takes a while to write."""
    columns = [f"{_number(dialect, scan, name)} AS {name}" for name in counting.columns_of_scan(scan)]
    decided = counting.decided_by_others(scan)
    if ids and decided is not None:
        told = conditions(dialect, _told(decided.rows), rules)
        columns.append(f"CASE WHEN {told} THEN {dialect.as_text('annotation_id')} END AS {counting.DECIDED}")
    return ", ".join(columns)


def decided_in(dialect: Dialect, asked: ScopedQuery, scan: Scan, start: int, end: int) -> Statement:
    """Return the query of the instants of a scan's facts that meet the condition which others decide on."""
    condition, parameters = scoped(dialect, asked, scan.member)
    decided, instant = counting.decided_by_others(scan), instant_of(scan)
    told = "FALSE" if decided is None else conditions(dialect, _told(decided.rows), asked.rules)
    return Statement(
        f"SELECT {instant} AS {counting.INSTANT} FROM {dialect.table(scan)} WHERE {condition} "
        f"AND {instant} >= $since AND {instant} < $before AND {told} AND {_latest_rejects(dialect, asked)}",
        parameters | {"since": start, "before": end, "period_start": _begins(asked, start)},
    )


def _told(decided: Rows) -> Rows:
    """Return the rows as far as they tell themselves whether they belong to those."""
    return Rows(decided.scan, tuple(where for where in decided.where if where is not counting.BEYOND_THE_ROW))


def _number(dialect: Dialect, scan: Scan, name: str) -> str:
    """Return the expression of a column as whole numbers."""
    if name == counting.INSTANT:
        return instant_of(scan)
    if name == counting.LASTED:
        return "closed_at - opened_at"
    if name == counting.BY_SUBJECT:
        return dialect.flag("reviewer_id = $subject_id")
    if name == counting.EARLIER:
        return dialect.flag("created_at < $period_start")
    if name == counting.FLAGS:
        return dialect.small(name) if dialect.keeps_more else "0"
    match next(column.kind for column in scan.fact.columns() if column.name == name):
        case Kind.FLAG:
            return dialect.flag(name)
        case Kind.TEXT:
            return dialect.small(dialect.place(name, _texts(counting.WORDS)))
        case _:
            return name


def reviews_of(dialect: Dialect, asked: ScopedQuery, annotations: Sequence[str]) -> Statement:
    """Return the query of annotations' reviews: annotation, instant, id and action, which may be none that counts."""
    condition, parameters = scoped(dialect, asked, "completed_by")
    text = (
        f"SELECT {dialect.as_text('annotation_id')} AS annotation_id, created_at, "
        f"{dialect.as_text('review_id')} AS review_id, action FROM reviews "
        f"WHERE {condition} AND {dialect.in_list('annotation_id', 'annotations', annotations)}"
    )
    return Statement(text, parameters | {"annotations": annotations})


def instant_of(scan: Scan) -> str:
    """Return the expression of the instant that places a fact in time."""
    return scan.instant[0] if len(scan.instant) == 1 else f"coalesce({', '.join(scan.instant)})"


def facts_in(dialect: Dialect, asked: ScopedQuery, scan: Scan, start: int, end: int) -> Statement:
    """Return the query of a scan's facts from `start` to before `end`, with all their columns.

    These may be a part of the question's period, which conditions go on to speak of.
    """
    condition, parameters = scoped(dialect, asked, scan.member)
    instant = instant_of(scan)
    columns = "*"
    if scan is ANNOTATED:
        columns += f", {_latest_rejects(dialect, asked)} AS latest_review_rejects"
    return Statement(
        f"SELECT {columns} FROM {dialect.table(scan)} "
        f"WHERE {condition} AND {instant} >= $since AND {instant} < $before",
        parameters | {"since": start, "before": end, "period_start": _begins(asked, start)},
    )


def _begins(asked: ScopedQuery, start: int) -> int:
    """Return the instant at which the question's period does, of which a statement may ask for a part."""
    return start if asked.period is None else asked.period.start


def _latest_rejects(dialect: Dialect, asked: ScopedQuery) -> str:
    """Return the condition that an annotation's latest review in scope, of any time, is a rejection."""
    return f"annotation_id IN ({_rejected(dialect, asked, 'annotation_id')})"


def _rejected(dialect: Dialect, asked: ScopedQuery, column: str) -> str:
    return (
        f"SELECT {column} FROM reviews WHERE {scoped(dialect, asked, 'completed_by').text} "
        f"AND action IN ({_texts(REVIEW_ACTIONS)}) GROUP BY annotation_id "
        f"HAVING {dialect.latest('action', 'created_at', dialect.as_text('review_id'))} = 'rejected'"
    )


def conditions(dialect: Dialect, rows: Rows, rules: Rules) -> str:
    """Return the condition that a fact of the scan is one of the rows."""
    told: list[str] = []
    allowed: dict[str, tuple[str, ...]] = {}
    for each in rows.where:
        where = OneOf("last_action", _counted(rules)) if each is Condition.COUNTED else each
        if isinstance(where, OneOf):
            others = allowed.get(where.column, where.values)
            allowed[where.column] = tuple(value for value in where.values if value in others)
        else:
            told.append(_condition(dialect, where, rules))
    # One short list for each column: engines plan a long one, or several, as joins.
    told += [f"{column} IN ({_texts(values)})" if values else "FALSE" for column, values in allowed.items()]
    return " AND ".join(told) or "TRUE"


def _counted(rules: Rules) -> tuple[str, ...]:
    return COUNTED_ACTIONS + (("rejected",) if rules.count_rejected else ())


def _condition(dialect: Dialect, where: Condition | NoneOf | Is, rules: Rules) -> str:
    match where:
        case NoneOf(column, values):
            return f"{column} NOT IN ({_texts(values)})"
        case Is(column, value):
            return column if value else f"NOT {column}"
        case Condition.COUNTED:
            return f"last_action IN ({_texts(_counted(rules))})"
        case Condition.UNCOUNTED:
            return f"last_action NOT IN ({_texts((*COUNTED_ACTIONS, 'rejected'))})"
        case Condition.CREATED_EARLIER:
            return "created_at < $period_start"
        case Condition.LATEST_REVIEW_REJECTS:
            return "latest_review_rejects"
        case Condition.BY_SUBJECT:
            return "reviewer_id = $subject_id"
        case Condition.BY_OTHERS:
            return "(created_by IS NULL OR created_by <> $subject_id)"
        case Condition.COUNTED_OR_SKIPPED:
            return f"(was_cancelled OR {_condition(dialect, Condition.COUNTED, rules)})"
        case Condition.POSTED_BY_OTHER:
            return _flagged(dialect, AnnotationFlag.POSTED_BY_OTHER)
        case Condition.IMPORTED:
            return _flagged(dialect, AnnotationFlag.IMPORTED)
        case Condition.LONGER_THAN_TASK:
            return _flagged(dialect, AnnotationFlag.LONGER_THAN_TASK)
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


def _flagged(dialect: Dialect, flag: AnnotationFlag) -> str:
    """Return the condition that an annotation has a flag; engines differ in how they look at single bits."""
    if not dialect.keeps_more:
        return "FALSE"
    combined = (str(bits) for bits in range(1 << len(AnnotationFlag)) if bits & flag)
    return f"flags IN ({', '.join(combined)})"


def _texts(values: Sequence[str]) -> str:
    """Return names of our own definitions, never anything asked, as literals."""
    return ", ".join(f"'{value}'" for value in values)
