"""The line above all figures: whose they are, of which period and projects, and as of when."""

from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from dash import dcc, html

from perfwidget.metrics import BY_KEY
from perfwidget.page import formats, team_words, words
from perfwidget.report import Report

MOST_NAMED = 12
"""Members that are named one by one, each with a way to leave them out."""


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
