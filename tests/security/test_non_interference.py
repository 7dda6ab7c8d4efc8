"""What a viewer may not see leaves no trace: two worlds that differ in nothing else give the same answers to the byte.

A world is drawn, then all that the viewer may not see is taken out and something else put in its place. What an answer
says of the time of day and the random id that Dash writes into each page are taken out before answers are compared;
nothing else is.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from perfwidget.facts import (
    RECORDED_KINDS,
    Action,
    Annotation,
    Comment,
    Fact,
    Member,
    Membership,
    Project,
    Recorded,
    Review,
    ReviewVisit,
    Workspace,
)
from perfwidget.facts.ingest import Bookmark
from perfwidget.stores import Store, open_store
from tests.conftest import WHOLE
from tests.hosts import asking_body
from tests.security.authorization_world import FIRST_DAY, PREFIX, Platform
from tests.security.oracle import ROLES, Offer, Person, World, offer

EXAMPLES = 150 if WHOLE else 12
PERIOD = "from=2024-03-01&to=2024-03-05&tz=UTC"
VIEWER, HERE, THERE = "a", "one", "two"
METRICS = ("total_time", "submitted_annotations", "performance_score", "reviews_rejected", "review_time", "skipped")
TABLES = (
    "",
    "sort=-total_time",
    "sort=performance_score&size=25&page=2&idle=show",
    "tab=reviews&sort=-review_time&idle=show",
    "columns=first_pass,last_active,comments_received&sort=-last_active",
)

ids = st.integers(1, 4)
people = st.sampled_from(["a", "a", "b", "c", "stranger"])
projects = st.sampled_from(["p", "q", "r", "s"])
workspaces = st.sampled_from(["v", "w", "x"])
organizations = st.sampled_from([HERE, HERE, HERE, THERE])
instants = st.integers(0, 4).map(lambda day: FIRST_DAY + timedelta(days=day, hours=9))
words = st.sampled_from(["Ada", "Bob", "lorem", "ipsum", "Zürich", "42"])
reviews = st.sampled_from(["accepted", "rejected", "fixed_and_accepted", "elsewise"])


def _annotation(where: str, name: int, project: str, who: str, when: Any, last: str, lead: float | None) -> Fact:
    columns = {"created_at": when - timedelta(days=name), "completed_at": when, "updated_at": when, "lead_time": lead}
    return Annotation(
        where, name, project, f"t{name}", who, last_action=last, was_cancelled=last == "skipped", **columns
    )


def _comment(where: str, name: int, of: int, project: str, owner: str, by: str, text: str, when: Any) -> Fact:
    return Comment(where, name, of, project, f"t{of}", owner, by, text, when, when)


def _action(where: str, name: int, of: int, project: str, who: str, when: Any) -> Fact:
    return Action(where, name, of, project, f"t{of}", who, "updated", created_at=when, lead_time=name / 8)


def _review(where: str, name: int, of: int, project: str, owner: str, by: str, action: str, when: Any) -> Fact:
    score = name / 16 if action == "fixed_and_accepted" else None
    return Review(where, name, of, project, f"t{of}", owner, by, action, score, created_at=when + timedelta(hours=1))


def _visit(where: str, name: int, of: int, project: str, who: str, when: Any) -> Fact:
    return ReviewVisit(where, name, of, project, who, when, when + timedelta(seconds=name * 7))


last_actions = st.sampled_from(["submitted", "updated", "updated", "skipped", "rejected", "imported"])
facts = st.one_of(
    st.builds(
        _annotation, organizations, ids, projects, people, instants, last_actions, st.sampled_from([None, 1, 2.5])
    ),
    st.builds(_comment, organizations, ids, ids, projects, people, people, words, instants),
    st.builds(_action, organizations, ids, ids, projects, people, instants),
    st.builds(_review, organizations, ids, ids, projects, people, people, reviews, instants),
    st.builds(_visit, organizations, ids, ids, projects, people, instants),
    st.builds(
        lambda where, who, name: Member(where, who, f"{name}@{where}.example", name, role="annotator"),
        organizations,
        st.sampled_from(["b", "c"]),
        words,
    ),
    st.builds(Project, organizations, projects, st.none() | workspaces, title=words),
    st.builds(Workspace, organizations, workspaces, words),
    st.builds(lambda where, who, name: Membership(where, who, project_id=name), organizations, people, projects),
    st.builds(lambda where, who, name: Membership(where, who, workspace_id=name), organizations, people, workspaces),
    st.builds(Recorded, organizations, st.sampled_from(["actions", "reviews", "review_visits", "comments"])),
)
pools = st.lists(facts, min_size=4, max_size=30)


class Sight:
    """What a viewer sees of a world."""

    def __init__(self, viewer: Person, world: list[Fact]) -> None:
        rights = ROLES[viewer.role]
        self.everything = rights.projects == "organization"
        self.chooses = rights.members == "organization"
        here = [fact for fact in world if fact.organization_id == HERE]
        members = {fact.user_id for fact in here if isinstance(fact, Member)} | {VIEWER}
        mine = {fact for fact in here if isinstance(fact, Membership) and fact.user_id == VIEWER}
        self.single = {fact.project_id for fact in mine if fact.project_id}
        self.groups = {fact.workspace_id for fact in mine if fact.workspace_id}
        facts_of = World(
            {(HERE, str(user)): True for user in members},
            {(HERE, str(fact.project_id)): fact.workspace_id for fact in here if isinstance(fact, Project)},
            {(HERE, VIEWER, "project", str(name)) for name in self.single}
            | {(HERE, VIEWER, "workspace", str(name)) for name in self.groups},
        )
        self.offer: Offer = offer(facts_of, viewer)
        self.members = members if self.chooses else {VIEWER}
        self.visited = {
            (fact.annotation_id, fact.project_id)
            for fact in here
            if isinstance(fact, ReviewVisit) and self._in_sight(fact.project_id, fact.user_id)
        }

    def _in_sight(self, project: object, *whose: object) -> bool:
        return project in self.offer.projects and not self.members.isdisjoint(whose)

    def sees(self, fact: Fact) -> bool:
        """Say whether the viewer may learn anything of a fact."""
        if fact.organization_id != HERE:
            return False
        if self.everything:
            return True
        match fact:
            case Recorded():
                return True
            case Member(user_id=user):
                return self.chooses or user == VIEWER
            case Membership(user_id=user):
                return user == VIEWER
            case Workspace(workspace_id=workspace):
                return workspace in self.offer.workspaces
            case Project(project_id=project, workspace_id=workspace):
                return project in self.single or workspace in self.groups
            case Annotation(annotation_id=name, project_id=project, completed_by=owner):
                # Who looked at an annotation knows its task.
                return self._in_sight(project, owner) or (name, project) in self.visited
            case (
                Review(project_id=project, completed_by=owner, reviewer_id=by)
                | Comment(project_id=project, completed_by=owner, created_by=by)
            ):
                return self._in_sight(project, owner, by)
            case Action(project_id=project, user_id=user) | ReviewVisit(project_id=project, user_id=user):
                return self._in_sight(project, user)
        raise AssertionError(fact)


def _once(drawn: Iterable[Fact]) -> list[Fact]:
    """Return facts of which no two have the same key."""
    return list({fact.key: fact for fact in drawn}.values())


def _two_worlds(viewer: Person, drawn: list[Fact], other: list[Fact]) -> tuple[list[Fact], list[Fact]]:
    # What an organization records at all is no secret of anybody's, and a fact of a kind shows it.
    known = [
        Member(HERE, VIEWER, "a@one.example", "Anna", role=viewer.role),
        *(Recorded(HERE, each) for each in RECORDED_KINDS),
    ]
    one = _once([*drawn, *known])
    sight = Sight(viewer, one)
    kept = [fact for fact in one if sight.sees(fact)]
    taken = {fact.key for fact in kept}
    put = [fact for fact in _once(other) if not sight.sees(fact) and fact.key not in taken]
    return one, [*put, *kept]


def _questions(asked: str, metric: str, table: str) -> Iterator[tuple[str, Any]]:
    """Yield all that can be asked: paths, and callbacks with their values."""
    sought = {"question": f"{PERIOD}&{asked}&rows={metric}"}
    team = {"question": f"{PERIOD}&{asked}", "table": table}
    yield f"/?{PERIOD}&{asked}", None
    yield "/_dash-layout", None
    yield f"/export/report.json?{PERIOD}&{asked}", None
    yield f"/export/report.csv?{PERIOD}&{asked}", None
    yield f"/export/members.csv?{PERIOD}&{asked}", None
    yield f"/export/members.csv?{PERIOD}&{asked}&{table}", None
    yield f"/export/timeline.csv?preset=all_time&{asked}", None
    yield f"/export/comments.csv?preset=all_time&{asked}", None
    yield f"/export/rows.csv?{PERIOD}&{asked}&metric={metric}", None
    yield "asked", {"question": f"{PERIOD}&{asked}"}
    yield "look", {"question": f"{PERIOD}&{asked}"}
    yield "rows-sought", sought
    yield "rows-sought", {"question": f"{sought['question']}&rows_user=b"}
    yield "team-sought", team
    yield "asked", team
    yield from (("team-sought", {**team, "question": f"{PERIOD}&user=a", "among": each}) for each in ("_", "_a_b"))
    yield "team-sought", {"question": f"{PERIOD}&{asked}", "table": "open=b"}
    yield "rows-sought", {"question": f"{PERIOD}&{asked}&rows={metric}&rows_user=b&rows_project=p"}
    yield from (("seek", {"kind": kind, "text": "", "workspaces": []}) for kind in ("member", "workspace", "project"))
    yield "seek", {"kind": "member", "text": "b", "workspaces": []}


class Side:
    """One of the two worlds, with the viewer's browser."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.platform = Platform(store, {VIEWER: Person(HERE, VIEWER, "owner")})
        self.browser = self.platform.browser(VIEWER)
        self._bodies = {
            name: asking_body(self.browser, name, None)
            for name in ("asked", "look", "seek", "rows-sought", "team-sought")
        }

    def answers(
        self, viewer: Person, world: list[Fact], asked: str, metric: str, table: str
    ) -> list[tuple[object, ...]]:
        """Put the world in, ask everything, take the world out again."""
        self.platform.people[VIEWER] = viewer
        self.store.write([*world, *_bookmarks(world)], unknown="keep")
        try:
            return [(place, *self._answer(place, value)) for place, value in _questions(asked, metric, table)]
        finally:
            self.store.remove(world)

    def _answer(self, place: str, value: object) -> tuple[object, ...]:
        if value is None:
            answer = self.browser.get(PREFIX + place, buffered=True)
            text = re.sub('"end_id":"[^"]*"', "", answer.text)
        else:
            body = {**self._bodies[place]}
            body["inputs"] = [{**body["inputs"][0], "value": value}]
            answer = self.browser.post(f"{PREFIX}/_dash-update-component", json=body)
            text = json.dumps(_without_time(answer.json)) if place == "asked" else answer.text
        headers = sorted((name, said) for name, said in answer.headers if name not in ("Date", "Content-Length"))
        return answer.status_code, headers, text


