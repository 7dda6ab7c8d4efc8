"""A Label Studio that answers wrongly in every way, while its people go on working: whenever it ends healthy, the facts
are those of a direct import of its export."""

import io
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfwidget.errors import PerfwidgetError, SourceUnavailable
from perfwidget.facts import Annotation
from perfwidget.label_studio import connection, pages
from perfwidget.label_studio.connection import LabelStudio, Patience
from perfwidget.label_studio.roles import Roles
from perfwidget.label_studio.sync import Sync
from perfwidget.label_studio.task_ids import TaskIds
from perfwidget.page.freshness import Freshness, freshness
from perfwidget.question.access import Viewer
from perfwidget.sources.export import ImportResult, read_export
from perfwidget.stores import Store, open_store
from tests.conftest import WHOLE
from tests.label_studio.fault_server import LIST_FAULTS, PLAIN_FAULTS, TOKEN, FaultServer, World
from tests.worlds import ask

HURRIED = Patience(connect=1, read=0.3, whole=5, first_wait=0.001, longest_wait=0.01, attempts=3)
OWNER = Viewer("default", "boss", "owner")
EVERYTHING = {"from_": "2026-03-01", "to": "2026-03-04"}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages be small enough that a small world has several, and answers have a limit that a test can pass."""
    monkeypatch.setattr(pages, "PAGE", 3)
    monkeypatch.setattr(connection, "LARGEST", 1_000_000)


class Studio:
    """A world that is served, and a store that is kept in step with it."""

    def __init__(self, store: Store, faulty: FaultServer, address: str) -> None:
        self.store = store
        self.faulty = faulty
        self.world = faulty.world
        self.address = address
        self.sync = self.again()

    def again(self) -> Sync:
        """Return what a new process would begin with."""
        server = LabelStudio(self.address, TOKEN, patience=HURRIED)
        self.sync = Sync(self.store, server, "default", Roles(), compared_every=-1)
        return self.sync

    def step(self, *script: Any) -> bool:
        """Run one pass under a script, and say whether it came to its end."""
        self.faulty.script.clear()
        self.faulty.script.extend(script)
        try:
            self.sync.run()
        except SourceUnavailable:
            return False
        return True

    def heal(self) -> None:
        """Let everything go well until nothing is new."""
        assert self.step()
        assert self.step()

    def is_right(self) -> None:
        """Compare the facts with a direct import of the export."""
        with TemporaryDirectory() as folder:
            direct = open_store(f"duckdb:///{folder}/direct.duckdb")
            rows = [row for task in self.world.tasks() for row in self.world.task(task)["annotations"]]
            if rows:
                direct.write(read_export(io.BytesIO(self.world.export()), "default", ImportResult()))
            assert self.kept() == sorted((str(row["id"]), str(row["task"])) for row in rows)
            for user in {row["completed_by"] for row in rows}:
                told, expected = (figures(each, user) for each in (self.store, direct))
                assert told == expected
            direct.close()

    def kept(self) -> list[tuple[str, str]]:
        found = []
        with self.store.reading() as reader:
            for source in reader.bookmarks("default"):
                project = source.removeprefix("project ")
                found += [(it.identity, it.task_id) for it in reader.kept(Annotation, "default", project, None)]
        return sorted(found)


def figures(store: Store, user: int) -> dict[str, Any]:
    told = ask(store, OWNER, user=str(user), **EVERYTHING).to_dict()
    # `activity` tells the latest instant that any row ever had, also one of a clock that was ahead and was corrected.
    return {key: value for key, value in told.items() if key not in ("user", "activity")}


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    store = open_store(f"duckdb:///{tmp_path}/facts.duckdb")
    faulty = FaultServer(World())
    with faulty.serving() as address:
        yield Studio(store, faulty, address)
    store.close()


def busy(world: World, tasks: int = 7) -> int:
    """Give a world a project with some work, and return it."""
    project = world.add_project()
    for place, task in enumerate(world.add_tasks(project, tasks)):
        world.submit(task, by=1 + place % 2, lead_time=1.5 * place, skip=place % 4 == 3)
    return project


def cases(places: int) -> list[tuple[str, int]]:
    faults = (*PLAIN_FAULTS, *LIST_FAULTS)
    every = [(fault, place) for fault in faults for place in range(places)]
    return every if WHOLE else [(fault, number * 3 % places) for number, fault in enumerate(faults)][places % 2 :: 2]


@pytest.mark.parametrize(("fault", "at"), cases(9))
def test_a_fault_at_any_request_of_a_first_reading_ends_well(studio: Studio, fault: str, at: int) -> None:
    busy(studio.world)
    studio.step(*[None] * at, *[fault] * (1 + at % 2 * 3))  # once, or as often as is tried
    assert set(studio.kept()) <= {
        (str(row), str(studio.world._row(row)[0]["id"])) for row in studio.world.annotations()
    }
    studio.heal()
    studio.is_right()


@pytest.mark.parametrize(("fault", "at"), cases(6))
def test_a_fault_at_any_request_of_a_later_reading_ends_well(studio: Studio, fault: str, at: int) -> None:
    project = busy(studio.world)
    studio.heal()
    world = studio.world
    for annotation in world.annotations()[::2]:
        world.update(annotation, 100.25)
    world.delete(world.annotations()[1])
    world.delete_task(world.tasks()[5])
    world.submit(world.add_tasks(project, 4)[2], by=2, lead_time=7)
    studio.step(*[None] * at, fault)
    studio.heal()
    studio.is_right()


def _submit(which: int, skip: bool) -> Callable[[World], None]:
    def change(world: World) -> None:
        if tasks := world.tasks():
            world.submit(tasks[which % len(tasks)], by=1 + which % 2, lead_time=which / 8, skip=skip)

    return change


def _skewed(which: int, back: float) -> Callable[[World], None]:
    def change(world: World) -> None:
        if tasks := world.tasks():
            world.submit(tasks[which % len(tasks)], by=2, lead_time=which / 8, back=back)

    return change


def _on_annotation(which: int, kind: str) -> Callable[[World], None]:
    def change(world: World) -> None:
        if found := world.annotations():
            annotation = found[which % len(found)]
            world.delete(annotation) if kind == "delete" else world.update(annotation, which / 4)

    return change


def _delete_task(which: int) -> Callable[[World], None]:
    def change(world: World) -> None:
        if tasks := world.tasks():
            world.delete_task(tasks[which % len(tasks)])

    return change


def _project(which: int, kind: str) -> Callable[[World], None]:
    def change(world: World) -> None:
        projects = list(world.projects)
        if kind == "add" or not projects:
            busy(world, which % 6)
        elif kind == "delete":
            del world.projects[projects[which % len(projects)]]
        else:
            world.add_tasks(projects[which % len(projects)], 1 + which % 8)

    return change


def _clock(seconds: float) -> Callable[[World], None]:
    return lambda world: world.set_clock(seconds)


_numbers = st.integers(0, 40)
_changes = st.one_of(
    st.builds(_submit, _numbers, st.booleans()),
    st.builds(_skewed, _numbers, st.floats(0, 25)),
    st.builds(_on_annotation, _numbers, st.sampled_from(["delete", "update"])),
    st.builds(_delete_task, _numbers),
    st.builds(_project, _numbers, st.sampled_from(["add", "delete", "import", "import"])),
    st.builds(_clock, st.sampled_from([600.0, -600.0, -90.0])),
)
_scripts = st.lists(
    st.one_of(st.none(), _changes, st.sampled_from([each for each in (*PLAIN_FAULTS, *LIST_FAULTS) if each != "late"])),
    max_size=16,
)


@settings(
    max_examples=100 if WHOLE else 6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(st.tuples(st.lists(_changes, max_size=4), _scripts, st.booleans()), min_size=1, max_size=4))
def test_whatever_happens_in_between_it_ends_right(steps: list[tuple[list[Any], list[Any], bool]]) -> None:
    """Work between and in the middle of passes, faults in any order, and new processes."""
    with TemporaryDirectory() as folder:
        store = open_store(f"duckdb:///{folder}/facts.duckdb")
        faulty = FaultServer(World())
        busy(faulty.world, 7)
        with faulty.serving() as address:
            faulty.date_skew = None
            studio = Studio(store, faulty, address)
            for changes, script, new in steps:
                for change in changes:
                    change(studio.world)
                studio.step(*script)
                if new:
                    studio.again()
            studio.heal()
            studio.again().look()
            while studio.sync.compare_page():
                pass
            studio.is_right()
        store.close()


def test_a_pass_that_breaks_off_goes_on_behind_what_was_written(studio: Studio) -> None:
    busy(studio.world, 12)  # four pages
    assert not studio.step(*[None] * 8, *["500"] * 10)
    studio.again()
    studio.faulty.asked.clear()
    studio.heal()
    first = next(path for path in studio.faulty.asked if "greater%22" in path)
    assert "%22value%22%3A+0%7D" not in first
    studio.is_right()


def test_an_idle_pass_asks_one_question_a_project_and_writes_nothing(studio: Studio) -> None:
    for _ in range(3):
        busy(studio.world, 4)
    studio.heal()
    studio.faulty.asked.clear()
    assert studio.sync.run() is False
    asked = [path.partition("?")[0] for path in studio.faulty.asked]
    assert asked.count("/api/tasks/") == 3
    assert set(asked) == {"/api/tasks/", "/api/projects/", "/api/organizations/1/memberships"}


def test_work_under_a_clock_that_was_ahead_and_is_corrected_is_seen_at_once(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    """What is done after the correction looks older than what was read before."""
    studio.faulty.date_skew = None
    world, project = studio.world, busy(studio.world, 8)
    world.set_clock(600)
    for annotation in world.annotations()[::2]:
        world.update(annotation, 33.5)
    studio.heal()
    world.set_clock(-600)
    world.submit(world.add_tasks(project, 2)[1], by=2, lead_time=75)
    world.update(world.annotations()[0], 2_527)  # an update moves no count
    studio.sync.look()
    studio.is_right()
    assert "clock was set back by" in caplog.text
    world.set_clock(30)
    world.update(world.annotations()[3], 9.25)
    studio.sync.look()
    studio.is_right()


def test_work_that_no_clock_tells_is_found_when_projects_are_compared(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    """The clock was set back and caught up again while nobody looked."""
    studio.faulty.date_skew = None
    world, project = studio.world, busy(studio.world, 8)
    world.set_clock(600)
    world.update(world.annotations()[5], 33.5)
    studio.heal()
    world.set_clock(-600)
    world.update(world.annotations()[0], 2_527)
    world.set_clock(900)
    studio.again()
    studio.sync.look()
    assert figures(studio.store, 1)["summary"]["total_time"] == 0.0 + 3.0 + 6.0 + 9.0  # tasks 0, 2, 4, 6 of 1.5 s each
    while studio.sync.compare_page():  # as the server does after its start, whatever bookmarks say
        pass
    studio.is_right()
    assert f"Project {project}: 1 annotations differed" in caplog.text


def test_a_program_that_looks_once_and_ends_finds_what_was_deleted_a_moment_ago(studio: Studio) -> None:
    busy(studio.world)
    for _ in range(3):
        Sync(studio.store, LabelStudio(studio.address, TOKEN, patience=HURRIED), "default", Roles()).run()
        studio.is_right()
        studio.world.delete_task(min(studio.world.tasks()))


def test_a_row_that_was_changed_past_label_studio_is_found(studio: Studio) -> None:
    """A lead time that was put right in the database moves no instant."""
    busy(studio.world, 8)
    studio.world.moment(300)
    studio.world.submit(studio.world.tasks()[0])  # so that what was there before is not looked at again
    studio.heal()
    studio.world._row(studio.world.annotations()[2])[1]["lead_time"] = 4_444.5
    studio.again()
    studio.sync.look()
    while studio.sync.compare_page():
        pass
    studio.is_right()


def test_clocks_that_disagree_do_no_harm(studio: Studio) -> None:
    project = busy(studio.world)
    for hours in (-30, 30, -10_000, 0):
        studio.faulty.date_skew = timedelta(hours=hours)
        studio.world.submit(studio.world.add_tasks(project, 1)[0])
        studio.heal()
        studio.is_right()


def test_a_project_that_a_list_leaves_out_once_stays_and_one_that_is_deleted_goes(studio: Studio) -> None:
    first, second = busy(studio.world, 4), busy(studio.world, 5)
    studio.heal()
    kept = studio.kept()
    studio.step("short")
    assert studio.kept() == kept
    studio.heal()
    del studio.world.projects[first]
    studio.heal()
    studio.is_right()
    assert len(studio.kept()) == 5
    assert second in studio.world.projects


def test_a_member_is_inactive_only_when_two_lists_lack_them(studio: Studio) -> None:
    busy(studio.world)
    studio.heal()

    def active() -> bool:
        return ask(studio.store, OWNER, user="2", **EVERYTHING).user.active

    name = studio.world.members.pop(2)
    studio.step()
    assert active()  # one list may have been short
    studio.world.members[2] = name
    studio.step()
    del studio.world.members[2]
    studio.step()
    assert active()
    studio.step()
    assert not active()
    studio.world.members[2] = name
    studio.step()
    assert active()


def test_the_token_stands_in_no_log_and_no_sentence(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    busy(studio.world)
    for fault in PLAIN_FAULTS:
        try:
            studio.faulty.script.extend([fault] * 6)
            studio.sync.run()
        except PerfwidgetError as failure:
            assert TOKEN not in str(failure)
            assert studio.faulty.access not in str(failure)
        studio.faulty.script.clear()
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert TOKEN not in said
    assert "access-1" not in said
    assert all(TOKEN not in path and "access" not in path for path in studio.faulty.asked)


def test_a_token_that_is_not_accepted_is_refused_in_one_sentence(studio: Studio) -> None:
    for wrong in ("not.the.one", "legacy"):
        server = LabelStudio(studio.address, wrong, patience=HURRIED)
        with pytest.raises(PerfwidgetError, match="does not accept the token") as refusal:
            Sync(studio.store, server, "default", Roles()).run()
        assert wrong not in str(refusal.value)


def test_a_change_of_a_server_whose_clock_is_behind_is_seen_though_it_looks_old(studio: Studio) -> None:
    busy(studio.world)
    studio.heal()
    studio.world.submit(studio.world.tasks()[0], lead_time=1)
    studio.heal()
    studio.world.submit(studio.world.tasks()[1], lead_time=2, back=25)
    studio.heal()
    studio.is_right()


def test_what_is_cut_exactly_behind_a_value_is_no_answer() -> None:
    """A body that ends early may be JSON all the same; only its announced length tells."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for _ in range(2):
                client, _ = listening.accept()
                with client:
                    client.recv(65_536)
                    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\nConnection: close\r\n\r\n[1]")

        thread = threading.Thread(target=serve, daemon=True)  # it waits for a second try, which must come
        thread.start()
        server = LabelStudio(
            f"http://127.0.0.1:{listening.getsockname()[1]}", "legacy", patience=HURRIED._replace(attempts=2)
        )
        with pytest.raises(SourceUnavailable, match="broke off"):
            server.get("version")
        thread.join()


