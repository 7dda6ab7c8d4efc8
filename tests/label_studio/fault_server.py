"""A Label Studio for tests of the sync: a small world that keeps its habits, served with scripted faults.

Its habits, as observed on the real one: every change of an annotation, its deletion too, moves the `updated_at` of its
task; a bulk deletion as well; a deleted task leaves no trace; what is not there is a 404 with a JSON body.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "eyJh.cGVyc29uYWw.c2lnbmF0dXJl"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATE = 0.6
"""Seconds that a late answer takes; clients in tests wait half as long."""

Change = Callable[["World"], None]


@dataclass
class World:
    """Projects, tasks and annotations; each change happens a moment after the one before."""

    now: datetime = START
    projects: dict[int, dict[int, dict[str, Any]]] = field(default_factory=dict)
    """Tasks by their ids, by project."""
    members: dict[int, str] = field(default_factory=lambda: {1: "boss@x.example", 2: "ann@x.example"})
    _ids: int = 0

    def _next(self) -> int:
        self._ids += 1
        return self._ids

    def moment(self, seconds: float = 1.5) -> str:
        self.now += timedelta(seconds=seconds)
        return _text(self.now)

    def add_project(self) -> int:
        project = self._next()
        self.projects[project] = {}
        return project

    def add_tasks(self, project: int, number: int, instant: str | None = None) -> list[int]:
        """Add tasks that all have one instant, as an import gives them."""
        instant = instant or self.moment()
        ids = [self._next() for _ in range(number)]
        for task in ids:
            self.projects[project][task] = {
                "id": task, "project": project, "created_at": instant, "updated_at": instant, "annotations": [],
            }  # fmt: skip
        return ids

    def set_clock(self, seconds: float) -> None:
        """Set the server's clock ahead, or back."""
        self.now += timedelta(seconds=seconds)

    def task(self, task: int) -> dict[str, Any]:
        return next(tasks[task] for tasks in self.projects.values() if task in tasks)

    def tasks(self) -> list[int]:
        return [task for tasks in self.projects.values() for task in tasks]

    def submit(self, task: int, by: int = 1, lead_time: float = 10.0, *, skip: bool = False, back: float = 0) -> int:
        """Add an annotation; with `back` by a server whose clock is so many seconds behind."""
        instant = _text(datetime.fromisoformat(self.moment()) - timedelta(seconds=back))
        found, annotation = self.task(task), self._next()
        found["annotations"].append({
            "id": annotation, "task": task, "project": found["project"], "completed_by": by, "updated_by": by,
            "created_at": instant, "updated_at": instant, "lead_time": lead_time, "was_cancelled": skip,
            "draft_created_at": None, "import_id": None, "last_action": None, "last_created_by": None,
        })  # fmt: skip
        found["updated_at"] = instant
        return annotation

    def update(self, annotation: int, lead_time: float) -> None:
        task, row = self._row(annotation)
        row["updated_at"] = task["updated_at"] = self.moment()
        row["lead_time"] = lead_time

    def delete(self, annotation: int) -> None:
        task, row = self._row(annotation)
        task["annotations"].remove(row)
        task["updated_at"] = self.moment()

    def delete_task(self, task: int) -> None:
        for tasks in self.projects.values():
            tasks.pop(task, None)

    def annotations(self) -> list[int]:
        return [row["id"] for task in self.tasks() for row in self.task(task)["annotations"]]

    def _row(self, annotation: int) -> tuple[dict[str, Any], dict[str, Any]]:
        return next(
            (task, row)
            for tasks in self.projects.values()
            for task in tasks.values()
            for row in task["annotations"]
            if row["id"] == annotation
        )

    def export(self) -> bytes:
        """Return the JSON export of all projects together."""
        return json.dumps([task for tasks in self.projects.values() for task in tasks.values()]).encode()


