"""What the pages of pay need of the widget: its store, its records, its settings, and who asks.

Pay and its records are loaded when a page of theirs is first opened, for SQLAlchemy takes 11 MB of each process.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from perfwidget.errors import PerfwidgetError, RecordsUnavailable, UnconfirmedPay
from perfwidget.metrics import Rules
from perfwidget.page.words import MY_PAY, PAY
from perfwidget.question.access import Role, Viewer
from perfwidget.settings import records_address, records_beside
from perfwidget.stores import Store

if TYPE_CHECKING:
    from perfwidget.pay import Pay
    from perfwidget.pay.terms import Terms
    from perfwidget.records import Records

NO_RECORDS = (
    "Pay needs records, and no file lies beside this store; name some where the dashboard is made, such as "
    'PerformanceWidget(…, records="sqlite:///performance-records.db") or records="postgresql://…".'
)

RECORDS_AWAY = "What is kept of pay cannot be read now. Try again in a moment; if that does not help, tell a payer."
ASK_A_PAYER = "Pay waits until a payer says or confirms since when it answers. Ask somebody who manages pay."


class RecordsDoor:
    """The records, opened when they are first asked for, and again while that fails."""

    def __init__(self, records: "str | Records | None", store: Store) -> None:
        beside = records_beside(f"duckdb:///{store.path}") if records is None and store.path is not None else records
        self._named = records_address(beside) if isinstance(beside, str) else beside
        self._beside = Path(beside.removeprefix("sqlite:///")) if records is None and isinstance(beside, str) else None
        self._opening = threading.Lock()

    @property
    def named(self) -> bool:
        """Whether there are records, or may be."""
        return self._named is not None

    def answers(self) -> bool:
        """Ask the records, and say whether there are any yet; raises RecordsUnavailable where they do not answer."""
        if self._named is None or (self._beside is not None and not self._beside.exists()):
            return False
        self.open().organizations()
        return True

    def open(self) -> "Records":
        """Return the records; raises RecordsUnavailable, also where none are named."""
        with self._opening:
            if self._named is None:
                raise RecordsUnavailable(NO_RECORDS)
            if not isinstance(self._named, str):
                return self._named
            opened: Records = import_module("perfwidget.records").open_records(self._named)
            self._named = opened
            return opened


@dataclass(frozen=True, slots=True)
class PayContext:
    """The widget's store, records and settings, and its words on the current request."""

    store: Store
    records: RecordsDoor
    viewer: Callable[[], Viewer]
    """Who asks; raises Unauthenticated and Forbidden."""
    rules: Rules
    timezone: str | None
    """The pay zone; None takes what was confirmed last."""
    pay_roles: frozenset[Role]
    place: Callable[[], AbstractContextManager[None]]
    """Holds one of the few places in which questions are answered; raises Busy."""
    prefix: Callable[[], str]
    """The public address of the dashboard, up to and with its last `/`."""
    max_period_days: int
    contest_days: int
    """The days in which a question is to be answered."""

    def pay(self, viewer: Viewer) -> "Pay":
        """Return the pay of the viewer's organization."""
        pay: Pay = import_module("perfwidget.pay").Pay(
            self.store,
            self.records.open(),
            viewer.organization_id,
            timezone=self.timezone,
            rules=self.rules,
            pay_roles=self.pay_roles,
            contest_days=self.contest_days,
        )
        return pay

    def zone(self, terms: "Terms | None") -> str:
        """Return the zone whose days the pages show."""
        return self.timezone or (terms.timezone if terms else "UTC")

    def manages(self, viewer: Viewer) -> bool:
        """Say whether the viewer's role manages pay."""
        return viewer.known_role() in self.pay_roles

    def may_manage(self) -> bool:
        """Say whether who asks manages pay; False also for who may not ask at all."""
        try:
            return self.manages(self.viewer())
        except PerfwidgetError:
            return False

    def told(self, fault: PerfwidgetError) -> str:
        """Return the sentence of a fault; what only payers can mend is told to others as theirs."""
        if self.may_manage():
            return str(fault)
        if isinstance(fault, RecordsUnavailable) and self.records.named:
            return RECORDS_AWAY
        return ASK_A_PAYER if isinstance(fault, UnconfirmedPay) else str(fault)

    def link(self, viewer: Viewer) -> tuple[str, str] | None:
        """Return the word and the address of the page that is for a viewer; None where there are no records."""
        if not self.records.named:
            return None
        word, page = (PAY, "pay") if self.manages(viewer) else (MY_PAY, "my-pay")
        return word, f"{self.prefix()}{page}"

    def texts(self, viewer: Viewer, person: str, hashes: set[str]) -> Mapping[str, str]:
        """Map hashes to the texts about a member, who is named by their random number, that were not forgotten."""
        with self.records.open().reading(viewer.organization_id) as transaction:
            found = transaction.texts(hashes)
        return {digest: text for (digest, of), text in found.items() if of == person}
