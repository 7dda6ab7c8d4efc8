"""What a member may try who is signed in to the sample platform."""

import csv
import io
import json
import re
import unicodedata
from statistics import median
from threading import Event
from time import perf_counter

from tests.security.attack.finding import Finding
from tests.security.attack.hunger import CONNECTIONS, Demand, hungry
from tests.security.attack.running import Answer, Visitor, signed_in
from tests.security.corpus import HOSTILE
from tests.security.raw_requests import CALLBACK, fails, sent, strange

HEAVIEST = "preset=all_time&grain=day&tz=UTC"
"""As the annotator has a fact in 1970, no question has more days."""
ORDINARY = "preset=last_30_days&grain=day&tz=UTC"
REPORT = "/performance/export/report.json?"
TIMELINE = "/performance/export/timeline.csv?"
READERS = 20
MOST_HELD = 2
"""Files that one member may have at once, of the four that there are places for."""
TOO_LARGE = 70_000
"""Bytes, more than the 65,536 that a callback may have."""
GIVEN_UP = 240
"""Seconds after which a small file counts as kept away by readers that are slow."""


def demands(visitor: Visitor) -> list[Demand]:
    """Return everything heavy that a visitor may ask for."""
    headers = visitor.headers()
    body = visitor.figures(HEAVIEST).decode()
    sought = visitor.question("seek", {"kind": "project", "text": "", "workspaces": []}).decode()
    json_headers = headers | {"Content-Type": "application/json"}
    return [
        Demand("POST", CALLBACK, json_headers, body),
        Demand("GET", REPORT + HEAVIEST, headers),
        Demand("POST", CALLBACK, json_headers, sought),
        Demand("GET", "/performance/_dash-layout", headers),
    ]


def everything(visitor: Visitor) -> list[Demand]:
    """Return that, and what is refused: bodies that are too large, and requests as from another site."""
    headers = visitor.headers() | {"Content-Type": "application/json"}
    return [
        *demands(visitor),
        Demand("POST", CALLBACK, headers, "x" * TOO_LARGE),
        Demand("GET", REPORT + HEAVIEST, visitor.headers() | {"Sec-Fetch-Site": "cross-site"}),
    ]


def questions(port: int, asked: int = 30) -> list[Finding]:
    """Ask the heaviest question on forty connections, while another member asks ordinary ones."""
    hog, other = signed_in(port, "annotator"), signed_in(port, "reviewer")
    heaviest, ordinary = hog.figures(HEAVIEST), other.figures(ORDINARY)
    one = median(hog.post(CALLBACK, heaviest).seconds for _ in range(5))
    alone = median(other.post(CALLBACK, ordinary).seconds for _ in range(asked))
    with hungry(port, demands(hog)[:1]) as hunger:
        figures = [other.post(CALLBACK, ordinary) for _ in range(asked)]
    with hungry(port, demands(hog)):
        others = [other.get(path) for path in (REPORT + ORDINARY, "/performance/_dash-layout") for _ in range(asked)]
    beside = median(each.seconds for each in figures)
    most = 3 * alone + one
    times = f"median {alone:.3f} s alone, {beside:.3f} s beside it; the heaviest takes {one:.3f} s"
    attack = f"one member on {CONNECTIONS} connections"
    return [
        Finding(f"{attack}: another's questions answered", _refused(figures), asked),
        Finding(f"{attack}: another's pages and reports answered", _refused(others), len(others)),
        Finding(f"{attack}: as fast as promised", int(beside > most), 1, times, timed=True),
        Finding(f"{attack}: their own answered, or told to come back", _failed(hunger.answers), hunger.answers.total()),
    ]


def _refused(answers: list[Answer]) -> int:
    return sum(each.status != 200 for each in answers)


def _failed(answers: dict[str, int]) -> int:
    return sum(count for status, count in answers.items() if status not in ("200", "503 later"))


