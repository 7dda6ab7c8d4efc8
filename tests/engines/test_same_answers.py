"""Every engine gives the same answers, byte for byte: reports, downloads, rows, lists and searches."""

import io
import itertools
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from perfwidget.facts import (
    Action,
    Comment,
    Fact,
    Member,
    Membership,
    Project,
    Recorded,
    ReviewVisit,
    Workspace,
)
from perfwidget.facts.ingest import EmailTold, Inferred, Observation
from perfwidget.metrics import BY_KEY, METRICS
from perfwidget.question import access
from perfwidget.question.access import Viewer
from perfwidget.question.query import parse
from perfwidget.sources.export import ImportResult, read_export
from perfwidget.stores import Store, open_store
from perfwidget.stores.listing import Order, Slice
from tests.conftest import WHOLE
from tests.engines.clickhouse_server import ClickHouse
from tests.engines.server import Server
from tests.exports import export, row
from tests.hosts import host
from tests.worlds import ORGANIZATION, annotation, at, review, scoped

START = at("2024-03-20 00:30")
ACTIONS = ("submitted", "updated", "accepted", "fixed_and_accepted", "rejected", "skipped", "Odd_action", "odd action")
TIMES = (None, 0, 0.1, 0.0000015, 59.999999, 30, 30, float("nan"), -2, 86_400, 10**9)
SCORES = (None, 0.42, 1 / 3, 0, 1)
# By their bytes Z comes before a, and ä after both; in a dictionary they do not.
NAMES = (
    "Zoe",
    "anna",
    "Anna",
    "ähm",
    "Änne",
    "ÅSA",
    "İpek",
    "ΣΟΦΟΣ",
    "straße",
    "ДАША",
    "日本",
    "_x",
    "-y",
    "é",
    "e\u0301",
)
PROJECTS = ("p", "P", "p1", "p10", "p2", "ü", "_p")
WORKERS = ("ann", "Ann", "bob", "örn")


def world() -> Iterator[Fact | Observation]:
    """Yield facts with equal instants, ids that dictionaries put in another order, and times of every kind."""
    yield Member(ORGANIZATION, "boss", "boss@acme.example", "Boss", role="owner")
    yield Member(ORGANIZATION, "max", "MAX@acme.example", None, role="manager")
    for number, name in enumerate(NAMES):
        email = f"{name}@acme.example" if number % 3 else None
        yield Member(ORGANIZATION, f"n{number}-{name}", email, name if number % 4 else None, role="annotator")
    for number, project in enumerate(PROJECTS[:-2]):
        yield Project(ORGANIZATION, project, "w" if number % 2 else None, title=f"{NAMES[-number]} {project}")
    yield Workspace(ORGANIZATION, "w", "Workspace")
    yield Membership(ORGANIZATION, "max", workspace_id="w")
    yield Membership(ORGANIZATION, "max", project_id="ü")
    for kind in ("actions", "reviews", "review_visits", "comments"):
        yield Recorded(ORGANIZATION, kind, since=at("2024-03-22 00:00") if kind == "review_visits" else None)
    turns = itertools.cycle(range(7 * 11 * 13))
    for number in range(260):
        turn = next(turns)
        worker, project = WORKERS[turn % 4], PROJECTS[turn % 7]
        done = START + timedelta(hours=turn % 53 * 5, microseconds=turn % 3)
        one = f"{'aBä_-'[turn % 5]}{number}"
        task = {"project_id": project, "task_id": f"{turn % 90}"}
        yield annotation(
            one,
            done.isoformat(),
            completed_by=worker,
            created_at=done - timedelta(days=turn % 20),
            lead_time=TIMES[turn % 11],
            last_action=ACTIONS[turn % 8],
            was_cancelled=turn % 13 == 0,
            completed_at_estimated=turn % 17 == 0,
            **task,
        )
        yield Action(
            ORGANIZATION, one, one, user_id=worker, action=ACTIONS[turn % 8], created_at=done, lead_time=1.5, **task
        )
        said = {"completed_by": worker, "reviewer_id": WORKERS[turn % 3], "score": SCORES[turn % 5]}
        yield review(
            one, done.isoformat(), ("accepted", "rejected", "fixed_and_accepted", "odd")[turn % 4],
            annotation_id=one, **said, **task,
        )  # fmt: skip
        closed = None if turn % 9 == 0 else done + timedelta(seconds=turn % 60 - 5)
        yield ReviewVisit(ORGANIZATION, one, one, project, WORKERS[turn % 3], done, closed)
        yield Comment(
            ORGANIZATION, one, one, completed_by=worker, created_by=WORKERS[turn % 2], created_at=done,
            text=f"=1+{NAMES[turn % len(NAMES)]}\n", updated_at=done, is_resolved=bool(turn % 2), **task,
        )  # fmt: skip
    yield from by_email()


