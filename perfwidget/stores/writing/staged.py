"""Stores that are written to by statements: each says how a write is opened, and all of them write alike."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import AbstractContextManager

from perfwidget.facts import Fact, Key, Membership
from perfwidget.facts.columns import Id
from perfwidget.facts.ingest import Observation
from perfwidget.stores import writing
from perfwidget.stores.writing.staging import Staging


class StagedStore(ABC):
    """The writing half of a store; the protocol says what each method means."""

    @abstractmethod
    def _staging(self) -> AbstractContextManager[Staging]:
        """Open a write: it is kept at the end, or nothing of it is."""

    def write(self, facts: Iterable[Fact | Observation]) -> None:
        """Keep facts in one transaction, all or nothing."""
        with self._staging() as staging:
            writing.write(staging, facts)

    def remove(self, facts: Iterable[Fact | Key]) -> None:
        """Remove facts by their keys in one transaction, all or nothing."""
        with self._staging() as staging:
            writing.remove(staging, facts)

    def set_memberships(self, organization_id: Id, user_id: Id, memberships: Iterable[Membership]) -> None:
        """Replace all memberships of one user in one transaction."""
        wanted = writing.MembershipsOfOne(organization_id, user_id, memberships)
        with self._staging() as staging:
            writing.set_memberships(staging, wanted)
