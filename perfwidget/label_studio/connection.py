"""Asking a Label Studio over HTTP: who we are to it, how patient we are, and which answers count as answers.

Whatever is no complete JSON answer of the expected kind is asked for again, ever later. That may be an error page, a
sign-in page, a redirect, or a text that breaks off. So nothing half-read becomes a fact.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests

from perfwidget.errors import InvalidSetting, SourceRefused, SourceUnavailable
from perfwidget.label_studio.refusals import Refused
from perfwidget.label_studio.tokens import Token

log = logging.getLogger(__name__)

LARGEST = 64 * 1024 * 1024
"""Bytes of an answer; a page of tasks that is larger is asked for in parts."""


class Patience(NamedTuple):
    """How long to wait, in seconds, and how often to try."""

    connect: float = 5
    read: float = 60
    """For each piece of an answer."""
    whole: float = 120
    """For all of an answer."""
    first_wait: float = 0.5
    """Before a request is tried again: doubled each time, or what the server's Retry-After says."""
    longest_wait: float = 30
    attempts: int = 5


NOT_ACCEPTED = "Label Studio does not accept the token; make a new one under Account & Settings and start again."

_PIECE = 1 << 16
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})


class NotFound(SourceUnavailable):
    """Label Studio says, in its own words, that there is no such thing."""

    def __init__(self, path: str) -> None:
        super().__init__(f"Label Studio has nothing at /api/{path}; it may have been deleted a moment ago.")


class TooLarge(SourceUnavailable):
    """The answer is larger than we keep in memory."""

    def __init__(self, path: str) -> None:
        super().__init__(f"Label Studio's answer at /api/{path} is larger than {LARGEST:,} bytes.")


class _Outdated(Exception):
    """The access token was out of date."""


