"""Each condition of rows in SQL, spelled once for every engine."""

from collections.abc import Callable, Sequence

from perfwidget.facts import AnnotationFlag
from perfwidget.facts.columns import INVALID_LEAD_TIME, MAX_ID_LENGTH
from perfwidget.metrics import (
    COUNTED_ACTIONS,
    LONG_TIMES,
    LONGEST_DAY,
    REVIEW_ACTIONS,
    USABLE,
    Condition,
    Is,
    NoneOf,
    OneOf,
    Rows,
    Rules,
    Where,
)
from perfwidget.question.access import ScopedQuery
from perfwidget.stores.dialect import Dialect
from perfwidget.stores.sql import days_of, place_of, scoped

REJECTED = "last_action = 'rejected'"

FLAGS = {
    Condition.POSTED_BY_OTHER: AnnotationFlag.POSTED_BY_OTHER,
    Condition.IMPORTED: AnnotationFlag.IMPORTED,
    Condition.FROM_PREDICTION: AnnotationFlag.FROM_PREDICTION,
    Condition.LONGER_THAN_TASK: AnnotationFlag.LONGER_THAN_TASK,
}
PLAIN = {
    Condition.CREATED_EARLIER: "created_at < $period_start",
    Condition.BY_OWNER: "reviewer_id = completed_by",
    Condition.BY_NO_OWNER: "(reviewer_id IS NULL OR reviewer_id <> completed_by)",
    Condition.BY_OTHERS: "(created_by IS NULL OR created_by <> completed_by)",
    Condition.VISIT_TIMED: "closed_at >= opened_at",
    Condition.VISIT_UNTIMED: "(closed_at IS NULL OR closed_at < opened_at)",
    Condition.TIME_USABLE: "lead_time >= 0",
    Condition.TIME_MISSING: "lead_time IS NULL",
    Condition.TIME_INVALID: f"lead_time = {INVALID_LEAD_TIME}",
    Condition.SCORE_PRESENT: "score IS NOT NULL",
    Condition.SCORE_MISSING: "score IS NULL",
}
"""Conditions that are spelled alike for every question and engine."""

SHORT = 4
"""Words of a list."""

FEW = 8
"""Members whose first and latest reviews are found by an aggregate, which is planned faster; those of more by a join,
which is worked out faster."""

Part = Callable[[str], str]
"""What stands for a part that several conditions are made of: its own text, or the name that it was given."""


def conditions(dialect: Dialect, asked: ScopedQuery, rows: Rows, part: Part = str) -> str:
    """Return the condition that a fact of the scan is one of the rows."""
    return " AND ".join(condition(dialect, asked, where, part) for where in rows.where) or "TRUE"


def condition(dialect: Dialect, asked: ScopedQuery, where: Where, part: Part) -> str:
    """Return a condition of rows in SQL, where each is spelled."""
    match where:
        case OneOf(column, values):
            return part(_among(column, values))
        case NoneOf(column, values):
            return f"NOT {part(_among(column, values))}"
        case Is(column, value):
            return part(column) if value else f"NOT {part(column)}"
        case Condition.COUNTED:
            return _counted(dialect, asked.rules, part)
        case Condition.UNCOUNTED:
            return f"NOT {part(_among('last_action', COUNTED_ACTIONS))} AND NOT {part(REJECTED)}"
        case Condition.COUNTED_OR_SKIPPED:
            return f"({part('was_cancelled')} OR {_counted(dialect, asked.rules, part)})"
        case Condition.COUNTED_SKIPPED_OR_REJECTED:
            return f"({part('was_cancelled')} OR {part(REJECTED)} OR {_counted(dialect, asked.rules, part)})"
        case Condition.LATEST_REVIEW_REJECTS:
            return part(_latest_rejects(dialect, asked))
        case Condition.FIRST_REVIEW:
            return part(_is_first(dialect, asked))
        case Condition.LONG:
            return part(_is_long(dialect, asked))
        case Condition.LONG_DAY:
            return part(_on_long_day(dialect, asked))
        case Condition():
            return part(dialect.flag(FLAGS[where]) if where in FLAGS else PLAIN[where])


def _counted(dialect: Dialect, rules: Rules, part: Part) -> str:
    """Return the condition that an annotation counts, if it is not cancelled."""
    actions = part(_among("last_action", COUNTED_ACTIONS))
    if rules.count_rejected:
        actions = f"({actions} OR {part(REJECTED)})"
    if rules.count_predictions:
        return actions
    return f"({actions} AND NOT {part(dialect.flag(AnnotationFlag.FROM_PREDICTION))})"


def _among(column: str, values: Sequence[str]) -> str:
    """Return the condition that a column holds one of our own words.

    Each list is short, for DuckDB joins a longer one as a table, which takes three times as long.
    """
    lists = [values[place : place + SHORT] for place in range(0, len(values), SHORT)]
    parts = [f"{column} = {each[0]!r}" if len(each) == 1 else f"{column} IN {tuple(each)!r}" for each in lists]
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


def _latest_rejects(dialect: Dialect, asked: ScopedQuery) -> str:
    """Return the condition that an updated annotation's latest review in scope, of any time, is a rejection."""
    mine = scoped(dialect, asked, "completed_by").text
    reviews = f"{mine} AND {_among('action', REVIEW_ACTIONS)}"
    rejections = f"{mine} AND action = 'rejected'"
    if _few(asked):
        latest = dialect.outermost("max", "action", "created_at", in_order(dialect, "review_id"))
        rejected = f"{reviews} GROUP BY annotation_id HAVING {latest} = 'rejected'"
    else:
        rejected = f"{rejections} AND {dialect.review} NOT IN ({_outdone(dialect, rejections, '>', reviews)})"
    return f"annotation_id IN (SELECT annotation_id FROM reviews WHERE {rejected})"


