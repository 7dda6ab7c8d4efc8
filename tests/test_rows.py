"""The rows behind a number: which they are, in which order, what they come to, and who may see them."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from perfwidget.facts import Comment, Fact, Project, ReviewVisit
from perfwidget.report.exports import FOR_EXCEL
from perfwidget.stores import Store, open_store
from tests.conftest import NewStore
from tests.hosts import asking, asking_body, host
from tests.worlds import ORGANIZATION, annotation, at, people, review

MARCH = "user=ann&from=2024-03-01&to=2024-03-31&tz=America/Phoenix"
TASK_URL = "/projects/{project_id}/data?task={task_id}&annotation={annotation_id}"


def facts() -> list[Fact]:
    return [
        *people(),
        Project(ORGANIZATION, "p 3/4", None, title="Äpfel <b>&"),
        annotation(1, "2024-03-01 12:00", lead_time=60.25, task_id="10"),
        annotation(2, "2024-03-02 12:00", lead_time=None, task_id="9", last_action="updated"),
        annotation(3, "2024-03-02 13:00", lead_time=7_200, task_id="a?b=#c/d", project_id="p 3/4"),
        annotation(4, "2024-03-03 13:00", lead_time=-1, task_id="11"),
        annotation(5, "2024-03-04 13:00", lead_time=20, task_id="12", last_action="accepted"),
        annotation(6, "2024-03-05 13:00", lead_time=30.5, task_id="13", last_action="<i>odd</i>"),
        annotation(7, "2024-03-05 14:00", lead_time=30.5, task_id="14", last_action="skipped", was_cancelled=True),
        annotation(8, "2024-04-01 06:30", lead_time=40, task_id="15", created_at=at("2024-02-20 12:00")),
        # Of rev: 26 hours on the 12th in Phoenix, a time that is none beside them, and what came later than March.
        annotation(11, "2024-03-12 12:00", lead_time=46_800, task_id="21", completed_by="rev"),
        annotation(12, "2024-03-13 06:59", lead_time=46_800, task_id="22", completed_by="rev"),
        annotation(13, "2024-03-13 06:59", lead_time=-1, task_id="23", completed_by="rev"),
        annotation(14, "2024-03-13 07:00", lead_time=46_800, task_id="24", completed_by="rev"),
        annotation(15, "2024-04-02 12:00", created_at=at("2024-03-20 12:00"), task_id="25", completed_by="rev"),
        review(1, "2024-03-02 13:00", "fixed_and_accepted", score=0.42),
        review(2, "2024-03-04 13:00", "rejected"),
        review(3, "2024-03-05 13:00", "accepted"),
        review(4, "2024-03-06 13:00", "fixed_and_accepted"),
        ReviewVisit(ORGANIZATION, 1, 1, "p1", "rev", at("2024-03-06 10:00"), at("2024-03-06 10:05")),
        ReviewVisit(ORGANIZATION, 2, 99, "p1", "rev", at("2024-03-06 11:00"), None),
        comment(),
    ]


def comment() -> Comment:
    made = at("2024-03-05 10:00")
    return Comment(
        ORGANIZATION, 1, 1, "p1", "10", "ann", "rev", "<b>Look</b>\nagain", made, made, is_resolved=False
    )  # fmt: skip


@pytest.fixture(scope="module")
def store(new_store: NewStore) -> Iterator[Store]:
    opened = open_store(new_store())
    opened.write(facts(), unknown="keep")
    yield opened
    opened.close()


def client(store: Store, user: str = "boss:owner", **settings: Any) -> FlaskClient:
    browser = host(store, **settings).test_client()
    browser.get(f"/login?as={user}")
    return browser


def sought(
    rows: str, question: str = MARCH, order: str = "time", *, descending: bool = False, page: object = 1
) -> dict[str, Any]:
    sort = f"{'-' if descending else ''}{order}"
    return {"question": f"{question}&rows={rows}&rows_sort={sort}&rows_page={page}"}


def text_of(part: Any) -> str:
    """Return what people read of a component."""
    if isinstance(part, dict):
        return text_of(part["props"].get("children"))
    return "".join(map(text_of, part)) if isinstance(part, list) else str(part or "")


def within(part: Any, kind: str) -> list[dict[str, Any]]:
    """Return the components of a kind, such as `Td`, in the order of the page."""
    if isinstance(part, list):
        return [found for each in part for found in within(each, kind)]
    if not isinstance(part, dict):
        return []
    return [*([part] if part["type"] == kind else []), *within(part["props"].get("children"), kind)]


def parts(answer: TestResponse) -> list[Any]:
    assert answer.status_code == 200, answer.text
    return answer.json["response"]["rows"]["children"]  # type: ignore[no-any-return, index]


def listed(answer: TestResponse) -> list[list[str]]:
    [body] = within(parts(answer), "Tbody")
    return [[text_of(cell) for cell in within(row, "Td")] for row in within(body, "Tr")]


def test_the_annotations_behind_a_total_with_what_they_come_to(store: Store) -> None:
    answer = asking(client(store), "rows-sought", sought("total_time"))
    assert listed(answer) == [
        ["1 Mar 2024 05:00:00", "One", "10", "Submitted", "1m 0s"],
        ["2 Mar 2024 06:00:00", "Äpfel <b>&", "a?b=#c/d", "Submitted", "long 2h 0m 0s"],
        ["4 Mar 2024 06:00:00", "One", "12", "Accepted", "20s"],
        ["31 Mar 2024 23:30:00", "One", "15", "Submitted", "40s"],
    ]
    [foot] = within(parts(answer), "Tfoot")
    # 60.25 + 7,200 + 20 + 40; the middle of 20, 40, 60.25, 7,200 is (40 + 60.25) / 2.
    assert text_of(foot) == "All rowsSum2h 2m 0sMedian50sAverage30m 30s"
    exactly = [span["props"]["title"] for span in within(foot, "Span") if "title" in span["props"]]
    assert exactly == ["7320.25 seconds", "50.125 seconds", "1830.0625 seconds"]
    [about, long] = [text_of(part) for part in within(parts(answer), "P")]
    assert about.startswith("2h 2m 0s = 7320.25 seconds · 4 annotations. The time spent")
    # 7,200 of 7,320.25
    assert long == "1 of 4 lead times is longer than ten times the member's own median, and makes up 98 % of the sum."


def test_what_is_long_on_a_day_is_told_by_the_whole_period(store: Store) -> None:
    # Of all times the median is 50.125 s; of the 2nd alone it is 7,200 s.
    browser = client(store)
    for rows in ("long_time@2024-03-02", "total_time@2024-03-02", "long_annotations"):
        answer = asking(browser, "rows-sought", sought(rows))
        assert [row[4] for row in listed(answer)] == ["long 2h 0m 0s"]
    for rows, number in (("long_time@2024-03-02", "2h 0m 0s"), ("long_annotations@2024-03-02", "1 · ")):
        answer = asking(browser, "rows-sought", sought(rows))
        assert text_of(within(parts(answer), "P")[0]).startswith(number)
    file = browser.get(f"/performance/export/rows.csv?metric=long_time&date=2024-03-02&{MARCH}")
    assert [row["task_id"] for row in csv.DictReader(io.StringIO(file.text, newline=""))] == ["a?b=#c/d"]
    assert "Nothing is counted here" in asking(browser, "rows-sought", sought("long_time@2024-03-01")).text


def test_comments_are_listed_with_what_they_say(store: Store) -> None:
    browser = client(store)
    answer = asking(browser, "rows-sought", sought("comments_received"))
    assert listed(answer) == [["5 Mar 2024 03:00:00", "One", "10", "<b>Look</b> again"]]
    assert within(parts(answer), "Tfoot") == []
    [about] = [text_of(part) for part in within(parts(answer), "P")]
    assert about.startswith("1 · 1 comment. Comments that others")
    assert "Nothing is counted here" in asking(browser, "rows-sought", sought("comments_added")).text
    file = browser.get(f"/performance/export/rows.csv?metric=comments_added&{MARCH.replace('ann', 'rev')}")
    [row] = csv.DictReader(io.StringIO(file.text, newline=""))
    assert (row["comment_id"], row["created_by"], row["text"]) == ("1", "rev", "<b>Look</b>\nagain")


def test_what_takes_no_part_in_a_time_is_listed_where_it_counts(store: Store) -> None:
    rows = listed(asking(client(store), "rows-sought", sought("submitted_annotations")))
    assert [(row[2], row[3], row[4]) for row in rows] == [
        ("10", "Submitted", "1m 0s"),
        ("9", "Updated", "—"),
        ("a?b=#c/d", "Submitted", "long 2h 0m 0s"),
        ("11", "Submitted", "invalid"),
        ("12", "Accepted", "20s"),
        ("15", "Submitted", "40s"),
    ]


def test_unknown_actions_stand_as_they_are(store: Store) -> None:
    assert [row[3] for row in listed(asking(client(store), "rows-sought", sought("other_actions")))] == ["<i>odd</i>"]


@pytest.mark.parametrize(
    ("rows", "columns", "foot"),
    [
        (
            "performance_score",
            [
                ("Fixed + accepted", "42 %"),
                ("Rejected", "0 %"),
                ("Accepted", "100 %"),
                ("Fixed + accepted", "—"),
            ],
            "All rowsAverage47 %",  # (0.42 + 0 + 1) / 3
        ),
        ("reviews_rejected", [], ""),
        ("reviews_rejected&user=rev", [("Rejected", "0 %")], "All rowsAverage0 %"),
    ],
)
def test_reviews_are_listed_with_their_scores(store: Store, rows: str, columns: list[Any], foot: str) -> None:
    question = MARCH if "user" not in rows else MARCH.replace("user=ann&", "")
    answer = asking(client(store), "rows-sought", sought(rows, question))
    if not columns:
        assert "Nothing is counted here" in answer.text
        return
    assert [(row[3], row[4]) for row in listed(answer)] == columns
    assert text_of(within(parts(answer), "Tfoot")) == foot


def test_a_visit_leads_to_the_task_of_its_annotation(store: Store) -> None:
    browser = client(store, task_url="https://host.example/{task_id}")
    question = MARCH.replace("user=ann", "user=rev")
    answer = asking(browser, "rows-sought", sought("review_time", question))
    assert listed(answer) == [["6 Mar 2024 03:05:00", "One", "10", "5m 0s"]]
    assert within(parts(answer), "A")[0]["props"]["href"] == "https://host.example/10"
    unknown = asking(browser, "rows-sought", sought("unusable_visits", question))
    assert listed(unknown) == [["6 Mar 2024 04:00:00", "One", "—", "—"]]


def test_the_address_of_a_task_begins_at_the_root_of_the_host(store: Store) -> None:
    browser = client(store, task_url="/tasks/{task_id}")
    body = asking_body(browser, "rows-sought", sought("total_time@2024-03-01"))
    answer = browser.post(
        "/performance/_dash-update-component", json=body, environ_overrides={"SCRIPT_NAME": "/labels"}
    )
    assert within(parts(answer), "A")[0]["props"]["href"].startswith("/labels/tasks/")


def test_ids_go_encoded_into_the_address_of_a_task(store: Store) -> None:
    answer = asking(client(store, task_url=TASK_URL), "rows-sought", sought("total_time@2024-03-02"))
    [task, download] = within(parts(answer), "A")
    assert task["props"]["href"] == "/projects/p%203%2F4/data?task=a%3Fb%3D%23c%2Fd&annotation=3"
    assert (task["props"]["target"], task["props"]["rel"]) == ("_blank", "noopener")
    assert within(parts(asking(client(store), "rows-sought", sought("total_time@2024-03-02"))), "A") == [download]


@pytest.mark.parametrize(
    ("order", "descending", "tasks"),
    [
        ("time", True, ["15", "12", "11", "a?b=#c/d", "9", "10"]),
        ("task", False, ["9", "10", "11", "12", "15", "a?b=#c/d"]),
        ("project", True, ["a?b=#c/d", "15", "12", "11", "9", "10"]),
        ("action", False, ["12", "10", "a?b=#c/d", "11", "15", "9"]),
        ("quantity", False, ["12", "15", "10", "a?b=#c/d", "9", "11"]),
        ("quantity", True, ["a?b=#c/d", "10", "15", "12", "11", "9"]),
        ("", True, ["15", "12", "11", "a?b=#c/d", "9", "10"]),
    ],
)
def test_rows_come_in_the_order_asked_for(store: Store, order: str, descending: bool, tasks: list[str]) -> None:
    answer = asking(client(store), "rows-sought", sought("submitted_annotations", order=order, descending=descending))
    assert [row[2] for row in listed(answer)] == tasks
    [chosen] = [head for head in within(parts(answer), "Th") if "aria-sort" in head["props"]]
    assert chosen["props"]["aria-sort"] == ("descending" if descending else "ascending")


def test_without_an_order_the_longest_times_come_first(store: Store) -> None:
    answer = asking(client(store), "rows-sought", sought("total_time", order="", descending=True))
    assert [row[2] for row in listed(answer)] == ["a?b=#c/d", "10", "15", "12"]


def test_the_download_holds_the_rows_of_the_panel(store: Store) -> None:
    browser = client(store)
    for rows, question in (
        ("total_time@2024-03-02", MARCH),
        ("submitted_annotations@2024-03-06", f"{MARCH}&grain=week&project=p1"),
        ("submitted_annotations", f"{MARCH}&workspace=&preset=today"),
    ):
        answer = asking(browser, "rows-sought", sought(rows, question))
        [link] = within(parts(answer), "A")
        file = browser.get("/performance/" + link["props"]["href"].removeprefix("./"))
        assert file.status_code == 200, file.text
        text = file.text.removeprefix(FOR_EXCEL)
        assert text != file.text
        tasks = [row["task_id"] for row in csv.DictReader(io.StringIO(text, newline=""))]
        assert tasks == [row[2] for row in listed(answer)]
        assert tasks


@pytest.mark.parametrize(
    ("rows", "number", "tasks"), [("days_over_24_hours", "1", ["21", "22"]), ("moved_later", "1", ["25"])]
)
def test_rows_of_long_days_and_of_what_moved_later_open(store: Store, rows: str, number: str, tasks: list[str]) -> None:
    question = MARCH.replace("ann", "rev")
    answer = asking(client(store), "rows-sought", sought(rows, question))
    assert [row[2] for row in listed(answer)] == tasks
    assert text_of(within(parts(answer), "P")[0]).startswith(f"{number} · ")
    file = client(store).get(f"/performance/export/rows.csv?metric={rows}&{question}")
    assert [row["task_id"] for row in csv.DictReader(io.StringIO(file.text, newline=""))] == tasks


def test_pages_follow_each_other_without_a_gap(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = open_store(f"duckdb:///{tmp_path_factory.mktemp('pages')}/facts.duckdb")
    store.write([*people(), *(annotation(each, "2024-03-01 12:00", lead_time=each % 3) for each in range(120))])
    browser = client(store)
    found = []
    for page, said in ((1, "1 – 50 of 120"), (2, "51 – 100 of 120"), (3, "101 – 120 of 120"), (9, "101 – 120 of 120")):
        answer = asking(browser, "rows-sought", sought("total_time", order="quantity", page=page))
        assert said in text_of(parts(answer))
        found += [row[2] for row in listed(answer)]
        turns = {
            each["props"]["id"]: each["props"].get("href", "").rpartition("rows_page=")[2]
            for each in within(parts(answer), "Link") + within(parts(answer), "Span")
            if "turn" in each["props"].get("className", "")
        }
        back, further = {1: ("", "2"), 2: ("1", "3"), 3: ("2", "")}[min(page, 3)]
        assert turns == {"rows-previous": back, "rows-next": further}
    assert len(found) == 140
    assert len(set(found)) == 120
    store.close()


def test_rows_of_before_the_period_are_told_by_its_beginning_however_many_there_are(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Downloads are read in slices of time; the period begins with the first of them only."""
    store = open_store(f"duckdb:///{tmp_path_factory.mktemp('earlier')}/facts.duckdb")
    store.write(
        [
            *people(),
            *(
                annotation(each, f"2024-03-{1 + each % 28:02} 12:00", created_at=at("2024-03-01 11:00"))
                for each in range(6_000)
            ),
            *(annotation(f"e{each}", "2024-03-15 12:00", created_at=at("2024-02-01 00:00")) for each in range(6_000)),
        ]
    )
    file = client(store).get(f"/performance/export/rows.csv?metric=first_submitted_earlier&{MARCH}")
    rows = list(csv.DictReader(io.StringIO(file.text, newline="")))
    assert len(rows) == 6_000
    assert {row["annotation_id"][0] for row in rows} == {"e"}
    store.close()


