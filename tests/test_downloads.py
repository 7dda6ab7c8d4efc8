"""Timelines, comments and rows as CSV: what stands in them, who gets them, and how they end."""

import csv
import io
import logging
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from waitress.server import create_server
from werkzeug.serving import make_server

from perfwidget.errors import InvalidSetting
from perfwidget.facts import Action, Comment, Fact, Member, Project, ReviewVisit
from perfwidget.hosting.downloads import BrokenOff, downloaded
from perfwidget.question.access import Viewer
from perfwidget.stores import Store, open_store
from tests.conftest import WHOLE
from tests.hosts import User, host
from tests.worlds import ORGANIZATION, annotation, at, people, review

MARCH = "from=2024-03-01&to=2024-03-31&tz=America/Phoenix"


def action(action_id: int | str, instant: str, name: str = "submitted", **columns: Any) -> Action:
    values: dict[str, Any] = {"annotation_id": 1, "project_id": "p1", "task_id": "t1", "user_id": "ann"}
    return Action(ORGANIZATION, action_id, action=name, created_at=at(instant), **{**values, **columns})


def comment(comment_id: int, instant: str, created_by: str | None, text: str, **columns: Any) -> Comment:
    values: dict[str, Any] = {"project_id": "p1", "completed_by": "ann"}
    return Comment(
        ORGANIZATION,
        comment_id,
        1,
        task_id="t1",
        created_by=created_by,
        text=text,
        created_at=at(instant),
        updated_at=at(instant),
        **{**values, **columns},
    )


def facts() -> list[Fact]:
    return [
        *people(),
        Member(ORGANIZATION, "bob", "bob@acme.example", "Bob", role="annotator"),
        Project(ORGANIZATION, "p1", None, title="=One"),
        annotation(1, "2024-03-01 12:00", lead_time=60.25),
        annotation(2, "2024-03-02 12:00", lead_time=None, last_action="updated"),
        annotation(3, "2024-03-02 13:00", lead_time=7200, project_id="p2", last_action="skipped", was_cancelled=True),
        annotation(4, "2024-03-03 13:00", lead_time=-1, project_id="p9"),
        review(1, "2024-03-02 13:00", "fixed_and_accepted", score=0.42),
        review(2, "2024-03-04 13:00", "rejected"),
        action("b", "2024-03-01 12:00", started_at=at("2024-03-01 11:59:30.5"), lead_time=60.25),
        action("a", "2024-03-01 12:00", "updated", lead_time=float("nan")),
        action("c", "2024-04-01 06:59:59.999999", "skipped", project_id="p2", review_id=7, comment_id="-x"),
        action("d", "2024-04-01 07:00"),
        action("e", "2024-03-05 12:00", user_id="rev"),
        action("f", "2024-03-05 12:00", project_id="p9"),
        comment(1, "2024-03-06 12:00", "rev", '=1+1, "quoted"\r\nsecond line'),
        comment(2, "2024-03-06 12:01", "ann", "my own"),
        comment(3, "2024-03-06 12:02", None, "'anonymous", is_resolved=True, resolved_at=at("2024-03-07 00:00")),
        comment(4, "2024-03-06 12:03", "rev", "on another's", completed_by="bob"),
        comment(5, "2024-03-06 12:04", "rev", "elsewhere", project_id="p9"),
        ReviewVisit(ORGANIZATION, 1, 1, "p1", "rev", at("2024-03-06 10:00"), at("2024-03-06 10:05")),
    ]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(f"duckdb:///{tmp_path_factory.mktemp('downloads')}/facts.duckdb")
    opened.write(facts())
    yield opened
    opened.close()


def client(store: Store, user: str, **settings: Any) -> FlaskClient:
    browser = host(store, **settings).test_client()
    browser.get(f"/login?as={user}")
    return browser


def table(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.text, newline="")))


