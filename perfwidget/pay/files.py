"""Files of pay: what is to be paid, its lines and its items as CSV, and a manifest that names their hashes."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any

from perfwidget.facts.columns import FIRST_INSTANT
from perfwidget.pay.amounts import minor_units, written
from perfwidget.pay.statements import APPROVED, PROPOSED, Statement
from perfwidget.question.period import zone
from perfwidget.records.audit import Head
from perfwidget.report.exports import csv_lines, id_cell, text_cell
from perfwidget.stores.choosing import Profile

PEOPLE = ("user_id", "user_email", "user_name")
PERIOD = ("from", "to", "timezone")
PAYROLL = (*PEOPLE, "currency", "amount", "state", "statements", "paid_on", "reference", *PERIOD)
LINES = (
    "statement", "state", *PEOPLE, *PERIOD, "line", "due", "project_id", "workspace_id", "unit", "clock", "cap_s",
    "items", "quantity", "quantity_unit", "rate", "amount", "currency", "card_id", "card_written_after_work",
)  # fmt: skip
ITEMS = (
    "statement", "state", "user_id", "line", "kind", "id", "step", "project_id", "task_id", "annotation_id", "work_day",
    "at", "opened_at", "action", "lead_time_us", "paid_before_us", "quantity", "quantity_unit",
)  # fmt: skip


class State(StrEnum):
    """Which amounts a file has: of statements that wait, of those to be paid, of those that were paid, or all."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    PAID = "paid"
    ALL = "all"


def amounts(statement: Statement, state: State) -> dict[str, str]:
    """Map the currencies of a statement that are in a state to their states; withdrawn statements have none."""
    if statement.state not in (PROPOSED, APPROVED):
        return {}
    found = {
        code: State.PROPOSED if statement.state == PROPOSED else State.PAID if each.paid_on else State.APPROVED
        for code, each in statement.totals.items()
    }
    return {code: str(each) for code, each in found.items() if state in (State.ALL, each)}


def payroll_csv(
    statements: Sequence[Statement], people: Mapping[str, Profile], state: State = State.APPROVED
) -> Iterator[str]:
    """Write a row a member and currency, of what is approved and unpaid unless told otherwise."""
    grouped: dict[tuple[Any, ...], list[Statement]] = defaultdict(list)
    for each in statements:
        for code, stands in amounts(each, state).items():
            total = each.totals[code]
            key = (each.user_id or each.person, code, stands, total.paid_on or "", total.reference or "")
            grouped[key].append(each)
    yield from csv_lines([PAYROLL])
    for (member, code, stands, paid_on, reference), some in sorted(grouped.items()):
        amount = written(sum(minor_units(each.totals[code].amount, code) for each in some), code)
        numbers = " ".join(str(each.number) for each in some)
        first, last = min(each.first for each in some), max(each.last for each in some)
        zones = " ".join(sorted({each.document["period"]["timezone"] for each in some}))
        cells = [code, amount, stands, text_cell(numbers), paid_on, text_cell(reference) if reference else ""]
        yield from csv_lines([[*_person(member, people), *cells, str(first), str(last), text_cell(zones)]])


def lines_csv(
    statements: Sequence[Statement], people: Mapping[str, Profile], state: State = State.APPROVED
) -> Iterator[str]:
    """Write a row a line: of work, of adjustments, and of changes at nothing."""
    yield from csv_lines([LINES])
    for each in _chosen(statements, state):
        said = each.document
        cards = {card["card_id"]: card for card in said["cards"]}
        period = [said["period"]["first"], said["period"]["last"], text_cell(said["period"]["timezone"])]
        begins = [str(each.number), each.state, *_person(each.user_id or each.person, people), *period]
        for place, line in enumerate(said["lines"], 1):
            card = cards[line["card"]]
            yield from csv_lines(
                [[*begins, str(place), line["due"], id_cell(line["project"]), _id(line["workspace"]), card["unit"],
                  card["clock"] or "", _number(card["cap_s"]), str(len(line["items"])), line["quantity"], line["unit"],
                  line["rate"], line["amount"], line["currency"], str(line["card"]),
                  "true" if line["card_written_after_work"] else "false"]]
            )  # fmt: skip
        for change in said["changes"]:
            cells = ["", change["change"], *[""] * 5, str(len(change["items"])), *[""] * 3, "0", "", "", ""]
            yield from csv_lines([[*begins, *cells]])
        for made in said["adjustments"]:
            cells = ["", "adjustment", *[""] * 9, made["amount"], made["currency"], "", ""]
            yield from csv_lines([[*begins, *cells]])


