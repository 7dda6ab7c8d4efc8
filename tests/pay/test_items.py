"""Which items a draft pays, how much they come to, and what it leaves out: each figure here is worked out by hand."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from perfwidget.errors import InvalidPay
from perfwidget.facts import Key, Member
from perfwidget.metrics import Rules
from perfwidget.pay import Pay
from perfwidget.records.canonical import canonical, sha256
from tests.pay.payrolls import (
    ANNA,
    DECEMBER,
    NOVEMBER,
    Payroll,
    again,
    left,
    lines,
    payroll,
    reopened,
    told,
    visit,
    work,
)
from tests.worlds import ORGANIZATION, at, review

NOON = "2024-11-05 12:00"


@pytest.fixture
def paid(tmp_path: Path) -> Iterator[Payroll]:
    with payroll(tmp_path) as opened:
        yield opened


# -- Units and clocks -------------------------------------------------------------------------------------------------


def test_hours_are_paid_to_the_microsecond_and_rounded_once_a_line(paid: Payroll) -> None:
    paid.card("hour", "11.00")
    paid.write(work(1, NOON, 1_000.000001), work(2, NOON, 0.5), work(3, NOON, 2_400))
    # 3,400.500001 s × 11 / 3,600 = 10.39041667 EUR
    assert lines(paid.draft()) == [("p1", "work", "1 2 3", "10.39")]
    assert paid.draft().lines[0].quantity == 3_400_500_001


@pytest.mark.parametrize(
    ("currency", "rate", "amount"),
    [
        ("EUR", "0.005", "0.01"),
        ("EUR", "0.0049", "0.00"),
        ("JPY", "0.5", "1"),
        ("KWD", "0.0005", "0.001"),
        ("HUF", "0.125", "0.13"),
    ],
)
def test_half_of_a_minor_unit_is_rounded_up(paid: Payroll, currency: str, rate: str, amount: str) -> None:
    paid.card("annotation", rate, currency=currency)
    paid.write(work(1, NOON))
    assert paid.draft().totals == {currency: amount}


def test_two_currencies_are_never_added_up_and_a_total_is_the_sum_of_rounded_lines(paid: Payroll) -> None:
    paid.card("annotation", "0.005")
    paid.card("annotation", "150", currency="JPY", place="project", place_id="p2")
    paid.card("review", "0.004")
    paid.write(work(1, NOON), work(2, NOON, project_id="p2"), work(3, NOON, completed_by="rev"))
    paid.write(review(1, "2024-11-06 12:00", "accepted", reviewer_id="ann", completed_by="rev", annotation_id=3))
    # 0.005 becomes 0.01 and 0.004 becomes 0.00; together they would have been 0.009.
    assert paid.draft().totals == {"EUR": "0.01", "JPY": "150"}


@pytest.mark.parametrize(("seconds", "counted"), [(59.999999, 59_999_999), (60, 60_000_000), (60.000001, 60_000_000)])
def test_a_capped_clock_counts_at_most_the_cap_of_each(paid: Payroll, seconds: float, counted: int) -> None:
    paid.card("hour", "36", clock="capped", cap_s=60)
    paid.write(work(1, NOON, seconds), work(2, NOON, 10))
    assert paid.draft().lines[0].quantity == counted + 10_000_000


def test_a_median_clock_goes_by_card_and_project_and_counts_items_without_a_time(paid: Payroll) -> None:
    paid.card("hour", "36", clock="median")
    paid.write(work(1, NOON, 10), work(2, NOON, 30), work(3, NOON, 1_000), work(4, NOON, None))
    paid.write(work(5, NOON, 7, project_id="p2"), work(6, NOON, 8, project_id="p2"))
    # p1: 4 × 30 s = 120 s at 0.01 EUR; p2: 2 × 7.5 s = 15 s.
    assert lines(paid.draft()) == [("p1", "work", "1 2 3 4", "1.20"), ("p2", "work", "5 6", "0.15")]


def test_a_median_is_that_of_work_and_late_items_together(paid: Payroll) -> None:
    paid.card("hour", "36", clock="median")
    paid.write(work(1, NOON, 10), work(2, "2024-12-05 12:00", 20), work(3, "2024-12-05 12:00", 60))
    # The median of 10, 20 and 60 s is 20 s: two items of December, one late.
    assert lines(paid.draft(DECEMBER)) == [("p1", "work", "2 3", "0.40"), ("p1", "late", "1", "0.20")]


def test_a_median_of_nothing_leaves_out(paid: Payroll) -> None:
    paid.card("hour", "36", clock="median")
    paid.write(work(1, NOON, None), work(2, NOON, -1))
    assert (lines(paid.draft()), left(paid.draft())) == ([], [("1", "no time"), ("2", "no time")])


def test_an_unusable_time_is_left_out_by_the_hour_and_paid_by_the_piece(paid: Payroll) -> None:
    paid.card("hour", "36")
    paid.card("annotation", "1", place="project", place_id="p2")
    paid.write(work(1, NOON, None), work(2, NOON, float("nan")), work(3, NOON, None, project_id="p2"), work(4, NOON, 0))
    assert left(paid.draft()) == [("1", "no time"), ("2", "no time")]
    assert lines(paid.draft()) == [("p1", "work", "4", "0.00"), ("p2", "work", "3", "1.00")]


def test_only_what_the_page_counts_is_an_item(paid: Payroll) -> None:
    paid.card("annotation", "1")
    paid.write(work(1, NOON), work(2, NOON, last_action="rejected"), work(3, NOON, was_cancelled=True))
    paid.write(
        work(4, NOON, last_action="imported"), work(5, NOON, completed_by=None), work(6, NOON, completed_by="rev")
    )
    assert (lines(paid.draft()), left(paid.draft())) == ([("p1", "work", "1", "1.00")], [])


def test_what_counts_follows_the_hosts_rules_once_they_are_confirmed(paid: Payroll) -> None:
    paid.card("annotation", "1")
    paid.write(work(1, NOON, last_action="rejected"))
    assert lines(paid.draft()) == []
    paid.pay = Pay(paid.store, paid.records, ORGANIZATION, timezone="Europe/Berlin", rules=Rules(count_rejected=True))
    with pytest.raises(InvalidPay, match="count_rejected"):
        paid.draft()
    paid.pay.begin(None, ANNA)
    assert lines(paid.draft()) == [("p1", "work", "1", "1.00")]


def test_a_card_of_nothing_pays_nothing_on_purpose_and_settles(paid: Payroll) -> None:
    paid.card("annotation", "0")
    paid.write(work(1, NOON))
    assert lines(paid.draft()) == [("p1", "work", "1", "0.00")]
    paid.settle()
    assert lines(paid.draft(DECEMBER)) == []


def test_no_card_is_listed(paid: Payroll) -> None:
    paid.write(work(1, NOON), visit(1, "2024-11-05 10:00", "2024-11-05 11:00", user_id="ann", annotation_id=9))
    assert left(paid.draft()) == [("1", "no rate"), ("1", "no rate")]
    assert paid.draft().is_empty


# -- Days -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2025-03-30", "2025-03-29 23:00", "2025-03-30 21:59:59.999999"),  # 23 hours
        ("2024-10-27", "2024-10-26 22:00", "2024-10-27 22:59:59.999999"),  # 25 hours
    ],
)
def test_a_day_is_that_of_the_pay_zone_however_long(tmp_path: Path, day: str, first: str, last: str) -> None:
    with payroll(tmp_path, begins="2024-10-01") as paid:
        paid.card("annotation", "1", valid_from=day, valid_until=day)
        hour = timedelta(hours=1)
        paid.write(work(1, (at(first) - hour).isoformat()), work(2, first), work(3, last))
        paid.write(work(4, (at(last) + timedelta(microseconds=1)).isoformat()))
        assert lines(paid.draft((day, day))) == [("p1", "work", "2 3", "2.00")]


def test_a_changed_zone_is_confirmed_first(paid: Payroll) -> None:
    paid.card("annotation", "1")
    paid.write(work(1, "2024-11-30 23:30"))
    assert lines(paid.draft()) == []
    paid.pay = Pay(paid.store, paid.records, ORGANIZATION, timezone="UTC")
    with pytest.raises(InvalidPay, match="Europe/Berlin"):
        paid.draft()
    paid.pay.begin(None, ANNA)
    assert lines(paid.draft()) == [("p1", "work", "1", "1.00")]


def test_pay_from_is_the_first_due_day_and_older_annotations_start_held(paid: Payroll) -> None:
    paid.card("annotation", "1")
    old = work(1, "2024-10-20 12:00")
    updated = work(2, NOON, created_at=at("2024-10-20 12:00"))
    paid.write(old, updated, work(3, NOON))
    assert (lines(paid.draft()), left(paid.draft())) == ([("p1", "work", "3", "1.00")], [("2", "held")])
    paid.pay.hold("annotation", 2, "not paid elsewhere", ANNA, held=False)
    assert (lines(paid.draft()), left(paid.draft())) == ([("p1", "work", "2 3", "2.00")], [])


def test_pay_from_is_fixed_while_statements_stand(paid: Payroll) -> None:
    paid.card("annotation", "1")
    paid.write(work(1, NOON))
    proposed = paid.propose()
    with pytest.raises(InvalidPay, match="statement 1"):
        paid.pay.begin("2024-10-01", ANNA)
    paid.pay.withdraw(proposed.number, "too early", ANNA)
    assert str(paid.pay.begin("2024-10-01", ANNA).pay_from) == "2024-10-01"
    with pytest.raises(InvalidPay, match="2024-10-01"):
        paid.draft(("2024-09-01", "2024-09-30"))


# -- Held and accepted ------------------------------------------------------------------------------------------------


def test_a_held_item_waits_until_it_is_released_and_is_late_then(paid: Payroll) -> None:
    paid.card("annotation", "1")
    paid.write(work(1, NOON), work(2, NOON))
    paid.pay.hold("annotation", 1, "is it a copy?", ANNA)
    assert left(paid.draft()) == [("1", "held")]
    paid.settle()
    assert left(paid.draft(DECEMBER)) == [("1", "held")]
    paid.pay.hold("annotation", 1, "it is none", ANNA, held=False)
    assert lines(paid.draft(DECEMBER)) == [("p1", "late", "1", "1.00")]


def test_accepted_annotations_are_due_when_they_are_accepted_and_paid_by_their_work_day(paid: Payroll) -> None:
    paid.card("accepted_annotation", "1", valid_until="2024-11-30")
    paid.card("accepted_annotation", "2", valid_from="2024-12-01")
    paid.write(work(1, NOON), work(2, NOON), work(3, NOON), work(4, NOON))
    paid.write(
        review(1, "2024-11-06 12:00", "accepted", annotation_id=1),
        review(2, "2024-12-03 12:00", "fixed_and_accepted", annotation_id=2),
        review(3, "2024-11-06 12:00", "rejected", annotation_id=3),
    )
    assert lines(paid.draft()) == [("p1", "work", "1", "1.00")]
    assert left(paid.draft()) == [("2", "not accepted"), ("3", "not accepted"), ("4", "not accepted")]
    paid.settle()
    assert lines(paid.draft(DECEMBER)) == [("p1", "work", "2", "1.00")]
    assert left(paid.draft(DECEMBER)) == [("3", "not accepted"), ("4", "not accepted")]


def test_the_latest_review_decides_and_the_first_acceptance_since_the_last_rejection_is_the_due_day(
    paid: Payroll,
) -> None:
    paid.card("accepted_annotation", "1")
    paid.write(work(1, NOON), work(2, NOON))
    paid.write(
        review(9, "2024-11-06 12:00", "accepted"),
        review(10, "2024-11-06 12:00", "rejected"),  # the higher number is the later one
        review(11, "2024-12-02 12:00", "accepted"),
        review(12, "2025-01-02 12:00", "accepted"),
        review(20, "2024-11-06 12:00", "accepted", annotation_id=2),
        review(21, "2024-11-07 12:00", "rejected", annotation_id=2),
    )
    assert lines(paid.draft()) == []
    assert lines(paid.draft(DECEMBER)) == [("p1", "work", "1", "1.00")]
    assert left(paid.draft(DECEMBER)) == [("2", "not accepted")]


def test_own_reviews_accept_nothing_and_are_not_paid(paid: Payroll) -> None:
    paid.card("accepted_annotation", "1")
    paid.card("review", "0.50")
    paid.write(work(1, NOON), work(2, NOON, completed_by="rev"))
    paid.write(
        review(1, "2024-11-06 12:00", "accepted", annotation_id=1, reviewer_id="ann"),
        review(2, "2024-11-07 12:00", "accepted", annotation_id=2, reviewer_id="ann", completed_by="rev"),
    )
    assert lines(paid.draft()) == [("p1", "work", "2", "0.50")]
    assert left(paid.draft()) == [("1", "not accepted"), ("1", "own")]
    paid.write(review(3, "2024-11-08 12:00", "accepted", annotation_id=1))
    paid.write(review(4, "2024-11-09 12:00", "rejected", annotation_id=1, reviewer_id="ann"))  # rejects nothing either
    assert lines(paid.draft())[0] == ("p1", "work", "1", "1.00")


# -- Reviewing --------------------------------------------------------------------------------------------------------


def test_the_card_decides_whether_reviews_or_visits_are_paid(paid: Payroll) -> None:
    paid.card("review", "0.25", valid_until="2024-11-14")
    paid.card("review_hour", "36", valid_from="2024-11-15")
    paid.write(
        work(1, NOON),
        review(1, "2024-11-10 12:00", "rejected"),
        review(2, "2024-11-20 12:00", "accepted"),
        visit(1, "2024-11-10 11:50", "2024-11-10 12:00"),
        visit(2, "2024-11-20 11:50", "2024-11-20 12:00"),
        visit(3, "2024-11-20 11:50", None),
        visit(4, "2024-11-21 11:50", "2024-11-21 11:40"),
    )
    paid.store.write([review(3, "2024-11-10 13:00", "looked")], unknown="keep")
    assert lines(paid.draft(member="rev")) == [("p1", "work", "1", "0.25"), ("p1", "work", "2", "6.00")]
    assert left(paid.draft(member="rev")) == [("3", "no time"), ("4", "no time")]


@pytest.mark.parametrize("first", ["review", "review_hour"])
def test_work_that_was_paid_by_reviews_is_not_paid_by_visits_nor_the_other_way_round(paid: Payroll, first: str) -> None:
    """The member has become a manager since, and the card of their new role pays reviewing in the other way."""
    second = {"review": "review_hour", "review_hour": "review"}[first]
    amounts = {"review": "0.25", "review_hour": "36"}
    paid.card(first, amounts[first], whom="role", whom_id="reviewer")
    paid.card(second, amounts[second], whom="role", whom_id="manager")
    paid.write(
        work(1, NOON), review(1, "2024-11-10 12:00", "accepted"), visit(1, "2024-11-10 11:50", "2024-11-10 12:00")
    )
    paid.settle(member="rev")
    assert paid.pay.statements(ANNA)[0].totals["EUR"].amount == {"review": "0.25", "review_hour": "6.00"}[first]
    paid.write(
        Member(ORGANIZATION, "rev", None, "Rev", role="manager"),
        # What comes to light of that day later is of the old way, and has no rate in the new one.
        review(2, "2024-11-10 12:30", "accepted"),
        visit(2, "2024-11-10 12:20", "2024-11-10 12:30"),
        # The same day in another project, and another day in the same one, were not paid yet.
        review(3, "2024-11-10 14:00", "accepted", project_id="p2"),
        visit(3, "2024-11-10 13:50", "2024-11-10 14:00", project_id="p2"),
        review(4, "2024-11-11 12:00", "accepted"),
        visit(4, "2024-11-11 11:50", "2024-11-11 12:00"),
    )
    now = paid.draft(DECEMBER, "rev")
    amount = {"review": "0.25", "review_hour": "6.00"}[second]
    assert lines(now) == [("p1", "late", "4", amount), ("p2", "late", "3", amount)]
    assert left(now) == [("2", "no rate")]
    assert paid.pay.verify(ANNA)[0] == []


def test_a_visit_to_ones_own_annotation_is_not_paid(paid: Payroll) -> None:
    paid.card("review_hour", "36")
    paid.write(work(1, NOON, completed_by="rev", last_action="rejected"))
    paid.write(
        visit(1, "2024-11-10 12:00", "2024-11-10 12:10"),
        visit(2, "2024-11-10 12:05", "2024-11-10 12:15", annotation_id=2),
    )
    assert left(paid.draft(member="rev")) == [("1", "own")]
    assert lines(paid.draft(member="rev")) == [("p1", "work", "2", "6.00")]  # ten minutes: nobody paid the other five


def test_a_moment_of_visits_is_paid_once_and_capped_afterwards(paid: Payroll) -> None:
    paid.card("review_hour", "36", clock="capped", cap_s=400)
    paid.write(
        visit(1, "2024-11-10 12:00", "2024-11-10 12:10"),  # 600 s, of which 400 count
        visit(2, "2024-11-10 12:05", "2024-11-10 12:15"),  # nothing is left
        visit(3, "2024-11-10 11:00", "2024-11-10 12:15"),  # 3,900 s are left, of which 400 count
        visit(4, "2024-11-10 12:01", "2024-11-10 12:15"),  # nothing is left
    )
    [line] = paid.draft(member="rev").lines
    assert [(each.work.item_id, each.quantity) for each in line.items] == [
        ("1", 400_000_000),
        ("3", 400_000_000),
        ("4", 0),
        ("2", 0),
    ]


def test_settled_visits_cover_their_moments(paid: Payroll) -> None:
    paid.card("review_hour", "36")
    paid.write(visit(1, "2024-11-30 22:40", "2024-11-30 22:50"))
    paid.settle(member="rev")
    paid.write(visit(2, "2024-11-30 22:45", "2024-12-01 00:00"), visit(3, "2024-11-30 22:42", "2024-11-30 22:44"))
    # Of 75 minutes 5 are paid already; the late visit of 2 minutes lies within what is paid.
    assert lines(paid.draft(DECEMBER, "rev")) == [("p1", "work", "2", "42.00"), ("p1", "late", "3", "0.00")]


def test_moments_are_paid_once_though_a_statement_with_some_of_them_is_withdrawn(paid: Payroll) -> None:
    paid.card("review_hour", "36")
    paid.write(
        visit(1, "2024-11-30 22:00", "2024-11-30 22:50"),
        visit(2, "2024-11-30 22:30", "2024-12-01 00:30"),
        visit(3, "2024-12-01 00:30", "2024-12-01 00:40"),
    )
    made = paid.propose(NOVEMBER, "rev")
    # Of visit 2 nobody knows yet whether 20 of its minutes are paid; visit 3 only touches it.
    assert left(paid.draft(DECEMBER, "rev")) == [("2", "waits for approval")]
    paid.settle(DECEMBER, "rev")
    paid.pay.withdraw(made.number, "wrong", ANNA)
    paid.settle(NOVEMBER, "rev")
    paid.settle(("2025-01-01", "2025-01-31"), "rev")
    amounts = [each.totals["EUR"].amount for each in paid.pay.statements(ANNA) if each.state == "approved"]
    assert amounts == ["6.00", "30.00", "60.00"]  # 160 minutes, from 22:00 to 00:40


# -- What happens after it was paid -----------------------------------------------------------------------------------


def test_an_update_after_payment_is_paid_by_what_was_added_alone(paid: Payroll) -> None:
    paid.card("hour", "36")
    first = work(1, NOON, 100)
    paid.write(first)
    assert paid.settle().totals["EUR"].amount == "1.00"
    paid.write(again(first, "2024-12-05 12:00", 160))
    [line] = paid.draft(DECEMBER).lines
    assert (str(line.due), line.amount, line.items[0].step, line.items[0].paid_before) == (
        "added",
        "0.60",
        1,
        100_000_000,
    )
    paid.settle(DECEMBER)
    paid.write(again(first, "2025-01-05 12:00", 170))
    assert lines(paid.draft(("2025-01-01", "2025-01-31"))) == [("p1", "added", "1", "0.10")]


def test_growth_under_a_cap_is_the_growth_of_what_the_clock_counts(paid: Payroll) -> None:
    paid.card("hour", "36", clock="capped", cap_s=120)
    first = work(1, NOON, 100)
    full = work(2, NOON, 500)
    paid.write(first, full)
    paid.settle()
    paid.write(again(first, "2024-12-05 12:00", 160), again(full, "2024-12-05 12:00", 900))
    assert lines(paid.draft(DECEMBER)) == [("p1", "added", "1", "0.20")]
    assert told(paid.draft(DECEMBER)) == [("2", "updated")]


def test_an_update_of_a_piece_is_told_once_at_nothing(paid: Payroll) -> None:
    paid.card("annotation", "1")
    first = work(1, NOON, 100)
    paid.write(first)
    paid.settle()
    paid.write(again(first, "2024-12-05 12:00", 160))
    assert (lines(paid.draft(DECEMBER)), told(paid.draft(DECEMBER))) == ([], [("1", "updated")])
    assert paid.settle(DECEMBER).totals == {}
    assert paid.draft(("2025-01-01", "2025-01-31")).is_empty


def test_the_card_of_the_work_day_now_decides_about_growth(paid: Payroll) -> None:
    paid.card("annotation", "1", valid_until="2024-11-30")
    paid.card("hour", "36", valid_from="2024-12-01")
    first, timeless = work(1, NOON, 100), work(2, NOON, None)
    paid.write(first, timeless)
    paid.settle()
    paid.write(again(first, "2024-12-05 12:00", 160), again(timeless, "2024-12-05 12:00", 500))
    # The first was settled with 100 s, whatever it was paid by; the second without a time, so never again.
    assert lines(paid.draft(DECEMBER)) == [("p1", "added", "1", "0.60")]
    assert told(paid.draft(DECEMBER)) == [("2", "updated")]


def test_growth_waits_while_a_statement_waits(paid: Payroll) -> None:
    paid.card("hour", "36")
    first = work(1, NOON, 100)
    paid.write(first)
    waiting = paid.propose()
    paid.write(again(first, "2024-12-05 12:00", 160))
    assert (lines(paid.draft(DECEMBER)), left(paid.draft(DECEMBER))) == ([], [("1", "waits for approval")])
    paid.pay.approve(waiting.number, ANNA)
    assert lines(paid.draft(DECEMBER)) == [("p1", "added", "1", "0.60")]


def test_growth_goes_to_the_owner_now_who_is_told(paid: Payroll) -> None:
    paid.card("hour", "36")
    first = work(1, NOON, 100)
    paid.write(first)
    paid.settle()
    paid.write(again(first, "2024-12-05 12:00", 160, completed_by="rev"))
    assert (lines(paid.draft(DECEMBER)), told(paid.draft(DECEMBER))) == ([], [("1", "now another's")])
    assert lines(paid.draft(DECEMBER, "rev")) == [("p1", "added", "1", "0.60")]
    assert told(paid.draft(DECEMBER, "rev")) == [("1", "paid to another before")]
    paid.settle(DECEMBER)
    paid.settle(DECEMBER, "rev")
    assert paid.draft(("2025-01-01", "2025-01-31")).is_empty
    assert paid.draft(("2025-01-01", "2025-01-31"), "rev").is_empty


def test_growth_follows_an_annotation_to_another_and_back(paid: Payroll) -> None:
    paid.card("hour", "36")
    first = work(1, NOON, 100)
    paid.write(first)
    paid.settle()
    paid.write(again(first, "2024-12-05 12:00", 160, completed_by="rev"))
    paid.settle(DECEMBER, "rev")
    paid.write(again(first, "2025-01-05 12:00", 170))
    [line] = paid.draft(("2025-01-01", "2025-01-31")).lines
    assert (line.amount, line.items[0].step, line.items[0].paid_before) == ("0.10", 2, 160_000_000)


def test_what_no_longer_counts_is_told_once_a_change_and_never_deducted(paid: Payroll) -> None:
    paid.card("annotation", "1")
    first = work(1, NOON, 100)
    paid.write(first, work(2, NOON, 100), work(3, NOON, 100))
    paid.settle()
    rejected = {"last_action": "rejected", "completed_at": first.completed_at}
    paid.write(again(first, "2024-12-01 12:00", 100, **rejected))
    paid.write(work(3, NOON, 40, updated_at=at("2024-12-01 12:00")))
    paid.remove(Key(type(first), (ORGANIZATION, "2")))
    draft = paid.draft(DECEMBER)
    assert told(draft) == [("1", "no longer counts"), ("2", "gone"), ("3", "time shrank")]
    assert (draft.totals, draft.is_empty) == ({}, False)
    paid.settle(DECEMBER)
    january = ("2025-01-01", "2025-01-31")
    assert paid.draft(january).is_empty
    paid.write(again(first, "2025-01-05 12:00", 100))
    assert (lines(paid.draft(january)), told(paid.draft(january))) == ([], [("1", "counts again")])


def test_a_change_is_told_only_of_approved_items(paid: Payroll) -> None:
    paid.card("annotation", "1")
    paid.write(work(1, NOON, 100))
    proposed = paid.propose()
    paid.remove(Key(type(work(1, NOON)), (ORGANIZATION, "1")))
    assert told(paid.draft(DECEMBER)) == []
    paid.pay.approve(proposed.number, ANNA)
    assert told(paid.draft(DECEMBER)) == [("1", "gone")]


def test_what_arrives_late_is_paid_in_a_later_statement(paid: Payroll) -> None:
    paid.card("hour", "36")
    paid.write(work(1, NOON, 100))
    paid.settle()
    paid.write(work(2, "2024-11-07 12:00", 50), work(3, "2024-12-07 12:00", 10))
    assert lines(paid.draft(DECEMBER)) == [("p1", "work", "3", "0.10"), ("p1", "late", "2", "0.50")]


def test_what_is_settled_stays_settled_in_another_project_under_another_card(paid: Payroll) -> None:
    paid.card("annotation", "1")
    first = work(1, NOON, 100)
    paid.write(first)
    paid.settle()
    paid.card("accepted_annotation", "9", place="project", place_id="p2")
    paid.write(
        again(first, "2024-12-05 12:00", 100, project_id="p2"),
        review(1, "2024-12-06 12:00", "accepted", project_id="p2"),
    )
    assert lines(paid.draft(DECEMBER)) == []


def test_a_deleted_member_is_still_paid(paid: Payroll) -> None:
    paid.card("annotation", "1")
    paid.write(work(1, NOON))
    paid.remove(Key(Member, (ORGANIZATION, "ann")))
    assert lines(paid.draft()) == [("p1", "work", "1", "1.00")]
    assert [each.user_id for each in paid.pay.drafts(*NOVEMBER, ANNA) if not each.is_empty] == ["ann"]


def test_organizations_know_nothing_of_each_other(paid: Payroll) -> None:
    paid.card("annotation", "1")
    paid.write(work(1, NOON), work(1, NOON, organization_id="umbrella"))
    paid.settle()
    other = Pay(paid.store, paid.records, "umbrella", timezone="Asia/Tokyo")
    other.begin("2024-11-01", ANNA)
    other.write_card(ANNA, unit="annotation", amount="200", currency="JPY", valid_from="2024-01-01")
    draft = other.draft("ann", *NOVEMBER, ANNA)
    assert draft.totals == {"JPY": "200"}
    assert other.propose("ann", *NOVEMBER, draft.sha256, ANNA).number == 1


def test_a_fact_that_a_store_tells_twice_is_paid_once(tmp_path: Path) -> None:
    with payroll(tmp_path) as opened:
        opened.card("hour", "36")
        opened.write(work(1, NOON, 100), work(2, NOON, 50))
    with duckdb.connect(str(tmp_path / "facts.duckdb")) as beside:
        beside.execute("INSERT INTO annotations SELECT * FROM annotations WHERE annotation_id = '1'")
    with reopened(tmp_path) as opened:
        assert lines(opened.draft()) == [("p1", "work", "1 2", "1.50")]
        assert [line.count for line in opened.draft().lines] == [2]


# -- The document -----------------------------------------------------------------------------------------------------


def test_the_document_is_canonical_names_nobody_and_shows_what_each_item_was_counted_by(paid: Payroll) -> None:
    paid.card("hour", "36", clock="capped", cap_s=60)
    paid.write(work(1, NOON, 100), work(2, NOON, None))
    draft = paid.draft()
    said = json.loads(draft.body)
    assert canonical(said) == draft.body
    assert sha256(draft.body) == draft.sha256
    assert "ann@" not in draft.body
    assert '"ann"' not in draft.body
    [item] = said["lines"][0]["items"]
    noon = 1_730_808_000_000_000
    assert item == {
        "kind": "annotation", "id": "1", "step": 0, "work_day": "2024-11-05", "quantity": 60_000_000,
        "task_id": "t1", "last_action": "submitted", "created_at": noon, "completed_at": noon,
        "lead_time_us": 100_000_000,
    }  # fmt: skip
    assert (said["period"], said["totals"]) == (
        {"first": "2024-11-01", "last": "2024-11-30", "timezone": "Europe/Berlin"},
        {"EUR": "0.60"},
    )
    assert [each["reason"] for each in said["left_out"] if each["items"]] == ["no time"]
    assert paid.draft().sha256 == draft.sha256


def test_a_review_decides_whoever_is_known_to_have_owned_the_annotation_or_taken_it(paid: Payroll) -> None:
    paid.card("accepted_annotation", "1")
    unknown = {"completed_by": None, "reviewer_id": None}
    paid.write(*(work(each, "2024-11-05 12:00") for each in (1, 2, 3)))
    paid.write(
        review(1, "2024-11-06 12:00", "accepted", annotation_id=1, completed_by=None),
        review(2, "2024-11-06 12:00", "accepted", annotation_id=2),
        review(3, "2024-11-07 12:00", "rejected", annotation_id=2, completed_by=None),
        review(4, "2024-11-06 12:00", "accepted", annotation_id=3),
        review(5, "2024-11-07 12:00", "rejected", annotation_id=3, **unknown),
    )
    draft = paid.draft()
    assert lines(draft) == [("p1", "work", "1", "1.00")]
    assert left(draft) == [("2", "not accepted"), ("3", "not accepted")]
