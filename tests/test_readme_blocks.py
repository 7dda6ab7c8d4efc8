"""Every block of code in a README runs: what somebody copies from there works.

The blocks of a page run in their order in one empty folder. Servers are not started: their arguments are read.
"""

import io
import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, redirect_stdout
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import clickhouse_connect
import psycopg
import pytest
from flask import Flask, render_template_string, url_for
from flask_login import LoginManager, UserMixin, login_user

from perfwidget import PerformanceWidget, Viewer, cli, open_store
from perfwidget.demo import serving
from perfwidget.errors import StoreUnavailable
from perfwidget.facts import FACTS, RECORDED_KINDS, Annotation, AnnotationFlag, Comment, Member
from perfwidget.facts.words import WORDS
from perfwidget.report import report
from tests.engines.clickhouse_server import ClickHouse
from tests.engines.server import Server
from tests.test_house import declared
from tests.test_readme import README, READMES, ROOT, shown

BLOCK = re.compile(r"^```(.*?)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ELSEWHERE: Mapping[str, set[str]] = {
    "perfwidget/hosting/README.md": {"sh"},
    "perfwidget/label_studio/README.md": {"nginx", "caddy", "ini", "yaml"},
    "perfwidget/stores/postgresql/README.md": {"sql"},
    "perfwidget/stores/writing/README.md": {"python"},
}
"""What other tests run: those below, those beside a real Label Studio, and those of `label_studio/test_standing_up.py`,
`hosting/test_recipes.py`, `stores/test_outbox.py` and `engines/test_host_transactions.py`."""

EXPORT = """[{"id": 4, "project": 3, "data": {}, "total_annotations": 1, "annotations": [{"id": 5, "project": 3,
"task": 4, "completed_by": {"id": 7, "email": "ann@acme.example", "first_name": "Ann"}, "result": [],
"was_cancelled": false, "lead_time": 600, "last_action": "submitted", "created_at": "2024-11-05T09:00:00Z",
"updated_at": "2024-11-05T09:00:00Z", "unique_id": "00000000-0000-4000-8000-000000000005"}]}]"""
"""What a person would have at hand: an export with ten minutes of work."""


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    text: str
    line: int


class User(UserMixin):
    """Who signs in to the host of the examples."""

    organization_id = "acme"

    def __init__(self, user_id: str) -> None:
        self.id = user_id
        self.role = "owner" if user_id == "1" else "annotator"


def blocks(readme: Path) -> list[Block]:
    text = readme.read_text()
    return [Block(found[1], found[2], text.count("\n", 0, found.start()) + 1) for found in BLOCK.finditer(text)]


def platform() -> Flask:
    """Return the host into which the examples mount the dashboard."""
    app = Flask("platform")
    app.secret_key = "only for tests"
    LoginManager(app).user_loader(User)
    app.add_url_rule("/login/<user_id>", "login", lambda user_id: str(login_user(User(user_id))))
    return app


class Page:
    """The blocks of one page at work."""

    def __init__(self, folder: Path, request: pytest.FixtureRequest) -> None:
        self.names: dict[str, Any] = {"app": platform()}
        self._request = request
        (folder / "export.json").write_text(EXPORT)
        (folder / "token").write_text("token")

    def python(self, block: Block) -> None:
        exec(compile("\n" * block.line + block.text, "README.md", "exec"), self.names)

    def sh(self, block: Block) -> None:
        for line in block.text.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words:
                RUN_BY[words[0]](words[1:])

    def sql(self, block: Block) -> None:
        """Let ClickHouse read what it has no users to run on: its parser refuses what is no statement."""
        server: ClickHouse = self._request.getfixturevalue("clickhouse")
        with closing(clickhouse_connect.get_client(dsn=server.address("default"))) as client:
            for statement in filter(None, map(str.strip, block.text.split(";\n"))):
                assert client.query("SELECT formatQuery(%(text)s)", {"text": statement}).result_rows

    def html(self, block: Block) -> None:
        """What a page of the host asks for is there, also where the host stands behind a prefix."""
        app = platform()
        with closing(open_store("duckdb:///framed.duckdb")) as store:
            store.write([Member("acme", 1, role="owner")])
            app.register_blueprint(PerformanceWidget(store, self.viewer_of), url_prefix="/performance")
            browser = app.test_client()
            for root in ("", "/platform"):
                behind = {"SCRIPT_NAME": root}
                browser.get("/login/1", environ_overrides=behind)
                with app.test_request_context(environ_overrides=behind):
                    asked = Addresses(render_template_string(block.text))
                assert asked.found
                assert [each for each in asked.found if not each.startswith(f"{root}/performance/")] == []
                answers = [
                    browser.get(each.removeprefix(root), environ_overrides=behind).status_code for each in asked.found
                ]
                assert answers == [200] * len(asked.found)

    def toml(self, block: Block) -> None:
        assert tomllib.loads(block.text)

    def text(self, block: Block) -> None:
        """An address or an output, and no command."""
        first = {line.split()[0] for line in block.text.splitlines() if line.strip()}
        assert first.isdisjoint({*RUN_BY, "python", "from", "import", "SELECT", "CREATE", "GRANT"})

    @staticmethod
    def viewer_of(user: User) -> Viewer:
        return Viewer(user.organization_id, user.id, user.role)

    def close(self) -> None:
        for each in self.names.values():
            if hasattr(each, "settle"):
                each.close()


