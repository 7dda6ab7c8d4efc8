"""No cache between the platform and its people gives what was for one of them to another."""

import http.client
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask_login import current_user

from perfwidget import open_store
from perfwidget.facts import Comment, Fact, Member, Membership, Recorded
from perfwidget.stores import Store
from tests import hosts
from tests.hosts import served
from tests.security.nginx import CARELESS, NGINX, POLITE, keeping_by_address
from tests.worlds import ORGANIZATION, annotation, at, people

MARCH = "from=2024-03-04&to=2024-03-10&tz=UTC"
PREFIX = "/performance/"
FILES = ("report.csv", "report.json", "members.csv", "timeline.csv", "comments.csv")
EXPORTS = [f"{PREFIX}export/{name}?{MARCH}" for name in FILES]
ERRORS = [
    f"{PREFIX}export/report.json?user=rev",
    f"{PREFIX}?user=rev",
    f"{PREFIX}export/report.json?from=x",
    f"{PREFIX}?tz=x",
]
PLAIN = [PREFIX, f"{PREFIX}?{MARCH}", f"{PREFIX}_dash-layout", f"{PREFIX}_dash-dependencies", f"{PREFIX}session"]
CALLBACK = f"{PREFIX}_dash-update-component"
PEOPLE = ("ann:annotator", "rev:reviewer", None, "boss:owner", "gone:nobody")
"""Who asks, in turn; None is not signed in, and the last may not look at all."""


def facts() -> Iterator[Fact]:
    """Yield what Ann and Rev did: figures, names and remarks by which one tells whose they are."""
    yield from people()
    yield Membership(ORGANIZATION, "rev", project_id="p1")
    yield Recorded(ORGANIZATION, "comments")
    yield annotation(1, "2024-03-04 12:00", lead_time=30.5)
    yield annotation(2, "2024-03-04 12:00", lead_time=77.25, completed_by="rev")
    yield Member(ORGANIZATION, "gone", "gone@acme.example", "Gone", role="annotator", active=False)
    for number, who in enumerate(("ann", "rev")):
        when = at("2024-03-05 12:00")
        yield Comment(ORGANIZATION, number, number, "p1", "t1", who, "boss", f"for {who} only", when, when)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Give a store with these facts."""
    opened = open_store(f"duckdb:///{tmp_path_factory.mktemp('caching')}/facts.duckdb")
    opened.write(facts())
    yield opened
    opened.close()


def platform(store: Store) -> Flask:
    """Return a host with CSRFProtect, one page of which says who one is and nothing about caches."""
    app = hosts.host(store, csrf=True)
    app.add_url_rule("/me", "me", lambda: f"you are {current_user.get_id()}")
    return app


# -- With nginx in between --------------------------------------------------------------------------------------------


class Answer(NamedTuple):
    """What came back: the status, the body, and whether nginx had kept it."""

    status: int
    body: bytes
    kept: bool


class Person:
    """Somebody who keeps their cookies, and asks one server."""

    def __init__(self, port: int, who: str | None) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.who = who

    def ask(self, method: str, address: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            told["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, address, body, told)
        answer = connection.getresponse()
        content = answer.read()
        for header in answer.headers.get_all("Set-Cookie", []):
            self.cookies.update({name: morsel.value for name, morsel in SimpleCookie(header).items()})
        connection.close()
        return Answer(answer.status, content, answer.headers.get("X-Kept") == "HIT")


class Ways(NamedTuple):
    """The ports of one platform: straight to it, and through nginx."""

    straight: int
    through: int
    app: Flask
    careless: bool

    def person(self, who: str | None, port: int) -> Person:
        """Return somebody who signed in past nginx, and then asks a port."""
        person = Person(self.straight, who)
        if who:
            person.ask("GET", f"/login?as={who}")
        person.port = port
        return person


@pytest.fixture(params=[POLITE, CARELESS], ids=["polite", "careless"])
def ways(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> Iterator[Ways]:
    """Run a platform with an nginx in front of it."""
    if NGINX is None:
        pytest.skip("needs nginx: apt-get install nginx-light")
    directives: Sequence[str] = request.param
    with ExitStack() as stack:
        app = platform(store)
        port = stack.enter_context(served(app))
        through = stack.enter_context(keeping_by_address(tmp_path, port, directives))
        yield Ways(port, through, app, careless=directives is CARELESS)


def statics(page: bytes) -> list[str]:
    """Return the addresses of the page's own files."""
    named = re.findall(rb'(?:src|href)="((?:/performance/|assets/)[^"]+)"', page)
    return [name.decode() if name.startswith(b"/") else PREFIX + name.decode() for name in named]


def same_for_me(answer: Answer) -> tuple[int, bytes]:
    """Return what must not differ between two answers to the same person; Dash draws one id for each page."""
    return answer.status, re.sub(rb'"end_id":"[^"]*"', b"", answer.body)


def test_nobody_gets_what_was_anothers(ways: Ways) -> None:
    """Each address is asked by everybody in turn, twice: nginx keeps none of the answers, and all get their own."""
    signed_in = [(ways.person(who, ways.straight), ways.person(who, ways.through)) for who in PEOPLE]
    files = statics(signed_in[0][0].ask("GET", PREFIX).body)
    assert len(files) > 10
    askers = dict.fromkeys((*PLAIN, *EXPORTS, *ERRORS), signed_in)
    askers.update(dict.fromkeys(files, signed_in[:3]))
    statuses = set()
    for _ in range(2):
        for address, pairs in askers.items():
            for straight, through in pairs:
                got, own = through.ask("GET", address), straight.ask("GET", address)
                assert not got.kept, (address, through.who)
                assert same_for_me(got) == same_for_me(own), (address, through.who)
                statuses.add(got.status)
    assert statuses == {200, 204, 302, 400, 401, 403}


