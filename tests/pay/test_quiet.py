"""What need not be read again: settled work that stands; and what has to be, whatever was read before."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from perfwidget.errors import InvalidPay
from perfwidget.facts import Key
from perfwidget.pay import Pay
from tests.pay.payrolls import ANNA, DECEMBER, Payroll, again, left, lines, payroll, told, visit, work
from tests.worlds import ORGANIZATION, at, review

NOON = "2024-11-05 12:00"
FIRST = work(1, NOON, 100)
JANUARY = ("2025-01-01", "2025-01-31")


@pytest.fixture
def paid(tmp_path: Path) -> Iterator[Payroll]:
    """November is approved: annotation 1 was paid, and 2 was left out for it has no time."""
    with payroll(tmp_path) as opened:
        opened.card("hour", "36")
        opened.write(FIRST, work(2, NOON, None))
        opened.settle()
        yield opened


def test_settled_work_that_stands_is_not_read_and_what_is_left_out_is(paid: Payroll) -> None:
    draft = paid.draft(DECEMBER)
    assert [identity for _, identity in draft.read.keys] == ["2"]
    assert (lines(draft), left(draft), told(draft)) == ([], [("2", "no time")], [])


def test_drafts_without_documents_come_to_the_same_and_say_that_they_have_none(paid: Payroll) -> None:
    paid.card("review", "2")
    paid.write(work(3, "2024-12-05 12:00", 10), again(FIRST, "2024-12-05 12:00", 160))
    paid.write(review(1, "2024-12-06 12:00", "accepted"))
    whole, less = (
        {draft.user_id: draft for draft in paid.pay.drafts(*DECEMBER, ANNA, ["ann", "rev"], documents=documents)}
        for documents in (True, False)
    )
    for member, draft in less.items():
        assert (lines(draft), left(draft), draft.totals) == (
            lines(whole[member]),
            left(whole[member]),
            whole[member].totals,
        )
        with pytest.raises(InvalidPay, match="documents=True"):
            draft.sha256  # noqa: B018
    assert [draft.totals for draft in less.values()] == [{"EUR": "0.70"}, {"EUR": "2.00"}]


def test_what_was_left_out_is_paid_once_it_can_be_though_its_time_did_not_change(paid: Payroll) -> None:
    paid.card("annotation", "5", whom="member", whom_id="ann")
    assert lines(paid.draft(DECEMBER)) == [("p1", "late", "2", "5.00")]


def test_a_changed_fact_is_seen_without_a_change_of_its_day(paid: Payroll) -> None:
    paid.write(work(1, NOON, 160, updated_at=at("2024-12-05 12:00")))
    assert lines(paid.draft(DECEMBER)) == [("p1", "added", "1", "0.60")]


def test_what_arrives_late_beside_settled_work_is_seen(paid: Payroll) -> None:
    paid.write(work(3, NOON, 50))
    assert lines(paid.draft(DECEMBER)) == [("p1", "late", "3", "0.50")]


def test_what_is_gone_and_comes_back_as_it_was_is_told_both_times(paid: Payroll) -> None:
    paid.remove(Key(type(FIRST), (ORGANIZATION, "1")))
    assert told(paid.draft(DECEMBER)) == [("1", "gone")]
    paid.settle(DECEMBER)
    assert told(paid.draft(JANUARY)) == []
    paid.write(FIRST)
    assert told(paid.draft(JANUARY)) == [("1", "counts again")]


def test_what_went_to_another_is_told_and_comes_back(paid: Payroll) -> None:
    paid.write(again(FIRST, "2024-12-05 12:00", 100, completed_by="rev"))
    assert told(paid.draft(DECEMBER)) == [("1", "now another's")]
    paid.settle(DECEMBER)
    paid.write(again(FIRST, "2025-01-05 12:00", 130))
    assert lines(paid.draft(JANUARY)) == [("p1", "added", "1", "0.30")]


def test_what_a_withdrawn_statement_paid_is_read_again_though_a_later_one_stands(paid: Payroll) -> None:
    paid.write(work(3, "2024-12-05 12:00", 50), work(4, "2025-01-05 12:00", 20))
    december = paid.propose(DECEMBER).number
    paid.propose(JANUARY)
    paid.pay.withdraw(december, "why", ANNA)
    assert lines(paid.draft(DECEMBER)) == [("p1", "work", "3", "0.50")]


def test_what_arrives_after_the_end_of_the_last_statement_is_read(paid: Payroll) -> None:
    paid.write(work(3, "2024-12-01 00:00", 50), work(4, "2024-11-30 22:59", 20))
    assert lines(paid.draft(DECEMBER)) == [("p1", "work", "3", "0.50"), ("p1", "late", "4", "0.20")]


def test_what_was_told_to_be_updated_is_told_to_be_gone_though_its_first_month_is_quiet(paid: Payroll) -> None:
    paid.write(again(FIRST, "2024-12-05 12:00", 100))
    paid.settle(DECEMBER)
    paid.remove(Key(type(FIRST), (ORGANIZATION, "1")))
    assert told(paid.draft(JANUARY)) == [("1", "gone")]


def test_what_was_updated_after_a_period_is_told_to_be_rejected_though_its_month_is_quiet(paid: Payroll) -> None:
    later = again(FIRST, "2025-01-05 12:00", 100)
    paid.write(later, work(3, "2024-12-05 12:00", 50))
    paid.settle(DECEMBER)
    paid.write(replace(later, last_action="rejected", updated_at=at("2025-01-06 12:00")))
    assert told(paid.draft(JANUARY)) == [("1", "no longer counts")]


def test_what_was_told_and_moves_before_pay_began_is_updated_and_no_more(paid: Payroll) -> None:
    paid.write(again(FIRST, "2024-12-05 12:00", 100))
    paid.settle(DECEMBER)
    moved = again(FIRST, "2024-10-05 12:00", 100, updated_at=at("2025-01-06 12:00"))
    paid.write(moved)
    assert told(paid.draft(JANUARY)) == [("1", "updated")]


@pytest.fixture
def reviewed(tmp_path: Path) -> Iterator[Payroll]:
    """November is approved: rev's visit was paid, and the review beside it is no item where hours are paid."""
    with payroll(tmp_path, zone="UTC") as opened:
        opened.card("review_hour", "36", valid_until="2024-11-10")
        opened.card("review", "1", valid_from="2024-11-11")
        opened.card("review", "1", place="project", place_id="p2")
        opened.write(work(1, NOON), work(2, NOON), visit(1, "2024-11-06 12:00", "2024-11-06 12:01"))
        opened.write(review(1, "2024-11-10 23:30", "accepted"))
        assert lines(opened.draft(member="rev")) == [("p1", "work", "1", "0.60")]
        opened.settle(member="rev")
        yield opened


