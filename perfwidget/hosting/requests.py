"""How a request is served: who sent it, its body read strictly, its answer protected and packed.

Dash answers a malformed body with a 500 and a traceback;
here it is a 400 with a sentence, before Dash sees it.

Headers keep other sites, caches and frames away from answers.
A link to the page may stand anywhere; data, files and calls are for the page itself.
"""

import gzip
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from socket import socket
from typing import Any
from urllib.parse import SplitResult, urlsplit

import brotli
from flask import Flask, current_app, g
from flask import Response as FlaskResponse
from flask import request as current_request
from werkzeug import Request, Response
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge

CSRF_COOKIE = "perfwidget_csrf"
CSRF_HEADER = "X-CSRFToken"

_STATIC_ENDPOINTS = frozenset({"assets", "component_suites"})


# -- What a browser sends, which anybody may write ---------------------------------------------------------------------

BODY_LIMIT = 64 * 1024
"""Bytes that the body of one callback may have; more is a 413. Other routes of the host are not concerned."""

NESTING_LIMIT = 64
"""Levels of lists and objects in a body."""


def take_body(request: Request) -> bytes:
    """The body of a callback, as the browser sends it; raises BadRequest or RequestEntityTooLarge."""
    if request.content_length is None:  # a body sent in chunks could go on for ever
        raise BadRequest("The body of the callback is empty, or comes without its Content-Length.")
    if request.content_length > BODY_LIMIT:
        raise RequestEntityTooLarge(f"The body of a callback may have at most {BODY_LIMIT} bytes.")
    if not request.is_json:
        raise BadRequest("Send the body of a callback as application/json.")
    return request.get_data()


def read_body(raw: bytes, callback_map: Mapping[str, Any]) -> dict[str, Any]:
    """A callback of `callback_map` (the Dash app's) with just its inputs, state and outputs, and plain values.

    Raises BadRequest for anything else.
    """
    body = _parse(raw)
    output = body.get("output")
    known = callback_map.get(output) if isinstance(output, str) else None
    if known is None or "callback" not in known:  # one that runs in the browser has none
        raise BadRequest("There is no callback with this output; load the page again.")
    if _names(body.get("inputs")) != _names(known["inputs"]) or _names(body.get("state", [])) != _names(known["state"]):
        raise BadRequest("The inputs or the state are not those of this callback; load the page again.")
    if not _same_outputs(body.get("outputs"), known["output"]):
        raise BadRequest("The outputs are not those of this callback; load the page again.")
    changed = body.get("changedPropIds")
    inputs = {f"{entry['id']}.{entry['property']}" for entry in known["inputs"]}
    if not isinstance(changed, list) or not all(isinstance(name, str) and name in inputs for name in changed):
        raise BadRequest("`changedPropIds` is not a list of inputs of this callback; load the page again.")
    return body


def connection_of(environ: Mapping[str, Any]) -> socket | None:
    """The connection of a request, where the server tells it: gunicorn and Werkzeug do, waitress by its channel."""
    told = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    channel = getattr(environ.get("waitress.client_disconnected"), "__self__", None)
    found = told or getattr(channel, "socket", None)
    return found if isinstance(found, socket) else None


def letting_refusals_through(on_error: Callable[[Exception], Any]) -> Callable[[Exception], Any]:
    """`on_error` of a Dash app, but an HTTP error raised by a callback goes on its way and keeps its status."""

    def handle(error: Exception) -> Any:
        if isinstance(error, HTTPException):
            raise error
        return on_error(error)

    return handle


def as_json(refusal: HTTPException) -> Response:
    """The answer to a refused callback: its status, its headers and `{"error": sentence}`."""
    if isinstance(refusal.response, Response):  # it brings a body of its own
        return refusal.response
    body = json.dumps({"error": refusal.description or refusal.name})
    return Response(body, refusal.code, refusal.get_headers(), mimetype="application/json")


def _parse(raw: bytes) -> dict[str, Any]:
    """The object of a body; not with what JSON can spell and nobody can keep, from lone surrogates to deep nesting."""
    try:
        body = json.loads(raw.decode(), parse_int=_whole)
        _require_shallow(body, NESTING_LIMIT)
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise BadRequest("The body of the callback is not JSON in UTF-8 that can be kept.") from None
    if not isinstance(body, dict):
        raise BadRequest("The body of the callback is not a JSON object.")
    return body


def _whole(digits: str) -> int:
    if not -(2**63) < (number := int(digits)) < 2**63:
        raise ValueError(digits)
    return number


def _require_shallow(value: Any, levels: int) -> None:
    if not levels:
        raise RecursionError
    for below in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _require_shallow(below, levels - 1)


