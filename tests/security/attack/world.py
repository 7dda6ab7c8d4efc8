"""The facts of the platform that is attacked: the sample's, and what makes an attack worth trying.

A program that writes them to a store: `python world.py URL`. It runs with the package of the checkout that is attacked.
"""

import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

from perfwidget import open_store
from perfwidget.facts import Action, Annotation, Comment, Fact, Membership, Project
from perfwidget.sources.sample import sample_facts
from tests.security.corpus import HOSTILE

ORGANIZATION, ANNOTATOR, REVIEWER, PROJECT = "demo", 7005, 7004, 58522
WIDE = 200
"""Characters of the title of a project whose history is long."""
MANY = 80_000
"""Entries of that history; as a file they are more than a server keeps for a reader that does not read."""


def facts(now: datetime) -> Iterator[Fact]:
    """Yield them; the fact in 1970 is the annotator's, as is all that has a hostile name."""
    yield from sample_facts(now)
    yield _annotation("first", PROJECT, datetime(1970, 1, 2, tzinfo=UTC))
    yield Project(ORGANIZATION, "wide", None, title="w" * WIDE)
    yield Membership(ORGANIZATION, ANNOTATOR, project_id="wide")
    for number in range(MANY):
        yield Action(
            organization_id=ORGANIZATION,
            action_id=f"wide-{number}",
            annotation_id="wide",
            project_id="wide",
            task_id="wide",
            user_id=ANNOTATOR,
            action="updated",
            created_at=datetime(2024, 3, 1 + number % 28, tzinfo=UTC),
        )
    for number, hostile in enumerate(HOSTILE):
        if hostile.name != "long":
            yield from _hostile(f"hostile-{number}", hostile.kept, datetime(2024, 3, 1, tzinfo=UTC))


def _annotation(annotation_id: str, project_id: int | str, at: datetime) -> Annotation:
    return Annotation(
        organization_id=ORGANIZATION,
        annotation_id=annotation_id,
        project_id=project_id,
        task_id=annotation_id,
        completed_by=ANNOTATOR,
        created_at=at,
        completed_at=at,
        updated_at=at,
        lead_time=60.0,
        last_action="submitted",
    )


def _hostile(name: str, text: str, at: datetime) -> Iterator[Fact]:
    yield Project(ORGANIZATION, name, None, title=text)
    yield Membership(ORGANIZATION, ANNOTATOR, project_id=name)
    yield _annotation(name, name, at)
    yield Action(
        organization_id=ORGANIZATION,
        action_id=name,
        annotation_id=name,
        project_id=name,
        task_id=name,
        user_id=ANNOTATOR,
        action="submitted",
        created_at=at,
    )
    yield Comment(
        organization_id=ORGANIZATION,
        comment_id=name,
        annotation_id=name,
        project_id=name,
        task_id=name,
        completed_by=ANNOTATOR,
        created_by=REVIEWER,
        text=text,
        created_at=at,
        updated_at=at,
    )


if __name__ == "__main__":
    with closing(open_store(sys.argv[1])) as store:
        store.write(facts(datetime.now(UTC)))
