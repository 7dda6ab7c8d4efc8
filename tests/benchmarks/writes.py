"""How fast facts are written into everything there is, by one writer and by many, and what a question pays for that.

Beside each stands a bare INSERT of DuckDB into the same table, which knows no keys, versions or mentions.
"""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import count
from pathlib import Path

import duckdb
import pandas as pd

from perfwidget import open_store
from perfwidget.facts import Annotation
from perfwidget.report import report
from perfwidget.stores import Store
from tests.benchmarks.measuring import Turns, in_turns, seconds
from tests.benchmarks.questions import questions
from tests.benchmarks.site import Site
from tests.worlds import annotation

OURS, BARE, ALONE, BESIDE = "perfwidget", "without keys and checks", "perfwidget, alone", "perfwidget, beside them"
SIZES = (1, 32, 1_000)
"""Annotations of a write."""
LEAST_ROWS = 50
"""Annotations of a turn."""
CROWD, EACH = 32, 40
"""Threads that write one fact at a time, and how many each writes in a turn."""
ASKED = 21
"""How often a question is asked beside them."""

_numbers = count()
_NAMES = [column.name for column in Annotation.columns()]
_INSERT = f"INSERT INTO annotations ({', '.join(_NAMES)}) VALUES ({', '.join('?' * len(_NAMES))})"


def measure(site: Site, folder: Path) -> Iterator[tuple[str, int, Turns]]:
    """Yield what was written, how many rows at a time, and how long that took; 0 rows are a question."""
    ours, bare = folder / "more.duckdb", folder / "more-beside.duckdb"
    shutil.copyfile(site.store, ours)
    shutil.copyfile(site.store, bare)
    with closing(open_store(f"duckdb:///{ours}")) as store, duckdb.connect(str(bare)) as connection:
        for size in SIZES:
            times = max(1, LEAST_ROWS // size)
            turns = in_turns({OURS: partial(_write, store, size, times), BARE: partial(_put, connection, size, times)})
            yield f"write of more annotations, {size:,} at once", size * times, turns
        yield (
            f"write of more annotations, {CROWD} threads, one at once",
            CROWD * EACH,
            in_turns({OURS: partial(_at_once, partial(_write, store, 1, EACH)), BARE: partial(_crowd_put, connection)}),
        )
        yield f"a question beside {CROWD} threads that write", 0, _asked(site, store)
    for each in (ours, bare):
        each.unlink()


def _more(size: int) -> list[Annotation]:
    return [annotation(f"new-{next(_numbers)}", "2025-12-31 12:00", lead_time=30) for _ in range(size)]


def _write(store: Store, size: int, times: int) -> None:
    for _ in range(times):
        store.write(_more(size))


def _put(connection: duckdb.DuckDBPyConnection, size: int, times: int) -> None:
    for _ in range(times):
        rows = [fact.row() for fact in _more(size)]
        if size == 1:
            connection.execute(_INSERT, rows[0])
        else:
            frame = pd.DataFrame(rows, columns=_NAMES)  # noqa: F841 (named in the statement)
            connection.execute(f"INSERT INTO annotations ({', '.join(_NAMES)}) SELECT * FROM frame")


def _at_once(act: Callable[[], None]) -> None:
    threads = [threading.Thread(target=act) for _ in range(CROWD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _crowd_put(connection: duckdb.DuckDBPyConnection) -> None:
    def act() -> None:
        with connection.cursor() as cursor:
            _put(cursor, 1, EACH)

    _at_once(act)


def _asked(site: Site, store: Store) -> Turns:
    """Ask the same question by turns alone and while as many threads write as fast as they can."""
    question = questions(site.world)[0]
    ask = partial(report, store, question.viewer, question.query, grain=question.grain)
    turns: dict[str, list[float]] = {ALONE: [], BESIDE: []}
    ask()
    for _ in range(ASKED):
        turns[ALONE].append(seconds(ask))
        with _writing(store):
            turns[BESIDE].append(seconds(ask))
    return turns


@contextmanager
def _writing(store: Store) -> Iterator[None]:
    ended, begun = threading.Event(), threading.Barrier(CROWD + 1)

    def act() -> None:
        begun.wait()
        while not ended.is_set():
            _write(store, 1, 1)

    threads = [threading.Thread(target=act) for _ in range(CROWD)]
    for thread in threads:
        thread.start()
    begun.wait()
    _write(store, 1, 1)
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()
