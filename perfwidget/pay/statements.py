"""Statements: proposed from a draft that was seen, then approved or withdrawn, and paid a currency."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from perfwidget.errors import Conflict, InvalidPay
from perfwidget.pay.adjusting import LARGEST_NUMBER, checked_text
from perfwidget.pay.draft import Draft
from perfwidget.pay.quiet import forget_quiet
from perfwidget.pay.refusals import DoneBefore, NotThere, logged_act
from perfwidget.pay.sorting import Reason
from perfwidget.records import Actor, Transaction, audit
from perfwidget.records.tables import ADJUSTMENTS, CONTESTS, SETTLED, STATEMENTS, TOLD, TOTALS

PROPOSED, APPROVED, WITHDRAWN = "proposed", "approved", "withdrawn"


@dataclass(frozen=True, slots=True)
class Payment:
    """What a statement comes to in a currency, and when and by which reference it was paid."""

    amount: str
    paid_on: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as it was frozen, and how far it has come."""

    number: int
    person: str
    user_id: str | None
    """The member; None where they were forgotten."""
    first: date
    last: date
    state: str
    """`proposed`, `approved` or `withdrawn`."""
    sha256: str
    totals: Mapping[str, Payment]
    acted_by: str
    acted_at: int
    _body: Callable[[], bytes] = field(compare=False, repr=False)
    acknowledged_at: int | None = None
    """When the member acknowledged it, in microseconds."""
    contests: Sequence[int] = ()
    """The numbers of the member's questions that are open."""

    @property
    def words(self) -> Sequence[str]:
        """How it stands, in words: its state or `paid`, then `acknowledged` or `contested` where it is that."""
        more = ("contested",) if self.contests else ("acknowledged",) if self.acknowledged_at is not None else ()
        return ("paid" if self.is_paid else self.state, *more)

    @property
    def body(self) -> bytes:
        """Its canonical JSON, to the byte as it was frozen."""
        return self._body()

    @property
    def document(self) -> Any:
        """What its canonical JSON says."""
        return json.loads(self.body)

    @property
    def is_paid(self) -> bool:
        """Whether it is paid in all of its currencies."""
        paid = all(each.paid_on is not None for each in self.totals.values())
        return self.state == APPROVED and bool(self.totals) and paid


def statements(transaction: Transaction, *where: Any, one_by_one: bool = False) -> Sequence[Statement]:
    """Return statements that meet all conditions, by number.

    With `one_by_one` each reads its JSON whenever it is asked for it, while the transaction is open: all of them
    together may be more than memory holds.
    """
    columns = [each for each in STATEMENTS.c if not (one_by_one and each.name == "body")]
    rows = transaction.rows(STATEMENTS, *where, order=[STATEMENTS.c.number], columns=columns)
    members = transaction.user_ids({row.person for row in rows})
    people = {row.number: row.person for row in rows}
    totals: dict[int, dict[str, Payment]] = {number: {} for number in people}
    found = list(transaction.rows_among(TOTALS, "statement", people))
    texts = transaction.texts(row.reference for row in found)
    for row in sorted(found, key=lambda each: str(each.currency)):
        reference = texts.get((row.reference, people[row.statement]))
        totals[row.statement][row.currency] = Payment(row.amount, row.paid_on, reference)
    open_ones: dict[int, list[int]] = defaultdict(list)
    for row in transaction.rows_among(CONTESTS, "statement", people, CONTESTS.c.word.is_(None)):
        open_ones[row.statement].append(row.number)
    return [
        Statement(
            row.number,
            row.person,
            members.get(row.person),
            date.fromisoformat(row.first),
            date.fromisoformat(row.last),
            row.state,
            row.sha256,
            totals[row.number],
            row.acted_by,
            row.acted_at,
            partial(_body, transaction, row.number) if one_by_one else partial(bytes, row.body),
            row.acknowledged_at,
            tuple(sorted(open_ones[row.number])),
        )
        for row in rows
    ]


def _body(transaction: Transaction, number: int) -> bytes:
    [row] = transaction.rows(STATEMENTS, STATEMENTS.c.number == number, columns=[STATEMENTS.c.body])
    return bytes(row.body)


def statement(transaction: Transaction, number: int) -> Statement:
    """Return a statement; raises NotThere where there is none of that number."""
    found = statements(transaction, STATEMENTS.c.number == number) if 1 <= number <= LARGEST_NUMBER else []
    if not found:
        raise NotThere(f"There is no statement {number}; look at the list of statements.")
    return found[0]


def overlapping(transaction: Transaction, person: str, first: date, last: date) -> Sequence[Statement]:
    """Return the statements of a person that stand and have a day of a period."""
    theirs = (STATEMENTS.c.person == person, STATEMENTS.c.state != WITHDRAWN)
    within = (STATEMENTS.c.first <= last.isoformat(), STATEMENTS.c.last >= first.isoformat())
    return statements(transaction, *theirs, *within)


