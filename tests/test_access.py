"""Who may see what: roles, memberships, filters and refusals, through the one door."""

from collections.abc import Iterator

import pytest

from perfwidget.errors import Forbidden, InvalidSetting
from perfwidget.facts import Member, Membership, Project, Recorded, Workspace
from perfwidget.question.access import Role, Scope, Viewer
from perfwidget.stores import Store, open_store
from tests.conftest import SLOW, NewStore
from tests.worlds import annotation, ask, review

DAY = {"from_": "2024-03-01", "to": "2024-03-01"}
NOON = "2024-03-01 12:00"


@pytest.fixture(scope="module")
def store(new_store: NewStore) -> Iterator[Store]:
    """Workspace w holds p1 and p2, p3 stands alone, p9 is known by a fact only; ann worked 1, 2, 4 and 8 s there."""
    opened = open_store(new_store())
    names = {
        "boss": "owner",
        "ada": "admin",
        "max": "manager",
        "rev": "reviewer",
        "ann": "annotator",
        "bob": "annotator",
    }
    opened.write([Member("acme", name, f"{name}@acme.example", name, role=role) for name, role in names.items()])
    opened.write(
        [
            Member("acme", "gone", "gone@acme.example", "Gone", role="owner", active=False),
            Member("other", "boss", "boss@other.example", "Other boss", role="owner"),
            Project("other", "p7", None, title="Foreign"),
            Workspace("acme", "w", "Workspace"),
            Workspace("acme", "empty", "Empty workspace"),
            Project("acme", "p1", "w", title="One"),
            Project("acme", "p2", "w", title="Two"),
            Project("acme", "p3", None, title="Three"),
            Membership("acme", "max", workspace_id="w"),
            Membership("acme", "ann", project_id="p1"),
            Membership("acme", "ann", project_id="p3"),
            Membership("acme", "rev", project_id="p3"),
            annotation(1, NOON, lead_time=1),
            annotation(2, NOON, lead_time=2, project_id="p2"),
            annotation(3, NOON, lead_time=4, project_id="p3"),
            annotation(4, NOON, lead_time=8, project_id="p9"),
            annotation(5, NOON, lead_time=16, completed_by="stranger"),
            annotation(1, NOON, lead_time=1000, organization_id="other", project_id="p7"),
        ]
    )
    yield opened
    opened.close()


def viewer(user_id: str, role: str, **lists: list[str] | None) -> Viewer:
    return Viewer("acme", user_id, role, **lists)


BOSS, ADA, MAX = viewer("boss", "owner"), viewer("ada", "admin"), viewer("max", "manager")
ANN, BOB, REV = viewer("ann", "annotator"), viewer("bob", "annotator"), viewer("rev", "reviewer")


@pytest.mark.parametrize(
    ("who", "asked", "seconds", "scope"),
    [
        (BOSS, {"user": "ann"}, 15.0, "all"),
        (ADA, {"user": "ann"}, 15.0, "all"),
        (MAX, {"user": "ann"}, 3.0, ("p1", "p2")),
        (ANN, {}, 5.0, ("p1", "p3")),
        (ANN, {"user": "ann"}, 5.0, ("p1", "p3")),
        (BOB, {}, 0.0, ()),
        (BOSS, {"user": "ann", "workspace": "w"}, 3.0, "all"),
        (BOSS, {"user": "ann", "workspace": "w", "project": ["p2", "p3"]}, 2.0, "all"),
        (BOSS, {"user": "ann", "workspace": "w", "project": "p3"}, 0.0, "all"),
        (BOSS, {"user": "ann", "project": "p9"}, 8.0, "all"),
        (BOSS, {"user": "stranger"}, 16.0, "all"),
        (MAX, {"user": "ann", "project": ["p1", "p1", ""]}, 1.0, ("p1", "p2")),
        (ANN, {"workspace": "w"}, 1.0, ("p1", "p3")),
        (viewer("ann", "annotator", projects=["p2"]), {}, 2.0, ("p2",)),
        (viewer("ann", "annotator", projects=[]), {}, 0.0, ()),
        (viewer("ann", "annotator", workspaces=["w"]), {}, 7.0, ("p1", "p2", "p3")),
        (viewer("max", "manager", workspaces=[], projects=["p9"]), {"user": "ann"}, 8.0, ("p9",)),
        (viewer("newcomer", "annotator"), {}, 0.0, ()),
        (viewer("ann", "owner"), {"user": "ann"}, 15.0, "all"),
    ],
)
def test_what_is_in_scope_adds_up_and_nothing_else(
    store: Store, who: Viewer, asked: dict[str, str], seconds: float, scope: object
) -> None:
    report = ask(store, who, **asked, **DAY)
    assert (report.values["total_time"], report.scope) == (seconds, scope)


