"""The pages of pay as a host serves them: what they show, what they do, and how they refuse."""

import html
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from perfwidget import PerformanceWidget
from perfwidget.errors import InvalidSetting
from perfwidget.facts import Member, Membership, Project, Workspace
from perfwidget.pay.currencies import DIGITS
from perfwidget.pay_pages import documents, formats, overview
from perfwidget.question.access import Viewer
from perfwidget.records.tables import AUDIT_LOG
from perfwidget.stores import open_store
from perfwidget.stores.connecting import ConnectingStore
from tests.hosts import host, viewer_of
from tests.pay.payrolls import ANNA, DECEMBER, NOVEMBER, ZONE, Payroll, again, payroll, visit, work
from tests.worlds import ORGANIZATION, at, people, review

PREFIX = "/performance"
DAYS = "from=2024-11-01&to=2024-11-30"
ANN = Viewer(ORGANIZATION, "ann", "annotator")


@pytest.fixture
def paid(tmp_path: Path) -> Iterator[Payroll]:
    with payroll(tmp_path) as made:
        yield made


def browser(paid: Payroll, who: str = "boss:owner", **settings: Any) -> FlaskClient:
    app = host(paid.store, **{"timezone": ZONE, "records": paid.records, **settings})
    client = app.test_client()
    client.get(f"/login?as={who}")
    return client


def words(answer: TestResponse) -> str:
    """Return what a page says, without its tags."""
    body = answer.text.partition("<body")[2].partition(">")[2]
    body = re.sub(r'<span class="besides tight">.*?</span>', "", body)  # which narrow pages have in place of columns
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).replace("\u00a0", " ").split())


def sent_on(answer: TestResponse) -> str:
    found = re.search(r'name="what" value="([^"]*)"', answer.text)
    assert found, words(answer)
    return html.unescape(found[1])


def rows(answer: TestResponse) -> list[str]:
    """Return the names in the list, in order."""
    return re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', answer.text)


# -- How things read --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "code", "read"),
    [
        ("1234.50", "EUR", "€ 1,234.50"),
        ("61200.00", "KES", "KES 61,200.00"),
        ("1500", "JPY", "¥ 1,500"),
        ("1500.25", "HUF", "HUF 1,500.25"),  # Babel by itself: HUF 1,500
        ("0.05", "IDR", "IDR 0.05"),
        ("7.125", "IQD", "IQD 7.125"),
        ("0.00", "USD", "$ 0.00"),
        ("999999999999.99", "EUR", "€ 999,999,999,999.99"),
    ],
)
def test_amounts_have_their_currency_and_all_its_digits(written: str, code: str, read: str) -> None:
    assert formats.amount(written, code).replace("\u00a0", " ") == read


@given(st.integers(0, 10**15), st.sampled_from(sorted(DIGITS)))
def test_no_digit_of_an_amount_is_lost(minor: int, code: str) -> None:
    written = f"{Decimal(minor).scaleb(-DIGITS[code]):f}"
    digits = re.sub(r"[^0-9.]", "", formats.amount(written, code).rpartition("\u00a0")[2])
    assert digits == written
    assert formats.amount(written, code) != formats.amount(f"{Decimal(minor + 1).scaleb(-DIGITS[code]):f}", code)


@pytest.mark.parametrize(
    ("microseconds", "read", "exact"),
    [
        (0, "0s", "0 s"),
        (1, "under 1s", "0.000001 s"),
        (1_499_999, "1s", "1.499999 s"),
        (60_000_000, "1m 00s", "60 s"),
        (111_735_250_000, "31h 02m 15s", "111735.25 s"),
        (Fraction(1, 2), "under 1s", "0.0000005 s"),
    ],
)
def test_times_are_short_and_exact(microseconds: Fraction, read: str, exact: str) -> None:
    assert formats.times(microseconds) == read
    assert formats.exact_seconds(microseconds).replace("\u00a0", " ") == exact


def test_rates_keep_all_their_places() -> None:
    assert formats.rate("0.0125", "EUR", is_time=False).replace("\u00a0", " ") == "€ 0.0125"
    assert formats.rate("11", "EUR", is_time=True).replace("\u00a0", " ") == "€ 11.00 / h"
    assert formats.rate("1200.5", "JPY", is_time=False).replace("\u00a0", " ") == "¥ 1,200.5"
    assert formats.how("hour", "capped", 1200) == "hour, at most 20 min each"
    assert formats.how("review_hour", "capped", 90) == "hour of review, at most 90 s each"


