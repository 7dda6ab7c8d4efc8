"""The address of a ClickHouse store: a server's HTTP interface, and the database that holds the tables."""

from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from perfwidget.errors import InvalidSetting

PLAIN, ENCRYPTED = "clickhouse://", "clickhouses://"

DATABASE = "perfwidget"
"""The database of the store's tables where the address names none."""

_PORTS = {False: 8123, True: 8443}


class Address(NamedTuple):
    """Where a store is."""

    host: str
    port: int
    user: str
    password: str
    database: str
    secure: bool

    @property
    def name(self) -> str:
        """The store in words for people, without a password."""
        return f"{self.host}:{self.port} (database {self.database})"


def parse(url: str) -> Address:
    """Take apart `clickhouse://user:password@host:port/database`, or `clickhouses://…` for TLS.

    Raises InvalidSetting, whose words never hold the address, for that may hold a password.
    """
    secure = url.startswith(ENCRYPTED)
    try:
        parts = urlsplit(url)
        port = parts.port
        options = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        user, password = unquote(parts.username or "default", errors="strict"), unquote(parts.password or "")
        database = unquote(parts.path.removeprefix("/"), errors="strict") or DATABASE
    except ValueError:
        raise _invalid() from None
    if options or parts.fragment or "/" in database or not database.isprintable():
        raise _invalid()
    return Address(parts.hostname or "localhost", port or _PORTS[secure], user, password, database, secure)


def _invalid() -> InvalidSetting:
    return InvalidSetting(
        "A ClickHouse store address is written clickhouse://user:password@host:port/database, or clickhouses://… for "
        "an encrypted connection, with special characters percent-encoded and nothing after it."
    )


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
