"""Many projects: what a look, a hint and an idle hour cost in questions, and when a number comes."""

import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from perfwidget.label_studio.connection import LabelStudio, Patience
from perfwidget.label_studio.roles import Roles
from perfwidget.label_studio.sync import Sync
from perfwidget.label_studio.sync_thread import EVERY, SHARE
from perfwidget.label_studio.turns import LOOKS
from perfwidget.stores import Store, open_store
from tests.conftest import WHOLE
from tests.label_studio.fault_server import TOKEN, FaultServer, World
from tests.label_studio.test_faults import figures

PROJECTS = 2_000 if WHOLE else 600
WORKED_IN = 30
"""Projects with work; the others have nothing yet."""


class Many:
    """A Label Studio with many projects that were read once, and a clock that only the test moves."""

    def __init__(self, store: Store, faulty: FaultServer, address: str) -> None:
        self.store = store
        self.world = faulty.world
        self.faulty = faulty
        self.now = 0.0
        self._address = address
        self.sync = self.again()

    def again(self) -> Sync:
        """Return what a new process would begin with."""
        server = LabelStudio(self._address, TOKEN, patience=Patience(attempts=1))
        self.sync = Sync(self.store, server, "default", Roles(), now=lambda: self.now)
        return self.sync

    @property
    def lists(self) -> int:
        """How many questions a list of the projects takes."""
        return -(-len(self.world.projects) // 100)

    def asked(self) -> Counter[str]:
        """Return how often each address was asked since it was asked last."""
        found = Counter(path.partition("?")[0].removeprefix("/api/") for path in self.faulty.asked)
        self.faulty.asked.clear()
        return found


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    faulty = FaultServer(World())
    for place in range(PROJECTS):
        project = faulty.world.add_project()
        if place % (PROJECTS // WORKED_IN) == 0:
            for task in faulty.world.add_tasks(project, 3)[:2]:
                faulty.world.submit(task)
    store = open_store(f"duckdb:///{tmp_path_factory.mktemp('many')}/facts.duckdb")
    with faulty.serving() as address:
        many = Many(store, faulty, address)
        many.sync.look()
        yield many
    store.close()


def total(many: Many) -> float:
    found: float = figures(many.store, 2)["summary"]["total_time"]
    return found


def test_a_look_finds_what_came_in_any_project_with_few_questions(many: Many) -> None:
    many.asked()
    before = total(many)
    project = list(many.world.projects)[434]
    many.world.submit(many.world.add_tasks(project, 1)[0], by=2, lead_time=77)
    many.sync.look()
    assert total(many) == before + 77
    asked = many.asked()
    assert asked["projects/"] == many.lists
    assert asked["tasks/"] <= 2 + LOOKS
    assert sum(asked.values()) <= many.lists + 2 + LOOKS


def test_a_hint_costs_two_questions(many: Many) -> None:
    many.asked()
    before = total(many)
    project = list(many.world.projects)[377]
    many.world.submit(many.world.add_tasks(project, 1)[0], by=2, lead_time=5)
    many.sync.follow([str(project)])
    assert total(many) == before + 5
    assert many.asked() == {"tasks/": 2}


def test_a_restart_goes_on_from_what_it_knows(many: Many) -> None:
    many.sync.look()
    many.asked()
    before = total(many)
    many.again().look()
    asked = many.asked()
    assert total(many) == before
    assert asked["projects/"] == many.lists
    assert asked["tasks/"] <= 2 * LOOKS


def test_a_hint_is_followed_while_another_project_is_read_for_the_first_time(
    many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perfwidget.label_studio.pages.PAGE", 5)
    many.sync.look()
    big, small = many.world.add_project(), list(many.world.projects)[42]
    for task in many.world.add_tasks(big, 60):
        many.world.submit(task)
    before = total(many)
    seen: list[tuple[float, dict[str, int]]] = []
    calls = 0

    def hints() -> list[str]:
        """After the big project's fifth page somebody works in the small one; when asked again, note what is shown."""
        nonlocal calls
        reading = many.sync._readings[str(big)]
        calls += reading.position.going_on
        if calls == 5:
            many.world.submit(many.world.add_tasks(small, 1)[0], by=2, lead_time=11)
            many.asked()
            return [str(small)]
        if calls > 5 and not seen:
            seen.append((total(many), many.asked()))
        return []

    many.sync.hints = hints
    many.sync.look()
    assert seen == [(before + 11, {"tasks/": 2})]


def test_an_idle_hour_asks_a_bounded_number_of_questions(many: Many) -> None:
    many.again().look()
    while many.sync.compare_page():  # after the start everything is compared
        pass
    many.asked()
    cycle = 2 + max(EVERY, SHARE * 2)  # a list that takes two seconds, and the rest after it
    for _ in range(20):
        many.now += cycle
        many.sync.look()
        assert not many.sync.compare_page()
    asked = many.asked()
    assert asked["projects/"] == 20 * many.lists
    assert asked["tasks/"] <= 20 * LOOKS
    assert asked["organizations/1/memberships"] == 20 * cycle // 60
    many.now += 3_000
    many.sync.look()
    while many.sync.compare_page():
        pass
    assert many.asked()["tasks/"] <= LOOKS + WORKED_IN + 10  # projects with tasks are compared, a page each


def test_webhooks_that_take_long_to_install_hold_up_no_reading(many: Many) -> None:
    from perfwidget.label_studio.sync_thread import SyncThread

    go_on, begun = threading.Event(), threading.Event()

    class Slow:
        def install(self, projects: tuple[str, ...]) -> list[str]:
            begun.set()
            go_on.wait(30)
            return []

    before = total(many)
    sync_thread = SyncThread(many.again(), threading.Event(), Slow(), every=3_600)  # type: ignore[arg-type]
    sync_thread.start()
    try:
        assert begun.wait(60)
        project = list(many.world.projects)[99]
        many.world.submit(many.world.add_tasks(project, 1)[0], by=2, lead_time=3)
        sync_thread.hint([str(project)])
        waited = threading.Event()
        for _ in range(600):
            if total(many) == before + 3:
                break
            waited.wait(0.05)
        assert total(many) == before + 3
    finally:
        go_on.set()
        sync_thread.stop()
