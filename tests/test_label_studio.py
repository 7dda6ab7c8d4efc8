"""Label Studio exports: what each row says by the rules where a file is silent, and what becomes of dirty ones."""

import io
import json
import math
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwidget.errors import InvalidFact, UnreadableFile
from perfwidget.facts import Action, Annotation, AnnotationFlag, Member, Membership, Project, Recorded, Review
from perfwidget.facts.ingest import Inferred, Snapshot
from perfwidget.sources.export import ImportResult, read_export
from perfwidget.stores import open_store
from tests.exports import (
    ABSENT,
    AT_NOON,
    AT_UPDATE,
    LATER,
    MORNING,
    NOON,
    Read,
    annotation,
    entry,
    export,
    one,
    read,
    read_bytes,
    review,
    row,
    stored_value,
)
from tests.worlds import ORGANIZATION, ask, at

# --- Whole rows


def test_a_community_row() -> None:
    found = read(
        [
            {
                "id": 100,
                "project": 5,
                "data": {"text": "…"},
                "annotations": [
                    {
                        "id": 11,
                        "completed_by": 7,
                        "result": [],
                        "was_cancelled": False,
                        "ground_truth": False,
                        "created_at": "2024-03-01T12:00:00.000001Z",
                        "updated_at": "2024-03-01T12:00:00.000020Z",
                        "draft_created_at": "2024-03-01T11:59:00Z",
                        "lead_time": 61.25,
                        "task": 100,
                        "project": 5,
                        "updated_by": 7,
                        "last_action": None,
                        "last_created_by": None,
                    }
                ],
            }
        ]
    )
    expected = Annotation(
        organization_id=ORGANIZATION,
        annotation_id="11",
        project_id="5",
        task_id="100",
        completed_by="7",
        created_at=at("2024-03-01 12:00:00.000001"),
        started_at=at("2024-03-01 11:59"),
        completed_at=at("2024-03-01 12:00:00.000001"),
        completed_at_estimated=False,
        updated_at=at("2024-03-01 12:00:00.000020"),
        lead_time=61.25,
        last_action="submitted",
        was_cancelled=False,
        flags=AnnotationFlag.NONE,
    )
    action = Action(
        organization_id=ORGANIZATION,
        action_id="annotation-11",
        annotation_id="11",
        project_id="5",
        task_id="100",
        user_id="7",
        action="submitted",
        started_at=at("2024-03-01 11:59"),
        created_at=at("2024-03-01 12:00:00.000001"),
        lead_time=61.25,
    )
    (snapshot,) = found.snapshots
    told = Snapshot(expected, (action,), False, None, spelled=snapshot.spelled)
    assert replace(snapshot, task_updated_at=None, unique_id=None) == told
    assert snapshot.spelled == "[7, null, null, 7]"
    seen_at = at("2024-03-01 12:00:00.000020")
    assert found.inferred == [
        Inferred(Project(ORGANIZATION, "5", None, title="Project 5"), seen_at),
        Inferred(Member(ORGANIZATION, "7", None, None, role="annotator"), seen_at),
        Inferred(Membership(ORGANIZATION, "7", project_id="5"), seen_at),
    ]
    assert found.reading.summary() == "1 task, 1 annotation, 0 reviews, 0 problems"


