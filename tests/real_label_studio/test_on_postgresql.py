"""A Label Studio as it is without any settings of its own, on PostgreSQL: webhooks that it refuses, and its views."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from perfwidget import cli
from perfwidget.question.access import Viewer
from perfwidget.question.query import parse
from perfwidget.report import Report, report
from perfwidget.stores import open_store
from tests.engines.server import Server as PostgreSQL
from tests.label_studio.standing_up import command_of
from tests.real_label_studio.conftest import beside
from tests.real_label_studio.figures import figures
from tests.real_label_studio.label_studio import ADMIN, RESULT, Person, Server, running, until
from tests.real_label_studio.test_beside import submitted, through
from tests.real_label_studio.test_figures import SINCE, UNTIL

DATABASE = "labels"
"""Its name in the compose file, whose commands are run here."""


@pytest.fixture(scope="module")
def default(tmp_path_factory: pytest.TempPathFactory, postgresql: PostgreSQL) -> Iterator[Server]:
    with psycopg.connect(postgresql.address(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
    there = {"NAME": DATABASE, "USER": "postgres", "HOST": "127.0.0.1", "PORT": str(postgresql.port)}
    settings = {f"POSTGRE_{name}": value for name, value in there.items()} | {"DJANGO_DB": "default"}
    with running(tmp_path_factory.mktemp("default"), SSRF_PROTECTION_ENABLED="true", **settings) as server:
        yield server


@pytest.fixture(scope="module")
def boss(default: Server) -> Person:
    return Person(default.address, ADMIN).sign_in()


@pytest.fixture(scope="module")
def ann(boss: Person) -> Person:
    return boss.invite("ann@labels.example")


def test_a_refused_webhook_is_told_with_the_cure_and_polling_serves(
    tmp_path: Path, default: Server, boss: Person
) -> None:
    project = boss.make_project("Refused", tasks=1)
    with beside(tmp_path, default, str(boss.post("token/")["token"]), "--install-webhooks") as front:
        until(lambda: "SSRF_PROTECTION_ENABLED" in front.log.read_text(), 60, "the refusal")
        boss.submit(boss.tasks(project)[0], 5)
        until(lambda: submitted(front, boss, project=project) == 1, 60, "the work")
        lines = [line for line in front.log.read_text().splitlines() if "webhook" in line]
        assert len(lines) == 1
        assert "reserved network address" in lines[0]
        assert "every few seconds" in lines[0]
        assert boss.get("webhooks/") == []


def test_the_views_say_what_the_export_says(
    tmp_path: Path, default: Server, boss: Person, ann: Person, postgresql: PostgreSQL
) -> None:
    assert cli.main(command_of("views", **{"labels@database": f"postgres@127.0.0.1:{postgresql.port}"})) == 0
    project = boss.make_project("Views")
    guess = {"result": RESULT, "score": 0.9, "model_version": "one"}
    boss.add_tasks(project, [{"data": {"text": str(number)}, "predictions": [guess]} for number in range(4)])
    answer = {"result": RESULT, "completed_by": ann.id, "lead_time": 20}
    boss.add_tasks(project, [{"data": {"text": "imported"}, "annotations": [answer]}])
    tasks = boss.tasks(project)
    first = boss.submit(tasks[0], 12.5)
    ann.submit(tasks[0], 7.000001)
    ann.submit(tasks[1], 1e7)
    ann.skip(tasks[2])
    ann.submit(tasks[3], 30, completed_by=boss.id)
    boss.act(project, "predictions_to_annotations", tasks[1:3], model_version="one")
    boss.act(project, "propagate_annotations", tasks[2:4], source_annotation_id=first)
    boss.update(first, 99.25)
    exported = json.loads(boss.export(project))
    with closing(open_store(postgresql.address("performance", DATABASE, views="performance"))) as store:
        for person in (boss, ann):
            expected = figures(exported, person.id)
            told = of(store, person, project).values
            assert {key: told[key] for key in expected} == expected, person.email


def test_the_dashboard_over_views_shows_work_at_once(
    tmp_path: Path, default: Server, boss: Person, ann: Person, postgresql: PostgreSQL
) -> None:
    assert cli.main(command_of("views", **{"labels@database": f"postgres@127.0.0.1:{postgresql.port}"})) == 0
    project = boss.make_project("At once", tasks=3)
    tasks = boss.tasks(project)
    command = command_of("performance", database=f"127.0.0.1:{postgresql.port}")
    store = command[command.index("--store") + 1]
    with beside(tmp_path, default, "", "--store", store) as front:
        for number, task in enumerate(tasks, 1):
            ann.submit(task, 5)
            assert submitted(front, boss, user=ann.id, project=project) == number
        assert through(front, ann, "export/report.json", user=boss.id).status_code == 403
        assert len(front.log.read_text().splitlines()) == 1, front.log.read_text()  # where it listens, and no more


def of(store: Any, person: Person, project: int) -> Report:
    asked = {"user": [str(person.id)], "from": [SINCE], "to": [UNTIL], "project": [str(project)]}
    with store.reading() as reader:
        [organization] = reader.organizations()
    return report(store, Viewer(organization, person.id, "owner"), parse(asked))
