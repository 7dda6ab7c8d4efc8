"""Who and what the ids on the pages of pay are, and which rows of the dashboard a viewer may open."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from perfwidget.metrics import Rules
from perfwidget.page import formats
from perfwidget.pay.opened import ANY_TIME
from perfwidget.pay.work import Kind, asked_of
from perfwidget.pay_pages.documents import Document, Titles
from perfwidget.question import access
from perfwidget.question.access import Scope, Viewer
from perfwidget.question.query import Query
from perfwidget.stores import Reader
from perfwidget.stores.choosing import Profile

_ROWS = {
    Kind.ANNOTATION: "submitted_annotations",
    Kind.VISIT: "review_time",
    "accepted": "reviews_accepted",
    "rejected": "reviews_rejected",
    "fixed_and_accepted": "reviews_fixed_and_accepted",
}
"""The numbers of the dashboard whose rows show an item: of reviews by their action."""


def everything(reader: Reader, organization_id: str) -> Scope:
    """Return the scope in which the ids of statements are named, for statements are about all projects of a member."""
    return asked_of(reader, organization_id, ANY_TIME, Rules()).scope


def titles_of(reader: Reader, organization_id: str, said: Document) -> Titles:
    """Return the titles of what a draft or a statement speaks of."""
    scope = everything(reader, organization_id)
    projects = {line["project"] for line in said["lines"]}
    workspaces = {line["workspace"] for line in said["lines"]} - {None}
    named = {each.workspace_id: each.title for each in reader.workspaces(scope)} if workspaces else {}
    return Titles(reader.project_titles(scope, projects), named)


def profiles_of(reader: Reader, organization_id: str, user_ids: Iterable[str]) -> Mapping[str, Profile]:
    """Map ids of members to who they are."""
    return reader.profiles(everything(reader, organization_id), sorted(set(user_ids)))


def name_of(profile: Profile | None, person: str = "") -> str:
    """Return what a member is called; who was forgotten goes by their random number."""
    return formats.member_name(profile) if profile is not None else f"forgotten member {person}"


@dataclass(frozen=True, slots=True)
class RowLinks:
    """The addresses of rows on the dashboard, where the viewer may see them."""

    prefix: str
    timezone: str
    viewer_id: str
    subject: str | None
    projects: Collection[str] | None
    """The projects in the viewer's scope; None is all."""
    chooses_members: bool

    @classmethod
    def of(cls, reader: Reader, viewer: Viewer, subject: str | None, prefix: str, timezone: str) -> "RowLinks":
        """Return what links to rows of a member's items."""
        scope = access.scope(viewer, Query(), reader.standing(viewer, Query())).scope
        return cls(prefix, timezone, viewer.user_id, subject, scope.projects, scope.role.chooses_members)

    def to(self, item: Mapping[str, Any], project: str) -> str | None:
        """Return the address at which the dashboard lists an item, or None."""
        named = item.get("action") if item["kind"] == Kind.REVIEW else item["kind"]
        day, rows = item.get("work_day"), _ROWS.get(str(named))
        theirs = self.chooses_members or self.subject == self.viewer_id
        inside = self.projects is None or project in self.projects
        if self.subject is None or day is None or rows is None or not theirs or not inside:
            return None
        asked = {"user": self.subject, "project": project, "from": day, "to": day, "tz": self.timezone, "rows": rows}
        return f"{self.prefix}?{urlencode(asked, safe='/')}"
