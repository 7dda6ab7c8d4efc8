"""A PostgreSQL server of the tests' own: on loopback, in a folder that goes with it, and nothing of it kept."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

BINARIES = max(
    (each.parent for each in Path("/usr/lib/postgresql").glob("*/bin/initdb")),
    key=lambda folder: int(folder.parent.name),
    default=None,
)
"""Where Debian's package puts the newest version's programs; None where it is not installed."""

USER = "postgres"

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "''",
    "max_connections": "60",
    "shared_buffers": "64MB",
}
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class Server:
    """One server. Its default order of texts is that of a dictionary, which no answer may depend on."""

    def __init__(self, *, durable: bool = False) -> None:
        """Make a server; what a durable one commits is on the disk."""
        self._settings = SETTINGS | ({} if durable else NOT_DURABLE)
        self._folder = Path(tempfile.mkdtemp(prefix="perfwidget-postgresql-"))
        if os.geteuid() == 0:  # as whom it refuses to run
            shutil.chown(self._folder, USER)
        self._data = self._folder / "data"
        self._run(
            "initdb", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--no-sync", "--locale=C.UTF-8",
            "--locale-provider=icu", "--icu-locale=en-US",
        )  # fmt: skip
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._schemas = count()

    def start(self) -> None:
        """Start the server and return once it answers."""
        settings = " ".join(f"-c {name}={value}" for name, value in self._settings.items())
        self._run("pg_ctl", "--wait", "--log", self._folder / "log", f"--options=-p {self.port} {settings}", "start")

    def stop(self) -> None:
        """Stop the server at once, whoever is connected."""
        self._run("pg_ctl", "--wait", "--mode=fast", "stop")

    @contextmanager
    def away(self) -> Iterator[Callable[[], None]]:
        """Stop the server, and give what starts it again; in the end it runs."""
        self.stop()
        back = False

        def come_back() -> None:
            nonlocal back
            back = True
            self.start()

        try:
            yield come_back
        finally:
            if not back:
                self.start()

    def remove(self) -> None:
        """Remove all that it left."""
        shutil.rmtree(self._folder)

    def address(self, user: str = USER, database: str = "postgres", **options: str) -> str:
        """Return the address of a database, with what stands after the question mark."""
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}?{query}".rstrip("?")

    def new_store(self) -> str:
        """Return the address of a store that is not there yet."""
        return self.address(schema=f"store_{next(self._schemas)}")

    def _run(self, program: str, *arguments: str | Path) -> None:
        assert BINARIES is not None
        command = [BINARIES / program, "--pgdata", self._data, *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", USER, "--", *command]
        # Its words go to a file, for the server itself holds on to them for as long as it runs.
        with (self._folder / f"{program}.txt").open("w+") as words:
            ended = subprocess.run(
                command, cwd="/", stdin=subprocess.DEVNULL, stdout=words, stderr=subprocess.STDOUT, check=False
            )
            words.seek(0)
            if ended.returncode:
                raise RuntimeError(f"{program} failed: {words.read()}")
