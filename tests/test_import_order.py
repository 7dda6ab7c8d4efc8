"""Inputs that once gave a wrong answer, or another one in another order: read by the command line, in every order."""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from perfwidget.cli import main
from perfwidget.facts import Member
from perfwidget.facts.ingest import Snapshot
from perfwidget.question.access import Viewer
from perfwidget.sources.export import ImportResult, read_export
from perfwidget.stores import open_store
from tests.conftest import WHOLE
from tests.exports import ABSENT, rows_of
from tests.worlds import ORGANIZATION, ask

MARCH, APRIL = ("2024-03-01", "2024-03-31"), ("2024-04-01", "2024-04-30")
MARCH_10, MARCH_30 = "2024-03-10T10:00:00Z", "2024-03-30T10:00:00Z"
REJECTED = {"id": 1, "created_by": 9, "created_at": "2024-04-02T10:00:00Z", "accepted": False}
ACCEPTED = {"id": 2, "created_by": 9, "created_at": "2024-04-20T10:00:00Z", "accepted": True}
ANN_7, ANN_9, MAIL = (
    {"id": 7, "email": "ann@X.example"},
    {"id": 9, "email": "ann@x.example"},
    {"email": "Ann@x.example"},
)


def task(number: int = 1, at: str = MARCH_10, *, task_at: Any = ABSENT, **row: Any) -> dict[str, Any]:
    """Return a task with one annotation by user 5 of 60 s, submitted at an instant; name what differs."""
    values = {"id": number, "completed_by": 5, "created_at": at, "updated_at": at, "lead_time": 60, **row}
    found = {"id": number, "project": 1, "updated_at": task_at, "annotations": [values]}
    return {key: value for key, value in found.items() if value is not ABSENT}


class Platform:
    """A new store, files to read into it, and what the command line says."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys
        self.address = f"duckdb:///{folder / 'facts.duckdb'}"
        self.told = ""

    def read(self, *files: Sequence[dict[str, Any]], options: Sequence[str] = ()) -> int:
        """Import files in one go; return the exit status."""
        paths = []
        for number, tasks in enumerate(files):
            paths.append(self.folder / f"{number}.json")
            paths[-1].write_text(json.dumps(tasks))
        status = main(["import", "--store", self.address, *options, *map(str, paths)])
        said = self.capsys.readouterr()
        self.told = said.out + said.err
        return status

    def ask(self, user: str, period: tuple[str, str], *keys: str) -> tuple[Any, ...]:
        """Return numbers of a member and a period."""
        store = open_store(self.address)
        viewer = Viewer("default", "boss", "owner")
        values = ask(store, viewer, user=user, from_=period[0], to=period[1]).values
        store.close()
        return tuple(values[key] for key in keys or ("submitted_annotations", "total_time"))


@pytest.fixture
def platforms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Give new platforms."""
    numbers = itertools.count()

    def new() -> Platform:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        return Platform(folder, capsys)

    return new


RESUBMITTED: Mapping[str, list[dict[str, Any]]] = {
    "submitted": [task(at=MARCH_30, last_action="submitted", updated_by=5, last_created_by=5, reviews=[])],
    "rejected": [
        task(at=MARCH_30, updated_at="2024-04-02T10:00:00Z", last_action="rejected", updated_by=9, reviews=[REJECTED])
    ],
    "resubmitted": [
        task(at=MARCH_30, updated_at="2024-04-10T10:00:00Z", last_action="updated", updated_by=5, reviews=[REJECTED])
    ],
    "accepted": [
        task(
            at=MARCH_30,
            updated_at="2024-04-20T10:00:00Z",
            last_action="accepted",
            updated_by=9,
            reviews=[REJECTED, ACCEPTED],
        )
    ],
}


def test_an_acceptance_does_not_move_work_back_into_the_month_of_its_creation(platforms: Any) -> None:
    keys = ("submitted_annotations", "completed_at_estimated")
    alone = platforms()
    alone.read(RESUBMITTED["accepted"])
    assert (alone.ask("5", MARCH, *keys), alone.ask("5", APRIL, *keys)) == ((1, 1), (0, 0))
    orders = list(itertools.permutations(RESUBMITTED.values()))
    for order in orders if WHOLE else orders[4::5]:  # with each file in each place, and each two in both orders
        platform = platforms()
        assert platform.read(*order) == 0
        assert (platform.ask("5", MARCH, *keys), platform.ask("5", APRIL, *keys)) == ((0, 0), (1, 1))


def test_instants_without_a_history_count_only_after_it_ends(platforms: Any) -> None:
    entry = {"id": 1, "action": "submitted", "created_by": 5, "created_at": MARCH_10}
    whole = [task(updated_at="2024-04-05T10:00:00Z", last_action="accepted", updated_by=9, history=[entry])]
    within = [task(updated_at="2024-04-02T10:00:00Z", last_action="updated")]  # a bulk edit, as the history tells
    after = [task(updated_at="2024-04-09T10:00:00Z", last_action="updated")]
    for files, expected in (((whole, within), (1, 0)), ((whole, within, after), (0, 1))):
        for order in itertools.permutations(files):
            platform = platforms()
            platform.read(*order)
            found = (platform.ask("5", MARCH)[0], platform.ask("5", APRIL)[0])
            assert found == expected, order


