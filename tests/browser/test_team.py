"""The page for many members: everybody at first, a table of them, and the way to one and back."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.visits import CROWD, MARCH, Visit, until

EVERYBODY = CROWD + 5
"""Boss, Ann, Rev, Busy, Spread and the crowd; of whom Ann, Rev and Busy worked in the week of MARCH."""


def names(page: Page) -> list[str]:
    return page.locator("#team tbody th a").all_inner_texts()


def row(page: Page, name: str) -> Locator:
    return page.locator("#team tr", has=page.locator("th[scope=row]", has_text=name))


def head(page: Page, name: str) -> Locator:
    return page.locator("#team thead").get_by_role("columnheader", name=name)


def test_who_chooses_members_lands_on_everybody(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(MARCH)
    expect(page.locator("#heading")).to_contain_text(f"{EVERYBODY} members · 4 – 10 Mar 2024 · UTC · all projects")
    expect(page.locator("button#member")).to_contain_text(f"All {EVERYBODY} members")
    expect(boss.card("submitted-annotations")).to_have_text("66")  # 6 of Ann's and 60 of Busy's
    assert names(page) == ["Ann", "Busy", "Rev"]
    # One median over all lead times, but Total Time (Median) is the sum of 6 × 75 s and 60 × 29.5 s.
    total = row(page, f"All {EVERYBODY} members")
    assert "37m 0s" in total.inner_text().split("\t")
    assert "7m 30s" in row(page, "Ann").inner_text().split("\t")
    assert "29m 30s" in row(page, "Busy").inner_text().split("\t")
    expect(page.locator(".of-few")).to_be_visible()
    expect(page.get_by_role("radiogroup", name="Reading of the total time")).to_be_hidden()
    # On Home they land on themselves, as does who chooses nobody.
    expect(boss.go(f"entry=home&{MARCH}").locator("#heading")).to_contain_text("Boss")
    expect(page.locator("#team")).to_be_empty()


def test_the_table_turns_without_the_rest_of_the_page(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(MARCH)
    head(page, "Submitted Annotations").last.get_by_role("link").click()
    expect(head(page, "Submitted Annotations").last).to_have_attribute("aria-sort", "descending")
    expect(head(page, "Submitted Annotations").last.get_by_role("link")).to_be_focused()
    assert names(page) == ["Busy", "Ann", "Rev"]
    head(page, "Submitted Annotations").last.get_by_role("link").press("Enter")
    expect(head(page, "Submitted Annotations").last).to_have_attribute("aria-sort", "ascending")
    assert names(page) == ["Rev", "Ann", "Busy"]
    page.locator("#team").get_by_role("link", name="Reviews").click()
    expect(head(page, "Review Time")).to_be_visible()
    assert names(page) == ["Ann", "Busy", "Rev"]
    page.locator("#team").get_by_text(re.compile("^Show .* without activity")).click()
    until(page, lambda: len(names(page)) == 25)
    expect(page.locator("#team")).to_contain_text(f"1–25 of {EVERYBODY}")
    page.locator("#team").get_by_role("link", name="Next →").click()
    expect(page.locator("#team")).to_contain_text(f"26–50 of {EVERYBODY}")
    assert {name: boss.parameters()[name] for name in ("tab", "page", "idle")} == {
        "tab": ["reviews"],
        "page": ["2"],
        "idle": ["show"],
    }
    page.go_back()
    expect(page.locator("#team")).to_contain_text(f"1–25 of {EVERYBODY}")
    boss.expect_questions(1)
    # What it shows outlasts a change of filters, but for its page, and a new visit.
    page.go_forward()
    expect(page.locator("#team")).to_contain_text(f"26–50 of {EVERYBODY}")
    page.get_by_role("radiogroup", name="By").get_by_text("Week").click()
    boss.expect_questions(2)
    expect(page.locator("#team")).to_contain_text(f"1–25 of {EVERYBODY}")
    page.reload()
    boss.ready()
    expect(head(page, "Review Time")).to_be_visible()
    expect(page.locator("#team")).to_contain_text(f"1–25 of {EVERYBODY}")


def test_the_table_is_searched_on_the_server(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"{MARCH}&idle=show&page=2")
    box = page.get_by_label("Search the table by name, e-mail or id")
    box.press_sequentially("EXTRA 1")
    expect(page.locator("#team")).to_contain_text("1–11 of 11 found")
    assert names(page) == ["Extra 1", *(f"Extra {number}" for number in range(10, 20))]
    expect(row(page, f"All {EVERYBODY} members")).to_contain_text("not only those found")
    expect(boss.card("submitted-annotations")).to_have_text("66")
    expect(box).to_be_focused()
    assert boss.parameters()["search"] == ["EXTRA 1"]
    assert "page" not in boss.parameters()
    box.press_sequentially("7")
    expect(page.locator("#team")).to_contain_text("1 of 1 found")
    box.fill("nobody at all")
    expect(page.locator("#team")).to_contain_text("No member matches “nobody at all”.")
    # A letter and a beat of the page's clock may come at once, on a busy machine.
    page.evaluate(
        """() => {
            dash_clientside.set_props('search', { value: 'nobody' });
            dash_clientside.set_props('pulse', { n_intervals: 99 });
        }"""
    )
    expect(page.locator("#team")).to_contain_text("No member matches “nobody”.")
    # However it was typed, it is one step back to what was there before, and one forward again.
    page.go_back()
    expect(page.locator("#team")).to_contain_text(f"26–50 of {EVERYBODY}")
    expect(box).to_have_value("")
    page.go_forward()
    expect(page.locator("#team")).to_contain_text("No member matches “nobody”.")
    expect(box).to_have_value("nobody")
    boss.expect_questions(1)
    # It outlasts a change of filters and a new visit; without it everybody is there again.
    box.fill("busy")
    expect(page.locator("#team")).to_contain_text("1 of 1 found")
    page.get_by_role("radiogroup", name="By").get_by_text("Week").click()
    boss.expect_questions(2)
    page.reload()
    boss.ready()
    assert names(page) == ["Busy"]
    expect(box).to_have_value("busy")
    box.fill("")
    expect(page.locator("#team")).to_contain_text(f"1–25 of {EVERYBODY}")
    assert "search" not in boss.parameters()


def test_columns_are_chosen_with_the_list_open(visit: Callable[..., Visit]) -> None:
    page = visit().go(MARCH)
    page.locator("#team summary").click()
    for name in ("Total Time", "Review Time"):
        page.get_by_role("checkbox", name=name, exact=True).click()
    expect(head(page, "Review Time")).to_be_visible()
    expect(page.locator("#team thead").get_by_text("Total Time", exact=True)).to_have_count(0)
    expect(page.get_by_role("checkbox", name="Review Time", exact=True)).to_be_checked()
    page.get_by_role("link", name="Those of the tab").click()
    expect(head(page, "Review Time")).to_have_count(0)


def test_a_number_opens_its_rows_and_a_name_its_member(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"{MARCH}&sort=-submitted_annotations")
    row(page, "Ann").get_by_role("link", name="6", exact=True).click()
    panel = boss.rows("Submitted AnnotationsAnn · 4 – 10 Mar 2024 · UTC")
    expect(panel.locator("tbody tr")).to_have_count(6)
    row(page, f"All {EVERYBODY} members").get_by_role("link", name="66", exact=True).click()
    panel = boss.rows("Submitted Annotations4 – 10 Mar 2024 · UTC")
    expect(panel.locator("thead")).to_contain_text("Member")
    expect(panel.locator("tbody")).to_contain_text("Busy")
    boss.expect_questions(1)
    page.go_back()
    boss.rows("Submitted AnnotationsAnn · 4 – 10 Mar 2024 · UTC")
    row(page, "Ann").get_by_role("link", name="Ann").click()
    expect(page.locator("#heading")).to_contain_text("Ann ann@acme.example · 4 – 10 Mar 2024")
    expect(page.locator("#neighbours")).to_contain_text("2 of 3")
    page.locator("#neighbours").get_by_role("link", name="← Previous").click()
    expect(page.locator("#heading")).to_contain_text("Busy")
    expect(page.locator("#neighbours")).to_contain_text("1 of 3")
    page.locator("#neighbours").get_by_role("link", name=f"All {EVERYBODY} members").click()
    expect(page.locator("#heading")).to_contain_text(f"{EVERYBODY} members")
    assert names(page) == ["Busy", "Ann", "Rev"]
    expect(page.locator("#neighbours")).to_be_empty()


def test_several_are_picked_pasted_and_left_out(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(MARCH)
    page.locator("button#member").click()
    for name in ("Ann · ann@acme.example", "Busy · busy@acme.example"):
        page.locator(".dash-dropdown-option", has_text=name).click()
    page.keyboard.press("Escape")
    expect(page.locator("#heading")).to_contain_text("2 members Ann✕ Busy✕")
    assert boss.parameters()["user"] == ["ann", "busy"]
    boss.expect_questions(2)
    page.get_by_title("Leave out Busy").click()
    expect(page.locator("#heading")).to_contain_text("Ann ann@acme.example")
    page.locator("button#member").click()
    page.locator(".dash-dropdown-search").fill("REV@acme.example, m7\tm59 nobody@acme.example")
    page.locator(".dash-dropdown-option", has_text="These 3 members; not found: nobody@acme.example").click()
    page.keyboard.press("Escape")
    expect(page.locator("#heading")).to_contain_text("4 members")
    assert sorted(boss.parameters()["user"]) == ["ann", "m59", "m7", "rev"]
    page.locator("button#member").click()
    page.locator(".dash-dropdown-option", has_text=f"All {EVERYBODY} members").click()
    page.keyboard.press("Escape")
    expect(page.locator("#heading")).to_contain_text(f"{EVERYBODY} members")
    assert boss.parameters()["members"] == ["all"]


def test_the_period_before_stands_beside_each_number(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go("user=ann&user=busy&from=2024-03-06&to=2024-03-07&tz=UTC")
    expect(page.locator(".change")).to_have_count(0)
    page.get_by_label("Compare with").select_option("Period before")
    # Ann submitted one in these two days, and three in the two before; Busy 60 before and none now.
    expect(page.locator("#card-submitted-annotations .change")).to_have_text("▼ 62 (98 %), worse than 4 – 5 Mar 2024")
    expect(row(page, "Ann")).to_contain_text("▼ 2 (67 %) worse")
    assert boss.parameters()["compare"] == ["previous"]
    page.go_back()
    expect(page.locator(".change")).to_have_count(0)
    expect(page.get_by_label("Compare with")).to_have_value("nothing")


def test_an_annotator_sees_nothing_of_others(visit: Callable[..., Visit]) -> None:
    ann = visit("ann:annotator")
    page = ann.go(f"{MARCH}&sort=-total_time&among=_")
    expect(page.locator("#heading")).to_contain_text("Ann")
    expect(page.locator("#team")).to_be_empty()
    expect(page.locator("#neighbours")).to_be_empty()
    assert "Busy" not in page.content()
    assert page.request.get(f"{ann.address}/performance/?members=all").status == 403
