"""A page that is open while its source goes on: it looks, asks again by itself, and says how old its figures are."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from perfwidget.facts import Fact
from perfwidget.facts.ingest import Bookmark
from perfwidget.stores import Store, open_store
from tests.browser.visits import MARCH, Visit, until
from tests.conftest import Watch
from tests.hosts import host, served
from tests.worlds import ORGANIZATION, annotation, people


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(f"duckdb:///{tmp_path_factory.mktemp('fresh')}/facts.duckdb")
    opened.write([*people(), annotation(1, "2024-03-05 12:00", lead_time=10)])
    yield opened
    opened.close()


def step(store: Store, revision: int, *facts: Fact, age: timedelta = timedelta()) -> None:
    store.write([*facts, Bookmark(ORGANIZATION, "platform", str(revision), datetime.now(UTC) - age)])


def test_an_open_page_follows_its_source(open_page: Callable[..., Page], store: Store, watch: Watch) -> None:
    watch.expect("status of 401")
    step(store, 1)
    with served(host(store)) as port:
        address = f"http://127.0.0.1:{port}"
        page = open_page(viewport={"width": 1400, "height": 900})
        page.request.get(f"{address}/login?as=ann:annotator")
        visit = Visit(page, address)
        visit.go(MARCH)
        expect(visit.card("submitted-annotations")).to_have_text("1")
        asked = len(visit.questions)

        step(store, 2, annotation(2, "2024-03-06 12:00", lead_time=20))
        expect(visit.card("submitted-annotations")).to_have_text("2")
        assert len(visit.questions) == asked + 1

        # Nothing new but time: the clock moves, a notice comes and goes, and nobody is asked for figures.
        step(store, 2, age=timedelta(days=400))
        expect(page.locator("#notice")).to_contain_text("The platform could not be read since")
        expect(page.locator("#as-of")).to_contain_text(str(datetime.now(UTC).year - 1))
        step(store, 2)
        expect(page.locator("#notice")).to_be_empty()
        assert len(visit.questions) == asked + 1

        # Whoever is signed out meanwhile is told so.
        page.request.get(f"{address}/logout")
        expect(page.locator("#notice")).to_contain_text("Your session has ended")
        page.close()


def test_an_open_page_of_a_host_that_writes_its_own_facts_follows_them(
    open_page: Callable[..., Page], store: Store
) -> None:
    with served(host(store)) as port:
        address = f"http://127.0.0.1:{port}"
        page = open_page()
        page.request.get(f"{address}/login?as=ann:annotator")
        visit = Visit(page, address)
        visit.go(MARCH)
        expect(visit.card("submitted-annotations")).to_have_text("1")
        asked = len(visit.questions)
        store.write([annotation(2, "2024-03-06 12:00", lead_time=20)])
        expect(visit.card("submitted-annotations")).to_have_text("2")
        with page.expect_response(lambda response: "look.data" in (response.request.post_data or "")):
            store.write([annotation(3, "2024-03-06 12:00", completed_by="rev")])  # which is nothing to Ann
        assert len(visit.questions) == asked + 1
        page.close()


def test_one_look_follows_the_other_and_one_that_has_to_wait_is_no_problem(
    open_page: Callable[..., Page], store: Store, watch: Watch
) -> None:
    watch.expect("status of 503")
    held: list[Route] = []

    def hold(route: Route) -> None:
        if '"look.data"' in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    with served(host(store)) as port:
        address = f"http://127.0.0.1:{port}"
        page = open_page()
        page.request.get(f"{address}/login?as=ann:annotator")
        visit = Visit(page, address)
        visit.go(MARCH)
        page.route("**/_dash-update-component*", hold)
        with page.expect_request(lambda request: '"look.data"' in (request.post_data or "")):
            pass
        for beats in (1_001, 1_002, 1_003):
            page.evaluate("beats => dash_clientside.set_props('pulse', {n_intervals: beats})", beats)
        with page.expect_response(lambda response: '"asked.data"' in (response.request.post_data or "")):
            page.locator("#refresh").click()  # which waits for no look
        assert len(held) == 1
        busy = {"status": 503, "headers": {"Retry-After": "1"}, "json": {"error": "Many people are asking."}}
        with page.expect_request(lambda request: '"look.data"' in (request.post_data or "")):
            held[0].fulfill(**busy)  # type: ignore[arg-type]
        expect(page.locator("#notice")).to_be_empty()
        held[-1].continue_()
        page.unroute_all()
        store.write([annotation(2, "2024-03-06 12:00", lead_time=20)])
        expect(visit.card("submitted-annotations")).to_have_text("2")
        page.close()


def test_news_waits_for_the_answer_under_way(open_page: Callable[..., Page], store: Store) -> None:
    """Where facts change all the time, a question that each change overtook would never be answered."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if '"asked.data"' in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    with served(host(store)) as port:
        address = f"http://127.0.0.1:{port}"
        page = open_page()
        page.request.get(f"{address}/login?as=ann:annotator")
        visit = Visit(page, address)
        visit.go(MARCH)
        page.route("**/_dash-update-component*", hold)
        for number in (2, 3, 4):
            store.write([annotation(number, "2024-03-06 12:00", lead_time=20)])
            until(page, lambda: len(held) > 0)
            with page.expect_response(lambda response: "look.data" in (response.request.post_data or "")):
                pass
        assert len(held) == 1
        held[0].continue_()
        expect(visit.card("submitted-annotations")).to_have_text("4")
        page.close()
