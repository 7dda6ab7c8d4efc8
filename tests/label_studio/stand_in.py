"""A stand-in for a Label Studio: who is signed in, people, projects, tasks and what only Enterprise answers.

The answers of Community have the shapes that a Label Studio 1.23 was seen to give; those of Enterprise have the shapes
of the types in Label Studio's SDK (`WhoAmIUser`, `PaginatedProjectMember`, `WorkspaceMemberList`,
`LseOrganizationMemberList`, `AnnotationHistory`, `AnnotationReview`, `Comment`). No Enterprise server was looked at.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "a-legacy-token"
Row = dict[str, Any]
NOTHING_THERE = object()
Fault = Callable[[Any], None]


class StandIn:
    """What the stand-in answers, and what it was asked."""

    def __init__(self, *, enterprise: bool) -> None:
        self.enterprise = enterprise
        self.address = ""
        self.people: dict[int, Row] = {}
        """By id, as `whoami` answers; somebody's cookie is `session-` and their id, or stands in `sessions`."""
        self.sessions: dict[str, int] = {}
        self.created_by = 1
        self.projects: dict[int, Row] = {}
        self.project_members: dict[int, dict[int, str | None]] = {}
        """By project the members, each with a role in the project if there is one."""
        self.workspaces: dict[int, str] = {}
        self.workspace_members: dict[int, list[int]] = {}
        self.tasks: list[Row] = []
        self.history: dict[int, list[Row]] = {}
        self.reviews: dict[int, list[Row]] = {}
        self.comments: dict[int, list[Row]] = {}
        self.webhooks: dict[int, Row] = {}
        self.faults: dict[str, Fault] = {}
        """By the beginning of a path below /api/ what is done in place of an answer."""
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        """Method, address and headers of every request."""
        self.sent: list[Row] = []

    def person(self, user_id: int, role: str | None = None, organization: int | None = 1, **more: Any) -> None:
        """Let there be somebody; `role` is Enterprise's code in the active organization."""
        membership = {"organization_id": organization, "role": role, "active": True, "user_type": "", "flex": None}
        self.people[user_id] = {
            "id": user_id,
            "email": f"user{user_id}@labels.example",
            "username": f"user{user_id}",
            "first_name": "User",
            "last_name": str(user_id),
            "active_organization": organization,
            **({"org_membership": [membership]} if role else {}),
            **more,
        }

    def annotation(self, number: int, project: int, user: int, lead_time: float, **more: Any) -> Row:
        """Let a task of its own have an annotation."""
        instant = f"2024-03-{number % 28 + 1:02}T12:00:00.000000Z"
        row = {
            "id": number,
            "task": number,
            "completed_by": user,
            "was_cancelled": False,
            "created_at": instant,
            "updated_at": instant,
            "lead_time": lead_time,
            **more,
        }
        task = {"id": number, "project": project, "created_at": instant, "updated_at": row["updated_at"]}
        counts = {"total_annotations": 1, "cancelled_annotations": 0, "comment_count": 0}
        self.tasks.append(task | counts | {"annotations": [row], "last_comment_updated_at": None})
        return row

    def questions(self, path: str) -> int:
        """Return how often an address below /api/ was asked."""
        return sum(urlsplit(address).path.startswith(f"/api/{path}") for _, address, _ in self.asked)


@contextmanager
def standing_in(*, enterprise: bool = False) -> Iterator[StandIn]:
    """Run a stand-in on loopback."""
    stand_in = StandIn(enterprise=enterprise)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"stand_in": stand_in}))
    server.daemon_threads = True
    stand_in.address = f"http://127.0.0.1:{server.server_port}"
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        serving.join()
        server.socket.close()


