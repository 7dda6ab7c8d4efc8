"""Lines: items of one card and project that were due in the period, before it, or were added to what was paid."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property, partial

import numpy as np

from perfwidget.pay.amounts import HOUR, rounded
from perfwidget.pay.cards import Clock, RateCard, Unit
from perfwidget.pay.columns import Array, sums
from perfwidget.pay.decided import PAID, Decided
from perfwidget.pay.sorting import Due, Item
from perfwidget.pay.work import Kind

_ORDER = {due: place for place, due in enumerate(Due)}


@dataclass(frozen=True)
class Line:
    """Items of one card and project, and what they come to."""

    card: RateCard
    project_id: str
    workspace_id: str | None
    due: Due
    count: int
    """How many items it has."""
    quantity: Fraction
    """Items, or microseconds."""
    median: Fraction | None
    """The median that the quantity is made of, in microseconds."""
    time: int | None
    """The time of all of its items, or what was added to it, in microseconds; None where no item has one."""
    amount: str
    """What it comes to, rounded once."""
    written_after_work: bool
    """Whether the card was written after some of the work."""
    _items: Callable[[], Iterable[Item]] = field(compare=False, repr=False)
    _days: Callable[[], Mapping[date, int]] = field(compare=False, repr=False)

    @property
    def kind(self) -> Kind:
        """Of which kind its items are."""
        return {Unit.REVIEW: Kind.REVIEW, Unit.REVIEW_HOUR: Kind.VISIT}.get(self.card.unit, Kind.ANNOTATION)

    @cached_property
    def items(self) -> Sequence[Item]:
        """Its items in order; they are made once somebody asks for them."""
        return sorted(self._items(), key=lambda each: each.work.order)

    @cached_property
    def days(self) -> Mapping[date, int]:
        """How many of its items were done on which days."""
        return self._days()

    @property
    def order(self) -> tuple[int, str, int]:
        """By this lines stand in order."""
        return self.card.card_id, self.project_id, _ORDER[self.due]


def rate(card: RateCard) -> Fraction:
    """Return what a card pays an item or a microsecond."""
    return Fraction(card.amount) / (HOUR if card.unit.is_time else 1)


def lines_of(decided: Decided, workspaces: Mapping[str, str | None]) -> list[list[Line]]:
    """Return the lines of work that was never paid, in no order, by the places of members."""
    work = decided.work
    found: list[list[Line]] = [[] for _ in work.members]
    rows = np.flatnonzero(decided.outcome == PAID)
    if not len(rows):
        return found
    shape = len(work.members), len(decided.cards), len(work.projects), 2
    of_line = (work.member[rows], decided.card[rows], work.project[rows], decided.late[rows].astype(np.int64))
    codes = np.ravel_multi_index(of_line, shape)
    order = np.argsort(codes, kind="stable")
    rows, codes = rows[order], codes[order]
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    ends = [*starts[1:].tolist(), len(rows)]
    time = work.time[rows]
    told = zip(
        starts.tolist(),
        ends,
        sums(decided.quantity[rows], starts),
        sums(np.maximum(time, 0), starts),
        np.add.reduceat(time >= 0, starts, dtype=np.int64).tolist(),
        np.minimum.reduceat(work.at[rows], starts).tolist(),
        *(each.tolist() for each in np.unravel_index(codes[starts], shape)),
        strict=True,
    )
    medians, rates = _medians(decided, rows), [rate(card) for card in decided.cards]
    for start, end, total, times, timed, earliest, member, place, project, late in told:
        card, count, some = decided.cards[place], end - start, rows[start:end]
        median = medians.get((member, place, project))
        quantity = Fraction(total) if median is None else count * median
        found[member].append(
            Line(
                card=card,
                project_id=work.projects[project],
                workspace_id=workspaces.get(work.projects[project]),
                due=Due.LATE if late else Due.WORK,
                count=count,
                quantity=quantity,
                median=median,
                time=times if timed else None,
                amount=rounded(quantity * rates[place], card.currency),
                written_after_work=card.written_at > earliest,
                _items=partial(decided.items, some),
                _days=partial(_days_of, decided, some),
            )
        )
    return found


def _days_of(decided: Decided, rows: Array) -> Mapping[date, int]:
    days, counts = np.unique(decided.day[rows], return_counts=True)
    return {date.fromordinal(day): count for day, count in zip(days.tolist(), counts.tolist(), strict=True)}


def _medians(decided: Decided, rows: Array) -> dict[tuple[int, int, int], Fraction]:
    """Map members, cards by a median and projects, by their places, to the medians of their items."""
    work, by_median = decided.work, [card.clock is Clock.MEDIAN for card in decided.cards]
    times: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    rows = rows[(np.array(by_median)[decided.card[rows]]) & (work.time[rows] >= 0)]
    told = (each[rows].tolist() for each in (work.member, decided.card, work.project, work.time))
    for member, card, project, time in zip(*told, strict=True):
        times[member, card, project].append(time)
    return {key: median_of(some) for key, some in times.items()}


def median_of(times: Sequence[int]) -> Fraction:
    """Return the exact median of times, in microseconds; the mean of the two middle ones of an even number."""
    ordered = sorted(times)
    return Fraction(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2], 2)


def added_lines(items: Iterable[Item], workspaces: Mapping[str, str | None]) -> list[Line]:
    """Return the lines of what was added to items that were paid before, in no order."""
    grouped: dict[tuple[int, str], list[Item]] = defaultdict(list)
    for item in items:
        grouped[item.card.card_id, item.work.project_id].append(item)
    return [
        Line(
            card=some[0].card,
            project_id=project,
            workspace_id=workspaces.get(project),
            due=Due.ADDED,
            count=len(some),
            quantity=(quantity := Fraction(sum(item.quantity for item in some))),
            median=None,
            time=sum((item.work.time or 0) - (item.paid_before or 0) for item in some),
            amount=rounded(quantity * rate(some[0].card), some[0].card.currency),
            written_after_work=any(some[0].card.written_at > item.work.at for item in some),
            _items=partial(iter, some),
            _days=partial(Counter, [item.work_day for item in some]),
        )
        for (_, project), some in grouped.items()
    ]