@pytest.mark.parametrize(
    ("who", "asked"),
    [
        (ANN, {"user": "bob"}),
        (ANN, {"user": "nobody"}),
        (REV, {"user": "ann"}),
        (ANN, {"project": "p2"}),
        (ANN, {"project": ["p1", "p2"]}),
        (ANN, {"project": "nothing"}),
        (ANN, {"project": "p7"}),
        (REV, {"workspace": "w"}),
        (MAX, {"project": "p3", "user": "ann"}),
        (MAX, {"user": "stranger"}),
        (MAX, {"user": "nobody"}),
        (BOSS, {"user": "nobody"}),
        (BOSS, {"project": "p7"}),
        (BOSS, {"project": "nothing"}),
        (BOSS, {"workspace": "empty"}),
        (BOSS, {"workspace": "nothing"}),
        (ADA, {"project": ["p1", "p7"]}),
    ],
)
def test_foreign_and_missing_ids_are_refused_in_the_same_words(
    store: Store, who: Viewer, asked: dict[str, str]
) -> None:
    with pytest.raises(Forbidden) as refusal:
        ask(store, who, **asked, **DAY)
    assert str(refusal.value) == str(Forbidden())


@pytest.mark.parametrize(
    ("who", "entry", "allowed"),
    [
        (BOSS, "organization", True),
        (ADA, "members", True),
        (MAX, "members", True),
        (MAX, "organization", False),
        (REV, "home", True),
        (REV, "members", False),
        (ANN, "organization", False),
    ],
)
def test_an_entry_that_the_role_does_not_have_is_refused(store: Store, who: Viewer, entry: str, allowed: bool) -> None:
    if allowed:
        assert [each.user_id for each in ask(store, who, entry=entry, **DAY).users] == (
            [who.user_id] if entry == "home" else []  # everybody
        )
    else:
        with pytest.raises(Forbidden):
            ask(store, who, entry=entry, **DAY)


@pytest.mark.parametrize("who", [BOSS, ADA, MAX, REV, ANN])
def test_who_chooses_members_lands_on_everybody_but_on_their_home(store: Store, engine: str, who: Viewer) -> None:
    if engine in SLOW and who in (BOSS, ADA, REV):
        return
    chooses = who in (BOSS, ADA, MAX)
    assert ask(store, who, **DAY).several == chooses
    assert ask(store, who, entry="home", **DAY).user.user_id == who.user_id
    if chooses:
        assert ask(store, who, entry="home", members="all", **DAY).to_json() == ask(store, who, **DAY).to_json()
        assert ask(store, who, user="ann", **DAY).user.user_id == "ann"


@pytest.mark.parametrize("who", [viewer("ann", "king"), viewer("ann", ""), viewer("gone", "owner")])
def test_unknown_roles_and_inactive_viewers_are_refused(store: Store, who: Viewer) -> None:
    with pytest.raises(Forbidden):
        ask(store, who, **DAY)


def test_inactive_members_stay_choosable(store: Store) -> None:
    assert ask(store, BOSS, user="gone", **DAY).user.name == "Gone"


def test_a_viewer_has_valid_ids() -> None:
    assert Viewer(1, 7, Role.OWNER).user_id == "7"
    for ids in ((1, ""), (1, "a\nb"), (1, True), (1, "x" * 256), (None, 1)):
        with pytest.raises(InvalidSetting):
            Viewer(*ids, role="owner")  # type: ignore[arg-type]


def test_nobody_else_makes_a_scope() -> None:
    with pytest.raises(TypeError):
        Scope("acme", "ann", Role.OWNER, None)


def options(store: Store, who: Viewer) -> tuple[list[str], list[str], list[str]]:
    """Return the members, workspaces and projects that a viewer is offered."""
    from perfwidget.question import access
    from perfwidget.question.query import Query

    with store.reading() as reader:
        scope = access.scope(who, Query(), reader.standing(who, Query())).scope
        return (
            [member.user_id for member in reader.members(scope, "", 100)],
            [workspace.workspace_id for workspace in reader.workspaces(scope)],
            [project.project_id for project in reader.projects(scope)],
        )


@pytest.mark.parametrize(
    ("who", "offered"),
    [
        (BOSS, (["ada", "ann", "bob", "boss", "gone", "max", "rev", "stranger"], ["w"], ["p1", "p3", "p2", "p9"])),
        (MAX, (["ada", "ann", "bob", "boss", "gone", "max", "rev"], ["w"], ["p1", "p2"])),
        (ANN, (["ann"], ["w"], ["p1", "p3"])),
        (BOB, (["bob"], [], [])),
    ],
)
def test_option_lists_hold_what_the_viewer_may_choose(
    store: Store, who: Viewer, offered: tuple[list[str], list[str], list[str]]
) -> None:
    members, workspaces, projects = options(store, who)
    assert (members, workspaces) == offered[:2]
    assert sorted(projects) == sorted(offered[2])


def test_a_review_out_of_sight_says_nothing_of_an_annotation_in_sight(new_store: NewStore) -> None:
    store = open_store(new_store())
    store.write(
        [
            Member("acme", "ann", "ann@acme.example", "ann", role="annotator"),
            Membership("acme", "ann", project_id="p1"),
            Recorded("acme", "reviews"),
            annotation(1, NOON, last_action="updated"),
            annotation(2, NOON, last_action="updated"),
            review(1, NOON, "accepted"),
            review(2, "2024-03-01 13:00", "rejected", project_id="p2"),
            review(3, NOON, "rejected", annotation_id=2),
        ]
    )
    counted = {
        role: ask(store, Viewer("acme", "ann", role), **DAY).values["updated_after_rejection"]
        for role in ("annotator", "owner")
    }
    assert counted == {"annotator": 1, "owner": 2}
    store.close()
