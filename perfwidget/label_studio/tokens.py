"""The token with which Label Studio is asked, and the access token that a personal one is exchanged for."""

import json
import time
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Callable

from perfwidget.errors import InvalidSetting

LIFE = 60
"""Seconds for which an access token is used that does not say how long it lives. Label Studio's live five minutes."""


class Token:
    """A personal token or a legacy one; raises InvalidSetting for what no header can hold."""

    def __init__(self, told: str | Callable[[], str]) -> None:
        self._told = told if callable(told) else lambda: told
        self.given = self._access = ""
        self._access_until = 0.0
        self.take()

    def take(self) -> None:
        """Take the token as it is said now; what another one was exchanged for holds no more."""
        told = self._told()
        if not told or not told.isascii() or not told.isprintable():
            raise InvalidSetting("The token of Label Studio is missing or malformed; copy it from Account & Settings.")
        if told != self.given:
            self.given, self._access = told, ""

    @property
    def is_personal(self) -> bool:
        """Whether it is exchanged for an access token; a legacy one is shown as it is."""
        return self.given.count(".") == 2

    @property
    def access(self) -> str:
        """The access token; empty where there is none, or where it has lived long enough."""
        return self._access if time.monotonic() < self._access_until else ""

    @access.setter
    def access(self, access: str) -> None:
        self._access, self._access_until = access, time.monotonic() + _life(access)

    def header(self) -> str:
        """Return the value of `Authorization`."""
        return f"Bearer {self._access}" if self.is_personal else f"Token {self.given}"


def _life(access: str) -> float:
    """Return for how many seconds to use an access token: half of what it says, whatever the clocks are."""
    try:
        part = access.split(".")[1]
        claims = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return max(float(claims["exp"] - claims["iat"]) / 2, 1.0)
    except (IndexError, KeyError, TypeError, ValueError, NotBase64):
        return LIFE
