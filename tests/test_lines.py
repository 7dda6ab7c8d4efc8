"""The graphs of two to five members: a line for each, whose every point is that member's own number of the day."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from math import dist
from typing import Any

import plotly.graph_objects as go
import pytest

from perfwidget import Viewer, open_store
from perfwidget.facts import Fact, Member, Membership, Project, Recorded, ReviewVisit
from perfwidget.page import figures
from perfwidget.page.answer import show
from perfwidget.page.axes import Figure
from perfwidget.page.figures import MEMBER_LOOKS
from perfwidget.page.formats import figure_label
from perfwidget.page.panels import ANNOTATION_SUMMARY, ANNOTATIONS, PANELS, REVIEWS, TIME_REVIEWED, TOTAL_TIME, shown
from perfwidget.question.query import Statistic
from perfwidget.report import Report, report
from perfwidget.stores import Store
from tests.hosts import asking, host
from tests.test_figures import SEEN_BY, contrast, lab, palettes, said
from tests.worlds import ORGANIZATION, OWNER, annotation, at, review

MARCH = {"first": "2024-03-01", "last": "2024-03-03"}
IN_MARCH = "from=2024-03-01&to=2024-03-03&tz=UTC"
EVIL = "<a href='//evil.example'>Bob</a> &lt;br&gt; %{x} <extra>1</extra>"
MEMBERS = {"ann": "Ann", "bob": EVIL, "cid": "Ann", "dan": "Dan", "eve": "Eve", "fay": "Fay"}


def facts() -> Iterator[Fact]:
    """Yield ann's five annotations of two days, bob's three in two projects, and what cid reviewed of ann's."""
    for user, name in MEMBERS.items():
        yield Member(ORGANIZATION, user, f"{user}@acme.example", name, role="annotator")
    yield Member(ORGANIZATION, "lead", role="manager")
    yield Membership(ORGANIZATION, "lead", project_id="p1")
    yield Project(ORGANIZATION, "p1", None, title="One")
    yield Project(ORGANIZATION, "p2", None, title="Two")
    yield Recorded(ORGANIZATION, "reviews")
    yield Recorded(ORGANIZATION, "review_visits")
    yield annotation(1, "2024-03-01 09:00", lead_time=60)
    yield annotation(2, "2024-03-01 10:00", lead_time=120)
    yield annotation(3, "2024-03-01 11:00", lead_time=600, last_action="updated")
    yield annotation(4, "2024-03-01 12:00", was_cancelled=True, last_action="skipped")
    yield annotation(5, "2024-03-03 12:00", lead_time=None)
    yield annotation(6, "2024-03-03 09:00", lead_time=240, completed_by="bob")
    yield annotation(7, "2024-03-03 10:00", lead_time=480, completed_by="bob")
    yield annotation(8, "2024-03-02 10:00", lead_time=30, completed_by="bob", project_id="p2")
    for number, (of, action) in enumerate([(1, "rejected"), (1, "accepted"), (2, "accepted")]):
        yield review(number, f"2024-03-02 1{number}:00", action, annotation_id=of, reviewer_id="cid")
    yield ReviewVisit(ORGANIZATION, "v1", "1", "p1", "cid", at("2024-03-02 09:59"), at("2024-03-02 10:00:30"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(f"duckdb:///{tmp_path_factory.mktemp('lines')}/facts.duckdb")
    store.write(facts())
    yield store
    store.close()


def of(store: Store, *users: str, **more: Any) -> Report:
    return report(store, OWNER, user=users, **MARCH, **more)  # type: ignore[arg-type]


def heights(figure: Figure) -> list[list[float | None]]:
    return [trace["y"] for trace in figure["data"]]


def test_each_line_shows_a_member_s_own_days(store: Store) -> None:
    three = of(store, "cid", "ann", "bob")  # in the order of their ids, however they are asked for
    assert heights(figures.annotations(three)) == [[3, 0, 1], [0, 1, 2], [0, 0, 0]]  # the skipped one is in no line
    # ann's day without a usable time has none; a day without work has 0.
    assert heights(figures.total_time(three, Statistic.AVERAGE)) == [[13, 0, None], [0, 0.5, 12], [0, 0, 0]]  # minutes
    assert heights(figures.total_time(three, Statistic.MEDIAN)) == [
        [6, None, None],  # three of 2 minutes
        [None, 0.5, 12],  # two of 6
        [None] * 3,
    ]
    assert heights(figures.time_per_annotation(three)) == [[2, None, None], [None, 0.5, 6], [None] * 3]
    assert heights(figures.review_time(three)) == [[0, 0, 0], [0, 0, 0], [0, 90, 0]]  # seconds
    assert heights(figures.reviews(three)) == [[0, 0, 0], [0, 0, 0], [0, 3, 0]]  # of two annotations
    [one, *_] = figures.total_time(three, Statistic.AVERAGE)["data"]
    assert one["customdata"] == ["13m 0s", "0s", "—"]
    assert one["meta"] == {"rows": "total_time", "rows_user": "ann"}
    assert figures.reviews(three)["data"][2]["meta"] == {"rows": "annotations_reviewed", "rows_user": "cid"}


def test_all_lines_of_a_graph_have_one_scale(store: Store) -> None:
    figure = figures.annotations(of(store, "ann", "bob"))
    assert {trace.get("yaxis") for trace in figure["data"]} == {None}
    assert figure["layout"]["yaxis"]["tickvals"] == [0, 1, 2, 3]
    assert figures.total_time(of(store, "ann", "bob"), Statistic.AVERAGE)["layout"]["yaxis"]["range"][1] > 13


def test_more_than_five_and_everybody_are_pooled(store: Store) -> None:
    five = of(store, "ann", "bob", "cid", "dan", "eve")
    assert [each.user.user_id for each in five.lines] == ["ann", "bob", "cid", "dan", "eve"]
    six, everybody = of(store, *MEMBERS), report(store, OWNER, members="all", **MARCH)  # type: ignore[arg-type]
    for pooled in (six, everybody, of(store, "ann"), of(store, "ann", "ann")):
        assert pooled.lines == ()
        assert [trace["name"] for trace in figures.annotations(pooled)["data"]] == ["Submitted", "Updated", "Skipped"]
    assert heights(figures.annotations(six))[0] == [2, 1, 3]
    # The summary is of all together in any case.
    assert figures.annotation_summary(five) == figures.annotation_summary(six)
    both = dict(shown(TOTAL_TIME, six).figures)
    assert both["average"] == both["median"]


def test_a_manager_s_lines_hold_their_projects_alone(store: Store) -> None:
    theirs = report(store, Viewer(ORGANIZATION, "lead", "manager"), user=["ann", "bob"], **MARCH)  # type: ignore[arg-type]
    assert heights(figures.annotations(theirs)) == [[3, 0, 1], [0, 0, 2]]
    assert theirs.lines == of(store, "ann", "bob", project="p1").lines


def test_the_tables_hold_the_numbers_of_the_lines(store: Store) -> None:
    two = of(store, "ann", "cid")
    names = ["Ann · ann@acme.example", "Ann · cid@acme.example"]
    annotations = ANNOTATIONS.table(two)
    assert annotations.head == ["Day", *names]
    assert annotations.rows[0] == ("Fri 1 Mar 2024", "3", "0")
    assert (annotations.keys, annotations.whose) == (["", *["submitted_annotations"] * 2], ["", "ann", "cid"])
    total = TOTAL_TIME.table(two)
    assert total.head[1:5] == [
        f"{names[0]}, {label}"
        for label in ("Total Time", "Total Time, s", "Total Time (Median)", "Total Time (Median), s")
    ]
    assert total.rows[0][1:5] == ("13m 0s", "780.0", "6m 0s", "360.0")
    assert total.whose == ["", *["ann"] * 4, *["cid"] * 4]
    assert REVIEWS.table(two).rows[1] == ("Sat 2 Mar 2024", "0", "3")
    assert TIME_REVIEWED.table(two).rows[1] == ("Sat 2 Mar 2024", "0s", "0.0", "1m 30s", "90.0")
    assert ANNOTATION_SUMMARY.table(two).rows[0] == ["Submitted", "3", "60 %"]  # beside one updated and one skipped


def test_a_point_and_its_number_open_the_rows_of_one_member(store: Store) -> None:
    browser = host(store).test_client()
    browser.get("/login?as=boss:owner")
    question = f"user=ann&user=bob&{IN_MARCH}"
    answer = asking(browser, "open-tables", {"question": question, "open": ["annotations-opener"]})
    assert f"?{question}&rows=submitted_annotations@2024-03-03&rows_user=bob" in answer.text
    opened = {"question": f"{question}&rows=submitted_annotations@2024-03-03&rows_user=bob"}
    rows = asking(browser, "rows-sought", opened)
    assert "1 – 2 of 2" in json.dumps(rows.json, ensure_ascii=False)
    assert "p2" not in rows.text


def test_the_page_says_who_is_which_and_what_a_line_is(store: Store) -> None:
    drawn = show(of(store, "ann", "bob"), at("2024-01-01 00:00").date(), at("2024-03-04 00:00"), "user=ann&user=bob")
    legend = drawn["annotations-legend", "children"]
    assert said(legend) == f"Ann {EVIL} Each line: Submitted Annotations, without skipped ones."
    looks = [part.children[0].className for part in legend[:2]]
    assert looks == ["swatch member line-first", "swatch member line-second"]
    assert drawn["answer", "data"]["lines"] is True
    name = drawn["annotations-graph", "figure"]["layout"]["meta"]["name"]
    assert name == (
        "Annotations. A line of the submitted annotations of each member by date; the numbers are in the table below."
    )
    assert "name" not in drawn["annotation-summary-graph", "figure"]["layout"].get("meta", {})
    # Nobody reviewed: there is a sentence, and nothing to name.
    assert drawn["review-time-graph", "figure"] is None
    assert drawn["review-time-legend", "children"] == []


def test_names_are_no_markup_in_a_figure(store: Store) -> None:
    for panel in PANELS[1:]:
        for figure in shown(panel, of(store, "ann", "bob", "cid")).figures.values():
            assert not re.search(r"<(?!extra></extra>|br>2024)\w|&\w+;", json.dumps(figure, ensure_ascii=False))
            name = figure["data"][1]["name"]
            assert name.replace("\u2060", "") == EVIL
            assert {trace["hovertemplate"] for trace in figure["data"]} == {
                "%{fullData.name}: %{customdata}<extra></extra>"
            }
            painted = json.loads(re.sub(r'"--[a-z-]+"', '"#123456"', json.dumps(figure, allow_nan=False)))
            painted["layout"]["xaxis"].pop("unifiedhovertitle")
            go.Figure(painted)
    assert figure_label("R&D < 3 > 2") == "R&\u2060D <\u2060 3 > 2"


# -- Looks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_are_told_apart_by_all_eyes_and_stand_out(theme: str) -> None:
    palette = palettes()[theme]
    colours = [palette[f"--{look}"] for look, _, _ in MEMBER_LOOKS]
    assert min(contrast(colour, palette["--panel"]) for colour in colours) >= 3
    for eyes in SEEN_BY:
        assert min(dist(lab(one, eyes), lab(other, eyes)) for one, other in combinations(colours, 2)) >= 20


def test_lines_are_told_apart_without_colour() -> None:
    assert len({dash for _, dash, _ in MEMBER_LOOKS}) == len({mark for *_, mark in MEMBER_LOOKS}) == 5
