"""Which of a member's items a statement pays, which it leaves out and why: spec and README name the rules."""

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from statistics import median
from typing import NamedTuple

from perfwidget.facts.columns import FIRST_INSTANT
from perfwidget.pay.amounts import HOUR
from perfwidget.pay.cards import CardBook, Clock, Family, RateCard, Unit, deciding
from perfwidget.pay.settled import Settled
from perfwidget.pay.visits import Moments
from perfwidget.pay.work import Kind, Work, Works
from perfwidget.question.period import zone


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

    @cached_property
    def day_of(self) -> Callable[[int], date]:
        """What tells the calendar day of an instant; it asks the zone once an hour that lies within a day."""
        place = zone(self.timezone)
        known: dict[int, date | None] = {}

        def local(instant: int) -> datetime:
            return (FIRST_INSTANT + timedelta(microseconds=instant)).astimezone(place)

        def day_of(instant: int) -> date:
            hour = instant // HOUR
            if hour not in known:
                first, last = local(hour * HOUR), local((hour + 1) * HOUR - 1)
                same = (first.date(), first.utcoffset()) == (last.date(), last.utcoffset())
                known[hour] = first.date() if same else None
            return known[hour] or local(instant).date()

        return day_of


@dataclass(frozen=True)
class Sorter:
    """What decides about the items of one member."""

    person: str
    role: str | None
    book: CardBook
    settled: Settled
    span: Span

    def sort(self, works: Works) -> tuple[list[Item], list[LeftOut]]:
        """Return the items that are paid, in no order, and those that are left out, in order."""
        items: list[Item] = []
        left: list[LeftOut] = []
        for each in self._decided(works):
            if type(each) is Item:
                items.append(each)
            else:
                left.append(each)  # type: ignore[arg-type]
        items = _with_medians(self._with_moments(items, left), left)
        return items, sorted(left, key=lambda each: each.work.order)

    def _decided(self, works: Works) -> Iterator[Item | LeftOut]:
        day_of, end, steps = self.span.day_of, self.span.end, self.settled.steps
        known: dict[tuple[bool, str], list[RateCard]] = {}
        paid_on = _PaidOn(self.settled, works, self.span)
        for key, work in works.items():
            if work.at >= end:
                continue
            work_day, asked = day_of(work.at), (work.kind is Kind.ANNOTATION, work.project_id)
            if asked not in known:
                family = Family.ANNOTATING if asked[0] else Family.REVIEWING
                known[asked] = self.book.candidates(family, self.person, self.role, work.project_id)
            card = deciding(known[asked], work_day)
            new = key not in steps
            found = self._new(work, card, work_day, paid_on) if new else self._growth(work, card, work_day)
            if found is not None:
                yield found

    def _new(self, work: Work, card: RateCard | None, work_day: date, paid_on: "_PaidOn") -> Item | LeftOut | None:
        """Decide about an item that was never paid, on a day whose reviewing was paid in some ways, or in none yet.

        Reviews and visits tell of the same work. What paid one of them once is not followed by the other, whatever
        card decides now; what is left of the first has no rate where that card pays the other.
        """
        if work.kind is Kind.ANNOTATION:
            return self._first(work, card, work_day)
        if card is not None and not _pays(card, work.kind):
            return self._first(work, None, work_day) if paid_on.has(work.kind, work, work_day) else None
        other = Kind.VISIT if work.kind is Kind.REVIEW else Kind.REVIEW
        if paid_on.has(other, work, work_day) and not paid_on.has(work.kind, work, work_day):
            return None
        return self._first(work, card, work_day)

    def _first(self, work: Work, card: RateCard | None, work_day: date) -> Item | LeftOut | None:
        """Decide about an item that was never paid."""
        due = work.at
        needs = card is not None and card.unit is Unit.ACCEPTED_ANNOTATION
        if needs and work.accepted_at is not None:
            due = max(due, work.accepted_at)
        accepted = not needs or (work.accepted_at is not None and due < self.span.end)
        if (due if accepted else work.at) < self.span.pay_from:
            return None
        if work.own:
            return LeftOut(work, Reason.OWN)
        if card is None:
            return LeftOut(work, Reason.NO_RATE)
        if not accepted:
            return LeftOut(work, Reason.NOT_ACCEPTED)
        held = self._held(work)
        if held is not None:
            return held
        by_median = card.clock is Clock.MEDIAN
        if card.unit.is_time and work.time is None and not by_median:
            return LeftOut(work, Reason.NO_TIME)
        quantity = card.counted(work.time or 0) if card.unit.is_time and not by_median else 1
        when = Due.WORK if due >= self.span.start else Due.LATE
        return Item(work, card, work_day, when, quantity=quantity)

    def _growth(self, work: Work, card: RateCard | None, work_day: date) -> Item | LeftOut | None:
        """Decide about what was added to an annotation that was paid."""
        if card is None or card.clock not in (Clock.LEAD, Clock.CAPPED) or work.kind is not Kind.ANNOTATION:
            return None
        steps = self.settled.of(work.key)
        times = [each.time for each in steps if each.time is not None]
        if work.time is None or not times or work.at < self.span.pay_from:
            return None
        before = max(times)
        grown = card.counted(work.time) - card.counted(before)
        if grown <= 0:
            return None
        held = self._held(work)
        if held is not None:
            return held
        if not self.settled.is_approved(work.key):
            return LeftOut(work, Reason.WAITS)
        return Item(work, card, work_day, Due.ADDED, steps[-1].step + 1, grown, before)

    def _held(self, work: Work) -> LeftOut | None:
        """Say whether it is set aside; annotations of before pay began are, until somebody releases them."""
        if self.settled.held and work.key in self.settled.held:
            held, text = self.settled.held[work.key]
            return LeftOut(work, Reason.HELD, text) if held else None
        earlier = work.kind is Kind.ANNOTATION and work.created_at < self.span.pay_from
        return LeftOut(work, Reason.HELD) if earlier else None

    def _with_moments(self, items: list[Item], left: list[LeftOut]) -> list[Item]:
        """Return the items with visits less what is covered by those paid before, and then capped.

        Where those are of a statement that may still be withdrawn, the visit waits: else nobody paid these moments.
        """
        looks = [item for item in items if item.work.begins is not None]
        if not looks:
            return items
        moments, waiting = Moments(), Moments()
        ends = max(each.work.at for each in looks)
        for step in self.settled.visits(min(each.work.begins or 0 for each in looks), ends):
            sure = moments if step.statement in self.settled.approved else waiting
            sure.cover(step.ends if step.begins is None else step.begins, step.ends)
        found = [item for item in items if item.work.begins is None]
        for item in sorted(looks, key=lambda each: each.work.order):
            begins = item.work.begins or 0
            if waiting.touch(begins, item.work.at):
                left.append(LeftOut(item.work, Reason.WAITS))
            else:
                found.append(item._replace(quantity=item.card.counted(moments.cover(begins, item.work.at))))
        return found