class Addresses(HTMLParser):
    """Collects what markup asks for."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("src", "href", "data-perfwidget") and value]


def perfwidget(words: list[str]) -> None:
    """Run a command of ours; of a server, and of what asks one that is not here, only the arguments are read."""
    into = words[words.index(">") + 1] if ">" in words else None
    words = words[: words.index(">")] if into else words
    if words[0] == "demo":
        assert serving._parser("perfwidget demo").parse_args(words[1:])
    elif words[0] in ("serve", "sync") or "--install" in words or "--remove" in words:
        assert callable(cli._parser().parse_args(words).run)
    else:
        told = io.StringIO()
        with redirect_stdout(told):
            assert cli.main(words) == 0, words
        if into:
            Path(into).write_text(told.getvalue())


def make(words: list[str]) -> None:
    """Let make say what it would do."""
    done = subprocess.run(["make", "--dry-run", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for word in words:
        if word.startswith("ARGS="):
            assert word.removeprefix("ARGS=") in done.stdout


def pip(words: list[str]) -> None:
    """See that what would be installed is this package, with extras that it has."""
    [install, what] = words
    extras = re.fullmatch(r"(?:\.|perfwidget)(?:\[([\w,]+)\])?", what)
    assert install == "install"
    assert extras
    assert set((extras[1] or "").split(",")) - {""} <= set(declared()["options.extras_require"])


RUN_BY: Mapping[str, Callable[[list[str]], None]] = {"perfwidget": perfwidget, "make": make, "pip": pip}
RUN = ("python", "sh", "sql", "html", "toml", "text")


@pytest.fixture
def page(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """An empty folder in which a page's blocks run."""
    monkeypatch.chdir(tmp_path)
    opened = Page(tmp_path, request)
    yield opened
    opened.close()


@pytest.mark.parametrize("readme", [each for each in READMES if blocks(each)], ids=shown)
def test_every_block_runs(readme: Path, page: Page) -> None:
    elsewhere = ELSEWHERE.get(shown(readme), set())
    for block in blocks(readme):
        if block.language not in elsewhere:
            assert block.language in RUN, f"line {block.line}: a block has one of the languages {', '.join(RUN)}"
            getattr(page, block.language)(block)


def test_every_fence_is_a_block_that_is_seen() -> None:
    for readme in READMES:
        assert len(re.findall(r"^\s*(?:```|~~~)", readme.read_text(), re.MULTILINE)) == 2 * len(blocks(readme))


# -- The README at the top --------------------------------------------------------------------------------------------


def test_the_host_of_the_readme_shows_the_facts_of_the_readme(page: Page) -> None:
    for block in blocks(README):
        if block.language == "python":
            page.python(block)
    with page.names["store"].reading() as reader:
        kept = {fact: len(list(reader.kept(fact, "acme", "3", None))) for fact in (Annotation, Comment)}
    assert kept == {Annotation: 1, Comment: 0}
    owner = page.names["app"].test_client()
    owner.get("/login/1")
    with page.names["app"].test_request_context():
        links = [
            url_for("perfwidget.index", entry="home"),
            url_for("perfwidget.index", entry="organization"),
            url_for("perfwidget.index", entry="members", project=3),
        ]
    assert [owner.get(link).status_code for link in links] == [200, 200, 200]
    address = "/performance/export/report.json?user=7&from=2026-03-02&to=2026-03-02&tz=UTC"
    told = owner.get(address).json
    assert told["summary"]["submitted_annotations"] == 1
    assert told["summary"]["total_time"] == 61.5
    assert told["summary"]["performance_score"] == 0.9


