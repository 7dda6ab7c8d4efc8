"""The connections to a PostgreSQL database: a pool of them in each process, and transactions on one at a time."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from traceback import clear_frames
from typing import Any

import psycopg
from psycopg.abc import RV, Buffer, PQGen
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.failures import AWAY, CLOSED, GRACE, LONGEST
from perfwidget.stores.postgresql.address import Address, quoted
from perfwidget.stores.postgresql.faults import store_error, unopened

MOST = 10
"""Connections of one process; whoever comes when all are busy waits."""

PATIENCE = 5.0
"""Seconds that are waited for a connection, unless the address says how many."""

HASHED = 16
"""Times `work_mem` that ids which a condition looks into may take: what is larger is looked through for each row."""

_RETRY = 0.5
"""Seconds after which an attempt to connect is given up, so that the next question begins a new one."""


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that closes when a statement on it is not answered in time."""

    patience: float | None = None
    """Seconds that a statement is waited for; None for as long as it takes."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for what the server answers; raises StoreUnavailable when there is none in time."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError as fault:
            if self.info.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.close()
                raise store_error(fault) from fault
            raise


class WholeNumber(Loader):
    """Sums of whole numbers, which PostgreSQL gives as `numeric` for they may be larger than 64 bits."""

    def load(self, data: Buffer) -> int:
        """Return a sum as a whole number."""
        return int(bytes(data))


def _configure(connection: Connection) -> None:
    connection.server_cursor_factory = psycopg.RawServerCursor
    connection.adapters.register_loader("numeric", WholeNumber)


def _options(address: Address) -> dict[str, Any]:
    # Nothing is prepared on the server: a plan made for anybody suits nobody, and poolers in between lose it.
    return {
        "autocommit": True,
        "connect_timeout": conninfo_to_dict(address.connection).get("connect_timeout", int(PATIENCE)),
        "client_encoding": "UTF8",
        "cursor_factory": psycopg.RawCursor,
        "fallback_application_name": "perfwidget",
        "prepare_threshold": None,
    }


class PostgreSQLDatabase:
    """The database of a store; raises StoreUnavailable with what to do wherever it cannot be used."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._pools: dict[int, ConnectionPool[Connection]] = {}
        self._closed = False
        self._begin_reading = (
            f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {entered(address)}; "
            f"SET LOCAL statement_timeout = {LONGEST * 1000:.0f}; "
            "SET LOCAL jit = off; "  # which takes longer than most answers
            f"SET LOCAL hash_mem_multiplier = {HASHED}"
        )
        self._begin_writing = (
            f"BEGIN ISOLATION LEVEL READ COMMITTED; {entered(address)}; "
            "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; "
            "SET LOCAL idle_in_transaction_session_timeout = 0"  # an import reads files meanwhile
        )

    @contextmanager
    def opening(self) -> Iterator[Connection]:
        """Give a connection of its own for a first look; with the reason where there is none to be had."""
        try:
            connection = Connection.connect(self.address.connection, **_options(self.address))
        except psycopg.Error as fault:
            clear_frames(fault.__traceback__)  # which hold the connection that never came about
            raise unopened(self.address.name, fault) from fault
        connection.patience = LONGEST + GRACE
        with connection:
            try:
                yield connection
            except psycopg.Error as fault:
                raise unopened(self.address.name, fault) from fault

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection whose statements all see one state."""
        with self._transaction(self._begin_reading, LONGEST + GRACE) as connection:
            yield connection

    @contextmanager
    def writing(self, *, alone: bool) -> Iterator[Connection]:
        """Give a connection whose statements are kept together or not at all, alone in the schema or beside others.

        Each statement sees what was committed before it, so that a write that waited for another one builds on that.
        It waits as long as the others take.
        """
        begin = f"{self._begin_writing}; {locked(self.address, alone=alone)}"
        with self._transaction(begin, None) as connection:
            yield connection

    def close(self) -> None:
        """Let go of all connections of this process."""
        with self._lock:
            self._closed = True
            pool = self._pools.pop(os.getpid(), None)
        if pool is not None:
            pool.close()

    @contextmanager
    def _transaction(self, begin: str, patience: float | None) -> Iterator[Connection]:
        try:
            pool = self._pool()
            connection = _begun(pool, begin, patience)
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                with suppress(psycopg.Error):
                    if connection.info.transaction_status not in _AT_REST:
                        connection.execute("ROLLBACK")
                pool.putconn(connection)
        except psycopg.Error as fault:
            raise store_error(fault) from fault

    def _pool(self) -> ConnectionPool[Connection]:
        """Return this process's pool: connections and the threads that make them do not survive a fork."""
        with self._lock:
            if self._closed:
                raise StoreUnavailable(CLOSED)
            process = os.getpid()
            if process not in self._pools:
                self._pools[process] = ConnectionPool(
                    self.address.connection,
                    connection_class=Connection,
                    kwargs=_options(self.address),
                    configure=_configure,
                    min_size=0,
                    max_size=MOST,
                    timeout=PATIENCE,
                    reconnect_timeout=_RETRY,
                    num_workers=2,  # one may wait for a server that went silent while the other reaches it again
                    open=True,
                    name="perfwidget",
                )
            return self._pools[process]


_AT_REST = (psycopg.pq.TransactionStatus.IDLE, psycopg.pq.TransactionStatus.UNKNOWN)


def _begun(pool: ConnectionPool[Connection], begin: str, patience: float | None) -> Connection:
    """Return a connection on which a transaction has begun; those that have died since they were used are let go."""
    for _ in range(MOST + 1):
        connection = pool.getconn()
        connection.patience = patience
        try:
            connection.execute(begin)
        except BaseException as fault:
            died = connection.closed
            pool.putconn(connection)
            if not (died and isinstance(fault, psycopg.OperationalError)):
                raise
        else:
            return connection
    raise StoreUnavailable(AWAY)


def entered(address: Address) -> str:
    """Return the statement after which names are those of the store's schema, until the transaction ends."""
    return f"SET LOCAL search_path = {quoted(address.schema)}"


def locked(address: Address, *, alone: bool) -> str:
    """Return the statement that waits until no other write goes on in a schema, or none that is to be alone."""
    name = address.schema.replace("'", "''")
    return f"SELECT pg_advisory_xact_lock{'' if alone else '_shared'}(hashtextextended('perfwidget {name}', 0))"
