"""Where facts live: the protocol of a store, the statements, and one room an engine."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from perfwidget.errors import InvalidSetting, StoreUnavailable
from perfwidget.stores.duckdb import DuckDBStore
from perfwidget.stores.reading import Reader
from perfwidget.stores.store import Store

__all__ = ["Reader", "Store", "open_store", "run_script"]

_EMBEDDED = "duckdb:///"
_SERVERS = {
    "postgresql://": ("postgresql", "PostgreSQL", "psycopg"),
    "postgres://": ("postgresql", "PostgreSQL", "psycopg"),
    "clickhouse://": ("clickhouse", "ClickHouse", "clickhouse-connect"),
    "clickhouses://": ("clickhouse", "ClickHouse", "clickhouse-connect"),
}
"""The beginnings of addresses: the room and extra of each engine, its name, and its driver."""


def open_store(url: str, *, create: bool = True) -> Store:
    """Open the store at an address: `duckdb:///relative/file.duckdb`, `duckdb:////absolute/file.duckdb`,
    `postgresql://user:password@host:port/database`, with `?schema=NAME` or `?views=NAME`, or
    `clickhouse://user:password@host:port/database`, `clickhouses://…` for an encrypted connection.

    `create` says whether a store that is not there is made. Raises InvalidSetting for an address of another form,
    StoreUnavailable where the store cannot be opened.
    """
    if (engine := _engine(url)) is not None:
        store: Store = engine.opened(url, create=create)
        return store
    path = url.removeprefix(_EMBEDDED)
    if path == url or not path:
        raise InvalidSetting(
            "A store address is written duckdb:///relative/or//absolute/file.duckdb, "
            "postgresql://user:password@host:port/database or clickhouse://user:password@host:port/database."
        )
    if not create and not Path(path).is_file():
        raise StoreUnavailable(f"There is no store at {path}; check the address, or import facts into it first.")
    return DuckDBStore(Path(path))


def run_script(url: str, script: str) -> None:
    """Run statements of SQL in a PostgreSQL database, all or none; raises InvalidSetting and StoreUnavailable."""
    engine = _engine(url)
    if engine is None or not hasattr(engine, "run_script"):
        raise InvalidSetting("The database is one of PostgreSQL: postgresql://owner:password@host:port/database.")
    engine.run_script(url, script)


def _engine(url: str) -> ModuleType | None:
    """Return the room of the engine that an address begins with; None where it is not one of a server."""
    for begins, (room, name, driver) in _SERVERS.items():
        if url.startswith(begins):
            try:
                return import_module(f"perfwidget.stores.{room}")
            except ImportError as fault:  # its driver comes with an extra
                if (fault.name or "").startswith("perfwidget"):
                    raise
                raise InvalidSetting(f"A {name} store needs {driver}: pip install 'perfwidget[{room}]'.") from fault
    return None
