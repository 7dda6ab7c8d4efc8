"""Questions about statements: who asks, who answers, what is refused meanwhile, and what is left of a question."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from perfwidget.errors import Conflict, Forbidden, InvalidPay, InvalidSetting
from perfwidget.facts import Member
from perfwidget.pay import Contest, Pay, answered, contested
from perfwidget.question.access import Viewer
from perfwidget.records import audit
from perfwidget.records.tables import METADATA
from tests.pay.payrolls import ANNA, DECEMBER, Payroll, payroll, visit, work
from tests.worlds import ORGANIZATION

NOON = "2024-11-05 12:00"
ANN = Viewer(ORGANIZATION, "ann", "annotator")
REV = Viewer(ORGANIZATION, "rev", "reviewer")
OWNER = Viewer(ORGANIZATION, "boss", "owner")
MANAGER = Viewer(ORGANIZATION, "max", "manager", projects=["p1"])


@pytest.fixture(params=["sqlite", "postgresql"])
def paid(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Payroll]:
    """Ann's statement 1 has one line of items 1 and 2, and leaves item 3 out; it waits for approval."""
    url = None if request.param == "sqlite" else request.getfixturevalue("postgresql").new_store()
    with payroll(tmp_path, records_url=url) as opened:
        opened.card("hour", "36")
        opened.write(work(1, NOON, 100), work(2, NOON, 50), work(3, NOON, None), work(9, "2024-12-05 12:00", 10))
        opened.propose()
        yield opened


def log(paid: Payroll) -> list[str]:
    with paid.records.reading(ORGANIZATION) as transaction:
        assert list(audit.faults(transaction)) == []
        return [row.verb for row in audit.rows(transaction)]


def words(paid: Payroll, number: int = 1) -> tuple[str, ...]:
    [found] = [each for each in paid.pay.statements(ANNA) if each.number == number]
    return tuple(found.words)


def test_a_member_questions_a_line_and_gets_an_answer(paid: Payroll) -> None:
    asked = paid.pay.contest(1, "  the second one took longer ", ANN, line=1)
    assert (asked.number, asked.statement, asked.user_id, asked.line, asked.item) == (1, 1, "ann", 1, None)
    assert (asked.text, asked.is_open, asked.answer) == ("the second one took longer", True, None)
    # It is midnight of 1 February in UTC and 1 o'clock in Berlin; fourteen days later is the 15th.
    assert asked.due == date(2025, 2, 15)
    assert words(paid) == ("proposed", "contested")
    paid.now("2025-02-03 10:00")
    told = paid.pay.answer(1, "explained", "the clock stops after 20 minutes", OWNER)
    assert (told.word, told.answer, told.answered_by) == ("explained", "the clock stops after 20 minutes", "boss")
    assert told.answered_at == 1_738_576_800_000_000
    assert paid.pay.contests(ANN) == [told]
    assert words(paid) == ("proposed",)
    assert log(paid)[-2:] == ["contested", "answered"]
    assert paid.pay.verify(ANNA) == ([], [])


@pytest.mark.parametrize("what", [{"kind": "annotation", "item_id": 2}, {"kind": "annotation", "item_id": "3"}])
def test_an_item_may_be_questioned_whether_it_is_paid_or_left_out(paid: Payroll, what: dict[str, Any]) -> None:
    asked = paid.pay.contest(1, "why?", ANN, **what)
    assert (asked.line, asked.item) == (None, ("annotation", str(what["item_id"])))


def test_a_change_that_is_told_may_be_questioned(paid: Payroll) -> None:
    paid.pay.approve(1, ANNA)
    paid.remove(work(1, NOON))
    assert paid.propose(DECEMBER).number == 2
    assert paid.pay.contest(2, "I made it", ANN, kind="annotation", item_id=1).statement == 2


@pytest.mark.parametrize(
    "what",
    [
        {},
        {"line": 0},
        {"line": 2},
        {"line": True},
        {"line": "1"},
        {"line": 1, "kind": "annotation", "item_id": 1},
        {"kind": "annotation"},
        {"item_id": 1},
        {"kind": "annotation", "item_id": 9},
        {"kind": "visit", "item_id": 1},
        {"kind": "card", "item_id": 1},
        {"kind": "annotation", "item_id": ""},
    ],
)
def test_what_is_not_in_the_statement_cannot_be_questioned(paid: Payroll, what: dict[str, Any]) -> None:
    before = log(paid)
    with pytest.raises(InvalidPay):
        paid.pay.contest(1, "why?", ANN, **what)
    assert log(paid) == before


