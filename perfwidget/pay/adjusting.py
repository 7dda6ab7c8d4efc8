"""Adjustments: amounts that the member's next statement takes, each with a text; and items that are held."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perfwidget.errors import InvalidPay
from perfwidget.pay.amounts import decimal, minor_units, written
from perfwidget.pay.currencies import DIGITS, currency
from perfwidget.pay.refusals import NotThere
from perfwidget.pay.work import Key
from perfwidget.records import Actor, Transaction, audit
from perfwidget.records.tables import ADJUSTMENTS, HOLDS

LONGEST_TEXT = 10_000

LARGEST_NUMBER = 2**31 - 1
"""The largest number of a statement, question or adjustment that a database takes."""

ADJUSTED, TAKEN_BACK = "adjusted", "adjustment taken back"
"""What the audit log calls adding an adjustment, and taking it back."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """An amount above 0 in a currency, and the hash of its text."""

    number: int
    amount: str
    currency: str
    text: str

    def document(self) -> dict[str, Any]:
        """Return it as canonical JSON holds it."""
        return {"number": self.number, "amount": self.amount, "currency": self.currency, "text": self.text}


def pending(transaction: Transaction, people: Collection[str]) -> Mapping[str, Sequence[Adjustment]]:
    """Map people to their adjustments that nobody took back, and no statement took, or only a withdrawn one."""
    found: dict[str, list[Adjustment]] = {person: [] for person in people}
    open_ones = (ADJUSTMENTS.c.statement.is_(None), ADJUSTMENTS.c.taken_back.is_(None))
    for row in transaction.rows(ADJUSTMENTS, *open_ones, order=[ADJUSTMENTS.c.number]):
        if row.person in found:
            found[row.person].append(Adjustment(row.number, row.amount, row.currency, row.text))
    return found


def newest(transaction: Transaction, person: str) -> int:
    """Return the number of a person's last adjustment, whatever became of it; 0 where there is none."""
    row = transaction.last(ADJUSTMENTS, ADJUSTMENTS.c.number, ADJUSTMENTS.c.person == person)
    return 0 if row is None else int(row.number)


def adjust(transaction: Transaction, person: str, amount: object, code: object, text: str, by: Actor) -> Adjustment:
    """Keep an adjustment; raises InvalidPay for an amount that is not above 0 or has too many places."""
    code = currency(code)
    given = decimal(amount, DIGITS[code], "The amount of an adjustment")
    if given == 0:
        raise InvalidPay("The amount of an adjustment must be above 0, for nothing is ever taken back.")
    last = transaction.last(ADJUSTMENTS, ADJUSTMENTS.c.number)
    made = Adjustment(
        1 if last is None else last.number + 1,
        written(minor_units(format(given, "f"), code), code),
        code,
        transaction.keep_text(checked_text(text), person),
    )
    open_one = {"at": transaction.now, "statement": None, "taken_back": None}
    transaction.add(ADJUSTMENTS, [{**made.document(), "person": person, **open_one}])
    audit.append(transaction, by, ADJUSTED, person, **made.document())
    return made


def adjustment(transaction: Transaction, number: int) -> Any:
    """Return the row of an adjustment; raises NotThere where there is none of that number."""
    row = transaction.one(ADJUSTMENTS, ADJUSTMENTS.c.number == number) if 1 <= number <= LARGEST_NUMBER else None
    if row is None:
        raise NotThere(f"There is no adjustment {number}; look at the member's draft.")
    return row


def take_back(transaction: Transaction, number: int, text: str, by: Actor) -> None:
    """Let no statement take an adjustment that none took yet; a text says why."""
    row = adjustment(transaction, number)
    digest = transaction.keep_text(checked_text(text), row.person)
    transaction.change(ADJUSTMENTS, ADJUSTMENTS.c.number == number, taken_back=digest)
    audit.append(transaction, by, TAKEN_BACK, row.person, number=number, text=digest)


def hold(transaction: Transaction, key: Key, text: str, by: Actor, *, held: bool, person: str | None) -> None:
    """Set an item aside, or release it; a text says why."""
    digest = transaction.keep_text(checked_text(text), person or "")
    values = {"held": held, "text": digest, "at": transaction.now}
    transaction.put(HOLDS, {"kind": str(key[0]), "item_id": key[1]}, values)
    verb = "held" if held else "released"
    audit.append(transaction, by, verb, person, kind=str(key[0]), item=key[1], text=digest)


def checked_text(text: str) -> str:
    """Return a text that says why; raises InvalidPay for none, and for one that is too long."""
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT:
        raise InvalidPay(f"Say why, in a text of 1 to {LONGEST_TEXT:,} characters.")
    return text.strip().replace("\0", "?").encode("utf-8", "replace").decode()  # PostgreSQL keeps neither