def test_a_draft_and_its_json_come_to_the_same(paid: Payroll) -> None:
    paid.card()
    paid.card("accepted_annotation", "1", place="project", place_id="p2")
    paid.card("review_hour", "20")
    paid.write(work(1, "2024-11-04 10:00", 100), work(2, "2024-11-04 11:00", None), work(3, "2024-11-05 10:00", 7))
    paid.write(work(4, "2024-11-06 10:00", 50, project_id="p2"), work(5, "2024-11-06 11:00", 60, project_id="p2"))
    paid.write(review(1, "2024-11-07 10:00", "accepted", annotation_id=4, project_id="p2"))
    paid.write(visit(1, "2024-11-07 09:00", "2024-11-07 09:10"), visit(2, "2024-11-07 09:05", "2024-11-07 09:15"))
    paid.settle()
    paid.write(again(work(1, "2024-11-04 10:00"), "2024-12-03 10:00", 160))
    for member, period in (("ann", NOVEMBER), ("ann", DECEMBER), ("rev", NOVEMBER)):
        draft = paid.draft(period, member)
        assert documents.summary_of_draft(draft) == documents.summary_of(json.loads(draft.body))
    assert documents.summary_of_draft(paid.draft(DECEMBER)).time == 60_000_000
    told = documents.summary_of_draft(paid.draft(NOVEMBER, "rev"))
    assert (told.kinds, told.time) == ({"visit": 2}, 1_200_000_000)


# -- The list ---------------------------------------------------------------------------------------------------------


def test_the_list_has_who_is_owed_what_and_how_it_stands(paid: Payroll) -> None:
    paid.card(amount="36")
    paid.card("review", "1200.5", currency="KES")
    paid.write(work(1, "2024-11-04 10:00", 100), work(2, "2024-11-04 11:00", None))
    paid.write(review(1, "2024-11-07 10:00", "accepted"))
    answer = browser(paid).get(f"{PREFIX}/pay?{DAYS}")
    told = words(answer)
    assert rows(answer) == ["Ann", "Rev"]
    assert "All 2 members 1m 40s 2 € 1.00 KES 1,200.50" in told
    assert "Ann 1m 40s 1 annotation 1 no time € 1.00 draft" in told
    assert "Rev — 1 review KES 1,200.50 draft" in told
    assert "1 member without work to pay in this period is not shown." in told
    paid.settle()
    told = words(browser(paid).get(f"{PREFIX}/pay?{DAYS}"))
    assert "Ann Statement 1 1m 40s 1 annotation 1 no time € 1.00 approved 1 Feb 2025" in told


def test_the_list_is_sorted_searched_and_has_pages(paid: Payroll) -> None:
    paid.card("annotation", "1")
    people_ = [
        Member(ORGANIZATION, f"m{n:02}", f"m{n}@x.example", f"Member {n:02}", role="annotator") for n in range(60)
    ]
    paid.store.write(people_)
    for number in range(60):
        done = [work(1_000 * number + each, "2024-11-05 10:00", completed_by=f"m{number:02}") for each in range(number)]
        paid.write(*done, work(90_000 + number, "2024-11-05 10:00", completed_by=f"m{number:02}"))
    boss = browser(paid)
    first, second = (boss.get(f"{PREFIX}/pay?{DAYS}&page={page}") for page in (1, 2))
    assert (len(rows(first)), len(rows(second))) == (50, 10)
    assert "page 2 of 2" in words(second)
    assert rows(second)[0] == "Member 50"
    assert "All 60 members" in words(second)
    assert "With all 60 of this list" in words(first)
    assert rows(boss.get(f"{PREFIX}/pay?{DAYS}&sort=-amount:EUR"))[:2] == ["Member 59", "Member 58"]
    assert rows(boss.get(f"{PREFIX}/pay?{DAYS}&sort=items"))[:2] == ["Member 00", "Member 01"]
    assert rows(boss.get(f"{PREFIX}/pay?{DAYS}&q=M17%40X")) == ["Member 17"]
    assert rows(boss.get(f"{PREFIX}/pay?{DAYS}&state=paid")) == []
    everybody = {"act": "propose", "everybody": "yes", "q": "member 5", "from": NOVEMBER[0], "to": NOVEMBER[1]}
    assert len(json.loads(sent_on(boss.post(f"{PREFIX}/pay/check", data=everybody)))) == 10


