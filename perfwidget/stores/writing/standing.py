"""Annotations of which a store knows something already: what it keeps of them, what is added, and their facts anew."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

from perfwidget.facts import Action, Annotation, Review
from perfwidget.facts.snapshot_rows import SnapshotRows, rows_of_snapshot
from perfwidget.facts.standing import Derived, Standing, from_facts, normal
from perfwidget.stores.schema import FROM_REVIEW, FROM_ROW, SNAPSHOTS, column_types
from perfwidget.stores.writing.outcome import Outcome
from perfwidget.stores.writing.staging import Staging

_KEY = (("organization_id", "VARCHAR"), ("annotation_id", "VARCHAR"))
_BESIDE = [(name, sql_type) for name, sql_type, _ in SNAPSHOTS.columns]
_NOTHING = (None, False, *[None] * 5)
_OWNER = [column.name for column in Annotation.columns()].index("completed_by")

Key = tuple[str, str]
"""The organization and the annotation."""


def _same(one: str, other: str) -> str:
    return f"{one}.organization_id = {other}.organization_id AND {one}.annotation_id = {other}.annotation_id"


def write(staging: Staging, given: Iterable[SnapshotRows], means: Mapping[Key, str], outcome: Outcome) -> None:
    """Add rows to what is kept of their annotations; `means` maps organizations and e-mails to members."""
    rows: dict[Key, list[SnapshotRows]] = defaultdict(list)
    for each in given:
        rows[each.row[0], each.row[1]].append(normal(each))
    known = _kept(staging, rows)
    changed: dict[Key, Standing] = {}
    for key, some in rows.items():
        kept = known.get(key) or Standing()
        before = list(kept.seen), kept.unique_id, kept.own_at, kept.history_at, kept.entered_at
        for row in some:
            if kept.seen and kept.foreign(row):
                (outcome.replaced if row.live else outcome.refused).append(key)
                if not row.live:
                    continue
            kept.add(row)
            outcome.kept = True
        if kept.seen and before != (kept.seen, kept.unique_id, kept.own_at, kept.history_at, kept.entered_at):
            changed[key] = kept
        if kept.owned and any(row.row[_OWNER] is None for row in some):
            outcome.ownerless.append(key)
    _keep(staging, changed, means)
    _note(staging, [row for some in rows.values() for row in some if not row.emails])


def derive_again(staging: Staging, organization_id: str, email: str, means: Mapping[Key, str]) -> None:
    """Derive the annotations anew of which a row names somebody by an e-mail alone."""
    found = staging.execute(
        "SELECT organization_id, annotation_id FROM snapshots WHERE organization_id = $organization_id "
        f"AND {staging.dialect.holds('emails', '$email')}",
        {"organization_id": organization_id, "email": f"\n{email}\n"},
    )
    _keep(staging, _kept(staging, [(organization, annotation) for organization, annotation in found]), means)


def _kept(staging: Staging, keys: Collection[Key]) -> dict[Key, Standing]:
    """Return what is kept of annotations that the store knows."""
    _put_keys(staging, keys)
    names = [name for name, _ in column_types(Annotation)]
    rows = {row[:2]: row for row in _of_keys(staging, "annotations", names)}
    if not rows:
        return {}
    beside = {row[:2]: row[2:] for row in _of_keys(staging, "snapshots", [name for name, _ in _BESIDE])}
    reviews, actions = defaultdict(list), defaultdict(list)
    _put_keys(staging, [key for key in rows if key in beside and beside[key][0] is not None])
    for row in _of_keys(staging, "reviews", [column.name for column in Review.columns()]):
        reviews[row[0], row[2]].append(row)
    _put_keys(staging, [key for key in rows if key in beside and beside[key][1]])
    for row in _of_keys(staging, "actions", [column.name for column in Action.columns()], f"origin = '{FROM_ROW}'"):
        actions[row[0], row[2]].append(row)
    found = {}
    for key, row in rows.items():
        reviews_at, history, task_updated_at, unique_id, spelled, more, _ = beside.get(key, _NOTHING)
        told = None if reviews_at is None else reviews[key]
        shown = Derived(row, history, actions[key], told, reviews_at, task_updated_at, spelled)
        found[key] = from_facts(shown, unique_id, more, lambda text, key=key: _read(key[0], text, {}))  # type: ignore[misc]
    return found


def _put_keys(staging: Staging, keys: Collection[Key]) -> None:
    staging.put("incoming", _KEY, list(keys))


def _of_keys(staging: Staging, table: str, columns: Sequence[str], condition: str = "TRUE") -> list[tuple[Any, ...]]:
    """Return the rows of a table that are of the annotations whose keys are put."""
    named = ", ".join(f"{table}.{column}" for column in columns)
    same = _same(table, "incoming")
    return [
        tuple(row) for row in staging.execute(f"SELECT {named} FROM {table} JOIN incoming ON {same} WHERE {condition}")
    ]


def _read(organization_id: str, text: str, means: Mapping[Key, str]) -> SnapshotRows:
    """Read a row again by the rules of its source, whose libraries no host loads that writes facts of its own."""
    read_kept = import_module("perfwidget.sources.annotation_row").read_kept
    members = {email: member for (organization, email), member in means.items() if organization == organization_id}
    return normal(rows_of_snapshot(read_kept(organization_id, text, members)))


def _keep(staging: Staging, changed: Mapping[Key, Standing], means: Mapping[Key, str]) -> None:
    """Put the facts of annotations in place of those that were there."""
    if not changed:
        return
    derived = {key: kept.derived(lambda row: _read(row.row[0], row.text, means)) for key, kept in changed.items()}
    rows = [each.row for each in derived.values()]
    staging.touched.update(organization for organization, _ in changed)
    staging.put("incoming_rows", column_types(Annotation), rows)
    staging.delete_matching(Annotation, "incoming_rows")
    staging.insert("incoming_rows", Annotation)
    staging.delete("snapshots", _same("snapshots", "incoming_rows"), using="incoming_rows")
    staging.put("incoming", _BESIDE, [_beside(key, kept, derived[key]) for key, kept in changed.items()])
    names = [name for name, _ in _BESIDE]
    staging.add("snapshots", names, f"SELECT {', '.join(names)} FROM incoming")
    reviews = [(*review, FROM_ROW) for each in derived.values() for review in each.reviews or ()]
    actions = [(*action, FROM_ROW) for each in derived.values() for action in each.actions]
    actions += [_review_action(row) for each in derived.values() if not each.history for row in each.reviews or ()]
    _put_keys(staging, [key for key, each in derived.items() if each.reviews is not None])
    staging.delete("reviews", _same("reviews", "incoming"), using="incoming")
    staging.delete("actions", f"{_same('actions', 'incoming_rows')} AND origin IS NOT NULL", using="incoming_rows")
    for fact, told in ((Review, reviews), (Action, actions)):
        staging.put("incoming", column_types(fact), list({row[:2]: row for row in told}.values()))
        staging.delete_matching(fact, "incoming")
        staging.insert("incoming", fact)
    for table in ("reviews", "comments"):  # those that others told, too
        staging.update(
            table,
            {"completed_by": "incoming_rows.completed_by"},
            f"{_same(table, 'incoming_rows')} AND {table}.completed_by IS DISTINCT FROM incoming_rows.completed_by",
            using="incoming_rows",
        )
    _note(staging, [SnapshotRows(each.row, each.history, each.actions, each.reviews) for each in derived.values()])


def _beside(key: Key, kept: Standing, derived: Derived) -> tuple[Any, ...]:
    emails = sorted({email for each in kept.seen for email in each.emails})
    named = "\n".join(["", *emails, ""]) if emails else None
    told = (derived.reviews_at, derived.history, derived.task_updated_at, kept.unique_id, derived.spelled)
    return (*key, *told, kept.beside(derived), named)


def _review_action(review: Sequence[Any]) -> tuple[Any, ...]:
    """Return a review as an action, for annotations without a history."""
    organization_id, review_id, annotation_id, project_id, task_id, _, reviewer_id, action, _, created_at = review
    of = (annotation_id, project_id, task_id, reviewer_id, action)
    return (organization_id, f"review-{review_id}", *of, None, created_at, None, review_id, None, FROM_REVIEW)


def _note(staging: Staging, rows: Sequence[SnapshotRows]) -> None:
    reviews = [review for each in rows for review in each.reviews or ()]
    staging.note({Annotation: [each.row for each in rows], Review: reviews})
    for history in (True, False):  # what is told without one is no record of actions
        told = (action for each in rows if each.history is history for action in each.actions)
        staging.note({Action: told}, recorded=history)
