"""`{prefix}/health`: whether people can be answered, for load balancers; without data, and in time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from perfwidget.errors import RecordsUnavailable, StoreUnavailable
from perfwidget.facts import Fact
from perfwidget.facts.ingest import NOT_COMPLETE, PROJECT, Bookmark
from perfwidget.hosting import health
from perfwidget.hosting.health import Found, Health, Look
from perfwidget.stores import Store, open_store
from perfwidget.stores.failures import AWAY
from tests.conftest import NewStore
from tests.engines.server import Server
from tests.engines.silence import way
from tests.hosts import host
from tests.worlds import annotation, people

ADDRESS = "/performance/health"
WITHIN_A_SECOND = 1.0
LOOKING = "perfwidget-health"
"""The name of the thread that looks."""


def told(app: Flask) -> tuple[int, dict[str, object]]:
    answer = app.test_client().get(ADDRESS)
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "private, no-store"
    return answer.status_code, answer.json  # type: ignore[return-value]


@pytest.fixture
def always_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no look stand for the next one, and wait for it however busy this machine is."""
    monkeypatch.setattr(health, "STANDS", 0.0)
    monkeypatch.setattr(health, "PATIENCE", 60.0)


AS_OF: dict[str, Callable[[datetime], list[Fact | Bookmark]]] = {
    "not told": lambda _: [],
    "current": lambda now: [Bookmark("acme", "studio", "1", now - timedelta(seconds=5))],
    "late": lambda now: [
        Bookmark("acme", "studio", "1", now - timedelta(seconds=5)),
        Bookmark("other", "studio", "1", now - timedelta(seconds=900)),
    ],
    "first reading": lambda _: [Bookmark("acme", "studio", "1", NOT_COMPLETE)],
}


@pytest.mark.usefixtures("always_anew")
def test_the_freshness_is_that_of_the_source_which_is_furthest_behind(new_store: NewStore) -> None:
    """On every engine; a project that cannot be read is late by itself, and without a source nobody can tell."""
    for word, facts in AS_OF.items():
        with closing(open_store(new_store())) as store:
            project = Bookmark("acme", f"{PROJECT}7", "", datetime(2024, 3, 1, tzinfo=UTC))
            store.write([*people(), annotation(1, "2024-03-02 12:00"), project, *facts(datetime.now(UTC))])
            app = host(store)
            assert told(app) == (200, {"ready": True, "store": "ready", "records": "none", "freshness": word})


@pytest.mark.usefixtures("always_anew")
def test_a_database_that_goes_is_told_and_that_it_is_back(postgresql: Server) -> None:
    ready = (200, {"ready": True, "store": "ready", "records": "none", "freshness": "not told"})
    away = (503, {"ready": False, "store": "away", "records": "none", "freshness": "unknown"})
    with closing(open_store(postgresql.new_store())) as store:
        app = host(store)
        assert told(app) == ready
        postgresql.stop()
        try:
            assert told(app) == away
            assert told(host(open_store(postgresql.new_store()))) == away  # that was never there
        finally:
            postgresql.start()
        assert told(app) == ready


def test_a_database_that_hangs_is_away_within_a_second() -> None:
    with way(None) as nowhere:
        store = open_store(f"postgresql://u@127.0.0.1:{nowhere.port}/d?connect_timeout=60")
        app = host(store)
        for _ in range(3):
            assert told(app)[0] == 503
            assert [each.name for each in threading.enumerate()].count(LOOKING) == 1  # which goes on
    store.close()
    assert health.PATIENCE < WITHIN_A_SECOND


