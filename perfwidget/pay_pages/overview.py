"""The list of the page Pay: members × period, what each is owed, how it stands, and what is open."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from perfwidget.pay import Draft, Pay, Statement
from perfwidget.pay.amounts import minor_units, written
from perfwidget.pay.statements import WITHDRAWN
from perfwidget.pay_pages import documents, formats, periods, words
from perfwidget.pay_pages.directory import name_of
from perfwidget.pay_pages.documents import Summary
from perfwidget.question.access import Viewer
from perfwidget.question.period import Period
from perfwidget.stores.choosing import Profile

PAGE = 50
"""Members on a page."""

DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Row:
    """One member and period: a draft, or a statement with days of the period."""

    user_id: str | None
    person: str
    first: date
    last: date
    state: str
    """The first word for how it stands."""
    states: Sequence[str]
    """All words for how it stands."""
    summary: Summary
    amounts: Mapping[str, str]
    number: int | None = None
    questions: int = 0
    """How many of the member's questions wait for an answer."""
    since: date | None = None
    """The day since when it stands as its first word says, in the pay zone; of what is paid, the day of payment."""
    paid: frozenset[str] = frozenset()
    """The currencies that are marked as paid."""
    draft: Draft | None = None
    """The draft itself, whose document nobody makes unless its hash is asked for."""
    profile: Profile | None = None
    missing: int = 0
    """How many items of these days and earlier came after the statement, and are in none."""

    @property
    def key(self) -> str:
        """What a form names it by."""
        return f"draft:{self.user_id}" if self.number is None else f"statement:{self.number}"

    @property
    def sha256(self) -> str:
        """The hash of a draft, which a proposal names; none of a statement."""
        return "" if self.draft is None else self.draft.sha256

    @property
    def name(self) -> str:
        """What the member is called."""
        return name_of(self.profile, self.person)

    @property
    def left_out(self) -> Sequence[str]:
        """What is left out, by its reason: `19 held`."""
        return words.left_out(self.summary.left_out)

    @property
    def is_empty(self) -> bool:
        """Whether it is a draft in which nothing is paid, told or left out."""
        return self.number is None and not (self.summary.has_line or self.summary.left_out)


@dataclass(frozen=True, slots=True)
class Overview:
    """All rows that are asked for, in order, and what they come to."""

    rows: Sequence[Row]
    without_work: int
    currencies: Sequence[str]
    totals: Mapping[str, str] = field(default_factory=dict)
    items: int = 0
    time: int | None = None
    questions: int = 0
    earlier: int = 0
    """How many items were done before the period and are in no statement."""

    @property
    def members(self) -> int:
        """How many members the rows are of."""
        return len({row.person for row in self.rows})


def all_rows(
    drafts: Sequence[Draft], statements: Sequence[Statement], profiles: Callable[[set[str]], Mapping[str, Profile]]
) -> list[Row]:
    """Return a row a statement, and a row for each draft of a member who has none, with who the members are."""
    last_of = {each.user_id: each.number for each in statements}
    open_items = {each.user_id: sum(line.count for line in each.lines) for each in drafts if each.user_id in last_of}
    found = [
        *(
            replace(of_statement(each), missing=open_items.get(each.user_id or "", 0))
            if last_of[each.user_id] == each.number
            else of_statement(each)
            for each in statements
        ),
        *(of_draft(each) for each in drafts if each.user_id not in last_of),
    ]
    known = profiles({row.user_id for row in found if row.user_id is not None})
    return [replace(row, profile=known.get(row.user_id or "")) for row in found]


def standing(pay: Pay, viewer: Viewer, period: Period) -> list[Statement]:
    """Return the statements that have days of a period."""
    found = pay.statements(viewer, first=period.first, last=period.last)
    return [each for each in found if each.state != WITHDRAWN]


def done_before(drafts: Iterable[Draft], first: date) -> int:
    """Return how many items of drafts were done before a day, and are in no statement."""
    days = (line.days.items() for draft in drafts for line in draft.lines)
    return sum(count for some in days for day, count in some if day < first)


def of_draft(draft: Draft) -> Row:
    """Return the row of a draft."""
    return Row(
        user_id=draft.user_id,
        person=draft.person,
        first=draft.period.first,
        last=draft.period.last,
        state=DRAFT,
        states=(DRAFT,),
        summary=documents.summary_of_draft(draft),
        amounts=draft.totals,
        draft=draft,
    )


def of_statement(statement: Statement) -> Row:
    """Return the row of a statement."""
    states, said = statement.words, statement.document
    acted = periods.today(said["period"]["timezone"], statement.acted_at)
    paid = [date.fromisoformat(each.paid_on) for each in statement.totals.values() if each.paid_on]
    return Row(
        user_id=statement.user_id,
        person=statement.person,
        first=statement.first,
        last=statement.last,
        state=states[-1],
        states=states,
        summary=documents.summary_of(said),
        amounts={code: each.amount for code, each in statement.totals.items()},
        number=statement.number,
        questions=len(statement.contests),
        since=max(paid) if statement.is_paid else acted,
        paid=frozenset(code for code, each in statement.totals.items() if each.paid_on),
    )


def overview(rows: Sequence[Row], search: str, state: str, sort: str) -> Overview:
    """Return the rows whose member holds a text and that stand in a state, in order, and what they come to."""
    there = [row for row in rows if not row.is_empty]
    sought = search.casefold().strip()
    chosen = [row for row in there if sought in _searched(row) and (not state or state in row.states)]
    minor: dict[str, int] = {}
    for row in chosen:
        for code, amount in row.amounts.items():
            minor[code] = minor.get(code, 0) + minor_units(amount, code)
    times = [time for row in chosen if (time := row.summary.time) is not None]
    return Overview(
        rows=in_order(chosen, sort),
        without_work=len(rows) - len(there),
        currencies=sorted({code for row in there for code in row.amounts}),
        totals={code: written(minor[code], code) for code in sorted(minor)},
        items=sum(row.summary.items for row in chosen),
        time=sum(times) if times else None,
        questions=sum(row.questions for row in chosen),
    )


def in_order(rows: Sequence[Row], sort: str) -> list[Row]:
    """Return rows in the order that the address names; by name at first, those without a value last."""
    column, down = sort.removeprefix("-"), sort.startswith("-")
    by_name = sorted(rows, key=lambda row: (row.name.casefold(), row.user_id or row.person, row.first))
    if column.startswith("amount:"):
        code = column.partition(":")[2]
        return _by(by_name, lambda row: Decimal(row.amounts[code]) if code in row.amounts else None, down=down)
    of: dict[str, Callable[[Row], Any]] = {
        "time": lambda row: row.summary.time,
        "items": lambda row: row.summary.items,
        "left": lambda row: sum(row.summary.left_out.values()) or None,
        "state": lambda row: list(words.STATES).index(row.state),
        "questions": lambda row: row.questions or None,
    }
    if column in of:
        return _by(by_name, of[column], down=down)
    return by_name[::-1] if column == "member" and down else by_name


def _by(rows: Sequence[Row], value: Callable[[Row], Any], *, down: bool) -> list[Row]:
    known = [row for row in rows if value(row) is not None]
    return [*sorted(known, key=value, reverse=down), *(row for row in rows if value(row) is None)]


def _searched(row: Row) -> str:
    email = row.profile.email if row.profile else ""
    return " ".join((row.name, email or "", row.user_id or "")).casefold()


def amount(row: Row, code: str) -> str:
    """Return what a row comes to in a currency; nothing where it has none."""
    return formats.amount(row.amounts[code], code) if code in row.amounts else ""
