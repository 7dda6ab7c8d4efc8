"""Forgetting: a member, a project, or facts older than they are to be kept; on every engine by the same statements.

The columns of the contract say where a person or a project stands. Beside them stand what rows said of annotations
(`snapshots`, as JSON) and what is told of e-mails (`mentions`).
"""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from perfwidget.errors import InvalidFact
from perfwidget.facts import Recorded
from perfwidget.facts.columns import FIRST_INSTANT, Id, id_text, microseconds
from perfwidget.facts.forgotten import Forgotten, whole_emails
from perfwidget.stores.schema import MENTIONED, SNAPSHOTS, TABLES
from perfwidget.stores.writing.staging import Staging

RETAINED = {"actions": "created_at", "review_visits": "opened_at", "comments": "created_at"}
"""The kinds of facts that may be kept for some days only, and the column that says how old each is."""

BATCH = 20_000
"""Snapshots that are looked through at a time."""

_OF_ORGANIZATION = "organization_id = $organization_id"
_OF_ANNOTATIONS = ("actions", "reviews", "review_visits", "comments", "snapshots")
_TEXTS = tuple((name, "VARCHAR") for name in ("organization_id", "comment_id", "text"))
_SNAPSHOT = tuple(column.name for column in SNAPSHOTS.columns)


def forget(staging: Staging, organization_id: Id, user_id: Id, *, as_token: bool) -> str | None:
    """Remove every fact of a member, or put a token in place of id, e-mail and name; return the token."""
    organization, user = id_text(organization_id), id_text(user_id)
    staging.noted.clear()
    staging.touched.add(organization)
    person, spellings = _person(staging, organization, user, gone=not as_token)
    _forget_in_snapshots(staging, organization, person)
    given = {"organization_id": organization, "user_id": user, "token": person.token, "address": person.address}
    if person.gone:
        _delete_annotations(staging, "completed_by = $user_id", given)
    for table, column in (*MENTIONED["member"], ("members", "user_id"), ("memberships", "user_id")):
        theirs = f"{_OF_ORGANIZATION} AND {column} = $user_id"
        if person.gone:
            staging.delete(table, theirs, given)
        else:
            changes = {column: "$token"}
            if table == "members":
                changes["email"] = "CASE WHEN email IS NULL THEN NULL ELSE $address END"
                changes["display_name"] = "CASE WHEN display_name IS NULL THEN NULL ELSE $token END"
            staging.update(table, changes, theirs, given)
    _forget_in_comments(staging, organization, person, spellings)
    _forget_mentions(staging, organization, person)
    return None if person.gone else person.token


def forget_project(staging: Staging, organization_id: Id, project_id: Id) -> None:
    """Remove a project with every fact of it, and its memberships."""
    given = {"organization_id": id_text(organization_id), "project_id": id_text(project_id)}
    staging.noted.clear()
    staging.touched.add(given["organization_id"])
    _delete_annotations(staging, "project_id = $project_id", given)
    for table in TABLES:
        if "project_id" in {column.name for column in table.columns}:
            staging.delete(table.name, f"{_OF_ORGANIZATION} AND project_id = $project_id", given)
    told = "(kind = 'project' OR kind LIKE 'worked %' OR kind LIKE 'lent %') AND id = $project_id"
    staging.delete("mentions", f"{_OF_ORGANIZATION} AND {told}", given)


def retain(staging: Staging, organization_id: Id, days: Mapping[str, int], now: datetime) -> bool:
    """Remove facts older than so many days, and note since when there are some; say whether any went."""
    if not set(days) <= set(RETAINED) or not all(type(each) is int and each > 0 for each in days.values()):
        raise InvalidFact(f"retain takes days above 0, as whole numbers, for {', '.join(RETAINED)}.")
    removed = False
    for kind, kept in days.items():
        since = microseconds(max(now - timedelta(days=kept), FIRST_INSTANT))
        given = {"organization_id": id_text(organization_id), "since": since, "kind": kind}
        older = f"{_OF_ORGANIZATION} AND {RETAINED[kind]} < $since"
        if staging.execute(f"SELECT 1 FROM {kind} WHERE {older} LIMIT 1", given):
            staging.delete(kind, older, given)
            earlier = f"{_OF_ORGANIZATION} AND kind = $kind AND coalesce(since, 0) < $since"
            staging.update(Recorded.table, {"since": "$since"}, earlier, given)
            staging.touched.add(id_text(organization_id))
            removed = True
    return removed


def _delete_annotations(staging: Staging, which: str, given: Mapping[str, Any]) -> None:
    """Delete annotations with all that belongs to them, whoever told it."""
    theirs = f"SELECT annotation_id FROM annotations WHERE {_OF_ORGANIZATION} AND {which}"
    for table in _OF_ANNOTATIONS:
        staging.delete(table, f"{_OF_ORGANIZATION} AND annotation_id IN ({theirs})", given)
    staging.delete("annotations", f"{_OF_ORGANIZATION} AND {which}", given)


