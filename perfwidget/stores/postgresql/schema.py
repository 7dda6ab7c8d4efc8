"""The tables of a PostgreSQL store, made from the data contract, and the indexes that its questions need."""

import logging
from collections.abc import Sequence

import psycopg

from perfwidget.errors import StoreUnavailable
from perfwidget.facts import Membership
from perfwidget.stores.postgresql.address import Address, quoted
from perfwidget.stores.postgresql.database import Connection, PostgreSQLDatabase, entered, locked
from perfwidget.stores.postgresql.staging import collated
from perfwidget.stores.schema import TABLES, newest_version, not_migrated, outstanding

log = logging.getLogger(__name__)

INDEXES: Sequence[tuple[str, str, str]] = (
    # Of one member, by time, with all that the page's numbers need: such a question reads nothing but the index.
    (
        "annotations",
        "organization_id, completed_by, completed_at",
        "annotation_id, project_id, created_at, completed_at_estimated, lead_time, last_action, was_cancelled, flags",
    ),
    ("actions", "organization_id, user_id, created_at", "project_id"),
    (
        "reviews",
        "organization_id, completed_by, created_at",
        "review_id, annotation_id, project_id, reviewer_id, action, score",
    ),
    ("reviews", "organization_id, reviewer_id, created_at", "project_id, action"),
    (
        "review_visits",
        "organization_id, user_id, coalesce(closed_at, opened_at)",
        "project_id, opened_at, closed_at",
    ),
    ("comments", "organization_id, completed_by, created_at", "project_id, created_by"),
    # What goes with an annotation, or with a project's tasks.
    ("actions", "organization_id, annotation_id", ""),
    ("reviews", "organization_id, annotation_id", ""),
    ("annotations", "organization_id, project_id, task_id", ""),
    ("comments", "organization_id, project_id, task_id", ""),
    ("memberships", "organization_id, user_id", ""),
)
"""Tables, what their rows are found by, and what else stands in the index."""


def prepare(database: PostgreSQLDatabase, *, create: bool) -> None:
    """Make the tables of a new store, or add what an older one lacks, whole or not at all.

    Where others do so at the same moment, one does it and the rest wait. Raises StoreUnavailable for a store of a newer
    version, one that cannot be changed, and without `create` for one that is not there; all stays as it was.
    """
    address = database.address
    with database.opening() as connection:
        _expect_unicode(connection, address.name)
        found = _version(connection, address.schema)
        if found is None and not create:
            raise StoreUnavailable(
                f"There is no store at {address.name}; check the address, or import facts into it first."
            )
        if found is not None and not list(outstanding(address.name, found)):
            return
        connection.patience = None  # others may be at it
        with connection.transaction():
            connection.execute(locked(address, alone=True))
            found = _version(connection, address.schema)
            if found is None:
                _make(connection, address)
            else:
                _migrate(connection, address, found)


def rewrite(database: PostgreSQLDatabase) -> None:
    """Write every table and index anew, without rows that were deleted; raises StoreUnavailable where that cannot be.

    Each table is locked meanwhile. What a transaction of before may still read stays until the next time.
    """
    refused: list[str] = []
    with database.opening() as connection:
        connection.patience = None
        connection.add_notice_handler(
            lambda told: refused.append(told.message_primary or "") if told.severity_nonlocalized == "WARNING" else None
        )
        try:
            for table in TABLES:
                connection.execute(f"VACUUM (FULL, ANALYZE) {quoted(database.address.schema)}.{table.name}")
        except psycopg.Error as fault:
            refused.append(str(fault))
    if refused:  # a warning is all that is said to whom a table does not belong
        log.warning("The tables of %s could not be written anew: %s", database.address.name, refused[0])
        raise StoreUnavailable(
            f"The facts are gone, but their bytes stay in {database.address.name} until the owner of its tables runs "
            "VACUUM FULL; do that, or forget again by an address with that role."
        )


def _expect_unicode(connection: Connection, name: str) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StoreUnavailable(
            f"The store {name} cannot keep every text, for its database has the encoding {encoding}; use one with UTF8."
        )


def _version(connection: Connection, schema: str) -> int | None:
    """Return the version of the schema; None where there is no store."""
    # Read from the catalog's tables: `to_regclass` may go by what this connection remembers of them.
    known = connection.execute(
        "SELECT 1 FROM pg_class relation JOIN pg_namespace schema ON schema.oid = relation.relnamespace "
        "WHERE schema.nspname = $1 AND relation.relname = 'perfwidget'",
        [schema],
    ).fetchall()
    if not known:
        return None
    [(version,)] = connection.execute(f"SELECT max(schema_version) FROM {quoted(schema)}.perfwidget").fetchall()
    return int(version)


def _make(connection: Connection, address: Address) -> None:
    """Make the tables of the newest version."""
    schema = address.schema
    try:
        if not connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = $1", [schema]).fetchall():
            connection.execute(f"CREATE SCHEMA {quoted(schema)}")
        connection.execute(entered(address))
        connection.execute("CREATE TABLE perfwidget (schema_version INTEGER NOT NULL)")
        connection.execute("INSERT INTO perfwidget VALUES ($1)", [newest_version()])
        for table in TABLES:
            columns = [
                f"{name} {collated(sql_type)}{'' if nullable else ' NOT NULL'}"
                for name, sql_type, nullable in table.columns
            ]
            if table.name != Membership.table:  # one of whose key columns is null
                columns.append(f"PRIMARY KEY ({', '.join(table.key)})")
            connection.execute(f"CREATE TABLE {table.name} ({', '.join(columns)})")
        for name, key, more in INDEXES:
            connection.execute(f"CREATE INDEX ON {name} ({key}){f' INCLUDE ({more})' if more else ''}")
    except psycopg.errors.DuplicateTable as fault:
        raise StoreUnavailable(
            f"The schema {schema} holds other tables with the names of the store's; name another one with schema=NAME "
            "in the store's address."
        ) from fault
    except psycopg.errors.InsufficientPrivilege as fault:
        raise StoreUnavailable(
            f"The store's tables cannot be made in the schema {schema}, for the role of the store's address may not; "
            "make the schema as its owner (CREATE SCHEMA … AUTHORIZATION …)."
        ) from fault


def _migrate(connection: Connection, address: Address, found: int) -> None:
    connection.execute(entered(address))
    for version, added in outstanding(address.name, found):
        try:
            for table, name, sql_type in added:
                connection.execute(f"ALTER TABLE {table} ADD COLUMN {name} {collated(sql_type)}")
            connection.execute("UPDATE perfwidget SET schema_version = $1", [version])
        except psycopg.Error as fault:
            raise not_migrated(address.name, version) from fault
