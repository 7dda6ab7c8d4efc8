"""Formulas as SQL: one statement for each scan, grouped by the axes that are asked for.

A statement has three layers. The first reads the facts and tells of each the parts that conditions are made of, every
part once: planning a statement is most of what a small question costs. The second combines parts to the named sets of
rows. The third adds these up.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from perfwidget.metrics import (
    Aggregate,
    Axis,
    Count,
    Group,
    Metric,
    Middle,
    Nested,
    Plain,
    Rows,
    Scan,
    Total,
)
from perfwidget.question.access import ScopedQuery
from perfwidget.question.period import Bucket
from perfwidget.stores.dialect import Dialect
from perfwidget.stores.sql import COLUMNS, Statement, conditions, facts_from, instant_of

KEYS = tuple(axis.value for axis in Axis)


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


class Wanted(NamedTuple):
    """What is asked of a scan: aggregates of one step and of two, and what their sets of rows are called in SQL."""

    scan: Scan
    plain: Sequence[Plain]
    nested: Sequence[Nested]
    sets: Mapping[Rows, str]


@lru_cache(maxsize=64)
def wanted_of(metrics: tuple[Metric, ...]) -> Sequence[Wanted]:
    """Return what metrics ask of each scan."""
    aggregates = dict.fromkeys(each for metric in metrics for each in metric.formula.aggregates())
    plain = [each for each in aggregates if not isinstance(each, Nested)]
    nested = [each for each in aggregates if isinstance(each, Nested)]
    wanted = []
    for scan in dict.fromkeys(each.rows.scan for each in plain):
        mine = [each for each in plain if each.rows.scan is scan]
        sets = {rows: f"r{number}" for number, rows in enumerate(dict.fromkeys(each.rows for each in mine))}
        wanted.append(Wanted(scan, mine, [each for each in nested if each.parts[0].rows.scan is scan], sets))
    return wanted


class Asked(NamedTuple):
    """A statement, and the aggregates whose values stand behind the keys in each of its rows."""

    statement: Statement
    aggregates: Sequence[Aggregate]


def statements(
    dialect: Dialect, asked: ScopedQuery, wanted: Wanted, groups: Sequence[Group], runs: Sequence[Run]
) -> Iterator[Asked]:
    """Yield the statements that answer the aggregates of a scan for all groups; each row begins with `KEYS`.

    A key is null in the rows of groups without its axis. A nested aggregate is asked for only where it differs from
    what its parts tell: of several members, and for groups that are not told by its inner axis.
    """
    rows = _rows(dialect, asked, wanted, runs)
    yield Asked(_added_up(dialect, wanted, rows, groups, wanted.plain), wanted.plain)
    for aggregate in wanted.nested:
        outer = [group for group in groups if not {aggregate.by, Axis.BUCKET} & {*group}]
        if outer and asked.subject_id is None:
            yield Asked(_folded(dialect, wanted, rows, outer, aggregate), [aggregate])


def _added_up(
    dialect: Dialect, wanted: Wanted, rows: Statement, groups: Sequence[Group], plain: Sequence[Plain]
) -> Statement:
    values = ", ".join(
        f"{_aggregate(dialect, each, wanted.sets[each.rows])} AS a{number}" for number, each in enumerate(plain)
    )
    text = f"SELECT {_keys(groups)}, {values} FROM ({rows.text}) counted{_group_by(groups)}"
    return Statement(text, rows.parameters)


def _folded(dialect: Dialect, wanted: Wanted, rows: Statement, outer: Sequence[Group], aggregate: Nested) -> Statement:
    inner = [tuple(axis for axis in Axis if axis in (*group, aggregate.by)) for group in outer]
    parts = _added_up(dialect, wanted, rows, inner, aggregate.parts)
    fold = aggregate.fold.format(*(f"a{number}" for number in range(len(aggregate.parts))))
    text = f"SELECT {_keys(outer)}, {fold} FROM ({parts.text}) parts"
    by = ", ".join(key for key in KEYS if any(key == axis.value for group in outer for axis in group))
    return Statement(f"{text} GROUP BY {by}" if by else text, parts.parameters)


def _keys(groups: Sequence[Group]) -> str:
    used = {axis.value for group in groups for axis in group}
    return ", ".join(key if key in used else f"NULL AS {key}" for key in KEYS)


def _group_by(groups: Sequence[Group]) -> str:
    sets = [f"({', '.join(axis.value for axis in group)})" for group in groups]
    return "" if sets == ["()"] else f" GROUP BY GROUPING SETS ({', '.join(sets)})"


def _rows(dialect: Dialect, asked: ScopedQuery, wanted: Wanted, runs: Sequence[Run]) -> Statement:
    """Return the query of a scan's facts with their keys, the numbers that are added up, and the sets they are in."""
    scan = wanted.scan
    numbers = list(dict.fromkeys(each.column for each in wanted.plain if not isinstance(each, Count)))
    parts: dict[str, str] = {}

    def part(text: str) -> str:
        return parts.setdefault(text, f"c{len(parts)}")

    sets = [f"{conditions(dialect, asked, rows, part)} AS {name}" for rows, name in wanted.sets.items()]
    bucket = _bucket(dialect, instant_of(scan), runs)
    keys = {Axis.BUCKET: bucket.text, Axis.MEMBER: scan.member}
    read = [f"{keys.get(axis, 'project_id')} AS {axis.value}" for axis in Axis]
    read += [f"{COLUMNS.get(column, column)} AS {column}" for column in numbers]
    read += [f"{text} AS {name}" for text, name in parts.items()]
    source = facts_from(dialect, asked, scan, asked.start, asked.end)
    told = f"(SELECT {', '.join(read)} FROM {source.text}) told"
    return Statement(f"SELECT {', '.join([*KEYS, *numbers, *sets])} FROM {told}", source.parameters | bucket.parameters)


def _aggregate(dialect: Dialect, aggregate: Plain, rows: str) -> str:
    match aggregate:
        case Count():
            return dialect.count(rows)
        case Total(column=column):
            return f"{dialect.total(column)} FILTER (WHERE {rows})"
        case Middle(column=column):
            return dialect.middle(column, rows)


def runs_of(buckets: Sequence[Bucket]) -> Sequence[Run]:
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


def _bucket(dialect: Dialect, instant: str, runs: Sequence[Run]) -> Statement:
    """Return the expression of the place of an instant's bucket among all: one division a run."""
    cases: list[str] = []
    parameters: dict[str, int] = {}
    for number, run in enumerate(runs):
        names = {name: f"run{number}_{name}" for name in ("place", "start", "end", "length")}
        parameters |= {names[name]: getattr(run, name) for name in names}
        place = dialect.quotient(f"{instant} - ${names['start']}", f"${names['length']}")
        cases.append(f"WHEN {instant} < ${names['end']} THEN ${names['place']} + {place}")
    return Statement(f"CASE {' '.join(cases)} END" if cases else "0", parameters)
