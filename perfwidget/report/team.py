"""The table of several members: its columns, whom a search leaves, its order and its pages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TypeVar

from perfwidget.metrics import BY_KEY, METRICS, Metric
from perfwidget.question.access import Scope
from perfwidget.question.table import MEMBER, SIZES, Table
from perfwidget.report.numbers import MemberNumbers, ProjectNumbers
from perfwidget.report.values import apart
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