class _Handler(BaseHTTPRequestHandler):
    stand_in: StandIn

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        self.stand_in.asked.append((self.command, self.path, dict(self.headers)))
        path = split.path.removeprefix("/api/")
        for begin, fault in list(self.stand_in.faults.items()):
            if path.startswith(begin):
                fault(self)
                return
        who = self._who()
        if who is None:
            self.answer({"detail": "Authentication credentials were not provided.", "status_code": 401}, 401)
            return
        asked = {key: values[-1] for key, values in parse_qs(split.query).items()}
        if self.command == "DELETE":
            self.stand_in.webhooks.pop(int(path.strip("/").rpartition("/")[2]))
            self.send(b"", "application/json", 204)
            return
        found = _found(self.stand_in, path.strip("/").split("/"), asked, who, self._body())
        if found is NOTHING_THERE:
            self.answer({"detail": "Project not found.", "status_code": 404}, 404)
        elif found is None:  # an address that is not known is answered with a page
            self.send(b"<!doctype html><title>404</title>", "text/html", 404)
        else:
            self.answer(found)

    def do_POST(self) -> None:
        self.do_GET()

    def do_PATCH(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def _who(self) -> Row | None:
        if self.headers.get("Authorization") == f"Token {TOKEN}":
            return self.stand_in.people[1]
        cookies = dict(each.strip().partition("=")[::2] for each in self.headers.get("Cookie", "").split(";"))
        cookie = cookies.get("sessionid", "")
        begin, _, number = cookie.partition("-")
        found = self.stand_in.sessions.get(cookie)
        if found is None and begin == "session" and number.isdigit():
            found = int(number)
        return self.stand_in.people.get(found) if found is not None else None

    def _body(self) -> Row:
        length = int(self.headers.get("Content-Length") or 0)
        body: Row = json.loads(self.rfile.read(length)) if length else {}
        if body:
            self.stand_in.sent.append({"method": self.command, "path": self.path, **body})
        return body

    def answer(self, value: Any, status: int = 200) -> None:
        self.send(json.dumps(value).encode(), "application/json", status)

    def send(self, content: bytes, kind: str, status: int, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _paged(rows: list[Row]) -> Row:
    return {"count": len(rows), "next": None, "previous": None, "results": rows}


def _found(studio: StandIn, path: list[str], asked: dict[str, str], who: Row, body: Row) -> Any:
    """Return what is answered at a path below /api/, or None for one that is not known."""
    match path:
        case ["version"]:
            return {"release": "1.23.0", "edition": "Enterprise" if studio.enterprise else "Community"}
        case ["current-user", "whoami"]:
            return who
        case ["organizations", number]:
            return {"id": int(number), "title": "Labels", "created_by": studio.created_by}
        case ["organizations", number, "memberships"]:
            return _paged([_member(studio, person) for person in studio.people.values() if _in(person, int(number))])
        case ["projects"]:
            return _paged(list(studio.projects.values()))
        case ["projects", number]:
            return studio.projects.get(int(number))
        case ["tasks"]:
            return _tasks(studio, int(asked["project"]), json.loads(asked["query"]), int(asked["page_size"]))
        case ["webhooks", "info"]:
            return {action: {"name": action} for action in ("TASKS_CREATED", "ANNOTATION_CREATED", "PROJECT_UPDATED")}
        case ["webhooks"]:
            if body:
                if "project" not in body and not studio.enterprise:  # Community has them for projects alone
                    return NOTHING_THERE
                number = max(studio.webhooks, default=0) + 1
                studio.webhooks[number] = {"id": number, "project": None, **body}
            return list(studio.webhooks.values())
        case ["webhooks", number]:
            studio.webhooks[int(number)].update(body)
            return studio.webhooks[int(number)]
    return _enterprise(studio, path, asked) if studio.enterprise else None


def _enterprise(studio: StandIn, path: list[str], asked: dict[str, str]) -> Any:
    match path:
        case ["workspaces"]:
            return [{"id": key, "title": title, "is_archived": False} for key, title in studio.workspaces.items()]
        case ["workspaces", number, "memberships"]:
            members = studio.workspace_members.get(int(number), [])
            return [{"user": studio.people[each], "workspace": int(number)} for each in members]
        case ["projects", number, "members", "paginated"]:
            return _paged(
                [
                    studio.people[each] | {"implicit_member": False, "project_role": role}
                    for each, role in studio.project_members.get(int(number), {}).items()
                ]
            )
        case ["annotation-history"]:
            return studio.history.get(int(asked["annotation"]), [])
        case ["annotation-history", number]:
            every = [entry for entries in studio.history.values() for entry in entries]
            [entry] = [each for each in every if each["id"] == int(number)]
            return entry | {"result": entry.get("whole", entry.get("result"))}
        case ["annotation-reviews"]:
            return studio.reviews.get(int(asked["annotation"]), [])
        case ["comments"]:
            return studio.comments.get(int(asked["annotation"]), [])
    return None


def _in(person: Row, organization: int) -> bool:
    held = person.get("org_membership", [{"organization_id": person["active_organization"]}])
    return any(each["organization_id"] == organization for each in held)


def _member(studio: StandIn, person: Row) -> Row:
    row = {"id": 1000 + person["id"], "organization": 1, "user": person}
    return row | ({"role": person["org_membership"][0]["role"]} if studio.enterprise else {})


def _tasks(studio: StandIn, project: int, query: Row, size: int) -> Row:
    tasks = [task for task in studio.tasks if task["project"] == project]
    for each in query.get("filters", {}).get("items", []):
        tasks = [task for task in tasks if _passes(task, each)]
    tasks.sort(key=lambda task: task["id"])
    if query["ordering"] == ["-tasks:updated_at"]:
        tasks.sort(key=lambda task: str(task["updated_at"]), reverse=True)
    return {"tasks": tasks[:size], "total": len(tasks), "total_annotations": 0, "total_predictions": 0}


def _passes(task: Row, condition: Row) -> bool:
    value, given = task.get(condition["filter"].rpartition(":")[2]), condition["value"]
    match condition["operator"]:
        case "greater":
            return value is not None and value > given
        case "greater_or_equal":
            return value is not None and value >= given
        case _:
            return value in given
