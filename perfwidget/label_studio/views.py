"""Label Studio's own PostgreSQL database as the store: views that are made there, and a server that reads nothing else.

A number is there as soon as Label Studio has written the work, and nothing is copied.
"""

import argparse
import logging
from importlib.resources import files

from perfwidget.errors import InvalidSetting
from perfwidget.label_studio.roles import Roles
from perfwidget.question import access
from perfwidget.question.access import Role, Scope, Standing, Viewer
from perfwidget.question.query import Query
from perfwidget.stores import run_script
from perfwidget.stores.store import Store

log = logging.getLogger(__name__)

REMOVAL = "DROP SCHEMA IF EXISTS performance CASCADE"
MOST_MEMBERS = 100_000


def add_command(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `perfwidget label-studio views`."""
    change = parser.add_mutually_exclusive_group()
    where = "the database of Label Studio, as the owner of its tables; a password may stand in PGPASSWORD"
    change.add_argument("--install", metavar="URL", help=f"make the views anew in {where}")
    change.add_argument("--remove", metavar="URL", help="take them away, as before an upgrade of Label Studio")
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Print the script of the views, or run it; raises InvalidSetting and StoreUnavailable."""
    if not (parsed.install or parsed.remove):
        print(script(), end="")
        return 0
    run_script(parsed.install or parsed.remove, script() if parsed.install else REMOVAL)
    print("The views are installed; open them with ?views=performance" if parsed.install else "The views are removed")
    return 0


def script() -> str:
    """Return the statements that make the views, and the role that reads them."""
    return files(__package__).joinpath("views.sql").read_text("utf-8")


class ViewsSource:
    """The organization of a Label Studio whose views are the store: who and what is there is asked of them.

    Until Label Studio has its first organization there is none. Raises InvalidSetting where there are several and none
    is named.
    """

    enterprise = False
    """Whether the server is Label Studio Enterprise, whose database has no such views."""

    def __init__(self, store: Store, named: str | None, roles: Roles) -> None:
        self._store = store
        self._roles = roles
        self._organization = named or ""
        self._met = False
        self.meet()

    def meet(self) -> None:
        """Find the organization and who created it, unless that is known already."""
        if self._met:
            return
        with self._store.reading() as reader:
            if not self._organization:
                there = reader.organizations()
                if len(there) > 1:
                    raise InvalidSetting(
                        f"Label Studio has {len(there)} organizations; name the one to show with --organization: "
                        f"{', '.join(there)}."
                    )
                self._organization = there[0] if there else ""
            members = reader.members(self._everybody(), "", MOST_MEMBERS) if self._organization else []
        for member in members:
            if member.role == Role.OWNER:
                self._roles.created_by(member.user_id)
        if members:
            self._roles.tell_unmatched((member.user_id, member.email) for member in members)
            self._met = True

    @property
    def organization_id(self) -> str:
        """The organization, as Label Studio has it."""
        return self._organization

    @property
    def label_studio_organization(self) -> str:
        """The same; empty until there is one."""
        self.meet()
        return self._organization

    @property
    def project_ids(self) -> tuple[str, ...]:
        """The projects that there are now."""
        with self._store.reading() as reader:
            return tuple(project.project_id for project in reader.projects(self._everybody()))

    def _everybody(self) -> Scope:
        nothing_asked = Standing(active=None, projects={}, users=frozenset())
        return access.scope(Viewer(self._organization, __name__, Role.OWNER), Query(), nothing_asked).scope
