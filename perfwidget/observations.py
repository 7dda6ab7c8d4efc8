"""What a source can say beyond single facts: all it knows of one annotation, and guesses that yield to the host's word.

A store takes these beside facts, so that reading the same export twice, or two exports in any order, ends the same.
"""

from dataclasses import dataclass

from perfwidget.columns import Instant
from perfwidget.facts import Action, Annotation, Member, Membership, Project, Recorded, Review


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
