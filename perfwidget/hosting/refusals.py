"""How the widget says no: as JSON to scripts and programs, as a status to Dash, as a small page to people."""

import logging

from flask import jsonify, render_template_string
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable, abort

from perfwidget.errors import Busy, PerfwidgetError

log = logging.getLogger(__name__)
FAILED = "The figures could not be worked out; the server's log says why."

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="{{ scheme }}"></head>
<body style="font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 36rem; padding: 0 1rem">
<p>{{ sentence }}</p>
<p>{% if href %}<a href="{{ href }}" target="_top">{{ link }}</a>{% else %}<a href="">Try again</a>{% endif %}</p>
</body></html>"""


def page_that_says(sentence: str, *, title: str, scheme: str, href: str = "", link: str = "") -> str:
    """Return a page of one sentence, with a link that leaves a frame; without one it offers to try again."""
    return render_template_string(_PAGE, title=title, scheme=scheme, sentence=sentence, href=href, link=link)


def refusal(error: PerfwidgetError) -> ResponseReturnValue:
    """Answer what was refused on purpose with its sentence."""
    if isinstance(error, Busy):
        return jsonify(error=str(error)), error.status, {"Retry-After": str(error.retry_after)}
    if error.status >= 500:
        log.error("%s", error, exc_info=error)
    return jsonify(error=str(error)), error.status


def failure(error: Exception) -> ResponseReturnValue:
    """Answer what nobody meant to happen; what did stands in the log alone."""
    if isinstance(error, HTTPException):
        return error
    log.error("A request for the dashboard failed.", exc_info=error)
    return jsonify(error=FAILED), 500


def failed_callback(error: Exception) -> None:
    """Give a callback's failure the HTTP status it deserves; the page shows the sentence."""
    if isinstance(error, Busy):
        raise ServiceUnavailable(str(error), retry_after=error.retry_after)
    if isinstance(error, PerfwidgetError):
        if error.status >= 500:
            log.error("%s", error, exc_info=error)
        abort(error.status, description=str(error))
    log.error("A callback of the dashboard failed.", exc_info=error)
    raise InternalServerError(FAILED)
