"""Who is told what about pay: nothing of statements out of reach, no e-mails of others, no address of the records."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from perfwidget.errors import Conflict, Forbidden
from perfwidget.facts import Member
from perfwidget.pay import Pay
from perfwidget.question.access import Viewer
from tests.pay.payrolls import ZONE, Payroll, payroll, work
from tests.pay.test_pages import PREFIX, browser, words
from tests.worlds import ORGANIZATION, OWNER

ANN = Viewer(ORGANIZATION, "ann", "annotator")


@pytest.fixture
def paid(tmp_path: Path) -> Iterator[Payroll]:
    with payroll(tmp_path) as made:
        made.card("annotation", "2")
        made.write(work(1, "2024-11-04 10:00"))
        yield made


def test_a_manager_learns_of_no_statement_out_of_reach(paid: Payroll) -> None:
    """Neither its number nor who did what with it, whatever days are proposed."""
    paid.write(work(2, "2024-11-04 10:00", project_id="p2"))
    paid.settle()
    roles = ("owner", "manager")
    pay = Pay(paid.store, paid.records, ORGANIZATION, timezone=ZONE, pay_roles=roles)
    manager = Viewer(ORGANIZATION, "max", "manager", projects=["p1"])
    with pytest.raises(Forbidden, match="not yours"):
        pay.propose("ann", "2024-11-10", "2024-11-20", "0" * 64, manager)
    with pytest.raises(Conflict, match="Statement 1"):
        pay.propose("ann", "2024-11-10", "2024-11-20", "0" * 64, OWNER)


def test_members_read_no_email_of_who_answered(paid: Payroll) -> None:
    paid.write(Member(ORGANIZATION, "17", "payer@x.example", None, role="owner"))
    paid.propose()
    paid.pay.contest(1, "Why?", ANN, line=1)
    paid.pay.answer(1, "explained", "So.", Viewer(ORGANIZATION, "17", "owner"))
    for page in ("my-pay", "pay/statements/1"):
        told = words(browser(paid, "ann:annotator").get(f"{PREFIX}/{page}"))
        assert "answered by a payer" in told
        assert "payer@x.example" not in told
    assert "answered by payer@x.example" in words(browser(paid).get(f"{PREFIX}/pay/questions"))


def test_members_are_not_told_where_records_lie(paid: Payroll, tmp_path: Path) -> None:
    away = f"sqlite:///{tmp_path}/nowhere/records.db"
    told = browser(paid, "ann:annotator", records=away).get(f"{PREFIX}/my-pay")
    assert (told.status_code, "nowhere" in told.text, "cannot be read now" in told.text) == (503, False, True)
    assert "nowhere" in browser(paid, records=away).get(f"{PREFIX}/pay").text
