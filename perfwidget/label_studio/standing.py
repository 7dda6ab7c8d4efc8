"""What the store is told of the reading: as of when facts are, how often they changed, what people must know."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from perfwidget.facts.ingest import NOT_COMPLETE, NOTHING_TOLD, NOTICE, PROGRESS, PROJECT, Bookmark
from perfwidget.label_studio.project_reading import ProjectReading
from perfwidget.stores.store import Store

SOURCE = "label studio"
"""The source whose bookmark says as of when the facts are."""

GONE = "gone"
"""The bookmark of a project that was deleted."""

NOTED_EVERY = 60
"""Seconds after which the store is told again that nothing has changed."""


class Standing:
    """The bookmarks of a source; `changes` counts what was written."""

    def __init__(self, store: Store, organization_id: str, now: Callable[[], float]) -> None:
        self._store = store
        self._organization_id = organization_id
        self._now = now
        self._noted_at = float("-inf")
        self._counted = 0
        self._noted_changes = 0
        self._as_of: datetime = NOT_COMPLETE
        self._told: dict[str, str] = {}
        self.changes = 0

    def begin(self) -> Mapping[str, str]:
        """Return the positions of projects that were read before; nothing is complete where there is no bookmark."""
        with self._store.reading() as reader:
            marks = reader.bookmarks(self._organization_id)
        mine = marks.get(SOURCE)
        if mine is None:
            self._store.write([Bookmark(self._organization_id, SOURCE, "0", NOT_COMPLETE)])
        else:
            self._counted = int(mine.position) if mine.position.isdigit() else 0
            self._as_of = NOT_COMPLETE + timedelta(microseconds=mine.as_of or 0)
        self._told = {kind: marks[kind + SOURCE].position for kind in (NOTICE, PROGRESS) if kind + SOURCE in marks}
        return {
            source.removeprefix(PROJECT): mark.position
            for source, mark in marks.items()
            if source.startswith(PROJECT) and mark.position != GONE
        }

    def changed(self, facts: bool) -> None:
        """Note whether facts changed."""
        self.changes += facts

    def note(self, began: datetime) -> None:
        """Say that the facts are as of an instant; those of projects that are behind say so themselves."""
        self._as_of = began.astimezone(UTC)
        if self.changes != self._noted_changes or self._now() - self._noted_at >= NOTED_EVERY:
            self._write()

    def note_changes(self) -> None:
        """Say that facts changed, where they did since it was said last."""
        if self.changes != self._noted_changes:
            self._write()

    def _write(self) -> None:
        self._counted += self.changes != self._noted_changes
        self._store.write([Bookmark(self._organization_id, SOURCE, str(self._counted), self._as_of)])
        self._noted_at, self._noted_changes = self._now(), self.changes

    def mark_behind(self, readings: Iterable[ProjectReading]) -> None:
        """Say of projects that their facts are as of the look before."""
        behind = [each for each in readings if each.behind_since is None and each.position.complete]
        for each in behind:
            each.behind_since = self._as_of
        if behind:
            self._store.write([each.bookmark(each.position) for each in behind])

    def tell(self, notice: str, progress: str) -> None:
        """Tell people who look at the figures sentences, or nothing any more."""
        told = {NOTICE: notice or NOTHING_TOLD, PROGRESS: progress or NOTHING_TOLD}
        new = [kind for kind in told if told[kind] != self._told.get(kind, NOTHING_TOLD)]
        if new:
            self._store.write([Bookmark(self._organization_id, kind + SOURCE, told[kind]) for kind in new])
            self._told = told
