"""What rows of an export come to, worked out from the rows themselves: it shares no line with the code it judges.

Rows are those that were ever read, in any order. The rules are those for what a file is silent on, one after the other.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from statistics import median
from typing import Any, NamedTuple

Row = dict[str, Any]
OWN = ("submitted", "updated", "skipped")
BEGINNING, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
COUNTED = ("submitted", "updated", "accepted", "fixed_and_accepted", "deleted_review")


class Told(NamedTuple):
    """An annotation row, and when its task was updated."""

    task_updated_at: str | None
    row: Row


class Stands(NamedTuple):
    """What stands of an annotation."""

    owner: str | None
    completed_at: datetime
    estimated: bool
    last_action: str
    cancelled: bool
    time: Any
    reviews: Sequence[Row]


def told(tasks: Iterable[Row]) -> list[Told]:
    """Return the rows that can be read."""
    rows = [Told(task.get("updated_at"), row) for task in tasks for row in task["annotations"]]
    return [each for each in rows if isinstance(each.row.get("created_at"), str)]


def meant(rows: Iterable[Told]) -> dict[str, set[str]]:
    """Return whose each e-mail is."""
    found: dict[str, set[str]] = defaultdict(set)
    for _, row in rows:
        people = [row.get(name) for name in ("completed_by", "updated_by", "last_created_by")]
        people += [part.get("created_by") for name in ("history", "reviews") for part in row.get(name) or ()]
        for person in people:
            if isinstance(person, dict) and person.get("id") is not None and person.get("email"):
                found[person["email"].lower()].add(str(person["id"]))
    return found


def who(person: Any, emails: Mapping[str, set[str]]) -> str | None:
    """Return the id of a person."""
    if person is None or isinstance(person, int):
        return None if person is None else str(person)
    email = person if isinstance(person, str) else person.get("email")
    if isinstance(person, dict) and person.get("id") is not None:
        return str(person["id"])
    ids = emails.get(email.lower(), set())
    return next(iter(ids)) if len(ids) == 1 else email.lower()


def instant(text: str) -> datetime:
    """Return an instant."""
    return datetime.fromisoformat(text)


def rank(each: Told) -> tuple[Any, ...]:
    """Return by what a row is newer than another one."""
    row = each.row
    entries = [instant(part["created_at"]) for name in ("history", "reviews") for part in row.get(name) or ()]
    never = instant("0001-01-01T00:00:00+00:00")
    time = row.get("lead_time")
    return (
        updated_at(row),
        instant(each.task_updated_at) if each.task_updated_at else never,
        max(entries, default=never),
        row.get("completed_by") is not None,
        -2 if time is None else time if time >= 0 else -1,
        json.dumps(row, sort_keys=True),
    )


def updated_at(row: Row) -> datetime:
    """Return when a row was updated."""
    return instant(row["updated_at"] or row["created_at"])


def last_action(row: Row, by_owner: bool) -> str:
    """Return the last action of a row."""
    if row["last_action"]:
        return str(row["last_action"])
    if row["was_cancelled"]:
        return "skipped"
    changed = updated_at(row) - instant(row["created_at"]) >= timedelta(seconds=1)
    return "updated" if changed and by_owner else "submitted"


def is_owner(row: Row, person: Any, emails: Mapping[str, set[str]]) -> bool:
    """Say whether somebody is a row's annotator."""
    owner = who(row["completed_by"], emails)
    return person is None or (owner is not None and who(person, emails) == owner)


def instants(row: Row, emails: Mapping[str, set[str]]) -> list[datetime]:
    """Return the own instants that a row tells."""
    if row.get("history"):
        return [
            instant(entry["created_at"])
            for entry in row["history"]
            if entry["action"] in OWN and is_owner(row, entry.get("created_by"), emails)
        ]
    by_owner = is_owner(row, row["updated_by"], emails)
    at_update = last_action(row, by_owner) in ("updated", "skipped")
    found = []
    if at_update and row["updated_at"] and by_owner and is_owner(row, row["last_created_by"], emails):
        found.append(updated_at(row))
    at_once = updated_at(row) - instant(row["created_at"]) < timedelta(seconds=1)
    if row["last_action"] == "submitted" or (at_once and (row["updated_at"] or not at_update)):
        found.append(instant(row["created_at"]))
    return found


