"""Lists of Label Studio, read so that nothing is left out while people go on working.

Tasks are read by their ids, each page from behind the last id of the one before. What is added, changed or deleted
meanwhile moves nothing from one page to another. How many tasks are left tells whether a page was whole.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from perfwidget.errors import SourceUnavailable
from perfwidget.label_studio.connection import LabelStudio, TooLarge

PAGE = 200
"""Tasks asked for at once."""

LISTED = 500
"""Tasks asked for by their ids at once."""

MOST_PAGES = 100_000
"""More pages than any list has; whoever answers with more answers in circles."""

_TASK = ("id", "project", "created_at", "updated_at", "annotations", "comment_count", "last_comment_updated_at")
_ANNOTATION = (
    "task",
    "completed_by",
    "was_cancelled",
    "draft_created_at",
    "lead_time",
    "import_id",
    "last_action",
    "updated_by",
    "parent_prediction",
    "parent_annotation",
    "last_created_by",
)
FIELDS = ",".join((*_TASK, *_ANNOTATION))
"""What is read of tasks and their annotations: never what was annotated, which is most of it."""

IDS = "id"
"""What is read of tasks to see whether they are there."""

NONSENSE = "Label Studio answers with something else than its list of {}; its version may be one that is not known yet."
LEFT_OUT = "Label Studio leaves tasks of project {} out; it is asked again."
_AGAIN = 3

Task = dict[str, Any]


class Since(NamedTuple):
    """Tasks in which something is at least as late as an instant, or later if `strictly`."""

    instant: datetime
    strictly: bool = False
    field: str = "updated_at"


class TaskPage(NamedTuple):
    """Some tasks by ascending ids, the last id that was looked at, and how many tasks are left behind it."""

    tasks: Sequence[Task]
    last_id: int
    left: int = 0


def task_pages(
    server: LabelStudio, project_id: str, since: Since | None, after: int = 0, fields: str = FIELDS
) -> Iterator[TaskPage]:
    """Yield the tasks of a project, or those in which something has changed, with ids above `after`, by their ids.

    A page that Label Studio turns out to have left something out of is yielded again, whole. Raises SourceUnavailable
    where its answers do not fit together, NotFound for a project that is no more.
    """
    size, again = PAGE, 0
    began, left = after, None  # where the last page began, and how many tasks were to be left behind it
    for _ in range(MOST_PAGES):
        try:
            tasks, total = _page(server, project_id, _filters(since, after), size, fields)
        except TooLarge:
            if size == 1:
                raise SourceUnavailable(f"A task of project {project_id} is too large to be read.") from None
            size = max(size // 4, 1)
            continue
        if (left is not None and total < left) or (total and not tasks) or any(task["id"] <= after for task in tasks):
            # Fewer are left than there were: some were deleted, or the page before was not whole. Look at it again.
            again += 1
            if again > _AGAIN:
                raise SourceUnavailable(LEFT_OUT.format(project_id))
            after, left = began, None
            continue
        if left is not None:
            again = 0
        if not tasks:
            return
        began, after, left = after, tasks[-1]["id"], total - len(tasks)
        yield TaskPage(tasks, after, left)
        if left <= 0:
            return
    raise SourceUnavailable(NONSENSE.format("tasks"))


def tasks_by_id(server: LabelStudio, project_id: str, ids: Sequence[int], fields: str = FIELDS) -> Iterator[Task]:
    """Yield those of some tasks that there are."""
    for start in range(0, len(ids), LISTED):
        wanted = sorted(ids[start : start + LISTED])
        listed = [_filter("id", "in_list", "Number", wanted)]
        yield from _listed(server, project_id, listed, wanted, fields)


def _listed(
    server: LabelStudio, project_id: str, listed: Sequence[Mapping[str, Any]], wanted: Sequence[int], fields: str
) -> Iterator[Task]:
    try:
        tasks, total = _page(server, project_id, listed, len(wanted), fields)
    except TooLarge:
        if len(wanted) == 1:
            raise SourceUnavailable(f"A task of project {project_id} is too large to be read.") from None
        half = len(wanted) // 2
        for part in (wanted[:half], wanted[half:]):
            yield from _listed(server, project_id, [_filter("id", "in_list", "Number", part)], part, fields)
        return
    if total != len(tasks):
        raise SourceUnavailable(LEFT_OUT.format(project_id))
    yield from (task for task in tasks if task["id"] in set(wanted))


def tasks_with_later_annotations(server: LabelStudio, project_id: str, annotation_id: int) -> Iterator[TaskPage]:
    """Yield the tasks that have annotations with higher ids than one, by their ids. No clock has a say in it."""
    after = 0
    later = _filter("annotations_ids", "greater", "Number", annotation_id)
    for _ in range(MOST_PAGES):
        # A task may be counted once for each of its annotations, so that only an empty page is the end.
        tasks, _total = _page(server, project_id, [*_filters(None, after), later], PAGE, FIELDS)
        if not tasks:
            return
        if tasks[0]["id"] <= after:
            raise SourceUnavailable(NONSENSE.format("tasks"))
        yield TaskPage(tasks, tasks[-1]["id"])
        after = tasks[-1]["id"]


def rows(server: LabelStudio, path: str, what: str, parameters: Mapping[str, str | int] | None = None) -> list[Any]:
    """Return all rows of a list, whether Label Studio gives it whole or in pages; each id once."""
    found: dict[Any, Any] = {}
    plain: list[Any] = []
    asked = {"page_size": 100, **(parameters or {})}
    for number in range(1, MOST_PAGES):
        answer = server.get(path, asked | ({"page": number} if number > 1 else {}))
        whole = isinstance(answer, list)
        page = answer if whole else answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(page, list):
            raise SourceUnavailable(NONSENSE.format(what))
        for row in page:
            if isinstance(row, dict) and "id" in row:
                found[row["id"]] = row
            else:
                plain.append(row)
        if whole or not answer.get("next"):
            counted = None if whole else answer.get("count")
            if isinstance(counted, int) and len(found) + len(plain) < counted:
                raise SourceUnavailable(f"Label Studio leaves some {what} out; it is asked again.")
            return [*found.values(), *plain]
        if not page:
            break
    raise SourceUnavailable(NONSENSE.format(what))


def latest_tasks(server: LabelStudio, project_id: str, number: int) -> tuple[list[Task], int]:
    """Return the tasks that changed last, with ids and `updated_at` only, and how many tasks there are."""
    tasks, total = _asked(server, project_id, {"ordering": ["-tasks:updated_at"]}, number, "id,updated_at")
    if bool(tasks) != bool(total):
        raise SourceUnavailable(NONSENSE.format("tasks"))
    return tasks, total


def _page(
    server: LabelStudio, project_id: str, filters: Sequence[Mapping[str, Any]], size: int, fields: str
) -> tuple[list[Task], int]:
    """Return tasks by their ids, each once, and how many there are in all."""
    asked = {"filters": {"conjunction": "and", "items": filters}, "ordering": ["tasks:id"]}
    tasks, total = _asked(server, project_id, asked, size, fields)
    once = {task["id"]: task for task in tasks}
    return [once[each] for each in sorted(once)], total


def _asked(
    server: LabelStudio, project_id: str, query: Mapping[str, Any], size: int, fields: str
) -> tuple[list[Task], int]:
    """Return the first tasks that answer a query of the data manager, and how many answer it in all."""
    answer = server.get(
        "tasks/",
        {
            "project": project_id,
            "fields": "all",
            "include": fields,
            "resolve_uri": "false",
            "page_size": size,
            "query": json.dumps(query),
        },
    )
    tasks = answer.get("tasks") if isinstance(answer, dict) else None
    total = answer.get("total") if isinstance(answer, dict) else None
    if not isinstance(tasks, list) or not isinstance(total, int) or not all(map(_is_task, tasks)):
        raise SourceUnavailable(NONSENSE.format("tasks"))
    return tasks, total


def _is_task(task: object) -> bool:
    return isinstance(task, dict) and type(task.get("id")) is int


def _filters(since: Since | None, after: int) -> list[Mapping[str, Any]]:
    filters = [_filter("id", "greater", "Number", after)]
    if since is not None:
        instant = since.instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        operator = "greater" if since.strictly else "greater_or_equal"
        filters.append(_filter(since.field, operator, "Datetime", instant))
    return filters


def _filter(field: str, operator: str, kind: str, value: Any) -> Mapping[str, Any]:
    return {"filter": f"filter:tasks:{field}", "operator": operator, "type": kind, "value": value}
