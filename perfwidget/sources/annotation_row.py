"""One annotation row of an export and what it says, by the rules for what a file is silent on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain

from perfwidget.facts import Action, Annotation
from perfwidget.facts.ingest import Snapshot
from perfwidget.facts.snapshot_rows import one_action_id, only_action
from perfwidget.sources.flags import NO_CHANGE, PROPAGATED, flags, reviewed_last
from perfwidget.sources.import_result import ImportResult, Place, Problem
from perfwidget.sources.kept_row import SPELLED, kept_text, spelled
from perfwidget.sources.people import SOMEBODY, People
from perfwidget.sources.row_parts import OWN_ACTIONS, Row, RowParts
from perfwidget.sources.row_values import (
    JsonObject,
    Unreadable,
    lead_time,
    needed_id,
    needed_instant,
    needed_object,
    optional_instant,
    optional_list,
)


class AnnotationRows:
    """Reads the annotation rows of one file; tells `people` who worked and `reading` what was wrong."""

    def __init__(
        self, organization_id: str, people: People, reading: ImportResult, project_id: str | None = None
    ) -> None:
        self._organization_id = organization_id
        self._project_id = project_id
        self._people = people
        self._reading = reading
        self.parts = RowParts(people, reading)
        """Reads their reviews and history entries."""

    def snapshot(self, task: JsonObject, value: object, place: Place) -> Snapshot:
        """Return what one row of a task says; raises Unreadable if it is no annotation.

        All that is returned can be stored: ids, instants and flags are checked here, texts are strings.
        """
        values = needed_object(value)
        annotation_id = needed_id(values.get("id"), "id")
        project, task_number = task.get("project"), task.get("id")
        project_id = self._project(values.get("project") if project is None else project)
        task_id = needed_id(values.get("task") if task_number is None else task_number, "task id")
        created_at = needed_instant(values.get("created_at"), "created_at")
        given_update = values.get("updated_at")
        updated_at = created_at if given_update is None else needed_instant(given_update, "updated_at")
        was_cancelled = values.get("was_cancelled")
        if was_cancelled is not None and not isinstance(was_cancelled, bool):
            raise Unreadable("its was_cancelled is neither true nor false")
        history, reviews = self._part(values, "history", place), self._part(values, "reviews", place)

        self._people.by_email.clear()
        named = [self._people.read(values.get(key)) for key in ("completed_by", "updated_by", "last_created_by")]
        authors = (part.get("created_by") for part in chain(history or (), reviews or ()) if isinstance(part, dict))
        for person in chain(named, map(self._people.read, authors)):
            if person is not None and person is not SOMEBODY:
                self._people.seen(person, updated_at)
        owner, updated_by, last_created_by = named
        if owner is None or owner is SOMEBODY:
            self._reading.report(Problem.OWNER, place, "no owner" if owner is None else "its owner cannot be read")
            owner = None
        else:
            self._people.worked(owner, project_id, "annotator", updated_at)
        row = Row(self._organization_id, annotation_id, project_id, task_id, owner, updated_at, place)

        updated_by_owner = self.parts.is_owner(updated_by, row)
        created_by_owner = self.parts.is_owner(last_created_by, row)
        changed = updated_at - created_at >= NO_CHANGE and updated_by_owner
        last_action = self._last_action(values, was_cancelled, changed, place)
        entries = list(self.parts.history(history or (), row))
        if entries:
            own = [action.created_at for action, is_own in entries if is_own and action.action in OWN_ACTIONS]
        else:
            given = None if given_update is None else updated_at
            by_owner = updated_by_owner and created_by_owner
            own = list(own_instants(last_action, values.get("last_action"), created_at, given, by_owner))
        annotation = Annotation(
            organization_id=self._organization_id,
            annotation_id=annotation_id,
            project_id=project_id,
            task_id=task_id,
            completed_by=row.owner_id,
            created_at=created_at,
            started_at=optional_instant(values.get("draft_created_at")),
            completed_at=max(own, default=created_at),
            completed_at_estimated=not own,
            updated_at=updated_at,
            lead_time=lead_time(values.get("lead_time")),
            last_action=last_action,
            was_cancelled=last_action == "skipped" if was_cancelled is None else was_cancelled,
        )
        told = None if reviews is None else tuple(self.parts.reviews(reviews, row))
        emails = tuple(sorted(self._people.by_email))
        unique_id = values.get("unique_id")
        writer = last_created_by if updated_by is None else updated_by
        posted_by_other = False
        if writer is not None and writer is not SOMEBODY and not self.parts.is_owner(writer, row):
            maker = None if last_created_by is None or last_created_by is SOMEBODY else last_created_by.user_id
            reviewers = reviewed_last(last_action, (action for action, _ in entries), told or (), maker)
            posted_by_other = reviewers is not None and writer.user_id not in reviewers
        odd = flags(task, values, annotation, posted_by_other, changed or _updated(last_action, entries))
        return Snapshot(
            annotation=replace(annotation, flags=odd),
            actions=tuple(action for action, _ in entries) or _one_action(annotation),
            history=bool(entries),
            reviews=told,
            task_updated_at=optional_instant(task.get("updated_at")),
            unique_id=unique_id if isinstance(unique_id, str) and unique_id else None,
            spelled=spelled(*(values.get(key) for key in SPELLED)),
            emails=emails,
            text=kept_text(task, values, annotation, told) if emails else "",
        )

    def _project(self, given: object) -> str:
        if given is not None:
            return needed_id(given, "project")
        if self._project_id is None:
            raise Unreadable("no project; name one with --project")
        return self._project_id

    def _part(self, values: JsonObject, key: str, place: Place) -> Sequence[object] | None:
        try:
            return optional_list(values, key)
        except Unreadable as fault:
            self._reading.report(Problem.LIST, place, fault)
            return None

    def _last_action(self, values: JsonObject, was_cancelled: bool | None, changed: bool, place: Place) -> str:
        given = values.get("last_action")
        if given is None or given == "":
            if was_cancelled or changed:
                return "skipped" if was_cancelled else "updated"
            copied = values.get("parent_annotation") is not None and values.get("lead_time") is None
            return PROPAGATED if copied else "submitted"
        return self.parts.action(given, place)


def _updated(last_action: str, entries: Sequence[tuple[Action, bool]]) -> bool:
    """Say whether the row says in words that its owner has updated it."""
    return last_action == "updated" or any(own and action.action == "updated" for action, own in entries)


def own_instants(
    last_action: str, given_action: object, created_at: datetime, updated_at: datetime | None, by_owner: bool
) -> Sequence[datetime]:
    """Return what a row without a history tells of when its owner submitted, updated or skipped.

    `updated_at` is None where the row does not have it. `by_owner` says that nobody else is known to have written it.
    """
    if updated_at is not None and by_owner and last_action in ("updated", "skipped"):
        return (updated_at,)
    if updated_at is None:
        return () if last_action in ("updated", "skipped") else (created_at,)
    return (created_at,) if given_action == "submitted" or updated_at - created_at < NO_CHANGE else ()


def _one_action(annotation: Annotation) -> tuple[Action, ...]:
    """Return what can be told without a history: one action of the annotator, if there is one."""
    if annotation.completed_by is None:
        return ()
    return (
        Action(
            organization_id=annotation.organization_id,
            action_id=one_action_id(str(annotation.annotation_id)),
            annotation_id=annotation.annotation_id,
            project_id=annotation.project_id,
            task_id=annotation.task_id,
            user_id=annotation.completed_by,
            action=only_action(annotation.last_action, annotation.was_cancelled),
            started_at=annotation.started_at,
            created_at=annotation.completed_at,
            lead_time=annotation.lead_time,
        ),
    )


def read_kept(organization_id: str, text: str, members: Mapping[str, str]) -> Snapshot:
    """Return what the text of a kept row says, where `members` maps e-mails to whom they mean."""
    task, row = json.loads(text)
    return AnnotationRows(organization_id, People(members), ImportResult()).snapshot(task, row, Place(None))
