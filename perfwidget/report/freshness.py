"""As of when the facts are: what keeps a store in step with a platform says so with every reading."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from perfwidget.stores.reading import Reader

NOT_COMPLETE = datetime(1970, 1, 1, tzinfo=UTC)
"""What a source that is being read for the first time has for the instant as of which its facts are complete."""

LATE_AFTER = 300
"""Seconds after which facts that are kept in step are called late."""


class Freshness(NamedTuple):
    """As of when an organization's facts are, and a text that differs whenever some of them have changed."""

    as_of: datetime
    news: str

    @property
    def complete(self) -> bool:
        """Whether every source was read to its end at least once."""
        return self.as_of > NOT_COMPLETE

    def late(self, now: datetime, after: int) -> bool:
        """Say whether the facts are older than so many seconds."""
        return now - self.as_of > timedelta(seconds=after)


def freshness(reader: Reader, organization_id: str) -> Freshness | None:
    """Return how fresh an organization's facts are by the sources they are read from; None where no source says so.

    Of several sources the one that is furthest behind decides.
    """
    marks = {source: mark for source, mark in reader.bookmarks(organization_id).items() if mark.as_of is not None}
    if not marks:
        return None
    oldest = min(mark.as_of for mark in marks.values() if mark.as_of is not None)
    news = " ".join(f"{source}={mark.position}" for source, mark in sorted(marks.items()))
    return Freshness(NOT_COMPLETE + timedelta(microseconds=oldest), news)
