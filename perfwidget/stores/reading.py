"""Questions to one consistent state of a store, in SQL that engines share."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from perfwidget.facts import FACTS, Annotation, Comment, Member, Project
from perfwidget.facts.ingest import PROJECT
from perfwidget.metrics import METRICS, REVIEWED, SCANS, Group, Metric, Rows
from perfwidget.question.access import ScopedQuery
from perfwidget.question.period import Bucket
from perfwidget.stores.answering import Answer, answer
from perfwidget.stores.choosing import Choices
from perfwidget.stores.fingerprint import fingerprint
from perfwidget.stores.listing import (
    Among,
    ListedRow,
    Order,
    Slice,
    Tally,
    columns_of,
    digests,
    listing,
    page_of,
    plain,
    tally,
)
from perfwidget.stores.schema import CHANGED, CONTRACT, COPYING, TABLES, Table
from perfwidget.stores.session import Session
from perfwidget.stores.sql import first_instant, recorded

if TYPE_CHECKING:
    import numpy.typing as npt

STREAMED = 5_000
"""Rows of a download that are handed on at once, and after which its permission is asked for again."""

SORTED = 50_000
"""Rows of a download that one statement puts in order: each reads the facts anew, and holds so many of them."""


class Marked(NamedTuple):
    """How far a source has been read, in its own words; `as_of` in microseconds, None where it does not say so."""

    position: str
    as_of: int | None


class Kept(NamedTuple):
    """An annotation or comment that a store has, in the version of `updated_at` in microseconds."""

    identity: str
    task_id: str
    updated_at: int
    lead_time: int | None = None
    """Of an annotation, in microseconds, as columns keep it."""


class Reader(Choices):
    """One consistent state of a store, for one question and what is shown beside its answer."""

    def first_instant(self, asked: ScopedQuery) -> int | None:
        """Return the instant of the subjects' first fact in scope, in microseconds, or None if there is none."""
        [(first,)] = self._rows(*first_instant(self._dialect, asked))
        return None if first is None else int(first)

    def answer(
        self,
        asked: ScopedQuery,
        groups: Sequence[Group],
        buckets: Sequence[Bucket] = (),
        metrics: Sequence[Metric] = METRICS,
    ) -> Answer:
        """Answer every aggregate of some metrics for the question's period, told by each group of axes.

        `buckets` cut the period without gaps, where a group tells numbers by bucket. Numbers by member are there for
        those who were asked for by id, and for whoever else has facts.
        """
        return answer(self._session, asked, groups, buckets, metrics)

    def stream(self, asked: ScopedQuery, rows: Rows, period: Slice) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Read rows with `listing.columns_of(rows)`, oldest first, at most some thousands at once."""
        asked = self._knowing(asked, rows)
        names = columns_of(rows)
        instant, identity = names.index("instant"), names.index(rows.scan.fact.key_columns[-1])
        after, listed = None, SORTED
        while listed == SORTED:
            listed = 0
            part = period if after is None else period._replace(start=after[0])
            for batch in self._session.batches(*listing(self._dialect, asked, rows, part, SORTED, after), STREAMED):
                yield batch
                after = batch[-1][instant], batch[-1][identity]
                listed += len(batch)

    def facts(
        self,
        asked: ScopedQuery,
        rows: Rows,
        columns: Sequence[str],
        among: Among | None = None,
        during: Slice | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Read columns of rows of any time, in no order; of those alone whose column of ids holds one of some.

        With `during` they are those of a stretch of time.
        """
        asked = self._knowing(asked, rows)
        for part in [None] if among is None else among.parts(SORTED):
            for batch in self._session.batches(*plain(self._dialect, asked, rows, columns, part, during), STREAMED):
                yield from batch

    def columns(
        self,
        asked: ScopedQuery,
        rows: Rows,
        names: Sequence[str],
        among: Among | None = None,
        during: Slice | None = None,
    ) -> "Iterator[list[npt.NDArray[Any]]]":
        """Yield parts of the same as columns: whole numbers, or objects; masked where there is no value."""
        asked = self._knowing(asked, rows)
        for part in [None] if among is None else among.parts(SORTED):
            columns = self._session.columns(*plain(self._dialect, asked, rows, names, part, during))
            if columns and len(columns[0]):
                yield columns

    def digests(
        self, asked: ScopedQuery, rows: Rows, columns: Sequence[str], since: int, length: int, until: int
    ) -> Iterator[tuple[str, int, str]]:
        """Yield of each member and stretch of so many microseconds a text that differs once one of some columns does.

        Stretches are told by their place since 1970; of those before `since` there is none, and all from `until` on
        is one of place -1.
        """
        asked = self._knowing(asked, rows)
        statement = digests(self._dialect, asked, rows, columns, since, length, until)
        for member, place, count, held in self._rows(*statement):
            yield member, int(place), f"{count}:{held}"

    def page(
        self, asked: ScopedQuery, rows: Rows, part: Slice, order: Order, *, descending: bool, place: slice
    ) -> Sequence[ListedRow]:
        """Return the rows behind a number from `place.start` to before `place.stop`, in an order that is total."""
        asked = self._knowing(asked, rows)
        statement = page_of(self._dialect, asked, rows, part, order, descending=descending, place=place)
        return [ListedRow(*row) for row in self._rows(*statement)]

    def tally(self, asked: ScopedQuery, rows: Rows, part: Slice) -> Tally:
        """Return what all rows behind a number come to."""
        [row] = self._rows(*tally(self._dialect, self._knowing(asked, rows), rows, part))
        return Tally(*row)

    def _knowing(self, asked: ScopedQuery, rows: Rows) -> ScopedQuery:
        """Return the question with what is recorded, where that says which rows are meant."""
        if rows.scan is not REVIEWED:
            return asked
        return asked.knowing(dict(self._rows(*recorded(self._dialect, asked))))

    def fingerprint(self, asked: ScopedQuery) -> str:
        """Return a text that differs once the numbers may, by facts in the question's scope and by no others."""
        rows = sorted(self._rows(*fingerprint(self._dialect, asked)))
        told = [sorted(asked.projects or ()), *(tuple(map(str, row)) for row in rows)]
        return hashlib.sha256(repr(told).encode()).hexdigest()

    def organizations(self) -> Sequence[str]:
        """Return the ids of all organizations; for those who own the store, never for a viewer."""
        # In a host's own tables nothing is of an organization that has neither members nor projects.
        facts = FACTS if self._dialect.keeps_more else (Member, Project)
        tables = " UNION ".join(f"SELECT organization_id FROM {fact.table}" for fact in facts)
        organization_id = self._dialect.as_text("organization_id")
        text = f"SELECT {organization_id} FROM ({tables}) known ORDER BY {organization_id}"
        return [organization for (organization,) in self._rows(text, {})]

    @property
    def tables(self) -> Sequence[Table]:
        """The tables of the store with their columns: of the host's views those of the contract alone."""
        return TABLES if self._dialect.keeps_more else CONTRACT

    def rows_by_key(self, table: Table, after: Sequence[str] | None, most: int) -> Sequence[tuple[Any, ...]]:
        """Return rows of a table as they are stored, in the order of their keys, those behind a key.

        For those who own the store, never for a viewer.
        """
        ids = {name: self._dialect.as_text(name) for name, sql_type, _ in table.columns if sql_type == "VARCHAR"}
        null = {name for name, _, nullable in table.columns if nullable}
        key = ", ".join(f"coalesce({ids[name]}, '')" if name in null else ids[name] for name in table.key)
        told = ", ".join(ids.get(name, name) for name, _, _ in table.columns)
        parameters = {f"after_{place}": value for place, value in enumerate(after or ())}
        behind = f"({key}) > ({', '.join(f'${name}' for name in parameters)})" if after else "TRUE"
        text = f"SELECT {told} FROM {table.name} WHERE organization_id <> '' AND {behind} ORDER BY {key} LIMIT {most:d}"
        return [tuple(row) for row in self._rows(text, parameters)]

    def counted(self, table: str, condition: str) -> int:
        """Return how many rows of a table meet a condition; for those who own the store, never for a viewer."""
        [(count,)] = self._rows(f"SELECT count(*) FROM {table} WHERE {condition}", {})
        return int(count)

    def digest(self, table: str, columns: Sequence[str]) -> tuple[int, int]:
        """Return how many rows a table has, and a sum over all that they hold, for which all of it is read."""
        hashed = self._dialect.total(self._dialect.hashed(", ".join(columns)))
        [(count, total)] = self._rows(f"SELECT count(*), {hashed} FROM {table}", {})
        return int(count), int(total or 0)

    @property
    def copies(self) -> Mapping[str, str]:
        """The tables that hold the rows of another one in another order, and which."""
        return {copy: scan.fact.table for scan in SCANS if (copy := self._dialect.copies.get(scan.name))}

    def bookmarks(self, organization_id: str) -> Mapping[str, Marked]:
        """Map each source that an organization's facts were read from to how far.

        For those who fill the store, and for how fresh its facts are; it speaks of nobody.
        """
        return {source: mark for source, mark in self._marks(organization_id) if not source.startswith(CHANGED)}

    @property
    def unfinished_copy(self) -> Marked | None:
        """How far the copy has come that the store is, where it was broken off and so lacks facts."""
        return self.bookmarks(COPYING["organization_id"]).get(COPYING["source"])

    def changes(self, organization_id: str) -> str | None:
        """Return a text that differs once facts of an organization have changed; None where nobody knows.

        It tells of everybody's work: for those who see the organization, and for what is worked out when it differs.
        """
        if not self._dialect.tells_changes:
            return None
        if not self._dialect.keeps_more:
            mark = self._dialect.as_text("mark")
            rows = self._rows(
                f"SELECT {mark} FROM changes WHERE organization_id = $organization_id",
                {"organization_id": organization_id},
            )
            return repr(sorted(rows, key=repr))
        return " ".join(sorted(source for source, _ in self._marks(organization_id) if source.startswith(CHANGED)))

    def _marks(self, organization_id: str) -> Sequence[tuple[str, Marked]]:
        if not self._dialect.keeps_more:
            return ()
        text = "SELECT source, position, as_of FROM bookmarks WHERE organization_id = $organization_id"
        rows = self._once(text, {"organization_id": organization_id})
        return [(source, Marked(position, as_of)) for source, position, as_of in rows]

    def as_of(self) -> int | None:
        """Return as of when the facts of the source are that is furthest behind, in microseconds; None if none says so.

        Of whatever organization, for those who watch over the server; it speaks of nobody.
        """
        if not self._dialect.keeps_more:
            return None
        text = f"SELECT min(as_of) FROM bookmarks WHERE as_of IS NOT NULL AND source NOT LIKE '{PROJECT}%'"
        [(as_of,)] = self._rows(text, {})
        return None if as_of is None else int(as_of)

    def through(self, before: Callable[[Session], Session]) -> "Reader":
        """Return a reader of the same state whose statements go through what stands before its session."""
        return Reader(before(self._session), self._noted)

    def projects_with_facts(self, organization_id: str) -> set[str]:
        """Return the projects that an organization has facts of; for those who fill the store, never for a viewer."""
        if not self._dialect.keeps_more:
            return set()
        text = "SELECT id FROM mentions WHERE organization_id = $organization_id AND kind = 'project'"
        return {project for (project,) in self._rows(text, {"organization_id": organization_id})}

    def kept(
        self, fact: type[Annotation] | type[Comment], organization_id: str, project_id: str, tasks: Sequence[str] | None
    ) -> Iterator[Kept]:
        """Yield what is kept of a project's annotations or comments, of some tasks or all.

        For those who fill the store, never for a viewer.
        """
        lead_time = ", lead_time" if fact is Annotation else ""
        text = (
            f"SELECT {self._texts(fact.key_columns[-1], 'task_id')}, updated_at{lead_time} FROM {fact.table} "
            "WHERE organization_id = $organization_id AND project_id = $project_id"
        )
        parameters: dict[str, Any] = {"organization_id": organization_id, "project_id": project_id}
        if tasks is not None:
            text += f" AND {self._dialect.in_list('task_id', 'tasks', tasks)}"
            parameters["tasks"] = list(tasks)
        for batch in self._session.batches(text, parameters, STREAMED):
            yield from (Kept(*row) for row in batch)
