"""Which of a member's items a statement pays, which it leaves out and why: spec and README name the rules."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from statistics import median
from typing import NamedTuple

from perfwidget.facts.columns import FIRST_INSTANT
from perfwidget.pay.cards import CardBook, Clock, Family, RateCard, Unit
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


@dataclass(frozen=True, slots=True)
class Span:
    """The instants of a statement: the first day that pay answers for, and the period."""

    pay_from: int
    start: int
    end: int
    timezone: str

    def dates(self) -> Callable[[int], date]:
        """Return what tells the calendar day of an instant."""
        place = zone(self.timezone)
        return lambda instant: (FIRST_INSTANT + timedelta(microseconds=instant)).astimezone(place).date()


@dataclass(frozen=True, slots=True)
class Sorter:
    """What decides about the items of one member."""

    person: str
    role: str | None
    book: CardBook
    settled: Settled
    span: Span

    def sort(self, works: Works) -> tuple[list[Item], list[LeftOut]]:
        """Return the items that are paid, and those that are left out; both in order."""
        items: list[Item] = []
        left: list[LeftOut] = []
        for each in self._decided(works):
            (items if isinstance(each, Item) else left).append(each)  # type: ignore[arg-type]
        items = list(_with_medians(self._with_moments(items, left), left))
        return sorted(items, key=lambda each: each.work.order), sorted(left, key=lambda each: each.work.order)

    def _decided(self, works: Works) -> Iterator[Item | LeftOut]:
        day_of, due = self.span.dates(), [work for work in works.values() if work.at < self.span.end]
        paid_by = self._paid_by([work.at for work in due if work.kind is not Kind.ANNOTATION], day_of)
        cards: dict[tuple[bool, str, date], RateCard | None] = {}
        for work in due:
            work_day, annotates = day_of(work.at), work.kind is Kind.ANNOTATION
            asked = annotates, work.project_id, work_day
            if asked not in cards:
                family = Family.ANNOTATING if annotates else Family.REVIEWING
                cards[asked] = self.book.deciding(family, self.person, self.role, work.project_id, work_day)
            card = cards[asked]
            if self.settled.of(work.key):
                found = self._growth(work, card, work_day)
            else:
                ways = paid_by.get((work.project_id, work_day.isoformat()), set())
                found = self._new(work, card, work_day, ways)
            if found is not None:
                yield found

    def _paid_by(self, instants: list[int], day_of: Callable[[int], date]) -> Mapping[tuple[str, str], set[Kind]]:
        """Return how reviewing was paid on the days of some reviewing."""
        if not instants:
            return {}
        return self.settled.kinds_by_day(day_of(min(instants)).isoformat(), day_of(max(instants)).isoformat())

    def _new(self, work: Work, card: RateCard | None, work_day: date, ways: Collection[Kind]) -> Item | LeftOut | None:
        """Decide about an item that was never paid, on a day whose reviewing was paid in some ways, or in none yet.

        Reviews and visits tell of the same work. What paid one of them once is not followed by the other, whatever
        card decides now; what is left of the first has no rate where that card pays the other.
        """
        pays = card is None or _pays(card, work.kind)
        if work.kind is not Kind.ANNOTATION and ways:
            return self._first(work, card if pays else None, work_day) if work.kind in ways else None
        return self._first(work, card, work_day) if pays else None

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
        if work.key in self.settled.held:
            held, text = self.settled.held[work.key]
            return LeftOut(work, Reason.HELD, text) if held else None
        earlier = work.kind is Kind.ANNOTATION and work.created_at < self.span.pay_from
        return LeftOut(work, Reason.HELD) if earlier else None

    def _with_moments(self, items: list[Item], left: list[LeftOut]) -> Iterator[Item]:
        """Yield the items with visits less what is covered by those paid before, and then capped.

        Where those are of a statement that may still be withdrawn, the visit waits: else nobody paid these moments.
        """
        moments, waiting = Moments(), Moments()
        looks = [item.work for item in items if item.work.begins is not None]
        if looks:
            for step in self.settled.visits(min(each.begins or 0 for each in looks), max(each.at for each in looks)):
                sure = moments if step.statement in self.settled.approved else waiting
                sure.cover(step.ends if step.begins is None else step.begins, step.ends)
        for item in sorted(items, key=lambda each: each.work.order):
            if item.work.kind is Kind.VISIT and item.work.begins is not None:
                if waiting.touch(item.work.begins, item.work.at):
                    left.append(LeftOut(item.work, Reason.WAITS))
                    continue
                item = item._replace(quantity=item.card.counted(moments.cover(item.work.begins, item.work.at)))  # noqa: PLW2901
            yield item


def _pays(card: RateCard, kind: Kind) -> bool:
    """Say whether a card pays a kind of its family: under `review` no visits, under `review_hour` no reviews."""
    return kind is Kind.ANNOTATION or (kind is Kind.VISIT) == card.unit.is_time


def _with_medians(items: Iterator[Item], left: list[LeftOut]) -> Iterator[Item]:
    """Yield the items but those by a median where none of their card and project has a time: these are left out."""
    known = list(items)
    timed = {(each.card.card_id, each.work.project_id) for each in known if each.work.time is not None}
    for item in known:
        if item.card.clock is Clock.MEDIAN and (item.card.card_id, item.work.project_id) not in timed:
            left.append(LeftOut(item.work, Reason.NO_TIME))
        else:
            yield item


def median_of(times: list[int]) -> Fraction:
    """Return the exact median of times, in microseconds; the mean of the two middle ones of an even number."""
    return median([Fraction(each) for each in times])
