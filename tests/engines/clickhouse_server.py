"""A ClickHouse of the tests' own: chDB in a process of its own, in a folder that goes with it (see `chdb_server`)."""

import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from http.client import HTTPConnection
from itertools import count
from pathlib import Path

ROOT = Path(__file__).parents[2]


class ClickHouse:
    """One engine behind HTTP on loopback."""

    def __init__(self) -> None:
        memory = Path("/dev/shm")  # where nothing waits for a disk
        folder = tempfile.mkdtemp(prefix="perfwidget-clickhouse-", dir=memory if memory.is_dir() else None)
        self._folder = Path(folder)
        self._databases = count()
        self._made: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    def start(self) -> None:
        """Start it and return once it answers; on the port that it had before."""
        command = [sys.executable, "-m", "tests.engines.chdb_server", str(self._folder / "data"), str(self.port)]
        with (self._folder / "log").open("a") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout
        said = self._process.stdout.readline()
        if not said:
            raise RuntimeError(f"chDB did not start: {(self._folder / 'log').read_text()}")
        self.port = int(said)

    def stop(self) -> None:
        """Stop it at once, whatever it does."""
        assert self._process and self._process.stdin and self._process.stdout
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def remove(self) -> None:
        """Remove all that it left."""
        shutil.rmtree(self._folder)

    def address(self, database: str, user: str = "default:secret") -> str:
        """Return the address of a database."""
        return f"clickhouse://{user}@127.0.0.1:{self.port}/{database}"

    def new_store(self) -> str:
        """Return the address of a store that is not there yet."""
        self._made.append(f"store_{next(self._databases)}")
        return self.address(self._made[-1])

    def drop_stores(self) -> None:
        """Drop the stores that were made by then: ClickHouse looks after each table for as long as it is there."""
        with closing(HTTPConnection("127.0.0.1", self.port)) as connection:
            while self._made:
                connection.request("POST", "/", f"DROP DATABASE IF EXISTS {self._made.pop()} SYNC")
                connection.getresponse().read()
