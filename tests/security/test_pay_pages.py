"""Nobody sees or changes pay that is not theirs: every address of pay, asked by everybody, and forged acts."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from perfwidget.facts import Member, Membership
from perfwidget.pay import Pay
from perfwidget.question.access import Viewer
from perfwidget.records import audit
from tests.hosts import host
from tests.pay.payrolls import ANNA, NOVEMBER, ZONE, Payroll, payroll, work
from tests.security.matrix import ROUTES
from tests.worlds import ORGANIZATION

PREFIX = "/performance"
DAYS = "from=2024-11-01&to=2024-11-30"
ANN, BOB, CARL = "111.11", "222.22", "333.33"
"""What each one is paid: these digits stand nowhere else."""
QUESTION = "Where is the other one?"
PEOPLE = ("boss:owner", "adm:admin", "mgr:manager", "rev:reviewer", "ann:annotator", "bob:annotator")
PAYERS = ("boss:owner", "adm:admin")
READ = {
    f"/pay?{DAYS}": "payers",
    f"/pay/draft?user=carl&{DAYS}": "payers",
    "/pay/statements/1": "ann",
    "/pay/statements/1?open=line-1": "ann",
    "/pay/statements/2": "bob",
    "/pay/statements/99": "nobody",
    "/pay/statements/99999999999999999999": "nobody",
    "/pay/cards": "payers",
    "/pay/terms": "payers",
    "/pay/questions": "payers",
    f"/my-pay?{DAYS}": "everybody",
    "/pay/payroll.csv?state=all": "payers",
    "/pay/lines.csv?state=all": "payers",
    "/pay/items.csv?state=all": "payers",
    "/pay/manifest.json?state=all": "payers",
}
"""What is read at each address, and by whom besides payers."""


@dataclass
class World:
    payroll: Payroll
    app: Flask
    named: Flask
    """The same with managers as payers."""
    elsewhere: Flask
    """The same of another organization's owner."""
    guarded: Flask
    """The same with CSRFProtect."""

    def head(self) -> str:
        with self.payroll.records.reading(ORGANIZATION) as transaction:
            return str(audit.head(transaction))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with payroll(Path(tmp_path_factory.mktemp("pay"))) as paid:
        paid.store.write(
            [
                Member(ORGANIZATION, "adm", "adm@acme.example", "Adm", role="admin"),
                Member(ORGANIZATION, "mgr", "mgr@acme.example", "Mgr", role="manager"),
                Member(ORGANIZATION, "bob", "bob@acme.example", "Bob", role="annotator"),
                Member(ORGANIZATION, "carl", "carl@acme.example", "Carl", role="annotator"),
                Member("other", "eve", "eve@other.example", "Eve", role="owner"),
                Membership(ORGANIZATION, "mgr", project_id="p1"),
            ]
        )
        for number, (member, amount) in enumerate((("ann", ANN), ("bob", BOB), ("carl", CARL))):
            paid.card("annotation", amount, whom="member", whom_id=member)
            project = "p2" if member == "bob" else "p1"
            paid.write(work(100 + number, "2024-11-05 10:00", completed_by=member, project_id=project))
        for member in ("ann", "bob"):
            paid.propose(member=member)
        paid.pay.contest(1, QUESTION, Viewer(ORGANIZATION, "ann", "annotator"), line=1)
        settings = {"timezone": ZONE, "records": paid.records}
        yield World(
            paid,
            host(paid.store, **settings),
            host(paid.store, pay_roles=["owner", "admin", "manager"], **settings),
            host(paid.store, viewer=Viewer("other", "eve", "owner"), **settings),
            host(paid.store, csrf=True, **settings),
        )


def signed_in(app: Flask, who: str | None) -> FlaskClient:
    browser = app.test_client()
    if who is not None:
        browser.get(f"/login?as={who}")
    return browser


def owed(text: str) -> set[str]:
    return {each for each in (ANN, BOB, CARL) if each in text}


def proposal(world: World, member: str = "carl", sha256: str | None = None) -> dict[str, str]:
    draft = world.payroll.pay.draft(member, *NOVEMBER, ANNA)
    return {"act": "propose", "what": json.dumps([[member, *NOVEMBER, sha256 or draft.sha256]])}


# -- Reading ----------------------------------------------------------------------------------------------------------


def test_every_address_of_pay_is_asked_here() -> None:
    read = {re.sub(r"/\d+", "/<int:number>", address.partition("?")[0]) for address in READ}
    known = {rule for kind, rule in ROUTES.values() if kind == "pay"}
    forged = {rule for rule, _ in FORGED}
    spelled = {rule.replace("card_id", "number") for rule in known}
    assert spelled == read | {re.sub(r"/\d+", "/<int:number>", rule) for rule in forged}


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("address", READ)
def test_a_member_sees_their_own_and_a_payer_all(world: World, who: str, address: str) -> None:
    name, whose = who.partition(":")[0], READ[address]
    answer = signed_in(world.app, who).get(f"{PREFIX}{address}", buffered=True)
    payer = who in PAYERS
    allowed = whose in ("everybody", name) or (payer and whose != "nobody")
    assert answer.status_code == (200 if allowed else 403), answer.text[-600:]
    mine = {"ann": {ANN}, "bob": {BOB}}.get(name, set())
    if not allowed:
        assert owed(answer.text) == set()
        assert QUESTION not in answer.text
    elif not payer:
        assert owed(answer.text) <= mine
        assert (QUESTION in answer.text) <= (name == "ann")
    elif address.startswith(("/pay?", "/pay/cards")):
        assert owed(answer.text) == {ANN, BOB, CARL}


