"""What the page answers of several members: their table, the lists to choose from, and nothing out of scope."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from perfwidget import open_store
from perfwidget.facts import Member, Membership, Project, Recorded
from perfwidget.metrics import BY_KEY
from perfwidget.page.comparison import change
from perfwidget.stores import Store
from tests.hosts import asking, host
from tests.worlds import ORGANIZATION, annotation, people, review

MARCH = "from=2024-03-04&to=2024-03-10&tz=UTC"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(f"duckdb:///{tmp_path_factory.mktemp('team')}/facts.duckdb")
    store.write(
        [
            *people(),
            Project(ORGANIZATION, "p3", None, title="Three"),
            Member(ORGANIZATION, "max", "max@acme.example", "Max", role="manager"),
            Membership(ORGANIZATION, "max", project_id="p2"),
            Member(ORGANIZATION, "bob", "Bob@acme.example", "<b>Bob</b>", role="annotator", active=False),
            Recorded(ORGANIZATION, "reviews"),
            annotation(1, "2024-03-04 12:00", lead_time=30),
            annotation(2, "2024-03-05 12:00", lead_time=90, project_id="p2"),
            annotation(3, "2024-03-05 12:00", lead_time=60, completed_by="bob", project_id="p3"),
            annotation(4, "2024-03-06 12:00", lead_time=60, completed_by="ghost"),
            annotation(5, "2024-02-28 12:00", lead_time=10),
            review(1, "2024-03-07 12:00", "accepted"),
        ]
    )
    yield store
    store.close()


def client(store: Store, who: str) -> FlaskClient:
    browser = host(store).test_client()
    browser.get(f"/login?as={who}")
    return browser


def texts(markup: Any) -> str:
    """Return what is read of markup, cells with a bar between them."""
    if isinstance(markup, str):
        return markup
    if markup and isinstance(markup[0], str) and len(markup) > 1 and isinstance(markup[1], dict):
        between = "|" if markup[0] in ("tr", "thead", "tbody") else ""
        return between.join(map(texts, markup[2:]))
    return "\n".join(map(texts, markup))


def rows(browser: FlaskClient, question: str, table: str = "") -> list[list[str]]:
    """Return the rows of the table as people read them, that of all members first."""
    answer = asking(browser, "team-sought", {"question": question, "table": table})
    assert answer.status_code == 200
    content = answer.json["response"]["team"]["content"]
    [drawn] = [each[2] for each in content if each[0] == "div" and each[2][0] == "table"]
    [head, body] = drawn[3:]
    return [[texts(cell) for cell in row[2:]] for row in (head[3], *body[2:])]


COLUMNS = "columns=submitted_annotations,total_time,total_time_median,performance_score"


def test_the_row_of_all_pools_what_the_rows_say(store: Store) -> None:
    line = {"Ann": "2 in all, at most 1: Mon 4 Mar 2024", "one": "1 in all, at most 1: Tue 5 Mar 2024"}
    assert rows(client(store, "boss:owner"), MARCH, COLUMNS) == [
        ["All 6 members", "4 in all, at most 2: Tue 5 Mar 2024", "4", "4m 0s", "4m 0s", "100 %"],
        ["<b>Bob</b>inactive", line["one"], "1", "1m 0s", "1m 0s", "—"],
        ["Ann", line["Ann"], "2", "2m 0s", "2m 0s", "100 %"],
        ["ghostnot a member", "1 in all, at most 1: Wed 6 Mar 2024", "1", "1m 0s", "1m 0s", "—"],
        ["Rev", "0 in all", "0", "0s", "—", "—"],
    ]


def test_a_managers_table_holds_their_projects_alone(store: Store) -> None:
    assert rows(client(store, "max:manager"), MARCH, COLUMNS) == [
        ["All 5 members", "1 in all, at most 1: Tue 5 Mar 2024", "1", "1m 30s", "1m 30s", "—"],
        ["Ann", "1 in all, at most 1: Tue 5 Mar 2024", "1", "1m 30s", "1m 30s", "—"],
    ]


def test_missing_numbers_come_last_in_both_directions(store: Store) -> None:
    boss = client(store, "boss:owner")
    for sort, first in (("performance_score", "Ann"), ("-performance_score", "Ann")):
        names = [row[0] for row in rows(boss, MARCH, f"sort={sort}")[1:]]
        assert names == [first, "<b>Bob</b>inactive", "ghostnot a member", "Rev"]


def around(browser: FlaskClient, question: str, table: str) -> str:
    """Return what is read around the table: above and below it."""
    answer = asking(browser, "team-sought", {"question": question, "table": table})
    content = answer.json["response"]["team"]["content"]
    return "\n".join(texts(each) for each in content if each[0] != "div" or each[2][0] != "table")


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ann", ["Ann"]),
        ("  ANN ", ["Ann"]),
        ("@ACME", ["<b>Bob</b>inactive", "Ann", "Rev"]),
        ("<b>", ["<b>Bob</b>inactive"]),
        ("host", ["ghostnot a member"]),  # who has an id alone
        ("o", ["<b>Bob</b>inactive", "ghostnot a member"]),
        ("n%", []),
        ("boss", []),  # did nothing in March
        ("", ["<b>Bob</b>inactive", "Ann", "ghostnot a member", "Rev"]),
    ],
)
def test_a_search_leaves_rows_and_not_what_all_come_to(store: Store, search: str, found: list[str]) -> None:
    boss = client(store, "boss:owner")
    everybody, *members = rows(boss, MARCH, f"{COLUMNS}&{urlencode({'search': search})}")
    assert [row[0] for row in members] == found
    besides = "not only those found" if search else ""
    line = everybody[1:2] if members else []  # without members there are no small graphs
    assert everybody == [f"All 6 members{besides}", *line, "4", "4m 0s", "4m 0s", "100 %"]
    if members:  # the list of members finds the same ones, and those without activity
        sought = {"kind": "member", "text": search.strip(), "workspaces": []}
        options = asking(boss, "seek", sought).json["response"]["found"]["data"]["options"]
        assert {each[0].removesuffix("inactive").removesuffix("not a member") for each in members} <= {
            each["label"].split(" · ")[0] for each in options
        }


def test_a_search_goes_with_the_order_the_pages_and_those_without_activity(store: Store) -> None:
    boss = client(store, "boss:owner")
    asked = "search=o&idle=show&sort=-member"
    assert [row[0] for row in rows(boss, MARCH, asked)[1:]] == ["ghostnot a member", "Boss", "<b>Bob</b>inactive"]
    assert "1–3 of 3 foundHide those without activity" in around(boss, MARCH, asked)
    assert "1–2 of 2 found with activityShow 2 without activity" in around(boss, MARCH, "search=o")
    assert "1–4 of 4 with activity" in around(boss, MARCH, "search=+")
    # A page beyond those found is their last.
    assert [row[0] for row in rows(boss, MARCH, "search=ann&page=7")[1:]] == ["Ann"]


def test_who_finds_nobody_is_told_so(store: Store) -> None:
    boss = client(store, "boss:owner")
    looks = "The search looks at names, e-mails and ids."
    told = around(boss, MARCH, "search=boss")
    assert f"No member with activity in this period matches “boss”. {looks}" in told
    assert "Show 2 without activity" in told
    assert f"No member matches “<i>”. {looks}" in around(boss, MARCH, "search=%3Ci%3E&idle=show")
    assert "Nobody has activity in this period." in around(boss, "from=2020-01-01&to=2020-01-02&tz=UTC", "")


def test_a_search_shows_nobody_out_of_scope(store: Store) -> None:
    lead = client(store, "max:manager")
    # bob and ghost worked in other projects; Boss is there and did nothing; ghost is no member at all.
    assert [row[0] for row in rows(lead, MARCH, "search=o&idle=show")[1:]] == ["<b>Bob</b>inactive", "Boss"]
    assert rows(lead, MARCH, "search=ghost&idle=show")[1:] == []
    ann = client(store, "ann:annotator")
    for table in ("search=bob", "search=bob&idle=show"):
        answer = asking(ann, "team-sought", {"question": MARCH, "table": table})
        assert answer.json["response"]["team"]["content"] == []
        refused = asking(ann, "team-sought", {"question": f"members=all&{MARCH}", "table": table})
        assert refused.status_code == 403


def test_the_landing_and_a_turn_of_the_table_show_the_same(store: Store) -> None:
    boss = client(store, "boss:owner")
    for question in (MARCH, f"{MARCH}&compare=previous", f"user=ann&user=bob&{MARCH}&grain=month"):
        for table in ("", "search=o", "sort=-total_time&tab=reviews", "idle=show&size=50&columns=rejected,first_pass"):
            whole = asking(boss, "asked", {"question": question, "table": table}).json["response"]["team"]["content"]
            turned = asking(boss, "team-sought", {"question": question, "table": table}).json["response"]["team"]
            assert turned["content"] == whole


def test_files_follow_the_question_and_not_the_search(store: Store) -> None:
    boss = client(store, "boss:owner")
    whole, searched = (boss.get(f"/performance/export/members.csv?{MARCH}{more}").text for more in ("", "&search=ann"))
    assert searched == whole
    assert len(whole.splitlines()) == 1 + 4


def test_what_was_0_before_is_compared_too(store: Store) -> None:
    boss = client(store, "boss:owner")
    columns = "columns=submitted_annotations,total_time,time_per_annotation_median"
    found = rows(boss, f"{MARCH}&compare=previous", columns)
    # In the seven days before, ann has one of 10 seconds, and nobody else anything: 0, of which there is no share.
    assert [row[0:1] + row[2:] for row in found] == [
        ["All 6 members", "4▲ 3 (300 %) better", "4m 0s▲ 3m 50s (2300 %)", "1m 0s▲ 50s (500 %)"],
        ["<b>Bob</b>inactive", "1▲ 1 better", "1m 0s▲ 1m 0s", "1m 0s"],
        ["Ann", "2▲ 1 (100 %) better", "2m 0s▲ 1m 50s (1100 %)", "1m 0s▲ 50s (500 %)"],
        ["ghostnot a member", "1▲ 1 better", "1m 0s▲ 1m 0s", "1m 0s"],
        ["Rev", "0", "0s", "—"],
    ]


@pytest.mark.parametrize(
    "sought",
    [
        None,
        7,
        {},
        {"question": MARCH},
        {"question": MARCH, "table": 1},
        {"question": MARCH, "table": "sort=nothing"},
        {"question": MARCH, "table": "size=26"},
        {"question": MARCH, "table": "columns=user_id"},
        {"question": MARCH, "table": f"search={'x' * 256}"},
        {"question": MARCH, "table": "search=a&search=b"},
        {"question": MARCH, "table": "", "among": 3},
        {"question": "user=ann&members=all", "table": ""},
    ],
)
def test_a_malformed_table_is_a_400(store: Store, sought: Any) -> None:
    assert asking(client(store, "boss:owner"), "team-sought", sought).status_code == 400


@pytest.mark.parametrize("question", ["members=all", "user=bob", "user=ann&user=bob", "user=nobody"])
def test_who_may_not_choose_members_is_refused(store: Store, question: str) -> None:
    ann = client(store, "ann:annotator")
    for input_id, value in (
        ("asked", {"question": f"{question}&{MARCH}"}),
        ("team-sought", {"question": f"{question}&{MARCH}", "table": ""}),
        ("rows-sought", {"question": f"{question}&{MARCH}&rows=total_time"}),
    ):
        assert asking(ann, input_id, value).status_code == 403
    whose = {"question": f"{MARCH}&rows=total_time&rows_user=bob"}
    assert asking(ann, "rows-sought", whose).status_code == 403
    assert asking(client(store, "boss:owner"), "rows-sought", whose).status_code == 200
    way = asking(ann, "team-sought", {"question": f"user=ann&{MARCH}", "table": "", "among": "_"})
    assert way.json["response"] == {"neighbours": {"content": []}}


def test_the_way_to_the_next_member_has_the_order_of_the_table(store: Store) -> None:
    boss = client(store, "boss:owner")

    def way(question: str, table: str, among: str) -> str:
        answer = asking(boss, "team-sought", {"question": f"{question}&{MARCH}", "table": table, "among": among})
        return texts(answer.json["response"]["neighbours"]["content"])

    assert way("user=ann", "", "_") == "← Previous2 of 4Next →All 6 members"
    assert way("user=ann", "sort=-total_time", "_") == "← Previous1 of 4Next →All 6 members"
    assert way("user=ann", "", "_ann_bob") == "← Previous2 of 2Next →All 2 members"
    assert way("user=max", "", "_ann_bob") == "All 2 members"
    # Where a search had left two of them, it leads from one to the other.
    assert way("user=bob", "search=o", "_") == "← Previous1 of 2Next →All 6 members"
    assert way("user=ann", "", "_ann_nobody") == ""


def test_a_pasted_list_names_members_by_id_and_by_mail(store: Store) -> None:
    def found(who: str, text: str) -> list[tuple[str, str]]:
        answer = asking(client(store, who), "seek", {"kind": "member", "text": text, "workspaces": []})
        return [(each["value"], each["label"]) for each in answer.json["response"]["found"]["data"]["options"]]

    pasted = "ann; BOB@acme.example,\tghost nobody@acme.example"
    assert found("boss:owner", pasted)[0] == ("_ann_bob_ghost", "These 3 members; not found: nobody@acme.example")
    assert [value for value, _ in found("boss:owner", pasted)[1:]] == ["ann", "bob", "ghost"]
    # A manager chooses those whom the organization has a record of.
    assert found("max:manager", pasted)[0] == ("_ann_bob", "These 2 members; not found: ghost, nobody@acme.example")
    assert found("ann:annotator", pasted) == []
    assert found("boss:owner", "Max") == [("max", "Max · max@acme.example")]


@pytest.mark.parametrize(
    ("key", "now", "before", "text", "word"),
    [
        ("submitted_annotations", 125, 100, "▲ 25 (25 %)", "better"),
        ("submitted_annotations", 75, 100, "▼ 25 (25 %)", "worse"),
        ("submitted_annotations", 5, 0, "▲ 5", "better"),
        ("rejected", 3, 4, "▼ 1 (25 %)", "better"),
        ("skipped", 4, 2, "▲ 2 (100 %)", ""),
        ("total_time", 90.0, 60.0, "▲ 30s (50 %)", ""),
        ("performance_score", 0.94, 0.93, "▲ 1 point", "better"),
        ("performance_score", 0.9, 0.925, "▼ 2.5 points", "worse"),
        ("total_time", 60.0, 60.0, "= no change", ""),
    ],
)
def test_a_change_is_said_in_words(key: str, now: float, before: float, text: str, word: str) -> None:
    changed = change(BY_KEY[key], now, before)
    assert changed is not None
    assert (changed.text, changed.word) == (text, word)


@pytest.mark.parametrize(("now", "before"), [(None, 1.0), (1.0, None), (None, None), (0.0, 0.0)])
def test_without_a_number_on_both_sides_there_is_no_change(now: float | None, before: float | None) -> None:
    assert change(BY_KEY["total_time"], now, before) is None


def test_nothing_of_a_member_stands_in_the_layout(store: Store, tmp_path: Path) -> None:
    """However many members there are, the page that is loaded grows no further than its lists."""
    sizes = []
    for number in (100, 3_000):
        many = open_store(f"duckdb:///{tmp_path}/{number}.duckdb")
        many.write([*people(), *(Member(ORGANIZATION, f"m{each:05}", role="annotator") for each in range(number))])
        browser = client(many, "boss:owner")
        sizes.append(len(browser.get("/performance/_dash-layout").data))
        question = {"question": MARCH, "table": "idle=show"}
        assert len(asking(browser, "asked", question).data) < 60_000
        many.close()
    assert abs(sizes[0] - sizes[1]) < 10


# -- A member's projects ----------------------------------------------------------------------------------------------


def test_a_row_opens_into_the_member_s_projects(store: Store) -> None:
    boss = client(store, "boss:owner")
    assert rows(boss, MARCH, f"{COLUMNS}&open=ann")[2:5] == [
        ["Ann", "2 in all, at most 1: Mon 4 Mar 2024", "2", "2m 0s", "2m 0s", "100 %"],
        ["One", "", "1", "30s", "30s", "100 %"],
        ["Two", "", "1", "1m 30s", "1m 30s", "—"],
    ]
    # They stand in the order of the table, below their member wherever that one stands.
    by_time = rows(boss, MARCH, f"{COLUMNS}&open=ann&sort=-total_time")
    assert [row[0] for row in by_time] == [
        "All 6 members",
        "Ann",
        "Two",
        "One",
        "<b>Bob</b>inactive",
        "ghostnot a member",
        "Rev",
    ]
    # A project that nobody wrote a title of is called by its id, and who did nothing has none.
    assert [row[0] for row in rows(boss, MARCH, "open=ghost")][3:5] == ["ghostnot a member", "One"]
    idle = [row[0] for row in rows(boss, MARCH, "idle=show&open=max")]
    assert idle[idle.index("Max") + 1] == "No work in any project in this period."
    # On a page or in a set without the member nothing is open.
    assert rows(boss, f"user=bob&user=ghost&{MARCH}", "open=ann") == rows(boss, f"user=bob&user=ghost&{MARCH}")


def test_numbers_of_a_project_open_its_rows_alone(store: Store) -> None:
    boss = client(store, "boss:owner")
    table = asking(boss, "team-sought", {"question": MARCH, "table": f"{COLUMNS}&open=ann"})
    assert '"&rows_user=ann&rows_project=p2&rows=total_time"' in table.text
    opened = asking(boss, "rows-sought", {"question": f"{MARCH}&rows=total_time&rows_user=ann&rows_project=p2"})
    assert opened.status_code == 200
    assert "Ann · Two · " in opened.json["response"]["rows"]["children"][0]["props"]["children"][1]["props"]["children"]
    assert "project=p2" in opened.text
    assert "1 – 1 of 1" in str(opened.json)


def test_a_manager_opens_their_projects_alone(store: Store) -> None:
    assert [row[0] for row in rows(client(store, "max:manager"), MARCH, "open=ann")] == ["All 5 members", "Ann", "Two"]
    max_ = client(store, "max:manager")
    for project, status in (("p2", 200), ("p1", 403), ("p9", 403)):
        sought = {"question": f"{MARCH}&rows=total_time&rows_user=ann&rows_project={project}"}
        assert asking(max_, "rows-sought", sought).status_code == status


@pytest.mark.parametrize(
    ("who", "open_", "status"),
    [
        ("ann:annotator", "bob", 403),
        ("ann:annotator", "nobody", 403),
        ("rev:reviewer", "ann", 403),
        ("max:manager", "ghost", 403),
        ("boss:owner", "nobody", 403),
        ("boss:owner", "ghost", 200),
        ("ann:annotator", "ann", 200),
        ("boss:owner", "a%00", 400),
        ("boss:owner", "ann&open=bob", 400),
    ],
)
def test_only_who_may_be_looked_at_is_opened(store: Store, who: str, open_: str, status: int) -> None:
    browser = client(store, who)
    for input_id, sought in (
        ("team-sought", {"question": MARCH, "table": f"open={open_}"}),
        ("asked", {"question": MARCH, "table": f"open={open_}"}),
    ):
        assert asking(browser, input_id, sought).status_code == status
    assert browser.get(f"/performance/export/members.csv?{MARCH}&open={open_}", buffered=True).status_code == status


def test_changes_and_the_mark_of_long_times_are_the_project_s_own(store: Store, tmp_path: Path) -> None:
    many = open_store(f"duckdb:///{tmp_path}/long.duckdb")
    many.write(
        [
            *people(),
            *(annotation(n, "2024-03-04 12:00", lead_time=10) for n in range(5)),
            annotation(6, "2024-03-05 12:00", lead_time=1_000, project_id="p2"),
            annotation(7, "2024-03-05 12:00", lead_time=1_000, project_id="p2"),
            annotation(8, "2024-02-28 12:00", lead_time=10, project_id="p2"),
        ]
    )
    boss = client(many, "boss:owner")
    columns = "columns=submitted_annotations,long_annotations"
    compared = f"members=all&{MARCH}&compare=previous"
    # By the median of all, 10 s, both of Two are long; in Two alone none is.
    assert [row[2:] for row in rows(boss, compared, f"{columns}&open=ann")[1:]] == [
        ["7▲ 6 (600 %) better", "2▲ 2 worse"],
        ["5▲ 5 better", "0"],  # of nothing before there is no share
        ["2▲ 1 (100 %) better", "0"],
    ]
    many.close()


def test_fifty_projects_are_shown_and_the_rest_is_said(store: Store, tmp_path: Path) -> None:
    many = open_store(f"duckdb:///{tmp_path}/projects.duckdb")
    facts = [annotation(n, "2024-03-04 12:00", lead_time=10, project_id=f"q{n:03}") for n in range(53)]
    many.write([*people(), *(Project(ORGANIZATION, f"q{n:03}", None, title=f"Q {n:03}") for n in range(53)), *facts])
    shown = rows(client(many, "boss:owner"), f"members=all&{MARCH}", "open=ann")
    assert [row[0] for row in shown[2:52]] == [f"Q {n:03}" for n in range(50)]
    assert [row[0] for row in shown[52:]] == ["and 3 more projects: open Ann"]
    many.close()
