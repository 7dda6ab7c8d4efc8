"""What only Enterprise records, from answers in the shapes of the types in Label Studio's SDK, not a real server's."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from perfwidget.errors import SourceUnavailable
from perfwidget.facts import Comment, Fact, Membership, Recorded, Workspace
from perfwidget.facts.ingest import Snapshot
from perfwidget.label_studio.directory import Directory
from perfwidget.label_studio.enterprise import Enterprise
from perfwidget.label_studio.project_list import listed_projects
from perfwidget.label_studio.roles import Roles
from perfwidget.sources.export import ImportResult, read_export
from tests.label_studio.company import (
    ANN,
    BEN,
    INVITED,
    LEFT,
    MANAGER,
    MARCH,
    ORGANIZATION,
    OWNER,
    REVIEWER,
    STRANGER,
    Beside,
    beside,
    company,
    connected,
)
from tests.label_studio.stand_in import Row, StandIn, standing_in
from tests.worlds import at

CHOICE = {"from_name": "c", "to_name": "text", "type": "choices"}


def chosen(*choices: str) -> list[Row]:
    return [CHOICE | {"value": {"choices": [choice]}} for choice in choices]


def entry(number: int, day: int, user: int, action: str, **more: Any) -> Row:
    """An `AnnotationHistory`, all of its keys."""
    return {
        "id": number,
        "annotation_id": 50,
        "task_id": 50,
        "project_id": 10,
        "organization_id": 1,
        "draft_id": None,
        "comment": None,
        "comment_id": None,
        "review_id": None,
        "lead_time": None,
        "result": None,
        "started_at": None,
        "created_by": user,
        "created_at": f"2024-03-{day:02}T09:00:00.000000Z",
        "action": action,
    } | more


def review(number: int, day: int, *, accepted: bool, fix: tuple[int, int] | None = None) -> Row:
    """An `AnnotationReview`, all of its keys; `fix` names the entries of the history before and after it."""
    before, after = fix or (None, None)
    return {
        "id": number,
        "annotation": 50,
        "accepted": accepted,
        "created_at": f"2024-03-{day:02}T10:00:00.000000Z",
        "created_by": REVIEWER,
        "previous_annotation_history": before,
        "fixed_annotation_history": after,
        "last_annotation_history": after,
        "reject_action": None,
        "remove_from_queue": None,
        "result": None,
        "started_at": None,
        "state": None,
    }


def comment(number: int, day: int, user: Any, text: str = "Look again", **more: Any) -> Row:
    """A `Comment`, all of its keys."""
    instant = f"2024-03-{day:02}T11:00:00.000000Z"
    return {
        "id": number,
        "annotation": 50,
        "task": 50,
        "project": 10,
        "draft": None,
        "classifications": None,
        "region_ref": None,
        "state": None,
        "text": text,
        "created_by": user,
        "created_at": instant,
        "updated_at": instant,
        "is_resolved": False,
        "resolved_at": None,
    } | more


HISTORY = [
    entry(501, 4, ANN, "submitted", lead_time=20.0, started_at="2024-03-04T08:59:00Z", result=chosen("A", "B")),
    entry(502, 6, ANN, "updated", lead_time=35.5, result=chosen("A", "C")),
    entry(503, 8, REVIEWER, "fixed_and_accepted", lead_time=3.0, review_id=61, result=chosen("A", "B")),
]
REVIEWS = [review(60, 5, accepted=False), review(61, 8, accepted=True, fix=(502, 503))]


@pytest.fixture
def studio() -> Iterator[StandIn]:
    """The company, and an annotation 50 of Ann's that was rejected, updated, and fixed + accepted."""
    with standing_in(enterprise=True) as stand_in:
        company(stand_in)
        stand_in.tasks.clear()
        stand_in.annotation(
            50,
            10,
            ANN,
            35.5,
            created_at="2024-03-04T09:00:00.000000Z",
            updated_at="2024-03-08T10:00:00.000000Z",
            updated_by=REVIEWER,
            last_action="fixed_and_accepted",
            last_created_by=REVIEWER,
        )
        stand_in.history[50] = [dict(each) for each in HISTORY]
        stand_in.reviews[50] = [dict(each) for each in REVIEWS]
        yield stand_in


def row(studio: StandIn) -> Row:
    found: Row = studio.tasks[-1]["annotations"][0]
    return found


def told(studio: StandIn) -> Snapshot:
    """Return what is told of the annotation when its row is read with its history."""
    whole = Enterprise(connected(studio)).with_history(row(studio))
    return exported([{"id": 50, "project": 10, "data": {}, "annotations": [whole]}])


