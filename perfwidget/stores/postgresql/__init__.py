"""The PostgreSQL store: one schema of a database, read and written by any number of processes and threads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg

from perfwidget.stores.postgresql import schema
from perfwidget.stores.postgresql.address import Address, parse
from perfwidget.stores.postgresql.database import PostgreSQLDatabase
from perfwidget.stores.postgresql.faults import unopened
from perfwidget.stores.postgresql.session import PostgreSQLSession, dialect_of
from perfwidget.stores.postgresql.staging import TableStaging
from perfwidget.stores.postgresql.views import ViewsStore
from perfwidget.stores.postgresql.writer import HostTransaction, PostgreSQLWriter
from perfwidget.stores.reading import Reader
from perfwidget.stores.store import Store

__all__ = ["PostgreSQLStore", "opener", "run_script"]


class PostgreSQLStore(PostgreSQLWriter, Store):
    """Facts in one schema; the protocol says what each method means."""

    def __init__(self, address: Address, *, create: bool) -> None:
        """Open the schema, making its tables if they are not there and may be; raises StoreUnavailable."""
        self._database = PostgreSQLDatabase(address)
        schema.prepare(self._database, create=create)
        with self._database.opening() as connection:
            self._dialect = dialect_of(connection)

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Open one consistent state for reading."""
        with self._database.reading() as connection:
            yield Reader(PostgreSQLSession(connection, self._dialect))

    def settle(self) -> None:
        """Nothing: autovacuum looks after the tables."""

    def erase(self) -> None:
        """Write tables and indexes anew, without the rows that were removed."""
        schema.rewrite(self._database)

    def close(self) -> None:
        """Let go of the connections."""
        self._database.close()

    @contextmanager
    def opened(self, *, alone: bool) -> Iterator[TableStaging]:
        """Open a transaction that writes, alone or beside others."""
        with self._database.writing(alone=alone) as connection:
            staging = TableStaging(psycopg.RawCursor(connection), self._dialect)
            yield staging
            staging.conclude()

    def writing(self, connection: Any) -> HostTransaction:
        """Return what writes within a transaction of the host."""
        return HostTransaction(self._database.address, self._dialect, connection)


def opener(url: str, *, create: bool) -> Callable[[], Store]:
    """Return what opens the store at an address, or raises StoreUnavailable; raises InvalidSetting."""
    address = parse(url)
    return partial(ViewsStore, address) if address.views else partial(PostgreSQLStore, address, create=create)


def run_script(url: str, script: str) -> None:
    """Run all statements of a script in one transaction, or none of them; raises InvalidSetting, StoreUnavailable."""
    address = parse(url)
    try:
        with psycopg.connect(address.connection, fallback_application_name="perfwidget") as connection:
            connection.execute(script.encode())
    except psycopg.Error as fault:
        raise unopened(address.name, fault) from fault
