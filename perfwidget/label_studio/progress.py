"""How far the first reading of a Label Studio is, told every ten seconds."""

import logging
from collections.abc import Callable, Mapping

from perfwidget.label_studio.project_list import Listed
from perfwidget.label_studio.project_reading import ProjectReading

log = logging.getLogger(__name__)

TOLD_EVERY = 10.0
"""Seconds from one line of the log to the next."""


class Progress:
    """Tells share and time left of a first reading, in the log and as a notice."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._told_at = now()
        self._began: tuple[float, int] | None = None
        self.notice = ""
        """The sentence for people, empty when everything was read once."""

    def due(self) -> bool:
        """Say whether it is time to tell."""
        return self._now() - self._told_at >= TOLD_EVERY

    def tell(self, left: tuple[int, int]) -> None:
        """Tell how many of all tasks are left to read for the first time."""
        total, unread = left
        self._told_at = self._now()
        if not unread:
            self.notice = ""
            return
        if self._began is None:
            self._began = self._told_at, unread
        began_at, began_with = self._began
        share, read = 100 * (total - unread) // total, began_with - unread
        seconds = (self._told_at - began_at) * unread / read if read > 0 else None
        remaining = "" if seconds is None else f", about {_in_words(seconds)} left"
        self.notice = f"{share} % is read{remaining}."  # how much there is at all is not for everybody
        log.warning("First reading: %s of %s tasks read, %s", f"{total - unread:,}", f"{total:,}", self.notice)

    def ended(self, left: tuple[int, int]) -> None:
        """Tell the end, where a beginning was told."""
        if self._began is not None and not left[1]:
            log.warning("The first reading has ended: all %s tasks were read.", f"{left[0]:,}")
            self._began, self.notice = None, ""


def first_reading_left(readings: Mapping[str, ProjectReading], listed: Mapping[str, Listed]) -> tuple[int, int]:
    """Return how many tasks the listed projects have, and how many of them were never read."""
    every = [(readings[key], each.counts.tasks) for key, each in listed.items() if each.counts and key in readings]
    left = sum(
        min(reading.left, tasks) if reading.position.going_on else tasks
        for reading, tasks in every
        if not reading.position.complete
    )
    return sum(tasks for _, tasks in every), left


def _in_words(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds / 10)) * 10} seconds"
    if seconds < 5_400:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours"
