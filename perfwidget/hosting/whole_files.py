"""Files for servers and proxies that could not tell a broken one from a whole one.

A stream that must not go on breaks its connection. HTTP/1.1 shows that to whoever reads; with HTTP/1.0, which nginx
speaks to its upstream unless told otherwise, the end of the connection is how every file ends.
"""

from functools import partial
from tempfile import SpooledTemporaryFile

from flask import Response, request

IN_MEMORY = 1_000_000
"""Bytes of a file that are kept in memory; what is longer goes to the disk."""
PIECE = 65_536


def whole_where_needed(response: Response) -> Response:
    """Return an answer that is streamed, or the same whole and with its length where HTTP/1.0 asks for it.

    What goes wrong on the way is raised, for nothing is sent then.
    """
    if request.environ.get("SERVER_PROTOCOL") != "HTTP/1.0":
        return response
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (closed with the answer)
    try:
        for part in response.iter_encoded():
            file.write(part)
    except BaseException:
        response.close()
        file.close()
        raise
    response.content_length = file.tell()
    file.seek(0)
    response.response = iter(partial(file.read, PIECE), b"")
    response.call_on_close(file.close)
    return response
