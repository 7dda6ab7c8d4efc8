"""Slips of payers on the pages of pay: a double click, a second tab, a field left out, more than a form takes."""

import json
from pathlib import Path
from typing import Any

import pytest

from perfwidget.errors import Forbidden, InvalidPay
from perfwidget.facts import Member
from perfwidget.pay import Pay
from perfwidget.pay_pages import acts
from perfwidget.question.access import Viewer
from perfwidget.records import audit
from perfwidget.records.tables import ADJUSTMENTS
from perfwidget.stores import open_store
from tests.hosts import host
from tests.pay.payrolls import ANNA, NOVEMBER, ZONE, Payroll, work
from tests.pay.test_pages import CARD, DAYS, PREFIX, browser, sent_on, words
from tests.worlds import ORGANIZATION, OWNER, people

GIVEN = {"user": "ann", "from": NOVEMBER[0], "to": NOVEMBER[1], "amount": "10", "currency": "EUR", "text": "Bonus"}


def seen(text: str) -> str:
    return text.partition('name="seen" value="')[2].partition('"')[0]


# -- Twice ------------------------------------------------------------------------------------------------------------


def test_a_double_click_adds_one_adjustment(paid: Payroll) -> None:
    boss = browser(paid)
    form = {**GIVEN, "seen": seen(boss.get(f"{PREFIX}/pay/draft?user=ann&{DAYS}").text)}
    assert boss.post(f"{PREFIX}/pay/adjust", data=form).status_code == 303
    twice = boss.post(f"{PREFIX}/pay/adjust", data=form)
    assert (twice.status_code, paid.draft().totals) == (409, {"EUR": "12.00"})
    assert "Adjustment 1 was added by Boss on 2025-02-01 00:00:00 UTC" in words(twice)
    assert 'value="Bonus"' in twice.text, "nothing typed is lost"
    again = boss.post(f"{PREFIX}/pay/adjust", data={**form, "seen": seen(twice.text)})
    assert (again.status_code, paid.draft().totals) == (303, {"EUR": "22.00"}), "who saw it may add another one"


def test_a_double_click_adds_one_adjustment_though_a_statement_took_it_between(paid: Payroll) -> None:
    boss = browser(paid)
    form = {**GIVEN, "seen": seen(boss.get(f"{PREFIX}/pay/draft?user=ann&{DAYS}").text)}
    assert boss.post(f"{PREFIX}/pay/adjust", data=form).status_code == 303
    paid.propose()
    assert boss.post(f"{PREFIX}/pay/adjust", data=form).status_code == 409


def test_a_slip_in_an_adjustment_is_taken_back_with_a_text_and_the_log_keeps_both(paid: Payroll) -> None:
    boss, mark = browser(paid), f"{PREFIX}/pay/adjustments/1"
    form = {**GIVEN, "amount": "1000", "seen": seen(boss.get(f"{PREFIX}/pay/draft?user=ann&{DAYS}").text)}
    boss.post(f"{PREFIX}/pay/adjust", data=form)
    assert paid.draft().totals == {"EUR": "1002.00"}
    assert "Take an adjustment back" in words(boss.get(f"{PREFIX}/pay/draft?user=ann&{DAYS}"))
    assert "Take an adjustment back" not in words(browser(paid, "ann:annotator").get(f"{PREFIX}/pay/draft?{DAYS}"))
    without = boss.post(mark, data={**GIVEN, "text": " "})
    assert (without.status_code, "Say why" in words(without)) == (400, True)
    assert boss.post(mark, data={**GIVEN, "text": "A slip: 10, not 1000."}).status_code == 303
    assert paid.draft().totals == {"EUR": "2.00"}
    twice = boss.post(mark, data={**GIVEN, "text": "again"})
    assert (twice.status_code, "was taken back by Boss on 2025-02-01" in words(twice)) == (409, True)
    assert boss.post(f"{PREFIX}/pay/adjust", data=form).status_code == 409, "what an old tab sends again is seen"
    with paid.records.reading(ORGANIZATION) as transaction:
        verbs = [row.verb for row in audit.rows(transaction)]
    assert verbs[-2:] == ["adjusted", "adjustment taken back"]
    assert paid.pay.verify(ANNA) == ([], [])


