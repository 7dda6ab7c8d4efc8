"""What never changes while the process runs, sent small: scripts, styles and images.

A static file is read and packed once in a process, when it is first asked for: with brotli for browsers that take it
(they do where they trust the connection), else with gzip. Each encoding has its own strong ETag, so that
`If-None-Match`, `Range` and `HEAD` hold for the very bytes that are sent. An address that carries the fingerprint of
what it names may be kept forever; any other one is asked again, which costs a 304 without a body.
"""

import functools
import gzip
import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import brotli
from flask import Response, request
from werkzeug.exceptions import NotFound

from perfwidget.hosting.requests import taken

PLOTLY_BUNDLE = "vendor/plotly-basic.min.js"
"""plotly.js with scatter, bar and pie only, in `assets_folder()`; of the same version as the one in plotly itself."""

MIMETYPES = {
    ".css": "text/css",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
"""The files that may be sent, by suffix. Not the machine's own table, for one that calls .js plain text breaks the page
where `nosniff` is set; and what is not named here (Python files, licences, source maps) is not sent at all."""

_PACKABLE = {".css", ".ico", ".js", ".svg"}
_FOREVER = "private, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_THOROUGH = 9  # brotli level of static files: the two above it save another tenth and take ten times as long
_READING: dict[Path, threading.Lock] = {}

_ENCODINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda plain: brotli.compress(plain, quality=_THOROUGH),
    "gzip": lambda plain: gzip.compress(plain, 9, mtime=0),
}
"""How static files are packed, the best first."""


@dataclass(frozen=True)
class StaticFile:
    """The bytes of one file as they are sent in one encoding; without one where packing saves nothing."""

    body: bytes
    encoding: str | None
    digest: str


def assets_folder() -> Path:
    """The folder of the browser's files: inside the package of an installed wheel, beside it in a checkout.

    Raises FileNotFoundError if it is in neither place.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "assets", package.parent / "assets"):
        if (folder / PLOTLY_BUNDLE).is_file():
            return folder
    raise FileNotFoundError(f"The browser files of {package.name} are missing; install {package.name} again.")


def file_in(folder: Path, name: str) -> Path:
    """The file that a client calls `name`; raises NotFound for one that is not there or lies outside the folder."""
    try:
        path = (folder / name).resolve()
        found = path.is_relative_to(folder.resolve()) and path.is_file()
    except (OSError, ValueError):  # a name that no file can have: too long, or with a NUL in it
        found = False
    if not found:
        raise NotFound()
    return path


def send_static(path: Path, *, fingerprinted: bool) -> Response:
    """Answer the current request with the file at `path`, packed as the client takes it.

    `fingerprinted` says that the address names exactly this content. Raises NotFound for a file that is not there or is
    of no kind in `MIMETYPES`, and RequestedRangeNotSatisfiable for a range beyond its end.
    """
    if path.suffix not in MIMETYPES or not path.is_file():
        raise NotFound()
    state = path.stat()
    packable = path.suffix in _PACKABLE
    # So that the first visitors, who all come at once, do not each pack the same file.
    with _READING.setdefault(path, threading.Lock()):
        file = _read(path, (state.st_mtime_ns, state.st_size), taken(_ENCODINGS) if packable else None)
    response = Response(file.body, mimetype=MIMETYPES[path.suffix])
    response.headers["Cache-Control"] = _FOREVER if fingerprinted else _ASK_AGAIN
    response.set_etag(f"{file.digest}-{file.encoding}" if file.encoding else file.digest)
    if file.encoding:
        response.headers["Content-Encoding"] = file.encoding
    if packable:
        response.vary.add("Accept-Encoding")
    response.make_conditional(request, accept_ranges=True, complete_length=len(file.body))
    return response


@functools.lru_cache(maxsize=512)
def _read(path: Path, _stamp: tuple[int, int], encoding: str | None) -> StaticFile:
    """Read and pack once; the stamp makes an edited file a new one."""
    plain = path.read_bytes()
    digest = hashlib.sha256(plain).hexdigest()[:32]
    packed = plain if encoding is None else _ENCODINGS[encoding](plain)
    return StaticFile(packed, encoding, digest) if len(packed) < len(plain) else StaticFile(plain, None, digest)
