"""Clauses of the rules of pay that stand between others: which reason comes first, and where growth ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from perfwidget.errors import Forbidden
from perfwidget.facts import Member, Membership
from perfwidget.pay import Pay
from perfwidget.question.access import Viewer
from tests.pay.payrolls import ANNA, DECEMBER, ZONE, Payroll, again, left, lines, payroll, told, work
from tests.worlds import ORGANIZATION, at, review

NOON = "2024-11-05 12:00"
MAX = Viewer(ORGANIZATION, "max", "manager")
OWNER = Viewer(ORGANIZATION, "boss", "owner")


@pytest.fixture
def paid(tmp_path: Path) -> Iterator[Payroll]:
    with payroll(tmp_path) as opened:
        yield opened


# -- The first reason that applies ------------------------------------------------------------------------------------


def test_own_comes_before_no_rate(paid: Payroll) -> None:
    paid.write(work(1, NOON), review(5, "2024-11-06 12:00", "accepted", annotation_id=1, reviewer_id="ann"))
    assert left(paid.draft()) == [("1", "no rate"), ("5", "own")]


def test_no_rate_comes_before_held(paid: Payroll) -> None:
    paid.write(work(1, NOON))
    paid.pay.hold("annotation", 1, "is it a copy?", ANNA)
    assert left(paid.draft()) == [("1", "no rate")]


def test_not_accepted_comes_before_held(paid: Payroll) -> None:
    paid.card("accepted_annotation", "1")
    paid.write(work(1, NOON))
    paid.pay.hold("annotation", 1, "is it a copy?", ANNA)
    assert left(paid.draft()) == [("1", "not accepted")]
    paid.write(review(5, "2024-11-06 12:00", "accepted", annotation_id=1))
    assert left(paid.draft()) == [("1", "held")]


def test_held_comes_before_no_time(paid: Payroll) -> None:
    paid.card("hour", "36")
    paid.write(work(1, NOON, None))
    paid.pay.hold("annotation", 1, "is it a copy?", ANNA)
    assert left(paid.draft()) == [("1", "held")]


def test_held_growth_comes_before_growth_that_waits_and_is_paid_once_it_is_released(paid: Payroll) -> None:
    paid.card("hour", "36")
    first = work(1, NOON, 100)
    paid.write(first)
    proposed = paid.propose()
    paid.write(again(first, "2024-12-05 12:00", 160))
    paid.pay.hold("annotation", 1, "an open tab?", ANNA)
    assert (lines(paid.draft(DECEMBER)), left(paid.draft(DECEMBER))) == ([], [("1", "held")])
    paid.pay.approve(proposed.number, ANNA)
    assert (lines(paid.draft(DECEMBER)), left(paid.draft(DECEMBER))) == ([], [("1", "held")])
    paid.pay.hold("annotation", 1, "it was work", ANNA, held=False)
    assert lines(paid.draft(DECEMBER)) == [("p1", "added", "1", "0.60")]


# -- Where growth ends ------------------------------------------------------------------------------------------------


def test_nothing_grows_under_a_median(paid: Payroll) -> None:
    paid.card("hour", "36", valid_until="2024-11-30")
    paid.card("hour", "36", valid_from="2024-12-01", clock="median")
    first = work(1, NOON, 100)
    paid.write(first)
    paid.settle()
    paid.write(again(first, "2024-12-05 12:00", 160))
    assert (lines(paid.draft(DECEMBER)), told(paid.draft(DECEMBER))) == ([], [("1", "updated")])


def test_nothing_grows_on_a_day_before_pay_began(paid: Payroll) -> None:
    paid.card("hour", "36")
    first = work(1, NOON, 100)
    paid.write(first)
    paid.settle()
    moved = again(first, "2024-10-20 12:00", 160, updated_at=at("2024-12-05 12:00"))
    paid.write(moved)
    draft = paid.draft(DECEMBER)
    assert (lines(draft), left(draft), told(draft)) == ([], [], [("1", "updated")])


# -- What is told -----------------------------------------------------------------------------------------------------


def test_a_new_owner_is_told_that_another_was_paid_once_that_is_approved(paid: Payroll) -> None:
    paid.card("annotation", "1")
    first = work(1, NOON)
    paid.write(first)
    proposed = paid.propose()
    paid.write(again(first, "2024-12-05 12:00", 100, completed_by="rev"))
    assert told(paid.draft(DECEMBER, "rev")) == []
    paid.pay.approve(proposed.number, ANNA)
    assert told(paid.draft(DECEMBER, "rev")) == [("1", "paid to another before")]


def test_what_changed_after_a_period_is_told_in_the_period_of_the_change(paid: Payroll) -> None:
    paid.card("annotation", "1")
    first = work(1, NOON)
    paid.write(first)
    paid.settle(("2024-11-01", "2024-11-15"))
    paid.write(again(first, "2024-12-05 12:00", 100))
    assert told(paid.draft(("2024-11-16", "2024-11-30"))) == []
    assert told(paid.draft(DECEMBER)) == [("1", "updated")]


def test_a_card_is_written_after_work_that_ended_before_and_not_after_work_that_began_before(paid: Payroll) -> None:
    paid.now("2024-11-05 12:00")
    paid.card("annotation", "1")
    paid.now("2024-12-01 12:00")
    paid.write(work(1, "2024-11-06 12:00", created_at=at("2024-11-04 12:00")))
    assert [line.written_after_work for line in paid.draft().lines] == [False]
    paid.write(work(2, "2024-11-04 12:00"))
    assert [line.written_after_work for line in paid.draft().lines] == [True]


# -- Who may ----------------------------------------------------------------------------------------------------------


def test_a_named_manager_sets_aside_work_of_their_projects_only(paid: Payroll) -> None:
    paid.pay = Pay(paid.store, paid.records, ORGANIZATION, timezone=ZONE, pay_roles=("owner", "manager"))
    paid.write(
        Member(ORGANIZATION, "max", None, "Max", role="manager"),
        Membership(ORGANIZATION, "max", project_id="p1"),
        work(1, NOON),
        work(2, NOON, project_id="p2"),
    )
    paid.pay.hold("annotation", 1, "is it a copy?", MAX)
    for held in (True, False):
        with pytest.raises(Forbidden, match="not yours"):
            paid.pay.hold("annotation", 2, "is it a copy?", MAX, held=held)


def test_nobody_ends_or_voids_a_card_of_their_own_nor_marks_their_own_statement(paid: Payroll) -> None:
    paid.write(Member(ORGANIZATION, "ada", None, "Ada", role="admin"), work(1, NOON, completed_by="boss"))
    card = paid.card("annotation", "1", whom="member", whom_id="boss")
    paid.settle(member="boss")
    for act in (
        lambda: paid.pay.end_card(card.card_id, "2025-01-31", OWNER),
        lambda: paid.pay.void_card(card.card_id, OWNER),
        lambda: paid.pay.paid(1, "EUR", "2024-12-05", "SEPA 1", OWNER),
    ):
        with pytest.raises(Forbidden, match="own pay"):
            act()
    assert paid.pay.statements(ANNA)[0].totals["EUR"].paid_on is None