def test_a_page_of_a_proxy_is_no_word_on_whether_a_project_is_there(studio: Studio) -> None:
    project = busy(studio.world)
    studio.heal()
    kept, tasks = studio.kept(), studio.world.projects[project]

    def hide(world: World) -> None:
        del world.projects[project]

    def show(world: World) -> None:
        world.projects[project] = tasks

    # A pass asks for the projects, and then for each project that is missing by its name.
    studio.step(hide, "html 404", show)
    assert studio.kept() == kept
    studio.heal()
    studio.is_right()


@given(st.sets(st.integers(0, 5_000)), st.lists(st.text(max_size=6)))
def test_a_set_of_task_ids_holds_what_was_added(added: set[int], others: list[str]) -> None:
    ids = TaskIds()
    for task_id in added:
        ids.add(task_id)
    assert {number for number in range(5_100) if str(number) in ids} == added
    assert not any(text in ids for text in (*others, "-1", "1.0", "¹", "") if not text.isdecimal())


def test_a_project_that_cannot_be_read_keeps_no_other_waiting(studio: Studio) -> None:
    busy(studio.world, 4)
    second = busy(studio.world, 5)
    studio.heal()
    studio.world.submit(studio.world.add_tasks(second, 1)[0], lead_time=99)
    # A pass asks for the projects, the members, and then for the latest of the first project, three times in vain.
    assert not studio.step(None, None, "500", "500", "500")
    studio.is_right()


def test_what_a_pass_wrote_before_it_broke_off_is_news(studio: Studio) -> None:
    def fresh() -> Freshness:
        with studio.store.reading() as reader:
            found = freshness(reader, "default")
        assert found is not None
        return found

    project = busy(studio.world, 9)  # three pages
    assert not studio.step(*[None] * 7, *["500"] * 9)
    assert not fresh().complete
    studio.heal()
    assert fresh().complete
    before = fresh().news
    studio.step()
    assert fresh().news == before
    for task in studio.world.projects[project]:
        studio.world.submit(task)
    assert not studio.step(*[None] * 4, *["500"] * 9)
    assert len(studio.kept()) > 9  # the first page was written
    studio.heal()
    assert fresh().news != before
