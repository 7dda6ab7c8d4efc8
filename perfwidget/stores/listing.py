"""The statements that list the rows behind numbers and downloads, in the same words as those that count them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from perfwidget.access import ScopedQuery
from perfwidget.facts import Action, Annotation, Comment, Fact, Review, ReviewVisit
from perfwidget.metrics import Rows
from perfwidget.stores.sql import Dialect, Statement, conditions, facts_in, instant_of

PERSON: dict[type[Fact], str] = {
    Action: "user_id",
    Annotation: "completed_by",
    Comment: "created_by",
    Review: "reviewer_id",
    ReviewVisit: "user_id",
}
"""Whose e-mail goes with a row."""

SLOT = 3_600 * 1_000_000
"""Microseconds of the slots in which rows are counted before they are read."""


class Slice(NamedTuple):
    """A stretch of time that holds few enough rows to be put in order at once."""

    start: int
    end: int


def columns_of(rows: Rows) -> tuple[str, ...]:
    """Return the columns of listed rows: the fact's own, its instant in microseconds, project title and e-mail."""
    own = (column.name for column in rows.scan.fact.columns() if column.name != "organization_id")
    return (*own, "instant", "project_title", "email")


def counted_slots(dialect: Dialect, asked: ScopedQuery, rows: Rows, period: Slice) -> Statement:
    """Return the statement that counts rows by slot since the period's start: (slot, count), in order."""
    facts = facts_in(dialect, asked, rows.scan, *period)
    slot = f"({instant_of(rows.scan)} - {dialect.parameter('period_start')}) // {SLOT}"
    text = (
        f"SELECT {slot} AS slot, count(*) FROM ({facts.text}) facts "
        f"WHERE {conditions(dialect, rows, asked.rules)} GROUP BY slot ORDER BY slot"
    )
    return Statement(text, facts.parameters)


def slices(counts: Iterable[tuple[int, int]], period: Slice, most: int) -> Iterator[Slice]:
    """Cut a period into slices of at most `most` rows each, but for single slots that hold more."""
    start, end, held = period.start, period.start, 0
    for slot, count in counts:
        slot_start = period.start + slot * SLOT
        if held and held + count > most:
            yield Slice(start, end)
            start, held = slot_start, 0
        end, held = min(slot_start + SLOT, period.end), held + count
    if held:
        yield Slice(start, end)


def listing(
    dialect: Dialect, asked: ScopedQuery, rows: Rows, part: Slice, limit: int, after: tuple[int, str] | None = None
) -> Statement:
    """Return the statement that lists up to `limit` rows with `columns_of(rows)`, by instant and then by id.

    With `after`, an instant and an id, it lists those that follow that row.
    """
    facts = facts_in(dialect, asked, rows.scan, *part)
    fact = rows.scan.fact
    parameters = facts.parameters | {"listed": limit}
    identity = fact.key_columns[-1]
    condition = conditions(dialect, rows, asked.rules)
    if after is not None:
        instant, last = dialect.parameter("after_instant"), dialect.parameter("after_id")
        condition += f" AND (instant > {instant} OR (instant = {instant} AND {identity} > {last}))"
        parameters |= {"after_instant": after[0], "after_id": after[1]}
    own = ", ".join(f"listed.{column}" for column in columns_of(rows)[:-2])
    text = (
        f"SELECT {own}, coalesce(projects.title, listed.project_id), members.email FROM ("
        f"SELECT * FROM (SELECT *, {instant_of(rows.scan)} AS instant FROM ({facts.text}) facts) dated "
        f"WHERE {condition} ORDER BY instant, {identity} LIMIT {dialect.parameter('listed')}) listed "
        "LEFT JOIN projects ON projects.organization_id = listed.organization_id "
        "AND projects.project_id = listed.project_id "
        "LEFT JOIN members ON members.organization_id = listed.organization_id "
        f"AND members.user_id = listed.{PERSON[fact]} "
        f"ORDER BY listed.instant, listed.{identity}"
    )
    return Statement(text, parameters)
