"""The compose file, the proxy's rules and the unit of the README: well-formed, and of commands that there are."""

import configparser
import os
import re
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from flask import Flask
from urllib3.util import Retry

from perfwidget import cli
from tests.conftest import IN_CI
from tests.hosting.standing_up import fits_compose_schema
from tests.hosts import served
from tests.label_studio.standing_up import README, block, command_of, compose


def test_the_compose_file_is_one_by_its_schema(tmp_path: Path) -> None:
    assert fits_compose_schema(block("yaml"), tmp_path)
    wrong = block("yaml").replace("condition: service_healthy", "condition: healthy")
    assert not fits_compose_schema(wrong, tmp_path)


def test_what_services_depend_on_and_hold_is_there() -> None:
    file = compose()
    services = file["services"]
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        assert {each["source"] for each in service.get("configs", ())} <= set(file["configs"])
        assert {each.partition(":")[0] for each in service.get("volumes", ())} <= set(file["volumes"])


def test_its_proxy_has_the_rules_that_a_real_label_studio_is_tested_behind() -> None:
    rules = compose()["configs"]["rules"]["content"].replace("$$", "$")
    here = {"performance:8060": "127.0.0.1:8060", "label-studio:8080": "127.0.0.1:8080"}
    for name, address in here.items():
        assert f"http://{name};" in rules
        rules = rules.replace(name, address)
    assert rules == block("nginx")


@pytest.mark.parametrize("service", ["views", "performance"])
def test_its_commands_are_ours(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = cli._parser().parse_args(command_of(service))
    assert callable(parsed.run)


def test_every_command_of_the_page_is_one_of_ours() -> None:
    lines = [
        line for text in re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL) for line in text.splitlines()
    ]
    commands = [
        line.partition("  #")[0].replace('"', "").split()[1:] for line in lines if line.startswith("perfwidget ")
    ]
    assert len(commands) == 3
    for command in commands:
        assert callable(cli._parser().parse_args(command).run)


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(block("ini"))
    program, *arguments = unit["Service"]["ExecStart"].split()
    assert program.endswith("/perfwidget")
    assert cli._parser().parse_args(arguments).token_file == Path("/etc/perfwidget/token")
    if (verify := shutil.which("systemd-analyze")) is None:
        pytest.skip("needs systemd-analyze")
    file = tmp_path / "perfwidget.service"
    file.write_text(block("ini").replace(program, sys.executable).replace("User=perfwidget\n", ""))
    told = subprocess.run([verify, "verify", file], capture_output=True, text=True, check=False)
    about = [line for line in told.stderr.splitlines() if "perfwidget.service" in line]
    assert (told.returncode, about) == (0, [])


def test_the_rules_of_caddy_lead_to_both(tmp_path: Path) -> None:
    if (caddy := shutil.which("caddy")) is None:
        (pytest.fail if IN_CI else pytest.skip)("needs Caddy: apt-get install caddy")
    with ExitStack() as stack:
        with socket.create_server(("127.0.0.1", 0)) as free:
            front = f"http://127.0.0.1:{free.getsockname()[1]}"
        rules = block("caddy").replace("labels.example.com", front)
        for address in ("127.0.0.1:8060", "127.0.0.1:8080"):
            backend = Flask(address)
            backend.add_url_rule("/<path:path>", "said", lambda path, address=address: f"{address}/{path}")
            rules = rules.replace(address, f"127.0.0.1:{stack.enter_context(served(backend))}")
        file = tmp_path / "Caddyfile"
        file.write_text("{\n\tadmin off\n}\n" + rules)
        command = [caddy, "run", "--adapter", "caddyfile", "--config", str(file)]
        told = stack.enter_context((tmp_path / "log").open("w"))
        at_home = {
            **os.environ,
            "HOME": str(tmp_path),
            "XDG_DATA_HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path),
        }
        running = stack.enter_context(subprocess.Popen(command, stdout=told, stderr=told, env=at_home))
        stack.callback(running.kill)
        browser = stack.enter_context(requests.Session())
        until_it_listens = requests.adapters.HTTPAdapter(max_retries=Retry(connect=12, backoff_factor=0.05))
        browser.mount(front, until_it_listens)
        answers = [browser.get(f"{front}{path}", timeout=60).text for path in ("/performance/page", "/projects/1")]
    assert answers == ["127.0.0.1:8060/performance/page", "127.0.0.1:8080/projects/1"]
