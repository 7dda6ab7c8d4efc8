"""The embedded store: one DuckDB file, owned by one process, read by many threads and written by one at a time."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from perfwidget.columns import Id, id_text
from perfwidget.errors import InvalidFact, StoreUnavailable
from perfwidget.facts import Fact, Key, Membership
from perfwidget.observations import Inferred, Snapshot
from perfwidget.stores.embedded import schema, writing
from perfwidget.stores.embedded.reading import EmbeddedReader
from perfwidget.stores.embedded.staging import Staging

MEMORY_LIMIT = "1GB"
"""What queries and writes may use at most; a guest must not take the host's memory. Larger work goes to disk."""


class EmbeddedStore:
    """Facts in one DuckDB file; the protocol says what each method means."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it if it is not there; raises StoreUnavailable with what to do."""
        self._path = path
        self._writing = threading.Lock()
        try:
            self._connection = duckdb.connect(str(path), config={"memory_limit": MEMORY_LIMIT})
        except duckdb.Error as fault:
            raise _unopened(path, fault) from fault
        try:
            schema.prepare(self._connection)
        except BaseException:
            self._connection.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[EmbeddedReader]:
        """Open one consistent state for reading."""
        with self._transaction() as cursor:
            yield EmbeddedReader(cursor)

    def write(self, facts: Iterable[Fact | Snapshot | Inferred]) -> None:
        """Keep facts in one transaction, all or nothing."""
        with self._writing, self._transaction() as cursor:
            writing.write(Staging(cursor), facts)

    def remove(self, facts: Iterable[Fact | Key]) -> None:
        """Remove facts by their keys in one transaction, all or nothing."""
        with self._writing, self._transaction() as cursor:
            writing.remove(Staging(cursor), facts)

    def set_memberships(self, organization_id: Id, user_id: Id, memberships: Iterable[Membership]) -> None:
        """Replace all memberships of one user in one transaction."""
        organization, user = id_text(organization_id), id_text(user_id)
        wanted = list(memberships)
        if any((id_text(each.organization_id), id_text(each.user_id)) != (organization, user) for each in wanted):
            raise InvalidFact("Every membership must be of the user and organization whose memberships are set.")
        with self._writing, self._transaction() as cursor:
            writing.set_memberships(Staging(cursor), organization, user, wanted)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            cursor = self._connection.cursor()
        except duckdb.Error as fault:
            raise StoreUnavailable("The store is closed; start the program again.") from fault
        try:
            cursor.execute("BEGIN")
            yield cursor
            cursor.execute("COMMIT")
        except duckdb.Error as fault:
            raise StoreUnavailable(
                "The store did not answer; ask again in a moment, and if that does not help, see the server's log."
            ) from fault
        finally:
            cursor.close()  # without a commit this rolls back


def _unopened(path: Path, fault: duckdb.Error) -> StoreUnavailable:
    text = str(fault)
    if "lock" in text.lower():
        return StoreUnavailable(
            f"The store {path} is open in another program; stop that one first, let the running server read files "
            "itself (server.py --import FILE), or use a PostgreSQL store, which many programs can share."
        )
    if isinstance(fault, duckdb.IOException) and not path.parent.is_dir():
        return StoreUnavailable(f"The store {path} cannot be made, for its folder does not exist; make it first.")
    return StoreUnavailable(f"The store {path} cannot be opened as a DuckDB file; check the path and its permissions.")
