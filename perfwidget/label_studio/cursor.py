"""How far a project has been read, as the bookmark of its facts."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from perfwidget.label_studio.pages import Since

OVERLAP = timedelta(minutes=1)
"""What was changed so long before the mark is read again: it may have become visible after it."""

AHEAD = timedelta(seconds=5)
"""An instant that is later than Label Studio's clock by more is of a clock that was ahead."""

UNSURE = -1


@dataclass(frozen=True, slots=True)
class Cursor:
    """Changes up to `through` have been read; it and the rest are Label Studio's instants and ids.

    It is never later than Label Studio's clock was. While a reading is going on, `target` is what `through` will be.
    `since` is where it looks from (None: it reads everything). `after` is the id of the last task that was read.
    """

    through: str | None = None
    tasks: int = 0
    """How many tasks the project had; UNSURE where that does not agree with what was read."""
    top: int = 0
    """The highest id of a task that was read."""
    target: str | None = None
    since: str | None = None
    after: int = 0
    commented: str | None = None
    """The latest change of a comment that has been read; only Enterprise has comments."""
    annotations: int = UNSURE
    """How many annotations are kept; UNSURE until that was counted."""
    top_annotation: int = 0
    """The highest id of an annotation that was read: whatever the clocks say, a later one has a higher one."""
    compared: str | None = None
    """When, by our clock, all of the project was last compared with what is kept."""

    @property
    def going_on(self) -> bool:
        """Whether a reading has begun and not ended."""
        return self.target is not None

    @property
    def complete(self) -> bool:
        """Whether the project was read to its end once."""
        return self.through is not None

    @property
    def looks_since(self) -> Since | None:
        """From which instant on the reading that goes on looks; None: it reads everything."""
        return None if self.since is None else Since(datetime.fromisoformat(self.since))

    def is_ahead_of(self, clock: datetime | None) -> bool:
        """Say whether Label Studio's clock has been set back behind what was read."""
        return self.through is not None and clock is not None and datetime.fromisoformat(self.through) > clock + AHEAD

    def begun(self, newest: str | None, clock: datetime | None) -> "Cursor":
        """Return the position at the beginning of a reading, when the latest change is `newest`."""
        target = _not_later(newest or self.through or _NO_CHANGE, clock)
        if self.through is None:
            return replace(self, target=target, since=None, after=0)
        since = datetime.fromisoformat(_not_later(self.through, clock)) - OVERLAP
        return replace(self, target=target, since=since.isoformat(), after=0)

    def given_up(self) -> "Cursor":
        """Return the position before the reading that goes on, which is to begin anew."""
        return replace(self, target=None, since=None, after=0)

    def behind(self, last_id: int) -> "Cursor":
        """Return the position when the tasks up to an id have been read."""
        return replace(self, after=last_id, top=max(self.top, last_id))

    def ended(self, tasks: int) -> "Cursor":
        """Return the position at the end of the reading that goes on."""
        return replace(self, through=self.target, tasks=tasks, target=None, since=None, after=0)

    def with_annotations(self, more: int, top: int) -> "Cursor":
        """Return the position when so many more annotations are kept, with ids up to `top`."""
        kept = UNSURE if self.annotations == UNSURE else self.annotations + more
        return replace(self, annotations=kept, top_annotation=max(self.top_annotation, top))

    @classmethod
    def of_nothing(cls) -> "Cursor":
        """Return the position of a project without tasks."""
        return cls(through=_NO_CHANGE, annotations=0)

    def to_text(self) -> str:
        """Return the text of a bookmark."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str | None) -> "Cursor":
        """Return the position of a bookmark; without one, or with one that cannot be read, the beginning."""
        try:
            found = cls(**json.loads(text)) if text else cls(annotations=0)
            for instant in (found.through, found.target, found.since, found.compared):
                if instant is not None:
                    datetime.fromisoformat(instant)
        except (TypeError, ValueError):
            return cls()
        return found


def _not_later(instant: str, clock: datetime | None) -> str:
    if clock is None or datetime.fromisoformat(instant) <= clock:
        return instant
    return clock.isoformat(timespec="microseconds")


_NO_CHANGE = "1970-01-02T00:00:00+00:00"
"""Stands for the latest change of a project without tasks."""
