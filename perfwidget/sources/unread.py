"""Items of a file that hold recorded work which is not read: what each is, and what to do to have it read."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from perfwidget.sources.file_kinds import CURE

TASKS_KEY = "annotations"
"""Under which an object that wraps a list of tasks has it, and a task its annotations."""

_OF_OTHERS = frozenset({TASKS_KEY, "completions", "predictions", "drafts", "data", "meta"})
"""Keys of a task under which no annotations are looked for: they have another meaning."""


class Elsewhere(NamedTuple):
    """An item of another list than that of the tasks, counted from 1, that holds recorded work."""

    name: str
    number: int
    work: str


class Unread(NamedTuple):
    """Recorded work that is not read."""

    kind: str
    """What a file of such items seems to be."""
    item: str
    """What such an item is."""
    cure: str = CURE

    def __str__(self) -> str:
        return f"{self.item}; {self.cure}"


COMPLETIONS = Unread(
    "an export of Label Studio before 1.0",
    "its work stands under 'completions', as Label Studio wrote it before 1.0",
    "import the file into a Label Studio 1.x server, export the project there and read that file",
)
_MIN = Unread("a JSON-MIN export, which leaves out most of what happened", "a row of a JSON-MIN export")
_COCO = Unread("a COCO export", "an annotation of a COCO export")
_ASR = Unread("an ASR manifest", "a line of an ASR manifest")
_WITH_TASK = Unread(
    "a list of annotations with their tasks inside",
    "an annotation with its task inside, as target storage writes one a file",
    "read the folder of these files instead, or export the project from Label Studio with Export > JSON",
)
_ANNOTATION = Unread("a list of annotations instead of a list of tasks", "an annotation without its task")
_PAGE = Unread(
    "a list of lists, such as pages of the API",
    "a list of tasks in place of a task, such as a page of the API",
    "join the lists to a single one of tasks",
)


def unread(item: object) -> Unread | None:
    """Return what work an item of a list holds that is read of no such item. A task's own annotations are read."""
    if isinstance(item, list):
        return _PAGE if any(isinstance(each, dict) for each in item) else None
    if not isinstance(item, dict):
        return None
    if item.get("completions"):
        return COMPLETIONS
    if item.get(TASKS_KEY) is not None and (item[TASKS_KEY] or counts_its_annotations(item.get("total_annotations"))):
        return None
    if "annotation_id" in item and ("annotator" in item or "lead_time" in item):
        return _MIN
    if "image_id" in item and "category_id" in item:
        return _COCO
    if "audio_filepath" in item:
        return _ASR
    if is_annotation(item):
        return _WITH_TASK if isinstance(item.get("task"), dict) else _ANNOTATION
    for key, value in item.items():
        if key not in _OF_OTHERS and isinstance(value, list) and any(map(is_annotation, value)):
            named = repr(key)[:40]
            return Unread(
                f"a list of tasks whose annotations stand under {named}",
                f"its annotations stand under {named}, not under '{TASKS_KEY}'",
            )
    return None


def counts_its_annotations(total: object) -> bool:
    """Say whether a task says how many annotations it has, as all do that Label Studio exports."""
    return type(total) is int


def is_annotation(item: object) -> bool:
    """Say whether an item looks like a row of an annotation, with or without its task inside."""
    return isinstance(item, dict) and TASKS_KEY not in item and ("completed_by" in item or "result" in item)


def is_row(item: object) -> bool:
    """Say whether an item looks like an annotation as a task holds it."""
    return is_annotation(item) and not isinstance(_values(item).get("task"), dict)


def as_task(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an annotation that stands by itself as the task that has it."""
    task = values.get("task")
    row = {key: value for key, value in values.items() if key != "task"}
    return {**task, TASKS_KEY: [row]} if isinstance(task, dict) else {"id": task, TASKS_KEY: [row]}


class Counts(NamedTuple):
    """What a task counts, as the file has it; of annotations the total is without the cancelled ones."""

    annotations: object
    cancelled: object
    comments: object


def left_out(counts: Counts, there: int) -> str | None:
    """Return how many annotations a task counts that are not there. None if there are as many, or it does not say."""
    counted = _count(counts.annotations) + _count(counts.cancelled)
    if counted <= there:
        return None
    annotations = "annotation" if counted == 1 else "annotations"
    here = f"{there:,} {'is' if there == 1 else 'are'} here"
    return f"it counts {counted:,} {annotations}, of which {here}; export all annotations, skipped ones too"


def absent_comments(counts: Counts, there: int) -> int:
    """Return how many comments a task counts that are not there."""
    return max(0, _count(counts.comments) - there)


def work_in(item: object) -> str | None:
    """Return what recorded work an item holds that is outside of the list of tasks."""
    rows = _values(item).get(TASKS_KEY)
    if isinstance(rows, list) and rows:
        return f"a task with {len(rows):,} {'annotation' if len(rows) == 1 else 'annotations'}"
    found = unread(item)
    return found.item if found else None


def _values(item: object) -> Mapping[str, Any]:
    return item if isinstance(item, dict) else {}


def _count(value: object) -> int:
    return value if type(value) is int and value > 0 else 0
