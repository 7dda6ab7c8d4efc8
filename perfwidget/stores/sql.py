"""The statements that answer a scoped question, written once for every engine.

Values never stand in the text: they are named parameters, written `$name`.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from perfwidget.facts import RECORDED_KINDS
from perfwidget.metrics import SCANS, Scan
from perfwidget.question.access import ScopedQuery
from perfwidget.question.period import Bucket, Grain, Period
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
    conditions = ["organization_id = $organization_id"]
    if asked.subject_id is not None:
        conditions.append(f"{member} = $subject_id")
        parameters["subject_id"] = asked.subject_id
    elif asked.subjects is not None:
        conditions.append(dialect.in_list(member, "subjects", asked.subjects))
        parameters["subjects"] = sorted(asked.subjects)
    elif asked.scope.role.sees_organization:
        conditions.append(f"{member} IS NOT NULL")
    if (asked.subjects is None or asked.of_everybody) and not asked.scope.role.sees_organization:
        conditions.append(f"{member} IN (SELECT user_id FROM members WHERE organization_id = $organization_id)")
    if asked.projects is not None:
        conditions.append(dialect.in_list("project_id", "projects", asked.projects))
        parameters["projects"] = sorted(asked.projects)
    return Statement(" AND ".join(conditions), parameters)


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
    period, whole = asked.dated, asked.whole or asked.dated
    parameters |= {"since": start, "before": end, "period_start": period.start, "period_end": period.end}
    parameters |= {"whole_start": whole.start, "whole_end": whole.end, "reviews_since": asked.reviews_since}
    return Statement(
        f"{table} WHERE {condition} AND {instant} >= $since AND {instant} < $before{beyond}",
        parameters | parameters_of(days_of(period), "day"),
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
