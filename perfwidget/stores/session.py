"""What a reader needs of an engine: one transaction to ask in."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from perfwidget.stores.dialect import Dialect


class Session(Protocol):
    """A transaction that sees one state of the store; it raises StoreUnavailable."""

    @property
    def dialect(self) -> Dialect:
        """How the engine writes what engines write differently."""

    def rows(self, text: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows that a statement gives; it need not name all parameters."""

    def batches(self, text: str, parameters: Mapping[str, Any], size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a statement so many at once; nothing else may be asked meanwhile."""
