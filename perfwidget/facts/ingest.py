"""What a source can say beyond single facts: all it knows of an annotation, guesses, what is gone, how far it was read.

A store takes these beside facts, so that reading the same export twice, or two exports in any order, ends the same, and
so that a source is never further in its reading than its facts are in the store.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from perfwidget.facts import Action, Annotation, AnnotationFlag, Key, Member, Membership, Project, Recorded, Review
from perfwidget.facts.columns import Id, Instant, Text


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that one row of an export says of an annotation, as of its `updated_at`.

    Of two snapshots of one annotation the later alone decides on the annotation and its actions (equal: the one written
    last). The latest one that speaks of reviews holds all of them: others are withdrawn. Its reviews belong to the
    annotation's owner, project and task as the deciding snapshot has them, whatever their own columns say.
    """

    annotation: Annotation
    actions: tuple[Action, ...]
    """What its owner and others did: the whole history, or what can be told without one."""
    history: bool
    """Whether `actions` are the whole history; if not, the store adds one action for each review."""
    reviews: tuple[Review, ...] | None
    """All reviews; None where the row does not speak of reviews."""
    flags: AnnotationFlag = AnnotationFlag.NONE
    """What is odd about it."""


NOTHING = int(np.iinfo(np.int64).min)
"""Stands for null in a column of whole numbers."""


class Coded(NamedTuple):
    """A column of few different texts: for each row the place of its text, -1 for null."""

    codes: npt.NDArray[np.int32]
    texts: Sequence[str]


StoredColumn = npt.NDArray[Any] | Coded
"""Whole numbers with NOTHING for null, flags, coded texts; ids may be their whole numbers or an array of texts."""


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Snapshots of many annotations of one organization, in the order they were read, with values as stores keep them.

    Means the same as a Snapshot for each row, but costs a fraction of it. Rows of actions are those of `Action.row`;
    beside each stands the place of its annotation.
    """

    organization_id: str
    columns: Mapping[str, StoredColumn]
    """The columns of Annotation but the organization; `flags`, `history`, `reviewed` (whether it speaks of reviews);
    and `only_action`: where that is not null, it is the annotation's one action, which is left out of `actions`: by its
    owner, when it was completed, with its lead time, under the id `annotation-` and the annotation's."""
    actions: Sequence[tuple[int, tuple[Any, ...]]]
    reviews: Mapping[str, StoredColumn]
    """The columns of Review that are its own, and `place`, the place of its annotation, whose the others are."""

    def __len__(self) -> int:
        return len(self.flags("history"))

    def flags(self, name: str) -> npt.NDArray[np.bool_]:
        """Return a column of flags."""
        return np.asarray(self.columns[name], np.bool_)


@dataclass(frozen=True, slots=True)
class Inferred:
    """A fact that a source concludes and a host may know better: what the store holds already is kept.

    A project, membership or record of what is recorded is added where there is none. A member is added; where it is
    there by inference only, a reviewer stays one, and the e-mail and name seen last (`seen_at`) stand. A member whose
    id is their e-mail stands for whoever has that e-mail: their facts pass to that member as soon as one is known.
    """

    fact: Member | Project | Membership | Recorded
    seen_at: Instant


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A fact that the source has no more; a store removes it, and what it did not have is no fault."""

    key: Key


@dataclass(frozen=True, slots=True)
class Bookmark:
    """How far a source has been read, in its own words; kept in the transaction of the facts that it speaks of.

    Of one source in one organization the bookmark written last stands.
    """

    organization_id: Id
    source: Text
    position: Text
    as_of: Instant | None = None
    """The instant up to which all that the source had is in the store; None where it does not say so."""


Observation = Snapshot | Snapshots | Inferred | Withdrawn | Bookmark
"""What a store takes beside facts."""
