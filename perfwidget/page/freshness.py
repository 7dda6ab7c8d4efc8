"""How fresh the facts of a source are, and what is said of facts that are older than they should be."""

from datetime import datetime, timedelta
from typing import NamedTuple

from perfwidget.facts.ingest import NOT_COMPLETE
from perfwidget.page import formats, words
from perfwidget.question.access import ScopedQuery
from perfwidget.question.period import Period, zone
from perfwidget.question.previous import previous
from perfwidget.question.query import Query
from perfwidget.report import Report
from perfwidget.stores.reading import Reader


class Freshness(NamedTuple):
    """As of when an organization's facts are, and a text that differs whenever any of them have changed."""

    as_of: datetime
    news: str

    @property
    def complete(self) -> bool:
        """Whether every source was read to its end at least once."""
        return self.as_of > NOT_COMPLETE

    def late(self, now: datetime, after: int) -> bool:
        """Say whether the facts are older than so many seconds, or a clock went back and nobody knows how old."""
        return not timedelta(0) <= now - self.as_of <= timedelta(seconds=after)


def freshness(reader: Reader, organization_id: str) -> Freshness | None:
    """Return how fresh an organization's facts are; None where no source says so.

    Of several sources the one that is furthest behind decides.
    """
    marks = sorted(
        (source, mark) for source, mark in reader.bookmarks(organization_id).items() if mark.as_of is not None
    )
    if not marks:
        return None
    oldest = min(mark.as_of for _, mark in marks if mark.as_of is not None)
    news = " ".join(f"{source}={mark.position}" for source, mark in marks)
    return Freshness(NOT_COMPLETE + timedelta(microseconds=oldest), news)


def late_notice(fresh: Freshness | None, now: datetime, after: int, timezone: str) -> str:
    """Return the sentence for facts that are older than they should be, or not complete yet; or nothing."""
    if fresh is not None and not fresh.complete:
        return words.FIRST_READING
    if fresh is None or not fresh.late(now, after):
        return ""
    return words.late(formats.moment(fresh.as_of.astimezone(zone(timezone))).rpartition(":")[0])


def kept_since(report: Report) -> list[str]:
    """Return a sentence for each kind of facts of which the period's first days are not kept any more."""
    told = []
    for kind, what in words.KEPT.items():
        since = report.recorded.get(kind)
        if since is not None:
            day = (NOT_COMPLETE + timedelta(microseconds=since)).astimezone(zone(report.period.timezone)).date()
            told += [words.KEPT_SINCE.format(what, formats.day(day))] if report.period.first < day else []
    return told


def news_in_scope(
    reader: Reader, asked: ScopedQuery, query: Query, period: Period, fresh: Freshness | None
) -> str | None:
    """Return a mark that differs once facts in scope have changed, and tells nothing of others; None as `freshness`."""
    if fresh is None or asked.scope.role.sees_organization:
        return fresh and fresh.news
    before = previous(period, query.preset) if query.compare else None
    whole = period if before is None else Period(before.first, period.last, period.timezone)
    return reader.fingerprint(asked.during(whole))
