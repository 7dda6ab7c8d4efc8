"""One run of pay in a process of its own, which says how long each act took and how much memory was held at the most.

`python -m tests.benchmarks.pay_run STORE FOLDER` pays members' work of all time, up to so many items.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from perfwidget import open_store
from perfwidget.pay import Actor, Pay, Statement
from perfwidget.records import open_records
from tests.benchmarks.measuring import seconds
from tests.benchmarks.world import FIRST_DAY, LAST_DAY
from tests.worlds import ORGANIZATION

ITEMS = 1_000_000
PAYER = Actor.command_line("bench")
ROOT = Path(__file__).parents[2]


def begun(pay: Pay) -> None:
    """Let pay begin with the first day, by the hour and by the review."""
    pay.begin(FIRST_DAY, PAYER)
    card = {"currency": "EUR", "valid_from": FIRST_DAY}
    pay.write_card(PAYER, unit="hour", amount="12", clock="capped", cap_s=1_200, **card)
    pay.write_card(PAYER, unit="review", amount="0.05", **card)


def of_its_own(store: str, folder: Path) -> dict[str, Any]:
    """Return what a run in another process tells: its items, and of each act the seconds and bytes."""
    command = [sys.executable, "-m", "tests.benchmarks.pay_run", store, str(folder)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return dict(json.loads(told))


def _run(pay: Pay, folder: Path) -> dict[str, Any]:
    proposals: list[tuple[str, Any, Any, str]] = []
    found: dict[str, Any] = {"items": 0, "acts": {}}

    def propose() -> None:
        for draft in pay.drafts(FIRST_DAY, LAST_DAY, PAYER):
            found["items"] += sum(line.count for line in draft.lines)
            if not draft.is_empty:
                proposals.append((draft.user_id, FIRST_DAY, LAST_DAY, draft.sha256))
            if found["items"] >= ITEMS:
                break
        for _, made in pay.propose_all(proposals, PAYER):
            if not isinstance(made, Statement):
                raise made

    def verify() -> None:
        wrong = pay.verify(PAYER)
        if wrong != ([], []):
            raise AssertionError(wrong)

    acts: dict[str, Callable[[], object]] = {
        "propose": propose,
        "export": lambda: pay.export(folder / "files", PAYER, state="all"),
        "verify": verify,
    }
    for name, act in acts.items():
        took = seconds(act)
        found["acts"][name] = took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return found


def main() -> None:
    """Make one run, and print what it took as JSON."""
    store, folder = sys.argv[1], Path(sys.argv[2])
    with closing(open_store(store)) as facts, closing(open_records(f"sqlite:///{folder}/run.records")) as records:
        pay = Pay(facts, records, ORGANIZATION, timezone="UTC")
        begun(pay)
        sys.stdout.write(json.dumps(_run(pay, folder)))


if __name__ == "__main__":
    main()
