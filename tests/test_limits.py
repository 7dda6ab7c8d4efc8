"""How many questions are worked on at once, and what becomes of the others."""

import threading
from pathlib import Path

import pytest

from perfwidget import open_store
from perfwidget.errors import Busy
from perfwidget.hosting.requests import Limit
from tests.hosts import asking, host
from tests.worlds import people


def test_some_work_some_wait_and_the_rest_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfwidget.hosting.requests.AT_WORK", 1)
    monkeypatch.setattr("perfwidget.hosting.requests.WAITING", 1)
    monkeypatch.setattr("perfwidget.hosting.requests.PATIENCE", 60)
    limit = Limit()
    ended = threading.Event()

    def second() -> None:
        with limit.place():
            ended.set()

    waiting = threading.Thread(target=second)
    with limit.place():
        waiting.start()
        while limit._inside._value:  # until the second one stands in the queue
            waiting.join(0.01)
        with pytest.raises(Busy), limit.place():
            pass
        assert not ended.is_set()
    assert ended.wait(60)
    waiting.join()
    with limit.place():
        pass


def test_who_waits_too_long_is_told_so_and_leaves_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfwidget.hosting.requests.AT_WORK", 1)
    monkeypatch.setattr("perfwidget.hosting.requests.PATIENCE", 0.01)
    limit = Limit()
    with limit.place():
        for _ in range(5):
            with pytest.raises(Busy), limit.place():
                pass
    with limit.place():
        pass


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        ("asked", {"question": "user=ann"}),
        ("seek", {"kind": "member", "text": "a", "workspaces": []}),
        ("rows-sought", {"question": "user=ann&rows=total_time", "order": "", "descending": True, "page": 1}),
    ],
)
def test_a_full_queue_is_a_503_that_says_when_to_ask_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, value: object
) -> None:
    monkeypatch.setattr("perfwidget.hosting.requests.AT_WORK", 0)
    monkeypatch.setattr("perfwidget.hosting.requests.WAITING", 0)
    store = open_store(f"duckdb:///{tmp_path}/facts.duckdb")
    store.write(people())
    browser = host(store).test_client()
    browser.get("/login?as=boss:owner")
    told = "Many people are asking for their figures just now; ask again in a moment."
    answers = [
        asking(browser, asked, value),
        browser.get("/performance/export/report.json?user=ann"),
        browser.get("/performance/_dash-layout"),
    ]
    for answer in answers:
        assert (answer.status_code, answer.headers["Retry-After"], answer.json) == (503, "1", {"error": told})
    store.close()
