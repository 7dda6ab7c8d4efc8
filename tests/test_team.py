"""Several members together, as tables, files and DataFrames have them; worked out by hand."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest

from perfwidget import Viewer, open_store
from perfwidget.errors import Forbidden, InvalidQuery
from perfwidget.facts import Comment, Fact, Member, Membership, Project
from perfwidget.metrics import METRICS
from perfwidget.question.access import scope
from perfwidget.question.period import Grain
from perfwidget.question.query import parse
from perfwidget.question.table import SIZES, Table, TableTab
from perfwidget.report import Report, read_report, report
from perfwidget.report.team import columns_of, page_of, sorted_members
from perfwidget.stores import Store
from tests.conftest import NewStore
from tests.hosts import host
from tests.worlds import ORGANIZATION, OWNER, annotation, at, review

MARCH = {"first": "2024-03-01", "last": "2024-03-02"}
IN_MARCH = "from=2024-03-01&to=2024-03-02&tz=UTC"
LEAD = Viewer(ORGANIZATION, "lead", "manager")


def facts() -> list[Fact]:
    """Return ann's 3 annotations, bob's 2, and nothing of eve's; in February ann has one."""
    people = {"boss": "owner", "lead": "manager", "ann": "annotator", "bob": "annotator", "eve": "annotator"}
    return [
        *(Member(ORGANIZATION, user, f"{user}@acme.example", user.title(), role=role) for user, role in people.items()),
        *(Project(ORGANIZATION, project, "w", title=project) for project in ("p1", "p2")),
        Membership(ORGANIZATION, "lead", None, "p1"),
        annotation(1, "2024-03-01 09:00", lead_time=10),
        annotation(2, "2024-03-02 09:00", lead_time=20, project_id="p2"),
        annotation(3, "2024-03-02 10:00", lead_time=60),
        annotation(4, "2024-03-01 09:00", lead_time=100, completed_by="bob"),
        annotation(5, "2024-03-01 10:00", lead_time=None, completed_by="bob", project_id="p2"),
        annotation(6, "2024-02-29 10:00", lead_time=45),
        review(1, "2024-03-02 12:00", "accepted"),
        review(2, "2024-03-02 13:00", "rejected", annotation_id=4, completed_by="bob"),
        Comment(
            ORGANIZATION, 1, 4, "p1", "t4", "bob", "rev", "Too long.", at("2024-03-02 13:00"), at("2024-03-02 13:00")
        ),
    ]


@pytest.fixture(scope="module")
def store(new_store: NewStore) -> Iterator[Store]:
    opened = open_store(new_store())
    opened.write(facts())
    yield opened
    opened.close()


def told(report: Report, key: str) -> dict[str, Any]:
    return {each.user.user_id: each.values[key] for each in report.members}


def test_everybody_together_and_each_alone(store: Store) -> None:
    everybody = report(store, OWNER, members="all", **MARCH)  # type: ignore[arg-type]
    assert everybody.values["total_time"] == 190.0
    assert everybody.values["submitted_annotations"] == 5
    assert everybody.values["time_per_annotation_median"] == 40.0  # of 10, 20, 60 and 100
    assert everybody.values["time_per_annotation_average"] == 47.5
    assert everybody.values["total_time_median"] == 260.0  # 3 × 20 and 2 × 100
    assert everybody.values["performance_score"] == 0.5
    assert told(everybody, "total_time") == {"ann": 90.0, "bob": 100.0, "rev": 0.0}
    assert everybody.without_activity == 4 - 1  # boss, lead and eve; rev reviewed
    assert [point.values["total_time"] for point in everybody.series] == [110.0, 80.0]


def test_who_was_asked_for_is_there_or_counted(store: Store) -> None:
    some = report(store, OWNER, user=["ann", "eve"], **MARCH)  # type: ignore[arg-type]
    assert told(some, "submitted_annotations") == {"ann": 3}
    assert some.without_activity == 1
    shown = report(store, OWNER, user=["ann", "eve"], idle="show", **MARCH)  # type: ignore[arg-type]
    assert told(shown, "submitted_annotations") == {"ann": 3, "eve": 0}
    assert shown.values == some.values
    everybody = report(store, OWNER, members="all", idle="show", **MARCH)  # type: ignore[arg-type]
    assert set(told(everybody, "total_time")) == {"ann", "bob", "boss", "eve", "lead", "rev"}
    assert everybody.without_activity == 3


