"""`log_to`: the package's log in one call, and what is said in it at which level."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from perfwidget import log_to, open_store
from perfwidget.hosting import refusals
from perfwidget.stores import Store
from perfwidget.stores.failures import AWAY
from tests.engines.server import Server
from tests.hosts import asking, host
from tests.worlds import annotation, people

OURS = logging.getLogger("perfwidget")
MARCH = "user=ann&from=2024-03-01&to=2024-03-31&tz=UTC"


@pytest.fixture(autouse=True)
def nothing_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no sentence pass for said."""
    monkeypatch.setattr(refusals, "_said", {})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"duckdb:///{tmp_path}/facts.duckdb")) as opened:
        opened.write([*people(), annotation(1, "2024-03-02 12:00")])
        yield opened


def lines(log: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_host_that_does_not_call_it_is_left_alone(store: Store) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers), OURS.level, list(OURS.handlers), OURS.propagate)
    browser = host(store).test_client()
    browser.get("/login?as=ann:annotator")
    browser.get(f"/performance/export/report.json?{MARCH}")
    assert (root.level, list(root.handlers), OURS.level, list(OURS.handlers), OURS.propagate) == before
    assert OURS.propagate


def test_it_is_the_package_s_log_and_no_other(caplog: pytest.LogCaptureFixture) -> None:
    log = io.StringIO()
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    log_to(log)
    log_to(log)  # as a factory that is called twice does
    logging.getLogger("perfwidget.anything").warning("of ours")
    logging.getLogger("somebody.else").error("of theirs")
    assert log.getvalue().count("of ours") == 1
    assert log.getvalue().endswith("WARNING perfwidget.anything: of ours\n")
    assert "of theirs" not in log.getvalue()
    assert (root.level, list(root.handlers)) == before
    assert [record.message for record in caplog.records] == ["of theirs"]


def test_handlers_of_the_host_stay_and_files_are_written_to_their_end(tmp_path: Path) -> None:
    theirs, file = logging.NullHandler(), tmp_path / "performance.log"
    OURS.addHandler(theirs)
    file.write_text("before\n")
    log_to(file, level="WARNING")
    OURS.warning("é")
    OURS.info("less")
    log_to(io.StringIO())
    assert theirs in OURS.handlers
    first, second = file.read_text("utf-8").splitlines()
    assert (first, second.endswith("WARNING perfwidget: é")) == ("before", True)


@pytest.mark.parametrize("level", ["LOUD", ""])
def test_a_level_that_is_none_is_refused(level: str) -> None:
    with pytest.raises(ValueError, match="level"):
        log_to(io.StringIO(), level=level)


def test_a_download_is_an_information_with_its_parts(store: Store) -> None:
    log = io.StringIO()
    log_to(log, json_lines=True)
    browser = host(store).test_client()
    browser.get("/login?as=ann:annotator")
    assert browser.get(f"/performance/export/timeline.csv?{MARCH}", buffered=True).status_code == 200
    [line] = lines(log)
    message = line.pop("message")
    assert isinstance(message, str)
    assert message.startswith("download kind=timeline organization='acme' viewer='ann' subject='ann' from=2024-03-01")
    assert message.endswith("rows=0 complete=yes")
    assert isinstance(line.pop("time"), str)
    assert line == {
        "level": "INFO", "logger": "perfwidget.hosting.downloads", "kind": "timeline", "organization": "acme",
        "viewer": "ann", "subject": "ann", "from": "2024-03-01", "to": "2024-03-31", "tz": "UTC", "rows": 0,
        "complete": True,
    }  # fmt: skip


def test_refusals_are_for_debugging_and_busy_is_an_information(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfwidget.widget.AT_WORK", 0)
    monkeypatch.setattr("perfwidget.widget.WAITING", 0)
    log = io.StringIO()
    log_to(log, level="DEBUG", json_lines=True)
    browser = host(store).test_client()
    browser.get("/login?as=ann:annotator")
    for _ in range(3):  # of each kind one line a minute
        assert browser.get("/performance/export/report.json?user=rev").status_code == 503
        assert browser.get("/performance/export/report.csv?user=rev").status_code == 403
        assert asking(browser, "asked", {"question": MARCH}).status_code == 503
    told = [(line["level"], str(line["message"]).partition(":")[0]) for line in lines(log)]
    assert told == [("INFO", "Busy"), ("DEBUG", "Forbidden")]


def test_a_store_that_is_away_is_an_error_and_a_warning_tells_that_it_is_back(postgresql: Server) -> None:
    log = io.StringIO()
    log_to(log, json_lines=True)
    address = postgresql.new_store()
    postgresql.stop()
    try:
        store = open_store(address)
        browser = host(store).test_client()
        browser.get("/login?as=ann:annotator")
        for _ in range(2):
            assert browser.get("/performance/").status_code == 503
    finally:
        postgresql.start()
    assert [line["level"] for line in lines(log)] == ["ERROR", "ERROR"]
    assert "cannot be opened" in str(lines(log)[0]["message"])
    assert AWAY in str(lines(log)[1]["message"])
    with closing(store):
        assert browser.get("/performance/").status_code == 200
        assert [(line["level"], line["message"]) for line in lines(log)[2:]] == [
            ("WARNING", "The store answers again.")
        ]


def test_what_nobody_meant_to_happen_has_its_traceback_in_the_line(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    log_to(log, json_lines=True)
    monkeypatch.setattr("perfwidget.hosting.downloads.read_report", lambda *_: 1 / 0)
    app = host(store)
    app.testing = False
    browser = app.test_client()
    browser.get("/login?as=ann:annotator")
    assert browser.get(f"/performance/export/report.json?{MARCH}").status_code == 500
    [line] = lines(log)
    assert (line["level"], "ZeroDivisionError" in str(line["exception"])) == ("ERROR", True)
