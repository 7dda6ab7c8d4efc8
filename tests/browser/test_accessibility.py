"""axe finds nothing on the page: in both themes, narrow and wide, with rows and tables opened, and within a frame."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.visits import MARCH, Visit

AXE = Path(__file__).parents[2] / ".node/node_modules/axe-core/axe.min.js"
"""Made by `make browser`; it is never shipped."""

FINDINGS = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations.map(
  ({ id, nodes }) => [id, ...nodes.map(({ target }) => target.join(' '))])"""


def findings(page: Page | Frame) -> Any:
    if not AXE.is_file():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("needs axe-core: make browser")
    page.evaluate(AXE.read_text())
    return page.evaluate(FINDINGS)


@pytest.mark.parametrize(("theme", "width"), [("light", 1400), ("dark", 420)])
def test_axe_finds_nothing(visit: Callable[..., Visit], theme: str, width: int) -> None:
    boss = visit(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = boss.go(f"user=ann&{MARCH}&theme={theme}&rows=total_time")
    boss.rows("Total Time4 – 10 Mar 2024 · UTC")
    page.locator("#annotations-numbers summary").click()
    page.locator("#notes summary").click()
    page.locator("#definitions summary").click()
    expect(page.locator("#defined .section").first).to_be_visible()
    assert findings(page) == []
    page.get_by_label("Projects").click()
    expect(page.locator(".dash-dropdown-option").first).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#dates-from").fill("never")
    page.keyboard.press("Enter")
    expect(page.locator("#dates-fault")).not_to_be_empty()
    assert findings(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_a_frame(visit: Callable[..., Visit], theme: str) -> None:
    boss = visit(viewport={"width": 1000, "height": 700}, color_scheme=theme, reduced_motion="reduce")
    boss.page.goto(f"{boss.address}/around")
    expect(boss.page.frame_locator("#one iframe").locator("#figures[aria-busy=false]")).to_be_visible()
    frame = boss.page.locator("#one iframe").element_handle().content_frame()
    assert frame
    assert findings(frame) == []


def test_axe_finds_nothing_on_a_refusal(visit: Callable[..., Visit], watch: Any) -> None:
    watch.expect("status of 403")
    ann = visit("ann:annotator", reduced_motion="reduce")
    page = ann.go(f"user=boss&{MARCH}", ready=False)
    expect(page.get_by_role("link", name="Back to my own figures")).to_be_visible()
    assert findings(page) == []


def test_a_graph_is_read_and_opened_by_keyboard(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&{MARCH}")
    graph = page.locator("#annotations-graph")
    graph.focus()
    expect(graph.locator(".main-svg").first).to_be_visible()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".panel-annotations [role=status]")).to_have_text("Wed 6 Mar 2024, Updated 1")
    expect(graph.locator(".hoverlayer")).to_contain_text("Updated: 1")
    page.keyboard.press("Enter")
    boss.rows("Updated6 Mar 2024 · UTC")
    page.keyboard.press("Escape")
    expect(graph).to_be_focused()
