"""The connection to a ClickHouse server: statements over HTTP, with values and rows beside their text."""

import json
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error
from clickhouse_connect.driver.external import ExternalData
from urllib3.exceptions import HTTPError

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.clickhouse.address import Address, quoted
from perfwidget.stores.clickhouse.faults import store_error, unopened
from perfwidget.stores.failures import CLOSED, GRACE, LONGEST

CONNECTING = 5
"""Seconds that a connection is waited for."""

LONGEST_WRITE = 60.0
"""Seconds that one statement of a write may take."""

STANDARD = {
    # As in standard SQL: what a join does not find is null, and so is the least of nothing; nulls are in no list,
    # unions hold nothing twice, and a name means the column of that name before another expression that is called so.
    "join_use_nulls": 1,
    "transform_null_in": 0,
    "union_default_mode": "DISTINCT",
    "prefer_column_name_to_alias": 1,
    "group_by_use_nulls": 1,
    "data_type_default_nullable": 0,
    "aggregate_functions_null_for_empty": 1,
    # Answers come whole or as an error, and whole numbers as such.
    "wait_end_of_query": 1,
    "timeout_overflow_mode": "throw",
    "result_overflow_mode": "throw",
    "output_format_json_quote_64bit_integers": 0,
    # A statement that has been answered is done.
    "async_insert": 0,
    "mutations_sync": 2,
    "lightweight_deletes_sync": 2,
    "allow_nondeterministic_mutations": 1,
}

_NAMED = re.compile(r"\$([a-z_0-9]+)")


class Sent(NamedTuple):
    """Rows that go with a statement, which names them as a table."""

    columns: Sequence[tuple[str, str]]
    """Names and types in ClickHouse's words."""
    rows: Sequence[Sequence[Any]]

    @property
    def structure(self) -> str:
        """The columns as ClickHouse takes them."""
        return ", ".join(f"{name} {native}" for name, native in self.columns)


Table = Sent | str
"""What a query names as a table beside those of the database: rows that go with it, or another query."""


