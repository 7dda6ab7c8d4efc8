"""Which of members' work has to be read for a draft: all, but for stretches of time in which nothing is open.

Once a statement is proposed, it is kept of each stretch what its facts were (a digest) and which of them are still to
be looked at. While the digest is the same, all others stand as the member was paid for them, and none has to be read:
what is settled only grows, and does not without a change of its facts. Withdrawing a statement takes that back.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from perfwidget.facts.columns import END_OF_TIME
from perfwidget.metrics.rows import COUNTABLE, REVIEWS_TAKEN
from perfwidget.pay.work import EVERY, Key, Kind, Works, read_kind
from perfwidget.question.access import ScopedQuery
from perfwidget.records import Transaction
from perfwidget.records.canonical import canonical, sha256
from perfwidget.records.tables import QUIET
from perfwidget.stores import Reader
from perfwidget.stores.listing import Slice

LENGTH = 876_600_000_000
"""How long a stretch is, in microseconds: some ten days, a 36th part of a year."""

_DIGESTED = {
    Kind.ANNOTATION: (COUNTABLE, ("annotation_id", "completed_at", "lead_time")),
    Kind.REVIEW: (REVIEWS_TAKEN, ("review_id", "created_at")),
    Kind.VISIT: (EVERY[Kind.VISIT], ("visit_id", "opened_at", "closed_at")),
}
"""What is told by a digest: all that says whether an item still stands as it was settled."""


class Range(NamedTuple):
    """Work of a kind whose instants lie from one to before another."""

    kind: Kind
    start: int
    end: int


@dataclass(slots=True)
class Unread:
    """What of a member's work is to be read, and what of it is quiet."""

    digests: dict[tuple[Kind, int], str] = field(default_factory=dict)
    """By kind and stretch what the facts are now."""
    quiet: set[tuple[Kind, int]] = field(default_factory=set)
    """The kinds and stretches that need no reading."""
    look: dict[tuple[Kind, int], set[str]] = field(default_factory=dict)
    """By quiet kind and stretch the items that do."""

    @property
    def size(self) -> int:
        """How many rows are to be read, at most."""
        counts = (int(told.partition(":")[0]) for at, told in self.digests.items() if at not in self.quiet)
        return sum(counts) + sum(map(len, self.look.values()))

    @property
    def keys(self) -> set[Key]:
        """The keys of the items to look at."""
        return {(at[0], each) for at, ids in self.look.items() for each in ids}

    def ranges(self) -> frozenset[Range]:
        """Return the ranges that are to be read, those without any facts among them."""
        found = []
        for kind in Kind:
            start = 0
            for place in sorted(place for each, place in self.quiet if each is kind):
                if start < place * LENGTH:
                    found.append(Range(kind, start, place * LENGTH))
                start = (place + 1) * LENGTH
            found.append(Range(kind, start, END_OF_TIME))
        return frozenset(found)


def unread(
    transaction: Transaction,
    reader: Reader,
    asked: ScopedQuery,
    people: Mapping[str, str],
    since: Mapping[Kind, int],
    decides: Mapping[str, str],
) -> dict[str, Unread]:
    """Map members to what of their work since some instants is to be read.

    `decides` tells of each what decides whether reviews or visits are items at all: their role, and the cards.
    """
    found = {member: Unread() for member in people}
    for kind, (rows, columns) in _DIGESTED.items():
        for member, place, told in reader.digests(asked.among(people), rows, columns, since[kind], LENGTH):
            how = "" if kind is Kind.ANNOTATION else f":{decides[member]}"
            found[member].digests[kind, place] = told + how
    members = {person: member for member, person in people.items()}
    for row in transaction.rows_among(QUIET, "person", members):
        of, at = found[members[row.person]], (Kind(row.kind), int(row.place))
        if of.digests.get(at) == row.digest:
            of.quiet.add(at)
            of.look[at] = set(json.loads(row.look))
    return found


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


def read_open(
    reader: Reader, asked: ScopedQuery, wanted: Mapping[str, Unread], since: Mapping[Kind, int]
) -> dict[str, Works]:
    """Map members to their work that is to be read."""
    found: dict[str, Works] = {member: {} for member in wanted}
    for run, members in _together(wanted):
        start = max(run.start, since[run.kind])
        if start < run.end:
            read_kind(reader, asked.among(members), run.kind, found, during=Slice(start, run.end))
    read_named(reader, asked, found, {member: of.keys for member, of in wanted.items()})
    return found


def read_named(
    reader: Reader, asked: ScopedQuery, found: Mapping[str, Works], wanted: Mapping[str, Collection[Key]]
) -> None:
    """Add members' work that has some keys, as far as it is theirs."""
    for kind in Kind:
        ids = {key[1] for keys in wanted.values() for key in keys if key[0] is kind}
        if ids:
            read_kind(reader, asked.among(list(wanted)), kind, found, among=ids)


def _together(wanted: Mapping[str, Unread]) -> Iterator[tuple[Range, list[str]]]:
    """Yield ranges with the members of whom they hold something to read, as few as there may be."""
    at: dict[tuple[Kind, int], list[str]] = defaultdict(list)
    for member, of in wanted.items():
        for each in of.digests.keys() - of.quiet:
            at[each].append(member)
    run: Range | None = None
    of_run: list[str] = []
    for kind, place in sorted(at):
        members = at[kind, place]
        if run is not None and (run.kind, run.end, of_run) == (kind, place * LENGTH, members):
            run = run._replace(end=run.end + LENGTH)
            continue
        if run is not None:
            yield run, of_run
        run, of_run = Range(kind, place * LENGTH, (place + 1) * LENGTH), members
    if run is not None:
        yield run, of_run


def keep_quiet(transaction: Transaction, person: str, of: Unread, look: Iterable[tuple[Key, int]]) -> str:
    """Keep all stretches as quiet but for some items, each with an instant in its stretch.

    Returns the SHA-256 of what is kept of the person, which the audit log holds.
    """
    marked: dict[tuple[Kind, int], set[str]] = defaultdict(set)
    for (kind, identity), at in look:
        marked[kind, at // LENGTH].add(identity)
    stands = {at for at in of.quiet if marked[at] == of.look[at]}
    for row in transaction.rows(QUIET, QUIET.c.person == person):
        if (Kind(row.kind), row.place) not in stands:
            transaction.remove(QUIET, QUIET.c.person == person, QUIET.c.kind == row.kind, QUIET.c.place == row.place)
    rows = [
        {"person": person, "kind": str(at[0]), "place": at[1], "digest": told, "look": json.dumps(sorted(marked[at]))}
        for at, told in of.digests.items()
        if at not in stands
    ]
    transaction.add(QUIET, rows)
    return quiet_sha256(transaction.rows(QUIET, QUIET.c.person == person))


def quiet_sha256(rows: Iterable[Any]) -> str:
    """Return the SHA-256 of what is kept of a person."""
    return sha256(canonical(sorted([row.kind, row.place, row.digest, row.look] for row in rows)))


def forget_quiet(transaction: Transaction, person: str) -> None:
    """Let all of a person's work be read again."""
    transaction.remove(QUIET, QUIET.c.person == person)
