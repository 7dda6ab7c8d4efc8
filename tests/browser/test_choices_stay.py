"""What somebody has chosen stays chosen: address, heading and figures agree through searches, pages, rows and Back."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.test_team import EVERYBODY, head, names, row
from tests.browser.visits import MARCH, Visit, until


def chosen(visit: Visit, *users: str) -> None:
    """Expect that these members alone are asked about, in the address, the heading, the figures and the table."""
    page = visit.page
    expect(page.locator("#heading")).to_contain_text(f"{len(users)} members")
    visit.ready()
    assert sorted(visit.parameters()["user"]) == sorted(users)
    # Ann submitted 6, Busy 60, and the others nothing.
    submitted = sum({"ann": 6, "busy": 60}.get(user, 0) for user in users)
    expect(visit.card("submitted-annotations")).to_have_text(str(submitted))
    expect(page.locator("#team tr.all th")).to_have_text(f"All {len(users)} members")


def search(page: Page, text: str) -> None:
    page.locator("button#member").click()
    page.locator(".dash-dropdown-search").fill(text)
    option = page.locator(".dash-dropdown-option")
    until(page, lambda: all(text.casefold() in each.casefold() for each in option.all_inner_texts()))


def test_a_choice_is_kept_through_searches_orders_rows_back_and_a_new_load(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(MARCH)
    search(page, "Ann ·")
    page.locator(".dash-dropdown-option", has_text="Ann · ann@acme.example").click()
    page.keyboard.press("Escape")
    search(page, "busy")
    page.locator(".dash-dropdown-option", has_text="Busy · busy@acme.example").click()
    page.keyboard.press("Escape")
    chosen(boss, "ann", "busy")
    search(page, "Extra 59")  # of which nothing is taken
    page.keyboard.press("Escape")
    chosen(boss, "ann", "busy")
    search(page, "Extra 33")
    page.locator(".dash-dropdown-option", has_text="Extra 33").click()
    page.keyboard.press("Escape")
    chosen(boss, "ann", "busy", "m33")
    head(page, "Submitted Annotations").last.get_by_role("link").click()
    until(page, lambda: names(page) == ["Busy", "Ann"])
    chosen(boss, "ann", "busy", "m33")
    row(page, "Ann").get_by_role("link", name="6", exact=True).click()
    boss.rows("Submitted AnnotationsAnn · 4 – 10 Mar 2024 · UTC")
    chosen(boss, "ann", "busy", "m33")
    page.reload()
    chosen(boss, "ann", "busy", "m33")
    assert names(page) == ["Busy", "Ann"]
    boss.rows("Submitted AnnotationsAnn · 4 – 10 Mar 2024 · UTC")
    page.get_by_title("Leave out Extra 33").click()
    chosen(boss, "ann", "busy")
    page.go_back()
    chosen(boss, "ann", "busy", "m33")
    page.go_forward()
    chosen(boss, "ann", "busy")


def test_a_page_of_the_table_is_there_again_after_rows_and_a_member(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"{MARCH}&idle=show&sort=-submitted_annotations&size=25&page=2")
    expect(page.locator("#team")).to_contain_text(f"26–50 of {EVERYBODY}")
    second = names(page)
    assert len(set(second)) == 25
    page.locator("#team tr.all").get_by_role("link", name="66", exact=True).click()
    panel = boss.rows("Submitted Annotations4 – 10 Mar 2024 · UTC")
    panel.get_by_role("button").first.click()
    expect(page.locator("#rows-panel")).to_be_hidden()
    assert names(page) == second
    page.locator("#team tbody th a").nth(3).click()
    expect(page.locator("#heading")).to_contain_text(second[3])
    expect(page.locator("#neighbours")).to_contain_text(f"29 of {EVERYBODY}")
    page.go_back()
    expect(page.locator("#team")).to_contain_text(f"26–50 of {EVERYBODY}")
    assert names(page) == second


def test_all_that_a_search_found_are_taken_and_no_others(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&user=busy&{MARCH}")
    search(page, "m4")
    page.get_by_role("button", name="Select all", exact=True).click()
    page.keyboard.press("Escape")
    chosen(boss, "ann", "busy", "m4", *(f"m{number}" for number in range(40, 50)))