@pytest.mark.parametrize("address", READ)
def test_who_is_not_signed_in_learns_nothing(world: World, address: str) -> None:
    answer = signed_in(world.app, None).get(f"{PREFIX}{address}")
    assert answer.status_code == (401 if address.partition("?")[0].endswith(("csv", "json")) else 302)
    assert owed(answer.text) == set()


@pytest.mark.parametrize("address", READ)
@pytest.mark.parametrize("who", ["ghost:king", "ann:nobody"])
def test_who_has_no_role_is_refused(world: World, who: str, address: str) -> None:
    answer = signed_in(world.app, who).get(f"{PREFIX}{address}")
    assert answer.status_code == 403
    assert owed(answer.text) == set()


@pytest.mark.parametrize("address", READ)
def test_a_named_manager_sees_what_lies_in_their_projects(world: World, address: str) -> None:
    answer = signed_in(world.named, "mgr:manager").get(f"{PREFIX}{address}", buffered=True)
    assert BOB not in answer.text
    right = {"/pay/statements/1": {ANN}, f"/pay?{DAYS}": {ANN, CARL}, "/pay/payroll.csv?state=all": {ANN}}
    if address in right:
        assert owed(answer.text) == right[address]
    if address in ("/pay/statements/2", "/pay/terms"):
        assert answer.status_code == 403


@pytest.mark.parametrize("address", READ)
def test_another_organization_has_nothing_to_do_with_it(world: World, address: str) -> None:
    answer = signed_in(world.elsewhere, "eve:owner").get(f"{PREFIX}{address}", buffered=True)
    assert owed(answer.text) == set()
    assert QUESTION not in answer.text
    if "/statements/" in address:
        assert answer.status_code == 403


# -- Forged acts ------------------------------------------------------------------------------------------------------

FORGED = (
    ("/pay/check", {"act": "propose", "row": "draft:carl", "from": NOVEMBER[0], "to": NOVEMBER[1]}),
    ("/pay/run", {"act": "approve", "what": "[[1], [2]]", "despite": "yes"}),
    ("/pay/run", {"act": "withdraw", "what": "[[1]]", "text": "No."}),
    ("/pay/run", {"act": "pay", "what": '[[1, "EUR"]]', "paid_on": "2024-12-05", "reference": "1", "currency": "EUR"}),
    (
        "/pay/cards",
        {"unit": "hour", "amount": "900", "currency": "EUR", "whom": "all", "where": "all", "valid_from": "2024-01-01"},
    ),
    ("/pay/cards/1", {"act": "end", "last": "2024-12-31"}),
    ("/pay/cards/3", {"act": "void"}),
    ("/pay/terms", {"first": "2024-10-01"}),
    ("/pay/hold", {"act": "hold", "item": "annotation:102", "text": "Wait."}),
    ("/pay/adjust", {"user": "ann", "amount": "5000", "currency": "EUR", "text": "Gift", "from": "2024-12-01"}),
    ("/pay/adjustments/1", {"user": "ann", "text": "A slip."}),
    ("/pay/questions/1", {"word": "refused", "text": "No."}),
    ("/pay/statements/2/acknowledge", {}),
    ("/pay/statements/2/question", {"about": "line:1", "text": "Mine!"}),
)


@pytest.mark.parametrize(("address", "form"), FORGED)
@pytest.mark.parametrize("who", ["ann:annotator", "mgr:manager", "rev:reviewer", "ghost:king", None])
def test_nobody_without_a_pay_role_changes_anything(
    world: World, who: str | None, address: str, form: dict[str, str]
) -> None:
    before = world.head()
    answer = signed_in(world.app, who).post(f"{PREFIX}{address}", data=form)
    told = answer.text
    if address in ("/pay/run", "/pay/hold") and answer.status_code == 200:
        assert "0 done" in told
        assert "✓" not in told
    else:
        assert answer.status_code == (401 if who is None else 403), told[-500:]
    assert world.head() == before
    assert owed(told) <= ({ANN} if who == "ann:annotator" else set())


@pytest.mark.parametrize(("address", "form"), FORGED)
def test_the_owner_of_another_organization_changes_nothing_here(
    world: World, address: str, form: dict[str, str]
) -> None:
    before = world.head()
    answer = signed_in(world.elsewhere, "eve:owner").post(f"{PREFIX}{address}", data=form, buffered=True)
    assert world.head() == before
    assert owed(answer.text) == set()