def test_its_example_has_every_fact_column_and_word(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    [example] = [block.text for block in blocks(README) if "store.write(" in block.text]
    given: dict[type, set[str]] = {}
    for fact in FACTS:
        made = fact.__init__

        def note(self: Any, *values: Any, made: Any = made, fact: type = fact, **named: Any) -> None:
            names = [column.name for column in fact.columns()]  # type: ignore[attr-defined]
            given.setdefault(fact, set()).update(names[: len(values)], named)
            made(self, *values, **named)

        monkeypatch.setattr(fact, "__init__", note)
    with closing(open_store("duckdb:///performance.duckdb")) as store:
        page.names["store"] = store
        exec(example, page.names)
    assert {fact: {column.name for column in fact.columns()} - given.get(fact, set()) for fact in FACTS} == {
        fact: set() for fact in FACTS
    }
    known = {word for words in WORDS.values() for word in words.known} | set(RECORDED_KINDS)
    known |= {str(flag.name) for flag in AnnotationFlag}
    assert known - set(re.findall(r"\w+", example)) == set()


# -- PostgreSQL -------------------------------------------------------------------------------------------------------

CHANGES = "CREATE VIEW performance.changes"
ON_POSTGRESQL = ROOT / "perfwidget/stores/postgresql/README.md"


@pytest.fixture
def database(postgresql: Server) -> Iterator[str]:
    """A database of its own, and no role of the examples behind it."""
    with psycopg.connect(postgresql.address(), autocommit=True) as server:
        server.execute("CREATE DATABASE examples")
        yield postgresql.address(database="examples")
        server.execute("DROP DATABASE examples WITH (FORCE)")
        server.execute("DROP ROLE IF EXISTS dashboard")


def test_no_other_sql_stands_on_its_page() -> None:
    run = [statements(each) for each in ("CREATE ROLE", "CREATE TABLE person", "CREATE SCHEMA performance", CHANGES)]
    assert run == [block.text for block in blocks(ON_POSTGRESQL) if block.language == "sql"]


def statements(beginning: str) -> str:
    """Return the block of SQL on the page that begins so."""
    [found] = [
        block.text for block in blocks(ON_POSTGRESQL) if block.language == "sql" and block.text.startswith(beginning)
    ]
    return found


def test_the_role_that_only_looks_can_read_and_no_more(database: str, postgresql: Server) -> None:
    with closing(open_store(database)) as store:
        store.write([Member("acme", 7, role="annotator")])
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(statements("CREATE ROLE"))
    with closing(open_store(postgresql.address("dashboard", "examples"), create=False)) as store:
        asked = report(store, Viewer("acme", "me", "owner"), user=7, first="2024-03-01", last="2024-03-31")
        assert asked.values["submitted_annotations"] == 0
        with pytest.raises(StoreUnavailable):
            store.write([Member("acme", 8, role="annotator")])


def test_the_views_over_tables_of_a_host_are_a_store(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(statements("CREATE TABLE person"))
        owner.execute(statements("CREATE SCHEMA performance"))
        owner.execute(statements(CHANGES))
        owner.execute("INSERT INTO person VALUES (7, 1, 'ann@acme.example', 'Ann', 'annotator')")
        owner.execute("INSERT INTO project VALUES (3, 1, 'Invoices')")
        owner.execute("INSERT INTO project_person VALUES (3, 7)")
        owner.execute("INSERT INTO answer VALUES (5, 3, 4, 7, '2024-03-04 09:00Z', '2024-03-04 10:00Z', 61.5)")
    with closing(open_store(f"{database}?views=performance")) as store:
        asked = report(store, Viewer(1, 7, "annotator"), user=7, first="2024-03-01", last="2024-03-31")
        assert asked.values["total_time"] == 61.5
        assert asked.values["updated"] == 1
        with store.reading() as reader:
            before = reader.changes("1")
        with psycopg.connect(database, autocommit=True) as owner:
            owner.execute("UPDATE answer SET changed_at = '2024-03-04 11:00Z'")
        with store.reading() as reader:
            assert reader.changes("1") != before
