"""The sample platform: who may open what, signing in and out, and the program that serves it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from typing import IO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from perfwidget import open_store
from perfwidget.demo import create_app, main
from perfwidget.demo.serving import fill
from perfwidget.facts import Fact, Member, Membership, Project, Workspace
from perfwidget.question.access import Viewer
from perfwidget.question.query import parse
from perfwidget.report import report
from perfwidget.stores import Store
from tests.worlds import annotation, review

ROOT = Path(__file__).parents[1]
ROLES = ("owner", "admin", "manager", "reviewer", "annotator")
REFUSED = "This is not for you"


def organization() -> list[Fact]:
    """Return acme: two projects, a member of every role called after it, and some work of the annotator's."""
    members = [Member("acme", role, f"{role}@acme.example", f"{role.title()} Person", role=role) for role in ROLES]
    return [
        *members,
        Member("acme", "gone", "gone@acme.example", "Gone Person", role="annotator", active=False),
        Workspace("acme", "w1", "First workspace"),
        Project("acme", "p1", "w1", title="Street signs"),
        Project("acme", "p2", None, title="Other work"),
        Membership("acme", "manager", project_id="p1"),
        Membership("acme", "reviewer", workspace_id="w1"),
        Membership("acme", "annotator", workspace_id="w1"),
        Membership("acme", "annotator", project_id="p2"),
        annotation(1, "2024-03-01 10:00", completed_by="annotator", last_action="accepted"),
        annotation(2, "2024-03-02 10:00", completed_by="annotator"),
        annotation(3, "2024-03-03 10:00", completed_by="annotator"),
        annotation(4, "2024-03-04 10:00", completed_by="annotator", last_action="updated"),
        annotation(5, "2024-03-05 10:00", completed_by="annotator", last_action="skipped", was_cancelled=True),
        annotation(6, "2024-03-06 10:00", completed_by="annotator", last_action="rejected"),
        annotation(7, "2024-03-07 10:00", completed_by="annotator", project_id="p2"),
        review(1, "2024-03-02 10:00", "accepted", completed_by="annotator", reviewer_id="reviewer"),
        review(2, "2024-03-07 10:00", "rejected", annotation_id=6, completed_by="annotator", reviewer_id="reviewer"),
    ]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"duckdb:///{tmp_path}/facts.duckdb")
    store.write(organization())
    yield store
    store.close()


@pytest.fixture
def app(store: Store) -> Flask:
    return create_app(store)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def sign_in(client: FlaskClient, email: str, password: str = "demo", onward: str | None = None) -> TestResponse:
    query = {} if onward is None else {"next": onward}
    form = {"csrf_token": token(client.get("/login").text), "email": email, "password": password}
    return client.post("/login", query_string=query, data=form)


def signed_in(app: Flask, role: str) -> FlaskClient:
    client = app.test_client()
    assert sign_in(client, f"{role}@acme.example").status_code == 302
    return client


def links(page: str) -> list[str]:
    """Return the addresses that the navigation leads to."""
    found = re.search(r"<nav.*?</nav>", page, re.DOTALL)
    return re.findall(r'href="([^"]*)"', found[0]) if found else []


def frames(page: str) -> list[str]:
    return [unescape(address) for address in re.findall(r'data-perfwidget="([^"]*)"', page)]


# --- signing in and out


@pytest.mark.parametrize("email", ["annotator@acme.example", "Annotator@ACME.example", " annotator@acme.example "])
def test_members_sign_in_with_their_email(client: FlaskClient, email: str) -> None:
    answer = sign_in(client, email)
    assert (answer.status_code, answer.location) == (302, "/")
    assert "Annotator Person" in client.get("/").text


