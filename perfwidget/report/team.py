"""The table of several members: its columns, whom a search leaves, its order, its pages, the projects of one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TypeVar

from perfwidget.metrics import BY_KEY, BY_MEMBER, BY_PROJECT, METRICS, Metric, Number
from perfwidget.question.access import Scope, ScopedQuery
from perfwidget.question.period import Period
from perfwidget.question.previous import previous
from perfwidget.question.query import Query
from perfwidget.question.table import MEMBER, SIZES, Table
from perfwidget.report.numbers import MemberNumbers, ProjectNumbers
from perfwidget.report.reading import apart, projects_of, told_by
from perfwidget.stores.choosing import Profile
from perfwidget.stores.reading import Reader

_Row = TypeVar("_Row", MemberNumbers, ProjectNumbers)


@dataclass(frozen=True, slots=True)
class TeamPage:
    """One page of the table: its members in order, its number from 1 up to `pages`, and how many members there are."""

    rows: Sequence[MemberNumbers]
    page: int
    pages: int
    size: int
    of: int

    @property
    def first(self) -> int:
        """The place of its first member among all, from 1; 0 where there are none."""
        return (self.page - 1) * self.size + 1 if self.rows else 0


def columns_of(table: Table) -> Sequence[Metric]:
    """Return the numbers that the table shows: those that were chosen, or else those of its tab."""
    if table.columns:
        return [BY_KEY[key] for key in table.columns]
    return [metric for metric in METRICS if table.tab.value in {tab.value.lower() for tab in metric.tabs}]


def found_members(
    reader: Reader, scope: Scope, members: Sequence[MemberNumbers], search: str
) -> Sequence[MemberNumbers]:
    """Return those of some members whose name, e-mail or id holds a text: whom the list of members finds by it."""
    if not search:
        return members
    found = reader.member_ids(scope, search)

    def holds(user: Profile) -> bool:
        # Who has no record has no name either; not every store lists them among those to choose from.
        return user.user_id in found or (user.role is None and search.casefold() in user.user_id.casefold())

    return [each for each in members if holds(each.user)]


def read_earlier(
    reader: Reader, asked: ScopedQuery, period: Period, members: Collection[str]
) -> Mapping[str, Mapping[str, Number]]:
    """Map some of those who are asked about to their numbers in a period before, by the keys of the metrics."""
    if not members:
        return {}
    answer = reader.answer(asked.among(members).during(period), [BY_MEMBER])
    return told_by(BY_MEMBER, answer, METRICS, period)


def read_projects(reader: Reader, asked: ScopedQuery, query: Query, period: Period) -> Sequence[ProjectNumbers]:
    """Return the projects in which a question's one member has activity in the period, in the order of the table.

    Their numbers are those that the project alone would give.
    """
    rows = projects_of(reader, asked.during(period))
    period_before = previous(period, query.preset) if query.compare else None
    if period_before is not None and rows:
        answer = reader.answer(asked.apart().during(period_before), [BY_PROJECT])
        before = told_by(BY_PROJECT, answer, METRICS, period_before, [each.project_id for each in rows])
        rows = [replace(each, before=before[each.project_id]) for each in rows]
    return in_order(rows, query.table, lambda each: each.title.casefold())


def sorted_members(members: Sequence[MemberNumbers], table: Table) -> Sequence[MemberNumbers]:
    """Return members in the order of the table: missing numbers last either way, equals by their id."""
    return in_order(members, table, lambda each: _name(each.user))


def in_order(by_id: Sequence[_Row], table: Table, name: Callable[[_Row], str]) -> Sequence[_Row]:
    """Return rows, which stand by their ids, in the order of the table."""
    if table.sort == MEMBER:
        return sorted(by_id, key=name, reverse=table.descending)
    numbers = [(each.values[table.sort], each) for each in by_id]
    there = [pair for pair in numbers if pair[0] is not None]
    there.sort(key=itemgetter(0), reverse=table.descending)
    return [each for _, each in there] + [each for number, each in numbers if number is None]


def page_of(members: Sequence[MemberNumbers], table: Table) -> TeamPage:
    """Return the page that is asked for; a page beyond the last is the last."""
    size = table.size or SIZES[0]
    pages = max(1, -(-len(members) // size))
    page = min(table.page or 1, pages)
    shown = sorted_members(members, table)[(page - 1) * size : page * size]
    rows = [MemberNumbers(each.user, apart(each.values)) for each in shown]
    return TeamPage(rows, page, pages, size, len(members))


def _name(user: Profile) -> str:
    return (user.name or user.email or user.user_id).casefold()
