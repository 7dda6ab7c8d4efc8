"""Moving house: all that a store holds, into a new store of any engine."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from perfwidget.errors import InvalidSetting, PerfwidgetError
from perfwidget.facts import FACTS
from perfwidget.stores.reading import Reader
from perfwidget.stores.schema import CONTRACT, COPYING, Table, column_types
from perfwidget.stores.store import Store
from perfwidget.stores.writing import EXTRA
from perfwidget.stores.writing.staging import Staging

ROWS = 50_000
"""Rows that are copied in one transaction."""

UNFINISHED = "a copy that was broken off: repeat `perfwidget copy` into it, or name a new store"

_KINDS = {fact.table: fact for fact in FACTS}


def copy(source: Store, target: Store, told: Callable[[str, int], None] = lambda _table, _rows: None) -> None:
    """Copy one state of a store into a new one, table by table in the order of keys, and compare both in the end.

    What was broken off goes on where it ended when it is called again. `told` gets each table with its rows so far.
    Raises InvalidSetting for a target that holds anything else and for a source that is a part of a copy itself,
    PerfwidgetError where both differ in the end.
    """
    with source.reading() as reader:
        if reader.unfinished_copy is not None:
            raise InvalidSetting(f"The store to copy from is {UNFINISHED}.")
        begun = _begun(target, reader.tables)
        for place, table in enumerate(reader.tables):
            if place >= begun[0]:
                _copy_table(reader, table, target, place, begun[1] if place == begun[0] else None, told)
        different = _different(reader, target)
    if different:
        raise PerfwidgetError(
            f"The copy differs in {', '.join(different)}, for the source has changed since the copy began, or somebody "
            "else writes to the target; copy into another new store."
        )
    with target.staging() as staging:
        _note(staging, None)
    target.settle()


def _begun(target: Store, tables: Sequence[Table]) -> tuple[int, list[str] | None]:
    """Return at which table a copy goes on, and behind which key."""
    with target.reading() as reader:
        mark = reader.unfinished_copy
        if mark is not None:
            place, after = json.loads(mark.position)
            return place, after
        if any(reader.rows_by_key(table, None, 1) for table in tables):
            raise InvalidSetting("The store to copy to holds facts already; name a new one.")
    return 0, None


def _copy_table(
    reader: Reader,
    table: Table,
    target: Store,
    place: int,
    after: list[str] | None,
    told: Callable[[str, int], None],
) -> None:
    count = 0
    while rows := reader.rows_by_key(table, after, ROWS):
        after = _key(table, rows[-1])
        with target.staging() as staging:
            _add(staging, table, rows, bare=reader.tables is CONTRACT)
            _note(staging, [place, after])
        count += len(rows)
        told(table.name, count)


def _key(table: Table, row: Sequence[Any]) -> list[str]:
    names = [name for name, _, _ in table.columns]
    return [row[names.index(name)] or "" for name in table.key]


def _add(staging: Staging, table: Table, rows: Sequence[tuple[Any, ...]], *, bare: bool) -> None:
    """Add rows; those of a store that has the contract's columns alone get what stands beside them."""
    kind = _KINDS.get(table.name)
    columns = [(name, sql_type) for name, sql_type, _ in table.columns]
    if bare and kind is not None:
        columns, rows = column_types(kind), [(*row, *EXTRA.get(table.name, ())) for row in rows]
        staging.note({kind: rows}, recorded=False)
    names = [name for name, _ in columns]
    staging.put("incoming", columns, rows)
    staging.add(table.name, names, f"SELECT {', '.join(names)} FROM incoming")


def _note(staging: Staging, position: list[Any] | None) -> None:
    """Note how far a copy has come; None: it has ended."""
    same = " AND ".join(f"{name} = ${name}" for name in COPYING)
    staging.delete("bookmarks", same, COPYING)
    if position is not None:
        staging.keep("bookmarks", {**COPYING, "position": json.dumps(position), "as_of": None})


def _different(reader: Reader, target: Store) -> list[str]:
    """Return the tables that are not the same on both sides."""
    with target.reading() as copied:
        return [table.name for table in reader.tables if not _same(reader, copied, table)]


def _same(one: Reader, other: Reader, table: Table) -> bool:
    after = None
    while True:
        rows = one.rows_by_key(table, after, ROWS)
        if rows != other.rows_by_key(table, after, ROWS):
            return False
        if not rows:
            return True
        after = _key(table, rows[-1])