TIES: Sequence[tuple[dict[str, Any], dict[str, Any], str]] = (
    # Of rows with one updated_at, the second stands for the reason that is named.
    ({"task_at": MARCH_10, "lead_time": 99}, {"task_at": MARCH_30, "lead_time": 2}, "its task was updated later"),
    ({"reviews": [REJECTED, ACCEPTED], "lead_time": 2}, {"reviews": [], "lead_time": 99}, "its review is the latest"),
    ({"completed_by": None, "lead_time": 99}, {"lead_time": 2}, "it has an owner"),
    ({"lead_time": 1}, {"lead_time": 2}, "its time is longer"),
    (
        {"lead_time": 2, "last_action": "rejected"},
        {"lead_time": 2, "last_action": "submitted"},
        "it is greater as JSON",
    ),
)


@pytest.mark.parametrize(("one", "other", "why"), TIES, ids=[why for *_, why in TIES])
def test_of_rows_of_one_instant_one_stands_in_any_order(
    platforms: Any, one: dict[str, Any], other: dict[str, Any], why: str
) -> None:
    for order in itertools.permutations(([task(**one)], [task(**other)])):
        platform = platforms()
        platform.read(*order)
        assert platform.ask("5", MARCH) == (1, 2.0), why


@pytest.mark.parametrize("again", [False, True])
def test_an_older_export_that_is_read_last_does_not_take_reviews_back(platforms: Any, again: bool) -> None:
    late = {**ACCEPTED, "created_at": "2024-03-12T10:00:00Z"}
    newer = [task(last_action="accepted", reviews=[{**REJECTED, "created_at": "2024-03-11T10:00:00Z"}, late])]
    older = [task(last_action="submitted", reviews=[])]
    for order in itertools.permutations((newer, older)):
        platform = platforms()
        platform.read(*order, *(order if again else ()))
        assert platform.ask("5", MARCH, "performance_score") == (0.5,)


def test_an_e_mail_means_whom_any_file_says(platforms: Any) -> None:
    known = task(1, "2024-03-01T10:00:00Z", completed_by=ANN_7, updated_by=7)
    updated = "2024-03-25T10:00:00Z"
    by_mail = task(2, "2024-03-05T10:00:00Z", completed_by=MAIL, updated_by=7, updated_at=updated, lead_time=30)
    for files in ([[known], [by_mail]], [[by_mail], [known]], [[known, by_mail]], [[by_mail, known]]):
        platform = platforms()
        assert platform.read(*files) == 0
        late = ("2024-03-20", "2024-03-31")
        assert platform.ask("7", late, "submitted_annotations", "updated", "total_time") == (1, 1, 30.0)


def test_an_e_mail_of_two_stands_for_itself_and_is_told(platforms: Any) -> None:
    files = [[task(2, completed_by=ANN_7)], [task(3, completed_by=ANN_9)], [task(4, completed_by=MAIL)]]
    for order in itertools.permutations(files):
        platform = platforms()
        for each in order:
            assert platform.read(each) == 0
        assert "e-mail ann@x.example: 7 and 9 have it" in platform.told
        for user in ("7", "9", "ann@x.example"):
            assert platform.ask(user, MARCH) == (1, 60.0)
        store = open_store(platform.address)
        assert rows_of(store, "user_id, project_id", "memberships") == [("7", "1"), ("9", "1"), ("ann@x.example", "1")]
        store.close()


def test_what_the_host_says_of_an_e_mail_settles_it_and_its_removal_undoes_that(platforms: Any) -> None:
    platform = platforms()
    remark = {"id": 1, "created_by": MAIL, "created_at": MARCH_10, "text": "So?"}
    platform.read([task(4, completed_by=MAIL), task(5, reviews=[{**REJECTED, "created_by": MAIL}], comments=[remark])])
    store = open_store(platform.address)
    ann = Member("default", 7, "ann@x.example", "Ann", role="annotator")
    for done, expected in ((store.write, "7"), (store.remove, "ann@x.example"), (store.write, "7")):
        done([ann])
        assert rows_of(store, "completed_by", "annotations", "annotation_id = '4'") == [(expected,)]
        assert rows_of(store, "reviewer_id", "reviews") == [(expected,)]
        assert rows_of(store, "created_by", "comments") == [(expected,)]
        assert [each for each in rows_of(store, "user_id", "members") if each != ("5",)] == [(expected,)]
    store.close()


def test_an_account_that_was_deleted_takes_no_work_away(platforms: Any) -> None:
    mine, nobodys = [task(completed_by=7)], [task(completed_by=None, updated_by=None)]
    others = [task(completed_by=8, updated_at="2024-03-19T10:00:00Z")]
    later = [task(completed_by=None, updated_at=MARCH_30, lead_time=61)]
    for order in itertools.permutations((mine, nobodys, later)):
        platform = platforms()
        platform.read(*order)
        assert platform.ask("7", MARCH) == (1, 61.0)
    platform = platforms()
    platform.read(mine)
    platform.read(nobodys)
    assert "annotation 1: it names no owner any more; it stays its former owner's" in platform.told
    platform.read(others)
    assert (platform.ask("7", MARCH)[0], platform.ask("8", MARCH)[0]) == (0, 1)