def exported(tasks: list[Row]) -> Snapshot:
    found = [
        each
        for each in read_export(io.BytesIO(json.dumps(tasks).encode()), ORGANIZATION, ImportResult())
        if isinstance(each, Snapshot)
    ]
    assert len(found) == 1
    return found[0]


def change(studio: StandIn, **columns: Any) -> None:
    """Let the annotation and its task have changed a day later."""
    row(studio).update(updated_at="2024-03-09T10:00:00.000000Z", **columns)
    studio.tasks[-1]["updated_at"] = "2024-03-09T10:00:00.000000Z"


def report(there: Beside, user: int = ANN) -> Row:
    answer: Row = there.browser(OWNER).get(f"/performance/export/report.json?user={user}&{MARCH}").get_json()
    return answer


def csv(there: Beside, name: str, user: int = ANN) -> list[str]:
    answer = there.browser(OWNER).get(f"/performance/export/{name}.csv?user={user}&{MARCH}", buffered=True)
    return answer.text.replace('"', "").splitlines()[1:]


# --- History and reviews


def test_the_history_tells_when_the_annotator_was_done_and_what_was_done(studio: StandIn) -> None:
    snapshot = told(studio)
    assert snapshot.annotation.completed_at == at("2024-03-06 09:00")  # the annotator's, not the reviewer's
    assert (snapshot.annotation.completed_at_estimated, snapshot.history) == (False, True)
    assert [(each.action, each.user_id, each.lead_time, each.review_id) for each in snapshot.actions] == [
        ("submitted", str(ANN), 20.0, None),
        ("updated", str(ANN), 35.5, None),
        ("fixed_and_accepted", str(REVIEWER), 3.0, "61"),
    ]
    assert snapshot.actions[0].started_at == at("2024-03-04 08:59")


def test_a_fix_is_scored_by_what_it_left(studio: StandIn) -> None:
    """Of two regions one stayed as it was: 2 × 1 / 4."""
    rejected, fixed = told(studio).reviews or ()
    assert (rejected.action, rejected.score, rejected.reviewer_id) == ("rejected", None, str(REVIEWER))
    assert (fixed.action, fixed.score, fixed.created_at) == ("fixed_and_accepted", 0.5, at("2024-03-08 10:00"))


def test_results_that_the_list_leaves_out_are_asked_for(studio: StandIn) -> None:
    for each in studio.history[50]:
        each["whole"] = each.pop("result")
    assert [each.score for each in told(studio).reviews or ()] == [None, 0.5]
    assert studio.questions("annotation-history/") == 3  # the list, and the two that matter


@pytest.mark.parametrize("gone", [502, 503])
def test_a_fix_whose_results_are_gone_has_no_score(studio: StandIn, gone: int) -> None:
    studio.history[50] = [each for each in studio.history[50] if each["id"] != gone]
    missing = {"detail": "Not found.", "status_code": 404}
    studio.faults[f"annotation-history/{gone}"] = lambda handler: handler.answer(missing, 404)  # type: ignore[attr-defined]
    assert [each.score for each in told(studio).reviews or ()] == [None, None]


def test_the_same_facts_as_from_an_export(studio: StandIn) -> None:
    """An Enterprise export of the same annotation holds the results of a fix in its reviews, and people as objects."""
    person = {user: {"id": user, "email": f"user{user}@labels.example"} for user in (ANN, REVIEWER)}
    history = [
        {key: each[key] for key in ("id", "action", "created_at", "started_at", "lead_time", "review_id")}
        | {"created_by": person[each["created_by"]]}
        for each in HISTORY
    ]
    results = {
        "previous_annotation_history_result": chosen("A", "C"),
        "fixed_annotation_history_result": chosen("A", "B"),
    }
    reviews = [REVIEWS[0], REVIEWS[1] | results]
    annotation = row(studio) | {"completed_by": person[ANN], "history": history, "reviews": reviews, "result": []}
    # Each says its people in its own way, by which they are found again when an e-mail comes to mean somebody else.
    from_file = exported([{"id": 50, "project": 10, "data": {}, "annotations": [annotation]}])
    assert replace(told(studio), spelled="") == replace(from_file, spelled="")


def test_an_organization_without_reviews_says_nothing_of_them(studio: StandIn, tmp_path: Path) -> None:
    studio.faults["annotation-reviews"] = lambda handler: handler.answer({"detail": "not in your plan"}, 403)  # type: ignore[attr-defined]
    with beside(studio, tmp_path) as there:
        answer = report(there)
        assert answer["summary"]["total_time"] == 35.5
        assert answer["summary"]["performance_score"] is None
        assert answer["reviewing"]["reviews_accepted"] is None  # not recorded, which is not 0