def test_an_adjustment_that_a_statement_took_is_not_taken_back(paid: Payroll) -> None:
    paid.pay.adjust("ann", "10", "EUR", "Bonus", ANNA)
    paid.propose()
    late = browser(paid).post(f"{PREFIX}/pay/adjustments/1", data={**GIVEN, "text": "A slip."})
    assert late.status_code == 409
    assert "Statement 1 (2024-11-01 to 2024-11-30) was proposed by cli:anna" in words(late)
    paid.pay.withdraw(1, "A slip.", ANNA)
    paid.pay.take_back(1, "A slip.", ANNA)
    assert paid.propose().totals["EUR"].amount == "2.00"
    assert paid.pay.verify(ANNA) == ([], [])


def test_nobody_takes_back_what_is_their_own_or_not_there(paid: Payroll) -> None:
    paid.write(work(2, "2024-11-04 10:00", project_id="p2"))
    paid.pay.adjust("boss", "1", "EUR", "x", ANNA)
    paid.pay.adjust("ann", "1", "EUR", "x", ANNA)
    with pytest.raises(Forbidden, match="own pay"):
        paid.write(Member(ORGANIZATION, "ada", None, "Ada", role="admin"))
        paid.pay.take_back(1, "x", OWNER)
    with pytest.raises(InvalidPay, match="no adjustment 3"):
        paid.pay.take_back(3, "x", OWNER)
    pay = Pay(paid.store, paid.records, ORGANIZATION, timezone=ZONE, pay_roles=("owner", "manager"))
    for number in (2, 3):
        with pytest.raises(Forbidden, match="not yours"):
            pay.take_back(number, "x", Viewer(ORGANIZATION, "max", "manager", projects=["p1"]))


def test_a_changed_taking_back_is_found(paid: Payroll) -> None:
    paid.pay.adjust("ann", "10", "EUR", "Bonus", ANNA)
    paid.pay.take_back(1, "A slip.", ANNA)
    with paid.records.writing(ORGANIZATION) as transaction:
        transaction.change(ADJUSTMENTS, ADJUSTMENTS.c.number == 1, taken_back=None)
    assert paid.pay.verify(ANNA)[0] == ["Adjustment 1: it is not as it was written."]


def test_an_old_tab_ends_no_card_that_has_another_end_meanwhile(paid: Payroll) -> None:
    boss, ends = browser(paid), {"act": "end", "last": "2024-12-31", "seen": ""}
    assert 'name="seen" value=""' in boss.get(f"{PREFIX}/pay/cards").text
    assert boss.post(f"{PREFIX}/pay/cards/1", data=ends).status_code == 303
    for form in (ends, {**ends, "last": "2024-11-30"}, {**ends, "act": "void"}):
        late = boss.post(f"{PREFIX}/pay/cards/1", data=form)
        assert late.status_code == 409
        assert "Card 1 was ended with 2024-12-31 by Boss on 2025-02-01 00:00:00 UTC" in words(late)
    assert (
        boss.post(f"{PREFIX}/pay/cards/1", data={**ends, "seen": "2024-12-31", "last": "2024-11-30"}).status_code == 303
    )
    assert [str(card.valid_until) for card in paid.pay.cards(ANNA)] == ["2024-11-30"]
    void = {"act": "void", "seen": "2024-11-30"}
    assert boss.post(f"{PREFIX}/pay/cards/1", data=void).status_code == 303
    late = boss.post(f"{PREFIX}/pay/cards/1", data=void)
    assert (late.status_code, "Card 1 was voided by Boss on" in words(late)) == (409, True)