def test_parts_that_hang_are_waited_for_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both looks begin before either is waited for: here each goes on only once the other one has begun."""
    both = threading.Barrier(2)
    monkeypatch.setattr(health, "PATIENCE", 60.0)

    def hang() -> Found:
        both.wait(60)
        return Found()

    store = open_store(f"duckdb:///{tmp_path}/facts.duckdb")
    watched = Health(store, 300, lambda: None)
    watched._looks = {"store": Look(hang), "records": Look(hang)}
    assert watched.parts() == {"store": Found(), "records": Found()}
    store.close()


@pytest.mark.usefixtures("always_anew")
def test_records_that_are_away_are_told_apart(tmp_path: Path) -> None:
    there = [True]

    def ask() -> bool:
        if not there[0]:
            raise RecordsUnavailable("The records cannot be used now.")
        return True

    with closing(open_store(f"duckdb:///{tmp_path}/facts.duckdb")) as store:
        watched, app = Health(store, 300, ask), Flask(__name__)
        with app.app_context():
            answer, status = watched.view()
            assert (status, answer.json["records"]) == (200, "ready")  # type: ignore[index]
            there[0] = False
            answer, status = watched.view()
        expected = {"ready": False, "store": "ready", "records": "away", "freshness": "not told"}
        assert (status, answer.json) == (503, expected)


@pytest.mark.usefixtures("always_anew")
def test_records_beside_the_store_are_told_once_there_are_any(tmp_path: Path) -> None:
    with closing(open_store(f"duckdb:///{tmp_path}/facts.duckdb")) as store:
        store.write(people())
        for expected in ("none", "ready", "away"):
            app = host(store, timezone="UTC")
            payer, file = app.test_client(), tmp_path / "facts.duckdb.records"
            if expected == "ready":
                payer.get("/login?as=boss:owner")
                assert "Say first" in payer.get("/performance/pay").text
            if expected == "away":
                for each in tmp_path.glob("facts.duckdb.records*"):
                    each.write_bytes(b"no database at all" * 100)
            status, parts = told(app)
            assert (status, parts["records"]) == (503 if expected == "away" else 200, expected)
            assert file.exists() == (expected != "none")


def test_one_look_a_second_however_many_ask() -> None:
    looks: list[int] = []

    def ask() -> Found:
        looks.append(1)
        return Found()

    look = Look(ask)
    for _ in range(50):
        look.begin()
        while look.found() is None:
            pass
    assert len(looks) < 25


@pytest.mark.usefixtures("always_anew")
@pytest.mark.parametrize("fault", [StoreUnavailable(AWAY), ValueError("of ours")])
def test_a_look_that_fails_in_whatever_way_is_answered_and_the_next_one_looks_again(fault: Exception) -> None:
    faults: list[Exception] = [fault]

    def ask() -> Found:
        if faults:
            raise faults.pop()
        return Found()

    look = Look(ask)
    look.begin()
    assert look.found() is None
    look.begin()
    assert look.found() == Found()


def test_it_looks_at_no_session_and_takes_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user loader may ask a database that is away; places may all be taken."""
    monkeypatch.setattr("perfwidget.widget.AT_WORK", 0)
    with closing(open_store(f"duckdb:///{tmp_path}/facts.duckdb", wait=0)) as store:
        app = host(store)
        browser = app.test_client()
        browser.get("/login?as=ann:annotator")
        app.login_manager.user_loader(broken)  # type: ignore[attr-defined]
        answer = browser.get(ADDRESS)
        assert answer.status_code in (200, 503)
        assert set(answer.json) == {"ready", "store", "records", "freshness"}
        assert app.test_client().get(ADDRESS, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def broken(_: str) -> None:
    raise AssertionError("somebody looked at the session")


@pytest.fixture
def facts(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"duckdb:///{tmp_path}/facts.duckdb")) as store:
        store.write(people())
        yield store


def test_two_widgets_have_a_health_each(facts: Store) -> None:
    app = host(facts)
    away = host(open_store("postgresql://u@127.0.0.1:1/d"))
    assert told(app)[1]["store"] == "ready"
    assert told(away)[1]["store"] == "away"


@pytest.mark.usefixtures("always_anew")
def test_records_that_a_host_names_are_looked_at(facts: Store, tmp_path: Path) -> None:
    assert told(host(facts, records=f"sqlite:///{tmp_path}/records.db"))[1]["records"] == "ready"
    status, parts = told(host(facts, records=f"sqlite:///{tmp_path}/no/folder.db"))
    assert (status, parts["records"], parts["store"]) == (503, "away", "ready")
