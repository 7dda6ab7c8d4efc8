"""What a run found: kept beside what earlier runs of other sizes found, as tables for people and one for the README."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.measuring import Measure

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".readme"
NUMBERS, TABLES, PLOT = FOLDER / "speed.json", FOLDER / "speed.md", FOLDER / "speed.png"
README = ROOT / "README.md"
MARKED = re.compile("(<!-- speed -->\n).*(<!-- /speed -->)", re.DOTALL)

PARTS = {
    "queries": "All queries of the page",
    "team": "The table of a team",
    "team_page": "The page of a team in Chromium",
    "callback": "What the server adds to its queries",
    "page": "The page in Chromium",
    "rates": "In and out",
    "parallel": "Writers in parallel on PostgreSQL",
    "memory": "Memory",
    "pay": "Pay",
}
IN_README = {
    "queries": ("one member, 90 days",),
    "team": ("all members, one year",),
    "team_page": ("all members, one year, first visit, to the table",),
    "page": ("change of dates, loopback, to the last graph",),
    "memory": ("a server's memory, at the most",),
}
"""What the README shows of some parts; all the rest stands in the tables beside the numbers."""
OTHERS = (
    "SQL by hand",
    "pandas in memory",
    "stock Dash over our store",
    "stock Dash over pandas",
    "stock Dash with a DataTable",
    "without keys and checks",
)
"""The contenders that the README shows."""

Runs = dict[int, list[Measure]]
"""Measures by the number of annotations."""


def kept() -> Runs:
    """Return what earlier runs found."""
    if not NUMBERS.exists():
        return {}
    read = json.loads(NUMBERS.read_text())
    return {int(size): [Measure(**each) for each in measures] for size, measures in read.items()}


def keep(annotations: int, measures: Sequence[Measure]) -> Runs:
    """Put what a run found in place of what an earlier one of that size found of the same parts; return everything."""
    runs = kept()
    new = {each.part for each in measures}
    runs[annotations] = [each for each in runs.get(annotations, []) if each.part not in new] + list(measures)
    runs[annotations].sort(key=lambda each: list(PARTS).index(each.part))
    said = {str(size): [asdict(each) for each in runs[size]] for size in sorted(runs)}
    FOLDER.mkdir(exist_ok=True)
    NUMBERS.write_text(json.dumps(said, indent=1) + "\n")
    TABLES.write_text(all_tables(runs))
    README.write_text(MARKED.sub(lambda found: f"{found[1]}{readme_table(runs)}{found[2]}", README.read_text()))
    return runs


def all_tables(runs: Runs) -> str:
    """Return everything that was found."""
    return "\n".join(f"## {title}\n\n{table(runs, part)}" for part, title in PARTS.items() if _has(runs, part))


def readme_table(runs: Runs) -> str:
    """Return what the README shows: a row for what was measured, a column for each size, and others beside us."""
    lines = [f"| | {' | '.join(map(millions, sorted(runs)))} |", f"|---|{'---|' * len(runs)}"]
    for part, whats in IN_README.items():
        for what in whats:
            cells = [
                _beside([each for each in runs[size] if (each.part, each.what) == (part, what)])
                for size in sorted(runs)
            ]
            lines.append(f"| {PARTS[part]}: {what} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _beside(measures: Sequence[Measure]) -> str:
    """Return what we took, and of others how many times that is."""
    if not measures:
        return ""
    times = [f"{each.contender} {_times(each.times)}" for each in measures if each.contender in OTHERS]
    return "; ".join([f"**{quantity(measures[0].value, measures[0].unit)}**", *times])


def table(runs: Runs, part: str) -> str:
    """Return a part as a table: a row for what was measured and on how much, a column for each contender."""
    cells: dict[tuple[str, int], dict[str, Measure]] = {}
    for size in sorted(runs):
        for each in runs[size]:
            if each.part == part:
                cells.setdefault((each.what, size), {})[each.contender] = each
    contenders = list(dict.fromkeys(name for row in cells.values() for name in row))
    lines = [f"| {PARTS[part]} | annotations | {' | '.join(contenders)} |", f"|---|--:{'|--:' * len(contenders)}|"]
    whats = list(dict.fromkeys(what for what, _ in cells))
    for what, size in sorted(cells, key=lambda cell: (whats.index(cell[0]), cell[1])):
        row = cells[what, size]
        shown = (_cell(row[name], name == contenders[0]) if name in row else "" for name in contenders)
        lines.append(f"| {what} | {millions(size)} | {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"


def _has(runs: Runs, part: str) -> bool:
    return any(each.part == part for measures in runs.values() for each in measures)


def _cell(measure: Measure, ours: bool) -> str:
    shown = quantity(measure.value, measure.unit)
    return shown if ours else f"{shown} (**{_times(measure.times)}**)"


def _times(ratio: float) -> str:
    return "< 0.01 ×" if ratio < 0.01 else f"{ratio:.2f} ×" if ratio < 10 else f"{ratio:.0f} ×"


def millions(size: int) -> str:
    """Return a number of annotations as people read it."""
    return f"{size / 1_000_000:g} million"


def quantity(value: float, unit: str) -> str:
    """Return a value as people read it."""
    match unit:
        case "s" if value < 0.000_1:
            return f"{value * 1e6:.1f} µs"
        case "s" if value < 0.01:
            return f"{value * 1e3:.1f} ms"
        case "s" if value < 1:
            return f"{value * 1e3:.0f} ms"
        case "s":
            return f"{value:.2f} s"
        case "B" if value < 1e6:
            return f"{value / 1e3:.0f} kB"
        case "B" if value < 1e9:
            return f"{value / 1e6:.1f} MB"
        case "B":
            return f"{value / 1e9:.2f} GB"
        case _:
            return f"{value:,.0f} {unit}"


def lines(measures: Iterable[Measure]) -> Iterable[str]:
    """Yield a line a measure, for a terminal."""
    for each in measures:
        spread = f"({_times(each.low)} to {_times(each.high)})" if each.low != each.high else ""
        value = quantity(each.value, each.unit)
        yield f"{each.what:52} {each.contender:26} {value:>14} {_times(each.times):>9} {spread}"
