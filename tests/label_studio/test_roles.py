"""Who is what beside a Label Studio, and who therefore sees whom: over the application, with what is really read."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perfwidget.errors import InvalidSetting
from perfwidget.label_studio import sign_in
from perfwidget.label_studio.directory import role_code
from perfwidget.label_studio.roles import ALL_PROJECTS, Roles, StudioRole
from perfwidget.question.access import Role, Viewer
from tests.hosts import asking
from tests.label_studio.company import (
    ADMIN,
    ANN,
    BEN,
    INVITED,
    LEFT,
    MANAGER,
    MARCH,
    ORGANIZATION,
    OWNER,
    REVIEWER,
    STRANGER,
    VIEWS,
    Beside,
    beside,
    company,
    seconds,
)
from tests.label_studio.stand_in import StandIn, standing_in
from tests.worlds import scoped


@pytest.fixture
def enterprise() -> Iterator[StandIn]:
    with standing_in(enterprise=True) as studio:
        company(studio)
        yield studio


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    """The company beside Enterprise, for tests that only look."""
    with standing_in(enterprise=True) as studio:
        company(studio)
        with beside(studio, tmp_path_factory.mktemp("company")) as dashboard:
            yield dashboard


@pytest.fixture
def community() -> Iterator[StandIn]:
    with standing_in() as studio:
        company(studio)
        yield studio


# --- What Enterprise says (shapes of the SDK's types)


def member(organization: int | None, role: str, *, active: object = True) -> dict[str, Any]:
    return {"organization_id": organization, "role": role, "active": active, "user_type": "", "flex": None}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"active_organization": 1, "org_membership": [member(1, "MA")]}, "MA"),
        ({"active_organization": 1, "org_membership": [member(2, "OW"), member(1, "AN")]}, "AN"),
        ({"active_organization": 1, "org_membership": [member(2, "OW")]}, ""),
        ({"active_organization": 1, "org_membership": [member(None, "OW"), member(1, "AN")]}, "AN"),
        ({"active_organization": 1, "org_membership": []}, ""),
        ({"active_organization": 1, "organization_membership": member(1, "RE")}, "RE"),
        ({"active_organization": 1, "organization_membership": member(None, "RE")}, "RE"),
        ({"active_organization": 1, "organization_membership": member(2, "OW")}, ""),
        ({"active_organization": 1, "org_membership": [member(1, "AN")], "organization_membership": None}, "AN"),
        ({"active_organization": 1, "org_membership": [], "organization_membership": member(1, "AN")}, "AN"),
        ({"active_organization": 1, "org_membership": [member(1, "OW", active=False)]}, ""),
        ({"active_organization": 1, "org_membership": [member(1, "OW", active=None)]}, "OW"),
        ({"active_organization": 1, "org_membership": [member(1, "OW", active="false")]}, ""),
        ({"active_organization": 1, "org_membership": [member(1, "OW", active=1)]}, ""),
        ({"active_organization": 1, "org_membership": [member(1, "OW"), member(1, "AN")]}, ""),
        ({"active_organization": 1, "org_membership": [None, "OW", member(1, "AN")]}, "AN"),
        ({"active_organization": None, "org_membership": [member(None, "OW")]}, ""),
        ({"active_organization": 1, "org_membership": {"role": "OW"}}, ""),
        ({"active_organization": 1}, ""),
        ({}, ""),
    ],
)
def test_the_role_is_the_one_in_the_active_organization(answer: dict[str, Any], code: str) -> None:
    assert role_code(answer) == code


# --- Who sees whom: the seconds of their report, or the status of the refusal.

EVERYBODY_IN_ENTERPRISE = {
    #            own   Ann   Ben   the manager
    OWNER: (0.0, 3.0, 12.0, 48.0),
    ADMIN: (0.0, 3.0, 12.0, 48.0),
    MANAGER: (16.0, 1.0, 4.0, 16.0),
    REVIEWER: (64.0, 403, 403, 403),
    ANN: (3.0, 3.0, 403, 403),
    BEN: (12.0, 403, 12.0, 403),
    LEFT: (403, 403, 403, 403),
    INVITED: (403, 403, 403, 403),
    VIEWS: (403, 403, 403, 403),
    STRANGER: (403, 403, 403, 403),
    None: (401, 401, 401, 401),
}


def seen(there: Beside, viewer: int | None) -> tuple[float | int | None, ...]:
    browser = there.browser(viewer)
    return (seconds(browser), *(seconds(browser, subject) for subject in (ANN, BEN, MANAGER)))


def test_who_sees_whom_beside_enterprise(there: Beside) -> None:
    assert {viewer: seen(there, viewer) for viewer in EVERYBODY_IN_ENTERPRISE} == EVERYBODY_IN_ENTERPRISE


def test_every_way_to_ask_says_the_same(there: Beside) -> None:
    """Page, downloads, lists, figures and looks at the source refuse and narrow alike."""
    paths = ["", *(f"export/{name}" for name in ("report.csv", "timeline.csv", "comments.csv"))]
    for viewer, (_, ann, *_) in EVERYBODY_IN_ENTERPRISE.items():
        browser = there.browser(viewer)
        answers = {path: browser.get(f"/performance/{path}?user={ANN}&{MARCH}", buffered=True) for path in paths}
        texts = {path: answer.text for path, answer in answers.items()}
        expected = ann if isinstance(ann, int) else 200
        assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(paths, expected) | (
            {"": 302} if viewer is None else {}
        )
        if expected == 200:
            for callback in ("asked", "look"):
                assert asking(browser, callback, {"question": f"user={ANN}&{MARCH}"}).status_code == 200
            assert texts["export/timeline.csv"].count("\n") == 1 + {3.0: 2, 1.0: 1}[ann]


def test_lists_hold_what_may_be_chosen(there: Beside) -> None:
    def offered(viewer: int, kind: str) -> set[str]:
        answer = asking(there.browser(viewer), "seek", {"kind": kind, "text": "", "workspaces": []})
        return {option["value"] for option in answer.json["response"]["found"]["data"]["options"]}

    assert {viewer: offered(viewer, "project") for viewer in (OWNER, MANAGER, REVIEWER, ANN)} == {
        OWNER: {"10", "20"},
        MANAGER: {"10"},
        REVIEWER: {"10"},
        ANN: {"10", "20"},
    }
    assert offered(MANAGER, "workspace") == {"100"}
    assert str(BEN) in offered(MANAGER, "member")
    assert offered(ANN, "member") == {str(ANN)}
    assert str(STRANGER) not in offered(OWNER, "member")


def test_a_manager_is_refused_other_projects(there: Beside) -> None:
    manager = there.browser(MANAGER)
    assert seconds(manager, ANN, "&project=10") == 1.0
    assert seconds(manager, ANN, "&workspace=100") == 1.0
    assert [seconds(manager, ANN, f"&project={project}") for project in (20, 99)] == [403, 403]
    assert seconds(manager, ANN, "&project=10&project=20") == 403


def test_roles_in_projects_take_away_and_never_give(enterprise: StandIn, tmp_path: Path) -> None:
    """The manager is an annotator in project 10 of their workspace; Ann is disabled in 20, Ben rules in 10."""
    enterprise.workspace_members = {100: [MANAGER]}
    enterprise.project_members[10] |= {MANAGER: "AN", BEN: "OW"}
    enterprise.project_members[20] |= {MANAGER: "MA", ANN: "DI"}
    with beside(enterprise, tmp_path) as dashboard:
        assert seen(dashboard, MANAGER) == (32.0, 2.0, 8.0, 32.0)
        assert seen(dashboard, ANN) == (1.0, 1.0, 403, 403)
        assert seen(dashboard, BEN) == (12.0, 403, 12.0, 403)


def test_having_worked_in_a_project_makes_nobody_its_member(enterprise: StandIn, tmp_path: Path) -> None:
    """The manager annotated in project 20 once, and is no member of it."""
    with beside(enterprise, tmp_path) as dashboard:
        manager = dashboard.browser(MANAGER)
        assert seconds(manager, BEN) == 4.0
        later = {"updated_at": "2024-03-20T12:00:00.000000Z"}
        enterprise.tasks[5] |= later
        enterprise.tasks[5]["annotations"][0] |= {"lead_time": 33.0, **later}
        dashboard.sync.run()
        assert seconds(dashboard.browser(OWNER), MANAGER) == 49.0
        assert seconds(manager, BEN) == 4.0


def test_a_role_that_was_taken_away_is_gone_when_it_is_asked_for(
    enterprise: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "ASKED_AGAIN", 0.0)
    with beside(enterprise, tmp_path) as dashboard:
        owner = dashboard.browser(OWNER)
        assert seconds(owner, ANN) == 3.0
        enterprise.person(OWNER, "AN")
        assert seconds(owner, ANN) == 403
        enterprise.person(OWNER, "DI")
        assert seconds(owner) == 403
        enterprise.person(OWNER, "OW", organization=2)
        assert seconds(owner) == 403
        del enterprise.people[OWNER]
        assert seconds(owner) == 401


# --- What the file of roles says beside Community


def file(folder: Path, text: str) -> Path:
    path = folder / "roles.toml"
    path.write_text(text, "utf-8")
    return path


def test_who_sees_whom_beside_community(community: StandIn, tmp_path: Path) -> None:
    roles = file(
        tmp_path,
        f'admins = ["user{ADMIN}@labels.example"]\n[managers]\n"user{MANAGER}@labels.example" = [10]\n'
        f'"{REVIEWER}" = "all"\n"user{STRANGER}@labels.example" = "all"\n',
    )
    with beside(community, tmp_path, Roles(roles)) as dashboard:
        assert {viewer: seen(dashboard, viewer) for viewer in (*range(1, 7), STRANGER, None)} == {
            OWNER: (0.0, 3.0, 12.0, 48.0),  # who created the organization
            ADMIN: (0.0, 3.0, 12.0, 48.0),
            MANAGER: (16.0, 1.0, 4.0, 16.0),
            REVIEWER: (64.0, 3.0, 12.0, 48.0),
            ANN: (3.0, 3.0, 403, 403),
            BEN: (12.0, 403, 12.0, 403),
            STRANGER: (403, 403, 403, 403),
            None: (401, 401, 401, 401),
        }


def test_without_a_file_everybody_but_the_creator_is_an_annotator(community: StandIn, tmp_path: Path) -> None:
    with beside(community, tmp_path) as dashboard:
        assert seen(dashboard, OWNER) == (0.0, 3.0, 12.0, 48.0)
        assert seen(dashboard, ADMIN) == (0.0, 403, 403, 403)


def test_a_file_that_changes_acts_on_the_next_click(community: StandIn, tmp_path: Path) -> None:
    roles = file(tmp_path, "[managers]\n2 = [10]\n")
    before = roles.stat()
    with beside(community, tmp_path, Roles(roles)) as dashboard:
        browser = dashboard.browser(2)
        assert seconds(browser, ANN) == 1.0
        file(tmp_path, "[managers]\n2 = [20]\n")
        os.utime(roles, ns=(before.st_atime_ns, before.st_mtime_ns))  # within the same tick of the disk's clock
        assert seconds(browser, ANN) == 2.0
        file(tmp_path, "")
        assert seconds(browser, ANN) == 403


def test_a_broken_file_refuses_everybody_until_it_is_mended(
    community: StandIn, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    roles = file(tmp_path, "owners = [5]\n")
    with beside(community, tmp_path, Roles(roles)) as dashboard:
        browsers = [dashboard.browser(user) for user in (OWNER, ANN, BEN)]
        for content in (b"[managers", b"owners = 5", b"\xff\xfeowners", b"boss = []", None):
            roles.unlink()
            if content is not None:
                roles.write_bytes(content)
            caplog.clear()
            for browser in browsers:
                answer = browser.get(f"/performance/export/report.json?{MARCH}")
                assert answer.status_code == 503
                assert "its administrator finds in its log why" in answer.get_json()["error"]
                for page in ("", "export/timeline.csv"):
                    told = browser.get(f"/performance/{page}?{MARCH}", buffered=True)
                    assert told.status_code == 503
                    assert str(tmp_path) not in told.text
            assert str(roles) in caplog.text
            file(tmp_path, "owners = [5]\n")
            assert seconds(browsers[1], BEN) == 12.0


def test_it_is_told_once_whom_a_file_names_in_vain(
    community: StandIn, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    named = f'owners = ["user{OWNER}@labels.example", "User{ADMIN}@labels.example"]\nreviewers = [{REVIEWER}, 4711]\n'
    roles = file(tmp_path, named)
    with beside(community, tmp_path, Roles(roles)) as dashboard:
        [line] = caplog.messages
        assert f"names 2 whom Label Studio does not know: 4711, User{ADMIN}@labels.example." in line
        for _ in range(3):
            dashboard.sync.run()
        assert len(caplog.messages) == 1
        file(tmp_path, f'{named}[managers]\n"nobody@labels.example" = "all"\n')
        dashboard.sync.run()
        assert "names 3 whom" in caplog.messages[1]


def test_who_was_removed_keeps_name_and_e_mail_and_is_flagged(community: StandIn, tmp_path: Path) -> None:
    """Label Studio lists them on, and calls everybody of them the same."""
    hidden = dict.fromkeys(("email", "username", "first_name"), "Deleted") | {"last_name": "User"}
    community.people[BEN] |= hidden  # before they were ever read
    with beside(community, tmp_path) as dashboard:
        community.people[ANN] |= hidden | {"active_organization": None, "org_membership": [member(1, "")]}
        dashboard.sync.run()
        owner = dashboard.browser(OWNER)
        told = [owner.get(f"/performance/export/report.json?user={user}&{MARCH}").get_json() for user in (ANN, BEN)]
        assert [each["user"]["email"] for each in told] == [f"user{ANN}@labels.example", None]
        assert told[0]["user"]["name"] == f"User {ANN}"
        assert [each["summary"]["total_time"] for each in told] == [3.0, 12.0]
        with dashboard.store.reading() as reader:
            everybody = reader.members(scoped(dashboard.store, Viewer(ORGANIZATION, OWNER, "owner")).scope, "", 99)
            assert {each.user_id: each.active for each in everybody if each.user_id in (str(ANN), str(OWNER))} == {
                str(ANN): False,
                str(OWNER): True,
            }
        assert "Deleted" not in owner.get(f"/performance/export/members.csv?members=all&{MARCH}", buffered=True).text


@pytest.mark.parametrize(("viewer", "several"), [(OWNER, True), (ADMIN, True), (MANAGER, True), (ANN, False)])
def test_the_link_of_label_studios_pages_leads_to_everybody_who_may_be_seen(
    there: Beside, viewer: int, several: bool
) -> None:
    script = there.browser(None).get("/performance/label-studio.js").text
    assert 'href="${base}" data-perfwidget-link' in script
    told = there.browser(viewer).get(f"/performance/export/report.json?{MARCH}").get_json()
    assert (told["user"] is None) == several


TABLE: dict[str, dict[str, StudioRole]] = {
    'owners = ["Boss@Labels.Example"]': {"Boss@labels.example": StudioRole(Role.OWNER)},
    "owners = [7]\nadmins = ['8']": {"7": StudioRole(Role.OWNER), "8": StudioRole(Role.ADMIN)},
    'reviewers = ["r@x", 9]': {"r@x": StudioRole(Role.REVIEWER), "9": StudioRole(Role.REVIEWER)},
    '\ufeffadmins = ["a@x"]\r\n': {"a@x": StudioRole(Role.ADMIN)},
    '[managers]\n"a@x" = [1, "2"]\n"b@x" = "all"\n"c@x" = []': {
        "a@x": StudioRole(Role.MANAGER, ("1", "2")),
        "b@x": StudioRole(Role.MANAGER, ALL_PROJECTS),
        "c@x": StudioRole(Role.MANAGER, ()),
    },
}


@pytest.mark.parametrize("text", TABLE)
def test_what_a_file_says(tmp_path: Path, text: str) -> None:
    roles = Roles(file(tmp_path, text))
    for name, standing in TABLE[text].items():
        assert roles.of("0" if "@" in name else name, name if "@" in name else None) == standing
    assert roles.of("99", "nobody@labels.example") == StudioRole(Role.ANNOTATOR)
    assert roles.of("99", None) == StudioRole(Role.ANNOTATOR)


@pytest.mark.parametrize(
    "text",
    [
        'owners = "boss"',
        "owners = [true]",
        "owners = [1.5]",
        'owners = [""]',
        'owner = ["boss"]',
        "managers = [1]",
        '[managers]\n"a@x" = "some"',
        '[managers]\n"a@x" = 5',
        '[managers]\n"a@x" = [true]',
        '[managers]\n"a@x" = [""]',
        'owners = ["a@x"]\nadmins = ["a@X"]',
        'owners = ["a@x"]\nowners = ["b@x"]',
        "owners = " + "[" * 5000,
    ],
)
def test_a_file_that_says_something_else_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidSetting, match=r"roles\.toml"):
        Roles(file(tmp_path, text))


@pytest.mark.parametrize(
    "email",
    [
        "BOSS@books.example",
        "bo\u017fs@books.example",
        "boss@book\u017f.example",
        "boss@books.example.evil",
        " boss@books.example",
    ],
)
def test_nobody_becomes_an_owner_by_an_e_mail_that_looks_alike(tmp_path: Path, email: str) -> None:
    """Label Studio lets people sign up with any of these beside the real one."""
    assert Roles(file(tmp_path, 'owners = ["boss@books.example"]')).of("66", email) == StudioRole(Role.ANNOTATOR)


def test_an_id_is_no_e_mail(tmp_path: Path) -> None:
    assert Roles(file(tmp_path, 'owners = ["7"]')).of("8", "7") == StudioRole(Role.ANNOTATOR)
