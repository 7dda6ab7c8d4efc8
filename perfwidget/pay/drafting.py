"""Drafts: what a member's statement of a period would be just now."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any

from perfwidget.pay import card_records
from perfwidget.pay.adjusting import Adjustment, pending
from perfwidget.pay.amounts import HOUR, exact, minor_units, rounded, written
from perfwidget.pay.cards import CardBook, Clock, Family, RateCard, Unit
from perfwidget.pay.changes import Change, Told, changes
from perfwidget.pay.quiet import Unread, grouped, read_named, read_open, unread
from perfwidget.pay.settled import Settled, ledger
from perfwidget.pay.sorting import Due, Item, LeftOut, Reason, Sorter, Span, median_of
from perfwidget.pay.terms import Terms
from perfwidget.pay.work import Key, Kind, Works, asked_of, complete, owners_of
from perfwidget.question.period import Period, day_start, zone
from perfwidget.records import Transaction
from perfwidget.records.canonical import canonical, sha256
from perfwidget.stores import Reader

AT_ONCE = 200
"""Members whose work is read at once."""
ROWS_AT_ONCE = 100_000
"""Rows of work that are read at once, unless a member has more."""


@dataclass(frozen=True)
class Line:
    """Items of one card and project that were due in the period, before it, or were added to what was paid."""

    card: RateCard
    project_id: str
    workspace_id: str | None
    due: Due
    unordered: Sequence[Item]
    """Its items, in no order."""
    quantity: Fraction
    """Items, or microseconds."""
    median: Fraction | None
    """The median that the quantity is made of, in microseconds."""
    amount: str

    @cached_property
    def items(self) -> Sequence[Item]:
        """Its items; they are put in order once somebody asks for them."""
        return sorted(self.unordered, key=lambda each: each.work.order)

    @property
    def written_after_work(self) -> bool:
        """Whether the card was written after some of the work."""
        return any(self.card.written_at > item.work.at for item in self.unordered)


@dataclass(frozen=True)
class Draft:
    """What a statement would be: its lines, what it tells of, what it leaves out, and its canonical JSON."""

    user_id: str
    person: str
    period: Period
    lines: Sequence[Line]
    changes: Sequence[Told]
    left_out: Sequence[LeftOut]
    adjustments: Sequence[Adjustment]
    totals: Mapping[str, str]
    """Amounts by currency."""
    document: Callable[[], dict[str, Any]] = field(compare=False, repr=False)
    """Makes what its canonical JSON says."""
    read: "Read" = field(compare=False, repr=False)
    """What it was made of."""

    @cached_property
    def body(self) -> str:
        """Canonical JSON, as a statement freezes it; made once it is asked for."""
        return canonical(self.document())

    @cached_property
    def sha256(self) -> str:
        """The hash that a proposal has to name."""
        return sha256(self.body)

    @property
    def items(self) -> Iterator[Item]:
        """All items that are paid, in no order."""
        return (item for line in self.lines for item in line.unordered)

    @property
    def is_empty(self) -> bool:
        """Whether there is no line at all, not even one of 0.00."""
        return not (self.lines or self.changes or self.adjustments)

    @property
    def days_in_no_statement(self) -> Mapping[date, int]:
        """The work days with items that no statement pays yet and this one would, and how many these are."""
        found = Counter(item.work_day for line in self.lines if line.due is not Due.ADDED for item in line.unordered)
        return dict(sorted(found.items()))

    @property
    def projects(self) -> frozenset[str]:
        """All projects whose work it speaks of."""
        told = (each.project_id for each in self.changes if each.project_id is not None)
        left = (each.work.project_id for each in self.left_out)
        return frozenset((*(line.project_id for line in self.lines), *told, *left))


@dataclass(frozen=True, slots=True)
class Read:
    """What of a member's work was read for a draft."""

    unread: Unread
    works: Works
    settled: Settled

    def look(self, draft: Draft) -> Iterator[tuple[Key, int]]:
        """Yield what is to be looked at again once a draft is proposed: all that does not stand as it is paid then.

        Reviews and visits that were due and are neither paid nor left out are no items while the same cards decide.
        """
        paid, told = {item.work.key for item in draft.items}, {(each.kind, each.item_id) for each in draft.changes}
        left = {each.work.key for each in draft.left_out}
        for key, work in self.works.items():
            due = work.at < draft.period.end and key[0] is not Kind.ANNOTATION
            if due and key not in paid and key not in left and not self.settled.of(key):
                continue
            stands = (key in paid and key not in self.settled.told) or self.settled.stands(key, work)
            if key in told or not stands:
                yield key, work.at
        for key in self.settled.own_keys():
            if key not in self.works:
                yield key, max(each.ends for each in self.settled.of(key) if each.person == self.settled.person)


