"""Rights change while people look: every answer is right at the moment of asking, and a running download breaks off.

Hypothesis signs a person in and out, changes their role, their memberships and whether they are active, moves projects
between workspaces, and in between asks for figures, opens the page and reads on in a download of 12,000 rows.
"""

import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from perfwidget.facts import Action, Annotation, Fact, Member, Project, Workspace
from perfwidget.stores import Store, open_store
from tests.conftest import WHOLE
from tests.hosts import OPENERS, asking_body, shown_seconds
from tests.security.authorization_world import FIRST_DAY, PREFIX, Platform, membership, tokens
from tests.security.oracle import ROLES, Ask, Decision, Offer, Person, World, decide, offer, refused, seen

EXAMPLES, STEPS = (60, 30) if WHOLE else (12, 16)
BATCH = 5_000
ORGANIZATION, VIEWER = "one", "ann"
MEMBERS, PROJECTS = (VIEWER, "bob"), ("p", "q", "r")
MEMBERSHIPS = [("project", "p"), ("project", "q"), ("workspace", "v"), ("workspace", "w")]
PERIOD = "from=2024-03-01&to=2024-03-02&tz=UTC"
CELLS = {cell: 2**place for place, cell in enumerate((ORGANIZATION, who, name) for who in MEMBERS for name in PROJECTS)}
LONG = {"p": 6_000, "q": 6_000}
"""How many actions of the viewer there are in a project."""

asks = st.builds(
    Ask,
    users=st.sampled_from([(), (), ("ann",), ("bob",), ("nobody",)]),
    members=st.sampled_from([(), (), (), ("all",)]),
    workspaces=st.sampled_from([(), (), ("v",), ("w",)]),
    projects=st.sampled_from([(), (), ("p",), ("q",), ("p", "q"), ("nothing",)]),
    entries=st.sampled_from([(), ("home",), ("members",), ("organization",)]),
)


def figures() -> Iterator[Fact]:
    """Yield an annotation for every cell, of 2ⁿ seconds, and thousands of actions of the viewer in two projects."""
    for (where, who, project), seconds in CELLS.items():
        when = FIRST_DAY + timedelta(hours=seconds % 24)
        columns = {"created_at": when, "completed_at": when, "updated_at": when, "lead_time": seconds}
        yield Annotation(where, seconds, project, f"zqt{seconds:04}q", who, last_action="submitted", **columns)
    for number in range(sum(LONG.values())):
        when = FIRST_DAY + timedelta(seconds=number)
        yield Action(ORGANIZATION, number, 1, "pq"[number % 2], number, VIEWER, "submitted", created_at=when)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(f"duckdb:///{tmp_path_factory.mktemp('changes')}/facts.duckdb")
    opened.write(figures())
    opened.write([Member(ORGANIZATION, "bob", "zqn0001q@mail.example", "zqn0001q", role="annotator")])
    opened.write([Workspace(ORGANIZATION, "v", "Group"), Workspace(ORGANIZATION, "w", "Group")])
    yield opened
    opened.close()


class Running:
    """A download that has begun."""

    def __init__(self, answer: Any, ask: Ask, person: Person, decision: Decision, rights: Offer) -> None:
        self.answer, self.ask, self.person, self.decision, self.rights = answer, ask, person, decision, rights
        self.parts = iter(answer.response)
        self.rows = -1  # the header is none
        self.due = sum(LONG.get(project, 0) for project in decision.projects) if VIEWER in decision.subjects else 0

    def read(self) -> list[str]:
        """Return the projects of the next rows; raises what the stream raises, StopIteration at a clean end."""
        lines = list(csv.reader(io.StringIO(next(self.parts).decode(), newline="")))
        rows = lines if self.rows >= 0 else lines[1:]
        self.rows += len(lines)
        return [row[5] for row in rows]


