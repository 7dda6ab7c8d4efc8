"""What the audit log says of all that stands beside the statements, and where their tables say otherwise."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from perfwidget.pay.adjusting import ADJUSTED, TAKEN_BACK
from perfwidget.pay.card_records import ENDED, VOIDED
from perfwidget.pay.quiet import quiet_sha256
from perfwidget.records import Transaction, audit
from perfwidget.records.canonical import sha256
from perfwidget.records.tables import ADJUSTMENTS, CONTESTS, HOLDS, PAY_TERMS, QUIET, RATE_CARDS, TEXTS

ACTS = ("proposed", "approved", "withdrawn")
CONTESTED = tuple(column.name for column in CONTESTS.c if column.name != "organization_id")


class Logged:
    """What the audit log says of what stands in other tables."""

    def __init__(self, transaction: Transaction) -> None:
        self.sha256: dict[int, str] = {}
        self.state: dict[int, str] = {}
        self.paid: dict[tuple[int, str], tuple[str, str]] = {}
        self.cards: dict[int, dict[str, Any]] = {}
        self.adjustments: dict[int, tuple[str, dict[str, Any]]] = {}
        self.taken_back: dict[int, str] = {}
        self.contests: dict[int, dict[str, Any]] = {}
        self.acknowledged: dict[int, int | None] = {}
        self.quiet: dict[str, str] = {}
        self.terms: dict[str, Any] | None = None
        self.holds: dict[tuple[str, str], dict[str, Any]] = {}
        for row in audit.rows(transaction):
            try:
                said = json.loads(row.details)
            except ValueError:
                continue  # which the chain tells
            if row.verb in ACTS and "statement" in said:
                self.state[said["statement"]] = row.verb
                self.sha256.setdefault(said["statement"], said.get("sha256", ""))
                self.quiet[row.person] = said.get("quiet", self.quiet.get(row.person, ""))
            elif row.verb == "paid":
                self.paid[said["statement"], said["currency"]] = said["paid_on"], said["reference"]
            elif row.verb == ADJUSTED:
                self.adjustments[said["number"]] = row.person, said
            elif row.verb == TAKEN_BACK:
                self.taken_back[said["number"]] = said["text"]
            elif row.verb == "acknowledged":
                self.acknowledged[said["statement"]] = row.at
            elif row.verb == "contested":
                self.acknowledged[said["statement"]] = None
                self.contests[said["number"]] = {**said, "person": row.person, "at": row.at}
            elif row.verb == "answered" and said["number"] in self.contests:
                told = {"word": said["word"], "answer": said["answer"], "answered_by": row.actor, "answered_at": row.at}
                self.contests[said["number"]] |= told
            elif row.verb == "pay terms confirmed":
                self.terms = said
            elif row.verb in ("held", "released"):
                told = {"held": row.verb == "held", "text": said["text"], "at": row.at}
                self.holds[said["kind"], said["item"]] = told
            elif row.verb == "card written":
                self.cards[said["card"]["card_id"]] = {**said["card"], "voided": False}
            elif row.verb == ENDED and said["card"] in self.cards:
                self.cards[said["card"]]["valid_until"] = said["valid_until"]
            elif row.verb == VOIDED and said["card"] in self.cards:
                self.cards[said["card"]]["voided"] = True


def beside(transaction: Transaction, logged: Logged) -> Iterator[str]:
    """Yield a sentence for each row beside the statements that is not as the log says, or that is missing."""
    terms = transaction.one(PAY_TERMS)
    if (terms is None) != (logged.terms is None) or (terms is not None and _differs(terms, logged.terms or {})):
        yield "The terms of pay (first day, zone, what counts) are not those that were confirmed last."
    cards = {row.card_id: row for row in transaction.rows(RATE_CARDS)}
    yield from _compared("Card {}", cards, logged.cards)
    questions = {row.number: row for row in transaction.rows(CONTESTS)}
    asked = {number: _only(CONTESTED, said) for number, said in logged.contests.items()}
    yield from _compared("Question {}", questions, asked)
    holds = {(row.kind, row.item_id): row for row in transaction.rows(HOLDS)}
    yield from _compared("The hold of {0[0]} {0[1]}", holds, logged.holds)
    adjustments = {row.number: row for row in transaction.rows(ADJUSTMENTS)}
    wanted = {
        number: {**said, "person": person, "taken_back": logged.taken_back.get(number)}
        for number, (person, said) in logged.adjustments.items()
    }
    yield from _compared("Adjustment {}", adjustments, wanted)
    quiet: dict[str, list[Any]] = defaultdict(list)
    for row in transaction.rows(QUIET):
        quiet[row.person].append(row)
    for person, some in sorted(quiet.items()):
        if quiet_sha256(some) != logged.quiet.get(person):
            yield f"What need not be read again of person {person} is not as it was written; delete it from pay_quiet."
    for row in transaction.rows(TEXTS, order=[TEXTS.c.sha256]):
        if sha256(row.text) != row.sha256:
            yield f"The text {row.sha256[:12]}… is not as it was written."


def _compared(name: str, known: Mapping[Any, Any], logged: Mapping[Any, Mapping[str, Any]]) -> Iterator[str]:
    for key in sorted(known.keys() | logged.keys()):
        if key not in known:
            yield f"{name.format(key)} is missing."
        elif key not in logged or _differs(known[key], logged[key]):
            yield f"{name.format(key)}: it is not as it was written."


def _differs(row: Any, said: Mapping[str, Any]) -> bool:
    """Say whether a row has another value than the log in any column that the log speaks of."""
    return any(str(getattr(row, name)) != str(value) for name, value in said.items())


def _only(names: tuple[str, ...], said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: said.get(name) for name in names}
