"""A program that dies again and again while it proposes and approves, and looks each time at what is left.

`python -m tests.pay.killing FOLDER RECORDS KILLS STRIDE` dies before the first statement to the records, then so many
statements later, and so on; after the last one it begins anew. It ends with 1 and a sentence where something is wrong.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count

from sqlalchemy import event

from perfwidget.pay import Pay
from perfwidget.pay.statements import statements
from perfwidget.pay.verifying import differences
from perfwidget.records import open_records
from perfwidget.records.tables import SETTLED
from perfwidget.stores import open_store
from tests.pay.payrolls import ANNA, work
from tests.worlds import ORGANIZATION, people

FIRST = date(2023, 1, 1)


def in_child(act: Callable[[], None]) -> int:
    """Do something in a process of its own; return how it ended. Nothing is open when it begins."""
    child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException as fault:
            sys.stderr.write(f"{fault!r}\n")
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def prepare(folder: str, url: str, days: int) -> None:
    """Write an annotation a day, and the card that pays them."""
    store, records = open_store(f"duckdb:///{folder}/facts.duckdb"), open_records(url)
    noons = [(FIRST + timedelta(days=number)).isoformat() + " 12:00" for number in range(days)]
    store.write([*people(), *(work(number, noon, 100) for number, noon in enumerate(noons))])
    pay = Pay(store, records, ORGANIZATION, timezone="UTC")
    pay.begin(FIRST, ANNA)
    pay.write_card(ANNA, unit="hour", amount="36", currency="EUR", valid_from=FIRST)
    store.close()


def settle(folder: str, url: str, day: date, dies_at: int) -> None:
    """Propose and approve a day, unless that is done; die before a statement to the records."""
    store, records = open_store(f"duckdb:///{folder}/facts.duckdb"), open_records(url)
    pay = Pay(store, records, ORGANIZATION, timezone="UTC")
    found = [each for each in pay.statements(ANNA) if each.first == day]
    seen = "" if found else pay.draft("ann", day, day, ANNA).sha256
    done = count(1)

    def die(*_: object) -> None:
        if next(done) == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "commit"):
        event.listen(records._engine, name, die)
    number = found[0].number if found else pay.propose("ann", day, day, seen, ANNA).number
    pay.approve(number, ANNA)
    store.close()


def faults(url: str, day: date, *, approved: bool) -> list[str]:
    """Return what is wrong in the records; a day that was begun may have no statement, or a whole one."""
    records = open_records(url)
    with records.reading(ORGANIZATION) as transaction:
        found = list(differences(transaction))
        known = statements(transaction)
        wanted = (day - FIRST).days + 1
        if len(known) not in ((wanted,) if approved else (wanted - 1, wanted)):
            found.append(f"{len(known)} statements after {wanted} days")
        if any(each.state != "approved" or each.totals["EUR"].amount != "1.00" for each in known[: wanted - 1]):
            found.append("an earlier statement is another one now")
        if len(transaction.rows(SETTLED)) != len(known):
            found.append("items are settled by halves")
    records.close()
    return found


def main(folder: str, url: str, kills: int, stride: int) -> int:
    """Die so many times; return the exit status."""
    if in_child(lambda: prepare(folder, url, kills)) != 0:
        return 1
    at, killed = 1, 0
    for number in range(kills):
        day = FIRST + timedelta(days=number)
        status = in_child(lambda day=day, at=at: settle(folder, url, day, at))  # type: ignore[misc]
        died = os.WIFSIGNALED(status)
        killed += died
        at = at + stride if died else 1
        wrong = faults(url, day, approved=not died)
        if died and not wrong:
            status = in_child(lambda day=day: settle(folder, url, day, 0))  # type: ignore[misc]
            wrong = faults(url, day, approved=True)
        if wrong or status != 0:
            sys.stderr.write(f"Before statement {at}: {wrong}, status {status}\n")
            return 1
    sys.stdout.write(f"{killed}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
