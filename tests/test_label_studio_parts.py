"""The people, reviews and histories of Label Studio exports."""

import json
import math
from typing import Any

import pytest

from perfwidget.facts import Action, Member, Membership, Project, Recorded
from perfwidget.facts.columns import microseconds
from perfwidget.facts.ingest import Inferred
from tests.exports import (
    ABSENT,
    ANN,
    AT_NOON,
    AT_UPDATE,
    LATER,
    MORNING,
    NOON,
    annotation,
    entry,
    export,
    one,
    read,
    review,
    reviewed,
    row,
    rows_of,
    stored,
)
from tests.worlds import ORGANIZATION, at

# --- People


@pytest.mark.parametrize(
    ("completed_by", "updated_by"),
    [
        (7, 7),
        (7, "7"),
        (7, {"id": 7}),
        (7, ANN),
        (ANN, 7),
        (ANN, {"id": "7"}),
        ({"email": "ann@x.example"}, {"email": "Ann@x.example"}),
        ({"id": None, "email": "ann@x.example"}, "ann@x.example"),
        (7, None),
        (7, {}),
        (7, {"id": None, "email": ""}),
    ],
)
def test_the_annotator_is_known_in_every_spelling(completed_by: object, updated_by: object) -> None:
    found = annotation(completed_by=completed_by, updated_by=updated_by, updated_at=LATER)
    assert (found.last_action, found.completed_at) == ("updated", at(AT_UPDATE))


@pytest.mark.parametrize(
    ("completed_by", "updated_by"),
    [
        (7, 8),
        (1, True),
        (7, {"id": 8, "email": "ann@x.example"}),
        (ANN, {"id": 8, "email": "ann@x.example"}),
        (ANN, {"email": "bob@x.example"}),
        ({"email": "ann@x.example"}, {"email": "bob@x.example"}),
        (7, {"email": "ann@x.example"}),
        (7, [7]),
        (7, 7.0),
        (7, {"id": [7]}),
        (None, 7),
    ],
)
def test_others_are_not_the_annotator(completed_by: object, updated_by: object) -> None:
    (snapshot,) = read(
        export(row(completed_by=completed_by, updated_by=updated_by, updated_at=LATER, last_action="updated"))
    ).snapshots
    assert (snapshot.annotation.completed_at, snapshot.annotation.completed_at_estimated) == (at(AT_NOON), True)


BY_MAIL = {"completed_by": {"email": "ann@x.example"}, "updated_by": 7, "updated_at": LATER}


@pytest.mark.parametrize(
    "telling",
    [
        [row(id=1, completed_by=ANN), row(id=2, **BY_MAIL)],
        [row(id=2, **BY_MAIL), row(id=1, updated_by=ANN)],
        [row(id=2, **BY_MAIL, reviews=[review(created_by=ANN)])],
        [row(id=2, **BY_MAIL, last_created_by=ANN)],
        [row(id=2, completed_by=ANN, updated_by={"email": "ann@X.example"}, updated_at=LATER)],
        [row(id=2, completed_by=ANN, updated_by="ann@x.example", updated_at=LATER)],
        [row(id=2, completed_by={"email": "Ann@X.example"}, updated_by=ANN, updated_at=LATER)],
    ],
)
def test_any_part_of_any_row_may_tell_whose_e_mail_it_is(telling: list[dict[str, Any]]) -> None:
    columns = "completed_by, last_action, completed_at, completed_at_estimated"
    expected = [("7", "updated", microseconds(at(AT_UPDATE)), False)]
    for contents in ([export(*telling)], [export(each) for each in telling]):
        store = stored(*contents)
        assert rows_of(store, columns, "annotations", "annotation_id = '2'") == expected
        assert [each for each, *_ in rows_of(store, "user_id", "members")] == ["7"]
        store.close()


def test_an_e_mail_that_nobody_has_is_an_id_itself() -> None:
    store = stored(export(row(id=2, **BY_MAIL)))
    assert rows_of(store, "completed_by, last_action", "annotations") == [("ann@x.example", "submitted")]
    assert rows_of(store, "user_id, email, role", "members") == [("ann@x.example", "ann@x.example", "annotator")]
    assert rows_of(store, "user_id, project_id", "memberships") == [("ann@x.example", "5")]
    store.close()


