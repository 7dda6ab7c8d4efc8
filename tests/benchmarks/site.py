"""The folder that a run works in: the embedded store's file, a copy with plain tables beside it, columns for pandas."""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from perfwidget import open_store
from tests.benchmarks import frames, plain_sql
from tests.benchmarks.filling import MEMORY, fill
from tests.benchmarks.world import World


@dataclass(frozen=True, slots=True)
class Site:
    """Where the facts of one world lie."""

    folder: Path
    world: World
    further: tuple[str, ...] = ()
    """Addresses of further stores that hold the same facts."""

    @property
    def store(self) -> Path:
        """The file of the embedded store."""
        return self.folder / "facts.duckdb"

    @property
    def address(self) -> str:
        """The address of the embedded store."""
        return f"duckdb:///{self.store}"

    @property
    def beside(self) -> Path:
        """A file with the same tables, in the same order, and the plain ones, which others may open."""
        return self.folder / "beside.duckdb"

    @property
    def frames(self) -> Path:
        """The folder of the columns that pandas loads."""
        return self.folder / "frames"

    def prepare(self) -> None:
        """Make what is not there yet; a folder with another world is refused."""
        self.folder.mkdir(parents=True, exist_ok=True)
        made, said = self.folder / "world.json", json.dumps(asdict(self.world))
        if made.exists():
            if made.read_text() != said:
                sys.exit(f"{self.folder} holds another world, {made.read_text()}; name another folder.")
            return
        fill(self.store, self.world)
        # What others read lies as it came, as it would with them; ours lies as the store puts it.
        with duckdb.connect(str(self.store), read_only=True, config={"memory_limit": MEMORY}) as connection:
            frames.unload(connection, self.frames)
        with duckdb.connect(str(self.beside), config={"memory_limit": MEMORY}) as connection:
            connection.execute(f"ATTACH '{self.store}' AS facts (READ_ONLY)")
            plain_sql.make(connection, "facts")
        store = open_store(self.address)
        store.settle()
        store.close()
        with duckdb.connect(str(self.beside), config={"memory_limit": MEMORY}) as connection:
            connection.execute(f"ATTACH '{self.store}' AS facts (READ_ONLY)")
            connection.execute(f"COPY FROM DATABASE facts TO {self.beside.stem}")
        made.write_text(said)
