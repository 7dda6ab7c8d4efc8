"""ClickHouse's own engine behind the part of its HTTP interface that the client of the store speaks.

No server of ClickHouse is to be had from the package registries, but chDB is: the same engine as a library. This
program serves it on loopback, `python -m tests.engines.chdb_server FOLDER`, and says its port when it answers. What it
lacks of a server: users and their rights, answers before they are whole, TLS.
"""

import base64
import os
import re
import sys
import threading
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from chdb.session import Session

OF_HTTP = {"query", "database", "default_format", "query_id", "session_id", "wait_end_of_query", "compress",
           "send_progress_in_http_headers", "http_headers_progress_interval_ms", "client_protocol_version"}  # fmt: skip
"""Names in an address that are no settings."""


class Engine:
    """A session: of each connection one, as tables that go with a statement are for nobody else."""

    def __init__(self, folder: str) -> None:
        self._session = Session(folder)
        self._settings: dict[str, str] = {}
        self._database = ""

    def answer(self, asked: dict[str, str], files: dict[str, bytes]) -> bytes:
        """Carry out a request: parameters and settings, tables that go with it, and the statement."""
        try:
            self._set({name: value for name, value in asked.items() if self._is_setting(name, files)})
            self._use(asked.get("database", "default"))
            given = [f"{name} = {literal(value)}" for name, value in asked.items() if name.startswith("param_")]
            if given:
                self._say(f"SET {', '.join(given)}")
            for name, data in files.items():
                self._say(f"CREATE TEMPORARY TABLE {name} ({asked[f'{name}_structure']}) ENGINE = Memory")
                self._say(f"INSERT INTO {name} FORMAT {asked[f'{name}_format']}\n{data.decode()}")
            return self._say(asked["query"], asked.get("default_format", "TabSeparated"))
        finally:
            for name in files:
                self._say(f"DROP TEMPORARY TABLE IF EXISTS {name}")

    def _set(self, settings: dict[str, str]) -> None:
        """Let these settings hold, and no others; most are those of the request before."""
        before = self._settings
        changed = [f"{name} = {literal(value)}" for name, value in settings.items() if before.get(name) != value]
        changed += [f"{name} = DEFAULT" for name in self._settings if name not in settings]
        if changed:
            self._settings = {}
            self._say(f"SET {', '.join(changed)}")
        self._settings = settings

    def _use(self, database: str) -> None:
        if database != self._database:
            self._say(f"USE `{database}`")
        self._database = database

    @staticmethod
    def _is_setting(name: str, files: dict[str, bytes]) -> bool:
        of_table = any(name in (f"{table}_format", f"{table}_structure") for table in files)
        return name not in OF_HTTP and not name.startswith("param_") and not of_table

    def _say(self, statement: str, form: str = "TabSeparated") -> bytes:
        answer = self._session.query(statement, form)
        return bytes(answer.bytes() or b"") if answer is not None else b""


def literal(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Handler(BaseHTTPRequestHandler):
    """One request: its address holds settings, its body a statement or a form of parameters and tables."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    idle: ClassVar[list[Engine]] = []
    folder: ClassVar[str]

    def setup(self) -> None:
        super().setup()
        try:
            self.engine = self.idle.pop()
        except IndexError:
            self.engine = Engine(self.folder)

    def finish(self) -> None:
        super().finish()
        self.idle.append(self.engine)

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        self._answer({"body": self.rfile.read(int(self.headers["Content-Length"]))})

    def _answer(self, given: dict[str, bytes]) -> None:
        asked = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        files: dict[str, bytes] = {}
        kind = self.headers.get("Content-Type") or ""
        if kind.startswith("multipart/"):
            form = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + given["body"], policy=HTTP)
            for part in form.iter_parts():  # type: ignore[attr-defined]
                name = part.get_param("name", header="content-disposition")
                content = part.get_payload(decode=True)
                if part.get_filename():
                    files[name] = content
                else:
                    asked[name] = content.decode()
        elif kind.startswith("application/x-www-form-urlencoded"):
            asked |= dict(parse_qsl(given["body"].decode(), keep_blank_values=True))
        elif given:
            asked["query"] = f"{asked.get('query', '')} {given['body'].decode()}".strip()
        try:
            if "stranger" in self._user():
                raise RuntimeError("Code: 516. DB::Exception: stranger: Authentication failed. (AUTHENTICATION_FAILED)")
            body, status, code = (b"Ok.\n" if "query" not in asked else self.engine.answer(asked, files)), 200, ""
        except Exception as fault:
            body, status = str(fault).encode(), 500
            found = re.search(r"Code: (\d+)", str(fault))
            code = found[1] if found else "1"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-ClickHouse-Timezone", "UTC")
        if code:
            self.send_header("X-ClickHouse-Exception-Code", code)
        self.end_headers()
        self.wfile.write(body)

    def _user(self) -> str:
        scheme, _, rest = (self.headers.get("Authorization") or "").partition(" ")
        return base64.b64decode(rest).decode() if scheme == "Basic" else ""

    def log_message(self, *_: Any) -> None:
        pass


def main() -> None:
    Handler.folder = sys.argv[1]
    Handler.idle.append(Engine(Handler.folder))
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0), Handler)
    server.daemon_threads = True
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()  # until whoever started it has ended, in whatever way
    os._exit(0)


if __name__ == "__main__":
    main()