@pytest.mark.parametrize("owner", [None, ABSENT, {}, True, 7.5, [7], "", {"id": False, "email": "a@x.example"}])
def test_an_annotation_without_an_owner_is_reported_and_belongs_to_nobody(owner: object) -> None:
    reviews = [{"id": 1, "created_by": 8, "created_at": LATER, "accepted": True}]
    found = read(export(row(completed_by=owner, reviews=reviews)))
    (snapshot,) = found.snapshots
    assert snapshot.annotation.completed_by is None
    assert snapshot.actions == ()
    assert [(review.completed_by, review.reviewer_id) for review in snapshot.reviews or ()] == [(None, "8")]
    assert found.facts(Member) == [Member(ORGANIZATION, "8", None, None, role="reviewer")]
    absent = owner is None or owner is ABSENT or owner == {}
    assert found.sentences() == [f"task 1, annotation 1: {'no owner' if absent else 'its owner cannot be read'}"]


@pytest.mark.parametrize(
    ("person", "member"),
    [
        (7, ("7", None, None)),
        ("seven", ("seven", None, None)),
        (ANN, ("7", "Ann@x.example", "Ann")),
        ({"id": 7, "email": "", "first_name": " ", "last_name": "Lee "}, ("7", None, "Lee")),
        ({"id": 7, "email": 5, "first_name": ["x"], "last_name": None}, ("7", None, None)),
        ({"id": 7, "email": ["x"], "first_name": "Ann", "last_name": "Lee"}, ("7", None, "Ann Lee")),
    ],
)
def test_what_is_known_of_a_person(person: object, member: tuple[str, str | None, str | None]) -> None:
    found = read(export(row(completed_by=person)))
    assert found.sentences() == []
    assert found.facts(Member) == [Member(ORGANIZATION, *member, role="annotator")]
    assert found.facts(Membership) == [Membership(ORGANIZATION, member[0], project_id="5")]
    assert found.snapshots[0].annotation.completed_by == member[0]


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ({"email": "ann@x.example"}, None),
        ({"email": " Ann@X.example ", "first_name": "Ann"}, "Ann"),
        ("ann@x.example", None),
    ],
)
def test_who_is_known_by_e_mail_only_is_a_member_by_that(person: object, name: str | None) -> None:
    store = stored(export(row(completed_by=person)))
    assert rows_of(store, "user_id, email, display_name", "members") == [("ann@x.example", "ann@x.example", name)]
    assert rows_of(store, "completed_by", "annotations") == [("ann@x.example",)]
    store.close()


def test_people_are_told_once_with_when_they_were_seen_last() -> None:
    renamed = {**ANN, "first_name": "Anna"}
    days = [f"2024-03-0{day}T12:00:00Z" for day in range(1, 6)]
    rows = [
        row(id=1, completed_by=ANN, updated_at=days[1], last_action="submitted"),
        row(id=2, completed_by=renamed, updated_at=days[2], last_action="submitted"),
        row(id=3, completed_by=ANN, updated_at=days[3], last_action="submitted"),
        row(id=5, completed_by=ANN, updated_at=days[0], last_action="submitted"),
        row(id=4, completed_by=7, updated_at=days[4], last_action="submitted"),
    ]
    found = read(export(*rows) + export(*rows, project=6))
    members = [guess for guess in found.inferred if isinstance(guess.fact, Member)]
    assert members == [
        Inferred(Member(ORGANIZATION, "7", "Ann@x.example", "Ann", role="annotator"), at("2024-03-04 12:00")),
        Inferred(Member(ORGANIZATION, "7", "Ann@x.example", "Anna", role="annotator"), at("2024-03-03 12:00")),
    ]
    assert found.facts(Membership) == [Membership(ORGANIZATION, "7", project_id=each) for each in ("5", "6")]
    assert [each.title for each in found.facts(Project)] == ["Project 5", "Project 6"]


