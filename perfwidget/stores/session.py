"""What a reader needs of an engine: one transaction to ask in."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from perfwidget.stores.dialect import Dialect

if TYPE_CHECKING:
    import numpy.typing as npt


class Session(Protocol):
    """A transaction that sees one state of the store; it raises StoreUnavailable."""

    @property
    def dialect(self) -> Dialect:
        """How the engine writes what engines write differently."""

    def rows(self, text: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows that a statement gives; it need not name all parameters."""

    def batches(self, text: str, parameters: Mapping[str, Any], size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a statement so many at once; nothing else may be asked meanwhile."""

    def columns(self, text: str, parameters: Mapping[str, Any]) -> "list[npt.NDArray[Any]]":
        """Return the columns of a statement's rows: whole numbers, or objects; masked where there is no value."""


def in_columns(rows: Iterable[tuple[Any, ...]]) -> "list[npt.NDArray[Any]]":
    """Return the columns of rows as a session does; none where there are no rows."""
    import numpy as np

    found: list[npt.NDArray[Any]] = []
    for values in zip(*rows, strict=True):
        missing = [value is None for value in values]
        whole = all(type(value) is int or value is None for value in values) and not all(missing)
        told = [0 if value is None else value for value in values] if whole else values
        column = np.array(told, dtype=np.int64 if whole else object)
        found.append(np.ma.array(column, mask=missing) if any(missing) else column)
    return found