def test_an_enterprise_row() -> None:
    ann = {"id": 7, "email": "ann@x.example", "first_name": "Ann", "last_name": "Lee"}
    rev = {"id": 8, "email": "rev@x.example", "first_name": "", "last_name": ""}
    found = read(
        export(
            {
                "id": 11,
                "completed_by": ann,
                "reviews": [
                    {
                        "id": 21,
                        "created_by": rev,
                        "created_at": "2024-03-03T10:00:00Z",
                        "accepted": False,
                        "fixed_annotation_history": None,
                    },
                    {
                        "id": 22,
                        "created_by": rev,
                        "created_at": "2024-03-04T10:00:00Z",
                        "accepted": True,
                        "fixed_annotation_history": 901,
                        "score": 0.42,
                    },
                ],
                "was_cancelled": False,
                "created_at": NOON,
                "updated_at": "2024-03-04T10:00:01Z",
                "draft_created_at": MORNING,
                "lead_time": 30,
                "last_action": "fixed_and_accepted",
                "task": 999,
                "project": 998,
                "updated_by": 8,
                "last_created_by": 8,
            }
        )
    )
    (snapshot,) = found.snapshots
    shared = {
        "organization_id": ORGANIZATION,
        "annotation_id": "11",
        "project_id": "5",
        "task_id": "100",
        "completed_by": "7",
        "reviewer_id": "8",
    }
    assert snapshot.reviews == (
        Review(**shared, review_id="21", action="rejected", score=None, created_at=at("2024-03-03 10:00")),
        Review(**shared, review_id="22", action="fixed_and_accepted", score=0.42, created_at=at("2024-03-04 10:00")),
    )
    assert snapshot.annotation.completed_at == at("2024-03-01 12:00")
    assert snapshot.annotation.completed_at_estimated is True
    assert snapshot.annotation.last_action == "fixed_and_accepted"
    (action,) = snapshot.actions
    assert (action.action, action.user_id, action.created_at) == ("submitted", "7", at("2024-03-01 12:00"))
    seen_at = at("2024-03-04 10:00:01")
    assert found.inferred == [
        Inferred(Recorded(ORGANIZATION, "reviews"), seen_at),
        Inferred(Project(ORGANIZATION, "5", None, title="Project 5"), seen_at),
        Inferred(Member(ORGANIZATION, "7", "ann@x.example", "Ann Lee", role="annotator"), seen_at),
        Inferred(Member(ORGANIZATION, "8", "rev@x.example", None, role="reviewer"), seen_at),
        Inferred(Membership(ORGANIZATION, "7", project_id="5"), seen_at),
        Inferred(Membership(ORGANIZATION, "8", project_id="5"), seen_at),
    ]
    assert found.reading.summary() == "1 task, 1 annotation, 2 reviews, 0 problems"


def test_a_list_in_a_wrapper_says_the_same() -> None:
    tasks = export(row(reviews=[]))
    assert read({"next": None, "annotations": tasks})[:2] == read(tasks)[:2]


# --- Ids, projects and tasks


def test_the_project_and_task_are_the_task_s_else_the_annotation_s() -> None:
    ids = [
        read(export(row(project=6, task=200), **task)).snapshots[0].annotation
        for task in ({}, {"project": None, "id": None}, {"project": ABSENT, "id": ABSENT})
    ]
    assert [(each.project_id, each.task_id) for each in ids] == [("5", "100"), ("6", "200"), ("6", "200")]


def test_ids_may_be_texts_and_the_same_text_is_the_same_id() -> None:
    snapshot = one(id="a-1", completed_by="7", updated_at=LATER, updated_by=7)
    assert (snapshot.annotation.annotation_id, snapshot.annotation.completed_by) == ("a-1", "7")
    assert snapshot.annotation.completed_at == at("2024-03-02 08:30:00.25")
    assert snapshot.actions[0].action_id == "annotation-a-1"