def refuse_unpaid(transaction: Transaction, draft: Draft) -> None:
    """Raise Conflict where a person has a statement or work that is not paid, by a draft of all their time."""
    theirs = statements(transaction, STATEMENTS.c.person == draft.person, STATEMENTS.c.state != WITHDRAWN)
    owed = (each for each in theirs if any(not one.paid_on and Decimal(one.amount) for one in each.totals.values()))
    waiting = [str(each.number) for each in owed]
    if waiting:
        raise Conflict(f"Statement {', '.join(waiting)} is not paid; pay it, or forget the member with unpaid=True.")
    if draft.lines or draft.adjustments:
        raise Conflict("The member has work in no statement; pay it, or forget the member with unpaid=True.")
    reasons = {reason: count for reason, count in draft.left_out_counts.items() if reason is not Reason.OWN}
    if reasons:
        named = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
        raise Conflict(f"The member has work that is left out ({named}); settle it, or forget them with unpaid=True.")


def acted(transaction: Transaction, of: Statement, advice: str) -> DoneBefore:
    """Return what says who did what with a statement, and when; then a sentence that says what to do."""
    who = transaction.user_ids({of.acted_by}).get(of.acted_by) or of.acted_by
    did = f"Statement {of.number} ({of.first} to {of.last}) was {of.state}"
    return DoneBefore(did, who, of.acted_at, f". {advice}")


def numbered(numbers: Sequence[int]) -> str:
    """Return the words for some contests: `question 1`, or `questions 1, 2`."""
    return f"question{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def approve(transaction: Transaction, number: int, despite_contests: bool, by: Actor, **details: Any) -> Statement:
    """Approve a proposed statement; an approved one stays as it is.

    Raises Conflict for a withdrawn one, and for one with open questions unless it is approved despite them.
    """
    found = statement(transaction, number)
    if found.state == WITHDRAWN:
        raise acted(transaction, found, "Propose it again before you approve it.")
    if found.state == PROPOSED:
        if found.contests and not despite_contests:
            raise Conflict(
                f"The member's {numbered(found.contests)} about statement {number} "
                f"{'is' if len(found.contests) == 1 else 'are'} open; answer first, or approve despite contests."
            )
        if found.contests:
            details = {**details, "despite_contests": list(found.contests)}
        transaction.change(STATEMENTS, STATEMENTS.c.number == number, state=APPROVED, **signed(transaction, by))
        audit.append(transaction, by, APPROVED, found.person, statement=number, sha256=found.sha256, **details)
    return statement(transaction, number)


def withdraw(transaction: Transaction, number: int, text: str, by: Actor, **details: Any) -> Statement:
    """Withdraw a proposed statement: its items and adjustments are free again. Raises Conflict for any other."""
    found = statement(transaction, number)
    if found.state != PROPOSED:
        raise acted(transaction, found, "Only a proposed statement can be withdrawn.")
    digest = transaction.keep_text(checked_text(text), found.person)
    transaction.remove(SETTLED, SETTLED.c.statement == number)
    transaction.remove(TOLD, TOLD.c.statement == number)
    forget_quiet(transaction, found.person)
    transaction.change(ADJUSTMENTS, ADJUSTMENTS.c.statement == number, statement=None)
    transaction.change(STATEMENTS, STATEMENTS.c.number == number, state=WITHDRAWN, **signed(transaction, by))
    audit.append(transaction, by, WITHDRAWN, found.person, statement=number, text=digest, **details)
    return statement(transaction, number)


def why_withdrawn(transaction: Transaction, of: Statement) -> str | None:
    """Return the hash of the text with which a statement was withdrawn; None of one that stands."""
    row = audit.latest(transaction, WITHDRAWN, of.person, statement=of.number) if of.state == WITHDRAWN else None
    return None if row is None else str(json.loads(row.details)["text"])


def mark_paid(
    transaction: Transaction,
    number: int,
    currency: str,
    paid_on: date,
    reference: str,
    replaces: bool,
    by: Actor,
    **details: Any,
) -> Statement:
    """Mark a currency of an approved statement as paid; a mark that is there is replaced, and the log has both.

    Raises Conflict for a mark that is there unless `replaces` is set.
    """
    found = statement(transaction, number)
    if found.state != APPROVED:
        raise acted(transaction, found, "Only an approved statement can be paid.")
    if currency not in found.totals:
        has = ", ".join(found.totals) or "no currency"
        raise InvalidPay(f"Statement {number} has nothing in {currency}; it has {has}.")
    if found.totals[currency].paid_on is not None and not replaces:
        did, about = f"{currency} of statement {number} was marked as paid", {"statement": number, "currency": currency}
        raise logged_act(transaction, did, "; that mark stands.", "paid", found.person, **about)
    digest = transaction.keep_text(checked_text(reference), found.person)
    mark = {"paid_on": paid_on.isoformat(), "reference": digest}
    row = transaction.one(TOTALS, TOTALS.c.statement == number, TOTALS.c.currency == currency)
    before = {"paid_on": row.paid_on, "reference": row.reference} if row is not None and row.paid_on else None
    if before != mark:
        transaction.change(TOTALS, TOTALS.c.statement == number, TOTALS.c.currency == currency, **mark)
        log = {"statement": number, "currency": currency, **mark, "replaces": before, **details}
        audit.append(transaction, by, "paid", found.person, **log)
    return statement(transaction, number)


def signed(transaction: Transaction, by: Actor) -> dict[str, Any]:
    """Return the columns that say who acted on a statement, and when."""
    return {"acted_by": audit.named(transaction, by), "acted_at": transaction.now}
