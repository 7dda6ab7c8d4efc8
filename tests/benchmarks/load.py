"""How a host's own pages fare while many dashboards change their filters, and while somebody attacks: `make load`.

One server (waitress, ten threads) over an embedded store of a million annotations of 200 members; wrk asks it over
loopback, first for the host's page alone, then for that page and for figures at once. At last one annotator does all at
once that `tests/security/attack/` has for them. Everything runs on this machine, so the clients take a part of its
processors, too; the attacker yields to the server, and takes a breath of 0.1 s between an answer and the next question
on each of 40 connections, as the way over a network takes. The exit status says whether the promise is kept.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from waitress.server import create_server

from perfwidget import open_store
from perfwidget.facts import Annotation, Fact, Member, Project
from tests.hosts import asking_body, host
from tests.security.attack.hunger import Demand, hungry
from tests.security.attack.members import HEAVIEST, READERS, everything
from tests.security.attack.running import Visitor

ORGANIZATION = "acme"
MEMBERS, ANNOTATIONS = 200, 1_000_000
SECONDS = 15
ROWS = "/performance/export/rows.csv?"
PROMISED = 20.0
"""Milliseconds by which a host's page may be slower in the median while one annotator attacks."""


def facts() -> Iterator[Fact]:
    """Yield the members, twenty projects and what was done in the last two years; the same on every run of a day."""
    drawn = random.Random(7)
    yield Member(ORGANIZATION, "boss", "boss@acme.example", "Boss", role="owner")
    yield from (Member(ORGANIZATION, f"m{each}", None, f"Member {each}", role="annotator") for each in range(MEMBERS))
    yield from (Project(ORGANIZATION, f"p{each}", None, title=f"Project {each}") for each in range(20))
    end = datetime.now(UTC)
    for each in range(ANNOTATIONS):
        when = end - timedelta(seconds=drawn.randrange(2 * 365 * 86_400))
        if each == 0:
            when = datetime(1970, 1, 2, tzinfo=UTC)
        yield Annotation(
            ORGANIZATION,
            each,
            f"p{drawn.randrange(20)}",
            each,
            f"m{drawn.randrange(MEMBERS) if each else 0}",
            created_at=when,
            completed_at=when,
            updated_at=when,
            lead_time=drawn.lognormvariate(4, 1),
            last_action=drawn.choice(("submitted", "submitted", "updated", "accepted", "rejected")),
        )


def serve(address: str) -> None:
    """Serve the host until standard input ends; the port is the only line said."""
    app = host(open_store(address))
    app.add_url_rule(
        "/page", "page", lambda: "<!doctype html><title>The host's own page</title>" + "<p>Text.</p>" * 200
    )
    server = create_server(app, host="127.0.0.1", port=0, threads=10)
    sys.stdout.write(f"{server.effective_port}\n")
    sys.stdout.flush()
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    server.run()


def wrk(address: str, connections: int, cookie: str, body: str = "") -> subprocess.Popen[str]:
    script = Path(__file__).with_name("load.lua")
    asked = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--timeout", "30s", "-s", str(script), address]
    environment = os.environ | {"COOKIE": cookie, "BODY": body}
    return subprocess.Popen(asked, stdout=subprocess.PIPE, text=True, env=environment)


def result(running: subprocess.Popen[str]) -> list[float]:
    said, _ = running.communicate()
    [line] = [line for line in said.splitlines() if line.startswith("RESULT")]
    return [float(number) for number in line.split()[1:]]


def attacked(port: int, cookie: str) -> tuple[list[float], str]:
    """Return how the host's page fares while one annotator does all at once, and what they were answered."""
    annotator = Visitor(port)
    annotator.get("/login?as=m0:annotator")
    file = Demand("GET", f"{ROWS}{HEAVIEST}&metric=submitted_annotations", annotator.headers())
    with hungry(port, everything(annotator), [file] * READERS) as hunger:
        page = result(wrk(f"http://127.0.0.1:{port}/page", 4, cookie))
    return page, ", ".join(f"{count} × {status}" for status, count in sorted(hunger.answers.items()))


def main() -> int:
    """Print the tables."""
    if not shutil.which("wrk"):
        sys.exit("The load test needs wrk: apt-get install wrk")
    folder = Path(tempfile.mkdtemp(prefix="perfwidget-load-"))
    address = f"duckdb:///{folder}/facts.duckdb"
    store = open_store(address)
    sys.stderr.write(f"Writing {ANNOTATIONS:,} annotations …\n")
    store.write(facts())
    browser = host(store).test_client()
    browser.get("/login?as=boss:owner")
    body = json.dumps(asking_body(browser, "asked", {"question": "@QUESTION@"}))
    store.close()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.load", "serve", address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdin and server.stdout
    base = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    said = subprocess.run(["curl", "-si", f"{base}/login?as=boss:owner"], capture_output=True, text=True, check=True)
    cookie = next(line.split(": ")[1].split(";")[0] for line in said.stdout.splitlines() if "et-Cookie" in line)
    callback = f"{base}/performance/_dash-update-component"
    rows = [("host's page, nobody else", result(wrk(f"{base}/page", 4, cookie)))]
    for dashboards in (1, 10, 50):
        figures, page = wrk(callback, dashboards, cookie, body), wrk(f"{base}/page", 4, cookie)
        rows.append((f"host's page, beside {dashboards} dashboards", result(page)))
        rows.append((f"figures, {dashboards} dashboards", result(figures)))
    beside, told = attacked(int(base.rpartition(":")[2]), cookie)
    rows.append(("host's page, beside one annotator's attack", beside))
    server.stdin.close()
    server.wait()
    shutil.rmtree(folder)
    heads = ("asked for", "answers a second", "p50 ms", "p95 ms", "p99 ms", "asked again", "errors")
    sys.stdout.write(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|\n")
    for name, (rate, p50, p95, p99, again, errors) in rows:
        sys.stdout.write(f"| {name} | {rate:,.1f} | {p50:.1f} | {p95:.1f} | {p99:.1f} | {again:.0f} | {errors:.0f} |\n")
    idle, slower = rows[0][1][1], beside[1] - rows[0][1][1]
    sys.stdout.write(
        f"\nThe host's page in the median: {idle:.1f} ms idle, {beside[1]:.1f} ms beside the attack, {slower:.1f} ms "
        f"more of at most {PROMISED:.0f}. The attacker was answered {told}.\n"
    )
    return 1 if slower > PROMISED else 0


if __name__ == "__main__":
    sys.exit(serve(sys.argv[2]) if sys.argv[1:2] == ["serve"] else main())