def _bookmarks(world: list[Fact]) -> Iterator[Bookmark]:
    """Yield how far a source was read of each organization: other facts, another place, of one and the same age."""
    for where in (HERE, THERE):
        facts = sorted(repr(fact) for fact in world if fact.organization_id == where)
        yield Bookmark(where, "source", hashlib.sha256("".join(facts).encode()).hexdigest(), FIRST_DAY)
        yield Bookmark(where, "project q", str(len(facts)))


def _without_time(answer: dict[str, Any]) -> dict[str, Any]:
    """Take out when the figures were worked out: the clock beside the heading, and the script's copy of it."""
    if "response" in answer:
        assert set(answer["response"].pop("as-of")) == {"children", "dateTime", "title"}
        del answer["response"]["answer"]["data"]["time"]
    return answer


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    folder = tmp_path_factory.mktemp("worlds")
    stores = [open_store(f"duckdb:///{folder}/{name}.duckdb") for name in ("one", "other")]
    yield Side(stores[0]), Side(stores[1])
    for store in stores:
        store.close()


OWN = Membership(HERE, VIEWER, project_id="p")
UPDATED = _annotation(HERE, 1, "p", VIEWER, FIRST_DAY, "updated", 1)


@settings(max_examples=EXAMPLES)
@given(
    role=st.sampled_from([*ROLES, "manager", "reviewer", "annotator"]),
    drawn=pools,
    other=pools,
    asked=st.sampled_from(
        [
            "",
            "members=all",
            "user=b",
            "user=a&user=b",
            "user=stranger",
            "project=p",
            "project=q",
            "workspace=v",
            "user=b&project=p",
        ]
    ),
    metric=st.sampled_from(METRICS),
    table=st.sampled_from(TABLES),
)
# Work that stands in one project now and was reviewed or looked at in another.
@example(
    "annotator", [OWN, UPDATED], [_review(HERE, 1, 1, "q", VIEWER, "b", "rejected", FIRST_DAY)], "", "total_time", ""
)
@example(
    "manager", [OWN, UPDATED], [_review(HERE, 1, 1, "q", VIEWER, "b", "rejected", FIRST_DAY)], "", "total_time", ""
)
@example(
    "reviewer",
    [OWN, _visit(HERE, 1, 2, "p", VIEWER, FIRST_DAY)],
    [_annotation(HERE, 2, "q", "b", FIRST_DAY, "submitted", 1)],
    "",
    "review_time",
    "",
)
def test_what_may_not_be_seen_leaves_no_trace(
    sides: tuple[Side, Side], role: str, drawn: list[Fact], other: list[Fact], asked: str, metric: str, table: str
) -> None:
    viewer = Person(HERE, VIEWER, role)
    one, two = _two_worlds(viewer, drawn, other)
    event(f"worlds differ: { ({fact.key for fact in one} != {fact.key for fact in two}) }")
    told = sides[0].answers(viewer, one, asked, metric, table)
    for before, after in zip(told, sides[1].answers(viewer, two, asked, metric, table), strict=True):
        assert after == before


