"""How fast facts come in and go out: an export file, facts in bulk, one fact, and a timeline as CSV.

Beside each stands what somebody would write who needs no keys, no versions, no history and no permission: json, pandas
and one INSERT or COPY. That is a floor more than a rival, as it would double every row that comes twice.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from itertools import count, islice
from pathlib import Path

import duckdb
import pandas as pd

from perfwidget import open_store
from perfwidget.cli import main
from perfwidget.facts import Annotation
from perfwidget.report import report
from perfwidget.stores.duckdb import order, schema
from tests.benchmarks import export_files, writes
from tests.benchmarks.filling import facts
from tests.benchmarks.measuring import LEAST, Measure, Turns, compared, in_turns
from tests.benchmarks.questions import Question, questions
from tests.benchmarks.site import Site
from tests.benchmarks.world import World
from tests.hosts import host

PART = "rates"
OURS, BARE, TAIL = "perfwidget", "without keys and checks", "with a full tail"
ROWS = 10_000
"""Annotations that are written."""
IMPORTED = 80_000
"""Annotations that are imported, enough for processes to be worth it."""
LARGE_IMPORT = 1_000_000
"""Annotations of a large set, which would take the other ones minutes."""


def measure(site: Site) -> Iterator[Measure]:
    """Read, write and export in turns."""
    with tempfile.TemporaryDirectory(dir=site.folder) as name:
        folder = Path(name)
        yield from _imported(folder)
        yield from _written(folder)
        yield from _more(site, folder)
        yield from _with_a_tail(site, folder)
        yield from _exported(site, folder)


def _told(
    what: str, rows: int, contenders: Mapping[str, Callable[[], object]], least: int = LEAST
) -> Iterator[Measure]:
    yield from _rates(f"{what}, {rows:,} rows", rows, in_turns(contenders, least))


def _rates(what: str, rows: int, turns: Turns) -> Iterator[Measure]:
    for each in compared(PART, what, turns):
        yield Measure(
            each.part, each.what, each.contender, "rows/s", rows / each.value, each.times, each.low, each.high
        )


def _imported(folder: Path) -> Iterator[Measure]:
    """Import as a user does, until the rows lie in order."""
    files = export_files.write(folder, IMPORTED, 2)
    numbers = count()

    def ours(files: Sequence[Path]) -> None:
        store = folder / f"imported-{next(numbers)}.duckdb"
        with redirect_stdout(StringIO()):
            status = main(["import", "--store", f"duckdb:///{store}", *map(str, files)])
        if status:
            raise AssertionError(f"The import ended with {status}.")
        store.unlink()

    def bare() -> None:
        with duckdb.connect(str(folder / f"bare-{next(numbers)}.duckdb")) as connection:
            for number, file in enumerate(files):
                tasks = json.loads(file.read_text())
                rows = [row | {"task": task["id"]} for task in tasks for row in task["annotations"]]
                frame = pd.DataFrame(rows).drop(columns=["result", "reviews"], errors="ignore")  # noqa: F841 (named)
                connection.execute(f"CREATE TABLE annotations_{number} AS SELECT * FROM frame")

    yield from _told("import of export files", IMPORTED, {OURS: partial(ours, files), BARE: bare}, least=3)
    large = folder / "large"
    large.mkdir()
    more = export_files.write(large, LARGE_IMPORT)
    yield from _told("import of export files", LARGE_IMPORT, {OURS: partial(ours, more)}, least=3)
    shutil.rmtree(large)


def _written(folder: Path) -> Iterator[Measure]:
    rows = list(islice((fact for fact in facts(World(ROWS)) if isinstance(fact, Annotation)), ROWS))
    names = [column.name for column in Annotation.columns()]
    numbers = count()

    def ours() -> None:
        store = open_store(f"duckdb:///{folder}/written-{next(numbers)}.duckdb")
        store.write(rows)
        store.close()

    def bare() -> None:
        frame = pd.DataFrame([row.row() for row in rows], columns=names)  # noqa: F841 (named in the statement)
        with duckdb.connect(str(folder / f"row-{next(numbers)}.duckdb")) as connection:
            connection.execute("CREATE TABLE annotations AS SELECT * FROM frame")

    yield from _told("write of facts", ROWS, {OURS: ours, BARE: bare})


def _more(site: Site, folder: Path) -> Iterator[Measure]:
    for what, rows, turns in writes.measure(site, folder):
        yield from _rates(what, rows, turns) if rows else compared(PART, what, turns)


def _with_a_tail(site: Site, folder: Path) -> Iterator[Measure]:
    """Ask a store in order, and one where as many rows lie as they came as may, before they are put in order."""
    copy = folder / "tail.duckdb"
    shutil.copyfile(site.store, copy)
    with duckdb.connect(str(copy)) as connection:
        for table, key in (("annotations", "annotation_id"), ("reviews", "review_id")):
            connection.execute(
                f"INSERT INTO {table} SELECT * REPLACE ('t' || {key} AS {key}, 0 AS stretch) FROM {table} "
                f"USING SAMPLE {order.TAIL - 1} ROWS"
            )
        for other, table in schema.COPIES.items():
            connection.execute(f"INSERT INTO {other} BY NAME FROM {table} WHERE stretch = 0")
    os.sync()  # so that the system does not write the copy while somebody is asked
    question = questions(site.world)[0]
    stores = {OURS: open_store(site.address), TAIL: open_store(f"duckdb:///{copy}")}
    try:
        asked = {
            name: partial(report, store, question.viewer, question.query, grain=question.grain)
            for name, store in stores.items()
        }
        yield from compared(PART, f"{question.says}, all queries", in_turns(asked))
    finally:
        for store in stores.values():
            store.close()
    copy.unlink()


def _exported(site: Site, folder: Path) -> Iterator[Measure]:
    """Export two years of the busiest member."""
    question = next(each for each in questions(site.world) if each.name == "years")
    store = open_store(site.address)
    browser = host(store).test_client()
    browser.get("/login?as=boss:owner")
    asked = "&".join(f"{name}={value}" for name, value in question.parameters.items())

    def ours() -> int:
        with browser.get(f"/performance/export/timeline.csv?{asked}") as answer:
            assert answer.status_code == 200, answer.data
            return answer.data.count(b"\r\n") - 1

    try:
        with duckdb.connect(str(site.beside), read_only=True) as connection:
            rows = ours()
            file = folder / "timeline.csv"
            contenders: dict[str, Callable[[], object]] = {
                OURS: ours,
                BARE: lambda: connection.execute(_copy(question, file)),
            }
            yield from _told("export of a timeline", rows, contenders)
            if (lines := file.read_text().count("\n") - 1) != rows:
                raise AssertionError(f"Our timeline has {rows} rows, the other one {lines}.")
    finally:
        store.close()


def _copy(question: Question, file: Path) -> str:
    start, end = question.period.start, question.period.end
    return (
        "COPY (SELECT make_timestamp(actions.created_at), make_timestamp(started_at), action, actions.user_id, email, "
        "actions.project_id, title, task_id, annotation_id, lead_time / 1e6, review_id, comment_id FROM actions "
        "LEFT JOIN projects USING (organization_id, project_id) LEFT JOIN members USING (organization_id, user_id) "
        f"WHERE actions.user_id = '{question.member}' AND actions.created_at >= {start} AND actions.created_at < {end} "
        f"ORDER BY actions.created_at) TO '{file}' (HEADER)"
    )
