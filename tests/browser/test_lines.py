"""A line for each of few members, and the projects of one of them in the table: with pointer, keyboard and Back."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

from perfwidget.page.formats import figure_label
from tests.browser.visits import MARCH, Visit, until

EVIL = "<a href='//evil.example'>Bob</a> <b>&lt;br&gt;</b> %{x} <extra>1</extra>"


def texts(page: Page, within: str) -> list[str]:
    return [text.strip() for text in page.locator(within).all_inner_texts()]


def test_few_members_have_a_line_each(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&user=busy&{MARCH}")
    for name in ("annotations", "total-time", "time-per-annotation"):
        assert texts(page, f"#{name}-legend .key") == ["Ann", "Busy"]
        expect(page.locator(f"#{name}-graph .sketch path[marker-start]")).to_have_count(2)
    looks = page.locator("#annotations-graph .sketch path[marker-start]")
    assert len({looks.nth(place).get_attribute("stroke-dasharray") for place in (0, 1)}) == 2
    expect(page.locator("#annotations-legend")).to_contain_text("Each line: Submitted Annotations")
    expect(
        page.get_by_role("img", name="Annotations. A line of the submitted annotations of each member")
    ).to_be_visible()
    # The switch is there again: Ann's Monday is 490.5 s, or three times 60 s.
    drawn = page.locator("#total-time-graph .sketch")
    before = drawn.inner_html()
    page.get_by_role("radiogroup", name="Reading of the total time").get_by_text("Median").click()
    until(page, lambda: drawn.inner_html() != before)
    page.locator("#total-time-graph").focus()
    expect(page.locator("#total-time-graph .main-svg").first).to_be_attached()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#total-time-graph + [role=status]")).to_have_text("Mon 4 Mar 2024, Ann 3m 0s")
    page.keyboard.press("Enter")
    boss.rows("Total Time (Median)Ann · 4 Mar 2024 · UTC")
    assert boss.parameters()["rows_user"] == ["ann"]
    boss.expect_questions(1)
    # Of six, and of everybody, all together are drawn.
    page = boss.go(MARCH)
    assert texts(page, "#annotations-legend .key") == ["Submitted", "Updated", "Skipped"]
    expect(page.locator(".of-few")).to_be_visible()


def test_a_point_says_and_opens_what_is_one_member_s(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&user=busy&{MARCH}")
    graph = boss.graph("annotations")
    point = graph.locator(".scatterlayer .trace").nth(1).locator(".point").nth(1)  # Busy's Tuesday
    box, around = point.bounding_box(), graph.bounding_box()
    assert box
    assert around
    place = box["x"] + box["width"] / 2, around["y"] + around["height"] / 2  # the point itself is above the axis
    page.mouse.move(*place)
    hover = graph.locator(".hoverlayer")
    expect(hover).to_contain_text("Busy: 60")
    expect(hover).to_contain_text("Ann: 0")
    page.mouse.click(*place)
    panel = boss.rows("Submitted AnnotationsBusy · 5 Mar 2024 · UTC")
    expect(panel.locator("tbody tr")).to_have_count(50)
    page.locator("#annotations-numbers summary").click()
    table = page.locator("#annotations-table table")
    expect(table.locator("thead th")).to_have_text(["Day", "Ann", "Busy"])
    table.get_by_role("link", name="3", exact=True).press("Enter")
    boss.rows("Submitted AnnotationsAnn · 4 Mar 2024 · UTC")


def test_plotly_shows_a_name_as_it_is(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(f"user=ann&user=busy&{MARCH}")
    boss.graph("annotations")
    shown = page.evaluate(
        """async (name) => {
          const place = Object.assign(document.createElement('div'), { id: 'probe' });
          document.body.append(place);
          const hovertemplate = '%{fullData.name}: %{customdata}<extra></extra>';
          await Plotly.newPlot(place, [{ name, x: ['a', 'b'], y: [1, 2], customdata: ['1', '2'], hovertemplate }],
            { hovermode: 'x unified', width: 900, height: 300 });
          Plotly.Fx.hover(place, [{ curveNumber: 0, pointNumber: 1 }]);
          const layer = place.querySelector('.hoverlayer');
          return [layer.textContent, layer.querySelectorAll('a, b').length];
        }""",
        figure_label(EVIL),
    )
    assert shown[1] == 0
    assert f"{EVIL}: 2" in shown[0].replace("\u2060", "").replace("\xa0", " ")


# -- A member's projects in the table ---------------------------------------------------------------------------------


def opener(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=f"Projects of {name}")


def heads(page: Page) -> list[str]:
    return texts(page, "#team tbody th")


def test_a_row_opens_and_closes_with_the_keyboard(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(MARCH)
    opener(page, "Ann").focus()
    top = page.evaluate("document.activeElement.getBoundingClientRect().top")
    page.keyboard.press("Enter")
    expect(opener(page, "Ann")).to_have_attribute("aria-expanded", "true")
    assert heads(page) == ["Ann", "One", "Two", "Busy", "Rev"]
    expect(opener(page, "Ann")).to_be_focused()
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") == top
    boss.expect_questions(1)
    # Another one takes its place, and the focus is where it was.
    opener(page, "Busy").focus()
    page.keyboard.press("Space")
    expect(opener(page, "Busy")).to_have_attribute("aria-expanded", "true")
    assert heads(page) == ["Ann", "Busy", "One", "Rev"]
    expect(opener(page, "Busy")).to_be_focused()
    page.keyboard.press("Enter")
    expect(opener(page, "Busy")).to_have_attribute("aria-expanded", "false")
    assert heads(page) == ["Ann", "Busy", "Rev"]
    expect(opener(page, "Busy")).to_be_focused()
    page.go_back()
    expect(opener(page, "Busy")).to_have_attribute("aria-expanded", "true")


def test_what_is_open_outlasts_a_sort_and_its_numbers_lead_on(visit: Callable[..., Visit]) -> None:
    boss = visit()
    page = boss.go(MARCH)
    opener(page, "Ann").click()
    expect(opener(page, "Ann")).to_have_attribute("aria-expanded", "true")
    page.locator("#team thead").get_by_role("columnheader", name="Submitted Annotations").last.get_by_role(
        "link"
    ).click()
    until(page, lambda: heads(page) == ["Busy", "Ann", "One", "Two", "Rev"])
    two = page.locator("#team tr", has=page.locator("th", has_text="Two"))
    two.get_by_role("link", name="1m 30s").first.click()
    panel = boss.rows("Total TimeAnn · Two · 4 – 10 Mar 2024 · UTC")
    expect(panel.locator("tbody tr")).to_have_count(1)
    link = panel.get_by_role("link", name="Download").get_attribute("href") or ""
    assert parse_qs(urlsplit(link).query)["project"] == ["p2"]
    page.reload()
    boss.ready()
    assert heads(page) == ["Busy", "Ann", "One", "Two", "Rev"]
    # The page of one member is a link that anybody who may see them can follow.
    page.locator("#team").get_by_role("link", name="Ann", exact=True).click()
    expect(page.locator("#heading")).to_contain_text("Ann ann@acme.example")
    assert "open" not in boss.parameters()
