"""Pay in a real browser: payers close a month, a member asks, everybody can use and print the pages."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from perfwidget.facts import Member, Project, Workspace
from perfwidget.question.access import Viewer
from perfwidget.records import audit
from tests.browser.test_accessibility import findings
from tests.hosts import host, served
from tests.pay.payrolls import ANNA, ZONE, Payroll, payroll, work
from tests.worlds import ORGANIZATION, at, review

DAYS = "from=2024-11-01&to=2024-11-30"
ANN = Viewer(ORGANIZATION, "ann", "annotator")


def fill(paid: Payroll) -> None:
    """Let eight members work in November, and ann have a statement with a question."""
    paid.store.write([Workspace(ORGANIZATION, "w1", "Street Scenes")])
    paid.store.write([Project(ORGANIZATION, "p1", "w1", title="Lane markings in rain, second reading of 2024")])
    paid.card(amount="11", clock="capped", cap_s=1_200)
    paid.card("accepted_annotation", "0.75", place="project", place_id="p2")
    paid.card("review", "120.5", currency="KES")
    paid.write(*(work(number, f"2024-11-{number % 28 + 1:02} 10:00", 250 + number) for number in range(60)))
    paid.write(work(61, "2024-11-04 10:00", 90, project_id="p2"), work(62, "2024-11-04 11:00", 90, project_id="p2"))
    paid.write(work(63, "2024-11-04 10:00", 90, created_at=at("2024-10-04 10:00")), work(64, "2024-11-04 10:00", None))
    paid.write(review(1, "2024-11-07 10:00", "accepted", annotation_id=61, project_id="p2"))
    for number in range(6):
        who = (f"m{number}", f"m{number}@x.example", f"Member {number}")
        paid.store.write([Member(ORGANIZATION, *who, role="annotator")])
        paid.write(work(1_000 + number, "2024-11-05 10:00", 3_600, completed_by=f"m{number}"))
    paid.propose()
    paid.pay.contest(1, "Line 1 has 60 annotations. I count 62.", ANN, line=1)


class Site:
    """A platform that is served, and people who visit it."""

    def __init__(self, address: str, paid: Payroll, open_page: Callable[..., Page]) -> None:
        self.address, self.paid, self._open = address, paid, open_page

    def visit(self, who: str, path: str, **options: Any) -> Page:
        page = self._open(**({"viewport": {"width": 1400, "height": 900}} | options))
        page.request.get(f"{self.address}/login?as={who}")
        page.goto(f"{self.address}/performance/{path}")
        return page


@pytest.fixture
def site(tmp_path: Path, open_page: Callable[..., Page]) -> Iterator[Site]:
    with payroll(tmp_path) as paid:
        fill(paid)
        app = host(paid.store, csrf=True, timezone=ZONE, records=paid.records)

        @app.get("/around")
        def around() -> str:
            return (
                "<!doctype html><html lang=en><title>Around</title><link rel=icon href=data:,>"
                "<script src=/performance/assets/embed.js defer></script>"
                f'<main><div id=one data-perfwidget="/performance/pay?{DAYS}" data-title=Pay'
                ' style="--perfwidget-accent: rgb(0, 102, 51); --perfwidget-panel: nonsense"></div></main>'
            )

        with served(app) as port:
            yield Site(f"http://127.0.0.1:{port}", paid, open_page)


def test_a_month_is_proposed_approved_and_paid(site: Site) -> None:
    page = site.visit("boss:owner", f"pay?{DAYS}&state=draft")
    page.get_by_label("Mark all on this page").check()
    page.get_by_label("Mark Rev").uncheck()
    page.get_by_role("button", name="Propose…").click()
    expect(page.get_by_role("heading", name="Propose: 6 drafts")).to_be_visible()
    expect(page.locator("main")).to_contain_text("€ 22.02")  # 20 minutes of each hour, 3.67 rounded a line
    page.get_by_role("button", name="Propose: 6 drafts").click()
    expect(page.locator("#end")).to_have_text("The end: 6 done, 0 not.")
    page.get_by_role("link", name="Back to the list").click()
    page.get_by_label("Mark all on this page").check()
    page.get_by_role("button", name="Approve…").click()
    expect(page.locator("main")).to_contain_text("Stays out: 1")
    expect(page.get_by_label("Approve also while these questions wait")).not_to_be_checked()
    page.get_by_role("button", name="Approve: 7 statements").click()
    expect(page.locator("#end")).to_have_text("The end: 6 done, 1 not.")
    expect(page.locator(".outcomes .refused")).to_contain_text("Not done: Ann")
    page.get_by_role("link", name="Back to the list").click()
    page.locator("select[name=state]").select_option("approved")
    page.get_by_role("button", name="Show").click()
    page.get_by_label("Mark all on this page").check()
    page.get_by_role("button", name="Mark as paid…").click()
    page.get_by_label("Day of payment").fill("2024-12-05")
    page.get_by_label("Reference").fill("SEPA 2024-12")
    page.get_by_role("button", name="Mark as paid: 6 statements").click()
    expect(page.locator("#end")).to_have_text("The end: 6 done, 0 not.")
    page.get_by_role("link", name="Show").first.click()
    expect(page.locator("main")).to_contain_text("EUR was paid on 5 Dec 2024, reference SEPA 2024-12.")
    states = [each.words for each in site.paid.pay.statements(ANNA)]
    assert states == [("proposed", "contested"), *[("paid",)] * 6]


def test_it_goes_without_scripts(site: Site) -> None:
    page = site.visit("boss:owner", f"pay?{DAYS}", java_script_enabled=False)
    page.get_by_label("Mark Member 1").check()
    page.get_by_role("button", name="Propose…").click()
    page.get_by_role("button", name="Propose: 1 draft").click()
    expect(page.locator("#end")).to_have_text("The end: 1 done, 0 not.")
    page.get_by_role("link", name="Show").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Statement 2")


def test_a_member_asks_by_keyboard_and_reads_the_answer(site: Site) -> None:
    page = site.visit("ann:annotator", f"my-pay?{DAYS}")
    page.get_by_role("link", name="Statement 1", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Statement 1")
    page.get_by_role("link", name="60 annotations").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Ask about annotation 28", exact=True).focus()
    page.keyboard.press("Enter")
    box = page.get_by_label("Your question")
    expect(page.locator("select[name=about]")).to_have_value("annotation:28")
    box.focus()
    page.keyboard.type("This one took longer.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#questions article").nth(1)).to_contain_text("This one took longer.")
    boss = site.visit("boss:owner", "pay/questions")
    question = boss.locator("#question-2")
    question.get_by_label("Explained").check()
    question.get_by_label("In words").fill("The card counts 20 minutes at most.")
    question.get_by_role("button", name="Answer").click()
    expect(boss.locator("#question-2")).to_contain_text("Explained")
    page.reload()
    expect(page.locator("#question-2")).to_contain_text("The card counts 20 minutes at most.")


PAGES = {
    "list": ("boss:owner", f"pay?{DAYS}"),
    "draft": ("boss:owner", f"pay/draft?user=m1&{DAYS}&open=line-1"),
    "statement": ("ann:annotator", "pay/statements/1?open=line-1"),
    "questions": ("boss:owner", "pay/questions"),
    "cards": ("boss:owner", "pay/cards"),
    "terms": ("boss:owner", "pay/terms"),
    "mine": ("ann:annotator", f"my-pay?{DAYS}"),
}


@pytest.mark.parametrize(("theme", "width"), [("light", 1400), ("dark", 420)])
def test_axe_finds_nothing_on_any_page_of_pay(site: Site, theme: str, width: int) -> None:
    for who, path in PAGES.values():
        address = f"{path}{'&' if '?' in path else '?'}theme={theme}"
        page = site.visit(who, address, viewport={"width": width, "height": 900})
        assert page.locator("html").get_attribute("data-bs-theme") == theme
        assert findings(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.context.close()
    page = site.visit("boss:owner", f"pay?{DAYS}&theme={theme}", viewport={"width": width, "height": 900})
    page.get_by_label("Mark all on this page").check()
    page.get_by_role("button", name="Approve…").click()
    expect(page.get_by_role("heading", name="Approve: 1 statement")).to_be_visible()
    assert findings(page) == []
    page.get_by_label("Approve also while").check()
    page.get_by_role("button", name="Approve: 1 statement").click()
    expect(page.locator("#end")).to_have_text("The end: 1 done, 0 not.")
    assert findings(page) == []


def test_a_frame_is_as_tall_as_the_page_of_pay_and_has_its_colours(site: Site) -> None:
    page = site.visit("boss:owner", "pay/terms", color_scheme="dark")
    page.goto(f"{site.address}/around")
    frame = page.frame_locator("#one iframe")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Pay")
    page.wait_for_function(
        """() => { const frame = document.querySelector('#one iframe');
          const inside = frame.contentDocument;
          return inside.body && Math.abs(frame.clientHeight - inside.body.getBoundingClientRect().height) <= 2; }"""
    )
    expect(frame.locator("html")).to_have_attribute("data-bs-theme", "dark")
    frame.get_by_role("link", name="Rate cards").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Rate cards")
    # The accent of the host is that of each page, and what is no colour changes nothing.
    expect(frame.get_by_role("button", name="Add the card")).to_have_css("background-color", "rgb(0, 102, 51)")
    expect(frame.locator(".panel").first).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")


@pytest.mark.parametrize(("paper", "width"), [("A4", 703), ("Letter", 725)])
def test_a_statement_fits_on_paper_with_the_head_of_the_log(site: Site, paper: str, width: int) -> None:
    page = site.visit("ann:annotator", "pay/statements/1", viewport={"width": width, "height": 1_000})
    page.emulate_media(media="print", color_scheme="dark")
    ends = "tables => tables.map((table) => table.getBoundingClientRect().right)"
    wide = page.locator("main table").evaluate_all(ends)
    assert wide
    assert max(wide) <= width
    with site.paid.records.reading(ORGANIZATION) as transaction:
        head = audit.head(transaction)
    expect(page.get_by_text(head.hash, exact=True)).to_be_visible()
    for hidden in ("nav", "#ask", "button"):
        expect(page.locator(hidden).first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(26, 34, 48)", "dark ink also at night"
    assert page.pdf(format=paper).startswith(b"%PDF")


def test_the_dashboard_leads_to_pay(site: Site) -> None:
    page = site.visit("ann:annotator", f"?{DAYS}")
    page.get_by_role("link", name="My pay").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My pay")
