"""Label Studio's own tables as a store, through the views that the README offers."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from perfwidget.cli import main
from perfwidget.errors import Forbidden, InvalidSetting, StoreUnavailable
from perfwidget.facts import Annotation, Project
from perfwidget.label_studio.app import create_app
from perfwidget.label_studio.roles import Roles
from perfwidget.label_studio.sign_in import Sessions
from perfwidget.label_studio.views import ViewsSource
from perfwidget.metrics import METRICS, WHOLE
from perfwidget.question.access import Viewer
from perfwidget.stores import Store, open_store
from perfwidget.stores.formulas import statements, wanted_of
from perfwidget.stores.postgresql.views import ViewsSession
from tests.engines.server import Server
from tests.label_studio.stand_in import standing_in
from tests.worlds import ask, scoped

HERE = Path(__file__).parent
OWNER = Viewer(1, 5, "owner")
PERIOD = {"from_": "2024-03-01", "to": "2024-03-31"}
NAMES = (
    "completed_by",
    "created_at",
    "updated_at",
    "lead_time",
    "was_cancelled",
    "updated_by",
    "last_created_by",
    "import_id",
    "parent_prediction",
    "parent_annotation",
)
OF_OTHERS = ("completed_by", "updated_by", "last_created_by", "parent_prediction", "parent_annotation")
"""The columns whose names end with _id in the database."""
TASK_CREATED = "2024-03-01T08:59:00Z"
ROWS: list[tuple[Any, ...]] = [
    # ann is 6, bob is 7; times go from 0 to 10⁹ s and are rounded half to even
    (6, "2024-03-01T09:00:00Z", "2024-03-01T09:00:00.5Z", 60.25, False, None, None),
    (6, "2024-03-01T10:00:00Z", "2024-03-02T08:00:00.123456Z", 30.0, False, 6, 6),  # updated the next day
    (6, "2024-03-01T11:00:00Z", "2024-03-03T08:00:00Z", 90.1, False, 7, None),  # changed by bob
    (6, "2024-03-02T11:00:00Z", "2024-03-04T08:00:00Z", 5.5, False, None, 7),  # updated, last created by bob
    (6, "2024-03-05T11:00:00Z", "2024-03-05T11:00:00Z", None, False, None, None),
    (6, "2024-03-06T11:00:00Z", "2024-03-06T11:00:00Z", -1.0, False, None, None),
    (6, "2024-03-06T11:00:00Z", "2024-03-06T11:00:00Z", float("nan"), False, None, None),
    (6, "2024-03-06T11:00:00Z", "2024-03-06T11:00:00Z", float("inf"), False, None, None),
    (6, "2024-03-06T11:00:00Z", "2024-03-06T11:00:00Z", 1e9 + 1, False, None, None),
    (6, "2024-03-07T11:00:00Z", "2024-03-07T11:00:00Z", 0.0000005, False, None, None),
    (6, "2024-03-08T11:00:00Z", "2024-03-08T11:00:00Z", 0.0000015, False, None, None),
    (6, "2024-03-09T11:00:00Z", "2024-03-09T11:00:00Z", 1e9, False, None, None),
    (6, "2024-03-10T11:00:00Z", "2024-03-12T11:00:00Z", 12.0, True, None, None),  # skipped
    (7, "2024-03-10T11:00:00Z", "2024-03-10T11:00:00Z", 700.0, False, None, None),
    (7, "2024-03-11T11:00:00Z", "2024-03-11T11:00:00Z", 1e6, False, 7, None),  # longer than its task existed
    (7, "2024-03-11T11:00:00Z", "2024-03-11T11:00:00Z", 1e6, False, 7, None, 5),  # imported, so nobody wonders
    (7, "2024-03-12T11:00:00Z", "2024-03-12T11:00:00Z", None, False, None, None, None, 9),  # a prediction taken over
    (7, "2024-03-12T11:00:00Z", "2024-03-12T12:00:00Z", 3.0, False, 7, None, None, 9),  # and one worked on since
    (7, "2024-03-13T11:00:00Z", "2024-03-13T12:00:00Z", None, False, 6, None, None, None, 1),  # a copy, changed by ann
    (7, "2024-03-13T11:00:00Z", "2024-03-13T11:00:00Z", None, False, None, None, None, None, 1),  # a copy
    (7, "2024-03-13T11:00:00Z", "2024-03-14T11:00:00Z", None, False, 7, None, None, None, 1),  # updated by its owner
    (6, "2024-03-01T09:00:00Z", "2024-03-01T09:00:00Z", 60.0, False, 6, None),  # just as long as its task existed
    (6, "2024-03-01T09:00:00Z", "2024-03-01T09:00:00Z", 60.000001, False, 6, None),
    (6, "2024-03-15T11:00:00Z", "2024-03-15T11:00:00Z", 1.0, False, 7, 7),  # posted by bob
]
ROWS = [(*row, *[None] * (len(NAMES) - len(row))) for row in ROWS]


@pytest.fixture(scope="module")
def database(postgresql: Server) -> str:
    """A database of Label Studio's with these rows and the views; returns its owner's address."""
    with psycopg.connect(postgresql.address(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE label_studio")
    address = postgresql.address(database="label_studio")
    with psycopg.connect(address) as connection:
        connection.execute((HERE / "label_studio_tables.sql").read_text())
    for _ in range(2):  # it may be run again
        assert main(["label-studio", "views", "--install", address]) == 0
    with psycopg.connect(address) as connection:
        people = (
            (5, "boss@x.example", "Boss", ""),
            (6, "ann@x.example", "Ann", "Example"),
            (7, "bob@x.example", "", ""),
        )
        for number, email, first, last in people:
            connection.execute(
                "INSERT INTO htx_user (id, email, first_name, last_name) VALUES (%s, %s, %s, %s)",
                (number, email, first, last),
            )
        connection.execute(
            "INSERT INTO organization (id, title, created_by_id) VALUES (1, 'Acme', 5), (2, 'Other', NULL)"
        )
        for number, *_ in people:
            connection.execute(
                "INSERT INTO organizations_organizationmember (organization_id, user_id) VALUES (1, %s)", (number,)
            )
        connection.execute("INSERT INTO project (id, title, organization_id) VALUES (3, 'Dogs', 1), (4, 'Foreign', 2)")
        connection.execute(
            "INSERT INTO task (id, project_id, created_at) SELECT number, 3, %s FROM generate_series(1, 99) number",
            [TASK_CREATED],
        )
        columns = [f"{name}_id" if name in OF_OTHERS else name for name in NAMES]
        for number, row in enumerate(ROWS, start=1):
            connection.execute(
                f"INSERT INTO task_completion (id, task_id, project_id, {', '.join(columns)}) "
                f"VALUES (%s, %s, 3{', %s' * len(NAMES)})",
                (number, number, *row),
            )
    return address


@pytest.fixture(scope="module")
def store(postgresql: Server, database: str) -> Iterator[Store]:
    """The views, read by the role that may read nothing else."""
    opened = open_store(postgresql.address("performance", "label_studio", views="performance"), wait=0)
    yield opened
    opened.close()


def exported(folder: Path) -> Path:
    """Write the same rows as Label Studio exports them."""
    tasks = [
        {
            "id": number,
            "project": 3,
            "created_at": TASK_CREATED,
            "annotations": [{"id": number, **dict(zip(NAMES, row, strict=True))}],
        }
        for number, row in enumerate(ROWS, start=1)
    ]
    file = folder / "export.json"
    file.write_text(json.dumps(tasks))
    return file


@pytest.mark.parametrize("user", ["6", "7"])
@pytest.mark.parametrize("zone", ["UTC", "America/Phoenix"])
def test_views_say_what_an_export_of_the_same_rows_says(store: Store, tmp_path: Path, user: str, zone: str) -> None:
    address = f"duckdb:///{tmp_path}/facts.duckdb"
    assert main(["import", "--store", address, "--organization", "1", str(exported(tmp_path))]) == 0
    imported = open_store(address, wait=0)
    try:
        told, expected = (ask(each, OWNER, user=user, tz=zone, **PERIOD).to_dict() for each in (store, imported))
    finally:
        imported.close()
    for part in ("summary", "annotation_summary", "not_counted", "notes", "reviewing", "days"):
        assert told[part] == expected[part]
    assert told["summary"]["submitted_annotations"] == {"6": 15, "7": 5}[user]
    assert told["notes"]["from_predictions"] == {"6": 0, "7": 1}[user]
    assert told["notes"]["longer_than_task"] == 1  # of ann a microsecond longer
    assert told["not_counted"]["other_actions"] == {"6": 0, "7": 2}[user]
    assert expected["notes"]["completed_at_estimated"] == {"6": 2, "7": 0}[user]  # which bob changed last


def test_people_projects_and_scopes_are_label_studios(store: Store) -> None:
    report = ask(store, OWNER, user="6", **PERIOD)
    assert (report.user.email, report.user.name, report.user.role) == ("ann@x.example", "Ann Example", "annotator")
    with store.reading() as reader:
        scope = scoped(store, OWNER).scope
        assert [(each.user_id, each.role) for each in reader.members(scope, "", 9)] == [
            ("6", "annotator"),
            ("7", "annotator"),
            ("5", "owner"),
        ]
        assert [each.user_id for each in reader.members(scope, "EXAMPLE", 1)] == ["6"]
        assert [(each.project_id, each.title) for each in reader.projects(scope)] == [("3", "Dogs")]
        assert reader.workspaces(scope) == []
        assert reader.bookmarks("1") == {}
        assert reader.organizations() == ["1", "2"]
    assert ask(store, Viewer(1, 6, "annotator"), **PERIOD).scope == ("3",)
    assert ask(store, Viewer(1, 5, "annotator"), **PERIOD).scope == ()


@pytest.mark.parametrize("user", ["ann", "006", "6.0", " 6", "9" * 30, "4711", "6; DROP TABLE task"])
def test_an_id_that_is_none_of_the_columns_type_is_nobody(store: Store, user: str) -> None:
    with pytest.raises(Forbidden):
        ask(store, OWNER, user=user, **PERIOD)
    assert ask(store, Viewer(1, user, "annotator", projects=["3", "x"]), **PERIOD).values["submitted_annotations"] == 0
    assert ask(store, Viewer(user, 6, "owner"), **PERIOD).values["submitted_annotations"] == 0


@pytest.mark.parametrize(
    ("asked", "condition"), [({}, "completed_by_id = '6'"), ({"project": "3"}, "project_id = ANY ('{3}'")]
)
def test_label_studios_own_indexes_answer(store: Any, asked: dict[str, str], condition: str) -> None:
    question = scoped(store, OWNER, user="6", **asked, **PERIOD)
    [(text, parameters), _] = next(statements(store._dialect, question, wanted_of(METRICS)[0], [WHOLE], []))
    with store._database.reading() as connection:
        connection.execute("SET LOCAL enable_seqscan = off")  # which is best in a table of few rows
        plan = ViewsSession(connection, store._dialect, store._looked_over).rows(f"EXPLAIN {text}", parameters)
    assert [line for (line,) in plan if "Index Cond" in line and condition in line], plan


def test_nothing_is_written_to_views(store: Store) -> None:
    for write in (lambda: store.write([]), lambda: store.remove([]), lambda: store.set_memberships(1, 2, [])):
        with pytest.raises(InvalidSetting, match="only read"):
            write()
    with pytest.raises(InvalidSetting):
        store.write([Project(1, 1, None, title="Mine")])


def test_views_that_are_not_as_they_must_be_are_refused_with_what_is_wrong(postgresql: Server, database: str) -> None:
    def refused(change: str, error: type[Exception], match: str) -> None:
        with psycopg.connect(database) as connection:
            connection.execute("CREATE SCHEMA broken")
            names = [
                name
                for (name,) in connection.execute(
                    "SELECT table_name FROM information_schema.views WHERE table_schema = 'performance'"
                )
            ]
            for name in names:
                connection.execute(f"CREATE VIEW broken.{name} AS SELECT * FROM performance.{name}")
            connection.execute("GRANT USAGE ON SCHEMA broken TO performance")
            connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA broken TO performance")
            connection.execute(change)
        try:
            with pytest.raises(error, match=match):
                open_store(postgresql.address("performance", "label_studio", views="broken"), wait=0)
        finally:
            with psycopg.connect(database) as connection:
                connection.execute("DROP SCHEMA broken CASCADE")

    again = "DROP VIEW broken.workspaces; CREATE VIEW broken.workspaces AS SELECT {}; " + (
        "GRANT SELECT ON broken.workspaces TO performance"
    )
    text = {"text", "is_resolved"}
    lacking = ", ".join(
        rf"comments\.{name} \({'boolean' if name == 'is_resolved' else 'text' if name in text else 'bigint'}"
        rf"{', text or uuid' if name.endswith(('_id', '_by')) else ''}\)"
        for name in ("organization_id", "comment_id", "annotation_id", "project_id", "task_id", "completed_by",
                     "created_by", "text", "created_at", "updated_at", "is_resolved", "resolved_at")
    )  # fmt: skip
    refused("DROP VIEW broken.comments", InvalidSetting, f"lack {lacking}, or its role may not see them")
    refused(again.format("1 AS organization_id"), InvalidSetting,
            r"lack workspaces\.workspace_id \(bigint, text or uuid\), workspaces\.title \(text\), or")  # fmt: skip
    refused(
        again.format("1 AS organization_id, 2.5 AS workspace_id, 'x' AS title"),
        InvalidSetting,
        "workspaces.workspace_id .* has the type numeric",
    )
    refused(
        again.format("1 AS organization_id, 'w' AS workspace_id, 'x' AS title"),
        InvalidSetting,
        "workspace_id as numbers in one place and as text in another",
    )
    refused("REVOKE SELECT ON broken.projects FROM performance", StoreUnavailable, "may not select from projects")


OPTIONAL = {
    "members": ("email", "display_name"),
    "projects": ("workspace_id",),
    "annotations": ("started_at", "lead_time", "flags"),
    "memberships": ("workspace_id",),
}


def test_optional_columns_that_views_lack_read_as_null(postgresql: Server, database: str, store: Store) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("CREATE SCHEMA lean")
        found = connection.execute(
            "SELECT table_name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) "
            "FILTER (WHERE NOT column_name = ANY(%s)) FROM information_schema.columns "
            "WHERE table_schema = 'performance' GROUP BY table_name",
            [[name for names in OPTIONAL.values() for name in names if name != "workspace_id"]],
        ).fetchall()
        for name, columns in found:
            kept = [each for each in columns.split(", ") if each not in OPTIONAL.get(name, ())]
            connection.execute(f"CREATE VIEW lean.{name} AS SELECT {', '.join(kept)} FROM performance.{name}")
        connection.execute("GRANT USAGE ON SCHEMA lean TO performance")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA lean TO performance")
    try:
        lean = open_store(postgresql.address("performance", "label_studio", views="lean"), wait=0)
        told, whole = (ask(each, OWNER, user="6", **PERIOD) for each in (lean, store))
        assert told.values["submitted_annotations"] == whole.values["submitted_annotations"] == 15
        assert (told.values["total_time"], told.values["lead_time_missing"]) == (None, 15)
        assert (told.user.email, told.user.name) == (None, None)
        assert ask(lean, Viewer(1, 6, "annotator"), **PERIOD).scope == ("3",)
        with lean.reading() as reader:
            rows = list(reader.kept(Annotation, "1", "3", None))
            assert len(rows) == len(list(reader.kept(Annotation, "1", "3", None))) > 0
        lean.close()
    finally:
        with psycopg.connect(database) as connection:
            connection.execute("DROP SCHEMA lean CASCADE")


def test_views_are_printed_and_taken_away(postgresql: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["label-studio", "views"]) == 0
    printed = capsys.readouterr().out
    with psycopg.connect(postgresql.address(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE another_label_studio")
    address = postgresql.address(database="another_label_studio")
    assert main(["label-studio", "views", "--install", address]) == 1  # there are no tables of Label Studio's
    assert "organizations_organizationmember" in capsys.readouterr().err
    with psycopg.connect(address) as connection:
        connection.execute((HERE / "label_studio_tables.sql").read_text())
        connection.execute(printed.encode())
    assert main(["label-studio", "views", "--remove", "duckdb:///facts.duckdb"]) == 2
    assert main(["label-studio", "views", "--remove", address]) == 0
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT to_regnamespace('performance')").fetchone() == (None,)


def test_deleted_projects_are_not_shown_and_removed_members_are_flagged(
    postgresql: Server, database: str, store: Store
) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO project (id, title, organization_id, deleted_at) VALUES (9, 'Gone', 1, now())")
        connection.execute(
            "INSERT INTO task_completion (id, task_id, project_id, completed_by_id, created_at, updated_at, lead_time, "
            "was_cancelled) VALUES (900, 99, 9, 7, '2024-03-01', '2024-03-01', 1, FALSE)"
        )
        connection.execute("UPDATE organizations_organizationmember SET deleted_at = now() WHERE user_id = 7")
    try:
        assert ask(store, OWNER, user="7", **PERIOD).values["submitted_annotations"] == 5
        with store.reading() as reader:
            scope = scoped(store, OWNER).scope
            assert [each.project_id for each in reader.projects(scope)] == ["3"]
            assert [each.active for each in reader.members(scope, "", 9) if each.user_id == "7"] == [False]
    finally:
        with psycopg.connect(database) as connection:
            connection.execute("DELETE FROM task_completion WHERE id = 900")
            connection.execute("DELETE FROM project WHERE id = 9")
            connection.execute("UPDATE organizations_organizationmember SET deleted_at = NULL")


def test_a_server_over_views_shows_work_at_once_and_says_nothing_odd(
    postgresql: Server, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a token: whose session it is, Label Studio says, and all else its database."""
    with (
        standing_in() as studio,
        closing(open_store(postgresql.address("performance", "label_studio", views="performance"))) as store,
    ):
        for user in (5, 6, 7):
            studio.person(user)
        roles = Roles()
        app = create_app(store, Sessions(studio.address), ViewsSource(store, "1", roles), roles)

        def total(viewer: int, user: int) -> Any:
            browser = app.test_client()
            browser.set_cookie("sessionid", f"session-{viewer}")
            answer = browser.get(f"/performance/export/report.json?user={user}&from=2024-03-10&to=2024-03-10&tz=UTC")
            return answer.get_json()["summary"]["total_time"] if answer.status_code == 200 else answer.status_code

        assert (total(5, 7), total(7, 7), total(6, 7)) == (700.0, 700.0, 403)
        with psycopg.connect(database) as connection:
            connection.execute("UPDATE task_completion SET lead_time = 701 WHERE lead_time = 700")
        assert total(5, 7) == 701.0
        with psycopg.connect(database) as connection:
            connection.execute("UPDATE task_completion SET lead_time = 700 WHERE lead_time = 701")
        assert caplog.records == []
        assert {address.partition("?")[0] for _, address, _ in studio.asked} == {"/api/current-user/whoami"}


def test_views_want_one_organization_and_no_webhooks(
    postgresql: Server, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = postgresql.address("performance", "label_studio", views="performance")
    command = ["serve", "--label-studio", "http://127.0.0.1:1", "--store", store, "--port", "0"]
    assert main(command) == 2
    assert "2 organizations" in capsys.readouterr().err
    assert main([*command, "--organization", "1", "--install-webhooks"]) == 2
    assert "--install-webhooks" in capsys.readouterr().err
    assert main(["sync", *command[1:5], "--once"]) == 2
    assert "nothing to be read" in capsys.readouterr().err
