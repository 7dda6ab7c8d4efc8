"""How much faster eight writers are than one on PostgreSQL, whose commits wait for the disk as a host's do.

They write different facts. In a host's transaction other work of its own takes some time, while its facts are not yet
committed.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from itertools import count

import psycopg

from perfwidget import open_store
from perfwidget.facts import Annotation
from perfwidget.stores import Store
from tests.benchmarks.measuring import Measure, compared, in_turns
from tests.benchmarks.site import Site
from tests.engines.server import BINARIES, Server
from tests.worlds import annotation, people

PART = "parallel"
MANY = 8
EACH = 10
"""Facts of each of many writers in a turn; one alone writes as many as all of them."""
OWN_WORK = 0.01
"""Seconds that a host's own statements take in each of its transactions."""

_numbers = count()


def measure(site: Site) -> Iterator[Measure]:
    """Write with many and with one in turns."""
    if BINARIES is None:
        return
    server = Server(durable=True)
    server.start()
    try:
        with closing(open_store(server.new_store(), wait=0)) as store, _connected(server) as connections:
            store.write([*people(), _fact()])
            yield from compared(PART, "store.write of one fact each", in_turns(_contenders(partial(_write, store))))
            yield from compared(
                PART,
                f"a fact in each transaction of a host, {1000 * OWN_WORK:.0f} ms long",
                in_turns(_contenders(partial(_within, store, connections))),
            )
    finally:
        server.stop()
        server.remove()


def _fact() -> Annotation:
    return annotation(f"n{next(_numbers)}", "2024-03-05 12:00", lead_time=30)


@contextmanager
def _connected(server: Server) -> Iterator[list[psycopg.Connection[object]]]:
    connections = [psycopg.connect(server.address()) for _ in range(MANY)]
    try:
        yield connections
    finally:
        for each in connections:
            each.close()


def _contenders(act: Callable[[int], None]) -> Mapping[str, Callable[[], None]]:
    def many() -> None:
        threads = [threading.Thread(target=lambda who=who: [act(who) for _ in range(EACH)]) for who in range(MANY)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def one() -> None:
        for _ in range(MANY * EACH):
            act(0)

    return {f"{MANY} writers": many, "one writer": one}


def _write(store: Store, _who: int) -> None:
    store.write([_fact()])


def _within(store: Store, connections: list[psycopg.Connection[object]], who: int) -> None:
    connection = connections[who]
    store.writing(connection).write([_fact()])
    connection.execute("SELECT pg_sleep(%s)", [OWN_WORK])
    connection.commit()
