"""What only Label Studio Enterprise records: the history of annotations, reviews, comments.

The shapes of its answers are those of the types in Label Studio's SDK (`AnnotationHistory`, `AnnotationReview`,
`Comment`). History and reviews are put into an annotation's row as its JSON export has them. So a row means the same
whichever way it came.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from perfwidget.errors import SourceRefused
from perfwidget.facts import Comment
from perfwidget.label_studio.connection import LabelStudio, NotFound
from perfwidget.label_studio.pages import Task, rows
from perfwidget.sources.people import SOMEBODY, People
from perfwidget.sources.row_values import optional_id, optional_instant

Row = dict[str, Any]


class Enterprise:
    """Asks an Enterprise server for what its tasks do not say."""

    def __init__(self, server: LabelStudio) -> None:
        self._server = server

    def with_history(self, row: Row) -> Row:
        """Return an annotation's row with its history and reviews, as an export has them.

        An organization whose plan has no reviews refuses to speak of them: its rows do not either.
        """
        history = rows(self._server, "annotation-history/", "history", {"annotation": row["id"]})
        try:
            reviews = rows(self._server, "annotation-reviews/", "reviews", {"annotation": row["id"]})
        except SourceRefused:
            return row | {"history": history}
        results = {entry.get("id"): entry.get("result") for entry in history if isinstance(entry, dict)}
        return row | {"history": history, "reviews": [self._with_results(review, results) for review in reviews]}

    def comments(self, organization_id: str, task: Task, annotations: Sequence[Row]) -> Iterator[Comment]:
        """Yield the comments on a task's annotations."""
        if not task.get("comment_count"):
            return
        for row in annotations:
            owner = People().read(row.get("completed_by"))
            for each in rows(self._server, "comments/", "comments", {"annotation": row["id"]}):
                comment = _comment(organization_id, task, row["id"], each, owner and owner.user_id)
                if comment is not None:
                    yield comment

    def _with_results(self, review: object, results: dict[Any, Any]) -> object:
        """Return a review with the results before and after its fix, out of which its score is worked out."""
        if not isinstance(review, dict) or review.get("fixed_annotation_history") is None:
            return review
        return review | {
            f"{which}_annotation_history_result": self._result(review.get(f"{which}_annotation_history"), results)
            for which in ("previous", "fixed")
        }

    def _result(self, entry: object, results: dict[Any, Any]) -> Any:
        """Return the result of an entry of the history, which the list of entries may leave out."""
        if type(entry) is not int:
            return None
        if results.get(entry) is None:
            try:
                whole = self._server.get(f"annotation-history/{entry}/")
            except NotFound:
                return None
            results[entry] = whole.get("result") if isinstance(whole, dict) else None
        return results[entry]


def _comment(organization_id: str, task: Task, annotation_id: int, row: object, owner: str | None) -> Comment | None:
    """Return a comment, or None for one that cannot be read or is nobody's."""
    if not isinstance(row, dict):
        return None
    comment_id, created_at = optional_id(row.get("id")), optional_instant(row.get("created_at"))
    author = People().read(row.get("created_by"))
    if comment_id is None or created_at is None:
        return None
    text = row.get("text")
    resolved_at = optional_instant(row.get("resolved_at"))
    return Comment(
        organization_id,
        comment_id,
        annotation_id=annotation_id,
        project_id=task["project"],
        task_id=task["id"],
        completed_by=owner or None,
        created_by=None if author is None or author is SOMEBODY else author.user_id,
        text=text if isinstance(text, str) else "",
        created_at=created_at,
        # Resolving is a change, whether or not it moves the comment's own instant.
        updated_at=max(filter(None, (optional_instant(row.get("updated_at")), resolved_at, created_at))),
        is_resolved=row.get("is_resolved") is True,
        resolved_at=resolved_at,
    )
