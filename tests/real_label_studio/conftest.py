"""What the tests beside a real Label Studio share; without `PERFWIDGET_LABEL_STUDIO_PROGRAM` there are none."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from tests.label_studio.standing_up import block
from tests.real_label_studio.label_studio import ADMIN, PROGRAM, Person, Server, free_port, running, until
from tests.security.nginx import NGINX

ROOT = Path(__file__).parents[2]

if not PROGRAM:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("label_studio")) as server:
        yield server


@pytest.fixture(scope="session")
def admin(server: Server) -> Person:
    return Person(server.address, ADMIN).sign_in()


@pytest.fixture(scope="session")
def bob(admin: Person) -> Person:
    return admin.invite("bob@labels.example")


@pytest.fixture(scope="session")
def token(admin: Person) -> str:
    return str(admin.post("token/")["token"])


class Beside(NamedTuple):
    """The dashboard's server and the proxy before both."""

    process: subprocess.Popen[bytes]
    address: str
    """Of the proxy."""
    log: Path


@contextmanager
def beside(folder: Path, server: Server, token: str, *options: str) -> Iterator[Beside]:
    """Run `perfwidget serve` beside a Label Studio, and the proxy of the README before both."""
    port, proxy = free_port(), free_port()
    log = folder / "serve.log"
    environment = os.environ | {"PERFWIDGET_TOKEN": token, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "perfwidget", "serve", "--label-studio", server.address, "--port", str(port)]
    command += ["--store", f"duckdb:///{folder}/facts.duckdb", *options]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment, cwd=folder
        )
    front = None
    try:
        until(lambda: process.poll() is not None or b"Annotator dashboard" in log.read_bytes(), 60, "the dashboard")
        assert process.poll() is None, log.read_text()
        front = _proxy(folder, proxy, {"8060": port, "8080": int(server.address.rpartition(":")[2])})
        until(lambda: _healthy(f"http://127.0.0.1:{proxy}/performance/"), 30, "the proxy")
        yield Beside(process, f"http://127.0.0.1:{proxy}", log)
    finally:
        for each in (front, process):
            if each is not None:
                each.terminate()
                each.wait(timeout=30)


def _healthy(address: str) -> bool:
    try:
        return requests.get(address, timeout=5, allow_redirects=False).status_code == 302
    except requests.RequestException:
        return False


def _proxy(folder: Path, port: int, ports: dict[str, int]) -> subprocess.Popen[bytes]:
    """Start nginx with the rules of our README, on other ports."""
    assert NGINX is not None, "nginx is not installed."
    rules = block("nginx").replace("listen 80;", f"listen 127.0.0.1:{port};")
    for written, other in ports.items():
        assert f"127.0.0.1:{written};" in rules
        rules = rules.replace(f"127.0.0.1:{written};", f"127.0.0.1:{other};")
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = (
        f"daemon off; master_process off; pid {folder}/nginx.pid; events {{}} http {{ access_log off; {paths}{rules} }}"
    )
    (folder / "nginx.conf").write_text(text)
    return subprocess.Popen([NGINX, "-p", folder, "-e", folder / "nginx.log", "-c", folder / "nginx.conf"])
