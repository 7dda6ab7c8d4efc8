"""The line that says whose figures these are, of when, in which zone and scope, and as of when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from dash import html

from perfwidget.page import formats, labels, words
from perfwidget.report import Report


def heading(report: Report) -> list[Any]:
    """Return the parts of the line; the instant of which the figures are follows in an element of its own."""
    email = labels.member_email(report.user)
    beside: list[Any] = [" ", html.Span(email, className="email")] if email else []
    parts = [
        html.Span([html.Strong(labels.member_name(report.user)), *beside], className="who"),
        html.Span(formats.period(report.period), className="when"),
        html.Span(_scope(report)),
    ]
    if not report.user.active:
        parts.insert(1, html.Span(words.INACTIVE, className="inactive"))
    return [each for part in parts for each in (part, words.BETWEEN)]


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


def _scope(report: Report) -> str:
    scope = words.ALL_PROJECTS if report.scope == "all" else words.your_projects(len(report.scope))
    filters = _filters(report.workspaces, report.projects)
    return f"{scope}, {filters}" if filters else scope


def _filters(workspaces: Sequence[str], projects: Sequence[str]) -> str:
    chosen = [words.workspaces(len(workspaces))] if workspaces else []
    if projects:
        chosen.append(words.projects(len(projects)))
    return words.only(chosen) if chosen else ""
