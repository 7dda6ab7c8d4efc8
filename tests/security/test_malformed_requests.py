"""Whatever is sent, the answer is never a failure of the server, holds no traceback, and leaves nothing behind."""

import copy
import gc
import gzip
import io
import json
import re
import threading
import tracemalloc
import urllib.parse
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from waitress.server import create_server
from werkzeug.test import TestResponse

from perfwidget import open_store
from perfwidget.facts import Recorded
from tests.conftest import WHOLE
from tests.hosts import asking, host, served
from tests.security.raw_requests import CALLBACK, LARGE, fails, getting, posting, sent, strange
from tests.worlds import ORGANIZATION, annotation, people, review

MANY = 2_000 if WHOLE else 60
EXPORTS = [
    f"/performance/export/{name}"
    for name in ("report.csv", "report.json", "members.csv", "timeline.csv", "comments.csv")
]
PAGES = ["/performance/", "/performance/_dash-layout", "/performance/_dash-dependencies", "/performance/session"]
ROUTES = [*PAGES, *EXPORTS, "/performance/export/rows.csv", "/performance/assets/embed.js", CALLBACK]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Give a host with some facts, that takes uploads itself."""
    with closing(open_store(f"duckdb:///{tmp_path_factory.mktemp('malformed')}/facts.duckdb")) as store:
        store.write(
            [
                *people(),
                Recorded(ORGANIZATION, "reviews"),
                annotation(1, "2024-03-04 12:00", lead_time=30.5),
                review(1, "2024-03-05 12:00", "accepted"),
            ]
        )
        made = host(store)
        made.add_url_rule("/upload", "upload", lambda: str(len(request.get_data())), methods=["POST"])
        yield made


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    """Give somebody who is signed in."""
    client = app.test_client()
    client.get("/login?as=boss:owner")
    return client


def harmless(answer: TestResponse) -> TestResponse:
    """Return an answer that is no failure and tells nothing of the inside."""
    text = answer.get_data(as_text=True)
    assert answer.status_code < 500, text[:500]
    assert "Traceback" not in text
    assert "site-packages" not in text
    return answer


def refused(answer: TestResponse, *statuses: int) -> None:
    assert harmless(answer).status_code in statuses, answer.text[:500]
    assert list(answer.json) == ["error"]


# -- Bodies of callbacks ----------------------------------------------------------------------------------------------

QUESTIONS = {
    "asked": {"question": "user=ann&from=2024-03-04&to=2024-03-10&tz=UTC", "attempt": 1},
    "look": {"question": "user=ann&from=2024-03-04&to=2024-03-10&tz=UTC", "news": None},
    "seek": {"kind": "member", "text": "ann", "workspaces": []},
    "rows-sought": {"question": "user=ann&from=2024-03-04&to=2024-03-10&tz=UTC&rows=submitted"},
}


@pytest.fixture(scope="module")
def bodies(app: Flask) -> dict[str, dict[str, Any]]:
    """Give the body that the page's script would send to each callback."""
    heard = []
    app.before_request_funcs.setdefault(None, []).append(lambda: heard.append(request.get_data()))
    client = app.test_client()
    client.get("/login?as=boss:owner")
    sent = {}
    for name, question in QUESTIONS.items():
        assert asking(client, name, question).status_code == 200
        sent[name] = json.loads(heard[-1])
    app.before_request_funcs[None].pop()
    return sent


