"""Snapshots of many annotations that are all new: added as columns, with nothing to replace and nothing to compare.

They are added in the order in which they are read, as a few numbers are put in order for less than the rows of a table.

What is new shows by ids that are whole numbers; those kept are held as such, in eight bytes each, while a write lasts.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from perfwidget.facts import Action, Annotation, Review
from perfwidget.facts.ingest import Coded, Snapshots, StoredColumn
from perfwidget.metrics import REVIEWING
from perfwidget.stores.schema import FROM_REVIEW, FROM_ROW, column_types
from perfwidget.stores.writing.staging import Staging
from perfwidget.stores.writing.told import NULL, numbers, used

WORTH = 100
"""For a batch this many times smaller than what is kept, the ids that are kept are not read."""

MOST_READINGS = 8
"""So often the ids that are kept are read in one write, for each time all of them are."""

Ids = npt.NDArray[np.int64]

_KEPT = {
    "annotations": (
        "SELECT annotation_id FROM annotations WHERE {mine} UNION ALL SELECT annotation_id FROM snapshots WHERE {mine} "
        "UNION ALL SELECT annotation_id FROM reviews WHERE {mine} AND origin IS NULL UNION ALL "
        "SELECT substr(action_id, 12) FROM actions WHERE {mine} AND action_id LIKE 'annotation-%' "
        f"AND (action_id <> 'annotation-' || annotation_id OR origin IS DISTINCT FROM '{FROM_ROW}')"
    ),
    "actions": "SELECT action_id FROM actions WHERE {mine} AND action_id NOT LIKE '%-%'",
    "reviews": (
        "SELECT review_id FROM reviews WHERE {mine} UNION ALL "
        "SELECT substr(action_id, 8) FROM actions WHERE {mine} AND action_id LIKE 'review-%'"
    ),
}
"""The ids with which a new row could have something in common: its own, and those of which ids of actions are made."""


def _holds_any(known: Ids, ids: Ids) -> bool:
    """Say whether one of some sorted numbers is among others, which are sorted, too."""
    if not len(known) or not len(ids) or known[0] > ids[-1] or ids[0] > known[-1]:
        return False
    place = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    return bool((known[place] == ids).any())


class Bulk:
    """The new annotations of one write, as long as all that is written of annotations passes here."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._organization_id = ""
        self._known: dict[str, Ids] | None = None
        self._readings = MOST_READINGS

    def forget(self) -> None:
        """Forget what is kept, for something is written elsewhere."""
        self._known = None

    def write(self, snapshots: Snapshots) -> bool:
        """Keep snapshots if all of them are new and nothing is odd about their ids; else say so and keep nothing.

        Whoever writes them elsewhere then lets this forget.
        """
        ids = _ids_of(snapshots)
        if ids is None or not self._knows(snapshots) or self._known is None:
            return False
        if any(_holds_any(self._known[kind], found) for kind, found in ids.items()):
            return False
        _insert(self._staging, snapshots)
        _note(self._staging, snapshots)
        for kind, found in ids.items():
            self._known[kind] = np.sort(np.concatenate((self._known[kind], found)), kind="stable")  # two runs: fast
        return True

    def _knows(self, snapshots: Snapshots) -> bool:
        """Read which ids are kept, if that is worth it."""
        if self._known is None or self._organization_id != snapshots.organization_id:
            [(count,)] = self._staging.execute("SELECT count(*) FROM annotations")
            if count > WORTH * len(snapshots) or not self._readings:
                return False
            self._readings -= 1
            self.forget()
            self._organization_id = snapshots.organization_id
            self._known = {kind: np.sort(self._kept(query)) for kind, query in _KEPT.items()}
        return True

    def _kept(self, query: str) -> Ids:
        mine = query.format(mine="organization_id = $organization_id")
        return self._staging.whole_numbers(mine, {"organization_id": self._organization_id})


def _note(staging: Staging, snapshots: Snapshots) -> None:
    organization, columns = snapshots.organization_id, snapshots.columns
    user = [name for name, _ in column_types(Action)].index("user_id")
    reviewers = used(snapshots.reviews["reviewer_id"])
    members = used(columns["completed_by"]) | reviewers
    members |= {row[user] for _, row in snapshots.actions if row[user] is not None}
    found = {"member": members, "project": used(columns["project_id"]), REVIEWING.name: reviewers}
    staging.mention((organization, what, each) for what, some in found.items() for each in some)
    if len(numbers(snapshots.reviews["place"])):
        staging.note_recorded(Review, [organization])
    history = snapshots.flags("history")
    if any(history[place] for place, _ in snapshots.actions):
        staging.note_recorded(Action, [organization])


def joined(many: Sequence[Snapshots]) -> Snapshots:
    """Return snapshots of one organization in one piece."""
    begins = np.cumsum([0, *map(len, many)]).tolist()
    reviews = {name: _joined([each.reviews[name] for each in many]) for name in many[0].reviews}
    counts = [len(numbers(each.reviews["place"])) for each in many]
    return Snapshots(
        many[0].organization_id,
        {name: _joined([each.columns[name] for each in many]) for name in many[0].columns},
        [(begin + place, row) for begin, each in zip(begins, many, strict=False) for place, row in each.actions],
        reviews | {"place": numbers(reviews["place"]) + np.repeat(begins[:-1], counts)},
    )


