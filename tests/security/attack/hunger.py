"""One person who asks for as much as they can, on many connections at once, from a process of its own.

The process yields to the server it attacks (`nice`), for an attacker has a machine of their own. Each connection takes
a breath between an answer and the next question, as long as the way over the internet and back.
"""

import json
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPMessage
from typing import Any, NamedTuple

from tests.security.attack.running import PATIENT, ROOT

CONNECTIONS = 40
BREATH = 0.1
"""Seconds between an answer and the next question on a connection."""
SIP, SIPS = 5_600, 0.1
"""Bytes that a slow reader takes at once, and the seconds between two of these: 56 kB/s."""


class Demand(NamedTuple):
    """A request that is sent again and again."""

    method: str
    path: str
    headers: dict[str, str]
    body: str = ""


class Hunger:
    """A running attack; `answers` are complete once it has ended."""

    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()
        """By status how many questions were answered; `later` stands behind one that says when to come again."""
        self.files: Counter[str] = Counter()
        """The same of the first file that each slow reader asked for."""


@contextmanager
def hungry(
    port: int, demands: Sequence[Demand] = (), files: Sequence[Demand] = (), connections: int = CONNECTIONS
) -> Iterator[Hunger]:
    """Attack a server until the block ends; it begins when all connections have asked, and each reader has an answer.

    `demands` are asked in turn on all connections; each of `files` is read slowly, by a reader of its own.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.security.attack.hunger"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout
    hunger = Hunger()
    try:
        wanted = {"port": port, "demands": demands, "files": files, "connections": connections if demands else 0}
        process.stdin.write(json.dumps(wanted) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "began\n"
        yield hunger
        told, _ = process.communicate(timeout=PATIENT)  # which closes its input, and so tells it to end
        hunger.answers.update(json.loads(told)["answers"])
        hunger.files.update(json.loads(told)["files"])
    finally:
        process.kill()
        process.communicate()


class _Attack:
    """The attacking process: its threads, and what they were answered."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._over = threading.Event()
        self._begun = threading.Semaphore(0)
        self._counted = threading.Lock()
        self._threads: list[threading.Thread] = []
        self.answers: Counter[str] = Counter()
        self.files: Counter[str] = Counter()

    def run(self, demands: Sequence[Demand], files: Sequence[Demand], connections: int) -> None:
        for number in range(connections):
            self._start(self._ask, [*demands[number % len(demands) :], *demands[: number % len(demands)]])
        for each in files:
            self._start(self._sip, each)
        for _ in self._threads:
            self._begun.acquire()
        sys.stdout.write("began\n")
        sys.stdout.flush()
        sys.stdin.read()
        self._over.set()

    def _start(self, done: Any, *given: Any) -> None:
        self._threads.append(threading.Thread(target=done, args=given, daemon=True))
        self._threads[-1].start()

    def _ask(self, demands: Sequence[Demand]) -> None:
        connection, asked = HTTPConnection("127.0.0.1", self._port, timeout=PATIENT), 0
        while not self._over.is_set():
            each = demands[asked % len(demands)]
            asked += 1
            try:
                connection.request(each.method, each.path, each.body or None, each.headers)
                if asked == 1:
                    self._begun.release()
                answer = connection.getresponse()
                answer.read()
                self._count(self.answers, answer.status, answer.headers)
            except (HTTPException, OSError):
                connection.close()
                self._count(self.answers, 0, HTTPMessage())
            self._over.wait(BREATH)

    def _sip(self, file: Demand) -> None:
        first = True
        while not self._over.is_set():
            with socket.socket() as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                connection.settimeout(PATIENT)
                try:
                    connection.connect(("127.0.0.1", self._port))
                    lines = [f"{file.method} {file.path} HTTP/1.1", "Host: localhost", "Connection: close"]
                    lines += [f"{name}: {value}" for name, value in file.headers.items()]
                    connection.sendall("\r\n".join([*lines, "", ""]).encode())
                    begin = connection.recv(512)
                    if first:
                        self._count(self.files, int(begin.split(b" ")[1]), HTTPMessage())
                        self._begun.release()
                        first = False
                    while not self._over.wait(SIPS) and connection.recv(SIP):
                        pass
                except OSError:
                    pass
            self._over.wait(1)

    def _count(self, counter: Counter[str], status: int, headers: HTTPMessage) -> None:
        with self._counted:
            counter[f"{status} later" if "Retry-After" in headers else str(status)] += 1


def main() -> None:
    """Attack as standard input says, until it ends."""
    os.nice(15)
    wanted = json.loads(sys.stdin.readline())
    attack = _Attack(wanted["port"])
    demands, files = ([Demand(*each) for each in wanted[kind]] for kind in ("demands", "files"))
    attack.run(demands, files, wanted["connections"])
    sys.stdout.write(json.dumps({"answers": attack.answers, "files": attack.files}))
    sys.stdout.flush()
    os._exit(0)  # threads that still wait for an answer are of no more interest


if __name__ == "__main__":
    main()