def test_the_longest_id_still_makes_an_action() -> None:
    long, other = one(id="a" * 255), one(id="a" * 254 + "b")
    for snapshot in (long, other):
        assert len(snapshot.actions[0].row()[1]) <= 255
    assert long.actions[0].action_id != other.actions[0].action_id


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"id": ABSENT}, "no id"),
        ({"id": None}, "no id"),
        ({"id": True}, "its id is neither"),
        ({"id": 1.0}, "its id is neither"),
        ({"id": ""}, "its id is neither"),
        ({"id": "x" * 256}, "its id is neither"),
        ({"id": "a\nb"}, "its id is neither"),
        ({"id": "a\ud800"}, "its id is neither"),
        ({"id": 10**300}, "its id is neither"),
        ({"id": {"id": 1}}, "its id is neither"),
        ({"created_at": ABSENT}, "no created_at"),
        ({"created_at": None}, "no created_at"),
        ({"created_at": 1709294400}, "its created_at is no ISO 8601"),
        ({"created_at": "yesterday"}, "its created_at is no ISO 8601"),
        ({"created_at": "2024-03-01"}, "its created_at is no ISO 8601"),
        ({"created_at": "2024-02-30T12:00:00Z"}, "its created_at is no ISO 8601"),
        ({"created_at": "1969-12-31T23:59:59Z"}, "its created_at is no ISO 8601"),
        ({"created_at": "3000-01-01T00:00:00Z"}, "its created_at is no ISO 8601"),
        ({"created_at": "9999-12-31T23:59:59-23:59"}, "its created_at is no ISO 8601"),
        ({"created_at": "0001-01-01T00:00:00+23:59"}, "its created_at is no ISO 8601"),
        ({"created_at": "2024-03-01\ud80012:00:00Z"}, "its created_at is no ISO 8601"),
        ({"updated_at": "soon"}, "its updated_at is no ISO 8601"),
        ({"was_cancelled": 1}, "its was_cancelled is neither"),
        ({"was_cancelled": "false"}, "its was_cancelled is neither"),
    ],
)
def test_an_annotation_that_cannot_be_read_is_reported_and_its_siblings_stay(
    values: dict[str, Any], reason: str
) -> None:
    found = read(export(row(id=2), row(**values), row(id=3)))
    assert [each.annotation.annotation_id for each in found.snapshots] == ["2", "3"]
    (sentence,) = found.sentences()
    assert sentence.startswith(f"task 1, annotation 2: {reason}")
    assert found.reading.summary() == "1 task, 2 annotations, 0 reviews, 1 problem"


def test_an_annotation_without_project_or_task_is_reported() -> None:
    good = export(row())
    found = read(export(row(), project=ABSENT) + export(row(), id=None) + export(row(), project=True) + good)
    assert found.sentences()[:2] == [
        "task 1, annotation 1: no project; name one with --project",
        "task 2, annotation 1: no task id",
    ]
    assert found.sentences()[2].startswith("task 3, annotation 1: its project is neither")
    assert len(found.snapshots) == 1


def test_tasks_that_cannot_be_read_are_reported_and_the_rest_stays() -> None:
    content = json.dumps([None, 7, "x", [], {"annotations": {"1": {}}}, *export(None, [row()], row()), {"id": 4}])
    nested = '{"id": 5, "data": ' + "[" * 5000 + "]" * 5000 + "}"
    found = read_bytes(f"{content[:-1]}, {nested}]".encode())
    assert found.sentences() == [
        "task 1: not an object",
        "task 2: not an object",
        "task 3: not an object",
        "task 4: not an object",
        "task 5: its 'annotations' is no list",
        "task 8: nested too deeply",
        "task 6, annotation 1: not an object",
        "task 6, annotation 2: not an object",
    ]
    assert found.reading.summary() == "2 tasks, 1 annotation, 0 reviews, 8 problems"


def test_many_faults_are_counted_and_the_first_ones_named() -> None:
    found = read(export(*(row(id=number, completed_by=None) for number in range(1234)), None))
    assert len(found.sentences()) == 12
    assert found.sentences()[9:] == [
        "task 1, annotation 10: no owner",
        "1,234 annotations kept that belong to nobody in all; only the first 10 are named.",
        "task 1, annotation 1235: not an object",
    ]
    assert found.reading.summary() == "1 task, 1,234 annotations, 0 reviews, 1,235 problems"


# --- Instants


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2024-03-01T12:00:00Z", "2024-03-01 12:00"),
        ("2024-03-01T12:00:00.123456Z", "2024-03-01 12:00:00.123456"),
        ("2024-03-01T05:00:00-07:00", "2024-03-01 12:00"),
        ("2024-03-01 12:00:00+00:00", "2024-03-01 12:00"),
        ("2024-03-01T12:00:00", "2024-03-01 12:00"),
        ("1970-01-01T00:00:00Z", "1970-01-01 00:00"),
        ("2999-12-31T23:59:59.999999Z", "2999-12-31 23:59:59.999999"),
    ],
)
def test_instants_are_iso_8601_and_utc_where_no_offset_is_named(written: str, instant: str) -> None:
    found = annotation(created_at=written, updated_at=ABSENT)
    assert found.created_at == found.updated_at == found.completed_at == at(instant)