@pytest.mark.parametrize(("address", "form"), FORGED)
def test_another_site_cannot_let_a_payer_act(world: World, address: str, form: dict[str, str]) -> None:
    before, browser = world.head(), signed_in(world.app, "boss:owner")
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = browser.post(f"{PREFIX}{address}", data=form, headers=headers)
        assert (answer.status_code, "another site" in answer.text) == (403, True)
    guarded = signed_in(world.guarded, "boss:owner").post(f"{PREFIX}{address}", data=form)
    assert (guarded.status_code, "CSRF" in guarded.text) == (400, True)
    assert world.head() == before


@pytest.mark.parametrize("address", READ)
def test_another_site_may_lead_to_a_page_and_read_none(world: World, address: str) -> None:
    browser, file = signed_in(world.app, "boss:owner"), address.partition("?")[0].endswith(("csv", "json"))
    site = {"Sec-Fetch-Site": "cross-site"}
    answer = browser.get(f"{PREFIX}{address}", headers=site | {"Sec-Fetch-Mode": "no-cors"})
    assert (answer.status_code, owed(answer.text)) == (403, set())
    answer = browser.get(f"{PREFIX}{address}", headers=site | {"Sec-Fetch-Mode": "navigate"}, buffered=True)
    assert answer.status_code == (403 if file or "99" in address else 200)
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("address", [address for address, _ in FORGED if address not in ("/pay/cards", "/pay/terms")])
def test_an_act_is_no_link(world: World, address: str) -> None:
    before, browser = world.head(), signed_in(world.app, "boss:owner")
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert browser.open(f"{PREFIX}{address}", method=method).status_code == 405
    assert world.head() == before


def test_a_stale_hash_proposes_nothing(world: World) -> None:
    before, browser = world.head(), signed_in(world.app, "boss:owner")
    answer = browser.post(f"{PREFIX}/pay/run", data=proposal(world, sha256="0" * 64))
    assert "The draft has changed since it was seen" in answer.text
    assert "0 done, 1 not" in answer.text
    assert world.head() == before


@pytest.mark.parametrize(
    "form",
    [
        {"act": "steal", "what": "[[1]]"},
        {"act": "approve", "what": ""},
        {"act": "approve", "what": "[]"},
        {"act": "approve", "what": '[["1"]]'},
        {"act": "approve", "what": "[[true]]"},
        {"act": "approve", "what": "[[1, 2]]"},
        {"act": "approve", "what": "[" * 5_000},
        {"act": "approve", "what": json.dumps([[each] for each in range(2_001)])},
        {"act": "propose", "what": '[["carl", "2024-11-01", "2024-11-30", null]]'},
        {"act": "pay", "what": "[[1]]"},
    ],
)
def test_a_malformed_form_is_a_400_and_changes_nothing(world: World, form: dict[str, str]) -> None:
    before = world.head()
    answer = signed_in(world.app, "boss:owner").post(f"{PREFIX}/pay/run", data=form)
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert world.head() == before


def test_nobody_acts_on_their_own_pay(world: World) -> None:
    paid = world.payroll
    paid.card("annotation", "10", whom="member", whom_id="adm")
    paid.write(work(200, "2024-11-06 10:00", completed_by="adm"))
    before, browser = world.head(), signed_in(world.app, "adm:admin")
    form = {"act": "propose", "row": "draft:adm", "from": NOVEMBER[0], "to": NOVEMBER[1]}
    assert "Nobody acts on their own pay" in browser.post(f"{PREFIX}/pay/check", data=form).text
    assert "Nobody acts on their own pay" in browser.post(f"{PREFIX}/pay/run", data=proposal(world, "adm")).text
    assert world.head() == before


def test_a_demotion_ends_a_run_in_its_middle(world: World) -> None:
    """Each act asks the host anew who acts; what was done before stays."""
    roles = iter(["owner"] * 4 + ["annotator"] * 9)
    app = host(world.payroll.store, timezone=ZONE, records=world.payroll.records)
    widget = app.blueprints["perfwidget"]
    widget._viewer_of = lambda _: Viewer(ORGANIZATION, "boss", next(roles))  # type: ignore[attr-defined]
    browser = signed_in(app, "boss:owner")
    what = json.dumps([[member, *NOVEMBER, "0" * 64] for member in ("carl", "rev", "adm", "bob", "ann", "mgr")])
    told = browser.post(f"{PREFIX}/pay/run", data={"act": "propose", "what": what}).text
    assert told.count("Your role does not manage pay") >= 1
    assert "has changed since it was seen" in told


def test_texts_of_people_are_text(world: World) -> None:
    hostile = "<script>alert(1)</script>\"'><b>"
    pay: Pay = world.payroll.pay
    pay.contest(2, hostile, Viewer(ORGANIZATION, "bob", "annotator"), line=1)
    browser = signed_in(world.app, "boss:owner")
    for address in ("/pay/questions", "/pay/statements/2", f"/pay?{DAYS}&q={hostile}&sort={hostile}&state={hostile}"):
        text = browser.get(f"{PREFIX}{address}").text
        assert "<script>alert" not in text
        assert "<b>" not in text
