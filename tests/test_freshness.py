"""As of when the figures are, where a source keeps them in step: the route that the page looks at, and its words."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

from perfwidget.facts import Fact, Member, Membership
from perfwidget.facts.ingest import NOT_COMPLETE, NOTHING_TOLD, NOTICE, PROGRESS, Bookmark, Observation
from perfwidget.stores import Reader, Store, open_store
from perfwidget.stores.postgresql.address import parse
from tests.engines.server import Server
from tests.hosts import asking, asking_body, host
from tests.worlds import ORGANIZATION, annotation, at, people, review

SOURCE = "platform"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"duckdb:///{tmp_path}/facts.duckdb")
    opened.write([*people(), annotation(1, "2024-03-05 12:00", lead_time=10)])
    yield opened
    opened.close()


@pytest.fixture
def client(store: Store) -> Callable[..., FlaskClient]:
    def signed_in(who: str = "ann:annotator", **settings: object) -> FlaskClient:
        browser = host(store, **settings).test_client()  # type: ignore[arg-type]
        browser.get(f"/login?as={who}")
        return browser

    return signed_in


def ago(**length: float) -> datetime:
    return datetime.now(UTC) - timedelta(**length)


def look(client: FlaskClient, query: str = "") -> dict[str, Any]:
    """Return what an open page is told: a mark that differs once there is news, and how old its figures are."""
    answer = asking(client, "look", {"question": query})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    told: dict[str, Any] = answer.json["response"]
    return told


def news(client: FlaskClient) -> str | None:
    told: str | None = look(client)["news"]["data"]
    return told


def late(client: FlaskClient, query: str = "") -> str:
    told: str = look(client, query)["late"]["data"]
    return told


def test_without_a_source_that_keeps_them_in_step_the_figures_are_of_now(client: Callable[..., FlaskClient]) -> None:
    browser = client()
    drawn = asking(browser, "asked", {"question": "tz=UTC"}).json["response"]
    found = look(browser, "tz=UTC")
    assert (found["late"]["data"], drawn["late"]["data"]) == ("", "")
    assert ago(minutes=5) < datetime.fromisoformat(found["as-of"]["dateTime"]) <= datetime.now(UTC)
    assert found["news"]["data"] == drawn["answer"]["data"]["news"]


def test_an_open_page_of_any_host_learns_of_other_facts(new_store: Callable[[], str]) -> None:
    when = "2024-03-05 12:00"
    steps: list[tuple[Callable[[Store], object], str]] = [
        (lambda store: store.write([annotation(2, when)]), "boss ann"),
        (lambda store: store.write([annotation(3, when, completed_by="rev")]), "boss"),
        (lambda store: store.write([annotation(4, "2023-03-05 12:00")]), "boss"),
        (lambda store: store.write([annotation(5, when, organization_id="elsewhere")]), ""),
        (lambda store: store.write(annotation(number, when) for number in range(10, 600)), "boss ann"),
        (lambda store: store.write([Bookmark(ORGANIZATION, "x", "y"), annotation(6, when)]), "boss ann"),
        (lambda store: store.write([Bookmark(ORGANIZATION, "x", "z")]), ""),
        (lambda store: store.remove([annotation(6, when)]), "boss ann"),
        (lambda store: store.retain(ORGANIZATION, {"comments": 1}), ""),
        (lambda store: store.forget(ORGANIZATION, "rev"), "boss"),
        (lambda store: store.set_memberships(ORGANIZATION, "ann", []), "boss ann"),
        (lambda store: store.forget_project(ORGANIZATION, "p1"), "boss"),
    ]
    with closing(open_store(new_store(), wait=0)) as store:
        store.write([*people(), annotation(1, when, lead_time=10)])
        browsers = {}
        for who in ("boss:owner", "ann:annotator"):
            browsers[who] = host(store).test_client()
            browsers[who].get(f"/login?as={who}")

        def told() -> dict[str, str]:
            question = "from=2024-03-01&to=2024-03-31&tz=UTC"
            return {who: look(browser, question)["news"]["data"] for who, browser in browsers.items()}

        before = told()
        assert told() == before
        for number, (act, learn) in enumerate(steps):
            act(store)
            after = told()
            learned = {who.partition(":")[0] for who in browsers if after[who] != before[who]}
            assert learned == set(learn.split()), number
            before = after


def test_a_page_over_views_learns_where_the_host_names_what_differs(postgresql: Server) -> None:
    address = postgresql.new_store()
    schema = parse(address).schema
    views = address.replace("schema=", "views=")

    def told(over: Store) -> list[str | None]:
        found = []
        for who in ("boss:owner", "ann:annotator"):
            browser = host(over).test_client()
            browser.get(f"/login?as={who}")
            found.append(look(browser, "from=2024-03-01&to=2024-03-31&tz=UTC")["news"]["data"])
        return found

    with closing(open_store(address)) as store:
        store.write([*people(), annotation(1, "2024-03-05 12:00")])
        with closing(open_store(views)) as silent:
            assert told(silent) == [None, None]
        with psycopg.connect(postgresql.address()) as connection:
            connection.execute(
                f"CREATE VIEW {schema}.changes AS SELECT organization_id, max(updated_at) AS mark "
                f"FROM {schema}.annotations GROUP BY organization_id"
            )
        with closing(open_store(views)) as telling:
            before = told(telling)
            assert told(telling) == before
            store.write([annotation(2, "2023-03-05 12:00", updated_at=at("2024-03-06 12:00"))])  # of another year
            after = told(telling)
            assert [one != other for one, other in zip(before, after, strict=True)] == [True, False]
            store.write([annotation(3, "2024-03-07 12:00")])
            assert all(one != other for one, other in zip(after, told(telling), strict=True))


def test_what_somebody_may_see_is_worked_out_again_only_when_something_changed(
    store: Store, client: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    work_out = Reader.fingerprint
    monkeypatch.setattr(Reader, "fingerprint", lambda self, of: asked.append(of) or work_out(self, of))
    browser = client()
    for _ in range(3):
        news(browser)
    assert len(asked) == 1
    store.write([annotation(2, "2024-03-05 12:00")])
    for _ in range(3):
        news(browser)
    assert len(asked) == 2


def test_news_of_those_who_see_everything_change_with_the_facts_alone(
    store: Store, client: Callable[..., FlaskClient]
) -> None:
    store.write([Bookmark(ORGANIZATION, SOURCE, "1", ago(minutes=1)), Bookmark(ORGANIZATION, "project 7", "page 3")])
    first = news(client("boss:owner"))
    store.write([Bookmark(ORGANIZATION, SOURCE, "1", ago(seconds=1)), Bookmark(ORGANIZATION, "project 7", "page 4")])
    assert news(client("boss:owner")) == first
    store.write([Bookmark("another", SOURCE, "9", ago(seconds=1))])
    assert news(client("boss:owner")) == first
    store.write([Bookmark(ORGANIZATION, SOURCE, "2", ago(seconds=1))])
    assert news(client("boss:owner")) != first
    drawn = asking(client("boss:owner"), "asked", {"question": "tz=UTC"}).json["response"]["answer"]["data"]
    assert drawn["news"] == news(client("boss:owner"))
    drawn = asking(client("ann:annotator"), "asked", {"question": ""}).json["response"]["answer"]["data"]
    assert drawn["news"] == news(client("ann:annotator"))


def test_news_are_of_the_viewers_own_facts(store: Store, client: Callable[..., FlaskClient]) -> None:
    store.write([Bookmark(ORGANIZATION, SOURCE, "1", ago(minutes=1)), Membership(ORGANIZATION, "rev", project_id="p1")])
    who = {name: client(name) for name in ("ann:annotator", "rev:reviewer", "max:manager", "boss:owner")}
    store.write([Membership(ORGANIZATION, "max", project_id="p1")])

    def told() -> dict[str, str | None]:
        asked = {name: "&user=ann" if name[0] in "mb" else "" for name in who}
        return {
            name: look(browser, f"from=2024-03-01&to=2024-03-31&tz=UTC{asked[name]}")["news"]["data"]
            for name, browser in who.items()
        }

    when = "2024-03-06 12:00"
    mine = annotation(1, when)
    steps: list[tuple[list[Fact | Observation], str]] = [
        ([], ""),
        ([annotation(2, when, project_id="p2")], "ann"),
        ([annotation(3, when, project_id="p2", completed_by="rev")], ""),
        ([annotation(4, when, completed_by="bob")], ""),
        ([annotation(5, "2023-01-01 12:00")], ""),  # outside the period
        ([review(1, when, "accepted")], "ann rev max"),
        ([review(2, "2023-01-01 12:00", "rejected")], "ann max"),  # of any time, where it may be the latest
        ([review(3, when, "accepted", completed_by="bob", reviewer_id="eve")], ""),
        ([mine], "ann max"),
        ([mine], ""),
        ([replace(mine, lead_time=1)], "ann max"),
        ([replace(mine, lead_time=1, last_action="updated")], "ann max"),
        ([replace(mine, lead_time=1, last_action="updated", task_id="other")], ""),  # no number hangs on it
        ([annotation("e", when, organization_id="elsewhere")], ""),
        ([Membership(ORGANIZATION, "ann", project_id="p3")], "ann"),
    ]
    before = told()
    for number, (facts, whose) in enumerate(steps, 2):
        store.write([*facts, Bookmark(ORGANIZATION, SOURCE, str(number), ago(minutes=1))])
        after = told()
        changed = {name.partition(":")[0] for name in who if after[name] != before[name]}
        assert changed == {*whose.split(), "boss"}, (number, facts)
        before = after


def test_the_source_that_is_furthest_behind_says_how_fresh_the_figures_are(
    store: Store, client: Callable[..., FlaskClient]
) -> None:
    old = ago(minutes=4).replace(microsecond=0)
    store.write([Bookmark(ORGANIZATION, "one", "1", old), Bookmark(ORGANIZATION, "two", "1", ago(seconds=5))])
    found = look(client(), "tz=Asia/Kathmandu")
    assert datetime.fromisoformat(found["as-of"]["dateTime"]) == old
    assert found["as-of"]["dateTime"].endswith("+05:45")
    assert found["late"]["data"] == ""


def test_late_facts_are_called_late_from_the_hosts_limit_on(store: Store, client: Callable[..., FlaskClient]) -> None:
    store.write([Bookmark(ORGANIZATION, SOURCE, "1", datetime(2024, 3, 5, 14, 5, 9, tzinfo=UTC))])
    sentence = "The platform could not be read since 5 Mar 2024 14:05; work that is newer is missing here."
    assert late(client(), "tz=UTC") == sentence
    assert look(client(), "tz=UTC")["as-of"]["children"] == "as of Tue 5 Mar 2024 14:05"
    drawn = asking(client(), "asked", {"question": "tz=UTC"}).json["response"]
    assert drawn["late"]["data"] == sentence
    store.write([Bookmark(ORGANIZATION, SOURCE, "1", ago(seconds=100))])
    assert late(client()) == ""
    assert late(client(late_after=60)) != ""


def test_facts_of_a_time_to_come_are_late(store: Store, client: Callable[..., FlaskClient]) -> None:
    store.write([Bookmark(ORGANIZATION, SOURCE, "1", ago(hours=-1))])
    assert late(client()) != ""


def test_a_first_reading_that_is_not_done_is_said(store: Store, client: Callable[..., FlaskClient]) -> None:
    store.write([Bookmark(ORGANIZATION, SOURCE, "0", NOT_COMPLETE)])
    missing = "The platform is being read for the first time; until that is done, work is missing here."
    drawn = asking(client(), "asked", {"question": "tz=UTC"}).json["response"]
    assert (late(client()), drawn["late"]["data"]) == (missing, missing)
    assert "1970" not in asking(client(), "look", {"question": ""}).text
    store.write([Bookmark(ORGANIZATION, SOURCE, "1", ago(seconds=1))])
    assert late(client()) == ""


def test_a_project_that_is_behind_is_late_by_itself(store: Store, client: Callable[..., FlaskClient]) -> None:
    store.write([Bookmark(ORGANIZATION, SOURCE, "1", ago(seconds=1)), Bookmark(ORGANIZATION, "project p1", "x")])
    browser = client("boss:owner")
    assert late(browser) == ""
    store.write([Bookmark(ORGANIZATION, "project p1", "x", ago(hours=1))])
    assert "could not be read since" in late(browser)
    assert "could not be read since" in late(browser, "project=p1")
    assert late(browser, "project=p2") == ""
    store.write([Bookmark(ORGANIZATION, "project p1", "x", NOT_COMPLETE)])
    assert "for the first time" in late(browser, "project=p1")
    assert late(browser, "project=p2") == ""
    store.write([Bookmark(ORGANIZATION, "project p1", "x")])
    assert late(browser, "project=p1") == ""


def test_what_a_source_tells_stands_on_the_page(store: Store, client: Callable[..., FlaskClient]) -> None:
    notice, progress = Bookmark(ORGANIZATION, f"{NOTICE}x", "Mending."), Bookmark(ORGANIZATION, f"{PROGRESS}x", "40 %.")
    store.write([Bookmark(ORGANIZATION, SOURCE, "0", NOT_COMPLETE), notice, progress])
    assert late(client()).endswith("work is missing here. 40 %.")
    store.write([Bookmark(ORGANIZATION, SOURCE, "1", ago(seconds=1))])
    assert late(client()) == "Mending."
    store.write([Bookmark(ORGANIZATION, notice.source, NOTHING_TOLD)])
    assert late(client()) == ""


def test_news_are_for_who_may_look(store: Store, client: Callable[..., FlaskClient]) -> None:
    store.write(
        [
            Bookmark(ORGANIZATION, SOURCE, "1", ago(seconds=1)),
            Member(ORGANIZATION, "out", role="annotator", active=False),
        ]
    )
    for who, query, status in (
        ("ann:annotator", "user=rev", 403),
        ("ann:annotator", "tz=Nowhere/At_All", 400),
        ("ann:visitor", "", 403),
        ("out:annotator", "", 403),
        ("x:nobody", "", 403),
    ):
        browser = client("boss:owner")
        body = asking_body(browser, "look", {"question": query})
        browser.get(f"/login?as={who}")
        answer = browser.post("/performance/_dash-update-component", json=body)
        assert answer.status_code == status, (who, query)
    assert host(store).test_client().post("/performance/_dash-update-component", json=body).status_code == 401
