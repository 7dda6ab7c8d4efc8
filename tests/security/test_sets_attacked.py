"""Who asks for several members by forged requests gets what their role has, and nothing tells of anybody else."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from flask.testing import FlaskClient

from perfwidget import Viewer, open_store
from perfwidget.facts import Comment, Member, Membership, Project, Recorded
from perfwidget.metrics import BY_KEY
from perfwidget.question.access import Scope, scope
from perfwidget.question.query import parse
from perfwidget.stores import Store
from tests.conftest import WHOLE, NewStore
from tests.hosts import asking, host
from tests.worlds import ORGANIZATION, OWNER, annotation, at, people, review

MARCH = "from=2024-03-04&to=2024-03-10&tz=UTC"
FILES = ("report.csv", "report.json", "members.csv", "timeline.csv", "comments.csv", "rows.csv?metric=total_time")
NO_CHOICE = ("ann:annotator", "rev:reviewer")
SETS = ("members=all", "user={own}&user=boss", "user={own}&user=nobody", "user={own}&user=ghost", "user=boss")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Give a store in which Ghost, of whom there is no record, worked beside Ann, and Max manages one project."""
    opened = open_store(f"duckdb:///{tmp_path_factory.mktemp('sets')}/facts.duckdb")
    said = at("2024-03-06 12:00")
    opened.write(
        [
            *people(),
            Project(ORGANIZATION, "p3", None, title="Hidden"),
            Member(ORGANIZATION, "max", "max@acme.example", "Max", role="manager"),
            Membership(ORGANIZATION, "max", project_id="p2"),
            *(Recorded(ORGANIZATION, kind) for kind in ("reviews", "comments")),
            annotation(1, "2024-03-04 12:00", lead_time=30),
            annotation(2, "2024-03-05 12:00", lead_time=50, project_id="p2", completed_by="ghost"),
            annotation(3, "2024-03-06 12:00", lead_time=4_321, project_id="p3"),
            annotation(4, "2024-03-06 12:00", lead_time=8, project_id="p2"),
            review(1, "2024-03-06 12:00", "rejected", project_id="p3", annotation_id=3),
            Comment(ORGANIZATION, 1, 3, "p3", "t3", "ann", "ghost", "Unseen.", said, said, is_resolved=False),
        ]
    )
    yield opened
    opened.close()


def client(store: Store, who: str, **settings: Any) -> FlaskClient:
    browser = host(store, **settings).test_client()
    browser.get(f"/login?as={who}")
    return browser


def forged(question: str) -> Iterator[tuple[str, Any]]:
    """Yield each callback on the server that answers a question, with what a forger would send it."""
    yield "asked", {"question": question}
    yield "asked", {"question": question, "table": "sort=-total_time&idle=show&size=200"}
    yield "team-sought", {"question": question, "table": "sort=last_active"}
    yield "team-sought", {"question": question, "table": "", "among": "_"}
    yield "rows-sought", {"question": f"{question}&rows=total_time"}
    yield "open-tables", {"question": question, "open": ["total-time-opener"]}
    yield "look", {"question": question}


@pytest.mark.parametrize("who", NO_CHOICE)
@pytest.mark.parametrize("asked", SETS)
def test_who_may_not_choose_is_refused_in_the_same_words_everywhere(store: Store, who: str, asked: str) -> None:
    browser = client(store, who)
    question = f"{asked.format(own=who.partition(':')[0])}&{MARCH}"
    answers = [asking(browser, *each) for each in forged(question)]
    # What else of a question may be put beside it: by the table's part, or for one row of it.
    own = f"user={who.partition(':')[0]}&{MARCH}"
    answers.append(asking(browser, "rows-sought", {"question": f"{own}&rows=total_time&rows_user=ghost"}))
    answers.append(asking(browser, "team-sought", {"question": own, "table": "user=ghost"}))
    answers.append(asking(browser, "asked", {"question": own, "table": "sort=member&user=boss"}))
    for file in FILES:
        answers.append(browser.get(f"/performance/export/{file}{'&' if '?' in file else '?'}{question}"))
    assert {(each.status_code, each.json["error"]) for each in answers} == {
        (403, "This is outside what you may see; ask for a member, workspace or project of your own.")
    }


