"""As of when the figures are, where a source keeps them in step: the route that the page looks at, and its words."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from perfwidget.facts import Member
from perfwidget.facts.ingest import Bookmark
from perfwidget.report.freshness import NOT_COMPLETE
from perfwidget.stores import Store, open_store
from tests.hosts import asking, host
from tests.worlds import ORGANIZATION, annotation, people

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


def news(client: FlaskClient, query: str = "") -> dict[str, object]:
    answer = client.get(f"/performance/news?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    found: dict[str, object] = answer.json
    return found


def test_without_a_source_that_keeps_them_in_step_the_figures_are_of_now(client: Callable[..., FlaskClient]) -> None:
    assert news(client()) == {"news": None}
    drawn = asking(client(), "asked", {"question": "tz=UTC"}).json["response"]["answer"]["data"]
    assert (drawn["news"], drawn["late"]) == (None, "")


def test_news_change_with_the_facts_alone(store: Store, client: Callable[..., FlaskClient]) -> None:
    store.write([Bookmark(ORGANIZATION, SOURCE, "1", ago(minutes=1)), Bookmark(ORGANIZATION, "project 7", "page 3")])
    first = news(client())["news"]
    store.write([Bookmark(ORGANIZATION, SOURCE, "1", ago(seconds=1)), Bookmark(ORGANIZATION, "project 7", "page 4")])
    assert news(client())["news"] == first
    store.write([Bookmark("another", SOURCE, "9", ago(seconds=1))])
    assert news(client())["news"] == first
    store.write([Bookmark(ORGANIZATION, SOURCE, "2", ago(seconds=1))])
    assert news(client())["news"] != first
    drawn = asking(client(), "asked", {"question": "tz=UTC"}).json["response"]["answer"]["data"]
    assert drawn["news"] == news(client())["news"]


def test_the_source_that_is_furthest_behind_says_how_fresh_the_figures_are(
    store: Store, client: Callable[..., FlaskClient]
) -> None:
    old = ago(minutes=4).replace(microsecond=0)
    store.write([Bookmark(ORGANIZATION, "one", "1", old), Bookmark(ORGANIZATION, "two", "1", ago(seconds=5))])
    found = news(client(), "tz=Asia/Kathmandu")
    assert datetime.fromisoformat(found["clock"]["instant"]) == old  # type: ignore[index]
    assert found["clock"]["instant"].endswith("+05:45")  # type: ignore[index]
    assert found["late"] == ""


def test_late_facts_are_called_late_from_the_hosts_limit_on(store: Store, client: Callable[..., FlaskClient]) -> None:
    store.write([Bookmark(ORGANIZATION, SOURCE, "1", datetime(2024, 3, 5, 14, 5, 9, tzinfo=UTC))])
    late = "The platform could not be read since 5 Mar 2024 14:05; work that is newer is missing here."
    assert news(client(), "tz=UTC")["late"] == late
    assert news(client(), "tz=UTC")["clock"]["text"] == "as of Tue 5 Mar 2024 14:05"  # type: ignore[index]
    drawn = asking(client(), "asked", {"question": "tz=UTC"}).json["response"]["answer"]["data"]
    assert drawn["late"] == late
    store.write([Bookmark(ORGANIZATION, SOURCE, "1", ago(seconds=100))])
    assert news(client())["late"] == ""
    assert news(client(late_after=60))["late"] != ""


def test_a_first_reading_that_is_not_done_is_said(store: Store, client: Callable[..., FlaskClient]) -> None:
    store.write([Bookmark(ORGANIZATION, SOURCE, "0", NOT_COMPLETE)])
    missing = "The platform is being read for the first time; until that is done, work is missing here."
    drawn = asking(client(), "asked", {"question": "tz=UTC"}).json["response"]["answer"]["data"]
    assert (news(client())["late"], drawn["late"]) == (missing, missing)
    assert "1970" not in client().get("/performance/news").text
    store.write([Bookmark(ORGANIZATION, SOURCE, "1", ago(seconds=1))])
    assert news(client())["late"] == ""


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
        assert client(who).get(f"/performance/news?{query}").status_code == status, (who, query)
    assert host(store).test_client().get("/performance/news").status_code == 401