def test_who_reviewed_anywhere_is_a_reviewer_in_the_projects_they_worked_in() -> None:
    annotated = export(row(id=1))
    reviews = export(row(id=2, completed_by=8, reviews=[review(created_by=7)]), project=6)
    for tasks in (annotated + reviews, reviews + annotated):
        found = read(tasks)
        assert {(each.user_id, each.role) for each in found.facts(Member)} == {("7", "reviewer"), ("8", "annotator")}
        worked = {(each.user_id, each.project_id) for each in found.facts(Membership)}
        assert worked == {("7", "5"), ("7", "6"), ("8", "6")}


def test_who_only_edited_is_no_member() -> None:
    editor = {"id": 9, "email": "boss@x.example"}
    found = read(export(row(updated_by=editor, last_created_by=editor)))
    assert [each.user_id for each in found.facts(Member)] == ["7"]


# --- Reviews


SPAN = {"from_name": "label", "type": "labels", "value": {"start": 0, "end": 10, "labels": ["A"]}}
HALF = {"from_name": "label", "type": "labels", "value": {"start": 0, "end": 5, "labels": ["A"]}}


@pytest.mark.parametrize(
    ("values", "action", "score"),
    [
        ({"accepted": True}, "accepted", None),
        ({"accepted": False}, "rejected", None),
        ({"accepted": True, "fixed_annotation_history": None, "score": 0.5}, "accepted", None),
        ({"accepted": False, "fixed_annotation_history": 5, "score": 0.5}, "rejected", None),
        ({"fixed_annotation_history": 5}, "fixed_and_accepted", None),
        ({"fixed_annotation_history": 0, "score": 1}, "fixed_and_accepted", 1),
        ({"fixed_annotation_history": 5, "score": 0}, "fixed_and_accepted", 0),
        ({"fixed_annotation_history": 5, "score": 0.42}, "fixed_and_accepted", 0.42),
        ({"fixed_annotation_history": 5, "score": 1.01}, "fixed_and_accepted", None),
        ({"fixed_annotation_history": 5, "score": -0.1}, "fixed_and_accepted", None),
        ({"fixed_annotation_history": 5, "score": math.nan}, "fixed_and_accepted", None),
        ({"fixed_annotation_history": 5, "score": math.inf}, "fixed_and_accepted", None),
        ({"fixed_annotation_history": 5, "score": True}, "fixed_and_accepted", None),
        ({"fixed_annotation_history": 5, "score": "0.5"}, "fixed_and_accepted", None),
        ({"fixed_annotation_history": 5, "score": 10**400}, "fixed_and_accepted", None),
    ],
)
def test_what_a_review_did_and_its_score(values: dict[str, Any], action: str, score: float | None) -> None:
    found = reviewed(review(**values))
    assert found.sentences() == []
    assert [(each.action, each.score) for each in found.snapshots[0].reviews or ()] == [(action, score)]


def test_the_score_of_a_fix_is_else_the_agreement_of_what_it_changed() -> None:
    # One span of ten characters cut to five: intersection over union is 0.5.
    results = {"previous_annotation_history_result": [SPAN], "fixed_annotation_history_result": [HALF]}
    texts = {key: json.dumps(value) for key, value in results.items()}
    fixes = [review(id=number, fixed_annotation_history=5, **each) for number, each in enumerate((results, texts))]
    better = review(id=3, fixed_annotation_history=5, score=0.9, **results)
    nonsense = review(id=4, fixed_annotation_history=5, score=2, **results)
    found = reviewed(*fixes, better, nonsense)
    assert [each.score for each in found.snapshots[0].reviews or ()] == [0.5, 0.5, 0.9, 0.5]


@pytest.mark.parametrize("accepted", [None, ABSENT, 1, 0, "true", []])
def test_a_review_that_neither_accepts_nor_rejects_is_kept_and_reported(accepted: object) -> None:
    found = reviewed(review(accepted=accepted, fixed_annotation_history=5, score=0.5))
    assert [(each.action, each.score) for each in found.snapshots[0].reviews or ()] == [("unknown", None)]
    assert found.sentences() == [
        "task 1, annotation 1, review 1: neither accepted nor rejected; kept, but counted nowhere"
    ]


