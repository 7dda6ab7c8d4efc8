"""Items of a line as rows: what each is, when it was done, and how much of it counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from perfwidget.facts.columns import FIRST_INSTANT
from perfwidget.page import formats as page_formats
from perfwidget.pay.work import Kind
from perfwidget.pay_pages import documents, formats, words
from perfwidget.pay_pages.directory import RowLinks
from perfwidget.pay_pages.documents import Group
from perfwidget.question.period import zone

_ACTIONS = {"accepted": "accepted", "rejected": "rejected", "fixed_and_accepted": "fixed and accepted"}


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item as people read it."""

    kind: str
    item_id: str
    named: str
    """Its kind and id, to be read."""
    task: str
    done: str
    told: str
    time: str
    before: str
    counts: str
    link: str | None


def shown_item(item: Mapping[str, Any], group: Group, links: RowLinks) -> ShownItem:
    """Return an item as a row; with the address of its row on the dashboard where the viewer may see it."""
    at = item.get("completed_at", item.get("closed_at", item.get("created_at")))
    time, before, quantity = documents.time_of(item), item.get("paid_before_us"), item.get("quantity")
    whole = item.get("lead_time_us", time) if item["kind"] == Kind.ANNOTATION else time
    return ShownItem(
        kind=item["kind"],
        item_id=item["id"],
        named=f"{words.kind(item['kind'])} {page_formats.shown(item['id'])}",
        task=page_formats.shown(item.get("task_id")) or words.NOTHING,
        done=words.NOTHING if at is None else _moment(at, links.timezone),
        told=_ACTIONS.get(str(item.get("action", "")), ""),
        time=words.NOTHING if whole is None else formats.exact_seconds(whole),
        before=words.NOTHING if before is None else formats.exact_seconds(before),
        counts=formats.exact_seconds(quantity) if group.is_time and quantity is not None else "",
        link=links.to(item, item.get("project") or group.project or ""),
    )


def _moment(instant: int, timezone: str) -> str:
    return page_formats.moment((FIRST_INSTANT + timedelta(microseconds=instant)).astimezone(zone(timezone)))