@pytest.mark.parametrize(
    ("email", "password"),
    [("annotator@acme.example", "guess"), ("nobody@acme.example", "demo"), ("", "demo"), ("annotator", "demo")],
)
def test_wrong_accounts_and_passwords_stay_outside(client: FlaskClient, email: str, password: str) -> None:
    answer = sign_in(client, email, password)
    assert answer.status_code == 401
    assert "There is no such account, or the password is another one" in answer.text
    assert client.get("/").status_code == 302


def test_the_form_needs_its_token(client: FlaskClient) -> None:
    answer = client.post("/login", data={"email": "owner@acme.example", "password": "demo"})
    assert answer.status_code == 400
    assert "This form is outdated" in answer.text
    assert client.get("/").status_code == 302


def test_an_inactive_member_cannot_sign_in(client: FlaskClient) -> None:
    answer = sign_in(client, "gone@acme.example")
    assert answer.status_code == 403
    assert "no longer active" in answer.text
    assert client.get("/").status_code == 302


def test_the_active_one_of_two_accounts_signs_in(app: Flask, store: Store) -> None:
    store.write([Member("acme", "again", "gone@acme.example", "Back Again", role="annotator")])
    client = app.test_client()
    assert sign_in(client, "gone@acme.example").status_code == 302
    assert "Back Again" in client.get("/").text


def test_pages_lead_to_the_sign_in_and_back(client: FlaskClient) -> None:
    answer = client.get("/organization?user=annotator")
    assert answer.status_code == 302
    assert answer.location == "/login?next=%2Forganization%3Fuser%3Dannotator"
    form = client.get(answer.location)
    assert 'action="/login?next=/organization?user%3Dannotator"' in form.text
    onward = sign_in(client, "owner@acme.example", onward="/organization?user=annotator")
    assert onward.location == "/organization?user=annotator"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "evil",
        "http:evil.example",
    ],
)
def test_sign_in_leads_to_no_other_site(client: FlaskClient, elsewhere: str) -> None:
    assert sign_in(client, "owner@acme.example", onward=elsewhere).location == "/"
    assert client.get("/login", query_string={"next": elsewhere}).location == "/"


def test_who_is_signed_in_needs_no_form(app: Flask) -> None:
    client = signed_in(app, "owner")
    answer = client.get("/login?next=/organization")
    assert (answer.status_code, answer.location) == (302, "/organization")


def test_signing_out(app: Flask) -> None:
    client = signed_in(app, "owner")
    assert client.post("/logout").status_code == 400
    assert client.get("/").status_code == 200
    answer = client.post("/logout", data={"csrf_token": token(client.get("/").text)})
    assert (answer.status_code, answer.location) == (302, "/login")
    assert client.get("/").status_code == 302

    client = signed_in(app, "owner")
    assert client.get("/logout").location == "/login"
    assert client.get("/").status_code == 302


def test_the_session_cookie_is_for_the_server_only(client: FlaskClient) -> None:
    cookies = sign_in(client, "owner@acme.example").headers.getlist("Set-Cookie")
    [session] = [cookie for cookie in cookies if cookie.startswith("platform_session=")]
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session


def test_each_start_has_a_key_of_its_own(store: Store) -> None:
    assert create_app(store).secret_key != create_app(store).secret_key


# --- who may open what


@pytest.mark.parametrize(
    ("page", "allowed"),
    [
        ("/", ROLES),
        ("/organization", ("owner", "admin")),
        ("/organization?user=annotator", ("owner", "admin")),
        ("/projects/p1/members", ("owner", "admin", "manager")),
        ("/projects/p1/members?user=annotator", ("owner", "admin", "manager")),
        ("/projects/p2/members", ("owner", "admin")),
        ("/projects/p3/members", ()),
        ("/performance/?entry=home", ROLES),
        ("/performance/?entry=organization&user=annotator", ("owner", "admin")),
        ("/performance/?entry=members&user=annotator&project=p1", ("owner", "admin", "manager")),
    ],
)
def test_roles_and_pages(app: Flask, page: str, allowed: tuple[str, ...]) -> None:
    statuses = {role: signed_in(app, role).get(page).status_code for role in ROLES}
    assert statuses == {role: 200 if role in allowed else 403 for role in ROLES}


