"""The database of the records: opened by its address, brought to the newest schema, and locked by organization."""

import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from perfwidget.errors import Conflict, InvalidSetting, RecordsUnavailable
from perfwidget.records.tables import ORGANIZATIONS
from perfwidget.records.transaction import Transaction
from perfwidget.settings import RECORDS_ADDRESS, records_address

SCHEMA = "perfwidget_records"
"""The schema of the tables in PostgreSQL where the address names none."""
WAITS_S = 30
"""Seconds for which a write waits for others."""
MIGRATES = 7_266_337
"""The number of the lock under which one process changes the schema."""

_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]{0,62}")


class Records:
    """The records of all organizations in one database."""

    def __init__(self, engine: Engine, name: str, clock: Callable[[], int] | None = None) -> None:
        self._engine = engine
        self.name = name
        self.clock = clock or _now
        """The present instant in microseconds."""

    @contextmanager
    def reading(self, organization_id: str) -> Iterator[Transaction]:
        """Open one consistent state of an organization's records; raises RecordsUnavailable."""
        with self._connected("REPEATABLE READ") as connection:
            yield Transaction(connection, organization_id, self.clock(), writes=False)

    @contextmanager
    def writing(self, organization_id: str) -> Iterator[Transaction]:
        """Open a write: others of the organization wait for its end; it is kept whole at the end, or not at all.

        Raises RecordsUnavailable, and Conflict where a key was taken meanwhile.
        """
        with self._connected("READ COMMITTED", writes=True) as connection:
            self._lock(connection, organization_id)
            yield Transaction(connection, organization_id, self.clock(), writes=True)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def organizations(self) -> list[str]:
        """Return the ids of all organizations that have records."""
        with self._connected("REPEATABLE READ") as connection:
            return list(connection.scalars(select(ORGANIZATIONS.c.organization_id).order_by(text("1"))))

    @contextmanager
    def _connected(self, isolation: str, *, writes: bool = False) -> Iterator[Connection]:
        options = {"isolation_level": isolation} if self._engine.dialect.name == "postgresql" else {}
        try:
            with self._engine.connect().execution_options(writes=writes, **options) as connection, connection.begin():
                yield connection
        except IntegrityError as fault:
            raise Conflict("Somebody else wrote the same a moment ago; look at it again, and repeat it.") from fault
        except SQLAlchemyError as fault:
            raise RecordsUnavailable(f"The records at {self.name} cannot be used now; try again later.") from fault

    def _lock(self, connection: Connection, organization_id: str) -> None:
        entry = "INSERT INTO organizations (organization_id) VALUES (:id) ON CONFLICT DO NOTHING"
        connection.execute(text(entry), {"id": organization_id})
        mine = select(ORGANIZATIONS).where(ORGANIZATIONS.c.organization_id == organization_id)
        connection.execute(mine.with_for_update())  # SQLite has locked all of the file already


def open_records(url: str, clock: Callable[[], int] | None = None) -> Records:
    """Open records at `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://…/database?schema=NAME`.

    They are made where there are none, and brought to the newest schema. Raises InvalidSetting for another address,
    RecordsUnavailable where they cannot be opened.
    """
    engine, name = _sqlite(url) if records_address(url).startswith("sqlite:") else _postgresql(url)
    records = Records(engine, name, clock)
    try:
        _migrate(engine)
    except (SQLAlchemyError, OSError) as fault:
        engine.dispose()
        raise RecordsUnavailable(f"The records at {name} cannot be opened; check the address.") from fault
    return records


def _sqlite(url: str) -> tuple[Engine, str]:
    path = url.removeprefix("sqlite:///")
    try:
        # Others shall not read what people earn. A file that is there is not opened here: whoever closes it lets go of
        # all locks that this process has of it. A link may lead to a file that is still to be made.
        with suppress(FileExistsError):
            os.close(os.open(os.path.realpath(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as fault:
        raise RecordsUnavailable(f"The records at {path} cannot be opened ({fault.strerror}).") from fault
    engine = create_engine(url, connect_args={"timeout": WAITS_S})

    @event.listens_for(engine, "connect")
    def connected(connection: object, _: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]
        _write_ahead(connection)  # type: ignore[arg-type]
        connection.execute("PRAGMA synchronous = FULL")  # type: ignore[attr-defined]
        connection.execute("PRAGMA secure_delete = ON")  # type: ignore[attr-defined]

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine, path


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers and a writer not wait for each other; SQLite itself does not wait for others at this statement."""
    until = time.monotonic() + WAITS_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.01)


def _postgresql(url: str) -> tuple[Engine, str]:
    base, _, query = url.partition("?")
    _, _, rest = base.partition("://")
    given = dict(parse_qsl(query))
    schema = given.pop("schema", SCHEMA)
    if not _NAME.fullmatch(schema):
        raise InvalidSetting("The schema of records must be a name of letters, digits and underscores.")
    try:
        address = make_url(f"postgresql+psycopg://{rest}{'?' + urlencode(given) if given else ''}")
        engine = create_engine(address, pool_pre_ping=True, pool_size=5)
    except ArgumentError:
        raise InvalidSetting(RECORDS_ADDRESS) from None
    except ImportError as fault:
        raise InvalidSetting("Records on PostgreSQL need psycopg: pip install 'perfwidget[postgresql]'.") from fault

    @event.listens_for(engine, "connect")
    def connected(connection: object, _: object) -> None:
        connection.autocommit = True  # type: ignore[attr-defined]
        connection.execute(f'SET search_path TO "{schema}"')  # type: ignore[attr-defined]
        connection.execute(f"SET lock_timeout TO '{WAITS_S}s'")  # type: ignore[attr-defined]
        connection.autocommit = False  # type: ignore[attr-defined]

    @event.listens_for(engine, "first_connect")
    def first(connection: object, _: object) -> None:
        connection.autocommit = True  # type: ignore[attr-defined]
        # Two that make a schema at once fail even so, which is why one waits for the other.
        connection.execute(f"SELECT pg_advisory_lock({MIGRATES})")  # type: ignore[attr-defined]
        known = (
            "SELECT 1 FROM pg_namespace WHERE nspname = %s"  # else who may not make one is refused though it is there
        )
        if connection.execute(known, (schema,)).fetchone() is None:  # type: ignore[attr-defined]
            connection.execute(f'CREATE SCHEMA "{schema}"')  # type: ignore[attr-defined]
        connection.execute(f"SELECT pg_advisory_unlock({MIGRATES})")  # type: ignore[attr-defined]
        connection.autocommit = False  # type: ignore[attr-defined]

    return engine, f"{address.host or 'this machine'}/{address.database} (schema {schema})"


def _migrate(engine: Engine) -> None:
    """Bring the tables to the newest schema; of several processes one does."""
    from alembic import command  # takes 11 MB, which a host without pay has no need of
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATES})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _now() -> int:
    return time.time_ns() // 1_000
