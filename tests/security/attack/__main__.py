"""Attacks the sample platform, and prints what came of it beside what came of it in version 1.0: `make attack`.

Each attack runs against a server of its own process, started as a newcomer starts it. With a folder as argument, the
checkout there is attacked. The exit status says whether everything was as promised.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.security.attack import members, strangers
from tests.security.attack.finding import Finding
from tests.security.attack.running import ROOT, Server, running

MEASURED = "1.0, on 30 November 2026, on a busy machine"
ONE, READING, TWO = (
    "one member on 40 connections",
    "one member's 20 slow readers",
    "two members' slow readers in all places",
)
ODD, FORMULAS, SITE = "odd and oversized requests", "formulas in names and comments", "another site"
HANGS = "Label Studio hangs under 200 made-up sessions"
BEFORE = {
    f"{ONE}: another's questions answered": "12 of 30",
    f"{ONE}: another's pages and reports answered": "14 of 60",
    f"{ONE}: as fast as promised": "median 0.018 s alone, 9.048 s beside it; the heaviest takes 1.571 s",
    f"{ONE}: their own answered, or told to come back": "1077 of 1077",
    f"{READING}: another's small files sent": "0 of 20",
    f"{READING}: told to come back": "19 of 20; 3 were sent to at once",
    f"{ODD}: refused, and no failure": "21 of 22; large",
    f"{FORMULAS}: pieces of cells in files that are none": "1790 of 1794",
    f"{SITE}: data, files and session are one and the same refusal": "90 of 180; 10 different",
    f"{SITE}: calls refused": "4 of 4",
    f"{SITE}: links to the page lead to it": "5 of 5",
    "all of these: lines in the log that may be there": "825 of 881; 61930 bytes (slow readers, odd requests)",
    f"{TWO}: a third one's small file sent": "1 of 1; after 49 s",
    f"{HANGS}: people who are known are served": "0 of 10",
    f"{HANGS}: the server says that it is well": "0 of 10",
    f"{HANGS}: these within a second": "none within 5 s",
    f"{HANGS}: threads wait for it, 2 at most": "175 questions were open at once",
    f"{HANGS}: these are told to come back": "160 of 160",
    "Label Studio hangs: lines in the log that may be there": "6123 of 6294; 424003 bytes",
}
"""By what was looked at, what the attacks found in commit 1da8e67, the last before 24 November; in several runs."""


@contextmanager
def platform(checkout: Path = ROOT) -> Iterator[Server]:
    """Run the sample platform over its facts and those that make attacks worth trying."""
    with TemporaryDirectory(prefix="perfwidget-attack-") as folder:
        url = f"duckdb:///{folder}/facts.duckdb"
        write = [sys.executable, "-P", str(Path(__file__).with_name("world.py")), url]
        subprocess.run(write, cwd=checkout, env={**os.environ, "PYTHONPATH": str(checkout)}, check=True)
        with running("--store", url, checkout=checkout) as server:
            yield server


def findings(checkout: Path) -> Iterator[Finding]:
    """Yield what each attack finds."""
    with platform(checkout) as server:
        for attack in (members.questions, members.downloads, members.bodies, members.formulas, strangers.other_sites):
            yield from attack(server.port)
        yield strangers.logged("all of these", server)
        yield from members.slow_readers(server.port)
    yield from strangers.hanging_label_studio(checkout)


def main() -> int:
    """Print the table."""
    checkout = Path(sys.argv[1]) if sys.argv[1:] else ROOT
    sys.stdout.write(f"| attack, and what was looked at | before ({MEASURED}) | after | |\n|---|---|---|---|\n")
    broken = 0
    for each in findings(checkout):
        broken += bool(each.wrong)
        verdict = "NOT AS PROMISED" if each.wrong else ""
        sys.stdout.write(f"| {each.looked_at} | {BEFORE.get(each.looked_at, '')} | {each} | {verdict} |\n")
        sys.stdout.flush()
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
