"""Requests written byte by byte: what no client sends, and how a server answers it."""

import gzip
import re
import socket

CALLBACK = "/performance/_dash-update-component"
LARGE = 50 * 1024 * 1024


def sent(port: int, raw: bytes) -> bytes:
    """Return all that a server answers to some bytes, after which the sender says no more."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
        except OSError:  # a server need not listen to the end
            pass
        answer = b""
        try:
            while part := connection.recv(65_536):
                answer += part
        except OSError:
            pass
        return answer


def posting(cookie: bytes, body: bytes, *headers: bytes, length: int | None = None) -> bytes:
    """Return a callback's request; its length is the body's, another one, or left out where it is -1."""
    told = [b"Content-Length: %d" % (len(body) if length is None else length)] if length != -1 else []
    lines = [b"POST %b HTTP/1.1" % CALLBACK.encode(), b"Host: localhost", b"Cookie: " + cookie, b"Connection: close"]
    return b"\r\n".join([*lines, b"Content-Type: application/json", *told, *headers, b"", body])


def getting(cookie: bytes, path: bytes, *headers: bytes) -> bytes:
    lines = [b"GET %b HTTP/1.1" % path, b"Host: localhost", b"Cookie: " + cookie, b"Connection: close"]
    return b"\r\n".join([*lines, *headers, b"", b""])


def strange(cookie: bytes, body: bytes, *headers: bytes) -> dict[str, bytes]:
    """Return requests that no client sends, by what is odd about them; `body` is one that is answered."""
    return {
        "longer than told": posting(cookie, body + b"GET / HTTP/1.1\r\n\r\n", *headers, length=len(body) // 2),
        "shorter than told": posting(cookie, body, *headers, length=len(body) + 10),
        "much shorter than told": posting(cookie, body, *headers, length=LARGE),
        "two lengths": posting(cookie, body, b"Content-Length: 1", *headers),
        "chunked and a length": posting(cookie, b"0\r\n\r\n", b"Transfer-Encoding: chunked", *headers),
        "chunked": posting(cookie, b"ffffffff\r\nx", b"Transfer-Encoding: chunked", *headers, length=-1),
        "unknown transfer": posting(cookie, body, b"Transfer-Encoding: gzip, x", *headers),
        "fifty megabytes": posting(cookie, b" " * LARGE, *headers),
        "packed": posting(cookie, gzip.compress(body), b"Content-Encoding: gzip", *headers),
        "NUL in the path": getting(cookie, b"/performance/assets/%00.js"),
        "raw bytes in the path": getting(cookie, b"/performance/\xff\xfe?\x01=\xff"),
        "up and away": getting(cookie, b"/performance/assets/..%2f..%2f..%2fetc/passwd"),
        "no such percent": getting(cookie, b"/performance/export/%zz?%zz=%"),
        "long header": getting(cookie, b"/performance/", b"X: " + b"x" * 1_000_000),
        "long address": getting(cookie, b"/performance/?user=" + b"x" * 1_000_000),
        "folded header": getting(cookie, b"/performance/", b"X: a", b" b"),
        "no host": b"GET /performance/ HTTP/1.1\r\n\r\n",
        "no HTTP": b"\x16\x03\x01\x02\x00\x01",
    }


def fails(answer: bytes) -> bool:
    """Say whether an answer is a failure of the server, or tells of its inside."""
    status = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
    return bool(status and status[1] in (b"500", b"502", b"503")) or any(
        inside in answer for inside in (b"Traceback", b"site-packages", b"root:")
    )