def test_before_pay_began_the_page_leads_to_where_it_begins(tmp_path: Path) -> None:
    store = open_store(f"duckdb:///{tmp_path}/facts.duckdb")
    store.write(people())
    client = host(store, timezone=ZONE).test_client()
    client.get("/login?as=boss:owner")
    answer = client.get(f"{PREFIX}/pay?{DAYS}")
    assert (answer.status_code, "Say first since when pay answers" in words(answer)) == (200, True)
    assert client.post(f"{PREFIX}/pay/terms", data={"first": "soon"}).status_code == 400
    answer = client.post(f"{PREFIX}/pay/terms", data={"first": "2024-11-01"})
    assert (answer.status_code, answer.location) == (303, f"{PREFIX}/pay")
    assert client.get(f"{PREFIX}/pay?{DAYS}").status_code == 200
    assert (tmp_path / "facts.duckdb.records").is_file(), "records lie beside the embedded store"
    store.close()


def test_without_a_place_for_records_the_page_says_how_to_name_one(tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path}/facts.duckdb"
    store = ConnectingStore(lambda: open_store(url, wait=0))  # as one of a server: no file is known
    store.write(people())
    client = host(store, timezone=ZONE).test_client()
    client.get("/login?as=boss:owner")
    answer = client.get(f"{PREFIX}/pay")
    assert (answer.status_code, "name some where the dashboard is made" in words(answer)) == (503, True)
    assert "/performance/pay" not in client.get(f"{PREFIX}/_dash-layout").text
    assert client.get(f"{PREFIX}/pay/payroll.csv").status_code == 503
    store.close()


@pytest.mark.parametrize(
    "asked", ["from=2024-11-01", "preset=all_time", "from=2024-11-01T08:00&to=2024-11-02T09:00", "preset=never"]
)
def test_a_period_that_is_none_is_a_sentence(paid: Payroll, asked: str) -> None:
    answer = browser(paid).get(f"{PREFIX}/pay?{asked}")
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert 'role="alert"' in answer.text


def test_pay_roles_must_be_roles(paid: Payroll) -> None:
    with pytest.raises(InvalidSetting, match="pay_roles"):
        PerformanceWidget(paid.store, viewer_of, pay_roles=["king"])


# -- Where the pages stand --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "word"), [("boss:owner", "Pay"), ("ann:annotator", "My pay"), ("mgr:manager", "My pay")]
)
def test_the_dashboard_leads_to_the_page_that_is_for_who_looks(paid: Payroll, who: str, word: str) -> None:
    layout = json.loads(browser(paid, who).get(f"{PREFIX}/_dash-layout").text)
    links = re.findall(
        r'"children": "([^"]*)", "className": "tool", "href": "([^"]*)"', json.dumps(layout, sort_keys=True)
    )
    assert links == [(word, f"{PREFIX}/{'pay' if word == 'Pay' else 'my-pay'}")]


def test_links_know_the_prefix_and_what_stands_before_it(paid: Payroll) -> None:
    paid.card()
    paid.write(work(1, "2024-11-04 10:00"))
    app = host(
        paid.store,
        timezone=ZONE,
        records=paid.records,
        prefix="/deep/figures",
        frame_ancestors="https://portal.example",
    )
    client = app.test_client()
    client.get("/login?as=boss:owner", environ_overrides={"SCRIPT_NAME": "/app"})
    for page in (
        f"pay?{DAYS}&theme=dark",
        f"pay/draft?user=ann&{DAYS}&open=line-1",
        "pay/cards",
        "my-pay",
        "pay/questions",
    ):
        answer = client.get(f"/deep/figures/{page}", environ_overrides={"SCRIPT_NAME": "/app"})
        found = re.findall(r'(?:href|src|action)="([^"#]+)', answer.text)
        assert answer.status_code == 200
        assert found
        assert all(address.startswith("/app/deep/figures/") for address in found), found
        assert "frame-ancestors https://portal.example" in answer.headers["Content-Security-Policy"]
        assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
    dark = client.get(f"/deep/figures/pay?{DAYS}&theme=dark", environ_overrides={"SCRIPT_NAME": "/app"})
    assert 'data-bs-theme="dark"' in dark.text
    assert re.search(r"/pay/draft\?theme=dark&amp;user=ann", dark.text)


# -- Statements -------------------------------------------------------------------------------------------------------


