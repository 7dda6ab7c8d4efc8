"""Files over HTTP/1.0, where nobody could tell one that broke off from a whole one."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from perfwidget.facts import Action
from perfwidget.hosting.downloads import downloaded
from perfwidget.stores import Store, open_store
from tests import hosts
from tests.hosts import host
from tests.worlds import ORGANIZATION, at, people

TIMELINE = "/performance/export/timeline.csv?user=ann&from=2024-03-01&to=2024-03-31&tz=UTC"
MANY = 1_000
OLD = {"SERVER_PROTOCOL": "HTTP/1.0"}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr("perfwidget.stores.reading.STREAMED", 100)
    instant = at("2024-03-05 12:00")
    with closing(open_store(f"duckdb:///{tmp_path}/facts.duckdb")) as opened:
        opened.write(people())
        opened.write(
            Action(ORGANIZATION, number, number, "p1", "t1", "ann", "submitted", created_at=instant)
            for number in range(MANY)
        )
        yield opened


def client(store: Store) -> FlaskClient:
    browser = host(store).test_client()
    browser.get("/login?as=ann:annotator")
    return browser


@pytest.mark.parametrize("in_memory", [100, 10_000_000])
def test_a_file_is_whole_and_has_its_length(store: Store, monkeypatch: pytest.MonkeyPatch, in_memory: int) -> None:
    """The same bytes as over HTTP/1.1, from memory and from the disk."""
    monkeypatch.setattr("perfwidget.hosting.whole_files.IN_MEMORY", in_memory)
    browser = client(store)
    heard: list[tuple[int, bool]] = []

    def listen(_app: object, rows: int, complete: bool, **_: object) -> None:
        heard.append((rows, complete))

    with downloaded.connected_to(listen):
        streamed, whole = browser.get(TIMELINE), browser.get(TIMELINE, environ_overrides=OLD)
        assert whole.data == streamed.data
    assert streamed.headers.get("Content-Length") is None
    assert whole.data.count(b"\r\n") == MANY + 1
    assert whole.headers["Content-Length"] == str(len(streamed.data))
    assert whole.headers["Content-Disposition"] == streamed.headers["Content-Disposition"]
    assert heard == [(MANY, True)] * 2


def test_one_that_must_not_go_on_is_refused_whole(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may look is taken away midway: over HTTP/1.1 the connection breaks, and here nothing is sent of it."""
    browser = client(store)
    asked: list[int] = []

    def viewer_of(user: hosts.User) -> object:
        asked.append(1)
        return hosts.Viewer(ORGANIZATION, "ann", "annotator") if len(asked) < 4 else None

    monkeypatch.setattr("tests.hosts.viewer_of", viewer_of)
    answer = browser.get(TIMELINE, environ_overrides=OLD)
    assert (answer.status_code, answer.mimetype, list(answer.json)) == (403, "application/json", ["error"])
    assert len(asked) >= 4
    monkeypatch.undo()
    for _ in range(5):  # more than there are places
        assert browser.get(TIMELINE, environ_overrides=OLD).status_code == 200