def checked_address(address: str) -> str:
    """Return the address of a Label Studio without a slash at its end; raises InvalidSetting for anything else."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise InvalidSetting("The address of Label Studio is written https://labels.example, with its path if any.")
    return address.rstrip("/")


class LabelStudio:
    """One Label Studio server, asked with one token; raises SourceUnavailable and SourceRefused.

    The token is a personal access token, or a legacy one where the organization still allows these. It may be what says
    it, asked before each request. It stands in no address, log line or message. `stopped` ends waiting at once.
    """

    def __init__(
        self,
        address: str,
        token: str | Callable[[], str],
        stopped: threading.Event | None = None,
        patience: Patience = Patience(),  # noqa: B008 (immutable)
    ) -> None:
        self.address = checked_address(address)
        self._token = Token(token)
        self._stopped = stopped or threading.Event()
        self._patience = patience
        self.clock: datetime | None = None
        """Label Studio's clock, by the `Date` of its last answer; None where it does not say."""
        self.clock_ahead = 0.0
        """Seconds by which that clock was ahead of this process's own, which begins anywhere and is never set."""
        self._session = requests.Session()
        self._session.trust_env = False  # a .netrc must not take the token's place
        self._session.headers.update({"Accept": "application/json", "User-Agent": "perfwidget"})

    def __repr__(self) -> str:
        return f"LabelStudio({self.address!r})"

    def get(self, path: str, parameters: Mapping[str, str | int] | None = None) -> Any:
        """Return what the API answers at a path below /api/; raises NotFound and TooLarge besides."""
        return self._patiently("GET", path, parameters=parameters)

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Change something at a path below /api/ and return the answer."""
        return self._patiently(method, path, body=body)

    def _patiently(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        wait, attempts, renewed = self._patience.first_wait, 0, False
        while True:
            try:
                return self._ask(method, path, parameters, body)
            except _Outdated:
                if renewed:
                    raise SourceRefused(NOT_ACCEPTED) from None
                self._token.access, renewed = "", True
            except _Fault as fault:
                attempts += 1
                if attempts == self._patience.attempts:
                    raise SourceUnavailable(f"Label Studio at {self.address} {fault}; it is asked again.") from None
                log.info("%s %s: Label Studio %s.", method, path, fault)
                asked = wait if fault.retry_after is None else fault.retry_after
                self._pause(min(asked, self._patience.longest_wait))
                wait *= 2

    def _pause(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise SourceUnavailable("Reading from Label Studio was stopped.")

    def _ask(
        self, method: str, path: str, parameters: Mapping[str, str | int] | None, body: Mapping[str, Any] | None
    ) -> Any:
        headers = {"Authorization": self._authorization()}
        status, content = self._exchange(method, path, headers, parameters, body)
        if status == 401:
            raise _Outdated
        if status == 403:
            raise Refused(
                f"Label Studio does not let the owner of the token use /api/{path}; take a token of an owner or admin.",
                content,
            )
        if status == 204:
            return None
        answer = _json(content)
        if status == 404:
            # Its own answers say so in JSON; a page of HTML comes from a proxy, or from an address it does not know.
            if isinstance(answer, dict) and answer.get("status_code") == 404:
                raise NotFound(path)
            raise _Fault("has no such address, or something before it answers in its place")
        if status >= 400:
            raise Refused(f"Label Studio refuses /api/{path} ({status}); see its log for why.", content)
        return answer

    def _authorization(self) -> str:
        self._token.take()
        if self._token.is_personal and not self._token.access:
            status, content = self._exchange("POST", "token/refresh/", {}, None, {"refresh": self._token.given})
            if status in (400, 401, 403):
                raise SourceRefused(NOT_ACCEPTED)
            answer = _json(content)
            access = answer.get("access") if status == 200 and isinstance(answer, dict) else None
            if not isinstance(access, str) or not access:
                raise _Fault(f"gave no access token ({status})")
            self._token.access = access
        return self._token.header()

    def _exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        parameters: Mapping[str, str | int] | None,
        body: Mapping[str, Any] | None,
    ) -> tuple[int, bytes]:
        """Return status and content; raises _Fault for everything that may be otherwise the next time."""
        began = time.monotonic()
        try:
            with self._session.request(
                method,
                f"{self.address}/api/{path}",
                params=dict(parameters or {}),
                json=None if body is None else dict(body),
                headers=dict(headers),
                timeout=(self._patience.connect, self._patience.read),
                allow_redirects=False,
                stream=True,
            ) as response:
                self._session.cookies.clear()
                if response.status_code in _TRANSIENT:
                    raise _Fault(f"answers {response.status_code}", _retry_after(response.headers.get("Retry-After")))
                if 300 <= response.status_code < 400:
                    raise _Fault(f"sends us elsewhere ({response.status_code})")
                self._read_clock(response.headers.get("Date"))
                content = bytearray()
                for piece in response.iter_content(_PIECE):
                    content += piece
                    if len(content) > LARGEST:
                        raise TooLarge(path)
                    if time.monotonic() - began > self._patience.whole:
                        raise _Fault("takes too long")
                _check_length(response, content)
                return response.status_code, bytes(content)
        except requests.RequestException as fault:
            raise _Fault(_in_words(fault)) from None

    def _read_clock(self, date: str | None) -> None:
        instant = _instant(date)
        if instant is not None:
            self.clock, self.clock_ahead = instant, instant.timestamp() - time.monotonic()


class _Fault(Exception):
    """Something that may be otherwise the next time, as the rest of a sentence that begins with “Label Studio”."""

    def __init__(self, words: str, retry_after: float | None = None) -> None:
        super().__init__(words)
        self.retry_after = retry_after


def _check_length(response: requests.Response, content: bytearray) -> None:
    """Raise if the answer is shorter than announced, which requests does not look at."""
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and "Content-Encoding" not in response.headers and len(content) != int(announced):
        raise _Fault("broke off in the middle of an answer")


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        begins_as_page = content.lstrip()[:1] == b"<"
        raise _Fault("answers with a page in place of data" if begins_as_page else "broke off in its data") from None


def _in_words(fault: requests.RequestException) -> str:
    """Return what went wrong without the address, which may hold more than people should read."""
    if isinstance(fault, requests.Timeout):
        return "does not answer in time"
    if isinstance(fault, requests.ConnectionError):
        return "cannot be reached"
    return "broke off in the middle of an answer"


def _retry_after(value: str | None) -> float | None:
    """Return the seconds that a Retry-After header asks for, in either of its forms."""
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    instant = _instant(value)
    return None if instant is None else max(0.0, (instant - datetime.now(UTC)).total_seconds())


def _instant(value: str | None) -> datetime | None:
    """Return the instant of a header, None for one that is none."""
    try:
        found = parsedate_to_datetime(value or "")
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else None
