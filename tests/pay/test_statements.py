"""The life of statements: what is frozen, what is settled once, who may act, and what two at once see."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from perfwidget.errors import Conflict, Forbidden, InvalidPay, PerfwidgetError
from perfwidget.facts import Member
from perfwidget.facts.ingest import Bookmark
from perfwidget.pay import Pay, Statement
from perfwidget.question.access import Viewer
from perfwidget.records import Actor, audit
from perfwidget.records.tables import METADATA, SETTLED
from tests.pay.payrolls import ANNA, DECEMBER, NOVEMBER, Payroll, lines, payroll, visit, work
from tests.worlds import ORGANIZATION, at, review

NOON = "2024-11-05 12:00"
BEN = Actor.command_line("ben")


@pytest.fixture(params=["sqlite", "postgresql"])
def paid(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Payroll]:
    url = None if request.param == "sqlite" else request.getfixturevalue("postgresql").new_store()
    with payroll(tmp_path, records_url=url) as opened:
        opened.card("hour", "36")
        opened.write(work(1, NOON, 100), work(2, NOON, 50), work(3, "2024-12-05 12:00", 10))
        yield opened


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Payroll]:
    with payroll(tmp_path) as opened:
        opened.card("hour", "36")
        opened.write(work(1, NOON, 100), work(2, NOON, 50), work(3, "2024-12-05 12:00", 10))
        yield opened


def log(paid: Payroll) -> list[tuple[str, Any]]:
    with paid.records.reading(ORGANIZATION) as transaction:
        assert list(audit.faults(transaction)) == []
        return [(row.verb, json.loads(row.details)) for row in audit.rows(transaction)]


def settled(paid: Payroll) -> list[tuple[str, int, int]]:
    with paid.records.reading(ORGANIZATION) as transaction:
        rows = transaction.rows(SETTLED, order=[SETTLED.c.item_id, SETTLED.c.step])
        return [(row.item_id, row.step, row.statement) for row in rows]


def at_once(*acts: Callable[[], Statement]) -> list[Statement | PerfwidgetError]:
    """Do several things from one moment on; return what came of each."""
    begin, outcomes = threading.Barrier(len(acts)), []

    def run(act: Callable[[], Statement]) -> None:
        begin.wait()
        try:
            outcomes.append(act())
        except PerfwidgetError as fault:
            outcomes.append(fault)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_a_proposal_freezes_the_draft_that_was_seen_and_settles_it(paid: Payroll) -> None:
    draft = paid.draft()
    made = paid.pay.propose("ann", *NOVEMBER, draft.sha256, ANNA)
    assert (made.number, made.user_id, made.state, made.sha256) == (1, "ann", "proposed", draft.sha256)
    assert made.body.decode() == draft.body
    assert {code: each.amount for code, each in made.totals.items()} == {"EUR": "1.50"}
    assert settled(paid) == [("1", 0, 1), ("2", 0, 1)]
    assert lines(paid.draft()) == []
    assert lines(paid.draft(DECEMBER)) == [("p1", "work", "3", "0.10")]
    verb, details = log(paid)[-1]
    assert (verb, details["statement"], details["sha256"]) == ("proposed", 1, draft.sha256)


def test_a_stale_hash_is_refused_and_nothing_is_kept(paid: Payroll) -> None:
    seen = paid.draft().sha256
    paid.write(work(4, NOON, 1))
    before = log(paid)
    with pytest.raises(Conflict, match="changed"):
        paid.pay.propose("ann", *NOVEMBER, seen, ANNA)
    assert (settled(paid), log(paid)) == ([], before)
    assert list(paid.pay.statements(ANNA)) == []


def test_withdrawn_and_proposed_again_is_the_same_to_the_byte_under_the_next_number(paid: Payroll) -> None:
    paid.pay.adjust("ann", "5", "EUR", "bonus", ANNA)
    first = paid.propose()
    gone = paid.pay.withdraw(first.number, "too early", BEN)
    assert (gone.state, settled(paid)) == ("withdrawn", [])
    paid.now("2025-02-02")
    second = paid.propose()
    assert (second.number, second.body) == (2, first.body)
    assert second.totals["EUR"].amount == "6.50"
    assert settled(paid) == [("1", 0, 2), ("2", 0, 2)]


def test_approving_twice_changes_nothing(paid: Payroll) -> None:
    proposed = paid.propose()
    first = paid.pay.approve(proposed.number, ANNA)
    before = log(paid)
    paid.now("2025-02-02")
    assert paid.pay.approve(proposed.number, BEN) == first
    assert log(paid) == before


def test_what_somebody_else_did_first_is_told_with_who_and_when(paid: Payroll) -> None:
    proposed = paid.propose()
    paid.pay.approve(proposed.number, ANNA)
    with pytest.raises(Conflict, match=r"Statement 1 .* was approved by cli:anna on 2025-02-01 00:00:00 UTC"):
        paid.pay.withdraw(proposed.number, "too late", BEN)
    second = paid.propose(DECEMBER)
    with pytest.raises(Conflict, match=r"Statement 2 .* was proposed by cli:anna"):
        paid.pay.paid(second.number, "EUR", "2025-02-01", "T-1", BEN)
    paid.pay.withdraw(second.number, "wrong", ANNA)
    with pytest.raises(Conflict, match="was withdrawn by cli:anna"):
        paid.pay.approve(second.number, BEN)
    with pytest.raises(InvalidPay, match="no statement 9"):
        paid.pay.approve(9, BEN)


def test_periods_of_a_member_never_overlap(paid: Payroll) -> None:
    first = paid.propose()
    for period in (NOVEMBER, ("2024-11-30", "2024-12-31"), ("2024-10-01", "2024-11-01"), ("2024-11-10", "2024-11-11")):
        with pytest.raises(Conflict, match=r"Statement 1 \(2024-11-01 to 2024-11-30\) was proposed by cli:anna"):
            paid.propose(period)
    paid.propose(DECEMBER)
    paid.pay.withdraw(first.number, "wrong", ANNA)
    paid.propose(("2024-11-10", "2024-11-11"))


def test_a_period_has_to_be_over_and_read_to_its_end(small: Payroll) -> None:
    small.now("2024-11-30 22:59:59")  # Berlin's November ends at 23:00 UTC
    assert lines(small.draft()) == [("p1", "work", "1 2", "1.50")]
    with pytest.raises(InvalidPay, match="not over"):
        small.propose()
    small.now("2024-11-30 23:00")
    small.store.write([Bookmark(ORGANIZATION, "Label Studio", "x", at("2024-11-30 22:59:59"))])
    with pytest.raises(InvalidPay, match="Label Studio is read up to 2024-11-30 22:59 UTC"):
        small.propose()


def test_a_period_without_a_line_makes_no_statement(small: Payroll) -> None:
    with pytest.raises(InvalidPay, match="nothing to pay"):
        small.propose(member="rev")
    for wrong in (("2024-12-31", "2024-12-01"), ("2024-02-30", "2024-03-01"), ("2024-09-01", "2024-09-30")):
        with pytest.raises(InvalidPay):
            small.draft(wrong)


def test_a_currency_is_marked_as_paid_and_a_wrong_mark_is_replaced_with_both_in_the_log(paid: Payroll) -> None:
    number = paid.settle().number
    with pytest.raises(InvalidPay, match="nothing in KES"):
        paid.pay.paid(number, "KES", "2025-02-01", "T-1", ANNA)
    paid.pay.paid(number, "EUR", "2025-02-01", "T-1", ANNA)
    done = paid.pay.paid(number, "EUR", "2025-02-02", "T-2", BEN)
    assert (done.totals["EUR"].paid_on, done.totals["EUR"].reference, done.is_paid) == ("2025-02-02", "T-2", True)
    [first, second] = [details for verb, details in log(paid) if verb == "paid"]
    assert (first["paid_on"], first["replaces"]) == ("2025-02-01", None)
    assert (second["paid_on"], second["replaces"]["paid_on"]) == ("2025-02-02", "2025-02-01")


def test_an_adjustment_is_taken_once_and_is_above_nothing(small: Payroll) -> None:
    for amount, currency, why in (
        ("0", "EUR", "x"),
        ("-1", "EUR", "x"),
        ("0.001", "EUR", "x"),
        ("1", "XAU", "x"),
        ("1", "EUR", " "),
    ):
        with pytest.raises(InvalidPay):
            small.pay.adjust("ann", amount, currency, why, ANNA)
    small.pay.adjust("ann", "1000", "JPY", "travel", ANNA)
    assert small.draft().totals == {"EUR": "1.50", "JPY": "1000"}
    assert small.draft(member="rev").totals == {}
    small.settle()
    assert small.draft(DECEMBER).totals == {"EUR": "0.10"}


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_of_two_payers_at_once_one_wins_and_the_other_is_told(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = None if engine == "sqlite" else request.getfixturevalue("postgresql").new_store()
    with payroll(tmp_path, records_url=url) as opened:
        opened.card("annotation", "1")
        for round_ in range(5):
            day = f"2024-11-{round_ + 10}"
            opened.write(work(f"a{round_}", f"{day} 12:00"))
            seen = opened.draft((day, day)).sha256
            outcomes = at_once(*(partial(opened.pay.propose, "ann", day, day, seen, by) for by in (ANNA, BEN)))
            [won] = [each for each in outcomes if isinstance(each, Statement)]
            [lost] = [each for each in outcomes if not isinstance(each, Statement)]
            assert won.number == round_ + 1  # no number is skipped
            assert str(lost).startswith(f"Statement {won.number} ({day} to {day}) was proposed by {won.acted_by} on ")
        assert [step for _, step, _ in settled(opened)] == [0] * 5


def test_the_database_itself_lets_no_step_be_paid_twice(paid: Payroll) -> None:
    paid.propose()
    row = {
        "kind": "annotation",
        "item_id": "1",
        "step": 0,
        "statement": 9,
        "person": "x",
        "card_id": 1,
        "project_id": "p1",
    }
    with pytest.raises(Conflict), paid.records.writing(ORGANIZATION) as transaction:
        transaction.add(SETTLED, [{**row, "work_day": "2024-11-05", "time": None, "begins": None, "ends": 0}])


# -- Who may ----------------------------------------------------------------------------------------------------------


OWNER = Viewer(ORGANIZATION, "boss", "owner")
ANN = Viewer(ORGANIZATION, "ann", "annotator")
MANAGER = Viewer(ORGANIZATION, "max", "manager", projects=["p1"])


def test_members_see_their_own_pay_and_nobody_elses(small: Payroll) -> None:
    small.settle()
    small.write(work(9, NOON, 10, completed_by="rev"))
    small.settle(member="rev")
    small.card("annotation", "7", whom="member", whom_id="rev")
    assert [each.user_id for each in small.pay.statements(ANN)] == ["ann"]
    assert [card.whom_id for card in small.pay.cards(ANN)] == [None]
    assert lines(small.pay.draft("ann", *DECEMBER, viewer=ANN)) == [("p1", "work", "3", "0.10")]
    for who in (ANN, MANAGER, Viewer("umbrella", "boss", "owner")):
        with pytest.raises(Forbidden):
            small.pay.draft("rev", *DECEMBER, viewer=who)


@pytest.mark.parametrize(
    "viewer", [ANN, MANAGER, Viewer("umbrella", "boss", "owner"), Viewer(ORGANIZATION, "boss", "god")]
)
def test_without_a_pay_role_nothing_is_written(small: Payroll, viewer: Viewer) -> None:
    number = small.propose().number
    acts: list[Callable[[], object]] = [
        lambda: small.pay.begin("2024-01-01", viewer),
        lambda: small.pay.write_card(viewer, unit="review", amount="1", currency="EUR", valid_from="2024-01-01"),
        lambda: small.pay.end_card(1, "2025-01-01", viewer),
        lambda: small.pay.void_card(1, viewer),
        lambda: small.pay.propose("ann", *DECEMBER, small.draft(DECEMBER).sha256, viewer),
        lambda: small.pay.approve(number, viewer),
        lambda: small.pay.withdraw(number, "no", viewer),
        lambda: small.pay.paid(number, "EUR", "2025-01-01", "T", viewer),
        lambda: small.pay.hold("annotation", 3, "no", viewer),
        lambda: small.pay.adjust("ann", "1", "EUR", "no", viewer),
    ]
    before = log(small)
    for act in acts:
        with pytest.raises(Forbidden):
            act()
    assert log(small) == before


def test_nobody_acts_on_their_own_pay_unless_nobody_else_could(small: Payroll) -> None:
    small.write(Member(ORGANIZATION, "ada", "ada@acme.example", "Ada", role="admin"))
    small.write(work(9, NOON, 10, completed_by="boss"))
    seen = small.draft(member="boss").sha256
    acts: list[Callable[[], object]] = [
        lambda: small.pay.propose("boss", *NOVEMBER, seen, OWNER),
        lambda: small.pay.hold("annotation", 9, "mine", OWNER, held=False),
        lambda: small.pay.adjust("boss", "1", "EUR", "mine", OWNER),
        lambda: small.pay.write_card(
            OWNER, unit="hour", amount="9", currency="EUR", valid_from="2024-01-01", whom="member", whom_id="boss"
        ),
    ]
    for act in acts:
        with pytest.raises(Forbidden, match="own pay"):
            act()
    proposed = small.pay.propose("boss", *NOVEMBER, seen, Viewer(ORGANIZATION, "ada", "admin"))
    for act in (
        lambda: small.pay.approve(proposed.number, OWNER),
        lambda: small.pay.withdraw(proposed.number, "x", OWNER),
    ):
        with pytest.raises(Forbidden, match="own pay"):
            act()
    small.write(Member(ORGANIZATION, "ada", "ada@acme.example", "Ada", role="admin", active=False))
    small.pay.approve(proposed.number, OWNER)
    assert log(small)[-1][1]["alone_with_a_pay_role"] is True


def test_a_manager_who_is_named_pays_for_the_work_of_their_projects_only(small: Payroll) -> None:
    small.pay = Pay(small.store, small.records, ORGANIZATION, timezone="Europe/Berlin", pay_roles=("owner", "manager"))
    card = {"unit": "annotation", "amount": "1", "currency": "EUR", "valid_from": "2024-01-01"}
    small.pay.write_card(MANAGER, **card, place="project", place_id="p1")
    for place in ({}, {"place": "project", "place_id": "p2"}, {"place": "workspace", "place_id": "p1"}):
        with pytest.raises(Forbidden, match="not yours"):
            small.pay.write_card(MANAGER, **card, **place)
    small.pay.propose("ann", *NOVEMBER, small.draft().sha256, MANAGER)
    small.write(work(8, "2024-12-06 12:00", project_id="p2"))
    with pytest.raises(Forbidden, match="not yours"):
        small.pay.propose("ann", *DECEMBER, small.draft(DECEMBER).sha256, MANAGER)
    other = small.pay.propose("ann", *DECEMBER, small.draft(DECEMBER).sha256, OWNER)
    with pytest.raises(Forbidden, match="not yours"):
        small.pay.approve(other.number, MANAGER)
    assert [each.number for each in small.pay.statements(MANAGER)] == [1]
    small.write(work(9, NOON, project_id="p2", completed_by="max"))
    mine = small.pay.propose("max", *NOVEMBER, small.draft(member="max").sha256, OWNER)
    assert [each.number for each in small.pay.statements(MANAGER)] == [1, mine.number]
    for narrowed, expected in (
        ({"numbers": [0, 1, 99, 2**70]}, [1]),
        ({"user_id": "max"}, [mine.number]),
        ({"user_id": "nobody"}, []),
        ({"first": DECEMBER[0], "last": DECEMBER[1]}, [other.number]),
        ({"first": NOVEMBER[1], "last": NOVEMBER[1]}, [1, mine.number]),
    ):
        found = [each.number for each in small.pay.statements(OWNER, **narrowed)]  # type: ignore[arg-type]
        assert found == expected, narrowed


def test_a_manager_who_is_named_sees_and_adjusts_nothing_of_other_projects(small: Payroll, tmp_path: Path) -> None:
    small.pay = Pay(small.store, small.records, ORGANIZATION, timezone="Europe/Berlin", pay_roles=("owner", "manager"))
    small.write(Member(ORGANIZATION, "max", None, "Max", role="manager"))
    for number, place in enumerate(("p1", "p2")):
        small.card("annotation", str(number + 2), place="project", place_id=place)
        small.card("annotation", str(number + 4), place="project", place_id=place, whom="member", whom_id="ann")
    small.card("annotation", "6", whom="member", whom_id="max")
    small.card("annotation", "7", whom="role", whom_id="manager")
    small.card("annotation", "8", whom="role", whom_id="reviewer")
    # Those of p1, and those of all projects that may pay max. That p2 has cards is not for max to know.
    assert [(each.whom, each.amount) for each in small.pay.cards(MANAGER)] == [
        ("all", 36), ("all", 2), ("member", 4), ("member", 6), ("role", 7),
    ]  # fmt: skip
    small.pay.adjust("ann", "5", "EUR", "bonus", MANAGER)
    small.write(work(8, "2024-12-06 12:00", project_id="p2"))
    with pytest.raises(Forbidden, match="not yours"):
        small.pay.adjust("ann", "5", "EUR", "bonus", MANAGER)
    with pytest.raises(Forbidden, match="not yours"):  # rev is in none of max's projects, and nothing is open
        small.pay.adjust("rev", "5", "EUR", "bonus", MANAGER)
    small.pay.adjust("rev", "5", "EUR", "bonus", OWNER)
    looks: list[Callable[[], object]] = [
        lambda: small.pay.draft("rev", *NOVEMBER, MANAGER),
        lambda: small.pay.propose("rev", *NOVEMBER, small.draft(member="rev").sha256, MANAGER),
        lambda: small.pay.draft("ann", *DECEMBER, MANAGER),
        lambda: small.pay.verify(MANAGER),
    ]
    for look in looks:
        with pytest.raises(Forbidden):
            look()
    assert [each.user_id for each in small.pay.drafts(*NOVEMBER, MANAGER)] == ["ann", "max"]
    small.settle()
    small.settle(member="rev")
    small.settle(DECEMBER)
    assert [each.number for each in small.pay.statements(MANAGER)] == [1]
    written = small.pay.export(tmp_path / "out", MANAGER)
    assert [each["number"] for each in written["statements"]] == [1]


def test_days_with_work_in_no_statement_are_told(small: Payroll) -> None:
    small.write(work(4, "2024-11-20 12:00", 5), work(5, "2024-11-21 12:00", None), work(6, "2024-11-22 23:30", 5))
    assert small.draft().days_in_no_statement == {date(2024, 11, 5): 2, date(2024, 11, 20): 1, date(2024, 11, 23): 1}
    small.settle(("2024-11-01", "2024-11-20"))
    # Of the 21st nothing is paid, for there is no time; the last one is of the 23rd in Berlin.
    assert small.pay.days_in_no_statement("ann", ANN) == {date(2024, 11, 23): 1, date(2024, 12, 5): 1}
    with pytest.raises(Forbidden):
        small.pay.days_in_no_statement("ann", Viewer(ORGANIZATION, "rev", "reviewer"))


def test_many_are_proposed_one_by_one_and_a_fault_of_one_stops_no_other(small: Payroll) -> None:
    small.write(work(9, NOON, 10, completed_by="rev"))
    wanted = [(each.user_id, *NOVEMBER, each.sha256) for each in small.pay.drafts(*NOVEMBER, ANNA)]
    found = {proposal[0]: made for proposal, made in small.pay.propose_all(wanted, ANNA)}
    assert [found["ann"].number, found["rev"].number] == [1, 2]  # type: ignore[union-attr]
    assert isinstance(found["boss"], InvalidPay)


def test_a_member_whom_nobody_knows_is_a_slip(small: Payroll) -> None:
    card = {"unit": "review", "amount": "1", "currency": "EUR", "valid_from": "2024-01-01"}
    for act in (
        lambda: small.draft(member="anm"),
        lambda: small.pay.adjust("anm", "5", "EUR", "bonus", ANNA),
        lambda: small.pay.write_card(ANNA, **card, whom="member", whom_id="anm"),
    ):
        with pytest.raises(InvalidPay, match="no member anm"):
            act()


# -- Forgotten members ------------------------------------------------------------------------------------------------


def test_a_member_with_something_unpaid_is_not_forgotten(small: Payroll) -> None:
    with pytest.raises(Conflict, match="work in no statement"):
        small.draft()
        small.pay.forget("ann", ANNA)
    for period in (NOVEMBER, DECEMBER):
        small.settle(period)
    with pytest.raises(Conflict, match="Statement 1, 2 is not paid"):
        small.pay.forget("ann", ANNA)
    for number in (1, 2):
        small.pay.paid(number, "EUR", "2025-01-05", "to Ann Smith", ANNA)
    late = work(7, NOON, None)
    small.write(late)
    with pytest.raises(Conflict, match=r"left out \(1 no time\)"):
        small.pay.forget("ann", ANNA)
    small.remove(late)
    small.pay.forget("ann", ANNA)
    assert [(each.number, each.user_id, each.state) for each in small.pay.statements(ANNA)] == [
        (1, None, "approved"),
        (2, None, "approved"),
    ]
    assert small.pay.verify(ANNA) == ([], [])


def test_nobody_forgets_themselves_unless_nobody_else_could(small: Payroll) -> None:
    small.write(Member(ORGANIZATION, "ada", "ada@acme.example", "Ada", role="admin"))
    small.pay.adjust("boss", "1", "EUR", "x", ANNA)
    with pytest.raises(Forbidden, match="own pay"):
        small.pay.forget("boss", OWNER, unpaid=True)
    small.write(Member(ORGANIZATION, "ada", "ada@acme.example", "Ada", role="admin", active=False))
    small.pay.forget("boss", OWNER, unpaid=True)
    assert log(small)[-1] == ("forgotten", {"unpaid": True, "alone_with_a_pay_role": True})
    with small.records.reading(ORGANIZATION) as transaction:
        assert "boss" not in transaction.user_ids().values()


def test_held_work_is_unpaid_and_so_is_that_of_a_member_without_records(small: Payroll) -> None:
    small.card("review", "1", place="project", place_id="p2")
    small.pay.hold("annotation", 3, "a copy?", ANNA)
    small.pay.paid(small.settle().number, "EUR", "2025-01-05", "T", ANNA)
    with pytest.raises(Conflict, match=r"left out \(1 held\)"):
        small.pay.forget("ann", ANNA)
    with small.records.reading(ORGANIZATION) as transaction:
        assert transaction.person("rev") is None
    small.write(review(1, "2024-11-06 12:00", "accepted", project_id="p2"))
    with pytest.raises(Conflict, match="work in no statement"):
        small.pay.forget("rev", ANNA)
    small.pay.forget("boss", ANNA)  # of whom there is nothing
    small.pay.forget("ann", ANNA, unpaid=True)


def test_a_member_who_comes_back_is_not_paid_the_same_moments_again(small: Payroll) -> None:
    small.card("review_hour", "36")
    small.write(visit(1, "2024-11-06 11:00", "2024-11-06 12:00"), visit(2, "2024-11-06 11:30", "2024-11-06 12:00"))
    small.settle(member="rev")
    small.pay.forget("rev", ANNA, unpaid=True)
    # A second look at the same hour comes to light: half an hour of it is new. The review tells of paid time, too.
    small.write(visit(3, "2024-11-06 11:45", "2024-11-06 12:30"), review(5, "2024-11-06 11:50", "accepted"))
    assert lines(small.draft(DECEMBER, "rev")) == [("p1", "late", "3", "18.00")]


def test_forgetting_leaves_no_name_and_no_text_and_breaks_no_hash(small: Payroll, tmp_path: Path) -> None:
    small.pay.adjust("ann", "1", "EUR", "a very private reason", ANNA)
    frozen = small.propose().body
    small.pay.hold("annotation", 3, "another private reason", ANNA)
    small.pay.forget("ann", ANNA, unpaid=True)
    assert small.pay.statements(ANNA)[0].body == frozen
    assert small.pay.verify(ANNA)[0] == []
    with small.records._engine.execution_options(writes=True).connect() as connection:
        tables = [METADATA.tables[name] for name in METADATA.tables]
        told = "\n".join(str(row) for table in tables for row in connection.execute(table.select()))
    assert "private reason" not in told
    assert "'ann'" not in told
    # The same id is another person from now on, and what was settled stays settled.
    assert lines(small.draft()) == []
