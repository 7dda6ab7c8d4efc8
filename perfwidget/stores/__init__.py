"""Where facts live: the protocol of a store, the statements, and one room an engine."""

from pathlib import Path

from perfwidget.errors import InvalidSetting, StoreUnavailable
from perfwidget.stores.duckdb import DuckDBStore
from perfwidget.stores.reading import Reader
from perfwidget.stores.store import Store

try:
    from perfwidget.stores import postgresql
except ImportError as fault:  # its driver comes with an extra; nobody else is to miss it
    if (fault.name or "").startswith("perfwidget"):
        raise
    postgresql = None  # type: ignore[assignment]

try:
    from perfwidget.stores import clickhouse
except ImportError as fault:
    if (fault.name or "").startswith("perfwidget"):
        raise
    clickhouse = None  # type: ignore[assignment]

__all__ = ["Reader", "Store", "open_store"]

_EMBEDDED = "duckdb:///"
_POSTGRESQL = ("postgresql://", "postgres://")
_CLICKHOUSE = ("clickhouse://", "clickhouses://")


def open_store(url: str, *, create: bool = True) -> Store:
    """Open the store at an address: `duckdb:///relative/file.duckdb`, `duckdb:////absolute/file.duckdb`,
    `postgresql://user:password@host:port/database`, with `?schema=NAME` or `?views=NAME`, or
    `clickhouse://user:password@host:port/database`, `clickhouses://…` for an encrypted connection.

    `create` says whether a store that is not there is made. Raises InvalidSetting for an address of another form,
    StoreUnavailable where the store cannot be opened.
    """
    if url.startswith(_POSTGRESQL):
        if postgresql is None:
            raise InvalidSetting("A PostgreSQL store needs psycopg: pip install 'perfwidget[postgresql]'.")
        return postgresql.opened(url, create=create)
    if url.startswith(_CLICKHOUSE):
        if clickhouse is None:
            raise InvalidSetting("A ClickHouse store needs clickhouse-connect: pip install 'perfwidget[clickhouse]'.")
        return clickhouse.opened(url, create=create)
    path = url.removeprefix(_EMBEDDED)
    if path == url or not path:
        raise InvalidSetting(
            "A store address is written duckdb:///relative/or//absolute/file.duckdb, "
            "postgresql://user:password@host:port/database or clickhouse://user:password@host:port/database."
        )
    if not create and not Path(path).is_file():
        raise StoreUnavailable(f"There is no store at {path}; check the address, or import facts into it first.")
    return DuckDBStore(Path(path))
