"""Drafts of a month of many members of whom years are settled: beside reading all of that again, and one statement.

The statement by hand sums up the lead times of the month. It knows no card, no settled item and no document: a floor.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import date
from pathlib import Path

import duckdb

from perfwidget import open_store
from perfwidget.pay import Pay
from perfwidget.question.period import Period
from perfwidget.records import Records, open_records
from perfwidget.records.tables import QUIET
from perfwidget.stores import Store
from tests.benchmarks.filling import MEMORY
from tests.benchmarks.measuring import Measure, compared, in_turns
from tests.benchmarks.pay_run import PAYER, begun, of_its_own
from tests.benchmarks.site import Site
from tests.benchmarks.world import FIRST_DAY, FIRST_MEMBER
from tests.worlds import ORGANIZATION

PART = "pay"
MEMBERS = 25
"""Members who are paid, the first ones."""
BEFORE, MONTH = (FIRST_DAY, date(2025, 11, 30)), (date(2025, 12, 1), date(2025, 12, 31))
LEAST = 3

_BY_HAND = """
    SELECT completed_by, project_id, count(*), sum(lead_time) FROM annotations
    WHERE organization_id = $organization AND completed_by IN (SELECT unnest($members))
    AND completed_at >= $start AND completed_at < $end AND NOT was_cancelled AND lead_time >= 0
    GROUP BY completed_by, project_id
"""


def settle(store: Store, records: Records, members: list[str]) -> Pay:
    """Let all work of members before the month be paid by the hour."""
    pay = Pay(store, records, ORGANIZATION, timezone="UTC")
    begun(pay)
    seen = [(each.user_id, *BEFORE, each.sha256) for each in pay.drafts(*BEFORE, PAYER, members) if not each.is_empty]
    for _, made in pay.propose_all(seen, PAYER):
        if isinstance(made, Exception):
            raise made
        pay.approve(made.number, PAYER)
    return pay


def bodies(pay: Pay, members: list[str]) -> list[str]:
    """Return the documents of the month's drafts."""
    return [each.body for each in pay.drafts(*MONTH, PAYER, members)]


def without_what_is_quiet(folder: Path, known: Path) -> Records:
    """Return a copy of records that knows of nothing that need not be read."""
    shutil.copy(known, folder / "all.records")
    records = open_records(f"sqlite:///{folder}/all.records")
    with records.writing(ORGANIZATION) as transaction:
        transaction.remove(QUIET)
    return records


def run(site: Site) -> Iterator[Measure]:
    """Say how long one run takes that pays all work of all time, and how much memory it holds at the most."""
    with tempfile.TemporaryDirectory(prefix="perfwidget-pay-") as folder:
        told = of_its_own(site.address, Path(folder))
    for act, (took, held) in told["acts"].items():
        what = f"{act} {told['items']:,} items in one run"
        yield Measure(PART, what, "perfwidget", "s", took)
        yield Measure(PART, f"{what}: memory, at the most", "perfwidget", "B", held)


def measure(site: Site) -> Iterator[Measure]:
    """Draft the month in turns, once both ways to read come to the same documents."""
    yield from run(site)
    members = [str(FIRST_MEMBER + place) for place in range(min(MEMBERS, site.world.members))]
    folder = Path(tempfile.mkdtemp(prefix="perfwidget-pay-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        store = stack.enter_context(closing(open_store(site.address)))
        with closing(open_records(f"sqlite:///{folder}/known.records")) as first:
            settle(store, first, members)
        known = stack.enter_context(closing(open_records(f"sqlite:///{folder}/known.records")))
        every = stack.enter_context(closing(without_what_is_quiet(folder, folder / "known.records")))
        pay, again = (Pay(store, records, ORGANIZATION, timezone="UTC") for records in (known, every))
        if bodies(pay, members) != bodies(again, members):
            raise AssertionError("Drafts differ once all work is read again.")
        settings = {"memory_limit": MEMORY}
        beside = stack.enter_context(duckdb.connect(str(site.beside), read_only=True, config=settings))
        period = Period(*MONTH, "UTC")
        given = {"organization": ORGANIZATION, "members": members, "start": period.start, "end": period.end}
        asked: dict[str, Callable[[], object]] = {
            "perfwidget": lambda: [each.totals for each in pay.drafts(*MONTH, PAYER, members)],
            "with documents": lambda: bodies(pay, members),
            "reading all work": lambda: [each.totals for each in again.drafts(*MONTH, PAYER, members)],
            "one sum by hand": lambda: beside.execute(_BY_HAND, given).fetchall(),
        }
        yield from compared(PART, f"drafts of {len(members)} members, one month", in_turns(asked, LEAST))
