"""Writing to a store: facts by key, newest version wins, all within the caller's transaction, on every engine."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar, get_args

from perfwidget.errors import InvalidFact, OtherServer
from perfwidget.facts import FACTS, Annotation, Fact, Key, Member, Membership
from perfwidget.facts.columns import Id, clean_text, id_text, microseconds
from perfwidget.facts.ingest import Bookmark, EmailTold, Inferred, Observation, Snapshot, Withdrawn
from perfwidget.facts.snapshot_rows import rows_of_snapshots
from perfwidget.facts.snapshots import Snapshots, joined
from perfwidget.stores.schema import MENTIONED
from perfwidget.stores.writing import bulk, emails, inference, standing
from perfwidget.stores.writing.outcome import Outcome
from perfwidget.stores.writing.staging import Row, Staging

BATCH = 20_000
"""Facts handled at a time: enough that statements cost little each, few enough that memory stays small."""

AS_ROWS = 50_000
"""Snapshots in columns that are handled at a time where each of them may have to replace an older one."""

LIGHTER, ROWS = 100, 20
"""Snapshots in columns take a fraction of the memory, so that many more are handled at a time: the more, the longer are
the runs of rows in order that they are kept in. Actions of histories are rows, of which fewer are."""


_PLAIN = frozenset(FACTS)
_KNOWN = _PLAIN | frozenset(get_args(Observation))
"""What may be written, and nothing derived from it: what a class adds would be lost without a word."""

EXTRA: dict[str, tuple[Any, ...]] = {
    "members": (False, None),
    "actions": (None,),
    "reviews": (None,),
}
"""What our own columns hold of a fact that is written by itself."""

_Given = TypeVar("_Given")

Rows = Mapping[type[Fact], Sequence[Row]]
"""Facts as they are stored, by their classes."""


def write(staging: Staging, facts: Iterable[Fact | Observation]) -> Outcome:
    """Keep facts, batch by batch in the order given; within a batch, what is gone goes first."""
    outcome = Outcome()
    people = whole = False
    told: set[emails.Email] = set()
    for batch in _pieces(facts, _weight, BATCH):
        remove(staging, [fact for fact in batch if isinstance(fact, Withdrawn)])
        write_rows(staging, rows_of(fact for fact in batch if isinstance(fact, Fact)))
        _write_snapshots(staging, [fact for fact in batch if isinstance(fact, Snapshot | Snapshots)], outcome)
        guesses = [fact for fact in batch if isinstance(fact, Inferred)]
        emails.earned(staging, guesses)
        inference.write(staging, guesses)
        told |= emails.note(staging, [fact for fact in batch if isinstance(fact, EmailTold)])
        _set_bookmarks(staging, [fact for fact in batch if isinstance(fact, Bookmark)])
        people = people or any(isinstance(fact, Member | Inferred | EmailTold | Snapshot) for fact in batch)
        whole = whole or any(isinstance(fact, Withdrawn) and fact.whole for fact in batch)
    if outcome.refused and (whole or not outcome.kept):
        raise OtherServer(outcome)
    if people:
        settle(staging, outcome, told)
    return outcome


def settle(staging: Staging, outcome: Outcome, told: Collection[emails.Email] = ()) -> None:
    """See whether e-mails have come to mean other members."""
    if emails.settle(staging, outcome, told):
        _forget_mentions(staging)


def _write_snapshots(staging: Staging, given: Sequence[Snapshot | Snapshots], outcome: Outcome) -> None:
    """Keep snapshots: those in columns in one go if all are new, then those that come by themselves."""
    many = [each for each in given if isinstance(each, Snapshots)]
    few = [each for each in given if isinstance(each, Snapshot)]
    if many and not _added(staging, many, outcome):
        for part in _pieces(many, len, AS_ROWS):
            if len(part) == len(many) or not _added(staging, part, outcome):
                _write_rows_of_snapshots(staging, part, outcome)
    if few:
        _write_rows_of_snapshots(staging, few, outcome)


def _write_rows_of_snapshots(staging: Staging, given: Sequence[Snapshot | Snapshots], outcome: Outcome) -> None:
    rows = list(rows_of_snapshots(given))
    emails.name(staging, ((row.row[0], email) for row in rows for email in row.emails))
    standing.write(staging, rows, emails.meanings(staging), outcome)


def _added(staging: Staging, many: Sequence[Snapshots], outcome: Outcome) -> bool:
    """Add snapshots if all of them are new; else say so."""
    of_one = len({each.organization_id for each in many}) == 1
    added = staging.takes_columns and of_one and bulk.write(staging, joined(many))
    outcome.kept = outcome.kept or added
    return added


def few(facts: Iterable[Fact | Observation], most: int) -> tuple[Rows | None, Iterable[Fact | Observation]]:
    """Return facts as they are stored if they are at most so many and no observation is among them; and all of them.

    Raises InvalidFact.
    """
    first: list[Fact | Observation] = []
    others = iter(facts)
    for fact in others:
        first.append(fact)
        if len(first) > most or type(fact) not in _PLAIN:
            return None, chain(first, others)
    return rows_of(first), first


def rows_of(facts: Iterable[Fact | Observation]) -> Rows:
    """Return facts as they are stored; raises InvalidFact."""
    rows: dict[type[Fact], list[Row]] = {}
    for fact in facts:
        if isinstance(fact, Fact):
            rows.setdefault(type(fact), []).append(fact.row())
    return rows


def write_rows(staging: Staging, rows: Rows) -> None:
    """Keep facts; of several with one key the newest, else the last, stands."""
    for kind in FACTS:
        if given := rows.get(kind):
            extra = EXTRA.get(kind.table, ())
            staging.put_in_place(kind, [(*row, *extra) for row in _newest(kind, given)])
            staging.touched.update(row[0] for row in given)
    staging.note(rows)


def _newest(kind: type[Fact], given: Iterable[Row]) -> Iterable[Row]:
    """Return the rows that stand in the end."""
    names = [column.name for column in kind.columns()]
    key = [names.index(name) for name in kind.key_columns]
    version = names.index(kind.version_column) if kind.version_column else None
    rows: dict[tuple[Any, ...], Row] = {}
    for row in given:
        identity = tuple([row[place] for place in key])
        kept = rows.get(identity)
        if kept is None or version is None or row[version] >= kept[version]:
            rows[identity] = row
    return rows.values()


def remove(staging: Staging, facts: Iterable[Fact | Key | Withdrawn]) -> None:
    """Remove facts by key; what came from an annotation's export row goes with the annotation."""
    if isinstance(facts, Fact | Key):
        raise InvalidFact("Facts and keys are removed in a list, also a single one: store.remove([…]).")
    gone = list(facts)
    keys = [fact.key if isinstance(fact, Fact | Withdrawn) else fact for fact in gone]
    whole = [each.key for each in gone if isinstance(each, Withdrawn) and each.whole]
    if not all(isinstance(key, Key) and key.fact in FACTS for key in keys):
        raise InvalidFact("Only records of perfwidget.facts, or their keys, can be removed.")
    for key in keys:
        if len(key.values) != len(key.fact.key_columns):
            raise InvalidFact(f"The key of a {key.fact.__name__} is {', '.join(key.fact.key_columns)}.")
    if not keys:
        return
    staging.noted.clear()
    staging.touched.update(key.values[0] for key in keys)
    for kind in FACTS:
        values = [[value or None for value in key.values] for key in keys if key.fact is kind]
        if not values:
            continue
        staging.put("outgoing", [(name, "VARCHAR") for name in kind.key_columns], values)
        if kind.table == "annotations":
            same = "{0}.organization_id = outgoing.organization_id AND {0}.annotation_id = outgoing.annotation_id"
            for table in ("actions", "reviews"):
                staging.delete(table, f"{same.format(table)} AND origin IS NOT NULL", using="outgoing")
            staging.delete("snapshots", same.format("snapshots"), using="outgoing")
        staging.delete_matching(kind, "outgoing")
        if whole and kind is Annotation:
            staging.put("outgoing", [(name, "VARCHAR") for name in kind.key_columns], [key.values for key in whole])
            for table in ("actions", "reviews", "review_visits", "comments"):
                staging.delete(table, same.format(table), using="outgoing")
    _forget_mentions(staging)
    if any(key.fact is Member for key in keys):
        settle(staging, Outcome())


