"""What every engine offers: a store that is read from and written to."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from perfwidget.errors import InvalidFact, InvalidSetting
from perfwidget.facts import Fact, Key, Membership
from perfwidget.facts.columns import Id
from perfwidget.facts.ingest import Observation
from perfwidget.facts.words import Unknown, known_words
from perfwidget.stores import writing
from perfwidget.stores.reading import Reader
from perfwidget.stores.writing import forgetting
from perfwidget.stores.writing.outcome import Outcome
from perfwidget.stores.writing.staging import Staging


class Writer(ABC):
    """What facts are written by: a store, or what writes within a transaction of the host's."""

    @abstractmethod
    def staging(self) -> AbstractContextManager[Staging]:
        """Open a write: it is kept at the end, or nothing of it is."""

    def write(self, facts: Iterable[Fact | Observation], *, unknown: Unknown = "refuse") -> Outcome:
        """Keep facts and observations in one transaction, all or nothing; a fact with the key of another replaces it.

        An annotation or comment that is older (by `updated_at`) than the one kept is left out. Unknown roles, last
        actions and review actions are refused, unless a source says "keep". Raises InvalidFact and whatever the
        iterable raises; nothing is kept then. Returns what was not kept as it was given.
        """
        with self.staging() as staging:
            return writing.write(staging, known_words(facts, unknown))

    def remove(self, facts: Iterable[Fact | Key]) -> None:
        """Remove facts by their keys in one transaction, all or nothing; unknown keys are no fault."""
        with self.staging() as staging:
            writing.remove(staging, facts)

    def set_memberships(self, organization_id: Id, user_id: Id, memberships: Iterable[Membership]) -> None:
        """Replace all memberships of one user in one transaction."""
        owner, rows = writing.memberships_of(organization_id, user_id, memberships)
        with self.staging() as staging:
            writing.set_memberships(staging, owner, rows)


class Store(Writer):
    """Where the facts live. An engine says how it is read, and how a write is opened; all write alike."""

    writable = True
    """Whether facts can be written; views of a host's own tables are only read."""

    path: Path | None = None
    """The file of an embedded store, beside which others of ours may lie."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What people who look at the figures must know of the store, such as that some may be missing."""
        return ()

    @abstractmethod
    def reading(self) -> AbstractContextManager[Reader]:
        """Open one consistent state for reading; raises StoreUnavailable."""

    def writing(self, connection: Any) -> Writer:  # noqa: ARG002 (for engines that have a use for it)
        """Return what writes within the transaction of a connection; its owner's commit or rollback decides.

        `connection` is psycopg's, or SQLAlchemy's with psycopg (`session.connection()`), to the database of the store.
        Raises InvalidSetting for another one, and on every engine but PostgreSQL.
        """
        raise InvalidSetting(
            "Only a PostgreSQL store writes within a transaction of yours; with this one, put facts into an outbox "
            "table and write them after your commit."
        )

    def forget(self, organization_id: Id, user_id: Id, as_: Literal["token"] | None = None) -> str | None:
        """Remove every fact of a member in one transaction, and their bytes from the store.

        With `as_="token"` the facts stay, so that sums of teams do: a random token, which is returned, stands in place
        of the member's id, e-mail and name. What a source still has comes back with its next reading.
        """
        if as_ not in (None, "token"):
            raise InvalidFact('forget takes as_="token", or nothing.')
        with self.staging() as staging:
            token = forgetting.forget(staging, organization_id, user_id, as_token=as_ == "token")
        self.erase()
        return token

    def forget_project(self, organization_id: Id, project_id: Id) -> None:
        """Remove a project and every fact of it in one transaction, and their bytes from the store."""
        with self.staging() as staging:
            forgetting.forget_project(staging, organization_id, project_id)
        self.erase()

    def retain(self, organization_id: Id, retain_days: Mapping[str, int]) -> None:
        """Remove facts that are older than the days to keep their kind: `actions`, `review_visits`, `comments`.

        `recorded.since` of the kind becomes the first instant that is kept, by which pages and files tell of it. To be
        called from time to time, such as daily.
        """
        with self.staging() as staging:
            removed = forgetting.retain(staging, organization_id, retain_days, datetime.now(UTC))
        if removed:
            self.erase()

    def erase(self) -> None:
        """Overwrite or give up the bytes of what was removed."""

    @abstractmethod
    def settle(self) -> None:
        """Do now what the store would else do some time later, so that what was written is read fast."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the store; reading and writing are over."""


class StoreBefore(Store):
    """A store that stands before another one, and passes on to it what it does not do itself."""

    @abstractmethod
    def _store(self) -> Store:
        """Return the other one; raises StoreUnavailable."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What people who look at the figures must know of the store."""
        return self._store().notices

    @property
    def writable(self) -> bool:  # type: ignore[override]
        """Whether facts can be written."""
        return self._store().writable

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Open one consistent state for reading."""
        with self._store().reading() as reader:
            yield reader

    @contextmanager
    def staging(self) -> Iterator[Staging]:
        """Open a write."""
        with self._store().staging() as staging:
            yield staging

    def write(self, facts: Iterable[Fact | Observation], *, unknown: Unknown = "refuse") -> Outcome:
        """Keep facts in one transaction, in the way of the engine."""
        return self._store().write(facts, unknown=unknown)

    def writing(self, connection: Any) -> Writer:
        """Return what writes within the transaction of a connection, in the way of the engine."""
        return self._store().writing(connection)

    def erase(self) -> None:
        """Give up the bytes of what was removed."""
        self._store().erase()

    def settle(self) -> None:
        """Do now what the store would else do some time later."""
        self._store().settle()

    def close(self) -> None:
        """Let go of the store."""
        self._store().close()