@pytest.mark.parametrize("wrong", ["", " \n", "x" * 10_001])
def test_questions_and_answers_have_a_text(paid: Payroll, wrong: str) -> None:
    with pytest.raises(InvalidPay, match="1 to 10,000"):
        paid.pay.contest(1, wrong, ANN, line=1)
    paid.pay.contest(1, "why?", ANN, line=1)
    with pytest.raises(InvalidPay, match="1 to 10,000"):
        paid.pay.answer(1, "refused", wrong, OWNER)
    with pytest.raises(InvalidPay, match="corrected, explained, refused"):
        paid.pay.answer(1, "ignored", "no", OWNER)
    assert paid.pay.contests(ANN)[0].is_open


def test_only_the_member_questions_and_acknowledges(paid: Payroll) -> None:
    before = log(paid)
    for who in (REV, OWNER, MANAGER, Viewer("umbrella", "ann", "annotator"), Viewer(ORGANIZATION, "ann", "god")):
        with pytest.raises(Forbidden):
            paid.pay.contest(1, "mine?", who, line=1)
        with pytest.raises(Forbidden):
            paid.pay.acknowledge(1, who)
    for number in (0, 2, 2**40):  # in the same words as another's
        with pytest.raises(Forbidden):
            paid.pay.contest(number, "mine?", ANN, line=1)
    paid.write(Member(ORGANIZATION, "ann", None, "Ann", role="annotator", active=False))
    with pytest.raises(Forbidden, match="not active"):
        paid.pay.contest(1, "why?", ANN, line=1)
    assert log(paid) == before


def test_only_who_manages_pay_answers_and_nobody_their_own(paid: Payroll) -> None:
    paid.pay.contest(1, "why?", ANN, line=1)
    for who in (ANN, REV, MANAGER, Viewer("umbrella", "boss", "owner")):
        with pytest.raises(Forbidden):
            paid.pay.answer(1, "corrected", "yes", who)
    paid.write(work(20, NOON, 10, completed_by="boss"), Member(ORGANIZATION, "ada", None, "Ada", role="admin"))
    paid.propose(member="boss")
    paid.pay.contest(2, "more!", OWNER, line=1)
    with pytest.raises(Forbidden, match="own pay"):
        paid.pay.answer(2, "corrected", "yes", OWNER)
    paid.pay.answer(2, "refused", "no", Viewer(ORGANIZATION, "ada", "admin"))
    with pytest.raises(InvalidPay, match="no question 7"):
        paid.pay.answer(7, "refused", "no", OWNER)


def test_a_named_manager_answers_about_their_projects_only(paid: Payroll) -> None:
    paid.write(work(21, "2024-12-05 12:00", 10, project_id="p2"))
    paid.propose(DECEMBER)
    paid.write(visit(1, "2024-11-06 11:00", "2024-11-06 12:00", user_id="max"))
    for number in (1, 2):
        paid.pay.contest(number, "why?", ANN, line=1)
    pay = Pay(paid.store, paid.records, ORGANIZATION, pay_roles=("owner", "manager"))
    assert [each.statement for each in pay.contests(MANAGER)] == [1]
    pay.answer(1, "explained", "so", MANAGER)
    with pytest.raises(Forbidden, match="not yours"):
        pay.answer(2, "explained", "so", MANAGER)


def test_who_asks_sees_their_own_and_who_pays_sees_all(paid: Payroll) -> None:
    paid.write(work(20, NOON, 10, completed_by="rev"))
    paid.propose(member="rev")
    paid.pay.contest(1, "ann's", ANN, line=1)
    paid.pay.contest(2, "rev's", REV, line=1)
    paid.pay.answer(2, "refused", "no", OWNER)
    assert [each.number for each in paid.pay.contests(ANN)] == [1]
    assert [each.number for each in paid.pay.contests(REV)] == [2]
    assert [each.number for each in paid.pay.contests(MANAGER)] == []  # not named: a member like others
    for payer in (OWNER, ANNA):
        assert [each.number for each in paid.pay.contests(payer)] == [1, 2]
        assert [each.number for each in paid.pay.contests(payer, is_open=True)] == [1]
        assert [each.number for each in paid.pay.contests(payer, is_open=False)] == [2]
    with pytest.raises(Forbidden):
        paid.pay.contests(Viewer("umbrella", "boss", "owner"))