def by_email() -> Iterator[Fact | Observation]:
    """Yield work of somebody who is named by e-mail alone, then who that is."""
    mine = export(row(id="by e-mail", completed_by={"email": "ÖRN@X.example"}), id=1, project="p")
    yield from read_export(io.BytesIO(json.dumps(mine).encode()), ORGANIZATION, ImportResult())
    yield Inferred(Member(ORGANIZATION, "örn", "Örn@x.Example", "Örn", role="annotator"), START)
    yield EmailTold(ORGANIZATION, "örn@x.example", "member", "örn")


@pytest.fixture(scope="module", params=["postgresql", "clickhouse"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Store]]:
    """The same facts on two engines, written at once on the embedded one, backwards and one by one on the other."""
    server: Server | ClickHouse = request.getfixturevalue(request.param)
    embedded = f"duckdb:///{tmp_path_factory.mktemp('same')}/facts.duckdb"
    with closing(open_store(embedded)) as one, closing(open_store(server.new_store())) as other:
        one.write(world(), unknown="keep")
        facts, last = list(world()), len(list(by_email()))
        other.write(reversed(facts[:-last]), unknown="keep")
        for fact in facts[-last:]:
            other.write([fact])
        yield one, other


PERIODS = (
    "from=2024-03-20&to=2024-04-10&tz=Europe/Berlin",
    "from=2024-03-20&to=2024-04-10&tz=America/Sao_Paulo&project=p&project=ü",
    "preset=all_time&tz=UTC&workspace=w",
)
DOWNLOADS = ("report.json", "report.csv", "members.csv", "timeline.csv", "comments.csv")


# Of the rows behind numbers every question has a sixth, so that each number is asked for once.
@pytest.mark.parametrize("turn", range(6))
def test_downloads_are_the_same_bytes(stores: tuple[Store, Store], turn: int) -> None:
    period, user = PERIODS[turn % 3], ("ann", "örn")[turn % 2]
    metrics = METRICS if WHOLE else METRICS[turn::6]
    answers: list[list[tuple[int, bytes]]] = []
    for store in stores:
        browser = host(store).test_client()
        browser.get("/login?as=boss:owner")
        kinds = [*DOWNLOADS, *(f"rows.csv?metric={metric.key}" for metric in metrics)]
        addresses = [f"/performance/export/{kind}{'&' if '?' in kind else '?'}user={user}&{period}" for kind in kinds]
        answers.append([])
        for address in addresses:
            with browser.get(address) as answer:
                answers[-1].append((answer.status_code, answer.data))
    assert answers[0] == answers[1]
    assert {status for status, _ in answers[0]} <= {200, 400}
    assert answers[0][0][0] == 200


def told(store: Store, viewer: Viewer, ask: Any) -> Any:
    with store.reading() as reader:
        return ask(reader, scoped(store, viewer).scope)


