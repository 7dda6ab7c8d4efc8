"""Writing to a schema: facts beside each other where they can be, in transactions of our own or within the host's."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from perfwidget.errors import InvalidSetting
from perfwidget.facts import Fact, Member, Membership, Recorded
from perfwidget.facts.ingest import Observation
from perfwidget.facts.words import Unknown, known_words
from perfwidget.stores import writing
from perfwidget.stores.dialect import Dialect
from perfwidget.stores.postgresql.address import Address
from perfwidget.stores.postgresql.database import WholeNumber, entered, locked
from perfwidget.stores.postgresql.faults import store_error
from perfwidget.stores.postgresql.staging import TableStaging
from perfwidget.stores.store import Writer
from perfwidget.stores.writing.outcome import Outcome

ALONE = frozenset({Member, Membership, Recorded})
"""Kinds of facts on which other rows hang: members whom e-mails mean, memberships without a key, notes of a kind."""

NO_CONNECTION = (
    "store.writing takes a connection of psycopg 3, or of SQLAlchemy with it (postgresql+psycopg://…); of a session it "
    "is session.connection()."
)
NO_TRANSACTION = "The connection commits each statement by itself; begin a transaction on it, and write within that."
BROKEN = "The transaction of this connection has failed before; roll it back, and write in a new one."
ANOTHER = "The connection's database has no store in the schema {}; connect to the database of the store's address."


class PostgreSQLWriter(Writer):
    """Writes of plain facts lock the rows that they touch. Everything else is written by one at a time."""

    @abstractmethod
    def opened(self, *, alone: bool) -> AbstractContextManager[TableStaging]:
        """Open a write, alone or beside others."""

    def staging(self) -> AbstractContextManager[TableStaging]:
        """Open a write beside which there is no other."""
        return self.opened(alone=True)

    def write(self, facts: Iterable[Fact | Observation], *, unknown: Unknown = "refuse") -> Outcome:
        """Keep facts, all or nothing; those of a batch go beside other writes."""
        rows, given = writing.few(known_words(facts, unknown), writing.BATCH)
        if rows is None or ALONE & rows.keys():
            return super().write(given, unknown="keep")
        if rows:
            with self.opened(alone=False) as staging:
                writing.write_rows(staging, rows)
        return Outcome()


class HostTransaction(PostgreSQLWriter):
    """Writes within a transaction of the host, which commits or rolls back; the protocol says what each method means.

    A write that fails is taken back to where it began, and the transaction may go on.
    """

    def __init__(self, address: Address, dialect: Dialect, connection: Any) -> None:
        """Take a connection of psycopg or SQLAlchemy; raises InvalidSetting for any other."""
        self._address = address
        self._dialect = dialect
        self._given = connection
        self._driver()

    def _driver(self) -> psycopg.Connection[Any]:
        pooled = getattr(self._given, "connection", None)  # SQLAlchemy's way to the driver's
        driver = getattr(pooled, "driver_connection", self._given)
        if not isinstance(driver, psycopg.Connection):
            raise InvalidSetting(NO_CONNECTION)
        return driver

    def _begun(self) -> psycopg.Connection[Any]:
        """Return the driver's connection, on which a transaction goes on or begins with the next statement."""
        driver = self._driver()
        status = driver.info.transaction_status
        if status == psycopg.pq.TransactionStatus.INERROR:
            raise InvalidSetting(BROKEN)
        if driver.autocommit and status == psycopg.pq.TransactionStatus.IDLE:
            raise InvalidSetting(NO_TRANSACTION)
        if driver is not self._given and not self._given.in_transaction():
            self._given.exec_driver_sql("SELECT 1")  # so that SQLAlchemy knows there is something to commit
        return driver

    @contextmanager
    def opened(self, *, alone: bool) -> Iterator[TableStaging]:
        """Open a write at a point to which what fails is taken back."""
        cursor = psycopg.RawCursor(self._begun(), row_factory=tuple_row)
        cursor.adapters.register_loader("numeric", WholeNumber)
        try:
            with cursor:
                cursor.execute("SAVEPOINT perfwidget")
                try:
                    yield from self._written(cursor, alone=alone)
                except BaseException:
                    with suppress(psycopg.Error):
                        cursor.execute("ROLLBACK TO SAVEPOINT perfwidget")
                        cursor.execute("RELEASE SAVEPOINT perfwidget")
                    raise
                cursor.execute("RELEASE SAVEPOINT perfwidget")
        except psycopg.errors.UndefinedTable as fault:
            raise InvalidSetting(ANOTHER.format(self._address.schema)) from fault
        except psycopg.Error as fault:
            raise store_error(fault) from fault

    def _written(self, cursor: psycopg.RawCursor[tuple[Any, ...]], *, alone: bool) -> Iterator[TableStaging]:
        [(path,)] = cursor.execute("SELECT current_setting('search_path')").fetchall()
        cursor.execute(f"{entered(self._address)}; {locked(self._address, alone=alone)}")
        staging = TableStaging(cursor, self._dialect)
        yield staging
        staging.conclude()
        staging.drop()
        cursor.execute("SELECT set_config('search_path', $1, TRUE)", [path])
