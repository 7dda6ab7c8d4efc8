"""What others may try: pages of other sites in a member's browser, and made-up sessions while Label Studio hangs."""

import select
import socket
import threading
from collections import Counter
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.label_studio.company import OWNER, company
from tests.label_studio.stand_in import TOKEN, standing_in
from tests.security.attack.finding import Finding
from tests.security.attack.hunger import Demand, hungry
from tests.security.attack.members import REPORT
from tests.security.attack.running import PATIENT, ROOT, Answer, Server, Visitor, running, signed_in
from tests.security.raw_requests import CALLBACK

# -- Other sites ------------------------------------------------------------------------------------------------------

FOREIGN: tuple[Mapping[str, str], ...] = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Origin": "https://evil.example"},
    {"Referer": "https://evil.example/page"},
)
SEEN, HIDDEN, ABSENT = "user=7005", "user=7004", "user=nobody"
"""Whom the annotator may see, whom they may not, and who is not there."""
PATHS = (
    *(
        f"/performance/export/{file}?{who}&preset=last_30_days&metric=total_time"
        for file in ("report.json", "report.csv", "timeline.csv", "comments.csv", "rows.csv")
        for who in (SEEN, HIDDEN, ABSENT)
    ),
    "/performance/session",
    "/performance/_dash-layout",
    "/performance/_dash-dependencies",
)
OF_ONE_ANSWER_ONLY = {"date", "set-cookie"}


def other_sites(port: int) -> list[Finding]:
    """Ask as other sites' pages make a member's browser ask; whoever is signed in, one answer is as another."""
    annotator, nobody = signed_in(port, "annotator"), Visitor(port)
    answers: list[Answer] = []
    taken: dict[str, list[float]] = {SEEN: [], HIDDEN: [], ABSENT: []}
    for headers in FOREIGN:
        for path in PATHS:
            for visitor in (annotator, nobody):
                answer = visitor.get(path, **headers)
                answers.append(answer)
                for who, seconds in taken.items():
                    if who in path and visitor is annotator:
                        seconds.append(answer.seconds)
    assert [annotator.get(f"{REPORT}{who}").status for who in (SEEN, HIDDEN, ABSENT)] == [200, 403, 403]
    told = Counter(map(_comparable, answers))
    times = ", ".join(f"{who} {1000 * median(seconds):.1f} ms" for who, seconds in taken.items())
    pages = [annotator.get(f"/performance/?{SEEN}", **headers) for headers in FOREIGN]
    body = annotator.figures(SEEN)
    posts = [annotator.post(CALLBACK, body, **headers) for headers in FOREIGN if "Referer" not in headers]
    attack = "another site"
    return [
        Finding(
            f"{attack}: data, files and session are one and the same refusal",
            len(answers) - max(told.values()),
            len(answers),
            f"{len(told)} different answers; {times}",
        ),
        Finding(f"{attack}: calls refused", sum(each.status < 400 for each in posts), len(posts)),
        Finding(f"{attack}: links to the page lead to it", sum(each.status != 200 for each in pages), len(pages)),
    ]


def _comparable(answer: Answer) -> tuple[object, ...]:
    headers = sorted((name.lower(), value) for name, value in answer.headers.items())
    return answer.status, answer.body, *(each for each in headers if each[0] not in OF_ONE_ANSWER_ONLY)


# -- Label Studio -----------------------------------------------------------------------------------------------------

MADE_UP = 200
ASKED = 10
WAITING = 2


def hanging_label_studio(checkout: Path = ROOT) -> list[Finding]:
    """Ask with made-up sessions on 200 connections while Label Studio takes questions and answers none."""
    hanging, over = threading.Semaphore(0), threading.Event()
    most, waiting = 0, set[socket.socket]()
    counting = threading.Lock()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        nonlocal most
        with counting:
            waiting.add(handler.connection)
            most = max(most, sum(not left(each) for each in waiting))
        hanging.release()
        while not over.wait(0.05) and not left(handler.connection):
            pass
        with counting:
            waiting.remove(handler.connection)

    with standing_in() as studio, TemporaryDirectory() as folder:
        company(studio)
        source = ("--label-studio", studio.address, "--store", f"duckdb:///{folder}/facts.duckdb", "--token", TOKEN)
        with running(*source, checkout=checkout) as server:
            known = Visitor(server.port, {"sessionid": f"session-{OWNER}"})
            while known.get("/performance/session").status != 204:  # until the first reading of Label Studio
                threading.Event().wait(0.1)
            known.patience = 5
            studio.faults["current-user"] = hang
            made_up = [
                Demand("GET", "/performance/session", {"Cookie": f"sessionid=made-up-{number}"})
                for number in range(MADE_UP)
            ]
            with hungry(server.port, made_up, connections=MADE_UP) as hunger:
                assert hanging.acquire(timeout=PATIENT)
                sessions = [known.get("/performance/session") for _ in range(ASKED)]
                health = [known.get("/healthz") for _ in range(ASKED)]
            over.set()
            log = logged("Label Studio hangs", server)
    taken = [each.seconds for each in sessions + health]
    times = f"median {median(taken):.2f} s, at most {max(taken):.2f} s"
    flood, later = hunger.answers.total(), hunger.answers["503 later"] + hunger.answers["503"]
    attack = f"Label Studio hangs under {MADE_UP} made-up sessions"
    return [
        Finding(f"{attack}: people who are known are served", sum(each.status != 204 for each in sessions), ASKED),
        Finding(f"{attack}: the server says that it is well", sum(each.status != 200 for each in health), ASKED),
        Finding(f"{attack}: these within a second", sum(each > 1 for each in taken), 2 * ASKED, times, timed=True),
        Finding(f"{attack}: threads wait for it, {WAITING} at most", max(most - WAITING, 0), most),
        Finding(f"{attack}: these are told to come back", flood - later, flood),
        log,
    ]


def left(connection: socket.socket) -> bool:
    """Say whether who asked waits no longer for an answer."""
    readable, _, _ = select.select([connection], [], [], 0)
    return bool(readable) and not connection.recv(1, socket.MSG_PEEK)


# -- The log ----------------------------------------------------------------------------------------------------------

MOST_SAID = 2_000


def logged(attack: str, server: Server) -> Finding:
    """Look at what a server's log says of an attack: few lines, and no traceback."""
    said = server.said()
    wrong = said.count(b"Traceback") + int(len(said) > MOST_SAID)
    return Finding(f"{attack}: lines in the log that may be there", wrong, said.count(b"\n") + 1, f"{len(said)} bytes")
