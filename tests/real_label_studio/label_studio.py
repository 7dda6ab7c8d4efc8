"""A real Label Studio Community for tests: started on a free port, with people, projects and work through its API."""

import os
import re
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import requests

PROGRAM = os.environ.get("PERFWIDGET_LABEL_STUDIO_PROGRAM", "")
PASSWORD = "a password for tests"
ADMIN = "admin@labels.example"
CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="choice" toName="text">'
    '<Choice value="A"/><Choice value="B"/></Choices></View>'
)
RESULT = [{"from_name": "choice", "to_name": "text", "type": "choices", "value": {"choices": ["A"]}}]
_TOKEN = re.compile(r'csrfmiddlewaretoken" value="([^"]*)')


class Person:
    """Somebody who is signed in to Label Studio, and works through its API with their session."""

    def __init__(self, address: str, email: str) -> None:
        self.address = address
        self.email = email
        self.session = requests.Session()

    def sign_in(self) -> "Person":
        self._send_form("/user/login/", {"email": self.email, "password": PASSWORD})
        self.id = self.get("current-user/whoami")["id"]
        return self

    def invite(self, email: str) -> "Person":
        """Let somebody join the organization, and return them."""
        person = Person(self.address, email)
        person._send_form(self.get("invite")["invite_url"], {"email": email, "password": PASSWORD})
        person.id = person.get("current-user/whoami")["id"]
        return person

    def _send_form(self, path: str, values: Mapping[str, str]) -> None:
        page = self.session.get(self.address + path, timeout=60).text
        token = _TOKEN.search(page)
        assert token is not None, page[:200]
        sent = self.session.post(
            self.address + path,
            data={**values, "csrfmiddlewaretoken": token[1]},
            headers={"Referer": self.address},
            allow_redirects=False,
            timeout=60,
        )
        assert sent.status_code == 302, sent.text[:500]

    def get(self, path: str, **parameters: Any) -> Any:
        return self._ask("GET", path, params=parameters)

    def post(self, path: str, body: Any = None) -> Any:
        return self._ask("POST", path, json={} if body is None else body)

    def patch(self, path: str, body: Any) -> Any:
        return self._ask("PATCH", path, json=body)

    def delete(self, path: str) -> None:
        self._ask("DELETE", path)

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {"X-CSRFToken": self.session.cookies.get("csrftoken", ""), "Referer": self.address}
        answer = self.session.request(method, f"{self.address}/api/{path}", headers=headers, timeout=60, **more)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json() if answer.content else None

    # -- Work ---------------------------------------------------------------------------------------------------------

    def make_project(self, title: str, tasks: int = 0) -> int:
        project = int(self.post("projects/", {"title": title, "label_config": CONFIG, "maximum_annotations": 3})["id"])
        if tasks:
            self.add_tasks(project, [{"data": {"text": f"{title} {number}"}} for number in range(tasks)])
        return project

    def add_tasks(self, project: int, tasks: Sequence[Mapping[str, Any]]) -> None:
        self.post(f"projects/{project}/import", list(tasks))

    def tasks(self, project: int) -> list[int]:
        return [task["id"] for task in self.get("tasks/", project=project, page_size=1000)["tasks"]]

    def submit(self, task: int, lead_time: Any = 10.0, **more: Any) -> int:
        body = {"result": RESULT, "lead_time": lead_time, **more}
        return int(self.post(f"tasks/{task}/annotations/", body)["id"])

    def skip(self, task: int, lead_time: float = 3.0) -> int:
        return self.submit(task, lead_time, was_cancelled=True)

    def update(self, annotation: int, lead_time: float) -> None:
        self.patch(f"annotations/{annotation}/", {"result": RESULT, "lead_time": lead_time})

    def act(self, project: int, action: str, tasks: Sequence[int], **more: Any) -> None:
        """Do something to many tasks, as the data manager does."""
        selected = {"selectedItems": {"all": False, "included": list(tasks)}, **more}
        self.post(f"dm/actions?id={action}&project={project}", selected)

    def unskip(self, annotation: int) -> None:
        """Take a skip back, as the editor does: the annotation goes and a draft comes."""
        self.post(f"annotations/{annotation}/convert-to-draft")

    def export(self, project: int) -> bytes:
        """Return Label Studio's own JSON export of a project."""
        answer = self.session.get(
            f"{self.address}/api/projects/{project}/export",
            params={"exportType": "JSON", "download_all_tasks": "true"},
            timeout=60,
        )
        assert answer.status_code == 200
        return answer.content


class Server:
    """A Label Studio that runs; `stop` and `start` again keep its data."""

    def __init__(self, folder: Path, port: int, **settings: str) -> None:
        """Settings are of its environment, beside those that the tests need."""
        self._settings = {"SSRF_PROTECTION_ENABLED": "false", "EXPERIMENTAL_FEATURES": "true"} | settings
        self.address = f"http://127.0.0.1:{port}"
        self._folder = folder
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [PROGRAM, "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(self._port)]
        command += ["--data-dir", str(self._folder / "data"), "--username", ADMIN, "--password", PASSWORD]
        quiet = {"COLLECT_ANALYTICS": "false", "LATEST_VERSION_CHECK": "false", **self._settings}
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ | quiet, cwd=self._folder
            )
        until(self._answers, 300, "Label Studio to start")

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "log").read_text()[-2000:]
        try:
            return requests.get(f"{self.address}/api/version", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None


def until(met: Callable[[], Any], seconds: float, what: str) -> Any:
    """Ask again and again until something is so, and return it; raises AssertionError when it takes longer."""
    patience = monotonic() + seconds
    while monotonic() < patience:
        found = met()
        if found:
            return found
        Event().wait(0.1)
    raise AssertionError(f"Waited {seconds} s for {what}.")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Server]:
    """Run a Label Studio with one owner, `ADMIN`."""
    server = Server(folder, free_port(), **settings)
    server.start()
    try:
        yield server
    finally:
        server.stop()
