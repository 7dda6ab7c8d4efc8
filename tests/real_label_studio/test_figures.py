"""Every figure beside a real Label Studio, against one worked out from its own export, after every kind of work."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from perfwidget import cli
from perfwidget.question.access import Viewer
from perfwidget.question.query import parse
from perfwidget.report import Report, report
from perfwidget.stores import open_store
from tests.real_label_studio.figures import figures
from tests.real_label_studio.label_studio import RESULT, Person, Server

OWNER = Viewer("default", "boss", "owner")
SINCE = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
UNTIL = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()


class Synced:
    """A store that is brought up to date by the command, and asked."""

    def __init__(self, folder: Path, server: Server, token: str) -> None:
        self.url = f"duckdb:///{folder}/facts.duckdb"
        self._source = ["--label-studio", server.address, "--token", token, "--store", self.url]

    def sync(self, *more: str) -> None:
        assert cli.main(["sync", "--once", *self._source, *more]) == 0

    def report(self, person: Person, project: int | None = None) -> Report:
        with closing(open_store(self.url)) as store:
            return of(store, person, project)


def of(store: Any, person: Person, project: int | None = None) -> Report:
    asked = {"user": [str(person.id)], "from": [SINCE], "to": [UNTIL]}
    if project is not None:
        asked["project"] = [str(project)]
    return report(store, OWNER, parse(asked))


@pytest.fixture
def synced(tmp_path: Path, server: Server, token: str) -> Synced:
    return Synced(tmp_path, server, token)


@pytest.fixture
def agrees(synced: Synced, admin: Person, bob: Person, tmp_path: Path) -> Callable[[int], None]:
    """Sync, then compare both people's figures of a project with the export's, and with an import of the export."""
    numbers: Iterator[int] = iter(range(1000))

    def compare(project: int, *more: str) -> None:
        synced.sync(*more)
        content = admin.export(project)
        exported = json.loads(content)
        file = tmp_path / "export.json"
        file.write_bytes(content)
        direct = f"duckdb:///{tmp_path}/direct-{next(numbers)}.duckdb"
        some = any(task["annotations"] for task in exported)
        assert not some or cli.main(["import", "--store", direct, str(file)]) == 0
        for person in (admin, bob):
            told = synced.report(person, project)
            expected = figures(exported, person.id)
            assert {key: told.values[key] for key in expected} == expected, person.email
            for point in told.series:
                of_day = figures(exported, person.id, {point.bucket.first})
                assert {key: point.values[key] for key in of_day if key in point.values} == {
                    key: value for key, value in of_day.items() if key in point.values
                }
            if some and any(row["completed_by"] == person.id for task in exported for row in task["annotations"]):
                with closing(open_store(direct)) as store:
                    assert without_person(of(store, person, project)) == without_person(told)

    return compare


def without_person(told: Report) -> dict[str, Any]:
    """Return a report without the member's e-mail and name, which an export does not tell."""
    return {key: value for key, value in told.to_dict().items() if key != "user"}


def test_every_kind_of_work_counts_as_in_the_export(agrees: Callable[..., None], admin: Person, bob: Person) -> None:
    project = admin.make_project("Kinds", tasks=8)
    tasks = admin.tasks(project)
    agrees(project)

    first = admin.submit(tasks[0], 12.5)
    bob.submit(tasks[0], 7.000001)
    agrees(project)

    skipped = bob.skip(tasks[1])
    admin.submit(tasks[1], None)
    agrees(project)

    bob.unskip(skipped)
    agrees(project)
    bob.submit(tasks[1], 44)

    # What anybody may post: times that are none, and work in somebody else's name.
    for lead_time in (-5, 1e9, 1e9 + 1, 0):
        bob.submit(tasks[2], lead_time)
    bob.submit(tasks[3], 30, completed_by=admin.id)
    agrees(project)

    admin.update(first, 99.25)
    bob.update(first, 100.5)
    agrees(project)

    admin.delete(f"annotations/{first}/")
    agrees(project)
    agrees(project, "--anew")


def test_imports_and_deletions_in_bulk(agrees: Callable[..., None], admin: Person, bob: Person) -> None:
    project = admin.make_project("Bulk")
    answer = {"result": RESULT, "completed_by": bob.id, "lead_time": 20, "created_at": "2020-01-01T00:00:00Z"}
    many = [{"data": {"text": str(number)}, "annotations": [answer, {"result": RESULT}]} for number in range(450)]
    admin.add_tasks(project, many)
    agrees(project)
    tasks = admin.tasks(project)
    assert len(tasks) == 450

    admin.post(f"dm/actions?id=delete_tasks_annotations&project={project}", selected(tasks[:10]))
    agrees(project)
    admin.post(f"dm/actions?id=delete_tasks&project={project}", selected(tasks[5:200]))
    admin.submit(tasks[300], 8)
    agrees(project)
    admin.delete(f"tasks/{tasks[400]}/")
    agrees(project)


def selected(tasks: list[int]) -> dict[str, Any]:
    return {"selectedItems": {"all": False, "included": tasks}}


def test_a_deleted_project_takes_its_facts_along(synced: Synced, admin: Person) -> None:
    before = admin.make_project("Stays", tasks=1)
    admin.submit(admin.tasks(before)[0], 5)
    project = admin.make_project("Goes", tasks=1)
    admin.submit(admin.tasks(project)[0], 1000)
    synced.sync()
    assert synced.report(admin, project).values["total_time"] == 1000.0
    admin.delete(f"projects/{project}/")
    synced.sync()
    with closing(open_store(synced.url)) as store, store.reading() as reader:
        from perfwidget.facts import Annotation

        assert list(reader.kept(Annotation, "default", str(project), None)) == []
        assert len(list(reader.kept(Annotation, "default", str(before), None))) == 1


def test_idle_passes_read_nothing(synced: Synced, capsys: pytest.CaptureFixture[str], admin: Person) -> None:
    project = admin.make_project("Idle", tasks=2)
    admin.submit(admin.tasks(project)[0], 5)
    synced.sync()
    capsys.readouterr()
    synced.sync()
    assert capsys.readouterr().out.startswith("0 annotations read from ")
