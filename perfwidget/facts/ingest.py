"""What a source can say beyond single facts: all it knows of an annotation, guesses, what is gone, how far it was read.

A store takes these beside facts. So reading the same export twice, or two exports in any order, ends the same. And a
source is never further in its reading than its facts are in the store.
"""

from dataclasses import dataclass
from typing import Literal

from perfwidget.facts.columns import FIRST_INSTANT, Id, Instant, Text
from perfwidget.facts.fact import Key
from perfwidget.facts.snapshots import Snapshots
from perfwidget.facts.tables import (
    Action,
    Annotation,
    Member,
    Membership,
    Project,
    Recorded,
    Review,
)

EmailKind = Literal["member", "comment", "worked", "reviewer", "name"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that one row of an export says of an annotation, as of its `updated_at`.

    Of all snapshots of one annotation the newest decides alone, in whatever order they are written; `standing` has the
    rules. The newest one with an owner says whose it is. The newest one that speaks of reviews holds all of them:
    others are withdrawn. Reviews belong to the annotation's owner, project and task, whatever their own columns say.
    """

    annotation: Annotation
    actions: tuple[Action, ...]
    """What its owner and others did."""
    history: bool
    """Whether `actions` are the whole history; if not, the store tells one action of the owner, and one a review."""
    reviews: tuple[Review, ...] | None
    """All reviews; None where the row does not speak of reviews."""
    task_updated_at: Instant | None = None
    """Decides between rows of one `updated_at`."""
    unique_id: Text | None = None
    """What the platform calls it wherever it is copied to; another one under the same key is another annotation."""
    spelled: Text = ""
    """Owner, last action, first and last writer as the file has them, as JSON; decides at last between equal rows."""
    emails: tuple[str, ...] = ()
    """The e-mails, in lower case, by which alone the row names somebody."""
    text: str = ""
    """The row as JSON where it names somebody so. It is read again when it becomes known whose e-mail one is."""
    live: bool = False
    """Whether a running platform answers so, whose answer that is read last always stands."""


@dataclass(frozen=True, slots=True)
class Inferred:
    """A fact that a source concludes and a host may know better: what the store holds already is kept.

    A project, membership or record of what is recorded is added where there is none. A member is added. Where it is
    there by inference only, a reviewer stays one, and the e-mail and name seen last (`seen_at`) stand.
    """

    fact: Member | Project | Membership | Recorded
    seen_at: Instant
    worked: bool = True
    """False of somebody who is only named: kept for when they turn out to be a member."""


@dataclass(frozen=True, slots=True)
class EmailTold:
    """What a source tells of an e-mail, in lower case: who has it, or what those did who are named by it alone.

    While one member has it, it means that member. While nobody or several have it, it stands for an id itself.
    """

    organization_id: Id
    email: Text
    kind: EmailKind
    identity: str
    """By kind: the member's id; the comment's; the project worked in; nothing; the name."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A fact that the source has no more. A store removes it, and what it did not have is no fault.

    If `whole`, reviews, comments, actions and visits of an annotation go with it, whoever told them.
    """

    key: Key
    whole: bool = False


NOT_COMPLETE = FIRST_INSTANT
"""What a source that is being read for the first time has for the instant as of which its facts are complete."""

PROJECT = "project "
"""Before a project's id: the source whose bookmark speaks of this project alone, other than its whole source's."""

NOTICE = "notice of "
"""Before the name of a source: the bookmark whose position is a sentence for all who look at its facts."""

PROGRESS = "progress of "
"""Before the name of a source: the same for those who look at facts that are not complete yet."""

NOTHING_TOLD = "-"
"""In place of a sentence where there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """How far a source has been read, in its own words. It is kept in the transaction of the facts that it speaks of.

    Of one source in one organization the bookmark written last stands.
    """

    organization_id: Id
    source: Text
    position: Text
    as_of: Instant | None = None
    """The instant up to which all that the source had is in the store. None where it does not say so."""


Observation = Snapshot | Snapshots | Inferred | EmailTold | Withdrawn | Bookmark
"""What a store takes beside facts."""