class Changes(RuleBasedStateMachine):
    """A viewer whose rights change, and an oracle that knows them."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.platform = Platform(store, {VIEWER: Person(ORGANIZATION, VIEWER, "annotator")})
        self.browser = self.platform.browser(VIEWER)
        self._bodies = {
            name: asking_body(self.browser, name, None) for name in ("asked", "open-tables", "rows-sought", "seek")
        }
        self.world = World(cells=set(CELLS))
        self.running: Running | None = None

    @property
    def person(self) -> Person | None:
        """Who the host says it is, or nobody."""
        known = self.platform.people[VIEWER]
        return known if VIEWER in self.platform.signed_in else None

    @initialize(role=st.sampled_from([*ROLES]))
    def begin(self, role: str) -> None:
        self.world.active = {(ORGANIZATION, "bob"): True}
        self.change_role(role)
        self.activate(True)
        for project, workspace in zip(PROJECTS, ("v", "v", None), strict=True):
            self.move(project, workspace)
        self.join([("project", "p"), ("project", "q")])

    # -- Changes

    @rule()
    def sign_out(self) -> None:
        self.platform.signed_in.discard(VIEWER)

    @rule()
    def sign_in(self) -> None:
        self.browser.get(f"/login?as={VIEWER}")

    @rule(role=st.sampled_from([*ROLES, "annotator", "king"]))
    def change_role(self, role: str) -> None:
        self.platform.people[VIEWER] = Person(ORGANIZATION, VIEWER, role)

    @rule(active=st.booleans())
    def activate(self, active: bool) -> None:
        self.world.active[ORGANIZATION, VIEWER] = active
        self.store.write(
            [Member(ORGANIZATION, VIEWER, "zqn0000q@mail.example", "zqn0000q", role="annotator", active=active)]
        )

    @rule(kept=st.lists(st.sampled_from(MEMBERSHIPS), unique=True))
    def join(self, kept: list[tuple[str, str]]) -> None:
        self.world.memberships = {(ORGANIZATION, VIEWER, kind, name) for kind, name in kept}
        self.store.set_memberships(
            ORGANIZATION, VIEWER, [membership(ORGANIZATION, VIEWER, kind, name) for kind, name in kept]
        )

    @rule(project=st.sampled_from(PROJECTS), workspace=st.sampled_from(["v", "w", None]))
    def move(self, project: str, workspace: str | None) -> None:
        self.world.projects[ORGANIZATION, project] = workspace
        self.store.write([Project(ORGANIZATION, project, workspace, title=f"zqp000{PROJECTS.index(project)}q")])

    # -- Questions

    def _call(self, name: str, value: object) -> Any:
        body = {**self._bodies[name]}
        body["inputs"] = [{**body["inputs"][0], "value": value}]
        return self.browser.post(f"{PREFIX}/_dash-update-component", json=body)

    @rule(ask=asks)
    def ask_for_figures(self, ask: Ask) -> None:
        decision = decide(self.world, self.person, ask)
        question = f"{PERIOD}&{_address(ask)}"
        cells = seen(self.world, ORGANIZATION, decision.subjects, decision.projects)
        report = self.browser.get(f"{PREFIX}/export/report.json?{question}")
        page = self.browser.get(f"{PREFIX}/?{question}", headers={"Sec-Fetch-Dest": "document"})
        figures = self._call("asked", {"question": question})
        tables = self._call("open-tables", {"question": question, "open": [*OPENERS]})
        sought = {"question": f"{question}&rows=total_time"}
        rows = self._call("rows-sought", sought)
        for answer in (report, figures, tables, rows):
            assert answer.status_code in decision.statuses
        assert page.status_code == (302 if self.person is None else report.status_code)
        if report.status_code != 200:
            assert not any(tokens(answer.text) for answer in (report, page, figures, tables, rows))
            return
        total = sum(CELLS[cell] for cell in cells)
        assert report.json["summary"]["total_time"] == total
        assert sum(map(float, shown_seconds(tables, "total-time"))) == total
        assert {cell for cell, seconds in CELLS.items() if f"zqt{seconds:04}q" in rows.text} == cells

    @rule()
    def open_the_page(self) -> None:
        layout = self.browser.get(f"{PREFIX}/_dash-layout")
        searches = {
            kind: self._call("seek", {"kind": kind, "text": "", "workspaces": []})
            for kind in ("member", "workspace", "project")
        }
        person = self.person
        if person is None or refused(self.world, person):
            right = 401 if person is None else 403
            assert {answer.status_code for answer in (layout, *searches.values())} == {right}
            return
        allowed = offer(self.world, person)
        found = {
            kind: {each["value"] for each in answer.json["response"]["found"]["data"]["options"]}
            for kind, answer in searches.items()
        }
        assert found == {
            "member": set(allowed.members),
            "workspace": set(allowed.workspaces),
            "project": set(allowed.projects),
        }
        for place, project in enumerate(PROJECTS):
            assert (f"zqp000{place}q" in layout.text) == (project in allowed.projects)

    # -- Downloads

    @precondition(lambda self: self.running is None)
    @rule(ask=asks)
    def begin_a_download(self, ask: Ask) -> None:
        decision = decide(self.world, self.person, ask)
        address = f"{PREFIX}/export/timeline.csv?{PERIOD}&{_address(ask)}"
        answer = self.browser.get(address, buffered=False)
        assert answer.status_code in decision.statuses
        if answer.status_code != 200:
            answer.close()
            return
        person = self.person
        assert person is not None
        self.running = Running(answer, ask, person, decision, offer(self.world, person))
        assert set(self.running.read()) <= decision.projects
        assert self.running.rows <= BATCH

    @precondition(lambda self: self.running is not None)
    @rule()
    def read_on(self) -> None:
        running = self.running
        assert running is not None
        must, may = self._goes_on(running)
        before = running.rows
        try:
            projects = running.read()
        except StopIteration:
            # The end is clean only where nothing is missing; how could a part be told from the whole otherwise?
            assert running.rows == running.due
            self._close()
        except Exception:
            assert not must
            self._close()
        else:
            assert may, f"{running.rows - before} rows came after the right to them was lost"
            assert set(projects) <= running.decision.projects
            assert running.rows <= running.due

    def _goes_on(self, running: Running) -> tuple[bool, bool]:
        """Say whether the next rows must come, and whether they may."""
        person = self.person
        now = decide(self.world, person, running.ask)
        if person is None or now.statuses != {200}:
            return False, False
        rights = offer(self.world, person)
        covered = (
            now.subjects == running.decision.subjects
            and running.decision.projects <= set(rights.projects)
            and not (ROLES[person.role].members == "self" != ROLES[running.person.role].members)
        )
        same = (person, rights, now) == (running.person, running.rights, running.decision)
        return same, covered

    def _close(self) -> None:
        if self.running is not None:
            with suppress(Exception):
                self.running.answer.close()
            self.running = None

    @rule()
    def give_up(self) -> None:
        self._close()

    def teardown(self) -> None:
        self._close()


def _address(ask: Ask) -> str:
    return "&".join(f"{name}={value}" for name, value in ask.pairs())


def test_every_answer_is_right_at_the_moment_of_asking(store: Store) -> None:
    run_state_machine_as_test(
        lambda: Changes(store), settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None)
    )


LOSSES: dict[str, tuple[str, str]] = {
    "sign_out": ("annotator", ""),
    "removal from a project": ("annotator", ""),
    "removal from a project that was asked for": ("annotator", "project=q"),
    "a project that moves away": ("manager", ""),
    "a project that moves away, asked for by its workspace": ("manager", "workspace=v"),
    "demotion": ("owner", ""),
    "demotion to nothing": ("owner", "user=ann"),
    "deactivation": ("annotator", ""),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_running_download_breaks_off(store: Store, loss: str) -> None:
    """The losses one by one, whatever Hypothesis draws: not one row comes after them, and no clean end."""
    role, asked = LOSSES[loss]
    machine = Changes(store)
    machine.begin(role)
    if "moves" in loss:
        machine.join([("workspace", "v")])
    answer = machine.browser.get(f"{PREFIX}/export/timeline.csv?{PERIOD}&{asked}", buffered=False)
    parts = iter(answer.response)
    assert next(parts).count(b"\r\n") == BATCH + 1
    match loss:
        case "sign_out":
            machine.sign_out()
        case "deactivation":
            machine.activate(False)
        case "demotion" | "demotion to nothing":
            machine.change_role("king" if "nothing" in loss else "annotator")
        case _ if "moves" in loss:
            machine.move("q", "w")
        case _:
            machine.join([("project", "p")])
    with pytest.raises(Exception, match=r"sign in|outside|not active|role"):
        next(parts)
    answer.close()


@pytest.mark.parametrize("role", ["annotator", "owner"])
def test_one_that_loses_nothing_goes_on_to_its_end(store: Store, role: str) -> None:
    machine = Changes(store)
    machine.begin(role)
    answer = machine.browser.get(f"{PREFIX}/export/timeline.csv?{PERIOD}", buffered=False)
    parts = iter(answer.response)
    rows = next(parts).count(b"\r\n") - 1
    machine.join([("project", "p"), ("project", "q"), ("workspace", "w")])
    machine.platform.people[VIEWER] = replace(Person(ORGANIZATION, VIEWER, role))
    rows += sum(part.count(b"\r\n") for part in parts)
    answer.close()
    assert rows == sum(LONG.values())