def test_a_statement_says_what_is_paid_and_how_it_is_checked(paid: Payroll) -> None:
    paid.store.write(
        [Workspace(ORGANIZATION, "w1", "Streets"), Project(ORGANIZATION, "p1", "w1", title="Lane markings")]
    )
    paid.card(amount="36", clock="capped", cap_s=120)
    paid.write(*(work(number, "2024-11-04 10:00", 100) for number in range(1, 61)))
    paid.write(work(99, "2024-11-04 10:00", 100, created_at=at("2024-10-30 10:00")))
    paid.settle()
    paid.write(again(work(1, "2024-11-04 10:00"), "2024-12-03 10:00", 160))
    paid.pay.adjust("ann", "25.50", "EUR", "Training day", ANNA)
    statement = paid.settle(DECEMBER)
    ann = browser(paid, "ann:annotator")
    november, december = (ann.get(f"{PREFIX}/pay/statements/{number}") for number in (1, 2))
    told = words(november)
    assert "1 Streets Lane markings hour, at most 2 min each" in told
    assert "1h 40m 00s 6000 s € 36.00 / h € 60.00 60 annotations" in told
    assert "Total EUR € 60.00" in told
    assert "held 1 annotation Created before 1 Nov 2024, when pay began here." in told
    told = words(december)
    assert "1 Streets Lane markings · added" in told
    assert "20s 20 s € 36.00 / h € 0.20 1 annotation first worked on 3 Dec 2024" in told
    assert "Adjustment: Training day € 25.50 Total EUR € 25.70" in told
    assert statement.sha256 in told
    with paid.records.reading(ORGANIZATION) as transaction:
        head = transaction.last(AUDIT_LOG, AUDIT_LOG.c.number)
    assert f"Log {head.hash}" in told
    second = ann.get(f"{PREFIX}/pay/statements/1?open=line-1&page=2")
    assert len(re.findall(r"annotation \d+</", second.text)) == 10
    assert "page 2 of 2" in words(second)


def test_an_item_leads_to_its_row_where_the_viewer_may_see_it(paid: Payroll) -> None:
    paid.card("annotation", "1")
    paid.write(work(1, "2024-11-04 23:30"))
    paid.settle()
    asked = "user=ann&project=p1&from=2024-11-05&to=2024-11-05&tz=Europe/Berlin&rows=submitted_annotations"
    row = html.escape(f"{PREFIX}/?{asked}")
    boss = browser(paid)
    assert row in boss.get(f"{PREFIX}/pay/statements/1?open=line-1").text
    assert boss.get(html.unescape(row)).status_code == 200
    former = browser(paid, "ann:annotator").get(f"{PREFIX}/pay/statements/1?open=line-1")
    assert (former.status_code, "rows=" in former.text) == (200, "project=p1" in former.text)


# -- Acting -----------------------------------------------------------------------------------------------------------


def test_many_are_proposed_approved_and_paid_and_each_outcome_is_told(paid: Payroll) -> None:
    paid.card("annotation", "2")
    paid.card("review", "3", currency="KES")
    paid.write(work(1, "2024-11-04 10:00"), work(2, "2024-11-05 10:00"), review(1, "2024-11-07 10:00", "accepted"))
    boss, days = browser(paid), {"from": NOVEMBER[0], "to": NOVEMBER[1]}
    chosen = {**days, "row": ["draft:ann", "draft:rev", "draft:boss"]}
    check = boss.post(f"{PREFIX}/pay/check", data={**chosen, "act": "propose"})
    assert "Propose: 2 drafts € 4.00 and KES 3.00" in words(check)
    assert "Boss Nothing is paid or told" in words(check) or "Nobody acts on their own pay" in words(check)
    assert len(paid.pay.statements(ANNA)) == 0, "a look changes nothing"
    paid.write(work(3, "2024-11-06 10:00"))  # of ann, after it was seen
    ran = words(boss.post(f"{PREFIX}/pay/run", data={**days, "act": "propose", "what": sent_on(check)}))
    assert "✗ Not done: Ann : The draft has changed since it was seen" in ran
    assert "✓ Rev : Statement 1 is proposed: KES 3.00." in ran
    assert "The end: 1 done, 1 not." in ran
    paid.propose(member="ann")
    for act, more in (("approve", {}), ("pay", {"paid_on": "2024-12-05", "reference": "SEPA 1", "currency": ["EUR"]})):
        check = boss.post(f"{PREFIX}/pay/check", data={**days, "act": act, "row": ["statement:1", "statement:2"]})
        ran = words(boss.post(f"{PREFIX}/pay/run", data={**days, "act": act, "what": sent_on(check), **more}))
    assert "✓ Ann : € 6.00 of statement 2 is marked as paid." in ran
    assert "The end: 1 done, 0 not." in ran, "KES was not wanted"
    states = [(each.state, [one.paid_on for one in each.totals.values()]) for each in paid.pay.statements(ANNA)]
    assert states == [("approved", [None]), ("approved", ["2024-12-05"])]
    check = words(boss.post(f"{PREFIX}/pay/check", data={**days, "act": "pay", "row": ["statement:1", "statement:2"]}))
    assert "KES 3.00" in check
    assert "Ann It is marked as paid already." in check