def test_a_second_payer_is_told_who_marked_it_first_and_replaces_nothing(paid: Payroll) -> None:
    paid.settle()
    boss, form = browser(paid), {"act": "pay", "paid_on": "2024-12-05", "reference": "SEPA 1", "currency": "EUR"}
    check = boss.post(f"{PREFIX}/pay/check", data={"act": "pay", "row": "statement:1"})
    other = browser(paid, "adm:admin").post(f"{PREFIX}/pay/run", data={**form, "what": sent_on(check)})
    assert "1 done, 0 not" in words(other)
    late = words(boss.post(f"{PREFIX}/pay/run", data={**form, "what": sent_on(check), "reference": "SEPA 2"}))
    assert "EUR of statement 1 was marked as paid by adm on 2025-02-01 00:00:00 UTC" in late
    assert "0 done, 1 not" in late
    assert [one.reference for one in paid.pay.statements(ANNA)[0].totals.values()] == ["SEPA 1"]


def test_who_sets_aside_what_a_statement_pays_is_told_so(paid: Payroll) -> None:
    """A draft in an older tab still lists it."""
    form = {
        "act": "hold",
        "item": "annotation:1",
        "text": "A copy?",
        **dict(zip(("from", "to"), NOVEMBER, strict=True)),
    }
    boss = browser(paid)
    assert "no statement takes it until it is released" in words(boss.post(f"{PREFIX}/pay/hold", data=form))
    boss.post(f"{PREFIX}/pay/hold", data={**form, "act": "release"}).get_data()
    paid.propose()
    late = words(boss.post(f"{PREFIX}/pay/hold", data=form))
    assert "Statement 1 pays it already; only what is added later is set aside." in late
    assert "no statement takes it" not in late


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


def test_more_than_a_form_takes_waits_and_says_so(paid: Payroll, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "MOST", 1)
    paid.write(work(2, "2024-11-04 10:00", completed_by="rev"))
    boss, form = browser(paid), {"act": "propose", "everybody": "yes", "from": NOVEMBER[0], "to": NOVEMBER[1]}
    check = boss.post(f"{PREFIX}/pay/check", data=form)
    assert json.loads(sent_on(check))[0][0] == "ann"
    assert "1 more waits" in words(check)
    assert "1 done, 0 not" in words(boss.post(f"{PREFIX}/pay/run", data={**form, "what": sent_on(check)}))
    rest = boss.post(f"{PREFIX}/pay/check", data=form)
    assert (json.loads(sent_on(rest))[0][0], "more waits" in words(rest)) == ("rev", False)


def test_amounts_in_many_currencies_are_as_many_as_a_form_takes(paid: Payroll, monkeypatch: pytest.MonkeyPatch) -> None:
    paid.write(work(2, "2024-11-04 10:00", completed_by="rev"))
    paid.pay.adjust("ann", "1", "KES", "Bus", ANNA)
    paid.settle()
    paid.settle(member="rev")
    monkeypatch.setattr(acts, "MOST", 2)
    check = browser(paid).post(f"{PREFIX}/pay/check", data={"act": "pay", "row": ["statement:1", "statement:2"]})
    assert json.loads(sent_on(check)) == [[1, "EUR"], [1, "KES"]]
    assert "1 more waits" in words(check)


# -- Dead ends --------------------------------------------------------------------------------------------------------


def test_what_is_refused_leads_back_to_where_one_may_go_on(paid: Payroll) -> None:
    to_list = f'href="{PREFIX}/pay"'
    refused = browser(paid).post(f"{PREFIX}/pay/check", data={"act": "approve"})
    assert (refused.status_code, to_list in refused.text) == (400, True)
    stranger = browser(paid, "ann:annotator").get(f"{PREFIX}/pay")
    assert (stranger.status_code, to_list in stranger.text) == (403, False)


