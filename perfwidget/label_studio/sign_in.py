"""Who is signed in to Label Studio, told by its own session. The cookie is shown to it, and to nobody else."""

import hashlib
import json
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import Request
from flask_login import UserMixin
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from perfwidget.errors import Busy, SourceUnavailable
from perfwidget.label_studio.connection import checked_address
from perfwidget.label_studio.directory import role_code
from perfwidget.sources.row_values import optional_id, word

COOKIE = "sessionid"
TRUSTED = 60.0
"""Seconds for which an answer stands while Label Studio answers others: what was taken away acts no later."""

ASKED_AGAIN = 30.0
"""Seconds after which an answer is asked for again, while the old one still stands if Label Studio is away."""

KNOWN_FOR = 3600.0
"""Seconds for which people whom Label Studio has known keep their page while it is away."""

DENIED = 10.0
"""Seconds for which a cookie that nobody has is not asked about again."""

WAITING = 2
"""Threads that wait for Label Studio at a time; others are for those who are known."""

SPARED = 3.0
"""Seconds for which Label Studio, when it did not answer, is not asked about the same cookie again."""

CONNECT, WHOLE = 2.0, 5.0
"""Seconds for the connection, and for the whole of an answer however it comes."""

LARGEST = 1 << 20
LONGEST_COOKIE = 4096
MOST_SESSIONS = 10_000

MANY_UNKNOWN = "Label Studio is being asked about others just now; try again in a moment."
AS_LAST_KNOWN = "Label Studio does not answer, so who sees what is as it said last."
AWAY = "Label Studio does not answer, so nobody can be recognized just now; try again in a moment."