def test_started_at_is_the_draft_s_where_it_can_be_read() -> None:
    assert annotation(draft_created_at=MORNING).started_at == at("2024-03-01 09:00")
    for given_value in (None, ABSENT, "soon", 5, "2024-03-01"):
        assert annotation(draft_created_at=given_value).started_at is None


# --- Last action, cancelled, completed


class Case(NamedTuple):
    values: dict[str, Any]
    last_action: str
    was_cancelled: bool
    completed_at: str
    estimated: bool


CASES = {
    "submitted": Case({}, "submitted", False, AT_NOON, False),
    "touched within a second": Case({"updated_at": "2024-03-01T12:00:00.999999Z"}, "submitted", False, AT_NOON, False),
    "updated after a second": Case(
        {"updated_at": "2024-03-01T12:00:01Z"}, "updated", False, "2024-03-01 12:00:01", False
    ),
    "updated by the annotator": Case({"updated_at": LATER, "updated_by": 7}, "updated", False, AT_UPDATE, False),
    "touched by another": Case({"updated_at": LATER, "updated_by": 8}, "submitted", False, AT_NOON, True),
    "updated, made by another": Case({"updated_at": LATER, "last_created_by": 8}, "updated", False, AT_NOON, True),
    "no update known": Case({"updated_at": ABSENT}, "submitted", False, AT_NOON, False),
    "cancelled": Case({"was_cancelled": True}, "skipped", True, AT_NOON, False),
    "cancelled, then changed": Case({"was_cancelled": True, "updated_at": LATER}, "skipped", True, AT_UPDATE, False),
    "cancelled, touched by another": Case(
        {"was_cancelled": True, "updated_at": LATER, "updated_by": 8}, "skipped", True, AT_NOON, True
    ),
    "not cancelled": Case({"was_cancelled": False, "updated_at": LATER}, "updated", False, AT_UPDATE, False),
    "empty last action": Case({"last_action": "", "updated_at": LATER}, "updated", False, AT_UPDATE, False),
    "given: submitted": Case(
        {"last_action": "submitted", "updated_at": LATER, "updated_by": 7}, "submitted", False, AT_NOON, False
    ),
    "given: updated": Case(
        {"last_action": "updated", "updated_at": LATER, "updated_by": 7, "last_created_by": 7},
        "updated", False, AT_UPDATE, False,
    ),
    "given: updated, by a bulk operation": Case(
        {"last_action": "updated", "updated_at": LATER, "updated_by": 8, "last_created_by": 7},
        "updated", False, AT_NOON, True,
    ),
    "given: updated, not when": Case({"last_action": "updated", "updated_at": None}, "updated", False, AT_NOON, True),
    "given: skipped": Case({"last_action": "skipped", "updated_at": LATER}, "skipped", True, AT_UPDATE, False),
    "given: skipped, by another": Case(
        {"last_action": "skipped", "updated_at": LATER, "last_created_by": 8}, "skipped", True, AT_NOON, True
    ),
    "given: skipped but not cancelled": Case(
        {"last_action": "skipped", "was_cancelled": False, "updated_at": LATER}, "skipped", False, AT_UPDATE, False
    ),
    "given: submitted but cancelled": Case(
        {"last_action": "submitted", "was_cancelled": True, "updated_at": LATER}, "submitted", True, AT_NOON, False
    ),
    "given: accepted": Case({"last_action": "accepted", "updated_at": LATER}, "accepted", False, AT_NOON, True),
    "given: accepted within a second": Case({"last_action": "accepted"}, "accepted", False, AT_NOON, False),
    "given: imported": Case({"last_action": "imported", "updated_at": LATER}, "imported", False, AT_NOON, True),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_last_action_and_completion_without_a_history(case: Case) -> None:
    found = annotation(**case.values)
    told = (found.last_action, found.was_cancelled, found.completed_at, found.completed_at_estimated)
    assert told == (case.last_action, case.was_cancelled, at(case.completed_at), case.estimated)


@pytest.mark.parametrize("given_action", ["frobnicated", "Submitted", 5, True, {"a": 1}, "x" * 256])
def test_an_unknown_last_action_is_kept_and_reported(given_action: object) -> None:
    found = read(export(row(last_action=given_action, updated_at=LATER)))
    (snapshot,) = found.snapshots
    expected = given_action if given_action in ("frobnicated", "Submitted") else "unknown"
    assert snapshot.annotation.last_action == snapshot.actions[0].action == expected
    assert snapshot.annotation.completed_at == at(AT_NOON)
    (sentence,) = found.sentences()
    assert sentence.startswith("task 1, annotation 1: its action ")
    assert sentence.endswith("is unknown; kept, but counted nowhere")
    assert len(sentence) < 150


@pytest.mark.parametrize(
    ("values", "action"),
    [
        ({}, "submitted"),
        ({"updated_at": LATER}, "updated"),
        ({"last_action": "skipped"}, "skipped"),
        ({"last_action": "submitted", "was_cancelled": True}, "skipped"),
        ({"last_action": "accepted"}, "submitted"),
        ({"last_action": "rejected"}, "submitted"),
        ({"last_action": "fixed_and_accepted"}, "submitted"),
        ({"last_action": "deleted_review"}, "submitted"),
        ({"last_action": "prediction"}, "prediction"),
        ({"last_action": "propagated_annotation"}, "propagated_annotation"),
        ({"last_action": "imported"}, "imported"),
    ],
)
def test_the_one_action_that_can_be_told_without_a_history(values: dict[str, Any], action: str) -> None:
    snapshot = one(**values)
    assert [each.action for each in snapshot.actions] == [action]
    assert snapshot.actions[0].created_at == snapshot.annotation.completed_at
    assert snapshot.history is False


# --- Lead times


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("12.5", 12_500_000),
        ("0", 0),
        ("-0.0", 0),
        ("1000000000", 10**15),
        ("0.1", 100_000),
        ("null", None),
        ("-1", -1),
        ("-0.001", -1),
        ("1000000001", -1),
        ("1000000000.5", -1),
        ("NaN", -1),
        ("Infinity", -1),
        ("1e400", -1),
        ("1" + "0" * 400, -1),
        ("9" * 5000, -1),
        ('"12.5"', -1),
        ("true", -1),
        ("[1]", -1),
        ("{}", -1),
    ],
)
def test_only_a_number_is_a_lead_time_and_what_is_none_counts_as_invalid(written: str, stored: int | None) -> None:
    entry = f'{{"id": 1, "action": "submitted", "created_at": "{NOON}", "lead_time": {written}}}'
    text = json.dumps(export(row(lead_time="HERE", history=["THERE"])))
    found = read_bytes(text.replace('"HERE"', written).replace('"THERE"', entry).encode())
    assert found.sentences() == []
    (snapshot,) = found.snapshots
    assert stored_value(snapshot.annotation, "lead_time") == stored
    assert [stored_value(action, "lead_time") for action in snapshot.actions] == [stored]