def _forget_mentions(staging: Staging) -> None:
    """Forget the members and projects that nothing speaks of any more, but for those that have a record."""
    for kind, mentioned in MENTIONED.items():
        table, column = ("projects", "project_id") if kind == "project" else ("members", "user_id")
        known = f"SELECT organization_id, {column} FROM {table}"
        unknown = f"kind = '{kind}' AND (organization_id, id) NOT IN ({known})"
        ids = [identity for (identity,) in staging.execute(f"SELECT DISTINCT id FROM mentions WHERE {unknown}")]
        if not ids:
            continue  # so that the facts need not be looked through
        still = " UNION ".join(
            f"SELECT organization_id, {column} FROM {table} WHERE {staging.dialect.in_list(column, 'ids', ids)}"
            for table, column in mentioned
        )
        staging.delete("mentions", f"{unknown} AND (organization_id, id) NOT IN ({still})", {"ids": ids})


def memberships_of(organization_id: Id, user_id: Id, memberships: Iterable[Membership]) -> tuple[Row, Sequence[Row]]:
    """Return whom memberships are of, and these as they are stored; raises InvalidFact for another's among them."""
    owner, rows = (id_text(organization_id), id_text(user_id)), [each.row() for each in memberships]
    if any(row[:2] != owner for row in rows):
        raise InvalidFact("Every membership must be of the user and organization whose memberships are set.")
    return owner, rows


def set_memberships(staging: Staging, owner: Row, memberships: Sequence[Row]) -> None:
    """Replace all memberships of a user."""
    staging.touched.add(owner[0])
    of_user = dict(zip(("organization_id", "user_id"), owner, strict=True))
    staging.delete("memberships", "organization_id = $organization_id AND user_id = $user_id", of_user)
    write_rows(staging, {Membership: memberships})


def _set_bookmarks(staging: Staging, bookmarks: Sequence[Bookmark]) -> None:
    for bookmark in bookmarks:
        as_of = None if bookmark.as_of is None else microseconds(bookmark.as_of)
        which = {"organization_id": id_text(bookmark.organization_id), "source": clean_text(bookmark.source)}
        staging.delete("bookmarks", "organization_id = $organization_id AND source = $source", which)
        staging.keep("bookmarks", which | {"position": clean_text(bookmark.position), "as_of": as_of})


def _weight(fact: Fact | Observation) -> int:
    """Return for how many facts one counts; raises InvalidFact for what is none."""
    if type(fact) not in _KNOWN:
        raise InvalidFact(f"{type(fact).__name__} is no record of perfwidget.facts; write one of these itself.")
    if not isinstance(fact, Snapshots):
        return 1
    return -(-len(fact) // LIGHTER) + len(fact.actions) // ROWS


def _pieces(given: Iterable[_Given], weight: Callable[[_Given], int], most: int) -> Iterator[list[_Given]]:
    """Yield so many at a time as there is memory for."""
    piece: list[_Given] = []
    weighs = 0
    for each in given:
        piece.append(each)
        weighs += weight(each)
        if weighs >= most:
            yield piece
            piece, weighs = [], 0
    if piece:
        yield piece
