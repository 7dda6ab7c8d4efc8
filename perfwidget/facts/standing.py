"""Which of all rows that were ever read of an annotation stands, and since when its owner is done with it.

What is kept of an annotation is the same in whatever order its rows come, and however often. Of rows it is the newest,
of instants the latest. Facts are derived from what is kept.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from perfwidget.facts.snapshot_rows import SnapshotRows, one_action, only_action
from perfwidget.facts.tables import Action, Annotation, Review

_AT = {column.name: place for place, column in enumerate(Annotation.columns())}
_DERIVED = ("last_action", "completed_at_estimated", "project_id", "task_id", "flags")
_OF_REVIEW = {column.name: place for place, column in enumerate(Review.columns())}
_OWN_OF_REVIEW = [_OF_REVIEW[name] for name in ("review_id", "reviewer_id", "action", "score", "created_at")]
_TOLD = SnapshotRows._fields.index("emails")
_ENTERED_AT = [column.name for column in Action.columns()].index("created_at")

Reread = Callable[[SnapshotRows], SnapshotRows]
"""Reads a row that names somebody by e-mail alone again, by whose e-mail that is now."""


class Derived(NamedTuple):
    """The facts of an annotation, as they are stored, and what is told of its rows."""

    row: tuple[Any, ...]
    history: bool
    actions: Sequence[tuple[Any, ...]]
    reviews: Sequence[tuple[Any, ...]] | None
    reviews_at: int | None
    task_updated_at: int | None
    spelled: str | None


@dataclass
class Standing:
    """What is kept of an annotation: the rows that matter, and the latest instants that the others told."""

    seen: list[SnapshotRows] = field(default_factory=list)
    unique_id: int | None = None
    own_at: int | None = None
    """The latest own instant that rows without a history told."""
    history_at: int | None = None
    """`updated_at` of the newest row with a history, which is complete up to then."""
    entered_at: int | None = None
    """The latest own instant that histories told."""

    def add(self, new: SnapshotRows) -> None:
        """Take note of one more row."""
        if new in self.seen and not new.live:
            return
        if new.live:
            self._answer(new)
        elif all(_content(new) != _content(each) or version(new) != version(each) for each in self.seen):
            self.seen.append(new)
        if self.unique_id is None or new.live:
            self.unique_id = new.unique_id if new.unique_id is not None else self.unique_id
        self.fold(self.seen[-1] if new.live else new)
        matter = [newest(self.seen), newest(filter(_owner, self.seen)), newest(filter(_speaks, self.seen))]
        self.seen = [each for each in self.seen if each.emails or any(each is one for one in matter)]

    def _answer(self, new: SnapshotRows) -> None:
        """Let the answer of a running platform stand, with the owner and reviews of others where it tells none."""
        owned, reviewed = newest(filter(_owner, self.seen)), newest(filter(_speaks, self.seen))
        if self.other_id(new):
            self.own_at = self.history_at = self.entered_at = owned = reviewed = None
        row = list(new.row)
        row[_AT["completed_by"]] = _owner(new) or (owned and _owner(owned))
        reviews = new.reviews if new.reviews is not None or reviewed is None else reviewed.reviews
        self.seen = [new._replace(row=tuple(row), reviews=reviews, live=False)]

    def fold(self, seen: SnapshotRows) -> None:
        """Keep the instants that a row tells, unless they hang on whose e-mail one is."""
        if not seen.emails:
            self.own_at, self.history_at, self.entered_at = self._with(seen)

    def _with(self, seen: SnapshotRows) -> tuple[int | None, int | None, int | None]:
        told = None if seen.row[_AT["completed_at_estimated"]] else seen.row[_AT["completed_at"]]
        if seen.history:
            return self.own_at, _latest(self.history_at, seen.row[_AT["updated_at"]]), _latest(self.entered_at, told)
        return _latest(self.own_at, told), self.history_at, self.entered_at

    @property
    def owned(self) -> bool:
        """Whether any row has an owner."""
        return any(map(_owner, self.seen))

    def other_id(self, new: SnapshotRows) -> bool:
        """Say whether a row is called otherwise than those that are kept."""
        return None not in (self.unique_id, new.unique_id) and self.unique_id != new.unique_id

    def foreign(self, new: SnapshotRows) -> bool:
        """Say whether a row must be of another annotation that has the same key on another server."""
        if self.unique_id is not None and new.unique_id is not None:
            return self.unique_id != new.unique_id
        ours = newest(filter(_owner, self.seen))
        if ours is None or ours.emails or new.emails or not _owner(new):
            return False
        return _owner(ours) != _owner(new) and ours.row[_AT["created_at"]] != new.row[_AT["created_at"]]

    def derived(self, reread: Reread) -> Derived:
        """Return the facts of the annotation."""
        stands, owned, reviewed = (newest(filter(wanted, self.seen)) for wanted in (lambda _: True, _owner, _speaks))
        if stands is None:
            raise ValueError("Nothing is kept of the annotation.")
        read = {id(each): reread(each) if each.emails else each for each in self.seen}
        told = Standing([], None, self.own_at, self.history_at, self.entered_at)
        for each in filter(_unsettled, self.seen):
            told.own_at, told.history_at, told.entered_at = told._with(read[id(each)])
        own_at = told.own_at if _latest(told.history_at, told.own_at) != told.history_at else None
        row = list(read[id(stands)].row)
        row[_AT["completed_by"]] = _owner(read[id(owned)]) if owned else None
        row[_AT["completed_at"]] = _latest(own_at, told.entered_at) or row[_AT["created_at"]]
        whole = tuple(row)
        actions = read[id(stands)].actions
        if not stands.history:
            action = only_action(row[_AT["last_action"]], row[_AT["was_cancelled"]])
            actions = [one_action(whole, action)] if owned else []
        return Derived(
            whole,
            stands.history,
            actions,
            _owned(read[id(reviewed)].reviews or (), whole) if reviewed else None,
            reviewed.row[_AT["updated_at"]] if reviewed else None,
            stands.task_updated_at,
            stands.spelled,
        )

    def beside(self, derived: Derived) -> str | None:
        """Return what a store cannot tell from the facts, as JSON; None if there is nothing."""
        kept: dict[str, Any] = {}
        told = Standing()
        told.own_at, told.history_at, told.entered_at = told._with(_shown(derived))
        for name in ("own_at", "history_at", "entered_at"):
            if getattr(self, name) != getattr(told, name):
                kept[name] = getattr(self, name)
        if len(self.seen) > 1 or self.seen[0].emails:
            kept["stands_at"] = derived.row[_AT["updated_at"]]
            kept["seen"] = [
                each.text if each.emails else each[: SnapshotRows._fields.index("emails")] for each in self.seen
            ]
        return json.dumps(kept) if kept else None


def from_facts(
    derived: Derived, unique_id: int | None, beside: str | None, read: Callable[[str], SnapshotRows]
) -> Standing:
    """Return what is kept of an annotation; `read` reads a row as if nobody knew whose e-mail one is."""
    kept = json.loads(beside) if beside else {}
    shown = _shown(derived, unique_id)
    found = Standing([shown], unique_id)
    found.fold(shown)
    for name in ("own_at", "history_at", "entered_at"):
        setattr(found, name, kept.get(name, getattr(found, name)))
    # Somebody else may have replaced the annotation since.
    if "seen" in kept and kept["stands_at"] == derived.row[_AT["updated_at"]]:
        found.seen = [read(each) if isinstance(each, str) else _unpacked(each) for each in kept["seen"]]
    return found


def _shown(derived: Derived, unique_id: int | None = None) -> SnapshotRows:
    """Return the row that facts show where one alone is kept."""
    actions = derived.actions if derived.history else []
    told = (derived.reviews, derived.task_updated_at, unique_id, derived.spelled)
    return normal(SnapshotRows(derived.row, derived.history, actions, *told))


def _unpacked(packed: Sequence[Any]) -> SnapshotRows:
    row, history, actions, reviews, *more = packed
    told = None if reviews is None else [tuple(each) for each in reviews]
    return SnapshotRows(tuple(row), history, [tuple(each) for each in actions], told, *more)


def normal(seen: SnapshotRows) -> SnapshotRows:
    """Return a row with its reviews and history in one order, each once."""
    if not seen.history and len(seen.reviews or ()) < 2:  # nearly all
        return seen._replace(actions=[]) if seen.actions else seen
    actions = {action[1]: action for action in seen.actions} if seen.history else {}
    reviews = None if seen.reviews is None else {review[1]: review for review in seen.reviews}
    return seen._replace(
        actions=[actions[each] for each in sorted(actions)],
        reviews=None if reviews is None else [reviews[each] for each in sorted(reviews)],
    )


def version(seen: SnapshotRows) -> tuple[Any, ...]:
    """Return by what a row is newer than another one."""
    entries = [action[_ENTERED_AT] for action in seen.actions] if seen.history else []
    reviewed = [review[_OF_REVIEW["created_at"]] for review in seen.reviews or ()]
    time = seen.row[_AT["lead_time"]]
    task_updated_at = -1 if seen.task_updated_at is None else seen.task_updated_at
    latest = max(entries + reviewed, default=-1)
    return seen.row[_AT["updated_at"]], task_updated_at, latest, bool(_owner(seen)), -2 if time is None else time


def newest(rows: Iterable[SnapshotRows]) -> SnapshotRows | None:
    """Return the newest of some rows of one annotation; of equally new ones the greater as JSON."""
    found: SnapshotRows | None = None
    for each in rows:
        if found is None or (version(each), _content(each)) > (version(found), _content(found)):
            found = each
    return found


def _content(seen: SnapshotRows) -> str:
    """Return a row as JSON with sorted keys, in the words of the file as far as they are kept.

    When it was completed is left out, for that hangs on other rows, too.
    """
    owner, last_action, last_created_by, updated_by = json.loads(seen.spelled or "[null, null, null, null]")
    said = {
        "completed_by": owner if seen.spelled else _owner(seen),
        "created_at": seen.row[_AT["created_at"]],
        "draft_created_at": seen.row[_AT["started_at"]],
        "history": [list(action) for action in seen.actions] if seen.history else None,
        "last_action": last_action,
        "last_created_by": last_created_by,
        "reviews": None if seen.reviews is None else [_review(review) for review in seen.reviews],
        "updated_by": updated_by,
        "was_cancelled": seen.row[_AT["was_cancelled"]],
        "~": [
            seen.row[_AT[name]] for name in ("last_action", "completed_at_estimated", "project_id", "task_id", "flags")
        ],
    }
    return json.dumps(said, sort_keys=True)


def _review(review: Sequence[Any]) -> dict[str, Any]:
    review_id, reviewer_id, action, score, created_at = (review[place] for place in _OWN_OF_REVIEW)
    accepted = {"rejected": False, "unknown": None}.get(action, True)
    fixed = action == "fixed_and_accepted" or None
    return {"accepted": accepted, "at": created_at, "by": reviewer_id, "fixed": fixed, "id": review_id, "score": score}


def _owned(reviews: Iterable[tuple[Any, ...]], row: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return reviews as those of an annotation's owner, project and task."""
    owned = {_OF_REVIEW[name]: row[_AT[name]] for name in ("project_id", "task_id", "completed_by")}
    return [tuple(owned.get(place, value) for place, value in enumerate(review)) for review in reviews]


def _owner(seen: SnapshotRows) -> str | None:
    owner: str | None = seen.row[_AT["completed_by"]]
    return owner


def _unsettled(seen: SnapshotRows) -> bool:
    return bool(seen.emails)


def _speaks(seen: SnapshotRows) -> bool:
    return seen.reviews is not None


def _latest(one: int | None, other: int | None) -> int | None:
    return max((each for each in (one, other) if each is not None), default=None)
