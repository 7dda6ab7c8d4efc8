"""A sync that is killed at any moment: what it wrote stays, what it did not write is read again, nothing is doubled."""

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from perfwidget.stores import open_store
from tests.conftest import WHOLE
from tests.label_studio.fault_server import TOKEN, FaultServer, World
from tests.label_studio.test_faults import Studio, busy

ROOT = Path(__file__).parents[2]
KILLS = 100 if WHOLE else 3

SYNC = """
import sys
from perfwidget.label_studio import pages
from perfwidget.label_studio.connection import LabelStudio
from perfwidget.label_studio.roles import Roles
from perfwidget.label_studio.sync import Sync
from perfwidget.stores import open_store

pages.PAGE = 3
store = open_store(sys.argv[1])
Sync(store, LabelStudio(sys.argv[2], sys.argv[3]), "default", Roles(), compared_every=-1).run()
store.close()
print("done")
"""


def test_kills_at_any_request_lose_and_double_nothing(tmp_path: Path) -> None:
    """Each process is killed while Label Studio has its answer ready, the next goes on; work goes on meanwhile."""
    chance = random.Random(7)
    url = f"duckdb:///{tmp_path}/facts.duckdb"
    faulty = FaultServer(World())
    project = busy(faulty.world, 30)
    killed = 0
    with faulty.serving() as address:
        for _ in range(KILLS):
            reached = threading.Event()
            faulty.script.clear()
            faulty.script.extend([None] * chance.randrange(4, 14))
            faulty.script.append(lambda _, reached=reached: reached.set())
            command = [sys.executable, "-c", SYNC, url, address, TOKEN]
            environment = os.environ | {"PYTHONPATH": str(ROOT)}
            with subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE) as process:
                while not reached.wait(0.01) and process.poll() is None:
                    pass
                process.send_signal(signal.SIGKILL)
                killed += process.wait() == -signal.SIGKILL
            faulty.world.update(chance.choice(faulty.world.annotations()), 50.5)
            faulty.world.delete(chance.choice(faulty.world.annotations()))
            faulty.world.submit(faulty.world.add_tasks(project, 2)[1], by=2)
        store = open_store(url)
        studio = Studio(store, faulty, address)
        studio.heal()
        studio.is_right()
        store.close()
    assert killed >= KILLS // 2


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the last reading have pages as small as those before."""
    monkeypatch.setattr("perfwidget.label_studio.pages.PAGE", 3)
