"""Formulas as SQL: one statement for each scan, grouped by the axes that are asked for.

A statement has three layers. The first reads the facts and tells of each the parts that conditions are made of, every
part once: planning a statement is most of what a small question costs. The second combines parts to the named sets of
rows. The third adds these up.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from perfwidget.metrics import (
    BY_BUCKET,
    DAILY_SCANS,
    TOLD_BY,
    WHOLE,
    Aggregate,
    Axis,
    Count,
    Distinct,
    Group,
    Latest,
    Metric,
    Middle,
    Nested,
    Plain,
    Rows,
    Scan,
    Total,
)
from perfwidget.question.access import ScopedQuery
from perfwidget.stores.conditions import conditions
from perfwidget.stores.dialect import Dialect
from perfwidget.stores.sql import (
    COLUMNS,
    Run,
    Statement,
    days_of,
    facts_from,
    instant_of,
    parameters_of,
    place_of,
)

KEYS = tuple(axis.value for axis in TOLD_BY)


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
    # A scan is read for what is added up at once, too, if only to tell which groups there are.
    plain = list(dict.fromkeys(plain + [part for each in nested for part in each.parts]))
    return [
        _of_scan(scan, [each for each in plain if each.rows.scan is scan], nested)
        for scan in dict.fromkeys(each.rows.scan for each in plain)
    ]


def _of_scan(scan: Scan, plain: Sequence[Plain], nested: Sequence[Nested] = ()) -> Wanted:
    sets = {rows: f"r{number}" for number, rows in enumerate(dict.fromkeys(each.rows for each in plain))}
    return Wanted(scan, plain, [each for each in nested if each.parts[0].rows.scan is scan], sets)


def statements(
    dialect: Dialect, asked: ScopedQuery, wanted: Wanted, groups: Sequence[Group], runs: Sequence[Run]
) -> Iterator[tuple[Statement, Sequence[Aggregate]]]:
    """Yield the statements that answer the aggregates of a scan for all groups: each row is `KEYS`, then their values.

    A key is null in the rows of groups without its axis. A nested aggregate is asked for only where it differs from
    what its parts tell, and never by bucket; nor is anything that no number of a day speaks of.
    """
    if told := [group for group in groups if is_told(wanted, group)]:
        yield _added_up(dialect, asked, wanted, told, Axis.BUCKET, runs), wanted.plain
    for aggregate in wanted.nested:
        outer_of: dict[Group, list[Group]] = {}
        for group in groups:
            more = inner_axes(asked, aggregate, group)
            if more and Axis.BUCKET not in group and not told_by_days(asked, aggregate, group, groups, runs):
                outer_of.setdefault(tuple(axis for axis in Axis if axis in (*group, *more)), []).append(group)
        for inner, outer in outer_of.items():
            yield _folded(dialect, asked, wanted.scan, inner, outer, aggregate), [aggregate]


def is_told(wanted: Wanted, group: Group) -> bool:
    """Say whether a group is told of a scan: by bucket only of what numbers of a day speak of."""
    return Axis.BUCKET not in group or wanted.scan in DAILY_SCANS


def inner_axes(asked: ScopedQuery, aggregate: Nested, group: Group) -> Group:
    """Return the inner axes of an aggregate by which a group falls apart; if there are none, its parts tell it."""
    one = () if asked.subject_id is None else (Axis.MEMBER,)
    return tuple(axis for axis in aggregate.by if axis not in (*group, *one))


def told_by_days(
    asked: ScopedQuery, aggregate: Nested, group: Group, groups: Sequence[Group], runs: Sequence[Run]
) -> bool:
    """Say whether an aggregate of the whole follows from what is asked for by bucket: one member's, by day."""
    days = group == WHOLE and BY_BUCKET in groups and inner_axes(asked, aggregate, group) == (Axis.DAY,)
    return days and runs == days_of(asked.dated)


