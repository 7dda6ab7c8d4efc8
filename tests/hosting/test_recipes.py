"""The recipes for production, followed as a newcomer would: servers, proxies, the reloader, containers, a unit."""

import http.client
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, expect
from ruamel.yaml import YAML
from waitress.server import create_server

from perfwidget import cli
from perfwidget.errors import PerfwidgetError
from perfwidget.stores import open_store
from tests.engines.server import BINARIES, Server
from tests.hosting.standing_up import (
    PASSWORD,
    RECIPES,
    ROOT,
    SCRAPES,
    Browser,
    command_of_unit,
    compose,
    fits_compose_schema,
    host,
    program,
    proxy,
    recipe,
    until,
)
from tests.label_studio.standing_up import block as label_studio_block
from tests.worlds import annotation, ask, people

REPORT = "/performance/export/report.json?user=ann&from=2024-03-01&to=2024-03-31&tz=UTC"
PROMETHEUS = {"Authorization": f"Bearer {SCRAPES}"}
RELOADER = ["flask", "--app", "wsgi", "run", "--debug", "--port", "8000"]


@pytest.fixture
def embedded(tmp_path: Path) -> str:
    """Return the address of an embedded store with two annotations, 30 s and 40 s long."""
    return filled(f"duckdb:///{tmp_path}/facts.duckdb")


def filled(address: str) -> str:
    times = enumerate((30, 40), 1)
    with closing(open_store(address)) as store:
        store.write([*people(), *(annotation(each, "2024-03-05 12:00", lead_time=time) for each, time in times)])
    return address


def total_time(browser: Browser, below: str = "") -> object:
    answer = browser.ask(f"{below}{REPORT}")
    return json.loads(answer.text)["summary"]["total_time"] if answer.status == 200 else answer


# -- Servers ----------------------------------------------------------------------------------------------------------


def test_many_workers_share_a_postgresql_store(postgresql: Server, tmp_path: Path) -> None:
    """The command of the compose file; a session is good in each worker, and one that dies takes none with it."""
    command = compose()["services"]["platform"]["command"]
    with host(command, tmp_path, filled(postgresql.new_store())) as served:
        browser = served.browser()
        browser.sign_in("boss@example.com")
        assert [total_time(browser) for _ in range(12)] == [70.0] * 12
        workers: set[str] = set()

        def scraped() -> set[str]:
            text = browser.ask("/performance/metrics", **PROMETHEUS).text
            [worker] = set(re.findall('process="([0-9]+)"', text))  # one scrape speaks of one
            workers.add(worker)
            return workers

        assert until(lambda: len(scraped()) == 3)
        os.kill(int(workers.pop()), signal.SIGKILL)
        assert until(lambda: total_time(browser) == 70.0)
        assert served.end() == 0


def test_many_threads_share_an_embedded_file(embedded: str, tmp_path: Path) -> None:
    """The command of the unit; who reloads or ends the server finds the file closed, and nothing of it lost."""
    with host(command_of_unit(), tmp_path, embedded) as served:
        browser = served.browser()
        browser.sign_in("anna@example.com")
        assert total_time(browser) == 70.0
        first = worker_of(browser)
        served.process.send_signal(signal.SIGHUP)
        assert until(lambda: browser.is_ready() and worker_of(browser) != first)
        assert total_time(browser) == 70.0
        assert served.end() == 0
    assert not (tmp_path / "facts.duckdb.wal").exists()
    assert "Traceback" not in served.log.read_text()


def worker_of(browser: Browser) -> str:
    return re.findall('process="([0-9]+)"', browser.ask("/performance/metrics", **PROMETHEUS).text)[0]


def test_many_workers_on_an_embedded_file_are_told_what_to_do(embedded: str, tmp_path: Path) -> None:
    command = [word.replace("1", "2") if word == "1" else word for word in command_of_unit()]
    with host(command, tmp_path, embedded) as served:
        told = "in another worker of this server; run one worker with many threads"
        browser = served.browser()
        assert until(lambda: browser.health() is not None and told in served.log.read_text())
        assert served.end() == 0


def test_the_reloader_begins_anew_and_the_store_is_free(embedded: str, tmp_path: Path) -> None:
    app = shutil.copy(RECIPES / "wsgi.py", tmp_path)
    with host(RELOADER, tmp_path, embedded, tmp_path) as served:
        browser = served.browser()
        first = worker_of(browser)
        Path(app).write_text(Path(app).read_text() + "\n")
        assert until(lambda: browser.is_ready() and worker_of(browser) != first)
        assert "is open in" not in served.log.read_text()


