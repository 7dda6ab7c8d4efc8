"""What the viewer may choose from: members, workspaces, projects and time zones.

Lists come with the page up to a length; longer ones are searched on the server. All of them are asked of the store with
the viewer's own scope, and of no request but the current one.
"""

import re
from collections.abc import Collection, Iterable
from typing import Any, Literal, NamedTuple, TypedDict

from perfwidget.errors import InvalidQuery
from perfwidget.page import team_words, words
from perfwidget.page.context import PageContext
from perfwidget.page.formats import (
    NOBODY,
    SEVERAL,
    Option,
    option,
    option_label,
    option_value,
    shown,
    together,
)
from perfwidget.question import access
from perfwidget.question.access import Scope
from perfwidget.question.query import Query
from perfwidget.stores.choosing import Profile
from perfwidget.stores.reading import Reader

MOST_MEMBERS = 50
MOST_PROJECTS = 1_000
MOST_FOUND = 50
LONGEST_SEARCH = 4_000
"""Characters, which a pasted list of ids and e-mails may have."""

Kind = Literal["member", "workspace", "project"]


class ProjectOption(Option):
    """A project, with the workspace that it stands in."""

    workspace: str | None
    """The value of that one's entry."""


class Choices(TypedDict):
    """What a viewer may choose from; `more` names the lists that were cut."""

    viewer: str
    choosesMembers: bool
    members: list[Option]
    workspaces: list[Option]
    projects: list[ProjectOption]
    more: list[Kind]


def choices(context: PageContext) -> Choices:
    """Return the choices of the current request's viewer; outside a request there is nothing to choose."""
    if not context.in_request():
        return Choices(viewer="", choosesMembers=False, members=[], workspaces=[], projects=[], more=[])
    with context.store.reading() as reader:
        scope = _scope(context, reader)
        members = reader.members(scope, "", MOST_MEMBERS + 1) if scope.role.chooses_members else []
        known = len(reader.member_ids(scope)) if scope.role.chooses_members else 0
        everybody = [Option(value=SEVERAL, label=team_words.all_members(known))] if known else []
        workspaces = _workspaces(reader, scope)
        projects = _projects(reader, scope)
    cut: dict[Kind, bool] = {
        "member": len(members) > MOST_MEMBERS,
        "workspace": len(workspaces) > MOST_PROJECTS,
        "project": len(projects) > MOST_PROJECTS,
    }
    return Choices(
        viewer=option_value(scope.viewer_id),
        choosesMembers=scope.role.chooses_members,
        members=[*everybody, *map(_member_option, members[:MOST_MEMBERS]), *_more(known - MOST_MEMBERS, "")],
        workspaces=[option(*each) for each in workspaces[:MOST_PROJECTS]],
        projects=[_project_option(each) for each in projects[:MOST_PROJECTS]],
        more=[kind for kind, was_cut in cut.items() if was_cut],
    )


def found(context: PageContext, sought: Any) -> dict[str, Any]:
    """Return what a search in a dropdown found, with what was sought. So a late answer is known as such.

    `sought` is what the page's script sends: kind, text and, for projects, the chosen workspaces. Raises InvalidQuery
    for anything else.
    """
    kind, text, workspaces = _read(sought)
    options: Iterable[Option]
    with context.store.reading() as reader:
        scope = _scope(context, reader)
        if kind == "member":
            listed = _listed(reader, scope, text)
            options = listed or _members_found(reader, scope, text)
        elif kind == "workspace":
            options = [option(*each) for each in _workspaces(reader, scope) if _holds(each, text)][:MOST_FOUND]
        else:
            within = [each for each in _projects(reader, scope) if not workspaces or each.workspace in workspaces]
            options = [_project_option(each) for each in within if _holds(each, text)][:MOST_FOUND]
        return {"kind": kind, "text": text, "options": list(options)}


def _members_found(reader: Reader, scope: Scope, text: str) -> list[Option]:
    found = reader.members(scope, text, MOST_FOUND + 1)
    left = len(reader.member_ids(scope, text)) - MOST_FOUND if len(found) > MOST_FOUND else 0
    return [*map(_member_option, found[:MOST_FOUND]), *_more(left, text)]


def _more(number: int, text: str) -> list[Option]:
    """Return an entry that says how many were found besides, and cannot be chosen."""
    if number <= 0:
        return []
    label = team_words.more_members(number)
    return [Option(value=NOBODY, label=label, disabled=True, search=option_label(text) or label)]


def _listed(reader: Reader, scope: Scope, text: str) -> list[Option]:
    """Return the members that a pasted list of ids and e-mails names, and first an entry for all of them."""
    names = list(dict.fromkeys(filter(None, re.split(r"[\s,;]+", text))))
    found = reader.members_named(scope, names) if len(names) > 1 else []
    if not found:
        return []
    known = {name for each in found for name in (each.user_id, (each.email or "").casefold())}
    missing = [shown(name) for name in names if name not in known and name.casefold() not in known]
    value = together(each.user_id for each in found)
    these = Option(value=value, label=option_label(team_words.these_members(len(found), missing)))
    # The list on the page looks for what was typed in `search`.
    sought = option_label(text)
    return [Option(**each, search=sought) for each in (these, *map(_member_option, found))]


def _scope(context: PageContext, reader: Reader) -> Scope:
    viewer = context.viewer()
    return access.scope(viewer, Query(), reader.standing(viewer, Query())).scope


class _Named(NamedTuple):
    id: str
    label: str


class _Project(NamedTuple):
    id: str
    label: str
    workspace: str | None


def _workspaces(reader: Reader, scope: Scope) -> list[_Named]:
    return [_Named(each.workspace_id, _title(each.title, each.workspace_id)) for each in reader.workspaces(scope)]


def _projects(reader: Reader, scope: Scope) -> list[_Project]:
    return [
        _Project(each.project_id, _title(each.title, each.project_id), each.workspace_id)
        for each in reader.projects(scope)
    ]


def _title(title: str, id_: str) -> str:
    return shown(title) or shown(id_) or "?"


def _holds(each: _Named | _Project, text: str) -> bool:
    sought = text.casefold()
    return sought in each.label.casefold() or sought in each.id.casefold()


def _member_option(member: Profile) -> Option:
    return option(member.user_id, words.member_option(member))


def _project_option(project: _Project) -> ProjectOption:
    within = None if project.workspace is None else option_value(project.workspace)
    return ProjectOption(**option(project.id, project.label), workspace=within)


def _read(sought: Any) -> tuple[Kind, str, Collection[str]]:
    match sought:
        case {"kind": "member" | "workspace" | "project" as kind, "text": str(text), "workspaces": list(workspaces)}:
            if len(text) <= LONGEST_SEARCH and all(isinstance(each, str) for each in workspaces):
                return kind, text, workspaces
    raise InvalidQuery("The search is malformed; load the page again.")
