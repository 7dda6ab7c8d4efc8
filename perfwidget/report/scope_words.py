"""Which projects numbers speak of, in words: those of the page and those of its files."""

from collections.abc import Sequence

from perfwidget.question.access import ScopedQuery

ALL_PROJECTS = "all projects"
NOT_INCLUDED = "work in other projects is not included"

_MOST_NAMED = 10


def counted(number: int, noun: str) -> str:
    """Return a number of things: `1 project`, `1,204 projects`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def whole_scope(number: int | None) -> str:
    """Name a viewer's scope by its number of projects; None is all of the organization."""
    return ALL_PROJECTS if number is None else f"your {counted(number, 'project')}"


def for_page(number: int | None, workspaces: int, projects: int) -> str:
    """Name a scope, and how many workspaces and projects of it were chosen."""
    parts = [counted(each, noun) for each, noun in ((workspaces, "workspace"), (projects, "project")) if each]
    return f"{whole_scope(number)}, only {' and '.join(parts)} of them" if parts else whole_scope(number)


def for_file(asked: ScopedQuery) -> str:
    """Name the projects that were chosen, or the workspaces, by their ids, else the scope.

    Where the scope does not hold all that is named, the words say so.
    """
    if asked.asked_projects:
        return _named("projects", asked.asked_projects)
    told = _named("workspaces", asked.workspaces) if asked.workspaces else None
    if asked.scope.projects is None:
        return told or ALL_PROJECTS
    return f"{told or whole_scope(len(asked.scope.projects))}; {NOT_INCLUDED}"


def _named(kind: str, chosen: Sequence[str]) -> str:
    return f"{kind}: {', '.join(chosen) if len(chosen) <= _MOST_NAMED else f'{len(chosen):,} chosen ones'}"