def drafts(
    transaction: Transaction,
    reader: Reader,
    terms: Terms,
    period: Period,
    people: Mapping[str, str],
) -> Iterator[Draft]:
    """Yield the draft of each member, who are given by their ids with the random numbers that stand for them."""
    place = zone(terms.timezone)
    span = Span(day_start(terms.pay_from, place), period.start, period.end, terms.timezone)
    asked = asked_of(reader, transaction.organization_id, period, terms.rules)
    workspaces = {each.project_id: each.workspace_id for each in reader.projects(asked.scope)}
    book = CardBook(card_records.cards(transaction), workspaces)
    accepting = [card.valid_from for card in book.cards if card.unit is Unit.ACCEPTED_ANNOTATION]
    # Nothing is due before pay began, but what is accepted later; what was settled is read by its key.
    since = dict.fromkeys(Kind, span.pay_from)
    since[Kind.ANNOTATION] = min([span.pay_from, *(max(0, day_start(day, place)) for day in accepting)])
    reviewing = [card_records.document(card) for card in book.cards if card.unit.family is Family.REVIEWING]
    deciding = sha256(canonical([reviewing, workspaces]))
    book_of = ledger(transaction)
    wanted = list(people)
    for first in range(0, len(wanted), AT_ONCE):
        some = {member: people[member] for member in wanted[first : first + AT_ONCE]}
        profiles = reader.profiles(asked.scope, list(some))
        decides = {member: f"{profiles[member].role}:{deciding}" for member in some}
        for group in grouped(unread(transaction, reader, asked, some, since, decides), ROWS_AT_ONCE, AT_ONCE):
            works = read_open(reader, asked, group, since)
            own = book_of.own(some, group)
            read_named(reader, asked, works, {member: own[member].keys() - works[member].keys() for member in group})
            complete(reader, asked, works, accepted=bool(accepting))
            before = book_of.settled(some, own, works, {member: group[member].keys for member in group})
            away = {key for member, of in before.items() for key in of.own_keys() if key not in works[member]}
            owners = owners_of(reader, asked, away) if away else {}
            for member, unread_of in group.items():
                sorter = Sorter(some[member], profiles[member].role, book, before[member], span)
                items, left_out = sorter.sort(works[member])
                growing = {each.work.key for each in items if each.due is Due.ADDED}
                growing |= {each.work.key for each in left_out if before[member].of(each.work.key)}
                told = list(changes(before[member], member, works[member], owners, growing, span))
                taken = pending(transaction, some[member])
                read = Read(unread_of, works[member], before[member])
                lines = _lines(items, workspaces)
                yield _draft(member, some[member], terms, period, lines, told, left_out, taken, read)


def _lines(items: Sequence[Item], workspaces: Mapping[str, str | None]) -> list[Line]:
    grouped: dict[tuple[int, str, Due], list[Item]] = defaultdict(list)
    times: dict[tuple[int, str], list[int]] = defaultdict(list)
    for item in items:
        grouped[item.card.card_id, item.work.project_id, item.due].append(item)
        if item.work.time is not None and item.card.clock is Clock.MEDIAN:
            times[item.card.card_id, item.work.project_id].append(item.work.time)
    order = {due: place for place, due in enumerate(Due)}
    lines = []
    for (card_id, project, due), some in sorted(grouped.items(), key=lambda each: (*each[0][:2], order[each[0][2]])):
        card = some[0].card
        median = median_of(times[card_id, project]) if card.clock is Clock.MEDIAN else None
        quantity = Fraction(sum(item.quantity for item in some)) if median is None else len(some) * median
        amount = amount_of(quantity, card)
        lines.append(Line(card, project, workspaces.get(project), due, some, quantity, median, amount))
    return lines