def test_a_manager_s_sums_hold_only_their_projects(store: Store) -> None:
    theirs = report(store, LEAD, members="all", **MARCH)  # type: ignore[arg-type]
    assert told(theirs, "submitted_annotations") == {"ann": 2, "bob": 1}
    assert theirs.values["total_time"] == 170.0
    with pytest.raises(Forbidden):
        report(store, LEAD, members="all", project="p2", **MARCH)  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        report(store, Viewer(ORGANIZATION, "ann", "annotator"), members="all", **MARCH)  # type: ignore[arg-type]


def test_a_set_beside_the_period_before(store: Store) -> None:
    march = report(store, OWNER, members="all", compare="previous", **MARCH)  # type: ignore[arg-type]
    assert march.previous is not None
    assert march.previous.period.written == ("2024-02-28", "2024-02-29")
    assert march.previous.values["total_time"] == 45.0
    # bob and rev stand in the report: before it they did nothing, which is 0, and a median of nothing is none.
    earlier = {each.user.user_id: each.values for each in march.previous.members}
    assert {user: values["total_time"] for user, values in earlier.items()} == {"ann": 45.0, "bob": 0.0, "rev": 0.0}
    assert {user: values["time_per_annotation_median"] for user, values in earlier.items()} == {
        "ann": 45.0,
        "bob": None,
        "rev": None,
    }
    assert earlier["bob"] == report(store, OWNER, user="bob", first="2024-02-28", last="2024-02-29").values
    as_json = march.to_dict()["previous"]
    assert as_json["period"] == {"from": "2024-02-28", "to": "2024-02-29", "timezone": "UTC"}
    assert as_json["summary"]["submitted_annotations"] == 1
    assert [each["user"]["id"] for each in as_json["members"]] == ["ann", "bob", "rev"]
    # Who did nothing in the report's own period, and some before it, stands in the previous one alone.
    february = report(store, OWNER, members="all", compare="previous", first="2024-03-03", last="2024-03-04")
    assert february.members == ()
    assert february.previous is not None
    assert [each.user.user_id for each in february.previous.members] == ["ann", "bob", "rev"]
    alone = report(store, OWNER, user="ann", compare="previous", **MARCH).to_dict()["previous"]  # type: ignore[arg-type]
    assert alone["summary"] == as_json["summary"]
    assert "members" not in alone
    assert "previous" not in report(store, OWNER, user="ann", **MARCH).to_dict()  # type: ignore[arg-type]
    ever = report(store, OWNER, user="ann", preset="all_time", compare="previous")
    assert ever.to_dict()["previous"] is None


def test_python_asks_without_an_address(store: Store) -> None:
    days = report(store, OWNER, user="ann", first=date(2024, 3, 1), last=date(2024, 3, 2)).to_pandas()
    assert days["total_time"].to_list() == [10.0, 80.0]
    members = report(store, OWNER, members="all", **MARCH).to_pandas("members")  # type: ignore[arg-type]
    assert members["total_time"].to_dict() == {"ann": 90.0, "bob": 100.0, "rev": 0.0}
    assert members.index.name == "user_id"
    own = report(store, OWNER, user="bob", **MARCH).to_pandas("members")  # type: ignore[arg-type]
    assert own["total_time"].to_dict() == {"bob": 100.0}
    days = report(store, OWNER, user="ann", first="2024-03-01", last="2024-03-02", grain=Grain.MONTH)
    with pytest.raises(ValueError, match="by month"):
        days.to_pandas()
    with pytest.raises(InvalidQuery):
        report(store, OWNER, user="ann", first="2024-03-01")
    with pytest.raises(InvalidQuery):
        report(store, OWNER, user="ann", members="all", **MARCH)  # type: ignore[arg-type]


def test_projects_as_a_frame_are_those_of_reports_of_each_alone(store: Store) -> None:
    everybody = report(store, OWNER, members="all", **MARCH)  # type: ignore[arg-type]
    projects = everybody.to_pandas("projects")
    assert projects.index.name == "project_id"
    assert list(projects.columns) == [metric.key for metric in METRICS]
    # p1: 10 and 60 of ann's, 100 of bob's; p2: 20 of ann's, and one of bob's without a time.
    assert projects["submitted_annotations"].to_dict() == {"p1": 3, "p2": 2}
    assert projects["total_time"].to_dict() == {"p1": 170.0, "p2": 20.0}
    assert projects["time_per_annotation_median"].to_dict() == {"p1": 60.0, "p2": 20.0}
    assert projects["total_time_median"].to_dict() == {"p1": 170.0, "p2": 20.0}  # 2 × 35 and 1 × 100; 1 × 20
    assert projects["lead_time_missing"].to_dict() == {"p1": 0, "p2": 1}
    assert projects["performance_score"].dropna().to_dict() == {"p1": 0.5}
    assert projects["comments_received"].to_dict() == {"p1": 1, "p2": 0}
    theirs = report(store, LEAD, members="all", **MARCH).to_pandas("projects")  # type: ignore[arg-type]
    assert theirs["submitted_annotations"].to_dict() == {"p1": 3}
    own = report(store, OWNER, user="ann", **MARCH).to_pandas("projects")  # type: ignore[arg-type]
    assert own["total_time"].to_dict() == {"p1": 70.0, "p2": 20.0}
    nothing = report(store, OWNER, user="eve", **MARCH).to_pandas("projects")  # type: ignore[arg-type]
    assert nothing.empty
    with store.reading() as reader:
        query = parse({"members": ["all"], "from": ["2024-03-01"], "to": ["2024-03-02"]})
        page = read_report(reader, scope(OWNER, query, reader.standing(OWNER, query)), query)
    with pytest.raises(ValueError, match="without its projects"):
        page.to_pandas("projects")


