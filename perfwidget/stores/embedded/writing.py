"""Writing to the embedded file: facts by key, newest version wins, all within the caller's transaction."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import duckdb

from perfwidget.facts import FACTS, Fact, Key, Membership
from perfwidget.observations import Inferred, Snapshot
from perfwidget.stores.embedded import inference, snapshots
from perfwidget.stores.embedded.schema import MENTIONED_MEMBERS, MENTIONED_PROJECTS, column_types
from perfwidget.stores.embedded.staging import delete_matching, key_match, mention, stage

BATCH = 50_000
"""Facts handled at a time: enough that statements cost little each, few enough that memory stays small."""


def write(cursor: duckdb.DuckDBPyConnection, facts: Iterable[Fact | Snapshot | Inferred]) -> None:
    """Keep facts, batch by batch in the order given."""
    inferred = False
    for batch in _batches(facts):
        write_facts(cursor, [fact for fact in batch if isinstance(fact, Fact)])
        snapshots.write(cursor, [fact for fact in batch if isinstance(fact, Snapshot)])
        guesses = [fact for fact in batch if isinstance(fact, Inferred)]
        inference.write(cursor, guesses)
        inferred = inferred or bool(guesses)
    if inferred:
        inference.pass_on_placeholders(cursor)


def write_facts(cursor: duckdb.DuckDBPyConnection, facts: Sequence[Fact]) -> None:
    """Keep facts of any classes; of several with one key the newest, else the last, stands."""
    for kind in FACTS:
        rows = _newest(kind, [fact for fact in facts if type(fact) is kind])
        if not rows:
            continue
        extra = {"members": (False, None), "actions": (None,), "reviews": (None,)}.get(kind.table, ())
        stage(cursor, "incoming", column_types(kind), [row + extra for row in rows])
        match = key_match(kind, kind.table, "incoming")
        if kind.version_column:
            cursor.execute(
                f"DELETE FROM incoming USING {kind.table} WHERE {match} "
                f"AND {kind.table}.{kind.version_column} > incoming.{kind.version_column}"
            )
        delete_matching(cursor, kind, "incoming")
        cursor.execute(f"INSERT INTO {kind.table} SELECT * FROM incoming")
        mention(cursor, kind.table, "incoming")


def _newest(kind: type[Fact], facts: Iterable[Fact]) -> list[tuple[Any, ...]]:
    names = [column.name for column in kind.columns()]
    key = [names.index(name) for name in kind.key_columns]
    version = names.index(kind.version_column) if kind.version_column else None
    rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for fact in facts:
        row = fact.row()
        identity = tuple(row[place] for place in key)
        kept = rows.get(identity)
        if kept is None or version is None or row[version] >= kept[version]:
            rows[identity] = row
    return list(rows.values())


def remove(cursor: duckdb.DuckDBPyConnection, facts: Iterable[Fact | Key]) -> None:
    """Remove facts by key; what came from an annotation's export row goes with the annotation."""
    keys = [fact.key if isinstance(fact, Fact) else fact for fact in facts]
    for kind in FACTS:
        values = [[value or None for value in key.values] for key in keys if key.fact is kind]
        if not values:
            continue
        stage(cursor, "outgoing", [(name, "VARCHAR") for name in kind.key_columns], values)
        if kind.table == "annotations":
            same = "{0}.organization_id = outgoing.organization_id AND {0}.annotation_id = outgoing.annotation_id"
            for table in ("actions", "reviews"):
                cursor.execute(f"DELETE FROM {table} USING outgoing WHERE {same.format(table)} AND origin IS NOT NULL")
            cursor.execute(f"DELETE FROM snapshots USING outgoing WHERE {same.format('snapshots')}")
        delete_matching(cursor, kind, "outgoing")
    _forget_mentions(cursor)


def _forget_mentions(cursor: duckdb.DuckDBPyConnection) -> None:
    for kind, mentioned in (("member", MENTIONED_MEMBERS), ("project", MENTIONED_PROJECTS)):
        still = " AND ".join(
            f"NOT EXISTS (SELECT 1 FROM {table} WHERE {table}.organization_id = mentions.organization_id "
            f"AND {table}.{column} = mentions.id)"
            for table, column in mentioned
        )
        cursor.execute(f"DELETE FROM mentions WHERE kind = '{kind}' AND {still}")


def set_memberships(
    cursor: duckdb.DuckDBPyConnection, organization_id: str, user_id: str, memberships: Sequence[Membership]
) -> None:
    """Replace all memberships of a user."""
    cursor.execute("DELETE FROM memberships WHERE organization_id = ? AND user_id = ?", [organization_id, user_id])
    write_facts(cursor, memberships)


def _batches(facts: Iterable[Fact | Snapshot | Inferred]) -> Iterator[list[Fact | Snapshot | Inferred]]:
    iterator = iter(facts)
    while batch := list(islice(iterator, BATCH)):
        yield batch
