"""Small worlds of facts for tests, and short ways to say instants and to ask for reports."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from perfwidget.facts import Annotation, Fact, Member, Membership, Project, Review
from perfwidget.metrics import Rules
from perfwidget.question.access import ScopedQuery, Viewer, scope
from perfwidget.question.query import parse
from perfwidget.report import Report, report
from perfwidget.stores import Store

ORGANIZATION = "acme"
OWNER = Viewer(ORGANIZATION, "boss", "owner")


def at(text: str) -> datetime:
    """Return an instant written as `2024-03-01 12:00` in UTC, or with an offset of its own."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def annotation(annotation_id: int | str, instant: str, **columns: Any) -> Annotation:
    """Return a submitted annotation of ann's in project p1; name the columns that differ."""
    completed_at = at(instant)
    values: dict[str, Any] = {
        "organization_id": ORGANIZATION,
        "annotation_id": annotation_id,
        "project_id": "p1",
        "task_id": f"t{annotation_id}",
        "completed_by": "ann",
        "created_at": completed_at,
        "completed_at": completed_at,
        "updated_at": completed_at,
        "last_action": "submitted",
    }
    return Annotation(**{**values, **columns})


def review(review_id: int | str, created_at: str, action: str, **columns: Any) -> Review:
    """Return rev's review of ann's annotation 1 in project p1; name the columns that differ."""
    values: dict[str, Any] = {
        "organization_id": ORGANIZATION,
        "review_id": review_id,
        "annotation_id": 1,
        "project_id": "p1",
        "task_id": "t1",
        "completed_by": "ann",
        "reviewer_id": "rev",
        "action": action,
        "created_at": at(created_at),
    }
    return Review(**{**values, **columns})


def people() -> list[Fact]:
    """Return the members and projects that the facts above speak of."""
    return [
        Member(ORGANIZATION, "boss", "boss@acme.example", "Boss", role="owner"),
        Member(ORGANIZATION, "ann", "ann@acme.example", "Ann", role="annotator"),
        Member(ORGANIZATION, "rev", "rev@acme.example", "Rev", role="reviewer"),
        Project(ORGANIZATION, "p1", None, title="One"),
        Project(ORGANIZATION, "p2", None, title="Two"),
        Membership(ORGANIZATION, "ann", project_id="p1"),
        Membership(ORGANIZATION, "ann", project_id="p2"),
    ]


def ask(store: Store, viewer: Viewer = OWNER, rules: Rules = Rules(), **asked: str | Iterable[str]) -> Report:  # noqa: B008
    """Return the report for parameters of the page address; `from_` stands for `from`."""
    return report(store, viewer, parse(_given(asked)), rules)


def scoped(store: Store, viewer: Viewer = OWNER, **asked: str | Iterable[str]) -> ScopedQuery:
    """Return the question that parameters of the page address ask, as a store answers it."""
    query = parse(_given(asked))
    with store.reading() as reader:
        return scope(viewer, query, reader.standing(viewer, query))


def _given(asked: Mapping[str, str | Iterable[str]]) -> dict[str, list[str]]:
    return {name.rstrip("_"): [value] if isinstance(value, str) else list(value) for name, value in asked.items()}