def test_a_review_that_cannot_be_read_is_reported_and_its_siblings_stay() -> None:
    found = reviewed(
        review(id=1), None, review(id=ABSENT), review(id=4, created_at=ABSENT), review(created_at="x"), review(id=6)
    )
    assert [each.review_id for each in found.snapshots[0].reviews or ()] == ["1", "6"]
    assert [sentence[:43] for sentence in found.sentences()] == [
        "task 1, annotation 1, review 2: not an obje",
        "task 1, annotation 1, review 3: no id",
        "task 1, annotation 1, review 4: no created_",
        "task 1, annotation 1, review 5: its created",
    ]
    assert found.reading.summary() == "1 task, 1 annotation, 2 reviews, 4 problems"


def test_reviews_are_all_none_or_not_spoken_of() -> None:
    for missing in (None, ABSENT):
        found = read(export(row(reviews=missing)))
        assert found.snapshots[0].reviews is None
        assert found.facts(Recorded) == []
    found = reviewed()
    assert found.snapshots[0].reviews == ()
    assert found.facts(Recorded) == [Recorded(ORGANIZATION, "reviews")]
    found = read(export(row(reviews="[]", history={})))
    assert (found.snapshots[0].reviews, found.snapshots[0].history) == (None, False)
    assert found.facts(Recorded) == []
    assert found.sentences() == [
        "task 1, annotation 1: its 'history' is no list",
        "task 1, annotation 1: its 'reviews' is no list",
    ]


def test_the_reviewer_may_be_unknown_and_is_the_owner_in_any_spelling() -> None:
    found = reviewed(
        review(id=1, created_by=None),
        review(id=2, created_by=ABSENT),
        review(id=3, created_by={"email": "rev@x.example"}),
        review(id=4, created_by={"email": "ann@x.example"}),
        review(id=5, created_by=[8]),
        completed_by=ANN,
    )
    assert [each.reviewer_id for each in found.snapshots[0].reviews or ()] == [
        None,
        None,
        "rev@x.example",
        "ann@x.example",
        None,
    ]
    assert found.sentences() == [
        "task 1, annotation 1, review 5: who it is by cannot be read; kept, but counted for nobody"
    ]
    store = stored(export(row(completed_by=ANN, reviews=[review(created_by={"email": "ann@x.example"})])))
    assert rows_of(store, "reviewer_id", "reviews") == [("7",)]
    assert rows_of(store, "user_id, role", "members") == [("7", "reviewer")]
    store.close()


# --- History


def test_a_history_tells_every_action_and_when_the_annotator_was_last_done() -> None:
    found = read(
        export(
            row(
                completed_by=ANN,
                updated_at="2024-03-09T12:00:00Z",
                updated_by=8,
                last_action="accepted",
                history=[
                    entry(33, "updated", "2024-03-02T12:00:00Z", created_by=7, lead_time=5),
                    entry(31, "submitted", NOON, created_by=None, started_at=MORNING, lead_time=20),
                    entry(34, "fixed_and_accepted", "2024-03-04T12:00:00Z", created_by=8, review_id=21, comment_id=41),
                    entry(32, "rejected", "2024-03-01T18:00:00Z", created_by=8, review_id=20),
                    entry(35, "updated", "2024-03-05T12:00:00Z", created_by=9),
                ],
            )
        )
    )
    (snapshot,) = found.snapshots
    assert snapshot.history is True
    assert snapshot.annotation.completed_at == at("2024-03-02 12:00")
    assert snapshot.annotation.completed_at_estimated is False
    shared = {"organization_id": ORGANIZATION, "annotation_id": "1", "project_id": "5", "task_id": "100"}
    assert snapshot.actions == (
        Action(
            **shared,
            action_id="33",
            user_id="7",
            action="updated",
            created_at=at("2024-03-02 12:00"),
            lead_time=5,
        ),
        Action(
            **shared,
            action_id="31",
            user_id="7",
            action="submitted",
            started_at=at("2024-03-01 09:00"),
            created_at=at("2024-03-01 12:00"),
            lead_time=20,
        ),
        Action(
            **shared,
            action_id="34",
            user_id="8",
            action="fixed_and_accepted",
            created_at=at("2024-03-04 12:00"),
            review_id="21",
            comment_id="41",
        ),
        Action(
            **shared,
            action_id="32",
            user_id="8",
            action="rejected",
            created_at=at("2024-03-01 18:00"),
            review_id="20",
        ),
        Action(**shared, action_id="35", user_id="9", action="updated", created_at=at("2024-03-05 12:00")),
    )
    assert found.facts(Recorded) == [Recorded(ORGANIZATION, "actions")]
    assert {(each.user_id, each.role) for each in found.facts(Member)} == {
        ("7", "annotator"),
        ("8", "reviewer"),
        ("9", "annotator"),
    }
    assert {each.user_id for each in found.facts(Membership)} == {"7", "8", "9"}


