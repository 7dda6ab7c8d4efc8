"""What became of work that was never paid, in columns; single items are made of it where somebody asks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from perfwidget.pay.cards import RateCard
from perfwidget.pay.columns import NEW, SEEN, Array, Columns
from perfwidget.pay.sorting import Due, Item, LeftOut, Reason
from perfwidget.pay.work import Key, Kind, Work

REASONS = tuple(Reason)
OWN, NO_RATE, NOT_ACCEPTED, HELD, NO_TIME, WAITS, PAID, NO_ITEM = range(len(REASONS) + 2)
"""What becomes of work: the places of reasons, and two more."""


@dataclass(eq=False, slots=True)
class Decided:
    """What becomes of work of one kind, by its rows."""

    work: Columns
    cards: Sequence[RateCard]
    card: Array
    """The places in `cards` of those that decide; -1 where there is none."""
    day: Array
    """The work days, as ordinals."""
    outcome: Array
    """One of the above."""
    late: Array
    """Whether it was due before the period."""
    quantity: Array
    """Microseconds under a card of hours, else 1."""
    held: Mapping[Key, tuple[bool, str]]

    def items(self, rows: Array) -> Iterator[Item]:
        """Yield the items of rows that are paid."""
        told = (each[rows].tolist() for each in (self.card, self.day, self.late, self.quantity))
        for work, card, day, late, quantity in zip(self.work.works(rows), *told, strict=True):
            yield Item(work, self.cards[card], date.fromordinal(day), Due.LATE if late else Due.WORK, quantity=quantity)

    def left_out(self, member: int) -> Iterator[LeftOut]:
        """Yield what is left out of a member's work."""
        rows = self._left_out(member)
        for work, outcome in zip(self.work.works(rows), self.outcome[rows].tolist(), strict=True):
            text = self.held[work.key][1] if outcome == HELD and work.key in self.held else None
            yield LeftOut(work, REASONS[outcome], text)

    def _left_out(self, member: int) -> Array:
        rows = self.work.of(member)
        return rows[self.outcome[rows] < PAID]

    def reasons(self, member: int) -> Mapping[Reason, int]:
        """Return how much of a member's work is left out for which reasons."""
        counts = np.bincount(self.outcome[self._left_out(member)], minlength=len(REASONS))
        return dict(zip(REASONS, counts.tolist(), strict=True))

    def projects_left_out(self, member: int) -> Iterator[str]:
        """Yield the projects of what is left out of a member's work."""
        yield from (
            self.work.projects[place] for place in np.unique(self.work.project[self._left_out(member)]).tolist()
        )

    def seen(self, member: int) -> Iterator[tuple[Work, RateCard | None, date]]:
        """Yield a member's work that was paid before, with the cards and work days of now."""
        rows = self.work.of(member)
        rows = rows[self.work.state[rows] == SEEN]
        told = self.work.works(rows), self.card[rows].tolist(), self.day[rows].tolist()
        for work, card, day in zip(*told, strict=True):
            yield work, self.cards[card] if card >= 0 else None, date.fromordinal(day)

    def looked_at(self, member: int, end: int) -> Iterator[tuple[Key, int]]:
        """Yield a member's work that was never paid, with its instant.

        Reviews and visits that were due and are neither paid nor left out are no items while the same cards decide.
        """
        rows = self.work.of(member)
        no_items = (self.outcome[rows] == NO_ITEM) & (self.work.at[rows] < end)
        rows = rows[(self.work.state[rows] == NEW) & ~(no_items & (self.work.kind is not Kind.ANNOTATION))]
        for row, at in zip(rows.tolist(), self.work.at[rows].tolist(), strict=True):
            yield (self.work.kind, self.work.ids[row]), at
