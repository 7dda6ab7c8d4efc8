"""The line that says whose figures these are, of when, in which zone and scope, and as of when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dash import html
from dash.development.base_component import Component

from perfwidget.dashboard import formats, labels, words
from perfwidget.report import Report


def heading(report: Report, as_of: datetime, now: datetime) -> list[Component | str]:
    """Return the parts of the line; `as_of` is the instant of which the figures are, in the period's time zone."""
    email = labels.member_email(report.user)
    beside: list[Any] = [" ", html.Span(email, className="email")] if email else []
    parts = [
        html.Span([html.Strong(labels.member_name(report.user)), *beside], className="who"),
        html.Span(formats.dates(report.period.first, report.period.last), className="when"),
        html.Span(report.period.timezone.replace("_", " ")),
        html.Span(_scope(report)),
    ]
    if not report.user.active:
        parts.insert(1, html.Span(words.INACTIVE, className="inactive"))
    said = clock(as_of, now)
    time = html.Time(said["text"], dateTime=said["instant"], title=said["title"])
    return [each for part in parts for each in (part, words.BETWEEN)] + [time]


def clock(as_of: datetime, now: datetime) -> dict[str, str]:
    """Return what the page says of the instant of which its figures are: with its date where that is another day's."""
    instant = as_of.isoformat(timespec="seconds")
    title = f"{formats.weekday(as_of.date())} {as_of:%H:%M:%S}"
    text = f"{as_of:%H:%M}" if as_of.date() == now.astimezone(as_of.tzinfo).date() else title.rpartition(":")[0]
    return {"text": words.as_of(text), "instant": instant, "title": title}


def _scope(report: Report) -> str:
    scope = words.ALL_PROJECTS if report.scope == "all" else words.your_projects(len(report.scope))
    filters = _filters(report.workspaces, report.projects)
    return f"{scope}, {filters}" if filters else scope


def _filters(workspaces: Sequence[str], projects: Sequence[str]) -> str:
    chosen = [words.workspaces(len(workspaces))] if workspaces else []
    if projects:
        chosen.append(words.projects(len(projects)))
    return words.only(chosen) if chosen else ""