def test_nobody_opens_anything(client: FlaskClient) -> None:
    for page in ("/", "/organization", "/projects/p1/members", "/performance/"):
        answer = client.get(page)
        assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/login")


def test_a_refusal_is_a_page_that_leads_home(app: Flask) -> None:
    client = signed_in(app, "annotator")
    for page in ("/organization", "/projects/p1/members"):
        answer = client.get(page)
        assert REFUSED in answer.text
        assert 'href="/"' in answer.text
    assert "Traceback" not in answer.text


def test_a_project_that_is_not_there_is_refused_like_one_that_is(app: Flask) -> None:
    client = signed_in(app, "manager")
    assert client.get("/projects/p2/members").text == client.get("/projects/p3/members").text


def test_a_malformed_project_is_a_400(app: Flask) -> None:
    assert signed_in(app, "owner").get(f"/projects/{'p' * 256}/members").status_code == 400


def test_there_is_a_page_for_what_is_not_there(app: Flask) -> None:
    answer = signed_in(app, "owner").get("/nowhere")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        ("owner", ["/", "/organization", "/projects/p1/members", "/projects/p2/members"]),
        ("admin", ["/", "/organization", "/projects/p1/members", "/projects/p2/members"]),
        ("manager", ["/", "/projects/p1/members"]),
        ("reviewer", ["/"]),
        ("annotator", ["/"]),
    ],
)
def test_the_navigation_shows_what_the_role_may_open(app: Flask, role: str, shown: list[str]) -> None:
    client = signed_in(app, role)
    assert links(client.get("/").text) == shown
    assert links(client.get("/nowhere").text) == shown


def test_a_role_acts_on_the_next_click(app: Flask, store: Store) -> None:
    client = signed_in(app, "admin")
    assert client.get("/organization").status_code == 200
    store.write([Member("acme", "admin", "admin@acme.example", "Admin Person", role="annotator")])
    assert client.get("/organization").status_code == 403
    assert links(client.get("/").text) == ["/"]


def test_who_becomes_inactive_or_is_removed_is_signed_out(app: Flask, store: Store) -> None:
    client = signed_in(app, "annotator")
    store.write(
        [Member("acme", "annotator", "annotator@acme.example", "Annotator Person", role="annotator", active=False)]
    )
    assert client.get("/").status_code == 302
    assert client.get("/performance/export/report.json").status_code == 401
    assert sign_in(client, "annotator@acme.example").status_code == 403

    client = signed_in(app, "reviewer")
    store.remove([Member("acme", "reviewer", None, None, role="reviewer")])
    assert client.get("/").status_code == 302


def test_a_role_that_nobody_knows_sees_home_only(app: Flask, store: Store) -> None:
    store.write([Member("acme", "guest", "guest@acme.example", "Guest", role="guest")], unknown="keep")
    client = signed_in(app, "guest")
    assert client.get("/").status_code == 200
    assert links(client.get("/").text) == ["/"]
    assert client.get("/organization").status_code == 403
    assert client.get("/projects/p1/members").status_code == 403


# --- what the pages show


def test_home_frames_ones_own_numbers(app: Flask) -> None:
    page = signed_in(app, "annotator").get("/").text
    assert "Annotator Dashboard" in page
    assert frames(page) == ["/performance/?entry=home"]
    assert 'src="/performance/assets/embed.js"' in page


def test_the_organization_opens_its_team_and_lists_its_members(app: Flask, store: Store) -> None:
    store.write([Member("other", "stranger", "stranger@other.example", "Stranger", role="annotator")])
    page = signed_in(app, "owner").get("/organization").text
    for role in ROLES:
        assert f"{role.title()} Person" in page
        assert f'href="/organization?user={role}"' in page
    assert "Inactive" in page
    assert "Stranger" not in page
    assert frames(page) == ["/performance/?entry=organization&members=all"]