def _added_up(
    dialect: Dialect, asked: ScopedQuery, wanted: Wanted, groups: Sequence[Group], cut: Axis, runs: Sequence[Run]
) -> Statement:
    values = ", ".join(
        f"{_aggregate(dialect, each, wanted.sets[each.rows])} AS a{number}" for number, each in enumerate(wanted.plain)
    )
    rows = _rows(dialect, asked, wanted, groups, cut, runs)
    by = _group_by([BY_BUCKET] if _twice(dialect, asked, groups) else groups)
    return Statement(f"SELECT {_keys(groups)}, {values} FROM ({rows.text}) counted{by}", rows.parameters)


def _twice(dialect: Dialect, asked: ScopedQuery, groups: Sequence[Group]) -> Callable[[str], str] | None:
    """Return what has each row there with its bucket and without: of one member that is planned faster than sets."""
    return dialect.and_null if asked.subject_id is not None and {*groups} == {WHOLE, BY_BUCKET} else None


def _folded(
    dialect: Dialect, asked: ScopedQuery, scan: Scan, inner: Group, outer: Sequence[Group], aggregate: Nested
) -> Statement:
    parts = _added_up(dialect, asked, _of_scan(scan, aggregate.parts), [inner], Axis.DAY, days_of(asked.dated))
    fold = aggregate.fold.format(*(f"a{number}" for number in range(len(aggregate.parts))))
    return Statement(f"SELECT {_keys(outer)}, {fold} FROM ({parts.text}) parts{_group_by(outer)}", parts.parameters)


def _keys(groups: Sequence[Group]) -> str:
    used = {axis.value for group in groups for axis in group}
    return ", ".join(key if key in used else f"NULL AS {key}" for key in KEYS)


def _group_by(groups: Sequence[Group]) -> str:
    sets = [", ".join(axis.value for axis in group) for group in groups]
    if len(sets) == 1:  # which engines work out faster than one of several
        return f" GROUP BY {sets[0]}" if sets[0] else ""
    return f" GROUP BY GROUPING SETS ({', '.join(f'({each})' for each in sets)})"


def _rows(
    dialect: Dialect, asked: ScopedQuery, wanted: Wanted, groups: Sequence[Group], cut: Axis, runs: Sequence[Run]
) -> Statement:
    """Return the query of a scan's facts with their keys, the numbers that are added up, and the sets they are in.

    `cut` is the key that holds the place of their bucket in the runs.
    """
    scan = wanted.scan
    numbers = list(dict.fromkeys(each.column for each in wanted.plain if not isinstance(each, Count)))
    parts: dict[str, str] = {}

    def part(text: str) -> str:
        return parts.setdefault(text, f"c{len(parts)}")

    sets = [f"{conditions(dialect, asked, rows, part)} AS {name}" for rows, name in wanted.sets.items()]
    place = place_of(dialect, instant_of(scan), runs, "run")
    axes = {cut: place, Axis.MEMBER: scan.member, Axis.PROJECT: "project_id"}
    keys = {axis.value: expression for axis, expression in axes.items() if any(axis in group for group in groups)}
    read = [f"{expression} AS {key}" for key, expression in keys.items()]
    read += [f"{COLUMNS.get(column, column)} AS {column}" for column in numbers]
    read += [f"{text} AS {name}" for text, name in parts.items()]
    source = facts_from(dialect, asked, scan, asked.start, asked.end)
    told = f"(SELECT {', '.join(read) or '1'} FROM {source.text}) told"
    there = map(_twice(dialect, asked, groups) or str, keys)
    text = f"SELECT {', '.join([*there, *numbers, *sets])} FROM {told}"
    return Statement(text, source.parameters | parameters_of(runs, "run"))


def _aggregate(dialect: Dialect, aggregate: Plain, rows: str) -> str:
    match aggregate:
        case Count():
            return dialect.count(rows)
        case Distinct(column=column):
            return f"count(DISTINCT {column}) FILTER (WHERE {rows})"
        case Total(column=column):
            return f"{dialect.total(column)} FILTER (WHERE {rows})"
        case Middle(column=column):
            return dialect.middle(column, rows)
        case Latest(column=column):
            return f"max({column}) FILTER (WHERE {rows})"
