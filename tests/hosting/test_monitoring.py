"""`{prefix}/metrics`: numbers about the running widget in Prometheus's text, for those whom the host lets in."""

import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask, Request

import perfwidget
from perfwidget.facts import Member, Membership
from perfwidget.facts.ingest import Bookmark
from perfwidget.hosting import health
from perfwidget.hosting.monitoring import BOUNDS, Durations
from perfwidget.hosting.places import Places
from perfwidget.hosting.timing import TimedStore
from perfwidget.stores import Store, open_store
from perfwidget.stores.failures import DAMAGED
from tests.engines.server import Server
from tests.hosts import asking, host
from tests.worlds import ORGANIZATION, annotation, people

ADDRESS = "/performance/metrics"
SECRET = "Bearer long-and-random"
QUESTION = {"question": "user=ann&from=2024-03-01&to=2024-03-31&tz=UTC"}
LINE = re.compile(r'perfwidget_(\w+)\{((?:\w+="[^"\\\n]*",?)+)\} (\S+)')

Key = tuple[str, frozenset[tuple[str, str]]]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(health, "PATIENCE", 60.0)
    monkeypatch.setattr(health, "STANDS", 0.0)
    with closing(open_store(f"duckdb:///{tmp_path}/facts.duckdb")) as opened:
        opened.write([*people(), annotation(1, "2024-03-02 12:00", lead_time=5)])
        yield opened


def allowed(request: Request) -> bool:
    return request.headers.get("Authorization") == SECRET


def monitored(store: Store, **settings: object) -> Flask:
    return host(store, metrics_allowed=allowed, **settings)


