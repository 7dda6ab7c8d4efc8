"""A small organization that is paid, for tests: facts, records with a clock of their own, and short ways to act."""

import atexit
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from perfwidget.facts import Annotation, Fact, Key, ReviewVisit
from perfwidget.pay import Actor, Draft, Pay, Statement
from perfwidget.records import Records, open_records
from perfwidget.stores import Store, open_store
from tests.worlds import ORGANIZATION, annotation, at, people

ANNA = Actor.command_line("anna")
ZONE = "Europe/Berlin"
NOVEMBER = ("2024-11-01", "2024-11-30")
DECEMBER = ("2024-12-01", "2024-12-31")


class Payroll:
    """Facts, records and pay of one organization, with the hands of a clock."""

    def __init__(self, store: Store, records_url: str, *, zone: str = ZONE) -> None:
        self.store = store
        self._clock = at("2025-02-01")
        self.records: Records = open_records(records_url, lambda: int(self._clock.timestamp()) * 1_000_000)
        self.pay = Pay(store, self.records, ORGANIZATION, timezone=zone)

    def begin(self, begins: str = "2024-11-01") -> None:
        self.store.write(people())
        self.pay.begin(begins, ANNA)

    def now(self, text: str) -> None:
        self._clock = at(text)

    def write(self, *facts: Fact) -> None:
        self.store.write(facts)

    def remove(self, *facts: Fact | Key) -> None:
        self.store.remove(facts)

    def card(self, unit: str = "hour", amount: str = "36", **more: Any) -> Any:
        return self.pay.write_card(
            ANNA, **{"unit": unit, "amount": amount, "currency": "EUR", "valid_from": "2024-01-01", **more}
        )

    def draft(self, period: tuple[str, str] = NOVEMBER, member: str = "ann") -> Draft:
        return self.pay.draft(member, *period, ANNA)

    def propose(self, period: tuple[str, str] = NOVEMBER, member: str = "ann") -> Statement:
        return self.pay.propose(member, *period, self.draft(period, member).sha256, ANNA)

    def settle(self, period: tuple[str, str] = NOVEMBER, member: str = "ann") -> Statement:
        return self.pay.approve(self.propose(period, member).number, ANNA)


@contextmanager
def payroll(folder: Path, records_url: str | None = None, *, zone: str = ZONE, **begun: str) -> Iterator[Payroll]:
    """Give pay that has begun, in a folder of its own."""
    if records_url is None and not begun and zone == ZONE:
        with reopened(_begun(), folder) as made:
            yield made
        return
    with _opened(folder, records_url or f"sqlite:///{folder}/records.db", zone) as made:
        made.begin(**begun)
        yield made


@contextmanager
def reopened(closed: Path, copy: Path | None = None) -> Iterator[Payroll]:
    """Give pay that lies in a folder, or a copy of it, where to make it anew would take longer."""
    folder = closed if copy is None else Path(shutil.copytree(closed, copy, dirs_exist_ok=True))
    with _opened(folder, f"sqlite:///{folder}/records.db", ZONE) as made:
        yield made


@contextmanager
def _opened(folder: Path, records_url: str, zone: str) -> Iterator[Payroll]:
    store = open_store(f"duckdb:///{folder}/facts.duckdb")
    made = Payroll(store, records_url, zone=zone)
    try:
        yield made
    finally:
        made.records.close()
        store.close()


@cache
def _begun() -> Path:
    """Return the folder of pay that has begun and where nothing else was done, made once in a process."""
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with _opened(folder, f"sqlite:///{folder}/records.db", ZONE) as made:
        made.begin()
    return folder


def work(annotation_id: int | str, instant: str, seconds: float | None = 100, **columns: Any) -> Annotation:
    return annotation(annotation_id, instant, lead_time=seconds, **columns)


def again(fact: Annotation, instant: str, seconds: float | None, **columns: Any) -> Annotation:
    """Return an annotation as an update at an instant leaves it."""
    updated: dict[str, Any] = {
        "completed_at": at(instant),
        "updated_at": at(instant),
        "last_action": "updated",
        "lead_time": seconds,
    }
    return replace(fact, **{**updated, **columns})


def visit(visit_id: int | str, opened: str, closed: str | None, **columns: Any) -> ReviewVisit:
    values: dict[str, Any] = {
        "organization_id": ORGANIZATION,
        "visit_id": visit_id,
        "annotation_id": 1,
        "project_id": "p1",
        "user_id": "rev",
        "opened_at": at(opened),
        "closed_at": None if closed is None else at(closed),
    }
    return ReviewVisit(**{**values, **columns})


def lines(of: Draft) -> list[tuple[str, str, str, str]]:
    """Return project, due, items and amount of each line."""
    return [
        (line.project_id, str(line.due), " ".join(each.work.item_id for each in line.items), line.amount)
        for line in of.lines
    ]


def left(of: Draft) -> list[tuple[str, str]]:
    return [(each.work.item_id, str(each.reason)) for each in of.left_out]


def told(of: Draft) -> list[tuple[str, str]]:
    return [(each.item_id, str(each.change)) for each in of.changes]