# -- The table --------------------------------------------------------------------------------------------------------


def order(store: Store, **table: Any) -> Sequence[str]:
    shown = report(store, OWNER, user=["ann", "bob", "eve", "boss"], idle="show", **MARCH)  # type: ignore[arg-type]
    return [each.user.user_id for each in sorted_members(shown.members, Table(**table))]


def test_members_are_sorted_with_missing_numbers_last(store: Store) -> None:
    assert order(store) == ["ann", "bob", "boss", "eve"]
    assert order(store, descending=True) == ["eve", "boss", "bob", "ann"]
    assert order(store, sort="time_per_annotation_median") == ["ann", "bob", "boss", "eve"]
    assert order(store, sort="time_per_annotation_median", descending=True) == ["bob", "ann", "boss", "eve"]
    # Equal numbers stand by id, in both directions.
    assert order(store, sort="total_time") == ["boss", "eve", "ann", "bob"]
    assert order(store, sort="total_time", descending=True) == ["bob", "ann", "boss", "eve"]


def test_pages_hold_all_members_once(new_store: NewStore) -> None:
    store = open_store(new_store())
    store.write(
        [annotation(n, "2024-03-01 09:00", lead_time=n % 7, completed_by=f"m{n:03}") for n in range(120)]
        + [Project(ORGANIZATION, "p1", None, title="One")]
    )
    everybody = report(store, OWNER, members="all", **MARCH)  # type: ignore[arg-type]
    pages = [page_of(everybody.members, Table(sort="total_time", page=page, size=50)) for page in (1, 2, 3, 4)]
    assert [(each.page, each.first, len(each.rows)) for each in pages[:3]] == [(1, 1, 50), (2, 51, 50), (3, 101, 20)]
    assert pages[3] == pages[2]
    assert {each.pages for each in pages} == {3}
    users = [each.user.user_id for page in pages[:3] for each in page.rows]
    assert sorted(users) == [f"m{n:03}" for n in range(120)]
    assert users[:3] == ["m000", "m007", "m014"]
    assert page_of((), Table()).first == 0
    assert page_of((), Table()).size == SIZES[0]
    store.close()


def test_columns_are_those_of_the_tab_or_those_chosen() -> None:
    annotations = [metric.key for metric in columns_of(Table())]
    assert {"total_time", "submitted_annotations", "skipped", "rejected", "performance_score"} <= set(annotations)
    reviews = [metric.key for metric in columns_of(Table(tab=TableTab.REVIEWS))]
    assert {"reviews_accepted", "review_time"} <= set(reviews)
    assert set(annotations) & set(reviews) == {"last_active"}
    chosen = columns_of(Table(columns=("rejected", "total_time")))
    assert [metric.key for metric in chosen] == ["rejected", "total_time"]


# -- Files ------------------------------------------------------------------------------------------------------------


