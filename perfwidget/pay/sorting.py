"""Items that a statement pays and leaves out, and what was added to items that were paid before."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from perfwidget.facts.columns import FIRST_INSTANT, MICROSECONDS
from perfwidget.pay.cards import Clock, RateCard
from perfwidget.pay.columns import Array
from perfwidget.pay.settled import Settled
from perfwidget.pay.work import Kind, Work
from perfwidget.question.period import zone

DAY = 86_400 * MICROSECONDS


class Due(StrEnum):
    """When what a line pays was due: in the period, before it, or as growth of what was paid before."""

    WORK = "work"
    LATE = "late"
    ADDED = "added"


class Reason(StrEnum):
    """Why an item is left out; the first that applies."""

    OWN = "own"
    NO_RATE = "no rate"
    NOT_ACCEPTED = "not accepted"
    HELD = "held"
    NO_TIME = "no time"
    WAITS = "waits for approval"


class Item(NamedTuple):
    """Work that is paid: under which card, for the how-manieth time, and how much of it."""

    work: Work
    card: RateCard
    work_day: date
    due: Due
    step: int = 0
    quantity: int = 1
    """Microseconds under a card of hours, else 1."""
    paid_before: int | None = None
    """The largest time that was settled before, of growth."""


class LeftOut(NamedTuple):
    """Work that is still open."""

    work: Work
    reason: Reason
    text: str | None = None
    """The hash of the text with which it is held."""


@dataclass(frozen=True)
class Span:
    """The instants of a statement: the first day that pay answers for, and the period."""

    pay_from: int
    start: int
    end: int
    timezone: str

    def days_of(self, instants: Array) -> Array:
        """Return the calendar days of instants, as ordinals; the zone is asked once a day on which no clock changes."""
        days, which = np.unique(instants // DAY, return_inverse=True)
        offsets = [self._offset(day * DAY, (day + 1) * DAY - 1) for day in days.tolist()]
        changes = np.array([each is None for each in offsets], dtype=bool)[which]
        shifted = instants + np.array([each or 0 for each in offsets], dtype=np.int64)[which]
        found: Array = shifted // DAY + FIRST_INSTANT.toordinal()
        for place in np.flatnonzero(changes).tolist():
            found[place] = self._local(int(instants[place])).toordinal()
        return found

    def _offset(self, first: int, last: int) -> int | None:
        """Return how far clocks are from UTC at two instants, in microseconds; None where that is not the same."""
        offsets = {self._local(each).utcoffset() for each in (first, last)}
        offset = offsets.pop()
        return None if offset is None or offsets else offset // timedelta(microseconds=1)

    def _local(self, instant: int) -> datetime:
        return (FIRST_INSTANT + timedelta(microseconds=instant)).astimezone(self._place)

    @cached_property
    def _place(self) -> ZoneInfo:
        return zone(self.timezone)


def growth(settled: Settled, work: Work, card: RateCard | None, work_day: date, pay_from: int) -> Item | LeftOut | None:
    """Decide about what was added to an annotation that was paid."""
    if card is None or card.clock not in (Clock.LEAD, Clock.CAPPED) or work.kind is not Kind.ANNOTATION:
        return None
    steps = settled.of(work.key)
    times = [each.time for each in steps if each.time is not None]
    if work.time is None or not times or work.at < pay_from:
        return None
    before = max(times)
    grown = card.counted(work.time) - card.counted(before)
    if grown <= 0:
        return None
    if work.key in settled.held:
        held, text = settled.held[work.key]
        if held:
            return LeftOut(work, Reason.HELD, text)
    elif work.created_at < pay_from:
        return LeftOut(work, Reason.HELD)
    if not settled.is_approved(work.key):
        return LeftOut(work, Reason.WAITS)
    return Item(work, card, work_day, Due.ADDED, steps[-1].step + 1, grown, before)
