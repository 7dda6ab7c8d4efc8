"""The list of a Label Studio's projects. It says with few questions in which of them something has come or gone."""

from typing import Any, NamedTuple

from perfwidget.errors import SourceUnavailable
from perfwidget.facts import Project
from perfwidget.label_studio.connection import LabelStudio
from perfwidget.label_studio.pages import NONSENSE, rows
from perfwidget.sources.row_values import optional_id

_COUNTED = ("task_number", "total_annotations_number", "skipped_annotations_number")


class Counts(NamedTuple):
    """How many tasks and annotations a project has, skipped ones included."""

    tasks: int
    annotations: int


class Listed(NamedTuple):
    """A project, and its counts where the server tells them."""

    project: Project
    counts: Counts | None


def listed_projects(server: LabelStudio, organization_id: str, *, enterprise: bool) -> dict[str, Listed]:
    """Return the projects by their ids, with a question for each hundred of them."""
    found: dict[str, Listed] = {}
    fields = {"include": ",".join(("id", "title", "workspace", *_COUNTED))}
    for row in rows(server, "projects/", "projects", fields):
        project_id = optional_id(row.get("id")) if isinstance(row, dict) else None
        if project_id is None:
            raise SourceUnavailable(NONSENSE.format("projects"))
        workspace = optional_id(row.get("workspace")) if enterprise else None
        title = row.get("title")
        titled = title if isinstance(title, str) and title.strip() else f"Project {project_id}"
        # A review or a comment moves none of the counts, so that beside Enterprise they tell too little.
        counts = None if enterprise else _counts(row)
        found[project_id] = Listed(Project(organization_id, project_id, workspace, title=titled), counts)
    return found


def _counts(row: dict[str, Any]) -> Counts | None:
    tasks, annotations, skipped = (row.get(each) for each in _COUNTED)
    if type(tasks) is not int or type(annotations) is not int or type(skipped) is not int:
        return None
    return Counts(tasks, annotations + skipped)
