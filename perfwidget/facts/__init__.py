"""The facts of the data contract, one class a table."""

from perfwidget.facts.columns import AnnotationFlag
from perfwidget.facts.fact import Fact, Key
from perfwidget.facts.tables import (
    FACTS,
    RECORDED_KINDS,
    Action,
    Annotation,
    Comment,
    Member,
    Membership,
    Project,
    Recorded,
    Review,
    ReviewVisit,
    Workspace,
)

__all__ = [
    "FACTS",
    "RECORDED_KINDS",
    "Action",
    "Annotation",
    "AnnotationFlag",
    "Comment",
    "Fact",
    "Key",
    "Member",
    "Membership",
    "Project",
    "Recorded",
    "Review",
    "ReviewVisit",
    "Workspace",
]
