"""What every engine offers: a store that is read from and written to."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import AbstractContextManager

from perfwidget.facts import Fact, Key, Membership
from perfwidget.facts.columns import Id
from perfwidget.facts.ingest import Observation
from perfwidget.facts.words import Unknown, known_words
from perfwidget.stores import writing
from perfwidget.stores.reading import Reader
from perfwidget.stores.writing.outcome import Outcome
from perfwidget.stores.writing.staging import Staging


class Store(ABC):
    """Where the facts live. An engine says how it is read, and how a write is opened; all write alike."""

    writable = True
    """Whether facts can be written; views of a host's own tables are only read."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What people who look at the figures must know of the store, such as that some may be missing."""
        return ()

    @abstractmethod
    def reading(self) -> AbstractContextManager[Reader]:
        """Open one consistent state for reading; raises StoreUnavailable."""

    @abstractmethod
    def _staging(self) -> AbstractContextManager[Staging]:
        """Open a write: it is kept at the end, or nothing of it is."""

    def write(self, facts: Iterable[Fact | Observation], *, unknown: Unknown = "refuse") -> Outcome:
        """Keep facts and observations in one transaction, all or nothing; a fact with the key of another replaces it.

        An annotation or comment that is older (by `updated_at`) than the one kept is left out. Unknown roles, last
        actions and review actions are refused, unless a source says "keep". Raises InvalidFact and whatever the
        iterable raises; nothing is kept then. Returns what was not kept as it was given.
        """
        with self._staging() as staging:
            return writing.write(staging, known_words(facts, unknown))

    def remove(self, facts: Iterable[Fact | Key]) -> None:
        """Remove facts by their keys in one transaction, all or nothing; unknown keys are no fault."""
        with self._staging() as staging:
            writing.remove(staging, facts)

    def set_memberships(self, organization_id: Id, user_id: Id, memberships: Iterable[Membership]) -> None:
        """Replace all memberships of one user in one transaction."""
        wanted = writing.MembershipsOfOne(organization_id, user_id, memberships)
        with self._staging() as staging:
            writing.set_memberships(staging, wanted)

    @abstractmethod
    def settle(self) -> None:
        """Do now what the store would else do some time later, so that what was written is read fast."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the store; reading and writing are over."""
