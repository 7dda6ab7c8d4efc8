"""A made-up organization on its way into a store: as facts into any, and by SQL into the embedded one."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from tqdm import tqdm

from perfwidget import open_store
from perfwidget.facts import FACTS, Fact
from perfwidget.facts.columns import FIRST_INSTANT, Kind
from tests.benchmarks.world import NOTHING, WORDS, Chunk, Columns, World
from tests.worlds import ORGANIZATION

MEMORY = "4GB"
"""What DuckDB may use at most while it takes the facts in."""


def facts(world: World) -> Iterator[Fact]:
    """Yield the whole organization as a host would hand it over."""
    return chain(world.cast(), chain.from_iterable(map(_facts_of, world.chunks())))


def fill(store: Path, world: World) -> None:
    """Make the embedded store's file, with what writing the facts would leave in it but in a fraction of the time."""
    opened = open_store(f"duckdb:///{store}")
    opened.write(world.cast())
    opened.close()
    with duckdb.connect(str(store), config={"memory_limit": MEMORY}) as connection:
        with tqdm(total=world.annotations, desc="Annotations", disable=None, unit_scale=True) as progress:
            for chunk in world.chunks():
                for fact, columns in chunk.items():
                    _insert(connection, fact, columns)
                progress.update(len(next(iter(chunk.values()))["annotation_id"]))
        connection.execute("INSERT INTO reviews_by_reviewer BY NAME FROM reviews")
        # The people and projects of all this are those of the cast, and anybody's facts mention both.
        connection.execute(
            "INSERT INTO mentions SELECT organization_id, 'member', user_id FROM members "
            "WHERE role IN ('annotator', 'reviewer') "
            "UNION ALL SELECT organization_id, 'project', project_id FROM projects"
        )
        connection.execute("CHECKPOINT")


def _insert(connection: duckdb.DuckDBPyConnection, fact: type[Fact], columns: Columns) -> None:
    kinds = {column.name: column.kind for column in fact.columns()}
    arrays = {name: values.astype(np.int64) for name, values in columns.items()}  # noqa: F841 (named in the statement)
    values = (_stored(name, kinds.get(name, Kind.LEAD_TIME)) for name in columns)
    connection.execute(
        f"INSERT INTO {fact.table} BY NAME "
        f"SELECT '{ORGANIZATION}' AS organization_id, {', '.join(values)}{_left_out(fact, columns)} FROM arrays"
    )


def _stored(name: str, kind: Kind) -> str:
    """Return the expression of a column in the way that the embedded store keeps it."""
    match kind:
        case Kind.ID:
            return f"CAST(nullif({name}, {NOTHING}) AS VARCHAR) AS {name}"
        case Kind.TEXT:
            cases = (f"WHEN {place} THEN '{word}'" for place, word in enumerate(WORDS))
            return f"CASE {name} {' '.join(cases)} END AS {name}"
        case Kind.FLAG:
            return f"CAST({name} AS BOOLEAN) AS {name}"
        case _:
            return f"nullif({name}, {NOTHING}) AS {name}"


def _left_out(fact: type[Fact], columns: Columns) -> str:
    """Return the flags that are false of all rows."""
    flags = [column.name for column in fact.columns() if column.kind is Kind.FLAG and column.name not in columns]
    return "".join(f", FALSE AS {name}" for name in flags)


def _facts_of(chunk: Chunk) -> Iterator[Fact]:
    for fact in FACTS:
        if fact not in chunk:
            continue
        given = {column.name: column.kind for column in fact.columns() if column.name in chunk[fact]}
        rows = zip(*(chunk[fact][name].tolist() for name in given), strict=True)
        for row in rows:
            values = {name: _value(kind, each) for (name, kind), each in zip(given.items(), row, strict=True)}
            yield fact(organization_id=ORGANIZATION, **values)


def _value(kind: Kind, number: int) -> Any:
    """Return a column's value as a host has it."""
    if number == NOTHING:
        return None
    match kind:
        case Kind.TEXT:
            return WORDS[number]
        case Kind.INSTANT:
            return FIRST_INSTANT + timedelta(microseconds=number)
        case Kind.LEAD_TIME | Kind.SCORE:
            return number / 1_000_000
        case _:
            return number