def amount_of(quantity: Fraction, card: RateCard) -> str:
    """Return what a quantity comes to, rounded once."""
    return rounded(quantity * Fraction(card.amount) / (HOUR if card.unit.is_time else 1), card.currency)


def _draft(
    member: str,
    person: str,
    terms: Terms,
    period: Period,
    lines: Sequence[Line],
    told: Sequence[Told],
    left_out: Sequence[LeftOut],
    adjustments: Sequence[Adjustment],
    read: Read,
) -> Draft:
    minor: dict[str, int] = defaultdict(int)
    for amount, code in (
        *((line.amount, line.card.currency) for line in lines),
        *((each.amount, each.currency) for each in adjustments),
    ):
        minor[code] += minor_units(amount, code)
    totals = {code: written(minor[code], code) for code in sorted(minor)}

    def document() -> dict[str, Any]:
        cards = {line.card.card_id: line.card for line in lines}
        return {
            "format": 1,
            "person": person,
            "period": {"first": period.first.isoformat(), "last": period.last.isoformat(), "timezone": period.timezone},
            "pay_from": terms.pay_from.isoformat(),
            "rules": {"count_rejected": terms.rules.count_rejected, "count_predictions": terms.rules.count_predictions},
            "cards": [card_records.document(cards[card_id]) for card_id in sorted(cards)],
            "lines": [_line(line) for line in lines],
            "changes": [
                _change(change, [each for each in told if each.change is change]) for change in _in_order(told)
            ],
            "left_out": [_left(reason, [each for each in left_out if each.reason is reason]) for reason in Reason],
            "adjustments": [each.document() for each in adjustments],
            "totals": totals,
        }

    return Draft(member, person, period, lines, told, left_out, adjustments, totals, document, read)


def _in_order(told: Sequence[Told]) -> list[Change]:
    return [change for change in Change if any(each.change is change for each in told)]


def _line(line: Line) -> dict[str, Any]:
    return {
        "card": line.card.card_id,
        "project": line.project_id,
        "workspace": line.workspace_id,
        "due": str(line.due),
        "quantity": exact(line.quantity),
        "unit": "us" if line.card.unit.is_time else "items",
        "median_us": None if line.median is None else exact(line.median),
        "rate": format(line.card.amount, "f"),
        "amount": line.amount,
        "currency": line.card.currency,
        "card_written_after_work": line.written_after_work,
        "items": [_item(item) for item in line.items],
    }


def _item(item: Item) -> dict[str, Any]:
    told = {
        **item.work.columns,
        **(item.work.acceptance if item.card.unit is Unit.ACCEPTED_ANNOTATION else {}),
        "kind": str(item.work.kind),
        "id": item.work.item_id,
        "step": item.step,
        "work_day": item.work_day.isoformat(),
        "quantity": item.quantity,
    }
    return told if item.paid_before is None else {**told, "paid_before_us": item.paid_before}


def _change(change: Change, told: Sequence[Told]) -> dict[str, Any]:
    items = [
        {"kind": str(each.kind), "id": each.item_id, "project": each.project_id, "state": list(each.state)}
        for each in told
    ]
    return {"change": str(change), "amount": "0.00", "items": items}


def _left(reason: Reason, left_out: Sequence[LeftOut]) -> dict[str, Any]:
    items = [
        {
            **each.work.columns,
            "kind": str(each.work.kind),
            "id": each.work.item_id,
            "project": each.work.project_id,
            **({} if each.text is None else {"text": each.text}),
        }
        for each in left_out
    ]
    return {"reason": str(reason), "items": items}
