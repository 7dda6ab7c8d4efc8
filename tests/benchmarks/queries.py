"""The queries of the page: our report beside pandas, plain SQL, SQL by hand, and the least that memory allows."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import duckdb
import numpy as np

from perfwidget import open_store
from perfwidget.stores import Store
from tests.benchmarks.by_hand import ByHand
from tests.benchmarks.frames import Pandas, load
from tests.benchmarks.measuring import Measure, Turns, compared, in_turns, seconds
from tests.benchmarks.plain_sql import PlainSQL
from tests.benchmarks.questions import Answer, Contender, Question, answer_of, differences, page_report, questions
from tests.benchmarks.site import Site
from tests.hosts import asking_body, host

PART = "queries"
OURS, PANDAS, PLAIN, BY_HAND, FLOOR = "perfwidget", "pandas in memory", "plain SQL", "SQL by hand", "floor"
MEMORY = "1GB"
"""What DuckDB may use for the statements of others: as much as our store allows itself."""

READ = {"annotations": 10, "reviews": 6, "review_visits": 3}
"""How many values of a row the page's numbers need."""
WIDTH = 8
ARRAY = 1 << 25
"""Values of the array by which the bandwidth of memory is measured: 256 MB, more than any cache."""


class Ours:
    """Answers questions as the page does."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, question: Question) -> Answer:
        """Return every number of the page."""
        return answer_of(page_report(self._store, question))


def measure(site: Site) -> Iterator[Measure]:
    """Ask everybody the same questions in turns, once they agree on the answers."""
    pandas = Pandas(load(site.frames))
    bandwidth = _bandwidth()
    with _opened(site) as (stores, connection):
        contenders: dict[str, Contender] = {
            **{name: Ours(store) for name, store in stores.items()},
            PANDAS: pandas,
            PLAIN: PlainSQL(connection),
            BY_HAND: ByHand(connection),
        }
        for question in questions(site.world):
            _agree(contenders, question)
            turns = in_turns({name: partial(ask, question) for name, ask in contenders.items()})
            least = _bytes(connection, question) / bandwidth
            yield from compared(PART, question.says, {**turns, FLOOR: [least] * len(turns[OURS])})
            yield from compared("callback", question.says, _callback(stores[OURS], question))


def _agree(contenders: dict[str, Contender], question: Question) -> None:
    answers = {name: ask(question) for name, ask in contenders.items()}
    for name, answer in answers.items():
        if found := differences(answers[OURS], answer):
            raise AssertionError(f"{question.says}: {OURS} and {name} differ in {len(found)} numbers: {found[:5]}")


@contextmanager
def _opened(site: Site) -> Iterator[tuple[dict[str, Store], duckdb.DuckDBPyConnection]]:
    """Open the stores, ours first, and a connection to the copy with the plain tables."""
    stores = {OURS: open_store(site.address)} | {open_.split(":")[0]: open_store(open_) for open_ in site.further}
    try:
        with duckdb.connect(str(site.beside), read_only=True, config={"memory_limit": MEMORY}) as connection:
            yield stores, connection
    finally:
        for store in stores.values():
            store.close()


def _callback(store: Store, question: Question) -> Turns:
    """Time the page's one callback on the server, from its body to its compressed answer, beside its queries."""
    browser = host(store).test_client()
    browser.get(f"/login?as={question.viewer.user_id}:{question.viewer.role}")
    asked = "&".join(f"{name}={value}" for name, value in question.parameters.items())
    body = json.dumps(asking_body(browser, "asked", {"question": asked}))
    heads = {"Content-Type": "application/json", "Accept-Encoding": "gzip, deflate, br, zstd"}

    def call() -> None:
        answer = browser.post("/performance/_dash-update-component", data=body, headers=heads)
        assert answer.status_code == 200, answer.text

    return in_turns(
        {
            "its queries": partial(Ours(store), question),
            "the callback": call,
        }
    )


def _bytes(connection: duckdb.DuckDBPyConnection, question: Question) -> int:
    """Return how many bytes any engine has to read at the least, if the rows of the answer lie beside each other."""
    given = {"member": question.member, "start": question.period.start, "end": question.period.end}
    total = 0
    for table, member, instant in (
        ("annotations", "completed_by", "completed_at"),
        ("reviews", "completed_by", "created_at"),
        ("reviews", "reviewer_id", "created_at"),
        ("review_visits", "user_id", "opened_at"),
    ):
        text = f"SELECT count(*) FROM {table} WHERE {member} = $member AND {instant} >= $start AND {instant} < $end"
        [(rows,)] = connection.execute(text, given).fetchall()
        total += rows * READ[table] * WIDTH
    return total


def _bandwidth() -> float:
    """Return the bytes a second in which one processor reads memory."""
    array = np.ones(ARRAY, np.int64)
    return array.nbytes / min(seconds(array.sum) for _ in range(10))
