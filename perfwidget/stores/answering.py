"""One question's numbers: the statements of each scan, and their rows put together by group."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, NamedTuple

from perfwidget.facts import RECORDED_KINDS
from perfwidget.metrics import (
    BY_BUCKET,
    BY_BUCKET_AND_MEMBER,
    BY_MEMBER,
    TOLD_BY,
    WHOLE,
    Aggregate,
    Aggregates,
    Axis,
    Group,
    Latest,
    Metric,
    Middle,
    Nested,
)
from perfwidget.question.access import ScopedQuery
from perfwidget.question.period import Bucket
from perfwidget.stores.formulas import KEYS, Wanted, inner_axes, is_told, statements, told_by_days, wanted_of
from perfwidget.stores.session import Session
from perfwidget.stores.sql import recorded, runs_of

Row = tuple[Any, ...]

Key = tuple[Any, ...]
"""The values of a group's axes: the place of a bucket, the id of a member or project as text."""


class Numbers(NamedTuple):
    """The groups of some axes by their keys, every aggregate of each of them, and of a group without facts."""

    keys: Sequence[Key]
    aggregates: Aggregates
    nothing: Aggregates

    def at(self, places: Sequence[int]) -> "Numbers":
        """Return the groups that stand at some places."""
        columns = {aggregate: [column[place] for place in places] for aggregate, column in self.aggregates.items()}
        return Numbers([self.keys[place] for place in places], columns, self.nothing)


class Answer(NamedTuple):
    """Every aggregate of a question, for all that was asked for.

    The whole, all buckets and the members who were asked for by id are there whether or not they have facts; of
    everybody and of projects, those that have some.
    """

    numbers: Mapping[Group, Numbers]
    recorded: Mapping[str, int | None]
    """Each kind of facts that the organization's source records, and the instant since when (None: always)."""


def answer(
    session: Session,
    asked: ScopedQuery,
    groups: Sequence[Group],
    buckets: Sequence[Bucket],
    metrics: Sequence[Metric],
) -> Answer:
    """Answer every aggregate of some metrics for each group of axes."""
    of_scans = wanted_of(tuple(metrics))
    found = {group: _Found(asked, group, of_scans, _expected(asked, group, buckets)) for group in groups}
    runs = runs_of(buckets)
    since = dict(session.rows(*recorded(session.dialect, asked)))
    asked = asked.knowing(since)
    for wanted in of_scans:
        if wanted.scan.fact.table in RECORDED_KINDS and wanted.scan.fact.table not in since:
            continue  # there are no such facts
        for statement, aggregates in statements(session.dialect, asked, wanted, groups, runs):
            for group, rows in _by_group(session.rows(*statement)):
                found[group].take(rows, aggregates)
        for each in wanted.nested:
            for group in groups:
                if told_by_days(asked, each, group, groups, runs):
                    found[group].fold(each, found[BY_BUCKET].numbers().aggregates)
    return Answer({group: each.numbers() for group, each in found.items()}, since)


def _by_group(rows: Sequence[Row]) -> Iterator[tuple[Group, Sequence[Row]]]:
    """Yield the rows of each group, by the axes whose keys they have."""
    lacking = zip(*([row[place] is None for row in rows] for place in range(len(KEYS))), strict=True)
    sorted_out: dict[tuple[bool, ...], list[Row]] = {}
    for row, lacks in zip(rows, lacking, strict=True):
        sorted_out.setdefault(lacks, []).append(row)
    for lacks, found in sorted_out.items():
        yield tuple(axis for axis, missing in zip(TOLD_BY, lacks, strict=True) if not missing), found


def _expected(asked: ScopedQuery, group: Group, buckets: Sequence[Bucket]) -> list[Key]:
    """Return the keys of the groups that are there without facts, too."""
    if group == WHOLE:
        return [()]
    if group == BY_BUCKET:
        return [(place,) for place in range(len(buckets))]
    there = sorted(asked.subjects or ())
    if group == BY_BUCKET_AND_MEMBER:
        return [(place, member) for member in there for place in range(len(buckets))]
    return [(member,) for member in there] if group == BY_MEMBER else []


class _Found:
    """The numbers by some axes, while rows come in."""

    def __init__(self, asked: ScopedQuery, group: Group, of_scans: Sequence[Wanted], keys: Sequence[Key]) -> None:
        self._group = group
        self._nothing: dict[Aggregate, int | None] = {}
        for wanted in of_scans:
            if not is_told(wanted, group):
                continue  # whoever reads it all the same fails, and sees no 0 that nobody counted
            self._nothing |= {each: None if isinstance(each, Middle | Latest) else 0 for each in wanted.plain}
            self._nothing |= {each: None for each in wanted.nested if inner_axes(asked, each, group)}
        self._places = {key: place for place, key in enumerate(keys)}
        self._columns = {each: [nothing] * len(keys) for each, nothing in self._nothing.items()}

    def take(self, rows: Sequence[Row], aggregates: Sequence[Aggregate]) -> None:
        """Take rows of one statement: their keys, then the values of some aggregates."""
        columns = list(zip(*rows, strict=True))
        told = [
            columns[place] if axis is Axis.BUCKET else map(str, columns[place])
            for place, axis in enumerate(TOLD_BY)
            if axis in self._group
        ]
        places = self._placed(zip(*told, strict=True)) if told else [0] * len(rows)
        in_order = places == list(range(len(places)))
        for aggregate, values in zip(aggregates, columns[len(KEYS) :], strict=True):
            column = self._columns[aggregate]
            if in_order and None not in values:
                column[: len(values)] = values
                continue
            for place, value in zip(places, values, strict=True):
                if value is not None:
                    column[place] = value

    def fold(self, aggregate: Nested, of: Aggregates) -> None:
        """Take an aggregate of the whole from the numbers that it is made of."""
        assert aggregate.folded is not None  # noqa: S101 (told_by_days)
        self._columns[aggregate][0] = aggregate.folded(of[aggregate.parts[0]])

    def _placed(self, keys: Iterable[Key]) -> list[int]:
        """Return the places of groups, of whom new ones begin with nothing."""
        before, known = len(self._places), self._places
        places = [known.setdefault(key, len(known)) for key in keys]
        for aggregate, nothing in self._nothing.items():
            self._columns[aggregate].extend(repeat(nothing, len(known) - before))
        return places

    def numbers(self) -> Numbers:
        """Return what came in; where nothing did, there is nothing."""
        return Numbers(tuple(self._places), self._columns, {each: [value] for each, value in self._nothing.items()})