def test_the_organization_opens_a_members_report(app: Flask) -> None:
    client = signed_in(app, "owner")
    page = client.get("/organization?user=annotator").text
    assert frames(page) == ["/performance/?entry=organization&user=annotator"]
    assert 'href="/organization"' in page
    assert client.get("/organization?user=nobody").status_code == 403


@pytest.mark.parametrize("role", ["owner", "manager"])
def test_a_project_opens_its_team(app: Flask, role: str) -> None:
    client = signed_in(app, role)
    page = client.get("/projects/p1/members").text
    assert frames(page) == ["/performance/?entry=members&members=all&project=p1"]
    assert client.get(frames(page)[0]).status_code == 200
    assert "Manager Person" in page
    assert "Admin Person" not in page


def test_a_project_without_members_says_so(app: Flask, store: Store) -> None:
    store.write([Project("acme", "p4", None, title="Lonely")])
    page = signed_in(app, "owner").get("/projects/p4/members").text
    assert "Nobody is a member of this project" in page


def test_a_projects_list_opens_member_and_project(app: Flask) -> None:
    client = signed_in(app, "manager")
    assert 'href="/projects/p1/members?user=annotator"' in client.get("/projects/p1/members").text
    page = client.get("/projects/p1/members?user=annotator").text
    assert frames(page) == ["/performance/?entry=members&user=annotator&project=p1"]
    assert client.get("/projects/p1/members?user=admin").status_code == 403


def test_a_row_of_the_dashboard_leads_to_its_task(app: Flask) -> None:
    page = signed_in(app, "annotator").get("/projects/p1/data?task=<7>")
    assert page.status_code == 200
    assert "Task &lt;7&gt;" in page.text
    reviewer = signed_in(app, "reviewer")
    foreign, missing = (reviewer.get(f"/projects/{project}/data?task=7") for project in ("p2", "no-such"))
    assert (foreign.status_code, foreign.text) == (403, missing.text)


def test_ids_and_names_may_be_anything(app: Flask, store: Store) -> None:
    hostile = '<img src=x onerror="alert(1)">'
    user, project = "a/b?c&d", "p/5 %&"
    store.write(
        [
            Member("acme", user, "hostile@acme.example", hostile, role="annotator"),
            Project("acme", project, None, title=hostile),
            Membership("acme", user, project_id=project),
        ]
    )
    client = signed_in(app, "owner")
    [address] = [link for link in links(client.get("/").text) if link not in {"/", "/organization"} and "5" in link]
    page = client.get(unescape(address))
    assert page.status_code == 200
    assert "<img src=x" not in page.text
    [chosen] = re.findall(r'href="([^"]*\?user=[^"]*)"', page.text)
    [frame] = frames(client.get(unescape(chosen)).text)
    assert client.get(frame).status_code == 200


def test_pages_need_nothing_that_their_policy_forbids(app: Flask) -> None:
    client = signed_in(app, "owner")
    pages = ["/", "/organization", "/organization?user=annotator", "/projects/p1/members", "/nowhere"]
    answers = [client.get(page) for page in pages] + [app.test_client().get("/login")]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert re.search(r"\son\w+=|\sstyle=|<style|<script(?![^>]*\ssrc=)", answer.text) is None


def test_the_dashboards_own_policy_is_left_alone(app: Flask) -> None:
    assert (
        "style-src 'self' 'unsafe-inline'"
        in signed_in(app, "owner").get("/performance/").headers["Content-Security-Policy"]
    )


def test_health_tells_nothing_to_nobody(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.data) == (200, b"")


def test_a_store_that_is_away_is_a_sentence(app: Flask, store: Store) -> None:
    client = signed_in(app, "owner")
    store.close()
    for page in ("/", "/organization", "/login", "/nowhere"):
        answer = client.get(page)
        assert answer.status_code == 503
        assert answer.text.startswith("The store is closed")