def test_the_timeline_has_every_action_in_scope_oldest_first(store: Store) -> None:
    answer = client(store, "ann:annotator").get(f"/performance/export/timeline.csv?{MARCH}")
    assert answer.text.splitlines() == [
        "created_at,started_at,action,user_id,user_email,project_id,project_title,task_id,annotation_id,lead_time,"
        "review_id,comment_id",
        """2024-03-01T05:00:00-07:00,,"updated","ann","ann@acme.example","p1","'=One","t1",1,,,""",
        "2024-03-01T05:00:00-07:00,2024-03-01T04:59:30.500000-07:00,"
        """"submitted","ann","ann@acme.example","p1","'=One","t1",1,60.25,,""",
        """2024-03-31T23:59:59.999999-07:00,,"skipped","ann","ann@acme.example","p2","Two","t1",1,,7,"'-x\"""",
    ]
    name = answer.headers["Content-Disposition"]
    assert name == "attachment; filename=timeline-ann-2024-03-01-2024-03-31.csv"


def test_owners_see_actions_in_unknown_projects_too(store: Store) -> None:
    rows = table(client(store, "boss:owner").get(f"/performance/export/timeline.csv?user=ann&{MARCH}"))
    assert [row[5:7] for row in rows[1:]] == [["p1", "'=One"], ["p1", "'=One"], ["p9", "p9"], ["p2", "Two"]]


def test_comments_received_are_those_of_others(store: Store) -> None:
    rows = table(client(store, "ann:annotator").get(f"/performance/export/comments.csv?{MARCH}"))
    at_noon = "2024-03-06T05:00:00-07:00"
    assert rows == [
        [
            "comment_id",
            "created_at",
            "updated_at",
            "project_id",
            "project_title",
            "task_id",
            "annotation_id",
            "created_by",
            "created_by_email",
            "text",
            "is_resolved",
            "resolved_at",
        ],
        ["1", at_noon, at_noon, "p1", "'=One", "t1", "1", "rev", "", '\'=1+1, "quoted"\r\nsecond line', "false", ""],
        [
            "3",
            "2024-03-06T05:02:00-07:00",
            "2024-03-06T05:02:00-07:00",
            "p1",
            "'=One",
            "t1",
            "1",
            "",
            "",
            "''anonymous",
            "true",
            "2024-03-06T17:00:00-07:00",
        ],
    ]


def test_commenters_e_mails_are_for_those_who_may_choose_members(store: Store) -> None:
    rows = table(client(store, "boss:owner").get(f"/performance/export/comments.csv?user=ann&{MARCH}"))
    assert [row[8] for row in rows[1:]] == ["rev@acme.example", "", "rev@acme.example"]


@pytest.mark.parametrize(
    ("metric", "ids"),
    [
        ("submitted_annotations", ["1", "2", "4"]),
        ("submitted", ["1", "4"]),
        ("updated", ["2"]),
        ("total_time", ["1"]),
        ("skipped", ["3"]),
        ("lead_time_missing", ["2"]),
        ("lead_time_invalid", ["4"]),
        ("performance_score", ["1", "1"]),
    ],
)
def test_the_rows_behind_a_number(store: Store, metric: str, ids: list[str]) -> None:
    answer = client(store, "boss:owner").get(f"/performance/export/rows.csv?user=ann&metric={metric}&{MARCH}")
    header, *rows = table(answer)
    assert [row[header.index("annotation_id")] for row in rows] == ids


def test_the_rows_of_one_day_or_week(store: Store) -> None:
    browser = client(store, "boss:owner")
    address = f"/performance/export/rows.csv?user=ann&metric=submitted_annotations&{MARCH}"
    day = table(browser.get(f"{address}&date=2024-03-02"))
    week = table(browser.get(f"{address}&date=2024-03-02&grain=week"))
    assert [row[4] for row in day[1:]] == ["2"]
    assert [row[4] for row in week[1:]] == ["1", "2", "4"]
    for wrong in ("date=2024-04-01", "date=tomorrow"):
        assert browser.get(f"{address}&{wrong}").status_code == 400


@pytest.mark.parametrize("asked", ["", "metric=", "metric=salary"])
def test_rows_of_no_known_number_are_a_400(store: Store, asked: str) -> None:
    answer = client(store, "boss:owner").get(f"/performance/export/rows.csv?{asked}")
    assert (answer.status_code, list(answer.json)) == (400, ["error"])


