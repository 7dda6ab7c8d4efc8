"""The line that says whose figures these are, of when, in which zone and scope, and as of when."""

from collections.abc import Sequence
from datetime import datetime

from perfwidget.dashboard import formats, labels, words
from perfwidget.dashboard.elements import Part, element
from perfwidget.report import Report


def heading(report: Report, as_of: datetime, now: datetime) -> list[Part]:
    """Return the parts of the line; `as_of` is the instant of which the figures are, in the period's time zone."""
    email = labels.member_email(report.user)
    beside: list[Part] = [" ", element("span", {"class": "email"}, email)] if email else []
    parts = [
        element("span", {"class": "who"}, element("strong", {}, labels.member_name(report.user)), *beside),
        element("span", {"class": "when"}, formats.period(report.period)),
        element("span", {}, report.period.timezone.replace("_", " ")),
        element("span", {}, _scope(report)),
    ]
    if not report.user.active:
        parts.insert(1, element("span", {"class": "inactive"}, words.INACTIVE))
    said = clock(as_of, now)
    time = element("time", {"datetime": said["instant"], "title": said["title"]}, said["text"])
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
