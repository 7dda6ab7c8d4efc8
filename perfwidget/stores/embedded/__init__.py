"""The embedded store: one DuckDB file, owned by one process, read by many threads and written by one at a time."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from perfwidget.columns import Id, id_text
from perfwidget.errors import InvalidFact
from perfwidget.facts import Fact, Key, Membership
from perfwidget.observations import Observation
from perfwidget.stores.embedded import recovery, writing
from perfwidget.stores.embedded.database import Database
from perfwidget.stores.embedded.reading import EmbeddedReader
from perfwidget.stores.embedded.staging import Staging
from perfwidget.stores.embedded.time_limit import TimeLimit


class EmbeddedStore:
    """Facts in one DuckDB file; the protocol says what each method means."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it if it is not there; raises StoreUnavailable with what to do."""
        self._writing = threading.Lock()
        self._time_limit = TimeLimit()
        self._database = Database(path)

    @property
    def notices(self) -> tuple[str, ...]:
        """What people who look at the figures must know of the store."""
        return recovery.notices(self._database.path)

    @contextmanager
    def reading(self) -> Iterator[EmbeddedReader]:
        """Open one consistent state for reading."""
        with self._database.transaction() as cursor:
            yield EmbeddedReader(cursor, self._time_limit)

    def write(self, facts: Iterable[Fact | Observation]) -> None:
        """Keep facts in one transaction, all or nothing."""
        with self._writing, self._database.writing() as cursor:
            writing.write(Staging(cursor), facts)

    def remove(self, facts: Iterable[Fact | Key]) -> None:
        """Remove facts by their keys in one transaction, all or nothing."""
        with self._writing, self._database.writing() as cursor:
            writing.remove(Staging(cursor), facts)

    def set_memberships(self, organization_id: Id, user_id: Id, memberships: Iterable[Membership]) -> None:
        """Replace all memberships of one user in one transaction."""
        organization, user = id_text(organization_id), id_text(user_id)
        wanted = list(memberships)
        if any((id_text(each.organization_id), id_text(each.user_id)) != (organization, user) for each in wanted):
            raise InvalidFact("Every membership must be of the user and organization whose memberships are set.")
        with self._writing, self._database.writing() as cursor:
            writing.set_memberships(Staging(cursor), organization, user, wanted)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