class _PaidOn:
    """On which days of the reviewing among some work a kind was paid; read once it is asked for."""

    def __init__(self, settled: Settled, works: Works, span: Span) -> None:
        self._settled, self._works, self._span = settled, works, span
        self._known: dict[Kind, Set[tuple[str, str]]] = {}

    def has(self, kind: Kind, work: Work, work_day: date) -> bool:
        """Say whether a kind was paid in the project and on the day of some work."""
        if kind not in self._known:
            looks = (work.at for key, work in self._works.items() if key[0] is not Kind.ANNOTATION)
            due = [at for at in looks if at < self._span.end]
            days = (self._span.day_of(each).isoformat() for each in (min(due), max(due)))
            self._known[kind] = self._settled.days_paid_by(kind, *days)
        known = self._known[kind]
        return bool(known) and (work.project_id, work_day.isoformat()) in known


def _pays(card: RateCard, kind: Kind) -> bool:
    """Say whether a card pays a kind of its family: under `review` no visits, under `review_hour` no reviews."""
    return kind is Kind.ANNOTATION or (kind is Kind.VISIT) == card.unit.is_time


def _with_medians(items: list[Item], left: list[LeftOut]) -> list[Item]:
    """Return the items but those by a median where none of their card and project has a time: these are left out."""
    by_median = [each for each in items if each.card.clock is Clock.MEDIAN]
    timed = {(each.card.card_id, each.work.project_id) for each in by_median if each.work.time is not None}
    out = {id(each) for each in by_median if (each.card.card_id, each.work.project_id) not in timed}
    left += [LeftOut(each.work, Reason.NO_TIME) for each in by_median if id(each) in out]
    return [each for each in items if id(each) not in out] if out else items


def median_of(times: list[int]) -> Fraction:
    """Return the exact median of times, in microseconds; the mean of the two middle ones of an even number."""
    return median([Fraction(each) for each in times])