def test_a_skip_in_the_history_completes() -> None:
    history = [entry(1, "submitted", NOON), entry(2, "skipped", LATER, created_by=7)]
    found = annotation(last_action="skipped", updated_at="2024-03-09T12:00:00Z", updated_by=8, history=history)
    assert (found.completed_at, found.completed_at_estimated) == (at(AT_UPDATE), False)


def test_a_history_in_which_the_annotator_did_nothing_does_not_tell_when_they_were_done() -> None:
    history = [
        entry(1, "imported", MORNING),
        entry(2, "accepted", NOON, created_by=8),
        entry(3, "updated", NOON, created_by=8),
    ]
    for updated_by in (7, 8):
        snapshot = one(last_action="updated", updated_at=LATER, updated_by=updated_by, history=history)
        assert [each.action for each in snapshot.actions] == ["imported", "accepted", "updated"]
        assert (snapshot.annotation.completed_at, snapshot.annotation.completed_at_estimated) == (at(AT_NOON), True)


def test_entries_that_cannot_be_read_are_reported_and_their_siblings_stay() -> None:
    history = [
        7,
        entry(1, "submitted", NOON),
        {"action": "updated", "created_at": LATER},
        entry(3, "updated", "soon"),
        entry(4, None, LATER),
        entry(5, "frobnicated", LATER, created_by=[7]),
    ]
    found = read(export(row(history=history)))
    (snapshot,) = found.snapshots
    assert [(each.action_id, each.user_id, each.action) for each in snapshot.actions] == [
        ("1", "7", "submitted"),
        ("5", None, "frobnicated"),
    ]
    assert snapshot.annotation.completed_at == at(AT_NOON)
    assert found.sentences() == [
        "task 1, annotation 1, history entry 1: not an object",
        "task 1, annotation 1, history entry 3: no id",
        "task 1, annotation 1, history entry 4: its created_at is no ISO 8601 date and time of the years 1970 to 2999",
        "task 1, annotation 1, history entry 5: no action",
        "task 1, annotation 1, history entry 6: its action 'frobnicated' is unknown; kept, but counted nowhere",
        "task 1, annotation 1, history entry 6: who it is by cannot be read; kept, but counted for nobody",
    ]


def test_an_empty_history_is_recorded_and_tells_nothing() -> None:
    for history in ([], [None]):
        found = read(export(row(history=history)))
        assert found.snapshots[0].history is False
        assert [each.action_id for each in found.snapshots[0].actions] == ["annotation-1"]
        assert found.facts(Recorded) == [Recorded(ORGANIZATION, "actions")]


def test_nobody_s_history_has_no_author_of_its_own() -> None:
    history = [entry(1, "submitted", MORNING), entry(2, "updated", LATER, created_by=8)]
    (snapshot,) = read(export(row(completed_by=None, history=history))).snapshots
    assert [each.user_id for each in snapshot.actions] == [None, "8"]
    assert snapshot.annotation.completed_at == at("2024-03-01 09:00")
