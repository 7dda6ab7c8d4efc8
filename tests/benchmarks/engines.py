"""The other engines that stores may have, started for one run and filled with its facts."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg

from perfwidget import open_store
from tests.benchmarks.filling import facts
from tests.benchmarks.world import World
from tests.engines.clickhouse_server import ClickHouse
from tests.engines.server import BINARIES, Server

MOST = 1_000_000
"""Annotations up to which a run takes the other engines in: they get their facts one by one, as from a host."""


@contextmanager
def started() -> Iterator[list[str]]:
    """Give addresses of new stores: ClickHouse's engine, and PostgreSQL where it is installed."""
    with ExitStack() as stack:
        servers: list[ClickHouse | Server] = [ClickHouse(), *([Server()] if BINARIES else [])]
        for server in servers:
            stack.callback(server.remove)
            server.start()
            stack.callback(server.stop)
        yield [server.new_store() for server in reversed(servers)]


def fill(address: str, world: World) -> None:
    """Write the facts into a store, and let the engine look at them as it would some time later."""
    store = open_store(address)
    store.write(facts(world))
    store.settle()
    store.close()
    if address.startswith("postgresql:"):
        with psycopg.connect(address.partition("?")[0], autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
