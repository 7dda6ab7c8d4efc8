"""The tables of a ClickHouse store, made from the data contract, and what stands beside a row in each.

Rows are only ever added. Beside its columns each carries the number of the write that added it, and its own number in
that write; a row of `ended` takes it away again. So a write that is under way, or that was killed, changes nothing that
readers see, and a row may change its place in the order of a table without ever standing in it twice.
"""

from perfwidget.errors import StoreUnavailable
from perfwidget.stores.clickhouse.database import ClickHouseDatabase
from perfwidget.stores.schema import TABLES, newest_version, outstanding

OLDEST_SERVER = (25, 8)
"""The first version of ClickHouse whose answers to conditions on other tables' rows are as standard SQL has them."""

TYPES = {"VARCHAR": "String", "BIGINT": "Int64", "BOOLEAN": "Bool"}
"""ClickHouse's words for the types of columns; it compares and orders texts by their bytes anyway."""

ORDER = {table.name: ", ".join(table.key) for table in TABLES} | {
    "annotations": "organization_id, completed_by, completed_at, annotation_id",
    "actions": "organization_id, user_id, created_at, action_id",
    "reviews": "organization_id, completed_by, created_at, review_id",
    "review_visits": "organization_id, user_id, opened_at, visit_id",
    "comments": "organization_id, completed_by, created_at, comment_id",
}
"""What the rows of each table lie in the order of: one member's period is read without the others'."""

LOOKED_UP = {
    "annotations": ("annotation_id", "task_id"),
    "actions": ("action_id", "annotation_id"),
    "reviews": ("review_id", "annotation_id", "reviewer_id"),
    "review_visits": ("visit_id",),
    "comments": ("comment_id", "task_id"),
}
"""Columns that rows are found by, too; an index tells which parts of a table cannot hold an id."""

COLUMNS = {table.name: table.columns for table in TABLES}
"""The columns of every table: name, type in standard words, and whether it may be null."""


def native(sql_type: str, *, nullable: bool) -> str:
    """Return a column's type in ClickHouse's words."""
    return f"Nullable({TYPES[sql_type]})" if nullable else TYPES[sql_type]


def statements() -> list[str]:
    """Return the statements that make the tables; the last one makes that by which a store is known."""
    made = []
    for table, columns in COLUMNS.items():
        declared = [f"{name} {native(sql_type, nullable=nullable)}" for name, sql_type, nullable in columns]
        declared += ["written UInt64", "number UInt64 CODEC(Delta, LZ4)", "INDEX by_write written TYPE minmax"]
        declared += [f"INDEX by_{name} {name} TYPE bloom_filter" for name in LOOKED_UP.get(table, ())]
        made.append(
            f"CREATE TABLE IF NOT EXISTS {table}_rows ({', '.join(declared)}) ENGINE = MergeTree "
            f"ORDER BY ({ORDER[table]}) SETTINGS allow_nullable_key = 1"
        )
    made.append(
        "CREATE TABLE IF NOT EXISTS ended (fact String, written UInt64, number UInt64, ended UInt64, "
        "INDEX by_write ended TYPE minmax) ENGINE = MergeTree ORDER BY (fact, written, number)"
    )
    made.append(
        "CREATE TABLE IF NOT EXISTS writes (write UInt64, state String, writer String, "
        "at DateTime64(6, 'UTC') DEFAULT now64(6)) ENGINE = MergeTree ORDER BY (state, write)"
    )
    made.append(
        "CREATE TABLE IF NOT EXISTS claims (writer String, step UInt32, until DateTime64(6, 'UTC'), "
        "at DateTime64(6, 'UTC') DEFAULT now64(6)) ENGINE = MergeTree ORDER BY (writer, step)"
    )
    made.append(
        f"CREATE TABLE IF NOT EXISTS perfwidget ENGINE = MergeTree ORDER BY schema_version "
        f"AS SELECT toUInt32({newest_version()}) AS schema_version"
    )
    return made


def prepare(database: ClickHouseDatabase, *, create: bool) -> None:
    """Make the tables of a new store, or add what an older one lacks; raises StoreUnavailable where it cannot be used.

    What was broken off goes on when the store is opened next, for each statement may be carried out twice.
    """
    name = database.address.name
    found = database.server_version()
    if found < OLDEST_SERVER:
        raise StoreUnavailable(
            f"The store {name} is on ClickHouse {found[0]}.{found[1]}; use {OLDEST_SERVER[0]}.{OLDEST_SERVER[1]} or "
            "later."
        )
    version = _version(database)
    if version is None and not create:
        raise StoreUnavailable(f"There is no store at {name}; check the address, or import facts into it first.")
    if version is None:
        database.make()
        for statement in statements():
            database.execute(statement)
        return
    for later, added in outstanding(name, version):
        for table, column, sql_type in added:
            database.execute(
                f"ALTER TABLE {table}_rows ADD COLUMN IF NOT EXISTS {column} {native(sql_type, nullable=True)}"
            )
        database.execute("INSERT INTO perfwidget (schema_version)", f"SELECT toUInt32({later:d})")


def _version(database: ClickHouseDatabase) -> int | None:
    """Return the version of the tables; None where there is no store."""
    known = database.rows(
        "SELECT 1 FROM system.tables WHERE database = $database AND name = 'perfwidget'",
        {"database": database.address.database},
        within=False,
    )
    if not known:
        return None
    [(version,)] = database.rows("SELECT max(schema_version) FROM perfwidget", {})
    return int(version)
