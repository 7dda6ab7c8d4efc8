"""`perfwidget pay`: cards, drafts, statements, files and proof on the command line; writing needs `--by NAME`."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from perfwidget.errors import InvalidPay, InvalidSetting
from perfwidget.metrics import Rules
from perfwidget.pay import commands
from perfwidget.pay.contests import Answer
from perfwidget.pay.files import State
from perfwidget.pay.payroll import Pay
from perfwidget.pay.work import Kind
from perfwidget.records.command_line import add_records, records_of
from perfwidget.stores import Store, open_store

_YES = {"yes": True, "no": False}


def add_command(paying: argparse.ArgumentParser) -> None:
    """Let a parser read what is done about pay."""
    acts = paying.add_subparsers(required=True, metavar="ACT")

    begin = _act(acts, "begin", commands.begin, "say since when pay answers, or confirm a changed zone", writes=True)
    begin.add_argument("--from", dest="first", metavar="D", help="the first day, which is fixed once statements stand")
    for rule in ("rejected", "predictions"):
        begin.add_argument(f"--count-{rule}", choices=_YES, help=f"whether {rule} count, as the page has it")

    cards = _act(acts, "cards", commands.cards, "list rate cards; write, end or void one", writes=True, optional=True)
    change = cards.add_mutually_exclusive_group()
    change.add_argument("--write", metavar="UNIT", help="annotation, accepted_annotation, hour, review or review_hour")
    change.add_argument("--end", type=int, metavar="CARD", help="let a card end with --valid-until")
    change.add_argument("--void", type=int, metavar="CARD", help="take back an unused card")
    for name in commands.CARD:
        cards.add_argument(f"--{name.replace('_', '-')}", metavar=name.upper())
    cards.add_argument("--cap-s", type=int, metavar="S", help="whole seconds that count of each, with --clock capped")

    draft = _act(acts, "draft", commands.draft, "print what statements would be now, one JSON object a line")
    _add_period(draft)
    draft.add_argument("--user", action="append", metavar="ID|EMAIL", help="a member; may repeat (default: everybody)")

    propose = _act(acts, "propose", commands.propose, "freeze drafts that were seen", writes=True)
    propose.add_argument("drafts", type=Path, metavar="FILE", help="what draft printed; - for standard input")

    approve = _act(acts, "approve", commands.approve, "approve proposed statements", writes=True)
    approve.add_argument("numbers", nargs="+", type=int, metavar="NUMBER")

    approve.add_argument("--despite-contests", action="store_true", help="though the member has open questions")

    withdraw = _act(acts, "withdraw", commands.withdraw, "withdraw a proposed statement", writes=True)
    withdraw.add_argument("number", type=int, metavar="NUMBER")
    withdraw.add_argument("--text", required=True, help="why")

    paid = _act(acts, "paid", commands.paid, "mark a currency of an approved statement as paid", writes=True)
    paid.add_argument("number", type=int, metavar="NUMBER")
    for name, told in (("currency", "such as EUR"), ("on", "the day of payment"), ("reference", "that of the payment")):
        paid.add_argument(f"--{name}", required=True, help=told)

    contests = _act(acts, "contests", commands.contests, "list questions about statements, one JSON object a line")
    contests.add_argument("--open", action="store_true", help="only those that wait for an answer")

    answer = _act(acts, "answer", commands.answer, "answer a question about a statement", writes=True)
    answer.add_argument("number", type=int, metavar="NUMBER")
    answer.add_argument("word", choices=[str(word) for word in Answer])
    answer.add_argument("--text", required=True, help="what the member is told")

    hold = _act(acts, "hold", commands.hold, "set an item aside, or release it", writes=True)
    hold.add_argument("kind", choices=[str(kind) for kind in Kind])
    hold.add_argument("item", metavar="ID")
    hold.add_argument("--text", required=True, help="why")
    hold.add_argument("--release", action="store_true", help="let the next statement take it")

    adjust = _act(acts, "adjust", commands.adjust, "let a member's next statement pay an amount more", writes=True)
    for name, told in (("user", "id or e-mail"), ("amount", "above 0"), ("currency", "such as EUR"), ("text", "why")):
        adjust.add_argument(f"--{name}", required=True, help=told)

    taken = _act(acts, "take-back", commands.take_back, "take back an adjustment that no statement took", writes=True)
    taken.add_argument("number", type=int, metavar="NUMBER", help="of the adjustment, as adjust and drafts have it")
    taken.add_argument("--text", required=True, help="why")

    _act(acts, "statements", commands.statements, "list statements, one JSON object a line")

    export = _act(acts, "export", commands.export, "write payroll.csv, lines.csv, items.csv and manifest.json")
    export.add_argument("folder", type=Path, metavar="FOLDER")
    _add_period(export, required=False)
    export.add_argument("--state", choices=[str(state) for state in State], default=str(State.APPROVED))

    verify = _act(acts, "verify", commands.verify, "see that statements, files and log are as they were written")
    whence = "from a manifest or a printed statement; may repeat"
    verify.add_argument("--head", action="append", default=[], metavar="[N:]HASH", help=whence)


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
    with closing(open_store(parsed.store, create=False, wait=0)) as store, closing(records_of(parsed)) as records:
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
