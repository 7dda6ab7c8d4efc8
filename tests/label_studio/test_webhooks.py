"""Webhooks: hints that are taken from Label Studio alone, and our own registration with its projects."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from perfwidget.errors import InvalidSetting, SourceUnavailable
from perfwidget.label_studio.sync_thread import MOST_HINTS, SyncThread
from perfwidget.label_studio.webhooks import SECRET_HEADER, Installer, kept_secret, receiver, remove_all
from perfwidget.stores import open_store
from tests.label_studio.company import ANN, OWNER, beside, company, connected, seconds
from tests.label_studio.stand_in import StandIn, standing_in

SECRET = "a secret of ours"
ADDRESS = "/performance/webhooks/label-studio"
HERE = "http://10.0.0.5:8060/performance/webhooks/label-studio"


class Hints:
    """What was hinted at."""

    def __init__(self) -> None:
        self.all: list[list[str]] = []

    def __call__(self, projects: Iterable[str]) -> None:
        self.all.append(list(projects))


@pytest.fixture
def hints() -> Hints:
    return Hints()


@pytest.fixture
def sender(hints: Hints) -> FlaskClient:
    app = Flask("receives")
    app.register_blueprint(receiver(SECRET, hints), url_prefix="/performance")
    return app.test_client()


@pytest.fixture
def studio() -> Iterator[StandIn]:
    with standing_in() as stand_in:
        company(stand_in)
        yield stand_in


def send(sender: FlaskClient, question: str = "", **options: Any) -> int:
    headers = options.pop("headers", {SECRET_HEADER: SECRET})
    return sender.open(f"{ADDRESS}{question}", **({"method": "POST", "headers": headers} | options)).status_code


def test_a_webhook_is_a_hint_and_nothing_else(sender: FlaskClient, hints: Hints) -> None:
    lies = {"action": "ANNOTATION_CREATED", "annotation": {"id": 1, "lead_time": 1e9, "completed_by": 5}}
    assert send(sender, "?project=10", json=lies) == 204
    assert send(sender) == 204
    assert send(sender, "?project=10&project=20", data=b"\xff\x00 no JSON", content_type="application/json") == 204
    assert hints.all == [["10"], [], ["10"]]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {SECRET_HEADER: ""},
        {SECRET_HEADER: SECRET[:-1]},
        {SECRET_HEADER: SECRET.upper()},
        {SECRET_HEADER: f"{SECRET}, {SECRET}"},
        {SECRET_HEADER: "s\xe4cret"},
        {SECRET_HEADER: "x" * 60_000},
        {"Authorization": SECRET},
    ],
)
def test_without_the_secret_nothing_is_taken(sender: FlaskClient, hints: Hints, headers: dict[str, str]) -> None:
    assert send(sender, f"?project=10&{SECRET_HEADER}={SECRET}", headers=headers, data=SECRET) == 403
    assert hints.all == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(sender: FlaskClient, hints: Hints, method: str) -> None:
    assert send(sender, "?project=10", method=method) == 405
    assert hints.all == []


@pytest.mark.parametrize(
    "project", ["", "%00", "%0d%0aX: y", "x" * 256, "%ff", "../../etc", "1%202", "-1", "1e9", "10;DROP TABLE projects"]
)
def test_a_project_that_is_none_is_a_hint_without_one_or_of_one_that_is_not_there(
    sender: FlaskClient, hints: Hints, project: str
) -> None:
    assert send(sender, f"?project={project}") == 204
    [hinted] = hints.all
    assert hinted == [] or (len(hinted[0]) < 256 and hinted[0].isprintable())


def test_a_body_is_not_read(sender: FlaskClient, hints: Hints) -> None:
    class Unread:
        def read(self, *_: Any) -> bytes:
            raise AssertionError("the body was read")

        readline = read

    for headers in ({SECRET_HEADER: SECRET}, {}):
        environ = {"wsgi.input": Unread(), "CONTENT_LENGTH": str(1 << 30)}
        assert send(sender, "?project=10", headers=headers, environ_overrides=environ) in (204, 403)
    assert hints.all == [["10"]]


@pytest.mark.parametrize("secret", ["", " ", "a\nb", "schl\xfcssel", "a ", "\udcff"])
def test_a_secret_that_no_header_can_hold_is_refused(studio: StandIn, secret: str) -> None:
    with pytest.raises(InvalidSetting):
        receiver(secret, lambda projects: None)
    with pytest.raises(InvalidSetting):
        Installer(connected(studio), HERE, secret)


def test_a_hint_never_waits_and_the_keeper_keeps_a_bounded_number(studio: StandIn, tmp_path: Path) -> None:
    """While a pass hangs in a question to Label Studio, hints are taken and kept, and whoever sends them goes on."""
    go_on, hanging = threading.Event(), threading.Event()

    def hang(handler: Any) -> None:
        hanging.set()
        go_on.wait(30)
        handler.answer({"count": 2, "next": None, "results": list(studio.projects.values())})

    with beside(studio, tmp_path) as there:
        studio.faults["projects"] = hang
        sync_thread = SyncThread(there.sync, threading.Event(), every=3600)
        there.app.register_blueprint(receiver(SECRET, sync_thread.hint), url_prefix="/performance")
        sync_thread.start()
        try:
            assert hanging.wait(30)
            sender = there.browser(None)
            studio.annotation(50, 10, ANN, 128.0)
            for _ in range(20):  # duplicates, and such as speak of nothing
                assert [send(sender, f"?project={project}") for project in (10, 99, 10)] == [204] * 3
            sync_thread.hint(str(number) for number in range(MOST_HINTS * 2))
            assert len(sync_thread._hints) == MOST_HINTS
            studio.faults.clear()
        finally:
            go_on.set()
            sync_thread.stop()
        there.sync.run()
        assert seconds(there.browser(OWNER), ANN) == 131.0


# --- Registering


def installed(studio: StandIn, secret: str = SECRET, projects: Iterable[str] = ("10", "20")) -> Any:
    return Installer(connected(studio), HERE, secret).install(projects)


def test_each_project_gets_one_webhook(studio: StandIn) -> None:
    installer = Installer(connected(studio), HERE, SECRET)
    assert installer.install(["10", "20"]) == ["10", "20"]
    asked = len(studio.asked)
    assert installer.install(["10", "20"]) == []
    assert len(studio.asked) == asked
    assert [(each["project"], each["url"]) for each in studio.webhooks.values()] == [
        (10, f"{HERE}?project=10"),
        (20, f"{HERE}?project=20"),
    ]
    first = studio.webhooks[1]
    assert first["headers"] == {SECRET_HEADER: SECRET}
    assert (first["send_payload"], first["is_active"]) == (False, True)
    assert first["actions"] == ["TASKS_CREATED", "ANNOTATION_CREATED"]  # of ours those that it knows


def test_a_second_start_finds_them_with_one_list_and_changes_nothing(studio: StandIn) -> None:
    installed(studio)
    studio.asked.clear()
    assert installed(studio) == ["10", "20"]
    assert [method for method, address, _ in studio.asked if "/webhooks" in address] == ["GET", "GET", "POST"]
    assert len(studio.webhooks) == 2


def test_one_for_all_projects_where_label_studio_takes_such_a_one() -> None:
    with standing_in(enterprise=True) as studio:
        company(studio)
        studio.webhooks = {7: {"id": 7, "project": 10, "url": f"{HERE}?project=10", "headers": {SECRET_HEADER: "old"}}}
        installer = Installer(connected(studio), HERE, SECRET)
        assert installer.install(["10", "20"]) == ["10", "20"]
        [only] = studio.webhooks.values()
        assert (only["project"], only["url"], only["headers"]) == (None, HERE, {SECRET_HEADER: SECRET})
        asked = len(studio.asked)
        assert installer.install(["10", "20", "30"]) == []  # a new project needs none of its own
        assert len(studio.asked) == asked


def test_another_address_replaces_the_old_one_and_those_of_others_stay(studio: StandIn) -> None:
    others = [
        {"id": 1, "project": 10, "url": "https://elsewhere.example/hook", "headers": {"X": "theirs"}},
        {"id": 2, "project": 10, "url": "http://10.0.0.9:8060/x", "headers": {SECRET_HEADER: "of another perfwidget"}},
        {"id": 3, "project": 20, "url": f"{HERE}x?project=20", "headers": None},
    ]
    studio.webhooks = {each["id"]: dict(each) for each in others}
    installed(studio, projects=["10"])
    studio.webhooks[5] = {**studio.webhooks[4], "id": 5}  # twice, as by two programs at once
    moved = "http://10.0.0.6/performance/webhooks/label-studio"
    Installer(connected(studio), moved, SECRET).install(["10"])
    assert [studio.webhooks[number] for number in (1, 2, 3)] == others
    assert sorted(studio.webhooks) == [1, 2, 3, 4]
    assert studio.webhooks[4]["url"] == f"{moved}?project=10"
    Installer(connected(studio), moved, "another secret").install(["10"])
    assert (len(studio.webhooks), studio.webhooks[4]["headers"]) == (4, {SECRET_HEADER: "another secret"})


def test_all_of_ours_are_removed_and_nothing_else(studio: StandIn) -> None:
    studio.webhooks = {1: {"id": 1, "project": 10, "url": "https://elsewhere.example/hook", "headers": {"X": "theirs"}}}
    installed(studio)
    installed(studio, "another secret", projects=["20"])
    assert remove_all(connected(studio)) == 2
    assert list(studio.webhooks) == [1]
    assert remove_all(connected(studio)) == 0


BLOCKED = "URL resolves to a reserved network address (block: 10.0.0.0/8)"


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (403, {"detail": BLOCKED, "status_code": 403}, [BLOCKED, "SSRF_PROTECTION_ENABLED=false"]),
        (
            400,
            {"detail": "Validation error", "validation_errors": {"url": ["Enter a valid URL."]}, "status_code": 400},
            ["Enter a valid URL.", "--webhook-address"],
        ),
    ],
)
def test_an_address_that_is_refused_is_told_once_with_the_cure(
    studio: StandIn, caplog: pytest.LogCaptureFixture, status: int, answer: Any, told: list[str]
) -> None:
    studio.faults["webhooks/"] = lambda handler: (
        handler.answer(answer, status)
        if handler.command == "POST"
        else handler.answer({"TASKS_CREATED": {}} if "info" in handler.path else [])
    )
    installer = Installer(connected(studio), HERE, SECRET)
    assert installer.install(["10", "20"]) == []
    asked = len(studio.asked)
    assert installer.install(["10", "20", "30"]) == []
    assert len(studio.asked) == asked
    [line] = caplog.messages
    assert [part for part in (*told, "every few seconds") if part not in line] == []
    assert "token" not in line
    assert SECRET not in caplog.text


def test_a_project_that_is_refused_is_told_once_and_others_get_theirs(
    studio: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(handler: Any) -> None:
        handler.answer({"detail": "You do not have permission.\nNone.", "status_code": 403}, 403)

    studio.webhooks = {
        number: {"id": number, "project": project, "url": f"{HERE}?project={project}", "headers": {}}
        for number, project in ((1, 10), (2, 20))
    }
    studio.faults["webhooks/1/"] = refuse
    installer = Installer(connected(studio), HERE, SECRET)
    assert installer.install(["10", "20"]) == ["20"]
    assert installer.install(["10", "20"]) == []
    [line] = caplog.messages
    assert "You do not have permission. None." in line
    assert studio.webhooks[2]["headers"] == {SECRET_HEADER: SECRET}


def test_the_secret_is_kept_with_the_store(tmp_path: Path) -> None:
    address = f"duckdb:///{tmp_path}/facts.duckdb"
    with closing(open_store(address)) as store:
        assert kept_secret(store, "labels", make=False) == ""
        made = kept_secret(store, "labels", make=True)
        assert len(made) >= 32
        assert kept_secret(store, "another", make=True) != made
    with closing(open_store(address)) as store:
        assert kept_secret(store, "labels", make=False) == kept_secret(store, "labels", make=True) == made


def test_what_fails_for_a_moment_is_tried_again(studio: StandIn) -> None:
    installer = Installer(connected(studio), HERE, SECRET)
    for broken in (b"<html>", b"[]", b"{}", b"5"):
        studio.faults["webhooks/info"] = lambda handler, broken=broken: handler.send(broken, "application/json", 200)
        with pytest.raises(SourceUnavailable):
            installer.install(["10"])
    studio.faults = {"webhooks": lambda handler: handler.answer({"detail": "Not found.", "status_code": 404}, 404)}
    assert installer.install(["10"]) == []
    studio.faults.clear()
    assert installer.install(["10"]) == ["10"]


@pytest.mark.parametrize("address", ["", "labels.example/hook", "ftp://labels.example", "javascript:alert(1)"])
def test_an_address_that_is_none_is_refused(studio: StandIn, address: str) -> None:
    with pytest.raises(InvalidSetting):
        Installer(connected(studio), address, SECRET)
