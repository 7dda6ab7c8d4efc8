"""A way to a server that falls silent when it is told to: connections stay open, and nothing comes any more."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PIECE = 65_536


class Way:
    """Passes on what goes to a server and what it answers, until it is told to be silent.

    Without a server it takes connections and says nothing from the start.
    """

    def __init__(self, to: int | None) -> None:
        self._to = to
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._lock = threading.Lock()
        self._left: int | None = 0 if to is None else None
        self._held: list[socket.socket] = []
        self.given_up = threading.Semaphore(0)
        """One for each connection that the client has closed."""
        threading.Thread(target=self._accept, daemon=True).start()

    def silence(self, behind: int = 0) -> None:
        """Pass on so many bytes of answers more, and then nothing."""
        with self._lock:
            self._left = behind

    def speak(self) -> None:
        """Pass on all that comes from now on."""
        with self._lock:
            self._left = None

    def close(self) -> None:
        """Take no more connections, and close those there are."""
        with self._lock:
            held, self._held = self._held, []
        for each in (self._listening, *held):
            with_end(each)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._to)) if self._to else None
            with self._lock:
                self._held += [each for each in (client, server) if each]
            threading.Thread(target=self._ask, args=(client, server), daemon=True).start()
            if server:
                threading.Thread(target=self._answer, args=(client, server), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket | None) -> None:
        try:
            while piece := client.recv(PIECE):
                if server:
                    server.sendall(piece)
        except OSError:
            pass
        self.given_up.release()
        if server:
            with_end(server)

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while piece := server.recv(PIECE):
                with self._lock:
                    if self._left is not None:
                        piece = piece[: self._left]
                        self._left -= len(piece)
                client.sendall(piece)
        except OSError:
            pass


def with_end(connection: socket.socket) -> None:
    """Close a connection that a thread may be waiting for."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


@contextmanager
def way(to: int | None) -> Iterator[Way]:
    """Give a way to a port of this machine."""
    made = Way(to)
    try:
        yield made
    finally:
        made.close()