def rows(store: Store, file: str, viewer: str = "boss:owner") -> list[dict[str, str]]:
    browser = host(store).test_client()
    browser.get(f"/login?as={viewer}")
    answer = browser.get(f"/performance/export/{file}")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_a_row_a_member(store: Store) -> None:
    found = rows(store, f"members.csv?members=all&{IN_MARCH}")
    assert [(each["user_id"], each["total_time_s"]) for each in found] == [
        ("ann", "90.0"),
        ("bob", "100.0"),
        ("rev", "0.0"),
    ]
    first = found[0]
    assert (first["user_email"], first["user_name"]) == ("ann@acme.example", "Ann")
    assert (first["from"], first["to"], first["timezone"]) == ("2024-03-01", "2024-03-02", "UTC")
    assert {each["scope"] for each in found} == {"all projects"}
    assert "previous_total_time_s" not in first
    [second] = rows(store, f"members.csv?members=all&{IN_MARCH}&sort=-total_time&size=25&page=1")[1:2]
    assert second["user_id"] == "ann"
    assert [each["user_id"] for each in rows(store, f"members.csv?user=eve&user=bob&idle=show&{IN_MARCH}")] == [
        "bob",
        "eve",
    ]
    compared = rows(store, f"members.csv?members=all&{IN_MARCH}&compare=previous")
    assert [each["previous_total_time_s"] for each in compared] == ["45.0", "0.0", "0.0"]
    assert [each["previous_time_per_annotation_median_s"] for each in compared] == ["45.0", "", ""]
    assert {each["previous_from"] for each in compared} == {"2024-02-28"}


def test_every_file_says_what_it_does_not_hold(store: Store) -> None:
    words = "your 1 project; work in other projects is not included"
    for file in ("members.csv", "report.csv"):
        assert {each["scope"] for each in rows(store, f"{file}?members=all&{IN_MARCH}", "lead:manager")} == {words}
        assert {each["scope"] for each in rows(store, f"{file}?members=all&{IN_MARCH}&project=p2")} == {"projects: p2"}
        # Of a workspace a manager may have some projects only.
        for who, rest in (("boss:owner", ""), ("lead:manager", "; work in other projects is not included")):
            found = rows(store, f"{file}?members=all&{IN_MARCH}&workspace=w", who)
            assert {each["scope"] for each in found} == {f"workspaces: w{rest}"}


def test_a_row_a_member_and_day(store: Store) -> None:
    found = rows(store, f"report.csv?user=ann&user=bob&{IN_MARCH}")
    assert [(each["user_id"], each["date"], each["total_time_s"], each["submitted_annotations"]) for each in found] == [
        ("ann", "2024-03-01", "10.0", "1"),
        ("ann", "2024-03-02", "80.0", "2"),
        ("bob", "2024-03-01", "100.0", "2"),
        ("bob", "2024-03-02", "0.0", "0"),
    ]
    assert [each["total_time_median_s"] for each in found] == ["10.0", "80.0", "200.0", ""]
    assert [each["user_id"] for each in rows(store, f"report.csv?user=eve&{IN_MARCH}")] == ["eve", "eve"]


def test_days_are_worked_out_in_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rows(store, f"report.csv?members=all&idle=show&{IN_MARCH}")
    monkeypatch.setattr("perfwidget.report.number_files.MOST_DAYS", 3)
    assert rows(store, f"report.csv?members=all&idle=show&{IN_MARCH}") == whole
    assert len(whole) == 6 * 2


def test_rows_of_a_set_say_whose_they_are(store: Store) -> None:
    both = rows(store, f"rows.csv?user=ann&user=bob&metric=submitted_annotations&{IN_MARCH}")
    assert {(each["annotation_id"], each["completed_by"]) for each in both} == {
        *((number, "ann") for number in "123"),
        *((number, "bob") for number in "45"),
    }
    said = rows(store, f"comments.csv?members=all&{IN_MARCH}")
    assert [(each["comment_id"], each["created_by"], each["completed_by"]) for each in said] == [("1", "rev", "bob")]
    assert "completed_by" not in rows(store, f"comments.csv?user=bob&{IN_MARCH}")[0]
    taken = rows(store, f"rows.csv?members=all&metric=performance_score&{IN_MARCH}")
    assert [(each["review_id"], each["completed_by"]) for each in taken] == [("1", "ann"), ("2", "bob")]


def test_files_of_a_set_are_refused_whole(store: Store) -> None:
    browser = host(store).test_client()
    browser.get("/login?as=ann:annotator")
    for file in ("members.csv", "report.csv", "report.json", "timeline.csv", "comments.csv", "rows.csv"):
        more = "&metric=submitted" if file == "rows.csv" else ""
        for asked in ("members=all", "user=ann&user=bob", "user=ann&user=nobody", "user=bob"):
            assert browser.get(f"/performance/export/{file}?{asked}&{IN_MARCH}{more}").status_code == 403
        with browser.get(f"/performance/export/{file}?user=ann&user=ann&{IN_MARCH}{more}") as own:
            assert own.status_code == 200
    many = "&".join(f"user=m{number}" for number in range(201))
    browser.get("/login?as=boss:owner")
    answer = browser.get(f"/performance/export/members.csv?{many}")
    assert (answer.status_code, answer.json["error"]) == (
        400,
        "At most 200 members can be asked for by name; ask for everybody in a project instead.",
    )