class LabelStudioUser(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
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
    """What Label Studio said of a cookie when it was last asked with success, and when it was last tried in vain."""

    person: LabelStudioUser | None
    asked_at: float
    in_vain_at: float | None = None
    told_before: int | None = None
    """How often Label Studio had told of anybody when it was first tried in vain."""


_NOTHING = _Known(None, float("-inf"))


class Sessions:
    """Recognizes people by Label Studio's session cookie; answers are kept by a keyed hash of it.

    `known_for` says for how many seconds an answer is believed while Label Studio is away. `whole` is the time limit
    for an answer in seconds. `clock` tells the seconds by which answers grow old. Raises InvalidSetting for an address
    that is none.
    """

    def __init__(
        self,
        address: str,
        cookie: str = COOKIE,
        *,
        known_for: float = KNOWN_FOR,
        whole: float = WHOLE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(checked_address(address))
        self._host, self._port = str(parts.hostname), parts.port
        self._context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH) if parts.scheme == "https" else None
        self._path = f"{parts.path}/api/current-user/whoami"
        self._cookie = cookie
        self._whole = whole
        self._known_for = max(known_for, TRUSTED)
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, _Known] = {}
        self._asking: dict[bytes, threading.Lock] = {}
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(WAITING)
        self._away = False
        self._told = 0
        """How often Label Studio has told of anybody."""

    def notice(self) -> str:
        """Return what people must know of how they were recognized; empty while Label Studio answers."""
        return AS_LAST_KNOWN if self._away else ""

    def person_of(self, request: Request) -> LabelStudioUser | None:
        """Return who asks, or None for nobody.

        Raises SourceUnavailable where Label Studio cannot be asked, Busy where too many wait for it.
        """
        given = request.cookies.getlist(self._cookie)
        cookie = given[-1] if given else ""  # of several the last, as Label Studio itself takes it
        if not cookie or len(cookie) > LONGEST_COOKIE or not cookie.isascii() or not cookie.isprintable():
            return None
        if any(mark in cookie for mark in ' ";,\\'):
            return None
        key = hashlib.blake2b(cookie.encode(), key=self._key).digest()
        known = self._settled(key)
        if known is not None:
            return known.person
        turn = self._turn(key)
        alone = turn.acquire(blocking=False)  # a page asks for many things at once, and Label Studio is asked once
        known = self._known.get(key, _NOTHING)
        if not alone and self._stands(known):
            return known.person
        if not self._places.acquire(blocking=False):
            if alone:
                self._end_turn(key, turn)
            if self._stands(known):
                return known.person
            raise Busy(MANY_UNKNOWN)
        try:
            if not alone:
                turn.acquire()
            try:
                return (self._settled(key) or self._asked(key, cookie)).person
            finally:
                self._end_turn(key, turn)
        finally:
            self._places.release()

    def _end_turn(self, key: bytes, turn: threading.Lock) -> None:
        turn.release()
        with self._lock:
            self._asking.pop(key, None)

    def _settled(self, key: bytes) -> _Known | None:
        """Return what is known of a cookie if that is not to be asked for; raises SourceUnavailable likewise."""
        known = self._known.get(key)
        if known is None:
            return None
        if known.in_vain_at is not None and self._clock() - known.in_vain_at < SPARED:
            return self._despite(known)
        return known if self._clock() - known.asked_at < (ASKED_AGAIN if known.person else DENIED) else None

    def _stands(self, known: _Known) -> bool:
        away = self._away and not self._answers_others(known)
        return self._younger(known, self._known_for if away else TRUSTED)

    def _answers_others(self, known: _Known) -> bool:
        """Say whether Label Studio told of somebody since a cookie is asked about in vain.

        People can make what it says of themselves too large or too slow for us.
        """
        return known.told_before is not None and self._told > known.told_before

    def _younger(self, known: _Known, seconds: float) -> bool:
        return known.person is not None and self._clock() - known.asked_at < seconds

    def _despite(self, known: _Known) -> _Known:
        """Return what is known of somebody although Label Studio is away."""
        if not self._younger(known, TRUSTED if self._answers_others(known) else self._known_for):
            raise SourceUnavailable(AWAY)
        return known

    def _turn(self, key: bytes) -> threading.Lock:
        with self._lock:
            return self._asking.setdefault(key, threading.Lock())

    def _asked(self, key: bytes, cookie: str) -> _Known:
        began = self._clock()  # what is answered was so then, however long it takes
        try:
            known, self._away = _Known(self._ask(cookie), began), False
        except SourceUnavailable:
            known = self._known.get(key, _NOTHING)
            before = self._told if known.told_before is None else known.told_before
            known = known._replace(in_vain_at=self._clock(), told_before=before)
            self._away = self._away or not self._answers_others(known)
        with self._lock:
            self._told += known.in_vain_at is None and known.person is not None
            if len(self._known) >= MOST_SESSIONS:
                self._forget()
            self._known[key] = known
        return known if known.in_vain_at is None else self._despite(known)

    def _forget(self) -> None:
        """Forget everybody who would not be believed any more, and everything if that is not enough."""
        for seconds in (self._known_for, TRUSTED, 0):
            self._known = {key: known for key, known in self._known.items() if self._younger(known, seconds)}
            if len(self._known) < MOST_SESSIONS:
                return

    def _ask(self, cookie: str) -> LabelStudioUser | None:
        """Ask Label Studio whose cookie it is: only this cookie goes there, and no redirect is followed."""
        headers = {"Cookie": f"{self._cookie}={cookie}", "Accept": "application/json", "User-Agent": "perfwidget"}
        try:
            with closing(self._connection()) as connection:
                connection.connect()
                with _ended_after(self._whole, connection.sock):
                    connection.request("GET", self._path, headers=headers)
                    response = connection.getresponse()
                    if response.status in (401, 403):
                        return None
                    if response.status != 200:
                        raise SourceUnavailable(AWAY)
                    return _person(json.loads(response.read(LARGEST)))
        except (HTTPException, OSError, ValueError, RecursionError):
            raise SourceUnavailable(AWAY) from None

    def _connection(self) -> HTTPConnection:
        if self._context is not None:
            return HTTPSConnection(self._host, self._port, timeout=CONNECT, context=self._context)
        return HTTPConnection(self._host, self._port, timeout=CONNECT)


@contextmanager
def _ended_after(seconds: float, connected: socket.socket) -> Iterator[None]:
    """Cut a connection after some seconds: limits for each piece of an answer would let it trickle for ever."""
    connected.settimeout(None)
    end = threading.Timer(seconds, _cut, [connected])
    end.daemon = True
    end.start()
    try:
        yield
    finally:
        end.cancel()


def _cut(connected: socket.socket) -> None:
    with suppress(OSError):  # it is over already
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


def _person(answer: Any) -> LabelStudioUser:
    user_id = optional_id(answer.get("id")) if isinstance(answer, dict) else None
    if user_id is None:
        raise SourceUnavailable(AWAY)
    return LabelStudioUser(
        user_id, word(answer.get("email")), optional_id(answer.get("active_organization")), role_code(answer)
    )
