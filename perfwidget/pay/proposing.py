"""Proposing: a draft is frozen as a statement, and what it pays is settled from now on."""

from typing import Any

from perfwidget.pay.draft import Draft
from perfwidget.pay.quiet import keep_quiet, last_ends
from perfwidget.pay.sorting import Item
from perfwidget.pay.statements import PROPOSED, Statement, signed, statement
from perfwidget.records import Actor, Transaction, audit
from perfwidget.records.canonical import canonical
from perfwidget.records.tables import ADJUSTMENTS, SETTLED, STATEMENTS, TOLD, TOTALS


def propose(transaction: Transaction, draft: Draft, by: Actor, **details: Any) -> Statement:
    """Freeze a draft under the next number; what it pays is settled from now on."""
    last = transaction.last(STATEMENTS, STATEMENTS.c.number)
    number = 1 if last is None else last.number + 1
    row = {
        "number": number,
        "person": draft.person,
        "first": draft.period.first.isoformat(),
        "last": draft.period.last.isoformat(),
        "state": PROPOSED,
        "body": draft.body.encode(),
        "sha256": draft.sha256,
    }
    transaction.add(STATEMENTS, [{**row, **signed(transaction, by)}])
    totals = [{"statement": number, "currency": code, "amount": amount} for code, amount in draft.totals.items()]
    transaction.add(TOTALS, totals)
    transaction.add(SETTLED, [_settled(item, number, draft.person) for item in draft.items])
    transaction.add(TOLD, _told(draft, number))
    for adjustment in draft.adjustments:
        transaction.change(ADJUSTMENTS, ADJUSTMENTS.c.number == adjustment.number, statement=number)
    ends = last_ends(transaction, {draft.user_id: draft.person}, draft.period.timezone)
    digested = draft.read.stretches.digested(ends)[draft.user_id]
    quiet = keep_quiet(transaction, draft.person, digested, draft.read.look(draft))
    details = {**details, "quiet": quiet}
    facts = {"statement": number, "first": row["first"], "last": row["last"], "sha256": draft.sha256}
    audit.append(transaction, by, PROPOSED, draft.person, **facts, totals=dict(draft.totals), **details)
    return statement(transaction, number)


def _settled(item: Item, number: int, person: str) -> dict[str, Any]:
    return {
        "kind": str(item.work.kind),
        "item_id": item.work.item_id,
        "step": item.step,
        "statement": number,
        "person": person,
        "card_id": item.card.card_id,
        "project_id": item.work.project_id,
        "work_day": item.work_day.isoformat(),
        "time": item.work.time,
        "begins": item.work.begins,
        "ends": item.work.at,
    }


def _told(draft: Draft, number: int) -> list[dict[str, Any]]:
    """Return the rows of what a draft tells of: a statement tells once of an item, so its number tells them apart."""
    return [
        {
            "kind": str(each.kind),
            "item_id": each.item_id,
            "person": draft.person,
            "number": number,
            "statement": number,
            "state": canonical(list(each.state)),
        }
        for each in draft.changes
    ]