# --- its facts


def export(folder: Path) -> Path:
    """Write an export of one task with one annotation of 90 s by ann@work.example."""
    people = {"id": 5, "email": "ann@work.example", "first_name": "Ann", "last_name": "Other"}
    task = {
        "id": 11,
        "project": 58506,
        "annotations": [
            {
                "id": 21,
                "completed_by": people,
                "created_at": "2024-03-05T10:00:00Z",
                "updated_at": "2024-03-05T10:00:00Z",
                "lead_time": 90.0,
                "was_cancelled": False,
                "last_action": "submitted",
                "result": [],
            }
        ],
    }
    path = folder / "export.json"
    path.write_text(json.dumps([task]), encoding="utf-8")
    return path


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"duckdb:///{tmp_path}/empty.duckdb")
    yield store
    store.close()


def organizations(store: Store) -> list[str]:
    with store.reading() as reader:
        return list(reader.organizations())


def test_an_empty_store_gets_made_up_facts_once(empty: Store) -> None:
    fill(empty, [])
    assert organizations(empty) == ["demo"]
    client = create_app(empty).test_client()
    for role in ROLES:
        assert sign_in(client, f"{role}@demo.example").status_code == 302
        assert f"<small>{role}</small>" in client.get("/").text
        client.get("/logout")
    before = members(empty, "demo")
    fill(empty, [])
    assert members(empty, "demo") == before
    assert len(before) == 24


def test_files_come_in_place_of_made_up_facts(empty: Store, tmp_path: Path) -> None:
    fill(empty, [export(tmp_path)])
    assert organizations(empty) == ["default"]
    owner = Viewer("default", "anybody", "owner")
    answer = report(empty, owner, parse({"user": ["5"], "from": ["2024-03-05"], "to": ["2024-03-05"]}))
    assert (answer.values["submitted_annotations"], answer.values["total_time"]) == (1, 90.0)
    client = create_app(empty).test_client()
    sign_in(client, "owner@demo.example")
    assert "ann@work.example" in client.get("/organization").text
    assert "Project 58506" in client.get("/projects/58506/members").text
    client.get("/logout")
    assert sign_in(client, "ann@work.example").status_code == 302
    client.get("/logout")
    for role in ("manager", "reviewer", "annotator"):
        sign_in(client, f"{role}@demo.example")
        assert links(client.get("/").text) == ["/"]
        assert client.get("/projects/58506/members").status_code == 403
        client.get("/logout")


def test_a_store_with_facts_keeps_them_and_gets_the_accounts(store: Store) -> None:
    store.write([Member("acme", "9", "Owner@demo.example", "Somebody", role="reviewer")])
    fill(store, [])
    assert organizations(store) == ["acme"]
    accounts = {email: name for email, name in members(store, "acme").items() if "demo" in email.casefold()}
    assert accounts == {
        "Owner@demo.example": "Somebody",
        "admin@demo.example": "Demo Admin",
        "manager@demo.example": "Demo Manager",
        "reviewer@demo.example": "Demo Reviewer",
        "annotator@demo.example": "Demo Annotator",
    }


def members(store: Store, organization_id: str) -> dict[str, str]:
    """Return the names of an organization's members by their e-mails, as its owner's list has them."""
    app = create_app(store)
    store.write([Member(organization_id, "tester", "tester@test.example", "Tester", role="owner")])
    client = app.test_client()
    sign_in(client, "tester@test.example")
    page = client.get("/organization").text
    store.remove([Member(organization_id, "tester", None, None, role="owner")])
    found = re.findall(r'<span class="names">([^<]+)<small>([^<]+)</small>|<span class="names">([^<]+)</span>', page)
    named = {email or alone: name or alone for name, email, alone in found}
    return {email: name for email, name in named.items() if name not in {"Tester"}}


# --- the program