@pytest.mark.parametrize(
    ("act", "typed", "sentence"),
    [
        ("withdraw", {"text": " "}, "Say why in a few words"),
        ("pay", {"paid_on": "2024-12-05", "reference": "", "currency": "EUR"}, "Give the day of payment"),
        ("pay", {"paid_on": "2024-12-05", "reference": "SEPA 77"}, "at least one currency"),
    ],
)
def test_what_is_missing_is_asked_for_and_nothing_typed_is_lost(
    paid: Payroll, act: str, typed: dict[str, str], sentence: str
) -> None:
    paid.card("annotation", "2")
    paid.write(work(1, "2024-11-04 10:00"))
    (paid.settle if act == "pay" else paid.propose)()
    what = '[[1, "EUR"]]' if act == "pay" else "[[1]]"
    answer = browser(paid).post(f"{PREFIX}/pay/run", data={"act": act, "what": what, **typed})
    assert (answer.status_code, sentence in words(answer)) == (400, True)
    assert all(value in answer.text for value in typed.values())


def test_open_questions_are_named_before_approving(paid: Payroll) -> None:
    paid.card("annotation", "2")
    paid.write(work(1, "2024-11-04 10:00"))
    paid.propose()
    paid.pay.contest(1, "Is that all?", ANN, line=1)
    boss = browser(paid)
    check = boss.post(f"{PREFIX}/pay/check", data={"act": "approve", "row": "statement:1"})
    assert "Approve also while these questions wait for an answer: Ann (1)" in words(check)
    run = {"act": "approve", "what": sent_on(check)}
    assert "0 done, 1 not" in words(boss.post(f"{PREFIX}/pay/run", data=run))
    assert "1 done, 0 not" in words(boss.post(f"{PREFIX}/pay/run", data={**run, "despite": "yes"}))


def test_a_period_that_is_not_over_is_a_draft_alone(paid: Payroll) -> None:
    paid.card("annotation", "2")
    paid.write(work(1, "2024-11-04 10:00"))
    paid.now("2024-11-20")
    check = browser(paid).post(
        f"{PREFIX}/pay/check", data={"act": "propose", "row": "draft:ann", "from": NOVEMBER[0], "to": NOVEMBER[1]}
    )
    assert "Ann The period is not over" in words(check)
    assert 'name="what"' not in check.text


# -- Cards, holds and adjustments -------------------------------------------------------------------------------------

CARD = {"unit": "hour", "amount": "12.5", "currency": "eur", "whom": "all", "where": "all", "valid_from": "2024-11-01"}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"currency": "EURO"}, "The currency must be a code of ISO 4217"),
        ({"amount": "1.2345678"}, "more than 6 decimal places"),
        ({"amount": "-1"}, "must be a decimal number"),
        ({"valid_until": "2024-10-01"}, "would end before it begins"),
        ({"valid_from": ""}, "must be a date"),
        ({"clock": "capped", "cap_minutes": "often"}, "in minutes"),
        ({"clock": "capped", "cap_minutes": "0.01"}, "in minutes"),
        ({"whom": "member", "member": "nobody@x.example"}, "nobody is known"),
        ({"unit": "smile"}, "unit must be one of"),
    ],
)
def test_a_refused_card_is_told_in_a_sentence_and_nothing_typed_is_lost(
    paid: Payroll, typed: dict[str, str], sentence: str
) -> None:
    given = {**CARD, **typed}
    answer = browser(paid).post(f"{PREFIX}/pay/cards", data=given)
    assert (answer.status_code, sentence in words(answer)) == (400, True), words(answer)
    assert all(f'value="{given[name]}"' in answer.text for name in ("amount", "currency", "valid_from") if given[name])
    assert paid.pay.cards(ANNA) == []


