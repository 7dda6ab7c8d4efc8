"""The platform's own pages, with the dashboard in a frame: Home, members, tasks."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_login import current_user, login_required

from perfwidget.demo import people
from perfwidget.demo.people import PlatformUser
from perfwidget.errors import Forbidden
from perfwidget.question.query import Entry
from perfwidget.stores.store import Store

NOT_YOURS = "Organization is for owners and admins; what concerns you is on Home."
NOT_LISTED = "There is no such member on this page; choose one from the list."


def pages(store: Store) -> Blueprint:
    """Return the pages of the platform, and what all templates need to know."""
    blueprint = Blueprint("pages", __name__)
    blueprint.before_request(login_required(lambda: None))
    blueprint.add_app_template_filter(_initials, "initials")

    @blueprint.app_context_processor
    def navigation() -> dict[str, Any]:
        manages = current_user.is_authenticated and current_user.manages_projects
        return {"workspaces": people.projects(store, current_user) if manages else []}

    @blueprint.get("/")
    def home() -> str:
        return render_template("home.html", frame=_frame(Entry.HOME))

    @blueprint.get("/organization")
    def organization() -> str:
        if not current_user.sees_organization:
            raise Forbidden(NOT_YOURS)
        members = people.members(store, current_user)
        chosen = _chosen(members)
        frame = _frame(Entry.ORGANIZATION, **({"user": chosen.user_id} if chosen else {"members": "all"}))
        return render_template("organization.html", members=members, chosen=chosen, frame=frame)

    @blueprint.get("/projects/<path:project_id>/members")
    def project_members(project_id: str) -> str:
        page = people.project_page(store, current_user, project_id)
        chosen = _chosen(page.members)
        whom = {"user": chosen.user_id} if chosen else {"members": "all"}
        frame = _frame(Entry.MEMBERS, **whom, project=project_id)
        return render_template("project_members.html", project=page, chosen=chosen, frame=frame)

    @blueprint.get("/projects/<path:project_id>/data")
    def task(project_id: str) -> str:
        title = people.project_title(store, current_user, project_id)
        return render_template("task.html", title=title, task=request.args.get("task", ""))

    return blueprint


def _frame(entry: Entry, **chosen: Any) -> str:
    """Return the dashboard's address, as opened from one of our pages with a member or project chosen there."""
    return url_for("perfwidget.index", entry=entry.value, **chosen)


def _chosen(listed: Iterable[PlatformUser]) -> PlatformUser | None:
    """Return the listed member whom the address names; raises Forbidden if it names anybody else."""
    user_id = request.args.get("user")
    if not user_id:
        return None
    for person in listed:
        if person.user_id == user_id:
            return person
    raise Forbidden(NOT_LISTED)


def _initials(name: str) -> str:
    words = name.partition("@")[0].replace(".", " ").split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
