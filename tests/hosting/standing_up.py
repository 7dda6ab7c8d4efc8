"""The recipes of the hosting room, run as they stand but for the addresses, which are this machine's."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from ruamel.yaml import YAML
from werkzeug.security import generate_password_hash

from tests.security.nginx import IN_A_FOLDER

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "perfwidget/hosting/recipes"
PATIENT = 60
PASSWORD = "correct horse"
SCRAPES = "long-and-random"
IN_CI = os.environ.get("CI") == "true"


def fits_compose_schema(text: str, folder: Path) -> bool:
    """Say whether a compose file is one by the specification's schema."""
    file = folder / "compose.yaml"
    file.write_text(text)
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(check, capture_output=True, check=False).returncode == 0


def program(name: str, package: str) -> str:
    """Return a program; where it is missing the test is skipped, and fails in CI."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        (pytest.fail if IN_CI else pytest.skip)(f"needs {name}: apt-get install {package}")
    return str(found)


def recipe(name: str, **instead: str) -> str:
    """Return a recipe with other words in place of some, which all have to be there."""
    return replaced((RECIPES / name).read_text("utf-8"), instead)


def replaced(text: str, instead: Mapping[str, str]) -> str:
    """Return a text with other words in place of some, which all have to be there."""
    for before, after in instead.items():
        assert before in text, before
        text = text.replace(before, after)
    return text


def compose() -> dict[str, Any]:
    """Return the compose file."""
    found: dict[str, Any] = YAML(typ="safe").load(recipe("compose.yaml"))
    return found


def command_of_unit() -> list[str]:
    """Return what the systemd unit starts."""
    [line] = re.findall("^ExecStart=(.*)$", recipe("platform.service"), re.MULTILINE)
    return str(line).split()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def until(holds: Callable[[], bool]) -> bool:
    """Wait until something holds that another process brings about."""
    return any(holds() or threading.Event().wait(0.05) for _ in range(PATIENT * 20))


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    text: str


class Browser:
    """Somebody's cookies, kept whatever they are for, and a server of this machine under whichever name."""

    def __init__(self, port: int, name: str = "127.0.0.1", trusted: Path | None = None) -> None:
        self.port, self.name, self.cookies = port, name, dict[str, str]()
        self._context = ssl.create_default_context(cafile=str(trusted)) if trusted else None

    def ask(self, path: str, body: Mapping[str, str] | None = None, **headers: str) -> Answer:
        """Send a request, a form where there is one; raises http.client.HTTPException for an answer that breaks off."""
        connection = http.client.HTTPConnection(self.name, self.port, timeout=PATIENT)
        connection.sock = socket.create_connection(("127.0.0.1", self.port), PATIENT)
        if self._context:
            connection.sock = self._context.wrap_socket(connection.sock, server_hostname=self.name)
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        told["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            told |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin}
            told |= {"Referer": f"{self.origin}/"}
        try:
            connection.request("GET" if body is None else "POST", path, body and urlencode(body), told)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for header in answer.headers.get_all("Set-Cookie", []):
            self.cookies.update({name: morsel.value for name, morsel in SimpleCookie(header).items()})
        return Answer(answer.status, answer.headers, text)

    @property
    def origin(self) -> str:
        """The site that this is."""
        return f"{'https' if self._context else 'http'}://{self.name}:{self.port}"

    def sign_in(self, email: str, below: str = "") -> None:
        """Fill in the form of the recipe's host."""
        [token] = re.findall('name="csrf_token" value="([^"]+)"', self.ask(f"{below}/login").text)
        form = {"csrf_token": token, "email": email, "password": PASSWORD}
        answer = self.ask(f"{below}/login", form)
        assert (answer.status, answer.headers["Location"]) == (302, f"{below}/"), answer.text

    def health(self, below: str = "") -> dict[str, Any] | None:
        """Return what the health says; None while nobody listens."""
        try:
            found: dict[str, Any] = json.loads(self.ask(f"{below}/performance/health").text)
        except (OSError, ValueError, http.client.HTTPException):
            return None
        return found

    def is_ready(self) -> bool:
        """Say whether people can be answered."""
        return bool((self.health() or {}).get("ready"))


class Host(NamedTuple):
    """A host that runs: where it listens, its process, what it says, and who may sign in to it."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path
    accounts: Path

    def browser(self) -> Browser:
        """Return somebody who asks it without a proxy."""
        return Browser(self.port)

    def end(self) -> int:
        """Tell it to end, and return its status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENT)


