"""The log of this package set up in one call, for hosts that do not configure logging themselves."""

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

LOGGER = "perfwidget"
FIELDS = "perfwidget_fields"
"""The attribute of a record that holds what a line of JSON tells beside the sentence."""


def log_to(target: TextIO | str | Path | None = None, *, level: int | str = "INFO", json_lines: bool = False) -> None:
    """Write the log of this package, and nothing else's, to a stream or to the end of a file; by default to stderr.

    `level` is the least that is written: "ERROR", "WARNING", "INFO" or "DEBUG". A line is plain text, or with
    `json_lines` an object with `time`, `level`, `logger`, `message`, and for downloads its parts. The root logger and
    its handlers stay as they are, and get none of these lines a second time. Called again, it replaces what it set up.
    Raises ValueError for a level that is none, and OSError for a file that cannot be written.
    """
    handler: logging.Handler = (
        _File(target, encoding="utf-8") if isinstance(target, str | Path) else _Stream(target or sys.stderr)
    )
    text = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    handler.setFormatter(_JSONLines() if json_lines else logging.Formatter(text))
    logger = logging.getLogger(LOGGER)
    logger.setLevel(level)
    for before in [each for each in logger.handlers if isinstance(each, _File | _Stream)]:
        logger.removeHandler(before)
        before.close()
    logger.addHandler(handler)
    logger.propagate = False


class _Stream(logging.StreamHandler[TextIO]):
    """A handler that `log_to` has set up."""


class _File(logging.FileHandler):
    """The same for a file."""


class _JSONLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)
