"""Rate cards: what is refused, which one decides, and how they end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perfwidget.errors import Conflict, InvalidPay
from perfwidget.facts import Project, Workspace
from perfwidget.pay import Pay
from perfwidget.pay.currencies import DIGITS
from tests.pay.payrolls import ANNA, NOVEMBER, Payroll, left, lines, payroll, work
from tests.worlds import ORGANIZATION


@pytest.fixture
def paid(tmp_path: Path) -> Iterator[Payroll]:
    with payroll(tmp_path) as opened:
        yield opened


def test_minor_units_are_those_of_iso_and_not_of_shops() -> None:
    wanted = {
        "EUR": 2,
        "JPY": 0,
        "KWD": 3,
        "HUF": 2,
        "IDR": 2,
        "COP": 2,
        "IQD": 3,
        "ISK": 0,
        "UGX": 0,
        "CLF": 4,
        "MRU": 2,
    }
    assert {code: DIGITS[code] for code in wanted} == wanted
    assert not {"XAU", "XDR", "XTS", "DEM", "eur"} & DIGITS.keys()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"currency": "EURO"}, "currency"),
        ({"currency": "XAU"}, "currency"),
        ({"currency": None}, "currency"),
        ({"amount": "0.1234567"}, "decimal places"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1000000000.01"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "1e3"}, "amount"),
        ({"amount": 0.5}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": None}, "amount"),
        ({"unit": "day"}, "unit"),
        ({"valid_from": None}, "valid_from"),
        ({"valid_from": "2024-02-30"}, "valid_from"),
        ({"valid_until": "2023-12-31"}, "end before"),
        ({"whom": "role"}, "whom_id"),
        ({"whom": "role", "whom_id": "boss"}, "role"),
        ({"whom": "member", "whom_id": ""}, "whom_id"),
        ({"whom_id": "ann"}, "whom_id"),
        ({"place": "project"}, "place_id"),
        ({"place": "planet", "place_id": "p1"}, "place"),
        ({"clock": "sundial"}, "clock"),
        ({"clock": "capped"}, "cap_s"),
        ({"clock": "capped", "cap_s": 0}, "cap_s"),
        ({"clock": "capped", "cap_s": 1.5}, "cap_s"),
        ({"cap_s": 60}, "cap_s"),
        ({"unit": "annotation", "clock": "lead"}, "clock"),
        ({"unit": "review_hour", "clock": "median"}, "clock"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_card_that_is_none_is_refused_in_one_sentence_and_nothing_is_kept(
    paid: Payroll, wrong: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidPay, match=named) as refused:
        paid.card(**wrong)
    assert str(refused.value).endswith(".")
    assert list(paid.pay.cards(ANNA)) == []


@pytest.mark.parametrize("amount", ["0", "0.000001", "1000000000", 7])
def test_an_amount_may_be_from_nothing_to_a_billion_with_six_places(paid: Payroll, amount: object) -> None:
    assert str(paid.card(amount=amount).amount) == str(amount)


def test_two_cards_never_decide_the_same_work(paid: Payroll) -> None:
    paid.card(valid_from="2024-11-01", valid_until="2024-11-30")
    with pytest.raises(InvalidPay, match="Card 1"):
        paid.card("annotation", valid_from="2024-11-30")
    paid.card("annotation", valid_from="2024-12-01")  # the day after
    paid.card("review", valid_from="2024-11-01")  # another family
    paid.card(place="project", place_id="p1", valid_from="2024-11-01")  # another place
    paid.card(whom="member", whom_id="ann", valid_from="2024-11-01")  # another person
    assert [card.card_id for card in paid.pay.cards(ANNA)] == [1, 2, 3, 4, 5]


def test_the_most_specific_card_decides_whom_before_where(paid: Payroll) -> None:
    paid.write(Workspace(ORGANIZATION, "w1", "W"), Project(ORGANIZATION, "p1", "w1", title="One"))
    paid.write(work(1, "2024-11-05 12:00"))
    general_to_specific = [
        ("1", {}),
        ("2", {"place": "workspace", "place_id": "w1"}),
        ("3", {"place": "project", "place_id": "p1"}),
        ("4", {"whom": "role", "whom_id": "annotator"}),
        ("5", {"whom": "role", "whom_id": "annotator", "place": "workspace", "place_id": "w1"}),
        ("6", {"whom": "role", "whom_id": "annotator", "place": "project", "place_id": "p1"}),
        ("7", {"whom": "member", "whom_id": "ann"}),
        ("8", {"whom": "member", "whom_id": "ann", "place": "workspace", "place_id": "w1"}),
        ("9", {"whom": "member", "whom_id": "ann", "place": "project", "place_id": "p1"}),
    ]
    paid.card("annotation", "99", whom="member", whom_id="rev")
    paid.card("annotation", "98", whom="role", whom_id="reviewer")
    paid.card("annotation", "97", place="project", place_id="p2")
    for amount, more in general_to_specific:
        paid.card("annotation", amount, **more)
        assert paid.draft().totals == {"EUR": f"{amount}.00"}


def test_a_rate_change_in_mid_period_goes_by_the_work_day_of_the_pay_zone(paid: Payroll) -> None:
    paid.card("annotation", "1", valid_until="2024-11-14")
    paid.card("annotation", "2", valid_from="2024-11-15")
    paid.write(work(1, "2024-11-14 22:59:59"), work(2, "2024-11-14 23:00"))  # Berlin's midnight is at 23:00 UTC
    assert lines(paid.draft()) == [("p1", "work", "1", "1.00"), ("p1", "work", "2", "2.00")]


def test_a_card_ends_but_not_before_its_last_paid_work_day(paid: Payroll) -> None:
    card = paid.card("annotation", "1")
    paid.write(work(1, "2024-11-20 12:00"))
    proposed = paid.propose()
    with pytest.raises(InvalidPay, match="2024-11-20"):
        paid.pay.end_card(card.card_id, "2024-11-19", ANNA)
    with pytest.raises(InvalidPay, match="let it end"):
        paid.pay.void_card(card.card_id, ANNA)
    paid.pay.end_card(card.card_id, "2024-11-20", ANNA)
    with pytest.raises(InvalidPay, match="already"):
        paid.pay.end_card(card.card_id, "2024-11-21", ANNA)
    paid.pay.withdraw(proposed.number, "wrong", ANNA)
    paid.pay.void_card(card.card_id, ANNA)  # unused again
    assert list(paid.pay.cards(ANNA)) == []
    assert left(paid.draft()) == [("1", "no rate")]
    with pytest.raises(Conflict, match="Card 1 was voided by cli:anna"):
        paid.pay.end_card(card.card_id, "2024-11-30", ANNA)
    with pytest.raises(InvalidPay, match="no rate card 2"):
        paid.pay.end_card(2, "2024-11-30", ANNA)


def test_a_card_that_was_written_after_the_work_says_so(paid: Payroll) -> None:
    paid.write(work(1, "2024-11-20 12:00"))
    paid.now("2024-11-20 11:59:59")
    paid.card("annotation", "1", place="project", place_id="p1")
    assert [line.written_after_work for line in paid.draft().lines] == [False]
    paid.pay.void_card(1, ANNA)
    paid.now("2024-11-20 12:00:01")
    paid.card("annotation", "1")
    assert [line.written_after_work for line in paid.draft().lines] == [True]


def test_pay_without_a_zone_is_refused(paid: Payroll, tmp_path: Path) -> None:
    other = Pay(paid.store, paid.records, "umbrella")
    for act in (
        lambda: other.begin("2024-11-01", ANNA),
        lambda: other.draft("ann", *NOVEMBER, ANNA),
        lambda: other.write_card(ANNA, unit="hour", amount="1", currency="EUR", valid_from="2024-01-01"),
    ):
        with pytest.raises(InvalidPay, match="time zone"):
            act()
