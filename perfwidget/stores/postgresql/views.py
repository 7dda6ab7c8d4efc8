"""The host's own tables as a store: its views have the contract's columns, and are read as they are.

Ids keep the type of the host's columns, so that its indexes are used: what is asked is turned into that type here, and
an id that is none of that type matches nothing.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any, NamedTuple, NoReturn
from uuid import UUID

from perfwidget.errors import InvalidSetting, StoreUnavailable
from perfwidget.facts import FACTS
from perfwidget.facts.columns import Kind
from perfwidget.stores.dialect import Dialect
from perfwidget.stores.postgresql.address import Address, quoted
from perfwidget.stores.postgresql.database import Connection, PostgreSQLDatabase
from perfwidget.stores.postgresql.session import PostgreSQLSession, dialect_of
from perfwidget.stores.reading import Reader
from perfwidget.stores.store import Store

log = logging.getLogger(__name__)

_WHOLE = frozenset({"int2", "int4", "int8"})
_TEXT = frozenset({"text", "varchar"})
_UUID = frozenset({"uuid"})

_TYPES: Mapping[Kind, frozenset[str]] = dict.fromkeys(Kind, _WHOLE) | {
    Kind.ID: _WHOLE | _TEXT | _UUID,
    Kind.TEXT: _TEXT,
    Kind.FLAG: frozenset({"bool"}),
}
"""The types that a view's column may have."""

_WRITTEN: Mapping[Kind, str] = {Kind.ID: "bigint, text or uuid", Kind.TEXT: "text", Kind.FLAG: "boolean"}
"""The types in words for people; the others are whole numbers."""

_SAME_IDS = {
    "completed_by": "user_id",
    "created_by": "user_id",
    "reviewer_id": "user_id",
    "subject_id": "user_id",
    "viewer_id": "user_id",
    "subjects": "user_id",
    "users": "user_id",
    "projects": "project_id",
    "workspaces": "workspace_id",
    "held": "workspace_id",
    "tasks": "task_id",
    "annotations": "annotation_id",
}
"""Columns and parameters that hold the ids of others: they are compared with each other, so they are of one type."""

LARGEST = 2**63 - 1


def _whole(text: str) -> int | None:
    """Return an id that is a whole number, or None for text that no column of whole numbers shows."""
    number = int(text) if text.removeprefix("-").isdecimal() else None
    return number if number is not None and str(number) == text and -LARGEST <= number <= LARGEST else None


def _uuid(text: str) -> UUID | None:
    try:
        value = UUID(text)
    except ValueError:
        return None
    return value if str(value) == text else None


Convert = Callable[[str], Any]
_CONVERT: tuple[tuple[frozenset[str], Convert], ...] = ((_WHOLE, _whole), (_TEXT, str), (_UUID, _uuid))


class LookedOver(NamedTuple):
    """What is known of views."""

    ids: Mapping[str, Convert]
    """How the text of an id becomes the type of its columns."""
    filled: Mapping[str, str]
    """For views that lack optional columns, the query that has them as nulls."""


