"""`perfwidget pay`: cards, drafts, statements, files and proof on the command line; writing needs `--by NAME`."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from perfwidget.errors import InvalidPay, InvalidSetting, PerfwidgetError
from perfwidget.metrics import Rules
from perfwidget.pay.card_records import document
from perfwidget.pay.files import State
from perfwidget.pay.payroll import ANY_TIME, Pay, Proposal
from perfwidget.pay.statements import Statement
from perfwidget.pay.work import Kind, asked_of
from perfwidget.records import Actor
from perfwidget.records.audit import Head
from perfwidget.records.command_line import add_records, records_of
from perfwidget.stores import Store, open_store

_CARD = ("amount", "currency", "whom", "whom_id", "place", "place_id", "valid_from", "valid_until", "clock")
_YES = {"yes": True, "no": False}


def add_command(paying: argparse.ArgumentParser) -> None:
    """Let a parser read what is done about pay."""
    acts = paying.add_subparsers(required=True, metavar="ACT")

    begin = _act(acts, "begin", _begin, "say since when pay answers, or confirm a changed zone or rule", writes=True)
    begin.add_argument("--from", dest="first", metavar="D", help="the first day, which is fixed once statements stand")
    for rule in ("rejected", "predictions"):
        begin.add_argument(f"--count-{rule}", choices=_YES, help=f"whether {rule} count, as the page has it")

    cards = _act(acts, "cards", _cards, "list rate cards; write, end or void one", writes=True, optional=True)
    change = cards.add_mutually_exclusive_group()
    change.add_argument("--write", metavar="UNIT", help="annotation, accepted_annotation, hour, review or review_hour")
    change.add_argument("--end", type=int, metavar="CARD", help="let a card end with --valid-until")
    change.add_argument("--void", type=int, metavar="CARD", help="take back an unused card")
    for name in _CARD:
        cards.add_argument(f"--{name.replace('_', '-')}", metavar=name.upper())
    cards.add_argument("--cap-s", type=int, metavar="S", help="whole seconds that count of each, with --clock capped")

    draft = _act(acts, "draft", _draft, "print what statements would be now, one JSON object a line")
    _add_period(draft)
    draft.add_argument("--user", action="append", metavar="ID|EMAIL", help="a member; may repeat (default: everybody)")

    propose = _act(acts, "propose", _propose, "freeze drafts that were seen", writes=True)
    propose.add_argument("drafts", type=Path, metavar="FILE", help="what draft printed; - for standard input")

    approve = _act(acts, "approve", _approve, "approve proposed statements", writes=True)
    approve.add_argument("numbers", nargs="+", type=int, metavar="NUMBER")

    withdraw = _act(acts, "withdraw", _withdraw, "withdraw a proposed statement", writes=True)
    withdraw.add_argument("number", type=int, metavar="NUMBER")
    withdraw.add_argument("--text", required=True, help="why")

    paid = _act(acts, "paid", _paid, "mark a currency of an approved statement as paid", writes=True)
    paid.add_argument("number", type=int, metavar="NUMBER")
    for name, told in (("currency", "such as EUR"), ("on", "the day of payment"), ("reference", "that of the payment")):
        paid.add_argument(f"--{name}", required=True, help=told)

    hold = _act(acts, "hold", _hold, "set an item aside, or release it", writes=True)
    hold.add_argument("kind", choices=[str(kind) for kind in Kind])
    hold.add_argument("item", metavar="ID")
    hold.add_argument("--text", required=True, help="why")
    hold.add_argument("--release", action="store_true", help="let the next statement take it")

    adjust = _act(acts, "adjust", _adjust, "let a member's next statement pay an amount more", writes=True)
    for name, told in (("user", "id or e-mail"), ("amount", "above 0"), ("currency", "such as EUR"), ("text", "why")):
        adjust.add_argument(f"--{name}", required=True, help=told)

    _act(acts, "statements", _statements, "list statements, one JSON object a line")

    export = _act(acts, "export", _export, "write payroll.csv, lines.csv, items.csv and manifest.json")
    export.add_argument("folder", type=Path, metavar="FOLDER")
    _add_period(export, required=False)
    export.add_argument("--state", choices=[str(state) for state in State], default=str(State.APPROVED))

    verify = _act(acts, "verify", _verify, "see that statements, files and log are as they were written")
    verify.add_argument("--head", action="append", default=[], metavar="N:HASH", help="from a manifest; may repeat")


def _act(
    acts: Any,
    name: str,
    run: Callable[[Pay, Store, argparse.Namespace], int],
    told: str,
    *,
    writes: bool = False,
    optional: bool = False,
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = acts.add_parser(name, help=told)
    add_records(parser)
    parser.add_argument("--organization", metavar="ID", help="needed where the store holds several")
    parser.add_argument("--tz", metavar="Z", help="the pay zone (default: the one that was confirmed last)")
    if writes:
        parser.add_argument("--by", required=not optional, metavar="NAME", help="who acts, as the audit log names them")

    def opened(parsed: argparse.Namespace) -> int:
        with _opened(parsed) as (pay, store):
            return run(pay, store, parsed)

    parser.set_defaults(run=opened)
    return parser


def _add_period(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    parser.add_argument("--from", required=required, dest="first", metavar="D", help="first day, YYYY-MM-DD")
    parser.add_argument("--to", required=required, dest="last", metavar="D", help="last day, included")


@contextmanager
def _opened(parsed: argparse.Namespace) -> Iterator[tuple[Pay, Store]]:
    if parsed.store is None:
        raise InvalidSetting("Pay reads facts: name their store with --store.")
    with closing(open_store(parsed.store, create=False)) as store, closing(records_of(parsed)) as records:
        organization = parsed.organization
        if organization is None:
            with store.reading() as reader:
                found = reader.organizations()
            if len(found) != 1:
                raise InvalidSetting(f"The store holds {len(found)} organizations; name one with --organization.")
            [organization] = found
        yield Pay(store, records, organization, timezone=parsed.tz, rules=_rules(parsed)), store


def _rules(parsed: argparse.Namespace) -> Rules | None:
    given = {name: getattr(parsed, name, None) for name in ("count_rejected", "count_predictions")}
    if not any(given.values()):
        return None
    if not all(given.values()):
        raise InvalidPay("Say both --count-rejected and --count-predictions where one of them changes.")
    return Rules(**{name: _YES[str(word)] for name, word in given.items()})


def _begin(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    terms = pay.begin(parsed.first, _by(parsed))
    rules = {"count_rejected": terms.rules.count_rejected, "count_predictions": terms.rules.count_predictions}
    return _print([{"pay_from": str(terms.pay_from), "timezone": terms.timezone, **rules}])


def _cards(pay: Pay, store: Store, parsed: argparse.Namespace) -> int:
    if parsed.write is not None:
        given = {name: getattr(parsed, name) for name in (*_CARD, "cap_s")}
        if parsed.whom == "member" and parsed.whom_id:
            given["whom_id"] = _member(pay, store, parsed.whom_id)
        card = {name: value for name, value in given.items() if value is not None}
        return _print([document(pay.write_card(_by(parsed), unit=parsed.write, **card))])
    if parsed.end is not None:
        return _print([document(pay.end_card(parsed.end, parsed.valid_until, _by(parsed)))])
    if parsed.void is not None:
        pay.void_card(parsed.void, _by(parsed))
        return 0
    return _print(map(document, pay.cards()))


def _draft(pay: Pay, store: Store, parsed: argparse.Namespace) -> int:
    members = None if parsed.user is None else [_member(pay, store, each) for each in parsed.user]
    found = pay.drafts(parsed.first, parsed.last, members)
    return _print(
        {
            "user": each.user_id,
            "from": str(each.period.first),
            "to": str(each.period.last),
            "sha256": each.sha256,
            "totals": each.totals,
            "statement": json.loads(each.body),
        }
        for each in found
        if members is not None or not each.is_empty or each.left_out
    )


def _propose(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    wanted: list[Proposal] = []
    try:
        text = sys.stdin.read() if str(parsed.drafts) == "-" else parsed.drafts.read_text("utf-8")
        for said in map(json.loads, text.splitlines()):
            statement = said["statement"]
            if statement["lines"] or statement["changes"] or statement["adjustments"]:
                wanted.append((said["user"], said["from"], said["to"], said["sha256"]))
    except OSError as fault:
        raise InvalidSetting(f"{parsed.drafts} cannot be read ({fault.strerror}).") from None
    except (KeyError, TypeError, ValueError):
        raise InvalidPay("These are no drafts; give what perfwidget pay draft printed.") from None
    return _each((f"{each[0]} ({each[1]} to {each[2]})", made) for each, made in pay.propose_all(wanted, _by(parsed)))


def _approve(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    def approved() -> Iterator[tuple[str, Statement | PerfwidgetError]]:
        for number in parsed.numbers:
            try:
                yield str(number), pay.approve(number, _by(parsed))
            except PerfwidgetError as fault:
                yield str(number), fault

    return _each(approved())


def _withdraw(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    return _print([_told(pay.withdraw(parsed.number, parsed.text, _by(parsed)))])


def _paid(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    return _print([_told(pay.paid(parsed.number, parsed.currency, parsed.on, parsed.reference, _by(parsed)))])


def _hold(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    pay.hold(parsed.kind, parsed.item, parsed.text, _by(parsed), held=not parsed.release)
    return 0


def _adjust(pay: Pay, store: Store, parsed: argparse.Namespace) -> int:
    member = _member(pay, store, parsed.user)
    return _print([pay.adjust(member, parsed.amount, parsed.currency, parsed.text, _by(parsed)).document()])


def _statements(pay: Pay, _: Store, __: argparse.Namespace) -> int:
    return _print(map(_told, pay.statements()))


def _export(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    return _print([pay.export(parsed.folder, parsed.first, parsed.last, parsed.state)])


def _verify(pay: Pay, _: Store, parsed: argparse.Namespace) -> int:
    """Write facts that changed since to standard output, and what is wrong to standard error."""
    wrong, changed = pay.verify([Head.parse(each) for each in parsed.head])
    for text in changed:
        sys.stdout.write(f"{text}\n")
    for text in wrong:
        sys.stderr.write(f"perfwidget: {text}\n")
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
    named = {"number": each.number, "user": each.user_id, "state": each.state, "sha256": each.sha256}
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
