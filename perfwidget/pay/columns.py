"""Work of several members as columns: what is decided of all of it at once, and what single pieces are made of."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from perfwidget.pay.quiet import Unread, together
from perfwidget.pay.work import EVERY, READ, SAID_ONLY, Kind, Work, acceptances, made_of
from perfwidget.question.access import ScopedQuery
from perfwidget.stores import Reader
from perfwidget.stores.listing import Among, Slice

Array = npt.NDArray[Any]

NONE = -1
"""Stands in columns for no time and no instant."""

NEW, SEEN, STANDS = range(3)
"""No statement paid it; one did, and it is looked at by itself; it stands as its member was paid for it."""


@dataclass(eq=False)
class Columns:
    """Work of one kind of some members; a piece is named by its row. Instants and times are in microseconds."""

    kind: Kind
    members: Sequence[str]
    read: Sequence[Array]
    """The columns that were read of the facts, as `READ` names them."""
    state: Array = field(init=False)
    """`NEW`, `SEEN` or `STANDS`."""
    accepted: dict[int, tuple[int, str]] = field(default_factory=dict)
    """By row the first acceptance since the last rejection: its instant and review."""

    def __post_init__(self) -> None:
        self.state = np.full(len(self), NEW, dtype=np.int8)

    def __len__(self) -> int:
        return len(self.read[0])

    @cached_property
    def ids(self) -> list[str]:
        """The ids of the items."""
        ids: list[str] = self.read[1].tolist()
        return ids

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """The rows of items, by their ids."""
        return dict(zip(self.ids, range(len(self)), strict=True))

    @cached_property
    def member(self) -> Array:
        """The places of their members in `members`."""
        return _places(self.read[0], self.members)

    @cached_property
    def projects(self) -> Sequence[str]:
        """The ids of all projects, in order."""
        return sorted(set(self.read[2].tolist()))

    @cached_property
    def project(self) -> Array:
        """The places of their projects in `projects`."""
        return _places(self.read[2], self.projects)

    @cached_property
    def at(self) -> Array:
        """The instants of their work days."""
        if self.kind is Kind.ANNOTATION:
            return whole(self.read[6])
        if self.kind is Kind.REVIEW:
            return whole(self.read[5])
        return np.where(self._closed < 0, self.begins, self._closed)

    @cached_property
    def time(self) -> Array:
        """Their usable lead times, or how long visits were."""
        if self.kind is Kind.ANNOTATION:
            return np.maximum(whole(self.read[7]), NONE)
        if self.kind is Kind.REVIEW:
            return np.full(len(self), NONE)
        return np.where(self._closed < self.begins, NONE, self._closed - self.begins)

    @cached_property
    def begins(self) -> Array:
        """When visits began."""
        return whole(self.read[4])

    @cached_property
    def _closed(self) -> Array:
        return whole(self.read[5])

    @cached_property
    def created_at(self) -> Array:
        """When annotations were created."""
        return whole(self.read[5])

    @cached_property
    def accepted_at(self) -> Array:
        """When annotations were accepted."""
        found = np.full(len(self), NONE)
        for row, (at, _) in self.accepted.items():
            found[row] = at
        return found

    @cached_property
    def _by_member(self) -> tuple[Array, Array]:
        order = np.argsort(self.member, kind="stable")
        return order, np.searchsorted(self.member[order], np.arange(len(self.members) + 1))

    def of(self, member: int) -> Array:
        """Return the rows of a member, who is told by their place."""
        order, starts = self._by_member
        return order[starts[member] : starts[member + 1]]

    def works(self, rows: Array) -> list[Work]:
        """Return the pieces of some rows."""
        found = []
        told = zip(*(column[rows].tolist() for column in self.read), strict=True)
        for row, values in zip(rows.tolist(), told, strict=True):
            work = made_of(self.kind, values)
            if row in self.accepted:
                work.accepted_at, work.accepted_by = self.accepted[row]
            found.append(work)
        return found


def whole(column: Array) -> Array:
    """Return a column of whole numbers that are not negative where they are valid, with `NONE` where there is none."""
    filled: Array = np.ma.filled(column, NONE)
    return filled.astype(np.int64)


def sums(values: Array, starts: Array) -> list[int]:
    """Return the exact sums of numbers, none of them negative, from each of some places to the next."""
    high, low = np.add.reduceat(values >> 32, starts), np.add.reduceat(values & 0xFFFFFFFF, starts)
    return [(above << 32) + below for above, below in zip(high.tolist(), low.tolist(), strict=True)]


def read_open(
    reader: Reader,
    asked: ScopedQuery,
    wanted: Mapping[str, Unread],
    since: Mapping[Kind, int],
    settled: Mapping[Kind, Collection[str]],
    *,
    whole: bool,
) -> dict[Kind, Columns]:
    """Return members' work that is to be read, and what they were paid for, by its ids, as far as it is theirs.

    Where it is not whole, columns that only documents say are not read.
    """
    parts_of = partial(_parts, reader, whole=whole)
    parts: dict[Kind, list[list[Array]]] = {kind: [] for kind in Kind}
    for run, members in together(wanted):
        start = max(run.start, since[run.kind])
        if start < run.end:
            parts[run.kind] += parts_of(asked.among(members), run.kind, during=Slice(start, run.end))
    everybody = asked.among(list(wanted))
    for kind, read in parts.items():
        look = {identity: at for of in wanted.values() for identity, at in of.look[kind].items()}
        there = _ids(read) if look or settled[kind] else set()
        missing = {identity for identity in look if identity not in there}
        if missing:  # other items of these instants stand
            at = {str(look[identity]) for identity in missing}
            for part in parts_of(everybody, kind, among=Among(None, at)):
                which = np.fromiter((each in missing for each in part[1].tolist()), bool, len(part[1]))
                found = [column[which] for column in part]
                read.append(found)
                there.update(found[1].tolist())
        ids = {*settled[kind], *missing} - there  # of the latter those that have another instant now
        if ids:
            read.extend(parts_of(everybody, kind, among=_with_ids(kind, ids)))
    return {kind: _joined(kind, list(wanted), some) for kind, some in parts.items()}


def read_named(reader: Reader, asked: ScopedQuery, members: Sequence[str], kind: Kind, ids: Collection[str]) -> Columns:
    """Return the work of a kind that has some ids, as far as it is that of some members."""
    parts = list(_parts(reader, asked.among(members), kind, among=_with_ids(kind, ids))) if ids else []
    return _joined(kind, members, parts)


def accept(reader: Reader, asked: ScopedQuery, work: Columns) -> None:
    """Say of annotations which were accepted, and when."""
    owners = dict(zip(work.ids, work.read[0].tolist(), strict=True))
    told = acceptances(reader, asked, owners)
    work.accepted = {work.rows[annotation]: by for annotation, by in told.items()}


def own_looks(reader: Reader, asked: ScopedQuery, work: Columns, rows: Array) -> Array:
    """Say of some reviews or visits which are of the member's own annotations, then or now."""
    members, annotations = (work.read[place][rows].tolist() for place in (0, 3))
    if not members:
        return np.zeros(0, dtype=bool)
    identity, every = "annotation_id", EVERY[Kind.ANNOTATION]
    among = Among(identity, set(annotations))
    told = reader.columns(asked.among(set(members)), every, (every.scan.member, identity), among)
    owned = {pair for part in told for pair in zip(*(column.tolist() for column in part), strict=True)}
    looks = zip(members, annotations, strict=True)
    own = np.fromiter((look in owned for look in looks), bool, len(members))
    if work.kind is Kind.REVIEW:
        own |= np.ma.filled(work.read[7][rows], None) == work.read[0][rows]
    return own