def test_reviews_count_until_they_are_withdrawn(studio: StandIn, tmp_path: Path) -> None:
    with beside(studio, tmp_path) as there:
        answer = report(there)
        assert answer["summary"]["performance_score"] == 0.25  # (0 + 0.5) / 2
        assert report(there, REVIEWER)["reviewing"]["reviews_fixed_and_accepted"] == 1
        assert len(csv(there, "timeline")) == 2
        assert len(csv(there, "timeline", REVIEWER)) == 1  # the history is whole, and does not speak of the rejection
        studio.reviews[50] = [REVIEWS[0]]
        studio.history[50].append(entry(504, 9, REVIEWER, "deleted_review"))
        change(studio, last_action="deleted_review")
        there.sync.run()
        assert report(there)["summary"]["performance_score"] == 0.0
        assert report(there, REVIEWER)["reviewing"]["reviews_fixed_and_accepted"] == 0


# --- Comments


def comments(studio: StandIn, *found: Row) -> list[Comment]:
    studio.comments[50] = list(found)
    task = studio.tasks[-1] | {"comment_count": len(found)}
    return list(Enterprise(connected(studio)).comments(ORGANIZATION, task, task["annotations"]))


def test_a_comment_is_read(studio: StandIn) -> None:
    expanded = {"id": REVIEWER, "email": "user4@labels.example", "username": "user4"}
    for author in (REVIEWER, expanded):  # `MaybeExpandedComment`
        assert comments(studio, comment(70, 5, author)) == [
            Comment(
                ORGANIZATION,
                "70",
                annotation_id=50,
                project_id=10,
                task_id=50,
                completed_by=str(ANN),
                created_by=str(REVIEWER),
                text="Look again",
                created_at=at("2024-03-05 11:00"),
                updated_at=at("2024-03-05 11:00"),
            )
        ]


def test_resolving_is_a_change_even_if_the_instant_of_the_comment_stays(studio: StandIn) -> None:
    [found] = comments(studio, comment(70, 5, REVIEWER, is_resolved=True, resolved_at="2024-03-07T08:00:00Z"))
    assert (found.is_resolved, found.resolved_at, found.updated_at) == (
        True,
        at("2024-03-07 08:00"),
        at("2024-03-07 08:00"),
    )


def test_comments_that_cannot_be_read_stop_nothing(studio: StandIn) -> None:
    odd = [
        None,
        5,
        {},
        comment(0, 5, 1) | {"id": None},
        comment(71, 5, 1, created_at="soon"),
        comment(72, 5, None, text=None),
    ]
    found = comments(studio, *odd, comment(73, 5, {"id": []}, updated_at=None), comment(74, 5, 1, "NUL \0 \ud800"))
    assert [(each.comment_id, each.created_by, each.text) for each in found] == [
        ("72", None, ""),
        ("73", None, "Look again"),
        ("74", "1", "NUL \0 \ud800"),
    ]
    for each in found:
        each.row()  # as a store keeps it


def test_comments_are_kept_changed_resolved_and_removed(studio: StandIn, tmp_path: Path) -> None:
    def written(*found: Row, day: int) -> None:
        studio.comments[50] = list(found)
        latest = f"2024-03-{day:02}T11:00:00.000000Z" if found else None
        studio.tasks[-1] |= {"comment_count": len(found), "last_comment_updated_at": latest}

    with beside(studio, tmp_path) as there:
        written(comment(70, 5, REVIEWER), comment(71, 5, MANAGER, "Fine"), day=5)
        there.sync.run()
        assert [line.split(",")[9:11] for line in csv(there, "comments")] == [
            ["Look again", "false"],
            ["Fine", "false"],
        ]
        resolved = comment(70, 5, REVIEWER, "Looked", is_resolved=True, resolved_at="2024-03-07T11:00:00.000000Z")
        written(resolved, comment(71, 5, MANAGER, "Fine"), day=7)
        there.sync.run()
        assert [line.split(",")[9:11] for line in csv(there, "comments")] == [["Looked", "true"], ["Fine", "false"]]
        written(resolved, day=7)
        change(studio)
        there.sync.run()
        assert [line.split(",")[9] for line in csv(there, "comments")] == ["Looked"]
        written(day=7)
        row(studio)["updated_at"] = studio.tasks[-1]["updated_at"] = "2024-03-10T10:00:00.000000Z"
        there.sync.run()
        assert csv(there, "comments") == []