def _names(entries: Any) -> list[tuple[Any, Any]] | None:
    """Ids and properties of a list of inputs or states; None if it is no such list."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return None
    return [(entry.get("id"), entry.get("property")) for entry in entries]


def _same_outputs(asked: Any, declared: Any) -> bool:
    """Whether the outputs are the declared ones: an object for one, a list for a list of them, nothing for none."""
    if not isinstance(declared, (list, tuple)):
        asked, declared = [asked], [declared]
    elif not declared and asked is None:
        asked = []
    names = _names(asked)
    if names is None or len(names) != len(declared):
        return False
    # Behind an @ follows what tells apart callbacks that share an output (`allow_duplicate`).
    return all(
        id_ == output.component_id and isinstance(name, str) and name.split("@")[0] == output.component_property
        for (id_, name), output in zip(names, declared, strict=True)
    )


# -- What every answer carries -----------------------------------------------------------------------------------------


def protected(
    response: FlaskResponse, prefix: str, frame_ancestors: str, with_forms: Collection[str] = ()
) -> FlaskResponse:
    """Return an answer to the current request with the headers that it needs.

    `prefix` is where the page is mounted, `frame_ancestors` who may show it in a frame, and `with_forms` are the
    endpoints whose pages have forms, which they send to this site alone.
    """
    endpoint = (current_request.endpoint or "").rpartition(".")[2]
    response.headers["X-Content-Type-Options"] = "nosniff"
    if endpoint in _STATIC_ENDPOINTS and response.status_code < 400:
        return response
    response.headers["Cache-Control"] = "private, no-store"
    response.vary.add("Cookie")
    if endpoint != "index":  # the page may be shown by sites that `frame_ancestors` names; data are for it alone
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if endpoint in ("index", "session") and response.status_code < 400:
        _set_csrf_cookie(response, prefix)
    if response.mimetype == "text/html":
        if endpoint == "index" and response.status_code == 200:
            response.status_code = g.get("perfwidget_status", 200)
        response.headers["Content-Security-Policy"] = _policy(
            frame_ancestors, "'self'" if endpoint in with_forms else "'none'"
        )
        response.headers["Referrer-Policy"] = "same-origin"
    return response


def from_elsewhere() -> bool:
    """Say whether a browser tells that another site's page sent this request, or that a link of such a page did."""
    site, origin = current_request.headers.get("Sec-Fetch-Site"), current_request.headers.get("Origin")
    if site is not None and site not in ("same-origin", "none"):
        return True
    if origin:
        return address_parts(origin).netloc != current_request.host
    referrer = current_request.referrer or ""
    return site is None and bool(referrer) and address_parts(referrer).netloc != current_request.host


def address_parts(address: str) -> SplitResult:
    """Take apart an address that a header holds, which anybody may write; one that is none has no parts."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _policy(frame_ancestors: str, form_action: str) -> str:
    return (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; "
        f"frame-ancestors {frame_ancestors}; base-uri 'none'; form-action {form_action}; object-src 'none'"
    )


def _set_csrf_cookie(response: FlaskResponse, prefix: str) -> None:
    """Let the page's own requests pass the host's CSRFProtect, which leaves its token maker with Jinja."""
    make_token = current_app.jinja_env.globals.get("csrf_token") if "csrf" in current_app.extensions else None
    if callable(make_token):
        # A proxy may end the encryption; then the host says of its own cookie that it is for encrypted connections.
        secure = current_request.is_secure or bool(current_app.config["SESSION_COOKIE_SECURE"])
        token = make_token()
        response.headers[CSRF_HEADER] = token  # for a page whose own has expired
        response.set_cookie(CSRF_COOKIE, token, path=prefix, samesite="Lax", secure=secure)


# -- How answers are packed that are made per request ------------------------------------------------------------------

_SMALLEST_PACKED = 1000  # bytes; below that the gzip frame and the work outweigh what is saved

_QUICK: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda plain: brotli.compress(plain, quality=4),
    "gzip": lambda plain: gzip.compress(plain, 6, mtime=0),
}
"""To the same size: 200 members with every number and the period before, 740 kB, to 47 kB in 3 and 6 ms."""


def compressed(response: FlaskResponse) -> FlaskResponse:
    """The same answer, packed if that pays and the client takes it; for answers that are made afresh each time."""
    if response.status_code != 200 or response.is_streamed or "Content-Encoding" in response.headers:
        return response
    body = response.get_data()
    if len(body) <= _SMALLEST_PACKED:
        return response
    response.vary.add("Accept-Encoding")
    if encoding := taken(_QUICK):
        response.set_data(_QUICK[encoding](body))
        response.headers["Content-Encoding"] = encoding
    return response


def taken(encodings: Iterable[str]) -> str | None:
    """Return the first of some encodings that the client takes, and likes no less than none."""
    wanted = current_request.accept_encodings
    return next((each for each in encodings if wanted[each] > 0 and wanted[each] >= wanted["identity"]), None)


def application() -> Flask:
    """Return the host's application, of the current request."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 (Flask's documented way)
    return app
