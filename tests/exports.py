"""Label Studio exports written for tests, and what is read out of them."""

import io
import json
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from perfwidget.facts import Annotation, Fact
from perfwidget.facts.ingest import Inferred, Snapshot
from perfwidget.sources.export import ImportResult, read_export
from perfwidget.stores import Store, open_store
from tests.worlds import ORGANIZATION

ABSENT = object()
MORNING = "2024-03-01T09:00:00Z"
NOON = "2024-03-01T12:00:00Z"
LATER = "2024-03-02T08:30:00.250000Z"
AT_NOON, AT_UPDATE = "2024-03-01 12:00", "2024-03-02 08:30:00.25"
ANN = {"id": 7, "email": "Ann@x.example", "first_name": "Ann", "last_name": ""}


class Read(NamedTuple):
    snapshots: list[Snapshot]
    inferred: list[Inferred]
    reading: ImportResult

    def facts(self, kind: type[Fact]) -> list[Any]:
        return [guess.fact for guess in self.inferred if type(guess.fact) is kind]

    def sentences(self) -> list[str]:
        return list(self.reading.sentences())


def row(**values: Any) -> dict[str, Any]:
    """Return a Community row by user 7 that was submitted at noon; name what differs, ABSENT to leave a key out."""
    base = {"id": 1, "completed_by": 7, "created_at": NOON, "updated_at": NOON, "lead_time": 12.5}
    return {key: value for key, value in {**base, **values}.items() if value is not ABSENT}


def export(*rows: object, **task: Any) -> list[dict[str, Any]]:
    values = {"id": 100, "project": 5, "annotations": list(rows), **task}
    return [{key: value for key, value in values.items() if value is not ABSENT}]


def read_bytes(content: bytes) -> Read:
    reading = ImportResult()
    snapshots: list[Snapshot] = []
    inferred: list[Inferred] = []
    for each in read_export(io.BytesIO(content), ORGANIZATION, reading):
        if isinstance(each, Snapshot):
            snapshots.append(each)
        elif isinstance(each, Inferred) and each.worked:
            inferred.append(each)
    return Read(snapshots, inferred, reading)


def read(content: object) -> Read:
    return read_bytes(json.dumps(content).encode())


def stored(*contents: object) -> Store:
    """Return a store that has read some exports one after the other."""
    store = open_store(f"duckdb:///{Path(tempfile.mkdtemp()) / 'facts.duckdb'}")
    for content in contents:
        store.write(read_export(io.BytesIO(json.dumps(content).encode()), ORGANIZATION, ImportResult()), unknown="keep")
    return store


def rows_of(store: Store, columns: str, table: str, condition: str = "TRUE") -> list[tuple[Any, ...]]:
    """Return some columns of a table's rows, in their order."""
    with store.reading() as reader:
        return sorted(map(tuple, reader._rows(f"SELECT {columns} FROM {table} WHERE {condition}", {})), key=repr)


def one(**values: Any) -> Snapshot:
    """Return the snapshot of a row whose named keys differ."""
    found = read(export(row(**values)))
    assert found.sentences() == []
    (snapshot,) = found.snapshots
    return snapshot


def annotation(**values: Any) -> Annotation:
    return one(**values).annotation


def stored_value(fact: Fact, name: str) -> object:
    """Return what a store keeps of one column."""
    return dict(zip((column.name for column in fact.columns()), fact.row(), strict=True))[name]


def reviewed(*reviews: object, **values: Any) -> Read:
    return read(export(row(reviews=list(reviews), **values)))


def review(**values: Any) -> dict[str, Any]:
    base = {"id": 1, "created_by": 8, "created_at": LATER, "accepted": True}
    return {key: value for key, value in {**base, **values}.items() if value is not ABSENT}


def entry(number: int, action: object, created_at: object, **values: Any) -> dict[str, Any]:
    return {"id": number, "action": action, "created_at": created_at, **values}
