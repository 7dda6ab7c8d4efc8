"""Facts that a source concluded: they yield to what the store holds, and end the same in any order."""

import json
from collections.abc import Sequence
from typing import Any

from perfwidget.facts import Fact, Member, Membership, Project, Recorded
from perfwidget.facts.columns import microseconds
from perfwidget.facts.ingest import Inferred
from perfwidget.stores.schema import column_types, required
from perfwidget.stores.writing.staging import Staging, key_match


def write(staging: Staging, guesses: Sequence[Inferred]) -> None:
    """Add what is not there yet; members that are there by inference only learn more."""
    if not guesses:
        return
    staging.touched.update(guess.fact.row()[0] for guess in guesses)
    members = [guess for guess in guesses if isinstance(guess.fact, Member)]
    if members:
        named = [(guess.fact.row(), microseconds(guess.seen_at)) for guess in members if not guess.worked]
        staging.mention((row[0], f"called {row[1]}", json.dumps([seen_at, *row[2:4]])) for row, seen_at in named)
        _write_members(staging, [guess for guess in members if guess.worked])
    for kind in (Project, Membership, Recorded):
        told = [guess.fact for guess in guesses if isinstance(guess.fact, kind)]
        rows = {fact.key: fact.row() for fact in reversed(told)}  # of several with one key the first stands
        if rows:
            staging.put("guessed", column_types(kind), list(rows.values()))
            staging.leave_out("guessed", _is_there(kind))
            staging.insert("guessed", kind)


def _write_members(staging: Staging, guesses: Sequence[Inferred]) -> None:
    staging.put("guessed", column_types(Member), _known_of_members(guesses, _called(staging, guesses)))
    match = key_match(Member, "members", "guessed")
    reviewing = f"{match} AND members.inferred AND guessed.role = 'reviewer'"
    staging.update("members", {"role": "'reviewer'"}, reviewing, using="guessed")
    staging.update(
        "members",
        {column: f"guessed.{column}" for column in ("email", "display_name", "seen_at")},
        f"{match} AND members.inferred AND guessed.seen_at IS NOT NULL "
        "AND (guessed.seen_at, coalesce(guessed.email, ''), coalesce(guessed.display_name, '')) > "
        "(coalesce(members.seen_at, -1), coalesce(members.email, ''), coalesce(members.display_name, ''))",
        using="guessed",
    )
    staging.leave_out("guessed", _is_there(Member))
    staging.insert("guessed", Member)


def _is_there(kind: type[Fact]) -> str:
    """Return the condition that a guess has the key of a fact; ClickHouse finds no nulls equal where tables meet."""
    never_null = required(kind)
    if never_null >= set(kind.key_columns):
        return f"EXISTS (SELECT 1 FROM {kind.table} WHERE {key_match(kind, kind.table, 'guessed')})"
    key = ", ".join(name if name in never_null else f"coalesce({name}, '')" for name in kind.key_columns)
    return f"({key}) IN (SELECT {key} FROM {kind.table})"


def _called(staging: Staging, guesses: Sequence[Inferred]) -> list[tuple[Any, ...]]:
    """Return what is known of members who were only named, of those that are there or are guessed now."""
    named = staging.execute("SELECT organization_id, kind, id FROM mentions WHERE kind LIKE 'called %'")
    if not named:
        return []
    there = set(map(tuple, staging.execute("SELECT organization_id, user_id FROM members WHERE inferred")))
    there |= {guess.fact.row()[:2] for guess in guesses}
    found = [(organization, kind.removeprefix("called "), *json.loads(text)) for organization, kind, text in named]
    return [
        (organization, user_id, email, name, "annotator", True, True, seen_at)
        for organization, user_id, seen_at, email, name in found
        if (organization, user_id) in there
    ]


def _known_of_members(guesses: Sequence[Inferred], called: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return one row a member: a reviewer if any guess says so, with the e-mail and name seen last."""
    names = [column.name for column in Member.columns()]
    email, name, role = names.index("email"), names.index("display_name"), names.index("role")
    rows = [[*guess.fact.row(), True, microseconds(guess.seen_at)] for guess in guesses] + list(map(list, called))
    known: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        if row[email] is None and row[name] is None:
            row[-1] = None
        kept = known.setdefault(tuple(row[:2]), row)
        newer, older = sorted((row, kept), key=lambda it: (it[-1] or -1, it[email] or "", it[name] or ""))[::-1]
        merged = list(newer)
        merged[role] = "reviewer" if "reviewer" in (newer[role], older[role]) else newer[role]
        known[tuple(row[:2])] = merged
    return [tuple(row) for row in known.values()]
