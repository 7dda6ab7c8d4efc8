"""Two organizations with the same ids in both, people of every kind in them, and facts that say whose they are.

Each cell (organization, member, project) has one fact of every kind. Its lead time and its visit last 2ⁿ microseconds,
with its own n on its day, so that any sum of a day tells which cells it was made of; whatever is text holds a token
that stands nowhere else (`zqt0042q`: a kind and a number).
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from flask import Flask, request
from flask.testing import FlaskClient
from flask_login import LoginManager, UserMixin, login_user

from perfwidget import PerformanceWidget, Viewer
from perfwidget.facts import (
    Action,
    Annotation,
    Comment,
    Fact,
    Member,
    Membership,
    Project,
    Recorded,
    Review,
    ReviewVisit,
    Workspace,
)
from perfwidget.stores import Store
from tests.security.oracle import Person, World

Cell = tuple[str, str, str]

PREFIX = "/performance"
FIRST_DAY = datetime(2024, 3, 1, tzinfo=UTC)
BITS = 42  # 2⁴¹ µs are 25 days; sums of them are whole numbers that a double holds
TOKEN = re.compile(r"zq[a-z][0-9]{4}q")

HOME, AWAY = "1", "2"
NFC, NFD = "\u00fcnal", "u\u0308nal"
STRANGER, FORGOTTEN = "77", "29"
"""A member and a project that facts speak of and no table."""

_ROLES: dict[str, dict[str, str]] = {
    HOME: {
        "1": "owner",
        "2": "admin",
        "3": "manager",
        "4": "manager",
        "5": "manager",
        "6": "reviewer",
        "7": "annotator",
        "8": "annotator",
        "9": "annotator",
        "10": "annotator",
        "11": "owner",
        "07": "annotator",
        NFC: "annotator",
    },
    AWAY: {"1": "annotator", "3": "reviewer", "7": "owner", "8": "manager", "12": "admin"},
}
_INACTIVE = {(HOME, "9"), (HOME, "11")}
_PROJECTS: dict[str, dict[str, str | None]] = {
    HOME: {"20": "10", "21": "10", "22": "11", "23": None, "020": "11", "caf\u00e9": None},
    AWAY: {"20": "10", "21": "11", "22": "12", "30": "13"},
}
_EMPTY_WORKSPACE = "14"
_MEMBERSHIPS = {
    (HOME, "3", "workspace", "10"),
    (HOME, "4", "project", "22"),
    (HOME, "6", "project", "20"),
    (HOME, "6", "project", "22"),
    (HOME, "7", "project", "20"),
    (HOME, "7", "project", "22"),
    (HOME, "8", "workspace", "11"),
    (HOME, "9", "project", "20"),
    (HOME, "10", "project", "22"),  # and once of 20
    (HOME, "07", "project", "20"),
    (HOME, NFC, "project", "caf\u00e9"),
    (AWAY, "1", "project", "30"),
    (AWAY, "3", "project", "20"),
    (AWAY, "8", "workspace", "12"),
    (AWAY, "8", "project", "20"),
}


def build() -> World:
    """Return the world: everybody has worked in every project of their organization, strangers and the gone too."""
    world = World(memberships=set(_MEMBERSHIPS))
    for organization, roles in _ROLES.items():
        world.active |= {(organization, user): (organization, user) not in _INACTIVE for user in roles}
        world.projects |= {(organization, name): workspace for name, workspace in _PROJECTS[organization].items()}
        forgotten = [FORGOTTEN] if organization == HOME else []
        world.cells |= {
            (organization, member, project)
            for member in [*roles, *([STRANGER] if organization == HOME else [])]
            for project in [*_PROJECTS[organization], *forgotten]
        }
    return world


WORLD = build()
PLACES: dict[Cell, int] = {cell: place for place, cell in enumerate(sorted(WORLD.cells))}
DAYS = len(PLACES) // BITS + 1
PERIOD = f"from={FIRST_DAY:%Y-%m-%d}&to={FIRST_DAY + timedelta(days=DAYS - 1):%Y-%m-%d}&tz=UTC"

PEOPLE: dict[str, Person | None] = {
    "anonymous": None,
    **{f"{role} {user}": Person(HOME, user, role) for user, role in _ROLES[HOME].items()},
    **{f"away {role} {user}": Person(AWAY, user, role) for user, role in _ROLES[AWAY].items()},
    "king": Person(HOME, "7", "king"),
    "nothing": Person(HOME, "1", ""),
    "Owner": Person(HOME, "1", "Owner"),
    "newcomer": Person(HOME, "99", "annotator"),
    "new owner": Person(HOME, "99", "owner"),
    "elsewhere": Person("3", "7", "owner"),
    "promoted": Person(HOME, "7", "owner"),  # the host's word on the role counts
    "listed: none": Person(HOME, "7", "annotator", frozenset(), frozenset()),
    "listed: project": Person(HOME, "7", "annotator", None, frozenset({"21"})),
    "listed: workspace": Person(HOME, "7", "annotator", frozenset({"11"}), None),
    "listed: other's": Person(HOME, "4", "manager", frozenset({"12", "13"}), frozenset({"30"})),
    "listed: forgotten": Person(HOME, "4", "manager", frozenset(), frozenset({FORGOTTEN})),
    "listed: owner": Person(HOME, "1", "owner", frozenset(), frozenset()),
}


def token(kind: str, cell: Cell) -> str:
    """Return the text that stands for a cell: kinds are t(ask), a(ction), c(omment), r(eview), v(isit)."""
    return f"zq{kind}{PLACES[cell]:04}q"


_NAMED = sorted({(organization, user) for organization, user in WORLD.active})
_TITLED = sorted(WORLD.projects)
_GROUPS = sorted(
    {
        (organization, each)
        for organization in _PROJECTS
        for each in (*_PROJECTS[organization].values(), _EMPTY_WORKSPACE)
        if each
    }
)


def name_token(organization: str, user: str) -> str:
    """Return what a member's name and e-mail hold."""
    return f"zqn{_NAMED.index((organization, user)):04}q"


