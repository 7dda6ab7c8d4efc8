"""The line above all figures: whose they are, of which period and projects, as of when, and how fresh the facts are."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from dash import dcc, html

from perfwidget.facts.ingest import NOT_COMPLETE, NOTHING_TOLD, NOTICE, PROGRESS, PROJECT
from perfwidget.metrics import BY_KEY
from perfwidget.page import formats, team_words, words
from perfwidget.question.access import ScopedQuery
from perfwidget.question.period import Period, zone
from perfwidget.question.previous import previous
from perfwidget.question.query import Query
from perfwidget.report import Report
from perfwidget.stores.reading import Marked, Reader

MOST_NAMED = 12
"""Members that are named one by one, each with a way to leave them out."""

MOST_KNOWN = 1_000
"""Questions of open pages whose marks are remembered."""


def heading(report: Report, question: str | None = None) -> list[Any]:
    """Return the parts of the line; the instant of which the figures are follows in an element of its own.

    With the question that the report answers, members who were chosen can be left out again.
    """
    parts = [
        html.Span([*_who(report), *_chosen(report, question)], className="who"),
        html.Span(formats.period(report.period), className="when"),
        html.Span(report.named_scope),
    ]
    if not report.several and not report.user.active:
        parts.insert(1, html.Span(words.INACTIVE, className="inactive"))
    if (active := report.values["last_active"]) is not None and not report.several:
        told = f"{words.LAST_ACTIVE} {formats.instant(active, report.period.timezone)}"
        parts.append(html.Span(told, title=BY_KEY["last_active"].definition))
    return [each for part in parts for each in (part, words.BETWEEN)]


def whom(report: Report) -> str:
    """Name whose figures a report holds: the one member, or how many."""
    return words.members(report.asked_about) if report.several else formats.member_name(report.user)


def _who(report: Report) -> list[Any]:
    named: list[Any] = [html.Strong(whom(report))]
    email = "" if report.several else formats.member_email(report.user)
    return [*named, " ", html.Span(email, className="email")] if email else named


def _chosen(report: Report, question: str | None) -> list[Any]:
    """Return the members of a chosen set, each with a link to the page without them."""
    if not report.several or question is None:
        return []
    given = parse_qsl(question)
    parts: list[Any] = []
    for user in report.users[:MOST_NAMED]:
        name = formats.member_name(user)
        rest = urlencode([each for each in given if each != ("user", user.user_id)], safe="/@:")
        leave = dcc.Link("✕", href=f"?{rest}", title=team_words.leave_out(name), className="leave")
        parts += [" ", html.Span([name, leave], className="chip")]
    more = len(report.users) - MOST_NAMED
    return [*parts, f" {team_words.and_more(more)}"] if more > 0 else parts


class Clock(NamedTuple):
    """The instant of which figures are: what is read, the instant itself as ISO 8601, and its date and time."""

    text: str
    instant: str
    title: str


def clock(as_of: datetime, now: datetime) -> Clock:
    """Return what the page says of the instant of which its figures are: with its date where that is another day's."""
    title = f"{formats.weekday(as_of.date())} {as_of:%H:%M:%S}"
    text = f"{as_of:%H:%M}" if as_of.date() == now.astimezone(as_of.tzinfo).date() else title.rpartition(":")[0]
    return Clock(words.as_of(text), as_of.isoformat(timespec="seconds"), title)


# -- How fresh the facts are, and what is said of those that are older than they should be -----------------------------


class Freshness(NamedTuple):
    """As of when an organization's facts are, and a text that differs whenever any of them have changed.

    `notice` is what a source says of its facts, `progress` how far it is where they are not complete.
    """

    as_of: datetime
    news: str
    notice: str = ""
    progress: str = ""

    @property
    def complete(self) -> bool:
        """Whether every source was read to its end at least once."""
        return self.as_of > NOT_COMPLETE

    def late(self, now: datetime, after: int) -> bool:
        """Say whether the facts are older than so many seconds, or a clock went back and nobody knows how old."""
        return not timedelta(0) <= now - self.as_of <= timedelta(seconds=after)


def freshness(reader: Reader, organization_id: str, projects: Collection[str] | None = None) -> Freshness | None:
    """Return how fresh the facts of some projects are, or of all; None where no source says so.

    Of several sources, and of projects that are not as far as their source, the one that is furthest behind decides.
    """
    marks = reader.bookmarks(organization_id)
    dated = {source: mark for source, mark in sorted(marks.items()) if mark.as_of is not None}
    whole = {source: mark for source, mark in dated.items() if not source.startswith(PROJECT)}
    if not whole:
        return None
    within = {
        source: mark
        for source, mark in dated.items()
        if source in whole or projects is None or source.removeprefix(PROJECT) in projects
    }
    oldest = min(mark.as_of for mark in within.values() if mark.as_of is not None)
    news = " ".join(f"{source}={mark.position}" for source, mark in whole.items())
    as_of = NOT_COMPLETE + timedelta(microseconds=oldest)
    return Freshness(as_of, news, _told(marks, NOTICE), _told(marks, PROGRESS))


def _told(marks: Mapping[str, Marked], kind: str) -> str:
    told = (mark.position for source, mark in sorted(marks.items()) if source.startswith(kind))
    return " ".join(sentence for sentence in told if sentence != NOTHING_TOLD)


def late_notice(fresh: Freshness | None, now: datetime, after: int, timezone: str) -> str:
    """Return what must be said of facts: not complete yet, older than they should be, being mended; or nothing."""
    if fresh is None:
        return ""
    if not fresh.complete:
        return f"{words.FIRST_READING} {fresh.progress}".rstrip()
    if not fresh.late(now, after):
        return fresh.notice
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


class News:
    """What tells an open page of other facts; worked out again only where anything of the organization changed."""

    def __init__(self) -> None:
        self._known: OrderedDict[ScopedQuery, tuple[tuple[str | None, str | None], str]] = OrderedDict()
        self._lock = threading.Lock()

    def mark(
        self, reader: Reader, asked: ScopedQuery, query: Query, period: Period, fresh: Freshness | None
    ) -> str | None:
        """Return a mark that differs once facts in scope have changed, and tells nothing of others.

        None where neither a source nor the store says that facts have changed.
        """
        source = fresh.news if fresh else None
        changes = reader.changes(asked.scope.organization_id)
        if source is None and changes is None:
            return None
        if asked.scope.role.sees_organization:
            return hashlib.sha256(str(changes).encode()).hexdigest() if source is None else source
        before = previous(period, query.preset) if query.compare else None
        whole = period if before is None else Period(before.first, period.last, period.timezone)
        return self._fingerprint(reader, asked.during(whole), (source, changes))

    def _fingerprint(self, reader: Reader, asked: ScopedQuery, state: tuple[str | None, str | None]) -> str:
        known, mark = self._known.get(asked, (None, ""))
        if known != state:
            mark = reader.fingerprint(asked)
            with self._lock:
                self._known[asked] = state, mark
                self._known.move_to_end(asked)
                while len(self._known) > MOST_KNOWN:
                    self._known.popitem(last=False)
        return mark
