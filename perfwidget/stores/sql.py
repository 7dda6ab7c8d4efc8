"""The statements that answer a scoped question, written once for every engine.

Values never stand in the text: they are named parameters, written `$name`.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from perfwidget.facts import RECORDED_KINDS, AnnotationFlag
from perfwidget.facts.columns import INVALID_LEAD_TIME
from perfwidget.metrics import (
    COUNTED_ACTIONS,
    LONGEST_DAY,
    REVIEW_ACTIONS,
    SCANS,
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
from perfwidget.question.period import Bucket, Grain, Period
from perfwidget.stores.dialect import Dialect

COLUMNS = {"lasted": "closed_at - opened_at"}
"""Numbers that are added up and are no columns of the contract: microseconds of a visit."""

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
    mine = [(scan, scoped(dialect, asked, scan.member).text) for scan in SCANS]
    parts = [f"SELECT min({instant_of(scan)}) AS first FROM {scan.fact.table} WHERE {where}" for scan, where in mine]
    text = f"SELECT min(first) FROM ({' UNION ALL '.join(parts)}) firsts"
    return Statement(text, scoped(dialect, asked, "user_id").parameters)


def recorded(dialect: Dialect, asked: ScopedQuery) -> Statement:
    """Return the query of the kinds of facts that are recorded, and since when.

    Of tables that are only read, a kind is recorded as well where the organization has a row in its table.
    """
    text = "SELECT kind, since FROM recorded WHERE organization_id = $organization_id"
    if not dialect.keeps_more:
        shown = (
            f"SELECT '{kind}', NULL WHERE EXISTS (SELECT 1 FROM {kind} WHERE organization_id = $organization_id) AND "
            f"NOT EXISTS (SELECT 1 FROM recorded WHERE organization_id = $organization_id AND kind = '{kind}')"
            for kind in RECORDED_KINDS
            if kind != "flags"
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
    table, instant = dialect.copies.get(scan.name, scan.fact.table), instant_of(scan)
    beyond = f" AND {scan.beyond} >= $period_end" if scan.beyond else ""
    period, days = asked.dated, parameters_of(days_of(asked.dated), "day")
    return Statement(
        f"{table} WHERE {condition} AND {instant} >= $since AND {instant} < $before{beyond}",
        parameters | {"since": start, "before": end, "period_start": period.start, "period_end": period.end} | days,
    )


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
        case Condition.LATEST_REVIEW_REJECTS:
            return part(_latest_rejects(dialect, asked))
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
    """Return the condition that a column holds one of our own words."""
    return f"{column} = '{values[0]}'" if len(values) == 1 else f"{column} IN ({', '.join(map(repr, values))})"


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


# -- Buckets of time, as runs of equal length: the place of an instant among them is one division a run ---------------


class Run(NamedTuple):
    """Buckets of one length that follow each other: the place of the first, and their instants in microseconds."""

    place: int
    start: int
    end: int
    length: int

    @property
    def next_place(self) -> int:
        """The place of the bucket behind them."""
        return self.place + (self.end - self.start) // self.length


def runs_of(buckets: Iterable[Bucket]) -> Sequence[Run]:
    """Return buckets, which follow each other without gaps, as runs of one length: days, but for clock changes."""
    runs: list[Run] = []
    for place, bucket in enumerate(buckets):
        start, end = bucket.start, bucket.end
        if start == end:
            continue  # a day that a zone left out
        if runs and runs[-1].length == end - start and runs[-1].next_place == place:
            runs[-1] = runs[-1]._replace(end=end)
        else:
            runs.append(Run(place, start, end, end - start))
    return runs


@lru_cache(maxsize=8)
def days_of(period: Period) -> Sequence[Run]:
    """Return the days of a period as runs."""
    return runs_of(period.each(Grain.DAY))


def parameters_of(runs: Sequence[Run], name: str) -> dict[str, int]:
    """Return the parameters that `place_of` names."""
    return {
        f"{name}{number}_{field}": value for number, run in enumerate(runs) for field, value in run._asdict().items()
    }


def place_of(dialect: Dialect, instant: str, runs: Sequence[Run], name: str) -> str:
    """Return the expression of the place of an instant's bucket among all; `name` begins the names of parameters."""
    cases: list[str] = []
    for number in range(len(runs)):
        run = f"${name}{number}_"
        place = dialect.quotient(f"{instant} - {run}start", f"{run}length")
        cases.append(f"WHEN {instant} < {run}end THEN {run}place + {place}")
    return f"CASE {' '.join(cases)} END" if cases else "0"
