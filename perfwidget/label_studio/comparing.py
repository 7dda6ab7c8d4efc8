"""Projects compared with what is kept, one after another: after the start, every hour, and whenever there is doubt."""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from perfwidget.errors import PerfwidgetError
from perfwidget.label_studio.comparison import Comparison
from perfwidget.label_studio.connection import LabelStudio, NotFound
from perfwidget.label_studio.cursor import AHEAD
from perfwidget.label_studio.project_list import Counts, Listed
from perfwidget.label_studio.project_reading import ProjectReading
from perfwidget.stores.store import Store

log = logging.getLogger(__name__)

COMPARED_ANYHOW = 3_000
"""Seconds after which a project is compared whether or not there is doubt. So within an hour it is done."""

STEPS_EVERY = 3_600
"""Seconds in which one step of a clock counts: several servers behind one address may have clocks that differ."""

MENDED = "Work was missing here that Label Studio has; it is being read now, and the figures may change."
SET_BACK = "Label Studio's clock was set back; until all projects are compared with it, work may be missing here."


class Comparing:
    """Compares a page at a time, so that whatever is more urgent goes first."""

    def __init__(
        self,
        store: Store,
        server: LabelStudio,
        readings: Mapping[str, ProjectReading],
        compared_every: float,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._server = server
        self._readings = readings
        self._compared_every = compared_every
        self._now = now
        self._compared: dict[str, float] = {}
        self._comparison: Comparison | None = None
        self._pages: Iterator[bool] = iter(())
        self._clock_ahead: float | None = None
        self._stepped_at = float("-inf")
        self._set_back: set[str] = set()

    @property
    def notice(self) -> str:
        """What people must know while something is mended; else empty."""
        if self._comparison is not None and self._comparison.missed:
            return MENDED
        return SET_BACK if self._set_back & self._readings.keys() else ""

    def remember(self) -> None:
        """Take it that projects were compared when their bookmarks say so; else all are compared after the start.

        Where there is doubt, a new process compares at once: it may be one that looks once and ends.
        """
        for project_id, reading in self._readings.items():
            compared = reading.position.compared
            if compared is not None:
                age = (datetime.now(UTC) - datetime.fromisoformat(compared)).total_seconds()
                self._compared.setdefault(project_id, self._now() - max(age, self._compared_every))

    def watch_clock(self, ahead: float) -> None:
        """Let all projects be compared after Label Studio's clock was set back; `ahead` is by how much it is ahead."""
        before, self._clock_ahead = self._clock_ahead, ahead
        if before is None or before - ahead < AHEAD.total_seconds() or self._now() < self._stepped_at + STEPS_EVERY:
            return
        self._stepped_at = self._now()
        log.warning("Label Studio's clock was set back by %.0f s; all projects are compared with it.", before - ahead)
        for project_id, reading in self._readings.items():
            if reading.position.complete:
                reading.wants_comparison = True
                self._set_back.add(project_id)

    def page(self, listed: Mapping[str, Listed]) -> tuple[bool, bool]:
        """Compare one page of a project that is due; say whether one was due, and whether facts changed."""
        comparison = self._comparison or self._begin(listed)
        if comparison is None:
            return False, False
        project_id = comparison.project_id
        try:
            return True, next(self._pages)
        except StopIteration:
            if comparison.missed:
                log.warning(
                    "Project %s: %s annotations differed from Label Studio's and no look had told it; they are mended.",
                    project_id,
                    f"{comparison.missed:,}",
                )
            self._end(project_id)
        except NotFound:
            self._end(project_id)
        except PerfwidgetError:
            self._readings[project_id].wants_comparison = True
            self._end(project_id)
            raise
        return True, False

    def _begin(self, listed: Mapping[str, Listed]) -> Comparison | None:
        now = self._now()
        there = [each for each in listed if each in self._readings and self._can_be_compared(each)]
        age = {each: now - self._compared.get(each, float("-inf")) for each in there}
        doubted = [
            each for each in there if self._readings[each].wants_comparison and age[each] >= self._compared_every
        ]
        due = doubted or [each for each in there if age[each] > COMPARED_ANYHOW]
        while due:
            project_id = max(due, key=lambda each: (age[each], each))
            if listed[project_id].counts == Counts(0, 0) and not self._readings[project_id].position.annotations:
                self._end(project_id)  # there is nothing, and nothing is kept
                due.remove(project_id)
                continue
            self._comparison = Comparison(self._store, self._server, project_id, self._readings[project_id])
            self._pages = self._comparison.pages()
            return self._comparison
        return None

    def _can_be_compared(self, project_id: str) -> bool:
        position = self._readings[project_id].position
        return position.complete and not position.going_on

    def _end(self, project_id: str) -> None:
        self._comparison, self._pages = None, iter(())
        self._compared[project_id] = self._now()
        self._set_back.discard(project_id)
