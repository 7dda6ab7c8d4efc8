"""Who may do what about pay: those with a pay role manage everybody's, but never their own."""

from collections.abc import Collection
from dataclasses import dataclass

from perfwidget.errors import Forbidden
from perfwidget.pay.cards import Place
from perfwidget.pay.refusals import NOT_YOURS
from perfwidget.pay.work import EVERY
from perfwidget.question import access
from perfwidget.question.access import Scope, ScopedQuery, Viewer
from perfwidget.question.query import Query
from perfwidget.records import Actor, Transaction
from perfwidget.records.tables import SETTLED
from perfwidget.stores import Reader
from perfwidget.stores.choosing import Profile

By = Actor | Viewer
"""Who acts or looks: a signed-in viewer, or a name on the command line, where whoever opens the records may do all."""

MOST_MEMBERS = 1_000_000

A_PAYER = "a payer"
"""What members call who acted and has no name for them."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody may do about pay."""

    actor: Actor
    projects: frozenset[str] | None = None
    """The projects of a manager; None is all of the organization."""
    members: frozenset[str] = frozenset()
    """The members of a manager's projects."""
    alone: bool = False
    """Whether nobody else has a pay role."""

    def about(self, user_id: str | None) -> dict[str, bool]:
        """Return what the log says of an act about a member; raises Forbidden for one's own pay."""
        if user_id is None or user_id != self.actor.user_id:
            return {}
        if not self.alone:
            raise Forbidden("Nobody acts on their own pay; ask another person with a pay role.")
        return {"alone_with_a_pay_role": True}

    def covers(self, projects: Collection[str], user_id: str | None = None) -> bool:
        """Say whether all of some projects are in reach; where there is none, whether the member is."""
        if self.projects is None:
            return True
        return self.projects >= set(projects) if projects else user_id in self.members

    def everywhere(self) -> None:
        """Raise Forbidden for a manager, whose reach is some projects."""
        if self.projects is not None:
            raise Forbidden("This concerns all projects; ask somebody with a pay role for all.")

    def within(self, projects: Collection[str], user_id: str | None = None) -> None:
        """Raise Forbidden where a manager would act on work outside of their projects, or see it."""
        if not self.covers(projects, user_id):
            raise Forbidden(NOT_YOURS)


def granted(reader: Reader, organization_id: str, by: By, pay_roles: Collection[str]) -> Grant:
    """Return what somebody may do about the pay of members; raises Forbidden."""
    if isinstance(by, Actor):
        return Grant(by)
    scope = _scope(reader, by)
    if scope.organization_id != organization_id or scope.role not in pay_roles:
        raise Forbidden("Your role does not manage pay; ask somebody whose role does.")
    members = reader.members(scope, "", MOST_MEMBERS)
    others = any(each.active and each.role in pay_roles and each.user_id != by.user_id for each in members)
    mine = frozenset[str]().union(*(reader.members_of(scope, project) for project in scope.projects or ()))
    return Grant(Actor.member(by.user_id, str(scope.role)), scope.projects, mine, alone=not others)


def looking(reader: Reader, organization_id: str, viewer: By, pay_roles: Collection[str]) -> Grant | None:
    """Return what somebody who looks may see of others; None of a member who sees their own pay alone.

    Raises Forbidden for whoever is no active member of the organization.
    """
    if isinstance(viewer, Viewer):
        member_of(reader, organization_id, viewer)
        if viewer.role not in pay_roles:
            return None
    return granted(reader, organization_id, viewer, pay_roles)


def places_of(
    transaction: Transaction, reader: Reader, viewer: Viewer, asked: ScopedQuery
) -> frozenset[tuple[Place, str | None]] | None:
    """Return the places whose cards may pay a viewer: where they are members, or have facts or paid work; None of all.

    `asked` is the question about everybody.
    """
    projects = _scope(reader, viewer).projects
    if projects is None:
        return None
    mine, person = asked.among([viewer.user_id]), transaction.person(viewer.user_id)
    worked = {project for rows in EVERY.values() for (project,) in reader.facts(mine, rows, ("project_id",))}
    theirs, columns = SETTLED.c.person == (person or ""), [SETTLED.c.project_id]
    paid = {project for (project,) in transaction.rows(SETTLED, theirs, columns=columns, distinct=True)}
    known = projects | worked | paid
    held = {each.workspace_id for each in reader.projects(asked.scope) if each.project_id in known}
    return frozenset(
        (
            (Place.ALL, None),
            *((Place.PROJECT, project) for project in known),
            *((Place.WORKSPACE, workspace) for workspace in held if workspace is not None),
        )
    )


def named_to(viewer: By, profile: Profile) -> str:
    """Return what somebody who acted is called to a viewer: by name, else by e-mail or id.

    Whoever may not choose members reads no e-mail and no id.
    """
    if not isinstance(viewer, Viewer) or viewer.known_role().chooses_members:
        return profile.name or profile.email or profile.user_id
    return profile.name if profile.name and "@" not in profile.name else A_PAYER


def member_of(reader: Reader, organization_id: str, viewer: Viewer) -> Actor:
    """Return a member who acts on what is their own; raises Forbidden where they are not of the organization."""
    if viewer.organization_id != organization_id:
        raise Forbidden
    return Actor.member(viewer.user_id, str(_scope(reader, viewer).role))


def _scope(reader: Reader, viewer: Viewer) -> Scope:
    return access.scope(viewer, Query(), reader.standing(viewer, Query())).scope
