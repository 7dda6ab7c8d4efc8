"""The projects of one member, as rows below theirs in the table of members: elements of `components.Markup`."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from perfwidget.page import formats, team_words
from perfwidget.report.numbers import ProjectNumbers
from perfwidget.stores.choosing import Profile

MOST_PROJECTS = 50
"""Projects of a member that are shown below each other."""


def opener(user: Profile, href: str, *, is_open: bool) -> list[Any]:
    """Return the button that opens a member's projects, and closes them again: a link of the page that is none."""
    told = {"aria-expanded": str(is_open).lower(), "aria-label": team_words.projects_of(formats.member_name(user))}
    return ["button", {"data-href": href, **told}]


def project_rows(
    user: Profile, projects: Sequence[ProjectNumbers], name: list[Any], cells: Callable[..., list[Any]], width: int
) -> list[Any]:
    """Return a row for each project with the columns of the table, and a last one that says how many more there are.

    `name` is the link to the member alone, `cells` makes the cells of some numbers, and `width` is the number of cells.
    """
    rows: list[Any] = []
    for each in projects[:MOST_PROJECTS]:
        whose = urlencode({"rows_user": user.user_id, "rows_project": each.project_id})
        told = cells(each.values, each.before, f"{whose}&")
        head = ["th", {"scope": "row"}, formats.shown(each.title) or formats.shown(each.project_id) or "?"]
        rest = [["td", {"className": "line"}]] * (width - 1 - len(told))
        rows.append(["tr", {"key": f"{user.user_id} {each.project_id}", "className": "project"}, head, *rest, *told])
    if not projects:
        rows.append(_said(width, [team_words.NO_PROJECTS]))
    elif (more := len(projects) - MOST_PROJECTS) > 0:
        rows.append(_said(width, [team_words.more_projects(more), name]))
    return rows


def _said(width: int, parts: list[Any]) -> list[Any]:
    return ["tr", {"className": "project"}, ["td", {"colSpan": width}, *parts]]
