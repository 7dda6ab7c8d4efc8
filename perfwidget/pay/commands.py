"""What each act of `perfwidget pay` does: results go to standard output as JSON, refusals to standard error."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from perfwidget.errors import InvalidPay, InvalidSetting, PerfwidgetError
from perfwidget.metrics import Rules
from perfwidget.pay.card_records import document
from perfwidget.pay.opened import ANY_TIME
from perfwidget.pay.payroll import Pay, Proposal
from perfwidget.pay.statements import Statement
from perfwidget.pay.work import asked_of
from perfwidget.records import Actor
from perfwidget.records.audit import Head
from perfwidget.stores import Store

CARD = ("amount", "currency", "whom", "whom_id", "place", "place_id", "valid_from", "valid_until", "clock")
"""The fields of a card that are options."""

READER = Actor.command_line("reader")
"""Who looks on the command line: whoever opens the records sees all, and what they see is not logged."""


def begin(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    """Say since when pay answers, or confirm what changed."""
    terms = pay.begin(parsed.first, _by(parsed))
    rules = {"count_rejected": terms.rules.count_rejected, "count_predictions": terms.rules.count_predictions}
    return _print([{"pay_from": str(terms.pay_from), "timezone": terms.timezone, **rules}])


def cards(pay: Pay, store: Store, parsed: argparse.Namespace) -> int:
    """Write, end or void a card; or list them."""
    if parsed.write is not None:
        given = {name: getattr(parsed, name) for name in (*CARD, "cap_s")}
        if parsed.whom == "member" and parsed.whom_id:
            given["whom_id"] = _member(pay, store, parsed.whom_id)
        card = {name: value for name, value in given.items() if value is not None}
        return _print([document(pay.write_card(_by(parsed), unit=parsed.write, **card))])
    if parsed.end is not None:
        return _print([document(pay.end_card(parsed.end, parsed.valid_until, _by(parsed)))])
    if parsed.void is not None:
        pay.void_card(parsed.void, _by(parsed))
        return 0
    return _print(map(document, pay.cards(READER)))


def draft(pay: Pay, store: Store, parsed: argparse.Namespace) -> int:
    """Print drafts of one member, several or all."""
    members = None if parsed.user is None else [_member(pay, store, each) for each in parsed.user]
    found = pay.drafts(parsed.first, parsed.last, READER, members)
    return _print(
        {
            "user": each.user_id,
            "from": str(each.period.first),
            "to": str(each.period.last),
            "sha256": each.sha256,
            "totals": each.totals,
            "days_in_no_statement": {str(day): items for day, items in each.days_in_no_statement.items()},
            "statement": json.loads(each.body),
        }
        for each in found
        if members is not None or not each.is_empty or each.left_out
    )


def propose(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    """Propose the drafts of a file."""
    wanted: list[Proposal] = []
    try:
        text = sys.stdin.read() if str(parsed.drafts) == "-" else parsed.drafts.read_text("utf-8")
        for said in map(json.loads, filter(str.strip, text.split("\n"))):  # an id may hold other line ends
            statement = said["statement"]
            if statement["lines"] or statement["changes"] or statement["adjustments"]:
                wanted.append((said["user"], said["from"], said["to"], said["sha256"]))
    except OSError as fault:
        raise InvalidSetting(f"{parsed.drafts} cannot be read ({fault.strerror}).") from None
    except (KeyError, TypeError, ValueError):
        raise InvalidPay("These are no drafts; give what perfwidget pay draft printed.") from None
    return _each((f"{each[0]} ({each[1]} to {each[2]})", made) for each, made in pay.propose_all(wanted, _by(parsed)))


def approve(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    """Approve statements, one by one."""

    def approved() -> Iterator[tuple[str, Statement | PerfwidgetError]]:
        for number in parsed.numbers:
            try:
                yield str(number), pay.approve(number, _by(parsed), despite_contests=parsed.despite_contests)
            except PerfwidgetError as fault:
                yield str(number), fault

    return _each(approved())


def withdraw(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    """Withdraw a statement."""
    return _print([_told(pay.withdraw(parsed.number, parsed.text, _by(parsed)))])


def paid(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    """Mark a currency as paid."""
    return _print([_told(pay.paid(parsed.number, parsed.currency, parsed.on, parsed.reference, _by(parsed)))])


def contests(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    """List questions of members."""
    found = pay.contests(READER, is_open=True if parsed.open else None)
    return _print(each.document() for each in found)


def answer(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    """Answer a question."""
    return _print([pay.answer(parsed.number, parsed.word, parsed.text, _by(parsed)).document()])


def hold(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    """Set an item aside, or release it."""
    pay.hold(parsed.kind, parsed.item, parsed.text, _by(parsed), held=not parsed.release)
    return 0


def adjust(pay: Pay, store: Store, parsed: argparse.Namespace) -> int:
    """Let the next statement pay more."""
    member = _member(pay, store, parsed.user)
    return _print([pay.adjust(member, parsed.amount, parsed.currency, parsed.text, _by(parsed)).document()])


def take_back(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    """Take an adjustment back that no statement took."""
    pay.take_back(parsed.number, parsed.text, _by(parsed))
    return 0


def statements(pay: Pay, _: Store, __: argparse.Namespace) -> int:
    """List statements."""
    return _print(map(_told, pay.statements(READER)))


def export(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    """Write the files of pay."""
    try:
        return _print([pay.export(parsed.folder, READER, parsed.first, parsed.last, parsed.state)])
    except OSError as fault:
        raise InvalidSetting(f"The files of pay cannot be written to {parsed.folder} ({fault.strerror}).") from None


def verify(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    """Write facts that changed since and that all is well to standard output, what is wrong to standard error."""
    wrong, changed = pay.verify(READER, [Head.parse(each) for each in parsed.head])
    for text in changed:
        sys.stdout.write(f"{text}\n")
    for text in wrong:
        sys.stderr.write(f"perfwidget: {text}\n")
    if not wrong:
        sys.stdout.write("All statements and the audit log are as they were written.\n")
    return 1 if wrong else 0


def _by(parsed: argparse.Namespace) -> Actor:
    if parsed.by is None:
        raise InvalidSetting("Say who acts: --by NAME.")
    return Actor.command_line(parsed.by)


def _member(pay: Pay, store: Store, named: str) -> str:
    """Return the id of the member with an id or e-mail; an unknown name is taken for an id."""
    with store.reading() as reader:
        found = reader.members_named(asked_of(reader, pay.organization_id, ANY_TIME, Rules()).scope, [named])
    ids = {each.user_id for each in found}
    if named in ids or not ids:
        return named
    if len(ids) > 1:
        raise InvalidSetting(f"{len(ids)} members have the e-mail {named}; name one by id: {', '.join(sorted(ids))}.")
    return ids.pop()


def _told(each: Statement) -> dict[str, Any]:
    totals = {
        code: {"amount": total.amount, "paid_on": total.paid_on, "reference": total.reference}
        for code, total in each.totals.items()
    }
    period = {"from": str(each.first), "to": str(each.last)}
    named: dict[str, Any] = {"number": each.number, "user": each.user_id, "state": each.state, "sha256": each.sha256}
    named |= {"words": list(each.words), "open_questions": list(each.contests)}
    return {**named, **period, "totals": totals}


def _each(outcomes: Iterable[tuple[str, Statement | PerfwidgetError]]) -> int:
    """Print what came of many acts: statements to standard output, refusals to standard error."""
    failed = 0
    for name, made in outcomes:
        if isinstance(made, Statement):
            _print([_told(made)])
        else:
            sys.stderr.write(f"perfwidget: {name}: {made}\n")
            failed = 1
    return failed


def _print(objects: Iterable[Any] | Sequence[Any]) -> int:
    for each in objects:
        sys.stdout.write(json.dumps(each, ensure_ascii=False, sort_keys=True) + "\n")
    return 0
