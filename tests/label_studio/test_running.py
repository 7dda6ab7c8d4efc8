"""`perfwidget serve` and `sync` as people run them: what is said, the exit status, and how they end."""

import html
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from perfwidget import cli
from perfwidget.errors import SourceRefused
from perfwidget.facts import Project
from perfwidget.hosting.serving import LARGEST_BODY
from perfwidget.label_studio.connection import LabelStudio, Patience
from perfwidget.label_studio.token_file import TokenFile
from perfwidget.stores import Store, open_store
from perfwidget.stores.failures import AWAY
from server import beside_label_studio
from tests.engines.server import Server
from tests.engines.silence import way
from tests.label_studio.company import ADMIN, ANN, MARCH, OWNER, company
from tests.label_studio.stand_in import TOKEN, StandIn, standing_in

ROOT = Path(__file__).parents[2]
PATIENT = 60


@pytest.fixture
def studio() -> Iterator[StandIn]:
    with standing_in() as stand_in:
        company(stand_in)
        yield stand_in


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in os.environ if each.startswith("PERFWIDGET_")]:
        monkeypatch.delenv(name)


def run(*arguments: str) -> int:
    try:
        return cli.main(list(arguments))
    except SystemExit as ended:  # as argparse ends
        return int(ended.code or 0)


def source(studio: StandIn, folder: Path) -> list[str]:
    return ["--label-studio", studio.address, "--store", f"duckdb:///{folder}/facts.duckdb", "--token", TOKEN]


@contextmanager
def running(*command: str, ready: str = "on http", **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a command of ours until it says that it is ready, and give it and what it said."""
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said = process.stdout.readline() if ready else ""  # type: ignore[union-attr]
        assert ready in said, process.communicate(timeout=PATIENT)
        yield process, said
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=PATIENT)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Return the status with which a process ends that is told to, and what it said on the side."""
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=PATIENT)
    return process.returncode, said


def get(address: str, user: int | None = None, **options: Any) -> tuple[int, str]:
    request = urllib.request.Request(address, **options)
    if user is not None:
        request.add_header("Cookie", f"sessionid=session-{user}")
    try:
        with urllib.request.urlopen(request, timeout=PATIENT) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


# --- One whole life