def _person(staging: Staging, organization: str, user: str, *, gone: bool) -> tuple[Forgotten, set[str]]:
    """Return the member with the e-mails that are theirs alone, and these in every spelling."""
    members = f"SELECT user_id, email FROM members WHERE {_OF_ORGANIZATION} AND email IS NOT NULL"
    had = [(one, email) for one, email in staging.execute(members, {"organization_id": organization})]
    for kind, identity in _mentions(staging, organization):
        word, _, of = kind.partition(" ")
        if word in ("member", "means"):
            had.append((identity, of))
        elif word == "called" and json.loads(identity)[1]:
            had.append((of, json.loads(identity)[1]))
        elif word == "named":
            had.append((identity, of))
    others = {email.casefold() for one, email in had if one not in (user, email.casefold())}
    spellings = {email for one, email in had if one == user and email.casefold() not in others}
    emails = frozenset(email.casefold() for email in spellings)
    token = f"forgotten-{token_hex(8)}"
    address = f"{token}@invalid"
    known_by_email = user in emails
    return Forgotten(user, emails, address if known_by_email else token, address, gone), spellings | emails


def _forget_in_comments(staging: Staging, organization: str, person: Forgotten, emails: Collection[str]) -> None:
    """Put the token in place of the person's e-mails in texts, but for longer ones that hold one of them."""
    if not emails:
        return
    sought = {f"sought_{number}": email for number, email in enumerate(sorted(emails))}
    texts = ("text", staging.dialect.in_lower_case("text"))
    found = " OR ".join(staging.dialect.holds(text, f"${name}") for name in sought for text in texts)
    query = f"SELECT organization_id, comment_id, text FROM comments WHERE {_OF_ORGANIZATION} AND ({found})"
    whole = whole_emails(emails)
    rows = staging.execute(query, {"organization_id": organization} | sought)
    staging.put("incoming", _TEXTS, [(*key, whole.sub(person.address, told)) for *key, told in rows])
    same = "comments.organization_id = incoming.organization_id AND comments.comment_id = incoming.comment_id"
    staging.update("comments", {"text": "incoming.text"}, same, using="incoming")


def _mentions(staging: Staging, organization: str) -> list[tuple[Any, ...]]:
    """Return what is told of e-mails and of people who were only named."""
    text = f"SELECT kind, id FROM mentions WHERE {_OF_ORGANIZATION} AND kind LIKE '% %'"
    return staging.execute(text, {"organization_id": organization})


def _forget_mentions(staging: Staging, organization: str, person: Forgotten) -> None:
    same = f"{_OF_ORGANIZATION} AND kind = $kind AND id = $id"
    given = {"organization_id": organization, "kind": "member", "id": person.user_id}
    known = staging.execute(f"SELECT kind, id FROM mentions WHERE {same}", given)
    for kind, identity in (*known, *_mentions(staging, organization)):
        word, _, of = kind.partition(" ")
        is_id = word in ("member", "means", "named")
        of_email, of_member = of in person.emails, word in ("lent", "called") and of == person.user_id
        if not (of_email or of_member or (is_id and person.is_meant(identity))):
            continue
        staging.delete("mentions", same, given | {"kind": kind, "id": identity})
        # That several have an e-mail must stay known: else what was done under it became the others'.
        if word == "called" or (person.gone and (of_email or of_member or not of)):
            continue
        who = person.address if of_email else person.token if of_member else of
        stands = person.put(identity) if is_id else person.token if word == "name" else identity
        staging.mention([(organization, f"{word} {who}".strip(), stands)])


def _forget_in_snapshots(staging: Staging, organization: str, person: Forgotten) -> None:
    """Put the token in place of the person in what rows said of annotations, of others' too."""
    names = ", ".join(_SNAPSHOT)
    for rows in _snapshots(staging, organization, person):
        told = [dict(zip(_SNAPSHOT, row, strict=True)) for row in rows]
        new = [person.put_in(row) for row in told]
        changed = [tuple(row.values()) for before, row in zip(told, new, strict=True) if row != before]
        if changed:
            staging.put("incoming", [(name, sql_type) for name, sql_type, _ in SNAPSHOTS.columns], changed)
            same = "snapshots.organization_id = incoming.organization_id"
            key = f"{same} AND snapshots.annotation_id = incoming.annotation_id"
            staging.delete("snapshots", key, using="incoming")
            staging.add("snapshots", _SNAPSHOT, f"SELECT {names} FROM incoming")


def _snapshots(staging: Staging, organization: str, person: Forgotten) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the snapshots that may name the person, some at a time; which of them do is seen in their JSON."""
    sought = {f"sought_{number}": each for number, each in enumerate(person.sought())}
    texts = [staging.dialect.in_lower_case(f"coalesce({name}, '')") for name in ("spelled", "beside", "emails")]
    found = " OR ".join(staging.dialect.holds(text, f"${name}") for name in sought for text in texts)
    text = (
        f"SELECT {', '.join(_SNAPSHOT)} FROM snapshots WHERE {_OF_ORGANIZATION} AND annotation_id > $after "
        f"AND ({found}) ORDER BY annotation_id LIMIT {BATCH:d}"
    )
    after = ""
    while rows := staging.execute(text, {"organization_id": organization, "after": after} | sought):
        yield rows
        after = rows[-1][_SNAPSHOT.index("annotation_id")]
