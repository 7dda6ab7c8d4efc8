"""What a source can say beyond single facts: all it knows of an annotation, guesses, what is gone, how far it was read.

A store takes these beside facts, so that reading the same export twice, or two exports in any order, ends the same, and
so that a source is never further in its reading than its facts are in the store.
"""

from dataclasses import dataclass

from perfwidget.facts.columns import Id, Instant, Text
from perfwidget.facts.snapshots import Snapshots
from perfwidget.facts.tables import (
    Action,
    Annotation,
    Key,
    Member,
    Membership,
    Project,
    Recorded,
    Review,
)


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
