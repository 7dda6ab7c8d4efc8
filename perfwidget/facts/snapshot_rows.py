"""What snapshots tell, as rows: of each annotation, or of many in columns."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from perfwidget.facts.columns import MAX_ID_LENGTH, Kind, fingerprint, microseconds
from perfwidget.facts.ingest import Snapshot
from perfwidget.facts.snapshots import NOTHING, NULL, Coded, Snapshots, StoredColumn
from perfwidget.facts.tables import Annotation, Review


class SnapshotRows(NamedTuple):
    """What one snapshot tells, as it is stored."""

    row: tuple[Any, ...]
    history: bool
    actions: Sequence[tuple[Any, ...]]
    reviews: Sequence[tuple[Any, ...]] | None
    task_updated_at: int | None = None
    unique_id: int | None = None
    """Its fingerprint."""
    spelled: str | None = None
    emails: Sequence[str] = ()
    text: str = ""
    live: bool = False


def rows_of_snapshots(snapshots: Iterable[Snapshot | Snapshots]) -> Iterator[SnapshotRows]:
    """Yield what each snapshot tells, in the order given."""
    for each in snapshots:
        if isinstance(each, Snapshots):
            yield from _rows_of_many(each)
            continue
        yield rows_of_snapshot(each)


def rows_of_snapshot(snapshot: Snapshot) -> SnapshotRows:
    """Return what one snapshot tells; raises InvalidFact."""
    task_updated_at, unique_id = snapshot.task_updated_at, snapshot.unique_id
    return SnapshotRows(
        snapshot.annotation.row(),
        snapshot.history,
        [action.row() for action in snapshot.actions],
        None if snapshot.reviews is None else [review.row() for review in snapshot.reviews],
        None if task_updated_at is None else microseconds(task_updated_at),
        None if unique_id is None else fingerprint(unique_id),
        snapshot.spelled or None,
        snapshot.emails,
        snapshot.text,
        snapshot.live,
    )


def _rows_of_many(many: Snapshots) -> Iterator[SnapshotRows]:
    actions: dict[int, list[tuple[Any, ...]]] = {}
    for place, row in many.actions:
        actions.setdefault(place, []).append(row)
    names = [column.name for column in Annotation.columns()][1:]
    texts = {column.name for column in Annotation.columns() if column.kind in (Kind.ID, Kind.TEXT)}
    columns = {name: _values(column, name in texts) for name, column in many.columns.items()}
    rows = list(zip(*(columns[name] for name in names), strict=True))
    reviews = _reviews_told(
        many, [dict(zip(names, row, strict=True)) for row in rows] if len(many.reviews["place"]) else []
    )
    beside = ("history", "reviewed", "only_action", "task_updated_at", "unique_id", "spelled")
    more = zip(*(columns[name] for name in beside), strict=True)
    for place, (row, (history, reviewed, only, *told_of)) in enumerate(zip(rows, more, strict=True)):
        whole = (many.organization_id, *row)
        own = actions.get(place, []) if only is None else [one_action(whole, only)]
        told = reviews.get(place, []) if reviewed else None
        yield SnapshotRows(whole, history, own, told, *told_of)


def _reviews_told(many: Snapshots, rows: Sequence[dict[str, Any]]) -> dict[int, list[tuple[Any, ...]]]:
    """Return the rows of reviews by the places of their annotations."""
    found: dict[int, list[tuple[Any, ...]]] = {}
    columns = {name: _values(column, name == "review_id") for name, column in many.reviews.items()}
    names = [column.name for column in Review.columns()][1:]
    for number, place in enumerate(columns["place"]):
        row = (columns[name][number] if name in columns else rows[place][name] for name in names)
        found.setdefault(place, []).append((many.organization_id, *row))
    return found


def _values(column: StoredColumn, text: bool) -> list[Any]:
    if isinstance(column, Coded):
        return [None if code == NULL else column.texts[code] for code in column.codes.tolist()]
    values: list[Any] = column.tolist()
    if column.dtype != "int64":
        return values
    return [None if value == NOTHING else str(value) if text else value for value in values]


REVIEWER_ACTIONS = ("accepted", "rejected", "fixed_and_accepted", "deleted_review")
"""What a reviewer does."""


def only_action(last_action: str, was_cancelled: bool) -> str:
    """Return what the annotator did, as far as that can be told without a history."""
    if was_cancelled:
        return "skipped"
    # What a reviewer did last is no action of the annotator, who has submitted before.
    return "submitted" if last_action in REVIEWER_ACTIONS else last_action


def one_action(row: Sequence[Any], action: str) -> tuple[Any, ...]:
    """Return the row of the one action that can be told of an annotation's owner without a history."""
    said = dict(zip((column.name for column in Annotation.columns()), row, strict=True))
    owning = (said["annotation_id"], said["project_id"], said["task_id"], said["completed_by"])
    when = (said["started_at"], said["completed_at"])
    return (row[0], one_action_id(owning[0]), *owning, action, *when, said["lead_time"], None, None)


def one_action_id(annotation_id: str) -> str:
    """Return the id of the action that stands for an annotation; a digest where it would be too long."""
    plain = f"annotation-{annotation_id}"
    return plain if len(plain) <= MAX_ID_LENGTH else f"annotation-{sha256(annotation_id.encode()).hexdigest()}"
