"""Snapshots of many annotations in columns, and what can be done with columns as a whole.

NumPy is imported where it is used, so that mounting the dashboard does not load it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

NULL = -1
"""The code of null."""

NOTHING = -(2**63)
"""Stands for null in a column of whole numbers."""


class Coded(NamedTuple):
    """A column of few different texts: for each row the place of its text, -1 for null."""

    codes: "npt.NDArray[np.int32]"
    texts: Sequence[str]


StoredColumn: TypeAlias = "npt.NDArray[Any] | Coded"
"""Whole numbers with NOTHING for null, flags, coded texts; ids may be their whole numbers or an array of texts."""


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Snapshots of many annotations of one organization, in the order they were read, with values as stores keep them.

    Means the same as a Snapshot for each row, but costs a fraction of it. Rows of actions are those of `Action.row`;
    beside each stands the place of its annotation.
    """

    organization_id: str
    columns: Mapping[str, StoredColumn]
    """The columns of Annotation but the organization, and `history`, `reviewed` (whether it speaks of reviews),
    `task_updated_at`, `unique_id` (its fingerprint) and `spelled`. Where `only_action` is not null, it is the
    annotation's one action, and left out of `actions`. It is by the owner, when it was completed, with its lead time,
    under the id `annotation-` and the annotation's."""
    actions: Sequence[tuple[int, tuple[Any, ...]]]
    reviews: Mapping[str, StoredColumn]
    """The columns of Review that are its own, and `place`, the place of its annotation, whose the others are."""

    def __len__(self) -> int:
        return len(self.flags("history"))

    def flags(self, name: str) -> "npt.NDArray[np.bool_]":
        """Return a column of flags."""
        import numpy as np

        return np.asarray(self.columns[name], np.bool_)


def numbers(column: StoredColumn) -> "npt.NDArray[Any]":
    """Return a column that is not coded."""
    if isinstance(column, Coded):
        raise TypeError("The column holds coded texts.")
    return column


def used(column: StoredColumn) -> set[str]:
    """Return the texts that stand in a column of coded texts."""
    import numpy as np

    if not isinstance(column, Coded):
        raise TypeError("The column holds no coded texts.")
    return {column.texts[code] for code in np.unique(column.codes).tolist() if code != NULL}


def joined(many: Sequence[Snapshots]) -> Snapshots:
    """Return snapshots of one organization in one piece."""
    import numpy as np

    begins = np.cumsum([0, *map(len, many)]).tolist()
    reviews = {name: _joined([each.reviews[name] for each in many]) for name in many[0].reviews}
    counts = [len(numbers(each.reviews["place"])) for each in many]
    return Snapshots(
        many[0].organization_id,
        {name: _joined([each.columns[name] for each in many]) for name in many[0].columns},
        [(begin + place, row) for begin, each in zip(begins, many, strict=False) for place, row in each.actions],
        reviews | {"place": numbers(reviews["place"]) + np.repeat(begins[:-1], counts)},
    )


def _joined(columns: Sequence[StoredColumn]) -> StoredColumn:
    import numpy as np

    coded = [column for column in columns if isinstance(column, Coded)]
    if coded:
        place: dict[str, int] = {}
        codes = []
        for column in coded:
            ours = np.array([*(place.setdefault(text, len(place)) for text in column.texts), NULL], np.int32)
            codes.append(ours[column.codes])  # null is the last
        return Coded(np.concatenate(codes), list(place))
    arrays = [column for column in columns if not isinstance(column, Coded)]
    if len({array.dtype for array in arrays}) > 1:  # ids, some of which are no whole numbers
        arrays = [np.array(list(map(str, array.tolist())), object) for array in arrays]
    return np.concatenate(arrays)


def owned_reviews(snapshots: Snapshots, origin: str) -> dict[str, StoredColumn]:
    """Return the reviews with what they have of their annotations, whether those have a history, and an origin."""
    import numpy as np

    places = numbers(snapshots.reviews["place"])
    names = ("annotation_id", "project_id", "task_id", "completed_by", "history")
    of_rows = {name: taken(snapshots.columns[name], places) for name in names}
    every = np.zeros(len(places), np.int32)
    same = {"organization_id": Coded(every, [snapshots.organization_id]), "origin": Coded(every, [origin])}
    return {name: column for name, column in snapshots.reviews.items() if name != "place"} | of_rows | same


def in_order(columns: Mapping[str, StoredColumn], member: str, instant: str) -> dict[str, StoredColumn]:
    """Return rows by whose they are, and when."""
    import numpy as np

    owners = columns[member]
    if not isinstance(owners, Coded):
        raise TypeError("The column holds no coded texts.")
    rank = np.full(len(owners.texts) + 1, len(owners.texts), np.int32)  # null is the last
    rank[np.argsort(np.array(owners.texts, object))] = np.arange(len(owners.texts))
    order = np.lexsort((numbers(columns[instant]), rank[owners.codes]))
    return {name: taken(column, order) for name, column in columns.items()}


def taken(column: StoredColumn, places: "npt.NDArray[np.int64]") -> StoredColumn:
    """Return the rows of a column at some places, in that order."""
    return column._replace(codes=column.codes[places]) if isinstance(column, Coded) else column[places]
