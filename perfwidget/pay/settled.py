"""What statements settled and told before: for good, unless the statement was withdrawn."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from perfwidget.pay.work import Key, Kind, Work
from perfwidget.records import Transaction
from perfwidget.records.tables import HOLDS, SETTLED, STATEMENTS, TOLD

State = tuple[str, int | None, int]
"""How an item stood when it was last spoken of: a word, its time, its instant."""

COUNTED, UNCOUNTED, ANOTHERS, GONE = "counted", "uncounted", "another's", "gone"


@dataclass(frozen=True, slots=True)
class Step:
    """One time that an item was paid."""

    step: int
    statement: int
    person: str
    project_id: str
    """The project that it then was of."""
    work_day: str
    time: int | None
    """The lead time that it then had, or how long the visit was."""
    begins: int | None
    ends: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What was settled of some work, and of a person; what was told them of it; and what is held."""

    steps: Mapping[Key, list[Step]]
    told: Mapping[tuple[Key, str], list[tuple[int, State]]]
    """By item and person: the statements that told of a change, and how it stood then."""
    approved: frozenset[int]
    """The statements that are approved."""
    held: Mapping[Key, tuple[bool, str]] = field(default_factory=dict)
    """Whether somebody held or released an item, and the hash of the text."""

    def of(self, key: Key) -> list[Step]:
        """Return the times that an item was paid, the first one first."""
        return self.steps.get(key, [])

    def keys_of(self, person: str) -> list[Key]:
        """Return the items that a person was paid for."""
        return [key for key, steps in self.steps.items() if any(each.person == person for each in steps)]

    def kinds_by_day(self, person: str) -> Mapping[tuple[str, str], set[Kind]]:
        """Map projects and work days to how a person's reviewing was paid there: by reviews, by visits or by both."""
        kinds: dict[tuple[str, str], set[Kind]] = defaultdict(set)
        for (kind, _), steps in self.steps.items():
            for each in steps:
                if each.person == person and kind is not Kind.ANNOTATION:
                    kinds[each.project_id, each.work_day].add(kind)
        return kinds

    def is_approved(self, key: Key) -> bool:
        """Say whether all statements that settled an item are approved."""
        return all(each.statement in self.approved for each in self.of(key))

    def last_state(self, key: Key, person: str) -> tuple[int, State] | None:
        """Return the statement that last spoke to a person of an item, and how the item stood."""
        paid = [(each.statement, (COUNTED, each.time, each.ends)) for each in self.of(key) if each.person == person]
        spoken = [*paid, *self.told.get((key, person), [])]
        return max(spoken, key=lambda each: each[0]) if spoken else None


def _forgotten(transaction: Transaction, people: Collection[str]) -> set[str]:
    """Return those of some random numbers that stand for nobody any more."""
    return {person for person, user_id in transaction.user_ids(people).items() if user_id is None}


def settled(transaction: Transaction, person: str, counted: Mapping[Key, Work]) -> Settled:
    """Read what was settled of some work, whoever was paid, and of a person, whatever was paid."""
    steps: dict[Key, dict[int, Step]] = defaultdict(dict)
    rows = transaction.rows(SETTLED, SETTLED.c.person == person)
    held: dict[Key, tuple[bool, str]] = {}
    paid = {(row.kind, row.item_id, row.time, row.ends) for row in rows}
    for kind in Kind:
        ids = sorted(identity for each, identity in counted if each is kind)
        # What stands as the person was paid for it cannot have grown; of all else every step matters, whoever's it is.
        changed = [
            identity
            for identity in ids
            if (kind, identity, counted[kind, identity].time, counted[kind, identity].at) not in paid
        ]
        rows += transaction.rows_among(SETTLED, "item_id", changed, SETTLED.c.kind == str(kind))
        for row in transaction.rows_among(HOLDS, "item_id", ids, HOLDS.c.kind == str(kind)):
            held[kind, row.item_id] = row.held, row.text
    forgotten = _forgotten(transaction, {row.person for row in rows} - {person})
    for row in rows:
        key = Kind(row.kind), row.item_id
        # Whose reviewing was paid to somebody who was forgotten since, has come back: it was their time.
        back = row.person in forgotten and key[0] is not Kind.ANNOTATION and key in counted
        payee = person if back else row.person
        step = Step(row.step, row.statement, payee, row.project_id, row.work_day, row.time, row.begins, row.ends)
        steps[Kind(row.kind), row.item_id][row.step] = step
    told: dict[tuple[Key, str], list[tuple[int, State]]] = defaultdict(list)
    for row in transaction.rows(TOLD, TOLD.c.person == person, order=[TOLD.c.number]):
        told[(Kind(row.kind), row.item_id), person].append((row.statement, tuple(json.loads(row.state))))
    columns = [STATEMENTS.c.number]
    approved = transaction.rows(STATEMENTS, STATEMENTS.c.state == "approved", columns=columns)
    return Settled(
        {key: [found[step] for step in sorted(found)] for key, found in steps.items()},
        told,
        frozenset(row.number for row in approved),
        held,
    )