def items_csv(statements: Sequence[Statement], state: State = State.APPROVED) -> Iterator[str]:
    """Write a row an item that is paid, with the columns it was counted by."""
    yield from csv_lines([ITEMS])
    for each in _chosen(statements, state):
        said = each.document
        instant = _instants(said["period"]["timezone"])
        for place, line in enumerate(said["lines"], 1):
            begins = [str(each.number), each.state, id_cell(each.user_id or each.person), str(place)]
            for item in line["items"]:
                at = item.get("completed_at", item.get("closed_at", item.get("created_at")))
                action = item.get("last_action", item.get("action", ""))
                yield from csv_lines(
                    [[*begins, item["kind"], id_cell(item["id"]), str(item["step"]), id_cell(line["project"]),
                      _id(item.get("task_id")), _id(item.get("annotation_id")), item["work_day"], instant(at),
                      instant(item.get("opened_at")), action, _number(item.get("lead_time_us")),
                      _number(item.get("paid_before_us")), str(item["quantity"]), line["unit"]]]
                )  # fmt: skip


def write_files(
    folder: Path, statements: Sequence[Statement], people: Mapping[str, Profile], state: State, head: Head
) -> dict[str, Any]:
    """Write payroll.csv, lines.csv, items.csv and manifest.json into a folder; return what the manifest says."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "payroll.csv": payroll_csv(statements, people, state),
        "lines.csv": lines_csv(statements, people, state),
        "items.csv": items_csv(statements, state),
    }
    files = {name: _write(folder / name, text) for name, text in texts.items()}
    manifest = manifest_of(files, statements, state, head)
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return manifest


def manifest_of(files: Mapping[str, Any], statements: Sequence[Statement], state: State, head: Head) -> dict[str, Any]:
    """Return what a manifest says of files: their hashes, those of their statements, and the head of the audit log."""
    chosen = _chosen(statements, state)
    named = [{"number": each.number, "sha256": each.sha256, "state": each.state} for each in chosen]
    return {
        "files": dict(files),
        "state": str(state),
        "statements": named,
        "audit_head": str(head),
        "perfwidget": version("perfwidget"),
    }


def _write(path: Path, texts: Iterator[str]) -> dict[str, Any]:
    digest, rows = hashlib.sha256(), -1
    with path.open("w", encoding="utf-8", newline="") as file:
        for text in texts:
            file.write(text)
            digest.update(text.encode())
            rows += 1
    return {"sha256": digest.hexdigest(), "rows": rows}


def _chosen(statements: Sequence[Statement], state: State) -> Iterator[Statement]:
    """Yield the statements that are in a state, also those that come to nothing; no withdrawn ones."""
    for each in statements:
        stands = each.state in (PROPOSED, APPROVED) and not each.totals
        if amounts(each, state) or (stands and str(state) in (each.state, State.ALL)):
            yield each


def _person(member: str, people: Mapping[str, Profile]) -> list[str]:
    known = people.get(member)
    email, name = ("", "") if known is None else (known.email or "", known.name or "")
    return [id_cell(member), text_cell(email), text_cell(name)]


def _id(value: str | None) -> str:
    return "" if value is None else id_cell(value)


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _instants(timezone: str) -> Callable[[int | None], str]:
    place = zone(timezone)

    def written_at(instant: int | None) -> str:
        if instant is None:
            return ""
        return (FIRST_INSTANT + timedelta(microseconds=instant)).astimezone(place).isoformat()

    return written_at