@pytest.mark.parametrize("who", [*NO_CHOICE, "max:manager"])
def test_nobody_out_of_sight_is_searched_counted_or_led_to(store: Store, who: str) -> None:
    browser = client(store, who)
    known = {"boss", "ann", "rev", "max"} if who == "max:manager" else {who.partition(":")[0]}
    for text in ("", "ghost", "gho", "%", "_", "ann ghost", "ghost; boss@acme.example, ann", "*", "Boss\n"):
        found = asking(browser, "seek", {"kind": "member", "text": text, "workspaces": []})
        options = found.json["response"]["found"]["data"]["options"]
        values = {value for each in options for value in each["value"].split("_") if value}
        assert values <= known
        assert "ghost" not in json.dumps([each["label"] for each in options]).replace("not found: ghost", "")
    for among in ("_", "_ann_ghost", "ghost", "_ann_nobody", "_" * 99, "__proto__"):
        sought = {
            "question": f"user={who.partition(':')[0]}&{MARCH}",
            "table": "sort=-total_time&idle=show",
            "among": among,
        }
        content = json.dumps(asking(browser, "team-sought", sought).json["response"]["neighbours"]["content"])
        assert "ghost" not in content
        assert content == "[]" or who == "max:manager"


@pytest.mark.parametrize("key", [*BY_KEY] if WHOLE else [*BY_KEY][::2])
def test_no_order_of_a_managers_table_tells_of_work_elsewhere(store: Store, key: str) -> None:
    """Ann has the most and the latest of everything, but in a project that is not Max's."""
    browser = client(store, "max:manager")
    for table in (f"sort={key}&idle=show", f"sort=-{key}&idle=show", f"sort=-{key}&columns={key}"):
        answer = asking(browser, "team-sought", {"question": f"members=all&{MARCH}", "table": table})
        content = json.dumps(answer.json["response"]["team"]["content"])
        for hidden in ("ghost", "Hidden", "4321", "1h 12m", "Unseen"):
            assert hidden not in content
    with browser.get(f"/performance/export/members.csv?members=all&{MARCH}&idle=show&sort=-{key}") as file:
        names = [line.split(",")[0] for line in file.data.decode().splitlines()[1:]]
    alone = asking(browser, "asked", {"question": f"user=ann&{MARCH}&project=p2"})
    assert alone.status_code == 200
    assert sorted(names) == ['"ann"', '"boss"', '"max"', '"rev"']
    # In Max's project Ann has one annotation, and nobody has anything else: who has the most is she, or equals by id.
    assert names[0] == '"ann"'


@pytest.mark.parametrize("number", ["9" * 5_000, "1" * 10, "0", "-1", "1.0", "1e3", "٣", "²", " 1", "0x1"])
def test_a_page_that_is_no_number_is_a_400(store: Store, number: str) -> None:
    browser = client(store, "boss:owner")
    for name in ("page", "size"):
        asked = {"question": MARCH, "table": f"{name}={number}"}
        assert asking(browser, "team-sought", asked).status_code == 400
        assert browser.get(f"/performance/export/members.csv?{MARCH}&{name}={number}").status_code == 400


def test_an_empty_token_is_nobodys_whatever_the_host_says(store: Store) -> None:
    asked: list[str] = []

    def whose(token: str) -> Viewer:
        asked.append(token)
        return OWNER

    browser = host(store, token_viewer=whose).test_client()
    for file, token in product(FILES, ("Bearer ", "Bearer", "bearer    ")):
        address = f"/performance/export/{file}{'&' if '?' in file else '?'}{MARCH}"
        assert browser.get(address, headers={"Authorization": token}).status_code == 401
    assert asked == []


def test_a_managers_token_has_their_projects_alone(store: Store) -> None:
    manager = Viewer(ORGANIZATION, "max", "manager")
    browser = host(store, token_viewer={"t": manager}.get).test_client()

    def file(asked: str) -> Any:
        return browser.get(f"/performance/export/{asked}&{MARCH}", headers={"Authorization": "Bearer t"})

    for page in range(1, 3):
        rows = file(f"members.csv?members=all&sort=-total_time&idle=show&size=25&page={page}").text.splitlines()[1:]
        assert [row.split(",")[0] for row in rows] == ['"ann"', '"boss"', '"max"', '"rev"']
    report = file("report.json?members=all").json
    assert (report["summary"]["total_time"], report["scope"]) == (8.0, ["p2"])
    for asked in ("members=all&project=p3", "user=ghost", "user=ann&user=ghost", "members=all&entry=organization"):
        assert file(f"members.csv?{asked}").status_code == 403


def test_a_long_pasted_list_is_searched_on_every_engine(new_store: NewStore) -> None:
    opened = open_store(new_store())
    opened.write(people())
    names = [*(chr(0x4E00 + number) for number in range(1_980)), "ANN@acme.example", "rev", "%", "_", "' OR TRUE --"]
    with opened.reading() as reader:
        assert [each.user_id for each in reader.members_named(whole(reader), names)] == ["ann", "rev"]
        for text in ("%", "_", "' OR TRUE --", "\\"):
            assert list(reader.members(whole(reader), text, 50)) == []
    opened.close()


def whole(reader: Any) -> Scope:
    query = parse({})
    return scope(OWNER, query, reader.standing(OWNER, query)).scope
