"""A real Label Studio whose clock is ahead, is corrected, falls behind: every figure is that of its export."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests

from perfwidget.label_studio.connection import LabelStudio
from perfwidget.label_studio.roles import Roles
from perfwidget.label_studio.sync import Sync
from perfwidget.stores import Store, open_store
from tests.real_label_studio.figures import figures
from tests.real_label_studio.label_studio import ADMIN, Person, Server, running, until
from tests.real_label_studio.test_figures import of

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
"""Of Debian's package `faketime`."""


class Clock:
    """The clock of a server, set by a file that libfaketime reads once a second."""

    server: Server | None = None

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.set("+0")
        self.environment = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, offset: str) -> None:
        """Set it ahead or back by seconds, and wait until the server shows it."""
        self._file.write_text(offset)
        if self.server is not None:
            until(lambda: abs(self._ahead() - float(offset)) < 5, 60, "the clock to be set")

    def _ahead(self) -> float:
        assert self.server is not None
        date = requests.get(f"{self.server.address}/api/version", timeout=60).headers["Date"]
        return (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()


class Kept:
    """A store that is kept in step, and may be left alone for a while."""

    def __init__(self, store: Store, server: Server, token: str) -> None:
        self.store = store
        self._server = server
        self._token = token
        self.sync = self.again()

    def again(self) -> Sync:
        """Return what a new process would begin with."""
        self.sync = Sync(self.store, LabelStudio(self._server.address, self._token), "default", Roles())
        return self.sync

    def compare(self) -> None:
        while self.sync.compare_page():
            pass


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    assert LIBRARY is not None, "libfaketime is not installed: apt-get install faketime."
    return Clock(tmp_path)


@pytest.fixture
def own_server(tmp_path: Path, clock: Clock) -> Iterator[Server]:
    with running(tmp_path, **clock.environment) as server:
        clock.server = server
        yield server


def test_work_is_seen_whatever_the_clock_of_label_studio_says(
    own_server: Server, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    admin = Person(own_server.address, ADMIN).sign_in()
    clock.set("-1200")
    token = str(admin.post("token/")["token"])  # Label Studio refuses one that was made later than its clock
    project = admin.make_project("Clocks", tasks=12)
    tasks = admin.tasks(project)
    with closing(open_store(f"duckdb:///{tmp_path}/facts.duckdb")) as store:
        kept = Kept(store, own_server, token)

        def agrees() -> None:
            told = of(store, admin, project)
            expected = figures(json.loads(admin.export(project)), admin.id)
            assert {key: told.values[key] for key in expected} == expected

        clock.set("+600")
        ahead = [admin.submit(task, 10 + place) for place, task in enumerate(tasks[:4])]
        kept.sync.look()
        agrees()

        clock.set("+0")
        admin.submit(tasks[4], 2_527)
        admin.update(ahead[0], 99.5)
        kept.sync.look()
        agrees()
        assert "clock was set back" in caplog.text
        kept.compare()
        agrees()

        admin.update(ahead[1], 98.5)  # an update moves no count, and looks older than others
        kept.again().look()  # after a restart of ours
        agrees()

        clock.set("-600")
        admin.submit(tasks[5], 7)
        admin.update(ahead[2], 97.5)
        own_server.stop()
        own_server.start()
        kept.sync.look()
        agrees()

        # What nobody saw: set back and forth again while we were away, so that no clock tells of it.
        clock.set("+600")
        admin.submit(tasks[6], 5)
        kept.sync.look()
        clock.set("-600")
        admin.update(ahead[3], 96.5)
        clock.set("+700")
        kept.again().look()
        kept.compare()
        agrees()
