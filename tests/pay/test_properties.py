"""What must hold of pay whatever happens: nothing is paid twice or forgotten, and cuts of time change nothing."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import count, pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwidget.errors import Conflict, InvalidPay
from perfwidget.facts import Annotation, Fact, Key, Member, Review, ReviewVisit
from perfwidget.pay import Draft, Pay, quiet
from perfwidget.pay.columns import sums
from perfwidget.pay.sorting import Span
from perfwidget.pay.visits import Moments
from perfwidget.records import Records, open_records
from perfwidget.records.tables import QUIET, SETTLED
from perfwidget.stores import Store, open_store
from tests.conftest import WHOLE
from tests.pay.payrolls import ANNA

BEGINS = datetime(2024, 11, 1, tzinfo=UTC)
ORGANIZATIONS = count()
EXAMPLES = 60 if WHOLE else 10


@dataclass
class House:
    """One store and one set of records, in which each example is an organization of its own."""

    store: Store
    records: Records

    def organization(self, *cards: dict[str, Any]) -> Pay:
        pay = Pay(self.store, self.records, f"org-{next(ORGANIZATIONS)}", timezone="UTC")
        pay.begin(BEGINS.date(), ANNA)
        members = [Member(pay.organization_id, each, f"{each}@x.example", role="annotator") for each in ("ann", "bea")]
        self.store.write(members)
        for card in cards:
            pay.write_card(ANNA, **{"amount": "36", "currency": "EUR", "valid_from": "2024-01-01", **card})
        return pay


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let stretches be a day and a half: some of a history is quiet while other parts change or end within one."""
    monkeypatch.setattr(quiet, "LENGTH", 36 * 3_600 * 1_000_000)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("pay")
    store = open_store(f"duckdb:///{folder}/facts.duckdb")
    records = open_records(f"sqlite:///{folder}/records.db")
    yield House(store, records)
    records.close()
    store.close()


# -- Facts at rest ----------------------------------------------------------------------------------------------------

MINUTES = st.integers(0, 20 * 24 * 60)
"""Minutes since pay began: twenty days."""


def instant(minutes: float) -> datetime:
    return BEGINS + timedelta(minutes=minutes)


@st.composite
def facts(draw: st.DrawFn) -> list[Fact]:
    """Draw ann's annotations with bea's reviews, and bea's visits, which lie over each other."""
    found: list[Fact] = []
    reviews = count()
    for number in range(draw(st.integers(0, 6))):
        at, project = draw(MINUTES), draw(st.sampled_from(["p1", "p2"]))
        found.append(
            Annotation(
                "", number, project, number, "ann", instant(at), completed_at=instant(at), updated_at=instant(at),
                lead_time=draw(st.sampled_from([None, 0, 7, 100, 1_000.5])), last_action="submitted",
            )
        )  # fmt: skip
        for action in draw(st.lists(st.sampled_from(["accepted", "rejected", "fixed_and_accepted"]), max_size=3)):
            at += draw(st.integers(0, 4_000))
            reviewer = draw(st.sampled_from(["ann", "bea"]))
            found.append(
                Review("", next(reviews), number, project, number, "ann", reviewer, action, created_at=instant(at))
            )
    for number in range(draw(st.integers(0, 5))):
        opened = draw(MINUTES)
        closed = opened + draw(st.integers(0, 3_000))
        found.append(ReviewVisit("", number, number, "p1", "bea", instant(opened), instant(closed)))
    return found


CARDS = st.tuples(
    st.sampled_from(
        [
            {"unit": "annotation"},
            {"unit": "accepted_annotation"},
            {"unit": "hour"},
            {"unit": "hour", "clock": "capped", "cap_s": 50},
        ]
    ),
    st.sampled_from(
        [{"unit": "review"}, {"unit": "review_hour"}, {"unit": "review_hour", "clock": "capped", "cap_s": 3_600}]
    ),
)


@settings(max_examples=EXAMPLES)
@given(facts(), CARDS, st.sets(st.integers(1, 40), max_size=4))
def test_facts_at_rest_give_the_same_items_and_quantities_however_time_is_cut(
    house: House, at_rest: list[Fact], cards: tuple[dict[str, Any], ...], cuts: set[int]
) -> None:
    last = 45
    whole = paid_over(house, at_rest, cards, [0, last])
    cut = paid_over(house, at_rest, cards, [0, *sorted(cuts), last])
    assert cut[0] == whole[0]
    # A sum differs by at most half a minor unit a line.
    assert abs(cut[1] - whole[1]) <= Fraction(cut[2] + whole[2], 200)


