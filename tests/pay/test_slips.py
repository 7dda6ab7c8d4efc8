"""Slips of payers on the pages of pay: a double click, a second tab, a field that was left out, more than one form takes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pay.payrolls import ANNA, Payroll, payroll, work
from tests.pay.test_pages import CARD, PREFIX, browser, words


@pytest.fixture
def paid(tmp_path: Path) -> Iterator[Payroll]:
    with payroll(tmp_path) as made:
        made.card("annotation", "2")
        made.write(work(1, "2024-11-04 10:00"))
        yield made


# -- Left out ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"member": "ann@acme.example"}, "choose “One member:”"),
        ({"whom": "role:reviewer", "member": "ann"}, "choose “One member:”"),
        ({"clock": "lead", "cap_minutes": "20"}, "choose “at most so long each”"),
        ({"unit": "annotation", "cap_minutes": "20"}, "choose “at most so long each”"),
        ({"unit": "annotation", "clock": "median"}, "Only hours have a clock"),
    ],
)
def test_nothing_that_was_typed_for_a_card_is_passed_over(paid: Payroll, typed: dict[str, str], sentence: str) -> None:
    """Else a card for one member would pay everybody, and one with a longest time all the time."""
    before = paid.pay.cards(ANNA)
    answer = browser(paid).post(f"{PREFIX}/pay/cards", data={**CARD, "where": "project:p2", **typed})
    assert (answer.status_code, sentence in words(answer)) == (400, True), words(answer)
    assert paid.pay.cards(ANNA) == before
