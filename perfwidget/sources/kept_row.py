"""The text of a row that names somebody by e-mail alone, for it is read again when it is known whose e-mail that is."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from perfwidget.facts import Annotation, Review
from perfwidget.facts.columns import MICROSECONDS, lead_time_microseconds
from perfwidget.sources.row_values import JsonObject, word

_ROW = ("completed_by", "created_at", "updated_at", "draft_created_at", "updated_by", "last_created_by", "last_action")
_MORE = ("was_cancelled", "import_id", "parent_prediction", "parent_annotation", "unique_id", "history", "reviews")
_TASK = ("created_at", "updated_at")
_PERSON = ("id", "email", "first_name", "last_name")
_ENTRY = ("id", "action", "created_at", "started_at", "lead_time", "review_id", "comment_id", "created_by")
_REVIEW = ("id", "created_at", "accepted", "fixed_annotation_history", "created_by")
_SAYS_BY_NULL = ("import_id", "updated_by")

SPELLED = ("completed_by", "last_action", "last_created_by", "updated_by")


def spelled(*values: object) -> str:
    """Return people and the last action as a file has them, as JSON; what is none of these is null."""
    return json.dumps([_spelling(value) for value in values], sort_keys=True)


def _spelling(value: object) -> object:
    if isinstance(value, dict):
        return _some(value, _PERSON) if value.get("id") is not None or word(value.get("email")) else None
    return value if type(value) in (int, str) and value != "" else None


def kept_text(task: JsonObject, values: JsonObject, annotation: Annotation, reviews: Sequence[Review] | None) -> str:
    """Return a task and row as JSON, with all that is read of them. Its score stands for what reviewers changed."""
    row = _some(values, (*_ROW, *_MORE)) | {name: None for name in _SAYS_BY_NULL if values.get(name, 0) is None}
    row |= {"id": annotation.annotation_id, "project": annotation.project_id, "task": annotation.task_id}
    time = lead_time_microseconds(annotation.lead_time)
    row["lead_time"] = None if time is None else time / MICROSECONDS
    if row.get("history") is not None:
        row["history"] = list(_parts(row["history"], _ENTRY))
    if row.get("reviews") is not None:
        scores = {str(review.review_id): review.score for review in reviews or ()}
        row["reviews"] = [each | {"score": scores.get(str(each.get("id")))} for each in _parts(row["reviews"], _REVIEW)]
    return json.dumps([_some(task, _TASK), row], sort_keys=True)


def _some(values: JsonObject, names: Sequence[str]) -> dict[str, Any]:
    found = {name: values[name] for name in names if values.get(name) is not None}
    return {
        name: _some(value, _PERSON) if name.endswith("_by") and isinstance(value, dict) else value
        for name, value in found.items()
    }


def _parts(parts: object, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    if isinstance(parts, list):
        yield from (_some(part, names) for part in parts if isinstance(part, dict))
