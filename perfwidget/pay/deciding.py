"""Which work that was never paid a statement pays, which it leaves out and why: spec and README name the rules.

It is decided of all work of a kind at once. What was paid before is decided about piece by piece, in `sorting.py`.
"""

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np

from perfwidget.pay.cards import CardBook, Clock, Family, RateCard, Unit, deciding
from perfwidget.pay.columns import NEW, Array, Columns
from perfwidget.pay.decided import HELD, NO_ITEM, NO_RATE, NO_TIME, NOT_ACCEPTED, OWN, PAID, WAITS, Decided
from perfwidget.pay.settled import Settled
from perfwidget.pay.sorting import Span
from perfwidget.pay.visits import Moments
from perfwidget.pay.work import Kind, id_order

_DAYS = 4_000_000
"""More days than there are."""


class _Cards:
    """What is told by cards, as columns in which the last value is for work without a card."""

    def __init__(self, cards: Sequence[RateCard]) -> None:
        self.is_time = np.array([*(card.unit.is_time for card in cards), False])
        self.by_median = np.array([*(card.clock is Clock.MEDIAN for card in cards), False])
        self.needs_acceptance = np.array([*(card.unit is Unit.ACCEPTED_ANNOTATION for card in cards), False])
        longest = np.iinfo(np.int64).max
        self.cap = np.array([*(card.counted(longest) for card in cards), longest])


def decide(
    work: Columns,
    book: CardBook,
    settled: Sequence[Settled],
    roles: Sequence[str | None],
    span: Span,
    own: Callable[[Columns, Array], Array],
) -> Decided:
    """Decide about work; what was settled, and roles, are told by the places of members.

    `own` says of reviews and visits, given by their rows, which are of the member's own annotations.
    """
    cards, day = list(book.cards), span.days_of(work.at)
    card = _deciding(work, day, book, cards, [each.person for each in settled], roles)
    found = Decided(
        work, cards, card, day, np.full(len(work), NO_ITEM), work.at < span.start, np.ones(len(work), np.int64),
        settled[0].held,
    )  # fmt: skip
    rows = np.flatnonzero((work.state == NEW) & (work.at < span.end))
    by_card = _Cards(cards)
    if work.kind is Kind.ANNOTATION:
        _annotations(found, rows, by_card, span)
        _leave_out_medians(found, by_card)
    else:
        _looks(found, rows, by_card, settled, span)
        asked = rows[found.outcome[rows] != NO_ITEM]
        found.outcome[asked[own(work, asked)]] = OWN
    counts = np.flatnonzero((found.outcome == PAID) & by_card.is_time[card] & ~by_card.by_median[card])
    found.quantity[counts] = np.minimum(work.time[counts], by_card.cap[card[counts]])
    if work.kind is Kind.VISIT:
        _pay_moments_once(found, settled)
    return found


def _deciding(
    work: Columns,
    day: Array,
    book: CardBook,
    cards: Sequence[RateCard],
    persons: Sequence[str],
    roles: Sequence[str | None],
) -> Array:
    """Return the places of the cards that decide: one look for each member, project and stretch without new cards."""
    family = Family.ANNOTATING if work.kind is Kind.ANNOTATION else Family.REVIEWING
    begun = {card.valid_from.toordinal() for card in cards}
    begun |= {card.valid_until.toordinal() + 1 for card in cards if card.valid_until is not None}
    cuts, places = sorted(begun), {card.card_id: place for place, card in enumerate(cards)}
    stretch = np.searchsorted(np.array(cuts, dtype=np.int64), day, side="right")
    shape = len(persons), max(1, len(work.projects)), len(cuts) + 1
    asked = np.ravel_multi_index((work.member, work.project, stretch), shape)
    different = np.unique(asked)
    found = np.full(len(different), -1)
    for place, (member, project, cut) in enumerate(zip(*np.unravel_index(different, shape), strict=True)):
        if cut:
            candidates = book.candidates(family, persons[member], roles[member], work.projects[project])
            card = deciding(candidates, date.fromordinal(cuts[cut - 1]))
            found[place] = -1 if card is None else places[card.card_id]
    return found[np.searchsorted(different, asked)]


def _annotations(found: Decided, rows: Array, by_card: _Cards, span: Span) -> None:
    """Decide about annotations."""
    work, card, due = found.work, found.card[rows], found.work.at[rows]
    needs, accepted_at = by_card.needs_acceptance[card], work.accepted_at[rows]
    due = np.where(needs, np.maximum(due, accepted_at), due)
    accepted = ~needs | ((accepted_at >= 0) & (due < span.end))
    no_time = by_card.is_time[card] & ~by_card.by_median[card] & (work.time[rows] < 0)
    reasons = [
        (np.where(accepted, due, work.at[rows]) < span.pay_from, NO_ITEM),
        (card < 0, NO_RATE),
        (~accepted, NOT_ACCEPTED),
        (_held(found, span)[rows], HELD),
        (no_time, NO_TIME),
    ]
    found.outcome[rows] = _first(reasons)
    found.late[rows] = due < span.start