def test_an_answer_stands_and_who_comes_later_is_told(paid: Payroll) -> None:
    paid.pay.contest(1, "why?", ANN, line=1)
    with pytest.raises(Conflict, match="question 1 about this is open"):
        paid.pay.contest(1, "why, I say?", ANN, line=1)
    paid.pay.contest(1, "and this?", ANN, kind="annotation", item_id=1)  # it is another question
    paid.pay.answer(1, "refused", "no", ANNA)
    with pytest.raises(Conflict, match=r"Question 1 was answered \(refused\) by cli:anna on 2025-02-01 00:00:00 UTC"):
        paid.pay.answer(1, "corrected", "yes", OWNER)
    assert paid.pay.contest(1, "again: why?", ANN, line=1).number == 3


def test_open_questions_are_named_before_approval_and_delay_nobody(paid: Payroll) -> None:
    paid.pay.contest(1, "why?", ANN, line=1)
    paid.pay.contest(1, "and this?", ANN, kind="annotation", item_id=1)
    with pytest.raises(Conflict, match="questions 1, 2 about statement 1 are open"):
        paid.pay.approve(1, OWNER)
    assert words(paid) == ("proposed", "contested")
    paid.pay.answer(1, "explained", "so", OWNER)
    with pytest.raises(Conflict, match="question 2 about statement 1 is open"):
        paid.pay.approve(1, OWNER)
    paid.pay.approve(1, OWNER, despite_contests=True)
    assert words(paid) == ("approved", "contested")
    paid.pay.approve(1, OWNER)  # once more changes nothing, and needs nothing said
    paid.pay.paid(1, "EUR", "2025-02-01", "T-1", OWNER)
    assert words(paid) == ("paid", "contested")
    assert paid.pay.contest(1, "late, too", ANN, line=1).number == 3
    assert paid.pay.verify(ANNA) == ([], [])


def test_a_withdrawn_statement_has_nothing_to_question_and_its_questions_are_still_answered(paid: Payroll) -> None:
    paid.pay.contest(1, "why?", ANN, line=1)
    paid.pay.withdraw(1, "right you are", OWNER)
    with pytest.raises(Conflict, match="withdrawn by Boss"):
        paid.pay.contest(1, "why?", ANN, kind="annotation", item_id=1)
    with pytest.raises(Conflict, match="withdrawn by Boss"):
        paid.pay.acknowledge(1, ANN)
    assert paid.pay.answer(1, "corrected", "see statement 2", OWNER).word == "corrected"


def test_a_member_acknowledges_until_they_question(paid: Payroll) -> None:
    assert paid.pay.acknowledge(1, ANN).words == ("proposed", "acknowledged")
    before = log(paid)
    paid.now("2025-02-02")
    assert paid.pay.acknowledge(1, ANN).acknowledged_at == 1_738_368_000_000_000
    assert log(paid) == before
    paid.pay.approve(1, OWNER)
    assert words(paid) == ("approved", "acknowledged")
    paid.pay.contest(1, "wait", ANN, line=1)
    assert words(paid) == ("approved", "contested")
    with pytest.raises(Conflict, match="question 1"):
        paid.pay.acknowledge(1, ANN)
    paid.pay.answer(1, "explained", "so", OWNER)
    assert words(paid) == ("approved",)
    assert paid.pay.acknowledge(1, ANN).words == ("approved", "acknowledged")
    assert paid.pay.verify(ANNA) == ([], [])


