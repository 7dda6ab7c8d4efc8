"""Somebody who is known by an e-mail only: who may not choose members never sees it, but a pseudonym that stays."""

import csv
import hashlib
import hmac
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from perfwidget.facts import Comment
from perfwidget.metrics import METRICS, Unit
from perfwidget.question.access import Viewer
from perfwidget.stores import Store
from tests.exports import LATER, NOON, export, review, row, stored
from tests.hosts import asking, host
from tests.worlds import ORGANIZATION, annotation, at

EVERYBODY = ("ann@x.example", "bob@x.example", "rev@x.example")
ANN, BOB, REV = EVERYBODY
PERIOD = "from=2024-03-01&to=2024-03-03&tz=UTC"
KEY = "only for tests"


def pseudonym(email: str, organization: str = ORGANIZATION, key: str = KEY) -> str:
    """Return it as the promise has it, worked out here."""
    whom = f'["perfwidget pseudonym", "{organization}", "{email}"]'
    return f"member-{hmac.new(key.encode(), whom.encode(), hashlib.sha256).hexdigest()[:10]}"


def work(number: int, owner: str) -> dict[str, Any]:
    """Return a row of an export: work of one, reviewed by another, with remarks by everybody."""
    remarks = [
        {"id": 10 * number + place, "created_by": {"email": email}, "created_at": NOON, "text": "lorem"}
        for place, email in enumerate(EVERYBODY)
    ]
    mine = {"email": owner.upper()}
    return row(id=number, completed_by=mine, reviews=[review(id=number, created_by={"email": REV})], comments=remarks)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    opened = stored(export(work(1, ANN), work(2, BOB)))
    yield opened
    opened.close()


def client_of(app: Flask, who: str) -> Any:
    browser = app.test_client()
    browser.get(f"/login?as={who}")
    return browser


def answers(browser: Any) -> Iterator[tuple[str, str]]:
    """Yield all that a viewer may ask, and what comes."""
    files = [f"export/{kind}?{PERIOD}" for kind in ("report.json", "report.csv", "timeline.csv", "comments.csv")]
    counted = [metric for metric in METRICS if metric.unit is not Unit.INSTANT]
    files += [f"export/rows.csv?{PERIOD}&metric={metric.key}" for metric in counted]
    for path in (f"?{PERIOD}", "_dash-layout", *files):
        answer = browser.get(f"/performance/{path}")
        assert answer.status_code == 200, path
        yield path, answer.text
    told: list[tuple[str, dict[str, Any]]] = [
        ("asked", {"question": PERIOD}),
        ("look", {"question": PERIOD}),
        *(("rows-sought", {"question": f"{PERIOD}&rows={metric.key}"}) for metric in counted),
        *(("seek", {"kind": "member", "text": text, "workspaces": []}) for text in ("", "@", "bob")),
    ]
    for place, value in told:
        answer = asking(browser, place, value)
        assert answer.status_code == 200, (place, value)
        yield f"{place} {value}", answer.text


def cells(browser: Any, path: str, *columns: str) -> list[tuple[str, ...]]:
    """Return some columns of a file."""
    text = browser.get(f"/performance/export/{path}").text
    return [tuple(line[column] for column in columns) for line in csv.DictReader(io.StringIO(text))]


@pytest.mark.parametrize(("viewer", "role"), [(ANN, "annotator"), (REV, "reviewer")])
def test_no_answer_holds_the_email_of_somebody_else(store: Store, viewer: str, role: str) -> None:
    browser = client_of(host(store), f"{viewer}:{role}")
    told = dict(answers(browser))
    for other in set(EVERYBODY) - {viewer}:
        assert [place for place, text in told.items() if other in text.lower()] == []
    assert json.loads(told[f"export/report.json?{PERIOD}"])["user"]["id"] == viewer


def test_the_same_person_is_called_the_same_everywhere(store: Store) -> None:
    ann = client_of(host(store), f"{ANN}:annotator")
    assert cells(ann, f"comments.csv?{PERIOD}", "created_by", "created_by_email") == [
        (pseudonym(BOB), ""),
        (pseudonym(REV), ""),
    ]
    received = f"rows.csv?{PERIOD}&metric=performance_score"
    assert cells(ann, received, "completed_by", "reviewer_id") == [(ANN, pseudonym(REV))]
    rev = client_of(host(store), f"{REV}:reviewer")
    taken = f"rows.csv?{PERIOD}&metric=reviews_accepted"
    assert cells(rev, taken, "completed_by", "reviewer_id") == [(pseudonym(ANN), REV), (pseudonym(BOB), REV)]
    assert cells(ann, f"timeline.csv?{PERIOD}", "user_id") == [(ANN,)]


def test_those_who_choose_members_see_whom_they_may_choose(store: Store) -> None:
    boss = client_of(host(store), "boss:owner")
    assert cells(boss, f"comments.csv?{PERIOD}&user={ANN}", "created_by") == [(BOB,), (REV,)]


def test_another_key_or_organization_gives_another_pseudonym(store: Store) -> None:
    for name in ("acme", "other"):
        of = {"organization_id": name}
        store.write([annotation("n", NOON, completed_by="7", **of), _remark(name, "cli@x.example")])
        for key in (None, "k" * 32, b"k" * 32):
            app = host(store, viewer=Viewer(name, "7", "annotator", projects=["p1"]), pseudonym_key=key)
            [(called,)] = cells(client_of(app, "7:annotator"), f"comments.csv?{PERIOD}", "created_by")
            assert called == pseudonym("cli@x.example", name, KEY if key is None else "k" * 32)


def test_without_anything_secret_all_are_called_alike(store: Store) -> None:
    app = host(store)
    ann = client_of(app, f"{ANN}:annotator")
    app.login_manager.request_loader(lambda _: app.login_manager._user_callback(f"{ANN}:annotator"))  # type: ignore[attr-defined]
    app.secret_key = None
    assert cells(ann, f"comments.csv?{PERIOD}", "created_by") == [("member",), ("member",)]


@pytest.mark.parametrize(
    ("author", "shown"),
    [
        ("12", "12"),
        ("cli", "cli"),
        ("CLI@X.example", pseudonym("CLI@X.example")),
        ("cli\uff20x.example", pseudonym("cli\\uff20x.example")),
        ("=a@b", pseudonym("=a@b")),
    ],
)
def test_only_emails_are_hidden(store: Store, author: str, shown: str) -> None:
    store.write([annotation("n", NOON, completed_by="8"), _remark(ORGANIZATION, author, "8")])
    browser = client_of(host(store, viewer=Viewer(ORGANIZATION, "8", "annotator", projects=["p1"])), "8:annotator")
    assert cells(browser, f"comments.csv?{PERIOD}", "created_by") == [(shown,)]


def test_an_email_that_comes_to_mean_a_member_is_their_id_from_then_on() -> None:
    store = stored(export(work(1, ANN)))
    ann = client_of(host(store), f"{ANN}:annotator")
    assert cells(ann, f"comments.csv?{PERIOD}", "created_by") == [(pseudonym(BOB),), (pseudonym(REV),)]
    later = stored(export(work(1, ANN)), export(row(id=3, completed_by={"id": 9, "email": BOB})))
    ann = client_of(host(later), f"{ANN}:annotator")
    assert cells(ann, f"comments.csv?{PERIOD}", "created_by") == [("9",), (pseudonym(REV),)]
    store.close()
    later.close()


def _remark(organization: str, author: str, owner: str = "7") -> Comment:
    when = at(LATER)
    return Comment(organization, "n", "n", "p1", "tn", owner, author, "lorem", when, when)
