"""Reading what drafts are made of: members' open work, what was settled of it, and what is decided about it."""

from collections.abc import Iterator, Mapping
from functools import partial

from perfwidget.pay import card_records
from perfwidget.pay.adjusting import pending
from perfwidget.pay.cards import CardBook, Family, Unit
from perfwidget.pay.changes import changes
from perfwidget.pay.columns import accept, own_looks, read_open
from perfwidget.pay.deciding import decide
from perfwidget.pay.draft import Draft, Read
from perfwidget.pay.lines import added_lines, lines_of
from perfwidget.pay.quiet import Stretches, grouped, last_ends
from perfwidget.pay.settled import ledger
from perfwidget.pay.sorting import Item, LeftOut, Span, growth
from perfwidget.pay.terms import Terms
from perfwidget.pay.work import Kind, asked_of, owners_of
from perfwidget.question.period import Period, day_start, zone
from perfwidget.records import Transaction
from perfwidget.records.canonical import canonical, sha256
from perfwidget.stores import Reader

AT_ONCE = 200
"""Members whose work is read at once."""
ROWS_AT_ONCE = 300_000
"""Rows of work that are read at once, unless a member has more."""


def drafts(
    transaction: Transaction,
    reader: Reader,
    terms: Terms,
    period: Period,
    people: Mapping[str, str],
    *,
    documents: bool = True,
) -> Iterator[Draft]:
    """Yield the draft of each member, who are given by their ids with the random numbers that stand for them.

    Without `documents` nothing is read that only these say.
    """
    clock = zone(terms.timezone)
    span = Span(day_start(terms.pay_from, clock), period.start, period.end, terms.timezone)
    asked = asked_of(reader, transaction.organization_id, period, terms.rules)
    workspaces = {each.project_id: each.workspace_id for each in reader.projects(asked.scope)}
    book = CardBook(card_records.cards(transaction), workspaces)
    accepting = [card.valid_from for card in book.cards if card.unit is Unit.ACCEPTED_ANNOTATION]
    # Nothing is due before pay began, but what is accepted later; what was settled is read by its key.
    since = dict.fromkeys(Kind, span.pay_from)
    since[Kind.ANNOTATION] = min([span.pay_from, *(max(0, day_start(day, clock)) for day in accepting)])
    reviewing = [card_records.document(card) for card in book.cards if card.unit.family is Family.REVIEWING]
    deciding = sha256(canonical([reviewing, workspaces, terms.timezone]))
    book_of, own = ledger(transaction), partial(own_looks, reader, asked)
    wanted = list(people)
    for first in range(0, len(wanted), AT_ONCE):
        some = {member: people[member] for member in wanted[first : first + AT_ONCE]}
        profiles = reader.profiles(asked.scope, list(some))
        decides = {member: f"{profiles[member].role}:{deciding}" for member in some}
        stretches = Stretches(reader, asked, since, decides)
        wanting = stretches.unread(transaction, some, last_ends(transaction, some, terms.timezone))
        taken = pending(transaction, some.values())
        for group in grouped(wanting, ROWS_AT_ONCE, AT_ONCE):
            paid = book_of.own(some, group)
            ids = {kind: {key[0] for key in paid[kind]} for kind in Kind}
            tables = read_open(reader, asked, group, since, ids, whole=documents)
            if accepting:
                accept(reader, asked, tables[Kind.ANNOTATION])
            before = book_of.settled(some, paid, tables, group)
            roles = [profiles[member].role for member in group]
            decided = [decide(work, book, list(before.values()), roles, span, own) for work in tables.values()]
            lines = [lines_of(each, workspaces) for each in decided]
            seen = [[one for of in decided for one in of.seen(place)] for place in range(len(group))]
            works = [{work.key: work for work, _, _ in some} for some in seen]
            own_keys = zip(before.values(), works, strict=True)
            away = {key for settled, there in own_keys for key in settled.own_keys() if key not in there}
            owners = owners_of(reader, asked, away) if away else {}
            for place, member in enumerate(group):
                settled, person = before[member], some[member]
                due = [one for one in seen[place] if one[0].at < span.end]
                added = [growth(settled, work, card, day, span.pay_from) for work, card, day in due]
                waiting = [each for each in added if isinstance(each, LeftOut)]
                items = [each for each in added if isinstance(each, Item)]
                growing = {item.work.key for item in items} | {each.work.key for each in waiting}
                told = list(changes(settled, member, works[place], owners, growing, span))
                mine = [*(line for of in lines for line in of[place]), *added_lines(items, workspaces)]
                read = Read(stretches, place, decided, settled, works[place], waiting, documents)
                in_order = sorted(mine, key=lambda line: line.order)
                yield Draft(member, person, period, in_order, told, taken[person], terms, read)
