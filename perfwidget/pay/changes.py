"""What happened to items after they were paid: told once a change, at 0.00, for nothing is ever taken back."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum

from perfwidget.pay.settled import ANOTHERS, COUNTED, GONE, UNCOUNTED, Settled, State
from perfwidget.pay.sorting import Span
from perfwidget.pay.work import Key, Kind, Work, id_order


class Change(StrEnum):
    """What a statement tells of an item that was paid before."""

    UPDATED = "updated"
    NO_LONGER_COUNTS = "no longer counts"
    COUNTS_AGAIN = "counts again"
    TIME_SHRANK = "time shrank"
    GONE = "gone"
    NOW_ANOTHERS = "now another's"
    PAID_TO_ANOTHER = "paid to another before"


@dataclass(frozen=True, slots=True)
class Told:
    """A change that a statement tells of: to which item, and how it stands now."""

    change: Change
    kind: Kind
    item_id: str
    state: State
    project_id: str | None


def changes(
    settled: Settled,
    member: str,
    works: Mapping[Key, Work],
    owners: Mapping[Key, str | None],
    growing: Set[Key],
    span: Span,
) -> Iterator[Told]:
    """Yield what changed since a member was last told of their items, in order.

    `owners` tell of what does not count for them whose it is, if it is there; `growing` are the items whose growth is
    paid, held or waits.
    """
    keys = {*settled.own_keys(), *(works.keys() & settled.steps.keys())}
    for key in sorted(keys, key=lambda each: (each[0], id_order(each[1]))):
        work = works.get(key)
        if work is not None and work.at >= span.end:
            continue  # its next period tells of it
        if not settled.is_approved(key):
            continue
        state = _state(key, work, member, owners)
        change = _change(settled, key, state, growing)
        if change is not None:
            yield Told(change, *key, state, None if work is None else work.project_id)


def _state(key: Key, work: Work | None, member: str, owners: Mapping[Key, str | None]) -> State:
    if work is not None:
        return COUNTED, work.time, work.at
    if key not in owners:
        return GONE, None, 0
    return (UNCOUNTED if owners[key] == member else ANOTHERS), None, 0


def _change(settled: Settled, key: Key, state: State, growing: Set[Key]) -> Change | None:
    last = settled.last_state(key)
    if last is None:
        return Change.PAID_TO_ANOTHER if state[0] == COUNTED else None
    if not any(each.person == settled.person for each in settled.of(key)):
        return None  # paid to another, which was told
    statement, before = last
    if statement not in settled.approved or before == state or key in growing:
        return None
    if state[0] != COUNTED:
        words = {UNCOUNTED: Change.NO_LONGER_COUNTS, ANOTHERS: Change.NOW_ANOTHERS, GONE: Change.GONE}
        return words[state[0]] if state[0] != before[0] else None
    if before[0] != COUNTED:
        return Change.COUNTS_AGAIN
    shrank = before[1] is not None and (state[1] is None or state[1] < before[1])
    return Change.TIME_SHRANK if shrank else Change.UPDATED