@contextmanager
def host(
    command: Sequence[str], folder: Path, store: str, app: Path = RECIPES, *, ready: bool = True
) -> Iterator[Host]:
    """Run a command of the recipes, which names a port of 8000, in the folder of an application."""
    port, log, accounts = free_port(), folder / "log.txt", folder / "accounts.toml"
    write_accounts(accounts, {"anna@example.com": ("ann", "annotator"), "boss@example.com": ("boss", "owner")})
    words = [word.replace("0.0.0.0:8000", "127.0.0.1:8000").replace("8000", str(port)) for word in command]
    assert words != list(command), "no port of 8000 is named"
    program_path = Path(sys.executable).parent / Path(words[0]).name
    environment = {
        **os.environ,
        "SECRET_KEY": "only for tests",
        "STORE": store,
        "ACCOUNTS": str(accounts),
        "METRICS_TOKEN": SCRAPES,
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with log.open("wb") as words_of_it:
        process = subprocess.Popen(
            [program_path, *words[1:]],
            cwd=app, env=environment, stdin=subprocess.DEVNULL, stdout=words_of_it, stderr=words_of_it,
            start_new_session=True,
        )  # fmt: skip
    found = Host(port, process, log, accounts)
    try:
        if ready:
            assert until(lambda: found.browser().is_ready() or process.poll() is not None), log.read_text()
        yield found
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENT)


def write_accounts(file: Path, people: Mapping[str, tuple[str, str]]) -> None:
    """Write who may sign in, with what id and role."""
    file.write_text(
        "".join(
            f'["{email}"]\nid = "{who}"\norganization = "acme"\nrole = "{role}"\n'
            f'password = "{generate_password_hash(PASSWORD, "pbkdf2:sha256:1")}"\n'
            for email, (who, role) in people.items()
        )
    )


class Certificate(NamedTuple):
    """One for the names of the recipes, which tells for itself."""

    certificate: Path
    key: Path


def certificate(folder: Path) -> Certificate:
    """Make a certificate."""
    made = Certificate(folder / "platform.crt", folder / "platform.key")
    names = "subjectAltName=DNS:platform.example.com,DNS:tools.example.com"
    command = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=platform", "-addext", names]
    subprocess.run(
        [program("openssl", "openssl"), *command, "-keyout", made.key, "-out", made.certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    return made


NGINX_AROUND = IN_A_FOLDER + "  include {folder}/platform.conf;\n}}\n"


@contextmanager
def proxy(kind: str, folder: Path, upstream: int, rules: str | None = None) -> Iterator[tuple[int, Certificate]]:
    """Run a proxy with its recipe, or with other rules, before a server; give its port and its certificate."""
    port, made = free_port(), certificate(folder)
    here = {"127.0.0.1:8000": f"127.0.0.1:{upstream}"}
    if kind == "nginx":
        nginx = program("nginx", "nginx-light")
        (folder / "nginx.conf").write_text(NGINX_AROUND.format(folder=folder))
        paths = {"/etc/ssl/platform.crt": str(made.certificate), "/etc/ssl/platform.key": str(made.key)}
        text = rules or recipe("nginx.conf", **here, **paths, **{"listen 443 ssl": f"listen 127.0.0.1:{port} ssl"})
        (folder / "platform.conf").write_text(replaced(text, {"{port}": str(port)}) if rules else text)
        command = [nginx, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"]
    else:
        caddy = program("caddy", "caddy")
        tls = f"\n\ttls {made.certificate} {made.key}\n"
        names = {
            f"{name} {{\n": f"https://{name}:{port} {{{tls}" for name in ("platform.example.com", "tools.example.com")
        }
        (folder / "Caddyfile").write_text(
            "{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + recipe("Caddyfile", **here, **names)
        )
        command = [caddy, "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile"]
    log = folder / "proxy.log"
    with log.open("wb") as words:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=words, stderr=words,
            env={**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
        )  # fmt: skip
    try:
        assert until(lambda: listens(port) or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield port, made
    finally:
        process.terminate()
        process.wait(PATIENT)


def listens(port: int) -> bool:
    """Say whether somebody takes connections."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
