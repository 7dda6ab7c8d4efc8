"""How many questions are worked on at once, and what becomes of the others."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from perfwidget import open_store
from perfwidget.errors import Busy
from perfwidget.hosting.places import Places
from tests.hosts import asking, host
from tests.worlds import people


class Asker:
    """Somebody who asks for a place in a thread of their own, and gives it back when told to."""

    def __init__(self, places: Places, viewer: str, served: list[str]) -> None:
        self._served, self._done = served, threading.Event()
        self.inside, self.refused = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._ask, args=(places, viewer))
        self._thread.start()

    def _ask(self, places: Places, viewer: str) -> None:
        try:
            with places.held(viewer):
                self._served.append(viewer)
                self.inside.set()
                assert self._done.wait(60)
        except Busy:
            self.refused.set()

    def leave(self) -> None:
        """Give the place back."""
        self._done.set()
        self._thread.join()


def waits(places: Places, viewer: str, asked: Callable[[], Asker]) -> Asker:
    """Ask, and go on once somebody waits."""
    asker = asked()
    while not places.wanted_by_others(viewer):
        threading.Event().wait(0.001)
    return asker


def test_some_work_some_wait_and_the_rest_is_told_at_once() -> None:
    places, served = Places(1, 1), list[str]()
    ann = Asker(places, "ann", served)
    assert ann.inside.wait(60)
    bob = waits(places, "ann", lambda: Asker(places, "bob", served))
    with pytest.raises(Busy), places.held("cem"):
        pass
    ann.leave()
    assert bob.inside.wait(60)
    bob.leave()
    with places.held("cem"):
        pass
    assert served == ["ann", "bob"]


def test_nobody_holds_more_than_half_of_the_places() -> None:
    places, served = Places(2, 1), list[str]()
    ann = Asker(places, "ann", served)
    assert ann.inside.wait(60)
    again = waits(places, "nobody", lambda: Asker(places, "ann", served))
    for _ in range(40):
        with pytest.raises(Busy), places.held("ann"):
            pass
    with places.held("bob"):
        assert not again.inside.is_set()
    ann.leave()
    assert again.inside.wait(60)
    again.leave()


def test_whoever_waits_once_comes_before_who_waits_twice() -> None:
    places, served = Places(1, 2), list[str]()
    ann = Asker(places, "ann", served)
    assert ann.inside.wait(60)
    again = [Asker(places, "ann", served) for _ in range(3)]
    refused: list[Asker] = []
    while not refused:
        refused = [each for each in again if each.refused.wait(0.01)]
    bob = Asker(places, "bob", served)
    while len(refused) < 2:
        refused = [each for each in again if each.refused.wait(0.01)]
    ann.leave()
    assert bob.inside.wait(60)
    bob.leave()
    for each in again:
        each.leave()
    assert served == ["ann", "bob", "ann"]


def test_those_who_wait_are_served_in_turn_round_the_viewers() -> None:
    places, served = Places(1, 4), list[str]()
    first = Asker(places, "ann", served)
    assert first.inside.wait(60)
    again = waits(places, "nobody", lambda: Asker(places, "ann", served))
    bob = waits(places, "ann", lambda: Asker(places, "bob", served))
    first.leave()
    assert bob.inside.wait(60)
    bob.leave()
    assert again.inside.wait(60)
    again.leave()
    assert served == ["ann", "bob", "ann"]


def test_who_comes_again_keeps_their_turn() -> None:
    places, served = Places(1, 1), list[str]()
    ann = Asker(places, "ann", served)
    assert ann.inside.wait(60)
    bob = waits(places, "ann", lambda: Asker(places, "bob", served))
    with pytest.raises(Busy), places.held("cem"):
        pass
    ann.leave()
    assert bob.inside.wait(60)
    dee = waits(places, "cem", lambda: Asker(places, "dee", served))
    cem = Asker(places, "cem", served)
    assert dee.refused.wait(60)
    bob.leave()
    assert cem.inside.wait(60)
    cem.leave()
    dee.leave()
    assert served == ["ann", "bob", "cem"]


def test_who_waits_too_long_is_told_so_and_leaves_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfwidget.hosting.places.PATIENCE", 0.01)
    places = Places(1, 2)
    with places.held("ann"):
        for _ in range(5):
            with pytest.raises(Busy), places.held("bob"):
                pass
    with places.held("bob"):
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
    monkeypatch.setattr("perfwidget.widget.AT_WORK", 0)
    monkeypatch.setattr("perfwidget.widget.WAITING", 0)
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


def test_a_store_that_is_away_is_one_line_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However often it is asked: whoever asks must not fill the disk."""
    monkeypatch.setattr("perfwidget.hosting.refusals._said", {})
    store = open_store(f"duckdb:///{tmp_path}/facts.duckdb")
    store.write(people())
    browser = host(store).test_client()
    browser.get("/login?as=ann:annotator")
    store.close()
    for _ in range(50):
        assert asking(browser, "asked", {"question": ""}).status_code == 503
        assert browser.get("/performance/export/report.json").status_code == 503
        assert browser.get("/performance/export/report.json?user=boss&x=1").status_code == 503
    [line] = [record for record in caplog.records if record.name.startswith("perfwidget")]
    assert (line.levelname, line.exc_info) == ("ERROR", None)
    assert len(line.getMessage()) < 200
