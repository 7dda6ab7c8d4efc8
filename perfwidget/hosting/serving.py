"""Serving an application on a port, for the programs that are a server themselves."""

import argparse
import gc
import logging
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from waitress.server import create_server

from perfwidget.errors import PerfwidgetError

THREADS = 12
"""More than can wait at once: nine in the places of questions and downloads, and two for Label Studio."""
TURN = 0.0005
"""Seconds after which a thread of Python lets another one go on; a tenth of what Python takes."""
STALLED = 30
"""Seconds after which a client that takes nothing is cut off."""

MOST_CONNECTIONS = 500
"""Connections that are open at a time; waitress says in the log when there are so many, and further ones wait."""

LARGEST_BODY = 2 * 1024 * 1024
"""Bytes of a request's body, more than anything of ours needs: larger ones are refused before they are taken."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def port_number(text: str) -> int:
    """Return a port given as an argument; 0 takes any that is free."""
    if not text.isascii() or not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError("a port is a whole number up to 65535")
    return int(text)


@contextmanager
def bound(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Hold a port on all of a host's addresses without listening yet: who asks too early is refused, not kept waiting.

    Raises PerfwidgetError if that cannot be.
    """
    with ExitStack() as stack:
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            sockets = []
            for family, kind, protocol, _, address in dict.fromkeys(addresses):
                held = stack.enter_context(socket.socket(family, kind, protocol))
                held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    held.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                held.bind(address)
                sockets.append(held)
        except OSError as fault:
            raise PerfwidgetError(
                f"Port {port} of {host} cannot be used ({fault.strerror}); stop what uses it, or choose another one "
                "with --port."
            ) from fault
        yield sockets


def address_of(host: str, sockets: Sequence[socket.socket]) -> str:
    """Return the address at which a server on these sockets is reached."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{sockets[0].getsockname()[1]}"


def serve(app: Callable[..., Iterable[bytes]], sockets: Sequence[socket.socket], announcement: str) -> None:
    """Listen, say so on standard output, and serve until interrupted or terminated.

    Raises PerfwidgetError if the port was taken meanwhile.
    """
    try:
        server = create_server(
            app,
            sockets=list(sockets),
            threads=THREADS,
            connection_limit=MOST_CONNECTIONS,
            asyncore_use_poll=True,  # more connections than `select` can look at
            channel_timeout=STALLED,
            cleanup_interval=STALLED // 2,
            max_request_body_size=LARGEST_BODY,
        )
    except OSError as fault:  # somebody else was bound as well, and listened first
        raise PerfwidgetError(f"The port cannot be used ({fault.strerror}); choose another one with --port.") from fault
    gc.freeze()  # what is loaded stays: looking through it took a third of the time of a question about 10,000 members
    sys.setswitchinterval(TURN)  # a question waits for it at each statement, beside one who sends very many requests
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a page asks for more files at once than threads
    sys.stdout.write(f"{announcement}\n")
    sys.stdout.flush()
    try:
        server.run()
    finally:
        gc.unfreeze()  # or DuckDB complains at the end of what it takes for lost
