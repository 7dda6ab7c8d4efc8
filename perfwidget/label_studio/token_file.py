"""A token of Label Studio in a file, which may change while the server runs."""

from contextlib import suppress
from pathlib import Path

from perfwidget.errors import InvalidSetting


class TokenFile:
    """Says the token that a file holds now. Where it cannot be read any more, it is the one that it held last.

    Raises InvalidSetting, when it is made, for a file that cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._token = self._read()

    def __call__(self) -> str:
        """Return the token."""
        with suppress(InvalidSetting):
            self._token = self._read() or self._token  # it may be empty while it is being written
        return self._token

    def _read(self) -> str:
        try:
            return self._path.read_text("utf-8").strip()
        except OSError as fault:
            raise InvalidSetting(f"The token file {self._path} cannot be read ({fault.strerror}).") from None
        except ValueError:
            raise InvalidSetting(f"The token file {self._path} holds no text.") from None
