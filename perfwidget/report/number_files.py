"""Files of numbers: a row a member and day, or a row a member. No row adds up others."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from itertools import islice

from perfwidget.metrics import BY_BUCKET_AND_MEMBER, BY_MEMBER, DAILY, METRICS, Metric, Number, Unit
from perfwidget.question.access import ScopedQuery
from perfwidget.question.period import Grain, Period, zone
from perfwidget.question.query import Query
from perfwidget.question.table import Table
from perfwidget.report.exports import FOR_EXCEL, csv_lines, id_cell, number_cell, text_cell
from perfwidget.report.numbers import ALL_PROJECTS, NOT_INCLUDED, Point, Report, whole_scope
from perfwidget.report.reading import active_in, chosen_members, days_of_members
from perfwidget.report.team import page_of, sorted_members
from perfwidget.stores.choosing import Profile
from perfwidget.stores.reading import Reader

MOST_DAYS = 20_000
"""Days of members that are worked out at once."""

_PERSON = ("user_id", "user_email", "user_name")
_SUFFIXES = {Unit.SECONDS: "_s", Unit.SHARE: "_share"}

_MOST_NAMED = 10

Texts = Iterator[tuple[str, int]]
"""Parts of a file, each with its number of rows."""


def column_of(metric: Metric) -> str:
    """Return the name of a number's column: its key, with the unit where a reader could err."""
    return metric.key + _SUFFIXES.get(metric.unit, "")


def report_csv(
    days: Iterable[tuple[Profile, Sequence[Point]]], asked: ScopedQuery, *, for_excel: bool = False
) -> Texts:
    """Write a row a member and day: every number of a day. The header comes first."""
    header = (*_PERSON, "date", "timezone", "scope", *map(column_of, DAILY))
    yield _begun(header, for_excel=for_excel), 0
    named, scope = text_cell(asked.dated.timezone), text_cell(named_scope(asked))
    place = zone(asked.dated.timezone)
    for user, points in days:
        person = _person(user, for_excel=for_excel)
        rows = [
            (*person, point.bucket.first.isoformat(), named, scope, *_cells(DAILY, point.values, place))
            for point in points
        ]
        yield "".join(csv_lines(rows)), len(rows)


def members_csv(report: Report, asked: ScopedQuery, table: Table, *, for_excel: bool = False) -> Texts:
    """Write a row a member for the whole period: every number there is, and those of the previous one if asked for.

    They stand in the order of the table; where that names a page, its members alone.
    """
    cut = table.page is not None or table.size is not None
    members = page_of(report.by_member, table).rows if cut else sorted_members(report.by_member, table)
    before = report.previous
    earlier = {each.user.user_id: each.values for each in before.members} if before else {}
    columns = [column_of(metric) for metric in METRICS]
    header = (*_PERSON, "from", "to", "timezone", "scope", *columns)
    if before:
        header = (*header, *(f"previous_{name}" for name in ("from", "to", *columns)))
    yield _begun(header, for_excel=for_excel), 0
    named, scope = text_cell(report.period.timezone), text_cell(named_scope(asked))
    place = zone(report.period.timezone)
    rows = [
        (
            *_person(user, for_excel=for_excel),
            *report.period.written,
            named,
            scope,
            *_cells(METRICS, values, place),
            *(_earlier(before.period, earlier.get(user.user_id)) if before else ()),
        )
        for user, values in ((each.user, each.values) for each in members)
    ]
    yield "".join(csv_lines(rows)), len(rows)


def read_days(reader: Reader, asked: ScopedQuery, query: Query) -> Iterator[tuple[Profile, Sequence[Point]]]:
    """Yield the days of each member with activity, by id, or of all where the question wants that. One has days in any
    case.

    The question has the dates of its period.
    """
    buckets = asked.dated.buckets(Grain.DAY)
    members = iter(_with_days(reader, asked, query))
    while some := list(islice(members, max(1, MOST_DAYS // len(buckets)))):
        users = reader.profiles(asked.scope, some)
        answer = reader.answer(asked.among(some), [BY_BUCKET_AND_MEMBER], buckets, DAILY)
        days = days_of_members(answer, buckets)
        for member in some:
            yield users[member], [days[place, member] for place in range(len(buckets))]


def _with_days(reader: Reader, asked: ScopedQuery, query: Query) -> Sequence[str]:
    if asked.subject_id is not None:
        return [asked.subject_id]
    if query.table.idle:
        return sorted(chosen_members(reader, asked))
    return active_in(BY_MEMBER, reader.answer(asked, [BY_MEMBER]), asked.dated)


def named_scope(asked: ScopedQuery) -> str:
    """Name the projects of a file: those that were chosen, or the workspaces, by their ids, else the scope.

    Where the scope does not hold all that is named, the words say so.
    """
    if asked.asked_projects:
        return _named("projects", asked.asked_projects)
    told = _named("workspaces", asked.workspaces) if asked.workspaces else None
    if asked.scope.projects is None:
        return told or ALL_PROJECTS
    return f"{told or whole_scope(len(asked.scope.projects))}; {NOT_INCLUDED}"


def _named(kind: str, chosen: Sequence[str]) -> str:
    return f"{kind}: {', '.join(chosen) if len(chosen) <= _MOST_NAMED else f'{len(chosen):,} chosen ones'}"


def _begun(header: Sequence[str], *, for_excel: bool) -> str:
    return "".join([FOR_EXCEL if for_excel else "", *csv_lines([header])])


def _person(user: Profile, *, for_excel: bool) -> tuple[str, str, str]:
    return id_cell(user.user_id, for_excel=for_excel), text_cell(user.email or ""), text_cell(user.name or "")


def _cells(metrics: Sequence[Metric], values: Mapping[str, Number], timezone: tzinfo) -> Iterator[str]:
    written = (metric.written(values[metric.key], timezone) for metric in metrics)
    return (each if isinstance(each, str) else number_cell(each) for each in written)


def _earlier(period: Period, values: Mapping[str, Number] | None) -> Iterator[str]:
    yield from period.written
    yield from _cells(METRICS, values, zone(period.timezone)) if values else ("" for _ in METRICS)
