"""The README tells the truth: its tables come from the code."""

import inspect
import re
from pathlib import Path

from perfwidget import PerformanceWidget
from perfwidget.metrics import METRICS

README = Path(__file__).parents[1] / "README.md"
MARKED = re.compile("(<!-- metrics -->\n).*(<!-- /metrics -->)", re.DOTALL)


def metrics_table() -> str:
    """Return the README's table of numbers; `python -m tests.test_readme` writes it."""
    rows = [f"| `{metric.key}` | {metric.label} | {metric.definition} | {metric.unit.value} |" for metric in METRICS]
    return "\n".join(["| key | label | definition | unit |", "|---|---|---|---|", *rows, ""])


def test_the_numbers_are_those_of_the_code() -> None:
    assert MARKED.sub(rf"\1{metrics_table()}\2", README.read_text()) == README.read_text()


def test_every_setting_is_described() -> None:
    settings = set(inspect.signature(PerformanceWidget.__init__).parameters) - {"self", "store", "viewer_of"}
    described = set(re.findall(r"`(\w+)`", README.read_text().split("## Settings")[1].split("\n## ")[0]))
    assert settings <= described


def test_every_dependency_has_its_line() -> None:
    declared = (
        (README.parent / "setup.cfg").read_text().split("install_requires =")[1].split("[options.package_data]")[0]
    )
    named = re.findall(r"^    ([a-z-]+)", declared, re.MULTILINE)
    table = README.read_text().split("## What it stands on")[1].split("\n## ")[0]
    assert [name for name in named if name not in table] == []


if __name__ == "__main__":
    README.write_text(MARKED.sub(rf"\1{metrics_table()}\2", README.read_text()))
