"""The address of a PostgreSQL store: what libpq takes, and which schema holds the tables or the host's views."""

from typing import NamedTuple
from urllib.parse import unquote

from psycopg import Error
from psycopg.conninfo import conninfo_to_dict

from perfwidget.errors import InvalidSetting

SCHEMA = "perfwidget"
"""The schema of the store's tables where the address names none."""

_LONGEST_NAME = 63
"""Bytes of a name that PostgreSQL does not cut."""


class Address(NamedTuple):
    """Where a store is."""

    connection: str
    """What libpq connects by."""
    name: str
    """The store in words for people, without a password."""
    schema: str
    views: bool
    """Whether the schema holds views of the host's own tables, which are only read."""


def parse(url: str) -> Address:
    """Take apart `postgresql://user:password@host:port/database?schema=NAME` or `…?views=NAME`.

    All else after the question mark is libpq's (`sslmode=require`). Raises InvalidSetting.
    """
    base, _, query = url.partition("?")
    ours: dict[str, str] = {}
    theirs: list[str] = []
    for piece in filter(None, query.split("&")):
        key, _, value = piece.partition("=")
        if key in ("schema", "views"):
            ours[key] = unquote(value)
        else:
            theirs.append(piece)
    connection = base + ("?" + "&".join(theirs) if theirs else "")
    try:
        parts = conninfo_to_dict(connection)
    except Error:  # whose words may hold the password
        raise InvalidSetting(
            "A PostgreSQL store address is written postgresql://user:password@host:port/database, with special "
            "characters percent-encoded."
        ) from None
    if len(ours) > 1 or not all(
        0 < len(value.encode()) <= _LONGEST_NAME and "\0" not in value for value in ours.values()
    ):
        raise InvalidSetting("A PostgreSQL store address names one schema: schema=NAME of its tables, or views=NAME.")
    schema = next(iter(ours.values()), SCHEMA)
    host, port = parts.get("host") or "this machine", parts.get("port")
    place = f"{host}{f':{port}' if port else ''}/{parts.get('dbname') or ''}"
    return Address(connection, f"{place} (schema {schema})", schema, "views" in ours)


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
