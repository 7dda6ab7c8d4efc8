"""One host name, one sign-in: the dashboard behind the proxy of the README, beside a real Label Studio."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from perfwidget.label_studio.sign_in import AS_LAST_KNOWN
from tests.hosts import callback_body
from tests.real_label_studio.conftest import Beside, beside
from tests.real_label_studio.label_studio import ADMIN, PASSWORD, Person, Server, until

SOON = 10
"""Seconds within which work is to be seen."""


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, server: Server, token: str) -> Iterator[Beside]:
    folder = tmp_path_factory.mktemp("beside")
    (folder / "roles.toml").write_text('[managers]\n"lead@labels.example" = "all"\n')
    options = ("--install-webhooks", "--roles", str(folder / "roles.toml"))
    with beside(folder, server, token, *options) as front:
        yield front


@pytest.fixture
def signed_in(browser: Browser, front: Beside) -> Iterator[Page]:
    """Give a page of the owner, who signed in to Label Studio; its pages ask other machines, so nobody watches them."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-US", timezone_id="UTC")
    page = context.new_page()
    page.goto(f"{front.address}/user/login/?next=/performance/%3Fentry%3Dhome")
    page.fill("input[name=email]", ADMIN)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{front.address}/performance/**")
    yield page
    context.close()


def card(page: Page, key: str) -> Any:
    return page.locator(f"#card-{key} .card-value")


def through(front: Beside, person: Person, path: str, **parameters: Any) -> requests.Response:
    """Ask the dashboard through the proxy with somebody's session of Label Studio."""
    cookies = {"sessionid": person.session.cookies["sessionid"]}
    address = f"{front.address}/performance/{path}"
    return requests.get(address, params=parameters, cookies=cookies, timeout=30, allow_redirects=False)


def look(front: Beside, person: Person) -> dict[str, Any]:
    """Return what an open page is told of its source; nothing while the person is not known."""
    body = callback_body(through(front, person, "_dash-dependencies").json(), "look", {"question": ""})
    cookies = {"sessionid": person.session.cookies["sessionid"]}
    address = f"{front.address}/performance/_dash-update-component"
    answer = requests.post(address, json=body, cookies=cookies, timeout=30, allow_redirects=False)
    told: dict[str, Any] = answer.json().get("response", {})
    return told


def submitted(front: Beside, person: Person, **parameters: Any) -> int:
    """Return how many annotations the report counts; -1 while its project is not known yet."""
    answer = through(front, person, "export/report.json", **parameters)
    assert answer.status_code in {200, 403}, answer.text
    return int(answer.json()["summary"]["submitted_annotations"]) if answer.status_code == 200 else -1


def test_nobody_signs_in_twice_and_each_sees_their_own(front: Beside, admin: Person, bob: Person) -> None:
    project = admin.make_project("Sessions", tasks=1)
    bob.submit(admin.tasks(project)[0], 5)
    until(lambda: submitted(front, admin, user=bob.id, project=project) == 1, 60, "bob's work")
    assert submitted(front, bob) >= 1
    assert through(front, bob, "export/report.json", user=admin.id).status_code == 403
    assert through(front, bob, "export/report.json", project=project).status_code == 200
    stranger = requests.get(f"{front.address}/performance?user=1&project=2", timeout=30)
    assert stranger.url.endswith("/user/login/?next=%2Fperformance%2F%3Fuser%3D1%26project%3D2")
    data = requests.get(f"{front.address}/performance/export/report.json", timeout=30)
    assert data.status_code == 401


def test_a_manager_of_the_roles_file_sees_members(front: Beside, admin: Person, bob: Person) -> None:
    lead = admin.invite("lead@labels.example")
    until(lambda: through(front, lead, "export/report.json", user=bob.id).status_code == 200, 60, "lead to be known")
    assert through(front, lead, "export/report.json", entry="organization").status_code == 403


@pytest.mark.parametrize("kind", ["submit", "update", "delete"])
def test_work_through_the_api_is_seen_soon(front: Beside, admin: Person, kind: str) -> None:
    project = admin.make_project(f"Soon {kind}", tasks=1)
    [task] = admin.tasks(project)
    annotation = admin.submit(task, 5)
    until(lambda: submitted(front, admin, project=project) == 1, 60, "the first work of a new project")
    if kind == "submit":
        admin.submit(task, 6)
        until(lambda: submitted(front, admin, project=project) == 2, SOON, "what was submitted")
    elif kind == "update":
        admin.update(annotation, 77)
        seen = lambda: through(front, admin, "export/report.json", project=project).json()["summary"]["total_time"]  # noqa: E731
        until(lambda: seen() == 77.0, SOON, "the update")
    else:
        admin.delete(f"annotations/{annotation}/")
        until(lambda: submitted(front, admin, project=project) == 0, SOON, "the deletion")


def test_the_number_changes_on_the_open_page_when_work_is_submitted_in_the_editor(
    signed_in: Page, front: Beside, admin: Person
) -> None:
    project = admin.make_project("Editor", tasks=2)
    tasks = admin.tasks(project)
    admin.submit(tasks[1], 5)
    until(lambda: submitted(front, admin, project=project) == 1, 60, "the project to be known")
    signed_in.goto(f"{front.address}/performance/?project={project}")
    expect(card(signed_in, "submitted-annotations")).to_have_text("1")

    editor = signed_in.context.new_page()
    editor.goto(f"{front.address}/projects/{project}/data?task={tasks[0]}")
    editor.locator(".lsf-choice input[name=A]").check(timeout=60_000)
    with editor.expect_response(
        lambda answer: answer.request.method == "POST" and "/annotations" in answer.url
    ) as sent:
        editor.get_by_role("button", name="Submit current annotation").click()
    assert sent.value.status == 201

    signed_in.bring_to_front()
    expect(card(signed_in, "submitted-annotations")).to_have_text("2", timeout=SOON * 1000)
    expect(signed_in.locator("#as-of")).to_contain_text("as of")


def test_label_studios_own_pages_lead_to_the_dashboard(signed_in: Page, front: Beside) -> None:
    signed_in.goto(f"{front.address}/")
    frame = signed_in.frame_locator("main section [data-perfwidget] iframe")
    expect(frame.locator("#cards")).to_contain_text("Submitted Annotations", timeout=60_000)
    expect(frame.locator("#figures[aria-busy=false]")).to_have_count(1)
    signed_in.goto(f"{front.address}/projects/")
    signed_in.locator(".main-menu-trigger").click()
    expect(signed_in.locator(".lsf-main-menu")).to_contain_text("Annotator Dashboard")
    signed_in.locator(".lsf-menu-header > [data-perfwidget-link]").click()
    signed_in.wait_for_url(f"{front.address}/performance/**")
    expect(signed_in.locator("#notes")).to_contain_text("not shown: Performance Score, Review Time, Reviews")
    expect(
        signed_in.locator("#card-performance-score, .panel-reviews:visible, .panel-review-time:visible")
    ).to_have_count(0)
    expect(signed_in.locator("#card-total-time")).to_be_visible()


def _with_actions(registered: list[Any]) -> list[Any]:
    return registered if all(each["actions"] for each in registered) else []


def test_webhooks_are_registered_once_with_each_project(front: Beside, admin: Person) -> None:
    project = admin.make_project("Hooks")
    # Label Studio first shows a webhook, and then what it is told of.
    registered = until(lambda: _with_actions(admin.get("webhooks/", project=project)), 60, "a webhook")
    assert len(registered) == 1
    assert registered[0]["is_active"]
    assert registered[0]["send_payload"] is False
    assert "ANNOTATION_CREATED" in registered[0]["actions"]


def test_label_studio_away_leaves_the_page_with_its_age(
    tmp_path: Path, server: Server, token: str, admin: Person
) -> None:
    with beside(tmp_path, server, token) as front:
        health = f"{front.address}/performance/health"
        until(lambda: requests.get(health, timeout=30).json()["freshness"] == "current", 60, "the first reading to end")
        before = through(front, admin, "export/report.json").json()
        server.stop()
        try:
            assert through(front, admin, "export/report.json").json() == before
            assert datetime.fromisoformat(look(front, admin)["as-of"]["dateTime"]) <= datetime.now(UTC)
            said = until(lambda: "cannot be reached" in front.log.read_text(), 60, "the log to say so")
            assert said
            told = until(lambda: AS_LAST_KNOWN in look(front, admin)["late"]["data"], 60, "the page to say so")
            assert told
            assert "Traceback" not in front.log.read_text()
        finally:
            server.start()
        project = admin.make_project("Back again", tasks=1)
        admin.submit(admin.tasks(project)[0], 5)
        until(lambda: through(front, admin, "export/report.json", project=project).status_code == 200, 120, "it back")
        until(lambda: submitted(front, admin, project=project) == 1, 60, "the work since")


def test_no_secret_stands_in_a_log(front: Beside, token: str, admin: Person) -> None:
    said = front.log.read_text()
    assert token not in said
    assert admin.session.cookies["sessionid"] not in said
    for row in admin.get("webhooks/"):
        assert row["headers"]["X-Perfwidget-Secret"] not in said