def _is_first(dialect: Dialect, asked: ScopedQuery) -> str:
    """Return the condition that a review is the first one in scope, of any time, of its annotation.

    Annotations of before reviews were recorded are left out, as their first one may not be known.
    """
    mine = scoped(dialect, asked, "completed_by").text
    actions = _among("action", REVIEW_ACTIONS)
    reviews = f"{mine} AND {actions} AND created_at < $before"
    if _few(asked):
        first = dialect.outermost("min", "review_id", "created_at", in_order(dialect, "review_id"))
        condition = f"review_id IN (SELECT {first} FROM reviews WHERE {reviews} GROUP BY annotation_id)"
    else:
        earlier = _outdone(dialect, f"{reviews} AND created_at >= $since", "<", reviews)
        condition = f"({actions} AND {dialect.review} NOT IN ({earlier}))"
    if asked.reviews_since is None:
        return condition
    unknown = f"SELECT annotation_id FROM annotations WHERE {mine} AND created_at < $reviews_since"
    return f"({condition} AND annotation_id NOT IN ({unknown}))"


def _few(asked: ScopedQuery) -> bool:
    return asked.subjects is not None and len(asked.subjects) <= FEW


def _outdone(dialect: Dialect, these: str, comes: str, those: str) -> str:
    """Return the query of the reviews before which (`<`), or behind which (`>`), another one of their annotation comes:
    of those at one instant by the order of ids, which is worked out for no others.

    Of many members this is worked out faster than an aggregate, of one that is planned faster.
    """
    columns = f"annotation_id, review_id, created_at, {dialect.review} AS review"
    one, other = in_order(dialect, "review_id", of="one."), in_order(dialect, "review_id", of="other.")
    return (
        f"SELECT one.review FROM (SELECT {columns} FROM reviews WHERE {those}) other "
        f"JOIN (SELECT {columns} FROM reviews WHERE {these}) one ON one.annotation_id = other.annotation_id "
        f"WHERE other.created_at {comes} one.created_at OR (other.created_at = one.created_at "
        f"AND other.review <> one.review AND {other} {comes} {one})"
    )


def _is_long(dialect: Dialect, asked: ScopedQuery) -> str:
    """Return the condition that a usable time is longer than so many times its owner's median; none is where it is 0.

    The median is that of the question's whole period, whichever part of it is asked for; where projects are looked at
    by themselves, that of the annotation's project.
    """
    mine = scoped(dialect, asked, "completed_by").text
    within = f"{mine} AND completed_at >= $whole_start AND completed_at < $whole_end"
    middle = f"nullif({dialect.middle('lead_time', conditions(dialect, asked, USABLE))}, 0)"
    if asked.subject_id is not None and not asked.by_project:
        return f"2 * lead_time > {LONG_TIMES} * (SELECT {middle} FROM annotations WHERE {within})"
    keys = ("completed_by", "project_id") if asked.by_project else ("completed_by",)
    named, same = ", ".join(f"{key} AS own_{key}" for key in keys), " AND ".join(f"own_{key} = {key}" for key in keys)
    own = f"SELECT {named}, {middle} AS middle FROM annotations WHERE {within} GROUP BY {', '.join(keys)}"
    return (
        f"annotation_id IN (WITH own AS {dialect.once}({own}) SELECT annotation_id FROM annotations JOIN own ON {same} "
        f"WHERE {within} AND 2 * lead_time > {LONG_TIMES} * middle)"
    )


def _on_long_day(dialect: Dialect, asked: ScopedQuery) -> str:
    """Return the condition that the usable times of an annotation's owner and day come to more than 24 hours."""
    day = place_of(dialect, "completed_at", days_of(asked.dated), "day")
    mine = f"{scoped(dialect, asked, 'completed_by').text} AND {conditions(dialect, asked, USABLE)}"
    within = "completed_at >= $period_start AND completed_at < $period_end"
    return (
        f"(completed_by, {day}) IN (SELECT completed_by, {day} FROM annotations WHERE {mine} AND {within} "
        f"GROUP BY 1, 2 HAVING {dialect.total('lead_time')} > {LONGEST_DAY})"
    )


def in_order(dialect: Dialect, identity: str, of: str = "") -> str:
    """Return an expression by whose values ids are in order: whole numbers by their value, then texts by their bytes.

    As a text, a longer number is a larger one, and among negative ones it is the other way round.
    """
    if identity in dialect.whole_numbers:
        return f"{of}{identity}"
    text = dialect.as_text(f"{of}{identity}")
    length, below = f"length({text})", _digits(f"{MAX_ID_LENGTH + 1} - length({text})")
    turned = f"translate({text}, '0123456789', '9876543210')"
    return (
        f"CASE WHEN {dialect.matches(text, '0|[1-9][0-9]*')} THEN {_digits(length)} || {text} "
        f"WHEN {dialect.matches(text, '-[1-9][0-9]*')} THEN '-' || {below} || {turned} "
        f"ELSE '~' || {text} END"
    )


def _digits(number: str) -> str:
    return f"lpad(CAST({number} AS VARCHAR), {len(str(MAX_ID_LENGTH))}, '0')"
