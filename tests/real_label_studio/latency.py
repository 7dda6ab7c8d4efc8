"""How long it takes from a submit in a real Label Studio to the number on the dashboard, with many projects.

`python -m tests.real_label_studio.latency [--projects N] [--submits N]` prints the median and the longest of the waits,
without webhooks and with, and how often an idle dashboard asks Label Studio.
"""

import argparse
import random
import tempfile
from pathlib import Path
from statistics import median
from threading import Event
from time import monotonic

from tests.real_label_studio.conftest import Beside, beside
from tests.real_label_studio.label_studio import ADMIN, Person, running
from tests.real_label_studio.test_beside import submitted, through

IDLE = 60
"""Seconds for which nobody does anything."""


def main() -> None:
    """Print the waits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=300)
    parser.add_argument("--submits", type=int, default=21)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running(Path(name)) as server:
        admin = Person(server.address, ADMIN).sign_in()
        token = str(admin.post("token/")["token"])
        projects = [admin.make_project(f"Project {number}", tasks=1) for number in range(wanted.projects)]
        for project in projects:
            admin.submit(admin.tasks(project)[0])
        done = len(projects)
        for way in ("polling", "webhooks"):
            folder = Path(name) / way
            folder.mkdir()
            options = ["--install-webhooks"] if way == "webhooks" else []
            begun = monotonic()
            with beside(folder, server, token, *options) as front:
                _wait(front, admin, done)
                print(f"{way}: {wanted.projects} projects read {monotonic() - begun:.0f} s after the start", flush=True)
                told = _asked(Path(name))
                Event().wait(IDLE)
                print(f"  {_asked(Path(name)) - told} requests in {IDLE} idle seconds", flush=True)
                done += wanted.submits
                waits = [_submit(front, admin, random.choice(projects)) for _ in range(wanted.submits)]
                print(f"  submit to number: median {median(waits):.2f} s, longest {max(waits):.2f} s", flush=True)


def _wait(front: Beside, admin: Person, total: int) -> None:
    while True:
        answer = through(front, admin, "export/report.json", members="all", preset="all_time")
        if answer.status_code == 200 and answer.json()["summary"]["submitted_annotations"] == total:
            return
        Event().wait(0.5)


def _submit(front: Beside, admin: Person, project: int) -> float:
    """Submit something, and return for how many seconds the dashboard showed the number before."""
    [task] = admin.tasks(project)
    Event().wait(random.uniform(0, 3))  # at no special moment of whoever polls
    before = submitted(front, admin, project=str(project))
    admin.submit(task)
    begun = monotonic()
    while submitted(front, admin, project=str(project)) == before:
        Event().wait(0.02)
    return monotonic() - begun


def _asked(folder: Path) -> int:
    """Return how many requests Label Studio has logged."""
    return (folder / "log").read_text(errors="replace").count('"GET /api/')


if __name__ == "__main__":
    main()