class FaultServer:
    """Serves a world; `script` holds what happens to the next requests, `None` meaning nothing.

    Its entries are names of faults, or changes of the world that happen just before a request is answered.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.script: deque[str | Change | None] = deque()
        self.asked: list[str] = []
        self.access = "access-1"
        self.before: Any = None
        """The content of the answer before."""
        self.lock = threading.Lock()
        self.date_skew: timedelta | None = timedelta()
        """By how much the `Date` of answers is ahead of this machine's clock; None: it is that of the world's."""

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve, and give the address."""
        handler = type("Handler", (_Handler,), {"faulty": self})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            server.daemon_threads = True
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}"
            finally:
                server.shutdown()
                thread.join()

    def next_fault(self) -> str | None:
        """Let the changes that are due happen, and return the fault of this request."""
        while self.script:
            entry = self.script.popleft()
            if not callable(entry):
                return entry
            entry(self.world)
            return None
        return None

    def answer(self, path: str, asked: dict[str, str]) -> tuple[int, Any]:
        """Return status and content, as Label Studio would."""
        parts = path.removeprefix("/api/").strip("/").split("/")
        match parts:
            case ["version"]:
                return 200, {"release": "1.23.2", "edition": "Community"}
            case ["current-user", "whoami"]:
                return 200, {"id": 1, "email": "boss@x.example", "active_organization": 1}
            case ["organizations", "1"]:
                return 200, {"id": 1, "created_by": 1}
            case ["organizations", "1", "memberships"]:
                rows = [{"id": each, "user": {"id": each, "email": mail}} for each, mail in self.world.members.items()]
                return 200, _paged(rows, asked)
            case ["projects"]:
                rows = [_project(each, tasks) for each, tasks in self.world.projects.items()]
                return 200, _paged(rows, asked)
            case ["projects", project]:
                return (200, {"id": int(project)}) if int(project) in self.world.projects else _not_found()
            case ["tasks"]:
                tasks = self.world.projects.get(int(asked["project"]))
                return _not_found() if tasks is None else (200, _tasks(list(tasks.values()), asked))
        return 404, "<!doctype html><title>Not here</title>"


def _project(project: int, tasks: dict[int, dict[str, Any]]) -> dict[str, Any]:
    rows = [row for task in tasks.values() for row in task["annotations"]]
    skipped = sum(row["was_cancelled"] for row in rows)
    return {
        "id": project, "title": f"P {project}", "task_number": len(tasks),
        "total_annotations_number": len(rows) - skipped, "skipped_annotations_number": skipped,
    }  # fmt: skip


def _tasks(tasks: list[dict[str, Any]], asked: dict[str, str]) -> dict[str, Any]:
    query = json.loads(asked["query"])
    for each in query.get("filters", {}).get("items", []):
        tasks = [task for task in tasks if _meets(task, each)]
    order = query["ordering"][0]
    tasks.sort(key=lambda task: task[order.lstrip("-").removeprefix("tasks:")], reverse=order.startswith("-"))
    fields = set(asked["include"].split(","))
    page = [_only(task, fields) for task in tasks[: int(asked["page_size"])]]
    return {"tasks": page, "total": len(tasks), "total_annotations": 0, "total_predictions": 0}


def _meets(task: dict[str, Any], wanted: dict[str, Any]) -> bool:
    name = wanted["filter"].removeprefix("filter:tasks:")
    value, found = wanted["value"], task.get(name)
    if name == "annotations_ids":
        return any(row["id"] > value for row in task["annotations"])
    if wanted["operator"] == "in_list":
        return found in value
    if wanted["type"] == "Datetime":
        if found is None:
            return False
        found, value = datetime.fromisoformat(found), datetime.fromisoformat(value)
    return bool(found > value if wanted["operator"] == "greater" else found >= value)


def _only(task: dict[str, Any], fields: set[str]) -> dict[str, Any]:
    counts = {
        "total_annotations": sum(not row["was_cancelled"] for row in task["annotations"]),
        "cancelled_annotations": sum(row["was_cancelled"] for row in task["annotations"]),
        "comment_count": 0,
    }
    rows = [{key: value for key, value in row.items() if key in fields} for row in task["annotations"]]
    return {key: value for key, value in (task | counts | {"annotations": rows}).items() if key in fields}


def _paged(rows: list[dict[str, Any]], asked: dict[str, str]) -> dict[str, Any]:
    size, number = int(asked.get("page_size", 30)), int(asked.get("page", 1))
    page = rows[(number - 1) * size : number * size]
    return {"count": len(rows), "next": "more" if number * size < len(rows) else None, "results": page}


def _not_found() -> tuple[int, Any]:
    return 404, {"id": "x", "status_code": 404, "detail": "No such thing matches the given query."}


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