def test_what_may_be_seen_does_leave_one(sides: tuple[Side, Side]) -> None:
    """The test of the test: every place that is asked tells two worlds apart that the viewer may tell apart."""
    viewer = Person(HERE, VIEWER, "manager")
    me = Member(HERE, VIEWER, "a@one.example", "Anna", role="manager")
    one = [OWN, me, Project(HERE, "p", "v", title="Title"), Workspace(HERE, "v", "Group"), UPDATED]
    two = [
        *one[:1],
        Member(HERE, VIEWER, "a@one.example", "Berta", role="manager"),
        Project(HERE, "p", "v", title="Another"),
        Workspace(HERE, "v", "Others"),
        _annotation(HERE, 1, "p", VIEWER, FIRST_DAY, "updated", 2),
        _action(HERE, 1, 1, "p", VIEWER, FIRST_DAY),
        _comment(HERE, 1, 1, "p", VIEWER, "c", "text", FIRST_DAY),
        Member(HERE, "b", "b@one.example", "Bob", role="annotator"),
    ]
    told = sides[0].answers(viewer, one, "", "total_time", TABLES[1])
    after = sides[1].answers(viewer, two, "", "total_time", TABLES[1])
    same = [first[0] for first, second in zip(told, after, strict=True) if first == second]
    assert same == [f"/?{PERIOD}&"]  # the page itself holds no figures
