"""The comments that an annotation row carries, in the shape of Label Studio's `Comment`."""

from collections.abc import Iterator

from perfwidget.facts import Annotation, Comment
from perfwidget.sources.import_result import ImportResult, Place, Problem
from perfwidget.sources.people import SOMEBODY, People
from perfwidget.sources.row_values import (
    Unreadable,
    needed_id,
    needed_instant,
    needed_object,
    optional_instant,
    optional_list,
)


class RowComments:
    """Reads the comments of rows; tells `people` whom they name and `reading` what was wrong."""

    def __init__(self, people: People, reading: ImportResult) -> None:
        self._people = people
        self._reading = reading

    def read(self, row: object, annotation: Annotation, place: Place) -> Iterator[Comment]:
        """Yield the readable comments that the row of an annotation carries."""
        try:
            comments = optional_list(needed_object(row), "comments") or ()
        except Unreadable as fault:
            self._reading.report(Problem.LIST, place, fault)
            return
        for number, value in enumerate(comments, 1):
            here = place._replace(part=f"comment {number}")
            try:
                comment = self._comment(value, annotation, here)
            except Unreadable as fault:
                self._reading.report(Problem.COMMENT, here, fault)
            else:
                self._reading.comments += 1
                yield comment

    def _comment(self, value: object, annotation: Annotation, place: Place) -> Comment:
        values = needed_object(value)
        comment_id = needed_id(values.get("id"), "id")
        created_at = needed_instant(values.get("created_at"), "created_at")
        text = values.get("text")
        if not isinstance(text, str):
            raise Unreadable("its text is none")
        author = self._people.read(values.get("created_by"))
        if author is SOMEBODY:
            self._reading.report(Problem.PERSON, place, "who it is by cannot be read; kept, but counted for nobody")
        if author is not None and author is not SOMEBODY:
            self._people.commented(author, comment_id)
        resolved_at = optional_instant(values.get("resolved_at"))
        return Comment(
            annotation.organization_id,
            comment_id,
            annotation_id=annotation.annotation_id,
            project_id=annotation.project_id,
            task_id=annotation.task_id,
            completed_by=annotation.completed_by,
            created_by=None if author is None or author is SOMEBODY else author.user_id,
            text=text,
            created_at=created_at,
            # Resolving is a change, whether or not it moves the comment's own instant.
            updated_at=max(filter(None, (optional_instant(values.get("updated_at")), resolved_at, created_at))),
            is_resolved=values.get("is_resolved") is True,
            resolved_at=resolved_at,
        )
