"""The sample platform in a browser: every role signs in by the form and finds the dashboard where it belongs."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from perfwidget import open_store
from perfwidget.demo import create_app
from perfwidget.facts import Annotation, Fact, Member, Membership, Project, Workspace
from tests.hosts import served

SUBMITTED = {"owner": 2, "admin": 1, "manager": 3, "reviewer": 4, "annotator": 5}
"""How many annotations each member submitted ten days ago, in the project that all but the admin belong to."""


def facts() -> Iterator[Fact]:
    """Yield an organization with a member of every role, called after it, whose work all lies ten days back."""
    yield Workspace("acme", "w1", "Streets")
    yield Project("acme", "p1", "w1", title="Street signs")
    yield Project("acme", "p2", None, title="Other work")
    for role in SUBMITTED:
        yield Member("acme", role, f"{role}@acme.example", f"{role.title()} Person", role=role)
        if role != "admin":
            yield Membership("acme", role, workspace_id="w1")
    yield Membership("acme", "annotator", project_id="p2")
    work = [(role, "p1") for role, number in SUBMITTED.items() for _ in range(number)]
    work.append(("annotator", "p2"))
    long_ago = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=10)
    for number, (user_id, project_id) in enumerate(work, start=1):
        at = long_ago + timedelta(minutes=number)
        yield Annotation(
            "acme",
            number,
            project_id,
            number,
            user_id,
            created_at=at,
            completed_at=at,
            updated_at=at,
            lead_time=60.0,
            last_action="submitted",
        )


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a running platform."""
    store = open_store(f"duckdb:///{tmp_path_factory.mktemp('platform')}/facts.duckdb")
    store.write(facts())
    with served(create_app(store)) as port:
        yield f"http://127.0.0.1:{port}"
    store.close()


@pytest.fixture
def signed_in(open_page: Callable[..., Page], address: str) -> Callable[[str], Page]:
    """Sign a role's member in by the form, as somebody new."""

    def sign_in(role: str) -> Page:
        page = open_page(viewport={"width": 1400, "height": 900})
        page.goto(address)
        page.get_by_label("E-mail").fill(f"{role}@acme.example")
        page.get_by_label("Password").fill("demo")
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page).to_have_url(f"{address}/")
        return page

    return sign_in


def dashboard(page: Page) -> FrameLocator:
    return page.frame_locator("[data-perfwidget] iframe")


def expect_submitted(page: Page, name: str, number: int) -> None:
    """Expect the dashboard to show how many annotations a member submitted."""
    expect(dashboard(page).locator("#heading")).to_contain_text(name)
    expect(dashboard(page).locator("#card-submitted-annotations .card-value")).to_have_text(str(number))


@pytest.mark.parametrize("role", list(SUBMITTED))
def test_home_shows_ones_own_numbers(signed_in: Callable[[str], Page], role: str) -> None:
    page = signed_in(role)
    expect(page.get_by_role("heading", name="Annotator Dashboard")).to_be_visible()
    everything = SUBMITTED[role] + (1 if role == "annotator" else 0)
    # The admin's own work is in no project of theirs, and an admin needs none.
    expect_submitted(page, f"{role.title()} Person", everything)
    expect(page.get_by_role("link", name="Members", exact=True)).to_have_count(1 if role in {"owner", "admin"} else 0)


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (700, 900)])
def test_the_frame_is_as_tall_as_what_it_shows(signed_in: Callable[[str], Page], width: int, height: int) -> None:
    page = signed_in("annotator")
    page.set_viewport_size({"width": width, "height": height})
    expect_submitted(page, "Annotator Person", 6)
    frame = page.locator("[data-perfwidget] iframe").element_handle().content_frame()
    assert frame
    frame.wait_for_function("document.documentElement.scrollHeight <= window.innerHeight + 1")
    assert page.locator("[data-perfwidget] iframe").bounding_box()["height"] > height  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_the_organization_opens_a_members_report(signed_in: Callable[[str], Page], role: str) -> None:
    page = signed_in(role)
    page.get_by_role("link", name="Members", exact=True).click()
    expect(page.get_by_role("row")).to_have_count(1 + len(SUBMITTED))
    expect(dashboard(page).locator("#heading")).to_contain_text(f"{len(SUBMITTED)} members")
    page.get_by_role("link", name="Annotator Performance Report of Reviewer Person").click()
    expect_submitted(page, "Reviewer Person", 4)
    page.get_by_role("link", name="All members").click()
    expect(page.get_by_role("row")).to_have_count(1 + len(SUBMITTED))


@pytest.mark.parametrize("role", ["owner", "admin", "manager"])
def test_a_project_opens_its_team_and_each_member(signed_in: Callable[[str], Page], role: str) -> None:
    page = signed_in(role)
    page.get_by_role("link", name="Street signs").click()
    team = dashboard(page).locator("#team")
    expect(team.get_by_role("row").filter(has_text="Annotator Person")).to_contain_text("5")
    page.get_by_role("link", name="Annotator Performance Report of Annotator Person").click()
    expect_submitted(page, "Annotator Person", 5)


def test_accounts_of_the_demo_fill_the_form(open_page: Callable[..., Page], address: str, watch: Any) -> None:
    watch.expect("status of 401")  # this store has no demo accounts
    page = open_page()
    page.goto(f"{address}/login")
    page.get_by_role("button", name="owner@demo.example").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no such account")
    expect(page.get_by_label("E-mail")).to_have_value("owner@demo.example")


def test_signing_out(signed_in: Callable[[str], Page], address: str) -> None:
    page = signed_in("manager")
    expect_submitted(page, "Manager Person", 3)
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{address}/login")
    page.goto(address)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def lose_the_session(page: Page) -> None:
    page.context.clear_cookies(name="platform_session")


def ask_again(page: Page) -> None:
    dashboard(page).locator("#refresh").click()


def open_another_report(page: Page) -> None:
    page.locator("[data-perfwidget]").evaluate("element => { element.dataset.perfwidget += '&preset=today' }")


@pytest.mark.parametrize("go_on", [ask_again, open_another_report])
def test_who_is_signed_out_within_the_frame_signs_in_in_the_whole_window(
    signed_in: Callable[[str], Page], address: str, watch: Any, go_on: Callable[[Page], None]
) -> None:
    watch.expect("status of 40[01]|is not executable")  # what the frame is answered, its late scripts as well
    page = signed_in("owner")
    page.goto(f"{address}/organization?user=annotator")
    expect_submitted(page, "Annotator Person", 6)
    lose_the_session(page)
    go_on(page)
    dashboard(page).get_by_role("link", name="Sign in").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("E-mail").fill("owner@acme.example")
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(f"{address}/organization?user=annotator")
    expect_submitted(page, "Annotator Person", 6)


def test_a_narrow_page_folds_its_navigation(signed_in: Callable[[str], Page]) -> None:
    page = signed_in("owner")
    page.set_viewport_size({"width": 700, "height": 900})
    expect(page.get_by_role("link", name="Street signs")).to_be_hidden()
    page.get_by_text("Menu", exact=True).click()
    page.get_by_role("link", name="Street signs").click()
    expect(page.get_by_role("heading", name="Street signs")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