def test_a_missing_lead_time_is_missing() -> None:
    assert annotation(lead_time=ABSENT).lead_time is None


# --- Files in which nothing is usable


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ([], "no task has an annotation"),
        ({"annotations": []}, "no task has an annotation"),
        ([{"id": 1, "annotations": []}], "no task has an annotation"),
        ([{"id": 1, "data": {"text": "x"}}], "to import into Label Studio"),
        ([{"data": {"text": "x"}, "predictions": []}], "to import into Label Studio"),
        ([{"id": 1, "annotations": None}], "to import into Label Studio"),
        ([{"text": "x"}, {"text": "y"}], "to import into Label Studio"),
        ([{"text": "x", "id": 1, "label": "A", "annotator": 1, "annotation_id": 2, "lead_time": 3.5}], "JSON-MIN"),
        ({"images": [], "categories": [], "annotations": [{"id": 0, "image_id": 1, "category_id": 2}]}, "COCO"),
        ([{"audio_filepath": "a.wav", "text": "x"}], "ASR manifest"),
        ([{"id": 2, "completed_by": 1, "result": []}], "a list of annotations"),
        ([1, "x"], "usable: task 1: not an object"),
        ([{"id": 1, "project": 2, "annotations": [{"id": 3}]}], "usable: task 1, annotation 1: no created_at"),
        ([{"data": {}}, {"id": 1, "annotations": [7]}], "usable: task 2, annotation 1: not an object"),
    ],
)
def test_a_file_without_annotations_says_what_it_seems_to_be(content: object, told: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read(content)
    sentence = str(caught.value)
    assert told in sentence
    assert "export the project from Label Studio with Export > JSON and read that file" in sentence


def test_a_malformed_organization_is_refused() -> None:
    with pytest.raises(InvalidFact):
        list(read_export(io.BytesIO(b"[]"), "a\nb", ImportResult()))


# --- Anything at all


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**300, 10**400, -(10**20), 1e308, -0.0, math.nan, math.inf])
    | st.floats()
    | st.text(st.characters(codec=None, exclude_categories=()), max_size=8)
    | st.sampled_from([NOON, LATER, "ann@x.example", "a\ud800b", "\0", "x" * 300, "updated", "accepted", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    *(
                        "id",
                        "email",
                        "first_name",
                        "action",
                        "created_at",
                        "created_by",
                        "accepted",
                        "score",
                        "lead_time",
                    ),
                    *(
                        "fixed_annotation_history",
                        "previous_annotation_history_result",
                        "fixed_annotation_history_result",
                    ),
                )
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
ROW_KEYS = (
    *("id", "completed_by", "created_at", "updated_at", "draft_created_at", "lead_time", "last_action"),
    *("was_cancelled", "updated_by", "last_created_by", "project", "task", "reviews", "history"),
)


def stored(found: Read) -> None:
    """Make the rows that a store makes; raises InvalidFact if any fact cannot be stored."""
    for snapshot in found.snapshots:
        for fact in (snapshot.annotation, *snapshot.actions, *(snapshot.reviews or ())):
            fact.row()
    for guess in found.inferred:
        guess.fact.row()
        Recorded(ORGANIZATION, "reviews", guess.seen_at).row()


@given(
    st.dictionaries(st.sampled_from(ROW_KEYS), junk),
    st.lists(junk, max_size=3),
    st.lists(junk, max_size=3),
    st.dictionaries(st.sampled_from(["id", "project", "annotations", "data"]), junk),
    junk,
)
def test_junk_anywhere_stops_nothing_and_what_is_read_can_be_stored(
    values: dict[str, Any], history: list[object], reviews: list[object], task: dict[str, Any], other: object
) -> None:
    dirty = {
        "history": [*history, entry(1, "submitted", NOON)],
        "reviews": [*reviews, review(id=99)],
        **row(),
        **values,
    }
    content = [other, {**export()[0], **task}, *export(dirty, other, row(id=1000))]
    found = read(content)
    stored(found)
    assert found.snapshots[-1].annotation == annotation(id=1000)
    if not values:
        assert [each.review_id for each in found.snapshots[-2].reviews or ()][-1] == "99"
        assert [each.action_id for each in found.snapshots[-2].actions][-1] == "1"


# --- Whole files


def test_a_file_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    content = json.dumps(export(row(id=1)) + export(row(id=2, reviews=[review()]))).encode()
    store = open_store(f"duckdb:///{tmp_path}/facts.duckdb")
    period = {"user": "7", "from_": "2024-02-01", "to": "2024-04-30"}
    store.write(read_export(io.BytesIO(json.dumps(export(row(id=3))).encode()), ORGANIZATION, ImportResult()))
    for cut in (content[:-1], content[:-20], content + b"x"):
        with pytest.raises(UnreadableFile):
            store.write(read_export(io.BytesIO(cut), ORGANIZATION, ImportResult()))
        assert ask(store, **period).to_dict()["summary"]["submitted_annotations"] == 1
    for _ in range(2):
        store.write(read_export(io.BytesIO(content), ORGANIZATION, ImportResult()))
        told = ask(store, **period).to_dict()
        assert told["summary"]["submitted_annotations"] == 3
        assert told["summary"]["total_time"] == 37.5
        assert told["summary"]["performance_score"] == 1.0
    store.close()


class Endless(io.RawIOBase):
    """An export that is made up while it is read."""

    def __init__(self, tasks: int, text: str) -> None:
        self._parts = self._written(tasks, text)
        self._waiting = b""
        self.given = 0

    @staticmethod
    def _written(tasks: int, text: str) -> Iterator[bytes]:
        yield b"["
        for number in range(tasks):
            task = export(row(id=number, completed_by=number % 50, reviews=[]), id=number, data={"text": text})[0]
            yield (b"," if number else b"") + json.dumps(task).encode()
        yield b"]"

    def read(self, size: int = -1) -> bytes:
        while len(self._waiting) < size and (part := next(self._parts, b"")):
            self._waiting += part
        read, self._waiting = self._waiting[:size], self._waiting[size:]
        self.given += len(read)
        return read


def test_memory_does_not_grow_with_the_file() -> None:
    reading = ImportResult()
    stream = Endless(2_000, "x" * 100_000)
    tracemalloc.start()
    try:
        for _ in read_export(stream, ORGANIZATION, reading):  # type: ignore[arg-type]
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert reading.annotations == 2_000
    assert stream.given > 200_000_000
    assert peak < 4_000_000


# --- What is odd


def reviews_by(instants: dict[int, str]) -> list[dict[str, Any]]:
    return [review(id=by, created_at=instant, created_by=by) for by, instant in instants.items()]


@pytest.mark.parametrize(
    ("values", "task", "flags"),
    [
        ({}, {}, AnnotationFlag.NONE),
        ({"updated_by": 7}, {}, AnnotationFlag.NONE),
        ({"updated_by": 8}, {}, AnnotationFlag.POSTED_BY_OTHER),
        ({"updated_by": 8, "updated_at": LATER}, {}, AnnotationFlag.POSTED_BY_OTHER),
        # A reviewer who fixed it is named as the last one who wrote, with what they did.
        ({"updated_by": 8, "updated_at": LATER, "last_action": "fixed_and_accepted"}, {}, AnnotationFlag.NONE),
        ({"updated_by": 8, "last_action": "submitted"}, {}, AnnotationFlag.POSTED_BY_OTHER),
        ({"updated_by": 8, "updated_at": LATER, "last_action": "updated"}, {}, AnnotationFlag.POSTED_BY_OTHER),
        ({"last_created_by": 8, "updated_at": LATER, "last_action": "updated"}, {}, AnnotationFlag.POSTED_BY_OTHER),
        ({"updated_by": 7, "last_created_by": 8}, {}, AnnotationFlag.NONE),
        ({"updated_by": {"id": None}}, {}, AnnotationFlag.NONE),
        # 8 reviewed it last, by its reviews, its history, or by its last action.
        (
            {
                "updated_by": 8,
                "last_action": "updated",
                "reviews": reviews_by({9: NOON, 8: LATER}),
            },
            {},
            AnnotationFlag.NONE,
        ),
        (
            {
                "updated_by": 8,
                "last_action": "updated",
                "reviews": reviews_by({9: LATER, 8: NOON}),
            },
            {},
            AnnotationFlag.POSTED_BY_OTHER,
        ),
        (
            {"updated_by": 8, "last_action": "updated", "history": [entry(1, "rejected", NOON, created_by=8)]},
            {},
            AnnotationFlag.NONE,
        ),
        (
            {"updated_by": 8, "last_action": "updated", "history": [entry(1, "deleted_review", NOON, created_by=8)]},
            {},
            AnnotationFlag.POSTED_BY_OTHER,
        ),
        ({"updated_by": 8, "last_created_by": 8, "last_action": "accepted"}, {}, AnnotationFlag.NONE),
        ({"updated_by": 9, "last_created_by": 8, "last_action": "accepted"}, {}, AnnotationFlag.POSTED_BY_OTHER),
        (
            {"updated_by": 9, "last_action": "rejected", "reviews": [review(id=1, created_at=NOON, created_by=8)]},
            {},
            AnnotationFlag.POSTED_BY_OTHER,
        ),
        ({"import_id": 5}, {}, AnnotationFlag.IMPORTED),
        ({"import_id": None, "updated_by": None}, {}, AnnotationFlag.IMPORTED),
        ({"import_id": None, "updated_by": None, "updated_at": LATER}, {}, AnnotationFlag.NONE),
        # taken over as it was predicted, by nobody's work
        ({"parent_prediction": 3, "lead_time": None}, {}, AnnotationFlag.FROM_PREDICTION),
        ({"parent_prediction": 3, "lead_time": None, "last_action": "accepted"}, {}, AnnotationFlag.FROM_PREDICTION),
        (
            {"parent_prediction": 3, "lead_time": ABSENT, "import_id": None, "updated_by": None},
            {},
            AnnotationFlag.FROM_PREDICTION,
        ),
        (
            {"parent_prediction": 3, "lead_time": None, "import_id": 5},
            {},
            AnnotationFlag.FROM_PREDICTION | AnnotationFlag.IMPORTED,
        ),
        # what a reviewer or somebody else changed since, the owner has not updated
        (
            {
                "parent_prediction": 3,
                "lead_time": None,
                "updated_by": 8,
                "updated_at": LATER,
                "last_action": "accepted",
            },
            {},
            AnnotationFlag.FROM_PREDICTION,
        ),
        ({"parent_prediction": 3, "lead_time": 0}, {}, AnnotationFlag.NONE),
        ({"parent_prediction": 3, "lead_time": 12.5}, {}, AnnotationFlag.NONE),
        ({"parent_prediction": 3, "lead_time": None, "updated_at": LATER}, {}, AnnotationFlag.NONE),
        ({"parent_prediction": 3, "lead_time": None, "last_action": "updated"}, {}, AnnotationFlag.NONE),
        ({"parent_prediction": 3, "lead_time": None, "history": [entry(1, "updated", NOON)]}, {}, AnnotationFlag.NONE),
        (
            {"parent_prediction": 3, "lead_time": None, "history": [entry(1, "updated", NOON, created_by=8)]},
            {},
            AnnotationFlag.FROM_PREDICTION,
        ),
        ({"parent_prediction": None, "lead_time": None}, {}, AnnotationFlag.NONE),
        # a copy that Label Studio made came with no import
        (
            {"parent_annotation": 4, "lead_time": None, "import_id": None, "updated_by": None},
            {},
            AnnotationFlag.NONE,
        ),
        ({"updated_by": None}, {}, AnnotationFlag.NONE),  # a file of a version that knows no imports
        ({"lead_time": 10_800}, {"created_at": MORNING}, AnnotationFlag.NONE),  # three hours, from nine to noon
        ({"lead_time": 10_800.000001}, {"created_at": MORNING}, AnnotationFlag.LONGER_THAN_TASK),
        ({"lead_time": -1}, {"created_at": NOON}, AnnotationFlag.NONE),
        ({"lead_time": 1e300}, {"created_at": NOON}, AnnotationFlag.NONE),
        ({"lead_time": 1}, {"created_at": "yesterday"}, AnnotationFlag.NONE),
        ({"lead_time": 1, "import_id": 5}, {"created_at": NOON}, AnnotationFlag.IMPORTED),
        (
            {"lead_time": 1, "updated_by": 8},
            {"created_at": NOON},
            AnnotationFlag.POSTED_BY_OTHER | AnnotationFlag.LONGER_THAN_TASK,
        ),
    ],
)
def test_what_is_odd_about_an_annotation_is_pointed_out(
    values: dict[str, object], task: dict[str, object], flags: AnnotationFlag
) -> None:
    [snapshot] = read(export(row(**values), **task)).snapshots
    assert snapshot.annotation.flags == flags


@pytest.mark.parametrize(
    ("values", "action"),
    [
        ({"lead_time": None, "updated_by": None}, "propagated_annotation"),
        ({"lead_time": ABSENT}, "propagated_annotation"),
        ({"lead_time": None, "updated_by": 8, "updated_at": LATER}, "propagated_annotation"),  # somebody else's change
        ({"lead_time": None, "updated_at": LATER}, "updated"),
        ({"lead_time": None, "was_cancelled": True}, "skipped"),
        ({"lead_time": None, "last_action": "submitted"}, "submitted"),
        ({"lead_time": 0}, "submitted"),  # a copy that somebody made in the editor has a time
        ({"lead_time": None, "parent_annotation": None}, "submitted"),
    ],
)
def test_a_propagated_annotation_is_nobodys_work_until_its_owner_updates_it(
    values: dict[str, object], action: str
) -> None:
    [snapshot] = read(export(row(**{"parent_annotation": 4, **values}))).snapshots
    assert snapshot.annotation.last_action == action