def _looks(found: Decided, rows: Array, by_card: _Cards, settled: Sequence[Settled], span: Span) -> None:
    """Decide about reviews or visits, on days whose reviewing was paid in some ways, or in none yet.

    Reviews and visits tell of the same work. What paid one of them once is not followed by the other, whatever card
    decides now; what is left of the first has no rate where that card pays the other.
    """
    work, card, kind = found.work, found.card[rows], found.work.kind
    other = Kind.VISIT if kind is Kind.REVIEW else Kind.REVIEW
    pays_other = (card >= 0) & (by_card.is_time[card] != (kind is Kind.VISIT))
    by_other = np.zeros(len(rows), dtype=bool)
    by_other[~pays_other] = _paid_on(found, rows[~pays_other], other, settled)
    in_doubt = pays_other | by_other
    by_same = np.zeros(len(rows), dtype=bool)
    by_same[in_doubt] = _paid_on(found, rows[in_doubt], kind, settled)
    no_time = (kind is Kind.VISIT) & (work.time[rows] < 0)
    reasons = [
        ((in_doubt & ~by_same) | (work.at[rows] < span.pay_from), NO_ITEM),
        (pays_other | (card < 0), NO_RATE),
        (_held(found, span)[rows], HELD),
        (no_time, NO_TIME),
    ]
    found.outcome[rows] = _first(reasons)


def _first(reasons: Sequence[tuple[Array, int]]) -> Array:
    """Return of each row the first outcome whose condition holds, or `PAID`."""
    conditions, outcomes = zip(*reasons, strict=True)
    return np.select(list(conditions), [np.int64(each) for each in outcomes], PAID)


def _paid_on(found: Decided, rows: Array, kind: Kind, settled: Sequence[Settled]) -> Array:
    """Say of rows whether a kind was paid to their members in their projects and on their days."""
    if not len(rows):
        return np.zeros(0, dtype=bool)
    work, day = found.work, found.day[rows]
    members = {each.person: place for place, each in enumerate(settled)}
    first, last = (date.fromordinal(int(each)).isoformat() for each in (day.min(), day.max()))
    told = set(settled[0].ledger.days_paid_by(kind, list(members), first, last))
    told |= {
        (each.person, step.project_id, step.work_day) for each in settled for of, step in each.returned if of is kind
    }
    projects = {project: place for place, project in enumerate(work.projects)}
    codes = [
        (members[person] * len(projects) + projects[project]) * _DAYS + date.fromisoformat(work_day).toordinal()
        for person, project, work_day in told
        if project in projects
    ]
    asked = (work.member[rows] * len(projects) + work.project[rows]) * _DAYS + day
    return np.isin(asked, np.array(codes, dtype=np.int64))


def _held(found: Decided, span: Span) -> Array:
    """Say which work is set aside; annotations of before pay began are, until somebody releases them."""
    work = found.work
    held = work.created_at < span.pay_from if work.kind is Kind.ANNOTATION else np.zeros(len(work), dtype=bool)
    for (kind, identity), (is_held, _) in found.held.items():
        if kind is work.kind and identity in work.rows:
            held[work.rows[identity]] = is_held
    return held


def _leave_out_medians(found: Decided, by_card: _Cards) -> None:
    """Leave out what is paid by a median where none of the member, card and project has a time."""
    work = found.work
    rows = np.flatnonzero((found.outcome == PAID) & by_card.by_median[found.card])
    if not len(rows):
        return
    shape = len(work.members), len(found.cards), len(work.projects)
    asked = np.ravel_multi_index((work.member[rows], found.card[rows], work.project[rows]), shape)
    found.outcome[rows[~np.isin(asked, asked[work.time[rows] >= 0])]] = NO_TIME


def _pay_moments_once(found: Decided, settled: Sequence[Settled]) -> None:
    """Let visits count less what is covered by those paid before, and then cap them.

    Where those are of a statement that may still be withdrawn, the visit waits: else nobody paid these moments.
    """
    work = found.work
    for member, before in enumerate(settled):
        rows = work.of(member)
        rows = rows[found.outcome[rows] == PAID]
        if not len(rows):
            continue
        moments, waiting = Moments(), Moments()
        for step in before.visits(int(work.begins[rows].min()), int(work.at[rows].max())):
            sure = moments if step.statement in before.approved else waiting
            sure.cover(step.ends if step.begins is None else step.begins, step.ends)
        visits = zip(work.at[rows].tolist(), work.begins[rows].tolist(), rows.tolist(), strict=True)
        for at, begins, row in sorted(visits, key=lambda each: (each[0], each[1], id_order(work.ids[each[2]]))):
            if waiting.touch(begins, at):
                found.outcome[row] = WAITS
            else:
                found.quantity[row] = found.cards[found.card[row]].counted(moments.cover(begins, at))