@pytest.mark.parametrize("kind", ["report.csv", "report.json", "timeline.csv", "comments.csv", "rows.csv"])
def test_a_colleagues_files_are_refused_like_those_of_nobody(store: Store, kind: str) -> None:
    browser = client(store, "ann:annotator")
    answers = [
        browser.get(f"/performance/export/{kind}?metric=skipped&{asked}&{MARCH}")
        for asked in ("user=bob", "user=no-such-member", "project=p9", "project=no-such-project")
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.data for answer in answers}) == 1


def test_kinds_can_be_kept_to_roles(store: Store) -> None:
    kept = {"timeline": ["owner", "admin"], "report": []}
    annotator = client(store, "ann:annotator", export_roles=kept)
    owner = client(store, "boss:owner", export_roles=kept)
    statuses = {
        kind: (
            annotator.get(f"/performance/export/{kind}?{MARCH}").status_code,
            owner.get(f"/performance/export/{kind}?{MARCH}").status_code,
        )
        for kind in ("timeline.csv", "comments.csv", "report.json")
    }
    assert statuses == {"timeline.csv": (403, 200), "comments.csv": (200, 200), "report.json": (403, 403)}


@pytest.mark.parametrize("wrong", [{"payroll": ["owner"]}, {"report": ["king"]}])
def test_unknown_kinds_and_roles_are_refused(store: Store, wrong: dict[str, list[str]]) -> None:
    with pytest.raises(InvalidSetting):
        host(store, export_roles=wrong)


