"""Contests: what members ask about a line or an item of their statements, and what they are answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from perfwidget.errors import Conflict, InvalidFact, InvalidPay
from perfwidget.facts.columns import id_text
from perfwidget.pay.adjusting import LARGEST_NUMBER, checked_text
from perfwidget.pay.refusals import DoneBefore, NotThere
from perfwidget.pay.statements import WITHDRAWN, Statement, acted, numbered, statement
from perfwidget.pay.work import Key, Kind
from perfwidget.records import Actor, Transaction, audit
from perfwidget.records.tables import CONTESTS, STATEMENTS


class Answer(StrEnum):
    """What becomes of a contest; each goes with a text."""

    CORRECTED = "corrected"
    EXPLAINED = "explained"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Contest:
    """A member's question about a line or an item of a statement, and its answer."""

    number: int
    statement: int
    user_id: str | None
    """The member; None where they were forgotten."""
    line: int | None
    """The place of the line in the statement, from 1."""
    item: Key | None
    text: str | None
    """What is asked; None where the member was forgotten."""
    asked_at: int
    """When it was asked, in microseconds."""
    due: date
    """The day by which it is to be answered."""
    word: Answer | None = None
    answer: str | None = None
    answered_by: str | None = None
    """The id of who answered, or `cli:NAME`."""
    answered_at: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.word is None

    def document(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "number": self.number,
            "statement": self.statement,
            "user": self.user_id,
            "line": self.line,
            "kind": None if self.item is None else str(self.item[0]),
            "item": None if self.item is None else self.item[1],
            "text": self.text,
            "asked_at": self.asked_at,
            "due": self.due.isoformat(),
            "word": None if self.word is None else str(self.word),
            "answer": self.answer,
            "answered_by": self.answered_by,
            "answered_at": self.answered_at,
        }


def contests(transaction: Transaction, *where: Any) -> Sequence[Contest]:
    """Return contests that meet all conditions, by number."""
    rows = transaction.rows(CONTESTS, *where, order=[CONTESTS.c.number])
    texts = transaction.texts(digest for row in rows for digest in (row.text, row.answer))
    names = transaction.user_ids({row.person for row in rows} | {row.answered_by for row in rows if row.answered_by})
    return [
        Contest(
            row.number,
            row.statement,
            names.get(row.person),
            row.line,
            None if row.kind is None else (Kind(row.kind), row.item_id),
            texts.get((row.text, row.person)),
            row.at,
            date.fromisoformat(row.due),
            None if row.word is None else Answer(row.word),
            texts.get((row.answer, row.person)),
            names.get(row.answered_by) or row.answered_by,
            row.answered_at,
        )
        for row in rows
    ]


def contest(transaction: Transaction, number: int) -> Contest:
    """Return a contest; raises NotThere where there is none of that number."""
    found = contests(transaction, CONTESTS.c.number == number) if 1 <= number <= LARGEST_NUMBER else []
    if not found:
        raise NotThere(f"There is no question {number}; look at the list of questions.")
    return found[0]


def about(of: Statement, line: object, kind: object, item_id: object) -> dict[str, Any]:
    """Return what is contested, as records hold it; raises InvalidPay unless it is a line or an item of a statement."""
    if (line is None) == (kind is None and item_id is None):
        raise InvalidPay("Name what you question: a line by its place, or an item by its kind and id.")
    said = of.document
    if line is not None:
        if type(line) is not int or not 1 <= line <= len(said["lines"]):
            raise InvalidPay(f"Statement {of.number} has no such line; it has {len(said['lines'])}.")
        return {"line": line, "kind": None, "item_id": None}
    try:
        key = Kind(str(kind)), id_text(item_id)
    except (ValueError, InvalidFact):
        raise InvalidPay(f"An item is one of {', '.join(Kind)}, with its id.") from None
    parts = (part for name in ("lines", "changes", "left_out") for part in said[name])
    if not any((item["kind"], item["id"]) == key for part in parts for item in part["items"]):
        raise InvalidPay(f"Statement {of.number} has no {key[0]} {key[1]}; name an item of it.")
    return {"line": None, "kind": str(key[0]), "item_id": key[1]}


def ask(transaction: Transaction, of: Statement, what: dict[str, Any], text: str, due: date, by: Actor) -> Contest:
    """Keep a member's question; it takes back an acknowledgement. Raises Conflict where the same one is open."""
    if of.state == WITHDRAWN:
        raise acted(transaction, of, "There is nothing to question in it any more.")
    for other in contests(transaction, CONTESTS.c.statement == of.number, CONTESTS.c.word.is_(None)):
        item = None if what["kind"] is None else (what["kind"], what["item_id"])
        if (other.line, other.item) == (what["line"], item):
            raise Conflict(f"Your question {other.number} about this is open; wait for its answer.")
    last = transaction.last(CONTESTS, CONTESTS.c.number)
    row = {
        "number": 1 if last is None else last.number + 1,
        "statement": of.number,
        **what,
        "text": transaction.keep_text(checked_text(text), of.person),
        "due": due.isoformat(),
    }
    transaction.add(CONTESTS, [{**row, "person": of.person, "at": transaction.now}])
    transaction.change(STATEMENTS, STATEMENTS.c.number == of.number, acknowledged_at=None)
    audit.append(transaction, by, "contested", of.person, **row)
    return contest(transaction, row["number"])


def answer(transaction: Transaction, of: Contest, word: object, text: str, by: Actor, **details: Any) -> Contest:
    """Answer an open contest; raises Conflict where somebody did."""
    try:
        said = Answer(str(word))
    except ValueError:
        raise InvalidPay(f"An answer is one of {', '.join(Answer)}, with a text.") from None
    if not of.is_open:
        who, when = of.answered_by or "", of.answered_at or 0
        raise DoneBefore(f"Question {of.number} was answered ({of.word})", who, when, ".")
    person = statement(transaction, of.statement).person
    log = {"number": of.number, "word": str(said), "answer": transaction.keep_text(checked_text(text), person)}
    values = {
        "word": log["word"],
        "answer": log["answer"],
        "answered_by": audit.named(transaction, by),
        "answered_at": transaction.now,
    }
    transaction.change(CONTESTS, CONTESTS.c.number == of.number, **values)
    audit.append(transaction, by, "answered", person, **log, statement=of.statement, **details)
    return contest(transaction, of.number)


def acknowledge(transaction: Transaction, of: Statement, by: Actor) -> None:
    """Keep that a member agrees with their statement; raises Conflict while it is withdrawn or they question it."""
    if of.state == WITHDRAWN:
        raise acted(transaction, of, "There is nothing to acknowledge in it any more.")
    if of.contests:
        raise Conflict(f"Your {numbered(of.contests)} about it is open; acknowledge it after the answer.")
    if of.acknowledged_at is None:
        transaction.change(STATEMENTS, STATEMENTS.c.number == of.number, acknowledged_at=transaction.now)
        audit.append(transaction, by, "acknowledged", of.person, statement=of.number, sha256=of.sha256)