STRANGE = st.sampled_from(
    ["", "\0", "__proto__", "a" * 300, "=1", "\u202e", "..", "%", "%00", "null", "-1", "1e400", "9" * 4_000]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | STRANGE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | STRANGE, inner, max_size=3),
    max_leaves=6,
)
NAMES = "user workspace project from to preset tz entry grain statistic theme rows metric date m user[]"
WORDS = (
    "ann p1 2024-03-04 2024-02-30 0001-01-01 9999-12-31 all_time UTC ../UTC Europe/Berlin posixrules day month boss "
    "submitted submitted@2024-03-04 submitted@ @ total_time@0000-00-00 first_submitted_earlier@2024-03-04"
)
ADDRESSES = st.lists(
    st.tuples(st.sampled_from(NAMES.split()), st.sampled_from(WORDS.split()) | STRANGE | st.text(max_size=20)),
    max_size=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


def put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    box = {"body": copy.deepcopy(body)}
    parent: Any = box
    last: Any = "body"
    for step in path:
        parent, last = parent[last], step
    parent[last] = value
    return box["body"]


def written(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" for name, value in pairs)


@settings(max_examples=MANY)
@given(st.data())
def test_no_change_of_a_question_fails(
    client: FlaskClient, bodies: dict[str, dict[str, Any]], data: st.DataObject
) -> None:
    body = bodies[data.draw(st.sampled_from(sorted(bodies)))]
    for _ in range(data.draw(st.integers(1, 3))):
        body = put(body, data.draw(st.sampled_from(sorted(places(body), key=repr))), data.draw(VALUES))
    harmless(client.post(CALLBACK, data=json.dumps(body), content_type="application/json"))


@settings(max_examples=MANY)
@given(st.sampled_from(["asked", "rows-sought"]), ADDRESSES | st.text(max_size=60).map(lambda text: [("user", text)]))
def test_no_question_written_as_an_address_fails(
    client: FlaskClient, bodies: dict[str, dict[str, Any]], name: str, pairs: list[tuple[str, str]]
) -> None:
    body = put(bodies[name], ("inputs", 0, "value", "question"), written(pairs))
    harmless(client.post(CALLBACK, data=json.dumps(body), content_type="application/json"))


@settings(max_examples=MANY)
@given(st.data())
def test_no_broken_bytes_fail(client: FlaskClient, bodies: dict[str, dict[str, Any]], data: st.DataObject) -> None:
    raw = bytearray(json.dumps(bodies["asked"]).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, max(0, len(raw) - 1)))
        raw[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=6))
    length = data.draw(st.sampled_from([len(raw), len(raw) // 2]))
    harmless(client.post(CALLBACK, data=bytes(raw[:length]), content_type="application/json"))


def test_repeated_keys_are_no_way_past_a_check(client: FlaskClient, bodies: dict[str, dict[str, Any]]) -> None:
    """The last one counts, for the check as for the answer."""
    raw = json.dumps(bodies["asked"])
    output = json.dumps(bodies["asked"]["output"])
    other = raw[:-1] + ', "output": "nothing.children"}'
    refused(client.post(CALLBACK, data=other, content_type="application/json"), 400)
    twice = '{"output": "nothing.children", ' + raw[1:]
    assert client.post(CALLBACK, data=twice, content_type="application/json").status_code == 200
    assert output in raw


PACKED: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress, "br": bytes, "x": bytes}


@pytest.mark.parametrize("encoding", PACKED)
def test_a_packed_body_is_not_unpacked(client: FlaskClient, bodies: dict[str, dict[str, Any]], encoding: str) -> None:
    """A few kilobytes that would be gigabytes must not become them."""
    bomb = PACKED[encoding](b" " * 10_000_000) if encoding in ("gzip", "deflate") else b"\xff"
    answer = client.post(CALLBACK, data=bomb, content_type="application/json", headers={"Content-Encoding": encoding})
    refused(answer, 400)


KINDS = [
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/html",
    "x" * 999,
]


@pytest.mark.parametrize("kind", [*KINDS, "multipart/form-data", "application/jsonp", "application/csp-report"])
def test_a_body_of_another_kind_is_refused(client: FlaskClient, bodies: dict[str, dict[str, Any]], kind: str) -> None:
    refused(client.post(CALLBACK, data=json.dumps(bodies["asked"]), content_type=kind), 400)


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-16", "application/json; charset=\xff", "APPLICATION/JSON"]
)
def test_a_declared_charset_changes_nothing(client: FlaskClient, bodies: dict[str, dict[str, Any]], kind: str) -> None:
    assert harmless(client.post(CALLBACK, data=json.dumps(bodies["asked"]), content_type=kind)).status_code == 200


# -- Addresses, headers, cookies, methods -----------------------------------------------------------------------------


@settings(max_examples=MANY)
@given(st.sampled_from(ROUTES[:-1]), ADDRESSES)
def test_no_address_fails(client: FlaskClient, route: str, pairs: list[tuple[str, str]]) -> None:
    with client.get(route, query_string=written(pairs)) as answer:
        harmless(answer)


BROKEN = ["user=%", "user=%zz", "user=%ff%fe", "user=%00", "%00=1", "&&&==", "user", "user=a;b", "tz=%2e%2e%2fUTC"]


@pytest.mark.parametrize(
    "query", [*BROKEN, "user=ann&members=all", "project=p1&" * 5_000, "user=" + "x" * 60_000, "a=1&" * 9_999]
)
def test_no_broken_query_fails(client: FlaskClient, query: str) -> None:
    for route in ROUTES[:-1]:
        with client.get(route, query_string=query) as answer:
            harmless(answer)


HEADERS: list[tuple[str, str]] = [
    ("Accept-Language", "x" * 60_000),
    ("Accept-Language", "de;q=nan, en;q=1e999, *;q=-1," * 500),
    ("Accept-Encoding", "gzip;q=nan, identity;q=1e400"),
    ("Accept-Encoding", "," * 5_000),
    ("Accept", "*/*;q=\xff"),
    ("If-None-Match", '"' * 5_000),
    ("If-None-Match", "W/*, *, \xff"),
    ("If-Match", "nothing"),
    ("If-Modified-Since", "Mon, 99 Foo 99999 99:99:99 GMT"),
    ("If-Modified-Since", "Mon, 01 Jan 0000 00:00:00 +9999"),
    ("If-Range", "\xff"),
    ("Range", "bytes=0-0,1-1,2-2"),
    ("Range", "bytes=99999999999999999999999999-"),
    ("Range", "bytes=-0"),
    ("Range", "bytes=5-2"),
    ("Range", "x" * 9_000),
    ("Host", ""),
    ("Host", "a b"),
    ("Host", "[::1"),
    ("Host", "evil.example:99999999"),
    ("Host", "a/../b"),
    ("Host", "\xff"),
    ("X-Forwarded-For", "'; DROP TABLE members; --"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Prefix", "//evil.example/"),
    ("X-Forwarded-Proto", "javascript"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("Referer", "http://[evil"),
    ("Referer", "http://localhost:99999999999/"),
    ("Origin", "http://[evil"),
    ("Origin", "null"),
    ("Origin", "\xff"),
    ("Sec-Fetch-Site", "\xff"),
    ("Sec-Fetch-Dest", "iframe"),
    ("Cookie", "session=.eJ\xff; =; ;;;" + "a" * 9_999),
    ("Cookie", "remember_token=1|" + "0" * 128),
    ("Cookie", "perfwidget_csrf=x\x01y"),
    ("Authorization", "Basic \xff"),
    ("Content-Type", "multipart/form-data; boundary=\xff"),
    ("Expect", "the unexpected"),
]


@pytest.mark.parametrize(("name", "value"), HEADERS, ids=lambda text: repr(text[:24]))
def test_no_header_fails(app: Flask, client: FlaskClient, name: str, value: str) -> None:
    """Nor does one lead elsewhere; in a frame as well, for who is signed in and who is not."""
    for who in (client, app.test_client()):
        for route in ROUTES:
            method = "POST" if route == CALLBACK else "GET"
            with who.open(route, method=method, headers={"Sec-Fetch-Dest": "iframe", name: value}) as answer:
                harmless(answer)
                assert "evil.example" not in answer.headers.get("Location", "")
                assert name == "Host" or b"evil.example" not in answer.data


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "\x7f", "OPTIONS"])
def test_no_other_method_does_anything(client: FlaskClient, method: str) -> None:
    for route in ROUTES:
        answer = harmless(client.open(route, method=method, json={}))
        assert answer.status_code in (403, 405) or method == "OPTIONS"
        assert "ann@acme.example" not in answer.text
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_what_only_reads_takes_no_post(client: FlaskClient) -> None:
    for route in ROUTES[:-1]:
        assert harmless(client.post(route, data=b"x" * 100_000)).status_code == 405


# -- Size -------------------------------------------------------------------------------------------------------------


class Endless(io.RawIOBase):
    """A body that goes on for longer than anybody should read, and tells how much of it was read."""

    def __init__(self) -> None:
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.taken > LARGE:
            return 0
        self.taken += len(buffer)
        buffer[:] = b" " * len(buffer)
        return len(buffer)


def posted(client: FlaskClient, body: Endless, length: str, kind: str = "application/json") -> TestResponse:
    told = {"CONTENT_LENGTH": length, "CONTENT_TYPE": kind, "wsgi.input": body}
    return client.post(CALLBACK, environ_overrides=told)


@pytest.mark.parametrize("kind", ["application/json", *KINDS[1:4]])
def test_a_large_body_is_refused_unread(client: FlaskClient, kind: str) -> None:
    for length in (LARGE, 2**63):
        body = Endless()
        refused(posted(client, body, str(length), kind), 413)
        assert body.taken == 0


@pytest.mark.parametrize("length", ["-1", "x", "1.5", "9" * 400, "0", "", "1e3", "1\xb2"])
def test_a_length_that_is_none_is_refused(client: FlaskClient, length: str) -> None:
    body = Endless()
    refused(posted(client, body, length), 400, 413)
    assert body.taken == 0


def test_the_hosts_own_uploads_are_as_large_as_it_likes(client: FlaskClient) -> None:
    assert client.post("/upload", data=b"x" * (30 * 1024 * 1024)).text == str(30 * 1024 * 1024)


def settled() -> None:
    urllib.parse.clear_cache()  # type: ignore[attr-defined]  # in which Python keeps the last addresses that were taken apart
    gc.collect()


def test_nothing_of_it_stays_in_memory(client: FlaskClient, bodies: dict[str, dict[str, Any]]) -> None:
    """After the first round everything that is kept once is kept: further rounds may add next to nothing."""
    raw = json.dumps(bodies["asked"])

    def round_of_nonsense(number: int) -> None:
        for size in (1, 1_000, 300_000):
            filler = f"{number}" + "x" * size
            client.post(CALLBACK, data=raw[:-1] + f', "more": "{filler}"}}', content_type="application/json")
            client.post(CALLBACK, data=filler, content_type="application/json")
        with client.get(f"/performance/?user={number}{'y' * 50_000}", headers={"If-None-Match": "z" * 50_000}) as page:
            assert page.status_code == 400
        assert client.get(f"/performance/assets/{number}{'y' * 50_000}.js").status_code == 404
        assert client.get(f"/performance/assets/perfwidget.css?m={number}{'y' * 50_000}").status_code == 200

    tracemalloc.start()
    try:
        for number in range(2):
            round_of_nonsense(number)
        settled()
        before = tracemalloc.get_traced_memory()[0]
        for number in range(2, 12):
            round_of_nonsense(number)
        settled()
        assert tracemalloc.get_traced_memory()[0] - before < 300_000  # of the 6 MB that were sent
    finally:
        tracemalloc.stop()


# -- Through a socket -------------------------------------------------------------------------------------------------


@contextmanager
def served_by_waitress(app: Flask) -> Iterator[int]:
    server = create_server(app, host="127.0.0.1", port=0, channel_timeout=30)
    serving = threading.Thread(target=server.run, daemon=True)
    serving.start()
    try:
        yield server.effective_port
    finally:
        server.trigger.pull_trigger(server.close)  # in its own thread, which would otherwise look at a closed socket
        serving.join(30)
        server.task_dispatcher.shutdown()


@pytest.mark.parametrize("serve", [served_by_waitress, served])
def test_a_server_survives_what_no_client_sends(
    app: Flask, bodies: dict[str, dict[str, Any]], serve: Callable[[Flask], AbstractContextManager[int]]
) -> None:
    body = json.dumps(bodies["asked"]).encode()
    with serve(app) as port:
        told = sent(port, getting(b"", b"/login?as=boss:owner"))
        [cookie] = re.findall(rb"(?i)set-cookie: (session=[^;]+)", told)
        fine = sent(port, posting(cookie, body))
        assert fine.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200"))
        for what, raw in strange(cookie, body).items():
            answer = sent(port, raw)
            assert not fails(answer), (what, answer[:300])
        assert sent(port, posting(cookie, body)).partition(b" ")[2][:3] == b"200"
