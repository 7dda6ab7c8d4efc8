"""Drafts: what a member's statement of a period would be just now; single items are made once somebody asks."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property

from perfwidget.errors import InvalidPay
from perfwidget.pay import card_records
from perfwidget.pay.adjusting import Adjustment
from perfwidget.pay.amounts import minor_units, written
from perfwidget.pay.changes import Told
from perfwidget.pay.decided import Decided
from perfwidget.pay.document import change_documents, left_out_documents, line_document
from perfwidget.pay.lines import Line
from perfwidget.pay.quiet import Stretches
from perfwidget.pay.settled import Settled
from perfwidget.pay.sorting import Due, Item, LeftOut, Reason
from perfwidget.pay.terms import Terms
from perfwidget.pay.work import Key, Work
from perfwidget.question.period import Period
from perfwidget.records.canonical import canonical, sha256


@dataclass(frozen=True, slots=True)
class Read:
    """What of a member's work was read for a draft, and what became of it."""

    stretches: Stretches
    member: int
    """The member's place in the columns."""
    decided: Sequence[Decided]
    settled: Settled
    works: Mapping[Key, Work]
    """Work that was paid before and does not stand as the member was paid for it."""
    waiting: Sequence[LeftOut]
    """What is left out of what was added to it."""
    whole: bool
    """Whether all was read that a document says."""

    @property
    def keys(self) -> Iterator[Key]:
        """All items that were read."""
        for of in self.decided:
            yield from ((of.work.kind, of.work.ids[row]) for row in of.work.of(self.member).tolist())

    def left_out(self) -> Iterator[LeftOut]:
        """Yield what is left out."""
        yield from self.waiting
        for of in self.decided:
            yield from of.left_out(self.member)

    def left_out_counts(self) -> Mapping[Reason, int]:
        """Return how many items are left out, by the reasons that there are, in their order."""
        found = Counter(each.reason for each in self.waiting)
        for of in self.decided:
            found.update(of.reasons(self.member))
        return {reason: found[reason] for reason in Reason if found[reason]}

    def projects_left_out(self) -> Iterator[str]:
        """Yield the projects of what is left out."""
        yield from (each.work.project_id for each in self.waiting)
        for of in self.decided:
            yield from of.projects_left_out(self.member)

    def look(self, draft: "Draft") -> Iterator[tuple[Key, int, Set[int]]]:
        """Yield what is to be looked at again once a draft is proposed: all that does not stand as it is paid then.

        Of each its instant is told, and those by which the person was paid for it.
        """
        paid, told = {item.work.key for item in draft.items}, {(each.kind, each.item_id) for each in draft.changes}
        for of in self.decided:
            for key, at in of.looked_at(self.member, draft.period.end):
                if key not in paid or key in self.settled.told:
                    yield key, at, frozenset()
        for key, work in self.works.items():
            stands = (key in paid and key not in self.settled.told) or self.settled.stands(key, work)
            if key in told or not stands:
                yield key, work.at, self.settled.own_ends(key)
        for key in self.settled.own_keys():
            if key not in self.works:
                yield key, max(ends := self.settled.own_ends(key)), ends


@dataclass(frozen=True)
class Draft:
    """What a statement would be: its lines, what it tells of, what it leaves out, and its canonical JSON."""

    user_id: str
    person: str
    period: Period
    lines: Sequence[Line]
    changes: Sequence[Told]
    adjustments: Sequence[Adjustment]
    terms: Terms
    read: Read = field(compare=False, repr=False)
    """What it was made of."""

    @cached_property
    def body(self) -> str:
        """Canonical JSON, as a statement freezes it; made once it is asked for."""
        if not self.read.whole:
            raise InvalidPay("These drafts were read without their documents; read them with documents=True.")
        cards = {line.card.card_id: line.card for line in self.lines}
        return canonical(
            {
                "format": 1,
                "person": self.person,
                "period": {
                    "first": self.period.first.isoformat(),
                    "last": self.period.last.isoformat(),
                    "timezone": self.period.timezone,
                },
                "pay_from": self.terms.pay_from.isoformat(),
                "rules": asdict(self.terms.rules),
                "cards": [card_records.document(cards[card_id]) for card_id in sorted(cards)],
                "lines": [line_document(line) for line in self.lines],
                "changes": change_documents(self.changes),
                "left_out": left_out_documents(self.left_out),
                "adjustments": [each.document() for each in self.adjustments],
                "totals": self.totals,
            }
        )

    @cached_property
    def sha256(self) -> str:
        """The hash that a proposal has to name."""
        return sha256(self.body)

    @cached_property
    def totals(self) -> Mapping[str, str]:
        """Amounts by currency."""
        minor: dict[str, int] = defaultdict(int)
        for line in self.lines:
            minor[line.card.currency] += minor_units(line.amount, line.card.currency)
        for each in self.adjustments:
            minor[each.currency] += minor_units(each.amount, each.currency)
        return {code: written(minor[code], code) for code in sorted(minor)}

    @property
    def items(self) -> Iterator[Item]:
        """All items that are paid."""
        return (item for line in self.lines for item in line.items)

    @cached_property
    def left_out(self) -> Sequence[LeftOut]:
        """What is left out, in order; made once somebody asks for it."""
        return sorted(self.read.left_out(), key=lambda each: each.work.order)

    @cached_property
    def left_out_counts(self) -> Mapping[Reason, int]:
        """How many items are left out, by the reasons that there are, in their order."""
        return self.read.left_out_counts()

    @property
    def is_empty(self) -> bool:
        """Whether there is no line at all, not even one of 0.00."""
        return not (self.lines or self.changes or self.adjustments)

    @property
    def days_in_no_statement(self) -> Mapping[date, int]:
        """The work days with items that no statement pays yet and this one would, and how many these are."""
        found = Counter[date]()
        for line in self.lines:
            if line.due is not Due.ADDED:
                found.update(line.days)
        return dict(sorted(found.items()))

    @property
    def projects(self) -> frozenset[str]:
        """All projects whose work it speaks of."""
        told = (each.project_id for each in self.changes if each.project_id is not None)
        return frozenset((*(line.project_id for line in self.lines), *told, *self.read.projects_left_out()))
