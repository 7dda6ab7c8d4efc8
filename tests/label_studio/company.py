"""A small company that works in a stand-in for Label Studio, and the dashboard beside it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from flask import Flask
from flask.testing import FlaskClient

from perfwidget.label_studio.app import create_app
from perfwidget.label_studio.connection import LabelStudio, Patience
from perfwidget.label_studio.roles import Roles
from perfwidget.label_studio.sign_in import Sessions
from perfwidget.label_studio.sync import Sync
from perfwidget.stores import Store, open_store
from tests.label_studio.stand_in import TOKEN, StandIn

ORGANIZATION = "labels"
OWNER, ADMIN, MANAGER, REVIEWER, ANN, BEN, LEFT, INVITED, VIEWS, STRANGER = range(1, 11)
CODES = dict(zip(range(1, 10), ("OW", "AD", "MA", "RE", "AN", "AN", "DI", "NO", "VO"), strict=True))
MARCH = "from=2024-03-01&to=2024-03-31&tz=UTC"


class Beside(NamedTuple):
    """A dashboard beside a stand-in."""

    app: Flask
    sync: Sync
    store: Store
    sessions: Sessions

    def browser(self, user: int | None) -> FlaskClient:
        """Return the browser of somebody who is signed in to Label Studio, or of nobody."""
        browser = self.app.test_client()
        if user is not None:
            for domain in ("localhost", "labels.example"):
                browser.set_cookie("sessionid", f"session-{user}", domain=domain)
        return browser


def company(studio: StandIn) -> None:
    """Let there be one of each role, projects 10 (in workspace 100) and 20, and a stranger's organization.

    Ann's seconds are 1 in project 10 and 2 in 20, Ben's 4 and 8, the manager's 16 and 32, the reviewer's 64 in 10.
    """
    for user, code in CODES.items():
        studio.person(user, code if studio.enterprise else None)
    studio.person(STRANGER, "OW" if studio.enterprise else None, organization=2)
    studio.projects = {
        10: {"id": 10, "title": "Ten", **({"workspace": 100} if studio.enterprise else {})},
        20: {"id": 20, "title": "Twenty", **({"workspace": None} if studio.enterprise else {})},
    }
    studio.workspaces = {100: "Hundred"}
    studio.project_members = {
        10: dict.fromkeys((MANAGER, REVIEWER, ANN, BEN)),
        20: dict.fromkeys((ANN, BEN)),
    }
    work = ((10, ANN, 1), (20, ANN, 2), (10, BEN, 4), (20, BEN, 8), (10, MANAGER, 16), (20, MANAGER, 32))
    for number, (project, user, seconds) in enumerate((*work, (10, REVIEWER, 64)), 1):
        studio.annotation(number, project, user, float(seconds))


def connected(studio: StandIn) -> LabelStudio:
    """Return a connection that gives up at once."""
    return LabelStudio(studio.address, TOKEN, patience=Patience(connect=5, read=5, whole=5, attempts=1))


@contextmanager
def beside(studio: StandIn, folder: Path, roles: Roles | None = None, *, read: bool = True) -> Iterator[Beside]:
    """Run the dashboard beside a stand-in that has been read once."""
    roles = roles or Roles()
    with closing(open_store(f"duckdb:///{folder}/facts.duckdb")) as store:
        sync = Sync(store, connected(studio), ORGANIZATION, roles)
        if read:
            sync.run()
        sessions = Sessions(studio.address)
        yield Beside(create_app(store, sessions, sync, roles), sync, store, sessions)


def seconds(browser: FlaskClient, user: int | None = None, more: str = "") -> float | int | None:
    """Return the seconds of somebody's report as a browser gets it, or the status if it gets none."""
    who = "entry=home&" if user is None else f"user={user}&"
    answer = browser.get(f"/performance/export/report.json?{who}{MARCH}{more}")
    if answer.status_code != 200:
        return answer.status_code
    total = answer.get_json()["summary"]["total_time"]
    assert isinstance(total, float)
    return total
