"""The server that is attacked, a process of its own, and visitors who are signed in to it.

They speak HTTP alone, so that an older checkout can be attacked in the same way.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.hosts import callback_body

ROOT = Path(__file__).parents[3]
PATIENT = 120
"""Seconds after which a visitor takes a server that says nothing for dead."""


class Server(NamedTuple):
    """A running server: its port, and the file into which it writes its log."""

    port: int
    log: Path

    def said(self) -> bytes:
        """Return the log so far."""
        return self.log.read_bytes()


@contextmanager
def running(*command: str, checkout: Path = ROOT, **environment: str) -> Iterator[Server]:
    """Run `python server.py` of a checkout on a port that is free, and end it."""
    with tempfile.TemporaryDirectory(prefix="perfwidget-attack-") as folder:
        log = Path(folder) / "log"
        with log.open("w") as written:
            process = subprocess.Popen(
                [sys.executable, "server.py", "--port", "0", *command],
                cwd=checkout,
                env={**os.environ, "PYTHONPATH": str(checkout), "TMPDIR": folder, **environment},
                stdout=subprocess.PIPE,
                stderr=written,
                text=True,
            )
            try:
                line = process.stdout.readline()  # type: ignore[union-attr]
                found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
                assert found, log.read_text()
                yield Server(int(found[1]), log)
            finally:
                process.terminate()
                process.wait(PATIENT)


class Answer(NamedTuple):
    """What a server answered; status 0 where it broke the connection."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


class Visitor:
    """Somebody's browser: it keeps cookies, and sends the token that the page's script would send."""

    def __init__(self, port: int, cookies: Mapping[str, str] | None = None, patience: float = PATIENT) -> None:
        self.port, self.patience = port, patience
        self.cookies = dict(cookies or {})

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Ask on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=self.patience)
        began = perf_counter()
        try:
            connection.request(method, path, body or None, self.headers() | headers)
            got = connection.getresponse()
            read = got.read()
        except (HTTPException, OSError):
            return Answer(0, {}, b"", perf_counter() - began)
        finally:
            connection.close()
        for name, value in got.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return Answer(got.status, dict(got.getheaders()), read, perf_counter() - began)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, b"", **headers)

    def post(self, path: str, body: bytes, **headers: str) -> Answer:
        return self.ask("POST", path, body, **{"Content-Type": "application/json", **headers})

    def headers(self) -> dict[str, str]:
        """Return the headers by which the page's script is known."""
        token = self.cookies.get("perfwidget_csrf")
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return ({"Cookie": cookie} if cookie else {}) | ({"X-CSRFToken": token} if token else {})

    def question(self, input_id: str, value: Any) -> bytes:
        """Return the body that the page's script would send to a callback."""
        dependencies = json.loads(self.get("/performance/_dash-dependencies").body)
        return json.dumps(callback_body(dependencies, input_id, value)).encode()

    def figures(self, asked: str) -> bytes:
        """Return the body that asks for the figures of a question."""
        return self.question("asked", {"question": asked, "attempt": 1})


def signed_in(port: int, mailbox: str) -> Visitor:
    """Return a visitor who has an account of the sample platform, and its page open."""
    visitor = Visitor(port)
    token = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get("/login").body.decode())
    assert token
    form = {"csrf_token": token[1], "email": f"{mailbox}@demo.example", "password": "demo"}
    answer = visitor.ask(
        "POST", "/login", urlencode(form).encode(), **{"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status == 302, answer
    assert visitor.get("/performance/").status == 200
    return visitor