class Server:
    """A running `python server.py`, its address and what it has said."""

    def __init__(self, process: "subprocess.Popen[str]", said: IO[str], line: str) -> None:
        self.process = process
        self.said = said
        self.line = line
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert found, line
        self.port = int(found[1])

    def status(self, path: str) -> int:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers on ports that are free, and end those that still run."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> Server:
        said = (tmp_path / f"said-{len(processes)}").open("w+", encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "server.py", "--port", "0", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
        processes.append(process)
        assert process.stdout
        line = process.stdout.readline()
        assert line, Path(said.name).read_text(encoding="utf-8")
        return Server(process, said, line)

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "server.py", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_program_serves_until_it_is_told_to_end(started: Callable[..., Server], tmp_path: Path) -> None:
    server = started()
    assert server.line == (
        f"Sample platform on http://127.0.0.1:{server.port} - sign in as owner@demo.example, password demo\n"
    )
    deadline = time.monotonic() + 60
    while True:
        try:
            assert server.status("/healthz") == 200
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
    assert server.status("/") == 302
    assert server.stop() == 0
    assert server.process.stdout
    assert server.process.stdout.read() == ""
    assert [each.name for each in tmp_path.iterdir()] == ["said-0"]
    said = Path(server.said.name).read_text(encoding="utf-8")
    assert said == "Making up sample facts …\nMaking up two months of pay …\n"


def test_an_interrupt_ends_it_too(started: Callable[..., Server], store: Store, tmp_path: Path) -> None:
    store.close()
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)  # what runs in the background is to pay no heed to it
    try:
        server = started("--store", f"duckdb:///{tmp_path}/facts.duckdb")
    finally:
        signal.signal(signal.SIGINT, before)
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(timeout=30) == 0
    again = open_store(f"duckdb:///{tmp_path}/facts.duckdb")  # nobody holds it any more, and its facts are kept
    try:
        assert organizations(again) == ["acme"]
    finally:
        again.close()


def test_the_program_reads_files(started: Callable[..., Server], tmp_path: Path) -> None:
    server = started("--import", str(export(tmp_path)))
    assert server.status("/healthz") == 200
    assert server.stop() == 0
    said = Path(server.said.name).read_text(encoding="utf-8")
    assert "export.json: 1 task, 1 annotation, 0 reviews, 0 problems" in said
    assert "sample facts" not in said


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_port_in_use_is_one_sentence() -> None:
    with taken_port() as port:
        ended = run("--port", str(port))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.fullmatch(f"Sample platform: Port {port} of 127.0.0.1 cannot be used .*\n", ended.stderr)


def test_a_store_that_another_process_holds_is_one_sentence(store: Store, tmp_path: Path) -> None:
    ended = run("--port", "0", "--store", f"duckdb:///{tmp_path}/facts.duckdb")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.fullmatch("Sample platform: .* is open in another program.*; .*\n", ended.stderr)


@pytest.mark.parametrize(("name", "text"), [("missing.json", None), ("cut.json", '[{"id":')])
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path, name: str, text: str | None) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text, encoding="utf-8")
    ended = run("--port", "0", "--import", str(path))
    assert (ended.returncode, ended.stdout) == (1, "")
    [reading, sentence] = ended.stderr.splitlines()
    assert reading == f"Reading {path} …"
    assert sentence.startswith(f"Sample platform: {path}")


def test_a_store_of_no_known_kind_is_a_wrong_argument() -> None:
    ended = run("--port", "0", "--store", "mysql://localhost/facts")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("Sample platform: ")


@pytest.mark.parametrize(
    "arguments", [["--port", "many"], ["--port", "65536"], ["--port", "-1"], ["--unknown"], ["--import"], ["file"]]
)
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        main(arguments)
    assert capsys.readouterr().err.startswith("usage: perfwidget demo")


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["--help"])
    shown = capsys.readouterr().out
    for option in ("--port", "--host", "--store", "--import"):
        assert option in shown
