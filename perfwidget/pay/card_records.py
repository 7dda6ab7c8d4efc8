"""Rate cards as records: written once, ended or voided, never changed."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from typing import Any

from perfwidget.errors import InvalidPay
from perfwidget.pay.adjusting import LARGEST_NUMBER
from perfwidget.pay.cards import Clock, Place, RateCard, Unit, Whom
from perfwidget.pay.refusals import NotThere, logged_act
from perfwidget.records import Actor, Transaction, audit
from perfwidget.records.tables import RATE_CARDS, SETTLED

ENDED, VOIDED = "card ended", "card voided"
"""What the audit log calls what becomes of a card."""


def cards(transaction: Transaction) -> Sequence[RateCard]:
    """Return the cards that were not voided; a member stands under their random number."""
    rows = transaction.rows(RATE_CARDS, RATE_CARDS.c.voided.is_(False), order=[RATE_CARDS.c.card_id])
    return [_card(row) for row in rows]


def write(transaction: Transaction, card: RateCard, by: Actor) -> RateCard:
    """Keep a new card; raises InvalidPay where another one would decide the same work on some day."""
    if card.whom is Whom.MEMBER and card.whom_id is not None:
        card = replace(card, whom_id=transaction.named_person(card.whom_id))
    for other in cards(transaction):
        if card.clashes(other):
            until = f"to {other.valid_until}" if other.valid_until else "on"
            raise InvalidPay(
                f"Card {other.card_id} decides the same work from {other.valid_from} {until}; "
                "end it first, or give other dates."
            )
    last = transaction.last(RATE_CARDS, RATE_CARDS.c.card_id)
    card = replace(card, card_id=1 if last is None else last.card_id + 1, written_at=transaction.now)
    transaction.add(RATE_CARDS, [{**asdict(card), **document(card), "voided": False}])
    person = card.whom_id if card.whom is Whom.MEMBER else None
    audit.append(transaction, by, "card written", person, card=document(card))
    return card


def card_of(transaction: Transaction, card_id: int) -> RateCard:
    """Return a card, though it may be voided; raises NotThere where there is none of that number."""
    row = transaction.one(RATE_CARDS, RATE_CARDS.c.card_id == card_id) if 1 <= card_id <= LARGEST_NUMBER else None
    if row is None:
        raise NotThere(f"There is no rate card {card_id}; look at the list of cards.")
    return _card(row)


def refuse_changed(transaction: Transaction, card: RateCard, seen: str | None) -> None:
    """Raise Conflict for a voided card, and for one that has another last day than was seen; None was not looked at."""
    known, advice = card.card_id, "; look at the list of cards."
    if transaction.one(RATE_CARDS, RATE_CARDS.c.card_id == known, RATE_CARDS.c.voided.is_(True)) is not None:
        raise logged_act(transaction, f"Card {known} was voided", advice, VOIDED, card=known)
    if seen is not None and seen != str(card.valid_until or ""):
        raise logged_act(transaction, f"Card {known} was ended with {card.valid_until}", advice, ENDED, card=known)


def end(transaction: Transaction, card: RateCard, last: date, by: Actor) -> RateCard:
    """Let a card end with a day; raises InvalidPay for one before its last paid work day."""
    card_id = card.card_id
    if last < card.valid_from:
        raise InvalidPay(f"Card {card_id} begins on {card.valid_from}; let it end later, or void it if it is unused.")
    if card.valid_until is not None and last > card.valid_until:
        raise InvalidPay(f"Card {card_id} ends on {card.valid_until} already; write a new card for the days after.")
    used = transaction.last(SETTLED, SETTLED.c.work_day, SETTLED.c.card_id == card_id)
    if used is not None and last.isoformat() < used.work_day:
        raise InvalidPay(f"Card {card_id} has paid work of {used.work_day}; let it end then or later.")
    transaction.change(RATE_CARDS, RATE_CARDS.c.card_id == card_id, valid_until=last.isoformat())
    audit.append(transaction, by, ENDED, card=card_id, valid_until=last.isoformat())
    return replace(card, valid_until=last)


def void(transaction: Transaction, card: RateCard, by: Actor) -> None:
    """Take back a card by which nothing is paid; raises InvalidPay for a used one."""
    card_id = card.card_id
    if transaction.last(SETTLED, SETTLED.c.work_day, SETTLED.c.card_id == card_id) is not None:
        raise InvalidPay(f"Card {card_id} has paid work; let it end instead.")
    transaction.change(RATE_CARDS, RATE_CARDS.c.card_id == card_id, voided=True)
    audit.append(transaction, by, VOIDED, card=card_id)


def document(card: RateCard) -> dict[str, Any]:
    """Return a card as canonical JSON holds it."""
    return {
        "card_id": card.card_id,
        "unit": str(card.unit),
        "clock": None if card.clock is None else str(card.clock),
        "cap_s": card.cap_s,
        "amount": format(card.amount, "f"),
        "currency": card.currency,
        "whom": str(card.whom),
        "whom_id": card.whom_id,
        "place": str(card.place),
        "place_id": card.place_id,
        "valid_from": card.valid_from.isoformat(),
        "valid_until": None if card.valid_until is None else card.valid_until.isoformat(),
        "written_at": card.written_at,
    }


def _card(row: Any) -> RateCard:
    return RateCard(
        unit=Unit(row.unit),
        amount=Decimal(row.amount),
        currency=row.currency,
        whom=Whom(row.whom),
        whom_id=row.whom_id,
        place=Place(row.place),
        place_id=row.place_id,
        valid_from=date.fromisoformat(row.valid_from),
        valid_until=None if row.valid_until is None else date.fromisoformat(row.valid_until),
        clock=None if row.clock is None else Clock(row.clock),
        cap_s=row.cap_s,
        card_id=row.card_id,
        written_at=row.written_at,
    )
