"""Where facts live: the protocol of a store, the statements, and one room an engine."""

import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType

from perfwidget.errors import InvalidSetting, StoreUnavailable
from perfwidget.stores.connecting import ConnectingStore
from perfwidget.stores.reading import Reader
from perfwidget.stores.store import Store

__all__ = ["Reader", "Store", "embedded_path", "open_store", "run_script"]

_EMBEDDED = "duckdb:///"
_SERVERS = {
    "postgresql://": ("postgresql", "PostgreSQL", "psycopg"),
    "postgres://": ("postgresql", "PostgreSQL", "psycopg"),
    "clickhouse://": ("clickhouse", "ClickHouse", "clickhouse-connect"),
    "clickhouses://": ("clickhouse", "ClickHouse", "clickhouse-connect"),
}
"""The beginnings of addresses: the room and extra of each engine, its name, and its driver."""

_PAUSE = 0.5
"""Seconds between two tries to open a store that is waited for."""


def open_store(url: str, *, create: bool = True, wait: float | None = None) -> Store:
    """Return the store at an address: `duckdb:///relative/file.duckdb`, `duckdb:////absolute/file.duckdb`,
    `postgresql://user:password@host:port/database`, with `?schema=NAME` or `?views=NAME`, or
    `clickhouse://user:password@host:port/database`, `clickhouses://…` for an encrypted connection.

    It is opened when it is first asked, and again while that fails. With `wait` it is open when this returns: so many
    seconds are waited for it, with 0 it is tried once. `create` says whether a store that is not there is made. Raises
    InvalidSetting for an address of another form, with `wait` StoreUnavailable where the store cannot be opened.
    """
    opener = _opener(url, create=create)
    return ConnectingStore(opener, embedded_path(url)) if wait is None else _awaited(opener, wait)


def _opener(url: str, *, create: bool) -> Callable[[], Store]:
    """Return what opens the store at an address; raises InvalidSetting."""
    if (engine := _engine(url)) is not None:
        opener: Callable[[], Store] = engine.opener(url, create=create)
        return opener
    path = embedded_path(url)
    if path is None:
        driver = "Leave the driver out of the address (+psycopg). " if "+" in url.partition("://")[0] else ""
        raise InvalidSetting(
            f"{driver}A store address is written duckdb:///relative/or//absolute/file.duckdb, "
            "postgresql://user:password@host:port/database or clickhouse://user:password@host:port/database."
        )
    if str(path) == ":memory:":
        raise InvalidSetting("An embedded store lives in a file; name one, such as duckdb:///facts.duckdb.")
    return partial(_embedded, path.absolute(), create=create)


def embedded_path(url: str) -> Path | None:
    """Return the file of an embedded store by its address; None for another address."""
    path = url.removeprefix(_EMBEDDED)
    return Path(path) if path and path != url else None


def _embedded(path: Path, *, create: bool) -> Store:
    if not create and not path.is_file():
        raise StoreUnavailable(f"There is no store at {path}; check the address, or import facts into it first.")
    opened: Store = import_module("perfwidget.stores.duckdb").DuckDBStore(path)
    return opened


def _awaited(opener: Callable[[], Store], wait: float) -> Store:
    until = time.monotonic() + wait
    while True:
        try:
            return opener()
        except StoreUnavailable:
            if time.monotonic() + _PAUSE > until:
                raise
        time.sleep(_PAUSE)


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