def paid_over(
    house: House, at_rest: list[Fact], cards: tuple[dict[str, Any], ...], days: list[int]
) -> tuple[dict[Any, int], Fraction, int]:
    """Settle both members for each stretch of days; return quantities by item, the sum and the number of lines."""
    pay = house.organization(*cards)
    house.store.write([replace(each, organization_id=pay.organization_id) for each in at_rest])
    quantities: dict[Any, int] = {}
    total, lines = Fraction(0), 0
    for first, behind in pairwise(days):
        period = BEGINS.date() + timedelta(days=first), BEGINS.date() + timedelta(days=behind - 1)
        for draft in list(pay.drafts(*period, ANNA, ["ann", "bea"])):
            see_that_document_agrees(draft)
            if draft.is_empty:
                continue
            assert draft.changes == []
            for line in draft.lines:
                lines += 1
                total += Fraction(line.amount)
                for item in line.items:
                    key = (item.work.key, line.card.card_id, line.project_id)
                    assert key not in quantities
                    quantities[key] = item.quantity
            pay.approve(pay.propose(draft.user_id, *period, draft.sha256, ANNA).number, ANNA)
    return quantities, total, lines


def see_that_document_agrees(draft: Draft) -> None:
    """See that what a draft says before its document is made is what the items of that document come to."""
    lines = [
        (line.card.card_id, line.project_id, str(line.due), line.quantity, line.amount, line.count)
        for line in draft.lines
    ]
    totals, paid = draft.totals, draft.days_in_no_statement
    times = [line.time for line in draft.lines]
    earlier = sum(count for line in draft.lines for day, count in line.days.items() if day < draft.period.first)
    kinds = [str(line.kind) for line in draft.lines]
    late_card = [line.written_after_work for line in draft.lines]
    projects = draft.projects
    left = Counter({str(reason): count for reason, count in draft.left_out_counts.items()})
    told = Counter(str(each.change) for each in draft.changes)
    said = json.loads(draft.body)
    rates = {card["card_id"]: (card["unit"], Fraction(card["amount"])) for card in said["cards"]}
    found, cents, days = [], 0, Counter[date]()
    for line in said["lines"]:
        unit, rate = rates[line["card"]]
        quantity = sum(item["quantity"] for item in line["items"])
        exact = 100 * rate * quantity / (3_600_000_000 if "hour" in unit else 1)
        minor = int(exact + Fraction(1, 2))
        cents += minor
        amount = f"{minor // 100}.{minor % 100:02d}"
        found.append((line["card"], line["project"], line["due"], quantity, amount, len(line["items"])))
        if line["due"] != "added":
            days.update(date.fromisoformat(item["work_day"]) for item in line["items"])
        order = [(item.get("completed_at") or item.get("closed_at") or item["created_at"]) for item in line["items"]]
        assert order == sorted(order)
    assert (lines, paid) == (found, days)
    items = [item for line in said["lines"] for item in line["items"]]
    assert earlier == sum(date.fromisoformat(item["work_day"]) < draft.period.first for item in items)
    assert kinds == [kind for line in said["lines"] for kind in {item["kind"] for item in line["items"]}]
    assert times == [sum_of_times(line["items"]) for line in said["lines"]]
    assert late_card == [line["card_written_after_work"] for line in said["lines"]]
    named = [*(line["project"] for line in said["lines"]), *(each["project"] for each in items_told(said))]
    assert projects == set(named) - {None}
    assert totals == ({"EUR": f"{cents // 100}.{cents % 100:02d}"} if found else {})
    assert left == Counter({each["reason"]: len(each["items"]) for each in said["left_out"] if each["items"]})
    assert told == Counter({each["change"]: len(each["items"]) for each in said["changes"]})


def sum_of_times(items: list[dict[str, Any]]) -> int | None:
    """Return the time that some items of a document have; of growth what was added, None where no item has one."""
    times = [
        item["closed_at"] - item["opened_at"]
        if "closed_at" in item
        else item["lead_time_us"] - item.get("paid_before_us", 0)
        for item in items
        if "closed_at" in item or item.get("lead_time_us") is not None
    ]
    return sum(times) if times else None


