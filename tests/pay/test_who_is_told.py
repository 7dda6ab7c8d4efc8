"""Who is told what about pay: nothing of statements out of reach, no e-mails of others, no address of the records."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perfwidget.errors import Conflict, Forbidden, InvalidPay
from perfwidget.facts import Member, Membership, Project, Workspace
from perfwidget.pay import Pay
from perfwidget.question.access import Viewer
from perfwidget.records import audit
from tests.pay.payrolls import ZONE, Payroll, visit, work
from tests.pay.test_pages import PREFIX, browser, words
from tests.worlds import ORGANIZATION, OWNER, review

ANN = Viewer(ORGANIZATION, "ann", "annotator")


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
    assert (pay.hold("annotation", 1, "A copy?", manager), pay.hold("annotation", 1, "A copy?", OWNER)) == ([0], [1])
    paid.write(
        Member(ORGANIZATION, "max", None, "Max", role="manager"), Membership(ORGANIZATION, "max", project_id="p1")
    )
    held = browser(paid, "max:manager", pay_roles=roles).post(
        f"{PREFIX}/pay/hold", data={"act": "hold", "item": "annotation:1", "text": "A copy?"}
    )
    assert "A statement pays it already; only what is added later is set aside." in words(held)


# -- Cards ------------------------------------------------------------------------------------------------------------


def rates(pay: Pay, viewer: Viewer, *, own: bool = False) -> list[int]:
    return [int(card.amount) for card in pay.cards(viewer, own=own)]


def test_members_see_cards_of_projects_in_which_they_are_or_were_and_of_no_other(paid: Payroll) -> None:
    """That others exist, and what they pay, is not theirs to know."""
    paid.write(
        Workspace(ORGANIZATION, "w3", "Third"),
        Project(ORGANIZATION, "p3", "w3", title="Three"),
        Project(ORGANIZATION, "p4", "w4", title="Secret"),
    )
    for number, (place, place_id) in enumerate(
        (
            ("project", "p1"),
            ("project", "p2"),
            ("project", "p3"),
            ("project", "p4"),
            ("workspace", "w3"),
            ("workspace", "w4"),
        )
    ):
        paid.card("annotation", str(11 + number), place=place, place_id=place_id)
    paid.card("annotation", "20", whom="role", whom_id="annotator", place="project", place_id="p4")
    rev = Viewer(ORGANIZATION, "rev", "reviewer")
    assert rates(paid.pay, ANN) == [2, 11, 12]  # a member of both
    assert rates(paid.pay, rev) == [2]
    paid.write(review(1, "2024-11-05 12:00", "accepted", project_id="p3"))
    assert rates(paid.pay, rev) == [2, 13, 15]
    paid.write(visit(1, "2024-11-06 11:00", "2024-11-06 11:10", project_id="p1"))
    assert rates(paid.pay, rev) == [2, 11, 13, 15]
    # What was paid stays theirs to see when the facts have become another's, and the membership is gone.
    paid.settle()
    paid.store.set_memberships(ORGANIZATION, "ann", [])
    paid.write(work(1, "2024-11-04 10:00", completed_by="rev"))
    assert rates(paid.pay, ANN) == [2, 11]
    assert rates(paid.pay, Viewer(ORGANIZATION, "ann", "annotator", projects=["p4"])) == [2, 11, 14, 16, 20]


def test_who_pays_others_sees_all_cards_and_on_my_pay_their_own(paid: Payroll) -> None:
    paid.card("annotation", "11", whom="member", whom_id="ann")
    paid.card("annotation", "12", place="project", place_id="p2")
    assert rates(paid.pay, OWNER) == [2, 11, 12]
    assert rates(paid.pay, OWNER, own=True) == [2, 12]


def test_members_read_of_no_project_in_cards_that_is_not_theirs(paid: Payroll) -> None:
    paid.write(Project(ORGANIZATION, "p4", None, title="Secret"), Membership(ORGANIZATION, "max", project_id="p1"))
    paid.card("annotation", "12", place="project", place_id="p4")
    assert "Secret" not in words(browser(paid, "ann:annotator").get(f"{PREFIX}/my-pay"))
    manager = browser(paid, "max:manager", pay_roles=["owner", "manager"])
    for page in ("my-pay", "pay/cards"):
        assert "Secret" not in manager.get(f"{PREFIX}/{page}").text
    assert "Secret" in words(browser(paid).get(f"{PREFIX}/pay/cards"))


# -- What is not there, and what is not yours -------------------------------------------------------------------------


def test_a_manager_reads_the_same_of_what_is_not_there_and_of_what_is_not_theirs(paid: Payroll) -> None:
    """Else numbers could be tried, to learn what there is in other projects."""
    paid.write(work(2, "2024-11-04 10:00", project_id="p2"))
    paid.card("annotation", "3", place="project", place_id="p2")
    paid.propose()
    paid.pay.contest(1, "Why?", ANN, line=1)
    pay = Pay(paid.store, paid.records, ORGANIZATION, timezone=ZONE, pay_roles=("owner", "manager"))
    manager = Viewer(ORGANIZATION, "max", "manager", projects=["p1"])
    acts: list[tuple[Callable[[Any, Viewer], object], Any, Any]] = [
        (pay.approve, 1, 9),
        (lambda number, by: pay.withdraw(number, "x", by), 1, 9),
        (lambda number, by: pay.paid(number, "EUR", "2024-12-01", "x", by), 1, 9),
        (lambda number, by: pay.answer(number, "explained", "x", by), 1, 9),
        (lambda item, by: pay.hold("annotation", item, "x", by), 2, 9),
        (lambda card, by: pay.end_card(card, "2024-12-31", by), 2, 9),
        (pay.void_card, 2, 9),
    ]
    for act, there, nowhere in acts:
        told = []
        for number in (there, nowhere):
            with pytest.raises(Forbidden) as refused:
                act(number, manager)
            told.append(str(refused.value))
        assert told[0] == told[1]
        with pytest.raises(InvalidPay, match=f"There is no .*{nowhere}"):
            act(nowhere, OWNER)
    # rev is in no project of max's, and "17" is nobody's id.
    looks: list[Callable[[str], object]] = [
        lambda member: pay.draft(member, "2024-11-01", "2024-11-30", manager),
        lambda member: pay.propose(member, "2024-12-01", "2024-12-31", "0" * 64, manager),
        lambda member: pay.adjust(member, "1", "EUR", "x", manager),
    ]
    for look in looks:
        for member in ("rev", "17"):
            with pytest.raises(Forbidden, match="not yours"):
                look(member)
    assert list(pay.drafts("2024-11-01", "2024-11-30", manager, ["rev", "17"])) == []
    named = browser(paid, "max:manager", pay_roles=["owner", "manager"])
    for form in ({"act": "void"}, {"act": "end", "last": "2024-12-31"}):
        answers = [named.post(f"{PREFIX}/pay/cards/{number}", data=form) for number in (2, 9)]
        assert [each.status_code for each in answers] == [403, 403]
        assert words(answers[0]) == words(answers[1])


# -- Questions that write nothing -------------------------------------------------------------------------------------


def test_asking_for_drafts_of_members_whom_nobody_knows_writes_nothing(paid: Payroll) -> None:
    paid.draft()
    with paid.records.reading(ORGANIZATION) as transaction:
        before = transaction.user_ids()
    with pytest.raises(InvalidPay, match="no member nobody"):
        list(paid.pay.drafts("2024-11-01", "2024-11-30", OWNER, ["ann", "nobody", "rev"]))
    with pytest.raises(InvalidPay, match="no member nobody"):
        paid.pay.propose("nobody", "2024-11-01", "2024-11-30", "0" * 64, OWNER)
    form = {"act": "propose", "row": ["draft:n1", "draft:n2"], "from": "2024-11-01", "to": "2024-11-30"}
    assert browser(paid).post(f"{PREFIX}/pay/check", data=form).status_code == 400
    with paid.records.reading(ORGANIZATION) as transaction:
        assert transaction.user_ids() == before


def test_members_read_the_hash_of_the_log_and_not_how_many_acts_there_are(paid: Payroll) -> None:
    """The hash alone proves as much: `--head` takes it."""
    paid.propose()
    with paid.records.reading(ORGANIZATION) as transaction:
        head = audit.head(transaction)
    for page in ("pay/statements/1", "pay/draft?from=2024-12-01&to=2024-12-31"):
        told = words(browser(paid, "ann:annotator").get(f"{PREFIX}/{page}"))
        assert head.hash in told
        assert f"{head.number}:{head.hash}" not in told
    assert str(head) in words(browser(paid).get(f"{PREFIX}/pay/statements/1"))
    assert paid.pay.verify(OWNER, [audit.Head.parse(head.hash)]) == ([], [])


# -- Names ------------------------------------------------------------------------------------------------------------


def test_who_acted_before_goes_by_name_and_to_members_by_no_email_and_no_id(paid: Payroll) -> None:
    paid.write(
        Member(ORGANIZATION, "17", "payer@x.example", None, role="owner"),
        Member(ORGANIZATION, "adm@x.example", None, "Ada", role="admin"),
    )
    paid.propose()
    paid.pay.withdraw(1, "Too early.", Viewer(ORGANIZATION, "17", "owner"))
    with pytest.raises(Conflict, match=r"was withdrawn by a payer on 2025-02-01 00:00:00 UTC\. There is nothing"):
        paid.pay.acknowledge(1, ANN)
    with pytest.raises(Conflict, match=r"was withdrawn by payer@x\.example on"):
        paid.pay.approve(1, OWNER)
    paid.propose()
    paid.pay.withdraw(2, "Too early.", Viewer(ORGANIZATION, "adm@x.example", "admin"))
    with pytest.raises(Conflict, match="was withdrawn by Ada on"):
        paid.pay.contest(2, "Why?", ANN, line=1)


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