# --- People, workspaces and projects


@pytest.fixture
def directory(studio: StandIn) -> Directory:
    return Directory(connected(studio), ORGANIZATION, Roles(), enterprise=True)


def test_members_have_the_roles_that_may_look(directory: Directory) -> None:
    found = {int(member.user_id): (member.role, member.active) for member in directory.members("1")}
    assert found == {
        OWNER: ("owner", True),
        2: ("admin", True),
        MANAGER: ("manager", True),
        REVIEWER: ("reviewer", True),
        ANN: ("annotator", True),
        BEN: ("annotator", True),
        LEFT: ("none", False),
        INVITED: ("none", False),
        9: ("none", False),
    }
    assert STRANGER not in found


def test_workspaces_are_those_of_the_whole_organization(directory: Directory, studio: StandIn) -> None:
    found: list[Fact] = list(directory.around())
    assert Workspace(ORGANIZATION, "100", "Hundred") in found
    assert Recorded(ORGANIZATION, "comments") in found
    assert any("include_all_workspaces=true" in address for _, address, _ in studio.asked)
    listed = listed_projects(connected(studio), ORGANIZATION, enterprise=True)
    assert {key: each.project.workspace_id for key, each in listed.items()} == {"10": "100", "20": None}


@pytest.mark.parametrize(
    ("role", "held"),
    [
        (None, True),
        ("OW", True),
        ("MA", True),
        ("RE", False),
        ("AN", False),
        ("DI", False),
        ("NO", False),
        ("VO", False),
    ],
)
def test_a_lesser_role_in_a_project_shuts_a_manager_out(
    directory: Directory, studio: StandIn, role: str | None, held: bool
) -> None:
    studio.workspace_members = {100: [MANAGER]}
    studio.project_members[10][MANAGER] = role
    studio.project_members[20][MANAGER] = None
    list(directory.members("1"))
    expected = [
        Membership(ORGANIZATION, str(MANAGER), project_id=project) for project in (("10", "20") if held else ("20",))
    ]
    expected += [Membership(ORGANIZATION, str(MANAGER), workspace_id="100")] if held else []
    assert directory.memberships(["10", "20"])[str(MANAGER)] == expected


@pytest.mark.parametrize(("role", "held"), [(None, True), ("RE", True), ("AN", True), ("MA", True), ("DI", False)])
def test_an_annotator_is_shut_out_only_where_they_are_disabled(
    directory: Directory, studio: StandIn, role: str | None, held: bool
) -> None:
    studio.project_members[10][ANN] = role
    list(directory.members("1"))
    assert [each.project_id for each in directory.memberships(["10"]).get(str(ANN), [])] == (["10"] if held else [])


@pytest.mark.parametrize("page", ["organizations/1/memberships", "workspaces", "projects/10/members"])
@pytest.mark.parametrize(
    "answer", [b"<html>", b"{}", b'{"results": 5}', b"null", b'{"results": [{"user": {"id": null}}]}']
)
def test_a_list_that_is_none_takes_nobodys_rights_nor_gives_any(
    directory: Directory, studio: StandIn, page: str, answer: bytes
) -> None:
    studio.faults[page] = lambda handler: handler.send(answer, "application/json", 200)  # type: ignore[attr-defined]
    with pytest.raises(SourceUnavailable):
        list(directory.members("1"))
        directory.memberships(["10"])


def test_who_leaves_and_what_is_taken_away(studio: StandIn, tmp_path: Path) -> None:
    with beside(studio, tmp_path) as there:
        browser = there.browser(ANN)
        assert browser.get(f"/performance/export/report.json?{MARCH}").get_json()["summary"]["total_time"] == 35.5
        del studio.project_members[10][ANN]
        there.sync.run()
        assert browser.get(f"/performance/export/report.json?{MARCH}").get_json()["summary"]["total_time"] == 0.0
        studio.person(ANN, "DI")
        there.sync.run()
        assert browser.get(f"/performance/export/report.json?{MARCH}").status_code == 403
        assert report(there)["summary"]["total_time"] == 35.5  # the figures stay


def test_what_community_has_not_breaks_nothing(tmp_path: Path) -> None:
    with standing_in() as studio:
        company(studio)
        with beside(studio, tmp_path) as there:
            there.sync.run()
            assert report(there)["summary"]["total_time"] == 3.0
        asked = {address.split("?")[0] for _, address, _ in studio.asked}
        only_enterprise = ("history", "reviews", "comments", "workspaces", "members/")
        assert not [address for address in asked if any(word in address for word in only_enterprise)]
