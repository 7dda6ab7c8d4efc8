"""What payers do with many at once: who is concerned, who stays out and why, and how each one fares."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import Any

from perfwidget.errors import Forbidden, PerfwidgetError
from perfwidget.pay import Pay
from perfwidget.pay.amounts import minor_units, written
from perfwidget.pay.rights import Grant
from perfwidget.pay.statements import PROPOSED
from perfwidget.pay_pages import formats, words
from perfwidget.pay_pages.overview import Row
from perfwidget.question.access import Viewer

MOST = 2_000
"""Drafts, statements or amounts that one form may name."""


class Act(StrEnum):
    """What is done with drafts and statements."""

    PROPOSE = "propose"
    APPROVE = "approve"
    WITHDRAW = "withdraw"
    PAY = "pay"


@dataclass(frozen=True, slots=True)
class Concerned:
    """What an act is going to do: with whom, how much of each currency, and who stays out."""

    act: Act
    rows: Sequence[Row]
    out: Sequence[tuple[Row, str]]
    waiting: int = 0
    """How many more wait, for there are more than a form may name."""

    @property
    def totals(self) -> Sequence[str]:
        """What it comes to, a currency."""
        minor: dict[str, int] = {}
        for row in self.rows:
            for code, amount in due(row, self.act).items():
                minor[code] = minor.get(code, 0) + minor_units(amount, code)
        return [formats.amount(written(minor[code], code), code) for code in sorted(minor)]

    @property
    def currencies(self) -> Sequence[str]:
        """The currencies of what it comes to."""
        return sorted({code for row in self.rows for code in due(row, self.act)})

    @property
    def questioned(self) -> Sequence[Row]:
        """Those with open questions."""
        return [row for row in self.rows if row.questions]

    @property
    def what(self) -> Sequence[Sequence[Any]]:
        """What the form sends on: drafts with the hash that was seen, else numbers of statements."""
        if self.act is Act.PROPOSE:
            return [[row.user_id, str(row.first), str(row.last), row.sha256] for row in self.rows]
        if self.act is Act.PAY:
            return [[row.number, code] for row in self.rows for code in due(row, self.act)]
        return [[row.number] for row in self.rows]


def due(row: Row, act: Act) -> Mapping[str, str]:
    """Return the amounts of a row that an act concerns: of paying those that are not paid."""
    return {code: amount for code, amount in row.amounts.items() if act is not Act.PAY or code not in row.paid}


def concerned(act: Act, rows: Sequence[Row], grant: Grant, over: bool) -> Concerned:
    """Return whom an act concerns and who stays out; `over` says whether the period has ended."""
    told = [(row, _stays_out(act, row, grant, over=over)) for row in rows]
    inside = [row for row, why in told if not why]
    names = accumulate(len(due(row, act)) if act is Act.PAY else 1 for row in inside)
    taken = [row for row, named in zip(inside, names, strict=True) if named <= MOST]
    return Concerned(act, taken, [(row, why) for row, why in told if why], len(inside) - len(taken))


def _stays_out(act: Act, row: Row, grant: Grant, *, over: bool) -> str:
    try:
        grant.about(row.user_id)
    except Forbidden as fault:
        return str(fault)
    if act is Act.PROPOSE:
        if row.number is not None:
            return words.IN_A_STATEMENT.format(number=row.number)
        return "" if row.summary.has_line and over else words.NOT_OVER if row.summary.has_line else words.NO_STATEMENT
    if row.number is None:
        return words.STILL_A_DRAFT
    standing = row.states[0]
    if act is Act.PAY:
        if standing == PROPOSED:
            return words.NOT_APPROVED
        return "" if due(row, act) else words.PAID_ALREADY if row.amounts else words.COMES_TO_NOTHING
    return "" if standing == PROPOSED else words.APPROVED_ALREADY


@dataclass(frozen=True, slots=True)
class Given:
    """What an act needs besides: of withdrawing a text, of paying a day, a reference and currencies."""

    text: str = ""
    paid_on: str = ""
    reference: str = ""
    currencies: Sequence[str] = ()
    despite: bool = False

    def lacks(self, act: Act) -> str:
        """Return the sentence for what is missing; empty where nothing is."""
        if act is Act.WITHDRAW and not self.text.strip():
            return words.SAY_WHY
        if act is Act.PAY and not (self.paid_on.strip() and self.reference.strip() and self.currencies):
            return words.SAY_WHEN
        return ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one of many fared."""

    name: str
    sentence: str
    done: bool
    number: int | None = None


@dataclass
class Tally:
    """How many were done, and how many were not."""

    done: int = 0
    refused: int = 0

    def count(self, outcome: Outcome) -> dict[str, Any]:
        """Count an outcome, and return what a page says of it."""
        self.done += outcome.done
        self.refused += not outcome.done
        return {"outcome": outcome, "tally": self}


Door = Callable[[], tuple[Pay, Viewer]]
"""The pay of the organization and who acts in it, asked anew."""


def outcomes(
    act: Act, what: Sequence[Sequence[Any]], given: Given, named: Mapping[Any, str], door: Door
) -> Iterator[Outcome]:
    """Do an act with each, in a transaction of its own, and yield how it fared; who acts is asked anew each time."""
    for each in what:
        name = named.get(each[0], str(each[0]))
        try:
            number, sentence = _done(act, each, given, *door())
            yield Outcome(name, sentence, done=True, number=number)
        except PerfwidgetError as fault:
            yield Outcome(name, str(fault), done=False)


def _done(act: Act, each: Sequence[Any], given: Given, pay: Pay, viewer: Viewer) -> tuple[int, str]:
    """Do an act with one; return the number of its statement, and a sentence."""
    match act:
        case Act.PROPOSE:
            member, first, last, sha256 = each
            made = pay.propose(member, first, last, sha256, viewer)
            told = [formats.amount(one.amount, code) for code, one in made.totals.items()]
            return made.number, words.proposed(made.number, told)
        case Act.APPROVE:
            number = pay.approve(each[0], viewer, despite_contests=given.despite).number
            return number, words.APPROVED.format(number=number)
        case Act.WITHDRAW:
            number = pay.withdraw(each[0], given.text, viewer).number
            return number, words.WITHDRAWN.format(number=number)
        case Act.PAY:
            number, code = each
            made = pay.paid(number, code, given.paid_on, given.reference, viewer, replaces=False)
            return number, words.PAID.format(amount=formats.amount(made.totals[code].amount, code), number=number)