def test_cards_are_added_ended_and_voided(paid: Payroll) -> None:
    boss = browser(paid)
    more = {
        "clock": "capped",
        "cap_minutes": "0.5",
        "whom": "member",
        "member": "ANN@acme.example",
        "where": "project:p1",
    }
    answer = boss.post(f"{PREFIX}/pay/cards", data={**CARD, **more})
    assert (answer.status_code, answer.location) == (303, f"{PREFIX}/pay/cards#card-1")
    [card] = paid.pay.cards(ANNA)
    assert (card.whom_id, card.place_id, card.cap_s, card.currency) == ("ann", "p1", 30, "EUR")
    assert "hour, at most 30 s each € 12.50 / h Ann Project One from 1 Nov 2024" in words(
        boss.get(f"{PREFIX}/pay/cards")
    )
    assert boss.post(f"{PREFIX}/pay/cards", data={**CARD, "whom": "role:annotator"}).status_code == 303
    twice = boss.post(f"{PREFIX}/pay/cards", data={**CARD, "whom": "role:annotator"})
    assert (twice.status_code, "Card 2 decides the same work" in words(twice)) == (400, True)
    assert boss.post(f"{PREFIX}/pay/cards/1", data={"act": "end", "last": "2024-12-31"}).status_code == 303
    assert "1 Nov – 31 Dec 2024" in words(boss.get(f"{PREFIX}/pay/cards"))
    assert boss.post(f"{PREFIX}/pay/cards/2", data={"act": "void"}).status_code == 303
    assert len(paid.pay.cards(ANNA)) == 1
    paid.write(work(1, "2024-11-04 10:00"))
    paid.settle()
    used = boss.post(f"{PREFIX}/pay/cards/1", data={"act": "void"})
    assert (used.status_code, "Card 1 has paid work; let it end instead." in words(used)) == (400, True)


def test_items_are_set_aside_and_released_from_a_draft(paid: Payroll) -> None:
    paid.card("annotation", "2")
    paid.write(work(1, "2024-11-04 10:00"), work(2, "2024-11-05 10:00"))
    boss, days = browser(paid), {"user": "ann", "from": NOVEMBER[0], "to": NOVEMBER[1]}
    opened = boss.get(f"{PREFIX}/pay/draft?user=ann&{DAYS}&open=line-1")
    assert 'name="item" value="annotation:1"' in opened.text
    hold = {**days, "act": "hold", "item": ["annotation:1", "annotation:77"], "text": "A test task"}
    told = words(boss.post(f"{PREFIX}/pay/hold", data=hold))
    assert "✓ annotation 1 : It is set aside" in told
    assert "✗ Not done: annotation 77 : There is no annotation 77" in told
    assert "held 1 annotation A payer set it aside. A test task" in words(
        boss.get(f"{PREFIX}/pay/draft?user=ann&{DAYS}")
    )
    release = {**hold, "act": "release", "item": "annotation:1"}
    assert "annotation 1 : It is released" in words(boss.post(f"{PREFIX}/pay/hold", data=release))
    assert paid.draft().totals == {"EUR": "4.00"}


def test_an_adjustment_is_taken_by_the_next_statement(paid: Payroll) -> None:
    boss, days = browser(paid), {"user": "ann", "from": NOVEMBER[0], "to": NOVEMBER[1]}
    wrong = boss.post(
        f"{PREFIX}/pay/adjust", data={**days, "amount": "5.555", "currency": "EUR", "text": "Bonus & more"}
    )
    assert (wrong.status_code, "more than 2 decimal places" in words(wrong)) == (400, True)
    assert 'value="5.555"' in wrong.text
    assert "Bonus &amp; more" in wrong.text
    right = boss.post(f"{PREFIX}/pay/adjust", data={**days, "amount": "5.55", "currency": "eur", "text": "Bonus"})
    assert right.status_code == 303
    assert "Adjustment: Bonus € 5.55" in words(boss.get(right.location))


# -- Members ----------------------------------------------------------------------------------------------------------


def test_my_pay_has_the_running_draft_the_statements_and_the_cards(paid: Payroll) -> None:
    paid.card("annotation", "2")
    paid.card("annotation", "3", whom="member", whom_id="rev")
    paid.write(work(1, "2024-11-04 10:00"), work(2, "2025-02-01 10:00"))
    paid.settle()
    paid.now("2025-02-03 12:00")
    told = words(browser(paid, "ann:annotator").get(f"{PREFIX}/my-pay"))
    assert "Draft of 1 – 3 Feb 2025" in told
    assert "EUR € 2.00 Work 1 annotation, 1m 40s" in told
    assert "Statement 1 1 – 30 Nov 2024 1 annotation € 2.00 approved 1 Feb 2025" in told
    assert "1 annotation € 2.00 Everybody All projects from 1 Jan 2024" in told
    assert "€ 3.00" not in told