def test_every_download_is_told(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[dict[str, Any]] = []

    def listen(_app: object, **told: Any) -> None:
        heard.append(told)

    with downloaded.connected_to(listen), caplog.at_level(logging.INFO, logger="perfwidget.hosting.downloads"):
        browser = client(store, "boss:owner")
        with browser.get(f"/performance/export/timeline.csv?user=ann&{MARCH}") as answer:
            assert len(table(answer)) == 5
        browser.get(f"/performance/export/report.json?user=ann&{MARCH}")
    timeline, report = heard
    assert (timeline["kind"], timeline["subject"], timeline["rows"], timeline["complete"]) == (
        "timeline",
        "ann",
        4,
        True,
    )
    assert (timeline["viewer"].user_id, str(timeline["period"].first)) == ("boss", "2024-03-01")
    assert (report["kind"], report["rows"], report["complete"]) == ("report", 31, True)
    assert "kind=timeline organization='acme' viewer='boss' subject='ann'" in caplog.text


CANCELLED = 1_000 if WHOLE else 60
MANY = 12_000


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with more actions than are read at once, many of them at the same instant."""
    opened = open_store(f"duckdb:///{tmp_path_factory.mktemp('busy')}/facts.duckdb")
    opened.write(people())
    opened.write(action(number, f"2024-03-{1 + number % 3:02} 12:00") for number in range(MANY))
    yield opened
    opened.close()


def test_a_long_timeline_has_every_row_once_and_in_order(busy: Store) -> None:
    rows = table(client(busy, "ann:annotator").get(f"/performance/export/timeline.csv?{MARCH}"))[1:]
    assert len(rows) == MANY
    instants = [row[0] for row in rows]
    assert instants == sorted(instants)
    assert len(set(instants)) == 3


def test_a_removal_breaks_a_running_download_off(busy: Store) -> None:
    app = host(busy)
    browser = app.test_client()
    browser.get("/login?as=ann:annotator")
    answer = browser.get(f"/performance/export/timeline.csv?{MARCH}", buffered=False)
    parts = iter(answer.response)
    sent = next(parts).count(b"\r\n") - 1
    busy.write([Member(ORGANIZATION, "ann", "ann@acme.example", "Ann", role="annotator", active=False)])
    try:
        with pytest.raises(Exception, match="not active"):
            for part in parts:
                sent += part.count(b"\r\n")
    finally:
        answer.close()
        busy.write(people())
    assert sent <= 10_000


def test_downloads_are_bounded_and_cancelled_ones_leave_nothing_behind(
    busy: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perfwidget.stores.reading.STREAMED", 100)
    monkeypatch.setattr("perfwidget.stores.reading.SORTED", 100)

    def threads() -> set[threading.Thread]:
        for each in threading.enumerate():
            if isinstance(each, threading.Timer):  # told to end, and about to
                each.join(60)
        # A store's watch over the time has one for as long as it is asked, whoever asks.
        return {each for each in threading.enumerate() if each.name != "perfwidget-time-limit"}

    browser = host(busy).test_client()
    browser.get("/login?as=ann:annotator")
    address = f"/performance/export/timeline.csv?{MARCH}"
    running = [browser.get(address, buffered=False) for _ in range(2)]
    refused = browser.get(address)
    assert (refused.status_code, "try again" in refused.json["error"]) == (503, True)
    other = host(busy).test_client()
    other.get("/login?as=bob:annotator")
    with other.get(address) as answer:  # another member's file finds a place
        assert answer.status_code == 200
    for answer in running:
        answer.close()
    before = threads()
    for _ in range(CANCELLED):
        cancelled = browser.get(address, buffered=False)
        next(iter(cancelled.response))
        cancelled.close()
    assert threads() <= before  # those of others may have ended
    assert len(table(browser.get(address))) == MANY + 1


def test_files_of_times_of_day_hold_what_lies_between_them(store: Store) -> None:
    browser = client(store, "boss:owner")
    # In Phoenix, 7 hours behind: from 2024-03-01 12:00 to before 2024-03-02 13:00 in Greenwich.
    times = "user=ann&from=2024-03-01T05:00&to=2024-03-02T06:00&tz=America/Phoenix"
    name = "ann-2024-03-01T0500-2024-03-02T0600"
    timeline = browser.get(f"/performance/export/timeline.csv?{times}")
    assert [row[8] for row in table(timeline)[1:]] == ["1", "1"]
    rows = browser.get(f"/performance/export/rows.csv?metric=updated&{times}")
    assert [row[4] for row in table(rows)[1:]] == ["2"]
    report = browser.get(f"/performance/export/report.csv?{times}")
    assert [[*row[3:5], row[6], row[11]] for row in table(report)[1:]] == [
        ["2024-03-01", "America/Phoenix", "1", "1"],
        ["2024-03-02", "America/Phoenix", "1", "0"],
    ]
    for kind, answer in (("timeline", timeline), ("rows", rows), ("report", report)):
        assert answer.headers["Content-Disposition"] == f"attachment; filename={kind}-{name}.csv"
    cut = browser.get(f"/performance/export/rows.csv?metric=submitted_annotations&date=2024-03-02&{times}")
    assert [row[4] for row in table(cut)[1:]] == ["2"]
    assert "rows-ann-2024-03-02T0000-2024-03-02T0600.csv" in cut.headers["Content-Disposition"]
    earlier = times.replace("T05:00", "T05:01").replace("T06:00", "T05:00")
    assert browser.get(f"/performance/export/report.json?{earlier}").json["summary"]["submitted_annotations"] == 0


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed (apt-get install curl)")
def test_a_reader_that_stops_is_cut_off_and_leaves_its_place(busy: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfwidget.hosting.downloads.AT_ONCE", 2)
    monkeypatch.setattr("perfwidget.hosting.downloads.PATIENCE", 0.05)
    browser = host(busy).test_client()
    browser.get("/login?as=ann:annotator")
    heard, over = [], threading.Event()

    def listen(_app: Any, **told: Any) -> None:
        heard.append((told["rows"], told["complete"]))
        over.set()

    with downloaded.connected_to(listen):
        stalled = browser.get(f"/performance/export/timeline.csv?{MARCH}", buffered=False)
        parts = iter(stalled.response)
        next(parts)
        assert over.wait(30)
        assert heard == [(0, False)]
        with pytest.raises(BrokenOff, match="stopped for more than"):
            next(parts)
        stalled.close()
        assert len(heard) == 1
    monkeypatch.setattr("perfwidget.hosting.downloads.PATIENCE", 30)
    assert len(table(browser.get(f"/performance/export/timeline.csv?{MARCH}"))) == MANY + 1


@contextmanager
def one_thread(server: str, app: Flask) -> Iterator[tuple[str, int]]:
    """Serve with one thread and next to no buffers, and give the address."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
    listening.bind(("127.0.0.1", 0))
    if server == "waitress":
        waitress = create_server(app, sockets=[listening], threads=1, outbuf_high_watermark=1_000)
        thread = threading.Thread(target=waitress.run, daemon=True)
        thread.start()
        yield listening.getsockname()
        waitress.trigger.pull_trigger(waitress.close)  # in its own thread, which would else look at a closed socket
        thread.join(30)
        waitress.task_dispatcher.shutdown()
        return
    listening.listen()
    with make_server("127.0.0.1", 0, app, threaded=False, fd=listening.fileno()) as werkzeug:
        thread = threading.Thread(target=werkzeug.serve_forever, daemon=True)
        thread.start()
        yield listening.getsockname()
        werkzeug.shutdown()
        thread.join(30)


@pytest.mark.parametrize("server", ["waitress", "werkzeug"])
def test_a_reader_that_stops_holds_no_thread_of_the_server(
    busy: Store, monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    """The server has one thread: it answers again once the reader is cut off."""
    monkeypatch.setattr("perfwidget.hosting.downloads.PATIENCE", 0.05)
    heard = []

    def listen(_app: Any, **told: Any) -> None:
        heard.append(told["complete"])

    def visit(where: tuple[str, int], path: str) -> HTTPResponse:
        connection = HTTPConnection(*where, timeout=60)
        connection.request("GET", path, headers={"Connection": "close"})
        return connection.getresponse()

    with one_thread(server, host(busy)) as where, socket.socket() as stopped, downloaded.connected_to(listen):
        cookie = visit(where, "/login?as=ann:annotator").headers["Set-Cookie"].partition(";")[0]
        stopped.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        stopped.connect(where)
        address = f"/performance/export/timeline.csv?{MARCH}"
        stopped.sendall(f"GET {address} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
        assert stopped.recv(4) == b"HTTP"  # and nothing more
        assert visit(where, "/login").status == 200
        assert heard == [False]


@pytest.mark.parametrize("wanted", [True, False])
def test_a_reader_that_is_slow_is_given_up_while_others_wait(
    busy: Store, monkeypatch: pytest.MonkeyPatch, wanted: bool
) -> None:
    monkeypatch.setattr("perfwidget.hosting.downloads.AT_ONCE", 2)
    monkeypatch.setattr("perfwidget.hosting.downloads.SLOWEST", 10_000_000)
    monkeypatch.setattr("perfwidget.hosting.downloads.monotonic", iter(range(0, 10_000_000, 15)).__next__)
    monkeypatch.setattr("perfwidget.stores.reading.STREAMED", 100)
    app, address = host(busy), f"/performance/export/timeline.csv?user=ann&{MARCH}"

    def started(person: str) -> Any:
        browser = app.test_client()
        browser.get(f"/login?as={person}")
        return browser.get(address, buffered=False)

    slow, other = started("ann:annotator"), started("boss:owner")
    if wanted:
        assert started("root:admin").status_code == 503
        with pytest.raises(BrokenOff, match="others wait"):
            list(slow.response)
    else:
        assert b"".join(slow.response).count(b"\r\n") == MANY + 1
    slow.close()
    other.close()


def test_a_failure_midway_breaks_the_transfer(busy: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The viewer is taken away after the first batches: curl must not believe that it has the whole file."""
    asked = 0

    def viewer_of(user: User) -> Viewer | None:
        nonlocal asked
        asked += 1
        return Viewer(ORGANIZATION, "ann", "annotator") if asked < 3 else None

    monkeypatch.setattr("tests.hosts.viewer_of", viewer_of)
    server = create_server(host(busy), host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        jar, out = tmp_path / "jar", tmp_path / "timeline.csv"
        base = f"http://127.0.0.1:{server.effective_port}"
        subprocess.run(["curl", "-sf", "-c", jar, f"{base}/login?as=ann:annotator"], check=True, capture_output=True)
        address = f"{base}/performance/export/timeline.csv?{MARCH}"
        ended = subprocess.run(["curl", "-sf", "-b", jar, "-o", out, address], check=False, timeout=60)
        assert ended.returncode != 0
        assert out.read_text().count("\n") < MANY
    finally:
        server.close()
        thread.join(60)