VIEWERS = [Viewer(ORGANIZATION, "boss", "owner"), Viewer(ORGANIZATION, "max", "manager")]


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda viewer: viewer.user_id)
def test_lists_have_the_same_members_in_the_same_order(stores: tuple[Store, Store], viewer: Viewer) -> None:
    for ask in (
        lambda reader, scope: reader.members(scope, "", 99),
        lambda reader, scope: reader.members(scope, "", 4),
        lambda reader, scope: reader.projects(scope),
        lambda reader, scope: reader.workspaces(scope),
        lambda reader, scope: reader.organizations(),
    ):
        first, second = (told(store, viewer, ask) for store in stores)
        assert first == second
        assert first


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ANNA", {"anna", "Anna"}),
        ("ÄN", {"Änne"}),
        ("äh", {"ähm"}),
        ("åsa", {"ÅSA"}),
        ("İP", {"İpek"}),
        ("ipek", {"İpek"}),
        ("ΦΟΣ", {"ΣΟΦΟΣ"}),
        ("φοσ", {"ΣΟΦΟΣ"}),
        ("STRASSE", set()),
        ("даша", {"ДАША"}),
        ("本", {"日本"}),
        ("é", {"é"}),
        ("%", set()),
        ("_x", {"_x"}),
        ("\0", set()),
        ("\ud800", set()),
        ("max@ACME", {None}),
    ],
)
def test_searches_find_the_same_members_in_any_script(
    stores: tuple[Store, Store], search: str, found: set[str | None]
) -> None:
    answers = [told(store, VIEWERS[0], lambda reader, scope: reader.members(scope, search, 99)) for store in stores]
    assert answers[0] == answers[1]
    shown = {each.name or (each.user_id.split("-", 1)[1] if "-" in each.user_id else None) for each in answers[0]}
    assert shown == found


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("descending", [False, True])
def test_pages_of_rows_are_in_the_same_order(stores: tuple[Store, Store], order: Order, descending: bool) -> None:
    whole = Slice(0, int(at("2100-01-01 00:00").timestamp()) * 1_000_000)
    for key in ("total_time", "skipped", "first_pass", "reviews_rejected", "review_time", "comments_received"):
        metric = BY_KEY[key]
        pages = []
        for store in stores:
            asked = scoped(store, user="ann", from_="2024-03-20", to="2024-04-10")
            with store.reading() as reader:
                rows = reader.page(asked, metric.rows, whole, order, descending=descending, place=slice(1, 40))
                pages.append((rows, reader.tally(asked, metric.rows, whole)))
        assert pages[0] == pages[1]


def test_what_a_member_known_by_e_mail_did_has_passed_on(stores: tuple[Store, Store]) -> None:
    for store in stores:
        names = {each.user_id for each in told(store, VIEWERS[0], lambda reader, scope: reader.members(scope, "", 99))}
        assert "örn@x.example" not in names
        assert "örn" in names
        with store.reading() as reader:
            found = reader._rows("SELECT completed_by FROM annotations WHERE annotation_id = 'by e-mail'", {})
        assert list(map(tuple, found)) == [("örn",)]


def test_a_fingerprint_changes_with_any_fact_in_scope_and_with_no_other(stores: tuple[Store, Store]) -> None:
    ann = Viewer(ORGANIZATION, "ann", "annotator", projects=["p"])
    when = "2024-03-25 12:00"
    mine = annotation("new", when, project_id="p", lead_time=None)
    seen = [
        mine,
        replace(mine, lead_time=0),
        replace(mine, lead_time=-1),
        replace(mine, lead_time=0, started_at=at(when)),
        replace(mine, lead_time=0, flags=0),
        replace(mine, lead_time=0, was_cancelled=True),
        replace(mine, last_action="updated"),
    ]
    unseen = [
        replace(mine, project_id="p1"),
        replace(mine, completed_by="bob"),
        replace(mine, completed_by=None),
        annotation("new", "2024-01-01 12:00", project_id="p"),
        replace(mine, organization_id="elsewhere"),
    ]
    query = parse({"from": ["2024-03-20"], "to": ["2024-04-10"], "tz": ["UTC"]})
    for store in stores:

        def told(store: Store = store) -> str:
            with store.reading() as reader:
                return reader.fingerprint(access.scope(ann, query, reader.standing(ann, query)))

        found = [told()]
        for facts in (seen, unseen):
            for fact in facts:
                store.write([fact])
                found.append(told())
                store.remove([fact])
            assert told() == found[0]
        assert len(set(found[: 1 + len(seen)])) == 1 + len(seen)
        assert set(found[1 + len(seen) :]) == {found[0]}


def test_a_fingerprint_of_everybody_changes_with_anybodys_facts_in_scope(stores: tuple[Store, Store]) -> None:
    max_ = Viewer(ORGANIZATION, "max", "manager")
    query = replace(parse({"from": ["2024-03-20"], "to": ["2024-04-10"], "tz": ["UTC"]}), everybody=True)
    member, stranger = (annotation("new", "2024-03-25 12:00", project_id="ü", completed_by=who) for who in ("max", "x"))
    for store in stores:

        def told(store: Store = store) -> str:
            with store.reading() as reader:
                return reader.fingerprint(access.scope(max_, query, reader.standing(max_, query)))

        before = told()
        for fact, changes in ((member, True), (stranger, False), (replace(member, project_id="p"), False)):
            store.write([fact])
            assert (told() != before) is changes
            store.remove([fact])
        assert told() == before