def test_a_member_asks_and_reads_the_answer(paid: Payroll) -> None:
    paid.card("annotation", "2")
    paid.write(work(1, "2024-11-04 10:00"), work(2, "2024-11-04 11:00"))
    paid.propose()
    ann, boss = browser(paid, "ann:annotator"), browser(paid)
    empty = ann.post(f"{PREFIX}/pay/statements/1/question", data={"about": "line:9", "text": "Why?"})
    assert (empty.status_code, "no such line" in words(empty), "Why?" in empty.text) == (400, True, True)
    asked = ann.post(
        f"{PREFIX}/pay/statements/1/question", data={"about": "annotation:2", "text": "Was it long?\nYes."}
    )
    assert (asked.status_code, asked.location) == (303, f"{PREFIX}/pay/statements/1#questions")
    assert "annotation 2 answer by 15 Feb 2025 Was it long? Yes. asked on 1 Feb 2025" in words(ann.get(asked.location))
    assert "contested" in words(boss.get(f"{PREFIX}/pay?{DAYS}"))
    assert "Questions (1)" in words(boss.get(f"{PREFIX}/pay?{DAYS}"))
    wrong = boss.post(f"{PREFIX}/pay/questions/1", data={"word": "perhaps", "text": "It was short."})
    assert (wrong.status_code, "It was short." in wrong.text) == (400, True)
    right = boss.post(f"{PREFIX}/pay/questions/1", data={"word": "explained", "text": "It was short."})
    assert right.status_code == 303
    told = words(ann.get(f"{PREFIX}/my-pay"))
    assert "annotation 2 Explained Was it long? Yes. asked on 1 Feb 2025 It was short. answered by Boss" in told
    again_ = boss.post(f"{PREFIX}/pay/questions/1", data={"word": "refused", "text": "No."})
    assert (again_.status_code, "was answered" in words(again_)) == (409, True)
    assert ann.post(f"{PREFIX}/pay/statements/1/acknowledge").status_code == 303
    assert "acknowledged" in words(ann.get(f"{PREFIX}/pay/statements/1"))
    assert "Acknowledge" not in words(ann.get(f"{PREFIX}/pay/statements/1"))


def test_files_are_those_of_the_command_line(paid: Payroll, tmp_path: Path) -> None:
    paid.card("annotation", "2")
    paid.write(work(1, "2024-11-04 10:00"))
    paid.settle()
    paid.pay.export(tmp_path / "out", ANNA, *NOVEMBER)
    boss = browser(paid)
    for name in ("payroll.csv", "lines.csv", "items.csv", "manifest.json"):
        answer = boss.get(f"{PREFIX}/pay/{name}?{DAYS}", buffered=True)
        assert answer.data == (tmp_path / "out" / name).read_bytes()
        assert name in answer.headers["Content-Disposition"]
    assert boss.get(f"{PREFIX}/pay/payroll.csv?state=lost").status_code == 400
    assert boss.get(f"{PREFIX}/pay/payroll.csv?from=2024-11-01").status_code == 400
    assert boss.get(f"{PREFIX}/pay/lines.csv?from=2024-12-01&to=2024-12-31", buffered=True).text.count("\n") == 1


def test_order_of_rows_puts_those_without_a_value_last() -> None:
    def row(name: str, amounts: dict[str, str]) -> overview.Row:
        summary = documents.Summary({}, None, {}, has_line=True)
        day = at("2024-11-01").date()
        return overview.Row(name, name, day, day, "draft", ("draft",), summary, amounts)

    three = [row("a", {}), row("b", {"EUR": "9.00"}), row("c", {"EUR": "10.00"})]
    assert [each.person for each in overview.in_order(three, "amount:EUR")] == ["b", "c", "a"]
    assert [each.person for each in overview.in_order(three, "-amount:EUR")] == ["c", "b", "a"]


