"""What a reader needs of an engine: one transaction to ask in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from perfwidget.stores.counting import Columns
from perfwidget.stores.dialect import Dialect

T = TypeVar("T")


class Session(Protocol):
    """A transaction that sees one state of the store; it raises StoreUnavailable."""

    @property
    def dialect(self) -> Dialect:
        """How the engine writes what engines write differently."""

    def rows(self, text: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows that a statement gives; it need not name all parameters."""

    def columns(
        self, names: Sequence[str], text: str, parameters: Mapping[str, Any], texts: Sequence[str] = ()
    ) -> Columns:
        """Return the columns of a statement: whole numbers and flags of these names, and texts of those."""

    def each(self, parts: "list[Part[T]]") -> list[T]:
        """Do the parts of the work on a question, at the same time where the engine can: all see this state.

        The first are begun first where it cannot, and the last as soon where it can. The first one may add others to
        the list.
        """

    def batches(self, text: str, parameters: Mapping[str, Any], size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a statement so many at once; nothing else may be asked meanwhile."""


Part = Callable[[Session], T]
"""A part of the work on a question, which asks in the session that it is given."""