class ViewsSession(PostgreSQLSession):
    """One transaction of one connection that reads views."""

    def __init__(self, connection: Connection, dialect: Dialect, looked_over: LookedOver) -> None:
        super().__init__(connection, dialect)
        self._ids, self._filled = looked_over

    def rows(self, text: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows that a statement gives."""
        return super().rows(self._with_nulls(text), parameters)

    def batches(self, text: str, parameters: Mapping[str, Any], size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a statement so many at once."""
        return super().batches(self._with_nulls(text), parameters, size)

    def _with_nulls(self, text: str) -> str:
        """Put views that lack optional columns under queries which have them."""
        named = [
            f"{view} AS NOT MATERIALIZED ({query})"
            for view, query in self._filled.items()
            if re.search(rf"\b{view}\b", text)
        ]
        return f"WITH {', '.join(named)} {text}" if named else text

    def _given(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: self._converted(name, value) for name, value in parameters.items()}

    def _converted(self, name: str, value: Any) -> Any:
        convert = self._ids.get(_SAME_IDS.get(name, name))
        if convert is None or value is None:
            return value
        if isinstance(value, str):
            return convert(value)
        return [known for known in map(convert, value) if known is not None]


class ViewsStore(Store):
    """A schema of views, only read; the protocol says what each method means.

    What the contract does not have reads as none: bookmarks, and members or projects that only facts mention. A view
    `changes` (organization_id, mark) may say that facts have changed: then its mark differs.
    """

    writable = False

    def __init__(self, address: Address) -> None:
        """Look the views over; raises StoreUnavailable, and InvalidSetting for views that are not as they must be."""
        self._database = PostgreSQLDatabase(address)
        with self._database.opening() as connection:
            types = _types(connection, address)
            self._looked_over = _looked_over(address, types)
            self._dialect = replace(
                dialect_of(connection),
                as_text='CAST({} AS TEXT) COLLATE "C"'.format,
                whole_numbers=frozenset(name for name, convert in self._looked_over.ids.items() if convert is _whole),
                keeps_more=False,
                tells_changes={("changes", "organization_id"), ("changes", "mark")} <= set(types),
            )

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Open one consistent state for reading."""
        with self._database.reading() as connection:
            yield Reader(ViewsSession(connection, self._dialect, self._looked_over))

    def staging(self) -> NoReturn:
        """Refuse a write; raises InvalidSetting."""
        raise InvalidSetting("This store is made of views, which are only read; change the tables behind them instead.")

    def writing(self, connection: Any) -> NoReturn:  # noqa: ARG002 (no connection helps)
        """Refuse a write; raises InvalidSetting."""
        self.staging()

    def settle(self) -> None:
        """Nothing: the host looks after its tables."""

    def close(self) -> None:
        """Let go of the connections."""
        self._database.close()


def _types(connection: Connection, address: Address) -> dict[tuple[str, str], str]:
    """Map tables and columns of the schema to the names of their types."""
    found = connection.execute(
        "SELECT relation.relname, attribute.attname, type.typname, has_table_privilege(relation.oid, 'SELECT') "
        "FROM pg_attribute attribute JOIN pg_class relation ON relation.oid = attribute.attrelid "
        "JOIN pg_namespace schema ON schema.oid = relation.relnamespace "
        "JOIN pg_type declared ON declared.oid = attribute.atttypid "
        "JOIN pg_type type ON type.oid = coalesce(nullif(declared.typbasetype, 0), declared.oid) "
        "WHERE schema.nspname = $1 AND has_schema_privilege(schema.oid, 'USAGE') "
        "AND attribute.attnum > 0 AND NOT attribute.attisdropped",
        [address.schema],
    ).fetchall()
    denied = sorted({table for table, _, _, readable in found if not readable} & {fact.table for fact in FACTS})
    if denied:
        raise StoreUnavailable(
            f"The store {address.name} may not be read, for its role may not select from {', '.join(denied)}; grant it."
        )
    return {(table, column): name for table, column, name, _ in found}


def _looked_over(address: Address, types: Mapping[tuple[str, str], str]) -> LookedOver:
    """Look at every column of the contract; raises InvalidSetting for all that are missing, or one that is odd."""
    of_ids: dict[str, set[str]] = {}
    missing: list[str] = []
    absent: list[tuple[str, str, Kind]] = []
    for fact in FACTS:
        optional = {field.name for field in fields(fact) if field.default is None}
        there = any(table == fact.table for table, _ in types)
        for name, kind, _ in fact.columns():
            found = types.get((fact.table, name))
            if found is None and there and name in optional:
                absent.append((fact.table, name, kind))
            elif found is None:
                missing.append(f"{fact.table}.{name} ({_WRITTEN.get(kind, 'bigint')})")
            elif found not in _TYPES[kind]:
                raise InvalidSetting(
                    f"The view column {fact.table}.{name} of {address.name} has the type {found}; it must be one of "
                    f"{', '.join(sorted(_TYPES[kind]))}."
                )
            elif kind is Kind.ID:
                of_ids.setdefault(_SAME_IDS.get(name, name), set()).add(found)
    if missing:
        raise InvalidSetting(
            f"The views of {address.name} lack {', '.join(missing)}, or its role may not see them; add these columns "
            "with these types."
        )
    ids: dict[str, Convert] = {}
    for name, known in of_ids.items():
        converts = {convert for names, convert in _CONVERT if names & known}
        if len(converts) > 1:
            raise InvalidSetting(
                f"The views of {address.name} have {name} as numbers in one place and as text in another; let all its "
                "columns have one type."
            )
        ids[name] = converts.pop()
    if absent:
        log.info("Not in %s, and null: %s", address.name, ", ".join(f"{table}.{name}" for table, name, _ in absent))
    nulls: dict[str, str] = {}
    for table, name, kind in absent:
        plain = (
            _WRITTEN.get(kind, "bigint")
            if kind is not Kind.ID
            else min(of_ids.get(_SAME_IDS.get(name, name), {"text"}))
        )
        nulls[table] = f"{nulls.get(table, '')}, CAST(NULL AS {plain}) AS {name}"
    schema = quoted(address.schema)
    return LookedOver(ids, {table: f"SELECT *{more} FROM {schema}.{table}" for table, more in nulls.items()})
