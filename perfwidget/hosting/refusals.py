"""How the widget says no: as JSON to scripts and programs, as a status to Dash, as a small page to people."""

import logging
import threading
import time

from flask import jsonify, render_template_string
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable, abort

from perfwidget.errors import Busy, PerfwidgetError

log = logging.getLogger(__name__)

TRIES_AGAIN = 5
"""Seconds after which a page that could not be shown for now asks again by itself."""
SAID_AGAIN = 60.0
"""Seconds for which the same sentence is not told to the log again, however often it is the answer."""
MOST_SAID = 1_000
FAILED = "The figures could not be worked out; the server's log says why."

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
<meta name="viewport" content="width=device-width">
{% if again %}<meta http-equiv="refresh" content="{{ again }}">{% endif %}
<style>
:root { color-scheme: {{ scheme }}; background: light-dark(#f5f6f8, #11151c); color: light-dark(#1a2230, #e7ebf1) }
body { font: 15px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 36rem; padding: 0 1rem }
a { margin-right: 1rem; color: light-dark(#2458a8, #86b2f2) }
</style></head>
<body>
<p>{{ sentence }}</p>
<p>{% if href %}<a href="{{ href }}" target="_top">{{ link }}</a>{% endif %}<a href="">Try again</a></p>
</body></html>"""
"""It is for people who may not have the files of the page, so its colours stand in it."""


def page_that_says(
    sentence: str, *, title: str, scheme: str = "light dark", href: str = "", link: str = "", again: int = 0
) -> str:
    """Return a page of one sentence, with a link that leaves a frame, if one is given, and one to try again.

    With `again` the page tries again by itself after so many seconds.
    """
    told = {"title": title, "scheme": scheme, "sentence": sentence, "href": href, "link": link, "again": again}
    return render_template_string(_PAGE, **told)


_said: dict[str, float] = {}
_saying = threading.Lock()


def say(error: PerfwidgetError) -> None:
    """Tell the log what was not answered: one line, at most once a minute of a kind.

    What somebody has to mend is an error, that too many asked at once an information; refusals are for debugging. One
    with a note is a warning: the host has to mend something, and people need not read what.
    """
    notes = getattr(error, "__notes__", [])
    refused = logging.WARNING if notes else logging.DEBUG
    level = refused if error.status < 500 else logging.INFO if isinstance(error, Busy) else logging.ERROR
    if not log.isEnabledFor(level):
        return
    sentence, now = " ".join([f"{type(error).__name__}: {error}", *notes]), time.monotonic()
    with _saying:
        if now - _said.get(sentence, -SAID_AGAIN) < SAID_AGAIN:
            return
        if len(_said) >= MOST_SAID:
            _said.clear()
        _said[sentence] = now
    log.log(level, "%s", sentence)


def refusal(error: PerfwidgetError) -> ResponseReturnValue:
    """Answer what was refused on purpose with its sentence."""
    say(error)
    later = {"Retry-After": str(error.retry_after)} if isinstance(error, Busy) else {}
    return jsonify(error=str(error)), error.status, later


def failure(error: Exception) -> ResponseReturnValue:
    """Answer what nobody meant to happen; what did stands in the log alone."""
    if isinstance(error, HTTPException):
        return error
    log.error("A request for the dashboard failed.", exc_info=error)
    return jsonify(error=FAILED), 500


def failed_callback(error: Exception) -> None:
    """Give a callback's failure the HTTP status it deserves; the page shows the sentence."""
    if isinstance(error, PerfwidgetError):
        say(error)
        if isinstance(error, Busy):
            raise ServiceUnavailable(str(error), retry_after=error.retry_after)
        abort(error.status, description=str(error))
    log.error("A callback of the dashboard failed.", exc_info=error)
    raise InternalServerError(FAILED)