def test_nobody_gets_what_another_called_back(ways: Ways) -> None:
    asked = own_figures(ways.app)
    answers = {}
    for _ in range(2):
        for who in ("ann:annotator", "rev:reviewer", None):
            person = ways.person(who, ways.through)
            person.ask("GET", f"{PREFIX}session")
            token = person.cookies.get("perfwidget_csrf", "")
            got = person.ask("POST", CALLBACK, asked, Content_Type="application/json", X_CSRFToken=token)
            assert not got.kept
            answers[who] = got
    assert [answers[who].status for who in answers] == [200, 200, 400]
    for who, name, time in (("ann:annotator", "Ann", "30.5"), ("rev:reviewer", "Rev", "77.25")):
        response = json.loads(answers[who].body)["response"]
        assert response["answer"]["data"]["name"] == name
        assert time in json.dumps(response["cards"])


def own_figures(app: Flask) -> bytes:
    """Return what the page's script sends for one's own figures."""
    heard: list[bytes] = []
    original = app.wsgi_app

    def listening(environ: Any, start: Any) -> Any:
        heard.append(environ["wsgi.input"].read())
        environ["wsgi.input"].seek(0)
        return original(environ, start)

    app.wsgi_app = listening  # type: ignore[method-assign]
    client = app.test_client()
    client.get("/login?as=ann:annotator")
    hosts.asking(client, "asked", {"question": MARCH, "attempt": 1})  # refused for want of a token, but heard
    app.wsgi_app = original  # type: ignore[method-assign]
    return heard[-1]


def test_this_nginx_does_keep_what_it_may(ways: Ways) -> None:
    """A page of the host that says nothing about caches is kept, and by the careless one given to others as well."""
    ann, rev = (ways.person(who, ways.through) for who in ("ann:annotator", "rev:reviewer"))
    assert ann.ask("GET", "/me").body == b"you are ann:annotator"
    assert ann.ask("GET", "/me").kept
    assert rev.ask("GET", "/me").body == (b"you are ann:annotator" if ways.careless else b"you are rev:reviewer")


# -- What each answer says --------------------------------------------------------------------------------------------


def test_every_answer_says_that_it_is_nobody_elses(store: Store) -> None:
    app = platform(store)
    for who in PEOPLE:
        client = app.test_client()
        client.get(f"/login?as={who}" if who else "/login")
        for address in [*PLAIN, *EXPORTS, *ERRORS, f"{PREFIX}assets/none.js", f"{PREFIX}_dash-component-suites/x/y.js"]:
            with client.get(address) as answer:
                assert answer.headers["Cache-Control"] == "private, no-store", (who, address)
                assert "Cookie" in answer.vary, (who, address)
        for method, address in (("POST", CALLBACK), ("OPTIONS", PREFIX), ("HEAD", PREFIX)):
            answer = client.open(address, method=method, json={} if method == "POST" else None)
            assert answer.headers["Cache-Control"] == "private, no-store", (who, method)
        with client.get(f"{PREFIX}assets/embed.js") as answer:
            assert answer.headers["Cache-Control"] == ("no-cache" if who else "private, no-store")


# -- Cookies ----------------------------------------------------------------------------------------------------------


def cookies(app: Flask, address: str, base: str) -> dict[str, Morsel[str]]:
    client = app.test_client()
    client.get("/login?as=ann:annotator", base_url=base)
    found = {}
    for header in client.get(address, base_url=base, buffered=True).headers.getlist("Set-Cookie"):
        found.update(SimpleCookie(header).items())
    found.pop("session", None)  # the host's own
    return found


@pytest.mark.parametrize(("base", "secure"), [("http://localhost", False), ("https://platform.example", True)])
def test_the_only_cookie_is_the_token(store: Store, base: str, secure: bool) -> None:
    """It is for the page alone, goes to no other site, and can be read by the page's script, which has to send it."""
    app = platform(store)
    for address in (PREFIX, f"{PREFIX}session"):
        found = cookies(app, address, base)
        assert set(found) == {"perfwidget_csrf"}
        token = found["perfwidget_csrf"]
        assert (token["path"], token["samesite"], bool(token["secure"])) == (PREFIX, "Lax", secure)
        assert (token["domain"], token["httponly"], token["max-age"], token["expires"]) == ("", "", "", "")
    for address in (*PLAIN[2:4], *EXPORTS, ERRORS[0], ERRORS[2], f"{PREFIX}assets/embed.js"):
        assert cookies(app, address, base) == {}, address
    assert cookies(hosts.host(store), PREFIX, base) == {}


def test_a_token_is_good_for_one_session_only(store: Store) -> None:
    """With another person's token nobody calls back."""
    app = platform(store)
    tokens, clients = [], []
    for who in ("ann:annotator", "rev:reviewer"):
        client = app.test_client()
        client.get(f"/login?as={who}")
        client.get(PREFIX)
        cookie = client.get_cookie("perfwidget_csrf", path=PREFIX)
        assert cookie
        tokens.append(cookie.value)
        clients.append(client)
    assert tokens[0] != tokens[1]
    statuses = [
        clients[1].post(CALLBACK, json={}, headers={"X-CSRFToken": token}).get_json(silent=True) for token in tokens
    ]
    assert statuses[0] is None  # the host's CSRFProtect answers before the widget
    assert list(statuses[1]) == ["error"]
