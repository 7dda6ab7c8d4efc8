"""Who is signed in: what Label Studio is shown of a request, how long its answer stands, what else may come back."""

import logging
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from perfwidget.errors import Busy, InvalidSetting, SourceUnavailable
from perfwidget.label_studio import sign_in
from perfwidget.label_studio.sign_in import LabelStudioUser, Sessions
from tests.label_studio.stand_in import StandIn, standing_in


class Clock:
    """A clock that stands until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def studio() -> Iterator[StandIn]:
    with standing_in() as stand_in:
        for number in (7, 8):
            stand_in.person(number)
        yield stand_in


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(studio: StandIn, clock: Clock) -> Sessions:
    return Sessions(studio.address, clock=clock, whole=0.3)


def request(cookies: str, **headers: str) -> Any:
    return Request(EnvironBuilder(path="/performance/", headers={"Cookie": cookies, **headers}).get_environ())


def who(sessions: Sessions, cookie: str) -> str | None:
    person = sessions.person_of(request(f"sessionid={cookie}"))
    return None if person is None else person.user_id


def tried(sessions: Sessions, cookie: str) -> str | None:
    """Return whom a cookie belongs to, or why that is not known."""
    try:
        return who(sessions, cookie)
    except SourceUnavailable:
        return "away"
    except Busy:
        return "busy"


def test_only_the_session_is_shown_to_label_studio(sessions: Sessions, studio: StandIn) -> None:
    given = {"Authorization": "Basic secret", "X-Forwarded-For": "10.0.0.1", "Host": "evil.example", "Referer": "x"}
    person = sessions.person_of(request("csrftoken=c; sessionid=session-7; other=o", **given))
    assert isinstance(person, LabelStudioUser)
    assert (person.get_id(), person.email, person.organization) == ("7", "user7@labels.example", "1")
    [(method, address, headers)] = studio.asked
    assert (method, address) == ("GET", "/api/current-user/whoami")
    assert headers == {
        "Host": studio.address.removeprefix("http://"),
        "Accept-Encoding": "identity",
        "Cookie": "sessionid=session-7",
        "Accept": "application/json",
        "User-Agent": "perfwidget",
    }


@pytest.mark.parametrize(
    "cookies",
    [
        "",
        "sessionid=",
        "sessionid",
        "csrftoken=session-7",
        "SESSIONID=session-7",
        'sessionid="session-7; csrftoken=x"',
        'sessionid="session-7\\073 admin=1"',
        'sessionid="session-7\\015\\012X-Admin: 1"',
        "sessionid=session 7",
        "sessionid=session-7,session-8",
        "sessionid=sessi\xf6n-7",
        f"sessionid={'7' * 5000}",
        "sessionid=session-7\\x",
    ],
)
def test_a_cookie_that_is_none_is_nobodys_and_asks_nothing(sessions: Sessions, studio: StandIn, cookies: str) -> None:
    assert sessions.person_of(request(cookies)) is None
    assert studio.asked == []


def test_of_two_cookies_the_one_that_label_studio_takes_decides(sessions: Sessions) -> None:
    person = sessions.person_of(request("sessionid=session-8; sessionid=session-7"))
    assert person is not None
    assert person.user_id == "7"


def test_the_name_of_the_cookie_is_a_setting_and_the_address_may_have_a_path(studio: StandIn) -> None:
    studio.faults["/below/"] = answering(b'{"id": 9}')
    below = Sessions(f"{studio.address}/below/", "labels")
    person = below.person_of(request("sessionid=session-7; labels=mine"))
    assert person is not None
    assert person.user_id == "9"
    [(_, address, headers)] = studio.asked
    assert (address, headers["Cookie"]) == ("/below/api/current-user/whoami", "labels=mine")


@pytest.mark.parametrize("address", ["http://labels.example:port", "http://labels.example:99999", "labels.example"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(InvalidSetting):
        Sessions(address)


# --- How long an answer stands


def test_an_answer_is_asked_for_again_after_half_a_minute(sessions: Sessions, studio: StandIn, clock: Clock) -> None:
    assert who(sessions, "session-7") == "7"
    studio.person(7, active_organization=2)
    clock.now += 29
    assert who(sessions, "session-7") == "7"
    assert len(studio.asked) == 1
    clock.now += 2
    person = sessions.person_of(request("sessionid=session-7"))
    assert person is not None
    assert person.organization == "2"
    del studio.people[7]  # signed out
    clock.now += 31
    assert who(sessions, "session-7") is None


def test_a_cookie_that_is_nobodys_is_forgotten_soon(sessions: Sessions, studio: StandIn, clock: Clock) -> None:
    assert who(sessions, "session-9") is None
    assert who(sessions, "session-9") is None
    assert len(studio.asked) == 1
    studio.person(9)
    clock.now += 11
    assert who(sessions, "session-9") == "9"


@pytest.mark.parametrize(("known_for", "keeps"), [(3600, 3600), (120, 120), (0, 60)])
def test_while_label_studio_is_away_people_stand_as_long_as_the_setting_says(
    studio: StandIn, clock: Clock, known_for: float, keeps: float
) -> None:
    sessions = Sessions(studio.address, known_for=known_for, clock=clock)
    assert who(sessions, "session-7") == "7"
    assert sessions.notice() == ""
    studio.faults["current-user"] = answering(b"", status=502)
    clock.now += keeps - 1
    assert who(sessions, "session-7") == "7"
    assert sessions.notice() == sign_in.AS_LAST_KNOWN
    with pytest.raises(SourceUnavailable):
        who(sessions, "session-8")  # whoever was not seen before is not let in
    clock.now += 2
    for later in (0, 4, 100):
        clock.now += later
        with pytest.raises(SourceUnavailable):
            who(sessions, "session-7")
    studio.faults.clear()
    clock.now += 4
    assert who(sessions, "session-7") == "7"
    assert sessions.notice() == ""


def test_what_was_taken_away_acts_at_once_when_label_studio_is_back(
    sessions: Sessions, studio: StandIn, clock: Clock
) -> None:
    assert who(sessions, "session-7") == "7"
    studio.faults["current-user"] = answering(b"", status=502)
    clock.now += 1800
    assert who(sessions, "session-7") == "7"
    studio.faults.clear()
    del studio.people[7]
    clock.now += 4
    assert who(sessions, "session-7") is None


def test_an_old_answer_is_not_believed_beside_a_label_studio_that_answers(
    sessions: Sessions, studio: StandIn, clock: Clock
) -> None:
    """Somebody was signed out long ago: while that is being asked, their other requests wait for the answer."""
    assert who(sessions, "session-7") == "7"
    del studio.people[7]
    clock.now += 1800
    asked = threading.Semaphore(0)

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        asked.release()
        threading.Event().wait(0.05)
        handler.send(b"{}", "application/json", 401)  # type: ignore[attr-defined]

    studio.faults["current-user"] = slowly
    found = together(8, lambda _: tried(sessions, "session-7"))
    assert set(found) <= {None, "busy"}


def test_who_makes_label_studio_fail_for_themselves_is_not_believed_while_others_are_answered(
    sessions: Sessions, studio: StandIn, clock: Clock
) -> None:
    """People write part of what Label Studio says of them, such as their keys, and so can make it too large."""
    assert who(sessions, "session-7") == "7"
    studio.person(7, active_organization=2, custom_hotkeys={"a:b": {"key": "x", "more": "x" * (1 << 20)}})
    clock.now += 61
    assert who(sessions, "session-7") == "7"  # it may be away for everybody
    assert who(sessions, "session-8") == "8"
    assert sessions.notice() == ""
    for later in (0, 4, 1800):
        clock.now += later
        assert tried(sessions, "session-7") == "away"
        assert sessions.notice() == ""
    assert who(sessions, "session-8") == "8"
    studio.person(7)
    clock.now += 4
    assert who(sessions, "session-7") == "7"


def test_nor_are_their_other_requests_while_one_of_them_hangs(
    sessions: Sessions, studio: StandIn, clock: Clock
) -> None:
    assert who(sessions, "session-7") == "7"
    studio.faults["current-user"] = answering(b"", status=502)
    clock.now += 61
    assert who(sessions, "session-7") == "7"
    studio.faults.clear()
    assert who(sessions, "session-8") == "8"
    found: list[str | None] = []
    over = threading.Event()

    def meanwhile(handler: BaseHTTPRequestHandler) -> None:
        if handler.headers["Cookie"] == "sessionid=session-7":
            found.append(tried(sessions, "session-7"))
            over.set()
        else:
            answering(b"", status=502)(handler)

    studio.faults["current-user"] = meanwhile
    clock.now += 4
    assert tried(sessions, "session-9") == "away"  # so it is away, as far as anybody knows
    assert tried(sessions, "session-7") == "away"
    assert over.wait(60)
    assert found == ["away"]


def test_the_minute_begins_when_the_answer_was_asked_for(studio: StandIn, clock: Clock) -> None:
    sessions = Sessions(studio.address, known_for=0, clock=clock)

    def late(handler: BaseHTTPRequestHandler) -> None:
        clock.now += 40
        handler.answer(studio.people[7])  # type: ignore[attr-defined]

    studio.faults["current-user"] = late
    assert who(sessions, "session-7") == "7"
    studio.faults["current-user"] = answering(b"", status=502)
    clock.now += 21
    with pytest.raises(SourceUnavailable):
        who(sessions, "session-7")


def test_label_studio_is_spared_while_it_is_away(sessions: Sessions, studio: StandIn, clock: Clock) -> None:
    studio.faults["current-user"] = answering(b"", status=502)
    for _ in range(50):
        with pytest.raises(SourceUnavailable):
            who(sessions, "session-7")
    assert len(studio.asked) == 1
    clock.now += 4
    with pytest.raises(SourceUnavailable):
        who(sessions, "session-7")
    assert len(studio.asked) == 2


# --- Many at once


def together(number: int, task: Callable[[int], object]) -> list[object]:
    """Return what tasks return that begin together."""
    found: list[object] = [None] * number
    ready = threading.Barrier(number)

    def run(place: int) -> None:
        ready.wait()
        try:
            found[place] = task(place)
        except Exception as fault:  # handed to the test
            found[place] = fault

    threads = [threading.Thread(target=run, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_people_who_ask_at_once_are_never_swapped(studio: StandIn) -> None:
    ticks = count(step=31.0)  # each look at this clock makes every answer too old to stand
    sessions = Sessions(studio.address, clock=lambda: next(ticks))

    def ask(place: int) -> set[str | None]:
        return {tried(sessions, f"session-{7 + place % 2}") for _ in range(20)} - {"busy"}

    found = together(8, ask)
    assert set().union(*found[::2]) <= {"7"}
    assert set().union(*found[1::2]) <= {"8"}
    assert any(found)
    assert len(studio.asked) > 20


def test_an_answer_is_nobody_elses(sessions: Sessions, studio: StandIn) -> None:
    studio.sessions = {"abc": 7, "abcd": 8}
    asked = ["abc", "abcd", "ab", "ABC", "abc.", "abc"]
    assert [who(sessions, each) for each in asked] == ["7", "8", None, None, None, "7"]


def test_a_burst_of_one_person_is_one_question(sessions: Sessions, studio: StandIn) -> None:
    assert set(together(50, lambda _: tried(sessions, "session-7"))) <= {"7", "busy"}
    assert (who(sessions, "session-7"), len(studio.asked)) == ("7", 1)


def test_a_burst_while_label_studio_is_away_is_one_question_too(sessions: Sessions, studio: StandIn) -> None:
    studio.faults["current-user"] = answering(b"", status=502)
    assert set(together(50, lambda _: tried(sessions, "session-7"))) <= {"away", "busy"}
    assert len(studio.asked) == 1


def test_two_threads_wait_for_a_label_studio_that_hangs_and_no_more(studio: StandIn, clock: Clock) -> None:
    """Who is known is served meanwhile, though their answer is old enough to be asked for again."""
    sessions = Sessions(studio.address, clock=clock, whole=60)
    assert who(sessions, "session-8") == "8"
    clock.now += 31
    hanging, over = threading.Semaphore(0), threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        hanging.release()
        over.wait(60)
        handler.answer(studio.people[7])  # type: ignore[attr-defined]

    studio.faults["current-user"] = hang
    waiting = [threading.Thread(target=tried, args=(sessions, f"made-up-{number}")) for number in range(2)]
    for thread in waiting:
        thread.start()
        assert hanging.acquire(timeout=60)
    assert {tried(sessions, f"made-up-{number}") for number in range(2, 200)} == {"busy"}
    assert who(sessions, "session-8") == "8"
    over.set()
    for thread in waiting:
        thread.join()


def test_nobody_waits_for_a_question_whose_answer_still_stands(
    sessions: Sessions, studio: StandIn, clock: Clock
) -> None:
    assert who(sessions, "session-7") == "7"
    clock.now += 31
    found: list[str | None] = []

    def meanwhile(handler: BaseHTTPRequestHandler) -> None:
        found.append(who(sessions, "session-7"))  # another request, while this one is not answered
        handler.answer(studio.people[7])  # type: ignore[attr-defined]

    studio.faults["current-user"] = meanwhile
    assert who(sessions, "session-7") == "7"
    assert found == ["7"]


def test_what_is_kept_is_bounded_and_holds_no_cookie(
    sessions: Sessions, studio: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "MOST_SESSIONS", 5)
    assert who(sessions, "session-7") == "7"
    for number in range(100, 120):
        assert who(sessions, f"session-{number}") is None
        assert len(sessions._known) <= 5
    assert who(sessions, "session-7") == "7"
    assert studio.questions("current-user") == 21  # whoever guesses drives nobody out who is there
    assert "session-" not in repr(vars(sessions))
    assert sessions._asking == {}


# --- Answers that are none


def answering(content: bytes, kind: str = "application/json", status: int = 200, **headers: str) -> Any:
    return lambda handler: handler.send(content, kind, status, **headers)


def trickling(begin: bytes) -> Any:
    """Return a fault that sends a beginning and then a byte now and then, for ever."""

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(begin)
        try:
            while True:
                handler.wfile.write(b"x")
                threading.Event().wait(0.02)
        except OSError:  # cut off
            pass

    return trickle


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "fault",
    [
        answering(b"<!doctype html><title>Sign in</title>", "text/html"),
        answering(b"", status=302, Location="/user/login/"),
        answering(b'{"id": 1}', status=302, Location="http://evil.example/"),
        answering(b'{"id": 1}', status=500),
        answering(b'{"id": 1}', status=429),
        answering(b'{"id": 1}', status=201),
        answering(b'{"id": 1, "x": "' + b"x" * (1 << 20) + b'"}'),
        answering(b"[" * 200_000),
        answering(b"[1]"),
        answering(b"null"),
        answering(b'{"id": null}'),
        answering(b'{"id": true}'),
        answering(b'{"id": {"id": 1}}'),
        answering(b'{"id": 1'),
        answering(b"\xff\xfe"),
        answering(b""),
        trickling(b"HTTP/1.1 200 OK\r\nX-Begin: "),
        trickling(HEAD + b'Content-Length: 100000\r\n\r\n{"id": 1, "x": "'),
        trickling(HEAD + b'Transfer-Encoding: chunked\r\n\r\n9\r\n{"id": 1}\r\n5;'),
        trickling(HEAD + b"\r\n"),
        lambda handler: handler.wfile.write(b"no HTTP at all\r\n\r\n"),
        lambda handler: None,
        lambda handler: threading.Event().wait(1),
    ],
)
def test_an_answer_that_is_none_recognizes_nobody(
    sessions: Sessions, studio: StandIn, fault: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    studio.faults["current-user"] = fault
    with pytest.raises(SourceUnavailable) as refused:
        who(sessions, "session-7")
    assert str(refused.value) == sign_in.AWAY
    assert len(studio.asked) == 1  # no redirect was followed
    assert "session-7" not in caplog.text


@pytest.mark.parametrize("status", [401, 403])
def test_refused_is_nobody(sessions: Sessions, studio: StandIn, status: int) -> None:
    studio.faults["current-user"] = answering(b'{"id": 7}', status=status)
    assert who(sessions, "session-7") is None


def test_without_a_server_nobody_is_recognized() -> None:
    with standing_in() as stand_in:
        address = stand_in.address
    with pytest.raises(SourceUnavailable):
        who(Sessions(address), "session-7")
