"""The history entries and reviews of an annotation row: what its owner and others did, and when."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from perfwidget.facts import Action, Review
from perfwidget.facts.snapshot_rows import REVIEWER_ACTIONS
from perfwidget.sources.agreement import Grade, grade
from perfwidget.sources.import_result import ImportResult, Place, Problem
from perfwidget.sources.people import SOMEBODY, NamedPerson, People
from perfwidget.sources.row_values import (
    MAX_WORD_LENGTH,
    JsonObject,
    Unreadable,
    fraction,
    lead_time,
    needed_id,
    needed_instant,
    needed_object,
    optional_id,
    optional_instant,
)

OWN_ACTIONS = ("submitted", "updated", "skipped")
"""What an annotator does; the last of these completes an annotation."""

KNOWN_ACTIONS = frozenset((*OWN_ACTIONS, *REVIEWER_ACTIONS, "prediction", "propagated_annotation", "imported"))

UNKNOWN = "unknown"
"""Stands for an action that the file does not tell; counted nowhere."""


class Row(NamedTuple):
    """What the parts of one annotation row share."""

    organization_id: str
    annotation_id: str
    project_id: str
    task_id: str
    owner: NamedPerson | None
    updated_at: datetime
    place: Place

    @property
    def owner_id(self) -> str | None:
        """The annotator's id, or None if the annotation belongs to nobody."""
        return self.owner.user_id if self.owner else None


class RowParts:
    """Reads the parts of the rows of one file; tells `people` who worked and `reading` what was wrong."""

    def __init__(self, people: People, reading: ImportResult) -> None:
        self._people = people
        self._reading = reading

    def is_owner(self, person: NamedPerson | None, row: Row) -> bool:
        """Tell whether a person is the annotator; one whom the row does not name is."""
        return person is None or (row.owner is not None and person is not SOMEBODY and person.user_id == row.owner_id)

    def action(self, given: object, place: Place) -> str:
        """Return an action as the file gives it; what is none is unknown."""
        action = given if isinstance(given, str) and 0 < len(given) <= MAX_WORD_LENGTH else UNKNOWN
        if action not in KNOWN_ACTIONS:
            shown = ascii(given)[:40] if isinstance(given, str) else "a value that is no text"
            self._reading.report(Problem.ACTION, place, f"its action {shown} is unknown; kept, but counted nowhere")
        return action

    def history(self, history: Sequence[object], row: Row) -> Iterator[tuple[Action, bool]]:
        """Yield the readable entries, and whether each is the annotator's own."""
        for number, value in enumerate(history, 1):
            place = row.place._replace(part=f"history entry {number}")
            try:
                yield self._entry(value, row, place)
            except Unreadable as fault:
                self._reading.report(Problem.ENTRY, place, fault)

    def _entry(self, value: object, row: Row, place: Place) -> tuple[Action, bool]:
        values = needed_object(value)
        action_id = needed_id(values.get("id"), "id")
        created_at = needed_instant(values.get("created_at"), "created_at")
        if values.get("action") is None:
            raise Unreadable("no action")
        action = self.action(values["action"], place)
        author = self._people.read(values.get("created_by"))
        reviewing = action in REVIEWER_ACTIONS
        entry = Action(
            organization_id=row.organization_id,
            action_id=action_id,
            annotation_id=row.annotation_id,
            project_id=row.project_id,
            task_id=row.task_id,
            user_id=row.owner_id if author is None else self._worker(author, row, reviewing, place),
            action=action,
            started_at=optional_instant(values.get("started_at")),
            created_at=created_at,
            lead_time=lead_time(values.get("lead_time")),
            review_id=optional_id(values.get("review_id")),
            comment_id=optional_id(values.get("comment_id")),
        )
        return entry, self.is_owner(author, row)

    def reviews(self, reviews: Sequence[object], row: Row) -> Iterator[Review]:
        """Yield the readable reviews."""
        for number, value in enumerate(reviews, 1):
            place = row.place._replace(part=f"review {number}")
            try:
                review = self._review(value, row, place)
            except Unreadable as fault:
                self._reading.report(Problem.REVIEW, place, fault)
                continue
            self._reading.reviews += 1
            yield review

    def _review(self, value: object, row: Row, place: Place) -> Review:
        values = needed_object(value)
        review_id = needed_id(values.get("id"), "id")
        created_at = needed_instant(values.get("created_at"), "created_at")
        accepted = values.get("accepted")
        if not isinstance(accepted, bool):
            self._reading.report(Problem.DECISION, place, "neither accepted nor rejected; kept, but counted nowhere")
            action = UNKNOWN
        elif not accepted:
            action = "rejected"
        else:
            action = "accepted" if values.get("fixed_annotation_history") is None else "fixed_and_accepted"
        fix = fix_grade(values) if action == "fixed_and_accepted" else Grade(None)
        if fix.unjudged:
            reason = (
                f"no score, for nobody can say how much {ascii(fix.unjudged)[:40]} was changed; kept, not in the score"
            )
            self._reading.report(Problem.SCORE, place, reason)
        return Review(
            organization_id=row.organization_id,
            review_id=review_id,
            annotation_id=row.annotation_id,
            project_id=row.project_id,
            task_id=row.task_id,
            completed_by=row.owner_id,
            reviewer_id=self._worker(self._people.read(values.get("created_by")), row, True, place),
            action=action,
            score=fix.score,
            created_at=created_at,
        )

    def _worker(self, person: NamedPerson | None, row: Row, reviewing: bool, place: Place) -> str | None:
        """Return the id of who did something in the row's project, and note that they did."""
        if person is SOMEBODY:
            self._reading.report(Problem.PERSON, place, "who it is by cannot be read; kept, but counted for nobody")
        if person is None or person is SOMEBODY:
            return None
        self._people.worked(person, row.project_id, "reviewer" if reviewing else "annotator", row.updated_at)
        return person.user_id


def fix_grade(values: JsonObject) -> Grade:
    """Return the score of a fix: the file's own, else how much of the result the reviewer left as it was."""
    given = fraction(values.get("score"))
    if given is not None:
        return Grade(given)
    return grade(values.get("previous_annotation_history_result"), values.get("fixed_annotation_history_result"))
