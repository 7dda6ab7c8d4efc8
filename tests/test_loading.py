"""What is loaded when: outside libraries that a host has no need of yet stay away from its start and its memory."""

import subprocess
import sys
from pathlib import Path

import perfwidget

ROOT = Path(__file__).parents[1]
PAGE = {"dash", "flask", "plotly"}
ENGINES = {"clickhouse_connect", "duckdb", "psycopg"}
LATER = {"alembic", "msgspec", "numpy", "pandas", "rapidfuzz", "requests", "shapely", "sqlalchemy", "tqdm"}

STEPS = """
import sys
def loaded(): print(*sorted({names} & sys.modules.keys()))
import perfwidget; loaded()
from perfwidget import Role, Viewer, open_store
store = open_store("duckdb:///" + sys.argv[1]); loaded()
from perfwidget import PerformanceWidget
PerformanceWidget(store, lambda user: None); loaded()
from tests.worlds import annotation, people
store.write([*people(), annotation(1, "2024-03-05 12:00")]); loaded()
"""


def test_outside_libraries_are_loaded_when_they_are_needed(tmp_path: Path) -> None:
    code = STEPS.format(names=PAGE | ENGINES | LATER)
    command = [sys.executable, "-c", code, str(tmp_path / "facts.duckdb")]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    imported, named, mounted, written = (set(line.split()) for line in told)
    assert (imported, named) == (set(), set())
    assert mounted >= PAGE
    assert mounted.isdisjoint(ENGINES | LATER)
    assert written - PAGE == {"duckdb", "numpy"}


def test_the_promised_names_are_there_and_no_others() -> None:
    assert set(perfwidget.__all__) <= set(dir(perfwidget))
    assert all(getattr(perfwidget, name) for name in perfwidget.__all__)
    assert not hasattr(perfwidget, "nonsense")