def title_token(organization: str, project: str) -> str:
    """Return what a project's title holds."""
    return f"zqp{_TITLED.index((organization, project)):04}q"


def workspace_token(organization: str, workspace: str) -> str:
    """Return what a workspace's title holds."""
    return f"zqw{_GROUPS.index((organization, workspace)):04}q"


def neighbour(cell: Cell, step: int = 1) -> Cell:
    """Return the cell of the next member of the same project, who reviews and comments on the work in this one."""
    organization, member, project = cell
    members = sorted({who for where, who, _ in PLACES if where == organization})
    return organization, members[(members.index(member) + step) % len(members)], project


def microseconds(cell: Cell) -> int:
    """Return how long the annotation and the visit of a cell took."""
    return int(2 ** (PLACES[cell] % BITS))


def day_of(cell: Cell) -> int:
    """Return the day of a cell, counted from the first."""
    return PLACES[cell] // BITS


def score(cell: Cell) -> float:
    """Return the score of the review of a cell's annotation."""
    return (2 * PLACES[cell] + 1) / 1000


def cells_in(day: int, seconds: float | None) -> set[Cell]:
    """Return the cells whose times add up to the seconds of a day."""
    total = round((seconds or 0) * 1_000_000)
    return {cell for cell in PLACES if day_of(cell) == day and total & microseconds(cell)}


def facts_of(cell: Cell) -> Iterator[Fact]:
    """Yield one fact of every kind."""
    organization, member, project = cell
    by = neighbour(cell)[1]
    instant = FIRST_DAY + timedelta(days=day_of(cell), hours=12)
    # The ids of facts begin anew in every organization: they collide.
    identity = str(sorted(each for each in PLACES if each[0] == organization).index(cell))
    of_task = (identity, project, token("t", cell))
    yield Annotation(
        organization,
        *of_task,
        member,
        created_at=instant,
        completed_at=instant,
        updated_at=instant,
        lead_time=microseconds(cell) / 1_000_000,
        last_action="submitted",
    )
    yield Action(
        organization,
        identity,
        identity,
        project,
        token("a", cell),
        member,
        "submitted",
        created_at=instant,
        lead_time=1,
    )
    yield Review(
        organization,
        identity,
        identity,
        project,
        token("r", cell),
        member,
        by,
        "fixed_and_accepted",
        score=score(cell),
        created_at=instant,
    )
    opened = instant - timedelta(microseconds=microseconds(cell))
    yield ReviewVisit(organization, token("v", cell), identity, project, member, opened, instant)
    yield Comment(
        organization, identity, identity, project, token("t", cell), member, by, token("c", cell), instant, instant
    )


def facts() -> Iterator[Fact]:
    """Yield the whole world."""
    for organization, roles in _ROLES.items():
        for user, role in roles.items():
            token_ = name_token(organization, user)
            active = (organization, user) not in _INACTIVE
            yield Member(organization, user, f"{token_}@mail.example", f"Name {token_}", role=role, active=active)
        for kind in ("actions", "reviews", "review_visits", "comments"):
            yield Recorded(organization, kind)
    for organization, workspace in _GROUPS:
        yield Workspace(organization, workspace, f"Group {workspace_token(organization, workspace)}")
    for (organization, project), workspace in WORLD.projects.items():
        yield Project(organization, project, workspace, title=f"Title {title_token(organization, project)}")
    for organization, user, kind, name in _MEMBERSHIPS:
        yield membership(organization, user, kind, name)
    for cell in PLACES:
        yield from facts_of(cell)


def membership(organization: str, user: str, kind: str, name: str) -> Membership:
    """Return the fact of a membership of a world."""
    if kind == "workspace":
        return Membership(organization, user, workspace_id=name)
    return Membership(organization, user, project_id=name)


class _User(UserMixin):
    def __init__(self, name: str) -> None:
        self.id = name


class Platform:
    """A host whose people are those of a table that may change at any time; sign-out is kept on its side."""

    def __init__(self, store: Store, people: dict[str, Person | None], **settings: object) -> None:
        self.people = people
        self.signed_in: set[str] = set()
        self.app = Flask("platform")
        self.app.secret_key = "only for tests"
        manager = LoginManager(self.app)
        manager.login_view = "login"
        manager.user_loader(lambda name: _User(name) if name in self.signed_in else None)

        @self.app.get("/login")
        def login() -> str:
            name = request.args["as"]
            self.signed_in.add(name)
            login_user(_User(name))
            return "signed in"

        widget = PerformanceWidget(store=store, viewer_of=self._viewer, **settings)  # type: ignore[arg-type]
        self.app.register_blueprint(widget, url_prefix=PREFIX)

    def _viewer(self, user: _User) -> Viewer | None:
        person = self.people[user.id]
        if person is None:
            return None
        return Viewer(person.organization, person.user, person.role, person.workspaces, person.projects)

    def browser(self, name: str) -> FlaskClient:
        """Return the browser of somebody, signed in unless they are nobody."""
        client = self.app.test_client()
        if self.people[name] is not None:
            client.get("/login", query_string={"as": name})
        return client


def tokens(text: str, kinds: Iterable[str] = "tacrvnpw") -> set[str]:
    """Return the tokens in a text, of some kinds or of all."""
    return {found for found in TOKEN.findall(text) if found[2] in kinds}