def stands(rows: Sequence[Told], emails: Mapping[str, set[str]]) -> Stands:
    """Return what all rows of one annotation come to."""
    newest = max(rows, key=rank).row
    owned = max((each for each in rows if each.row["completed_by"] is not None), key=rank, default=None)
    reviewed = max((each for each in rows if each.row.get("reviews") is not None), key=rank, default=None)
    known_until = max((updated_at(row) for _, row in rows if row.get("history")), default=None)
    known = [
        one
        for _, row in rows
        for one in instants(row, emails)
        if row.get("history") or known_until is None or one > known_until
    ]
    return Stands(
        who(owned.row["completed_by"], emails) if owned else None,
        max(known, default=instant(newest["created_at"])),
        not instants(newest, emails),
        last_action(newest, is_owner(newest, newest["updated_by"], emails)),
        newest["last_action"] == "skipped" if newest["was_cancelled"] is None else newest["was_cancelled"],
        newest.get("lead_time"),
        reviewed.row["reviews"] if reviewed else [],
    )


def first_of(reviews: Sequence[Row]) -> Row | None:
    """Return the first review that accepts or rejects: at one instant, the one with the lower id."""
    known = [review for review in reviews if isinstance(review["accepted"], bool)]
    return min(known, key=lambda review: (instant(review["created_at"]), review["id"]), default=None)


def figures(tasks: Sequence[Row], member: str, begin: datetime, end: datetime) -> dict[str, Any]:
    """Return figures of a member and a period, out of all tasks that were ever read."""
    rows = told(tasks)
    emails = meant(rows)
    of: dict[Any, list[Told]] = defaultdict(list)
    for each in rows:
        of[each.row["id"]].append(each)
    every = [stands(some, emails) for some in of.values()]
    mine = [each for each in every if each.owner == member and begin <= each.completed_at < end]
    counted = [each for each in mine if not each.cancelled and each.last_action in COUNTED]
    times = [Fraction(str(each.time)) for each in counted if each.time is not None and each.time >= 0]
    given = [
        (each, review)
        for each in every
        for review in each.reviews
        if begin <= instant(review["created_at"]) < end and isinstance(review["accepted"], bool)
    ]
    marks = [int(review["accepted"]) for each, review in given if each.owner == member]
    taken = [(each, review) for each, review in given if who(review["created_by"], emails) == member]
    by = [review["accepted"] for _, review in taken]
    firsts = [first_of(each.reviews) for each in every if each.owner == member]
    passes = [
        review["accepted"] for review in firsts if review is not None and begin <= instant(review["created_at"]) < end
    ]
    long = [time for time in times if median(times) and time > 10 * median(times)]
    active = [each.completed_at for each in mine if each.cancelled or each.last_action in (*COUNTED, "rejected")]
    active += [instant(review["created_at"]) for _, review in taken]
    return {
        "submitted_annotations": len(counted),
        "updated": sum(each.last_action == "updated" for each in counted),
        "skipped": sum(each.cancelled for each in mine),
        "total_time": None if counted and not times else float(sum(times)),
        "completed_at_estimated": sum(each.estimated for each in mine if each.cancelled or each in counted),
        "performance_score": float(Fraction(sum(marks), len(marks))) if marks else None,
        "received_accepted": sum(marks),
        "received_rejected": len(marks) - sum(marks),
        "first_pass": float(Fraction(sum(passes), len(passes))) if passes else None,
        "long_time": None if counted and not times else float(sum(long)),
        "long_annotations": len(long),
        "annotations_reviewed": len({id(each) for each, _ in taken}),
        "last_active": max(((each - BEGINNING) // MICROSECOND for each in active), default=None),
        "reviews_accepted": sum(by),
        "reviews_rejected": len(by) - sum(by),
    }
