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
from tests.worlds import scoped

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

    admin.act(project, "delete_tasks_annotations", tasks[:10])
    agrees(project)
    admin.act(project, "delete_tasks", tasks[5:200])
    admin.submit(tasks[300], 8)
    agrees(project)
    admin.delete(f"tasks/{tasks[400]}/")
    agrees(project)


def test_predictions_and_copies_are_nobodys_work_until_somebody_works_on_them(
    agrees: Callable[..., None], synced: Synced, admin: Person, bob: Person
) -> None:
    project = admin.make_project("Made by a click")
    guess = {"result": RESULT, "score": 0.9, "model_version": "one"}
    admin.add_tasks(project, [{"data": {"text": str(number)}, "predictions": [guess]} for number in range(6)])
    tasks = admin.tasks(project)
    admin.act(project, "predictions_to_annotations", tasks[:4], model_version="one")
    agrees(project)
    told = synced.report(admin, project).values
    assert (told["submitted_annotations"], told["from_predictions"], told["imported"]) == (0, 4, 0)

    made = sorted(row["id"] for task in json.loads(admin.export(project)) for row in task["annotations"])
    admin.update(made[0], 31)  # its owner's work from now on
    bob.update(made[1], 17)  # with a time, though another's
    bob.submit(tasks[5], 9, parent_prediction=admin.get(f"tasks/{tasks[5]}/")["predictions"][0]["id"])  # in the editor
    agrees(project)

    source = bob.submit(tasks[4], 12)
    agrees(project)
    admin.act(project, "propagate_annotations", tasks[:3], source_annotation_id=source)
    agrees(project, *ANEW)
    told = synced.report(admin, project).values
    assert (told["other_actions"], told["imported"]) == (3, 0)
    copies = [
        row["id"]
        for task in json.loads(admin.export(project))
        for row in task["annotations"]
        if row["parent_annotation"] == source
    ]
    admin.update(copies[0], 8)
    bob.submit(tasks[3], 20, parent_annotation=source)  # a copy that somebody made in the editor, and spent time on
    agrees(project)


ANEW = ("--anew",)
"""Label Studio changes nothing of a task when it propagates an annotation to it, so that only a comparison finds it."""


def test_drafts_are_no_work_and_a_skip_that_is_taken_back_is_none(
    agrees: Callable[..., None], admin: Person, bob: Person
) -> None:
    project = admin.make_project("Drafts", tasks=3)
    tasks = admin.tasks(project)
    bob.post(f"tasks/{tasks[0]}/drafts", {"result": RESULT, "lead_time": 77})
    agrees(project)
    submitted = bob.submit(tasks[0], 90)
    bob.post(f"tasks/{tasks[0]}/annotations/{submitted}/drafts", {"result": RESULT, "lead_time": 500})
    agrees(project)
    skipped = admin.skip(tasks[1])
    agrees(project)
    admin.unskip(skipped)
    agrees(project)
    admin.submit(tasks[1], 3)
    agrees(project)


def test_a_renamed_project_and_a_removed_member_keep_their_figures(
    agrees: Callable[..., None], synced: Synced, admin: Person
) -> None:
    project = admin.make_project("Before", tasks=2)
    tasks = admin.tasks(project)
    cleo = admin.invite("cleo@labels.example")
    cleo.patch(f"users/{cleo.id}/", {"first_name": "Cleo", "last_name": "Clay"})
    cleo.submit(tasks[0], 21)
    admin.submit(tasks[1], 4)
    agrees(project)
    before = synced.report(cleo, project).to_dict()
    admin.patch(f"projects/{project}/", {"title": "After"})
    organization = admin.get("current-user/whoami")["active_organization"]
    admin.delete(f"organizations/{organization}/memberships/{cleo.id}/")
    agrees(project)
    after = synced.report(cleo, project)
    assert after.to_dict()["summary"] == before["summary"]
    assert (after.user.email, after.user.name, after.user.active) == ("cleo@labels.example", "Cleo Clay", False)
    with closing(open_store(synced.url)) as store, store.reading() as reader:
        scope = scoped(store, OWNER).scope
        assert [each.title for each in reader.projects(scope) if each.project_id == str(project)] == ["After"]


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