@pytest.mark.parametrize(
    ("user", "rows", "question", "status"),
    [
        ("ann:annotator", "total_time", MARCH, 200),
        ("rev:reviewer", "total_time", MARCH, 403),
        ("rev:reviewer", "total_time", MARCH.replace("ann", "no-such-member"), 403),
        ("ann:annotator", "total_time", f"{MARCH}&project=p9", 403),
        ("ann:king", "total_time", MARCH, 403),
        ("boss:owner", "salary", MARCH, 400),
        ("boss:owner", "", MARCH, 400),
        ("boss:owner", "total_time@2024-02-29", MARCH, 400),
        ("boss:owner", "total_time@March", MARCH, 400),
        ("boss:owner", "first_submitted_earlier@2024-03-02", MARCH, 400),
        ("boss:owner", "last_active", MARCH, 400),
    ],
)
def test_rows_are_refused_like_the_number(store: Store, user: str, rows: str, question: str, status: int) -> None:
    answer = asking(client(store, user), "rows-sought", sought(rows, question))
    assert answer.status_code == status
    if status != 200:
        assert list(answer.json) == ["error"]


def test_a_refusal_does_not_tell_whether_a_member_exists(store: Store) -> None:
    browser = client(store, "rev:reviewer")
    known, unknown = (
        asking(browser, "rows-sought", sought("total_time", question))
        for question in (MARCH, MARCH.replace("ann", "no-such-member"))
    )
    assert known.data == unknown.data


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        sought("total_time", order="lead_time"),
        sought("total_time", order="(SELECT 1)"),
        sought("total_time", page=0),
        sought("total_time", page=10**9),
        sought("total_time", page=1.5),
        sought("total_time", page=-1),
        sought("total_time", page="٣"),
        {"question": 7},
    ],
)
def test_a_malformed_question_is_a_400(store: Store, wrong: object) -> None:
    assert asking(client(store), "rows-sought", wrong).status_code == 400


def test_rows_can_be_kept_to_roles(store: Store) -> None:
    settings = {"export_roles": {"rows": ["owner"]}}
    assert asking(client(store, "ann:annotator", **settings), "rows-sought", sought("total_time")).status_code == 403
    assert asking(client(store, "boss:owner", **settings), "rows-sought", sought("total_time")).status_code == 200