def test_a_review_that_was_no_item_is_paid_in_the_project_that_it_moves_to(reviewed: Payroll) -> None:
    reviewed.write(review(1, "2024-11-10 23:30", "accepted", project_id="p2"))
    assert lines(reviewed.draft(DECEMBER, "rev")) == [("p2", "late", "1", "1.00")]


def test_a_review_that_was_no_item_is_paid_on_the_day_that_another_zone_gives_it(reviewed: Payroll) -> None:
    moved = Pay(reviewed.store, reviewed.records, ORGANIZATION, timezone="Asia/Tokyo")
    moved.begin(None, ANNA)
    assert lines(moved.draft("rev", *DECEMBER, ANNA)) == [("p1", "late", "1", "1.00")]


def test_what_two_members_are_to_look_at_is_read_where_it_is_now(paid: Payroll) -> None:
    paid.write(again(FIRST, "2024-12-05 12:00", 160, completed_by="rev"))
    paid.pay.hold("annotation", 1, "why", ANNA)
    assert told(paid.draft(DECEMBER)) == [("1", "now another's")]
    assert left(paid.draft(DECEMBER, "rev")) == [("1", "held")]
    paid.settle(DECEMBER)
    paid.settle(DECEMBER, "rev")
    paid.pay.hold("annotation", 1, "why", ANNA, held=False)
    for members in (["ann", "rev"], ["rev", "ann"]):
        drafts = {draft.user_id: draft for draft in paid.pay.drafts(*JANUARY, ANNA, members)}
        assert lines(drafts["rev"]) == [("p1", "added", "1", "0.60")]
