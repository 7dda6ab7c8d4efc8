"""The statements that list the rows behind numbers and downloads, in the same words as those that count them."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import NamedTuple

from perfwidget.facts import Action, Annotation, Comment, Fact, Review, ReviewVisit
from perfwidget.facts.columns import END_OF_TIME, MILLIONTHS, Kind
from perfwidget.metrics import ANNOTATED, LONG, Rows
from perfwidget.question.access import ScopedQuery
from perfwidget.stores.conditions import conditions
from perfwidget.stores.dialect import Dialect
from perfwidget.stores.sql import Statement, facts_from, instant_of

PERSON: dict[type[Fact], str] = {
    Action: "user_id",
    Annotation: "completed_by",
    Comment: "created_by",
    Review: "reviewer_id",
    ReviewVisit: "user_id",
}
"""Whose e-mail goes with a row."""


class Slice(NamedTuple):
    """A stretch of time: its first instant, and the first one behind it, in microseconds."""

    start: int
    end: int


def columns_of(rows: Rows) -> tuple[str, ...]:
    """Return the columns of listed rows: the fact's own, its instant in microseconds, project title and e-mail."""
    own = (column.name for column in rows.scan.fact.columns() if column.name != "organization_id")
    return (*own, "instant", "project_title", "email")


def listing(
    dialect: Dialect, asked: ScopedQuery, rows: Rows, part: Slice, limit: int, after: tuple[int, str] | None = None
) -> Statement:
    """Return the statement that lists up to `limit` rows with `columns_of(rows)`, by instant and then by id.

    With `after`, an instant and an id, it lists those that follow that row.
    """
    facts = facts_from(dialect, asked, rows.scan, *part)
    fact = rows.scan.fact
    parameters = facts.parameters | {"listed": limit}
    identity = dialect.as_text(fact.key_columns[-1])
    condition = "TRUE"
    if after is not None:
        condition = f"(instant > $after_instant OR (instant = $after_instant AND {identity} > $after_id))"
        parameters |= {"after_instant": after[0], "after_id": after[1]}
    ids = {column.name for column in fact.columns() if column.kind is Kind.ID}
    own = ", ".join(
        dialect.as_text(f"listed.{column}") if column in ids else f"listed.{column}" for column in columns_of(rows)[:-2]
    )
    project = dialect.as_text("listed.project_id")
    text = (
        f"SELECT {own}, coalesce(projects.title, {project}), members.email FROM ("
        f"SELECT * FROM (SELECT *, {instant_of(rows.scan)} AS instant FROM {facts.text} "
        f"AND {conditions(dialect, asked, rows)}) dated "
        f"WHERE {condition} ORDER BY instant, {identity} LIMIT $listed) listed "
        f"{_titles('listed')} "
        "LEFT JOIN members ON members.organization_id = listed.organization_id "
        f"AND members.user_id = listed.{PERSON[fact]} "
        f"ORDER BY listed.instant, {dialect.as_text(f'listed.{fact.key_columns[-1]}')}"
    )
    return Statement(text, parameters)


class Among(NamedTuple):
    """That a column of ids holds one of some; without a column, that rows are of some instants, as texts."""

    column: str | None
    ids: Collection[str]

    def parts(self, size: int) -> "list[Among]":
        """Return the same in parts of so many ids."""
        wanted = sorted(self.ids)
        return [Among(self.column, wanted[place : place + size]) for place in range(0, len(wanted), size)]


def plain(
    dialect: Dialect,
    asked: ScopedQuery,
    rows: Rows,
    columns: Sequence[str],
    among: Among | None = None,
    part: Slice | None = None,
) -> Statement:
    """Return the statement of some columns of rows of a stretch of time, or of any, in no order."""
    dialect = dialect.of_one_table
    facts = facts_from(dialect, asked, rows.scan, *(part or Slice(0, END_OF_TIME)))
    kinds = {each.name: each.kind for each in rows.scan.fact.columns()}
    shown = ", ".join(dialect.as_text(name) if kinds[name] is Kind.ID else name for name in columns)
    text = f"SELECT {shown} FROM {facts.text} AND {conditions(dialect, asked, rows)}"
    if among is None:
        return Statement(text, facts.parameters)
    if among.column is None:
        text += f" AND {dialect.among_numbers(instant_of(rows.scan), 'among')}"
    else:
        text += f" AND {dialect.in_list(among.column, 'among', among.ids)}"
    return Statement(text, facts.parameters | {"among": sorted(among.ids)})


def digests(
    dialect: Dialect, asked: ScopedQuery, rows: Rows, columns: Sequence[str], since: int, length: int, until: int
) -> Statement:
    """Return the statement of how many rows a member has in each stretch of so many microseconds, and what they hold.

    Stretches are told by their place since 1970, and -1 is all from an instant on. What they hold is a sum over some
    columns that differs, as far as anybody can tell, where any value does.
    """
    dialect = dialect.of_one_table
    facts, instant = facts_from(dialect, asked, rows.scan, since, END_OF_TIME), instant_of(rows.scan)
    member, place = dialect.as_text(rows.scan.member), dialect.quotient(instant, str(length))
    stretch = f"CASE WHEN {instant} < $until THEN {place} ELSE -1 END"
    held = dialect.total(dialect.hashed(", ".join(columns)))
    text = f"SELECT {member}, {stretch}, count(*), {held} FROM {facts.text} AND {conditions(dialect, asked, rows)}"
    return Statement(f"{text} GROUP BY 1, 2", facts.parameters | {"until": until})