def scraped(app: Flask) -> dict[Key, float]:
    """Return all samples, by name and labels; fails where a line is not in Prometheus's format, or stands twice."""
    answer = app.test_client().get(ADDRESS, headers={"Authorization": SECRET})
    assert (answer.status_code, answer.content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    found: dict[Key, float] = {}
    family = ""
    for line in answer.text.splitlines():
        if line.startswith("#"):
            kind, family = line.split()[1:3]
            assert kind in ("HELP", "TYPE")
            continue
        parts = LINE.fullmatch(line)
        assert parts, line
        name, labels, value = parts.groups()
        assert f"perfwidget_{name}".startswith(family)
        told = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        assert told.pop("process") == str(os.getpid())
        key = (name, frozenset(told.items()))
        assert key not in found
        found[key] = float(value)
    assert answer.text.endswith("\n")
    return found


def of(found: Mapping[Key, float], name: str, **labels: str) -> float | None:
    return found.get((name, frozenset(labels.items())))


def test_without_the_setting_there_is_no_such_address(store: Store) -> None:
    browser = host(store).test_client()
    browser.get("/login?as=boss:owner")
    assert browser.get(ADDRESS).status_code == 404


def test_only_whom_the_host_lets_in_reads_them(store: Store) -> None:
    browser = monitored(store).test_client()
    browser.get("/login?as=boss:owner")
    refused = browser.get(ADDRESS)
    assert (refused.status_code, "metrics_allowed" in refused.json["error"]) == (403, True)
    assert browser.get(ADDRESS, headers={"Authorization": SECRET}).status_code == 200


def test_requests_are_counted_by_route_and_status(store: Store) -> None:
    app = monitored(store)
    browser = app.test_client()
    browser.get("/performance/")  # sent to sign in
    browser.get("/performance/export/report.json")
    browser.get("/login?as=ann:annotator")
    for _ in range(3):
        assert browser.get("/performance/").status_code == 200
    assert browser.get("/performance/?user=rev").status_code == 403
    assert asking(browser, "asked", QUESTION).status_code == 200
    browser.post("/performance/_dash-update-component", json={})
    found = scraped(app)
    expected = {
        ("index", "302"): 1,
        ("report_json", "401"): 1,
        ("index", "200"): 3,
        ("index", "403"): 1,
        ("callback", "200"): 1,
        ("callback", "400"): 1,
        ("dependencies", "200"): 1,
    }
    assert {key: of(found, "requests_total", route=key[0], status=key[1]) for key in expected} == expected
    assert sum(value for (name, _), value in found.items() if name == "requests_total") == 9  # none of the host's own
    assert of(found, "request_seconds_count", route="index") == 5
    assert of(found, "request_seconds_bucket", route="index", le="+Inf") == 5
    assert of(found, "request_seconds_sum", route="index") > 0  # type: ignore[operator]


def test_what_the_host_refuses_before_is_counted_too(store: Store) -> None:
    app = monitored(store, csrf=True)
    browser = app.test_client()
    browser.get("/login?as=ann:annotator")
    assert browser.post("/performance/_dash-update-component", json={}).status_code == 400
    assert of(scraped(app), "requests_total", route="callback", status="400") == 1


def test_questions_to_the_store_are_timed_and_the_host_s_own_are_not(store: Store) -> None:
    app = monitored(store)
    assert of(scraped(app), "store_statement_seconds_count", store="facts") is None
    browser = app.test_client()
    browser.get("/login?as=boss:owner")
    asking(browser, "asked", QUESTION)
    before = of(scraped(app), "store_statement_seconds_count", store="facts")
    assert before
    assert before > 3
    with store.reading() as reader:
        reader.organizations()
    assert of(scraped(app), "store_statement_seconds_count", store="facts") == before
    rows = browser.get("/performance/export/rows.csv?metric=total_time&user=ann&from=2024-03-01&to=2024-03-31&tz=UTC")
    assert len(rows.text.splitlines()) == 2
    assert of(scraped(app), "store_statement_seconds_count", store="facts") > before  # type: ignore[operator]


def test_durations_fall_into_classes() -> None:
    """Worked out by hand: 0.005 is in the first class still, 0.006 in the second one, 31 above all of them."""
    durations = Durations("route")
    for seconds in (0.001, 0.005, 0.006, 31.0):
        durations.note(seconds, "index")
    told = {(behind, labels.get("le")): value for behind, labels, value in durations.samples()}
    assert (told["_bucket", "0.005"], told["_bucket", "0.02"], told["_bucket", "30.0"]) == (2, 3, 3)
    assert (told["_bucket", "+Inf"], told["_count", None], told["_sum", None]) == (4, 4, pytest.approx(31.012))
    assert list(BOUNDS) == sorted(BOUNDS)


def test_places_in_use_those_who_wait_and_who_was_sent_away() -> None:
    places = Places(1, 1)
    assert places.standing() == (0, 0, 0)
    go_on = threading.Event()

    def ask() -> None:
        with places.held("bob"):
            go_on.wait(60)

    with places.held("ann"):
        waiting = threading.Thread(target=ask)
        waiting.start()
        while places.standing() != (1, 1, 0):
            threading.Event().wait(0.001)
        with pytest.raises(perfwidget.errors.Busy), places.held("cem"):
            pass
        assert places.standing() == (1, 1, 1)
    go_on.set()
    waiting.join(60)
    assert places.standing() == (0, 0, 1)


def test_places_that_are_taken_are_shown(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfwidget.widget.AT_WORK", 0)
    monkeypatch.setattr("perfwidget.widget.WAITING", 0)
    app = monitored(store)
    browser = app.test_client()
    browser.get("/login?as=ann:annotator")
    assert asking(browser, "asked", QUESTION).status_code == 503
    found = scraped(app)
    assert of(found, "sent_away_total", places="questions") == 1
    assert of(found, "sent_away_total", places="downloads") == 0
    for places in ("questions", "downloads"):
        assert [of(found, "places", places=places, state=state) for state in ("in use", "waiting")] == [0, 0]


def test_the_age_of_facts_and_the_release(store: Store) -> None:
    app = monitored(store)
    found = scraped(app)
    assert of(found, "facts_age_seconds") is None
    assert [value for (name, labels), value in found.items() if name == "build_info"] == [1]
    [labels] = [dict(labels) for name, labels in found if name == "build_info"]
    assert labels["version"] == perfwidget.__version__
    store.write([Bookmark(ORGANIZATION, "studio", "1", datetime.now(UTC) - timedelta(hours=1))])
    age = of(scraped(app), "facts_age_seconds")
    assert age is not None
    assert 3600 <= age < 4200


def test_what_the_store_has_to_say_is_counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = monitored(store)
    assert of(scraped(app), "store_notices") == 0
    monkeypatch.setattr(type(store), "notices", (DAMAGED,))
    assert of(scraped(app), "store_notices") == 1


def test_a_store_that_is_away_is_told_and_the_rest_goes_on(postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE", 60.0)
    monkeypatch.setattr(health, "STANDS", 0.0)
    with closing(open_store(postgresql.new_store())) as opened:
        app = monitored(opened)
        assert of(scraped(app), "ready", part="store") == 1
        postgresql.stop()
        try:
            found = scraped(app)
        finally:
            postgresql.start()
        assert of(found, "ready", part="store") == 0
        assert of(found, "requests_total", route="metrics", status="200") == 1


def test_nothing_of_it_names_anybody(store: Store) -> None:
    """Ids, e-mails, names and titles that occur nowhere else are asked for in every way, and stand nowhere."""
    marks = ("zqmember", "zqmail", "zqname", "zqproject")
    store.write(
        [
            Member(ORGANIZATION, marks[0], f"{marks[1]}@x.example", marks[2], role="annotator"),
            Membership(ORGANIZATION, marks[0], project_id=marks[3]),
            annotation(9, "2024-03-02 12:00", completed_by=marks[0], project_id=marks[3]),
        ]
    )
    app = monitored(store)
    browser = app.test_client()
    browser.get(f"/login?as={marks[0]}:annotator")
    for address in ("", "export/report.csv", "export/timeline.csv", "nothing/zqpath", "assets/zqfile.js"):
        browser.get(f"/performance/{address}?user={marks[0]}&project={marks[3]}", buffered=True)
    asking(browser, "asked", {"question": f"user={marks[0]}"})
    text = browser.get(ADDRESS, headers={"Authorization": SECRET}).text
    assert 'route="timeline_csv"' in text
    assert "zq" not in text
    assert ORGANIZATION not in text


def test_two_widgets_count_for_themselves(store: Store) -> None:
    one, other = monitored(store), monitored(store)
    one.test_client().get("/performance/")
    assert of(scraped(one), "requests_total", route="index", status="302") == 1
    assert of(scraped(other), "requests_total", route="index", status="302") is None


def test_a_store_that_is_timed_is_where_it_was(store: Store, tmp_path: Path) -> None:
    """Records lie beside its file, and notices are its own."""
    timed = TimedStore(store, lambda _: None)
    assert (timed.path, timed.notices, timed.writable) == (tmp_path / "facts.duckdb", store.notices, True)
