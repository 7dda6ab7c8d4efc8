"""The parts of a statement's canonical JSON that items, changes and what is left out come to."""

from collections.abc import Sequence
from typing import Any

from perfwidget.pay.amounts import exact
from perfwidget.pay.cards import Unit
from perfwidget.pay.changes import Change, Told
from perfwidget.pay.lines import Line
from perfwidget.pay.sorting import Item, LeftOut, Reason


def line_document(line: Line) -> dict[str, Any]:
    """Return what the JSON says of a line."""
    return {
        "card": line.card.card_id,
        "project": line.project_id,
        "workspace": line.workspace_id,
        "due": str(line.due),
        "quantity": exact(line.quantity),
        "unit": "us" if line.card.unit.is_time else "items",
        "median_us": None if line.median is None else exact(line.median),
        "rate": format(line.card.amount, "f"),
        "amount": line.amount,
        "currency": line.card.currency,
        "card_written_after_work": line.written_after_work,
        "items": [_item(item) for item in line.items],
    }


def _item(item: Item) -> dict[str, Any]:
    told = {
        **item.work.columns,
        **(item.work.acceptance if item.card.unit is Unit.ACCEPTED_ANNOTATION else {}),
        "kind": str(item.work.kind),
        "id": item.work.item_id,
        "step": item.step,
        "work_day": item.work_day.isoformat(),
        "quantity": item.quantity,
    }
    return told if item.paid_before is None else {**told, "paid_before_us": item.paid_before}


def change_documents(told: Sequence[Told]) -> list[dict[str, Any]]:
    """Return what the JSON says of changes: one part for each sort of them that there is."""
    found = []
    for change in Change:
        items = [
            {"kind": str(each.kind), "id": each.item_id, "project": each.project_id, "state": list(each.state)}
            for each in told
            if each.change is change
        ]
        if items:
            found.append({"change": str(change), "amount": "0.00", "items": items})
    return found


def left_out_documents(left_out: Sequence[LeftOut]) -> list[dict[str, Any]]:
    """Return what the JSON says of what is left out: one part for each reason."""
    found: dict[Reason, list[dict[str, Any]]] = {reason: [] for reason in Reason}
    for each in left_out:
        told = {
            **each.work.columns,
            "kind": str(each.work.kind),
            "id": each.work.item_id,
            "project": each.work.project_id,
        }
        found[each.reason].append(told if each.text is None else {**told, "text": each.text})
    return [{"reason": str(reason), "items": items} for reason, items in found.items()]