def _titles(rows: str) -> str:
    """Return the join of rows with the titles of their projects."""
    return (
        f"LEFT JOIN projects ON projects.organization_id = {rows}.organization_id "
        f"AND projects.project_id = {rows}.project_id"
    )


# -- Rows to be read by people, a page at a time --------------------------------------------------------------------

ACTION: dict[type[Fact], str] = {Annotation: "last_action", Comment: "text", Review: "action", ReviewVisit: "NULL"}
"""What was done last, or said, by what a row is."""

QUANTITY: dict[type[Fact], str] = {
    Annotation: "CASE WHEN lead_time >= 0 THEN lead_time END",
    Comment: "CASE WHEN FALSE THEN created_at END",
    Review: (
        f"CASE action WHEN 'accepted' THEN {MILLIONTHS} WHEN 'rejected' THEN 0 WHEN 'fixed_and_accepted' THEN score END"
    ),
    ReviewVisit: "CASE WHEN closed_at >= opened_at THEN closed_at - opened_at END",
}
"""What a row adds to a number: microseconds of lead time or of a visit, millionths of a score; null where nothing."""

GIVEN: dict[type[Fact], str] = {Annotation: "lead_time", Comment: "text", Review: "score", ReviewVisit: "closed_at"}
"""The column that says whether the source told the quantity at all, usable or not."""


class Order(StrEnum):
    """What rows on a page may be put in order by; their instant and id decide between equal ones."""

    TIME = "time"
    PROJECT = "project"
    TASK = "task"
    ACTION = "action"
    QUANTITY = "quantity"


_ORDERED_BY: dict[Order, tuple[str, ...]] = {
    Order.TIME: (),
    Order.PROJECT: ("project_title",),
    Order.TASK: ("length(task_id)", "task_id"),  # 9 before 10, without reading ids as numbers
    Order.ACTION: ("action",),
    Order.QUANTITY: ("quantity",),
}


class ListedRow(NamedTuple):
    """A row behind a number, as people read it: its instant in microseconds, and what it adds to the number.

    `given` says whether the source has a value that may be none, `long` whether the lead time is long.
    """

    row_id: str
    instant: int
    project_id: str
    project_title: str
    task_id: str | None
    annotation_id: str
    action: str | None
    quantity: int | None
    given: bool
    long: bool
    member_id: str
    """Whose it is: the member by whom the number is told."""


class Tally(NamedTuple):
    """What all rows behind a number come to: how many, how many with a quantity, its sum and twice its median."""

    rows: int
    usable: int
    total: int
    middle: int | None


def page_of(
    dialect: Dialect, asked: ScopedQuery, rows: Rows, part: Slice, order: Order, *, descending: bool, place: slice
) -> Statement:
    """Return the statement of the `ListedRow`s from `place.start` to before `place.stop`; nulls come last."""
    fact = rows.scan.fact
    facts = _facts(dialect, asked, rows, part)
    # A visit knows its annotation only, and the annotation the task.
    visit = fact is ReviewVisit
    task = "annotations.task_id" if visit else "dated.task_id"
    annotations = (
        "LEFT JOIN annotations ON annotations.organization_id = dated.organization_id AND "
        "annotations.annotation_id = dated.annotation_id AND annotations.project_id = dated.project_id "
        if visit
        else ""
    )
    direction = "DESC" if descending else "ASC"
    by = ", ".join(f"{key} {direction} NULLS LAST" for key in (*_ORDERED_BY[order], "instant", "row_id"))
    names = (fact.key_columns[-1], "project_id", "act", rows.scan.member)
    row, project, act, member = (dialect.as_text(f"dated.{name}") for name in names)
    text = (
        f"SELECT {', '.join(ListedRow._fields)} FROM (SELECT {row} AS row_id, dated.instant, {project} AS project_id, "
        f"coalesce(projects.title, {project}) AS project_title, {dialect.as_text(task)} AS task_id, "
        f"{dialect.as_text('dated.annotation_id')} AS annotation_id, {act} AS action, "
        f"dated.quantity, dated.given, dated.long, {member} AS member_id "
        f"FROM ({facts.text}) dated {_titles('dated')} {annotations}) listed "
        f"ORDER BY {by} LIMIT $listed OFFSET $skipped"
    )
    return Statement(text, facts.parameters | {"listed": place.stop - place.start, "skipped": place.start})


def tally(dialect: Dialect, asked: ScopedQuery, rows: Rows, part: Slice) -> Statement:
    """Return the statement of the `Tally` of the rows themselves."""
    facts = _facts(dialect, asked, rows, part)
    middle, total = dialect.middle("quantity", "quantity IS NOT NULL"), dialect.total("quantity")
    text = f"SELECT count(*), count(quantity), coalesce({total}, 0), {middle} FROM ({facts.text}) listed"
    return Statement(text, facts.parameters)


def _facts(dialect: Dialect, asked: ScopedQuery, rows: Rows, part: Slice) -> Statement:
    """Return the query of the rows behind a number with all their columns and what people read of each."""
    fact = rows.scan.fact
    facts = facts_from(dialect, asked, rows.scan, *part)
    long = f"coalesce({conditions(dialect, asked, LONG)}, FALSE)" if rows.scan is ANNOTATED else "FALSE"
    text = (
        f"SELECT *, {instant_of(rows.scan)} AS instant, {ACTION[fact]} AS act, {QUANTITY[fact]} AS quantity, "
        f"{GIVEN[fact]} IS NOT NULL AS given, {long} AS long "
        f"FROM {facts.text} AND {conditions(dialect, asked, rows)}"
    )
    return Statement(text, facts.parameters)