def test_every_page_says_in_the_same_words_why_work_is_left_out(paid: Payroll) -> None:
    paid.card("hour", "36")
    paid.card("review", "1")
    first = work(1, "2024-11-04 10:00", 100)
    paid.write(first, work(2, "2024-11-04 11:00", None), work(3, "2024-11-05 11:00", created_at=at("2024-10-01")))
    paid.propose()
    paid.write(again(first, "2024-12-04 10:00", 160))
    paid.write(review(7, "2024-12-05 10:00", "accepted", annotation_id=2, reviewer_id="ann"))
    december = f"from={DECEMBER[0]}&to={DECEMBER[1]}"
    reasons = ["1 own work", "1 held", "1 no time", "1 waits for approval"]
    chips = r'<span class="chip">(\d+ [^<]*)</span>'
    assert re.findall(chips, browser(paid).get(f"{PREFIX}/pay?{december}").text) == reasons
    member = browser(paid, "ann:annotator")
    assert re.findall(chips, member.get(f"{PREFIX}/my-pay?{december}").text) == reasons
    told = words(member.get(f"{PREFIX}/pay/draft?{december}"))
    for reason in reasons:
        assert f"{reason[2:]} 1 " in told


def test_every_class_of_the_templates_has_a_style() -> None:
    styles = "".join(Path(f"assets/{name}.css").read_text() for name in ("pay", "perfwidget"))
    for template in Path("perfwidget/pay_pages/templates").iterdir():
        for classes in re.findall(r'class="([^"]*)"', re.sub(r"{[{%].*?[%}]}", "", template.read_text())):
            for each in classes.split():
                assert re.search(rf"\.{each}(?![\w-])", styles), f"{each} of {template.name}"


def test_a_manager_reads_that_others_and_their_cards_are_not_shown(paid: Payroll) -> None:
    paid.write(
        Member(ORGANIZATION, "max", None, "Max", role="manager"), Membership(ORGANIZATION, "max", project_id="p1")
    )
    paid.card("annotation", "2", place="project", place_id="p2")
    paid.card("annotation", "3")
    paid.write(work(1, "2024-11-04 10:00"), work(2, "2024-11-04 10:00", completed_by="rev", project_id="p2"))
    manager = browser(paid, "max:manager", pay_roles=["owner", "manager"])
    listed = words(manager.get(f"{PREFIX}/pay?{DAYS}"))
    assert "Rev " not in listed
    assert "Members with work in projects that are not yours are not shown" in listed
    assert "not shown" not in words(browser(paid).get(f"{PREFIX}/pay?{DAYS}&q=ann"))
    cards = manager.get(f"{PREFIX}/pay/cards").text
    assert 'aria-label="Void card' not in cards, "that of all projects pays them, and is not theirs to end"
    paid.card("annotation", "4", place="project", place_id="p1")
    assert re.findall('aria-label="Void card (\\d)"', manager.get(f"{PREFIX}/pay/cards").text) == ["3"]
    paid.pay.void_card(2, ANNA)
    paid.pay.void_card(3, ANNA)
    assert "No project of yours has a rate card of its own" in words(manager.get(f"{PREFIX}/pay/cards"))


def test_a_payer_finds_the_way_from_a_statement_to_the_answer(paid: Payroll) -> None:
    paid.card("annotation", "2")
    paid.write(work(1, "2024-11-04 10:00"))
    paid.propose()
    paid.pay.contest(1, "Why?", ANN, line=1)
    way = f'href="{PREFIX}/pay/questions#question-1"'
    assert way in browser(paid).get(f"{PREFIX}/pay/statements/1").text
    assert way not in browser(paid, "ann:annotator").get(f"{PREFIX}/pay/statements/1").text
    paid.pay.answer(1, "explained", "So.", ANNA)
    assert way not in browser(paid).get(f"{PREFIX}/pay/statements/1").text


@pytest.mark.parametrize(
    ("first", "last", "before", "after"),
    [
        ("2024-03-01", "2024-03-31", "2024-02-01 2024-02-29", "2024-04-01 2024-04-30"),
        ("2024-11-01", "2025-01-31", "2024-08-01 2024-10-31", "2025-02-01 2025-04-30"),
        ("2024-11-10", "2024-11-20", "2024-10-30 2024-11-09", "2024-11-21 2024-12-01"),
    ],
)
def test_the_list_leads_to_the_months_or_days_before_and_after(
    paid: Payroll, first: str, last: str, before: str, after: str
) -> None:
    text = browser(paid).get(f"{PREFIX}/pay?from={first}&to={last}").text
    ways = re.findall(r'class="turn" href="[^"]*[?;]from=([\d-]+)&amp;to=([\d-]+)', text)
    assert [" ".join(way) for way in ways] == [before, after]