def test_a_server_from_its_start_to_its_end(
    studio: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Started as `python server.py` by its environment alone; asked, hinted at, flooded; ended while it reads."""
    settings = {
        "PERFWIDGET_LABEL_STUDIO": studio.address,
        "PERFWIDGET_STORE": f"duckdb:///{tmp_path}/facts.duckdb",
        "PERFWIDGET_TOKEN": TOKEN,
        "PERFWIDGET_PORT": "0",
        "PERFWIDGET_PREFIX": "/figures",
        "PERFWIDGET_TZ": "America/Phoenix",
        "PERFWIDGET_INSTALL_WEBHOOKS": "yes",
        "PERFWIDGET_WEBHOOK_SECRET": "secret",
        "PERFWIDGET_WEBHOOK_ADDRESS": "http://10.0.0.5:8060/",
    }
    hanging = threading.Event()

    def hang(handler: Any) -> None:
        hanging.set()
        threading.Event().wait(PATIENT)

    with running("server.py", **settings) as (process, said):
        address = said.split()[3].rstrip("/")
        assert address.endswith("/figures")
        assert until(lambda: len(studio.webhooks) == 2)
        assert studio.webhooks[1]["url"] == "http://10.0.0.5:8060/figures/webhooks/label-studio?project=10"
        status, text = get(f"{address}/export/report.json?user={ANN}&{MARCH}", OWNER)
        assert (status, json.loads(text)["summary"]["total_time"]) == (200, 3.0)
        status, text = get(f"{address}/export/report.json?user={ANN}", OWNER)
        assert (status, json.loads(text)["period"]["timezone"]) == (200, "America/Phoenix")
        assert get(f"{address}/export/report.json")[0] == 401
        assert get(address.replace("/figures", "/healthz")) == (200, "")
        assert flooded(address) == 413
        elsewhere = ["--store", f"duckdb:///{tmp_path}/other.duckdb", "--port", address.split(":")[2].split("/")[0]]
        for command, sentence in (
            (["serve", *source(studio, tmp_path), *elsewhere], "cannot be used (Address already in use)"),
            (["sync", *source(studio, tmp_path), "--once"], "open in another program"),
        ):
            assert run(*command) == 1
            told = capsys.readouterr()
            assert (told.out, told.err.count("\n"), sentence in told.err) == ("", 1, True)
        studio.faults = {"projects": hang, "tasks": hang, "current-user": hang}
        hint = {"method": "POST", "headers": {"X-Perfwidget-Secret": "secret"}, "data": b"{}"}
        assert get(f"{address}/webhooks/label-studio?project=10", **hint)[0] == 204
        assert hanging.wait(PATIENT)
        status, on_the_side = ended(process)
        assert (status, on_the_side) == (0, "")
    store = open_store(settings["PERFWIDGET_STORE"])
    store.close()


def test_pay_and_the_log_are_set_up_as_the_command_says(studio: StandIn, tmp_path: Path) -> None:
    told = ["--records", f"sqlite:///{tmp_path}/pay.db", "--pay-roles", "owner"]
    log = {"PERFWIDGET_LOG_LEVEL": "info", "PERFWIDGET_LOG_JSON": "yes"}
    command = ("-m", "perfwidget", "serve", *source(studio, tmp_path), "--port", "0", "--tz", "Europe/Berlin", *told)
    with running(*command, **log) as (process, said):
        address = said.split()[3].rstrip("/")
        assert until(lambda: get(f"{address}/export/report.csv?user={ANN}&{MARCH}", ANN)[0] == 200)
        assert not (tmp_path / "pay.db").exists()
        assert get(f"{address}/pay/terms", OWNER)[0] == 200
        assert get(f"{address}/pay/terms", ADMIN)[0] == 403
        assert (tmp_path / "pay.db").exists()
        status, on_the_side = ended(process)
    lines = [json.loads(line) for line in on_the_side.splitlines()]
    assert (status, {"time", "level", "logger", "message"} - set(lines[0])) == (0, set())
    assert "INFO" in {line["level"] for line in lines}


def test_hints_are_taken_from_the_first_second_of_a_second_life(studio: StandIn, tmp_path: Path) -> None:
    """The secret outlives the server, so that webhooks that stand are believed though Label Studio was not asked."""
    command = ("-m", "perfwidget", "serve", *source(studio, tmp_path), "--port", "0")
    with running(*command, "--install-webhooks"):
        assert until(lambda: len(studio.webhooks) == 2)
    secret = studio.webhooks[1]["headers"]["X-Perfwidget-Secret"]
    studio.faults = {"version": lambda handler: handler.answer({}, 503)}
    with running(*command) as (_, said):
        address = f"{said.split()[3]}webhooks/label-studio?project=10"
        assert get(address, method="POST", headers={"X-Perfwidget-Secret": secret})[0] == 204
        assert get(address, method="POST", headers={"X-Perfwidget-Secret": secret[:-1]})[0] == 403


def test_webhooks_are_removed_on_demand(studio: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running("-m", "perfwidget", "serve", *source(studio, tmp_path), "--port", "0", "--install-webhooks"):
        assert until(lambda: len(studio.webhooks) == 2)
        assert run("serve", *source(studio, tmp_path), "--remove-webhooks") == 0  # beside one that runs, too
    assert capsys.readouterr() == ("2 webhooks removed from Label Studio\n", "")
    assert studio.webhooks == {}


def test_a_token_that_is_replaced_in_its_file_is_used_at_once(studio: StandIn, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    token = TokenFile(file)
    server = LabelStudio(studio.address, token, patience=Patience(attempts=1))
    assert server.get("current-user/whoami")["id"] == 1
    file.write_text("one-that-is-nobodys")
    with pytest.raises(SourceRefused):
        server.get("current-user/whoami")
    file.write_text("")  # as while it is being written
    with pytest.raises(SourceRefused):
        server.get("current-user/whoami")
    file.write_text(TOKEN)
    assert server.get("current-user/whoami")["id"] == 1
    file.unlink()
    assert server.get("current-user/whoami")["id"] == 1


def until(holds: Callable[[], bool]) -> bool:
    """Wait until something holds that another process brings about."""
    return any(holds() or threading.Event().wait(0.05) for _ in range(PATIENT * 20))


def flooded(address: str) -> int:
    """Announce a body that is too large to the address of webhooks, and return the status of the answer."""
    host, port = address.removeprefix("http://").split("/")[0].split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENT) as client:
        sizes = f"Host: {host}\r\nContent-Length: {LARGEST_BODY + 1}"
        head = f"POST /figures/webhooks/label-studio HTTP/1.1\r\n{sizes}\r\n\r\n"
        client.sendall(head.encode())  # and nothing of the body
        return int(client.makefile("rb").readline().split()[1])


def test_a_sync_that_goes_on_ends_when_it_is_told_to(studio: StandIn, tmp_path: Path) -> None:
    hanging = threading.Event()

    def hang(handler: Any) -> None:
        hanging.set()
        threading.Event().wait(PATIENT)

    studio.faults["tasks"] = hang
    with running("-m", "perfwidget", "sync", *source(studio, tmp_path), ready="") as (process, _):
        assert hanging.wait(PATIENT)
        assert ended(process) == (0, "")


# --- While the database is away


def beside(studio: StandIn, store: str) -> list[str]:
    return ["--label-studio", studio.address, "--store", store, "--token", TOKEN]


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline()


def test_a_server_starts_while_its_database_is_away_and_comes_back(studio: StandIn, postgresql: Server) -> None:
    command = ("-m", "perfwidget", "serve", *beside(studio, postgresql.new_store()), "--port", "0")
    with postgresql.away() as come_back, running(*command) as (process, said):
        address = said.split()[3].rstrip("/")
        status, text = get(f"{address}/?user={ANN}", headers={"Accept": "text/html,*/*;q=0.8"})
        assert (status, AWAY in html.unescape(text)) == (503, True)
        assert '<meta http-equiv="refresh" content="5">' in text
        status, text = get(f"{address}/_dash-update-component", method="POST", data=b"{}")
        assert (status, json.loads(text)) == (503, {"error": AWAY})
        status, text = get(f"{address}/health")
        assert (status, json.loads(text)["store"]) == (503, "away")
        assert get(address.replace("/performance", "/healthz")) == (200, "")
        come_back()
        assert until(lambda: get(f"{address}/health")[0] == 200)
        report = f"{address}/export/report.json?user={ANN}&{MARCH}"
        assert until(lambda: '"total_time": 3.0' in get(report, OWNER)[1])
        status, on_the_side = ended(process)
    lines = [re.sub(r" perfwidget[\w.]*:", "", line.split(" ", 2)[2]) for line in on_the_side.splitlines()]
    assert status == 0
    assert re.match("ERROR The store .* cannot be opened", lines[0])
    assert lines[1] == "WARNING The database is waited for, and asked again every 2 seconds."
    assert "WARNING The store answers again." in lines
    assert TOKEN not in on_the_side


def test_what_was_wrong_all_along_ends_it_when_the_database_comes(studio: StandIn, postgresql: Server) -> None:
    address = postgresql.new_store()
    with closing(open_store(address)) as store:
        store.write([Project("one", 1, title="One"), Project("two", 1, title="Two")])
    command = ("-m", "perfwidget", "serve", *beside(studio, address), "--port", "0")
    with postgresql.away() as come_back, running(*command) as (process, _):
        come_back()
        _, on_the_side = process.communicate(timeout=PATIENT)
    sentence = "perfwidget: The store holds 2 organizations; name one with --organization."
    assert (process.returncode, on_the_side.splitlines()[-1]) == (2, sentence)


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["sync"]])
def test_one_that_waits_for_its_database_ends_when_it_is_told_to(studio: StandIn, command: list[str]) -> None:
    """A server that takes connections and never answers is no reason to go on."""
    with way(None) as nowhere:
        source = beside(studio, f"postgresql://u@127.0.0.1:{nowhere.port}/d?connect_timeout=3")
        with running("-m", "perfwidget", *command, *source, ready="") as (process, _):
            assert "cannot be opened" in next_line(process)
            assert "is waited for" in next_line(process)
            assert ended(process)[0] == 0


def test_a_sync_waits_for_its_database_and_one_pass_does_not(
    studio: StandIn, postgresql: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    source = beside(studio, postgresql.new_store())
    with postgresql.away() as come_back:
        assert run("sync", *source, "--once") == 1
        told = capsys.readouterr()
        assert (told.out, told.err.count("\n"), "cannot be opened" in told.err) == ("", 1, True)
        with running("-m", "perfwidget", "sync", *source, ready="") as (process, _):
            assert "cannot be opened" in next_line(process)
            assert "is waited for" in next_line(process)
            come_back()
            assert "answers again" in next_line(process)
            with closing(open_store(source[3])) as store:
                assert until(lambda: annotations(store) == 7)
            assert ended(process) == (0, "")


def annotations(store: Store) -> int:
    with store.reading() as reader:
        return reader.counted("annotations", "TRUE")


# --- What is said, and the status


def test_a_pass_says_what_was_read(studio: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sync", *source(studio, tmp_path), "--once") == 0
    assert capsys.readouterr() == ("7 annotations read from 2 projects\n", "")
    assert run("sync", *source(studio, tmp_path), "--once") == 0
    assert capsys.readouterr().out == "0 annotations read from 2 projects\n"
    assert run("sync", *source(studio, tmp_path), "--once", "--anew") == 0
    assert capsys.readouterr().out == "7 annotations read from 2 projects\n"


WRONG: dict[str, list[str]] = {
    "--label-studio URL": ["--label-studio", ""],
    "--store URL": ["--store", ""],
    "PERFWIDGET_TOKEN": ["--token", ""],
    "given twice": ["--token-file", "token"],
    "written https://": ["--label-studio", "labels.example"],
    "https://labels.example": ["--label-studio", "http://[::1"],
    "roles.toml is no TOML": ["--roles", "{folder}/roles.toml"],
    "none.toml cannot be read": ["--roles", "{folder}/none.toml"],
    "missing or malformed": ["--token", "t\u00f6ken"],
}


@pytest.mark.parametrize("sentence", WRONG)
@pytest.mark.parametrize("command", ["serve", "sync"])
def test_wrong_arguments_are_status_2_and_one_sentence(
    studio: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, sentence: str
) -> None:
    (tmp_path / "roles.toml").write_text("owners = [")
    more = [each.format(folder=tmp_path) for each in WRONG[sentence]]
    assert run(command, *source(studio, tmp_path), *more, *(["--once"] if command == "sync" else ["--port", "0"])) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("perfwidget: ")
    assert told.err.count("\n") == 1
    assert sentence in told.err
    assert TOKEN not in told.err


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--prefix", "performance"], "The prefix is a path"),
        (["--sign-in", "login"], "Where people sign in"),
        (["--tz", "Mars/Olympus"], "The time zone must be one of the IANA list"),
        (["--records", "records.db"], "An address of records is written sqlite:///"),
        (["--label-studio", "http://127.0.0.1:99999"], "The address of Label Studio"),
        (["--webhook-secret", "schl\u00fcssel"], "secret of webhooks"),
        (["--install-webhooks", "--webhook-address", "10.0.0.5:8060/x"], "address for webhooks"),
    ],
)
def test_wrong_arguments_of_a_server(
    studio: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], sentence: str
) -> None:
    assert run("serve", *source(studio, tmp_path), "--port", "0", *more) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n"), sentence in told.err) == ("", 1, True)


@pytest.mark.parametrize(
    ("variable", "value", "command"),
    [
        ("PERFWIDGET_PORT", "eighty", "serve"),
        ("PERFWIDGET_COUNT_REJECTED", "ture", "serve"),
        ("PERFWIDGET_PAY_ROLES", "owner,king", "serve"),
        ("PERFWIDGET_LOG_LEVEL", "loud", "serve"),
        ("PERFWIDGET_INSTALL_WEBHOOKS", "2", "serve"),
        ("PERFWIDGET_TOKEN_FILE", "/nowhere", "sync"),
    ],
)
def test_wrong_settings_in_the_environment_are_refused(
    studio: StandIn,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    command: str,
) -> None:
    monkeypatch.setenv(variable, value)
    assert run(command, *source(studio, tmp_path)) == 2
    assert capsys.readouterr().out == ""


def test_anew_alone_is_refused(studio: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sync", *source(studio, tmp_path), "--anew") == 2
    assert "--once" in capsys.readouterr().err
    assert studio.asked == []


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["sync", "--once"]])
def test_a_token_that_is_refused_is_status_1(
    studio: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    token = tmp_path / "token"
    token.write_text("another-token\n")
    arguments = [*source(studio, tmp_path)[:4], "--token-file", str(token)]
    assert run(*command[:1], *arguments, *command[1:]) == 1
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert "does not accept the token" in told.err
    assert "another-token" not in told.err


def test_what_is_no_label_studio_is_status_1(
    studio: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    studio.faults["version"] = lambda handler: handler.answer({"detail": "Not found.", "status_code": 404}, 404)
    assert run("sync", *source(studio, tmp_path), "--once") == 1
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n"), "no Label Studio" in told.err) == ("", 1, True)


@pytest.mark.parametrize("command", ["serve", "sync"])
def test_help_names_every_setting_and_no_secret(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERFWIDGET_TOKEN", "in the environment")
    monkeypatch.setenv("PERFWIDGET_WEBHOOK_SECRET", "in the environment")
    assert run(command, "--help") == 0
    told = capsys.readouterr().out
    for option in ("--label-studio", "--token", "--token-file", "--store", "--organization", "--roles"):
        assert option in told
        assert f"PERFWIDGET_{option[2:].replace('-', '_').upper()}" in told
    assert "in the environment" not in told.replace("\n", " ").replace("  ", " ").replace(
        "can stand in the environment", ""
    )


# --- server.py


@pytest.mark.parametrize(
    ("arguments", "variable", "beside"),
    [
        ([], None, False),
        (["--port", "9000"], None, False),
        (["--label-studio", "http://x"], None, True),
        (["--port", "9000", "--label-studio=http://x"], None, True),
        ([], "http://x", True),
        ([], "", False),
    ],
)
def test_server_py_is_the_sample_unless_a_label_studio_is_named(
    arguments: list[str], variable: str | None, beside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable is not None:
        monkeypatch.setenv("PERFWIDGET_LABEL_STUDIO", variable)
    assert beside_label_studio(arguments) == beside