@pytest.mark.parametrize(
    ("other", "refused"),
    [
        ({"unique_id": "b"}, True),
        ({"unique_id": None, "completed_by": 6, "at": MARCH_30}, True),
        ({"unique_id": "a", "completed_by": 6, "at": MARCH_30}, False),
        ({"unique_id": None, "completed_by": 6}, False),
        ({"unique_id": None, "at": MARCH_30}, False),
        ({"unique_id": None, "completed_by": None, "at": MARCH_30}, False),
    ],
)
def test_rows_of_another_server_are_refused(platforms: Any, other: dict[str, Any], refused: bool) -> None:
    platform = platforms()
    assert platform.read([task(unique_id="a"), task(2, unique_id="x")]) == 0
    late = {"updated_at": "2024-03-31T10:00:00Z", "lead_time": 1}
    assert platform.read([task(**late, **other), task(3)]) == 0
    assert ("--organization" in platform.told) is refused
    assert ("annotation 1: the store has another one" in platform.told) is refused
    assert ("0 problems" in platform.told) is not (refused or other.get("completed_by", 5) is None)
    store = open_store(platform.address)
    [(time,)] = rows_of(store, "lead_time", "annotations", "annotation_id = '1'")
    assert time == (60_000_000 if refused else 1_000_000)
    store.close()


def test_a_file_of_another_server_alone_keeps_nothing(platforms: Any) -> None:
    ana, ben = ({"id": 1, "email": f"{name}@x.example"} for name in ("ana", "ben"))
    platform = platforms()
    assert platform.read([task(each, completed_by=ana, unique_id=f"a{each}") for each in (1, 2)]) == 0
    assert platform.read([task(1, completed_by=ben, unique_id="b1", lead_time=1)]) == 1
    assert "annotation 1: the store has another one of this id" in platform.told
    assert platform.ask("1", MARCH) == (2, 120.0)
    store = open_store(platform.address)
    assert rows_of(store, "user_id, email", "members") == [("1", "ana@x.example")]
    store.close()


def test_beside_a_running_label_studio_its_last_answer_stands(tmp_path: Path) -> None:
    store = open_store(f"duckdb:///{tmp_path / 'facts.duckdb'}")

    def write(told: dict[str, Any], live: bool) -> Any:
        content = (tmp_path / "told.json", json.dumps([told]))
        content[0].write_text(content[1])
        with content[0].open("rb") as file:
            found = list(read_export(file, ORGANIZATION, ImportResult()))
        return store.write([replace(each, live=live) if isinstance(each, Snapshot) else each for each in found])

    def time() -> Any:
        return rows_of(store, "completed_by, lead_time", "annotations")

    write(task(unique_id="a", updated_at=MARCH_30), live=False)
    assert write(task(unique_id="a", lead_time=2, completed_by=None), live=True).replaced == []  # it is older
    assert time() == [("5", 2_000_000)]
    assert write(task(unique_id="b", lead_time=3, completed_by=6), live=True).replaced == [(ORGANIZATION, "1")]
    assert time() == [("6", 3_000_000)]
    store.close()


def test_what_files_no_longer_have_is_told_and_removed_on_demand(platforms: Any) -> None:
    remark = {"id": 1, "created_by": 8, "created_at": MARCH_10, "text": "So?"}
    first = [task(1), task(2, reviews=[REJECTED], comments=[remark]), {**task(3), "project": 2}]
    platform = platforms()
    assert platform.read(first) == 0
    assert "not in the files" not in platform.told
    assert platform.read([task(1)]) == 0
    assert (
        "project 1: the store has 1 annotation that is not in the files (2); --complete would remove" in platform.told
    )
    assert "project 2" not in platform.told
    assert platform.ask("5", MARCH) == (3, 180.0)
    assert platform.read([task(1)], options=["--complete"]) == 0
    assert "project 1: removed 1 annotation that is not in the files (2)" in platform.told
    assert platform.ask("5", MARCH) == (2, 120.0)
    store = open_store(platform.address)
    for table in ("reviews", "comments"):
        assert rows_of(store, "*", table) == []
    assert {each for (each,) in rows_of(store, "annotation_id", "actions")} == {"1", "3"}
    store.close()


def test_files_that_together_are_complete_are_kept_together(platforms: Any) -> None:
    platform = platforms()
    platform.read([task(1), task(2), task(3)])
    assert platform.read([task(1)], [task(2)], options=["--complete"]) == 0
    assert platform.ask("5", MARCH) == (2, 120.0)
    bad = task(4)
    bad["annotations"][0]["created_at"] = None
    assert platform.read([task(1)], [bad, task(5)], options=["--complete"]) == 1
    assert "would take them for gone" in platform.told
    assert platform.ask("5", MARCH) == (2, 120.0)
