"""What statements settled and told before: for good, unless the statement was withdrawn."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from perfwidget.pay.columns import NEW, NONE, SEEN, STANDS, Columns
from perfwidget.pay.quiet import Range, Unread
from perfwidget.pay.work import Key, Kind, Work
from perfwidget.records import Transaction
from perfwidget.records.tables import HOLDS, SETTLED, STATEMENTS, TOLD

State = tuple[str, int | None, int]
"""How an item stood when it was last spoken of: a word, its time, its instant."""

COUNTED, UNCOUNTED, ANOTHERS, GONE = "counted", "uncounted", "another's", "gone"


class Step(NamedTuple):
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
    returned: bool = False
    """Whether it was paid to somebody who was forgotten, and whose work is the person's now."""


Paid = Mapping[tuple[str, str], Sequence[Sequence[Any]]]
"""By item and person the rows of what they were paid: the item, then the columns of each step."""

STEP = tuple(SETTLED.c[name] for name in Step._fields if name != "returned")
"""The columns of a step."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What was settled of some work of a person, and of the person; what was told them of it; and what is held."""

    ledger: "Ledger"
    person: str
    steps: dict[Key, dict[int, Step]] = field(default_factory=dict)
    """By item and in order the times that it was paid; of what stands as the person was paid for it there is none."""
    told: dict[Key, list[tuple[int, State]]] = field(default_factory=dict)
    """By item: the statements that told the person of a change, and how it stood then."""
    returned: list[tuple[Kind, Step]] = field(default_factory=list)
    """Reviews and visits that were paid to somebody who was forgotten since, and are the person's now."""

    @property
    def approved(self) -> Set[int]:
        """The statements that are approved."""
        return self.ledger.approved

    @property
    def held(self) -> Mapping[Key, tuple[bool, str]]:
        """Whether somebody held or released an item, and the hash of the text."""
        return self.ledger.held

    def of(self, key: Key) -> Sequence[Step]:
        """Return the times that an item was paid, the first one first."""
        return list(self.steps.get(key, {}).values())

    def add(self, key: Key, step: Step) -> None:
        """Add a time that an item was paid."""
        steps = self.steps.get(key, {}) | {step.step: step}
        self.steps[key] = dict(sorted(steps.items()))

    def come_back(self, key: Key, forgotten: Collection[str]) -> None:
        """Take what was paid for an item to somebody who was forgotten as paid to the person: they have come back."""
        for place, step in self.steps[key].items():
            if step.person in forgotten:
                self.steps[key][place] = step._replace(person=self.person, returned=True)
                self.returned.append((key[0], self.steps[key][place]))

    def own_keys(self) -> list[Key]:
        """Return the items that the person was paid for, of those that were read."""
        return [key for key, steps in self.steps.items() if any(each.person == self.person for each in steps.values())]

    def own_ends(self, key: Key) -> Set[int]:
        """Return the instants that an item had when the person was paid for it."""
        return {each.ends for each in self.of(key) if each.person == self.person}

    def visits(self, begins: int, ends: int) -> Iterator[Step]:
        """Yield the visits that the person was paid for and that have a moment from one instant to before another."""
        within = (SETTLED.c.kind == str(Kind.VISIT), SETTLED.c.ends > begins, SETTLED.c.begins < ends)
        rows = self.ledger.transaction.rows(SETTLED, SETTLED.c.person == self.person, *within, columns=STEP)
        yield from (Step(*row) for row in rows)
        yield from (each for kind, each in self.returned if kind is Kind.VISIT)

    def is_approved(self, key: Key) -> bool:
        """Say whether all statements that settled an item are approved."""
        return all(each.statement in self.approved for each in self.of(key))

    def last_state(self, key: Key) -> tuple[int, State] | None:
        """Return the statement that last spoke to the person of an item, and how the item stood."""
        own = [each for each in self.of(key) if each.person == self.person]
        paid = [(each.statement, (COUNTED, each.time, each.ends)) for each in own]
        spoken = [*paid, *self.told.get(key, ())]
        return max(spoken, key=lambda each: each[0]) if spoken else None

    def stands(self, key: Key, work: Work) -> bool:
        """Say whether work is as the person was last paid for it, and nothing was told of it since."""
        steps = self.of(key)
        if not steps or key in self.told or steps[-1].returned:
            return False
        return (steps[-1].person, steps[-1].time, steps[-1].ends) == (self.person, work.time, work.at)


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that was settled in an organization, as it is read for some members at once."""

    transaction: Transaction
    approved: Set[int]
    held: Mapping[Key, tuple[bool, str]]

    def days_paid_by(
        self, kind: Kind, people: Collection[str], first: str, last: str
    ) -> Iterator[tuple[str, str, str]]:
        """Yield the persons, projects and work days, from a first to a last, where some were paid by a kind."""
        columns = (SETTLED.c.person, SETTLED.c.project_id, SETTLED.c.work_day)
        days = (SETTLED.c.kind == str(kind), SETTLED.c.work_day >= first, SETTLED.c.work_day <= last)
        for row in self.transaction.rows_among(SETTLED, "person", people, *days, columns=columns, distinct=True):
            yield row.person, row.project_id, row.work_day

    def own(self, people: Mapping[str, str], wanted: Mapping[str, Unread]) -> Mapping[Kind, Paid]:
        """Map kinds to what members, given with the numbers that stand for them, were paid for and is to be read."""
        at: dict[Range, list[str]] = defaultdict(list)
        for member, of in wanted.items():
            for each in of.ranges():
                at[each].append(people[member])
        found: dict[Kind, dict[tuple[str, str], list[Sequence[Any]]]] = {kind: defaultdict(list) for kind in Kind}
        for each, some in at.items():
            within = (SETTLED.c.kind == str(each.kind), SETTLED.c.ends >= each.start, SETTLED.c.ends < each.end)
            columns, of_kind = (SETTLED.c.item_id, *STEP), found[each.kind]
            for row in self.transaction.rows_among(SETTLED, "person", some, *within, columns=columns):
                of_kind[row[0], row[3]].append(row)
        return found

    def settled(
        self,
        people: Mapping[str, str],
        own: Mapping[Kind, Paid],
        tables: Mapping[Kind, Columns],
        wanted: Mapping[str, Unread],
    ) -> dict[str, Settled]:
        """Map members to what was settled of work that does not stand as they were paid for it, whoever was paid.

        The state of all work in the columns is told.
        """
        found = {people[member]: Settled(self, people[member]) for member in wanted}
        for row in self.transaction.rows_among(TOLD, "person", found):
            state = tuple(json.loads(row.state))
            found[row.person].told.setdefault((Kind(row.kind), row.item_id), []).append((row.statement, state))
        look: dict[Kind, dict[str, set[str]]] = {kind: defaultdict(set) for kind in Kind}
        for member, of in wanted.items():
            for kind, ids in of.look.items():
                for identity in ids:
                    look[kind][identity].add(people[member])
        payees: set[str] = set()
        for kind, table in tables.items():
            theirs = [found[people[member]] for member in table.members]
            _compare(table, theirs, own[kind], look[kind])
            payees |= self._add_steps(table, theirs, look[kind], found)
        forgotten = {person for person, user_id in self.transaction.user_ids(payees).items() if user_id is None}
        for kind, table in tables.items():
            rows = np.flatnonzero(table.state == SEEN) if forgotten and kind is not Kind.ANNOTATION else ()
            for row in rows:
                found[people[table.members[table.member[row]]]].come_back((kind, table.ids[row]), forgotten)
        return {member: found[people[member]] for member in wanted}

    def _add_steps(
        self, table: Columns, theirs: Sequence[Settled], asked: Mapping[str, set[str]], found: Mapping[str, Settled]
    ) -> set[str]:
        """Add every step of what is asked for, and of work that nobody is known to be paid for; return the payees."""
        payees: set[str] = set()
        paid, of_kind = set(), SETTLED.c.kind == str(table.kind)
        if self.transaction.last(SETTLED, SETTLED.c.item_id, of_kind) is None:
            return payees
        ids, columns = [*table.read[1][table.state == NEW].tolist(), *asked], (SETTLED.c.item_id, *STEP)
        for item_id, *values in self.transaction.rows_among(SETTLED, "item_id", ids, of_kind, columns=columns):
            step, row, persons = Step(*values), table.rows.get(item_id), set(asked.get(item_id, ()))
            payees.add(step.person)
            if row is not None and table.state[row] == NEW:
                paid.add(row)
                persons.add(theirs[table.member[row]].person)
            for person in persons:
                found[person].add((table.kind, item_id), step)
        table.state[list(paid)] = SEEN
        return payees - found.keys()


def _compare(table: Columns, theirs: Sequence[Settled], own: Paid, asked: dict[str, set[str]]) -> None:
    """Say of work what members were paid for, and what of that stands; of the latter nothing else is kept.

    What does not stand is asked for, too: every step of it matters, whoever was paid.
    """
    if not own:
        return
    at, time, members = table.at.tolist(), table.time.tolist(), table.member.tolist()
    persons = {each.person: place for place, each in enumerate(theirs)}
    stands, seen = [], []
    for (item_id, person), some in own.items():
        place, row = persons[person], table.rows.get(item_id)
        if row is not None and members[row] == place:
            now = (time[row], at[row])
            same = any((NONE if each[6] is None else each[6], each[8]) == now for each in some)
            if (
                same
                and len(some) == 1
                and person not in asked.get(item_id, ())
                and (table.kind, item_id) not in theirs[place].told
            ):
                stands.append(row)
                continue
            seen.append(row)
        else:
            same = False
        if not same:
            asked[item_id].add(person)
        for values in some:
            theirs[place].add((table.kind, item_id), Step(*values[1:]))
    table.state[stands], table.state[seen] = STANDS, SEEN


def ledger(transaction: Transaction) -> Ledger:
    """Open the ledger of an organization."""
    approved = transaction.rows(STATEMENTS, STATEMENTS.c.state == "approved", columns=[STATEMENTS.c.number])
    held = {(Kind(row.kind), row.item_id): (row.held, row.text) for row in transaction.rows(HOLDS)}
    return Ledger(transaction, frozenset(row.number for row in approved), held)