def test_signals_are_sent_of_what_is_kept_and_of_nothing_else(paid: Payroll) -> None:
    heard: list[tuple[object, Contest, object]] = []

    def asked(sender: object, viewer: Viewer, contest: Contest) -> None:
        heard.append((sender, contest, viewer))

    def told(sender: object, by: object, contest: Contest) -> None:
        heard.append((sender, contest, by))

    with contested.connected_to(asked), answered.connected_to(told):
        with pytest.raises(InvalidPay):
            paid.pay.contest(1, "why?", ANN, line=9)
        first = paid.pay.contest(1, "why?", ANN, line=1)
        second = paid.pay.answer(1, "refused", "no", OWNER)
        with pytest.raises(Conflict):
            paid.pay.answer(1, "refused", "no", OWNER)
    assert heard == [(paid.pay, first, ANN), (paid.pay, second, OWNER)]


def test_the_days_for_an_answer_are_a_setting(paid: Payroll) -> None:
    for days, due in ((0, date(2025, 2, 1)), (3, date(2025, 2, 4))):
        pay = Pay(paid.store, paid.records, ORGANIZATION, contest_days=days)
        assert pay.contest(1, "why?", ANN, kind="annotation", item_id=days // 3 + 1).due == due
    for wrong in (-1, 367, 1.5, True):
        with pytest.raises(InvalidSetting, match="contest_days"):
            Pay(paid.store, paid.records, ORGANIZATION, contest_days=wrong)  # type: ignore[arg-type]


def test_texts_are_forgotten_with_the_member_and_no_hash_breaks(paid: Payroll) -> None:
    paid.pay.contest(1, "my private reason", ANN, line=1)
    paid.pay.answer(1, "explained", "a private reason of yours", OWNER)
    paid.pay.forget("ann", ANNA, unpaid=True)
    [found] = paid.pay.contests(OWNER)
    assert (found.user_id, found.text, found.answer, found.word) == (None, None, None, "explained")
    assert paid.pay.verify(ANNA)[0] == []
    with paid.records._engine.execution_options(writes=True).connect() as connection:
        rows = [row for table in METADATA.tables.values() for row in connection.execute(table.select())]
    assert "private" not in "\n".join(map(str, rows))


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE pay_contests SET due = '2030-01-01' WHERE number = 1", "Question 1: it is not as it was written."),
        ("UPDATE pay_contests SET line = 2 WHERE number = 1", "Question 1: it is not as it was written."),
        ("UPDATE pay_contests SET word = 'corrected' WHERE number = 1", "Question 1: it is not as it was written."),
        ("DELETE FROM pay_contests WHERE number = 1", "Question 1 is missing."),
        ("UPDATE pay_contests SET number = 5 WHERE number = 2", "Question 5: it is not as it was written."),
        ("UPDATE pay_statements SET acknowledged_at = 5", "Statement 1: whether the member acknowledged it is not"),
    ],
)
def test_a_changed_question_is_found_and_named(paid: Payroll, statement: str, named: str) -> None:
    paid.pay.contest(1, "why?", ANN, line=1)
    paid.pay.answer(1, "refused", "no", OWNER)
    paid.pay.contest(1, "and this?", ANN, kind="annotation", item_id=1)
    with paid.records._engine.execution_options(writes=True).begin() as connection:
        connection.execute(text(statement))
    wrong, _ = paid.pay.verify(ANNA)
    assert any(each.startswith(named) for each in wrong), wrong


def test_every_look_is_checked(paid: Payroll, tmp_path: Path) -> None:
    looks: list[Callable[[Viewer], object]] = [
        lambda viewer: list(paid.pay.drafts(*DECEMBER, viewer)),
        lambda viewer: paid.pay.export(tmp_path / "out", viewer),
        paid.pay.verify,
    ]
    own: list[Callable[[Viewer], object]] = [
        paid.pay.terms,
        paid.pay.cards,
        paid.pay.statements,
        paid.pay.contests,
        lambda viewer: paid.pay.draft(viewer.user_id, *DECEMBER, viewer),
    ]
    for look in looks:
        look(OWNER)
        for member in (ANN, MANAGER):
            with pytest.raises(Forbidden):
                look(member)
    paid.write(Member(ORGANIZATION, "rev", None, "Rev", role="owner", active=False))
    for look in (*looks, *own):
        for who in (Viewer("umbrella", "ann", "owner"), Viewer(ORGANIZATION, "rev", "owner")):
            with pytest.raises(Forbidden):
                look(who)
    for look in own:
        look(ANN)
