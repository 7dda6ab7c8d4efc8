"""The audit log: who did what, when. Each row holds a hash over itself and over the hash of the row before it.

A chain cannot show that its own end was cut off, nor that all of it was written anew. Its head (`N:HASH`) therefore
stands on what leaves the house, and `faults` takes heads from there.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from perfwidget.errors import InvalidSetting
from perfwidget.records.canonical import canonical, sha256
from perfwidget.records.tables import AUDIT_LOG
from perfwidget.records.transaction import Transaction

NOTHING = "0" * 64
"""What stands for the hash before the first row."""

UNTOLD = -1
"""Stands for the number of a head whose hash alone is told."""

_HEAD = re.compile(r"(?:(0|[1-9][0-9]{0,17}):)?([0-9a-f]{64})")
_HASHED = ("organization_id", "number", "at", "actor", "role", "verb", "person", "details")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a member with their role, or a name on the command line."""

    user_id: str | None
    name: str
    role: str | None = None

    @classmethod
    def command_line(cls, name: str) -> "Actor":
        """Return who acts on the command line; raises InvalidSetting without a name."""
        if not name.strip() or not name.isprintable():
            raise InvalidSetting("--by needs the name of the person who acts.")
        return cls(None, f"cli:{name.strip()}")

    @classmethod
    def member(cls, user_id: str, role: str) -> "Actor":
        """Return a signed-in member."""
        return cls(user_id, user_id, role)


class Head(NamedTuple):
    """The end of a chain: its number of rows and the hash of the last one, written `N:HASH`, or `HASH` alone."""

    number: int
    hash: str

    def __str__(self) -> str:
        return self.hash if self.number == UNTOLD else f"{self.number}:{self.hash}"

    @property
    def untold(self) -> "Head":
        """The same without its number, which tells how much happens in an organization."""
        return self._replace(number=UNTOLD)

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Read `N:HASH` or `HASH`; raises InvalidSetting."""
        found = _HEAD.fullmatch(text.strip())
        if found is None:
            raise InvalidSetting(
                "A head of the audit log is written N:HASH or HASH, as it stands on manifests and statements."
            )
        return cls(UNTOLD if found[1] is None else int(found[1]), found[2])


def append(transaction: Transaction, actor: Actor, verb: str, person: str | None = None, **details: Any) -> Head:
    """Add a row in the transaction of what it tells of; members are named by their random numbers."""
    number, before = head(transaction)
    row = {
        "organization_id": transaction.organization_id,
        "number": number + 1,
        "at": transaction.now,
        "actor": named(transaction, actor),
        "role": actor.role,
        "verb": verb,
        "person": person,
        "details": canonical(details),
    }
    made = Head(number + 1, _hash(row, before))
    transaction.add(AUDIT_LOG, [{**row, "before": before, "hash": made.hash}])
    return made


def named(transaction: Transaction, actor: Actor) -> str:
    """Return what stands for an actor in the records."""
    return actor.name if actor.user_id is None else transaction.named_person(actor.user_id)


def head(transaction: Transaction) -> Head:
    """Return the head of the organization's chain."""
    row = transaction.last(AUDIT_LOG, AUDIT_LOG.c.number)
    return Head(0, NOTHING) if row is None else Head(row.number, row.hash)


def rows(transaction: Transaction) -> Sequence[Any]:
    """Return all rows of the organization's log, oldest first."""
    return transaction.rows(AUDIT_LOG, order=[AUDIT_LOG.c.number])


def latest(transaction: Transaction, verb: str, person: str | None, **details: Any) -> Any | None:
    """Return the last row with a verb about a person, or about nobody, that has some details, or None."""
    about = (AUDIT_LOG.c.verb == verb, AUDIT_LOG.c.person == person)
    for row in reversed(transaction.rows(AUDIT_LOG, *about, order=[AUDIT_LOG.c.number])):
        if details.items() <= json.loads(row.details).items():
            return row
    return None


def faults(transaction: Transaction, heads: Sequence[Head] = ()) -> Iterator[str]:
    """Yield a sentence for each row that is not as it was written, and for each head that the chain does not hold."""
    hashes, before, expected = {0: NOTHING}, NOTHING, 1
    for row in rows(transaction):
        if row.number != expected:
            yield f"Audit log: row {expected} is missing."
        elif row.before != before:
            yield f"Audit log: row {row.number} does not follow the row before it."
        if row.hash != _hash({name: getattr(row, name) for name in _HASHED}, row.before):
            yield f"Audit log: row {row.number} is not as it was written."
        hashes[row.number] = row.hash
        before, expected = row.hash, row.number + 1
    for each in heads:
        if each.number == UNTOLD:
            if each.hash not in hashes.values():
                yield f"Audit log: no row has the hash {each}; it was cut off there, or written anew."
        elif each.number not in hashes:
            yield f"Audit log: it ends before row {each.number}, which the head {each} names."
        elif hashes[each.number] != each.hash:
            yield f"Audit log: row {each.number} is not the one that the head {each} names."


def _hash(row: Mapping[str, Any], before: str) -> str:
    return sha256(canonical(row) + before)
