"""Who is signed in to Label Studio, told by its own session: the cookie is shown to it, and to nobody else."""

import hashlib
import json
import secrets
import threading
import time
from typing import Any, NamedTuple

import requests
from flask import Request
from flask_login import UserMixin

from perfwidget.errors import SourceUnavailable
from perfwidget.label_studio.connection import checked_address
from perfwidget.label_studio.sync import role_code
from perfwidget.sources.row_values import optional_id, word

COOKIE = "sessionid"
TRUSTED = 60.0
"""Seconds for which an answer stands; a role that was taken away, or a session that ended, acts no later."""

ASKED_AGAIN = 30.0
"""Seconds after which an answer is asked for again, while the old one still stands if Label Studio is away."""

DENIED = 5.0
"""Seconds for which a cookie that nobody has is not asked about again."""

TIME_LIMIT = (2, 5)
"""Seconds for the connection and for the answer."""

LARGEST = 1 << 20
LONGEST_COOKIE = 4096
MOST_SESSIONS = 10_000

AWAY = "Label Studio does not answer, so nobody can be recognized just now; try again in a moment."


class Person(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """Somebody who is signed in to Label Studio."""

    def __init__(self, user_id: str, email: str | None, organization: str | None, role: str) -> None:
        self.user_id = user_id
        self.email = email
        self.organization = organization
        """The active organization, as Label Studio has it."""
        self.role = role
        """Enterprise's code of their role in it; empty beside Community."""

    def get_id(self) -> str:
        """Return what tells people apart."""
        return self.user_id


class _Known(NamedTuple):
    person: Person | None
    at: float


class Sessions:
    """Recognizes people by Label Studio's session cookie; answers are kept by a hash of it."""

    def __init__(self, address: str, cookie: str = COOKIE) -> None:
        self._whoami = f"{checked_address(address)}/api/current-user/whoami"
        self._cookie = cookie
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, _Known] = {}
        self._asking: dict[bytes, threading.Lock] = {}
        self._lock = threading.Lock()

    def person_of(self, request: Request) -> Person | None:
        """Return who asks, or None for nobody; raises SourceUnavailable where Label Studio cannot be asked."""
        cookie = request.cookies.get(self._cookie)
        if not cookie or len(cookie) > LONGEST_COOKIE or not cookie.isascii() or not cookie.isprintable():
            return None
        if any(mark in cookie for mark in ' ";,\\'):
            return None
        key = hashlib.blake2b(cookie.encode(), key=self._key).digest()
        known = self._fresh(key)
        if known is not None:
            return known.person
        try:
            with self._turn(key):  # a page asks for many things at once, and Label Studio is asked once
                return (self._fresh(key) or self._asked(key, cookie)).person
        finally:
            with self._lock:
                self._asking.pop(key, None)

    def _fresh(self, key: bytes) -> _Known | None:
        known = self._known.get(key)
        if known is None:
            return None
        return known if time.monotonic() - known.at < (ASKED_AGAIN if known.person else DENIED) else None

    def _turn(self, key: bytes) -> threading.Lock:
        with self._lock:
            return self._asking.setdefault(key, threading.Lock())

    def _asked(self, key: bytes, cookie: str) -> _Known:
        try:
            answered = _Known(self._ask(cookie), time.monotonic())
        except SourceUnavailable:
            known = self._known.get(key)
            if known is None or known.person is None or time.monotonic() - known.at >= TRUSTED:
                raise
            return known
        with self._lock:
            if len(self._known) >= MOST_SESSIONS:
                self._forget()
            self._known[key] = answered
        return answered

    def _forget(self) -> None:
        """Forget what is too old to stand, and everything if that is not enough."""
        now = time.monotonic()
        self._known = {key: known for key, known in self._known.items() if now - known.at < TRUSTED}
        if len(self._known) >= MOST_SESSIONS:
            self._known = {}

    def _ask(self, cookie: str) -> Person | None:
        """Ask Label Studio whose cookie it is: only this cookie goes there, and no redirect is followed."""
        try:
            with requests.Session() as session:
                session.trust_env = False
                with session.get(
                    self._whoami,
                    headers={"Cookie": f"{self._cookie}={cookie}", "Accept": "application/json"},
                    timeout=TIME_LIMIT,
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    if response.status_code in (401, 403):
                        return None
                    if response.status_code != 200:
                        raise SourceUnavailable(AWAY)
                    return _person(json.loads(response.raw.read(LARGEST, decode_content=True)))
        except (requests.RequestException, OSError, ValueError):
            raise SourceUnavailable(AWAY) from None


def _person(answer: Any) -> Person:
    user_id = optional_id(answer.get("id")) if isinstance(answer, dict) else None
    if user_id is None:
        raise SourceUnavailable(AWAY)
    return Person(user_id, word(answer.get("email")), optional_id(answer.get("active_organization")), role_code(answer))
