"""The statements that answer a scoped question, written once for every engine.

Values never stand in the text: they are named parameters, written `$name`. The only literals are whole numbers of our
own making, the boundaries of buckets. What differs by engine is a `Dialect`.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple, Protocol

from perfwidget.access import ScopedQuery
from perfwidget.columns import INVALID_LEAD_TIME
from perfwidget.facts import Doubt
from perfwidget.metrics import (
    AGGREGATES,
    ANNOTATED,
    COUNTED_ACTIONS,
    REVIEW_ACTIONS,
    Aggregate,
    Condition,
    Count,
    Is,
    NoneOf,
    OneOf,
    Rows,
    Rules,
    Scan,
    Total,
    Where,
)
from perfwidget.period import Bucket


class Dialect(Protocol):
    """What differs between engines; the arguments are SQL expressions unless said otherwise."""

    @property
    def keeps_more(self) -> bool:
        """Whether there are columns and tables of our own beside the contract's: doubts, mentions and bookmarks."""

    def in_list(self, column: str, name: str) -> str:
        """Return the condition that an id is in the list given as a parameter of that name."""

    def middle(self, column: str, condition: str) -> str:
        """Return the expression of twice the exact median of whole numbers, as a whole number."""

    def quotient(self, dividend: str, divisor: int) -> str:
        """Return the expression of how often a whole number goes into another that is not negative."""

    def as_text(self, column: str) -> str:
        """Return an id or a text of the contract as text that is ordered by its bytes in UTF-8."""

    def in_lower_case(self, text: str) -> str:
        """Return the expression of a text in lower case, each character by itself and of any script."""

    def holds(self, text: str, part: str) -> str:
        """Return the condition that a text holds another."""


class Statement(NamedTuple):
    """A text and its parameters."""

    text: str
    parameters: dict[str, Any]


def scoped(dialect: Dialect, asked: ScopedQuery, member: str) -> Statement:
    """Return the condition that a row is the subject's and in scope; every question about rows stands on it."""
    parameters: dict[str, Any] = {"organization_id": asked.scope.organization_id, "subject_id": asked.subject_id}
    text = f"organization_id = $organization_id AND {member} = $subject_id"
    if asked.projects is not None:
        text += f" AND {dialect.in_list('project_id', 'projects')}"
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


def aggregates_of(scan: Scan) -> tuple[Aggregate, ...]:
    """Return the aggregates that one pass over a scan answers, in the order of the statement's columns."""
    return tuple(aggregate for aggregate in AGGREGATES if aggregate.rows.scan == scan)


def scan_statement(dialect: Dialect, asked: ScopedQuery, scan: Scan, buckets: Sequence[Bucket]) -> Statement:
    """Return the statement that answers a scan's aggregates in one pass.

    Its rows are (place of the bucket, or null for the whole period; then the aggregates). Buckets without rows are left
    out.
    """
    facts = facts_in(dialect, asked, scan, buckets[0].start, buckets[-1].end)
    place = _place(dialect, instant_of(scan), buckets)
    values = ", ".join(_aggregate(dialect, aggregate, asked.rules) for aggregate in aggregates_of(scan))
    text = (
        f"SELECT place, {values} FROM (SELECT *, {place} AS place FROM ({facts.text}) facts) placed "
        "GROUP BY GROUPING SETS ((), (place))"
    )
    return Statement(text, facts.parameters)


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
        columns += f", annotation_id IN ({_latest_rejected(dialect, asked)}) AS latest_review_rejects"
    text = f"SELECT {columns} FROM {scan.fact.table} WHERE {condition} AND {instant} >= $since AND {instant} < $before"
    begins = start if asked.period is None else asked.period.start
    return Statement(text, parameters | {"since": start, "before": end, "period_start": begins})