PLAIN_FAULTS = (
    "429", "429 date", "500", "502", "reset", "late", "cut", "cut without length", "login page", "login redirect",
    "html 404", "expired", "nonsense", "huge", "hang",
)  # fmt: skip
LIST_FAULTS = (
    "duplicates", "shrunk", "shrinks", "again", "short", "wrong order", "total too large", "total too small",
)  # fmt: skip
"""What is wrong with a list that looks right; `total too small` goes with a page that is short."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # an answer goes out at once, or the client's acknowledgement is waited for
    faulty: FaultServer

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        right = self.path == "/api/token/refresh/" and body == {"refresh": TOKEN}
        self._send(200 if right else 401, {"access": self.faulty.access} if right else {"detail": "no"})

    def do_GET(self) -> None:
        with self.faulty.lock:
            address = urlsplit(self.path)
            asked = {key: values[-1] for key, values in parse_qs(address.query).items()}
            self.faulty.asked.append(self.path)
            fault = self.faulty.next_fault()
            if fault == "expired":
                self.faulty.access += "1"
            if self.headers["Authorization"] != f"Bearer {self.faulty.access}":
                return self._send(401, {"status_code": 401, "detail": "Given token not valid"})
            status, content = self.faulty.answer(address.path, asked)
        before, self.faulty.before = self.faulty.before, content
        if fault in LIST_FAULTS and isinstance(content, dict):
            content = _spoiled(content, fault, before)
            fault = None
        return (
            self._fail(fault, content) if fault in PLAIN_FAULTS and fault != "expired" else self._send(status, content)
        )

    def _fail(self, fault: str, content: Any) -> None:
        match fault:
            case "429":
                self._send(429, {}, {"Retry-After": "0"})
            case "429 date":
                self._send(429, {}, {"Retry-After": format_datetime(datetime.now(UTC), usegmt=True)})
            case "500" | "502":
                self._send(int(fault), "<h1>Server Error</h1>")
            case "reset":
                self.close_connection = True
                self.connection.close()
            case "late":
                threading.Event().wait(LATE)
                self._send(200, content)
            case "hang":  # it has begun, and nothing follows for as long as the client waits
                self._head(200, {"Content-Length": "100"})
                self.wfile.flush()
                threading.Event().wait(LATE)
                self.close_connection = True
            case "cut":
                whole = json.dumps(content).encode()
                self._head(200, {"Content-Length": str(len(whole))})
                self.wfile.write(whole[: len(whole) // 2])
                self.close_connection = True
            case "cut without length":
                self._head(200, {"Connection": "close"})
                self.wfile.write(json.dumps(content).encode()[:-1])
                self.close_connection = True
            case "login page":
                self._send(200, "<!doctype html><title>Log in</title>")
            case "login redirect":
                self._send(302, "", {"Location": "/user/login/"})
            case "html 404":
                self._send(404, "<!doctype html><title>Not found</title>")
            case "nonsense":
                self._send(200, ["nonsense", 7, None])
            case "huge":
                self._send(200, {"detail": "x" * 3_000_000})

    def _send(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self._head(status, {"Content-Length": str(len(body)), **(headers or {})})
        self.wfile.write(body)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        skew = self.faulty.date_skew
        date = self.faulty.world.now if skew is None else datetime.now(UTC) + skew
        self.send_header("Date", format_datetime(date, usegmt=True))
        self.send_header("Content-Type", "application/json")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def _spoiled(content: dict[str, Any], fault: str, before: Any) -> dict[str, Any]:
    """Return a list with something wrong about it; `before` is the answer to the request before."""
    name = "tasks" if "tasks" in content else "results"
    rows = list(content.get(name, []))
    match fault:
        case "duplicates":
            rows = [row for row in rows for _ in range(2)]
        case "shrunk":
            del rows[len(rows) // 2 : len(rows) // 2 + 1]
        case "shrinks":  # its first row went between the count and the page, and all others moved up
            rows = rows[1:]
            content = content | {"count": content.get("count", 1) - 1, "total": content.get("total", 1) - 1}
        case "again":  # a page that brings rows of the one before once more, as when something came in meanwhile
            rows = [*(before.get(name, [])[-1:] if isinstance(before, dict) else []), *rows]
        case "short":
            del rows[len(rows) // 2 :]
        case "wrong order":
            rows.reverse()
        case "total too large":
            content = content | {"total": content.get("total", 0) + 3}
        case "total too small":
            rows = rows[:1]
            content = content | {"total": len(rows)}
    return content | {name: rows}