def items_told(said: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a document tells of and leaves out."""
    return [item for part in ("changes", "left_out") for each in said[part] for item in each["items"]]


ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Africa/Monrovia", "Pacific/Apia")
"""Among them: clocks set back at 00:01, offsets of quarters of an hour and of seconds, and a day that was skipped."""
SPECIAL = (
    datetime(2006, 10, 29, 2, 31, tzinfo=UTC),
    datetime(1972, 1, 7, 0, 44, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),
    datetime(1985, 12, 31, 18, 30, tzinfo=UTC),
)
"""Instants near these, in UTC: the days at which something is odd in one of the zones."""


@given(st.sampled_from(ZONES), st.sampled_from(SPECIAL), st.lists(st.integers(-(10**10), 10**10), min_size=1))
def test_a_work_day_is_that_of_the_zone_at_every_instant(zone: str, near: datetime, shifts: list[int]) -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    instants = [(near - epoch) // timedelta(microseconds=1) + shift for shift in shifts]
    days = [(epoch + timedelta(microseconds=each)).astimezone(ZoneInfo(zone)).date() for each in instants]
    found = Span(0, 0, 0, zone).days_of(np.array(instants))
    assert [date.fromordinal(each) for each in found.tolist()] == days


LARGE = st.sampled_from([0, 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1])


@given(st.lists(st.lists(LARGE, min_size=1, max_size=9), min_size=1))
def test_sums_are_exact_beyond_what_a_column_holds(runs: list[list[int]]) -> None:
    starts = [sum(map(len, runs[:place])) for place in range(len(runs))]
    assert sums(np.array([each for run in runs for each in run]), np.array(starts)) == [sum(run) for run in runs]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=12))
def test_moments_cover_what_a_set_of_minutes_covers(stretches: list[tuple[int, int]]) -> None:
    moments, covered = Moments(), set[int]()
    for begins, length in stretches:
        minutes = set(range(begins, begins + length))
        assert moments.cover(begins, begins + length) == len(minutes - covered)
        covered |= minutes


# -- Random histories -------------------------------------------------------------------------------------------------

OPS = (
    "submit", "update", "reject", "resubmit", "accept", "delete", "owner", "project", "late", "close", "close",
    "approve", "approve", "withdraw", "hold", "release", "card",
)  # fmt: skip


@dataclass
class History:
    """What happened in an organization, beside what it pays."""

    house: House
    pay: Pay
    now: datetime = BEGINS
    standing: dict[int, Annotation] = field(default_factory=dict)
    accepted: dict[int, bool] = field(default_factory=dict)
    longest: dict[str, Fraction] = field(default_factory=dict)
    held: set[int] = field(default_factory=set)
    closed: dict[str, date] = field(default_factory=dict)
    proposed: list[int] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)
    reviews: Iterator[int] = field(default_factory=count)

    def write(self, number: int, **columns: Any) -> None:
        """Write an annotation as it stands from now on."""
        values = {"updated_at": self.now, **columns}
        self.standing[number] = replace(self.standing[number], **values)
        time = self.standing[number].lead_time
        if time is not None:
            known = self.longest.get(str(number), Fraction(0))
            self.longest[str(number)] = max(known, Fraction(time))
        self.house.store.write([self.standing[number]])

    def act(self, op: str, choice: int, seconds: int) -> None:
        """Do one thing, if there is anything to do it to."""
        self.now += timedelta(hours=7)
        number = sorted(self.standing)[choice % len(self.standing)] if self.standing else -1
        if op in ("submit", "late"):
            self._submit(timedelta(days=choice % 9 if op == "late" else 0), seconds, choice)
        elif op == "close":
            self._close(("ann", "bea")[choice % 2])
        elif op == "card":
            self._another_card(choice, seconds)
        elif op in ("approve", "withdraw") and self.proposed:
            self._decide(op, self.proposed.pop(choice % len(self.proposed)))
        elif number >= 0:
            self._change(op, number, seconds)

    def _another_card(self, choice: int, seconds: int) -> None:
        """End the card with a day, and write another one of its unit from that day's morrow or the one after."""
        *_, card = self.pay.cards(ANNA)
        last = self.now.date() - timedelta(days=choice % 4)
        try:
            self.pay.end_card(card.card_id, last, ANNA)
        except InvalidPay:
            return  # it has paid work of a later day, or it began later
        capped = {"clock": "capped", "cap_s": seconds} if card.unit.is_time else {}
        begins = last + timedelta(days=1 + choice % 2)
        self.pay.write_card(ANNA, unit=card.unit, amount=str(choice), currency="EUR", valid_from=begins, **capped)

    def _submit(self, ago: timedelta, seconds: int, choice: int) -> None:
        number, at = next(self.numbers), max(BEGINS, self.now - ago)
        self.standing[number] = Annotation(
            self.pay.organization_id, number, "p1", number, ("ann", "bea")[choice % 2], at,
            completed_at=at, updated_at=at, last_action="submitted",
        )  # fmt: skip
        self.write(number, lead_time=None if seconds % 11 == 0 else seconds)

    def _change(self, op: str, number: int, seconds: int) -> None:
        stands = self.standing[number]
        time = (stands.lead_time or 0) + seconds - 50
        if op in ("update", "resubmit") and (op == "update") != (stands.last_action == "rejected"):
            self.write(number, completed_at=self.now, last_action="updated", lead_time=max(0, time))
        elif op in ("accept", "reject") and not (op == "reject" and stands.last_action == "rejected"):
            word = "accepted" if op == "accept" else "rejected"
            self.write(number, last_action=word)
            self.accepted[number] = op == "accept"
            owner, project = stands.completed_by, stands.project_id
            review = (next(self.reviews), number, project, number, owner, "rev", word)
            self.house.store.write([Review(self.pay.organization_id, *review, created_at=self.now)])
        elif op == "delete":
            self.house.store.remove([Key(Annotation, (self.pay.organization_id, str(number)))])
            del self.standing[number]
        elif op == "owner":
            self.write(number, completed_by="bea" if stands.completed_by == "ann" else "ann")
        elif op == "project":
            self.write(number, project_id="p2" if stands.project_id == "p1" else "p1")
        elif op in ("hold", "release"):
            self.pay.hold("annotation", number, "why", ANNA, held=op == "hold")
            (self.held.add if op == "hold" else self.held.discard)(number)

    def _close(self, member: str) -> None:
        """Propose what a member is owed from behind their last period to yesterday."""
        first = self.closed.get(member, BEGINS.date())
        last = self.now.date() - timedelta(days=1)
        if last < first:
            return
        self.compare(first, last)
        try:
            made = self.pay.propose(member, first, last, self.pay.draft(member, first, last, ANNA).sha256, ANNA)
        except (Conflict, InvalidPay):
            return
        self.proposed.append(made.number)
        self.closed[member] = last + timedelta(days=1)

    def compare(self, first: date, last: date) -> None:
        """See that drafts are the same to the byte where nothing is known of what need not be read again."""
        found = list(self.pay.drafts(first, last, ANNA, ["ann", "bea"]))
        for each in found:
            see_that_document_agrees(each)
        quick = [each.body for each in found]
        with self.house.records.writing(self.pay.organization_id) as transaction:
            known = [dict(row._mapping) for row in transaction.rows(QUIET)]
            transaction.remove(QUIET)
        slow = [each.body for each in self.pay.drafts(first, last, ANNA, ["ann", "bea"])]
        with self.house.records.writing(self.pay.organization_id) as transaction:
            transaction.add(QUIET, known)
        assert quick == slow

    def _decide(self, op: str, number: int) -> None:
        if op == "approve":
            self.pay.approve(number, ANNA)
            self.pay.approve(number, ANNA)
        else:
            self.pay.withdraw(number, "why", ANNA)


STEPS = st.tuples(st.sampled_from(OPS), st.integers(0, 30), st.integers(1, 200))
UNITS = st.sampled_from([{"unit": "annotation"}, {"unit": "hour"}, {"unit": "accepted_annotation"}])


@settings(max_examples=EXAMPLES)
@given(
    UNITS, st.lists(st.tuples(st.sampled_from(OPS), st.integers(0, 30), st.integers(1, 200)), min_size=8, max_size=30)
)
def test_nothing_is_paid_twice_and_nothing_is_forgotten(
    house: House, card: dict[str, Any], ops: list[tuple[str, int, int]]
) -> None:
    history = History(house, house.organization(card))
    for op in ops:
        history.act(*op)
    pay, statements = history.pay, history.pay.statements(ANNA)
    standing = [each for each in statements if each.state != "withdrawn"]
    paid: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for each in standing:
        for line in each.document["lines"]:
            for item in line["items"]:
                paid[item["id"]].append((item["step"], item["quantity"]))
    for identity, steps in paid.items():
        assert sorted(step for step, _ in steps) == list(range(len(steps)))  # each step once, without a gap
        if card["unit"] == "hour":
            assert sum(quantity for _, quantity in steps) <= history.longest[identity] * 1_000_000
        else:
            assert steps == [(0, 1)]
    with house.records.reading(pay.organization_id) as transaction:
        rows = transaction.rows(SETTLED)
    assert {(row.item_id, row.step) for row in rows} == {(key, step) for key, told in paid.items() for step, _ in told}

    tomorrow = history.now.date() + timedelta(days=1)
    history.compare(BEGINS.date(), tomorrow)
    listed: dict[str, set[str]] = {}
    for draft in pay.drafts(BEGINS.date(), tomorrow, ANNA, ["ann", "bea"]):
        listed[draft.user_id] = {item.work.item_id for item in draft.items}
        assert listed[draft.user_id].isdisjoint(each.work.item_id for each in draft.left_out)  # one list, not both
        listed[draft.user_id] |= {each.work.item_id for each in draft.left_out}
    for number, fact in history.standing.items():
        if fact.last_action != "rejected" and str(number) not in paid:
            assert str(number) in listed[str(fact.completed_by)]
    assert pay.verify(ANNA)[0] == []
