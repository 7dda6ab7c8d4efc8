"""The form of nearly all tasks: what is read of them, and nothing of the rest, which is most of the text.

Data and results are passed over without making anything of them. What a field may be is what nearly all have. Text of
any other form is refused as a whole, for `json_text` to read. Fields stand in the order in which Label Studio writes
them, as each is looked for behind the one before.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from perfwidget.sources.json_text import array_of
from perfwidget.sources.row_values import JsonObject


class PersonForm(msgspec.Struct, frozen=True, gc=False):
    """What is read of a person who is an object."""

    id: int | str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None


Named = int | str | PersonForm | None


class ReviewForm(msgspec.Struct, gc=False):
    """What is read of a review."""

    id: Any = None
    created_by: Named = None
    created_at: Any = None
    accepted: Any = None
    fixed_annotation_history: Any = None
    previous_annotation_history_result: msgspec.Raw = msgspec.Raw()
    fixed_annotation_history_result: msgspec.Raw = msgspec.Raw()
    score: Any = None


class AnnotationForm(msgspec.Struct, gc=False):
    """What is read of a row; null is the same as missing, but where that tells something."""

    id: Any = None
    completed_by: Named = None
    reviews: list[ReviewForm] | None = None
    was_cancelled: bool | None = None
    created_at: Any = None
    updated_at: Any = None
    draft_created_at: Any = None
    lead_time: Any = None
    unique_id: Any = None
    import_id: Any = msgspec.UNSET
    last_action: str | None = None
    task: Any = None
    project: Any = None
    updated_by: Named | msgspec.UnsetType = msgspec.UNSET
    parent_prediction: Any = None
    parent_annotation: Any = None
    last_created_by: Named = None
    comments: list[Any] | None = None
    history: list[Any] | None = None


class TaskForm(msgspec.Struct, kw_only=True, gc=False):
    """What is read of a task."""

    id: Any = None
    annotations: list[AnnotationForm]
    created_at: Any = None
    updated_at: Any = None
    total_annotations: Any = None
    cancelled_annotations: Any = None
    comment_count: Any = None
    project: Any = None
    completions: Any = None


decode: Callable[[bytes | memoryview], list[TaskForm]] = msgspec.json.Decoder(list[TaskForm]).decode
"""Read an array of tasks; raises msgspec.MsgspecError, ValueError or RecursionError for one that is odd in its form."""


def values(form: AnnotationForm | TaskForm | ReviewForm) -> JsonObject:
    """Return as the JSON object that it was, as far as it was read, an object that is odd after all."""
    found = ((name, getattr(form, name)) for name in form.__struct_fields__)
    return {name: plain(value) for name, value in found if value is not msgspec.UNSET}


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, PersonForm):
        return msgspec.structs.asdict(value)
    if isinstance(value, msgspec.Raw):
        [read] = array_of(f"[{bytes(value).decode()}]") or [None]
        return read
    if isinstance(value, list):
        return [values(each) if isinstance(each, ReviewForm) else each for each in value]
    return value