def _parts(
    reader: Reader,
    mine: ScopedQuery,
    kind: Kind,
    *,
    among: Among | None = None,
    during: Slice | None = None,
    whole: bool = True,
) -> Iterator[list[Array]]:
    rows, columns = READ[kind]
    names = [name for name in columns if whole or name not in SAID_ONLY]
    for part in reader.columns(mine, rows, names, among, during):
        unread, told = np.full(len(part[0]), None, dtype=object), dict(zip(names, part, strict=True))
        yield [told.get(name, unread) for name in columns]


def _with_ids(kind: Kind, ids: Collection[str]) -> Among:
    return Among(EVERY[kind].scan.fact.key_columns[-1], ids)


def _ids(parts: Sequence[Sequence[Array]]) -> set[str]:
    return {identity for part in parts for identity in part[1].tolist()}


def _joined(kind: Kind, members: Sequence[str], parts: Sequence[Sequence[Array]]) -> Columns:
    if not parts:
        return Columns(kind, members, [np.empty(0, dtype=object) for _ in READ[kind][1]])
    columns = []
    for some in zip(*parts, strict=True):
        masked = any(map(np.ma.isMaskedArray, some))
        columns.append(np.ma.concatenate(some) if masked else np.concatenate(some))  # type: ignore[no-untyped-call]
    found = Columns(kind, members, columns)
    if len(found.rows) < len(found):  # a host's view that tells of one fact twice
        found = Columns(kind, members, [column[list(found.rows.values())] for column in columns])
    return found


def _places(values: Array, among: Sequence[str]) -> Array:
    known = {each: place for place, each in enumerate(among)}
    return np.fromiter(map(known.__getitem__, values.tolist()), np.int64, len(values))
