"""Which of members' work has to be read for a draft: all, but for stretches of time in which nothing is open.

Once a statement is proposed, it is kept of each stretch what its facts were (a digest) and which of them are still to
be looked at. While the digest is the same, all others stand as the member was paid for them, and none has to be read:
what is settled only grows, and does not without a change of its facts. Withdrawing a statement takes that back.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from perfwidget.facts.columns import END_OF_TIME
from perfwidget.metrics.rows import COUNTABLE, REVIEWS_TAKEN
from perfwidget.pay.work import EVERY, Key, Kind
from perfwidget.question.access import ScopedQuery
from perfwidget.question.period import day_start, zone
from perfwidget.records import Transaction
from perfwidget.records.canonical import canonical, sha256
from perfwidget.records.tables import QUIET, STATEMENTS
from perfwidget.stores import Reader

LENGTH = 2_629_800_000_000
"""How long a stretch is, in microseconds: a twelfth of a year. The last one ends where the last statement does."""

AFTER = -1
"""The place of all that comes after the last statement."""

_DIGESTED = {
    Kind.ANNOTATION: (COUNTABLE, ("annotation_id", "completed_at", "lead_time")),
    Kind.REVIEW: (REVIEWS_TAKEN, ("review_id", "project_id", "created_at")),
    Kind.VISIT: (EVERY[Kind.VISIT], ("visit_id", "project_id", "opened_at", "closed_at")),
}
"""What is told by a digest: whether an item stands as it was settled, or is none by the card of its project and day."""


class Range(NamedTuple):
    """Work of a kind whose instants lie from one to before another."""

    kind: Kind
    start: int
    end: int


@dataclass(slots=True)
class Unread:
    """What of a member's work is to be read, and what of it is quiet."""

    until: int
    """The end of the member's last statement; 0 where there is none. All that comes after it is to be read."""
    digests: dict[tuple[Kind, int], str] = field(default_factory=dict)
    """By kind and stretch what the facts are now."""
    quiet: set[tuple[Kind, int]] = field(default_factory=set)
    """The kinds and stretches that need no reading."""
    look: dict[Kind, dict[str, int]] = field(default_factory=lambda: {kind: {} for kind in Kind})
    """The items in quiet stretches that do, with their instants."""

    @property
    def size(self) -> int:
        """How many rows are to be read, at most."""
        counts = (int(told.partition(":")[0]) for at, told in self.digests.items() if at not in self.quiet)
        return sum(counts) + sum(map(len, self.look.values()))

    def range_of(self, kind: Kind, place: int) -> Range:
        """Return the range of a stretch."""
        if place == AFTER:
            return Range(kind, self.until, END_OF_TIME)
        return Range(kind, place * LENGTH, min((place + 1) * LENGTH, self.until))

    def ranges(self) -> frozenset[Range]:
        """Return the ranges that are to be read, those without any facts among them."""
        found = []
        for kind in Kind:
            start = 0
            for each in sorted(self.range_of(*at) for at in self.quiet if at[0] is kind):
                if start < each.start:
                    found.append(Range(kind, start, each.start))
                start = each.end
            found.append(Range(kind, start, END_OF_TIME))
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class Stretches:
    """How digests are read: of work since some instants.

    `decides` tells of each member what decides whether reviews or visits are items at all: their role, the cards
    and the pay zone.
    """

    reader: Reader
    asked: ScopedQuery
    since: Mapping[Kind, int]
    decides: Mapping[str, str]

    def digested(self, until: Mapping[str, int]) -> dict[str, Unread]:
        """Map members, given with the ends of their last statements, to what the facts of their stretches are."""
        found, same = {member: Unread(end) for member, end in until.items()}, defaultdict(list)
        for member, end in until.items():
            same[end].append(member)
        for end, members in same.items():
            for kind, (rows, columns) in _DIGESTED.items():
                asked = self.asked.among(members)
                for member, place, held in self.reader.digests(asked, rows, columns, self.since[kind], LENGTH, end):
                    how = "" if kind is Kind.ANNOTATION else f":{self.decides[member]}"
                    found[member].digests[kind, place] = held + how
        return found

    def unread(
        self, transaction: Transaction, people: Mapping[str, str], until: Mapping[str, int]
    ) -> dict[str, Unread]:
        """Map members, given with the numbers that stand for them, to what of their work is to be read."""
        found = self.digested(until)
        members, kinds = {people[member]: of for member, of in found.items()}, {str(kind): kind for kind in Kind}
        columns = (QUIET.c.person, QUIET.c.kind, QUIET.c.place, QUIET.c.digest, QUIET.c.look)
        for person, kind, place, digest, look in transaction.rows_among(QUIET, "person", members, columns=columns):
            of, at = members[person], (kinds[kind], place)
            if of.digests.get(at) == digest:
                of.quiet.add(at)
                of.look[kinds[kind]].update(json.loads(look))
        return found