def test_a_host_that_asks_its_store_before_the_reloader_is_told_so(embedded: str, tmp_path: Path) -> None:
    app = recipe("wsgi.py", **{"    atexit.register": "    store.settle()\n    atexit.register"})
    (tmp_path / "wsgi.py").write_text(app)
    with host(RELOADER, tmp_path, embedded, tmp_path, ready=False) as served:
        told = "in the first process of Flask's debug reloader, which only watches files"
        assert until(lambda: told in served.log.read_text())


def test_a_database_that_is_away_when_the_server_starts_is_told_and_comes_back(
    postgresql: Server, tmp_path: Path
) -> None:
    address = filled(postgresql.new_store())
    command = compose()["services"]["platform"]["command"]
    with postgresql.away() as come_back, host(command, tmp_path, address, ready=False) as served:
        browser = served.browser()
        assert until(lambda: (browser.health() or {}).get("store") == "away")
        come_back()
        assert until(browser.is_ready)
        lines = [json.loads(line) for line in served.log.read_text().splitlines() if line.startswith("{")]
        assert "cannot be opened" in lines[0]["message"]
        assert "Traceback" not in served.log.read_text()


def test_a_person_signs_in_and_sees_their_figures(
    open_page: Callable[..., Page], embedded: str, tmp_path: Path
) -> None:
    """The recipe's own pages and the frame in them, in a browser that obeys their policies."""
    with host(command_of_unit(), tmp_path, embedded) as served:
        page = open_page()
        page.goto(f"http://127.0.0.1:{served.port}/")
        page.get_by_label("E-mail").fill("anna@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        framed = page.frame_locator("iframe")
        expect(framed.get_by_role("button", name="Submitted Annotations")).to_be_visible()


# -- Proxies ----------------------------------------------------------------------------------------------------------

PLACES = {"platform.example.com": "", "tools.example.com": "/platform"}


@pytest.mark.parametrize("kind", ["nginx", "caddy"])
def test_the_platform_stands_behind_a_proxy_at_the_root_and_below_a_path(
    kind: str, embedded: str, tmp_path: Path
) -> None:
    with host(command_of_unit(), tmp_path, embedded) as served, proxy(kind, tmp_path, served.port) as (port, made):
        for name, below in PLACES.items():
            browser = Browser(port, name, made.certificate)
            sent = browser.ask(f"{below}/performance/").headers["Location"]
            assert sent.startswith(f"{below}/login?next=")
            browser.sign_in("anna@example.com", below)
            assert f'data-perfwidget="{below}/performance/?entry=home' in browser.ask(f"{below}/").text
            page = browser.ask(f"{below}/performance/")
            assert page.status == 200
            assert "script-src 'self'" in page.headers["Content-Security-Policy"]
            cookies = " ".join(page.headers.get_all("Set-Cookie", []))
            assert f"Path={below}/performance/" in cookies
            assert "Secure" in cookies
            files = re.findall('(?:src|href)="([^"]+)"', page.text)
            assert len(files) > 10
            assert [
                each for each in files if each.startswith("/") and not each.startswith(f"{below}/performance/")
            ] == []
            for file in (files[0], files[-1]):
                address = file if file.startswith("/") else f"{below}/performance/{file}"
                assert browser.ask(address).status == 200, file
            assert browser.ask(f"{below}/performance/_dash-layout").status == 200
            assert total_time(browser, below) == 70.0
            assert browser.health(below) == {
                "ready": True, "store": "ready", "records": "none", "freshness": "not told"
            }  # fmt: skip
            assert browser.ask(f"{below}/performance/metrics", **PROMETHEUS).status == 404
        assert served.browser().ask("/performance/metrics", **PROMETHEUS).status == 200
        assert served.browser().ask("/performance/metrics").status == 403


@pytest.mark.parametrize("kind", ["nginx", "caddy"])
def test_nobody_tells_the_platform_through_a_proxy_where_it_is(kind: str, embedded: str, tmp_path: Path) -> None:
    lies = {"X_Forwarded_Prefix": "/zqlie", "X_Forwarded_Host": "zqlie.example", "X_Forwarded_Proto": "http"}
    with host(command_of_unit(), tmp_path, embedded) as served, proxy(kind, tmp_path, served.port) as (port, made):
        for name, below in PLACES.items():
            browser = Browser(port, name, made.certificate)
            browser.sign_in("anna@example.com", below)
            page = browser.ask(f"{below}/performance/", **lies)
            assert page.status == 200
            told = page.text + str(page.headers)
            assert "zqlie" not in told
            assert f'"{below}/performance/' in page.text
            assert "Secure" in " ".join(page.headers.get_all("Set-Cookie", []))


def version_of_caddy() -> tuple[int, ...]:
    told = subprocess.run([program("caddy", "caddy"), "version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.findall("[0-9]+", told)[:3]))


@contextmanager
def breaking_off() -> Iterator[int]:
    """Serve a file that breaks off behind its first 100,000 bytes, as a download does that must not go on."""

    def app(_: Mapping[str, Any], start: Any) -> Iterator[bytes]:
        def parts() -> Iterator[bytes]:
            yield b"x" * 100_000
            raise PerfwidgetError("It must not go on.")

        start("200 OK", [("Content-Type", "text/csv")])
        return parts()

    server = create_server(app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server.effective_port
    server.close()


@pytest.mark.parametrize("kind", ["nginx", "caddy", "nginx beside Label Studio"])
def test_a_file_that_breaks_off_is_not_taken_for_whole_behind_a_proxy(kind: str, tmp_path: Path) -> None:
    rules = None
    if kind == "caddy" and version_of_caddy() < (2, 7, 6):
        pytest.skip("needs Caddy 2.7.6: older ones pass a file that broke off on as a whole one, as the README says")
    with breaking_off() as upstream:
        if " " in kind:
            listening = "listen 127.0.0.1:{port} ssl; ssl_certificate {folder}.crt; ssl_certificate_key {folder}.key;"
            rules = label_studio_block("nginx").replace("127.0.0.1:8060", f"127.0.0.1:{upstream}")
            rules = rules.replace("listen 80;", listening.replace("{folder}", f"{tmp_path}/platform"))
        with proxy(kind.partition(" ")[0], tmp_path, upstream, rules) as (port, made):
            browser = Browser(port, "platform.example.com", made.certificate)
            with pytest.raises(http.client.IncompleteRead):
                browser.ask("/performance/export/timeline.csv")


# -- Containers, a unit, a scrape -------------------------------------------------------------------------------------


def test_the_compose_file_is_one_by_its_schema(tmp_path: Path) -> None:
    assert fits_compose_schema(recipe("compose.yaml"), tmp_path)
    wrong = recipe("compose.yaml", **{"restart: unless-stopped": "restart: [sometimes]"})
    assert not fits_compose_schema(wrong, tmp_path)


def test_what_the_compose_file_names_is_there() -> None:
    file = compose()
    services = file["services"]
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        assert {each["source"] for each in service.get("configs", ())} <= set(file["configs"])
        assert {each.partition(":")[0] for each in service.get("volumes", ())} <= set(file["volumes"])
    build = services["platform"]["build"]
    context = (RECIPES / build["context"]).resolve()
    assert context == ROOT
    assert (context / build["dockerfile"]) == RECIPES / "Dockerfile"
    assert services["platform"]["environment"]["ACCOUNTS"] == services["platform"]["configs"][0]["target"]
    wanted = set(re.findall(r'os\.environ(?:\.get\(|\[)"(\w+)"', recipe("wsgi.py")))
    assert wanted == set(services["platform"]["environment"]) - {"PGPASSWORD"}


def test_the_image_runs_what_the_compose_file_does() -> None:
    lines = recipe("Dockerfile").splitlines()
    [command] = [json.loads(line.removeprefix("CMD ")) for line in lines if line.startswith("CMD ")]
    assert command == compose()["services"]["platform"]["command"]
    for line in lines:
        if line.startswith("COPY "):
            assert (ROOT / line.split()[1]).exists(), line
    assert "USER nobody" in lines


def test_the_proxy_of_the_compose_file_has_the_rules_of_the_caddyfile() -> None:
    rules = compose()["configs"]["rules"]["content"].replace("platform:8000", "127.0.0.1:8000")
    assert rules in recipe("Caddyfile")
    assert "127.0.0.1:8000" in rules


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    if (verify := shutil.which("systemd-analyze")) is None:
        pytest.skip("needs systemd-analyze")
    file = tmp_path / "platform.service"
    paths = {"/opt/platform/bin/gunicorn": sys.executable, "User=platform\n": "", "/opt/platform": str(tmp_path)}
    file.write_text(recipe("platform.service", **paths))
    told = subprocess.run([verify, "verify", file], capture_output=True, text=True, check=False)
    assert (told.returncode, [line for line in told.stderr.splitlines() if "platform.service" in line]) == (0, [])


def test_prometheus_asks_what_there_is(embedded: str, tmp_path: Path) -> None:
    [job] = YAML(typ="safe").load(recipe("prometheus.yml"))["scrape_configs"]
    kind = job["authorization"]["type"]
    with host(command_of_unit(), tmp_path, embedded) as served:
        answer = served.browser().ask(job["metrics_path"], Authorization=f"{kind} {SCRAPES}")
    assert (answer.status, "perfwidget_ready{" in answer.text) == (200, True)
    assert job["static_configs"][0]["targets"] == ["platform:8000"]


# -- Backups ----------------------------------------------------------------------------------------------------------


def test_a_running_server_s_store_is_backed_up_and_put_back(embedded: str, tmp_path: Path) -> None:
    copy = tmp_path / "backup.duckdb"
    with host(command_of_unit(), tmp_path, embedded) as served:
        command = [sys.executable, "-m", "perfwidget", "backup", "--store", embedded, str(copy)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        browser = served.browser()
        browser.sign_in("anna@example.com")
        assert total_time(browser) == 70.0
        assert served.end() == 0
    with host(command_of_unit(), tmp_path, f"duckdb:///{copy}") as served:
        browser = served.browser()
        browser.sign_in("anna@example.com")
        assert total_time(browser) == 70.0


def test_postgresql_s_own_programs_save_a_store_and_put_it_back(
    postgresql: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of the page, with this server's addresses."""
    with psycopg.connect(postgresql.address(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE platform")
        connection.execute("CREATE DATABASE another")
    filled(postgresql.address(database="platform"))
    monkeypatch.chdir(tmp_path)
    dump, restore = (words for words in commands() if words[0].startswith("pg_"))
    for words, database in ((dump, "platform"), (restore, "another")):
        here = [word.replace(PLATFORM, postgresql.address(database=database)) for word in words]
        assert here != words
        subprocess.run([BINARIES / here[0], *here[1:]], check=True)  # type: ignore[operator]
    with closing(open_store(postgresql.address(database="another"), create=False)) as store:
        asked = {"user": "ann", "from_": "2024-03-01", "to": "2024-03-31"}
        assert ask(store, **asked).values["total_time"] == 70.0


# -- The page --------------------------------------------------------------------------------------------------------

PAGE = RECIPES.parent / "README.md"
PLATFORM = "postgresql://platform@database/platform"


def commands() -> list[list[str]]:
    """Return the words of every command on the page."""
    blocks = re.findall("```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return [shlex.split(line, comments=True) for text in blocks for line in text.splitlines()]


def test_every_command_of_the_page_is_one_that_tests_run() -> None:
    run = [
        ["gunicorn", *command_of_unit()[1:]],
        compose()["services"]["platform"]["command"],
        RELOADER,
    ]
    ours = [words for words in commands() if words[0] == "perfwidget"]
    others = [words for words in commands() if words[0] != "perfwidget" and not words[0].startswith("pg_")]
    assert others == run
    assert [words[1] for words in ours] == ["backup", "forget"]
    for words in ours:
        assert callable(cli._parser().parse_args(words[1:]).run)


def test_the_page_shows_what_the_health_says(embedded: str, tmp_path: Path) -> None:
    [shown] = re.findall("```text\n({.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    with host(command_of_unit(), tmp_path, embedded) as served:
        assert list(json.loads(shown)) == sorted(served.browser().health() or {}, key=list(json.loads(shown)).index)
        text = served.browser().ask("/performance/metrics", **PROMETHEUS).text
    told = set(re.findall("# TYPE (\\w+)", text))
    assert told == set(re.findall("^\\| `(perfwidget_\\w+)` \\|", PAGE.read_text("utf-8"), re.MULTILINE))


def test_every_recipe_has_its_link() -> None:
    links = set(re.findall(r"\]\(recipes/([^)]+)\)", PAGE.read_text("utf-8")))
    assert links == {file.name for file in RECIPES.iterdir() if file.is_file()}
