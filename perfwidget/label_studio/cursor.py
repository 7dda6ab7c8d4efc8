"""How far a project has been read, as the bookmark of its facts."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from perfwidget.label_studio.pages import Since

OVERLAP = timedelta(minutes=1)
"""What was changed so long before the latest change is read again: it may have become visible after it."""

UNSURE = -1


@dataclass(frozen=True, slots=True)
class Cursor:
    """All changes up to `through` have been read; `through` and the rest are Label Studio's instants and ids.

    While a reading is going on, `target` is what `through` will be, `since` is where it looks from (None: it reads
    everything), and `after` is the id of the last task that was read.
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

    @property
    def going_on(self) -> bool:
        """Whether a reading has begun and not ended."""
        return self.target is not None

    @property
    def looks_since(self) -> Since | None:
        """From which instant on the reading that goes on looks; None: it reads everything."""
        return None if self.since is None else Since(datetime.fromisoformat(self.since))

    def begun(self, newest: str | None) -> "Cursor":
        """Return the position at the beginning of a reading, when the latest change is `newest`."""
        since = None if self.through is None else (datetime.fromisoformat(self.through) - OVERLAP).isoformat()
        return replace(self, target=newest or self.through or _NO_CHANGE, since=since, after=0)

    def given_up(self) -> "Cursor":
        """Return the position before the reading that goes on, which is to begin anew."""
        return replace(self, target=None, since=None, after=0)

    def behind(self, last_id: int) -> "Cursor":
        """Return the position when the tasks up to an id have been read."""
        return replace(self, after=last_id, top=max(self.top, last_id))

    def ended(self, tasks: int) -> "Cursor":
        """Return the position at the end of the reading that goes on."""
        return Cursor(through=self.target, tasks=tasks, top=self.top, commented=self.commented)

    def to_text(self) -> str:
        """Return the text of a bookmark."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str | None) -> "Cursor":
        """Return the position of a bookmark; without one, or with one that cannot be read, the beginning."""
        try:
            found = cls(**json.loads(text or "{}"))
            for instant in (found.through, found.target, found.since):
                if instant is not None:
                    datetime.fromisoformat(instant)
        except (TypeError, ValueError):
            return cls()
        return found


_NO_CHANGE = "1970-01-02T00:00:00+00:00"
"""Stands for the latest change of a project without tasks."""
