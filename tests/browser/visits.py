"""Somebody who opens the dashboard in a browser, and the facts that they see there."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from perfwidget.facts import Fact, Member, Membership, Project, Recorded, ReviewVisit, Workspace
from tests.worlds import ORGANIZATION, annotation, at, people, review

MARCH = "from=2024-03-04&to=2024-03-10&tz=UTC"
A_MOMENT = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
"""Until the page has drawn twice, and whatever its scripts had to do in between is done."""

CROWD = 60
"""So many further members that the list of members has to be searched on the server."""


def facts() -> Iterator[Fact]:
    """Yield what Ann did in March 2024, and on the days before now, with Rev's reviews of it."""
    yield from people()
    yield Workspace(ORGANIZATION, "w1", "Streets")
    yield Project(ORGANIZATION, "p1", "w1", title="One")
    yield Project(ORGANIZATION, "p3", None, title="Three <b>bold</b>")
    for number in range(CROWD):
        yield Member(
            ORGANIZATION,
            f"m{number}",
            f"m{number}@acme.example",
            f"Extra {number}",
            role="annotator",
            active=number != 59,
        )
    yield Membership(ORGANIZATION, "rev", project_id="p1")
    for kind in ("actions", "reviews", "review_visits", "comments"):
        yield Recorded(ORGANIZATION, kind)
    yield annotation(1, "2024-03-04 12:00", lead_time=30.5)
    yield annotation(2, "2024-03-04 13:00", lead_time=60)
    yield annotation(8, "2024-03-04 14:00", lead_time=400)
    yield annotation(3, "2024-03-06 12:00", lead_time=1_200, last_action="updated")
    yield annotation(4, "2024-03-06 13:00", was_cancelled=True, last_action="skipped")
    yield annotation(5, "2024-03-07 13:00", last_action="rejected")
    yield annotation(6, "2024-03-08 13:00", project_id="p2", lead_time=90)
    yield annotation(7, "2024-03-10 23:30", lead_time=7)  # on the eleventh in Berlin
    yield review(1, "2024-03-07 12:00", "accepted")
    yield review(2, "2024-03-07 13:00", "rejected", annotation_id=5)
    yield ReviewVisit(ORGANIZATION, "v1", "1", "p1", "rev", at("2024-03-07 11:59"), at("2024-03-07 12:00"))
    yield Member(ORGANIZATION, "busy", "busy@acme.example", "Busy", role="annotator")
    for number in range(60):
        yield annotation(1_000 + number, "2024-03-05 12:00", completed_by="busy", lead_time=number)
    yield Member(ORGANIZATION, "spread", "spread@acme.example", "Spread", role="annotator")
    for day in range(1, 9):  # of which one has a hundred times as much as the others
        yield annotation(
            2_000 + day, f"2024-04-{day:02} 12:00", completed_by="spread", lead_time=36_000 if day == 4 else 300 + day
        )
    for days in (0, 1, 40):
        yield annotation(100 + days, (datetime.now(UTC) - timedelta(days=days)).isoformat(), lead_time=100)


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Let the page go on until something that happens outside of it holds; give up after a minute."""
    for _ in range(6_000):
        if holds():
            return
        page.wait_for_timeout(10)
    pytest.fail("It never came to that.")


class Visit:
    """Somebody signed in, with a page, and the questions that the page has asked the server."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.questions: list[str] = []
        self.sought: list[str] = []
        self.searches = 0
        page.on("request", self._hear)

    def _hear(self, request: Any) -> None:
        if "_dash-update-component" in request.url:
            asked = json.loads(request.post_data)["inputs"][0]
            match asked["id"]:
                case "asked":
                    self.questions.append(asked["value"]["question"])
                case "rows-sought":
                    self.sought.append(asked["value"]["question"])
                case "seek":
                    self.searches += 1

    def go(self, query: str, *, ready: bool = True, prefix: str = "/performance") -> Page:
        self.page.goto(f"{self.address}{prefix}/?{query}")
        if ready:
            self.ready()
        return self.page

    def ready(self) -> None:
        """Wait until the newest question is answered and drawn."""
        expect(self.page.locator("#figures[aria-busy=false]")).to_be_visible()
        # Its controls come with scripts of their own; nobody is so fast as to use them before.
        expect(self.page.locator("button#member, #member button").first).to_be_attached()
        self.page.evaluate(A_MOMENT)

    def graph(self, name: str) -> Locator:
        """Move the pointer onto a graph, and return its picture once plotly.js has come, and answers to the pointer."""
        picture = self.page.locator(f"#{name}-graph")
        picture.scroll_into_view_if_needed()
        box = picture.bounding_box()
        assert box
        drawn = picture.locator(".main-svg")

        def answers() -> bool:
            self.page.mouse.move(box["x"] + 1, box["y"] + 1)
            self.page.mouse.move(box["x"] + 3, box["y"] + 3)
            return drawn.count() > 0

        until(self.page, answers)
        return picture

    def parameters(self) -> dict[str, list[str]]:
        """Return what the address bar says, which it does once the answer has been painted."""
        expect(self.page.locator("#figures[aria-busy=false]")).to_be_visible()
        self.page.evaluate(A_MOMENT)
        return parse_qs(urlsplit(self.page.url).query)

    def rows(self, title: str) -> Locator:
        """Wait until the rows behind a number are shown, and return their panel."""
        panel = self.page.locator("#rows-panel[aria-busy=false]")
        expect(panel.locator("h2")).to_have_text(title)
        return panel

    def card(self, key: str) -> Locator:
        return self.page.locator(f"#card-{key} .card-value")

    def expect_questions(self, number: int) -> None:
        """Expect so many questions since the page was opened, and no further one once the last is answered."""
        until(self.page, lambda: len(self.questions) >= number)
        self.ready()
        self.page.evaluate(A_MOMENT)
        assert len(self.questions) == number, self.questions