def downloads(port: int, asked: int = 20) -> list[Finding]:
    """Read many large files slowly, while another member wants small ones."""
    hog, other = signed_in(port, "annotator"), signed_in(port, "reviewer")
    large = Demand("GET", TIMELINE + "preset=all_time", hog.headers())
    with hungry(port, files=[large] * READERS) as hunger:
        files = [other.get(TIMELINE + ORDINARY) for _ in range(asked)]
    held = hunger.files["200"]
    attack = f"one member's {READERS} slow readers"
    return [
        Finding(f"{attack}: another's small files sent", _refused(files), asked),
        Finding(f"{attack}: told to come back", max(held - MOST_HELD, 0), READERS, f"{held} were sent to at once"),
    ]


def slow_readers(port: int) -> list[Finding]:
    """Let two members take all places of files with slow readers, until a third one's small file finds a place."""
    takers, third = [signed_in(port, name) for name in ("annotator", "owner")], signed_in(port, "reviewer")
    about = "preset=all_time&user=7005"
    large = [Demand("GET", TIMELINE + about, each.headers()) for each in takers]
    began = perf_counter()
    with hungry(port, files=large * MOST_HELD):
        assert third.get(TIMELINE + ORDINARY).status == 503  # all places are taken
        while (file := third.get(TIMELINE + ORDINARY)).status == 503 and perf_counter() - began < GIVEN_UP:
            Event().wait(1)
    told = f"after {perf_counter() - began:.0f} s" if file.status == 200 else f"not within {GIVEN_UP} s"
    attack = "two members' slow readers in all places"
    return [Finding(f"{attack}: a third one's small file sent", int(file.status != 200), 1, told)]


def bodies(port: int) -> list[Finding]:
    """Send what no client sends, and bodies of callbacks that are too large or of no shape."""
    visitor = signed_in(port, "annotator")
    ordinary = visitor.figures(ORDINARY)
    cookie = visitor.headers()["Cookie"].encode()
    token = b"X-CSRFToken: " + visitor.headers()["X-CSRFToken"].encode()
    wrong = [what for what, raw in strange(cookie, ordinary, token).items() if fails(sent(port, raw))]
    large = json.dumps(json.loads(ordinary) | {"more": "x" * TOO_LARGE}).encode()
    deep = b"[" * 30_000 + b"]" * 30_000
    told = {what: visitor.post(CALLBACK, body).status for what, body in (("large", large), ("deep", deep), ("", b"{"))}
    wrong += [what for what, status in told.items() if status not in (400, 413)]
    wrong += [] if visitor.post(CALLBACK, ordinary).status == 200 else ["a question afterwards"]
    number = len(strange(b"", b"")) + len(told) + 1
    return [Finding("odd and oversized requests: refused, and no failure", len(wrong), number, ", ".join(wrong))]


FILES = ("timeline.csv", "comments.csv", "report.csv", "rows.csv")
SEPARATORS = re.compile("[,;|\t\r\n]")


def formulas(port: int) -> list[Finding]:
    """Look for formulas in the files of a member whose projects and comments have hostile names."""
    visitor = signed_in(port, "annotator")
    projects = "".join(f"&project=hostile-{number}" for number, each in enumerate(HOSTILE) if each.name != "long")
    asked = f"from=2024-03-01&to=2024-03-01&tz=UTC&metric=submitted_annotations{projects}"
    cells = pieces = formulas = 0
    for name in FILES:
        began = perf_counter()
        while (answer := visitor.get(f"/performance/export/{name}?{asked}")).status == 503:
            assert perf_counter() - began < GIVEN_UP, (name, answer)  # for readers of an attack before have a place yet
            Event().wait(0.2)
        assert answer.status == 200, (name, answer)
        for row in csv.reader(io.StringIO(answer.body.decode(), newline="")):
            for cell in row:
                cells += 1
                parts = SEPARATORS.split(cell)
                pieces += len(parts)
                formulas += sum(map(_formula, parts))
    attack = "formulas in names and comments"
    return [Finding(f"{attack}: pieces of cells in files that are none", formulas, pieces, f"{cells} cells")]


def _formula(cell: str) -> bool:
    """Say whether a spreadsheet would take a cell for a formula; a number is none."""
    visible = [each for each in cell if unicodedata.category(each) not in ("Cc", "Cf", "Zs", "Zl", "Zp")]
    first = unicodedata.normalize("NFKC", visible[0])[:1] if visible else ""
    return first in set("=+-@|%") and not re.fullmatch(r"-?\d+(\.\d+)?", cell)