def _joined(columns: Sequence[StoredColumn]) -> StoredColumn:
    coded = [column for column in columns if isinstance(column, Coded)]
    if coded:
        place: dict[str, int] = {}
        codes = []
        for column in coded:
            ours = np.array([*(place.setdefault(text, len(place)) for text in column.texts), NULL], np.int32)
            codes.append(ours[column.codes])  # null is the last
        return Coded(np.concatenate(codes), list(place))
    arrays = [column for column in columns if not isinstance(column, Coded)]
    if len({array.dtype for array in arrays}) > 1:  # ids, some of which are no whole numbers
        arrays = [np.array(list(map(str, array.tolist())), object) for array in arrays]
    return np.concatenate(arrays)


def _ids_of(snapshots: Snapshots) -> dict[str, Ids] | None:
    """Return the ids of annotations, actions and reviews, sorted; None if some are no whole numbers, or come twice."""
    annotations, reviews = numbers(snapshots.columns["annotation_id"]), numbers(snapshots.reviews["review_id"])
    actions = _whole([row[1] for _, row in snapshots.actions])
    if actions is None or annotations.dtype != np.int64 or reviews.dtype != np.int64:
        return None
    found = {"annotations": annotations, "actions": actions, "reviews": reviews}
    found = {kind: np.sort(ids) for kind, ids in found.items()}
    return None if any((ids[1:] == ids[:-1]).any() for ids in found.values()) else found


def _whole(texts: Sequence[str]) -> Ids | None:
    if not all(text.isascii() and text.isdigit() and len(text) < 19 and str(int(text)) == text for text in texts):
        return None
    return np.array(list(map(int, texts)), np.int64)


def _insert(staging: Staging, snapshots: Snapshots) -> None:
    mine = {"organization_id": snapshots.organization_id}
    ids = {name: f"CAST({name} AS VARCHAR)" for name in ("annotation_id", "project_id", "task_id", "completed_by")}
    names = [name for name, _ in column_types(Annotation)][1:]
    staging.put_columns("incoming_rows", _in_order(snapshots.columns, "completed_by", "completed_at"))
    staging.add_in_order(
        "annotations",
        ("organization_id", *names),
        f"SELECT $organization_id, {', '.join(ids.get(name, name) for name in names)} FROM incoming_rows",
        mine,
        rows=len(snapshots),
    )
    staging.execute(
        f"INSERT INTO snapshots SELECT $organization_id, {ids['annotation_id']}, "
        "CASE WHEN reviewed THEN updated_at END, history FROM incoming_rows",
        mine,
    )
    action_columns = [name for name, _ in column_types(Action)]
    actions = [
        f"SELECT $organization_id, 'annotation-' || annotation_id, {', '.join(ids.values())}, only_action, started_at, "
        f"completed_at, lead_time, NULL, NULL, '{FROM_ROW}' FROM incoming_rows WHERE only_action IS NOT NULL"
    ]
    if snapshots.actions:
        staging.put("incoming_actions", column_types(Action), [(*row, FROM_ROW) for _, row in snapshots.actions])
        actions.append(f"SELECT {', '.join(action_columns)} FROM incoming_actions ORDER BY user_id, created_at")
    reviewed = len(numbers(snapshots.reviews["place"]))
    if reviewed:
        columns = [name for name, _ in column_types(Review)]
        staging.put_columns("incoming_reviews", _in_order(_owned(snapshots), "completed_by", "created_at"))
        staging.add_in_order(
            "reviews", columns, f"SELECT {', '.join(columns)} FROM incoming_reviews", {}, rows=reviewed
        )
        told_of = review_actions("incoming_reviews reviews WHERE NOT history")
        actions.append(f"{told_of} ORDER BY reviewer_id, created_at")
    count = len(snapshots) + len(snapshots.actions) + reviewed
    query = " UNION ALL ".join(f"({each})" for each in actions)
    staging.add_in_order("actions", action_columns, query, mine, rows=count)


def _owned(snapshots: Snapshots) -> dict[str, StoredColumn]:
    """Return the reviews with what they have of their annotations, and whether those have a history."""
    places = numbers(snapshots.reviews["place"])
    names = ("annotation_id", "project_id", "task_id", "completed_by", "history")
    of_rows = {name: _taken(snapshots.columns[name], places) for name in names}
    every = np.zeros(len(places), np.int32)
    same = {"organization_id": Coded(every, [snapshots.organization_id]), "origin": Coded(every, [FROM_ROW])}
    return {name: column for name, column in snapshots.reviews.items() if name != "place"} | of_rows | same


def _in_order(columns: Mapping[str, StoredColumn], member: str, instant: str) -> dict[str, StoredColumn]:
    """Return rows by whose they are, and when."""
    owners = columns[member]
    if not isinstance(owners, Coded):
        raise TypeError("The column holds no coded texts.")
    rank = np.full(len(owners.texts) + 1, len(owners.texts), np.int32)  # null is the last
    rank[np.argsort(np.array(owners.texts, object))] = np.arange(len(owners.texts))
    order = np.lexsort((numbers(columns[instant]), rank[owners.codes]))
    return {name: _taken(column, order) for name, column in columns.items()}


def _taken(column: StoredColumn, places: npt.NDArray[np.int64]) -> StoredColumn:
    return column._replace(codes=column.codes[places]) if isinstance(column, Coded) else column[places]


def review_actions(reviews: str) -> str:
    """Return the query of one action for each review, for annotations without a history."""
    return (
        "SELECT reviews.organization_id, 'review-' || review_id, "
        "reviews.annotation_id, project_id, task_id, reviewer_id, action, NULL, created_at, NULL, review_id, NULL, "
        f"'{FROM_REVIEW}' FROM {reviews}"
    )
