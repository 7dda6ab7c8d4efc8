"""Which projects are read in a look, and when those that could not be read are tried again."""

import logging
from collections.abc import Callable, Mapping

from perfwidget.label_studio.project_list import Listed
from perfwidget.label_studio.project_reading import ProjectReading

log = logging.getLogger(__name__)

LOOKS = 10
"""Projects at most that a look asks for changes though their counts are the same: an update moves no count."""

HOT_FOR = 3_600
"""Seconds after a change for which a project is asked more often than others."""

HOT_LOOKS = 8
"""How many of `LOOKS` such projects get, if there are as many."""

FIRST_WAIT = 3.0
LONGEST_WAIT = 60.0


class Turns:
    """Remembers when projects were read and changed."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._read: dict[str, float] = {}
        self._changed: dict[str, float] = {}
        self._failed: dict[str, tuple[float, float]] = {}
        """When a project is tried again, and the seconds waited before."""

    def was_read(self, project_id: str, *, changed: bool) -> None:
        """Note that a project was read."""
        self._read[project_id] = self._now()
        if changed:
            self._changed[project_id] = self._now()
        if self._failed.pop(project_id, None):
            log.warning("Project %s can be read again.", project_id)

    def failed(self, project_id: str, why: str) -> None:
        """Note that a project could not be read; the first time is said in the log."""
        _, waited = self._failed.get(project_id, (0.0, 0.0))
        if not waited:
            log.warning("Project %s cannot be read, the others can: %s", project_id, why)
        wait = min(max(2 * waited, FIRST_WAIT), LONGEST_WAIT)
        self._failed[project_id] = (self._now() + wait, wait)

    def choose(self, listed: Mapping[str, Listed], readings: Mapping[str, ProjectReading]) -> list[str]:
        """Return the projects to read now: first what has changed, then some in turn, at last what was never read."""
        now = self._now()
        there = [each for each in listed if self._failed.get(each, (now, 0.0))[0] <= now]
        told = [each for each in there if not readings[each].in_step(listed[each].counts)]
        known = [each for each in told if readings[each].position.complete]
        new = sorted(set(told) - set(known), key=lambda each: (_tasks(listed[each]), each))
        quiet = [each for each in set(there) - set(told) if _tasks(listed[each])]
        quiet.sort(key=lambda each: (self._read.get(each, float("-inf")), each))
        if len(quiet) <= LOOKS:
            return [*known, *quiet, *new]
        hot = [each for each in quiet if now - self._changed.get(each, float("-inf")) < HOT_FOR][:HOT_LOOKS]
        cold = [each for each in quiet if each not in hot][: LOOKS - HOT_LOOKS]
        return [*known, *hot, *cold, *new]


def _tasks(listed: Listed) -> int:
    return listed.counts.tasks if listed.counts else 0
