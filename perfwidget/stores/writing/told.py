"""What snapshots tell, as rows: of each annotation, or of many in columns."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from perfwidget.facts import Annotation, Review
from perfwidget.facts.ingest import NOTHING, Coded, Snapshot, Snapshots, StoredColumn
from perfwidget.stores.schema import column_types

NULL = -1
"""The code of null."""


class Told(NamedTuple):
    """What one snapshot tells, as it is stored."""

    row: tuple[Any, ...]
    flags: int
    history: bool
    actions: Sequence[tuple[Any, ...]]
    reviews: Sequence[tuple[Any, ...]] | None


def told(snapshots: Iterable[Snapshot | Snapshots]) -> Iterator[Told]:
    """Yield what each snapshot tells, in the order given."""
    for each in snapshots:
        if isinstance(each, Snapshots):
            yield from _told_of_many(each)
            continue
        reviews = None if each.reviews is None else [review.row() for review in each.reviews]
        actions = [action.row() for action in each.actions]
        yield Told(each.annotation.row(), int(each.flags), each.history, actions, reviews)


def _told_of_many(many: Snapshots) -> Iterator[Told]:
    actions: dict[int, list[tuple[Any, ...]]] = {}
    for place, row in many.actions:
        actions.setdefault(place, []).append(row)
    names = [column.name for column in Annotation.columns()][1:]
    types = dict(column_types(Annotation))
    columns = {name: _values(column, types.get(name) == "VARCHAR") for name, column in many.columns.items()}
    rows = list(zip(*(columns[name] for name in names), strict=True))
    reviews = _reviews_told(
        many, [dict(zip(names, row, strict=True)) for row in rows] if len(many.reviews["place"]) else []
    )
    beside = zip(*(columns[name] for name in ("flags", "history", "reviewed", "only_action")), strict=True)
    for place, (row, (flags, history, reviewed, only_action)) in enumerate(zip(rows, beside, strict=True)):
        whole = (many.organization_id, *row)
        own = actions.get(place, []) if only_action is None else [_only_action(whole, only_action)]
        yield Told(whole, flags, history, own, reviews.get(place, []) if reviewed else None)


def _reviews_told(many: Snapshots, rows: Sequence[dict[str, Any]]) -> dict[int, list[tuple[Any, ...]]]:
    """Return the rows of reviews by the places of their annotations."""
    found: dict[int, list[tuple[Any, ...]]] = {}
    columns = {name: _values(column, name == "review_id") for name, column in many.reviews.items()}
    names = [column.name for column in Review.columns()][1:]
    for number, place in enumerate(columns["place"]):
        row = (columns[name][number] if name in columns else rows[place][name] for name in names)
        found.setdefault(place, []).append((many.organization_id, *row))
    return found


def numbers(column: StoredColumn) -> npt.NDArray[Any]:
    """Return a column that is not coded."""
    if isinstance(column, Coded):
        raise TypeError("The column holds coded texts.")
    return column


def used(column: StoredColumn) -> set[str]:
    """Return the texts that stand in a column of coded texts."""
    if not isinstance(column, Coded):
        raise TypeError("The column holds no coded texts.")
    return {column.texts[code] for code in np.unique(column.codes).tolist() if code != NULL}


def _values(column: StoredColumn, text: bool) -> list[Any]:
    if isinstance(column, Coded):
        return [None if code == NULL else column.texts[code] for code in column.codes.tolist()]
    values: list[Any] = column.tolist()
    if column.dtype != np.int64:
        return values
    return [None if value == NOTHING else str(value) if text else value for value in values]


def _only_action(row: tuple[Any, ...], action: str) -> tuple[Any, ...]:
    names = (column.name for column in Annotation.columns())
    said = dict(zip(names, row, strict=True))
    owning = (said["annotation_id"], said["project_id"], said["task_id"], said["completed_by"])
    when = (said["started_at"], said["completed_at"])
    return (row[0], f"annotation-{owning[0]}", *owning, action, *when, said["lead_time"], None, None)