@pytest.mark.parametrize("address", ["/my-pay", f"/pay/draft?{DAYS}"])
def test_before_pay_begins_a_member_is_sent_to_a_payer_and_not_to_a_command(tmp_path: Path, address: str) -> None:
    store = open_store(f"duckdb:///{tmp_path}/facts.duckdb")
    store.write(people())
    app = host(store, timezone=ZONE)
    for who, payer in (("ann:annotator", False), ("boss:owner", True)):
        client = app.test_client()
        client.get(f"/login?as={who}")
        answer = client.get(f"{PREFIX}{address}")
        assert (f'href="{PREFIX}/pay/terms"' in answer.text) is payer
        assert ("Ask somebody who manages pay" in words(answer)) is not payer
        assert ("perfwidget pay begin" in words(answer)) is payer
    store.close()


def test_files_of_a_period_that_ends_before_it_begins_are_refused(paid: Payroll) -> None:
    answer = browser(paid).get(f"{PREFIX}/pay/payroll.csv?from=2024-12-01&to=2024-11-01&state=all")
    assert (answer.status_code, "ends before it begins" in answer.text) == (400, True)


# -- Hostile text -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(4))
def test_half_a_character_in_a_form_is_a_form_that_this_page_did_not_make(paid: Payroll, place: int) -> None:
    what: list[Any] = ["ann", *NOVEMBER, "0" * 64]
    what[place] = "\ud800"
    answer = browser(paid).post(f"{PREFIX}/pay/run", data={"act": "propose", "what": json.dumps([what])})
    assert (answer.status_code, "not as this page made it" in words(answer)) == (400, True)


def test_texts_of_people_do_not_turn_what_stands_beside_them_around(paid: Payroll) -> None:
    turned = "\u202e00.9 EUR"
    paid.pay.adjust("ann", "5", "EUR", turned, ANNA)
    paid.settle()
    paid.pay.contest(1, turned, Viewer(ORGANIZATION, "ann", "annotator"), line=1)
    paid.pay.answer(1, "refused", turned, ANNA)
    paid.pay.paid(1, "EUR", "2024-12-05", turned, ANNA)
    paid.write(work(2, "2024-12-04 10:00"))
    paid.pay.hold("annotation", 2, turned, ANNA)
    boss = browser(paid)
    for address, texts in (("/pay/statements/1", 4), ("/pay/draft?user=ann&from=2024-12-01&to=2024-12-31", 1)):
        page = boss.get(f"{PREFIX}{address}").text
        assert (page.count(turned), page.count(f"<bdi>{turned}</bdi>")) == (texts, texts)


def test_a_text_is_kept_without_what_postgresql_does_not_take(paid: Payroll) -> None:
    paid.pay.adjust("ann", "5", "EUR", "a\0b\ud800c", ANNA)
    [made] = paid.draft().adjustments
    with paid.records.reading(ORGANIZATION) as transaction:
        assert transaction.text(made.text) == "a?b?c"


def test_the_member_reads_why_a_statement_was_withdrawn(paid: Payroll) -> None:
    paid.propose()
    form = {"act": "withdraw", "what": "[[1]]", "text": "Two days \u202eare missing"}
    assert "1 done, 0 not" in words(browser(paid).post(f"{PREFIX}/pay/run", data=form))
    page = browser(paid, "ann:annotator").get(f"{PREFIX}/pay/statements/1")
    assert "It was withdrawn: <bdi>Two days \u202eare missing</bdi>" in page.text
    paid.propose()
    assert "It was withdrawn" not in browser(paid, "ann:annotator").get(f"{PREFIX}/pay/statements/2").text


def test_a_member_reads_which_card_pays_with_every_place_it_may_name(paid: Payroll) -> None:
    page = words(browser(paid, "ann:annotator").get(f"{PREFIX}/my-pay"))
    assert "a project's before a workspace's before all projects'" in page