def last_ends(transaction: Transaction, people: Mapping[str, str], timezone: str) -> dict[str, int]:
    """Map members, given with the numbers that stand for them, to the ends of their last statements; 0 without one."""
    last = dict.fromkeys(people.values(), "")
    columns = (STATEMENTS.c.person, STATEMENTS.c.last)
    standing = STATEMENTS.c.state != "withdrawn"
    for row in transaction.rows_among(STATEMENTS, "person", list(last), standing, columns=columns):
        last[row.person] = max(last[row.person], row.last)
    ends = {day: _end(day, timezone) for day in {*last.values()}}
    return {member: ends[last[person]] for member, person in people.items()}


def _end(day: str, timezone: str) -> int:
    return day_start(date.fromisoformat(day) + timedelta(days=1), zone(timezone)) if day else 0


def grouped(wanted: Mapping[str, Unread], rows: int, members: int) -> Iterator[dict[str, Unread]]:
    """Yield members in groups of so many, with so many rows to read together unless one has more."""
    group: dict[str, Unread] = {}
    size = 0
    for member, of in wanted.items():
        if group and (size + of.size > rows or len(group) == members):
            yield group
            group, size = {}, 0
        group[member] = of
        size += of.size
    if group:
        yield group


def together(wanted: Mapping[str, Unread]) -> Iterator[tuple[Range, list[str]]]:
    """Yield ranges with the members of whom they hold something to read, as few as there may be."""
    at: dict[Range, list[str]] = defaultdict(list)
    for member, of in wanted.items():
        for kind, place in of.digests.keys() - of.quiet:
            at[of.range_of(kind, place)].append(member)
    run: Range | None = None
    of_run: list[str] = []
    for each in sorted(at):
        if run is not None and (run.kind, run.end, of_run) == (each.kind, each.start, at[each]):
            run = run._replace(end=each.end)
            continue
        if run is not None:
            yield run, of_run
        run, of_run = each, at[each]
    if run is not None:
        yield run, of_run


def keep_quiet(transaction: Transaction, person: str, of: Unread, look: Iterable[tuple[Key, int, Set[int]]]) -> str:
    """Keep all stretches as quiet but for some items, each with its instant and with those that it was paid by.

    What was paid is found by the instant that it then had. So an item is looked at in the stretch of each of them.
    Returns the SHA-256 of what is kept of the person, which the audit log holds.
    """
    marked: dict[tuple[Kind, int], dict[str, int]] = defaultdict(dict)
    for (kind, identity), at, paid_by in look:
        for place in {instant // LENGTH for instant in (at, *paid_by)}:
            marked[kind, place][identity] = at
    forget_quiet(transaction, person)
    rows = [
        {
            "person": person,
            "kind": str(at[0]),
            "place": at[1],
            "digest": told,
            "look": json.dumps(sorted(marked[at].items())),
        }
        for at, told in of.digests.items()
        if at[1] != AFTER
    ]
    transaction.add(QUIET, rows)
    return quiet_sha256(transaction.rows(QUIET, QUIET.c.person == person))


def quiet_sha256(rows: Iterable[Any]) -> str:
    """Return the SHA-256 of what is kept of a person."""
    return sha256(canonical(sorted([row.kind, row.place, row.digest, row.look] for row in rows)))


def forget_quiet(transaction: Transaction, person: str) -> None:
    """Let all of a person's work be read again."""
    transaction.remove(QUIET, QUIET.c.person == person)
