"""How fast the page is beside what somebody would write instead: `make bench`, or `python -m tests.benchmarks`.

Everything is compared in one run, in turns, on facts that are the same for the same size and seed; the ratios are what
to read. The outcome goes into `.readme/` and the README. Nothing is asserted but that all give the same answers.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks import engines, memory, outcome, pages, parallel, pay, plot, queries, rates, team, team_page
from tests.benchmarks.site import Site
from tests.benchmarks.world import World

MEASURED = (queries, team, team_page, pages, rates, parallel, memory, pay)
PARTS = {each.__name__.rpartition(".")[2]: each.measure for each in MEASURED}


def main() -> None:
    """Measure what is asked for."""
    asking = argparse.ArgumentParser(prog="make bench", description=__doc__.split("\n")[0])
    asking.add_argument("--annotations", type=int, default=1_000_000, metavar="N", help="how many (%(default)s)")
    asking.add_argument("--seed", type=int, default=7, help="other facts of the same kind (%(default)s)")
    asking.add_argument("--only", action="append", choices=PARTS, metavar="NAME", help=f"of {', '.join(PARTS)}")
    asking.add_argument("--folder", type=Path, help="where the facts are made, and left for the next run")
    asking.add_argument("--store", action="append", default=[], metavar="URL", help="an empty store to compare, too")
    asked = asking.parse_args()
    with ExitStack() as stack:
        temporary = stack.enter_context(tempfile.TemporaryDirectory(prefix="perfwidget-bench-"))
        further = list(asked.store)
        if asked.annotations <= engines.MOST and "queries" in (asked.only or PARTS):
            further += stack.enter_context(engines.started())
        site = Site(asked.folder or Path(temporary), World(asked.annotations, asked.seed), tuple(further))
        site.prepare()
        for address in site.further:
            engines.fill(address, site.world)
        measures = []
        for name, measure in PARTS.items():
            if name not in (asked.only or PARTS):
                continue
            sys.stderr.write(f"Measuring {name} …\n")
            for line in outcome.lines(found := list(measure(site))):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
            measures += found
    plot.draw(outcome.keep(asked.annotations, measures), outcome.PLOT)


if __name__ == "__main__":
    main()