def _latest_rejected(dialect: Dialect, asked: ScopedQuery) -> str:
    """Return the query of the subject's annotations whose latest review in scope, of any time, is a rejection."""
    return (
        "SELECT annotation_id FROM (SELECT annotation_id, action, row_number() OVER "
        f"(PARTITION BY annotation_id ORDER BY created_at DESC, {dialect.as_text('review_id')} DESC) AS newest "
        f"FROM reviews WHERE {scoped(dialect, asked, 'completed_by').text} AND action IN ({_texts(REVIEW_ACTIONS)})"
        ") latest WHERE newest = 1 AND action = 'rejected'"
    )


def _aggregate(dialect: Dialect, aggregate: Aggregate, rules: Rules) -> str:
    condition = conditions(dialect, aggregate.rows, rules)
    if isinstance(aggregate, Count):
        return f"count(*) FILTER (WHERE {condition})"
    column = "closed_at - opened_at" if aggregate.column == "lasted" else aggregate.column
    if isinstance(aggregate, Total):
        return f"coalesce(sum({column}) FILTER (WHERE {condition}), 0)"
    return dialect.middle(column, condition)


def conditions(dialect: Dialect, rows: Rows, rules: Rules) -> str:
    """Return the condition that a fact of the scan is one of the rows."""
    return " AND ".join(_condition(dialect, where, rules) for where in rows.where) or "TRUE"


def _condition(dialect: Dialect, where: Where, rules: Rules) -> str:
    counted = COUNTED_ACTIONS + (("rejected",) if rules.count_rejected else ())
    match where:
        case OneOf(column, values):
            return f"{column} IN ({_texts(values)})"
        case NoneOf(column, values):
            return f"{column} NOT IN ({_texts(values)})"
        case Is(column, value):
            return column if value else f"NOT {column}"
        case Condition.COUNTED:
            return f"last_action IN ({_texts(counted)})"
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
            return f"(was_cancelled OR last_action IN ({_texts(counted)}))"
        case Condition.POSTED_BY_OTHER:
            return _doubted(dialect, Doubt.POSTED_BY_OTHER)
        case Condition.IMPORTED:
            return _doubted(dialect, Doubt.IMPORTED)
        case Condition.LONGER_THAN_TASK:
            return _doubted(dialect, Doubt.LONGER_THAN_TASK)
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


def _doubted(dialect: Dialect, doubt: Doubt) -> str:
    """Return the condition that an annotation has a doubt; engines differ in how they look at single bits."""
    if not dialect.keeps_more:
        return "FALSE"
    combined = (str(bits) for bits in range(1 << len(Doubt)) if bits & doubt)
    return f"doubts IN ({', '.join(combined)})"


def _texts(values: Sequence[str]) -> str:
    """Return names of our own definitions, never anything asked, as literals."""
    return ", ".join(f"'{value}'" for value in values)


class _Run(NamedTuple):
    """Neighbouring buckets of one width, which one division tells apart."""

    place: int
    start: int
    width: int
    many: bool


def _runs(buckets: Sequence[Bucket]) -> Iterator[_Run]:
    place = 0
    for width, group in groupby(buckets, key=lambda bucket: bucket.end - bucket.start):
        members = list(group)
        if width:  # a day that a zone left out altogether has no instants
            yield _Run(place, members[0].start, width, len(members) > 1)
        place += len(members)


def _place(dialect: Dialect, instant: str, buckets: Sequence[Bucket]) -> str:
    """Return the expression of the place of the bucket that holds an instant.

    The boundaries come from Python, so that all engines agree whatever time zone data they have; days are 24 hours
    long between clock changes, so a few comparisons and a division do for years.
    """
    runs = list(_runs(buckets))
    return _search(dialect, instant, runs) if runs else "0"  # a period of nothing but days that the zone left out


def _search(dialect: Dialect, instant: str, runs: Sequence[_Run]) -> str:
    if len(runs) == 1:
        place, start, width, many = runs[0]
        return f"{place} + {dialect.quotient(f'{instant} - {start}', width)}" if many else str(place)
    half = len(runs) // 2
    return (
        f"CASE WHEN {instant} < {runs[half].start} THEN {_search(dialect, instant, runs[:half])} "
        f"ELSE {_search(dialect, instant, runs[half:])} END"
    )
