"""What statements settled and told before: for good, unless the statement was withdrawn."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from perfwidget.pay.quiet import Range, Unread
from perfwidget.pay.work import Key, Kind, Work, Works
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


STEP = tuple(SETTLED.c[name] for name in Step._fields if name != "returned")
"""The columns of a step."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What was settled of some work of a person, and of the person; what was told them of it; and what is held."""

    ledger: "Ledger"
    person: str
    steps: Mapping[Key, list[Step]]
    told: Mapping[Key, list[tuple[int, State]]]
    """By item: the statements that told the person of a change, and how it stood then."""
    returned: Sequence[tuple[Kind, Step]] = ()
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
        return self.steps.get(key, ())

    def own_keys(self) -> list[Key]:
        """Return the items that the person was paid for, of those that were read."""
        return [key for key, steps in self.steps.items() if any(each.person == self.person for each in steps)]

    def visits(self, begins: int, ends: int) -> Iterator[Step]:
        """Yield the visits that the person was paid for and that have a moment from one instant to before another."""
        within = (SETTLED.c.kind == str(Kind.VISIT), SETTLED.c.ends > begins, SETTLED.c.begins < ends)
        rows = self.ledger.transaction.rows(SETTLED, SETTLED.c.person == self.person, *within, columns=STEP)
        yield from (Step(*row) for row in rows)
        yield from (each for kind, each in self.returned if kind is Kind.VISIT)

    def days_paid_by(self, kind: Kind, first: str, last: str) -> Set[tuple[str, str]]:
        """Return the projects and work days, from a first to a last, where the person was paid by a kind."""
        columns = (SETTLED.c.project_id, SETTLED.c.work_day)
        days = (SETTLED.c.kind == str(kind), SETTLED.c.work_day >= first, SETTLED.c.work_day <= last)
        found = self.ledger.transaction.distinct(columns, SETTLED.c.person == self.person, *days)
        back = ((each.project_id, each.work_day) for of, each in self.returned if of is kind)
        return {*((project, day) for project, day in found), *back}

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

    def own(self, people: Mapping[str, str], wanted: Mapping[str, Unread]) -> dict[str, dict[Key, dict[int, Step]]]:
        """Map members, given with the numbers that stand for them, to what they were paid for and is to be read."""
        at: dict[Range, list[str]] = defaultdict(list)
        for member, of in wanted.items():
            for each in of.ranges():
                at[each].append(people[member])
        members = {people[member]: member for member in wanted}
        found: dict[str, dict[Key, dict[int, Step]]] = {member: defaultdict(dict) for member in wanted}
        for each, some in at.items():
            within = (SETTLED.c.kind == str(each.kind), SETTLED.c.ends >= each.start, SETTLED.c.ends < each.end)
            columns = (SETTLED.c.item_id, *STEP)
            for item_id, *row in self.transaction.rows_among(SETTLED, "person", some, *within, columns=columns):
                step = Step(*row)
                found[members[step.person]][each.kind, item_id][step.step] = step
        return found

    def settled(
        self,
        people: Mapping[str, str],
        own: Mapping[str, Mapping[Key, Mapping[int, Step]]],
        works: Mapping[str, Works],
        look: Mapping[str, Collection[Key]],
    ) -> dict[str, Settled]:
        """Map members to what was settled of their work, whoever was paid, and of what they were paid for."""
        # What stands as the person was paid for it cannot have grown; of all else every step matters, whoever's it is.
        asked = {member: self._changed(own[member], works[member]) | set(look[member]) for member in works}
        steps: dict[Key, dict[int, Step]] = defaultdict(dict)
        for kind in Kind:
            ids = {key[1] for keys in asked.values() for key in keys if key[0] is kind}
            where, columns = SETTLED.c.kind == str(kind), (SETTLED.c.item_id, *STEP)
            for item_id, *row in self.transaction.rows_among(SETTLED, "item_id", ids, where, columns=columns):
                steps[kind, item_id][row[0]] = Step(*row)
        payees = {each.person for some in steps.values() for each in some.values()} - set(people.values())
        forgotten = {person for person, user_id in self.transaction.user_ids(payees).items() if user_id is None}
        told: dict[str, dict[Key, list[tuple[int, State]]]] = {person: defaultdict(list) for person in people.values()}
        for row in self.transaction.rows_among(TOLD, "person", [people[member] for member in works]):
            state = tuple(json.loads(row.state))
            told[row.person][Kind(row.kind), row.item_id].append((row.statement, state))
        found = {}
        for member, of in works.items():
            person = people[member]
            mine = {key: [step for _, step in sorted(some.items())] for key, some in own[member].items()}
            for key in asked[member] & steps.keys():
                mine[key] = [step for _, step in sorted({**own[member].get(key, {}), **steps[key]}.items())]
            returned = []
            for key in [key for key in mine if key[0] is not Kind.ANNOTATION and key in of] if forgotten else ():
                mine[key] = [_payee(step, person, forgotten) for step in mine[key]]
                returned += [(key[0], step) for step in mine[key] if step.returned]
            found[member] = Settled(self, person, mine, told[person], returned)
        return found

    @staticmethod
    def _changed(own: Mapping[Key, Mapping[int, Step]], works: Works) -> set[Key]:
        """Return the keys of which every step matters: work that does not stand as it was paid, or is not there."""
        changed = {key for key in own if key not in works}
        for key, work in works.items():
            steps = own.get(key)
            if not steps or not any(each.ends == work.at and each.time == work.time for each in steps.values()):
                changed.add(key)
        return changed


def ledger(transaction: Transaction) -> Ledger:
    """Open the ledger of an organization."""
    approved = transaction.rows(STATEMENTS, STATEMENTS.c.state == "approved", columns=[STATEMENTS.c.number])
    held = {(Kind(row.kind), row.item_id): (row.held, row.text) for row in transaction.rows(HOLDS)}
    return Ledger(transaction, frozenset(row.number for row in approved), held)


def _payee(step: Step, person: str, forgotten: Collection[str]) -> Step:
    """Return a step as of a person where it was paid to somebody who was forgotten since: they have come back."""
    return step._replace(person=person, returned=True) if step.person in forgotten else step