class ClickHouseDatabase:
    """The database of a store; raises StoreUnavailable with what to do wherever it cannot be used."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._clients: dict[tuple[int, float], Client] = {}
        self._closed = False

    def server_version(self) -> tuple[int, int]:
        """Return the server's version; with the reason where it does not answer."""
        try:
            major, minor, *_ = (self._client(LONGEST).server_version or "0.0").split(".")
        except Error as fault:
            raise unopened(self.address.name, fault) from fault
        return int(major), int(minor)

    def make(self) -> None:
        """Make the database if it is not there."""
        [(there,)] = self.rows(
            "SELECT count() FROM system.databases WHERE name = $database",
            {"database": self.address.database},
            within=False,
        )
        if not there:
            self.execute(f"CREATE DATABASE IF NOT EXISTS {quoted(self.address.database)}", within=False)

    def rows(
        self,
        query: str,
        parameters: Mapping[str, Any],
        tables: Mapping[str, Table] | None = None,
        *,
        limit: float | None = None,
        within: bool = True,
    ) -> list[tuple[Any, ...]]:
        """Return the rows that a query gives; `within` says whether it speaks of the store's own tables."""
        limit = limit or LONGEST
        answer = self._ask("", query, parameters, tables, fmt="JSONCompactEachRow", limit=limit, within=within)
        return [tuple(json.loads(line)) for line in answer.splitlines()]

    def batches(
        self, query: str, parameters: Mapping[str, Any], tables: Mapping[str, Table], size: int
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a query so many at once; the others wait on their way here."""
        with self._asking(LONGEST) as client:
            bound = bind("", query, parameters, tables)
            stream = client.raw_stream(
                bound.text, bound.parameters, _limited(LONGEST), "JSONCompactEachRow", external_data=bound.sent
            )
            batch: list[tuple[Any, ...]] = []
            with stream:
                for line in stream:
                    batch.append(tuple(json.loads(line)))
                    if len(batch) == size:
                        yield batch
                        batch = []
        if batch:
            yield batch

    def execute(
        self,
        text: str,
        query: str = "",
        parameters: Mapping[str, Any] | None = None,
        tables: Mapping[str, Table] | None = None,
        *,
        within: bool = True,
    ) -> None:
        """Carry out a statement, such as an INSERT of what a query gives; it is sent once, whatever becomes of it."""
        self._ask(text, query, parameters or {}, tables, limit=LONGEST_WRITE, within=within)

    def close(self) -> None:
        """Let go of the connections of this process."""
        with self._lock:
            self._closed = True
            ours = [self._clients.pop(key) for key in list(self._clients) if key[0] == os.getpid()]
        for client in ours:
            client.close()

    def _ask(
        self,
        text: str,
        query: str,
        parameters: Mapping[str, Any],
        tables: Mapping[str, Table] | None,
        *,
        limit: float,
        within: bool = True,
        fmt: str | None = None,
    ) -> bytes:
        bound = bind(text, query, parameters, tables or {})
        with self._asking(limit) as client:
            return client.raw_query(
                bound.text, bound.parameters, _limited(limit), fmt, use_database=within, external_data=bound.sent
            )

    @contextmanager
    def _asking(self, limit: float) -> Iterator[Client]:
        try:
            yield self._client(limit)
        except (Error, HTTPError) as fault:  # the latter while an answer comes
            raise store_error(fault) from fault

    def _client(self, limit: float) -> Client:
        """Return this process's client for statements that may take so long, which waits little longer for an answer.

        Threads share it; connections do not survive a fork.
        """
        with self._lock:
            if self._closed:
                raise StoreUnavailable(CLOSED)
            key = os.getpid(), limit
            if key not in self._clients:
                client = clickhouse_connect.get_client(
                    host=self.address.host,
                    port=self.address.port,
                    username=self.address.user,
                    password=self.address.password,
                    secure=self.address.secure,
                    connect_timeout=CONNECTING,
                    send_receive_timeout=int(limit) + GRACE,
                    query_retries=0,
                    autogenerate_session_id=False,
                    form_encode_query_params=True,  # an address holds some kilobytes only
                    show_clickhouse_errors=True,
                    settings=STANDARD,
                )
                client.database = self.address.database
                self._clients[key] = client
            return self._clients[key]


class _Bound(NamedTuple):
    text: str
    parameters: dict[str, Any]
    sent: ExternalData | None


def bind(text: str, query: str, parameters: Mapping[str, Any], tables: Mapping[str, Table]) -> _Bound:
    """Return a statement that goes before a query, whose values and tables go beside it or become named queries.

    Single values are parameters; lists, of which the server takes long ones in no other way, are rows.
    """
    lists: dict[str, Table] = {
        list_name(name): Sent([("id", "String")], [(value,) for value in values])
        for name, values in parameters.items()
        if isinstance(values, list)
    }
    sent = ExternalData()
    named = []
    for name, table in (lists | dict(tables)).items():
        if not re.search(rf"\b{name}\b", query):
            continue
        if isinstance(table, str):
            named.append(f"{name} AS ({table})")
        elif table.rows:
            data = "\n".join(json.dumps(row, ensure_ascii=False) for row in table.rows).encode()
            sent.add_file(file_name=name, data=data, fmt="JSONCompactEachRow", structure=table.structure)
        else:  # nothing cannot be sent
            named.append(f"{name} AS (SELECT * FROM null('{table.structure}'))")
    whole = f"{text} {'WITH ' if named else ''}{', '.join(named)} {query}".strip()
    used = {name: parameters[name] for name in _NAMED.findall(whole)}
    whole = _NAMED.sub(
        lambda found: f"{{{found[1]}:{'Int64' if isinstance(used[found[1]], int) else 'String'}}}", whole
    )
    return _Bound(whole, used, sent if sent.files else None)


def list_name(name: str) -> str:
    """Return the name of the table that holds a parameter's list."""
    return f"list_of_{name}"


def _limited(seconds: float) -> dict[str, Any]:
    return {"max_execution_time": seconds}
