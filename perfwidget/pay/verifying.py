"""Seeing that statements, settled items and the audit log are as they were written, and which facts changed since."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from perfwidget.pay.amounts import HOUR, exact, minor_units, rounded, written
from perfwidget.pay.cards import Clock
from perfwidget.pay.columns import accept, read_named
from perfwidget.pay.lines import median_of
from perfwidget.pay.logged import Logged, beside
from perfwidget.pay.statements import WITHDRAWN, Statement, statements
from perfwidget.pay.work import Key, Kind, owners_of
from perfwidget.question.access import ScopedQuery
from perfwidget.records import Transaction, audit
from perfwidget.records.canonical import canonical, sha256
from perfwidget.records.tables import SETTLED, STATEMENTS, TOTALS
from perfwidget.stores import Reader

OWN = frozenset({"kind", "id", "step", "work_day", "quantity", "paid_before_us"})
"""What an item of a document has beside the columns of its facts."""


def differences(transaction: Transaction, heads: Sequence[audit.Head] = ()) -> Iterator[str]:
    """Yield a sentence for each thing in the records that is not as it was written."""
    yield from audit.faults(transaction, heads)
    logged = Logged(transaction)
    known = statements(transaction, one_by_one=True)
    numbers = {each.number for each in known}
    for number in range(1, 1 + max((*logged.sha256, *numbers, 0))):
        if number not in numbers:
            yield f"Statement {number} is missing."
    for each in known:
        told = [_bytes(each, logged), _arithmetic(each), _records(transaction, each, logged)]
        for fault in dict.fromkeys(fault for faults in told for fault in _readable(faults)):
            yield f"Statement {each.number}: {fault}"
    yield from beside(transaction, logged)


def _readable(faults: Iterator[str]) -> list[str]:
    """Return faults of a document, or that it cannot be read."""
    try:
        return list(faults)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return ["its JSON cannot be read."]


def _bytes(each: Statement, logged: Logged) -> Iterator[str]:
    if sha256(each.body) != each.sha256:
        yield "its bytes are not those that were proposed."
    if logged.sha256.get(each.number) != each.sha256:
        yield "its hash is not the one in the audit log."
    if logged.state.get(each.number) != each.state:
        yield f"it is {each.state}, and the audit log says {logged.state.get(each.number)}."
    if logged.acknowledged.get(each.number) != each.acknowledged_at:
        yield "whether the member acknowledged it is not what the audit log says."


def _arithmetic(each: Statement) -> Iterator[str]:
    """Yield what does not follow from the items of the document."""
    said = json.loads(each.body)
    if canonical(said).encode() != each.body:
        yield "its JSON is not canonical."
    yield from _recomputed(said)


def _recomputed(said: Any) -> Iterator[str]:
    cards = {card["card_id"]: card for card in said["cards"]}
    times: dict[tuple[int, str], list[int]] = defaultdict(list)
    for line in said["lines"]:
        known = [item["lead_time_us"] for item in line["items"] if item.get("lead_time_us") is not None]
        times[line["card"], line["project"]] += known
    totals: dict[str, int] = defaultdict(int)
    for place, line in enumerate(said["lines"], 1):
        card = cards[line["card"]]
        for item in line["items"]:
            if not _fits(item, card):
                yield f"line {place}: {item['kind']} {item['id']} does not count {item['quantity']}."
        quantity = Fraction(sum(item["quantity"] for item in line["items"]))
        if card["clock"] == Clock.MEDIAN:
            quantity = len(line["items"]) * median_of(times[line["card"], line["project"]])
        if exact(quantity) != line["quantity"]:
            yield f"line {place}: its items come to {exact(quantity)}, and it says {line['quantity']}."
        divisor = HOUR if line["unit"] == "us" else 1
        amount = rounded(quantity * Fraction(Decimal(card["amount"])) / divisor, card["currency"])
        if (amount, card["amount"], card["currency"]) != (line["amount"], line["rate"], line["currency"]):
            yield f"line {place}: it comes to {amount} {card['currency']}, and it says {line['amount']}."
        totals[card["currency"]] += minor_units(amount, card["currency"])
    for made in said["adjustments"]:
        totals[made["currency"]] += minor_units(made["amount"], made["currency"])
    if {code: written(minor, code) for code, minor in totals.items()} != said["totals"]:
        yield "its totals are not the sums of its lines."


def _fits(item: Mapping[str, Any], card: Mapping[str, Any]) -> bool:
    """Say whether an item counts as much as its columns allow."""
    quantity, cap = int(item["quantity"]), card["cap_s"]
    if card["clock"] in (None, Clock.MEDIAN):
        return quantity == 1
    if item["kind"] == Kind.VISIT:  # less what other visits cover
        longest = int(item["closed_at"] - item["opened_at"])
        return 0 <= quantity <= (longest if cap is None else min(longest, int(cap) * 1_000_000))
    times = (int(item["lead_time_us"]), int(item.get("paid_before_us", 0)))
    now, before = (time if cap is None else min(time, int(cap) * 1_000_000) for time in times)
    return quantity == now - before


def _records(transaction: Transaction, each: Statement, logged: Logged) -> Iterator[str]:
    """Yield what the rows beside the document say otherwise."""
    said = json.loads(each.body)
    days = (said["period"]["first"], said["period"]["last"])
    if (said["person"], *days) != (each.person, each.first.isoformat(), each.last.isoformat()):
        yield "its person and period are not those of its document."
    if any(logged.adjustments.get(made["number"]) != (each.person, made) for made in said["adjustments"]):
        yield "it takes an adjustment that is not in the audit log."
    lines = [(line["project"], item) for line in said["lines"] for item in line["items"]]
    items = {(item["kind"], item["id"], item["step"]): (project, item) for project, item in lines}
    rows = transaction.rows(SETTLED, SETTLED.c.statement == each.number)
    settled = {(row.kind, row.item_id, row.step): row for row in rows}
    wanted = {} if each.state == WITHDRAWN else items
    for kind, identity, step in sorted(wanted.keys() ^ settled.keys()):
        is_there = "not settled" if (kind, identity, step) in wanted else "settled, but not in its lines"
        yield f"{kind} {identity} (step {step}) is {is_there}."
    for key in sorted(wanted.keys() & settled.keys()):
        (project, item), row = wanted[key], settled[key]
        told = (project, item["work_day"], _time(item), item.get("opened_at"))
        if (row.project_id, row.work_day, row.time, row.begins) != told or row.person != each.person:
            yield f"{key[0]} {key[1]} (step {key[2]}) is settled otherwise than its lines say."
    if {code: total.amount for code, total in each.totals.items()} != said["totals"]:
        yield "its amounts are not the totals of its document."
    for total in transaction.rows(TOTALS, TOTALS.c.statement == each.number):
        paid = None if total.paid_on is None else (total.paid_on, total.reference)
        if logged.paid.get((each.number, total.currency)) != paid:
            yield f"the mark that its {total.currency} are paid is not the one in the audit log."


def _time(item: Mapping[str, Any]) -> int | None:
    if item["kind"] == Kind.VISIT:
        return int(item["closed_at"] - item["opened_at"])
    return item.get("lead_time_us")


def changed_since(transaction: Transaction, reader: Reader, asked: ScopedQuery) -> Iterator[str]:
    """Yield a sentence for each item of a standing statement whose facts are others now."""
    for each in statements(transaction, STATEMENTS.c.state != WITHDRAWN, one_by_one=True):
        if each.user_id is not None:
            yield from _changed(transaction, reader, asked, each, each.user_id)


def _changed(
    transaction: Transaction, reader: Reader, asked: ScopedQuery, each: Statement, member: str
) -> Iterator[str]:
    """Yield a sentence for each item of a member's statement whose facts are others now."""
    items = [item for line in each.document["lines"] for item in line["items"]]
    now: dict[Key, dict[str, Any]] = {}
    latest: dict[Key, int] = {}
    for kind in Kind:
        ids = {item["id"] for item in items if item["kind"] == kind}
        work = read_named(reader, asked, [member], kind, ids)
        if kind is Kind.ANNOTATION:
            accept(reader, asked, work)
        now |= {one.key: {**one.columns, **one.acceptance} for one in work.works(work.of(0))}
        steps = (SETTLED.c.item_id, SETTLED.c.step)
        for row in transaction.rows_among(SETTLED, "item_id", ids, SETTLED.c.kind == str(kind), columns=steps):
            latest[kind, row.item_id] = max(row.step, latest.get((kind, row.item_id), 0))
    owners = owners_of(reader, asked, {(Kind(item["kind"]), item["id"]) for item in items} - now.keys())
    for item in items:
        key = Kind(item["kind"]), item["id"]
        if latest.get(key) != item["step"]:
            continue
        if key not in now:
            still = owners.get(key) == member
            word = "does not count for the member any more" if still else "is not the member's any more"
            yield f"Statement {each.number}: {key[0]} {key[1]} {word}."
            continue
        told = {name: value for name, value in item.items() if name not in OWN}
        names = sorted(name for name, value in told.items() if now[key].get(name) != value)
        if names:
            yield f"Statement {each.number}: {key[0]} {key[1]} has another {', '.join(names)} now."
