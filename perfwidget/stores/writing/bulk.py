"""Snapshots of many annotations that are all new: added as columns, with nothing to replace and nothing to compare.

They are added in the order in which they are read, as a few numbers are put in order for less than the rows of a table.

What is new shows by ids that are whole numbers; those kept are held as such, in eight bytes each, while a write lasts.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from perfwidget.facts import Action, Annotation, Review
from perfwidget.facts.snapshots import Snapshots, in_order, numbers, owned_reviews, used
from perfwidget.stores.schema import FROM_REVIEW, FROM_ROW, column_types
from perfwidget.stores.writing.staging import Staging

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


class _Known:
    """A set of whole numbers, as sorted arrays each of which is more than twice as long as the next."""

    def __init__(self, ids: Ids) -> None:
        self._runs = [np.sort(ids)] if len(ids) else []

    def holds_any(self, ids: Ids) -> bool:
        """Say whether one of some sorted numbers is in the set."""
        for run in self._runs:
            if len(ids) and run[0] <= ids[-1] and ids[0] <= run[-1]:
                place = np.minimum(np.searchsorted(run, ids), len(run) - 1)
                if (run[place] == ids).any():
                    return True
        return False

    def add(self, ids: Ids) -> None:
        """Add sorted numbers."""
        if len(ids):
            self._runs.append(ids)
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            last = self._runs.pop()
            self._runs[-1] = np.sort(np.concatenate((self._runs[-1], last)), kind="stable")


class Bulk:
    """The new annotations of one write, as long as all that is written of annotations passes here."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._organization_id = ""
        self._known: dict[str, _Known] | None = None
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
        if any(self._known[kind].holds_any(found) for kind, found in ids.items()):
            return False
        _insert(self._staging, snapshots)
        _note(self._staging, snapshots)
        for kind, found in ids.items():
            self._known[kind].add(found)
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
            self._known = {kind: _Known(self._kept(query)) for kind, query in _KEPT.items()}
        return True

    def _kept(self, query: str) -> Ids:
        mine = query.format(mine="organization_id = $organization_id")
        return self._staging.whole_numbers(mine, {"organization_id": self._organization_id})


def _note(staging: Staging, snapshots: Snapshots) -> None:
    organization, columns = snapshots.organization_id, snapshots.columns
    user = [name for name, _ in column_types(Action)].index("user_id")
    members = used(columns["completed_by"]) | used(snapshots.reviews["reviewer_id"])
    members |= {row[user] for _, row in snapshots.actions if row[user] is not None}
    found = {"member": members, "project": used(columns["project_id"])}
    staging.mention((organization, what, each) for what, some in found.items() for each in some)
    if len(numbers(snapshots.reviews["place"])):
        staging.note_recorded(Review, [organization])
    history = snapshots.flags("history")
    if any(history[place] for place, _ in snapshots.actions):
        staging.note_recorded(Action, [organization])


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
    staging.put_columns("incoming_rows", in_order(snapshots.columns, "completed_by", "completed_at"))
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
        owned = owned_reviews(snapshots, FROM_ROW)
        staging.put_columns("incoming_reviews", in_order(owned, "completed_by", "created_at"))
        staging.add_in_order(
            "reviews", columns, f"SELECT {', '.join(columns)} FROM incoming_reviews", {}, rows=reviewed
        )
        told_of = review_actions("incoming_reviews reviews WHERE NOT history")
        actions.append(f"{told_of} ORDER BY reviewer_id, created_at")
    count = len(snapshots) + len(snapshots.actions) + reviewed
    query = " UNION ALL ".join(f"({each})" for each in actions)
    staging.add_in_order("actions", action_columns, query, mine, rows=count)


def review_actions(reviews: str) -> str:
    """Return the query of one action for each review, for annotations without a history."""
    return (
        "SELECT reviews.organization_id, 'review-' || review_id, "
        "reviews.annotation_id, project_id, task_id, reviewer_id, action, NULL, created_at, NULL, review_id, NULL, "
        f"'{FROM_REVIEW}' FROM {reviews}"
    )
